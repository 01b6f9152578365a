# SPDX-License-Identifier: GPL-2.0
"""Environments: the ways DMA is set up in the booted kernel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kdma.findings import FindingClass, KdmaError

#: What has QEMU put memory above 4 GiB.
_BELOW_4G = "max-ram-below-4g="


@dataclass(frozen=True)
class Environment:
    """One way to set up DMA: what QEMU and the kernel are told, and what follows.

    `translates`: an IOMMU checks each access of the device. `bounces`:
    streaming mappings go through bounce buffers. `lazy`: what is unmapped may
    stay reachable for a while. `usual`: it runs when nothing is chosen.
    `needs`: options the kernel must have. `device_bits`: bits of a DMA address
    that the edu device drives. `untrusted`: Linux does not trust it: behind an
    IOMMU parts of pages go through bounce buffers, so that it sees nothing beside
    them, and whole pages do not; only programs that are made for it run there.
    `bounce_slots`: how many slots of 2 KiB the
    bounce buffers have, where they are few. `expected_log`: regular expressions of kernel
    log lines that are normal here, whatever runs.
    """

    name: str
    qemu: tuple[str, ...]
    command_line: str
    translates: bool
    bounces: bool
    description: str
    lazy: bool = False
    usual: bool = False
    needs: tuple[str, ...] = ()
    device_bits: int = 64
    untrusted: bool = False
    bounce_slots: int | None = None
    above_4g: bool = False
    expected_log: tuple[str, ...] = ()

    @property
    def has_memory_above_4g(self) -> bool:
        """Does some of the guest's memory lie above 4 GiB?"""
        return any(_BELOW_4G in word for word in self.qemu)

    @property
    def module_parameters(self) -> str:
        """What the module that drives the device is told."""
        return f"device_bits={self.device_bits} untrusted={int(self.untrusted)}"


# hpet=off: Linux leaves QEMU's HPET running with the period of its first tick.
# Behind -icount each expiry is a hand-over between QEMU's threads, 50 in every
# transfer of edu: three quarters of the whole run.
_PLAIN = ("-machine", "q35,hpet=off")
# Half of the memory lies above 4 GiB. Linux takes from there first.
_MEMORY_ABOVE = ("-machine", f"q35,hpet=off,{_BELOW_4G}256M")
_INTEL = (
    *("-machine", "q35,hpet=off,kernel-irqchip=split"),
    *("-device", "intel-iommu,intremap=on"),
)
# Linux gives addresses below 4 GiB as long as it has any. With this it begins at the
# top of what device and IOMMU have; iommu-strict keeps to what Linux does by itself.
_HIGH_IOVAS = "iommu.forcedac=1"
_INTEL_NEEDS = ("CONFIG_INTEL_IOMMU",)

#: The smallest bounce buffer that Linux makes: one segment (IO_TLB_SEGSIZE).
_FEW_SLOTS = 128

#: All environments, in the order in which they are reported. amd-iommu is not
#: among them: QEMU's moves no DMA for edu.
ENVIRONMENTS = (
    Environment(
        name="direct",
        qemu=_PLAIN,
        command_line="",
        translates=False,
        bounces=False,
        description="no IOMMU: the device sees physical addresses",
        usual=True,
    ),
    Environment(
        name="swiotlb",
        qemu=_PLAIN,
        command_line="swiotlb=force",
        translates=False,
        bounces=True,
        description="every streaming mapping goes through a bounce buffer",
        usual=True,
        needs=("CONFIG_SWIOTLB",),
    ),
    Environment(
        name="swiotlb-small",
        qemu=_PLAIN,
        command_line=f"swiotlb={_FEW_SLOTS},force",
        translates=False,
        bounces=True,
        description=f"as swiotlb, with {_FEW_SLOTS * 2} KiB of bounce buffers, which run out",
        needs=("CONFIG_SWIOTLB",),
        bounce_slots=_FEW_SLOTS,
    ),
    Environment(
        name="mask-32bit",
        qemu=_MEMORY_ABOVE,
        command_line="",
        translates=False,
        bounces=True,
        description="a device of 32 bits and memory above them: what lies there is bounced",
        needs=("CONFIG_SWIOTLB",),
        device_bits=32,
    ),
    Environment(
        name="high-memory",
        qemu=_MEMORY_ABOVE,
        command_line="",
        translates=False,
        bounces=False,
        description="as direct, with memory and so DMA addresses above 4 GiB",
        above_4g=True,
    ),
    Environment(
        name="iommu-strict",
        qemu=_INTEL,
        command_line="intel_iommu=on iommu.strict=1 iommu.passthrough=0",
        translates=True,
        bounces=False,
        description="an IOMMU translates; what is unmapped is gone at once",
        usual=True,
        needs=_INTEL_NEEDS,
    ),
    Environment(
        name="iommu-lazy",
        qemu=_INTEL,
        command_line=f"intel_iommu=on iommu.strict=0 iommu.passthrough=0 {_HIGH_IOVAS}",
        translates=True,
        bounces=False,
        description="an IOMMU translates, from IOVAs above 4 GiB; what is unmapped goes later",
        lazy=True,
        needs=_INTEL_NEEDS,
        above_4g=True,
    ),
    Environment(
        name="virtio-iommu",
        qemu=(*_MEMORY_ABOVE, "-device", "virtio-iommu-pci"),
        command_line=f"iommu.strict=1 iommu.passthrough=0 {_HIGH_IOVAS}",
        translates=True,
        bounces=False,
        description="a paravirtual IOMMU translates; memory and IOVAs lie above 4 GiB",
        needs=("CONFIG_VIRTIO_IOMMU",),
        above_4g=True,
    ),
    Environment(
        name="iommu-untrusted",
        qemu=_INTEL,
        # Forced, since Linux makes no bounce buffers for 4 GiB of memory or less.
        command_line="intel_iommu=on iommu.strict=1 iommu.passthrough=0 swiotlb=force",
        translates=True,
        bounces=True,
        description="as iommu-strict, with a device not trusted: parts of pages are bounced",
        needs=(*_INTEL_NEEDS, "CONFIG_SWIOTLB"),
        untrusted=True,
    ),
    Environment(
        name="iommu-passthrough",
        qemu=_INTEL,
        command_line="intel_iommu=on iommu.passthrough=1",
        translates=False,
        bounces=False,
        description="a control: an IOMMU is there and lets everything through",
        needs=_INTEL_NEEDS,
    ),
)


def names() -> tuple[str, ...]:
    """Names of all environments."""
    return tuple(environment.name for environment in ENVIRONMENTS)


def choose(chosen: Iterable[str]) -> tuple[Environment, ...]:
    """The environments named, in their fixed order: none: the usual ones; `all`: all.

    KdmaError for an unknown name.
    """
    wanted = set(chosen)
    if not wanted:
        return tuple(environment for environment in ENVIRONMENTS if environment.usual)
    found = {find(name).name for name in wanted - {"all"}}
    return tuple(e for e in ENVIRONMENTS if "all" in wanted or e.name in found)


def find(name: str) -> Environment:
    """The environment called `name`; KdmaError (toolchain) if there is none."""
    for environment in ENVIRONMENTS:
        if environment.name == name:
            return environment
    raise KdmaError(
        f"there is no environment called {name!r}",
        expected="all, or some of " + ", ".join(names()),
        actual=name,
        next="choose with ENVS=name,name; `kdma environments` lists them",
        finding_class=FindingClass.TOOLCHAIN,
    )
