# SPDX-License-Identifier: GPL-2.0
"""The model of surfaces and its text form."""

from __future__ import annotations

import pytest

from kdma.findings import KdmaError
from kdma.surface import Kind, member, parse, surface

MEMBERS = (
    member(Kind.FUNCTION, "dma_pool_free", returns="void", parameters="struct dma_pool *pool"),
    member(Kind.CONSTANT, "DMA_ATTR_NO_WARN", "dma-mapping.h:3", value="0x100", type=""),
)


def test_text_is_sorted_and_comes_back_the_same() -> None:
    made = surface("kernel", MEMBERS, ["layouts: no BTF"])
    assert made.text() == (
        "# kdma surface 1\n# side: kernel\n# lacks: layouts: no BTF\n"
        "constant DMA_ATTR_NO_WARN | value=0x100\n"
        "function dma_pool_free | parameters=struct dma_pool *pool | returns=void\n"
    )
    again = parse(made.text(), "baseline")
    assert again.text() == made.text()
    assert again == made


def test_places_make_no_difference() -> None:
    assert MEMBERS[1] == member(Kind.CONSTANT, "DMA_ATTR_NO_WARN", "elsewhere:9", value="0x100")


def test_one_name_for_two_members_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        surface("kernel", [*MEMBERS, member(Kind.CONSTANT, "DMA_ATTR_NO_WARN", value="0x200")])


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "b:1"),
        ("# kdma surface 99\n", "b:1"),
        ("# kdma surface 1\n", "b:2"),
        ("# kdma surface 1\n# side: kernel\nnonsense here\n", "b:3"),
        ("# kdma surface 1\n# side: kernel\nmacro b\nmacro a\n", "b:4"),
        ("# kdma surface 1\n# side: kernel\nmacro b | fact\n", "b:3"),
    ],
)
def test_what_is_no_surface_is_refused_with_its_line(text: str, where: str) -> None:
    with pytest.raises(KdmaError) as caught:
        parse(text, "b")
    assert caught.value.finding.where == where
