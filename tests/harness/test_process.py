# SPDX-License-Identifier: GPL-2.0
"""Commands: what they leave, how they fail, and that nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kdma.findings import COULD_NOT_CHECK, KdmaError
from kdma.process import lock, run


@pytest.fixture(autouse=True)
def _output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDMA_OUT", str(tmp_path / "out"))
    monkeypatch.setenv("KDMA_CACHE", str(tmp_path / "cache"))


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def until(condition: object, seconds: float = 10) -> None:
    limit = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.02)


def test_output_is_kept_apart() -> None:
    done = run(["sh", "-c", "echo one; echo two >&2"], what="talking")
    assert (done.stdout, done.stderr, done.returncode) == ("one\n", "two\n", 0)


def test_lines_are_handed_on_as_they_come() -> None:
    lines: list[str] = []
    run(["sh", "-c", "echo one; echo two >&2"], what="talking", on_line=lines.append)
    assert sorted(lines) == ["one", "two"]


def test_a_failure_says_command_tail_and_log() -> None:
    with pytest.raises(KdmaError) as caught:
        run(["sh", "-c", "seq 1 100; exit 3"], what="counting sheep")
    finding = caught.value.finding
    assert finding.finding_class in COULD_NOT_CHECK
    assert "counting sheep" in finding.title and "exit code 3" in finding.title
    assert "seq 1 100" in finding.where
    assert "100" in finding.actual.splitlines() and "1" not in finding.actual.splitlines()
    log = Path(os.path.expandvars(finding.next.removeprefix("read ")))
    assert log.read_text().splitlines()[1:4] == ["1", "2", "3"]


def test_a_failure_is_no_error_without_check() -> None:
    assert run(["sh", "-c", "exit 3"], what="failing", check=False).returncode == 3


def test_a_log_begins_anew_and_is_added_to(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "build.log"
    log.parent.mkdir()
    log.write_text("of an earlier run\n")
    run(["echo", "one"], what="talking", log=log)
    run(["echo", "two"], what="talking", log=log)
    assert log.read_text() == "$ echo one\none\n$ echo two\ntwo\n"


def test_a_missing_command_is_named() -> None:
    with pytest.raises(KdmaError, match="cannot start no-such-command"):
        run(["no-such-command"], what="trying")


def test_verbose_shows_the_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("V", "1")
    run(["echo", "two words"], what="talking")
    assert "+ echo 'two words'" in capsys.readouterr().err


def test_a_time_out_ends_grandchildren_too(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with pytest.raises(KdmaError, match=r"took longer than 0\.5 s"):
        run(["sh", "-c", f"sleep 300 & echo $! > {pids}; sleep 300"], what="sleeping", timeout=0.5)
    until(lambda: not is_running(int(pids.read_text())))


def test_what_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with pytest.raises(KdmaError, match="took longer"):
        run(
            ["sh", "-c", f"trap '' TERM; echo $$ > {pids}; while :; do sleep 1; done"],
            what="being stubborn",
            timeout=0.5,
        )
    until(lambda: not is_running(int(pids.read_text())))


def test_a_background_child_does_not_outlive_its_command(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    begin = time.monotonic()
    run(["sh", "-c", f"sleep 300 & echo $! > {pids}"], what="leaving something")
    assert time.monotonic() - begin < 10
    until(lambda: not is_running(int(pids.read_text())))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_being_interrupted_leaves_nothing_running(tmp_path: Path, number: signal.Signals) -> None:
    pids = tmp_path / "pids"
    program = (
        "import signal\n"
        "from kdma.process import end_on_signals, run\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        "end_on_signals()\n"
        f"run(['sh', '-c', 'sleep 300 & echo $! $$ > {pids}; sleep 300'], what='sleeping')\n"
    )
    victim = subprocess.Popen(
        [sys.executable, "-c", program],
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    until(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    victim.send_signal(number)
    _, errors = victim.communicate(timeout=20)
    assert b"KeyboardInterrupt" in errors
    for pid in pids.read_text().split():
        until(lambda pid=pid: not is_running(int(pid)))


def test_an_interrupt_while_a_command_starts_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    real = subprocess.Popen

    def start(*arguments: object, **others: object) -> subprocess.Popen[bytes]:
        process = real(*arguments, **others)  # type: ignore[call-overload]
        started.append(process.pid)
        signal.raise_signal(signal.SIGINT)
        return process

    monkeypatch.setattr(subprocess, "Popen", start)
    # A shell's background job is started with SIGINT ignored.
    outer = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            run(["sleep", "300"], what="sleeping")
        until(lambda: not is_running(started[0]))
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, outer)


def test_a_full_disk_is_called_that() -> None:
    with pytest.raises(KdmaError, match="the disk is full") as caught:
        run(["sh", "-c", "echo 'cc: error: No space left on device' >&2; exit 1"], what="building")
    assert "KDMA_CACHE" in caught.value.finding.next


def test_a_log_on_a_full_disk_is_called_that() -> None:
    with pytest.raises(KdmaError, match="the disk is full"):
        run(["echo", "hello"], what="talking", log=Path("/dev/full"))


def test_output_that_is_no_text_does_no_harm() -> None:
    assert run(["printf", r"\377\n"], what="writing bytes").stdout == "\ufffd\n"


# -- locks --------------------------------------------------------------------

_HOLDER = """
import sys, time
from pathlib import Path
from kdma.process import lock
with lock(Path(sys.argv[1]), "building Linux 7.3"):
    print("held", flush=True)
    sys.stdin.readline()
"""


def hold(path: Path) -> subprocess.Popen[bytes]:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    return holder


def test_a_lock_that_is_held_names_the_holder(tmp_path: Path) -> None:
    holder = hold(tmp_path / "lock")
    try:
        with pytest.raises(KdmaError) as caught, lock(tmp_path / "lock", "checking"):
            pass
        finding = caught.value.finding
        assert f"process {holder.pid} (building Linux 7.3)" in finding.actual
        assert finding.finding_class in COULD_NOT_CHECK
    finally:
        holder.communicate(b"\n")


def test_a_lock_can_be_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    holder = hold(tmp_path / "lock")
    threading.Timer(0.5, lambda: holder.communicate(b"\n")).start()
    with lock(tmp_path / "lock", "checking", wait=True):
        until(lambda: not is_running(holder.pid))
    assert f"waiting for process {holder.pid}" in capsys.readouterr().err


def test_a_lock_is_free_after_its_holder_was_killed(tmp_path: Path) -> None:
    holder = hold(tmp_path / "lock")
    holder.kill()
    holder.wait()
    with lock(tmp_path / "lock", "checking"):
        pass


def test_a_command_can_keep_the_lock_when_we_are_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from kdma.process import lock, run\n"
        "with lock(Path(sys.argv[1]), 'building'):\n"
        f"    run(['sh', '-c', 'echo $$ > {pids}; exec sleep 300'], what='x', keep_locks=True)\n"
    )
    victim = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "lock")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    until(lambda: pids.exists() and pids.read_text().strip())
    victim.kill()
    victim.wait()
    gone = pytest.raises(KdmaError, match="is gone but left a command running")
    with gone, lock(tmp_path / "lock", "checking"):
        pass
    os.kill(int(pids.read_text()), signal.SIGKILL)
    until(lambda: not is_running(int(pids.read_text())))
    with lock(tmp_path / "lock", "checking"):
        pass
