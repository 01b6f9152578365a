# SPDX-License-Identifier: GPL-2.0
"""Edits of texts: what is exchanged where, and what becomes of several in one text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from kdma.findings import Finding, KdmaError
from kdma.mutants.model import Fault, Outcome, Stage, Stopwatch, names, outcome


@dataclass(frozen=True)
class Edit:
    """One thing changed in a text: `changes` are begin, end and what stands there then.

    `follows`: other names that it concerns as well.
    """

    operator: str
    name: str
    changes: tuple[tuple[int, int, str], ...]
    part: str = ""
    harmless: bool = False
    follows: frozenset[str] = frozenset()
    #: Which of several texts.
    file: str = ""


def applied(text: str, edits: Iterable[Edit]) -> str:
    """`text` with all of these; ValueError if two of them overlap."""
    changes = sorted(change for edit in edits for change in edit.changes)
    parts, at = [], 0
    for begin, end, new in changes:
        if begin < at:
            raise ValueError(f"two edits overlap at {begin}: {text[begin:end]!r}")
        parts += [text[at:begin], new]
        at = end
    return "".join([*parts, text[at:]])


def shown(text: str, edit: Edit) -> tuple[str, str]:
    """Before and after, for people: the lines that change, on one line each."""
    begin = text.rfind("\n", 0, min(b for b, _, _ in edit.changes)) + 1
    last = max(e for _, e, _ in edit.changes)
    end = text.find("\n", last)
    end = len(text) if end < 0 else end
    # Of two places far from each other, both.
    if end - begin > 1000:
        before = " ... ".join(text[b:e] for b, e, _ in edit.changes)
        after = " ... ".join(new for _, _, new in edit.changes)
    else:
        moved = Edit(edit.operator, edit.name,
                     tuple((b - begin, e - begin, new) for b, e, new in edit.changes))  # fmt: skip
        before, after = text[begin:end], applied(text[begin:end], [moved])
    return " ".join(before.split()), " ".join(after.split())


def line_of(text: str, edit: Edit) -> int:
    """The first line that changes."""
    return text.count("\n", 0, edit.changes[0][0]) + 1


# -- several in one text --------------------------------------------------------------------


def batches(faults: Sequence[Fault], edit: Callable[[Fault], Edit]) -> Iterator[list[Fault]]:
    """Faults that can stand in one text: their names, and what they concern, differ.

    Every second name at most is edited, so that a finding about a name that is
    as it was shows that one of them reaches farther than it says.
    """
    left = list(faults)
    while left:
        taken: set[str] = set()
        batch: list[Fault] = []
        rest: list[Fault] = []
        parity = _is_odd(left[0].name)
        spans: dict[str, list[tuple[int, int]]] = {}
        for fault in left:
            own = edit(fault)
            concerns = {own.name, *own.follows}
            where = [(b, e) for b, e, _ in own.changes]
            others = spans.setdefault(own.file, [])
            if (
                _is_odd(own.name) is parity
                and not concerns & taken
                and all(e <= b2 or e2 <= b for b, e in where for b2, e2 in others)
            ):
                batch.append(fault)
                taken |= concerns
                others += where
            else:
                rest.append(fault)
        yield batch
        left = rest


def _is_odd(name: str) -> bool:
    return sum(name.encode()) % 2 == 1


Judge = Callable[[Sequence[Fault]], list[Finding]]


def together(
    batch: Sequence[Fault], judge: Judge, edit: Callable[[Fault], Edit], stage: Stage
) -> Iterator[Outcome]:
    """Judges faults in one text, and one by one where the findings do not say whose they are.

    `judge` makes the findings about a text with all of these faults. An error
    of a single fault is its finding.
    """
    watch = Stopwatch()
    if len(batch) == 1:
        fault = batch[0]
        try:
            found = judge(batch)
        except KdmaError as error:
            found = [error.finding]
        yield outcome(fault, found, stage, watch.share(), edit(fault).follows)
        return
    owned = _owned(batch, judge, edit)
    if owned is not None:
        seconds = watch.share(len(batch))
        for fault in batch:
            yield outcome(fault, owned[fault.key], stage, seconds, edit(fault).follows)
        return
    middle = len(batch) // 2
    for part in (batch[:middle], batch[middle:]):
        yield from together(part, judge, edit, stage)


def _owned(
    batch: Sequence[Fault], judge: Judge, edit: Callable[[Fault], Edit]
) -> dict[str, list[Finding]] | None:
    """Findings by the fault's key; None where they do not say whose they are."""
    try:
        found = judge(batch)
    except KdmaError:
        return None
    owned: dict[str, list[Finding]] = {fault.key: [] for fault in batch}
    for finding in found:
        owners = [
            fault
            for fault in batch
            if any(names(finding, name) for name in (fault.name, *edit(fault).follows))
        ]
        if len(owners) != 1:
            return None
        owned[owners[0].key].append(finding)
    return owned
