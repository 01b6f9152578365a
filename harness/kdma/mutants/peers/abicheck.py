# SPDX-License-Identifier: GPL-2.0
"""abicheck: two builds of a library with their public headers."""

from __future__ import annotations

import re

from kdma.findings import KdmaError
from kdma.mutants.peers import tools
from kdma.mutants.peers.c_side import NO_KERNEL, Compares, Library

#: Its exit codes: no break, a break of the API, a break of the ABI.
_CODES = {0, 2, 4}


def _version() -> str:
    tool = tools.python("abicheck")
    return tools.first_number(tool.call(["--version"]).stdout) if tool else ""


def _differs(before: Library, after: Library) -> str:
    done = tools.python("abicheck").call(
        ["compare", str(before.shared), str(after.shared), "--lang", "c", "--header",
         f"old={before.header}", "--header", f"new={after.header}"],
    )  # fmt: skip
    if done.returncode not in _CODES:
        raise KdmaError("abicheck fails", actual=(done.stderr or done.stdout)[-300:])
    if not done.returncode:
        return ""
    told = re.search(r"^- (.*)$", done.stdout, re.MULTILINE)
    return told[1] if told else f"exit code {done.returncode}"


PEERS = (
    Compares(
        "abicheck",
        "abicheck compare OLD NEW --header old= --header new= --lang c, with castxml and -g; "
        "exit codes 2 and 4 count (its README: one-liner with a header for each version)",
        1.1,
        _version,
        _differs,
        {**NO_KERNEL, "kernel": "it wants a library with its headers, not the kernel's"},
    ),
)
