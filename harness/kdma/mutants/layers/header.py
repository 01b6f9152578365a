# SPDX-License-Identifier: GPL-2.0
"""kdma.h and program.h changed, and the committed bindings stayed as they were.

Judged by what the stage `drift` asks about bindings: the compiler, with
assertions made of the Rust view, and names; after that the pinned bindgen,
about what these have not noticed.
"""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from kdma import bindings, three_way
from kdma.findings import Finding, FindingClass
from kdma.mutants import edits, forked
from kdma.mutants.c_edits import Header
from kdma.mutants.edits import Edit
from kdma.mutants.model import Changed, Fault, Outcome, Session, Stage, State
from kdma.paths import PROJECT, cache_root
from kdma.rust_view import Model
from kdma.three_way import BOUNDARIES, Boundary

#: What the generator reads of the project.
GENERATOR_READS = (
    *(one.header for one in BOUNDARIES),
    *(one.bindings for one in BOUNDARIES),
    "rust-bindings/generator/include/stdint.h",
)


@cache
def texts(boundary: Boundary) -> dict[str, str]:
    """The header of a boundary, and what it includes, by name."""
    files = [boundary.header, *([boundary.includes] if boundary.includes else [])]
    return {Path(file).name: (PROJECT / file).read_text() for file in files}


@cache
def header(boundary: Boundary) -> Header:
    """The header, to be edited."""
    told = texts(boundary)
    return Header(told[boundary.name], boundary.header, told)


def boundary_of(fault: Fault) -> Boundary:
    """Which header a fault is in."""
    return next(one for one in BOUNDARIES if fault.place.startswith(f"{one.header}:"))


def edit_of(fault: Fault) -> Edit:
    """How it is made."""
    made: Edit = fault.data
    return made


def made(
    layer: str, file: str, text: str, found: Iterable[Edit], classes: tuple[FindingClass, ...]
) -> list[Fault]:
    """Faults of edits of a file. What changes nothing is none."""
    faults: dict[str, Fault] = {}
    for edit in found:
        if edits.applied(text, [edit]) == text:
            continue
        before, after = edits.shown(text, edit)
        place = f"{file}:{edits.line_of(text, edit)}"
        fault = Fault(layer, edit.operator, edit.name, place, before, after, edit.harmless,
                      edit.part, () if edit.harmless else classes, edit)  # fmt: skip
        # Two operators of one name may come to the same text in the same way.
        faults.setdefault(fault.key, fault)
    return list(faults.values())


def changed_text(faults: Sequence[Fault]) -> str:
    """The header with all of these faults."""
    boundary = boundary_of(faults[0])
    return edits.applied(texts(boundary)[boundary.name], map(edit_of, faults))


def judged(
    boundary: Boundary, model: Model, told: Mapping[str, str], session: Session
) -> list[Finding]:
    """What assertions and names say, under kbuild's own flags."""
    command = three_way.plain(session.headers)
    include = f"-I{(PROJECT / three_way.KDMA.header).parent}"
    command = replace(command, command=(*command.command, include), files=("c-api/sync.c",))
    return three_way.judge(boundary, model, told, [command], session.headers.build)


def compiled(faults: Sequence[Fault], session: Session) -> list[Finding]:
    """What the assertions and the names say of the header with these faults."""
    boundary = boundary_of(faults[0])
    told = {**texts(boundary), boundary.name: changed_text(faults)}
    return judged(boundary, three_way.models()[boundary], told, session)


def regenerated(faults: Sequence[Fault]) -> list[Finding]:
    """What the pinned bindgen makes of the header with these faults, against the bindings."""
    with tempfile.TemporaryDirectory(prefix="kdma-mutants-") as work:
        for name in GENERATOR_READS:
            (Path(work) / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, Path(work) / name)
        (Path(work) / boundary_of(faults[0]).header).write_text(changed_text(faults))
        found = bindings.check(cache_root(), project=Path(work))
    # Comments and formatting are a note of the stage, and no finding.
    return [one for one in found if one.identity[1] != "text"]


def _judged(judge: edits.Judge, batch: Sequence[Fault]) -> list[Outcome]:
    return list(edits.together(batch, judge, edit_of, Stage.STATIC))


def in_turn(faults: Sequence[Fault], judges: Sequence[edits.Judge]) -> Iterator[Outcome]:
    """Each judge is asked about all that those before it have nothing on."""
    for harmless in (False, True):
        left = [fault for fault in faults if fault.harmless is harmless]
        spent = dict.fromkeys((fault.key for fault in left), 0.0)
        for judge in judges:
            asked, left = left, []
            batches = list(edits.batches(asked, edit_of))
            for outcomes in forked.mapped(functools.partial(_judged, judge), batches):
                for outcome in outcomes:
                    spent[outcome.fault.key] += outcome.seconds
                    silent = outcome.state in (State.SURVIVED, State.QUIET)
                    if silent and judge is not judges[-1]:
                        left.append(outcome.fault)
                    else:
                        yield replace(outcome, seconds=spent[outcome.fault.key])


class _Layer:
    name = "header"
    title = "a C header changed, and the bindings stayed"
    seconds_to_begin = 1.0
    seconds_each = 0.02

    def faults(self, session: Session) -> list[Fault]:
        del session
        return [fault for one in BOUNDARIES for fault in self._made(one, header(one).faults())]

    def harmless(self, session: Session) -> list[Fault]:
        del session
        return [fault for one in BOUNDARIES for fault in self._made(one, header(one).harmless())]

    def _made(self, boundary: Boundary, found: Iterable[Edit]) -> list[Fault]:
        text = texts(boundary)[boundary.name]
        return made(self.name, boundary.header, text, found, (FindingClass.BINDING_DRIFT,))

    def rests_on(self, session: Session) -> Iterable[str]:
        yield session.headers.identity
        for one in BOUNDARIES:
            yield from texts(one).values()
            yield (PROJECT / one.bindings).read_text()
        for path in sorted((PROJECT / "rust-bindings/generator").rglob("*.[rht]*")):
            yield path.read_text()

    def judge(self, faults: Sequence[Fault], session: Session) -> Iterator[Outcome]:
        def first(batch: Sequence[Fault]) -> list[Finding]:
            return compiled(batch, session)

        for boundary in BOUNDARIES:
            mine = [fault for fault in faults if boundary_of(fault) == boundary]
            yield from in_turn(mine, (first, regenerated))

    def changed(self, fault: Fault, session: Session) -> Changed:
        del session
        return Changed({boundary_of(fault).header: changed_text([fault])})


LAYER = _Layer()
