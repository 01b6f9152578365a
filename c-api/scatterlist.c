// SPDX-License-Identifier: GPL-2.0
/* Family: scatterlist. The functions are documented in kdma.h. */
#include <linux/highmem.h>
#include <linux/slab.h>

#include "scatterlist.h"

/* What both map functions refuse, and the translation of the attributes. */
static int32_t kdma_sg_prepare(struct kdma_device *device, struct kdma_sg_table *table,
			       uint32_t direction, uint64_t attributes,
			       unsigned long *native)
{
	if (!device || !table || table->mapped || table->missing ||
	    !kdma_direction_is_valid(direction))
		return KDMA_EINVAL;
	return kdma_to_attributes(attributes, KDMA_ATTRS_OF_MAPPINGS, native);
}

static void kdma_sg_remember(struct kdma_device *device, struct kdma_sg_table *table,
			     uint32_t direction, uint64_t attributes,
			     enum kdma_sg_mapped mapped)
{
	table->device = device;
	table->direction = direction;
	table->attributes = attributes;
	table->mapped = mapped;
}

/* What both unmap functions refuse, and the translation of the attributes. */
static int32_t kdma_sg_finish(struct kdma_device *device, struct kdma_sg_table *table,
			      uint32_t direction, uint64_t attributes,
			      enum kdma_sg_mapped mapped, unsigned long *native)
{
	if (!kdma_sg_is_mapped(device, table, direction) || table->mapped != mapped ||
	    (attributes | KDMA_ATTR_SKIP_CPU_SYNC) !=
		    (table->attributes | KDMA_ATTR_SKIP_CPU_SYNC) ||
	    (table->attributes & ~attributes))
		return KDMA_EINVAL;
	return kdma_to_attributes(attributes, KDMA_ATTRS_OF_MAPPINGS, native);
}

int32_t kdma_sg_alloc(uint32_t capacity, uint32_t flags, struct kdma_sg_table **table)
{
	struct kdma_sg_table *made;
	int32_t error;
	gfp_t gfp;

	if (!table || !capacity || capacity > KDMA_SG_MAX_CAPACITY)
		return KDMA_EINVAL;
	error = kdma_to_gfp(flags, &gfp);
	if (error)
		return error;
	made = kzalloc(sizeof(*made), gfp);
	if (!made)
		return KDMA_ENOMEM;
	error = kdma_from_errno(sg_alloc_table(&made->own, capacity, gfp));
	if (error) {
		kfree(made);
		return error;
	}
	made->native = &made->own;
	made->next = made->own.sgl;
	made->missing = capacity;
	*table = made;
	return KDMA_OK;
}
KDMA_EXPORT(kdma_sg_alloc);

int32_t kdma_sg_free(struct kdma_sg_table *table)
{
	if (!table || table->mapped)
		return KDMA_EINVAL;
	sg_free_table(table->native);
	kfree(table);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_sg_free);

int32_t kdma_sg_add(struct kdma_sg_table *table, struct kdma_page *page, uint64_t offset,
		    uint64_t size)
{
	/* A list that is mapped misses nothing. */
	if (!table || !page || !size || size > UINT_MAX || offset > UINT_MAX - size ||
	    !table->missing)
		return KDMA_EINVAL;
	sg_set_page(table->next, kdma_to_page(page), size, offset);
	table->next = sg_next(table->next);
	table->missing--;
	return KDMA_OK;
}
KDMA_EXPORT(kdma_sg_add);

int32_t kdma_map_sg_attrs(struct kdma_device *device, struct kdma_sg_table *table,
			  uint32_t direction, uint64_t attributes, uint32_t *count)
{
	unsigned long native;
	unsigned int mapped;
	int32_t error;

	if (!count)
		return KDMA_EINVAL;
	error = kdma_sg_prepare(device, table, direction, attributes, &native);
	if (error)
		return error;
	mapped = dma_map_sg_attrs(kdma_to_device(device), table->native->sgl,
				  table->native->orig_nents, kdma_to_direction(direction),
				  native);
	if (!mapped)
		return KDMA_EMAPPING;
	table->native->nents = mapped;
	kdma_sg_remember(device, table, direction, attributes, KDMA_SG_BY_ATTRS);
	*count = mapped;
	return KDMA_OK;
}
KDMA_EXPORT(kdma_map_sg_attrs);

int32_t kdma_unmap_sg_attrs(struct kdma_device *device, struct kdma_sg_table *table,
			    uint32_t direction, uint64_t attributes)
{
	unsigned long native;
	int32_t error;

	error = kdma_sg_finish(device, table, direction, attributes, KDMA_SG_BY_ATTRS,
			       &native);
	if (error)
		return error;
	dma_unmap_sg_attrs(kdma_to_device(device), table->native->sgl,
			   table->native->orig_nents, kdma_to_direction(direction),
			   native);
	table->mapped = KDMA_SG_UNMAPPED;
	return KDMA_OK;
}
KDMA_EXPORT(kdma_unmap_sg_attrs);

int32_t kdma_map_sgtable(struct kdma_device *device, struct kdma_sg_table *table,
			 uint32_t direction, uint64_t attributes)
{
	unsigned long native;
	int32_t error;

	error = kdma_sg_prepare(device, table, direction, attributes, &native);
	if (error)
		return error;
	error = kdma_from_map_errno(dma_map_sgtable(kdma_to_device(device), table->native,
						    kdma_to_direction(direction),
						    native));
	if (error)
		return error;
	kdma_sg_remember(device, table, direction, attributes, KDMA_SG_BY_TABLE);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_map_sgtable);

int32_t kdma_unmap_sgtable(struct kdma_device *device, struct kdma_sg_table *table,
			   uint32_t direction, uint64_t attributes)
{
	unsigned long native;
	int32_t error;

	error = kdma_sg_finish(device, table, direction, attributes, KDMA_SG_BY_TABLE,
			       &native);
	if (error)
		return error;
	dma_unmap_sgtable(kdma_to_device(device), table->native,
			  kdma_to_direction(direction), native);
	table->mapped = KDMA_SG_UNMAPPED;
	return KDMA_OK;
}
KDMA_EXPORT(kdma_unmap_sgtable);

int32_t kdma_sync_sg_for_cpu(struct kdma_device *device, struct kdma_sg_table *table,
			     uint32_t direction)
{
	if (!kdma_sg_is_mapped(device, table, direction))
		return KDMA_EINVAL;
	dma_sync_sg_for_cpu(kdma_to_device(device), table->native->sgl,
			    table->native->orig_nents, kdma_to_direction(direction));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_sync_sg_for_cpu);

int32_t kdma_sync_sg_for_device(struct kdma_device *device, struct kdma_sg_table *table,
				uint32_t direction)
{
	if (!kdma_sg_is_mapped(device, table, direction))
		return KDMA_EINVAL;
	dma_sync_sg_for_device(kdma_to_device(device), table->native->sgl,
			       table->native->orig_nents, kdma_to_direction(direction));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_sync_sg_for_device);

int32_t kdma_sync_sgtable_for_cpu(struct kdma_device *device, struct kdma_sg_table *table,
				  uint32_t direction)
{
	if (!kdma_sg_is_mapped(device, table, direction))
		return KDMA_EINVAL;
	dma_sync_sgtable_for_cpu(kdma_to_device(device), table->native,
				 kdma_to_direction(direction));
	if (table->cpu_address)
		invalidate_kernel_vmap_range(table->cpu_address, table->size);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_sync_sgtable_for_cpu);

int32_t kdma_sync_sgtable_for_device(struct kdma_device *device,
				     struct kdma_sg_table *table, uint32_t direction)
{
	if (!kdma_sg_is_mapped(device, table, direction))
		return KDMA_EINVAL;
	if (table->cpu_address)
		flush_kernel_vmap_range(table->cpu_address, table->size);
	dma_sync_sgtable_for_device(kdma_to_device(device), table->native,
				    kdma_to_direction(direction));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_sync_sgtable_for_device);

int32_t kdma_sg_segment(struct kdma_sg_table *table, uint32_t index,
			kdma_address_t *dma_address, uint64_t *size)
{
	struct scatterlist *segment;
	unsigned int i;

	if (!table || !table->mapped || !dma_address || !size)
		return KDMA_EINVAL;
	for_each_sgtable_dma_sg(table->native, segment, i)
	{
		if (i == index) {
			*dma_address = sg_dma_address(segment);
			*size = sg_dma_len(segment);
			return KDMA_OK;
		}
	}
	return KDMA_EINVAL;
}
KDMA_EXPORT(kdma_sg_segment);
