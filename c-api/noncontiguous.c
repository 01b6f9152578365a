// SPDX-License-Identifier: GPL-2.0
/* Family: noncontiguous. The functions are documented in kdma.h. */
#include <linux/slab.h>

#include "scatterlist.h"

int32_t kdma_alloc_noncontiguous(struct kdma_device *device, uint64_t size,
				 uint32_t direction, uint32_t flags, uint64_t attributes,
				 struct kdma_sg_table **table,
				 kdma_address_t *dma_address)
{
	struct kdma_sg_table *made;
	unsigned long native;
	int32_t error;
	gfp_t gfp;

	if (!device || !kdma_size_is_valid(size) || !kdma_direction_is_valid(direction) ||
	    !table || !dma_address)
		return KDMA_EINVAL;
	error = kdma_to_gfp(flags, &gfp);
	if (!error)
		error = kdma_to_attributes(attributes, KDMA_ATTRS_OF_NONCONTIGUOUS,
					   &native);
	if (error)
		return error;
	if (!kdma_size_is_countable(size))
		return KDMA_ENOMEM;
	made = kzalloc(sizeof(*made), gfp);
	if (!made)
		return KDMA_ENOMEM;
	made->native = dma_alloc_noncontiguous(kdma_to_device(device), size,
					       kdma_to_direction(direction), gfp, native);
	if (!made->native) {
		kfree(made);
		return KDMA_ENOMEM;
	}
	made->device = device;
	made->size = size;
	made->direction = direction;
	made->attributes = attributes;
	made->mapped = KDMA_SG_NONCONTIGUOUS;
	*table = made;
	*dma_address = sg_dma_address(made->native->sgl);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_alloc_noncontiguous);

/* Is it memory of this family, for this device? None is for a device that is null. */
static bool kdma_is_noncontiguous(struct kdma_device *device, struct kdma_sg_table *table)
{
	return table && table->mapped == KDMA_SG_NONCONTIGUOUS && table->device == device;
}

int32_t kdma_free_noncontiguous(struct kdma_device *device, uint64_t size,
				struct kdma_sg_table *table, uint32_t direction)
{
	if (!kdma_is_noncontiguous(device, table) || table->cpu_address ||
	    table->size != size || table->direction != direction)
		return KDMA_EINVAL;
	dma_free_noncontiguous(kdma_to_device(device), size, table->native,
			       kdma_to_direction(direction));
	kfree(table);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_free_noncontiguous);

int32_t kdma_vmap_noncontiguous(struct kdma_device *device, uint64_t size,
				struct kdma_sg_table *table, void **cpu_address)
{
	if (!kdma_is_noncontiguous(device, table) || table->cpu_address ||
	    table->size != size || !cpu_address)
		return KDMA_EINVAL;
	table->cpu_address =
		dma_vmap_noncontiguous(kdma_to_device(device), size, table->native);
	if (!table->cpu_address)
		return KDMA_ENOMEM;
	*cpu_address = table->cpu_address;
	return KDMA_OK;
}
KDMA_EXPORT(kdma_vmap_noncontiguous);

int32_t kdma_vunmap_noncontiguous(struct kdma_device *device, struct kdma_sg_table *table)
{
	if (!kdma_is_noncontiguous(device, table) || !table->cpu_address)
		return KDMA_EINVAL;
	dma_vunmap_noncontiguous(kdma_to_device(device), table->cpu_address);
	table->cpu_address = NULL;
	return KDMA_OK;
}
KDMA_EXPORT(kdma_vunmap_noncontiguous);
