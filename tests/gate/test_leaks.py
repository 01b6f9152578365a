# SPDX-License-Identifier: GPL-2.0
"""Leaks put in a driver on purpose: each is found, with what, how much, and where."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Faulty, Run

DRIVER = "kmod/c.c"
CHOSEN = ("-k", "map_single carries 2048 bytes from the CPU to the device")
FUNCTION = """static int32_t c_unmap_single(struct kdma_run *run,
			      const struct kdma_unmap_single_arguments *arguments,
			      uint64_t *values)
{
	int32_t status;

"""
UNMAP = """	status = kdma_unmap_single(run->device, run->slots[arguments->slot].dma_address,
				   arguments->size, arguments->direction);
"""


def the_leak(run: Run, environment: str) -> dict[str, Any]:
    """The finding about the driver with the fault: it says who, where, and what to look at."""
    assert run.verdict == "findings" and run.code == 1, run.explain()
    leaks = [found for found in run.report["findings"] if "given back" in found["title"]]
    assert len(leaks) == 1 and leaks[0]["class"] == "divergence", run.explain()
    assert leaks[0]["title"].startswith("c: "), run.explain()
    for words in ("map_single carries 2048 bytes", f"[{environment}]"):
        assert words in leaks[0]["where"], run.explain()
    assert "kdma_unmap_single" in leaks[0]["next"], run.explain()
    return dict(leaks[0])


@pytest.mark.parametrize(
    ("environment", "title", "amount"),
    [
        ("swiotlb", "bounce buffer slots were not given back", "+1 in this run"),
        ("iommu-strict", "pages of IOVA were not given back", "1 page of IOVA of 4096 bytes"),
        ("iommu-lazy", "pages of IOVA were not given back", "1 page of IOVA of 4096 bytes"),
    ],
    ids=["a bounce buffer slot", "a range of IOVA", "a range of IOVA that would go late"],
)
def test_a_mapping_that_is_never_unmapped(
    faulty: Faulty, environment: str, title: str, amount: str
) -> None:
    run = faulty(
        {DRIVER: (UNMAP, "	status = KDMA_OK;\n")},
        *CHOSEN,
        ENVS=environment,
        DRIVERS="native,c",
    )
    finding = the_leak(run, environment)
    assert finding["title"] == f"c: {title}"
    assert amount in finding["actual"], finding
    assert "map_single" in finding["actual"], finding


@pytest.mark.parametrize(
    ("allocation", "title", "amount"),
    [
        ("__get_free_page(GFP_KERNEL)", "pages were not given back", "1 page of 4096 bytes"),
        (
            "kmalloc(192, GFP_KERNEL)",
            "slab objects were not given back",
            "1 slab object of 192 bytes, got by c_unmap_single [kdma_c]",
        ),
    ],
    ids=["a page", "a slab object"],
)
def test_memory_that_is_never_freed(
    faulty: Faulty, allocation: str, title: str, amount: str
) -> None:
    leaking = f"#include <linux/slab.h>\n{FUNCTION}	(void){allocation};\n"
    run = faulty(
        {DRIVER: (FUNCTION, leaking)},
        *CHOSEN,
        ENVS="direct",
        DRIVERS="native,c",
    )
    finding = the_leak(run, "direct")
    assert finding["title"] == f"c: {title}"
    assert amount in finding["actual"], finding
    assert "unmap_single(slot " in finding["where"], finding


def test_memory_that_is_freed_again_is_none(faulty: Faulty) -> None:
    """The control: the same allocations, given back."""
    freeing = (
        f"#include <linux/slab.h>\n{FUNCTION}	kfree(kmalloc(192, GFP_KERNEL));\n"
        "	free_page(__get_free_page(GFP_KERNEL));\n"
    )
    run = faulty(
        {DRIVER: (FUNCTION, freeing)},
        *CHOSEN,
        ENVS="direct,swiotlb,iommu-strict,iommu-lazy",
        DRIVERS="native,c",
    )
    assert not run.report["findings"], run.explain()
    assert run.report["programs"] > 0, run.explain()
    assert not any("given back" in each["what"] for each in run.report["unchecked"])
