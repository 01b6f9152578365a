# SPDX-License-Identifier: GPL-2.0
"""Family: pool. Small pieces of coherent memory, all of one size."""

from kdma.programs import (
    POOL_BLOCKS,
    TO_DEVICE,
    ZEROS,
    Builder,
    Flag,
    Status,
    pattern,
    program,
)

NO_FLAG_LIKE_THAT = "its set of flags holds only known ones"
LENT = "a pool is borrowed by the memory taken from it"
NO_POOL = "there is no pool to take from"
TAKES = ("alloc", "zalloc")


@program("the device moves a piece of {size} bytes from a pool by {take}",
         size=[1, 4, 100, 512, 4096, 10000, 1 << 17], take=TAKES)  # fmt: skip
def moves(p: Builder, size: int, take: str) -> None:
    length = min(size, 4096)
    pool = p.pool_create(size=size, alignment=8, boundary=0)
    piece = getattr(p, f"pool_{take}")(pool)
    p.memory_fill(piece, seed=41)
    p.device_fill(length=4096, seed=42)
    p.device_read(piece, offset=size - length, length=length)
    p.device_check(length=length, seed=pattern(41, shift=size - length))
    p.device_fill(length=4096, seed=42)
    p.device_write(piece, length=length)
    p.memory_check(piece, length=length, seed=42)
    p.memory_check(piece, offset=length, seed=41)
    p.pool_free(piece)
    p.pool_destroy(pool)


@program(
    "{count} pieces of {size} bytes do not touch each other", count=[2, 40], size=[7, 300, 5000]
)
def many(p: Builder, count: int, size: int) -> None:
    pool = p.pool_create(size=size, alignment=16, boundary=0)
    pieces = [(p.pool_zalloc if n % 3 else p.pool_alloc)(pool) for n in range(count)]
    for number, piece in enumerate(pieces):
        p.memory_fill(piece, seed=100 + number)
    for number, piece in enumerate(pieces):
        p.memory_check(piece, seed=100 + number)
    for piece in (*pieces[1::2], *reversed(pieces[::2])):
        p.pool_free(piece)
    piece = p.pool_zalloc(pool, slot=pieces[0])
    p.memory_check(piece, seed=ZEROS)
    p.pool_free(piece)
    p.pool_destroy(pool)


@program("a piece of zeros is zero although its memory was used, {size} bytes", size=[3, 64, 4097])
def zeros(p: Builder, size: int) -> None:
    pool = p.pool_create(size=size, alignment=0, boundary=0)
    dirty = p.pool_alloc(pool)
    p.memory_fill(dirty, seed=43)
    p.pool_free(dirty)
    piece = p.pool_zalloc(pool, slot=dirty)
    p.memory_check(piece, seed=ZEROS)
    p.pool_free(piece)
    p.pool_destroy(pool)


@program("pieces are aligned to {alignment}", alignment=[1, 2, 16, 256, 4096, 8192, 1 << 17])
def alignments(p: Builder, alignment: int) -> None:
    pool = p.pool_create(size=300, alignment=alignment, boundary=0)
    for piece in [p.pool_alloc(pool) for _ in range(12)]:
        p.pool_free(piece)
    p.pool_destroy(pool)


@program("pieces of {size} bytes do not cross {boundary}",
         size=[24, 300, 511], boundary=[512, 1024, 4096, 65536, 1 << 40])  # fmt: skip
def boundaries(p: Builder, size: int, boundary: int) -> None:
    pool = p.pool_create(size=size, alignment=0, boundary=boundary)
    for piece in [p.pool_zalloc(pool) for _ in range(20)]:
        p.pool_free(piece)
    p.pool_destroy(pool)


@program("a piece is as large as the block of {size} bytes that it must not leave",
         size=POOL_BLOCKS)  # fmt: skip
def blocks(p: Builder, size: int) -> None:
    pool = p.pool_create(size=size, alignment=0, boundary=size)
    for piece in [p.pool_zalloc(pool) for _ in range(3)]:
        p.pool_free(piece)
    p.pool_destroy(pool)


@program("pieces are taken by {take} with the flags {flags}", take=TAKES,
         flags={"none": 0, "ATOMIC": Flag.ATOMIC, "NO_WARN": Flag.NO_WARN, "all": 3})  # fmt: skip
def flags(p: Builder, take: str, flags: int) -> None:
    pool = p.pool_create(size=2000, alignment=0, boundary=0)
    piece = getattr(p, f"pool_{take}")(pool, flags=flags)
    p.memory_fill(piece, seed=44)
    p.device_read(piece, length=2000)
    p.device_check(length=2000, seed=44)
    p.pool_free(piece)
    p.pool_destroy(pool)


@program("two pools keep their memory apart, and the coherent mask")
def two(p: Builder) -> None:
    p.set_coherent_mask(mask=0xFFFFFFFF)
    small = p.pool_create(size=32, alignment=32, boundary=0)
    large = p.pool_create(size=3000, alignment=4096, boundary=4096)
    pieces = [p.pool_alloc(small), p.pool_alloc(large), p.pool_alloc(small), p.pool_zalloc(large)]
    for number, piece in enumerate(pieces):
        p.memory_fill(piece, seed=50 + number)
    for number, piece in enumerate(pieces):
        p.memory_check(piece, seed=50 + number)
    for piece in pieces[:3:2]:
        p.pool_free(piece)
    p.pool_destroy(small)
    p.memory_check(pieces[1], seed=51)
    p.pool_free(pieces[1])
    p.pool_free(pieces[3])
    p.pool_destroy(large)


@program("a pool of pieces of {size} bytes, aligned to {alignment}, within {boundary}, is refused",
         cases=[
             {"size": 0, "alignment": 0, "boundary": 0},
             {"size": 0x40000001, "alignment": 0, "boundary": 0},
             {"size": 1 << 63, "alignment": 0, "boundary": 0},
             {"size": 64, "alignment": 3, "boundary": 0},
             {"size": 64, "alignment": 1 << 40, "boundary": 0},
             {"size": 64, "alignment": 0, "boundary": 96},
             {"size": 64, "alignment": 0, "boundary": 32},
             {"size": 60, "alignment": 128, "boundary": 64},
             {"size": 1, "alignment": 0, "boundary": 8},
         ])  # fmt: skip
def refused(p: Builder, size: int, alignment: int, boundary: int) -> None:
    p.pool_create(size=size, alignment=alignment, boundary=boundary).expect(Status.EINVAL)


@program("unknown flags {flags} are refused by {take}", take=TAKES,
         flags={"0x4": 4, "0x10002": 0x10002})  # fmt: skip
def unknown_flags(p: Builder, take: str, flags: int) -> None:
    pool = p.pool_create(size=48, alignment=0, boundary=0)
    piece = getattr(p, f"pool_{take}")(pool, flags=flags).expect(Status.EINVAL)
    piece.inexpressible_in_safe_rust(NO_FLAG_LIKE_THAT)
    p.pool_destroy(pool)


@program("a pool is not destroyed while {count} pieces are out", count=[1, 5])
def lent(p: Builder, count: int) -> None:
    pool = p.pool_create(size=128, alignment=0, boundary=0)
    pieces = [p.pool_alloc(pool) for _ in range(count)]
    for number, piece in enumerate(pieces):
        p.memory_fill(piece, seed=60 + number)
        p.pool_destroy(pool).expect(Status.EINVAL).inexpressible_in_safe_rust(LENT)
        p.memory_check(piece, seed=60 + number)
    for piece in pieces:
        p.pool_free(piece)
    p.pool_destroy(pool)


@program("nothing is taken by {take} from a pool that was {what}", take=TAKES,
         what=["destroyed", "never made"])  # fmt: skip
def gone(p: Builder, take: str, what: str) -> None:
    if what == "destroyed":
        pool = p.pool_create(size=128, alignment=0, boundary=0)
        p.pool_destroy(pool)
        p.pool_destroy(pool).expect(Status.EINVAL).inexpressible_in_safe_rust(NO_POOL)
    else:
        pool = p.pool_create(size=128, alignment=7, boundary=0).expect(Status.EINVAL)
    piece = getattr(p, f"pool_{take}")(pool).expect(Status.EINVAL)
    piece.inexpressible_in_safe_rust(NO_POOL)
    p.pool_free(piece)


@program("a piece larger than all memory fails quietly by {take}", take=TAKES)
def too_much(p: Builder, take: str) -> None:
    pool = p.pool_create(size=1 << 30, alignment=0, boundary=0)
    quietly = Flag.ATOMIC | Flag.NO_WARN
    piece = getattr(p, f"pool_{take}")(pool, flags=quietly).expect(Status.ENOMEM)
    p.pool_free(piece)
    p.pool_destroy(pool)


@program("the device is not let loose on a piece that was freed")
def after_free(p: Builder) -> None:
    pool = p.pool_create(size=256, alignment=0, boundary=0)
    piece = p.pool_alloc(pool)
    p.device_write(piece, length=256)
    p.pool_free(piece)
    p.device_write(piece, length=256).expect(Status.EINVAL)
    mapping = p.map_single(p.buffer(512), size=300, direction=TO_DEVICE, slot=piece)
    p.unmap_single(mapping)
    p.pool_destroy(pool)


@program("pools and pieces that a program leaves behind are released")
def left_behind(p: Builder) -> None:
    first = p.pool_create(size=256, alignment=0, boundary=0)
    p.pool_alloc(first)
    second = p.pool_create(size=5000, alignment=0, boundary=0)
    p.pool_free(p.pool_alloc(second))
    p.pool_zalloc(first)
    p.expect_leftover(4)


@program("the platform device has pools, too")
def platform(p: Builder) -> None:
    p.target_platform()
    pool = p.pool_create(size=777, alignment=64, boundary=0)
    piece = p.pool_zalloc(pool)
    p.memory_check(piece, seed=ZEROS)
    p.memory_fill(piece, offset=7, length=700, seed=45)
    p.memory_check(piece, offset=7, length=700, seed=45)
    p.pool_free(piece)
    p.pool_destroy(pool)
