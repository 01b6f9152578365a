// SPDX-License-Identifier: GPL-2.0
/* Memory that runs out for one operation of a program. See no_memory.h. */
#include <linux/preempt.h>
#include <linux/sched.h>

#include "caller.h"
#include "kdma.h"
#include "no_memory.h"
#include "program.h"

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
