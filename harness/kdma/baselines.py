# SPDX-License-Identifier: GPL-2.0
"""Who writes the committed baselines when `kdma accept ALL=1` takes findings over.

A stage that compares against a baseline adds its writer to WRITERS in
accept.py. `check` never calls one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdma.paths import PROJECT


@dataclass(frozen=True)
class Rewrite:
    """What a baseline becomes: the whole text of each file, by its full path.

    `explained` are the fingerprints of the findings that are gone with it;
    they need no acceptance.
    """

    files: Mapping[Path, str]
    explained: frozenset[str]


#: Gets the findings as in report.json, the folder of the last run's output, and the
#: project whose baselines they are. Returns what to write, and writes nothing itself.
#: KdmaError if it cannot say.
Writer = Callable[[Sequence[Mapping[str, Any]], Path, Path], Rewrite]


def rewrites(
    writers: Sequence[Writer],
    findings: Sequence[Mapping[str, Any]],
    output: Path,
    root: Path = PROJECT,
) -> list[Rewrite]:
    """What all writers say, those that have nothing to write left out.

    ValueError for a file outside of the project: a fault of the writer.
    """
    told = [one for writer in writers if (one := writer(findings, output, root)).files]
    for one in told:
        for path in one.files:
            if not path.resolve().is_relative_to(root.resolve()):
                raise ValueError(f"a baseline outside of the project: {path}")
    return told
