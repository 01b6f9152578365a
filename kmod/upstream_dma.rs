// SPDX-License-Identifier: GPL-2.0

//! The calls of the driver `upstream`: each function makes one call of `kernel::dma`.
//!
//! kbuild compiles it with the kernel's own flags for Rust. upstream.c around it handles programs
//! and slots. What a kernel's version calls otherwise is probed for in Kbuild.

use core::ffi::{c_int, c_void};

use kernel::{
    alloc::{flags, Flags},
    bindings,
    device::{Bound, Core, Device},
    dma::{attrs, Attrs, Coherent, CoherentHandle, Device as DmaDevice, DmaMask},
    pci, platform,
    prelude::*,
};

/// Memory as upstream.c takes it over. `object` is for `kdma_upstream_free()`.
#[repr(C)]
pub struct Memory {
    object: *mut c_void,
    cpu_address: *mut c_void,
    dma_address: bindings::dma_addr_t,
}

/// What `object` points to.
enum Allocation {
    Coherent(Coherent<[u8]>),
    Handle(CoherentHandle),
}

/// Values of enum kdma_attribute (kdma.h), which never change, beside upstream's names.
const ATTRIBUTES: [(u64, Attrs); 6] = [
    (0x001, attrs::DMA_ATTR_ALLOC_SINGLE_PAGES),
    (0x004, attrs::DMA_ATTR_FORCE_CONTIGUOUS),
    (0x020, attrs::DMA_ATTR_NO_WARN),
    (0x040, attrs::DMA_ATTR_PRIVILEGED),
    (0x200, attrs::DMA_ATTR_WEAK_ORDERING),
    (0x400, attrs::DMA_ATTR_WRITE_COMBINE),
];
/// KDMA_ATTR_NO_KERNEL_MAPPING, which is a type of its own: `CoherentHandle`.
const NO_KERNEL_MAPPING: u64 = 0x010;
/// KDMA_ALLOC_ATOMIC and KDMA_ALLOC_NO_WARN.
const ALLOC_ATOMIC: u32 = 0x1;
const ALLOC_NO_WARN: u32 = 0x2;
/// Of enum kdma_upstream_masks.
const STREAMING: u32 = 1;
const COHERENT: u32 = 2;

fn status(result: Result) -> c_int {
    match result {
        Ok(()) => 0,
        Err(error) => error.to_errno(),
    }
}

fn gfp(alloc_flags: u32) -> Result<Flags> {
    let known = match alloc_flags & ALLOC_ATOMIC {
        0 => flags::GFP_KERNEL,
        _ => flags::GFP_ATOMIC,
    };
    match alloc_flags & !ALLOC_ATOMIC {
        0 => Ok(known),
        ALLOC_NO_WARN => Ok(known | flags::__GFP_NOWARN),
        _ => Err(EDOM),
    }
}

/// EDOM where upstream has no name for one of them.
fn attributes(mut bits: u64) -> Result<Attrs> {
    // There is no public constructor of the empty set.
    let mut attributes = attrs::DMA_ATTR_NO_WARN & !attrs::DMA_ATTR_NO_WARN;
    for (bit, attribute) in ATTRIBUTES {
        if bits & bit != 0 {
            attributes = attributes | attribute;
        }
        bits &= !bit;
    }
    match bits {
        0 => Ok(attributes),
        _ => Err(EDOM),
    }
}

#[cfg(kdma_dma_address)]
fn dma_address(memory: &Allocation) -> bindings::dma_addr_t {
    match memory {
        Allocation::Coherent(memory) => memory.dma_address(),
        Allocation::Handle(memory) => memory.dma_address(),
    }
}

#[cfg(not(kdma_dma_address))]
fn dma_address(memory: &Allocation) -> bindings::dma_addr_t {
    match memory {
        Allocation::Coherent(memory) => memory.dma_handle(),
        Allocation::Handle(memory) => memory.dma_handle(),
    }
}

/// Hands an allocation over to upstream.c.
fn hand_over(allocation: Allocation) -> Result<Memory> {
    let cpu_address = match &allocation {
        Allocation::Coherent(memory) => memory.as_mut_ptr().cast(),
        Allocation::Handle(_) => core::ptr::null_mut(),
    };
    let dma_address = dma_address(&allocation);
    let object = KBox::into_raw(KBox::new(allocation, flags::GFP_KERNEL)?);
    Ok(Memory {
        object: object.cast(),
        cpu_address,
        dma_address,
    })
}

/// # Safety
///
/// `memory` is valid for writing.
unsafe fn give(memory: *mut Memory, result: Result<Memory>) -> c_int {
    status(result.map(|made| {
        // SAFETY: By the safety requirement of this function.
        unsafe { memory.write(made) }
    }))
}

/// Calls `$call` with the device as its bus knows it: what `probe()` of a driver would be given.
macro_rules! on_its_bus {
    ($pci:expr, $platform:expr, $call:expr) => {
        if $pci.is_null() {
            // SAFETY: upstream.c gives one of both, of a device that stays bound and that nobody
            // else uses while the call lasts. `platform::Device` is a transparent wrapper.
            $call(unsafe { &*$platform.cast::<platform::Device<Core<'_>>>() })
        } else {
            // SAFETY: As above, for `pci::Device`.
            $call(unsafe { &*$pci.cast::<pci::Device<Core<'_>>>() })
        }
    };
}

/// Sets the masks for streaming and coherent memory, or one of them, to the lowest `bits` bits.
///
/// Returns 0 or a negative errno. May sleep.
///
/// # Safety
///
/// One of `pci` and `platform` is a device bound to a driver, the other null. Nobody else uses
/// the device.
#[no_mangle]
pub unsafe extern "C" fn kdma_upstream_set_mask(
    pci: *mut bindings::pci_dev,
    platform: *mut bindings::platform_device,
    masks: u32,
    bits: u32,
) -> c_int {
    fn set<'a>(device: &impl DmaDevice<'a>, masks: u32, bits: u32) -> Result {
        let mask = DmaMask::try_new(bits)?;
        // SAFETY: Programs run one at a time, so nothing is allocated or mapped beside it.
        unsafe {
            match masks {
                STREAMING => device.dma_set_mask(mask),
                COHERENT => device.dma_set_coherent_mask(mask),
                _ => device.dma_set_mask_and_coherent(mask),
            }
        }
    }
    status(on_its_bus!(pci, platform, |device| set(device, masks, bits)))
}

/// Sets the largest segment of a scatterlist. Any context.
///
/// # Safety
///
/// As for [`kdma_upstream_set_mask`].
#[no_mangle]
pub unsafe extern "C" fn kdma_upstream_set_max_seg_size(
    pci: *mut bindings::pci_dev,
    platform: *mut bindings::platform_device,
    size: u32,
) {
    fn set<'a>(device: &impl DmaDevice<'a>, size: u32) {
        // SAFETY: Programs run one at a time, so nothing is allocated or mapped beside it.
        unsafe { device.dma_set_max_seg_size(size) }
    }
    on_its_bus!(pci, platform, |device| set(device, size))
}

/// Allocates coherent memory. Returns 0 or a negative errno. May sleep.
///
/// # Safety
///
/// `device` is bound to a driver; `memory` is valid for writing.
#[no_mangle]
pub unsafe extern "C" fn kdma_upstream_alloc(
    device: *mut bindings::device,
    size: u64,
    alloc_flags: u32,
    memory: *mut Memory,
) -> c_int {
    // SAFETY: By the safety requirement of this function.
    let device: &Device<Bound> = unsafe { Device::from_raw(device) };
    let made = gfp(alloc_flags)
        .and_then(|gfp| Coherent::<u8>::zeroed_slice(device, size as usize, gfp))
        .and_then(|made| hand_over(Allocation::Coherent(made)));
    // SAFETY: By the safety requirement of this function.
    unsafe { give(memory, made) }
}

/// Allocates coherent memory with `bits` of enum kdma_attribute. May sleep.
///
/// Returns 0 or a negative errno; -EDOM for what upstream has no word for.
///
/// # Safety
///
/// As for [`kdma_upstream_alloc`].
#[no_mangle]
pub unsafe extern "C" fn kdma_upstream_alloc_attrs(
    device: *mut bindings::device,
    size: u64,
    alloc_flags: u32,
    bits: u64,
    memory: *mut Memory,
) -> c_int {
    // SAFETY: By the safety requirement of this function.
    let device: &Device<Bound> = unsafe { Device::from_raw(device) };
    let size = size as usize;
    let made = gfp(alloc_flags).and_then(|gfp| {
        let attributes = attributes(bits & !NO_KERNEL_MAPPING)?;
        Ok(if bits & NO_KERNEL_MAPPING != 0 {
            Allocation::Handle(CoherentHandle::alloc_with_attrs(device, size, gfp, attributes)?)
        } else {
            let made = Coherent::<u8>::zeroed_slice_with_attrs(device, size, gfp, attributes)?;
            Allocation::Coherent(made)
        })
    });
    // SAFETY: By the safety requirement of this function.
    unsafe { give(memory, made.and_then(hand_over)) }
}

/// Frees memory by dropping its object. May sleep.
///
/// # Safety
///
/// `object` comes from one of the functions above and was not freed yet.
#[no_mangle]
pub unsafe extern "C" fn kdma_upstream_free(object: *mut c_void) {
    // SAFETY: By the safety requirement of this function.
    drop(unsafe { KBox::from_raw(object.cast::<Allocation>()) });
}
