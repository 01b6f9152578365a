# SPDX-License-Identifier: GPL-2.0
"""`kdma gate`: what a range of kernel commits, or a series, does to the DMA API.

Compares the kernel's surface at both ends and names the commit that brought
each change. Ends with a summary that is fit for a mailing list.
"""

from __future__ import annotations

import hashlib
import os
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kdma import kernel as kernels
from kdma import kernel_surface
from kdma import surface as surfaces
from kdma.files import write_atomically
from kdma.findings import KdmaError, Unchecked, Verdict
from kdma.history import History, opened, who_brought
from kdma.paths import cache_root, output_root
from kdma.surface import Surface
from kdma.surface_compare import Change, Effect, compare

#: Files that hold the DMA API. A change is looked for in commits to these first.
DMA_PATHS = (
    "drivers/iommu/dma-iommu.c",
    "drivers/pci/p2pdma.c",
    "include/linux/device.h",
    "include/linux/dma-direction.h",
    "include/linux/dma-map-ops.h",
    "include/linux/dma-mapping.h",
    "include/linux/dmapool.h",
    "include/linux/iommu-dma.h",
    "include/linux/pci-p2pdma.h",
    "include/linux/scatterlist.h",
    "kernel/dma",
    "lib/scatterlist.c",
    "mm/dmapool.c",
)
#: And then in commits to all that those include.
HEADER_PATHS = ("arch/x86/include", "include")
#: What is unpacked to read a surface.
TREE_PATHS = tuple(
    sorted(
        {
            "Kbuild",
            "Makefile",
            "arch/x86",
            "scripts",
            "tools/include",
            *HEADER_PATHS,
            *(path for path in DMA_PATHS if not path.startswith("include/")),
        }
    )
)
_WIDTH = 72
_ORDER = (Effect.SILENT, Effect.BREAKING, Effect.COMPATIBLE, Effect.COSMETIC)


@dataclass(frozen=True)
class Options:
    """What the user asked for. `mbox`: judge this series on `base` instead of `head`."""

    kdir: Path | None
    base: str
    head: str = ""
    mbox: Path | None = None
    behaviour: bool = False


@dataclass(frozen=True)
class Reader:
    """How a surface is read from an unpacked tree.

    `read` gets the tree; KdmaError if a header does not parse. `identity`
    changes whenever it would read differently. `configuration` says which one
    holds at both ends.
    """

    identity: str
    read: Callable[[Path], Surface]
    configuration: str
    unchecked: tuple[Unchecked, ...] = ()


@dataclass
class Gate:
    """What is known at the end."""

    title: str
    configuration: str
    commits: int
    changes: list[tuple[Change, list[str]]]
    lacks: tuple[str, ...]
    unchecked: list[Unchecked] = field(default_factory=list)
    #: Lines about the runs in a VM, one for each end.
    behaviour: list[str] = field(default_factory=list)
    behaviour_codes: list[int] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """Findings if a user of the DMA API has to act, or a run had some."""
        if any(change.alarm for change, _ in self.changes) or 1 in self.behaviour_codes:
            return Verdict.FINDINGS
        if any(not one.explained for one in self.unchecked) or any(self.behaviour_codes):
            return Verdict.UNCHECKED
        return Verdict.CLEAN


# -- reading ------------------------------------------------------------------------


class _Surfaces:
    """Surfaces of commits: in memory, in the cache by content, or read anew."""

    def __init__(self, history: History, reader: Reader, cache: Path) -> None:
        self._history, self._reader = history, reader
        self._folder = cache / "surfaces"
        self._known: dict[str, Surface] = {}
        self._by_key: dict[str, Surface] = {}

    def at(self, commit: str) -> Surface:
        """The surface of a commit; KdmaError that names it if it cannot be read."""
        if commit not in self._known:
            self._known[commit] = self._at(commit)
        return self._known[commit]

    def _at(self, commit: str) -> Surface:
        parts = (self._reader.identity, self._history.content(commit, TREE_PATHS))
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
        if key in self._by_key:
            return self._by_key[key]
        path = self._folder / f"{key}.txt"
        found = _cached(path)
        if found is None:
            found = self._read(commit)
            _keep(path, found)
        self._by_key[key] = found
        return found

    def _read(self, commit: str) -> Surface:
        tree = self._history.tree(commit, TREE_PATHS)
        try:
            found = self._reader.read(tree)
        except KdmaError as error:
            old = error.finding
            raise KdmaError(
                old.title,
                where=f"{old.where.replace(f'{tree}/', '')}, in {self._history.name(commit)}",
                expected=old.expected,
                actual=old.actual.replace(f"{tree}/", ""),
                next=old.next or "leave this commit out: choose another BASE or HEAD",
                identity=old.identity,
            ) from None
        if not found.members:
            raise KdmaError(
                "no DMA API is in this commit",
                where=self._history.name(commit),
                expected="include/linux/dma-mapping.h and its like",
                actual="nothing was found in it",
                next="is KDIR a Linux kernel, and BASE one of its commits?",
            )
        return found

    def state(self, commit: str, name: str) -> tuple[str, ...]:
        """All that a commit says of `name` and its fields."""
        return tuple(
            each.line()
            for each in self.at(commit)
            if each.name == name or each.name.startswith(f"{name}.")
        )


def _cached(path: Path) -> Surface | None:
    """A surface of the cache, if it is there and whole."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return None
    digest, _, body = text.partition("\n")
    if digest != hashlib.sha256(body.encode()).hexdigest():
        return None
    return surfaces.parse(body, str(path))


def _keep(path: Path, found: Surface) -> None:
    body = found.text()
    write_atomically(path, f"{hashlib.sha256(body.encode()).hexdigest()}\n{body}")


def kernel_reader(kdir: Path) -> Reader:
    """The reader of kernel surfaces, with the configuration of the tree at `kdir`.

    A tree that has been built gives its own configuration, another one gets
    kdma's base.config. Its generated headers serve both ends, since making
    them for each commit would take minutes.
    """
    return reader_of(kernels.prepare_headers(kernels.KernelRequest(kdir=kdir)))


def reader_of(kernel: kernels.Kernel) -> Reader:
    """Reads trees with the configuration, flags and generated headers of `kernel`."""
    flags = kernel_surface.module_flags(kernel)
    generated = f"-I{kernel.build}/include"

    def read(tree: Path) -> Surface:
        moved = tuple(_moved(word, kernel, tree) for word in flags)
        given = kernel_surface.Input("kernel", (*moved, generated), kernel.build, tree)
        return kernel_surface.read(given)

    config = hashlib.sha256(kernel.config.read_bytes()).hexdigest()
    identity = "\0".join((Path(str(kernel_surface.__file__)).read_text(), kernel.identity, config))
    note = Unchecked("generated headers", f"those of {kernel.name} serve both ends", True)
    return Reader(identity, read, f"{kernel.config}, at both ends", (note,))


def _moved(word: str, kernel: kernels.Kernel, tree: Path) -> str:
    """A compiler's flag with the unpacked tree in place of the kernel's source."""
    for root in (kernel.source, kernel.build):
        at = word.find(f"{root}/") if root is not None else -1
        if at >= 0 and "generated" not in word:
            path = tree / word[at + len(str(root)) + 1 :]
            if path.exists():
                return word[:at] + str(path)
    return word


# -- the gate -----------------------------------------------------------------------


def _named(
    history: History, read: _Surfaces, changes: Sequence[Change], base: str, head: str
) -> tuple[list[tuple[Change, list[str]]], int]:
    """Each change with the commits that brought it, and how many commits were looked at."""
    narrow = history.commits(base, head, DMA_PATHS)
    wide: list[str] | None = None
    named, known = [], dict[str, list[str]]()
    for change in changes:
        if change.name not in known:

            def state(commit: str, name: str = change.name) -> tuple[str, ...]:
                return read.state(commit, name)

            found = who_brought(narrow, base, head, state, history.parents)
            if not found:
                wide = history.commits(base, head, HEADER_PATHS) if wide is None else wide
                found = who_brought(wide, base, head, state, history.parents)
            known[change.name] = [history.name(commit) for commit in found]
        named.append((change, known[change.name]))
    return named, len(narrow)


def judge(options: Options, reader: Callable[[Path], Reader], cache: Path) -> Gate:
    """Compares both ends and names the commits. KdmaError for bad input."""
    if options.kdir is None or not options.base:
        raise KdmaError(
            "say which tree and from where: KDIR and BASE",
            where="KDIR, BASE",
            expected="a kernel's git repository and a revision",
            actual=f"KDIR={options.kdir or ''} BASE={options.base}",
            next="make gate KDIR=~/linux BASE=v7.2",
        )
    if options.mbox is not None and options.head:
        raise KdmaError(
            "HEAD and MBOX exclude each other",
            where="HEAD, MBOX",
            expected="a range BASE..HEAD, or a series on BASE",
            actual=f"HEAD={options.head} MBOX={options.mbox}",
            next="leave one of them out",
        )
    if options.mbox is not None and not options.mbox.is_file():
        raise KdmaError(
            "there is no such mailbox",
            where=str(options.mbox),
            expected="a file of patches, as git format-patch --stdout writes it",
            actual="no such file",
            next="MBOX=series.mbox",
        )
    kdir = options.kdir.expanduser().absolute()
    mbox = options.mbox.expanduser().absolute() if options.mbox else None
    with opened(kdir, cache / "scratch") as history:
        return _judge(options, kdir, mbox, history, reader, cache)


def _judge(
    options: Options,
    kdir: Path,
    mbox: Path | None,
    history: History,
    reader: Callable[[Path], Reader],
    cache: Path,
) -> Gate:
    base = history.resolve(options.base, "BASE")
    if mbox is not None:
        head, end = history.apply(mbox, base), f"{mbox.name} on it"
    else:
        head = history.resolve(options.head or "HEAD", "HEAD")
        end = f"{options.head or 'HEAD'} ({head[:12]})"
    how = reader(kdir)
    read = _Surfaces(history, how, cache)
    before, after = read.at(base), read.at(head)
    named, commits = _named(history, read, compare(before, after), base, head)
    gate = Gate(
        f"kdma gate: the DMA API from {options.base} ({base[:12]}) to {end}",
        how.configuration,
        commits,
        named,
        tuple(sorted({*before.lacks, *after.lacks})),
        list(how.unchecked),
    )
    if not history.is_ancestor(base, head):
        gate.unchecked.append(
            Unchecked("commits", "BASE is no ancestor of HEAD: some changes have no commit", True)
        )
    if options.behaviour:
        _behaviour(gate, history, {"base": base, "head": head})
    else:
        gate.unchecked.append(Unchecked("behaviour", "not asked for (--behaviour)", True))
    return gate


def _behaviour(gate: Gate, history: History, ends: dict[str, str]) -> None:
    """A whole `kdma check` of each end."""
    from kdma import check

    output, given = output_root(), os.environ.get("KDMA_OUT")
    try:
        for name, commit in ends.items():
            os.environ["KDMA_OUT"] = str(output / "gate" / name)
            code = check.check(check.Options(kdir=history.tree(commit, ())))
            gate.behaviour_codes.append(code)
            said = {0: Verdict.CLEAN, 1: Verdict.FINDINGS}.get(code, Verdict.UNCHECKED)
            gate.behaviour.append(f"{name} ({commit[:12]}): {said}")
    finally:
        if given is None:
            os.environ.pop("KDMA_OUT", None)
        else:
            os.environ["KDMA_OUT"] = given


# -- the summary --------------------------------------------------------------------


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=first, subsequent_indent=rest or " " * len(first),
        break_on_hyphens=False,
    )  # fmt: skip


def summary(gate: Gate) -> str:
    """Plain text of 72 columns, with the verdict as its last line."""
    lines = [*_wrapped(gate.title, rest="  "), ""]
    lines += _wrapped(gate.configuration, "configuration: ", "  ")
    lines += _wrapped(f"{gate.commits} that touch the DMA API's own files", "commits: ", "  ")
    effects = [change.effect for change, _ in gate.changes]
    counts = [f"{effects.count(effect)} {effect}" for effect in _ORDER]
    lines += _wrapped(", ".join(counts) if effects else "none", "changes: ", "  ")
    ordered = sorted(gate.changes, key=lambda each: (_ORDER.index(each[0].effect), each[0]))
    for change, commits in ordered:
        what = change.change.value.replace("-", " ")
        lines += ["", *_wrapped(f"{change.effect}: {change.kind} {change.name}: {what}", rest="  ")]
        lines += _wrapped(change.before or "nothing", "  before: ", "    ")
        lines += _wrapped(change.after or "nothing", "  after:  ", "    ")
        for commit in commits or ["not found in this range"]:
            lines += _wrapped(commit, "  commit: ", "    ")
    if gate.behaviour:
        lines += ["", "behaviour, in a VM:"]
        lines += [line for each in gate.behaviour for line in _wrapped(each, "  - ")]
    notes = [*gate.lacks, *(f"{one.what}: {one.reason}" for one in gate.unchecked)]
    if notes:
        lines += ["", "not checked:"]
        lines += [line for note in notes for line in _wrapped(note, "  - ")]
    alarms = sum(change.alarm for change, _ in gate.changes)
    said = {
        Verdict.CLEAN: "nothing that users of the DMA API must act on",
        Verdict.FINDINGS: f"{alarms} changes that users of the DMA API must act on",
        Verdict.UNCHECKED: "see above for what kept us from checking",
    }[gate.verdict]
    return "\n".join([*lines, "", f"verdict: {gate.verdict} - {said}"]) + "\n"


def gate(options: Options) -> int:
    """Prints the summary; also out/gate.txt. Returns the exit code."""
    made = judge(options, kernel_reader, cache_root())
    told = summary(made)
    write_atomically(output_root() / "gate.txt", told)
    print(told, end="")
    return made.verdict.exit_code
