// SPDX-License-Identifier: GPL-2.0
/*
 * A libFuzzer target around kmod/loader.c, with ASan and UBSan. The program lies
 * in a block of exactly its size, so that a byte read beyond it is seen; what the
 * loader accepts must hold what the executors and the core rely on, written here
 * a second time and in another way. tests/harness/test_loader_fuzz.py runs it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../kmod/loader.c"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct kdma_loader_slot slots[KDMA_MAX_SLOTS];

static void violated(const char *what, uint32_t index)
{
	fprintf(stderr, "the loader accepts operation %u: %s\n", index, what);
	abort();
}

/* What a slot holds, as far as nobody can doubt it. */
struct held {
	uint16_t define;
	uint8_t certainly;
	uint8_t ever;
};

static struct held held[KDMA_MAX_SLOTS];

static const struct kdma_operation_shape *shape_of(const struct kdma_operation *operation,
						   uint32_t index)
{
	size_t i;

	for (i = 0; i < sizeof(kdma_operation_shapes) / sizeof(kdma_operation_shapes[0]);
	     i++)
		if (kdma_operation_shapes[i].opcode == operation->opcode)
			return &kdma_operation_shapes[i];
	violated("its opcode is unknown", index);
	return NULL;
}

/* Bytes in 128 bits, where no sum of two numbers of 64 wraps. */
static int lies_within(uint64_t offset, uint64_t size, uint64_t limit)
{
	return (unsigned __int128)offset + size <= limit;
}

static void check_numbers(const struct kdma_loaded *loaded,
			  const struct kdma_operation_shape *shape,
			  const struct kdma_operation *operation, uint32_t index)
{
	const uint64_t *arguments = operation->arguments;
	uint64_t number;
	uint32_t i;

	for (i = 0; i < KDMA_ARGUMENT_COUNT; i++)
		if (i >= shape->argument_count
			    ? arguments[i] != 0
			    : (shape->types[i] == KDMA_ARGUMENT_DIRECTION ||
			       shape->types[i] == KDMA_ARGUMENT_FLAGS ||
			       shape->types[i] == KDMA_ARGUMENT_MEMORY ||
			       shape->types[i] == KDMA_ARGUMENT_POOL ||
			       shape->types[i] == KDMA_ARGUMENT_U32) &&
				      arguments[i] >> 32)
			violated("an argument does not fit", index);
	/* The executors take these without looking. */
	if (shape->slot_use != KDMA_SLOT_USE_NONE &&
	    operation->slot >= loaded->header->slot_count)
		violated("its slot is beyond the others", index);
	if (shape->pool && arguments[shape->pool - 1] >= loaded->header->slot_count)
		violated("its pool is beyond the slots", index);
	if (shape->buffer) {
		number = arguments[shape->buffer - 1];
		if (number >= loaded->header->buffer_count ||
		    !lies_within(arguments[shape->offset - 1], arguments[shape->size - 1],
				 loaded->buffers[number].size))
			violated("it reaches beyond its buffer", index);
	}
}

static void check_core_numbers(const struct kdma_loaded *loaded,
			       const struct kdma_operation *operation, uint32_t index)
{
	const uint64_t *arguments = operation->arguments;
	uint64_t memory;

	switch (operation->opcode) {
	case KDMA_OP_MEMORY_FILL:
	case KDMA_OP_MEMORY_CHECK:
		memory = arguments[0] & ~(uint64_t)KDMA_MEMORY_IS_SLOT;
		if (arguments[0] & KDMA_MEMORY_IS_SLOT) {
			if (memory >= loaded->header->slot_count)
				violated("its memory is beyond the slots", index);
		} else if (memory >= loaded->header->buffer_count ||
			   !lies_within(arguments[1], arguments[2],
					loaded->buffers[memory].size)) {
			violated("it reaches beyond its memory", index);
		}
		break;
	case KDMA_OP_DEVICE_READ:
	case KDMA_OP_DEVICE_WRITE:
		if (!arguments[2] ||
		    !lies_within(arguments[1], arguments[2], KDMA_EDU_MEMORY_SIZE))
			violated("it reaches beyond the device", index);
		break;
	case KDMA_OP_DEVICE_FILL:
	case KDMA_OP_DEVICE_CHECK:
		if (!lies_within(arguments[0], arguments[1], KDMA_EDU_MEMORY_SIZE))
			violated("it reaches beyond the device", index);
		break;
	}
}

/* Would every kernel and every driver do this define, memory permitting? */
static int is_plain(const struct kdma_operation_shape *shape,
		    const struct kdma_operation *operation)
{
	const uint64_t *arguments = operation->arguments;

	/* What is RAM, the ABI refuses to map as such. */
	if (shape->opcode == KDMA_OP_MAP_RESOURCE)
		return 0;
	return (!shape->size || arguments[shape->size - 1]) &&
	       (!shape->direction || (arguments[shape->direction - 1] >= 1 &&
				      arguments[shape->direction - 1] <= 3)) &&
	       (!shape->attributes || !arguments[shape->attributes - 1]);
}

static void check_slot(const struct kdma_operation_shape *shape,
		       const struct kdma_operation *operation, uint32_t index)
{
	struct held *slot = &held[operation->slot];

	switch (shape->slot_use) {
	case KDMA_SLOT_USE_DEFINE:
		if (slot->certainly)
			violated("what its slot holds would be lost", index);
		slot->define = shape->defines_as;
		slot->certainly = is_plain(shape, operation);
		slot->ever = 1;
		break;
	case KDMA_SLOT_USE_RELEASE:
		/* The ABI knows itself what is managed. */
		if (!slot->ever || (slot->certainly && slot->define != shape->pairs &&
				    operation->opcode != KDMA_OP_MANAGED_FREE_COHERENT))
			violated("it releases what was made in another way", index);
		slot->certainly = slot->certainly && !is_plain(shape, operation);
		break;
	case KDMA_SLOT_USE_USE:
		if (!slot->ever)
			violated("its slot never held anything", index);
		break;
	}
}

static void check_accepted(const struct kdma_loaded *loaded, size_t size)
{
	const struct kdma_program_header *header = loaded->header;
	uint32_t i;

	if (header->length != size || header->buffer_count > KDMA_MAX_BUFFERS ||
	    header->slot_count > KDMA_MAX_SLOTS ||
	    header->operation_count > KDMA_MAX_OPERATIONS ||
	    (const uint8_t *)(loaded->operations + header->operation_count) !=
		    (const uint8_t *)header + size)
		violated("(its header) counts that are too large", 0);
	for (i = 0; i < header->buffer_count; i++)
		if (!loaded->buffers[i].size ||
		    loaded->buffers[i].size > KDMA_MAX_BUFFER_SIZE)
			violated("(its buffers) a size that is too large", 0);
	memset(held, 0, sizeof(held[0]) * header->slot_count);
	for (i = 0; i < header->operation_count; i++) {
		const struct kdma_operation *operation = &loaded->operations[i];
		const struct kdma_operation_shape *shape = shape_of(operation, i);

		check_numbers(loaded, shape, operation, i);
		if (shape->is_core)
			check_core_numbers(loaded, operation, i);
		check_slot(shape, operation, i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kdma_loader_error error = {NULL, 0};
	struct kdma_loaded loaded;
	uint8_t *program = malloc(size ? size : 1);
	int refused;

	if (!program)
		abort();
	memcpy(program, data, size);
	/* What is in them beforehand must not matter. */
	memset(slots, 0xff, sizeof(slots[0]) * 64);
	refused = kdma_load(program, size, slots, &loaded, &error);
	if (memcmp(program, data, size))
		violated("(any) the program is another one now", 0);
	if (!refused)
		check_accepted(&loaded, size);
	else if (!error.what || error.offset > size)
		violated("(none) refused without a reason in it", 0);
	free(program);
	return 0;
}

/* Most mutations get a right checksum: what is behind it is what matters. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed)
{
	struct kdma_program_header header;

	size = LLVMFuzzerMutate(data, size, max_size);
	if (size < sizeof(header) || !(seed % 16))
		return size;
	memcpy(&header, data, sizeof(header));
	header.length = size;
	header.checksum = 0;
	if (seed % 4 && size > sizeof(header) &&
	    header.buffer_count <= KDMA_MAX_BUFFERS) {
		/* And as many operations as there is room for. */
		size_t rest = size - sizeof(header);
		size_t buffers = header.buffer_count * sizeof(struct kdma_buffer_shape);

		if (rest >= buffers + sizeof(struct kdma_operation)) {
			header.operation_count =
				(rest - buffers) / sizeof(struct kdma_operation);
			size = sizeof(header) + buffers +
			       header.operation_count * sizeof(struct kdma_operation);
			header.length = size;
		}
	}
	memcpy(data, &header, sizeof(header));
	header.checksum = kdma_crc32(0, data, size);
	memcpy(data, &header, sizeof(header));
	return size;
}
