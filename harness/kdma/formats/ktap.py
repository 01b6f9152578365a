# SPDX-License-Identifier: GPL-2.0
"""KTAP version 1, as in the kernel's Documentation/dev-tools/ktap.rst."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kdma.findings import Verdict
from kdma.formats.entries import Entry, State, entries

if TYPE_CHECKING:
    from kdma.report import Report


def _words(text: str) -> str:
    """A description: one line, without the sign that begins a directive."""
    return " ".join(text.replace("#", "").split())


def _line(good: bool, number: int, what: str, directive: str = "") -> str:
    state = "ok" if good else "not ok"
    return f"{state} {number} {_words(what)}" + (f" # {directive}" if directive else "")


def _of_entry(number: int, entry: Entry) -> list[str]:
    reason = _words(entry.reason)
    what = f"{entry.rule} {entry.fingerprint} {entry.title}"
    lines = [f"# {line}" for line in entry.detail.splitlines()]
    if entry.state is State.ACCEPTED:
        return [*lines, _line(False, number, what, f"XFAIL accepted by {reason}")]
    if entry.state is State.NOTE:
        return [_line(True, number, what, f"SKIP {reason}")]
    if entry.state is State.UNCHECKED:
        return [*lines, _line(False, number, what, f"ERROR {reason or 'could not check'}")]
    return [*lines, _line(False, number, what)]


def _programs(report: Report) -> tuple[bool, list[str]]:
    """One point for each driver in each environment."""
    points = [
        (f"{driver} in {environment}", judged, bad)
        for driver, row in report.matrix.items()
        for environment, (judged, bad) in row.items()
    ]
    lines = ["KTAP version 1", f"1..{len(points)}"]
    for number, (what, judged, bad) in enumerate(points, 1):
        if not judged:
            lines.append(_line(False, number, what, "ERROR no program was judged"))
            continue
        lines.append(f"# {judged} programs judged, {bad} with findings")
        lines.append(_line(not bad, number, what))
    return all(judged and not bad for _, judged, bad in points), [f"  {line}" for line in lines]


def text(report: Report) -> str:
    """The whole file. Its last point is the verdict: ok only if that is clean."""
    found: Sequence[Entry] = list(entries(report))
    lines: list[str] = []
    number = 0
    if report.matrix:
        number += 1
        good, points = _programs(report)
        lines += [*points, _line(good, number, "programs")]
    for entry in found:
        number += 1
        lines += _of_entry(number, entry)
    number += 1
    verdict = report.verdict
    lines.append(
        _line(
            verdict is Verdict.CLEAN,
            number,
            f"verdict {verdict.value}",
            "ERROR not everything was checked" if verdict is Verdict.UNCHECKED else "",
        )
    )
    return "\n".join(["KTAP version 1", f"1..{number}", *lines]) + "\n"
