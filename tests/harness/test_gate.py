# SPDX-License-Identifier: GPL-2.0
"""The gate, on synthetic histories of a small tree of DMA headers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kdma import cli, gate, header_surface, history
from kdma.findings import KdmaError, Verdict
from kdma.gate import Gate, Options, Reader
from kdma.surface import Surface

MAPPING = "include/linux/dma-mapping.h"
TYPES = "include/linux/types.h"
TEXT = """\
#define DMA_ATTR_NO_WARN 0x100

/* Mapping */

int dma_map(void *device, unsigned long size, unsigned int direction);
int dma_unmap(void *device, unsigned long address);
"""


def git(root: Path, *words: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", *identity, *words], cwd=root, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(root: Path, subject: str, path: str = MAPPING, **edits: str) -> str:
    """A commit that puts `new` for `old` in a file."""
    text = (root / path).read_text()
    changed = text.replace(edits["old"], edits["new"])
    assert changed != text
    (root / path).write_text(changed)
    git(root, "commit", "-qam", subject)
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def kdir(tmp_path: Path) -> Path:
    root = tmp_path / "linux"
    for path, text in ((MAPPING, TEXT), (TYPES, "int counter;\n"), ("Makefile", "VERSION = 7\n"),
                       ("kernel/sched.c", "int a;\n"), ("fs/file.c", "int b;\n")):  # fmt: skip
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / ".gitignore").write_text(".config\n")
    git(tmp_path, "init", "-q", "-b", "main", str(root))
    git(root, "add", "-A")
    git(root, "commit", "-qm", "start")
    git(root, "tag", "v1")
    return root


class Counting:
    """A reader of the small tree that counts how often it reads."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self, tree: Path) -> Surface:
        self.reads += 1
        assert not (tree / "fs").exists(), "more than what is needed was unpacked"
        both = (tree / TYPES).read_text() + (tree / MAPPING).read_text()
        return header_surface.read(both, str(tree / MAPPING))

    @property
    def reader(self) -> Reader:
        return Reader("test 1", self.read, "base.config, at both ends")


@pytest.fixture
def counting() -> Counting:
    return Counting()


def judge(kdir: Path, counting: Counting, **words: object) -> Gate:
    options = Options(kdir, **{"base": "v1", **words})  # type: ignore[arg-type]
    return gate.judge(options, lambda _: counting.reader, kdir.parent / "cache")


def brought(made: Gate) -> dict[str, list[str]]:
    return {
        change.name: [name.partition('("')[2].removesuffix('")') for name in commits]
        for change, commits in made.changes
    }


def snapshot(kdir: Path) -> dict[str, tuple[bytes, int]]:
    """Every file of the user's repository, .git included.

    git gives an object that it would write again a new time, borrowed ones too.
    """
    return {
        str(path): (path.read_bytes(), "objects" in path.parts or path.stat().st_mtime_ns)
        for path in sorted(kdir.rglob("*"))
        if path.is_file()
    }


def test_each_change_is_named_with_its_commit(kdir: Path, counting: Counting) -> None:
    commit(kdir, "reword", old="unsigned int direction", new="unsigned int dir")
    commit(kdir, "sched: other", "kernel/sched.c", old="a", new="c")
    commit(kdir, "swap", old="int dma_unmap(void *device, unsigned long address)",
           new="int dma_unmap(unsigned long address, void *device)")  # fmt: skip
    commit(kdir, "raise", old="0x100", new="0x200")
    made = judge(kdir, counting)
    assert brought(made) == {
        "DMA_ATTR_NO_WARN": ["raise"], "dma_map": ["reword"], "dma_unmap": ["swap"],
    }  # fmt: skip
    assert made.commits == 3 and made.verdict is Verdict.FINDINGS


def test_a_change_in_steps_names_all_of_them(kdir: Path, counting: Counting) -> None:
    commit(kdir, "one", old="0x100", new="0x200")
    commit(kdir, "reword", old="unsigned int direction", new="unsigned int dir")
    commit(kdir, "two", old="0x200", new="0x400")
    assert brought(judge(kdir, counting))["DMA_ATTR_NO_WARN"] == ["one", "two"]


def test_a_change_through_another_header_is_found(kdir: Path, counting: Counting) -> None:
    commit(kdir, "types", TYPES, old="int counter", new="int counter; int dma_other(void)")
    assert brought(judge(kdir, counting)) == {"dma_other": ["types"]}


def test_branches_do_not_lead_astray(kdir: Path, counting: Counting) -> None:
    git(kdir, "checkout", "-qb", "side")
    commit(kdir, "side: value", old="0x100", new="0x200")
    commit(kdir, "side: types", TYPES, old="counter", new="count")
    git(kdir, "checkout", "-q", "main")
    for number in range(4):
        commit(
            kdir,
            f"main {number}",
            old="int dma_map",
            new=f"int dma_new{number}(void);\nint dma_map",
        )
    git(kdir, "merge", "-q", "--no-edit", "side")
    commit(kdir, "last", old="int dma_unmap", new="int dma_late(void);\nint dma_unmap")
    named = brought(judge(kdir, counting))
    assert named["DMA_ATTR_NO_WARN"] == ["side: value"]
    assert [named[f"dma_new{n}"] for n in range(4)] == [[f"main {n}"] for n in range(4)]
    assert named["dma_late"] == ["last"]


def test_it_bisects_and_caches_by_content(kdir: Path, counting: Counting) -> None:
    for number in range(64):
        commit(
            kdir, f"add {number}", old="int dma_map(", new=f"int dma_n{number}(void);\nint dma_map("
        )
        if number == 40:
            commit(kdir, "the one", old="0x100", new="0x200")
    made = judge(kdir, counting, base="HEAD~30", head="HEAD~23")
    assert "the one" in str(brought(made)["DMA_ATTR_NO_WARN"])
    before = counting.reads
    again = judge(kdir, counting, base="HEAD~30", head="HEAD~23")
    assert counting.reads == before, "the second run read again"
    assert gate.summary(again) == gate.summary(made)


def test_who_brought_asks_for_few_states() -> None:
    commits = [f"c{n}" for n in range(1000)]
    asked = set()

    def state(commit: str) -> int:
        asked.add(commit)
        return int(commit not in ("base", *commits[:637]))

    def parents(commit: str) -> list[str]:
        index = commits.index(commit)
        return [commits[index - 1]] if index else ["base"]

    assert history.who_brought(commits, "base", "c999", state, parents) == ["c637"]
    assert len(asked) < 20
    assert history.who_brought([], "base", "c999", state, parents) == []


def test_nothing_of_the_user_is_touched(kdir: Path, counting: Counting) -> None:
    commit(kdir, "raise", old="0x100", new="0x200")
    (kdir / MAPPING).write_text("work in progress\n")
    (kdir / "new.c").write_text("untracked\n")
    git(kdir, "add", "new.c")
    git(kdir, "config", "core.fsmonitor", "false")
    before = snapshot(kdir)
    judge(kdir, counting)
    mbox = kdir.parent / "series.mbox"
    mbox.write_text(git(kdir, "format-patch", "--stdout", "v1..HEAD") + "\n")
    judge(kdir, counting, mbox=mbox)
    with pytest.raises(KdmaError):
        judge(kdir, counting, mbox=mbox, base="main")
    assert snapshot(kdir) == before
    assert list((kdir.parent / "cache/scratch").iterdir()) == []


# A series


def series(kdir: Path) -> Path:
    commit(kdir, "one: raise", old="0x100", new="0x200")
    commit(kdir, "two: fs", "fs/file.c", old="b", new="d")
    commit(kdir, "three: drop", old="int dma_unmap(void *device, unsigned long address);\n", new="")
    mbox = kdir.parent / "series.mbox"
    mbox.write_text(git(kdir, "format-patch", "--stdout", "v1..HEAD") + "\n")
    git(kdir, "reset", "-q", "--hard", "v1")
    return mbox


def test_a_series_is_judged_on_its_base(kdir: Path, counting: Counting) -> None:
    made = judge(kdir, counting, mbox=series(kdir))
    assert brought(made) == {"DMA_ATTR_NO_WARN": ["one: raise"], "dma_unmap": ["three: drop"]}
    assert made.verdict is Verdict.FINDINGS


def test_a_mailbox_that_does_not_apply(kdir: Path, counting: Counting) -> None:
    mbox = series(kdir)
    commit(kdir, "in the way", old="0x100", new="0x800")
    with pytest.raises(KdmaError, match="does not apply") as caught:
        judge(kdir, counting, base="main", mbox=mbox)
    assert "one: raise" in caught.value.finding.actual + caught.value.finding.where
    assert caught.value.finding.next and counting.reads == 0


@pytest.mark.parametrize("text", ["", "no mail at all\n", "From: a\nSubject: b\n\nnothing\n"])
def test_a_mailbox_that_is_none(kdir: Path, counting: Counting, text: str) -> None:
    (kdir.parent / "x.mbox").write_text(text)
    with pytest.raises(KdmaError, match="does not apply"):
        judge(kdir, counting, mbox=kdir.parent / "x.mbox")
    with pytest.raises(KdmaError, match="no such mailbox"):
        judge(kdir, counting, mbox=kdir.parent / "y.mbox")


# The summary


def test_the_summary_fits_a_mailing_list(kdir: Path, counting: Counting) -> None:
    commit(kdir, "a subject that is rather long " * 3, old="0x100", new="0x200")
    more = "".join(f", int argument{n}" for n in range(20))
    commit(kdir, "more", old="unsigned int direction", new="unsigned int direction" + more)
    told = gate.summary(judge(kdir, counting))
    assert all(len(line) <= 72 for line in told.splitlines()), told
    assert told.isascii() and "\x1b" not in told
    assert "base.config" in told and "not asked for" in told
    assert told.splitlines()[-1].startswith("verdict: findings - 2 changes")


def test_an_unchanged_range_is_clean(kdir: Path, counting: Counting) -> None:
    commit(kdir, "sched", "kernel/sched.c", old="a", new="c")
    made = judge(kdir, counting)
    assert made.verdict is Verdict.CLEAN and "changes: none" in gate.summary(made)
    assert counting.reads == 1, "the same content was read twice"


# Bad input


@pytest.mark.parametrize("words", [{"base": "v9"}, {"head": "v9"}, {"base": "--all"}])
def test_a_revision_that_does_not_exist(
    kdir: Path, counting: Counting, words: dict[str, str]
) -> None:
    with pytest.raises(KdmaError, match="does not exist") as caught:
        judge(kdir, counting, **words)
    assert caught.value.finding.where == str(kdir) and counting.reads == 0


def test_a_header_that_does_not_parse_is_told_with_its_commit(
    kdir: Path, counting: Counting
) -> None:
    commit(kdir, "break it", old="unsigned int direction)", new="unsigned int direction")
    with pytest.raises(KdmaError, match="does not parse") as caught:
        judge(kdir, counting)
    where = caught.value.finding.where
    assert where.startswith(f"{MAPPING}:") and '("break it")' in where


def test_a_tree_without_history(tmp_path: Path, counting: Counting) -> None:
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(KdmaError, match="no git repository") as caught:
            judge(folder, counting)
        assert caught.value.finding.next


@pytest.mark.parametrize(
    "words", [{"kdir": None}, {"base": ""}, {"head": "main", "mbox": Path("x")}]
)
def test_words_that_do_not_fit(kdir: Path, counting: Counting, words: dict[str, object]) -> None:
    options = Options(**{"kdir": kdir, "base": "v1", **words})  # type: ignore[arg-type]
    with pytest.raises(KdmaError):
        gate.judge(options, lambda _: counting.reader, kdir.parent / "cache")


def test_the_command_ends_with_2(
    kdir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KDMA_CACHE", str(kdir.parent / "cache"))
    monkeypatch.setenv("KDMA_OUT", str(kdir.parent / "out"))
    words = ["gate", "--kdir", str(kdir), "--base", "v9"]
    assert cli.main(words) == 2
    assert "BASE does not exist" in capsys.readouterr().err
    assert cli.main([*words, "--bisect"]) == 125
    assert not (kdir.parent / "out").exists()
