# SPDX-License-Identifier: GPL-2.0
"""Judges faults that a running guest can be told to have, many to a boot.

A module holds all faults of a layer behind a number (`switched.py`). Each fault
runs a few programs that concern it; what survives runs more, in more
environments, until a finding tells of it or all programs have run. After each
fault one program runs without any: if that is no longer clean, the guest is
thrown away, and what came after it is asked again in a fresh one. A guest that
a fault broke is replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from kdma import environments, qemu, vm
from kdma.compare import Reply, judge
from kdma.environments import Environment
from kdma.findings import Finding, FindingClass, KdmaError
from kdma.kernel import jobs
from kdma.mutants.model import Fault, Outcome, Session, Stage, State, Stopwatch, names
from kdma.mutants.switched import SWITCH
from kdma.programs import AS_NATIVE, Program, Step, encode, load_all
from kdma.traces import Driver

#: Environments in the order in which they tell most, and how many programs of
#: a fault run in each round there; 0: all that concern it.
ROUNDS = (
    ("swiotlb", 3),
    ("iommu-strict", 6),
    ("swiotlb", 16),
    ("direct", 16),
    ("swiotlb", 0),
    ("iommu-strict", 0),
    ("direct", 0),
)
#: Faults to a boot.
CHUNK = 48
#: After so many rounds in which something failed, but not as it should, no more.
HALVES = 3
#: Findings about what a witness saw, not about a result.
_WITNESSES = re.compile(r"tracepoint|dma-debug|kernel log|bounce|counter|leftover|leak")


@dataclass(frozen=True)
class Switched:
    """How a guest is told of a fault: its number, and whom it concerns.

    `functions` of the ABI may show it.
    """

    number: int
    functions: frozenset[str]


@dataclass
class Under:
    """What is judged: modules with faults in them, and the drivers that come upon these.

    `module` has the parameter that switches. `drivers` run with a fault
    switched on; native runs without, once for each program, unless it is among
    them.
    """

    session: Session
    image: vm.GuestImage
    module: str
    drivers: tuple[Driver, ...]
    output: Path
    programs: list[Program] = field(default_factory=load_all)
    _without: dict[tuple[str, int], dict[Driver, Reply]] = field(default_factory=dict)
    _unclean: set[tuple[str, int]] = field(default_factory=set)
    _callers: dict[str, list[tuple[int, int, frozenset[str]]]] = field(default_factory=dict)
    _machine: qemu.Qemu = field(default_factory=qemu.find)

    def __post_init__(self) -> None:
        self._together = {
            number
            for number, program in enumerate(self.programs)
            if any(_depends_on_before(step) for step in program.steps)
        }

    @property
    def native_too(self) -> bool:
        """Do the faults concern the native driver?"""
        return Driver.NATIVE in self.drivers

    def planned(self, number: int, driver: Driver, fault: int) -> vm.PlannedRun:
        """One run of a program with a fault switched on; 0: none."""
        program = self.programs[number]
        return vm.PlannedRun(
            number + 1,
            driver,
            program.name,
            encode(program, number + 1),
            ((self.module, SWITCH, str(fault)),),
        )

    def boot(
        self, environment: Environment, plan: Sequence[vm.PlannedRun], worker: str
    ) -> vm.VmResult:
        """One guest."""
        folder = self.output / f"{environment.name}{worker}"
        return vm.run(self._machine, self.image, environment, plan, folder, keep=False)

    def findings(
        self, environment: Environment, number: int, replies: Mapping[Driver, Reply]
    ) -> list[Finding]:
        """What kdma says about the answers to one program."""
        if Driver.NATIVE not in replies:
            native = self._without[environment.name, number][Driver.NATIVE]
            replies = {Driver.NATIVE: native, **replies}
        return judge(self.programs[number], number + 1, environment, replies).findings

    def drivers_of(self, number: int) -> tuple[Driver, ...]:
        """Who runs a program with a fault switched on.

        What a device or memory was left with by earlier runs may be compared
        with native's; then native runs right before.
        """
        if self.native_too or number not in self._together:
            return self.drivers
        return (Driver.NATIVE, *self.drivers)

    def prepare(self, environment: Environment, wanted: Iterable[int]) -> set[int]:
        """Runs programs without a fault; returns those that are clean, as all should be."""
        new = sorted(n for n in set(wanted) if (environment.name, n) not in self._without)
        everyone = tuple(dict.fromkeys((Driver.NATIVE, *self.drivers)))
        if new:
            plan = [self.planned(n, driver, 0) for n in new for driver in everyone]
            result = self.boot(environment, plan, "")
            if len(result.answers) != len(plan):
                raise KdmaError(
                    "the guest was lost without any fault",
                    where=f"{environment.name}, {result.console}",
                    expected=f"{len(plan)} answers",
                    actual=result.problems[0].title if result.problems else "fewer",
                    next="run: make check",
                )
            answers = iter(result.answers)
            for n in new:
                self._without[environment.name, n] = {d: next(answers) for d in everyone}
            for n in new:
                replies = self._without[environment.name, n]
                if judge(self.programs[n], n + 1, environment, replies).findings:
                    self._unclean.add((environment.name, n))
        return {n for n in wanted if (environment.name, n) not in self._unclean}

    def _calling(self, environment: Environment) -> list[tuple[int, int, frozenset[str]]]:
        """Programs meant for an environment: steps, number, functions called."""
        if environment.name not in self._callers:
            self._callers[environment.name] = [
                (len(one.steps), n, frozenset(step.operation.function for step in one.steps))
                for n, one in enumerate(self.programs)
                if one.runs_in(environment)
            ]
        return self._callers[environment.name]

    def concerning(self, fault: Switched, environment: Environment) -> list[int]:
        """Programs that call what the fault concerns; the shortest of each function first."""
        found: dict[str, list[tuple[int, int]]] = {}
        for steps, number, called in self._calling(environment):
            for function in called & fault.functions:
                found.setdefault(function, []).append((steps, number))
        ordered = [[n for _, n in sorted(many)] for _, many in sorted(found.items())]
        # Short programs and long ones in turns: they ask different things.
        mixed = [[*_inside_out(many)] for many in ordered]
        first: dict[int, None] = {}
        for turn in range(max(map(len, mixed), default=0)):
            for many in mixed:
                if turn < len(many):
                    first.setdefault(many[turn])
        return list(first)


def _depends_on_before(step: Step) -> bool:
    """Does it compare bytes with native's that an earlier run may have left?"""
    return step.operation.name in ("device_check", "memory_check") and any(
        expected is AS_NATIVE for _, expected in step.expectations
    )


def _inside_out(many: Sequence[int]) -> Iterator[int]:
    """The shortest, the longest of the shorter half, and so on: spread over all."""
    left = list(many)
    while left:
        yield left.pop(0)
        if left:
            yield left.pop(len(left) // 2)


def _stage(finding: Finding) -> Stage:
    """A finding about a result, or about what a witness saw."""
    if finding.finding_class is FindingClass.KERNEL_SPLAT or _WITNESSES.search(finding.title):
        return Stage.ORACLE
    return Stage.BEHAVIOUR


def decided(fault: Fault, functions: Iterable[str], found: Sequence[Finding], seconds: float
            ) -> Outcome | None:  # fmt: skip
    """The outcome that findings make of a fault; None: there are none."""
    if not found:
        return None
    for finding in found:
        if finding.finding_class in fault.classes and any(names(finding, f) for f in functions):
            told = finding.finding_class.value
            return Outcome(fault, State.KILLED, _stage(finding), told, finding.title, seconds)
    first = found[0]
    return Outcome(
        fault, State.HALF, _stage(first), first.finding_class.value, first.title, seconds
    )


@dataclass
class _Round:
    """One round over some faults in one environment, in one guest after the other."""

    under: Under
    environment: Environment
    todo: list[tuple[Fault, Switched, list[int]]]
    clean: set[int]
    worker: str

    def run(self) -> Iterator[Outcome]:
        """Outcomes of the faults that findings tell of."""
        left = self.todo
        while left:
            watch = Stopwatch()
            plan, places = self._plan(left)
            result = self.under.boot(self.environment, plan, self.worker)
            done, outcomes = self._read(left, places, result)
            seconds = watch.share(max(1, done))
            for outcome in outcomes:
                yield replace(outcome, seconds=seconds)
            if not done:
                # Not even the first one's: it cannot be the fault's doing.
                what = result.problems[0].title if result.problems else "no answer"
                for fault, _, _ in left:
                    yield Outcome(fault, State.UNCHECKED, rule=what)
                return
            left = left[done:]

    def _plan(
        self, faults: Sequence[tuple[Fault, Switched, list[int]]]
    ) -> tuple[list[vm.PlannedRun], list[tuple[int, int]]]:
        plan: list[vm.PlannedRun] = []
        places = []
        for _, switched, numbers in faults:
            begin = len(plan)
            for n in numbers:
                drivers = self.under.drivers_of(n)
                plan += [self.under.planned(n, d, switched.number) for d in drivers]
            places.append((begin, len(plan)))
            drivers = self.under.drivers_of(numbers[0])
            plan += [self.under.planned(numbers[0], d, 0) for d in drivers]
        return plan, places

    def _read(
        self,
        faults: Sequence[tuple[Fault, Switched, list[int]]],
        places: Sequence[tuple[int, int]],
        result: vm.VmResult,
    ) -> tuple[int, list[Outcome]]:
        """How many faults are done with this guest, and what became of them."""
        outcomes = []
        for index, ((fault, switched, numbers), (begin, end)) in enumerate(
            zip(faults, places, strict=True)
        ):
            found: list[Finding] = []
            first = begin
            for n in numbers:
                drivers = self.under.drivers_of(n)
                if first + len(drivers) > len(result.answers):
                    break
                replies = dict(zip(drivers, result.answers[first : first + len(drivers)],
                                   strict=True))  # fmt: skip
                found += self.under.findings(self.environment, n, replies)
                first += len(drivers)
            lost = len(result.answers) < end
            if lost:
                found += result.problems
            told = decided(fault, switched.functions, found, 0.0)
            if told is not None:
                outcomes.append(told)
            if lost:
                return index + 1, outcomes
            drivers = self.under.drivers_of(numbers[0])
            control = result.answers[end : end + len(drivers)]
            replies = dict(zip(drivers, control, strict=False))
            if len(control) < len(drivers) or self.under.findings(
                self.environment, numbers[0], replies
            ):
                # The guest is no longer what it was.
                return index + 1, outcomes
        return len(faults), outcomes


def judged(
    under: Under,
    faults: Sequence[tuple[Fault, Switched]],
    is_equivalent: Callable[[Fault], str],
) -> Iterator[Outcome]:
    """An outcome for each fault. `is_equivalent`: the rule that proves a survivor so, or ''."""
    left = list(faults)
    ran: dict[tuple[str, str], set[int]] = {}
    kept: dict[str, list[Outcome]] = {}
    for name, limit in ROUNDS:
        environment = environments.find(name)
        wanted = {
            fault.key: [
                n for n in under.concerning(switched, environment)
                if n not in ran.get((fault.key, name), set())
            ]
            for fault, switched in left
        }  # fmt: skip
        chosen = {key: (many[:limit] if limit else many) for key, many in wanted.items()}
        clean = under.prepare(environment, {n for many in chosen.values() for n in many})
        todo = []
        for fault, switched in left:
            numbers = [n for n in chosen[fault.key] if n in clean]
            ran.setdefault((fault.key, name), set()).update(numbers)
            if numbers:
                todo.append((fault, switched, numbers))
        chunks = [todo[at : at + CHUNK] for at in range(0, len(todo), CHUNK)]
        with ThreadPoolExecutor(jobs()) as pool:
            rounds = [
                _Round(under, environment, chunk, clean, f"-{at}")
                for at, chunk in enumerate(chunks)
            ]
            for outcomes in pool.map(lambda one: list(one.run()), rounds):
                for outcome in outcomes:
                    if outcome.state is State.KILLED:
                        kept.pop(outcome.fault.key, None)
                        yield outcome
                        left = [each for each in left if each[0].key != outcome.fault.key]
                    elif outcome.state in (State.HALF, State.UNCHECKED):
                        # A later round may name it; not for ever.
                        kept.setdefault(outcome.fault.key, []).append(outcome)
        left = [each for each in left if len(kept.get(each[0].key, ())) < HALVES]
    for many in kept.values():
        yield many[0]
    for fault, _ in left:
        if fault.key in kept:
            continue
        rule = is_equivalent(fault)
        yield Outcome(fault, State.EQUIVALENT if rule else State.SURVIVED, rule=rule)
