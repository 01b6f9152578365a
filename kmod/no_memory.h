/* SPDX-License-Identifier: GPL-2.0 */
/*
 * no_memory.h - memory that runs out for one operation of a program
 *
 * ftrace sends a call of one of the kernel's slab allocators to a function that
 * gives a null pointer (FTRACE_OPS_FL_IPMODIFY; Documentation/trace/ftrace-uses.rst).
 */
#ifndef KDMA_NO_MEMORY_H
#define KDMA_NO_MEMORY_H

#include <linux/types.h>

struct kdma_result;

/* Whose memory runs out: argument `of` of the operation memory_runs_out. */
enum kdma_no_memory_of {
	/* What modules ask for: records of the C ABI and of the drivers. */
	KDMA_NO_MEMORY_OF_MODULES,
	/* What the kernel asks for itself on their behalf. */
	KDMA_NO_MEMORY_OF_KERNEL,
};

/*
 * Begins and ends the watch over the allocators. A kernel that is not configured for
 * it is no error: then memory never runs out. Returns 0; -ENOENT if none of the
 * allocators is there under its name; what register_ftrace_function() says. May sleep.
 */
int kdma_no_memory_open(void);
void kdma_no_memory_close(void);

/*
 * Lets the memory @of somebody run out in the operation whose result is @next,
 * after @given objects, for the current task. Returns KDMA_OK; KDMA_EINVAL for an
 * unknown @of; KDMA_ENOTSUPP on a kernel that is not configured for it, and KDMA_EIO
 * on one that is, while nobody watches.
 */
int32_t kdma_no_memory_in(const struct kdma_result *next, u32 of, u32 given);
/* At the end of a program. */
void kdma_no_memory_stop(void);

#endif /* KDMA_NO_MEMORY_H */
