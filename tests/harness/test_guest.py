# SPDX-License-Identifier: GPL-2.0
"""How long a guest is waited for, with a process of our own in the place of QEMU."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kdma import vm

#: Listens, and computes or sleeps then.
_LISTENS = """
import socket, sys, time
port = socket.socket(socket.AF_UNIX)
port.bind(sys.argv[1])
port.listen()
link, _ = port.accept()
"""
_COMPUTES = f"{_LISTENS}\nwhile True: pass"
_SLEEPS = f"{_LISTENS}\ntime.sleep(600)"
_COMPUTES_AND_ANSWERS = f"""{_LISTENS}
while time.process_time() < 0.2: pass
link.sendall(bytes.fromhex({vm.frame(vm.END, 7).hex()!r}))
time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    # A socket's path is short.
    with tempfile.TemporaryDirectory(prefix="kdma-guest-") as scratch:
        yield Path(scratch)


def _guest(folder: Path, script: str) -> vm.Guest:
    port = folder / "port"
    return vm.Guest([sys.executable, "-c", script, str(port)], port, folder / "errors")


def _lost(folder: Path, script: str, limit: float, busy: float) -> vm.Lost:
    with _guest(folder, script) as guest:
        guest.connect(time.monotonic() + 60)
        with pytest.raises(vm.Lost) as lost:
            guest.receive(limit, busy)
        return lost.value


def test_a_guest_that_computes_for_ever_is_lost_by_its_processor_time(folder: Path) -> None:
    lost = _lost(folder, _COMPUTES, 600, 1)
    assert (lost.what, lost.silent) == ("silent", "1 s of processor time")


def test_a_guest_that_computes_nothing_is_lost_by_the_clock(folder: Path) -> None:
    lost = _lost(folder, _SLEEPS, 1, 600)
    assert (lost.what, lost.silent) == ("silent", "1 s")


def test_what_a_guest_computed_before_does_not_count(folder: Path) -> None:
    with _guest(folder, _COMPUTES_AND_ANSWERS) as guest:
        guest.connect(time.monotonic() + 60)
        # The interpreter alone takes time to start.
        assert guest.receive(600, 30)[:2] == (vm.END, 7)
        assert guest.processor_seconds() >= 0.1
        with pytest.raises(vm.Lost, match="silent") as lost:
            guest.receive(1, 0.1)
        assert lost.value.silent == "1 s"


def test_one_that_is_gone_takes_no_processor_time(folder: Path) -> None:
    with _guest(folder, "raise SystemExit") as guest:
        guest.process.wait()
        assert guest.processor_seconds() == 0
