// SPDX-License-Identifier: GPL-2.0

//! The device that does DMA, and addresses as it sees them.

use core::marker::PhantomData;
use core::ptr::NonNull;

use kdma_sys::{kdma_address_t, kdma_device};

/// A device that does DMA (`struct kdma_device`, the kernel's `struct device`).
///
/// A handle to copy around; it neither takes nor drops a reference. Everything
/// allocated or mapped for the device carries its lifetime, so nothing outlives
/// it. The handle stays on its thread: the kernel does not let limits of a
/// device change beside allocations and mappings of the same device.
///
/// ```
/// # use kdma_mock as _;
/// # let device = kdma_mock::device();
/// let copy = device;
/// device.set_mask(0xffff_ffff)?;
/// let _ = copy.mask()?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// ```compile_fail,E0277
/// # use kdma_mock as _;
/// # let device = kdma_mock::device();
/// std::thread::scope(|scope| {
///     scope.spawn(|| device.set_mask(0xffff_ffff));
/// });
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Device<'d> {
    raw: NonNull<kdma_device>,
    lifetime: PhantomData<&'d kdma_device>,
}

impl<'d> Device<'d> {
    /// A handle from the pointer the kernel knows the device by.
    ///
    /// # Safety
    ///
    /// For all of `'d`, `raw` points to a device whose driver is bound, its managed
    /// resources are not released, and nobody else changes its DMA limits.
    #[must_use]
    pub const unsafe fn from_raw(raw: NonNull<kdma_device>) -> Self {
        // INVARIANT: `raw` is a device for all of 'd, as the caller guarantees.
        Device {
            raw,
            lifetime: PhantomData,
        }
    }

    /// The pointer for calls of the ABI.
    #[must_use]
    pub const fn as_raw(&self) -> *mut kdma_device {
        self.raw.as_ptr()
    }
}

/// An address as the device sees it: to be told to the device, never to be
/// dereferenced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct DmaAddress(pub(crate) kdma_address_t);

impl DmaAddress {
    /// The number to write into the device's registers.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }
}
