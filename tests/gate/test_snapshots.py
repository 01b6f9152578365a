# SPDX-License-Identifier: GPL-2.0
"""Guests that go on from a snapshot find what freshly booted ones find."""

from __future__ import annotations

import json
import re
from pathlib import Path

from conftest import run_check

from kdma.cache import digest
from kdma.paths import PROJECT

FEW = ("-k", "version")


def snapshot_in_use(tmp_path: Path) -> Path:
    """The folder of the snapshot that a run goes on from. Others may make their own meanwhile."""
    for turn in range(2):
        run = run_check(PROJECT, tmp_path / f"turn{turn}", *FEW, ENVS="direct")
        command = (run.out / "vm/direct/command.txt").read_text()
        if match := re.search(r"-incoming '?file:(\S+)/state", command):
            return Path(match[1])
    raise AssertionError(f"no run went on from a snapshot: {run.explain()}")


def test_restored_or_booted_makes_no_difference(tmp_path: Path) -> None:
    booted = run_check(PROJECT, tmp_path / "booted", *FEW, ENVS="direct", KDMA_SNAPSHOTS="0")
    for name in ("first", "second"):
        restored = run_check(PROJECT, tmp_path / name, *FEW, ENVS="direct")
    assert "-incoming" not in (booted.out / "vm/direct/command.txt").read_text()
    assert "-incoming" in (restored.out / "vm/direct/command.txt").read_text()
    assert not booted.report["findings"], booted.explain()
    assert not restored.report["findings"], restored.explain()
    for part in ("comparisons", "matrix", "operations", "programs"):
        assert booted.report[part] == restored.report[part]
    assert booted.report["operations"]


def test_a_snapshot_that_qemu_does_not_take_is_replaced(tmp_path: Path) -> None:
    folder = snapshot_in_use(tmp_path)
    state = folder / "state"
    state.write_bytes(b"no state at all" + state.read_bytes()[:1000])
    # Whole as far as the cache can tell.
    stamp = folder / "complete.json"
    known = json.loads(stamp.read_text())
    damaged = known["state"] = digest(state)
    stamp.write_text(json.dumps(known))
    again = run_check(PROJECT, tmp_path / "again", *FEW, ENVS="direct")
    assert not again.report["findings"], again.explain()
    assert again.report["operations"]
    assert digest(state) != damaged


def test_a_snapshot_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    folder = snapshot_in_use(tmp_path)
    aside = folder.rename(folder.with_name(f".aside-{folder.name}"))
    try:
        folder.write_text("no folder")
        run = run_check(PROJECT, tmp_path / "out", *FEW, ENVS="direct")
    finally:
        folder.unlink()
        aside.rename(folder)
    assert run.report["verdict"] == "unchecked", run.explain()
    assert "KDMA_SNAPSHOTS=0" in run.output
