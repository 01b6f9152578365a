// SPDX-License-Identifier: GPL-2.0
/* Family: pool. The functions are documented in kdma.h. */
#include <linux/align.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "pool.h"

/* What the kernel answers with NULL, as if there were no memory. */
bool kdma_pool_shape_is_valid(uint64_t size, uint64_t alignment, uint64_t boundary)
{
	if (!size || size > KDMA_POOL_MAX_SIZE || alignment > KDMA_POOL_MAX_SIZE ||
	    boundary > SIZE_MAX || (alignment && !is_power_of_2(alignment)))
		return false;
	size = ALIGN(max_t(uint64_t, size, KDMA_POOL_MIN_SIZE),
		     max_t(uint64_t, alignment, 1));
	return !boundary || (is_power_of_2(boundary) && boundary >= size);
}

/*
 * Linux 6.1 hands out a last piece that reaches beyond the memory behind it where
 * the boundary is larger than that; newer kernels take the smaller one of both,
 * as 0 makes all of them do.
 */
size_t kdma_pool_boundary(uint64_t size, uint64_t alignment, uint64_t boundary)
{
	size = ALIGN(size, max_t(uint64_t, alignment, 1));
	return boundary > max_t(uint64_t, size, PAGE_SIZE) ? 0 : boundary;
}

int32_t kdma_pool_create(struct kdma_device *device, uint64_t size, uint64_t alignment,
			 uint64_t boundary, struct kdma_pool **pool)
{
	struct kdma_pool *made;

	if (!device || !pool || !kdma_pool_shape_is_valid(size, alignment, boundary))
		return KDMA_EINVAL;
	made = kzalloc(sizeof(*made), GFP_KERNEL);
	if (!made)
		return KDMA_ENOMEM;
	made->native = dma_pool_create("kdma", kdma_to_device(device), size, alignment,
				       kdma_pool_boundary(size, alignment, boundary));
	if (!made->native) {
		kfree(made);
		return KDMA_ENOMEM;
	}
	*pool = made;
	return KDMA_OK;
}
KDMA_EXPORT(kdma_pool_create);

int32_t kdma_pool_destroy(struct kdma_pool *pool)
{
	if (!pool || pool->device || atomic_read(&pool->pieces))
		return KDMA_EINVAL;
	dma_pool_destroy(pool->native);
	kfree(pool);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_pool_destroy);

/* Which of the kernel's functions takes a piece. */
typedef void *kdma_pool_take_t(struct dma_pool *pool, gfp_t gfp, dma_addr_t *address);

static int32_t kdma_pool_take(struct kdma_pool *pool, uint32_t flags,
			      kdma_pool_take_t *take, void **cpu_address,
			      kdma_address_t *dma_address)
{
	dma_addr_t address;
	int32_t error;
	void *memory;
	gfp_t gfp;

	if (!pool || !cpu_address || !dma_address)
		return KDMA_EINVAL;
	error = kdma_to_gfp(flags, &gfp);
	if (error)
		return error;
	memory = take(pool->native, gfp, &address);
	if (!memory)
		return KDMA_ENOMEM;
	atomic_inc(&pool->pieces);
	*cpu_address = memory;
	*dma_address = address;
	return KDMA_OK;
}

int32_t kdma_pool_alloc(struct kdma_pool *pool, uint32_t flags, void **cpu_address,
			kdma_address_t *dma_address)
{
	return kdma_pool_take(pool, flags, dma_pool_alloc, cpu_address, dma_address);
}
KDMA_EXPORT(kdma_pool_alloc);

int32_t kdma_pool_zalloc(struct kdma_pool *pool, uint32_t flags, void **cpu_address,
			 kdma_address_t *dma_address)
{
	return kdma_pool_take(pool, flags, dma_pool_zalloc, cpu_address, dma_address);
}
KDMA_EXPORT(kdma_pool_zalloc);

int32_t kdma_pool_free(struct kdma_pool *pool, void *cpu_address,
		       kdma_address_t dma_address)
{
	if (!pool || !cpu_address || !kdma_address_is_valid(dma_address) ||
	    !atomic_add_unless(&pool->pieces, -1, 0))
		return KDMA_EINVAL;
	dma_pool_free(pool->native, cpu_address, dma_address);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_pool_free);
