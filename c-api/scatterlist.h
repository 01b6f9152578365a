/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scatterlist.h - what the families with a struct kdma_sg_table share
 */
#ifndef KDMA_SCATTERLIST_H
#define KDMA_SCATTERLIST_H

#include <linux/scatterlist.h>

#include "translate.h"

/* By which functions a list is mapped; each has its own to end the mapping. */
enum kdma_sg_mapped {
	KDMA_SG_UNMAPPED = 0,
	KDMA_SG_BY_ATTRS = 1,
	KDMA_SG_BY_TABLE = 2,
	KDMA_SG_NONCONTIGUOUS = 3,
};

/**
 * struct kdma_sg_table - a list, or memory of kdma_alloc_noncontiguous()
 * @native: the kernel's table: @own, or the one that came with the memory
 * @own: of a list
 * @next: of a list: the entry to fill next
 * @device: it is mapped for
 * @attributes: as mapped
 * @cpu_address: of noncontiguous memory while it has one
 * @size: of noncontiguous memory, in bytes
 * @direction: as mapped
 * @missing: of a list: entries that are not filled yet
 * @mapped: enum kdma_sg_mapped
 *
 * The kernel's functions have to be told again how a list was mapped, and do
 * not look whether it was. The table remembers, so that a wrong word from the
 * caller is an error and not a corrupted list.
 */
struct kdma_sg_table {
	struct sg_table *native;
	struct sg_table own;
	struct scatterlist *next;
	struct kdma_device *device;
	uint64_t attributes;
	void *cpu_address;
	uint64_t size;
	uint32_t direction;
	uint32_t missing;
	enum kdma_sg_mapped mapped;
};

/*
 * Is the list mapped for this device in this direction? What is mapped is so for a
 * device: it is not null.
 */
static inline bool kdma_sg_is_mapped(struct kdma_device *device,
				     struct kdma_sg_table *table, uint32_t direction)
{
	return table && table->mapped && table->device == device &&
	       table->direction == direction;
}

#endif /* KDMA_SCATTERLIST_H */
