# SPDX-License-Identifier: GPL-2.0
"""Family: noncontiguous. Memory in pieces, which the device sees in one row.

Nobody says what is in fresh memory, so programs write before they read.
"""

from kdma.programs import (
    BEYOND_32_BITS,
    BIDIRECTIONAL,
    FROM_DEVICE,
    PAGE_BY_PAGE,
    TO_DEVICE,
    U32_MAX,
    UNCOUNTABLE,
    Attribute,
    Builder,
    Direction,
    Flag,
    Status,
    pattern,
    program,
)

NO_FLAG_LIKE_THAT = "its set of flags holds only known ones"
NO_DIRECTION_LIKE_THAT = "a direction is a type, and there are three"
ATTRIBUTES = "its set of attributes holds only those it takes"
AS_ALLOCATED = "memory knows by itself how it was allocated"
OWNER = "the owner of the memory is part of its type"
SEEN = "memory that is freed takes the address of the CPU with it"
DIRECTIONS = {
    "to the device": TO_DEVICE,
    "from the device": FROM_DEVICE,
    "both ways": BIDIRECTIONAL,
}


@program(
    "the device moves {size} bytes of memory in pieces {direction}",
    size=[1, 1000, 4096],
    direction=DIRECTIONS,
)
def moves(p: Builder, size: int, direction: Direction) -> None:
    memory = p.alloc_noncontiguous(size=40960, direction=direction)
    p.vmap_noncontiguous(memory)
    p.memory_fill(memory, seed=71)
    p.sync_sgtable_for_device(memory)
    p.device_fill(length=4096, seed=72)
    if direction != FROM_DEVICE:
        p.device_read(memory, offset=12200, length=size)
        p.device_check(length=size, seed=pattern(71, shift=12200))
        p.device_fill(length=4096, seed=72)
    if direction != TO_DEVICE:
        p.device_write(memory, offset=30000, length=size)
        p.sync_sgtable_for_cpu(memory)
        p.memory_check(memory, offset=30000, length=size, seed=pattern(72, shift=-30000))
        p.memory_check(memory, offset=30000 + size, seed=71)
    p.memory_check(memory, length=30000, seed=71)
    p.vunmap_noncontiguous(memory)
    p.free_noncontiguous(memory)


@program("{size} bytes in pieces with {attribute} are in one row for the device",
         size=[1, 4097, 12288, 65536],
         attribute={"no attribute": 0, "ALLOC_SINGLE_PAGES": 1})  # fmt: skip
def sizes(p: Builder, size: int, attribute: int) -> None:
    memory = p.alloc_noncontiguous(
        size=size, direction=BIDIRECTIONAL, attributes=Attribute(attribute)
    )
    p.vmap_noncontiguous(memory)
    p.memory_fill(memory, seed=73)
    p.sync_sgtable_for_device(memory)
    start, length = max(0, size - 4000), min(size, 4000)
    p.device_read(memory, offset=start, length=length)
    p.device_check(length=length, seed=pattern(73, shift=start))
    p.vunmap_noncontiguous(memory)
    p.free_noncontiguous(memory)


@program("memory in pieces goes to and fro between CPU and device")
def to_and_fro(p: Builder) -> None:
    memory = p.alloc_noncontiguous(size=20480, direction=BIDIRECTIONAL)
    p.vmap_noncontiguous(memory)
    for turn in range(3):
        p.memory_fill(memory, seed=80 + turn)
        p.sync_sgtable_for_device(memory)
        p.device_read(memory, offset=100 + turn, device_offset=50, length=2000)
        p.device_check(device_offset=50, length=2000, seed=pattern(80 + turn, shift=50 + turn))
        p.device_fill(length=4096, seed=90 + turn)
        p.device_write(memory, offset=9000, device_offset=9, length=3000)
        p.sync_sgtable_for_cpu(memory)
        p.memory_check(memory, length=9000, seed=80 + turn)
        p.memory_check(memory, offset=9000, length=3000, seed=pattern(90 + turn, shift=-8991))
        p.memory_check(memory, offset=12000, seed=80 + turn)
    p.vunmap_noncontiguous(memory)
    p.free_noncontiguous(memory)


@program("what the device writes is there when the CPU gets an address")
def late(p: Builder) -> None:
    memory = p.alloc_noncontiguous(size=16384, direction=FROM_DEVICE)
    p.sync_sgtable_for_device(memory)
    p.device_fill(length=4096, seed=74)
    for page in range(4):
        p.device_write(memory, offset=4096 * page, length=4096)
    p.sync_sgtable_for_cpu(memory)
    for _ in range(2):
        p.vmap_noncontiguous(memory)
        for page in range(4):
            at = 4096 * page
            p.memory_check(memory, offset=at, length=4096, seed=pattern(74, shift=-at))
        p.vunmap_noncontiguous(memory)
    p.free_noncontiguous(memory)


@program(
    "memory in pieces {direction} is allocated with flags {flags}",
    direction=DIRECTIONS,
    flags={"none": 0, "ATOMIC": Flag.ATOMIC, "NO_WARN": Flag.NO_WARN, "all": 3},
)
def flags(p: Builder, direction: Direction, flags: int) -> None:
    memory = p.alloc_noncontiguous(size=24576, direction=direction, flags=flags)
    p.vmap_noncontiguous(memory)
    p.memory_fill(memory, seed=75)
    p.memory_check(memory, seed=75)
    p.vunmap_noncontiguous(memory)
    p.free_noncontiguous(memory)


@program("without an address the CPU does not reach memory in pieces")
def unseen(p: Builder) -> None:
    memory = p.alloc_noncontiguous(size=8192, direction=BIDIRECTIONAL)
    p.memory_fill(memory, seed=76).expect(Status.EINVAL)
    p.vunmap_noncontiguous(memory).expect(Status.EINVAL)
    p.vmap_noncontiguous(memory)
    p.memory_fill(memory, seed=76)
    p.vmap_noncontiguous(memory).expect(Status.EINVAL)
    p.memory_check(memory, seed=76)
    p.vunmap_noncontiguous(memory)
    p.memory_check(memory, seed=76).expect(Status.EINVAL)
    p.free_noncontiguous(memory)


@program("memory in pieces with an address is not freed")
def seen(p: Builder) -> None:
    memory = p.alloc_noncontiguous(size=8192, direction=TO_DEVICE)
    p.vmap_noncontiguous(memory)
    p.memory_fill(memory, seed=77)
    p.free_noncontiguous(memory).expect(Status.EINVAL).inexpressible_in_safe_rust(SEEN)
    p.memory_check(memory, seed=77)
    p.vunmap_noncontiguous(memory)
    p.free_noncontiguous(memory)


@program("an address is not given for {size} of 8192 bytes in pieces", size=[0, 4096, 8191])
def part(p: Builder, size: int) -> None:
    memory = p.alloc_noncontiguous(size=8192, direction=TO_DEVICE)
    wrong = p.vmap_noncontiguous(memory, size=size).expect(Status.EINVAL)
    wrong.inexpressible_in_safe_rust(AS_ALLOCATED)
    p.free_noncontiguous(memory)


@program("no bytes in pieces {direction} are refused", direction=DIRECTIONS)
def no_bytes(p: Builder, direction: Direction) -> None:
    memory = p.alloc_noncontiguous(size=0, direction=direction).expect(Status.EINVAL)
    memory = p.alloc_noncontiguous(size=4096, direction=direction, slot=memory)
    p.free_noncontiguous(memory)


# In one direction: behind an IOMMU it takes all memory there is, and zeroes it.
@program("more memory in pieces than there is fails quietly")
def too_much(p: Builder) -> None:
    memory = p.alloc_noncontiguous(size=1 << 36, direction=FROM_DEVICE, flags=3)
    memory.expect(Status.ENOMEM)
    p.free_noncontiguous(memory)


@program("memory in pieces of {size} is more pages than Linux counts", size=UNCOUNTABLE)
def uncountable(p: Builder, size: int) -> None:
    memory = p.alloc_noncontiguous(size=size, direction=FROM_DEVICE).expect(Status.ENOMEM)
    p.free_noncontiguous(memory)


@program("4 GiB and a page of memory in pieces are not a page")
def beyond_32_bits(p: Builder) -> None:
    p.only_where(translates=False, reason=PAGE_BY_PAGE)
    memory = p.alloc_noncontiguous(size=BEYOND_32_BITS, direction=FROM_DEVICE, flags=Flag.NO_WARN)
    memory.expect(Status.ENOMEM)
    p.free_noncontiguous(memory)


@program("memory in pieces does not take the direction {direction}", direction=[0, 4, U32_MAX])
def unknown_direction(p: Builder, direction: int) -> None:
    memory = p.alloc_noncontiguous(size=4096, direction=direction).expect(Status.EINVAL)
    memory.inexpressible_in_safe_rust(NO_DIRECTION_LIKE_THAT)
    memory = p.alloc_noncontiguous(size=4096, direction=FROM_DEVICE, slot=memory)
    wrong = p.free_noncontiguous(memory, direction=direction).expect(Status.EINVAL)
    wrong.inexpressible_in_safe_rust(AS_ALLOCATED)
    p.free_noncontiguous(memory)


@program(
    "memory in pieces does not take the flags {flags}", flags={"0x4": 4, "0x80000000": 1 << 31}
)
def unknown_flags(p: Builder, flags: int) -> None:
    memory = p.alloc_noncontiguous(size=4096, direction=TO_DEVICE, flags=flags)
    memory.expect(Status.EINVAL).inexpressible_in_safe_rust(NO_FLAG_LIKE_THAT)


@program("memory in pieces does not take {name}",
         name=[str(a.name) for a in Attribute if a & 0x7FE])  # fmt: skip
def wrong_attributes(p: Builder, name: str) -> None:
    memory = p.alloc_noncontiguous(size=4096, direction=TO_DEVICE, attributes=Attribute[name])
    memory.expect(Status.EINVAL).inexpressible_in_safe_rust(ATTRIBUTES)


@program("a sync of memory in pieces is for its owner and in its direction")
def wrong_syncs(p: Builder) -> None:
    memory = p.alloc_noncontiguous(size=4096, direction=TO_DEVICE)
    p.vmap_noncontiguous(memory)
    p.memory_fill(memory, seed=78)
    for direction in (FROM_DEVICE, BIDIRECTIONAL, 0):
        wrong = p.sync_sgtable_for_device(memory, direction=direction).expect(Status.EINVAL)
        wrong.inexpressible_in_safe_rust(AS_ALLOCATED)
    p.sync_sgtable_for_device(memory)
    p.sync_sgtable_for_device(memory).inexpressible_in_safe_rust(OWNER)
    p.device_read(memory, offset=96, length=4000)
    p.device_check(length=4000, seed=pattern(78, shift=96))
    p.vunmap_noncontiguous(memory)
    p.free_noncontiguous(memory)
    p.device_read(memory, length=64).expect(Status.EINVAL)


@program("memory in pieces that a program leaves behind is released")
def left_behind(p: Builder) -> None:
    p.alloc_noncontiguous(size=4096, direction=FROM_DEVICE)
    p.vmap_noncontiguous(p.alloc_noncontiguous(size=9000, direction=BIDIRECTIONAL))
    p.free_noncontiguous(p.alloc_noncontiguous(size=100, direction=TO_DEVICE))
    p.expect_leftover(2)


@program("the platform device has memory in pieces, too")
def platform(p: Builder) -> None:
    p.target_platform()
    memory = p.alloc_noncontiguous(size=20000, direction=BIDIRECTIONAL)
    p.vmap_noncontiguous(memory)
    p.memory_fill(memory, seed=79)
    p.sync_sgtable_for_device(memory)
    p.sync_sgtable_for_cpu(memory)
    p.memory_check(memory, seed=79)
    p.vunmap_noncontiguous(memory)
    p.free_noncontiguous(memory)
