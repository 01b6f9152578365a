# SPDX-License-Identifier: GPL-2.0
"""Snapshots in the cache: found by content, believed while whole, few."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kdma import snapshot
from kdma.cache import entry


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KDMA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def files(folder: Path) -> tuple[Path, Path, Path]:
    folder.mkdir()
    made = (folder / "qemu", folder / "kernel", folder / "root")
    for path in made:
        path.write_text(path.name)
    return made


def make(folder: Path) -> None:
    def fill(work: Path) -> None:
        for name in ("booted", "console.log", "state"):
            (work / name).write_text(name)

    entry(folder, fill)


@pytest.mark.parametrize("changed", ["qemu", "kernel", "root", "command"])
def test_whatever_a_guest_is_made_of_makes_another_snapshot(tmp_path: Path, changed: str) -> None:
    qemu, kernel, root = files(tmp_path / "files")
    before = snapshot.folder_for(qemu, ["-m", "512M"], (kernel, root))
    assert before == snapshot.folder_for(qemu, ["-m", "512M"], (kernel, root))
    memory = "512M"
    if changed == "command":
        memory = "256M"
    else:
        (tmp_path / "files" / changed).write_text("other")
    assert snapshot.folder_for(qemu, ["-m", memory], (kernel, root)) != before


def test_a_damaged_snapshot_is_none(cache: Path) -> None:
    folder = cache / "snapshots" / "one"
    assert snapshot.find(folder) is None
    make(folder)
    found = snapshot.find(folder)
    assert found is not None
    assert found.booted == b"booted"
    (folder / "state").write_text("stat!")
    assert snapshot.find(folder) is None


def test_those_not_used_for_longest_go(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = cache / "snapshots"
    for number in range(3):
        make(root / str(number))
        os.utime(root / str(number), (number, number))
    assert snapshot.find(root / "0") is not None  # That is a use.
    monkeypatch.setattr(snapshot, "KEPT", 2)
    snapshot._prune(root)
    assert sorted(path.name for path in root.iterdir()) == ["0", "2"]
