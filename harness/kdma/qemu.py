# SPDX-License-Identifier: GPL-2.0
"""Which QEMU runs the guests.

The host's own where it is new enough. On Debian releases that have an older
one, the backports' is unpacked into the cache beside it and uses the host's
libraries; nothing is installed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kdma import packages
from kdma.findings import KdmaError
from kdma.paths import cache_root

COMMAND = "qemu-system-x86_64"

#: QEMU 7.2 aborts when edu moves the last byte of its memory ("EDU: DMA range
#: ... out of bounds"); 8.2 and later do not.
MINIMUM = (8, 2)

#: What the private QEMU is made of. Its libraries come from the host's own
#: qemu-system-x86, which set-up installs.
_PACKAGES = ("qemu-system-common", "qemu-system-data", "qemu-system-x86")


@dataclass(frozen=True)
class Qemu:
    """A usable QEMU: its path, version, and folders with firmware to search first."""

    path: Path
    version: str
    firmware: tuple[Path, ...] = ()

    @property
    def command(self) -> list[str]:
        """How to begin a command line with it."""
        return [str(self.path), *(word for path in self.firmware for word in ("-L", str(path)))]


def version_of(path: Path) -> str:
    """What QEMU says its version is. KdmaError (toolchain) when it does not start."""
    try:
        done = subprocess.run(
            [str(path), "--version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise KdmaError(
            f"QEMU does not start: {error}",
            where=str(path),
            next="run: make doctor",
            identity=("qemu", "broken"),
        ) from None
    match = re.search(r"version (\d+\.\d+(?:\.\d+)?)", done.stdout)
    if match is None:
        raise KdmaError(
            "QEMU does not tell its version",
            where=str(path),
            expected="'QEMU emulator version ...'",
            actual=(done.stdout or done.stderr).strip()[:200] or "nothing",
            next="run: make doctor",
            identity=("qemu", "broken"),
        )
    return match[1]


def is_new_enough(version: str) -> bool:
    """Is this version at least MINIMUM?"""
    major, minor = version.split(".")[:2]
    return (int(major), int(minor)) >= MINIMUM


def _too_old(path: Path, version: str, more: str = "") -> KdmaError:
    return KdmaError(
        "QEMU is too old",
        where=str(path),
        expected=f"{MINIMUM[0]}.{MINIMUM[1]} or later: before, edu cannot move its last byte",
        actual=version + more,
        next="install a newer qemu-system-x86, or name one with KDMA_QEMU=path",
        identity=("qemu", "old"),
    )


def _named(name: str) -> Qemu:
    path = shutil.which(name)
    if path is None:
        raise KdmaError(
            f"KDMA_QEMU names {name}, which is not there",
            expected=f"a {COMMAND}",
            actual="no such command",
            next="correct KDMA_QEMU, or unset it",
            identity=("qemu", "missing"),
        )
    version = version_of(Path(path))
    if not is_new_enough(version):
        raise _too_old(Path(path), version)
    return Qemu(Path(path), version)


def _private_root() -> Path:
    return cache_root() / "qemu"


def _private(root: Path) -> Qemu | None:
    """The QEMU in the cache, if it starts."""
    path = root / "usr/bin" / COMMAND
    if not path.is_file():
        return None
    try:
        version = version_of(path)
    except KdmaError:
        return None
    return Qemu(path, version, (root / "usr/share/qemu", Path("/usr/share/seabios")))


def _recorded() -> Qemu | None:
    """The private QEMU of an earlier run, without asking apt. Its files are as they were."""
    try:
        known = json.loads((_private_root() / "chosen.json").read_text())
        folder = _private_root() / str(known["folder"])
        parts = [packages.Package(**entry) for entry in known["packages"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return _private(folder) if packages.recorded(folder, parts) else None


def _fetch() -> Qemu | None:
    """The newest QEMU of the host's release or its backports; None where there is none."""
    if not packages.is_debian():
        return None
    suites = (*packages.host_suites(), f"{packages.codename()}-backports")
    found = packages.available(_PACKAGES, suites)
    versions = packages.newest_first({p.version for p in found}, str)
    for version in versions:
        if not is_new_enough(packages.upstream(version)):
            return None
        parts = sorted((p for p in found if p.version == version), key=lambda p: p.name)
        if tuple(dict.fromkeys(p.name for p in parts)) != _PACKAGES:
            continue
        parts = list({p.name: p for p in parts}.values())
        folder = _private_root() / version.replace(":", "%3a")
        packages.fetch_into(folder, parts, suites)
        chosen = _private(folder)
        if chosen is None:
            raise KdmaError(
                "QEMU of the backports does not start here",
                where=str(folder / "usr/bin" / COMMAND),
                expected="the libraries that the host's own qemu-system-x86 brings",
                actual=subprocess.run(
                    ["ldd", str(folder / "usr/bin" / COMMAND)],
                    capture_output=True,
                    text=True,
                    check=False,
                ).stdout.strip()[-300:],
                next="run: make setup",
                identity=("qemu", "libraries"),
            )
        record = {"folder": folder.name, "packages": [vars(part) for part in parts]}
        (_private_root() / "chosen.json").write_text(json.dumps(record, indent=1))
        return chosen
    return None


def find() -> Qemu:
    """The QEMU to use: KDMA_QEMU, the host's, the cache's, or the backports'.

    Raises KdmaError (toolchain) when there is none that is new enough.
    """
    chosen = os.environ.get("KDMA_QEMU")
    if chosen:
        return _named(chosen)
    own = shutil.which(COMMAND)
    if own is None:
        raise KdmaError(
            f"{COMMAND} is not there",
            expected=f"QEMU {MINIMUM[0]}.{MINIMUM[1]} or later for x86_64",
            actual="no such command",
            next="run: make setup",
            identity=("qemu", "missing"),
        )
    version = version_of(Path(own))
    if is_new_enough(version):
        return Qemu(Path(own), version)
    qemu = _recorded() or _fetch()
    if qemu is None:
        raise _too_old(Path(own), version, ", and no newer one in the host's suites or backports")
    return qemu
