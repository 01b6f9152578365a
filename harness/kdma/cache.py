# SPDX-License-Identifier: GPL-2.0
"""Cache entries that are found by content and believed only while they hold.

An entry is a folder. It gets its name when it is complete, with the digests
of its files beside them; a file that no longer has its digest makes the whole
entry worthless.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from kdma.paths import PROJECT, cache_root

_STAMP = "complete.json"


def key(parts: Iterable[str]) -> str:
    """A name for what these texts say, for a folder."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_complete(folder: Path) -> bool:
    """Are the files of an entry there, and still what they were?"""
    try:
        recorded: dict[str, str] = json.loads((folder / _STAMP).read_text())
        return bool(recorded) and all(
            digest(folder / name) == known for name, known in recorded.items()
        )
    except (OSError, ValueError, AttributeError):
        return False


def entry(folder: Path, make: Callable[[Path], Iterable[Path] | None]) -> bool:
    """Has `make` fill the entry `folder` if it is not there or is damaged.

    `make` gets an empty folder beside it and returns the files that matter;
    None: all at its top. Returns whether the entry was there. What `make`
    raises leaves nothing behind.
    """
    if is_complete(folder):
        return True
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    work.chmod(0o755)
    try:
        made = make(work)
        files = made if made is not None else (p for p in work.iterdir() if p.is_file())
        digests = {str(path.relative_to(work)): digest(path) for path in sorted(files)}
        (work / _STAMP).write_text(json.dumps(digests, indent=1))
        # Damaged, or made by somebody else in the meantime.
        if not is_complete(folder):
            shutil.rmtree(folder, ignore_errors=True)
            try:
                work.rename(folder)
            except OSError:
                if not is_complete(folder):
                    raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return False


#: Checkouts whose cargo output stays in the cache; some 600 MB each.
_CARGO_TARGETS = 3


def cargo_target() -> Path:
    """The target directory of cargo for this checkout.

    Not shared: cargo knows members of a workspace by their relative path and
    goes by time stamps, so that one checkout would be given what was built from
    another. A new one begins with a copy, for the crates from the registry.
    """
    root = cache_root() / "cargo-target"
    folder = root / key([str(PROJECT)])
    root.mkdir(parents=True, exist_ok=True)
    others = sorted(
        (path for path in root.iterdir() if path != folder and path.name[0] != "."),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    if not folder.exists() and others:
        work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=root))
        try:
            shutil.copytree(others[0], work, symlinks=True, dirs_exist_ok=True)
            work.rename(folder)
        except (OSError, shutil.Error):
            # Somebody builds there, or was faster. Without a copy it takes longer.
            shutil.rmtree(work, ignore_errors=True)
    folder.mkdir(exist_ok=True)
    os.utime(folder)
    for path in others[_CARGO_TARGETS - 1 :]:
        shutil.rmtree(path, ignore_errors=True)
    return folder
