# SPDX-License-Identifier: GPL-2.0
"""Family: sgtable. The pages of coherent memory as a list, as exporters hand them out.

The list is mapped again, for the device that has the memory already. dma-debug takes
two mappings through which a device writes to the same cache lines for an error, so
what the device writes goes through a mapping with SKIP_CPU_SYNC, as dma-buf's
exporters of coherent memory do it. The memory itself stays: it is a leftover.
"""

from kdma.programs import (
    FROM_DEVICE,
    TO_DEVICE,
    Attribute,
    Builder,
    Direction,
    Flag,
    Status,
    Step,
    pattern,
    program,
)

KINDS = ("sg_attrs", "sgtable")
#: All are multiples of a page, so that a list in whole pages ends where they do.
SIZES = (4096, 12288, 65536)
NO_MEMORY = "there is no memory to list"
WHOLE = "memory is listed as it was allocated"
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


def map_list(p: Builder, kind: str, table: Step, direction: Direction) -> None:
    """Maps a list and looks where the device finds it, in one segment or in more."""
    attributes = Attribute.SKIP_CPU_SYNC if direction == FROM_DEVICE else 0
    getattr(p, f"map_{kind}")(table, direction=direction, attributes=attributes)
    p.sg_segment(table, index=0)
    for index in range(1, 4):
        p.sg_segment(table, index=index).same_as_native()


def unmap_list(p: Builder, kind: str, table: Step) -> None:
    """Ends the mapping and the list."""
    getattr(p, f"unmap_{kind}")(table)
    p.sg_free(table)


@program("the device reads {size} coherent bytes through a list mapped by {kind}",
         size=SIZES, kind=KINDS)  # fmt: skip
def reads(p: Builder, size: int, kind: str) -> None:
    memory = p.alloc_coherent(size=size)
    p.memory_fill(memory, seed=1)
    p.device_fill(length=4096, seed=2)
    table = p.get_sgtable(memory)
    map_list(p, kind, table, TO_DEVICE)
    p.device_read(table, offset=size - 3000, device_offset=55, length=3000)
    p.device_check(length=55, seed=2)
    p.device_check(device_offset=55, length=3000, seed=pattern(1, shift=size - 3055))
    p.device_check(device_offset=3055, length=1041, seed=2)
    unmap_list(p, kind, table)
    p.memory_check(memory, seed=1)
    p.expect_leftover(1)


@program("the device writes {size} coherent bytes through a list mapped by {kind}",
         size=SIZES, kind=KINDS)  # fmt: skip
def writes(p: Builder, size: int, kind: str) -> None:
    memory = p.alloc_coherent(size=size)
    p.memory_fill(memory, seed=3)
    table = p.get_sgtable(memory)
    map_list(p, kind, table, FROM_DEVICE)
    p.device_fill(length=4096, seed=4)
    for offset in range(0, size, 4096):
        p.device_write(table, offset=offset, length=4096)
    sync = p.sync_sg_for_cpu if kind == "sg_attrs" else p.sync_sgtable_for_cpu
    sync(table)
    for offset in range(0, size, 4096):
        p.memory_check(memory, offset=offset, length=4096, seed=pattern(4, shift=-offset))
    unmap_list(p, kind, table)
    p.expect_leftover(1)


@program("the device reads beyond the first 64 KiB of memory through a list of all of it")
def far(p: Builder) -> None:
    p.set_max_seg_size(size=1 << 20)
    attributes = Attribute.WEAK_ORDERING
    memory = p.alloc_attrs(size=0x1A000, attributes=attributes)
    p.memory_fill(memory, seed=16)
    table = p.get_sgtable_attrs(memory)
    map_list(p, "sgtable", table, TO_DEVICE)
    p.device_read(table, offset=90001, length=4096)
    p.device_check(length=4096, seed=pattern(16, shift=90001))
    unmap_list(p, "sgtable", table)
    p.expect_leftover(1)


@program("CPU and device hand coherent memory to and fro through a list")
def to_and_fro(p: Builder) -> None:
    memory = p.alloc_coherent(size=8192)
    table = p.get_sgtable(memory)
    map_list(p, "sgtable", table, TO_DEVICE)
    for turn in range(3):
        p.sync_sgtable_for_cpu(table)
        p.memory_fill(memory, seed=10 + turn)
        p.sync_sgtable_for_device(table)
        p.device_read(table, offset=4000 + turn, length=3500)
        p.device_check(length=3500, seed=pattern(10 + turn, shift=4000 + turn))
    unmap_list(p, "sgtable", table)
    p.expect_leftover(1)


@program("coherent memory with the attributes {attributes} is listed", attributes=ATTRIBUTES)
def attributes(p: Builder, attributes: int) -> None:
    memory = p.alloc_attrs(size=8192, attributes=attributes)
    p.memory_fill(memory, seed=5)
    table = p.get_sgtable_attrs(memory)
    map_list(p, "sgtable", table, TO_DEVICE)
    p.device_read(table, offset=2500, length=4000)
    p.device_check(length=4000, seed=pattern(5, shift=2500))
    unmap_list(p, "sgtable", table)
    p.expect_leftover(1)


@program("memory without a kernel mapping has pages to list")
def no_kernel_mapping(p: Builder) -> None:
    memory = p.alloc_attrs(size=8192, attributes=Attribute.NO_KERNEL_MAPPING)
    p.device_fill(length=4096, seed=6)
    p.device_write(memory, offset=4000, length=4096)
    p.device_fill(length=4096, seed=7)
    table = p.get_sgtable_attrs(memory)
    map_list(p, "sg_attrs", table, TO_DEVICE)
    p.device_read(table, offset=4000, length=4096)
    p.device_check(length=4096, seed=6)
    unmap_list(p, "sg_attrs", table)
    p.expect_leftover(1)


@program("coherent memory allocated with flags {flags} is listed",
         flags={"ATOMIC": Flag.ATOMIC, "NO_WARN": Flag.NO_WARN, "both": 3})  # fmt: skip
def flags(p: Builder, flags: int) -> None:
    memory = p.alloc_coherent(size=12288, flags=flags)
    p.memory_fill(memory, seed=8)
    table = p.get_sgtable(memory)
    map_list(p, "sgtable", table, TO_DEVICE)
    p.device_read(table, offset=7000, length=4096)
    p.device_check(length=4096, seed=pattern(8, shift=7000))
    unmap_list(p, "sgtable", table)
    p.expect_leftover(1)


@program("a list of {size} of 12288 coherent bytes reaches them", size=[4096, 8192])
def part(p: Builder, size: int) -> None:
    memory = p.alloc_coherent(size=12288)
    p.memory_fill(memory, seed=9)
    p.device_fill(length=4096, seed=20)
    table = p.get_sgtable(memory, size=size).inexpressible_in_safe_rust(WHOLE)
    for step in (
        p.map_sgtable(table, direction=TO_DEVICE),
        p.sg_segment(table, index=0),
        p.sg_segment(table, index=3).expect(Status.EINVAL),
    ):
        step.inexpressible_in_safe_rust(WHOLE)
    p.device_read(table, offset=size - 1000, length=1000).needs_inexpressible()
    p.device_check(length=1000, seed=pattern(9, shift=size - 1000)).needs_inexpressible()
    p.unmap_sgtable(table).inexpressible_in_safe_rust(WHOLE)
    p.sg_free(table).inexpressible_in_safe_rust(WHOLE)
    p.expect_leftover(1)


@program("memory is listed twice, and the lists do not know each other")
def twice(p: Builder) -> None:
    memory = p.alloc_coherent(size=8192)
    first, second = p.get_sgtable(memory), p.get_sgtable(memory)
    p.memory_fill(memory, seed=21)
    map_list(p, "sgtable", first, TO_DEVICE)
    p.sg_free(first).expect(Status.EINVAL).inexpressible_in_safe_rust("it is mapped")
    map_list(p, "sg_attrs", second, TO_DEVICE)
    unmap_list(p, "sgtable", first)
    p.device_read(second, offset=77, length=4000)
    p.device_check(length=4000, seed=pattern(21, shift=77))
    unmap_list(p, "sg_attrs", second)
    p.expect_leftover(1)


@program("a list of coherent memory is full")
def full(p: Builder) -> None:
    table = p.get_sgtable(p.alloc_coherent(size=4096))
    p.sg_add(table, p.buffer(4096), offset=64, size=128).expect(Status.EINVAL)
    p.sg_free(table)
    p.expect_leftover(1)


@program("no coherent bytes are not listed")
def no_bytes(p: Builder) -> None:
    memory = p.alloc_coherent(size=4096)
    other = p.alloc_attrs(size=4096, attributes=Attribute.NO_WARN)
    first = p.get_sgtable(memory, size=0).expect(Status.EINVAL)
    first.inexpressible_in_safe_rust(WHOLE)
    second = p.get_sgtable_attrs(other, size=0).expect(Status.EINVAL)
    second.inexpressible_in_safe_rust(WHOLE)
    # The memory is as free as before, and so are the slots.
    p.sg_free(p.get_sgtable(memory, slot=first))
    p.free_attrs(other)
    p.expect_leftover(1)


@program(
    "coherent memory is not listed with {attributes}",
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
    memory = p.alloc_attrs(size=4096, attributes=Attribute.NO_WARN)
    wrong = p.get_sgtable_attrs(memory, attributes=attributes | Attribute.NO_WARN)
    wrong.expect(Status.EINVAL).inexpressible_in_safe_rust(WHOLE)
    p.free_attrs(memory)


@program("memory that could not be allocated is not listed")
def no_memory(p: Builder) -> None:
    quietly = Flag.ATOMIC | Flag.NO_WARN
    memory = p.alloc_coherent(size=1 << 40, flags=quietly).expect(Status.ENOMEM)
    table = p.get_sgtable(memory).expect(Status.EINVAL)
    table.inexpressible_in_safe_rust(NO_MEMORY)
    other = p.alloc_attrs(size=1 << 40, flags=quietly, attributes=Attribute.NO_WARN)
    other.expect(Status.ENOMEM)
    table = p.get_sgtable_attrs(other).expect(Status.EINVAL)
    table.inexpressible_in_safe_rust(NO_MEMORY)


@program("lists that a program leaves behind go before their memory")
def left_behind(p: Builder) -> None:
    memory = p.alloc_coherent(size=8192)
    p.memory_fill(memory, seed=22)
    map_list(p, "sgtable", p.get_sgtable(memory), FROM_DEVICE)
    other = p.alloc_attrs(size=4096, attributes=Attribute.NO_KERNEL_MAPPING)
    p.get_sgtable_attrs(other)
    p.expect_leftover(4)


@program("memory of the platform device is listed, too")
def platform(p: Builder) -> None:
    p.target_platform()
    memory = p.alloc_coherent(size=20480)
    p.memory_fill(memory, seed=23)
    table = p.get_sgtable(memory)
    map_list(p, "sg_attrs", table, TO_DEVICE)
    unmap_list(p, "sg_attrs", table)
    p.memory_check(memory, seed=23)
    p.expect_leftover(1)
