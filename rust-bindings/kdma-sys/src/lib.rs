// SPDX-License-Identifier: GPL-2.0
// Generated from c-api/include/kdma.h by `./kdma generate`. Do not edit.

//! The stable C ABI over the Linux DMA API, one to one.
//!
//! C header: `c-api/include/kdma.h`. The crate `kdma` is the safe layer.
#![no_std]
#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(clippy::all, missing_docs, non_camel_case_types)]

pub const KDMA_ABI_VERSION: u32 = 9;
pub const KDMA_MAPPING_ERROR: u64 = 18446744073709551615;
pub const KDMA_POOL_MIN_SIZE: u32 = 16;
pub const KDMA_POOL_MAX_SIZE: u32 = 1073741824;
pub const KDMA_SG_MAX_CAPACITY: u32 = 65536;
/** A device that does DMA.

 Opaque. The pointer is the kernel's struct device pointer under another
 name; the C side casts, others only pass it on. The caller keeps the
 reference: the device outlives every allocation and mapping made for it.
*/
#[repr(C)]
pub struct kdma_device {
    _unused: [u8; 0],
}
/** A page of memory.

 Opaque. The pointer is the kernel's struct page pointer under another name.
*/
#[repr(C)]
pub struct kdma_page {
    _unused: [u8; 0],
}
/** An address as the device sees it: an IOVA behind an IOMMU, otherwise a bus
 address. Never to be dereferenced.
*/
pub type kdma_address_t = u64;
pub const KDMA_OK: kdma_error = 0;
pub const KDMA_EINVAL: kdma_error = -1;
pub const KDMA_EIO: kdma_error = -2;
pub const KDMA_EMAPPING: kdma_error = -3;
pub const KDMA_ENOMEM: kdma_error = -4;
pub const KDMA_ENOTSUPP: kdma_error = -5;
pub const KDMA_EUNKNOWN: kdma_error = -6;
/** What a function returns.

 * `KDMA_OK`: success
 * `KDMA_EINVAL`: an argument is wrong; see the conventions
 * `KDMA_EIO`: the device or the DMA layer refuses (a DMA mask it cannot serve)
 * `KDMA_EMAPPING`: the mapping failed: no IOVA, no bounce buffer, or the
   address is beyond what the device reaches
 * `KDMA_ENOMEM`: out of memory; also for 2^32 pages and more, without asking Linux
 * `KDMA_ENOTSUPP`: the running kernel lacks this attribute or this function
 * `KDMA_EUNKNOWN`: the kernel returned an error this ABI has no name for
*/
pub type kdma_error = i32;
pub const KDMA_TO_DEVICE: kdma_direction = 1;
pub const KDMA_FROM_DEVICE: kdma_direction = 2;
pub const KDMA_BIDIRECTIONAL: kdma_direction = 3;
/** DMA direction (kernel: enum dma_data_direction).

 * `KDMA_TO_DEVICE`: the device reads memory (DMA_TO_DEVICE)
 * `KDMA_FROM_DEVICE`: the device writes memory (DMA_FROM_DEVICE)
 * `KDMA_BIDIRECTIONAL`: the device reads and writes (DMA_BIDIRECTIONAL)

 Zero is no direction, so that a forgotten argument is an error.
*/
pub type kdma_direction = u32;
pub const KDMA_ATTR_ALLOC_SINGLE_PAGES: kdma_attribute = 1;
pub const KDMA_ATTR_DEBUGGING_IGNORE_CACHELINES: kdma_attribute = 2;
pub const KDMA_ATTR_FORCE_CONTIGUOUS: kdma_attribute = 4;
pub const KDMA_ATTR_MMIO: kdma_attribute = 8;
pub const KDMA_ATTR_NO_KERNEL_MAPPING: kdma_attribute = 16;
pub const KDMA_ATTR_NO_WARN: kdma_attribute = 32;
pub const KDMA_ATTR_PRIVILEGED: kdma_attribute = 64;
pub const KDMA_ATTR_REQUIRE_COHERENT: kdma_attribute = 128;
pub const KDMA_ATTR_SKIP_CPU_SYNC: kdma_attribute = 256;
pub const KDMA_ATTR_WEAK_ORDERING: kdma_attribute = 512;
pub const KDMA_ATTR_WRITE_COMBINE: kdma_attribute = 1024;
/** Bits of the attributes argument.

 * `KDMA_ATTR_ALLOC_SINGLE_PAGES`: DMA_ATTR_ALLOC_SINGLE_PAGES; allocations
 * `KDMA_ATTR_DEBUGGING_IGNORE_CACHELINES`:
   DMA_ATTR_DEBUGGING_IGNORE_CACHELINES; mappings
 * `KDMA_ATTR_FORCE_CONTIGUOUS`: DMA_ATTR_FORCE_CONTIGUOUS; allocations
 * `KDMA_ATTR_MMIO`: DMA_ATTR_MMIO; kdma_map_phys(), kdma_iova_link() and what ends
   them; kdma_map_resource() means it without being told
 * `KDMA_ATTR_NO_KERNEL_MAPPING`: DMA_ATTR_NO_KERNEL_MAPPING; allocations. The
   CPU address is then a cookie for kdma_free_attrs() and nothing else.
 * `KDMA_ATTR_NO_WARN`: DMA_ATTR_NO_WARN; allocations and mappings
 * `KDMA_ATTR_PRIVILEGED`: DMA_ATTR_PRIVILEGED; allocations and mappings
 * `KDMA_ATTR_REQUIRE_COHERENT`: DMA_ATTR_REQUIRE_COHERENT; mappings
 * `KDMA_ATTR_SKIP_CPU_SYNC`: DMA_ATTR_SKIP_CPU_SYNC; mappings
 * `KDMA_ATTR_WEAK_ORDERING`: DMA_ATTR_WEAK_ORDERING; allocations and mappings
 * `KDMA_ATTR_WRITE_COMBINE`: DMA_ATTR_WRITE_COMBINE; allocations

 An attribute given to a function that does not take it is KDMA_EINVAL.

 Source: include/linux/dma-mapping.h, Documentation/core-api/dma-attributes.rst
*/
pub type kdma_attribute = u64;
pub const KDMA_ATTRS_OF_ALLOCATIONS: kdma_attribute_set = 1653;
pub const KDMA_ATTRS_OF_MAPPINGS: kdma_attribute_set = 994;
pub const KDMA_ATTRS_OF_NONCONTIGUOUS: kdma_attribute_set = 1;
pub const KDMA_ATTRS_OF_PHYS: kdma_attribute_set = 1002;
/** Which attributes a function takes.

 * `KDMA_ATTRS_OF_ALLOCATIONS`: kdma_alloc_attrs(), kdma_free_attrs(),
   kdma_managed_alloc_attrs(), kdma_get_sgtable_attrs()
 * `KDMA_ATTRS_OF_MAPPINGS`: the single and page functions of streaming, and the
   functions of resource and scatterlist
 * `KDMA_ATTRS_OF_NONCONTIGUOUS`: kdma_alloc_noncontiguous()
 * `KDMA_ATTRS_OF_PHYS`: kdma_map_phys(), kdma_unmap_phys(), and the functions of
   iova
*/
pub type kdma_attribute_set = u64;
pub const KDMA_ALLOC_ATOMIC: kdma_alloc_flag = 1;
pub const KDMA_ALLOC_NO_WARN: kdma_alloc_flag = 2;
/** Bits of the flags argument of allocations.

 * `KDMA_ALLOC_ATOMIC`: do not sleep (GFP_ATOMIC instead of GFP_KERNEL)
 * `KDMA_ALLOC_NO_WARN`: no warning in the kernel log when it fails
   (__GFP_NOWARN)
*/
pub type kdma_alloc_flag = u32;
unsafe extern "C" {
    /** Which version of the ABI kdma.ko implements.

 Context: any.

 Return: KDMA_ABI_VERSION as it was when kdma.ko was compiled.
*/
    pub fn kdma_abi_version() -> u32;
}
unsafe extern "C" {
    /** Which attributes the running kernel has.

 Context: any.

 Return: bits of enum kdma_attribute.
*/
    pub fn kdma_abi_attributes() -> u64;
}
unsafe extern "C" {
    /** Set the streaming DMA mask.

 * `device`: the device
 * `mask`: the addresses the device can reach, such as 0xffffffff for 32 bits

 Kernel: dma_set_mask(), kernel/dma/mapping.c.

 Context: may sleep.

 Return: KDMA_OK; KDMA_EIO when the mask cannot be served; KDMA_EINVAL.
*/
    pub fn kdma_set_mask(device: *mut kdma_device, mask: u64) -> i32;
}
unsafe extern "C" {
    /** Set the DMA mask for coherent allocations.

 * `device`: the device
 * `mask`: the addresses the device can reach

 Kernel: dma_set_coherent_mask(), kernel/dma/mapping.c.

 Context: may sleep.

 Return: KDMA_OK; KDMA_EIO when the mask cannot be served; KDMA_EINVAL.
*/
    pub fn kdma_set_coherent_mask(device: *mut kdma_device, mask: u64) -> i32;
}
unsafe extern "C" {
    /** Set both masks.

 * `device`: the device
 * `mask`: the addresses the device can reach

 Kernel: dma_set_mask_and_coherent(), include/linux/dma-mapping.h.

 Context: may sleep.

 Return: KDMA_OK; KDMA_EIO when the mask cannot be served; KDMA_EINVAL.
*/
    pub fn kdma_set_mask_and_coherent(device: *mut kdma_device, mask: u64) -> i32;
}
unsafe extern "C" {
    /** The streaming DMA mask in force.

 * `device`: the device
 * `mask`: out: the mask

 Kernel: dma_get_mask(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_get_mask(device: *mut kdma_device, mask: *mut u64) -> i32;
}
unsafe extern "C" {
    /** The mask that reaches all memory efficiently.

 * `device`: the device
 * `mask`: out: the mask

 Kernel: dma_get_required_mask(), kernel/dma/mapping.c.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_get_required_mask(device: *mut kdma_device, mask: *mut u64) -> i32;
}
unsafe extern "C" {
    /** The largest size of one mapping.

 * `device`: the device
 * `size`: out: bytes; 0xffffffffffffffff where there is no limit

 Kernel: dma_max_mapping_size(), kernel/dma/mapping.c.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_max_mapping_size(device: *mut kdma_device, size: *mut u64) -> i32;
}
unsafe extern "C" {
    /** The largest size that maps without a penalty.

 * `device`: the device
 * `size`: out: bytes

 Kernel: dma_opt_mapping_size(), kernel/dma/mapping.c.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_opt_mapping_size(device: *mut kdma_device, size: *mut u64) -> i32;
}
unsafe extern "C" {
    /** Can the mask not reach all memory.

 * `device`: the device
 * `limited`: out: 1 if the device is limited, otherwise 0

 Kernel: dma_addressing_limited(), kernel/dma/mapping.c (6.12 and later) or
 include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_addressing_limited(device: *mut kdma_device, limited: *mut u32) -> i32;
}
unsafe extern "C" {
    /** Set the largest segment of a scatterlist.

 * `device`: the device
 * `size`: bytes

 Kernel: dma_set_max_seg_size(), include/linux/dma-mapping.h.

 Context: any, but not beside mappings of the same device.

 Return: KDMA_OK; KDMA_EIO when the device has no DMA parameters;
 KDMA_EINVAL.
*/
    pub fn kdma_set_max_seg_size(device: *mut kdma_device, size: u32) -> i32;
}
unsafe extern "C" {
    /** The largest segment of a scatterlist.

 * `device`: the device
 * `size`: out: bytes

 Kernel: dma_get_max_seg_size(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_get_max_seg_size(device: *mut kdma_device, size: *mut u32) -> i32;
}
unsafe extern "C" {
    /** Set the boundary that no segment crosses.

 * `device`: the device
 * `mask`: boundary minus one, such as 0xffffffff for 4 GiB; a boundary that is no
   power of two, or of one byte, is KDMA_EINVAL

 Kernel: dma_set_seg_boundary(), include/linux/dma-mapping.h.

 Context: any, but not beside mappings of the same device.

 Return: KDMA_OK; KDMA_EIO when the device has no DMA parameters;
 KDMA_EINVAL.
*/
    pub fn kdma_set_seg_boundary(device: *mut kdma_device, mask: u64) -> i32;
}
unsafe extern "C" {
    /** The boundary that no segment crosses.

 * `device`: the device
 * `mask`: out: boundary minus one

 Kernel: dma_get_seg_boundary(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_get_seg_boundary(device: *mut kdma_device, mask: *mut u64) -> i32;
}
unsafe extern "C" {
    /** Set the low address bits that mapping preserves.

 * `device`: the device
 * `mask`: the low bits, such as 0xfff; 0 preserves nothing

 Kernel: dma_set_min_align_mask(), include/linux/dma-mapping.h.

 Context: any, but not beside mappings of the same device.

 Return: KDMA_OK; KDMA_EIO when the device has no DMA parameters;
 KDMA_EINVAL.
*/
    pub fn kdma_set_min_align_mask(device: *mut kdma_device, mask: u32) -> i32;
}
unsafe extern "C" {
    /** The low address bits that mapping preserves.

 * `device`: the device
 * `mask`: out: the low bits

 Kernel: dma_get_min_align_mask(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_get_min_align_mask(device: *mut kdma_device, mask: *mut u32) -> i32;
}
unsafe extern "C" {
    /** Alignment that keeps buffers off shared lines.

 * `alignment`: out: bytes, at least 1

 Kernel: dma_get_cache_alignment(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_get_cache_alignment(alignment: *mut u32) -> i32;
}
unsafe extern "C" {
    /** Where segments of a scatterlist may be merged.

 * `device`: the device
 * `mask`: out: boundary minus one; 0 where segments are never merged

 Kernel: dma_get_merge_boundary(), kernel/dma/mapping.c.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_get_merge_boundary(device: *mut kdma_device, mask: *mut u64) -> i32;
}
unsafe extern "C" {
    /** Can mappings of this device hold PCI P2PDMA.

 * `device`: the device
 * `supported`: out: 1 if its DMA operations know such memory, otherwise 0

 Kernel: dma_pci_p2pdma_supported(), kernel/dma/mapping.c.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_pci_p2pdma_supported(
        device: *mut kdma_device,
        supported: *mut u32,
    ) -> i32;
}
unsafe extern "C" {
    /** Can coherent memory of this device be mapped into user space.

 * `device`: the device
 * `possible`: out: 1 if dma_mmap_attrs() and dma_mmap_coherent() work, otherwise 0

 Kernel: dma_can_mmap(), kernel/dma/mapping.c.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_can_mmap(device: *mut kdma_device, possible: *mut u32) -> i32;
}
unsafe extern "C" {
    /** Allocate memory that CPU and device share coherently.

 * `device`: the device
 * `size`: bytes
 * `flags`: bits of enum kdma_alloc_flag
 * `cpu_address`: out: zeroed memory, page aligned
 * `dma_address`: out: the same memory as the device sees it

 The caller owns the memory and gives it back with kdma_free_coherent().

 Kernel: dma_alloc_coherent(), include/linux/dma-mapping.h.

 Context: may sleep unless KDMA_ALLOC_ATOMIC is given.

 Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
*/
    pub fn kdma_alloc_coherent(
        device: *mut kdma_device,
        size: u64,
        flags: u32,
        cpu_address: *mut *mut ::core::ffi::c_void,
        dma_address: *mut kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** Give back memory from kdma_alloc_coherent().

 * `device`: the device it was allocated for
 * `size`: bytes, as allocated
 * `cpu_address`: as returned
 * `dma_address`: as returned

 Kernel: dma_free_coherent(), include/linux/dma-mapping.h.

 Context: interrupts enabled; may sleep.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_free_coherent(
        device: *mut kdma_device,
        size: u64,
        cpu_address: *mut ::core::ffi::c_void,
        dma_address: kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** Allocate coherent memory with attributes.

 * `device`: the device
 * `size`: bytes
 * `flags`: bits of enum kdma_alloc_flag
 * `attributes`: bits of enum kdma_attribute that allocations take
 * `cpu_address`: out: the memory, or a cookie (KDMA_ATTR_NO_KERNEL_MAPPING)
 * `dma_address`: out: the same memory as the device sees it

 The caller owns the memory and gives it back with kdma_free_attrs().

 Kernel: dma_alloc_attrs(), kernel/dma/mapping.c.

 Context: may sleep unless KDMA_ALLOC_ATOMIC is given.

 Return: KDMA_OK, KDMA_ENOMEM, KDMA_ENOTSUPP or KDMA_EINVAL.
*/
    pub fn kdma_alloc_attrs(
        device: *mut kdma_device,
        size: u64,
        flags: u32,
        attributes: u64,
        cpu_address: *mut *mut ::core::ffi::c_void,
        dma_address: *mut kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** Give back memory from kdma_alloc_attrs().

 * `device`: the device it was allocated for
 * `size`: bytes, as allocated
 * `cpu_address`: as returned
 * `dma_address`: as returned
 * `attributes`: as allocated

 Kernel: dma_free_attrs(), kernel/dma/mapping.c.

 Context: interrupts enabled; may sleep.

 Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
*/
    pub fn kdma_free_attrs(
        device: *mut kdma_device,
        size: u64,
        cpu_address: *mut ::core::ffi::c_void,
        dma_address: kdma_address_t,
        attributes: u64,
    ) -> i32;
}
unsafe extern "C" {
    /** Allocate memory and map it for streaming DMA.

 * `device`: the device
 * `size`: bytes; whole pages are allocated
 * `direction`: enum kdma_direction
 * `flags`: bits of enum kdma_alloc_flag
 * `cpu_address`: out: zeroed memory, page aligned
 * `dma_address`: out: the same memory as the device sees it

 The caller owns the memory and gives it back with kdma_free_noncoherent().
 kdma_sync_single_for_device() and kdma_sync_single_for_cpu() hand it to and
 fro.

 Kernel: dma_alloc_noncoherent(), include/linux/dma-mapping.h.

 Context: may sleep unless KDMA_ALLOC_ATOMIC is given.

 Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
*/
    pub fn kdma_alloc_noncoherent(
        device: *mut kdma_device,
        size: u64,
        direction: u32,
        flags: u32,
        cpu_address: *mut *mut ::core::ffi::c_void,
        dma_address: *mut kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** Give back memory from kdma_alloc_noncoherent().

 * `device`: the device it was allocated for
 * `size`: bytes, as allocated
 * `cpu_address`: as returned
 * `dma_address`: as returned
 * `direction`: as allocated

 Kernel: dma_free_noncoherent(), include/linux/dma-mapping.h.

 Context: may sleep.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_free_noncoherent(
        device: *mut kdma_device,
        size: u64,
        cpu_address: *mut ::core::ffi::c_void,
        dma_address: kdma_address_t,
        direction: u32,
    ) -> i32;
}
unsafe extern "C" {
    /** Allocate pages and map them for streaming DMA.

 * `device`: the device
 * `size`: bytes; whole pages are allocated
 * `direction`: enum kdma_direction
 * `flags`: bits of enum kdma_alloc_flag
 * `page`: out: the first page
 * `cpu_address`: out: zeroed memory, page aligned: the address of @page
 * `dma_address`: out: the same memory as the device sees it

 The caller owns the pages and gives them back with kdma_free_pages(). They
 are not coherent: kdma_sync_single_for_device() and
 kdma_sync_single_for_cpu() hand them to and fro.

 Kernel: dma_alloc_pages(), kernel/dma/mapping.c.

 Context: may sleep unless KDMA_ALLOC_ATOMIC is given.

 Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
*/
    pub fn kdma_alloc_pages(
        device: *mut kdma_device,
        size: u64,
        direction: u32,
        flags: u32,
        page: *mut *mut kdma_page,
        cpu_address: *mut *mut ::core::ffi::c_void,
        dma_address: *mut kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** Give back pages from kdma_alloc_pages().

 * `device`: the device they were allocated for
 * `size`: bytes, as allocated
 * `page`: as returned
 * `dma_address`: as returned
 * `direction`: as allocated

 Kernel: dma_free_pages(), kernel/dma/mapping.c.

 Context: may sleep.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_free_pages(
        device: *mut kdma_device,
        size: u64,
        page: *mut kdma_page,
        dma_address: kdma_address_t,
        direction: u32,
    ) -> i32;
}
/** A pool of small pieces of coherent memory.

 Opaque, made by kdma_pool_create() or kdma_managed_pool_create(). The kernel
 calls all of them "kdma".
*/
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct kdma_pool {
    _unused: [u8; 0],
}
unsafe extern "C" {
    /** Make a pool of pieces of one size.

 * `device`: the device
 * `size`: bytes of each piece, 1 to KDMA_POOL_MAX_SIZE
 * `alignment`: of each piece, in bytes: a power of two up to KDMA_POOL_MAX_SIZE,
   or 0 for none
 * `boundary`: no piece crosses a multiple of it: a power of two, or 0 for none.
   A piece, at least KDMA_POOL_MIN_SIZE and rounded up to @alignment, fits.
 * `pool`: out: the pool

 The caller owns the pool and gives it back with kdma_pool_destroy().

 Kernel: dma_pool_create(), mm/dmapool.c.

 Context: may sleep.

 Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
*/
    pub fn kdma_pool_create(
        device: *mut kdma_device,
        size: u64,
        alignment: u64,
        boundary: u64,
        pool: *mut *mut kdma_pool,
    ) -> i32;
}
unsafe extern "C" {
    /** Give back a pool and the memory behind it.

 * `pool`: the pool

 Kernel: dma_pool_destroy(), mm/dmapool.c.

 Context: may sleep.

 Return: KDMA_OK; KDMA_EINVAL while there are pieces that were not freed, and
 for a pool of kdma_managed_pool_create().
*/
    pub fn kdma_pool_destroy(pool: *mut kdma_pool) -> i32;
}
unsafe extern "C" {
    /** Take a piece out of a pool.

 * `pool`: the pool
 * `flags`: bits of enum kdma_alloc_flag
 * `cpu_address`: out: the memory; nobody says what is in it
 * `dma_address`: out: the same memory as the device sees it

 The caller owns the piece and gives it back with kdma_pool_free().

 Kernel: dma_pool_alloc(), mm/dmapool.c.

 Context: any with KDMA_ALLOC_ATOMIC; otherwise may sleep.

 Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
*/
    pub fn kdma_pool_alloc(
        pool: *mut kdma_pool,
        flags: u32,
        cpu_address: *mut *mut ::core::ffi::c_void,
        dma_address: *mut kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** Take a piece out of a pool, zeroed.

 * `pool`: the pool
 * `flags`: bits of enum kdma_alloc_flag
 * `cpu_address`: out: zeroed memory
 * `dma_address`: out: the same memory as the device sees it

 The caller owns the piece and gives it back with kdma_pool_free().

 Kernel: dma_pool_zalloc(), include/linux/dmapool.h.

 Context: any with KDMA_ALLOC_ATOMIC; otherwise may sleep.

 Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
*/
    pub fn kdma_pool_zalloc(
        pool: *mut kdma_pool,
        flags: u32,
        cpu_address: *mut *mut ::core::ffi::c_void,
        dma_address: *mut kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** Put a piece back into its pool.

 * `pool`: the pool it was taken out of
 * `cpu_address`: as returned
 * `dma_address`: as returned

 Kernel: dma_pool_free(), mm/dmapool.c.

 Context: any.

 Return: KDMA_OK; KDMA_EINVAL, also for a pool without any piece out.
*/
    pub fn kdma_pool_free(
        pool: *mut kdma_pool,
        cpu_address: *mut ::core::ffi::c_void,
        dma_address: kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** Allocate coherent memory that the device frees.

 * `device`: the device
 * `size`: bytes
 * `flags`: bits of enum kdma_alloc_flag
 * `attributes`: bits of enum kdma_attribute that allocations take
 * `cpu_address`: out: the memory, or a cookie (KDMA_ATTR_NO_KERNEL_MAPPING)
 * `dma_address`: out: the same memory as the device sees it

 The memory is freed, with its attributes, when the resources of the device are
 released: after its driver is unbound, or with the devres group it is in. It
 cannot be freed before, for the kernel has no function that would be told the
 attributes.

 Kernel: dmam_alloc_attrs(), kernel/dma/mapping.c.

 Context: may sleep unless KDMA_ALLOC_ATOMIC is given.

 Return: KDMA_OK, KDMA_ENOMEM, KDMA_ENOTSUPP or KDMA_EINVAL.
*/
    pub fn kdma_managed_alloc_attrs(
        device: *mut kdma_device,
        size: u64,
        flags: u32,
        attributes: u64,
        cpu_address: *mut *mut ::core::ffi::c_void,
        dma_address: *mut kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** Allocate coherent memory that the device frees.

 * `device`: the device
 * `size`: bytes
 * `flags`: bits of enum kdma_alloc_flag
 * `cpu_address`: out: zeroed memory, page aligned
 * `dma_address`: out: the same memory as the device sees it

 The memory is freed when the resources of the device are released: after its
 driver is unbound, or with the devres group it is in.
 kdma_managed_free_coherent() frees it before.

 Kernel: dmam_alloc_coherent(), include/linux/dma-mapping.h.

 Context: may sleep unless KDMA_ALLOC_ATOMIC is given.

 Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
*/
    pub fn kdma_managed_alloc_coherent(
        device: *mut kdma_device,
        size: u64,
        flags: u32,
        cpu_address: *mut *mut ::core::ffi::c_void,
        dma_address: *mut kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** Free memory before the device does.

 * `device`: the device it was allocated for
 * `size`: bytes, as allocated
 * `cpu_address`: as returned
 * `dma_address`: as returned

 Kernel: dmam_free_coherent(), kernel/dma/mapping.c.

 Context: interrupts enabled; may sleep.

 Return: KDMA_OK; KDMA_EINVAL for what is no memory of
 kdma_managed_alloc_coherent() (any more), or not all of it.
*/
    pub fn kdma_managed_free_coherent(
        device: *mut kdma_device,
        size: u64,
        cpu_address: *mut ::core::ffi::c_void,
        dma_address: kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** Make a pool that the device destroys.

 * `device`: the device
 * `size`: as for kdma_pool_create()
 * `alignment`: as for kdma_pool_create()
 * `boundary`: as for kdma_pool_create()
 * `pool`: out: the pool, for kdma_pool_alloc(), kdma_pool_zalloc() and
   kdma_pool_free()

 The pool is destroyed when the resources of the device are released: after its
 driver is unbound, or with the devres group it is in. Pieces that are still
 out then are lost, and the kernel says so in its log.
 kdma_managed_pool_destroy() destroys it before.

 Kernel: dmam_pool_create(), mm/dmapool.c.

 Context: may sleep.

 Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
*/
    pub fn kdma_managed_pool_create(
        device: *mut kdma_device,
        size: u64,
        alignment: u64,
        boundary: u64,
        pool: *mut *mut kdma_pool,
    ) -> i32;
}
unsafe extern "C" {
    /** Destroy a pool before the device does.

 * `pool`: the pool

 Kernel: dmam_pool_destroy(), mm/dmapool.c.

 Context: may sleep.

 Return: KDMA_OK; KDMA_EINVAL while there are pieces that were not freed, and
 for a pool of kdma_pool_create().
*/
    pub fn kdma_managed_pool_destroy(pool: *mut kdma_pool) -> i32;
}
unsafe extern "C" {
    /** Map memory of the kernel's linear mapping.

 * `device`: the device
 * `cpu_address`: start of the memory; not on the stack, not vmalloc memory
 * `size`: bytes
 * `direction`: enum kdma_direction
 * `dma_address`: out: the address for the device; all ones on failure

 The device owns the memory until kdma_unmap_single() or a sync for the CPU.

 Kernel: dma_map_single(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK, KDMA_EMAPPING or KDMA_EINVAL.
*/
    pub fn kdma_map_single(
        device: *mut kdma_device,
        cpu_address: *mut ::core::ffi::c_void,
        size: u64,
        direction: u32,
        dma_address: *mut kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** End a mapping of kdma_map_single().

 * `device`: the device it was mapped for
 * `dma_address`: as returned
 * `size`: bytes, as mapped
 * `direction`: as mapped

 Kernel: dma_unmap_single(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_unmap_single(
        device: *mut kdma_device,
        dma_address: kdma_address_t,
        size: u64,
        direction: u32,
    ) -> i32;
}
unsafe extern "C" {
    /** Map memory of the linear mapping, with attributes.

 * `device`: the device
 * `cpu_address`: start of the memory; not on the stack, not vmalloc memory
 * `size`: bytes
 * `direction`: enum kdma_direction
 * `attributes`: bits of enum kdma_attribute that mappings take
 * `dma_address`: out: the address for the device; all ones on failure

 Kernel: dma_map_single_attrs(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK, KDMA_EMAPPING, KDMA_ENOTSUPP or KDMA_EINVAL.
*/
    pub fn kdma_map_single_attrs(
        device: *mut kdma_device,
        cpu_address: *mut ::core::ffi::c_void,
        size: u64,
        direction: u32,
        attributes: u64,
        dma_address: *mut kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** End a mapping of kdma_map_single_attrs().

 * `device`: the device it was mapped for
 * `dma_address`: as returned
 * `size`: bytes, as mapped
 * `direction`: as mapped
 * `attributes`: as mapped, or with KDMA_ATTR_SKIP_CPU_SYNC added

 Kernel: dma_unmap_single_attrs(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
*/
    pub fn kdma_unmap_single_attrs(
        device: *mut kdma_device,
        dma_address: kdma_address_t,
        size: u64,
        direction: u32,
        attributes: u64,
    ) -> i32;
}
unsafe extern "C" {
    /** Map part of a page, or of physically contiguous pages.

 * `device`: the device
 * `page`: the first page
 * `offset`: bytes from its start
 * `size`: bytes
 * `direction`: enum kdma_direction
 * `dma_address`: out: the address for the device; all ones on failure

 Kernel: dma_map_page(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK, KDMA_EMAPPING or KDMA_EINVAL.
*/
    pub fn kdma_map_page(
        device: *mut kdma_device,
        page: *mut kdma_page,
        offset: u64,
        size: u64,
        direction: u32,
        dma_address: *mut kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** End a mapping of kdma_map_page().

 * `device`: the device it was mapped for
 * `dma_address`: as returned
 * `size`: bytes, as mapped
 * `direction`: as mapped

 Kernel: dma_unmap_page(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_unmap_page(
        device: *mut kdma_device,
        dma_address: kdma_address_t,
        size: u64,
        direction: u32,
    ) -> i32;
}
unsafe extern "C" {
    /** Map part of a page, with attributes.

 * `device`: the device
 * `page`: the first page
 * `offset`: bytes from its start
 * `size`: bytes
 * `direction`: enum kdma_direction
 * `attributes`: bits of enum kdma_attribute that mappings take
 * `dma_address`: out: the address for the device; all ones on failure

 Kernel: dma_map_page_attrs(), kernel/dma/mapping.c.

 Context: any.

 Return: KDMA_OK, KDMA_EMAPPING, KDMA_ENOTSUPP or KDMA_EINVAL.
*/
    pub fn kdma_map_page_attrs(
        device: *mut kdma_device,
        page: *mut kdma_page,
        offset: u64,
        size: u64,
        direction: u32,
        attributes: u64,
        dma_address: *mut kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** End a mapping of kdma_map_page_attrs().

 * `device`: the device it was mapped for
 * `dma_address`: as returned
 * `size`: bytes, as mapped
 * `direction`: as mapped
 * `attributes`: as mapped, or with KDMA_ATTR_SKIP_CPU_SYNC added

 Kernel: dma_unmap_page_attrs(), kernel/dma/mapping.c.

 Context: any.

 Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
*/
    pub fn kdma_unmap_page_attrs(
        device: *mut kdma_device,
        dma_address: kdma_address_t,
        size: u64,
        direction: u32,
        attributes: u64,
    ) -> i32;
}
unsafe extern "C" {
    /** Map physically contiguous memory by physical address.

 * `device`: the device
 * `physical_address`: start of the memory; RAM, or MMIO with KDMA_ATTR_MMIO
 * `size`: bytes
 * `direction`: enum kdma_direction
 * `attributes`: bits of enum kdma_attribute that mappings take
 * `dma_address`: out: the address for the device; all ones on failure

 Kernel: dma_map_phys(), kernel/dma/mapping.c, where the kernel has it;
 otherwise dma_map_page_attrs() on the page of @physical_address.

 Context: any.

 Return: KDMA_OK, KDMA_EMAPPING, KDMA_ENOTSUPP or KDMA_EINVAL.
*/
    pub fn kdma_map_phys(
        device: *mut kdma_device,
        physical_address: u64,
        size: u64,
        direction: u32,
        attributes: u64,
        dma_address: *mut kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** End a mapping of kdma_map_phys().

 * `device`: the device it was mapped for
 * `dma_address`: as returned
 * `size`: bytes, as mapped
 * `direction`: as mapped
 * `attributes`: as mapped, or with KDMA_ATTR_SKIP_CPU_SYNC added

 Kernel: dma_unmap_phys(), kernel/dma/mapping.c, where the kernel has it;
 otherwise dma_unmap_page_attrs().

 Context: any.

 Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
*/
    pub fn kdma_unmap_phys(
        device: *mut kdma_device,
        dma_address: kdma_address_t,
        size: u64,
        direction: u32,
        attributes: u64,
    ) -> i32;
}
unsafe extern "C" {
    /** Did this mapping fail.

 * `device`: the device it was mapped for
 * `dma_address`: the address a map function gave

 Kernel: dma_mapping_error(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK for an address the device can use, KDMA_EMAPPING for the
 address of a failed mapping; KDMA_EINVAL.
*/
    pub fn kdma_mapping_error(
        device: *mut kdma_device,
        dma_address: kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** Let the CPU see what the device wrote.

 * `device`: the device
 * `dma_address`: of the mapping
 * `size`: bytes
 * `direction`: as mapped

 The CPU owns the memory until kdma_sync_single_for_device().

 Kernel: dma_sync_single_for_cpu(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_sync_single_for_cpu(
        device: *mut kdma_device,
        dma_address: kdma_address_t,
        size: u64,
        direction: u32,
    ) -> i32;
}
unsafe extern "C" {
    /** Let the device see what the CPU wrote.

 * `device`: the device
 * `dma_address`: of the mapping
 * `size`: bytes
 * `direction`: as mapped

 The device owns the memory from here on.

 Kernel: dma_sync_single_for_device(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_sync_single_for_device(
        device: *mut kdma_device,
        dma_address: kdma_address_t,
        size: u64,
        direction: u32,
    ) -> i32;
}
unsafe extern "C" {
    /** The same for a part of the mapping.

 * `device`: the device
 * `dma_address`: of the mapping
 * `offset`: bytes from the start of the mapping
 * `size`: bytes
 * `direction`: as mapped

 Kernel: dma_sync_single_range_for_cpu(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_sync_single_range_for_cpu(
        device: *mut kdma_device,
        dma_address: kdma_address_t,
        offset: u64,
        size: u64,
        direction: u32,
    ) -> i32;
}
unsafe extern "C" {
    /** The same for a part of the mapping.

 * `device`: the device
 * `dma_address`: of the mapping
 * `offset`: bytes from the start of the mapping
 * `size`: bytes
 * `direction`: as mapped

 Kernel: dma_sync_single_range_for_device(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_sync_single_range_for_device(
        device: *mut kdma_device,
        dma_address: kdma_address_t,
        offset: u64,
        size: u64,
        direction: u32,
    ) -> i32;
}
unsafe extern "C" {
    /** Does this mapping need syncs at all.

 * `device`: the device
 * `dma_address`: of the mapping
 * `needed`: out: 1 if syncs do something, 0 if they can be left out

 Kernel: dma_need_sync(), include/linux/dma-mapping.h (6.10 and later) or
 kernel/dma/mapping.c.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_need_sync(
        device: *mut kdma_device,
        dma_address: kdma_address_t,
        needed: *mut u32,
    ) -> i32;
}
/** A scatterlist.

 Opaque, made by kdma_sg_alloc(), or full already by kdma_get_sgtable() and
 kdma_get_sgtable_attrs(). It is mapped for at most one device at a
 time; what does not fit its state (a second mapping, the end of a mapping
 that is not there, another device, direction or kind of function than it was
 mapped with) is KDMA_EINVAL. The caller keeps two threads from using the
 same table at a time.
*/
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct kdma_sg_table {
    _unused: [u8; 0],
}
unsafe extern "C" {
    /** Make an empty scatterlist.

 * `capacity`: entries that it will have, 1 to KDMA_SG_MAX_CAPACITY
 * `flags`: bits of enum kdma_alloc_flag
 * `table`: out: the list

 The caller owns the list and gives it back with kdma_sg_free().

 Kernel: sg_alloc_table(), lib/scatterlist.c.

 Context: may sleep unless KDMA_ALLOC_ATOMIC is given.

 Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
*/
    pub fn kdma_sg_alloc(
        capacity: u32,
        flags: u32,
        table: *mut *mut kdma_sg_table,
    ) -> i32;
}
unsafe extern "C" {
    /** Give back a list that is not mapped.

 * `table`: the list

 Kernel: sg_free_table(), lib/scatterlist.c.

 Context: any.

 Return: KDMA_OK; KDMA_EINVAL for a list that is mapped.
*/
    pub fn kdma_sg_free(table: *mut kdma_sg_table) -> i32;
}
unsafe extern "C" {
    /** Append an entry to a list.

 * `table`: the list
 * `page`: the first page of the memory
 * `offset`: bytes from the start of @page to the memory; may lie beyond it, in
   pages that follow
 * `size`: bytes, physically contiguous

 Neither may be above 0xffffffff.

 Kernel: sg_set_page(), include/linux/scatterlist.h.

 Context: any.

 Return: KDMA_OK; KDMA_EINVAL for a list that is full or mapped.
*/
    pub fn kdma_sg_add(
        table: *mut kdma_sg_table,
        page: *mut kdma_page,
        offset: u64,
        size: u64,
    ) -> i32;
}
unsafe extern "C" {
    /** Map a full list for a device.

 * `device`: the device
 * `table`: the list; a list with entries missing is KDMA_EINVAL
 * `direction`: enum kdma_direction
 * `attributes`: bits of enum kdma_attribute that mappings take
 * `count`: out: mapped segments, at most the number of entries

 The device owns the memory until kdma_unmap_sg_attrs() or a sync for the
 CPU. Where the memory is for the device, kdma_sg_segment() says.

 Kernel: dma_map_sg_attrs(), kernel/dma/mapping.c.

 Context: any.

 Return: KDMA_OK, KDMA_EMAPPING, KDMA_ENOTSUPP or KDMA_EINVAL.
*/
    pub fn kdma_map_sg_attrs(
        device: *mut kdma_device,
        table: *mut kdma_sg_table,
        direction: u32,
        attributes: u64,
        count: *mut u32,
    ) -> i32;
}
unsafe extern "C" {
    /** End a mapping of kdma_map_sg_attrs().

 * `device`: the device it was mapped for
 * `table`: the list
 * `direction`: as mapped
 * `attributes`: as mapped; KDMA_ATTR_SKIP_CPU_SYNC may be added

 Kernel: dma_unmap_sg_attrs(), kernel/dma/mapping.c.

 Context: any.

 Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
*/
    pub fn kdma_unmap_sg_attrs(
        device: *mut kdma_device,
        table: *mut kdma_sg_table,
        direction: u32,
        attributes: u64,
    ) -> i32;
}
unsafe extern "C" {
    /** Map a full list for a device, with the reason of a failure.

 * `device`: the device
 * `table`: the list; a list with entries missing is KDMA_EINVAL
 * `direction`: enum kdma_direction
 * `attributes`: bits of enum kdma_attribute that mappings take

 Kernel: dma_map_sgtable(), kernel/dma/mapping.c.

 Context: any.

 Return: KDMA_OK; KDMA_ENOMEM (no IOVA or no memory for now), where
 kdma_map_sg_attrs() can only say KDMA_EMAPPING; KDMA_EMAPPING
 otherwise; KDMA_ENOTSUPP; KDMA_EINVAL.
*/
    pub fn kdma_map_sgtable(
        device: *mut kdma_device,
        table: *mut kdma_sg_table,
        direction: u32,
        attributes: u64,
    ) -> i32;
}
unsafe extern "C" {
    /** End a mapping of kdma_map_sgtable().

 * `device`: the device it was mapped for
 * `table`: the list
 * `direction`: as mapped
 * `attributes`: as mapped; KDMA_ATTR_SKIP_CPU_SYNC may be added

 Kernel: dma_unmap_sgtable(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
*/
    pub fn kdma_unmap_sgtable(
        device: *mut kdma_device,
        table: *mut kdma_sg_table,
        direction: u32,
        attributes: u64,
    ) -> i32;
}
unsafe extern "C" {
    /** Hand all memory of a mapped list to the CPU.

 * `device`: the device it was mapped for
 * `table`: the list
 * `direction`: as mapped

 Kernel: dma_sync_sg_for_cpu(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK; KDMA_EINVAL for a list that is not mapped like this.
*/
    pub fn kdma_sync_sg_for_cpu(
        device: *mut kdma_device,
        table: *mut kdma_sg_table,
        direction: u32,
    ) -> i32;
}
unsafe extern "C" {
    /** Hand all memory of a mapped list to the device.

 * `device`: the device it was mapped for
 * `table`: the list
 * `direction`: as mapped

 Kernel: dma_sync_sg_for_device(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK; KDMA_EINVAL for a list that is not mapped like this.
*/
    pub fn kdma_sync_sg_for_device(
        device: *mut kdma_device,
        table: *mut kdma_sg_table,
        direction: u32,
    ) -> i32;
}
unsafe extern "C" {
    /** Hand all memory of a mapped list to the CPU.

 * `device`: the device it was mapped for
 * `table`: the list
 * `direction`: as mapped

 Kernel: dma_sync_sgtable_for_cpu(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK; KDMA_EINVAL for a list that is not mapped like this.
*/
    pub fn kdma_sync_sgtable_for_cpu(
        device: *mut kdma_device,
        table: *mut kdma_sg_table,
        direction: u32,
    ) -> i32;
}
unsafe extern "C" {
    /** Hand all memory of a mapped list to the device.

 * `device`: the device it was mapped for
 * `table`: the list
 * `direction`: as mapped

 Kernel: dma_sync_sgtable_for_device(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK; KDMA_EINVAL for a list that is not mapped like this.
*/
    pub fn kdma_sync_sgtable_for_device(
        device: *mut kdma_device,
        table: *mut kdma_sg_table,
        direction: u32,
    ) -> i32;
}
unsafe extern "C" {
    /** Where the device finds a part of a mapped list.

 * `table`: the list
 * `index`: which segment, counted from 0 in the order of the bytes
 * `dma_address`: out: the segment's first byte
 * `size`: out: its bytes

 A mapping may merge entries, so there can be fewer segments than entries.

 Kernel: sg_dma_address() and sg_dma_len(), include/linux/scatterlist.h, in
 the order of for_each_sgtable_dma_sg().

 Context: any.

 Return: KDMA_OK; KDMA_EINVAL for a list that is not mapped, or without such
 a segment.
*/
    pub fn kdma_sg_segment(
        table: *mut kdma_sg_table,
        index: u32,
        dma_address: *mut kdma_address_t,
        size: *mut u64,
    ) -> i32;
}
unsafe extern "C" {
    /** List the pages of coherent memory.

 * `device`: the device it was allocated for
 * `cpu_address`: of memory of kdma_alloc_coherent() or
   kdma_managed_alloc_coherent()
 * `dma_address`: the same memory as the device sees it
 * `size`: bytes from its start, not more than were allocated
 * `table`: out: a full list, in whole pages, that is not mapped

 For exporters, so that another device can map the memory as well. The caller owns
 the list, gives it back with kdma_sg_free(), and keeps the memory until then. It
 is the caller who knows that the memory has pages, and that neither device needs
 syncs to see it: the kernel calls this function unsafe for that reason.

 Kernel: dma_get_sgtable(), include/linux/dma-mapping.h.

 Context: may sleep.

 Return: KDMA_OK; KDMA_ENOMEM; KDMA_ENOTSUPP where the device's DMA operations
 cannot tell; KDMA_EINVAL.
*/
    pub fn kdma_get_sgtable(
        device: *mut kdma_device,
        cpu_address: *mut ::core::ffi::c_void,
        dma_address: kdma_address_t,
        size: u64,
        table: *mut *mut kdma_sg_table,
    ) -> i32;
}
unsafe extern "C" {
    /** List the pages of coherent memory with attributes.

 * `device`: the device it was allocated for
 * `cpu_address`: of memory of kdma_alloc_attrs() or kdma_managed_alloc_attrs(), or
   its cookie (KDMA_ATTR_NO_KERNEL_MAPPING)
 * `dma_address`: the same memory as the device sees it
 * `size`: bytes from its start, not more than were allocated
 * `attributes`: as allocated
 * `table`: out: a full list, in whole pages, that is not mapped

 Everything else is as for kdma_get_sgtable().

 Kernel: dma_get_sgtable_attrs(), kernel/dma/mapping.c.

 Context: may sleep.

 Return: KDMA_OK; KDMA_ENOMEM; KDMA_ENOTSUPP where the device's DMA operations
 cannot tell, and for an attribute that the kernel lacks; KDMA_EINVAL.
*/
    pub fn kdma_get_sgtable_attrs(
        device: *mut kdma_device,
        cpu_address: *mut ::core::ffi::c_void,
        dma_address: kdma_address_t,
        size: u64,
        attributes: u64,
        table: *mut *mut kdma_sg_table,
    ) -> i32;
}
unsafe extern "C" {
    /** Allocate memory in pieces, in one row for the device.

 * `device`: the device
 * `size`: bytes; whole pages are allocated
 * `direction`: enum kdma_direction
 * `flags`: bits of enum kdma_alloc_flag
 * `attributes`: KDMA_ATTR_ALLOC_SINGLE_PAGES or 0
 * `table`: out: the memory. Of the functions for scatterlists, kdma_sg_segment()
   and those that sync take it; the others answer KDMA_EINVAL.
 * `dma_address`: out: its first byte for the device, which sees all of it in a row

 Nobody says what is in the memory. The CPU has no address for it before
 kdma_vmap_noncontiguous(). kdma_sync_sgtable_for_device() and
 kdma_sync_sgtable_for_cpu() hand it to and fro. The caller owns it and gives it
 back with kdma_free_noncontiguous().

 Kernel: dma_alloc_noncontiguous(), kernel/dma/mapping.c.

 Context: may sleep.

 Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
*/
    pub fn kdma_alloc_noncontiguous(
        device: *mut kdma_device,
        size: u64,
        direction: u32,
        flags: u32,
        attributes: u64,
        table: *mut *mut kdma_sg_table,
        dma_address: *mut kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** Give back memory from kdma_alloc_noncontiguous().

 * `device`: the device it was allocated for
 * `size`: bytes, as allocated
 * `table`: the memory
 * `direction`: as allocated

 Kernel: dma_free_noncontiguous(), kernel/dma/mapping.c.

 Context: may sleep.

 Return: KDMA_OK; KDMA_EINVAL, also for memory that has an address for the CPU.
*/
    pub fn kdma_free_noncontiguous(
        device: *mut kdma_device,
        size: u64,
        table: *mut kdma_sg_table,
        direction: u32,
    ) -> i32;
}
unsafe extern "C" {
    /** Give the CPU an address for the memory.

 * `device`: the device it was allocated for
 * `size`: bytes, as allocated
 * `table`: the memory
 * `cpu_address`: out: all of it in a row, page aligned

 The caller ends it with kdma_vunmap_noncontiguous().

 Kernel: dma_vmap_noncontiguous(), kernel/dma/mapping.c.

 Context: may sleep.

 Return: KDMA_OK; KDMA_ENOMEM; KDMA_EINVAL, also for memory that has an address.
*/
    pub fn kdma_vmap_noncontiguous(
        device: *mut kdma_device,
        size: u64,
        table: *mut kdma_sg_table,
        cpu_address: *mut *mut ::core::ffi::c_void,
    ) -> i32;
}
unsafe extern "C" {
    /** Take the CPU's address away.

 * `device`: the device it was allocated for
 * `table`: the memory

 Kernel: dma_vunmap_noncontiguous(), kernel/dma/mapping.c.

 Context: may sleep.

 Return: KDMA_OK; KDMA_EINVAL, also for memory without an address.
*/
    pub fn kdma_vunmap_noncontiguous(
        device: *mut kdma_device,
        table: *mut kdma_sg_table,
    ) -> i32;
}
unsafe extern "C" {
    /** Map memory of another device, a BAR for instance.

 * `device`: the device
 * `physical_address`: start of the memory; RAM is KDMA_EINVAL
 * `size`: bytes
 * `direction`: enum kdma_direction
 * `attributes`: bits of enum kdma_attribute that mappings take
 * `dma_address`: out: the address for the device; all ones on failure

 The memory is not cached and never bounced, so it needs no syncs: the functions
 of sync are not for it. Whether the two devices reach each other is not asked.
 Where every mapping has to be bounced, newer kernels give KDMA_EMAPPING.

 Kernel: dma_map_resource(), kernel/dma/mapping.c.

 Context: any.

 Return: KDMA_OK, KDMA_EMAPPING, KDMA_ENOTSUPP or KDMA_EINVAL.
*/
    pub fn kdma_map_resource(
        device: *mut kdma_device,
        physical_address: u64,
        size: u64,
        direction: u32,
        attributes: u64,
        dma_address: *mut kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** End a mapping of kdma_map_resource().

 * `device`: the device it was mapped for
 * `dma_address`: as returned
 * `size`: bytes, as mapped
 * `direction`: as mapped
 * `attributes`: as mapped, or with KDMA_ATTR_SKIP_CPU_SYNC added

 Kernel: dma_unmap_resource(), kernel/dma/mapping.c.

 Context: any.

 Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
*/
    pub fn kdma_unmap_resource(
        device: *mut kdma_device,
        dma_address: kdma_address_t,
        size: u64,
        direction: u32,
        attributes: u64,
    ) -> i32;
}
/** A range of IOVAs, to which memory is linked piece by piece.

 Opaque, made by kdma_iova_try_alloc() (kernel: struct dma_iova_state). It knows
 what is linked where; what does not fit (a range that is linked already, the end
 of a link that is not there, another device, direction or attributes than it was
 linked with) is KDMA_EINVAL. The caller keeps two threads from using the same
 state at a time.

 Links begin at a page: the physical address and @dma_address + offset agree in
 their bits within a page, and from the second page of the range on these bits are
 zero. A link may end anywhere; nothing is linked to the rest of its last page.

 Kernels before 6.16 lack these functions: kdma_iova_try_alloc() gives
 KDMA_ENOTSUPP there.
*/
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct kdma_iova_state {
    _unused: [u8; 0],
}
unsafe extern "C" {
    /** Ask for a range of IOVAs.

 * `device`: the device
 * `physical_address`: of what will be linked first; only its bits within a page count
 * `size`: bytes
 * `flags`: bits of enum kdma_alloc_flag
 * `state`: out: the state
 * `dma_address`: out: the range's first byte for the device; all ones without one

 Without an IOMMU in front of the device, or without room, there is a state and
 no range: kdma_use_iova() tells, and memory is mapped by the functions of
 streaming instead. The caller owns the state either way and gives it back with
 kdma_iova_free() or kdma_iova_destroy(). The device reaches nothing yet.

 Kernel: dma_iova_try_alloc(), drivers/iommu/dma-iommu.c.

 Context: may sleep unless KDMA_ALLOC_ATOMIC is given.

 Return: KDMA_OK, with or without a range; KDMA_ENOMEM; KDMA_ENOTSUPP; KDMA_EINVAL,
 also for 2^62 bytes and more.
*/
    pub fn kdma_iova_try_alloc(
        device: *mut kdma_device,
        physical_address: u64,
        size: u64,
        flags: u32,
        state: *mut *mut kdma_iova_state,
        dma_address: *mut kdma_address_t,
    ) -> i32;
}
unsafe extern "C" {
    /** Has the state a range of IOVAs.

 * `state`: the state
 * `used`: out: 1 if it has, 0 if memory is to be mapped by other functions

 Kernel: dma_use_iova(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_use_iova(state: *mut kdma_iova_state, used: *mut u32) -> i32;
}
unsafe extern "C" {
    /** How large the range is.

 * `state`: the state
 * `size`: out: bytes, as asked for; 0 without a range

 Kernel: dma_iova_size(), include/linux/dma-mapping.h.

 Context: any.

 Return: KDMA_OK or KDMA_EINVAL.
*/
    pub fn kdma_iova_size(state: *mut kdma_iova_state, size: *mut u64) -> i32;
}
unsafe extern "C" {
    /** Link memory to a part of the range.

 * `device`: the device the range is for
 * `state`: the state
 * `physical_address`: start of the memory; RAM, or MMIO with KDMA_ATTR_MMIO
 * `offset`: bytes from the start of the range
 * `size`: bytes
 * `direction`: enum kdma_direction
 * `attributes`: bits of enum kdma_attribute that kdma_map_phys() takes

 The device owns the memory from here on, and reaches it after
 kdma_iova_sync(). It is the caller's again after kdma_iova_unlink().

 Kernel: dma_iova_link(), drivers/iommu/dma-iommu.c.

 Context: any.

 Return: KDMA_OK; KDMA_ENOMEM; KDMA_EMAPPING (the memory would have to be bounced
 and must not be, and other failures); KDMA_ENOTSUPP (an attribute);
 KDMA_EINVAL, also for a state without a range.
*/
    pub fn kdma_iova_link(
        device: *mut kdma_device,
        state: *mut kdma_iova_state,
        physical_address: u64,
        offset: u64,
        size: u64,
        direction: u32,
        attributes: u64,
    ) -> i32;
}
unsafe extern "C" {
    /** Let the device see what has been linked.

 * `device`: the device the range is for
 * `state`: the state
 * `offset`: bytes from the start of the range
 * `size`: bytes, all of them linked; of one link or of many in a row

 Once for many links is cheaper than once for each.

 Kernel: dma_iova_sync(), drivers/iommu/dma-iommu.c.

 Context: any.

 Return: KDMA_OK; KDMA_ENOMEM; KDMA_EMAPPING; KDMA_EINVAL.
*/
    pub fn kdma_iova_sync(
        device: *mut kdma_device,
        state: *mut kdma_iova_state,
        offset: u64,
        size: u64,
    ) -> i32;
}
unsafe extern "C" {
    /** End links.

 * `device`: the device the range is for
 * `state`: the state
 * `offset`: bytes from the start of the range, to the start of a link
 * `size`: bytes, of one link or of many in a row; a part of one is KDMA_EINVAL
 * `direction`: as linked
 * `attributes`: as linked; KDMA_ATTR_SKIP_CPU_SYNC may be added

 The device does not reach the memory any more, lazy IOMMUs included. The range
 stays, and memory can be linked to it again.

 Kernel: dma_iova_unlink(), drivers/iommu/dma-iommu.c.

 Context: any.

 Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
*/
    pub fn kdma_iova_unlink(
        device: *mut kdma_device,
        state: *mut kdma_iova_state,
        offset: u64,
        size: u64,
        direction: u32,
        attributes: u64,
    ) -> i32;
}
unsafe extern "C" {
    /** End all links and give the range and the state back.

 * `device`: the device the range is for
 * `state`: the state
 * `linked`: bytes from the start of the range that are linked, and no others; 0 if
   nothing is
 * `direction`: as linked
 * `attributes`: as linked, all in the same way; KDMA_ATTR_SKIP_CPU_SYNC may be added

 Kernel: dma_iova_destroy(), drivers/iommu/dma-iommu.c.

 Context: any after KDMA_ALLOC_ATOMIC, otherwise may sleep.

 Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
*/
    pub fn kdma_iova_destroy(
        device: *mut kdma_device,
        state: *mut kdma_iova_state,
        linked: u64,
        direction: u32,
        attributes: u64,
    ) -> i32;
}
unsafe extern "C" {
    /** Give the range and the state back, when nothing is linked.

 * `device`: the device the range is for
 * `state`: the state

 Kernel: dma_iova_free(), drivers/iommu/dma-iommu.c.

 Context: any after KDMA_ALLOC_ATOMIC, otherwise may sleep.

 Return: KDMA_OK; KDMA_EINVAL, also for a range with links.
*/
    pub fn kdma_iova_free(device: *mut kdma_device, state: *mut kdma_iova_state) -> i32;
}
