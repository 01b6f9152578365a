/* SPDX-License-Identifier: GPL-2.0 */
/*
 * streaming.h - what the families that map and unmap by an address share
 */
#ifndef KDMA_STREAMING_H
#define KDMA_STREAMING_H

#include "translate.h"

/* What every map function refuses. */
static inline bool kdma_map_is_valid(struct kdma_device *device, uint64_t size,
				     uint32_t direction, kdma_address_t *dma_address)
{
	return device && kdma_size_is_valid(size) && kdma_direction_is_valid(direction) &&
	       dma_address;
}

/* What every unmap function refuses. */
static inline bool kdma_unmap_is_valid(struct kdma_device *device,
				       kdma_address_t dma_address, uint64_t size,
				       uint32_t direction)
{
	return device && kdma_address_is_valid(dma_address) && kdma_size_is_valid(size) &&
	       kdma_direction_is_valid(direction);
}

/* The result of a mapping: the address, and whether there is one. */
static inline int32_t kdma_mapped(struct kdma_device *device, dma_addr_t address,
				  kdma_address_t *dma_address)
{
	if (dma_mapping_error(kdma_to_device(device), address)) {
		*dma_address = KDMA_MAPPING_ERROR;
		return KDMA_EMAPPING;
	}
	*dma_address = address;
	return KDMA_OK;
}

#endif /* KDMA_STREAMING_H */
