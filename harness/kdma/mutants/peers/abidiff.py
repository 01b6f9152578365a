# SPDX-License-Identifier: GPL-2.0
"""abidiff of libabigail: two builds of a library, by their debug information."""

from __future__ import annotations

from kdma.findings import KdmaError
from kdma.mutants.peers import tools
from kdma.mutants.peers.c_side import Compares, Library

#: Bits of its exit code, as its manual has them: an error, wrong use, a change.
_ERROR, _USAGE, _CHANGE = 1, 2, 4


def _version() -> str:
    tool = tools.debian("abidiff")
    return tools.first_number(tool.call(["--version"]).stdout) if tool else ""


def _differs(before: Library, after: Library) -> str:
    headers = ["--headers-dir1", str(before.folder), "--headers-dir2", str(after.folder)]
    # Of the kernel's headers all that is mentioned counts.
    own = headers if before.shared.suffix == ".so" else []
    done = tools.debian("abidiff").call(
        [*own, "--no-added-syms", "--no-show-locs", str(before.shared), str(after.shared)]
    )
    if done.returncode & (_ERROR | _USAGE) or done.returncode < 0:
        raise KdmaError("abidiff fails", actual=(done.stderr or done.stdout)[-300:])
    if not done.returncode & _CHANGE:
        return ""
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("[")), lines[-1] if lines else "changed")


PEERS = (
    Compares(
        "abidiff",
        "abidiff --headers-dir1 --headers-dir2 --no-added-syms OLD NEW, with -g -Og; a change "
        "that it tells counts, compatible or not (its manual, RETURN VALUES)",
        0.1,
        _version,
        _differs,
    ),
)
