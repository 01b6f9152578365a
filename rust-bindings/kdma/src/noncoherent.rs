// SPDX-License-Identifier: GPL-2.0

//! Family: noncoherent. Memory allocated and mapped in one step, by its address
//! for the CPU. What it gives is [`DmaPages`].

use crate::pages::Held;
use crate::{AllocFlags, ByCpu, Device, Direction, DmaAddress, DmaPages, Error, Result};

impl<'d> Device<'d> {
    /// Allocates `size` bytes and maps them for the direction. The same as
    /// [`Device::alloc_pages`] through another pair of functions.
    ///
    /// Kernel: `dma_alloc_noncoherent()` and `dma_free_noncoherent()`,
    /// include/linux/dma-mapping.h.
    /// Context: may sleep unless [`AllocFlags::ATOMIC`] is given.
    /// Errors: [`Error::NoMemory`]; [`Error::Invalid`] for no bytes.
    ///
    /// ```
    /// # use kdma_mock as _;
    /// use kdma::{AllocFlags, FromDevice};
    /// # let device = kdma_mock::device();
    /// let memory = device.alloc_noncoherent::<FromDevice>(4096, AllocFlags::NONE)?;
    /// let memory = memory.sync_for_device()?;
    /// // The device writes, then:
    /// let memory = memory.sync_for_cpu()?;
    /// let mut bytes = [0; 13];
    /// memory.read(16, &mut bytes)?;
    /// memory.free()?;
    /// # Ok::<(), kdma::Error>(())
    /// ```
    ///
    /// Who frees it has it no more:
    ///
    /// ```compile_fail,E0382
    /// # use kdma_mock as _;
    /// use kdma::{AllocFlags, FromDevice};
    /// # let device = kdma_mock::device();
    /// let memory = device.alloc_noncoherent::<FromDevice>(4096, AllocFlags::NONE)?;
    /// memory.free()?;
    /// let memory = memory.sync_for_device()?;
    /// # Ok::<(), kdma::Error>(())
    /// ```
    pub fn alloc_noncoherent<D: Direction>(
        &self,
        size: u64,
        flags: AllocFlags,
    ) -> Result<DmaPages<'d, D, ByCpu>> {
        let mut cpu_address = core::ptr::null_mut();
        let mut dma_address = 0;
        // SAFETY: the device is valid by its type invariant, the out parameters
        // for the call.
        Error::check(unsafe {
            kdma_sys::kdma_alloc_noncoherent(
                self.as_raw(),
                size,
                D::DIRECTION,
                flags.bits(),
                &raw mut cpu_address,
                &raw mut dma_address,
            )
        })?;
        let dma_address = DmaAddress(dma_address);
        // SAFETY: allocated just now, with exactly these values.
        unsafe { Held::new::<D>(*self, size, None, cpu_address, dma_address) }.map(DmaPages::new)
    }
}
