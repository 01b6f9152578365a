# SPDX-License-Identifier: GPL-2.0
"""Where things are: the project's own folders and the user's cache."""

from __future__ import annotations

import os
from pathlib import Path

#: The checkout this package belongs to.
PROJECT = Path(__file__).resolve().parents[2]


def cache_root() -> Path:
    """The user's cache for kdma.

    KDMA_CACHE names another one; otherwise it is kdma under XDG_CACHE_HOME,
    or ~/.cache/kdma.
    """
    chosen = os.environ.get("KDMA_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "kdma"


def as_shown(path: Path) -> str:
    """`path` as a report names it: the same wherever the results are put.

    Under $KDMA_OUT if that names another folder for them, seen from the
    checkout if it is in there.
    """
    if os.environ.get("KDMA_OUT") and path.is_relative_to(output_root()):
        return f"$KDMA_OUT/{path.relative_to(output_root())}"
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else str(path)


def output_root() -> Path:
    """Reports, consoles and traces of the last run: out/, or KDMA_OUT."""
    chosen = os.environ.get("KDMA_OUT")
    return Path(chosen).expanduser().absolute() if chosen else PROJECT / "out"
