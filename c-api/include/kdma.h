/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kdma.h - a stable C ABI over the Linux DMA API
 *
 * This header is the contract. It is freestanding C11: fixed-width integers,
 * opaque handles and explicit values only; no inline functions, no
 * function-like macros, no bitfields, no kernel types. Every function is a
 * real symbol, exported by kdma.ko in the symbol namespace KDMA.
 *
 * Directions, attributes, flags and errors have values of their own, which
 * never change; kdma.ko translates them. The list of symbols is append-only:
 * a function that has been released is never removed, and its parameters and
 * their meaning never change. What is added raises KDMA_ABI_VERSION.
 *
 * Conventions
 *   - All sizes, offsets and lengths are in bytes.
 *   - Every function that can fail returns KDMA_OK or a negative
 *     enum kdma_error. Results come back through out parameters, which are
 *     written on success only, except where a function says otherwise.
 *   - A null handle, a null out parameter, a size of zero, an unknown
 *     direction and an unknown attribute or flag bit give KDMA_EINVAL; they
 *     never reach the kernel's DMA layer.
 *   - A known attribute that the running kernel lacks gives KDMA_ENOTSUPP.
 *   - Functions may be called from any context in which the kernel function
 *     they name may be called; "may sleep" is said where it applies.
 */
#ifndef KDMA_H
#define KDMA_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif

/*
 * Version of this ABI. Raised by one with every addition.
 */
#define KDMA_ABI_VERSION 9

/**
 * struct kdma_device - a device that does DMA
 *
 * Opaque. The pointer is the kernel's struct device pointer under another
 * name; the C side casts, others only pass it on. The caller keeps the
 * reference: the device outlives every allocation and mapping made for it.
 */
struct kdma_device;

/**
 * struct kdma_page - a page of memory
 *
 * Opaque. The pointer is the kernel's struct page pointer under another name.
 */
struct kdma_page;

/*
 * An address as the device sees it: an IOVA behind an IOMMU, otherwise a bus
 * address. Never to be dereferenced.
 */
typedef uint64_t kdma_address_t;

/*
 * The address that a failed mapping leaves behind (kernel: DMA_MAPPING_ERROR).
 */
#define KDMA_MAPPING_ERROR 0xffffffffffffffff

/**
 * enum kdma_error - what a function returns
 * @KDMA_OK: success
 * @KDMA_EINVAL: an argument is wrong; see the conventions
 * @KDMA_EIO: the device or the DMA layer refuses (a DMA mask it cannot serve)
 * @KDMA_EMAPPING: the mapping failed: no IOVA, no bounce buffer, or the
 *                 address is beyond what the device reaches
 * @KDMA_ENOMEM: out of memory; also for 2^32 pages and more, without asking Linux
 * @KDMA_ENOTSUPP: the running kernel lacks this attribute or this function
 * @KDMA_EUNKNOWN: the kernel returned an error this ABI has no name for
 */
enum kdma_error {
	KDMA_OK = 0,
	KDMA_EINVAL = -1,
	KDMA_EIO = -2,
	KDMA_EMAPPING = -3,
	KDMA_ENOMEM = -4,
	KDMA_ENOTSUPP = -5,
	KDMA_EUNKNOWN = -6,
};

/**
 * enum kdma_direction - DMA direction (kernel: enum dma_data_direction)
 * @KDMA_TO_DEVICE: the device reads memory (DMA_TO_DEVICE)
 * @KDMA_FROM_DEVICE: the device writes memory (DMA_FROM_DEVICE)
 * @KDMA_BIDIRECTIONAL: the device reads and writes (DMA_BIDIRECTIONAL)
 *
 * Zero is no direction, so that a forgotten argument is an error.
 */
enum kdma_direction {
	KDMA_TO_DEVICE = 1,
	KDMA_FROM_DEVICE = 2,
	KDMA_BIDIRECTIONAL = 3,
};

/**
 * enum kdma_attribute - bits of the attributes argument
 * @KDMA_ATTR_ALLOC_SINGLE_PAGES: DMA_ATTR_ALLOC_SINGLE_PAGES; allocations
 * @KDMA_ATTR_DEBUGGING_IGNORE_CACHELINES:
 *	DMA_ATTR_DEBUGGING_IGNORE_CACHELINES; mappings
 * @KDMA_ATTR_FORCE_CONTIGUOUS: DMA_ATTR_FORCE_CONTIGUOUS; allocations
 * @KDMA_ATTR_MMIO: DMA_ATTR_MMIO; kdma_map_phys(), kdma_iova_link() and what ends
 *	them; kdma_map_resource() means it without being told
 * @KDMA_ATTR_NO_KERNEL_MAPPING: DMA_ATTR_NO_KERNEL_MAPPING; allocations. The
 *	CPU address is then a cookie for kdma_free_attrs() and nothing else.
 * @KDMA_ATTR_NO_WARN: DMA_ATTR_NO_WARN; allocations and mappings
 * @KDMA_ATTR_PRIVILEGED: DMA_ATTR_PRIVILEGED; allocations and mappings
 * @KDMA_ATTR_REQUIRE_COHERENT: DMA_ATTR_REQUIRE_COHERENT; mappings
 * @KDMA_ATTR_SKIP_CPU_SYNC: DMA_ATTR_SKIP_CPU_SYNC; mappings
 * @KDMA_ATTR_WEAK_ORDERING: DMA_ATTR_WEAK_ORDERING; allocations and mappings
 * @KDMA_ATTR_WRITE_COMBINE: DMA_ATTR_WRITE_COMBINE; allocations
 *
 * An attribute given to a function that does not take it is KDMA_EINVAL.
 * Source: include/linux/dma-mapping.h, Documentation/core-api/dma-attributes.rst
 */
enum kdma_attribute {
	KDMA_ATTR_ALLOC_SINGLE_PAGES = 0x001,
	KDMA_ATTR_DEBUGGING_IGNORE_CACHELINES = 0x002,
	KDMA_ATTR_FORCE_CONTIGUOUS = 0x004,
	KDMA_ATTR_MMIO = 0x008,
	KDMA_ATTR_NO_KERNEL_MAPPING = 0x010,
	KDMA_ATTR_NO_WARN = 0x020,
	KDMA_ATTR_PRIVILEGED = 0x040,
	KDMA_ATTR_REQUIRE_COHERENT = 0x080,
	KDMA_ATTR_SKIP_CPU_SYNC = 0x100,
	KDMA_ATTR_WEAK_ORDERING = 0x200,
	KDMA_ATTR_WRITE_COMBINE = 0x400,
};

/**
 * enum kdma_attribute_set - which attributes a function takes
 * @KDMA_ATTRS_OF_ALLOCATIONS: kdma_alloc_attrs(), kdma_free_attrs(),
 *	kdma_managed_alloc_attrs(), kdma_get_sgtable_attrs()
 * @KDMA_ATTRS_OF_MAPPINGS: the single and page functions of streaming, and the
 *	functions of resource and scatterlist
 * @KDMA_ATTRS_OF_NONCONTIGUOUS: kdma_alloc_noncontiguous()
 * @KDMA_ATTRS_OF_PHYS: kdma_map_phys(), kdma_unmap_phys(), and the functions of
 *	iova
 */
enum kdma_attribute_set {
	KDMA_ATTRS_OF_ALLOCATIONS = 0x675,
	KDMA_ATTRS_OF_MAPPINGS = 0x3e2,
	KDMA_ATTRS_OF_NONCONTIGUOUS = 0x001,
	KDMA_ATTRS_OF_PHYS = 0x3ea,
};

/**
 * enum kdma_alloc_flag - bits of the flags argument of allocations
 * @KDMA_ALLOC_ATOMIC: do not sleep (GFP_ATOMIC instead of GFP_KERNEL)
 * @KDMA_ALLOC_NO_WARN: no warning in the kernel log when it fails
 *                      (__GFP_NOWARN)
 */
enum kdma_alloc_flag {
	KDMA_ALLOC_ATOMIC = 0x1,
	KDMA_ALLOC_NO_WARN = 0x2,
};

/* Family: version */

/**
 * kdma_abi_version() - which version of the ABI kdma.ko implements
 *
 * Context: any.
 * Return: KDMA_ABI_VERSION as it was when kdma.ko was compiled.
 */
uint32_t kdma_abi_version(void);

/**
 * kdma_abi_attributes() - which attributes the running kernel has
 *
 * Context: any.
 * Return: bits of enum kdma_attribute.
 */
uint64_t kdma_abi_attributes(void);

/* Family: limits */

/**
 * kdma_set_mask() - set the streaming DMA mask
 * @device: the device
 * @mask: the addresses the device can reach, such as 0xffffffff for 32 bits
 *
 * Kernel: dma_set_mask(), kernel/dma/mapping.c.
 * Context: may sleep.
 * Return: KDMA_OK; KDMA_EIO when the mask cannot be served; KDMA_EINVAL.
 */
int32_t kdma_set_mask(struct kdma_device *device, uint64_t mask);

/**
 * kdma_set_coherent_mask() - set the DMA mask for coherent allocations
 * @device: the device
 * @mask: the addresses the device can reach
 *
 * Kernel: dma_set_coherent_mask(), kernel/dma/mapping.c.
 * Context: may sleep.
 * Return: KDMA_OK; KDMA_EIO when the mask cannot be served; KDMA_EINVAL.
 */
int32_t kdma_set_coherent_mask(struct kdma_device *device, uint64_t mask);

/**
 * kdma_set_mask_and_coherent() - set both masks
 * @device: the device
 * @mask: the addresses the device can reach
 *
 * Kernel: dma_set_mask_and_coherent(), include/linux/dma-mapping.h.
 * Context: may sleep.
 * Return: KDMA_OK; KDMA_EIO when the mask cannot be served; KDMA_EINVAL.
 */
int32_t kdma_set_mask_and_coherent(struct kdma_device *device, uint64_t mask);

/**
 * kdma_get_mask() - the streaming DMA mask in force
 * @device: the device
 * @mask: out: the mask
 *
 * Kernel: dma_get_mask(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_get_mask(struct kdma_device *device, uint64_t *mask);

/**
 * kdma_get_required_mask() - the mask that reaches all memory efficiently
 * @device: the device
 * @mask: out: the mask
 *
 * Kernel: dma_get_required_mask(), kernel/dma/mapping.c.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_get_required_mask(struct kdma_device *device, uint64_t *mask);

/**
 * kdma_max_mapping_size() - the largest size of one mapping
 * @device: the device
 * @size: out: bytes; 0xffffffffffffffff where there is no limit
 *
 * Kernel: dma_max_mapping_size(), kernel/dma/mapping.c.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_max_mapping_size(struct kdma_device *device, uint64_t *size);

/**
 * kdma_opt_mapping_size() - the largest size that maps without a penalty
 * @device: the device
 * @size: out: bytes
 *
 * Kernel: dma_opt_mapping_size(), kernel/dma/mapping.c.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_opt_mapping_size(struct kdma_device *device, uint64_t *size);

/**
 * kdma_addressing_limited() - can the mask not reach all memory?
 * @device: the device
 * @limited: out: 1 if the device is limited, otherwise 0
 *
 * Kernel: dma_addressing_limited(), kernel/dma/mapping.c (6.12 and later) or
 * include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_addressing_limited(struct kdma_device *device, uint32_t *limited);

/**
 * kdma_set_max_seg_size() - set the largest segment of a scatterlist
 * @device: the device
 * @size: bytes
 *
 * Kernel: dma_set_max_seg_size(), include/linux/dma-mapping.h.
 * Context: any, but not beside mappings of the same device.
 * Return: KDMA_OK; KDMA_EIO when the device has no DMA parameters;
 *         KDMA_EINVAL.
 */
int32_t kdma_set_max_seg_size(struct kdma_device *device, uint32_t size);

/**
 * kdma_get_max_seg_size() - the largest segment of a scatterlist
 * @device: the device
 * @size: out: bytes
 *
 * Kernel: dma_get_max_seg_size(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_get_max_seg_size(struct kdma_device *device, uint32_t *size);

/**
 * kdma_set_seg_boundary() - set the boundary that no segment crosses
 * @device: the device
 * @mask: boundary minus one, such as 0xffffffff for 4 GiB; a boundary that is no
 *	power of two, or of one byte, is KDMA_EINVAL
 *
 * Kernel: dma_set_seg_boundary(), include/linux/dma-mapping.h.
 * Context: any, but not beside mappings of the same device.
 * Return: KDMA_OK; KDMA_EIO when the device has no DMA parameters;
 *         KDMA_EINVAL.
 */
int32_t kdma_set_seg_boundary(struct kdma_device *device, uint64_t mask);

/**
 * kdma_get_seg_boundary() - the boundary that no segment crosses
 * @device: the device
 * @mask: out: boundary minus one
 *
 * Kernel: dma_get_seg_boundary(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_get_seg_boundary(struct kdma_device *device, uint64_t *mask);

/**
 * kdma_set_min_align_mask() - set the low address bits that mapping preserves
 * @device: the device
 * @mask: the low bits, such as 0xfff; 0 preserves nothing
 *
 * Kernel: dma_set_min_align_mask(), include/linux/dma-mapping.h.
 * Context: any, but not beside mappings of the same device.
 * Return: KDMA_OK; KDMA_EIO when the device has no DMA parameters;
 *         KDMA_EINVAL.
 */
int32_t kdma_set_min_align_mask(struct kdma_device *device, uint32_t mask);

/**
 * kdma_get_min_align_mask() - the low address bits that mapping preserves
 * @device: the device
 * @mask: out: the low bits
 *
 * Kernel: dma_get_min_align_mask(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_get_min_align_mask(struct kdma_device *device, uint32_t *mask);

/**
 * kdma_get_cache_alignment() - alignment that keeps buffers off shared lines
 * @alignment: out: bytes, at least 1
 *
 * Kernel: dma_get_cache_alignment(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_get_cache_alignment(uint32_t *alignment);

/**
 * kdma_get_merge_boundary() - where segments of a scatterlist may be merged
 * @device: the device
 * @mask: out: boundary minus one; 0 where segments are never merged
 *
 * Kernel: dma_get_merge_boundary(), kernel/dma/mapping.c.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_get_merge_boundary(struct kdma_device *device, uint64_t *mask);

/**
 * kdma_pci_p2pdma_supported() - can mappings of this device hold PCI P2PDMA?
 * @device: the device
 * @supported: out: 1 if its DMA operations know such memory, otherwise 0
 *
 * Kernel: dma_pci_p2pdma_supported(), kernel/dma/mapping.c.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_pci_p2pdma_supported(struct kdma_device *device, uint32_t *supported);

/**
 * kdma_can_mmap() - can coherent memory of this device be mapped into user space?
 * @device: the device
 * @possible: out: 1 if dma_mmap_attrs() and dma_mmap_coherent() work, otherwise 0
 *
 * Kernel: dma_can_mmap(), kernel/dma/mapping.c.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_can_mmap(struct kdma_device *device, uint32_t *possible);

/* Family: coherent */

/**
 * kdma_alloc_coherent() - allocate memory that CPU and device share coherently
 * @device: the device
 * @size: bytes
 * @flags: bits of enum kdma_alloc_flag
 * @cpu_address: out: zeroed memory, page aligned
 * @dma_address: out: the same memory as the device sees it
 *
 * The caller owns the memory and gives it back with kdma_free_coherent().
 * Kernel: dma_alloc_coherent(), include/linux/dma-mapping.h.
 * Context: may sleep unless KDMA_ALLOC_ATOMIC is given.
 * Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
 */
int32_t kdma_alloc_coherent(struct kdma_device *device, uint64_t size, uint32_t flags,
			    void **cpu_address, kdma_address_t *dma_address);

/**
 * kdma_free_coherent() - give back memory from kdma_alloc_coherent()
 * @device: the device it was allocated for
 * @size: bytes, as allocated
 * @cpu_address: as returned
 * @dma_address: as returned
 *
 * Kernel: dma_free_coherent(), include/linux/dma-mapping.h.
 * Context: interrupts enabled; may sleep.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_free_coherent(struct kdma_device *device, uint64_t size, void *cpu_address,
			   kdma_address_t dma_address);

/**
 * kdma_alloc_attrs() - allocate coherent memory with attributes
 * @device: the device
 * @size: bytes
 * @flags: bits of enum kdma_alloc_flag
 * @attributes: bits of enum kdma_attribute that allocations take
 * @cpu_address: out: the memory, or a cookie (KDMA_ATTR_NO_KERNEL_MAPPING)
 * @dma_address: out: the same memory as the device sees it
 *
 * The caller owns the memory and gives it back with kdma_free_attrs().
 * Kernel: dma_alloc_attrs(), kernel/dma/mapping.c.
 * Context: may sleep unless KDMA_ALLOC_ATOMIC is given.
 * Return: KDMA_OK, KDMA_ENOMEM, KDMA_ENOTSUPP or KDMA_EINVAL.
 */
int32_t kdma_alloc_attrs(struct kdma_device *device, uint64_t size, uint32_t flags,
			 uint64_t attributes, void **cpu_address,
			 kdma_address_t *dma_address);

/**
 * kdma_free_attrs() - give back memory from kdma_alloc_attrs()
 * @device: the device it was allocated for
 * @size: bytes, as allocated
 * @cpu_address: as returned
 * @dma_address: as returned
 * @attributes: as allocated
 *
 * Kernel: dma_free_attrs(), kernel/dma/mapping.c.
 * Context: interrupts enabled; may sleep.
 * Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
 */
int32_t kdma_free_attrs(struct kdma_device *device, uint64_t size, void *cpu_address,
			kdma_address_t dma_address, uint64_t attributes);

/* Family: noncoherent */

/**
 * kdma_alloc_noncoherent() - allocate memory and map it for streaming DMA
 * @device: the device
 * @size: bytes; whole pages are allocated
 * @direction: enum kdma_direction
 * @flags: bits of enum kdma_alloc_flag
 * @cpu_address: out: zeroed memory, page aligned
 * @dma_address: out: the same memory as the device sees it
 *
 * The caller owns the memory and gives it back with kdma_free_noncoherent().
 * kdma_sync_single_for_device() and kdma_sync_single_for_cpu() hand it to and
 * fro.
 * Kernel: dma_alloc_noncoherent(), include/linux/dma-mapping.h.
 * Context: may sleep unless KDMA_ALLOC_ATOMIC is given.
 * Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
 */
int32_t kdma_alloc_noncoherent(struct kdma_device *device, uint64_t size,
			       uint32_t direction, uint32_t flags, void **cpu_address,
			       kdma_address_t *dma_address);

/**
 * kdma_free_noncoherent() - give back memory from kdma_alloc_noncoherent()
 * @device: the device it was allocated for
 * @size: bytes, as allocated
 * @cpu_address: as returned
 * @dma_address: as returned
 * @direction: as allocated
 *
 * Kernel: dma_free_noncoherent(), include/linux/dma-mapping.h.
 * Context: may sleep.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_free_noncoherent(struct kdma_device *device, uint64_t size,
			      void *cpu_address, kdma_address_t dma_address,
			      uint32_t direction);

/* Family: pages */

/**
 * kdma_alloc_pages() - allocate pages and map them for streaming DMA
 * @device: the device
 * @size: bytes; whole pages are allocated
 * @direction: enum kdma_direction
 * @flags: bits of enum kdma_alloc_flag
 * @page: out: the first page
 * @cpu_address: out: zeroed memory, page aligned: the address of @page
 * @dma_address: out: the same memory as the device sees it
 *
 * The caller owns the pages and gives them back with kdma_free_pages(). They
 * are not coherent: kdma_sync_single_for_device() and
 * kdma_sync_single_for_cpu() hand them to and fro.
 * Kernel: dma_alloc_pages(), kernel/dma/mapping.c.
 * Context: may sleep unless KDMA_ALLOC_ATOMIC is given.
 * Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
 */
int32_t kdma_alloc_pages(struct kdma_device *device, uint64_t size, uint32_t direction,
			 uint32_t flags, struct kdma_page **page, void **cpu_address,
			 kdma_address_t *dma_address);

/**
 * kdma_free_pages() - give back pages from kdma_alloc_pages()
 * @device: the device they were allocated for
 * @size: bytes, as allocated
 * @page: as returned
 * @dma_address: as returned
 * @direction: as allocated
 *
 * Kernel: dma_free_pages(), kernel/dma/mapping.c.
 * Context: may sleep.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_free_pages(struct kdma_device *device, uint64_t size, struct kdma_page *page,
			kdma_address_t dma_address, uint32_t direction);

/* Family: pool */

/**
 * struct kdma_pool - a pool of small pieces of coherent memory
 *
 * Opaque, made by kdma_pool_create() or kdma_managed_pool_create(). The kernel
 * calls all of them "kdma".
 */
struct kdma_pool;

/* The least that a piece of a pool takes, and the most. */
#define KDMA_POOL_MIN_SIZE 16
#define KDMA_POOL_MAX_SIZE 0x40000000

/**
 * kdma_pool_create() - make a pool of pieces of one size
 * @device: the device
 * @size: bytes of each piece, 1 to KDMA_POOL_MAX_SIZE
 * @alignment: of each piece, in bytes: a power of two up to KDMA_POOL_MAX_SIZE,
 *	or 0 for none
 * @boundary: no piece crosses a multiple of it: a power of two, or 0 for none.
 *	A piece, at least KDMA_POOL_MIN_SIZE and rounded up to @alignment, fits.
 * @pool: out: the pool
 *
 * The caller owns the pool and gives it back with kdma_pool_destroy().
 * Kernel: dma_pool_create(), mm/dmapool.c.
 * Context: may sleep.
 * Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
 */
int32_t kdma_pool_create(struct kdma_device *device, uint64_t size, uint64_t alignment,
			 uint64_t boundary, struct kdma_pool **pool);

/**
 * kdma_pool_destroy() - give back a pool and the memory behind it
 * @pool: the pool
 *
 * Kernel: dma_pool_destroy(), mm/dmapool.c.
 * Context: may sleep.
 * Return: KDMA_OK; KDMA_EINVAL while there are pieces that were not freed, and
 *         for a pool of kdma_managed_pool_create().
 */
int32_t kdma_pool_destroy(struct kdma_pool *pool);

/**
 * kdma_pool_alloc() - take a piece out of a pool
 * @pool: the pool
 * @flags: bits of enum kdma_alloc_flag
 * @cpu_address: out: the memory; nobody says what is in it
 * @dma_address: out: the same memory as the device sees it
 *
 * The caller owns the piece and gives it back with kdma_pool_free().
 * Kernel: dma_pool_alloc(), mm/dmapool.c.
 * Context: any with KDMA_ALLOC_ATOMIC; otherwise may sleep.
 * Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
 */
int32_t kdma_pool_alloc(struct kdma_pool *pool, uint32_t flags, void **cpu_address,
			kdma_address_t *dma_address);

/**
 * kdma_pool_zalloc() - take a piece out of a pool, zeroed
 * @pool: the pool
 * @flags: bits of enum kdma_alloc_flag
 * @cpu_address: out: zeroed memory
 * @dma_address: out: the same memory as the device sees it
 *
 * The caller owns the piece and gives it back with kdma_pool_free().
 * Kernel: dma_pool_zalloc(), include/linux/dmapool.h.
 * Context: any with KDMA_ALLOC_ATOMIC; otherwise may sleep.
 * Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
 */
int32_t kdma_pool_zalloc(struct kdma_pool *pool, uint32_t flags, void **cpu_address,
			 kdma_address_t *dma_address);

/**
 * kdma_pool_free() - put a piece back into its pool
 * @pool: the pool it was taken out of
 * @cpu_address: as returned
 * @dma_address: as returned
 *
 * Kernel: dma_pool_free(), mm/dmapool.c.
 * Context: any.
 * Return: KDMA_OK; KDMA_EINVAL, also for a pool without any piece out.
 */
int32_t kdma_pool_free(struct kdma_pool *pool, void *cpu_address,
		       kdma_address_t dma_address);

/* Family: managed */

/**
 * kdma_managed_alloc_attrs() - allocate coherent memory that the device frees
 * @device: the device
 * @size: bytes
 * @flags: bits of enum kdma_alloc_flag
 * @attributes: bits of enum kdma_attribute that allocations take
 * @cpu_address: out: the memory, or a cookie (KDMA_ATTR_NO_KERNEL_MAPPING)
 * @dma_address: out: the same memory as the device sees it
 *
 * The memory is freed, with its attributes, when the resources of the device are
 * released: after its driver is unbound, or with the devres group it is in. It
 * cannot be freed before, for the kernel has no function that would be told the
 * attributes.
 * Kernel: dmam_alloc_attrs(), kernel/dma/mapping.c.
 * Context: may sleep unless KDMA_ALLOC_ATOMIC is given.
 * Return: KDMA_OK, KDMA_ENOMEM, KDMA_ENOTSUPP or KDMA_EINVAL.
 */
int32_t kdma_managed_alloc_attrs(struct kdma_device *device, uint64_t size,
				 uint32_t flags, uint64_t attributes, void **cpu_address,
				 kdma_address_t *dma_address);

/**
 * kdma_managed_alloc_coherent() - allocate coherent memory that the device frees
 * @device: the device
 * @size: bytes
 * @flags: bits of enum kdma_alloc_flag
 * @cpu_address: out: zeroed memory, page aligned
 * @dma_address: out: the same memory as the device sees it
 *
 * The memory is freed when the resources of the device are released: after its
 * driver is unbound, or with the devres group it is in.
 * kdma_managed_free_coherent() frees it before.
 * Kernel: dmam_alloc_coherent(), include/linux/dma-mapping.h.
 * Context: may sleep unless KDMA_ALLOC_ATOMIC is given.
 * Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
 */
int32_t kdma_managed_alloc_coherent(struct kdma_device *device, uint64_t size,
				    uint32_t flags, void **cpu_address,
				    kdma_address_t *dma_address);

/**
 * kdma_managed_free_coherent() - free memory before the device does
 * @device: the device it was allocated for
 * @size: bytes, as allocated
 * @cpu_address: as returned
 * @dma_address: as returned
 *
 * Kernel: dmam_free_coherent(), kernel/dma/mapping.c.
 * Context: interrupts enabled; may sleep.
 * Return: KDMA_OK; KDMA_EINVAL for what is no memory of
 *         kdma_managed_alloc_coherent() (any more), or not all of it.
 */
int32_t kdma_managed_free_coherent(struct kdma_device *device, uint64_t size,
				   void *cpu_address, kdma_address_t dma_address);

/**
 * kdma_managed_pool_create() - make a pool that the device destroys
 * @device: the device
 * @size: as for kdma_pool_create()
 * @alignment: as for kdma_pool_create()
 * @boundary: as for kdma_pool_create()
 * @pool: out: the pool, for kdma_pool_alloc(), kdma_pool_zalloc() and
 *	kdma_pool_free()
 *
 * The pool is destroyed when the resources of the device are released: after its
 * driver is unbound, or with the devres group it is in. Pieces that are still
 * out then are lost, and the kernel says so in its log.
 * kdma_managed_pool_destroy() destroys it before.
 * Kernel: dmam_pool_create(), mm/dmapool.c.
 * Context: may sleep.
 * Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
 */
int32_t kdma_managed_pool_create(struct kdma_device *device, uint64_t size,
				 uint64_t alignment, uint64_t boundary,
				 struct kdma_pool **pool);

/**
 * kdma_managed_pool_destroy() - destroy a pool before the device does
 * @pool: the pool
 *
 * Kernel: dmam_pool_destroy(), mm/dmapool.c.
 * Context: may sleep.
 * Return: KDMA_OK; KDMA_EINVAL while there are pieces that were not freed, and
 *         for a pool of kdma_pool_create().
 */
int32_t kdma_managed_pool_destroy(struct kdma_pool *pool);

/* Family: streaming */

/**
 * kdma_map_single() - map memory of the kernel's linear mapping
 * @device: the device
 * @cpu_address: start of the memory; not on the stack, not vmalloc memory
 * @size: bytes
 * @direction: enum kdma_direction
 * @dma_address: out: the address for the device; all ones on failure
 *
 * The device owns the memory until kdma_unmap_single() or a sync for the CPU.
 * Kernel: dma_map_single(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK, KDMA_EMAPPING or KDMA_EINVAL.
 */
int32_t kdma_map_single(struct kdma_device *device, void *cpu_address, uint64_t size,
			uint32_t direction, kdma_address_t *dma_address);

/**
 * kdma_unmap_single() - end a mapping of kdma_map_single()
 * @device: the device it was mapped for
 * @dma_address: as returned
 * @size: bytes, as mapped
 * @direction: as mapped
 *
 * Kernel: dma_unmap_single(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_unmap_single(struct kdma_device *device, kdma_address_t dma_address,
			  uint64_t size, uint32_t direction);

/**
 * kdma_map_single_attrs() - map memory of the linear mapping, with attributes
 * @device: the device
 * @cpu_address: start of the memory; not on the stack, not vmalloc memory
 * @size: bytes
 * @direction: enum kdma_direction
 * @attributes: bits of enum kdma_attribute that mappings take
 * @dma_address: out: the address for the device; all ones on failure
 *
 * Kernel: dma_map_single_attrs(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK, KDMA_EMAPPING, KDMA_ENOTSUPP or KDMA_EINVAL.
 */
int32_t kdma_map_single_attrs(struct kdma_device *device, void *cpu_address,
			      uint64_t size, uint32_t direction, uint64_t attributes,
			      kdma_address_t *dma_address);

/**
 * kdma_unmap_single_attrs() - end a mapping of kdma_map_single_attrs()
 * @device: the device it was mapped for
 * @dma_address: as returned
 * @size: bytes, as mapped
 * @direction: as mapped
 * @attributes: as mapped, or with KDMA_ATTR_SKIP_CPU_SYNC added
 *
 * Kernel: dma_unmap_single_attrs(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
 */
int32_t kdma_unmap_single_attrs(struct kdma_device *device, kdma_address_t dma_address,
				uint64_t size, uint32_t direction, uint64_t attributes);

/**
 * kdma_map_page() - map part of a page, or of physically contiguous pages
 * @device: the device
 * @page: the first page
 * @offset: bytes from its start
 * @size: bytes
 * @direction: enum kdma_direction
 * @dma_address: out: the address for the device; all ones on failure
 *
 * Kernel: dma_map_page(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK, KDMA_EMAPPING or KDMA_EINVAL.
 */
int32_t kdma_map_page(struct kdma_device *device, struct kdma_page *page, uint64_t offset,
		      uint64_t size, uint32_t direction, kdma_address_t *dma_address);

/**
 * kdma_unmap_page() - end a mapping of kdma_map_page()
 * @device: the device it was mapped for
 * @dma_address: as returned
 * @size: bytes, as mapped
 * @direction: as mapped
 *
 * Kernel: dma_unmap_page(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_unmap_page(struct kdma_device *device, kdma_address_t dma_address,
			uint64_t size, uint32_t direction);

/**
 * kdma_map_page_attrs() - map part of a page, with attributes
 * @device: the device
 * @page: the first page
 * @offset: bytes from its start
 * @size: bytes
 * @direction: enum kdma_direction
 * @attributes: bits of enum kdma_attribute that mappings take
 * @dma_address: out: the address for the device; all ones on failure
 *
 * Kernel: dma_map_page_attrs(), kernel/dma/mapping.c.
 * Context: any.
 * Return: KDMA_OK, KDMA_EMAPPING, KDMA_ENOTSUPP or KDMA_EINVAL.
 */
int32_t kdma_map_page_attrs(struct kdma_device *device, struct kdma_page *page,
			    uint64_t offset, uint64_t size, uint32_t direction,
			    uint64_t attributes, kdma_address_t *dma_address);

/**
 * kdma_unmap_page_attrs() - end a mapping of kdma_map_page_attrs()
 * @device: the device it was mapped for
 * @dma_address: as returned
 * @size: bytes, as mapped
 * @direction: as mapped
 * @attributes: as mapped, or with KDMA_ATTR_SKIP_CPU_SYNC added
 *
 * Kernel: dma_unmap_page_attrs(), kernel/dma/mapping.c.
 * Context: any.
 * Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
 */
int32_t kdma_unmap_page_attrs(struct kdma_device *device, kdma_address_t dma_address,
			      uint64_t size, uint32_t direction, uint64_t attributes);

/**
 * kdma_map_phys() - map physically contiguous memory by physical address
 * @device: the device
 * @physical_address: start of the memory; RAM, or MMIO with KDMA_ATTR_MMIO
 * @size: bytes
 * @direction: enum kdma_direction
 * @attributes: bits of enum kdma_attribute that mappings take
 * @dma_address: out: the address for the device; all ones on failure
 *
 * Kernel: dma_map_phys(), kernel/dma/mapping.c, where the kernel has it;
 * otherwise dma_map_page_attrs() on the page of @physical_address.
 * Context: any.
 * Return: KDMA_OK, KDMA_EMAPPING, KDMA_ENOTSUPP or KDMA_EINVAL.
 */
int32_t kdma_map_phys(struct kdma_device *device, uint64_t physical_address,
		      uint64_t size, uint32_t direction, uint64_t attributes,
		      kdma_address_t *dma_address);

/**
 * kdma_unmap_phys() - end a mapping of kdma_map_phys()
 * @device: the device it was mapped for
 * @dma_address: as returned
 * @size: bytes, as mapped
 * @direction: as mapped
 * @attributes: as mapped, or with KDMA_ATTR_SKIP_CPU_SYNC added
 *
 * Kernel: dma_unmap_phys(), kernel/dma/mapping.c, where the kernel has it;
 * otherwise dma_unmap_page_attrs().
 * Context: any.
 * Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
 */
int32_t kdma_unmap_phys(struct kdma_device *device, kdma_address_t dma_address,
			uint64_t size, uint32_t direction, uint64_t attributes);

/**
 * kdma_mapping_error() - did this mapping fail?
 * @device: the device it was mapped for
 * @dma_address: the address a map function gave
 *
 * Kernel: dma_mapping_error(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK for an address the device can use, KDMA_EMAPPING for the
 *         address of a failed mapping; KDMA_EINVAL.
 */
int32_t kdma_mapping_error(struct kdma_device *device, kdma_address_t dma_address);

/* Family: sync */

/**
 * kdma_sync_single_for_cpu() - let the CPU see what the device wrote
 * @device: the device
 * @dma_address: of the mapping
 * @size: bytes
 * @direction: as mapped
 *
 * The CPU owns the memory until kdma_sync_single_for_device().
 * Kernel: dma_sync_single_for_cpu(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_sync_single_for_cpu(struct kdma_device *device, kdma_address_t dma_address,
				 uint64_t size, uint32_t direction);

/**
 * kdma_sync_single_for_device() - let the device see what the CPU wrote
 * @device: the device
 * @dma_address: of the mapping
 * @size: bytes
 * @direction: as mapped
 *
 * The device owns the memory from here on.
 * Kernel: dma_sync_single_for_device(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_sync_single_for_device(struct kdma_device *device,
				    kdma_address_t dma_address, uint64_t size,
				    uint32_t direction);

/**
 * kdma_sync_single_range_for_cpu() - the same for a part of the mapping
 * @device: the device
 * @dma_address: of the mapping
 * @offset: bytes from the start of the mapping
 * @size: bytes
 * @direction: as mapped
 *
 * Kernel: dma_sync_single_range_for_cpu(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_sync_single_range_for_cpu(struct kdma_device *device,
				       kdma_address_t dma_address, uint64_t offset,
				       uint64_t size, uint32_t direction);

/**
 * kdma_sync_single_range_for_device() - the same for a part of the mapping
 * @device: the device
 * @dma_address: of the mapping
 * @offset: bytes from the start of the mapping
 * @size: bytes
 * @direction: as mapped
 *
 * Kernel: dma_sync_single_range_for_device(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_sync_single_range_for_device(struct kdma_device *device,
					  kdma_address_t dma_address, uint64_t offset,
					  uint64_t size, uint32_t direction);

/**
 * kdma_need_sync() - does this mapping need syncs at all?
 * @device: the device
 * @dma_address: of the mapping
 * @needed: out: 1 if syncs do something, 0 if they can be left out
 *
 * Kernel: dma_need_sync(), include/linux/dma-mapping.h (6.10 and later) or
 * kernel/dma/mapping.c.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_need_sync(struct kdma_device *device, kdma_address_t dma_address,
		       uint32_t *needed);

/* Family: scatterlist */

/**
 * struct kdma_sg_table - a scatterlist
 *
 * Opaque, made by kdma_sg_alloc(), or full already by kdma_get_sgtable() and
 * kdma_get_sgtable_attrs(). It is mapped for at most one device at a
 * time; what does not fit its state (a second mapping, the end of a mapping
 * that is not there, another device, direction or kind of function than it was
 * mapped with) is KDMA_EINVAL. The caller keeps two threads from using the
 * same table at a time.
 */
struct kdma_sg_table;

/* The most entries that a scatterlist can have. */
#define KDMA_SG_MAX_CAPACITY 0x10000

/**
 * kdma_sg_alloc() - make an empty scatterlist
 * @capacity: entries that it will have, 1 to KDMA_SG_MAX_CAPACITY
 * @flags: bits of enum kdma_alloc_flag
 * @table: out: the list
 *
 * The caller owns the list and gives it back with kdma_sg_free().
 * Kernel: sg_alloc_table(), lib/scatterlist.c.
 * Context: may sleep unless KDMA_ALLOC_ATOMIC is given.
 * Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
 */
int32_t kdma_sg_alloc(uint32_t capacity, uint32_t flags, struct kdma_sg_table **table);

/**
 * kdma_sg_free() - give back a list that is not mapped
 * @table: the list
 *
 * Kernel: sg_free_table(), lib/scatterlist.c.
 * Context: any.
 * Return: KDMA_OK; KDMA_EINVAL for a list that is mapped.
 */
int32_t kdma_sg_free(struct kdma_sg_table *table);

/**
 * kdma_sg_add() - append an entry to a list
 * @table: the list
 * @page: the first page of the memory
 * @offset: bytes from the start of @page to the memory; may lie beyond it, in
 *	pages that follow
 * @size: bytes, physically contiguous
 *
 * Neither may be above 0xffffffff.
 * Kernel: sg_set_page(), include/linux/scatterlist.h.
 * Context: any.
 * Return: KDMA_OK; KDMA_EINVAL for a list that is full or mapped.
 */
int32_t kdma_sg_add(struct kdma_sg_table *table, struct kdma_page *page, uint64_t offset,
		    uint64_t size);

/**
 * kdma_map_sg_attrs() - map a full list for a device
 * @device: the device
 * @table: the list; a list with entries missing is KDMA_EINVAL
 * @direction: enum kdma_direction
 * @attributes: bits of enum kdma_attribute that mappings take
 * @count: out: mapped segments, at most the number of entries
 *
 * The device owns the memory until kdma_unmap_sg_attrs() or a sync for the
 * CPU. Where the memory is for the device, kdma_sg_segment() says.
 * Kernel: dma_map_sg_attrs(), kernel/dma/mapping.c.
 * Context: any.
 * Return: KDMA_OK, KDMA_EMAPPING, KDMA_ENOTSUPP or KDMA_EINVAL.
 */
int32_t kdma_map_sg_attrs(struct kdma_device *device, struct kdma_sg_table *table,
			  uint32_t direction, uint64_t attributes, uint32_t *count);

/**
 * kdma_unmap_sg_attrs() - end a mapping of kdma_map_sg_attrs()
 * @device: the device it was mapped for
 * @table: the list
 * @direction: as mapped
 * @attributes: as mapped; KDMA_ATTR_SKIP_CPU_SYNC may be added
 *
 * Kernel: dma_unmap_sg_attrs(), kernel/dma/mapping.c.
 * Context: any.
 * Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
 */
int32_t kdma_unmap_sg_attrs(struct kdma_device *device, struct kdma_sg_table *table,
			    uint32_t direction, uint64_t attributes);

/**
 * kdma_map_sgtable() - map a full list for a device, with the reason of a failure
 * @device: the device
 * @table: the list; a list with entries missing is KDMA_EINVAL
 * @direction: enum kdma_direction
 * @attributes: bits of enum kdma_attribute that mappings take
 *
 * Kernel: dma_map_sgtable(), kernel/dma/mapping.c.
 * Context: any.
 * Return: KDMA_OK; KDMA_ENOMEM (no IOVA or no memory for now), where
 *         kdma_map_sg_attrs() can only say KDMA_EMAPPING; KDMA_EMAPPING
 *         otherwise; KDMA_ENOTSUPP; KDMA_EINVAL.
 */
int32_t kdma_map_sgtable(struct kdma_device *device, struct kdma_sg_table *table,
			 uint32_t direction, uint64_t attributes);

/**
 * kdma_unmap_sgtable() - end a mapping of kdma_map_sgtable()
 * @device: the device it was mapped for
 * @table: the list
 * @direction: as mapped
 * @attributes: as mapped; KDMA_ATTR_SKIP_CPU_SYNC may be added
 *
 * Kernel: dma_unmap_sgtable(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
 */
int32_t kdma_unmap_sgtable(struct kdma_device *device, struct kdma_sg_table *table,
			   uint32_t direction, uint64_t attributes);

/**
 * kdma_sync_sg_for_cpu() - hand all memory of a mapped list to the CPU
 * @device: the device it was mapped for
 * @table: the list
 * @direction: as mapped
 *
 * Kernel: dma_sync_sg_for_cpu(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK; KDMA_EINVAL for a list that is not mapped like this.
 */
int32_t kdma_sync_sg_for_cpu(struct kdma_device *device, struct kdma_sg_table *table,
			     uint32_t direction);

/**
 * kdma_sync_sg_for_device() - hand all memory of a mapped list to the device
 * @device: the device it was mapped for
 * @table: the list
 * @direction: as mapped
 *
 * Kernel: dma_sync_sg_for_device(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK; KDMA_EINVAL for a list that is not mapped like this.
 */
int32_t kdma_sync_sg_for_device(struct kdma_device *device, struct kdma_sg_table *table,
				uint32_t direction);

/**
 * kdma_sync_sgtable_for_cpu() - hand all memory of a mapped list to the CPU
 * @device: the device it was mapped for
 * @table: the list
 * @direction: as mapped
 *
 * Kernel: dma_sync_sgtable_for_cpu(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK; KDMA_EINVAL for a list that is not mapped like this.
 */
int32_t kdma_sync_sgtable_for_cpu(struct kdma_device *device, struct kdma_sg_table *table,
				  uint32_t direction);

/**
 * kdma_sync_sgtable_for_device() - hand all memory of a mapped list to the device
 * @device: the device it was mapped for
 * @table: the list
 * @direction: as mapped
 *
 * Kernel: dma_sync_sgtable_for_device(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK; KDMA_EINVAL for a list that is not mapped like this.
 */
int32_t kdma_sync_sgtable_for_device(struct kdma_device *device,
				     struct kdma_sg_table *table, uint32_t direction);

/**
 * kdma_sg_segment() - where the device finds a part of a mapped list
 * @table: the list
 * @index: which segment, counted from 0 in the order of the bytes
 * @dma_address: out: the segment's first byte
 * @size: out: its bytes
 *
 * A mapping may merge entries, so there can be fewer segments than entries.
 * Kernel: sg_dma_address() and sg_dma_len(), include/linux/scatterlist.h, in
 * the order of for_each_sgtable_dma_sg().
 * Context: any.
 * Return: KDMA_OK; KDMA_EINVAL for a list that is not mapped, or without such
 *         a segment.
 */
int32_t kdma_sg_segment(struct kdma_sg_table *table, uint32_t index,
			kdma_address_t *dma_address, uint64_t *size);

/* Family: sgtable */

/**
 * kdma_get_sgtable() - list the pages of coherent memory
 * @device: the device it was allocated for
 * @cpu_address: of memory of kdma_alloc_coherent() or
 *	kdma_managed_alloc_coherent()
 * @dma_address: the same memory as the device sees it
 * @size: bytes from its start, not more than were allocated
 * @table: out: a full list, in whole pages, that is not mapped
 *
 * For exporters, so that another device can map the memory as well. The caller owns
 * the list, gives it back with kdma_sg_free(), and keeps the memory until then. It
 * is the caller who knows that the memory has pages, and that neither device needs
 * syncs to see it: the kernel calls this function unsafe for that reason.
 * Kernel: dma_get_sgtable(), include/linux/dma-mapping.h.
 * Context: may sleep.
 * Return: KDMA_OK; KDMA_ENOMEM; KDMA_ENOTSUPP where the device's DMA operations
 *         cannot tell; KDMA_EINVAL.
 */
int32_t kdma_get_sgtable(struct kdma_device *device, void *cpu_address,
			 kdma_address_t dma_address, uint64_t size,
			 struct kdma_sg_table **table);

/**
 * kdma_get_sgtable_attrs() - list the pages of coherent memory with attributes
 * @device: the device it was allocated for
 * @cpu_address: of memory of kdma_alloc_attrs() or kdma_managed_alloc_attrs(), or
 *	its cookie (KDMA_ATTR_NO_KERNEL_MAPPING)
 * @dma_address: the same memory as the device sees it
 * @size: bytes from its start, not more than were allocated
 * @attributes: as allocated
 * @table: out: a full list, in whole pages, that is not mapped
 *
 * Everything else is as for kdma_get_sgtable().
 * Kernel: dma_get_sgtable_attrs(), kernel/dma/mapping.c.
 * Context: may sleep.
 * Return: KDMA_OK; KDMA_ENOMEM; KDMA_ENOTSUPP where the device's DMA operations
 *         cannot tell, and for an attribute that the kernel lacks; KDMA_EINVAL.
 */
int32_t kdma_get_sgtable_attrs(struct kdma_device *device, void *cpu_address,
			       kdma_address_t dma_address, uint64_t size,
			       uint64_t attributes, struct kdma_sg_table **table);

/* Family: noncontiguous */

/**
 * kdma_alloc_noncontiguous() - allocate memory in pieces, in one row for the device
 * @device: the device
 * @size: bytes; whole pages are allocated
 * @direction: enum kdma_direction
 * @flags: bits of enum kdma_alloc_flag
 * @attributes: KDMA_ATTR_ALLOC_SINGLE_PAGES or 0
 * @table: out: the memory. Of the functions for scatterlists, kdma_sg_segment()
 *	and those that sync take it; the others answer KDMA_EINVAL.
 * @dma_address: out: its first byte for the device, which sees all of it in a row
 *
 * Nobody says what is in the memory. The CPU has no address for it before
 * kdma_vmap_noncontiguous(). kdma_sync_sgtable_for_device() and
 * kdma_sync_sgtable_for_cpu() hand it to and fro. The caller owns it and gives it
 * back with kdma_free_noncontiguous().
 * Kernel: dma_alloc_noncontiguous(), kernel/dma/mapping.c.
 * Context: may sleep.
 * Return: KDMA_OK, KDMA_ENOMEM or KDMA_EINVAL.
 */
int32_t kdma_alloc_noncontiguous(struct kdma_device *device, uint64_t size,
				 uint32_t direction, uint32_t flags, uint64_t attributes,
				 struct kdma_sg_table **table,
				 kdma_address_t *dma_address);

/**
 * kdma_free_noncontiguous() - give back memory from kdma_alloc_noncontiguous()
 * @device: the device it was allocated for
 * @size: bytes, as allocated
 * @table: the memory
 * @direction: as allocated
 *
 * Kernel: dma_free_noncontiguous(), kernel/dma/mapping.c.
 * Context: may sleep.
 * Return: KDMA_OK; KDMA_EINVAL, also for memory that has an address for the CPU.
 */
int32_t kdma_free_noncontiguous(struct kdma_device *device, uint64_t size,
				struct kdma_sg_table *table, uint32_t direction);

/**
 * kdma_vmap_noncontiguous() - give the CPU an address for the memory
 * @device: the device it was allocated for
 * @size: bytes, as allocated
 * @table: the memory
 * @cpu_address: out: all of it in a row, page aligned
 *
 * The caller ends it with kdma_vunmap_noncontiguous().
 * Kernel: dma_vmap_noncontiguous(), kernel/dma/mapping.c.
 * Context: may sleep.
 * Return: KDMA_OK; KDMA_ENOMEM; KDMA_EINVAL, also for memory that has an address.
 */
int32_t kdma_vmap_noncontiguous(struct kdma_device *device, uint64_t size,
				struct kdma_sg_table *table, void **cpu_address);

/**
 * kdma_vunmap_noncontiguous() - take the CPU's address away
 * @device: the device it was allocated for
 * @table: the memory
 *
 * Kernel: dma_vunmap_noncontiguous(), kernel/dma/mapping.c.
 * Context: may sleep.
 * Return: KDMA_OK; KDMA_EINVAL, also for memory without an address.
 */
int32_t kdma_vunmap_noncontiguous(struct kdma_device *device,
				  struct kdma_sg_table *table);

/* Family: resource */

/**
 * kdma_map_resource() - map memory of another device, a BAR for instance
 * @device: the device
 * @physical_address: start of the memory; RAM is KDMA_EINVAL
 * @size: bytes
 * @direction: enum kdma_direction
 * @attributes: bits of enum kdma_attribute that mappings take
 * @dma_address: out: the address for the device; all ones on failure
 *
 * The memory is not cached and never bounced, so it needs no syncs: the functions
 * of sync are not for it. Whether the two devices reach each other is not asked.
 * Where every mapping has to be bounced, newer kernels give KDMA_EMAPPING.
 * Kernel: dma_map_resource(), kernel/dma/mapping.c.
 * Context: any.
 * Return: KDMA_OK, KDMA_EMAPPING, KDMA_ENOTSUPP or KDMA_EINVAL.
 */
int32_t kdma_map_resource(struct kdma_device *device, uint64_t physical_address,
			  uint64_t size, uint32_t direction, uint64_t attributes,
			  kdma_address_t *dma_address);

/**
 * kdma_unmap_resource() - end a mapping of kdma_map_resource()
 * @device: the device it was mapped for
 * @dma_address: as returned
 * @size: bytes, as mapped
 * @direction: as mapped
 * @attributes: as mapped, or with KDMA_ATTR_SKIP_CPU_SYNC added
 *
 * Kernel: dma_unmap_resource(), kernel/dma/mapping.c.
 * Context: any.
 * Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
 */
int32_t kdma_unmap_resource(struct kdma_device *device, kdma_address_t dma_address,
			    uint64_t size, uint32_t direction, uint64_t attributes);

/* Family: iova */

/**
 * struct kdma_iova_state - a range of IOVAs, to which memory is linked piece by piece
 *
 * Opaque, made by kdma_iova_try_alloc() (kernel: struct dma_iova_state). It knows
 * what is linked where; what does not fit (a range that is linked already, the end
 * of a link that is not there, another device, direction or attributes than it was
 * linked with) is KDMA_EINVAL. The caller keeps two threads from using the same
 * state at a time.
 *
 * Links begin at a page: the physical address and @dma_address + offset agree in
 * their bits within a page, and from the second page of the range on these bits are
 * zero. A link may end anywhere; nothing is linked to the rest of its last page.
 *
 * Kernels before 6.16 lack these functions: kdma_iova_try_alloc() gives
 * KDMA_ENOTSUPP there.
 */
struct kdma_iova_state;

/**
 * kdma_iova_try_alloc() - ask for a range of IOVAs
 * @device: the device
 * @physical_address: of what will be linked first; only its bits within a page count
 * @size: bytes
 * @flags: bits of enum kdma_alloc_flag
 * @state: out: the state
 * @dma_address: out: the range's first byte for the device; all ones without one
 *
 * Without an IOMMU in front of the device, or without room, there is a state and
 * no range: kdma_use_iova() tells, and memory is mapped by the functions of
 * streaming instead. The caller owns the state either way and gives it back with
 * kdma_iova_free() or kdma_iova_destroy(). The device reaches nothing yet.
 * Kernel: dma_iova_try_alloc(), drivers/iommu/dma-iommu.c.
 * Context: may sleep unless KDMA_ALLOC_ATOMIC is given.
 * Return: KDMA_OK, with or without a range; KDMA_ENOMEM; KDMA_ENOTSUPP; KDMA_EINVAL,
 *         also for 2^62 bytes and more.
 */
int32_t kdma_iova_try_alloc(struct kdma_device *device, uint64_t physical_address,
			    uint64_t size, uint32_t flags, struct kdma_iova_state **state,
			    kdma_address_t *dma_address);

/**
 * kdma_use_iova() - has the state a range of IOVAs?
 * @state: the state
 * @used: out: 1 if it has, 0 if memory is to be mapped by other functions
 *
 * Kernel: dma_use_iova(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_use_iova(struct kdma_iova_state *state, uint32_t *used);

/**
 * kdma_iova_size() - how large the range is
 * @state: the state
 * @size: out: bytes, as asked for; 0 without a range
 *
 * Kernel: dma_iova_size(), include/linux/dma-mapping.h.
 * Context: any.
 * Return: KDMA_OK or KDMA_EINVAL.
 */
int32_t kdma_iova_size(struct kdma_iova_state *state, uint64_t *size);

/**
 * kdma_iova_link() - link memory to a part of the range
 * @device: the device the range is for
 * @state: the state
 * @physical_address: start of the memory; RAM, or MMIO with KDMA_ATTR_MMIO
 * @offset: bytes from the start of the range
 * @size: bytes
 * @direction: enum kdma_direction
 * @attributes: bits of enum kdma_attribute that kdma_map_phys() takes
 *
 * The device owns the memory from here on, and reaches it after
 * kdma_iova_sync(). It is the caller's again after kdma_iova_unlink().
 * Kernel: dma_iova_link(), drivers/iommu/dma-iommu.c.
 * Context: any.
 * Return: KDMA_OK; KDMA_ENOMEM; KDMA_EMAPPING (the memory would have to be bounced
 *         and must not be, and other failures); KDMA_ENOTSUPP (an attribute);
 *         KDMA_EINVAL, also for a state without a range.
 */
int32_t kdma_iova_link(struct kdma_device *device, struct kdma_iova_state *state,
		       uint64_t physical_address, uint64_t offset, uint64_t size,
		       uint32_t direction, uint64_t attributes);

/**
 * kdma_iova_sync() - let the device see what has been linked
 * @device: the device the range is for
 * @state: the state
 * @offset: bytes from the start of the range
 * @size: bytes, all of them linked; of one link or of many in a row
 *
 * Once for many links is cheaper than once for each.
 * Kernel: dma_iova_sync(), drivers/iommu/dma-iommu.c.
 * Context: any.
 * Return: KDMA_OK; KDMA_ENOMEM; KDMA_EMAPPING; KDMA_EINVAL.
 */
int32_t kdma_iova_sync(struct kdma_device *device, struct kdma_iova_state *state,
		       uint64_t offset, uint64_t size);

/**
 * kdma_iova_unlink() - end links
 * @device: the device the range is for
 * @state: the state
 * @offset: bytes from the start of the range, to the start of a link
 * @size: bytes, of one link or of many in a row; a part of one is KDMA_EINVAL
 * @direction: as linked
 * @attributes: as linked; KDMA_ATTR_SKIP_CPU_SYNC may be added
 *
 * The device does not reach the memory any more, lazy IOMMUs included. The range
 * stays, and memory can be linked to it again.
 * Kernel: dma_iova_unlink(), drivers/iommu/dma-iommu.c.
 * Context: any.
 * Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
 */
int32_t kdma_iova_unlink(struct kdma_device *device, struct kdma_iova_state *state,
			 uint64_t offset, uint64_t size, uint32_t direction,
			 uint64_t attributes);

/**
 * kdma_iova_destroy() - end all links and give the range and the state back
 * @device: the device the range is for
 * @state: the state
 * @linked: bytes from the start of the range that are linked, and no others; 0 if
 *	nothing is
 * @direction: as linked
 * @attributes: as linked, all in the same way; KDMA_ATTR_SKIP_CPU_SYNC may be added
 *
 * Kernel: dma_iova_destroy(), drivers/iommu/dma-iommu.c.
 * Context: any after KDMA_ALLOC_ATOMIC, otherwise may sleep.
 * Return: KDMA_OK, KDMA_ENOTSUPP or KDMA_EINVAL.
 */
int32_t kdma_iova_destroy(struct kdma_device *device, struct kdma_iova_state *state,
			  uint64_t linked, uint32_t direction, uint64_t attributes);

/**
 * kdma_iova_free() - give the range and the state back, when nothing is linked
 * @device: the device the range is for
 * @state: the state
 *
 * Kernel: dma_iova_free(), drivers/iommu/dma-iommu.c.
 * Context: any after KDMA_ALLOC_ATOMIC, otherwise may sleep.
 * Return: KDMA_OK; KDMA_EINVAL, also for a range with links.
 */
int32_t kdma_iova_free(struct kdma_device *device, struct kdma_iova_state *state);

#endif /* KDMA_H */
