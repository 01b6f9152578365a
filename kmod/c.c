// SPDX-License-Identifier: GPL-2.0
/*
 * The driver `c`: calls kdma_* from C, one function of the ABI for each
 * operation. Sorted by family as in kdma.h.
 */
#include "driver.h"
#include "refusals.h"
#include "slots.h"

/* Family: version */

static int32_t c_abi_version(struct kdma_run *run, uint64_t *values)
{
	values[0] = kdma_abi_version();
	return KDMA_OK;
}

static int32_t c_abi_attributes(struct kdma_run *run, uint64_t *values)
{
	values[0] = kdma_abi_attributes();
	return KDMA_OK;
}

/* Family: limits */

static int32_t c_set_mask(struct kdma_run *run,
			  const struct kdma_set_mask_arguments *arguments,
			  uint64_t *values)
{
	return kdma_set_mask(run->device, arguments->mask);
}

static int32_t
c_set_coherent_mask(struct kdma_run *run,
		    const struct kdma_set_coherent_mask_arguments *arguments,
		    uint64_t *values)
{
	return kdma_set_coherent_mask(run->device, arguments->mask);
}

static int32_t
c_set_mask_and_coherent(struct kdma_run *run,
			const struct kdma_set_mask_and_coherent_arguments *arguments,
			uint64_t *values)
{
	return kdma_set_mask_and_coherent(run->device, arguments->mask);
}

static int32_t c_get_mask(struct kdma_run *run, uint64_t *values)
{
	return kdma_get_mask(run->device, &values[0]);
}

static int32_t c_get_required_mask(struct kdma_run *run, uint64_t *values)
{
	return kdma_get_required_mask(run->device, &values[0]);
}

static int32_t c_max_mapping_size(struct kdma_run *run, uint64_t *values)
{
	return kdma_max_mapping_size(run->device, &values[0]);
}

static int32_t c_opt_mapping_size(struct kdma_run *run, uint64_t *values)
{
	return kdma_opt_mapping_size(run->device, &values[0]);
}

static int32_t c_addressing_limited(struct kdma_run *run, uint64_t *values)
{
	uint32_t limited = 0;
	int32_t status = kdma_addressing_limited(run->device, &limited);

	values[0] = limited;
	return status;
}

static int32_t c_set_max_seg_size(struct kdma_run *run,
				  const struct kdma_set_max_seg_size_arguments *arguments,
				  uint64_t *values)
{
	return kdma_set_max_seg_size(run->device, arguments->size);
}

static int32_t c_get_max_seg_size(struct kdma_run *run, uint64_t *values)
{
	uint32_t size = 0;
	int32_t status = kdma_get_max_seg_size(run->device, &size);

	values[0] = size;
	return status;
}

static int32_t c_set_seg_boundary(struct kdma_run *run,
				  const struct kdma_set_seg_boundary_arguments *arguments,
				  uint64_t *values)
{
	return kdma_set_seg_boundary(run->device, arguments->mask);
}

static int32_t c_get_seg_boundary(struct kdma_run *run, uint64_t *values)
{
	return kdma_get_seg_boundary(run->device, &values[0]);
}

static int32_t
c_set_min_align_mask(struct kdma_run *run,
		     const struct kdma_set_min_align_mask_arguments *arguments,
		     uint64_t *values)
{
	return kdma_set_min_align_mask(run->device, arguments->mask);
}

static int32_t c_get_min_align_mask(struct kdma_run *run, uint64_t *values)
{
	uint32_t mask = 0;
	int32_t status = kdma_get_min_align_mask(run->device, &mask);

	values[0] = mask;
	return status;
}

static int32_t c_get_cache_alignment(struct kdma_run *run, uint64_t *values)
{
	uint32_t alignment = 0;
	int32_t status = kdma_get_cache_alignment(&alignment);

	values[0] = alignment;
	return status;
}

static int32_t c_get_merge_boundary(struct kdma_run *run, uint64_t *values)
{
	return kdma_get_merge_boundary(run->device, &values[0]);
}

static int32_t c_can_mmap(struct kdma_run *run, uint64_t *values)
{
	uint32_t possible = 0;
	int32_t status = kdma_can_mmap(run->device, &possible);

	values[0] = possible;
	return status;
}

static int32_t c_pci_p2pdma_supported(struct kdma_run *run, uint64_t *values)
{
	uint32_t supported = 0;
	int32_t status = kdma_pci_p2pdma_supported(run->device, &supported);

	values[0] = supported;
	return status;
}

/* Family: coherent */

static int32_t c_alloc_coherent(struct kdma_run *run,
				const struct kdma_alloc_coherent_arguments *arguments,
				uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_ALLOC_COHERENT,
		.size = arguments->size,
	};
	kdma_address_t address = 0;
	int32_t status;

	status = kdma_alloc_coherent(run->device, arguments->size, arguments->flags,
				     &made.cookie, &address);
	return kdma_defined(run, arguments->slot, status, made, made.cookie, address,
			    values);
}

static int32_t c_free_coherent(struct kdma_run *run,
			       const struct kdma_free_coherent_arguments *arguments,
			       uint64_t *values)
{
	int32_t status;

	status = kdma_free_coherent(run->device, arguments->size,
				    kdma_raw_slot(run, arguments->slot)->cookie,
				    run->slots[arguments->slot].dma_address);
	return kdma_released(run, arguments->slot, status);
}

static int32_t c_alloc_attrs(struct kdma_run *run,
			     const struct kdma_alloc_attrs_arguments *arguments,
			     uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_ALLOC_ATTRS,
		.size = arguments->size,
		.attributes = arguments->attributes,
	};
	kdma_address_t address = 0;
	int32_t status;

	status = kdma_alloc_attrs(run->device, arguments->size, arguments->flags,
				  arguments->attributes, &made.cookie, &address);
	return kdma_defined(
		run, arguments->slot, status, made,
		arguments->attributes & KDMA_ATTR_NO_KERNEL_MAPPING ? NULL : made.cookie,
		address, values);
}

static int32_t c_free_attrs(struct kdma_run *run,
			    const struct kdma_free_attrs_arguments *arguments,
			    uint64_t *values)
{
	int32_t status;

	status = kdma_free_attrs(
		run->device, arguments->size, kdma_raw_slot(run, arguments->slot)->cookie,
		run->slots[arguments->slot].dma_address, arguments->attributes);
	return kdma_released(run, arguments->slot, status);
}

/* Family: pages */

static int32_t c_alloc_pages(struct kdma_run *run,
			     const struct kdma_alloc_pages_arguments *arguments,
			     uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_ALLOC_PAGES,
		.size = arguments->size,
		.direction = arguments->direction,
	};
	struct kdma_page *page = NULL;
	kdma_address_t address = 0;
	void *cpu_address = NULL;
	int32_t status;

	status = kdma_alloc_pages(run->device, arguments->size, arguments->direction,
				  arguments->flags, &page, &cpu_address, &address);
	made.cookie = page;
	return kdma_defined(run, arguments->slot, status, made, cpu_address, address,
			    values);
}

static int32_t c_free_pages(struct kdma_run *run,
			    const struct kdma_free_pages_arguments *arguments,
			    uint64_t *values)
{
	int32_t status;

	status = kdma_free_pages(
		run->device, arguments->size, kdma_raw_slot(run, arguments->slot)->cookie,
		run->slots[arguments->slot].dma_address, arguments->direction);
	return kdma_released(run, arguments->slot, status);
}

/* Family: noncoherent */

static int32_t
c_alloc_noncoherent(struct kdma_run *run,
		    const struct kdma_alloc_noncoherent_arguments *arguments,
		    uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_ALLOC_NONCOHERENT,
		.size = arguments->size,
		.direction = arguments->direction,
	};
	kdma_address_t address = 0;
	int32_t status;

	status =
		kdma_alloc_noncoherent(run->device, arguments->size, arguments->direction,
				       arguments->flags, &made.cookie, &address);
	return kdma_defined(run, arguments->slot, status, made, made.cookie, address,
			    values);
}

static int32_t c_free_noncoherent(struct kdma_run *run,
				  const struct kdma_free_noncoherent_arguments *arguments,
				  uint64_t *values)
{
	int32_t status;

	status = kdma_free_noncoherent(
		run->device, arguments->size, kdma_raw_slot(run, arguments->slot)->cookie,
		run->slots[arguments->slot].dma_address, arguments->direction);
	return kdma_released(run, arguments->slot, status);
}

/* Family: pool */

/* The pool in a slot, or null. */
static struct kdma_pool *c_pool(struct kdma_run *run, uint32_t slot)
{
	const struct kdma_raw_slot *made = kdma_raw_slot(run, slot);

	return made->opcode == KDMA_OP_POOL_CREATE ||
			       made->opcode == KDMA_OP_MANAGED_POOL_CREATE
		       ? made->cookie
		       : NULL;
}

static int32_t c_pool_create(struct kdma_run *run,
			     const struct kdma_pool_create_arguments *arguments,
			     uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_POOL_CREATE,
		.size = arguments->size,
	};
	struct kdma_pool *pool = NULL;
	int32_t status;

	status = kdma_pool_create(run->device, arguments->size, arguments->alignment,
				  arguments->boundary, &pool);
	made.cookie = pool;
	return kdma_handle_defined(run, arguments->slot, status, made);
}

static int32_t c_pool_destroy(struct kdma_run *run,
			      const struct kdma_pool_destroy_arguments *arguments,
			      uint64_t *values)
{
	int32_t status = kdma_pool_destroy(c_pool(run, arguments->slot));

	return kdma_handle_released(run, arguments->slot, status);
}

static int32_t c_pool_alloc(struct kdma_run *run,
			    const struct kdma_pool_alloc_arguments *arguments,
			    uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_POOL_ALLOC,
		.size = kdma_raw_slot(run, arguments->pool)->size,
		.pool = arguments->pool,
	};
	kdma_address_t address = 0;
	int32_t status;

	status = kdma_pool_alloc(c_pool(run, arguments->pool), arguments->flags,
				 &made.cookie, &address);
	return kdma_defined(run, arguments->slot, status, made, made.cookie, address,
			    values);
}

static int32_t c_pool_zalloc(struct kdma_run *run,
			     const struct kdma_pool_zalloc_arguments *arguments,
			     uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_POOL_ALLOC,
		.size = kdma_raw_slot(run, arguments->pool)->size,
		.pool = arguments->pool,
	};
	kdma_address_t address = 0;
	int32_t status;

	status = kdma_pool_zalloc(c_pool(run, arguments->pool), arguments->flags,
				  &made.cookie, &address);
	return kdma_defined(run, arguments->slot, status, made, made.cookie, address,
			    values);
}

static int32_t c_pool_free(struct kdma_run *run,
			   const struct kdma_pool_free_arguments *arguments,
			   uint64_t *values)
{
	const struct kdma_raw_slot *made = kdma_raw_slot(run, arguments->slot);
	int32_t status;

	status = kdma_pool_free(c_pool(run, made->pool), made->cookie,
				run->slots[arguments->slot].dma_address);
	return kdma_released(run, arguments->slot, status);
}

/* Family: managed */

static int32_t
c_managed_alloc_attrs(struct kdma_run *run,
		      const struct kdma_managed_alloc_attrs_arguments *arguments,
		      uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_MANAGED_ALLOC_ATTRS,
		.size = arguments->size,
		.attributes = arguments->attributes,
	};
	kdma_address_t address = 0;
	int32_t status;

	status = kdma_managed_alloc_attrs(run->device, arguments->size, arguments->flags,
					  arguments->attributes, &made.cookie, &address);
	return kdma_defined(
		run, arguments->slot, status, made,
		arguments->attributes & KDMA_ATTR_NO_KERNEL_MAPPING ? NULL : made.cookie,
		address, values);
}

static int32_t
c_managed_alloc_coherent(struct kdma_run *run,
			 const struct kdma_managed_alloc_coherent_arguments *arguments,
			 uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_MANAGED_ALLOC_COHERENT,
		.size = arguments->size,
	};
	kdma_address_t address = 0;
	int32_t status;

	status = kdma_managed_alloc_coherent(run->device, arguments->size,
					     arguments->flags, &made.cookie, &address);
	return kdma_defined(run, arguments->slot, status, made, made.cookie, address,
			    values);
}

static int32_t
c_managed_free_coherent(struct kdma_run *run,
			const struct kdma_managed_free_coherent_arguments *arguments,
			uint64_t *values)
{
	int32_t status;

	status = kdma_managed_free_coherent(run->device, arguments->size,
					    kdma_raw_slot(run, arguments->slot)->cookie,
					    run->slots[arguments->slot].dma_address);
	return kdma_released(run, arguments->slot, status);
}

static int32_t
c_managed_pool_create(struct kdma_run *run,
		      const struct kdma_managed_pool_create_arguments *arguments,
		      uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_MANAGED_POOL_CREATE,
		.size = arguments->size,
	};
	struct kdma_pool *pool = NULL;
	int32_t status;

	status = kdma_managed_pool_create(run->device, arguments->size,
					  arguments->alignment, arguments->boundary,
					  &pool);
	made.cookie = pool;
	return kdma_handle_defined(run, arguments->slot, status, made);
}

static int32_t
c_managed_pool_destroy(struct kdma_run *run,
		       const struct kdma_managed_pool_destroy_arguments *arguments,
		       uint64_t *values)
{
	int32_t status = kdma_managed_pool_destroy(c_pool(run, arguments->slot));

	return kdma_handle_released(run, arguments->slot, status);
}

/* Family: streaming */

static int32_t c_map_single(struct kdma_run *run,
			    const struct kdma_map_single_arguments *arguments,
			    uint64_t *values)
{
	const struct kdma_buffer *buffer = &run->buffers[arguments->buffer];
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_MAP_SINGLE,
		.size = arguments->size,
		.direction = arguments->direction,
	};
	kdma_address_t address = KDMA_MAPPING_ERROR;
	int32_t status;

	status = kdma_map_single(run->device, buffer->cpu_address + arguments->offset,
				 arguments->size, arguments->direction, &address);
	return kdma_defined(run, arguments->slot, status, made, NULL, address, values);
}

static int32_t c_unmap_single(struct kdma_run *run,
			      const struct kdma_unmap_single_arguments *arguments,
			      uint64_t *values)
{
	int32_t status;

	status = kdma_unmap_single(run->device, run->slots[arguments->slot].dma_address,
				   arguments->size, arguments->direction);
	return kdma_released(run, arguments->slot, status);
}

static int32_t c_map_single_attrs(struct kdma_run *run,
				  const struct kdma_map_single_attrs_arguments *arguments,
				  uint64_t *values)
{
	const struct kdma_buffer *buffer = &run->buffers[arguments->buffer];
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_MAP_SINGLE_ATTRS,
		.size = arguments->size,
		.direction = arguments->direction,
		.attributes = arguments->attributes,
	};
	kdma_address_t address = KDMA_MAPPING_ERROR;
	int32_t status;

	status = kdma_map_single_attrs(
		run->device, buffer->cpu_address + arguments->offset, arguments->size,
		arguments->direction, arguments->attributes, &address);
	return kdma_defined(run, arguments->slot, status, made, NULL, address, values);
}

static int32_t
c_unmap_single_attrs(struct kdma_run *run,
		     const struct kdma_unmap_single_attrs_arguments *arguments,
		     uint64_t *values)
{
	int32_t status;

	status = kdma_unmap_single_attrs(
		run->device, run->slots[arguments->slot].dma_address, arguments->size,
		arguments->direction, arguments->attributes);
	return kdma_released(run, arguments->slot, status);
}

static int32_t c_map_page(struct kdma_run *run,
			  const struct kdma_map_page_arguments *arguments,
			  uint64_t *values)
{
	const struct kdma_buffer *buffer = &run->buffers[arguments->buffer];
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_MAP_PAGE,
		.size = arguments->size,
		.direction = arguments->direction,
	};
	kdma_address_t address = KDMA_MAPPING_ERROR;
	int32_t status;

	status = kdma_map_page(run->device, buffer->page,
			       buffer->page_offset + arguments->offset, arguments->size,
			       arguments->direction, &address);
	return kdma_defined(run, arguments->slot, status, made, NULL, address, values);
}

static int32_t c_unmap_page(struct kdma_run *run,
			    const struct kdma_unmap_page_arguments *arguments,
			    uint64_t *values)
{
	int32_t status;

	status = kdma_unmap_page(run->device, run->slots[arguments->slot].dma_address,
				 arguments->size, arguments->direction);
	return kdma_released(run, arguments->slot, status);
}

static int32_t c_map_page_attrs(struct kdma_run *run,
				const struct kdma_map_page_attrs_arguments *arguments,
				uint64_t *values)
{
	const struct kdma_buffer *buffer = &run->buffers[arguments->buffer];
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_MAP_PAGE_ATTRS,
		.size = arguments->size,
		.direction = arguments->direction,
		.attributes = arguments->attributes,
	};
	kdma_address_t address = KDMA_MAPPING_ERROR;
	int32_t status;

	status = kdma_map_page_attrs(
		run->device, buffer->page, buffer->page_offset + arguments->offset,
		arguments->size, arguments->direction, arguments->attributes, &address);
	return kdma_defined(run, arguments->slot, status, made, NULL, address, values);
}

static int32_t c_unmap_page_attrs(struct kdma_run *run,
				  const struct kdma_unmap_page_attrs_arguments *arguments,
				  uint64_t *values)
{
	int32_t status;

	status = kdma_unmap_page_attrs(
		run->device, run->slots[arguments->slot].dma_address, arguments->size,
		arguments->direction, arguments->attributes);
	return kdma_released(run, arguments->slot, status);
}

static int32_t c_map_phys(struct kdma_run *run,
			  const struct kdma_map_phys_arguments *arguments,
			  uint64_t *values)
{
	const struct kdma_buffer *buffer = &run->buffers[arguments->buffer];
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_MAP_PHYS,
		.size = arguments->size,
		.direction = arguments->direction,
		.attributes = arguments->attributes,
	};
	kdma_address_t address = KDMA_MAPPING_ERROR;
	int32_t status;

	status = kdma_map_phys(run->device, buffer->physical_address + arguments->offset,
			       arguments->size, arguments->direction,
			       arguments->attributes, &address);
	return kdma_defined(run, arguments->slot, status, made, NULL, address, values);
}

static int32_t c_unmap_phys(struct kdma_run *run,
			    const struct kdma_unmap_phys_arguments *arguments,
			    uint64_t *values)
{
	int32_t status;

	status = kdma_unmap_phys(run->device, run->slots[arguments->slot].dma_address,
				 arguments->size, arguments->direction,
				 arguments->attributes);
	return kdma_released(run, arguments->slot, status);
}

static int32_t c_mapping_error(struct kdma_run *run,
			       const struct kdma_mapping_error_arguments *arguments,
			       uint64_t *values)
{
	return kdma_mapping_error(run->device, run->slots[arguments->slot].dma_address);
}

/* Family: sync */

static int32_t
c_sync_single_for_cpu(struct kdma_run *run,
		      const struct kdma_sync_single_for_cpu_arguments *arguments,
		      uint64_t *values)
{
	return kdma_sync_single_for_cpu(run->device,
					run->slots[arguments->slot].dma_address,
					arguments->size, arguments->direction);
}

static int32_t
c_sync_single_for_device(struct kdma_run *run,
			 const struct kdma_sync_single_for_device_arguments *arguments,
			 uint64_t *values)
{
	return kdma_sync_single_for_device(run->device,
					   run->slots[arguments->slot].dma_address,
					   arguments->size, arguments->direction);
}

static int32_t c_sync_single_range_for_cpu(
	struct kdma_run *run,
	const struct kdma_sync_single_range_for_cpu_arguments *arguments,
	uint64_t *values)
{
	return kdma_sync_single_range_for_cpu(
		run->device, run->slots[arguments->slot].dma_address, arguments->offset,
		arguments->size, arguments->direction);
}

static int32_t c_sync_single_range_for_device(
	struct kdma_run *run,
	const struct kdma_sync_single_range_for_device_arguments *arguments,
	uint64_t *values)
{
	return kdma_sync_single_range_for_device(
		run->device, run->slots[arguments->slot].dma_address, arguments->offset,
		arguments->size, arguments->direction);
}

static int32_t c_need_sync(struct kdma_run *run,
			   const struct kdma_need_sync_arguments *arguments,
			   uint64_t *values)
{
	uint32_t needed = 0;
	int32_t status;

	status = kdma_need_sync(run->device, run->slots[arguments->slot].dma_address,
				&needed);
	values[0] = needed;
	return status;
}

/* Family: scatterlist */

static struct kdma_sg_table *c_list(struct kdma_run *run, uint32_t slot)
{
	return kdma_raw_slot(run, slot)->cookie;
}

static int32_t c_sg_alloc(struct kdma_run *run,
			  const struct kdma_sg_alloc_arguments *arguments,
			  uint64_t *values)
{
	struct kdma_raw_slot made = {.opcode = KDMA_OP_SG_ALLOC};
	struct kdma_sg_table *list = NULL;
	int32_t status;

	status = kdma_sg_alloc(arguments->capacity, arguments->flags, &list);
	made.cookie = list;
	return kdma_handle_defined(run, arguments->slot, status, made);
}

static int32_t c_sg_free(struct kdma_run *run,
			 const struct kdma_sg_free_arguments *arguments, uint64_t *values)
{
	int32_t status = kdma_sg_free(c_list(run, arguments->slot));

	return kdma_handle_released(run, arguments->slot, status);
}

static int32_t c_sg_add(struct kdma_run *run,
			const struct kdma_sg_add_arguments *arguments, uint64_t *values)
{
	const struct kdma_buffer *buffer = &run->buffers[arguments->buffer];

	return kdma_sg_add(c_list(run, arguments->slot), buffer->page,
			   buffer->page_offset + arguments->offset, arguments->size);
}

static int32_t c_map_sg_attrs(struct kdma_run *run,
			      const struct kdma_map_sg_attrs_arguments *arguments,
			      uint64_t *values)
{
	uint32_t count = 0;
	int32_t status;

	status = kdma_map_sg_attrs(run->device, c_list(run, arguments->slot),
				   arguments->direction, arguments->attributes, &count);
	values[0] = count;
	return kdma_list_mapped(run, arguments->slot, status, KDMA_OP_MAP_SG_ATTRS,
				arguments->direction, arguments->attributes);
}

static int32_t c_map_sgtable(struct kdma_run *run,
			     const struct kdma_map_sgtable_arguments *arguments,
			     uint64_t *values)
{
	int32_t status;

	status = kdma_map_sgtable(run->device, c_list(run, arguments->slot),
				  arguments->direction, arguments->attributes);
	return kdma_list_mapped(run, arguments->slot, status, KDMA_OP_MAP_SGTABLE,
				arguments->direction, arguments->attributes);
}

static int32_t c_unmap_sg_attrs(struct kdma_run *run,
				const struct kdma_unmap_sg_attrs_arguments *arguments,
				uint64_t *values)
{
	int32_t status;

	status = kdma_unmap_sg_attrs(run->device, c_list(run, arguments->slot),
				     arguments->direction, arguments->attributes);
	return kdma_list_unmapped(run, arguments->slot, status);
}

static int32_t c_unmap_sgtable(struct kdma_run *run,
			       const struct kdma_unmap_sgtable_arguments *arguments,
			       uint64_t *values)
{
	int32_t status;

	status = kdma_unmap_sgtable(run->device, c_list(run, arguments->slot),
				    arguments->direction, arguments->attributes);
	return kdma_list_unmapped(run, arguments->slot, status);
}

static int32_t c_sync_sg_for_cpu(struct kdma_run *run,
				 const struct kdma_sync_sg_for_cpu_arguments *arguments,
				 uint64_t *values)
{
	return kdma_sync_sg_for_cpu(run->device, c_list(run, arguments->slot),
				    arguments->direction);
}

static int32_t
c_sync_sg_for_device(struct kdma_run *run,
		     const struct kdma_sync_sg_for_device_arguments *arguments,
		     uint64_t *values)
{
	return kdma_sync_sg_for_device(run->device, c_list(run, arguments->slot),
				       arguments->direction);
}

static int32_t
c_sync_sgtable_for_cpu(struct kdma_run *run,
		       const struct kdma_sync_sgtable_for_cpu_arguments *arguments,
		       uint64_t *values)
{
	return kdma_sync_sgtable_for_cpu(run->device, c_list(run, arguments->slot),
					 arguments->direction);
}

static int32_t
c_sync_sgtable_for_device(struct kdma_run *run,
			  const struct kdma_sync_sgtable_for_device_arguments *arguments,
			  uint64_t *values)
{
	return kdma_sync_sgtable_for_device(run->device, c_list(run, arguments->slot),
					    arguments->direction);
}

static int32_t c_sg_segment(struct kdma_run *run,
			    const struct kdma_sg_segment_arguments *arguments,
			    uint64_t *values)
{
	kdma_address_t address = 0;
	uint64_t size = 0;
	int32_t status;

	status = kdma_sg_segment(c_list(run, arguments->slot), arguments->index, &address,
				 &size);
	return kdma_list_segment(run, arguments->slot, arguments->index, status, address,
				 size, values);
}

/* Family: sgtable */

static int32_t c_get_sgtable(struct kdma_run *run,
			     const struct kdma_get_sgtable_arguments *arguments,
			     uint64_t *values)
{
	struct kdma_raw_slot made = {.opcode = KDMA_OP_SG_ALLOC};
	struct kdma_sg_table *table = NULL;
	int32_t status;

	status = kdma_get_sgtable(
		run->device, kdma_raw_slot(run, arguments->coherent)->cookie,
		run->slots[arguments->coherent].dma_address, arguments->size, &table);
	made.cookie = table;
	return kdma_handle_defined(run, arguments->slot, status, made);
}

static int32_t
c_get_sgtable_attrs(struct kdma_run *run,
		    const struct kdma_get_sgtable_attrs_arguments *arguments,
		    uint64_t *values)
{
	struct kdma_raw_slot made = {.opcode = KDMA_OP_SG_ALLOC};
	struct kdma_sg_table *table = NULL;
	int32_t status;

	status = kdma_get_sgtable_attrs(run->device,
					kdma_raw_slot(run, arguments->coherent)->cookie,
					run->slots[arguments->coherent].dma_address,
					arguments->size, arguments->attributes, &table);
	made.cookie = table;
	return kdma_handle_defined(run, arguments->slot, status, made);
}

/* Family: noncontiguous */

static int32_t
c_alloc_noncontiguous(struct kdma_run *run,
		      const struct kdma_alloc_noncontiguous_arguments *arguments,
		      uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_ALLOC_NONCONTIGUOUS,
		.size = arguments->size,
		.direction = arguments->direction,
		.attributes = arguments->attributes,
	};
	struct kdma_sg_table *table = NULL;
	kdma_address_t address = 0;
	int32_t status;

	status = kdma_alloc_noncontiguous(run->device, arguments->size,
					  arguments->direction, arguments->flags,
					  arguments->attributes, &table, &address);
	made.cookie = table;
	return kdma_defined(run, arguments->slot, status, made, NULL, address, values);
}

static int32_t
c_free_noncontiguous(struct kdma_run *run,
		     const struct kdma_free_noncontiguous_arguments *arguments,
		     uint64_t *values)
{
	int32_t status;

	status = kdma_free_noncontiguous(run->device, arguments->size,
					 c_list(run, arguments->slot),
					 arguments->direction);
	return kdma_handle_released(run, arguments->slot, status);
}

static int32_t
c_vmap_noncontiguous(struct kdma_run *run,
		     const struct kdma_vmap_noncontiguous_arguments *arguments,
		     uint64_t *values)
{
	return kdma_vmap_noncontiguous(run->device, arguments->size,
				       c_list(run, arguments->slot),
				       &run->slots[arguments->slot].cpu_address);
}

static int32_t
c_vunmap_noncontiguous(struct kdma_run *run,
		       const struct kdma_vunmap_noncontiguous_arguments *arguments,
		       uint64_t *values)
{
	int32_t status;

	status = kdma_vunmap_noncontiguous(run->device, c_list(run, arguments->slot));
	if (!status)
		run->slots[arguments->slot].cpu_address = NULL;
	return status;
}

/* Family: resource */

static int32_t c_map_resource(struct kdma_run *run,
			      const struct kdma_map_resource_arguments *arguments,
			      uint64_t *values)
{
	const struct kdma_buffer *buffer = &run->buffers[arguments->buffer];
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_MAP_RESOURCE,
		.size = arguments->size,
		.direction = arguments->direction,
		.attributes = arguments->attributes,
	};
	kdma_address_t address = KDMA_MAPPING_ERROR;
	int32_t status;

	status = kdma_map_resource(
		run->device, buffer->physical_address + arguments->offset,
		arguments->size, arguments->direction, arguments->attributes, &address);
	return kdma_defined(run, arguments->slot, status, made, NULL, address, values);
}

static int32_t c_unmap_resource(struct kdma_run *run,
				const struct kdma_unmap_resource_arguments *arguments,
				uint64_t *values)
{
	int32_t status;

	status = kdma_unmap_resource(run->device, run->slots[arguments->slot].dma_address,
				     arguments->size, arguments->direction,
				     arguments->attributes);
	return kdma_released(run, arguments->slot, status);
}

/* Family: iova */

static struct kdma_iova_state *c_iova(struct kdma_run *run, uint32_t slot)
{
	return kdma_raw_slot(run, slot)->cookie;
}

static int32_t c_iova_try_alloc(struct kdma_run *run,
				const struct kdma_iova_try_alloc_arguments *arguments,
				uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_IOVA_TRY_ALLOC,
		.size = arguments->size,
	};
	kdma_address_t address = KDMA_MAPPING_ERROR;
	struct kdma_iova_state *state = NULL;
	int32_t status;

	status = kdma_iova_try_alloc(run->device, arguments->physical_address,
				     arguments->size, arguments->flags, &state, &address);
	made.cookie = state;
	return kdma_iova_defined(run, arguments->slot, status, made, address, values);
}

static int32_t c_use_iova(struct kdma_run *run,
			  const struct kdma_use_iova_arguments *arguments,
			  uint64_t *values)
{
	uint32_t used = 0;
	int32_t status;

	status = kdma_use_iova(c_iova(run, arguments->slot), &used);
	values[0] = used;
	return status;
}

static int32_t c_iova_size(struct kdma_run *run,
			   const struct kdma_iova_size_arguments *arguments,
			   uint64_t *values)
{
	return kdma_iova_size(c_iova(run, arguments->slot), &values[0]);
}

static int32_t c_iova_link(struct kdma_run *run,
			   const struct kdma_iova_link_arguments *arguments,
			   uint64_t *values)
{
	const struct kdma_buffer *buffer = &run->buffers[arguments->buffer];

	return kdma_iova_link(run->device, c_iova(run, arguments->slot),
			      buffer->physical_address + arguments->offset,
			      arguments->iova_offset, arguments->size,
			      arguments->direction, arguments->attributes);
}

static int32_t c_iova_sync(struct kdma_run *run,
			   const struct kdma_iova_sync_arguments *arguments,
			   uint64_t *values)
{
	return kdma_iova_sync(run->device, c_iova(run, arguments->slot),
			      arguments->iova_offset, arguments->size);
}

static int32_t c_iova_unlink(struct kdma_run *run,
			     const struct kdma_iova_unlink_arguments *arguments,
			     uint64_t *values)
{
	return kdma_iova_unlink(run->device, c_iova(run, arguments->slot),
				arguments->iova_offset, arguments->size,
				arguments->direction, arguments->attributes);
}

static int32_t c_iova_destroy(struct kdma_run *run,
			      const struct kdma_iova_destroy_arguments *arguments,
			      uint64_t *values)
{
	int32_t status;

	status = kdma_iova_destroy(run->device, c_iova(run, arguments->slot),
				   arguments->linked, arguments->direction,
				   arguments->attributes);
	return kdma_iova_released(run, arguments->slot, status);
}

static int32_t c_iova_free(struct kdma_run *run,
			   const struct kdma_iova_free_arguments *arguments,
			   uint64_t *values)
{
	int32_t status;

	status = kdma_iova_free(run->device, c_iova(run, arguments->slot));
	return kdma_iova_released(run, arguments->slot, status);
}

/* Sorted by name. */
static const struct kdma_calls c_calls = {
	.abi_attributes = c_abi_attributes,
	.abi_version = c_abi_version,
	.addressing_limited = c_addressing_limited,
	.alloc_attrs = c_alloc_attrs,
	.alloc_coherent = c_alloc_coherent,
	.alloc_noncoherent = c_alloc_noncoherent,
	.alloc_noncontiguous = c_alloc_noncontiguous,
	.alloc_pages = c_alloc_pages,
	.can_mmap = c_can_mmap,
	.free_attrs = c_free_attrs,
	.free_coherent = c_free_coherent,
	.free_noncoherent = c_free_noncoherent,
	.free_noncontiguous = c_free_noncontiguous,
	.free_pages = c_free_pages,
	.get_cache_alignment = c_get_cache_alignment,
	.get_mask = c_get_mask,
	.get_max_seg_size = c_get_max_seg_size,
	.get_merge_boundary = c_get_merge_boundary,
	.get_min_align_mask = c_get_min_align_mask,
	.get_required_mask = c_get_required_mask,
	.get_seg_boundary = c_get_seg_boundary,
	.get_sgtable = c_get_sgtable,
	.get_sgtable_attrs = c_get_sgtable_attrs,
	.iova_destroy = c_iova_destroy,
	.iova_free = c_iova_free,
	.iova_link = c_iova_link,
	.iova_size = c_iova_size,
	.iova_sync = c_iova_sync,
	.iova_try_alloc = c_iova_try_alloc,
	.iova_unlink = c_iova_unlink,
	.managed_alloc_attrs = c_managed_alloc_attrs,
	.managed_alloc_coherent = c_managed_alloc_coherent,
	.managed_free_coherent = c_managed_free_coherent,
	.managed_pool_create = c_managed_pool_create,
	.managed_pool_destroy = c_managed_pool_destroy,
	.map_page = c_map_page,
	.map_page_attrs = c_map_page_attrs,
	.map_phys = c_map_phys,
	.map_resource = c_map_resource,
	.map_sg_attrs = c_map_sg_attrs,
	.map_sgtable = c_map_sgtable,
	.map_single = c_map_single,
	.map_single_attrs = c_map_single_attrs,
	.mapping_error = c_mapping_error,
	.max_mapping_size = c_max_mapping_size,
	.need_sync = c_need_sync,
	.opt_mapping_size = c_opt_mapping_size,
	.pci_p2pdma_supported = c_pci_p2pdma_supported,
	.pool_alloc = c_pool_alloc,
	.pool_create = c_pool_create,
	.pool_destroy = c_pool_destroy,
	.pool_free = c_pool_free,
	.pool_zalloc = c_pool_zalloc,
	.refuse = kdma_refuse,
	.set_coherent_mask = c_set_coherent_mask,
	.set_mask = c_set_mask,
	.set_mask_and_coherent = c_set_mask_and_coherent,
	.set_max_seg_size = c_set_max_seg_size,
	.set_min_align_mask = c_set_min_align_mask,
	.set_seg_boundary = c_set_seg_boundary,
	.sg_add = c_sg_add,
	.sg_alloc = c_sg_alloc,
	.sg_free = c_sg_free,
	.sg_segment = c_sg_segment,
	.sync_sg_for_cpu = c_sync_sg_for_cpu,
	.sync_sg_for_device = c_sync_sg_for_device,
	.sync_sgtable_for_cpu = c_sync_sgtable_for_cpu,
	.sync_sgtable_for_device = c_sync_sgtable_for_device,
	.sync_single_for_cpu = c_sync_single_for_cpu,
	.sync_single_for_device = c_sync_single_for_device,
	.sync_single_range_for_cpu = c_sync_single_range_for_cpu,
	.sync_single_range_for_device = c_sync_single_range_for_device,
	.unmap_page = c_unmap_page,
	.unmap_page_attrs = c_unmap_page_attrs,
	.unmap_phys = c_unmap_phys,
	.unmap_resource = c_unmap_resource,
	.unmap_sg_attrs = c_unmap_sg_attrs,
	.unmap_sgtable = c_unmap_sgtable,
	.unmap_single = c_unmap_single,
	.unmap_single_attrs = c_unmap_single_attrs,
	.use_iova = c_use_iova,
	.vmap_noncontiguous = c_vmap_noncontiguous,
	.vunmap_noncontiguous = c_vunmap_noncontiguous,
};

static int32_t c_run(struct kdma_run *run)
{
	return kdma_raw_run(run, &c_calls);
}

static const struct kdma_driver c_driver = {
	.kind = KDMA_DRIVER_C,
	.abi_version = KDMA_ABI_VERSION,
	.operation_table = KDMA_OPERATION_TABLE,
	.state_size = kdma_raw_state_size,
	.run = c_run,
};

KDMA_DRIVER_MODULE(c_driver);
KDMA_IMPORT_ABI;
MODULE_DESCRIPTION("Runs DMA programs in C through the C ABI");
