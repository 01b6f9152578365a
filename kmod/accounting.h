/* SPDX-License-Identifier: GPL-2.0 */
/*
 * accounting.h - what a program gets in a driver and does not give back
 *
 * The kernel's tracepoints tell of each page, each slab object and each page of
 * IOVA that a task gets, and of each that goes. What the task that runs a program
 * gets is kept, with the operation at work, until it goes, in whatever task that
 * is. A counter of the whole system is not quiet enough for that.
 */
#ifndef KDMA_ACCOUNTING_H
#define KDMA_ACCOUNTING_H

#include <linux/types.h>

struct device;
struct kdma_result;

/*
 * Begins and ends the module's use of the tracepoints. A kernel that lacks some
 * is no error: what they would tell is then not accounted. kdma_accounting_open()
 * returns 0 or -ENOMEM. May sleep.
 */
int kdma_accounting_open(void);
void kdma_accounting_close(void);

/*
 * Around one program, in the task that runs it: @results are its @count results,
 * whose completion tells which operation is at work. kdma_accounting_stop() waits
 * for what the kernel frees late, if anything is left. May sleep.
 */
void kdma_accounting_start(const struct kdma_result *results, u32 count);
void kdma_accounting_stop(void);

/*
 * Counts the DMA pools that @dev has: when the driver is done, and before what it left
 * managed goes.
 */
void kdma_accounting_count_pools(struct device *dev);

/*
 * Writes lines about the last program to @text, which holds @room bytes:
 * "accounted.KIND 1" for each kind that is, "accounted.overflow N" if N things could
 * not be kept, "pools N" as kdma_accounting_count_pools() counted,
 * "zone.OPERATION.SIZE.CALLER N" for N slab objects from the zone for DMA, the first
 * being one of SIZE bytes, "leaked.KIND.OPERATION.SIZE.CALLER N" for N things of SIZE
 * bytes that were not given back; CALLER is "-" where it is not known. Returns their
 * length.
 */
size_t kdma_accounting_report(char *text, size_t room);

#endif /* KDMA_ACCOUNTING_H */
