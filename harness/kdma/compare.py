# SPDX-License-Identifier: GPL-2.0
"""The three-way comparison: expected result, native driver, each other driver.

Traces are compared operation by operation. Statuses and exact values are
compared as numbers. DMA addresses are compared by what matters: the offset in
the page, the mask in force, alignment, and whether two live slots have the same
one; never raw. After the trace come the oracles: dma-debug's counters, the
bounce buffers in use, what memory was given back, and the kernel's log.

One finding for each driver and program: the first difference, with a count of
those that follow from it.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kdma import accounting, backend_calls, kernel_calls, traced_calls, tracepoints, upstream
from kdma.environments import Environment
from kdma.findings import Finding, FindingClass
from kdma.operations import operations
from kdma.programs import (
    MAPPING_ERROR,
    MAPS_OF_LISTS,
    PAGE_SIZE,
    POOL_MAKERS,
    U64_MAX,
    BufferKind,
    Expected,
    LogLine,
    Program,
    Status,
    Step,
    Target,
    expected_results,
    not_given,
)
from kdma.replay import Replay
from kdma.traces import Completion, Driver, Result, RunError, Trace, TraceError, decode

#: Kernel log lines that say nothing about DMA. Keep it short: what is not here
#: and not expected by the program or its environment is a finding.
HARMLESS_LOG = (
    r"^clocksource: ",
    r"^dmar_fault: \d+ callbacks suppressed",
    r"^hrtimer: interrupt took ",
    r"^kdma_test: loading out-of-tree module",
    r"^random: crng init done",
    r"^sched_clock: ",
    r"^tsc: Refined TSC clocksource calibration",
)

#: Which masks an operation sets.
MASK_SETTERS = {
    "set_coherent_mask": ("coherent",),
    "set_mask": ("streaming",),
    "set_mask_and_coherent": ("coherent", "streaming"),
}

#: Which question tells what an operation set. The coherent mask has none of its
#: own; what it does to the streaming mask shows there.
ASKED_BY = {
    "set_coherent_mask": "get_mask",
    "set_mask": "get_mask",
    "set_mask_and_coherent": "get_mask",
    "set_max_seg_size": "get_max_seg_size",
    "set_min_align_mask": "get_min_align_mask",
    "set_seg_boundary": "get_seg_boundary",
}

#: Opens and closes a kernel warning in the log; what is between belongs to it.
SPLAT_OPENS = re.compile(r"-+\[ cut here \]-+")
SPLAT_CLOSES = re.compile(r"---\[ end trace")
#: What dma-debug says about an error.
DMA_DEBUG = re.compile(r"DMA-API: ")
#: What it says after that, where the kernel keeps stack traces.
DMA_DEBUG_ORIGIN = re.compile(
    r"DMA-API: Mapped at:$|^\s*[\w.]+\+0x[0-9a-f]+/0x[0-9a-f]+( \[\w+\])?$"
)
#: The log itself is incomplete.
LOG_LOST = re.compile(r"lines of the kernel log were lost")

#: A frame of a call trace: unsure, function, module.
FRAME = re.compile(r"(?:^|[\s:])(\? )?(\w+)(?:\.\w+)*\+0x\w+/0x\w+(?: \[(\w+)\])?")

Native = Sequence[tuple[int, Sequence[int]]]


def function_in(lines: Iterable[str]) -> str:
    """The function of the ABI that the first call trace goes through.

    Where there is none (the native driver): the kernel's function that was called.
    """
    known = {each.function for each in operations()}
    called = inner = ""
    for line in lines:
        match = FRAME.search(line)
        if match is None or match[1]:
            continue
        if match[3] and f"kdma_{match[2].partition('_')[2]}" in known:
            return f"kdma_{match[2].partition('_')[2]}"
        if match[3] and not called:
            called = inner
        elif not match[3]:
            inner = match[2]
    return called


@dataclass(frozen=True)
class Reply:
    """What the guest gave for one program in one driver.

    `readings` are counters of oracles, read before and after the run
    (`swiotlb_used.before`), and what was left of it (`leaked...`, see
    accounting.py); a kernel without the oracle leaves them out.
    `log` are the kernel's log lines of that run, `events` what its DMA
    tracepoints saw; None: it has none. `calls` is what was asked of the kernel's
    functions (kernel_calls.py); empty: nobody recorded it.
    """

    trace: bytes
    readings: dict[str, int] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    events: list[str] | None = None
    calls: bytes = b""


@dataclass
class Judgement:
    """What the comparison of one program in one environment came to.

    `operations` and `comparisons` count what was really looked at: results of
    operations, and single values or counters compared. `drivers` are those
    whose trace was whole, so that they could be compared. `backends`: where native's
    calls ought to have been followed further (backend_calls.py), and how often.
    """

    findings: list[Finding] = field(default_factory=list)
    drivers: frozenset[Driver] = frozenset()
    operations: int = 0
    comparisons: int = 0
    backends: Counter[backend_calls.Passed] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Difference:
    """One thing that is not as it should be.

    `function`: the most likely culprit; `also`: another one, for people. `topic`: what
    tells it from other differences of the same step.
    """

    what: str
    expected: str
    actual: str
    function: str
    step: Step | None = None
    unstated: bool = False
    also: str = ""
    topic: str = ""

    @property
    def suspects(self) -> str:
        """Where to look."""
        return " and ".join(filter(None, (self.function, self.also)))

    @property
    def about(self) -> str:
        """What it is about, for the fingerprint."""
        about = self.step.operation.name if self.step else self.what
        return f"{about} {self.topic}" if self.topic else about


def compare(
    program: Program,
    number: int,
    environment: Environment,
    replies: Mapping[Driver, Reply],
    drivers: Iterable[Driver] | None = None,
) -> list[Finding]:
    """The findings of one program in one environment. See judge()."""
    return judge(program, number, environment, replies, drivers).findings


def judge(
    program: Program,
    number: int,
    environment: Environment,
    replies: Mapping[Driver, Reply],
    drivers: Iterable[Driver] | None = None,
    replay: Replay | None = None,
) -> Judgement:
    """Compares the replies of all drivers to one program.

    `number` is the program's in this run; `drivers` are those that were
    planned (all that replied, if left out). A planned driver without a reply
    is a finding, unless it has no words for the program. `replay` makes the
    command that each finding prints.
    """
    return _Comparison(
        program, number, environment, replies, drivers or replies, replay or Replay()
    ).judge()


def _undoes(later: Step, earlier: Step) -> bool:
    """Does a step take back what another one did to what is in a slot?"""
    name = earlier.operation.name
    return later.operation.name in (
        name.replace("map", "unmap", 1),
        name.replace("link", "unlink", 1),
    )


#: Operations that change nothing.
_ASKING = ("iova_size", "mapping_error", "need_sync", "sg_segment", "use_iova")


class _Comparison:
    """One program in one environment."""

    def __init__(
        self,
        program: Program,
        number: int,
        environment: Environment,
        replies: Mapping[Driver, Reply],
        drivers: Iterable[Driver],
        replay: Replay,
    ) -> None:
        self.program = program
        self.number = number
        self.environment = environment
        self.replies = replies
        self.drivers = sorted(upstream.able(program, environment, drivers))
        self.replay = replay.command(
            environment.name, [driver.label for driver in self.drivers], program.name, program.file
        )
        self.result = Judgement()
        self.traces: dict[Driver, Trace] = {}
        self.decoded: dict[bytes, tuple[Result, ...]] = {}
        # What native's tracepoints saw; read once for all other drivers.
        self.native_events: Sequence[tracepoints.Event] | None = None
        # Where the finding about a driver's results is, for what follows from it.
        self.about_results: dict[Driver, int] = {}
        # The operation in which its results first differ.
        self.results_differ_at: dict[Driver, int] = {}

    def judge(self) -> Judgement:
        """Runs all comparisons, in the order in which findings are best read."""
        for driver in self.drivers:
            trace = self._readable_trace(driver)
            if trace is not None:
                self.traces[driver] = trace
        self.result.drivers = frozenset(self.traces)
        if self.traces:
            self._judge_results()
        self._judge_together(self._leftover, follows=True)
        self._judge_together(self._counters, follows=True)
        self._judge_together(self._accounting_lost)
        self._judge_together(self._dma_debug)
        self._judge_together(self._log)
        self._judge_together(self._events, follows=True)
        self._judge_together(self._calls_lost)
        self._judge_together(self._calls)
        self._judge_together(self._traced_calls)
        self._judge_together(self._backend_calls)
        return self.result

    # Findings

    def _add(
        self,
        finding_class: FindingClass,
        title: str,
        expected: str,
        actual: str,
        *,
        step: Step | None = None,
        identity: tuple[str, ...],
        what_next: str = "",
    ) -> None:
        where = f"{self.program.where}, '{self.program.name}' [{self.environment.name}]"
        if step is not None:
            where = (
                f"{self.program.file}:{step.line}, '{self.program.name}' "
                f"[{self.environment.name}], operation {step.number}: {step}"
            )
        self.result.findings.append(
            Finding(
                finding_class,
                title,
                where,
                expected,
                actual,
                what_next,
                identity,
                # With all drivers of the run: which agree is part of what is found.
                self.replay,
            )
        )

    def _identity(self, driver: str, about: str, function: str) -> tuple[str, ...]:
        return (self.program.name, self.environment.name, driver, about, function)

    # Traces

    def _readable_trace(self, driver: Driver) -> Trace | None:
        """The trace, if it is one of this program that came to its end."""
        reply = self.replies.get(driver)
        if reply is None:
            self._harness(driver, "no reply", "a trace", "nothing: the guest was lost before")
            return None
        try:
            trace = decode(reply.trace, self.number, driver, self.decoded)
        except TraceError as error:
            self._harness(driver, "a broken trace", "a whole trace", str(error))
            return None
        if trace.error == RunError.DRIVER_FAILED:
            self._add(
                FindingClass.DIVERGENCE,
                f"driver {driver.label} gave up",
                "every operation has a result",
                f"{trace.completed} of {len(trace.results)} operations have one",
                identity=self._identity(driver.label, "gave up", ""),
                what_next="the kernel log of the run says more (a panic in Rust)",
            )
            return None
        if trace.error != RunError.OK:
            detail = f" at byte {trace.detail}" if trace.error == RunError.MALFORMED else ""
            said = f"{trace.error.name.lower().replace('_', ' ')}{detail}"
            self._harness(driver, "the program did not run", "ok", said)
            return None
        steps = self.program.steps
        if [r.opcode for r in trace.results] != [s.operation.opcode for s in steps]:
            self._harness(
                driver,
                "the trace of another program",
                f"the opcodes of {len(steps)} operations",
                f"{len(trace.results)} results with other opcodes",
            )
            return None
        reached = sum(r.completion != Completion.NOT_REACHED for r in trace.results)
        if reached != len(steps) or trace.completed != len(steps):
            self._not_reached(driver, trace)
            return None
        return trace

    def _harness(self, driver: Driver, what: str, expected: str, actual: str) -> None:
        # Without the program's name: one lost guest is one finding, not hundreds.
        identity = (what, self.environment.name, driver.label)
        title = f"{what} from driver {driver.label}"
        self._add(FindingClass.HARNESS, title, expected, actual, identity=identity)

    def _not_reached(self, driver: Driver, trace: Trace) -> None:
        for step, result in zip(self.program.steps, trace.results, strict=True):
            if result.completion == Completion.NOT_REACHED:
                self._add(
                    FindingClass.DIVERGENCE,
                    f"driver {driver.label} never came to {step.function}",
                    f"{len(trace.results)} operations",
                    f"{trace.completed} operations",
                    step=step,
                    identity=self._identity(driver.label, "not reached", step.operation.name),
                )
                return
        self._harness(
            driver,
            "a trace that contradicts itself",
            f"{len(trace.results)} operations with a result",
            f"its end record says {trace.completed}",
        )

    # Results

    def _judge_results(self) -> None:
        native = self.traces.get(Driver.NATIVE)
        seen: Native | None = None
        if native is not None:
            seen = [(result.status, result.values) for result in native.results]
        expected = expected_results(self.program, self.environment, seen)
        first: dict[Driver, _Difference] = {}
        counts: dict[Driver, int] = {}
        # Drivers of which the same is expected and that saw the same, to the byte,
        # differ in the same: most do, and it is found once.
        special = {
            driver for wanted in expected for driver in (*wanted.inexpressible, *wanted.excused)
        }
        known: dict[int, tuple[list[_Difference], int]] = {}
        for driver, trace in self.traces.items():
            alike = driver != Driver.NATIVE and driver not in special
            if alike and id(trace.results) in known:
                differences, made = known[id(trace.results)]
                self.result.operations += len(trace.results)
                self.result.comparisons += made
            else:
                before = self.result.comparisons
                differences = list(self._differences(driver, trace, expected, native))
                if alike:
                    made = self.result.comparisons - before
                    known[id(trace.results)] = differences, made
            if differences:
                first[driver] = differences[0]
                counts[driver] = len(differences)
        if (
            len(first) == len(self.traces)
            and len({(d.about, d.actual) for d in first.values()}) == 1
        ):
            self._everyone(next(iter(first.values())), max(counts.values()))
            return
        # Drivers on which the same is wrong share a finding: one fault in
        # c-api is one thing to read, not three.
        groups: dict[tuple[str, str, str, bool], list[Driver]] = {}
        for driver, difference in first.items():
            is_native = driver == Driver.NATIVE
            seen_as = (difference.about, difference.expected, difference.actual, is_native)
            groups.setdefault(seen_as, []).append(driver)
        for drivers in groups.values():
            for driver in drivers:
                self.about_results[driver] = len(self.result.findings)
                step = first[driver].step
                self.results_differ_at[driver] = step.number if step else 0
            self._some(drivers, first[drivers[0]], counts[drivers[0]], first)

    def _everyone(self, difference: _Difference, count: int) -> None:
        who = "every driver, native included," if Driver.NATIVE in self.traces else "every driver"
        self._add(
            FindingClass.DIVERGENCE,
            f"{who} differs from what the program expects: {difference.what}",
            difference.expected,
            difference.actual + _and_more(count),
            step=difference.step,
            identity=self._identity("every", difference.about, difference.function),
            what_next="the kernel's behaviour changed or the expectation is wrong"
            + (f": look at {difference.suspects}" if difference.suspects else ""),
        )

    def _some(
        self,
        drivers: Sequence[Driver],
        difference: _Difference,
        count: int,
        first: Mapping[Driver, _Difference],
    ) -> None:
        who = " and ".join(driver.label for driver in drivers)
        several = len(drivers) > 1
        differ = "differ" if several else "differs"
        if drivers[0] == Driver.NATIVE:
            title = f"native differs from what the program expects: {difference.what}"
            note = "the kernel's own API gives this; the other drivers do not"
        elif difference.unstated:
            title = f"{who} {differ} from native: {difference.what}"
            note = "native is the truth here; the program states nothing"
        elif Driver.NATIVE in self.traces and Driver.NATIVE not in first:
            does_not = "do not" if several else "does not"
            title = f"native agrees with the expectation, {who} {does_not}: {difference.what}"
            note = f"look at {difference.suspects} on the road of {drivers[0].label}"
        else:
            title = f"{who} {differ} from what the program expects: {difference.what}"
            note = f"look at {difference.suspects}"
        labels = [driver.label for driver in drivers]
        self._add(
            FindingClass.DIVERGENCE,
            title,
            difference.expected,
            difference.actual + _and_more(count),
            step=difference.step,
            identity=self._identity(",".join(labels), difference.about, difference.function),
            what_next=note,
        )

    def _differences(
        self, driver: Driver, trace: Trace, expected: Sequence[Expected], native: Trace | None
    ) -> Iterator[_Difference]:
        addresses = _Addresses(self.program, self.environment)
        theirs = _Addresses(self.program, self.environment)
        same = native is not None and native.results is trace.results
        for step, wanted in zip(self.program.steps, expected, strict=True):
            self.result.operations += 1
            result = trace.results[step.number]
            reference = None
            if native is not None and native is not trace:
                reference = native.results[step.number]
            self.result.comparisons += 1
            should = (
                Completion.INEXPRESSIBLE if driver in wanted.inexpressible else Completion.COMPLETED
            )
            if result.completion != should:
                reason = step.inexpressible.get(driver, "it has no object to make the call with")
                yield _Difference(
                    f"{step.function} is "
                    + ("inexpressible" if should == Completion.COMPLETED else "expressible"),
                    "a call" if should == Completion.COMPLETED else f"inexpressible: {reason}",
                    result.completion.name.lower(),
                    step.function,
                    step,
                )
                addresses.follow(step, result.status, result.values)
                if reference is not None and not same:
                    theirs.follow(step, reference.status, reference.values)
                continue
            if should == Completion.INEXPRESSIBLE or driver in wanted.excused:
                continue
            yield from self._status_and_values(step, wanted, result, reference)
            ours = addresses.follow(step, result.status, result.values)
            native_address = ours if reference else None
            if reference and not same:
                native_address = theirs.follow(step, reference.status, reference.values)
            yield from self._address(step, ours, native_address)

    def _status_and_values(
        self, step: Step, wanted: Expected, result: Result, reference: Result | None
    ) -> Iterator[_Difference]:
        status: int | None = wanted.status
        unstated = status is None
        if status is None and reference is not None:
            status = reference.status
        if status is None:
            return
        self.result.comparisons += 1
        against = "native: " if unstated else ""
        if result.status != status:
            yield _Difference(
                f"the status of {step.function}",
                f"{against}{_status(status)}",
                _status(result.status),
                step.function,
                step,
                unstated,
                also=" and ".join(self._behind(step)),
            )
            return
        if result.status != Status.OK:
            return
        for value, found in zip(step.operation.values, result.values, strict=False):
            if value.kind != "exact":
                continue
            stated = wanted.values.get(value.name)
            if stated is not None:
                should = stated
            elif reference is not None and reference.status == Status.OK:
                should = reference.values[_index(step, value.name)]
            else:
                continue
            self.result.comparisons += 1
            if found == should:
                continue
            # Looked for only now: most values are right, and the search is long.
            function, *others = self._culprits(step)
            if value.name == "differences" and step.operation.is_core:
                difference = self._bytes_differ(step, result, should, stated is None, function)
                yield replace(difference, also=" and ".join(others))
                return
            setter = self._setter(step)
            yield _Difference(
                f"{value.name} of {step.function}" + (f" after {setter}" if setter else ""),
                ("native: " if stated is None else "") + _number(should),
                _number(found),
                function,
                step,
                stated is None,
                setter or self._before(step),
            )
            return

    def _before(self, step: Step) -> str:
        """The functions that worked on the same slot before; what is asked for is their work."""
        names = {
            s.function
            for s in self.program.steps[: step.number]
            if step.has_slot and s.has_slot and s.slot == step.slot and not s.operation.is_core
        }
        return " and ".join(sorted(names - {step.function}))

    def _setter(self, step: Step) -> str:
        """Who set last what this step asks for; empty where nobody did."""
        if step.operation.name == "sg_segment":
            # It only shows what those made who built and mapped the list.
            return self._before(step)
        for earlier in reversed(self.program.steps[: step.number]):
            if ASKED_BY.get(earlier.operation.name) == step.operation.name:
                return earlier.function
        return ""

    def _bytes_differ(
        self, step: Step, result: Result, should: int, unstated: bool, function: str
    ) -> _Difference:
        differences, first, found, wanted = result.values[:4]
        memory = "the device's memory" if step.operation.name == "device_check" else "memory"
        actual = f"{differences} bytes differ"
        if differences:
            actual += f", the first at {first}: {found:#04x} instead of {wanted:#04x}"
        expected = f"{should} bytes differ" if should else f"no byte of {step['length']} differs"
        return _Difference(
            f"bytes in {memory} after {function}",
            ("native: " if unstated else "") + expected,
            actual,
            function,
            step,
            unstated,
        )

    def _address(
        self, step: Step, ours: _Address | None, native: _Address | None
    ) -> Iterator[_Difference]:
        if ours is None:
            return
        checks = list(ours.rules)
        if native is not None and ours.value is not None and native.value is not None:
            checks.append(
                (
                    "which live slots have the same address",
                    f"native: {_slots(native.same_as)}",
                    _slots(ours.same_as),
                    ours.same_as == native.same_as,
                )
            )
        for what, expected, actual, holds in checks:
            self.result.comparisons += 1
            if not holds:
                yield _Difference(
                    f"the address of {step.function}: {what}",
                    expected,
                    actual,
                    step.function,
                    step,
                    also=self._limit_before(step) or " and ".join(self._behind(step)),
                )
                return

    @functools.cached_property
    def _made_of(self) -> list[frozenset[int]]:
        """For each step the slots that it works on, its own aside where it makes what is there.

        With those that what it works on was made of: a piece's pool.
        """
        found: list[frozenset[int]] = []
        made: dict[int, frozenset[int]] = {}
        for step in self.program.steps:
            slots = frozenset(
                value
                for argument, value in zip(step.operation.arguments, step.arguments, strict=True)
                if argument.type in ("coherent", "pool")
            )
            if step.operation.slot in ("release", "use"):
                slots |= {step.slot} | made.get(step.slot, frozenset())
            elif step.operation.slot == "define":
                made[step.slot] = slots
            found.append(slots)
        return found

    def _behind(self, step: Step) -> list[str]:
        """Who made what a step works on, and who had it last: either may have spoiled it."""
        found: list[str] = []
        for slot in sorted(self._made_of[step.number]):
            for earlier in reversed(self.program.steps[: step.number]):
                if (
                    not earlier.operation.is_core
                    and earlier.operation.name not in _ASKING
                    and slot in self._made_of[earlier.number]
                ):
                    found.append(earlier.function)
                    break
            for earlier in reversed(self.program.steps[: step.number]):
                if earlier.operation.slot == "define" and earlier.slot == slot:
                    found.append(earlier.function)
                    break
        return [each for each in dict.fromkeys(found) if each != step.function]

    def _limit_before(self, step: Step) -> str:
        """The function that last set a limit for addresses, if one did."""
        setters = [s for s in self.program.steps[: step.number] if s.operation.name in ASKED_BY]
        return setters[-1].function if setters else ""

    def _culprits(self, step: Step) -> list[str]:
        """Functions that may be responsible for a wrong value of this step, likely ones first.

        For a check they are the calls on the memory's slots before it, the last one first.
        """
        if not step.operation.is_core:
            return [step.function]
        before = self.program.steps[: step.number]
        slots: set[int] = set()
        if step.operation.name == "device_check":
            start, end = step["device_offset"], step["device_offset"] + step["length"]
            for earlier in reversed(before):
                if earlier.operation.name == "device_read":
                    at = earlier["device_offset"]
                    if at < end and start < at + earlier["length"]:
                        slots, before = {earlier.slot}, before[: earlier.number]
                        break
        elif step.has_slot:
            slots = {step.slot}
        elif step.memory_slot is not None:
            slots = {step.memory_slot}
        else:
            slots = {
                earlier.slot
                for earlier in before
                if (
                    earlier.operation.slot == "define"
                    or earlier.operation.name in ("iova_link", "sg_add")
                )
                and earlier.memory_buffer == step.memory_buffer
            }
        calls = [s for s in before if s.has_slot and s.slot in slots and not s.operation.is_core]
        calls = [s for s in calls if s.operation.name not in _ASKING]
        # What they were made of may have been wrong before.
        made = [s for s in reversed(calls) if s.operation.slot == "define"]
        behind = [each for s in made[:8] for each in self._behind(s)]
        found = dict.fromkeys([*(s.function for s in reversed(calls)), *behind])
        return list(found) or [step.operation.name]

    # Oracles

    def _judge_together(
        self,
        rule: Callable[[Driver], tuple[FindingClass, _Difference] | None],
        *,
        follows: bool = False,
    ) -> None:
        """Applies a rule to each driver; what all show alike is one finding.

        What `follows` from wrong results goes into the finding about those.
        """
        found: dict[Driver, tuple[FindingClass, _Difference]] = {}
        for driver in self.drivers:
            if driver in self.replies and (result := rule(driver)) is not None:
                found[driver] = result
        for driver in [d for d in found if follows and d in self.about_results]:
            _, difference = found.pop(driver)
            index = self.about_results[driver]
            finding = self.result.findings[index]
            self.result.findings[index] = replace(
                finding, actual=f"{finding.actual}; also {difference.what}: {difference.actual}"
            )
        if not found:
            return
        # A finding of all drivers is the kernel's or the program's.
        if len(found) == len(self.replies) > 1 and Driver.NATIVE in found:
            finding_class, difference = found[Driver.NATIVE]
            self._add(
                finding_class,
                f"every driver, native included: {difference.what}",
                difference.expected,
                difference.actual,
                identity=self._identity("every", difference.about, difference.function),
                what_next="the kernel's behaviour changed or the expectation is wrong"
                + (f": look at {difference.suspects}" if difference.suspects else ""),
            )
            return
        # What several drivers show alike is one fault below them, and one finding.
        alike: dict[tuple[FindingClass, _Difference], list[Driver]] = {}
        for driver, what in found.items():
            alike.setdefault(what, []).append(driver)
        for (finding_class, difference), drivers in alike.items():
            who = ", ".join(driver.label for driver in drivers)
            self._add(
                finding_class,
                f"{who}: {difference.what}",
                difference.expected,
                difference.actual,
                step=difference.step,
                identity=self._identity(
                    ",".join(driver.label for driver in drivers),
                    difference.about,
                    difference.function,
                ),
                what_next=f"look at {difference.suspects}" if difference.suspects else "",
            )

    def _leftover(self, driver: Driver) -> tuple[FindingClass, _Difference] | None:
        trace = self.traces.get(driver)
        if trace is None:
            return None
        self.result.comparisons += 1
        wanted = self.program.leftover - len(self._not_given)
        if trace.leftover == wanted:
            return None
        return FindingClass.DIVERGENCE, _Difference(
            "slots are left at the end of the program",
            _count(wanted, "slot"),
            _count(trace.leftover, "slot"),
            self._functions("release"),
        )

    def _was_refused(self) -> bool:
        """Was a define of native's refused that the program leaves to the kernel?"""
        native = self.traces.get(Driver.NATIVE)
        environment = self.program.seen_from(self.environment)
        return native is not None and any(
            step.operation.slot == "define"
            and result.status == Status.ENOTSUPP
            and (stated := step.stated(environment)) is not None
            and stated.status is None
            for step, result in zip(self.program.steps, native.results, strict=True)
        )

    @functools.cached_property
    def _not_given(self) -> frozenset[int]:
        native = self.traces.get(Driver.NATIVE)
        if native is None:
            return frozenset()
        statuses = [result.status for result in native.results]
        return not_given(self.program, self.environment, statuses)

    def _change(self, driver: Driver, name: str) -> tuple[int, int] | None:
        readings = self.replies[driver].readings
        before, after = readings.get(f"{name}.before"), readings.get(f"{name}.after")
        if before is None or after is None:
            return None
        self.result.comparisons += 1
        return before, after

    def _dma_debug(self, driver: Driver) -> tuple[FindingClass, _Difference] | None:
        change = self._change(driver, "dma_debug_errors")
        if change is None or change[0] == change[1]:
            return None
        blocks = [
            block
            for block in log_blocks(self.replies[driver].log)
            if any(DMA_DEBUG.search(line) for line in block)
        ]
        allowed = self._rules(self.program.dma_debug)
        if blocks and all(
            any(re.search(rule.pattern, line) for rule in allowed for line in block)
            for block in blocks
        ):
            return None
        lines = [line for block in blocks for line in block if DMA_DEBUG.search(line)]
        function = function_in(line for block in blocks for line in block)
        function = function or self._functions("release")
        return FindingClass.KERNEL_SPLAT, _Difference(
            "dma-debug found errors",
            f"error_count stays {change[0]}",
            f"error_count is {change[1]}" + "".join(f" | {line}" for line in lines[:4]),
            function,
            also=self._others(function),
        )

    def _counters(self, driver: Driver) -> tuple[FindingClass, _Difference] | None:
        """All that was got is given back, say counters and the memory accounting."""
        readings = self.replies[driver].readings
        self.result.comparisons += sum(f"accounted.{kind}" in readings for kind in accounting.KINDS)
        found = [
            *self._counter(driver, "swiotlb_used", "bounce buffer slots were not given back"),
            *(self._leak(leak) for leak in accounting.leaks(readings)),
            *self._pools(driver),
            *self._from_zone(driver),
            *self._counter(
                driver, "dma_debug_used", "dma-debug still knows mappings that should be gone"
            ),
        ]
        if not found:
            return None
        first, *others = found
        seen = [first.actual, *(f"{other.what}: {other.actual}" for other in others[:3])]
        more = _and_more(len(others) - 2, "leaks") if len(others) > 3 else ""
        return FindingClass.DIVERGENCE, replace(first, actual="; also ".join(seen) + more)

    def _counter(self, driver: Driver, name: str, what: str) -> Iterator[_Difference]:
        change = self._change(driver, name)
        if change is not None and change[0] != change[1]:
            yield _Difference(
                what,
                f"{name} stays {change[0]}",
                f"{name} is {change[1]}, {change[1] - change[0]:+} in this run, which called "
                + self._functions("define"),
                self._functions("release"),
                also=self._functions("define", "use"),
            )

    def _pools(self, driver: Driver) -> Iterator[_Difference]:
        """The device has the managed pools that were made and not destroyed, and no others.

        Pools of other kinds that a program leaves are destroyed by the driver.
        """
        trace, there = self.traces.get(driver), accounting.pools(self.replies[driver].readings)
        if trace is None or there is None:
            return
        done = [
            step
            for step, result in zip(self.program.steps, trace.results, strict=True)
            if result.completion == Completion.COMPLETED and result.status == Status.OK
        ]
        made = [step for step in done if step.operation.name == "managed_pool_create"]
        gone = [step for step in done if step.operation.name == "managed_pool_destroy"]
        self.result.comparisons += 1
        if there == len(made) - len(gone):
            return
        last = [*made, *gone][-1] if made else None
        yield _Difference(
            "the device has other DMA pools than it should",
            _count(len(made) - len(gone), "pool"),
            _count(there, "pool"),
            last.function if last else self._functions("define", "release"),
            last,
        )

    def _from_zone(self, driver: Driver) -> Iterator[_Difference]:
        """Nobody asks for a zone of memory: the DMA layer chooses pages by the device's mask."""
        found = accounting.from_zone(self.replies[driver].readings)
        if found is None:
            return
        step = self._step_number(found.operation)
        yield _Difference(
            "memory for records came from ZONE_DMA",
            "no operation asks for a zone",
            found.amount + (f", in operation {step.number}: {step}" if step else ""),
            step.function if step else self._functions("define"),
            step,
        )

    def _leak(self, leak: accounting.Leak) -> _Difference:
        expected = "all that a run gets is given back"
        step = self._step_number(leak.operation)
        if step is None:
            return _Difference(
                leak.what,
                expected,
                f"{leak.amount}, after the last operation",
                self._functions("release"),
            )
        functions = {step.function}
        if step.has_slot:
            functions |= {
                other.function
                for other in self.program.steps[leak.operation :]
                if other.slot == step.slot
                and (other.operation.slot == "release" or _undoes(other, step))
            }
        return _Difference(
            leak.what,
            expected,
            f"{leak.amount}, in operation {step.number}: {step}",
            ", ".join(sorted(functions)),
            step,
        )

    def _accounting_lost(self, driver: Driver) -> tuple[FindingClass, _Difference] | None:
        lost = accounting.lost(self.replies[driver].readings)
        if not lost:
            return None
        return FindingClass.HARNESS, _Difference(
            "more memory was got than can be accounted",
            "room for all that one run gets",
            f"no room for {lost} pages or objects; raise the limits in kmod/accounting.c",
            "",
        )

    def _events(self, driver: Driver) -> tuple[FindingClass, _Difference] | None:
        """The same calls as native's reached the DMA layer, with the same arguments.

        Not asked of a driver that cannot make one of the calls.
        """
        native = self.replies.get(Driver.NATIVE)
        lines = self.replies[driver].events
        if driver == Driver.NATIVE or native is None or native.events is None or lines is None:
            return None
        if any(driver in step.inexpressible for step in self.program.steps):
            return None
        try:
            luck = any(step.operation.family == "sgtable" for step in self.program.steps)
            if self.native_events is None:
                self.native_events = tracepoints.events(native.events, any_pieces=luck)
            expected = self.native_events
            seen = tracepoints.events(lines, any_pieces=luck)
            actual = upstream.explain(driver, expected, seen)
        except tracepoints.EventsLostError as error:
            return FindingClass.HARNESS, _Difference(
                "the DMA tracepoints' events are not all there", "every event", str(error), ""
            )
        self.result.comparisons += max(1, len(expected))
        found = tracepoints.first_difference(expected, actual)
        if found is None:
            return None
        index, wanted, got = found
        # One call more: it is the one that was seen.
        more = got is not None and len(actual) > len(expected)
        told = got if more or wanted is None else wanted
        step = self._step_of(driver, actual if told is got else expected, index)
        named = step.function if step else self._named(told.beginnings if told else ())
        return FindingClass.DIVERGENCE, _Difference(
            "another call reached the DMA layer, say its tracepoints",
            str(wanted or "no further call"),
            str(got or "no further call"),
            named,
            step,
        )

    def _calls_lost(self, driver: Driver) -> tuple[FindingClass, _Difference] | None:
        lost = kernel_calls.lost(self.replies[driver].calls)
        if not lost:
            return None
        return FindingClass.HARNESS, _Difference(
            "more calls of the kernel were made than can be recorded",
            "room for all calls of one run",
            f"no room for {lost} calls; raise the limit in kmod/kernel_calls.c",
            "",
        )

    def _calls(self, driver: Driver) -> tuple[FindingClass, _Difference] | None:
        """Each operation asked the same of the kernel as native's, with the same arguments.

        Not asked of a driver that cannot make one of the calls, nor of one that does not
        make them through the C ABI.
        """
        native = self.replies.get(Driver.NATIVE)
        calls = self.replies[driver].calls
        if native is None or not native.calls or not calls:
            return None
        if driver in (Driver.NATIVE, Driver.UPSTREAM) or driver not in self.traces:
            return None
        if any(driver in step.inexpressible for step in self.program.steps):
            return None
        self.result.comparisons += 1
        if calls == native.calls:
            return None
        try:
            found = kernel_calls.first_difference(
                self._native_record, kernel_calls.decode(calls), any_pieces=self._luck
            )
        except kernel_calls.CallsError as error:
            return FindingClass.HARNESS, _Difference(
                "the record of calls of the kernel is not understood", "calls", str(error), ""
            )
        if found is None:
            return None
        # What a driver calls after a wrong result follows from that.
        if found.operation > self.results_differ_at.get(driver, found.operation):
            return None
        step = self._step_number(found.operation)
        if step is None:
            return FindingClass.HARNESS, _Difference(
                "the record of calls of the kernel contradicts itself",
                f"calls of {len(self.program.steps)} operations",
                f"a call of operation {found.operation}",
                "",
            )
        return FindingClass.DIVERGENCE, _Difference(
            f"{step.function} asks something else of the kernel: {found.what}",
            f"native: {found.side(found.expected)}",
            found.side(found.actual),
            step.function,
            step,
            topic="calls",
        )

    @functools.cached_property
    def _native_record(self) -> kernel_calls.Record:
        """What native asked of the kernel. CallsError when it is not understood."""
        return kernel_calls.decode(self.replies[Driver.NATIVE].calls)

    def _step_number(self, number: int) -> Step | None:
        """The step of an operation; None: it was after the last one."""
        return self.program.steps[number] if number < len(self.program.steps) else None

    def _backend_calls(self, driver: Driver) -> tuple[FindingClass, _Difference] | None:
        """What native asked of the DMA API is what the API asked of its backend."""
        reply = self.replies[driver]
        if driver != Driver.NATIVE or not reply.calls:
            return None
        try:
            record = self._native_record
        except kernel_calls.CallsError as error:
            return FindingClass.HARNESS, _Difference(
                "the record of calls is not understood", "a whole record", str(error), ""
            )
        if not any(step.operation.name == "kernel_fails" for step in self.program.steps):
            # There a function fails before it begins, and asks nobody.
            seen_from = self.program.seen_from(self.environment)
            self.result.backends += backend_calls.passed(record, seen_from)
        self.result.comparisons += 1
        found = backend_calls.first_disagreement(record.calls)
        if found is None:
            return None
        step = self._step_number(found.call.operation)
        return FindingClass.DIVERGENCE, _Difference(
            found.what,
            str(found.call),
            str(found.backend),
            step.function if step else self._functions("use"),
            step,
            topic="backend",
        )

    def _traced_calls(self, driver: Driver) -> tuple[FindingClass, _Difference] | None:
        """What native asked of the DMA layer is what its tracepoints say it did.

        Of native alone: the others' calls and events are compared with its own. Not asked
        of programs that have calls fail before the kernel's function begins.
        """
        reply, trace = self.replies[driver], self.traces.get(driver)
        if driver != Driver.NATIVE or trace is None or not reply.calls or reply.events is None:
            return None
        if any(step.operation.name == "kernel_fails" for step in self.program.steps):
            return None
        try:
            record = self._native_record
            if self.native_events is None:
                self.native_events = tracepoints.events(reply.events, any_pieces=self._luck)
        except (kernel_calls.CallsError, tracepoints.EventsLostError) as error:
            return FindingClass.HARNESS, _Difference(
                "calls and tracepoints cannot be compared", "both, whole", str(error), ""
            )
        if any(map(traced_calls.kind, record.unwatched)):
            # They have tracepoints all the same. Listed under "not checked".
            return None
        self.result.comparisons += 1
        found = traced_calls.first_disagreement(
            record.calls,
            self.native_events,
            {n for n, result in enumerate(trace.results) if result.status != Status.OK},
            goes_on=bool(trace.leftover)
            or any(step.operation.family == "managed" for step in self.program.steps),
        )
        if found is None:
            return None
        step = self._step_number(found.call.operation) if found.call is not None else None
        beginnings = found.event.beginnings if found.event else ()
        return FindingClass.DIVERGENCE, _Difference(
            found.what,
            str(found.call or "no call"),
            str(found.event or "no tracepoint"),
            step.function if step else self._named(beginnings),
            step,
            topic="traced",
        )

    @property
    def _luck(self) -> bool:
        """Are there lists of memory that the allocator put together of pieces?"""
        return any(
            step.operation.family in ("noncontiguous", "sgtable") for step in self.program.steps
        )

    def _step_of(
        self, driver: Driver, seen: Sequence[tracepoints.Event], index: int
    ) -> Step | None:
        """The step that led to this event, where events and steps can be counted off."""
        kind = seen[index].beginnings
        trace = self.traces.get(driver)
        if trace is None:
            return None
        steps = [
            step
            for step, result in zip(self.program.steps, trace.results, strict=True)
            if step.function.startswith(kind) and result.status == Status.OK
        ]
        number = tracepoints.ordinal(seen, index)
        if len(steps) != sum(event.beginnings == kind for event in seen) or number >= len(steps):
            return None
        return steps[number]

    def _named(self, beginnings: tuple[str, ...]) -> str:
        names = {s.function for s in self.program.steps}
        return ", ".join(sorted(name for name in names if name.startswith(beginnings)))

    def _rules(self, lines: Sequence[LogLine]) -> list[LogLine]:
        """Those that hold in this environment."""
        seen_from = self.program.seen_from(self.environment)
        return [line for line in lines if line.when.matches(seen_from)]

    def _functions(self, *uses: str) -> str:
        """The functions that the program calls and that do one of this to a slot."""
        names = {
            s.function
            for s in self.program.steps
            if s.operation.slot in uses and not s.operation.is_core
        }
        return ", ".join(sorted(names))

    def _others(self, function: str) -> str:
        """What else makes or uses something: the kernel often complains after the fault."""
        named = function.split(", ")
        return ", ".join(
            each for each in self._functions("define", "use").split(", ") if each not in named
        )

    def _log(self, driver: Driver) -> tuple[FindingClass, _Difference] | None:
        self.result.comparisons += 1
        lines = self.replies[driver].log
        if any(LOG_LOST.search(line) for line in lines):
            return FindingClass.HARNESS, _Difference(
                "the kernel's log overflowed", "every line", "some lines were lost", ""
            )
        rules = self._rules(self.program.log)
        known = [rule.pattern for rule in (*rules, *self._rules(self.program.dma_debug))]
        known += [*self.environment.expected_log, *HARMLESS_LOG]
        unexpected = [
            block
            for block in log_blocks(lines)
            if not any(re.search(pattern, line) for pattern in known for line in block)
        ]
        # What dma-debug says is in the finding about its counter.
        change = self._change(driver, "dma_debug_errors")
        if change is not None and change[0] != change[1]:
            unexpected = [
                block for block in unexpected if not any(DMA_DEBUG.search(line) for line in block)
            ]
        if unexpected:
            text = " | ".join(line.strip() for line in unexpected[0][:6])
            function = function_in(unexpected[0]) or self._functions("define")
            return FindingClass.KERNEL_SPLAT, _Difference(
                "kernel log lines that the program does not expect",
                "none",
                text + _and_more(len(unexpected), "lines or warnings"),
                function,
                also=self._others(function),
            )
        for rule in rules:
            # What the kernel did not give causes no line either.
            if (
                rule.required
                and not self._was_refused()
                and not any(re.search(rule.pattern, line) for line in lines)
            ):
                return FindingClass.DIVERGENCE, _Difference(
                    "a kernel log line is missing",
                    f"a line that matches {rule.pattern!r}",
                    f"{_count(len(lines), 'line')}, none of them does",
                    self._functions("define"),
                )
        return None


#: Linux keeps IOVAs of as many bytes, and fewer, for the next who asks.
CACHED_IOVAS = 32 * PAGE_SIZE


class _Address:
    """A DMA address, reduced to what can be compared."""

    def __init__(self) -> None:
        self.value: int | None = None
        self.rules: list[tuple[str, str, str, bool]] = []
        self.same_as: frozenset[int] = frozenset()

    def rule(self, what: str, expected: str, actual: str, holds: bool) -> None:
        self.rules.append((what, expected, actual, holds))


def _listed(entry: Step) -> int:
    """Bytes that an entry of a list holds; coherent memory is listed in whole pages."""
    if entry.operation.family == "sgtable":
        return -(-entry["size"] // PAGE_SIZE) * PAGE_SIZE
    return entry["size"]


class _Addresses:
    """Follows one trace and knows which addresses are live, and the limits in force."""

    def __init__(self, program: Program, environment: Environment) -> None:
        self._program = program
        self._environment = program.seen_from(environment)
        self._live: dict[int, int] = {}
        self._at: dict[int, set[int]] = {}
        mask = (1 << environment.device_bits) - 1
        self._masks = {"streaming": mask, "coherent": mask}
        self._min_align_mask = 0
        self._segment_size = 0x10000
        self._boundary = 0xFFFFFFFF if program.target == Target.EDU else U64_MAX
        # The entries of each list, and the bytes in its segments so far.
        self._entries: dict[int, list[Step]] = {}
        self._seen: dict[int, tuple[int, int]] = {}
        self._pools: dict[int, Step] = {}

    def follow(self, step: Step, status: int, values: Sequence[int]) -> _Address | None:
        """Takes one result in. For a define: what there is to compare."""
        name = step.operation.name
        if step.operation.slot == "release" and status == Status.OK:
            if step.slot in self._live:
                self._at[self._live.pop(step.slot)].discard(step.slot)
        elif name == "set_min_align_mask" and status == Status.OK:
            self._min_align_mask = step["mask"]
        elif name in MASK_SETTERS and status == Status.OK:
            for kind in MASK_SETTERS[name]:
                self._masks[kind] = step["mask"]
        elif name == "set_max_seg_size" and status == Status.OK:
            self._segment_size = step["size"]
        elif name == "set_seg_boundary" and status == Status.OK:
            self._boundary = step["mask"]
        elif name in POOL_MAKERS:
            self._pools[step.slot] = step
        elif name == "sg_alloc":
            self._entries[step.slot] = []
        elif step.operation.family == "sgtable":
            self._entries[step.slot] = [step]
        elif name == "sg_add" and status == Status.OK:
            self._entries[step.slot].append(step)
        elif name in MAPS_OF_LISTS and status == Status.OK:
            self._seen[step.slot] = (0, 0)
        elif name == "sg_segment" and status == Status.OK:
            return self._segment(step, values[0], values[1])
        if step.operation.slot != "define" or not step.operation.values:
            return None
        return self._defined(step, status, values[0])

    def _defined(self, step: Step, status: int, value: int) -> _Address:
        address = _Address()
        streaming = not step.operation.allocates
        if status == Status.EMAPPING:
            address.rule(
                "what a failure leaves behind",
                f"{MAPPING_ERROR:#x}",
                f"{value:#x}",
                value == MAPPING_ERROR,
            )
        if status != Status.OK:
            return address
        ranges = step.operation.name == "iova_try_alloc"
        if ranges and not self._environment.translates:
            address.rule(
                "a range of IOVAs without an IOMMU",
                f"none: {MAPPING_ERROR:#x}",
                f"{value:#x}",
                value == MAPPING_ERROR,
            )
        if ranges and value == MAPPING_ERROR:
            return address
        address.value = value
        pool = self._pools.get(step.get("pool", -1))
        size = (pool or step)["size"]
        address.rule(
            "a mapping that did not fail",
            f"anything but {MAPPING_ERROR:#x}",
            f"{value:#x}",
            value != MAPPING_ERROR,
        )
        # Pages are mapped for the device by the IOMMU's driver as streaming memory is.
        mapped = self._environment.translates and step.operation.family in ("noncoherent", "pages")
        mask = self._masks["streaming" if streaming or mapped else "coherent"]
        last = value + size - 1
        address.rule("the mask in force", f"at most {mask:#x}", f"up to {last:#x}", last <= mask)
        self._above(step, address, value, mask)
        if ranges:
            wanted = step["physical_address"] % PAGE_SIZE
            address.rule(
                "its offset in the page",
                f"{wanted:#x}",
                f"{value % PAGE_SIZE:#x}",
                value % PAGE_SIZE == wanted,
            )
        elif streaming:
            self._offset(step, address, value)
        else:
            alignment = PAGE_SIZE << max(0, (size - 1).bit_length() - 12)
            if pool is not None:
                alignment = pool["alignment"] or 1
                boundary = pool["boundary"] or 1 << 64
                address.rule(
                    "the boundary of its pool",
                    f"within one block of {boundary:#x} bytes",
                    f"{value:#x} to {last:#x}",
                    value // boundary == last // boundary,
                )
            address.rule(
                "its alignment",
                f"a multiple of {alignment:#x}",
                f"{value % alignment:#x} beyond one",
                value % alignment == 0,
            )
        live = self._at.setdefault(value, set())
        address.same_as = frozenset(live)
        live.add(step.slot)
        self._live[step.slot] = value
        return address

    def _above(self, step: Step, address: _Address, value: int, mask: int) -> None:
        """Where addresses are to have more than 32 bits, they have: a cut one would pass else."""
        if not self._environment.above_4g or not mask >> 32:
            return
        if self._environment.translates:
            # Smaller ones may come from those that a program with another mask gave back.
            bound = step["size"] > CACHED_IOVAS if "size" in step.operation.positions else False
        else:
            buffer = step.memory_buffer
            # The firmware puts what other devices have below 4 GiB.
            bound = buffer is None or self._program.buffers[buffer].kind != BufferKind.MMIO
        if bound:
            address.rule(
                "memory above 4 GiB", f"at least {1 << 32:#x}", f"{value:#x}", bool(value >> 32)
            )

    def _segment(self, step: Step, value: int, size: int) -> _Address:
        """What every segment of a mapped list keeps to, however entries were merged."""
        address = _Address()
        last = value + size - 1
        mask = self._masks["streaming"]
        address.rule("the mask in force", f"at most {mask:#x}", f"up to {last:#x}", last <= mask)
        address.rule(
            "the largest segment",
            f"1 to {self._segment_size} bytes",
            f"{size} bytes",
            1 <= size <= self._segment_size,
        )
        address.rule(
            "the segment boundary",
            f"within one block of {self._boundary + 1:#x} bytes",
            f"{value:#x} to {last:#x}",
            not (value ^ last) & ~self._boundary,
        )
        index, position = self._seen.get(step.slot, (0, 0))
        if step["index"] != index:
            return address
        self._seen[step.slot] = (index + 1, position + size)
        starts = {}
        total = 0
        for entry in self._entries.get(step.slot, ()):
            starts[total] = entry
            total += _listed(entry)
        address.rule(
            "the bytes before it",
            f"those of whole entries, of {total} bytes in all",
            f"{position} bytes, and {size} in it",
            position in starts and position + size <= total,
        )
        if position in starts:
            self._offset(starts[position], address, value)
        return address

    def _offset(self, step: Step, address: _Address, value: int) -> None:
        """The low bits that mapping keeps."""
        kept = PAGE_SIZE - 1
        # Coherent memory starts a page.
        offset = step.get("offset", 0)
        if step.memory_buffer is not None:
            buffer = self._program.buffers[step.memory_buffer]
            kept = 7 if buffer.kind == BufferKind.SLAB else PAGE_SIZE - 1
        if self._environment.bounces:
            kept &= self._min_align_mask
        address.rule(
            "its offset in the page" if kept == PAGE_SIZE - 1 else f"its bits {kept:#x}",
            f"{offset & kept:#x}",
            f"{value & kept:#x}",
            value & kept == offset & kept,
        )


def log_blocks(lines: Sequence[str]) -> list[list[str]]:
    """The log in pieces: each kernel warning with all its lines, other lines one by one.

    What dma-debug adds to an error (where the mapping was made) belongs to it.
    """
    blocks: list[list[str]] = []
    inside = False
    for line in lines:
        if not line.strip():
            continue
        if inside:
            blocks[-1].append(line)
            inside = not SPLAT_CLOSES.search(line)
        elif (
            blocks
            and DMA_DEBUG_ORIGIN.search(line)
            and any(DMA_DEBUG.search(above) for above in blocks[-1][:2])
        ):
            blocks[-1].append(line)
        else:
            blocks.append([line])
            inside = bool(SPLAT_OPENS.search(line))
    return blocks


def _index(step: Step, name: str) -> int:
    return [value.name for value in step.operation.values].index(name)


def _status(status: int) -> str:
    try:
        return f"KDMA_{Status(status).name}"
    except ValueError:
        return f"the unknown status {status}"


def _number(value: int) -> str:
    return str(value) if value < 10 else f"{value} ({value:#x})"


def _count(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _and_more(count: int, what: str = "differences") -> str:
    return f" (and {count - 1} more {what})" if count > 1 else ""


def _slots(slots: frozenset[int]) -> str:
    return "slots " + ", ".join(map(str, sorted(slots))) if slots else "none"
