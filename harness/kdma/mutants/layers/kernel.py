# SPDX-License-Identifier: GPL-2.0
"""The kernel's DMA headers and exports moved.

Judged by what the stage `drift` asks about the kernel: its surface against a
baseline, which is the same kernel as it was. All of the driver-facing API
counts, as it does for `kdma gate`, whether c-api uses it or not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from kdma import kernel_baseline, kernel_surface
from kdma.cache import digest
from kdma.findings import Finding, FindingClass
from kdma.kernel import Kernel
from kdma.mutants import edits
from kdma.mutants.edits import Edit
from kdma.mutants.kernel_edits import Headers
from kdma.mutants.layers import header
from kdma.mutants.model import Changed, Fault, Outcome, Session


class _Layer:
    name = "kernel"
    title = "the kernel's DMA headers and exports moved"
    seconds_to_begin = 2.0
    seconds_each = 0.05

    def __init__(self) -> None:
        self._headers: dict[str, Headers] = {}

    def headers(self, kernel: Kernel) -> Headers:
        """The headers of a kernel, to be edited. Read once."""
        if kernel.identity not in self._headers:
            given = kernel_surface.input_of(kernel)
            self._headers[kernel.identity] = Headers(given, kernel_surface.read(given))
        return self._headers[kernel.identity]

    def _made(self, session: Session, found: Iterable[Edit]) -> list[Fault]:
        headers = self.headers(session.headers)
        by_file: dict[str, list[Edit]] = {}
        for edit in found:
            by_file.setdefault(edit.file, []).append(edit)
        return [
            fault
            for file, some in by_file.items()
            for fault in header.made(self.name, file, headers.text(file), some,
                                     (FindingClass.API_DRIFT,))
        ]  # fmt: skip

    def faults(self, session: Session) -> list[Fault]:
        return self._made(session, self.headers(session.headers).faults())

    def harmless(self, session: Session) -> list[Fault]:
        return self._made(session, self.headers(session.headers).harmless())

    def rests_on(self, session: Session) -> Iterable[str]:
        yield session.headers.identity
        yield self.headers(session.headers).surface.text()
        symvers = session.headers.build / kernel_surface.SYMVERS
        yield digest(symvers) if symvers.exists() else ""

    def judge(self, faults: Sequence[Fault], session: Session) -> Iterator[Outcome]:
        headers = self.headers(session.headers)
        before = headers.surface
        used = {part: "c-api" for _, name in before.members for part in (name, *name.split("."))}

        def judge(batch: Sequence[Fault]) -> list[Finding]:
            given = dataclasses.replace(headers.given, replaced=self._texts(batch, headers))
            after = kernel_surface.read(given)
            return kernel_baseline.judge(before, after, used, session.headers.name)[0]

        yield from header.in_turn(faults, (judge,))

    def _texts(self, faults: Sequence[Fault], headers: Headers) -> dict[str, str]:
        by_file: dict[str, list[Edit]] = {}
        for fault in faults:
            edit = header.edit_of(fault)
            by_file.setdefault(edit.file, []).append(edit)
        return {file: edits.applied(headers.text(file), some) for file, some in by_file.items()}

    def changed(self, fault: Fault, session: Session) -> Changed:
        return Changed(self._texts([fault], self.headers(session.headers)))


LAYER = _Layer()
