# SPDX-License-Identifier: GPL-2.0
"""What the kernel's DMA tracepoints saw of one program (include/trace/events/dma.h).

An oracle of its own: it sees the arguments that reached the DMA layer, also
those that change nothing a program could observe (attributes, allocation
flags). Compared between drivers of one boot, never between kernels, and on the
stable fields only: addresses differ from run to run.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

#: "init-1 [000] ..... 116.767407: dma_map_page: 0000:00:02.0 dir=TO_DEVICE ..."
_LINE = re.compile(r"^\s*\S+-\d+\s+\[\d+\]\s+\S+\s+\d+\.\d+: (dma_\w+): (.*)$")
#: trace_pipe says so where the buffer was full.
_LOST = re.compile(r"\[LOST (?P<count>\d+) EVENTS\]")
_ADDRESSES = re.compile(r" ?\b(?:dma_addrs?|phys_addrs?|virt_addrs?)=(?:\{[^}]*\}|\S+)")

#: Entries of a scatterlist that hold nothing for the device, at its end: how many
#: pieces its memory has for the CPU is the allocator's luck.
_EMPTY_ENTRIES = re.compile(r"(\bsizes=\{[^}]*?)(?:,0x0)+(?=\})")

#: Entries of a list for the CPU. Where the list is of memory that the allocator put
#: together, their number is its luck as well.
_PIECES = re.compile(r" nents=\d+/\d+")

#: Beginnings of event names, and of the functions of ours that lead to them.
_FUNCTIONS = (
    ("dma_alloc", ("kdma_alloc", "kdma_managed_alloc")),
    ("dma_free", ("kdma_free", "kdma_managed_free")),
    ("dma_map", ("kdma_map",)),
    ("dma_sync", ("kdma_sync",)),
    ("dma_unmap", ("kdma_unmap",)),
)


class EventsLostError(Exception):
    """The buffer of the tracepoints overflowed, or what it gave is not understood."""


@dataclass(frozen=True)
class Event:
    """One call that reached the DMA layer: the tracepoint, and its stable fields."""

    name: str
    fields: str

    def __str__(self) -> str:
        return f"{self.name}: {self.fields}"

    @property
    def beginnings(self) -> tuple[str, ...]:
        """How the functions that lead to it begin."""
        for event, functions in _FUNCTIONS:
            if self.name.startswith(event):
                return functions
        return ("kdma_",)


def events(lines: Sequence[str], *, any_pieces: bool = False) -> list[Event]:
    """The events in what trace_pipe gave. EventsLostError if they are not all there.

    `any_pieces`: the number of entries that a list has for the CPU is left out.
    """
    found = []
    for line in lines:
        if not line.strip():
            continue
        match = _LINE.match(line)
        if match is None:
            if lost := _LOST.search(line):
                raise EventsLostError(f"the buffer was full: {lost['count']} events are lost")
            raise EventsLostError(f"a line that is no event: {line.strip()[:120]}")
        found.append(_event(match[1], match[2], any_pieces))
    return found


# Four drivers make the same calls, often with the same addresses.
@functools.lru_cache(maxsize=4096)
def _event(name: str, fields: str, any_pieces: bool) -> Event:
    fields = _EMPTY_ENTRIES.sub(r"\1", _ADDRESSES.sub("", fields))
    if any_pieces:
        fields = _PIECES.sub("", fields)
    return Event(name, fields.strip())


def first_difference(
    expected: Sequence[Event], actual: Sequence[Event]
) -> tuple[int, Event | None, Event | None] | None:
    """Where two lists part: the index, and what stands there on both sides."""
    for index in range(max(len(expected), len(actual))):
        pair = (
            expected[index] if index < len(expected) else None,
            actual[index] if index < len(actual) else None,
        )
        if pair[0] != pair[1]:
            return index, *pair
    return None


def ordinal(all_events: Sequence[Event], index: int) -> int:
    """Among the events of its kind before `index`: how many there are."""
    kind = all_events[index].beginnings
    return sum(event.beginnings == kind for event in all_events[:index])
