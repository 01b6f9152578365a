# SPDX-License-Identifier: GPL-2.0
"""Traces: whole ones are read, broken ones are told apart."""

import dataclasses
import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdma import traces
from kdma.paths import PROJECT
from kdma.traces import Completion, Driver, Result, RunError, Trace, TraceError, decode, encode

PROGRAM_H = (PROJECT / "kmod/program.h").read_text()

results = st.builds(
    Result,
    opcode=st.integers(0, 0xFFFF),
    completion=st.sampled_from(Completion),
    status=st.integers(-6, 0),
    values=st.tuples(*[st.integers(0, 2**64 - 1)] * 4),
)
whole = st.builds(
    Trace,
    program=st.integers(0, 2**32 - 1),
    driver=st.sampled_from(Driver),
    results=st.lists(results, max_size=20).map(tuple),
    error=st.sampled_from(RunError),
    completed=st.integers(0, 20),
    leftover=st.integers(0, 20),
    detail=st.integers(0, 2**32 - 1),
    nanoseconds=st.integers(0, 2**64 - 1),
)

TRACE = Trace(
    5,
    Driver.C,
    (Result(1, Completion.COMPLETED, 0, (1, 0, 0, 0)),) * 3,
    RunError.OK,
    3,
    0,
    0,
    99,
)


@given(whole)
def test_what_is_encoded_is_decoded(trace: Trace) -> None:
    assert decode(encode(trace), trace.program, trace.driver) == trace


@given(whole, st.data())
def test_every_cut_is_an_error(trace: Trace, data: st.DataObject) -> None:
    encoded = encode(trace)
    length = data.draw(st.integers(0, len(encoded) - 1))
    with pytest.raises(TraceError):
        decode(encoded[:length], trace.program, trace.driver)


@given(st.binary(max_size=300))
def test_noise_is_an_error(noise: bytes) -> None:
    with pytest.raises(TraceError):
        decode(noise, 0, Driver.C)


def put(data: bytes, form: str, offset: int, value: int) -> bytes:
    """The data with one number in it replaced."""
    changed = bytearray(data)
    struct.pack_into(form, changed, offset, value)
    return bytes(changed)


GOOD = encode(TRACE)
END = len(GOOD) - traces.END.size


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (GOOD + b"\0", "bytes instead of"),
        (put(GOOD, "<Q", 0, 1), "not a trace"),
        (put(GOOD, "<I", 8, 2), "version 2"),
        (put(GOOD, "<I", 12, 6), "program 6, not 5"),
        (put(GOOD, "<I", 16, 4), "driver 4, not 2"),
        (put(GOOD, "<I", 20, 4), "cut"),
        (put(GOOD, "<I", 20, 2), "bytes instead of"),
        (put(GOOD, "<H", 24 + 2, 9), "operation 0 has the unknown completion 9"),
        (put(GOOD, "<Q", END, 0), "no end record"),
        (put(GOOD, "<I", END + 8, 17), "unknown run error 17"),
    ],
)
def test_broken_traces_say_what_is_broken(data: bytes, complaint: str) -> None:
    with pytest.raises(TraceError, match=complaint):
        decode(data, 5, Driver.C)


def test_labels_are_those_of_the_command_line() -> None:
    assert [driver.label for driver in Driver] == [
        *("native", "c", "rust-sys", "rust", "upstream"),
    ]


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [(Driver, "KDMA_DRIVER"), (Completion, "KDMA"), (RunError, "KDMA_RUN")],
)
def test_enumerators_are_those_of_the_header(kind: type, prefix: str) -> None:
    for member in kind:
        assert re.search(rf"\b{prefix}_{member.name} = {member.value},", PROGRAM_H), member


def test_magics_and_version_are_those_of_the_header() -> None:
    for name, value in (
        ("TRACE_MAGIC", traces.TRACE_MAGIC),
        ("TRACE_END_MAGIC", traces.TRACE_END_MAGIC),
    ):
        assert re.search(rf"#define KDMA_{name}\s+{value:#x}\b", PROGRAM_H)
    assert re.search(rf"#define KDMA_PROGRAM_VERSION {traces.VERSION}\b", PROGRAM_H)


def test_a_trace_knows_its_own_numbers() -> None:
    trace = dataclasses.replace(TRACE, leftover=2, completed=1)
    assert decode(encode(trace), 5, Driver.C).leftover == 2
