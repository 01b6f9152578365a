# SPDX-License-Identifier: GPL-2.0
"""Annotations for forges: GitHub's workflow commands, GitLab's code quality report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kdma.findings import FindingClass, Verdict
from kdma.formats.entries import NO_PLACE, Entry, State, entries

if TYPE_CHECKING:
    from kdma.report import Report


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def github(report: Report) -> str:
    """Workflow commands, one a line. A step prints the file; GitHub shows them.

    Unless the verdict is clean, the last line is an error that says so.
    """
    lines = []
    for entry in entries(report):
        level = "error" if entry.state.is_bad else "notice"
        place = f"file={_property(entry.place[0])},line={entry.place[1]}," if entry.place else ""
        accepted = "accepted: " if entry.state is State.ACCEPTED else ""
        title = _property(f"{accepted}{entry.rule} {entry.fingerprint}")
        lines.append(f"::{level} {place}title={title}::{_data(entry.text)}")
    verdict = report.verdict
    level = "notice" if verdict is Verdict.CLEAN else "error"
    lines.append(f"::{level} title=kdma::verdict%3A {verdict.value}")
    return "\n".join(lines) + "\n"


def _severity(entry: Entry) -> str:
    if not entry.state.is_bad:
        return "info"
    if entry.state is State.UNCHECKED:
        return "blocker"
    return "critical" if entry.rule == FindingClass.KERNEL_SPLAT else "major"


def gitlab(report: Report) -> list[dict[str, Any]]:
    """GitLab's code quality report. What could not be checked is a blocker."""
    found = []
    for entry in entries(report):
        path, line = entry.place or NO_PLACE
        found.append(
            {
                "description": entry.text,
                "check_name": entry.rule,
                "fingerprint": entry.fingerprint,
                "severity": _severity(entry),
                "location": {"path": path, "lines": {"begin": line}},
            }
        )
    return found
