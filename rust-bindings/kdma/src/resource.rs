// SPDX-License-Identifier: GPL-2.0

//! Family: resource. Memory of another device, a BAR for instance, that a device
//! is to reach.

use crate::streaming::{Function, mapped};
use crate::{Device, Direction, Failed, MapAttributes, Mapping, Memory, Mmio};

impl<'d> Device<'d> {
    /// Lets the device reach memory of another device.
    ///
    /// Kernel: `dma_map_resource()` and `dma_unmap_resource()`,
    /// kernel/dma/mapping.c.
    /// Context: any.
    /// Errors: [`crate::Error::Mapping`]; [`crate::Error::NotSupported`] for an
    /// attribute that the kernel lacks; [`crate::Error::Invalid`] for no bytes and
    /// for RAM. The memory comes back with it.
    ///
    /// ```
    /// # use kdma_mock as _;
    /// use kdma::{FromDevice, MapAttributes};
    /// # let device = kdma_mock::device();
    /// # let memory = kdma_mock::mmio(4096);
    /// let mapping = device.map_resource::<FromDevice>(memory, MapAttributes::NONE)?;
    /// let _ = mapping.dma_address();
    /// let memory = mapping.unmap()?;
    /// # Ok::<(), kdma::Error>(())
    /// ```
    ///
    /// It is mapped once at a time, and its address ends with the mapping:
    ///
    /// ```compile_fail,E0382
    /// # use kdma_mock as _;
    /// use kdma::{FromDevice, MapAttributes};
    /// # let device = kdma_mock::device();
    /// # let memory = kdma_mock::mmio(4096);
    /// let mapping = device.map_resource::<FromDevice>(memory, MapAttributes::NONE)?;
    /// let again = device.map_resource::<FromDevice>(memory, MapAttributes::NONE)?;
    /// # Ok::<(), kdma::Error>(())
    /// ```
    ///
    /// ```compile_fail,E0382
    /// # use kdma_mock as _;
    /// use kdma::{FromDevice, MapAttributes};
    /// # let device = kdma_mock::device();
    /// # let memory = kdma_mock::mmio(4096);
    /// let mapping = device.map_resource::<FromDevice>(memory, MapAttributes::NONE)?;
    /// let memory = mapping.unmap()?;
    /// let _ = mapping.dma_address();
    /// # Ok::<(), kdma::Error>(())
    /// ```
    ///
    /// Nothing is cached or bounced, so there is nothing to sync:
    ///
    /// ```compile_fail,E0599
    /// # use kdma_mock as _;
    /// use kdma::{FromDevice, MapAttributes};
    /// # let device = kdma_mock::device();
    /// # let memory = kdma_mock::mmio(4096);
    /// let mapping = device.map_resource::<FromDevice>(memory, MapAttributes::NONE)?;
    /// let mapping = mapping.sync_for_cpu()?;
    /// # Ok::<(), kdma::Error>(())
    /// ```
    ///
    /// RAM is another type:
    ///
    /// ```compile_fail,E0308
    /// # use kdma_mock as _;
    /// use kdma::{FromDevice, MapAttributes};
    /// # let device = kdma_mock::device();
    /// # let memory = kdma_mock::buffer(4096);
    /// let mapping = device.map_resource::<FromDevice>(memory, MapAttributes::NONE)?;
    /// # Ok::<(), kdma::Error>(())
    /// ```
    pub fn map_resource<'b, D: Direction>(
        &self,
        memory: Mmio<'b>,
        attributes: MapAttributes,
    ) -> Result<Mapping<'d, Mmio<'b>, D>, Failed<Mmio<'b>>> {
        let attributes = attributes.bits();
        mapped(
            *self,
            memory,
            attributes,
            Function::Resource,
            |memory, dma_address| {
                // SAFETY: the device is valid by its type invariant; transfers to
                // the memory are harmless by its own.
                unsafe {
                    kdma_sys::kdma_map_resource(
                        self.as_raw(),
                        memory.physical_address(),
                        memory.size(),
                        D::DIRECTION,
                        attributes,
                        dma_address,
                    )
                }
            },
        )
    }
}
