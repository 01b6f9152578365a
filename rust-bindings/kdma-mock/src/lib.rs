// SPDX-License-Identifier: GPL-2.0

//! A pretended kdma.ko, for tests on the host.
//!
//! It defines every function of the ABI, records each call with its arguments
//! and behaves like a kernel whose mappings all go through bounce buffers, so
//! that a missing or misplaced sync shows in the bytes. State belongs to the
//! thread: tests do not disturb each other.

mod abi;
mod world;

use core::ptr::NonNull;

use kdma::{Buffer, Device, Mmio, Pages};
use kdma_sys::{kdma_device, kdma_error};
pub use world::Call;
use world::{PHYSICAL_BASE, Wanted, with};

/// The pointer that stands for the device.
#[must_use]
pub fn raw_device() -> NonNull<kdma_device> {
    static DEVICE: u64 = 0;
    NonNull::from(&DEVICE).cast()
}

/// The device, as it stands among the arguments of a call.
#[must_use]
pub fn device_argument() -> u64 {
    raw_device().addr().get() as u64
}

/// A call of this function (without `kdma_`) with these arguments.
#[must_use]
pub fn call(function: &'static str, arguments: &[u64]) -> Call {
    Call {
        function,
        arguments: arguments.to_vec(),
    }
}

/// The device.
#[must_use]
pub fn device() -> Device<'static> {
    // SAFETY: the mock never dereferences it and nobody else changes its limits.
    unsafe { Device::from_raw(raw_device()) }
}

/// A driver that is bound to the device. When it is unbound, the device releases
/// what it manages.
#[derive(Debug)]
pub struct Binding(());

impl Binding {
    /// Binds a driver.
    #[must_use]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Binding(())
    }

    /// The device as long as the driver is bound.
    #[must_use]
    pub fn device(&self) -> Device<'_> {
        // SAFETY: as in `device`; what is managed is released when `self` is dropped.
        unsafe { Device::from_raw(raw_device()) }
    }
}

impl Drop for Binding {
    fn drop(&mut self) {
        with(world::World::release_managed);
    }
}

/// A buffer of zeros.
#[must_use]
pub fn buffer(size: usize) -> Buffer<'static> {
    let memory = with(|world| world.new_memory(size));
    // SAFETY: the memory was made for this buffer and is never freed before the
    // end of the thread.
    unsafe { Buffer::from_raw_parts(memory.start, size) }
}

/// A buffer of zeros that starts `page_offset` bytes into its first page.
#[must_use]
pub fn pages(size: usize, page_offset: u64) -> Pages<'static> {
    let memory = with(|world| world.new_memory(size));
    // SAFETY: as in `buffer`; the mock finds the memory by either number.
    unsafe {
        Pages::from_raw_parts(
            Buffer::from_raw_parts(memory.start, size),
            with(|world| world.page_of(&memory, page_offset)),
            page_offset,
            memory.physical_address,
        )
    }
}

/// Device memory.
#[must_use]
pub fn mmio(size: u64) -> Mmio<'static> {
    // SAFETY: the mock has no devices to harm.
    unsafe { Mmio::from_raw_parts(PHYSICAL_BASE / 2, size) }
}

/// Memory as the core of the test module provides it: its address for the CPU,
/// its page, the offset in that page, its physical address.
#[must_use]
pub fn core_buffer(
    size: usize,
    page_offset: u64,
) -> (NonNull<u8>, NonNull<kdma_sys::kdma_page>, u64, u64) {
    with(|world| {
        let memory = world.new_memory(size);
        let page = world.page_of(&memory, page_offset);
        (memory.start, page, page_offset, memory.physical_address)
    })
}

/// The calls since the last time, in order.
#[must_use]
pub fn take_calls() -> Vec<Call> {
    with(|world| core::mem::take(&mut world.calls))
}

/// The calls since the last time, in order; they stay.
#[must_use]
pub fn calls() -> Vec<Call> {
    with(|world| world.calls.clone())
}

/// What callers did wrong since the last time: other arguments on unmap than on
/// map, addresses that are not mapped.
#[must_use]
pub fn take_faults() -> Vec<String> {
    with(|world| core::mem::take(&mut world.faults))
}

/// From now on what callers do wrong is told by [`take_faults`] only, and not refused.
pub fn go_on() {
    with(|world| world.goes_on = true);
}

/// Lets the next call of a function that can fail return this.
pub fn fail_next(error: kdma_error) {
    with(|world| world.fail_next = Some((Wanted::Next, error)));
}

/// Lets the next call of this function (without `kdma_`) return this.
pub fn fail(function: &'static str, error: kdma_error) {
    with(|world| world.fail_next = Some((Wanted::Of(function), error)));
}

/// Lets the call return this that comes after `before` more calls of functions that can fail.
pub fn fail_after(before: usize, error: kdma_error) {
    with(|world| {
        let wanted = Wanted::After(world.entered + before);
        world.fail_next = Some((wanted, error));
    });
}

/// The last function (without `kdma_`) that failed because a test wanted it to.
#[must_use]
pub fn last_failed() -> &'static str {
    with(|world| world.last_failed)
}

/// Is there still a call that is to fail? Then there was none. Nothing fails any more.
pub fn nothing_failed() -> bool {
    with(|world| world.fail_next.take()).is_some()
}

/// The calls since the last time are these, and nobody did anything wrong.
///
/// # Panics
///
/// Names the first call that differs, the argument and both values.
#[track_caller]
pub fn assert_calls(expected: &[Call]) {
    assert_made(&take_calls(), expected);
    let faults = take_faults();
    assert!(faults.is_empty(), "the C ABI was used wrongly: {faults:?}");
}

/// What a call was given, counted from 0; 0 if there was no such call.
#[must_use]
pub fn argument(calls: &[Call], number: usize, at: usize) -> u64 {
    let of = calls.get(number);
    of.and_then(|call| call.arguments.get(at).copied())
        .unwrap_or(0)
}

/// The calls since the last time are of these functions (without `kdma_`).
///
/// # Panics
///
/// Names the first that differs.
#[track_caller]
pub fn assert_functions(expected: &[&'static str]) {
    let calls: Vec<_> = take_calls().iter().map(|c| call(c.function, &[])).collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|function| call(function, &[]))
        .collect();
    assert_made(&calls, &expected);
}

/// These calls are as expected.
///
/// # Panics
///
/// As [`assert_calls`].
#[track_caller]
pub fn assert_made(calls: &[Call], expected: &[Call]) {
    for (number, (wanted, made)) in expected.iter().zip(calls).enumerate() {
        assert!(
            wanted.function == made.function || number == 0 || *made != calls[number - 1],
            "kdma_{}: is called once more than it should be",
            made.function,
        );
        assert!(
            wanted.function == made.function,
            "kdma_{}: call {}: kdma_{} is called",
            wanted.function,
            number + 1,
            made.function,
        );
        let arguments = wanted.arguments.iter().zip(&made.arguments);
        for (at, (wants, has)) in arguments.enumerate() {
            assert!(
                wants == has,
                "kdma_{}: argument {}: {wants:#x} is expected, {has:#x} is handed over",
                made.function,
                at + 1,
            );
        }
    }
    if let Some(more) = calls.get(expected.len()) {
        panic!("kdma_{}: is called and should not be", more.function);
    }
    if let Some(left) = expected.get(calls.len()) {
        panic!("kdma_{}: is not called and should be", left.function);
    }
}

/// Mappings, allocations, scatterlists, pools and ranges of IOVAs in force.
#[must_use]
pub fn live() -> usize {
    with(|world| {
        world.mappings.len()
            + world.allocations.len()
            + world.lists.len()
            + world.pools.len()
            + world.iovas.len()
    })
}

/// The device writes to memory at an address that is mapped or allocated.
pub fn device_write(dma_address: u64, bytes: &[u8]) {
    with(|world| world.device_write(dma_address, bytes));
}

/// The device reads memory at an address that is mapped or allocated.
#[must_use]
pub fn device_read(dma_address: u64, length: usize) -> Vec<u8> {
    with(|world| world.device_read(dma_address, length))
}
