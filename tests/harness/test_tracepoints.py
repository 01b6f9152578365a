# SPDX-License-Identifier: GPL-2.0
"""Reading what the kernel's DMA tracepoints saw."""

from __future__ import annotations

import pytest

from kdma.tracepoints import Event, EventsLostError, events, first_difference, ordinal

MAP = (
    "            init-1       [000] .....   116.767407: dma_map_page: 0000:00:02.0 "
    "dir=TO_DEVICE dma_addr=572c048 size=2048 phys_addr=572c048 attrs=\n"
)
LIST = (
    "            init-1       [000] d..1.    17.000001: dma_map_sg: 0000:00:02.0 dir=TO_DEVICE "
    "dma_addrs={0x1000,0x2000} sizes={0x10,0x20} phys_addrs={0x1,0x2} attrs=WEAK_ORDERING\n"
)


def test_addresses_are_no_part_of_an_event() -> None:
    seen = events((MAP + LIST).splitlines())
    assert [str(event) for event in seen] == [
        "dma_map_page: 0000:00:02.0 dir=TO_DEVICE size=2048 attrs=",
        "dma_map_sg: 0000:00:02.0 dir=TO_DEVICE sizes={0x10,0x20} attrs=WEAK_ORDERING",
    ]
    other = MAP.replace("572c048", "1234048")
    assert events(other.splitlines()) == events(MAP.splitlines())
    longer = LIST.replace("0x20}", "0x20,0x0,0x0}")
    assert events(longer.splitlines()) == events(LIST.splitlines())
    assert "sizes={0x10,0x0,0x20}" in str(events([LIST.replace(",0x20", ",0x0,0x20")])[0])
    # How many entries the CPU has for them counts, unless the allocator made the list.
    two, three = (LIST.replace("dma_addrs", f"nents={n}/{n} ents=2/2 dma_addrs") for n in (2, 3))
    assert events([two]) != events([three])
    assert events([two], any_pieces=True) == events([three], any_pieces=True)
    assert "ents=2/2" in str(events([two], any_pieces=True)[0])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("CPU:0 [LOST 3 EVENTS]\n" + MAP, "3 events are lost"),
        (MAP + MAP[:40] + "\n", "no event"),
    ],
)
def test_what_is_incomplete_is_no_list(text: str, says: str) -> None:
    with pytest.raises(EventsLostError, match=says):
        events(text.splitlines())


def test_the_first_difference() -> None:
    a, b, c = Event("dma_map_page", "1"), Event("dma_map_page", "2"), Event("dma_free", "3")
    assert first_difference([a, b], [a, b]) is None
    assert first_difference([a, b], [a, c]) == (1, b, c)
    assert first_difference([a, b], [a]) == (1, b, None)
    assert first_difference([], [a]) == (0, None, a)
    assert ordinal([a, c, b], 2) == 1
    assert b.beginnings == ("kdma_map",)
    assert Event("dma_something_new", "").beginnings == ("kdma_",)
