# SPDX-License-Identifier: GPL-2.0
"""abi-compliance-checker, on dumps that abi-dumper makes of debug information."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from kdma.findings import KdmaError
from kdma.mutants.peers import tools
from kdma.mutants.peers.c_side import Compares, Library


def _version() -> str:
    tool, dumper = tools.debian("abi-compliance-checker"), tools.debian("abi-dumper")
    if not tool or not dumper:
        return ""
    return tools.first_number(tool.call(["-dumpversion"]).stdout)


def _dump(of: Library, version: str) -> Path:
    path = of.folder / f"{version}.dump"
    if not path.is_file():
        done = tools.debian("abi-dumper").call(
            [str(of.shared), "-o", str(path), "-lver", version, "-public-headers", str(of.folder)],
            cwd=of.folder,
        )
        if done.returncode or not path.is_file():
            raise KdmaError("abi-dumper fails", actual=(done.stderr or done.stdout)[-300:])
    return path


#: Comparing takes a second or two, or has no end.
_LIMIT = 20.0


def _compared(old: Path, new: Path) -> str:
    with TemporaryDirectory(prefix="kdma-mutants-") as work:
        done = tools.debian("abi-compliance-checker").call(
            ["-l", "kdma", "-old", str(old), "-new", str(new), "-report-path", f"{work}/r.html"],
            cwd=Path(work),
            timeout=_LIMIT,
        )
    if done.returncode not in (0, 1):
        raise KdmaError("abi-compliance-checker fails", actual=(done.stderr or done.stdout)[-300:])
    told = re.findall(
        r"^(?:Binary compatibility|Total binary.*|Total source.*):? .*$",
        done.stdout,
        re.MULTILINE,
    )
    return "; ".join(told) if done.returncode else ""


_UNCHANGED: dict[Path, KdmaError | None] = {}


def _differs(before: Library, after: Library) -> str:
    old = _dump(before, "1")
    if before.folder not in _UNCHANGED:
        # Where it has no end with a header as it is, it is not asked for each fault again.
        try:
            _compared(old, _dump(before, "2"))
            _UNCHANGED[before.folder] = None
        except KdmaError as error:
            _UNCHANGED[before.folder] = error
    failure = _UNCHANGED[before.folder]
    if failure is not None:
        raise failure
    return _compared(old, _dump(after, "2"))


PEERS = (
    Compares(
        "abi-compliance-checker",
        "abi-dumper LIBRARY -public-headers, then abi-compliance-checker -old -new, with -g -Og; "
        "exit code 1 counts (its README, usage with ABI Dumper)",
        0.8,
        _version,
        _differs,
        {"kernel": "it wants the vmlinux of both versions"},
    ),
)
