# SPDX-License-Identifier: GPL-2.0
"""Faults put in on purpose: each gives findings that name the function."""

from __future__ import annotations

import re

import pytest
from conftest import Faulty

from kdma.paths import PROJECT

RANGE = "kdma_sync_single_range_for_cpu"


def test_two_arguments_swapped_in_the_c_abi(faulty: Faulty) -> None:
    run = faulty(
        {
            "c-api/sync.c": (
                "dma_sync_single_range_for_cpu(kdma_to_device(device), dma_address, offset, size,",
                "dma_sync_single_range_for_cpu(kdma_to_device(device), dma_address, size, offset,",
            )
        },
        "-k", "range",
        ENVS="swiotlb",
    )  # fmt: skip
    assert run.verdict == "findings" and run.code == 1, run.explain()
    assert "divergence" in run.classes and run.names(RANGE), run.explain()


def test_wrong_forwarding_in_several_families_of_one_build(faulty: Faulty) -> None:
    """Arguments in another order, and another function: each is named, in one boot."""
    faults = {
        "c-api/limits.c": (
            "*mask = dma_get_seg_boundary(kdma_to_device(device));",
            "*mask = dma_get_required_mask(kdma_to_device(device));",
            "kdma_get_seg_boundary",
        ),
        "c-api/pool.c": (
            'dma_pool_create("kdma", kdma_to_device(device), size, alignment,',
            'dma_pool_create("kdma", kdma_to_device(device), alignment, size,',
            "kdma_pool_",
        ),
        "c-api/sync.c": (
            """dma_sync_single_range_for_device(kdma_to_device(device), dma_address, offset,
					 size,""",
            """dma_sync_single_range_for_device(kdma_to_device(device), dma_address, size,
					 offset,""",
            "kdma_sync_single_range_for_device",
        ),
    }
    run = faulty(
        {file: (old, new) for file, (old, new, _) in faults.items()},
        "-k", "boundary or pool or range",
        ENVS="swiotlb",
        DRIVERS="native,c",
    )  # fmt: skip
    assert run.verdict == "findings" and run.code == 1, run.explain()
    assert "divergence" in run.classes, run.explain()
    missed = [function for *_, function in faults.values() if not run.names(function)]
    assert not missed, (missed, run.explain())


def test_two_arguments_swapped_in_the_safe_layer(faulty: Faulty) -> None:
    source = (PROJECT / "rust-bindings/kdma/src/sync.rs").read_text()
    call = re.search(r"kdma_sync_single_range_for_cpu\(\s*([^;]*?)\)\s*[;}]", source)
    assert call is not None
    old = call[0]
    words = [word.strip() for word in call[1].rstrip(", \n").split(",")]
    assert len(words) == 5, words
    words[2], words[3] = words[3], words[2]
    new = old.replace(call[1], ", ".join(words))
    run = faulty({"rust-bindings/kdma/src/sync.rs": (old, new)}, "-k", "range", ENVS="swiotlb")
    assert run.verdict == "findings", run.explain()
    assert "divergence" in run.classes and run.names(RANGE), run.explain()
    assert any("rust" in finding["title"] for finding in run.report["findings"])


def test_two_parameters_swapped_in_the_bindings(faulty: Faulty) -> None:
    source = (PROJECT / "rust-bindings/kdma-sys/src/lib.rs").read_text()
    declaration = re.search(r"pub fn kdma_sync_single_range_for_cpu\(.*?\)", source, re.DOTALL)
    assert declaration is not None
    old = declaration[0]
    new = old.replace("offset:", "temporary:").replace("size:", "offset:")
    new = new.replace("temporary:", "size:")
    assert old != new
    run = faulty({"rust-bindings/kdma-sys/src/lib.rs": (old, new)}, "-k", "range", ENVS="swiotlb")
    assert run.verdict == "findings", run.explain()
    assert "binding-drift" in run.classes and run.names(RANGE), run.explain()


def test_an_enumerator_changed_in_the_bindings(faulty: Faulty) -> None:
    source = (PROJECT / "rust-bindings/kdma-sys/src/lib.rs").read_text()
    line = re.search(r"pub const \w*KDMA_FROM_DEVICE: \w+ = 2;", source)
    assert line is not None
    run = faulty(
        {"rust-bindings/kdma-sys/src/lib.rs": (line[0], line[0].replace("= 2", "= 3"))},
        "-k", "range",
        ENVS="swiotlb",
    )  # fmt: skip
    assert run.verdict == "findings", run.explain()
    assert "binding-drift" in run.classes and run.names("KDMA_FROM_DEVICE"), run.explain()


def test_what_only_a_device_without_dma_parameters_shows(faulty: Faulty) -> None:
    """A check left out and another error: all other devices have the parameters."""
    lacking = """	if (!kdma_to_device(device)->dma_parms)
		return KDMA_EIO;
"""
    boundary = "	dma_set_seg_boundary("
    align = "	dma_set_min_align_mask("
    run = faulty(
        {
            "c-api/limits.c": (
                lacking + boundary,
                boundary,
            )
        },
        "-k", "parameters",
        ENVS="direct",
        DRIVERS="native,c",
    )  # fmt: skip
    assert run.verdict == "findings" and run.code == 1, run.explain()
    assert run.names("kdma_set_seg_boundary"), run.explain()
    run = faulty(
        {"c-api/limits.c": (lacking + align, lacking.replace("EIO", "EINVAL") + align)},
        "-k", "parameters",
        ENVS="direct",
        DRIVERS="native,c",
    )  # fmt: skip
    assert run.verdict == "findings" and run.code == 1, run.explain()
    assert run.names("kdma_set_min_align_mask"), run.explain()


def test_a_dropped_sync(faulty: Faulty) -> None:
    old = """	dma_sync_single_for_cpu(kdma_to_device(device), dma_address, size,
				kdma_to_direction(direction));
"""
    run = faulty({"c-api/sync.c": (old, "")}, "-k", "sync_single_for_cpu", ENVS="swiotlb")
    assert run.verdict == "findings", run.explain()
    assert "divergence" in run.classes and run.names("kdma_sync_single_for_cpu"), run.explain()


def test_success_returned_for_an_error(faulty: Faulty) -> None:
    run = faulty(
        {
            "c-api/streaming.h": (
                "		*dma_address = KDMA_MAPPING_ERROR;\n		return KDMA_EMAPPING;",
                "		*dma_address = KDMA_MAPPING_ERROR;\n		return KDMA_OK;",
            )
        },
        "-k", "streaming",
        ENVS="swiotlb",
    )  # fmt: skip
    assert run.verdict == "findings", run.explain()
    assert "divergence" in run.classes and run.names("kdma_map_"), run.explain()


@pytest.mark.parametrize("environment", ["direct", "swiotlb"])
def test_a_leaked_mapping_in_the_c_abi(faulty: Faulty, environment: str) -> None:
    """dma-debug sees it everywhere, the bounce buffer's counter under swiotlb."""
    old = """	dma_unmap_page(kdma_to_device(device), dma_address, size,
		       kdma_to_direction(direction));
"""
    run = faulty({"c-api/streaming.c": (old, "")}, "-k", "map_page", ENVS=environment)
    assert run.verdict == "findings", run.explain()
    assert run.names("kdma_unmap_page") or run.names("kdma_map_page"), run.explain()


def test_a_stale_wrapper_in_the_header_is_binding_drift(faulty: Faulty) -> None:
    """kdma.h moved and nobody generated the bindings again."""
    run = faulty(
        {
            "c-api/include/kdma.h": ("KDMA_ALLOC_ATOMIC = 0x1,", "KDMA_ALLOC_ATOMIC = 0x4,"),
        },
        "-k", "range",
        ENVS="direct",
    )  # fmt: skip
    assert run.verdict == "findings", run.explain()
    assert "binding-drift" in run.classes and run.names("KDMA_ALLOC_ATOMIC"), run.explain()
    assert "./kdma generate" in run.output


@pytest.mark.parametrize(
    ("old", "new", "function", "words"),
    [
        (
            "[ilog2(KDMA_ATTR_WEAK_ORDERING)] = DMA_ATTR_WEAK_ORDERING",
            "[ilog2(KDMA_ATTR_WEAK_ORDERING)] = DMA_ATTR_PRIVILEGED",
            "kdma_alloc_attrs",
            "WEAK_ORDERING",
        ),
        (
            "flags & KDMA_ALLOC_ATOMIC ? GFP_ATOMIC : GFP_KERNEL",
            "GFP_KERNEL",
            "kdma_alloc_coherent",
            "GFP_ATOMIC",
        ),
    ],
)
def test_what_no_program_can_observe_shows_in_the_tracepoints(
    faulty: Faulty, old: str, new: str, function: str, words: str
) -> None:
    run = faulty({"c-api/translate.c": (old, new)}, "-k", "attributes or ATOMIC", ENVS="direct")
    assert run.verdict == "findings", run.explain()
    assert "divergence" in run.classes and run.names(function), run.explain()
    seen = [f for f in run.report["findings"] if "tracepoints" in f["title"] + f["actual"]]
    assert any(words in finding["expected"] + finding["actual"] for finding in seen)
    # Every driver behind the C ABI is concerned, native is not.
    assert not any("native included" in finding["title"] for finding in run.report["findings"])


def test_a_header_that_our_c_does_not_fit_is_compared_all_the_same(faulty: Faulty) -> None:
    """The modules do not compile; what moved is told beside that, not after the mend."""
    run = faulty(
        {
            "c-api/include/kdma.h": (
                "int32_t kdma_set_mask(struct kdma_device *device, uint64_t mask);",
                "int32_t kdma_set_mask(struct kdma_device *device, uint64_t mask, uint32_t more);",
            )
        }
    )
    assert run.verdict == "findings" and run.code == 1, run.explain()
    told = {one["class"] for one in run.report["findings"] if "kdma_set_mask" in one["title"]}
    assert told == {"abi-drift", "binding-drift", "harness"}, run.explain()
