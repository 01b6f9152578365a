# SPDX-License-Identifier: GPL-2.0
"""Family: coherent. Memory that CPU and device share."""

from kdma.programs import (
    BEYOND_32_BITS,
    PAGE_BY_PAGE,
    UNCOUNTABLE,
    ZEROS,
    Attribute,
    Builder,
    Flag,
    Status,
    pattern,
    program,
)

NO_FLAG_LIKE_THAT = "its set of flags holds only known ones"
NOT_OF_ALLOCATIONS = "attributes of allocations are a type of their own"
AS_ALLOCATED = "memory knows by itself how it was allocated"


@program(
    "the device reads {size} bytes that the CPU wrote to coherent memory",
    size=[1, 3, 64, 511, 1000, 4095, 4096],
)
def device_reads(p: Builder, size: int) -> None:
    memory = p.alloc_coherent(size=8192)
    p.memory_fill(memory, seed=1)
    p.device_fill(length=4096, seed=2)
    p.device_read(memory, offset=33, device_offset=0, length=size)
    p.device_check(length=size, seed=pattern(1, shift=33))
    p.device_check(device_offset=size, length=4096 - size, seed=2)
    p.free_coherent(memory)


@program(
    "the CPU reads {size} bytes that the device wrote to coherent memory",
    size=[1, 3, 64, 511, 1000, 4095, 4096],
)
def device_writes(p: Builder, size: int) -> None:
    memory = p.alloc_coherent(size=12288)
    p.memory_fill(memory, seed=3)
    p.device_fill(length=4096, seed=4)
    p.device_write(memory, offset=4001, device_offset=0, length=size)
    p.memory_check(memory, length=4001, seed=3)
    p.memory_check(memory, offset=4001, length=size, seed=pattern(4, shift=-4001))
    p.memory_check(memory, offset=4001 + size, seed=3)
    p.free_coherent(memory)


@program(
    "{size} bytes of fresh coherent memory are zero and aligned to their order",
    size=[1, 4095, 4096, 4097, 12288, 65536, 131073],
)
def fresh_memory(p: Builder, size: int) -> None:
    # Dirties what was freed, so that zeros have to be written and not found.
    dirty = p.alloc_coherent(size=size)
    p.memory_fill(dirty, seed=5)
    p.free_coherent(dirty)
    memory = p.alloc_coherent(size=size)
    p.memory_check(memory, seed=ZEROS)
    p.free_coherent(memory)


@program("CPU and device use different parts of coherent memory at a time")
def parts(p: Builder) -> None:
    memory = p.alloc_coherent(size=4096)
    p.memory_fill(memory, offset=0, length=1024, seed=6)
    p.device_fill(length=4096, seed=7)
    p.device_write(memory, offset=1024, device_offset=1024, length=512)
    p.memory_fill(memory, offset=1536, length=100, seed=8)
    p.device_read(memory, offset=1500, device_offset=2000, length=136)
    p.device_check(device_offset=2000, length=36, seed=pattern(7, shift=-500))
    p.device_check(device_offset=2036, length=100, seed=pattern(8, shift=-500))
    p.memory_check(memory, offset=0, length=1024, seed=6)
    p.memory_check(memory, offset=1024, length=512, seed=7)
    p.memory_check(memory, offset=1536, length=100, seed=8)
    p.memory_check(memory, offset=1636, seed=ZEROS)
    p.free_coherent(memory)


@program(
    "coherent memory is allocated with flags {flags}",
    flags={"none": 0, "ATOMIC": Flag.ATOMIC, "NO_WARN": Flag.NO_WARN, "both": 3},
)
def flags(p: Builder, flags: int) -> None:
    memory = p.alloc_coherent(size=16384, flags=flags)
    p.memory_check(memory, seed=ZEROS)
    other = p.alloc_attrs(size=8192, flags=flags)
    p.memory_check(other, seed=ZEROS)
    p.free_coherent(memory)
    p.free_attrs(other)


@program(
    "coherent memory with the attributes {attributes} carries bytes both ways",
    attributes={
        "none": 0,
        "ALLOC_SINGLE_PAGES": Attribute.ALLOC_SINGLE_PAGES,
        "FORCE_CONTIGUOUS": Attribute.FORCE_CONTIGUOUS,
        "NO_WARN": Attribute.NO_WARN,
        "PRIVILEGED": Attribute.PRIVILEGED,
        "WEAK_ORDERING": Attribute.WEAK_ORDERING,
        "WRITE_COMBINE": Attribute.WRITE_COMBINE,
        "WEAK_ORDERING and WRITE_COMBINE": Attribute.WEAK_ORDERING | Attribute.WRITE_COMBINE,
        "all but NO_KERNEL_MAPPING": 0x665,
    },
)
def attributes(p: Builder, attributes: int) -> None:
    memory = p.alloc_attrs(size=8192, attributes=attributes)
    p.memory_check(memory, seed=ZEROS)
    p.memory_fill(memory, seed=9)
    p.device_read(memory, offset=1000, device_offset=24, length=2222)
    p.device_check(device_offset=24, length=2222, seed=pattern(9, shift=976))
    p.device_fill(length=4096, seed=10)
    p.device_write(memory, offset=5000, device_offset=11, length=3000)
    p.memory_check(memory, length=5000, seed=9)
    p.memory_check(memory, offset=5000, length=3000, seed=pattern(10, shift=-4989))
    p.memory_check(memory, offset=8000, seed=9)
    p.free_attrs(memory)


@program("memory without a kernel mapping is for the device alone")
def no_kernel_mapping(p: Builder) -> None:
    memory = p.alloc_attrs(size=8192, attributes=Attribute.NO_KERNEL_MAPPING)
    p.memory_check(memory, seed=ZEROS).expect(Status.EINVAL)
    p.memory_fill(memory, seed=11).expect(Status.EINVAL)
    p.device_fill(length=4096, seed=12)
    p.device_write(memory, offset=4090, device_offset=100, length=600)
    p.device_fill(length=4096, seed=13)
    p.device_read(memory, offset=4090, device_offset=50, length=600)
    p.device_check(length=50, seed=13)
    p.device_check(device_offset=50, length=600, seed=pattern(12, shift=50))
    p.device_check(device_offset=650, length=3446, seed=13)
    p.free_attrs(memory)


@program("{size} bytes of memory with attributes come and go", size=[65537, 131073, 300000])
def large_with_attributes(p: Builder, size: int) -> None:
    for _ in range(2):
        memory = p.alloc_attrs(size=size, attributes=Attribute.WEAK_ORDERING)
        p.memory_fill(memory, seed=17)
        p.device_read(memory, offset=size - 1000, length=1000)
        p.device_check(length=1000, seed=pattern(17, shift=size - 1000))
        p.free_attrs(memory)


@program("many allocations live side by side")
def many(p: Builder) -> None:
    memories = [p.alloc_coherent(size=100 + 997 * n) for n in range(24)]
    for n, memory in enumerate(memories):
        p.memory_fill(memory, seed=100 + n)
    for n, memory in enumerate(memories):
        p.memory_check(memory, seed=100 + n)
    p.device_read(memories[17], offset=9, length=4000)
    p.device_check(length=4000, seed=pattern(117, shift=9))
    for memory in (*memories[::2], *reversed(memories[1::2])):
        p.free_coherent(memory)


@program("a slot is used again after its memory was freed")
def again(p: Builder) -> None:
    memory = p.alloc_coherent(size=4096)
    p.memory_fill(memory, seed=14)
    p.free_coherent(memory)
    memory = p.alloc_attrs(size=12288, attributes=Attribute.WEAK_ORDERING, slot=memory)
    p.memory_check(memory, seed=ZEROS)
    p.free_attrs(memory)
    memory = p.alloc_coherent(size=300, slot=memory)
    p.memory_check(memory, seed=ZEROS)
    p.free_coherent(memory)


@program("no bytes of coherent memory are refused")
def no_bytes(p: Builder) -> None:
    first = p.alloc_coherent(size=0).expect(Status.EINVAL)
    second = p.alloc_attrs(size=0, attributes=Attribute.NO_WARN).expect(Status.EINVAL)
    # The slots are as good as new.
    first = p.alloc_coherent(size=4096, slot=first)
    second = p.alloc_attrs(size=4096, slot=second)
    p.free_coherent(first)
    p.free_attrs(second)


@program("more coherent memory than there is fails quietly")
def too_much(p: Builder) -> None:
    quietly = Flag.ATOMIC | Flag.NO_WARN
    memory = p.alloc_coherent(size=1 << 40, flags=quietly).expect(Status.ENOMEM)
    p.free_coherent(memory)
    other = p.alloc_attrs(
        size=1 << 40, flags=quietly, attributes=Attribute.FORCE_CONTIGUOUS | Attribute.NO_WARN
    ).expect(Status.ENOMEM)
    p.free_attrs(other)
    modest = p.alloc_coherent(size=4096)
    p.memory_check(modest, seed=ZEROS)
    p.free_coherent(modest)


@program("coherent memory of {size} is more pages than Linux counts", size=UNCOUNTABLE)
def uncountable(p: Builder, size: int) -> None:
    memory = p.alloc_coherent(size=size).expect(Status.ENOMEM)
    p.free_coherent(memory)
    other = p.alloc_attrs(size=size, attributes=Attribute.NO_WARN).expect(Status.ENOMEM)
    p.free_attrs(other)
    modest = p.alloc_coherent(size=4096)
    p.memory_check(modest, seed=ZEROS)
    p.free_coherent(modest)


@program("4 GiB and a page of coherent memory are not a page")
def beyond_32_bits(p: Builder) -> None:
    p.only_where(translates=False, reason=PAGE_BY_PAGE)
    memory = p.alloc_coherent(size=BEYOND_32_BITS, flags=Flag.NO_WARN).expect(Status.ENOMEM)
    p.free_coherent(memory)
    for how in ({"flags": Flag.NO_WARN}, {"attributes": Attribute.NO_WARN}):
        other = p.alloc_attrs(size=BEYOND_32_BITS, **how).expect(Status.ENOMEM)
        p.free_attrs(other)


@program("unknown flags {flags} are refused", flags={"0x4": 0x4, "0x80000001": 0x80000001})
def unknown_flags(p: Builder, flags: int) -> None:
    first = p.alloc_coherent(size=4096, flags=flags).expect(Status.EINVAL)
    first.inexpressible_in_safe_rust(NO_FLAG_LIKE_THAT)
    second = p.alloc_attrs(size=4096, flags=flags).expect(Status.EINVAL)
    second.inexpressible_in_safe_rust(NO_FLAG_LIKE_THAT)


@program(
    "allocations do not take {attributes}",
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
    memory = p.alloc_attrs(size=4096, attributes=attributes | Attribute.NO_WARN)
    memory.expect(Status.EINVAL).inexpressible_in_safe_rust(NOT_OF_ALLOCATIONS)
    memory = p.alloc_attrs(size=4096, attributes=Attribute.NO_WARN, slot=memory)
    wrong = p.free_attrs(memory, attributes=attributes | Attribute.NO_WARN)
    wrong.expect(Status.EINVAL).inexpressible_in_safe_rust(AS_ALLOCATED)
    p.memory_check(memory, seed=ZEROS)
    p.free_attrs(memory)


@program("a refused free leaves the memory as it is")
def refused_free(p: Builder) -> None:
    memory = p.alloc_coherent(size=8192)
    p.memory_fill(memory, seed=15)
    wrong = p.free_coherent(memory, size=0)
    wrong.expect(Status.EINVAL).inexpressible_in_safe_rust(AS_ALLOCATED)
    p.memory_check(memory, seed=15)
    p.device_read(memory, offset=4000, length=500)
    p.device_check(length=500, seed=pattern(15, shift=4000))
    p.free_coherent(memory)


@program("the device is not let loose on freed memory")
def after_free(p: Builder) -> None:
    memory = p.alloc_coherent(size=4096)
    p.device_write(memory, length=64)
    p.free_coherent(memory)
    p.device_write(memory, length=64).expect(Status.EINVAL)
    p.device_read(memory, length=64).expect(Status.EINVAL)


@program("what a program leaves behind is released")
def left_behind(p: Builder) -> None:
    p.alloc_coherent(size=4096)
    p.alloc_attrs(size=8192, attributes=Attribute.NO_KERNEL_MAPPING)
    p.free_coherent(p.alloc_coherent(size=4096))
    p.alloc_attrs(size=300, attributes=Attribute.WRITE_COMBINE)
    p.expect_leftover(3)


@program("the platform device has coherent memory, too")
def platform(p: Builder) -> None:
    p.target_platform()
    memory = p.alloc_coherent(size=20000)
    p.memory_check(memory, seed=ZEROS)
    p.memory_fill(memory, offset=123, length=4567, seed=16)
    p.memory_check(memory, offset=123, length=4567, seed=16)
    p.memory_check(memory, offset=4690, seed=ZEROS)
    other = p.alloc_attrs(size=5000, flags=Flag.ATOMIC, attributes=Attribute.FORCE_CONTIGUOUS)
    p.memory_check(other, seed=ZEROS)
    p.free_attrs(other)
    p.free_coherent(memory)


@program("the device changes coherent memory without bus mastering as little as any other")
def bus_master_off(p: Builder) -> None:
    memory = p.alloc_coherent(size=4096)
    p.memory_fill(memory, seed=17)
    p.device_fill(length=4096, seed=18)
    p.bus_master(enabled=0)
    p.device_write(memory, length=2048)
    p.bus_master(enabled=1)
    p.memory_check(memory, seed=17)
    p.device_write(memory, length=2048)
    p.memory_check(memory, length=2048, seed=18)
    p.memory_check(memory, offset=2048, seed=17)
    p.free_coherent(memory)


# The core moves nothing that it knows to be in the device's memory. It must know.
@program("the memory of the device is filled again after the device read into it")
def filled_again(p: Builder) -> None:
    memory = p.alloc_coherent(size=4096)
    p.memory_fill(memory, seed=19)
    p.device_fill(length=4096, seed=20)
    p.device_read(memory, length=4096)
    p.device_fill(length=4096, seed=20)
    p.device_write(memory, length=4096)
    p.memory_check(memory, seed=20)
    p.free_coherent(memory)


@program("what did not come to the memory of the device without bus mastering does with it")
def filled_without_bus_mastering(p: Builder) -> None:
    memory = p.alloc_coherent(size=4096)
    p.memory_fill(memory, seed=21)
    p.device_fill(length=4096, seed=22)
    p.bus_master(enabled=0)
    p.device_fill(length=4096, seed=23)
    p.bus_master(enabled=1)
    p.device_fill(length=4096, seed=23)
    p.device_write(memory, length=4096)
    p.memory_check(memory, seed=23)
    p.free_coherent(memory)
