# SPDX-License-Identifier: GPL-2.0
"""Family: limits. Masks, segment limits, and what they do to addresses."""

from kdma.environments import ENVIRONMENTS
from kdma.programs import (
    BIDIRECTIONAL,
    PAGE_SIZE,
    TO_DEVICE,
    U64_MAX,
    Builder,
    Status,
    Step,
    allow_overflow,
    pattern,
    program,
)

EDU_SEGMENT_BOUNDARY = 0xFFFFFFFF
#: dma_get_max_seg_size() of a device that nobody set it for, and of PCI.
DEFAULT_SEGMENT_SIZE = 0x10000
#: The largest mapping through bounce buffers: 128 slots of 2 KiB.
BOUNCE_LIMIT = 128 * 2048
#: Environments in which half of the memory lies above 4 GiB.
MEMORY_ABOVE = tuple(each.name for each in ENVIRONMENTS if each.has_memory_above_4g)


def bits(count: int) -> int:
    """A mask of this many bits."""
    return (1 << count) - 1


def whole_mask(step: Step) -> Step:
    """Expects the mask that the device has before anything is set."""
    return step.expect(mask=U64_MAX).expect_in("mask-32bit", mask=bits(32))


def all_memory(step: Step) -> Step:
    """Expects the mask that reaches all memory, whatever masks are set."""
    # Behind an IOMMU 32 bits are said to be enough for everything.
    step.expect(mask=bits(29)).expect_in(MEMORY_ABOVE, mask=bits(33))
    return step.expect_where(translates=True, mask=bits(32))


def unchanged_mask(p: Builder, count: int) -> None:
    """Expects that a mask of `count` bits was refused where there is no IOMMU."""
    asked = p.get_mask().expect(mask=bits(count)).expect_where(translates=False, mask=U64_MAX)
    asked.expect_in("mask-32bit", mask=bits(32))


# 512 MiB of memory end below 29 bits, and beyond 32 bits in MEMORY_ABOVE. A kernel
# without an IOMMU accepts masks below the end of memory, down to 24 bits, only if it
# has a zone for them.


def may_be_refused(count: int, *steps: Step) -> None:
    """States nothing where it depends on the kernel whether a mask of `count` bits is taken."""
    for step in steps:
        if count < 29:
            step.same_as_native(translates=False)
        elif count < 32:
            step.same_as_native(MEMORY_ABOVE)


@program(
    "a streaming mask of {count} bits is set and read back",
    count=[24, 28, 29, 31, 32, 33, 36, 40, 48, 57, 63, 64],
)
def streaming_mask(p: Builder, count: int) -> None:
    whole_mask(p.get_mask())
    setting = p.set_mask(mask=bits(count))
    reading = p.get_mask().expect(mask=bits(count))
    may_be_refused(count, setting, reading)


@program("both masks of {count} bits are set at once", count=[24, 30, 32, 39, 64])
def both_masks(p: Builder, count: int) -> None:
    setting = p.set_mask_and_coherent(mask=bits(count))
    reading = p.get_mask().expect(mask=bits(count))
    memory = p.alloc_coherent(size=12288)
    may_be_refused(count, setting, reading, memory)
    p.free_coherent(memory)


@program("coherent memory lies below a mask of {count} bits", count=[29, 31, 32, 40, 64])
def coherent_mask(p: Builder, count: int) -> None:
    may_be_refused(count, p.set_coherent_mask(mask=bits(count)))
    whole_mask(p.get_mask())
    first = p.alloc_coherent(size=20480)
    second = p.alloc_attrs(size=4096)
    p.free_coherent(first)
    p.free_attrs(second)


@program("the coherent mask is set without the streaming mask and the other way round")
def masks_apart(p: Builder) -> None:
    p.set_mask(mask=bits(40))
    p.set_coherent_mask(mask=bits(32))
    p.get_mask().expect(mask=bits(40))
    p.set_mask(mask=bits(36))
    p.get_mask().expect(mask=bits(36))
    p.set_mask_and_coherent(mask=bits(48))
    p.get_mask().expect(mask=bits(48))
    memory = p.alloc_coherent(size=4096)
    p.free_coherent(memory)


@program("setting one mask of {count} bits leaves the other alone", count=[24, 31])
def one_mask_alone(p: Builder, count: int) -> None:
    p.only_where(translates=True, reason="without an IOMMU memory is where it is")
    buffer = p.buffer(4096)
    p.set_coherent_mask(mask=bits(count))
    p.set_mask(mask=bits(64))
    memory = p.alloc_coherent(size=4096)
    p.free_coherent(memory)
    p.set_mask(mask=bits(count))
    p.set_coherent_mask(mask=bits(64))
    mapping = p.map_page(buffer, offset=40, size=50, direction=TO_DEVICE)
    p.get_mask().expect(mask=bits(count))
    p.unmap_page(mapping)


@program("an IOMMU finds addresses below {count} bits", count=[20, 24, 28, 32, 40])
def iommu_below_mask(p: Builder, count: int) -> None:
    p.only_where(translates=True, reason="without an IOMMU memory is where it is")
    buffer = p.buffer(8192)
    p.memory_fill(buffer, seed=20)
    p.set_mask_and_coherent(mask=bits(count))
    mapping = p.map_single(buffer, offset=300, size=4500, direction=TO_DEVICE)
    memory = p.alloc_coherent(size=8192)
    p.device_read(mapping, offset=7, device_offset=3, length=1000)
    p.device_check(device_offset=3, length=1000, seed=pattern(20, shift=304))
    p.free_coherent(memory)
    p.unmap_single(mapping)


@program("a streaming mask of {count} bits is too small without an IOMMU", count=[1, 12, 23])
def streaming_mask_too_small(p: Builder, count: int) -> None:
    p.set_mask(mask=bits(count)).expect_where(translates=False, status=Status.EIO)
    unchanged_mask(p, count)


@program("a coherent mask of {count} bits is too small without an IOMMU", count=[1, 23])
def coherent_mask_too_small(p: Builder, count: int) -> None:
    p.set_coherent_mask(mask=bits(count)).expect_where(translates=False, status=Status.EIO)
    p.set_mask_and_coherent(mask=bits(count)).expect_where(translates=False, status=Status.EIO)
    unchanged_mask(p, count)
    p.set_coherent_mask(mask=bits(32))


@program("a mask of no bits is refused, or stands for 32 bits")
def empty_mask(p: Builder) -> None:
    p.set_mask(mask=0).expect_where(translates=False, status=Status.EIO)
    unchanged_mask(p, 32)


@program("a mapping beyond the mask fails and leaves nothing behind")
def mapping_beyond_mask(p: Builder) -> None:
    p.only_where(translates=False, reason="an IOMMU finds an address below every mask")
    allow_overflow(p)
    buffer = p.buffer(4096)
    p.set_mask(mask=bits(24)).same_as_native()
    mapping = p.map_single(buffer, offset=16, size=1024, direction=TO_DEVICE).same_as_native()
    p.mapping_error(mapping).same_as_native()
    p.unmap_single(mapping).same_as_native()


@program("the mask that reaches all memory is known")
def required_mask(p: Builder) -> None:
    all_memory(p.get_required_mask())
    p.set_mask_and_coherent(mask=bits(32))
    all_memory(p.get_required_mask())


@program("the platform device, too, knows the mask that reaches all memory")
def required_mask_of_platform(p: Builder) -> None:
    p.target_platform()
    all_memory(p.get_required_mask())


@program("a device with a mask of {count} bits is limited or not", count=[29, 32, 64])
def addressing_limited(p: Builder, count: int) -> None:
    may_be_refused(count, p.set_mask(mask=bits(count)))
    # Behind an IOMMU 32 bits are said to be enough for everything.
    asked = p.addressing_limited().expect(limited=0)
    asked.expect_where(translates=True, limited=1 if count < 32 else 0)
    asked.expect_in("mask-32bit", limited=1)
    if count == 29:
        asked.same_as_native("high-memory")
    elif count == 32:
        asked.expect_in("high-memory", limited=1)


@program("memory beyond the mask is bounced and coherent memory is not")
def bounced_by_mask(p: Builder) -> None:
    p.only_in("mask-32bit", reason="only there memory lies beyond what the device reaches")
    p.addressing_limited().expect(limited=1)
    buffer = p.buffer(8192)
    p.memory_fill(buffer, seed=21)
    mapping = p.map_single(buffer, offset=712, size=5000, direction=BIDIRECTIONAL)
    p.need_sync(mapping).expect(needed=1)
    memory = p.alloc_coherent(size=4096)
    p.memory_fill(memory, seed=22)
    # The device sees the bounce buffer, and what the CPU writes only after a sync.
    p.sync_single_for_cpu(mapping)
    p.memory_fill(buffer, seed=23)
    p.device_read(mapping, offset=16, length=2000)
    p.device_check(length=2000, seed=pattern(21, shift=728))
    p.sync_single_for_device(mapping)
    p.device_read(mapping, offset=16, length=2000)
    p.device_check(length=2000, seed=pattern(23, shift=728))
    p.device_read(memory, offset=24, device_offset=2000, length=1500)
    p.device_check(device_offset=2000, length=1500, seed=pattern(22, shift=-1976))
    p.device_fill(length=1200, seed=24)
    p.device_write(mapping, offset=32, length=1200)
    p.memory_check(buffer, seed=23)
    p.sync_single_for_cpu(mapping)
    p.memory_check(buffer, offset=744, length=1200, seed=pattern(24, shift=-744))
    p.memory_check(buffer, length=744, seed=23)
    p.free_coherent(memory)
    p.unmap_single(mapping)


@program("what is mapped and allocated lies above 4 GiB and below when a mask says so")
def above_4g(p: Builder) -> None:
    """Without these addresses, one cut to 32 bits would be as right as a whole one."""
    p.only_in(
        tuple(each.name for each in ENVIRONMENTS if each.above_4g),
        reason="elsewhere memory and IOVAs lie below 4 GiB",
    )
    # More than Linux keeps of IOVAs that were given back. The comparison looks at each.
    size = 33 * PAGE_SIZE
    buffer = p.buffer(size)
    p.memory_fill(buffer, seed=53)
    for count in (64, 32):
        p.set_mask_and_coherent(mask=bits(count))
        mapping = p.map_single(buffer, size=size, direction=BIDIRECTIONAL)
        memory = p.alloc_coherent(size=size)
        p.memory_fill(memory, seed=54)
        p.device_read(mapping, offset=size - 900, length=900)
        p.device_check(length=900, seed=pattern(53, shift=size - 900))
        p.device_read(memory, offset=size - 700, length=700)
        p.device_check(length=700, seed=pattern(54, shift=size - 700))
        p.free_coherent(memory)
        p.unmap_single(mapping)


@program("one mapping may be as large as bounce buffers allow")
def max_mapping_size(p: Builder) -> None:
    p.max_mapping_size().expect(size=U64_MAX).expect_where(bounces=True, size=BOUNCE_LIMIT)
    p.opt_mapping_size().expect(size=U64_MAX).expect_where(
        bounces=True, size=BOUNCE_LIMIT
    ).same_as_native(translates=True)


@program("preserved low bits make the largest bounced mapping smaller")
def max_mapping_size_with_alignment(p: Builder) -> None:
    p.set_min_align_mask(mask=0xFFF)
    p.max_mapping_size().expect(size=U64_MAX).expect_where(bounces=True, size=BOUNCE_LIMIT - 4096)


@program(
    "the largest segment is set to {size} bytes and read back",
    size=[1, 512, 0x12345, 0x7FFFFFFF, 0xFFFFFFFF],
)
def max_seg_size(p: Builder, size: int) -> None:
    p.get_max_seg_size().expect(size=DEFAULT_SEGMENT_SIZE)
    p.set_max_seg_size(size=size)
    p.get_max_seg_size().expect(size=size)


@program(
    "the segment boundary is set to {words} and read back",
    cases=[
        {"words": "4 KiB", "mask": 0xFFF},
        {"words": "1 MiB", "mask": 0xFFFFF},
        {"words": "8 GiB", "mask": 0x1FFFFFFFF},
        {"words": "none", "mask": U64_MAX},
    ],
)
def seg_boundary(p: Builder, words: str, mask: int) -> None:
    p.get_seg_boundary().expect(mask=EDU_SEGMENT_BOUNDARY)
    p.set_seg_boundary(mask=mask)
    p.get_seg_boundary().expect(mask=mask)


@program(
    "the preserved low bits are set to {words} and read back",
    cases=[
        {"words": "none", "mask": 0},
        {"words": "512 bytes", "mask": 0x1FF},
        {"words": "4 KiB", "mask": 0xFFF},
        {"words": "all 32", "mask": 0xFFFFFFFF},
    ],
)
def min_align_mask(p: Builder, words: str, mask: int) -> None:
    p.get_min_align_mask().expect(mask=0)
    p.set_min_align_mask(mask=mask)
    p.get_min_align_mask().expect(mask=mask)


@program(
    "mapping preserves the low bits at offset {offset}", offset=[0, 0x234, 0x7FF, 0xABC, 0x1F01]
)
def low_bits_preserved(p: Builder, offset: int) -> None:
    buffer = p.buffer(12288)
    p.memory_fill(buffer, seed=21)
    p.set_min_align_mask(mask=0xFFF)
    mapping = p.map_single(buffer, offset=offset, size=777, direction=TO_DEVICE)
    p.device_read(mapping, device_offset=5, length=777)
    p.device_check(device_offset=5, length=777, seed=pattern(21, shift=offset - 5))
    p.unmap_single(mapping)


@program("limits of zero are refused and change nothing")
def limits_of_zero(p: Builder) -> None:
    p.set_max_seg_size(size=0).expect(Status.EINVAL)
    p.get_max_seg_size().expect(size=DEFAULT_SEGMENT_SIZE)
    p.set_seg_boundary(mask=0).expect(Status.EINVAL)
    p.get_seg_boundary().expect(mask=EDU_SEGMENT_BOUNDARY)


@program("a device without DMA parameters takes no limits of segments, and has the defaults")
def no_parameters(p: Builder) -> None:
    p.target_no_parameters()
    p.set_max_seg_size(size=4096).expect(Status.EIO)
    p.get_max_seg_size().expect(size=DEFAULT_SEGMENT_SIZE)
    p.set_seg_boundary(mask=0xFFF).expect(Status.EIO)
    p.get_seg_boundary().expect(mask=U64_MAX)
    p.set_min_align_mask(mask=0xFFF).expect(Status.EIO)
    p.get_min_align_mask().expect(mask=0)


@program("without DMA parameters, a limit that no device takes is refused as everywhere")
def no_parameters_invalid(p: Builder) -> None:
    p.target_no_parameters()
    p.set_max_seg_size(size=0).expect(Status.EINVAL)
    p.set_seg_boundary(mask=0).expect(Status.EINVAL)
    p.set_seg_boundary(mask=0x2FFF).expect(Status.EINVAL)


@program("a device without DMA parameters is mapped for, and has masks, like any other")
def no_parameters_maps(p: Builder) -> None:
    p.target_no_parameters()
    p.set_mask_and_coherent(mask=bits(32))
    p.get_mask().expect(mask=bits(32))
    buffer = p.buffer(PAGE_SIZE)
    p.unmap_single(p.map_single(buffer, size=PAGE_SIZE, direction=TO_DEVICE))


@program("a failed allocation below a small mask leaves no IOVA for larger masks, for a while")
def small_mask(p: Builder) -> None:
    """The kernel's behaviour, see docs/upstream-findings.md: should it change, this says so."""
    p.only_where(translates=True, reason="there is no IOMMU that addresses are taken from")
    p.only_where(lazy=False, reason="an address becomes free some time after its mapping ended")
    # Below 4 GiB, whatever ran before: the kernel gives a PCI device addresses
    # above it once there were none below.
    p.set_mask(mask=0xFFFFFFFF)
    large = p.map_single(p.buffer(64 * PAGE_SIZE), size=64 * PAGE_SIZE, direction=TO_DEVICE)
    p.set_mask_and_coherent(mask=PAGE_SIZE - 1)
    p.alloc_coherent(size=PAGE_SIZE).expect(Status.ENOMEM)
    p.set_mask_and_coherent(mask=0xFFFFFFFF)
    p.alloc_coherent(size=PAGE_SIZE).expect(Status.ENOMEM)
    # Too large for the caches of addresses, so that it really becomes free.
    p.unmap_single(large)
    p.free_coherent(p.alloc_coherent(size=PAGE_SIZE))


@program(
    "a segment boundary of {words} is refused, and mapping goes on as before",
    cases=[
        {"words": "three pages", "mask": 0x2FFF},
        {"words": "a page less one", "mask": 0xFFE},
        {"words": "all but one bit", "mask": U64_MAX - 1},
    ],
)
def odd_boundary(p: Builder, words: str, mask: int) -> None:
    p.set_seg_boundary(mask=mask).expect(Status.EINVAL)
    p.get_seg_boundary().expect(mask=EDU_SEGMENT_BOUNDARY)
    mapping = p.map_single(p.buffer(16384), offset=64, size=12288, direction=TO_DEVICE)
    p.unmap_single(mapping)


@program("every limit keeps its own value")
def every_limit(p: Builder) -> None:
    p.set_mask(mask=bits(35))
    p.set_coherent_mask(mask=bits(34))
    p.set_max_seg_size(size=0x5000)
    p.set_seg_boundary(mask=0x3FFFF)
    p.set_min_align_mask(mask=0x7F)
    p.get_mask().expect(mask=bits(35))
    p.get_max_seg_size().expect(size=0x5000)
    p.get_seg_boundary().expect(mask=0x3FFFF)
    p.get_min_align_mask().expect(mask=0x7F)


@program("the alignment that keeps buffers apart is known")
def cache_alignment(p: Builder) -> None:
    p.get_cache_alignment().same_as_native()


@program("segments merge at pages behind an IOMMU and nowhere else")
def merge_boundary(p: Builder) -> None:
    p.get_merge_boundary().expect(mask=0).expect_where(translates=True, mask=PAGE_SIZE - 1)
    p.set_seg_boundary(mask=0x1FFFFF)
    p.set_max_seg_size(size=0x7000)
    p.get_merge_boundary().expect(mask=0).expect_where(translates=True, mask=PAGE_SIZE - 1)


@program("the platform device, which no IOMMU is in front of, merges nothing")
def merge_boundary_of_the_platform_device(p: Builder) -> None:
    p.target_platform()
    p.get_merge_boundary().expect(mask=0)


@program("PCI peer-to-peer memory is known to the DMA layer")
def p2pdma(p: Builder) -> None:
    p.pci_p2pdma_supported().expect(supported=1)
    p.set_mask_and_coherent(mask=bits(32))
    p.pci_p2pdma_supported().expect(supported=1)


@program("PCI peer-to-peer memory does not need a PCI device")
def p2pdma_of_the_platform_device(p: Builder) -> None:
    p.target_platform()
    p.pci_p2pdma_supported().expect(supported=1)


@program("coherent memory of {device} can be mapped into user space",
         device=["edu", "the platform device"])  # fmt: skip
def can_mmap(p: Builder, device: str) -> None:
    if device != "edu":
        p.target_platform()
    p.can_mmap().expect(possible=1)
    p.set_mask_and_coherent(mask=bits(32))
    p.can_mmap().expect(possible=1)


@program("the platform device has limits of its own")
def platform_limits(p: Builder) -> None:
    p.target_platform()
    whole_mask(p.get_mask())
    p.get_max_seg_size().expect(size=DEFAULT_SEGMENT_SIZE)
    p.get_seg_boundary().expect(mask=U64_MAX)
    p.get_min_align_mask().expect(mask=0)
    p.set_mask_and_coherent(mask=bits(33))
    p.set_max_seg_size(size=0x6000)
    p.set_seg_boundary(mask=0x7FFFF)
    p.set_min_align_mask(mask=0x3F)
    p.get_mask().expect(mask=bits(33))
    p.get_max_seg_size().expect(size=0x6000)
    p.get_seg_boundary().expect(mask=0x7FFFF)
    p.get_min_align_mask().expect(mask=0x3F)
    p.get_required_mask().same_as_native()
    p.addressing_limited().expect(limited=0)
    p.set_mask(mask=bits(23)).expect(Status.EIO)


# Masks told by what they do, with no question asked: drivers that can set a
# mask and not read it run these as well.


@program(
    "coherent memory below masks of {count} bits that {setter} set carries bytes both ways",
    count=[29, 32, 40, 64],
    setter=["one call", "two calls"],
)
def transfers_below_masks(p: Builder, count: int, setter: str) -> None:
    if setter == "one call":
        may_be_refused(count, p.set_mask_and_coherent(mask=bits(count)))
    else:
        may_be_refused(count, p.set_mask(mask=bits(count + 1 if count < 64 else 41)))
        may_be_refused(count, p.set_coherent_mask(mask=bits(count)))
    memory = p.alloc_coherent(size=12288)
    p.memory_fill(memory, seed=51)
    p.device_read(memory, offset=4099, device_offset=17, length=1021)
    p.device_check(device_offset=17, length=1021, seed=pattern(51, shift=4082))
    p.device_fill(length=4096, seed=52)
    p.device_write(memory, offset=9001, device_offset=5, length=2047)
    p.memory_check(memory, offset=9001, length=2047, seed=pattern(52, shift=-8996))
    p.memory_check(memory, length=9001, seed=51)
    p.free_coherent(memory)


@program(
    "a mask of {count} bits that cannot be served is refused and the one before stays",
    count=[1, 12, 23],
)
def refused_mask(p: Builder, count: int) -> None:
    p.only_where(translates=False, reason="an IOMMU finds addresses below any mask")
    p.set_mask_and_coherent(mask=bits(32))
    p.set_mask_and_coherent(mask=bits(count)).expect(Status.EIO)
    p.set_mask(mask=bits(count)).expect(Status.EIO)
    p.set_coherent_mask(mask=bits(count)).expect(Status.EIO)
    memory = p.alloc_attrs(size=20480)
    p.device_fill(length=4096, seed=53)
    p.device_write(memory, offset=16001, device_offset=1, length=4003)
    p.memory_check(memory, offset=16001, length=4003, seed=pattern(53, shift=-16000))
    p.free_attrs(memory)


@program(
    "the largest segment of {size} bytes is taken beside coherent memory", size=[1, 512, 65536]
)
def segment_beside_coherent(p: Builder, size: int) -> None:
    p.set_max_seg_size(size=size)
    memory = p.alloc_coherent(size=8192)
    p.device_fill(length=4096, seed=54)
    p.device_write(memory, offset=3000, device_offset=0, length=4096)
    p.memory_check(memory, offset=3000, length=4096, seed=pattern(54, shift=-3000))
    p.free_coherent(memory)
