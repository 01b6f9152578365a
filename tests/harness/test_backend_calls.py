# SPDX-License-Identifier: GPL-2.0
"""What the DMA API was asked for beside what it asks of its backend."""

from __future__ import annotations

import dataclasses
import struct
from collections import Counter

import pytest

from kdma import check, plugin
from kdma.backend_calls import Passage, Passed, first_disagreement, not_compared, passed
from kdma.compare import Judgement, judge
from kdma.environments import Environment, find
from kdma.findings import Unchecked
from kdma.kernel_calls import CALL, HEADER, MAGIC, Call, Record, Referent, functions
from kdma.model import Machine
from kdma.programs import Builder, Program
from kdma.traces import Driver

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


DIRECT, IOMMU = find("direct"), find("iommu-strict")
WATCHED = frozenset(FUNCTIONS)
FRONTS = [
    ("__dma_need_sync", "dma_direct_need_sync", DIRECT),
    ("dma_get_sgtable_attrs", "dma_direct_get_sgtable", DIRECT),
    ("dma_get_sgtable_attrs", "iommu_dma_get_sgtable", IOMMU),
    ("dma_iova_sync", "iommu_sync_map", IOMMU),
    ("dma_need_sync", "dma_direct_need_sync", DIRECT),
]


def seen(
    environment: Environment, *calls: Call, lost: int = 0, watched: frozenset[str] = WATCHED,
    unwatched: frozenset[str] = frozenset(),
) -> Counter[Passed]:  # fmt: skip
    """What a record of these calls says of backends."""
    return passed(Record(calls, lost, watched, unwatched), environment)


@pytest.mark.parametrize(("front", "backend", "environment"), FRONTS)
def test_a_backend_that_is_never_recorded_is_listed(
    front: str, backend: str, environment: Environment
) -> None:
    def told(*calls: Call, watched: frozenset[str] = WATCHED) -> list[Unchecked]:
        found = seen(environment, *calls, watched=watched)
        return list(not_compared({"one": found, "other": found}))

    assert told(call(front), call(backend)) == []
    # As in each call of a kernel that is compiled without such jumps.
    (unchecked,) = told(call(front), call(front, 1))
    assert unchecked.what == f"whether {front} hands {backend} what it was given"
    assert "none of 4 calls" in unchecked.reason and unchecked.explained
    (unchecked,) = told(call(front), watched=WATCHED - {backend})
    assert "no such function" in unchecked.reason and unchecked.explained
    # One kernel is compiled in one way.
    (unchecked,) = told(call(front), call(backend), call(front, 1), call(backend, 2))
    assert "2 of 4 calls" in unchecked.reason and "in one, other" in unchecked.reason
    assert not unchecked.explained


def test_a_backend_that_is_recorded_elsewhere_is_not_explained() -> None:
    asked, got = call("dma_get_sgtable_attrs"), call("dma_direct_get_sgtable")
    (unchecked,) = not_compared(
        {"direct": seen(DIRECT, asked, got), "swiotlb": seen(DIRECT, asked)}
    )
    assert "1 of 2 calls not recorded, in swiotlb" in unchecked.reason
    assert not unchecked.explained


@pytest.mark.parametrize(
    ("environment", "name"), [(IOMMU, "__dma_need_sync"), (DIRECT, "dma_iova_sync"),
                              (DIRECT, "dma_map_phys")],
)  # fmt: skip
def test_a_backend_that_is_not_asked_there_is_not_missed(
    environment: Environment, name: str
) -> None:
    assert not seen(environment, call(name))


def test_what_is_told_otherwise_is_not_told_again() -> None:
    asked = call("dma_get_sgtable_attrs")
    assert seen(DIRECT, asked)
    assert not seen(DIRECT, asked, lost=1)
    assert not seen(DIRECT, asked, unwatched=frozenset({"dma_direct_get_sgtable"}))


def _recorded(*names: str) -> bytes:
    numbers = {each.name: number for number, each in enumerate(functions())}
    data = b""
    for name in names:
        count = len(FUNCTIONS[name].parameters)
        data += CALL.pack(1, numbers[name], count) + struct.pack(f"<{count}Q", *[0] * count)
    return HEADER.pack(MAGIC, len(data), 0, 0, (1 << len(numbers)) - 1, 0) + data


def _program(*, fails: bool = False, platform: bool = False) -> Program:
    p = Builder("a test")
    if platform:
        p.target_platform()
    memory = p.alloc_coherent(size=4096)
    if fails:
        p.kernel_fails(error=22)
    p.get_sgtable(memory)
    return p.build("test", "tests/behaviour/test.py:1")


def _judged(program: Program, environment: Environment, *names: str) -> Judgement:
    """What is judged of native, with a record of these calls."""
    reply = Machine(environment).replies(program, 9)[Driver.NATIVE]
    return judge(
        program,
        9,
        environment,
        {Driver.NATIVE: dataclasses.replace(reply, calls=_recorded(*names))},
        [Driver.NATIVE],
    )


def test_the_report_lists_what_no_program_saw() -> None:
    """From the guest's record to the list of what was not checked."""
    outcome = plugin.BehaviourResult()
    for number, environment in enumerate((DIRECT, IOMMU)):
        program = _program()
        judgement = _judged(program, environment, "dma_get_sgtable_attrs")
        outcome.outcomes.append(plugin.ProgramOutcome(program, number, environment, judgement))
    backends = ["dma_direct_get_sgtable", "iommu_dma_get_sgtable"]
    listed = list(check.not_followed(outcome))
    assert len(listed) == len(backends)
    for backend, one in zip(backends, listed, strict=True):
        assert backend in one.what and one.explained


def test_no_iommu_is_in_front_of_a_platform_device() -> None:
    program = _program(platform=True)
    (found,) = _judged(program, IOMMU, "dma_get_sgtable_attrs").backends
    assert found.passage == Passage("dma_get_sgtable_attrs", "dma_direct_get_sgtable")


def test_a_function_that_fails_before_it_begins_asks_nobody() -> None:
    assert not _judged(_program(fails=True), DIRECT, "dma_get_sgtable_attrs").backends
