# SPDX-License-Identifier: GPL-2.0
"""Family: noncoherent. Memory that is allocated and mapped in one step, and synced."""

from kdma.programs import (
    BEYOND_32_BITS,
    BIDIRECTIONAL,
    FROM_DEVICE,
    PAGE_BY_PAGE,
    TO_DEVICE,
    U32_MAX,
    UNCOUNTABLE,
    ZEROS,
    Builder,
    Direction,
    Flag,
    Status,
    pattern,
    program,
)

NO_FLAG_LIKE_THAT = "its set of flags holds only known ones"
NO_DIRECTION_LIKE_THAT = "a direction is a type, and there are three"
AS_ALLOCATED = "memory knows by itself how it was allocated"
OWNER = "the owner of the memory is part of its type"
DIRECTIONS = {
    "to the device": TO_DEVICE,
    "from the device": FROM_DEVICE,
    "both ways": BIDIRECTIONAL,
}


@program(
    "the device moves {size} bytes of noncoherent memory {direction}",
    size=[1, 777, 4096],
    direction=DIRECTIONS,
)
def moves(p: Builder, size: int, direction: Direction) -> None:
    memory = p.alloc_noncoherent(size=20480, direction=direction)
    p.memory_fill(memory, seed=31)
    p.sync_single_for_device(memory)
    p.device_fill(length=4096, seed=32)
    if direction != FROM_DEVICE:
        p.device_read(memory, offset=99, length=size)
        p.device_check(length=size, seed=pattern(31, shift=99))
        p.device_fill(length=4096, seed=32)
    if direction != TO_DEVICE:
        p.device_write(memory, offset=8191, length=size)
        p.sync_single_for_cpu(memory)
        p.memory_check(memory, offset=8191, length=size, seed=pattern(32, shift=-8191))
        p.memory_check(memory, offset=8191 + size, seed=31)
    p.memory_check(memory, length=8191, seed=31)
    p.free_noncoherent(memory)


@program("{size} bytes of fresh noncoherent memory are zero", size=[1, 4095, 4097, 12288, 131073])
def fresh(p: Builder, size: int) -> None:
    # Dirties what was freed, so that zeros have to be written and not found.
    dirty = p.alloc_noncoherent(size=size, direction=BIDIRECTIONAL)
    p.memory_fill(dirty, seed=33)
    p.free_noncoherent(dirty)
    memory = p.alloc_noncoherent(size=size, direction=FROM_DEVICE)
    p.memory_check(memory, seed=ZEROS)
    p.free_noncoherent(memory)


@program(
    "noncoherent memory {direction} is allocated with flags {flags}",
    direction=DIRECTIONS,
    flags={"none": 0, "ATOMIC": Flag.ATOMIC, "NO_WARN": Flag.NO_WARN, "all": 3},
)
def flags(p: Builder, direction: Direction, flags: int) -> None:
    memory = p.alloc_noncoherent(size=24576, direction=direction, flags=flags)
    p.memory_check(memory, seed=ZEROS)
    p.sync_single_for_device(memory)
    p.sync_single_for_cpu(memory)
    p.free_noncoherent(memory)


@program("noncoherent memory lives beside pages and coherent memory")
def beside(p: Builder) -> None:
    held = [
        p.alloc_noncoherent(size=4000, direction=FROM_DEVICE),
        p.alloc_pages(size=5000, direction=FROM_DEVICE),
        p.alloc_coherent(size=6000),
        p.alloc_noncoherent(size=7000, direction=TO_DEVICE),
    ]
    for number, memory in enumerate(held):
        p.memory_fill(memory, seed=40 + number)
    p.sync_single_for_device(held[3])
    p.device_read(held[3], offset=2000, length=1000)
    p.device_check(length=1000, seed=pattern(43, shift=2000))
    for number, memory in enumerate(held):
        p.memory_check(memory, seed=40 + number)
    p.free_pages(held[1])
    p.free_noncoherent(held[0])
    p.free_coherent(held[2])
    p.free_noncoherent(held[3])


@program("no bytes of noncoherent memory {direction} are refused", direction=DIRECTIONS)
def no_bytes(p: Builder, direction: Direction) -> None:
    memory = p.alloc_noncoherent(size=0, direction=direction).expect(Status.EINVAL)
    memory = p.alloc_noncoherent(size=8192, direction=direction, slot=memory)
    p.free_noncoherent(memory)


@program("more noncoherent memory {direction} than there is fails quietly", direction=DIRECTIONS)
def too_much(p: Builder, direction: Direction) -> None:
    memory = p.alloc_noncoherent(size=1 << 40, direction=direction, flags=3)
    memory.expect(Status.ENOMEM)
    p.free_noncoherent(memory)


@program("noncoherent memory of {size} is more pages than Linux counts", size=UNCOUNTABLE)
def uncountable(p: Builder, size: int) -> None:
    memory = p.alloc_noncoherent(size=size, direction=FROM_DEVICE).expect(Status.ENOMEM)
    p.free_noncoherent(memory)


@program("4 GiB and a page of noncoherent memory are not a page")
def beyond_32_bits(p: Builder) -> None:
    p.only_where(translates=False, reason=PAGE_BY_PAGE)
    memory = p.alloc_noncoherent(size=BEYOND_32_BITS, direction=FROM_DEVICE, flags=Flag.NO_WARN)
    memory.expect(Status.ENOMEM)
    p.free_noncoherent(memory)


@program("noncoherent memory does not take the direction {direction}", direction=[0, 4, U32_MAX])
def unknown_direction(p: Builder, direction: int) -> None:
    memory = p.alloc_noncoherent(size=4096, direction=direction).expect(Status.EINVAL)
    memory.inexpressible_in_safe_rust(NO_DIRECTION_LIKE_THAT)
    memory = p.alloc_noncoherent(size=4096, direction=FROM_DEVICE, slot=memory)
    wrong = p.free_noncoherent(memory, direction=direction).expect(Status.EINVAL)
    wrong.inexpressible_in_safe_rust(AS_ALLOCATED)
    p.memory_check(memory, seed=ZEROS)
    p.free_noncoherent(memory)


@program("noncoherent memory does not take the flags {flags}", flags={"0x4": 4, "0x8001": 0x8001})
def unknown_flags(p: Builder, flags: int) -> None:
    memory = p.alloc_noncoherent(size=4096, direction=TO_DEVICE, flags=flags)
    memory.expect(Status.EINVAL).inexpressible_in_safe_rust(NO_FLAG_LIKE_THAT)


@program("a refused free leaves noncoherent memory as it is")
def refused_free(p: Builder) -> None:
    memory = p.alloc_noncoherent(size=8192, direction=BIDIRECTIONAL)
    p.memory_fill(memory, seed=34)
    wrong = p.free_noncoherent(memory, size=0).expect(Status.EINVAL)
    wrong.inexpressible_in_safe_rust(AS_ALLOCATED)
    p.sync_single_for_device(memory)
    p.sync_single_for_device(memory).inexpressible_in_safe_rust(OWNER)
    p.device_read(memory, offset=5000, length=500)
    p.device_check(length=500, seed=pattern(34, shift=5000))
    p.free_noncoherent(memory)
    p.device_read(memory, length=64).expect(Status.EINVAL)


@program("noncoherent memory that a program leaves behind is released")
def left_behind(p: Builder) -> None:
    p.alloc_noncoherent(size=4096, direction=FROM_DEVICE)
    p.free_noncoherent(p.alloc_noncoherent(size=100, direction=TO_DEVICE))
    p.alloc_noncoherent(size=9000, direction=BIDIRECTIONAL)
    p.expect_leftover(2)


@program("the platform device has noncoherent memory, too")
def platform(p: Builder) -> None:
    p.target_platform()
    memory = p.alloc_noncoherent(size=20000, direction=BIDIRECTIONAL)
    p.memory_fill(memory, offset=123, length=4567, seed=35)
    p.sync_single_for_device(memory)
    p.sync_single_for_cpu(memory)
    p.memory_check(memory, offset=123, length=4567, seed=35)
    p.memory_check(memory, offset=4690, seed=ZEROS)
    p.free_noncoherent(memory)
