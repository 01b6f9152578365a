# SPDX-License-Identifier: GPL-2.0
"""The committed bindings edited by hand, and the C headers stayed as they were.

Judged as the layer `header` is: compiler and names first, then the pinned bindgen.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from kdma import bindings, three_way
from kdma.findings import Finding, FindingClass
from kdma.mutants import edits
from kdma.mutants.layers import header
from kdma.mutants.model import Changed, Fault, Outcome, Session
from kdma.mutants.rust_edits import Bindings
from kdma.paths import PROJECT, cache_root
from kdma.rust_view import Model
from kdma.three_way import BOUNDARIES, PROGRAM, Boundary


@cache
def text(boundary: Boundary) -> str:
    """The committed bindings of a boundary."""
    return (PROJECT / boundary.bindings).read_text()


def boundary_of(fault: Fault) -> Boundary:
    """Which bindings a fault is in."""
    return next(one for one in BOUNDARIES if fault.place.startswith(f"{one.bindings}:"))


def changed_text(faults: Sequence[Fault]) -> str:
    """The bindings with all of these faults."""
    return edits.applied(text(boundary_of(faults[0])), map(header.edit_of, faults))


def _compiled(faults: Sequence[Fault], session: Session) -> list[Finding]:
    boundary = boundary_of(faults[0])
    with tempfile.TemporaryDirectory(prefix="kdma-mutants-") as work:
        path = Path(work) / "bindings.rs"
        path.write_text(changed_text(faults))
        [told] = bindings.models(cache_root(), [path])
    used = three_way.models()[three_way.KDMA].items if boundary is PROGRAM else ()
    model = Model(json.loads(told), used)
    told_by_compiler = header.judged(boundary, model, header.texts(boundary), session)
    if model.unchecked:
        # Fails closed: what cannot be said in C is no silence about it.
        told_by_compiler += [
            Finding(FindingClass.BINDING_DRIFT, f"{one.what}: {one.reason}", boundary.bindings,
                    "", "", "", (one.what,))
            for one in model.unchecked
        ]  # fmt: skip
    return told_by_compiler


def _regenerated(faults: Sequence[Fault]) -> list[Finding]:
    with tempfile.TemporaryDirectory(prefix="kdma-mutants-") as work:
        for name in header.GENERATOR_READS:
            (Path(work) / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, Path(work) / name)
        (Path(work) / boundary_of(faults[0]).bindings).write_text(changed_text(faults))
        found = bindings.check(cache_root(), project=Path(work))
    return [one for one in found if one.identity[1] != "text"]


class _Layer:
    name = "bindings"
    title = "the committed bindings edited by hand"
    seconds_to_begin = 1.0
    seconds_each = 0.02

    def _made(self, boundary: Boundary, *, harmless: bool) -> list[Fault]:
        made = Bindings(text(boundary), header.header(boundary).surface)
        found = made.harmless() if harmless else made.faults()
        return header.made(self.name, boundary.bindings, text(boundary), found,
                           (FindingClass.BINDING_DRIFT,))  # fmt: skip

    def faults(self, session: Session) -> list[Fault]:
        del session
        return [fault for one in BOUNDARIES for fault in self._made(one, harmless=False)]

    def harmless(self, session: Session) -> list[Fault]:
        del session
        return [fault for one in BOUNDARIES for fault in self._made(one, harmless=True)]

    def rests_on(self, session: Session) -> Iterable[str]:
        return header.LAYER.rests_on(session)

    def judge(self, faults: Sequence[Fault], session: Session) -> Iterator[Outcome]:
        def first(batch: Sequence[Fault]) -> list[Finding]:
            return _compiled(batch, session)

        for boundary in BOUNDARIES:
            mine = [fault for fault in faults if boundary_of(fault) == boundary]
            yield from header.in_turn(mine, (first, _regenerated))

    def changed(self, fault: Fault, session: Session) -> Changed:
        del session
        return Changed({boundary_of(fault).bindings: changed_text([fault])})


LAYER = _Layer()
