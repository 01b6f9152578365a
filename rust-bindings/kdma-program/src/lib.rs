// SPDX-License-Identifier: GPL-2.0

//! Programs and the executor that the Rust drivers share.
//!
//! C header: `kmod/program.h`. [`execute`] walks the operations of a run,
//! decodes each, and has a driver ([`Calls`]) make the call; operations that
//! belong to the core go back to it.
#![no_std]

mod format;
#[allow(missing_docs)] // the table describes them
mod operations;

use core::marker::PhantomData;

pub use format::*;
use kdma_sys::{KDMA_OK, kdma_address_t, kdma_device, kdma_error};
pub use operations::*;

/// What one operation gave, with as many values as the table of operations says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome<const N: usize = 0> {
    /// Whether the call was made.
    pub completion: kdma_completion,
    /// What it returned.
    pub status: kdma_error,
    /// As the table of operations says.
    pub values: [u64; N],
}

impl<const N: usize> Outcome<N> {
    /// The call was made: its status and its values.
    #[must_use]
    #[inline]
    pub fn completed(status: kdma_error, values: [u64; N]) -> Self {
        Outcome {
            completion: KDMA_COMPLETED,
            status,
            values,
        }
    }

    /// The call was made and succeeded.
    #[must_use]
    #[inline]
    pub fn ok(values: [u64; N]) -> Self {
        Self::completed(KDMA_OK, values)
    }

    /// The call was made and gives nothing but a status.
    #[must_use]
    #[inline]
    pub fn status(code: kdma_error) -> Self {
        Self::completed(code, [0; N])
    }

    /// This driver cannot make this call, on purpose; nothing was called.
    #[must_use]
    #[inline]
    pub fn inexpressible() -> Self {
        Outcome {
            completion: KDMA_INEXPRESSIBLE,
            status: KDMA_OK,
            values: [0; N],
        }
    }

    /// Was the call made, without an error?
    #[must_use]
    #[inline]
    pub fn is_ok(&self) -> bool {
        self.completion == KDMA_COMPLETED && self.status == KDMA_OK
    }
}

impl Outcome {
    /// The same with values.
    #[must_use]
    #[inline]
    pub fn with<const N: usize>(self, values: [u64; N]) -> Outcome<N> {
        Outcome {
            completion: self.completion,
            status: self.status,
            values,
        }
    }
}

/// Where the result of one operation goes. All its values were zero before.
pub(crate) struct Place<'r> {
    raw: *mut kdma_result,
    lifetime: PhantomData<&'r kdma_run>,
}

impl Place<'_> {
    /// Completes the result.
    #[inline]
    pub(crate) fn write<const N: usize>(self, outcome: Outcome<N>) {
        const { assert!(N <= KDMA_VALUE_COUNT) };
        // SAFETY: `raw` is valid by the type invariant, and nobody else uses the
        // result now.
        unsafe {
            (*self.raw).status = outcome.status;
            for (index, value) in outcome.values.into_iter().enumerate() {
                (*self.raw).values[index] = value;
            }
            (*self.raw).completion = outcome.completion;
        }
    }
}

/// A run as a driver sees it: the device, the core's buffers, the slots.
///
/// The core reads and writes the same memory whenever it is called, so nothing
/// here is a reference that outlives a call.
#[derive(Debug)]
pub struct Run<'r> {
    raw: *mut kdma_run,
    lifetime: PhantomData<&'r kdma_run>,
}

impl<'r> Run<'r> {
    /// Makes a view of a run.
    ///
    /// # Safety
    ///
    /// For `'r`, `raw` points to a run as `program.h` describes it: its arrays
    /// are as long as its counts say, and only this thread uses it.
    #[must_use]
    pub unsafe fn from_raw(raw: *mut kdma_run) -> Self {
        // INVARIANT: by the contract of this function, `raw` is valid for 'r.
        Run {
            raw,
            lifetime: PhantomData,
        }
    }

    /// The device the program targets.
    #[must_use]
    #[inline]
    pub fn device(&self) -> *mut kdma_device {
        // SAFETY: `raw` is valid by the type invariant.
        unsafe { (*self.raw).device }
    }

    /// A copy of what the core says about buffer number `index`.
    #[must_use]
    #[inline]
    pub fn buffer(&self, index: u64) -> Option<kdma_buffer> {
        // SAFETY: `raw` is valid by the type invariant.
        let (buffers, count) = unsafe { ((*self.raw).buffers, (*self.raw).buffer_count) };
        if index >= u64::from(count) {
            return None;
        }
        // SAFETY: `buffers` has `count` elements; `index` is one of them.
        Some(unsafe { buffers.add(index as usize).read() })
    }

    /// The arguments of all operations of a kind on a slot that succeeded.
    pub fn succeeded(
        &self,
        opcode: u16,
        slot: u32,
    ) -> impl Iterator<Item = [u64; KDMA_ARGUMENT_COUNT]> {
        // SAFETY: `raw` is valid by the type invariant.
        let (operations, results, count) = unsafe {
            let run = &*self.raw;
            (run.operations, run.results, run.operation_count)
        };
        (0..count as usize).filter_map(move |index| {
            // SAFETY: there are `count` operations and as many results.
            let (operation, result) =
                unsafe { (operations.add(index).read(), results.add(index).read()) };
            (operation.opcode == opcode
                && operation.slot == slot
                && result.completion == KDMA_COMPLETED
                && result.status == KDMA_OK)
                .then_some(operation.arguments)
        })
    }

    /// How many slots there are.
    #[must_use]
    #[inline]
    pub fn slot_count(&self) -> u32 {
        // SAFETY: `raw` is valid by the type invariant.
        unsafe { (*self.raw).slot_count }
    }

    /// A copy of what the driver last reported about a slot.
    #[must_use]
    #[inline]
    pub fn slot(&self, index: u32) -> Option<kdma_slot> {
        // SAFETY: `slot_address` gives valid elements only.
        self.slot_address(index).map(|slot| unsafe { slot.read() })
    }

    /// Reports a slot to the core. Does nothing for a slot that is not there.
    #[inline]
    pub fn set_slot(&self, index: u32, slot: kdma_slot) {
        if let Some(address) = self.slot_address(index) {
            // SAFETY: `slot_address` gives valid elements only.
            unsafe { address.write(slot) };
        }
    }

    /// Reports a slot without segments, as [`Run::set_slot`] does, but in place:
    /// what counts is a few words of some hundred bytes.
    #[inline]
    pub fn set_plain_slot(
        &self,
        index: u32,
        cpu_address: *mut core::ffi::c_void,
        dma_address: kdma_address_t,
        size: u64,
        state: u32,
    ) {
        if let Some(address) = self.slot_address(index) {
            // SAFETY: `slot_address` gives valid elements only.
            unsafe {
                (*address).cpu_address = cpu_address;
                (*address).dma_address = dma_address;
                (*address).size = size;
                (*address).state = state;
                (*address).segment_count = 0;
            }
        }
    }

    /// Reports where the CPU finds the memory of a slot; null: nowhere.
    #[inline]
    pub fn set_cpu_address(&self, index: u32, cpu_address: *mut core::ffi::c_void) {
        if let Some(address) = self.slot_address(index) {
            // SAFETY: `slot_address` gives valid elements only.
            unsafe { (*address).cpu_address = cpu_address };
        }
    }

    /// Reports the state of a slot.
    #[inline]
    pub fn set_state(&self, index: u32, state: u32) {
        if let Some(address) = self.slot_address(index) {
            // SAFETY: `slot_address` gives valid elements only.
            unsafe { (*address).state = state };
        }
    }

    /// The driver's own memory.
    #[must_use]
    #[inline]
    pub fn state(&self) -> *mut core::ffi::c_void {
        // SAFETY: `raw` is valid by the type invariant.
        unsafe { (*self.raw).state }
    }

    /// Counts a slot that the driver had to release at the end.
    #[inline]
    pub fn count_leftover(&self) {
        // SAFETY: `raw` is valid by the type invariant.
        unsafe { (*self.raw).leftover += 1 };
    }

    #[inline]
    fn slot_address(&self, index: u32) -> Option<*mut kdma_slot> {
        // SAFETY: `raw` is valid by the type invariant.
        let (slots, count) = unsafe { ((*self.raw).slots, (*self.raw).slot_count) };
        if index >= count {
            return None;
        }
        // SAFETY: `slots` has `count` elements; `index` is one of them.
        Some(unsafe { slots.add(index as usize) })
    }
}

/// Does all operations of a run in order. Afterwards every result is complete.
///
/// Returns 0, or -1 for a run without a way to call the core.
///
/// # Safety
///
/// As for [`Run::from_raw`], for as long as the call takes; in addition
/// `core_operation` is null or a function that takes this run.
pub unsafe fn execute<C: Calls>(run: *mut kdma_run, calls: &mut C) -> i32 {
    // SAFETY: the caller guarantees it.
    let view = unsafe { Run::from_raw(run) };
    // SAFETY: `run` is valid, so its fields can be read.
    let (operations, results, count, core_operation) = unsafe {
        (
            (*run).operations,
            (*run).results,
            (*run).operation_count,
            (*run).core_operation,
        )
    };
    let Some(core_operation) = core_operation else {
        return -1;
    };
    for index in 0..count {
        // SAFETY: there are `count` operations and as many results.
        let (operation, result) = unsafe {
            (
                &*operations.add(index as usize),
                results.add(index as usize),
            )
        };
        // SAFETY: `result` is an element of the results, see above.
        unsafe { (*result).opcode = operation.opcode };
        if let Some(&Some(call)) = Table::<C>::CALLS.get(operation.opcode as usize) {
            // INVARIANT: `result` is an element of the results, see above.
            let place = Place {
                raw: result,
                lifetime: PhantomData,
            };
            call(calls, &view, operation, place);
        } else {
            // SAFETY: the core gave this function to be called with its run and
            // the number of one of its operations.
            unsafe { core_operation(run, index) };
            // SAFETY: `result` is an element of the results, see above.
            unsafe { (*result).completion = KDMA_COMPLETED };
        }
    }
    0
}
