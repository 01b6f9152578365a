# SPDX-License-Identifier: GPL-2.0
"""Family: scatterlist. Lists of memory, mapped in one go.

An IOMMU may merge entries into fewer segments, so programs ask for as many
segments as there are entries, and leave it to the native driver how many there
are. Transfers go through the list as one row of bytes, whatever the segments.
"""

from collections.abc import Sequence

from kdma.programs import (
    BIDIRECTIONAL,
    FROM_DEVICE,
    TO_DEVICE,
    U32_MAX,
    Attribute,
    Buffer,
    Builder,
    Direction,
    Flag,
    Status,
    Step,
    allow_faults,
    allow_overflow,
    pattern,
    program,
)

KINDS = {"map_sg_attrs": "sg", "map_sgtable": "sgtable"}
DIRECTIONS = {"reads": TO_DEVICE, "writes": FROM_DEVICE, "reads and writes": BIDIRECTIONAL}
#: Offset in the buffer and size of each entry. No transfer begins at the last
#: byte of a page: QEMU's virtio-iommu looks an access up with one byte more, and
#: may find the page that follows.
SHAPES = {
    "one byte": ((4094, 1),),
    "one page": ((0, 4096),),
    "whole pages": ((0, 1024), (4096, 512), (8192, 768)),
    "a row over a page": ((2048, 2048), (4096, 2048)),
    "pages in reverse": ((12288, 900), (8192, 800), (4096, 700), (0, 600)),
    "odd pieces": ((1, 3), (5000, 129), (8191, 2), (12345, 1001), (77, 13)),
    "an entry over three pages": ((4000, 300), (20000, 2100), (30001, 555)),
    "an end and a start of pages": ((3072, 1024), (8192, 1024)),
}
STATE = "the type says whether the list is mapped"
DIRECTION = "a mapping knows its direction"
Shape = Sequence[tuple[int, int]]


def build(p: Builder, buffer: Buffer, shape: Shape) -> Step:
    """A full list of parts of one buffer."""
    table = p.sg_alloc(capacity=len(shape))
    for offset, size in shape:
        p.sg_add(table, buffer, offset=offset, size=size)
    return table


def map_list(p: Builder, kind: str, table: Step, direction: Direction, attributes: int = 0) -> Step:
    """Maps a list by the functions of one kind."""
    name = "map_sg_attrs" if kind == "sg" else "map_sgtable"
    step: Step = getattr(p, name)(table, direction=direction, attributes=attributes)
    return step


def unmap_list(p: Builder, kind: str, table: Step, **more: int) -> Step:
    """Ends it by its own function, as mapped."""
    step: Step = getattr(p, "unmap_sg_attrs" if kind == "sg" else "unmap_sgtable")(table, **more)
    return step


def walk(p: Builder, table: Step, shape: Shape) -> None:
    """Looks at every segment; there may be fewer than entries."""
    p.sg_segment(table, index=0)
    for index in range(1, len(shape)):
        p.sg_segment(table, index=index).same_as_native()
    p.sg_segment(table, index=len(shape)).expect(Status.EINVAL)


def total(shape: Shape) -> int:
    """Bytes in a list."""
    return sum(size for _, size in shape)


def check_entries(p: Builder, buffer: Buffer, shape: Shape, seed: int) -> None:
    """The buffer holds the device's first bytes, entry by entry."""
    position = 0
    for offset, size in shape:
        p.memory_check(buffer, offset=offset, length=size, seed=pattern(seed, position - offset))
        position += size


def check_device(p: Builder, shape: Shape, seed: int) -> None:
    """The device holds the entries one after the other."""
    position = 0
    for offset, size in shape:
        p.device_check(device_offset=position, length=size, seed=pattern(seed, offset - position))
        position += size


@program("the device reads {shape} by {kind} in the order of the list", kind=KINDS, shape=SHAPES)
def reads(p: Builder, kind: str, shape: Shape) -> None:
    buffer = p.buffer(32768)
    p.memory_fill(buffer, seed=1)
    table = build(p, buffer, shape)
    map_list(p, kind, table, TO_DEVICE)
    walk(p, table, shape)
    p.device_read(table, length=total(shape))
    check_device(p, shape, seed=1)
    unmap_list(p, kind, table)
    p.sg_free(table)


@program("the device writes {shape} by {kind} and nothing beside", kind=KINDS, shape=SHAPES)
def writes(p: Builder, kind: str, shape: Shape) -> None:
    buffer = p.buffer(32768)
    p.memory_fill(buffer, seed=2)
    p.device_fill(length=4096, seed=3)
    table = build(p, buffer, shape)
    map_list(p, kind, table, FROM_DEVICE)
    walk(p, table, shape)
    p.device_write(table, length=total(shape))
    unmap_list(p, kind, table)
    check_entries(p, buffer, shape, seed=3)
    end = 0
    for offset, size in sorted(shape):
        p.memory_check(buffer, offset=end, length=offset - end, seed=2)
        end = offset + size
    p.memory_check(buffer, offset=end, seed=2)
    p.sg_free(table)


@program("an entry lies beyond the first 64 KiB of its memory, by {kind}", kind=KINDS)
def far(p: Builder, kind: str) -> None:
    shape = ((70001, 3000), (200, 900), (140000, 5000))
    buffer = p.buffer(0x28000)
    p.memory_fill(buffer, seed=28)
    table = build(p, buffer, shape)
    map_list(p, kind, table, TO_DEVICE)
    walk(p, table, shape)
    p.device_read(table, length=4096)
    p.device_check(length=3000, seed=pattern(28, shift=70001))
    unmap_list(p, kind, table)
    p.sg_free(table)


@program("a list goes to and fro by {kind}", kind=KINDS)
def bidirectional(p: Builder, kind: str) -> None:
    shape = SHAPES["odd pieces"]
    buffer = p.buffer(16384)
    p.memory_fill(buffer, seed=4)
    table = build(p, buffer, shape)
    map_list(p, kind, table, BIDIRECTIONAL)
    walk(p, table, shape)
    p.device_read(table, length=total(shape))
    check_device(p, shape, seed=4)
    p.device_fill(length=total(shape), seed=5)
    p.device_write(table, length=total(shape))
    unmap_list(p, kind, table)
    check_entries(p, buffer, shape, seed=5)
    p.sg_free(table)


@program("syncs by {kind} hand a whole list over where the device {what}", kind=KINDS,
         what=["reads", "writes", "reads and writes"])  # fmt: skip
def syncs(p: Builder, kind: str, what: str) -> None:
    direction = DIRECTIONS[what]
    shape = SHAPES["odd pieces"]
    buffer = p.buffer(16384)
    p.memory_fill(buffer, seed=6)
    table = build(p, buffer, shape)
    map_list(p, kind, table, direction)
    walk(p, table, shape)
    if direction != TO_DEVICE:
        p.device_fill(length=4096, seed=7)
        p.device_write(table, length=total(shape))
    getattr(p, f"sync_{kind}_for_cpu")(table)
    if direction != TO_DEVICE:
        check_entries(p, buffer, shape, seed=7)
    p.memory_fill(buffer, seed=8)
    getattr(p, f"sync_{kind}_for_device")(table)
    if direction != FROM_DEVICE:
        p.device_read(table, length=total(shape))
        check_device(p, shape, seed=8)
    unmap_list(p, kind, table)
    p.sg_free(table)


@program("bytes stay in the bounce buffer until sync_{kind}_for_cpu", kind=list(KINDS.values()))
def bounce(p: Builder, kind: str) -> None:
    p.only_where(bounces=True, reason="nothing is between CPU and device elsewhere")
    shape = SHAPES["an end and a start of pages"]
    buffer = p.buffer(16384)
    p.memory_fill(buffer, seed=9)
    p.device_fill(length=4096, seed=10)
    table = build(p, buffer, shape)
    map_list(p, kind, table, FROM_DEVICE)
    walk(p, table, shape)
    p.device_write(table, length=total(shape))
    p.memory_check(buffer, seed=9)
    getattr(p, f"sync_{kind}_for_cpu")(table)
    check_entries(p, buffer, shape, seed=10)
    getattr(p, f"sync_{kind}_for_device")(table)
    unmap_list(p, kind, table)
    p.sg_free(table)


@program("a transfer from the middle of a list crosses its segments by {kind}", kind=KINDS)
def middle(p: Builder, kind: str) -> None:
    shape = ((100, 200), (5000, 300), (9000, 400))
    buffer = p.buffer(16384)
    p.memory_fill(buffer, seed=11)
    table = build(p, buffer, shape)
    map_list(p, kind, table, TO_DEVICE)
    walk(p, table, shape)
    p.device_read(table, offset=150, device_offset=1000, length=600)
    p.device_check(device_offset=1000, length=50, seed=pattern(11, 250 - 1000))
    p.device_check(device_offset=1050, length=300, seed=pattern(11, 5000 - 1050))
    p.device_check(device_offset=1350, length=250, seed=pattern(11, 9000 - 1350))
    unmap_list(p, kind, table)
    p.sg_free(table)


@program("an IOMMU merges whole pages into one segment by {kind}", kind=KINDS)
def merges(p: Builder, kind: str) -> None:
    shape = ((8192, 4096), (0, 4096), (16384, 4096), (12288, 100))
    table = build(p, p.buffer(32768), shape)
    mapped = map_list(p, kind, table, TO_DEVICE)
    if kind == "sg":
        mapped.expect(count=4).expect_where(translates=True, count=1)
    first = p.sg_segment(table, index=0)
    first.expect(size=4096).expect_where(translates=True, size=12388)
    for index, size in ((1, 4096), (2, 4096), (3, 100)):
        step = p.sg_segment(table, index=index).expect(size=size)
        step.expect_where(translates=True, status=Status.EINVAL)
    unmap_list(p, kind, table)
    p.sg_free(table)


@program("no segment is larger than the device takes, by {kind}", kind=KINDS)
def largest_segment(p: Builder, kind: str) -> None:
    p.set_max_seg_size(size=8192)
    shape = tuple((page * 4096, 4096) for page in range(4))
    table = build(p, p.buffer(16384), shape)
    mapped = map_list(p, kind, table, FROM_DEVICE)
    if kind == "sg":
        mapped.expect(count=4).expect_where(translates=True, count=2)
    for index in (0, 1):
        step = p.sg_segment(table, index=index).expect(size=4096)
        step.expect_where(translates=True, size=8192)
    for index in (2, 3):
        step = p.sg_segment(table, index=index).expect(size=4096)
        step.expect_where(translates=True, status=Status.EINVAL)
    unmap_list(p, kind, table)
    p.sg_free(table)


@program("no segment crosses the boundary of {boundary} bytes, by {kind}", kind=KINDS,
         boundary=[4096, 8192, 16384])  # fmt: skip
def boundary(p: Builder, kind: str, boundary: int) -> None:
    p.set_seg_boundary(mask=boundary - 1)
    shape = tuple((page * 4096, 4096) for page in (0, 1, 2, 3, 6, 5))
    buffer = p.buffer(32768)
    p.memory_fill(buffer, seed=12)
    table = build(p, buffer, shape)
    mapped = map_list(p, kind, table, TO_DEVICE)
    if kind == "sg":
        mapped.expect(count=6).same_as_native(translates=True)
    walk(p, table, shape)
    p.device_read(table, offset=16384, length=4096)
    p.device_check(length=4096, seed=pattern(12, 24576))
    unmap_list(p, kind, table)
    p.sg_free(table)


@program("a list is mapped again and again, {kind}", kind=KINDS)
def again(p: Builder, kind: str) -> None:
    shape = SHAPES["pages in reverse"]
    buffer = p.buffer(16384)
    table = build(p, buffer, shape)
    for seed, direction in ((13, TO_DEVICE), (14, BIDIRECTIONAL), (15, TO_DEVICE)):
        p.memory_fill(buffer, seed=seed)
        map_list(p, kind, table, direction)
        walk(p, table, shape)
        p.device_read(table, length=total(shape))
        check_device(p, shape, seed=seed)
        unmap_list(p, kind, table)
    p.sg_free(table)


@program("a list mapped with {name} by {kind}", kind=KINDS,
         name=[str(a.name) for a in Attribute if a & 0x3E2])  # fmt: skip
def attributes(p: Builder, kind: str, name: str) -> None:
    attribute = Attribute[name]
    p.needs_attribute(attribute)
    shape = ((64, 128), (4096, 256), (8256, 192))
    buffer = p.buffer(16384)
    p.memory_fill(buffer, seed=16)
    table = build(p, buffer, shape)
    mapped = map_list(p, kind, table, TO_DEVICE, attribute)
    if attribute == Attribute.REQUIRE_COHERENT:
        mapped.expect_where(bounces=True, status=Status.EMAPPING)
        allow_overflow(p, "mask-32bit")
    for index in range(3):
        p.sg_segment(table, index=index)
    read = p.device_read(table, length=total(shape))
    if attribute == Attribute.SKIP_CPU_SYNC:
        read.same_as_native()
    position = 0
    for offset, size in shape:
        check = p.device_check(
            device_offset=position, length=size, seed=pattern(16, offset - position)
        )
        if attribute in (Attribute.REQUIRE_COHERENT, Attribute.SKIP_CPU_SYNC):
            check.same_as_native(bounces=True)
        position += size
    unmap_list(p, kind, table)
    p.sg_free(table)


@program("attributes {bits}, which mappings do not take, are refused by {kind}", kind=KINDS,
         bits=[int(Attribute.WRITE_COMBINE), int(Attribute.MMIO), 1 << 63])  # fmt: skip
def wrong_attributes(p: Builder, kind: str, bits: int) -> None:
    table = build(p, p.buffer(4096), ((11, 22),))
    step = getattr(p, f"map_{'sg_attrs' if kind == 'sg' else 'sgtable'}")(
        table, direction=TO_DEVICE, attributes=bits
    )
    step.expect(Status.EINVAL).inexpressible_in_safe_rust("attributes are a type")
    p.sg_free(table)


@program("unmapping a list by {kind} without a sync", kind=KINDS)
def without_sync(p: Builder, kind: str) -> None:
    shape = ((0, 512), (4096, 1024))
    buffer = p.buffer(8192)
    p.memory_fill(buffer, seed=17)
    p.device_fill(length=2048, seed=18)
    table = build(p, buffer, shape)
    map_list(p, kind, table, FROM_DEVICE)
    walk(p, table, shape)
    p.device_write(table, length=1536)
    unmap_list(p, kind, table, attributes=Attribute.SKIP_CPU_SYNC)
    for offset, size, position in ((0, 512, 0), (4096, 1024, 512)):
        check = p.memory_check(
            buffer, offset=offset, length=size, seed=pattern(18, position - offset)
        )
        check.same_as_native(bounces=True)
    p.sg_free(table)


@program("a list of two with {entries} entries is not mapped by {kind}", kind=KINDS, entries=[0, 1])
def incomplete(p: Builder, kind: str, entries: int) -> None:
    table = p.sg_alloc(capacity=2)
    buffer = p.buffer(4096)
    for index in range(entries):
        p.sg_add(table, buffer, offset=64 * index, size=32)
    map_list(p, kind, table, TO_DEVICE).expect(Status.EINVAL)
    p.sg_free(table)


@program("a list of {capacity} entries is refused", capacity=[0, 0x10001, U32_MAX])
def capacities(p: Builder, capacity: int) -> None:
    table = p.sg_alloc(capacity=capacity).expect(Status.EINVAL)
    if capacity:
        table.inexpressible_in_safe_rust("a list is as long as its array")


@program("the longest list can be made with {flags}", flags=[0, 2])
def longest(p: Builder, flags: int) -> None:
    table = p.sg_alloc(capacity=0x10000, flags=flags)
    table.inexpressible_in_safe_rust("a list is as long as its array")
    p.sg_free(table).inexpressible_in_safe_rust("there is no list")


@program("a list is made with the flags {flags}", flags={"ATOMIC": 1, "NO_WARN": 2, "both": 3})
def flags(p: Builder, flags: int) -> None:
    table = p.sg_alloc(capacity=3, flags=Flag(flags))
    p.sg_free(table)


@program("an unknown flag is refused for a list")
def unknown_flag(p: Builder) -> None:
    table = p.sg_alloc(capacity=1, flags=4)
    table.expect(Status.EINVAL).inexpressible_in_safe_rust("flags are a type")


@program("a full list takes no more, and no entry is empty")
def too_many(p: Builder) -> None:
    buffer = p.buffer(8192)
    table = p.sg_alloc(capacity=2)
    p.sg_add(table, buffer, offset=0, size=0).expect(Status.EINVAL)
    p.sg_add(table, buffer, offset=100, size=10)
    p.sg_add(table, buffer, offset=200, size=20)
    p.sg_add(table, buffer, offset=300, size=30).expect(Status.EINVAL)
    p.map_sg_attrs(table, direction=TO_DEVICE).expect(count=2)
    p.sg_segment(table, index=1).expect(size=20)
    p.unmap_sg_attrs(table)
    p.sg_free(table)


@program("a mapped list is not changed, mapped again or freed by {kind}", kind=KINDS)
def while_mapped(p: Builder, kind: str) -> None:
    buffer = p.buffer(8192)
    table = build(p, buffer, ((10, 20), (4100, 30)))
    map_list(p, kind, table, BIDIRECTIONAL)
    other = "sgtable" if kind == "sg" else "sg"
    for step in (
        p.sg_add(table, buffer, offset=500, size=50),
        p.map_sg_attrs(table, direction=BIDIRECTIONAL),
        p.map_sgtable(table, direction=BIDIRECTIONAL),
        p.sg_free(table),
        unmap_list(p, kind, table, direction=TO_DEVICE),
        unmap_list(p, kind, table, attributes=Attribute.NO_WARN),
        unmap_list(p, other, table),
    ):
        step.expect(Status.EINVAL).inexpressible_in_safe_rust(STATE)
    unmap_list(p, kind, table)
    p.sg_free(table)


@program("a list mapped by {kind} without a sync is not unmapped with one", kind=KINDS)
def with_a_sync(p: Builder, kind: str) -> None:
    table = build(p, p.buffer(4096), ((10, 20),))
    map_list(p, kind, table, TO_DEVICE, Attribute.SKIP_CPU_SYNC)
    unmap_list(p, kind, table, attributes=0).expect(Status.EINVAL).inexpressible_in_safe_rust(STATE)
    unmap_list(p, kind, table, attributes=Attribute.SKIP_CPU_SYNC)
    p.sg_free(table)


@program("a list that is not mapped is not used by {kind}", kind=list(KINDS.values()))
def while_unmapped(p: Builder, kind: str) -> None:
    table = build(p, p.buffer(4096), ((10, 20),))
    for step in (
        unmap_list(p, kind, table, direction=TO_DEVICE),
        getattr(p, f"sync_{kind}_for_cpu")(table, direction=TO_DEVICE),
        getattr(p, f"sync_{kind}_for_device")(table, direction=TO_DEVICE),
        p.sg_segment(table, index=0),
    ):
        step.expect(Status.EINVAL).inexpressible_in_safe_rust(STATE)
    p.sg_free(table)


@program("an unknown direction {direction} is refused by {kind}", kind=KINDS,
         direction=[0, 4, U32_MAX])  # fmt: skip
def unknown_direction(p: Builder, kind: str, direction: int) -> None:
    table = build(p, p.buffer(4096), ((30, 40),))
    name = "map_sg_attrs" if kind == "sg" else "map_sgtable"
    step = getattr(p, name)(table, direction=direction)
    step.expect(Status.EINVAL).inexpressible_in_safe_rust(DIRECTION)
    p.sg_free(table)


@program("a sync by {kind} in another direction is refused", kind=list(KINDS.values()))
def wrong_direction(p: Builder, kind: str) -> None:
    table = build(p, p.buffer(4096), ((50, 60),))
    map_list(p, kind, table, FROM_DEVICE)
    for who in ("cpu", "device"):
        step = getattr(p, f"sync_{kind}_for_{who}")(table, direction=TO_DEVICE)
        step.expect(Status.EINVAL).inexpressible_in_safe_rust(DIRECTION)
    unmap_list(p, kind, table)
    p.sg_free(table)


@program("an entry larger than a bounce buffer fails by {kind}", kind=KINDS)
def too_large(p: Builder, kind: str) -> None:
    p.set_max_seg_size(size=0x100000)
    table = build(p, p.buffer(0x100000), ((4096, 8192), (16384, 524288)))
    mapped = map_list(p, kind, table, TO_DEVICE, Attribute.NO_WARN)
    mapped.expect_where(bounces=True, status=Status.EMAPPING)
    p.sg_segment(table, index=0)
    unmap_list(p, kind, table)
    p.sg_free(table)


@program("what {count} programs of lists left behind is released", count=[1, 2, 3])
def leftover(p: Builder, count: int) -> None:
    buffer = p.buffer(16384)
    for index in range(count):
        table = build(p, buffer, ((4096 * index, 100), (4096 * index + 1000, 200)))
        if index:
            map_list(p, "sg" if index == 1 else "sgtable", table, TO_DEVICE)
    p.expect_leftover(count)


@program("an IOMMU keeps the device from the bytes of an unmapped list")
def after_unmap(p: Builder) -> None:
    p.only_where(translates=True, reason="without an IOMMU nothing stops the device")
    shape = ((0, 100), (4096, 200))
    buffer = p.buffer(8192)
    allow_faults(p)
    p.memory_fill(buffer, seed=19)
    p.device_fill(length=300, seed=20)
    table = build(p, buffer, shape)
    p.map_sgtable(table, direction=FROM_DEVICE)
    walk(p, table, shape)
    p.unmap_sgtable(table)
    p.device_write(table, length=300)
    p.memory_check(buffer, seed=19)
    p.sg_free(table)


@program("memory of kmalloc is listed like any other by {kind}", kind=KINDS)
def slab(p: Builder, kind: str) -> None:
    first, second = p.slab_buffer(1000), p.slab_buffer(2000)
    p.memory_fill(first, seed=21)
    p.memory_fill(second, seed=22)
    table = p.sg_alloc(capacity=2)
    p.sg_add(table, second, offset=24, size=1500)
    p.sg_add(table, first, offset=8, size=900)
    map_list(p, kind, table, TO_DEVICE)
    walk(p, table, ((24, 1500), (8, 900)))
    p.device_read(table, length=2400)
    p.device_check(length=1500, seed=pattern(22, 24))
    p.device_check(device_offset=1500, length=900, seed=pattern(21, 8 - 1500))
    unmap_list(p, kind, table)
    p.sg_free(table)
