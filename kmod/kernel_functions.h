/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_functions.h - functions of the kernel of which kernel_calls.c records calls
 *
 * KDMA_FUNCTION(name, KIND(parameter), ...), sorted by name: exported ones.
 * KDMA_BACKEND() likewise: what those end with a jump to, whose caller a driver then
 * seems to be; not exported, so found by their names. What a kernel does not have is
 * left out when the module is loaded. Read by the C compiler, and by
 * harness/kdma/kernel_calls.py for names. Kinds:
 *
 *	CPU	a CPU's address of memory, or the cookie that stands for it
 *	DEVICE	the device
 *	DMA	a DMA address
 *	INT	a number of 32 bits; what the register holds above is undefined
 *	LONG	a number of 64 bits
 *	NAME	a text, not compared
 *	OBJECT	what the kernel keeps between calls: a list, a pool, a state
 *	OFFSET	bytes from the page before it: both together are an address
 *	OUT	where a result goes
 *	PAGE	a struct page
 *	PHYS	a physical address
 *	PIECES	as INT: how many entries a list has, which may be the allocator's luck
 */
KDMA_FUNCTION(__dma_need_sync, DEVICE(dev), DMA(dma_addr))
KDMA_FUNCTION(__dma_sync_sg_for_cpu, DEVICE(dev), OBJECT(sg), PIECES(nelems), INT(dir))
KDMA_FUNCTION(__dma_sync_sg_for_device, DEVICE(dev), OBJECT(sg), PIECES(nelems), INT(dir))
KDMA_FUNCTION(__dma_sync_single_for_cpu, DEVICE(dev), DMA(addr), LONG(size), INT(dir))
KDMA_FUNCTION(__dma_sync_single_for_device, DEVICE(dev), DMA(addr), LONG(size), INT(dir))
KDMA_FUNCTION(dma_addressing_limited, DEVICE(dev))
KDMA_FUNCTION(dma_alloc_attrs, DEVICE(dev), LONG(size), OUT(dma_handle), INT(flag),
	      LONG(attrs))
KDMA_FUNCTION(dma_alloc_noncontiguous, DEVICE(dev), LONG(size), INT(dir), INT(gfp),
	      LONG(attrs))
KDMA_FUNCTION(dma_alloc_pages, DEVICE(dev), LONG(size), OUT(dma_handle), INT(dir),
	      INT(gfp))
KDMA_FUNCTION(dma_can_mmap, DEVICE(dev))
KDMA_BACKEND(dma_direct_get_sgtable, DEVICE(dev), OUT(sgt), CPU(cpu_addr), DMA(dma_addr),
	     LONG(size), LONG(attrs))
KDMA_BACKEND(dma_direct_need_sync, DEVICE(dev), DMA(dma_addr))
KDMA_FUNCTION(dma_free_attrs, DEVICE(dev), LONG(size), CPU(cpu_addr), DMA(dma_handle),
	      LONG(attrs))
KDMA_FUNCTION(dma_free_noncontiguous, DEVICE(dev), LONG(size), OBJECT(sgt), INT(dir))
KDMA_FUNCTION(dma_free_pages, DEVICE(dev), LONG(size), PAGE(page), DMA(dma_handle),
	      INT(dir))
KDMA_FUNCTION(dma_get_merge_boundary, DEVICE(dev))
KDMA_FUNCTION(dma_get_required_mask, DEVICE(dev))
KDMA_FUNCTION(dma_get_sgtable_attrs, DEVICE(dev), OUT(sgt), CPU(cpu_addr), DMA(dma_addr),
	      LONG(size), LONG(attrs))
KDMA_FUNCTION(dma_iova_destroy, DEVICE(dev), OBJECT(state), LONG(mapped_len), INT(dir),
	      LONG(attrs))
KDMA_FUNCTION(dma_iova_free, DEVICE(dev), OBJECT(state))
KDMA_FUNCTION(dma_iova_link, DEVICE(dev), OBJECT(state), PHYS(phys), LONG(offset),
	      LONG(size), INT(dir), LONG(attrs))
KDMA_FUNCTION(dma_iova_sync, DEVICE(dev), OBJECT(state), LONG(offset), LONG(size))
KDMA_FUNCTION(dma_iova_try_alloc, DEVICE(dev), OUT(state), LONG(phys), LONG(size))
KDMA_FUNCTION(dma_iova_unlink, DEVICE(dev), OBJECT(state), LONG(offset), LONG(size),
	      INT(dir), LONG(attrs))
KDMA_FUNCTION(dma_map_page_attrs, DEVICE(dev), PAGE(page), OFFSET(offset), LONG(size),
	      INT(dir), LONG(attrs))
KDMA_FUNCTION(dma_map_phys, DEVICE(dev), PHYS(phys), LONG(size), INT(dir), LONG(attrs))
KDMA_FUNCTION(dma_map_resource, DEVICE(dev), PHYS(phys_addr), LONG(size), INT(dir),
	      LONG(attrs))
KDMA_FUNCTION(dma_map_sg_attrs, DEVICE(dev), OBJECT(sg), PIECES(nents), INT(dir),
	      LONG(attrs))
KDMA_FUNCTION(dma_map_sgtable, DEVICE(dev), OBJECT(sgt), INT(dir), LONG(attrs))
KDMA_FUNCTION(dma_max_mapping_size, DEVICE(dev))
KDMA_FUNCTION(dma_need_sync, DEVICE(dev), DMA(dma_addr))
KDMA_FUNCTION(dma_opt_mapping_size, DEVICE(dev))
KDMA_FUNCTION(dma_pci_p2pdma_supported, DEVICE(dev))
KDMA_FUNCTION(dma_pool_alloc, OBJECT(pool), INT(mem_flags), OUT(handle))
KDMA_FUNCTION(dma_pool_create, NAME(name), DEVICE(dev), LONG(size), LONG(align),
	      LONG(boundary))
KDMA_FUNCTION(dma_pool_create_node, NAME(name), DEVICE(dev), LONG(size), LONG(align),
	      LONG(boundary), INT(node))
KDMA_FUNCTION(dma_pool_destroy, OBJECT(pool))
KDMA_FUNCTION(dma_pool_free, OBJECT(pool), CPU(vaddr), DMA(addr))
KDMA_FUNCTION(dma_set_coherent_mask, DEVICE(dev), LONG(mask))
KDMA_FUNCTION(dma_set_mask, DEVICE(dev), LONG(mask))
KDMA_FUNCTION(dma_sync_sg_for_cpu, DEVICE(dev), OBJECT(sg), PIECES(nelems), INT(dir))
KDMA_FUNCTION(dma_sync_sg_for_device, DEVICE(dev), OBJECT(sg), PIECES(nelems), INT(dir))
KDMA_FUNCTION(dma_sync_single_for_cpu, DEVICE(dev), DMA(addr), LONG(size), INT(dir))
KDMA_FUNCTION(dma_sync_single_for_device, DEVICE(dev), DMA(addr), LONG(size), INT(dir))
KDMA_FUNCTION(dma_unmap_page_attrs, DEVICE(dev), DMA(addr), LONG(size), INT(dir),
	      LONG(attrs))
KDMA_FUNCTION(dma_unmap_phys, DEVICE(dev), DMA(addr), LONG(size), INT(dir), LONG(attrs))
KDMA_FUNCTION(dma_unmap_resource, DEVICE(dev), DMA(addr), LONG(size), INT(dir),
	      LONG(attrs))
KDMA_FUNCTION(dma_unmap_sg_attrs, DEVICE(dev), OBJECT(sg), PIECES(nents), INT(dir),
	      LONG(attrs))
KDMA_FUNCTION(dma_vmap_noncontiguous, DEVICE(dev), LONG(size), OBJECT(sgt))
KDMA_FUNCTION(dma_vunmap_noncontiguous, DEVICE(dev), CPU(vaddr))
KDMA_FUNCTION(dmam_alloc_attrs, DEVICE(dev), LONG(size), OUT(dma_handle), INT(gfp),
	      LONG(attrs))
KDMA_FUNCTION(dmam_free_coherent, DEVICE(dev), LONG(size), CPU(vaddr), DMA(dma_handle))
KDMA_FUNCTION(dmam_pool_create, NAME(name), DEVICE(dev), LONG(size), LONG(align),
	      LONG(allocation))
KDMA_FUNCTION(dmam_pool_destroy, OBJECT(pool))
KDMA_BACKEND(iommu_dma_get_sgtable, DEVICE(dev), OUT(sgt), CPU(cpu_addr), DMA(dma_addr),
	     LONG(size), LONG(attrs))
KDMA_BACKEND(iommu_sync_map, OBJECT(domain), DMA(iova), LONG(size))
KDMA_FUNCTION(sg_alloc_table, OUT(table), INT(nents), INT(gfp_mask))
KDMA_FUNCTION(sg_free_table, OBJECT(table))
