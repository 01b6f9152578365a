# SPDX-License-Identifier: GPL-2.0
"""What the corpora and the history scored, in the summary at the end of a run of pytest.

A plugin: a test module that scores names it in `pytest_plugins`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest


@dataclass
class Row:
    """The edits of one corpus: how many there were and how many were told."""

    faults: int = 0
    told: int = 0
    harmless: int = 0
    alarms: int = 0


@dataclass
class Figures:
    """What is printed at the end."""

    rows: dict[str, Row] = field(default_factory=dict)
    #: Whole lines, below the table.
    lines: list[str] = field(default_factory=list)

    def of(self, corpus: str) -> Row:
        """The row of a corpus."""
        return self.rows.setdefault(corpus, Row())

    def table(self) -> list[str]:
        """The corpora, a row each, and all of them."""
        rows = sorted(self.rows.items())
        numbers = [(r.faults, r.told, r.harmless, r.alarms) for _, r in rows]
        rows.append(("all", Row(*map(sum, zip(*numbers, strict=True)))))
        lines = [f"{'edits made on purpose':<44} {'faults':>6} {'told':>6} {'harmless':>8} alarms"]
        for name, row in rows:
            told = f"{row.faults:>6} {row.told:>6} {row.harmless:>8} {row.alarms:>6}"
            lines.append(f"{name:<44} {told}")
        return lines


_FIGURES = pytest.StashKey[Figures]()


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where a test puts what it scored."""
    return request.config.stash.setdefault(_FIGURES, Figures())


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Prints it where the run's result stands."""
    made = config.stash.get(_FIGURES, Figures())
    lines = [*(made.table() if made.rows else []), *made.lines]
    if lines:
        terminalreporter.section("what drift detection finds")
        for line in lines:
            terminalreporter.line(line)
