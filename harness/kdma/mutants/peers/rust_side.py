# SPDX-License-Identifier: GPL-2.0
"""The committed bindings, changed or not, as rustc and tools for Rust want them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from kdma import toolchain
from kdma.findings import KdmaError
from kdma.mutants.model import Changed, Session
from kdma.mutants.peers import c_side
from kdma.mutants.peers.c_side import NO_KERNEL, EachOnce, Library
from kdma.paths import PROJECT
from kdma.three_way import BOUNDARIES, KDMA, PROGRAM, Boundary


@dataclass(frozen=True)
class Sides:
    """Both sides of a boundary with a fault: the library, and the text of each bindings."""

    boundary: Boundary
    library: Library
    rust: Mapping[Boundary, str]


def committed() -> dict[Boundary, str]:
    """The bindings as committed."""
    return {one: (PROJECT / one.bindings).read_text() for one in BOUNDARIES}


def sides(changed: Changed, session: Session) -> Sides:
    """Both with a fault. KdmaError where C does not compile with it."""
    work = c_side.work_of(session)
    rust = committed()
    for one in BOUNDARIES:
        if one.bindings in changed.texts:
            rust[one] = changed.texts[one.bindings]
            return Sides(one, c_side.library(one, c_side.original(one), (), work), rust)
    for one in BOUNDARIES:
        if one.header in changed.texts or any(f.startswith(one.objects) for f in changed.files):
            return Sides(one, c_side.pair(changed, session)[1], rust)
    raise KdmaError("a fault in neither", where=", ".join(changed.texts))


def rustc(arguments: Sequence[str], cwd: Path, edition: str = "2024", timeout: float = 120) -> str:
    """What rustc objects to; empty: nothing."""
    done = subprocess.run(
        [toolchain.rustc(), f"--edition={edition}", "-Awarnings", *arguments],
        cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout,
        check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stderr.splitlines() if line.startswith("error")]
    return lines[0] if lines else done.stderr.strip()[-200:] or f"exit code {done.returncode}"


def plain(text: str) -> str:
    """Bindings without attributes and comments of their file, to stand in a module."""
    return "\n".join(line for line in text.splitlines() if not line.startswith(("#![", "//!")))


def one_crate(side: Sides) -> str:
    """The bindings of a boundary as one crate by themselves."""
    if side.boundary is not PROGRAM:
        return side.rust[KDMA]
    return f"{side.rust[PROGRAM]}\npub mod kdma_sys {{\n{plain(side.rust[KDMA])}\n}}\n"


class Builds(EachOnce):
    """A peer that builds both sides and sees whether that works. `tells` says what does not."""

    kind_cannot = NO_KERNEL
    compiler = "the C compiler"

    def question(self, changed: Changed, session: Session) -> tuple[Hashable, Callable[[], str]]:
        """Both sides with the fault."""
        side = sides(changed, session)

        def ask() -> str:
            try:
                with TemporaryDirectory(prefix="kdma-mutants-") as work:
                    return self.tells(side, Path(work), session)
            except subprocess.TimeoutExpired as error:
                raise KdmaError(str(error)) from None

        return (side.library.folder, one_crate(side)), ask
