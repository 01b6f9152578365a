# SPDX-License-Identifier: GPL-2.0
"""`kdma review`: what a change of the bindings means, and what caused it.

Compares a base with the working tree. Old files come from git's objects;
nothing is checked out and nothing is written.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kdma import bindings, header_surface
from kdma import surface as surfaces
from kdma.findings import KdmaError
from kdma.paths import PROJECT, cache_root
from kdma.surface import Kind, Surface
from kdma.surface_compare import ALARMS, Change, Effect, compare, prototype

CONTRACT = "c-api/include/kdma.h"
BINDINGS = "rust-bindings/kdma-sys/src/lib.rs"
#: Where the main branch is looked for, in this order.
_MAIN = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
#: The worst first.
_ORDER = (Effect.SILENT, Effect.BREAKING, Effect.COMPATIBLE, Effect.COSMETIC)


@dataclass(frozen=True)
class Options:
    """`base`: a revision; empty: the merge base with the main branch."""

    base: str = ""
    markdown: bool = False


# -- the two sides ------------------------------------------------------------------


class Side:
    """Files of one side: a commit's, from git's objects, or the working tree's."""

    def __init__(self, root: Path, commit: str | None) -> None:
        self.root, self.commit = root, commit

    def text(self, path: str) -> str:
        """A file's text; empty where the side does not have it."""
        if self.commit is None:
            try:
                return (self.root / path).read_text(encoding="utf-8", errors="replace")
            except FileNotFoundError:
                return ""
        done = _git(self.root, "show", f"{self.commit}:{path}")
        return done.stdout if done.returncode == 0 else ""

    def containing(self, pattern: str, *paths: str) -> list[str]:
        """Files with a line that matches `pattern`, under `paths`; sorted."""
        where = ["--untracked"] if self.commit is None else [self.commit]
        done = _git(self.root, "grep", "-l", "-e", pattern, *where, "--", *paths)
        prefix = f"{self.commit}:" if self.commit else ""
        return sorted(line.removeprefix(prefix) for line in done.stdout.splitlines())


def _git(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "--no-optional-locks", *words],
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _commit(root: Path, revision: str) -> str | None:
    name = f"{revision}^{{commit}}"
    done = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
    return done.stdout.strip() if done.returncode == 0 else None


def find_base(root: Path, revision: str) -> str:
    """The commit to compare with; KdmaError if there is none."""
    if revision:
        commit = _commit(root, revision)
        if commit is None:
            raise KdmaError(
                f"BASE does not exist: {revision}",
                where=str(root),
                expected="a revision that git knows here",
                actual=revision,
                next="name a branch, a tag or a commit: make review BASE=origin/main; "
                "is it fetched? git fetch --all --tags",
            )
        return commit
    for name in _MAIN:
        if _commit(root, name):
            done = _git(root, "merge-base", "HEAD", name)
            if done.returncode == 0:
                return done.stdout.strip()
    raise KdmaError(
        "no main branch is here to compare with",
        where=str(root),
        expected="one of " + ", ".join(_MAIN) + ", with history in common",
        actual="none",
        next="name a base: make review BASE=rev",
    )


# -- Rust ---------------------------------------------------------------------------


def rust_items(text: str) -> dict[str, str]:
    """The items of the generated bindings by name, as the generator's parser prints them.

    KdmaError if the text is not Rust.
    """
    with tempfile.TemporaryDirectory(prefix="kdma-review-") as folder:
        path = Path(folder) / Path(BINDINGS).name
        path.write_text(text)
        [told] = bindings.models(cache_root(), [path])
    return {one["name"]: one.get("text", one["name"]) for one in json.loads(told)}


# -- causes -------------------------------------------------------------------------


def _kernel_surfaces(side: Side) -> dict[str, Surface]:
    """The committed baselines of kernels, by path."""
    paths = side.containing(
        r"^# kdma surface [0-9]", ":!docs", ":!harness", ":!tests", ":!c-api/include", ":!*.md"
    )
    read = {path: surfaces.parse(side.text(path), path) for path in paths}
    return {path: one for path, one in read.items() if one.side.startswith("kernel")}


def _kernel_changes(before: Side, after: Side) -> list[tuple[str, Change]]:
    """What changed in the baselines of kernels, with the baseline's path."""
    old, new = _kernel_surfaces(before), _kernel_surfaces(after)
    return [
        (path, change)
        for path in sorted(old.keys() & new.keys())
        for change in compare(old[path], new[path])
    ]


def _implementations(side: Side) -> dict[str, str]:
    """The bodies of c-api's functions, by name."""
    bodies: dict[str, str] = {}
    for path in side.containing("^{", "c-api/*.c"):
        pattern = r"^\w[^\n;{}]*?\b(\w+)\([^;{}]*\)\n\{.*?^\}"
        for match in re.finditer(pattern, side.text(path), re.DOTALL | re.MULTILINE):
            bodies[match[1]] = match[0]
    return bodies


def _words_behind(name: str, bodies: dict[str, str]) -> set[str]:
    """All names used by a function of c-api, through its helpers."""
    words: set[str] = set()
    waiting = [name]
    while waiting:
        body = bodies.get(waiting.pop())
        new = set(re.findall(r"\w+", body or "")) - words
        words |= new
        waiting += sorted(new & bodies.keys())
    return words


# -- the review ---------------------------------------------------------------------


@dataclass
class Binding:
    """One changed binding: both sides in Rust, the C behind it, the kernel behind that."""

    name: str
    rust_before: str = ""
    rust_after: str = ""
    changes: list[Change] = field(default_factory=list)
    kernel: list[tuple[str, Change]] = field(default_factory=list)
    note: str = ""
    #: The C declarations of both sides, by member's name.
    declared: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def effect(self) -> Effect:
        """The worst of its changes; a change of Rust alone has no cause and is silent."""
        if self.note:
            return Effect.SILENT
        return min((change.effect for change in self.changes), key=_ORDER.index)


@dataclass
class Review:
    """What changed between `base` and the working tree."""

    base: str
    bindings: list[Binding]
    #: Kernel changes that stand behind no changed binding.
    kernel: list[tuple[str, Change]]
    #: Files that differ, of those that were compared.
    touched: list[str]

    @property
    def alarm(self) -> bool:
        """Does a user of the bindings or of the kernel have to act?"""
        return any(one.effect in ALARMS for one in self.bindings) or any(
            change.alarm for _, change in self.kernel
        )


def _note(name: str, in_c: bool, before: str, after: str, hand: bool) -> str:
    if in_c and before == after and before and hand:
        return "kdma.h changed and the bindings did not: run ./kdma generate"
    if not in_c:
        return "the bindings changed and kdma.h did not: run ./kdma generate"
    return ""


def _declared(change: Change, headers: tuple[Surface, Surface]) -> tuple[str, str]:
    """A function as both sides declare it; for others what the change says of them."""
    sides = [side.get(change.kind, change.name) for side in headers]
    if change.kind is not Kind.FUNCTION:
        return change.before, change.after
    before, after = (prototype(side) if side else "" for side in sides)
    return before, after


def make(root: Path, base: str) -> Review:
    """Compares commit `base` with the working tree. KdmaError if a file does not parse."""
    old, new = Side(root, base), Side(root, None)
    short = base[:12]
    headers = (
        header_surface.read(old.text(CONTRACT), f"{short}:{CONTRACT}"),
        header_surface.read(new.text(CONTRACT), CONTRACT),
    )
    changes = compare(*headers)
    rust_old, rust_new = (rust_items(side.text(BINDINGS)) for side in (old, new))
    kernel = _kernel_changes(old, new)
    bodies = {**_implementations(old), **_implementations(new)}
    by_name: dict[str, list[Change]] = {}
    for change in changes:
        by_name.setdefault(change.name.partition(".")[0], []).append(change)
    differing = {n for n in rust_old.keys() | rust_new.keys() if rust_old.get(n) != rust_new.get(n)}
    changed: list[Binding] = []
    used: set[int] = set()
    for name in sorted(by_name.keys() | differing):
        mine = by_name.get(name, [])
        before, after = rust_old.get(name, ""), rust_new.get(name, "")
        words = _words_behind(name, bodies)
        behind = [each for each in kernel if each[1].name.partition(".")[0] in words]
        used.update(id(each) for each in behind)
        visible = any(change.effect is not Effect.COSMETIC for change in mine)
        # An item of Rust may follow from a type that changed under another name.
        caused = bool(mine) or any(
            re.search(rf"\b{re.escape(other)}\b", before + after) for other in by_name
        )
        binding = Binding(name, before, after, mine, behind)
        binding.declared = {change.name: _declared(change, headers) for change in mine}
        binding.note = _note(name, caused, before, after, visible)
        if mine or binding.note:
            changed.append(binding)
    changed.sort(key=lambda one: (_ORDER.index(one.effect), one.name))
    rest = [each for each in kernel if id(each) not in used]
    paths = sorted({CONTRACT, BINDINGS, *(path for path, _ in kernel)})
    touched = [path for path in paths if old.text(path) != new.text(path)]
    return Review(base, changed, rest, touched)


# -- for people ---------------------------------------------------------------------


def _rows(binding: Binding) -> Iterator[tuple[str, str]]:
    if binding.rust_before or binding.rust_after:
        yield "Rust before", binding.rust_before or "nothing"
        yield "Rust after", binding.rust_after or "nothing"
    for change in binding.changes:
        what = change.change.value.replace("-", " ")
        yield "C", f"{change.kind} {change.name}: {what} ({change.effect})"
        before, after = binding.declared.get(change.name, (change.before, change.after))
        yield "C before", _sided(before, change.before_place)
        yield "C after", _sided(after, change.after_place)
    for path, change in binding.kernel:
        yield "kernel", f"{change.text()} ({path})"
    if binding.note:
        yield "note", binding.note


def _sided(text: str, place: str) -> str:
    return f"{text or 'nothing'}   {place}".rstrip()


def _summary(review: Review) -> str:
    if not review.bindings and not review.kernel:
        if review.touched:
            return (
                "nothing changed in meaning: " + ", ".join(review.touched) + " differ in form only"
            )
        return "nothing changed"
    effects = [one.effect for one in review.bindings] + [
        change.effect for _, change in review.kernel
    ]
    counts = [f"{effects.count(effect)} {effect}" for effect in _ORDER if effect in effects]
    return "changes: " + ", ".join(counts)


def text(review: Review) -> str:
    """The review for a terminal."""
    lines = [f"review against {review.base[:12]}", ""]
    for binding in review.bindings:
        lines.append(f"{binding.effect}: {binding.name}")
        lines += [f"  {label:<12}{value}" for label, value in _rows(binding)]
        lines.append("")
    if review.kernel:
        lines.append("kernel changes behind no changed binding:")
        lines += [f"  {change.text()} ({path})" for path, change in review.kernel]
        lines.append("")
    return "\n".join([*lines, _summary(review)]) + "\n"


def _code(text: str) -> str:
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"


def markdown(review: Review) -> str:
    """The review for a comment in a forge."""
    lines = [f"### kdma review against `{review.base[:12]}`", "", f"**{_summary(review)}**", ""]
    for binding in review.bindings:
        lines += [f"#### {binding.effect}: `{binding.name}`", ""]
        if binding.rust_before or binding.rust_after:
            lines += ["```diff"]
            lines += [f"-{binding.rust_before}"] if binding.rust_before else []
            lines += [f"+{binding.rust_after}"] if binding.rust_after else []
            lines += ["```", ""]
        lines += [
            f"- {label}: {value if label == 'note' else _code(value)}"
            for label, value in _rows(binding)
            if not label.startswith("Rust")
        ]
        lines.append("")
    if review.kernel:
        lines += ["#### Kernel changes behind no changed binding", ""]
        lines += [f"- {_code(change.text())} ({path})" for path, change in review.kernel]
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def review(options: Options, root: Path = PROJECT) -> int:
    """Prints the review. 0: nothing breaks; 1: something is breaking or silent."""
    made = make(root, find_base(root, options.base))
    print(markdown(made) if options.markdown else text(made), end="")
    return 1 if made.alarm else 0
