# SPDX-License-Identifier: GPL-2.0
"""Snapshots in the cache: found by content, believed while whole, few."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from kdma import environments, snapshot, vm
from kdma.cache import entry
from kdma.findings import FindingClass, KdmaError
from kdma.qemu import Qemu


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


#: Stands in for QEMU: the guest boots, and then the monitor is closed.
STAND_IN = """\
#!{python}
import os, re, signal, socket, sys, time
words = " ".join(sys.argv)
sockets = []
for pattern in (r"id=port,path=([^,]+)", r"-qmp unix:([^,]+)"):
    sockets.append(socket.socket(socket.AF_UNIX))
    sockets[-1].bind(re.search(pattern, words)[1])
    sockets[-1].listen()
port, _ = sockets[0].accept()
port.sendall(bytes.fromhex({booted!r}))
monitor, _ = sockets[1].accept()
monitor.close()
if {killed}:
    os.kill(os.getpid(), signal.SIGKILL)
time.sleep(60)
"""


def boot_stand_in(tmp_path: Path, *, killed: bool) -> vm.VmResult:
    script = tmp_path / "stand_in.py"
    booted = vm.frame(vm.BOOTED, payload=b"release none\nready\n").hex()
    script.write_text(STAND_IN.format(python=sys.executable, booted=booted, killed=killed))
    script.chmod(0o755)
    content = tmp_path / "content"
    content.write_bytes(b"content")
    return vm.run(
        Qemu(script, "none"),
        vm.GuestImage(content, content, {}),
        environments.find("direct"),
        [],
        tmp_path / "out",
    )


def test_a_qemu_killed_while_its_snapshot_is_taken_is_told_so(tmp_path: Path) -> None:
    (finding,) = boot_stand_in(tmp_path, killed=True).problems
    assert finding.finding_class is FindingClass.HARNESS
    assert "SIGKILL" in finding.actual, finding


def test_a_qemu_that_lives_and_gives_no_snapshot_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vm, "ENDING_LIMIT", 0.1)
    with pytest.raises(KdmaError, match="no snapshot of the booted guest"):
        boot_stand_in(tmp_path, killed=False)
