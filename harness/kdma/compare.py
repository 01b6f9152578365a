# SPDX-License-Identifier: GPL-2.0
"""The three-way comparison: expected result, native driver, each other driver."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reply:
    """What the guest gave for one program in one driver.

    `readings` are counters of oracles, read before and after the run
    (`swiotlb_used.before`); a kernel without the oracle leaves them out.
    `log` are the kernel's log lines of that run.
    """

    trace: bytes
    readings: dict[str, int] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
