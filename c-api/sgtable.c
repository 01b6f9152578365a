// SPDX-License-Identifier: GPL-2.0
/* Family: sgtable. The functions are documented in kdma.h. */
#include <linux/slab.h>

#include "scatterlist.h"

/* Makes the list that both functions give, @error is what filled its table. */
static int32_t kdma_sgtable_got(struct kdma_sg_table *made, int error,
				struct kdma_sg_table **table)
{
	if (error) {
		kfree(made);
		/* The device's DMA operations have no such function. */
		return error == -ENXIO ? KDMA_ENOTSUPP : kdma_from_errno(error);
	}
	made->native = &made->own;
	*table = made;
	return KDMA_OK;
}

int32_t kdma_get_sgtable(struct kdma_device *device, void *cpu_address,
			 kdma_address_t dma_address, uint64_t size,
			 struct kdma_sg_table **table)
{
	struct kdma_sg_table *made;

	if (!device || !cpu_address || !kdma_address_is_valid(dma_address) ||
	    !kdma_size_is_valid(size) || !table)
		return KDMA_EINVAL;
	made = kzalloc(sizeof(*made), GFP_KERNEL);
	if (!made)
		return KDMA_ENOMEM;
	return kdma_sgtable_got(made,
				dma_get_sgtable(kdma_to_device(device), &made->own,
						cpu_address, dma_address, size),
				table);
}
KDMA_EXPORT(kdma_get_sgtable);

int32_t kdma_get_sgtable_attrs(struct kdma_device *device, void *cpu_address,
			       kdma_address_t dma_address, uint64_t size,
			       uint64_t attributes, struct kdma_sg_table **table)
{
	struct kdma_sg_table *made;
	unsigned long native;
	int32_t error;

	if (!device || !cpu_address || !kdma_address_is_valid(dma_address) ||
	    !kdma_size_is_valid(size) || !table)
		return KDMA_EINVAL;
	error = kdma_to_attributes(attributes, KDMA_ATTRS_OF_ALLOCATIONS, &native);
	if (error)
		return error;
	made = kzalloc(sizeof(*made), GFP_KERNEL);
	if (!made)
		return KDMA_ENOMEM;
	return kdma_sgtable_got(made,
				dma_get_sgtable_attrs(kdma_to_device(device), &made->own,
						      cpu_address, dma_address, size,
						      native),
				table);
}
KDMA_EXPORT(kdma_get_sgtable_attrs);
