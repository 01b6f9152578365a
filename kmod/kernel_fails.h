/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_fails.h - functions of the kernel that fail in one operation of a program
 *
 * Which errors the kernel gives is up to machine and configuration: most never come on
 * the one at hand. Calls of one operation are diverted (diverted_calls.h), in native's
 * operation as in those of the others.
 */
#ifndef KDMA_KERNEL_FAILS_H
#define KDMA_KERNEL_FAILS_H

#include <linux/types.h>

struct kdma_result;

/*
 * Lets every call that a driver or the C ABI makes in the operation whose result is
 * @next give -@error, for the current task: calls of exported functions of the DMA
 * layer that return 0 or a negative errno. Returns KDMA_OK, or KDMA_EINVAL for what is
 * no errno.
 */
int32_t kdma_kernel_fails_in(const struct kdma_result *next, u32 error);
/* At the end of a program. */
void kdma_kernel_fails_stop(void);

/* The address of function number @i of those that may fail; 0: there is none. */
unsigned long kdma_failing(size_t i);
/* Does one of them begin at @ip, or ftrace's place in it? */
bool kdma_is_failing(unsigned long ip);
/* Where a call of one of them goes that comes from @from; 0: where it belongs. */
unsigned long kdma_kernel_fails_for(unsigned long from);

#endif /* KDMA_KERNEL_FAILS_H */
