// SPDX-License-Identifier: GPL-2.0
/* Calls into the kernel that go elsewhere. See diverted_calls.h. */
#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/ptrace.h>

#include "diverted_calls.h"
#include "kdma.h"
#include "kernel_fails.h"
#include "no_memory.h"

static bool kdma_diverts_calls;

#ifdef CONFIG_DYNAMIC_FTRACE_WITH_REGS
static void notrace kdma_on_diverted_call(unsigned long ip, unsigned long from,
					  struct ftrace_ops *ops,
					  struct ftrace_regs *fregs)
{
	struct pt_regs *regs = ftrace_get_regs(fregs);
	unsigned long instead;

	if (!regs)
		return;
	instead = kdma_is_failing(ip) ? kdma_kernel_fails_for(from)
				      : kdma_no_memory_for(from);
	if (instead)
		instruction_pointer_set(regs, instead);
}

static struct ftrace_ops kdma_diverted_calls = {
	.func = kdma_on_diverted_call,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_SAVE_REGS,
};

int kdma_diverted_calls_open(bool no_memory, bool kernel_fails)
{
	unsigned long address;
	int error = -ENOENT;
	size_t i;

	/*
	 * The first that is there makes the filter, the others add to it. By address:
	 * looking for a name among all places takes Debian's kernel 0.2 s.
	 */
	for (i = 0; no_memory && (address = kdma_allocator(i)); i++)
		if (!ftrace_set_filter_ip(&kdma_diverted_calls, address, 0, error))
			error = 0;
	for (i = 0; kernel_fails && (address = kdma_failing(i)); i++)
		if (!ftrace_set_filter_ip(&kdma_diverted_calls, address, 0, error))
			error = 0;
	if (!no_memory && !kernel_fails)
		return 0;
	/* A filter for nothing would be one for everything. */
	if (!error)
		error = register_ftrace_function(&kdma_diverted_calls);
	if (error)
		ftrace_free_filter(&kdma_diverted_calls);
	kdma_diverts_calls = !error;
	return error;
}

void kdma_diverted_calls_close(void)
{
	if (!kdma_diverts_calls)
		return;
	unregister_ftrace_function(&kdma_diverted_calls);
	ftrace_free_filter(&kdma_diverted_calls);
	kdma_diverts_calls = false;
}
#else
int kdma_diverted_calls_open(bool no_memory, bool kernel_fails)
{
	return 0;
}

void kdma_diverted_calls_close(void)
{
}
#endif

int32_t kdma_diverted_calls_status(bool wanted)
{
	if (kdma_diverts_calls && wanted)
		return KDMA_OK;
	/* Only a kernel that cannot do it excuses a program. */
	return IS_ENABLED(CONFIG_DYNAMIC_FTRACE_WITH_REGS) ? KDMA_EIO : KDMA_ENOTSUPP;
}
