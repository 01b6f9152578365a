/* SPDX-License-Identifier: GPL-2.0 */
/*
 * loader.h - checks every byte of a program before one operation runs
 *
 * No kernel types: the same file is compiled on the host for tests.
 */
#ifndef KDMA_LOADER_H
#define KDMA_LOADER_H

#include "operations.h"

/**
 * struct kdma_loaded - a program that has been checked
 * @header: into the bytes that were checked
 * @buffers: header->buffer_count of them
 * @operations: header->operation_count of them
 */
struct kdma_loaded {
	const struct kdma_program_header *header;
	const struct kdma_buffer_shape *buffers;
	const struct kdma_operation *operations;
};

/**
 * struct kdma_loader_slot - what the loader knows of a slot; its own
 */
struct kdma_loader_slot {
	uint64_t size;
	uint64_t attributes;
	uint32_t direction;
	uint16_t opcode;
	uint8_t live;
	uint8_t was_live;
	uint8_t lent;
};

/**
 * struct kdma_loader_error - why a program is refused
 * @what: a sentence
 * @offset: bytes from the start of the program to what is wrong
 */
struct kdma_loader_error {
	const char *what;
	uint32_t offset;
};

/* Bytes of the other device's memory that a buffer of @size takes. */
static inline uint64_t kdma_mmio_pages(uint64_t size)
{
	return (size + KDMA_MMIO_PAGE - 1) / KDMA_MMIO_PAGE * KDMA_MMIO_PAGE;
}

/*
 * Checks @length bytes (8-byte aligned). @slots: room for KDMA_MAX_SLOTS, of
 * which it uses as many as the program has. Returns 0 and fills @loaded, which
 * points into @bytes; or -1 and fills @error.
 */
int kdma_load(const void *bytes, uint64_t length, struct kdma_loader_slot *slots,
	      struct kdma_loaded *loaded, struct kdma_loader_error *error);

#endif /* KDMA_LOADER_H */
