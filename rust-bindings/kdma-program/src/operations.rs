// SPDX-License-Identifier: GPL-2.0
// Generated from operations.toml by `./kdma generate`. Do not edit.

//! The table of operations: arguments, the calls a driver makes, dispatch.

use crate::{Outcome, Run};

/// CRC-32 of the table, as in the header of every program.
pub const OPERATION_TABLE: u32 = 0xd7a70f29;

/// Arguments of `set_mask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetMask {
    pub mask: u64,
}

impl SetMask {
    /// Its number in programs.
    pub const OPCODE: u16 = 16;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(_: u32, words: &[u64; 7]) -> Self {
        SetMask { mask: words[0] }
    }
}

/// Arguments of `set_coherent_mask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetCoherentMask {
    pub mask: u64,
}

impl SetCoherentMask {
    /// Its number in programs.
    pub const OPCODE: u16 = 17;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(_: u32, words: &[u64; 7]) -> Self {
        SetCoherentMask { mask: words[0] }
    }
}

/// Arguments of `set_mask_and_coherent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetMaskAndCoherent {
    pub mask: u64,
}

impl SetMaskAndCoherent {
    /// Its number in programs.
    pub const OPCODE: u16 = 18;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(_: u32, words: &[u64; 7]) -> Self {
        SetMaskAndCoherent { mask: words[0] }
    }
}

/// Arguments of `set_max_seg_size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetMaxSegSize {
    pub size: u32,
}

impl SetMaxSegSize {
    /// Its number in programs.
    pub const OPCODE: u16 = 24;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(_: u32, words: &[u64; 7]) -> Self {
        SetMaxSegSize {
            size: words[0] as u32,
        }
    }
}

/// Arguments of `set_seg_boundary`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetSegBoundary {
    pub mask: u64,
}

impl SetSegBoundary {
    /// Its number in programs.
    pub const OPCODE: u16 = 26;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(_: u32, words: &[u64; 7]) -> Self {
        SetSegBoundary { mask: words[0] }
    }
}

/// Arguments of `set_min_align_mask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetMinAlignMask {
    pub mask: u32,
}

impl SetMinAlignMask {
    /// Its number in programs.
    pub const OPCODE: u16 = 28;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(_: u32, words: &[u64; 7]) -> Self {
        SetMinAlignMask {
            mask: words[0] as u32,
        }
    }
}

/// Arguments of `alloc_coherent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocCoherent {
    pub slot: u32,
    pub size: u64,
    pub flags: u32,
}

impl AllocCoherent {
    /// Its number in programs.
    pub const OPCODE: u16 = 48;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        AllocCoherent {
            slot,
            size: words[0],
            flags: words[1] as u32,
        }
    }
}

/// Arguments of `free_coherent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeCoherent {
    pub slot: u32,
    pub size: u64,
}

impl FreeCoherent {
    /// Its number in programs.
    pub const OPCODE: u16 = 49;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        FreeCoherent {
            slot,
            size: words[0],
        }
    }
}

/// Arguments of `alloc_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocAttrs {
    pub slot: u32,
    pub size: u64,
    pub flags: u32,
    pub attributes: u64,
}

impl AllocAttrs {
    /// Its number in programs.
    pub const OPCODE: u16 = 50;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        AllocAttrs {
            slot,
            size: words[0],
            flags: words[1] as u32,
            attributes: words[2],
        }
    }
}

/// Arguments of `free_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeAttrs {
    pub slot: u32,
    pub size: u64,
    pub attributes: u64,
}

impl FreeAttrs {
    /// Its number in programs.
    pub const OPCODE: u16 = 51;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        FreeAttrs {
            slot,
            size: words[0],
            attributes: words[1],
        }
    }
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

impl MapSingle {
    /// Its number in programs.
    pub const OPCODE: u16 = 64;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        MapSingle {
            slot,
            buffer: words[0],
            offset: words[1],
            size: words[2],
            direction: words[3] as u32,
        }
    }
}

/// Arguments of `unmap_single`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmapSingle {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
}

impl UnmapSingle {
    /// Its number in programs.
    pub const OPCODE: u16 = 65;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        UnmapSingle {
            slot,
            size: words[0],
            direction: words[1] as u32,
        }
    }
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

impl MapSingleAttrs {
    /// Its number in programs.
    pub const OPCODE: u16 = 66;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        MapSingleAttrs {
            slot,
            buffer: words[0],
            offset: words[1],
            size: words[2],
            direction: words[3] as u32,
            attributes: words[4],
        }
    }
}

/// Arguments of `unmap_single_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmapSingleAttrs {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
    pub attributes: u64,
}

impl UnmapSingleAttrs {
    /// Its number in programs.
    pub const OPCODE: u16 = 67;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        UnmapSingleAttrs {
            slot,
            size: words[0],
            direction: words[1] as u32,
            attributes: words[2],
        }
    }
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

impl MapPage {
    /// Its number in programs.
    pub const OPCODE: u16 = 68;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        MapPage {
            slot,
            buffer: words[0],
            offset: words[1],
            size: words[2],
            direction: words[3] as u32,
        }
    }
}

/// Arguments of `unmap_page`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmapPage {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
}

impl UnmapPage {
    /// Its number in programs.
    pub const OPCODE: u16 = 69;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        UnmapPage {
            slot,
            size: words[0],
            direction: words[1] as u32,
        }
    }
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

impl MapPageAttrs {
    /// Its number in programs.
    pub const OPCODE: u16 = 70;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        MapPageAttrs {
            slot,
            buffer: words[0],
            offset: words[1],
            size: words[2],
            direction: words[3] as u32,
            attributes: words[4],
        }
    }
}

/// Arguments of `unmap_page_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmapPageAttrs {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
    pub attributes: u64,
}

impl UnmapPageAttrs {
    /// Its number in programs.
    pub const OPCODE: u16 = 71;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        UnmapPageAttrs {
            slot,
            size: words[0],
            direction: words[1] as u32,
            attributes: words[2],
        }
    }
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

impl MapPhys {
    /// Its number in programs.
    pub const OPCODE: u16 = 72;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        MapPhys {
            slot,
            buffer: words[0],
            offset: words[1],
            size: words[2],
            direction: words[3] as u32,
            attributes: words[4],
        }
    }
}

/// Arguments of `unmap_phys`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmapPhys {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
    pub attributes: u64,
}

impl UnmapPhys {
    /// Its number in programs.
    pub const OPCODE: u16 = 73;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        UnmapPhys {
            slot,
            size: words[0],
            direction: words[1] as u32,
            attributes: words[2],
        }
    }
}

/// Arguments of `mapping_error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MappingError {
    pub slot: u32,
}

impl MappingError {
    /// Its number in programs.
    pub const OPCODE: u16 = 74;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, _: &[u64; 7]) -> Self {
        MappingError { slot }
    }
}

/// Arguments of `sync_single_for_cpu`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncSingleForCpu {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
}

impl SyncSingleForCpu {
    /// Its number in programs.
    pub const OPCODE: u16 = 96;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        SyncSingleForCpu {
            slot,
            size: words[0],
            direction: words[1] as u32,
        }
    }
}

/// Arguments of `sync_single_for_device`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncSingleForDevice {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
}

impl SyncSingleForDevice {
    /// Its number in programs.
    pub const OPCODE: u16 = 97;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        SyncSingleForDevice {
            slot,
            size: words[0],
            direction: words[1] as u32,
        }
    }
}

/// Arguments of `sync_single_range_for_cpu`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncSingleRangeForCpu {
    pub slot: u32,
    pub offset: u64,
    pub size: u64,
    pub direction: u32,
}

impl SyncSingleRangeForCpu {
    /// Its number in programs.
    pub const OPCODE: u16 = 98;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        SyncSingleRangeForCpu {
            slot,
            offset: words[0],
            size: words[1],
            direction: words[2] as u32,
        }
    }
}

/// Arguments of `sync_single_range_for_device`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncSingleRangeForDevice {
    pub slot: u32,
    pub offset: u64,
    pub size: u64,
    pub direction: u32,
}

impl SyncSingleRangeForDevice {
    /// Its number in programs.
    pub const OPCODE: u16 = 99;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        SyncSingleRangeForDevice {
            slot,
            offset: words[0],
            size: words[1],
            direction: words[2] as u32,
        }
    }
}

/// Arguments of `need_sync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedSync {
    pub slot: u32,
}

impl NeedSync {
    /// Its number in programs.
    pub const OPCODE: u16 = 100;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, _: &[u64; 7]) -> Self {
        NeedSync { slot }
    }
}

/// Arguments of `alloc_pages`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocPages {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
    pub flags: u32,
}

impl AllocPages {
    /// Its number in programs.
    pub const OPCODE: u16 = 112;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        AllocPages {
            slot,
            size: words[0],
            direction: words[1] as u32,
            flags: words[2] as u32,
        }
    }
}

/// Arguments of `free_pages`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreePages {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
}

impl FreePages {
    /// Its number in programs.
    pub const OPCODE: u16 = 113;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        FreePages {
            slot,
            size: words[0],
            direction: words[1] as u32,
        }
    }
}

/// Arguments of `sg_alloc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SgAlloc {
    pub slot: u32,
    pub capacity: u32,
    pub flags: u32,
}

impl SgAlloc {
    /// Its number in programs.
    pub const OPCODE: u16 = 128;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        SgAlloc {
            slot,
            capacity: words[0] as u32,
            flags: words[1] as u32,
        }
    }
}

/// Arguments of `sg_free`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SgFree {
    pub slot: u32,
}

impl SgFree {
    /// Its number in programs.
    pub const OPCODE: u16 = 129;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, _: &[u64; 7]) -> Self {
        SgFree { slot }
    }
}

/// Arguments of `sg_add`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SgAdd {
    pub slot: u32,
    pub buffer: u64,
    pub offset: u64,
    pub size: u64,
}

impl SgAdd {
    /// Its number in programs.
    pub const OPCODE: u16 = 130;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        SgAdd {
            slot,
            buffer: words[0],
            offset: words[1],
            size: words[2],
        }
    }
}

/// Arguments of `map_sg_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapSgAttrs {
    pub slot: u32,
    pub direction: u32,
    pub attributes: u64,
}

impl MapSgAttrs {
    /// Its number in programs.
    pub const OPCODE: u16 = 131;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        MapSgAttrs {
            slot,
            direction: words[0] as u32,
            attributes: words[1],
        }
    }
}

/// Arguments of `unmap_sg_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmapSgAttrs {
    pub slot: u32,
    pub direction: u32,
    pub attributes: u64,
}

impl UnmapSgAttrs {
    /// Its number in programs.
    pub const OPCODE: u16 = 132;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        UnmapSgAttrs {
            slot,
            direction: words[0] as u32,
            attributes: words[1],
        }
    }
}

/// Arguments of `map_sgtable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapSgtable {
    pub slot: u32,
    pub direction: u32,
    pub attributes: u64,
}

impl MapSgtable {
    /// Its number in programs.
    pub const OPCODE: u16 = 133;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        MapSgtable {
            slot,
            direction: words[0] as u32,
            attributes: words[1],
        }
    }
}

/// Arguments of `unmap_sgtable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmapSgtable {
    pub slot: u32,
    pub direction: u32,
    pub attributes: u64,
}

impl UnmapSgtable {
    /// Its number in programs.
    pub const OPCODE: u16 = 134;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        UnmapSgtable {
            slot,
            direction: words[0] as u32,
            attributes: words[1],
        }
    }
}

/// Arguments of `sync_sg_for_cpu`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncSgForCpu {
    pub slot: u32,
    pub direction: u32,
}

impl SyncSgForCpu {
    /// Its number in programs.
    pub const OPCODE: u16 = 135;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        SyncSgForCpu {
            slot,
            direction: words[0] as u32,
        }
    }
}

/// Arguments of `sync_sg_for_device`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncSgForDevice {
    pub slot: u32,
    pub direction: u32,
}

impl SyncSgForDevice {
    /// Its number in programs.
    pub const OPCODE: u16 = 136;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        SyncSgForDevice {
            slot,
            direction: words[0] as u32,
        }
    }
}

/// Arguments of `sync_sgtable_for_cpu`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncSgtableForCpu {
    pub slot: u32,
    pub direction: u32,
}

impl SyncSgtableForCpu {
    /// Its number in programs.
    pub const OPCODE: u16 = 137;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        SyncSgtableForCpu {
            slot,
            direction: words[0] as u32,
        }
    }
}

/// Arguments of `sync_sgtable_for_device`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncSgtableForDevice {
    pub slot: u32,
    pub direction: u32,
}

impl SyncSgtableForDevice {
    /// Its number in programs.
    pub const OPCODE: u16 = 138;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        SyncSgtableForDevice {
            slot,
            direction: words[0] as u32,
        }
    }
}

/// Arguments of `sg_segment`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SgSegment {
    pub slot: u32,
    pub index: u32,
}

impl SgSegment {
    /// Its number in programs.
    pub const OPCODE: u16 = 139;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        SgSegment {
            slot,
            index: words[0] as u32,
        }
    }
}

/// Arguments of `get_sgtable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSgtable {
    pub slot: u32,
    pub coherent: u32,
    pub size: u64,
}

impl GetSgtable {
    /// Its number in programs.
    pub const OPCODE: u16 = 144;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        GetSgtable {
            slot,
            coherent: words[0] as u32,
            size: words[1],
        }
    }
}

/// Arguments of `get_sgtable_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSgtableAttrs {
    pub slot: u32,
    pub coherent: u32,
    pub size: u64,
    pub attributes: u64,
}

impl GetSgtableAttrs {
    /// Its number in programs.
    pub const OPCODE: u16 = 145;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        GetSgtableAttrs {
            slot,
            coherent: words[0] as u32,
            size: words[1],
            attributes: words[2],
        }
    }
}

/// Arguments of `alloc_noncoherent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocNoncoherent {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
    pub flags: u32,
}

impl AllocNoncoherent {
    /// Its number in programs.
    pub const OPCODE: u16 = 160;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        AllocNoncoherent {
            slot,
            size: words[0],
            direction: words[1] as u32,
            flags: words[2] as u32,
        }
    }
}

/// Arguments of `free_noncoherent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeNoncoherent {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
}

impl FreeNoncoherent {
    /// Its number in programs.
    pub const OPCODE: u16 = 161;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        FreeNoncoherent {
            slot,
            size: words[0],
            direction: words[1] as u32,
        }
    }
}

/// Arguments of `pool_create`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolCreate {
    pub slot: u32,
    pub size: u64,
    pub alignment: u64,
    pub boundary: u64,
}

impl PoolCreate {
    /// Its number in programs.
    pub const OPCODE: u16 = 176;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        PoolCreate {
            slot,
            size: words[0],
            alignment: words[1],
            boundary: words[2],
        }
    }
}

/// Arguments of `pool_destroy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolDestroy {
    pub slot: u32,
}

impl PoolDestroy {
    /// Its number in programs.
    pub const OPCODE: u16 = 177;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, _: &[u64; 7]) -> Self {
        PoolDestroy { slot }
    }
}

/// Arguments of `pool_alloc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolAlloc {
    pub slot: u32,
    pub pool: u32,
    pub flags: u32,
}

impl PoolAlloc {
    /// Its number in programs.
    pub const OPCODE: u16 = 178;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        PoolAlloc {
            slot,
            pool: words[0] as u32,
            flags: words[1] as u32,
        }
    }
}

/// Arguments of `pool_zalloc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolZalloc {
    pub slot: u32,
    pub pool: u32,
    pub flags: u32,
}

impl PoolZalloc {
    /// Its number in programs.
    pub const OPCODE: u16 = 179;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        PoolZalloc {
            slot,
            pool: words[0] as u32,
            flags: words[1] as u32,
        }
    }
}

/// Arguments of `pool_free`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolFree {
    pub slot: u32,
}

impl PoolFree {
    /// Its number in programs.
    pub const OPCODE: u16 = 180;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, _: &[u64; 7]) -> Self {
        PoolFree { slot }
    }
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

impl AllocNoncontiguous {
    /// Its number in programs.
    pub const OPCODE: u16 = 192;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        AllocNoncontiguous {
            slot,
            size: words[0],
            direction: words[1] as u32,
            flags: words[2] as u32,
            attributes: words[3],
        }
    }
}

/// Arguments of `free_noncontiguous`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeNoncontiguous {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
}

impl FreeNoncontiguous {
    /// Its number in programs.
    pub const OPCODE: u16 = 193;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        FreeNoncontiguous {
            slot,
            size: words[0],
            direction: words[1] as u32,
        }
    }
}

/// Arguments of `vmap_noncontiguous`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VmapNoncontiguous {
    pub slot: u32,
    pub size: u64,
}

impl VmapNoncontiguous {
    /// Its number in programs.
    pub const OPCODE: u16 = 194;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        VmapNoncontiguous {
            slot,
            size: words[0],
        }
    }
}

/// Arguments of `vunmap_noncontiguous`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VunmapNoncontiguous {
    pub slot: u32,
}

impl VunmapNoncontiguous {
    /// Its number in programs.
    pub const OPCODE: u16 = 195;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, _: &[u64; 7]) -> Self {
        VunmapNoncontiguous { slot }
    }
}

/// Arguments of `map_resource`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapResource {
    pub slot: u32,
    pub buffer: u64,
    pub offset: u64,
    pub size: u64,
    pub direction: u32,
    pub attributes: u64,
}

impl MapResource {
    /// Its number in programs.
    pub const OPCODE: u16 = 208;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        MapResource {
            slot,
            buffer: words[0],
            offset: words[1],
            size: words[2],
            direction: words[3] as u32,
            attributes: words[4],
        }
    }
}

/// Arguments of `unmap_resource`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmapResource {
    pub slot: u32,
    pub size: u64,
    pub direction: u32,
    pub attributes: u64,
}

impl UnmapResource {
    /// Its number in programs.
    pub const OPCODE: u16 = 209;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        UnmapResource {
            slot,
            size: words[0],
            direction: words[1] as u32,
            attributes: words[2],
        }
    }
}

/// Arguments of `iova_try_alloc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IovaTryAlloc {
    pub slot: u32,
    pub physical_address: u64,
    pub size: u64,
    pub flags: u32,
}

impl IovaTryAlloc {
    /// Its number in programs.
    pub const OPCODE: u16 = 224;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        IovaTryAlloc {
            slot,
            physical_address: words[0],
            size: words[1],
            flags: words[2] as u32,
        }
    }
}

/// Arguments of `use_iova`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UseIova {
    pub slot: u32,
}

impl UseIova {
    /// Its number in programs.
    pub const OPCODE: u16 = 225;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, _: &[u64; 7]) -> Self {
        UseIova { slot }
    }
}

/// Arguments of `iova_size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IovaSize {
    pub slot: u32,
}

impl IovaSize {
    /// Its number in programs.
    pub const OPCODE: u16 = 226;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, _: &[u64; 7]) -> Self {
        IovaSize { slot }
    }
}

/// Arguments of `iova_link`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IovaLink {
    pub slot: u32,
    pub buffer: u64,
    pub offset: u64,
    pub iova_offset: u64,
    pub size: u64,
    pub direction: u32,
    pub attributes: u64,
}

impl IovaLink {
    /// Its number in programs.
    pub const OPCODE: u16 = 227;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        IovaLink {
            slot,
            buffer: words[0],
            offset: words[1],
            iova_offset: words[2],
            size: words[3],
            direction: words[4] as u32,
            attributes: words[5],
        }
    }
}

/// Arguments of `iova_sync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IovaSync {
    pub slot: u32,
    pub iova_offset: u64,
    pub size: u64,
}

impl IovaSync {
    /// Its number in programs.
    pub const OPCODE: u16 = 228;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        IovaSync {
            slot,
            iova_offset: words[0],
            size: words[1],
        }
    }
}

/// Arguments of `iova_unlink`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IovaUnlink {
    pub slot: u32,
    pub iova_offset: u64,
    pub size: u64,
    pub direction: u32,
    pub attributes: u64,
}

impl IovaUnlink {
    /// Its number in programs.
    pub const OPCODE: u16 = 229;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        IovaUnlink {
            slot,
            iova_offset: words[0],
            size: words[1],
            direction: words[2] as u32,
            attributes: words[3],
        }
    }
}

/// Arguments of `iova_destroy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IovaDestroy {
    pub slot: u32,
    pub linked: u64,
    pub direction: u32,
    pub attributes: u64,
}

impl IovaDestroy {
    /// Its number in programs.
    pub const OPCODE: u16 = 230;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        IovaDestroy {
            slot,
            linked: words[0],
            direction: words[1] as u32,
            attributes: words[2],
        }
    }
}

/// Arguments of `iova_free`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IovaFree {
    pub slot: u32,
}

impl IovaFree {
    /// Its number in programs.
    pub const OPCODE: u16 = 231;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, _: &[u64; 7]) -> Self {
        IovaFree { slot }
    }
}

/// Arguments of `managed_alloc_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagedAllocAttrs {
    pub slot: u32,
    pub size: u64,
    pub flags: u32,
    pub attributes: u64,
}

impl ManagedAllocAttrs {
    /// Its number in programs.
    pub const OPCODE: u16 = 240;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        ManagedAllocAttrs {
            slot,
            size: words[0],
            flags: words[1] as u32,
            attributes: words[2],
        }
    }
}

/// Arguments of `managed_alloc_coherent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagedAllocCoherent {
    pub slot: u32,
    pub size: u64,
    pub flags: u32,
}

impl ManagedAllocCoherent {
    /// Its number in programs.
    pub const OPCODE: u16 = 241;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        ManagedAllocCoherent {
            slot,
            size: words[0],
            flags: words[1] as u32,
        }
    }
}

/// Arguments of `managed_free_coherent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagedFreeCoherent {
    pub slot: u32,
    pub size: u64,
}

impl ManagedFreeCoherent {
    /// Its number in programs.
    pub const OPCODE: u16 = 242;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        ManagedFreeCoherent {
            slot,
            size: words[0],
        }
    }
}

/// Arguments of `managed_pool_create`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagedPoolCreate {
    pub slot: u32,
    pub size: u64,
    pub alignment: u64,
    pub boundary: u64,
}

impl ManagedPoolCreate {
    /// Its number in programs.
    pub const OPCODE: u16 = 243;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, words: &[u64; 7]) -> Self {
        ManagedPoolCreate {
            slot,
            size: words[0],
            alignment: words[1],
            boundary: words[2],
        }
    }
}

/// Arguments of `managed_pool_destroy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagedPoolDestroy {
    pub slot: u32,
}

impl ManagedPoolDestroy {
    /// Its number in programs.
    pub const OPCODE: u16 = 244;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(slot: u32, _: &[u64; 7]) -> Self {
        ManagedPoolDestroy { slot }
    }
}

/// Arguments of `refuse`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refuse {
    pub function: u32,
    pub parameter: u32,
    pub value: u32,
    pub of: u32,
}

impl Refuse {
    /// Its number in programs.
    pub const OPCODE: u16 = 245;

    /// From the slot and the words of an operation.
    #[must_use]
    pub const fn decode(_: u32, words: &[u64; 7]) -> Self {
        Refuse {
            function: words[0] as u32,
            parameter: words[1] as u32,
            value: words[2] as u32,
            of: words[3] as u32,
        }
    }
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
    fn can_mmap(&mut self, run: &Run<'_>) -> Outcome;
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
    fn get_sgtable(&mut self, run: &Run<'_>, arguments: &GetSgtable) -> Outcome;
    fn get_sgtable_attrs(&mut self, run: &Run<'_>, arguments: &GetSgtableAttrs) -> Outcome;
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
    fn map_resource(&mut self, run: &Run<'_>, arguments: &MapResource) -> Outcome;
    fn unmap_resource(&mut self, run: &Run<'_>, arguments: &UnmapResource) -> Outcome;
    fn iova_try_alloc(&mut self, run: &Run<'_>, arguments: &IovaTryAlloc) -> Outcome;
    fn use_iova(&mut self, run: &Run<'_>, arguments: &UseIova) -> Outcome;
    fn iova_size(&mut self, run: &Run<'_>, arguments: &IovaSize) -> Outcome;
    fn iova_link(&mut self, run: &Run<'_>, arguments: &IovaLink) -> Outcome;
    fn iova_sync(&mut self, run: &Run<'_>, arguments: &IovaSync) -> Outcome;
    fn iova_unlink(&mut self, run: &Run<'_>, arguments: &IovaUnlink) -> Outcome;
    fn iova_destroy(&mut self, run: &Run<'_>, arguments: &IovaDestroy) -> Outcome;
    fn iova_free(&mut self, run: &Run<'_>, arguments: &IovaFree) -> Outcome;
    fn managed_alloc_attrs(&mut self, run: &Run<'_>, arguments: &ManagedAllocAttrs) -> Outcome;
    fn managed_alloc_coherent(
        &mut self,
        run: &Run<'_>,
        arguments: &ManagedAllocCoherent,
    ) -> Outcome;
    fn managed_free_coherent(&mut self, run: &Run<'_>, arguments: &ManagedFreeCoherent) -> Outcome;
    fn managed_pool_create(&mut self, run: &Run<'_>, arguments: &ManagedPoolCreate) -> Outcome;
    fn managed_pool_destroy(&mut self, run: &Run<'_>, arguments: &ManagedPoolDestroy) -> Outcome;
    fn refuse(&mut self, run: &Run<'_>, arguments: &Refuse) -> Outcome;
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
        16 => calls.set_mask(run, &SetMask::decode(slot, words)),
        17 => calls.set_coherent_mask(run, &SetCoherentMask::decode(slot, words)),
        18 => calls.set_mask_and_coherent(run, &SetMaskAndCoherent::decode(slot, words)),
        19 => calls.get_mask(run),
        20 => calls.get_required_mask(run),
        21 => calls.max_mapping_size(run),
        22 => calls.opt_mapping_size(run),
        23 => calls.addressing_limited(run),
        24 => calls.set_max_seg_size(run, &SetMaxSegSize::decode(slot, words)),
        25 => calls.get_max_seg_size(run),
        26 => calls.set_seg_boundary(run, &SetSegBoundary::decode(slot, words)),
        27 => calls.get_seg_boundary(run),
        28 => calls.set_min_align_mask(run, &SetMinAlignMask::decode(slot, words)),
        29 => calls.get_min_align_mask(run),
        30 => calls.get_cache_alignment(run),
        31 => calls.get_merge_boundary(run),
        32 => calls.pci_p2pdma_supported(run),
        33 => calls.can_mmap(run),
        48 => calls.alloc_coherent(run, &AllocCoherent::decode(slot, words)),
        49 => calls.free_coherent(run, &FreeCoherent::decode(slot, words)),
        50 => calls.alloc_attrs(run, &AllocAttrs::decode(slot, words)),
        51 => calls.free_attrs(run, &FreeAttrs::decode(slot, words)),
        64 => calls.map_single(run, &MapSingle::decode(slot, words)),
        65 => calls.unmap_single(run, &UnmapSingle::decode(slot, words)),
        66 => calls.map_single_attrs(run, &MapSingleAttrs::decode(slot, words)),
        67 => calls.unmap_single_attrs(run, &UnmapSingleAttrs::decode(slot, words)),
        68 => calls.map_page(run, &MapPage::decode(slot, words)),
        69 => calls.unmap_page(run, &UnmapPage::decode(slot, words)),
        70 => calls.map_page_attrs(run, &MapPageAttrs::decode(slot, words)),
        71 => calls.unmap_page_attrs(run, &UnmapPageAttrs::decode(slot, words)),
        72 => calls.map_phys(run, &MapPhys::decode(slot, words)),
        73 => calls.unmap_phys(run, &UnmapPhys::decode(slot, words)),
        74 => calls.mapping_error(run, &MappingError::decode(slot, words)),
        96 => calls.sync_single_for_cpu(run, &SyncSingleForCpu::decode(slot, words)),
        97 => calls.sync_single_for_device(run, &SyncSingleForDevice::decode(slot, words)),
        98 => calls.sync_single_range_for_cpu(run, &SyncSingleRangeForCpu::decode(slot, words)),
        99 => {
            calls.sync_single_range_for_device(run, &SyncSingleRangeForDevice::decode(slot, words))
        }
        100 => calls.need_sync(run, &NeedSync::decode(slot, words)),
        112 => calls.alloc_pages(run, &AllocPages::decode(slot, words)),
        113 => calls.free_pages(run, &FreePages::decode(slot, words)),
        128 => calls.sg_alloc(run, &SgAlloc::decode(slot, words)),
        129 => calls.sg_free(run, &SgFree::decode(slot, words)),
        130 => calls.sg_add(run, &SgAdd::decode(slot, words)),
        131 => calls.map_sg_attrs(run, &MapSgAttrs::decode(slot, words)),
        132 => calls.unmap_sg_attrs(run, &UnmapSgAttrs::decode(slot, words)),
        133 => calls.map_sgtable(run, &MapSgtable::decode(slot, words)),
        134 => calls.unmap_sgtable(run, &UnmapSgtable::decode(slot, words)),
        135 => calls.sync_sg_for_cpu(run, &SyncSgForCpu::decode(slot, words)),
        136 => calls.sync_sg_for_device(run, &SyncSgForDevice::decode(slot, words)),
        137 => calls.sync_sgtable_for_cpu(run, &SyncSgtableForCpu::decode(slot, words)),
        138 => calls.sync_sgtable_for_device(run, &SyncSgtableForDevice::decode(slot, words)),
        139 => calls.sg_segment(run, &SgSegment::decode(slot, words)),
        144 => calls.get_sgtable(run, &GetSgtable::decode(slot, words)),
        145 => calls.get_sgtable_attrs(run, &GetSgtableAttrs::decode(slot, words)),
        160 => calls.alloc_noncoherent(run, &AllocNoncoherent::decode(slot, words)),
        161 => calls.free_noncoherent(run, &FreeNoncoherent::decode(slot, words)),
        176 => calls.pool_create(run, &PoolCreate::decode(slot, words)),
        177 => calls.pool_destroy(run, &PoolDestroy::decode(slot, words)),
        178 => calls.pool_alloc(run, &PoolAlloc::decode(slot, words)),
        179 => calls.pool_zalloc(run, &PoolZalloc::decode(slot, words)),
        180 => calls.pool_free(run, &PoolFree::decode(slot, words)),
        192 => calls.alloc_noncontiguous(run, &AllocNoncontiguous::decode(slot, words)),
        193 => calls.free_noncontiguous(run, &FreeNoncontiguous::decode(slot, words)),
        194 => calls.vmap_noncontiguous(run, &VmapNoncontiguous::decode(slot, words)),
        195 => calls.vunmap_noncontiguous(run, &VunmapNoncontiguous::decode(slot, words)),
        208 => calls.map_resource(run, &MapResource::decode(slot, words)),
        209 => calls.unmap_resource(run, &UnmapResource::decode(slot, words)),
        224 => calls.iova_try_alloc(run, &IovaTryAlloc::decode(slot, words)),
        225 => calls.use_iova(run, &UseIova::decode(slot, words)),
        226 => calls.iova_size(run, &IovaSize::decode(slot, words)),
        227 => calls.iova_link(run, &IovaLink::decode(slot, words)),
        228 => calls.iova_sync(run, &IovaSync::decode(slot, words)),
        229 => calls.iova_unlink(run, &IovaUnlink::decode(slot, words)),
        230 => calls.iova_destroy(run, &IovaDestroy::decode(slot, words)),
        231 => calls.iova_free(run, &IovaFree::decode(slot, words)),
        240 => calls.managed_alloc_attrs(run, &ManagedAllocAttrs::decode(slot, words)),
        241 => calls.managed_alloc_coherent(run, &ManagedAllocCoherent::decode(slot, words)),
        242 => calls.managed_free_coherent(run, &ManagedFreeCoherent::decode(slot, words)),
        243 => calls.managed_pool_create(run, &ManagedPoolCreate::decode(slot, words)),
        244 => calls.managed_pool_destroy(run, &ManagedPoolDestroy::decode(slot, words)),
        245 => calls.refuse(run, &Refuse::decode(slot, words)),
        _ => return None,
    })
}
