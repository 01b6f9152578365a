# SPDX-License-Identifier: GPL-2.0
"""The guest's root: an uncompressed cpio archive, the same bytes every time."""

from __future__ import annotations

from collections.abc import Mapping

#: Files by path, with their permissions.
Tree = Mapping[str, tuple[bytes, int]]

_DIRECTORY = 0o040000
_FILE = 0o100000
_CHARACTER_DEVICE = 0o020000


def _entry(name: str, mode: int, data: bytes, inode: int, device: tuple[int, int]) -> bytes:
    encoded = name.encode() + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
    header += b"\0" * (-len(header) % 4)
    return header + data + b"\0" * (-len(data) % 4)


def archive(files: Tree) -> bytes:
    """A cpio archive (newc, Documentation/driver-api/early-userspace/buffer-format.rst).

    Holds `files`, the directories above them, and /dev/console, without which
    init has nothing to print on.
    """
    directories = {"dev"}
    for name in files:
        parts = name.split("/")[:-1]
        directories.update("/".join(parts[: i + 1]) for i in range(len(parts)))
    entries = [(name, _DIRECTORY | 0o755, b"", (0, 0)) for name in sorted(directories)]
    entries.append(("dev/console", _CHARACTER_DEVICE | 0o600, b"", (5, 1)))
    for name in sorted(files):
        data, permissions = files[name]
        entries.append((name, _FILE | permissions, data, (0, 0)))
    blob = b"".join(
        _entry(name, mode, data, inode, device)
        for inode, (name, mode, data, device) in enumerate(entries, start=1)
    )
    return blob + _entry("TRAILER!!!", 0, b"", 0, (0, 0))
