# SPDX-License-Identifier: GPL-2.0
"""An oracle that falls silent is a finding, not a clean run."""

from __future__ import annotations

from pathlib import Path

from kdma import accounting, check, qemu, report, vm
from kdma.compare import Reply
from kdma.environments import find
from kdma.findings import FindingClass, Unchecked
from kdma.replay import Replay

CONFIG = {"CONFIG_DEBUG_FS": "y", "CONFIG_DMA_API_DEBUG": "y", "CONFIG_SWIOTLB": "y"}


def _reply(*names: str) -> Reply:
    return Reply(b"", {f"{name}.{when}": 0 for name in names for when in ("before", "after")})


def test_readings_follow_from_the_configuration() -> None:
    assert check.oracles_of(CONFIG) == ["dma_debug_errors", "swiotlb_used"]
    assert check.oracles_of({**CONFIG, "CONFIG_DMA_API_DEBUG": "n"}) == ["swiotlb_used"]
    assert check.oracles_of({**CONFIG, "CONFIG_DEBUG_FS": "n"}) == []


def test_a_counter_that_says_nothing_is_a_finding() -> None:
    wanted = check.oracles_of(CONFIG)
    outcome = vm.VmResult(find("swiotlb"))
    outcome.answers = [_reply(*wanted), _reply(*wanted)]
    assert check.silent_oracles(outcome, wanted) == []
    outcome.answers.append(_reply("swiotlb_used"))
    (finding,) = check.silent_oracles(outcome, wanted)
    assert finding.finding_class is FindingClass.HARNESS
    assert "dma_debug_errors" in finding.title and "2 of 6" in finding.actual
    unbounced = vm.VmResult(find("direct"))
    unbounced.answers = [_reply("dma_debug_errors")]
    assert check.silent_oracles(unbounced, wanted) == []


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
