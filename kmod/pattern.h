/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pattern.h - the bytes that buffers and the device are filled with
 *
 * Freestanding C11, header only: the core uses it, a test on the host compares
 * it with pattern_byte() in harness/kdma/programs.py.
 *
 * Neighbouring positions and neighbouring seeds give unrelated bytes, so bytes
 * that went to another place, or came from another fill, show.
 */
#ifndef KDMA_PATTERN_H
#define KDMA_PATTERN_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif

/**
 * kdma_pattern_position() - where a byte is in its pattern
 * @seed: the pattern in its low 32 bits; 0 is all zeros. The high 32 bits are
 *	a signed shift that is added to @index: what the device moves from one
 *	offset to another keeps its pattern under another shift.
 * @index: bytes from the start of the memory
 *
 * Return: the position, modulo 2^64.
 */
static inline uint64_t kdma_pattern_position(uint64_t seed, uint64_t index)
{
	return index + ((seed >> 32) ^ 0x80000000) - 0x80000000;
}

/**
 * kdma_pattern_word() - eight bytes of a pattern
 * @seed: the pattern in its low 32 bits
 * @position: any of the eight; their first is a multiple of eight
 *
 * Return: the bytes, the first in the lowest bits.
 */
static inline uint64_t kdma_pattern_word(uint64_t seed, uint64_t position)
{
	uint64_t value;

	seed &= 0xffffffff;
	if (!seed)
		return 0;
	value = seed * 0x9e3779b97f4a7c15 + (position >> 3);
	value *= 0xbf58476d1ce4e5b9;
	value ^= value >> 29;
	value *= 0x94d049bb133111eb;
	return value ^ value >> 32;
}

/* The byte at @position in @word, the eight bytes around it. */
static inline uint8_t kdma_pattern_byte(uint64_t word, uint64_t position)
{
	return word >> (position & 7) * 8;
}

#endif /* KDMA_PATTERN_H */
