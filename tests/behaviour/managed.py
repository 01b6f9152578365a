# SPDX-License-Identifier: GPL-2.0
"""Family: managed. Coherent memory and pools that the device frees by itself.

The core opens a devres group before a program and releases it afterwards, so what
a program leaves is freed within its run: dma-debug counts what is left, and the
tracepoints see every free.
"""

from kdma.programs import (
    BEYOND_32_BITS,
    PAGE_BY_PAGE,
    POOL_BLOCKS,
    UNCOUNTABLE,
    ZEROS,
    Attribute,
    Builder,
    Flag,
    Status,
    pattern,
    program,
)

AS_ALLOCATED = "memory knows by itself how it was allocated"
BY_THE_DEVICE = "memory with attributes has no free: the device alone knows them"
GONE = "memory that was freed is not there to be freed again"
LENT = "a pool is borrowed by the memory taken from it"
NOT_MANAGED = "only managed memory and pools have such a free"
NOT_OF_ALLOCATIONS = "attributes of allocations are a type of their own"
NO_FLAG_LIKE_THAT = "its set of flags holds only known ones"
NO_POOL = "there is no pool to take from"
ATTRIBUTES = {
    "none": 0,
    "ALLOC_SINGLE_PAGES": Attribute.ALLOC_SINGLE_PAGES,
    "FORCE_CONTIGUOUS": Attribute.FORCE_CONTIGUOUS,
    "NO_WARN": Attribute.NO_WARN,
    "PRIVILEGED": Attribute.PRIVILEGED,
    "WEAK_ORDERING": Attribute.WEAK_ORDERING,
    "WRITE_COMBINE": Attribute.WRITE_COMBINE,
    "all but NO_KERNEL_MAPPING": 0x665,
}


@program("the device moves {size} bytes of managed memory both ways", size=[1, 511, 4095, 4096])
def moves(p: Builder, size: int) -> None:
    memory = p.managed_alloc_coherent(size=12288)
    p.memory_fill(memory, seed=1)
    p.device_fill(length=4096, seed=2)
    p.device_read(memory, offset=33, length=size)
    p.device_check(length=size, seed=pattern(1, shift=33))
    p.device_check(device_offset=size, length=4096 - size, seed=2)
    p.device_fill(length=4096, seed=3)
    p.device_write(memory, offset=4001, length=size)
    p.memory_check(memory, length=4001, seed=1)
    p.memory_check(memory, offset=4001, length=size, seed=pattern(3, shift=-4001))
    p.memory_check(memory, offset=4001 + size, seed=1)
    p.managed_free_coherent(memory)


@program("{size} bytes of fresh managed memory are zero and aligned to their order",
         size=[1, 4095, 4096, 4097, 12288, 65536, 131073])  # fmt: skip
def fresh(p: Builder, size: int) -> None:
    # Dirties what was freed, so that zeros have to be written and not found.
    dirty = p.managed_alloc_coherent(size=size)
    p.memory_fill(dirty, seed=4)
    p.managed_free_coherent(dirty)
    p.memory_check(p.managed_alloc_coherent(size=size), seed=ZEROS)
    p.memory_check(p.managed_alloc_attrs(size=size), seed=ZEROS)


@program("managed memory with the attributes {attributes} carries bytes both ways",
         attributes=ATTRIBUTES)  # fmt: skip
def attributes(p: Builder, attributes: int) -> None:
    memory = p.managed_alloc_attrs(size=8192, attributes=attributes)
    p.memory_check(memory, seed=ZEROS)
    p.memory_fill(memory, seed=5)
    p.device_read(memory, offset=1000, device_offset=24, length=2222)
    p.device_check(device_offset=24, length=2222, seed=pattern(5, shift=976))
    p.device_fill(length=4096, seed=6)
    p.device_write(memory, offset=5000, device_offset=11, length=3000)
    p.memory_check(memory, length=5000, seed=5)
    p.memory_check(memory, offset=5000, length=3000, seed=pattern(6, shift=-4989))
    p.memory_check(memory, offset=8000, seed=5)


@program("managed memory without a kernel mapping is for the device alone")
def no_kernel_mapping(p: Builder) -> None:
    memory = p.managed_alloc_attrs(size=8192, attributes=Attribute.NO_KERNEL_MAPPING)
    p.memory_check(memory, seed=ZEROS).expect(Status.EINVAL)
    p.memory_fill(memory, seed=7).expect(Status.EINVAL)
    p.device_fill(length=4096, seed=8)
    p.device_write(memory, offset=4090, device_offset=100, length=600)
    p.device_fill(length=4096, seed=9)
    p.device_read(memory, offset=4090, device_offset=50, length=600)
    p.device_check(length=50, seed=9)
    p.device_check(device_offset=50, length=600, seed=pattern(8, shift=50))


@program("managed memory is allocated with flags {flags}",
         flags={"none": 0, "ATOMIC": Flag.ATOMIC, "NO_WARN": Flag.NO_WARN, "both": 3})  # fmt: skip
def flags(p: Builder, flags: int) -> None:
    memory = p.managed_alloc_coherent(size=16384, flags=flags)
    p.memory_check(memory, seed=ZEROS)
    p.memory_check(p.managed_alloc_attrs(size=8192, flags=flags), seed=ZEROS)
    p.managed_free_coherent(memory)


@program("managed and other memory live side by side, and what is left goes with the device")
def side_by_side(p: Builder) -> None:
    makers = (p.managed_alloc_coherent, p.alloc_coherent, p.managed_alloc_attrs)
    memories = [makers[n % 3](size=100 + 997 * n) for n in range(18)]
    for n, memory in enumerate(memories):
        p.memory_fill(memory, seed=100 + n)
    for memory in memories[::6]:
        p.managed_free_coherent(memory)
    for n, memory in enumerate(memories):
        if n % 6:
            p.memory_check(memory, seed=100 + n)
    for memory in memories[1::3]:
        p.free_coherent(memory)


@program("managed memory is freed once")
def once(p: Builder) -> None:
    memory = p.managed_alloc_coherent(size=8192)
    p.managed_free_coherent(memory)
    again = p.managed_free_coherent(memory).expect(Status.EINVAL)
    again.inexpressible_in_safe_rust(GONE)
    p.memory_fill(memory, seed=10).expect(Status.EINVAL)
    p.device_write(memory, length=64).expect(Status.EINVAL)


@program("{size} of 8192 managed bytes are not freed", size=[0, 1, 4096, 8191, 8193, 1 << 63])
def part(p: Builder, size: int) -> None:
    memory = p.managed_alloc_coherent(size=8192)
    p.memory_fill(memory, seed=11)
    wrong = p.managed_free_coherent(memory, size=size).expect(Status.EINVAL)
    wrong.inexpressible_in_safe_rust(AS_ALLOCATED)
    p.memory_check(memory, seed=11)
    p.managed_free_coherent(memory)


@program("coherent memory that is not managed is not freed as if it was")
def not_managed(p: Builder) -> None:
    for memory, free in (
        (p.alloc_coherent(size=8192), p.free_coherent),
        (p.alloc_attrs(size=4096, attributes=Attribute.WRITE_COMBINE), p.free_attrs),
    ):
        p.memory_fill(memory, seed=12)
        wrong = p.managed_free_coherent(memory).expect(Status.EINVAL)
        wrong.inexpressible_in_safe_rust(NOT_MANAGED)
        p.memory_check(memory, seed=12)
        free(memory)


@program("managed memory with the attributes {attributes} is freed by the device alone",
         attributes={**ATTRIBUTES, "NO_KERNEL_MAPPING": Attribute.NO_KERNEL_MAPPING})  # fmt: skip
def by_the_device(p: Builder, attributes: int) -> None:
    memory = p.managed_alloc_attrs(size=8192, attributes=attributes)
    wrong = p.managed_free_coherent(memory).expect(Status.EINVAL)
    wrong.inexpressible_in_safe_rust(BY_THE_DEVICE)
    p.device_fill(length=4096, seed=13)
    p.device_write(memory, offset=4096, length=4096)
    p.device_fill(length=4096, seed=14)
    p.device_read(memory, offset=4096, length=4096)
    p.device_check(length=4096, seed=13)


@program("no managed bytes are refused")
def no_bytes(p: Builder) -> None:
    first = p.managed_alloc_coherent(size=0).expect(Status.EINVAL)
    second = p.managed_alloc_attrs(size=0, attributes=Attribute.NO_WARN).expect(Status.EINVAL)
    # The slots are as good as new.
    first = p.managed_alloc_coherent(size=4096, slot=first)
    second = p.managed_alloc_attrs(size=4096, slot=second)
    p.memory_check(second, seed=ZEROS)
    p.managed_free_coherent(first)


@program("more managed memory than there is fails quietly")
def too_much(p: Builder) -> None:
    quietly = Flag.ATOMIC | Flag.NO_WARN
    memory = p.managed_alloc_coherent(size=1 << 40, flags=quietly).expect(Status.ENOMEM)
    p.managed_free_coherent(memory)
    p.managed_alloc_attrs(
        size=1 << 40, flags=quietly, attributes=Attribute.FORCE_CONTIGUOUS | Attribute.NO_WARN
    ).expect(Status.ENOMEM)
    modest = p.managed_alloc_coherent(size=4096)
    p.memory_check(modest, seed=ZEROS)
    p.managed_free_coherent(modest)


@program("managed memory of {size} is more pages than Linux counts", size=UNCOUNTABLE)
def uncountable(p: Builder, size: int) -> None:
    memory = p.managed_alloc_coherent(size=size).expect(Status.ENOMEM)
    p.managed_free_coherent(memory)
    p.managed_alloc_attrs(size=size, attributes=Attribute.NO_WARN).expect(Status.ENOMEM)
    modest = p.managed_alloc_coherent(size=4096)
    p.memory_check(modest, seed=ZEROS)
    p.managed_free_coherent(modest)


@program("4 GiB and a page of managed memory are not a page")
def beyond_32_bits(p: Builder) -> None:
    p.only_where(translates=False, reason=PAGE_BY_PAGE)
    memory = p.managed_alloc_coherent(size=BEYOND_32_BITS, flags=Flag.NO_WARN)
    memory.expect(Status.ENOMEM)
    p.managed_free_coherent(memory)
    for how in ({"flags": Flag.NO_WARN}, {"attributes": Attribute.NO_WARN}):
        p.managed_alloc_attrs(size=BEYOND_32_BITS, **how).expect(Status.ENOMEM)


@program("managed memory does not take the flags {flags}",
         flags={"0x4": 0x4, "0x80000001": 0x80000001})  # fmt: skip
def unknown_flags(p: Builder, flags: int) -> None:
    first = p.managed_alloc_coherent(size=4096, flags=flags).expect(Status.EINVAL)
    first.inexpressible_in_safe_rust(NO_FLAG_LIKE_THAT)
    second = p.managed_alloc_attrs(size=4096, flags=flags).expect(Status.EINVAL)
    second.inexpressible_in_safe_rust(NO_FLAG_LIKE_THAT)


@program(
    "managed memory does not take {attributes}",
    attributes={
        "SKIP_CPU_SYNC": Attribute.SKIP_CPU_SYNC,
        "MMIO": Attribute.MMIO,
        "REQUIRE_COHERENT": Attribute.REQUIRE_COHERENT,
        "DEBUGGING_IGNORE_CACHELINES": Attribute.DEBUGGING_IGNORE_CACHELINES,
        "an unknown attribute": 0x800,
        "the highest bit": 1 << 63,
    },
)
def foreign_attributes(p: Builder, attributes: int) -> None:
    memory = p.managed_alloc_attrs(size=4096, attributes=attributes | Attribute.NO_WARN)
    memory.expect(Status.EINVAL).inexpressible_in_safe_rust(NOT_OF_ALLOCATIONS)


@program("what is managed keeps the coherent mask")
def mask(p: Builder) -> None:
    p.set_coherent_mask(mask=0xFFFFFFFF)
    memory = p.managed_alloc_coherent(size=5000)
    p.memory_check(memory, seed=ZEROS)
    p.memory_check(p.managed_alloc_attrs(size=3000), seed=ZEROS)
    piece = p.pool_zalloc(p.managed_pool_create(size=48, alignment=0, boundary=0))
    p.memory_check(piece, seed=ZEROS)
    p.pool_free(piece)


@program(
    "the device moves a piece of {size} bytes from a managed pool",
    size=[1, 100, 4096, 10000, 1 << 17],
)
def pool_moves(p: Builder, size: int) -> None:
    length = min(size, 4096)
    pool = p.managed_pool_create(size=size, alignment=8, boundary=0)
    for take in (p.pool_alloc, p.pool_zalloc):
        piece = take(pool)
        p.memory_fill(piece, seed=41)
        p.device_fill(length=4096, seed=42)
        p.device_read(piece, offset=size - length, length=length)
        p.device_check(length=length, seed=pattern(41, shift=size - length))
        p.device_fill(length=4096, seed=42)
        p.device_write(piece, length=length)
        p.memory_check(piece, length=length, seed=42)
        p.memory_check(piece, offset=length, seed=41)
        p.pool_free(piece)
    p.managed_pool_destroy(pool)


@program("pieces of {size} bytes of a managed pool aligned to {alignment} do not cross {boundary}",
         cases=[
             {"size": 24, "alignment": 8, "boundary": 512},
             {"size": 300, "alignment": 256, "boundary": 1024},
             {"size": 511, "alignment": 2, "boundary": 65536},
             {"size": 511, "alignment": 2, "boundary": 1 << 40},
             {"size": 300, "alignment": 1 << 17, "boundary": 0},
             # As large as can be.
             *({"size": size, "alignment": 0, "boundary": size} for size in POOL_BLOCKS),
         ])  # fmt: skip
def pool_shapes(p: Builder, size: int, alignment: int, boundary: int) -> None:
    pool = p.managed_pool_create(size=size, alignment=alignment, boundary=boundary)
    pieces = [p.pool_zalloc(pool) for _ in range(25 if size < 1 << 16 else 3)]
    for number, piece in enumerate(pieces):
        p.memory_fill(piece, seed=50 + number)
    for number, piece in enumerate(pieces):
        p.memory_check(piece, seed=50 + number)
        p.pool_free(piece)


@program("a managed pool of pieces of {size} bytes, aligned to {alignment}, within {boundary}, "
         "is refused",
         cases=[
             {"size": 0, "alignment": 0, "boundary": 0},
             {"size": 0x40000001, "alignment": 0, "boundary": 0},
             {"size": 1 << 63, "alignment": 0, "boundary": 0},
             {"size": 64, "alignment": 3, "boundary": 0},
             {"size": 64, "alignment": 1 << 40, "boundary": 0},
             {"size": 64, "alignment": 0, "boundary": 96},
             {"size": 60, "alignment": 128, "boundary": 64},
             {"size": 1, "alignment": 0, "boundary": 8},
         ])  # fmt: skip
def pool_refused(p: Builder, size: int, alignment: int, boundary: int) -> None:
    p.managed_pool_create(size=size, alignment=alignment, boundary=boundary).expect(Status.EINVAL)


@program("a managed pool is not destroyed while {count} pieces are out", count=[1, 5])
def pool_lent(p: Builder, count: int) -> None:
    pool = p.managed_pool_create(size=128, alignment=0, boundary=0)
    pieces = [p.pool_alloc(pool) for _ in range(count)]
    for number, piece in enumerate(pieces):
        p.memory_fill(piece, seed=60 + number)
        p.managed_pool_destroy(pool).expect(Status.EINVAL).inexpressible_in_safe_rust(LENT)
        p.memory_check(piece, seed=60 + number)
    for piece in pieces:
        p.pool_free(piece)
    p.managed_pool_destroy(pool)
    p.managed_pool_destroy(pool).expect(Status.EINVAL).inexpressible_in_safe_rust(NO_POOL)
    p.pool_alloc(pool).expect(Status.EINVAL).inexpressible_in_safe_rust(NO_POOL)


@program("a pool is destroyed by the function of its kind alone")
def pool_kinds(p: Builder) -> None:
    managed = p.managed_pool_create(size=96, alignment=0, boundary=0)
    other = p.pool_create(size=160, alignment=0, boundary=0)
    wrong = p.pool_destroy(managed).expect(Status.EINVAL)
    wrong.inexpressible_in_safe_rust(NOT_MANAGED)
    wrong = p.managed_pool_destroy(other).expect(Status.EINVAL)
    wrong.inexpressible_in_safe_rust(NOT_MANAGED)
    for pool in (managed, other):
        piece = p.pool_zalloc(pool)
        p.memory_check(piece, seed=ZEROS)
        p.pool_free(piece)
    p.managed_pool_destroy(managed)
    p.pool_destroy(other)


@program("what a program leaves managed is no leftover, but the pieces of a managed pool are")
def left_behind(p: Builder) -> None:
    p.managed_alloc_coherent(size=4096)
    p.managed_alloc_attrs(size=8192, attributes=Attribute.NO_KERNEL_MAPPING)
    p.managed_free_coherent(p.managed_alloc_coherent(size=300))
    pool = p.managed_pool_create(size=256, alignment=0, boundary=0)
    p.pool_zalloc(pool)
    p.pool_free(p.pool_alloc(pool))
    p.managed_alloc_coherent(size=5000)
    p.managed_pool_create(size=5000, alignment=0, boundary=0)
    p.alloc_coherent(size=100)
    p.expect_leftover(2)


@program("the platform device manages memory and pools, too")
def platform(p: Builder) -> None:
    p.target_platform()
    memory = p.managed_alloc_coherent(size=20000)
    p.memory_check(memory, seed=ZEROS)
    p.memory_fill(memory, offset=123, length=4567, seed=16)
    p.memory_check(memory, offset=123, length=4567, seed=16)
    p.memory_check(memory, offset=4690, seed=ZEROS)
    p.managed_alloc_attrs(size=5000, flags=Flag.ATOMIC, attributes=Attribute.FORCE_CONTIGUOUS)
    piece = p.pool_zalloc(p.managed_pool_create(size=777, alignment=64, boundary=0))
    p.memory_check(piece, seed=ZEROS)
    p.pool_free(piece)
    p.managed_free_coherent(memory)
