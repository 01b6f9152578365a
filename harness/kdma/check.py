# SPDX-License-Identifier: GPL-2.0
"""`kdma check`: the order of the stages, and what becomes of their faults."""

from __future__ import annotations

import contextlib
import datetime
import errno
import json
import os
import re
import shlex
import shutil
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kdma import (
    abi_flags,
    acceptances,
    accounting,
    backend_calls,
    bindings,
    bootimage,
    build,
    drift,
    environments,
    formats,
    generate,
    host_tests,
    kernel_baseline,
    kernel_calls,
    kernel_rust,
    kernel_surface,
    narrowing,
    plugin,
    progress,
    qemu,
    report,
    rust,
    toolchain,
    upstream,
    vm,
)
from kdma import kernel as kernels
from kdma.acceptances import Acceptance
from kdma.compare import Reply
from kdma.debugger import Debugger
from kdma.environments import Environment
from kdma.files import write_atomically
from kdma.findings import Finding, FindingClass, KdmaError, Unchecked
from kdma.paths import PROJECT, as_shown, cache_root, output_root
from kdma.process import disk_full, lock
from kdma.programs import Program
from kdma.replay import Replay
from kdma.traces import Driver

#: Drivers that need a Rust toolchain.
RUST_DRIVERS = (Driver.RUST_SYS, Driver.RUST)

#: The times of a deterministic run, which its reports leave out.
SECONDS = "seconds.json"


@dataclass(frozen=True)
class Options:
    """What the user asked for. Empty tuples: all there are."""

    kdir: Path | None = None
    version: str | None = None
    environments: tuple[str, ...] = ()
    drivers: tuple[str, ...] = ()
    #: Whole names of programs.
    programs: tuple[str, ...] = ()
    #: The same bytes in reports and traces from run to run.
    deterministic: bool = False
    #: Stop the guest before its first program, for gdb.
    gdb: bool = False
    #: Handed to pytest.
    arguments: tuple[str, ...] = ()


def _drivers(names: Sequence[str]) -> list[Driver]:
    """The chosen drivers in their fixed order; KdmaError for an unknown name."""
    known = {driver.label: driver for driver in Driver}
    for name in names:
        if name not in known:
            raise KdmaError(
                f"there is no driver called {name!r}",
                expected="one of " + ", ".join(known),
                actual=name,
                next="choose with DRIVERS=name,name",
            )
    return [driver for driver in Driver if not names or driver.label in names]


def _possible(
    chosen: Sequence[Environment], kernel: kernels.Kernel, result: report.Report
) -> list[Environment]:
    """Those that this kernel can have; what it lacks for the others is reported."""
    config = kernels.parse_config(kernel.config.read_text())
    possible = []
    for environment in chosen:
        lacking = [option for option in environment.needs if option not in config]
        if lacking:
            result.unchecked.append(
                Unchecked(
                    f"the environment {environment.name}",
                    f"{kernel.name} has no {', '.join(lacking)}",
                    explained=True,
                )
            )
        else:
            possible.append(environment)
    if not possible:
        raise KdmaError(
            "the kernel can have none of the chosen environments",
            where=str(kernel.config),
            expected="what they need in its configuration",
            actual=", ".join(environment.name for environment in chosen),
            next="choose others with ENVS=, or switch the options on",
        )
    return possible


#: The Linux that has the DMA layer's tracepoints first.
_TRACED_SINCE = (6, 12)


@contextlib.contextmanager
def collecting(result: report.Report) -> Iterator[None]:
    """Turns what a stage raises into findings of the report, and ends the run."""
    try:
        yield
    except build.ApiDrift as drift:
        result.add(drift.findings)
        raise Stop from None
    except KdmaError as error:
        result.add([error.finding])
        raise Stop from None


@contextlib.contextmanager
def _disk_full_is_said() -> Iterator[None]:
    """Turns a full disk into an error for people."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise disk_full(output_root()) from None


@contextlib.contextmanager
def _recording(result: report.Report) -> Iterator[None]:
    """Turns what a check raises into a finding, and goes on."""
    try:
        yield
    except KdmaError as error:
        result.add([error.finding])


class Stop(Exception):
    """The run cannot go on; the report says why."""


class VmRunner:
    """Boots environments for the pytest plugin. One boot for each environment."""

    def __init__(
        self,
        machine: qemu.Qemu,
        image: vm.GuestImage,
        chosen: Sequence[Environment],
        drivers: Sequence[Driver],
        result: report.Report,
        replay: Replay,
        debugger: Debugger | None = None,
        config: Mapping[str, str] | None = None,
    ) -> None:
        self.environments = chosen
        self.drivers = drivers
        # One guest more than there are cores, so that none idles at the end.
        self.parallel = kernels.jobs() + 1
        self._qemu = machine
        self._image = replace(image, judged=True)
        self._output = output_root() / "vm"
        self._result = result
        self._replay = replay
        self._debugger = debugger
        self._config = config or {}
        self._lock = threading.Lock()
        self._guests: list[vm.Guest] = []
        self._stopped = False
        self._waiting: dict[str, str] = {}

    def _note(self, environment: str, what: str) -> None:
        # Thousands of times in each guest; the line is drawn a few times a second.
        self._waiting[environment] = what

    def _noted(self) -> str:
        return "; ".join(f"{name}: {text}" for name, text in list(self._waiting.items()))

    def _register(self, guest: vm.Guest) -> None:
        with self._lock:
            if not self._stopped:
                self._guests.append(guest)
                return
        guest.stop()
        raise KdmaError("interrupted", finding_class=FindingClass.HARNESS)

    def stop(self) -> None:
        """Ends all guests. For Ctrl-C, which must leave nothing running."""
        with self._lock:
            self._stopped = True
            guests, self._guests = self._guests, []
        for guest in guests:
            guest.stop()

    def run(
        self,
        environment: Environment,
        programs: Sequence[tuple[int, Program]],
        drivers: Sequence[Driver],
    ) -> Mapping[tuple[int, Driver], Reply]:
        """Runs `programs` in all `drivers`, in one boot of `environment`.

        What was lost with the guest is missing from the answer; why it was
        lost stands in the report.
        """
        plan = [
            planned
            for number, program in programs
            for planned in vm.planned_runs(
                program, number, upstream.able(program, environment, drivers)
            )
        ]
        progress.note(self._noted)
        with _disk_full_is_said():
            outcome = self._boot(environment, plan)
        with self._lock:
            self._waiting.pop(environment.name, None)
            self._result.add(outcome.problems)
            self.note_untraced(outcome)
            self.note_unaccounted(outcome)
            self.note_unwatched(outcome)
            again = self._replay.command(environment.name, [each.label for each in drivers])
            found = [*end_findings(outcome), *silent_oracles(outcome, oracles_of(self._config))]
            self._result.add([replace(one, replay=again) for one in found])
            for name, seconds in outcome.seconds.items():
                self._result.seconds[f"{environment.name} {name}"] = seconds
        return outcome.replies

    def note_untraced(self, outcome: vm.VmResult) -> None:
        """Lists once in the report that nobody saw what the DMA layer said it did."""
        if not outcome.release or outcome.tracepoints:
            return
        version = tuple(int(each) for each in re.findall(r"\d+", outcome.release)[:2])
        untraced = Unchecked(
            "what the DMA tracepoints see",
            "the kernel has none (they came with Linux 6.12 and need CONFIG_EVENT_TRACING)",
            explained=True,
        )
        if version >= _TRACED_SINCE and self._config.get("CONFIG_EVENT_TRACING") == "y":
            reason = f"Linux {outcome.release} has CONFIG_EVENT_TRACING, and the guest found none"
            untraced = replace(untraced, reason=reason, explained=False)
        if untraced not in self._result.unchecked:
            self._result.unchecked.append(untraced)

    def note_unaccounted(self, outcome: vm.VmResult) -> None:
        """Lists once in the report what the kernel gives no account of."""
        kinds = {
            kind
            for answer in outcome.answers
            for kind in accounting.missing(answer.readings, outcome.environment)
        }
        for kind in sorted(kinds):
            unaccounted = Unchecked(
                accounting.QUESTIONS[kind],
                "the kernel lacks one of its tracepoints, or has it with other arguments: "
                + accounting.SOURCES[kind],
                explained=self._config.get("CONFIG_TRACEPOINTS") != "y",
            )
            if unaccounted not in self._result.unchecked:
                self._result.unchecked.append(unaccounted)

    def note_unwatched(self, outcome: vm.VmResult) -> None:
        """Lists once in the report which calls of the kernel's functions are not recorded."""
        for which, reason, explained in self._unwatched(outcome):
            unchecked = Unchecked(f"what drivers ask of the kernel: {which}", reason, explained)
            if unchecked not in self._result.unchecked:
                self._result.unchecked.append(unchecked)

    def _unwatched(self, outcome: vm.VmResult) -> Iterator[tuple[str, str, bool]]:
        """What is not recorded, why, and whether the kernel's configuration explains it."""
        records = {answer.calls for answer in outcome.answers}
        watches = {kernel_calls.watches(record) for record in records if record}
        ftrace, kprobes = "CONFIG_DYNAMIC_FTRACE_WITH_REGS", "CONFIG_KPROBES"
        has = [option for option in (ftrace, kprobes) if self._config.get(option) == "y"]
        for watched, unwatched in watches:
            if watched and unwatched:
                which = f"arguments of {', '.join(kernel_calls.names(unwatched))}"
                yield which, "no place for ftrace in them, and no kprobes", kprobes not in has
            elif unwatched:
                reason = f"the kernel has {' and '.join(has)}: no function could be watched"
                if not has:
                    reason = f"the kernel has neither {ftrace} nor {kprobes}"
                yield "arguments of its functions", reason, not has
        where = outcome.environment.name
        if any(watched for watched, _ in watches) and not any(map(kernel_calls.has_calls, records)):
            # A few programs, chosen by hand, may ask the kernel for nothing.
            yield (
                f"every call in {where}",
                "none was recorded in any run",
                self._result.filtered is not None,
            )
        if b"" in records:
            yield f"some runs in {where}", "they came without a record", False

    def _boot(self, environment: Environment, plan: Sequence[vm.PlannedRun]) -> vm.VmResult:
        return vm.run(
            self._qemu,
            self._image,
            environment,
            plan,
            self._output / environment.name,
            waiting=lambda what: self._note(environment.name, what),
            register=self._register,
            replay=self._replay,
            debugger=self._debugger,
        )


#: Where to look when a counter is not read.
ADDS_READINGS = "add_readings() in kmod/init.c: did the file in debugfs move?"


def oracles_of(config: Mapping[str, str]) -> list[str]:
    """Counters that a kernel with this configuration has to give with each answer."""
    if config.get("CONFIG_DEBUG_FS") != "y":
        return []
    needs = {
        "dma_debug_errors": "CONFIG_DMA_API_DEBUG",
        "dma_debug_used": "CONFIG_DMA_API_DEBUG",
        "swiotlb_used": "CONFIG_SWIOTLB",
    }
    return [name for name, option in needs.items() if config.get(option) == "y"]


def counters_around(wanted: Sequence[str], environment: Environment) -> dict[str, tuple[str, str]]:
    """What is read of each counter in `wanted`: before something runs, and after it.

    Linux makes no bounce buffers, and no counter of them, where nothing is bounced.
    """
    there = [name for name in wanted if name != "swiotlb_used" or environment.bounces]
    return {name: (f"{name}.before", f"{name}.after") for name in there}


def silent_counter(name: str, environment: Environment, missing: str, expected: str,
                   look_at: str) -> Finding:  # fmt: skip
    """A counter that ought to be read and is not: nobody looked there. `missing`: how often."""
    return Finding(
        FindingClass.HARNESS,
        f"the counter {name} says nothing",
        environment.name,
        expected,
        missing,
        f"look at {look_at}",
        ("oracle", name, environment.name),
    )


def silent_oracles(outcome: vm.VmResult, wanted: Sequence[str]) -> list[Finding]:
    """One finding for each reading in `wanted` that an answer lacks, or the guest's last word:
    nobody looked there. The core counts the device's pools on every kernel.
    """
    findings = []
    around = counters_around(wanted, outcome.environment)
    for name, readings in {**around, "pools": ("pools",)}.items():
        lacking = [each not in answer.readings for answer in outcome.answers for each in readings]
        # A guest that did not come to its end has a finding already.
        if name in around and not outcome.problems:
            lacking += [each not in outcome.end_readings for each in readings]
        if not any(lacking):
            continue
        expected = "a reading before and after each run, and at the end: the kernel has it"
        look_at = ADDS_READINGS
        if name not in around:
            expected = "a reading after each run: every kernel has it"
            look_at = "kdma_accounting_report() in kmod/accounting.c"
        missing = f"{sum(lacking)} of {len(lacking)} readings are missing"
        findings.append(silent_counter(name, outcome.environment, missing, expected, look_at))
    return findings


def end_findings(outcome: vm.VmResult) -> list[Finding]:
    """What the oracles say when everything is unloaded: nothing may be left."""
    findings = []
    used = outcome.end_readings.get("dma_debug_used.after", 0)
    if used:
        findings.append(
            Finding(
                FindingClass.KERNEL_SPLAT,
                "DMA mappings are left after all modules are unloaded",
                outcome.environment.name,
                "dma-debug counts 0 entries",
                f"{used} entries",
                f"read {as_shown(outcome.console)} and the end of the log",
                ("end", "dma_debug_used", outcome.environment.name),
            )
        )
    slots = outcome.end_readings.get("swiotlb_used.after", 0)
    if slots:
        findings.append(
            Finding(
                FindingClass.KERNEL_SPLAT,
                "bounce buffer slots are left after all modules are unloaded",
                outcome.environment.name,
                "0 slots used",
                f"{slots} slots",
                f"read {as_shown(outcome.console)}",
                ("end", "swiotlb_used", outcome.environment.name),
            )
        )
    bad = [line for line in outcome.boot_log + outcome.end_log if vm.SPLAT.search(line)]
    if bad:
        findings.append(
            Finding(
                FindingClass.KERNEL_SPLAT,
                "the kernel complains outside of any program",
                outcome.environment.name,
                "no warning while booting, loading and unloading",
                " | ".join(bad[:4]),
                f"read {as_shown(outcome.console)}",
                ("end", "log", outcome.environment.name),
            )
        )
    return findings


def _prepare_kernel(options: Options, result: report.Report, logs: Path) -> kernels.Kernel:
    request = kernels.KernelRequest(kdir=options.kdir, version=options.version)
    with progress.stage("kernel"):
        kernel = kernels.prepare_headers(request)
        if not kernel.complete:
            # API drift is known in seconds; the whole kernel takes minutes.
            progress.note("compiling our C against its headers")
            with _drift_all_the_same(kernel, result):
                build.compile_only(kernel, logs / "compile.log")
            kernel = kernels.prepare(request)
    result.kernel_name = kernel.name
    result.kernel_release = kernel.release
    result.kernel_origin = kernel.origin
    result.kernel_identity = kernel.identity
    result.unchecked.extend(kernel.unchecked)
    return kernel


def _rust_objects(
    kernel: kernels.Kernel, drivers: list[Driver], result: report.Report
) -> tuple[rust.RustObjects | None, list[Driver]]:
    """The Rust objects, and the drivers that are left when they cannot be had."""
    if not any(driver in RUST_DRIVERS for driver in drivers):
        return None, drivers
    try:
        with progress.stage("rust"):
            objects = rust.build(
                kernel.config,
                cache_root(),
                rust_src=toolchain.rust_src_roots(),
                rustc=toolchain.rustc(),
            )
    except KdmaError as error:
        result.add([error.finding])
        for driver in RUST_DRIVERS:
            if driver in drivers:
                result.unchecked.append(Unchecked(f"driver {driver.label}", error.finding.title))
        return None, [driver for driver in drivers if driver not in RUST_DRIVERS]
    return objects, drivers


def _without_upstream(
    kernel: kernels.Kernel, drivers: list[Driver], result: report.Report
) -> list[Driver]:
    """The drivers that are left where the kernel has no kernel::dma to build on."""
    if Driver.UPSTREAM not in drivers or kernel.no_rust is None:
        return drivers
    result.unchecked.append(kernel.no_rust)
    left: list[Driver] = [driver for driver in drivers if driver != Driver.UPSTREAM]
    if not left:
        raise KdmaError(
            "the kernel can have none of the chosen drivers",
            where=kernel.name,
            expected="a kernel with kernel::dma, built with CONFIG_RUST",
            actual=kernel.no_rust.reason,
            next="choose other drivers with DRIVERS=, or KERNEL=7.3",
            identity=("drivers", "none"),
        )
    return left


def _modules(
    kernel: kernels.Kernel,
    drivers: list[Driver],
    objects: rust.RustObjects | None,
    result: report.Report,
    log: Path,
) -> tuple[build.Modules, list[Driver]]:
    """The modules, and the drivers they are of.

    Where only upstream's `kernel` crate moved, that is a finding, and the
    other drivers go on without it.
    """
    rust_objects = objects.objects if objects else {}
    try:
        return build.build(kernel, [d.label for d in drivers], rust_objects, log), drivers
    except build.ApiDrift as moved:
        if not all(upstream.is_about(finding) for finding in moved.findings):
            raise
        result.add(moved.findings)
    result.unchecked.append(
        Unchecked(kernel_rust.DRIVER, "it does not compile: see its api-drift", explained=True)
    )
    left: list[Driver] = [driver for driver in drivers if driver != Driver.UPSTREAM]
    if not left:
        raise Stop
    log = log.with_name("build-without-upstream.log")
    return build.build(kernel, [d.label for d in left], rust_objects, log), left


def guest_image(
    kernel: kernels.Kernel, modules: build.Modules, *, deterministic: bool = False
) -> vm.GuestImage:
    """What is booted: the kernel in its fastest form, and the modules for it."""
    return vm.GuestImage(
        bootimage.bootable(kernel.image),
        build.guest_root(kernel),
        modules.files,
        4 if kernel.origin == "distribution" else 6,
        os.environ.get("KDMA_SNAPSHOTS", "1") != "0" and not deterministic,
        deterministic,
    )


def _debugger(kernel: kernels.Kernel, image: vm.GuestImage) -> Debugger:
    """For gdb: a kernel that was built here has a vmlinux with its symbols."""
    built = kernel.build / "vmlinux"
    return Debugger(built if built.is_file() else image.kernel)


def _stale_finding(path: Path) -> Finding:
    return Finding(
        FindingClass.HARNESS,
        "a generated file is not what the table of operations makes",
        str(path.relative_to(PROJECT)),
        "as generated from operations.toml",
        "edited by hand, or not generated again",
        "run: ./kdma generate",
        ("generated", path.name),
    )


def _static_checks(
    kernel: kernels.Kernel,
    modules: build.Modules,
    objects: rust.RustObjects | None,
    result: report.Report,
) -> None:
    """What needs no VM: generated files, symbols of what was built, what sources say."""
    with progress.stage("static checks"):
        # A check that cannot be made is a finding of its own; the rest goes on.
        with _recording(result):
            result.add([_stale_finding(path) for path in generate.stale()])
        if objects is not None:
            with _recording(result):
                result.add(
                    bindings.check_objects(
                        objects.objects, modules.files["kdma"], PROJECT / "c-api/include/kdma.h"
                    )
                )
            with _recording(result):
                result.add(host_tests.check(rust.compiler(toolchain.rustc())))
        with _recording(result):
            findings, unchecked = abi_flags.check(
                kernel, modules.files["kdma"].parent.parent, objects.objects if objects else {}
            )
            result.add(findings)
            result.unchecked.extend(unchecked)
        with _recording(result):
            findings, unchecked = narrowing.check(kernel, modules.files["kdma"].parent.parent)
            result.add(findings)
            result.unchecked.extend(unchecked)


def _drift(kernel: kernels.Kernel, module: Path | None, result: report.Report) -> None:
    """The surfaces against their baselines. `module`: kdma.ko, if it could be built."""
    with contextlib.suppress(KdmaError):
        # The stage itself tells why there is none.
        bindings.prepare(cache_root())
    with progress.stage("drift"), _recording(result):
        findings, unchecked, notes = drift.check(kernel, module)
        result.add(findings)
        result.unchecked.extend(unchecked)
        result.not_covered.extend(notes)
        # For kdma accept, which may make it the baseline.
        seen = kernel_surface.of_kernel(kernel)
        write_atomically(output_root() / kernel_baseline.LAST_RUN, seen.text())


@contextlib.contextmanager
def _drift_all_the_same(kernel: kernels.Kernel, result: report.Report) -> Iterator[None]:
    """Where our C does not compile, the run ends, but not before the surfaces were compared.

    They say what moved; the compiler says where it hurts.
    """
    try:
        yield
    except (build.ApiDrift, KdmaError) as error:
        result.add(error.findings if isinstance(error, build.ApiDrift) else [error.finding])
        _drift(kernel, None, result)
        raise Stop from None


def _filter_text(options: Options) -> str | None:
    parts = []
    chosen = environments.choose(options.environments)
    if not set(environments.choose(())) <= set(chosen):
        parts.append("ENVS=" + ",".join(options.environments))
    if options.drivers and len(_drivers(options.drivers)) < len(Driver):
        parts.append("DRIVERS=" + ",".join(options.drivers))
    parts += [f"PROGRAM={shlex.quote(name)}" for name in options.programs]
    if options.arguments:
        parts.append(f'ARGS="{shlex.join(options.arguments)}"')
    return " ".join(parts) or None


def _names_driver(finding: Finding, driver: Driver) -> bool:
    """Is this finding about this driver? One that names no driver is about all."""
    words = {word for part in finding.identity for word in part.split(",")}
    named = words & {one.label for one in Driver}
    return driver.label in named or not named


def _matrix(
    outcome: plugin.BehaviourResult, runner: VmRunner, accepted: Mapping[str, Acceptance]
) -> dict[str, dict[str, tuple[int, int]]]:
    """Programs judged and programs with findings that nobody accepted, by driver and environment.

    A finding about a program counts for every driver that it names; one that
    names none counts for all.
    """
    matrix = {
        driver.label: {environment.name: (0, 0) for environment in runner.environments}
        for driver in runner.drivers
    }
    for one in outcome.outcomes:
        for driver in runner.drivers:
            if driver not in one.judgement.drivers:
                continue
            judged, bad = matrix[driver.label][one.environment.name]
            wrong = any(
                _names_driver(finding, driver)
                for finding in one.judgement.findings
                if finding.fingerprint not in accepted
            )
            matrix[driver.label][one.environment.name] = (judged + 1, bad + wrong)
    return matrix


def _unmet_plan(outcome: plugin.BehaviourResult, runner: VmRunner) -> list[Unchecked]:
    """Planned combinations of program, environment and driver that nobody judged."""
    unmet = []
    answered = {
        (one.number, one.environment.name, driver)
        for one in outcome.outcomes
        for driver in one.judgement.drivers
    }
    for environment in runner.environments:
        for driver in runner.drivers:
            missing = sum(
                1
                for number, name in outcome.planned
                if name == environment.name
                and (number, name, driver) not in answered
                and driver in upstream.able(outcome.programs[number], environment, [driver])
            )
            if missing:
                unmet.append(
                    Unchecked(
                        f"{missing} programs of driver {driver.label} in {environment.name}",
                        "planned, but no complete answer came",
                    )
                )
    return unmet


def not_followed(outcome: plugin.BehaviourResult) -> Iterator[Unchecked]:
    """Calls of which nobody saw what the DMA API made of them for its backend."""
    seen: dict[str, Counter[backend_calls.Passed]] = {}
    for one in outcome.outcomes:
        seen.setdefault(one.environment.name, Counter()).update(one.judgement.backends)
    return backend_calls.not_compared(seen)


def _behaviour(
    options: Options,
    runner: VmRunner,
    output: Path,
    result: report.Report,
    accepted: Mapping[str, Acceptance],
) -> None:
    """The programs, run by pytest through kdma.plugin."""
    arguments = [
        "-p", "no:cacheprovider",
        # Its import takes longer than all other plugins; no program needs it.
        "-p", "no:hypothesispytest",
        "--rootdir", str(PROJECT),
        "-c", str(PROJECT / "pyproject.toml"),
        "--junitxml", str(output / "junit.xml"),
        "-o", "junit_suite_name=kdma",
        # The report says what is wrong, once; ARGS may ask pytest for more.
        "-q",
        "--tb=no",
        "--no-summary",
        *options.arguments,
    ]  # fmt: skip
    named = [
        word
        for word in options.arguments
        if not word.startswith("-") and Path(word.split("::")[0]).exists()
    ]
    if not named:
        arguments.append(str(PROJECT / "tests/behaviour"))
    outcome = plugin.BehaviourResult()
    plugin.use(runner, outcome, Replay(options.kdir, options.version), options.programs)
    with progress.stage("behaviour"):
        try:
            with _disk_full_is_said():
                code = pytest.main(arguments, plugins=[plugin])
        finally:
            runner.stop()
    result.programs = len({number for number, _ in outcome.planned})
    if Driver.UPSTREAM in runner.drivers:
        result.inexpressible = upstream.left_out(
            (outcome.programs[number], environments.find(name)) for number, name in outcome.planned
        )
    result.operations = outcome.operations
    result.comparisons = outcome.comparisons
    result.matrix = _matrix(outcome, runner, accepted)
    result.add(outcome.findings)
    result.unchecked.extend(_unmet_plan(outcome, runner))
    result.unchecked.extend(not_followed(outcome))
    if code == pytest.ExitCode.INTERRUPTED and (outcome.interrupted or not outcome.broken):
        raise KeyboardInterrupt
    if code == pytest.ExitCode.INTERRUPTED:
        # So pytest ends when a file of programs is wrong; mostly a finding says how.
        result.unchecked.append(Unchecked("all programs", "a program is written wrongly"))
        if not outcome.findings:
            result.add(
                [
                    Finding(
                        FindingClass.HARNESS,
                        "programs cannot be collected",
                        outcome.broken[0].partition(":")[0],
                        "a file of programs that can be read",
                        outcome.broken[0].splitlines()[-1],
                        "mend it; pytest says more with ARGS=--tb=long",
                        ("pytest", "collection"),
                    )
                ]
            )
    elif code == pytest.ExitCode.NO_TESTS_COLLECTED:
        result.unchecked.append(
            Unchecked(
                "all programs",
                f"the selection is empty: {result.filtered or 'no program is there'}",
            )
        )
    elif code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        result.add(
            [
                Finding(
                    FindingClass.HARNESS,
                    "pytest could not run the programs",
                    "tests/behaviour",
                    "exit code 0 or 1",
                    f"exit code {int(code)}",
                    "read what pytest printed above; are the ARGS right?",
                    ("pytest",),
                )
            ]
        )
    elif code == pytest.ExitCode.TESTS_FAILED and not outcome.findings:
        result.add(
            [
                Finding(
                    FindingClass.HARNESS,
                    "pytest saw failures that are no findings",
                    "tests/behaviour",
                    "a finding for each failure",
                    "none",
                    f"read {as_shown(output / 'junit.xml')}",
                    ("pytest", "failures"),
                )
            ]
        )


@dataclass(frozen=True)
class Prepared:
    """All that a run needs before the first guest starts."""

    machine: qemu.Qemu
    kernel: kernels.Kernel
    environments: list[Environment]
    drivers: list[Driver]
    objects: rust.RustObjects | None
    modules: build.Modules
    image: vm.GuestImage


def prepare(options: Options, result: report.Report, logs: Path) -> Prepared:
    """Toolchain, kernel and modules of a run. Findings go to `result`; raises what ends it."""
    drivers = _drivers(options.drivers)
    chosen = environments.choose(options.environments)
    result.filtered = _filter_text(options)
    result.drivers = [driver.label for driver in drivers]
    result.environments = [environment.name for environment in chosen]
    with progress.stage("toolchain"):
        # A QEMU that the user named is judged by qemu.find() alone; set-up
        # could only install another one.
        if not os.environ.get("KDMA_QEMU"):
            toolchain.ensure()
        machine = qemu.find()
    result.qemu = machine.version
    result.accelerator = vm.accelerator()
    kernel = _prepare_kernel(options, result, logs)
    possible = _possible(chosen, kernel, result)
    result.environments = [environment.name for environment in possible]
    drivers = _without_upstream(kernel, drivers, result)
    objects, drivers = _rust_objects(kernel, drivers, result)
    with _drift_all_the_same(kernel, result), progress.stage("build"):
        modules, drivers = _modules(kernel, drivers, objects, result, logs / "build.log")
        result.drivers = [driver.label for driver in drivers]
        # A guest that stops for gdb has to wait for the host.
        alone = options.deterministic and not options.gdb
        image = guest_image(kernel, modules, deterministic=alone)
    return Prepared(machine, kernel, possible, drivers, objects, modules, image)


def _one_guest_for_gdb(options: Options) -> None:
    """KdmaError where gdb would have several guests to look at."""
    chosen = environments.choose(options.environments)
    if options.gdb and len(chosen) != 1:
        raise KdmaError(
            "gdb can look at one guest only",
            expected="one environment",
            actual=", ".join(environment.name for environment in chosen),
            next="choose one: ./kdma check --gdb --envs direct",
            identity=("gdb", "environments"),
        )


def _run_stages(
    options: Options, output: Path, result: report.Report, accepted: Mapping[str, Acceptance]
) -> None:
    with collecting(result):
        _one_guest_for_gdb(options)
        ready = prepare(options, result, output / "logs")
        _static_checks(ready.kernel, ready.modules, ready.objects, result)
        _drift(ready.kernel, ready.modules.files["kdma"], result)
        runner = VmRunner(
            ready.machine,
            ready.image,
            ready.environments,
            ready.drivers,
            result,
            Replay(options.kdir, options.version),
            _debugger(ready.kernel, ready.image) if options.gdb else None,
            kernels.parse_config(ready.kernel.config.read_text()),
        )
        _behaviour(options, runner, output, result, accepted)


def clear(output: Path) -> None:
    """Removes the last run's results, so that none is taken for this run's."""
    output.mkdir(parents=True, exist_ok=True)
    for name in (*formats.NAMES, kernel_baseline.LAST_RUN, "report.json", "report.txt", SECONDS):
        (output / name).unlink(missing_ok=True)
    for name in ("logs", "vm"):
        shutil.rmtree(output / name, ignore_errors=True)


def check(options: Options) -> int:
    """Runs everything and prints the report. Returns the exit code.

    Raises KdmaError when another run is at it in this checkout.
    """
    output = output_root()
    result = report.Report(deterministic=options.deterministic)
    with lock(output / ".lock", "kdma check"):
        clear(output)
        today = datetime.date.today()
        accepted: dict[str, Acceptance] = {}
        with contextlib.suppress(Stop):
            with collecting(result):
                accepted = acceptances.read()
            holding = {key: one for key, one in accepted.items() if not one.expired(today)}
            _run_stages(options, output, result, holding)
        result.apply(accepted, today)
        seconds = {**progress.seconds, **result.seconds}
        # Times differ from run to run; in a file of their own they harm nobody.
        result.seconds = {} if options.deterministic else seconds
        report.publish(result, output)
        if options.deterministic:
            write_atomically(output / SECONDS, json.dumps(seconds, indent=1) + "\n")
    return result.verdict.exit_code
