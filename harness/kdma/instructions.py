# SPDX-License-Identifier: GPL-2.0
"""Instructions that each driver takes for each function of the ABI.

Behind `-icount shift=0` one instruction takes one nanosecond of the guest's
time, and kmod/core.c writes the nanoseconds of each program into its trace. A
program repeats one operation; another repeats it twice as often. Their
difference, divided by the repetitions, is what one operation takes: its call,
and the driver's work to read it, to keep the slot and to write the result.
Setting up and the core's own work cancel out.

The guest is deterministic, so the figures do not depend on how busy the machine is. A
timer tick in the middle of a program is the only disturbance; the least of a
few rounds has none.
"""

from __future__ import annotations

import functools
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kdma import environments, qemu, vm
from kdma.findings import KdmaError
from kdma.programs import TO_DEVICE, Builder, Program, Status, Step, encode
from kdma.traces import Completion, Driver, decode

#: Repetitions in the shorter program.
REPETITIONS = 150
ROUNDS = 3
#: kernel::dma has none of most of these calls.
DRIVERS = (Driver.NATIVE, Driver.C, Driver.RUST_SYS, Driver.RUST)
#: What is divided by what, and the ratio that is wanted at most.
RATIOS = (
    ("c / native", Driver.C, Driver.NATIVE, 1.05),
    ("rust-sys / c", Driver.RUST_SYS, Driver.C, 1.00),
    ("rust / c", Driver.RUST, Driver.C, 1.02),
)

Body = Callable[[Builder, int], None]


@dataclass(frozen=True)
class Measured:
    """Instructions of one repetition, by driver."""

    name: str
    instructions: Mapping[Driver, float]

    def ratio(self, over: Driver, under: Driver) -> float:
        """How many times as many."""
        return self.instructions[over] / self.instructions[under]


def _question(name: str) -> Body:
    def body(p: Builder, count: int) -> None:
        for _ in range(count):
            getattr(p, name)()

    return body


def _setting(name: str, **arguments: int) -> Body:
    def body(p: Builder, count: int) -> None:
        for _ in range(count):
            getattr(p, name)(**arguments)

    return body


def _pair(begin: str, end: str, **arguments: object) -> Body:
    """Both in turn, always in the same slot."""

    def body(p: Builder, count: int) -> None:
        buffers = [p.buffer(8192)] if begin.startswith("map") else []
        slot: dict[str, Step] = {}
        for _ in range(count):
            held = getattr(p, begin)(*buffers, **arguments, **slot)
            getattr(p, end)(held)
            slot = {"slot": held}

    return body


def _on_mapping(*names: str, **arguments: int) -> Body:
    """Calls on one mapping that stays."""

    def body(p: Builder, count: int) -> None:
        mapping = p.map_single(p.buffer(8192), offset=64, size=2048, direction=TO_DEVICE)
        for _ in range(count):
            for name in names:
                getattr(p, name)(mapping, **arguments)
        p.unmap_single(mapping)

    return body


def _list(p: Builder) -> Step:
    buffer = p.buffer(16384)
    table = p.sg_alloc(capacity=4)
    for index in range(4):
        p.sg_add(table, buffer, offset=index * 4096 + 8, size=512)
    return table


def _list_pair(begin: str, end: str) -> Body:
    def body(p: Builder, count: int) -> None:
        table = _list(p)
        for _ in range(count):
            getattr(p, begin)(table, direction=TO_DEVICE)
            getattr(p, end)(table)
        p.sg_free(table)

    return body


def _on_list(begin: str, end: str, *names: str) -> Body:
    def body(p: Builder, count: int) -> None:
        table = _list(p)
        getattr(p, begin)(table, direction=TO_DEVICE)
        for _ in range(count):
            for name in names:
                getattr(p, name)(table)
        getattr(p, end)(table)
        p.sg_free(table)

    return body


def _from_pool(name: str) -> Body:
    def body(p: Builder, count: int) -> None:
        pool = p.pool_create(size=256, alignment=0, boundary=0)
        slot: dict[str, Step] = {}
        for _ in range(count):
            piece = getattr(p, name)(pool, **slot)
            p.pool_free(piece)
            slot = {"slot": piece}
        p.pool_destroy(pool)

    return body


_PART = {"offset": 64, "size": 2048, "direction": TO_DEVICE}

#: What is repeated, under the names of the operations.
BODIES: Mapping[str, Body] = {
    **{
        name: _question(name)
        for name in (
            "abi_version",
            "addressing_limited",
            "get_cache_alignment",
            "get_mask",
            "get_max_seg_size",
            "get_required_mask",
            "max_mapping_size",
            "opt_mapping_size",
        )
    },
    "set_mask": _setting("set_mask", mask=(1 << 40) - 1),
    "set_mask_and_coherent": _setting("set_mask_and_coherent", mask=(1 << 40) - 1),
    "set_max_seg_size": _setting("set_max_seg_size", size=8192),
    "alloc_attrs, free_attrs": _pair("alloc_attrs", "free_attrs", size=4096),
    "alloc_coherent, free_coherent": _pair("alloc_coherent", "free_coherent", size=4096),
    "alloc_noncoherent, free_noncoherent": _pair(
        "alloc_noncoherent", "free_noncoherent", size=4096, direction=TO_DEVICE
    ),
    "alloc_pages, free_pages": _pair("alloc_pages", "free_pages", size=4096, direction=TO_DEVICE),
    "map_page, unmap_page": _pair("map_page", "unmap_page", **_PART),
    "map_page_attrs, unmap_page_attrs": _pair("map_page_attrs", "unmap_page_attrs", **_PART),
    "map_phys, unmap_phys": _pair("map_phys", "unmap_phys", **_PART),
    "map_single, unmap_single": _pair("map_single", "unmap_single", **_PART),
    "map_single_attrs, unmap_single_attrs": _pair(
        "map_single_attrs", "unmap_single_attrs", **_PART
    ),
    "mapping_error": _on_mapping("mapping_error"),
    "need_sync": _on_mapping("need_sync"),
    "sync_single_for_cpu, _for_device": _on_mapping(
        "sync_single_for_cpu", "sync_single_for_device"
    ),
    "sync_single_range_for_cpu, _for_device": _on_mapping(
        "sync_single_range_for_cpu", "sync_single_range_for_device", offset=128, size=512
    ),
    "pool_alloc, pool_free": _from_pool("pool_alloc"),
    "pool_zalloc, pool_free": _from_pool("pool_zalloc"),
    "map_sg_attrs, unmap_sg_attrs": _list_pair("map_sg_attrs", "unmap_sg_attrs"),
    "map_sgtable, unmap_sgtable": _list_pair("map_sgtable", "unmap_sgtable"),
    "sync_sg_for_cpu, _for_device": _on_list(
        "map_sg_attrs", "unmap_sg_attrs", "sync_sg_for_cpu", "sync_sg_for_device"
    ),
    "sync_sgtable_for_cpu, _for_device": _on_list(
        "map_sgtable", "unmap_sgtable", "sync_sgtable_for_cpu", "sync_sgtable_for_device"
    ),
}  # fmt: skip


@functools.cache
def programs() -> dict[tuple[str, int], Program]:
    """For each name a shorter and a longer program, by the number of repetitions."""
    made = {}
    for name, body in BODIES.items():
        for count in (REPETITIONS, 2 * REPETITIONS):
            p = Builder(f"{count} times {name}")
            body(p, count)
            made[name, count] = p.build("instructions", __file__)
    return made


def _nanoseconds(planned: vm.PlannedRun, trace: bytes) -> int:
    """The time of a program of which every call was made and gave no error."""
    told = decode(trace, planned.program, planned.driver)
    for number, result in enumerate(told.results):
        if result.completion != Completion.COMPLETED or result.status != Status.OK:
            raise KdmaError(
                f"driver {planned.driver.label} did not do what is measured",
                where=f"{planned.title}, operation {number}",
                expected="a call without an error",
                actual=f"{result.completion.name.lower()}, status {result.status}",
                next="run: make check",
            )
    return told.nanoseconds


def measure(
    image: vm.GuestImage,
    *,
    alone: bool = True,
    drivers: Sequence[Driver] = DRIVERS,
) -> list[Measured]:
    """One boot in which every driver runs every program. Raises KdmaError.

    `alone`: without dma-debug and tracepoints, which cost more than most
    calls; otherwise as a check runs them.
    """
    chosen = programs()
    plan = [
        vm.PlannedRun(number, driver, program.name, encode(program, number))
        for _ in range(ROUNDS)
        for number, program in enumerate(chosen.values(), start=1)
        for driver in drivers
    ]
    environment = environments.find("direct")
    if alone:
        environment = replace(environment, command_line="dma_debug=off")
    guest = replace(
        image, icount_shift=0, snapshots=False, deterministic=True, tracepoints=not alone
    )
    with tempfile.TemporaryDirectory() as out:
        result = vm.run(qemu.find(), guest, environment, plan, Path(out))
    if result.problems:
        raise KdmaError(
            result.problems[0].title,
            where=result.problems[0].where,
            actual=result.problems[0].actual,
        )
    least: dict[tuple[int, Driver], int] = {}
    for planned, reply in zip(plan, result.answers, strict=True):
        key = planned.program, planned.driver
        took = _nanoseconds(planned, reply.trace)
        least[key] = min(took, least.get(key, took))
    numbers = {key: number for number, key in enumerate(chosen, start=1)}
    return [
        Measured(
            name,
            {
                driver: (
                    least[numbers[name, 2 * REPETITIONS], driver]
                    - least[numbers[name, REPETITIONS], driver]
                )
                / REPETITIONS
                for driver in drivers
            },
        )
        for name in BODIES
    ]


def medians(measured: Sequence[Measured]) -> dict[str, float]:
    """The median of each ratio over the functions."""
    return {
        what: statistics.median(row.ratio(over, under) for row in measured)
        for what, over, under, _ in RATIOS
    }


def table(measured: Sequence[Measured]) -> str:
    """As docs/performance.md has it (Markdown), with the medians as the last row."""
    ratios = [what for what, *_ in RATIOS]
    lines = [
        "| " + " | ".join(["function", *(driver.label for driver in DRIVERS), *ratios]) + " |",
        "|---|" + "---:|" * (len(DRIVERS) + len(ratios)),
    ]
    for row in sorted(measured, key=lambda one: one.name):
        figures = [f"{row.instructions[driver]:.0f}" for driver in DRIVERS]
        figures += [f"{row.ratio(over, under):.2f}" for _, over, under, _ in RATIOS]
        lines.append("| " + " | ".join([row.name, *figures]) + " |")
    middle = medians(measured)
    wanted = [f"**{middle[what]:.3f}** (at most {limit:.2f})" for what, _, _, limit in RATIOS]
    lines.append("| " + " | ".join(["median", *("" for _ in DRIVERS), *wanted]) + " |")
    return "\n".join(lines) + "\n"
