# SPDX-License-Identifier: GPL-2.0
"""A header of ours, or the kernel's, as tools for C want it: a library with debug information.

Our headers get a library that defines what they declare, as who changes the
header changes the code behind it. Of the kernel's headers, where no vmlinux can
be built for each fault, a file that mentions all that they declare is compiled
under kbuild's flags. Everything is found by its content and made once.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import ClassVar

from kdma import header_surface, kernel_surface, progress, three_way
from kdma.cache import key
from kdma.findings import KdmaError
from kdma.mutants.model import Changed, Fault, PeerOutcome, Session, Stopwatch
from kdma.paths import PROJECT
from kdma.process import run
from kdma.surface import Kind, Surface
from kdma.three_way import BOUNDARIES, Boundary

#: Where faults are made that change no declaration.
BEHIND = {
    "behaviour": "no declaration changes, only what the kernel does",
    "c-api": "no declaration changes, only what c-api does",
    "rust": "no declaration changes, only what the safe layer does",
}
NO_RUST = {"bindings": "it does not read Rust"}
NO_KERNEL = {"kernel": "it has no part in how C calls the kernel"}


@dataclass(frozen=True)
class Library:
    """Headers in a folder, and what was compiled with them."""

    folder: Path
    header: Path
    object: Path
    shared: Path
    source: Path
    flags: tuple[str, ...]


_LOCKS: dict[str, threading.Lock] = {}
_GUARD = threading.Lock()
_MADE: dict[str, Library | KdmaError] = {}


def once(folder: Path, make: Callable[[Path], Library]) -> Library:
    """A library by its folder, made once; so is its failure."""
    name = str(folder)
    with _GUARD:
        lock = _LOCKS.setdefault(name, threading.Lock())
    with lock:
        if name not in _MADE:
            folder.mkdir(parents=True, exist_ok=True)
            try:
                _MADE[name] = make(folder)
            except KdmaError as error:
                _MADE[name] = error
        found = _MADE[name]
    if isinstance(found, KdmaError):
        raise found
    return found


# -- our headers -----------------------------------------------------------------------------


def _definitions(side: Surface, header: str) -> Iterator[str]:
    yield f'#include "{header}"'
    for each in side:
        if each.kind is Kind.FUNCTION and each.fact("linkage") == "symbol":
            parameters = each.fact("parameters")
            named = [
                f"{p} argument{n}" if _is_nameless(p) else p
                for n, p in enumerate(_split(parameters))
            ]
            told = "" if each.fact("prototype") == "no" else ", ".join(named)
            returns = each.fact("returns")
            body = "{ }" if returns == "void" else f"{{ return ({returns})0; }}"
            yield f"{returns} {each.name}({told}) {body}"
        elif each.kind in (Kind.STRUCT, Kind.UNION) and each.fact("size"):
            yield f"{each.kind} {each.name} *kdma_use_{each.name}({each.kind} {each.name} *x) " \
                  "{ return x; }"  # fmt: skip
            yield f"{each.kind} {each.name} kdma_object_{each.name};"
        elif each.kind is Kind.ENUM and each.name:
            yield f"enum {each.name} kdma_use_{each.name}(enum {each.name} x) {{ return x; }}"


def _split(parameters: str) -> list[str]:
    found, depth = [""], 0
    for letter in parameters:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [each.strip() for each in found]


def _is_nameless(parameter: str) -> bool:
    if parameter in ("void", "...") or "(" in parameter:
        return False
    return re.fullmatch(r"(?:const )?(?:(?:struct|union|enum) )?\w+(?: \w*int| char| long)* ?\**"
                        r"(?:const)?", parameter) is not None  # fmt: skip


@cache
def original(boundary: Boundary) -> dict[str, str]:
    """The header of a boundary and what it includes, by name, as committed."""
    files = filter(None, (boundary.header, boundary.includes))
    return {Path(file).name: (PROJECT / file).read_text() for file in files}


@cache
def declared(boundary: Boundary) -> Surface:
    """What the header declares as committed."""
    texts = original(boundary)
    return header_surface.read(texts[boundary.name], boundary.header, texts)


def library(
    boundary: Boundary, texts: Mapping[str, str], flags: Sequence[str], work: Path
) -> Library:
    """What a header with these texts declares, defined, with the compiler's `flags`."""
    folder = work / key([boundary.name, *texts.values(), *flags])

    def make(folder: Path) -> Library:
        for name, text in texts.items():
            (folder / name).write_text(text)
        others = {name: text for name, text in texts.items() if name != boundary.name}
        side = header_surface.read(texts[boundary.name], boundary.header, others)
        source, made = folder / "library.c", folder / "library.o"
        source.write_text("\n".join(_definitions(side, boundary.name)) + "\n")
        # Paths of one text are the same in both versions.
        usual = ("-std=gnu11", "-ffreestanding", "-fno-pie", "-g", "-Og", "-w", "-I.")
        words = ["gcc", *usual, *flags, "-c", "-o", made.name, source.name]
        run(words, what="compiling a library", cwd=folder)
        shared = folder / "libkdma.so"
        run(["gcc", "-shared", "-nostdlib", *(f for f in flags if re.match(r"-m(?:16|32|x32)", f)),
             "-o", shared.name, made.name], what="linking a library", cwd=folder)  # fmt: skip
        return Library(folder, folder / boundary.name, made, shared, source, tuple(flags))

    return once(folder, make)


# -- the kernel's headers ------------------------------------------------------------------------


@cache
def _mentions(identity: str, session_kernel: object) -> tuple[str, ...]:
    del identity
    side = kernel_surface.of_kernel(session_kernel)  # type: ignore[arg-type]
    lines = []
    for each in side:
        if each.fact("configured"):
            continue
        if each.kind is Kind.FUNCTION and each.fact("linkage") in ("symbol", "inline"):
            lines.append(f"__typeof__(&{each.name}) kdma_use_{each.name};")
        elif each.kind in (Kind.STRUCT, Kind.UNION):
            lines.append(f"{each.kind} {each.name} *kdma_use_{each.name};")
        elif each.kind is Kind.ENUM and each.name:
            lines.append(f"enum {each.name} kdma_use_{each.name};")
        elif each.kind is Kind.TYPEDEF:
            lines.append(f"{each.name} kdma_use_{each.name};")
    return tuple(lines)


def kernel_library(session: Session, texts: Mapping[str, str], work: Path) -> Library:
    """A file that mentions what the kernel's DMA headers declare, some of them changed."""
    kernel = session.headers
    folder = work / key(["kernel", *(part for pair in sorted(texts.items()) for part in pair)])

    def make(folder: Path) -> Library:
        includes = []
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            if match := re.match(r"(.*?include)/", name):
                includes.append(f"-I{folder}/{match[1]}")
        lines = list(_mentions(kernel.identity, kernel))
        given = kernel_surface.input_of(kernel)
        heads = [h.partition("include/")[2] for h in given.headers if h.startswith("include/linux")]
        command = three_way.plain(kernel).command
        source, made = folder / "library.c", folder / "library.o"
        for _ in range(3):
            told = [*(f"#include <{head}>" for head in heads), *lines]
            source.write_text("\n".join(told) + "\n")
            done = run(
                [command[0], *dict.fromkeys(includes), *command[1:], "-w", "-g", "-fmax-errors=0",
                 "-c", "-o", str(made), str(source)],
                what="compiling the kernel's headers", cwd=kernel.build, check=False,
            )  # fmt: skip
            if done.returncode == 0:
                break
            # What is gone is not mentioned, as it would not be in a kernel without it.
            gone = {
                int(n) - len(heads) - 1
                for n in re.findall(
                    rf"^{re.escape(str(source))}:(\d+):\d+: error", done.stderr, re.M
                )
            }
            if not gone:
                raise KdmaError("the kernel's headers do not compile", where=str(folder),
                                actual=done.stderr[-300:], identity=("peer", "kernel"))  # fmt: skip
            lines = [line for number, line in enumerate(lines) if number not in gone]
        else:
            raise KdmaError("the kernel's headers do not compile", where=str(folder),
                            actual=done.stderr[-300:], identity=("peer", "kernel"))  # fmt: skip
        return Library(folder, source, made, made, source, tuple(includes))

    return once(folder, make)


# -- a fault ----------------------------------------------------------------------------------


def work_of(session: Session) -> Path:
    """Where libraries are made: anew in each run."""
    return session.output / "peers"


def pair(changed: Changed, session: Session) -> tuple[Library, Library]:
    """The C side without and with a fault. KdmaError where it cannot be compiled with it."""
    work = work_of(session)
    if changed.files:
        # Any of ours: what a flag does to a library is asked of the header it implements.
        folder = changed.files[0].partition("/")[0]
        boundary = next((b for b in BOUNDARIES if b.objects == folder), BOUNDARIES[0])
        texts = original(boundary)
        return (library(boundary, texts, changed.lost, work),
                library(boundary, texts, changed.flags, work))  # fmt: skip
    for boundary in BOUNDARIES:
        if boundary.header in changed.texts:
            texts = original(boundary)
            after = {**texts, boundary.name: changed.texts[boundary.header]}
            return library(boundary, texts, (), work), library(boundary, after, (), work)
    return kernel_library(session, {}, work), kernel_library(session, changed.texts, work)


@dataclass
class EachOnce:
    """A peer that is asked about each fault by itself, and once where two are the same to it."""

    name: str
    usage: str
    seconds_each: float
    asked: Callable[[], str]
    tells: Callable[..., str]
    cannot: Mapping[str, str] = field(default_factory=dict)
    _known: str | None = None

    #: Layers that no peer of the kind applies to, and why.
    kind_cannot: ClassVar[Mapping[str, str]] = {}
    #: Whose refusal of a fault is its end, before the peer is asked.
    compiler: ClassVar[str] = "the compiler"

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
        return {**BEHIND, **self.kind_cannot, **self.cannot}.get(layer, "")

    def question(self, changed: Changed, session: Session) -> tuple[Hashable, Callable[[], str]]:
        """What the fault is to the peer, and what asks it. KdmaError: it does not compile."""
        raise NotImplementedError

    def judge(
        self, faults: Sequence[tuple[Fault, Changed]], session: Session
    ) -> Iterator[PeerOutcome]:
        """One outcome for each of `faults`, as they come."""
        known: dict[Hashable, str | KdmaError] = {}
        for fault, changed in faults:
            watch = Stopwatch()
            try:
                what, ask = self.question(changed, session)
            except KdmaError as error:
                said = f"{self.compiler} refuses it: {error.finding.actual.strip()[-120:]}"
                yield PeerOutcome(fault, True, said, watch.share())
                continue
            if what not in known:
                try:
                    known[what] = ask()
                except KdmaError as error:
                    known[what] = error
            told = known[what]
            if isinstance(told, KdmaError):
                said = f"{told.finding.title}: {told.finding.actual}"[:300]
                yield PeerOutcome(fault, False, said, watch.share(), failed=True)
            else:
                yield PeerOutcome(fault, bool(told), told[:300], watch.share())


class Compares(EachOnce):
    """A peer that compares two libraries. `tells` says how they differ; empty: not."""

    kind_cannot = NO_RUST

    def question(self, changed: Changed, session: Session) -> tuple[Hashable, Callable[[], str]]:
        """The libraries before and after."""
        before, after = pair(changed, session)
        return (
            before.folder,
            after.folder,
        ), lambda: "" if before == after else self.tells(before, after)


def first_difference(before: str, after: str) -> str:
    """The first line that two texts do not share."""
    old, new = before.splitlines(), after.splitlines()
    for one, other in zip(old, new, strict=False):
        if one != other:
            return f"{one.strip()} -> {other.strip()}"
    more: Iterable[str] = (*old[len(new) :], *new[len(old) :])
    return next(iter(more), "")
