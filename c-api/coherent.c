// SPDX-License-Identifier: GPL-2.0
/* Family: coherent. The functions are documented in kdma.h. */
#include "translate.h"

int32_t kdma_alloc_coherent(struct kdma_device *device, uint64_t size, uint32_t flags,
			    void **cpu_address, kdma_address_t *dma_address)
{
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
	cpu = dma_alloc_coherent(kdma_to_device(device), size, &address, gfp);
	if (!cpu)
		return KDMA_ENOMEM;
	*cpu_address = cpu;
	*dma_address = address;
	return KDMA_OK;
}
KDMA_EXPORT(kdma_alloc_coherent);

int32_t kdma_free_coherent(struct kdma_device *device, uint64_t size, void *cpu_address,
			   kdma_address_t dma_address)
{
	if (!device || !kdma_size_is_valid(size) || !cpu_address ||
	    !kdma_address_is_valid(dma_address))
		return KDMA_EINVAL;
	dma_free_coherent(kdma_to_device(device), size, cpu_address, dma_address);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_free_coherent);

int32_t kdma_alloc_attrs(struct kdma_device *device, uint64_t size, uint32_t flags,
			 uint64_t attributes, void **cpu_address,
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
	cpu = dma_alloc_attrs(kdma_to_device(device), size, &address, gfp, native);
	if (!cpu)
		return KDMA_ENOMEM;
	*cpu_address = cpu;
	*dma_address = address;
	return KDMA_OK;
}
KDMA_EXPORT(kdma_alloc_attrs);

int32_t kdma_free_attrs(struct kdma_device *device, uint64_t size, void *cpu_address,
			kdma_address_t dma_address, uint64_t attributes)
{
	unsigned long native;
	int32_t error;

	if (!device || !kdma_size_is_valid(size) || !cpu_address ||
	    !kdma_address_is_valid(dma_address))
		return KDMA_EINVAL;
	error = kdma_to_attributes(attributes, KDMA_ATTRS_OF_ALLOCATIONS, &native);
	if (error)
		return error;
	dma_free_attrs(kdma_to_device(device), size, cpu_address, dma_address, native);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_free_attrs);
