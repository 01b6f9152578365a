# SPDX-License-Identifier: GPL-2.0
"""Boots a guest in QEMU, or goes on from its snapshot; sends programs, receives traces.

The guest is believed only when everything it announced has come: BOOTED, HELLO
with every module, one TRACE for each RUN, END with the same count, and the
agreed exit code of QEMU.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import queue
import re
import shlex
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from kdma import debugger, initramfs, snapshot
from kdma.compare import Reply, function_in
from kdma.debugger import PATIENCE, Debugger
from kdma.environments import Environment
from kdma.findings import Finding, FindingClass, KdmaError
from kdma.paths import as_shown
from kdma.process import die_with_parent
from kdma.programs import Program, encode
from kdma.qemu import Qemu
from kdma.replay import Replay
from kdma.traces import Driver

#: As in kmod/frame.h.
FRAME = struct.Struct("<6I")
FRAME_MAGIC = 0x4D52464B
MAX_PAYLOAD = 0x1000000
REPLY = struct.Struct("<6I")
HELLO, RUN, TRACE, END, BYE, BOOTED, MODULE, START, PARAMETER, BATCH = range(1, 11)
#: As in kmod/init.c: where a guest finds its frames when the port has none.
FRAMES = "frames"
#: What switches tracepoints off, in a START frame.
UNTRACED = b"untraced\n"
EXIT_PORT, EXIT_VALUE = 0xF4, 0x2A
GOOD_EXIT = EXIT_VALUE << 1 | 1

#: Seconds without a frame after which the guest is taken for lost. Emulation
#: on a busy machine is slow; a driver that loops for ever never answers.
#: KDMA_RUN_LIMIT names another limit for a run.
BOOT_LIMIT = 180.0
RUN_LIMIT = 90.0
#: Seconds in which a QEMU that closed its monitor ends, if it ends.
ENDING_LIMIT = 2.0

#: The module that drives the device; an environment's module parameters are for it.
CORE_MODULE = "kdma_test"

#: What a kernel prints when it is in trouble.
SPLAT = re.compile(
    r"BUG:|Oops|Kernel panic|general protection fault|WARNING: |KASAN|UBSAN|invalid opcode"
    r"|unable to handle|Call Trace|soft lockup|rcu.*stall"
)


@dataclass(frozen=True)
class PlannedRun:
    """One program in one driver. `program` is the number inside `bytes`.

    `parameters` of modules are written before: module, parameter, value. They
    stay until they are written again. `file` is where the program is written,
    `calls` are the functions of the ABI that it calls, in that order.
    """

    program: int
    driver: Driver
    title: str
    bytes: bytes
    parameters: tuple[tuple[str, str, str], ...] = ()
    file: str = ""
    calls: tuple[str, ...] = ()

    def before(self, function: str) -> list[str]:
        """What it calls before a function: what that breaks down on may be their work."""
        if function not in self.calls:
            return []
        return list(dict.fromkeys(self.calls[: self.calls.index(function)]))


def planned_runs(program: Program, number: int, drivers: Iterable[Driver]) -> list[PlannedRun]:
    """A program as it is run in each driver; `number` is the program's in this plan."""
    code = encode(program, number)
    return [
        PlannedRun(number, driver, program.name, code, file=program.file, calls=program.calls)
        for driver in drivers
    ]


@dataclass(frozen=True)
class GuestImage:
    """What is booted, and the modules that are loaded then, by name and in order."""

    kernel: Path
    initramfs: Path
    modules: Mapping[str, Path]
    #: Guest nanoseconds for one instruction, as a power of two. Measured: a
    #: minimal kernel boots fastest at 6, a distribution's at 4. None: the
    #: guest's clock is the host's, and each transfer of edu takes 100 ms.
    icount_shift: int | None = 4
    #: Go on from a snapshot taken after boot, and take one where there is none.
    snapshots: bool = True
    #: The guest has everything before it starts and waits for nobody, so that
    #: each instruction is the same in every run.
    deterministic: bool = False
    #: Have the kernel's DMA tracepoints on, where there are any.
    tracepoints: bool = True
    #: Programs are judged: memory is accounted (accounting.py), calls of the kernel's
    #: functions are recorded (kernel_calls.py), and memory may run out. Measuring does
    #: without.
    judged: bool = False
    #: Where programs are judged, functions of the kernel may fail, too. Nobody else can
    #: change what these functions do then.
    kernel_fails: bool = True


@dataclass
class VmResult:
    """What came of one boot. `problems` empty: everything planned was answered.

    `answers` are in the order of the plan, `replies` by program and driver (the
    last, where one was planned more than once). `restored`: it went on from a
    snapshot.
    """

    environment: Environment
    answers: list[Reply] = field(default_factory=list)
    replies: dict[tuple[int, Driver], Reply] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)
    modules: dict[str, int] = field(default_factory=dict)
    sections: dict[str, dict[str, int]] = field(default_factory=dict)
    release: str = ""
    boot_log: list[str] = field(default_factory=list)
    end_log: list[str] = field(default_factory=list)
    end_readings: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    console: Path = Path()
    command: tuple[str, ...] = ()
    restored: bool = False
    tracepoints: bool = False


def run_limit() -> float:
    """Seconds that one program may take in one driver. KdmaError for a bad KDMA_RUN_LIMIT."""
    text = os.environ.get("KDMA_RUN_LIMIT", "")
    try:
        limit = float(text) if text else RUN_LIMIT
    except ValueError:
        limit = 0.0
    if not 1 <= limit <= 86400:
        raise KdmaError(
            "KDMA_RUN_LIMIT is no number of seconds",
            expected="1 to 86400",
            actual=text,
            next="correct it, or unset it",
        )
    return limit


class _Lost(Exception):
    """The guest is gone, silent, or talks nonsense. `running`: what a session was waiting for.

    `silent`: how long it was, if it was.
    """

    def __init__(self, what: str, silent: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.running: PlannedRun | None = None
        self.silent = silent


#: What a session raises, or lets through.
Lost = _Lost


class Enough(Exception):
    """What a session raises when nobody needs to hear what the guest says at its end."""


def accelerator() -> str:
    """What runs the guest, as the report says it.

    TCG with -icount, always: edu moves its bytes 100 ms of guest time after
    it was told to, and only a virtual clock can skip that. It also makes runs
    repeatable. KVM is not used, so a broken one does no harm.
    """
    return "tcg,icount"


@dataclass(frozen=True)
class _Sockets:
    """Where QEMU listens: the guest's port, and its own monitor."""

    folder: Path

    @property
    def port(self) -> Path:
        return self.folder / "port"

    @property
    def monitor(self) -> Path:
        return self.folder / "monitor"

    @property
    def gdb(self) -> Path:
        return self.folder / "gdb"

    @property
    def frames(self) -> Path:
        """The guest's root with all frames for it."""
        return self.folder / "initramfs"


def qemu_command(
    qemu: Qemu, image: GuestImage, environment: Environment, sockets: Path, console: Path
) -> list[str]:
    """The whole command line. `sockets`: the folder for port and monitor."""
    listen = _Sockets(sockets)
    port = f"socket,id=port,path={listen.port},server=on,wait=off"
    if image.deterministic:
        # A file never makes the guest wait.
        port = f"file,id=port,path={listen.port}"
    command_line = (
        "console=ttyS0 nokaslr panic=-1 oops=panic log_buf_len=4M printk.time=1 "
        "quiet no_timer_check tsc=reliable init_on_alloc=0 init_on_free=0 "
        f"rdinit=/init {environment.command_line}"
    )
    # An ELF is entered by PVH; qboot does that in a tenth of SeaBIOS's time.
    with image.kernel.open("rb") as file:
        firmware = ["-bios", "qboot.rom"] if file.read(4) == b"\x7fELF" else []
    return [
        *qemu.command,
        "-nodefaults",
        "-no-user-config",
        "-display", "none",
        "-no-reboot",
        "-accel", "tcg,thread=single",
        *(() if image.icount_shift is None else
          ("-icount", f"shift={image.icount_shift},sleep=off", "-rtc", "base=2020-01-01,clock=vm")),
        "-seed", "1",
        "-cpu", "qemu64,model=4,stepping=1",
        "-m", "512M",
        "-action", "panic=exit-failure",
        *environment.qemu,
        *firmware,
        "-device", "pvpanic-pci",
        "-device", f"isa-debug-exit,iobase={EXIT_PORT:#x},iosize=0x04",
        "-device", f"edu,dma_mask={(1 << environment.device_bits) - 1:#x}",
        # A BAR of plain memory for edu to reach; 4 MiB is the least it can have.
        # (ivshmem takes a memory-backend, with which TCG aborts in a snapshot.)
        "-device", "bochs-display,vgamem=4M",
        # Without ioeventfd the device works within the guest's instruction, not
        # when a thread comes to it.
        "-device", "virtio-serial-pci,ioeventfd=off",
        "-chardev", port,
        "-device", "virtserialport,chardev=port,name=kdma",
        "-chardev", f"file,id=console,path={console},append=on",
        "-serial", "chardev:console",
        "-kernel", str(image.kernel),
        "-initrd", str(listen.frames if image.deterministic else image.initramfs),
        "-append", " ".join(command_line.split()),
    ]  # fmt: skip


def frame(kind: int, sequence: int = 0, driver: int = 0, payload: bytes = b"") -> bytes:
    """A frame as it travels."""
    header = FRAME.pack(FRAME_MAGIC, kind, sequence, driver, len(payload), zlib.crc32(payload))
    return header + payload


class _Limit:
    """Until when a guest is waited for: seconds on the clock, and of QEMU's processor time.

    `already`: what QEMU had taken before.
    """

    def __init__(self, seconds: float, busy: float, already: float) -> None:
        self._seconds, self._deadline = seconds, time.monotonic() + seconds
        self._busy, self._most = busy, already + busy

    def wait(self, guest: Guest) -> float:
        """How many seconds it can be waited before this is asked again. _Lost: none."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise _Lost("silent", f"{self._seconds:.0f} s")
        if self._busy == math.inf:
            return left
        busy = self._most - guest.processor_seconds()
        if busy <= 0:
            raise _Lost("silent", f"{self._busy:.0f} s of processor time")
        # It computes one thing at a time, so it is hardly over before.
        return max(0.01, min(left, busy))


class Guest:
    """One QEMU process and its port. Use as a context manager: it never survives the block."""

    def __init__(self, command: Sequence[str], port: Path, errors: Path) -> None:
        self._errors = errors
        self._port_path = port
        with errors.open("wb") as stderr:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self._socket: socket.socket | None = None
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._sender: threading.Thread | None = None
        self._said: BinaryIO | None = None
        # What came with the last read and was not asked for yet.
        self._received = bytearray()

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Kills QEMU if it still runs. Safe to call from another thread."""
        self._outgoing.put(None)
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self._socket is not None:
            self._socket.close()

    def connect(self, deadline: float) -> None:
        """Connects to the port. Raises _Lost when QEMU ends before it listens."""
        while True:
            if self.process.poll() is not None:
                raise _Lost("QEMU ended before the guest started")
            link = socket.socket(socket.AF_UNIX)
            try:
                link.connect(str(self._port_path))
                self._socket = link
                break
            except OSError:
                link.close()
                if time.monotonic() > deadline:
                    raise _Lost("QEMU never opened the guest's port") from None
                time.sleep(0.005)
        self._sender = threading.Thread(target=self._send_all, daemon=True)
        self._sender.start()

    def _send_all(self) -> None:
        assert self._socket is not None
        while (data := self._outgoing.get()) is not None:
            try:
                self._socket.sendall(data)
            except OSError:
                return

    def send(self, frames: Iterable[bytes]) -> None:
        """Queues frames; a thread of its own writes them, so that nobody deadlocks."""
        self._outgoing.put(b"".join(frames))

    def processor_seconds(self) -> float:
        """What QEMU took so far; 0 when it is gone."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        # utime and stime, the 14th and 15th of proc(5), which counts from 1.
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _read(self, length: int, limit: _Limit) -> bytes:
        assert self._socket is not None
        while len(self._received) < length:
            self._socket.settimeout(limit.wait(self))
            try:
                chunk = self._socket.recv(1 << 20)
            except TimeoutError:
                continue
            except OSError as error:
                raise _Lost(f"the port broke: {error}") from None
            if not chunk:
                raise _Lost("closed")
            self._received += chunk
        data = bytes(self._received[:length])
        del self._received[:length]
        return data

    def receive(self, limit: float, busy: float = math.inf) -> tuple[int, int, int, bytes]:
        """The next frame: kind, sequence, driver, payload.

        _Lost after `limit` seconds, or after QEMU took `busy` seconds of processor time,
        which do not go by while others have the processor.
        """
        until = _Limit(limit, busy, self.processor_seconds() if busy < math.inf else 0.0)
        magic, kind, sequence, driver, length, checksum = FRAME.unpack(
            self._read(FRAME.size, until)
        )
        if magic != FRAME_MAGIC or length > MAX_PAYLOAD:
            raise _Lost(f"a frame with magic {magic:#x} and length {length}")
        payload = self._read(length, until)
        if zlib.crc32(payload) != checksum:
            raise _Lost("a frame with a wrong checksum")
        return kind, sequence, driver, payload

    def exit_code(self, limit: float) -> int | None:
        """QEMU's exit code, negative for a signal; None when it did not end in time."""
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            return None

    def stderr(self) -> str:
        """The first of what QEMU itself said; it goes on with registers."""
        return " | ".join(self._errors.read_text(errors="replace").splitlines()[:2])


class SelfContainedGuest(Guest):
    """A guest that has all frames in its root, and whose port is a file."""

    def connect(self, deadline: float) -> None:
        """Waits until QEMU has made the file."""
        while not self._port_path.exists():
            if self.process.poll() is not None:
                raise _Lost("QEMU ended before the guest started")
            if time.monotonic() > deadline:
                raise _Lost("QEMU never opened the guest's port")
            time.sleep(0.005)
        self._said = self._port_path.open("rb")

    def stop(self) -> None:
        """As any guest; the file is closed too."""
        super().stop()
        if self._said is not None:
            self._said.close()

    def send(self, frames: Iterable[bytes]) -> None:
        """Nothing: it has them."""

    def _read(self, length: int, limit: _Limit) -> bytes:
        assert self._said is not None
        chunks = []
        while length:
            # What was written before the end is there after it.
            ended = self.process.poll() is not None
            chunk = self._said.read(length)
            if not chunk:
                if ended:
                    raise _Lost("closed")
                time.sleep(min(0.002, limit.wait(self)))
            chunks.append(chunk)
            length -= len(chunk)
        return b"".join(chunks)


def _readings(text: bytes) -> dict[str, int]:
    readings = {}
    for line in text.decode(errors="replace").splitlines():
        name, _, value = line.partition(" ")
        readings[name] = int(value)
    return readings


def _lines(text: bytes) -> list[str]:
    return text.decode(errors="replace").splitlines()


def encode_batch(requests: Sequence[tuple[Driver, bytes]]) -> bytes:
    """The payload of a BATCH frame: programs, each with the driver that runs it."""
    parts = [struct.pack("<II", driver, 0) + program for driver, program in requests]
    return struct.pack(f"<I{len(parts)}I", len(parts), *map(len, parts)) + b"".join(parts)


def decode_batch(payload: bytes, count: int) -> tuple[list[Reply | int], dict[str, int]]:
    """Of a BATCH reply: for each request its trace and log, or an errno; and the readings
    around all of them. Lost if it is not what `count` requests are answered with.
    """
    parts: list[tuple[list[bytes], int]] = []
    at = 0
    while at < len(payload):
        if at + REPLY.size > len(payload):
            raise _Lost("a part of a batch that is cut")
        end = at + REPLY.size + sum(REPLY.unpack_from(payload, at)[:-1])
        parts.append(_split_reply(payload[at:end]))
        at = end
    if len(parts) != count + 1:
        raise _Lost(f"{len(parts)} parts instead of {count + 1} in the answer to a batch")
    (_, readings, *_), _ = parts.pop()
    return [
        refusal or Reply(trace, log=_lines(log)) for (trace, _, log, *_), refusal in parts
    ], _readings(readings)


def _split_reply(payload: bytes) -> tuple[list[bytes], int]:
    """Trace, readings, log, events and calls of a reply; and its error."""
    if len(payload) < REPLY.size:
        raise _Lost("a reply shorter than its header")
    *lengths, error = REPLY.unpack_from(payload)
    if REPLY.size + sum(lengths) != len(payload):
        raise _Lost("a reply whose parts do not add up")
    parts, at = [], REPLY.size
    for length in lengths:
        parts.append(payload[at : at + length])
        at += length
    return parts, error


def read_reply(payload: bytes, *, traced: bool) -> Reply:
    """What a TRACE frame holds. `traced`: the guest has tracepoints. Lost without a trace."""
    (trace, readings, log, events, calls), refusal = _split_reply(payload)
    if refusal:
        raise _Lost(f"/dev/kdma gave no trace: {os.strerror(refusal)}")
    seen = _lines(events) if traced else None
    return Reply(trace, _readings(readings), _lines(log), seen, calls)


def _console_tail(console: Path, count: int = 12) -> list[str]:
    try:
        return [line.rstrip() for line in console.read_text(errors="replace").splitlines()][-count:]
    except OSError:
        return []


def _console_splat(console: Path) -> list[str]:
    """The first sign of trouble on the console, with what follows it."""
    try:
        lines = console.read_text(errors="replace").splitlines()
    except OSError:
        return []
    for index, line in enumerate(lines):
        if SPLAT.search(line):
            return [text.rstrip() for text in lines[index : index + 8]]
    return []


def _console_function(console: Path) -> str:
    """The function of the C ABI that a call trace on the console goes through, if one does."""
    try:
        text = console.read_text(errors="replace")
    except OSError:
        return ""
    first = SPLAT.search(text)
    return function_in(text[first.start() :].splitlines()) if first else ""


def _lost_finding(
    result: VmResult,
    guest: Guest,
    lost: _Lost,
    running: PlannedRun | None,
    answered: int,
    plan: Sequence[PlannedRun],
    replay: Replay,
) -> Finding:
    """Says why the guest was lost, as precisely as console and exit code allow."""
    what, silent = lost.what, lost.silent
    code = None if silent else guest.exit_code(5)
    splat = _console_splat(result.console)
    place = f"{result.environment.name}"
    during = "while booting"
    if running is not None:
        during = f"in driver {running.driver.label}, program '{running.title}'"
        place += f", {during}"
    see = f"read {as_shown(result.console)}"
    expected = f"{len(plan)} answers and exit code {GOOD_EXIT}"
    again = replay.command(
        result.environment.name,
        [driver.label for driver in Driver if driver in {planned.driver for planned in plan}],
        running.title if running else "",
        running.file if running else "",
    )
    answers = f"{answers_text(answered)}; "
    if splat:
        function = _console_function(result.console)
        before = running.before(function) if running and function else []
        if before:
            see = f"look at {function}, and at what was called before: {', '.join(before)}; {see}"
        identity = ("guest", result.environment.name, running.driver.label if running else "boot")
        return Finding(
            FindingClass.KERNEL_SPLAT,
            f"the guest kernel broke down {during}" + (f", in {function}" if function else ""),
            place,
            expected,
            answers + " | ".join(splat),
            see,
            (*identity, function) if function else identity,
            again,
        )
    if silent and running is not None:
        return Finding(
            FindingClass.DIVERGENCE,
            f"no answer for {silent} {during}: it loops or waits for ever",
            place,
            expected,
            answers + "then nothing",
            see,
            ("silent", result.environment.name, running.driver.label, running.title),
            again,
        )
    if silent:
        actual = f"no HELLO after {silent}; console ends: " + " | ".join(
            _console_tail(result.console, 4)
        )
        return Finding(
            FindingClass.HARNESS,
            "the guest does not come up",
            place,
            expected,
            actual,
            see,
            ("boot", result.environment.name),
            again,
        )
    if code is None:
        ended = "QEMU still running"
    elif code < 0:
        ended = f"QEMU killed by signal {-code} ({signal.Signals(-code).name})"
    else:
        ended = f"QEMU left with exit code {code}"
    said = guest.stderr()
    tail = " | ".join(_console_tail(result.console, 3))
    return Finding(
        FindingClass.HARNESS,
        f"the guest was lost {during}: {what}",
        place,
        expected,
        f"{answers}{ended}" + (f"; QEMU said: {said}" if said else "")
        + (f"; console ends: {tail}" if tail else ""),
        f"{see}; is there enough memory and disk? then run it again",
        ("lost", result.environment.name, running.driver.label if running else "boot"),
        again,
    )  # fmt: skip


def answers_text(count: int) -> str:
    """'1 answer', '2 answers'."""
    return f"{count} answer" + ("" if count == 1 else "s")


def _module_findings(result: VmResult) -> Iterator[Finding]:
    for name, error in result.modules.items():
        if not error:
            continue
        hints = [
            line
            for line in result.boot_log
            if name in line or "Unknown symbol" in line or "disagrees about" in line
        ]
        yield Finding(
            FindingClass.API_DRIFT
            if any("Unknown symbol" in line for line in hints)
            else FindingClass.HARNESS,
            f"module {name}.ko does not load",
            result.environment.name,
            "loaded",
            f"{os.strerror(error)} (errno {error})"
            + (": " + " | ".join(hints[-4:]) if hints else ""),
            f"read {as_shown(result.console)}",
            ("module", name),
        )


def _read_loaded(result: VmResult, payload: bytes) -> None:
    """Takes what a BOOTED or a HELLO frame says: lines, then the kernel log."""
    head, _, log = payload.partition(b"ready\n")
    result.boot_log += _lines(log)
    for line in _lines(head):
        word, _, rest = line.partition(" ")
        if word == "release":
            result.release = rest
        elif word == "tracepoints":
            result.tracepoints = rest == "1"
        elif word == "module":
            name, _, error = rest.partition(" ")
            result.modules[name] = int(error)
        elif word == "section":
            name, section, address = rest.split(" ")
            result.sections.setdefault(name, {})[section] = int(address, 16)


def _read_end(result: VmResult, payload: bytes, planned: int) -> None:
    (lines, readings, log, *_), _ = _split_reply(payload)
    result.end_readings = _readings(readings)
    result.end_log = _lines(log)
    for line in _lines(lines):
        word, _, rest = line.partition(" ")
        if word == "ran" and int(rest) != planned:
            raise _Lost(f"the guest says it ran {rest} programs, {planned} were planned")
        if word == "unload":
            name, _, error = rest.partition(" ")
            if int(error):
                result.problems.append(
                    Finding(
                        FindingClass.HARNESS,
                        f"module {name}.ko does not unload",
                        result.environment.name,
                        "unloaded",
                        os.strerror(int(error)),
                        f"read {as_shown(result.console)}",
                        ("unload", name),
                    )
                )


#: Sends frames to a guest and takes its answers; sends END last. Returns how many
#: programs ran.
Session = Callable[[Guest], int]


@dataclass
class _Boot:
    """One guest from start to end: what run() hands from step to step."""

    qemu: Qemu
    image: GuestImage
    environment: Environment
    plan: Sequence[PlannedRun]
    output: Path
    waiting: Callable[[str], None]
    register: Callable[[Guest], None]
    limit: float
    replay: Replay
    session: Session | None = None
    debugger: Debugger | None = None
    running: PlannedRun | None = None
    #: The guest has loaded its modules, or somebody killed it: whatever is
    #: wrong, it is not the snapshot's fault.
    restored: bool = False

    def _folder(self) -> Path | None:
        """Where this guest's snapshot is or would be; None: without snapshots."""
        if not self.image.snapshots:
            return None
        nowhere = Path()
        return snapshot.folder_for(
            self.qemu.path,
            qemu_command(self.qemu, self.image, self.environment, nowhere, nowhere),
            (self.image.kernel, self.image.initramfs),
        )

    def run(self) -> VmResult:
        """Goes on from the snapshot if there is one. One that does not work is discarded."""
        folder = self._folder()
        found = snapshot.find(folder) if folder else None
        if found:
            result = self._attempt(folder, found)
            if not result.problems or self.restored:
                return result
            # Fresh from boot, the guest tells what is wrong with it, if anything is.
            found.discard()
        return self._attempt(folder, None)

    def _attempt(self, folder: Path | None, found: snapshot.Snapshot | None) -> VmResult:
        console = self.output / "console.log"
        console.write_bytes(found.console if found else b"")
        result = VmResult(self.environment, console=console, restored=found is not None)
        started = time.monotonic()
        # A socket's path may have 107 bytes at most, so it cannot be under output.
        with tempfile.TemporaryDirectory(prefix="kdma-vm-") as scratch:
            sockets = _Sockets(Path(scratch))
            command = qemu_command(self.qemu, self.image, self.environment, sockets.folder, console)
            # A monitor has a thread that each expiry of a timer in the guest wakes.
            if self.debugger or (folder and not found):
                command += ["-qmp", f"unix:{sockets.monitor},server=on,wait=off"]
            if found:
                command += found.arguments
            if self.debugger:
                command += self.debugger.arguments(sockets.gdb)
            result.command = tuple(command)
            (self.output / "command.txt").write_text(shlex.join(command) + "\n")
            kind = Guest
            if self.image.deterministic:
                kind = SelfContainedGuest
                self._put_frames(sockets.frames)
            try:
                guest = kind(command, sockets.port, self.output / "qemu.log")
            except OSError as error:
                raise KdmaError(
                    f"QEMU does not start: {error}",
                    where=str(self.qemu.path),
                    next="run: make doctor",
                ) from None
            self.register(guest)
            self.running = None
            with guest:
                try:
                    self._boot(guest, result, found, folder, sockets.monitor)
                    if self.debugger:
                        self.debugger.stop(
                            sockets.monitor,
                            sockets.gdb,
                            self.image.modules,
                            result.sections,
                            self.output / "gdb",
                        )
                    result.seconds["boot"] = time.monotonic() - started
                    ran = self._programs(guest, result)
                    result.seconds["run"] = time.monotonic() - started - result.seconds["boot"]
                    self._end(guest, result, ran)
                except Enough:
                    pass
                except _Lost as lost:
                    self.restored |= guest.process.poll() == -signal.SIGKILL
                    result.problems.append(
                        _lost_finding(
                            result,
                            guest,
                            lost,
                            lost.running or self.running,
                            len(result.answers),
                            self.plan,
                            self.replay,
                        )
                    )
        result.seconds["total"] = time.monotonic() - started
        return result

    def _core_parameters(self) -> str:
        """What the module that drives the device is told."""
        counted = int(self.image.icount_shift is not None)
        judged = int(self.image.judged)
        return (
            f"{self.environment.module_parameters} counted_clock={counted} "
            f"accounting={judged} iommu_fails={judged} kernel_calls={judged} no_memory={judged} "
            f"kernel_fails={int(self.image.judged and self.image.kernel_fails)}"
        )

    def _loading(self) -> Iterator[bytes]:
        """What makes the guest load its modules and say HELLO."""
        for name, path in self.image.modules.items():
            parameters = self._core_parameters() if name == CORE_MODULE else ""
            yield frame(MODULE, payload=f"{name}\0{parameters}\0".encode() + path.read_bytes())
        wishes = debugger.ASK_SECTIONS if self.debugger else b""
        yield frame(START, payload=wishes + (b"" if self.image.tracepoints else UNTRACED))

    def _running(self) -> Iterator[bytes]:
        """What makes it run the plan, and unload."""
        for sequence, planned in enumerate(self.plan):
            for parameter in planned.parameters:
                words = "".join(f"{word}\0" for word in parameter)
                yield frame(PARAMETER, payload=words.encode())
            yield frame(RUN, sequence, planned.driver.value, planned.bytes)
        yield frame(END)

    def _put_frames(self, root: Path) -> None:
        """Writes the guest's root with all that it would be sent."""
        everything = b"".join([*self._loading(), *self._running(), frame(BYE)])
        root.write_bytes(
            self.image.initramfs.read_bytes() + initramfs.archive({FRAMES: (everything, 0o600)})
        )

    def _boot(
        self,
        guest: Guest,
        result: VmResult,
        found: snapshot.Snapshot | None,
        folder: Path | None,
        monitor: Path,
    ) -> None:
        """Until all modules are loaded."""
        self.waiting("boot")
        guest.connect(time.monotonic() + BOOT_LIMIT)
        if found:
            _read_loaded(result, found.booted)
        else:
            kind, _, _, payload = guest.receive(BOOT_LIMIT)
            if kind != BOOTED:
                raise _Lost(f"a frame of kind {kind} instead of BOOTED")
            _read_loaded(result, payload)
            if folder and not any(result.modules.values()):
                self.waiting("taking a snapshot")
                try:
                    snapshot.take(monitor, folder, payload, result.console)
                except (snapshot.SnapshotError, OSError, ValueError) as error:
                    # A QEMU that died closed its monitor; the disk has no part in that.
                    if guest.exit_code(ENDING_LIMIT) is not None:
                        raise _Lost(f"its snapshot was being taken: {error}") from None
                    raise snapshot.refusal(error) from None
        self.waiting("loading modules")
        guest.send(self._loading())
        kind, _, _, payload = guest.receive(BOOT_LIMIT)
        self.restored = True
        if kind != HELLO:
            raise _Lost(f"a frame of kind {kind} instead of HELLO")
        _read_loaded(result, payload)
        result.problems.extend(_module_findings(result))
        for name in self.image.modules:
            if name not in result.modules:
                raise _Lost(f"the guest did not try to load {name}.ko")

    def _programs(self, guest: Guest, result: VmResult) -> int:
        """One RUN after the other; an answer to each. Returns how many ran."""
        if self.session is not None:
            return self.session(guest)
        guest.send(self._running())
        for sequence, planned in enumerate(self.plan):
            self.running = planned
            self.waiting(f"{sequence + 1} of {len(self.plan)}: {planned.title}")
            kind, number, driver, payload = guest.receive(self.limit)
            if (kind, number, driver) != (TRACE, sequence, planned.driver.value):
                raise _Lost(
                    f"answer {kind}/{number}/{driver} instead of "
                    f"{TRACE}/{sequence}/{planned.driver.value}"
                )
            reply = read_reply(payload, traced=result.tracepoints)
            result.answers.append(reply)
            result.replies[planned.program, planned.driver] = reply
        self.running = None
        return len(self.plan)

    def _end(self, guest: Guest, result: VmResult, ran: int) -> None:
        """Modules unloaded, counters read, QEMU gone with the agreed code."""
        self.waiting("unloading")
        kind, _, _, payload = guest.receive(self.limit)
        if kind != END:
            raise _Lost(f"a frame of kind {kind} instead of END")
        _read_end(result, payload, ran)
        guest.send([frame(BYE)])
        code = guest.exit_code(self.limit)
        if code != GOOD_EXIT:
            raise _Lost(f"QEMU's exit code is {code}, not {GOOD_EXIT}")


def run(
    qemu: Qemu,
    image: GuestImage,
    environment: Environment,
    plan: Sequence[PlannedRun],
    output: Path,
    *,
    waiting: Callable[[str], None] = lambda what: None,
    register: Callable[[Guest], None] = lambda guest: None,
    replay: Replay | None = None,
    session: Session | None = None,
    debugger: Debugger | None = None,
    keep: bool = True,
) -> VmResult:
    """Boots `environment` once and runs the whole plan in it, in order.

    A `session` talks to the guest itself, once it is up, instead of the plan.

    Never raises for what the guest does: that is in `problems`. Raises
    KdmaError when QEMU itself cannot be had, or no snapshot can be taken.
    Console, QEMU's own words and (with `keep`) every trace stay under `output`. `waiting` is
    told what is being waited for; `register` gets the guest, so that another
    thread can stop it; `replay` makes the command that a finding prints. With a
    `debugger` the guest stops before its first program.
    """
    output.mkdir(parents=True, exist_ok=True)
    boot = _Boot(
        qemu,
        image,
        environment,
        plan,
        output,
        waiting,
        register,
        PATIENCE if debugger else run_limit(),
        replay or Replay(),
        session,
        debugger,
    )
    result = boot.run()
    if keep:
        _keep_traces(result, output)
    return result


#: Of each file in an archive of traces: runs write the same bytes.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def _keep_traces(result: VmResult, output: Path) -> None:
    """Keeps what came with each run, in an archive for each driver.

    Thousands of single files take longer to write and to remove than the guest
    needs to run.
    """
    contents: dict[Driver, io.BytesIO] = {}
    archives: dict[Driver, zipfile.ZipFile] = {}
    for (program, driver), reply in result.replies.items():
        if driver not in archives:
            contents[driver] = io.BytesIO()
            archives[driver] = zipfile.ZipFile(contents[driver], "w")
        parts = {
            "bin": reply.trace,
            "events": "".join(f"{line}\n" for line in reply.events or ()).encode(),
            "log": "".join(f"{line}\n" for line in reply.log).encode(),
        }
        for suffix, content in parts.items():
            if content:
                name = zipfile.ZipInfo(f"{program:04}.{suffix}", _LONG_AGO)
                archives[driver].writestr(name, content)
    (output / "traces").mkdir(exist_ok=True)
    for driver, archive in archives.items():
        archive.close()
        (output / "traces" / f"{driver.label}.zip").write_bytes(contents[driver].getbuffer())
