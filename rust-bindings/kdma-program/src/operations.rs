// SPDX-License-Identifier: GPL-2.0
// Generated from operations.toml by `./kdma generate`. Do not edit.

//! The table of operations: arguments, the calls a driver makes, dispatch.

use crate::{Outcome, Run};

/// CRC-32 of the table, as in the header of every program.
pub const OPERATION_TABLE: u32 = 0xb0dbe5c8;

/// Arguments of `set_mask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetMask {
    pub mask: u64,
}

/// Arguments of `set_coherent_mask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetCoherentMask {
    pub mask: u64,
}

/// Arguments of `set_mask_and_coherent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetMaskAndCoherent {
    pub mask: u64,
}

/// Arguments of `set_max_seg_size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetMaxSegSize {
    pub size: u32,
}

/// Arguments of `set_seg_boundary`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetSegBoundary {
    pub mask: u64,
}

/// Arguments of `set_min_align_mask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetMinAlignMask {
    pub mask: u32,
}

/// Arguments of `alloc_coherent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocCoherent {
    pub slot: u32,
    pub size: u64,
    pub flags: u32,
}

/// Arguments of `free_coherent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeCoherent {
    pub slot: u32,
    pub size: u64,
}

/// Arguments of `alloc_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocAttrs {
    pub slot: u32,
    pub size: u64,
    pub flags: u32,
    pub attributes: u64,
}

/// Arguments of `free_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeAttrs {
    pub slot: u32,
    pub size: u64,
    pub attributes: u64,
}

/// Arguments of `map_single`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapSingle {
    pub slot: u32,
    pub buffer: u64,
    pub offset: u64,
    pub size: u64,
    pub direction: u32,
}

/// Arguments of `unmap_single`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmapSingle {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
}

/// Arguments of `map_single_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapSingleAttrs {
    pub slot: u32,
    pub buffer: u64,
    pub offset: u64,
    pub size: u64,
    pub direction: u32,
    pub attributes: u64,
}

/// Arguments of `unmap_single_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmapSingleAttrs {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
    pub attributes: u64,
}

/// Arguments of `map_page`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapPage {
    pub slot: u32,
    pub buffer: u64,
    pub offset: u64,
    pub size: u64,
    pub direction: u32,
}

/// Arguments of `unmap_page`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmapPage {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
}

/// Arguments of `map_page_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapPageAttrs {
    pub slot: u32,
    pub buffer: u64,
    pub offset: u64,
    pub size: u64,
    pub direction: u32,
    pub attributes: u64,
}

/// Arguments of `unmap_page_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmapPageAttrs {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
    pub attributes: u64,
}

/// Arguments of `map_phys`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapPhys {
    pub slot: u32,
    pub buffer: u64,
    pub offset: u64,
    pub size: u64,
    pub direction: u32,
    pub attributes: u64,
}

/// Arguments of `unmap_phys`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmapPhys {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
    pub attributes: u64,
}

/// Arguments of `mapping_error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MappingError {
    pub slot: u32,
}

/// Arguments of `sync_single_for_cpu`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncSingleForCpu {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
}

/// Arguments of `sync_single_for_device`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncSingleForDevice {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
}

/// Arguments of `sync_single_range_for_cpu`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncSingleRangeForCpu {
    pub slot: u32,
    pub offset: u64,
    pub size: u64,
    pub direction: u32,
}

/// Arguments of `sync_single_range_for_device`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncSingleRangeForDevice {
    pub slot: u32,
    pub offset: u64,
    pub size: u64,
    pub direction: u32,
}

/// Arguments of `need_sync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedSync {
    pub slot: u32,
}

/// Arguments of `alloc_pages`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocPages {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
    pub flags: u32,
}

/// Arguments of `free_pages`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreePages {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
}

/// Arguments of `sg_alloc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SgAlloc {
    pub slot: u32,
    pub capacity: u32,
    pub flags: u32,
}

/// Arguments of `sg_free`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SgFree {
    pub slot: u32,
}

/// Arguments of `sg_add`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SgAdd {
    pub slot: u32,
    pub buffer: u64,
    pub offset: u64,
    pub size: u64,
}

/// Arguments of `map_sg_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapSgAttrs {
    pub slot: u32,
    pub direction: u32,
    pub attributes: u64,
}

/// Arguments of `unmap_sg_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmapSgAttrs {
    pub slot: u32,
    pub direction: u32,
    pub attributes: u64,
}

/// Arguments of `map_sgtable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapSgtable {
    pub slot: u32,
    pub direction: u32,
    pub attributes: u64,
}

/// Arguments of `unmap_sgtable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmapSgtable {
    pub slot: u32,
    pub direction: u32,
    pub attributes: u64,
}

/// Arguments of `sync_sg_for_cpu`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncSgForCpu {
    pub slot: u32,
    pub direction: u32,
}

/// Arguments of `sync_sg_for_device`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncSgForDevice {
    pub slot: u32,
    pub direction: u32,
}

/// Arguments of `sync_sgtable_for_cpu`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncSgtableForCpu {
    pub slot: u32,
    pub direction: u32,
}

/// Arguments of `sync_sgtable_for_device`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncSgtableForDevice {
    pub slot: u32,
    pub direction: u32,
}

/// Arguments of `sg_segment`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SgSegment {
    pub slot: u32,
    pub index: u32,
}

/// Arguments of `alloc_noncoherent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocNoncoherent {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
    pub flags: u32,
}

/// Arguments of `free_noncoherent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeNoncoherent {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
}

/// Arguments of `pool_create`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolCreate {
    pub slot: u32,
    pub size: u64,
    pub alignment: u64,
    pub boundary: u64,
}

/// Arguments of `pool_destroy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolDestroy {
    pub slot: u32,
}

/// Arguments of `pool_alloc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolAlloc {
    pub slot: u32,
    pub pool: u32,
    pub flags: u32,
}

/// Arguments of `pool_zalloc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolZalloc {
    pub slot: u32,
    pub pool: u32,
    pub flags: u32,
}

/// Arguments of `pool_free`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolFree {
    pub slot: u32,
}

/// Arguments of `alloc_noncontiguous`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocNoncontiguous {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
    pub flags: u32,
    pub attributes: u64,
}

/// Arguments of `free_noncontiguous`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeNoncontiguous {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
}

/// Arguments of `vmap_noncontiguous`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VmapNoncontiguous {
    pub slot: u32,
    pub size: u64,
}

/// Arguments of `vunmap_noncontiguous`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VunmapNoncontiguous {
    pub slot: u32,
}

/// Arguments of `managed_alloc_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagedAllocAttrs {
    pub slot: u32,
    pub size: u64,
    pub flags: u32,
    pub attributes: u64,
}

/// Arguments of `managed_alloc_coherent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagedAllocCoherent {
    pub slot: u32,
    pub size: u64,
    pub flags: u32,
}

/// Arguments of `managed_free_coherent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagedFreeCoherent {
    pub slot: u32,
    pub size: u64,
}

/// Arguments of `managed_pool_create`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagedPoolCreate {
    pub slot: u32,
    pub size: u64,
    pub alignment: u64,
    pub boundary: u64,
}

/// Arguments of `managed_pool_destroy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagedPoolDestroy {
    pub slot: u32,
}

/// The calls of one driver. Each makes one call with exactly these arguments.
pub trait Calls {
    fn abi_version(&mut self, run: &Run<'_>) -> Outcome;
    fn abi_attributes(&mut self, run: &Run<'_>) -> Outcome;
    fn set_mask(&mut self, run: &Run<'_>, arguments: &SetMask) -> Outcome;
    fn set_coherent_mask(&mut self, run: &Run<'_>, arguments: &SetCoherentMask) -> Outcome;
    fn set_mask_and_coherent(&mut self, run: &Run<'_>, arguments: &SetMaskAndCoherent) -> Outcome;
    fn get_mask(&mut self, run: &Run<'_>) -> Outcome;
    fn get_required_mask(&mut self, run: &Run<'_>) -> Outcome;
    fn max_mapping_size(&mut self, run: &Run<'_>) -> Outcome;
    fn opt_mapping_size(&mut self, run: &Run<'_>) -> Outcome;
    fn addressing_limited(&mut self, run: &Run<'_>) -> Outcome;
    fn set_max_seg_size(&mut self, run: &Run<'_>, arguments: &SetMaxSegSize) -> Outcome;
    fn get_max_seg_size(&mut self, run: &Run<'_>) -> Outcome;
    fn set_seg_boundary(&mut self, run: &Run<'_>, arguments: &SetSegBoundary) -> Outcome;
    fn get_seg_boundary(&mut self, run: &Run<'_>) -> Outcome;
    fn set_min_align_mask(&mut self, run: &Run<'_>, arguments: &SetMinAlignMask) -> Outcome;
    fn get_min_align_mask(&mut self, run: &Run<'_>) -> Outcome;
    fn get_cache_alignment(&mut self, run: &Run<'_>) -> Outcome;
    fn get_merge_boundary(&mut self, run: &Run<'_>) -> Outcome;
    fn pci_p2pdma_supported(&mut self, run: &Run<'_>) -> Outcome;
    fn alloc_coherent(&mut self, run: &Run<'_>, arguments: &AllocCoherent) -> Outcome;
    fn free_coherent(&mut self, run: &Run<'_>, arguments: &FreeCoherent) -> Outcome;
    fn alloc_attrs(&mut self, run: &Run<'_>, arguments: &AllocAttrs) -> Outcome;
    fn free_attrs(&mut self, run: &Run<'_>, arguments: &FreeAttrs) -> Outcome;
    fn map_single(&mut self, run: &Run<'_>, arguments: &MapSingle) -> Outcome;
    fn unmap_single(&mut self, run: &Run<'_>, arguments: &UnmapSingle) -> Outcome;
    fn map_single_attrs(&mut self, run: &Run<'_>, arguments: &MapSingleAttrs) -> Outcome;
    fn unmap_single_attrs(&mut self, run: &Run<'_>, arguments: &UnmapSingleAttrs) -> Outcome;
    fn map_page(&mut self, run: &Run<'_>, arguments: &MapPage) -> Outcome;
    fn unmap_page(&mut self, run: &Run<'_>, arguments: &UnmapPage) -> Outcome;
    fn map_page_attrs(&mut self, run: &Run<'_>, arguments: &MapPageAttrs) -> Outcome;
    fn unmap_page_attrs(&mut self, run: &Run<'_>, arguments: &UnmapPageAttrs) -> Outcome;
    fn map_phys(&mut self, run: &Run<'_>, arguments: &MapPhys) -> Outcome;
    fn unmap_phys(&mut self, run: &Run<'_>, arguments: &UnmapPhys) -> Outcome;
    fn mapping_error(&mut self, run: &Run<'_>, arguments: &MappingError) -> Outcome;
    fn sync_single_for_cpu(&mut self, run: &Run<'_>, arguments: &SyncSingleForCpu) -> Outcome;
    fn sync_single_for_device(&mut self, run: &Run<'_>, arguments: &SyncSingleForDevice)
    -> Outcome;
    fn sync_single_range_for_cpu(
        &mut self,
        run: &Run<'_>,
        arguments: &SyncSingleRangeForCpu,
    ) -> Outcome;
    fn sync_single_range_for_device(
        &mut self,
        run: &Run<'_>,
        arguments: &SyncSingleRangeForDevice,
    ) -> Outcome;
    fn need_sync(&mut self, run: &Run<'_>, arguments: &NeedSync) -> Outcome;
    fn alloc_pages(&mut self, run: &Run<'_>, arguments: &AllocPages) -> Outcome;
    fn free_pages(&mut self, run: &Run<'_>, arguments: &FreePages) -> Outcome;
    fn sg_alloc(&mut self, run: &Run<'_>, arguments: &SgAlloc) -> Outcome;
    fn sg_free(&mut self, run: &Run<'_>, arguments: &SgFree) -> Outcome;
    fn sg_add(&mut self, run: &Run<'_>, arguments: &SgAdd) -> Outcome;
    fn map_sg_attrs(&mut self, run: &Run<'_>, arguments: &MapSgAttrs) -> Outcome;
    fn unmap_sg_attrs(&mut self, run: &Run<'_>, arguments: &UnmapSgAttrs) -> Outcome;
    fn map_sgtable(&mut self, run: &Run<'_>, arguments: &MapSgtable) -> Outcome;
    fn unmap_sgtable(&mut self, run: &Run<'_>, arguments: &UnmapSgtable) -> Outcome;
    fn sync_sg_for_cpu(&mut self, run: &Run<'_>, arguments: &SyncSgForCpu) -> Outcome;
    fn sync_sg_for_device(&mut self, run: &Run<'_>, arguments: &SyncSgForDevice) -> Outcome;
    fn sync_sgtable_for_cpu(&mut self, run: &Run<'_>, arguments: &SyncSgtableForCpu) -> Outcome;
    fn sync_sgtable_for_device(
        &mut self,
        run: &Run<'_>,
        arguments: &SyncSgtableForDevice,
    ) -> Outcome;
    fn sg_segment(&mut self, run: &Run<'_>, arguments: &SgSegment) -> Outcome;
    fn alloc_noncoherent(&mut self, run: &Run<'_>, arguments: &AllocNoncoherent) -> Outcome;
    fn free_noncoherent(&mut self, run: &Run<'_>, arguments: &FreeNoncoherent) -> Outcome;
    fn pool_create(&mut self, run: &Run<'_>, arguments: &PoolCreate) -> Outcome;
    fn pool_destroy(&mut self, run: &Run<'_>, arguments: &PoolDestroy) -> Outcome;
    fn pool_alloc(&mut self, run: &Run<'_>, arguments: &PoolAlloc) -> Outcome;
    fn pool_zalloc(&mut self, run: &Run<'_>, arguments: &PoolZalloc) -> Outcome;
    fn pool_free(&mut self, run: &Run<'_>, arguments: &PoolFree) -> Outcome;
    fn alloc_noncontiguous(&mut self, run: &Run<'_>, arguments: &AllocNoncontiguous) -> Outcome;
    fn free_noncontiguous(&mut self, run: &Run<'_>, arguments: &FreeNoncontiguous) -> Outcome;
    fn vmap_noncontiguous(&mut self, run: &Run<'_>, arguments: &VmapNoncontiguous) -> Outcome;
    fn vunmap_noncontiguous(&mut self, run: &Run<'_>, arguments: &VunmapNoncontiguous) -> Outcome;
    fn managed_alloc_attrs(&mut self, run: &Run<'_>, arguments: &ManagedAllocAttrs) -> Outcome;
    fn managed_alloc_coherent(
        &mut self,
        run: &Run<'_>,
        arguments: &ManagedAllocCoherent,
    ) -> Outcome;
    fn managed_free_coherent(&mut self, run: &Run<'_>, arguments: &ManagedFreeCoherent) -> Outcome;
    fn managed_pool_create(&mut self, run: &Run<'_>, arguments: &ManagedPoolCreate) -> Outcome;
    fn managed_pool_destroy(&mut self, run: &Run<'_>, arguments: &ManagedPoolDestroy) -> Outcome;
}

/// Decodes one operation and makes the call. `None`: the operation is the core's.
pub fn dispatch<C: Calls>(
    calls: &mut C,
    run: &Run<'_>,
    opcode: u16,
    slot: u32,
    words: &[u64; 7],
) -> Option<Outcome> {
    let _ = (slot, words);
    Some(match opcode {
        1 => calls.abi_version(run),
        2 => calls.abi_attributes(run),
        16 => calls.set_mask(run, &SetMask { mask: words[0] }),
        17 => calls.set_coherent_mask(run, &SetCoherentMask { mask: words[0] }),
        18 => calls.set_mask_and_coherent(run, &SetMaskAndCoherent { mask: words[0] }),
        19 => calls.get_mask(run),
        20 => calls.get_required_mask(run),
        21 => calls.max_mapping_size(run),
        22 => calls.opt_mapping_size(run),
        23 => calls.addressing_limited(run),
        24 => calls.set_max_seg_size(
            run,
            &SetMaxSegSize {
                size: words[0] as u32,
            },
        ),
        25 => calls.get_max_seg_size(run),
        26 => calls.set_seg_boundary(run, &SetSegBoundary { mask: words[0] }),
        27 => calls.get_seg_boundary(run),
        28 => calls.set_min_align_mask(
            run,
            &SetMinAlignMask {
                mask: words[0] as u32,
            },
        ),
        29 => calls.get_min_align_mask(run),
        30 => calls.get_cache_alignment(run),
        31 => calls.get_merge_boundary(run),
        32 => calls.pci_p2pdma_supported(run),
        48 => calls.alloc_coherent(
            run,
            &AllocCoherent {
                slot,
                size: words[0],
                flags: words[1] as u32,
            },
        ),
        49 => calls.free_coherent(
            run,
            &FreeCoherent {
                slot,
                size: words[0],
            },
        ),
        50 => calls.alloc_attrs(
            run,
            &AllocAttrs {
                slot,
                size: words[0],
                flags: words[1] as u32,
                attributes: words[2],
            },
        ),
        51 => calls.free_attrs(
            run,
            &FreeAttrs {
                slot,
                size: words[0],
                attributes: words[1],
            },
        ),
        64 => calls.map_single(
            run,
            &MapSingle {
                slot,
                buffer: words[0],
                offset: words[1],
                size: words[2],
                direction: words[3] as u32,
            },
        ),
        65 => calls.unmap_single(
            run,
            &UnmapSingle {
                slot,
                size: words[0],
                direction: words[1] as u32,
            },
        ),
        66 => calls.map_single_attrs(
            run,
            &MapSingleAttrs {
                slot,
                buffer: words[0],
                offset: words[1],
                size: words[2],
                direction: words[3] as u32,
                attributes: words[4],
            },
        ),
        67 => calls.unmap_single_attrs(
            run,
            &UnmapSingleAttrs {
                slot,
                size: words[0],
                direction: words[1] as u32,
                attributes: words[2],
            },
        ),
        68 => calls.map_page(
            run,
            &MapPage {
                slot,
                buffer: words[0],
                offset: words[1],
                size: words[2],
                direction: words[3] as u32,
            },
        ),
        69 => calls.unmap_page(
            run,
            &UnmapPage {
                slot,
                size: words[0],
                direction: words[1] as u32,
            },
        ),
        70 => calls.map_page_attrs(
            run,
            &MapPageAttrs {
                slot,
                buffer: words[0],
                offset: words[1],
                size: words[2],
                direction: words[3] as u32,
                attributes: words[4],
            },
        ),
        71 => calls.unmap_page_attrs(
            run,
            &UnmapPageAttrs {
                slot,
                size: words[0],
                direction: words[1] as u32,
                attributes: words[2],
            },
        ),
        72 => calls.map_phys(
            run,
            &MapPhys {
                slot,
                buffer: words[0],
                offset: words[1],
                size: words[2],
                direction: words[3] as u32,
                attributes: words[4],
            },
        ),
        73 => calls.unmap_phys(
            run,
            &UnmapPhys {
                slot,
                size: words[0],
                direction: words[1] as u32,
                attributes: words[2],
            },
        ),
        74 => calls.mapping_error(run, &MappingError { slot }),
        96 => calls.sync_single_for_cpu(
            run,
            &SyncSingleForCpu {
                slot,
                size: words[0],
                direction: words[1] as u32,
            },
        ),
        97 => calls.sync_single_for_device(
            run,
            &SyncSingleForDevice {
                slot,
                size: words[0],
                direction: words[1] as u32,
            },
        ),
        98 => calls.sync_single_range_for_cpu(
            run,
            &SyncSingleRangeForCpu {
                slot,
                offset: words[0],
                size: words[1],
                direction: words[2] as u32,
            },
        ),
        99 => calls.sync_single_range_for_device(
            run,
            &SyncSingleRangeForDevice {
                slot,
                offset: words[0],
                size: words[1],
                direction: words[2] as u32,
            },
        ),
        100 => calls.need_sync(run, &NeedSync { slot }),
        112 => calls.alloc_pages(
            run,
            &AllocPages {
                slot,
                size: words[0],
                direction: words[1] as u32,
                flags: words[2] as u32,
            },
        ),
        113 => calls.free_pages(
            run,
            &FreePages {
                slot,
                size: words[0],
                direction: words[1] as u32,
            },
        ),
        128 => calls.sg_alloc(
            run,
            &SgAlloc {
                slot,
                capacity: words[0] as u32,
                flags: words[1] as u32,
            },
        ),
        129 => calls.sg_free(run, &SgFree { slot }),
        130 => calls.sg_add(
            run,
            &SgAdd {
                slot,
                buffer: words[0],
                offset: words[1],
                size: words[2],
            },
        ),
        131 => calls.map_sg_attrs(
            run,
            &MapSgAttrs {
                slot,
                direction: words[0] as u32,
                attributes: words[1],
            },
        ),
        132 => calls.unmap_sg_attrs(
            run,
            &UnmapSgAttrs {
                slot,
                direction: words[0] as u32,
                attributes: words[1],
            },
        ),
        133 => calls.map_sgtable(
            run,
            &MapSgtable {
                slot,
                direction: words[0] as u32,
                attributes: words[1],
            },
        ),
        134 => calls.unmap_sgtable(
            run,
            &UnmapSgtable {
                slot,
                direction: words[0] as u32,
                attributes: words[1],
            },
        ),
        135 => calls.sync_sg_for_cpu(
            run,
            &SyncSgForCpu {
                slot,
                direction: words[0] as u32,
            },
        ),
        136 => calls.sync_sg_for_device(
            run,
            &SyncSgForDevice {
                slot,
                direction: words[0] as u32,
            },
        ),
        137 => calls.sync_sgtable_for_cpu(
            run,
            &SyncSgtableForCpu {
                slot,
                direction: words[0] as u32,
            },
        ),
        138 => calls.sync_sgtable_for_device(
            run,
            &SyncSgtableForDevice {
                slot,
                direction: words[0] as u32,
            },
        ),
        139 => calls.sg_segment(
            run,
            &SgSegment {
                slot,
                index: words[0] as u32,
            },
        ),
        160 => calls.alloc_noncoherent(
            run,
            &AllocNoncoherent {
                slot,
                size: words[0],
                direction: words[1] as u32,
                flags: words[2] as u32,
            },
        ),
        161 => calls.free_noncoherent(
            run,
            &FreeNoncoherent {
                slot,
                size: words[0],
                direction: words[1] as u32,
            },
        ),
        176 => calls.pool_create(
            run,
            &PoolCreate {
                slot,
                size: words[0],
                alignment: words[1],
                boundary: words[2],
            },
        ),
        177 => calls.pool_destroy(run, &PoolDestroy { slot }),
        178 => calls.pool_alloc(
            run,
            &PoolAlloc {
                slot,
                pool: words[0] as u32,
                flags: words[1] as u32,
            },
        ),
        179 => calls.pool_zalloc(
            run,
            &PoolZalloc {
                slot,
                pool: words[0] as u32,
                flags: words[1] as u32,
            },
        ),
        180 => calls.pool_free(run, &PoolFree { slot }),
        192 => calls.alloc_noncontiguous(
            run,
            &AllocNoncontiguous {
                slot,
                size: words[0],
                direction: words[1] as u32,
                flags: words[2] as u32,
                attributes: words[3],
            },
        ),
        193 => calls.free_noncontiguous(
            run,
            &FreeNoncontiguous {
                slot,
                size: words[0],
                direction: words[1] as u32,
            },
        ),
        194 => calls.vmap_noncontiguous(
            run,
            &VmapNoncontiguous {
                slot,
                size: words[0],
            },
        ),
        195 => calls.vunmap_noncontiguous(run, &VunmapNoncontiguous { slot }),
        240 => calls.managed_alloc_attrs(
            run,
            &ManagedAllocAttrs {
                slot,
                size: words[0],
                flags: words[1] as u32,
                attributes: words[2],
            },
        ),
        241 => calls.managed_alloc_coherent(
            run,
            &ManagedAllocCoherent {
                slot,
                size: words[0],
                flags: words[1] as u32,
            },
        ),
        242 => calls.managed_free_coherent(
            run,
            &ManagedFreeCoherent {
                slot,
                size: words[0],
            },
        ),
        243 => calls.managed_pool_create(
            run,
            &ManagedPoolCreate {
                slot,
                size: words[0],
                alignment: words[1],
                boundary: words[2],
            },
        ),
        244 => calls.managed_pool_destroy(run, &ManagedPoolDestroy { slot }),
        _ => return None,
    })
}
