// SPDX-License-Identifier: GPL-2.0
/* Family: resource. The functions are documented in kdma.h. */
#include <linux/mm.h>

#include "streaming.h"

/*
 * What dma-debug takes for RAM, and warns of. A page structure alone says
 * nothing: holes beside RAM have them, too.
 */
static bool kdma_is_ram(uint64_t physical_address)
{
	unsigned long pfn = PHYS_PFN(physical_address);

	return pfn_valid(pfn) && !PageReserved(pfn_to_page(pfn));
}

int32_t kdma_map_resource(struct kdma_device *device, uint64_t physical_address,
			  uint64_t size, uint32_t direction, uint64_t attributes,
			  kdma_address_t *dma_address)
{
	unsigned long native;
	int32_t error;

	if (!kdma_map_is_valid(device, size, direction, dma_address) ||
	    physical_address > U64_MAX - (size - 1))
		return KDMA_EINVAL;
	error = kdma_to_attributes(attributes, KDMA_ATTRS_OF_MAPPINGS, &native);
	if (error)
		return error;
	if (kdma_is_ram(physical_address) || kdma_is_ram(physical_address + (size - 1)))
		return KDMA_EINVAL;
	return kdma_mapped(device,
			   dma_map_resource(kdma_to_device(device), physical_address,
					    size, kdma_to_direction(direction), native),
			   dma_address);
}
KDMA_EXPORT(kdma_map_resource);

int32_t kdma_unmap_resource(struct kdma_device *device, kdma_address_t dma_address,
			    uint64_t size, uint32_t direction, uint64_t attributes)
{
	unsigned long native;
	int32_t error;

	if (!kdma_unmap_is_valid(device, dma_address, size, direction))
		return KDMA_EINVAL;
	error = kdma_to_attributes(attributes, KDMA_ATTRS_OF_MAPPINGS, &native);
	if (error)
		return error;
	dma_unmap_resource(kdma_to_device(device), dma_address, size,
			   kdma_to_direction(direction), native);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_unmap_resource);
