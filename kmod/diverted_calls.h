/* SPDX-License-Identifier: GPL-2.0 */
/*
 * diverted_calls.h - calls into the kernel that go elsewhere, where a program wants it
 *
 * ftrace sends calls of the kernel's slab allocators to a function that gives nothing
 * (no_memory.h), and calls of its DMA functions to one that gives an error
 * (kernel_fails.h): FTRACE_OPS_FL_IPMODIFY, Documentation/trace/ftrace-uses.rst. Both
 * are one registration, for each walks through all places of ftrace in the kernel.
 */
#ifndef KDMA_DIVERTED_CALLS_H
#define KDMA_DIVERTED_CALLS_H

#include <linux/types.h>

/*
 * Begins and ends the watch over allocators, if @no_memory, and DMA functions, if
 * @kernel_fails. A kernel that is not configured for it is no error: then nothing
 * is watched. Returns 0; -ENOENT if none of the functions is there under its name;
 * what register_ftrace_function() says. May sleep.
 */
int kdma_diverted_calls_open(bool no_memory, bool kernel_fails);
void kdma_diverted_calls_close(void);

/*
 * What an operation answers that wants calls to be diverted, with @wanted from the
 * parameters above: KDMA_OK; KDMA_ENOTSUPP on a kernel that is not configured for
 * it; KDMA_EIO on one that is, while nobody watches.
 */
int32_t kdma_diverted_calls_status(bool wanted);

#endif /* KDMA_DIVERTED_CALLS_H */
