# SPDX-License-Identifier: GPL-2.0
"""The end of a run: table, findings, what was not checked, verdict.

Writes out/report.json (report.schema.json) and the same for people. The text
has no colours unless it goes to a terminal.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import tempfile
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from kdma.findings import Finding, FindingClass, Unchecked, Verdict, verdict_of

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
    #: What exists and nobody wraps or tests. For people; no part of the verdict.
    not_covered: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    #: How the run was narrowed, such as "-k coherent"; None for a full run.
    filtered: str | None = None

    def add(self, findings: list[Finding]) -> None:
        """Adds findings; one that is already there counts once."""
        known = {finding.fingerprint for finding in self.findings}
        for finding in findings:
            if finding.fingerprint not in known:
                known.add(finding.fingerprint)
                self.findings.append(finding)

    @property
    def verdict(self) -> Verdict:
        """A filtered run that found nothing is unchecked: it did not look everywhere."""
        unchecked = list(self.unchecked)
        if self.filtered is not None:
            unchecked.append(Unchecked("everything outside the selection", self.filtered))
        return verdict_of(self.findings, unchecked, self.comparisons)

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
            "unchecked": [
                {"what": u.what, "reason": u.reason, "explained": u.explained}
                for u in self.unchecked
            ],
            "not_covered": self.not_covered,
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
        }


def write_json(report: Report, path: Path) -> None:
    """Writes report.json by rename, so that nobody reads half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=path.name, delete=False, encoding="utf-8"
    ) as file:
        json.dump(report.as_dict(), file, indent=1)
        file.write("\n")
    Path(file.name).chmod(0o644)
    os.replace(file.name, path)


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


def _verdict_line(report: Report) -> str:
    verdict = report.verdict
    if verdict is Verdict.CLEAN:
        return (
            f"verdict: clean - {report.programs} programs, {len(report.drivers)} drivers, "
            f"{len(report.environments)} environments, {report.comparisons} comparisons"
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
        lines.append(_wrapped("id", finding.fingerprint, width))
    if len(report.findings) > SHOWN:
        lines.append(f"... and {len(report.findings) - SHOWN} more in report.json")
    if report.unchecked:
        lines += ["", "not checked:"]
        lines += [
            textwrap.fill(
                f"{entry.what}: {entry.reason}" + ("" if entry.explained else " (not explained)"),
                width=max(width, 40),
                initial_indent="  - ",
                subsequent_indent="    ",
            )
            for entry in report.unchecked
        ]
    if report.not_covered:
        lines += ["", "not covered:"]
        lines += [
            textwrap.fill(note, max(width, 40), initial_indent="  - ", subsequent_indent="    ")
            for note in report.not_covered
        ]
    if report.filtered is not None:
        lines += ["", f"This run was filtered ({report.filtered}). It is not a full verdict."]
    lines += ["", _verdict_line(report)]
    return "\n".join(lines) + "\n"


def publish(report: Report, folder: Path, stream: TextIO | None = None) -> None:
    """Writes report.json and report.txt under `folder` and prints the text.

    A report that cannot be written is a finding in the one that is printed.
    """
    stream = stream or sys.stdout
    try:
        write_json(report, folder / "report.json")
        (folder / "report.txt").write_text(render(report))
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
        width = min(os.get_terminal_size(stream.fileno()).columns, 120) if stream.isatty() else 100
    except OSError:
        width = 100
    stream.write(render(report, width))
    stream.flush()
