// SPDX-License-Identifier: GPL-2.0
/* Memory that runs out for one operation of a program. See no_memory.h. */
#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/string.h>

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
static noinline void *kdma_no_memory(void)
{
	return NULL;
}

/* Is this the call that gets nothing? @from: where it comes from. */
static bool kdma_runs_out_for(unsigned long from)
{
	if (READ_ONCE(kdma_poor) != current || !in_task() ||
	    READ_ONCE(kdma_poor_in->completion) != KDMA_NOT_REACHED)
		return false;
	if (kdma_poor_of == KDMA_NO_MEMORY_OF_MODULES ? !kdma_is_in_driver(from)
						      : kdma_is_in_module(from))
		return false;
	if (kdma_given_yet) {
		kdma_given_yet--;
		return false;
	}
	return true;
}

#ifdef CONFIG_DYNAMIC_FTRACE_WITH_REGS
/*
 * The allocators of slab objects under their names since Linux 6.1. Which of them a
 * kzalloc() or kmalloc_array() becomes, compilers and kernels decide.
 */
static const char *const kdma_allocators[] = {
	"__kmalloc",
	"__kmalloc_cache_node_noprof",
	"__kmalloc_cache_noprof",
	"__kmalloc_node",
	"__kmalloc_node_noprof",
	"__kmalloc_node_track_caller",
	"__kmalloc_node_track_caller_noprof",
	"__kmalloc_noprof",
	"__kvmalloc_node_noprof",
	"kmalloc_node_trace",
	"kmalloc_trace",
	"kvmalloc_node",
};
static bool kdma_watches_allocators;

static void notrace kdma_on_allocation(unsigned long ip, unsigned long from,
				       struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct pt_regs *regs = ftrace_get_regs(fregs);

	if (regs && kdma_runs_out_for(from))
		instruction_pointer_set(regs, (unsigned long)kdma_no_memory);
}

static struct ftrace_ops kdma_allocations = {
	.func = kdma_on_allocation,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_SAVE_REGS,
};

int kdma_no_memory_open(void)
{
	int error = -ENOENT;
	char name[48];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kdma_allocators); i++) {
		strscpy(name, kdma_allocators[i], sizeof(name));
		/* The first that is there makes the filter, the others add to it. */
		if (!ftrace_set_filter(&kdma_allocations, (unsigned char *)name,
				       strlen(name), error))
			error = 0;
	}
	/* A filter for nothing would be one for everything. */
	if (!error)
		error = register_ftrace_function(&kdma_allocations);
	if (error)
		ftrace_free_filter(&kdma_allocations);
	kdma_watches_allocators = !error;
	return error;
}

void kdma_no_memory_close(void)
{
	if (!kdma_watches_allocators)
		return;
	unregister_ftrace_function(&kdma_allocations);
	ftrace_free_filter(&kdma_allocations);
	kdma_watches_allocators = false;
}
#else
static const bool kdma_watches_allocators;

int kdma_no_memory_open(void)
{
	return 0;
}

void kdma_no_memory_close(void)
{
}
#endif

int32_t kdma_no_memory_in(const struct kdma_result *next, u32 of, u32 given)
{
	if (of > KDMA_NO_MEMORY_OF_KERNEL)
		return KDMA_EINVAL;
	/* Only a kernel that cannot do it excuses a program. */
	if (!kdma_watches_allocators)
		return IS_ENABLED(CONFIG_DYNAMIC_FTRACE_WITH_REGS) ? KDMA_EIO
								   : KDMA_ENOTSUPP;
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
