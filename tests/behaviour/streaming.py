# SPDX-License-Identifier: GPL-2.0
"""Family: streaming. Memory that is lent to the device for a while."""

from typing import Any

from kdma.programs import (
    BIDIRECTIONAL,
    FROM_DEVICE,
    TO_DEVICE,
    U32_MAX,
    ZEROS,
    Attribute,
    Buffer,
    Builder,
    Flag,
    Status,
    Step,
    allow_faults,
    allow_overflow,
    pattern,
    program,
)

KINDS = ("single", "single_attrs", "page", "page_attrs", "phys")
KINDS_WITH_ATTRIBUTES = ("single_attrs", "page_attrs", "phys")
SIZES = [1, 2, 3, 7, 8, 63, 64, 65, 511, 512, 1000, 2048, 4095, 4096]
SOME_SIZES = [1, 65, 1000, 4096]
DIRECTIONS = {
    "to the device": TO_DEVICE,
    "from the device": FROM_DEVICE,
    "both ways": BIDIRECTIONAL,
}

NO_DIRECTION_LIKE_THAT = "directions are types"
NOT_OF_MAPPINGS = "attributes of mappings are a type of their own"
AS_MAPPED = "a mapping knows by itself how it was made"

#: What Intel's IOMMU says about an access it did not let through, once for each.
FAULT = r"DMAR: \[DMA (Read|Write)"
INTEL = ("iommu-strict", "iommu-lazy")


def map_by(p: Builder, kind: str, buffer: Buffer, **arguments: Any) -> Step:
    """Maps through the function called kdma_map_`kind`."""
    step: Step = getattr(p, f"map_{kind}")(buffer, **arguments)
    return step


def unmap_by(p: Builder, kind: str, mapping: Step, **arguments: int) -> Step:
    """Unmaps through the function called kdma_unmap_`kind`."""
    step: Step = getattr(p, f"unmap_{kind}")(mapping, **arguments)
    return step


def expect_fault(p: Builder) -> None:
    """Behind an IOMMU the device tries something it may not do, once."""
    p.expect_log(FAULT, INTEL)
    allow_faults(p)


def to_device(p: Builder, kind: str, size: int) -> None:
    offset = 37 + size % 61
    device_offset = min(23, 4096 - size)
    buffer = p.buffer(8192)
    p.memory_fill(buffer, seed=1)
    p.device_fill(length=4096, seed=2)
    mapping = map_by(p, kind, buffer, offset=offset, size=size, direction=TO_DEVICE)
    p.mapping_error(mapping)
    p.device_read(mapping, device_offset=device_offset, length=size)
    unmap_by(p, kind, mapping)
    after = device_offset + size
    p.device_check(length=device_offset, seed=2)
    p.device_check(
        device_offset=device_offset, length=size, seed=pattern(1, shift=offset - device_offset)
    )
    p.device_check(device_offset=after, length=4096 - after, seed=2)
    p.memory_check(buffer, seed=1)


def from_device(p: Builder, kind: str, size: int) -> None:
    offset = 4096 - 5 - size % 59
    device_offset = min(31, 4096 - size)
    buffer = p.buffer(8192)
    p.memory_fill(buffer, seed=3)
    p.device_fill(length=4096, seed=4)
    mapping = map_by(p, kind, buffer, offset=offset, size=size, direction=FROM_DEVICE)
    p.mapping_error(mapping)
    p.device_write(mapping, device_offset=device_offset, length=size)
    unmap_by(p, kind, mapping)
    p.memory_check(buffer, length=offset, seed=3)
    p.memory_check(
        buffer, offset=offset, length=size, seed=pattern(4, shift=device_offset - offset)
    )
    p.memory_check(buffer, offset=offset + size, seed=3)


@program("map_single carries {size} bytes from the CPU to the device", size=SIZES)
def single_to_device(p: Builder, size: int) -> None:
    to_device(p, "single", size)


@program("map_single carries {size} bytes from the device to the CPU", size=SIZES)
def single_from_device(p: Builder, size: int) -> None:
    from_device(p, "single", size)


@program(
    "map_{kind} carries {size} bytes from the CPU to the device",
    kind=KINDS[1:],
    size=SOME_SIZES,
)
def others_to_device(p: Builder, kind: str, size: int) -> None:
    to_device(p, kind, size)


@program(
    "map_{kind} carries {size} bytes from the device to the CPU",
    kind=KINDS[1:],
    size=SOME_SIZES,
)
def others_from_device(p: Builder, kind: str, size: int) -> None:
    from_device(p, kind, size)


@program("map_{kind} carries bytes both ways in one mapping", kind=KINDS)
def both_ways(p: Builder, kind: str) -> None:
    buffer = p.buffer(16384)
    p.memory_fill(buffer, seed=5)
    mapping = map_by(p, kind, buffer, offset=2051, size=9001, direction=BIDIRECTIONAL)
    p.device_read(mapping, offset=4500, device_offset=77, length=3333)
    p.device_check(device_offset=77, length=3333, seed=pattern(5, shift=6474))
    p.device_fill(length=4096, seed=6)
    p.device_write(mapping, offset=1801, device_offset=300, length=2700)
    unmap_by(p, kind, mapping)
    p.memory_check(buffer, length=3852, seed=5)
    p.memory_check(buffer, offset=3852, length=2700, seed=pattern(6, shift=-3552))
    p.memory_check(buffer, offset=6552, seed=5)


@program("what the device does not write to a mapping stays as it was")
def partial_write(p: Builder) -> None:
    buffer = p.buffer(8192)
    p.memory_fill(buffer, seed=7)
    p.device_fill(length=4096, seed=8)
    mapping = p.map_single(buffer, offset=100, size=6000, direction=FROM_DEVICE)
    p.device_write(mapping, offset=2500, device_offset=1500, length=800)
    p.unmap_single(mapping)
    p.memory_check(buffer, length=2600, seed=7)
    p.memory_check(buffer, offset=2600, length=800, seed=pattern(8, shift=-1100))
    p.memory_check(buffer, offset=3400, seed=7)


@program("memory of the slab is mapped by map_{kind}", kind=KINDS)
def slab(p: Builder, kind: str) -> None:
    buffer = p.slab_buffer(1024)
    p.memory_fill(buffer, seed=9)
    mapping = map_by(p, kind, buffer, offset=256, size=512, direction=BIDIRECTIONAL)
    p.device_read(mapping, offset=3, device_offset=400, length=500)
    p.device_check(device_offset=400, length=500, seed=pattern(9, shift=-141))
    p.device_fill(length=512, seed=10)
    p.device_write(mapping, offset=64, device_offset=17, length=99)
    unmap_by(p, kind, mapping)
    p.memory_check(buffer, length=320, seed=9)
    p.memory_check(buffer, offset=320, length=99, seed=pattern(10, shift=-303))
    p.memory_check(buffer, offset=419, seed=9)


@program("every argument of map_{kind} has a value of its own", kind=KINDS)
def own_values(p: Builder, kind: str) -> None:
    buffers = [p.buffer(4096 * (n + 1)) for n in range(6)]
    for buffer in buffers:
        p.memory_fill(buffer, seed=20 + buffer.number)
    other = p.map_single(buffers[1], offset=640, size=1280, direction=FROM_DEVICE)
    mapping = map_by(p, kind, buffers[4], offset=5432, size=1789, direction=TO_DEVICE)
    p.device_read(mapping, offset=1234, device_offset=321, length=555)
    p.device_check(device_offset=321, length=555, seed=pattern(24, shift=6345))
    p.device_fill(device_offset=321, length=555, seed=30)
    p.device_write(other, offset=768, device_offset=400, length=256)
    unmap_by(p, kind, mapping)
    p.unmap_single(other)
    p.memory_check(buffers[1], length=1408, seed=21)
    p.memory_check(buffers[1], offset=1408, length=256, seed=pattern(30, shift=-1008))
    p.memory_check(buffers[1], offset=1664, seed=21)
    for buffer in (buffers[0], *buffers[2:]):
        p.memory_check(buffer, seed=20 + buffer.number)


@program("a mapping may cross many pages and be {size} bytes large", size=[65536, 262144])
def large(p: Builder, size: int) -> None:
    buffer = p.buffer(size)
    p.memory_fill(buffer, seed=40)
    mapping = p.map_single(buffer, size=size, direction=BIDIRECTIONAL)
    for offset in (0, 20001, size - 4096):
        p.device_read(mapping, offset=offset, length=4096)
        p.device_check(length=4096, seed=pattern(40, shift=offset))
    p.device_fill(length=4096, seed=41)
    p.device_write(mapping, offset=size - 6000, length=4096)
    p.unmap_single(mapping)
    p.memory_check(buffer, length=size - 6000, seed=40)
    p.memory_check(buffer, offset=size - 6000, length=4096, seed=pattern(41, shift=6000 - size))
    p.memory_check(buffer, offset=size - 1904, seed=40)


@program("a mapping larger than bounce buffers fails where they are needed")
def too_large_to_bounce(p: Builder) -> None:
    p.expect_log(r"swiotlb buffer is full", bounces=True)
    buffer = p.buffer(1 << 20)
    p.memory_fill(buffer, length=4096, seed=42)
    mapping = p.map_single(buffer, size=1 << 20, direction=TO_DEVICE)
    mapping.expect_where(bounces=True, status=Status.EMAPPING)
    p.mapping_error(mapping)
    p.device_read(mapping, offset=12, length=1000)
    p.device_check(length=1000, seed=pattern(42, shift=12)).same_as_native(bounces=True)
    p.unmap_single(mapping)


@program("NO_WARN keeps map_{kind} quiet when it fails", kind=KINDS_WITH_ATTRIBUTES)
def fails_quietly(p: Builder, kind: str) -> None:
    buffer = p.buffer(1 << 20)
    mapping = map_by(
        p, kind, buffer, size=1 << 20, direction=BIDIRECTIONAL, attributes=Attribute.NO_WARN
    )
    mapping.expect_where(bounces=True, status=Status.EMAPPING)
    p.mapping_error(mapping)
    unmap_by(p, kind, mapping)
    # A failure takes no bounce buffer away.
    small = map_by(p, kind, buffer, size=4096, direction=BIDIRECTIONAL)
    unmap_by(p, kind, small)


@program("{count} mappings are alive at once", count=[100, 1000])
def many(p: Builder, count: int) -> None:
    buffer = p.buffer(64 * count)
    p.memory_fill(buffer, seed=43)
    mappings = [
        p.map_single(buffer, offset=64 * n + 8, size=48, direction=BIDIRECTIONAL)
        for n in range(count)
    ]
    p.device_fill(length=4096, seed=44)
    p.device_write(mappings[count // 3], offset=5, device_offset=6, length=7)
    p.device_read(mappings[-1], device_offset=100, length=48)
    p.device_check(device_offset=100, length=48, seed=pattern(43, shift=64 * (count - 1) - 92))
    for mapping in (*mappings[::2], *reversed(mappings[1::2])):
        p.unmap_single(mapping)
    changed = 64 * (count // 3) + 13
    p.memory_check(buffer, length=changed, seed=43)
    p.memory_check(buffer, offset=changed, length=7, seed=pattern(44, shift=6 - changed))
    p.memory_check(buffer, offset=changed + 7, seed=43)


@program("the same memory is mapped again and again by map_{kind}", kind=KINDS)
def again(p: Builder, kind: str) -> None:
    buffer = p.buffer(8192)
    mapping: Step | None = None
    for turn in range(8):
        p.memory_fill(buffer, seed=50 + turn)
        reuse: dict[str, Any] = {} if mapping is None else {"slot": mapping}
        mapping = map_by(
            p, kind, buffer, offset=turn * 500, size=700 + turn, direction=TO_DEVICE, **reuse
        )
        p.device_read(mapping, offset=turn, length=600)
        p.device_check(length=600, seed=pattern(50 + turn, shift=turn * 501))
        unmap_by(p, kind, mapping)


@program("all kinds of mappings are alive side by side")
def side_by_side(p: Builder) -> None:
    buffer = p.buffer(20480)
    p.memory_fill(buffer, seed=60)
    mappings = [
        map_by(p, kind, buffer, offset=4096 * n + 128, size=1000 + n, direction=TO_DEVICE)
        for n, kind in enumerate(KINDS)
    ]
    memory = p.alloc_coherent(size=4096)
    for n, mapping in enumerate(mappings):
        p.device_read(mapping, offset=n, device_offset=700 * n, length=650)
    for n in range(len(KINDS)):
        p.device_check(device_offset=700 * n, length=650, seed=pattern(60, shift=3397 * n + 128))
    for kind, mapping in reversed(list(zip(KINDS, mappings, strict=True))):
        unmap_by(p, kind, mapping)
    p.free_coherent(memory)


@program("the same memory mapped twice to the device has addresses of its own where it matters")
def mapped_twice(p: Builder) -> None:
    owned = "memory is lent once at a time"
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=61)
    first = p.map_single(buffer, offset=200, size=400, direction=TO_DEVICE)
    second = p.map_page(buffer, offset=200, size=300, direction=TO_DEVICE)
    second.inexpressible_in_safe_rust(owned)
    p.device_read(first, offset=10, length=200)
    p.device_check(length=200, seed=pattern(61, shift=210))
    p.unmap_page(second).inexpressible_in_safe_rust(owned)
    p.device_read(first, offset=20, length=200)
    p.device_check(length=200, seed=pattern(61, shift=220))
    p.unmap_single(first)


@program("the platform device maps by map_{kind}", kind=KINDS)
def platform(p: Builder, kind: str) -> None:
    p.target_platform()
    buffer = p.buffer(8192)
    p.memory_fill(buffer, seed=62)
    mapping = map_by(p, kind, buffer, offset=1111, size=2222, direction=BIDIRECTIONAL)
    p.mapping_error(mapping)
    p.device_read(mapping, length=8).expect(Status.ENOTSUPP)
    unmap_by(p, kind, mapping)
    p.memory_check(buffer, seed=62)


# Attributes


@program(
    "map_{kind} with {attributes} carries bytes both ways",
    kind=KINDS_WITH_ATTRIBUTES,
    attributes={
        "NO_WARN": Attribute.NO_WARN,
        "PRIVILEGED": Attribute.PRIVILEGED,
        "WEAK_ORDERING": Attribute.WEAK_ORDERING,
        "all three": Attribute.NO_WARN | Attribute.PRIVILEGED | Attribute.WEAK_ORDERING,
    },
)
def attributes(p: Builder, kind: str, attributes: int) -> None:
    buffer = p.buffer(8192)
    p.memory_fill(buffer, seed=70)
    mapping = map_by(
        p, kind, buffer, offset=333, size=5555, direction=BIDIRECTIONAL, attributes=attributes
    )
    p.device_read(mapping, offset=44, device_offset=55, length=3666)
    p.device_check(device_offset=55, length=3666, seed=pattern(70, shift=322))
    p.device_fill(length=4096, seed=71)
    p.device_write(mapping, offset=1111, device_offset=222, length=3003)
    unmap_by(p, kind, mapping)
    p.memory_check(buffer, length=1444, seed=70)
    p.memory_check(buffer, offset=1444, length=3003, seed=pattern(71, shift=-1222))
    p.memory_check(buffer, offset=4447, seed=70)


@program(
    "map_{kind} takes DEBUGGING_IGNORE_CACHELINES where the kernel has it",
    kind=KINDS_WITH_ATTRIBUTES,
)
def ignore_cachelines(p: Builder, kind: str) -> None:
    wanted = Attribute.DEBUGGING_IGNORE_CACHELINES
    p.needs_attribute(wanted)
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=72)
    # Two mappings that share a cache line, which dma-debug reports otherwise.
    first = map_by(p, kind, buffer, size=80, direction=FROM_DEVICE, attributes=wanted)
    second = map_by(p, kind, buffer, offset=80, size=80, direction=FROM_DEVICE, attributes=wanted)
    p.device_fill(length=4096, seed=73)
    p.device_write(first, device_offset=1, length=70)
    p.device_write(second, device_offset=2, length=60)
    unmap_by(p, kind, first)
    unmap_by(p, kind, second)
    p.memory_check(buffer, length=70, seed=pattern(73, shift=1))
    p.memory_check(buffer, offset=70, length=10, seed=72)
    p.memory_check(buffer, offset=80, length=60, seed=pattern(73, shift=-78))
    p.memory_check(buffer, offset=140, seed=72)


@program(
    "map_{kind} with REQUIRE_COHERENT fails rather than bounces",
    kind=KINDS_WITH_ATTRIBUTES,
)
def require_coherent(p: Builder, kind: str) -> None:
    p.needs_attribute(Attribute.REQUIRE_COHERENT)
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=74)
    mapping = map_by(
        p,
        kind,
        buffer,
        offset=96,
        size=2000,
        direction=TO_DEVICE,
        attributes=Attribute.REQUIRE_COHERENT,
    )
    mapping.expect_where(bounces=True, status=Status.EMAPPING)
    allow_overflow(p, "mask-32bit")
    p.mapping_error(mapping)
    p.device_read(mapping, offset=4, length=1000)
    p.device_check(length=1000, seed=pattern(74, shift=100)).same_as_native(bounces=True)
    unmap_by(p, kind, mapping)


@program("memory mapped as MMIO is never bounced")
def mmio(p: Builder) -> None:
    p.needs_attribute(Attribute.MMIO)
    # It is RAM all the same, and dma-debug sees that.
    p.allow_dma_debug("called for RAM address")
    buffer = p.buffer(8192)
    p.memory_fill(buffer, seed=75)
    mapping = p.map_phys(
        buffer, offset=2048, size=4096, direction=BIDIRECTIONAL, attributes=Attribute.MMIO
    )
    mapping.expect_where(bounces=True, status=Status.EMAPPING)
    p.device_read(mapping, offset=24, length=500)
    p.device_check(length=500, seed=pattern(75, shift=2072)).same_as_native(bounces=True)
    p.unmap_phys(mapping)


@program("SKIP_CPU_SYNC on both ends of map_{kind} leaves the bounced bytes", kind=KINDS[1::2])
def skip_both(p: Builder, kind: str) -> None:
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=76)
    mapping = map_by(
        p,
        kind,
        buffer,
        offset=512,
        size=1024,
        direction=BIDIRECTIONAL,
        attributes=Attribute.SKIP_CPU_SYNC,
    )
    p.device_fill(length=4096, seed=77)
    p.device_write(mapping, offset=100, device_offset=50, length=800)
    unmap_by(p, kind, mapping)
    changed_unless_bounced(p, buffer, offset=612, length=800, old=76, new=pattern(77, shift=-562))


@program(
    "SKIP_CPU_SYNC at the end of map_{kind} alone leaves them, too", kind=KINDS_WITH_ATTRIBUTES
)
def skip_at_unmap(p: Builder, kind: str) -> None:
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=78)
    mapping = map_by(
        p,
        kind,
        buffer,
        offset=1024,
        size=900,
        direction=FROM_DEVICE,
        attributes=Attribute.WEAK_ORDERING,
    )
    p.device_fill(length=4096, seed=79)
    p.device_write(mapping, offset=9, device_offset=90, length=808)
    unmap_by(p, kind, mapping, attributes=Attribute.WEAK_ORDERING | Attribute.SKIP_CPU_SYNC)
    changed_unless_bounced(p, buffer, offset=1033, length=808, old=78, new=pattern(79, shift=-943))


def changed_unless_bounced(
    p: Builder, buffer: Buffer, *, offset: int, length: int, old: int, new: int
) -> None:
    """The device's bytes are there, except where nobody copied them back."""
    p.memory_check(buffer, length=offset, seed=old)
    p.memory_check(buffer, offset=offset, length=length, seed=new).same_as_native(bounces=True)
    p.memory_check(buffer, offset=offset, length=length, seed=old).same_as_native(bounces=False)
    p.memory_check(buffer, offset=offset + length, seed=old)


@program("a sync brings the bytes that SKIP_CPU_SYNC leaves")
def skip_and_sync(p: Builder) -> None:
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=80)
    mapping = p.map_single_attrs(
        buffer,
        offset=128,
        size=2560,
        direction=BIDIRECTIONAL,
        attributes=Attribute.SKIP_CPU_SYNC,
    )
    p.device_fill(length=4096, seed=81)
    p.device_write(mapping, offset=30, device_offset=3, length=2000)
    p.sync_single_for_cpu(mapping)
    p.memory_check(buffer, length=158, seed=80)
    p.memory_check(buffer, offset=158, length=2000, seed=pattern(81, shift=-155))
    p.memory_check(buffer, offset=2158, seed=80)
    p.memory_fill(buffer, offset=128, length=2560, seed=82)
    p.sync_single_for_device(mapping)
    p.device_read(mapping, offset=70, device_offset=700, length=2222)
    p.device_check(device_offset=700, length=2222, seed=pattern(82, shift=-502))
    p.unmap_single_attrs(mapping)
    p.memory_check(buffer, offset=128, length=2560, seed=82)


# What the ABI refuses


@program("map_{kind} refuses no bytes", kind=KINDS)
def no_bytes(p: Builder, kind: str) -> None:
    buffer = p.buffer(4096)
    mapping = map_by(p, kind, buffer, offset=17, size=0, direction=TO_DEVICE)
    mapping.expect(Status.EINVAL)
    mapping = map_by(p, kind, buffer, offset=17, size=18, direction=TO_DEVICE, slot=mapping)
    wrong = unmap_by(p, kind, mapping, size=0)
    wrong.expect(Status.EINVAL).inexpressible_in_safe_rust(AS_MAPPED)
    p.mapping_error(mapping)
    unmap_by(p, kind, mapping)


@program("map_{kind} refuses directions that there are not", kind=KINDS)
def no_such_direction(p: Builder, kind: str) -> None:
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=83)
    mapping = None
    for direction in (0, 4, U32_MAX):
        reuse: dict[str, Any] = {} if mapping is None else {"slot": mapping}
        mapping = map_by(p, kind, buffer, size=100, direction=direction, **reuse)
        mapping.expect(Status.EINVAL).inexpressible_in_safe_rust(NO_DIRECTION_LIKE_THAT)
    assert mapping is not None
    mapping = map_by(p, kind, buffer, size=100, direction=FROM_DEVICE, slot=mapping)
    for direction in (0, 4, U32_MAX):
        wrong = unmap_by(p, kind, mapping, direction=direction)
        wrong.expect(Status.EINVAL).inexpressible_in_safe_rust(AS_MAPPED)
    p.device_fill(length=100, seed=84)
    p.device_write(mapping, length=100)
    unmap_by(p, kind, mapping)
    p.memory_check(buffer, length=100, seed=84)
    p.memory_check(buffer, offset=100, seed=83)


@program(
    "map_{kind} does not take {attributes}",
    cases=[
        {"kind": kind, "attributes": name}
        for kind in KINDS_WITH_ATTRIBUTES
        for name in ("FORCE_CONTIGUOUS", "NO_KERNEL_MAPPING", "WRITE_COMBINE")
    ]
    + [{"kind": kind, "attributes": "MMIO"} for kind in ("single_attrs", "page_attrs")],
)
def foreign_attributes(p: Builder, kind: str, attributes: str) -> None:
    refused_attributes(p, kind, Attribute[attributes])


@program(
    "map_{kind} refuses the unknown attribute {attributes}",
    kind=KINDS_WITH_ATTRIBUTES,
    attributes={"0x800": 0x800, "of the highest bit": 1 << 63},
)
def unknown_attributes(p: Builder, kind: str, attributes: int) -> None:
    refused_attributes(p, kind, attributes)


def refused_attributes(p: Builder, kind: str, attributes: int) -> None:
    buffer = p.buffer(4096)
    good: dict[str, Any] = {"offset": 64, "size": 200, "direction": TO_DEVICE}
    both = attributes | Attribute.NO_WARN
    mapping = map_by(p, kind, buffer, **good, attributes=both)
    mapping.expect(Status.EINVAL).inexpressible_in_safe_rust(NOT_OF_MAPPINGS)
    mapping = map_by(p, kind, buffer, **good, attributes=Attribute.NO_WARN, slot=mapping)
    wrong = unmap_by(p, kind, mapping, attributes=both)
    wrong.expect(Status.EINVAL).inexpressible_in_safe_rust(AS_MAPPED)
    p.mapping_error(mapping)
    unmap_by(p, kind, mapping)


@program("what was not mapped is not there to unmap")
def failed_slot(p: Builder) -> None:
    memory = p.alloc_coherent(size=1 << 40, flags=Flag.ATOMIC | Flag.NO_WARN).expect(Status.ENOMEM)
    p.device_read(memory, length=64).expect(Status.EINVAL)
    p.device_write(memory, offset=4096, length=64).expect(Status.EINVAL)
    p.free_coherent(memory)


@program("mappings that a program leaves behind are released")
def left_behind(p: Builder) -> None:
    buffer = p.buffer(4096 * len(KINDS))
    for n, kind in enumerate(KINDS):
        map_by(p, kind, buffer, offset=4096 * n, size=2000 + n, direction=BIDIRECTIONAL)
    p.expect_leftover(len(KINDS))


# What the device must not do: controls that show whether somebody watches


@program("the device writes after unmap_{kind}", kind=KINDS)
def write_after_unmap(p: Builder, kind: str) -> None:
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=90)
    expect_fault(p)
    mapping = map_by(p, kind, buffer, offset=256, size=512, direction=FROM_DEVICE)
    p.device_fill(length=4096, seed=91)
    p.device_write(mapping, length=512)
    unmap_by(p, kind, mapping)
    p.memory_check(buffer, offset=256, length=512, seed=pattern(91, shift=-256))
    p.device_fill(length=4096, seed=92)
    p.device_write(mapping, length=512)
    blocked = p.memory_check(buffer, offset=256, length=512, seed=pattern(91, shift=-256))
    # Without a guard it lands in the buffer, or in a bounce buffer given back.
    blocked.same_as_native(translates=False, bounces=False)
    landed = p.memory_check(buffer, offset=256, length=512, seed=pattern(92, shift=-256))
    landed.same_as_native(translates=True).same_as_native(bounces=True)
    p.memory_check(buffer, length=256, seed=90)
    p.memory_check(buffer, offset=768, seed=90)


@program("the device reads after unmap_{kind}", kind=KINDS)
def read_after_unmap(p: Builder, kind: str) -> None:
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=93)
    expect_fault(p)
    mapping = map_by(p, kind, buffer, offset=128, size=384, direction=TO_DEVICE)
    unmap_by(p, kind, mapping)
    p.device_fill(length=4096, seed=94)
    p.device_read(mapping, offset=64, device_offset=1000, length=256)
    p.device_check(device_offset=1000, length=256, seed=pattern(93, shift=-808)).same_as_native(
        bounces=True
    ).expect_where(translates=True, differences=256).same_as_native(translates=True)
    p.device_check(device_offset=1000, length=256, seed=ZEROS).same_as_native(translates=False)
    p.device_check(length=1000, seed=94)
    p.device_check(device_offset=1256, length=2840, seed=94)


@program("the device writes to what was mapped for reading by map_{kind}", kind=KINDS)
def write_to_device(p: Builder, kind: str) -> None:
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=95)
    expect_fault(p)
    mapping = map_by(p, kind, buffer, offset=192, size=640, direction=TO_DEVICE)
    p.device_fill(length=4096, seed=96)
    p.device_write(mapping, offset=32, length=600)
    unmap_by(p, kind, mapping)
    stayed = p.memory_check(buffer, seed=95)
    stayed.same_as_native(translates=False, bounces=False)
    landed = p.memory_check(buffer, offset=224, length=600, seed=pattern(96, shift=-224))
    landed.same_as_native(translates=True).same_as_native(bounces=True)


@program("the device reads what was mapped for writing by map_{kind}", kind=KINDS)
def read_from_device(p: Builder, kind: str) -> None:
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=97)
    # Newer kernels tell the IOMMU that the memory is for writing only.
    allow_faults(p)
    mapping = map_by(p, kind, buffer, offset=320, size=448, direction=FROM_DEVICE)
    p.device_fill(length=4096, seed=98)
    p.device_read(mapping, offset=48, length=400)
    unmap_by(p, kind, mapping)
    p.device_check(length=400, seed=pattern(97, shift=368)).same_as_native(translates=True)
    p.device_check(device_offset=400, length=3696, seed=98)
    p.memory_check(buffer, seed=97)


@program("without bus mastering the device reaches nothing")
def bus_master_off(p: Builder) -> None:
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=100)
    mapping = p.map_single(buffer, offset=8, size=3000, direction=BIDIRECTIONAL)
    p.device_fill(length=4096, seed=101)
    p.bus_master(enabled=0)
    p.device_write(mapping, length=3000)
    p.device_read(mapping, device_offset=16, length=100)
    p.bus_master(enabled=1)
    p.device_check(device_offset=116, length=3980, seed=101)
    p.device_check(device_offset=16, length=100, seed=pattern(100, shift=-8)).same_as_native()
    p.unmap_single(mapping)
    p.memory_check(buffer, seed=100)


@program("bounce buffers run out, and come back {direction}", direction=DIRECTIONS)
def bounce_buffers_run_out(p: Builder, direction: int) -> None:
    # 128 slots of 2 KiB: 40 pages take 80 of them, and 64 in a row are not left.
    p.only_in("swiotlb-small", reason="only there bounce buffers are few")
    p.allow_log("swiotlb buffer is full")
    buffer = p.buffer(0x60000)
    held = [
        p.map_single(buffer, offset=4096 * n, size=4096, direction=direction) for n in range(40)
    ]
    refused = p.map_single(buffer, offset=0x40000, size=0x20000, direction=direction)
    refused.expect(Status.EMAPPING)
    for mapping in held[::2]:
        p.unmap_single(mapping)
    # Enough of them, but not in a row.
    again = p.map_single(buffer, offset=0x40000, size=0x20000, direction=direction)
    again.expect(Status.EMAPPING)
    for mapping in held[1::2]:
        p.unmap_single(mapping)
    mapping = p.map_single(buffer, offset=0x40000, size=0x20000, direction=direction)
    p.unmap_single(mapping)


@program("the whole of the bounce buffers is there to be mapped")
def all_bounce_buffers(p: Builder) -> None:
    # Fails if anything that ran before kept a single slot.
    p.only_in("swiotlb-small", reason="only there bounce buffers are few")
    buffer = p.buffer(0x40000)
    mapping = p.map_single(buffer, size=0x40000, direction=TO_DEVICE)
    p.device_read(mapping, offset=0x3F000, length=4096)
    p.unmap_single(mapping)
