// SPDX-License-Identifier: GPL-2.0
/* Memory that runs out for one operation of a program. See no_memory.h. */
#include <linux/kernel.h>

#include "caller.h"
#include "diverted_calls.h"
#include "kdma.h"
#include "kernel_symbol.h"
#include "no_memory.h"

/*
 * The allocators of slab objects under their names since Linux 6.1. Which of them a
 * kzalloc() or kmalloc_array() becomes, compilers and kernels decide.
 */
/* clang-format off */
#define KDMA_ALLOCATORS(of) \
	of(__kmalloc) \
	of(__kmalloc_cache_node_noprof) \
	of(__kmalloc_cache_noprof) \
	of(__kmalloc_node) \
	of(__kmalloc_node_noprof) \
	of(__kmalloc_node_track_caller) \
	of(__kmalloc_node_track_caller_noprof) \
	of(__kmalloc_noprof) \
	of(__kvmalloc_node_noprof) \
	of(kmalloc_node_trace) \
	of(kmalloc_trace) \
	of(kvmalloc_node)
/* clang-format on */

KDMA_ALLOCATORS(KDMA_KERNEL_SYMBOL)

static const char *const kdma_allocators[] = {KDMA_ALLOCATORS(KDMA_KERNEL_ADDRESS)};
static u32 kdma_poor;
static u32 kdma_given_yet;

/* Called in an allocator's place, with its arguments and for its caller. */
static noinline notrace void *kdma_no_memory(void)
{
	return NULL;
}

static unsigned long notrace kdma_instead_of_allocator(unsigned long from)
{
	if (kdma_poor == KDMA_NO_MEMORY_OF_MODULES ? !kdma_is_in_driver(from)
						   : kdma_is_in_module(from))
		return 0;
	if (kdma_given_yet) {
		kdma_given_yet--;
		return 0;
	}
	return (unsigned long)kdma_no_memory;
}

struct kdma_diversion kdma_no_memory_diversion = {
	.functions = kdma_allocators,
	.count = ARRAY_SIZE(kdma_allocators),
	.instead = kdma_instead_of_allocator,
};

int32_t kdma_no_memory_after(u32 of, u32 given)
{
	if (of > KDMA_NO_MEMORY_OF_KERNEL)
		return KDMA_EINVAL;
	kdma_poor = of;
	kdma_given_yet = given;
	return KDMA_OK;
}
