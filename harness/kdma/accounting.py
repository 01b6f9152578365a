# SPDX-License-Identifier: GPL-2.0
"""What a program got in a driver and did not give back (kmod/accounting.h)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kdma.environments import Environment

#: What is accounted, by the name in the readings: for people, one and several.
KINDS = {
    "iova": ("page of IOVA", "pages of IOVA"),
    "page": ("page", "pages"),
    "slab": ("slab object", "slab objects"),
}

#: What its account tells.
QUESTIONS = {
    "iova": "whether every page of IOVA is given back",
    "page": "whether every page is given back",
    "slab": "whether every slab object is given back, and none is from ZONE_DMA",
}

#: What tells of each kind; a kernel that lacks one cannot account it.
SOURCES = {
    "iova": "iommu:map, iommu:unmap",
    "page": "kmem:mm_page_alloc, kmem:mm_page_free",
    "slab": "kmem:kfree, kmem:kmalloc, kmem:kmem_cache_alloc, kmem:kmem_cache_free",
}


@dataclass(frozen=True)
class Leak:
    """`count` things of `size` bytes that operation number `operation` got.

    `caller`: the function of the kernel or of a module that asked, where it is known.
    """

    kind: str
    operation: int
    size: int
    caller: str
    count: int

    @property
    def what(self) -> str:
        """What is wrong, without figures."""
        return f"{KINDS[self.kind][1]} were not given back"

    @property
    def amount(self) -> str:
        """'2 slab objects of 192 bytes, got by kdma_alloc_coherent [kdma]'."""
        text = f"{self.count} {KINDS[self.kind][self.count != 1]} of {self.size} bytes"
        return f"{text}, got by {self.caller}" if self.caller else text


@dataclass(frozen=True)
class FromZone:
    """`count` slab objects from the zone for DMA, the first of `size` bytes in `operation`."""

    operation: int
    size: int
    caller: str
    count: int

    @property
    def amount(self) -> str:
        """'1 slab object from ZONE_DMA, asked for by dma_pool_alloc: 48 bytes'."""
        what = KINDS["slab"][self.count != 1]
        by = f", asked for by {self.caller}" if self.caller else ""
        return f"{self.count} {what} from ZONE_DMA{by}: {self.size} bytes"


def _caller(name: str) -> str:
    """A caller as the guest writes it, for people."""
    return "" if name == "-" else name.replace(":", " ")


def from_zone(readings: Mapping[str, int]) -> FromZone | None:
    """What was asked of the zone for DMA, if anything was."""
    for name, count in readings.items():
        if name.startswith("zone."):
            _, operation, size, caller = name.split(".", 3)
            return FromZone(int(operation), int(size), _caller(caller), count)
    return None


def pools(readings: Mapping[str, int]) -> int | None:
    """DMA pools that the device had when the driver was done. None: they were not counted,
    which check.silent_oracles() tells.
    """
    return readings.get("pools")


def leaks(readings: Mapping[str, int]) -> list[Leak]:
    """The leaks of one reply, those of the earliest operation first.

    A program that left something ran again, `again` times; what one of these runs
    did not leave filled a cache of the kernel's. Without such a run nothing is excused,
    nor by one of which there is no account.
    """
    rounds = [f"again{number}." for number in range(1, readings.get("again", 0) + 1)]
    found = []
    for name in readings:
        if not name.startswith("leaked."):
            continue
        _, kind, operation, size, caller = name.split(".", 4)
        again = [prefix for prefix in rounds if f"{prefix}accounted.{kind}" in readings]
        count = min(readings.get(prefix + name, 0) for prefix in ("", *again))
        if count:
            found.append(Leak(kind, int(operation), int(size), _caller(caller), count))
    return sorted(found, key=lambda leak: (leak.operation, leak.kind, leak.size, leak.caller))


def lost(readings: Mapping[str, int]) -> int:
    """How many things could not be kept, since there were too many at once."""
    return sum(value for name, value in readings.items() if name.endswith("accounted.overflow"))


def missing(readings: Mapping[str, int], environment: Environment) -> list[str]:
    """The kinds that are not accounted, of those that there can be in `environment`."""
    return [
        kind
        for kind in KINDS
        if f"accounted.{kind}" not in readings and (kind != "iova" or environment.translates)
    ]
