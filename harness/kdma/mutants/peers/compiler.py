# SPDX-License-Identifier: GPL-2.0
"""The C compiler alone. What it refuses no other tool gets to see, so all count it as caught."""

from __future__ import annotations

import subprocess

from kdma.mutants.peers import tools
from kdma.mutants.peers.c_side import Compares, Library


def _version() -> str:
    done = subprocess.run(["gcc", "-dumpfullversion"], capture_output=True, text=True, check=False)
    return tools.first_number(done.stdout)


def _differs(before: Library, after: Library) -> str:
    # That both compile is all there is to say.
    del before, after
    return ""


PEERS = (
    Compares(
        "C compiler",
        "the library that the header declares, compiled; only what it refuses counts",
        0.1,
        _version,
        _differs,
    ),
)
