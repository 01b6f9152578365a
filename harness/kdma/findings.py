# SPDX-License-Identifier: GPL-2.0
"""Findings, what could not be checked, and the verdict they add up to."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class FindingClass(StrEnum):
    """What kind of thing is wrong. Sorted by value."""

    ABI_DRIFT = "abi-drift"
    ACCEPTANCE = "acceptance"
    API_DRIFT = "api-drift"
    BINDING_DRIFT = "binding-drift"
    DIVERGENCE = "divergence"
    HARNESS = "harness"
    KERNEL_SPLAT = "kernel-splat"
    TOOLCHAIN = "toolchain"


class Verdict(StrEnum):
    """The answer of a run. `exit_code` is what the kdma command returns."""

    CLEAN = "clean"
    FINDINGS = "findings"
    UNCHECKED = "unchecked"

    @property
    def exit_code(self) -> int:
        """0 clean, 1 findings, 2 unchecked."""
        return {Verdict.CLEAN: 0, Verdict.FINDINGS: 1, Verdict.UNCHECKED: 2}[self]


@dataclass(frozen=True)
class Finding:
    """One thing wrong: what happened, where, both sides' values, what to do next.

    `replay` is the command that runs just this again; empty where no guest is
    needed to see it.
    """

    finding_class: FindingClass
    title: str
    where: str
    expected: str
    actual: str
    next: str
    identity: tuple[str, ...] = field(default=())
    replay: str = ""

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that stay the same when lines move or values change.

        Made of the class and `identity` (program, operation, driver pair,
        function); of the title and place where a finding has no identity.
        """
        parts = (self.finding_class.value, *(self.identity or (self.title, self.where)))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]

    @property
    def accept_command(self) -> str:
        """What accepts this finding; empty where it cannot be accepted."""
        if self.finding_class not in ACCEPTABLE:
            return ""
        return f'make accept FINDING={self.fingerprint} REASON="..."'

    def message(self) -> str:
        """For a terminal, when this is all there is to say."""
        lines = [f"kdma: {self.title}"]
        for label in ("where", "expected", "actual", "next", "replay"):
            if text := str(getattr(self, label)):
                lines.append(f"  {label:<9} {text}".replace("\n", "\n            "))
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """As in report.json."""
        data = asdict(self)
        del data["identity"], data["finding_class"]
        return {"fingerprint": self.fingerprint, "class": self.finding_class.value, **data}


@dataclass(frozen=True)
class Unchecked:
    """Something that was planned or could be expected, and was not checked.

    `explained` is true where the reason is a property of the chosen kernel or
    machine that the documentation names (no dma-debug in a distribution's
    kernel); such an entry does not stand in the way of `clean`.
    """

    what: str
    reason: str
    explained: bool = False


class KdmaError(Exception):
    """A fault for people: what, where, what to do next. Never a traceback.

    Ends the stage it is raised in. `finding_class` says whose fault it is;
    TOOLCHAIN and HARNESS faults make the verdict `unchecked`, all others are
    findings about the code under test.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        expected: str = "",
        actual: str = "",
        next: str = "",
        finding_class: FindingClass = FindingClass.TOOLCHAIN,
        identity: tuple[str, ...] = (),
    ) -> None:
        super().__init__(what)
        self.finding = Finding(finding_class, what, where, expected, actual, next, identity)


#: Classes that say "we could not check", as against "we checked and it is wrong".
COULD_NOT_CHECK = frozenset({FindingClass.HARNESS, FindingClass.TOOLCHAIN})
#: Classes about the code under test. Only these can be accepted.
ACCEPTABLE = frozenset(FindingClass) - COULD_NOT_CHECK - {FindingClass.ACCEPTANCE}


def verdict_of(findings: list[Finding], unchecked: list[Unchecked], checked: int) -> Verdict:
    """The verdict of a run that made `checked` comparisons.

    Findings about the code under test win. After that anything that kept us
    from checking, a plan that was not met, or nothing checked at all makes the
    run `unchecked`. Only what is left is clean.
    """
    if any(f.finding_class not in COULD_NOT_CHECK for f in findings):
        return Verdict.FINDINGS
    if findings or checked == 0 or any(not u.explained for u in unchecked):
        return Verdict.UNCHECKED
    return Verdict.CLEAN
