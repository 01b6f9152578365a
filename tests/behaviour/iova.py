# SPDX-License-Identifier: GPL-2.0
"""Family: iova. Ranges of IOVAs, to which memory is linked piece by piece.

Kernels before 6.16 lack it: iova_try_alloc answers KDMA_ENOTSUPP there and all
that follows KDMA_EINVAL, which the native driver decides. Where the kernel has it,
only an IOMMU in front of the device makes it do something; a device without one is
told to map its memory otherwise.
"""

from typing import Any

from kdma.programs import (
    BIDIRECTIONAL,
    FROM_DEVICE,
    PAGE_SIZE,
    TO_DEVICE,
    U32_MAX,
    U64_MAX,
    ZEROS,
    Attribute,
    Buffer,
    Builder,
    Direction,
    Flag,
    Status,
    Step,
    allow_faults,
    pattern,
    program,
)

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
NO_FLAG_LIKE_THAT = "its set of flags holds only known ones"
NOT_OF_MAPPINGS = "attributes of mappings are a type of their own"
AS_LINKED = "a range knows by itself what is linked to it, and how"
IN_A_ROW = "links lie in a row from the start of the range"
LINKED_ALIKE = "all links of a range have the attributes of the first"
ALL_AT_ONCE = "all links of a range are synced, and end, at once"
NO_RANGE = "a range that is not there is None"

FAULT = r"DMAR: \[DMA (Read|Write)"
INTEL = ("iommu-strict", "iommu-lazy")


def expect_fault(p: Builder) -> None:
    """The device tries something that the IOMMU does not let it do.

    Without the API there is no address to try it at.
    """
    p.expect_log(FAULT, INTEL)
    allow_faults(p)


def ask(p: Builder, size: int, **arguments: Any) -> Step:
    """A range, where the kernel has such a thing, behind an IOMMU."""
    p.only_where(translates=True, reason="without an IOMMU there are no ranges of IOVAs")
    return p.iova_try_alloc(size=size, **arguments).same_as_native()


def moves(p: Builder, memory: Buffer, state: Step, link: Step) -> None:
    """Moves bytes between a synced link and the device, as its direction lets it."""
    at, offset = link["iova_offset"], link["offset"]
    size = min(link["size"], 4096)
    p.memory_fill(memory, seed=21)
    p.device_fill(length=4096, seed=22)
    if link["direction"] != FROM_DEVICE:
        p.device_read(state, offset=at, length=size)
        p.device_check(length=size, seed=pattern(21, shift=offset))
        p.device_check(device_offset=size, length=4096 - size, seed=22)
        p.device_fill(length=4096, seed=22)
    written = link["direction"] != TO_DEVICE
    if written:
        p.device_write(state, offset=at, length=size)
    p.memory_check(memory, length=offset, seed=21)
    seed = pattern(22, shift=-offset) if written else 21
    p.memory_check(memory, offset=offset, length=size, seed=seed)
    p.memory_check(memory, offset=offset + size, seed=21)


# Links that are as they should be


@program(
    "the device moves {size} bytes linked to a range {direction}",
    size=[1, 3, 64, 1000, 4095, 4096, 4097, 9000],
    direction=DIRECTIONS,
)
def transfers(p: Builder, size: int, direction: Direction) -> None:
    inside = 8 * (size % 61)
    memory = p.buffer(16384)
    state = ask(p, size, physical_address=inside)
    p.use_iova(state).expect(used=1)
    p.iova_size(state).expect(size=size)
    link = p.iova_link(state, memory, offset=4096 + inside, size=size, direction=direction)
    p.iova_sync(state)
    moves(p, memory, state, link)
    p.iova_unlink(state)
    p.iova_size(state).expect(size=size)
    p.iova_free(state)


@program("memory is linked {direction} with {name}", name=TAKEN, direction=DIRECTIONS)
def attributes(p: Builder, name: str, direction: Direction) -> None:
    p.needs_attribute(Attribute[name])
    memory = p.buffer(8192)
    state = ask(p, 3001, physical_address=640)
    link = p.iova_link(
        state, memory, offset=640, size=3001, direction=direction, attributes=Attribute[name]
    )
    p.iova_sync(state)
    moves(p, memory, state, link)
    p.iova_destroy(state)


@program("memory of another device is linked {direction}", direction=DIRECTIONS)
def mmio(p: Builder, direction: Direction) -> None:
    p.needs_attribute(Attribute.MMIO)
    memory = p.mmio(12288)
    state = ask(p, 5000, physical_address=96)
    link = p.iova_link(
        state, memory, offset=4192, size=5000, direction=direction, attributes=Attribute.MMIO
    )
    p.iova_sync(state)
    moves(p, memory, state, link)
    p.iova_destroy(state)


@program("memory is linked beyond the first 4 GiB of a range {direction}", direction=DIRECTIONS)
def far(p: Builder, direction: Direction) -> None:
    # Not below 32 bits, says the kernel once, and takes addresses above them.
    p.allow_log(r"Using \d+-bit DMA addresses")
    size, at = (5 << 30) + 77, (4 << 30) + 0x23000
    memory = p.buffer(0x30000)
    state = ask(p, size, physical_address=(6 << 32) + 0x57000)
    p.use_iova(state).expect(used=1)
    p.iova_size(state).expect(size=size)
    for step in (
        p.iova_link(
            state, memory, offset=0x4000, iova_offset=at, size=0x21080, direction=direction
        ),
        p.iova_sync(state),
        p.iova_unlink(state),
    ):
        step.inexpressible_in_safe_rust(IN_A_ROW)
    p.iova_free(state)


@program("200000 bytes are linked, synced and unlinked {direction}", direction=DIRECTIONS)
def large(p: Builder, direction: Direction) -> None:
    memory = p.buffer(0x40000)
    state = ask(p, 200000, physical_address=(7 << 32) + 0x56100)
    link = p.iova_link(state, memory, offset=0x1100, size=200000, direction=direction)
    p.iova_sync(state)
    moves(p, memory, state, link)
    p.iova_unlink(state)
    p.iova_free(state)


@program("a range goes with two links of more than 64 KiB {direction}", direction=DIRECTIONS)
def large_in_parts(p: Builder, direction: Direction) -> None:
    memory = p.buffer(0x40000)
    state = ask(p, 217200, physical_address=0x100)
    p.iova_link(state, memory, offset=0x1100, size=147200, direction=direction)
    link = p.iova_link(
        state, memory, offset=0x28000, iova_offset=147200, size=70000, direction=direction
    )
    p.iova_sync(state, iova_offset=0, size=217200)
    p.iova_sync(state).inexpressible_in_safe_rust(ALL_AT_ONCE)
    moves(p, memory, state, link)
    p.iova_destroy(state)


@program("three pieces of memory are one row for the device")
def row(p: Builder) -> None:
    first, second, third = p.buffer(8192), p.buffer(8192), p.slab_buffer(64)
    state = ask(p, 3196 + 8192, physical_address=900)
    p.iova_link(state, first, offset=900, size=3196, direction=BIDIRECTIONAL)
    p.iova_link(state, second, iova_offset=3196, size=8192, direction=BIDIRECTIONAL)
    p.iova_sync(state, iova_offset=0, size=3196 + 8192)
    p.memory_fill(first, seed=23)
    p.memory_fill(second, seed=24)
    p.memory_fill(third, seed=25)
    p.device_fill(length=4096, seed=26)
    p.device_read(state, offset=3000, length=4000)
    p.device_check(length=196, seed=pattern(23, shift=3900))
    p.device_check(device_offset=196, length=3804, seed=pattern(24, shift=-196))
    p.device_fill(length=4096, seed=26)
    p.device_write(state, offset=2900, length=600)
    p.memory_check(first, length=3800, seed=23)
    p.memory_check(first, offset=3800, length=296, seed=pattern(26, shift=-3800))
    p.memory_check(first, offset=4096, seed=23)
    p.memory_check(second, length=304, seed=pattern(26, shift=296))
    p.memory_check(second, offset=304, seed=24)
    p.memory_check(third, seed=25)
    p.iova_destroy(state)


@program("{count} pages are linked one by one and end together", count=[1, 2, 16])
def pages(p: Builder, count: int) -> None:
    buffers = [p.buffer(4096) for _ in range(count)]
    state = ask(p, 4096 * count)
    for n, memory in enumerate(buffers):
        p.memory_fill(memory, seed=30 + n)
        p.iova_link(state, memory, iova_offset=4096 * n, size=4096, direction=TO_DEVICE)
    p.iova_sync(state, iova_offset=0, size=4096 * count)
    for n in (0, count // 2, count - 1):
        p.device_fill(length=4096, seed=29)
        p.device_read(state, offset=4096 * n + 7, length=4000)
        p.device_check(length=4000, seed=pattern(30 + n, shift=7))
        p.device_check(device_offset=4000, length=96, seed=29)
    p.iova_unlink(state, iova_offset=0, size=4096 * count)
    p.iova_free(state)


@program("a range is linked again, to other memory")
def again(p: Builder) -> None:
    memories = [p.buffer(8192) for _ in range(3)]
    state = ask(p, 4500, physical_address=64)
    for memory in memories:
        link = p.iova_link(state, memory, offset=64, size=4500, direction=BIDIRECTIONAL)
        p.iova_sync(state)
        moves(p, memory, state, link)
        p.iova_unlink(state)
    p.iova_free(state)


@program("a link from {inside} in its page ends with the first byte of page {pages}, and so does "
         "its unlink", inside=[0, 72, 4095], pages=[0, 1, 5])  # fmt: skip
def one_byte_more(p: Builder, inside: int, pages: int) -> None:
    """That byte alone has the last page linked: with one byte less it is not, or stays."""
    size = PAGE_SIZE * pages + 1 - inside
    if size < 1:
        size += PAGE_SIZE
    memories = [p.buffer(6 * PAGE_SIZE) for _ in range(2)]
    state = ask(p, size, physical_address=inside)
    for seed, memory in enumerate(memories, start=61):
        p.memory_fill(memory, seed=seed)
        p.iova_link(state, memory, offset=inside, size=size, direction=TO_DEVICE)
        p.iova_sync(state)
        p.device_fill(length=16, seed=60)
        p.device_read(state, offset=size - 1, device_offset=8, length=1)
        p.device_check(device_offset=8, length=1, seed=pattern(seed, shift=inside + size - 9))
        p.iova_unlink(state)
    p.iova_free(state)


@program("links lie where they are told to and need not touch")
def holes(p: Builder) -> None:
    memory = p.buffer(16384)
    expect_fault(p)
    state = ask(p, 16384)
    late = p.iova_link(
        state, memory, offset=8192, iova_offset=12288, size=1500, direction=TO_DEVICE
    )
    late.inexpressible_in_safe_rust(IN_A_ROW)
    p.iova_sync(state).inexpressible_in_safe_rust(IN_A_ROW)
    p.memory_fill(memory, seed=31)
    p.device_fill(length=4096, seed=32)
    p.device_read(state, offset=12388, length=1400)
    there = p.device_check(length=1400, seed=pattern(31, shift=8292))
    there.needs_inexpressible()
    p.device_read(state, offset=4096, device_offset=2000, length=500)
    p.device_check(device_offset=2000, length=500, seed=ZEROS)
    p.iova_unlink(state).inexpressible_in_safe_rust(IN_A_ROW)
    p.iova_free(state)


@program("one link ends and its neighbours stay")
def middle(p: Builder) -> None:
    memory = p.buffer(12288)
    p.memory_fill(memory, seed=33)
    allow_faults(p)
    state = ask(p, 12288)
    for n in range(3):
        p.iova_link(
            state, memory, offset=4096 * n, iova_offset=4096 * n, size=4096, direction=BIDIRECTIONAL
        )
    p.iova_sync(state, iova_offset=0, size=12288)
    gone = p.iova_unlink(state, iova_offset=4096, size=4096)
    gone.inexpressible_in_safe_rust(ALL_AT_ONCE)
    p.device_fill(length=4096, seed=34)
    p.device_write(state, offset=4196, length=1000)
    p.memory_check(memory, seed=33).needs_inexpressible()
    p.device_write(state, offset=300, length=700)
    p.device_write(state, offset=8192, length=4096)
    p.memory_check(memory, length=300, seed=33)
    p.memory_check(memory, offset=300, length=700, seed=pattern(34, shift=-300))
    p.memory_check(memory, offset=1000, length=3096, seed=33)
    p.memory_check(memory, offset=4096, length=4096, seed=33).needs_inexpressible()
    p.memory_check(memory, offset=8192, seed=pattern(34, shift=-8192))
    back = p.iova_link(
        state, memory, offset=4096, iova_offset=4096, size=4096, direction=BIDIRECTIONAL
    )
    back.inexpressible_in_safe_rust(ALL_AT_ONCE)
    p.iova_sync(state).inexpressible_in_safe_rust(ALL_AT_ONCE)
    p.device_write(state, offset=5000, device_offset=100, length=90)
    p.memory_check(memory, offset=5000, length=90, seed=pattern(34, shift=-4900))
    p.iova_destroy(state, linked=12288)


@program("SKIP_CPU_SYNC may be added when links end by {way}", way=["unlink", "destroy"])
def skip(p: Builder, way: str) -> None:
    memory = p.buffer(4096)
    state = ask(p, 2000, physical_address=128)
    link = p.iova_link(state, memory, offset=128, size=2000, direction=BIDIRECTIONAL)
    p.iova_sync(state)
    moves(p, memory, state, link)
    end = p.iova_destroy if way == "destroy" else p.iova_unlink
    end(state, attributes=Attribute.SKIP_CPU_SYNC)
    if way == "unlink":
        p.iova_free(state)


@program("a range is asked for with flags {flags}",
         flags={"none": 0, "ATOMIC": Flag.ATOMIC, "NO_WARN": Flag.NO_WARN, "all": 3})  # fmt: skip
def flags(p: Builder, flags: int) -> None:
    memory = p.buffer(4096)
    state = ask(p, 4096, flags=flags)
    link = p.iova_link(state, memory, size=4096, direction=BIDIRECTIONAL)
    p.iova_sync(state)
    moves(p, memory, state, link)
    p.iova_destroy(state)


@program("a range lies below a mask of {count} bits", count=[31, 32, 40])
def masks(p: Builder, count: int) -> None:
    memory = p.buffer(4096)
    p.set_mask(mask=(1 << count) - 1)
    state = ask(p, 4096)
    link = p.iova_link(state, memory, size=4096, direction=BIDIRECTIONAL)
    p.iova_sync(state)
    moves(p, memory, state, link)
    p.iova_destroy(state)


@program("a range goes by {way} without anything linked", way=["free", "destroy"])
def unused(p: Builder, way: str) -> None:
    state = ask(p, 8192, physical_address=12)
    p.use_iova(state).expect(used=1)
    if way == "free":
        p.iova_free(state)
    else:
        end = p.iova_destroy(state, linked=0, direction=TO_DEVICE)
        end.inexpressible_in_safe_rust("an empty range is freed")
        p.iova_free(state).expect(Status.EINVAL).needs_inexpressible()


# A device that is not trusted: what does not fill its pages is bounced


def ask_untrusted(p: Builder, size: int, inside: int) -> Step:
    """A range for a device that may see nothing beside what is linked to it.

    Where the device does not ask for it, as NVMe's does, the bounce buffer begins a
    page, and Linux cannot link it to another place in one.
    """
    p.only_in("iommu-untrusted", reason="a device that is trusted has no links that bounce")
    p.set_min_align_mask(mask=0xFFF)
    return p.iova_try_alloc(size=size, physical_address=inside).same_as_native()


ENDS = {"unlink": "iova_unlink", "destroy": "iova_destroy"}


def _ends(p: Builder, state: Step, way: str, **arguments: int) -> None:
    """All links of a range end, and it goes."""
    getattr(p, way)(state, **arguments)
    if way == "iova_unlink":
        p.iova_free(state)


@program("a bounced link of {size} bytes {direction} is copied when it begins and ends by {way}",
         size=[1, 700, 3456, 9000], direction=DIRECTIONS, way=ENDS)  # fmt: skip
def bounced(p: Builder, size: int, direction: Direction, way: str) -> None:
    inside, length = 640, min(size, 4096)
    memory = p.buffer(16384)
    state = ask_untrusted(p, size, inside)
    p.memory_fill(memory, seed=41)
    p.iova_link(state, memory, offset=inside, size=size, direction=direction)
    p.iova_sync(state)
    # Whole pages in the middle are not bounced.
    head = min(size, 4096 - inside)
    p.memory_fill(memory, length=inside + head, seed=42)
    p.device_fill(length=4096, seed=43)
    if direction != FROM_DEVICE:
        p.device_read(state, length=length)
        p.device_check(length=head, seed=pattern(41, shift=inside))
        p.device_fill(length=4096, seed=43)
    if direction != TO_DEVICE:
        p.device_write(state, length=length)
    p.memory_check(memory, length=inside + head, seed=42)
    _ends(p, state, way)
    p.memory_check(memory, length=inside, seed=42)
    written = pattern(43, shift=-inside) if direction != TO_DEVICE else 42
    p.memory_check(memory, offset=inside, length=head, seed=written)
    p.memory_check(memory, offset=inside + size, seed=41)


@program("a bounced link {direction} that ends by {way} with SKIP_CPU_SYNC is not copied",
         direction=DIRECTIONS, way=ENDS)  # fmt: skip
def bounced_and_skipped(p: Builder, direction: Direction, way: str) -> None:
    memory = p.buffer(4096)
    state = ask_untrusted(p, 2000, 128)
    p.memory_fill(memory, seed=44)
    p.iova_link(state, memory, offset=128, size=2000, direction=direction)
    p.iova_sync(state)
    p.memory_fill(memory, seed=45)
    if direction != TO_DEVICE:
        p.device_fill(length=4096, seed=46)
        p.device_write(state, length=2000)
    _ends(p, state, way, attributes=Attribute.SKIP_CPU_SYNC)
    p.memory_check(memory, seed=45)


@program("what must not bounce is not linked where it would")
def not_bounced(p: Builder) -> None:
    p.needs_attribute(Attribute.REQUIRE_COHERENT)
    memory = p.buffer(4096)
    state = ask_untrusted(p, 2000, 128)
    p.iova_link(
        state,
        memory,
        offset=128,
        size=2000,
        direction=BIDIRECTIONAL,
        attributes=Attribute.REQUIRE_COHERENT,
    ).expect(Status.EMAPPING)
    p.iova_link(state, memory, offset=128, size=2000, direction=BIDIRECTIONAL)
    p.iova_sync(state)
    p.iova_destroy(state)


@program("what must not bounce is not linked beside what does")
def not_beside_bounced(p: Builder) -> None:
    p.needs_attribute(Attribute.REQUIRE_COHERENT)
    memory = p.buffer(8192)
    state = ask_untrusted(p, 3968 + 4096, 128)
    p.iova_link(state, memory, offset=128, size=3968, direction=TO_DEVICE)
    wrong = p.iova_link(
        state,
        memory,
        offset=4096,
        iova_offset=3968,
        size=4096,
        direction=TO_DEVICE,
        attributes=Attribute.REQUIRE_COHERENT,
    ).expect(Status.EMAPPING)
    wrong.inexpressible_in_safe_rust(LINKED_ALIKE)
    p.iova_link(state, memory, offset=4096, iova_offset=3968, size=4096, direction=TO_DEVICE)
    p.iova_sync(state, iova_offset=0, size=3968 + 4096)
    p.iova_destroy(state, linked=3968 + 4096)


# No range


@program("without an IOMMU there is a state and no range")
def without_iommu(p: Builder) -> None:
    p.only_where(translates=False, reason="an IOMMU has ranges")
    memory = p.buffer(4096)
    state = p.iova_try_alloc(size=4096, physical_address=16).same_as_native()
    p.use_iova(state).expect(used=0)
    p.iova_size(state).expect(size=0).inexpressible_in_safe_rust(NO_RANGE)
    for wrong in (
        p.iova_link(state, memory, size=4096, direction=TO_DEVICE),
        p.iova_sync(state),
        p.iova_unlink(state),
        p.iova_destroy(state, linked=1),
    ):
        wrong.expect(Status.EINVAL).inexpressible_in_safe_rust(NO_RANGE)
    p.device_read(state, length=64).expect(Status.EINVAL)
    p.iova_free(state)


@program("without a range there is nothing to destroy but the state")
def destroy_without_range(p: Builder) -> None:
    p.only_where(translates=False, reason="an IOMMU has ranges")
    state = p.iova_try_alloc(size=70000).same_as_native()
    p.iova_destroy(state, linked=0, direction=BIDIRECTIONAL)


@program("a range larger than all IOVAs is not there")
def too_large(p: Builder) -> None:
    # Not below 32 bits, says the kernel once, and tries above them in vain.
    p.allow_log(r"Using \d+-bit DMA addresses")
    state = ask(p, 1 << 61)
    p.use_iova(state).expect(used=0)
    p.iova_free(state)


@program("the platform device has no ranges")
def platform(p: Builder) -> None:
    p.target_platform()
    state = p.iova_try_alloc(size=4096).same_as_native()
    p.use_iova(state).expect(used=0)
    p.iova_free(state)


# What is refused


@program("a range of {size} bytes is refused", size={"no": 0, "2 to the 62": 1 << 62,
                                                     "2 to the 64 - 1": (1 << 64) - 1})  # fmt: skip
def bad_sizes(p: Builder, size: int) -> None:
    p.iova_try_alloc(size=size).expect(Status.EINVAL)


@program("a range does not take the flags {flags}", flags={"0x4": 4, "0x80000000": 1 << 31})
def unknown_flags(p: Builder, flags: int) -> None:
    wrong = p.iova_try_alloc(size=4096, flags=flags).expect(Status.EINVAL)
    wrong.inexpressible_in_safe_rust(NO_FLAG_LIKE_THAT)


def linked_once(p: Builder) -> tuple[Buffer, Step, Step]:
    """A range of three pages with a link to its first bytes."""
    memory = p.buffer(16384)
    state = ask(p, 12288, physical_address=256)
    link = p.iova_link(state, memory, offset=256, size=3840, direction=TO_DEVICE)
    return memory, state, link


def still_fine(p: Builder, memory: Buffer, state: Step, link: Step) -> None:
    """What was refused has changed nothing."""
    p.iova_sync(state, iova_offset=0, size=3840)
    moves(p, memory, state, link)
    p.iova_destroy(state, linked=3840, direction=TO_DEVICE, attributes=0)


@program("a link does not take the direction {direction}", direction=[0, 4, U32_MAX])
def unknown_direction(p: Builder, direction: int) -> None:
    memory, state, link = linked_once(p)
    for wrong, reason in (
        (
            p.iova_link(state, memory, offset=8192, iova_offset=3840, size=80, direction=direction),
            NO_DIRECTION_LIKE_THAT,
        ),
        (p.iova_unlink(state, iova_offset=0, size=3840, direction=direction), AS_LINKED),
        (p.iova_destroy(state, linked=3840, direction=direction), AS_LINKED),
    ):
        wrong.expect(Status.EINVAL).inexpressible_in_safe_rust(reason)
    still_fine(p, memory, state, link)


@program(
    "a link does not take the attribute {bits}",
    bits={
        "ALLOC_SINGLE_PAGES": Attribute.ALLOC_SINGLE_PAGES,
        "FORCE_CONTIGUOUS": Attribute.FORCE_CONTIGUOUS,
        "NO_KERNEL_MAPPING": Attribute.NO_KERNEL_MAPPING,
        "WRITE_COMBINE": Attribute.WRITE_COMBINE,
        "0x800": 0x800,
        "of the highest bit": 1 << 63,
    },
)
def foreign_attributes(p: Builder, bits: int) -> None:
    memory, state, link = linked_once(p)
    for wrong, reason in (
        (
            p.iova_link(
                state,
                memory,
                offset=8192,
                iova_offset=3840,
                size=80,
                direction=TO_DEVICE,
                attributes=bits,
            ),
            NOT_OF_MAPPINGS,
        ),
        (p.iova_unlink(state, iova_offset=0, size=3840, attributes=bits), AS_LINKED),
        (p.iova_destroy(state, linked=3840, attributes=bits), AS_LINKED),
    ):
        wrong.expect(Status.EINVAL).inexpressible_in_safe_rust(reason)
    still_fine(p, memory, state, link)


@program("no bytes are linked, synced or unlinked")
def no_bytes(p: Builder) -> None:
    memory, state, link = linked_once(p)
    p.iova_link(state, memory, offset=8192, iova_offset=3840, size=0, direction=TO_DEVICE).expect(
        Status.EINVAL
    )
    for wrong in (
        p.iova_sync(state, iova_offset=0, size=0),
        p.iova_unlink(state, iova_offset=0, size=0),
    ):
        wrong.expect(Status.EINVAL).inexpressible_in_safe_rust(ALL_AT_ONCE)
    still_fine(p, memory, state, link)


@program(
    "a link of {size} bytes at {offset} to memory at {inside} in its page is refused",
    cases=[
        # The kernel warns of the first three.
        {"offset": 3840, "size": 64, "inside": 1},
        {"offset": 3840, "size": 64, "inside": 2048},
        {"offset": 7936, "size": 64, "inside": 256},
        {"offset": 3841, "size": 64, "inside": 0},
        {"offset": 4000, "size": 64, "inside": 160},
        {"offset": 0, "size": 64, "inside": 256},
        {"offset": 3839, "size": 1, "inside": 4095},
        {"offset": 3840, "size": 8449, "inside": 0},
        {"offset": 12288, "size": 1, "inside": 0},
    ],
)
def bad_links(p: Builder, offset: int, size: int, inside: int) -> None:
    memory, state, link = linked_once(p)
    other = p.buffer(16384)
    wrong = p.iova_link(
        state, other, offset=inside, iova_offset=offset, size=size, direction=TO_DEVICE
    ).expect(Status.EINVAL)
    if offset != 3840:
        wrong.inexpressible_in_safe_rust(IN_A_ROW)
    still_fine(p, memory, state, link)


@program(
    "memory at {inside} in its page is not the first of a range made for 256",
    inside=[0, 255, 257, 4095],
)
def bad_first(p: Builder, inside: int) -> None:
    memory = p.buffer(16384)
    state = ask(p, 12288, physical_address=256)
    wrong = p.iova_link(state, memory, offset=inside, size=64, direction=TO_DEVICE)
    wrong.expect(Status.EINVAL)
    link = p.iova_link(state, memory, offset=256, size=3840, direction=TO_DEVICE)
    still_fine(p, memory, state, link)


@program("what is not linked is not {name}", name=["synced", "unlinked"])
def not_linked(p: Builder, name: str) -> None:
    memory, state, link = linked_once(p)
    step = p.iova_sync if name == "synced" else p.iova_unlink
    for offset, size in ((3840, 4096), (0, 3841), (0, 12288), (12287, 1), (12288, 1), (0, 12289)):
        wrong = step(state, iova_offset=offset, size=size).expect(Status.EINVAL)
        wrong.inexpressible_in_safe_rust(AS_LINKED)
    still_fine(p, memory, state, link)


@program("what lies behind the end of a range is not {name}", name=["synced", "unlinked"])
def behind(p: Builder, name: str) -> None:
    """It may be in the last page, which is linked."""
    memory = p.buffer(16384)
    state = ask(p, 12288, physical_address=256)
    link = p.iova_link(state, memory, offset=256, size=12288, direction=TO_DEVICE)
    step = p.iova_sync if name == "synced" else p.iova_unlink
    for offset, size in ((12288, 1), (12289, 1), (12290, 1), (1, 12288), (U64_MAX, 2)):
        wrong = step(state, iova_offset=offset, size=size).expect(Status.EINVAL)
        wrong.inexpressible_in_safe_rust(AS_LINKED)
    p.iova_sync(state)
    moves(p, memory, state, link)
    p.iova_unlink(state)
    p.iova_free(state)


@program("a link ends once, and as it was made")
def ends_once(p: Builder) -> None:
    memory, state, link = linked_once(p)
    for direction in (FROM_DEVICE, BIDIRECTIONAL):
        wrong = p.iova_unlink(state, iova_offset=0, size=3840, direction=direction)
        wrong.expect(Status.EINVAL).inexpressible_in_safe_rust(AS_LINKED)
    wrong = p.iova_unlink(state, iova_offset=0, size=3840, attributes=Attribute.NO_WARN)
    wrong.expect(Status.EINVAL).inexpressible_in_safe_rust(AS_LINKED)
    wrong = p.iova_unlink(state, iova_offset=128, size=3712)
    wrong.expect(Status.EINVAL).inexpressible_in_safe_rust(AS_LINKED)
    p.iova_sync(state, iova_offset=0, size=3840)
    moves(p, memory, state, link)
    p.iova_unlink(state, iova_offset=0, size=3840)
    for _ in range(2):
        wrong = p.iova_unlink(state, iova_offset=0, size=3840).expect(Status.EINVAL)
        wrong.inexpressible_in_safe_rust(AS_LINKED)
    p.iova_free(state)


@program("{size} bytes at {offset} of two links of 8192 are not unlinked",
         cases=[{"offset": 0, "size": 4096}, {"offset": 4096, "size": 4096},
                {"offset": 4096, "size": 8192}, {"offset": 0, "size": 12288},
                {"offset": 12288, "size": 4096}])  # fmt: skip
def cut(p: Builder, offset: int, size: int) -> None:
    first, second = p.buffer(8192), p.buffer(8192)
    state = ask(p, 16384)
    link = p.iova_link(state, first, size=8192, direction=TO_DEVICE)
    p.iova_link(state, second, iova_offset=8192, size=8192, direction=TO_DEVICE)
    wrong = p.iova_unlink(state, iova_offset=offset, size=size).expect(Status.EINVAL)
    wrong.inexpressible_in_safe_rust(ALL_AT_ONCE)
    p.iova_sync(state, iova_offset=0, size=16384)
    moves(p, first, state, link)
    p.iova_unlink(state, iova_offset=0, size=16384)
    p.iova_free(state)


@program("a range is destroyed with all that is linked and no less, and freed with nothing")
def bad_ends(p: Builder) -> None:
    memory = p.buffer(16384)
    state = ask(p, 12288)
    p.iova_link(state, memory, size=4096, direction=TO_DEVICE)
    link = p.iova_link(state, memory, offset=8192, iova_offset=4096, size=2000, direction=TO_DEVICE)
    for linked in (0, 4096, 8193, 12288, 12289):
        wrong = p.iova_destroy(state, linked=linked).expect(Status.EINVAL)
        wrong.inexpressible_in_safe_rust(AS_LINKED)
    for direction in (FROM_DEVICE, BIDIRECTIONAL):
        wrong = p.iova_destroy(state, linked=6096, direction=direction).expect(Status.EINVAL)
        wrong.inexpressible_in_safe_rust(AS_LINKED)
    wrong = p.iova_destroy(state, linked=6096, attributes=Attribute.NO_WARN).expect(Status.EINVAL)
    wrong.inexpressible_in_safe_rust(AS_LINKED)
    p.iova_free(state).expect(Status.EINVAL).inexpressible_in_safe_rust(AS_LINKED)
    p.iova_sync(state, iova_offset=0, size=6096)
    moves(p, memory, state, link)
    p.iova_destroy(state, linked=6096)
    for wrong in (p.use_iova(state), p.iova_size(state), p.iova_free(state)):
        wrong.expect(Status.EINVAL).inexpressible_in_safe_rust("a range that is gone is moved away")


@program("links of different kinds end each in its own way")
def mixed(p: Builder) -> None:
    memory = p.buffer(8192)
    state = ask(p, 8192)
    p.iova_link(state, memory, size=4096, direction=TO_DEVICE)
    second = p.iova_link(
        state,
        memory,
        offset=4096,
        iova_offset=4096,
        size=4096,
        direction=FROM_DEVICE,
        attributes=Attribute.NO_WARN,
    )
    second.inexpressible_in_safe_rust("all links of a range have one direction")
    p.iova_sync(state, iova_offset=0, size=8192).inexpressible_in_safe_rust(AS_LINKED)
    for said in ({"direction": TO_DEVICE}, {"direction": FROM_DEVICE, "attributes": 0x20}):
        wrong = p.iova_destroy(state, linked=8192, **{"attributes": 0, **said})
        wrong.expect(Status.EINVAL).inexpressible_in_safe_rust(AS_LINKED)
    p.iova_unlink(state).inexpressible_in_safe_rust(AS_LINKED)
    p.iova_destroy(state, linked=4096, direction=TO_DEVICE, attributes=0)


# What the device must not do


@program("the device writes where memory was linked before {end}", end=["unlink", "destroy"])
def write_after(p: Builder, end: str) -> None:
    memory = p.buffer(4096)
    p.memory_fill(memory, seed=35)
    expect_fault(p)
    state = ask(p, 1024, physical_address=512)
    p.iova_link(state, memory, offset=512, size=1024, direction=FROM_DEVICE)
    p.iova_sync(state)
    p.device_fill(length=4096, seed=36)
    p.device_write(state, length=1024)
    p.memory_check(memory, offset=512, length=1024, seed=pattern(36, shift=-512))
    if end == "destroy":
        p.iova_destroy(state)
    else:
        p.iova_unlink(state)
    p.device_fill(length=4096, seed=37)
    p.device_write(state, length=1024)
    p.memory_check(memory, offset=512, length=1024, seed=pattern(36, shift=-512))
    p.memory_check(memory, length=512, seed=35)
    p.memory_check(memory, offset=1536, seed=35)
    if end == "unlink":
        p.iova_free(state)


@program("the device reads where memory was linked before unlink")
def read_after(p: Builder) -> None:
    memory = p.buffer(4096)
    p.memory_fill(memory, seed=38)
    expect_fault(p)
    state = ask(p, 4096)
    p.iova_link(state, memory, size=4096, direction=TO_DEVICE)
    p.iova_sync(state)
    p.iova_unlink(state)
    p.device_fill(length=4096, seed=39)
    p.device_read(state, offset=64, device_offset=1000, length=256)
    p.device_check(device_offset=1000, length=256, seed=ZEROS)
    p.device_check(length=1000, seed=39)
    p.device_check(device_offset=1256, length=2840, seed=39)
    p.iova_free(state)


@program("the device writes to memory that is linked for reading")
def write_to_device(p: Builder) -> None:
    memory = p.buffer(4096)
    p.memory_fill(memory, seed=40)
    expect_fault(p)
    state = ask(p, 4096)
    p.iova_link(state, memory, size=4096, direction=TO_DEVICE)
    p.iova_sync(state)
    p.device_fill(length=4096, seed=41)
    p.device_write(state, offset=32, length=600)
    p.memory_check(memory, seed=40)
    p.iova_destroy(state)
    p.memory_check(memory, seed=40)


# The end


@program("ranges and links that a program leaves behind go")
def left_behind(p: Builder) -> None:
    memory = p.buffer(16384)
    ask(p, 4096)
    once = p.iova_try_alloc(size=5000, physical_address=72).same_as_native()
    p.iova_link(once, memory, offset=72, size=5000, direction=TO_DEVICE)
    parts = p.iova_try_alloc(size=8192).same_as_native()
    p.iova_link(parts, memory, offset=8192, size=8192, direction=FROM_DEVICE)
    p.iova_sync(parts)
    p.iova_unlink(parts)
    p.iova_link(parts, memory, offset=8192, size=4096, direction=TO_DEVICE)
    p.iova_link(parts, memory, offset=12288, iova_offset=4096, size=90, direction=TO_DEVICE)
    p.iova_sync(parts, iova_offset=0, size=4186)
    p.iova_free(p.iova_try_alloc(size=64).same_as_native())
    p.expect_leftover(3)
