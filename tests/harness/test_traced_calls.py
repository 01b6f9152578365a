# SPDX-License-Identifier: GPL-2.0
"""What was asked of the DMA layer beside what its tracepoints say it did."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from kdma.kernel_calls import Call, functions
from kdma.traced_calls import Disagreement, first_disagreement
from kdma.tracepoints import Event

FUNCTIONS = {each.name: each for each in functions()}


def call(name: str, operation: int = 0, **arguments: int) -> Call:
    """A call; what is left out is 0."""
    function = FUNCTIONS[name]
    known = {each.name for each in function.parameters}
    assert known >= {*arguments}, name
    return Call(operation, function, tuple(arguments.get(p.name, 0) for p in function.parameters))


def event(name: str, fields: str) -> Event:
    """What a tracepoint says."""
    return Event(name, f"0000:00:02.0 {fields}")


MAP = call("dma_map_phys", size=512, dir=1, attrs=0x20)
MAPPED = event("dma_map_phys", "dir=TO_DEVICE size=512 attrs=SKIP_CPU_SYNC")
SYNC = call("__dma_sync_single_for_cpu", 1, size=12, dir=2)
SYNCED = event("dma_sync_single_for_cpu", "dir=FROM_DEVICE size=12")
FREE = call("dma_free_attrs", 2, size=4096)
FREED = event("dma_free", "dir=BIDIRECTIONAL size=4096 attrs=")


def _first(
    calls: list[Call], events: list[Event], failed: Collection[int] = (), *, goes_on: bool = False
) -> Disagreement | None:
    return first_disagreement(calls, events, failed, goes_on=goes_on)


def test_what_arrives_as_it_was_asked_is_no_disagreement() -> None:
    assert _first([MAP, SYNC, FREE], [MAPPED, SYNCED, FREED]) is None
    assert _first([], []) is None
    # A function without a tracepoint.
    assert _first([call("dma_set_mask", mask=1), MAP], [MAPPED]) is None


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ("dir=BIDIRECTIONAL size=512 attrs=SKIP_CPU_SYNC", "dir"),
        ("dir=TO_DEVICE size=513 attrs=SKIP_CPU_SYNC", "size"),
        ("dir=TO_DEVICE size=512 attrs=", "attrs"),
        ("dir=TO_DEVICE size=512 attrs=SKIP_CPU_SYNC|0x1", "attrs"),
    ],
)
def test_what_arrives_otherwise(said: str, field: str) -> None:
    found = _first([MAP, SYNC], [event("dma_map_phys", said), SYNCED])
    assert found is not None
    assert (found.call, found.field) == (MAP, field)
    assert found.what == f"dma_map_phys was called with other {field} than dma_map_phys says"


def test_what_does_not_arrive_arrives_twice_or_late() -> None:
    found = _first([MAP, SYNC], [MAPPED])
    assert found is not None
    assert found.what == "__dma_sync_single_for_cpu was called, and no tracepoint says so"
    found = _first([MAP, SYNC], [MAPPED, SYNCED, SYNCED])
    assert found is not None
    assert found.call == SYNC
    assert found.what == (
        f"__dma_sync_single_for_cpu was called once, and {SYNCED} says so once more"
    )
    # The same in the middle, where another call should follow.
    assert _first([MAP, SYNC, FREE], [MAPPED, SYNCED, SYNCED, FREED]) == found
    found = _first([MAP], [MAPPED, SYNCED])
    assert found is not None
    assert found.what == "a call of the DMA layer that nobody made, says dma_sync_single_for_cpu"
    # devres frees in the end, and not when it was told to.
    free, again = call("dmam_free_coherent", 1, size=4096), call("dmam_alloc_attrs", 2, size=64)
    allocated = event("dma_alloc", "dir=BIDIRECTIONAL size=64 flags=GFP_KERNEL attrs=")
    assert _first([free, again], [FREED, allocated], goes_on=True) is None
    found = _first([free, again], [allocated, FREED], goes_on=True)
    assert found is not None
    assert found.call == free


def test_an_operation_that_failed_may_have_come_to_nothing() -> None:
    assert _first([MAP, SYNC], [SYNCED], failed={0}) is None
    assert _first([MAP, SYNC], [MAPPED, SYNCED], failed={0}) is None


def test_what_is_left_is_given_back_at_the_end() -> None:
    assert _first([MAP], [MAPPED, FREED], goes_on=True) is None
    assert _first([MAP], [MAPPED, FREED]) is not None


def test_a_function_that_jumps_to_another_is_one_call() -> None:
    page = call("dma_map_page_attrs", size=512, dir=1, attrs=0x20)
    assert _first([page, MAP], [MAPPED]) is None
    resource = call("dma_map_resource", size=512, dir=1, attrs=0x20)
    through = call("dma_map_phys", size=512, dir=1, attrs=0x420)
    told = event("dma_map_phys", "dir=TO_DEVICE size=512 attrs=SKIP_CPU_SYNC|MMIO")
    assert _first([resource, through], [told]) is None
    assert _first([resource], [told]) is None
    # What it hands on otherwise is no such jump.
    other = call("dma_map_phys", size=511, dir=1, attrs=0x20)
    assert _first([page, other], [event("dma_map_phys", "dir=TO_DEVICE size=511 attrs=")])


def test_when_a_pool_needs_memory_is_its_own_affair() -> None:
    allocated = event("dma_alloc", "dir=BIDIRECTIONAL size=4096 flags=GFP_KERNEL attrs=")
    pool = call("dma_pool_alloc")
    assert _first([pool, MAP], [allocated, MAPPED, FREED]) is None
    assert _first([pool, MAP], [allocated, FREED]) is not None
