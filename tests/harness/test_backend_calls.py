# SPDX-License-Identifier: GPL-2.0
"""What the DMA API was asked for beside what it asks of its backend."""

from __future__ import annotations

import pytest

from kdma.backend_calls import first_disagreement
from kdma.kernel_calls import Call, Referent, functions

FUNCTIONS = {each.name: each for each in functions()}


def call(name: str, operation: int = 0, **arguments: int) -> Call:
    """A call; what is left out is 0."""
    function = FUNCTIONS[name]
    assert {each.name for each in function.parameters} >= {*arguments}, name
    return Call(operation, function, tuple(arguments.get(p.name, 0) for p in function.parameters))


def refer(referent: Referent, number: int = 0, offset: int = 0) -> int:
    """An address as the guest writes it."""
    return referent << 56 | number << 40 | offset & (1 << 40) - 1


SLOT = refer(Referent.SLOT, 3)
TABLE = {"cpu_addr": SLOT, "dma_addr": SLOT, "size": 8192, "attrs": 0x20}


@pytest.mark.parametrize("backend", ["dma_direct_get_sgtable", "iommu_dma_get_sgtable"])
def test_what_is_handed_on_as_it_was_is_none(backend: str) -> None:
    asked = call("dma_get_sgtable_attrs", **TABLE)
    assert first_disagreement([asked, call(backend, **TABLE)]) is None
    # Of another operation, or called by somebody else.
    assert first_disagreement([asked, call(backend, 1)]) is None
    assert first_disagreement([call(backend)]) is None
    assert first_disagreement([]) is None


@pytest.mark.parametrize(
    ("name", "value"), [("attrs", 0), ("cpu_addr", SLOT + 8), ("dma_addr", SLOT + 1), ("size", 1)]
)
def test_what_is_handed_on_otherwise(name: str, value: int) -> None:
    found = first_disagreement(
        [
            call("dma_get_sgtable_attrs", **TABLE),
            call("dma_direct_get_sgtable", **TABLE | {name: value}),
        ]
    )
    assert found is not None and found.parameter == name
    assert found.what == (
        f"dma_get_sgtable_attrs hands dma_direct_get_sgtable another {name} than it was given"
    )


def test_an_address_without_a_slot() -> None:
    first, same = (refer(kind, offset=5) for kind in (Referent.FIRST, Referent.SAME))
    asked = call("__dma_need_sync", dma_addr=first)
    assert first_disagreement([asked, call("dma_direct_need_sync", dma_addr=same)]) is None
    other = call("dma_direct_need_sync", dma_addr=refer(Referent.OTHER, offset=5))
    assert first_disagreement([asked, other]) is not None


@pytest.mark.parametrize(
    ("offset", "size", "iova", "pages", "differs"),
    [
        (0, 4096, SLOT, 4096, ""),
        (0, 1, SLOT, 4096, ""),
        (8192, 4097, SLOT + 8192, 8192, ""),
        # The range begins 512 bytes into its page.
        (7680, 4096, SLOT + 7680 - 512, 8192, ""),
        (0, 4096, SLOT, 8192, "size"),
        (0, 4096, SLOT, 0, "size"),
        (8192, 4096, SLOT, 4096, "offset"),
        (0, 4096, SLOT + 4096, 4096, "offset"),
        (8192, 4096, refer(Referent.OTHER), 4096, "offset"),
    ],
)
def test_pages_of_a_range(offset: int, size: int, iova: int, pages: int, differs: str) -> None:
    found = first_disagreement(
        [
            call("dma_iova_sync", offset=offset, size=size),
            call("iommu_sync_map", iova=iova, size=pages),
        ]
    )
    assert (found.parameter if found else "") == differs


def test_before_the_first_byte_of_a_range() -> None:
    calls = [
        call("dma_iova_try_alloc", phys=0x1200),
        call("dma_iova_sync", 1, offset=0, size=4096),
        call("iommu_sync_map", 1, iova=refer(Referent.OTHER), size=8192),
    ]
    assert first_disagreement(calls) is None
    at_page = [call("dma_iova_try_alloc", phys=0x1000), *calls[1:]]
    found = first_disagreement(at_page)
    assert found is not None and found.parameter == "offset"
