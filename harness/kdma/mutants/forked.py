# SPDX-License-Identifier: GPL-2.0
"""Work in processes beside ours: what Python does with one processor, on all of them.

The children are forked, so that they have all that was read and parsed by then, and
what is called may be anything. They print nothing and end without ceremony.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import selectors
import signal
import struct
from collections.abc import Callable, Iterator, Sequence
from io import FileIO
from typing import NoReturn, TypeVar

from kdma import progress
from kdma.kernel import jobs

Item = TypeVar("Item")
Result = TypeVar("Result")

#: The number of an item, and how many bytes its result has.
_HEAD = struct.Struct("<QQ")


def mapped(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """What `work` makes of each item, in any order and as it comes.

    What a child came to no end with, by an error or since it was lost, is done here, so
    that errors are raised as if there were no children.
    """
    count = min(jobs(), len(items))
    if count < 2:
        yield from map(work, items)
        return
    left = dict(enumerate(items))
    children: dict[int, FileIO] = {}
    try:
        for first in range(count):
            reading, writing = os.pipe()
            child = os.fork()
            if child == 0:
                _work(work, items, range(first, len(items), count), writing)
            os.close(writing)
            children[child] = os.fdopen(reading, "rb", buffering=0)
        with selectors.DefaultSelector() as selector:
            for pipe in children.values():
                selector.register(pipe, selectors.EVENT_READ, pipe)
            while selector.get_map():
                for ready, _ in selector.select():
                    told = _read(ready.data)
                    if told is None:
                        selector.unregister(ready.data)
                        continue
                    del left[told[0]]
                    yield pickle.loads(told[1])
    finally:
        for child, pipe in children.items():
            pipe.close()
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    yield from map(work, left.values())


def _work(
    work: Callable[[Item], Result], items: Sequence[Item], numbers: Sequence[int], to: int
) -> NoReturn:
    """In a child: writes the results of these items, up to the first that fails."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        progress.be_silent()
        with os.fdopen(to, "wb") as pipe:
            for number in numbers:
                told = pickle.dumps(work(items[number]))
                pipe.write(_HEAD.pack(number, len(told)) + told)
                pipe.flush()
    finally:
        # Whatever it was, the parent meets it again.
        os._exit(0)


def _read(pipe: FileIO) -> tuple[int, bytes] | None:
    """The next result of a child; None: there is no more."""
    head = _exactly(pipe, _HEAD.size)
    if head is None:
        return None
    number, size = _HEAD.unpack(head)
    told = _exactly(pipe, size)
    return None if told is None else (number, told)


def _exactly(pipe: FileIO, size: int) -> bytes | None:
    """So many bytes; None if the child ended before."""
    found = b""
    while len(found) < size:
        more = pipe.read(size - len(found))
        if not more:
            return None
        found += more
    return found
