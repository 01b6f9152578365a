# SPDX-License-Identifier: GPL-2.0
"""Which of the kernel's DMA functions are reached, by what, and why the others are not.

The kernel's side is a surface (the committed baseline of a version), ours are
the sources of c-api, the safe Rust layer, the programs and upstream's table:
nothing here is written down by hand but the reasons in c-api/exceptions.toml.
"""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kdma import surface
from kdma.findings import FindingClass, KdmaError
from kdma.header_text import without_comments
from kdma.kernel import DOCUMENTED
from kdma.operations import operations
from kdma.paths import PROJECT
from kdma.programs import Program, load_all
from kdma.surface import Kind, Surface

EXCEPTIONS = PROJECT / "c-api/exceptions.toml"
DOCUMENT = PROJECT / "docs/coverage.md"

_DEFINITION = re.compile(
    r"^[A-Za-z][^;{}=#]*?\b(\w+)\([^;{}]*\)\n\{(.*?)^\}", re.MULTILINE | re.DOTALL
)
_WORD = re.compile(r"\w+")
#: What serves the DMA API's users: dma-mapping.h, dma-direction.h, dmapool.h and
#: the parts of scatterlist.h that are about DMA addresses.
_IN_SCOPE = re.compile(r"dma|DMA")
#: Layers below, which drivers do not call (iommu-dma.h).
_BELOW = re.compile(r"^iommu_dma_|^use_dma_iommu$|^LINUX_DMAPOOL_H$")


@dataclass(frozen=True)
class Covered:
    """One function or function-like macro of the kernel, and who reaches it.

    `linkage`: symbol, inline or macro. `wraps`: what a macro comes to, where it
    is nothing but a call of a function that is reached. `reason`: why nothing
    reaches it. One of `by`, `wraps` and `reason` is given unless it is a gap.
    """

    name: str
    linkage: str
    by: tuple[str, ...] = ()
    wraps: str = ""
    reason: str = ""
    programs: int = 0
    safe_rust: bool = False
    upstream: str = ""

    @property
    def is_gap(self) -> bool:
        """Nobody reaches it, or no program does, and no reason is given."""
        return not (self.reason or self.wraps or (self.by and self.programs))


def calls(sources: Iterable[Path]) -> dict[str, frozenset[str]]:
    """Each kdma_ function, and every word of its body and of the local functions it uses."""
    bodies: dict[str, set[str]] = {}
    for source in sorted(sources):
        text = without_comments(source.read_text(errors="replace"))
        for name, body in _DEFINITION.findall(text):
            bodies.setdefault(name, set()).update(_WORD.findall(body))

    def reach(name: str, above: tuple[str, ...]) -> set[str]:
        found: set[str] = set()
        for word in bodies[name]:
            if word in bodies and word not in (*above, name):
                found |= reach(word, (*above, name))
            found.add(word)
        return found

    return {name: frozenset(reach(name, ())) for name in sorted(bodies) if name.startswith("kdma_")}


def read_exceptions(path: Path = EXCEPTIONS) -> list[tuple[str, str]]:
    """Patterns of names (as in a shell) with the reason of each. KdmaError if malformed."""
    try:
        table = tomllib.loads(path.read_text())
        rows = [
            (str(name), str(row["reason"])) for row in table["exception"] for name in row["names"]
        ]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise KdmaError(
            f"the list of exceptions cannot be read: {error}",
            where=str(path),
            expected='[[exception]] with names = [...] and reason = "..."',
            actual="something else",
            next="correct it",
            finding_class=FindingClass.HARNESS,
        ) from None
    return rows


def _upstream_words() -> Mapping[str, str]:
    """What upstream's Rust has for an operation, by the operation's name."""
    table = tomllib.loads((PROJECT / "kmod/upstream.toml").read_text())
    return {name: str(row["call"]) for name, row in table.get("expressible", {}).items()}


def cover(
    kernel: Surface,
    reached: Mapping[str, frozenset[str]],
    programs: Sequence[Program],
    exceptions: Sequence[tuple[str, str]],
    safe_rust: str,
    upstream: Mapping[str, str],
) -> tuple[list[Covered], list[str]]:
    """Every driver-facing function with who reaches it; and exceptions that match nothing.

    `safe_rust`: the text of the safe layer.
    """
    runs: dict[str, set[str]] = {}
    words: dict[str, str] = {}
    for operation in operations():
        runs.setdefault(operation.function, set())
        if operation.name in upstream:
            words[operation.function] = upstream[operation.name]
    for program in programs:
        for step in program.steps:
            runs[step.operation.function].add(program.name)
    in_rust = set(_WORD.findall(safe_rust))
    members = {
        member.name: member
        for member in kernel
        if member.kind is Kind.FUNCTION
        and _IN_SCOPE.search(member.name)
        and not _BELOW.search(member.name)
    }
    by = {
        name: tuple(ours for ours, said in reached.items() if name in said and ours in runs)
        for name in members
    }
    stale = {pattern for pattern, _ in exceptions}
    made = []
    for name, member in sorted(members.items()):
        wraps = ""
        call = re.match(r"(\w+)\(", member.fact("text"))
        if not by[name] and call and by.get(call[1]):
            wraps = member.fact("text")
        reason = ""
        if not by[name]:
            for pattern, why in exceptions:
                if fnmatch.fnmatchcase(name, pattern):
                    stale.discard(pattern)
                    reason = reason or why
        made.append(
            Covered(
                name,
                member.fact("linkage") or "macro",
                by[name],
                wraps,
                reason,
                len(set().union(*(runs[ours] for ours in by[name]))),
                bool(by[name]) and all(ours in in_rust for ours in by[name]),
                next((words[ours] for ours in by[name] if ours in words), ""),
            )
        )
    return made, sorted(stale)


def of_version(version: str = DOCUMENTED) -> tuple[list[Covered], list[str]]:
    """Coverage of a version that has a baseline. KdmaError if it has none."""
    path = PROJECT / f"c-api/baseline/kernel-{version}.surface"
    if not path.is_file():
        known = sorted(p.stem.partition("-")[2] for p in path.parent.glob("kernel-*.surface"))
        raise KdmaError(
            "there is no baseline of that kernel's DMA API",
            where=str(path.parent),
            expected=", ".join(known),
            actual=version,
            next="name one of these versions",
            finding_class=FindingClass.TOOLCHAIN,
        )
    sources = (PROJECT / "rust-bindings/kdma/src").glob("*.rs")
    return cover(
        surface.parse(path.read_text(), str(path)),
        calls((PROJECT / "c-api").glob("*.c")),
        load_all(),
        read_exceptions(),
        "\n".join(source.read_text() for source in sorted(sources)),
        _upstream_words(),
    )


def markdown(rows: Sequence[Covered], version: str) -> str:
    """The table for people."""
    reached = [row for row in rows if row.by]
    wrapping = [row for row in rows if row.wraps]
    left = [row for row in rows if not row.by and not row.wraps]
    lines = [
        "# Coverage",
        "",
        "Generated by `./kdma generate`; a test holds it to the sources. For another version that",
        "has a baseline, `./kdma coverage --kernel 6.12` prints it.",
        "",
        f"The driver-facing functions and function-like macros of Linux {version}'s dma-mapping.h,",
        "dma-direction.h, dmapool.h and of scatterlist.h as far as it is about DMA addresses:",
        f"{len(rows)} in all, {len(reached)} reached from C and Rust, {len(wrapping)} that are",
        f"another name for one of these, {len(left)} left out with a reason.",
        "",
        "## Reached",
        "",
        "*Programs*: how many of tests/behaviour call it. *Safe Rust*: the safe layer has it (the",
        "driver rust-sys calls all). *Upstream*: what the kernel's own Rust has for it.",
        "",
        "| kernel | is a | through | programs | safe Rust | upstream |",
        "|---|---|---|---|---|---|",
        *(
            f"| `{row.name}` | {row.linkage} | {', '.join(f'`{one}`' for one in row.by)} "
            f"| {row.programs} | {'yes' if row.safe_rust else 'no'} "
            f"| {f'`{row.upstream}`' if row.upstream else '-'} |"
            for row in reached
        ),
        "",
        "## Another name for what is reached",
        "",
        "| kernel | comes to |",
        "|---|---|",
        *(f"| `{row.name}` | `{row.wraps}` |" for row in wrapping),
        "",
        "## Left out",
        "",
        "| kernel | is a | reason |",
        "|---|---|---|",
        *(f"| `{row.name}` | {row.linkage} | {row.reason or '**none**'} |" for row in left),
    ]
    return "\n".join(lines) + "\n"
