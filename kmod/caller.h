/* SPDX-License-Identifier: GPL-2.0 */
/*
 * caller.h - who calls the kernel, and for which operation of a program
 */
#ifndef KDMA_CALLER_H
#define KDMA_CALLER_H

#include <linux/compiler.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "program.h"

/* Is @from in a module's code? Whose does not matter. */
static inline bool kdma_is_in_module(unsigned long from)
{
	return from >= MODULES_VADDR && from < MODULES_END;
}

/* Is @from in the code of the C ABI or of a driver? The core is a module as well. */
static inline bool kdma_is_in_driver(unsigned long from)
{
	return kdma_is_in_module(from) && !within_module(from, THIS_MODULE);
}

/*
 * The operation at work: the first of @count whose result is not there yet; @count
 * when all are. @cursor is where to begin, and is moved: results come in their order.
 */
static inline u32 kdma_operation_at_work(const struct kdma_result *results, u32 count,
					 u32 *cursor)
{
	while (*cursor < count &&
	       READ_ONCE(results[*cursor].completion) != KDMA_NOT_REACHED)
		(*cursor)++;
	return *cursor;
}

#endif /* KDMA_CALLER_H */
