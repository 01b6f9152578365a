# SPDX-License-Identifier: GPL-2.0
"""Family: pages. Pages that are allocated and mapped in one step, and synced."""

from kdma.programs import (
    BEYOND_32_BITS,
    BIDIRECTIONAL,
    FROM_DEVICE,
    PAGE_BY_PAGE,
    TO_DEVICE,
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
AS_ALLOCATED = "pages know by themselves how they were allocated"
OWNER = "the owner of pages is part of their type"

DIRECTIONS = {
    "to the device": TO_DEVICE,
    "from the device": FROM_DEVICE,
    "both ways": BIDIRECTIONAL,
}


@program(
    "the device reads {size} bytes that the CPU wrote to pages for {direction}",
    size=[1, 511, 4096],
    direction={"reading": TO_DEVICE, "both": BIDIRECTIONAL},
)
def device_reads(p: Builder, size: int, direction: Direction) -> None:
    pages = p.alloc_pages(size=8192, direction=direction)
    p.memory_fill(pages, seed=1)
    p.sync_single_for_device(pages)
    p.device_fill(length=4096, seed=2)
    p.device_read(pages, offset=37, length=size)
    p.device_check(length=size, seed=pattern(1, shift=37))
    p.device_check(device_offset=size, length=4096 - size, seed=2)
    p.free_pages(pages)


@program(
    "the CPU reads {size} bytes that the device wrote to pages for {direction}",
    size=[1, 511, 4096],
    direction={"writing": FROM_DEVICE, "both": BIDIRECTIONAL},
)
def device_writes(p: Builder, size: int, direction: Direction) -> None:
    pages = p.alloc_pages(size=12288, direction=direction)
    p.memory_fill(pages, seed=3)
    p.sync_single_for_device(pages)
    p.device_fill(length=4096, seed=4)
    p.device_write(pages, offset=4001, length=size)
    p.sync_single_for_cpu(pages)
    p.memory_check(pages, length=4001, seed=3)
    p.memory_check(pages, offset=4001, length=size, seed=pattern(4, shift=-4001))
    p.memory_check(pages, offset=4001 + size, seed=3)
    p.free_pages(pages)


@program(
    "{size} bytes of fresh pages are zero",
    size=[1, 4095, 4096, 4097, 12288, 65536, 131073],
)
def fresh_pages(p: Builder, size: int) -> None:
    # Dirties what was freed, so that zeros have to be written and not found.
    dirty = p.alloc_pages(size=size, direction=TO_DEVICE)
    p.memory_fill(dirty, seed=5)
    p.free_pages(dirty)
    pages = p.alloc_pages(size=size, direction=FROM_DEVICE)
    p.memory_check(pages, seed=ZEROS)
    p.free_pages(pages)


@program("pages go to and fro between CPU and device")
def to_and_fro(p: Builder) -> None:
    pages = p.alloc_pages(size=16384, direction=BIDIRECTIONAL)
    for turn in range(4):
        p.memory_fill(pages, seed=10 + turn)
        p.sync_single_for_device(pages)
        p.device_read(pages, offset=100 + turn, device_offset=50, length=2000)
        p.device_check(device_offset=50, length=2000, seed=pattern(10 + turn, shift=50 + turn))
        p.device_fill(length=4096, seed=20 + turn)
        p.device_write(pages, offset=9000, device_offset=9, length=3000)
        p.sync_single_for_cpu(pages)
        p.memory_check(pages, length=9000, seed=10 + turn)
        p.memory_check(pages, offset=9000, length=3000, seed=pattern(20 + turn, shift=-8991))
        p.memory_check(pages, offset=12000, seed=10 + turn)
    p.free_pages(pages)


@program(
    "pages {direction} are allocated with flags {flags}",
    direction=DIRECTIONS,
    flags={"none": 0, "ATOMIC": Flag.ATOMIC, "NO_WARN": Flag.NO_WARN, "all": 3},
)
def flags(p: Builder, direction: Direction, flags: int) -> None:
    pages = p.alloc_pages(size=20480, direction=direction, flags=flags)
    p.memory_check(pages, seed=ZEROS)
    p.sync_single_for_device(pages)
    p.sync_single_for_cpu(pages)
    p.free_pages(pages)


@program("many pages live side by side")
def many(p: Builder) -> None:
    directions = (TO_DEVICE, FROM_DEVICE, BIDIRECTIONAL)
    held = [p.alloc_pages(size=100 + 997 * n, direction=directions[n % 3]) for n in range(24)]
    for n, pages in enumerate(held):
        p.memory_fill(pages, seed=100 + n)
    for n, pages in enumerate(held):
        p.memory_check(pages, seed=100 + n)
    p.sync_single_for_device(held[17])
    p.device_read(held[17], offset=9, length=4000)
    p.device_check(length=4000, seed=pattern(117, shift=9))
    for pages in (*held[::2], *reversed(held[1::2])):
        p.free_pages(pages)


@program("a slot is used again after its pages were freed")
def again(p: Builder) -> None:
    pages = p.alloc_pages(size=4096, direction=TO_DEVICE)
    p.memory_fill(pages, seed=14)
    p.free_pages(pages)
    pages = p.alloc_pages(size=12288, direction=FROM_DEVICE, slot=pages)
    p.memory_check(pages, seed=ZEROS)
    p.free_pages(pages)
    memory = p.alloc_coherent(size=300, slot=pages)
    p.memory_check(memory, seed=ZEROS)
    p.free_coherent(memory)


@program("no bytes of pages {direction} are refused", direction=DIRECTIONS)
def no_bytes(p: Builder, direction: Direction) -> None:
    pages = p.alloc_pages(size=0, direction=direction).expect(Status.EINVAL)
    pages = p.alloc_pages(size=4096, direction=direction, slot=pages)
    p.free_pages(pages)


@program("more pages {direction} than there are fail quietly", direction=DIRECTIONS)
def too_much(p: Builder, direction: Direction) -> None:
    quietly = Flag.ATOMIC | Flag.NO_WARN
    pages = p.alloc_pages(size=1 << 40, direction=direction, flags=quietly)
    pages.expect(Status.ENOMEM)
    p.free_pages(pages)
    modest = p.alloc_pages(size=4096, direction=direction)
    p.memory_check(modest, seed=ZEROS)
    p.free_pages(modest)


@program("pages of {size} are more than Linux counts", size=UNCOUNTABLE)
def uncountable(p: Builder, size: int) -> None:
    pages = p.alloc_pages(size=size, direction=TO_DEVICE).expect(Status.ENOMEM)
    p.free_pages(pages)
    modest = p.alloc_pages(size=4096, direction=TO_DEVICE)
    p.memory_check(modest, seed=ZEROS)
    p.free_pages(modest)


@program("4 GiB and a page of pages are not a page")
def beyond_32_bits(p: Builder) -> None:
    p.only_where(translates=False, reason=PAGE_BY_PAGE)
    memory = p.alloc_pages(size=BEYOND_32_BITS, direction=FROM_DEVICE, flags=Flag.NO_WARN)
    memory.expect(Status.ENOMEM)
    p.free_pages(memory)


@program("pages do not take the direction {direction}", direction=[0, 4, 0xFFFFFFFF])
def unknown_direction(p: Builder, direction: int) -> None:
    pages = p.alloc_pages(size=4096, direction=direction).expect(Status.EINVAL)
    pages.inexpressible_in_safe_rust(NO_DIRECTION_LIKE_THAT)
    pages = p.alloc_pages(size=4096, direction=TO_DEVICE, slot=pages)
    wrong = p.free_pages(pages, direction=direction).expect(Status.EINVAL)
    wrong.inexpressible_in_safe_rust(AS_ALLOCATED)
    p.memory_check(pages, seed=ZEROS)
    p.free_pages(pages)


@program("pages do not take the flags {flags}", flags={"0x4": 0x4, "0x80000001": 0x80000001})
def unknown_flags(p: Builder, flags: int) -> None:
    pages = p.alloc_pages(size=4096, direction=TO_DEVICE, flags=flags).expect(Status.EINVAL)
    pages.inexpressible_in_safe_rust(NO_FLAG_LIKE_THAT)


@program("a refused free leaves pages as they are")
def refused_free(p: Builder) -> None:
    pages = p.alloc_pages(size=8192, direction=BIDIRECTIONAL)
    p.memory_fill(pages, seed=15)
    wrong = p.free_pages(pages, size=0).expect(Status.EINVAL)
    wrong.inexpressible_in_safe_rust(AS_ALLOCATED)
    p.memory_check(pages, seed=15)
    p.sync_single_for_device(pages)
    p.device_read(pages, offset=4000, length=500)
    p.device_check(length=500, seed=pattern(15, shift=4000))
    p.free_pages(pages)


@program("pages that the CPU owns are not handed to it again")
def owned_already(p: Builder) -> None:
    pages = p.alloc_pages(size=4096, direction=BIDIRECTIONAL)
    p.sync_single_for_cpu(pages).inexpressible_in_safe_rust(OWNER)
    p.sync_single_for_device(pages)
    p.sync_single_for_device(pages).inexpressible_in_safe_rust(OWNER)
    p.free_pages(pages)


@program("the device is not let loose on freed pages")
def after_free(p: Builder) -> None:
    pages = p.alloc_pages(size=4096, direction=FROM_DEVICE)
    p.device_write(pages, length=64)
    p.free_pages(pages)
    p.device_write(pages, length=64).expect(Status.EINVAL)


@program("pages that a program leaves behind are released")
def left_behind(p: Builder) -> None:
    p.alloc_pages(size=4096, direction=TO_DEVICE)
    p.alloc_pages(size=8192, direction=FROM_DEVICE)
    p.free_pages(p.alloc_pages(size=4096, direction=BIDIRECTIONAL))
    p.alloc_pages(size=300, direction=BIDIRECTIONAL)
    p.expect_leftover(3)


@program("the platform device has pages, too")
def platform(p: Builder) -> None:
    p.target_platform()
    pages = p.alloc_pages(size=20000, direction=BIDIRECTIONAL)
    p.memory_check(pages, seed=ZEROS)
    p.memory_fill(pages, offset=123, length=4567, seed=16)
    p.sync_single_for_device(pages)
    p.sync_single_for_cpu(pages)
    p.memory_check(pages, offset=123, length=4567, seed=16)
    p.memory_check(pages, offset=4690, seed=ZEROS)
    p.free_pages(pages)
