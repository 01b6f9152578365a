// SPDX-License-Identifier: GPL-2.0
/* Memory that runs out for one operation of a program. See no_memory.h. */
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include "caller.h"
#include "kdma.h"
#include "kernel_symbol.h"
#include "no_memory.h"
#include "program.h"

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

/* The task whose memory runs out, and in which operation; NULL: nobody's does. */
static struct task_struct *kdma_poor;
static const struct kdma_result *kdma_poor_in;
static u32 kdma_poor_of;
static u32 kdma_given_yet;

/* Called in an allocator's place, with its arguments and for its caller. */
static noinline notrace void *kdma_no_memory(void)
{
	return NULL;
}

unsigned long kdma_allocator(size_t i)
{
	static const char *const all[] = {KDMA_ALLOCATORS(KDMA_KERNEL_ADDRESS)};
	size_t j;

	for (j = 0; j < ARRAY_SIZE(all); j++)
		if (all[j] && !i--)
			return (unsigned long)all[j];
	return 0;
}

unsigned long notrace kdma_no_memory_for(unsigned long from)
{
	if (READ_ONCE(kdma_poor) != current || !in_task() ||
	    READ_ONCE(kdma_poor_in->completion) != KDMA_NOT_REACHED)
		return 0;
	if (kdma_poor_of == KDMA_NO_MEMORY_OF_MODULES ? !kdma_is_in_driver(from)
						      : kdma_is_in_module(from))
		return 0;
	if (kdma_given_yet) {
		kdma_given_yet--;
		return 0;
	}
	return (unsigned long)kdma_no_memory;
}

int32_t kdma_no_memory_in(const struct kdma_result *next, u32 of, u32 given)
{
	if (of > KDMA_NO_MEMORY_OF_KERNEL)
		return KDMA_EINVAL;
	kdma_poor_in = next;
	kdma_poor_of = of;
	kdma_given_yet = given;
	WRITE_ONCE(kdma_poor, current);
	return KDMA_OK;
}

void kdma_no_memory_stop(void)
{
	WRITE_ONCE(kdma_poor, NULL);
}
