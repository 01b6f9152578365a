// SPDX-License-Identifier: GPL-2.0

//! Family: sgtable. The pages of coherent memory as a list, for exporters.

use core::ffi::c_void;

use crate::{Coherent, CoherentForDevice, Device, DmaAddress, Error, Result, ScatterList};

/// Lists the pages of memory as it was allocated: `attributes` is `None` for
/// `kdma_alloc_coherent()`.
///
/// # Safety
///
/// The values are those of an allocation that is there for `'m`.
pub(crate) unsafe fn list<'m, const N: usize>(
    device: Device<'_>,
    size: u64,
    cpu_address: *mut c_void,
    dma_address: DmaAddress,
    attributes: Option<u64>,
) -> Result<ScatterList<'m, N>> {
    let mut table = core::ptr::null_mut();
    let (device, dma_address) = (device.as_raw(), dma_address.bits());
    Error::check(match attributes {
        // SAFETY: the caller guarantees the values; the out parameter is valid for
        // the call.
        None => unsafe {
            kdma_sys::kdma_get_sgtable(device, cpu_address, dma_address, size, &raw mut table)
        },
        // SAFETY: as above.
        Some(attributes) => unsafe {
            kdma_sys::kdma_get_sgtable_attrs(
                device,
                cpu_address,
                dma_address,
                size,
                attributes,
                &raw mut table,
            )
        },
    })?;
    // SAFETY: a full list that is ours, of memory that is there for 'm.
    unsafe { ScatterList::from_raw(table, size) }
}

impl Coherent<'_> {
    /// Lists the pages of the memory, so that a device can map them as well: a full
    /// list without entries of its own. The memory is not freed before the list is,
    /// and stays open to the CPU.
    ///
    /// ```
    /// # use kdma_mock as _;
    /// use kdma::{AllocFlags, MapAttributes, ScatterList, ToDevice};
    /// # let device = kdma_mock::device();
    /// let memory = device.alloc_coherent(4096, AllocFlags::NONE)?;
    /// memory.write(0, b"for two devices")?;
    /// let list: ScatterList<'_, 0> = memory.sgtable()?;
    /// let mapping = device.map_sgtable::<ToDevice, 0>(list, MapAttributes::NONE)?;
    /// let list = mapping.unmap()?;
    /// drop(list);
    /// memory.free()?;
    /// # Ok::<(), kdma::Error>(())
    /// ```
    ///
    /// ```compile_fail,E0505
    /// # use kdma_mock as _;
    /// use kdma::{AllocFlags, MapAttributes, ScatterList, ToDevice};
    /// # let device = kdma_mock::device();
    /// let memory = device.alloc_coherent(4096, AllocFlags::NONE)?;
    /// let list: ScatterList<'_, 0> = memory.sgtable()?;
    /// memory.free()?;
    /// drop(list);
    /// # Ok::<(), kdma::Error>(())
    /// ```
    ///
    /// Kernel: `dma_get_sgtable()`, include/linux/dma-mapping.h, or
    /// `dma_get_sgtable_attrs()`, kernel/dma/mapping.c, as allocated.
    /// Context: may sleep.
    /// Errors: [`Error::NoMemory`]; [`Error::NotSupported`] where the device's DMA
    /// operations cannot tell.
    pub fn sgtable<const N: usize>(&self) -> Result<ScatterList<'_, N>> {
        self.allocation().sgtable()
    }
}

impl CoherentForDevice<'_> {
    /// As [`Coherent::sgtable`].
    ///
    /// Kernel: `dma_get_sgtable_attrs()`, kernel/dma/mapping.c.
    /// Context: may sleep.
    /// Errors: as [`Coherent::sgtable`].
    pub fn sgtable<const N: usize>(&self) -> Result<ScatterList<'_, N>> {
        self.allocation().sgtable()
    }
}
