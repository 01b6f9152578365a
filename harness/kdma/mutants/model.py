# SPDX-License-Identifier: GPL-2.0
"""What a fault is, what became of it, and what a layer and a peer have to offer."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from kdma import progress
from kdma.findings import Finding, FindingClass
from kdma.kernel import Kernel, KernelRequest, prepare, prepare_headers
from kdma.paths import cache_root


class State(StrEnum):
    """What became of a fault. QUIET and ALARM are for harmless edits only."""

    #: A finding of the right class at the right name.
    KILLED = "killed"
    #: Something failed, but with another class or at another name.
    HALF = "half"
    SURVIVED = "survived"
    #: Nothing that could be observed has changed, by a rule that proves it.
    EQUIVALENT = "equivalent"
    #: It could not be judged; never counted as anything else.
    UNCHECKED = "unchecked"
    #: No finding about a harmless edit.
    QUIET = "quiet"
    #: A finding about a harmless edit.
    ALARM = "alarm"


class Stage(StrEnum):
    """What noticed a fault, in the order in which a run comes to it."""

    #: Surfaces and baselines compared; nothing is built.
    STATIC = "static"
    #: The compilers, modpost, objtool.
    BUILD = "build"
    #: The kernel refuses to load it, or crashes doing so.
    LOAD = "load"
    #: A program's result is not the expected one, or drivers disagree.
    BEHAVIOUR = "behaviour"
    #: dma-debug, tracepoints, the IOMMU, the kernel's log.
    ORACLE = "oracle"


@dataclass(frozen=True)
class Fault:
    """One way in which the boundary is wrong; or an edit that is harmless.

    `name`: the function, type or constant that a finding has to name. `place`:
    file:line, for people only. `before` and `after`: what is changed, as text.
    `part`: which part of the name, where one text can be changed in two
    places. `classes`: those that a finding about it may have. `data` is the
    layer's own and says how to make it.
    """

    layer: str
    operator: str
    name: str
    place: str
    before: str
    after: str
    harmless: bool = False
    part: str = ""
    classes: tuple[FindingClass, ...] = ()
    data: Any = field(default=None, compare=False, repr=False)

    @cached_property
    def key(self) -> str:
        """Twelve hex digits made of what it is: neither its line nor other faults matter."""
        parts = (self.layer, self.operator, self.name, self.part, self.before, self.after)
        text = "\0".join((*parts, str(self.harmless)))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def replay(self) -> str:
        """The command that judges this one alone and shows all about it."""
        return f"make mutants FAULT={self.key}"

    def as_dict(self) -> dict[str, Any]:
        """As in report.json."""
        return {
            "key": self.key,
            "layer": self.layer,
            "operator": self.operator,
            "name": self.name,
            "part": self.part,
            "place": self.place,
            "before": self.before,
            "after": self.after,
            "harmless": self.harmless,
        }


@dataclass(frozen=True)
class Outcome:
    """What became of one fault.

    `rule`: for EQUIVALENT, what proves it; for UNCHECKED, the reason.
    `finding_class` and `title` are those of the finding that decided.
    `seconds`: its share of the time that judging took.
    """

    fault: Fault
    state: State
    stage: Stage | None = None
    finding_class: str = ""
    title: str = ""
    seconds: float = 0.0
    rule: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As in report.json and outcomes.jsonl."""
        return {
            **self.fault.as_dict(),
            "state": self.state.value,
            "stage": self.stage.value if self.stage else "",
            "class": self.finding_class,
            "title": self.title,
            "seconds": round(self.seconds, 4),
            "rule": self.rule,
            "replay": self.fault.replay,
        }


def names(finding: Finding, name: str) -> bool:
    """Does a finding name this function, type or constant in its title or identity?"""
    pattern = rf"(?<!\w){re.escape(name)}(?!\w)"
    return any(re.search(pattern, text) for text in (finding.title, *finding.identity))


def outcome(
    fault: Fault,
    findings: Sequence[Finding],
    stage: Stage,
    seconds: float,
    follows: Iterable[str] | None = None,
) -> Outcome:
    """The outcome that findings make of a fault or of a harmless edit.

    `follows`: the other names that the fault concerns as well; a finding that
    names none of these nor the fault's own makes it a half one. None: a finding
    may name others besides (a program names all that it calls).
    """

    def made(state: State, finding: Finding | None) -> Outcome:
        if finding is None:
            return Outcome(fault, state, seconds=seconds)
        told = finding.finding_class.value
        return Outcome(fault, state, stage, told, finding.title, seconds)

    first = findings[0] if findings else None
    if fault.harmless:
        return made(State.ALARM if first else State.QUIET, first)
    if first is None:
        return made(State.SURVIVED, None)
    right = next(
        (f for f in findings if f.finding_class in fault.classes and names(f, fault.name)), None
    )
    if right is None:
        return made(State.HALF, first)
    if follows is not None:
        known = (fault.name, *follows)
        stray = next((f for f in findings if not any(names(f, name) for name in known)), None)
        if stray is not None:
            return made(State.HALF, stray)
    return made(State.KILLED, right)


@dataclass
class Session:
    """What judges may use. Kernels are prepared when they are asked for first."""

    request: KernelRequest
    #: Results and logs of this run; layers make folders of their own in it.
    output: Path
    #: Show all about each fault: there are few.
    explain: bool = False

    @property
    def cache(self) -> Path:
        """The user's cache, for what is found by its content."""
        return cache_root()

    @cached_property
    def headers(self) -> Kernel:
        """The kernel, as far as modules can be compiled."""
        return prepare_headers(self.request)

    @cached_property
    def kernel(self) -> Kernel:
        """The kernel, to boot."""
        return prepare(self.request)

    def note(self, text: str) -> None:
        """What is being waited for, in the live line."""
        progress.note(text)


@dataclass(frozen=True)
class Changed:
    """A fault as other tools can take it.

    `texts`: changed files by their path in the project, or from the kernel's
    root. `flags`: compiler flags for `files` alone; `lost`: flags that all
    others have.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


class Layer(Protocol):
    """A place where the boundary can go wrong. A module of layers/ has one as `LAYER`."""

    #: As LAYER= takes it.
    name: str
    #: For people, a few words.
    title: str
    #: CPU seconds to begin, and for each fault; a sample is chosen by them.
    seconds_to_begin: float
    seconds_each: float

    def faults(self, session: Session) -> Sequence[Fault]:
        """All faults of the layer, generated. Their keys differ."""
        ...

    def harmless(self, session: Session) -> Sequence[Fault]:
        """All harmless edits of the layer, generated."""
        ...

    def rests_on(self, session: Session) -> Iterable[str]:
        """What outcomes rest on besides the harness's own sources, as texts or digests.

        An earlier outcome is believed only while these are what they were.
        """
        ...

    def judge(self, faults: Sequence[Fault], session: Session) -> Iterator[Outcome]:
        """One outcome for each of `faults`, harmless ones too, in any order and as they come.

        KdmaError if nothing can be judged; a single one that cannot is UNCHECKED.
        """
        ...

    def changed(self, fault: Fault, session: Session) -> Changed:
        """The fault as other tools can take it."""
        ...


@dataclass(frozen=True)
class PeerOutcome:
    """What another tool made of a fault.

    `caught`: it said so, or what it is used with refused it. `failed`: it broke
    down itself, which counts as nothing.
    """

    fault: Fault
    caught: bool
    told: str = ""
    seconds: float = 0.0
    failed: bool = False

    def as_dict(self) -> dict[str, Any]:
        """As in report.json."""
        return {
            "key": self.fault.key,
            "caught": self.caught,
            "failed": self.failed,
            "told": self.told,
            "seconds": round(self.seconds, 4),
        }


class Peer(Protocol):
    """Another tool, used as its own documentation says. Modules of peers/ have `PEERS`."""

    name: str
    #: How it is used, for people; with the part of its documentation that says so.
    usage: str
    #: CPU seconds for each fault; a sample is chosen by them.
    seconds_each: float

    def version(self) -> str:
        """What the tool says of itself; empty: not installed."""
        ...

    def refuses(self, layer: str) -> str:
        """Why it cannot be applied to a layer; empty: it can."""
        ...

    def judge(
        self, faults: Sequence[tuple[Fault, Changed]], session: Session
    ) -> Iterator[PeerOutcome]:
        """One outcome for each of `faults`, as they come."""
        ...


class Stopwatch:
    """Divides the time that passes among the faults that share it."""

    def __init__(self) -> None:
        self._begin = time.monotonic()

    def share(self, among: int = 1) -> float:
        """Seconds since the last call, for each of `among`."""
        now = time.monotonic()
        passed, self._begin = now - self._begin, now
        return passed / max(1, among)
