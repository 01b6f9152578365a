// SPDX-License-Identifier: GPL-2.0

//! Family: noncontiguous. Memory in pieces, which the device sees in one row.

use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

use kdma_sys::{kdma_direction, kdma_sg_table};

use crate::volatile::Shared;
use crate::{
    AllocFlags, ByCpu, ByDevice, CpuReads, CpuWrites, Device, Direction, DmaAddress, Error, Failed,
    NoncontiguousAttributes, Owner, Result,
};

/// What the memory is freed with. Frees it when it is dropped.
#[derive(Debug)]
struct Held<'d> {
    device: Device<'d>,
    size: u64,
    table: NonNull<kdma_sg_table>,
    /// While the CPU has an address for it.
    start: Option<NonNull<u8>>,
    dma_address: DmaAddress,
    direction: kdma_direction,
}

impl Held<'_> {
    fn vmap(&mut self) -> Result<()> {
        let mut cpu_address = core::ptr::null_mut();
        // SAFETY: device, size and table are those of the allocation, the out
        // parameter is valid for the call.
        Error::check(unsafe {
            kdma_sys::kdma_vmap_noncontiguous(
                self.device.as_raw(),
                self.size,
                self.table.as_ptr(),
                &raw mut cpu_address,
            )
        })?;
        // Success without memory: not what the ABI promises.
        self.start = Some(NonNull::new(cpu_address.cast()).ok_or(Error::NoMemory)?);
        Ok(())
    }

    fn vunmap(&mut self) -> Result<()> {
        // SAFETY: device and table are those of the allocation; nobody keeps an
        // address, for accesses copy.
        Error::check(unsafe {
            kdma_sys::kdma_vunmap_noncontiguous(self.device.as_raw(), self.table.as_ptr())
        })?;
        self.start = None;
        Ok(())
    }

    /// Frees the memory; the CPU has no address for it any more then, even if
    /// that fails.
    ///
    /// # Safety
    ///
    /// Not freed before, and nobody uses it afterwards if this succeeds.
    unsafe fn free(&mut self) -> Result<()> {
        if self.start.is_some() {
            self.vunmap()?;
        }
        // SAFETY: all values are those of the allocation by the type invariant;
        // the caller guarantees the rest.
        Error::check(unsafe {
            kdma_sys::kdma_free_noncontiguous(
                self.device.as_raw(),
                self.size,
                self.table.as_ptr(),
                self.direction,
            )
        })
    }

    /// The memory, while the CPU has an address for it.
    fn shared(&self) -> Result<Shared> {
        let start = self.start.ok_or(Error::Invalid)?;
        // SAFETY: the memory is ours until we are dropped and mapped for the
        // kernel now; its bytes are whatever the pages held; and no reference to
        // it is ever made.
        Ok(unsafe { Shared::new(start, self.size) })
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // An error has nowhere to go; the memory is leaked then.
        // SAFETY: not freed before, for `Noncontiguous::free` never drops what
        // it freed.
        let _ = unsafe { self.free() };
    }
}

/// Memory in pieces that a device sees in one row: not coherent, so that it is
/// handed to and fro by syncs. The CPU owns it at first, and reaches it between
/// [`Noncontiguous::vmap`] and [`Noncontiguous::vunmap`]. Frees itself.
///
/// ```
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, Bidirectional, NoncontiguousAttributes};
/// # let device = kdma_mock::device();
/// let mut memory = device.alloc_noncontiguous::<Bidirectional>(
///     65536,
///     AllocFlags::NONE,
///     NoncontiguousAttributes::NONE,
/// )?;
/// memory.vmap()?;
/// memory.write(5000, b"to the device")?;
/// let memory = memory.sync_for_device()?;
/// // The device works, then:
/// let memory = memory.sync_for_cpu()?;
/// let mut bytes = [0; 13];
/// memory.read(5000, &mut bytes)?;
/// memory.free()?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// It is freed once:
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, FromDevice, NoncontiguousAttributes};
/// # let device = kdma_mock::device();
/// let memory = device.alloc_noncontiguous::<FromDevice>(
///     65536,
///     AllocFlags::NONE,
///     NoncontiguousAttributes::NONE,
/// )?;
/// memory.free()?;
/// memory.free()?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// Not read while the device owns it:
///
/// ```compile_fail,E0599
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, FromDevice, NoncontiguousAttributes};
/// # let device = kdma_mock::device();
/// let memory = device.alloc_noncontiguous::<FromDevice>(
///     65536,
///     AllocFlags::NONE,
///     NoncontiguousAttributes::NONE,
/// )?;
/// let memory = memory.sync_for_device()?;
/// memory.read(0, &mut [0; 4])?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// Nor written where only the device writes:
///
/// ```compile_fail,E0599
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, FromDevice, NoncontiguousAttributes};
/// # let device = kdma_mock::device();
/// let mut memory = device.alloc_noncontiguous::<FromDevice>(
///     65536,
///     AllocFlags::NONE,
///     NoncontiguousAttributes::NONE,
/// )?;
/// memory.vmap()?;
/// memory.write(0, b"lost")?;
/// # Ok::<(), kdma::Error>(())
/// ```
#[derive(Debug)]
pub struct Noncontiguous<'d, D: Direction, O: Owner> {
    held: Held<'d>,
    types: PhantomData<(D, O)>,
}

impl<'d, D: Direction, O: Owner> Noncontiguous<'d, D, O> {
    fn new(held: Held<'d>) -> Self {
        Noncontiguous {
            held,
            types: PhantomData,
        }
    }

    /// The memory with its next owner if the sync worked.
    fn handed<To: Owner>(
        self,
        result: Result<()>,
    ) -> Result<Noncontiguous<'d, D, To>, Failed<Self>> {
        match result {
            Ok(()) => Ok(Noncontiguous::new(self.held)),
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

    /// Where the device finds all of it.
    #[must_use]
    pub fn dma_address(&self) -> DmaAddress {
        self.held.dma_address
    }

    /// Its first byte for the CPU, if it has an address. The memory ends with
    /// this value, the address with [`Noncontiguous::vunmap`]; accesses must be
    /// volatile, and only while the CPU owns the memory.
    #[must_use]
    pub fn cpu_address(&self) -> Option<NonNull<u8>> {
        self.held.start
    }

    /// Gives the CPU an address for all of it in one row.
    ///
    /// Kernel: `dma_vmap_noncontiguous()`, kernel/dma/mapping.c.
    /// Context: may sleep.
    /// Errors: [`Error::NoMemory`]; [`Error::Invalid`] where it has one.
    pub fn vmap(&mut self) -> Result<()> {
        self.held.vmap()
    }

    /// Takes the address away.
    ///
    /// Kernel: `dma_vunmap_noncontiguous()`, kernel/dma/mapping.c.
    /// Context: may sleep.
    /// Errors: [`Error::Invalid`] where it has none.
    pub fn vunmap(&mut self) -> Result<()> {
        self.held.vunmap()
    }

    /// Frees the memory now, its address before, and says whether that worked.
    ///
    /// Kernel: `dma_free_noncontiguous()`, kernel/dma/mapping.c.
    /// Context: may sleep. Dropping it is the same.
    pub fn free(self) -> Result<(), Failed<Self>> {
        let mut memory = ManuallyDrop::new(self);
        // SAFETY: not freed before, for we own it; on success `memory` is never
        // used nor dropped.
        match unsafe { memory.held.free() } {
            Ok(()) => Ok(()),
            Err(error) => Err(Failed {
                error,
                object: ManuallyDrop::into_inner(memory),
            }),
        }
    }
}

impl<'d, D: Direction> Noncontiguous<'d, D, ByCpu> {
    /// Hands the memory to the device, with what the CPU wrote.
    ///
    /// Kernel: `dma_sync_sgtable_for_device()`, include/linux/dma-mapping.h.
    /// Context: any.
    pub fn sync_for_device(self) -> Result<Noncontiguous<'d, D, ByDevice>, Failed<Self>> {
        // SAFETY: all values are those of memory that is allocated.
        let result = Error::check(unsafe {
            kdma_sys::kdma_sync_sgtable_for_device(
                self.held.device.as_raw(),
                self.held.table.as_ptr(),
                D::DIRECTION,
            )
        });
        self.handed(result)
    }
}

impl<'d, D: Direction> Noncontiguous<'d, D, ByDevice> {
    /// Hands the memory to the CPU, with what the device wrote.
    ///
    /// Kernel: `dma_sync_sgtable_for_cpu()`, include/linux/dma-mapping.h.
    /// Context: any.
    pub fn sync_for_cpu(self) -> Result<Noncontiguous<'d, D, ByCpu>, Failed<Self>> {
        // SAFETY: all values are those of memory that is allocated.
        let result = Error::check(unsafe {
            kdma_sys::kdma_sync_sgtable_for_cpu(
                self.held.device.as_raw(),
                self.held.table.as_ptr(),
                D::DIRECTION,
            )
        });
        self.handed(result)
    }
}

impl<D: CpuReads> Noncontiguous<'_, D, ByCpu> {
    /// Copies bytes out, from `offset` on.
    ///
    /// Errors: [`Error::Invalid`] beyond the end, or where the CPU has no address;
    /// nothing is copied then.
    pub fn read(&self, offset: u64, to: &mut [u8]) -> Result<()> {
        self.held.shared()?.read(offset, to)
    }
}

impl<D: CpuWrites> Noncontiguous<'_, D, ByCpu> {
    /// Copies bytes in, from `offset` on.
    ///
    /// Errors: [`Error::Invalid`] beyond the end, or where the CPU has no address;
    /// nothing is copied then.
    pub fn write(&mut self, offset: u64, from: &[u8]) -> Result<()> {
        self.held.shared()?.write(offset, from)
    }
}

impl<'d> Device<'d> {
    /// Allocates `size` bytes in pieces and maps them for the direction, in one
    /// row for the device.
    ///
    /// Kernel: `dma_alloc_noncontiguous()`, kernel/dma/mapping.c.
    /// Context: may sleep.
    /// Errors: [`Error::NoMemory`]; [`Error::Invalid`] for no bytes.
    pub fn alloc_noncontiguous<D: Direction>(
        &self,
        size: u64,
        flags: AllocFlags,
        attributes: NoncontiguousAttributes,
    ) -> Result<Noncontiguous<'d, D, ByCpu>> {
        let mut table = core::ptr::null_mut();
        let mut dma_address = 0;
        // SAFETY: the device is valid by its type invariant, the out parameters
        // for the call.
        Error::check(unsafe {
            kdma_sys::kdma_alloc_noncontiguous(
                self.as_raw(),
                size,
                D::DIRECTION,
                flags.bits(),
                attributes.bits(),
                &raw mut table,
                &raw mut dma_address,
            )
        })?;
        // INVARIANT: allocated just now, with exactly these values.
        Ok(Noncontiguous::new(Held {
            device: *self,
            size,
            // Success without memory: not what the ABI promises.
            table: NonNull::new(table).ok_or(Error::NoMemory)?,
            start: None,
            dma_address: DmaAddress(dma_address),
            direction: D::DIRECTION,
        }))
    }
}
