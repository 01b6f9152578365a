# SPDX-License-Identifier: GPL-2.0
"""The kernel's surface against the committed baseline of its version.

Only what our C uses can be a finding; what the kernel has and nobody wraps is
a note.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from kdma import built_kernel, kernel_surface, surface
from kdma.baselines import Rewrite
from kdma.findings import Finding, FindingClass, KdmaError, Unchecked
from kdma.header_text import without_comments
from kdma.kernel import Kernel
from kdma.paths import PROJECT
from kdma.surface import Kind, Surface
from kdma.surface_compare import Change, ChangeKind, compare

BASELINES = PROJECT / "c-api/baseline"
#: The surface that the last run saw, among its results.
LAST_RUN = "kernel.surface"
_FILE = re.compile(r"kernel-(\d+)\.(\d+)\.surface")
_WORD = re.compile(r"[A-Za-z_]\w*")


def _version(release: str) -> tuple[int, int]:
    match = re.match(r"(\d+)\.(\d+)", release)
    if not match:
        raise KdmaError(
            "the kernel does not say its version",
            where="include/config/kernel.release",
            expected="such as 6.12.1",
            actual=release or "nothing",
            next="run make modules_prepare in its build folder",
        )
    return int(match[1]), int(match[2])


def baseline_for(release: str, folder: Path = BASELINES) -> Path:
    """The baseline of a kernel's version; the last one before it if it has none of its own.

    A kernel older than all baselines gets the oldest. KdmaError if there is none at all.
    """
    found = sorted(
        ((int(match[1]), int(match[2])), path)
        for path in folder.glob("kernel-*.surface")
        if (match := _FILE.fullmatch(path.name))
    )
    if not found:
        raise KdmaError(
            "there is no baseline of the kernel's DMA API",
            where=str(folder),
            expected="kernel-VERSION.surface",
            actual="none",
            next="restore the folder from git",
        )
    wanted = _version(release)
    earlier = [path for version, path in found if version <= wanted]
    return earlier[-1] if earlier else found[0][1]


def write_baseline(kernel: Kernel, folder: Path = BASELINES) -> Path:
    """Writes the baseline of a kernel's version, and returns it. Not for `check`."""
    major, minor = _version(kernel.release)
    path = folder / f"kernel-{major}.{minor}.surface"
    text = kernel_surface.of_kernel(kernel).text()
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def used_names(sources: Iterable[Path], module: Path | None = None) -> dict[str, str]:
    """What our C names, and the first place of each; imports of the module besides.

    Comments and strings are not looked at. A name that only a probe's branch
    has counts: some kernel has it.
    """
    places: dict[str, str] = {}
    for source in sorted(sources):
        shown = source.relative_to(PROJECT) if source.is_relative_to(PROJECT) else source
        text = without_comments(source.read_text(errors="replace"))
        for number, line in enumerate(text.splitlines(), 1):
            for word in _WORD.findall(re.sub(r'"(?:\\.|[^"\\])*"', "", line)):
                places.setdefault(word, f"{shown}:{number}")
    if module is not None:
        with module.open("rb") as file:
            table = ELFFile(file).get_section_by_name(".symtab")
            for symbol in table.iter_symbols() if isinstance(table, SymbolTableSection) else ():
                if symbol.name and symbol["st_shndx"] == "SHN_UNDEF":
                    places.setdefault(symbol.name, f"c-api ({module.name} imports it)")
    return places


def _sources() -> list[Path]:
    return [*(PROJECT / "c-api").glob("*.c"), *(PROJECT / "c-api").glob("*.h")]


def _reach(used: Mapping[str, str], sides: Iterable[Surface]) -> dict[str, str]:
    """What is used with the types that it is made of. Name to our place."""
    places = dict(used)
    for side in sides:
        for each in side:
            if each.kind in (Kind.FUNCTION, Kind.VARIABLE) and each.name in used:
                said = f"{each.fact('parameters')} {each.fact('returns')} {each.fact('type')}"
                for word in _WORD.findall(said):
                    places.setdefault(word, used[each.name])
    return places


def _user_of(change: Change, places: Mapping[str, str], sides: Iterable[Surface]) -> str:
    """Where we use what changed; empty if we do not."""
    if change.kind is Kind.INCLUDE:
        return ""
    if change.kind is Kind.FIELD:
        record, _, name = change.name.partition(".")
        # Of a big struct that others own only what we touch is ours.
        return places.get(name, "") if record == "device" else places.get(record, "")
    if change.kind is Kind.ENUMERATOR and change.name not in places:
        for side in sides:
            found = side.get(change.kind, change.name)
            if found is not None and found.fact("enum") in places:
                return places[found.fact("enum")]
    return places.get(change.name, "")


def _finding(change: Change, user: str, baseline: str) -> Finding:
    before = change.before or "nothing"
    after = change.after or "nothing"
    place = f" at {change.after_place}" if change.after_place else ""
    what = change.change.value.replace("-", " ")
    return Finding(
        FindingClass.API_DRIFT,
        f"{change.name}: {what} ({change.effect.value})",
        user,
        f"{baseline} says: {before}",
        f"the kernel says{place}: {after}",
        f"adapt what we do at {user}; where older kernels keep the other form, probe for the "
        "change by name in c-api/probes",
        ("kernel-surface", change.kind.value, change.name, change.change.value),
    )


def judge(
    before: Surface, after: Surface, used: Mapping[str, str], baseline: str
) -> tuple[list[Finding], list[str]]:
    """Findings for what moved and is used, and notes for what is new and is not."""
    sides = (before, after)
    places = _reach(used, sides)
    findings, news = [], []
    for change in compare(before, after):
        user = _user_of(change, places, sides)
        if change.alarm and user:
            findings.append(_finding(change, user, baseline))
        elif change.change is ChangeKind.ADDED and change.kind is Kind.FUNCTION and not user:
            news.append(change.name)
    notes = []
    if news:
        notes.append(f"new since {baseline}, and wrapped by nobody: {', '.join(sorted(news))}")
    return findings, notes


def check(
    kernel: Kernel, module: Path | None = None
) -> tuple[list[Finding], list[Unchecked], list[str]]:
    """Compares a kernel with the baseline of its version. Raises KdmaError if it cannot."""
    path = baseline_for(kernel.release)
    before = surface.parse(path.read_text(), str(path.relative_to(PROJECT)))
    after = kernel_surface.of_kernel(kernel)
    findings, notes = judge(before, after, used_names(_sources(), module), path.stem)
    unchecked = [
        Unchecked("a part of the kernel's surface", reason, explained=True)
        for reason in after.lacks
    ]
    built = built_kernel.check(kernel, after)
    findings += built.findings
    unchecked += built.unchecked
    major, minor = _version(kernel.release)
    if path.name != f"kernel-{major}.{minor}.surface":
        notes.insert(0, f"Linux {major}.{minor} has no baseline; {path.stem} stood in for it")
    return findings, unchecked, notes


def rewrite(reported: Sequence[Mapping[str, Any]], output: Path, root: Path = PROJECT) -> Rewrite:
    """What the baseline of the last run's kernel becomes, for `kdma accept`.

    `output` is where that run left its results, `root` the project whose
    baseline it is. Nothing to write if none of the `reported` findings is
    about this baseline.
    """
    nothing, folder = Rewrite({}, frozenset()), root / BASELINES.relative_to(PROJECT)
    try:
        text = (output / LAST_RUN).read_text()
        release = str(json.loads((output / "report.json").read_text())["kernel"]["release"])
    except FileNotFoundError:
        return nothing
    base = baseline_for(release, folder)
    before = surface.parse(base.read_text(), base.name)
    after = surface.parse(text, str(output / LAST_RUN))
    names = {name: base.name for _, name in (*before.members, *after.members)}
    findings, _ = judge(before, after, {**names, **used_names(_sources())}, base.stem)
    explained = {one.fingerprint for one in findings} & {one["fingerprint"] for one in reported}
    if not explained:
        return nothing
    major, minor = _version(release)
    return Rewrite({folder / f"kernel-{major}.{minor}.surface": text}, frozenset(explained))
