// SPDX-License-Identifier: GPL-2.0

//! Family: pool. Small pieces of coherent memory, all of one size.

use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

use kdma_sys::kdma_pool;

use crate::volatile::Shared;
use crate::{AllocFlags, Device, DmaAddress, Error, Failed, Result};

/// A pool of small pieces of coherent memory. Destroys itself.
///
/// ```
/// # use kdma_mock as _;
/// use kdma::AllocFlags;
/// # let device = kdma_mock::device();
/// let pool = device.create_pool(64, 16, 0)?;
/// let descriptor = pool.zalloc(AllocFlags::ATOMIC)?;
/// descriptor.write(8, b"to the device")?;
/// descriptor.free()?;
/// pool.destroy()?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// It is not destroyed while memory of it is in use:
///
/// ```compile_fail,E0505
/// # use kdma_mock as _;
/// use kdma::AllocFlags;
/// # let device = kdma_mock::device();
/// let pool = device.create_pool(64, 16, 0)?;
/// let descriptor = pool.zalloc(AllocFlags::ATOMIC)?;
/// pool.destroy()?;
/// descriptor.write(8, b"to the device")?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// Nor destroyed twice:
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// # let device = kdma_mock::device();
/// let pool = device.create_pool(64, 16, 0)?;
/// pool.destroy()?;
/// pool.destroy()?;
/// # Ok::<(), kdma::Error>(())
/// ```
#[derive(Debug)]
pub struct Pool<'d> {
    raw: NonNull<kdma_pool>,
    size: u64,
    device: PhantomData<Device<'d>>,
}

impl Pool<'_> {
    /// A pool of pieces of `size` bytes. Dropping it destroys it.
    ///
    /// # Safety
    ///
    /// `raw` is such a pool, of a device that is there for our lifetime; nobody else
    /// destroys it as long as this value or memory taken from it is used.
    pub(crate) const unsafe fn from_raw(raw: NonNull<kdma_pool>, size: u64) -> Self {
        Pool {
            raw,
            size,
            device: PhantomData,
        }
    }

    /// The pointer for calls of the ABI.
    pub(crate) const fn as_raw(&self) -> *mut kdma_pool {
        self.raw.as_ptr()
    }

    /// Bytes of each piece.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes a piece. Nobody says what is in it.
    ///
    /// Kernel: `dma_pool_alloc()`, mm/dmapool.c.
    /// Context: any with [`AllocFlags::ATOMIC`]; otherwise may sleep.
    /// Errors: [`Error::NoMemory`].
    pub fn alloc(&self, flags: AllocFlags) -> Result<PoolMemory<'_>> {
        let mut cpu_address = core::ptr::null_mut();
        let mut dma_address = 0;
        // SAFETY: the pool is ours, the out parameters are valid for the call.
        Error::check(unsafe {
            kdma_sys::kdma_pool_alloc(
                self.raw.as_ptr(),
                flags.bits(),
                &raw mut cpu_address,
                &raw mut dma_address,
            )
        })?;
        self.piece(NonNull::new(cpu_address.cast()), dma_address)
    }

    /// Takes a piece of zeros.
    ///
    /// Kernel: `dma_pool_zalloc()`, include/linux/dmapool.h.
    /// Context: any with [`AllocFlags::ATOMIC`]; otherwise may sleep.
    /// Errors: [`Error::NoMemory`].
    pub fn zalloc(&self, flags: AllocFlags) -> Result<PoolMemory<'_>> {
        let mut cpu_address = core::ptr::null_mut();
        let mut dma_address = 0;
        // SAFETY: as in `alloc`.
        Error::check(unsafe {
            kdma_sys::kdma_pool_zalloc(
                self.raw.as_ptr(),
                flags.bits(),
                &raw mut cpu_address,
                &raw mut dma_address,
            )
        })?;
        self.piece(NonNull::new(cpu_address.cast()), dma_address)
    }

    fn piece(&self, start: Option<NonNull<u8>>, dma_address: u64) -> Result<PoolMemory<'_>> {
        Ok(PoolMemory {
            pool: self.raw,
            // Success without memory: not what the ABI promises.
            start: start.ok_or(Error::NoMemory)?,
            size: self.size,
            dma_address: DmaAddress(dma_address),
            lifetime: PhantomData,
        })
    }

    /// Destroys the pool now, and says whether that worked.
    ///
    /// Kernel: `dma_pool_destroy()`, mm/dmapool.c.
    /// Context: may sleep. Dropping it is the same.
    /// Errors: [`Error::Invalid`] where memory of it was leaked.
    pub fn destroy(self) -> Result<(), Failed<Self>> {
        let pool = ManuallyDrop::new(self);
        // SAFETY: not destroyed before, for we own it; on success `pool` is
        // never used nor dropped.
        match Error::check(unsafe { kdma_sys::kdma_pool_destroy(pool.raw.as_ptr()) }) {
            Ok(()) => Ok(()),
            Err(error) => Err(Failed {
                error,
                object: ManuallyDrop::into_inner(pool),
            }),
        }
    }
}

impl Drop for Pool<'_> {
    fn drop(&mut self) {
        // An error has nowhere to go; the pool is leaked then.
        // SAFETY: not destroyed before, for `destroy` never drops what it
        // destroyed.
        let _ = unsafe { kdma_sys::kdma_pool_destroy(self.raw.as_ptr()) };
    }
}

/// A piece of a [`Pool`], seen by CPU and device alike without syncs. Goes back
/// by itself.
///
/// The device may change it at any time, so it is copied from and to, and no
/// reference to it exists.
///
/// ```
/// # use kdma_mock as _;
/// use kdma::AllocFlags;
/// # let device = kdma_mock::device();
/// let pool = device.create_pool(64, 0, 0)?;
/// let piece = pool.alloc(AllocFlags::NONE)?;
/// piece.write(0, b"bytes")?;
/// let mut bytes = [0; 5];
/// piece.read(0, &mut bytes)?;
/// assert_eq!(&bytes, b"bytes");
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// It goes back once:
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// use kdma::AllocFlags;
/// # let device = kdma_mock::device();
/// let pool = device.create_pool(64, 0, 0)?;
/// let piece = pool.alloc(AllocFlags::NONE)?;
/// piece.free()?;
/// piece.free()?;
/// # Ok::<(), kdma::Error>(())
/// ```
#[derive(Debug)]
pub struct PoolMemory<'p> {
    pool: NonNull<kdma_pool>,
    start: NonNull<u8>,
    size: u64,
    dma_address: DmaAddress,
    lifetime: PhantomData<&'p kdma_pool>,
}

impl PoolMemory<'_> {
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

    /// Puts it back now, and says whether that worked.
    ///
    /// Kernel: `dma_pool_free()`, mm/dmapool.c.
    /// Context: any. Dropping it is the same.
    pub fn free(self) -> Result<(), Failed<Self>> {
        let memory = ManuallyDrop::new(self);
        // SAFETY: not put back before, for we own it; on success `memory` is
        // never used nor dropped.
        match unsafe { memory.put_back() } {
            Ok(()) => Ok(()),
            Err(error) => Err(Failed {
                error,
                object: ManuallyDrop::into_inner(memory),
            }),
        }
    }

    /// Puts it back.
    ///
    /// # Safety
    ///
    /// Not put back before, and nobody uses it afterwards if this succeeds.
    unsafe fn put_back(&self) -> Result<()> {
        // SAFETY: all values are those of the allocation; the pool is there for
        // our lifetime, and the caller guarantees the rest.
        Error::check(unsafe {
            kdma_sys::kdma_pool_free(
                self.pool.as_ptr(),
                self.start.as_ptr().cast(),
                self.dma_address.bits(),
            )
        })
    }

    fn shared(&self) -> Shared {
        // SAFETY: the memory is ours until we are dropped; pools take zeroed
        // memory, so that every byte has a value; and no reference to it is ever
        // made.
        unsafe { Shared::new(self.start, self.size) }
    }
}

impl Drop for PoolMemory<'_> {
    fn drop(&mut self) {
        // An error has nowhere to go; the memory is leaked then.
        // SAFETY: not put back before, for `free` never drops what it put back.
        let _ = unsafe { self.put_back() };
    }
}

impl<'d> Device<'d> {
    /// Makes a pool of pieces of `size` bytes, each aligned to `alignment` (a
    /// power of two, or 0) and crossing no multiple of `boundary` (the same).
    ///
    /// Kernel: `dma_pool_create()`, mm/dmapool.c.
    /// Context: may sleep.
    /// Errors: [`Error::NoMemory`]; [`Error::Invalid`] for no bytes, no power of
    /// two, or a boundary that a piece would cross.
    pub fn create_pool(&self, size: u64, alignment: u64, boundary: u64) -> Result<Pool<'d>> {
        let mut pool = core::ptr::null_mut();
        // SAFETY: the device is valid by its type invariant, the out parameter
        // for the call.
        Error::check(unsafe {
            kdma_sys::kdma_pool_create(self.as_raw(), size, alignment, boundary, &raw mut pool)
        })?;
        // Success without a pool: not what the ABI promises.
        let pool = NonNull::new(pool).ok_or(Error::NoMemory)?;
        // SAFETY: made just now, and nobody else has it.
        Ok(unsafe { Pool::from_raw(pool, size) })
    }
}
