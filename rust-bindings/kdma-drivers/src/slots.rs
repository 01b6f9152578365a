// SPDX-License-Identifier: GPL-2.0

//! What a driver tells the core about its slots. The same for both drivers, and
//! the same as in the C drivers.

use core::ffi::c_void;
use core::ptr;

use kdma_program::{
    KDMA_SLOT_ALLOCATED, KDMA_SLOT_FAILED, KDMA_SLOT_FREED, KDMA_SLOT_HANDLE, KDMA_SLOT_MAPPED,
    KDMA_SLOT_UNMAPPED, Run, kdma_segment,
};
use kdma_sys::{KDMA_MAPPING_ERROR, kdma_address_t};

/// What a slot that has just been defined holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Live {
    /// Coherent memory. Its address for the CPU is null where it has none.
    Allocated {
        /// Where the CPU finds it.
        cpu_address: *mut c_void,
    },
    /// A scatterlist that is not mapped, or a pool.
    Handle,
    /// A mapping.
    Mapped,
}

/// Reports a slot that now holds something.
pub(crate) fn defined(
    run: &Run<'_>,
    slot: u32,
    dma_address: kdma_address_t,
    size: u64,
    live: Live,
) {
    let (state, cpu_address) = match live {
        Live::Allocated { cpu_address } => (KDMA_SLOT_ALLOCATED, cpu_address),
        Live::Handle => (KDMA_SLOT_HANDLE, ptr::null_mut()),
        Live::Mapped => (KDMA_SLOT_MAPPED, ptr::null_mut()),
    };
    run.set_plain_slot(slot, cpu_address, dma_address, size, state);
}

/// Reports a slot whose defining operation failed.
pub(crate) fn failed(run: &Run<'_>, slot: u32) {
    run.set_plain_slot(
        slot,
        ptr::null_mut(),
        KDMA_MAPPING_ERROR,
        0,
        KDMA_SLOT_FAILED,
    );
}

/// Reports a scatterlist that is mapped now; its segments are yet to be seen.
pub(crate) fn list_mapped(run: &Run<'_>, slot: u32) {
    defined(run, slot, KDMA_MAPPING_ERROR, 0, Live::Mapped);
}

/// Reports a segment of a mapped scatterlist, if it follows those seen before.
pub(crate) fn list_segment(run: &Run<'_>, slot: u32, index: u32, dma_address: u64, size: u64) {
    let Some(mut report) = run.slot(slot) else {
        return;
    };
    if index != report.segment_count {
        return;
    }
    if let Some(segment) = report.segments.get_mut(index as usize) {
        *segment = kdma_segment { dma_address, size };
        report.segment_count += 1;
        report.size += size;
        run.set_slot(slot, report);
    }
}

/// Reports where the CPU finds allocated memory from now on; null: nowhere.
pub(crate) fn seen(run: &Run<'_>, slot: u32, cpu_address: *mut c_void) {
    run.set_cpu_address(slot, cpu_address);
}

/// Reports a slot whose memory was freed.
pub(crate) fn freed(run: &Run<'_>, slot: u32) {
    released(run, slot, KDMA_SLOT_FREED);
}

/// Reports a slot whose mapping ended.
pub(crate) fn unmapped(run: &Run<'_>, slot: u32) {
    released(run, slot, KDMA_SLOT_UNMAPPED);
}

/// The address and the size stay: the device may still be made to use them.
fn released(run: &Run<'_>, slot: u32, state: u32) {
    run.set_cpu_address(slot, ptr::null_mut());
    run.set_state(slot, state);
}
