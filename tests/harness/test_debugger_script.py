# SPDX-License-Identifier: GPL-2.0
"""What gdb is told about a guest."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdma.debugger import Debugger
from kdma.findings import KdmaError

SECTIONS = {
    "kdma": {".bss": 0xC030, ".data": 0xC020, ".init.text": 0xD000, ".text": 0xC000},
    "kdma_c": {".text": 0xE000, "__mcount_loc": 0xE100},
}


def test_every_module_stands_where_the_guest_says() -> None:
    modules = {"kdma": Path("/a b/kdma.ko"), "kdma_c": Path("/m/kdma_c.ko")}
    script = Debugger(Path("/k/vmlinux")).script(modules, SECTIONS, Path("/tmp/x/gdb"))
    assert script.splitlines()[2:] == [
        "file /k/vmlinux",
        "add-symbol-file '/a b/kdma.ko' 0xc000 -s .bss 0xc030 -s .data 0xc020",
        "add-symbol-file /m/kdma_c.ko 0xe000",
        "target remote /tmp/x/gdb",
    ]


def test_a_module_without_a_place_is_an_error() -> None:
    with pytest.raises(KdmaError, match=r"kdma_rust\.ko"):
        Debugger(Path("v")).script({"kdma_rust": Path("k.ko")}, SECTIONS, Path("s"))
