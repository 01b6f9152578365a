/* SPDX-License-Identifier: GPL-2.0 */
/*
 * no_memory.h - memory that runs out for one operation of a program
 *
 * A call of one of the kernel's slab allocators is diverted (diverted_calls.h) to a
 * function that gives a null pointer.
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
 * Lets the memory @of somebody run out in the operation whose result is @next,
 * after @given objects, for the current task. Returns KDMA_OK, or KDMA_EINVAL for an
 * unknown @of.
 */
int32_t kdma_no_memory_in(const struct kdma_result *next, u32 of, u32 given);
/* At the end of a program. */
void kdma_no_memory_stop(void);
/* The address of allocator number @i; 0: there is none. */
unsigned long kdma_allocator(size_t i);
/* Where a call of an allocator goes that comes from @from; 0: where it belongs. */
unsigned long kdma_no_memory_for(unsigned long from);

#endif /* KDMA_NO_MEMORY_H */
