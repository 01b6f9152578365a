// SPDX-License-Identifier: GPL-2.0
// Generated from kdma.h by `./kdma generate`. Do not edit.

//! Calls of every function of the ABI with one argument that is wrong. All
//! others are right, so that nothing else can be the reason to refuse it.

use core::ffi::c_void;

use kdma_program::{Outcome, Refuse};
use kdma_sys::*;

/// Stays in out parameters that are not written to.
const UNWRITTEN: u64 = 0x5a5a_5a5a_5a5a_5a5a;

/// Not the device that anything belongs to. Nobody looks into it.
static OTHER_DEVICE: [u64; 512] = [0; 512];

/// What is right.
#[derive(Clone, Copy)]
pub(crate) struct Right {
    pub(crate) attributes: u64,
    pub(crate) capacity: u64,
    pub(crate) cpu_address: u64,
    pub(crate) device: u64,
    pub(crate) direction: u64,
    pub(crate) dma_address: u64,
    pub(crate) handle: u64,
    pub(crate) mask: u64,
    pub(crate) page: u64,
    pub(crate) physical_address: u64,
    pub(crate) pool: u64,
    pub(crate) size: u64,
    pub(crate) zero: u64,
}

/// Puts the bad value in for an argument, and what makes it bad in for another.
/// `kinds`: one for each. `None`: there is none such.
fn spoil(words: &mut [u64], kinds: &[u8], right: &Right, arguments: &Refuse) -> Option<()> {
    let kind = *kinds.get(arguments.parameter as usize)?;
    let (word, other) = match (kind, arguments.value) {
        (b'a', 0) => (0xffffffffffffffff, None),
        (b'b', 0) => (0x800, None),
        (b'b', 1) => (0x8000000000000000, None),
        (b'c', 0) => (0x0, None),
        (b'c', 1) => (0xffffffff, None),
        (b'd', 0) => (0x0, None),
        (b'd', 1) => (0x10000, None),
        (b'e', 0) => (0x0, None),
        (b'e', 1) => (0x4, None),
        (b'e', 2) => (0xffffffff, None),
        (b'e', 3) => (0x7, None),
        (b'e', 4) => (0xb, None),
        (b'e', 5) => (0x13, None),
        (b'e', 6) => (0x23, None),
        (b'e', 7) => (0x43, None),
        (b'e', 8) => (0x83, None),
        (b'e', 9) => (0x103, None),
        (b'e', 10) => (0x203, None),
        (b'e', 11) => (0x403, None),
        (b'e', 12) => (0x803, None),
        (b'e', 13) => (0x1003, None),
        (b'e', 14) => (0x2003, None),
        (b'e', 15) => (0x4003, None),
        (b'e', 16) => (0x8003, None),
        (b'f', 0) => (0x4, None),
        (b'f', 1) => (0x80000000, None),
        (b'g', 0) => (0xffffffff, None),
        (b'h', 0) => (0xffffffffffffffff, None),
        (b'h', 1) => (0xfffffffffffff000, None),
        (b'i', 0) => (0xffffffffffffffff, None),
        (b'j', 0) => (0x0, None),
        (b'j', 1) => (0x100000000, None),
        (b'j', 2) => (0xffffffffffffffff, None),
        (b'k', 0) => (0xffffffffffffffff, None),
        (b'l', 0) => (0x0, None),
        (b'l', 1) => (OTHER_DEVICE.as_ptr() as u64, None),
        (b'm', 0) => (0x80000000000000, None),
        (b'm', 1) => (0xfffffffffffff000, Some((b'b', KDMA_ATTR_MMIO))),
        (b'n', 0) => (0x0, None),
        (b'o', 0) => (0xfffffffffffff000, None),
        (b'o', 1) => (right.physical_address, Some((b'p', 0x80000000000000))),
        (b'o', 2) => (0x0, Some((b'p', right.physical_address + 1))),
        (b'p', 0) => (0x0, None),
        (b'q', 0) => (0x0, None),
        (b'q', 1) => (0xffffffffffffffff, None),
        _ => return None,
    };
    *words.get_mut(arguments.parameter as usize)? = word;
    if let Some((kind, with)) = other {
        let at = kinds.iter().position(|each| *each == kind)?;
        *words.get_mut(at)? = with;
    }
    Some(())
}

/// The call, as the driver's operation.
pub(crate) fn refuse(right: &Right, arguments: &Refuse) -> Outcome {
    let mut out = [UNWRITTEN; 7];
    let Some(status) = call(right, arguments, &mut out) else {
        return Outcome::status(KDMA_ENOTSUPP);
    };
    if status != KDMA_OK && out.iter().any(|word| *word != UNWRITTEN) {
        return Outcome::status(KDMA_EUNKNOWN);
    }
    Outcome::status(status)
}

fn call(right: &Right, arguments: &Refuse, out: &mut [u64; 7]) -> Option<kdma_error> {
    let out = out.as_mut_ptr();
    Some(match arguments.function {
        16 => {
            let mut words = [right.device, right.mask];
            spoil(&mut words, b"n-", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_set_mask(words[0] as *mut kdma_device, words[1]) }
        }
        17 => {
            let mut words = [right.device, right.mask];
            spoil(&mut words, b"n-", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_set_coherent_mask(words[0] as *mut kdma_device, words[1]) }
        }
        18 => {
            let mut words = [right.device, right.mask];
            spoil(&mut words, b"n-", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_set_mask_and_coherent(words[0] as *mut kdma_device, words[1]) }
        }
        19 => {
            let mut words = [right.device, out.wrapping_add(1) as u64];
            spoil(&mut words, b"nn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_get_mask(words[0] as *mut kdma_device, words[1] as *mut u64) }
        }
        20 => {
            let mut words = [right.device, out.wrapping_add(1) as u64];
            spoil(&mut words, b"nn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_get_required_mask(words[0] as *mut kdma_device, words[1] as *mut u64) }
        }
        21 => {
            let mut words = [right.device, out.wrapping_add(1) as u64];
            spoil(&mut words, b"nn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_max_mapping_size(words[0] as *mut kdma_device, words[1] as *mut u64) }
        }
        22 => {
            let mut words = [right.device, out.wrapping_add(1) as u64];
            spoil(&mut words, b"nn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_opt_mapping_size(words[0] as *mut kdma_device, words[1] as *mut u64) }
        }
        23 => {
            let mut words = [right.device, out.wrapping_add(1) as u64];
            spoil(&mut words, b"nn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_addressing_limited(words[0] as *mut kdma_device, words[1] as *mut u32) }
        }
        24 => {
            let mut words = [right.device, right.size];
            spoil(&mut words, b"np", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_set_max_seg_size(words[0] as *mut kdma_device, words[1] as u32) }
        }
        25 => {
            let mut words = [right.device, out.wrapping_add(1) as u64];
            spoil(&mut words, b"nn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_get_max_seg_size(words[0] as *mut kdma_device, words[1] as *mut u32) }
        }
        26 => {
            let mut words = [right.device, right.mask];
            spoil(&mut words, b"n-", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_set_seg_boundary(words[0] as *mut kdma_device, words[1]) }
        }
        27 => {
            let mut words = [right.device, out.wrapping_add(1) as u64];
            spoil(&mut words, b"nn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_get_seg_boundary(words[0] as *mut kdma_device, words[1] as *mut u64) }
        }
        28 => {
            let mut words = [right.device, right.mask];
            spoil(&mut words, b"n-", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_set_min_align_mask(words[0] as *mut kdma_device, words[1] as u32) }
        }
        29 => {
            let mut words = [right.device, out.wrapping_add(1) as u64];
            spoil(&mut words, b"nn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_get_min_align_mask(words[0] as *mut kdma_device, words[1] as *mut u32) }
        }
        30 => {
            let mut words = [out.wrapping_add(0) as u64];
            spoil(&mut words, b"n", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_get_cache_alignment(words[0] as *mut u32) }
        }
        31 => {
            let mut words = [right.device, out.wrapping_add(1) as u64];
            spoil(&mut words, b"nn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_get_merge_boundary(words[0] as *mut kdma_device, words[1] as *mut u64) }
        }
        32 => {
            let mut words = [right.device, out.wrapping_add(1) as u64];
            spoil(&mut words, b"nn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_pci_p2pdma_supported(words[0] as *mut kdma_device, words[1] as *mut u32) }
        }
        33 => {
            let mut words = [right.device, out.wrapping_add(1) as u64];
            spoil(&mut words, b"nn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_can_mmap(words[0] as *mut kdma_device, words[1] as *mut u32) }
        }
        48 => {
            let mut words = [
                right.device,
                right.size,
                right.zero,
                out.wrapping_add(3) as u64,
                out.wrapping_add(4) as u64,
            ];
            spoil(&mut words, b"npfnn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_alloc_coherent(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2] as u32,
                    words[3] as *mut *mut c_void,
                    words[4] as *mut kdma_address_t,
                )
            }
        }
        49 => {
            let mut words = [
                right.device,
                right.size,
                right.cpu_address,
                right.dma_address,
            ];
            spoil(&mut words, b"npna", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_free_coherent(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2] as *mut c_void,
                    words[3],
                )
            }
        }
        50 => {
            let mut words = [
                right.device,
                right.size,
                right.zero,
                right.attributes,
                out.wrapping_add(4) as u64,
                out.wrapping_add(5) as u64,
            ];
            spoil(&mut words, b"npfbnn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_alloc_attrs(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2] as u32,
                    words[3],
                    words[4] as *mut *mut c_void,
                    words[5] as *mut kdma_address_t,
                )
            }
        }
        51 => {
            let mut words = [
                right.device,
                right.size,
                right.cpu_address,
                right.dma_address,
                right.attributes,
            ];
            spoil(&mut words, b"npnab", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_free_attrs(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2] as *mut c_void,
                    words[3],
                    words[4],
                )
            }
        }
        64 => {
            let mut words = [
                right.device,
                right.cpu_address,
                right.size,
                right.direction,
                out.wrapping_add(4) as u64,
            ];
            spoil(&mut words, b"ndqen", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_map_single(
                    words[0] as *mut kdma_device,
                    words[1] as *mut c_void,
                    words[2],
                    words[3] as u32,
                    words[4] as *mut kdma_address_t,
                )
            }
        }
        65 => {
            let mut words = [right.device, right.dma_address, right.size, right.direction];
            spoil(&mut words, b"nape", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_unmap_single(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2],
                    words[3] as u32,
                )
            }
        }
        66 => {
            let mut words = [
                right.device,
                right.cpu_address,
                right.size,
                right.direction,
                right.attributes,
                out.wrapping_add(5) as u64,
            ];
            spoil(&mut words, b"ndqebn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_map_single_attrs(
                    words[0] as *mut kdma_device,
                    words[1] as *mut c_void,
                    words[2],
                    words[3] as u32,
                    words[4],
                    words[5] as *mut kdma_address_t,
                )
            }
        }
        67 => {
            let mut words = [
                right.device,
                right.dma_address,
                right.size,
                right.direction,
                right.attributes,
            ];
            spoil(&mut words, b"napeb", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_unmap_single_attrs(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2],
                    words[3] as u32,
                    words[4],
                )
            }
        }
        68 => {
            let mut words = [
                right.device,
                right.page,
                right.zero,
                right.size,
                right.direction,
                out.wrapping_add(5) as u64,
            ];
            spoil(&mut words, b"nnkpen", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_map_page(
                    words[0] as *mut kdma_device,
                    words[1] as *mut kdma_page,
                    words[2],
                    words[3],
                    words[4] as u32,
                    words[5] as *mut kdma_address_t,
                )
            }
        }
        69 => {
            let mut words = [right.device, right.dma_address, right.size, right.direction];
            spoil(&mut words, b"nape", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_unmap_page(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2],
                    words[3] as u32,
                )
            }
        }
        70 => {
            let mut words = [
                right.device,
                right.page,
                right.zero,
                right.size,
                right.direction,
                right.attributes,
                out.wrapping_add(6) as u64,
            ];
            spoil(&mut words, b"nnkpebn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_map_page_attrs(
                    words[0] as *mut kdma_device,
                    words[1] as *mut kdma_page,
                    words[2],
                    words[3],
                    words[4] as u32,
                    words[5],
                    words[6] as *mut kdma_address_t,
                )
            }
        }
        71 => {
            let mut words = [
                right.device,
                right.dma_address,
                right.size,
                right.direction,
                right.attributes,
            ];
            spoil(&mut words, b"napeb", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_unmap_page_attrs(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2],
                    words[3] as u32,
                    words[4],
                )
            }
        }
        72 => {
            let mut words = [
                right.device,
                right.physical_address,
                right.size,
                right.direction,
                right.attributes,
                out.wrapping_add(5) as u64,
            ];
            spoil(&mut words, b"nmqebn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_map_phys(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2],
                    words[3] as u32,
                    words[4],
                    words[5] as *mut kdma_address_t,
                )
            }
        }
        73 => {
            let mut words = [
                right.device,
                right.dma_address,
                right.size,
                right.direction,
                right.attributes,
            ];
            spoil(&mut words, b"napeb", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_unmap_phys(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2],
                    words[3] as u32,
                    words[4],
                )
            }
        }
        74 => {
            let mut words = [right.device, right.dma_address];
            spoil(&mut words, b"n-", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_mapping_error(words[0] as *mut kdma_device, words[1]) }
        }
        96 => {
            let mut words = [right.device, right.dma_address, right.size, right.direction];
            spoil(&mut words, b"nape", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_sync_single_for_cpu(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2],
                    words[3] as u32,
                )
            }
        }
        97 => {
            let mut words = [right.device, right.dma_address, right.size, right.direction];
            spoil(&mut words, b"nape", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_sync_single_for_device(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2],
                    words[3] as u32,
                )
            }
        }
        98 => {
            let mut words = [
                right.device,
                right.dma_address,
                right.zero,
                right.size,
                right.direction,
            ];
            spoil(&mut words, b"nakpe", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_sync_single_range_for_cpu(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2],
                    words[3],
                    words[4] as u32,
                )
            }
        }
        99 => {
            let mut words = [
                right.device,
                right.dma_address,
                right.zero,
                right.size,
                right.direction,
            ];
            spoil(&mut words, b"nakpe", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_sync_single_range_for_device(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2],
                    words[3],
                    words[4] as u32,
                )
            }
        }
        100 => {
            let mut words = [right.device, right.dma_address, out.wrapping_add(2) as u64];
            spoil(&mut words, b"nan", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_need_sync(words[0] as *mut kdma_device, words[1], words[2] as *mut u32) }
        }
        112 => {
            let mut words = [
                right.device,
                right.size,
                right.direction,
                right.zero,
                out.wrapping_add(4) as u64,
                out.wrapping_add(5) as u64,
                out.wrapping_add(6) as u64,
            ];
            spoil(&mut words, b"npefnnn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_alloc_pages(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2] as u32,
                    words[3] as u32,
                    words[4] as *mut *mut kdma_page,
                    words[5] as *mut *mut c_void,
                    words[6] as *mut kdma_address_t,
                )
            }
        }
        113 => {
            let mut words = [
                right.device,
                right.size,
                right.page,
                right.dma_address,
                right.direction,
            ];
            spoil(&mut words, b"npnae", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_free_pages(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2] as *mut kdma_page,
                    words[3],
                    words[4] as u32,
                )
            }
        }
        128 => {
            let mut words = [right.capacity, right.zero, out.wrapping_add(2) as u64];
            spoil(&mut words, b"cfn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_sg_alloc(
                    words[0] as u32,
                    words[1] as u32,
                    words[2] as *mut *mut kdma_sg_table,
                )
            }
        }
        129 => {
            let mut words = [right.handle];
            spoil(&mut words, b"n", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_sg_free(words[0] as *mut kdma_sg_table) }
        }
        130 => {
            let mut words = [right.handle, right.page, right.zero, right.size];
            spoil(&mut words, b"nnkj", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_sg_add(
                    words[0] as *mut kdma_sg_table,
                    words[1] as *mut kdma_page,
                    words[2],
                    words[3],
                )
            }
        }
        131 => {
            let mut words = [
                right.device,
                right.handle,
                right.direction,
                right.attributes,
                out.wrapping_add(4) as u64,
            ];
            spoil(&mut words, b"nnebn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_map_sg_attrs(
                    words[0] as *mut kdma_device,
                    words[1] as *mut kdma_sg_table,
                    words[2] as u32,
                    words[3],
                    words[4] as *mut u32,
                )
            }
        }
        132 => {
            let mut words = [
                right.device,
                right.handle,
                right.direction,
                right.attributes,
            ];
            spoil(&mut words, b"lneb", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_unmap_sg_attrs(
                    words[0] as *mut kdma_device,
                    words[1] as *mut kdma_sg_table,
                    words[2] as u32,
                    words[3],
                )
            }
        }
        133 => {
            let mut words = [
                right.device,
                right.handle,
                right.direction,
                right.attributes,
            ];
            spoil(&mut words, b"nneb", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_map_sgtable(
                    words[0] as *mut kdma_device,
                    words[1] as *mut kdma_sg_table,
                    words[2] as u32,
                    words[3],
                )
            }
        }
        134 => {
            let mut words = [
                right.device,
                right.handle,
                right.direction,
                right.attributes,
            ];
            spoil(&mut words, b"lneb", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_unmap_sgtable(
                    words[0] as *mut kdma_device,
                    words[1] as *mut kdma_sg_table,
                    words[2] as u32,
                    words[3],
                )
            }
        }
        135 => {
            let mut words = [right.device, right.handle, right.direction];
            spoil(&mut words, b"lne", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_sync_sg_for_cpu(
                    words[0] as *mut kdma_device,
                    words[1] as *mut kdma_sg_table,
                    words[2] as u32,
                )
            }
        }
        136 => {
            let mut words = [right.device, right.handle, right.direction];
            spoil(&mut words, b"lne", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_sync_sg_for_device(
                    words[0] as *mut kdma_device,
                    words[1] as *mut kdma_sg_table,
                    words[2] as u32,
                )
            }
        }
        137 => {
            let mut words = [right.device, right.handle, right.direction];
            spoil(&mut words, b"lne", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_sync_sgtable_for_cpu(
                    words[0] as *mut kdma_device,
                    words[1] as *mut kdma_sg_table,
                    words[2] as u32,
                )
            }
        }
        138 => {
            let mut words = [right.device, right.handle, right.direction];
            spoil(&mut words, b"lne", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_sync_sgtable_for_device(
                    words[0] as *mut kdma_device,
                    words[1] as *mut kdma_sg_table,
                    words[2] as u32,
                )
            }
        }
        139 => {
            let mut words = [
                right.handle,
                right.zero,
                out.wrapping_add(2) as u64,
                out.wrapping_add(3) as u64,
            ];
            spoil(&mut words, b"ngnn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_sg_segment(
                    words[0] as *mut kdma_sg_table,
                    words[1] as u32,
                    words[2] as *mut kdma_address_t,
                    words[3] as *mut u64,
                )
            }
        }
        144 => {
            let mut words = [
                right.device,
                right.cpu_address,
                right.dma_address,
                right.size,
                out.wrapping_add(4) as u64,
            ];
            spoil(&mut words, b"nnapn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_get_sgtable(
                    words[0] as *mut kdma_device,
                    words[1] as *mut c_void,
                    words[2],
                    words[3],
                    words[4] as *mut *mut kdma_sg_table,
                )
            }
        }
        145 => {
            let mut words = [
                right.device,
                right.cpu_address,
                right.dma_address,
                right.size,
                right.attributes,
                out.wrapping_add(5) as u64,
            ];
            spoil(&mut words, b"nnapbn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_get_sgtable_attrs(
                    words[0] as *mut kdma_device,
                    words[1] as *mut c_void,
                    words[2],
                    words[3],
                    words[4],
                    words[5] as *mut *mut kdma_sg_table,
                )
            }
        }
        160 => {
            let mut words = [
                right.device,
                right.size,
                right.direction,
                right.zero,
                out.wrapping_add(4) as u64,
                out.wrapping_add(5) as u64,
            ];
            spoil(&mut words, b"npefnn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_alloc_noncoherent(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2] as u32,
                    words[3] as u32,
                    words[4] as *mut *mut c_void,
                    words[5] as *mut kdma_address_t,
                )
            }
        }
        161 => {
            let mut words = [
                right.device,
                right.size,
                right.cpu_address,
                right.dma_address,
                right.direction,
            ];
            spoil(&mut words, b"npnae", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_free_noncoherent(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2] as *mut c_void,
                    words[3],
                    words[4] as u32,
                )
            }
        }
        176 => {
            let mut words = [
                right.device,
                right.size,
                right.size,
                right.zero,
                out.wrapping_add(4) as u64,
            ];
            spoil(&mut words, b"np--n", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_pool_create(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2],
                    words[3],
                    words[4] as *mut *mut kdma_pool,
                )
            }
        }
        177 => {
            let mut words = [right.pool];
            spoil(&mut words, b"n", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_pool_destroy(words[0] as *mut kdma_pool) }
        }
        178 => {
            let mut words = [
                right.pool,
                right.zero,
                out.wrapping_add(2) as u64,
                out.wrapping_add(3) as u64,
            ];
            spoil(&mut words, b"nfnn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_pool_alloc(
                    words[0] as *mut kdma_pool,
                    words[1] as u32,
                    words[2] as *mut *mut c_void,
                    words[3] as *mut kdma_address_t,
                )
            }
        }
        179 => {
            let mut words = [
                right.pool,
                right.zero,
                out.wrapping_add(2) as u64,
                out.wrapping_add(3) as u64,
            ];
            spoil(&mut words, b"nfnn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_pool_zalloc(
                    words[0] as *mut kdma_pool,
                    words[1] as u32,
                    words[2] as *mut *mut c_void,
                    words[3] as *mut kdma_address_t,
                )
            }
        }
        180 => {
            let mut words = [right.pool, right.cpu_address, right.dma_address];
            spoil(&mut words, b"nna", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_pool_free(
                    words[0] as *mut kdma_pool,
                    words[1] as *mut c_void,
                    words[2],
                )
            }
        }
        192 => {
            let mut words = [
                right.device,
                right.size,
                right.direction,
                right.zero,
                right.attributes,
                out.wrapping_add(5) as u64,
                out.wrapping_add(6) as u64,
            ];
            spoil(&mut words, b"npefbnn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_alloc_noncontiguous(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2] as u32,
                    words[3] as u32,
                    words[4],
                    words[5] as *mut *mut kdma_sg_table,
                    words[6] as *mut kdma_address_t,
                )
            }
        }
        193 => {
            let mut words = [right.device, right.size, right.handle, right.direction];
            spoil(&mut words, b"lpne", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_free_noncontiguous(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2] as *mut kdma_sg_table,
                    words[3] as u32,
                )
            }
        }
        194 => {
            let mut words = [
                right.device,
                right.size,
                right.handle,
                out.wrapping_add(3) as u64,
            ];
            spoil(&mut words, b"lpnn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_vmap_noncontiguous(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2] as *mut kdma_sg_table,
                    words[3] as *mut *mut c_void,
                )
            }
        }
        195 => {
            let mut words = [right.device, right.handle];
            spoil(&mut words, b"ln", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_vunmap_noncontiguous(
                    words[0] as *mut kdma_device,
                    words[1] as *mut kdma_sg_table,
                )
            }
        }
        208 => {
            let mut words = [
                right.device,
                right.zero,
                right.size,
                right.direction,
                right.attributes,
                out.wrapping_add(5) as u64,
            ];
            spoil(&mut words, b"nopebn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_map_resource(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2],
                    words[3] as u32,
                    words[4],
                    words[5] as *mut kdma_address_t,
                )
            }
        }
        209 => {
            let mut words = [
                right.device,
                right.dma_address,
                right.size,
                right.direction,
                right.attributes,
            ];
            spoil(&mut words, b"napeb", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_unmap_resource(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2],
                    words[3] as u32,
                    words[4],
                )
            }
        }
        224 => {
            let mut words = [
                right.device,
                right.physical_address,
                right.size,
                right.zero,
                out.wrapping_add(4) as u64,
                out.wrapping_add(5) as u64,
            ];
            spoil(&mut words, b"n-pfnn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_iova_try_alloc(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2],
                    words[3] as u32,
                    words[4] as *mut *mut kdma_iova_state,
                    words[5] as *mut kdma_address_t,
                )
            }
        }
        225 => {
            let mut words = [right.handle, out.wrapping_add(1) as u64];
            spoil(&mut words, b"nn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_use_iova(words[0] as *mut kdma_iova_state, words[1] as *mut u32) }
        }
        226 => {
            let mut words = [right.handle, out.wrapping_add(1) as u64];
            spoil(&mut words, b"nn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_iova_size(words[0] as *mut kdma_iova_state, words[1] as *mut u64) }
        }
        227 => {
            let mut words = [
                right.device,
                right.handle,
                right.physical_address,
                right.zero,
                right.size,
                right.direction,
                right.attributes,
            ];
            spoil(&mut words, b"lnmhqeb", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_iova_link(
                    words[0] as *mut kdma_device,
                    words[1] as *mut kdma_iova_state,
                    words[2],
                    words[3],
                    words[4],
                    words[5] as u32,
                    words[6],
                )
            }
        }
        228 => {
            let mut words = [right.device, right.handle, right.zero, right.size];
            spoil(&mut words, b"lnhq", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_iova_sync(
                    words[0] as *mut kdma_device,
                    words[1] as *mut kdma_iova_state,
                    words[2],
                    words[3],
                )
            }
        }
        229 => {
            let mut words = [
                right.device,
                right.handle,
                right.zero,
                right.size,
                right.direction,
                right.attributes,
            ];
            spoil(&mut words, b"lnhqeb", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_iova_unlink(
                    words[0] as *mut kdma_device,
                    words[1] as *mut kdma_iova_state,
                    words[2],
                    words[3],
                    words[4] as u32,
                    words[5],
                )
            }
        }
        230 => {
            let mut words = [
                right.device,
                right.handle,
                right.size,
                right.direction,
                right.attributes,
            ];
            spoil(&mut words, b"lnieb", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_iova_destroy(
                    words[0] as *mut kdma_device,
                    words[1] as *mut kdma_iova_state,
                    words[2],
                    words[3] as u32,
                    words[4],
                )
            }
        }
        231 => {
            let mut words = [right.device, right.handle];
            spoil(&mut words, b"ln", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_iova_free(
                    words[0] as *mut kdma_device,
                    words[1] as *mut kdma_iova_state,
                )
            }
        }
        240 => {
            let mut words = [
                right.device,
                right.size,
                right.zero,
                right.attributes,
                out.wrapping_add(4) as u64,
                out.wrapping_add(5) as u64,
            ];
            spoil(&mut words, b"npfbnn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_managed_alloc_attrs(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2] as u32,
                    words[3],
                    words[4] as *mut *mut c_void,
                    words[5] as *mut kdma_address_t,
                )
            }
        }
        241 => {
            let mut words = [
                right.device,
                right.size,
                right.zero,
                out.wrapping_add(3) as u64,
                out.wrapping_add(4) as u64,
            ];
            spoil(&mut words, b"npfnn", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_managed_alloc_coherent(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2] as u32,
                    words[3] as *mut *mut c_void,
                    words[4] as *mut kdma_address_t,
                )
            }
        }
        242 => {
            let mut words = [
                right.device,
                right.size,
                right.cpu_address,
                right.dma_address,
            ];
            spoil(&mut words, b"npna", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_managed_free_coherent(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2] as *mut c_void,
                    words[3],
                )
            }
        }
        243 => {
            let mut words = [
                right.device,
                right.size,
                right.size,
                right.zero,
                out.wrapping_add(4) as u64,
            ];
            spoil(&mut words, b"np--n", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe {
                kdma_managed_pool_create(
                    words[0] as *mut kdma_device,
                    words[1],
                    words[2],
                    words[3],
                    words[4] as *mut *mut kdma_pool,
                )
            }
        }
        244 => {
            let mut words = [right.pool];
            spoil(&mut words, b"n", right, arguments)?;
            // SAFETY: the ABI refuses the one argument that is wrong; the others are right.
            unsafe { kdma_managed_pool_destroy(words[0] as *mut kdma_pool) }
        }
        _ => return None,
    })
}
