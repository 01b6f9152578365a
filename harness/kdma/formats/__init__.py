# SPDX-License-Identifier: GPL-2.0
"""The report in the formats that forges and kernel tools read.

All of them are written on every run. None of them looks like a pass unless the
verdict is clean: what could not be checked is an error in each.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from kdma.files import write_atomically
from kdma.formats import forge, junit, ktap, sarif

if TYPE_CHECKING:
    from kdma.report import Report

#: The files that write() writes.
NAMES = (
    "annotations-github.txt",
    "code-quality-gitlab.json",
    "junit.xml",
    "report.ktap",
    "report.sarif",
)


def _json(data: object) -> str:
    return json.dumps(data, indent=1, sort_keys=True) + "\n"


def write(report: Report, folder: Path) -> None:
    """Writes all formats into `folder`.

    pytest's junit.xml, where there is one, is taken over. OSError if the
    files cannot be written.
    """
    programs = folder / "junit.xml"
    texts = {
        "annotations-github.txt": forge.github(report),
        "code-quality-gitlab.json": _json(forge.gitlab(report)),
        "junit.xml": junit.text(report, programs.read_bytes() if programs.exists() else None),
        "report.ktap": ktap.text(report),
        "report.sarif": _json(sarif.log(report)),
    }
    for name in NAMES:
        write_atomically(folder / name, texts[name])
