/* SPDX-License-Identifier: GPL-2.0 */
/*
 * diverted_calls.h - calls into the kernel that go elsewhere, where a program wants it
 *
 * ftrace sends calls of the kernel's slab allocators to a function that gives nothing
 * (no_memory.h), and calls of its DMA functions, or of what these call of the IOMMU's, to
 * one that gives an error (kernel_fails.h): FTRACE_OPS_FL_IPMODIFY,
 * Documentation/trace/ftrace-uses.rst. All are one registration, for each walks through
 * all places of ftrace in the kernel.
 */
#ifndef KDMA_DIVERTED_CALLS_H
#define KDMA_DIVERTED_CALLS_H

#include <linux/types.h>

struct kdma_result;

/**
 * struct kdma_diversion - which calls go elsewhere, and where
 * @functions: where the kernel's functions begin; NULL for those that it has not
 * @count: how many there are
 * @instead: where a call goes that comes from this address; 0: where it belongs
 * @is_watched: set while ftrace watches over the functions
 */
struct kdma_diversion {
	const char *const *functions;
	size_t count;
	unsigned long (*instead)(unsigned long from);
	bool is_watched;
};

/*
 * Begins and ends the watch over allocators, if @no_memory, DMA functions, if
 * @kernel_fails, and what they call of the IOMMU's, if @iommu_fails. A kernel that is
 * not configured for it is no error: then nothing is watched. Returns 0; -ENOENT if the
 * kernel has none of the functions; what register_ftrace_function() says. May sleep.
 */
int kdma_diverted_calls_open(bool no_memory, bool kernel_fails, bool iommu_fails);
void kdma_diverted_calls_close(void);

/*
 * Diverts calls of the current task in the operation whose result is @next. Returns
 * KDMA_OK; KDMA_ENOTSUPP on a kernel that is not configured for it or has none of the
 * functions; KDMA_EIO on one that is and has some, while nobody watches.
 */
int32_t kdma_divert_calls(const struct kdma_diversion *diversion,
			  const struct kdma_result *next);
/* At the end of a program. */
void kdma_divert_no_calls(void);

#endif /* KDMA_DIVERTED_CALLS_H */
