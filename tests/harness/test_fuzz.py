# SPDX-License-Identifier: GPL-2.0
"""Random programs, and what is made of the answers to them. The model plays the guest."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from test_programs import Loader

from kdma import check, fuzz, random_programs, report, vm
from kdma.compare import Reply
from kdma.environments import Environment, find
from kdma.fuzz import DRIVERS, Fuzzer, Judge, Options, Tally, unknown_bytes
from kdma.model import ALL_ATTRIBUTES, Fault, Machine, Run
from kdma.programs import (
    U64_MAX,
    Attribute,
    Builder,
    Program,
    ProgramError,
    Status,
    Step,
    encode,
    load_all,
)
from kdma.random_programs import Candidate, Kind
from kdma.traces import Completion, Driver, Result, RunError, Trace
from kdma.traces import encode as encode_trace

DIRECT = find("direct")
READINGS = {"swiotlb_used.before": 3, "swiotlb_used.after": 3}


@pytest.fixture(scope="module")
def candidates() -> list[Candidate]:
    return [random_programs.make(7, number) for number in range(600)]


def refusal(candidate: Candidate, driver: Driver) -> Reply:
    """What a right guest answers to a program that it refuses."""
    number = fuzz.number_of(candidate.data)
    trace = Trace(number, driver, (), RunError.MALFORMED, 0, 0, 40, 0)
    return Reply(encode_trace(trace), log=["kdma: program refused at byte 40: it is wrong"])


def answers(
    candidate: Candidate, machine: Machine, drivers: Sequence[Driver] = DRIVERS
) -> dict[Driver, Reply | int]:
    if candidate.program is None:
        return {driver: refusal(candidate, driver) for driver in drivers}
    number = fuzz.number_of(candidate.data)
    replies = machine.replies(candidate.program, number, tuple(drivers))
    return {driver: Reply(reply.trace) for driver, reply in replies.items()}


# Programs


def test_a_program_is_made_of_seed_and_number_alone(candidates: list[Candidate]) -> None:
    again = random_programs.make(7, 123)
    assert again.data == candidates[123].data and again.kind == candidates[123].kind
    assert random_programs.make(8, 123).data != again.data


def test_every_kind_and_every_operation_is_there(candidates: list[Candidate]) -> None:
    assert {candidate.kind for candidate in candidates} == set(Kind)
    used = {s.operation.name for c in candidates if c.program for s in c.program.steps}
    assert len(used) >= 68, used
    for candidate in candidates:
        if candidate.kind in (Kind.VALID, Kind.HOSTILE):
            assert candidate.program is not None
        if candidate.kind == Kind.REFUSED:
            assert candidate.program is None and candidate.why


def test_the_loader_refuses_what_is_expected_to_be_refused(
    candidates: list[Candidate], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The loader itself, compiled for the host, against the second opinion."""
    loader = Loader(tmp_path_factory.mktemp("loader"))
    for candidate in candidates:
        theirs = loader.complaint(candidate.data)
        assert bool(theirs) == (candidate.program is None), (candidate.number, theirs)


def test_programs_are_read_back_as_they_were_written() -> None:
    for number, program in enumerate(load_all()):
        read = random_programs.decode(encode(program, number))
        assert [(s.operation, s.slot, s.arguments) for s in read.steps] == [
            (s.operation, s.slot, s.arguments) for s in program.steps
        ]


def test_most_broken_programs_have_a_right_checksum() -> None:
    whole = encode(next(iter(load_all())), 1)
    source = random.Random(1)
    said = []
    for _ in range(400):
        try:
            random_programs.decode(random_programs.broken(source, whole))
        except ProgramError as error:
            said.append(str(error))
    assert len(said) > 250
    assert sum("checksum" in each for each in said) < 100
    assert sum(each.startswith("operation ") for each in said) > 40


def test_what_would_disturb_later_programs_is_not_sent() -> None:
    def write(p: Builder) -> None:
        p.set_mask(mask=0xFFFF)

    p = Builder("small")
    write(p)
    program = p.build("test", ":0")
    assert not random_programs.tame(program)
    assert random_programs.tame(program, wild=True)


@pytest.mark.parametrize("between", [False, True])
def test_coherent_memory_is_not_mapped_by_two_lists_at_once(between: bool) -> None:
    p = Builder("listed twice")
    memory = p.alloc_coherent(size=4096)
    first = p.get_sgtable(memory)
    p.map_sgtable(first, direction=3)
    if between:
        p.unmap_sgtable(first)
        p.sg_free(first)
    second = p.get_sgtable(memory)
    p.map_sgtable(second, direction=3, attributes=int(Attribute.NO_WARN))
    assert random_programs.tame(p.build("test", ":0")) == between


@pytest.mark.parametrize("attributes", [0, int(Attribute.MMIO)])
def test_safe_rust_syncs_no_device_memory(attributes: int) -> None:
    p = Builder("device memory")
    p.needs_attribute(Attribute(attributes))
    buffer = p.buffer(64)
    mapping = p.map_phys(buffer, offset=0, size=64, direction=3, attributes=attributes)
    sync = p.sync_single_for_cpu(mapping)
    program = p.build("test", ":0")
    for driver in DRIVERS:
        result = Run(Machine(DIRECT), program, 7, driver).trace().results[sync.number]
        spoken = driver != Driver.RUST or not attributes
        assert (result.completion == Completion.COMPLETED) == spoken, driver


def test_bytes_that_nobody_wrote_are_not_compared() -> None:
    p = Builder("bytes")
    pool = p.pool_create(size=64, alignment=8, boundary=0)
    piece = p.pool_alloc(pool)
    first = p.memory_check(piece, seed=1)
    p.memory_fill(piece, seed=1)
    second = p.memory_check(piece, offset=8, length=8, seed=1)
    device = p.device_check(length=4, seed=1)
    p.device_fill(length=4, seed=1)
    after = p.device_check(length=4, seed=1)
    unknown = unknown_bytes(p.build("test", ":0"))
    assert {first.number, device.number} <= unknown
    assert not {second.number, after.number} & unknown


# Judging


@pytest.mark.parametrize("environment", ["direct", "swiotlb", "iommu-strict"])
def test_a_right_guest_is_clean(candidates: list[Candidate], environment: str) -> None:
    machine = Machine(find(environment))
    tally = Tally()
    judge = Judge(find(environment), ALL_ATTRIBUTES, tally)
    for candidate in candidates[:200]:
        found = judge.differences(candidate, answers(candidate, machine))
        assert not found, (candidate.number, found)
    assert tally.comparisons > 10000


def lying(name: str, status: int) -> Fault:
    def result(called: str, given: Result) -> Result:
        if called != name or given.completion != Completion.COMPLETED:
            return given
        return replace(given, status=status)

    return Fault(Driver.C, result=result)


@pytest.mark.parametrize(
    "fault",
    [
        lying("map_single", -1),
        lying("get_mask", -2),
        lying("sg_free", -6),
        Fault(Driver.RUST_SYS, dropped="memory_fill"),
        Fault(Driver.C, arguments=lambda name, a: a.update(size=1) if "map_" in name else None),
        Fault(None, dropped="pool_destroy"),
    ],
    ids=["map_single", "get_mask", "sg_free", "fill", "size", "destroy"],
)
def test_a_wrong_driver_is_found(candidates: list[Candidate], fault: Fault) -> None:
    judge = Judge(DIRECT, ALL_ATTRIBUTES, Tally())
    machine = Machine(DIRECT, fault=fault)
    found = [
        difference
        for candidate in candidates
        if candidate.kind == Kind.VALID
        for difference in judge.differences(candidate, answers(candidate, machine))
    ]
    assert found
    if fault.driver is not None:
        assert {difference.driver for difference in found} == {fault.driver}


def first(candidates: list[Candidate], kind: Kind, accepted: bool) -> Candidate:
    return next(c for c in candidates if c.kind == kind and (c.program is not None) == accepted)


def test_a_loader_that_is_too_kind_or_too_strict_is_found(candidates: list[Candidate]) -> None:
    judge = Judge(DIRECT, ALL_ATTRIBUTES, Tally())
    refused = first(candidates, Kind.REFUSED, False)
    ran = Trace(fuzz.number_of(refused.data), Driver.C, (), RunError.OK, 0, 0, 0, 0)
    found = judge.differences(refused, {Driver.C: Reply(encode_trace(ran))})
    assert "the loader accepts it" in [each.what for each in found]
    valid = first(candidates, Kind.VALID, True)
    found = judge.differences(valid, {d: refusal(valid, d) for d in DRIVERS})
    assert "the program did not run" in [each.what for each in found]


def log_line(given: dict[Driver, Reply | int], driver: Driver | None, line: str) -> None:
    """Puts a line of the kernel's log in one driver's reply; None: in all but safe Rust's."""
    for each, reply in given.items():
        assert isinstance(reply, Reply)
        if each == driver or (driver is None and each != Driver.RUST):
            given[each] = replace(reply, log=[line])


@pytest.mark.parametrize(
    ("kind", "driver", "line", "allowed"),
    [
        (Kind.VALID, None, "DMA-API: x: syncs DMA memory with different direction", False),
        (Kind.HOSTILE, None, "DMA-API: x: syncs DMA memory with different direction", True),
        (Kind.HOSTILE, Driver.RUST, "DMA-API: x: syncs DMA memory with different direction", False),
        (Kind.HOSTILE, Driver.C, "DMA-API: x: syncs DMA memory with different direction", False),
        (Kind.HOSTILE, None, "BUG: KASAN: slab-out-of-bounds in kdma_map_page", False),
        (Kind.VALID, None, "random: crng init done", True),
    ],
)
def test_what_the_kernel_says(
    candidates: list[Candidate], kind: Kind, driver: Driver | None, line: str, allowed: bool
) -> None:
    candidate = first(candidates, kind, True)
    given = answers(candidate, Machine(DIRECT))
    log_line(given, driver, line)
    found = Judge(DIRECT, ALL_ATTRIBUTES, Tally()).differences(candidate, given)
    assert bool(found) != allowed, found


def hostile(program: Program) -> Candidate:
    return Candidate(7, Kind.HOSTILE, encode(program, 7), program)


@pytest.mark.parametrize(
    ("environment", "attributes", "driver", "allowed"),
    [
        ("direct", Attribute.NO_KERNEL_MAPPING, None, True),
        ("direct", Attribute.NO_KERNEL_MAPPING, Driver.RUST, False),
        ("direct", 0, None, False),
        ("iommu-strict", Attribute.NO_KERNEL_MAPPING, None, False),
    ],
)
def test_dma_debug_does_not_know_memory_without_a_kernel_mapping(
    environment: str, attributes: int, driver: Driver | None, allowed: bool
) -> None:
    p = Builder("bare")
    memory = p.alloc_attrs(size=1000, flags=0, attributes=attributes)
    p.sync_single_range_for_cpu(memory, offset=0, size=1000, direction=2)
    p.free_attrs(memory)
    where = find(environment)
    candidate = hostile(p.build("test", ":0"))
    given = answers(candidate, Machine(where))
    line = "DMA-API: x: device driver tries to sync DMA memory it has not allocated"
    log_line(given, driver, line)
    found = Judge(where, ALL_ATTRIBUTES, Tally()).differences(candidate, given)
    assert bool(found) != allowed, found


@pytest.mark.parametrize(("status", "right"), [(Status.ENOTSUPP, True), (Status.EINVAL, False)])
def test_a_device_that_transfers_nothing_says_so_whatever_the_slot_holds(
    status: Status, right: bool
) -> None:
    """The mapping fails by a limit that the model does not know; then the device is asked."""
    p = Builder("platform")
    p.target_platform()
    buffer = p.buffer(64)
    p.set_min_align_mask(mask=0x7FFFFFFF)
    mapping = p.map_phys(buffer, offset=0, size=64, direction=2)
    p.device_write(mapping, offset=0, length=61)

    def result(name: str, given: Result) -> Result:
        if given.completion != Completion.COMPLETED:
            return given
        if name == "map_phys":
            return replace(given, status=Status.EMAPPING, values=(U64_MAX, 0, 0, 0))
        return replace(given, status=status) if name == "device_write" else given

    where = find("swiotlb")
    candidate = hostile(p.build("test", ":0"))
    given = answers(candidate, Machine(where, fault=Fault(None, result=result)))
    found = Judge(where, ALL_ATTRIBUTES, Tally()).differences(candidate, given)
    assert any("device_write" in each.what for each in found) != right, found


# Guests


class FakeGuest:
    """Answers batches as a guest would; dies at programs that it cannot take."""

    def __init__(self, machine: Machine, deadly: frozenset[int], leaking: frozenset[int]) -> None:
        self._machine = machine
        self._deadly = deadly
        self._leaking = leaking
        self._queue: list[bytes] = []
        self.slots = 3

    def send(self, frames: Iterator[bytes]) -> None:
        self._queue += frames

    def receive(self, limit: float) -> tuple[int, int, int, bytes]:
        frame = self._queue.pop(0)
        _, kind, sequence, _, _, _ = vm.FRAME.unpack_from(frame)
        payload = frame[vm.FRAME.size :]
        before = self.slots
        parts = []
        for driver, data in requests(payload):
            number = fuzz.number_of(data)
            if number in self._deadly:
                raise vm.Lost("closed")
            self.slots += number in self._leaking
            try:
                program: Program | None = random_programs.decode(data)
            except ProgramError as error:
                program = None
                candidate = Candidate(number, Kind.BROKEN, data, None, str(error))
            else:
                candidate = Candidate(number, Kind.VALID, data, program)
            reply = answers(candidate, self._machine, [driver])[driver]
            assert isinstance(reply, Reply)
            parts.append((reply.trace, b"", "\n".join(reply.log).encode()))
        readings = f"swiotlb_used.before {before}\nswiotlb_used.after {self.slots}\n"
        parts.append((b"", readings.encode(), b""))
        body = b"".join(
            vm.REPLY.pack(len(trace), len(text), len(log), 0, 0, 0) + trace + text + log
            for trace, text, log in parts
        )
        return kind, sequence, 0, body


def requests(payload: bytes) -> Iterator[tuple[Driver, bytes]]:
    count = int.from_bytes(payload[:4], "little")
    at = 4 * (1 + count)
    for index in range(count):
        length = int.from_bytes(payload[4 * (index + 1) : 4 * (index + 2)], "little")
        yield Driver(int.from_bytes(payload[at : at + 4], "little")), payload[at + 8 : at + length]
        at += length


def run(
    count: int,
    deadly: frozenset[int] = frozenset(),
    leaking: frozenset[int] = frozenset(),
    environment: Environment = DIRECT,
    counters: Sequence[str] = (),
) -> tuple[report.Report, Fuzzer]:
    result = report.Report()
    options = Options(count, 7, check=check.Options(version="7.3"))
    fuzzer = Fuzzer(options, environment, DRIVERS, result, counters)
    for _ in range(20):
        guest = FakeGuest(Machine(environment), deadly, leaking)
        try:
            fuzzer.session(guest)  # type: ignore[arg-type]
        except vm.Lost as lost:
            finding = fuzz.Finding(
                fuzz.FindingClass.KERNEL_SPLAT, lost.what, "", "", "BUG: somewhere", ""
            )
            assert fuzzer.died(finding)
        else:
            break
    fuzzer.finish()
    return result, fuzzer


def numbers_sent(count: int) -> set[int]:
    """Those whose number in the program is their own."""
    made = [random_programs.make(7, number) for number in range(count)]
    return {c.number for c in made if c.kind == Kind.VALID}


@pytest.mark.parametrize(
    ("counters", "where", "silent"),
    [
        (["swiotlb_used"], "swiotlb", None),
        # Nothing is bounced there, and nothing counted.
        (["swiotlb_used"], "direct", None),
        (["dma_debug_used", "swiotlb_used"], "swiotlb", "dma_debug_used"),
    ],
)
def test_a_counter_that_is_never_read_is_a_finding(
    counters: list[str], where: str, silent: str | None
) -> None:
    result, _ = run(60, environment=find(where), counters=counters)
    titles = [each.title for each in result.findings if each.identity[0] == "oracle"]
    assert titles == ([f"the counter {silent} says nothing"] if silent else [])


def test_all_programs_are_run_and_clean() -> None:
    result, fuzzer = run(200)
    assert not result.findings and not result.unchecked
    assert sum(fuzzer.tally.programs.values()) == 200


def test_the_program_that_kills_the_guest_is_named_and_the_run_goes_on() -> None:
    deadly = sorted(numbers_sent(150))[40]
    result, fuzzer = run(150, deadly=frozenset({deadly}))
    assert sum(fuzzer.tally.programs.values()) == 150
    assert result.findings
    for finding in result.findings:
        assert finding.where.startswith(f"random program {deadly} of seed 7"), finding
        assert "the guest dies" in finding.title
        assert finding.replay == (
            f"./kdma fuzz --seed 7 --only {deadly} --envs direct --kernel 7.3"
        )
    # Each driver of it died with a guest of its own; all others were judged or sent alone.
    assert len(result.findings) == len(DRIVERS)
    assert not result.unchecked


def test_the_program_that_leaks_is_named() -> None:
    leaking = sorted(numbers_sent(150))[40]
    result, _ = run(150, leaking=frozenset({leaking}))
    assert result.findings
    assert all(f"program {leaking} " in finding.where for finding in result.findings)
    assert all("swiotlb_used" in finding.actual for finding in result.findings)


def test_a_step_says_what_it_is() -> None:
    program = random_programs.make(7, min(numbers_sent(50))).program
    assert program is not None and isinstance(program.steps[0], Step)
    assert "(" in str(program.steps[0])
