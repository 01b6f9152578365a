# SPDX-License-Identifier: GPL-2.0
"""The stage "drift": do the surfaces still say what the baselines say? Needs no VM.

A list of parts. Each takes what it needs and returns findings, what it could
not check, and notes about what nobody covers yet. None writes a baseline.
"""

from __future__ import annotations

from pathlib import Path

from kdma import abi_baseline, kernel_baseline, three_way
from kdma.findings import Finding, KdmaError, Unchecked
from kdma.kernel import Kernel


def check(
    kernel: Kernel, module: Path | None = None
) -> tuple[list[Finding], list[Unchecked], list[str]]:
    """All parts for `kernel`; `module` is the built kdma.ko, if there is one.

    A surface or a baseline that cannot be read is a finding, and the other
    parts go on.
    """
    findings: list[Finding] = []
    unchecked: list[Unchecked] = []
    notes: list[str] = []
    for part in (abi_baseline.check, kernel_baseline.check, three_way.check):
        try:
            found, left, said = part(kernel, module)
        except KdmaError as error:
            # Two parts may trip over one file.
            if error.finding.fingerprint not in {one.fingerprint for one in findings}:
                findings.append(error.finding)
            continue
        findings += found
        unchecked += left
        notes += said
    return findings, unchecked, notes
