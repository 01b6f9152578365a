/* SPDX-License-Identifier: GPL-2.0 */
/*
 * device.h - QEMU's edu device as the mover of bytes, and memory of another device
 */
#ifndef KDMA_DEVICE_H
#define KDMA_DEVICE_H

#include <linux/pci.h>
#include <linux/types.h>

#include "program.h"

/**
 * struct kdma_edu - a bound edu device
 * @pci: the device
 * @registers: BAR 0
 * @scratch: coherent memory of KDMA_EDU_MEMORY_SIZE bytes, through which the
 *	CPU reaches the device's own memory
 * @scratch_address: the same for the device
 * @seen: what the device's own memory holds, where @known says so
 * @known: bytes that nothing but scratch was moved to since they were last seen
 * @counted_clock: the clock of guest and device counts the guest's instructions
 */
struct kdma_edu {
	struct pci_dev *pci;
	void __iomem *registers;
	u8 *scratch;
	dma_addr_t scratch_address;
	u8 seen[KDMA_EDU_MEMORY_SIZE];
	DECLARE_BITMAP(known, KDMA_EDU_MEMORY_SIZE);
	bool counted_clock;
};

/**
 * struct kdma_peer - a PCI device with memory, beside edu
 * @pci: the device; null where there is none
 * @memory: its BAR
 * @physical_address: of @memory
 */
struct kdma_peer {
	struct pci_dev *pci;
	void __iomem *memory;
	phys_addr_t physical_address;
};

/*
 * Finds QEMU's bochs-display and its memory, and lets go of it. No such device
 * is no error: 0 or a negative errno. May sleep.
 */
int kdma_peer_open(struct kdma_peer *peer);
void kdma_peer_close(struct kdma_peer *peer);

/*
 * Binds and unbinds. kdma_edu_open() takes the PCI device as probe() gets it and
 * how many bits of an address it drives; 0 or a negative errno. May sleep.
 */
int kdma_edu_open(struct kdma_edu *edu, struct pci_dev *pci, unsigned int bits);
void kdma_edu_close(struct kdma_edu *edu);

/*
 * Moves @length bytes between memory at @address and the device's own memory
 * at @device_offset. The caller has checked that they fit. Takes 100 ms of
 * the device's clock and may sleep. Returns 0, or -ETIMEDOUT when the device never finished.
 */
int kdma_edu_read_memory(struct kdma_edu *edu, dma_addr_t address, u32 device_offset,
			 u32 length);
int kdma_edu_write_memory(struct kdma_edu *edu, dma_addr_t address, u32 device_offset,
			  u32 length);

/*
 * Moves the first @length bytes of scratch to the device's own memory; takes no
 * time where that is known to hold them already. Else as above.
 */
int kdma_edu_store(struct kdma_edu *edu, u32 device_offset, u32 length);

/* Moves @length bytes of the device's own memory to the start of scratch, as above. */
int kdma_edu_fetch(struct kdma_edu *edu, u32 device_offset, u32 length);

#endif /* KDMA_DEVICE_H */
