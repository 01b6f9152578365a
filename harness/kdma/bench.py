# SPDX-License-Identifier: GPL-2.0
"""`kdma bench`: how long the user waits, how fast a guest works, instructions per call.

Medians of five. Machines are noisy: compare figures of one machine and one
run of this command. Nothing here is asserted.
"""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from kdma import (
    bootimage,
    build,
    environments,
    instructions,
    progress,
    qemu,
    rust,
    toolchain,
    vm,
)
from kdma import check as checks
from kdma import kernel as kernels
from kdma.findings import KdmaError
from kdma.paths import cache_root
from kdma.programs import TO_DEVICE, Builder, Program, encode
from kdma.traces import Driver, decode

ROUNDS = 5
#: kernel::dma has none of the calls of the program that measures throughput.
DRIVERS = tuple(driver for driver in Driver if driver != Driver.UPSTREAM)
#: Operations of the program that measures throughput.
OPERATIONS = 8000


def throughput_program() -> Program:
    """Maps, syncs and unmaps one buffer over and over; nothing waits for the device."""
    p = Builder("throughput")
    buffer = p.buffer(4096)
    for _ in range(OPERATIONS // 4):
        mapping = p.map_single(buffer, offset=0, size=2048, direction=TO_DEVICE)
        p.sync_single_for_cpu(mapping)
        p.sync_single_for_device(mapping)
        p.unmap_single(mapping)
    return p.build("streaming", __file__)


def _machine() -> str:
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    return (
        f"{model}, {len(os.sched_getaffinity(0))} cores, {platform.system()} {platform.release()}"
    )


def _median(what: str, measure: Callable[[], float]) -> tuple[float, list[float]]:
    values = []
    for number in range(ROUNDS):
        progress.note(f"{what}, {number + 1} of {ROUNDS}")
        values.append(measure())
    return statistics.median(values), values


def _image(version: str | None) -> vm.GuestImage:
    kernel = kernels.prepare(kernels.KernelRequest(version=version))
    objects = rust.build(
        kernel.config,
        cache_root(),
        rust_src=toolchain.rust_src_roots(),
        rustc=toolchain.rustc(),
    )
    with tempfile.TemporaryDirectory() as logs:
        modules = build.build(
            kernel, [d.label for d in DRIVERS], objects.objects, Path(logs) / "build.log"
        )
    return checks.guest_image(kernel, modules)


def _run(image: vm.GuestImage, program: Program, driver: Driver) -> tuple[vm.VmResult, float]:
    """One boot with one program; the seconds of its run."""
    planned = vm.PlannedRun(1, driver, program.name, encode(program, 1))
    with tempfile.TemporaryDirectory() as out:
        result = vm.run(qemu.find(), image, environments.find("direct"), [planned], Path(out))
    if result.problems:
        raise KdmaError(
            result.problems[0].title,
            where=result.problems[0].where,
            actual=result.problems[0].actual,
        )
    trace = decode(result.replies[1, driver].trace, 1, driver)
    return result, trace.nanoseconds / 1e9


def _first_operation() -> Program:
    p = Builder("first operation")
    p.abi_version()
    return p.build("version", __file__)


def _print_instructions(image: vm.GuestImage) -> None:
    """The table of docs/performance.md, and what a check adds to it."""
    with progress.stage("instructions"):
        progress.note("without dma-debug and tracepoints")
        alone = instructions.measure(image)
        progress.note("as a check runs them")
        checked = instructions.measure(image, alone=False)
    print("\ninstructions per repetition, without dma-debug and tracepoints:\n")
    print(instructions.table(alone))
    print("medians as a check runs them, with both:")
    for what, value in instructions.medians(checked).items():
        print(f"  {what:<14} {value:.3f}")


def run(version: str, *, instructions_only: bool = False) -> int:
    """Measures and prints; returns 0. Raises KdmaError when something cannot be measured."""
    print(f"machine      {_machine()}")
    print(f"accelerator  {vm.accelerator()}, QEMU {qemu.find().version}")
    with progress.stage("prepare"):
        image = _image(version)
        bootimage.bootable(image.kernel)
    _print_instructions(image)
    if instructions_only:
        return 0
    lines = []
    with progress.stage("measure"):
        first = _first_operation()

        for what, snapshots in (("boot", False), ("snapshot", True)):
            guest = replace(image, snapshots=snapshots)
            _run(guest, first, Driver.C)  # Takes the snapshot.

            def start(chosen: vm.GuestImage = guest) -> float:
                seconds = _run(chosen, first, Driver.C)[0].seconds
                return seconds["boot"] + seconds["run"]

            median, values = _median(what, start)
            lines.append((f"{what} to first operation, s", median, values))
        # Without -icount the guest's clock is the host's.
        free = replace(image, icount_shift=None, snapshots=False)
        program = throughput_program()
        for driver in DRIVERS:

            def rate(chosen: Driver = driver) -> float:
                return len(program.steps) / _run(free, program, chosen)[1]

            median, values = _median(f"operations, {driver.label}", rate)
            lines.append((f"operations per second, {driver.label}", median, values))
        median, values = _median("warm check", _warm_check)
        lines.append(("second `kdma check` (default kernel), s", median, values))
    for what, median, values in lines:
        spread = f"{min(values):.4g} to {max(values):.4g}"
        print(f"{what:<42} {median:>10.4g}  ({spread})")
    return 0


def _warm_check() -> float:
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as out:
        before = os.environ.get("KDMA_OUT")
        os.environ["KDMA_OUT"] = out
        try:
            code = checks.check(checks.Options())
        finally:
            os.environ.pop("KDMA_OUT")
            if before is not None:
                os.environ["KDMA_OUT"] = before
    if code:
        raise KdmaError("`kdma check` is not clean", next="run: make check")
    return time.monotonic() - started
