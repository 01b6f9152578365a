# SPDX-License-Identifier: GPL-2.0
"""What the driver on the kernel's own Rust can express (kmod/upstream.toml).

A program with one step that kernel::dma has no words for is not run by this
driver, and counted as such: it is never cut down to what can be said.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from kdma import tracepoints
from kdma.environments import Environment
from kdma.findings import Finding, FindingClass, KdmaError
from kdma.paths import PROJECT
from kdma.programs import (
    ATTRS_OF_ALLOCATIONS,
    Flag,
    Program,
    Status,
    Step,
    Target,
    expected_results,
)
from kdma.traces import Driver

TABLE = PROJECT / "kmod/upstream.toml"
#: The driver's Rust, of which the compiler says when the `kernel` crate moved.
SOURCE = "kmod/upstream_dma.rs"


@dataclass(frozen=True)
class Explained:
    """A difference in the tracepoints' events that has a reason.

    `pattern` in the fields of upstream's `event`, replaced by `c`, is what C says.
    """

    event: str
    pattern: re.Pattern[str]
    c: str
    reason: str


@dataclass(frozen=True)
class Table:
    """kmod/upstream.toml.

    `calls`: operation to the call of kernel::dma that makes it. `rules`: to the
    names of the rules that its arguments keep. `reasons`: why an operation, or
    what breaks a rule, cannot be expressed. `explained`: how upstream's calls
    reach the DMA layer otherwise than C's.
    """

    calls: Mapping[str, str]
    rules: Mapping[str, tuple[str, ...]]
    reasons: Mapping[str, str]
    rule_reasons: Mapping[str, str]
    explained: tuple[Explained, ...]


def _bad(what: str) -> KdmaError:
    return KdmaError(
        f"the table of what upstream's Rust can express is wrong: {what}",
        where=str(TABLE),
        next="mend the table; its head says what is in it",
        finding_class=FindingClass.HARNESS,
    )


def read_table(text: str) -> Table:
    """Reads the table. KdmaError for one that contradicts itself."""
    try:
        data = tomllib.loads(text)
        expressible = data["expressible"]
        calls = {name: str(row["call"]) for name, row in expressible.items()}
        rules = {name: tuple(row.get("rules", ())) for name, row in expressible.items()}
        listed = [
            (name, str(group["reason"]))
            for group in data["inexpressible"]
            for name in group["operations"]
        ]
        rule_reasons = {name: str(reason) for name, reason in data["rules"].items()}
        explained = tuple(
            Explained(one["event"], re.compile(one["upstream"]), one["c"], one["reason"])
            for one in data["explained"]
        )
    except (
        tomllib.TOMLDecodeError,
        AttributeError,
        KeyError,
        TypeError,
        re.error,
    ) as error:
        raise _bad(repr(error)) from None
    counted = Counter([*calls, *(name for name, _ in listed)])
    if twice := sorted(name for name, count in counted.items() if count > 1):
        raise _bad(f"{', '.join(twice)} stands in it twice")
    used = {rule for names in rules.values() for rule in names}
    if used != set(_RULES) or used != set(rule_reasons):
        raise _bad(
            f"its rules are {', '.join(sorted(used))}, its reasons are for "
            f"{', '.join(sorted(rule_reasons))}, and upstream.py knows {', '.join(sorted(_RULES))}"
        )
    return Table(calls, rules, dict(listed), rule_reasons, explained)


@functools.cache
def table() -> Table:
    """The committed table."""
    return read_table(TABLE.read_text())


# -- programs -------------------------------------------------------------------


@dataclass(frozen=True)
class _Seen:
    """A step, the one that defined its slot, and whether that gave an object.

    `target` is the device that it is on.
    """

    step: Step
    define: Step | None
    has_object: bool
    target: Target


def _as_allocated(seen: _Seen) -> bool:
    define = seen.define
    return define is not None and all(
        seen.step.get(name, 0) == define.get(name, 0) for name in ("size", "attributes")
    )


#: A rule of the table to what tells whether a step keeps it.
_RULES: Mapping[str, Callable[[_Seen], bool]] = {
    "as-allocated": _as_allocated,
    "attributes": lambda seen: not seen.step.get("attributes", 0) & ~ATTRS_OF_ALLOCATIONS,
    "flags": lambda seen: not seen.step.get("flags", 0) & ~int(Flag.ATOMIC | Flag.NO_WARN),
    "has-object": lambda seen: seen.has_object,
    "mask": lambda seen: not seen.step["mask"] & (seen.step["mask"] + 1),
    "refusal": lambda seen: seen.step["size"] != 0 and seen.target != Target.NO_PARAMETERS,
}


@functools.cache
def inexpressible(program: Program, environment: Environment) -> str | None:
    """Why the first step that upstream's Rust cannot express is one; None: it can do all."""
    known = table()
    defines: dict[int, Step] = {}
    live: set[int] = set()
    for step, expected in zip(program.steps, expected_results(program, environment), strict=True):
        name = step.operation.name
        if not step.operation.is_core:
            if name not in known.calls:
                reason = known.reasons.get(name, f"nobody has said so in {TABLE.name}")
                return f"{step.function}: {reason}"
            seen = _Seen(step, defines.get(step.slot), step.slot in live, program.target)
            for rule in known.rules[name]:
                if not _RULES[rule](seen):
                    return f"{step.function}: {known.rule_reasons[rule]}"
        if step.operation.slot == "define":
            defines[step.slot] = step
            if expected.status in (None, Status.OK):
                live.add(step.slot)
        elif step.operation.slot == "release":
            live.discard(step.slot)
    return None


def able(program: Program, environment: Environment, drivers: Iterable[Driver]) -> list[Driver]:
    """Those of `drivers` that can run this program as it is written."""
    return [
        driver
        for driver in drivers
        if driver != Driver.UPSTREAM or inexpressible(program, environment) is None
    ]


def left_out(planned: Iterable[tuple[Program, Environment]]) -> list[str]:
    """What upstream could not run of these, for the report: a line for each reason."""
    programs: dict[str, set[str]] = {}
    functions: dict[str, set[str]] = {}
    for program, environment in planned:
        said = inexpressible(program, environment)
        if said is not None:
            function, _, reason = said.partition(": ")
            programs.setdefault(reason, set()).add(program.name)
            functions.setdefault(reason, set()).add(function)
    return [
        f"{len(names)} program{'' if len(names) == 1 else 's'}: {reason} "
        f"({', '.join(sorted(functions[reason]))})"
        for reason, names in sorted(programs.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


# -- what is different on purpose ------------------------------------------------


def explain(
    driver: Driver, native: Sequence[tracepoints.Event], events: Sequence[tracepoints.Event]
) -> list[tracepoints.Event]:
    """The events of upstream, with native's where the table explains the difference.

    Those of other drivers as they are.
    """
    explained = list(events)
    if driver == Driver.UPSTREAM:
        for index, (wanted, event) in enumerate(zip(native, events, strict=False)):
            if _is_explained(wanted, event):
                explained[index] = wanted
    return explained


def _is_explained(wanted: tracepoints.Event, event: tracepoints.Event) -> bool:
    """Do some of the table's replacements make native's event of this?"""
    said = {event.fields}
    for one in table().explained:
        if one.event == event.name == wanted.name:
            said |= {one.pattern.sub(one.c, fields) for fields in said}
    return wanted.fields in said


# -- a kernel crate that moved ----------------------------------------------------

_RUST_ERROR = re.compile(
    r"^error(?:\[E\d+\])?: (?P<text>.+)\n\s*--> (?P<file>[^:\n]+):(?P<line>\d+):\d+\n"
    r"(?P<rest>(?:.+\n|\n(?=note:|help:))*)",
    re.MULTILINE,
)
#: Where rustc shows something of the kernel beside our line.
_KERNEL_PLACE = re.compile(r"(?:-->|:::) \S*?(rust/\S+\.rs:\d+)")
_MARK = re.compile(r"^\s*\|.*?\^+(?: (?P<label>.+))?$", re.MULTILINE)


def is_about(finding: Finding) -> bool:
    """Does this finding of a build concern the driver upstream alone?"""
    return finding.identity[:2] == ("api", "upstream") or finding.where == "kdma_upstream.ko"


def api_drift(log: str) -> list[Finding]:
    """Findings for what rustc says of our Rust on the `kernel` crate; empty if nothing."""
    findings: dict[str, Finding] = {}
    lines = (PROJECT / SOURCE).read_text().splitlines()
    for match in _RUST_ERROR.finditer(log):
        if not f"/{match['file']}".endswith(f"/{SOURCE}"):
            continue
        text, line = match["text"], int(match["line"])
        mark = _MARK.search(match["rest"])
        says = (mark["label"] if mark else None) or text
        there = _KERNEL_PLACE.search(match["rest"])
        call = lines[line - 1].strip() if line <= len(lines) else ""
        finding = Finding(
            FindingClass.API_DRIFT,
            f"kernel::dma: {text}",
            f"{SOURCE}:{line}",
            f"our call compiles: {call}",
            f"rustc says{f' of {there[1]}' if there else ''}: {says}",
            "adapt the call to the kernel crate as it is now; where older kernels keep the other "
            "form, probe for it by name in kmod/Kbuild",
            ("api", "upstream", text),
        )
        findings.setdefault(finding.fingerprint, finding)
    return sorted(findings.values(), key=lambda f: int(f.where.rpartition(":")[2]))
