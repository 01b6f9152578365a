# SPDX-License-Identifier: GPL-2.0
"""Family: sync. Who owns a mapping's memory, and what of it.

Where mappings bounce, a sync is the moment at which bytes move, so a range
that is swapped or shifted shows. Elsewhere both sides see the same memory.
"""

from kdma import environments
from kdma.programs import (
    BIDIRECTIONAL,
    BOUNCE_SLOT,
    FROM_DEVICE,
    PAGE_SIZE,
    TO_DEVICE,
    U32_MAX,
    Builder,
    Status,
    Step,
    pattern,
    program,
)

KINDS = ("single", "single_attrs", "page", "page_attrs", "phys")
#: Offset and size of a part of a mapping of 4096 bytes.
RANGES = [
    {"offset": offset, "size": size}
    for offset, size in (
        (0, 64),
        (1, 2),
        (100, 1000),
        (512, 128),
        (777, 3),
        (1024, 2048),
        (2047, 2),
        (2048, 1024),
        (4000, 96),
    )
]
NO_DIRECTION_LIKE_THAT = "a mapping knows its direction"
WHOLE = "a part of a mapping is a range"
OWNER = "the type says who owns the memory"


def unseen_if_bounced(step: Step) -> Step:
    """A check that holds only where both sides see the same memory."""
    return step.same_as_native(bounces=True)


def kept_if_bounced(step: Step) -> Step:
    """A check that holds only where a bounce buffer is between."""
    return step.same_as_native(bounces=False)


@program("sync_single_for_cpu shows the CPU what the device wrote, by map_{kind}", kind=KINDS)
def for_cpu(p: Builder, kind: str) -> None:
    buffer = p.buffer(8192)
    p.memory_fill(buffer, seed=1)
    p.device_fill(length=4096, seed=2)
    mapping = getattr(p, f"map_{kind}")(buffer, offset=640, size=4096, direction=FROM_DEVICE)
    p.device_write(mapping, offset=200, device_offset=300, length=3500)
    written = {"offset": 840, "length": 3500}
    kept_if_bounced(p.memory_check(buffer, **written, seed=1))
    unseen_if_bounced(p.memory_check(buffer, **written, seed=pattern(2, shift=-540)))
    p.sync_single_for_cpu(mapping)
    p.memory_check(buffer, length=840, seed=1)
    p.memory_check(buffer, **written, seed=pattern(2, shift=-540))
    p.memory_check(buffer, offset=4340, seed=1)
    p.sync_single_for_device(mapping)
    p.device_fill(length=4096, seed=3)
    p.device_write(mapping, offset=1000, device_offset=50, length=99)
    p.sync_single_for_cpu(mapping)
    p.memory_check(buffer, offset=840, length=800, seed=pattern(2, shift=-540))
    p.memory_check(buffer, offset=1640, length=99, seed=pattern(3, shift=-1590))
    p.memory_check(buffer, offset=1739, length=2601, seed=pattern(2, shift=-540))
    getattr(p, f"unmap_{kind}")(mapping)
    p.memory_check(buffer, offset=1640, length=99, seed=pattern(3, shift=-1590))


@program("sync_single_for_device shows the device what the CPU wrote, by map_{kind}", kind=KINDS)
def for_device(p: Builder, kind: str) -> None:
    buffer = p.buffer(8192)
    p.memory_fill(buffer, seed=4)
    mapping = getattr(p, f"map_{kind}")(buffer, offset=384, size=4096, direction=TO_DEVICE)
    p.sync_single_for_cpu(mapping)
    p.memory_fill(buffer, seed=5)
    p.device_read(mapping, offset=11, length=4000)
    kept_if_bounced(p.device_check(length=4000, seed=pattern(4, shift=395)))
    unseen_if_bounced(p.device_check(length=4000, seed=pattern(5, shift=395)))
    p.sync_single_for_device(mapping)
    p.device_read(mapping, offset=22, length=3900)
    p.device_check(length=3900, seed=pattern(5, shift=406))
    getattr(p, f"unmap_{kind}")(mapping)
    p.memory_check(buffer, seed=5)


@program("sync_single_range_for_cpu moves {size} bytes at {offset} and no others", cases=RANGES)
def range_for_cpu(p: Builder, offset: int, size: int) -> None:
    start = 1152
    buffer = p.buffer(8192)
    p.memory_fill(buffer, seed=6)
    p.device_fill(length=4096, seed=7)
    mapping = p.map_single(buffer, offset=start, size=4096, direction=FROM_DEVICE)
    p.device_write(mapping, length=4096)
    p.sync_single_range_for_cpu(mapping, offset=offset, size=size)
    new = pattern(7, shift=-start)
    first, last = start + offset, start + offset + size
    rest = ((start, offset), (last, 4096 - offset - size))
    p.memory_check(buffer, offset=first, length=size, seed=new)
    for at, length in rest:
        kept_if_bounced(p.memory_check(buffer, offset=at, length=length, seed=6))
        unseen_if_bounced(p.memory_check(buffer, offset=at, length=length, seed=new))
    p.sync_single_range_for_device(mapping, offset=offset, size=size)
    p.unmap_single(mapping)
    p.memory_check(buffer, length=start, seed=6)
    p.memory_check(buffer, offset=start, length=4096, seed=new)
    p.memory_check(buffer, offset=start + 4096, seed=6)


@program("sync_single_range_for_device moves {size} bytes at {offset} and no others", cases=RANGES)
def range_for_device(p: Builder, offset: int, size: int) -> None:
    start = 576
    buffer = p.buffer(8192)
    p.memory_fill(buffer, seed=8)
    mapping = p.map_page(buffer, offset=start, size=4096, direction=TO_DEVICE)
    p.sync_single_range_for_cpu(mapping, offset=offset, size=size)
    p.memory_fill(buffer, seed=9)
    p.sync_single_range_for_device(mapping, offset=offset, size=size)
    p.device_read(mapping, length=4096)
    old, new = pattern(8, shift=start), pattern(9, shift=start)
    last = offset + size
    p.device_check(device_offset=offset, length=size, seed=new)
    for at, length in ((0, offset), (last, 4096 - last)):
        if length:
            kept_if_bounced(p.device_check(device_offset=at, length=length, seed=old))
            unseen_if_bounced(p.device_check(device_offset=at, length=length, seed=new))
    p.unmap_page(mapping)
    p.memory_check(buffer, seed=9)


@program("ranges of a mapping both ways go to and fro, by map_{kind}", kind=KINDS)
def ranges_both_ways(p: Builder, kind: str) -> None:
    buffer = p.buffer(16384)
    p.memory_fill(buffer, seed=10)
    mapping = getattr(p, f"map_{kind}")(buffer, offset=1600, size=9000, direction=BIDIRECTIONAL)
    for turn in range(4):
        offset, size = 130 + 2100 * turn, 700 + 10 * turn
        device_offset = 60 + 5 * turn
        p.device_fill(length=4096, seed=20 + turn)
        p.device_write(mapping, offset=offset, device_offset=device_offset, length=size)
        p.sync_single_range_for_cpu(mapping, offset=offset, size=size)
        at = 1600 + offset
        new = pattern(20 + turn, shift=device_offset - at)
        p.memory_check(buffer, offset=at, length=size, seed=new)
        p.memory_fill(buffer, offset=at, length=size, seed=30 + turn)
        p.sync_single_range_for_device(mapping, offset=offset, size=size)
        p.device_read(mapping, offset=offset, device_offset=3000, length=size)
        p.device_check(device_offset=3000, length=size, seed=pattern(30 + turn, shift=at - 3000))
    getattr(p, f"unmap_{kind}")(mapping)
    for turn in range(4):
        at, size = 1730 + 2100 * turn, 700 + 10 * turn
        p.memory_check(buffer, offset=at, length=size, seed=30 + turn)
        p.memory_check(buffer, offset=at + size, length=1300, seed=10)


@program("a mapping changes hands ten times")
def to_and_fro(p: Builder) -> None:
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=40)
    mapping = p.map_single(buffer, offset=64, size=2000, direction=BIDIRECTIONAL)
    for turn in range(10):
        p.device_fill(length=4096, seed=50 + turn)
        p.device_write(mapping, device_offset=turn, length=2000)
        p.sync_single_for_cpu(mapping)
        p.memory_check(buffer, offset=64, length=2000, seed=pattern(50 + turn, shift=turn - 64))
        p.memory_fill(buffer, offset=64, length=2000, seed=60 + turn)
        p.sync_single_for_device(mapping)
        p.device_read(mapping, device_offset=turn, length=2000)
        p.device_check(device_offset=turn, length=2000, seed=pattern(60 + turn, shift=64 - turn))
    p.unmap_single(mapping)
    p.memory_check(buffer, length=64, seed=40)
    p.memory_check(buffer, offset=2064, seed=40)


@program("what the CPU did not hand over is overwritten at the end where mappings bounce")
def not_handed_over(p: Builder) -> None:
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=70)
    mapping = p.map_single(buffer, offset=960, size=1280, direction=BIDIRECTIONAL)
    p.sync_single_for_cpu(mapping)
    p.memory_fill(buffer, seed=71)
    p.unmap_single(mapping)
    p.memory_check(buffer, length=960, seed=71)
    kept_if_bounced(p.memory_check(buffer, offset=960, length=1280, seed=70))
    unseen_if_bounced(p.memory_check(buffer, offset=960, length=1280, seed=71))
    p.memory_check(buffer, offset=2240, seed=71)


@program("a mapping ends while the CPU owns a range of it, by map_{kind}", kind=KINDS)
def ends_with_range(p: Builder, kind: str) -> None:
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=72)
    mapping = getattr(p, f"map_{kind}")(buffer, offset=320, size=1920, direction=FROM_DEVICE)
    p.device_fill(length=4096, seed=73)
    p.device_write(mapping, length=1920)
    p.sync_single_range_for_cpu(mapping, offset=800, size=160)
    p.memory_check(buffer, offset=1120, length=160, seed=pattern(73, shift=-320))
    getattr(p, f"unmap_{kind}")(mapping)
    p.memory_check(buffer, offset=320, length=1920, seed=pattern(73, shift=-320))


@program("a mapping of 200000 bytes is synced, and a part beyond its first 64 KiB, by map_{kind}",
         kind=KINDS)  # fmt: skip
def large(p: Builder, kind: str) -> None:
    start, at, part = 69640, 130000, {"offset": 125000, "size": 70000}
    buffer = p.buffer(0x60000)
    p.memory_fill(buffer, seed=60)
    p.device_fill(length=4096, seed=61)
    mapping = getattr(p, f"map_{kind}")(buffer, offset=start, size=200000, direction=BIDIRECTIONAL)
    p.device_write(mapping, offset=at, length=4096)
    p.sync_single_range_for_cpu(mapping, **part)
    p.memory_check(buffer, offset=start + at, length=4096, seed=pattern(61, shift=-start - at))
    p.memory_fill(buffer, offset=start + at, length=4096, seed=62)
    p.sync_single_range_for_device(mapping, **part)
    p.device_read(mapping, offset=at, length=4096)
    p.device_check(length=4096, seed=pattern(62, shift=start + at))
    p.device_fill(length=4096, seed=63)
    p.device_write(mapping, offset=195904, length=4096)
    p.sync_single_for_cpu(mapping)
    p.memory_check(buffer, offset=265544, length=4096, seed=pattern(63, shift=-265544))
    p.memory_fill(buffer, offset=265544, length=4096, seed=64)
    p.sync_single_for_device(mapping)
    p.device_read(mapping, offset=195904, length=4096)
    p.device_check(length=4096, seed=pattern(64, shift=265544))
    getattr(p, f"unmap_{kind}")(mapping)


@program("many mappings are synced one by one")
def many(p: Builder) -> None:
    count = 40
    buffer = p.buffer(128 * count)
    p.memory_fill(buffer, seed=74)
    mappings = [
        p.map_single(buffer, offset=128 * n, size=100, direction=FROM_DEVICE) for n in range(count)
    ]
    p.device_fill(length=4096, seed=75)
    p.device_write(mappings[7], length=100)
    p.device_write(mappings[8], length=100)
    p.sync_single_for_cpu(mappings[8])
    kept_if_bounced(p.memory_check(buffer, offset=896, length=100, seed=74))
    p.memory_check(buffer, offset=1024, length=100, seed=pattern(75, shift=-1024))
    p.sync_single_for_cpu(mappings[7])
    p.memory_check(buffer, offset=896, length=100, seed=pattern(75, shift=-896))
    for mapping in mappings:
        p.unmap_single(mapping)
    p.memory_check(buffer, length=896, seed=74)
    p.memory_check(buffer, offset=1152, seed=74)


@program("bounced mappings need syncs and direct ones do not, by map_{kind}", kind=KINDS)
def need_sync(p: Builder, kind: str) -> None:
    buffer = p.buffer(4096)
    mapping = getattr(p, f"map_{kind}")(buffer, offset=448, size=999, direction=BIDIRECTIONAL)
    asked = p.need_sync(mapping).expect(needed=0).expect_where(bounces=True, needed=1)
    # Behind an IOMMU kernels differ, and dma-debug wants to see every sync.
    asked.same_as_native(translates=True)
    p.sync_single_for_cpu(mapping)
    again = p.need_sync(mapping).expect(needed=0).expect_where(bounces=True, needed=1)
    again.same_as_native(translates=True)
    getattr(p, f"unmap_{kind}")(mapping)


@program("the platform device syncs as well")
def platform(p: Builder) -> None:
    p.target_platform()
    buffer = p.buffer(8192)
    p.memory_fill(buffer, seed=76)
    mapping = p.map_single(buffer, offset=704, size=3000, direction=TO_DEVICE)
    p.need_sync(mapping).expect(needed=0).expect_where(bounces=True, needed=1)
    p.sync_single_for_cpu(mapping)
    p.memory_fill(buffer, seed=77)
    p.sync_single_for_device(mapping)
    p.sync_single_range_for_cpu(mapping, offset=250, size=1250)
    p.sync_single_range_for_device(mapping, offset=250, size=1250)
    p.unmap_single(mapping)
    p.memory_check(buffer, seed=77)


# What the ABI refuses, and what safe Rust cannot say


@program("syncs refuse directions that there are not")
def no_such_direction(p: Builder) -> None:
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=78)
    mapping = p.map_single(buffer, offset=832, size=500, direction=BIDIRECTIONAL)
    p.device_fill(length=500, seed=79)
    p.device_write(mapping, length=500)
    for direction in (0, 4, U32_MAX):
        for step in (
            p.sync_single_for_cpu(mapping, direction=direction),
            p.sync_single_for_device(mapping, direction=direction),
            p.sync_single_range_for_cpu(mapping, offset=20, size=30, direction=direction),
            p.sync_single_range_for_device(mapping, offset=20, size=30, direction=direction),
        ):
            step.expect(Status.EINVAL).inexpressible_in_safe_rust(NO_DIRECTION_LIKE_THAT)
    kept_if_bounced(p.memory_check(buffer, seed=78))
    p.sync_single_for_cpu(mapping)
    p.memory_check(buffer, offset=832, length=500, seed=pattern(79, shift=-832))
    p.unmap_single(mapping)


@program("syncs refuse no bytes")
def no_bytes(p: Builder) -> None:
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=80)
    mapping = p.map_page_attrs(buffer, offset=896, size=600, direction=BIDIRECTIONAL)
    p.device_fill(length=600, seed=81)
    p.device_write(mapping, length=600)
    for step in (
        p.sync_single_for_cpu(mapping, size=0),
        p.sync_single_for_device(mapping, size=0),
        p.sync_single_range_for_device(mapping, offset=40, size=0),
    ):
        step.expect(Status.EINVAL).inexpressible_in_safe_rust(WHOLE)
    p.sync_single_range_for_cpu(mapping, offset=40, size=0).expect(Status.EINVAL)
    kept_if_bounced(p.memory_check(buffer, seed=80))
    p.sync_single_for_cpu(mapping)
    p.memory_check(buffer, offset=896, length=600, seed=pattern(81, shift=-896))
    p.unmap_page_attrs(mapping)


@program("a sync of the start of a mapping moves the start only")
def start_only(p: Builder) -> None:
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=82)
    mapping = p.map_single(buffer, offset=128, size=3200, direction=FROM_DEVICE)
    p.device_fill(length=4096, seed=83)
    p.device_write(mapping, length=3200)
    p.sync_single_for_cpu(mapping, size=1500).inexpressible_in_safe_rust(WHOLE)
    new = pattern(83, shift=-128)
    p.memory_check(buffer, offset=128, length=1500, seed=new).needs_inexpressible()
    kept_if_bounced(p.memory_check(buffer, offset=1628, length=1700, seed=82))
    p.unmap_single(mapping)
    p.memory_check(buffer, offset=128, length=3200, seed=new)


@program("syncs without a change of owner do what they do, by map_{kind}", kind=KINDS)
def owner_unchanged(p: Builder, kind: str) -> None:
    buffer = p.buffer(4096)
    p.memory_fill(buffer, seed=84)
    mapping = getattr(p, f"map_{kind}")(buffer, offset=256, size=2500, direction=TO_DEVICE)
    p.memory_fill(buffer, seed=85)
    p.sync_single_range_for_device(mapping, offset=300, size=450).inexpressible_in_safe_rust(OWNER)
    p.device_read(mapping, length=2500)
    old, new = pattern(84, shift=256), pattern(85, shift=256)
    p.device_check(device_offset=300, length=450, seed=new).needs_inexpressible()
    kept_if_bounced(p.device_check(length=300, seed=old))
    kept_if_bounced(p.device_check(device_offset=750, length=1750, seed=old))
    p.sync_single_for_device(mapping).inexpressible_in_safe_rust(OWNER)
    p.device_read(mapping, length=2500)
    p.device_check(length=2500, seed=new).needs_inexpressible()
    getattr(p, f"unmap_{kind}")(mapping)


@program("the {which} byte of the bounce buffers is known for one", which=["first", "last"])
def ends_of_bounce_buffers(p: Builder, which: str) -> None:
    """Takes every second slot, by mappings of one byte whose place in the page is kept.

    One of them is at the end of all bounce buffers: whoever asks about a byte before or
    after it is told that it is no bounce buffer.
    """
    p.only_in("swiotlb-small", reason="elsewhere there are too many bounce buffers to take all")
    slots = environments.find("swiotlb-small").bounce_slots or 0
    size = slots * BOUNCE_SLOT
    buffer = p.buffer(size)
    p.set_min_align_mask(mask=PAGE_SIZE - 1)
    mappings = [
        p.map_single(buffer, offset=offset, size=1, direction=TO_DEVICE)
        for offset in range(0 if which == "first" else PAGE_SIZE - 1, size, PAGE_SIZE)
    ]
    for mapping in mappings:
        p.need_sync(mapping).expect(needed=1)
    for mapping in mappings:
        p.unmap_single(mapping)
