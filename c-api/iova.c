// SPDX-License-Identifier: GPL-2.0
/* Family: iova. The functions are documented in kdma.h. */
#include <linux/mm.h>
#include <linux/slab.h>

#include "translate.h"

/*
 * The API came with Linux kernel commit 433a76207dcf ("dma-mapping: Implement
 * link/unlink ranges API") (in v6.16). Kbuild probes for a function's name; that
 * the probe fails for another reason must not look like a kernel without the API.
 * Of what stands in for it, nothing is called: there is no state to call it with.
 */
#ifdef KDMA_HAVE_DMA_IOVA
#define KDMA_HAS_IOVA true
#else
#ifdef DMA_IOVA_USE_SWIOTLB
#error "the kernel has DMA_IOVA_USE_SWIOTLB, but the probe dma_iova.c fails"
#endif
#define KDMA_HAS_IOVA							false
struct dma_iova_state {
	dma_addr_t addr;
};
#define dma_iova_try_alloc(dev, state, phys, size)			false
#define dma_use_iova(state)						false
#define dma_iova_size(state)						0
#define dma_iova_link(dev, state, phys, offset, size, direction, attrs) -EOPNOTSUPP
#define dma_iova_sync(dev, state, offset, size)				-EOPNOTSUPP
#define dma_iova_unlink(dev, state, offset, size, direction, attrs)	((void)(attrs))
#define dma_iova_destroy(dev, state, size, direction, attrs)		((void)(attrs))
#define dma_iova_free(dev, state)					((void)0)
#endif

/* Room for alignment and for the bit that the kernel keeps beside the size. */
#define KDMA_IOVA_SIZE_LIMIT (1ULL << 62)

/*
 * How a page of the range is linked: attributes and direction, and a bit for the
 * first page of a link; 0: not at all.
 */
typedef uint16_t kdma_iova_link_t;
#define KDMA_IOVA_DIRECTION_BITS 2
#define KDMA_IOVA_LINK_BEGINS	 0x8000
static_assert(KDMA_BIDIRECTIONAL < 1 << KDMA_IOVA_DIRECTION_BITS);
static_assert(KDMA_ATTRS_OF_PHYS < KDMA_IOVA_LINK_BEGINS >> KDMA_IOVA_DIRECTION_BITS);
#define KDMA_IOVA_LINK_SKIPS (KDMA_ATTR_SKIP_CPU_SYNC << KDMA_IOVA_DIRECTION_BITS)

/*
 * The kernel does not look whether there are links where it is told so: it warns,
 * or links other memory over them. The state remembers.
 */
struct kdma_iova_state {
	struct dma_iova_state native;
	struct kdma_device *device;
	kdma_iova_link_t *links;
	/* How many pages the range has, and so how many links. */
	uint64_t page_count;
};

/* Pages of a range, up to but not including @end. */
struct kdma_iova_pages {
	uint64_t first;
	uint64_t end;
};

static struct kdma_iova_pages kdma_iova_pages(struct kdma_iova_state *state,
					      uint64_t offset, uint64_t size)
{
	uint64_t start = offset_in_page(state->native.addr) + offset;

	return (struct kdma_iova_pages){
		.first = start >> PAGE_SHIFT,
		.end = (start + size + PAGE_SIZE - 1) >> PAGE_SHIFT,
	};
}

static kdma_iova_link_t kdma_iova_link_of(uint32_t direction, uint64_t attributes)
{
	return attributes << KDMA_IOVA_DIRECTION_BITS | direction;
}

/*
 * Is there a range for the device, and are these bytes, some at least, within it?
 * No range has a device that is null.
 */
static bool kdma_iova_is_inside(struct kdma_device *device, struct kdma_iova_state *state,
				uint64_t offset, uint64_t size)
{
	return state && state->device == device && size &&
	       offset <= dma_iova_size(&state->native) &&
	       size <= dma_iova_size(&state->native) - offset;
}

/* Does a link begin at a page, as the kernel wants it? */
static bool kdma_iova_is_aligned(struct kdma_iova_state *state, uint64_t offset)
{
	return !offset || !offset_in_page(state->native.addr + offset);
}

static bool kdma_iova_is_free(struct kdma_iova_state *state, struct kdma_iova_pages pages)
{
	for (; pages.first < pages.end; pages.first++)
		if (state->links[pages.first])
			return false;
	return true;
}

/* Does a link, or a part of the range without one, begin at a page or the end? */
static bool kdma_iova_begins(struct kdma_iova_state *state, uint64_t page)
{
	return page == state->page_count || !state->links[page] ||
	       (state->links[page] & KDMA_IOVA_LINK_BEGINS);
}

/*
 * Are these whole links, all like this or like this with a sync? Not every IOMMU
 * can end a part of one: with virtio's the kernel warns.
 */
static bool kdma_iova_is_linked(struct kdma_iova_state *state,
				struct kdma_iova_pages pages, kdma_iova_link_t link)
{
	if (!kdma_iova_begins(state, pages.first) || !kdma_iova_begins(state, pages.end))
		return false;
	for (; pages.first < pages.end; pages.first++) {
		kdma_iova_link_t made = state->links[pages.first];

		/* Nothing is linked without a direction: 0 is never like a link. */
		made &= ~KDMA_IOVA_LINK_BEGINS;
		if (made != link && (made | KDMA_IOVA_LINK_SKIPS) != link)
			return false;
	}
	return true;
}

static void kdma_iova_set(struct kdma_iova_state *state, struct kdma_iova_pages pages,
			  kdma_iova_link_t link)
{
	for (; pages.first < pages.end; pages.first++)
		state->links[pages.first] = link;
}

int32_t kdma_iova_try_alloc(struct kdma_device *device, uint64_t physical_address,
			    uint64_t size, uint32_t flags, struct kdma_iova_state **state,
			    kdma_address_t *dma_address)
{
	struct kdma_iova_state *made;
	int32_t error;
	gfp_t gfp;

	if (!device || !kdma_size_is_valid(size) || size >= KDMA_IOVA_SIZE_LIMIT ||
	    !state || !dma_address)
		return KDMA_EINVAL;
	error = kdma_to_gfp(flags, &gfp);
	if (error)
		return error;
	if (!KDMA_HAS_IOVA)
		return KDMA_ENOTSUPP;
	made = kzalloc(sizeof(*made), gfp);
	if (!made)
		return KDMA_ENOMEM;
	made->device = device;
	*dma_address = KDMA_MAPPING_ERROR;
	if (dma_iova_try_alloc(kdma_to_device(device), &made->native, physical_address,
			       size)) {
		made->page_count = kdma_iova_pages(made, 0, size).end;
		/* Without a word: the range may be larger than any memory. */
		made->links = kvcalloc(made->page_count, sizeof(*made->links),
				       gfp | __GFP_NOWARN);
		if (!made->links) {
			dma_iova_free(kdma_to_device(device), &made->native);
			kfree(made);
			return KDMA_ENOMEM;
		}
		*dma_address = made->native.addr;
	}
	*state = made;
	return KDMA_OK;
}
KDMA_EXPORT(kdma_iova_try_alloc);

int32_t kdma_use_iova(struct kdma_iova_state *state, uint32_t *used)
{
	if (!state || !used)
		return KDMA_EINVAL;
	*used = dma_use_iova(&state->native);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_use_iova);

int32_t kdma_iova_size(struct kdma_iova_state *state, uint64_t *size)
{
	if (!state || !size)
		return KDMA_EINVAL;
	*size = dma_iova_size(&state->native);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_iova_size);

/*
 * The kernel warns of a link that must not bounce in a range that has bounced
 * links.
 */
static bool kdma_iova_refuses(struct kdma_iova_state *state, uint64_t attributes)
{
#ifdef DMA_IOVA_USE_SWIOTLB
	return (attributes & KDMA_ATTR_REQUIRE_COHERENT) &&
	       (state->native.__size & DMA_IOVA_USE_SWIOTLB);
#else
	return false;
#endif
}

int32_t kdma_iova_link(struct kdma_device *device, struct kdma_iova_state *state,
		       uint64_t physical_address, uint64_t offset, uint64_t size,
		       uint32_t direction, uint64_t attributes)
{
	struct kdma_iova_pages pages;
	unsigned long native;
	int32_t error;

	if (!kdma_iova_is_inside(device, state, offset, size) ||
	    !kdma_direction_is_valid(direction) ||
	    physical_address > U64_MAX - (size - 1) ||
	    offset_in_page(physical_address) !=
		    offset_in_page(state->native.addr + offset) ||
	    !kdma_iova_is_aligned(state, offset))
		return KDMA_EINVAL;
	error = kdma_to_attributes(attributes, KDMA_ATTRS_OF_PHYS, &native);
	if (error)
		return error;
	/* Without MMIO there must be a page behind it. */
	if (!(attributes & KDMA_ATTR_MMIO) && !pfn_valid(PHYS_PFN(physical_address)))
		return KDMA_EINVAL;
	pages = kdma_iova_pages(state, offset, size);
	if (!kdma_iova_is_free(state, pages))
		return KDMA_EINVAL;
	if (kdma_iova_refuses(state, attributes))
		return KDMA_EMAPPING;
	error = kdma_from_map_errno(dma_iova_link(kdma_to_device(device), &state->native,
						  physical_address, offset, size,
						  kdma_to_direction(direction), native));
	if (!error) {
		kdma_iova_set(state, pages, kdma_iova_link_of(direction, attributes));
		state->links[pages.first] |= KDMA_IOVA_LINK_BEGINS;
	}
	return error;
}
KDMA_EXPORT(kdma_iova_link);

int32_t kdma_iova_sync(struct kdma_device *device, struct kdma_iova_state *state,
		       uint64_t offset, uint64_t size)
{
	struct kdma_iova_pages pages;

	if (!kdma_iova_is_inside(device, state, offset, size))
		return KDMA_EINVAL;
	for (pages = kdma_iova_pages(state, offset, size); pages.first < pages.end;
	     pages.first++)
		if (!state->links[pages.first])
			return KDMA_EINVAL;
	return kdma_from_map_errno(
		dma_iova_sync(kdma_to_device(device), &state->native, offset, size));
}
KDMA_EXPORT(kdma_iova_sync);

int32_t kdma_iova_unlink(struct kdma_device *device, struct kdma_iova_state *state,
			 uint64_t offset, uint64_t size, uint32_t direction,
			 uint64_t attributes)
{
	struct kdma_iova_pages pages;
	unsigned long native;
	int32_t error;

	if (!kdma_iova_is_inside(device, state, offset, size) ||
	    !kdma_direction_is_valid(direction) || !kdma_iova_is_aligned(state, offset))
		return KDMA_EINVAL;
	error = kdma_to_attributes(attributes, KDMA_ATTRS_OF_PHYS, &native);
	if (error)
		return error;
	pages = kdma_iova_pages(state, offset, size);
	if (!kdma_iova_is_linked(state, pages, kdma_iova_link_of(direction, attributes)))
		return KDMA_EINVAL;
	dma_iova_unlink(kdma_to_device(device), &state->native, offset, size,
			kdma_to_direction(direction), native);
	kdma_iova_set(state, pages, 0);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_iova_unlink);

static void kdma_iova_forget(struct kdma_iova_state *state)
{
	kvfree(state->links);
	kfree(state);
}

int32_t kdma_iova_destroy(struct kdma_device *device, struct kdma_iova_state *state,
			  uint64_t linked, uint32_t direction, uint64_t attributes)
{
	struct kdma_iova_pages pages = {}, rest;
	unsigned long native;
	int32_t error;

	if (!state || state->device != device || linked > dma_iova_size(&state->native) ||
	    !kdma_direction_is_valid(direction))
		return KDMA_EINVAL;
	error = kdma_to_attributes(attributes, KDMA_ATTRS_OF_PHYS, &native);
	if (error)
		return error;
	if (dma_use_iova(&state->native)) {
		if (linked)
			pages = kdma_iova_pages(state, 0, linked);
		rest.first = pages.end;
		rest.end = state->page_count;
		if (!kdma_iova_is_linked(state, pages,
					 kdma_iova_link_of(direction, attributes)) ||
		    !kdma_iova_is_free(state, rest))
			return KDMA_EINVAL;
		dma_iova_destroy(kdma_to_device(device), &state->native, linked,
				 kdma_to_direction(direction), native);
	}
	kdma_iova_forget(state);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_iova_destroy);

int32_t kdma_iova_free(struct kdma_device *device, struct kdma_iova_state *state)
{
	struct kdma_iova_pages all = {};

	if (!state || state->device != device)
		return KDMA_EINVAL;
	if (dma_use_iova(&state->native)) {
		all.end = state->page_count;
		if (!kdma_iova_is_free(state, all))
			return KDMA_EINVAL;
		dma_iova_free(kdma_to_device(device), &state->native);
	}
	kdma_iova_forget(state);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_iova_free);
