# SPDX-License-Identifier: GPL-2.0
"""Runs commands: output kept, time limits, nothing left behind; and locks.

Standard library only: set-up runs before any package is installed.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kdma import progress
from kdma.findings import KdmaError
from kdma.paths import as_shown, cache_root, output_root

#: Lines of output that an error carries.
TAIL = 20
#: Seconds between asking a process group to end and killing it.
GRACE = 2.0

_logs_begun: set[Path] = set()
_held: set[int] = set()


@dataclass(frozen=True)
class Completed:
    """What a command left: its output, decoded, and its exit code."""

    stdout: str
    stderr: str
    returncode: int


def verbose() -> bool:
    """V=1: show each command."""
    return os.environ.get("V", "") not in ("", "0")


def disk_full(where: Path | str, actual: str = "No space left on device") -> KdmaError:
    """The error for a file system without space."""
    return KdmaError(
        "the disk is full",
        where=str(where),
        expected="space for builds and downloads",
        actual=actual,
        next=f"free some space, or put the cache elsewhere: KDMA_CACHE=path (it is {cache_root()})",
        identity=("disk", "full"),
    )


def end_on_signals() -> None:
    """Lets SIGTERM and SIGHUP end us as Ctrl-C does, so that nothing is left running.

    For the main thread of the kdma command.
    """

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupt)


def die_with_parent() -> None:
    """In a child: it must not outlive the thread that made it, however that ends."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Ends the process and all of its group; waits for the process itself."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM)
    limit = time.monotonic() + GRACE
    while time.monotonic() < limit:
        process.poll()
        try:
            os.killpg(process.pid, 0)
        except (ProcessLookupError, PermissionError):
            break
        time.sleep(0.02)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _end(process: subprocess.Popen[bytes], readers: Sequence[threading.Thread]) -> None:
    """Ends a command and all of its group, and has the rest of its output read."""
    _end_group(process)
    for reader in readers:
        reader.join(GRACE)


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Holds back what a signal would raise until the block ends.

    Between starting a process and knowing it nobody could end it. The
    process itself gets none of this: handlers end at exec.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    handlers = {
        number: handler
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
        if callable(handler := signal.getsignal(number))
    }
    for held in handlers:
        signal.signal(held, lambda number, frame: arrived.append(number))
    try:
        yield
    finally:
        for held, handler in handlers.items():
            signal.signal(held, handler)
    for number in arrived:
        handlers[signal.Signals(number)](number, None)


class _Output:
    """Collects both streams, and copies them to the log as they come."""

    def __init__(self, log: IO[bytes] | None, on_line: Callable[[str], None] | None) -> None:
        self.parts: dict[str, list[bytes]] = {"stdout": [], "stderr": []}
        self.merged: list[bytes] = []
        self.error: OSError | None = None
        self._log = log
        self._on_line = on_line
        self._lock = threading.Lock()

    def read(self, name: str, stream: IO[bytes]) -> None:
        with suppress(ValueError), stream:
            for line in stream:
                with self._lock:
                    self.parts[name].append(line)
                    self.merged.append(line)
                    self._write(line)
                    if self._on_line is not None and (
                        text := line.decode(errors="replace").strip()
                    ):
                        self._on_line(text)

    def _write(self, line: bytes) -> None:
        if self._log is None or self.error is not None:
            return
        try:
            self._log.write(line)
            self._log.flush()
        except OSError as error:
            self.error = error

    def text(self, name: str) -> str:
        return b"".join(self.parts[name]).decode(errors="replace")

    def tail(self) -> list[str]:
        return b"".join(self.merged[-TAIL:]).decode(errors="replace").splitlines()


def _begin_log(log: Path, command: str) -> IO[bytes]:
    """Opens `log`: emptied for the first command of this process, then added to."""
    log.parent.mkdir(parents=True, exist_ok=True)
    stream = log.open("ab" if log in _logs_begun else "wb")
    _logs_begun.add(log)
    stream.write(f"$ {command}\n".encode())
    stream.flush()
    return stream


def _save(what: str, command: str, output: _Output) -> Path | None:
    """Writes the output of a failed command that had no log; None if that fails too."""
    name = re.sub(r"[^A-Za-z0-9.]+", "-", what).strip("-") or "command"
    path = output_root() / "logs" / f"{name}.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"$ {command}\n".encode() + b"".join(output.merged))
    except OSError:
        return None
    return path


def run(
    command: Sequence[str],
    *,
    what: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
    check: bool = True,
    log: Path | None = None,
    on_line: Callable[[str], None] | None = None,
    keep_locks: bool = False,
) -> Completed:
    """Runs `command` and returns what it left.

    `what` names the work in errors ("building the modules"). `env` replaces
    the whole environment. `timeout` is in seconds. `on_line` gets each line of
    both streams while the command runs. `keep_locks` hands our locks down, so
    that a build that outlives a killed kdma still holds them. Output goes to
    `log` if given; otherwise it is saved under out/logs/ when the command fails.

    Raises KdmaError (toolchain): no such command, time-out, exit code other
    than 0 while `check`, disk full. The command runs in a process group of its
    own, and none of that group is left when run() returns or raises.
    """
    shown = shlex.join(command)
    if verbose():
        progress.say(f"+ {shown}")
    try:
        stream = _begin_log(log, shown) if log is not None else None
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise disk_full(str(log)) from None
        raise KdmaError(f"cannot write a log: {error.strerror}", where=str(log)) from None
    output = _Output(stream, on_line)
    process: subprocess.Popen[bytes] | None = None
    readers: list[threading.Thread] = []
    try:
        with _interrupts_later():
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                pass_fds=tuple(_held) if keep_locks else (),
            )
        assert process.stdout is not None and process.stderr is not None
        for name, pipe in (("stdout", process.stdout), ("stderr", process.stderr)):
            readers.append(threading.Thread(target=output.read, args=(name, pipe), daemon=True))
            readers[-1].start()
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        assert process is not None
        _end(process, readers)
        late = f"took longer than {progress.elapsed(timeout or 0)}"
        raise _failure(what, shown, output, log, late) from None
    except OSError as error:
        if process is not None:
            raise
        raise KdmaError(
            f"{what}: cannot start {command[0]}: {error.strerror}",
            where=shown,
            expected=f"{command[0]} runs",
            actual=error.strerror or str(error),
            next="run: make doctor",
            identity=("command", str(command[0])),
        ) from None
    finally:
        # Whatever the command left running would keep its output open.
        if process is not None:
            _end(process, readers)
        if stream is not None:
            stream.close()
    completed = Completed(output.text("stdout"), output.text("stderr"), process.returncode)
    if output.error is not None and output.error.errno == errno.ENOSPC:
        raise disk_full(str(log))
    if completed.returncode:
        full = [line for line in output.tail() if "No space left on device" in line]
        if full:
            raise disk_full(cwd or Path.cwd(), full[-1])
        if check:
            raise _failure(what, shown, output, log, outcome(completed.returncode))
    return completed


def outcome(returncode: int) -> str:
    """An exit code in words; negative ones are signals."""
    if returncode < 0:
        with suppress(ValueError):
            return f"ended by {signal.Signals(-returncode).name}"
    return f"exit code {returncode}"


def _failure(what: str, shown: str, output: _Output, log: Path | None, outcome: str) -> KdmaError:
    kept = log or _save(what, shown, output)
    tail = output.tail()
    return KdmaError(
        f"{what} failed: {outcome}",
        where=shown,
        expected="exit code 0",
        actual="\n".join([outcome, *tail]) if tail else f"{outcome}, without output",
        next=f"read {as_shown(kept)}" if kept else "run it again with V=1",
        identity=("command", what),
    )


def _holder(descriptor: int) -> str:
    text = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
    pid, _, what = text.partition(" ")
    if not pid.isdigit():
        return "another process"
    state = "" if Path("/proc", pid).exists() else ", which is gone but left a command running"
    return f"process {pid} ({what}){state}"


@contextmanager
def lock(path: Path, what: str, *, wait: bool = False) -> Iterator[None]:
    """Holds the file lock `path` while its body runs.

    `what` says for others what we do with it. If another process has it:
    KdmaError that names the process, or with `wait` a progress line until it
    is free. The kernel drops the lock when we die; the file stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        told = ""
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                    raise
            holder = _holder(descriptor)
            if not wait:
                raise KdmaError(
                    f"{what}: {holder} is at it already",
                    where=str(path),
                    expected="one run at a time",
                    actual=f"the lock is held by {holder}",
                    next="wait until it ends, or end it",
                    identity=("lock", what),
                )
            if told != holder:
                told = holder
                progress.say(f"{what}: waiting for {holder}")
            progress.note(f"waiting for {holder}")
            time.sleep(0.2)
        if told:
            progress.note("")
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {what}".encode(), 0)
        _held.add(descriptor)
        yield
    finally:
        _held.discard(descriptor)
        os.close(descriptor)
