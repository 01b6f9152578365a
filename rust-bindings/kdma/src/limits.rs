// SPDX-License-Identifier: GPL-2.0

//! Family: limits. What the device and the DMA layer can do.
//!
//! A [`Device`] stays on its thread and its maker promised that nobody else
//! changes the limits, so a change never races with a mapping.

use crate::{Device, Error, Result};

/// The largest cache line DMA must respect, in bytes.
///
/// Buffers that share such a line with other data must not be mapped.
/// Kernel: `dma_get_cache_alignment()`, include/linux/dma-mapping.h.
/// Context: any.
pub fn cache_alignment() -> Result<u32> {
    let mut alignment = 0;
    // SAFETY: the out parameter is valid for the call.
    Error::check(unsafe { kdma_sys::kdma_get_cache_alignment(&raw mut alignment) })?;
    Ok(alignment)
}

impl Device<'_> {
    /// Can the mask not reach all memory?
    ///
    /// Kernel: `dma_addressing_limited()`, kernel/dma/mapping.c.
    /// Context: any.
    pub fn addressing_limited(&self) -> Result<bool> {
        let mut limited = 0;
        // SAFETY: the device is valid by its type invariant, the out parameter
        // for the call.
        Error::check(unsafe {
            kdma_sys::kdma_addressing_limited(self.as_raw(), &raw mut limited)
        })?;
        Ok(limited != 0)
    }

    /// The streaming DMA mask in force.
    ///
    /// Kernel: `dma_get_mask()`, include/linux/dma-mapping.h.
    /// Context: any.
    pub fn mask(&self) -> Result<u64> {
        let mut mask = 0;
        // SAFETY: the device is valid by its type invariant, the out parameter
        // for the call.
        Error::check(unsafe { kdma_sys::kdma_get_mask(self.as_raw(), &raw mut mask) })?;
        Ok(mask)
    }

    /// The largest size of one mapping, in bytes; all ones where there is no limit.
    ///
    /// Kernel: `dma_max_mapping_size()`, kernel/dma/mapping.c.
    /// Context: any.
    pub fn max_mapping_size(&self) -> Result<u64> {
        let mut size = 0;
        // SAFETY: the device is valid by its type invariant, the out parameter
        // for the call.
        Error::check(unsafe { kdma_sys::kdma_max_mapping_size(self.as_raw(), &raw mut size) })?;
        Ok(size)
    }

    /// The largest segment of a scatterlist, in bytes.
    ///
    /// Kernel: `dma_get_max_seg_size()`, include/linux/dma-mapping.h.
    /// Context: any.
    pub fn max_seg_size(&self) -> Result<u32> {
        let mut size = 0;
        // SAFETY: the device is valid by its type invariant, the out parameter
        // for the call.
        Error::check(unsafe { kdma_sys::kdma_get_max_seg_size(self.as_raw(), &raw mut size) })?;
        Ok(size)
    }

    /// The low address bits that mapping preserves.
    ///
    /// Kernel: `dma_get_min_align_mask()`, include/linux/dma-mapping.h.
    /// Context: any.
    pub fn min_align_mask(&self) -> Result<u32> {
        let mut mask = 0;
        // SAFETY: the device is valid by its type invariant, the out parameter
        // for the call.
        Error::check(unsafe { kdma_sys::kdma_get_min_align_mask(self.as_raw(), &raw mut mask) })?;
        Ok(mask)
    }

    /// The largest size that maps without a penalty, in bytes.
    ///
    /// Kernel: `dma_opt_mapping_size()`, kernel/dma/mapping.c.
    /// Context: any.
    pub fn opt_mapping_size(&self) -> Result<u64> {
        let mut size = 0;
        // SAFETY: the device is valid by its type invariant, the out parameter
        // for the call.
        Error::check(unsafe { kdma_sys::kdma_opt_mapping_size(self.as_raw(), &raw mut size) })?;
        Ok(size)
    }

    /// The mask that reaches all memory efficiently.
    ///
    /// Kernel: `dma_get_required_mask()`, kernel/dma/mapping.c.
    /// Context: any.
    pub fn required_mask(&self) -> Result<u64> {
        let mut mask = 0;
        // SAFETY: the device is valid by its type invariant, the out parameter
        // for the call.
        Error::check(unsafe { kdma_sys::kdma_get_required_mask(self.as_raw(), &raw mut mask) })?;
        Ok(mask)
    }

    /// The boundary that no segment crosses, minus one.
    ///
    /// Kernel: `dma_get_seg_boundary()`, include/linux/dma-mapping.h.
    /// Context: any.
    pub fn seg_boundary(&self) -> Result<u64> {
        let mut mask = 0;
        // SAFETY: the device is valid by its type invariant, the out parameter
        // for the call.
        Error::check(unsafe { kdma_sys::kdma_get_seg_boundary(self.as_raw(), &raw mut mask) })?;
        Ok(mask)
    }

    /// Sets the DMA mask for coherent allocations.
    ///
    /// Kernel: `dma_set_coherent_mask()`, kernel/dma/mapping.c.
    /// Context: may sleep.
    /// Errors: [`Error::Io`] when the mask cannot be served; [`Error::Invalid`].
    pub fn set_coherent_mask(&self, mask: u64) -> Result<()> {
        // SAFETY: the device is valid by its type invariant.
        Error::check(unsafe { kdma_sys::kdma_set_coherent_mask(self.as_raw(), mask) })
    }

    /// Where segments of a scatterlist may be merged: the boundary minus one, 0
    /// where they never are.
    ///
    /// Kernel: `dma_get_merge_boundary()`, kernel/dma/mapping.c.
    /// Context: any.
    pub fn merge_boundary(&self) -> Result<u64> {
        let mut mask = 0;
        // SAFETY: the device is valid by its type invariant, the out parameter
        // for the call.
        Error::check(unsafe { kdma_sys::kdma_get_merge_boundary(self.as_raw(), &raw mut mask) })?;
        Ok(mask)
    }

    /// Can coherent memory of this device be mapped into user space?
    ///
    /// Kernel: `dma_can_mmap()`, kernel/dma/mapping.c.
    /// Context: any.
    pub fn can_mmap(&self) -> Result<bool> {
        let mut possible = 0;
        // SAFETY: the device is valid by its type invariant, the out parameter
        // for the call.
        Error::check(unsafe { kdma_sys::kdma_can_mmap(self.as_raw(), &raw mut possible) })?;
        Ok(possible != 0)
    }

    /// Can mappings of this device hold PCI P2PDMA memory?
    ///
    /// Kernel: `dma_pci_p2pdma_supported()`, kernel/dma/mapping.c.
    /// Context: any.
    pub fn supports_pci_p2pdma(&self) -> Result<bool> {
        let mut supported = 0;
        // SAFETY: the device is valid by its type invariant, the out parameter
        // for the call.
        Error::check(unsafe {
            kdma_sys::kdma_pci_p2pdma_supported(self.as_raw(), &raw mut supported)
        })?;
        Ok(supported != 0)
    }

    /// Sets the streaming DMA mask: the addresses the device can reach.
    ///
    /// Kernel: `dma_set_mask()`, kernel/dma/mapping.c.
    /// Context: may sleep.
    /// Errors: [`Error::Io`] when the mask cannot be served; [`Error::Invalid`].
    pub fn set_mask(&self, mask: u64) -> Result<()> {
        // SAFETY: the device is valid by its type invariant.
        Error::check(unsafe { kdma_sys::kdma_set_mask(self.as_raw(), mask) })
    }

    /// Sets both masks.
    ///
    /// Kernel: `dma_set_mask_and_coherent()`, include/linux/dma-mapping.h.
    /// Context: may sleep.
    /// Errors: [`Error::Io`] when the mask cannot be served; [`Error::Invalid`].
    pub fn set_mask_and_coherent(&self, mask: u64) -> Result<()> {
        // SAFETY: the device is valid by its type invariant.
        Error::check(unsafe { kdma_sys::kdma_set_mask_and_coherent(self.as_raw(), mask) })
    }

    /// Sets the largest segment of a scatterlist, in bytes.
    ///
    /// Kernel: `dma_set_max_seg_size()`, include/linux/dma-mapping.h.
    /// Context: any.
    /// Errors: [`Error::Io`] when the device has no DMA parameters; [`Error::Invalid`].
    pub fn set_max_seg_size(&self, size: u32) -> Result<()> {
        // SAFETY: the device is valid by its type invariant.
        Error::check(unsafe { kdma_sys::kdma_set_max_seg_size(self.as_raw(), size) })
    }

    /// Sets the low address bits that mapping preserves.
    ///
    /// Kernel: `dma_set_min_align_mask()`, include/linux/dma-mapping.h.
    /// Context: any.
    /// Errors: [`Error::Io`] when the device has no DMA parameters; [`Error::Invalid`].
    pub fn set_min_align_mask(&self, mask: u32) -> Result<()> {
        // SAFETY: the device is valid by its type invariant.
        Error::check(unsafe { kdma_sys::kdma_set_min_align_mask(self.as_raw(), mask) })
    }

    /// Sets the boundary that no segment crosses, minus one.
    ///
    /// Kernel: `dma_set_seg_boundary()`, include/linux/dma-mapping.h.
    /// Context: any.
    /// Errors: [`Error::Io`] when the device has no DMA parameters; [`Error::Invalid`] for 0, and
    /// for a boundary that is no power of two.
    pub fn set_seg_boundary(&self, mask: u64) -> Result<()> {
        // SAFETY: the device is valid by its type invariant.
        Error::check(unsafe { kdma_sys::kdma_set_seg_boundary(self.as_raw(), mask) })
    }
}
