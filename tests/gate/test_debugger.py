# SPDX-License-Identifier: GPL-2.0
"""`kdma check --gdb`: the guest waits, and a breakpoint in the C ABI is hit.

Once over gdb's remote protocol, which needs no gdb, and once with a real one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import KERNEL, run_check
from elftools.elf.elffile import ELFFile

from kdma.paths import PROJECT

PROGRAM = "map_single carries 64 bytes from the CPU to the device"
SIZE = 64
#: In the answer to "g": 16 general registers, then rip. An argument's place is
#: that of the calling convention (System V): rdx is the third.
RDX, RIP = 3, 16


@contextmanager
def stopped(out: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A run that has stopped for gdb, and the script it wrote."""
    command = ["./kdma", "check", "--kernel", KERNEL, "--envs", "direct", "--drivers", "c"]
    run = subprocess.Popen(
        [*command, "--gdb", f"--program={PROGRAM}"],
        cwd=PROJECT,
        env={**os.environ, "KDMA_OUT": str(out)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    script = out / "vm/direct/gdb"
    try:
        deadline = time.monotonic() + 1500
        while not script.exists():
            assert run.poll() is None and run.stdout is not None, run.stdout and run.stdout.read()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield run, script
    finally:
        if run.poll() is None:
            run.terminate()
        run.wait(60)


def finished(run: subprocess.Popen[str], out: Path, script: Path) -> None:
    """The run goes on to its end when the debugger leaves, and said how to call gdb."""
    output, _ = run.communicate(timeout=600)
    report = json.loads((out / "report.json").read_text())
    # One program alone is no whole check.
    assert (report["verdict"], report["findings"]) == ("unchecked", []), output
    assert report["programs"] == 1 and report["operations"] > 3, output
    assert f"gdb -x {script}" in output


def address_of(script: Path, symbol: str) -> int:
    """Where a function of kdma.ko is in the guest, as the script places the module."""
    line = re.search(r"^add-symbol-file (\S+/kdma\.ko) (0x[0-9a-f]+)", script.read_text(), re.M)
    assert line is not None, script.read_text()
    with Path(line[1]).open("rb") as file:
        elf = ELFFile(file)
        (entry,) = elf.get_section_by_name(".symtab").get_symbol_by_name(symbol)
        section = elf.get_section(entry["st_shndx"])
        assert section.name == ".text"
        return int(line[2], 16) + int(entry["st_value"])


class Remote:
    """gdb's remote protocol, as far as a breakpoint needs it."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(120)
        self.socket.connect(path)

    def ask(self, text: str) -> str:
        """Sends a packet; the packet that comes back."""
        data = text.encode()
        self.socket.sendall(b"$%s#%02x" % (data, sum(data) % 256))
        return self.answer()

    def answer(self) -> str:
        got = b""
        while not re.search(rb"\$[^#]*#..", got):
            more = self.socket.recv(4096)
            assert more, got
            got += more
        self.socket.sendall(b"+")
        packet = re.search(rb"\$([^#]*)#", got)
        assert packet is not None
        return packet[1].decode()

    def register(self, number: int) -> int:
        text = self.ask("g")[number * 16 : number * 16 + 16]
        return int.from_bytes(bytes.fromhex(text), "little")


def test_a_breakpoint_over_the_remote_protocol(tmp_path: Path) -> None:
    with stopped(tmp_path) as (run, script):
        address = address_of(script, "kdma_map_single")
        path = re.search(r"^target remote (\S+)$", script.read_text(), re.M)
        assert path is not None
        remote = Remote(path[1])
        assert remote.ask("?").startswith("T")
        assert remote.register(RIP) != address
        assert remote.ask(f"Z0,{address:x},1") == "OK"
        assert remote.ask("c").startswith("T05")
        assert remote.register(RIP) == address
        assert remote.register(RDX) == SIZE
        assert remote.ask(f"z0,{address:x},1") == "OK"
        assert remote.ask("D") == "OK"
        remote.socket.close()
        finished(run, tmp_path, script)


def test_a_breakpoint_with_gdb(tmp_path: Path) -> None:
    if shutil.which("gdb") is None:
        pytest.skip("not checked: no gdb is here; the remote protocol alone was")
    with stopped(tmp_path) as (run, script):
        told = subprocess.run(
            [
                *("gdb", "-nx", "-batch", "-x", str(script)),
                *("-ex", "break kdma_map_single", "-ex", "continue"),
                *("-ex", 'printf "size %d\\n", $rdx', "-ex", "backtrace 1"),
                *("-ex", "delete", "-ex", "detach"),
            ],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        said = told.stdout + told.stderr
        assert re.search(r"^Breakpoint 1, .*kdma_map_single", told.stdout, re.M), said
        assert f"size {SIZE}\n" in told.stdout, said
        finished(run, tmp_path, script)


@pytest.mark.parametrize("environments", ["", "direct,swiotlb"])
def test_gdb_takes_one_environment(tmp_path: Path, environments: str) -> None:
    run = run_check(PROJECT, tmp_path, ENVS=environments, GDB="1")
    assert run.code == 2 and "one environment" in run.output, run.explain()
