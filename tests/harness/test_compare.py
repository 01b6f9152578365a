# SPDX-License-Identifier: GPL-2.0
"""The comparison: right traces are clean, and each wrong one gives its finding."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import pytest

from kdma import accounting, traces, upstream
from kdma.compare import Judgement, Reply, compare, function_in, judge, log_blocks
from kdma.environments import ENVIRONMENTS, Environment, find
from kdma.findings import Finding, FindingClass
from kdma.model import ALL_ATTRIBUTES, OLD_ATTRIBUTES, Fault, Machine
from kdma.paths import PROJECT
from kdma.programs import (
    BIDIRECTIONAL,
    FROM_DEVICE,
    TO_DEVICE,
    Builder,
    Program,
    Status,
    Step,
    load,
    pattern,
)
from kdma.traces import Completion, Driver, Result, RunError
from kdma.vm import PlannedRun

DIRECT, SWIOTLB, IOMMU = (find(name) for name in ("direct", "swiotlb", "iommu-strict"))
FAMILIES = tuple(sorted(path.stem for path in (PROJECT / "tests/behaviour").glob("*.py")))


@functools.cache
def everything() -> tuple[Program, ...]:
    """All programs of the project."""
    return tuple(
        made
        for family in FAMILIES
        for made in load(PROJECT / f"tests/behaviour/{family}.py", f"tests/behaviour/{family}.py")
    )


def build(write: Callable[[Builder], object]) -> Program:
    """A program of one function."""
    builder = Builder("a test")
    write(builder)
    return builder.build("test", "tests/behaviour/test.py:1")


def run(made: Program, environment: Environment, fault: Fault | None = None) -> Judgement:
    """What the comparison says when all drivers but the faulty one are right."""
    machine = Machine(environment, fault=fault)
    return judge(made, 9, environment, machine.replies(made, 9), tuple(Driver))


def only(findings: list[Finding]) -> Finding:
    """The one finding there should be."""
    assert len(findings) == 1, [finding.title for finding in findings]
    return findings[0]


# What is right is clean


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda e: e.name)
@pytest.mark.parametrize("attributes", [ALL_ATTRIBUTES, OLD_ATTRIBUTES], ids=["new", "old"])
def test_a_right_kernel_is_clean(environment: Environment, attributes: int) -> None:
    new = attributes == ALL_ATTRIBUTES
    machine = Machine(environment, attributes, write_only=new, dma_debug=new)
    for number, made in enumerate(everything()):
        if made.runs_in(environment):
            judgement = judge(made, number, environment, machine.replies(made, number))
            assert not judgement.findings, judgement.findings[0]
            able = upstream.able(made, environment, Driver)
            assert judgement.operations == len(able) * len(made.steps)
            assert judgement.comparisons > judgement.operations


@pytest.mark.parametrize("name", ["high-memory", "iommu-lazy", "virtio-iommu"])
def test_addresses_that_ought_to_lie_above_4_gib_and_do_not_are_told(name: str) -> None:
    """Then nothing would tell of an address that is cut to 32 bits."""
    high = find(name)
    low = dataclasses.replace(high, above_4g=False)
    made = next(
        each
        for each in everything()
        if each.name.endswith("above 4 GiB and below when a mask says so")
    )
    assert made.runs_in(high)
    findings = judge(made, 9, high, Machine(low).replies(made, 9)).findings
    assert any("memory above 4 GiB" in each.title for each in findings)


# What one driver does wrong is found by the project's own programs


def swap(call: str, one: str, other: str) -> Callable[[str, dict[str, int]], None]:
    """Swaps two arguments of a call."""

    def arguments(name: str, values: dict[str, int]) -> None:
        if name == call:
            values[one], values[other] = values[other], values[one]

    return arguments


def replace(call: str, **new: int) -> Callable[[str, dict[str, int]], None]:
    """Gives an argument of a call another value."""

    def arguments(name: str, values: dict[str, int]) -> None:
        if name == call:
            values.update(new)

    return arguments


def other_direction(call: str) -> Callable[[str, dict[str, int]], None]:
    """Swaps the two one-way directions."""

    def arguments(name: str, values: dict[str, int]) -> None:
        if name == call:
            values["direction"] = {1: 2, 2: 1}.get(values["direction"], values["direction"])

    return arguments


def status(call: str, wrong: int) -> Callable[[str, Result], Result]:
    """Another status."""
    return lambda name, result: (
        dataclasses.replace(result, status=wrong) if name == call else result
    )


def value(call: str, change: Callable[[int], int]) -> Callable[[str, Result], Result]:
    """Another first value."""
    return lambda name, result: (
        dataclasses.replace(result, values=(change(result.values[0]), *result.values[1:]))
        if name == call and result.status == 0
        else result
    )


FAULTS = {
    "kdma_abi_version": {"result": value("abi_version", lambda v: v + 1)},
    "kdma_abi_attributes": {"result": value("abi_attributes", lambda v: v << 1)},
    "kdma_set_mask": {"arguments": replace("set_mask", mask=0xFFFFFFFF)},
    "kdma_set_mask_and_coherent": {"result": status("set_mask_and_coherent", -6)},
    "kdma_get_mask": {"result": value("get_mask", lambda v: v & 0xFFFFFFFF)},
    "kdma_get_required_mask": {"result": value("get_required_mask", lambda v: v + 1)},
    "kdma_max_mapping_size": {"result": value("max_mapping_size", lambda v: v >> 1)},
    "kdma_addressing_limited": {"result": value("addressing_limited", lambda v: 1 - v)},
    "kdma_get_max_seg_size": {"result": value("get_max_seg_size", lambda v: v & 0xFFFF)},
    "kdma_get_min_align_mask": {"result": value("get_min_align_mask", lambda v: v | 1)},
    "kdma_alloc_coherent": {"result": value("alloc_coherent", lambda v: v + 64)},
    "kdma_alloc_attrs": {"result": status("alloc_attrs", Status.EINVAL)},
    "kdma_alloc_noncoherent": {"result": value("alloc_noncoherent", lambda v: v + 64)},
    "kdma_free_noncoherent": {"result": status("free_noncoherent", Status.EINVAL)},
    "kdma_alloc_pages": {"result": value("alloc_pages", lambda v: v + 64)},
    "kdma_free_pages": {"result": status("free_pages", Status.EINVAL)},
    "kdma_alloc_noncontiguous": {"result": value("alloc_noncontiguous", lambda v: v + 256)},
    "kdma_free_noncontiguous": {"result": status("free_noncontiguous", Status.EUNKNOWN)},
    "kdma_vmap_noncontiguous": {"result": status("vmap_noncontiguous", Status.ENOMEM)},
    "kdma_vunmap_noncontiguous": {"result": status("vunmap_noncontiguous", Status.EINVAL)},
    "kdma_can_mmap": {"result": value("can_mmap", lambda v: v ^ 1)},
    "kdma_get_sgtable": {"arguments": replace("get_sgtable", size=0)},
    "kdma_get_sgtable_attrs": {"result": status("get_sgtable_attrs", Status.ENOTSUPP)},
    "kdma_managed_alloc_attrs": {"result": value("managed_alloc_attrs", lambda v: v + 8)},
    "kdma_managed_alloc_coherent": {"result": value("managed_alloc_coherent", lambda v: v + 8)},
    "kdma_managed_free_coherent": {"result": status("managed_free_coherent", Status.OK)},
    "kdma_managed_pool_create": {"arguments": swap("managed_pool_create", "size", "alignment")},
    "kdma_managed_pool_destroy": {"result": status("managed_pool_destroy", Status.OK)},
    "kdma_pool_create": {"arguments": swap("pool_create", "alignment", "boundary")},
    "kdma_pool_destroy": {"result": status("pool_destroy", Status.EUNKNOWN)},
    "kdma_pool_alloc": {"result": value("pool_alloc", lambda v: v + 1)},
    "kdma_pool_zalloc": {"result": status("pool_zalloc", Status.ENOMEM)},
    "kdma_pool_free": {"result": status("pool_free", Status.EINVAL)},
    "kdma_map_single": {"arguments": replace("map_single", offset=0)},
    "kdma_map_page": {"arguments": swap("map_page", "offset", "size")},
    "kdma_map_phys": {"result": value("map_phys", lambda v: v ^ 0x800)},
    "kdma_map_resource": {"arguments": swap("map_resource", "offset", "size")},
    "kdma_unmap_resource": {"result": status("unmap_resource", Status.EINVAL)},
    "kdma_iova_try_alloc": {"result": value("iova_try_alloc", lambda v: v ^ 64)},
    "kdma_use_iova": {"result": value("use_iova", lambda v: 1 - v)},
    "kdma_iova_size": {"result": value("iova_size", lambda v: v + 1)},
    "kdma_iova_link": {"arguments": swap("iova_link", "offset", "iova_offset")},
    "kdma_iova_sync": {"arguments": swap("iova_sync", "iova_offset", "size")},
    "kdma_iova_unlink": {"arguments": swap("iova_unlink", "iova_offset", "size")},
    "kdma_iova_destroy": {"result": status("iova_destroy", Status.EINVAL)},
    "kdma_iova_free": {"result": status("iova_free", Status.EUNKNOWN)},
    "kdma_map_page_attrs": {"arguments": other_direction("map_page_attrs")},
    "kdma_map_single_attrs": {"arguments": replace("map_single_attrs", attributes=0)},
    "kdma_unmap_single_attrs": {"arguments": replace("unmap_single_attrs", attributes=0)},
    "kdma_unmap_page": {"result": status("unmap_page", Status.EUNKNOWN)},
    "kdma_mapping_error": {"result": status("mapping_error", Status.OK)},
    "kdma_sync_single_range_for_cpu": {
        "arguments": swap("sync_single_range_for_cpu", "offset", "size")
    },
    "kdma_sync_single_range_for_device": {
        "arguments": swap("sync_single_range_for_device", "offset", "size")
    },
    "kdma_sync_single_for_cpu": {"arguments": replace("sync_single_for_cpu", size=1)},
    "kdma_sync_single_for_device": {"arguments": replace("sync_single_for_device", size=1)},
    "kdma_need_sync": {"result": value("need_sync", lambda v: 1 - v)},
    "kdma_get_merge_boundary": {"result": value("get_merge_boundary", lambda v: v ^ 1)},
    "kdma_pci_p2pdma_supported": {"result": value("pci_p2pdma_supported", lambda v: 1 - v)},
    "kdma_sg_alloc": {"arguments": swap("sg_alloc", "capacity", "flags")},
    "kdma_sg_add": {"result": status("sg_add", Status.EINVAL)},
    "kdma_sg_free": {"dropped": "sg_free"},
    "kdma_sg_segment": {"result": value("sg_segment", lambda v: v ^ 4)},
    "kdma_map_sg_attrs": {"result": value("map_sg_attrs", lambda v: v + 1)},
    "kdma_map_sgtable": {"result": status("map_sgtable", Status.EIO)},
    "kdma_unmap_sg_attrs": {"arguments": other_direction("unmap_sg_attrs")},
    "kdma_unmap_sgtable": {"arguments": replace("unmap_sgtable", attributes=0)},
    "kdma_sync_sg_for_cpu": {"dropped": "sync_sg_for_cpu"},
    "kdma_sync_sg_for_device": {"dropped": "sync_sg_for_device"},
    "kdma_sync_sgtable_for_cpu": {"arguments": other_direction("sync_sgtable_for_cpu")},
    "kdma_sync_sgtable_for_device": {"dropped": "sync_sgtable_for_device"},
}


@pytest.mark.parametrize("function", FAULTS)
@pytest.mark.parametrize("driver", [Driver.C, Driver.RUST_SYS], ids=lambda d: d.label)
def test_a_fault_is_found_and_named(function: str, driver: Driver) -> None:
    calling = [
        (number, made)
        for number, made in enumerate(everything())
        if any(step.operation.function == function for step in made.steps)
    ]
    findings = []
    for environment in ENVIRONMENTS:
        machine = Machine(environment, fault=Fault(driver, **FAULTS[function]))  # type: ignore[arg-type]
        for number, made in calling:
            if made.runs_in(environment):
                replies = machine.replies(made, number, (Driver.NATIVE, driver))
                findings += compare(made, number, environment, replies)
    assert findings
    assert all(driver.label in finding.identity for finding in findings)
    named = [f for f in findings if function in f.title or function in f.identity]
    assert len(named) > len(findings) / 2, [finding.title for finding in findings]
    assert any("native agrees" in f.title or "differs from native" in f.title for f in named)


# Who agrees with whom


def asks_the_mask(p: Builder) -> None:
    p.set_mask(mask=0x7FFFFFFFFF)
    p.get_mask().expect(mask=0x7FFFFFFFFF)


def lying(wrong: int) -> Callable[[str, Result], Result]:
    return value("get_mask", lambda v: wrong)


def test_one_driver_is_wrong() -> None:
    finding = only(run(build(asks_the_mask), DIRECT, Fault(Driver.RUST, result=lying(5))).findings)
    assert finding.finding_class == FindingClass.DIVERGENCE
    assert finding.title == (
        "native agrees with the expectation, rust does not: "
        "mask of kdma_get_mask after kdma_set_mask"
    )
    assert finding.where == (
        f"tests/behaviour/test.py:{asks_the_mask.__code__.co_firstlineno + 2}, 'a test' [direct], "
        "operation 1: get_mask()"
    )
    assert finding.expected == "549755813887 (0x7fffffffff)"
    assert finding.actual == "5"
    assert "look at kdma_get_mask and kdma_set_mask on the road of rust" in finding.next
    # The same drivers: which of them agree is a part of what is found.
    assert "--envs direct --drivers native,c,rust-sys,rust " in finding.replay
    assert finding.identity == ("a test", "direct", "rust", "get_mask", "kdma_get_mask")


def test_native_is_wrong() -> None:
    finding = only(
        run(build(asks_the_mask), DIRECT, Fault(Driver.NATIVE, result=lying(5))).findings
    )
    assert finding.title.startswith("native differs from what the program expects")


def test_every_driver_is_wrong() -> None:
    made = build(lambda p: p.get_mask().expect(mask=5))
    finding = only(run(made, DIRECT).findings)
    assert finding.title.startswith(
        "every driver, native included, differs from what the program expects"
    )
    assert "the kernel's behaviour changed or the expectation is wrong" in finding.next


def test_nothing_is_stated_and_one_differs() -> None:
    made = build(lambda p: p.get_mask().same_as_native())
    assert not run(made, DIRECT).findings
    finding = only(run(made, DIRECT, Fault(Driver.C, result=lying(5))).findings)
    assert finding.title == "c differs from native: mask of kdma_get_mask"
    assert finding.expected.startswith("native: ")


def test_the_fingerprint_does_not_know_values() -> None:
    made = build(asks_the_mask)
    one, other = (
        only(run(made, DIRECT, Fault(Driver.C, result=lying(wrong))).findings) for wrong in (5, 6)
    )
    assert one.fingerprint == other.fingerprint
    third = only(run(made, SWIOTLB, Fault(Driver.C, result=lying(5))).findings)
    assert third.fingerprint != one.fingerprint


# Bytes


def test_bytes_name_the_last_call_on_their_memory() -> None:
    def write(p: Builder) -> None:
        buffer, other = p.buffer(4096), p.buffer(64)
        p.memory_fill(buffer, seed=1)
        p.device_fill(length=4096, seed=2)
        mapping = p.map_single(buffer, offset=256, size=1024, direction=FROM_DEVICE)
        p.unmap_page(p.map_page(other, size=64, direction=TO_DEVICE))
        p.device_write(mapping, length=1024)
        p.sync_single_range_for_cpu(mapping, offset=64, size=512)
        p.need_sync(mapping).same_as_native()
        p.memory_check(buffer, offset=320, length=512, seed=pattern(2, shift=-256))
        p.memory_check(buffer, offset=832, length=64, seed=1).same_as_native(bounces=False)
        p.memory_check(buffer, offset=320, length=99, seed=pattern(2, shift=-256))
        p.unmap_single(mapping)

    fault = Fault(Driver.C, arguments=swap("sync_single_range_for_cpu", "offset", "size"))
    finding = only(run(build(write), SWIOTLB, fault).findings)
    assert "bytes in memory after kdma_sync_single_range_for_cpu" in finding.title
    assert finding.expected == "no byte of 512 differs"
    assert "bytes differ, the first at 320: 0x" in finding.actual
    assert "(and 1 more differences)" in finding.actual
    assert not run(build(write), DIRECT, fault).findings


def test_bytes_of_the_device_name_the_call_before_its_transfer() -> None:
    def write(p: Builder) -> None:
        buffer = p.buffer(4096)
        p.memory_fill(buffer, seed=1)
        mapping = p.map_page(buffer, offset=100, size=200, direction=TO_DEVICE)
        p.device_read(mapping, length=200)
        p.unmap_page(mapping)
        p.device_check(length=200, seed=pattern(1, shift=100))

    fault = Fault(Driver.C, arguments=replace("map_page", offset=4))
    findings = run(build(write), SWIOTLB, fault).findings
    assert "kdma_map_page" in only(findings).identity


# Addresses


def maps_twice(p: Builder) -> None:
    buffer = p.buffer(8192)
    first = p.map_single(buffer, offset=300, size=50, direction=BIDIRECTIONAL)
    second = p.map_single(buffer, offset=4396, size=60, direction=BIDIRECTIONAL)
    p.unmap_single(first)
    p.unmap_single(second)


@pytest.mark.parametrize(
    ("environment", "change", "complaint"),
    [
        (DIRECT, lambda v: v + 1, "its offset in the page"),
        (IOMMU, lambda v: v | 0x800, "its offset in the page"),
        (DIRECT, lambda v: 300, "which live slots have the same address"),
        (SWIOTLB, lambda v: 300, "which live slots have the same address"),
        (DIRECT, lambda v: (1 << 64) - 1, "a mapping that did not fail"),
    ],
)
def test_addresses_are_compared_by_what_matters(
    environment: Environment, change: Callable[[int], int], complaint: str
) -> None:
    fault = Fault(Driver.C, result=value("map_single", change))
    finding = only(run(build(maps_twice), environment, fault).findings)
    assert complaint in finding.title


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda e: e.name)
def test_addresses_are_never_compared_raw(environment: Environment) -> None:
    fault = Fault(Driver.C, result=value("map_single", lambda v: v + 0x7000))
    assert not run(build(maps_twice), environment, fault).findings


def test_an_address_stays_below_the_mask() -> None:
    def write(p: Builder) -> None:
        p.set_coherent_mask(mask=0xFFFFFFFF)
        p.free_coherent(p.alloc_coherent(size=4096))

    high = value("alloc_coherent", lambda v: 0xFFFFFFFF & ~0xFFF)
    assert not run(build(write), IOMMU, Fault(Driver.C, result=high)).findings
    higher = value("alloc_coherent", lambda v: 1 << 32)
    finding = only(run(build(write), IOMMU, Fault(Driver.C, result=higher)).findings)
    assert "the mask in force" in finding.title


def test_coherent_memory_is_aligned_to_its_order() -> None:
    made = build(lambda p: p.free_coherent(p.alloc_coherent(size=12288)))
    fault = Fault(Driver.C, result=value("alloc_coherent", lambda v: v + 0x2000))
    assert "its alignment" in only(run(made, DIRECT, fault).findings).title


def test_low_bits_are_kept_where_they_have_to_be() -> None:
    def write(p: Builder) -> None:
        p.set_min_align_mask(mask=0x1FF)
        buffer = p.buffer(4096)
        p.unmap_single(p.map_single(buffer, offset=0x345, size=9, direction=TO_DEVICE))

    def fault(bit: int) -> Fault:
        return Fault(Driver.C, result=value("map_single", lambda v: v ^ bit))

    assert not run(build(write), SWIOTLB, fault(0x200)).findings
    assert "its bits 0x1ff" in only(run(build(write), SWIOTLB, fault(0x100)).findings).title


def test_a_failed_mapping_leaves_all_ones() -> None:
    def write(p: Builder) -> None:
        mapping = p.map_single(p.buffer(1 << 20), size=1 << 20, direction=TO_DEVICE)
        mapping.expect_where(bounces=True, status=Status.EMAPPING)
        p.allow_log("swiotlb buffer is full")

    def forget(name: str, result: Result) -> Result:
        return dataclasses.replace(result, values=(0, 0, 0, 0))

    finding = only(run(build(write), SWIOTLB, Fault(Driver.C, result=forget)).findings)
    assert "what a failure leaves behind" in finding.title


# Scatterlists


def lists(p: Builder) -> None:
    p.set_mask(mask=0xFFFFFFFF)
    buffer = p.buffer(16384)
    table = p.sg_alloc(capacity=2)
    p.sg_add(table, buffer, offset=0x1100, size=0x400)
    p.sg_add(table, buffer, offset=0x2308, size=0x400)
    p.map_sgtable(table, direction=TO_DEVICE)
    p.sg_segment(table, index=0)
    p.sg_segment(table, index=1)
    p.unmap_sgtable(table)
    p.sg_free(table)


def second_value(change: Callable[[int], int]) -> Callable[[str, Result], Result]:
    """Segments of another size."""
    return lambda name, result: (
        dataclasses.replace(result, values=(result.values[0], change(result.values[1]), 0, 0))
        if name == "sg_segment"
        else result
    )


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ({"result": value("sg_segment", lambda v: v | 1 << 32)}, "the mask in force"),
        ({"result": value("sg_segment", lambda v: v ^ 8)}, "its offset in the page"),
        ({"result": value("sg_segment", lambda v: v | 0xF00)}, "its offset in the page"),
        ({"arguments": lambda name, a: a.update(index=1 - a["index"]) if "index" in a else None},
         "its offset in the page"),
        ({"result": second_value(lambda v: 0)}, "the largest segment"),
        ({"result": second_value(lambda v: 0x10001)}, "the largest segment"),
        ({"result": second_value(lambda v: 0x3FF)}, "the bytes before it"),
        ({"result": second_value(lambda v: 0x900)}, "the bytes before it"),
    ],
    ids=["mask", "offset", "page", "order", "empty", "large", "part", "too-much"],
)  # fmt: skip
def test_segments_are_compared_by_what_matters(fault: dict[str, object], complaint: str) -> None:
    made = build(lists)
    for environment in (DIRECT, IOMMU):
        assert not run(made, environment).findings
        finding = only(run(made, environment, Fault(None, **fault)).findings)  # type: ignore[arg-type]
        assert finding.title.startswith("every driver, native included")
        assert complaint in finding.title
        assert "kdma_sg_segment" in finding.identity


@pytest.mark.parametrize(
    ("limit", "complaint"),
    [
        (lambda p: p.set_max_seg_size(size=0x200), "the largest segment"),
        (lambda p: p.set_seg_boundary(mask=0xFF), "the segment boundary"),
    ],
    ids=["size", "boundary"],
)
def test_segments_keep_to_the_limits_of_the_device(
    limit: Callable[[Builder], Step], complaint: str
) -> None:
    def write(p: Builder) -> None:
        limit(p)
        lists(p)

    # The model, like a kernel that forgets it, never splits an entry.
    assert complaint in only(run(build(write), DIRECT).findings).title


def test_merged_segments_are_judged_as_the_entries_in_them() -> None:
    def write(p: Builder) -> None:
        buffer = p.buffer(32768)
        table = p.sg_alloc(capacity=3)
        for offset, size in ((0x1000, 0x1000), (0, 0x1000), (0x4000, 0x123)):
            p.sg_add(table, buffer, offset=offset, size=size)
        p.map_sg_attrs(table, direction=TO_DEVICE).expect(count=1)
        p.sg_segment(table, index=0).expect(size=0x2123)
        p.unmap_sg_attrs(table)
        p.sg_free(table)

    made = build(write)
    assert not run(made, IOMMU).findings
    finding = only(
        run(made, IOMMU, Fault(Driver.C, result=second_value(lambda v: 0x2122))).findings
    )
    assert "size of kdma_sg_segment" in finding.title


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda e: e.name)
def test_segments_are_never_compared_raw(environment: Environment) -> None:
    fault = Fault(Driver.C, result=value("sg_segment", lambda v: v + 0x7000))
    assert not run(build(lists), environment, fault).findings


def test_a_list_that_stays_mapped_cannot_be_freed() -> None:
    finding = only(run(build(lists), SWIOTLB, Fault(Driver.C, dropped="unmap_sgtable")).findings)
    assert "the status of kdma_sg_free" in finding.title


# What safe Rust cannot say


def test_inexpressible_is_expected_or_a_finding() -> None:
    def unsaid(p: Builder) -> None:
        p.alloc_coherent(size=1, flags=4).expect(Status.EINVAL)

    finding = only(run(build(unsaid), DIRECT).findings)
    assert finding.title.endswith("rust does not: kdma_alloc_coherent is inexpressible")

    def said(p: Builder) -> None:
        p.alloc_coherent(size=4096).inexpressible_in_safe_rust("so we thought")
        p.expect_leftover(1)

    finding = only(run(build(said), DIRECT).findings)
    assert "kdma_alloc_coherent is expressible" in finding.title
    assert finding.expected == "inexpressible: so we thought"


# Traces that are none


def changed(**changes: object) -> Callable[[Reply], Reply]:
    """The reply with another trace."""

    def reply(old: Reply) -> Reply:
        driver = Driver.C
        trace = dataclasses.replace(traces.decode(old.trace, 9, driver), **changes)  # type: ignore[arg-type]
        return dataclasses.replace(old, trace=traces.encode(trace))

    return reply


def test_a_status_that_is_none_is_a_finding() -> None:
    def write(p: Builder) -> None:
        mapping = p.map_single(p.buffer(4096), size=64, direction=1).same_as_native()
        p.unmap_single(mapping)

    direct = find("direct")
    made = build(write)
    replies = dict(Machine(direct).replies(made, 9))
    right = replies[Driver.NATIVE]
    trace = traces.decode(right.trace, 9, Driver.NATIVE)
    first = dataclasses.replace(trace.results[0], status=512)
    trace = dataclasses.replace(trace, results=(first, *trace.results[1:]))
    replies[Driver.NATIVE] = dataclasses.replace(right, trace=traces.encode(trace))
    assert any("512" in finding.expected for finding in judge(made, 9, direct, replies).findings)


UNREACHED = Result(0, Completion.NOT_REACHED, 0, (0, 0, 0, 0))


@pytest.mark.parametrize(
    ("reply", "finding_class", "complaint"),
    [
        (
            lambda old: dataclasses.replace(old, trace=old.trace[:-3]),
            FindingClass.HARNESS,
            "a broken trace from driver c",
        ),
        (changed(program=8), FindingClass.HARNESS, "a broken trace from driver c"),
        (
            changed(error=RunError.DRIVER_FAILED, completed=1),
            FindingClass.DIVERGENCE,
            "driver c gave up",
        ),
        (
            changed(error=RunError.MALFORMED, detail=80, results=()),
            FindingClass.HARNESS,
            "the program did not run from driver c",
        ),
        (changed(error=RunError.NO_DRIVER), FindingClass.HARNESS, "did not run"),
        (changed(results=()), FindingClass.HARNESS, "the trace of another program"),
        (changed(completed=1), FindingClass.HARNESS, "contradicts itself"),
    ],
)
def test_a_trace_that_cannot_be_judged_is_a_finding(
    reply: Callable[[Reply], Reply], finding_class: FindingClass, complaint: str
) -> None:
    judgement = run(build(asks_the_mask), DIRECT, Fault(Driver.C, reply=reply))
    finding = only(judgement.findings)
    assert finding.finding_class == finding_class
    assert complaint in finding.title
    assert set(judgement.drivers) == {Driver.NATIVE, Driver.RUST_SYS, Driver.RUST}


def test_an_operation_that_was_not_reached_is_named() -> None:
    made = build(asks_the_mask)

    def reply(old: Reply) -> Reply:
        trace = traces.decode(old.trace, 9, Driver.C)
        unreached = dataclasses.replace(UNREACHED, opcode=trace.results[1].opcode)
        trace = dataclasses.replace(trace, results=(trace.results[0], unreached), completed=1)
        return dataclasses.replace(old, trace=traces.encode(trace))

    finding = only(run(made, DIRECT, Fault(Driver.C, reply=reply)).findings)
    assert finding.title == "driver c never came to kdma_get_mask"
    assert "operation 1" in finding.where


def test_a_missing_reply_is_a_finding_and_one_for_all_programs() -> None:
    fingerprints = set()
    for name in ("one", "two"):
        builder = Builder(name)
        asks_the_mask(builder)
        made = builder.build("test", "x.py:1")
        replies = Machine(DIRECT).replies(made, 9)
        del replies[Driver.RUST]
        judgement = judge(made, 9, DIRECT, replies, tuple(Driver))
        finding = only(judgement.findings)
        assert finding.finding_class == FindingClass.HARNESS
        assert "no reply from driver rust" in finding.title
        fingerprints.add(finding.fingerprint)
    assert len(fingerprints) == 1


def test_drivers_are_compared_without_native() -> None:
    made = build(asks_the_mask)
    replies = Machine(DIRECT, fault=Fault(Driver.RUST, result=lying(5))).replies(
        made, 9, (Driver.C, Driver.RUST)
    )
    finding = only(compare(made, 9, DIRECT, replies))
    assert finding.title.startswith("rust differs from what the program expects")


# Oracles


def reading(**changes: int) -> Callable[[Reply], Reply]:
    """The reply with other readings; __ stands for the dot."""
    named = {name.replace("__", "."): value for name, value in changes.items()}
    return lambda old: dataclasses.replace(old, readings=old.readings | named)


def log(*lines: str) -> Callable[[Reply], Reply]:
    """The reply with more lines in the log."""
    return lambda old: dataclasses.replace(old, log=[*old.log, *lines])


def maps(p: Builder) -> None:
    p.unmap_page(p.map_page(p.buffer(64), size=64, direction=TO_DEVICE))


def test_a_leak_names_the_functions_that_give_back() -> None:
    fault = Fault(Driver.RUST_SYS, reply=reading(swiotlb_used__after=4))
    finding = only(run(build(maps), SWIOTLB, fault).findings)
    assert finding.finding_class == FindingClass.DIVERGENCE
    assert finding.title == "rust-sys: bounce buffer slots were not given back"
    assert (finding.expected, finding.actual) == (
        "swiotlb_used stays 3",
        "swiotlb_used is 4, +1 in this run, which called kdma_map_page",
    )
    assert "kdma_unmap_page" in finding.next


def test_an_error_of_dma_debug_says_what_came_before_it() -> None:
    """It complains when something is given back; what made it may be at fault."""
    fault = Fault(Driver.C, reply=reading(dma_debug_errors__after=99))
    finding = only(run(build(maps), DIRECT, fault).findings)
    assert "kdma_unmap_page" in finding.next and "kdma_map_page" in finding.next


def test_a_program_knows_what_it_calls_before_a_function() -> None:
    made = build(maps)
    planned = PlannedRun(1, Driver.C, made.name, b"", calls=made.calls)
    assert planned.before("kdma_unmap_page") == ["kdma_map_page"]
    assert planned.before("kdma_map_page") == planned.before("kdma_get_mask") == []


def test_entries_that_dma_debug_still_knows() -> None:
    fault = Fault(Driver.C, reply=reading(dma_debug_used__after=3))
    assert "dma-debug still knows" in only(run(build(maps), DIRECT, fault).findings).title


PAGE = "leaked.page.0.4096.-"
OBJECT = "leaked.slab.0.192.kdma_map_page:[kdma]"


def left(first: dict[str, int], *again: dict[str, int]) -> Callable[[Reply], Reply]:
    """The reply of a run that left something, and of the runs after it."""
    changes = first | ({"again": len(again)} if again else {})
    for number, later in enumerate(again, 1):
        accounted = {f"accounted.{kind}": 1 for kind in accounting.KINDS}
        changes |= {f"again{number}.{name}": each for name, each in (accounted | later).items()}
    return lambda old: dataclasses.replace(old, readings=old.readings | changes)


def test_what_is_left_of_a_run_names_the_operation_that_got_it() -> None:
    always = left({PAGE: 2}, {PAGE: 2}, {PAGE: 2})
    finding = only(run(build(maps), DIRECT, Fault(Driver.RUST, reply=always)).findings)
    assert finding.finding_class == FindingClass.DIVERGENCE
    assert finding.title == "rust: pages were not given back"
    assert finding.actual.startswith("2 pages of 4096 bytes, in operation 0: map_page(slot 0, ")
    assert "kdma_map_page, kdma_unmap_page" in finding.next


def test_what_is_not_left_each_time_filled_a_cache() -> None:
    kept = left({PAGE: 2}, {PAGE: 1}, {OBJECT: 1})
    assert not run(build(maps), DIRECT, Fault(Driver.C, reply=kept)).findings


def test_what_is_left_each_time_is_a_leak() -> None:
    half = left({PAGE: 2, OBJECT: 1}, {PAGE: 1})
    finding = only(run(build(maps), DIRECT, Fault(Driver.C, reply=half)).findings)
    assert "1 page of" in finding.actual and "slab" not in finding.actual


def test_a_run_that_was_not_repeated_is_not_excused() -> None:
    once = left({PAGE: 2})
    finding = only(run(build(maps), DIRECT, Fault(Driver.C, reply=once)).findings)
    assert "2 pages of" in finding.actual


def test_a_run_without_an_account_excuses_nothing() -> None:
    readings = {PAGE: 2, OBJECT: 1, "again": 1, "again1.accounted.slab": 1}
    (leak,) = accounting.leaks(readings)
    assert (leak.kind, leak.count) == ("page", 2)


def test_all_that_leaks_is_one_finding() -> None:
    leaks = left({OBJECT: 1, PAGE: 1, "leaked.iova.0.4096.-": 3, "swiotlb_used.after": 4})
    finding = only(run(build(maps), SWIOTLB, Fault(Driver.C, reply=leaks)).findings)
    assert finding.title == "c: bounce buffer slots were not given back"
    for words in (
        "swiotlb_used is 4",
        "3 pages of IOVA of 4096 bytes",
        "1 page of 4096 bytes",
        "1 slab object of 192 bytes, got by kdma_map_page [kdma]",
    ):
        assert words in finding.actual


def test_a_record_of_calls_that_is_not_understood_is_a_fault_of_ours() -> None:
    broken = Fault(None, reply=lambda old: dataclasses.replace(old, calls=b"?", events=[]))
    findings = run(build(maps), DIRECT, broken).findings
    assert {each.finding_class for each in findings} == {FindingClass.HARNESS}
    assert "calls and tracepoints cannot be compared" in findings[0].title
    assert "the record of calls is not understood" in findings[1].title


def test_a_leak_names_what_takes_back_what_made_it() -> None:
    """Not all that is taken back releases a slot."""

    def uses(p: Builder) -> None:
        pieces = p.alloc_noncontiguous(size=8192, direction=TO_DEVICE)
        p.vmap_noncontiguous(pieces)
        p.vunmap_noncontiguous(pieces)
        p.free_noncontiguous(pieces)

    leaks = left({"leaked.slab.1.64.vmap": 1})
    finding = only(run(build(uses), DIRECT, Fault(Driver.C, reply=leaks)).findings)
    assert "kdma_vunmap_noncontiguous" in finding.next


def test_what_is_left_after_the_last_operation() -> None:
    leaks = left({"leaked.slab.99.64.kdma_end:[kdma_c]": 1})
    finding = only(run(build(maps), DIRECT, Fault(Driver.C, reply=leaks)).findings)
    assert "got by kdma_end [kdma_c], after the last operation" in finding.actual


def _makes_pools(p: Builder) -> None:
    p.managed_pool_create(size=64, alignment=0, boundary=0)
    gone = p.managed_pool_create(size=64, alignment=0, boundary=0)
    p.managed_pool_destroy(gone)


def test_a_pool_that_is_still_there() -> None:
    assert not run(build(_makes_pools), DIRECT).findings
    finding = only(run(build(_makes_pools), DIRECT, Fault(None, reply=reading(pools=2))).findings)
    assert "the device has other DMA pools than it should" in finding.title
    assert (finding.expected, finding.actual) == ("1 pool", "2 pools")
    assert "kdma_managed_pool_destroy" in finding.next


def test_a_pool_that_nobody_made() -> None:
    """Of a driver that makes one of its own, or makes one of another kind and leaves it."""
    finding = only(run(build(maps), DIRECT, Fault(Driver.C, reply=reading(pools=1))).findings)
    assert finding.title.startswith("c: the device has other DMA pools")
    assert finding.expected == "0 pools"


def test_a_zone_of_memory_that_nobody_asked_for() -> None:
    zone = left({"zone.0.48.dma_pool_alloc": 2})
    finding = only(run(build(maps), DIRECT, Fault(None, reply=zone)).findings)
    assert "memory for records came from ZONE_DMA" in finding.title
    assert finding.actual.startswith(
        "2 slab objects from ZONE_DMA, asked for by dma_pool_alloc: 48 bytes, in operation 0"
    )
    assert "kdma_map_page" in finding.next


def test_an_accounting_that_overflowed_is_a_fault_of_ours() -> None:
    fault = Fault(Driver.C, reply=reading(accounted__overflow=5))
    assert only(run(build(maps), DIRECT, fault).findings).finding_class == FindingClass.HARNESS


def test_an_error_of_dma_debug_comes_with_its_line() -> None:
    line = "DMA-API: kdma 0000:00:03.0: device driver frees DMA memory with different size"
    more = reading(dma_debug_errors__after=8)
    fault = Fault(Driver.C, reply=lambda old: more(log(line)(old)))
    finding = only(run(build(maps), DIRECT, fault).findings)
    assert finding.finding_class == FindingClass.KERNEL_SPLAT
    assert finding.title == "c: dma-debug found errors"
    assert line in finding.actual


def test_where_a_mapping_was_made_belongs_to_its_error() -> None:
    def write(p: Builder) -> None:
        maps(p)
        p.allow_dma_debug("called for RAM")

    more = reading(dma_debug_errors__after=8)
    origin = ("DMA-API: Mapped at:", " dma_map_phys+0x1b/0x2c", " kdma_map_phys+0x3/0x4 [kdma]")
    lines = log("DMA-API: x called for RAM 1", *origin)
    assert not run(build(write), DIRECT, Fault(Driver.C, reply=lambda r: more(lines(r)))).findings
    only(run(build(maps), DIRECT, Fault(Driver.C, reply=lambda r: more(lines(r)))).findings)


def test_an_allowed_error_of_dma_debug() -> None:
    def write(p: Builder) -> None:
        maps(p)
        p.allow_dma_debug("called for RAM")

    more = reading(dma_debug_errors__after=8)
    good = Fault(Driver.C, reply=lambda old: more(log("DMA-API: x called for RAM 1")(old)))
    assert not run(build(write), DIRECT, good).findings
    silent = Fault(Driver.C, reply=more)
    assert only(run(build(write), DIRECT, silent).findings)
    other = Fault(Driver.C, reply=lambda old: more(log("DMA-API: double free")(old)))
    assert only(run(build(write), DIRECT, other).findings)


def test_a_kernel_without_oracles_is_judged_by_the_rest() -> None:
    bare = Fault(Driver.C, reply=lambda old: dataclasses.replace(old, readings={}))
    assert not run(build(maps), DIRECT, bare).findings


SPLAT = (
    "------------[ cut here ]------------",
    "WARNING: CPU: 0 PID: 1 at kernel/dma/mapping.c:123 dma_map_page_attrs+0x1/0x2",
    "Call Trace:",
    "---[ end trace 0000000000000000 ]---",
)


def test_a_warning_is_one_finding_with_its_lines() -> None:
    fault = Fault(Driver.RUST, reply=log(*SPLAT, "BUG: something else"))
    finding = only(run(build(maps), DIRECT, fault).findings)
    assert finding.finding_class == FindingClass.KERNEL_SPLAT
    assert "kernel/dma/mapping.c:123" in finding.actual
    assert "(and 1 more lines or warnings)" in finding.actual


def test_harmless_lines_are_no_findings() -> None:
    fault = Fault(Driver.RUST, reply=log("random: crng init done", ""))
    assert not run(build(maps), DIRECT, fault).findings


def test_lines_of_the_environment_are_no_findings() -> None:
    usual = dataclasses.replace(DIRECT, expected_log=(r"^usual here$",))
    fault = Fault(Driver.RUST, reply=log("usual here"))
    assert not run(build(maps), usual, fault).findings
    assert run(build(maps), DIRECT, fault).findings


def test_a_lost_log_is_a_fault_of_ours() -> None:
    fault = Fault(Driver.RUST, reply=log("kdma-init: lines of the kernel log were lost"))
    assert only(run(build(maps), DIRECT, fault).findings).finding_class == FindingClass.HARNESS


def test_an_expected_line_that_is_missing() -> None:
    def write(p: Builder) -> None:
        maps(p)
        p.expect_log("fault", translates=True)

    assert not run(build(write), DIRECT).findings
    finding = only(run(build(write), IOMMU).findings)
    assert finding.title == "every driver, native included: a kernel log line is missing"
    machine = Machine(IOMMU)
    replies = machine.replies(build(write), 9)
    given = {d: r if d == Driver.C else log("a fault")(r) for d, r in replies.items()}
    assert only(compare(build(write), 9, IOMMU, given)).title == "c: a kernel log line is missing"


def test_leftover_slots_are_counted() -> None:
    def write(p: Builder) -> None:
        p.alloc_coherent(size=4096)

    finding = only(run(build(write), DIRECT).findings)
    assert (
        finding.title == "every driver, native included: slots are left at the end of the program"
    )
    assert (finding.expected, finding.actual) == ("0 slots", "1 slot")


def test_what_follows_from_wrong_results_is_folded_in() -> None:
    leak = reading(swiotlb_used__after=9)
    fault = Fault(Driver.C, result=status("unmap_page", Status.EINVAL), reply=leak)
    finding = only(run(build(maps), SWIOTLB, fault).findings)
    assert "kdma_unmap_page" in finding.title
    assert "also bounce buffer slots were not given back" in finding.actual


def test_what_the_kernel_does_not_give_is_neither_left_nor_at_fault() -> None:
    def write(p: Builder) -> None:
        state = p.iova_try_alloc(size=4096).same_as_native()
        p.device_write(state, length=64)
        p.expect_log(r"DMAR: \[DMA Write", "iommu-strict")
        p.allow_log("^DMAR: ")
        p.expect_leftover(1)

    made = build(write)
    for attributes in (ALL_ATTRIBUTES, OLD_ATTRIBUTES):
        replies = Machine(IOMMU, attributes).replies(made, 9)
        assert not compare(made, 9, IOMMU, replies)
    # A kernel that has it is asked for both.
    replies = Machine(IOMMU).replies(made, 9)
    quiet = {d: dataclasses.replace(r, log=[]) for d, r in replies.items()}
    assert only(compare(made, 9, IOMMU, quiet)).title.endswith("log line is missing")

    def leave(reply: Reply) -> Reply:
        trace = dataclasses.replace(traces.decode(reply.trace, 9, Driver.C), leftover=1)
        return dataclasses.replace(reply, trace=traces.encode(trace))

    fault = Fault(Driver.C, reply=leave)
    replies = Machine(IOMMU, OLD_ATTRIBUTES, fault=fault).replies(made, 9)
    finding = only(compare(made, 9, IOMMU, replies))
    assert (finding.expected, finding.actual) == ("0 slots", "1 slot")


def test_the_log_falls_into_pieces() -> None:
    lines = ["one", *SPLAT, "", "two"]
    assert log_blocks(lines) == [["one"], list(SPLAT), ["two"]]
    # With stack traces, dma-debug goes on after the kernel's warning.
    origin = ["DMA-API: Mapped at:", " dma_map_phys+0x1b/0x2c"]
    warning = [SPLAT[0], "DMA-API: x called for RAM 1", *SPLAT[1:]]
    assert log_blocks([*warning, *origin, "two"]) == [[*warning, *origin], ["two"]]


TRACE = """\
WARNING: kernel/dma/debug.c:1020 at check_unmap+0x4f/0x900, CPU#0: init/1
RIP: 0010:check_unmap+0x4f/0x900
 debug_dma_unmap_phys+0x60/0x80
 ? kdma_map_single+0x1/0x2 [kdma]
 dma_unmap_phys+0x8f/0x1a0
"""


@pytest.mark.parametrize(
    ("frames", "named"),
    [
        (" kdma_unmap_page+0x4a/0x60 [kdma]\n kdma_execute+0x1/0x2 [kdma_c]", "kdma_unmap_page"),
        (" kdma_checked+0x4a/0x60 [kdma]\n kdma_unmap_page+0x1/0x2 [kdma]", "kdma_unmap_page"),
        (" native_unmap_page.isra.0+0x1/0x2 [kdma_native]", "kdma_unmap_page"),
        (" kdma_execute.constprop.0+0x1/0x2 [kdma_native]\n vfs_write+0x1/0x2", "dma_unmap_phys"),
        (" vfs_write+0x1/0x2", ""),
    ],
)
def test_a_call_trace_names_the_function_that_was_called(frames: str, named: str) -> None:
    assert function_in([*TRACE.splitlines(), *frames.splitlines()]) == named
    assert function_in(["RIP: 0010:dma_x+0x5/0x20", *frames.splitlines()]) == named.replace(
        "dma_unmap_phys", "dma_x"
    )
