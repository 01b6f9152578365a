/* SPDX-License-Identifier: GPL-2.0 */
/*
 * crc32.h - CRC-32 (IEEE), the same in the core, in the guest's init and in
 * Python's zlib.crc32(). The kernel's own is an option that a kernel under
 * test may lack.
 */
#ifndef KDMA_CRC32_H
#define KDMA_CRC32_H

/* Continues @crc (0 at the start) over @length bytes. */
static inline uint32_t kdma_crc32(uint32_t crc, const void *bytes, uint64_t length)
{
	/* Four bits at a time: polynomial 0xedb88320. */
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const uint8_t *byte = bytes;

	crc = ~crc;
	while (length--) {
		crc ^= *byte++;
		crc = (crc >> 4) ^ table[crc & 15];
		crc = (crc >> 4) ^ table[crc & 15];
	}
	return ~crc;
}

#endif /* KDMA_CRC32_H */
