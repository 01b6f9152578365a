# SPDX-License-Identifier: GPL-2.0
"""A report as a list of entries: what every format says in its own words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from kdma.findings import COULD_NOT_CHECK, Finding, FindingClass, Unchecked
from kdma.paths import PROJECT

if TYPE_CHECKING:
    from kdma.report import Report

#: What a forge gets as a place where there is none in this repository: the
#: forges leave out entries without a place, and nothing may be left out.
NO_PLACE = ("kdma", 1)


class State(StrEnum):
    """What an entry means for the verdict."""

    ACCEPTED = "accepted"
    FINDING = "finding"
    NOTE = "note"
    UNCHECKED = "unchecked"

    @property
    def is_bad(self) -> bool:
        """Does it keep the verdict from being clean?"""
        return self in (State.FINDING, State.UNCHECKED)


@dataclass(frozen=True)
class Entry:
    """One finding, accepted finding, or thing that was not checked.

    `rule` is the class of a finding, or "unchecked". `place` is a file of this
    repository and a line from 1.
    """

    state: State
    rule: str
    title: str
    detail: str
    fingerprint: str
    place: tuple[str, int] | None
    reason: str = ""

    @property
    def text(self) -> str:
        """All of it."""
        return f"{self.title}\n{self.detail}" if self.detail else self.title


def place_of(where: str, root: Path = PROJECT) -> tuple[str, int] | None:
    """The file and line that `where` begins with, if this repository has that file."""
    match = re.match(r"([\w./+-]+)(?::(\d+))?(?=[:,\s]|$)", where)
    if match is None or Path(match[1]).is_absolute() or ".." in Path(match[1]).parts:
        return None
    if not (root / match[1]).is_file():
        return None
    return match[1], max(int(match[2] or 1), 1)


def _of_finding(finding: Finding, state: State, reason: str = "") -> Entry:
    labels = ("where", "expected", "actual", "next", "replay")
    lines = [f"{label}: {value}" for label in labels if (value := str(getattr(finding, label)))]
    if finding.accept_command and state is State.FINDING:
        lines.append(f"accept: {finding.accept_command}")
    return Entry(
        state,
        finding.finding_class.value,
        finding.title,
        "\n".join(lines),
        finding.fingerprint,
        place_of(finding.where),
        reason,
    )


def entries(report: Report) -> Iterator[Entry]:
    """All entries of a report, the worst first."""
    for finding in report.findings:
        could_not = finding.finding_class in COULD_NOT_CHECK
        yield _of_finding(finding, State.UNCHECKED if could_not else State.FINDING)
    unchecked = list(report.all_unchecked)
    if report.comparisons == 0:
        unchecked.append(Unchecked("everything", "nothing was compared"))
    for explained in (False, True):
        for one in unchecked:
            if one.explained is explained:
                yield Entry(
                    State.NOTE if explained else State.UNCHECKED,
                    "unchecked",
                    f"not checked: {one.what}",
                    f"reason: {one.reason}",
                    hashlib.sha256(f"unchecked\0{one.what}".encode()).hexdigest()[:12],
                    None,
                    one.reason,
                )
    for finding, acceptance in report.accepted:
        yield _of_finding(finding, State.ACCEPTED, f"{acceptance.owner}: {acceptance.reason}")


#: What each rule of the entries is about.
RULES = {
    FindingClass.ABI_DRIFT.value: "the C ABI, kdma.h, moved",
    FindingClass.ACCEPTANCE.value: "an acceptance has expired or matches nothing",
    FindingClass.API_DRIFT.value: "the kernel's DMA API moved",
    FindingClass.BINDING_DRIFT.value: "the Rust bindings do not say what kdma.h says",
    FindingClass.DIVERGENCE.value: "drivers disagree with each other or with what is expected",
    FindingClass.HARNESS.value: "a fault of kdma, or a guest that was lost",
    FindingClass.KERNEL_SPLAT.value: "the kernel complained and no program expected it",
    FindingClass.TOOLCHAIN.value: "something to install, or a broken tool",
    "unchecked": "something could not be checked",
}
