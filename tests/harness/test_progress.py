# SPDX-License-Identifier: GPL-2.0
"""Stages: their times, and what people see of them."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time

import pytest

from kdma import progress


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "seconds", {})


def test_seconds_add_up_by_name() -> None:
    for _ in range(2):
        with progress.stage("build"):
            time.sleep(0.02)
    assert 0.04 <= progress.seconds["build"] < 5


def test_stages_can_be_counted_together() -> None:
    for name in ("download a (3 MB)", "download b (5 MB)"):
        with progress.stage(name, "download"):
            pass
    assert list(progress.seconds) == ["download"]


def test_plain_lines_at_start_and_end(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.stage("build"):
        pass
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "build"
    assert lines[1].startswith("build: done, 0.")


def test_plain_lines_say_what_is_waited_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PLAIN_INTERVAL", 0.05)
    with progress.stage("build"):
        progress.note("CC mm/slub.o")
        time.sleep(0.2)
    assert "CC mm/slub.o" in capsys.readouterr().err


def test_a_failed_stage_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError), progress.stage("build"):
        raise ValueError
    assert "build: failed" in capsys.readouterr().err
    assert "build" in progress.seconds


def test_an_interrupted_stage_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), progress.stage("build"):
        raise KeyboardInterrupt
    assert "build: interrupted" in capsys.readouterr().err


def test_a_note_belongs_to_the_innermost_stage() -> None:
    with progress.stage("outer") as outer:
        with progress.stage("inner") as inner:
            progress.note("bytes")
        progress.note("more")
    assert (inner.waiting_for, outer.waiting_for) == ("bytes", "more")
    progress.note("nobody listens")


@pytest.mark.parametrize(
    ("duration", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (41.2, "41 s"), (125, "2 min 05 s"), (3600, "60 min 00 s")],
)
def test_durations_are_for_people(duration: float, text: str) -> None:
    assert progress.elapsed(duration) == text


def test_a_terminal_gets_one_live_line() -> None:
    program = (
        "import time\nfrom kdma import progress\n"
        "with progress.stage('build'):\n"
        "    progress.note('CC a.o')\n    time.sleep(0.5)\n"
        "    progress.say('a line that stays')\n    time.sleep(0.5)\n"
    )
    leader, follower = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", program],
        stderr=follower,
        env={**os.environ, "TERM": "xterm", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    os.close(follower)
    seen = b""
    while True:
        try:
            part = os.read(leader, 4096)
        except OSError:
            break
        if not part:
            break
        seen += part
    assert child.wait() == 0
    os.close(leader)
    text = seen.decode()
    assert "\r\x1b[Kbuild (0." in text and "CC a.o" in text
    stays = [line.rpartition("\x1b[K")[2] for line in text.splitlines()]
    assert "a line that stays" in stays
    assert any(line.startswith("build: done") for line in stays)
