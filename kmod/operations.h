/* SPDX-License-Identifier: GPL-2.0 */
/* Generated from operations.toml by `./kdma generate`. Do not edit. */
#ifndef KDMA_OPERATIONS_H
#define KDMA_OPERATIONS_H

#include "program.h"

#define KDMA_OPERATION_TABLE	0x3010723e
#define KDMA_OPCODE_LIMIT	266

enum kdma_opcode {
	KDMA_OP_ABI_VERSION = 1,
	KDMA_OP_ABI_ATTRIBUTES = 2,
	KDMA_OP_SET_MASK = 16,
	KDMA_OP_SET_COHERENT_MASK = 17,
	KDMA_OP_SET_MASK_AND_COHERENT = 18,
	KDMA_OP_GET_MASK = 19,
	KDMA_OP_GET_REQUIRED_MASK = 20,
	KDMA_OP_MAX_MAPPING_SIZE = 21,
	KDMA_OP_OPT_MAPPING_SIZE = 22,
	KDMA_OP_ADDRESSING_LIMITED = 23,
	KDMA_OP_SET_MAX_SEG_SIZE = 24,
	KDMA_OP_GET_MAX_SEG_SIZE = 25,
	KDMA_OP_SET_SEG_BOUNDARY = 26,
	KDMA_OP_GET_SEG_BOUNDARY = 27,
	KDMA_OP_SET_MIN_ALIGN_MASK = 28,
	KDMA_OP_GET_MIN_ALIGN_MASK = 29,
	KDMA_OP_GET_CACHE_ALIGNMENT = 30,
	KDMA_OP_GET_MERGE_BOUNDARY = 31,
	KDMA_OP_PCI_P2PDMA_SUPPORTED = 32,
	KDMA_OP_CAN_MMAP = 33,
	KDMA_OP_ALLOC_COHERENT = 48,
	KDMA_OP_FREE_COHERENT = 49,
	KDMA_OP_ALLOC_ATTRS = 50,
	KDMA_OP_FREE_ATTRS = 51,
	KDMA_OP_MAP_SINGLE = 64,
	KDMA_OP_UNMAP_SINGLE = 65,
	KDMA_OP_MAP_SINGLE_ATTRS = 66,
	KDMA_OP_UNMAP_SINGLE_ATTRS = 67,
	KDMA_OP_MAP_PAGE = 68,
	KDMA_OP_UNMAP_PAGE = 69,
	KDMA_OP_MAP_PAGE_ATTRS = 70,
	KDMA_OP_UNMAP_PAGE_ATTRS = 71,
	KDMA_OP_MAP_PHYS = 72,
	KDMA_OP_UNMAP_PHYS = 73,
	KDMA_OP_MAPPING_ERROR = 74,
	KDMA_OP_SYNC_SINGLE_FOR_CPU = 96,
	KDMA_OP_SYNC_SINGLE_FOR_DEVICE = 97,
	KDMA_OP_SYNC_SINGLE_RANGE_FOR_CPU = 98,
	KDMA_OP_SYNC_SINGLE_RANGE_FOR_DEVICE = 99,
	KDMA_OP_NEED_SYNC = 100,
	KDMA_OP_ALLOC_PAGES = 112,
	KDMA_OP_FREE_PAGES = 113,
	KDMA_OP_SG_ALLOC = 128,
	KDMA_OP_SG_FREE = 129,
	KDMA_OP_SG_ADD = 130,
	KDMA_OP_MAP_SG_ATTRS = 131,
	KDMA_OP_UNMAP_SG_ATTRS = 132,
	KDMA_OP_MAP_SGTABLE = 133,
	KDMA_OP_UNMAP_SGTABLE = 134,
	KDMA_OP_SYNC_SG_FOR_CPU = 135,
	KDMA_OP_SYNC_SG_FOR_DEVICE = 136,
	KDMA_OP_SYNC_SGTABLE_FOR_CPU = 137,
	KDMA_OP_SYNC_SGTABLE_FOR_DEVICE = 138,
	KDMA_OP_SG_SEGMENT = 139,
	KDMA_OP_GET_SGTABLE = 144,
	KDMA_OP_GET_SGTABLE_ATTRS = 145,
	KDMA_OP_ALLOC_NONCOHERENT = 160,
	KDMA_OP_FREE_NONCOHERENT = 161,
	KDMA_OP_POOL_CREATE = 176,
	KDMA_OP_POOL_DESTROY = 177,
	KDMA_OP_POOL_ALLOC = 178,
	KDMA_OP_POOL_ZALLOC = 179,
	KDMA_OP_POOL_FREE = 180,
	KDMA_OP_ALLOC_NONCONTIGUOUS = 192,
	KDMA_OP_FREE_NONCONTIGUOUS = 193,
	KDMA_OP_VMAP_NONCONTIGUOUS = 194,
	KDMA_OP_VUNMAP_NONCONTIGUOUS = 195,
	KDMA_OP_MAP_RESOURCE = 208,
	KDMA_OP_UNMAP_RESOURCE = 209,
	KDMA_OP_IOVA_TRY_ALLOC = 224,
	KDMA_OP_USE_IOVA = 225,
	KDMA_OP_IOVA_SIZE = 226,
	KDMA_OP_IOVA_LINK = 227,
	KDMA_OP_IOVA_SYNC = 228,
	KDMA_OP_IOVA_UNLINK = 229,
	KDMA_OP_IOVA_DESTROY = 230,
	KDMA_OP_IOVA_FREE = 231,
	KDMA_OP_MANAGED_ALLOC_ATTRS = 240,
	KDMA_OP_MANAGED_ALLOC_COHERENT = 241,
	KDMA_OP_MANAGED_FREE_COHERENT = 242,
	KDMA_OP_MANAGED_POOL_CREATE = 243,
	KDMA_OP_MANAGED_POOL_DESTROY = 244,
	KDMA_OP_REFUSE = 245,
	KDMA_OP_MEMORY_FILL = 256,
	KDMA_OP_MEMORY_CHECK = 257,
	KDMA_OP_DEVICE_READ = 258,
	KDMA_OP_DEVICE_WRITE = 259,
	KDMA_OP_DEVICE_FILL = 260,
	KDMA_OP_DEVICE_CHECK = 261,
	KDMA_OP_BUS_MASTER = 262,
	KDMA_OP_MEMORY_RUNS_OUT = 263,
	KDMA_OP_KERNEL_FAILS = 264,
	KDMA_OP_IOMMU_FAILS = 265,
};

enum kdma_argument_type {
	KDMA_ARGUMENT_ATTRIBUTES = 1,
	KDMA_ARGUMENT_BUFFER = 2,
	KDMA_ARGUMENT_COHERENT = 3,
	KDMA_ARGUMENT_DIRECTION = 4,
	KDMA_ARGUMENT_FLAGS = 5,
	KDMA_ARGUMENT_MEMORY = 6,
	KDMA_ARGUMENT_POOL = 7,
	KDMA_ARGUMENT_U32 = 8,
	KDMA_ARGUMENT_U64 = 9,
};

enum kdma_slot_use {
	KDMA_SLOT_USE_NONE = 0,
	KDMA_SLOT_USE_DEFINE = 1,
	KDMA_SLOT_USE_USE = 2,
	KDMA_SLOT_USE_RELEASE = 3,
};

/*
 * The shape of an operation. Positions are counted from 1; 0: it has no such
 * argument.
 */
struct kdma_operation_shape {
	const char *name;
	uint16_t opcode;
	uint16_t pairs;
	uint16_t defines_as;
	uint8_t slot_use;
	uint8_t is_core;
	uint8_t buffer;
	uint8_t coherent;
	uint8_t memory;
	uint8_t pool;
	uint8_t offset;
	uint8_t size;
	uint8_t direction;
	uint8_t attributes;
	uint8_t argument_count;
	uint8_t types[KDMA_ARGUMENT_COUNT];
};

#ifdef KDMA_WANT_OPERATION_SHAPES
static const struct kdma_operation_shape kdma_operation_shapes[] = {
	{
		.name = "abi_version",
		.opcode = KDMA_OP_ABI_VERSION,
		.argument_count = 0,
	},
	{
		.name = "abi_attributes",
		.opcode = KDMA_OP_ABI_ATTRIBUTES,
		.argument_count = 0,
	},
	{
		.name = "set_mask",
		.opcode = KDMA_OP_SET_MASK,
		.argument_count = 1,
		.types = {
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "set_coherent_mask",
		.opcode = KDMA_OP_SET_COHERENT_MASK,
		.argument_count = 1,
		.types = {
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "set_mask_and_coherent",
		.opcode = KDMA_OP_SET_MASK_AND_COHERENT,
		.argument_count = 1,
		.types = {
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "get_mask",
		.opcode = KDMA_OP_GET_MASK,
		.argument_count = 0,
	},
	{
		.name = "get_required_mask",
		.opcode = KDMA_OP_GET_REQUIRED_MASK,
		.argument_count = 0,
	},
	{
		.name = "max_mapping_size",
		.opcode = KDMA_OP_MAX_MAPPING_SIZE,
		.argument_count = 0,
	},
	{
		.name = "opt_mapping_size",
		.opcode = KDMA_OP_OPT_MAPPING_SIZE,
		.argument_count = 0,
	},
	{
		.name = "addressing_limited",
		.opcode = KDMA_OP_ADDRESSING_LIMITED,
		.argument_count = 0,
	},
	{
		.name = "set_max_seg_size",
		.opcode = KDMA_OP_SET_MAX_SEG_SIZE,
		.size = 1,
		.argument_count = 1,
		.types = {
			KDMA_ARGUMENT_U32,
		},
	},
	{
		.name = "get_max_seg_size",
		.opcode = KDMA_OP_GET_MAX_SEG_SIZE,
		.argument_count = 0,
	},
	{
		.name = "set_seg_boundary",
		.opcode = KDMA_OP_SET_SEG_BOUNDARY,
		.argument_count = 1,
		.types = {
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "get_seg_boundary",
		.opcode = KDMA_OP_GET_SEG_BOUNDARY,
		.argument_count = 0,
	},
	{
		.name = "set_min_align_mask",
		.opcode = KDMA_OP_SET_MIN_ALIGN_MASK,
		.argument_count = 1,
		.types = {
			KDMA_ARGUMENT_U32,
		},
	},
	{
		.name = "get_min_align_mask",
		.opcode = KDMA_OP_GET_MIN_ALIGN_MASK,
		.argument_count = 0,
	},
	{
		.name = "get_cache_alignment",
		.opcode = KDMA_OP_GET_CACHE_ALIGNMENT,
		.argument_count = 0,
	},
	{
		.name = "get_merge_boundary",
		.opcode = KDMA_OP_GET_MERGE_BOUNDARY,
		.argument_count = 0,
	},
	{
		.name = "pci_p2pdma_supported",
		.opcode = KDMA_OP_PCI_P2PDMA_SUPPORTED,
		.argument_count = 0,
	},
	{
		.name = "can_mmap",
		.opcode = KDMA_OP_CAN_MMAP,
		.argument_count = 0,
	},
	{
		.name = "alloc_coherent",
		.opcode = KDMA_OP_ALLOC_COHERENT,
		.defines_as = KDMA_OP_ALLOC_COHERENT,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.size = 1,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_FLAGS,
		},
	},
	{
		.name = "free_coherent",
		.opcode = KDMA_OP_FREE_COHERENT,
		.pairs = KDMA_OP_ALLOC_COHERENT,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.size = 1,
		.argument_count = 1,
		.types = {
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "alloc_attrs",
		.opcode = KDMA_OP_ALLOC_ATTRS,
		.defines_as = KDMA_OP_ALLOC_ATTRS,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.size = 1,
		.attributes = 3,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_FLAGS,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "free_attrs",
		.opcode = KDMA_OP_FREE_ATTRS,
		.pairs = KDMA_OP_ALLOC_ATTRS,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.size = 1,
		.attributes = 2,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "map_single",
		.opcode = KDMA_OP_MAP_SINGLE,
		.defines_as = KDMA_OP_MAP_SINGLE,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.buffer = 1,
		.offset = 2,
		.size = 3,
		.direction = 4,
		.argument_count = 4,
		.types = {
			KDMA_ARGUMENT_BUFFER,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
		},
	},
	{
		.name = "unmap_single",
		.opcode = KDMA_OP_UNMAP_SINGLE,
		.pairs = KDMA_OP_MAP_SINGLE,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.size = 1,
		.direction = 2,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
		},
	},
	{
		.name = "map_single_attrs",
		.opcode = KDMA_OP_MAP_SINGLE_ATTRS,
		.defines_as = KDMA_OP_MAP_SINGLE_ATTRS,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.buffer = 1,
		.offset = 2,
		.size = 3,
		.direction = 4,
		.attributes = 5,
		.argument_count = 5,
		.types = {
			KDMA_ARGUMENT_BUFFER,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "unmap_single_attrs",
		.opcode = KDMA_OP_UNMAP_SINGLE_ATTRS,
		.pairs = KDMA_OP_MAP_SINGLE_ATTRS,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.size = 1,
		.direction = 2,
		.attributes = 3,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "map_page",
		.opcode = KDMA_OP_MAP_PAGE,
		.defines_as = KDMA_OP_MAP_PAGE,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.buffer = 1,
		.offset = 2,
		.size = 3,
		.direction = 4,
		.argument_count = 4,
		.types = {
			KDMA_ARGUMENT_BUFFER,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
		},
	},
	{
		.name = "unmap_page",
		.opcode = KDMA_OP_UNMAP_PAGE,
		.pairs = KDMA_OP_MAP_PAGE,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.size = 1,
		.direction = 2,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
		},
	},
	{
		.name = "map_page_attrs",
		.opcode = KDMA_OP_MAP_PAGE_ATTRS,
		.defines_as = KDMA_OP_MAP_PAGE_ATTRS,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.buffer = 1,
		.offset = 2,
		.size = 3,
		.direction = 4,
		.attributes = 5,
		.argument_count = 5,
		.types = {
			KDMA_ARGUMENT_BUFFER,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "unmap_page_attrs",
		.opcode = KDMA_OP_UNMAP_PAGE_ATTRS,
		.pairs = KDMA_OP_MAP_PAGE_ATTRS,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.size = 1,
		.direction = 2,
		.attributes = 3,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "map_phys",
		.opcode = KDMA_OP_MAP_PHYS,
		.defines_as = KDMA_OP_MAP_PHYS,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.buffer = 1,
		.offset = 2,
		.size = 3,
		.direction = 4,
		.attributes = 5,
		.argument_count = 5,
		.types = {
			KDMA_ARGUMENT_BUFFER,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "unmap_phys",
		.opcode = KDMA_OP_UNMAP_PHYS,
		.pairs = KDMA_OP_MAP_PHYS,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.size = 1,
		.direction = 2,
		.attributes = 3,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "mapping_error",
		.opcode = KDMA_OP_MAPPING_ERROR,
		.slot_use = KDMA_SLOT_USE_USE,
		.argument_count = 0,
	},
	{
		.name = "sync_single_for_cpu",
		.opcode = KDMA_OP_SYNC_SINGLE_FOR_CPU,
		.slot_use = KDMA_SLOT_USE_USE,
		.size = 1,
		.direction = 2,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
		},
	},
	{
		.name = "sync_single_for_device",
		.opcode = KDMA_OP_SYNC_SINGLE_FOR_DEVICE,
		.slot_use = KDMA_SLOT_USE_USE,
		.size = 1,
		.direction = 2,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
		},
	},
	{
		.name = "sync_single_range_for_cpu",
		.opcode = KDMA_OP_SYNC_SINGLE_RANGE_FOR_CPU,
		.slot_use = KDMA_SLOT_USE_USE,
		.offset = 1,
		.size = 2,
		.direction = 3,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
		},
	},
	{
		.name = "sync_single_range_for_device",
		.opcode = KDMA_OP_SYNC_SINGLE_RANGE_FOR_DEVICE,
		.slot_use = KDMA_SLOT_USE_USE,
		.offset = 1,
		.size = 2,
		.direction = 3,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
		},
	},
	{
		.name = "need_sync",
		.opcode = KDMA_OP_NEED_SYNC,
		.slot_use = KDMA_SLOT_USE_USE,
		.argument_count = 0,
	},
	{
		.name = "alloc_pages",
		.opcode = KDMA_OP_ALLOC_PAGES,
		.defines_as = KDMA_OP_ALLOC_PAGES,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.size = 1,
		.direction = 2,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_FLAGS,
		},
	},
	{
		.name = "free_pages",
		.opcode = KDMA_OP_FREE_PAGES,
		.pairs = KDMA_OP_ALLOC_PAGES,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.size = 1,
		.direction = 2,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
		},
	},
	{
		.name = "sg_alloc",
		.opcode = KDMA_OP_SG_ALLOC,
		.defines_as = KDMA_OP_SG_ALLOC,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_U32,
			KDMA_ARGUMENT_FLAGS,
		},
	},
	{
		.name = "sg_free",
		.opcode = KDMA_OP_SG_FREE,
		.pairs = KDMA_OP_SG_ALLOC,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.argument_count = 0,
	},
	{
		.name = "sg_add",
		.opcode = KDMA_OP_SG_ADD,
		.slot_use = KDMA_SLOT_USE_USE,
		.buffer = 1,
		.offset = 2,
		.size = 3,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_BUFFER,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "map_sg_attrs",
		.opcode = KDMA_OP_MAP_SG_ATTRS,
		.slot_use = KDMA_SLOT_USE_USE,
		.direction = 1,
		.attributes = 2,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "unmap_sg_attrs",
		.opcode = KDMA_OP_UNMAP_SG_ATTRS,
		.slot_use = KDMA_SLOT_USE_USE,
		.direction = 1,
		.attributes = 2,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "map_sgtable",
		.opcode = KDMA_OP_MAP_SGTABLE,
		.slot_use = KDMA_SLOT_USE_USE,
		.direction = 1,
		.attributes = 2,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "unmap_sgtable",
		.opcode = KDMA_OP_UNMAP_SGTABLE,
		.slot_use = KDMA_SLOT_USE_USE,
		.direction = 1,
		.attributes = 2,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "sync_sg_for_cpu",
		.opcode = KDMA_OP_SYNC_SG_FOR_CPU,
		.slot_use = KDMA_SLOT_USE_USE,
		.direction = 1,
		.argument_count = 1,
		.types = {
			KDMA_ARGUMENT_DIRECTION,
		},
	},
	{
		.name = "sync_sg_for_device",
		.opcode = KDMA_OP_SYNC_SG_FOR_DEVICE,
		.slot_use = KDMA_SLOT_USE_USE,
		.direction = 1,
		.argument_count = 1,
		.types = {
			KDMA_ARGUMENT_DIRECTION,
		},
	},
	{
		.name = "sync_sgtable_for_cpu",
		.opcode = KDMA_OP_SYNC_SGTABLE_FOR_CPU,
		.slot_use = KDMA_SLOT_USE_USE,
		.direction = 1,
		.argument_count = 1,
		.types = {
			KDMA_ARGUMENT_DIRECTION,
		},
	},
	{
		.name = "sync_sgtable_for_device",
		.opcode = KDMA_OP_SYNC_SGTABLE_FOR_DEVICE,
		.slot_use = KDMA_SLOT_USE_USE,
		.direction = 1,
		.argument_count = 1,
		.types = {
			KDMA_ARGUMENT_DIRECTION,
		},
	},
	{
		.name = "sg_segment",
		.opcode = KDMA_OP_SG_SEGMENT,
		.slot_use = KDMA_SLOT_USE_USE,
		.argument_count = 1,
		.types = {
			KDMA_ARGUMENT_U32,
		},
	},
	{
		.name = "get_sgtable",
		.opcode = KDMA_OP_GET_SGTABLE,
		.defines_as = KDMA_OP_SG_ALLOC,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.coherent = 1,
		.size = 2,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_COHERENT,
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "get_sgtable_attrs",
		.opcode = KDMA_OP_GET_SGTABLE_ATTRS,
		.defines_as = KDMA_OP_SG_ALLOC,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.coherent = 1,
		.size = 2,
		.attributes = 3,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_COHERENT,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "alloc_noncoherent",
		.opcode = KDMA_OP_ALLOC_NONCOHERENT,
		.defines_as = KDMA_OP_ALLOC_NONCOHERENT,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.size = 1,
		.direction = 2,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_FLAGS,
		},
	},
	{
		.name = "free_noncoherent",
		.opcode = KDMA_OP_FREE_NONCOHERENT,
		.pairs = KDMA_OP_ALLOC_NONCOHERENT,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.size = 1,
		.direction = 2,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
		},
	},
	{
		.name = "pool_create",
		.opcode = KDMA_OP_POOL_CREATE,
		.defines_as = KDMA_OP_POOL_CREATE,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.size = 1,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "pool_destroy",
		.opcode = KDMA_OP_POOL_DESTROY,
		.pairs = KDMA_OP_POOL_CREATE,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.argument_count = 0,
	},
	{
		.name = "pool_alloc",
		.opcode = KDMA_OP_POOL_ALLOC,
		.defines_as = KDMA_OP_POOL_ALLOC,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.pool = 1,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_POOL,
			KDMA_ARGUMENT_FLAGS,
		},
	},
	{
		.name = "pool_zalloc",
		.opcode = KDMA_OP_POOL_ZALLOC,
		.defines_as = KDMA_OP_POOL_ALLOC,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.pool = 1,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_POOL,
			KDMA_ARGUMENT_FLAGS,
		},
	},
	{
		.name = "pool_free",
		.opcode = KDMA_OP_POOL_FREE,
		.pairs = KDMA_OP_POOL_ALLOC,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.argument_count = 0,
	},
	{
		.name = "alloc_noncontiguous",
		.opcode = KDMA_OP_ALLOC_NONCONTIGUOUS,
		.defines_as = KDMA_OP_ALLOC_NONCONTIGUOUS,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.size = 1,
		.direction = 2,
		.attributes = 4,
		.argument_count = 4,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_FLAGS,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "free_noncontiguous",
		.opcode = KDMA_OP_FREE_NONCONTIGUOUS,
		.pairs = KDMA_OP_ALLOC_NONCONTIGUOUS,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.size = 1,
		.direction = 2,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
		},
	},
	{
		.name = "vmap_noncontiguous",
		.opcode = KDMA_OP_VMAP_NONCONTIGUOUS,
		.slot_use = KDMA_SLOT_USE_USE,
		.size = 1,
		.argument_count = 1,
		.types = {
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "vunmap_noncontiguous",
		.opcode = KDMA_OP_VUNMAP_NONCONTIGUOUS,
		.slot_use = KDMA_SLOT_USE_USE,
		.argument_count = 0,
	},
	{
		.name = "map_resource",
		.opcode = KDMA_OP_MAP_RESOURCE,
		.defines_as = KDMA_OP_MAP_RESOURCE,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.buffer = 1,
		.offset = 2,
		.size = 3,
		.direction = 4,
		.attributes = 5,
		.argument_count = 5,
		.types = {
			KDMA_ARGUMENT_BUFFER,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "unmap_resource",
		.opcode = KDMA_OP_UNMAP_RESOURCE,
		.pairs = KDMA_OP_MAP_RESOURCE,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.size = 1,
		.direction = 2,
		.attributes = 3,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "iova_try_alloc",
		.opcode = KDMA_OP_IOVA_TRY_ALLOC,
		.defines_as = KDMA_OP_IOVA_TRY_ALLOC,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.size = 2,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_FLAGS,
		},
	},
	{
		.name = "use_iova",
		.opcode = KDMA_OP_USE_IOVA,
		.slot_use = KDMA_SLOT_USE_USE,
		.argument_count = 0,
	},
	{
		.name = "iova_size",
		.opcode = KDMA_OP_IOVA_SIZE,
		.slot_use = KDMA_SLOT_USE_USE,
		.argument_count = 0,
	},
	{
		.name = "iova_link",
		.opcode = KDMA_OP_IOVA_LINK,
		.slot_use = KDMA_SLOT_USE_USE,
		.buffer = 1,
		.offset = 2,
		.size = 4,
		.direction = 5,
		.attributes = 6,
		.argument_count = 6,
		.types = {
			KDMA_ARGUMENT_BUFFER,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "iova_sync",
		.opcode = KDMA_OP_IOVA_SYNC,
		.slot_use = KDMA_SLOT_USE_USE,
		.size = 2,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "iova_unlink",
		.opcode = KDMA_OP_IOVA_UNLINK,
		.slot_use = KDMA_SLOT_USE_USE,
		.size = 2,
		.direction = 3,
		.attributes = 4,
		.argument_count = 4,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "iova_destroy",
		.opcode = KDMA_OP_IOVA_DESTROY,
		.pairs = KDMA_OP_IOVA_TRY_ALLOC,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.direction = 2,
		.attributes = 3,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_DIRECTION,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "iova_free",
		.opcode = KDMA_OP_IOVA_FREE,
		.pairs = KDMA_OP_IOVA_TRY_ALLOC,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.argument_count = 0,
	},
	{
		.name = "managed_alloc_attrs",
		.opcode = KDMA_OP_MANAGED_ALLOC_ATTRS,
		.defines_as = KDMA_OP_MANAGED_ALLOC_ATTRS,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.size = 1,
		.attributes = 3,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_FLAGS,
			KDMA_ARGUMENT_ATTRIBUTES,
		},
	},
	{
		.name = "managed_alloc_coherent",
		.opcode = KDMA_OP_MANAGED_ALLOC_COHERENT,
		.defines_as = KDMA_OP_MANAGED_ALLOC_COHERENT,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.size = 1,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_FLAGS,
		},
	},
	{
		.name = "managed_free_coherent",
		.opcode = KDMA_OP_MANAGED_FREE_COHERENT,
		.pairs = KDMA_OP_MANAGED_ALLOC_COHERENT,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.size = 1,
		.argument_count = 1,
		.types = {
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "managed_pool_create",
		.opcode = KDMA_OP_MANAGED_POOL_CREATE,
		.defines_as = KDMA_OP_POOL_CREATE,
		.slot_use = KDMA_SLOT_USE_DEFINE,
		.size = 1,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "managed_pool_destroy",
		.opcode = KDMA_OP_MANAGED_POOL_DESTROY,
		.pairs = KDMA_OP_POOL_CREATE,
		.slot_use = KDMA_SLOT_USE_RELEASE,
		.argument_count = 0,
	},
	{
		.name = "refuse",
		.opcode = KDMA_OP_REFUSE,
		.argument_count = 4,
		.types = {
			KDMA_ARGUMENT_U32,
			KDMA_ARGUMENT_U32,
			KDMA_ARGUMENT_U32,
			KDMA_ARGUMENT_U32,
		},
	},
	{
		.name = "memory_fill",
		.opcode = KDMA_OP_MEMORY_FILL,
		.is_core = 1,
		.memory = 1,
		.offset = 2,
		.argument_count = 4,
		.types = {
			KDMA_ARGUMENT_MEMORY,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "memory_check",
		.opcode = KDMA_OP_MEMORY_CHECK,
		.is_core = 1,
		.memory = 1,
		.offset = 2,
		.argument_count = 4,
		.types = {
			KDMA_ARGUMENT_MEMORY,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "device_read",
		.opcode = KDMA_OP_DEVICE_READ,
		.slot_use = KDMA_SLOT_USE_USE,
		.is_core = 1,
		.offset = 1,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "device_write",
		.opcode = KDMA_OP_DEVICE_WRITE,
		.slot_use = KDMA_SLOT_USE_USE,
		.is_core = 1,
		.offset = 1,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "device_fill",
		.opcode = KDMA_OP_DEVICE_FILL,
		.is_core = 1,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "device_check",
		.opcode = KDMA_OP_DEVICE_CHECK,
		.is_core = 1,
		.argument_count = 3,
		.types = {
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
			KDMA_ARGUMENT_U64,
		},
	},
	{
		.name = "bus_master",
		.opcode = KDMA_OP_BUS_MASTER,
		.is_core = 1,
		.argument_count = 1,
		.types = {
			KDMA_ARGUMENT_U32,
		},
	},
	{
		.name = "memory_runs_out",
		.opcode = KDMA_OP_MEMORY_RUNS_OUT,
		.is_core = 1,
		.argument_count = 2,
		.types = {
			KDMA_ARGUMENT_U32,
			KDMA_ARGUMENT_U32,
		},
	},
	{
		.name = "kernel_fails",
		.opcode = KDMA_OP_KERNEL_FAILS,
		.is_core = 1,
		.argument_count = 1,
		.types = {
			KDMA_ARGUMENT_U32,
		},
	},
	{
		.name = "iommu_fails",
		.opcode = KDMA_OP_IOMMU_FAILS,
		.is_core = 1,
		.argument_count = 1,
		.types = {
			KDMA_ARGUMENT_U32,
		},
	},
};
#endif /* KDMA_WANT_OPERATION_SHAPES */

struct kdma_set_mask_arguments {
	uint64_t mask;
};

struct kdma_set_coherent_mask_arguments {
	uint64_t mask;
};

struct kdma_set_mask_and_coherent_arguments {
	uint64_t mask;
};

struct kdma_set_max_seg_size_arguments {
	uint32_t size;
};

struct kdma_set_seg_boundary_arguments {
	uint64_t mask;
};

struct kdma_set_min_align_mask_arguments {
	uint32_t mask;
};

struct kdma_alloc_coherent_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t flags;
};

struct kdma_free_coherent_arguments {
	uint32_t slot;
	uint64_t size;
};

struct kdma_alloc_attrs_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t flags;
	uint64_t attributes;
};

struct kdma_free_attrs_arguments {
	uint32_t slot;
	uint64_t size;
	uint64_t attributes;
};

struct kdma_map_single_arguments {
	uint32_t slot;
	uint64_t buffer;
	uint64_t offset;
	uint64_t size;
	uint32_t direction;
};

struct kdma_unmap_single_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t direction;
};

struct kdma_map_single_attrs_arguments {
	uint32_t slot;
	uint64_t buffer;
	uint64_t offset;
	uint64_t size;
	uint32_t direction;
	uint64_t attributes;
};

struct kdma_unmap_single_attrs_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t direction;
	uint64_t attributes;
};

struct kdma_map_page_arguments {
	uint32_t slot;
	uint64_t buffer;
	uint64_t offset;
	uint64_t size;
	uint32_t direction;
};

struct kdma_unmap_page_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t direction;
};

struct kdma_map_page_attrs_arguments {
	uint32_t slot;
	uint64_t buffer;
	uint64_t offset;
	uint64_t size;
	uint32_t direction;
	uint64_t attributes;
};

struct kdma_unmap_page_attrs_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t direction;
	uint64_t attributes;
};

struct kdma_map_phys_arguments {
	uint32_t slot;
	uint64_t buffer;
	uint64_t offset;
	uint64_t size;
	uint32_t direction;
	uint64_t attributes;
};

struct kdma_unmap_phys_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t direction;
	uint64_t attributes;
};

struct kdma_mapping_error_arguments {
	uint32_t slot;
};

struct kdma_sync_single_for_cpu_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t direction;
};

struct kdma_sync_single_for_device_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t direction;
};

struct kdma_sync_single_range_for_cpu_arguments {
	uint32_t slot;
	uint64_t offset;
	uint64_t size;
	uint32_t direction;
};

struct kdma_sync_single_range_for_device_arguments {
	uint32_t slot;
	uint64_t offset;
	uint64_t size;
	uint32_t direction;
};

struct kdma_need_sync_arguments {
	uint32_t slot;
};

struct kdma_alloc_pages_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t direction;
	uint32_t flags;
};

struct kdma_free_pages_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t direction;
};

struct kdma_sg_alloc_arguments {
	uint32_t slot;
	uint32_t capacity;
	uint32_t flags;
};

struct kdma_sg_free_arguments {
	uint32_t slot;
};

struct kdma_sg_add_arguments {
	uint32_t slot;
	uint64_t buffer;
	uint64_t offset;
	uint64_t size;
};

struct kdma_map_sg_attrs_arguments {
	uint32_t slot;
	uint32_t direction;
	uint64_t attributes;
};

struct kdma_unmap_sg_attrs_arguments {
	uint32_t slot;
	uint32_t direction;
	uint64_t attributes;
};

struct kdma_map_sgtable_arguments {
	uint32_t slot;
	uint32_t direction;
	uint64_t attributes;
};

struct kdma_unmap_sgtable_arguments {
	uint32_t slot;
	uint32_t direction;
	uint64_t attributes;
};

struct kdma_sync_sg_for_cpu_arguments {
	uint32_t slot;
	uint32_t direction;
};

struct kdma_sync_sg_for_device_arguments {
	uint32_t slot;
	uint32_t direction;
};

struct kdma_sync_sgtable_for_cpu_arguments {
	uint32_t slot;
	uint32_t direction;
};

struct kdma_sync_sgtable_for_device_arguments {
	uint32_t slot;
	uint32_t direction;
};

struct kdma_sg_segment_arguments {
	uint32_t slot;
	uint32_t index;
};

struct kdma_get_sgtable_arguments {
	uint32_t slot;
	uint32_t coherent;
	uint64_t size;
};

struct kdma_get_sgtable_attrs_arguments {
	uint32_t slot;
	uint32_t coherent;
	uint64_t size;
	uint64_t attributes;
};

struct kdma_alloc_noncoherent_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t direction;
	uint32_t flags;
};

struct kdma_free_noncoherent_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t direction;
};

struct kdma_pool_create_arguments {
	uint32_t slot;
	uint64_t size;
	uint64_t alignment;
	uint64_t boundary;
};

struct kdma_pool_destroy_arguments {
	uint32_t slot;
};

struct kdma_pool_alloc_arguments {
	uint32_t slot;
	uint32_t pool;
	uint32_t flags;
};

struct kdma_pool_zalloc_arguments {
	uint32_t slot;
	uint32_t pool;
	uint32_t flags;
};

struct kdma_pool_free_arguments {
	uint32_t slot;
};

struct kdma_alloc_noncontiguous_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t direction;
	uint32_t flags;
	uint64_t attributes;
};

struct kdma_free_noncontiguous_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t direction;
};

struct kdma_vmap_noncontiguous_arguments {
	uint32_t slot;
	uint64_t size;
};

struct kdma_vunmap_noncontiguous_arguments {
	uint32_t slot;
};

struct kdma_map_resource_arguments {
	uint32_t slot;
	uint64_t buffer;
	uint64_t offset;
	uint64_t size;
	uint32_t direction;
	uint64_t attributes;
};

struct kdma_unmap_resource_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t direction;
	uint64_t attributes;
};

struct kdma_iova_try_alloc_arguments {
	uint32_t slot;
	uint64_t physical_address;
	uint64_t size;
	uint32_t flags;
};

struct kdma_use_iova_arguments {
	uint32_t slot;
};

struct kdma_iova_size_arguments {
	uint32_t slot;
};

struct kdma_iova_link_arguments {
	uint32_t slot;
	uint64_t buffer;
	uint64_t offset;
	uint64_t iova_offset;
	uint64_t size;
	uint32_t direction;
	uint64_t attributes;
};

struct kdma_iova_sync_arguments {
	uint32_t slot;
	uint64_t iova_offset;
	uint64_t size;
};

struct kdma_iova_unlink_arguments {
	uint32_t slot;
	uint64_t iova_offset;
	uint64_t size;
	uint32_t direction;
	uint64_t attributes;
};

struct kdma_iova_destroy_arguments {
	uint32_t slot;
	uint64_t linked;
	uint32_t direction;
	uint64_t attributes;
};

struct kdma_iova_free_arguments {
	uint32_t slot;
};

struct kdma_managed_alloc_attrs_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t flags;
	uint64_t attributes;
};

struct kdma_managed_alloc_coherent_arguments {
	uint32_t slot;
	uint64_t size;
	uint32_t flags;
};

struct kdma_managed_free_coherent_arguments {
	uint32_t slot;
	uint64_t size;
};

struct kdma_managed_pool_create_arguments {
	uint32_t slot;
	uint64_t size;
	uint64_t alignment;
	uint64_t boundary;
};

struct kdma_managed_pool_destroy_arguments {
	uint32_t slot;
};

struct kdma_refuse_arguments {
	uint32_t function;
	uint32_t parameter;
	uint32_t value;
	uint32_t of;
};

struct kdma_memory_fill_arguments {
	uint64_t memory;
	uint64_t offset;
	uint64_t length;
	uint64_t seed;
};

struct kdma_memory_check_arguments {
	uint64_t memory;
	uint64_t offset;
	uint64_t length;
	uint64_t seed;
};

struct kdma_device_read_arguments {
	uint32_t slot;
	uint64_t offset;
	uint64_t device_offset;
	uint64_t length;
};

struct kdma_device_write_arguments {
	uint32_t slot;
	uint64_t offset;
	uint64_t device_offset;
	uint64_t length;
};

struct kdma_device_fill_arguments {
	uint64_t device_offset;
	uint64_t length;
	uint64_t seed;
};

struct kdma_device_check_arguments {
	uint64_t device_offset;
	uint64_t length;
	uint64_t seed;
};

struct kdma_bus_master_arguments {
	uint32_t enabled;
};

struct kdma_memory_runs_out_arguments {
	uint32_t of;
	uint32_t given;
};

struct kdma_kernel_fails_arguments {
	uint32_t error;
};

struct kdma_iommu_fails_arguments {
	uint32_t error;
};

#endif /* KDMA_OPERATIONS_H */
