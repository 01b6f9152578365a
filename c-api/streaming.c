// SPDX-License-Identifier: GPL-2.0
/* Family: streaming. The functions are documented in kdma.h. */
#include <linux/io.h>
#include <linux/mm.h>

#include "streaming.h"

/*
 * Only memory of the linear mapping has a page that virt_to_page() finds. The
 * kernel warns for vmalloc memory and computes nonsense for the rest. Null is not
 * in it.
 */
static bool kdma_cpu_range_is_valid(const void *cpu_address, uint64_t size)
{
	return virt_addr_valid(cpu_address) &&
	       (uintptr_t)cpu_address + (size - 1) >= (uintptr_t)cpu_address;
}

int32_t kdma_map_single(struct kdma_device *device, void *cpu_address, uint64_t size,
			uint32_t direction, kdma_address_t *dma_address)
{
	if (!kdma_map_is_valid(device, size, direction, dma_address) ||
	    !kdma_cpu_range_is_valid(cpu_address, size))
		return KDMA_EINVAL;
	return kdma_mapped(device,
			   dma_map_single(kdma_to_device(device), cpu_address, size,
					  kdma_to_direction(direction)),
			   dma_address);
}
KDMA_EXPORT(kdma_map_single);

int32_t kdma_unmap_single(struct kdma_device *device, kdma_address_t dma_address,
			  uint64_t size, uint32_t direction)
{
	if (!kdma_unmap_is_valid(device, dma_address, size, direction))
		return KDMA_EINVAL;
	dma_unmap_single(kdma_to_device(device), dma_address, size,
			 kdma_to_direction(direction));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_unmap_single);

int32_t kdma_map_single_attrs(struct kdma_device *device, void *cpu_address,
			      uint64_t size, uint32_t direction, uint64_t attributes,
			      kdma_address_t *dma_address)
{
	unsigned long native;
	int32_t error;

	if (!kdma_map_is_valid(device, size, direction, dma_address) ||
	    !kdma_cpu_range_is_valid(cpu_address, size))
		return KDMA_EINVAL;
	error = kdma_to_attributes(attributes, KDMA_ATTRS_OF_MAPPINGS, &native);
	if (error)
		return error;
	return kdma_mapped(device,
			   dma_map_single_attrs(kdma_to_device(device), cpu_address, size,
						kdma_to_direction(direction), native),
			   dma_address);
}
KDMA_EXPORT(kdma_map_single_attrs);

int32_t kdma_unmap_single_attrs(struct kdma_device *device, kdma_address_t dma_address,
				uint64_t size, uint32_t direction, uint64_t attributes)
{
	unsigned long native;
	int32_t error;

	if (!kdma_unmap_is_valid(device, dma_address, size, direction))
		return KDMA_EINVAL;
	error = kdma_to_attributes(attributes, KDMA_ATTRS_OF_MAPPINGS, &native);
	if (error)
		return error;
	dma_unmap_single_attrs(kdma_to_device(device), dma_address, size,
			       kdma_to_direction(direction), native);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_unmap_single_attrs);

int32_t kdma_map_page(struct kdma_device *device, struct kdma_page *page, uint64_t offset,
		      uint64_t size, uint32_t direction, kdma_address_t *dma_address)
{
	if (!kdma_map_is_valid(device, size, direction, dma_address) || !page ||
	    offset > SIZE_MAX - size)
		return KDMA_EINVAL;
	return kdma_mapped(device,
			   dma_map_page(kdma_to_device(device), kdma_to_page(page),
					offset, size, kdma_to_direction(direction)),
			   dma_address);
}
KDMA_EXPORT(kdma_map_page);

int32_t kdma_unmap_page(struct kdma_device *device, kdma_address_t dma_address,
			uint64_t size, uint32_t direction)
{
	if (!kdma_unmap_is_valid(device, dma_address, size, direction))
		return KDMA_EINVAL;
	dma_unmap_page(kdma_to_device(device), dma_address, size,
		       kdma_to_direction(direction));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_unmap_page);

int32_t kdma_map_page_attrs(struct kdma_device *device, struct kdma_page *page,
			    uint64_t offset, uint64_t size, uint32_t direction,
			    uint64_t attributes, kdma_address_t *dma_address)
{
	unsigned long native;
	int32_t error;

	if (!kdma_map_is_valid(device, size, direction, dma_address) || !page ||
	    offset > SIZE_MAX - size)
		return KDMA_EINVAL;
	error = kdma_to_attributes(attributes, KDMA_ATTRS_OF_MAPPINGS, &native);
	if (error)
		return error;
	return kdma_mapped(device,
			   dma_map_page_attrs(kdma_to_device(device), kdma_to_page(page),
					      offset, size, kdma_to_direction(direction),
					      native),
			   dma_address);
}
KDMA_EXPORT(kdma_map_page_attrs);

int32_t kdma_unmap_page_attrs(struct kdma_device *device, kdma_address_t dma_address,
			      uint64_t size, uint32_t direction, uint64_t attributes)
{
	unsigned long native;
	int32_t error;

	if (!kdma_unmap_is_valid(device, dma_address, size, direction))
		return KDMA_EINVAL;
	error = kdma_to_attributes(attributes, KDMA_ATTRS_OF_MAPPINGS, &native);
	if (error)
		return error;
	dma_unmap_page_attrs(kdma_to_device(device), dma_address, size,
			     kdma_to_direction(direction), native);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_unmap_page_attrs);

/*
 * dma_map_phys() came with Linux kernel commit f7326196a781 ("dma-mapping:
 * export new dma_*map_phys() interface") (in v6.18). Before that, RAM is
 * mapped by its page; MMIO cannot come here, since those kernels have no
 * DMA_ATTR_MMIO. Kbuild probes for the function's name, not for its
 * signature, so that a change of the signature is a compiler error and never
 * a silent fall-back.
 */
#ifndef KDMA_HAVE_DMA_MAP_PHYS
static dma_addr_t kdma_map_phys_by_page(struct device *dev, phys_addr_t phys, size_t size,
					enum dma_data_direction direction,
					unsigned long attrs)
{
	return dma_map_page_attrs(dev, pfn_to_page(PHYS_PFN(phys)), offset_in_page(phys),
				  size, direction, attrs);
}
#define dma_map_phys   kdma_map_phys_by_page
#define dma_unmap_phys dma_unmap_page_attrs
#endif

int32_t kdma_map_phys(struct kdma_device *device, uint64_t physical_address,
		      uint64_t size, uint32_t direction, uint64_t attributes,
		      kdma_address_t *dma_address)
{
	unsigned long native;
	int32_t error;

	if (!kdma_map_is_valid(device, size, direction, dma_address) ||
	    physical_address > U64_MAX - (size - 1))
		return KDMA_EINVAL;
	error = kdma_to_attributes(attributes, KDMA_ATTRS_OF_PHYS, &native);
	if (error)
		return error;
	/* Without MMIO there must be a page behind it. */
	if (!(attributes & KDMA_ATTR_MMIO) && !pfn_valid(PHYS_PFN(physical_address)))
		return KDMA_EINVAL;
	return kdma_mapped(device,
			   dma_map_phys(kdma_to_device(device), physical_address, size,
					kdma_to_direction(direction), native),
			   dma_address);
}
KDMA_EXPORT(kdma_map_phys);

int32_t kdma_unmap_phys(struct kdma_device *device, kdma_address_t dma_address,
			uint64_t size, uint32_t direction, uint64_t attributes)
{
	unsigned long native;
	int32_t error;

	if (!kdma_unmap_is_valid(device, dma_address, size, direction))
		return KDMA_EINVAL;
	error = kdma_to_attributes(attributes, KDMA_ATTRS_OF_PHYS, &native);
	if (error)
		return error;
	dma_unmap_phys(kdma_to_device(device), dma_address, size,
		       kdma_to_direction(direction), native);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_unmap_phys);

int32_t kdma_mapping_error(struct kdma_device *device, kdma_address_t dma_address)
{
	if (!device || dma_address != (dma_addr_t)dma_address)
		return KDMA_EINVAL;
	return dma_mapping_error(kdma_to_device(device), dma_address) ? KDMA_EMAPPING
								      : KDMA_OK;
}
KDMA_EXPORT(kdma_mapping_error);
