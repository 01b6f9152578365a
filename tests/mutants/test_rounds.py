# SPDX-License-Identifier: GPL-2.0
"""Many faults to a guest: what one did to it is not another's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kdma import environments, vm
from kdma.findings import Finding, FindingClass
from kdma.mutants import rounds
from kdma.mutants.guests import Switched
from kdma.mutants.model import Fault, Outcome, State
from kdma.mutants.rounds import _Case, _Round, _Worker

DIVERGENCE = (FindingClass.DIVERGENCE,)
WRONG = Finding(FindingClass.DIVERGENCE, "kdma_x: wrong", "x.py:1", "", "", "", ("kdma_x",))
FAULT = Fault("c-api", "dropped", "kdma_x", "x.c:1", "a", "b", classes=DIVERGENCE)
HARMLESS = Fault("c-api", "respelled", "kdma_x", "x.c:2", "a", "c", harmless=True)


class Guests:
    """Guests that a fault breaks for what runs after it, and that do not show it at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, harmless_is_wrong: bool, lost: bool):
        self.broken = False
        self.number = 0
        self.booted = 0
        self.harmless_is_wrong = harmless_is_wrong
        self.lost = lost
        monkeypatch.setattr(vm, "run", self.run)
        monkeypatch.setattr(_Worker, "_switch", lambda _, __, number: self.switch(number))
        monkeypatch.setattr(_Worker, "_run", lambda worker, _, n: self.programs(worker, n))
        monkeypatch.setattr(_Worker, "_is_clean", lambda *_: True)

    def run(self, *_: Any, session: Any, **__: Any) -> SimpleNamespace:
        self.broken = False
        self.booted += 1
        assert self.booted < 9
        problems = []
        try:
            session(None)
        except vm.Enough:
            pass
        except vm.Lost:
            problems.append(WRONG)
        return SimpleNamespace(problems=problems, console=Path("console"))

    def switch(self, number: int) -> None:
        self.number = number

    def programs(
        self, worker: _Worker, numbers: Sequence[int]
    ) -> Iterator[tuple[int, list[Finding]]]:
        for number in numbers:
            worker._running = vm.PlannedRun(number + 1, vm.Driver.C, "a program", b"")
            wrong = self.number == 1 or self.broken or self.harmless_is_wrong
            if wrong and self.number != 1 and self.lost:
                raise vm.Lost("nothing came")
            self.broken |= self.number == 1
            yield number, [WRONG] if wrong else []


@pytest.mark.parametrize("lost", [False, True], ids=["a finding", "a lost guest"])
@pytest.mark.parametrize("wrong", [False, True], ids=["harmless", "not harmless"])
def test_a_harmless_edit_is_asked_again_in_a_guest_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wrong: bool, lost: bool
) -> None:
    guests = Guests(monkeypatch, wrong, lost)
    under: Any = SimpleNamespace(
        machine=None,
        image=None,
        output=tmp_path,
        findings=lambda _, __, found: found,
        tells=lambda *_: None,
    )
    monkeypatch.setattr(rounds, "jobs", lambda: 0)
    harmless = _Case(HARMLESS, Switched(2, frozenset()), numbers=[4])
    # In each environment: what was asked again before has no other chance less.
    for number, name in enumerate(("direct", "swiotlb"), start=1):
        round_ = _Round(under, environments.find(name))
        round_.todo.extend([_Case(FAULT, Switched(1, frozenset()), numbers=[4]), harmless])
        told: dict[Fault, Outcome] = {each.fault: each for each in round_.run()}
        assert told[FAULT].state is State.KILLED
        assert guests.booted == 2 * number
        assert (HARMLESS in told) is wrong
        if wrong:
            assert told[HARMLESS].state is State.ALARM
        assert (name, 4) in harmless.ran
