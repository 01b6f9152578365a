# SPDX-License-Identifier: GPL-2.0
"""Has programs in guests judge faults, many to a boot.

Environment after environment, a fault runs programs that call what it concerns,
those first that told most of its like, until a finding tells of it. What
survives comes again in the next round, unless it is proved to be no fault, until
all programs have run. After each
finding one program runs without any fault: if that is no longer clean, or the
guest is lost, a fresh one goes on. What breaks a guest that others used before,
and is not told at the right name, is asked again in a fresh one; so are what is told at
another name, and a harmless edit that is told at all.
"""

from __future__ import annotations

import queue
import re
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from kdma import environments, vm
from kdma.compare import Reply
from kdma.environments import Environment
from kdma.findings import Finding, FindingClass, KdmaError
from kdma.kernel import jobs
from kdma.mutants.guests import GuestLayer, Switched, Under
from kdma.mutants.model import Fault, Outcome, Session, Stage, State, Stopwatch, names
from kdma.mutants.model import outcome as outcome_of
from kdma.traces import Driver

#: Environments in the order in which they tell most, and how many programs a
#: fault runs there in a round; 0: all that concern it.
ROUNDS = (
    ("swiotlb", 6),
    ("iommu-strict", 6),
    ("direct", 6),
    ("swiotlb", 0),
    ("iommu-strict", 0),
    ("direct", 0),
    # Where an address that is cut to 32 bits is another one.
    ("high-memory", 6),
    # Where what is not synced is not mapped, and IOVAs are above 4 GiB.
    ("virtio-iommu", 6),
    # Where links bounce; few programs are made for it.
    ("iommu-untrusted", 0),
    # Where mappings come to the ends of the bounce buffers.
    ("swiotlb-small", 6),
    ("high-memory", 0),
    ("virtio-iommu", 0),
)
#: After these, what survived is asked whether it is a fault at all. Harmless edits run no more.
FIRST_ROUNDS = 3
#: Programs that are sent at once before their answers are looked at.
WAVES = (1, 2, 4, 8)
#: After so many programs in which something failed, but not as it should, no more.
HALVES = 4
#: Seconds without an answer after which a guest with a fault is taken for lost, and how much of
#: them QEMU may compute, whatever else the machine does. A program takes less than a tenth.
SILENT = 30.0
BUSY = 5.0
_NOT_RUN = "no program runs that calls it"
#: Findings about what a witness saw, not about a result.
_WITNESSES = re.compile(
    r"tracepoint|dma-debug|kernel log|bounce|counter|leftover|leak|of the kernel"
)


def _stage(finding: Finding) -> Stage:
    """A finding about a result, or about what a witness saw."""
    if finding.finding_class is FindingClass.KERNEL_SPLAT or _WITNESSES.search(finding.title):
        return Stage.ORACLE
    return Stage.BEHAVIOUR


def _tells_of(finding: Finding, function: str) -> bool:
    """Does it name a function, or say that one should look there?"""
    return names(finding, function) or bool(
        re.search(rf"(?<!\w){re.escape(function)}(?!\w)", finding.next)
    )


def decided(
    fault: Fault, functions: Iterable[str], found: Sequence[Finding], seconds: float
) -> Outcome | None:
    """The outcome that findings make of a fault or a harmless edit; None: there are none."""
    if not found:
        return None
    first, state = found[0], State.ALARM if fault.harmless else State.HALF
    if not fault.harmless:
        wanted = (fault.name, *functions)
        for finding in found:
            if finding.finding_class in fault.classes and any(
                _tells_of(finding, f) for f in wanted
            ):
                first, state = finding, State.KILLED
                break
    return Outcome(fault, state, _stage(first), first.finding_class.value, first.title, seconds)


@dataclass
class _Case:
    """A fault on its way through the rounds."""

    fault: Fault
    switched: Switched
    ran: set[tuple[str, int]] = field(default_factory=set)
    halves: list[Outcome] = field(default_factory=list)
    #: Programs of this round.
    numbers: list[int] = field(default_factory=list)


class _Round:
    """Some cases in one environment; several guests work at them."""

    def __init__(self, under: Under, environment: Environment) -> None:
        self.under = under
        self.environment = environment
        self.todo: deque[_Case] = deque()
        self.told: queue.SimpleQueue[Outcome | None] = queue.SimpleQueue()
        self.failed = threading.Event()

    def prepare(self, cases: Sequence[_Case], limit: int) -> None:
        """Chooses programs and runs those without a fault of which no answer is known."""
        of_case = []
        for case in cases:
            ran = case.ran
            concerning = [
                n for n in self.under.concerning(case.switched, self.environment)
                if (self.environment.name, n) not in ran
            ]  # fmt: skip
            ordered = self.under.in_order(case.fault, concerning)
            of_case.append((case, ordered[:limit] if limit else ordered))
        unknown = self.under.unknown(self.environment, (n for _, many in of_case for n in many))
        share = -(-len(unknown) // jobs()) if unknown else 1
        with ThreadPoolExecutor(jobs()) as pool:
            parts = [unknown[at : at + share] for at in range(0, len(unknown), share)]
            list(pool.map(self._without, range(len(parts)), parts))
        for case, many in of_case:
            case.numbers = [n for n in many if self.under.is_clean(self.environment, n)]
            if case.numbers:
                self.todo.append(case)

    def _without(self, worker: int, numbers: Sequence[int]) -> None:
        """Runs programs without a fault."""
        plan = [self.under.planned(n, d) for n in numbers for d in self.under.everyone]
        result = vm.run(
            self.under.machine,
            self.under.image,
            self.environment,
            plan,
            self.under.output / f"{self.environment.name}-without-{worker}",
            keep=False,
        )
        if len(result.answers) != len(plan):
            raise KdmaError(
                "the guest was lost without any fault",
                where=f"{self.environment.name}, {result.console}",
                expected=f"{len(plan)} answers",
                actual=result.problems[0].title if result.problems else "fewer",
                next="run: make check",
            )
        self.under.traced = result.tracepoints
        answers = iter(result.answers)
        for n in numbers:
            self.under.without(self.environment, n, {d: next(answers) for d in self.under.everyone})

    def run(self) -> Iterator[Outcome]:
        """What findings say, as it comes."""
        # One guest more than there are cores: one waits while its answers are read.
        workers = min(jobs() + 1, len(self.todo))
        if not workers:
            return
        with ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(_Worker(self, n).work) for n in range(workers)]
            for future in futures:
                future.add_done_callback(self._done)
            for _ in futures:
                while (outcome := self.told.get()) is not None:
                    yield outcome
            for future in futures:
                future.result()

    def _done(self, future: Future[None]) -> None:
        if future.exception():
            # The others need not go on.
            self.todo.clear()
        self.told.put(None)


class _Worker:
    """Takes cases of a round, with one guest after the other."""

    def __init__(self, round_: _Round, number: int) -> None:
        self._round = round_
        self._under = round_.under
        self._environment = round_.environment
        self._folder = round_.under.output / f"{round_.environment.name}-{number}"
        self._watch = Stopwatch()
        self._sequence = 0
        # Of the case in hand.
        self._case: _Case | None = None
        self._found: list[Finding] = []
        self._came_up = False
        #: It has the guest to itself so far.
        self._first = True
        self._running: vm.PlannedRun | None = None

    def work(self) -> None:
        """Until nothing is left."""
        nothing = 0
        while self._case or self._round.todo:
            self._came_up = False
            result = vm.run(
                self._under.machine,
                self._under.image,
                self._environment,
                [],
                self._folder,
                session=self._session,
                keep=False,
            )
            nothing = 0 if self._came_up else nothing + 1
            if nothing > 1:
                raise KdmaError(
                    "the guest is lost before any program runs",
                    where=f"{self._environment.name}, {result.console}",
                    actual=result.problems[0].title if result.problems else "no answer",
                    next="run: make check",
                )
            if self._case:
                self._lost(self._case, result)

    def _lost(self, case: _Case, result: vm.VmResult) -> None:
        """The guest was lost with a case in hand."""
        if self._running is None:
            # Before any of its programs: its turn comes yet.
            return
        found = [*self._found, *result.problems]
        outcome = decided(case.fault, case.switched.functions, found, 0.0)
        right = outcome is not None and outcome.state is State.KILLED
        if not right and not self._first:
            # What came before in this guest may have broken it.
            self._found, self._running = [], None
            return
        if self._running is not None:
            case.ran.add((self._environment.name, self._running.program - 1))
        self._case = None
        if outcome is not None:
            self._tell(case, outcome)

    def _tell(self, case: _Case, outcome: Outcome) -> None:
        if outcome.state is State.HALF:
            case.halves.append(outcome)
        else:
            self._round.told.put(replace(outcome, seconds=self._watch.share()))

    # In a guest

    def _session(self, guest: vm.Guest) -> int:
        """Takes cases until the guest is no longer what it was, or nothing is left."""
        self._came_up = self._first = good = True
        while good:
            if self._case is None:
                try:
                    self._case = self._round.todo.popleft()
                except IndexError:
                    break
            self._found, self._running = [], None
            good = self._judge(guest, self._case)
            self._case = None
            self._first = False
        # What it would say at its end is no one fault's.
        raise vm.Enough

    def _judge(self, guest: vm.Guest, case: _Case) -> bool:
        """One case. Returns whether the guest is as good as new."""
        left = list(case.numbers)
        self._switch(guest, case.switched.number)
        wave = 0
        while left:
            size = WAVES[min(wave, len(WAVES) - 1)]
            wave += 1
            now, left = left[:size], left[size:]
            told: tuple[int, Outcome] | None = None
            for n, replies in self._run(guest, now):
                # Answers that are on their way have to be taken, whatever is known by now.
                if told is None:
                    case.ran.add((self._environment.name, n))
                    found = self._under.findings(self._environment, n, replies)
                    self._found += found
                    outcome = decided(case.fault, case.switched.functions, found, 0.0)
                    if outcome is not None:
                        told = n, outcome
            if told is None:
                continue
            n, outcome = told
            if outcome.state is not State.KILLED and not self._first:
                # The case stays in hand: see _lost().
                raise vm.Enough
            self._tell(case, outcome)
            clean = self._is_clean(guest, n)
            if outcome.state is not State.HALF:
                self._under.tells(case.fault, n)
                return clean
            if not clean or len(case.halves) >= HALVES:
                return clean
            left = [n for n in (*now, *left) if (self._environment.name, n) not in case.ran]
            self._switch(guest, case.switched.number)
        return True

    def _switch(self, guest: vm.Guest, fault: int) -> None:
        words = "".join(f"{word}\0" for word in self._under.switch(fault))
        guest.send([vm.frame(vm.PARAMETER, payload=words.encode())])

    def _run(
        self, guest: vm.Guest, numbers: Sequence[int]
    ) -> Iterator[tuple[int, dict[Driver, Reply]]]:
        """Has programs run; their answers, all of a program's at once."""
        plan = [
            (n, driver, self._under.planned(n, driver))
            for n in numbers
            for driver in self._under.drivers_of(n)
        ]
        begin = self._sequence
        guest.send(
            vm.frame(vm.RUN, begin + at, planned.driver.value, planned.bytes)
            for at, (_, _, planned) in enumerate(plan)
        )
        replies: dict[Driver, Reply] = {}
        for at, (n, driver, planned) in enumerate(plan):
            self._running = planned
            try:
                kind, sequence, _, payload = guest.receive(min(SILENT, vm.run_limit()), BUSY)
                if (kind, sequence) != (vm.TRACE, self._sequence):
                    raise vm.Lost(f"answer {kind}/{sequence} instead of {self._sequence}")
                replies[driver] = vm.read_reply(payload, traced=self._under.traced)
            except vm.Lost as lost:
                lost.running = planned
                raise
            self._sequence += 1
            if at + 1 == len(plan) or plan[at + 1][0] != n:
                yield n, replies
                replies = {}

    def _is_clean(self, guest: vm.Guest, number: int) -> bool:
        """Is a program clean without a fault?"""
        self._switch(guest, 0)
        before, self._running = self._running, None
        try:
            [(_, replies)] = list(self._run(guest, [number]))
        except vm.Lost:
            return False
        finally:
            self._running = before
        return not self._under.findings(self._environment, number, replies)


def judged(layer: GuestLayer, faults: Sequence[Fault], session: Session) -> Iterator[Outcome]:
    """An outcome for each fault and harmless edit."""
    under = layer.under(session)
    left = {fault.key: _Case(fault, layer.switched(fault)) for fault in faults}
    for outcome in _told_by_sources(layer, faults, session):
        if outcome.state is State.HALF:
            # A guest may tell more of it.
            left[outcome.fault.key].halves.append(outcome)
        else:
            del left[outcome.fault.key]
            yield outcome
    for number, (name, limit) in enumerate(ROUNDS):
        if number == FIRST_ROUNDS:
            # Proving is cheaper than running everything that there is.
            for judge in (_unused, _proved):
                for outcome in judge(layer, list(left.values()), session):
                    del left[outcome.fault.key]
                    yield outcome
            for outcome in _never_reached(layer, list(left.values()), under):
                del left[outcome.fault.key]
                yield outcome
        session.note(f"{len(left)} left, {name}")
        round_ = _Round(under, environments.find(name))
        round_.prepare(list(left.values()), limit)
        for outcome in round_.run():
            left.pop(outcome.fault.key, None)
            yield outcome
        for key, case in list(left.items()):
            if len(case.halves) >= HALVES:
                del left[key]
                yield case.halves[0]
    for case in left.values():
        if case.halves:
            yield case.halves[0]
        elif case.ran:
            yield Outcome(case.fault, State.SURVIVED)
        else:
            yield Outcome(case.fault, State.UNCHECKED, rule=_NOT_RUN)


def _unused(layer: GuestLayer, cases: Sequence[_Case], session: Session) -> Iterator[Outcome]:
    """What no program runs, because the compiler makes no code of it for this kernel."""
    idle = [case.fault for case in cases if not case.ran and not case.halves]
    watch = Stopwatch()
    rules = layer.without_code(idle, session) if idle else {}
    seconds = watch.share(len(idle))
    for fault in idle:
        if fault.key in rules:
            state = State.QUIET if fault.harmless else State.EQUIVALENT
            yield Outcome(fault, state, rule=rules[fault.key], seconds=seconds)


def _never_reached(layer: GuestLayer, cases: Sequence[_Case], under: Under) -> Iterator[Outcome]:
    """What changes nothing in any program, for a reason."""
    quiet = [case for case in cases if not case.fault.harmless and not case.halves and case.ran]
    asked = [case for case in quiet if layer.may_be_out_of_reach(case.fault)]
    chosen = [environments.find(name) for name in dict.fromkeys(name for name, _ in ROUNDS)]
    watch = Stopwatch()
    for environment in chosen if asked else ():
        _Round(under, environment).prepare(asked, 0)
    seconds = watch.share(len(asked))
    for case in asked:
        rule = layer.never_reached(case.fault, under, chosen)
        if rule:
            yield Outcome(case.fault, State.EQUIVALENT, rule=rule, seconds=seconds)


def _told_by_sources(
    layer: GuestLayer, faults: Sequence[Fault], session: Session
) -> Iterator[Outcome]:
    """What checks find that need no guest, in faults and in harmless edits."""
    watch = Stopwatch()
    told = layer.told_by_sources(faults, session) if faults else {}
    seconds = watch.share(len(faults))
    for fault in faults:
        if told.get(fault.key):
            yield outcome_of(fault, told[fault.key], Stage.STATIC, seconds)


def _proved(layer: GuestLayer, cases: Sequence[_Case], session: Session) -> Iterator[Outcome]:
    """What the first rounds say of harmless edits; faults that are proved to be none."""
    for case in cases:
        if case.fault.harmless:
            state = State.QUIET if case.ran else State.UNCHECKED
            yield Outcome(case.fault, state, rule="" if case.ran else _NOT_RUN)
    quiet = [case.fault for case in cases if not case.fault.harmless and not case.halves]
    watch = Stopwatch()
    rules = layer.proved(quiet, session)
    seconds = watch.share(len(quiet))
    for fault in quiet:
        if fault.key in rules:
            yield Outcome(fault, State.EQUIVALENT, rule=rules[fault.key], seconds=seconds)
