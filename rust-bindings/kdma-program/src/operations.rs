// SPDX-License-Identifier: GPL-2.0
// Generated from operations.toml by `./kdma generate`. Do not edit.

//! The table of operations: arguments, the calls a driver makes, which belongs to which.

use core::marker::PhantomData;

use crate::{Outcome, Place, Run, kdma_operation};

/// CRC-32 of the table, as in the header of every program.
pub const OPERATION_TABLE: u32 = 0x3010723e;

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

/// The calls of one driver. Each makes one call with exactly these arguments, and
/// gives as many values as the table says.
pub trait Calls {
    fn abi_version(&mut self, run: &Run<'_>) -> Outcome<1>;
    fn abi_attributes(&mut self, run: &Run<'_>) -> Outcome<1>;
    fn set_mask(&mut self, run: &Run<'_>, arguments: &SetMask) -> Outcome;
    fn set_coherent_mask(&mut self, run: &Run<'_>, arguments: &SetCoherentMask) -> Outcome;
    fn set_mask_and_coherent(&mut self, run: &Run<'_>, arguments: &SetMaskAndCoherent) -> Outcome;
    fn get_mask(&mut self, run: &Run<'_>) -> Outcome<1>;
    fn get_required_mask(&mut self, run: &Run<'_>) -> Outcome<1>;
    fn max_mapping_size(&mut self, run: &Run<'_>) -> Outcome<1>;
    fn opt_mapping_size(&mut self, run: &Run<'_>) -> Outcome<1>;
    fn addressing_limited(&mut self, run: &Run<'_>) -> Outcome<1>;
    fn set_max_seg_size(&mut self, run: &Run<'_>, arguments: &SetMaxSegSize) -> Outcome;
    fn get_max_seg_size(&mut self, run: &Run<'_>) -> Outcome<1>;
    fn set_seg_boundary(&mut self, run: &Run<'_>, arguments: &SetSegBoundary) -> Outcome;
    fn get_seg_boundary(&mut self, run: &Run<'_>) -> Outcome<1>;
    fn set_min_align_mask(&mut self, run: &Run<'_>, arguments: &SetMinAlignMask) -> Outcome;
    fn get_min_align_mask(&mut self, run: &Run<'_>) -> Outcome<1>;
    fn get_cache_alignment(&mut self, run: &Run<'_>) -> Outcome<1>;
    fn get_merge_boundary(&mut self, run: &Run<'_>) -> Outcome<1>;
    fn pci_p2pdma_supported(&mut self, run: &Run<'_>) -> Outcome<1>;
    fn can_mmap(&mut self, run: &Run<'_>) -> Outcome<1>;
    fn alloc_coherent(&mut self, run: &Run<'_>, arguments: &AllocCoherent) -> Outcome<1>;
    fn free_coherent(&mut self, run: &Run<'_>, arguments: &FreeCoherent) -> Outcome;
    fn alloc_attrs(&mut self, run: &Run<'_>, arguments: &AllocAttrs) -> Outcome<1>;
    fn free_attrs(&mut self, run: &Run<'_>, arguments: &FreeAttrs) -> Outcome;
    fn map_single(&mut self, run: &Run<'_>, arguments: &MapSingle) -> Outcome<1>;
    fn unmap_single(&mut self, run: &Run<'_>, arguments: &UnmapSingle) -> Outcome;
    fn map_single_attrs(&mut self, run: &Run<'_>, arguments: &MapSingleAttrs) -> Outcome<1>;
    fn unmap_single_attrs(&mut self, run: &Run<'_>, arguments: &UnmapSingleAttrs) -> Outcome;
    fn map_page(&mut self, run: &Run<'_>, arguments: &MapPage) -> Outcome<1>;
    fn unmap_page(&mut self, run: &Run<'_>, arguments: &UnmapPage) -> Outcome;
    fn map_page_attrs(&mut self, run: &Run<'_>, arguments: &MapPageAttrs) -> Outcome<1>;
    fn unmap_page_attrs(&mut self, run: &Run<'_>, arguments: &UnmapPageAttrs) -> Outcome;
    fn map_phys(&mut self, run: &Run<'_>, arguments: &MapPhys) -> Outcome<1>;
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
    fn need_sync(&mut self, run: &Run<'_>, arguments: &NeedSync) -> Outcome<1>;
    fn alloc_pages(&mut self, run: &Run<'_>, arguments: &AllocPages) -> Outcome<1>;
    fn free_pages(&mut self, run: &Run<'_>, arguments: &FreePages) -> Outcome;
    fn sg_alloc(&mut self, run: &Run<'_>, arguments: &SgAlloc) -> Outcome;
    fn sg_free(&mut self, run: &Run<'_>, arguments: &SgFree) -> Outcome;
    fn sg_add(&mut self, run: &Run<'_>, arguments: &SgAdd) -> Outcome;
    fn map_sg_attrs(&mut self, run: &Run<'_>, arguments: &MapSgAttrs) -> Outcome<1>;
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
    fn sg_segment(&mut self, run: &Run<'_>, arguments: &SgSegment) -> Outcome<2>;
    fn get_sgtable(&mut self, run: &Run<'_>, arguments: &GetSgtable) -> Outcome;
    fn get_sgtable_attrs(&mut self, run: &Run<'_>, arguments: &GetSgtableAttrs) -> Outcome;
    fn alloc_noncoherent(&mut self, run: &Run<'_>, arguments: &AllocNoncoherent) -> Outcome<1>;
    fn free_noncoherent(&mut self, run: &Run<'_>, arguments: &FreeNoncoherent) -> Outcome;
    fn pool_create(&mut self, run: &Run<'_>, arguments: &PoolCreate) -> Outcome;
    fn pool_destroy(&mut self, run: &Run<'_>, arguments: &PoolDestroy) -> Outcome;
    fn pool_alloc(&mut self, run: &Run<'_>, arguments: &PoolAlloc) -> Outcome<1>;
    fn pool_zalloc(&mut self, run: &Run<'_>, arguments: &PoolZalloc) -> Outcome<1>;
    fn pool_free(&mut self, run: &Run<'_>, arguments: &PoolFree) -> Outcome;
    fn alloc_noncontiguous(&mut self, run: &Run<'_>, arguments: &AllocNoncontiguous) -> Outcome<1>;
    fn free_noncontiguous(&mut self, run: &Run<'_>, arguments: &FreeNoncontiguous) -> Outcome;
    fn vmap_noncontiguous(&mut self, run: &Run<'_>, arguments: &VmapNoncontiguous) -> Outcome;
    fn vunmap_noncontiguous(&mut self, run: &Run<'_>, arguments: &VunmapNoncontiguous) -> Outcome;
    fn map_resource(&mut self, run: &Run<'_>, arguments: &MapResource) -> Outcome<1>;
    fn unmap_resource(&mut self, run: &Run<'_>, arguments: &UnmapResource) -> Outcome;
    fn iova_try_alloc(&mut self, run: &Run<'_>, arguments: &IovaTryAlloc) -> Outcome<1>;
    fn use_iova(&mut self, run: &Run<'_>, arguments: &UseIova) -> Outcome<1>;
    fn iova_size(&mut self, run: &Run<'_>, arguments: &IovaSize) -> Outcome<1>;
    fn iova_link(&mut self, run: &Run<'_>, arguments: &IovaLink) -> Outcome;
    fn iova_sync(&mut self, run: &Run<'_>, arguments: &IovaSync) -> Outcome;
    fn iova_unlink(&mut self, run: &Run<'_>, arguments: &IovaUnlink) -> Outcome;
    fn iova_destroy(&mut self, run: &Run<'_>, arguments: &IovaDestroy) -> Outcome;
    fn iova_free(&mut self, run: &Run<'_>, arguments: &IovaFree) -> Outcome;
    fn managed_alloc_attrs(&mut self, run: &Run<'_>, arguments: &ManagedAllocAttrs) -> Outcome<1>;
    fn managed_alloc_coherent(
        &mut self,
        run: &Run<'_>,
        arguments: &ManagedAllocCoherent,
    ) -> Outcome<1>;
    fn managed_free_coherent(&mut self, run: &Run<'_>, arguments: &ManagedFreeCoherent) -> Outcome;
    fn managed_pool_create(&mut self, run: &Run<'_>, arguments: &ManagedPoolCreate) -> Outcome;
    fn managed_pool_destroy(&mut self, run: &Run<'_>, arguments: &ManagedPoolDestroy) -> Outcome;
    fn refuse(&mut self, run: &Run<'_>, arguments: &Refuse) -> Outcome;
}

/// Decodes one operation, makes its call, and writes what that gave.
pub(crate) type Call<C> = fn(&mut C, &Run<'_>, &kdma_operation, Place<'_>);

/// The calls of a driver by the number of their operation. A switch would be
/// searched: objects for the kernel have no jump tables.
pub(crate) struct Table<'c, C>(PhantomData<&'c C>);

impl<'c, C: Calls + 'c> Table<'c, C> {
    /// `None`: the operation is the core's.
    pub(crate) const CALLS: &'c [Option<Call<C>>] = &{
        const COUNT: usize = 246;
        let mut table: [Option<Call<C>>; COUNT] = [const { None }; COUNT];
        table[1] = Some(|calls, run, _, place| place.write(calls.abi_version(run)));
        table[2] = Some(|calls, run, _, place| place.write(calls.abi_attributes(run)));
        table[16] = Some(|calls, run, operation, place| {
            let arguments = SetMask::decode(operation.slot, &operation.arguments);
            place.write(calls.set_mask(run, &arguments));
        });
        table[17] = Some(|calls, run, operation, place| {
            let arguments = SetCoherentMask::decode(operation.slot, &operation.arguments);
            place.write(calls.set_coherent_mask(run, &arguments));
        });
        table[18] = Some(|calls, run, operation, place| {
            let arguments = SetMaskAndCoherent::decode(operation.slot, &operation.arguments);
            place.write(calls.set_mask_and_coherent(run, &arguments));
        });
        table[19] = Some(|calls, run, _, place| place.write(calls.get_mask(run)));
        table[20] = Some(|calls, run, _, place| place.write(calls.get_required_mask(run)));
        table[21] = Some(|calls, run, _, place| place.write(calls.max_mapping_size(run)));
        table[22] = Some(|calls, run, _, place| place.write(calls.opt_mapping_size(run)));
        table[23] = Some(|calls, run, _, place| place.write(calls.addressing_limited(run)));
        table[24] = Some(|calls, run, operation, place| {
            let arguments = SetMaxSegSize::decode(operation.slot, &operation.arguments);
            place.write(calls.set_max_seg_size(run, &arguments));
        });
        table[25] = Some(|calls, run, _, place| place.write(calls.get_max_seg_size(run)));
        table[26] = Some(|calls, run, operation, place| {
            let arguments = SetSegBoundary::decode(operation.slot, &operation.arguments);
            place.write(calls.set_seg_boundary(run, &arguments));
        });
        table[27] = Some(|calls, run, _, place| place.write(calls.get_seg_boundary(run)));
        table[28] = Some(|calls, run, operation, place| {
            let arguments = SetMinAlignMask::decode(operation.slot, &operation.arguments);
            place.write(calls.set_min_align_mask(run, &arguments));
        });
        table[29] = Some(|calls, run, _, place| place.write(calls.get_min_align_mask(run)));
        table[30] = Some(|calls, run, _, place| place.write(calls.get_cache_alignment(run)));
        table[31] = Some(|calls, run, _, place| place.write(calls.get_merge_boundary(run)));
        table[32] = Some(|calls, run, _, place| place.write(calls.pci_p2pdma_supported(run)));
        table[33] = Some(|calls, run, _, place| place.write(calls.can_mmap(run)));
        table[48] = Some(|calls, run, operation, place| {
            let arguments = AllocCoherent::decode(operation.slot, &operation.arguments);
            place.write(calls.alloc_coherent(run, &arguments));
        });
        table[49] = Some(|calls, run, operation, place| {
            let arguments = FreeCoherent::decode(operation.slot, &operation.arguments);
            place.write(calls.free_coherent(run, &arguments));
        });
        table[50] = Some(|calls, run, operation, place| {
            let arguments = AllocAttrs::decode(operation.slot, &operation.arguments);
            place.write(calls.alloc_attrs(run, &arguments));
        });
        table[51] = Some(|calls, run, operation, place| {
            let arguments = FreeAttrs::decode(operation.slot, &operation.arguments);
            place.write(calls.free_attrs(run, &arguments));
        });
        table[64] = Some(|calls, run, operation, place| {
            let arguments = MapSingle::decode(operation.slot, &operation.arguments);
            place.write(calls.map_single(run, &arguments));
        });
        table[65] = Some(|calls, run, operation, place| {
            let arguments = UnmapSingle::decode(operation.slot, &operation.arguments);
            place.write(calls.unmap_single(run, &arguments));
        });
        table[66] = Some(|calls, run, operation, place| {
            let arguments = MapSingleAttrs::decode(operation.slot, &operation.arguments);
            place.write(calls.map_single_attrs(run, &arguments));
        });
        table[67] = Some(|calls, run, operation, place| {
            let arguments = UnmapSingleAttrs::decode(operation.slot, &operation.arguments);
            place.write(calls.unmap_single_attrs(run, &arguments));
        });
        table[68] = Some(|calls, run, operation, place| {
            let arguments = MapPage::decode(operation.slot, &operation.arguments);
            place.write(calls.map_page(run, &arguments));
        });
        table[69] = Some(|calls, run, operation, place| {
            let arguments = UnmapPage::decode(operation.slot, &operation.arguments);
            place.write(calls.unmap_page(run, &arguments));
        });
        table[70] = Some(|calls, run, operation, place| {
            let arguments = MapPageAttrs::decode(operation.slot, &operation.arguments);
            place.write(calls.map_page_attrs(run, &arguments));
        });
        table[71] = Some(|calls, run, operation, place| {
            let arguments = UnmapPageAttrs::decode(operation.slot, &operation.arguments);
            place.write(calls.unmap_page_attrs(run, &arguments));
        });
        table[72] = Some(|calls, run, operation, place| {
            let arguments = MapPhys::decode(operation.slot, &operation.arguments);
            place.write(calls.map_phys(run, &arguments));
        });
        table[73] = Some(|calls, run, operation, place| {
            let arguments = UnmapPhys::decode(operation.slot, &operation.arguments);
            place.write(calls.unmap_phys(run, &arguments));
        });
        table[74] = Some(|calls, run, operation, place| {
            let arguments = MappingError::decode(operation.slot, &operation.arguments);
            place.write(calls.mapping_error(run, &arguments));
        });
        table[96] = Some(|calls, run, operation, place| {
            let arguments = SyncSingleForCpu::decode(operation.slot, &operation.arguments);
            place.write(calls.sync_single_for_cpu(run, &arguments));
        });
        table[97] = Some(|calls, run, operation, place| {
            let arguments = SyncSingleForDevice::decode(operation.slot, &operation.arguments);
            place.write(calls.sync_single_for_device(run, &arguments));
        });
        table[98] = Some(|calls, run, operation, place| {
            let arguments = SyncSingleRangeForCpu::decode(operation.slot, &operation.arguments);
            place.write(calls.sync_single_range_for_cpu(run, &arguments));
        });
        table[99] = Some(|calls, run, operation, place| {
            let arguments = SyncSingleRangeForDevice::decode(operation.slot, &operation.arguments);
            place.write(calls.sync_single_range_for_device(run, &arguments));
        });
        table[100] = Some(|calls, run, operation, place| {
            let arguments = NeedSync::decode(operation.slot, &operation.arguments);
            place.write(calls.need_sync(run, &arguments));
        });
        table[112] = Some(|calls, run, operation, place| {
            let arguments = AllocPages::decode(operation.slot, &operation.arguments);
            place.write(calls.alloc_pages(run, &arguments));
        });
        table[113] = Some(|calls, run, operation, place| {
            let arguments = FreePages::decode(operation.slot, &operation.arguments);
            place.write(calls.free_pages(run, &arguments));
        });
        table[128] = Some(|calls, run, operation, place| {
            let arguments = SgAlloc::decode(operation.slot, &operation.arguments);
            place.write(calls.sg_alloc(run, &arguments));
        });
        table[129] = Some(|calls, run, operation, place| {
            let arguments = SgFree::decode(operation.slot, &operation.arguments);
            place.write(calls.sg_free(run, &arguments));
        });
        table[130] = Some(|calls, run, operation, place| {
            let arguments = SgAdd::decode(operation.slot, &operation.arguments);
            place.write(calls.sg_add(run, &arguments));
        });
        table[131] = Some(|calls, run, operation, place| {
            let arguments = MapSgAttrs::decode(operation.slot, &operation.arguments);
            place.write(calls.map_sg_attrs(run, &arguments));
        });
        table[132] = Some(|calls, run, operation, place| {
            let arguments = UnmapSgAttrs::decode(operation.slot, &operation.arguments);
            place.write(calls.unmap_sg_attrs(run, &arguments));
        });
        table[133] = Some(|calls, run, operation, place| {
            let arguments = MapSgtable::decode(operation.slot, &operation.arguments);
            place.write(calls.map_sgtable(run, &arguments));
        });
        table[134] = Some(|calls, run, operation, place| {
            let arguments = UnmapSgtable::decode(operation.slot, &operation.arguments);
            place.write(calls.unmap_sgtable(run, &arguments));
        });
        table[135] = Some(|calls, run, operation, place| {
            let arguments = SyncSgForCpu::decode(operation.slot, &operation.arguments);
            place.write(calls.sync_sg_for_cpu(run, &arguments));
        });
        table[136] = Some(|calls, run, operation, place| {
            let arguments = SyncSgForDevice::decode(operation.slot, &operation.arguments);
            place.write(calls.sync_sg_for_device(run, &arguments));
        });
        table[137] = Some(|calls, run, operation, place| {
            let arguments = SyncSgtableForCpu::decode(operation.slot, &operation.arguments);
            place.write(calls.sync_sgtable_for_cpu(run, &arguments));
        });
        table[138] = Some(|calls, run, operation, place| {
            let arguments = SyncSgtableForDevice::decode(operation.slot, &operation.arguments);
            place.write(calls.sync_sgtable_for_device(run, &arguments));
        });
        table[139] = Some(|calls, run, operation, place| {
            let arguments = SgSegment::decode(operation.slot, &operation.arguments);
            place.write(calls.sg_segment(run, &arguments));
        });
        table[144] = Some(|calls, run, operation, place| {
            let arguments = GetSgtable::decode(operation.slot, &operation.arguments);
            place.write(calls.get_sgtable(run, &arguments));
        });
        table[145] = Some(|calls, run, operation, place| {
            let arguments = GetSgtableAttrs::decode(operation.slot, &operation.arguments);
            place.write(calls.get_sgtable_attrs(run, &arguments));
        });
        table[160] = Some(|calls, run, operation, place| {
            let arguments = AllocNoncoherent::decode(operation.slot, &operation.arguments);
            place.write(calls.alloc_noncoherent(run, &arguments));
        });
        table[161] = Some(|calls, run, operation, place| {
            let arguments = FreeNoncoherent::decode(operation.slot, &operation.arguments);
            place.write(calls.free_noncoherent(run, &arguments));
        });
        table[176] = Some(|calls, run, operation, place| {
            let arguments = PoolCreate::decode(operation.slot, &operation.arguments);
            place.write(calls.pool_create(run, &arguments));
        });
        table[177] = Some(|calls, run, operation, place| {
            let arguments = PoolDestroy::decode(operation.slot, &operation.arguments);
            place.write(calls.pool_destroy(run, &arguments));
        });
        table[178] = Some(|calls, run, operation, place| {
            let arguments = PoolAlloc::decode(operation.slot, &operation.arguments);
            place.write(calls.pool_alloc(run, &arguments));
        });
        table[179] = Some(|calls, run, operation, place| {
            let arguments = PoolZalloc::decode(operation.slot, &operation.arguments);
            place.write(calls.pool_zalloc(run, &arguments));
        });
        table[180] = Some(|calls, run, operation, place| {
            let arguments = PoolFree::decode(operation.slot, &operation.arguments);
            place.write(calls.pool_free(run, &arguments));
        });
        table[192] = Some(|calls, run, operation, place| {
            let arguments = AllocNoncontiguous::decode(operation.slot, &operation.arguments);
            place.write(calls.alloc_noncontiguous(run, &arguments));
        });
        table[193] = Some(|calls, run, operation, place| {
            let arguments = FreeNoncontiguous::decode(operation.slot, &operation.arguments);
            place.write(calls.free_noncontiguous(run, &arguments));
        });
        table[194] = Some(|calls, run, operation, place| {
            let arguments = VmapNoncontiguous::decode(operation.slot, &operation.arguments);
            place.write(calls.vmap_noncontiguous(run, &arguments));
        });
        table[195] = Some(|calls, run, operation, place| {
            let arguments = VunmapNoncontiguous::decode(operation.slot, &operation.arguments);
            place.write(calls.vunmap_noncontiguous(run, &arguments));
        });
        table[208] = Some(|calls, run, operation, place| {
            let arguments = MapResource::decode(operation.slot, &operation.arguments);
            place.write(calls.map_resource(run, &arguments));
        });
        table[209] = Some(|calls, run, operation, place| {
            let arguments = UnmapResource::decode(operation.slot, &operation.arguments);
            place.write(calls.unmap_resource(run, &arguments));
        });
        table[224] = Some(|calls, run, operation, place| {
            let arguments = IovaTryAlloc::decode(operation.slot, &operation.arguments);
            place.write(calls.iova_try_alloc(run, &arguments));
        });
        table[225] = Some(|calls, run, operation, place| {
            let arguments = UseIova::decode(operation.slot, &operation.arguments);
            place.write(calls.use_iova(run, &arguments));
        });
        table[226] = Some(|calls, run, operation, place| {
            let arguments = IovaSize::decode(operation.slot, &operation.arguments);
            place.write(calls.iova_size(run, &arguments));
        });
        table[227] = Some(|calls, run, operation, place| {
            let arguments = IovaLink::decode(operation.slot, &operation.arguments);
            place.write(calls.iova_link(run, &arguments));
        });
        table[228] = Some(|calls, run, operation, place| {
            let arguments = IovaSync::decode(operation.slot, &operation.arguments);
            place.write(calls.iova_sync(run, &arguments));
        });
        table[229] = Some(|calls, run, operation, place| {
            let arguments = IovaUnlink::decode(operation.slot, &operation.arguments);
            place.write(calls.iova_unlink(run, &arguments));
        });
        table[230] = Some(|calls, run, operation, place| {
            let arguments = IovaDestroy::decode(operation.slot, &operation.arguments);
            place.write(calls.iova_destroy(run, &arguments));
        });
        table[231] = Some(|calls, run, operation, place| {
            let arguments = IovaFree::decode(operation.slot, &operation.arguments);
            place.write(calls.iova_free(run, &arguments));
        });
        table[240] = Some(|calls, run, operation, place| {
            let arguments = ManagedAllocAttrs::decode(operation.slot, &operation.arguments);
            place.write(calls.managed_alloc_attrs(run, &arguments));
        });
        table[241] = Some(|calls, run, operation, place| {
            let arguments = ManagedAllocCoherent::decode(operation.slot, &operation.arguments);
            place.write(calls.managed_alloc_coherent(run, &arguments));
        });
        table[242] = Some(|calls, run, operation, place| {
            let arguments = ManagedFreeCoherent::decode(operation.slot, &operation.arguments);
            place.write(calls.managed_free_coherent(run, &arguments));
        });
        table[243] = Some(|calls, run, operation, place| {
            let arguments = ManagedPoolCreate::decode(operation.slot, &operation.arguments);
            place.write(calls.managed_pool_create(run, &arguments));
        });
        table[244] = Some(|calls, run, operation, place| {
            let arguments = ManagedPoolDestroy::decode(operation.slot, &operation.arguments);
            place.write(calls.managed_pool_destroy(run, &arguments));
        });
        table[245] = Some(|calls, run, operation, place| {
            let arguments = Refuse::decode(operation.slot, &operation.arguments);
            place.write(calls.refuse(run, &arguments));
        });
        table
    };
}
