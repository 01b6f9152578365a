// SPDX-License-Identifier: GPL-2.0
/*
 * kdma_test.ko: binds the devices, takes programs, gives traces.
 *
 * The core uses the kernel's DMA API itself, not the C ABI: it has to put the
 * device back into a known state whatever the code under test did.
 */
#include <linux/dma-mapping.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "accounting.h"
#include "device.h"
#include "diverted_calls.h"
#include "kernel_calls.h"
#include "kernel_fails.h"
#include "loader.h"
#include "no_memory.h"
#include "pattern.h"

#define PCI_VENDOR_ID_EDU 0x1234
#define PCI_DEVICE_ID_EDU 0x11e8

/* What a program may change on a device, as it was when we bound it. */
struct kdma_device_limits {
	unsigned int max_segment_size;
	unsigned int min_align_mask;
	unsigned long segment_boundary_mask;
};

/* Guards everything below, and is held while a program runs. */
static DEFINE_MUTEX(kdma_lock);
static struct kdma_edu kdma_edu;
static struct kdma_peer kdma_peer;
static struct kdma_device_limits kdma_edu_limits;
static struct platform_device *kdma_platform;
static struct kdma_device_limits kdma_platform_limits;
static struct platform_device *kdma_no_parameters;
static const struct kdma_driver *kdma_drivers[KDMA_DRIVER_UPSTREAM + 1];
static struct kdma_loader_slot kdma_loader_slots[KDMA_MAX_SLOTS];
static void *kdma_trace;
static size_t kdma_trace_length;

/* What the core keeps behind struct kdma_run. */
struct kdma_core_run {
	struct kdma_edu *edu;
};

/* For the report of what is left: 64 groups, with names of functions and modules. */
#define KDMA_ACCOUNTING_ROOM 16384

static bool accounting;
module_param(accounting, bool, 0444);
MODULE_PARM_DESC(accounting, "account memory that programs get and do not give back");

static bool kernel_calls;
module_param(kernel_calls, bool, 0444);
MODULE_PARM_DESC(kernel_calls, "record what programs ask of the kernel's functions");

static bool iommu_fails;
module_param(iommu_fails, bool, 0444);
MODULE_PARM_DESC(iommu_fails, "let programs have the layer below the DMA layer fail");

static bool kernel_fails;
module_param(kernel_fails, bool, 0444);
MODULE_PARM_DESC(kernel_fails, "let programs have the kernel's functions fail");

static bool no_memory;
module_param(no_memory, bool, 0444);
MODULE_PARM_DESC(no_memory, "let programs have memory run out");

static unsigned int device_bits = 64;
module_param(device_bits, uint, 0444);
MODULE_PARM_DESC(device_bits, "bits of a DMA address that the devices can drive");

static bool untrusted;
module_param(untrusted, bool, 0444);
MODULE_PARM_DESC(untrusted,
		 "Linux does not trust the device: an IOMMU gives it whole pages only");

static bool counted_clock;
module_param(counted_clock, bool, 0444);
MODULE_PARM_DESC(counted_clock, "the clock counts instructions (QEMU's -icount)");

static void kdma_save_limits(struct device *dev, struct kdma_device_limits *limits)
{
	if (!dev->dma_parms)
		return;
	limits->max_segment_size = dev->dma_parms->max_segment_size;
	limits->min_align_mask = dev->dma_parms->min_align_mask;
	limits->segment_boundary_mask = dev->dma_parms->segment_boundary_mask;
}

/* Puts a device back as it was bound, so that no program sees an earlier one. */
static int kdma_reset_device(struct device *dev, const struct kdma_device_limits *limits)
{
	if (dev->dma_parms) {
		dev->dma_parms->max_segment_size = limits->max_segment_size;
		dev->dma_parms->min_align_mask = limits->min_align_mask;
		dev->dma_parms->segment_boundary_mask = limits->segment_boundary_mask;
	}
	/* Asking the device takes two accesses to ports, which are slow in a guest. */
	if (dev_is_pci(dev) && !to_pci_dev(dev)->is_busmaster)
		pci_set_master(to_pci_dev(dev));
	return dma_set_mask_and_coherent(dev, DMA_BIT_MASK(device_bits));
}

/* The CPU's view of a memory argument, or NULL where there is none. */
static u8 *kdma_memory(struct kdma_run *run, u64 memory, u64 offset, u64 length)
{
	const struct kdma_slot *slot;

	if (!(memory & KDMA_MEMORY_IS_SLOT))
		return (u8 *)run->buffers[memory].cpu_address + offset;
	slot = &run->slots[memory & ~(u64)KDMA_MEMORY_IS_SLOT];
	if (slot->state != KDMA_SLOT_ALLOCATED || !slot->cpu_address ||
	    offset > slot->size || length > slot->size - offset)
		return NULL;
	return (u8 *)slot->cpu_address + offset;
}

static void kdma_fill(u8 *bytes, u64 index, u64 length, u64 seed)
{
	u64 position = kdma_pattern_position(seed, index);

	while (length) {
		u64 word = kdma_pattern_word(seed, position);

		if (length >= 8 && !(position & 7)) {
			memcpy(bytes, &word, 8);
			bytes += 8;
			position += 8;
			length -= 8;
			continue;
		}
		*bytes++ = kdma_pattern_byte(word, position++);
		length--;
	}
}

static void kdma_compare(const u8 *bytes, u64 index, u64 length, u64 seed, u64 *values)
{
	u64 position = kdma_pattern_position(seed, index);
	u64 i = 0;

	/* The device wrote, not the compiler. */
	barrier();
	while (i < length) {
		u64 word = kdma_pattern_word(seed, position + i), eight;
		u8 found, wanted;

		if (length - i >= 8 && !((position + i) & 7)) {
			memcpy(&eight, bytes + i, 8);
			if (eight == word) {
				i += 8;
				continue;
			}
		}
		found = READ_ONCE(bytes[i]);
		wanted = kdma_pattern_byte(word, position + i);
		if (found != wanted) {
			if (!values[0]) {
				values[1] = index + i;
				values[2] = found;
				values[3] = wanted;
			}
			values[0]++;
		}
		i++;
	}
}

/*
 * Moves bytes between the device and memory at a slot's address, or through the
 * segments of a scatterlist one after the other.
 */
static int kdma_transfer(struct kdma_edu *edu, const struct kdma_slot *slot, bool reads,
			 const u64 *arguments)
{
	u64 offset = arguments[0], device_offset = arguments[1], left = arguments[2];
	const struct kdma_segment whole = {slot->dma_address, slot->size};
	const struct kdma_segment *segments = &whole;
	u32 count = 1, i;
	int error = 0;

	if (slot->segment_count) {
		segments = slot->segments;
		count = min_t(u32, slot->segment_count, KDMA_MAX_SEGMENTS);
	}
	for (i = 0; i < count && left && !error; i++) {
		u64 address = segments[i].dma_address + offset, part;

		if (offset >= segments[i].size) {
			offset -= segments[i].size;
			continue;
		}
		part = min(left, segments[i].size - offset);
		error = reads ? kdma_edu_read_memory(edu, address, device_offset, part)
			      : kdma_edu_write_memory(edu, address, device_offset, part);
		device_offset += part;
		left -= part;
		offset = 0;
	}
	return error;
}

static int32_t kdma_device_operation(struct kdma_run *run,
				     const struct kdma_operation *operation, u64 *values)
{
	struct kdma_core_run *core = run->core;
	struct kdma_edu *edu = core->edu;
	const u64 *arguments = operation->arguments;
	const struct kdma_slot *slot = &run->slots[operation->slot];
	int error;

	if (!edu)
		return KDMA_ENOTSUPP;
	switch (operation->opcode) {
	case KDMA_OP_DEVICE_READ:
	case KDMA_OP_DEVICE_WRITE:
		/*
		 * Freed memory belongs to somebody else by now; a device that
		 * no IOMMU stops would overwrite it.
		 */
		if (slot->state != KDMA_SLOT_MAPPED &&
		    slot->state != KDMA_SLOT_UNMAPPED &&
		    slot->state != KDMA_SLOT_ALLOCATED)
			return KDMA_EINVAL;
		if (arguments[0] > slot->size || arguments[2] > slot->size - arguments[0])
			return KDMA_EINVAL;
		error = kdma_transfer(edu, slot, operation->opcode == KDMA_OP_DEVICE_READ,
				      arguments);
		break;
	case KDMA_OP_DEVICE_FILL:
		kdma_fill(edu->scratch, arguments[0], arguments[1], arguments[2]);
		error = kdma_edu_store(edu, arguments[0], arguments[1]);
		break;
	case KDMA_OP_DEVICE_CHECK:
		error = kdma_edu_fetch(edu, arguments[0], arguments[1]);
		if (!error)
			kdma_compare(edu->scratch, arguments[0], arguments[1],
				     arguments[2], values);
		break;
	case KDMA_OP_BUS_MASTER:
		if (arguments[0])
			pci_set_master(edu->pci);
		else
			pci_clear_master(edu->pci);
		return KDMA_OK;
	default:
		return KDMA_EINVAL;
	}
	return error ? KDMA_EIO : KDMA_OK;
}

static int32_t kdma_memory_operation(struct kdma_run *run,
				     const struct kdma_operation *operation, u64 *values)
{
	const u64 *arguments = operation->arguments;
	u8 *bytes = kdma_memory(run, arguments[0], arguments[1], arguments[2]);

	if (!bytes)
		return KDMA_EINVAL;
	if (operation->opcode == KDMA_OP_MEMORY_FILL)
		kdma_fill(bytes, arguments[1], arguments[2], arguments[3]);
	else
		kdma_compare(bytes, arguments[1], arguments[2], arguments[3], values);
	return KDMA_OK;
}

/* Diverts calls of the operation after this one, if there is one. */
static int32_t kdma_divert_next(struct kdma_run *run, uint32_t index,
				const struct kdma_diversion *diversion)
{
	if (index + 1 == run->operation_count)
		return KDMA_EINVAL;
	return kdma_divert_calls(diversion, &run->results[index + 1]);
}

/* Drivers call it for operations that are not theirs. */
static void kdma_core_operation(struct kdma_run *run, uint32_t index)
{
	const struct kdma_operation *operation = &run->operations[index];
	struct kdma_result *result = &run->results[index];

	switch (operation->opcode) {
	case KDMA_OP_MEMORY_FILL:
	case KDMA_OP_MEMORY_CHECK:
		result->status = kdma_memory_operation(run, operation, result->values);
		break;
	case KDMA_OP_IOMMU_FAILS:
	case KDMA_OP_KERNEL_FAILS:
		result->status = kdma_kernel_fails_with(operation->arguments[0]);
		if (!result->status)
			result->status =
				kdma_divert_next(run, index,
						 operation->opcode == KDMA_OP_IOMMU_FAILS
							 ? &kdma_iommu_fails_diversion
							 : &kdma_kernel_fails_diversion);
		break;
	case KDMA_OP_MEMORY_RUNS_OUT:
		result->status = kdma_no_memory_after(operation->arguments[0],
						      operation->arguments[1]);
		if (!result->status)
			result->status =
				kdma_divert_next(run, index, &kdma_no_memory_diversion);
		break;
	default:
		result->status = kdma_device_operation(run, operation, result->values);
		break;
	}
	result->opcode = operation->opcode;
	result->completion = KDMA_COMPLETED;
}

/* The pages of a buffer are, or no longer are, what the kernel does not manage. */
static void kdma_reserve(const struct kdma_buffer *buffer, bool reserved)
{
	struct page *page = virt_to_page(buffer->cpu_address);
	u32 i;

	for (i = 0; i < 1U << get_order(buffer->size); i++) {
		if (reserved)
			SetPageReserved(page + i);
		else
			ClearPageReserved(page + i);
	}
}

static void kdma_free_buffers(struct kdma_buffer *buffers,
			      const struct kdma_buffer_shape *shapes, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++) {
		if (!buffers[i].cpu_address)
			continue;
		if (shapes[i].kind == KDMA_BUFFER_RESERVED)
			kdma_reserve(&buffers[i], false);
		if (shapes[i].kind == KDMA_BUFFER_PAGES ||
		    shapes[i].kind == KDMA_BUFFER_RESERVED)
			free_pages((unsigned long)buffers[i].cpu_address,
				   get_order(shapes[i].size));
		else if (shapes[i].kind == KDMA_BUFFER_SLAB)
			kfree(buffers[i].cpu_address);
	}
	kvfree(buffers);
}

static struct kdma_buffer *kdma_alloc_buffers(const struct kdma_buffer_shape *shapes,
					      u32 count)
{
	struct kdma_buffer *buffers;
	u64 mmio = 0;
	u32 i;

	/* One more, so that none at all is not a null pointer. */
	buffers = kvcalloc(count + 1, sizeof(*buffers), GFP_KERNEL);
	if (!buffers)
		return NULL;
	for (i = 0; i < count; i++) {
		struct kdma_buffer *buffer = &buffers[i];

		buffer->size = shapes[i].size;
		if (shapes[i].kind == KDMA_BUFFER_MMIO) {
			buffer->cpu_address = (__force void *)kdma_peer.memory + mmio;
			buffer->physical_address = kdma_peer.physical_address + mmio;
			kdma_fill(buffer->cpu_address, 0, buffer->size, 0);
			mmio += kdma_mmio_pages(buffer->size);
			continue;
		}
		if (shapes[i].kind != KDMA_BUFFER_SLAB)
			buffer->cpu_address = (void *)__get_free_pages(
				GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN,
				get_order(shapes[i].size));
		else
			buffer->cpu_address =
				kzalloc(shapes[i].size, GFP_KERNEL | __GFP_NOWARN);
		if (!buffer->cpu_address) {
			kdma_free_buffers(buffers, shapes, count);
			return NULL;
		}
		buffer->physical_address = virt_to_phys(buffer->cpu_address);
		if (shapes[i].kind == KDMA_BUFFER_RESERVED) {
			kdma_reserve(buffer, true);
			continue;
		}
		buffer->page = (struct kdma_page *)virt_to_page(buffer->cpu_address);
		buffer->page_offset = offset_in_page(buffer->cpu_address);
	}
	return buffers;
}

/* Runs a checked program and writes its results and the end of its trace. */
static void kdma_run_program(const struct kdma_loaded *loaded,
			     const struct kdma_driver *driver,
			     struct kdma_result *results, struct kdma_trace_end *end)
{
	const struct kdma_program_header *header = loaded->header;
	const struct kdma_device_limits *limits;
	struct kdma_core_run core = {};
	struct kdma_buffer *buffers;
	struct kdma_slot *slots;
	struct kdma_run run = {};
	struct device *dev;
	u64 start, state_size;
	void *managed;
	u32 i;

	end->error = KDMA_RUN_NO_DEVICE;
	if (header->target == KDMA_TARGET_EDU) {
		if (!kdma_edu.pci)
			return;
		dev = &kdma_edu.pci->dev;
		limits = &kdma_edu_limits;
		core.edu = &kdma_edu;
	} else if (header->target == KDMA_TARGET_PLATFORM) {
		dev = &kdma_platform->dev;
		limits = &kdma_platform_limits;
	} else {
		/* Without parameters there are no limits to put back. */
		dev = &kdma_no_parameters->dev;
		limits = NULL;
	}
	for (i = 0; i < header->buffer_count; i++)
		if (loaded->buffers[i].kind == KDMA_BUFFER_MMIO && !kdma_peer.pci)
			return;
	if (kdma_reset_device(dev, limits))
		return;

	end->error = KDMA_RUN_NO_MEMORY;
	buffers = kdma_alloc_buffers(loaded->buffers, header->buffer_count);
	slots = kvcalloc(header->slot_count + 1, sizeof(*slots), GFP_KERNEL);
	/* A power of two, which kmalloc() aligns by itself: see struct kdma_run. */
	state_size = max_t(u64, driver->state_size(header->slot_count), 64);
	run.state = kvzalloc(roundup_pow_of_two(state_size), GFP_KERNEL);
	kdma_accounting_start(results, header->operation_count);
	/* What the program leaves managed, the device releases with this group. */
	managed = devres_open_group(dev, NULL, GFP_KERNEL);
	if (!buffers || !slots || !run.state || !managed)
		goto free;

	run.device = (struct kdma_device *)dev;
	run.operations = loaded->operations;
	run.results = results;
	run.buffers = buffers;
	run.slots = slots;
	run.operation_count = header->operation_count;
	run.buffer_count = header->buffer_count;
	run.slot_count = header->slot_count;
	run.core_operation = kdma_core_operation;
	run.core = &core;

	for (i = 0; i < run.operation_count; i++)
		results[i].opcode = run.operations[i].opcode;
	kdma_kernel_calls_start(&run, loaded->buffers);
	start = ktime_get_ns();
	end->error = driver->run(&run) ? KDMA_RUN_DRIVER_FAILED : KDMA_RUN_OK;
	end->nanoseconds = ktime_get_ns() - start;
	kdma_divert_no_calls();
	kdma_kernel_calls_stop();
	end->leftover = run.leftover;
	kdma_accounting_count_pools(dev);
	for (i = 0; i < run.operation_count; i++)
		end->completed += results[i].completion != KDMA_NOT_REACHED;
	if (kdma_reset_device(dev, limits))
		end->error = KDMA_RUN_NO_DEVICE;
free:
	if (managed)
		devres_release_group(dev, managed);
	kdma_accounting_stop();
	kvfree(run.state);
	kvfree(slots);
	if (buffers)
		kdma_free_buffers(buffers, loaded->buffers, header->buffer_count);
}

/* Makes the trace of a request; -ENOMEM, or 0 with kdma_trace set. */
static int kdma_execute_request(u32 kind, const void *program, size_t length)
{
	const struct kdma_driver *driver = NULL;
	struct kdma_trace_header *header;
	struct kdma_loader_error error;
	struct kdma_loaded loaded;
	struct kdma_trace_end *end;
	u32 count = 0;
	bool valid;

	if (kind < ARRAY_SIZE(kdma_drivers))
		driver = kdma_drivers[kind];
	valid = !kdma_load(program, length, kdma_loader_slots, &loaded, &error);
	if (valid)
		count = loaded.header->operation_count;

	kdma_trace_length =
		sizeof(*header) + count * sizeof(struct kdma_result) + sizeof(*end);
	kdma_trace = kvzalloc(kdma_trace_length, GFP_KERNEL);
	if (!kdma_trace)
		return -ENOMEM;
	header = kdma_trace;
	header->magic = KDMA_TRACE_MAGIC;
	header->version = KDMA_PROGRAM_VERSION;
	header->driver = kind;
	header->operation_count = count;
	if (length >= sizeof(*loaded.header))
		header->program = loaded.header->program;
	end = kdma_trace + kdma_trace_length - sizeof(*end);

	if (!valid) {
		pr_warn("kdma: program refused at byte %u: %s\n", error.offset,
			error.what);
		end->error = KDMA_RUN_MALFORMED;
		end->detail = error.offset;
	} else if (!driver) {
		end->error = KDMA_RUN_NO_DRIVER;
	} else {
		kdma_run_program(&loaded, driver, (void *)(header + 1), end);
	}
	end->magic = KDMA_TRACE_END_MAGIC;
	return 0;
}

static void kdma_drop_trace(void)
{
	kvfree(kdma_trace);
	kdma_trace = NULL;
	kdma_trace_length = 0;
}

/*
 * /dev/kdma: one write is a request (u32 driver, u32 zero, the program), which
 * runs before the write returns; reads then give its trace, and 0 at its end.
 */
static ssize_t kdma_write(struct file *file, const char __user *from, size_t count,
			  loff_t *position)
{
	const size_t largest = sizeof(u64) + sizeof(struct kdma_program_header) +
			       KDMA_MAX_BUFFERS * sizeof(struct kdma_buffer_shape) +
			       KDMA_MAX_OPERATIONS * sizeof(struct kdma_operation);
	u32 *request;
	int error;

	if (count < sizeof(u64) || count > largest)
		return -EINVAL;
	request = kvmalloc(count, GFP_KERNEL);
	if (!request)
		return -ENOMEM;
	error = -EFAULT;
	if (copy_from_user(request, from, count))
		goto free;
	error = -EINVAL;
	if (request[1])
		goto free;
	mutex_lock(&kdma_lock);
	kdma_drop_trace();
	error = kdma_execute_request(request[0], request + 2, count - sizeof(u64));
	mutex_unlock(&kdma_lock);
	*position = 0;
free:
	kvfree(request);
	return error ? error : count;
}

static ssize_t kdma_read(struct file *file, char __user *to, size_t count,
			 loff_t *position)
{
	ssize_t read;

	mutex_lock(&kdma_lock);
	read = simple_read_from_buffer(to, count, position, kdma_trace,
				       kdma_trace_length);
	mutex_unlock(&kdma_lock);
	return read;
}

static const struct file_operations kdma_operations = {
	.owner = THIS_MODULE,
	.read = kdma_read,
	.write = kdma_write,
};

static struct miscdevice kdma_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "kdma",
	.fops = &kdma_operations,
	.mode = 0600,
};

/* /dev/kdma-accounting: what the last program did not give back, as text. */
static ssize_t kdma_accounting_read(struct file *file, char __user *to, size_t count,
				    loff_t *position)
{
	ssize_t read;
	char *text;

	text = kvmalloc(KDMA_ACCOUNTING_ROOM, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	mutex_lock(&kdma_lock);
	read = simple_read_from_buffer(
		to, count, position, text,
		kdma_accounting_report(text, KDMA_ACCOUNTING_ROOM));
	mutex_unlock(&kdma_lock);
	kvfree(text);
	return read;
}

static const struct file_operations kdma_accounting_operations = {
	.owner = THIS_MODULE,
	.read = kdma_accounting_read,
};

static struct miscdevice kdma_accounting_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "kdma-accounting",
	.fops = &kdma_accounting_operations,
	.mode = 0400,
};

/* /dev/kdma-calls: what the last program asked of the kernel's functions. */
static ssize_t kdma_calls_read(struct file *file, char __user *to, size_t count,
			       loff_t *position)
{
	const void *recorded;
	size_t length;
	ssize_t read;

	mutex_lock(&kdma_lock);
	recorded = kdma_kernel_calls(&length);
	read = simple_read_from_buffer(to, count, position, recorded, length);
	mutex_unlock(&kdma_lock);
	return read;
}

static const struct file_operations kdma_calls_operations = {
	.owner = THIS_MODULE,
	.read = kdma_calls_read,
};

static struct miscdevice kdma_calls_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "kdma-calls",
	.fops = &kdma_calls_operations,
	.mode = 0400,
};

static void kdma_forget_driver(void *data)
{
	const struct kdma_driver *driver = data;

	mutex_lock(&kdma_lock);
	kdma_drivers[driver->kind] = NULL;
	mutex_unlock(&kdma_lock);
}

/* A driver's module hands over its struct kdma_driver as platform data. */
static int kdma_driver_probe(struct platform_device *pdev)
{
	const struct kdma_driver *driver = dev_get_platdata(&pdev->dev);
	int error = 0;

	if (!driver || driver->kind >= ARRAY_SIZE(kdma_drivers) || !driver->run ||
	    !driver->state_size)
		return -EINVAL;
	if (driver->operation_table != KDMA_OPERATION_TABLE ||
	    (driver->abi_version && driver->abi_version != KDMA_ABI_VERSION)) {
		dev_err(&pdev->dev,
			"built for table %08x and ABI %u, not for %08x and %u\n",
			driver->operation_table, driver->abi_version,
			KDMA_OPERATION_TABLE, KDMA_ABI_VERSION);
		return -EINVAL;
	}
	mutex_lock(&kdma_lock);
	if (kdma_drivers[driver->kind])
		error = -EBUSY;
	else
		kdma_drivers[driver->kind] = driver;
	mutex_unlock(&kdma_lock);
	if (error)
		return error;
	return devm_add_action_or_reset(&pdev->dev, kdma_forget_driver, (void *)driver);
}

static struct platform_driver kdma_driver_driver = {
	.probe = kdma_driver_probe,
	.driver.name = KDMA_DRIVER_DEVICE_NAME,
};

static int kdma_edu_probe(struct pci_dev *pci, const struct pci_device_id *id)
{
	int error = -EBUSY;

	mutex_lock(&kdma_lock);
	if (!kdma_edu.pci) {
		kdma_edu.counted_clock = counted_clock;
		/*
		 * As Linux marks it behind a port that firmware calls external. That
		 * comes before an IOMMU's domain is chosen; it is the same one wherever
		 * devices are translated, and what is unmapped goes at once.
		 */
		if (untrusted)
			pci->untrusted = true;
		error = kdma_edu_open(&kdma_edu, pci, device_bits);
		if (!error)
			kdma_save_limits(&pci->dev, &kdma_edu_limits);
	}
	mutex_unlock(&kdma_lock);
	return error;
}

static void kdma_edu_remove(struct pci_dev *pci)
{
	mutex_lock(&kdma_lock);
	kdma_edu_close(&kdma_edu);
	mutex_unlock(&kdma_lock);
}

static const struct pci_device_id kdma_edu_ids[] = {
	{PCI_DEVICE(PCI_VENDOR_ID_EDU, PCI_DEVICE_ID_EDU)}, {}};
MODULE_DEVICE_TABLE(pci, kdma_edu_ids);

static struct pci_driver kdma_edu_driver = {
	.name = "kdma",
	.id_table = kdma_edu_ids,
	.probe = kdma_edu_probe,
	.remove = kdma_edu_remove,
};

static int __init kdma_init(void)
{
	int error;

	if (accounting) {
		error = kdma_accounting_open();
		if (error)
			return error;
	}
	if (kernel_calls) {
		error = kdma_kernel_calls_open();
		if (error)
			goto close_accounting;
	}
	error = kdma_diverted_calls_open(no_memory, kernel_fails, iommu_fails);
	if (error)
		goto close_calls;
	kdma_platform = platform_device_register_simple("kdma-platform", -1, NULL, 0);
	if (IS_ERR(kdma_platform)) {
		error = PTR_ERR(kdma_platform);
		goto close_diverted_calls;
	}
	kdma_save_limits(&kdma_platform->dev, &kdma_platform_limits);
	kdma_no_parameters =
		platform_device_register_simple("kdma-no-parameters", -1, NULL, 0);
	if (IS_ERR(kdma_no_parameters)) {
		error = PTR_ERR(kdma_no_parameters);
		goto unregister_platform;
	}
	/* As on a bus that gives its devices none; no driver is bound to this one. */
	kdma_no_parameters->dev.dma_parms = NULL;
	error = kdma_peer_open(&kdma_peer);
	if (error)
		goto unregister_no_parameters;
	error = pci_register_driver(&kdma_edu_driver);
	if (error)
		goto close_peer;
	error = platform_driver_register(&kdma_driver_driver);
	if (error)
		goto unregister_edu;
	error = misc_register(&kdma_misc);
	if (error)
		goto unregister_driver;
	error = misc_register(&kdma_accounting_misc);
	if (error)
		goto unregister_misc;
	error = misc_register(&kdma_calls_misc);
	if (error)
		goto unregister_accounting;
	return 0;

unregister_accounting:
	misc_deregister(&kdma_accounting_misc);
unregister_misc:
	misc_deregister(&kdma_misc);
unregister_driver:
	platform_driver_unregister(&kdma_driver_driver);
unregister_edu:
	pci_unregister_driver(&kdma_edu_driver);
close_peer:
	kdma_peer_close(&kdma_peer);
unregister_no_parameters:
	platform_device_unregister(kdma_no_parameters);
unregister_platform:
	platform_device_unregister(kdma_platform);
close_diverted_calls:
	kdma_diverted_calls_close();
close_calls:
	kdma_kernel_calls_close();
close_accounting:
	kdma_accounting_close();
	return error;
}

static void __exit kdma_exit(void)
{
	misc_deregister(&kdma_calls_misc);
	misc_deregister(&kdma_accounting_misc);
	misc_deregister(&kdma_misc);
	platform_driver_unregister(&kdma_driver_driver);
	pci_unregister_driver(&kdma_edu_driver);
	kdma_peer_close(&kdma_peer);
	platform_device_unregister(kdma_no_parameters);
	platform_device_unregister(kdma_platform);
	kdma_diverted_calls_close();
	kdma_kernel_calls_close();
	kdma_accounting_close();
	kdma_drop_trace();
}

module_init(kdma_init);
module_exit(kdma_exit);

MODULE_AUTHOR("kdma");
MODULE_DESCRIPTION("Runs DMA programs in several drivers and records what they saw");
MODULE_LICENSE("GPL");
