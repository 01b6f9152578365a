// SPDX-License-Identifier: GPL-2.0
/* Family: managed. The functions are documented in kdma.h. */
#include <linux/dmapool.h>

#include "pool.h"

/*
 * The kernel keeps what it manages to itself and warns when it is asked to free
 * something else. So each piece of memory that can be freed early has a record
 * beside the kernel's own, in the same list of the device: it goes when the
 * memory goes, and whoever has none is not managed.
 */
struct kdma_managed_memory {
	uint64_t size;
	void *cpu_address;
	kdma_address_t dma_address;
};

/* What the record is about, the kernel's own frees. */
static void kdma_managed_forget(struct device *dev, void *record)
{
}

static int kdma_managed_matches(struct device *dev, void *record, void *wanted)
{
	const struct kdma_managed_memory *this = record, *that = wanted;

	return this->size == that->size && this->cpu_address == that->cpu_address &&
	       this->dma_address == that->dma_address;
}

int32_t kdma_managed_alloc_coherent(struct kdma_device *device, uint64_t size,
				    uint32_t flags, void **cpu_address,
				    kdma_address_t *dma_address)
{
	struct kdma_managed_memory *record;
	dma_addr_t address;
	int32_t error;
	gfp_t gfp;
	void *cpu;

	if (!device || !kdma_size_is_valid(size) || !cpu_address || !dma_address)
		return KDMA_EINVAL;
	error = kdma_to_gfp(flags, &gfp);
	if (error)
		return error;
	if (!kdma_size_is_countable(size))
		return KDMA_ENOMEM;
	record = devres_alloc(kdma_managed_forget, sizeof(*record), gfp);
	if (!record)
		return KDMA_ENOMEM;
	cpu = dmam_alloc_coherent(kdma_to_device(device), size, &address, gfp);
	if (!cpu) {
		devres_free(record);
		return KDMA_ENOMEM;
	}
	record->size = size;
	record->cpu_address = cpu;
	record->dma_address = address;
	devres_add(kdma_to_device(device), record);
	*cpu_address = cpu;
	*dma_address = address;
	return KDMA_OK;
}
KDMA_EXPORT(kdma_managed_alloc_coherent);

int32_t kdma_managed_free_coherent(struct kdma_device *device, uint64_t size,
				   void *cpu_address, kdma_address_t dma_address)
{
	struct kdma_managed_memory wanted = {
		.size = size,
		.cpu_address = cpu_address,
		.dma_address = dma_address,
	};

	if (!device || devres_destroy(kdma_to_device(device), kdma_managed_forget,
				      kdma_managed_matches, &wanted))
		return KDMA_EINVAL;
	dmam_free_coherent(kdma_to_device(device), size, cpu_address, dma_address);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_managed_free_coherent);

int32_t kdma_managed_alloc_attrs(struct kdma_device *device, uint64_t size,
				 uint32_t flags, uint64_t attributes, void **cpu_address,
				 kdma_address_t *dma_address)
{
	unsigned long native;
	dma_addr_t address;
	int32_t error;
	gfp_t gfp;
	void *cpu;

	if (!device || !kdma_size_is_valid(size) || !cpu_address || !dma_address)
		return KDMA_EINVAL;
	error = kdma_to_gfp(flags, &gfp);
	if (error)
		return error;
	error = kdma_to_attributes(attributes, KDMA_ATTRS_OF_ALLOCATIONS, &native);
	if (error)
		return error;
	if (!kdma_size_is_countable(size))
		return KDMA_ENOMEM;
	cpu = dmam_alloc_attrs(kdma_to_device(device), size, &address, gfp, native);
	if (!cpu)
		return KDMA_ENOMEM;
	*cpu_address = cpu;
	*dma_address = address;
	return KDMA_OK;
}
KDMA_EXPORT(kdma_managed_alloc_attrs);

/* The kernel's own record destroys the pool. */
static void kdma_managed_pool_forget(struct device *dev, void *pool)
{
}

static int kdma_managed_pool_matches(struct device *dev, void *pool, void *wanted)
{
	return pool == wanted;
}

int32_t kdma_managed_pool_create(struct kdma_device *device, uint64_t size,
				 uint64_t alignment, uint64_t boundary,
				 struct kdma_pool **pool)
{
	struct kdma_pool *made;

	if (!device || !pool || !kdma_pool_shape_is_valid(size, alignment, boundary))
		return KDMA_EINVAL;
	made = devres_alloc(kdma_managed_pool_forget, sizeof(*made), GFP_KERNEL);
	if (!made)
		return KDMA_ENOMEM;
	made->native = dmam_pool_create("kdma", kdma_to_device(device), size, alignment,
					kdma_pool_boundary(size, alignment, boundary));
	if (!made->native) {
		devres_free(made);
		return KDMA_ENOMEM;
	}
	made->device = kdma_to_device(device);
	devres_add(made->device, made);
	*pool = made;
	return KDMA_OK;
}
KDMA_EXPORT(kdma_managed_pool_create);

int32_t kdma_managed_pool_destroy(struct kdma_pool *pool)
{
	if (!pool || !pool->device || atomic_read(&pool->pieces))
		return KDMA_EINVAL;
	dmam_pool_destroy(pool->native);
	devres_destroy(pool->device, kdma_managed_pool_forget, kdma_managed_pool_matches,
		       pool);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_managed_pool_destroy);
