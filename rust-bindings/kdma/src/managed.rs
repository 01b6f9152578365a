// SPDX-License-Identifier: GPL-2.0

//! Family: managed. Coherent memory and pools that go with the device.

use core::ffi::c_void;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::NonNull;

use kdma_sys::KDMA_ATTR_NO_KERNEL_MAPPING;

use crate::volatile::Shared;
use crate::{AllocAttributes, AllocFlags, Device, DmaAddress, Error, Failed, Pool, Result};

/// Coherent memory that the device frees once its driver is unbound: zeroed, page
/// aligned, seen by CPU and device alike without syncs. Dropping it frees nothing.
///
/// The device may change it at any time, so it is copied from and to, and no
/// reference to it exists.
///
/// ```
/// # use kdma_mock as _;
/// # use kdma::AllocFlags;
/// let binding = kdma_mock::Binding::new();
/// let memory = binding.device().managed_coherent(4096, AllocFlags::NONE)?;
/// memory.write(16, b"to the device")?;
/// drop(binding);
/// assert_eq!(kdma_mock::live(), 0);
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// It cannot be used once the device may have freed it:
///
/// ```compile_fail,E0505
/// # use kdma_mock as _;
/// # use kdma::AllocFlags;
/// let binding = kdma_mock::Binding::new();
/// let memory = binding.device().managed_coherent(4096, AllocFlags::NONE)?;
/// drop(binding);
/// memory.write(16, b"to the device")?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// It can be freed before, and only once:
///
/// ```
/// # use kdma_mock as _;
/// # use kdma::AllocFlags;
/// # let device = kdma_mock::device();
/// let memory = device.managed_coherent(4096, AllocFlags::NONE)?;
/// memory.free()?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// # use kdma::AllocFlags;
/// # let device = kdma_mock::device();
/// let memory = device.managed_coherent(4096, AllocFlags::NONE)?;
/// memory.free()?;
/// memory.free()?;
/// # Ok::<(), kdma::Error>(())
/// ```
#[derive(Debug)]
pub struct ManagedCoherent<'d> {
    memory: ManagedMemory<'d>,
}

impl ManagedCoherent<'_> {
    /// Frees the memory now, before the device does, and says whether that worked.
    ///
    /// Kernel: `dmam_free_coherent()`, kernel/dma/mapping.c.
    /// Context: interrupts enabled; may sleep.
    pub fn free(self) -> Result<(), Failed<Self>> {
        // SAFETY: all values are those of the allocation by the type invariant, and
        // nobody uses the memory afterwards, for `self` is all there is of it.
        Error::check(unsafe {
            kdma_sys::kdma_managed_free_coherent(
                self.memory.device.as_raw(),
                self.memory.size,
                self.memory.start.as_ptr().cast(),
                self.memory.dma_address.bits(),
            )
        })
        .map_err(|error| Failed {
            error,
            object: self,
        })
    }

    /// Bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.memory.size()
    }

    /// Where the device finds it.
    #[must_use]
    pub fn dma_address(&self) -> DmaAddress {
        self.memory.dma_address()
    }

    /// Its first byte for the CPU. Accesses must be volatile, and none may come
    /// after [`ManagedCoherent::free`].
    #[must_use]
    pub fn cpu_address(&self) -> NonNull<u8> {
        self.memory.cpu_address()
    }

    /// Copies bytes out, from `offset` on.
    ///
    /// Errors: [`Error::Invalid`] beyond the end; nothing is copied then.
    pub fn read(&self, offset: u64, to: &mut [u8]) -> Result<()> {
        self.memory.read(offset, to)
    }

    /// Copies bytes in, from `offset` on.
    ///
    /// Errors: [`Error::Invalid`] beyond the end; nothing is copied then.
    pub fn write(&self, offset: u64, from: &[u8]) -> Result<()> {
        self.memory.write(offset, from)
    }
}

/// The same with attributes. The device alone frees it, for the kernel has no
/// function that frees managed memory with its attributes; so it can be copied.
///
/// ```
/// # use kdma_mock as _;
/// use kdma::{AllocAttributes, AllocFlags};
/// # let device = kdma_mock::device();
/// let attributes = AllocAttributes::WRITE_COMBINE;
/// let memory = device.managed_attrs(4096, AllocFlags::NONE, attributes)?;
/// let copy = memory;
/// copy.write(0, b"bytes")?;
/// let mut bytes = [0; 5];
/// memory.read(0, &mut bytes)?;
/// assert_eq!(&bytes, b"bytes");
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// ```compile_fail,E0599
/// # use kdma_mock as _;
/// use kdma::{AllocAttributes, AllocFlags};
/// # let device = kdma_mock::device();
/// let attributes = AllocAttributes::WRITE_COMBINE;
/// let memory = device.managed_attrs(4096, AllocFlags::NONE, attributes)?;
/// memory.free()?;
/// # Ok::<(), kdma::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ManagedMemory<'d> {
    device: Device<'d>,
    start: NonNull<u8>,
    size: u64,
    dma_address: DmaAddress,
}

impl<'d> ManagedMemory<'d> {
    fn new(device: Device<'d>, start: *mut c_void, size: u64, dma_address: u64) -> Result<Self> {
        // INVARIANT: allocated just now, with exactly these values.
        Ok(ManagedMemory {
            device,
            // Success without memory: not what the ABI promises.
            start: NonNull::new(start.cast()).ok_or(Error::NoMemory)?,
            size,
            dma_address: DmaAddress(dma_address),
        })
    }

    /// Bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where the device finds it.
    #[must_use]
    pub fn dma_address(&self) -> DmaAddress {
        self.dma_address
    }

    /// Its first byte for the CPU. The memory ends with the lifetime of the device;
    /// accesses must be volatile.
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

    fn shared(&self) -> Shared {
        // SAFETY: the device keeps the memory for our lifetime, the allocation
        // zeroed it, and no reference to it is ever made.
        unsafe { Shared::new(self.start, self.size) }
    }
}

/// The same for the device alone (`DMA_ATTR_NO_KERNEL_MAPPING`): the CPU has no
/// address for it.
///
/// ```
/// # use kdma_mock as _;
/// use kdma::{AllocAttributes, AllocFlags};
/// # let device = kdma_mock::device();
/// let memory = device.managed_for_device(4096, AllocFlags::NONE, AllocAttributes::NONE)?;
/// let _ = memory.dma_address();
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// ```compile_fail,E0599
/// # use kdma_mock as _;
/// use kdma::{AllocAttributes, AllocFlags};
/// # let device = kdma_mock::device();
/// let memory = device.managed_for_device(4096, AllocFlags::NONE, AllocAttributes::NONE)?;
/// let _ = memory.cpu_address();
/// # Ok::<(), kdma::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ManagedForDevice<'d> {
    memory: ManagedMemory<'d>,
}

impl ManagedForDevice<'_> {
    /// Bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.memory.size
    }

    /// Where the device finds it.
    #[must_use]
    pub fn dma_address(&self) -> DmaAddress {
        self.memory.dma_address
    }
}

/// A [`Pool`] that the device destroys once its driver is unbound. Dropping it
/// destroys nothing.
///
/// ```
/// # use kdma_mock as _;
/// use kdma::AllocFlags;
/// # let device = kdma_mock::device();
/// let pool = device.managed_pool(64, 16, 0)?;
/// let descriptor = pool.zalloc(AllocFlags::ATOMIC)?;
/// descriptor.write(8, b"to the device")?;
/// descriptor.free()?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// Memory taken from it does not outlive the device's hold on it:
///
/// ```compile_fail,E0505
/// # use kdma_mock as _;
/// use kdma::AllocFlags;
/// let binding = kdma_mock::Binding::new();
/// let pool = binding.device().managed_pool(64, 16, 0)?;
/// let descriptor = pool.zalloc(AllocFlags::ATOMIC)?;
/// drop(binding);
/// descriptor.write(8, b"to the device")?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// It can be destroyed before, but not while memory of it is in use, and once:
///
/// ```
/// # use kdma_mock as _;
/// # let device = kdma_mock::device();
/// let pool = device.managed_pool(64, 16, 0)?;
/// pool.destroy()?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// ```compile_fail,E0505
/// # use kdma_mock as _;
/// use kdma::AllocFlags;
/// # let device = kdma_mock::device();
/// let pool = device.managed_pool(64, 16, 0)?;
/// let descriptor = pool.zalloc(AllocFlags::ATOMIC)?;
/// pool.destroy()?;
/// descriptor.write(8, b"to the device")?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// # let device = kdma_mock::device();
/// let pool = device.managed_pool(64, 16, 0)?;
/// pool.destroy()?;
/// pool.destroy()?;
/// # Ok::<(), kdma::Error>(())
/// ```
#[derive(Debug)]
pub struct ManagedPool<'d> {
    // Not destroyed by us: `Pool` is what it has in common with other pools, and
    // nobody gets it out of here.
    pool: ManuallyDrop<Pool<'d>>,
}

impl<'d> Deref for ManagedPool<'d> {
    type Target = Pool<'d>;

    fn deref(&self) -> &Pool<'d> {
        &self.pool
    }
}

impl ManagedPool<'_> {
    /// Destroys the pool now, before the device does, and says whether that worked.
    ///
    /// Kernel: `dmam_pool_destroy()`, mm/dmapool.c.
    /// Context: may sleep.
    /// Errors: [`Error::Invalid`] where memory of it was leaked.
    pub fn destroy(self) -> Result<(), Failed<Self>> {
        // SAFETY: not destroyed before, for we own it, nor used afterwards.
        Error::check(unsafe { kdma_sys::kdma_managed_pool_destroy(self.pool.as_raw()) }).map_err(
            |error| Failed {
                error,
                object: self,
            },
        )
    }
}

impl<'d> Device<'d> {
    /// Allocates `size` bytes that CPU and device share and the device frees.
    ///
    /// Kernel: `dmam_alloc_coherent()`, include/linux/dma-mapping.h.
    /// Context: may sleep unless [`AllocFlags::ATOMIC`] is given.
    /// Errors: [`Error::NoMemory`]; [`Error::Invalid`] for no bytes.
    pub fn managed_coherent(&self, size: u64, flags: AllocFlags) -> Result<ManagedCoherent<'d>> {
        let mut cpu_address = core::ptr::null_mut();
        let mut dma_address = 0;
        // SAFETY: the device is valid by its type invariant, the out parameters
        // for the call.
        Error::check(unsafe {
            kdma_sys::kdma_managed_alloc_coherent(
                self.as_raw(),
                size,
                flags.bits(),
                &raw mut cpu_address,
                &raw mut dma_address,
            )
        })?;
        let memory = ManagedMemory::new(*self, cpu_address, size, dma_address)?;
        Ok(ManagedCoherent { memory })
    }

    /// Allocates `size` bytes that CPU and device share and the device frees, with
    /// attributes.
    ///
    /// Kernel: `dmam_alloc_attrs()`, kernel/dma/mapping.c.
    /// Context: may sleep unless [`AllocFlags::ATOMIC`] is given.
    /// Errors: [`Error::NoMemory`]; [`Error::NotSupported`] for an attribute
    /// that the kernel lacks; [`Error::Invalid`] for no bytes.
    pub fn managed_attrs(
        &self,
        size: u64,
        flags: AllocFlags,
        attributes: AllocAttributes,
    ) -> Result<ManagedMemory<'d>> {
        self.managed(size, flags, attributes.bits())
    }

    /// Allocates `size` bytes for the device alone, which frees them.
    ///
    /// Kernel: `dmam_alloc_attrs()` with `DMA_ATTR_NO_KERNEL_MAPPING`,
    /// kernel/dma/mapping.c.
    /// Context: may sleep unless [`AllocFlags::ATOMIC`] is given.
    /// Errors: as [`Device::managed_attrs`].
    pub fn managed_for_device(
        &self,
        size: u64,
        flags: AllocFlags,
        attributes: AllocAttributes,
    ) -> Result<ManagedForDevice<'d>> {
        let attributes = attributes.bits() | KDMA_ATTR_NO_KERNEL_MAPPING;
        let memory = self.managed(size, flags, attributes)?;
        Ok(ManagedForDevice { memory })
    }

    fn managed(&self, size: u64, flags: AllocFlags, attributes: u64) -> Result<ManagedMemory<'d>> {
        let mut cpu_address = core::ptr::null_mut();
        let mut dma_address = 0;
        // SAFETY: as in `managed_coherent`.
        Error::check(unsafe {
            kdma_sys::kdma_managed_alloc_attrs(
                self.as_raw(),
                size,
                flags.bits(),
                attributes,
                &raw mut cpu_address,
                &raw mut dma_address,
            )
        })?;
        ManagedMemory::new(*self, cpu_address, size, dma_address)
    }

    /// Makes a pool as [`Device::create_pool`] does; the device destroys it.
    ///
    /// Kernel: `dmam_pool_create()`, mm/dmapool.c.
    /// Context: may sleep.
    /// Errors: as [`Device::create_pool`].
    pub fn managed_pool(
        &self,
        size: u64,
        alignment: u64,
        boundary: u64,
    ) -> Result<ManagedPool<'d>> {
        let mut pool = core::ptr::null_mut();
        // SAFETY: the device is valid by its type invariant, the out parameter
        // for the call.
        Error::check(unsafe {
            kdma_sys::kdma_managed_pool_create(
                self.as_raw(),
                size,
                alignment,
                boundary,
                &raw mut pool,
            )
        })?;
        // Success without a pool: not what the ABI promises.
        let pool = NonNull::new(pool).ok_or(Error::NoMemory)?;
        // SAFETY: a pool of the device, made just now, and never destroyed as one of
        // `kdma_pool_create()`: it is never dropped.
        let pool = ManuallyDrop::new(unsafe { Pool::from_raw(pool, size) });
        Ok(ManagedPool { pool })
    }
}
