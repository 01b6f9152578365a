# SPDX-License-Identifier: GPL-2.0
"""Traces: what one driver saw of one program, from the bytes of kmod/program.h."""

from __future__ import annotations

import struct
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from enum import IntEnum

#: As in kmod/program.h; a test compares.
TRACE_MAGIC = 0x43415254414D444B
TRACE_END_MAGIC = 0x444E4554414D444B
VERSION = 1
HEADER = struct.Struct("<QIIII")
RESULT = struct.Struct("<HHi4Q")
END = struct.Struct("<QIIIIQ")


class Driver(IntEnum):
    """Executors of programs (enum kdma_driver_kind)."""

    NATIVE = 1
    C = 2
    RUST_SYS = 3
    RUST = 4
    UPSTREAM = 5

    @property
    def label(self) -> str:
        """The name people read and write: native, c, rust-sys, rust, upstream."""
        return self.name.lower().replace("_", "-")


class Completion(IntEnum):
    """What became of one operation (enum kdma_completion)."""

    NOT_REACHED = 0
    COMPLETED = 1
    INEXPRESSIBLE = 2


class RunError(IntEnum):
    """Why a program as a whole came to no good end (enum kdma_run_error)."""

    OK = 0
    MALFORMED = 1
    NO_MEMORY = 2
    NO_DEVICE = 3
    NO_DRIVER = 4
    DRIVER_FAILED = 5


class TraceError(Exception):
    """These bytes are no trace of this program by this driver."""


@dataclass(frozen=True)
class Result:
    """What one operation gave."""

    opcode: int
    completion: Completion
    status: int
    values: tuple[int, ...]


@dataclass(frozen=True)
class Trace:
    """A whole trace. `detail`: byte offset of what is wrong in a malformed program."""

    program: int
    driver: Driver
    results: tuple[Result, ...]
    error: RunError
    completed: int
    leftover: int
    detail: int
    nanoseconds: int


_COMPLETIONS = {completion.value: completion for completion in Completion}


def _results(data: bytes) -> Iterator[Result]:
    for number, (opcode, completion, status, *values) in enumerate(RESULT.iter_unpack(data)):
        if completion not in _COMPLETIONS:
            raise TraceError(f"operation {number} has the unknown completion {completion}")
        yield Result(opcode, _COMPLETIONS[completion], status, tuple(values))


def decode(
    data: bytes,
    program: int,
    driver: Driver,
    known: MutableMapping[bytes, tuple[Result, ...]] | None = None,
) -> Trace:
    """The trace of `program` by `driver`.

    Traces that are decoded with the same `known` share results that have the
    same bytes: then they are one object.

    Raises TraceError when the bytes are cut or too many, are no trace, are of
    another version, program or driver, or have no end record. What the trace
    itself tells (an error, fewer operations than planned) is not judged here.
    """
    if len(data) < HEADER.size + END.size:
        raise TraceError(f"cut: {len(data)} bytes are less than a header and an end record")
    magic, version, number, kind, count = HEADER.unpack_from(data)
    if magic != TRACE_MAGIC:
        raise TraceError(f"not a trace: its magic is {magic:#018x}")
    if version != VERSION:
        raise TraceError(f"a trace of version {version}, not {VERSION}")
    if number != program:
        raise TraceError(f"the trace of program {number}, not {program}")
    if kind != driver:
        raise TraceError(f"the trace of driver {kind}, not {driver.value} ({driver.label})")
    wanted = HEADER.size + count * RESULT.size + END.size
    if len(data) < wanted:
        raise TraceError(f"cut: {len(data)} bytes instead of {wanted} for {count} operations")
    if len(data) > wanted:
        raise TraceError(f"{len(data)} bytes instead of {wanted} for {count} operations")
    end, error, completed, leftover, detail, nanoseconds = END.unpack_from(data, wanted - END.size)
    if end != TRACE_END_MAGIC:
        raise TraceError(f"no end record: its magic is {end:#018x}")
    body = data[HEADER.size : -END.size]
    results = None if known is None else known.get(body)
    if results is None:
        results = tuple(_results(body))
        if known is not None:
            known[body] = results
    try:
        run_error = RunError(error)
    except ValueError:
        raise TraceError(f"the unknown run error {error}") from None
    return Trace(program, driver, results, run_error, completed, leftover, detail, nanoseconds)


def encode(trace: Trace) -> bytes:
    """The bytes of a trace, as the core writes them. For tests and replays."""
    return (
        HEADER.pack(TRACE_MAGIC, VERSION, trace.program, trace.driver, len(trace.results))
        + b"".join(
            RESULT.pack(r.opcode, r.completion, r.status, *(*r.values, 0, 0, 0, 0)[:4])
            for r in trace.results
        )
        + END.pack(
            TRACE_END_MAGIC,
            trace.error,
            trace.completed,
            trace.leftover,
            trace.detail,
            trace.nanoseconds,
        )
    )
