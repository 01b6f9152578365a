/* SPDX-License-Identifier: GPL-2.0 */
/*
 * slots.h - the book-keeping that the C drivers share
 *
 * The calls themselves are written by hand in each driver; what a slot holds
 * afterwards, and what is left when a program ends, is the same for all.
 */
#ifndef KDMA_SLOTS_H
#define KDMA_SLOTS_H

#include <linux/kernel.h>

#include "executor.h"

/**
 * struct kdma_raw_slot - how a slot was defined; a C driver's own state
 * @size: bytes
 * @attributes: bits of enum kdma_attribute
 * @cookie: the CPU address or cookie of coherent memory, the page of pages, a
 *          scatterlist, a pool, a range of IOVAs
 * @direction: enum kdma_direction
 * @opcode: of the defining operation
 * @mapped_by: of the operation that mapped a scatterlist; 0: it is not mapped
 * @pool: the slot with the pool that memory is from
 */
struct kdma_raw_slot {
	uint64_t size;
	uint64_t attributes;
	void *cookie;
	uint32_t direction;
	uint16_t opcode;
	uint16_t mapped_by;
	uint32_t pool;
};

static uint64_t kdma_raw_state_size(uint32_t slot_count)
{
	return (uint64_t)slot_count * sizeof(struct kdma_raw_slot);
}

static struct kdma_raw_slot *kdma_raw_slot(struct kdma_run *run, uint32_t slot)
{
	return (struct kdma_raw_slot *)run->state + slot;
}

/*
 * Records what a defining call gave. @made: how it was defined, its cookie
 * included; @cpu_address: what the CPU may touch. Returns @status.
 */
static int32_t kdma_defined(struct kdma_run *run, uint32_t number, int32_t status,
			    struct kdma_raw_slot made, void *cpu_address,
			    kdma_address_t address, uint64_t *values)
{
	struct kdma_slot *slot = &run->slots[number];

	values[0] = address;
	if (status) {
		*slot = (struct kdma_slot){
			.dma_address = KDMA_MAPPING_ERROR,
			.state = KDMA_SLOT_FAILED,
		};
		*kdma_raw_slot(run, number) = (struct kdma_raw_slot){};
		return status;
	}
	*slot = (struct kdma_slot){
		.cpu_address = cpu_address,
		.dma_address = address,
		.size = made.size,
		.state = made.direction && !made.cookie ? KDMA_SLOT_MAPPED
							: KDMA_SLOT_ALLOCATED,
	};
	*kdma_raw_slot(run, number) = made;
	return status;
}

/* Records what a releasing call gave. Returns @status. */
static int32_t kdma_released(struct kdma_run *run, uint32_t number, int32_t status)
{
	struct kdma_slot *slot = &run->slots[number];

	if (status)
		return status;
	slot->cpu_address = NULL;
	slot->state =
		slot->state == KDMA_SLOT_MAPPED ? KDMA_SLOT_UNMAPPED : KDMA_SLOT_FREED;
	return status;
}

/* Records what making a scatterlist or a pool gave. Returns @status. */
static int32_t kdma_handle_defined(struct kdma_run *run, uint32_t number, int32_t status,
				   struct kdma_raw_slot made)
{
	run->slots[number] = (struct kdma_slot){
		.dma_address = KDMA_MAPPING_ERROR,
		.state = status ? KDMA_SLOT_FAILED : KDMA_SLOT_HANDLE,
	};
	*kdma_raw_slot(run, number) = status ? (struct kdma_raw_slot){} : made;
	return status;
}

/* Records that it is gone. Returns @status. */
static int32_t kdma_handle_released(struct kdma_run *run, uint32_t number, int32_t status)
{
	if (!status) {
		run->slots[number].state = KDMA_SLOT_FREED;
		*kdma_raw_slot(run, number) = (struct kdma_raw_slot){};
	}
	return status;
}

/* Family: scatterlist */

/* Records what mapping a list gave. Its segments are yet to be seen. */
static int32_t kdma_list_mapped(struct kdma_run *run, uint32_t number, int32_t status,
				uint16_t opcode, uint32_t direction, uint64_t attributes)
{
	struct kdma_raw_slot *made = kdma_raw_slot(run, number);

	if (status)
		return status;
	run->slots[number].state = KDMA_SLOT_MAPPED;
	run->slots[number].size = 0;
	run->slots[number].segment_count = 0;
	made->mapped_by = opcode;
	made->direction = direction;
	made->attributes = attributes;
	return status;
}

/* Records that a list is not mapped any more. Returns @status. */
static int32_t kdma_list_unmapped(struct kdma_run *run, uint32_t number, int32_t status)
{
	if (!status) {
		run->slots[number].state = KDMA_SLOT_UNMAPPED;
		kdma_raw_slot(run, number)->mapped_by = 0;
	}
	return status;
}

/*
 * Tells the core about a segment, if it follows those seen before. Returns
 * @status.
 */
static int32_t kdma_list_segment(struct kdma_run *run, uint32_t number, uint32_t index,
				 int32_t status, kdma_address_t address, uint64_t size,
				 uint64_t *values)
{
	struct kdma_slot *slot = &run->slots[number];

	if (status)
		return status;
	values[0] = address;
	values[1] = size;
	if (index == slot->segment_count && index < KDMA_MAX_SEGMENTS) {
		slot->segments[index].dma_address = address;
		slot->segments[index].size = size;
		slot->segment_count++;
		slot->size += size;
	}
	return status;
}

/* Ends the mapping of a list that a program left, and frees it. */
static void kdma_release_list(struct kdma_run *run, const struct kdma_calls *calls,
			      uint32_t number, uint64_t *values)
{
	const struct kdma_raw_slot *made = kdma_raw_slot(run, number);
	const struct kdma_unmap_sg_attrs_arguments by_attrs = {
		.slot = number,
		.direction = made->direction,
		.attributes = made->attributes,
	};
	const struct kdma_unmap_sgtable_arguments by_table = {
		.slot = number,
		.direction = made->direction,
		.attributes = made->attributes,
	};
	const struct kdma_sg_free_arguments free = {.slot = number};

	if (made->mapped_by == KDMA_OP_MAP_SG_ATTRS)
		calls->unmap_sg_attrs(run, &by_attrs, values);
	else if (made->mapped_by == KDMA_OP_MAP_SGTABLE)
		calls->unmap_sgtable(run, &by_table, values);
	calls->sg_free(run, &free, values);
}

/* Does the device free what was defined like this? */
static bool kdma_is_managed(uint16_t opcode)
{
	return opcode == KDMA_OP_MANAGED_ALLOC_ATTRS ||
	       opcode == KDMA_OP_MANAGED_ALLOC_COHERENT;
}

/* Family: iova */

/* Records a range, or a state without one. Returns @status. */
static int32_t kdma_iova_defined(struct kdma_run *run, uint32_t number, int32_t status,
				 struct kdma_raw_slot made, kdma_address_t address,
				 uint64_t *values)
{
	kdma_handle_defined(run, number, status, made);
	values[0] = address;
	if (!status && address != KDMA_MAPPING_ERROR) {
		run->slots[number].dma_address = address;
		run->slots[number].size = made.size;
		run->slots[number].state = KDMA_SLOT_MAPPED;
	}
	return status;
}

/* Records that the range is gone. Returns @status. */
static int32_t kdma_iova_released(struct kdma_run *run, uint32_t number, int32_t status)
{
	if (status)
		return status;
	*kdma_raw_slot(run, number) = (struct kdma_raw_slot){};
	run->slots[number].state = run->slots[number].state == KDMA_SLOT_MAPPED
					   ? KDMA_SLOT_UNMAPPED
					   : KDMA_SLOT_FREED;
	return status;
}

/* Where the arguments of iova_link stand (operations.toml). */
enum {
	KDMA_IOVA_LINK_IOVA_OFFSET = 2,
	KDMA_IOVA_LINK_SIZE = 3,
	KDMA_IOVA_LINK_DIRECTION = 4,
	KDMA_IOVA_LINK_ATTRIBUTES = 5,
};

/*
 * Ends the links of a range that a program left, and frees it. Goes through all
 * that the program linked there: what is not linked any more is refused.
 */
static void kdma_release_iova(struct kdma_run *run, const struct kdma_calls *calls,
			      uint32_t number, uint64_t *values)
{
	const struct kdma_iova_free_arguments free = {.slot = number};
	uint32_t i;

	for (i = 0; i < run->operation_count; i++) {
		const struct kdma_operation *link = &run->operations[i];
		const struct kdma_iova_unlink_arguments unlink = {
			.slot = number,
			.iova_offset = link->arguments[KDMA_IOVA_LINK_IOVA_OFFSET],
			.size = link->arguments[KDMA_IOVA_LINK_SIZE],
			.direction = link->arguments[KDMA_IOVA_LINK_DIRECTION],
			.attributes = link->arguments[KDMA_IOVA_LINK_ATTRIBUTES],
		};

		if (link->opcode == KDMA_OP_IOVA_LINK && link->slot == number &&
		    !run->results[i].status)
			calls->iova_unlink(run, &unlink, values);
	}
	/* One that does not go is not counted, which the host sees. */
	if (!calls->iova_free(run, &free, values))
		run->leftover++;
}

/*
 * Releases what a program left behind, the way it was defined. What is managed,
 * the core has the device release afterwards.
 */
static void kdma_release_leftover(struct kdma_run *run, const struct kdma_calls *calls)
{
	uint64_t values[KDMA_VALUE_COUNT];
	uint32_t number;

	/* Lists first: they name memory of the others. */
	for (number = 0; number < run->slot_count; number++) {
		if (kdma_raw_slot(run, number)->opcode != KDMA_OP_SG_ALLOC)
			continue;
		run->leftover++;
		kdma_release_list(run, calls, number, values);
	}
	for (number = 0; number < run->slot_count; number++) {
		const struct kdma_slot *slot = &run->slots[number];
		const struct kdma_raw_slot *made = kdma_raw_slot(run, number);
		const struct kdma_pool_free_arguments piece = {.slot = number};
		const struct kdma_vunmap_noncontiguous_arguments seen = {.slot = number};

		if (made->opcode == KDMA_OP_IOVA_TRY_ALLOC) {
			kdma_release_iova(run, calls, number, values);
			continue;
		}
		if ((slot->state != KDMA_SLOT_MAPPED &&
		     slot->state != KDMA_SLOT_ALLOCATED) ||
		    kdma_is_managed(made->opcode))
			continue;
		run->leftover++;
		if (made->opcode == KDMA_OP_ALLOC_NONCONTIGUOUS)
			calls->vunmap_noncontiguous(run, &seen, values);
#define RELEASE(define, release, ...) \
	case KDMA_OP_##define: { \
		const struct kdma_##release##_arguments arguments = { \
			.slot = number, .size = made->size, __VA_ARGS__}; \
		(calls->release)(run, &arguments, values); \
		break; \
	}
#define DIRECTION  .direction = made->direction
#define ATTRIBUTES .attributes = made->attributes
		switch (made->opcode) {
			RELEASE(ALLOC_ATTRS, free_attrs, ATTRIBUTES)
			RELEASE(ALLOC_COHERENT, free_coherent)
			RELEASE(ALLOC_NONCOHERENT, free_noncoherent, DIRECTION)
			RELEASE(ALLOC_NONCONTIGUOUS, free_noncontiguous, DIRECTION)
			RELEASE(ALLOC_PAGES, free_pages, DIRECTION)
			RELEASE(MAP_PAGE, unmap_page, DIRECTION)
			RELEASE(MAP_PAGE_ATTRS, unmap_page_attrs, DIRECTION, ATTRIBUTES)
			RELEASE(MAP_PHYS, unmap_phys, DIRECTION, ATTRIBUTES)
			RELEASE(MAP_RESOURCE, unmap_resource, DIRECTION, ATTRIBUTES)
			RELEASE(MAP_SINGLE, unmap_single, DIRECTION)
			RELEASE(MAP_SINGLE_ATTRS, unmap_single_attrs, DIRECTION,
				ATTRIBUTES)
		case KDMA_OP_POOL_ALLOC:
			calls->pool_free(run, &piece, values);
			break;
		}
#undef RELEASE
#undef DIRECTION
#undef ATTRIBUTES
	}
	/* Now nothing is out of them any more. */
	for (number = 0; number < run->slot_count; number++) {
		const struct kdma_pool_destroy_arguments pool = {.slot = number};

		if (kdma_raw_slot(run, number)->opcode != KDMA_OP_POOL_CREATE)
			continue;
		run->leftover++;
		calls->pool_destroy(run, &pool, values);
	}
}

/* The run() of a C driver. */
static int32_t kdma_raw_run(struct kdma_run *run, const struct kdma_calls *calls)
{
	int32_t error = kdma_execute(run, calls);

	kdma_release_leftover(run, calls);
	return error;
}

#endif /* KDMA_SLOTS_H */
