// SPDX-License-Identifier: GPL-2.0
/*
 * The driver `native`: calls the kernel's dma_* directly. It is the truth that
 * the ABI must not bend, so it shares no translation with c-api: where both
 * had the same mistake, nobody would see it.
 *
 * What the ABI promises to refuse is refused here as well, before the kernel
 * sees it; the kernel leaves those cases undefined.
 */
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/log2.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "driver.h"
#include "slots.h"

static struct device *native_device(struct kdma_run *run)
{
	return (struct device *)run->device;
}

static int32_t native_status(int error)
{
	if (!error)
		return KDMA_OK;
	if (error == -EIO)
		return KDMA_EIO;
	if (error == -EINVAL)
		return KDMA_EINVAL;
	if (error == -ENOMEM)
		return KDMA_ENOMEM;
	return error == -EOPNOTSUPP ? KDMA_ENOTSUPP : KDMA_EUNKNOWN;
}

static bool native_direction(uint32_t direction, enum dma_data_direction *native)
{
	static const enum dma_data_direction table[] = {
		[KDMA_TO_DEVICE] = DMA_TO_DEVICE,
		[KDMA_FROM_DEVICE] = DMA_FROM_DEVICE,
		[KDMA_BIDIRECTIONAL] = DMA_BIDIRECTIONAL,
	};

	if (!direction || direction >= ARRAY_SIZE(table))
		return false;
	*native = table[direction];
	return true;
}

/* An attribute the kernel has, and one that it lacks. */
#define TAKE(attribute, native_attribute) \
	do { \
		if (attributes & (attribute)) \
			*native |= (native_attribute); \
	} while (0)
#define LACK(attribute) \
	do { \
		if (attributes & (attribute)) \
			return KDMA_ENOTSUPP; \
	} while (0)

static int32_t native_attributes(uint64_t attributes, uint64_t taken,
				 unsigned long *native)
{
	*native = 0;
	if (attributes & ~taken)
		return KDMA_EINVAL;
	TAKE(KDMA_ATTR_ALLOC_SINGLE_PAGES, DMA_ATTR_ALLOC_SINGLE_PAGES);
#ifdef DMA_ATTR_DEBUGGING_IGNORE_CACHELINES
	TAKE(KDMA_ATTR_DEBUGGING_IGNORE_CACHELINES, DMA_ATTR_DEBUGGING_IGNORE_CACHELINES);
#else
	LACK(KDMA_ATTR_DEBUGGING_IGNORE_CACHELINES);
#endif
	TAKE(KDMA_ATTR_FORCE_CONTIGUOUS, DMA_ATTR_FORCE_CONTIGUOUS);
#ifdef DMA_ATTR_MMIO
	TAKE(KDMA_ATTR_MMIO, DMA_ATTR_MMIO);
#else
	LACK(KDMA_ATTR_MMIO);
#endif
	TAKE(KDMA_ATTR_NO_KERNEL_MAPPING, DMA_ATTR_NO_KERNEL_MAPPING);
	TAKE(KDMA_ATTR_NO_WARN, DMA_ATTR_NO_WARN);
	TAKE(KDMA_ATTR_PRIVILEGED, DMA_ATTR_PRIVILEGED);
#ifdef DMA_ATTR_REQUIRE_COHERENT
	TAKE(KDMA_ATTR_REQUIRE_COHERENT, DMA_ATTR_REQUIRE_COHERENT);
#else
	LACK(KDMA_ATTR_REQUIRE_COHERENT);
#endif
	TAKE(KDMA_ATTR_SKIP_CPU_SYNC, DMA_ATTR_SKIP_CPU_SYNC);
	TAKE(KDMA_ATTR_WEAK_ORDERING, DMA_ATTR_WEAK_ORDERING);
	TAKE(KDMA_ATTR_WRITE_COMBINE, DMA_ATTR_WRITE_COMBINE);
	return KDMA_OK;
}

static int32_t native_gfp(uint32_t flags, gfp_t *gfp)
{
	if (flags >= (KDMA_ALLOC_NO_WARN << 1))
		return KDMA_EINVAL;
	*gfp = (flags & KDMA_ALLOC_ATOMIC ? GFP_ATOMIC : GFP_KERNEL) |
	       (flags & KDMA_ALLOC_NO_WARN ? __GFP_NOWARN : 0);
	return KDMA_OK;
}

/* As kdma.h says of KDMA_ENOMEM: the IOMMU layer counts pages in 32 bits. */
static bool native_is_countable(uint64_t size)
{
	return size <= (uint64_t)U32_MAX << PAGE_SHIFT;
}

/* What a mapping gave: *@address is all ones where it failed. */
static int32_t native_mapped(struct kdma_run *run, dma_addr_t mapped,
			     kdma_address_t *address)
{
	*address = mapped;
	return dma_mapping_error(native_device(run), mapped) ? KDMA_EMAPPING : KDMA_OK;
}

/* Is there something to unmap or to sync? */
static bool native_is_usable(struct kdma_run *run, uint32_t slot, uint64_t size)
{
	return run->slots[slot].dma_address != KDMA_MAPPING_ERROR && size;
}

/* Family: version */

static int32_t native_abi_version(struct kdma_run *run, uint64_t *values)
{
	values[0] = KDMA_ABI_VERSION;
	return KDMA_OK;
}

static int32_t native_abi_attributes(struct kdma_run *run, uint64_t *values)
{
	unsigned long native;
	uint64_t attribute;

	for (attribute = 1; attribute < KDMA_ATTR_WRITE_COMBINE << 1; attribute <<= 1)
		if (!native_attributes(attribute, attribute, &native))
			values[0] |= attribute;
	return KDMA_OK;
}

/* Family: limits */

static int32_t native_set_mask(struct kdma_run *run,
			       const struct kdma_set_mask_arguments *arguments,
			       uint64_t *values)
{
	return native_status(dma_set_mask(native_device(run), arguments->mask));
}

static int32_t
native_set_coherent_mask(struct kdma_run *run,
			 const struct kdma_set_coherent_mask_arguments *arguments,
			 uint64_t *values)
{
	return native_status(dma_set_coherent_mask(native_device(run), arguments->mask));
}

static int32_t
native_set_mask_and_coherent(struct kdma_run *run,
			     const struct kdma_set_mask_and_coherent_arguments *arguments,
			     uint64_t *values)
{
	return native_status(
		dma_set_mask_and_coherent(native_device(run), arguments->mask));
}

static int32_t native_get_mask(struct kdma_run *run, uint64_t *values)
{
	values[0] = dma_get_mask(native_device(run));
	return KDMA_OK;
}

static int32_t native_get_required_mask(struct kdma_run *run, uint64_t *values)
{
	values[0] = dma_get_required_mask(native_device(run));
	return KDMA_OK;
}

static int32_t native_max_mapping_size(struct kdma_run *run, uint64_t *values)
{
	values[0] = dma_max_mapping_size(native_device(run));
	return KDMA_OK;
}

static int32_t native_opt_mapping_size(struct kdma_run *run, uint64_t *values)
{
	values[0] = dma_opt_mapping_size(native_device(run));
	return KDMA_OK;
}

static int32_t native_addressing_limited(struct kdma_run *run, uint64_t *values)
{
	values[0] = dma_addressing_limited(native_device(run));
	return KDMA_OK;
}

static int32_t
native_set_max_seg_size(struct kdma_run *run,
			const struct kdma_set_max_seg_size_arguments *arguments,
			uint64_t *values)
{
	if (!arguments->size)
		return KDMA_EINVAL;
	if (!native_device(run)->dma_parms)
		return KDMA_EIO;
	dma_set_max_seg_size(native_device(run), arguments->size);
	return KDMA_OK;
}

static int32_t native_get_max_seg_size(struct kdma_run *run, uint64_t *values)
{
	values[0] = dma_get_max_seg_size(native_device(run));
	return KDMA_OK;
}

static int32_t
native_set_seg_boundary(struct kdma_run *run,
			const struct kdma_set_seg_boundary_arguments *arguments,
			uint64_t *values)
{
	if (!arguments->mask || (arguments->mask & (arguments->mask + 1)))
		return KDMA_EINVAL;
	if (!native_device(run)->dma_parms)
		return KDMA_EIO;
	dma_set_seg_boundary(native_device(run), arguments->mask);
	return KDMA_OK;
}

static int32_t native_get_seg_boundary(struct kdma_run *run, uint64_t *values)
{
	values[0] = dma_get_seg_boundary(native_device(run));
	return KDMA_OK;
}

static int32_t
native_set_min_align_mask(struct kdma_run *run,
			  const struct kdma_set_min_align_mask_arguments *arguments,
			  uint64_t *values)
{
	if (!native_device(run)->dma_parms)
		return KDMA_EIO;
	dma_set_min_align_mask(native_device(run), arguments->mask);
	return KDMA_OK;
}

static int32_t native_get_min_align_mask(struct kdma_run *run, uint64_t *values)
{
	values[0] = dma_get_min_align_mask(native_device(run));
	return KDMA_OK;
}

static int32_t native_get_cache_alignment(struct kdma_run *run, uint64_t *values)
{
	values[0] = dma_get_cache_alignment();
	return KDMA_OK;
}

static int32_t native_get_merge_boundary(struct kdma_run *run, uint64_t *values)
{
	values[0] = dma_get_merge_boundary(native_device(run));
	return KDMA_OK;
}

static int32_t native_can_mmap(struct kdma_run *run, uint64_t *values)
{
	values[0] = dma_can_mmap(native_device(run));
	return KDMA_OK;
}

static int32_t native_pci_p2pdma_supported(struct kdma_run *run, uint64_t *values)
{
	values[0] = dma_pci_p2pdma_supported(native_device(run));
	return KDMA_OK;
}

/* Family: coherent */

static int32_t
native_alloc_coherent(struct kdma_run *run,
		      const struct kdma_alloc_coherent_arguments *arguments,
		      uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_ALLOC_COHERENT,
		.size = arguments->size,
	};
	dma_addr_t address = 0;
	int32_t status;
	gfp_t gfp;

	status = arguments->size ? native_gfp(arguments->flags, &gfp) : KDMA_EINVAL;
	if (!status && !native_is_countable(arguments->size))
		status = KDMA_ENOMEM;
	if (!status) {
		made.cookie = dma_alloc_coherent(native_device(run), arguments->size,
						 &address, gfp);
		status = made.cookie ? KDMA_OK : KDMA_ENOMEM;
	}
	return kdma_defined(run, arguments->slot, status, made, made.cookie,
			    status ? 0 : address, values);
}

static int32_t native_free_coherent(struct kdma_run *run,
				    const struct kdma_free_coherent_arguments *arguments,
				    uint64_t *values)
{
	void *cookie = kdma_raw_slot(run, arguments->slot)->cookie;

	if (!cookie || !native_is_usable(run, arguments->slot, arguments->size))
		return KDMA_EINVAL;
	dma_free_coherent(native_device(run), arguments->size, cookie,
			  run->slots[arguments->slot].dma_address);
	return kdma_released(run, arguments->slot, KDMA_OK);
}

static int32_t native_alloc_attrs(struct kdma_run *run,
				  const struct kdma_alloc_attrs_arguments *arguments,
				  uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_ALLOC_ATTRS,
		.size = arguments->size,
		.attributes = arguments->attributes,
	};
	dma_addr_t address = 0;
	int32_t status;
	unsigned long native;
	gfp_t gfp;

	status = arguments->size ? native_gfp(arguments->flags, &gfp) : KDMA_EINVAL;
	if (!status)
		status = native_attributes(arguments->attributes,
					   KDMA_ATTRS_OF_ALLOCATIONS, &native);
	if (!status && !native_is_countable(arguments->size))
		status = KDMA_ENOMEM;
	if (!status) {
		made.cookie = dma_alloc_attrs(native_device(run), arguments->size,
					      &address, gfp, native);
		status = made.cookie ? KDMA_OK : KDMA_ENOMEM;
	}
	return kdma_defined(
		run, arguments->slot, status, made,
		arguments->attributes & KDMA_ATTR_NO_KERNEL_MAPPING ? NULL : made.cookie,
		status ? 0 : address, values);
}

static int32_t native_free_attrs(struct kdma_run *run,
				 const struct kdma_free_attrs_arguments *arguments,
				 uint64_t *values)
{
	void *cookie = kdma_raw_slot(run, arguments->slot)->cookie;
	unsigned long native;
	int32_t status;

	if (!cookie || !native_is_usable(run, arguments->slot, arguments->size))
		return KDMA_EINVAL;
	status = native_attributes(arguments->attributes, KDMA_ATTRS_OF_ALLOCATIONS,
				   &native);
	if (status)
		return status;
	dma_free_attrs(native_device(run), arguments->size, cookie,
		       run->slots[arguments->slot].dma_address, native);
	return kdma_released(run, arguments->slot, KDMA_OK);
}

/* Family: pages */

static int32_t native_alloc_pages(struct kdma_run *run,
				  const struct kdma_alloc_pages_arguments *arguments,
				  uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_ALLOC_PAGES,
		.size = arguments->size,
		.direction = arguments->direction,
	};
	enum dma_data_direction direction;
	struct page *page = NULL;
	dma_addr_t address = 0;
	int32_t status = KDMA_EINVAL;
	gfp_t gfp;

	if (arguments->size && native_direction(arguments->direction, &direction))
		status = native_gfp(arguments->flags, &gfp);
	if (!status && !native_is_countable(arguments->size))
		status = KDMA_ENOMEM;
	if (!status) {
		page = dma_alloc_pages(native_device(run), arguments->size, &address,
				       direction, gfp);
		status = page ? KDMA_OK : KDMA_ENOMEM;
	}
	made.cookie = page;
	return kdma_defined(run, arguments->slot, status, made,
			    page ? page_address(page) : NULL, status ? 0 : address,
			    values);
}

static int32_t native_free_pages(struct kdma_run *run,
				 const struct kdma_free_pages_arguments *arguments,
				 uint64_t *values)
{
	struct page *page = kdma_raw_slot(run, arguments->slot)->cookie;
	enum dma_data_direction direction;

	if (!page || !native_is_usable(run, arguments->slot, arguments->size) ||
	    !native_direction(arguments->direction, &direction))
		return KDMA_EINVAL;
	dma_free_pages(native_device(run), arguments->size, page,
		       run->slots[arguments->slot].dma_address, direction);
	return kdma_released(run, arguments->slot, KDMA_OK);
}

/* Family: noncoherent */

static int32_t
native_alloc_noncoherent(struct kdma_run *run,
			 const struct kdma_alloc_noncoherent_arguments *arguments,
			 uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_ALLOC_NONCOHERENT,
		.size = arguments->size,
		.direction = arguments->direction,
	};
	enum dma_data_direction direction;
	dma_addr_t address = 0;
	int32_t status = KDMA_EINVAL;
	gfp_t gfp;

	if (arguments->size && native_direction(arguments->direction, &direction))
		status = native_gfp(arguments->flags, &gfp);
	if (!status && !native_is_countable(arguments->size))
		status = KDMA_ENOMEM;
	if (!status) {
		made.cookie = dma_alloc_noncoherent(native_device(run), arguments->size,
						    &address, direction, gfp);
		status = made.cookie ? KDMA_OK : KDMA_ENOMEM;
	}
	return kdma_defined(run, arguments->slot, status, made, made.cookie,
			    status ? 0 : address, values);
}

static int32_t
native_free_noncoherent(struct kdma_run *run,
			const struct kdma_free_noncoherent_arguments *arguments,
			uint64_t *values)
{
	void *cookie = kdma_raw_slot(run, arguments->slot)->cookie;
	enum dma_data_direction direction;

	if (!cookie || !native_is_usable(run, arguments->slot, arguments->size) ||
	    !native_direction(arguments->direction, &direction))
		return KDMA_EINVAL;
	dma_free_noncoherent(native_device(run), arguments->size, cookie,
			     run->slots[arguments->slot].dma_address, direction);
	return kdma_released(run, arguments->slot, KDMA_OK);
}

/* Family: pool */

/*
 * A pool and how many pieces are out: the ABI does not destroy it before. Of a
 * managed pool, this is managed as well.
 */
struct native_pool {
	struct dma_pool *pool;
	uint32_t pieces;
};

static struct native_pool *native_pool(struct kdma_run *run, uint32_t slot)
{
	const struct kdma_raw_slot *made = kdma_raw_slot(run, slot);

	return made->opcode == KDMA_OP_POOL_CREATE ||
			       made->opcode == KDMA_OP_MANAGED_POOL_CREATE
		       ? made->cookie
		       : NULL;
}

static bool native_pool_is_possible(uint64_t size, uint64_t alignment, uint64_t boundary)
{
	if (!size || size > KDMA_POOL_MAX_SIZE || alignment > KDMA_POOL_MAX_SIZE ||
	    (alignment & (alignment - 1)) || (boundary & (boundary - 1)))
		return false;
	if (size < KDMA_POOL_MIN_SIZE)
		size = KDMA_POOL_MIN_SIZE;
	if (alignment)
		size = round_up(size, alignment);
	return !boundary || boundary >= size;
}

/* A boundary beyond the memory has pieces of 6.1 reach beyond it as well. */
static uint64_t native_pool_boundary(uint64_t size, uint64_t alignment, uint64_t boundary)
{
	uint64_t memory = round_up(size, max_t(uint64_t, alignment, 1));

	return boundary > max_t(uint64_t, memory, PAGE_SIZE) ? 0 : boundary;
}

/*
 * Whoever is given something has to remember it: is there memory for that? The
 * programs in which it runs out ask this, and it is not what they are about.
 */
static bool native_can_remember(gfp_t gfp)
{
	void *record = kmalloc(64, gfp);

	kfree(record);
	return record;
}

static void native_forget(struct device *dev, void *record)
{
}

/* The same for what goes with the device. */
static bool native_can_remember_managed(gfp_t gfp)
{
	void *record = devres_alloc(native_forget, 64, gfp);

	if (record)
		devres_free(record);
	return record;
}

static int32_t native_pool_create(struct kdma_run *run,
				  const struct kdma_pool_create_arguments *arguments,
				  uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_POOL_CREATE,
		.size = arguments->size,
	};
	struct native_pool *pool;
	int32_t status = KDMA_ENOMEM;

	if (!native_pool_is_possible(arguments->size, arguments->alignment,
				     arguments->boundary))
		return kdma_handle_defined(run, arguments->slot, KDMA_EINVAL, made);
	pool = kzalloc(sizeof(*pool), GFP_KERNEL);
	if (pool)
		pool->pool = dma_pool_create(
			"kdma", native_device(run), arguments->size, arguments->alignment,
			native_pool_boundary(arguments->size, arguments->alignment,
					     arguments->boundary));
	if (pool && pool->pool)
		status = KDMA_OK;
	else
		kfree(pool);
	made.cookie = pool;
	return kdma_handle_defined(run, arguments->slot, status, made);
}

static int32_t native_pool_destroy(struct kdma_run *run,
				   const struct kdma_pool_destroy_arguments *arguments,
				   uint64_t *values)
{
	struct native_pool *pool = native_pool(run, arguments->slot);

	if (!pool || pool->pieces ||
	    kdma_raw_slot(run, arguments->slot)->opcode != KDMA_OP_POOL_CREATE)
		return KDMA_EINVAL;
	dma_pool_destroy(pool->pool);
	kfree(pool);
	return kdma_handle_released(run, arguments->slot, KDMA_OK);
}

/* Records what taking a piece out of a pool gave. */
static int32_t native_pool_taken(struct kdma_run *run, uint32_t slot, uint32_t pool_slot,
				 int32_t status, void *piece, dma_addr_t address,
				 uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_POOL_ALLOC,
		.size = kdma_raw_slot(run, pool_slot)->size,
		.cookie = piece,
		.pool = pool_slot,
	};

	if (!status)
		native_pool(run, pool_slot)->pieces++;
	return kdma_defined(run, slot, status, made, piece, status ? 0 : address, values);
}

static int32_t native_pool_alloc(struct kdma_run *run,
				 const struct kdma_pool_alloc_arguments *arguments,
				 uint64_t *values)
{
	struct native_pool *pool = native_pool(run, arguments->pool);
	int32_t status = KDMA_EINVAL;
	dma_addr_t address = 0;
	void *piece = NULL;
	gfp_t gfp;

	if (pool)
		status = native_gfp(arguments->flags, &gfp);
	if (!status) {
		piece = dma_pool_alloc(pool->pool, gfp, &address);
		status = piece ? KDMA_OK : KDMA_ENOMEM;
	}
	return native_pool_taken(run, arguments->slot, arguments->pool, status, piece,
				 address, values);
}

static int32_t native_pool_zalloc(struct kdma_run *run,
				  const struct kdma_pool_zalloc_arguments *arguments,
				  uint64_t *values)
{
	struct native_pool *pool = native_pool(run, arguments->pool);
	int32_t status = KDMA_EINVAL;
	dma_addr_t address = 0;
	void *piece = NULL;
	gfp_t gfp;

	if (pool)
		status = native_gfp(arguments->flags, &gfp);
	if (!status) {
		piece = dma_pool_zalloc(pool->pool, gfp, &address);
		status = piece ? KDMA_OK : KDMA_ENOMEM;
	}
	return native_pool_taken(run, arguments->slot, arguments->pool, status, piece,
				 address, values);
}

static int32_t native_pool_free(struct kdma_run *run,
				const struct kdma_pool_free_arguments *arguments,
				uint64_t *values)
{
	const struct kdma_raw_slot *made = kdma_raw_slot(run, arguments->slot);
	struct native_pool *pool = native_pool(run, made->pool);

	if (!made->cookie || !pool || !pool->pieces)
		return KDMA_EINVAL;
	pool->pieces--;
	dma_pool_free(pool->pool, made->cookie, run->slots[arguments->slot].dma_address);
	return kdma_released(run, arguments->slot, KDMA_OK);
}

/* Family: managed */

static int32_t
native_managed_alloc_attrs(struct kdma_run *run,
			   const struct kdma_managed_alloc_attrs_arguments *arguments,
			   uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_MANAGED_ALLOC_ATTRS,
		.size = arguments->size,
		.attributes = arguments->attributes,
	};
	dma_addr_t address = 0;
	unsigned long native;
	int32_t status;
	gfp_t gfp;

	status = arguments->size ? native_gfp(arguments->flags, &gfp) : KDMA_EINVAL;
	if (!status)
		status = native_attributes(arguments->attributes,
					   KDMA_ATTRS_OF_ALLOCATIONS, &native);
	if (!status && !native_is_countable(arguments->size))
		status = KDMA_ENOMEM;
	if (!status) {
		made.cookie = dmam_alloc_attrs(native_device(run), arguments->size,
					       &address, gfp, native);
		status = made.cookie ? KDMA_OK : KDMA_ENOMEM;
	}
	return kdma_defined(
		run, arguments->slot, status, made,
		arguments->attributes & KDMA_ATTR_NO_KERNEL_MAPPING ? NULL : made.cookie,
		status ? 0 : address, values);
}

static int32_t native_managed_alloc_coherent(
	struct kdma_run *run,
	const struct kdma_managed_alloc_coherent_arguments *arguments, uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_MANAGED_ALLOC_COHERENT,
		.size = arguments->size,
	};
	dma_addr_t address = 0;
	int32_t status;
	gfp_t gfp;

	status = arguments->size ? native_gfp(arguments->flags, &gfp) : KDMA_EINVAL;
	if (!status &&
	    (!native_is_countable(arguments->size) || !native_can_remember_managed(gfp)))
		status = KDMA_ENOMEM;
	if (!status) {
		made.cookie = dmam_alloc_coherent(native_device(run), arguments->size,
						  &address, gfp);
		status = made.cookie ? KDMA_OK : KDMA_ENOMEM;
	}
	return kdma_defined(run, arguments->slot, status, made, made.cookie,
			    status ? 0 : address, values);
}

static int32_t
native_managed_free_coherent(struct kdma_run *run,
			     const struct kdma_managed_free_coherent_arguments *arguments,
			     uint64_t *values)
{
	const struct kdma_raw_slot *made = kdma_raw_slot(run, arguments->slot);
	const struct kdma_slot *slot = &run->slots[arguments->slot];

	/* The kernel warns of anything else. */
	if (made->opcode != KDMA_OP_MANAGED_ALLOC_COHERENT ||
	    slot->state != KDMA_SLOT_ALLOCATED || arguments->size != made->size)
		return KDMA_EINVAL;
	dmam_free_coherent(native_device(run), arguments->size, made->cookie,
			   slot->dma_address);
	return kdma_released(run, arguments->slot, KDMA_OK);
}

static int32_t
native_managed_pool_create(struct kdma_run *run,
			   const struct kdma_managed_pool_create_arguments *arguments,
			   uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_MANAGED_POOL_CREATE,
		.size = arguments->size,
	};
	struct native_pool *pool;
	int32_t status = KDMA_ENOMEM;

	if (!native_pool_is_possible(arguments->size, arguments->alignment,
				     arguments->boundary))
		return kdma_handle_defined(run, arguments->slot, KDMA_EINVAL, made);
	pool = devm_kzalloc(native_device(run), sizeof(*pool), GFP_KERNEL);
	if (pool)
		pool->pool = dmam_pool_create(
			"kdma", native_device(run), arguments->size, arguments->alignment,
			native_pool_boundary(arguments->size, arguments->alignment,
					     arguments->boundary));
	if (pool && pool->pool)
		status = KDMA_OK;
	made.cookie = pool;
	return kdma_handle_defined(run, arguments->slot, status, made);
}

static int32_t
native_managed_pool_destroy(struct kdma_run *run,
			    const struct kdma_managed_pool_destroy_arguments *arguments,
			    uint64_t *values)
{
	struct native_pool *pool = native_pool(run, arguments->slot);

	if (!pool || pool->pieces ||
	    kdma_raw_slot(run, arguments->slot)->opcode != KDMA_OP_MANAGED_POOL_CREATE)
		return KDMA_EINVAL;
	dmam_pool_destroy(pool->pool);
	return kdma_handle_released(run, arguments->slot, KDMA_OK);
}

/* Family: streaming */

/* Kernels without dma_map_phys() map memory by its page. Kbuild probes. */
#ifndef KDMA_HAVE_DMA_MAP_PHYS
static dma_addr_t dma_map_phys(struct device *dev, phys_addr_t phys, size_t size,
			       enum dma_data_direction direction, unsigned long attrs)
{
	return dma_map_page_attrs(dev, pfn_to_page(PHYS_PFN(phys)), offset_in_page(phys),
				  size, direction, attrs);
}

static void dma_unmap_phys(struct device *dev, dma_addr_t address, size_t size,
			   enum dma_data_direction direction, unsigned long attrs)
{
	dma_unmap_page_attrs(dev, address, size, direction, attrs);
}
#endif

static int32_t native_map_single(struct kdma_run *run,
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
	enum dma_data_direction direction;
	int32_t status = KDMA_EINVAL;

	if (arguments->size && native_direction(arguments->direction, &direction))
		status = native_mapped(
			run,
			dma_map_single(native_device(run),
				       buffer->cpu_address + arguments->offset,
				       arguments->size, direction),
			&address);
	return kdma_defined(run, arguments->slot, status, made, NULL, address, values);
}

static int32_t native_unmap_single(struct kdma_run *run,
				   const struct kdma_unmap_single_arguments *arguments,
				   uint64_t *values)
{
	enum dma_data_direction direction;

	if (!native_is_usable(run, arguments->slot, arguments->size) ||
	    !native_direction(arguments->direction, &direction))
		return KDMA_EINVAL;
	dma_unmap_single(native_device(run), run->slots[arguments->slot].dma_address,
			 arguments->size, direction);
	return kdma_released(run, arguments->slot, KDMA_OK);
}

static int32_t
native_map_single_attrs(struct kdma_run *run,
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
	enum dma_data_direction direction;
	unsigned long native;
	int32_t status = KDMA_EINVAL;

	if (arguments->size && native_direction(arguments->direction, &direction))
		status = native_attributes(arguments->attributes, KDMA_ATTRS_OF_MAPPINGS,
					   &native);
	if (!status)
		status = native_mapped(
			run,
			dma_map_single_attrs(native_device(run),
					     buffer->cpu_address + arguments->offset,
					     arguments->size, direction, native),
			&address);
	return kdma_defined(run, arguments->slot, status, made, NULL, address, values);
}

static int32_t
native_unmap_single_attrs(struct kdma_run *run,
			  const struct kdma_unmap_single_attrs_arguments *arguments,
			  uint64_t *values)
{
	enum dma_data_direction direction;
	unsigned long native;
	int32_t status;

	if (!native_is_usable(run, arguments->slot, arguments->size) ||
	    !native_direction(arguments->direction, &direction))
		return KDMA_EINVAL;
	status =
		native_attributes(arguments->attributes, KDMA_ATTRS_OF_MAPPINGS, &native);
	if (status)
		return status;
	dma_unmap_single_attrs(native_device(run),
			       run->slots[arguments->slot].dma_address, arguments->size,
			       direction, native);
	return kdma_released(run, arguments->slot, KDMA_OK);
}

static int32_t native_map_page(struct kdma_run *run,
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
	enum dma_data_direction direction;
	int32_t status = KDMA_EINVAL;

	if (arguments->size && native_direction(arguments->direction, &direction))
		status = native_mapped(
			run,
			dma_map_page(native_device(run), (struct page *)buffer->page,
				     buffer->page_offset + arguments->offset,
				     arguments->size, direction),
			&address);
	return kdma_defined(run, arguments->slot, status, made, NULL, address, values);
}

static int32_t native_unmap_page(struct kdma_run *run,
				 const struct kdma_unmap_page_arguments *arguments,
				 uint64_t *values)
{
	enum dma_data_direction direction;

	if (!native_is_usable(run, arguments->slot, arguments->size) ||
	    !native_direction(arguments->direction, &direction))
		return KDMA_EINVAL;
	dma_unmap_page(native_device(run), run->slots[arguments->slot].dma_address,
		       arguments->size, direction);
	return kdma_released(run, arguments->slot, KDMA_OK);
}

static int32_t
native_map_page_attrs(struct kdma_run *run,
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
	enum dma_data_direction direction;
	unsigned long native;
	int32_t status = KDMA_EINVAL;

	if (arguments->size && native_direction(arguments->direction, &direction))
		status = native_attributes(arguments->attributes, KDMA_ATTRS_OF_MAPPINGS,
					   &native);
	if (!status)
		status = native_mapped(
			run,
			dma_map_page_attrs(native_device(run),
					   (struct page *)buffer->page,
					   buffer->page_offset + arguments->offset,
					   arguments->size, direction, native),
			&address);
	return kdma_defined(run, arguments->slot, status, made, NULL, address, values);
}

static int32_t
native_unmap_page_attrs(struct kdma_run *run,
			const struct kdma_unmap_page_attrs_arguments *arguments,
			uint64_t *values)
{
	enum dma_data_direction direction;
	unsigned long native;
	int32_t status;

	if (!native_is_usable(run, arguments->slot, arguments->size) ||
	    !native_direction(arguments->direction, &direction))
		return KDMA_EINVAL;
	status =
		native_attributes(arguments->attributes, KDMA_ATTRS_OF_MAPPINGS, &native);
	if (status)
		return status;
	dma_unmap_page_attrs(native_device(run), run->slots[arguments->slot].dma_address,
			     arguments->size, direction, native);
	return kdma_released(run, arguments->slot, KDMA_OK);
}

static int32_t native_map_phys(struct kdma_run *run,
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
	enum dma_data_direction direction;
	unsigned long native;
	int32_t status = KDMA_EINVAL;

	if (arguments->size && native_direction(arguments->direction, &direction))
		status = native_attributes(arguments->attributes, KDMA_ATTRS_OF_PHYS,
					   &native);
	if (!status)
		status = native_mapped(
			run,
			dma_map_phys(native_device(run),
				     buffer->physical_address + arguments->offset,
				     arguments->size, direction, native),
			&address);
	return kdma_defined(run, arguments->slot, status, made, NULL, address, values);
}

static int32_t native_unmap_phys(struct kdma_run *run,
				 const struct kdma_unmap_phys_arguments *arguments,
				 uint64_t *values)
{
	enum dma_data_direction direction;
	unsigned long native;
	int32_t status;

	if (!native_is_usable(run, arguments->slot, arguments->size) ||
	    !native_direction(arguments->direction, &direction))
		return KDMA_EINVAL;
	status = native_attributes(arguments->attributes, KDMA_ATTRS_OF_PHYS, &native);
	if (status)
		return status;
	dma_unmap_phys(native_device(run), run->slots[arguments->slot].dma_address,
		       arguments->size, direction, native);
	return kdma_released(run, arguments->slot, KDMA_OK);
}

static int32_t native_mapping_error(struct kdma_run *run,
				    const struct kdma_mapping_error_arguments *arguments,
				    uint64_t *values)
{
	return dma_mapping_error(native_device(run),
				 run->slots[arguments->slot].dma_address)
		       ? KDMA_EMAPPING
		       : KDMA_OK;
}

/* Family: sync */

static int32_t
native_sync_single_for_cpu(struct kdma_run *run,
			   const struct kdma_sync_single_for_cpu_arguments *arguments,
			   uint64_t *values)
{
	enum dma_data_direction direction;

	if (!native_is_usable(run, arguments->slot, arguments->size) ||
	    !native_direction(arguments->direction, &direction))
		return KDMA_EINVAL;
	dma_sync_single_for_cpu(native_device(run),
				run->slots[arguments->slot].dma_address, arguments->size,
				direction);
	return KDMA_OK;
}

static int32_t native_sync_single_for_device(
	struct kdma_run *run,
	const struct kdma_sync_single_for_device_arguments *arguments, uint64_t *values)
{
	enum dma_data_direction direction;

	if (!native_is_usable(run, arguments->slot, arguments->size) ||
	    !native_direction(arguments->direction, &direction))
		return KDMA_EINVAL;
	dma_sync_single_for_device(native_device(run),
				   run->slots[arguments->slot].dma_address,
				   arguments->size, direction);
	return KDMA_OK;
}

static int32_t native_sync_single_range_for_cpu(
	struct kdma_run *run,
	const struct kdma_sync_single_range_for_cpu_arguments *arguments,
	uint64_t *values)
{
	enum dma_data_direction direction;

	if (!native_is_usable(run, arguments->slot, arguments->size) ||
	    !native_direction(arguments->direction, &direction))
		return KDMA_EINVAL;
	dma_sync_single_range_for_cpu(native_device(run),
				      run->slots[arguments->slot].dma_address,
				      arguments->offset, arguments->size, direction);
	return KDMA_OK;
}

static int32_t native_sync_single_range_for_device(
	struct kdma_run *run,
	const struct kdma_sync_single_range_for_device_arguments *arguments,
	uint64_t *values)
{
	enum dma_data_direction direction;

	if (!native_is_usable(run, arguments->slot, arguments->size) ||
	    !native_direction(arguments->direction, &direction))
		return KDMA_EINVAL;
	dma_sync_single_range_for_device(native_device(run),
					 run->slots[arguments->slot].dma_address,
					 arguments->offset, arguments->size, direction);
	return KDMA_OK;
}

static int32_t native_need_sync(struct kdma_run *run,
				const struct kdma_need_sync_arguments *arguments,
				uint64_t *values)
{
	if (!native_is_usable(run, arguments->slot, 1))
		return KDMA_EINVAL;
	values[0] = dma_need_sync(native_device(run),
				  run->slots[arguments->slot].dma_address);
	return KDMA_OK;
}

/* Family: scatterlist */

/* A list, and how it is mapped: the ABI refuses what does not fit. */
struct native_list {
	struct sg_table table;
	struct scatterlist *next;
	uint32_t missing;
};

/* The kernel's table of a list, or of memory in pieces. */
static struct sg_table *native_table(struct kdma_run *run, uint32_t slot)
{
	const struct kdma_raw_slot *made = kdma_raw_slot(run, slot);

	return made->opcode == KDMA_OP_ALLOC_NONCONTIGUOUS
		       ? made->cookie
		       : &((struct native_list *)made->cookie)->table;
}

static struct native_list *native_list(struct kdma_run *run, uint32_t slot)
{
	return kdma_raw_slot(run, slot)->cookie;
}

/* Is the list in the slot mapped in this direction? */
static bool native_list_is_mapped(struct kdma_run *run, uint32_t slot, uint32_t direction,
				  enum dma_data_direction *native)
{
	const struct kdma_raw_slot *made = kdma_raw_slot(run, slot);

	return made->mapped_by && made->direction == direction &&
	       native_direction(direction, native);
}

/* May the list in the slot be mapped like this? */
static int32_t native_list_can_map(struct kdma_run *run, uint32_t slot,
				   uint32_t direction, uint64_t attributes,
				   enum dma_data_direction *native,
				   unsigned long *native_attrs)
{
	struct native_list *list = native_list(run, slot);

	if (!list || list->missing || kdma_raw_slot(run, slot)->mapped_by ||
	    !native_direction(direction, native))
		return KDMA_EINVAL;
	return native_attributes(attributes, KDMA_ATTRS_OF_MAPPINGS, native_attrs);
}

/* May the mapping that @opcode made be ended like this? */
static int32_t native_list_can_unmap(struct kdma_run *run, uint32_t slot, uint16_t opcode,
				     uint32_t direction, uint64_t attributes,
				     enum dma_data_direction *native,
				     unsigned long *native_attrs)
{
	const struct kdma_raw_slot *made = kdma_raw_slot(run, slot);

	if (made->mapped_by != opcode ||
	    !native_list_is_mapped(run, slot, direction, native) ||
	    (attributes != made->attributes &&
	     attributes != (made->attributes | KDMA_ATTR_SKIP_CPU_SYNC)))
		return KDMA_EINVAL;
	return native_attributes(attributes, KDMA_ATTRS_OF_MAPPINGS, native_attrs);
}

static int32_t native_sg_alloc(struct kdma_run *run,
			       const struct kdma_sg_alloc_arguments *arguments,
			       uint64_t *values)
{
	struct kdma_raw_slot made = {.opcode = KDMA_OP_SG_ALLOC};
	struct native_list *list = NULL;
	int32_t status = KDMA_EINVAL;
	gfp_t gfp;

	if (arguments->capacity && arguments->capacity <= KDMA_SG_MAX_CAPACITY)
		status = native_gfp(arguments->flags, &gfp);
	if (!status) {
		list = kzalloc(sizeof(*list), gfp);
		status = list ? native_status(sg_alloc_table(&list->table,
							     arguments->capacity, gfp))
			      : KDMA_ENOMEM;
	}
	if (status) {
		kfree(list);
	} else {
		list->next = list->table.sgl;
		list->missing = arguments->capacity;
		made.cookie = list;
	}
	return kdma_handle_defined(run, arguments->slot, status, made);
}

static int32_t native_sg_free(struct kdma_run *run,
			      const struct kdma_sg_free_arguments *arguments,
			      uint64_t *values)
{
	struct native_list *list = native_list(run, arguments->slot);

	if (!list || kdma_raw_slot(run, arguments->slot)->mapped_by)
		return KDMA_EINVAL;
	sg_free_table(&list->table);
	kfree(list);
	return kdma_handle_released(run, arguments->slot, KDMA_OK);
}

static int32_t native_sg_add(struct kdma_run *run,
			     const struct kdma_sg_add_arguments *arguments,
			     uint64_t *values)
{
	const struct kdma_buffer *buffer = &run->buffers[arguments->buffer];
	struct native_list *list = native_list(run, arguments->slot);

	if (!list || !list->missing || !arguments->size ||
	    kdma_raw_slot(run, arguments->slot)->mapped_by)
		return KDMA_EINVAL;
	sg_set_page(list->next, (struct page *)buffer->page, arguments->size,
		    buffer->page_offset + arguments->offset);
	list->next = sg_next(list->next);
	list->missing--;
	return KDMA_OK;
}

static int32_t native_map_sg_attrs(struct kdma_run *run,
				   const struct kdma_map_sg_attrs_arguments *arguments,
				   uint64_t *values)
{
	struct native_list *list = native_list(run, arguments->slot);
	enum dma_data_direction direction;
	unsigned long native;
	int32_t status;

	status = native_list_can_map(run, arguments->slot, arguments->direction,
				     arguments->attributes, &direction, &native);
	if (status)
		return status;
	values[0] = dma_map_sg_attrs(native_device(run), list->table.sgl,
				     list->table.orig_nents, direction, native);
	if (!values[0])
		return KDMA_EMAPPING;
	list->table.nents = values[0];
	return kdma_list_mapped(run, arguments->slot, KDMA_OK, KDMA_OP_MAP_SG_ATTRS,
				arguments->direction, arguments->attributes);
}

static int32_t
native_unmap_sg_attrs(struct kdma_run *run,
		      const struct kdma_unmap_sg_attrs_arguments *arguments,
		      uint64_t *values)
{
	struct native_list *list = native_list(run, arguments->slot);
	enum dma_data_direction direction;
	unsigned long native;
	int32_t status;

	status = native_list_can_unmap(run, arguments->slot, KDMA_OP_MAP_SG_ATTRS,
				       arguments->direction, arguments->attributes,
				       &direction, &native);
	if (status)
		return status;
	dma_unmap_sg_attrs(native_device(run), list->table.sgl, list->table.orig_nents,
			   direction, native);
	return kdma_list_unmapped(run, arguments->slot, KDMA_OK);
}

static int32_t native_map_sgtable(struct kdma_run *run,
				  const struct kdma_map_sgtable_arguments *arguments,
				  uint64_t *values)
{
	struct native_list *list = native_list(run, arguments->slot);
	enum dma_data_direction direction;
	unsigned long native;
	int32_t status;

	status = native_list_can_map(run, arguments->slot, arguments->direction,
				     arguments->attributes, &direction, &native);
	if (!status) {
		int error = dma_map_sgtable(native_device(run), &list->table, direction,
					    native);

		status = error && error != -ENOMEM ? KDMA_EMAPPING : native_status(error);
	}
	return kdma_list_mapped(run, arguments->slot, status, KDMA_OP_MAP_SGTABLE,
				arguments->direction, arguments->attributes);
}

static int32_t native_unmap_sgtable(struct kdma_run *run,
				    const struct kdma_unmap_sgtable_arguments *arguments,
				    uint64_t *values)
{
	struct native_list *list = native_list(run, arguments->slot);
	enum dma_data_direction direction;
	unsigned long native;
	int32_t status;

	status = native_list_can_unmap(run, arguments->slot, KDMA_OP_MAP_SGTABLE,
				       arguments->direction, arguments->attributes,
				       &direction, &native);
	if (status)
		return status;
	dma_unmap_sgtable(native_device(run), &list->table, direction, native);
	return kdma_list_unmapped(run, arguments->slot, KDMA_OK);
}

static int32_t
native_sync_sg_for_cpu(struct kdma_run *run,
		       const struct kdma_sync_sg_for_cpu_arguments *arguments,
		       uint64_t *values)
{
	struct native_list *list = native_list(run, arguments->slot);
	enum dma_data_direction direction;

	if (!native_list_is_mapped(run, arguments->slot, arguments->direction,
				   &direction))
		return KDMA_EINVAL;
	dma_sync_sg_for_cpu(native_device(run), list->table.sgl, list->table.orig_nents,
			    direction);
	return KDMA_OK;
}

static int32_t
native_sync_sg_for_device(struct kdma_run *run,
			  const struct kdma_sync_sg_for_device_arguments *arguments,
			  uint64_t *values)
{
	struct native_list *list = native_list(run, arguments->slot);
	enum dma_data_direction direction;

	if (!native_list_is_mapped(run, arguments->slot, arguments->direction,
				   &direction))
		return KDMA_EINVAL;
	dma_sync_sg_for_device(native_device(run), list->table.sgl,
			       list->table.orig_nents, direction);
	return KDMA_OK;
}

static int32_t
native_sync_sgtable_for_cpu(struct kdma_run *run,
			    const struct kdma_sync_sgtable_for_cpu_arguments *arguments,
			    uint64_t *values)
{
	enum dma_data_direction direction;

	if (!native_list_is_mapped(run, arguments->slot, arguments->direction,
				   &direction))
		return KDMA_EINVAL;
	dma_sync_sgtable_for_cpu(native_device(run), native_table(run, arguments->slot),
				 direction);
	return KDMA_OK;
}

static int32_t native_sync_sgtable_for_device(
	struct kdma_run *run,
	const struct kdma_sync_sgtable_for_device_arguments *arguments, uint64_t *values)
{
	enum dma_data_direction direction;

	if (!native_list_is_mapped(run, arguments->slot, arguments->direction,
				   &direction))
		return KDMA_EINVAL;
	dma_sync_sgtable_for_device(native_device(run),
				    native_table(run, arguments->slot), direction);
	return KDMA_OK;
}

static int32_t native_sg_segment(struct kdma_run *run,
				 const struct kdma_sg_segment_arguments *arguments,
				 uint64_t *values)
{
	struct native_list *list = native_list(run, arguments->slot);
	struct scatterlist *segment;
	unsigned int i;

	if (!kdma_raw_slot(run, arguments->slot)->mapped_by ||
	    arguments->index >= list->table.nents)
		return KDMA_EINVAL;
	segment = list->table.sgl;
	for (i = 0; i < arguments->index; i++)
		segment = sg_next(segment);
	return kdma_list_segment(run, arguments->slot, arguments->index, KDMA_OK,
				 sg_dma_address(segment), sg_dma_len(segment), values);
}

/* Family: sgtable */

/* Records what listing the pages of memory gave. */
static int32_t native_got(struct kdma_run *run, uint32_t slot, struct native_list *list,
			  int error)
{
	struct kdma_raw_slot made = {.opcode = KDMA_OP_SG_ALLOC, .cookie = list};

	if (error)
		kfree(list);
	return kdma_handle_defined(
		run, slot, error == -ENXIO ? KDMA_ENOTSUPP : native_status(error), made);
}

static int32_t native_get_sgtable(struct kdma_run *run,
				  const struct kdma_get_sgtable_arguments *arguments,
				  uint64_t *values)
{
	void *cookie = kdma_raw_slot(run, arguments->coherent)->cookie;
	struct native_list *list = NULL;
	int error = -EINVAL;

	if (cookie && native_is_usable(run, arguments->coherent, arguments->size)) {
		list = kzalloc(sizeof(*list), GFP_KERNEL);
		error = list ? dma_get_sgtable(
				       native_device(run), &list->table, cookie,
				       run->slots[arguments->coherent].dma_address,
				       arguments->size)
			     : -ENOMEM;
	}
	return native_got(run, arguments->slot, list, error);
}

static int32_t
native_get_sgtable_attrs(struct kdma_run *run,
			 const struct kdma_get_sgtable_attrs_arguments *arguments,
			 uint64_t *values)
{
	void *cookie = kdma_raw_slot(run, arguments->coherent)->cookie;
	struct kdma_raw_slot none = {};
	struct native_list *list = NULL;
	int error = -EINVAL;
	unsigned long native;
	int32_t status;

	status = native_attributes(arguments->attributes, KDMA_ATTRS_OF_ALLOCATIONS,
				   &native);
	if (status)
		return kdma_handle_defined(run, arguments->slot, status, none);
	if (cookie && native_is_usable(run, arguments->coherent, arguments->size)) {
		list = kzalloc(sizeof(*list), GFP_KERNEL);
		error = list ? dma_get_sgtable_attrs(
				       native_device(run), &list->table, cookie,
				       run->slots[arguments->coherent].dma_address,
				       arguments->size, native)
			     : -ENOMEM;
	}
	return native_got(run, arguments->slot, list, error);
}

/* Family: noncontiguous */

static int32_t
native_alloc_noncontiguous(struct kdma_run *run,
			   const struct kdma_alloc_noncontiguous_arguments *arguments,
			   uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_ALLOC_NONCONTIGUOUS,
		.mapped_by = KDMA_OP_ALLOC_NONCONTIGUOUS,
		.size = arguments->size,
		.direction = arguments->direction,
		.attributes = arguments->attributes,
	};
	enum dma_data_direction direction;
	struct sg_table *table = NULL;
	int32_t status = KDMA_EINVAL;
	unsigned long native;
	gfp_t gfp;

	if (arguments->size && native_direction(arguments->direction, &direction))
		status = native_gfp(arguments->flags, &gfp);
	if (!status)
		status = native_attributes(arguments->attributes,
					   KDMA_ATTRS_OF_NONCONTIGUOUS, &native);
	if (!status &&
	    (!native_is_countable(arguments->size) || !native_can_remember(gfp)))
		status = KDMA_ENOMEM;
	if (!status) {
		table = dma_alloc_noncontiguous(native_device(run), arguments->size,
						direction, gfp, native);
		status = table ? KDMA_OK : KDMA_ENOMEM;
	}
	made.cookie = table;
	return kdma_defined(run, arguments->slot, status, made, NULL,
			    table ? sg_dma_address(table->sgl) : 0, values);
}

static int32_t
native_free_noncontiguous(struct kdma_run *run,
			  const struct kdma_free_noncontiguous_arguments *arguments,
			  uint64_t *values)
{
	struct sg_table *table = kdma_raw_slot(run, arguments->slot)->cookie;
	enum dma_data_direction direction;

	if (!table || run->slots[arguments->slot].cpu_address ||
	    !native_is_usable(run, arguments->slot, arguments->size) ||
	    !native_direction(arguments->direction, &direction))
		return KDMA_EINVAL;
	dma_free_noncontiguous(native_device(run), arguments->size, table, direction);
	return kdma_handle_released(run, arguments->slot, KDMA_OK);
}

static int32_t
native_vmap_noncontiguous(struct kdma_run *run,
			  const struct kdma_vmap_noncontiguous_arguments *arguments,
			  uint64_t *values)
{
	struct sg_table *table = kdma_raw_slot(run, arguments->slot)->cookie;
	struct kdma_slot *slot = &run->slots[arguments->slot];

	if (!table || slot->cpu_address || arguments->size != slot->size)
		return KDMA_EINVAL;
	slot->cpu_address =
		dma_vmap_noncontiguous(native_device(run), arguments->size, table);
	return slot->cpu_address ? KDMA_OK : KDMA_ENOMEM;
}

static int32_t
native_vunmap_noncontiguous(struct kdma_run *run,
			    const struct kdma_vunmap_noncontiguous_arguments *arguments,
			    uint64_t *values)
{
	struct kdma_slot *slot = &run->slots[arguments->slot];

	if (!slot->cpu_address)
		return KDMA_EINVAL;
	dma_vunmap_noncontiguous(native_device(run), slot->cpu_address);
	slot->cpu_address = NULL;
	return KDMA_OK;
}

/* Family: resource */

static int32_t native_map_resource(struct kdma_run *run,
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
	enum dma_data_direction direction;
	unsigned long native;
	int32_t status = KDMA_EINVAL;

	if (arguments->size && native_direction(arguments->direction, &direction))
		status = native_attributes(arguments->attributes, KDMA_ATTRS_OF_MAPPINGS,
					   &native);
	/* Memory with a page is RAM here, and none of another device. */
	if (!status && buffer->page)
		status = KDMA_EINVAL;
	if (!status)
		status = native_mapped(
			run,
			dma_map_resource(native_device(run),
					 buffer->physical_address + arguments->offset,
					 arguments->size, direction, native),
			&address);
	return kdma_defined(run, arguments->slot, status, made, NULL, address, values);
}

static int32_t
native_unmap_resource(struct kdma_run *run,
		      const struct kdma_unmap_resource_arguments *arguments,
		      uint64_t *values)
{
	enum dma_data_direction direction;
	unsigned long native;
	int32_t status;

	if (!native_is_usable(run, arguments->slot, arguments->size) ||
	    !native_direction(arguments->direction, &direction))
		return KDMA_EINVAL;
	status =
		native_attributes(arguments->attributes, KDMA_ATTRS_OF_MAPPINGS, &native);
	if (status)
		return status;
	dma_unmap_resource(native_device(run), run->slots[arguments->slot].dma_address,
			   arguments->size, direction, native);
	return kdma_released(run, arguments->slot, KDMA_OK);
}

/* Family: iova */

#ifdef KDMA_HAVE_DMA_IOVA
/* How a page of a range is linked; without a direction it is not. */
struct native_link {
	uint64_t attributes;
	uint32_t direction;
	bool is_first;
};

/* A range and its pages: the ABI knows what is linked, the kernel does not. */
struct native_iova {
	struct dma_iova_state state;
	uint64_t page_count;
	struct native_link pages[];
};

static struct native_iova *native_iova(struct kdma_run *run, uint32_t slot)
{
	const struct kdma_raw_slot *made = kdma_raw_slot(run, slot);

	return made->opcode == KDMA_OP_IOVA_TRY_ALLOC ? made->cookie : NULL;
}

static int32_t
native_iova_try_alloc(struct kdma_run *run,
		      const struct kdma_iova_try_alloc_arguments *arguments,
		      uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_IOVA_TRY_ALLOC,
		.size = arguments->size,
	};
	kdma_address_t address = KDMA_MAPPING_ERROR;
	struct native_iova *iova = NULL;
	struct dma_iova_state state = {};
	int32_t status = KDMA_EINVAL;
	uint64_t pages = 0;
	gfp_t gfp;

	if (arguments->size && !(arguments->size >> 62))
		status = native_gfp(arguments->flags, &gfp);
	if (!status && !native_can_remember(gfp))
		status = KDMA_ENOMEM;
	if (!status) {
		if (dma_iova_try_alloc(native_device(run), &state,
				       arguments->physical_address, arguments->size)) {
			address = state.addr;
			pages = ((address & ~PAGE_MASK) + arguments->size - 1) /
					PAGE_SIZE +
				1;
		}
		iova = kvzalloc(struct_size(iova, pages, pages),
				GFP_KERNEL | __GFP_NOWARN);
		status = iova ? KDMA_OK : KDMA_ENOMEM;
		if (!iova && pages)
			dma_iova_free(native_device(run), &state);
	}
	if (iova) {
		iova->state = state;
		iova->page_count = pages;
	}
	made.cookie = iova;
	return kdma_iova_defined(run, arguments->slot, status, made, address, values);
}

static int32_t native_use_iova(struct kdma_run *run,
			       const struct kdma_use_iova_arguments *arguments,
			       uint64_t *values)
{
	struct native_iova *iova = native_iova(run, arguments->slot);

	if (!iova)
		return KDMA_EINVAL;
	values[0] = dma_use_iova(&iova->state);
	return KDMA_OK;
}

static int32_t native_iova_size(struct kdma_run *run,
				const struct kdma_iova_size_arguments *arguments,
				uint64_t *values)
{
	struct native_iova *iova = native_iova(run, arguments->slot);

	if (!iova)
		return KDMA_EINVAL;
	values[0] = dma_iova_size(&iova->state);
	return KDMA_OK;
}

/* The pages of some bytes of a range, @count of them; NULL where they leave it. */
static struct native_link *native_pages(struct native_iova *iova, uint64_t offset,
					uint64_t size, uint64_t *count)
{
	uint64_t from, to;

	if (!iova || !size || !iova->page_count || offset > dma_iova_size(&iova->state) ||
	    size > dma_iova_size(&iova->state) - offset)
		return NULL;
	from = (iova->state.addr + offset) / PAGE_SIZE - iova->state.addr / PAGE_SIZE;
	to = (iova->state.addr + offset + size - 1) / PAGE_SIZE -
	     iova->state.addr / PAGE_SIZE;
	*count = to - from + 1;
	return iova->pages + from;
}

/* Are these pages linked like this? Without a sync in the end is as good. */
static bool native_is_linked(const struct native_link *pages, uint64_t count,
			     uint32_t direction, uint64_t attributes)
{
	for (; count; count--, pages++) {
		if (pages->direction != direction)
			return false;
		if (direction && pages->attributes != attributes &&
		    (pages->attributes | KDMA_ATTR_SKIP_CPU_SYNC) != attributes)
			return false;
	}
	return true;
}

/* Do these pages cut a link in two? The kernel warns of that on some IOMMUs. */
static bool native_cuts(const struct native_iova *iova, const struct native_link *pages,
			uint64_t count)
{
	const struct native_link *after = pages + count;

	return !pages->is_first || (after < iova->pages + iova->page_count &&
				    after->direction && !after->is_first);
}

static int32_t native_iova_link(struct kdma_run *run,
				const struct kdma_iova_link_arguments *arguments,
				uint64_t *values)
{
	struct native_iova *iova = native_iova(run, arguments->slot);
	const struct kdma_buffer *buffer = &run->buffers[arguments->buffer];
	uint64_t physical = buffer->physical_address + arguments->offset, count, i;
	enum dma_data_direction direction;
	struct native_link *pages;
	unsigned long native;
	int32_t status;
	int error;

	pages = native_pages(iova, arguments->iova_offset, arguments->size, &count);
	if (!pages || !native_direction(arguments->direction, &direction))
		return KDMA_EINVAL;
	status = native_attributes(arguments->attributes, KDMA_ATTRS_OF_PHYS, &native);
	if (status)
		return status;
	/* The kernel warns of some of these. */
	if (((iova->state.addr + arguments->iova_offset) ^ physical) & ~PAGE_MASK ||
	    (arguments->iova_offset && physical & ~PAGE_MASK) ||
	    !native_is_linked(pages, count, 0, 0))
		return KDMA_EINVAL;
	/* And of this: not to bounce, in a range where something does. */
	if ((arguments->attributes & KDMA_ATTR_REQUIRE_COHERENT) &&
	    (iova->state.__size & DMA_IOVA_USE_SWIOTLB))
		return KDMA_EMAPPING;
	error = dma_iova_link(native_device(run), &iova->state, physical,
			      arguments->iova_offset, arguments->size, direction, native);
	if (error)
		return error == -ENOMEM ? KDMA_ENOMEM : KDMA_EMAPPING;
	for (i = 0; i < count; i++)
		pages[i] = (struct native_link){
			.attributes = arguments->attributes,
			.direction = arguments->direction,
			.is_first = !i,
		};
	return KDMA_OK;
}

static int32_t native_iova_sync(struct kdma_run *run,
				const struct kdma_iova_sync_arguments *arguments,
				uint64_t *values)
{
	struct native_iova *iova = native_iova(run, arguments->slot);
	struct native_link *pages;
	uint64_t count, i;
	int error;

	pages = native_pages(iova, arguments->iova_offset, arguments->size, &count);
	if (!pages)
		return KDMA_EINVAL;
	for (i = 0; i < count; i++)
		if (!pages[i].direction)
			return KDMA_EINVAL;
	error = dma_iova_sync(native_device(run), &iova->state, arguments->iova_offset,
			      arguments->size);
	if (error)
		return error == -ENOMEM ? KDMA_ENOMEM : KDMA_EMAPPING;
	return KDMA_OK;
}

static int32_t native_iova_unlink(struct kdma_run *run,
				  const struct kdma_iova_unlink_arguments *arguments,
				  uint64_t *values)
{
	struct native_iova *iova = native_iova(run, arguments->slot);
	enum dma_data_direction direction;
	struct native_link *pages;
	unsigned long native;
	uint64_t count;
	int32_t status;

	pages = native_pages(iova, arguments->iova_offset, arguments->size, &count);
	if (!pages || !native_direction(arguments->direction, &direction) ||
	    (arguments->iova_offset &&
	     (iova->state.addr + arguments->iova_offset) & ~PAGE_MASK))
		return KDMA_EINVAL;
	status = native_attributes(arguments->attributes, KDMA_ATTRS_OF_PHYS, &native);
	if (status)
		return status;
	if (!native_is_linked(pages, count, arguments->direction,
			      arguments->attributes) ||
	    native_cuts(iova, pages, count))
		return KDMA_EINVAL;
	dma_iova_unlink(native_device(run), &iova->state, arguments->iova_offset,
			arguments->size, direction, native);
	memset(pages, 0, count * sizeof(*pages));
	return KDMA_OK;
}

static int32_t native_iova_destroy(struct kdma_run *run,
				   const struct kdma_iova_destroy_arguments *arguments,
				   uint64_t *values)
{
	struct native_iova *iova = native_iova(run, arguments->slot);
	enum dma_data_direction direction;
	unsigned long native;
	uint64_t count = 0;
	int32_t status;

	if (!iova || !native_direction(arguments->direction, &direction) ||
	    (arguments->linked && !native_pages(iova, 0, arguments->linked, &count)))
		return KDMA_EINVAL;
	status = native_attributes(arguments->attributes, KDMA_ATTRS_OF_PHYS, &native);
	if (status)
		return status;
	if (!native_is_linked(iova->pages, count, arguments->direction,
			      arguments->attributes) ||
	    !native_is_linked(iova->pages + count, iova->page_count - count, 0, 0))
		return KDMA_EINVAL;
	if (iova->page_count)
		dma_iova_destroy(native_device(run), &iova->state, arguments->linked,
				 direction, native);
	kvfree(iova);
	return kdma_iova_released(run, arguments->slot, KDMA_OK);
}

static int32_t native_iova_free(struct kdma_run *run,
				const struct kdma_iova_free_arguments *arguments,
				uint64_t *values)
{
	struct native_iova *iova = native_iova(run, arguments->slot);

	if (!iova || !native_is_linked(iova->pages, iova->page_count, 0, 0))
		return KDMA_EINVAL;
	if (iova->page_count)
		dma_iova_free(native_device(run), &iova->state);
	kvfree(iova);
	return kdma_iova_released(run, arguments->slot, KDMA_OK);
}
#else
/* A kernel without the API: there is no range, and nothing to do with it. */
static int32_t
native_iova_try_alloc(struct kdma_run *run,
		      const struct kdma_iova_try_alloc_arguments *arguments,
		      uint64_t *values)
{
	int32_t status = KDMA_EINVAL;
	gfp_t gfp;

	if (arguments->size && !(arguments->size >> 62))
		status = native_gfp(arguments->flags, &gfp);
	return kdma_iova_defined(run, arguments->slot, status ? status : KDMA_ENOTSUPP,
				 (struct kdma_raw_slot){}, KDMA_MAPPING_ERROR, values);
}

#define WITHOUT_IOVA(name) \
	static int32_t native_##name(struct kdma_run *run, \
				     const struct kdma_##name##_arguments *arguments, \
				     uint64_t *values) \
	{ \
		return KDMA_EINVAL; \
	}
WITHOUT_IOVA(iova_destroy)
WITHOUT_IOVA(iova_free)
WITHOUT_IOVA(iova_link)
WITHOUT_IOVA(iova_size)
WITHOUT_IOVA(iova_sync)
WITHOUT_IOVA(iova_unlink)
WITHOUT_IOVA(use_iova)
#undef WITHOUT_IOVA
#endif

/* Family: refusals */

/*
 * The kernel's own API refuses none of this, it breaks down. What the ABI
 * promises to answer instead stands here.
 */
static int32_t native_refuse(struct kdma_run *run,
			     const struct kdma_refuse_arguments *arguments,
			     uint64_t *values)
{
	return KDMA_EINVAL;
}

/* Sorted by name. */
static const struct kdma_calls native_calls = {
	.abi_attributes = native_abi_attributes,
	.abi_version = native_abi_version,
	.addressing_limited = native_addressing_limited,
	.alloc_attrs = native_alloc_attrs,
	.alloc_coherent = native_alloc_coherent,
	.alloc_noncoherent = native_alloc_noncoherent,
	.alloc_noncontiguous = native_alloc_noncontiguous,
	.alloc_pages = native_alloc_pages,
	.can_mmap = native_can_mmap,
	.free_attrs = native_free_attrs,
	.free_coherent = native_free_coherent,
	.free_noncoherent = native_free_noncoherent,
	.free_noncontiguous = native_free_noncontiguous,
	.free_pages = native_free_pages,
	.get_cache_alignment = native_get_cache_alignment,
	.get_mask = native_get_mask,
	.get_max_seg_size = native_get_max_seg_size,
	.get_merge_boundary = native_get_merge_boundary,
	.get_min_align_mask = native_get_min_align_mask,
	.get_required_mask = native_get_required_mask,
	.get_seg_boundary = native_get_seg_boundary,
	.get_sgtable = native_get_sgtable,
	.get_sgtable_attrs = native_get_sgtable_attrs,
	.iova_destroy = native_iova_destroy,
	.iova_free = native_iova_free,
	.iova_link = native_iova_link,
	.iova_size = native_iova_size,
	.iova_sync = native_iova_sync,
	.iova_try_alloc = native_iova_try_alloc,
	.iova_unlink = native_iova_unlink,
	.managed_alloc_attrs = native_managed_alloc_attrs,
	.managed_alloc_coherent = native_managed_alloc_coherent,
	.managed_free_coherent = native_managed_free_coherent,
	.managed_pool_create = native_managed_pool_create,
	.managed_pool_destroy = native_managed_pool_destroy,
	.map_page = native_map_page,
	.map_page_attrs = native_map_page_attrs,
	.map_phys = native_map_phys,
	.map_resource = native_map_resource,
	.map_sg_attrs = native_map_sg_attrs,
	.map_sgtable = native_map_sgtable,
	.map_single = native_map_single,
	.map_single_attrs = native_map_single_attrs,
	.mapping_error = native_mapping_error,
	.max_mapping_size = native_max_mapping_size,
	.need_sync = native_need_sync,
	.opt_mapping_size = native_opt_mapping_size,
	.pci_p2pdma_supported = native_pci_p2pdma_supported,
	.pool_alloc = native_pool_alloc,
	.pool_create = native_pool_create,
	.pool_destroy = native_pool_destroy,
	.pool_free = native_pool_free,
	.pool_zalloc = native_pool_zalloc,
	.refuse = native_refuse,
	.set_coherent_mask = native_set_coherent_mask,
	.set_mask = native_set_mask,
	.set_mask_and_coherent = native_set_mask_and_coherent,
	.set_max_seg_size = native_set_max_seg_size,
	.set_min_align_mask = native_set_min_align_mask,
	.set_seg_boundary = native_set_seg_boundary,
	.sg_add = native_sg_add,
	.sg_alloc = native_sg_alloc,
	.sg_free = native_sg_free,
	.sg_segment = native_sg_segment,
	.sync_sg_for_cpu = native_sync_sg_for_cpu,
	.sync_sg_for_device = native_sync_sg_for_device,
	.sync_sgtable_for_cpu = native_sync_sgtable_for_cpu,
	.sync_sgtable_for_device = native_sync_sgtable_for_device,
	.sync_single_for_cpu = native_sync_single_for_cpu,
	.sync_single_for_device = native_sync_single_for_device,
	.sync_single_range_for_cpu = native_sync_single_range_for_cpu,
	.sync_single_range_for_device = native_sync_single_range_for_device,
	.unmap_page = native_unmap_page,
	.unmap_page_attrs = native_unmap_page_attrs,
	.unmap_phys = native_unmap_phys,
	.unmap_resource = native_unmap_resource,
	.unmap_sg_attrs = native_unmap_sg_attrs,
	.unmap_sgtable = native_unmap_sgtable,
	.unmap_single = native_unmap_single,
	.unmap_single_attrs = native_unmap_single_attrs,
	.use_iova = native_use_iova,
	.vmap_noncontiguous = native_vmap_noncontiguous,
	.vunmap_noncontiguous = native_vunmap_noncontiguous,
};

static int32_t native_run(struct kdma_run *run)
{
	return kdma_raw_run(run, &native_calls);
}

static const struct kdma_driver native_driver = {
	.kind = KDMA_DRIVER_NATIVE,
	.operation_table = KDMA_OPERATION_TABLE,
	.state_size = kdma_raw_state_size,
	.run = native_run,
};

KDMA_DRIVER_MODULE(native_driver);
MODULE_DESCRIPTION("Runs DMA programs in C through the kernel's own DMA API");
