# SPDX-License-Identifier: GPL-2.0
"""Says what is being done, for how long, and what it waits for.

On a terminal one live line; otherwise plain lines at the start, every 15
seconds and at the end. Everything goes to stderr. Standard library only:
set-up runs before any package is installed.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Wall-clock seconds spent in each stage of this process, by name; a stage
#: that ran twice has the sum. A stage inside another counts in both.
seconds: dict[str, float] = {}

#: Seconds between two plain lines of the same stage.
PLAIN_INTERVAL = 15.0
_LIVE_INTERVAL = 0.2


def elapsed(duration: float) -> str:
    """`duration` in seconds, for people: 3.2 s, 41 s, 2 min 05 s."""
    if duration < 10:
        return f"{duration:.1f} s"
    if duration < 60:
        return f"{duration:.0f} s"
    return f"{int(duration) // 60} min {int(duration) % 60:02d} s"


def on_terminal() -> bool:
    """May we draw a line over itself?"""
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


class Stage:
    """One running stage. `note` says what it waits for just now."""

    def __init__(self, name: str, counted_as: str = "") -> None:
        self.name = name
        self.counted_as = counted_as or name
        self.waiting_for: str | Callable[[], str] = ""
        self.begin = time.monotonic()
        self.last_line = self.begin

    def note(self, text: str | Callable[[], str]) -> None:
        """Replaces what the line says about the stage; "" for nothing.

        What changes often is better told by a function, called when the line is drawn.
        """
        self.waiting_for = text

    def line(self) -> str:
        """As the line shows it, without its end."""
        text = f"{self.name} ({elapsed(time.monotonic() - self.begin)})"
        waiting_for = self.waiting_for if isinstance(self.waiting_for, str) else self.waiting_for()
        return f"{text}: {waiting_for}" if waiting_for else text


class _Display:
    """The one line there is. The innermost stage has it."""

    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self.lock = threading.RLock()
        self.drawn = False
        self.wake = threading.Event()
        self.thread: threading.Thread | None = None

    def clear(self) -> None:
        with self.lock:
            if self.drawn:
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()
                self.drawn = False

    def write(self, text: str) -> None:
        with self.lock:
            self.clear()
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    def draw(self) -> None:
        with self.lock:
            if not self.stages:
                return
            width = shutil.get_terminal_size().columns - 1
            text = "".join(c if c.isprintable() else " " for c in self.stages[-1].line())
            sys.stderr.write("\r\x1b[K" + text[:width])
            sys.stderr.flush()
            self.drawn = True

    def loop(self) -> None:
        live = on_terminal()
        while not self.wake.wait(min(_LIVE_INTERVAL, PLAIN_INTERVAL)):
            if live:
                self.draw()
                continue
            with self.lock:
                stage = self.stages[-1] if self.stages else None
                if stage and time.monotonic() - stage.last_line >= PLAIN_INTERVAL:
                    stage.last_line = time.monotonic()
                    self.write(f"... {stage.line()}")

    def push(self, stage: Stage) -> None:
        with self.lock:
            self.stages.append(stage)
            if not on_terminal():
                self.write(stage.name)
            if self.thread is None:
                self.wake.clear()
                self.thread = threading.Thread(target=self.loop, name="progress", daemon=True)
                self.thread.start()

    def pop(self, stage: Stage, outcome: str) -> None:
        thread = None
        with self.lock:
            self.stages.remove(stage)
            if not self.stages and self.thread is not None:
                thread, self.thread = self.thread, None
                self.wake.set()
        if thread is not None:
            thread.join()
        duration = time.monotonic() - stage.begin
        seconds[stage.counted_as] = seconds.get(stage.counted_as, 0.0) + duration
        self.write(f"{stage.name}: {outcome}, {elapsed(duration)}")


class _Silent(_Display):
    """Shows nothing, and has no thread."""

    def write(self, text: str) -> None:
        pass

    def push(self, stage: Stage) -> None:
        self.stages.append(stage)


_display = _Display()


def be_silent() -> None:
    """For a process that was forked: the display, its thread and its lock are its parent's."""
    global _display
    _display = _Silent()


@contextmanager
def stage(name: str, counted_as: str = "") -> Iterator[Stage]:
    """Runs its body as the stage `name`; ends with a line that stays.

    Its time is added to seconds[counted_as], or seconds[name].
    """
    running = Stage(name, counted_as)
    _display.push(running)
    outcome = "failed"
    try:
        yield running
        outcome = "done"
    except KeyboardInterrupt:
        outcome = "interrupted"
        raise
    finally:
        _display.pop(running, outcome)


def note(text: str | Callable[[], str]) -> None:
    """What the innermost stage waits for; nothing happens outside of stages. See Stage.note."""
    with _display.lock:
        if _display.stages:
            _display.stages[-1].note(text)


def say(text: str) -> None:
    """A line that stays, above the live one."""
    _display.write(text)
