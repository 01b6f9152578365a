# SPDX-License-Identifier: GPL-2.0
"""What a program's operations asked of the kernel's functions (kmod/kernel_calls.h).

An oracle of its own, for what shows nowhere else on this machine: arguments that
the kernel ignores, calls that it forgives. The guest writes addresses as what they
are addresses of, so two drivers that made the same calls gave the same bytes; only
where they did not is anything decoded here. Compared between drivers of one boot.
"""

from __future__ import annotations

import functools
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from kdma.paths import PROJECT

#: As in kmod/kernel_calls.h.
MAGIC = 0x4C4C4143
HEADER = struct.Struct("<4I2Q")
CALL = struct.Struct("<IHH")

_FUNCTION = re.compile(r"^KDMA_(?:BACKEND|FUNCTION)\((\w+),([^;]*?)\)\s*$", re.MULTILINE)
_PARAMETER = re.compile(r"(\w+)\((\w+)\)")
#: Numbers; all else is an address.
_NUMBERS = ("INT", "LONG", "PIECES")


class CallsError(Exception):
    """These bytes are no record of calls."""


class Referent(IntEnum):
    """What an argument is the address of (enum kdma_referent)."""

    NONE = 0
    BUFFER = 1
    SLOT = 2
    FIRST = 3
    SAME = 4
    OTHER = 5
    DEVICE = 6
    ANY = 7
    ERROR = 8


_REFERENTS = frozenset(Referent)


@dataclass(frozen=True)
class Parameter:
    """Of a function of the kernel's. `kind`: as kmod/kernel_functions.h has it."""

    kind: str
    name: str


@dataclass(frozen=True)
class Function:
    """A function of the kernel's, calls of which are recorded."""

    name: str
    parameters: tuple[Parameter, ...]


@functools.cache
def functions() -> tuple[Function, ...]:
    """The table that the guest's recorder is compiled with, in its order."""
    text = (PROJECT / "kmod/kernel_functions.h").read_text()
    return tuple(
        Function(name, tuple(Parameter(*each) for each in _PARAMETER.findall(parameters)))
        for name, parameters in _FUNCTION.findall(text)
    )


@dataclass(frozen=True)
class Call:
    """A call that operation number `operation` made."""

    operation: int
    function: Function
    values: tuple[int, ...]

    @property
    def arguments(self) -> dict[str, int]:
        """The values as they were recorded, by the names of the parameters."""
        names = (parameter.name for parameter in self.function.parameters)
        return dict(zip(names, self.values, strict=True))

    def said(self, index: int) -> str:
        """An argument, for people."""
        parameter, value = self.function.parameters[index], self.values[index]
        return f"{parameter.name} {said(parameter.kind, value)}"

    def __str__(self) -> str:
        arguments = ", ".join(self.said(n) for n in range(len(self.values)))
        return f"{self.function.name}({arguments})"


def said(kind: str, value: int) -> str:
    """A value as it was recorded, for people."""
    if kind in _NUMBERS:
        return f"{value:#x}"
    number, offset = value >> 40 & 0xFFFF, offset_of(value)
    match value >> 56:
        case Referent.NONE:
            return f"{value:#x}"
        case Referent.BUFFER:
            return f"buffer {number} + {offset:#x}"
        case Referent.SLOT:
            return f"slot {number} + {offset:#x}"
        case Referent.DEVICE:
            return "the device"
        case Referent.ERROR:
            return "DMA_MAPPING_ERROR"
        case Referent.ANY:
            return "somewhere" + (f" + {offset:#x}" if offset else "")
        case Referent.FIRST | Referent.SAME:
            return "the slot's own" + (f" + {offset:#x}" if offset else "")
        case _:
            return "something else" + (f" + {offset:#x}" if offset else "")


def offset_of(value: int) -> int:
    """Of a recorded address the bytes from the beginning of what it belongs to."""
    return value & (1 << 40) - 1


def referent(value: int) -> Referent | None:
    """What a recorded address is of; None: no such thing is known."""
    kind = value >> 56
    return Referent(kind) if kind in _REFERENTS else None


def number(call: Call, index: int) -> int:
    """An argument; of an address the bytes from the beginning of what it belongs to."""
    value = call.values[index]
    return value if call.function.parameters[index].kind in _NUMBERS else offset_of(value)


@dataclass(frozen=True)
class Record:
    """All calls of one program in one driver. `lost`: for so many there was no room."""

    calls: tuple[Call, ...]
    lost: int
    watched: frozenset[str]
    unwatched: frozenset[str]


def _names(bits: int) -> frozenset[str]:
    return frozenset(each.name for n, each in enumerate(functions()) if bits >> n & 1)


def _calls(data: bytes) -> Iterator[Call]:
    at = HEADER.size
    known = functions()
    while at < len(data):
        if at + CALL.size > len(data):
            raise CallsError("a call that is cut")
        operation, number, count = CALL.unpack_from(data, at)
        at += CALL.size
        if number >= len(known) or count != len(known[number].parameters):
            raise CallsError(f"function number {number} with {count} arguments")
        if at + 8 * count > len(data):
            raise CallsError("arguments that are cut")
        yield Call(operation, known[number], struct.unpack_from(f"<{count}Q", data, at))
        at += 8 * count


def decode(data: bytes) -> Record:
    """What the guest recorded. CallsError when it is not understood."""
    if len(data) < HEADER.size:
        raise CallsError(f"{len(data)} bytes are less than a header")
    magic, length, lost, _, watched, unwatched = HEADER.unpack_from(data)
    if magic != MAGIC or HEADER.size + length != len(data):
        raise CallsError(f"magic {magic:#x}, {len(data)} bytes instead of {HEADER.size + length}")
    return Record(tuple(_calls(data)), lost, _names(watched), _names(unwatched))


def lost(data: bytes) -> int:
    """How many calls there was no room for."""
    return int(HEADER.unpack_from(data)[2]) if len(data) >= HEADER.size else 0


def has_calls(data: bytes) -> bool:
    """Is any call recorded?"""
    return len(data) > HEADER.size


def watches(data: bytes) -> tuple[int, int]:
    """Which functions are watched, and which are there and are not; as bits."""
    _, _, _, _, watched, unwatched = HEADER.unpack_from(data)
    return watched, unwatched


def names(bits: int) -> list[str]:
    """The functions of such bits."""
    return sorted(_names(bits))


@dataclass(frozen=True)
class Difference:
    """Where two drivers' calls part; None: one of them makes no further call there.

    `argument`: number of the first argument that differs; None: another function.
    """

    expected: Call | None
    actual: Call | None
    argument: int | None = None

    @property
    def operation(self) -> int:
        """The operation that made the call: the earlier one of both."""
        return min(each.operation for each in (self.expected, self.actual) if each is not None)

    @property
    def _told(self) -> Call:
        """The call that one side alone made."""
        if self.expected is None or (
            self.actual is not None and self.actual.operation < self.expected.operation
        ):
            assert self.actual is not None
            return self.actual
        return self.expected

    @property
    def function(self) -> Function:
        """The kernel's function that this is about."""
        return self._told.function

    @property
    def what(self) -> str:
        """In a few words: 'attrs of dma_free_attrs', 'a call of dma_iova_free'."""
        if self.argument is not None:
            return f"{self.function.parameters[self.argument].name} of {self.function.name}"
        return f"a call of {self.function.name}"

    def side(self, call: Call | None) -> str:
        """What one side did, for people."""
        if self.argument is not None and call is not None:
            return f"{call.said(self.argument)}: {call}"
        if call is None or call.operation != self.operation:
            return "no such call"
        return str(call)


def first_difference(expected: Record, actual: Record, *, any_pieces: bool) -> Difference | None:
    """Where the calls of two drivers part. `any_pieces`: how many entries a list has for
    the CPU is not compared.
    """
    for n in range(max(len(expected.calls), len(actual.calls))):
        wanted = expected.calls[n] if n < len(expected.calls) else None
        got = actual.calls[n] if n < len(actual.calls) else None
        if wanted == got:
            continue
        if wanted is None or got is None:
            return Difference(wanted, got)
        if (wanted.operation, wanted.function) != (got.operation, got.function):
            return Difference(wanted, got)
        for at, (one, other) in enumerate(zip(wanted.values, got.values, strict=True)):
            if one != other and not (
                any_pieces and wanted.function.parameters[at].kind == "PIECES"
            ):
                return Difference(wanted, got, at)
    return None
