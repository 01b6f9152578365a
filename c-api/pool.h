/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pool.h - what the families with a struct kdma_pool share
 */
#ifndef KDMA_POOL_H
#define KDMA_POOL_H

#include <linux/dmapool.h>

#include "translate.h"

/**
 * struct kdma_pool - a pool
 * @native: the kernel's
 * @pieces: how many are out
 * @device: that manages the pool and frees this struct as well (family managed);
 *	otherwise null
 *
 * The kernel only complains about pieces that are still out when a pool goes,
 * and leaves their memory behind. Counting them makes it an error.
 */
struct kdma_pool {
	struct dma_pool *native;
	atomic_t pieces;
	struct device *device;
};

bool kdma_pool_shape_is_valid(uint64_t size, uint64_t alignment, uint64_t boundary);
size_t kdma_pool_boundary(uint64_t size, uint64_t alignment, uint64_t boundary);

#endif /* KDMA_POOL_H */
