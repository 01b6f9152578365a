# SPDX-License-Identifier: GPL-2.0
"""The comparison, scored against what really changed between two kernels.

history/6.1-6.12.json was written by hand from the sources of Linux 6.1.176
and 6.12.107; the surfaces are of later stable versions (see their names), with
kdma's own configuration.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdma.surface import Kind, Surface, parse
from kdma.surface_compare import Change, ChangeKind, compare

if TYPE_CHECKING:
    from figures import Figures

pytest_plugins = ("figures",)

HISTORY = Path(__file__).parent / "history"

#: What a change of the ground truth may be called by us. "semantics" of a
#: declaration is the condition around it; of code nobody sees it here.
_SAME = {
    "added": {ChangeKind.ADDED, ChangeKind.LINKAGE, ChangeKind.FIELD_ADDED},
    "became_extern": {ChangeKind.LINKAGE},
    "became_inline": {ChangeKind.LINKAGE},
    "became_macro": {ChangeKind.LINKAGE},
    "layout": {
        ChangeKind.ADDED,
        ChangeKind.CONDITION,
        ChangeKind.FIELD_ADDED,
        ChangeKind.FIELD_ORDER,
        ChangeKind.FIELD_REMOVED,
        ChangeKind.LAYOUT,
        ChangeKind.TYPE,
    },
    "removed": {ChangeKind.REMOVED},
    "semantics": {ChangeKind.CONDITION, ChangeKind.VALUE},
    "signature": {
        ChangeKind.PARAMETERS_REORDERED,
        ChangeKind.PARAMETER_ADDED,
        ChangeKind.PARAMETER_REMOVED,
        ChangeKind.PARAMETER_TYPE,
        ChangeKind.RETURN_TYPE,
    },
}
_DRIVER_HEADER = re.compile(
    r"include/linux/(?:dma-direction|dma-mapping|dmapool|pci-p2pdma|scatterlist)\.h"
)


def _surface(prefix: str) -> Surface:
    [path] = HISTORY.glob(f"{prefix}.*.surface")
    return parse(path.read_text(), path.name)


@cache
def _changes() -> tuple[Change, ...]:
    return tuple(compare(_surface("kernel-6.1"), _surface("kernel-6.12")))


@cache
def _truth() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads((HISTORY / "6.1-6.12.json").read_text()))


def _names(change: Change) -> Iterator[str]:
    """What the ground truth may call the member."""
    yield change.name
    if change.kind is Kind.INCLUDE:
        yield f"#include {change.name.split(' ', 1)[1]}"
    if change.kind is Kind.FIELD:
        yield f"struct {change.name}"
        yield change.name.partition(".")[0]


def _by_name(changes: Iterable[Change]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        for name in _names(change):
            found[name].append(change)
    return found


def _is_told(entry: dict[str, Any], told: dict[str, list[Change]]) -> bool:
    return any(
        (change.kind is Kind.EXPORT) == (entry["kind"] == "export")
        and change.change in _SAME[entry["change"]]
        for change in told.get(entry["name"], [])
    )


def _table(told: dict[str, list[Change]]) -> tuple[list[str], dict[str, tuple[int, int]]]:
    """Recall by audience and by kind of change, as a table; and by audience as numbers."""
    hit: Counter[tuple[str, str]] = Counter()
    planned: Counter[tuple[str, str]] = Counter()
    for entry in _truth():
        for row in ("all", f"{entry['kind']} {entry['change']}"):
            planned[entry["audience"], row] += 1
            hit[entry["audience"], row] += _is_told(entry, told)
    lines = [f"{'audience':<10} {'change':<24} {'told':>5} {'of':>5} {'recall':>7}"]
    for (audience, row), number in sorted(planned.items()):
        share = hit[audience, row] / number
        lines.append(f"{audience:<10} {row:<24} {hit[audience, row]:>5} {number:>5} {share:>7.1%}")
    whole = {a: (hit[a, row], n) for (a, row), n in planned.items() if row == "all"}
    return lines, whole


def _precision() -> tuple[int, int, list[Change]]:
    """Changes told of the driver headers and all exports: right, all, and the wrong ones."""
    entries: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in _truth():
        entries[entry["name"]].append(entry)

    def is_true(change: Change) -> bool:
        known = [entry for name in _names(change) for entry in entries.get(name, [])]
        return any((change.kind is Kind.EXPORT) == (entry["kind"] == "export") for entry in known)

    wrong = [change for change in _changes() if not is_true(change)]
    return len(_changes()) - len(wrong), len(_changes()), wrong


def _precision_by_kind(wrong: Iterable[Change]) -> list[str]:
    """How many of the changes told of each kind are in the ground truth, as a table."""
    told = Counter(f"{change.kind} {change.change}" for change in _changes())
    bad = Counter(f"{change.kind} {change.change}" for change in wrong)
    lines = [f"{'what was told':<35} {'right':>5} {'of':>5} {'precision':>9}"]
    for row, number in sorted(told.items()):
        right = number - bad[row]
        lines.append(f"{row:<35} {right:>5} {number:>5} {right / number:>9.1%}")
    return lines


def test_recall_on_what_drivers_see(figures: Figures) -> None:
    lines, whole = _table(_by_name(_changes()))
    right, total, wrong = _precision()
    told, planned = whole["driver"]
    figures.lines += [
        "",
        "Linux 6.1 to 6.12, against what was written by hand",
        "(no header says behaviour, config or trace):",
        *lines,
        "",
    ]
    figures.lines += [
        *_precision_by_kind(wrong),
        *(f"not in the ground truth: {change.text()[:160]}" for change in wrong),
        "",
        f"recall on what drivers include: {told} of {planned} ({told / planned:.1%})",
        f"precision: {right} of {total} ({right / total:.1%})",
    ]
    assert planned == 32
    assert told / planned >= 0.98
    assert right / total >= 0.95


def test_the_score_falls_when_the_comparison_is_blind() -> None:
    """The score is of the changes: without the linkage changes it is lower."""
    seeing = [change for change in _changes() if change.change is not ChangeKind.LINKAGE]
    _, whole = _table(_by_name(seeing))
    told, planned = whole["driver"]
    assert told / planned < 0.98


def test_every_driver_header_of_the_ground_truth_is_read() -> None:
    named = {e["header"] for e in _truth() if e["audience"] == "driver"}
    assert all(_DRIVER_HEADER.fullmatch(header) for header in named)
