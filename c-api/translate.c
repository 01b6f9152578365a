// SPDX-License-Identifier: GPL-2.0
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/log2.h>

#include "translate.h"

bool kdma_direction_is_valid(uint32_t direction)
{
	return direction >= KDMA_TO_DEVICE && direction <= KDMA_BIDIRECTIONAL;
}

/* The caller has checked that the direction is valid. */
enum dma_data_direction kdma_to_direction(uint32_t direction)
{
	switch (direction) {
	case KDMA_TO_DEVICE:
		return DMA_TO_DEVICE;
	case KDMA_FROM_DEVICE:
		return DMA_FROM_DEVICE;
	case KDMA_BIDIRECTIONAL:
		return DMA_BIDIRECTIONAL;
	default:
		return DMA_NONE;
	}
}

/*
 * What stands for each bit in the kernel; 0: nothing does. Sorted by name. Attributes
 * are macros in every kernel so far, so the preprocessor tells which ones there are.
 */
static const unsigned long kdma_attributes[] = {
#ifdef DMA_ATTR_ALLOC_SINGLE_PAGES
	[ilog2(KDMA_ATTR_ALLOC_SINGLE_PAGES)] = DMA_ATTR_ALLOC_SINGLE_PAGES,
#endif
#ifdef DMA_ATTR_DEBUGGING_IGNORE_CACHELINES
	[ilog2(KDMA_ATTR_DEBUGGING_IGNORE_CACHELINES)] =
		DMA_ATTR_DEBUGGING_IGNORE_CACHELINES,
#endif
#ifdef DMA_ATTR_FORCE_CONTIGUOUS
	[ilog2(KDMA_ATTR_FORCE_CONTIGUOUS)] = DMA_ATTR_FORCE_CONTIGUOUS,
#endif
#ifdef DMA_ATTR_MMIO
	[ilog2(KDMA_ATTR_MMIO)] = DMA_ATTR_MMIO,
#endif
#ifdef DMA_ATTR_NO_KERNEL_MAPPING
	[ilog2(KDMA_ATTR_NO_KERNEL_MAPPING)] = DMA_ATTR_NO_KERNEL_MAPPING,
#endif
#ifdef DMA_ATTR_NO_WARN
	[ilog2(KDMA_ATTR_NO_WARN)] = DMA_ATTR_NO_WARN,
#endif
#ifdef DMA_ATTR_PRIVILEGED
	[ilog2(KDMA_ATTR_PRIVILEGED)] = DMA_ATTR_PRIVILEGED,
#endif
#ifdef DMA_ATTR_REQUIRE_COHERENT
	[ilog2(KDMA_ATTR_REQUIRE_COHERENT)] = DMA_ATTR_REQUIRE_COHERENT,
#endif
#ifdef DMA_ATTR_SKIP_CPU_SYNC
	[ilog2(KDMA_ATTR_SKIP_CPU_SYNC)] = DMA_ATTR_SKIP_CPU_SYNC,
#endif
#ifdef DMA_ATTR_WEAK_ORDERING
	[ilog2(KDMA_ATTR_WEAK_ORDERING)] = DMA_ATTR_WEAK_ORDERING,
#endif
#ifdef DMA_ATTR_WRITE_COMBINE
	[ilog2(KDMA_ATTR_WRITE_COMBINE)] = DMA_ATTR_WRITE_COMBINE,
#endif
};

/* The attributes that the kernel we are compiled for has. */
uint64_t kdma_native_attributes(void)
{
	uint64_t all = 0;
	size_t i;

	/* A constant, which this has the compiler find. */
#pragma GCC unroll 64
	for (i = 0; i < ARRAY_SIZE(kdma_attributes); i++)
		if (kdma_attributes[i])
			all |= BIT_ULL(i);
	return all;
}

/* What the ABI has and the kernel lacks. In the newest kernels a constant: nothing. */
static inline uint64_t kdma_lacking_attributes(void)
{
	return (KDMA_ATTRS_OF_ALLOCATIONS | KDMA_ATTRS_OF_NONCONTIGUOUS |
		KDMA_ATTRS_OF_PHYS) &
	       ~kdma_native_attributes();
}

/* The sets in kdma.h are literals; this is what they mean. */
static_assert(KDMA_ATTRS_OF_ALLOCATIONS ==
	      (KDMA_ATTR_ALLOC_SINGLE_PAGES | KDMA_ATTR_FORCE_CONTIGUOUS |
	       KDMA_ATTR_NO_KERNEL_MAPPING | KDMA_ATTR_NO_WARN | KDMA_ATTR_PRIVILEGED |
	       KDMA_ATTR_WEAK_ORDERING | KDMA_ATTR_WRITE_COMBINE));
static_assert(KDMA_ATTRS_OF_MAPPINGS ==
	      (KDMA_ATTR_DEBUGGING_IGNORE_CACHELINES | KDMA_ATTR_NO_WARN |
	       KDMA_ATTR_PRIVILEGED | KDMA_ATTR_REQUIRE_COHERENT |
	       KDMA_ATTR_SKIP_CPU_SYNC | KDMA_ATTR_WEAK_ORDERING));
static_assert(KDMA_ATTRS_OF_PHYS == (KDMA_ATTRS_OF_MAPPINGS | KDMA_ATTR_MMIO));

/*
 * Translates attributes of a function that takes those in @taken.
 * Returns KDMA_OK, KDMA_EINVAL (not taken) or KDMA_ENOTSUPP (taken, but the
 * kernel lacks it).
 */
int32_t kdma_to_attributes(uint64_t attributes, uint64_t taken, unsigned long *native)
{
	*native = 0;
	if (attributes & ~taken)
		return KDMA_EINVAL;
	if (attributes & kdma_lacking_attributes())
		return KDMA_ENOTSUPP;
	/* The lowest bit each time: there mostly is none. */
	for (; attributes; attributes &= attributes - 1)
		*native |= kdma_attributes[__ffs64(attributes)];
	return KDMA_OK;
}

/* Returns KDMA_OK or KDMA_EINVAL. */
int32_t kdma_to_gfp(uint32_t flags, gfp_t *gfp)
{
	if (flags & ~(uint32_t)(KDMA_ALLOC_ATOMIC | KDMA_ALLOC_NO_WARN))
		return KDMA_EINVAL;
	*gfp = flags & KDMA_ALLOC_ATOMIC ? GFP_ATOMIC : GFP_KERNEL;
	if (flags & KDMA_ALLOC_NO_WARN)
		*gfp |= __GFP_NOWARN;
	return KDMA_OK;
}

int32_t kdma_from_errno(int error)
{
	switch (error) {
	case 0:
		return KDMA_OK;
	case -EINVAL:
		return KDMA_EINVAL;
	case -EIO:
		return KDMA_EIO;
	case -ENOMEM:
		return KDMA_ENOMEM;
	case -EOPNOTSUPP:
		return KDMA_ENOTSUPP;
	default:
		return KDMA_EUNKNOWN;
	}
}

int32_t kdma_from_map_errno(int error)
{
	if (!error)
		return KDMA_OK;
	return error == -ENOMEM ? KDMA_ENOMEM : KDMA_EMAPPING;
}
