# SPDX-License-Identifier: GPL-2.0
"""genksyms: the kernel's own versions of exported symbols (CONFIG_MODVERSIONS)."""

from __future__ import annotations

import re
import shutil
from functools import lru_cache
from pathlib import Path

from kdma.findings import KdmaError
from kdma.kernel import KernelRequest
from kdma.mutants.model import Session
from kdma.mutants.peers import tools
from kdma.mutants.peers.c_side import Compares, Library, first_difference
from kdma.process import run


@lru_cache(maxsize=1)
def _tool() -> tools.Tool:
    return tools.genksyms(Session(KernelRequest(), Path()))


def _version() -> str:
    tool = _tool()
    if not tool:
        return ""
    told = tool.call(["-V"])
    return tools.first_number(told.stderr + told.stdout) or "of the kernel's headers"


def _versions(of: Library) -> str:
    """A line for each symbol with the checksum that genksyms gives it."""
    kept = of.folder / "versions.txt"
    if kept.is_file():
        return kept.read_text()
    source = of.source.read_text()
    names = re.findall(r"\b(kdma_\w+)\([^;]*\) \{", source)
    # As the kernel has called it since 6.3, and before.
    known = b"__GENKSYMS_EXPORT_SYMBOL" in Path(_tool().path).read_bytes()
    word = "__GENKSYMS_EXPORT_SYMBOL" if known else "EXPORT_SYMBOL"
    exports = "\n".join(f"{word}({name});" for name in names)
    text = run(["gcc", "-E", "-P", "-D__GENKSYMS__", "-ffreestanding", *of.flags, "-I.",
                "-x", "c", of.source.name], what="preprocessing", cwd=of.folder).stdout  # fmt: skip
    path = of.folder / "genksyms.i"
    path.write_text(f"{text}\n{exports}\n")
    shell = shutil.which("sh") or "/bin/sh"
    done = tools.Tool(shell, {}).call(["-c", f'"{_tool().path}" < "{path}"'])
    if done.returncode:
        raise KdmaError("genksyms fails", actual=done.stderr[-300:])
    told = "\n".join(sorted(re.findall(r"(?:#SYMVER|__crc_)\s*(.*)", done.stdout)))
    if names and not told:
        raise KdmaError("genksyms tells no version", actual=done.stderr[-300:])
    kept.write_text(told)
    return told


def _differs(before: Library, after: Library) -> str:
    return first_difference(_versions(before), _versions(after))


PEERS = (
    Compares(
        "genksyms",
        "gcc -E -D__GENKSYMS__ | genksyms, as kbuild does for each file with exports; another "
        "checksum of a symbol counts",
        0.05,
        _version,
        _differs,
        {"kernel": "the sources that export are not with the headers"},
    ),
)
