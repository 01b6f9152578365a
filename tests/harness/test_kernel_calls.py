# SPDX-License-Identifier: GPL-2.0
"""Comparing what drivers asked of the kernel's functions."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

from kdma import check, kernel_calls, qemu, report, vm
from kdma.compare import Reply
from kdma.environments import find
from kdma.findings import Unchecked
from kdma.kernel_calls import CALL, HEADER, MAGIC, Difference, Record, Referent, decode, functions
from kdma.paths import PROJECT
from kdma.replay import Replay

HEADER_H = (PROJECT / "kmod/kernel_calls.h").read_text()
NUMBERS = {each.name: number for number, each in enumerate(functions())}

DEVICE = Referent.DEVICE << 56
SLOT = Referent.SLOT << 56 | 3 << 40


def record(
    *calls: tuple[int, str, Sequence[int]], lost: int = 0, watched: int = 1, unwatched: int = 0
) -> bytes:
    """What the guest would write."""
    body = b"".join(
        CALL.pack(operation, NUMBERS[name], len(values)) + struct.pack(f"<{len(values)}Q", *values)
        for operation, name, values in calls
    )
    return HEADER.pack(MAGIC, len(body), lost, 0, watched, unwatched) + body


FREE = (4, "dma_free_attrs", (DEVICE, 4096, SLOT, SLOT, 0x100))
MAP = (5, "dma_map_sg_attrs", (DEVICE, Referent.FIRST << 56, 2, 1, 0))


def _first(expected: bytes, actual: bytes, *, any_pieces: bool = False) -> Difference | None:
    return kernel_calls.first_difference(decode(expected), decode(actual), any_pieces=any_pieces)


def _changed(call: tuple[int, str, Sequence[int]], at: int, value: int) -> bytes:
    operation, name, values = call
    return record((operation, name, (*values[:at], value, *values[at + 1 :])))


def test_the_table_is_read_as_the_compiler_reads_it() -> None:
    assert [each.name for each in functions()] == sorted(NUMBERS)
    table = (PROJECT / "kmod/kernel_functions.h").read_text()
    assert len(functions()) == len(re.findall(r"^KDMA_(?:BACKEND|FUNCTION)\(", table, re.MULTILINE))
    [link] = [each for each in functions() if each.name == "dma_iova_link"]
    assert [each.name for each in link.parameters] == [
        "dev", "state", "phys", "offset", "size", "dir", "attrs",
    ]  # fmt: skip
    assert all(1 <= len(each.parameters) <= 7 for each in functions())
    assert int(re.findall(r"KDMA_CALLS_MAGIC\s+(\w+)", HEADER_H)[0], 16) == MAGIC
    enumerators = dict(re.findall(r"KDMA_REFERENT_(\w+) = (\d+)", HEADER_H))
    assert enumerators == {each.name: str(each.value) for each in Referent}


def test_the_same_calls_are_no_difference() -> None:
    assert _first(record(FREE, MAP), record(FREE, MAP)) is None
    assert decode(record()) == Record((), 0, frozenset({functions()[0].name}), frozenset())


def test_an_argument_that_the_kernel_ignores() -> None:
    found = _first(record(FREE), _changed(FREE, 4, 0))
    assert found is not None
    assert (found.what, found.operation) == ("attrs of dma_free_attrs", 4)
    assert found.side(found.expected).startswith("attrs 0x100: dma_free_attrs(dev the device, ")
    assert found.side(found.actual).startswith("attrs 0x0: ")


def test_an_address_of_something_else() -> None:
    found = _first(record(FREE), _changed(FREE, 3, SLOT + 1))
    assert found is not None and found.what == "dma_handle of dma_free_attrs"
    assert found.side(found.actual).startswith("dma_handle slot 3 + 0x1: ")
    found = _first(record(FREE), _changed(FREE, 2, Referent.OTHER << 56))
    assert found is not None and "something else" in found.side(found.actual)


@pytest.mark.parametrize(
    ("actual", "what", "wanted", "got"),
    [
        (record(FREE, FREE, MAP), "a call of dma_free_attrs", "no such call", "dma_free_attrs("),
        (record(MAP), "a call of dma_free_attrs", "dma_free_attrs(", "no such call"),
        (record(FREE), "a call of dma_map_sg_attrs", "dma_map_sg_attrs(", "no such call"),
    ],
)
def test_a_call_made_twice_or_not_at_all(actual: bytes, what: str, wanted: str, got: str) -> None:
    found = _first(record(FREE, MAP), actual)
    assert found is not None and found.what == what
    assert found.side(found.expected).startswith(wanted)
    assert found.side(found.actual).startswith(got)


def test_how_many_pieces_memory_has_is_luck() -> None:
    other = _changed(MAP, 2, 3)
    found = _first(record(MAP), other)
    assert found is not None and found.what == "nents of dma_map_sg_attrs"
    assert _first(record(MAP), other, any_pieces=True) is None
    # All else counts then as well.
    assert _first(record(MAP), _changed(MAP, 3, 2), any_pieces=True) is not None


@pytest.mark.parametrize(
    "data",
    [b"", b"x" * HEADER.size, record(FREE)[:-1], HEADER.pack(MAGIC, 8, 0, 0, 0, 0) + b"\xff" * 8],
)
def test_what_is_no_record(data: bytes) -> None:
    with pytest.raises(kernel_calls.CallsError):
        decode(data)


def test_what_had_no_room_is_told() -> None:
    assert kernel_calls.lost(record(FREE, lost=7)) == 7
    assert kernel_calls.lost(b"") == 0


def _runner(config: dict[str, str], result: report.Report) -> check.VmRunner:
    return check.VmRunner(
        qemu.Qemu(("qemu",), ""),
        vm.GuestImage(Path(), Path(), {}),
        [find("direct")],
        [],
        result,
        Replay(),
        config=config,
    )


@pytest.mark.parametrize(
    ("release", "config", "traced", "explained"),
    [
        ("7.3.4", {"CONFIG_EVENT_TRACING": "y"}, True, []),
        ("7.3.4", {"CONFIG_EVENT_TRACING": "y"}, False, [False]),
        ("6.12.118", {"CONFIG_EVENT_TRACING": "y"}, False, [False]),
        ("6.12.118", {}, False, [True]),
        ("6.1.192", {"CONFIG_EVENT_TRACING": "y"}, False, [True]),
        # The guest was lost before it said anything: told otherwise.
        ("", {"CONFIG_EVENT_TRACING": "y"}, False, []),
    ],
)
def test_tracepoints_that_should_be_there_leave_the_run_unchecked(
    release: str, config: dict[str, str], traced: bool, explained: list[bool]
) -> None:
    result = report.Report()
    outcome = vm.VmResult(find("direct"))
    outcome.release, outcome.tracepoints = release, traced
    for _ in range(2):
        _runner(config, result).note_untraced(outcome)
    assert [each.explained for each in result.unchecked] == explained


def _unwatched(
    config: dict[str, str], *calls: bytes, filtered: str | None = None
) -> list[Unchecked]:
    result = report.Report(filtered=filtered)
    runner = _runner(config, result)
    outcome = vm.VmResult(find("direct"))
    outcome.answers = [Reply(b"", calls=each) for each in calls * 2]
    runner.note_unwatched(outcome)
    runner.note_unwatched(outcome)
    return result.unchecked


def test_what_is_not_watched_is_listed_with_its_reason() -> None:
    free = 1 << NUMBERS["sg_free_table"]
    assert _unwatched({}, record(FREE, watched=free, unwatched=0)) == []
    [unchecked] = _unwatched({}, record(FREE, watched=1, unwatched=free))
    assert "sg_free_table" in unchecked.what and unchecked.explained
    [unchecked] = _unwatched({}, record(watched=0, unwatched=3))
    assert "CONFIG_KPROBES" in unchecked.reason and unchecked.explained
    # With kprobes there is no reason for it.
    [unchecked] = _unwatched({"CONFIG_KPROBES": "y"}, record(FREE, watched=1, unwatched=free))
    assert not unchecked.explained


@pytest.mark.parametrize("option", ["CONFIG_DYNAMIC_FTRACE_WITH_REGS", "CONFIG_KPROBES"])
def test_a_kernel_that_could_watch_and_does_not_is_not_excused(option: str) -> None:
    [unchecked] = _unwatched({option: "y"}, record(watched=0, unwatched=3))
    assert option in unchecked.reason and not unchecked.explained


def test_a_recorder_that_is_silent_is_not_taken_for_equal_drivers() -> None:
    [unchecked] = _unwatched({}, record(watched=3))
    assert "every call in direct" in unchecked.what and not unchecked.explained
    # One program may call nothing, and so may a selection; all of them do not.
    [unchecked] = _unwatched({}, record(watched=3), filtered="-k version")
    assert unchecked.explained
    assert _unwatched({}, record(watched=3), record(FREE, watched=3)) == []
    [unchecked] = _unwatched({}, b"", record(FREE, watched=3))
    assert "some runs in direct" in unchecked.what and not unchecked.explained
