// SPDX-License-Identifier: GPL-2.0
/* Functions of the kernel that fail in one operation. See kernel_fails.h. */
#include <linux/err.h>
#include <linux/kernel.h>

#include "caller.h"
#include "diverted_calls.h"
#include "kdma.h"
#include "kernel_fails.h"
#include "kernel_symbol.h"

/* Those that return 0 or an errno and that ftrace has a place in. Sorted by name. */
/* clang-format off */
#define KDMA_FAILING(of) \
	of(dma_get_sgtable_attrs) \
	of(dma_iova_link) \
	of(dma_iova_sync) \
	of(dma_map_sgtable) \
	of(dma_set_coherent_mask) \
	of(dma_set_mask)
/* clang-format on */

KDMA_FAILING(KDMA_KERNEL_SYMBOL)

static const char *const kdma_failing[] = {KDMA_FAILING(KDMA_KERNEL_ADDRESS)};
static int kdma_error;

/* Called in a function's place, with its arguments and for its caller. */
static noinline notrace int kdma_kernel_failed(void)
{
	return READ_ONCE(kdma_error);
}

static unsigned long notrace kdma_instead_of_function(unsigned long from)
{
	return kdma_is_in_driver(from) ? (unsigned long)kdma_kernel_failed : 0;
}

struct kdma_diversion kdma_kernel_fails_diversion = {
	.functions = kdma_failing,
	.count = ARRAY_SIZE(kdma_failing),
	.instead = kdma_instead_of_function,
};

/* What dma_iova_sync() ends with, and no other operation that is called so. */
static const char *kdma_failing_below[1];

/* The compiler may have made a jump of the call or not: see kernel_calls.c. */
static unsigned long notrace kdma_instead_below(unsigned long from)
{
	return (unsigned long)kdma_kernel_failed;
}

struct kdma_diversion kdma_iommu_fails_diversion = {
	.functions = kdma_failing_below,
	.count = ARRAY_SIZE(kdma_failing_below),
	.instead = kdma_instead_below,
};

void kdma_iommu_fails_find(void)
{
	kdma_failing_below[0] = (const char *)kdma_address_of("iommu_sync_map");
}

int32_t kdma_kernel_fails_with(u32 error)
{
	if (!error || error > MAX_ERRNO)
		return KDMA_EINVAL;
	WRITE_ONCE(kdma_error, -(int)error);
	return KDMA_OK;
}
