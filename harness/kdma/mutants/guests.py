# SPDX-License-Identifier: GPL-2.0
"""What the layers have in common whose faults a running guest is told to have.

A module holds all faults of a layer behind a number (`switched.py`); programs in
a guest judge them (`rounds.py`).
"""

from __future__ import annotations

import shutil
import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from kdma import build, check, kernel_calls, qemu, vm
from kdma.cache import digest, entry, key
from kdma.compare import Reply, judge
from kdma.environments import Environment
from kdma.findings import Finding, FindingClass, KdmaError
from kdma.kernel import jobs
from kdma.mutants.model import Changed, Fault, Session
from kdma.mutants.switched import SWITCH
from kdma.paths import PROJECT, cache_root
from kdma.process import run
from kdma.programs import AS_NATIVE, Program, Step, load_all
from kdma.traces import Driver

#: Files beside the sources that a build does not take.
_NO_SOURCES = shutil.ignore_patterns("target", "__pycache__")


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

    image: vm.GuestImage
    module: str
    drivers: tuple[Driver, ...]
    output: Path
    programs: list[Program] = field(default_factory=load_all)
    machine: qemu.Qemu = field(default_factory=qemu.find)
    #: The kernel has tracepoints.
    traced: bool = True
    #: How often a program told of a fault in a function, by operator too.
    told: Counter[tuple[str, int]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._without: dict[tuple[str, int], dict[Driver, Reply]] = {}
        self._unclean: set[tuple[str, int]] = set()
        self._planned: dict[int, dict[Driver, vm.PlannedRun]] = {}
        self._callers: dict[str, list[tuple[int, int, frozenset[str]]]] = {}
        self._lock = threading.Lock()
        self._together = {
            number
            for number, program in enumerate(self.programs)
            if any(_depends_on_before(step) for step in program.steps)
        }

    @cached_property
    def everyone(self) -> tuple[Driver, ...]:
        """The drivers of a run without a fault."""
        return tuple(dict.fromkeys((Driver.NATIVE, *self.drivers)))

    def drivers_of(self, number: int) -> tuple[Driver, ...]:
        """Who runs a program with a fault switched on.

        What a device or memory was left with by earlier runs may be compared
        with native's; then native runs right before.
        """
        return self.everyone if number in self._together else self.drivers

    def switch(self, fault: int) -> tuple[str, str, str]:
        """The parameter that switches a fault on; 0: none."""
        return (self.module, SWITCH, str(fault))

    def planned(self, number: int, driver: Driver) -> vm.PlannedRun:
        """One run of a program."""
        if number not in self._planned:
            runs = vm.planned_runs(self.programs[number], number + 1, self.everyone)
            self._planned[number] = {planned.driver: planned for planned in runs}
        return self._planned[number][driver]

    def findings(
        self, environment: Environment, number: int, replies: Mapping[Driver, Reply]
    ) -> list[Finding]:
        """What kdma says about the answers to one program."""
        if Driver.NATIVE not in replies:
            native = self._without[environment.name, number][Driver.NATIVE]
            replies = {Driver.NATIVE: native, **replies}
        return judge(self.programs[number], number + 1, environment, replies).findings

    def unknown(self, environment: Environment, numbers: Iterable[int]) -> list[int]:
        """Programs of which it is not known what they answer without a fault."""
        return sorted(n for n in set(numbers) if (environment.name, n) not in self._without)

    def without(
        self, environment: Environment, number: int, replies: Mapping[Driver, Reply]
    ) -> None:
        """Takes the answers to a program without a fault. They should be clean."""
        found = judge(self.programs[number], number + 1, environment, replies).findings
        with self._lock:
            self._without[environment.name, number] = dict(replies)
            if found:
                self._unclean.add((environment.name, number))

    def is_clean(self, environment: Environment, number: int) -> bool:
        """Has kdma nothing to say about a program without a fault?"""
        return (environment.name, number) not in self._unclean

    def arguments(
        self, fault: Switched, environments: Iterable[Environment], function: str, index: int
    ) -> set[int]:
        """All values of an argument of the kernel's in programs that a fault concerns.

        Of an address the bytes from the beginning of what it is the address of. Of runs
        without a fault, which have to be there.
        """
        return {
            kernel_calls.number(call, index) for call in self.calls(fault, environments, function)
        }

    def calls(
        self, fault: Switched, environments: Iterable[Environment], function: str
    ) -> Iterator[kernel_calls.Call]:
        """All calls of one of the kernel's functions in programs that a fault concerns.

        Of runs without a fault, which have to be there.
        """
        for environment in environments:
            for number in self.concerning(fault, environment):
                for reply in self._without[environment.name, number].values():
                    for call in kernel_calls.decode(reply.calls).calls if reply.calls else ():
                        if call.function.name == function:
                            yield call

    def handed(self, fault: Switched, argument: str) -> int:
        """The largest value that programs hand to functions of the ABI as such an argument."""
        return max(
            (
                step.get(argument, 0)
                for program in self.programs
                for step in program.steps
                if step.function in fault.functions
            ),
            default=0,
        )

    def _calling(self, environment: Environment) -> list[tuple[int, int, frozenset[str]]]:
        """Programs meant for an environment: steps, number, functions called."""
        if environment.name not in self._callers:
            self._callers[environment.name] = [
                (len(one.steps), n, frozenset(step.function for step in one.steps))
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

    def in_order(self, fault: Fault, numbers: Sequence[int]) -> list[int]:
        """Those first that told most of such faults so far."""
        with self._lock:
            return sorted(
                numbers,
                key=lambda n: -(2 * self.told[f"{fault.name} {fault.operator}", n]
                                + self.told[fault.name, n]),
            )  # fmt: skip

    def tells(self, fault: Fault, number: int) -> None:
        """A program told of a fault."""
        with self._lock:
            self.told[f"{fault.name} {fault.operator}", number] += 1
            self.told[fault.name, number] += 1


def _without_debug_information(modules: Mapping[str, Path], folder: Path) -> dict[str, Path]:
    """Copies of modules, a tenth as large: hundreds of guests get them."""
    folder.mkdir(parents=True, exist_ok=True)
    small = {name: folder / path.name for name, path in modules.items()}
    for name, path in modules.items():
        run(["strip", "--strip-debug", "-o", str(small[name]), str(path)],
            what=f"leaving out the debug information of {path.name}")  # fmt: skip
    return small


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


class GuestLayer(ABC):
    """A layer whose faults are all in one build of the modules."""

    name: str
    title: str
    seconds_to_begin: float
    seconds_each: float
    #: Of the project, beside Kbuild: what the modules are built of.
    folders: tuple[str, ...] = ("c-api", "kmod")
    #: The module that has the faults, and the drivers that come upon them.
    module: str
    drivers: tuple[Driver, ...]
    #: Operations that cannot be in its guests.
    lacks: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._switched: dict[str, Switched] = {}
        self._made: list[Fault] = []
        self._alike: Counter[str] = Counter()

    # What differs from layer to layer

    @abstractmethod
    def _generate(self, session: Session) -> None:
        """Says self._add() for each fault and harmless edit."""

    @abstractmethod
    def _write(self, folder: Path, session: Session) -> None:
        """Puts all faults into a copy of the sources."""

    @abstractmethod
    def same(self, fault: Fault, session: Session) -> str:
        """The rule that proves a survivor to be equivalent; empty: none does."""

    def proved(self, faults: Sequence[Fault], session: Session) -> dict[str, str]:
        """The rules that prove survivors to be equivalent, by key; what is not there is not."""
        with ThreadPoolExecutor(jobs()) as pool:
            rules = pool.map(lambda fault: self.same(fault, session), faults)
            return {fault.key: rule for fault, rule in zip(faults, rules, strict=True) if rule}

    def may_be_out_of_reach(self, fault: Fault) -> bool:
        """Is there anything that never_reached() could say of it?"""
        return False

    def never_reached(self, fault: Fault, under: Under, environments: Iterable[Environment]) -> str:
        """The rule that says that no program has the fault change anything; empty: none does.

        Asked of what the first rounds did not tell. `under` has all programs that concern
        it without a fault, in these environments.
        """
        return ""

    def told_by_sources(
        self, faults: Sequence[Fault], session: Session
    ) -> Mapping[str, Sequence[Finding]]:
        """What checks that need no guest say of faults and harmless edits, by key."""
        return {}

    def without_code(self, faults: Sequence[Fault], session: Session) -> Mapping[str, str]:
        """Of what no program runs: the rules that say that the compiler makes no code of it."""
        return {}

    @abstractmethod
    def changed(self, fault: Fault, session: Session) -> Changed:
        """The fault as other tools can take it."""

    def _parts(self) -> Iterable[str]:
        """What the copy with all faults is made of besides `folders`."""
        return ()

    def _objects(self, session: Session, tree: Path) -> Mapping[str, Path]:
        """Rust's objects for the modules."""
        return {}

    def _more(self) -> Sequence[str]:
        """Modules besides the drivers."""
        return ()

    # What does not

    def _add(
        self,
        number: int,
        operator: str,
        name: str,
        place: str,
        before: str,
        after: str,
        functions: frozenset[str],
        *,
        part: str = "",
        data: object = None,
        harmless: bool = False,
    ) -> None:
        """Equal ones of one function are told apart by their order."""
        same = f"{name}\0{part}\0{operator}\0{before}\0{after}"
        self._alike[same] += 1
        fault = Fault(
            self.name,
            operator,
            name,
            place,
            before,
            after,
            harmless=harmless,
            part=" ".join(
                filter(None, (part, str(self._alike[same]) if self._alike[same] > 1 else ""))
            ),
            classes=(FindingClass.DIVERGENCE, FindingClass.KERNEL_SPLAT),
            data=data,
        )
        self._switched[fault.key] = Switched(number, functions)
        self._made.append(fault)

    def _all(self, session: Session) -> list[Fault]:
        if not self._made:
            self._generate(session)
        return self._made

    def faults(self, session: Session) -> Sequence[Fault]:
        """All faults that a compiler lets pass."""
        return [each for each in self._all(session) if not each.harmless]

    def harmless(self, session: Session) -> Sequence[Fault]:
        """All harmless edits."""
        return [each for each in self._all(session) if each.harmless]

    def rests_on(self, session: Session) -> Iterable[str]:
        """The kernel, what is built, and the programs."""
        return [
            session.kernel.identity,
            *self._digests((*self.folders, "tests/behaviour", "tests/mutants")),
            digest(PROJECT / "operations.toml"),
        ]

    def _digests(self, folders: Iterable[str]) -> Iterator[str]:
        """Of all files in these folders of the project, with their names."""
        for folder in folders:
            for path in sorted((PROJECT / folder).rglob("*")):
                relative = path.relative_to(PROJECT)
                if path.is_file() and not {"target", "__pycache__"} & set(relative.parts):
                    yield f"{relative} {digest(path)}"

    def copy(self, folder: Path) -> None:
        """The project's sources as they are."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / "Kbuild", folder)
        for name in self.folders:
            shutil.copytree(PROJECT / name, folder / name, ignore=_NO_SOURCES)

    def project(self, session: Session) -> Path:
        """The sources with all faults, in the cache under their content."""
        self._all(session)
        name = key([self.name, *self._digests(self.folders), digest(PROJECT / "Kbuild"),
                    *self._parts()])  # fmt: skip
        folder = cache_root() / "mutants" / name

        def make(work: Path) -> list[Path]:
            self.copy(work)
            self._write(work, session)
            return [path for path in work.rglob("*") if path.is_file()]

        entry(folder, make)
        return folder

    def under(self, session: Session) -> Under:
        """The guest with all faults."""
        project = self.project(session)
        everyone = tuple(dict.fromkeys((Driver.NATIVE, *self.drivers)))
        try:
            modules = build.build(
                session.kernel,
                [driver.label for driver in everyone],
                self._objects(session, project),
                session.output / f"build-{self.name}.log",
                project=project,
                more=self._more(),
            )
        except build.ApiDrift as drift:
            raise KdmaError(
                f"{self.title}: the modules with all faults do not build",
                where=str(project),
                actual=drift.findings[0].title,
                next="run: make check",
            ) from None
        plain = check.guest_image(session.kernel, modules)
        image = replace(
            plain,
            modules=_without_debug_information(plain.modules, session.output / self.name),
            judged=True,
            kernel_fails="kernel_fails" not in self.lacks,
        )
        programs = [
            program
            for program in load_all()
            if not any(step.operation.name in self.lacks for step in program.steps)
        ]
        return Under(image, self.module, self.drivers, session.output / self.name, programs)

    def switched(self, fault: Fault) -> Switched:
        """How a guest is told of it."""
        return self._switched[fault.key]
