/* SPDX-License-Identifier: GPL-2.0 */
/*
 * translate.h - from the ABI's values to the kernel's and back
 *
 * Directions, attributes, flags and errors of kdma.h never change; the
 * kernel's may. This is the only place that knows both.
 */
#ifndef KDMA_TRANSLATE_H
#define KDMA_TRANSLATE_H

#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/gfp.h>

#include <kdma.h>

/*
 * The symbol namespace became a string in Linux kernel commit cdd30ebb1b9f
 * ("module: Convert symbol namespace to string literal") (in v6.13). Kbuild
 * probes for it.
 */
#ifdef KDMA_NAMESPACE_IS_TOKEN
#define KDMA_EXPORT(symbol) EXPORT_SYMBOL_NS_GPL(symbol, KDMA)
#else
#define KDMA_EXPORT(symbol) EXPORT_SYMBOL_NS_GPL(symbol, "KDMA")
#endif

static inline struct device *kdma_to_device(struct kdma_device *device)
{
	return (struct device *)device;
}

static inline struct page *kdma_to_page(struct kdma_page *page)
{
	return (struct page *)page;
}

/* Does the ABI's size fit the kernel's size_t, and is there any? */
static inline bool kdma_size_is_valid(uint64_t size)
{
	return size && size <= SIZE_MAX;
}

/*
 * Can Linux count the pages of this many bytes? The IOMMU layer has 32 bits for
 * them: 16 TiB are no pages to it, whose addresses it then reads
 * (__iommu_dma_alloc_noncontiguous() in drivers/iommu/dma-iommu.c). Nobody has
 * that much memory.
 */
static inline bool kdma_size_is_countable(uint64_t size)
{
	return size <= (uint64_t)U32_MAX << PAGE_SHIFT;
}

/* Is it an address that a mapping can have had? */
static inline bool kdma_address_is_valid(kdma_address_t address)
{
	return address != KDMA_MAPPING_ERROR && address == (dma_addr_t)address;
}

bool kdma_direction_is_valid(uint32_t direction);
enum dma_data_direction kdma_to_direction(uint32_t direction);
uint64_t kdma_native_attributes(void);
int32_t kdma_to_attributes(uint64_t attributes, uint64_t taken, unsigned long *native);
int32_t kdma_to_gfp(uint32_t flags, gfp_t *gfp);
int32_t kdma_from_errno(int error);
/*
 * For what maps memory: the kernel has many words for lists and links that it will
 * never map. Only -ENOMEM, no room for now, is more than a mapping that failed.
 */
int32_t kdma_from_map_errno(int error);

#endif /* KDMA_TRANSLATE_H */
