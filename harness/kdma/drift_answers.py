# SPDX-License-Identifier: GPL-2.0
"""What a part of the stage "drift" answers, kept in the cache under all that it depends on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from kdma.cache import digest, entry, key
from kdma.findings import Finding, FindingClass, Unchecked
from kdma.paths import cache_root


@dataclass
class Answer:
    """Findings, and what could not be checked."""

    findings: list[Finding] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)

    def text(self) -> str:
        """As JSON."""
        told = [
            [f.finding_class, f.title, f.where, f.expected, f.actual, f.next, f.identity]
            for f in self.findings
        ]
        left = [[u.what, u.reason, u.explained] for u in self.unchecked]
        return json.dumps([told, left])

    @staticmethod
    def of(text: str) -> Answer:
        """From what text() made."""
        told, left = json.loads(text)
        return Answer(
            [
                Finding(FindingClass(kind), title, where, expected, actual, then, tuple(identity))
                for kind, title, where, expected, actual, then, identity in told
            ],
            [Unchecked(*one) for one in left],
        )


def kept(
    name: str, modules: Iterable[ModuleType], parts: Iterable[str], make: Callable[[], Answer]
) -> Answer:
    """What `make` answers, from the cache if the code of `modules` and the `parts` are as then."""
    code = (digest(Path(module.__file__ or "")) for module in modules)
    folder = cache_root() / "surfaces" / f"{name}-{key([*code, *parts])}"

    def fill(work: Path) -> None:
        (work / "told.json").write_text(make().text())

    entry(folder, fill)
    return Answer.of((folder / "told.json").read_text())
