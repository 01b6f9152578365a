# SPDX-License-Identifier: GPL-2.0
"""The driver on the kernel's own Rust, and faults in it."""

from __future__ import annotations

import pytest
from conftest import Faulty

from kdma import upstream

ATTRIBUTES = ("-k", "coherent memory with the attributes")
DRIVERS = "native,upstream"


def test_a_kernel_crate_that_moved_is_api_drift_and_the_rest_runs(faulty: Faulty) -> None:
    """A method that is gone, and one with another signature."""
    run = faulty(
        {
            upstream.SOURCE: (
                "device.dma_set_coherent_mask(mask)",
                "device.dma_set_coherent_limit(mask)",
            ),
        },
        *ATTRIBUTES,
        ENVS="direct",
        DRIVERS=DRIVERS,
    )
    assert run.verdict == "findings" and run.code == 1, run.explain()
    assert run.classes == {"api-drift"}, run.explain()
    [finding] = run.report["findings"]
    assert "dma_set_coherent_limit" in finding["title"], finding
    line = next(
        number
        for number, text in enumerate((run.out.parent / "project" / upstream.SOURCE).open(), 1)
        if "dma_set_coherent_limit" in text
    )
    assert finding["where"] == f"{upstream.SOURCE}:{line}"
    assert run.report["drivers"] == ["native"]
    assert run.report["matrix"]["native"]["direct"]["judged"] > 0
    assert "the driver upstream" in {entry["what"] for entry in run.report["unchecked"]}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("attrs::DMA_ATTR_WRITE_COMBINE)", "attrs::DMA_ATTR_WEAK_ORDERING)", "kdma_alloc_attrs"),
        ("drop(unsafe {", "core::mem::forget(unsafe {", "dma-debug"),
    ],
    ids=["another attribute", "a leak"],
)
def test_a_fault_in_it_is_found_and_named(faulty: Faulty, old: str, new: str, says: str) -> None:
    run = faulty({upstream.SOURCE: (old, new)}, *ATTRIBUTES, ENVS="direct", DRIVERS=DRIVERS)
    assert run.verdict == "findings", run.explain()
    assert run.names(says), run.explain()
    assert any("upstream" in finding["title"] for finding in run.report["findings"])
