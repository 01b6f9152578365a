# SPDX-License-Identifier: GPL-2.0
"""Environments: the ways DMA is set up in the booted kernel."""

from __future__ import annotations

from dataclasses import dataclass

from kdma.findings import FindingClass, KdmaError


@dataclass(frozen=True)
class Environment:
    """One way to set up DMA: what QEMU and the kernel are told, and what follows.

    `translates`: an IOMMU checks each access of the device. `bounces`:
    streaming mappings go through bounce buffers. `expected_log`: regular
    expressions of kernel log lines that are normal here, whatever runs.
    """

    name: str
    qemu: tuple[str, ...]
    command_line: str
    translates: bool
    bounces: bool
    description: str
    expected_log: tuple[str, ...] = ()


# hpet=off: Linux leaves QEMU's HPET running with the period of its first tick.
# Behind -icount each expiry is a hand-over between QEMU's threads, 50 in every
# transfer of edu: three quarters of the whole run.
#: All environments, in the order in which they are reported.
ENVIRONMENTS = (
    Environment(
        name="direct",
        qemu=("-machine", "q35,hpet=off"),
        command_line="",
        translates=False,
        bounces=False,
        description="no IOMMU: the device sees physical addresses",
    ),
    Environment(
        name="swiotlb",
        qemu=("-machine", "q35,hpet=off"),
        command_line="swiotlb=force",
        translates=False,
        bounces=True,
        description="every streaming mapping goes through a bounce buffer",
    ),
    Environment(
        name="iommu-strict",
        qemu=(
            *("-machine", "q35,hpet=off,kernel-irqchip=split"),
            *("-device", "intel-iommu,intremap=on"),
        ),
        command_line="intel_iommu=on iommu.strict=1 iommu.passthrough=0",
        translates=True,
        bounces=False,
        description="an IOMMU translates; what is unmapped is gone at once",
    ),
)


def names() -> tuple[str, ...]:
    """Names of all environments."""
    return tuple(environment.name for environment in ENVIRONMENTS)


def find(name: str) -> Environment:
    """The environment called `name`; KdmaError (toolchain) if there is none."""
    for environment in ENVIRONMENTS:
        if environment.name == name:
            return environment
    raise KdmaError(
        f"there is no environment called {name!r}",
        expected="one of " + ", ".join(names()),
        actual=name,
        next="choose with ENVS=name,name",
        finding_class=FindingClass.TOOLCHAIN,
    )
