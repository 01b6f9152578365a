// SPDX-License-Identifier: GPL-2.0
/*
 * The loader trusts nothing: a program is refused unless each of its bytes is
 * what the format says and no operation can reach memory that is not the
 * program's own. What the C ABI itself refuses (a size of zero, an unknown
 * direction) is let through: programs ask for it on purpose.
 */
#define KDMA_WANT_OPERATION_SHAPES
#include "loader.h"
#include "crc32.h"

struct loading {
	const uint8_t *bytes;
	struct kdma_loaded *loaded;
	struct kdma_loader_slot *slots;
	struct kdma_loader_error *error;
};

static int refuse(struct loading *loading, const void *where, const char *what)
{
	loading->error->what = what;
	loading->error->offset = (const uint8_t *)where - loading->bytes;
	return -1;
}

static const struct kdma_operation_shape *find_shape(uint16_t opcode)
{
	uint32_t i;

	for (i = 0; i < sizeof(kdma_operation_shapes) / sizeof(kdma_operation_shapes[0]);
	     i++)
		if (kdma_operation_shapes[i].opcode == opcode)
			return &kdma_operation_shapes[i];
	return 0;
}

/* The argument at @position (counted from 1), or @otherwise if there is none. */
static uint64_t argument(const struct kdma_operation *operation, uint8_t position,
			 uint64_t otherwise)
{
	return position ? operation->arguments[position - 1] : otherwise;
}

/* Do @size bytes at @offset lie within @limit bytes? */
static int fits(uint64_t offset, uint64_t size, uint64_t limit)
{
	return offset <= limit && size <= limit - offset;
}

static int direction_is_valid(uint64_t direction)
{
	return direction >= KDMA_TO_DEVICE && direction <= KDMA_BIDIRECTIONAL;
}

/* The attributes that an operation's function takes. */
static uint64_t taken_attributes(const struct kdma_operation_shape *shape)
{
	switch (shape->opcode) {
	case KDMA_OP_ALLOC_NONCONTIGUOUS:
		return KDMA_ATTRS_OF_NONCONTIGUOUS;
	case KDMA_OP_IOVA_DESTROY:
	case KDMA_OP_IOVA_LINK:
	case KDMA_OP_IOVA_UNLINK:
	case KDMA_OP_MAP_PHYS:
	case KDMA_OP_UNMAP_PHYS:
		return KDMA_ATTRS_OF_PHYS;
	default:
		return shape->direction ? KDMA_ATTRS_OF_MAPPINGS
					: KDMA_ATTRS_OF_ALLOCATIONS;
	}
}

/* Is the buffer that an operation takes no RAM? */
static int is_no_ram(const struct loading *loading,
		     const struct kdma_operation_shape *shape,
		     const struct kdma_operation *operation)
{
	return shape->buffer &&
	       loading->loaded->buffers[argument(operation, shape->buffer, 0)].kind >=
		       KDMA_BUFFER_MMIO;
}

/* Will the ABI itself refuse this operation, so that its slot stays as it is? */
static int is_refused_by_abi(const struct loading *loading,
			     const struct kdma_operation_shape *shape,
			     const struct kdma_operation *operation)
{
	if (shape->opcode == KDMA_OP_MAP_RESOURCE &&
	    !is_no_ram(loading, shape, operation))
		return 1;
	return !argument(operation, shape->size, 1) ||
	       !direction_is_valid(
		       argument(operation, shape->direction, KDMA_TO_DEVICE)) ||
	       (argument(operation, shape->attributes, 0) & ~taken_attributes(shape));
}

/*
 * A memory argument: a buffer, or a slot with coherent memory whose size is
 * known. What the slot holds is only certain at run time; the core looks again.
 */
static int check_memory(struct loading *loading, const struct kdma_operation *operation,
			uint64_t memory)
{
	const struct kdma_program_header *header = loading->loaded->header;
	uint64_t offset = operation->arguments[1];
	uint64_t length = operation->arguments[2];
	uint64_t size;

	if (memory & KDMA_MEMORY_IS_SLOT) {
		memory &= ~(uint64_t)KDMA_MEMORY_IS_SLOT;
		if (memory >= header->slot_count)
			return refuse(loading, &operation->arguments[0],
				      "there is no such slot");
		if (!loading->slots[memory].live)
			return refuse(loading, &operation->arguments[0],
				      "the slot holds no memory");
		size = loading->slots[memory].size;
	} else {
		if (memory >= header->buffer_count)
			return refuse(loading, &operation->arguments[0],
				      "there is no such buffer");
		size = loading->loaded->buffers[memory].size;
	}
	if (!fits(offset, length, size))
		return refuse(loading, &operation->arguments[1],
			      "offset and length reach beyond the memory");
	return 0;
}

static int check_core(struct loading *loading, const struct kdma_operation_shape *shape,
		      const struct kdma_operation *operation)
{
	const struct kdma_loader_slot *slot = &loading->slots[operation->slot];
	const uint64_t *arguments = operation->arguments;

	switch (shape->opcode) {
	case KDMA_OP_MEMORY_FILL:
	case KDMA_OP_MEMORY_CHECK:
		return check_memory(loading, operation, arguments[0]);
	case KDMA_OP_DEVICE_READ:
	case KDMA_OP_DEVICE_WRITE:
		if (!slot->was_live)
			return refuse(loading, &operation->slot,
				      "the slot was never defined");
		if (!arguments[2] || !fits(arguments[0], arguments[2], slot->size))
			return refuse(loading, &arguments[0],
				      "offset and length reach beyond the slot");
		if (!fits(arguments[1], arguments[2], KDMA_EDU_MEMORY_SIZE))
			return refuse(loading, &arguments[1],
				      "device offset and length reach beyond the "
				      "device's memory");
		return 0;
	case KDMA_OP_DEVICE_FILL:
	case KDMA_OP_DEVICE_CHECK:
		if (!fits(arguments[0], arguments[1], KDMA_EDU_MEMORY_SIZE))
			return refuse(
				loading, &arguments[0],
				"offset and length reach beyond the device's memory");
		return 0;
	default:
		return 0;
	}
}

/* Does a range of a buffer lie within the program's own memory? */
static int check_buffer(struct loading *loading, const struct kdma_operation_shape *shape,
			const struct kdma_operation *operation)
{
	uint64_t buffer = argument(operation, shape->buffer, 0);

	if (buffer >= loading->loaded->header->buffer_count)
		return refuse(loading, &operation->arguments[shape->buffer - 1],
			      "there is no such buffer");
	if (!fits(argument(operation, shape->offset, 0),
		  argument(operation, shape->size, 0),
		  loading->loaded->buffers[buffer].size))
		return refuse(loading, &operation->arguments[shape->offset - 1],
			      "offset and size reach beyond the buffer");
	/* Only what takes a physical address finds what has no page, and is for it. */
	if (is_no_ram(loading, shape, operation) &&
	    shape->opcode != KDMA_OP_MAP_RESOURCE &&
	    !((shape->opcode == KDMA_OP_IOVA_LINK || shape->opcode == KDMA_OP_MAP_PHYS) &&
	      argument(operation, shape->attributes, 0) & KDMA_ATTR_MMIO))
		return refuse(loading, &operation->arguments[shape->buffer - 1],
			      "the buffer is no RAM");
	return 0;
}

/* Does an operation take a slot with a scatterlist and no other? */
static int is_of_lists(uint16_t opcode)
{
	return opcode >= KDMA_OP_SG_ADD && opcode <= KDMA_OP_SG_SEGMENT;
}

/* Does an operation take a slot with memory in pieces and no other? */
static int is_of_pieces(uint16_t opcode)
{
	return opcode == KDMA_OP_VMAP_NONCONTIGUOUS ||
	       opcode == KDMA_OP_VUNMAP_NONCONTIGUOUS;
}

/* Does an operation take memory in pieces as well as a scatterlist? */
static int takes_pieces(uint16_t opcode)
{
	return is_of_pieces(opcode) || opcode == KDMA_OP_SYNC_SGTABLE_FOR_CPU ||
	       opcode == KDMA_OP_SYNC_SGTABLE_FOR_DEVICE;
}

/* Does an operation take a slot with a range of IOVAs and no other? */
static int is_of_iova(uint16_t opcode)
{
	return opcode >= KDMA_OP_USE_IOVA && opcode <= KDMA_OP_IOVA_UNLINK;
}

/*
 * What a list is used for. Whether it is mapped, the ABI knows and refuses
 * what does not fit. The size of the slot is what was added so far.
 */
static int check_use_of_list(struct loading *loading,
			     const struct kdma_operation_shape *shape,
			     const struct kdma_operation *operation)
{
	if (!is_of_lists(shape->opcode))
		return refuse(loading, &operation->opcode,
			      "the slot holds a scatterlist");
	if (shape->opcode != KDMA_OP_SG_ADD)
		return 0;
	if (check_buffer(loading, shape, operation))
		return -1;
	loading->slots[operation->slot].size += argument(operation, shape->size, 0);
	return 0;
}

/* Does a slot hold something that the ABI alone knows to be gone? */
static int is_handle(const struct kdma_loader_slot *slot)
{
	return slot->opcode == KDMA_OP_SG_ALLOC || slot->opcode == KDMA_OP_POOL_CREATE ||
	       slot->opcode == KDMA_OP_ALLOC_NONCONTIGUOUS ||
	       slot->opcode == KDMA_OP_IOVA_TRY_ALLOC ||
	       slot->opcode == KDMA_OP_MANAGED_ALLOC_ATTRS ||
	       slot->opcode == KDMA_OP_MANAGED_ALLOC_COHERENT;
}

/* Does a slot hold coherent memory, managed or not? */
static int is_coherent(const struct kdma_loader_slot *slot)
{
	return slot->opcode == KDMA_OP_ALLOC_ATTRS ||
	       slot->opcode == KDMA_OP_ALLOC_COHERENT ||
	       slot->opcode == KDMA_OP_MANAGED_ALLOC_ATTRS ||
	       slot->opcode == KDMA_OP_MANAGED_ALLOC_COHERENT;
}

/* Is there a pool in the slot that an operation takes memory from? */
static int check_pool(struct loading *loading, const struct kdma_operation_shape *shape,
		      const struct kdma_operation *operation)
{
	uint64_t pool = argument(operation, shape->pool, 0);

	if (pool >= loading->loaded->header->slot_count)
		return refuse(loading, &operation->arguments[shape->pool - 1],
			      "there is no such slot");
	if (!loading->slots[pool].live ||
	    loading->slots[pool].opcode != KDMA_OP_POOL_CREATE)
		return refuse(loading, &operation->arguments[shape->pool - 1],
			      "the slot holds no pool");
	return 0;
}

/*
 * Is there coherent memory in the slot whose pages an operation lists, as it was
 * allocated? The list may be mapped at any time after, so that the memory stays.
 */
static int check_coherent(struct loading *loading,
			  const struct kdma_operation_shape *shape,
			  const struct kdma_operation *operation)
{
	uint64_t number = argument(operation, shape->coherent, 0);
	struct kdma_loader_slot *slot = &loading->slots[number];

	if (number >= loading->loaded->header->slot_count)
		return refuse(loading, &operation->arguments[shape->coherent - 1],
			      "there is no such slot");
	if (!slot->live || !is_coherent(slot) || is_handle(slot))
		return refuse(loading, &operation->arguments[shape->coherent - 1],
			      "the slot holds no coherent memory");
	if (is_refused_by_abi(loading, shape, operation))
		return 0;
	if (argument(operation, shape->size, 0) > slot->size ||
	    argument(operation, shape->attributes, 0) != slot->attributes)
		return refuse(loading, &operation->arguments[shape->coherent - 1],
			      "the memory was not allocated like this");
	slot->lent = 1;
	return 0;
}

static int check_define(struct loading *loading, const struct kdma_operation_shape *shape,
			const struct kdma_operation *operation)
{
	struct kdma_loader_slot *slot = &loading->slots[operation->slot];
	uint64_t size = argument(operation, shape->size, 0);

	if (slot->live)
		return refuse(loading, &operation->slot, "the slot is already defined");
	if (shape->pool) {
		if (check_pool(loading, shape, operation))
			return -1;
		size = loading->slots[argument(operation, shape->pool, 0)].size;
	}
	if (shape->coherent && check_coherent(loading, shape, operation))
		return -1;
	if (shape->buffer && check_buffer(loading, shape, operation))
		return -1;
	if (is_refused_by_abi(loading, shape, operation))
		return 0;
	slot->opcode = shape->defines_as;
	slot->size = size;
	slot->direction = argument(operation, shape->direction, 0);
	slot->attributes = argument(operation, shape->attributes, 0);
	slot->live = 1;
	slot->was_live = 1;
	slot->lent = 0;
	return 0;
}

static int check_release(struct loading *loading,
			 const struct kdma_operation_shape *shape,
			 const struct kdma_operation *operation)
{
	struct kdma_loader_slot *slot = &loading->slots[operation->slot];

	if (!slot->live)
		return refuse(loading, &operation->slot,
			      "the slot holds nothing to release");
	/* The ABI knows what is managed, and all of it, and refuses the rest. */
	if (shape->opcode == KDMA_OP_MANAGED_FREE_COHERENT && is_coherent(slot))
		return 0;
	if (slot->lent)
		return refuse(loading, &operation->slot,
			      "there is a list of the slot's memory");
	if (slot->opcode != shape->pairs)
		return refuse(loading, &operation->opcode,
			      "the slot was defined by another kind of operation");
	/* What is linked, the ABI knows and refuses what does not fit. */
	if (is_refused_by_abi(loading, shape, operation) ||
	    slot->opcode == KDMA_OP_IOVA_TRY_ALLOC)
		return 0;
	if (argument(operation, shape->size, slot->size) != slot->size ||
	    argument(operation, shape->direction, slot->direction) != slot->direction)
		return refuse(loading, &operation->arguments[0],
			      "released otherwise than defined");
	if ((argument(operation, shape->attributes, slot->attributes) |
	     KDMA_ATTR_SKIP_CPU_SYNC) != (slot->attributes | KDMA_ATTR_SKIP_CPU_SYNC))
		return refuse(loading, &operation->arguments[shape->attributes - 1],
			      "released with other attributes than defined");
	/* A list stays while it is mapped, memory while the CPU sees it, and so on. */
	slot->live = is_handle(slot);
	return 0;
}

static int check_use(struct loading *loading, const struct kdma_operation_shape *shape,
		     const struct kdma_operation *operation)
{
	struct kdma_loader_slot *slot = &loading->slots[operation->slot];

	if (!slot->live)
		return refuse(loading, &operation->slot, "the slot holds nothing to use");
	if (slot->opcode == KDMA_OP_SG_ALLOC)
		return check_use_of_list(loading, shape, operation);
	if (slot->opcode == KDMA_OP_ALLOC_NONCONTIGUOUS) {
		if (takes_pieces(shape->opcode))
			return 0;
		return refuse(loading, &operation->opcode,
			      "the slot holds memory in pieces");
	}
	if (slot->opcode == KDMA_OP_IOVA_TRY_ALLOC) {
		if (is_of_iova(shape->opcode))
			return shape->buffer ? check_buffer(loading, shape, operation)
					     : 0;
		return refuse(loading, &operation->opcode,
			      "the slot holds a range of IOVAs");
	}
	if (is_of_iova(shape->opcode))
		return refuse(loading, &operation->opcode,
			      "the slot holds no range of IOVAs");
	if (is_of_lists(shape->opcode) || is_of_pieces(shape->opcode))
		return refuse(loading, &operation->opcode,
			      "the slot holds no scatterlist, nor memory in pieces");
	if (is_handle(slot))
		return refuse(loading, &operation->opcode,
			      "the slot holds a pool or what is managed");
	if (!fits(argument(operation, shape->offset, 0),
		  argument(operation, shape->size, 0), slot->size))
		return refuse(loading, &operation->arguments[0],
			      "offset and size reach beyond the mapping");
	return 0;
}

static int check_operation(struct loading *loading,
			   const struct kdma_operation *operation)
{
	const struct kdma_operation_shape *shape;
	uint32_t i;

	shape = find_shape(operation->opcode);
	if (!shape)
		return refuse(loading, &operation->opcode, "there is no such operation");
	if (operation->reserved)
		return refuse(loading, &operation->reserved,
			      "a reserved field is not zero");
	for (i = 0; i < KDMA_ARGUMENT_COUNT; i++) {
		uint64_t value = operation->arguments[i];

		if (i >= shape->argument_count && value)
			return refuse(loading, &operation->arguments[i],
				      "an unused argument is not zero");
		switch (shape->types[i]) {
		case KDMA_ARGUMENT_COHERENT:
		case KDMA_ARGUMENT_DIRECTION:
		case KDMA_ARGUMENT_FLAGS:
		case KDMA_ARGUMENT_MEMORY:
		case KDMA_ARGUMENT_POOL:
		case KDMA_ARGUMENT_U32:
			if (value > 0xffffffff)
				return refuse(loading, &operation->arguments[i],
					      "a 32-bit argument is larger");
			break;
		default:
			break;
		}
	}
	if (shape->slot_use == KDMA_SLOT_USE_NONE) {
		if (operation->slot)
			return refuse(loading, &operation->slot,
				      "the operation has no slot");
	} else if (operation->slot >= loading->loaded->header->slot_count) {
		return refuse(loading, &operation->slot, "there is no such slot");
	}
	if (shape->is_core)
		return check_core(loading, shape, operation);
	switch (shape->slot_use) {
	case KDMA_SLOT_USE_DEFINE:
		return check_define(loading, shape, operation);
	case KDMA_SLOT_USE_RELEASE:
		return check_release(loading, shape, operation);
	case KDMA_SLOT_USE_USE:
		return check_use(loading, shape, operation);
	default:
		return 0;
	}
}

/* CRC-32 of the program as if its checksum field were zero. */
static uint32_t program_checksum(const struct kdma_program_header *header)
{
	const uint8_t *bytes = (const uint8_t *)header;
	const uint32_t zero = 0;
	uint64_t before = (const uint8_t *)&header->checksum - bytes;
	uint64_t after = before + sizeof(zero);
	uint32_t crc;

	crc = kdma_crc32(0, bytes, before);
	crc = kdma_crc32(crc, &zero, sizeof(zero));
	return kdma_crc32(crc, bytes + after, header->length - after);
}

static int check_header(struct loading *loading, uint64_t length)
{
	const struct kdma_program_header *header = loading->loaded->header;
	uint64_t wanted;
	uint32_t i;

	if (header->magic != KDMA_PROGRAM_MAGIC)
		return refuse(loading, &header->magic, "not a program");
	if (header->version != KDMA_PROGRAM_VERSION)
		return refuse(loading, &header->version, "a program of another version");
	if (header->length != length)
		return refuse(loading, &header->length, "its length is not what it says");
	if (header->operation_table != KDMA_OPERATION_TABLE)
		return refuse(loading, &header->operation_table,
			      "made from another table of operations");
	if (header->target < KDMA_TARGET_EDU ||
	    header->target > KDMA_TARGET_NO_PARAMETERS)
		return refuse(loading, &header->target, "no such target");
	if (header->buffer_count > KDMA_MAX_BUFFERS)
		return refuse(loading, &header->buffer_count, "too many buffers");
	if (header->slot_count > KDMA_MAX_SLOTS)
		return refuse(loading, &header->slot_count, "too many slots");
	if (header->operation_count > KDMA_MAX_OPERATIONS)
		return refuse(loading, &header->operation_count, "too many operations");
	if (!header->operation_count)
		return refuse(loading, &header->operation_count, "no operations");
	wanted = sizeof(*header) +
		 (uint64_t)header->buffer_count * sizeof(struct kdma_buffer_shape) +
		 (uint64_t)header->operation_count * sizeof(struct kdma_operation);
	if (length != wanted)
		return refuse(loading, &header->length,
			      "its counts and its length do not agree");
	for (i = 0; i < sizeof(header->reserved) / sizeof(header->reserved[0]); i++)
		if (header->reserved[i])
			return refuse(loading, &header->reserved[i],
				      "a reserved field is not zero");
	if (header->checksum != program_checksum(header))
		return refuse(loading, &header->checksum, "the checksum is wrong");
	return 0;
}

int kdma_load(const void *bytes, uint64_t length, struct kdma_loader_slot *slots,
	      struct kdma_loaded *loaded, struct kdma_loader_error *error)
{
	struct loading loading = {
		.bytes = bytes,
		.loaded = loaded,
		.slots = slots,
		.error = error,
	};
	uint64_t mmio = 0;
	uint32_t i;

	loaded->header = bytes;
	if (length < sizeof(*loaded->header))
		return refuse(&loading, bytes, "shorter than its header");
	if (check_header(&loading, length))
		return -1;
	for (i = 0; i < loaded->header->slot_count; i++)
		slots[i] = (struct kdma_loader_slot){};
	loaded->buffers = (const void *)(loaded->header + 1);
	loaded->operations =
		(const void *)(loaded->buffers + loaded->header->buffer_count);
	for (i = 0; i < loaded->header->buffer_count; i++) {
		const struct kdma_buffer_shape *shape = &loaded->buffers[i];

		if (!shape->size || shape->size > KDMA_MAX_BUFFER_SIZE)
			return refuse(&loading, &shape->size,
				      "a buffer of no size, or too large");
		if (shape->kind < KDMA_BUFFER_PAGES || shape->kind > KDMA_BUFFER_RESERVED)
			return refuse(&loading, &shape->kind, "no such kind of buffer");
		if (shape->kind == KDMA_BUFFER_MMIO)
			mmio += kdma_mmio_pages(shape->size);
		if (mmio > KDMA_MMIO_SIZE)
			return refuse(&loading, &shape->size,
				      "more than the other device has");
	}
	for (i = 0; i < loaded->header->operation_count; i++)
		if (check_operation(&loading, &loaded->operations[i]))
			return -1;
	return 0;
}
