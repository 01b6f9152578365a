// SPDX-License-Identifier: GPL-2.0

//! Family: coherent. Memory that CPU and device share.

use core::ffi::c_void;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

use kdma_sys::KDMA_ATTR_NO_KERNEL_MAPPING;

use crate::volatile::Shared;
use crate::{
    AllocAttributes, AllocFlags, Device, DmaAddress, Error, Failed, Result, ScatterList, sgtable,
};

/// What every allocation is freed with. Has no destructor of its own.
#[derive(Debug)]
pub(crate) struct Allocation<'d> {
    device: Device<'d>,
    size: u64,
    /// A cookie where the memory has no kernel mapping.
    cpu_address: *mut c_void,
    dma_address: DmaAddress,
    /// `None`: `kdma_alloc_coherent()`; otherwise `kdma_alloc_attrs()`.
    attributes: Option<u64>,
}

impl<'d> Allocation<'d> {
    fn new(
        device: Device<'d>,
        size: u64,
        flags: AllocFlags,
        attributes: Option<u64>,
    ) -> Result<Self> {
        let mut cpu_address = core::ptr::null_mut();
        let mut dma_address = 0;
        Error::check(match attributes {
            // SAFETY: the device is valid by its type invariant, the out
            // parameters for the call.
            None => unsafe {
                kdma_sys::kdma_alloc_coherent(
                    device.as_raw(),
                    size,
                    flags.bits(),
                    &raw mut cpu_address,
                    &raw mut dma_address,
                )
            },
            // SAFETY: as above.
            Some(attributes) => unsafe {
                kdma_sys::kdma_alloc_attrs(
                    device.as_raw(),
                    size,
                    flags.bits(),
                    attributes,
                    &raw mut cpu_address,
                    &raw mut dma_address,
                )
            },
        })?;
        // INVARIANT: allocated just now, with exactly these values.
        Ok(Allocation {
            device,
            size,
            cpu_address,
            dma_address: DmaAddress(dma_address),
            attributes,
        })
    }

    /// Lists its pages.
    pub(crate) fn sgtable<const N: usize>(&self) -> Result<ScatterList<'_, N>> {
        // SAFETY: all values are those of the allocation by the type invariant, and
        // nobody frees it while it is borrowed.
        unsafe {
            sgtable::list(
                self.device,
                self.size,
                self.cpu_address,
                self.dma_address,
                self.attributes,
            )
        }
    }

    /// Frees the memory.
    ///
    /// # Safety
    ///
    /// Not freed before, and nobody uses it afterwards if this succeeds.
    unsafe fn free(&self) -> Result<()> {
        Error::check(match self.attributes {
            // SAFETY: all values are those of the allocation by the type
            // invariant; the caller guarantees the rest.
            None => unsafe {
                kdma_sys::kdma_free_coherent(
                    self.device.as_raw(),
                    self.size,
                    self.cpu_address,
                    self.dma_address.bits(),
                )
            },
            // SAFETY: as above.
            Some(attributes) => unsafe {
                kdma_sys::kdma_free_attrs(
                    self.device.as_raw(),
                    self.size,
                    self.cpu_address,
                    self.dma_address.bits(),
                    attributes,
                )
            },
        })
    }
}

/// Coherent memory: zeroed, page aligned, seen by CPU and device alike without
/// syncs. Frees itself.
///
/// The device may change it at any time, so it is copied from and to, and no
/// reference to it exists.
///
/// ```
/// # use kdma_mock as _;
/// # let device = kdma_mock::device();
/// let memory = device.alloc_coherent(4096, kdma::AllocFlags::NONE)?;
/// memory.write(16, b"to the device")?;
/// let mut bytes = [0; 13];
/// memory.read(16, &mut bytes)?;
/// assert_eq!(&bytes, b"to the device");
/// memory.free()?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// It cannot be used after it was freed, and so not be freed twice:
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// # let device = kdma_mock::device();
/// let memory = device.alloc_coherent(4096, kdma::AllocFlags::NONE)?;
/// memory.free()?;
/// memory.free()?;
/// # Ok::<(), kdma::Error>(())
/// ```
#[derive(Debug)]
pub struct Coherent<'d> {
    allocation: Allocation<'d>,
    start: NonNull<u8>,
}

impl<'d> Coherent<'d> {
    fn new(allocation: Allocation<'d>) -> Result<Self> {
        match NonNull::new(allocation.cpu_address.cast()) {
            // INVARIANT: `start` is the memory of `allocation`.
            Some(start) => Ok(Coherent { allocation, start }),
            // Success without memory: not what the ABI promises.
            None => Err(Error::NoMemory),
        }
    }

    pub(crate) fn allocation(&self) -> &Allocation<'d> {
        &self.allocation
    }

    /// Bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.allocation.size
    }

    /// Where the device finds it.
    #[must_use]
    pub fn dma_address(&self) -> DmaAddress {
        self.allocation.dma_address
    }

    /// Its first byte for the CPU. The memory ends with this value; accesses
    /// must be volatile.
    #[must_use]
    pub fn cpu_address(&self) -> NonNull<u8> {
        self.start
    }

    /// Copies bytes out, from `offset` on.
    ///
    /// Errors: [`Error::Invalid`] beyond the end; nothing is copied then.
    pub fn read(&self, offset: u64, to: &mut [u8]) -> Result<()> {
        self.shared().read(offset, to)
    }

    /// Copies bytes in, from `offset` on.
    ///
    /// Errors: [`Error::Invalid`] beyond the end; nothing is copied then.
    pub fn write(&self, offset: u64, from: &[u8]) -> Result<()> {
        self.shared().write(offset, from)
    }

    /// Frees the memory now, and says whether that worked.
    ///
    /// Context: interrupts enabled; may sleep. Dropping it is the same.
    pub fn free(self) -> Result<(), Failed<Self>> {
        let memory = ManuallyDrop::new(self);
        // SAFETY: not freed before, for we own it; on success `memory` is never
        // used nor dropped.
        match unsafe { memory.allocation.free() } {
            Ok(()) => Ok(()),
            Err(error) => Err(Failed {
                error,
                object: ManuallyDrop::into_inner(memory),
            }),
        }
    }

    fn shared(&self) -> Shared {
        // SAFETY: the memory is ours until we are dropped, zeroed by the
        // allocation, and no reference to it is ever made.
        unsafe { Shared::new(self.start, self.allocation.size) }
    }
}

impl Drop for Coherent<'_> {
    fn drop(&mut self) {
        // An error has nowhere to go; the memory is leaked then.
        // SAFETY: not freed before, for `free` never drops what it freed.
        let _ = unsafe { self.allocation.free() };
    }
}

/// Coherent memory for the device alone (`DMA_ATTR_NO_KERNEL_MAPPING`): the CPU
/// has no address for it. Frees itself.
///
/// ```
/// # use kdma_mock as _;
/// use kdma::{AllocAttributes, AllocFlags};
/// # let device = kdma_mock::device();
/// let memory = device.alloc_for_device(4096, AllocFlags::NONE, AllocAttributes::NONE)?;
/// let _ = memory.dma_address();
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// ```compile_fail,E0599
/// # use kdma_mock as _;
/// use kdma::{AllocAttributes, AllocFlags};
/// # let device = kdma_mock::device();
/// let memory = device.alloc_for_device(4096, AllocFlags::NONE, AllocAttributes::NONE)?;
/// let _ = memory.cpu_address();
/// # Ok::<(), kdma::Error>(())
/// ```
#[derive(Debug)]
pub struct CoherentForDevice<'d> {
    allocation: Allocation<'d>,
}

impl<'d> CoherentForDevice<'d> {
    pub(crate) fn allocation(&self) -> &Allocation<'d> {
        &self.allocation
    }

    /// Bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.allocation.size
    }

    /// Where the device finds it.
    #[must_use]
    pub fn dma_address(&self) -> DmaAddress {
        self.allocation.dma_address
    }

    /// Frees the memory now, and says whether that worked.
    ///
    /// Context: interrupts enabled; may sleep. Dropping it is the same.
    pub fn free(self) -> Result<(), Failed<Self>> {
        let memory = ManuallyDrop::new(self);
        // SAFETY: not freed before, for we own it; on success `memory` is never
        // used nor dropped.
        match unsafe { memory.allocation.free() } {
            Ok(()) => Ok(()),
            Err(error) => Err(Failed {
                error,
                object: ManuallyDrop::into_inner(memory),
            }),
        }
    }
}

impl Drop for CoherentForDevice<'_> {
    fn drop(&mut self) {
        // An error has nowhere to go; the memory is leaked then.
        // SAFETY: not freed before, for `free` never drops what it freed.
        let _ = unsafe { self.allocation.free() };
    }
}

impl<'d> Device<'d> {
    /// Allocates `size` bytes that CPU and device share.
    ///
    /// Kernel: `dma_alloc_coherent()`, include/linux/dma-mapping.h.
    /// Context: may sleep unless [`AllocFlags::ATOMIC`] is given.
    /// Errors: [`Error::NoMemory`]; [`Error::Invalid`] for no bytes.
    pub fn alloc_coherent(&self, size: u64, flags: AllocFlags) -> Result<Coherent<'d>> {
        Coherent::new(Allocation::new(*self, size, flags, None)?)
    }

    /// Allocates `size` bytes that CPU and device share, with attributes.
    ///
    /// Kernel: `dma_alloc_attrs()`, kernel/dma/mapping.c.
    /// Context: may sleep unless [`AllocFlags::ATOMIC`] is given.
    /// Errors: [`Error::NoMemory`]; [`Error::NotSupported`] for an attribute
    /// that the kernel lacks; [`Error::Invalid`] for no bytes.
    pub fn alloc_attrs(
        &self,
        size: u64,
        flags: AllocFlags,
        attributes: AllocAttributes,
    ) -> Result<Coherent<'d>> {
        Coherent::new(Allocation::new(
            *self,
            size,
            flags,
            Some(attributes.bits()),
        )?)
    }

    /// Allocates `size` bytes for the device alone.
    ///
    /// Kernel: `dma_alloc_attrs()` with `DMA_ATTR_NO_KERNEL_MAPPING`,
    /// kernel/dma/mapping.c.
    /// Context: may sleep unless [`AllocFlags::ATOMIC`] is given.
    /// Errors: as [`Device::alloc_attrs`].
    pub fn alloc_for_device(
        &self,
        size: u64,
        flags: AllocFlags,
        attributes: AllocAttributes,
    ) -> Result<CoherentForDevice<'d>> {
        let attributes = attributes.bits() | KDMA_ATTR_NO_KERNEL_MAPPING;
        Ok(CoherentForDevice {
            allocation: Allocation::new(*self, size, flags, Some(attributes))?,
        })
    }
}
