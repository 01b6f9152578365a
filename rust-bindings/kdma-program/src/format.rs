// SPDX-License-Identifier: GPL-2.0
// Generated from kmod/program.h by `./kdma generate`. Do not edit.

//! Programs, traces, and what the core lends to a driver.
//!
//! C header: `kmod/program.h`.
#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(clippy::all, missing_docs, non_camel_case_types)]

use kdma_sys::{kdma_address_t, kdma_device, kdma_page};

pub const KDMA_PROGRAM_MAGIC: u64 = 5138416204499469387;
pub const KDMA_TRACE_MAGIC: u64 = 4846245195853677643;
pub const KDMA_TRACE_END_MAGIC: u64 = 4921947670937683019;
pub const KDMA_PROGRAM_VERSION: u32 = 1;
pub const KDMA_MAX_BUFFERS: u32 = 64;
pub const KDMA_MAX_BUFFER_SIZE: u32 = 4194304;
pub const KDMA_MAX_OPERATIONS: u32 = 16384;
pub const KDMA_MAX_SLOTS: u32 = 4096;
pub const KDMA_MAX_SEGMENTS: u32 = 16;
pub const KDMA_ARGUMENT_COUNT: usize = 7;
pub const KDMA_VALUE_COUNT: usize = 4;
pub const KDMA_EDU_MEMORY_SIZE: u32 = 4096;
pub const KDMA_MMIO_SIZE: u32 = 65536;
pub const KDMA_MMIO_PAGE: u32 = 4096;
pub const KDMA_MEMORY_IS_SLOT: u32 = 2147483648;
pub const KDMA_DRIVER_DEVICE_NAME: &::core::ffi::CStr = c"kdma-driver";
pub const KDMA_TARGET_EDU: kdma_target = 1;
pub const KDMA_TARGET_PLATFORM: kdma_target = 2;
pub const KDMA_TARGET_NO_PARAMETERS: kdma_target = 3;
/** Which device a program runs on.

 * `KDMA_TARGET_EDU`: QEMU's edu device, which moves bytes
 * `KDMA_TARGET_PLATFORM`: a platform device without hardware
 * `KDMA_TARGET_NO_PARAMETERS`: another, whose bus gave it no DMA parameters
*/
pub type kdma_target = u32;
pub const KDMA_BUFFER_PAGES: kdma_buffer_kind = 1;
pub const KDMA_BUFFER_SLAB: kdma_buffer_kind = 2;
pub const KDMA_BUFFER_MMIO: kdma_buffer_kind = 3;
pub const KDMA_BUFFER_RESERVED: kdma_buffer_kind = 4;
/** Where a buffer's memory comes from.

 * `KDMA_BUFFER_PAGES`: alloc_pages(): page aligned, physically contiguous
 * `KDMA_BUFFER_SLAB`: kmalloc(): as aligned as kmalloc() makes it
 * `KDMA_BUFFER_MMIO`: a BAR with memory of another PCI device: page aligned. All
   such buffers of a program, in whole pages, have KDMA_MMIO_SIZE bytes.
 * `KDMA_BUFFER_RESERVED`: as alloc_pages(), then marked as nothing that the kernel
   manages: what has page structures and is no RAM, as holes beside RAM are
*/
pub type kdma_buffer_kind = u32;
pub const KDMA_NOT_REACHED: kdma_completion = 0;
pub const KDMA_COMPLETED: kdma_completion = 1;
pub const KDMA_INEXPRESSIBLE: kdma_completion = 2;
/** What became of one operation.

 * `KDMA_NOT_REACHED`: the driver never came to it
 * `KDMA_COMPLETED`: the call was made; status and values are its results
 * `KDMA_INEXPRESSIBLE`: this driver's language cannot make this call, on
   purpose (safe Rust and a wrong size on unmap); nothing was called
*/
pub type kdma_completion = u16;
pub const KDMA_RUN_OK: kdma_run_error = 0;
pub const KDMA_RUN_MALFORMED: kdma_run_error = 1;
pub const KDMA_RUN_NO_MEMORY: kdma_run_error = 2;
pub const KDMA_RUN_NO_DEVICE: kdma_run_error = 3;
pub const KDMA_RUN_NO_DRIVER: kdma_run_error = 4;
pub const KDMA_RUN_DRIVER_FAILED: kdma_run_error = 5;
/** Why a program as a whole came to no good end.

 * `KDMA_RUN_OK`: every operation has a result
 * `KDMA_RUN_MALFORMED`: the program's bytes are not a valid program
 * `KDMA_RUN_NO_MEMORY`: no memory for its buffers
 * `KDMA_RUN_NO_DEVICE`: the device it wants is not there
 * `KDMA_RUN_NO_DRIVER`: the driver it wants is not loaded
 * `KDMA_RUN_DRIVER_FAILED`: the driver gave up or panicked
*/
pub type kdma_run_error = u32;
/** First 64 bytes of a program.

 * `magic`: KDMA_PROGRAM_MAGIC
 * `version`: KDMA_PROGRAM_VERSION
 * `length`: bytes of the whole program, this header included
 * `checksum`: CRC-32 (IEEE, as zlib's crc32()) of the whole program with this
   field zero
 * `program`: the host's number for it, echoed in the trace
 * `target`: enum kdma_target
 * `buffer_count`: number of buffer shapes
 * `slot_count`: number of slots
 * `operation_count`: number of operations
 * `operation_table`: CRC-32 of the table of operations both sides were built
   from, so that a host and a guest of different tables do not talk past
   each other
 * `reserved`: zero
*/
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct kdma_program_header {
    pub magic: u64,
    pub version: u32,
    pub length: u32,
    pub checksum: u32,
    pub program: u32,
    pub target: u32,
    pub buffer_count: u32,
    pub slot_count: u32,
    pub operation_count: u32,
    pub operation_table: u32,
    pub reserved: [u32; 5usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of kdma_program_header",
    ][::core::mem::size_of::<kdma_program_header>() - 64usize];
    [
        "Alignment of kdma_program_header",
    ][::core::mem::align_of::<kdma_program_header>() - 8usize];
    [
        "Offset of field: kdma_program_header::magic",
    ][::core::mem::offset_of!(kdma_program_header, magic) - 0usize];
    [
        "Offset of field: kdma_program_header::version",
    ][::core::mem::offset_of!(kdma_program_header, version) - 8usize];
    [
        "Offset of field: kdma_program_header::length",
    ][::core::mem::offset_of!(kdma_program_header, length) - 12usize];
    [
        "Offset of field: kdma_program_header::checksum",
    ][::core::mem::offset_of!(kdma_program_header, checksum) - 16usize];
    [
        "Offset of field: kdma_program_header::program",
    ][::core::mem::offset_of!(kdma_program_header, program) - 20usize];
    [
        "Offset of field: kdma_program_header::target",
    ][::core::mem::offset_of!(kdma_program_header, target) - 24usize];
    [
        "Offset of field: kdma_program_header::buffer_count",
    ][::core::mem::offset_of!(kdma_program_header, buffer_count) - 28usize];
    [
        "Offset of field: kdma_program_header::slot_count",
    ][::core::mem::offset_of!(kdma_program_header, slot_count) - 32usize];
    [
        "Offset of field: kdma_program_header::operation_count",
    ][::core::mem::offset_of!(kdma_program_header, operation_count) - 36usize];
    [
        "Offset of field: kdma_program_header::operation_table",
    ][::core::mem::offset_of!(kdma_program_header, operation_table) - 40usize];
    [
        "Offset of field: kdma_program_header::reserved",
    ][::core::mem::offset_of!(kdma_program_header, reserved) - 44usize];
};
/** Memory the core provides before the program runs.

 * `size`: bytes, at most KDMA_MAX_BUFFER_SIZE
 * `kind`: enum kdma_buffer_kind
*/
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct kdma_buffer_shape {
    pub size: u32,
    pub kind: u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of kdma_buffer_shape"][::core::mem::size_of::<kdma_buffer_shape>() - 8usize];
    [
        "Alignment of kdma_buffer_shape",
    ][::core::mem::align_of::<kdma_buffer_shape>() - 4usize];
    [
        "Offset of field: kdma_buffer_shape::size",
    ][::core::mem::offset_of!(kdma_buffer_shape, size) - 0usize];
    [
        "Offset of field: kdma_buffer_shape::kind",
    ][::core::mem::offset_of!(kdma_buffer_shape, kind) - 4usize];
};
/** One call with its arguments.

 * `opcode`: from the table of operations (operations.toml)
 * `reserved`: zero
 * `slot`: the slot it defines, uses or releases; 0 where it has none
 * `arguments`: as the table says; unused ones are zero
*/
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct kdma_operation {
    pub opcode: u16,
    pub reserved: u16,
    pub slot: u32,
    pub arguments: [u64; 7usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of kdma_operation"][::core::mem::size_of::<kdma_operation>() - 64usize];
    ["Alignment of kdma_operation"][::core::mem::align_of::<kdma_operation>() - 8usize];
    [
        "Offset of field: kdma_operation::opcode",
    ][::core::mem::offset_of!(kdma_operation, opcode) - 0usize];
    [
        "Offset of field: kdma_operation::reserved",
    ][::core::mem::offset_of!(kdma_operation, reserved) - 2usize];
    [
        "Offset of field: kdma_operation::slot",
    ][::core::mem::offset_of!(kdma_operation, slot) - 4usize];
    [
        "Offset of field: kdma_operation::arguments",
    ][::core::mem::offset_of!(kdma_operation, arguments) - 8usize];
};
/** What one operation gave.

 * `opcode`: of the operation
 * `completion`: enum kdma_completion
 * `status`: enum kdma_error
 * `values`: as the table says; unused ones are zero
*/
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct kdma_result {
    pub opcode: u16,
    pub completion: u16,
    pub status: i32,
    pub values: [u64; 4usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of kdma_result"][::core::mem::size_of::<kdma_result>() - 40usize];
    ["Alignment of kdma_result"][::core::mem::align_of::<kdma_result>() - 8usize];
    [
        "Offset of field: kdma_result::opcode",
    ][::core::mem::offset_of!(kdma_result, opcode) - 0usize];
    [
        "Offset of field: kdma_result::completion",
    ][::core::mem::offset_of!(kdma_result, completion) - 2usize];
    [
        "Offset of field: kdma_result::status",
    ][::core::mem::offset_of!(kdma_result, status) - 4usize];
    [
        "Offset of field: kdma_result::values",
    ][::core::mem::offset_of!(kdma_result, values) - 8usize];
};
/** Opens the trace of one program by one driver.

 * `magic`: KDMA_TRACE_MAGIC
 * `version`: KDMA_PROGRAM_VERSION
 * `program`: of the program
 * `driver`: enum kdma_driver_kind
 * `operation_count`: results that follow
*/
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct kdma_trace_header {
    pub magic: u64,
    pub version: u32,
    pub program: u32,
    pub driver: u32,
    pub operation_count: u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of kdma_trace_header"][::core::mem::size_of::<kdma_trace_header>() - 24usize];
    [
        "Alignment of kdma_trace_header",
    ][::core::mem::align_of::<kdma_trace_header>() - 8usize];
    [
        "Offset of field: kdma_trace_header::magic",
    ][::core::mem::offset_of!(kdma_trace_header, magic) - 0usize];
    [
        "Offset of field: kdma_trace_header::version",
    ][::core::mem::offset_of!(kdma_trace_header, version) - 8usize];
    [
        "Offset of field: kdma_trace_header::program",
    ][::core::mem::offset_of!(kdma_trace_header, program) - 12usize];
    [
        "Offset of field: kdma_trace_header::driver",
    ][::core::mem::offset_of!(kdma_trace_header, driver) - 16usize];
    [
        "Offset of field: kdma_trace_header::operation_count",
    ][::core::mem::offset_of!(kdma_trace_header, operation_count) - 20usize];
};
/** Closes it; a trace without one was cut.

 * `magic`: KDMA_TRACE_END_MAGIC
 * `error`: enum kdma_run_error
 * `completed`: operations with a result
 * `leftover`: slots still holding a mapping or memory when the program ended;
   the driver has released them since
 * `detail`: for a malformed program the byte offset of what is wrong
 * `nanoseconds`: the driver's time for all operations
*/
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct kdma_trace_end {
    pub magic: u64,
    pub error: u32,
    pub completed: u32,
    pub leftover: u32,
    pub detail: u32,
    pub nanoseconds: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of kdma_trace_end"][::core::mem::size_of::<kdma_trace_end>() - 32usize];
    ["Alignment of kdma_trace_end"][::core::mem::align_of::<kdma_trace_end>() - 8usize];
    [
        "Offset of field: kdma_trace_end::magic",
    ][::core::mem::offset_of!(kdma_trace_end, magic) - 0usize];
    [
        "Offset of field: kdma_trace_end::error",
    ][::core::mem::offset_of!(kdma_trace_end, error) - 8usize];
    [
        "Offset of field: kdma_trace_end::completed",
    ][::core::mem::offset_of!(kdma_trace_end, completed) - 12usize];
    [
        "Offset of field: kdma_trace_end::leftover",
    ][::core::mem::offset_of!(kdma_trace_end, leftover) - 16usize];
    [
        "Offset of field: kdma_trace_end::detail",
    ][::core::mem::offset_of!(kdma_trace_end, detail) - 20usize];
    [
        "Offset of field: kdma_trace_end::nanoseconds",
    ][::core::mem::offset_of!(kdma_trace_end, nanoseconds) - 24usize];
};
pub const KDMA_DRIVER_NATIVE: kdma_driver_kind = 1;
pub const KDMA_DRIVER_C: kdma_driver_kind = 2;
pub const KDMA_DRIVER_RUST_SYS: kdma_driver_kind = 3;
pub const KDMA_DRIVER_RUST: kdma_driver_kind = 4;
pub const KDMA_DRIVER_UPSTREAM: kdma_driver_kind = 5;
/** Executors of programs.

 * `KDMA_DRIVER_NATIVE`: C, calls the kernel's dma_* directly
 * `KDMA_DRIVER_C`: C, calls kdma_*
 * `KDMA_DRIVER_RUST_SYS`: Rust, calls kdma_* through the generated bindings
 * `KDMA_DRIVER_RUST`: Rust, uses the safe layer
 * `KDMA_DRIVER_UPSTREAM`: Rust, uses the kernel's own kernel::dma
*/
pub type kdma_driver_kind = u32;
/** Memory the core lends to a driver for one run.

 * `cpu_address`: its first byte
 * `page`: its first page; null for what is no RAM
 * `physical_address`: its first byte
 * `size`: bytes
 * `page_offset`: bytes from the start of @page to @cpu_address
*/
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct kdma_buffer {
    pub cpu_address: *mut ::core::ffi::c_void,
    pub page: *mut kdma_page,
    pub physical_address: u64,
    pub size: u64,
    pub page_offset: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of kdma_buffer"][::core::mem::size_of::<kdma_buffer>() - 40usize];
    ["Alignment of kdma_buffer"][::core::mem::align_of::<kdma_buffer>() - 8usize];
    [
        "Offset of field: kdma_buffer::cpu_address",
    ][::core::mem::offset_of!(kdma_buffer, cpu_address) - 0usize];
    [
        "Offset of field: kdma_buffer::page",
    ][::core::mem::offset_of!(kdma_buffer, page) - 8usize];
    [
        "Offset of field: kdma_buffer::physical_address",
    ][::core::mem::offset_of!(kdma_buffer, physical_address) - 16usize];
    [
        "Offset of field: kdma_buffer::size",
    ][::core::mem::offset_of!(kdma_buffer, size) - 24usize];
    [
        "Offset of field: kdma_buffer::page_offset",
    ][::core::mem::offset_of!(kdma_buffer, page_offset) - 32usize];
};
pub const KDMA_SLOT_EMPTY: kdma_slot_state = 0;
pub const KDMA_SLOT_FAILED: kdma_slot_state = 1;
pub const KDMA_SLOT_MAPPED: kdma_slot_state = 2;
pub const KDMA_SLOT_UNMAPPED: kdma_slot_state = 3;
pub const KDMA_SLOT_ALLOCATED: kdma_slot_state = 4;
pub const KDMA_SLOT_FREED: kdma_slot_state = 5;
pub const KDMA_SLOT_HANDLE: kdma_slot_state = 6;
/** What a slot holds.

 * `KDMA_SLOT_EMPTY`: never defined
 * `KDMA_SLOT_FAILED`: the defining operation failed
 * `KDMA_SLOT_MAPPED`: a mapping
 * `KDMA_SLOT_UNMAPPED`: was a mapping; the device may still be made to use
   the address, to see what happens then
 * `KDMA_SLOT_ALLOCATED`: coherent memory
 * `KDMA_SLOT_FREED`: was coherent memory, a scatterlist or a pool
 * `KDMA_SLOT_HANDLE`: a scatterlist that is not mapped, or a pool
*/
pub type kdma_slot_state = u32;
/** A part of a mapped scatterlist, as the device sees it.

 * `dma_address`: its first byte
 * `size`: bytes
*/
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct kdma_segment {
    pub dma_address: kdma_address_t,
    pub size: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of kdma_segment"][::core::mem::size_of::<kdma_segment>() - 16usize];
    ["Alignment of kdma_segment"][::core::mem::align_of::<kdma_segment>() - 8usize];
    [
        "Offset of field: kdma_segment::dma_address",
    ][::core::mem::offset_of!(kdma_segment, dma_address) - 0usize];
    [
        "Offset of field: kdma_segment::size",
    ][::core::mem::offset_of!(kdma_segment, size) - 8usize];
};
/** What a driver tells the core about one slot.

 * `cpu_address`: of coherent memory the CPU may touch; otherwise null
 * `dma_address`: last address the slot had, KDMA_MAPPING_ERROR after a failure
 * `size`: bytes; of a scatterlist, the sum of its segments
 * `state`: enum kdma_slot_state
 * `segment_count`: segments of a scatterlist seen so far; otherwise 0
 * `segments`: those, in the order of the bytes

 The driver writes it whenever it defines or releases a slot. The core reads
 it for the device's operations, so @dma_address and @size stay after the
 release.
*/
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct kdma_slot {
    pub cpu_address: *mut ::core::ffi::c_void,
    pub dma_address: kdma_address_t,
    pub size: u64,
    pub state: u32,
    pub segment_count: u32,
    pub segments: [kdma_segment; 16usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of kdma_slot"][::core::mem::size_of::<kdma_slot>() - 288usize];
    ["Alignment of kdma_slot"][::core::mem::align_of::<kdma_slot>() - 8usize];
    [
        "Offset of field: kdma_slot::cpu_address",
    ][::core::mem::offset_of!(kdma_slot, cpu_address) - 0usize];
    [
        "Offset of field: kdma_slot::dma_address",
    ][::core::mem::offset_of!(kdma_slot, dma_address) - 8usize];
    [
        "Offset of field: kdma_slot::size",
    ][::core::mem::offset_of!(kdma_slot, size) - 16usize];
    [
        "Offset of field: kdma_slot::state",
    ][::core::mem::offset_of!(kdma_slot, state) - 24usize];
    [
        "Offset of field: kdma_slot::segment_count",
    ][::core::mem::offset_of!(kdma_slot, segment_count) - 28usize];
    [
        "Offset of field: kdma_slot::segments",
    ][::core::mem::offset_of!(kdma_slot, segments) - 32usize];
};
/** One program in one driver.

 * `device`: the device the program targets
 * `operations`: what to do, checked by the core
 * `results`: one for each operation, zeroed; the driver fills them
 * `buffers`: the core's memory
 * `slots`: the driver's report of its slots, zeroed
 * `state`: the driver's own memory, zeroed, 64-byte aligned,
   state_size(slot_count) bytes
 * `operation_count`: operations and results
 * `buffer_count`: buffers
 * `slot_count`: slots
 * `leftover`: the driver's count of slots it had to release at the end
 * `core_operation`: does operation number @index, which belongs to the core
   (buffers, the device), and fills its result
 * `core`: the core's own
*/
#[repr(C)]
#[derive(Debug)]
pub struct kdma_run {
    pub device: *mut kdma_device,
    pub operations: *const kdma_operation,
    pub results: *mut kdma_result,
    pub buffers: *const kdma_buffer,
    pub slots: *mut kdma_slot,
    pub state: *mut ::core::ffi::c_void,
    pub operation_count: u32,
    pub buffer_count: u32,
    pub slot_count: u32,
    pub leftover: u32,
    pub core_operation: ::core::option::Option<
        unsafe extern "C" fn(run: *mut kdma_run, index: u32),
    >,
    pub core: *mut ::core::ffi::c_void,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of kdma_run"][::core::mem::size_of::<kdma_run>() - 80usize];
    ["Alignment of kdma_run"][::core::mem::align_of::<kdma_run>() - 8usize];
    [
        "Offset of field: kdma_run::device",
    ][::core::mem::offset_of!(kdma_run, device) - 0usize];
    [
        "Offset of field: kdma_run::operations",
    ][::core::mem::offset_of!(kdma_run, operations) - 8usize];
    [
        "Offset of field: kdma_run::results",
    ][::core::mem::offset_of!(kdma_run, results) - 16usize];
    [
        "Offset of field: kdma_run::buffers",
    ][::core::mem::offset_of!(kdma_run, buffers) - 24usize];
    [
        "Offset of field: kdma_run::slots",
    ][::core::mem::offset_of!(kdma_run, slots) - 32usize];
    [
        "Offset of field: kdma_run::state",
    ][::core::mem::offset_of!(kdma_run, state) - 40usize];
    [
        "Offset of field: kdma_run::operation_count",
    ][::core::mem::offset_of!(kdma_run, operation_count) - 48usize];
    [
        "Offset of field: kdma_run::buffer_count",
    ][::core::mem::offset_of!(kdma_run, buffer_count) - 52usize];
    [
        "Offset of field: kdma_run::slot_count",
    ][::core::mem::offset_of!(kdma_run, slot_count) - 56usize];
    [
        "Offset of field: kdma_run::leftover",
    ][::core::mem::offset_of!(kdma_run, leftover) - 60usize];
    [
        "Offset of field: kdma_run::core_operation",
    ][::core::mem::offset_of!(kdma_run, core_operation) - 64usize];
    [
        "Offset of field: kdma_run::core",
    ][::core::mem::offset_of!(kdma_run, core) - 72usize];
};
/** What a driver's module gives to the core.

 * `kind`: enum kdma_driver_kind
 * `abi_version`: KDMA_ABI_VERSION the driver was built for; 0 for native
 * `operation_table`: as in struct kdma_program_header
 * `reserved`: zero
 * `state_size`: bytes of state it needs for this many slots
 * `run`: executes all operations in order, then releases what is left.
   May sleep. Returns 0, or non-zero when the driver gave up.

 The module passes it as platform data of a device named
 KDMA_DRIVER_DEVICE_NAME; the core binds to that.
*/
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct kdma_driver {
    pub kind: u32,
    pub abi_version: u32,
    pub operation_table: u32,
    pub reserved: u32,
    pub state_size: ::core::option::Option<unsafe extern "C" fn(slot_count: u32) -> u64>,
    pub run: ::core::option::Option<unsafe extern "C" fn(run: *mut kdma_run) -> i32>,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of kdma_driver"][::core::mem::size_of::<kdma_driver>() - 32usize];
    ["Alignment of kdma_driver"][::core::mem::align_of::<kdma_driver>() - 8usize];
    [
        "Offset of field: kdma_driver::kind",
    ][::core::mem::offset_of!(kdma_driver, kind) - 0usize];
    [
        "Offset of field: kdma_driver::abi_version",
    ][::core::mem::offset_of!(kdma_driver, abi_version) - 4usize];
    [
        "Offset of field: kdma_driver::operation_table",
    ][::core::mem::offset_of!(kdma_driver, operation_table) - 8usize];
    [
        "Offset of field: kdma_driver::reserved",
    ][::core::mem::offset_of!(kdma_driver, reserved) - 12usize];
    [
        "Offset of field: kdma_driver::state_size",
    ][::core::mem::offset_of!(kdma_driver, state_size) - 16usize];
    [
        "Offset of field: kdma_driver::run",
    ][::core::mem::offset_of!(kdma_driver, run) - 24usize];
};
