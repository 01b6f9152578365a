// SPDX-License-Identifier: GPL-2.0
/* Calls into the kernel that go elsewhere. See diverted_calls.h. */
#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/ptrace.h>
#include <linux/sched.h>

#include "diverted_calls.h"
#include "kdma.h"
#include "kernel_fails.h"
#include "no_memory.h"
#include "program.h"

/* ENDBR comes before ftrace's place, where a kernel has it. */
#define KDMA_BEFORE_PLACE 4

/* The task whose calls are diverted, in which operation and how; NULL: nobody's are. */
static struct task_struct *kdma_diverted;
static const struct kdma_result *kdma_diverted_in;
static const struct kdma_diversion *kdma_diverted_by;

/* Does the kernel have any of the functions? */
static bool kdma_has_any(const struct kdma_diversion *diversion)
{
	size_t i;

	for (i = 0; i < diversion->count; i++)
		if (diversion->functions[i])
			return true;
	return false;
}

#ifdef CONFIG_DYNAMIC_FTRACE_WITH_REGS
static void notrace kdma_on_diverted_call(unsigned long ip, unsigned long from,
					  struct ftrace_ops *ops,
					  struct ftrace_regs *fregs)
{
	struct pt_regs *regs = ftrace_get_regs(fregs);
	const struct kdma_diversion *diversion;
	unsigned long instead;
	size_t i;

	if (!regs || READ_ONCE(kdma_diverted) != current || !in_task() ||
	    READ_ONCE(kdma_diverted_in->completion) != KDMA_NOT_REACHED)
		return;
	diversion = kdma_diverted_by;
	for (i = 0; i < diversion->count; i++)
		if (diversion->functions[i] &&
		    ip - (unsigned long)diversion->functions[i] <= KDMA_BEFORE_PLACE)
			break;
	if (i == diversion->count)
		return;
	instead = diversion->instead(from);
	if (instead)
		instruction_pointer_set(regs, instead);
}

static struct ftrace_ops kdma_diverted_calls = {
	.func = kdma_on_diverted_call,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_SAVE_REGS,
};

/*
 * Puts the functions on the filter, which they make if @first. By address: looking for
 * a name among all places takes Debian's kernel 0.2 s. Returns 0, or -ENOENT for none.
 */
static int kdma_filter(struct kdma_diversion *diversion, bool first)
{
	size_t i;

	for (i = 0; i < diversion->count; i++)
		if (diversion->functions[i] &&
		    !ftrace_set_filter_ip(&kdma_diverted_calls,
					  (unsigned long)diversion->functions[i], 0,
					  first && !diversion->is_watched))
			diversion->is_watched = true;
	return diversion->is_watched ? 0 : -ENOENT;
}

static bool kdma_is_any_watched(void)
{
	return kdma_no_memory_diversion.is_watched ||
	       kdma_kernel_fails_diversion.is_watched ||
	       kdma_iommu_fails_diversion.is_watched;
}

/* When nothing is registered any more. */
static void kdma_filter_nothing(void)
{
	ftrace_free_filter(&kdma_diverted_calls);
	kdma_no_memory_diversion.is_watched = false;
	kdma_kernel_fails_diversion.is_watched = false;
	kdma_iommu_fails_diversion.is_watched = false;
}

int kdma_diverted_calls_open(bool no_memory, bool kernel_fails, bool iommu_fails)
{
	int error = 0;

	if (!no_memory && !kernel_fails && !iommu_fails)
		return 0;
	/* A filter for nothing would be one for everything. */
	if (no_memory)
		error = kdma_filter(&kdma_no_memory_diversion, true);
	if (!error && kernel_fails)
		error = kdma_filter(&kdma_kernel_fails_diversion, !no_memory);
	if (!error && iommu_fails) {
		kdma_iommu_fails_find();
		/* Not all kernels have one. */
		if (kdma_has_any(&kdma_iommu_fails_diversion))
			error = kdma_filter(&kdma_iommu_fails_diversion,
					    !no_memory && !kernel_fails);
	}
	if (!error && kdma_is_any_watched())
		error = register_ftrace_function(&kdma_diverted_calls);
	if (error)
		kdma_filter_nothing();
	return error;
}

void kdma_diverted_calls_close(void)
{
	if (!kdma_is_any_watched())
		return;
	unregister_ftrace_function(&kdma_diverted_calls);
	kdma_filter_nothing();
}
#else
int kdma_diverted_calls_open(bool no_memory, bool kernel_fails, bool iommu_fails)
{
	return 0;
}

void kdma_diverted_calls_close(void)
{
}
#endif

int32_t kdma_divert_calls(const struct kdma_diversion *diversion,
			  const struct kdma_result *next)
{
	/* Only a kernel that cannot do it excuses a program. */
	if (!diversion->is_watched)
		return IS_ENABLED(CONFIG_DYNAMIC_FTRACE_WITH_REGS) &&
				       kdma_has_any(diversion)
			       ? KDMA_EIO
			       : KDMA_ENOTSUPP;
	kdma_diverted_in = next;
	kdma_diverted_by = diversion;
	WRITE_ONCE(kdma_diverted, current);
	return KDMA_OK;
}

void kdma_divert_no_calls(void)
{
	WRITE_ONCE(kdma_diverted, NULL);
}
