# SPDX-License-Identifier: GPL-2.0
"""BTF of both versions, as bpftool dumps it, compared as text."""

from __future__ import annotations

import re
from pathlib import Path

from kdma.findings import KdmaError
from kdma.mutants.peers import tools
from kdma.mutants.peers.c_side import Compares, Library, first_difference


def _version() -> str:
    pahole, bpftool = tools.debian("pahole"), tools.debian("bpftool")
    if not pahole or not bpftool:
        return ""
    told = pahole.call(["--version"]).stdout.strip().removeprefix("v")
    return f"pahole {told}, bpftool {tools.first_number(bpftool.call(['version']).stdout)}"


def _dump(of: Library) -> str:
    path = Path(f"{of.object}.btf")
    kept = path.with_suffix(".txt")
    if kept.is_file():
        return kept.read_text()
    done = tools.debian("pahole").call(
        ["-J", "--btf_gen_floats", f"--btf_encode_detached={path}", str(of.object)]
    )
    if done.returncode or not path.is_file():
        raise KdmaError("pahole fails", actual=(done.stderr or done.stdout)[-300:])
    done = tools.debian("bpftool").call(["btf", "dump", "file", str(path)])
    if done.returncode:
        raise KdmaError("bpftool fails", actual=(done.stderr or done.stdout)[-300:])
    text = _named(done.stdout)
    kept.write_text(text)
    return text


def _named(raw: str) -> str:
    """With names for the numbers of types, one block for each, sorted."""
    names = {}
    for number, kind, name in re.findall(r"^\[(\d+)\] (\w+) '([^']*)'", raw, re.MULTILINE):
        names[number] = f"{kind} {name}"

    def name_of(match: re.Match[str]) -> str:
        return f"{match[1]}={names.get(match[2], 'void')}"

    named = re.sub(r"(type_id)=(\d+)", name_of, raw)
    blocks = re.split(r"^\[\d+\] ", named, flags=re.MULTILINE)
    # What has no name stands where it is used; a pointer by what it points to.
    return "\n".join(sorted(blocks))


def _differs(before: Library, after: Library) -> str:
    return first_difference(_dump(before), _dump(after))


PEERS = (
    Compares(
        "BTF diff",
        "pahole -J, then bpftool btf dump file, and the texts compared with names for the numbers "
        "of types",
        0.05,
        _version,
        _differs,
    ),
)
