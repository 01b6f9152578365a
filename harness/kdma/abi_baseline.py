# SPDX-License-Identifier: GPL-2.0
"""kdma.h against the committed baseline of the C ABI, which is append-only.

What is added raises KDMA_ABI_VERSION; nothing is removed or changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdma import header_surface, surface
from kdma.baselines import Rewrite
from kdma.findings import Finding, FindingClass, KdmaError, Unchecked
from kdma.kernel import Kernel
from kdma.paths import PROJECT
from kdma.surface import Kind, Surface
from kdma.surface_compare import Change, ChangeKind, Effect, compare

#: From the project's root.
BASELINE = "c-api/baseline/kdma-abi.surface"
HEADER = "c-api/include/kdma.h"
_VERSION = "KDMA_ABI_VERSION"


def _version(side: Surface, where: str) -> int:
    found = side.get(Kind.CONSTANT, _VERSION)
    try:
        return int(found.fact("value"), 0) if found else 0
    except ValueError:
        raise KdmaError(
            f"{_VERSION} is no number",
            where=where,
            expected="a decimal number",
            actual=found.fact("value") if found else "nothing",
            next=f"write it as one: #define {_VERSION} 1",
            finding_class=FindingClass.ABI_DRIFT,
            identity=("abi", "version"),
        ) from None


def _finding(change: Change, header: str, version: int) -> Finding:
    what = change.change.value.replace("-", " ")
    if change.change is ChangeKind.ADDED:
        title = f"{change.name}: added to the C ABI, and {_VERSION} is not raised"
        then = f"raise {_VERSION} in {header} to {version + 1}, then: ./kdma generate"
    else:
        title = f"{change.name}: {what} ({change.effect.value}) in the append-only C ABI"
        then = (
            f"restore it; what is to be different needs a new ABI version: add it under another "
            f"name and raise {_VERSION} in {header} to {version + 1}"
        )
    return Finding(
        FindingClass.ABI_DRIFT,
        title,
        change.after_place or header,
        f"the baseline says: {change.before or 'nothing'}",
        f"kdma.h says: {change.after or 'nothing'}",
        then,
        ("abi", change.kind.value, change.name, change.change.value),
    )


def judge(before: Surface, after: Surface, header: str) -> list[Finding]:
    """What the header does to the ABI of the baseline that is against its rules."""
    old, new = _version(before, BASELINE), _version(after, header)
    found = []
    for change in compare(before, after):
        if change.name == _VERSION and new > old:
            continue
        added = change.change is ChangeKind.ADDED or change.change is ChangeKind.FIELD_ADDED
        # Released means: not even what goes on compiling is changed; spelling is.
        changed = change.effect is not Effect.COSMETIC and not added
        if changed or change.alarm or (added and new <= old):
            found.append(_finding(change, header, old))
    return found


def _sides(root: Path) -> tuple[Surface, Surface]:
    """The baseline and the header of the project at `root`. KdmaError if one cannot be read."""
    try:
        text = (root / BASELINE).read_text()
    except FileNotFoundError:
        raise KdmaError(
            "there is no baseline of the C ABI",
            where=BASELINE,
            expected="what kdma.h of the last release declares",
            actual="no such file",
            next="restore it from git",
        ) from None
    return surface.parse(text, BASELINE), header_surface.read((root / HEADER).read_text(), HEADER)


def check(
    kernel: Kernel | None = None, module: Path | None = None, root: Path = PROJECT
) -> tuple[list[Finding], list[Unchecked], list[str]]:
    """kdma.h against the baseline. Raises KdmaError where one of them cannot be read."""
    del kernel, module
    before, after = _sides(root)
    findings = judge(before, after, HEADER)
    notes = []
    news = [c for c in compare(before, after) if c.change is ChangeKind.ADDED]
    if news and not findings:
        notes.append(f"{len(news)} additions to the C ABI since its baseline; make accept ALL=1")
    return findings, [], notes


def rewrite(reported: Sequence[Mapping[str, Any]], output: Path, root: Path = PROJECT) -> Rewrite:
    """What the baseline of the project at `root` becomes, for `kdma accept`.

    Nothing while it is against the rules and none of the findings says so.
    """
    del output
    before, after = _sides(root)
    mine = {one.fingerprint for one in judge(before, after, HEADER)}
    explained = mine & {one["fingerprint"] for one in reported}
    if (mine and not explained) or before.text() == after.text():
        return Rewrite({}, frozenset())
    return Rewrite({root / BASELINE: after.text()}, frozenset(explained))
