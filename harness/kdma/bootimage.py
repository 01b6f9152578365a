# SPDX-License-Identifier: GPL-2.0
"""The kernel in the form that QEMU starts fastest.

A bzImage unpacks itself inside the emulated machine, which takes seconds; the
host does it in a tenth of one. The ELF inside is entered through its PVH note.
A kernel without one, or packed in a way we do not know, is booted as it is.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import struct
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import zstandard
from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from kdma.paths import cache_root

#: Boot protocol, Documentation/arch/x86/boot.rst.
_SETUP_SECTORS = 0x1F1
_MAGIC_AT, _MAGIC = 0x202, b"HdrS"
_PAYLOAD_AT = 0x248

#: Name and type of the note that holds the PVH entry (Xen's elfnote.h).
_PVH_NOTE = ("Xen", 18)


def _zstd(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(data)


def _xz(data: bytes) -> bytes:
    return lzma.LZMADecompressor().decompress(data)


def _gzip(data: bytes) -> bytes:
    return zlib.decompressobj(31).decompress(data)


def _bzip2(data: bytes) -> bytes:
    return bz2.BZ2Decompressor().decompress(data)


_UNPACKERS: dict[bytes, Callable[[bytes], bytes]] = {
    b"\x1f\x8b": _gzip,
    b"(\xb5/\xfd": _zstd,
    b"BZh": _bzip2,
    b"\xfd7zXZ\0": _xz,
}
_UNPACK_ERRORS = (EOFError, OSError, ValueError, gzip.BadGzipFile, lzma.LZMAError, zlib.error,
                  zstandard.ZstdError)  # fmt: skip


def unpack(image: bytes) -> bytes | None:
    """The ELF inside a bzImage; None when it cannot be had."""
    if image[:4] == b"\x7fELF":
        return image
    if len(image) < _PAYLOAD_AT + 8 or image[_MAGIC_AT : _MAGIC_AT + 4] != _MAGIC:
        return None
    setup = ((image[_SETUP_SECTORS] or 4) + 1) * 512
    offset, length = struct.unpack_from("<II", image, _PAYLOAD_AT)
    payload = image[setup + offset : setup + offset + length]
    for magic, unpacker in _UNPACKERS.items():
        if payload.startswith(magic):
            try:
                elf = unpacker(payload)
            except _UNPACK_ERRORS:
                return None
            return elf if elf[:4] == b"\x7fELF" else None
    return None


def has_pvh_entry(path: Path) -> bool:
    """Can this ELF be entered by PVH?"""
    try:
        with path.open("rb") as file:
            for segment in ELFFile(file).iter_segments("PT_NOTE"):
                for note in segment.iter_notes():  # type: ignore[attr-defined]
                    if (note["n_name"], note["n_type"]) == _PVH_NOTE or (
                        note["n_name"] == "Xen" and "PHYS32_ENTRY" in str(note["n_type"])
                    ):
                        return True
    except (ELFError, OSError, KeyError, UnicodeDecodeError):
        pass
    return False


def bootable(image: Path) -> Path:
    """The fastest form of `image`: an unpacked ELF in the cache, or `image` itself.

    Cached by the content of `image`, and believed only while its own digest
    (part of its name) holds.
    """
    data = image.read_bytes()
    folder = cache_root() / "boot-images" / hashlib.sha256(data).hexdigest()[:24]
    for kept in folder.glob("vmlinux-*"):
        if kept.name == f"vmlinux-{hashlib.sha256(kept.read_bytes()).hexdigest()[:24]}":
            return kept
        kept.unlink()
    elf = unpack(data)
    if elf is None:
        return image
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"vmlinux-{hashlib.sha256(elf).hexdigest()[:24]}"
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(elf)
    if not has_pvh_entry(Path(file.name)):
        os.unlink(file.name)
        return image
    os.replace(file.name, target)
    return target
