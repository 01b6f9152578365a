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

/* Exported functions of the DMA layer that return 0 or a negative errno. */
extern struct kdma_diversion kdma_kernel_fails_diversion;
/* What the DMA layer calls of the IOMMU's. */
extern struct kdma_diversion kdma_iommu_fails_diversion;

/* Looks for the functions below the DMA layer. May sleep. */
void kdma_iommu_fails_find(void);

/*
 * Has them give -@error, wherever a driver or the C ABI calls them while they are
 * diverted. Returns KDMA_OK, or KDMA_EINVAL for what is no errno.
 */
int32_t kdma_kernel_fails_with(u32 error);

#endif /* KDMA_KERNEL_FAILS_H */
