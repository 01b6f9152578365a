# SPDX-License-Identifier: GPL-2.0
"""What the DMA API was asked for is what it asks of its backend (kernel_calls.py).

Some of its functions end with a jump to dma-direct's, or to the IOMMU layer's, which is
recorded too (KDMA_BACKEND in kmod/kernel_functions.h). What arrives there otherwise than
it was asked for shows nowhere else where the backend makes nothing of it on this
machine. Where a compiler makes a call of the jump, the backend's is not recorded, and
nothing is compared.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kdma.kernel_calls import Call, Referent, offset_of, referent
from kdma.programs import PAGE_SIZE

#: Backends, by name, and who jumps to them.
_FRONTS = {
    "dma_direct_get_sgtable": ("dma_get_sgtable_attrs",),
    "dma_direct_need_sync": ("__dma_need_sync", "dma_need_sync"),
    "iommu_dma_get_sgtable": ("dma_get_sgtable_attrs",),
    "iommu_sync_map": ("dma_iova_sync",),
}
#: It gets the whole pages of IOVA around a range (drivers/iommu/dma-iommu.c), the others
#: the arguments as they are.
_PAGES = "iommu_sync_map"
_RANGE = "dma_iova_try_alloc"


@dataclass(frozen=True)
class Disagreement:
    """A call, what its backend was asked, and the parameter that differs."""

    call: Call
    backend: Call
    parameter: str

    @property
    def what(self) -> str:
        """In a few words."""
        return (
            f"{self.call.function.name} hands {self.backend.function.name} another "
            f"{self.parameter} than it was given"
        )


def _is_same(one: int, other: int) -> bool:
    """An address that is seen first is not the first any more when it is handed on."""
    if referent(one) is Referent.FIRST and referent(other) is Referent.SAME:
        return one & 0xFF == other & 0xFF
    return one == other


def _passed_on(call: Call, backend: Call) -> str:
    asked, got = call.arguments, backend.arguments
    return next((name for name in asked if name in got and not _is_same(asked[name], got[name])),
                "")  # fmt: skip


def _pages(call: Call, backend: Call, at_page: bool) -> str:
    """Are these the pages around a range? `at_page`: it is known that IOVAs begin with one."""
    asked, got = call.arguments, backend.arguments
    if referent(got["iova"]) is not Referent.SLOT:
        # Before its first byte, where that is not the first of its page.
        if at_page or asked["offset"] >= PAGE_SIZE:
            return "offset"
        return "" if got["size"] % PAGE_SIZE == 0 < got["size"] else "size"
    before = asked["offset"] - offset_of(got["iova"])
    if not 0 <= before < PAGE_SIZE:
        return "offset"
    return "" if got["size"] == -(-(asked["size"] + before) // PAGE_SIZE) * PAGE_SIZE else "size"


def _pairs(calls: Sequence[Call]) -> Iterator[tuple[Call, Call]]:
    """Each call of a backend's, and the call before it in the same operation."""
    for before, call in itertools.pairwise(calls):
        fronts = _FRONTS.get(call.function.name, ())
        if before.operation == call.operation and before.function.name in fronts:
            yield before, call


def first_disagreement(calls: Sequence[Call]) -> Disagreement | None:
    """Where a backend was first asked for something else."""
    at_page = all(
        call.arguments["phys"] % PAGE_SIZE == 0 for call in calls if call.function.name == _RANGE
    )
    for call, backend in _pairs(calls):
        if backend.function.name == _PAGES:
            parameter = _pages(call, backend, at_page)
        else:
            parameter = _passed_on(call, backend)
        if parameter:
            return Disagreement(call, backend, parameter)
    return None
