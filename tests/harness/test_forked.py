# SPDX-License-Identifier: GPL-2.0
"""Work in forked processes."""

from __future__ import annotations

import os
import signal
import time

import pytest

from kdma.findings import KdmaError
from kdma.mutants import forked


@pytest.fixture(autouse=True)
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three processors, whatever there are."""
    monkeypatch.setenv("JOBS", "3")


def test_each_item_has_one_result() -> None:
    def work(item: int) -> tuple[int, str]:
        return os.getpid(), "x" * item

    found = list(forked.mapped(work, range(0, 300_000, 10_000)))
    assert sorted(len(text) for _, text in found) == list(range(0, 300_000, 10_000))
    children = {child for child, _ in found}
    assert len(children) == 3
    assert os.getpid() not in children
    assert list(forked.mapped(work, [])) == []


def test_an_error_is_raised_as_without_children() -> None:
    def work(item: int) -> int:
        if item == 4:
            raise KdmaError("this one cannot be done", actual="4")
        return item

    found = []
    with pytest.raises(KdmaError, match="cannot be done"):
        for result in forked.mapped(work, range(9)):
            found.append(result)
    # What came before, and what the others did.
    assert 4 not in found
    assert {0, 1, 2, 3} <= {*found}


def test_what_a_lost_child_left_is_done_all_the_same() -> None:
    parent = os.getpid()

    def work(item: int) -> int:
        if item == 5 and os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return item

    assert sorted(forked.mapped(work, range(20))) == list(range(20))


def test_who_takes_no_more_leaves_no_children() -> None:
    def work(item: int) -> int:
        time.sleep(item * 30)
        return item

    begin = time.monotonic()
    results = forked.mapped(work, range(3))
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begin < 25
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
