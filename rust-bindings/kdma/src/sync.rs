// SPDX-License-Identifier: GPL-2.0

//! Family: sync. Handing the memory of a mapping to and fro.
//!
//! A sync takes the mapping and returns it with its new owner; reading and
//! writing are there only while the CPU owns it, and only where the direction
//! gives them a meaning. The device may misbehave and write all the same, so
//! bytes are copied and no reference to them exists.
//!
//! ```
//! # use kdma_mock as _;
//! use kdma::FromDevice;
//! # let device = kdma_mock::device();
//! # let buffer = kdma_mock::buffer(64);
//! let mapping = device.map_single::<FromDevice>(buffer)?;
//! let mapping = mapping.sync_for_cpu()?;
//! let mut bytes = [0; 4];
//! mapping.read(0, &mut bytes)?;
//! let mapping = mapping.sync_for_device()?;
//! # Ok::<(), kdma::Error>(())
//! ```
//!
//! Not before the sync:
//!
//! ```compile_fail,E0599
//! # use kdma_mock as _;
//! use kdma::FromDevice;
//! # let device = kdma_mock::device();
//! # let buffer = kdma_mock::buffer(64);
//! let mapping = device.map_single::<FromDevice>(buffer)?;
//! let mut bytes = [0; 4];
//! mapping.read(0, &mut bytes)?;
//! # Ok::<(), kdma::Error>(())
//! ```
//!
//! Not after it was handed back:
//!
//! ```compile_fail,E0382
//! # use kdma_mock as _;
//! use kdma::FromDevice;
//! # let device = kdma_mock::device();
//! # let buffer = kdma_mock::buffer(64);
//! let mapping = device.map_single::<FromDevice>(buffer)?;
//! let owned = mapping.sync_for_cpu()?;
//! let mapping = owned.sync_for_device()?;
//! let mut bytes = [0; 4];
//! owned.read(0, &mut bytes)?;
//! # Ok::<(), kdma::Error>(())
//! ```
//!
//! Not writing what only the device writes:
//!
//! ```compile_fail,E0599
//! # use kdma_mock as _;
//! use kdma::FromDevice;
//! # let device = kdma_mock::device();
//! # let buffer = kdma_mock::buffer(64);
//! let mapping = device.map_single::<FromDevice>(buffer)?;
//! let mut mapping = mapping.sync_for_cpu()?;
//! mapping.write(0, b"lost")?;
//! # Ok::<(), kdma::Error>(())
//! ```
//!
//! Not syncing device memory, which has no sync:
//!
//! ```
//! # use kdma_mock as _;
//! use kdma::{MapAttributes, ToDevice};
//! # let device = kdma_mock::device();
//! let mapping = device.map_mmio::<ToDevice>(kdma_mock::mmio(64), MapAttributes::NONE)?;
//! # Ok::<(), kdma::Error>(())
//! ```
//!
//! ```compile_fail,E0599
//! # use kdma_mock as _;
//! use kdma::{MapAttributes, ToDevice};
//! # let device = kdma_mock::device();
//! let mapping = device.map_mmio::<ToDevice>(kdma_mock::mmio(64), MapAttributes::NONE)?;
//! let mapping = mapping.sync_for_cpu()?;
//! # Ok::<(), kdma::Error>(())
//! ```

use core::marker::PhantomData;

use crate::buffer::shared;
use crate::streaming::Active;
use crate::volatile::Shared;
use crate::{
    ByCpu, ByDevice, CpuMemory, CpuReads, CpuWrites, Direction, DmaAddress, Error, Failed, Mapping,
    Memory, Owner, Result,
};

/// A mapping with its next owner, or as it was with the error.
type Handed<'d, M, D, From, To> = Result<Mapping<'d, M, D, To>, Failed<Mapping<'d, M, D, From>>>;

/// Moves a mapping to another owner if the call that does it worked.
fn handed<'d, M: Memory, D: Direction, From: Owner, To: Owner>(
    mapping: Mapping<'d, M, D, From>,
    result: Result<()>,
) -> Handed<'d, M, D, From, To> {
    match result {
        Ok(()) => Ok(Mapping::from_active(mapping.into_active())),
        Err(error) => Err(Failed {
            error,
            object: mapping,
        }),
    }
}

impl<M: Memory, D: Direction, O: Owner> Mapping<'_, M, D, O> {
    /// Do syncs do anything for this mapping? If not, they may be left out.
    ///
    /// Kernel: `dma_need_sync()`, include/linux/dma-mapping.h (6.10 and later)
    /// or kernel/dma/mapping.c.
    /// Context: any.
    pub fn need_sync(&self) -> Result<bool> {
        need_sync(self.active())
    }
}

fn need_sync<M: Memory>(active: &Active<'_, M>) -> Result<bool> {
    let mut needed = 0;
    // SAFETY: the device is valid by its type invariant, the address is that of
    // a mapping in force, the out parameter is valid for the call.
    Error::check(unsafe {
        kdma_sys::kdma_need_sync(
            active.device().as_raw(),
            active.dma_address().bits(),
            &raw mut needed,
        )
    })?;
    Ok(needed != 0)
}

impl<'d, M: CpuMemory, D: Direction> Mapping<'d, M, D, ByDevice> {
    /// Hands the memory to the CPU, with what the device wrote.
    ///
    /// Kernel: `dma_sync_single_for_cpu()`, include/linux/dma-mapping.h.
    /// Context: any.
    pub fn sync_for_cpu(self) -> Result<Mapping<'d, M, D, ByCpu>, Failed<Self>> {
        let active = self.active();
        // SAFETY: all values are those of a mapping in force.
        let result = Error::check(unsafe {
            kdma_sys::kdma_sync_single_for_cpu(
                active.device().as_raw(),
                active.dma_address().bits(),
                active.memory().size(),
                active.direction(),
            )
        });
        handed(self, result)
    }

    /// Hands `size` bytes from `offset` on to the CPU; the rest stays with the
    /// device.
    ///
    /// Kernel: `dma_sync_single_range_for_cpu()`, include/linux/dma-mapping.h.
    /// Context: any.
    /// Errors: [`Error::Invalid`] for no bytes, or for a range beyond the end,
    /// which is not asked for at all.
    pub fn sync_range_for_cpu(
        self,
        offset: u64,
        size: u64,
    ) -> Result<CpuRange<'d, M, D>, Failed<Self>> {
        let active = self.active();
        let result = shared(active.memory()).part(offset, size).and_then(|_| {
            // SAFETY: all values are those of a mapping in force; the range was
            // just found to be inside.
            Error::check(unsafe {
                kdma_sys::kdma_sync_single_range_for_cpu(
                    active.device().as_raw(),
                    active.dma_address().bits(),
                    offset,
                    size,
                    active.direction(),
                )
            })
        });
        match result {
            // INVARIANT: the range is inside and was just handed to the CPU.
            Ok(()) => Ok(CpuRange {
                active: self.into_active(),
                offset,
                size,
                types: PhantomData,
            }),
            Err(error) => Err(Failed {
                error,
                object: self,
            }),
        }
    }
}

impl<'d, M: CpuMemory, D: Direction> Mapping<'d, M, D, ByCpu> {
    /// Hands the memory to the device, with what the CPU wrote.
    ///
    /// Kernel: `dma_sync_single_for_device()`, include/linux/dma-mapping.h.
    /// Context: any.
    pub fn sync_for_device(self) -> Result<Mapping<'d, M, D, ByDevice>, Failed<Self>> {
        let active = self.active();
        // SAFETY: all values are those of a mapping in force.
        let result = Error::check(unsafe {
            kdma_sys::kdma_sync_single_for_device(
                active.device().as_raw(),
                active.dma_address().bits(),
                active.memory().size(),
                active.direction(),
            )
        });
        handed(self, result)
    }
}

impl<M: CpuMemory, D: CpuReads> Mapping<'_, M, D, ByCpu> {
    /// Copies bytes out, from `offset` on.
    ///
    /// Errors: [`Error::Invalid`] beyond the end; nothing is copied then.
    pub fn read(&self, offset: u64, to: &mut [u8]) -> Result<()> {
        shared(self.active().memory()).read(offset, to)
    }
}

impl<M: CpuMemory, D: CpuWrites> Mapping<'_, M, D, ByCpu> {
    /// Copies bytes in, from `offset` on, for the device to read after the
    /// sync.
    ///
    /// Errors: [`Error::Invalid`] beyond the end; nothing is copied then.
    pub fn write(&mut self, offset: u64, from: &[u8]) -> Result<()> {
        shared(self.active().memory()).write(offset, from)
    }
}

/// A mapping of which the CPU owns one range and the device the rest.
///
/// ```
/// # use kdma_mock as _;
/// use kdma::Bidirectional;
/// # let device = kdma_mock::device();
/// # let buffer = kdma_mock::buffer(64);
/// let mapping = device.map_single::<Bidirectional>(buffer)?;
/// let mut header = mapping.sync_range_for_cpu(16, 8)?;
/// header.write(0, b"to edit")?;
/// assert_eq!(header.write(0, b"too long for it"), Err(kdma::Error::Invalid));
/// let mapping = header.sync_for_device()?;
/// let buffer = mapping.unmap()?;
/// assert_eq!(&buffer.as_slice()[16..23], b"to edit");
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// The whole mapping is not to be had meanwhile:
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// use kdma::Bidirectional;
/// # let device = kdma_mock::device();
/// # let buffer = kdma_mock::buffer(64);
/// let mapping = device.map_single::<Bidirectional>(buffer)?;
/// let header = mapping.sync_range_for_cpu(16, 8)?;
/// let whole = mapping.sync_for_cpu()?;
/// # Ok::<(), kdma::Error>(())
/// ```
#[derive(Debug)]
pub struct CpuRange<'d, M: CpuMemory, D: Direction> {
    active: Active<'d, M>,
    offset: u64,
    size: u64,
    types: PhantomData<D>,
}

impl<'d, M: CpuMemory, D: Direction> CpuRange<'d, M, D> {
    /// Bytes from the start of the mapping to the range.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes in the range.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where the device finds the whole mapping.
    #[must_use]
    pub fn dma_address(&self) -> DmaAddress {
        self.active.dma_address()
    }

    /// Do syncs do anything for this mapping? If not, they may be left out.
    ///
    /// Context: any.
    pub fn need_sync(&self) -> Result<bool> {
        need_sync(&self.active)
    }

    /// Hands the range back to the device, with what the CPU wrote.
    ///
    /// Kernel: `dma_sync_single_range_for_device()`,
    /// include/linux/dma-mapping.h.
    /// Context: any.
    pub fn sync_for_device(self) -> Result<Mapping<'d, M, D, ByDevice>, Failed<Self>> {
        // SAFETY: all values are those of a mapping in force; the range is
        // inside by the type invariant.
        let result = Error::check(unsafe {
            kdma_sys::kdma_sync_single_range_for_device(
                self.active.device().as_raw(),
                self.active.dma_address().bits(),
                self.offset,
                self.size,
                self.active.direction(),
            )
        });
        match result {
            Ok(()) => Ok(Mapping::from_active(self.active)),
            Err(error) => Err(Failed {
                error,
                object: self,
            }),
        }
    }

    /// Asks the kernel about the address; see [`Mapping::mapping_error`].
    ///
    /// Context: any.
    pub fn mapping_error(&self) -> Result<()> {
        self.active.mapping_error()
    }

    /// Ends the whole mapping; see [`Mapping::unmap`].
    ///
    /// Context: any.
    pub fn unmap(self) -> Result<M, Failed<Self>> {
        let (offset, size) = (self.offset, self.size);
        Self::finished(self.active.finish(), offset, size)
    }

    /// Ends the whole mapping without a sync; see
    /// [`Mapping::unmap_without_sync`].
    ///
    /// Context: any.
    pub fn unmap_without_sync(self) -> Result<M, Failed<Self>> {
        let (offset, size) = (self.offset, self.size);
        Self::finished(self.active.finish_without_sync(), offset, size)
    }

    fn finished(
        result: Result<M, Failed<Active<'d, M>>>,
        offset: u64,
        size: u64,
    ) -> Result<M, Failed<Self>> {
        result.map_err(|failed| Failed {
            error: failed.error,
            // INVARIANT: the same range of the same mapping.
            object: CpuRange {
                active: failed.object,
                offset,
                size,
                types: PhantomData,
            },
        })
    }

    fn shared(&self) -> Result<Shared> {
        shared(self.active.memory()).part(self.offset, self.size)
    }
}

impl<M: CpuMemory, D: CpuReads> CpuRange<'_, M, D> {
    /// Copies bytes out; `offset` counts from the start of the range.
    ///
    /// Errors: [`Error::Invalid`] beyond its end; nothing is copied then.
    pub fn read(&self, offset: u64, to: &mut [u8]) -> Result<()> {
        self.shared()?.read(offset, to)
    }
}

impl<M: CpuMemory, D: CpuWrites> CpuRange<'_, M, D> {
    /// Copies bytes in; `offset` counts from the start of the range.
    ///
    /// Errors: [`Error::Invalid`] beyond its end; nothing is copied then.
    pub fn write(&mut self, offset: u64, from: &[u8]) -> Result<()> {
        self.shared()?.write(offset, from)
    }
}
