// SPDX-License-Identifier: GPL-2.0
/* Family: noncoherent. The functions are documented in kdma.h. */
#include "translate.h"

int32_t kdma_alloc_noncoherent(struct kdma_device *device, uint64_t size,
			       uint32_t direction, uint32_t flags, void **cpu_address,
			       kdma_address_t *dma_address)
{
	dma_addr_t address;
	int32_t error;
	void *memory;
	gfp_t gfp;

	if (!device || !kdma_size_is_valid(size) || !kdma_direction_is_valid(direction) ||
	    !cpu_address || !dma_address)
		return KDMA_EINVAL;
	error = kdma_to_gfp(flags, &gfp);
	if (error)
		return error;
	if (!kdma_size_is_countable(size))
		return KDMA_ENOMEM;
	memory = dma_alloc_noncoherent(kdma_to_device(device), size, &address,
				       kdma_to_direction(direction), gfp);
	if (!memory)
		return KDMA_ENOMEM;
	*cpu_address = memory;
	*dma_address = address;
	return KDMA_OK;
}
KDMA_EXPORT(kdma_alloc_noncoherent);

int32_t kdma_free_noncoherent(struct kdma_device *device, uint64_t size,
			      void *cpu_address, kdma_address_t dma_address,
			      uint32_t direction)
{
	if (!device || !kdma_size_is_valid(size) || !cpu_address ||
	    !kdma_address_is_valid(dma_address) || !kdma_direction_is_valid(direction))
		return KDMA_EINVAL;
	dma_free_noncoherent(kdma_to_device(device), size, cpu_address, dma_address,
			     kdma_to_direction(direction));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_free_noncoherent);
