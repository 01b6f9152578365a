/* SPDX-License-Identifier: GPL-2.0 */
/*
 * program.h - what the host, the core and the drivers say to each other
 *
 * Freestanding C11, like kdma.h: the C drivers include it, bindgen reads it
 * for the Rust drivers, harness/kdma/programs.py and traces.py write and read
 * the same bytes (a test compares the offsets). All numbers are little-endian.
 *
 * A program is one block of bytes:
 *
 *	struct kdma_program_header
 *	struct kdma_buffer_shape [buffer_count]
 *	struct kdma_operation    [operation_count]
 *
 * A trace is what one driver saw of it:
 *
 *	struct kdma_trace_header
 *	struct kdma_result       [operation_count]
 *	struct kdma_trace_end
 */
#ifndef KDMA_PROGRAM_H
#define KDMA_PROGRAM_H

#include <kdma.h>

#define KDMA_PROGRAM_MAGIC   0x474f5250414d444b /* "KDMAPROG" */
#define KDMA_TRACE_MAGIC     0x43415254414d444b /* "KDMATRAC" */
#define KDMA_TRACE_END_MAGIC 0x444e4554414d444b /* "KDMATEND" */
#define KDMA_PROGRAM_VERSION 1

/* Limits of one program. The core refuses anything beyond. */
#define KDMA_MAX_BUFFERS     64
#define KDMA_MAX_BUFFER_SIZE 0x400000
#define KDMA_MAX_OPERATIONS  16384
#define KDMA_MAX_SLOTS	     4096
#define KDMA_MAX_SEGMENTS    16
#define KDMA_ARGUMENT_COUNT  7
#define KDMA_VALUE_COUNT     4

/* The edu device's own memory, in bytes. */
#define KDMA_EDU_MEMORY_SIZE 4096

/* The memory of the device beside it, in bytes. */
#define KDMA_MMIO_SIZE 0x10000
#define KDMA_MMIO_PAGE 0x1000

/**
 * enum kdma_target - which device a program runs on
 * @KDMA_TARGET_EDU: QEMU's edu device, which moves bytes
 * @KDMA_TARGET_PLATFORM: a platform device without hardware
 * @KDMA_TARGET_NO_PARAMETERS: another, whose bus gave it no DMA parameters
 */
enum kdma_target {
	KDMA_TARGET_EDU = 1,
	KDMA_TARGET_PLATFORM = 2,
	KDMA_TARGET_NO_PARAMETERS = 3,
};

/**
 * enum kdma_buffer_kind - where a buffer's memory comes from
 * @KDMA_BUFFER_PAGES: alloc_pages(): page aligned, physically contiguous
 * @KDMA_BUFFER_SLAB: kmalloc(): as aligned as kmalloc() makes it
 * @KDMA_BUFFER_MMIO: a BAR with memory of another PCI device: page aligned. All
 *	such buffers of a program, in whole pages, have KDMA_MMIO_SIZE bytes.
 * @KDMA_BUFFER_RESERVED: as alloc_pages(), then marked as nothing that the kernel
 *	manages: what has page structures and is no RAM, as holes beside RAM are
 */
enum kdma_buffer_kind {
	KDMA_BUFFER_PAGES = 1,
	KDMA_BUFFER_SLAB = 2,
	KDMA_BUFFER_MMIO = 3,
	KDMA_BUFFER_RESERVED = 4,
};

/**
 * enum kdma_completion - what became of one operation
 * @KDMA_NOT_REACHED: the driver never came to it
 * @KDMA_COMPLETED: the call was made; status and values are its results
 * @KDMA_INEXPRESSIBLE: this driver's language cannot make this call, on
 *	purpose (safe Rust and a wrong size on unmap); nothing was called
 */
enum kdma_completion {
	KDMA_NOT_REACHED = 0,
	KDMA_COMPLETED = 1,
	KDMA_INEXPRESSIBLE = 2,
};

/**
 * enum kdma_run_error - why a program as a whole came to no good end
 * @KDMA_RUN_OK: every operation has a result
 * @KDMA_RUN_MALFORMED: the program's bytes are not a valid program
 * @KDMA_RUN_NO_MEMORY: no memory for its buffers
 * @KDMA_RUN_NO_DEVICE: the device it wants is not there
 * @KDMA_RUN_NO_DRIVER: the driver it wants is not loaded
 * @KDMA_RUN_DRIVER_FAILED: the driver gave up or panicked
 */
enum kdma_run_error {
	KDMA_RUN_OK = 0,
	KDMA_RUN_MALFORMED = 1,
	KDMA_RUN_NO_MEMORY = 2,
	KDMA_RUN_NO_DEVICE = 3,
	KDMA_RUN_NO_DRIVER = 4,
	KDMA_RUN_DRIVER_FAILED = 5,
};

/**
 * struct kdma_program_header - first 64 bytes of a program
 * @magic: KDMA_PROGRAM_MAGIC
 * @version: KDMA_PROGRAM_VERSION
 * @length: bytes of the whole program, this header included
 * @checksum: CRC-32 (IEEE, as zlib's crc32()) of the whole program with this
 *	field zero
 * @program: the host's number for it, echoed in the trace
 * @target: enum kdma_target
 * @buffer_count: number of buffer shapes
 * @slot_count: number of slots
 * @operation_count: number of operations
 * @operation_table: CRC-32 of the table of operations both sides were built
 *	from, so that a host and a guest of different tables do not talk past
 *	each other
 * @reserved: zero
 */
struct kdma_program_header {
	uint64_t magic;
	uint32_t version;
	uint32_t length;
	uint32_t checksum;
	uint32_t program;
	uint32_t target;
	uint32_t buffer_count;
	uint32_t slot_count;
	uint32_t operation_count;
	uint32_t operation_table;
	uint32_t reserved[5];
};

/**
 * struct kdma_buffer_shape - memory the core provides before the program runs
 * @size: bytes, at most KDMA_MAX_BUFFER_SIZE
 * @kind: enum kdma_buffer_kind
 */
struct kdma_buffer_shape {
	uint32_t size;
	uint32_t kind;
};

/**
 * struct kdma_operation - one call with its arguments
 * @opcode: from the table of operations (operations.toml)
 * @reserved: zero
 * @slot: the slot it defines, uses or releases; 0 where it has none
 * @arguments: as the table says; unused ones are zero
 */
struct kdma_operation {
	uint16_t opcode;
	uint16_t reserved;
	uint32_t slot;
	uint64_t arguments[KDMA_ARGUMENT_COUNT];
};

/**
 * struct kdma_result - what one operation gave
 * @opcode: of the operation
 * @completion: enum kdma_completion
 * @status: enum kdma_error
 * @values: as the table says; unused ones are zero
 */
struct kdma_result {
	uint16_t opcode;
	uint16_t completion;
	int32_t status;
	uint64_t values[KDMA_VALUE_COUNT];
};

/**
 * struct kdma_trace_header - opens the trace of one program by one driver
 * @magic: KDMA_TRACE_MAGIC
 * @version: KDMA_PROGRAM_VERSION
 * @program: of the program
 * @driver: enum kdma_driver_kind
 * @operation_count: results that follow
 */
struct kdma_trace_header {
	uint64_t magic;
	uint32_t version;
	uint32_t program;
	uint32_t driver;
	uint32_t operation_count;
};

/**
 * struct kdma_trace_end - closes it; a trace without one was cut
 * @magic: KDMA_TRACE_END_MAGIC
 * @error: enum kdma_run_error
 * @completed: operations with a result
 * @leftover: slots still holding a mapping or memory when the program ended;
 *	the driver has released them since
 * @detail: for a malformed program the byte offset of what is wrong
 * @nanoseconds: the driver's time for all operations
 */
struct kdma_trace_end {
	uint64_t magic;
	uint32_t error;
	uint32_t completed;
	uint32_t leftover;
	uint32_t detail;
	uint64_t nanoseconds;
};

/**
 * enum kdma_driver_kind - executors of programs
 * @KDMA_DRIVER_NATIVE: C, calls the kernel's dma_* directly
 * @KDMA_DRIVER_C: C, calls kdma_*
 * @KDMA_DRIVER_RUST_SYS: Rust, calls kdma_* through the generated bindings
 * @KDMA_DRIVER_RUST: Rust, uses the safe layer
 * @KDMA_DRIVER_UPSTREAM: Rust, uses the kernel's own kernel::dma
 */
enum kdma_driver_kind {
	KDMA_DRIVER_NATIVE = 1,
	KDMA_DRIVER_C = 2,
	KDMA_DRIVER_RUST_SYS = 3,
	KDMA_DRIVER_RUST = 4,
	KDMA_DRIVER_UPSTREAM = 5,
};

/* What follows stays inside the guest. */

/**
 * struct kdma_buffer - memory the core lends to a driver for one run
 * @cpu_address: its first byte
 * @page: its first page; null for what is no RAM
 * @physical_address: its first byte
 * @size: bytes
 * @page_offset: bytes from the start of @page to @cpu_address
 */
struct kdma_buffer {
	void *cpu_address;
	struct kdma_page *page;
	uint64_t physical_address;
	uint64_t size;
	uint64_t page_offset;
};

/**
 * enum kdma_slot_state - what a slot holds
 * @KDMA_SLOT_EMPTY: never defined
 * @KDMA_SLOT_FAILED: the defining operation failed
 * @KDMA_SLOT_MAPPED: a mapping
 * @KDMA_SLOT_UNMAPPED: was a mapping; the device may still be made to use
 *	the address, to see what happens then
 * @KDMA_SLOT_ALLOCATED: coherent memory
 * @KDMA_SLOT_FREED: was coherent memory, a scatterlist or a pool
 * @KDMA_SLOT_HANDLE: a scatterlist that is not mapped, or a pool
 */
enum kdma_slot_state {
	KDMA_SLOT_EMPTY = 0,
	KDMA_SLOT_FAILED = 1,
	KDMA_SLOT_MAPPED = 2,
	KDMA_SLOT_UNMAPPED = 3,
	KDMA_SLOT_ALLOCATED = 4,
	KDMA_SLOT_FREED = 5,
	KDMA_SLOT_HANDLE = 6,
};

/**
 * struct kdma_segment - a part of a mapped scatterlist, as the device sees it
 * @dma_address: its first byte
 * @size: bytes
 */
struct kdma_segment {
	kdma_address_t dma_address;
	uint64_t size;
};

/**
 * struct kdma_slot - what a driver tells the core about one slot
 * @cpu_address: of coherent memory the CPU may touch; otherwise null
 * @dma_address: last address the slot had, KDMA_MAPPING_ERROR after a failure
 * @size: bytes; of a scatterlist, the sum of its segments
 * @state: enum kdma_slot_state
 * @segment_count: segments of a scatterlist seen so far; otherwise 0
 * @segments: those, in the order of the bytes
 *
 * The driver writes it whenever it defines or releases a slot. The core reads
 * it for the device's operations, so @dma_address and @size stay after the
 * release.
 */
struct kdma_slot {
	void *cpu_address;
	kdma_address_t dma_address;
	uint64_t size;
	uint32_t state;
	uint32_t segment_count;
	struct kdma_segment segments[KDMA_MAX_SEGMENTS];
};

/**
 * struct kdma_run - one program in one driver
 * @device: the device the program targets
 * @operations: what to do, checked by the core
 * @results: one for each operation, zeroed; the driver fills them
 * @buffers: the core's memory
 * @slots: the driver's report of its slots, zeroed
 * @state: the driver's own memory, zeroed, 64-byte aligned,
 *	state_size(slot_count) bytes
 * @operation_count: operations and results
 * @buffer_count: buffers
 * @slot_count: slots
 * @leftover: the driver's count of slots it had to release at the end
 * @core_operation: does operation number @index, which belongs to the core
 *	(buffers, the device), and fills its result
 * @core: the core's own
 */
struct kdma_run {
	struct kdma_device *device;
	const struct kdma_operation *operations;
	struct kdma_result *results;
	const struct kdma_buffer *buffers;
	struct kdma_slot *slots;
	void *state;
	uint32_t operation_count;
	uint32_t buffer_count;
	uint32_t slot_count;
	uint32_t leftover;
	void (*core_operation)(struct kdma_run *run, uint32_t index);
	void *core;
};

/**
 * struct kdma_driver - what a driver's module gives to the core
 * @kind: enum kdma_driver_kind
 * @abi_version: KDMA_ABI_VERSION the driver was built for; 0 for native
 * @operation_table: as in struct kdma_program_header
 * @reserved: zero
 * @state_size: bytes of state it needs for this many slots
 * @run: executes all operations in order, then releases what is left.
 *	May sleep. Returns 0, or non-zero when the driver gave up.
 *
 * The module passes it as platform data of a device named
 * KDMA_DRIVER_DEVICE_NAME; the core binds to that.
 */
struct kdma_driver {
	uint32_t kind;
	uint32_t abi_version;
	uint32_t operation_table;
	uint32_t reserved;
	uint64_t (*state_size)(uint32_t slot_count);
	int32_t (*run)(struct kdma_run *run);
};

/* A memory argument with this bit is a slot with coherent memory. */
#define KDMA_MEMORY_IS_SLOT 0x80000000

#define KDMA_DRIVER_DEVICE_NAME "kdma-driver"

#endif /* KDMA_PROGRAM_H */
