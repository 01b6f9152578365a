/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_calls.h - what a program's operations ask of the kernel's functions
 *
 * On this machine the kernel ignores much of what it is handed: attributes and
 * directions when something is freed, sizes it knows anyway, one call too many. So
 * each call is recorded where it enters the kernel. Addresses differ from run to run;
 * what they are addresses of does not, and that is what is kept of them.
 */
#ifndef KDMA_KERNEL_CALLS_H
#define KDMA_KERNEL_CALLS_H

#include <linux/types.h>

#include "program.h"

#define KDMA_CALLS_MAGIC	0x4c4c4143 /* "CALL" */
#define KDMA_CALL_MAX_ARGUMENTS 7

/**
 * struct kdma_calls_header - opens what is recorded of a program
 * @magic: KDMA_CALLS_MAGIC
 * @length: bytes of records that follow
 * @lost: calls for which there was no room
 * @reserved: zero
 * @watched: bit N: calls of function number N of kernel_functions.h are recorded
 * @unwatched: bit N: the kernel has it, and its calls are not
 */
struct kdma_calls_header {
	uint32_t magic;
	uint32_t length;
	uint32_t lost;
	uint32_t reserved;
	uint64_t watched;
	uint64_t unwatched;
};

/**
 * struct kdma_call - a call; @count values follow it, one for each argument
 * @operation: number of the operation that made it
 * @function: number of the function in kernel_functions.h
 * @count: arguments
 *
 * The value of a number is the number, cut to its width. Of anything else it is
 * enum kdma_referent << 56 | number << 40 | offset.
 */
struct kdma_call {
	uint32_t operation;
	uint16_t function;
	uint16_t count;
};

/**
 * enum kdma_referent - what an argument is the address of
 * @KDMA_REFERENT_NONE: a null pointer, or another number that is no address
 * @KDMA_REFERENT_BUFFER: buffer number, offset in it
 * @KDMA_REFERENT_SLOT: memory or mapping of slot number, offset in it
 * @KDMA_REFERENT_FIRST: the operation's slot had nothing of this kind before
 * @KDMA_REFERENT_SAME: what the operation's slot had before
 * @KDMA_REFERENT_OTHER: anything else; as with the two before, the offset is from a
 *	multiple of eight
 * @KDMA_REFERENT_DEVICE: the device
 * @KDMA_REFERENT_ANY: not compared
 * @KDMA_REFERENT_ERROR: DMA_MAPPING_ERROR
 */
enum kdma_referent {
	KDMA_REFERENT_NONE = 0,
	KDMA_REFERENT_BUFFER = 1,
	KDMA_REFERENT_SLOT = 2,
	KDMA_REFERENT_FIRST = 3,
	KDMA_REFERENT_SAME = 4,
	KDMA_REFERENT_OTHER = 5,
	KDMA_REFERENT_DEVICE = 6,
	KDMA_REFERENT_ANY = 7,
	KDMA_REFERENT_ERROR = 8,
};

/*
 * Begins and ends the module's use of ftrace and of kprobes. A kernel that lacks
 * them is no error: the header tells what is not watched. Returns 0 or -ENOMEM.
 * May sleep.
 */
int kdma_kernel_calls_open(void);
void kdma_kernel_calls_close(void);

/*
 * Around one program, in the task that runs it; its buffers are of @shapes. What is
 * called after the last operation is not recorded: in which order a driver releases
 * what a program left is its own affair.
 */
void kdma_kernel_calls_start(const struct kdma_run *run,
			     const struct kdma_buffer_shape *shapes);
void kdma_kernel_calls_stop(void);

/* What was recorded of the last program; NULL and 0 when nothing is. */
const void *kdma_kernel_calls(size_t *length);

#endif /* KDMA_KERNEL_CALLS_H */
