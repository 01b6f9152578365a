# SPDX-License-Identifier: GPL-2.0
"""What was asked of the DMA layer (kernel_calls.py) is what it says it did (tracepoints.py).

Both are records of the kernel's own: the one of the arguments with which its functions
were called, the other of what their tracepoints say in the end. Where they disagree,
a function does otherwise behind the signature it has, which no comparison between
drivers can see, since all of them call it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kdma.kernel_calls import Call
from kdma.tracepoints import Event

#: Functions that have a tracepoint, by how its name begins. A pool's come to it when
#: they need memory, and devres when the device goes.
_TRACED = re.compile(r"(?:__)?dmam?_(alloc|free|map|sync|unmap)_")
_POOL = re.compile(r"dmam?_pool_")
_DIRECTIONS = {"BIDIRECTIONAL": 0, "FROM_DEVICE": 2, "NONE": 3, "TO_DEVICE": 1}
#: Instead of a field that differs.
TWICE = "twice"
_FIELD = re.compile(r"\b(attrs|dir|size)=(\S*)")


@dataclass(frozen=True)
class Disagreement:
    """A call and what its tracepoint says; one of both may not be there at all."""

    call: Call | None
    event: Event | None
    field: str = ""

    @property
    def what(self) -> str:
        """In a few words."""
        if self.call is None:
            assert self.event is not None
            return f"a call of the DMA layer that nobody made, says {self.event.name}"
        name = self.call.function.name
        if self.field == TWICE:
            return f"{name} was called once, and {self.event} says so once more"
        if self.event is None:
            return f"{name} was called, and no tracepoint says so"
        return f"{name} was called with other {self.field} than {self.event.name} says"


def kind(name: str) -> str:
    """How the name of the tracepoint begins that a call of this function leads to; empty: none."""
    match = _TRACED.match(name)
    return f"dma_{match[1]}" if match else ""


def _bits(text: str) -> int:
    """How many attributes are named; those without a name are one number."""
    named = [each for each in text.split("|") if each]
    return sum(int(each, 16).bit_count() if each.startswith("0x") else 1 for each in named)


def _differing(call: Call, event: Event) -> str:
    """The field in which both differ, where both have it."""
    said = dict(_FIELD.findall(event.fields))
    for parameter, value in zip(call.function.parameters, call.values, strict=True):
        text = said.get(parameter.name)
        if text is None:
            continue
        if parameter.name == "size":
            same = value == int(text)
        elif parameter.name == "dir":
            same = _DIRECTIONS.get(text) == value
        else:
            # Names, and the values that kernels give them, may change. A resource is
            # mapped with one that its caller need not know.
            own = call.function.name.endswith("_resource")
            names = [each for each in text.split("|") if not (own and each == "MMIO")]
            same = _bits("|".join(names)) == (value & (1 << 64) - 1).bit_count()
        if not same:
            return parameter.name
    return ""


def _arguments(call: Call) -> dict[str, int]:
    """What a tracepoint tells too, by name."""
    told = ("attrs", "dir", "size")
    return {name: value for name, value in call.arguments.items() if name in told}


def _is_passed_on(call: Call, to: Call) -> bool:
    """Did the one function jump to the other, with all that it was given?

    The compiler makes such a jump of a call that is a function's last one. Then the
    other seems to be called by the same caller, and the tracepoint is its.
    """
    one, other = _arguments(call), _arguments(to)
    if call.function.name.endswith("_resource") and not to.function.name.endswith("_resource"):
        # With one attribute more.
        added = other.get("attrs", 0) & ~one.get("attrs", 0)
        one["attrs"] = one.get("attrs", 0) | (added if added.bit_count() == 1 else 0)
    return (
        call.operation == to.operation
        and call.function != to.function
        and kind(call.function.name) == kind(to.function.name)
        and all(other.get(name, value) == value for name, value in one.items())
    )


def first_disagreement(
    calls: Sequence[Call],
    events: Sequence[Event],
    failed: Collection[int],
    *,
    goes_on: bool,
) -> Disagreement | None:
    """Where calls and tracepoints first part.

    `failed`: numbers of operations that gave an error: their calls may have come to no
    tracepoint. `goes_on`: frees and unmaps may follow that no call led to, where what is
    left is given back at the end. In programs with a pool nothing is said of
    allocations: when a pool needs memory is its own affair.
    """
    kinds = {"dma_alloc", "dma_free", "dma_map", "dma_sync", "dma_unmap"}
    if any(_POOL.match(call.function.name) for call in calls):
        kinds -= {"dma_alloc", "dma_free"}
    asked = [call for call in calls if kind(call.function.name) in kinds]
    asked = [
        call
        for n, call in enumerate(asked)
        if n + 1 == len(asked) or not _is_passed_on(call, asked[n + 1])
    ]
    left = [event for event in events if event.name.startswith(tuple(kinds))]
    at = 0
    before: Call | None = None
    for call in asked:
        event = left[at] if at < len(left) else None
        if event is not None and event.name.startswith(kind(call.function.name)):
            field = _differing(call, event)
            if not field:
                at, before = at + 1, call
                continue
            if call.operation in failed:
                continue
            return Disagreement(call, event, field)
        if call.operation not in failed:
            return _once_more(before, event) or Disagreement(call, None)
    if at < len(left) and not (goes_on and left[at].name.startswith(("dma_free", "dma_unmap"))):
        return _once_more(before, left[at]) or Disagreement(None, left[at])
    return None


def _once_more(before: Call | None, event: Event | None) -> Disagreement | None:
    """What the last call came to, a second time."""
    if before is None or event is None or not event.name.startswith(kind(before.function.name)):
        return None
    return None if _differing(before, event) else Disagreement(before, event, TWICE)
