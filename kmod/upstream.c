// SPDX-License-Identifier: GPL-2.0
/*
 * The driver `upstream`: makes its calls through the kernel's own Rust,
 * kernel::dma (upstream_dma.rs). Programs, slots and traces are handled here as
 * in the C drivers, so that the Rust file holds nothing but those calls.
 *
 * upstream.toml says what kernel::dma can express; the host sends no other
 * program. One that comes all the same ends this driver's run: nothing is made
 * up for it, and nothing left out.
 */
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "driver.h"
#include "slots.h"

/* Memory that upstream_dma.rs allocated; @object is what it frees. */
struct kdma_upstream_memory {
	void *object;
	void *cpu_address;
	dma_addr_t dma_address;
};

enum kdma_upstream_masks {
	KDMA_UPSTREAM_STREAMING = 1,
	KDMA_UPSTREAM_COHERENT = 2,
	KDMA_UPSTREAM_BOTH = 3,
};

int kdma_upstream_set_mask(struct pci_dev *pci, struct platform_device *platform,
			   u32 masks, u32 bits);
void kdma_upstream_set_max_seg_size(struct pci_dev *pci, struct platform_device *platform,
				    u32 size);
int kdma_upstream_alloc(struct device *dev, u64 size, u32 flags,
			struct kdma_upstream_memory *memory);
int kdma_upstream_alloc_attrs(struct device *dev, u64 size, u32 flags, u64 attributes,
			      struct kdma_upstream_memory *memory);
void kdma_upstream_free(void *object);

/* Did the running program ask for what cannot be expressed? The core runs one at a time. */
static bool upstream_gave_up;

static int32_t upstream_give_up(void)
{
	upstream_gave_up = true;
	return KDMA_EUNKNOWN;
}

/* The device as its bus knows it: kernel::dma::Device is a trait of bus devices. */
static struct pci_dev *upstream_pci(struct kdma_run *run)
{
	struct device *dev = (struct device *)run->device;

	return dev_is_pci(dev) ? to_pci_dev(dev) : NULL;
}

static struct platform_device *upstream_platform(struct kdma_run *run)
{
	struct device *dev = (struct device *)run->device;

	return dev_is_pci(dev) ? NULL : to_platform_device(dev);
}

static int32_t upstream_status(int error)
{
	if (!error)
		return KDMA_OK;
	if (error == -EIO)
		return KDMA_EIO;
	if (error == -EINVAL)
		return KDMA_EINVAL;
	if (error == -ENOMEM)
		return KDMA_ENOMEM;
	return error == -EOPNOTSUPP ? KDMA_ENOTSUPP : KDMA_EUNKNOWN;
}

/* Family: limits */

static int32_t upstream_any_mask(struct kdma_run *run, u64 mask, u32 masks)
{
	/* struct DmaMask has the lowest n bits set, for any n. */
	if (mask & (mask + 1))
		return upstream_give_up();
	return upstream_status(kdma_upstream_set_mask(
		upstream_pci(run), upstream_platform(run), masks, fls64(mask)));
}

static int32_t upstream_set_mask(struct kdma_run *run,
				 const struct kdma_set_mask_arguments *arguments,
				 uint64_t *values)
{
	return upstream_any_mask(run, arguments->mask, KDMA_UPSTREAM_STREAMING);
}

static int32_t
upstream_set_coherent_mask(struct kdma_run *run,
			   const struct kdma_set_coherent_mask_arguments *arguments,
			   uint64_t *values)
{
	return upstream_any_mask(run, arguments->mask, KDMA_UPSTREAM_COHERENT);
}

static int32_t upstream_set_mask_and_coherent(
	struct kdma_run *run,
	const struct kdma_set_mask_and_coherent_arguments *arguments, uint64_t *values)
{
	return upstream_any_mask(run, arguments->mask, KDMA_UPSTREAM_BOTH);
}

static int32_t
upstream_set_max_seg_size(struct kdma_run *run,
			  const struct kdma_set_max_seg_size_arguments *arguments,
			  uint64_t *values)
{
	/* Gives no status, so that a refusal cannot be told. */
	if (!arguments->size || !((struct device *)run->device)->dma_parms)
		return upstream_give_up();
	kdma_upstream_set_max_seg_size(upstream_pci(run), upstream_platform(run),
				       arguments->size);
	return KDMA_OK;
}

/* Family: coherent */

static int32_t upstream_allocated(struct kdma_run *run, u32 slot, int error,
				  struct kdma_raw_slot made,
				  const struct kdma_upstream_memory *memory,
				  uint64_t *values)
{
	made.cookie = memory->object;
	return kdma_defined(run, slot, upstream_status(error), made, memory->cpu_address,
			    error ? 0 : memory->dma_address, values);
}

static int32_t
upstream_alloc_coherent(struct kdma_run *run,
			const struct kdma_alloc_coherent_arguments *arguments,
			uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_ALLOC_COHERENT,
		.size = arguments->size,
	};
	struct kdma_upstream_memory memory = {};
	int error = kdma_upstream_alloc((struct device *)run->device, arguments->size,
					arguments->flags, &memory);

	return upstream_allocated(run, arguments->slot, error, made, &memory, values);
}

static int32_t upstream_alloc_attrs(struct kdma_run *run,
				    const struct kdma_alloc_attrs_arguments *arguments,
				    uint64_t *values)
{
	struct kdma_raw_slot made = {
		.opcode = KDMA_OP_ALLOC_ATTRS,
		.size = arguments->size,
		.attributes = arguments->attributes,
	};
	struct kdma_upstream_memory memory = {};
	int error = kdma_upstream_alloc_attrs((struct device *)run->device,
					      arguments->size, arguments->flags,
					      arguments->attributes, &memory);

	/* An attribute that kernel::dma::attrs does not have. */
	if (error == -EDOM)
		return upstream_give_up();
	return upstream_allocated(run, arguments->slot, error, made, &memory, values);
}

/* Dropping the object frees it as it was allocated; nothing else can be said. */
static int32_t upstream_free(struct kdma_run *run, u32 slot, u64 size, u64 attributes)
{
	const struct kdma_raw_slot *made = kdma_raw_slot(run, slot);

	if (!made->cookie || run->slots[slot].state != KDMA_SLOT_ALLOCATED ||
	    made->size != size || made->attributes != attributes)
		return upstream_give_up();
	kdma_upstream_free(made->cookie);
	return kdma_released(run, slot, KDMA_OK);
}

static int32_t
upstream_free_coherent(struct kdma_run *run,
		       const struct kdma_free_coherent_arguments *arguments,
		       uint64_t *values)
{
	return upstream_free(run, arguments->slot, arguments->size, 0);
}

static int32_t upstream_free_attrs(struct kdma_run *run,
				   const struct kdma_free_attrs_arguments *arguments,
				   uint64_t *values)
{
	return upstream_free(run, arguments->slot, arguments->size,
			     arguments->attributes);
}

static const struct kdma_calls upstream_calls = {
	.alloc_attrs = upstream_alloc_attrs,
	.alloc_coherent = upstream_alloc_coherent,
	.free_attrs = upstream_free_attrs,
	.free_coherent = upstream_free_coherent,
	.set_coherent_mask = upstream_set_coherent_mask,
	.set_mask = upstream_set_mask,
	.set_mask_and_coherent = upstream_set_mask_and_coherent,
	.set_max_seg_size = upstream_set_max_seg_size,
};

/* Those of upstream_calls, and what the core does for every driver. */
static bool upstream_has(u16 opcode)
{
	switch (opcode) {
	case KDMA_OP_ALLOC_ATTRS:
	case KDMA_OP_ALLOC_COHERENT:
	case KDMA_OP_FREE_ATTRS:
	case KDMA_OP_FREE_COHERENT:
	case KDMA_OP_SET_COHERENT_MASK:
	case KDMA_OP_SET_MASK:
	case KDMA_OP_SET_MASK_AND_COHERENT:
	case KDMA_OP_SET_MAX_SEG_SIZE:
		return true;
	default:
		return opcode >= KDMA_OP_MEMORY_FILL;
	}
}

static int32_t upstream_run(struct kdma_run *run)
{
	int32_t error;
	u32 i;

	for (i = 0; i < run->operation_count; i++)
		if (!upstream_has(run->operations[i].opcode))
			return 1;
	upstream_gave_up = false;
	error = kdma_raw_run(run, &upstream_calls);
	return error ? error : upstream_gave_up;
}

static const struct kdma_driver upstream_driver = {
	.kind = KDMA_DRIVER_UPSTREAM,
	.operation_table = KDMA_OPERATION_TABLE,
	.state_size = kdma_raw_state_size,
	.run = upstream_run,
};

KDMA_DRIVER_MODULE(upstream_driver);
MODULE_DESCRIPTION("Runs DMA programs through the kernel's own Rust, kernel::dma");
