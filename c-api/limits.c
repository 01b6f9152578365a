// SPDX-License-Identifier: GPL-2.0
/* Family: limits. The functions are documented in kdma.h. */
#include "translate.h"

/*
 * A device without a place for its streaming mask makes dma_set_mask() fail
 * with -EIO on its own; the same holds for masks the platform cannot serve.
 */
int32_t kdma_set_mask(struct kdma_device *device, uint64_t mask)
{
	if (!device)
		return KDMA_EINVAL;
	return kdma_from_errno(dma_set_mask(kdma_to_device(device), mask));
}
KDMA_EXPORT(kdma_set_mask);

int32_t kdma_set_coherent_mask(struct kdma_device *device, uint64_t mask)
{
	if (!device)
		return KDMA_EINVAL;
	return kdma_from_errno(dma_set_coherent_mask(kdma_to_device(device), mask));
}
KDMA_EXPORT(kdma_set_coherent_mask);

int32_t kdma_set_mask_and_coherent(struct kdma_device *device, uint64_t mask)
{
	if (!device)
		return KDMA_EINVAL;
	return kdma_from_errno(dma_set_mask_and_coherent(kdma_to_device(device), mask));
}
KDMA_EXPORT(kdma_set_mask_and_coherent);

int32_t kdma_get_mask(struct kdma_device *device, uint64_t *mask)
{
	if (!device || !mask)
		return KDMA_EINVAL;
	*mask = dma_get_mask(kdma_to_device(device));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_get_mask);

int32_t kdma_get_required_mask(struct kdma_device *device, uint64_t *mask)
{
	if (!device || !mask)
		return KDMA_EINVAL;
	*mask = dma_get_required_mask(kdma_to_device(device));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_get_required_mask);

int32_t kdma_max_mapping_size(struct kdma_device *device, uint64_t *size)
{
	if (!device || !size)
		return KDMA_EINVAL;
	*size = dma_max_mapping_size(kdma_to_device(device));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_max_mapping_size);

int32_t kdma_opt_mapping_size(struct kdma_device *device, uint64_t *size)
{
	if (!device || !size)
		return KDMA_EINVAL;
	*size = dma_opt_mapping_size(kdma_to_device(device));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_opt_mapping_size);

int32_t kdma_addressing_limited(struct kdma_device *device, uint32_t *limited)
{
	if (!device || !limited)
		return KDMA_EINVAL;
	*limited = dma_addressing_limited(kdma_to_device(device));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_addressing_limited);

/*
 * The setters returned -EIO for a device without DMA parameters until Linux
 * kernel commits 334304ac2bac ("dma-mapping: don't return errors from
 * dma_set_max_seg_size"), 560a861ab417 ("... dma_set_seg_boundary") and
 * c42a01264b93 ("... dma_set_min_align_mask") (all in v6.12); since then they
 * return nothing and warn. Looking for the parameters first serves both.
 */
int32_t kdma_set_max_seg_size(struct kdma_device *device, uint32_t size)
{
	if (!device || !size)
		return KDMA_EINVAL;
	if (!kdma_to_device(device)->dma_parms)
		return KDMA_EIO;
	dma_set_max_seg_size(kdma_to_device(device), size);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_set_max_seg_size);

int32_t kdma_get_max_seg_size(struct kdma_device *device, uint32_t *size)
{
	if (!device || !size)
		return KDMA_EINVAL;
	*size = dma_get_max_seg_size(kdma_to_device(device));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_get_max_seg_size);

/*
 * The kernel takes any boundary, and with bounce buffers a mapping then ends in
 * a BUG() of iommu_is_span_boundary() where it is no power of two.
 */
int32_t kdma_set_seg_boundary(struct kdma_device *device, uint64_t mask)
{
	if (!device || !mask || mask > ULONG_MAX || (mask & (mask + 1)))
		return KDMA_EINVAL;
	if (!kdma_to_device(device)->dma_parms)
		return KDMA_EIO;
	dma_set_seg_boundary(kdma_to_device(device), mask);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_set_seg_boundary);

int32_t kdma_get_seg_boundary(struct kdma_device *device, uint64_t *mask)
{
	if (!device || !mask)
		return KDMA_EINVAL;
	*mask = dma_get_seg_boundary(kdma_to_device(device));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_get_seg_boundary);

int32_t kdma_set_min_align_mask(struct kdma_device *device, uint32_t mask)
{
	if (!device)
		return KDMA_EINVAL;
	if (!kdma_to_device(device)->dma_parms)
		return KDMA_EIO;
	dma_set_min_align_mask(kdma_to_device(device), mask);
	return KDMA_OK;
}
KDMA_EXPORT(kdma_set_min_align_mask);

int32_t kdma_get_min_align_mask(struct kdma_device *device, uint32_t *mask)
{
	if (!device || !mask)
		return KDMA_EINVAL;
	*mask = dma_get_min_align_mask(kdma_to_device(device));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_get_min_align_mask);

int32_t kdma_get_cache_alignment(uint32_t *alignment)
{
	if (!alignment)
		return KDMA_EINVAL;
	*alignment = dma_get_cache_alignment();
	return KDMA_OK;
}
KDMA_EXPORT(kdma_get_cache_alignment);

int32_t kdma_get_merge_boundary(struct kdma_device *device, uint64_t *mask)
{
	if (!device || !mask)
		return KDMA_EINVAL;
	*mask = dma_get_merge_boundary(kdma_to_device(device));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_get_merge_boundary);

int32_t kdma_can_mmap(struct kdma_device *device, uint32_t *possible)
{
	if (!device || !possible)
		return KDMA_EINVAL;
	*possible = dma_can_mmap(kdma_to_device(device));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_can_mmap);

int32_t kdma_pci_p2pdma_supported(struct kdma_device *device, uint32_t *supported)
{
	if (!device || !supported)
		return KDMA_EINVAL;
	*supported = dma_pci_p2pdma_supported(kdma_to_device(device));
	return KDMA_OK;
}
KDMA_EXPORT(kdma_pci_p2pdma_supported);
