# SPDX-License-Identifier: GPL-2.0
"""Snapshots of booted guests: taken once, before any module of ours is loaded.

A snapshot is a cache entry found by everything that it was made of: QEMU, its
command line, the kernel and the guest's root. It holds the guest's state, what
the guest said when it had booted, and its console so far. A damaged one is no
entry; one that QEMU does not take is removed, and the guest boots.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kdma.cache import digest, entry, is_complete, key
from kdma.findings import KdmaError
from kdma.paths import cache_root

#: Snapshots that stay in the cache; about 100 MB each.
KEPT = 16

_STATE, _BOOTED, _CONSOLE = "state", "booted", "console.log"


class SnapshotError(Exception):
    """No snapshot could be taken. The guest may be lost."""


@dataclass(frozen=True)
class Snapshot:
    """A complete snapshot, in the cache."""

    folder: Path

    @property
    def booted(self) -> bytes:
        """The payload of the guest's BOOTED frame."""
        return (self.folder / _BOOTED).read_bytes()

    @property
    def console(self) -> bytes:
        """What the guest had printed."""
        return (self.folder / _CONSOLE).read_bytes()

    @property
    def arguments(self) -> list[str]:
        """Words that make QEMU go on from here."""
        return ["-incoming", f"file:{self.folder / _STATE}"]

    def discard(self) -> None:
        """Removes it: QEMU did not take it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def folder_for(qemu: Path, command: Sequence[str], contents: Iterable[Path]) -> Path:
    """Where the snapshot of such a guest is or would be.

    `command` without what differs from run to run; `contents`: files that the
    guest is made of, by content.
    """
    parts = [digest(qemu), *command, *(digest(path) for path in contents)]
    return cache_root() / "snapshots" / key(parts)


def find(folder: Path) -> Snapshot | None:
    """The snapshot, if it is there and whole."""
    if not is_complete(folder):
        return None
    os.utime(folder)
    return Snapshot(folder)


class Monitor:
    """QEMU's monitor, as far as a snapshot needs it (docs/interop/qmp-spec.rst in QEMU)."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(60)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("r", encoding="utf-8")
        self._read()
        self.ask("qmp_capabilities")

    def _read(self) -> dict[str, object]:
        line = self._lines.readline()
        if not line:
            raise SnapshotError("QEMU closed its monitor")
        answer: dict[str, object] = json.loads(line)
        return answer

    def ask(self, what: str, **arguments: object) -> object:
        """Sends a command; its answer. SnapshotError if QEMU refuses."""
        self._socket.sendall(json.dumps({"execute": what, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = self._read()
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise SnapshotError(f"{what}: {answer['error']}")

    def close(self) -> None:
        """Leaves QEMU running."""
        self._lines.close()
        self._socket.close()


def _save(monitor: Monitor, state: Path) -> None:
    """Writes the guest's state. It is stopped meanwhile, and goes on afterwards."""
    monitor.ask("migrate-set-parameters", **{"max-bandwidth": 1 << 40})
    monitor.ask("migrate", uri=f"file:{state}")
    while True:
        answer = monitor.ask("query-migrate")
        status = answer.get("status") if isinstance(answer, dict) else None
        if status == "completed":
            break
        if status in ("failed", "cancelled"):
            raise SnapshotError(f"query-migrate: {answer}")
        time.sleep(0.01)
    monitor.ask("cont")


def take(monitor_path: Path, folder: Path, booted: bytes, console: Path) -> None:
    """Takes a snapshot of the guest behind `monitor_path`, which goes on afterwards.

    Raises SnapshotError or OSError (no space left); nothing incomplete stays.
    """

    def make(work: Path) -> None:
        (work / _BOOTED).write_bytes(booted)
        shutil.copyfile(console, work / _CONSOLE)
        monitor = Monitor(monitor_path)
        try:
            _save(monitor, work / _STATE)
        finally:
            monitor.close()

    entry(folder, make)
    _prune(folder.parent)


def _prune(root: Path) -> None:
    """Removes the snapshots that were not used for longest."""
    with contextlib.suppress(OSError):
        folders = [path for path in root.iterdir() if path.name[0] != "."]
        folders.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in folders[KEPT:]:
            shutil.rmtree(path, ignore_errors=True)


def refusal(error: Exception) -> KdmaError:
    """What to say when no snapshot can be taken."""
    return KdmaError(
        f"no snapshot of the booted guest can be taken: {error}",
        where=str(cache_root() / "snapshots"),
        expected="QEMU's state in a file",
        actual=str(error),
        next="is the disk full? KDMA_SNAPSHOTS=0 boots every guest anew",
    )
