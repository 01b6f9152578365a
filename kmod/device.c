// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU's edu device (docs/specs/edu.rst in QEMU). It has no error bit, and a
 * length beyond its memory makes it run out of bounds inside QEMU, so every
 * caller checks first.
 */
#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/io-64-nonatomic-lo-hi.h>

#include "device.h"

#define EDU_IDENTIFICATION  0x00
#define EDU_DMA_SOURCE	    0x80
#define EDU_DMA_DESTINATION 0x88
#define EDU_DMA_COUNT	    0x90
#define EDU_DMA_COMMAND	    0x98
#define EDU_DMA_RUN	    BIT(0)
#define EDU_DMA_TO_MEMORY   BIT(1)
#define EDU_MEMORY	    0x40000

/* The low byte and the top bytes are a version; this is the constant part. */
#define EDU_ID_MASK 0x0000ffff
#define EDU_ID	    0x000000ed

/*
 * Lets time pass where each instruction is some of it (QEMU's -icount). An
 * emulator translates no-operations to nothing but their count, once for each
 * block of at most 512 instructions that lies in one page: hence as many blocks
 * as go into a page of its own. A sleep takes longer: each time that the guest
 * idles, QEMU's threads hand over to each other, and a timer tick comes between.
 * With interrupts on, the ticks of that time would run meanwhile.
 */
static noinline __aligned(PAGE_SIZE) void kdma_spend_instructions(u64 nanoseconds)
{
	u64 end = ktime_get_ns() + nanoseconds;
	unsigned long flags;
	int i;

	local_irq_save(flags);
	while (ktime_get_ns() < end) {
		for (i = 0; i < 4; i++)
			asm volatile(".rept 7 * 512\n\tnop\n\t.endr");
	}
	local_irq_restore(flags);
}

/* Waits while the device's clock moves on. */
static void kdma_edu_wait(const struct kdma_edu *edu, unsigned int microseconds)
{
	if (edu->counted_clock)
		kdma_spend_instructions(microseconds * (u64)NSEC_PER_USEC);
	else
		usleep_range(microseconds, microseconds + 200);
}

static int kdma_edu_move(struct kdma_edu *edu, u64 source, u64 destination, u32 length,
			 u32 direction)
{
	int waited;

	writeq(source, edu->registers + EDU_DMA_SOURCE);
	writeq(destination, edu->registers + EDU_DMA_DESTINATION);
	writeq(length, edu->registers + EDU_DMA_COUNT);
	writeq(EDU_DMA_RUN | direction, edu->registers + EDU_DMA_COMMAND);
	/* The device starts its timer of 100 ms now. */
	kdma_edu_wait(edu, 100100);
	for (waited = 0; waited < 100; waited++) {
		if (!(readq(edu->registers + EDU_DMA_COMMAND) & EDU_DMA_RUN))
			return 0;
		kdma_edu_wait(edu, 1000);
	}
	return -ETIMEDOUT;
}

int kdma_edu_read_memory(struct kdma_edu *edu, dma_addr_t address, u32 device_offset,
			 u32 length)
{
	bitmap_clear(edu->known, device_offset, length);
	return kdma_edu_move(edu, address, EDU_MEMORY + device_offset, length, 0);
}

int kdma_edu_write_memory(struct kdma_edu *edu, dma_addr_t address, u32 device_offset,
			  u32 length)
{
	return kdma_edu_move(edu, EDU_MEMORY + device_offset, address, length,
			     EDU_DMA_TO_MEMORY);
}

/* Scratch and the device's memory are the same now, if the device may move anything. */
static void kdma_edu_note(struct kdma_edu *edu, u32 device_offset, u32 length)
{
	u16 command;

	if (pci_read_config_word(edu->pci, PCI_COMMAND, &command) ||
	    !(command & PCI_COMMAND_MASTER))
		return;
	memcpy(edu->seen + device_offset, edu->scratch, length);
	bitmap_set(edu->known, device_offset, length);
}

int kdma_edu_store(struct kdma_edu *edu, u32 device_offset, u32 length)
{
	u32 end = device_offset + length;
	int error;

	/* Most programs start from the same bytes as the one before. */
	if (find_next_zero_bit(edu->known, end, device_offset) >= end &&
	    !memcmp(edu->seen + device_offset, edu->scratch, length))
		return 0;
	error = kdma_edu_read_memory(edu, edu->scratch_address, device_offset, length);
	if (!error)
		kdma_edu_note(edu, device_offset, length);
	return error;
}

int kdma_edu_fetch(struct kdma_edu *edu, u32 device_offset, u32 length)
{
	int error =
		kdma_edu_write_memory(edu, edu->scratch_address, device_offset, length);

	if (!error)
		kdma_edu_note(edu, device_offset, length);
	return error;
}

int kdma_edu_open(struct kdma_edu *edu, struct pci_dev *pci, unsigned int bits)
{
	int error;

	error = pci_enable_device(pci);
	if (error)
		return error;
	error = pci_request_regions(pci, "kdma");
	if (error)
		goto disable;
	error = -ENOMEM;
	edu->registers = pci_iomap(pci, 0, 0);
	if (!edu->registers)
		goto release;
	error = -ENODEV;
	if ((readl(edu->registers + EDU_IDENTIFICATION) & EDU_ID_MASK) != EDU_ID)
		goto unmap;
	error = dma_set_mask_and_coherent(&pci->dev, DMA_BIT_MASK(bits));
	if (error)
		goto unmap;
	error = -ENOMEM;
	edu->scratch = dma_alloc_coherent(&pci->dev, KDMA_EDU_MEMORY_SIZE,
					  &edu->scratch_address, GFP_KERNEL);
	if (!edu->scratch)
		goto unmap;
	pci_set_master(pci);
	bitmap_zero(edu->known, KDMA_EDU_MEMORY_SIZE);
	edu->pci = pci;
	return 0;

unmap:
	pci_iounmap(pci, edu->registers);
release:
	pci_release_regions(pci);
disable:
	pci_disable_device(pci);
	return error;
}

void kdma_edu_close(struct kdma_edu *edu)
{
	struct pci_dev *pci = edu->pci;

	pci_clear_master(pci);
	dma_free_coherent(&pci->dev, KDMA_EDU_MEMORY_SIZE, edu->scratch,
			  edu->scratch_address);
	pci_iounmap(pci, edu->registers);
	pci_release_regions(pci);
	pci_disable_device(pci);
	edu->pci = NULL;
}

/*
 * bochs-display (hw/display/bochs-display.c in QEMU), of which nothing is shown:
 * BAR 0 is plain memory.
 */
#define PEER_VENDOR 0x1234
#define PEER_DEVICE 0x1111
#define PEER_BAR    0

int kdma_peer_open(struct kdma_peer *peer)
{
	struct pci_dev *pci = pci_get_device(PEER_VENDOR, PEER_DEVICE, NULL);
	int error;

	if (!pci)
		return 0;
	error = pci_enable_device(pci);
	if (error)
		goto put;
	error = pci_request_region(pci, PEER_BAR, "kdma");
	if (error)
		goto disable;
	error = -ENODEV;
	if (pci_resource_len(pci, PEER_BAR) < KDMA_MMIO_SIZE)
		goto release;
	error = -ENOMEM;
	peer->memory = pci_iomap(pci, PEER_BAR, KDMA_MMIO_SIZE);
	if (!peer->memory)
		goto release;
	peer->physical_address = pci_resource_start(pci, PEER_BAR);
	peer->pci = pci;
	return 0;

release:
	pci_release_region(pci, PEER_BAR);
disable:
	pci_disable_device(pci);
put:
	pci_dev_put(pci);
	return error;
}

void kdma_peer_close(struct kdma_peer *peer)
{
	struct pci_dev *pci = peer->pci;

	if (!pci)
		return;
	pci_iounmap(pci, peer->memory);
	pci_release_region(pci, PEER_BAR);
	pci_disable_device(pci);
	pci_dev_put(pci);
	peer->pci = NULL;
}
