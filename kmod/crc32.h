/* SPDX-License-Identifier: GPL-2.0 */
/*
 * crc32.h - CRC-32 (IEEE), the same in the core, in the guest's init and in
 * Python's zlib.crc32(). The kernel's own is an option that a kernel under
 * test may lack.
 */
#ifndef KDMA_CRC32_H
#define KDMA_CRC32_H

/* Eight bytes at a time: row n is for a byte with n bytes behind it. */
#define KDMA_CRC32_ROWS 8

/* Fills the rows. Polynomial 0xedb88320. */
static inline void kdma_crc32_prepare(uint32_t rows[KDMA_CRC32_ROWS][256])
{
	uint32_t byte, row, bit;

	for (byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;

		for (bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320 : 0);
		rows[0][byte] = crc;
	}
	for (row = 1; row < KDMA_CRC32_ROWS; row++) {
		for (byte = 0; byte < 256; byte++) {
			uint32_t crc = rows[row - 1][byte];

			rows[row][byte] = (crc >> 8) ^ rows[0][crc & 255];
		}
	}
}

/*
 * Continues @crc (0 at the start) over @length bytes. One caller at a time: the
 * first one fills the table.
 */
static inline uint32_t kdma_crc32(uint32_t crc, const void *bytes, uint64_t length)
{
	static uint32_t rows[KDMA_CRC32_ROWS][256];
	const uint8_t *byte = bytes;

	if (!rows[0][1])
		kdma_crc32_prepare(rows);
	crc = ~crc;
	for (; length >= 8; length -= 8, byte += 8) {
		crc ^= byte[0] | byte[1] << 8 | byte[2] << 16 | (uint32_t)byte[3] << 24;
		crc = rows[7][crc & 255] ^ rows[6][crc >> 8 & 255] ^
		      rows[5][crc >> 16 & 255] ^ rows[4][crc >> 24] ^ rows[3][byte[4]] ^
		      rows[2][byte[5]] ^ rows[1][byte[6]] ^ rows[0][byte[7]];
	}
	for (; length; length--)
		crc = (crc >> 8) ^ rows[0][(crc ^ *byte++) & 255];
	return ~crc;
}

#endif /* KDMA_CRC32_H */
