# SPDX-License-Identifier: GPL-2.0
"""What became of all faults: text, report.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdma.files import write_atomically
from kdma.mutants.model import Outcome, State


@dataclass(frozen=True)
class Report:
    """Outcomes of a run. `generated`: how many faults there are, by layer."""

    kernel: str
    generated: Mapping[str, int]
    outcomes: Sequence[Outcome]
    whole: bool = False
    sample: str = ""

    def of(self, *states: State) -> list[Outcome]:
        """The outcomes in these states."""
        return [each for each in self.outcomes if each.state in states]

    def exit_code(self) -> int:
        """0: all that is not equivalent is killed, and no alarm; 1: not so; 2: not checked."""
        if self.of(State.SURVIVED, State.HALF, State.ALARM):
            return 1
        return 2 if self.of(State.UNCHECKED) or not self.outcomes else 0

    def as_dict(self) -> dict[str, Any]:
        """As in report.json."""
        return {
            "format": 1,
            "kernel": self.kernel,
            "whole": self.whole,
            "sample": self.sample,
            "generated": dict(self.generated),
            "outcomes": [each.as_dict() for each in self.outcomes],
        }


def render(report: Report) -> str:
    """For a terminal."""
    lines = []
    for layer in sorted(report.generated):
        mine = [each for each in report.outcomes if each.fault.layer == layer]
        counts = {state: sum(each.state is state for each in mine) for state in State}
        told = ", ".join(f"{count} {state.value}" for state, count in counts.items() if count)
        lines.append(f"{layer:<12} {len(mine)} of {report.generated[layer]}: {told or 'none'}")
    for each in report.of(State.SURVIVED, State.HALF, State.ALARM, State.UNCHECKED):
        lines.append(f"{each.state}: {each.fault.operator} {each.fault.name} ({each.fault.place})")
        lines.append(f"  {each.title or each.rule or 'no finding'}")
        lines.append(f"  replay: {each.fault.replay}")
    return "\n".join(lines) + "\n"


def publish(report: Report, folder: Path, *, explain: bool = False) -> None:
    """Prints the report and writes report.json."""
    write_atomically(folder / "report.json", json.dumps(report.as_dict(), indent=1) + "\n")
    if explain:
        for each in report.outcomes:
            print(f"{each.fault.place}\n- {each.fault.before}\n+ {each.fault.after}")
    print(render(report), end="")
