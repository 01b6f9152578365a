// SPDX-License-Identifier: GPL-2.0
#include <linux/build_bug.h>
#include <linux/errno.h>

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
 * Sorted by name. Attributes are macros in every kernel so far, so the
 * preprocessor tells which ones there are.
 */
static const struct {
	uint64_t attribute;
	unsigned long native;
} kdma_attributes[] = {
#ifdef DMA_ATTR_ALLOC_SINGLE_PAGES
	{KDMA_ATTR_ALLOC_SINGLE_PAGES, DMA_ATTR_ALLOC_SINGLE_PAGES},
#endif
#ifdef DMA_ATTR_DEBUGGING_IGNORE_CACHELINES
	{KDMA_ATTR_DEBUGGING_IGNORE_CACHELINES, DMA_ATTR_DEBUGGING_IGNORE_CACHELINES},
#endif
#ifdef DMA_ATTR_FORCE_CONTIGUOUS
	{KDMA_ATTR_FORCE_CONTIGUOUS, DMA_ATTR_FORCE_CONTIGUOUS},
#endif
#ifdef DMA_ATTR_MMIO
	{KDMA_ATTR_MMIO, DMA_ATTR_MMIO},
#endif
#ifdef DMA_ATTR_NO_KERNEL_MAPPING
	{KDMA_ATTR_NO_KERNEL_MAPPING, DMA_ATTR_NO_KERNEL_MAPPING},
#endif
#ifdef DMA_ATTR_NO_WARN
	{KDMA_ATTR_NO_WARN, DMA_ATTR_NO_WARN},
#endif
#ifdef DMA_ATTR_PRIVILEGED
	{KDMA_ATTR_PRIVILEGED, DMA_ATTR_PRIVILEGED},
#endif
#ifdef DMA_ATTR_REQUIRE_COHERENT
	{KDMA_ATTR_REQUIRE_COHERENT, DMA_ATTR_REQUIRE_COHERENT},
#endif
#ifdef DMA_ATTR_SKIP_CPU_SYNC
	{KDMA_ATTR_SKIP_CPU_SYNC, DMA_ATTR_SKIP_CPU_SYNC},
#endif
#ifdef DMA_ATTR_WEAK_ORDERING
	{KDMA_ATTR_WEAK_ORDERING, DMA_ATTR_WEAK_ORDERING},
#endif
#ifdef DMA_ATTR_WRITE_COMBINE
	{KDMA_ATTR_WRITE_COMBINE, DMA_ATTR_WRITE_COMBINE},
#endif
};

/* The attributes that the kernel we are compiled for has. */
uint64_t kdma_native_attributes(void)
{
	uint64_t all = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kdma_attributes); i++)
		all |= kdma_attributes[i].attribute;
	return all;
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
	size_t i;

	*native = 0;
	if (likely(!attributes))
		return KDMA_OK;
	if (attributes & ~taken)
		return KDMA_EINVAL;
	for (i = 0; i < ARRAY_SIZE(kdma_attributes); i++) {
		if (attributes & kdma_attributes[i].attribute) {
			*native |= kdma_attributes[i].native;
			attributes &= ~kdma_attributes[i].attribute;
		}
	}
	return attributes ? KDMA_ENOTSUPP : KDMA_OK;
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
