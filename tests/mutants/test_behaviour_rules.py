# SPDX-License-Identifier: GPL-2.0
"""Rules that prove faults in the kernel's behaviour to be none, and where they do not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdma import bootimage
from kdma.findings import KdmaError
from kdma.kernel import KernelRequest, prepare
from kdma.kernel_calls import Call, functions
from kdma.mutants.layers import behaviour, forwarding

CREATE = next(each for each in functions() if each.name == "dma_pool_create")
BOUNDARY = next(n for n, each in enumerate(CREATE.parameters) if each.name == "boundary")


def _create(size: int, align: int, boundary: int) -> Call:
    return Call(0, CREATE, (0, 0, size, align, boundary))


@pytest.mark.parametrize(
    ("call", "holds"),
    [
        (_create(1 << 17, 0, 1 << 17), True),
        (_create(100000, 1 << 17, 1 << 17), True),
        (_create(64, 0, 4096), True),
        # The kernel takes another one for none.
        (_create(64, 0, 1 << 17), False),
        # Cut it is a boundary itself.
        (_create(0x18000, 0, 0x18000), False),
    ],
)
def test_a_boundary_of_the_memory_of_a_piece(call: Call, holds: bool) -> None:
    assert bool(behaviour._is_whole_piece([call], BOUNDARY, 1 << 16)) is holds


def _source(tmp_path: Path, file: str, body: str) -> Path:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(f"int other(int a)\n{{\n\treturn a;\n}}\n\nvoid *asked(int b,\n\t\tint a)\n"
                    f"{{\n{body}}}\nint last(int a)\n{{\n\treturn a;\n}}\n")  # fmt: skip
    return tmp_path


@pytest.mark.parametrize(
    ("body", "holds"),
    [
        ("\toff = iova_offset(iovad, a); /* a: of all */\n\tuse(iova_offset(iovad, a));\n", True),
        ("\toff = iova_offset(iovad, a);\n\tuse(a);\n", False),
        ("\tuse(b);\n", False),
    ],
)
def test_a_place_in_a_page(tmp_path: Path, body: str, holds: bool) -> None:
    source = _source(tmp_path, "drivers/iommu/dma-iommu.c", body)
    assert bool(behaviour._takes_place_in_page(source, "asked", "a")) is holds
    assert not behaviour._takes_place_in_page(source, "nobody", "a")
    assert not behaviour._takes_place_in_page(None, "asked", "a")


MASKED = "\ta &= ~(__GFP_DMA | __GFP_DMA32);\n\tuse(a);\n"


@pytest.mark.parametrize(
    ("body", "holds"),
    [
        (MASKED, True),
        ("\tif (WARN_ON(a & __GFP_COMP))\n\t\treturn 0;\n" + MASKED, True),
        ("\tif (b) {\n\t\ttrace_dma_alloc(b,\n\t\t\ta);\n\t\treturn 0;\n\t}\n" + MASKED, True),
        ("\tuse(a);\n" + MASKED, False),
        ("\ttrace_dma_alloc(a);\n" + MASKED, False),
        ("\tif (a & __GFP_DMA)\n\t\treturn 0;\n" + MASKED, False),
        ("\tuse(a);\n", False),
    ],
)
def test_a_zone_that_is_taken_out(tmp_path: Path, body: str, holds: bool) -> None:
    source = _source(tmp_path, "kernel/dma/mapping.c", body)
    assert bool(behaviour._masks_zone(source, "asked", "a")) is holds


@pytest.mark.parametrize("version", [None, "7.3"], ids=["default", "7.3"])
def test_ftrace_has_no_place_in_the_kernels_lib(version: str | None) -> None:
    """A distribution's image has no symbols, and may have an ENDBR before the place."""
    kernel = prepare(KernelRequest(version=version))
    asked = {"dma_alloc_attrs", "dma_pool_free", "kdma_is_no_symbol", "sg_alloc_table"}
    image = bootimage.bootable(kernel.image)
    assert behaviour.traceable(image, asked) == {"dma_alloc_attrs", "dma_pool_free"}


def test_an_image_that_says_nothing_of_ftrace_is_refused(tmp_path: Path) -> None:
    image = tmp_path / "bzImage"
    image.write_bytes(b"MZ")
    with pytest.raises(KdmaError, match="which of its functions can be traced"):
        behaviour.traceable(image, {"dma_pool_free"})


@pytest.mark.parametrize(
    ("text", "guarded"), [("#ifdef DMA_ATTR_X\n", True), ("#ifdef DMA_ATTR_X_2\n", False)]
)
def test_a_constant_may_be_lacking_where_the_text_says_so(text: str, guarded: bool) -> None:
    made = forwarding.is_small("DMA_ATTR_X", text)
    assert made.startswith("#ifdef DMA_ATTR_X\n_Static_assert" if guarded else "_Static_assert")
