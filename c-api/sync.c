// SPDX-License-Identifier: GPL-2.0
/* Family: sync. The functions are documented in kdma.h. */
#include "translate.h"

/* What every sync function refuses. */
static bool kdma_sync_is_valid(struct kdma_device *device, kdma_address_t dma_address,
			       uint64_t offset, uint64_t size, uint32_t direction)
{
	return device && kdma_address_is_valid(dma_address) && kdma_size_is_valid(size) &&
	       offset <= SIZE_MAX - size && kdma_direction_is_valid(direction);
}

int32_t kdma_sync_single_for_cpu(struct kdma_device *device, kdma_address_t dma_address,
				 uint64_t size, uint32_t direction)
{
	if (!kdma_sync_is_valid(device, dma_address, 0, size, direction))
		return KDMA_EINVAL;
	dma_sync_single_for_cpu(kdma_to_device(device), dma_address, size,
				kdma_to_direction(direction));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_sync_single_for_cpu);

int32_t kdma_sync_single_for_device(struct kdma_device *device,
				    kdma_address_t dma_address, uint64_t size,
				    uint32_t direction)
{
	if (!kdma_sync_is_valid(device, dma_address, 0, size, direction))
		return KDMA_EINVAL;
	dma_sync_single_for_device(kdma_to_device(device), dma_address, size,
				   kdma_to_direction(direction));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_sync_single_for_device);

int32_t kdma_sync_single_range_for_cpu(struct kdma_device *device,
				       kdma_address_t dma_address, uint64_t offset,
				       uint64_t size, uint32_t direction)
{
	if (!kdma_sync_is_valid(device, dma_address, offset, size, direction))
		return KDMA_EINVAL;
	dma_sync_single_range_for_cpu(kdma_to_device(device), dma_address, offset, size,
				      kdma_to_direction(direction));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_sync_single_range_for_cpu);

int32_t kdma_sync_single_range_for_device(struct kdma_device *device,
					  kdma_address_t dma_address, uint64_t offset,
					  uint64_t size, uint32_t direction)
{
	if (!kdma_sync_is_valid(device, dma_address, offset, size, direction))
		return KDMA_EINVAL;
	dma_sync_single_range_for_device(kdma_to_device(device), dma_address, offset,
					 size, kdma_to_direction(direction));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_sync_single_range_for_device);

int32_t kdma_need_sync(struct kdma_device *device, kdma_address_t dma_address,
		       uint32_t *needed)
{
	if (!device || !kdma_address_is_valid(dma_address) || !needed)
		return KDMA_EINVAL;
	*needed = dma_need_sync(kdma_to_device(device), dma_address);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_need_sync);
