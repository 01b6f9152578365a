// SPDX-License-Identifier: GPL-2.0
/* Family: pages. The functions are documented in kdma.h. */
#include "translate.h"

int32_t kdma_alloc_pages(struct kdma_device *device, uint64_t size, uint32_t direction,
			 uint32_t flags, struct kdma_page **page, void **cpu_address,
			 kdma_address_t *dma_address)
{
	struct page *pages;
	dma_addr_t address;
	int32_t error;
	gfp_t gfp;

	if (!device || !kdma_size_is_valid(size) || !kdma_direction_is_valid(direction) ||
	    !page || !cpu_address || !dma_address)
		return KDMA_EINVAL;
	error = kdma_to_gfp(flags, &gfp);
	if (error)
		return error;
	if (!kdma_size_is_countable(size))
		return KDMA_ENOMEM;
	pages = dma_alloc_pages(kdma_to_device(device), size, &address,
				kdma_to_direction(direction), gfp);
	if (!pages)
		return KDMA_ENOMEM;
	*page = (struct kdma_page *)pages;
	*cpu_address = page_address(pages);
	*dma_address = address;
	return KDMA_OK;
}
KDMA_EXPORT(kdma_alloc_pages);

int32_t kdma_free_pages(struct kdma_device *device, uint64_t size, struct kdma_page *page,
			kdma_address_t dma_address, uint32_t direction)
{
	if (!device || !kdma_size_is_valid(size) || !page ||
	    !kdma_address_is_valid(dma_address) || !kdma_direction_is_valid(direction))
		return KDMA_EINVAL;
	dma_free_pages(kdma_to_device(device), size, kdma_to_page(page), dma_address,
		       kdma_to_direction(direction));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_free_pages);
