# SPDX-License-Identifier: GPL-2.0
"""The committed bindings, changed or not, as rustc and tools for Rust want them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from kdma import progress, toolchain
from kdma.findings import KdmaError
from kdma.mutants.model import Changed, Fault, PeerOutcome, Session, Stopwatch
from kdma.mutants.peers import c_side
from kdma.mutants.peers.c_side import BEHIND, NO_KERNEL, Library
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


@dataclass
class Builds:
    """A peer that builds both sides and sees whether that works. `objects` says what does not."""

    name: str
    usage: str
    seconds_each: float
    asked: Callable[[], str]
    objects: Callable[[Sides, Path, Session], str]
    cannot: Mapping[str, str] = field(default_factory=dict)
    _known: str | None = None

    def version(self) -> str:
        """What the tool says of itself; empty: not installed. Asked once."""
        if self._known is None:
            try:
                self._known = self.asked()
            except KdmaError as error:
                # What kdma itself found out is not lost for it.
                progress.say(f"{self.name} is left out: {error.finding.title}")
                self._known = ""
        return self._known

    def refuses(self, layer: str) -> str:
        """Why it cannot be applied to a layer; empty: it can."""
        return {**BEHIND, **NO_KERNEL, **self.cannot}.get(layer, "")

    def judge(
        self, faults: Sequence[tuple[Fault, Changed]], session: Session
    ) -> Iterator[PeerOutcome]:
        """One outcome for each of `faults`, as they come."""
        known: dict[tuple[Path, str], str | KdmaError] = {}
        for fault, changed in faults:
            watch = Stopwatch()
            try:
                side = sides(changed, session)
            except KdmaError as error:
                said = f"the C compiler refuses it: {error.finding.actual.strip()[-120:]}"
                yield PeerOutcome(fault, True, said, watch.share())
                continue
            where = side.library.folder, one_crate(side)
            if where not in known:
                try:
                    with TemporaryDirectory(prefix="kdma-mutants-") as work:
                        known[where] = self.objects(side, Path(work), session)
                except (KdmaError, subprocess.TimeoutExpired) as error:
                    known[where] = error if isinstance(error, KdmaError) else KdmaError(str(error))
            told = known[where]
            if isinstance(told, KdmaError):
                said = f"{told.finding.title}: {told.finding.actual}"[:300]
                yield PeerOutcome(fault, False, said, watch.share(), failed=True)
            else:
                yield PeerOutcome(fault, bool(told), told[:300], watch.share())
