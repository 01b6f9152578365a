# SPDX-License-Identifier: GPL-2.0
"""`kdma fuzz`: random programs in every driver, compared with each other and the model.

A program that the loader should accept runs in every driver. Each operation's
status, and what safe Rust cannot say, must be as the model has it; the drivers
behind the C ABI must give what native gives, and safe Rust too wherever it can
say the whole program. One that the loader should refuse must be refused.
Nothing may be left: bounce buffers, dma-debug's entries. The kernel may print
nothing, hostile programs aside, of which dma-debug may say what MISUSE has.

Programs go to the guest in batches. One that dies with the guest is found by
sending its batch again, one run at a time, to a fresh guest; so is what leaks.
"""

from __future__ import annotations

import collections
import re
import resource
import shlex
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kdma import check as checks
from kdma import compare, programs, progress, qemu, random_programs, report, vm
from kdma.compare import HARMLESS_LOG, Reply
from kdma.environments import Environment
from kdma.findings import Finding, FindingClass, KdmaError, Unchecked
from kdma.kernel import parse_config
from kdma.model import ALL_ATTRIBUTES, Machine, Run
from kdma.paths import output_root
from kdma.process import lock
from kdma.programs import AS_NATIVE, Attribute, Builder, Program, Status, Step, When, encode
from kdma.random_programs import Candidate, Kind
from kdma.traces import Completion, Driver, Result, RunError, Trace, TraceError, decode

#: kernel::dma has no words for most programs.
DRIVERS = (Driver.NATIVE, Driver.C, Driver.RUST_SYS, Driver.RUST)
#: Programs in a batch, and batches on their way. Measured: a batch of one costs
#: a hand-over between guest and host for each run.
BATCH = 64
WINDOW = 3
#: So many guests may die before we stop asking for another.
GUESTS = 20
#: KASAN speaks only once unless it is told otherwise.
COMMAND_LINE = "kasan_multi_shot"

#: What the kernel may say of hostile programs: they misuse the API in ways that
#: the C ABI does not refuse. It says those of ONCE to whoever comes first.
ONCE = (
    r"(DMA|swiotlb) addr 0x[0-9a-f]+\+\d+ overflow",
    r"Unsupported alignment constraint",
    r"swiotlb buffer is full",
    r"^swiotlb_tbl_map_single: \d+ callbacks suppressed",
)
#: What stands in docs/upstream-findings.md, and is shown with WILD=1.
KNOWN = (
    r"Using \d+-bit DMA addresses",
    r"WARNING: mm/\w+\.c:\d+ at __kvmalloc_node",
)
#: What safe Rust lets happen: what a device can do, and what is no RAM, it is told.
SAFE_MISUSE = (
    *KNOWN,
    *ONCE,
    r"dma_map_resource called for RAM address",
    r"mapping sg segment (longer than device claims to support|across boundary)",
)
MISUSE = (
    *SAFE_MISUSE,
    r"syncs DMA memory with different direction",
    r"syncs device (read|write)-only DMA memory (for|to) (cpu|device)",
    r"cacheline tracking EEXIST, overlapping mappings aren't supported",
)
#: The same, where dma-debug does not know the memory: see syncs_unknown_memory().
UNKNOWN_MEMORY = r"device driver tries to sync DMA memory it has not allocated"

REFUSAL = re.compile(r"^kdma: program refused at byte (\d+): ")


@dataclass(frozen=True)
class Options:
    """What the user asked for. `only`: these numbers instead of the first `count`."""

    count: int
    seed: int
    only: range | None = None
    #: See random_programs.make().
    wild: bool = False
    check: checks.Options = field(default_factory=checks.Options)


@dataclass
class Tally:
    """What was done in one environment."""

    programs: collections.Counter[tuple[Kind, bool]] = field(default_factory=collections.Counter)
    #: Operations by name and status; 1: inexpressible in safe Rust.
    statuses: collections.Counter[tuple[str, int]] = field(default_factory=collections.Counter)
    judged: collections.Counter[Driver] = field(default_factory=collections.Counter)
    wrong: collections.Counter[Driver] = field(default_factory=collections.Counter)
    operations: int = 0
    comparisons: int = 0
    misuse: int = 0
    guests: int = 0


@dataclass(frozen=True)
class _Difference:
    """What is not as it should be in one driver."""

    driver: Driver
    what: str
    expected: str
    actual: str
    about: str
    finding_class: FindingClass = FindingClass.DIVERGENCE


class Judge:
    """Compares the answers to one program."""

    def __init__(
        self, environment: Environment, attributes: int, tally: Tally, *, wild: bool = False
    ) -> None:
        self._wild = wild
        self._environment = environment
        self._machine = Machine(environment, attributes=attributes)
        self._tally = tally

    def differences(
        self, candidate: Candidate, replies: Mapping[Driver, Reply | int]
    ) -> list[_Difference]:
        """All that is wrong."""
        found: list[_Difference] = []
        traces: dict[Driver, Trace] = {}
        for driver, reply in replies.items():
            self._tally.judged[driver] += 1
            try:
                if isinstance(reply, int):
                    raise TraceError(f"/dev/kdma gives errno {reply}")
                number = number_of(candidate.data)
                traces[driver] = decode(reply.trace, number, driver)
            except TraceError as error:
                found.append(_Difference(driver, "no trace", "a trace", str(error), "trace"))
        logs = {d: reply.log for d, reply in replies.items() if isinstance(reply, Reply)}
        if candidate.program is None:
            found += self._refused(candidate, traces, logs)
        else:
            found += self._accepted(candidate, candidate.program, traces, replies)
            found += self._logs(candidate, logs)
        return found

    def _refused(
        self,
        candidate: Candidate,
        traces: Mapping[Driver, Trace],
        logs: Mapping[Driver, Sequence[str]],
    ) -> Iterator[_Difference]:
        for driver, trace in traces.items():
            self._tally.comparisons += 2
            wanted = f"refused: {candidate.why}"
            if trace.error != RunError.MALFORMED or trace.results:
                said = f"{trace.error.name.lower()}, {len(trace.results)} operations"
                yield _Difference(driver, "the loader accepts it", wanted, said, "loader")
            said = " | ".join(logs[driver])
            match = REFUSAL.match(said)
            if len(logs[driver]) != 1 or not match or int(match[1]) != trace.detail:
                yield _Difference(
                    driver,
                    "the kernel log of a refused program",
                    f"one line that names byte {trace.detail}",
                    said or "nothing",
                    "refusal",
                    FindingClass.KERNEL_SPLAT,
                )

    def _accepted(
        self,
        candidate: Candidate,
        program: Program,
        traces: Mapping[Driver, Trace],
        replies: Mapping[Driver, Reply | int],
    ) -> Iterator[_Difference]:
        whole = {}
        for driver, trace in traces.items():
            if trace.error == RunError.OK and trace.completed == len(program.steps):
                whole[driver] = trace
                continue
            detail = f" at byte {trace.detail}" if trace.error == RunError.MALFORMED else ""
            yield _Difference(
                driver,
                "the program did not run",
                f"all of {len(program.steps)} operations",
                f"{trace.error.name.lower()}{detail}, {trace.completed} operations",
                "run",
            )
        native = whole.get(Driver.NATIVE)
        limit = next(
            (s.number for s in program.steps if random_programs.unmodelled(s)), len(program.steps)
        )
        words: dict[Driver, bool] = {}
        # To the model all drivers are alike but the one in safe Rust.
        alike = Run(self._machine, program, candidate.number, Driver.C).trace()
        for driver, trace in whole.items():
            model = alike
            if driver == Driver.RUST:
                model = Run(self._machine, program, candidate.number, driver).trace()
            words[driver] = limit == len(program.steps) and not any(
                result.completion == Completion.INEXPRESSIBLE for result in model.results
            )
            yield from self._against_model(program, driver, trace, model, limit, native)
        yield from self._against_native(program, candidate, whole, replies, words)

    def _against_model(
        self,
        program: Program,
        driver: Driver,
        trace: Trace,
        model: Trace,
        limit: int,
        native: Trace | None,
    ) -> Iterator[_Difference]:
        for step, result, wanted in zip(program.steps, trace.results, model.results, strict=True):
            self._tally.operations += 1
            spoken = result.completion == Completion.COMPLETED
            self._tally.statuses[step.operation.name, result.status if spoken else 1] += 1
            if step.number >= limit:
                continue
            self._tally.comparisons += 1
            if (result.completion, result.status) != (wanted.completion, wanted.status):
                seen, should = _outcome(result), _outcome(wanted)
                yield _Difference(
                    driver,
                    f"operation {step.number}, {step}: the outcome",
                    f"{should}, says the model"
                    + (f" (native: {_outcome(native.results[step.number])})" if native else ""),
                    seen,
                    step.operation.name,
                )
                # What follows from it is not worth a word.
                return
        if limit == len(program.steps) and trace.leftover != model.leftover:
            yield _Difference(
                driver,
                "slots left at the end",
                f"{model.leftover}, says the model",
                str(trace.leftover),
                "leftover",
            )

    def _against_native(
        self,
        program: Program,
        candidate: Candidate,
        traces: Mapping[Driver, Trace],
        replies: Mapping[Driver, Reply | int],
        words: Mapping[Driver, bool],
    ) -> Iterator[_Difference]:
        """As programs are compared that state nothing: native is the truth."""
        native = traces.get(Driver.NATIVE)
        if native is None:
            return
        answers = {
            driver: Reply(reply.trace)
            for driver, reply in replies.items()
            if driver in traces and isinstance(reply, Reply)
            if driver != Driver.RUST or words[driver]
        }
        stated = replace(program, steps=_stating_nothing(program))
        statuses = [result.status for result in native.results]
        not_given = programs.not_given(stated, self._environment, statuses)
        stated = replace(stated, leftover=native.leftover + len(not_given))
        judgement = compare.judge(
            stated, number_of(candidate.data), self._environment, answers, answers
        )
        self._tally.comparisons += judgement.comparisons
        beyond = any(random_programs.unmodelled(step) for step in program.steps)
        for finding in judgement.findings:
            # The kernel does not split an entry that is larger than the limit.
            if beyond and "sg_segment" in finding.identity:
                continue
            named = {part for word in finding.identity[2:3] for part in word.split(",")}
            culprit = next((d for d in answers if d.label in named), Driver.NATIVE)
            place = finding.where.partition("], ")[2]
            what = f"{place}: {finding.title}" if place else finding.title
            yield _Difference(
                culprit,
                what,
                finding.expected,
                finding.actual,
                finding.identity[-2] if finding.identity else what,
                finding.finding_class,
            )

    def _logs(
        self, candidate: Candidate, logs: Mapping[Driver, Sequence[str]]
    ) -> Iterator[_Difference]:
        """The kernel may say of each driver what it says of native, if it may say it at all."""
        seen = {}
        unknown = candidate.program is not None and syncs_unknown_memory(
            candidate.program, self._environment
        )
        for driver, lines in logs.items():
            self._tally.comparisons += 1
            blocks = [block for block in compare.log_blocks(lines) if not _is_harmless(block)]
            misused = [kind for block in blocks for kind in _misuse(block)]
            known: tuple[str, ...] = ()
            if candidate.kind in (Kind.HOSTILE, Kind.BROKEN):
                known = SAFE_MISUSE if driver == Driver.RUST else MISUSE
                if driver != Driver.RUST and unknown:
                    known += (UNKNOWN_MEMORY,)
            if self._wild:
                known = tuple(kind for kind in known if kind not in KNOWN)
            others = [b for b in blocks if not set(_misuse(b)) & set(known)]
            if others:
                text = " | ".join(line.strip() for line in others[0][:8])
                yield _Difference(
                    driver,
                    "kernel log lines that this program may not cause",
                    "none",
                    text,
                    _about_log(others[0]),
                    FindingClass.KERNEL_SPLAT,
                )
            self._tally.misuse += bool(misused)
            seen[driver] = [kind for kind in misused if kind not in (*KNOWN, *ONCE)]
        for driver in (Driver.C, Driver.RUST_SYS):
            native = seen.get(Driver.NATIVE)
            if driver in seen and native is not None and seen[driver] != native:
                yield _Difference(
                    driver,
                    "dma-debug says something else than of native",
                    f"native: {', '.join(native) or 'nothing'}",
                    ", ".join(seen[driver]) or "nothing",
                    "dma-debug",
                )


def number_of(data: bytes) -> int:
    """The number that comes back in the trace: whatever stands where it should be."""
    return int.from_bytes(data[20:24], "little") if len(data) >= 64 else 0


def _outcome(result: Result) -> str:
    if result.completion != Completion.COMPLETED:
        return str(result.completion.name.lower())
    try:
        return Status(result.status).name
    except ValueError:
        return f"the unknown status {result.status}"


def _is_harmless(block: Sequence[str]) -> bool:
    return any(re.search(pattern, line) for pattern in HARMLESS_LOG for line in block)


def _misuse(block: Sequence[str]) -> list[str]:
    patterns = (*MISUSE, UNKNOWN_MEMORY)
    return [pattern for pattern in patterns for line in block if re.search(pattern, line)][:1]


def _about_log(block: Sequence[str]) -> str:
    """What stays the same when the same thing is said again: words without numbers."""
    line = next((line for line in block if "WARNING" in line or "BUG" in line), block[0])
    return re.sub(r"0x[0-9a-f]+|[0-9]+", "N", line)[:120]


def _stating_nothing(program: Program) -> tuple[Step, ...]:
    excused = unknown_bytes(program)
    return tuple(
        replace(
            step,
            operation=replace(step.operation, values=())
            if step.number in excused
            else step.operation,
            expectations=[(When(), AS_NATIVE)],
        )
        for step in program.steps
    )


def syncs_unknown_memory(program: Program, environment: Environment) -> bool:
    """Does it sync memory that was allocated without a kernel mapping?

    Without an IOMMU dma_alloc_attrs() gives a struct page for that, and
    debug_dma_alloc_coherent() notes nothing that is no address (docs/upstream-findings.md).
    """
    if program.seen_from(environment).translates:
        return False
    bare: set[int] = set()
    for step in program.steps:
        if step.operation.slot == "define":
            bare.discard(step.slot)
            if step.operation.allocates and step.get("attributes", 0) & Attribute.NO_KERNEL_MAPPING:
                bare.add(step.slot)
        elif step.operation.family == "sync" and step.slot in bare:
            return True
    return False


def unknown_bytes(program: Program) -> frozenset[int]:
    """Checks of bytes that nobody in this program wrote: memory as it was allocated, what the
    device had from earlier programs, and what came from there.
    """
    known: dict[str, list[range]] = {}
    unknown = set()
    tainted = False

    def place(step: Step) -> tuple[str, range]:
        if step.operation.name.startswith("device_"):
            start = step["device_offset"]
            return "device", range(start, start + step["length"])
        slot = step.memory_slot
        name = f"slot {slot}" if slot is not None else "buffers"
        return name, range(step["offset"], step["offset"] + step["length"])

    def is_known(name: str, part: range) -> bool:
        if name == "buffers":
            return not tainted
        return any(
            part.start >= filled.start and part.stop <= filled.stop
            for filled in known.get(name, [])
        )

    for step in program.steps:
        operation = step.operation.name
        if step.operation.slot == "define":
            known.pop(f"slot {step.slot}", None)
        elif operation in ("device_fill", "memory_fill"):
            name, part = place(step)
            known.setdefault(name, []).append(part)
        elif operation in ("device_check", "memory_check"):
            if not is_known(*place(step)):
                unknown.add(step.number)
        elif operation == "device_write":
            known.pop(f"slot {step.slot}", None)
            tainted |= not is_known(*place(step))
        elif operation == "device_read":
            known.pop("device", None)
            source = [s for s in program.steps[: step.number] if s.slot == step.slot]
            if not tainted and any(s.operation.name.startswith("map_") for s in source):
                known["device"] = [place(step)[1]]
    return frozenset(unknown)


@dataclass
class _Batch:
    """Programs on their way. `alone`: one run, sent because its batch died or leaked;
    `judged`: its answers were, when the batch came back.
    """

    requests: list[tuple[Candidate, Driver]]
    group: int
    alone: bool = False
    judged: bool = False

    def payload(self) -> bytes:
        return vm.encode_batch([(driver, one.data) for one, driver in self.requests])

    def singles(self, *, judged: bool) -> Iterator[_Batch]:
        """The same runs, one at a time."""
        for request in self.requests:
            yield _Batch([request], self.group, alone=True, judged=judged)


class Fuzzer:
    """All programs in one environment, in as many guests as it takes."""

    def __init__(
        self,
        options: Options,
        environment: Environment,
        drivers: Sequence[Driver],
        result: report.Report,
        counters: Sequence[str] = (),
    ) -> None:
        """`counters`: those that the kernel has, so that every batch is read with them."""
        self._options = options
        self.environment = environment
        self._drivers = drivers
        self._result = result
        self._counters = checks.counters_around(counters, environment)
        #: Batches, and those that lack a counter.
        self._batches = 0
        self._silent: collections.Counter[str] = collections.Counter()
        self.tally = Tally()
        self._numbers = iter(options.only or range(options.count))
        self._again: collections.deque[_Batch] = collections.deque()
        self._flying: collections.deque[tuple[int, _Batch]] = collections.deque()
        self._sequence = 0
        self._groups = 0
        self._judge: Judge | None = None
        self._done = 0
        self._started = 0.0
        self._exhausted = False
        #: Programs on their way: the drivers that have not answered, and the answers.
        self._open: dict[int, tuple[set[Driver], dict[Driver, Reply | int]]] = {}
        #: Groups whose batch died with the guest or leaked, and nobody knows yet why.
        self._unexplained: dict[int, tuple[str, str, range]] = {}

    # What is sent

    def _next(self) -> _Batch | None:
        if self._again:
            return self._again.popleft()
        requests: list[tuple[Candidate, Driver]] = []
        for number in self._numbers:
            candidate = random_programs.make(self._options.seed, number, wild=self._options.wild)
            drivers = self._drivers
            if candidate.program is None:
                # The loader looks before any driver does.
                drivers = [self._drivers[number % len(self._drivers)]]
            requests += [(candidate, driver) for driver in drivers]
            self._open[number] = (set(drivers), {})
            if len(requests) >= BATCH * len(self._drivers):
                break
        if not requests:
            self._exhausted = True
            return None
        self._groups += 1
        return _Batch(requests, self._groups)

    # One guest

    def session(self, guest: vm.Guest) -> int:
        """Talks to one guest until all is done, or it dies."""
        limit = vm.run_limit()
        ran = self._ask_for_attributes(guest, limit)
        while True:
            while len(self._flying) < WINDOW and (batch := self._next()):
                self._sequence += 1
                guest.send([vm.frame(vm.BATCH, self._sequence, payload=batch.payload())])
                self._flying.append((self._sequence, batch))
            if not self._flying:
                break
            kind, number, _, payload = guest.receive(limit)
            sequence, batch = self._flying[0]
            if (kind, number) != (vm.BATCH, sequence):
                raise vm.Lost(f"answer {kind}/{number} instead of {vm.BATCH}/{sequence}")
            replies, readings = vm.decode_batch(payload, len(batch.requests))
            self._flying.popleft()
            ran += len(batch.requests)
            self._take(batch, replies, readings)
        guest.send([vm.frame(vm.END)])
        return ran

    def _ask_for_attributes(self, guest: vm.Guest, limit: float) -> int:
        p = Builder("attributes")
        p.abi_attributes()
        asked = encode(p.build("fuzz", ":0"), 0)
        driver = next(d for d in self._drivers)
        guest.send([vm.frame(vm.BATCH, payload=vm.encode_batch([(driver, asked)]))])
        kind, _, _, payload = guest.receive(limit)
        if kind != vm.BATCH:
            raise vm.Lost(f"a frame of kind {kind} instead of {vm.BATCH}")
        ((reply,), _) = vm.decode_batch(payload, 1)
        if isinstance(reply, int):
            raise vm.Lost(f"/dev/kdma gives errno {reply}")
        attributes = decode(reply.trace, 0, driver).results[0].values[0]
        self._judge = Judge(
            self.environment, attributes & ALL_ATTRIBUTES, self.tally, wild=self._options.wild
        )
        return 1

    def died(self, problem: Finding) -> bool:
        """The guest died. Sends again what was on its way; is it worth another guest?"""
        if not self._flying:
            return False
        _, batch = self._flying.popleft()
        left = [other for _, other in self._flying]
        self._flying.clear()
        if len(batch.requests) == 1:
            ((candidate, driver),) = batch.requests
            self._unexplained.pop(batch.group, None)
            self._add(
                candidate,
                _Difference(
                    driver,
                    f"the guest dies: {problem.title}",
                    "an answer",
                    problem.actual,
                    f"died {problem.identity[0] if problem.identity else ''}",
                    problem.finding_class,
                ),
            )
            if not batch.judged:
                self._answered(candidate, driver, None)
        else:
            numbers = [candidate.number for candidate, _ in batch.requests]
            self._unexplained[batch.group] = (
                f"the guest dies: {problem.title}",
                problem.actual,
                range(min(numbers), max(numbers) + 1),
            )
            left = [*batch.singles(judged=False), *left]
        self._again.extendleft(reversed(left))
        return True

    # What comes back

    def _take(
        self, batch: _Batch, replies: Sequence[Reply | int], readings: Mapping[str, int]
    ) -> None:
        spoke = False
        for (candidate, driver), reply in zip(batch.requests, replies, strict=True):
            spoke |= isinstance(reply, Reply) and any("DMA-API" in line for line in reply.log)
            if not batch.judged:
                self._answered(candidate, driver, reply)
        self._note()
        self._read(batch, readings, spoke)

    def _answered(self, candidate: Candidate, driver: Driver, reply: Reply | int | None) -> None:
        """Takes one answer in; None: the guest died. Judges a program when all have come."""
        waiting, given = self._open[candidate.number]
        waiting.discard(driver)
        if reply is not None:
            given[driver] = reply
        if waiting:
            return
        del self._open[candidate.number]
        assert self._judge is not None
        self.tally.programs[candidate.kind, candidate.program is not None] += 1
        differences = self._judge.differences(candidate, given)
        self.tally.wrong.update({difference.driver for difference in differences})
        for difference in differences:
            self._add(candidate, difference)
        self._done += 1

    def _read(self, batch: _Batch, readings: Mapping[str, int], spoke: bool) -> None:
        """Nothing may be left after a batch; if something is, which program left it?"""
        self._batches += 1
        self._silent.update(
            name for name, pair in self._counters.items() if not readings.keys() >= set(pair)
        )
        changed = {
            name: (readings[f"{name}.before"], readings[f"{name}.after"])
            for name in ("dma_debug_errors", "dma_debug_used", "swiotlb_used")
            if f"{name}.before" in readings and f"{name}.after" in readings
        }
        self.tally.comparisons += len(changed)
        left = {name: pair for name, pair in changed.items() if pair[0] != pair[1]}
        if spoke:
            # It has been judged with the log.
            left.pop("dma_debug_errors", None)
        if not left:
            return
        said = ", ".join(f"{name} {before} to {after}" for name, (before, after) in left.items())
        if batch.alone:
            ((candidate, driver),) = batch.requests
            self._unexplained.pop(batch.group, None)
            self._add(
                candidate,
                _Difference(
                    driver, "something is left after it", "counters as before", said, min(left)
                ),
            )
            return
        numbers = [candidate.number for candidate, _ in batch.requests]
        self._unexplained[batch.group] = (
            "something is left after a batch of programs",
            said,
            range(min(numbers), max(numbers) + 1),
        )
        self._again.extend(batch.singles(judged=True))

    def finish(self) -> None:
        """What no program alone explains is said of its whole batch; counters not read are, too."""
        for name, count in sorted(self._silent.items()):
            missing = f"missing in {count} of {self._batches} batches"
            expected = "a reading before and after each batch: the kernel has it"
            self._result.add(
                [
                    checks.silent_counter(
                        name, self.environment, missing, expected, checks.ADDS_READINGS
                    )
                ]
            )
        for title, actual, numbers in self._unexplained.values():
            self._result.add(
                [
                    Finding(
                        FindingClass.HARNESS,
                        f"{title}, and none of the programs alone does that",
                        f"random programs {numbers.start} to {numbers.stop - 1} of seed "
                        f"{self._options.seed} [{self.environment.name}]",
                        "clean",
                        actual,
                        "replay the whole range",
                        ("fuzz", title, self.environment.name, str(numbers.start)),
                        self._replay(f"{numbers.start}-{numbers.stop - 1}"),
                    )
                ]
            )
        if not self._exhausted:
            self._result.unchecked.append(
                Unchecked(
                    f"random programs in {self.environment.name}",
                    f"the run ended after {self._done} of them",
                )
            )

    def _replay(self, numbers: str) -> str:
        asked = self._options.check
        words = ["./kdma", "fuzz", "--seed", str(self._options.seed), "--only", numbers]
        words += ["--envs", self.environment.name]
        words += ["--kernel", asked.version] if asked.version else []
        words += ["--kdir", str(asked.kdir)] if asked.kdir else []
        words += ["--wild"] if self._options.wild else []
        return shlex.join(words)

    def _add(self, candidate: Candidate, difference: _Difference) -> None:
        self._result.add(
            [
                Finding(
                    difference.finding_class,
                    f"{difference.driver.label}: {difference.what}",
                    f"random program {candidate.number} of seed {self._options.seed}, "
                    f"{candidate.kind} [{self.environment.name}]",
                    difference.expected,
                    difference.actual,
                    "read docs/fuzzing.md; is it the kernel's, the driver's or the model's fault?",
                    # Not the program: one fault shows in hundreds of them.
                    (
                        "fuzz",
                        difference.about,
                        difference.driver.label,
                        self.environment.name,
                    ),
                    self._replay(str(candidate.number)),
                )
            ]
        )

    def _note(self) -> None:
        if not self._started:
            self._started = time.monotonic()
        seconds = time.monotonic() - self._started
        total = len(self._options.only or range(self._options.count))
        rate = self._done / seconds if seconds > 1 else 0.0
        left = f", {(total - self._done) / rate / 60:.0f} min left" if rate else ""
        progress.note(
            f"{self.environment.name}: {self._done} of {total} programs, {rate:.0f} in a second"
            f"{left}, {len(self._result.findings)} findings"
        )


def _usage() -> dict[str, float]:
    """Seconds of processor time so far: ours, and that of guests that have ended."""
    who = {"harness": resource.RUSAGE_SELF, "guest": resource.RUSAGE_CHILDREN}
    used = {name: resource.getrusage(number) for name, number in who.items()}
    return {name: each.ru_utime + each.ru_stime for name, each in used.items()}


def _processor_time(before: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    for name, seconds in _usage().items():
        yield f"{name}'s processor time", seconds - before[name]


def _run_environment(
    fuzzer: Fuzzer, machine: qemu.Qemu, image: vm.GuestImage, output: Path, result: report.Report
) -> None:
    environment = fuzzer.environment
    command_line = f"{environment.command_line} {COMMAND_LINE}"
    for number in range(GUESTS):
        fuzzer.tally.guests += 1
        usage = _usage()
        outcome = vm.run(
            machine,
            image,
            replace(environment, command_line=command_line),
            (),
            output / f"{environment.name}-{number + 1}",
            session=fuzzer.session,
        )
        for name, seconds in (*outcome.seconds.items(), *_processor_time(usage)):
            key = f"{environment.name} {name}"
            result.seconds[key] = result.seconds.get(key, 0.0) + seconds
        result.add(checks.end_findings(outcome))
        if not outcome.problems:
            break
        if not fuzzer.died(outcome.problems[-1]):
            result.add(outcome.problems)
            break


def _write_tally(tally: Tally, path: Path) -> None:
    """What came of the operations, for people who look for what is never reached."""
    lines = [f"{name} {_word(status)} {count}" for (name, status), count in
             sorted(tally.statuses.items())]  # fmt: skip
    path.write_text("\n".join(lines) + "\n")


def _word(status: int) -> str:
    try:
        return "INEXPRESSIBLE" if status == 1 else Status(status).name
    except ValueError:
        return str(status)


def _summary(fuzzers: Iterable[Fuzzer]) -> Iterator[str]:
    for fuzzer in fuzzers:
        tally = fuzzer.tally
        kinds = ", ".join(
            f"{count} {kind}{'' if accepted else ' (refused)'}"
            for (kind, accepted), count in sorted(tally.programs.items())
        )
        yield (
            f"{fuzzer.environment.name:<12} {kinds}; {tally.guests} "
            f"guest{'' if tally.guests == 1 else 's'}, {tally.misuse} runs that dma-debug "
            f"complained of, {len(tally.statuses)} pairs of operation and status"
        )


def _stages(options: Options, output: Path, result: report.Report) -> None:
    with checks.collecting(result):
        ready = checks.prepare(options.check, result, output / "logs")
        drivers = [driver for driver in ready.drivers if driver in DRIVERS]
        if not drivers:
            raise KdmaError(
                "none of the chosen drivers takes random programs",
                expected="some of " + ", ".join(driver.label for driver in DRIVERS),
                actual=", ".join(driver.label for driver in ready.drivers),
                next="choose with DRIVERS=name,name",
            )
        result.drivers = [driver.label for driver in drivers]
        result.unchecked = [entry for entry in result.unchecked if "upstream" not in entry.what]
        result.unchecked.append(
            Unchecked(
                "the driver upstream, and what the DMA tracepoints see",
                "random programs are not for them",
                explained=True,
            )
        )
        counters = checks.oracles_of(parse_config(ready.kernel.config.read_text()))
        fuzzers = [Fuzzer(options, each, drivers, result, counters) for each in ready.environments]
        try:
            with progress.stage("fuzz"):
                for fuzzer in fuzzers:
                    _run_environment(fuzzer, ready.machine, ready.image, output / "vm", result)
        finally:
            # Whoever interrupts a run of hours wants to see what it found.
            _count(fuzzers, drivers, output, result)


def _count(
    fuzzers: Sequence[Fuzzer], drivers: Sequence[Driver], output: Path, result: report.Report
) -> None:
    for fuzzer in fuzzers:
        fuzzer.finish()
        _write_tally(fuzzer.tally, output / f"fuzz-{fuzzer.environment.name}.txt")
        result.programs += sum(fuzzer.tally.programs.values())
        result.operations += fuzzer.tally.operations
        result.comparisons += fuzzer.tally.comparisons
    result.matrix = {
        driver.label: {
            each.environment.name: (each.tally.judged[driver], each.tally.wrong[driver])
            for each in fuzzers
        }
        for driver in drivers
    }
    for line in _summary(fuzzers):
        print(line)


def fuzz(options: Options) -> int:
    """Runs random programs and prints the report. Returns the exit code.

    Raises KdmaError when another run is at it in this checkout.
    """
    output = output_root()
    result = report.Report()
    with lock(output / ".lock", "kdma fuzz"):
        checks.clear(output)
        try:
            _stages(options, output, result)
        except checks.Stop:
            pass
        except KeyboardInterrupt:
            result.unchecked.append(Unchecked("the rest", "the run was interrupted"))
        # Which environments is a part of what was asked, and no run is a full one; but
        # fewer programs than that, or fewer drivers, do not look everywhere.
        result.filtered = None
        if options.only is not None:
            result.filtered = f"ONLY={options.only.start}-{options.only.stop - 1}"
        elif not {driver.label for driver in DRIVERS} <= set(result.drivers):
            result.filtered = "DRIVERS=" + ",".join(result.drivers)
        result.seconds = {**progress.seconds, **result.seconds}
        report.publish(result, output)
    return result.verdict.exit_code
