# SPDX-License-Identifier: GPL-2.0
"""The pytest plugin: collecting, selecting, booting once, judging."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from kdma import plugin
from kdma.compare import Reply
from kdma.environments import Environment, choose, find
from kdma.findings import FindingClass, KdmaError
from kdma.model import Fault, Machine
from kdma.paths import PROJECT
from kdma.plugin import BehaviourResult
from kdma.programs import ABI_VERSION, Program
from kdma.traces import Driver

pytest_plugins = ["pytester"]

PROGRAMS = """
from kdma.programs import ABI_VERSION, TO_DEVICE, Builder, program


@program("the version is {version}", version=[ABI_VERSION, 1000])
def version(p: Builder, version: int) -> None:
    p.abi_version().expect(version=version)


@program("a mapping comes and goes")
def mapping(p: Builder) -> None:
    p.unmap_single(p.map_single(p.buffer(64), size=64, direction=TO_DEVICE))


@program("something about the IOMMU")
def iommu(p: Builder) -> None:
    p.only_where(translates=True, reason="there is none")
    p.get_required_mask().same_as_native()
"""


@pytest.fixture(autouse=True)
def usual_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests count items, so that they say which environments there are."""
    monkeypatch.setattr(plugin, "ENVIRONMENTS", choose(["direct", "swiotlb", "iommu-strict"]))


class FakeRunner:
    """Plays the guests with the model and remembers how it was asked."""

    def __init__(
        self,
        environments: Sequence[str] = ("direct", "swiotlb"),
        fault: Fault | None = None,
        lose: tuple[str, Driver] | None = None,
        fail: str = "",
    ) -> None:
        self.environments = [find(name) for name in environments]
        self.drivers: Sequence[Driver] = tuple(Driver)
        self.parallel = 2
        self.fault = fault
        self.lose = lose
        self.fail = fail
        self.calls: list[tuple[str, list[str]]] = []
        self.stopped = threading.Event()
        self.together = threading.Barrier(2, timeout=20) if len(environments) > 1 else None

    def run(
        self,
        environment: Environment,
        programs: Sequence[tuple[int, Program]],
        drivers: Sequence[Driver],
    ) -> dict[tuple[int, Driver], Reply]:
        """One boot."""
        self.calls.append((environment.name, [program.name for _, program in programs]))
        if environment.name == self.fail:
            raise KdmaError("QEMU does not start", identity=("qemu", "broken"))
        machine = Machine(environment, fault=self.fault)
        return {
            (number, driver): reply
            for number, program in programs
            for driver, reply in machine.replies(program, number, tuple(drivers)).items()
            if (environment.name, driver) != self.lose
        }

    def stop(self) -> None:
        """Ends all boots."""
        self.stopped.set()


class Session:
    """Runs pytest with the plugin on a folder of programs."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.write("example", PROGRAMS)

    def write(self, name: str, text: str) -> None:
        """A file of programs."""
        file = Path(self.pytester.path) / "behaviour" / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)

    def run(
        self, runner: FakeRunner | None, *arguments: str
    ) -> tuple[pytest.RunResult, BehaviourResult]:
        """One pytest, in this process."""
        result = BehaviourResult()
        before = plugin._Session.runner, plugin._Session.result
        plugin._Session.runner, plugin._Session.result = runner, result
        try:
            outcome = self.pytester.runpytest_inprocess(
                "-p", "no:cacheprovider", *(arguments or ("behaviour",)), plugins=[plugin]
            )
        finally:
            plugin._Session.runner, plugin._Session.result = before
        return outcome, result


@pytest.fixture
def session(pytester: pytest.Pytester) -> Session:
    return Session(pytester)


def test_each_program_is_an_item_in_each_environment(session: Session) -> None:
    runner = FakeRunner([e.name for e in choose(())])
    outcome, _ = session.run(runner, "--collect-only", "-q", "behaviour")
    lines = [line for line in outcome.outlines if "::" in line]
    assert f"behaviour/example.py::the version is {ABI_VERSION}[direct]" in lines
    assert "behaviour/example.py::a mapping comes and goes[iommu-strict]" in lines
    assert "behaviour/example.py::something about the IOMMU[iommu-strict]" in lines
    assert len(lines) == 3 * 3 + 1
    assert not runner.calls


def test_each_environment_boots_once_with_all_its_programs(session: Session) -> None:
    runner = FakeRunner()
    outcome, result = session.run(runner, "-k", "mapping or 1000 or IOMMU", "behaviour")
    names = ["the version is 1000", "a mapping comes and goes"]
    assert sorted(runner.calls) == [("direct", names), ("swiotlb", names)]
    outcome.assert_outcomes(passed=2, failed=2, deselected=2)
    assert sorted(result.planned) == [(2, "direct"), (2, "swiotlb"), (3, "direct"), (3, "swiotlb")]
    assert len(result.outcomes) == 4
    assert result.operations == 4 * (1 + 1 + 2 + 2)
    assert result.comparisons > result.operations
    assert ("something about the IOMMU", "direct", "there is none") in result.elsewhere


def test_environments_run_side_by_side(session: Session) -> None:
    class Meeting(FakeRunner):
        def run(
            self,
            environment: Environment,
            programs: Sequence[tuple[int, Program]],
            drivers: Sequence[Driver],
        ) -> dict[tuple[int, Driver], Reply]:
            assert self.together is not None
            self.together.wait()
            return super().run(environment, programs, drivers)

    outcome, _ = session.run(Meeting(), "-k", "mapping", "behaviour")
    outcome.assert_outcomes(passed=2, deselected=4)


def test_a_failure_is_told_as_a_finding_without_a_traceback(session: Session) -> None:
    outcome, result = session.run(FakeRunner(["direct"]))
    outcome.assert_outcomes(passed=2, failed=1)
    text = outcome.stdout.str()
    assert "every driver, native included, differs from what the program expects" in text
    assert "next:     the kernel's behaviour changed" in text
    assert "Traceback" not in text
    assert "runtest" not in text
    assert len(result.findings) == 1
    assert [one.passed for one in result.outcomes] == [True, False, True]


@pytest.mark.parametrize("word", ["a mapping comes", "mapping comes and", "comes and goes[direct]"])
def test_a_part_of_a_sentence_selects(session: Session, word: str) -> None:
    outcome, result = session.run(FakeRunner(["direct"]), "-k", word, "behaviour")
    outcome.assert_outcomes(passed=1, deselected=2)
    assert result.planned == [(3, "direct")]


def test_a_node_id_selects(session: Session) -> None:
    outcome, _ = session.run(
        FakeRunner(), "behaviour/example.py::a mapping comes and goes[swiotlb]"
    )
    outcome.assert_outcomes(passed=1)


def test_a_file_named_on_the_command_line_is_no_test_module(session: Session) -> None:
    outcome, _ = session.run(FakeRunner(["direct"]), "-k", "mapping", "behaviour/example.py")
    outcome.assert_outcomes(passed=1, deselected=2)


def test_the_first_failure_can_end_it(session: Session) -> None:
    outcome, result = session.run(
        FakeRunner(["direct"], fault=Fault(Driver.C, result=lambda n, r: r)), "-x", "behaviour"
    )
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    assert len(result.outcomes) == 2
    assert not any(finding.identity == ("plan", "not judged") for finding in result.findings)


@pytest.mark.parametrize("arguments", [("-k", "nothing of the kind"), ("-k", "zebra")])
def test_an_empty_selection_is_not_clean(session: Session, arguments: tuple[str, ...]) -> None:
    runner = FakeRunner()
    outcome, result = session.run(runner, *arguments, "behaviour")
    assert outcome.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert not runner.calls
    assert result.comparisons == 0


def test_without_a_runner_nothing_runs(session: Session) -> None:
    outcome, result = session.run(None)
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    assert not result.outcomes


def test_a_lost_guest_is_one_finding_for_each_driver(session: Session) -> None:
    runner = FakeRunner(["direct"], lose=("direct", Driver.RUST))
    outcome, result = session.run(runner, "-k", "not 1000", "behaviour")
    outcome.assert_outcomes(failed=2, deselected=1)
    assert [finding.title for finding in result.findings] == ["no reply from driver rust"]
    assert "(and 1 more)" in result.findings[0].where
    assert result.findings[0].finding_class == FindingClass.HARNESS


def test_an_environment_that_does_not_start_is_one_finding(session: Session) -> None:
    runner = FakeRunner(fail="swiotlb")
    outcome, result = session.run(runner, "-k", "not 1000", "behaviour")
    outcome.assert_outcomes(passed=2, failed=2, deselected=2)
    assert [finding.title for finding in result.findings] == ["QEMU does not start"]


def test_a_wrong_file_is_a_finding_and_nothing_runs(session: Session) -> None:
    session.write("broken", "from kdma.programs import program\nprogram(\n")
    runner = FakeRunner()
    outcome, result = session.run(runner)
    assert outcome.ret == pytest.ExitCode.INTERRUPTED
    assert not runner.calls
    assert "a program is written wrongly" in result.findings[0].title


def test_a_fault_in_a_thread_is_not_lost(session: Session) -> None:
    class Broken(FakeRunner):
        def run(self, *_: object) -> dict[tuple[int, Driver], Reply]:
            raise ZeroDivisionError

    outcome, _ = session.run(Broken(["direct"]), "-k", "mapping", "behaviour")
    assert outcome.ret == pytest.ExitCode.INTERNAL_ERROR


def test_an_interrupt_ends_the_other_guests(session: Session) -> None:
    class Interrupted(FakeRunner):
        def run(
            self,
            environment: Environment,
            programs: Sequence[tuple[int, Program]],
            drivers: Sequence[Driver],
        ) -> dict[tuple[int, Driver], Reply]:
            assert self.together is not None
            self.together.wait()
            if environment.name == "direct":
                raise KeyboardInterrupt
            assert self.stopped.wait(20)
            return {}

    runner = Interrupted()
    # pytester passes an interrupt of the inner session on.
    with pytest.raises(KeyboardInterrupt):
        session.run(runner, "-k", "mapping", "behaviour")
    assert runner.stopped.is_set()


def test_the_project_has_its_programs(pytester: pytest.Pytester) -> None:
    result = BehaviourResult()
    before = plugin._Session.runner, plugin._Session.result
    plugin._Session.runner, plugin._Session.result = None, result
    try:
        outcome = pytester.runpytest_inprocess(
            *("-p", "no:cacheprovider", "--collect-only", "-q", "--rootdir", str(PROJECT)),
            str(PROJECT / "tests/behaviour"),
            plugins=[plugin],
        )
    finally:
        plugin._Session.runner, plugin._Session.result = before
    assert outcome.ret == 0
    assert len(result.programs) >= 80
    assert any("sync.py::" in line and line.endswith("[swiotlb]") for line in outcome.outlines)
