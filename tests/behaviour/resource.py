# SPDX-License-Identifier: GPL-2.0
"""Family: resource. Memory of another device that the device reaches.

The other device is QEMU's bochs-display, whose BAR is plain memory: what edu moves
peer to peer is compared byte for byte. Where every mapping has to be bounced,
Linux up to 6.17 lets such memory through and newer kernels refuse it: there the
native driver is the truth.
"""

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
    Direction,
    Status,
    Step,
    allow_faults,
    allow_overflow,
    pattern,
    program,
)

BAR = 0x10000
DIRECTIONS = {
    "to the device": TO_DEVICE,
    "from the device": FROM_DEVICE,
    "both ways": BIDIRECTIONAL,
}
TAKEN = (
    "DEBUGGING_IGNORE_CACHELINES",
    "NO_WARN",
    "PRIVILEGED",
    "REQUIRE_COHERENT",
    "SKIP_CPU_SYNC",
    "WEAK_ORDERING",
)

NO_DIRECTION_LIKE_THAT = "directions are types"
NOT_OF_MAPPINGS = "attributes of mappings are a type of their own"
AS_MAPPED = "a mapping knows by itself how it was made"

FAULT = r"DMAR: \[DMA (Read|Write)"
INTEL = ("iommu-strict", "iommu-lazy")


def map_by(p: Builder, memory: Buffer, **arguments: Any) -> Step:
    """Maps, where a mapping need not be bounced."""
    return p.map_resource(memory, **arguments).same_as_native(bounces=True)


def expect_fault(p: Builder) -> None:
    """Behind an IOMMU the device tries something it may not do, once."""
    p.expect_log(FAULT, INTEL)
    allow_faults(p)


def moves(p: Builder, memory: Buffer, mapping: Step) -> None:
    """Moves bytes between the mapping's start and the device, as its direction lets it."""
    offset, size = mapping["offset"], min(mapping["size"], 4096)
    p.memory_fill(memory, seed=41)
    p.device_fill(length=4096, seed=42)
    if mapping["direction"] != FROM_DEVICE:
        p.device_read(mapping, length=size)
        p.device_check(length=size, seed=pattern(41, shift=offset))
        p.device_check(device_offset=size, length=4096 - size, seed=42)
        p.device_fill(length=4096, seed=42)
    written = mapping["direction"] != TO_DEVICE
    if written:
        p.device_write(mapping, length=size)
    seed = pattern(42, shift=-offset) if written else 41
    p.memory_check(memory, length=offset, seed=41)
    p.memory_check(memory, offset=offset, length=size, seed=seed)
    p.memory_check(memory, offset=offset + size, seed=41)


@program(
    "the device moves {size} bytes of memory of another device {direction}",
    size=[1, 3, 64, 1000, 4095, 4096],
    direction=DIRECTIONS,
)
def transfers(p: Builder, size: int, direction: Direction) -> None:
    memory = p.mmio(12288)
    mapping = map_by(p, memory, offset=4096 + 8 * (size % 61), size=size, direction=direction)
    p.mapping_error(mapping)
    moves(p, memory, mapping)
    p.unmap_resource(mapping)


@program("memory of another device is mapped {direction} with {name}",
         name=TAKEN, direction=DIRECTIONS)  # fmt: skip
def attributes(p: Builder, name: str, direction: Direction) -> None:
    p.needs_attribute(Attribute[name])
    memory = p.mmio(8192)
    mapping = map_by(
        p, memory, offset=640, size=3001, direction=direction, attributes=Attribute[name]
    )
    moves(p, memory, mapping)
    p.unmap_resource(mapping)


@program("SKIP_CPU_SYNC may be added when a resource is unmapped")
def skip(p: Builder) -> None:
    memory = p.mmio(4096)
    mapping = map_by(
        p, memory, offset=72, size=1500, direction=BIDIRECTIONAL, attributes=Attribute.NO_WARN
    )
    moves(p, memory, mapping)
    p.unmap_resource(mapping, attributes=Attribute.NO_WARN | Attribute.SKIP_CPU_SYNC)


@program("the whole BAR of another device is mapped {direction}", direction=DIRECTIONS)
def whole(p: Builder, direction: Direction) -> None:
    memory = p.mmio(BAR)
    mapping = map_by(p, memory, offset=0, size=BAR, direction=direction)
    moves(p, memory, mapping)
    p.memory_fill(memory, seed=43)
    p.device_fill(length=4096, seed=44)
    if direction != FROM_DEVICE:
        p.device_read(mapping, offset=BAR - 333, length=333)
        p.device_check(length=333, seed=pattern(43, shift=BAR - 333))
        p.device_fill(length=4096, seed=44)
    if direction != TO_DEVICE:
        p.device_write(mapping, offset=BAR - 333, length=333)
        p.memory_check(memory, offset=BAR - 333, seed=pattern(44, shift=333 - BAR))
    p.memory_check(memory, length=BAR - 333, seed=43)
    p.unmap_resource(mapping)


@program("the last byte of a BAR is mapped by itself")
def last_byte(p: Builder) -> None:
    memory = p.mmio(BAR)
    mapping = map_by(p, memory, offset=BAR - 1, size=1, direction=BIDIRECTIONAL)
    moves(p, memory, mapping)
    p.unmap_resource(mapping)


@program(
    "parts of the memory of another device are mapped beside each other and one after the other"
)
def parts(p: Builder) -> None:
    first, second = p.mmio(8192), p.mmio(4096)
    one = map_by(p, first, offset=100, size=700, direction=TO_DEVICE)
    two = map_by(p, first, offset=5000, size=1100, direction=FROM_DEVICE)
    three = map_by(p, second, offset=300, size=900, direction=BIDIRECTIONAL)
    p.memory_fill(first, seed=45)
    p.memory_fill(second, seed=46)
    p.device_fill(length=4096, seed=47)
    p.device_write(two, device_offset=200, length=1100)
    p.device_read(one, length=700)
    p.device_read(three, device_offset=2000, length=900)
    p.device_check(length=700, seed=pattern(45, shift=100))
    p.device_check(device_offset=2000, length=900, seed=pattern(46, shift=-1700))
    p.memory_check(first, length=5000, seed=45)
    p.memory_check(first, offset=5000, length=1100, seed=pattern(47, shift=-4800))
    p.memory_check(second, seed=46)
    for mapping in (two, one, three):
        p.unmap_resource(mapping)
    again = map_by(p, second, offset=8, size=64, direction=BIDIRECTIONAL, slot=one)
    moves(p, second, again)
    p.unmap_resource(again)


def moves_by_phys(p: Builder, memory: Buffer, offset: int, size: int, direction: Direction) -> None:
    """Moves bytes by the mapping of a physical address with MMIO."""
    mapping = p.map_phys(
        memory, offset=offset, size=size, direction=direction, attributes=Attribute.MMIO
    )
    mapping.same_as_native(bounces=True)
    moves(p, memory, mapping)
    p.unmap_phys(mapping)


@program("map_phys with MMIO reaches memory of another device {direction}", direction=DIRECTIONS)
def by_phys(p: Builder, direction: Direction) -> None:
    p.needs_attribute(Attribute.MMIO)
    moves_by_phys(p, p.mmio(8192), 4240, 2222, direction)


@program("{size} reserved bytes are mapped {direction}", size=[3, 4096, 9000],
         direction=DIRECTIONS)  # fmt: skip
def reserved(p: Builder, size: int, direction: Direction) -> None:
    """There are page structures, and the kernel does not manage what is behind: no RAM."""
    # It may lie beyond what the device reaches.
    allow_overflow(p, "mask-32bit")
    memory = p.reserved(12288)
    mapping = map_by(p, memory, offset=136, size=size, direction=direction)
    p.mapping_error(mapping)
    moves(p, memory, mapping)
    p.unmap_resource(mapping)


@program("map_phys with MMIO maps what is reserved {direction}", direction=DIRECTIONS)
def reserved_by_phys(p: Builder, direction: Direction) -> None:
    # It may lie beyond what the device reaches.
    allow_overflow(p, "mask-32bit")
    p.needs_attribute(Attribute.MMIO)
    moves_by_phys(p, p.reserved(8192), 4104, 777, direction)


# What is refused


@program("RAM is no resource, mapped {direction}", direction=DIRECTIONS)
def ram(p: Builder, direction: Direction) -> None:
    pages, slab, memory = p.buffer(8192), p.slab_buffer(512), p.mmio(4096)
    mapping = p.map_resource(pages, offset=24, size=4200, direction=direction)
    mapping.expect(Status.EINVAL)
    mapping = p.map_resource(slab, offset=16, size=300, direction=direction, slot=mapping)
    mapping.expect(Status.EINVAL)
    mapping = map_by(p, memory, offset=8, size=500, direction=direction, slot=mapping)
    moves(p, memory, mapping)
    p.unmap_resource(mapping)


@program("a resource does not take the direction {direction}", direction=[0, 4, U32_MAX])
def unknown_direction(p: Builder, direction: int) -> None:
    memory = p.mmio(4096)
    mapping = p.map_resource(memory, offset=64, size=200, direction=direction)
    mapping.expect(Status.EINVAL).inexpressible_in_safe_rust(NO_DIRECTION_LIKE_THAT)
    mapping = map_by(p, memory, offset=64, size=200, direction=TO_DEVICE, slot=mapping)
    wrong = p.unmap_resource(mapping, direction=direction).expect(Status.EINVAL)
    wrong.inexpressible_in_safe_rust(AS_MAPPED)
    moves(p, memory, mapping)
    p.unmap_resource(mapping)


@program("no bytes of a resource are refused {direction}", direction=DIRECTIONS)
def no_bytes(p: Builder, direction: Direction) -> None:
    memory = p.mmio(4096)
    mapping = p.map_resource(memory, offset=32, size=0, direction=direction)
    mapping.expect(Status.EINVAL)
    mapping = map_by(p, memory, offset=32, size=100, direction=direction, slot=mapping)
    wrong = p.unmap_resource(mapping, size=0).expect(Status.EINVAL)
    wrong.inexpressible_in_safe_rust(AS_MAPPED)
    moves(p, memory, mapping)
    p.unmap_resource(mapping)


@program(
    "a resource does not take the attribute {bits}",
    bits={
        "ALLOC_SINGLE_PAGES": Attribute.ALLOC_SINGLE_PAGES,
        "FORCE_CONTIGUOUS": Attribute.FORCE_CONTIGUOUS,
        "MMIO": Attribute.MMIO,
        "NO_KERNEL_MAPPING": Attribute.NO_KERNEL_MAPPING,
        "WRITE_COMBINE": Attribute.WRITE_COMBINE,
        "0x800": 0x800,
        "of the highest bit": 1 << 63,
    },
)
def foreign_attributes(p: Builder, bits: int) -> None:
    memory = p.mmio(4096)
    good: dict[str, Any] = {"offset": 64, "size": 200, "direction": TO_DEVICE}
    both = bits | Attribute.NO_WARN
    mapping = p.map_resource(memory, **good, attributes=both)
    mapping.expect(Status.EINVAL).inexpressible_in_safe_rust(NOT_OF_MAPPINGS)
    mapping = map_by(p, memory, **good, attributes=Attribute.NO_WARN, slot=mapping)
    wrong = p.unmap_resource(mapping, attributes=both)
    wrong.expect(Status.EINVAL).inexpressible_in_safe_rust(AS_MAPPED)
    p.mapping_error(mapping)
    moves(p, memory, mapping)
    p.unmap_resource(mapping)


@program("a resource beyond the mask is mapped below it by an IOMMU")
def beyond_mask(p: Builder) -> None:
    p.only_where(
        translates=True,
        reason="until Linux 6.12 dma-debug takes the failure for a mapping, see "
        "docs/upstream-findings.md",
    )
    memory = p.mmio(4096)
    p.set_mask(mask=0x1FFFFFFF)
    mapping = p.map_resource(memory, offset=256, size=512, direction=BIDIRECTIONAL)
    p.mapping_error(mapping)
    p.memory_fill(memory, seed=48)
    p.device_read(mapping, length=100)
    p.device_check(length=100, seed=pattern(48, shift=256))
    p.unmap_resource(mapping)


# What the device must not do


@program("the device writes to another device after unmap_resource")
def write_after_unmap(p: Builder) -> None:
    memory = p.mmio(4096)
    p.memory_fill(memory, seed=50)
    expect_fault(p)
    mapping = map_by(p, memory, offset=256, size=512, direction=FROM_DEVICE)
    p.device_fill(length=4096, seed=51)
    p.device_write(mapping, length=512)
    p.memory_check(memory, offset=256, length=512, seed=pattern(51, shift=-256))
    p.unmap_resource(mapping)
    p.device_fill(length=4096, seed=52)
    p.device_write(mapping, length=512)
    blocked = p.memory_check(memory, offset=256, length=512, seed=pattern(51, shift=-256))
    blocked.same_as_native(translates=False)
    landed = p.memory_check(memory, offset=256, length=512, seed=pattern(52, shift=-256))
    landed.same_as_native(translates=True).same_as_native(bounces=True)
    p.memory_check(memory, length=256, seed=50)
    p.memory_check(memory, offset=768, seed=50)


@program("the device reads from another device after unmap_resource")
def read_after_unmap(p: Builder) -> None:
    memory = p.mmio(4096)
    p.memory_fill(memory, seed=53)
    expect_fault(p)
    mapping = map_by(p, memory, offset=128, size=384, direction=TO_DEVICE)
    p.unmap_resource(mapping)
    p.device_fill(length=4096, seed=54)
    p.device_read(mapping, offset=64, device_offset=1000, length=256)
    leaked = p.device_check(device_offset=1000, length=256, seed=pattern(53, shift=-808))
    leaked.same_as_native(bounces=True).same_as_native(translates=True)
    nothing = p.device_check(device_offset=1000, length=256, seed=ZEROS)
    nothing.same_as_native(translates=False)
    p.device_check(length=1000, seed=54)
    p.device_check(device_offset=1256, length=2840, seed=54)


@program("the device writes to memory of another device that was mapped for reading")
def write_to_device(p: Builder) -> None:
    memory = p.mmio(4096)
    p.memory_fill(memory, seed=55)
    expect_fault(p)
    mapping = map_by(p, memory, offset=192, size=640, direction=TO_DEVICE)
    p.device_fill(length=4096, seed=56)
    p.device_write(mapping, offset=32, length=600)
    p.unmap_resource(mapping)
    p.memory_check(memory, seed=55).same_as_native(translates=False)
    landed = p.memory_check(memory, offset=224, length=600, seed=pattern(56, shift=-224))
    landed.same_as_native(translates=True).same_as_native(bounces=True)


# The end


@program("a resource that a program leaves behind is unmapped")
def left_behind(p: Builder) -> None:
    memory = p.mmio(12288)
    for n, direction in enumerate(DIRECTIONS.values()):
        map_by(p, memory, offset=4096 * n, size=900 + n, direction=direction)
    p.expect_leftover(3)


@program("the platform device maps memory of another device, too")
def platform(p: Builder) -> None:
    p.target_platform()
    memory = p.mmio(4096)
    mapping = map_by(p, memory, offset=99, size=1234, direction=BIDIRECTIONAL)
    p.mapping_error(mapping)
    p.unmap_resource(mapping)
