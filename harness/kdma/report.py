# SPDX-License-Identifier: GPL-2.0
"""The end of a run: table, findings, what was not checked, verdict.

Writes out/report.json (report.schema.json), the same for people, and what
formats/ makes of it for forges. The text has no colours unless it goes to a
terminal.
"""

from __future__ import annotations

import datetime
import errno
import json
import os
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from kdma import acceptances, formats
from kdma.acceptances import Acceptance
from kdma.files import write_atomically
from kdma.findings import (
    COULD_NOT_CHECK,
    Finding,
    FindingClass,
    Unchecked,
    Verdict,
    verdict_of,
)

#: More findings than this are counted, not printed; report.json has them all.
SHOWN = 20


@dataclass
class Report:
    """What a run knows at its end. Filled stage by stage, so that a run that
    ends early reports what it had.
    """

    kernel_name: str = ""
    kernel_release: str = ""
    kernel_origin: str = ""
    kernel_identity: str = ""
    accelerator: str = ""
    qemu: str = ""
    drivers: list[str] = field(default_factory=list)
    environments: list[str] = field(default_factory=list)
    programs: int = 0
    operations: int = 0
    comparisons: int = 0
    #: driver -> environment -> (judged, with findings)
    matrix: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)
    #: Findings that somebody accepted; they do not count for the verdict.
    accepted: list[tuple[Finding, Acceptance]] = field(default_factory=list)
    #: What is there and nobody tests or wraps yet. Notes, no part of the verdict.
    not_covered: list[str] = field(default_factory=list)
    #: What the driver upstream has no words for, each with its number of programs.
    inexpressible: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    #: Nothing that differs from run to run may stand in what is written.
    deterministic: bool = False
    #: How the run was narrowed, such as "-k coherent"; None for a full run.
    filtered: str | None = None

    def add(self, findings: list[Finding]) -> None:
        """Adds findings; one that is already there counts once."""
        known = {finding.fingerprint for finding in self.findings}
        for finding in findings:
            if finding.fingerprint not in known:
                known.add(finding.fingerprint)
                self.findings.append(finding)

    def apply(self, accepted: Mapping[str, Acceptance], today: datetime.date) -> None:
        """Sets accepted findings apart. For the end of a run, when all findings are known."""
        looked_everywhere = verdict_of(
            [], self.all_unchecked, self.comparisons
        ) is Verdict.CLEAN and not any(f.finding_class in COULD_NOT_CHECK for f in self.findings)
        applied = acceptances.apply(
            self.findings,
            accepted,
            today=today,
            full=looked_everywhere,
            kernel=self.kernel_kind,
        )
        self.findings, self.accepted = applied.findings, applied.accepted

    @property
    def kernel_kind(self) -> str:
        """What an acceptance calls this run's kernel."""
        return acceptances.kernel_kind(self.kernel_release, self.kernel_origin)

    @property
    def all_unchecked(self) -> list[Unchecked]:
        """What was not checked; the selection counts: outside it nobody looked."""
        outside = [Unchecked("everything outside the selection", self.filtered or "")]
        return [*self.unchecked, *(outside if self.filtered is not None else [])]

    @property
    def verdict(self) -> Verdict:
        """A filtered run that found nothing is unchecked: it did not look everywhere."""
        return verdict_of(self.findings, self.all_unchecked, self.comparisons)

    def as_dict(self) -> dict[str, Any]:
        """As in report.schema.json."""
        return {
            "schema": 1,
            "verdict": self.verdict.value,
            "kernel": {
                "identity": self.kernel_identity,
                "name": self.kernel_name,
                "origin": self.kernel_origin,
                "release": self.kernel_release,
            },
            "accelerator": self.accelerator,
            "qemu": self.qemu,
            "drivers": self.drivers,
            "environments": self.environments,
            "filtered": self.filtered,
            "programs": self.programs,
            "operations": self.operations,
            "comparisons": self.comparisons,
            "matrix": {
                driver: {
                    environment: {"judged": judged, "findings": bad}
                    for environment, (judged, bad) in row.items()
                }
                for driver, row in self.matrix.items()
            },
            "findings": [finding.as_dict() for finding in self.findings],
            "accepted": [
                {**finding.as_dict(), "acceptance": acceptance.as_dict()}
                for finding, acceptance in self.accepted
            ],
            "inexpressible": self.inexpressible,
            "not_covered": sorted(self.not_covered),
            "unchecked": [
                {"what": u.what, "reason": u.reason, "explained": u.explained}
                for u in self.unchecked
            ],
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
        }


def write_json(report: Report, path: Path) -> None:
    """Writes report.json by rename, so that nobody reads half of one."""
    write_atomically(path, json.dumps(report.as_dict(), indent=1) + "\n")


def _wrapped(label: str, text: str, width: int) -> str:
    indent = " " * 12
    return textwrap.fill(
        text or "-",
        width=max(width, 40),
        initial_indent=f"  {label:<10}",
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _listed(text: str, width: int) -> str:
    return textwrap.fill(
        text, width=max(width, 40), initial_indent="  - ", subsequent_indent="    "
    )


def _accepted_text(finding: Finding, acceptance: Acceptance) -> str:
    until = f" until {acceptance.until.isoformat()}" if acceptance.until else ""
    return (
        f"{finding.fingerprint} {finding.finding_class.value}: {finding.title} "
        f"({acceptance.owner}{until}: {acceptance.reason})"
    )


def _table(report: Report) -> list[str]:
    """Drivers by environments: programs judged, and how many have findings."""
    if not report.matrix:
        return []
    cells = [["", *report.environments]]
    for driver in report.drivers:
        row = [driver]
        for environment in report.environments:
            judged, bad = report.matrix.get(driver, {}).get(environment, (0, 0))
            row.append(f"{judged}" if not bad else f"{judged} ({bad} wrong)")
        cells.append(row)
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = []
    for row in cells:
        first, *rest = (text.rjust(w) for text, w in zip(row, widths, strict=True))
        lines.append("  " + "  ".join([first.strip().ljust(widths[0]), *rest]))
    return ["programs judged, by driver and environment:", *lines]


def _seconds(report: Report) -> str:
    return ", ".join(f"{name} {value:.1f}" for name, value in report.seconds.items())


def verdict_line(report: Report) -> str:
    """The last line of the report."""
    verdict = report.verdict
    if verdict is Verdict.CLEAN:
        accepted = f", {len(report.accepted)} accepted" if report.accepted else ""
        return (
            f"verdict: clean - {report.programs} programs, {len(report.drivers)} drivers, "
            f"{len(report.environments)} environments, {report.comparisons} comparisons{accepted}"
        )
    if verdict is Verdict.FINDINGS:
        count = len(report.findings)
        return f"verdict: findings - {count} finding{'' if count == 1 else 's'}"
    if report.filtered is not None and not report.findings:
        return f"verdict: unchecked - the run was filtered ({report.filtered})"
    return "verdict: unchecked - see above for what kept us from checking"


def render(report: Report, width: int = 100) -> str:
    """The whole report as text, with the verdict as its last line."""
    lines: list[str] = []
    if report.kernel_name:
        lines.append(f"kernel       {report.kernel_name} ({report.kernel_origin})")
    if report.accelerator:
        lines.append(f"accelerator  {report.accelerator}, QEMU {report.qemu}")
    lines.append(
        f"programs     {report.programs}, {report.operations} operations, "
        f"{report.comparisons} comparisons"
    )
    if report.seconds:
        lines.append(_wrapped("seconds", _seconds(report), width).lstrip().replace("\n  ", "\n   "))
    lines += ["", *_table(report)] if report.matrix else []
    if report.findings:
        lines.append("")
    for number, finding in enumerate(report.findings[:SHOWN], start=1):
        lines.append(f"{number}. {finding.finding_class.value}: {finding.title}")
        for label, text in (
            ("where", finding.where),
            ("expected", finding.expected),
            ("actual", finding.actual),
            ("next", finding.next),
        ):
            if text:
                lines.append(_wrapped(label, text, width))
        if finding.replay:
            # On one line, however long: it is there to be copied.
            lines.append(f"  replay    {finding.replay}")
        lines.append(_wrapped("id", finding.fingerprint, width))
        if finding.accept_command:
            lines.append(f"  accept    {finding.accept_command}")
    if len(report.findings) > SHOWN:
        lines.append(f"... and {len(report.findings) - SHOWN} more in report.json")
    if report.accepted:
        lines += ["", "accepted:"]
        lines += [_listed(_accepted_text(*each), width) for each in report.accepted]
    if report.inexpressible:
        lines += ["", "upstream's Rust cannot express (such programs are not run by it):"]
        lines += [_listed(line, width) for line in report.inexpressible]
    if report.not_covered:
        lines += ["", "not covered:"]
        lines += [_listed(note, width) for note in sorted(report.not_covered)]
    if report.unchecked:
        lines += ["", "not checked:"]
        lines += [
            _listed(
                f"{entry.what}: {entry.reason}" + ("" if entry.explained else " (not explained)"),
                width,
            )
            for entry in report.unchecked
        ]
    if report.filtered is not None:
        lines += ["", f"This run was filtered ({report.filtered}). It is not a full verdict."]
    lines += ["", verdict_line(report)]
    return "\n".join(lines) + "\n"


def publish(report: Report, folder: Path, stream: TextIO | None = None) -> None:
    """Writes report.json and report.txt under `folder` and prints the text.

    A report that cannot be written is a finding in the one that is printed.
    """
    stream = stream or sys.stdout
    try:
        write_json(report, folder / "report.json")
        write_atomically(folder / "report.txt", render(report))
        formats.write(report, folder)
    except OSError as error:
        full = error.errno == errno.ENOSPC
        report.add(
            [
                Finding(
                    FindingClass.HARNESS,
                    "the disk is full" if full else "the report cannot be written",
                    str(folder),
                    "report.json",
                    error.strerror or str(error),
                    "free some space, or put the output elsewhere: KDMA_OUT=path",
                    ("report", "not written"),
                )
            ]
        )
    try:
        # A deterministic report is report.txt, whatever the terminal.
        fits = stream.isatty() and not report.deterministic
        width = min(os.get_terminal_size(stream.fileno()).columns, 120) if fits else 100
    except OSError:
        width = 100
    stream.write(render(report, width))
    stream.flush()
