# SPDX-License-Identifier: GPL-2.0
"""What the driver on the kernel's own Rust can express, and what becomes of the rest."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import pytest

from kdma import operations, upstream
from kdma.compare import Judgement, judge
from kdma.environments import find
from kdma.findings import FindingClass, KdmaError
from kdma.model import Machine
from kdma.paths import PROJECT
from kdma.programs import Attribute, Builder, Program, Status
from kdma.tracepoints import Event
from kdma.traces import Driver

DIRECT, IOMMU = find("direct"), find("iommu-strict")
TABLE = upstream.TABLE.read_text()


def build(write: Callable[[Builder], object]) -> Program:
    builder = Builder("a test")
    write(builder)
    return builder.build("test", "tests/behaviour/test.py:1")


def why_not(write: Callable[[Builder], object]) -> str | None:
    return upstream.inexpressible(build(write), DIRECT)


# The table


def test_every_operation_stands_in_the_table() -> None:
    table = upstream.table()
    known = {*table.calls, *table.reasons}
    names = {o.name for o in operations.operations() if not o.is_core}
    assert names <= known, f"missing in {upstream.TABLE.name}: {sorted(names - known)}"


def test_the_driver_has_the_calls_of_the_table_and_no_others() -> None:
    source = (PROJECT / "kmod/upstream.c").read_text()
    calls = re.search(r"upstream_calls = \{(.*?)\};", source, re.DOTALL)
    has = re.search(r"static bool upstream_has.*?return true", source, re.DOTALL)
    assert calls is not None and has is not None
    expressible = set(upstream.table().calls)
    assert set(re.findall(r"^\t\.(\w+) = ", calls[1], re.MULTILINE)) == expressible
    assert {n.lower() for n in re.findall(r"KDMA_OP_(\w+):", has[0])} == expressible


def test_the_attributes_in_rust_are_those_of_the_abi() -> None:
    source = (PROJECT / upstream.SOURCE).read_text()
    named = re.findall(r"\((0x\w+), attrs::DMA_ATTR_(\w+)\)", source)
    assert named
    assert all(Attribute[name] == int(value, 16) for value, name in named)
    bare = re.search(r"NO_KERNEL_MAPPING: u64 = (0x\w+);", source)
    assert bare is not None and int(bare[1], 16) == Attribute.NO_KERNEL_MAPPING


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('operations = ["abi_attributes"', 'operations = ["set_mask", "abi_attributes"', "twice"),
        ('rules = ["flags"]', 'rules = ["flag"]', "flag"),
        ('refusal = "dma', 'another = "dma', "another"),
        ("[expressible.set_mask]\ncall", "[expressible.set_mask]\nname", "call"),
        ("upstream = '(", "upstream = '((", "unterminated"),
        ("[rules]", "[rules", "TOMLDecodeError"),
    ],
)
def test_a_table_that_is_wrong_says_so(old: str, new: str, says: str) -> None:
    assert TABLE.count(old) >= 1
    with pytest.raises(KdmaError) as error:
        upstream.read_table(TABLE.replace(old, new, 1))
    assert says in error.value.finding.title
    assert error.value.finding.finding_class == FindingClass.HARNESS


# Programs


def transfer(p: Builder) -> None:
    p.set_mask_and_coherent(mask=0xFFFFFFFF)
    memory = p.alloc_attrs(size=8192, attributes=Attribute.WRITE_COMBINE)
    p.device_fill(length=100, seed=1)
    p.device_write(memory, offset=7, device_offset=0, length=100)
    p.free_attrs(memory)


def test_a_program_of_what_it_has_words_for_is_run() -> None:
    assert why_not(transfer) is None
    assert upstream.able(build(transfer), DIRECT, Driver) == list(Driver)


def failed_allocation(p: Builder) -> None:
    memory = p.alloc_coherent(size=4096)
    memory.expect(Status.ENOMEM)
    p.free_coherent(memory).expect(Status.EINVAL)


def two_sizes(p: Builder) -> None:
    memory = p.alloc_coherent(size=8192)
    p.free_coherent(memory, size=0).expect(Status.EINVAL)
    p.free_coherent(memory)


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (lambda p: p.get_mask(), "reads none"),
        (lambda p: p.set_mask(mask=0xFF00), "lowest bits"),
        (lambda p: p.set_max_seg_size(size=0).expect(Status.EINVAL), "returns nothing"),
        (lambda p: p.abi_version(), "C ABI"),
        (failed_allocation, "no object"),
        (two_sizes, "as it was allocated"),
    ],
)
def test_one_step_without_words_keeps_a_program_from_it(
    write: Callable[[Builder], object], says: str
) -> None:
    def whole(p: Builder) -> None:
        transfer(p)
        write(p)

    program = build(whole)
    reason = upstream.inexpressible(program, DIRECT)
    assert reason is not None and says in reason, reason
    assert Driver.UPSTREAM not in upstream.able(program, DIRECT, Driver)
    assert Driver.RUST in upstream.able(program, DIRECT, Driver)


def test_what_fails_in_one_environment_is_run_in_the_others() -> None:
    def write(p: Builder) -> None:
        p.set_coherent_mask(mask=0xFFFF).expect_where(translates=False, status=Status.EIO)
        memory = p.alloc_coherent(size=4096)
        memory.expect_where(translates=False, status=Status.ENOMEM)
        p.free_coherent(memory)

    program = build(write)
    assert upstream.inexpressible(program, IOMMU) is None
    assert upstream.inexpressible(program, DIRECT) is not None


def test_the_report_counts_what_was_left_out() -> None:
    reading = dataclasses.replace(build(lambda p: p.get_mask()), name="reads")
    limited = dataclasses.replace(build(lambda p: p.addressing_limited()), name="limited")
    lines = upstream.left_out(
        [(reading, DIRECT), (reading, IOMMU), (limited, DIRECT), (build(transfer), DIRECT)]
    )
    assert lines == [
        "2 programs: kernel::dma sets limits of a device and reads none "
        "(kdma_addressing_limited, kdma_get_mask)"
    ]


# Comparing


def run(program: Program) -> Judgement:
    machine = Machine(DIRECT)
    return judge(program, 9, DIRECT, machine.replies(program, 9), tuple(Driver))


def test_a_program_it_cannot_express_is_no_missing_reply() -> None:
    judgement = run(build(lambda p: p.get_mask()))
    assert not judgement.findings
    assert Driver.UPSTREAM not in judgement.drivers


def test_no_reply_to_what_it_can_express_is_a_finding() -> None:
    program = build(transfer)
    replies = Machine(DIRECT).replies(program, 9)
    del replies[Driver.UPSTREAM]
    findings = judge(program, 9, DIRECT, replies, tuple(Driver)).findings
    assert [finding.title for finding in findings] == ["no reply from driver upstream"]


ALLOC = "0000:00:02.0 dir=BIDIRECTIONAL size=16384 flags="


@pytest.mark.parametrize(
    ("native", "seen", "same"),
    [
        ("GFP_KERNEL attrs=", "GFP_KERNEL|__GFP_ZERO attrs=", True),
        (
            "GFP_ATOMIC|__GFP_NOWARN attrs=NO_WARN",
            "GFP_ATOMIC|__GFP_NOWARN|__GFP_ZERO attrs=",
            True,
        ),
        ("GFP_KERNEL attrs=", "GFP_ATOMIC|__GFP_ZERO attrs=", False),
        ("GFP_KERNEL attrs=NO_WARN", "GFP_KERNEL|__GFP_ZERO attrs=", False),
        ("GFP_KERNEL attrs=WRITE_COMBINE", "GFP_KERNEL|__GFP_ZERO attrs=", False),
    ],
)
def test_only_the_differences_of_the_table_are_explained(
    native: str, seen: str, same: bool
) -> None:
    wanted, event = Event("dma_alloc", ALLOC + native), Event("dma_alloc", ALLOC + seen)
    assert (upstream.explain(Driver.UPSTREAM, [wanted], [event]) == [wanted]) is same
    assert upstream.explain(Driver.RUST, [wanted], [event]) == [event]


def test_explaining_adds_no_event_and_takes_none_away() -> None:
    event = Event("dma_alloc", ALLOC + "GFP_KERNEL|__GFP_ZERO attrs=")
    other = Event("dma_free", "0000:00:02.0 size=16384 attrs=")
    assert upstream.explain(Driver.UPSTREAM, [other], [event, other]) == [event, other]
    assert upstream.explain(Driver.UPSTREAM, [event, other], [event]) == [event]


# A kernel crate that moved

RUSTC = """\
  RUSTC [M] kmod/upstream_dma.o
error[E0425]: cannot find value `__GFP_NOWARM` in module `flags`
   --> kmod/upstream_dma.rs:65:44
    |
 65 |         ALLOC_NO_WARN => Ok(known | flags::__GFP_NOWARM),
    |                                            ^^^^^^^^^^^^
    |
   ::: /somewhere/linux/rust/kernel/alloc.rs:114:5
    |
114 |     pub const __GFP_NOWARN: Flags = Flags(bindings::__GFP_NOWARN);
    |     ----------------------------- similarly named constant `__GFP_NOWARN` defined here

error[E0308]: mismatched types
  --> /build/kmod/upstream_dma.rs:89:48
   |
89 |         Allocation::Coherent(memory) => memory.dma_address(1),
   |                                                ^^^^^^^^^^^ expected `u64`, found `u32`

error[E0599]: no method named `x` found
  --> /somewhere/linux/rust/kernel/dma.rs:1:1
   |
1  | x
   | ^

error: aborting due to 3 previous errors
"""


def test_what_rustc_says_of_our_calls_is_api_drift() -> None:
    findings = upstream.api_drift(RUSTC)
    assert [f.finding_class for f in findings] == [FindingClass.API_DRIFT] * 2
    assert [f.where for f in findings] == ["kmod/upstream_dma.rs:65", "kmod/upstream_dma.rs:89"]
    assert "__GFP_NOWARM" in findings[0].title
    assert "rust/kernel/alloc.rs:114" in findings[0].actual
    assert findings[1].actual == "rustc says: expected `u64`, found `u32`"
    assert all(upstream.is_about(finding) for finding in findings)


def test_a_log_without_errors_is_none() -> None:
    assert upstream.api_drift("  RUSTC [M] kmod/upstream_dma.o\n  LD [M] kdma_upstream.ko\n") == []


def test_a_limit_that_a_device_without_parameters_refuses_cannot_be_told() -> None:
    def write(p: Builder) -> None:
        p.set_max_seg_size(size=4096)

    def refused(p: Builder) -> None:
        p.target_no_parameters()
        p.set_max_seg_size(size=4096).expect(Status.EIO)

    assert why_not(write) is None
    assert "a refusal cannot be told" in (why_not(refused) or "")
