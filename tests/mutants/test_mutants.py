# SPDX-License-Identifier: GPL-2.0
"""Keys, samples, and going on after an interruption."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kdma.findings import Finding, FindingClass, KdmaError
from kdma.mutants import edits, run
from kdma.mutants.edits import Edit
from kdma.mutants.model import Fault, Outcome, Stage, State, outcome

FAULT = Fault("header", "removed", "kdma_x", "kdma.h:3", "int kdma_x(void);", "",
              classes=(FindingClass.BINDING_DRIFT,))  # fmt: skip


def _finding(name: str, of: FindingClass = FindingClass.BINDING_DRIFT) -> Finding:
    return Finding(of, f"{name}: wrong", "x.rs:1", "", "", "", ("bindings", name))


def test_a_key_does_not_move_with_lines() -> None:
    assert replace(FAULT, place="kdma.h:99").key == FAULT.key
    assert replace(FAULT, after="x").key != FAULT.key


@pytest.mark.parametrize(
    ("findings", "state"),
    [
        ([], State.SURVIVED),
        ([_finding("kdma_x")], State.KILLED),
        ([_finding("kdma_xy")], State.HALF),
        ([_finding("kdma_x", FindingClass.HARNESS)], State.HALF),
        ([_finding("kdma_x"), _finding("kdma_y")], State.HALF),
    ],
)
def test_a_kill_has_the_right_class_and_name(findings: list[Finding], state: State) -> None:
    assert outcome(FAULT, findings, Stage.STATIC, 0.0, ()).state is state


def test_a_finding_about_a_harmless_edit_is_an_alarm() -> None:
    harmless = replace(FAULT, harmless=True)
    assert outcome(harmless, [], Stage.STATIC, 0.0).state is State.QUIET
    assert outcome(harmless, [_finding("kdma_x")], Stage.STATIC, 0.0).state is State.ALARM


def test_a_sample_is_the_same_each_time_and_has_all_operators() -> None:
    faults = [replace(FAULT, operator=f"operator {n % 7}", name=f"f{n}") for n in range(70)]
    chosen = run.sample(faults, "10%", [])
    assert chosen == run.sample(faults[::-1], "0.1", [])
    assert len(chosen) == 7 and len({each.operator for each in chosen}) == 7


@pytest.mark.parametrize("text", ["", "2", "0", "150%", "ten", "-1s"])
def test_a_sample_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(KdmaError):
        run.sample([FAULT], text, [])


def test_an_outcome_is_believed_on_its_basis_only(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.jsonl"
    memory = run.Memory(path)
    memory.add(Outcome(FAULT, State.KILLED, Stage.STATIC, "binding-drift", "x", 1.0), "now")
    path.write_text(path.read_text() + '{"cut off')
    again = run.Memory(path)
    found = again.get(FAULT, "now")
    assert found is not None and found.state is State.KILLED
    assert again.get(FAULT, "later") is None
    assert again.get(replace(FAULT, after="x"), "now") is None


def test_edits_that_overlap_are_refused() -> None:
    one, two = Edit("x", "a", ((0, 3, "A"),)), Edit("x", "b", ((2, 4, "B"),))
    assert edits.applied("abcdef", [one]) == "Adef"
    with pytest.raises(ValueError, match="overlap"):
        edits.applied("abcdef", [one, two])


def test_a_stray_finding_has_the_faults_judged_one_by_one() -> None:
    own = {name: Edit("x", name, ((n, n + 1, "x"),)) for n, name in enumerate("ac")}
    faults = [replace(FAULT, name=name, data=own[name]) for name in own]
    asked: list[int] = []

    def judge(batch: object) -> list[Finding]:
        assert isinstance(batch, list)
        asked.append(len(batch))
        return [_finding("b")] if any(f.name == "a" for f in batch) else []

    told = list(edits.together(faults, judge, lambda f: f.data, Stage.STATIC))
    assert asked == [2, 1, 1]
    assert [each.state for each in told] == [State.HALF, State.SURVIVED]
