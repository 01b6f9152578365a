# SPDX-License-Identifier: GPL-2.0
"""What the DMA API was asked for is what it asks of its backend (kernel_calls.py).

Some of its functions end with a jump to dma-direct's, or to the IOMMU layer's, which is
recorded too (KDMA_BACKEND in kmod/kernel_functions.h). What arrives there otherwise than
it was asked for shows nowhere else where the backend makes nothing of it on this
machine. Where a compiler makes a call of the jump, the backend's is not recorded, and
nothing is compared: the report lists that (not_compared()).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kdma.environments import Environment
from kdma.findings import Unchecked
from kdma.kernel_calls import Call, Record, Referent, offset_of, referent
from kdma.programs import PAGE_SIZE

#: Who ends with a jump to a backend; to which one without an IOMMU in front of the
#: device, and to which one with it. None: to neither.
_BACKENDS = {
    "__dma_need_sync": ("dma_direct_need_sync", None),
    "dma_get_sgtable_attrs": ("dma_direct_get_sgtable", "iommu_dma_get_sgtable"),
    "dma_iova_sync": (None, "iommu_sync_map"),
    "dma_need_sync": ("dma_direct_need_sync", None),
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
        backends = _BACKENDS.get(before.function.name, ())
        if before.operation == call.operation and call.function.name in backends:
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


@dataclass(frozen=True, order=True)
class Passage:
    """From a function of the DMA API to the backend that it has to ask."""

    front: str
    backend: str


@dataclass(frozen=True)
class Passed:
    """A passage. `is_watched`: the backend was found by its name. `is_recorded`: so was
    its call.
    """

    passage: Passage
    is_watched: bool
    is_recorded: bool


def passed(record: Record, environment: Environment) -> Counter[Passed]:
    """How often a backend had to be asked, and whether that was recorded.

    `environment`: as the device sees it (Program.seen_from()). Left out is what the report
    tells otherwise: a backend that is there and cannot be watched, as any other function
    (VmRunner.note_unwatched()), and a record without room for all calls.
    """
    found: Counter[Passed] = Counter()
    if record.lost:
        return found
    pairs = {(id(before), call.function.name) for before, call in _pairs(record.calls)}
    for call in record.calls:
        backend = _BACKENDS.get(call.function.name, (None, None))[environment.translates]
        if backend is not None and backend not in record.unwatched:
            passage = Passage(call.function.name, backend)
            is_recorded = (id(call), backend) in pairs
            found[Passed(passage, backend in record.watched, is_recorded)] += 1
    return found


def not_compared(seen: Mapping[str, Counter[Passed]]) -> Iterator[Unchecked]:
    """The passages that nobody saw. `seen`: all of a run, by the name of the environment.

    Where none was recorded, the kernel at hand is built so; one witness is missing. It is
    built in one way only: where some were recorded, nothing explains those that were not.
    """
    for passage in sorted({each.passage for counts in seen.values() for each in counts}):
        calls = [
            (environment, each, count)
            for environment, counts in seen.items()
            for each, count in counts.items()
            if each.passage == passage
        ]
        total = sum(count for *_, count in calls)
        missing = sum(count for _, each, count in calls if not each.is_recorded)
        if not missing:
            continue
        if missing < total:
            where = {environment for environment, each, _ in calls if not each.is_recorded}
            reason = f"{missing} of {total} calls not recorded, in {', '.join(sorted(where))}"
        elif any(each.is_watched for _, each, _ in calls):
            reason = f"none of {total} calls was recorded, as where a compiler makes jumps of none"
        else:
            reason = "the kernel has no such function that could be watched"
        what = f"whether {passage.front} hands {passage.backend} what it was given"
        yield Unchecked(what, reason, explained=missing == total)
