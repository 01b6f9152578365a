// SPDX-License-Identifier: GPL-2.0

//! Family: pages. Pages allocated and mapped in one step, and synced like any
//! streaming mapping.

use core::ffi::c_void;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

use kdma_sys::{kdma_direction, kdma_page};

use crate::volatile::Shared;
use crate::{
    AllocFlags, ByCpu, ByDevice, CpuReads, CpuWrites, Device, Direction, DmaAddress, Error, Failed,
    Owner, Result,
};

/// What the pages are synced and freed with. Frees them when it is dropped.
#[derive(Debug)]
pub(crate) struct Held<'d> {
    device: Device<'d>,
    size: u64,
    /// `None`: allocated by `kdma_alloc_noncoherent()`.
    page: Option<*mut kdma_page>,
    start: NonNull<u8>,
    dma_address: DmaAddress,
    direction: kdma_direction,
}

impl<'d> Held<'d> {
    /// What an allocation gave.
    ///
    /// Errors: [`Error::NoMemory`] for success without memory, which is not what
    /// the ABI promises.
    ///
    /// # Safety
    ///
    /// Allocated with exactly these values, and nobody else frees it.
    pub(crate) unsafe fn new<D: Direction>(
        device: Device<'d>,
        size: u64,
        page: Option<*mut kdma_page>,
        cpu_address: *mut c_void,
        dma_address: DmaAddress,
    ) -> Result<Self> {
        let start = NonNull::new(cpu_address.cast()).ok_or(Error::NoMemory)?;
        // INVARIANT: allocated with these values, as the caller guarantees.
        Ok(Held {
            device,
            size,
            page,
            start,
            dma_address,
            direction: D::DIRECTION,
        })
    }

    /// Frees the pages.
    ///
    /// # Safety
    ///
    /// Not freed before, and nobody uses them afterwards if this succeeds.
    unsafe fn free(&self) -> Result<()> {
        Error::check(match self.page {
            // SAFETY: all values are those of the allocation by the type
            // invariant; the caller guarantees the rest.
            Some(page) => unsafe {
                kdma_sys::kdma_free_pages(
                    self.device.as_raw(),
                    self.size,
                    page,
                    self.dma_address.bits(),
                    self.direction,
                )
            },
            // SAFETY: as above.
            None => unsafe {
                kdma_sys::kdma_free_noncoherent(
                    self.device.as_raw(),
                    self.size,
                    self.start.as_ptr().cast(),
                    self.dma_address.bits(),
                    self.direction,
                )
            },
        })
    }

    fn sync_for_cpu(&self) -> Result<()> {
        // SAFETY: all values are those of pages that are allocated.
        Error::check(unsafe {
            kdma_sys::kdma_sync_single_for_cpu(
                self.device.as_raw(),
                self.dma_address.bits(),
                self.size,
                self.direction,
            )
        })
    }

    fn sync_for_device(&self) -> Result<()> {
        // SAFETY: all values are those of pages that are allocated.
        Error::check(unsafe {
            kdma_sys::kdma_sync_single_for_device(
                self.device.as_raw(),
                self.dma_address.bits(),
                self.size,
                self.direction,
            )
        })
    }

    fn shared(&self) -> Shared {
        // SAFETY: the memory is ours until we are dropped, zeroed by the
        // allocation, and no reference to it is ever made.
        unsafe { Shared::new(self.start, self.size) }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // An error has nowhere to go; the pages are leaked then.
        // SAFETY: not freed before, for `DmaPages::free` never drops what it
        // freed.
        let _ = unsafe { self.free() };
    }
}

/// Pages that a device can reach: zeroed, page aligned, and not coherent, so
/// that they are handed to and fro by syncs. The CPU owns them at first. They
/// free themselves.
///
/// ```
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, Bidirectional};
/// # let device = kdma_mock::device();
/// let mut pages = device.alloc_pages::<Bidirectional>(4096, AllocFlags::NONE)?;
/// pages.write(16, b"to the device")?;
/// let pages = pages.sync_for_device()?;
/// // The device works, then:
/// let pages = pages.sync_for_cpu()?;
/// let mut bytes = [0; 13];
/// pages.read(16, &mut bytes)?;
/// pages.free()?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// They cannot be used after they were freed, and so not be freed twice:
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, Bidirectional};
/// # let device = kdma_mock::device();
/// let pages = device.alloc_pages::<Bidirectional>(4096, AllocFlags::NONE)?;
/// pages.free()?;
/// pages.free()?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// Nor read while the device owns them:
///
/// ```compile_fail,E0599
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, Bidirectional};
/// # let device = kdma_mock::device();
/// let pages = device.alloc_pages::<Bidirectional>(4096, AllocFlags::NONE)?;
/// let pages = pages.sync_for_device()?;
/// let mut bytes = [0; 13];
/// pages.read(16, &mut bytes)?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// Nor written where only the device writes:
///
/// ```compile_fail,E0599
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, FromDevice};
/// # let device = kdma_mock::device();
/// let mut pages = device.alloc_pages::<FromDevice>(4096, AllocFlags::NONE)?;
/// pages.write(16, b"lost")?;
/// # Ok::<(), kdma::Error>(())
/// ```
#[derive(Debug)]
pub struct DmaPages<'d, D: Direction, O: Owner> {
    held: Held<'d>,
    types: PhantomData<(D, O)>,
}

impl<'d, D: Direction, O: Owner> DmaPages<'d, D, O> {
    pub(crate) fn new(held: Held<'d>) -> Self {
        DmaPages {
            held,
            types: PhantomData,
        }
    }

    /// The pages with their next owner if the sync worked.
    fn handed<To: Owner>(self, result: Result<()>) -> Result<DmaPages<'d, D, To>, Failed<Self>> {
        match result {
            Ok(()) => Ok(DmaPages::new(self.held)),
            Err(error) => Err(Failed {
                error,
                object: self,
            }),
        }
    }

    /// Bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.held.size
    }

    /// Where the device finds them.
    #[must_use]
    pub fn dma_address(&self) -> DmaAddress {
        self.held.dma_address
    }

    /// Their first byte for the CPU. The memory ends with this value; accesses
    /// must be volatile, and only while the CPU owns it.
    #[must_use]
    pub fn cpu_address(&self) -> NonNull<u8> {
        self.held.start
    }

    /// Frees the pages now, and says whether that worked.
    ///
    /// Kernel: `dma_free_pages()`, kernel/dma/mapping.c.
    /// Context: may sleep. Dropping them is the same.
    pub fn free(self) -> Result<(), Failed<Self>> {
        let pages = ManuallyDrop::new(self);
        // SAFETY: not freed before, for we own them; on success `pages` is
        // never used nor dropped.
        match unsafe { pages.held.free() } {
            Ok(()) => Ok(()),
            Err(error) => Err(Failed {
                error,
                object: ManuallyDrop::into_inner(pages),
            }),
        }
    }
}

impl<'d, D: Direction> DmaPages<'d, D, ByCpu> {
    /// Hands the pages to the device, with what the CPU wrote.
    ///
    /// Kernel: `dma_sync_single_for_device()`, include/linux/dma-mapping.h.
    /// Context: any.
    pub fn sync_for_device(self) -> Result<DmaPages<'d, D, ByDevice>, Failed<Self>> {
        let result = self.held.sync_for_device();
        self.handed(result)
    }
}

impl<'d, D: Direction> DmaPages<'d, D, ByDevice> {
    /// Hands the pages to the CPU, with what the device wrote.
    ///
    /// Kernel: `dma_sync_single_for_cpu()`, include/linux/dma-mapping.h.
    /// Context: any.
    pub fn sync_for_cpu(self) -> Result<DmaPages<'d, D, ByCpu>, Failed<Self>> {
        let result = self.held.sync_for_cpu();
        self.handed(result)
    }
}

impl<D: CpuReads> DmaPages<'_, D, ByCpu> {
    /// Copies bytes out, from `offset` on.
    ///
    /// Errors: [`Error::Invalid`] beyond the end; nothing is copied then.
    pub fn read(&self, offset: u64, to: &mut [u8]) -> Result<()> {
        self.held.shared().read(offset, to)
    }
}

impl<D: CpuWrites> DmaPages<'_, D, ByCpu> {
    /// Copies bytes in, from `offset` on.
    ///
    /// Errors: [`Error::Invalid`] beyond the end; nothing is copied then.
    pub fn write(&mut self, offset: u64, from: &[u8]) -> Result<()> {
        self.held.shared().write(offset, from)
    }
}

impl<'d> Device<'d> {
    /// Allocates `size` bytes of whole pages and maps them for the direction.
    ///
    /// Kernel: `dma_alloc_pages()`, kernel/dma/mapping.c.
    /// Context: may sleep unless [`AllocFlags::ATOMIC`] is given.
    /// Errors: [`Error::NoMemory`]; [`Error::Invalid`] for no bytes.
    pub fn alloc_pages<D: Direction>(
        &self,
        size: u64,
        flags: AllocFlags,
    ) -> Result<DmaPages<'d, D, ByCpu>> {
        let mut page = core::ptr::null_mut();
        let mut cpu_address: *mut c_void = core::ptr::null_mut();
        let mut dma_address = 0;
        // SAFETY: the device is valid by its type invariant, the out parameters
        // for the call.
        Error::check(unsafe {
            kdma_sys::kdma_alloc_pages(
                self.as_raw(),
                size,
                D::DIRECTION,
                flags.bits(),
                &raw mut page,
                &raw mut cpu_address,
                &raw mut dma_address,
            )
        })?;
        let dma_address = DmaAddress(dma_address);
        // SAFETY: allocated just now, with exactly these values.
        unsafe { Held::new::<D>(*self, size, Some(page), cpu_address, dma_address) }
            .map(DmaPages::new)
    }
}
