# SPDX-License-Identifier: GPL-2.0
"""Reports of every kind, for the tests of what is made of them."""

from __future__ import annotations

import datetime

from kdma.acceptances import Acceptance
from kdma.findings import Finding, FindingClass, Unchecked
from kdma.report import Report

TODAY = datetime.date(2026, 11, 24)

DIVERGENCE = Finding(
    FindingClass.DIVERGENCE,
    "drivers disagree, 100% # of them: bytes\nin memory",
    "tests/behaviour/sync.py:107, 'moves 3 bytes', operation 6",
    "no byte differs",
    "3 bytes differ: \x00\x1b",
    "look at kdma_sync_single_range_for_cpu",
    ("sync", "native,c"),
)
SPLAT = Finding(
    FindingClass.KERNEL_SPLAT, "a warning", "direct", "none", "WARNING: <x>", "", ("end", "log")
)
TOOL = Finding(FindingClass.TOOLCHAIN, "no rustc", "PATH", "rustc", "none", "make setup", ("r",))


def report(*findings: Finding, unchecked: tuple[Unchecked, ...] = (), **more: object) -> Report:
    """A report of a run on a kernel that was built from a version's source package."""
    made = Report(
        kernel_name="7.3.4",
        kernel_release="7.3.4",
        kernel_origin="version",
        drivers=["native", "c"],
        environments=["direct"],
        programs=3,
        operations=9,
        comparisons=6,
        matrix={"native": {"direct": (3, 0)}, "c": {"direct": (3, 0)}},
        unchecked=list(unchecked),
    )
    for name, value in more.items():
        assert hasattr(made, name)
        setattr(made, name, value)
    made.add(list(findings))
    return made


def acceptance(
    finding: Finding, until: datetime.date | None = None, kernel: str = ""
) -> Acceptance:
    """An acceptance of `finding`."""
    return Acceptance(
        finding.fingerprint,
        finding.finding_class,
        finding.title,
        "A Maintainer <a@example.org>",
        'known: "quoted" \\ and ü',
        TODAY,
        until,
        kernel,
    )


def accepted(finding: Finding, *others: Finding) -> Report:
    """A report in which `finding` is accepted and `others` are not."""
    made = report(finding, *others)
    made.apply({finding.fingerprint: acceptance(finding)}, TODAY)
    return made


EVERY_KIND = {
    "clean": report(),
    "clean, something explained": report(
        unchecked=(Unchecked("dma-debug", "no such thing", True),)
    ),
    "clean, accepted": accepted(DIVERGENCE),
    "findings": report(DIVERGENCE, SPLAT, unchecked=(Unchecked("dma-debug", "none", True),)),
    "findings and accepted": accepted(DIVERGENCE, SPLAT),
    "unchecked: tool": report(TOOL),
    "unchecked: something": report(unchecked=(Unchecked("driver rust", "lost #7"),)),
    "unchecked: accepted": accepted(DIVERGENCE, TOOL),
    "unchecked: filtered": report(filtered="ENVS=direct"),
    "unchecked: nothing": report(comparisons=0, matrix={}),
    "unchecked: nothing judged": report(comparisons=0, matrix={"c": {"direct": (0, 0)}}),
}
