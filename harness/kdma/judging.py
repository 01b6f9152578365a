# SPDX-License-Identifier: GPL-2.0
"""Judging in processes of their own, while guests still run.

The processes are forked once the programs are known, so that only replies and
judgements travel.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor

from kdma.compare import Judgement, Reply, judge
from kdma.environments import Environment
from kdma.process import die_with_parent
from kdma.programs import Program
from kdma.replay import Replay
from kdma.traces import Driver

Replies = Mapping[tuple[int, Driver], Reply]

#: Programs that travel together.
TOGETHER = 64

#: What the processes share with the one that they were forked from.
_programs: Mapping[int, Program] = {}
_drivers: Sequence[Driver] = ()
_replay = Replay()


def _judge(
    environment: Environment, replies: Mapping[int, Mapping[Driver, Reply]]
) -> dict[int, Judgement]:
    """The judgements of some programs of one environment, by number."""
    return {
        number: judge(_programs[number], number, environment, given, _drivers, _replay)
        for number, given in replies.items()
    }


def _start() -> None:
    """In each process: it ends with the one that made it, which takes care of Ctrl-C."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


class Judges:
    """Processes that judge. Close it when all is judged, or nothing will be."""

    def __init__(
        self, programs: Mapping[int, Program], drivers: Sequence[Driver], replay: Replay
    ) -> None:
        global _programs, _drivers, _replay
        _programs, _drivers, _replay = programs, drivers, replay
        self._pool = ProcessPoolExecutor(
            max_workers=os.cpu_count() or 1,
            mp_context=multiprocessing.get_context("fork"),
            initializer=_start,
        )
        with warnings.catch_warnings():
            # Other threads show progress; the processes have no part in that.
            warnings.simplefilter("ignore", DeprecationWarning)
            # A task that does nothing: it forks them.
            self._pool.submit(int).result()
        self._futures: dict[tuple[str, int], Future[dict[int, Judgement]]] = {}

    def submit(self, environment: Environment, numbers: Sequence[int], replies: Replies) -> None:
        """Takes the replies of one environment. `numbers` are the programs to be judged."""
        for begin in range(0, len(numbers), TOGETHER):
            part = numbers[begin : begin + TOGETHER]
            given = {
                number: {
                    driver: replies[number, driver]
                    for driver in _drivers
                    if (number, driver) in replies
                }
                for number in part
            }
            future = self._pool.submit(_judge, environment, given)
            for number in part:
                self._futures[environment.name, number] = future

    def judgement(self, environment: Environment, number: int) -> Judgement:
        """What came of a program whose replies were submitted. Waits for it."""
        return self._futures[environment.name, number].result()[number]

    def close(self) -> None:
        """Ends the processes; what was not judged is not judged any more.

        It waits for them: else Python, when it exits, may wake a thread of theirs that
        is just closing its pipe, and ends with a traceback (OSError, EBADF).
        """
        self._pool.shutdown(wait=True, cancel_futures=True)
