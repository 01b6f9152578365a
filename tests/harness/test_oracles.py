# SPDX-License-Identifier: GPL-2.0
"""An oracle that falls silent is a finding, not a clean run."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdma import accounting, check, qemu, report, vm
from kdma.compare import Reply
from kdma.environments import find
from kdma.findings import FindingClass, Unchecked
from kdma.replay import Replay

CONFIG = {"CONFIG_DEBUG_FS": "y", "CONFIG_DMA_API_DEBUG": "y", "CONFIG_SWIOTLB": "y"}


def _readings(*names: str) -> dict[str, int]:
    return {f"{name}.{when}": 0 for name in names for when in ("before", "after")}


def _reply(*names: str) -> Reply:
    return Reply(b"", {**_readings(*names), "pools": 0})


def _outcome(environment: str, *answers: Reply, end: tuple[str, ...]) -> vm.VmResult:
    outcome = vm.VmResult(find(environment), list(answers))
    outcome.end_readings = _readings(*end)
    return outcome


def test_readings_follow_from_the_configuration() -> None:
    assert check.oracles_of(CONFIG) == ["dma_debug_errors", "dma_debug_used", "swiotlb_used"]
    assert check.oracles_of({**CONFIG, "CONFIG_DMA_API_DEBUG": "n"}) == ["swiotlb_used"]
    assert check.oracles_of({**CONFIG, "CONFIG_DEBUG_FS": "n"}) == []


@pytest.mark.parametrize("silent", check.oracles_of(CONFIG))
def test_a_counter_that_says_nothing_is_a_finding(silent: str) -> None:
    wanted = check.oracles_of(CONFIG)
    others = [name for name in wanted if name != silent]
    outcome = _outcome("swiotlb", _reply(*wanted), _reply(*wanted), end=(*wanted,))
    assert check.silent_oracles(outcome, wanted) == []
    outcome.answers.append(_reply(*others))
    (finding,) = check.silent_oracles(outcome, wanted)
    assert finding.finding_class is FindingClass.HARNESS
    assert finding.title == f"the counter {silent} says nothing" and "2 of 8" in finding.actual


def test_a_counter_that_says_nothing_at_the_end_is_a_finding() -> None:
    wanted = check.oracles_of(CONFIG)
    outcome = _outcome("swiotlb", _reply(*wanted), end=("dma_debug_errors", "swiotlb_used"))
    (finding,) = check.silent_oracles(outcome, wanted)
    assert "dma_debug_used" in finding.title and "2 of 4" in finding.actual
    # A guest that was lost before has a finding of its own.
    outcome.problems.append(finding)
    assert check.silent_oracles(outcome, wanted) == []


def test_nothing_counts_bounce_buffers_where_there_are_none() -> None:
    wanted = check.oracles_of(CONFIG)
    seen = ("dma_debug_errors", "dma_debug_used")
    assert check.silent_oracles(_outcome("direct", _reply(*seen), end=seen), wanted) == []


def test_pools_that_nobody_counted_are_a_finding() -> None:
    """Whatever the kernel is configured for."""
    outcome = _outcome("direct", Reply(b"", {"pools": 0}), Reply(b""), end=())
    (finding,) = check.silent_oracles(outcome, [])
    assert finding.finding_class is FindingClass.HARNESS
    assert finding.title == "the counter pools says nothing" and "1 of 2" in finding.actual
    assert "kmod/accounting.c" in finding.next


def _unaccounted(config: dict[str, str], environment: str, *kinds: str) -> list[Unchecked]:
    """What the report says of answers in which these kinds are accounted."""
    result = report.Report()
    runner = check.VmRunner(
        qemu.Qemu(("qemu",), ""),
        vm.GuestImage(Path(), Path(), {}),
        [find(environment)],
        [],
        result,
        Replay(),
        config=config,
    )
    outcome = vm.VmResult(find(environment))
    outcome.answers = [Reply(b"", {f"accounted.{kind}": 1 for kind in kinds})]
    runner.note_unaccounted(outcome)
    runner.note_unaccounted(outcome)
    return result.unchecked


def test_what_cannot_be_accounted_is_listed_with_its_reason() -> None:
    traced = {"CONFIG_TRACEPOINTS": "y"}
    assert _unaccounted(traced, "iommu-strict", *accounting.KINDS) == []
    (unchecked,) = _unaccounted(traced, "iommu-strict", "iova", "slab")
    assert unchecked.what == "whether every page is given back"
    assert "kmem:mm_page_alloc" in unchecked.reason
    assert not unchecked.explained


def test_a_kernel_without_tracepoints_accounts_nothing() -> None:
    unchecked = _unaccounted({}, "direct")
    assert len(unchecked) == 2 and all(each.explained for each in unchecked)
