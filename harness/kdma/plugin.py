# SPDX-License-Identifier: GPL-2.0
"""pytest: collecting programs, running them in guests, judging what comes back.

Loaded with `-p kdma.plugin`. Each program of tests/behaviour/*.py is an item
for each environment, `tests/behaviour/sync.py::<sentence>[swiotlb]`. Before
the first item runs, every environment is booted once with all programs that
were selected for it. Replies are judged as they come (judging.py); each item
then tells what came of its own.

Who runs the guests comes from outside: check.py calls `use()` with a Runner
and a BehaviourResult before it calls pytest.main(). Without one, programs can
be collected and listed, not run.

-k takes pytest's expressions, and also a part of a sentence.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import pytest
from _pytest.mark.expression import Expression

from kdma.compare import Judgement, Reply
from kdma.environments import ENVIRONMENTS, Environment
from kdma.findings import Finding, FindingClass, KdmaError
from kdma.judging import Judges
from kdma.paths import PROJECT, as_shown
from kdma.programs import Program, load
from kdma.replay import Replay
from kdma.traces import Driver

BEHAVIOUR = PROJECT / "tests" / "behaviour"

Replies = Mapping[tuple[int, Driver], Reply]


class Runner(Protocol):
    """Runs programs in guests.

    `environments` and `drivers` are what was chosen; `parallel` is how many
    environments may run at the same time.
    """

    environments: Sequence[Environment]
    drivers: Sequence[Driver]
    parallel: int

    def run(
        self,
        environment: Environment,
        programs: Sequence[tuple[int, Program]],
        drivers: Sequence[Driver],
    ) -> Replies:
        """Runs numbered programs in every driver; the replies there were.

        A guest that was lost half-way gives fewer; the Runner reports that
        itself. May raise KdmaError when the environment could not run at all.
        Called from several threads at a time.
        """

    def stop(self) -> None:
        """Ends all guests at once, so that every run() comes back. For Ctrl-C."""


@dataclass(frozen=True)
class ProgramOutcome:
    """One program in one environment, for reports. `findings` empty: it passed."""

    program: Program
    number: int
    environment: Environment
    judgement: Judgement

    @property
    def passed(self) -> bool:
        """Did everything agree?"""
        return not self.judgement.findings


@dataclass
class BehaviourResult:
    """What the session came to.

    `planned` are the selected (program number, environment name) pairs;
    `outcomes` has one entry for each that was judged. `elsewhere` says which
    programs are not meant for a chosen environment, and why. `findings` has
    each fingerprint once.
    """

    programs: dict[int, Program] = field(default_factory=dict)
    planned: list[tuple[int, str]] = field(default_factory=list)
    outcomes: list[ProgramOutcome] = field(default_factory=list)
    elsewhere: list[tuple[str, str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    operations: int = 0
    comparisons: int = 0
    #: By the user. pytest ends in the same way when a file cannot be collected.
    interrupted: bool = False
    #: What went wrong while collecting, as pytest says it.
    broken: list[str] = field(default_factory=list)

    def add(self, findings: Iterable[Finding]) -> None:
        """Adds findings; one that is there already is counted, not repeated."""
        for finding in findings:
            for index, known in enumerate(self.findings):
                if known.fingerprint == finding.fingerprint:
                    self._again[known.fingerprint] = self._again.get(known.fingerprint, 0) + 1
                    times = self._again[known.fingerprint]
                    where = self._where[known.fingerprint] + f" (and {times} more)"
                    self.findings[index] = replace(known, where=where)
                    break
            else:
                self._where[finding.fingerprint] = finding.where
                self.findings.append(finding)

    def __post_init__(self) -> None:
        self._again: dict[str, int] = {}
        self._where: dict[str, str] = {}


class _Session:
    """What this process was told by use()."""

    runner: Runner | None = None
    result = BehaviourResult()
    replay = Replay()
    only: frozenset[str] = frozenset()


def use(
    runner: Runner,
    result: BehaviourResult,
    replay: Replay | None = None,
    only: Iterable[str] = (),
) -> None:
    """Says who runs the guests and where the result goes, for the next session.

    `replay` makes the commands that findings print. `only`: whole names of
    programs; none: all.
    """
    _Session.runner = runner
    _Session.result = result
    _Session.replay = replay or Replay()
    _Session.only = frozenset(only)


#: Why an environment gave nothing, by its name.
FAULTS = pytest.StashKey[dict[str, Finding]]()
JUDGES = pytest.StashKey[Judges]()
NUMBERS = pytest.StashKey[Iterator[int]]()
LITERAL = pytest.StashKey[str]()


def pytest_keyboard_interrupt(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Tells the user's interruption from pytest's own, which is a subclass."""
    _Session.result.interrupted |= excinfo.type is KeyboardInterrupt


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Keeps why a file could not be collected."""
    if report.failed:
        _Session.result.broken.append(f"{report.nodeid}: {report.longreprtext.strip()}")


class ProgramFailedError(Exception):
    """Ends an item whose program has findings."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(findings[0].title)
        self.findings = findings


class ProgramFile(pytest.File):
    """A file of tests/behaviour/."""

    def collect(self) -> Iterator[ProgramItem]:
        """One item for each program and each environment it is meant for."""
        where = as_shown(self.path)
        try:
            programs = load(self.path, where)
        except KdmaError as error:
            _Session.result.add([error.finding])
            raise self.CollectError(_text([error.finding])) from error
        for program in programs:
            number = len(_Session.result.programs) + 1
            _Session.result.programs[number] = program
            for environment in filter(_is_chosen, ENVIRONMENTS):
                reason = program.why_not_in(environment)
                if not reason:
                    yield ProgramItem.make(self, program, number, environment)
                else:
                    _Session.result.elsewhere.append((program.name, environment.name, reason))


class _Nothing(pytest.Collector):
    """Keeps pytest from importing a file of programs as a test module."""

    def collect(self) -> list[pytest.Item]:
        """Nothing."""
        return []


class ProgramItem(pytest.Item):
    """One program in one environment."""

    program: Program
    number: int
    environment: Environment

    @classmethod
    def make(
        cls, parent: ProgramFile, program: Program, number: int, environment: Environment
    ) -> ProgramItem:
        """An item; pytest wants it made this way."""
        item: ProgramItem = cls.from_parent(parent, name=f"{program.name}[{environment.name}]")
        item.program, item.number, item.environment = program, number, environment
        return item

    def runtest(self) -> None:
        """Fails with what was found in the replies that came for this program."""
        fault = self.session.stash[FAULTS].get(self.environment.name)
        if fault is not None:
            raise ProgramFailedError([fault])
        judgement = self.session.stash[JUDGES].judgement(self.environment, self.number)
        result = _Session.result
        result.outcomes.append(
            ProgramOutcome(self.program, self.number, self.environment, judgement)
        )
        result.operations += judgement.operations
        result.comparisons += judgement.comparisons
        result.add(judgement.findings)
        if judgement.findings:
            raise ProgramFailedError(judgement.findings)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """The findings as people read them; no Python traceback."""
        if isinstance(excinfo.value, ProgramFailedError):
            return _text(excinfo.value.findings)
        return str(super().repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the program is written."""
        line = int(self.program.where.rpartition(":")[2])
        return self.path, line - 1, self.name


def _text(findings: Sequence[Finding]) -> str:
    lines = []
    for finding in findings:
        lines += [
            f"{finding.finding_class.value} {finding.fingerprint}: {finding.title}",
            f"  where:    {finding.where}",
            f"  expected: {finding.expected}",
            f"  actual:   {finding.actual}",
            f"  next:     {finding.next}",
            f"  replay:   {finding.replay}",
        ]
    return "\n".join(lines)


def _is_program_file(path: Path) -> bool:
    return path.suffix == ".py" and path.parent.name == "behaviour" and path.name[0] not in "_."


def _is_chosen(environment: Environment) -> bool:
    runner = _Session.runner
    return runner is None or environment.name in {e.name for e in runner.environments}


def pytest_configure(config: pytest.Config) -> None:
    """Takes a -k that is no expression for a part of a sentence."""
    keyword: str = config.option.keyword
    config.stash[LITERAL] = ""
    if not keyword:
        return
    try:
        Expression.compile(keyword)
    except SyntaxError:
        config.stash[LITERAL] = keyword.lower()
        config.option.keyword = ""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Files of tests/behaviour/ hold programs."""
    if _is_program_file(file_path):
        file: ProgramFile = ProgramFile.from_parent(parent, path=file_path)
        return file
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> pytest.Collector | None:
    """They are no test modules, even when one is named on the command line."""
    if _is_program_file(module_path):
        nothing: _Nothing = _Nothing.from_parent(parent, name=module_path.name)
        return nothing
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out environments and programs that were not chosen.

    A literal -k chooses by a part of the name.
    """
    literal = config.stash[LITERAL]
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        chosen = (
            not isinstance(item, ProgramItem)
            or not _Session.only
            or item.program.name in _Session.only
        )
        (kept if chosen and literal in item.name.lower() else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Runs all guests before the first item."""
    items = [item for item in session.items if isinstance(item, ProgramItem)]
    session.stash[FAULTS] = faults = {}
    broken = session.testsfailed and not session.config.option.continue_on_collection_errors
    if session.config.option.collectonly or broken or not items:
        return
    runner = _Session.runner
    if runner is None:
        raise pytest.UsageError("programs run in a guest: start them with make check")
    selected: dict[str, list[tuple[int, Program]]] = {}
    for item in items:
        selected.setdefault(item.environment.name, []).append((item.number, item.program))
        _Session.result.planned.append((item.number, item.environment.name))
    drivers = list(runner.drivers)
    judges = Judges(_Session.result.programs, drivers, _Session.replay)
    session.stash[JUDGES] = judges
    lock = threading.Lock()

    def run(environment: Environment) -> None:
        assert runner is not None
        programs = selected[environment.name]
        try:
            replies = runner.run(environment, programs, drivers)
        except KdmaError as error:
            with lock:
                faults[environment.name] = error.finding
                _Session.result.add([error.finding])
        else:
            judges.submit(environment, [number for number, _ in programs], replies)

    chosen = [e for e in ENVIRONMENTS if e.name in selected]
    with ThreadPoolExecutor(max_workers=max(1, runner.parallel)) as pool:
        try:
            # Results are asked for, so that a fault in a thread is not lost.
            list(pool.map(run, chosen))
        except BaseException:
            # The pool waits for its threads, and those for their guests.
            pool.shutdown(wait=False, cancel_futures=True)
            runner.stop()
            raise


def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """Reports a program. It has nothing to set up, to capture or to tear down, for
    which pytest takes longer than all judging.
    """
    if not isinstance(item, ProgramItem):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    call = pytest.CallInfo.from_call(
        item.runtest, "call", reraise=(KeyboardInterrupt, pytest.exit.Exception)
    )
    report = pytest.TestReport.from_item_and_call(item, call)
    item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What was planned and not judged is a fault of ours, unless -x asked for it."""
    if JUDGES in session.stash:
        session.stash[JUDGES].close()
    judged = {(o.number, o.environment.name) for o in _Session.result.outcomes}
    faults = session.stash.get(FAULTS, {})
    missing = [
        (number, name)
        for number, name in _Session.result.planned
        if (number, name) not in judged and name not in faults
    ]
    if missing and not session.shouldstop and not session.shouldfail:
        number, name = missing[0]
        _Session.result.add(
            [
                Finding(
                    FindingClass.HARNESS,
                    "a planned program was not judged",
                    f"'{_Session.result.programs[number].name}' [{name}]",
                    f"{len(_Session.result.planned)} programs judged",
                    f"{len(missing)} were not",
                    "this is a fault of kdma; run it again with V=1",
                    ("plan", "not judged"),
                )
            ]
        )
