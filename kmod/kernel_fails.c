// SPDX-License-Identifier: GPL-2.0
/* Functions of the kernel that fail in one operation. See kernel_fails.h. */
#include <linux/err.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include "caller.h"
#include "kdma.h"
#include "kernel_fails.h"
#include "kernel_symbol.h"
#include "program.h"

/* ENDBR comes before ftrace's place, where a kernel has it. */
#define KDMA_BEFORE_PLACE 4

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

/* The task for which they fail, and in which operation; NULL: for nobody. */
static struct task_struct *kdma_unlucky;
static const struct kdma_result *kdma_unlucky_in;
static int kdma_unlucky_error;

unsigned long kdma_failing(size_t i)
{
	static const char *const all[] = {KDMA_FAILING(KDMA_KERNEL_ADDRESS)};
	size_t j;

	for (j = 0; j < ARRAY_SIZE(all); j++)
		if (all[j] && !i--)
			return (unsigned long)all[j];
	return 0;
}

bool notrace kdma_is_failing(unsigned long ip)
{
	unsigned long address;
	size_t i;

	if (!READ_ONCE(kdma_unlucky))
		return false;
	for (i = 0; (address = kdma_failing(i)); i++)
		if (ip - address <= KDMA_BEFORE_PLACE)
			return true;
	return false;
}

/* Called in a function's place, with its arguments and for its caller. */
static noinline notrace int kdma_kernel_failed(void)
{
	return READ_ONCE(kdma_unlucky_error);
}

unsigned long notrace kdma_kernel_fails_for(unsigned long from)
{
	if (READ_ONCE(kdma_unlucky) == current && in_task() &&
	    READ_ONCE(kdma_unlucky_in->completion) == KDMA_NOT_REACHED &&
	    kdma_is_in_driver(from))
		return (unsigned long)kdma_kernel_failed;
	return 0;
}

int32_t kdma_kernel_fails_in(const struct kdma_result *next, u32 error)
{
	if (!error || error > MAX_ERRNO)
		return KDMA_EINVAL;
	kdma_unlucky_in = next;
	WRITE_ONCE(kdma_unlucky_error, -(int)error);
	WRITE_ONCE(kdma_unlucky, current);
	return KDMA_OK;
}

void kdma_kernel_fails_stop(void)
{
	WRITE_ONCE(kdma_unlucky, NULL);
}
