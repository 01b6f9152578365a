# SPDX-License-Identifier: GPL-2.0
"""An oracle that falls silent is a finding, not a clean run."""

from __future__ import annotations

from kdma import check, vm
from kdma.compare import Reply
from kdma.environments import find
from kdma.findings import FindingClass

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
