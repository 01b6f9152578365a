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

/* Whose memory runs out: argument `of` of the operation memory_runs_out. */
enum kdma_no_memory_of {
	/* What modules ask for: records of the C ABI and of the drivers. */
	KDMA_NO_MEMORY_OF_MODULES,
	/* What the kernel asks for itself on their behalf. */
	KDMA_NO_MEMORY_OF_KERNEL,
};

/* The allocators of slab objects. */
extern struct kdma_diversion kdma_no_memory_diversion;

/*
 * Lets the memory @of somebody run out after @given objects, while the allocators are
 * diverted. Returns KDMA_OK, or KDMA_EINVAL for an unknown @of.
 */
int32_t kdma_no_memory_after(u32 of, u32 given);

#endif /* KDMA_NO_MEMORY_H */
