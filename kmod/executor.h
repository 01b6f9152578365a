/* SPDX-License-Identifier: GPL-2.0 */
/* Generated from operations.toml by `./kdma generate`. Do not edit. */
#ifndef KDMA_EXECUTOR_H
#define KDMA_EXECUTOR_H

#include "operations.h"

/*
 * The calls of one driver. Each makes one call with exactly these arguments,
 * writes values on success and returns enum kdma_error. A driver writes them
 * all by hand; kdma_execute() decodes and dispatches.
 */
struct kdma_calls {
	int32_t (*abi_version)(struct kdma_run *run,
		uint64_t *values);
	int32_t (*abi_attributes)(struct kdma_run *run,
		uint64_t *values);
	int32_t (*set_mask)(struct kdma_run *run,
		const struct kdma_set_mask_arguments *arguments,
		uint64_t *values);
	int32_t (*set_coherent_mask)(struct kdma_run *run,
		const struct kdma_set_coherent_mask_arguments *arguments,
		uint64_t *values);
	int32_t (*set_mask_and_coherent)(struct kdma_run *run,
		const struct kdma_set_mask_and_coherent_arguments *arguments,
		uint64_t *values);
	int32_t (*get_mask)(struct kdma_run *run,
		uint64_t *values);
	int32_t (*get_required_mask)(struct kdma_run *run,
		uint64_t *values);
	int32_t (*max_mapping_size)(struct kdma_run *run,
		uint64_t *values);
	int32_t (*opt_mapping_size)(struct kdma_run *run,
		uint64_t *values);
	int32_t (*addressing_limited)(struct kdma_run *run,
		uint64_t *values);
	int32_t (*set_max_seg_size)(struct kdma_run *run,
		const struct kdma_set_max_seg_size_arguments *arguments,
		uint64_t *values);
	int32_t (*get_max_seg_size)(struct kdma_run *run,
		uint64_t *values);
	int32_t (*set_seg_boundary)(struct kdma_run *run,
		const struct kdma_set_seg_boundary_arguments *arguments,
		uint64_t *values);
	int32_t (*get_seg_boundary)(struct kdma_run *run,
		uint64_t *values);
	int32_t (*set_min_align_mask)(struct kdma_run *run,
		const struct kdma_set_min_align_mask_arguments *arguments,
		uint64_t *values);
	int32_t (*get_min_align_mask)(struct kdma_run *run,
		uint64_t *values);
	int32_t (*get_cache_alignment)(struct kdma_run *run,
		uint64_t *values);
	int32_t (*get_merge_boundary)(struct kdma_run *run,
		uint64_t *values);
	int32_t (*pci_p2pdma_supported)(struct kdma_run *run,
		uint64_t *values);
	int32_t (*can_mmap)(struct kdma_run *run,
		uint64_t *values);
	int32_t (*alloc_coherent)(struct kdma_run *run,
		const struct kdma_alloc_coherent_arguments *arguments,
		uint64_t *values);
	int32_t (*free_coherent)(struct kdma_run *run,
		const struct kdma_free_coherent_arguments *arguments,
		uint64_t *values);
	int32_t (*alloc_attrs)(struct kdma_run *run,
		const struct kdma_alloc_attrs_arguments *arguments,
		uint64_t *values);
	int32_t (*free_attrs)(struct kdma_run *run,
		const struct kdma_free_attrs_arguments *arguments,
		uint64_t *values);
	int32_t (*map_single)(struct kdma_run *run,
		const struct kdma_map_single_arguments *arguments,
		uint64_t *values);
	int32_t (*unmap_single)(struct kdma_run *run,
		const struct kdma_unmap_single_arguments *arguments,
		uint64_t *values);
	int32_t (*map_single_attrs)(struct kdma_run *run,
		const struct kdma_map_single_attrs_arguments *arguments,
		uint64_t *values);
	int32_t (*unmap_single_attrs)(struct kdma_run *run,
		const struct kdma_unmap_single_attrs_arguments *arguments,
		uint64_t *values);
	int32_t (*map_page)(struct kdma_run *run,
		const struct kdma_map_page_arguments *arguments,
		uint64_t *values);
	int32_t (*unmap_page)(struct kdma_run *run,
		const struct kdma_unmap_page_arguments *arguments,
		uint64_t *values);
	int32_t (*map_page_attrs)(struct kdma_run *run,
		const struct kdma_map_page_attrs_arguments *arguments,
		uint64_t *values);
	int32_t (*unmap_page_attrs)(struct kdma_run *run,
		const struct kdma_unmap_page_attrs_arguments *arguments,
		uint64_t *values);
	int32_t (*map_phys)(struct kdma_run *run,
		const struct kdma_map_phys_arguments *arguments,
		uint64_t *values);
	int32_t (*unmap_phys)(struct kdma_run *run,
		const struct kdma_unmap_phys_arguments *arguments,
		uint64_t *values);
	int32_t (*mapping_error)(struct kdma_run *run,
		const struct kdma_mapping_error_arguments *arguments,
		uint64_t *values);
	int32_t (*sync_single_for_cpu)(struct kdma_run *run,
		const struct kdma_sync_single_for_cpu_arguments *arguments,
		uint64_t *values);
	int32_t (*sync_single_for_device)(struct kdma_run *run,
		const struct kdma_sync_single_for_device_arguments *arguments,
		uint64_t *values);
	int32_t (*sync_single_range_for_cpu)(struct kdma_run *run,
		const struct kdma_sync_single_range_for_cpu_arguments *arguments,
		uint64_t *values);
	int32_t (*sync_single_range_for_device)(struct kdma_run *run,
		const struct kdma_sync_single_range_for_device_arguments *arguments,
		uint64_t *values);
	int32_t (*need_sync)(struct kdma_run *run,
		const struct kdma_need_sync_arguments *arguments,
		uint64_t *values);
	int32_t (*alloc_pages)(struct kdma_run *run,
		const struct kdma_alloc_pages_arguments *arguments,
		uint64_t *values);
	int32_t (*free_pages)(struct kdma_run *run,
		const struct kdma_free_pages_arguments *arguments,
		uint64_t *values);
	int32_t (*sg_alloc)(struct kdma_run *run,
		const struct kdma_sg_alloc_arguments *arguments,
		uint64_t *values);
	int32_t (*sg_free)(struct kdma_run *run,
		const struct kdma_sg_free_arguments *arguments,
		uint64_t *values);
	int32_t (*sg_add)(struct kdma_run *run,
		const struct kdma_sg_add_arguments *arguments,
		uint64_t *values);
	int32_t (*map_sg_attrs)(struct kdma_run *run,
		const struct kdma_map_sg_attrs_arguments *arguments,
		uint64_t *values);
	int32_t (*unmap_sg_attrs)(struct kdma_run *run,
		const struct kdma_unmap_sg_attrs_arguments *arguments,
		uint64_t *values);
	int32_t (*map_sgtable)(struct kdma_run *run,
		const struct kdma_map_sgtable_arguments *arguments,
		uint64_t *values);
	int32_t (*unmap_sgtable)(struct kdma_run *run,
		const struct kdma_unmap_sgtable_arguments *arguments,
		uint64_t *values);
	int32_t (*sync_sg_for_cpu)(struct kdma_run *run,
		const struct kdma_sync_sg_for_cpu_arguments *arguments,
		uint64_t *values);
	int32_t (*sync_sg_for_device)(struct kdma_run *run,
		const struct kdma_sync_sg_for_device_arguments *arguments,
		uint64_t *values);
	int32_t (*sync_sgtable_for_cpu)(struct kdma_run *run,
		const struct kdma_sync_sgtable_for_cpu_arguments *arguments,
		uint64_t *values);
	int32_t (*sync_sgtable_for_device)(struct kdma_run *run,
		const struct kdma_sync_sgtable_for_device_arguments *arguments,
		uint64_t *values);
	int32_t (*sg_segment)(struct kdma_run *run,
		const struct kdma_sg_segment_arguments *arguments,
		uint64_t *values);
	int32_t (*get_sgtable)(struct kdma_run *run,
		const struct kdma_get_sgtable_arguments *arguments,
		uint64_t *values);
	int32_t (*get_sgtable_attrs)(struct kdma_run *run,
		const struct kdma_get_sgtable_attrs_arguments *arguments,
		uint64_t *values);
	int32_t (*alloc_noncoherent)(struct kdma_run *run,
		const struct kdma_alloc_noncoherent_arguments *arguments,
		uint64_t *values);
	int32_t (*free_noncoherent)(struct kdma_run *run,
		const struct kdma_free_noncoherent_arguments *arguments,
		uint64_t *values);
	int32_t (*pool_create)(struct kdma_run *run,
		const struct kdma_pool_create_arguments *arguments,
		uint64_t *values);
	int32_t (*pool_destroy)(struct kdma_run *run,
		const struct kdma_pool_destroy_arguments *arguments,
		uint64_t *values);
	int32_t (*pool_alloc)(struct kdma_run *run,
		const struct kdma_pool_alloc_arguments *arguments,
		uint64_t *values);
	int32_t (*pool_zalloc)(struct kdma_run *run,
		const struct kdma_pool_zalloc_arguments *arguments,
		uint64_t *values);
	int32_t (*pool_free)(struct kdma_run *run,
		const struct kdma_pool_free_arguments *arguments,
		uint64_t *values);
	int32_t (*alloc_noncontiguous)(struct kdma_run *run,
		const struct kdma_alloc_noncontiguous_arguments *arguments,
		uint64_t *values);
	int32_t (*free_noncontiguous)(struct kdma_run *run,
		const struct kdma_free_noncontiguous_arguments *arguments,
		uint64_t *values);
	int32_t (*vmap_noncontiguous)(struct kdma_run *run,
		const struct kdma_vmap_noncontiguous_arguments *arguments,
		uint64_t *values);
	int32_t (*vunmap_noncontiguous)(struct kdma_run *run,
		const struct kdma_vunmap_noncontiguous_arguments *arguments,
		uint64_t *values);
	int32_t (*map_resource)(struct kdma_run *run,
		const struct kdma_map_resource_arguments *arguments,
		uint64_t *values);
	int32_t (*unmap_resource)(struct kdma_run *run,
		const struct kdma_unmap_resource_arguments *arguments,
		uint64_t *values);
	int32_t (*iova_try_alloc)(struct kdma_run *run,
		const struct kdma_iova_try_alloc_arguments *arguments,
		uint64_t *values);
	int32_t (*use_iova)(struct kdma_run *run,
		const struct kdma_use_iova_arguments *arguments,
		uint64_t *values);
	int32_t (*iova_size)(struct kdma_run *run,
		const struct kdma_iova_size_arguments *arguments,
		uint64_t *values);
	int32_t (*iova_link)(struct kdma_run *run,
		const struct kdma_iova_link_arguments *arguments,
		uint64_t *values);
	int32_t (*iova_sync)(struct kdma_run *run,
		const struct kdma_iova_sync_arguments *arguments,
		uint64_t *values);
	int32_t (*iova_unlink)(struct kdma_run *run,
		const struct kdma_iova_unlink_arguments *arguments,
		uint64_t *values);
	int32_t (*iova_destroy)(struct kdma_run *run,
		const struct kdma_iova_destroy_arguments *arguments,
		uint64_t *values);
	int32_t (*iova_free)(struct kdma_run *run,
		const struct kdma_iova_free_arguments *arguments,
		uint64_t *values);
	int32_t (*managed_alloc_attrs)(struct kdma_run *run,
		const struct kdma_managed_alloc_attrs_arguments *arguments,
		uint64_t *values);
	int32_t (*managed_alloc_coherent)(struct kdma_run *run,
		const struct kdma_managed_alloc_coherent_arguments *arguments,
		uint64_t *values);
	int32_t (*managed_free_coherent)(struct kdma_run *run,
		const struct kdma_managed_free_coherent_arguments *arguments,
		uint64_t *values);
	int32_t (*managed_pool_create)(struct kdma_run *run,
		const struct kdma_managed_pool_create_arguments *arguments,
		uint64_t *values);
	int32_t (*managed_pool_destroy)(struct kdma_run *run,
		const struct kdma_managed_pool_destroy_arguments *arguments,
		uint64_t *values);
	int32_t (*refuse)(struct kdma_run *run,
		const struct kdma_refuse_arguments *arguments,
		uint64_t *values);
};

static int32_t kdma_execute(struct kdma_run *run, const struct kdma_calls *calls)
{
	uint32_t index;

	for (index = 0; index < run->operation_count; index++) {
		const struct kdma_operation *operation = &run->operations[index];
		struct kdma_result *result = &run->results[index];

		result->opcode = operation->opcode;
		switch (operation->opcode) {
		case KDMA_OP_ABI_VERSION: {
			result->status = (calls->abi_version)(run, result->values);
			break;
		}
		case KDMA_OP_ABI_ATTRIBUTES: {
			result->status = (calls->abi_attributes)(run, result->values);
			break;
		}
		case KDMA_OP_SET_MASK: {
			const struct kdma_set_mask_arguments arguments = {
				.mask = operation->arguments[0],
			};

			result->status = (calls->set_mask)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_SET_COHERENT_MASK: {
			const struct kdma_set_coherent_mask_arguments arguments = {
				.mask = operation->arguments[0],
			};

			result->status = (calls->set_coherent_mask)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_SET_MASK_AND_COHERENT: {
			const struct kdma_set_mask_and_coherent_arguments arguments = {
				.mask = operation->arguments[0],
			};

			result->status = (calls->set_mask_and_coherent)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_GET_MASK: {
			result->status = (calls->get_mask)(run, result->values);
			break;
		}
		case KDMA_OP_GET_REQUIRED_MASK: {
			result->status = (calls->get_required_mask)(run, result->values);
			break;
		}
		case KDMA_OP_MAX_MAPPING_SIZE: {
			result->status = (calls->max_mapping_size)(run, result->values);
			break;
		}
		case KDMA_OP_OPT_MAPPING_SIZE: {
			result->status = (calls->opt_mapping_size)(run, result->values);
			break;
		}
		case KDMA_OP_ADDRESSING_LIMITED: {
			result->status = (calls->addressing_limited)(run, result->values);
			break;
		}
		case KDMA_OP_SET_MAX_SEG_SIZE: {
			const struct kdma_set_max_seg_size_arguments arguments = {
				.size = operation->arguments[0],
			};

			result->status = (calls->set_max_seg_size)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_GET_MAX_SEG_SIZE: {
			result->status = (calls->get_max_seg_size)(run, result->values);
			break;
		}
		case KDMA_OP_SET_SEG_BOUNDARY: {
			const struct kdma_set_seg_boundary_arguments arguments = {
				.mask = operation->arguments[0],
			};

			result->status = (calls->set_seg_boundary)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_GET_SEG_BOUNDARY: {
			result->status = (calls->get_seg_boundary)(run, result->values);
			break;
		}
		case KDMA_OP_SET_MIN_ALIGN_MASK: {
			const struct kdma_set_min_align_mask_arguments arguments = {
				.mask = operation->arguments[0],
			};

			result->status = (calls->set_min_align_mask)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_GET_MIN_ALIGN_MASK: {
			result->status = (calls->get_min_align_mask)(run, result->values);
			break;
		}
		case KDMA_OP_GET_CACHE_ALIGNMENT: {
			result->status = (calls->get_cache_alignment)(run, result->values);
			break;
		}
		case KDMA_OP_GET_MERGE_BOUNDARY: {
			result->status = (calls->get_merge_boundary)(run, result->values);
			break;
		}
		case KDMA_OP_PCI_P2PDMA_SUPPORTED: {
			result->status = (calls->pci_p2pdma_supported)(run, result->values);
			break;
		}
		case KDMA_OP_CAN_MMAP: {
			result->status = (calls->can_mmap)(run, result->values);
			break;
		}
		case KDMA_OP_ALLOC_COHERENT: {
			const struct kdma_alloc_coherent_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.flags = operation->arguments[1],
			};

			result->status = (calls->alloc_coherent)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_FREE_COHERENT: {
			const struct kdma_free_coherent_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
			};

			result->status = (calls->free_coherent)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_ALLOC_ATTRS: {
			const struct kdma_alloc_attrs_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.flags = operation->arguments[1],
				.attributes = operation->arguments[2],
			};

			result->status = (calls->alloc_attrs)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_FREE_ATTRS: {
			const struct kdma_free_attrs_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.attributes = operation->arguments[1],
			};

			result->status = (calls->free_attrs)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_MAP_SINGLE: {
			const struct kdma_map_single_arguments arguments = {
				.slot = operation->slot,
				.buffer = operation->arguments[0],
				.offset = operation->arguments[1],
				.size = operation->arguments[2],
				.direction = operation->arguments[3],
			};

			result->status = (calls->map_single)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_UNMAP_SINGLE: {
			const struct kdma_unmap_single_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.direction = operation->arguments[1],
			};

			result->status = (calls->unmap_single)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_MAP_SINGLE_ATTRS: {
			const struct kdma_map_single_attrs_arguments arguments = {
				.slot = operation->slot,
				.buffer = operation->arguments[0],
				.offset = operation->arguments[1],
				.size = operation->arguments[2],
				.direction = operation->arguments[3],
				.attributes = operation->arguments[4],
			};

			result->status = (calls->map_single_attrs)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_UNMAP_SINGLE_ATTRS: {
			const struct kdma_unmap_single_attrs_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.direction = operation->arguments[1],
				.attributes = operation->arguments[2],
			};

			result->status = (calls->unmap_single_attrs)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_MAP_PAGE: {
			const struct kdma_map_page_arguments arguments = {
				.slot = operation->slot,
				.buffer = operation->arguments[0],
				.offset = operation->arguments[1],
				.size = operation->arguments[2],
				.direction = operation->arguments[3],
			};

			result->status = (calls->map_page)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_UNMAP_PAGE: {
			const struct kdma_unmap_page_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.direction = operation->arguments[1],
			};

			result->status = (calls->unmap_page)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_MAP_PAGE_ATTRS: {
			const struct kdma_map_page_attrs_arguments arguments = {
				.slot = operation->slot,
				.buffer = operation->arguments[0],
				.offset = operation->arguments[1],
				.size = operation->arguments[2],
				.direction = operation->arguments[3],
				.attributes = operation->arguments[4],
			};

			result->status = (calls->map_page_attrs)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_UNMAP_PAGE_ATTRS: {
			const struct kdma_unmap_page_attrs_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.direction = operation->arguments[1],
				.attributes = operation->arguments[2],
			};

			result->status = (calls->unmap_page_attrs)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_MAP_PHYS: {
			const struct kdma_map_phys_arguments arguments = {
				.slot = operation->slot,
				.buffer = operation->arguments[0],
				.offset = operation->arguments[1],
				.size = operation->arguments[2],
				.direction = operation->arguments[3],
				.attributes = operation->arguments[4],
			};

			result->status = (calls->map_phys)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_UNMAP_PHYS: {
			const struct kdma_unmap_phys_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.direction = operation->arguments[1],
				.attributes = operation->arguments[2],
			};

			result->status = (calls->unmap_phys)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_MAPPING_ERROR: {
			const struct kdma_mapping_error_arguments arguments = {
				.slot = operation->slot,
			};

			result->status = (calls->mapping_error)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_SYNC_SINGLE_FOR_CPU: {
			const struct kdma_sync_single_for_cpu_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.direction = operation->arguments[1],
			};

			result->status = (calls->sync_single_for_cpu)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_SYNC_SINGLE_FOR_DEVICE: {
			const struct kdma_sync_single_for_device_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.direction = operation->arguments[1],
			};

			result->status = (calls->sync_single_for_device)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_SYNC_SINGLE_RANGE_FOR_CPU: {
			const struct kdma_sync_single_range_for_cpu_arguments arguments = {
				.slot = operation->slot,
				.offset = operation->arguments[0],
				.size = operation->arguments[1],
				.direction = operation->arguments[2],
			};

			result->status = (calls->sync_single_range_for_cpu)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_SYNC_SINGLE_RANGE_FOR_DEVICE: {
			const struct kdma_sync_single_range_for_device_arguments arguments = {
				.slot = operation->slot,
				.offset = operation->arguments[0],
				.size = operation->arguments[1],
				.direction = operation->arguments[2],
			};

			result->status = (calls->sync_single_range_for_device)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_NEED_SYNC: {
			const struct kdma_need_sync_arguments arguments = {
				.slot = operation->slot,
			};

			result->status = (calls->need_sync)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_ALLOC_PAGES: {
			const struct kdma_alloc_pages_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.direction = operation->arguments[1],
				.flags = operation->arguments[2],
			};

			result->status = (calls->alloc_pages)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_FREE_PAGES: {
			const struct kdma_free_pages_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.direction = operation->arguments[1],
			};

			result->status = (calls->free_pages)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_SG_ALLOC: {
			const struct kdma_sg_alloc_arguments arguments = {
				.slot = operation->slot,
				.capacity = operation->arguments[0],
				.flags = operation->arguments[1],
			};

			result->status = (calls->sg_alloc)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_SG_FREE: {
			const struct kdma_sg_free_arguments arguments = {
				.slot = operation->slot,
			};

			result->status = (calls->sg_free)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_SG_ADD: {
			const struct kdma_sg_add_arguments arguments = {
				.slot = operation->slot,
				.buffer = operation->arguments[0],
				.offset = operation->arguments[1],
				.size = operation->arguments[2],
			};

			result->status = (calls->sg_add)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_MAP_SG_ATTRS: {
			const struct kdma_map_sg_attrs_arguments arguments = {
				.slot = operation->slot,
				.direction = operation->arguments[0],
				.attributes = operation->arguments[1],
			};

			result->status = (calls->map_sg_attrs)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_UNMAP_SG_ATTRS: {
			const struct kdma_unmap_sg_attrs_arguments arguments = {
				.slot = operation->slot,
				.direction = operation->arguments[0],
				.attributes = operation->arguments[1],
			};

			result->status = (calls->unmap_sg_attrs)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_MAP_SGTABLE: {
			const struct kdma_map_sgtable_arguments arguments = {
				.slot = operation->slot,
				.direction = operation->arguments[0],
				.attributes = operation->arguments[1],
			};

			result->status = (calls->map_sgtable)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_UNMAP_SGTABLE: {
			const struct kdma_unmap_sgtable_arguments arguments = {
				.slot = operation->slot,
				.direction = operation->arguments[0],
				.attributes = operation->arguments[1],
			};

			result->status = (calls->unmap_sgtable)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_SYNC_SG_FOR_CPU: {
			const struct kdma_sync_sg_for_cpu_arguments arguments = {
				.slot = operation->slot,
				.direction = operation->arguments[0],
			};

			result->status = (calls->sync_sg_for_cpu)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_SYNC_SG_FOR_DEVICE: {
			const struct kdma_sync_sg_for_device_arguments arguments = {
				.slot = operation->slot,
				.direction = operation->arguments[0],
			};

			result->status = (calls->sync_sg_for_device)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_SYNC_SGTABLE_FOR_CPU: {
			const struct kdma_sync_sgtable_for_cpu_arguments arguments = {
				.slot = operation->slot,
				.direction = operation->arguments[0],
			};

			result->status = (calls->sync_sgtable_for_cpu)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_SYNC_SGTABLE_FOR_DEVICE: {
			const struct kdma_sync_sgtable_for_device_arguments arguments = {
				.slot = operation->slot,
				.direction = operation->arguments[0],
			};

			result->status = (calls->sync_sgtable_for_device)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_SG_SEGMENT: {
			const struct kdma_sg_segment_arguments arguments = {
				.slot = operation->slot,
				.index = operation->arguments[0],
			};

			result->status = (calls->sg_segment)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_GET_SGTABLE: {
			const struct kdma_get_sgtable_arguments arguments = {
				.slot = operation->slot,
				.coherent = operation->arguments[0],
				.size = operation->arguments[1],
			};

			result->status = (calls->get_sgtable)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_GET_SGTABLE_ATTRS: {
			const struct kdma_get_sgtable_attrs_arguments arguments = {
				.slot = operation->slot,
				.coherent = operation->arguments[0],
				.size = operation->arguments[1],
				.attributes = operation->arguments[2],
			};

			result->status = (calls->get_sgtable_attrs)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_ALLOC_NONCOHERENT: {
			const struct kdma_alloc_noncoherent_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.direction = operation->arguments[1],
				.flags = operation->arguments[2],
			};

			result->status = (calls->alloc_noncoherent)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_FREE_NONCOHERENT: {
			const struct kdma_free_noncoherent_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.direction = operation->arguments[1],
			};

			result->status = (calls->free_noncoherent)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_POOL_CREATE: {
			const struct kdma_pool_create_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.alignment = operation->arguments[1],
				.boundary = operation->arguments[2],
			};

			result->status = (calls->pool_create)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_POOL_DESTROY: {
			const struct kdma_pool_destroy_arguments arguments = {
				.slot = operation->slot,
			};

			result->status = (calls->pool_destroy)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_POOL_ALLOC: {
			const struct kdma_pool_alloc_arguments arguments = {
				.slot = operation->slot,
				.pool = operation->arguments[0],
				.flags = operation->arguments[1],
			};

			result->status = (calls->pool_alloc)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_POOL_ZALLOC: {
			const struct kdma_pool_zalloc_arguments arguments = {
				.slot = operation->slot,
				.pool = operation->arguments[0],
				.flags = operation->arguments[1],
			};

			result->status = (calls->pool_zalloc)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_POOL_FREE: {
			const struct kdma_pool_free_arguments arguments = {
				.slot = operation->slot,
			};

			result->status = (calls->pool_free)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_ALLOC_NONCONTIGUOUS: {
			const struct kdma_alloc_noncontiguous_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.direction = operation->arguments[1],
				.flags = operation->arguments[2],
				.attributes = operation->arguments[3],
			};

			result->status = (calls->alloc_noncontiguous)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_FREE_NONCONTIGUOUS: {
			const struct kdma_free_noncontiguous_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.direction = operation->arguments[1],
			};

			result->status = (calls->free_noncontiguous)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_VMAP_NONCONTIGUOUS: {
			const struct kdma_vmap_noncontiguous_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
			};

			result->status = (calls->vmap_noncontiguous)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_VUNMAP_NONCONTIGUOUS: {
			const struct kdma_vunmap_noncontiguous_arguments arguments = {
				.slot = operation->slot,
			};

			result->status = (calls->vunmap_noncontiguous)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_MAP_RESOURCE: {
			const struct kdma_map_resource_arguments arguments = {
				.slot = operation->slot,
				.buffer = operation->arguments[0],
				.offset = operation->arguments[1],
				.size = operation->arguments[2],
				.direction = operation->arguments[3],
				.attributes = operation->arguments[4],
			};

			result->status = (calls->map_resource)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_UNMAP_RESOURCE: {
			const struct kdma_unmap_resource_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.direction = operation->arguments[1],
				.attributes = operation->arguments[2],
			};

			result->status = (calls->unmap_resource)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_IOVA_TRY_ALLOC: {
			const struct kdma_iova_try_alloc_arguments arguments = {
				.slot = operation->slot,
				.physical_address = operation->arguments[0],
				.size = operation->arguments[1],
				.flags = operation->arguments[2],
			};

			result->status = (calls->iova_try_alloc)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_USE_IOVA: {
			const struct kdma_use_iova_arguments arguments = {
				.slot = operation->slot,
			};

			result->status = (calls->use_iova)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_IOVA_SIZE: {
			const struct kdma_iova_size_arguments arguments = {
				.slot = operation->slot,
			};

			result->status = (calls->iova_size)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_IOVA_LINK: {
			const struct kdma_iova_link_arguments arguments = {
				.slot = operation->slot,
				.buffer = operation->arguments[0],
				.offset = operation->arguments[1],
				.iova_offset = operation->arguments[2],
				.size = operation->arguments[3],
				.direction = operation->arguments[4],
				.attributes = operation->arguments[5],
			};

			result->status = (calls->iova_link)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_IOVA_SYNC: {
			const struct kdma_iova_sync_arguments arguments = {
				.slot = operation->slot,
				.iova_offset = operation->arguments[0],
				.size = operation->arguments[1],
			};

			result->status = (calls->iova_sync)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_IOVA_UNLINK: {
			const struct kdma_iova_unlink_arguments arguments = {
				.slot = operation->slot,
				.iova_offset = operation->arguments[0],
				.size = operation->arguments[1],
				.direction = operation->arguments[2],
				.attributes = operation->arguments[3],
			};

			result->status = (calls->iova_unlink)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_IOVA_DESTROY: {
			const struct kdma_iova_destroy_arguments arguments = {
				.slot = operation->slot,
				.linked = operation->arguments[0],
				.direction = operation->arguments[1],
				.attributes = operation->arguments[2],
			};

			result->status = (calls->iova_destroy)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_IOVA_FREE: {
			const struct kdma_iova_free_arguments arguments = {
				.slot = operation->slot,
			};

			result->status = (calls->iova_free)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_MANAGED_ALLOC_ATTRS: {
			const struct kdma_managed_alloc_attrs_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.flags = operation->arguments[1],
				.attributes = operation->arguments[2],
			};

			result->status = (calls->managed_alloc_attrs)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_MANAGED_ALLOC_COHERENT: {
			const struct kdma_managed_alloc_coherent_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.flags = operation->arguments[1],
			};

			result->status = (calls->managed_alloc_coherent)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_MANAGED_FREE_COHERENT: {
			const struct kdma_managed_free_coherent_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
			};

			result->status = (calls->managed_free_coherent)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_MANAGED_POOL_CREATE: {
			const struct kdma_managed_pool_create_arguments arguments = {
				.slot = operation->slot,
				.size = operation->arguments[0],
				.alignment = operation->arguments[1],
				.boundary = operation->arguments[2],
			};

			result->status = (calls->managed_pool_create)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_MANAGED_POOL_DESTROY: {
			const struct kdma_managed_pool_destroy_arguments arguments = {
				.slot = operation->slot,
			};

			result->status = (calls->managed_pool_destroy)(run, &arguments, result->values);
			break;
		}
		case KDMA_OP_REFUSE: {
			const struct kdma_refuse_arguments arguments = {
				.function = operation->arguments[0],
				.parameter = operation->arguments[1],
				.value = operation->arguments[2],
				.of = operation->arguments[3],
			};

			result->status = (calls->refuse)(run, &arguments, result->values);
			break;
		}
		default:
			run->core_operation(run, index);
			break;
		}
		result->completion = KDMA_COMPLETED;
	}
	return 0;
}

#endif /* KDMA_EXECUTOR_H */
