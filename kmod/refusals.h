/* SPDX-License-Identifier: GPL-2.0 */
/* Generated from kdma.h by `./kdma generate`. Do not edit. */
/*
 * refusals.h - calls of every function of the ABI with one argument that is wrong
 *
 * All others are right, so that nothing else can be the reason to refuse it.
 * Nothing but what kdma.h says is refused is called: a program can do no harm.
 */
#ifndef KDMA_REFUSALS_H
#define KDMA_REFUSALS_H

#include "slots.h"

/* Stays in out parameters that are not written to. */
#define KDMA_UNWRITTEN 0x5a5a5a5a5a5a5a5a
#define KDMA_OUT_COUNT 7

/* Not the device that anything belongs to. Nobody looks into it. */
static const uint64_t kdma_other_device[512];

/* What is right, for a slot or, where @of is none, for the first buffer. */
struct kdma_right {
	uint64_t attributes, capacity, cpu_address, device, direction, dma_address;
	uint64_t handle, mask, page, physical_address, pool, size, zero;
	uint64_t out[KDMA_OUT_COUNT];
};

/* Of a program's first buffer; a slot knows better what it holds. */
static bool kdma_find_right(struct kdma_run *run, uint32_t of, struct kdma_right *right)
{
	const struct kdma_buffer *buffer = run->buffers;
	const struct kdma_raw_slot *made;

	if (!run->buffer_count || !buffer->page)
		return false;
	*right = (struct kdma_right){
		.capacity = 4,
		.cpu_address = (uintptr_t)buffer->cpu_address,
		.device = (uintptr_t)run->device,
		.direction = KDMA_BIDIRECTIONAL,
		.dma_address = buffer->physical_address,
		.mask = 0xffffffff,
		.page = (uintptr_t)buffer->page,
		.physical_address = buffer->physical_address,
		.size = buffer->size,
	};
	memset(right->out, 0x5a, sizeof(right->out));
	if (of >= run->slot_count)
		return true;
	made = kdma_raw_slot(run, of);
	right->attributes = made->attributes;
	right->handle = right->pool = (uintptr_t)made->cookie;
	if (made->direction)
		right->direction = made->direction;
	if (made->size)
		right->size = made->size;
	if (run->slots[of].cpu_address)
		right->cpu_address = (uintptr_t)run->slots[of].cpu_address;
	if (run->slots[of].dma_address != KDMA_MAPPING_ERROR)
		right->dma_address = run->slots[of].dma_address;
	if (made->opcode == KDMA_OP_ALLOC_PAGES)
		right->page = (uintptr_t)made->cookie;
	if (made->opcode == KDMA_OP_POOL_ALLOC)
		right->pool = (uintptr_t)kdma_raw_slot(run, made->pool)->cookie;
	return true;
}

/* Puts a word in for the argument of a kind. Is there one? */
static bool kdma_put(uint64_t *words, const char *kinds, char kind, uint64_t word)
{
	const char *found = strchr(kinds, kind);

	if (found)
		words[found - kinds] = word;
	return found;
}

/*
 * Puts bad value number @value in for an argument, and what makes it bad in for
 * another. @kinds: as below, one for each.
 */
static bool kdma_spoil(uint64_t *words, const char *kinds, const struct kdma_right *right,
		       const struct kdma_refuse_arguments *arguments)
{
	const struct {
		char kind;
		uint32_t value;
		uint64_t word;
		char other;
		uint64_t with;
	} bad[] = {
		{'a', 0, 0xffffffffffffffff},
		{'b', 0, 0x800},
		{'b', 1, 0x8000000000000000},
		{'c', 0, 0x0},
		{'c', 1, 0xffffffff},
		{'d', 0, 0x0},
		{'d', 1, 0x10000},
		{'e', 0, 0x0},
		{'e', 1, 0x4},
		{'e', 2, 0xffffffff},
		{'e', 3, 0x7},
		{'e', 4, 0xb},
		{'e', 5, 0x13},
		{'e', 6, 0x23},
		{'e', 7, 0x43},
		{'e', 8, 0x83},
		{'e', 9, 0x103},
		{'e', 10, 0x203},
		{'e', 11, 0x403},
		{'e', 12, 0x803},
		{'e', 13, 0x1003},
		{'e', 14, 0x2003},
		{'e', 15, 0x4003},
		{'e', 16, 0x8003},
		{'f', 0, 0x4},
		{'f', 1, 0x80000000},
		{'g', 0, 0xffffffff},
		{'h', 0, 0xffffffffffffffff},
		{'h', 1, 0xfffffffffffff000},
		{'i', 0, 0xffffffffffffffff},
		{'j', 0, 0x0},
		{'j', 1, 0x100000000},
		{'j', 2, 0xffffffffffffffff},
		{'k', 0, 0xffffffffffffffff},
		{'l', 0, 0x0},
		{'l', 1, (uintptr_t)kdma_other_device},
		{'m', 0, 0x80000000000000},
		{'m', 1, 0xfffffffffffff000, 'b', KDMA_ATTR_MMIO},
		{'n', 0, 0x0},
		{'o', 0, 0xfffffffffffff000},
		{'o', 1, right->physical_address, 'p', 0x80000000000000},
		{'o', 2, 0x0, 'p', right->physical_address + 1},
		{'p', 0, 0x0},
		{'q', 0, 0x0},
		{'q', 1, 0xffffffffffffffff},
	};
	size_t i;

	if (arguments->parameter >= strlen(kinds))
		return false;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (bad[i].kind != kinds[arguments->parameter] ||
		    bad[i].value != arguments->value)
			continue;
		words[arguments->parameter] = bad[i].word;
		return !bad[i].other ||
		       kdma_put(words, kinds, bad[i].other, bad[i].with);
	}
	return false;
}

static int32_t kdma_refuse(struct kdma_run *run,
			   const struct kdma_refuse_arguments *arguments, uint64_t *values)
{
	struct kdma_right right;
	int32_t status;
	size_t i;

	if (!kdma_find_right(run, arguments->of, &right))
		return KDMA_ENOTSUPP;
	switch (arguments->function) {
	case KDMA_OP_SET_MASK: {
		uint64_t words[] = {
			right.device,
			right.mask,
		};

		if (!kdma_spoil(words, "n-", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_set_mask(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1]);
		break;
	}
	case KDMA_OP_SET_COHERENT_MASK: {
		uint64_t words[] = {
			right.device,
			right.mask,
		};

		if (!kdma_spoil(words, "n-", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_set_coherent_mask(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1]);
		break;
	}
	case KDMA_OP_SET_MASK_AND_COHERENT: {
		uint64_t words[] = {
			right.device,
			right.mask,
		};

		if (!kdma_spoil(words, "n-", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_set_mask_and_coherent(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1]);
		break;
	}
	case KDMA_OP_GET_MASK: {
		uint64_t words[] = {
			right.device,
			(uintptr_t)&right.out[1],
		};

		if (!kdma_spoil(words, "nn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_get_mask(
			(struct kdma_device *)(uintptr_t)words[0],
			(uint64_t *)(uintptr_t)words[1]);
		break;
	}
	case KDMA_OP_GET_REQUIRED_MASK: {
		uint64_t words[] = {
			right.device,
			(uintptr_t)&right.out[1],
		};

		if (!kdma_spoil(words, "nn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_get_required_mask(
			(struct kdma_device *)(uintptr_t)words[0],
			(uint64_t *)(uintptr_t)words[1]);
		break;
	}
	case KDMA_OP_MAX_MAPPING_SIZE: {
		uint64_t words[] = {
			right.device,
			(uintptr_t)&right.out[1],
		};

		if (!kdma_spoil(words, "nn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_max_mapping_size(
			(struct kdma_device *)(uintptr_t)words[0],
			(uint64_t *)(uintptr_t)words[1]);
		break;
	}
	case KDMA_OP_OPT_MAPPING_SIZE: {
		uint64_t words[] = {
			right.device,
			(uintptr_t)&right.out[1],
		};

		if (!kdma_spoil(words, "nn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_opt_mapping_size(
			(struct kdma_device *)(uintptr_t)words[0],
			(uint64_t *)(uintptr_t)words[1]);
		break;
	}
	case KDMA_OP_ADDRESSING_LIMITED: {
		uint64_t words[] = {
			right.device,
			(uintptr_t)&right.out[1],
		};

		if (!kdma_spoil(words, "nn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_addressing_limited(
			(struct kdma_device *)(uintptr_t)words[0],
			(uint32_t *)(uintptr_t)words[1]);
		break;
	}
	case KDMA_OP_SET_MAX_SEG_SIZE: {
		uint64_t words[] = {
			right.device,
			right.size,
		};

		if (!kdma_spoil(words, "np", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_set_max_seg_size(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1]);
		break;
	}
	case KDMA_OP_GET_MAX_SEG_SIZE: {
		uint64_t words[] = {
			right.device,
			(uintptr_t)&right.out[1],
		};

		if (!kdma_spoil(words, "nn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_get_max_seg_size(
			(struct kdma_device *)(uintptr_t)words[0],
			(uint32_t *)(uintptr_t)words[1]);
		break;
	}
	case KDMA_OP_SET_SEG_BOUNDARY: {
		uint64_t words[] = {
			right.device,
			right.mask,
		};

		if (!kdma_spoil(words, "n-", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_set_seg_boundary(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1]);
		break;
	}
	case KDMA_OP_GET_SEG_BOUNDARY: {
		uint64_t words[] = {
			right.device,
			(uintptr_t)&right.out[1],
		};

		if (!kdma_spoil(words, "nn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_get_seg_boundary(
			(struct kdma_device *)(uintptr_t)words[0],
			(uint64_t *)(uintptr_t)words[1]);
		break;
	}
	case KDMA_OP_SET_MIN_ALIGN_MASK: {
		uint64_t words[] = {
			right.device,
			right.mask,
		};

		if (!kdma_spoil(words, "n-", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_set_min_align_mask(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1]);
		break;
	}
	case KDMA_OP_GET_MIN_ALIGN_MASK: {
		uint64_t words[] = {
			right.device,
			(uintptr_t)&right.out[1],
		};

		if (!kdma_spoil(words, "nn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_get_min_align_mask(
			(struct kdma_device *)(uintptr_t)words[0],
			(uint32_t *)(uintptr_t)words[1]);
		break;
	}
	case KDMA_OP_GET_CACHE_ALIGNMENT: {
		uint64_t words[] = {
			(uintptr_t)&right.out[0],
		};

		if (!kdma_spoil(words, "n", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_get_cache_alignment(
			(uint32_t *)(uintptr_t)words[0]);
		break;
	}
	case KDMA_OP_GET_MERGE_BOUNDARY: {
		uint64_t words[] = {
			right.device,
			(uintptr_t)&right.out[1],
		};

		if (!kdma_spoil(words, "nn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_get_merge_boundary(
			(struct kdma_device *)(uintptr_t)words[0],
			(uint64_t *)(uintptr_t)words[1]);
		break;
	}
	case KDMA_OP_PCI_P2PDMA_SUPPORTED: {
		uint64_t words[] = {
			right.device,
			(uintptr_t)&right.out[1],
		};

		if (!kdma_spoil(words, "nn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_pci_p2pdma_supported(
			(struct kdma_device *)(uintptr_t)words[0],
			(uint32_t *)(uintptr_t)words[1]);
		break;
	}
	case KDMA_OP_CAN_MMAP: {
		uint64_t words[] = {
			right.device,
			(uintptr_t)&right.out[1],
		};

		if (!kdma_spoil(words, "nn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_can_mmap(
			(struct kdma_device *)(uintptr_t)words[0],
			(uint32_t *)(uintptr_t)words[1]);
		break;
	}
	case KDMA_OP_ALLOC_COHERENT: {
		uint64_t words[] = {
			right.device,
			right.size,
			right.zero,
			(uintptr_t)&right.out[3],
			(uintptr_t)&right.out[4],
		};

		if (!kdma_spoil(words, "npfnn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_alloc_coherent(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			(void **)(uintptr_t)words[3],
			(kdma_address_t *)(uintptr_t)words[4]);
		break;
	}
	case KDMA_OP_FREE_COHERENT: {
		uint64_t words[] = {
			right.device,
			right.size,
			right.cpu_address,
			right.dma_address,
		};

		if (!kdma_spoil(words, "npna", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_free_coherent(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			(void *)(uintptr_t)words[2],
			words[3]);
		break;
	}
	case KDMA_OP_ALLOC_ATTRS: {
		uint64_t words[] = {
			right.device,
			right.size,
			right.zero,
			right.attributes,
			(uintptr_t)&right.out[4],
			(uintptr_t)&right.out[5],
		};

		if (!kdma_spoil(words, "npfbnn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_alloc_attrs(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3],
			(void **)(uintptr_t)words[4],
			(kdma_address_t *)(uintptr_t)words[5]);
		break;
	}
	case KDMA_OP_FREE_ATTRS: {
		uint64_t words[] = {
			right.device,
			right.size,
			right.cpu_address,
			right.dma_address,
			right.attributes,
		};

		if (!kdma_spoil(words, "npnab", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_free_attrs(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			(void *)(uintptr_t)words[2],
			words[3],
			words[4]);
		break;
	}
	case KDMA_OP_MAP_SINGLE: {
		uint64_t words[] = {
			right.device,
			right.cpu_address,
			right.size,
			right.direction,
			(uintptr_t)&right.out[4],
		};

		if (!kdma_spoil(words, "ndqen", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_map_single(
			(struct kdma_device *)(uintptr_t)words[0],
			(void *)(uintptr_t)words[1],
			words[2],
			words[3],
			(kdma_address_t *)(uintptr_t)words[4]);
		break;
	}
	case KDMA_OP_UNMAP_SINGLE: {
		uint64_t words[] = {
			right.device,
			right.dma_address,
			right.size,
			right.direction,
		};

		if (!kdma_spoil(words, "nape", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_unmap_single(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3]);
		break;
	}
	case KDMA_OP_MAP_SINGLE_ATTRS: {
		uint64_t words[] = {
			right.device,
			right.cpu_address,
			right.size,
			right.direction,
			right.attributes,
			(uintptr_t)&right.out[5],
		};

		if (!kdma_spoil(words, "ndqebn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_map_single_attrs(
			(struct kdma_device *)(uintptr_t)words[0],
			(void *)(uintptr_t)words[1],
			words[2],
			words[3],
			words[4],
			(kdma_address_t *)(uintptr_t)words[5]);
		break;
	}
	case KDMA_OP_UNMAP_SINGLE_ATTRS: {
		uint64_t words[] = {
			right.device,
			right.dma_address,
			right.size,
			right.direction,
			right.attributes,
		};

		if (!kdma_spoil(words, "napeb", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_unmap_single_attrs(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3],
			words[4]);
		break;
	}
	case KDMA_OP_MAP_PAGE: {
		uint64_t words[] = {
			right.device,
			right.page,
			right.zero,
			right.size,
			right.direction,
			(uintptr_t)&right.out[5],
		};

		if (!kdma_spoil(words, "nnkpen", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_map_page(
			(struct kdma_device *)(uintptr_t)words[0],
			(struct kdma_page *)(uintptr_t)words[1],
			words[2],
			words[3],
			words[4],
			(kdma_address_t *)(uintptr_t)words[5]);
		break;
	}
	case KDMA_OP_UNMAP_PAGE: {
		uint64_t words[] = {
			right.device,
			right.dma_address,
			right.size,
			right.direction,
		};

		if (!kdma_spoil(words, "nape", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_unmap_page(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3]);
		break;
	}
	case KDMA_OP_MAP_PAGE_ATTRS: {
		uint64_t words[] = {
			right.device,
			right.page,
			right.zero,
			right.size,
			right.direction,
			right.attributes,
			(uintptr_t)&right.out[6],
		};

		if (!kdma_spoil(words, "nnkpebn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_map_page_attrs(
			(struct kdma_device *)(uintptr_t)words[0],
			(struct kdma_page *)(uintptr_t)words[1],
			words[2],
			words[3],
			words[4],
			words[5],
			(kdma_address_t *)(uintptr_t)words[6]);
		break;
	}
	case KDMA_OP_UNMAP_PAGE_ATTRS: {
		uint64_t words[] = {
			right.device,
			right.dma_address,
			right.size,
			right.direction,
			right.attributes,
		};

		if (!kdma_spoil(words, "napeb", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_unmap_page_attrs(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3],
			words[4]);
		break;
	}
	case KDMA_OP_MAP_PHYS: {
		uint64_t words[] = {
			right.device,
			right.physical_address,
			right.size,
			right.direction,
			right.attributes,
			(uintptr_t)&right.out[5],
		};

		if (!kdma_spoil(words, "nmqebn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_map_phys(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3],
			words[4],
			(kdma_address_t *)(uintptr_t)words[5]);
		break;
	}
	case KDMA_OP_UNMAP_PHYS: {
		uint64_t words[] = {
			right.device,
			right.dma_address,
			right.size,
			right.direction,
			right.attributes,
		};

		if (!kdma_spoil(words, "napeb", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_unmap_phys(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3],
			words[4]);
		break;
	}
	case KDMA_OP_MAPPING_ERROR: {
		uint64_t words[] = {
			right.device,
			right.dma_address,
		};

		if (!kdma_spoil(words, "n-", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_mapping_error(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1]);
		break;
	}
	case KDMA_OP_SYNC_SINGLE_FOR_CPU: {
		uint64_t words[] = {
			right.device,
			right.dma_address,
			right.size,
			right.direction,
		};

		if (!kdma_spoil(words, "nape", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_sync_single_for_cpu(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3]);
		break;
	}
	case KDMA_OP_SYNC_SINGLE_FOR_DEVICE: {
		uint64_t words[] = {
			right.device,
			right.dma_address,
			right.size,
			right.direction,
		};

		if (!kdma_spoil(words, "nape", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_sync_single_for_device(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3]);
		break;
	}
	case KDMA_OP_SYNC_SINGLE_RANGE_FOR_CPU: {
		uint64_t words[] = {
			right.device,
			right.dma_address,
			right.zero,
			right.size,
			right.direction,
		};

		if (!kdma_spoil(words, "nakpe", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_sync_single_range_for_cpu(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3],
			words[4]);
		break;
	}
	case KDMA_OP_SYNC_SINGLE_RANGE_FOR_DEVICE: {
		uint64_t words[] = {
			right.device,
			right.dma_address,
			right.zero,
			right.size,
			right.direction,
		};

		if (!kdma_spoil(words, "nakpe", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_sync_single_range_for_device(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3],
			words[4]);
		break;
	}
	case KDMA_OP_NEED_SYNC: {
		uint64_t words[] = {
			right.device,
			right.dma_address,
			(uintptr_t)&right.out[2],
		};

		if (!kdma_spoil(words, "nan", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_need_sync(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			(uint32_t *)(uintptr_t)words[2]);
		break;
	}
	case KDMA_OP_ALLOC_PAGES: {
		uint64_t words[] = {
			right.device,
			right.size,
			right.direction,
			right.zero,
			(uintptr_t)&right.out[4],
			(uintptr_t)&right.out[5],
			(uintptr_t)&right.out[6],
		};

		if (!kdma_spoil(words, "npefnnn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_alloc_pages(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3],
			(struct kdma_page **)(uintptr_t)words[4],
			(void **)(uintptr_t)words[5],
			(kdma_address_t *)(uintptr_t)words[6]);
		break;
	}
	case KDMA_OP_FREE_PAGES: {
		uint64_t words[] = {
			right.device,
			right.size,
			right.page,
			right.dma_address,
			right.direction,
		};

		if (!kdma_spoil(words, "npnae", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_free_pages(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			(struct kdma_page *)(uintptr_t)words[2],
			words[3],
			words[4]);
		break;
	}
	case KDMA_OP_SG_ALLOC: {
		uint64_t words[] = {
			right.capacity,
			right.zero,
			(uintptr_t)&right.out[2],
		};

		if (!kdma_spoil(words, "cfn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_sg_alloc(
			words[0],
			words[1],
			(struct kdma_sg_table **)(uintptr_t)words[2]);
		break;
	}
	case KDMA_OP_SG_FREE: {
		uint64_t words[] = {
			right.handle,
		};

		if (!kdma_spoil(words, "n", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_sg_free(
			(struct kdma_sg_table *)(uintptr_t)words[0]);
		break;
	}
	case KDMA_OP_SG_ADD: {
		uint64_t words[] = {
			right.handle,
			right.page,
			right.zero,
			right.size,
		};

		if (!kdma_spoil(words, "nnkj", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_sg_add(
			(struct kdma_sg_table *)(uintptr_t)words[0],
			(struct kdma_page *)(uintptr_t)words[1],
			words[2],
			words[3]);
		break;
	}
	case KDMA_OP_MAP_SG_ATTRS: {
		uint64_t words[] = {
			right.device,
			right.handle,
			right.direction,
			right.attributes,
			(uintptr_t)&right.out[4],
		};

		if (!kdma_spoil(words, "nnebn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_map_sg_attrs(
			(struct kdma_device *)(uintptr_t)words[0],
			(struct kdma_sg_table *)(uintptr_t)words[1],
			words[2],
			words[3],
			(uint32_t *)(uintptr_t)words[4]);
		break;
	}
	case KDMA_OP_UNMAP_SG_ATTRS: {
		uint64_t words[] = {
			right.device,
			right.handle,
			right.direction,
			right.attributes,
		};

		if (!kdma_spoil(words, "lneb", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_unmap_sg_attrs(
			(struct kdma_device *)(uintptr_t)words[0],
			(struct kdma_sg_table *)(uintptr_t)words[1],
			words[2],
			words[3]);
		break;
	}
	case KDMA_OP_MAP_SGTABLE: {
		uint64_t words[] = {
			right.device,
			right.handle,
			right.direction,
			right.attributes,
		};

		if (!kdma_spoil(words, "nneb", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_map_sgtable(
			(struct kdma_device *)(uintptr_t)words[0],
			(struct kdma_sg_table *)(uintptr_t)words[1],
			words[2],
			words[3]);
		break;
	}
	case KDMA_OP_UNMAP_SGTABLE: {
		uint64_t words[] = {
			right.device,
			right.handle,
			right.direction,
			right.attributes,
		};

		if (!kdma_spoil(words, "lneb", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_unmap_sgtable(
			(struct kdma_device *)(uintptr_t)words[0],
			(struct kdma_sg_table *)(uintptr_t)words[1],
			words[2],
			words[3]);
		break;
	}
	case KDMA_OP_SYNC_SG_FOR_CPU: {
		uint64_t words[] = {
			right.device,
			right.handle,
			right.direction,
		};

		if (!kdma_spoil(words, "lne", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_sync_sg_for_cpu(
			(struct kdma_device *)(uintptr_t)words[0],
			(struct kdma_sg_table *)(uintptr_t)words[1],
			words[2]);
		break;
	}
	case KDMA_OP_SYNC_SG_FOR_DEVICE: {
		uint64_t words[] = {
			right.device,
			right.handle,
			right.direction,
		};

		if (!kdma_spoil(words, "lne", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_sync_sg_for_device(
			(struct kdma_device *)(uintptr_t)words[0],
			(struct kdma_sg_table *)(uintptr_t)words[1],
			words[2]);
		break;
	}
	case KDMA_OP_SYNC_SGTABLE_FOR_CPU: {
		uint64_t words[] = {
			right.device,
			right.handle,
			right.direction,
		};

		if (!kdma_spoil(words, "lne", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_sync_sgtable_for_cpu(
			(struct kdma_device *)(uintptr_t)words[0],
			(struct kdma_sg_table *)(uintptr_t)words[1],
			words[2]);
		break;
	}
	case KDMA_OP_SYNC_SGTABLE_FOR_DEVICE: {
		uint64_t words[] = {
			right.device,
			right.handle,
			right.direction,
		};

		if (!kdma_spoil(words, "lne", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_sync_sgtable_for_device(
			(struct kdma_device *)(uintptr_t)words[0],
			(struct kdma_sg_table *)(uintptr_t)words[1],
			words[2]);
		break;
	}
	case KDMA_OP_SG_SEGMENT: {
		uint64_t words[] = {
			right.handle,
			right.zero,
			(uintptr_t)&right.out[2],
			(uintptr_t)&right.out[3],
		};

		if (!kdma_spoil(words, "ngnn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_sg_segment(
			(struct kdma_sg_table *)(uintptr_t)words[0],
			words[1],
			(kdma_address_t *)(uintptr_t)words[2],
			(uint64_t *)(uintptr_t)words[3]);
		break;
	}
	case KDMA_OP_GET_SGTABLE: {
		uint64_t words[] = {
			right.device,
			right.cpu_address,
			right.dma_address,
			right.size,
			(uintptr_t)&right.out[4],
		};

		if (!kdma_spoil(words, "nnapn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_get_sgtable(
			(struct kdma_device *)(uintptr_t)words[0],
			(void *)(uintptr_t)words[1],
			words[2],
			words[3],
			(struct kdma_sg_table **)(uintptr_t)words[4]);
		break;
	}
	case KDMA_OP_GET_SGTABLE_ATTRS: {
		uint64_t words[] = {
			right.device,
			right.cpu_address,
			right.dma_address,
			right.size,
			right.attributes,
			(uintptr_t)&right.out[5],
		};

		if (!kdma_spoil(words, "nnapbn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_get_sgtable_attrs(
			(struct kdma_device *)(uintptr_t)words[0],
			(void *)(uintptr_t)words[1],
			words[2],
			words[3],
			words[4],
			(struct kdma_sg_table **)(uintptr_t)words[5]);
		break;
	}
	case KDMA_OP_ALLOC_NONCOHERENT: {
		uint64_t words[] = {
			right.device,
			right.size,
			right.direction,
			right.zero,
			(uintptr_t)&right.out[4],
			(uintptr_t)&right.out[5],
		};

		if (!kdma_spoil(words, "npefnn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_alloc_noncoherent(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3],
			(void **)(uintptr_t)words[4],
			(kdma_address_t *)(uintptr_t)words[5]);
		break;
	}
	case KDMA_OP_FREE_NONCOHERENT: {
		uint64_t words[] = {
			right.device,
			right.size,
			right.cpu_address,
			right.dma_address,
			right.direction,
		};

		if (!kdma_spoil(words, "npnae", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_free_noncoherent(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			(void *)(uintptr_t)words[2],
			words[3],
			words[4]);
		break;
	}
	case KDMA_OP_POOL_CREATE: {
		uint64_t words[] = {
			right.device,
			right.size,
			right.size,
			right.zero,
			(uintptr_t)&right.out[4],
		};

		if (!kdma_spoil(words, "np--n", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_pool_create(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3],
			(struct kdma_pool **)(uintptr_t)words[4]);
		break;
	}
	case KDMA_OP_POOL_DESTROY: {
		uint64_t words[] = {
			right.pool,
		};

		if (!kdma_spoil(words, "n", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_pool_destroy(
			(struct kdma_pool *)(uintptr_t)words[0]);
		break;
	}
	case KDMA_OP_POOL_ALLOC: {
		uint64_t words[] = {
			right.pool,
			right.zero,
			(uintptr_t)&right.out[2],
			(uintptr_t)&right.out[3],
		};

		if (!kdma_spoil(words, "nfnn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_pool_alloc(
			(struct kdma_pool *)(uintptr_t)words[0],
			words[1],
			(void **)(uintptr_t)words[2],
			(kdma_address_t *)(uintptr_t)words[3]);
		break;
	}
	case KDMA_OP_POOL_ZALLOC: {
		uint64_t words[] = {
			right.pool,
			right.zero,
			(uintptr_t)&right.out[2],
			(uintptr_t)&right.out[3],
		};

		if (!kdma_spoil(words, "nfnn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_pool_zalloc(
			(struct kdma_pool *)(uintptr_t)words[0],
			words[1],
			(void **)(uintptr_t)words[2],
			(kdma_address_t *)(uintptr_t)words[3]);
		break;
	}
	case KDMA_OP_POOL_FREE: {
		uint64_t words[] = {
			right.pool,
			right.cpu_address,
			right.dma_address,
		};

		if (!kdma_spoil(words, "nna", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_pool_free(
			(struct kdma_pool *)(uintptr_t)words[0],
			(void *)(uintptr_t)words[1],
			words[2]);
		break;
	}
	case KDMA_OP_ALLOC_NONCONTIGUOUS: {
		uint64_t words[] = {
			right.device,
			right.size,
			right.direction,
			right.zero,
			right.attributes,
			(uintptr_t)&right.out[5],
			(uintptr_t)&right.out[6],
		};

		if (!kdma_spoil(words, "npefbnn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_alloc_noncontiguous(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3],
			words[4],
			(struct kdma_sg_table **)(uintptr_t)words[5],
			(kdma_address_t *)(uintptr_t)words[6]);
		break;
	}
	case KDMA_OP_FREE_NONCONTIGUOUS: {
		uint64_t words[] = {
			right.device,
			right.size,
			right.handle,
			right.direction,
		};

		if (!kdma_spoil(words, "lpne", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_free_noncontiguous(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			(struct kdma_sg_table *)(uintptr_t)words[2],
			words[3]);
		break;
	}
	case KDMA_OP_VMAP_NONCONTIGUOUS: {
		uint64_t words[] = {
			right.device,
			right.size,
			right.handle,
			(uintptr_t)&right.out[3],
		};

		if (!kdma_spoil(words, "lpnn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_vmap_noncontiguous(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			(struct kdma_sg_table *)(uintptr_t)words[2],
			(void **)(uintptr_t)words[3]);
		break;
	}
	case KDMA_OP_VUNMAP_NONCONTIGUOUS: {
		uint64_t words[] = {
			right.device,
			right.handle,
		};

		if (!kdma_spoil(words, "ln", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_vunmap_noncontiguous(
			(struct kdma_device *)(uintptr_t)words[0],
			(struct kdma_sg_table *)(uintptr_t)words[1]);
		break;
	}
	case KDMA_OP_MAP_RESOURCE: {
		uint64_t words[] = {
			right.device,
			right.zero,
			right.size,
			right.direction,
			right.attributes,
			(uintptr_t)&right.out[5],
		};

		if (!kdma_spoil(words, "nopebn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_map_resource(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3],
			words[4],
			(kdma_address_t *)(uintptr_t)words[5]);
		break;
	}
	case KDMA_OP_UNMAP_RESOURCE: {
		uint64_t words[] = {
			right.device,
			right.dma_address,
			right.size,
			right.direction,
			right.attributes,
		};

		if (!kdma_spoil(words, "napeb", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_unmap_resource(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3],
			words[4]);
		break;
	}
	case KDMA_OP_IOVA_TRY_ALLOC: {
		uint64_t words[] = {
			right.device,
			right.physical_address,
			right.size,
			right.zero,
			(uintptr_t)&right.out[4],
			(uintptr_t)&right.out[5],
		};

		if (!kdma_spoil(words, "n-pfnn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_iova_try_alloc(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3],
			(struct kdma_iova_state **)(uintptr_t)words[4],
			(kdma_address_t *)(uintptr_t)words[5]);
		break;
	}
	case KDMA_OP_USE_IOVA: {
		uint64_t words[] = {
			right.handle,
			(uintptr_t)&right.out[1],
		};

		if (!kdma_spoil(words, "nn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_use_iova(
			(struct kdma_iova_state *)(uintptr_t)words[0],
			(uint32_t *)(uintptr_t)words[1]);
		break;
	}
	case KDMA_OP_IOVA_SIZE: {
		uint64_t words[] = {
			right.handle,
			(uintptr_t)&right.out[1],
		};

		if (!kdma_spoil(words, "nn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_iova_size(
			(struct kdma_iova_state *)(uintptr_t)words[0],
			(uint64_t *)(uintptr_t)words[1]);
		break;
	}
	case KDMA_OP_IOVA_LINK: {
		uint64_t words[] = {
			right.device,
			right.handle,
			right.physical_address,
			right.zero,
			right.size,
			right.direction,
			right.attributes,
		};

		if (!kdma_spoil(words, "lnmhqeb", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_iova_link(
			(struct kdma_device *)(uintptr_t)words[0],
			(struct kdma_iova_state *)(uintptr_t)words[1],
			words[2],
			words[3],
			words[4],
			words[5],
			words[6]);
		break;
	}
	case KDMA_OP_IOVA_SYNC: {
		uint64_t words[] = {
			right.device,
			right.handle,
			right.zero,
			right.size,
		};

		if (!kdma_spoil(words, "lnhq", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_iova_sync(
			(struct kdma_device *)(uintptr_t)words[0],
			(struct kdma_iova_state *)(uintptr_t)words[1],
			words[2],
			words[3]);
		break;
	}
	case KDMA_OP_IOVA_UNLINK: {
		uint64_t words[] = {
			right.device,
			right.handle,
			right.zero,
			right.size,
			right.direction,
			right.attributes,
		};

		if (!kdma_spoil(words, "lnhqeb", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_iova_unlink(
			(struct kdma_device *)(uintptr_t)words[0],
			(struct kdma_iova_state *)(uintptr_t)words[1],
			words[2],
			words[3],
			words[4],
			words[5]);
		break;
	}
	case KDMA_OP_IOVA_DESTROY: {
		uint64_t words[] = {
			right.device,
			right.handle,
			right.size,
			right.direction,
			right.attributes,
		};

		if (!kdma_spoil(words, "lnieb", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_iova_destroy(
			(struct kdma_device *)(uintptr_t)words[0],
			(struct kdma_iova_state *)(uintptr_t)words[1],
			words[2],
			words[3],
			words[4]);
		break;
	}
	case KDMA_OP_IOVA_FREE: {
		uint64_t words[] = {
			right.device,
			right.handle,
		};

		if (!kdma_spoil(words, "ln", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_iova_free(
			(struct kdma_device *)(uintptr_t)words[0],
			(struct kdma_iova_state *)(uintptr_t)words[1]);
		break;
	}
	case KDMA_OP_MANAGED_ALLOC_ATTRS: {
		uint64_t words[] = {
			right.device,
			right.size,
			right.zero,
			right.attributes,
			(uintptr_t)&right.out[4],
			(uintptr_t)&right.out[5],
		};

		if (!kdma_spoil(words, "npfbnn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_managed_alloc_attrs(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3],
			(void **)(uintptr_t)words[4],
			(kdma_address_t *)(uintptr_t)words[5]);
		break;
	}
	case KDMA_OP_MANAGED_ALLOC_COHERENT: {
		uint64_t words[] = {
			right.device,
			right.size,
			right.zero,
			(uintptr_t)&right.out[3],
			(uintptr_t)&right.out[4],
		};

		if (!kdma_spoil(words, "npfnn", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_managed_alloc_coherent(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			(void **)(uintptr_t)words[3],
			(kdma_address_t *)(uintptr_t)words[4]);
		break;
	}
	case KDMA_OP_MANAGED_FREE_COHERENT: {
		uint64_t words[] = {
			right.device,
			right.size,
			right.cpu_address,
			right.dma_address,
		};

		if (!kdma_spoil(words, "npna", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_managed_free_coherent(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			(void *)(uintptr_t)words[2],
			words[3]);
		break;
	}
	case KDMA_OP_MANAGED_POOL_CREATE: {
		uint64_t words[] = {
			right.device,
			right.size,
			right.size,
			right.zero,
			(uintptr_t)&right.out[4],
		};

		if (!kdma_spoil(words, "np--n", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_managed_pool_create(
			(struct kdma_device *)(uintptr_t)words[0],
			words[1],
			words[2],
			words[3],
			(struct kdma_pool **)(uintptr_t)words[4]);
		break;
	}
	case KDMA_OP_MANAGED_POOL_DESTROY: {
		uint64_t words[] = {
			right.pool,
		};

		if (!kdma_spoil(words, "n", &right, arguments))
			return KDMA_ENOTSUPP;
		status = kdma_managed_pool_destroy(
			(struct kdma_pool *)(uintptr_t)words[0]);
		break;
	}
	default:
		return KDMA_ENOTSUPP;
	}
	for (i = 0; i < KDMA_OUT_COUNT; i++)
		if (status && right.out[i] != KDMA_UNWRITTEN)
			return KDMA_EUNKNOWN;
	return status;
}

#endif /* KDMA_REFUSALS_H */
