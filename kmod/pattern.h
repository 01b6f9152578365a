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
 * kdma_pattern() - one byte of a pattern
 * @seed: the pattern in its low 32 bits; 0 is all zeros. The high 32 bits are
 *	a signed shift that is added to @index: what the device moves from one
 *	offset to another keeps its pattern under another shift.
 * @index: bytes from the start of the memory
 *
 * Return: the byte.
 */
static inline uint8_t kdma_pattern(uint64_t seed, uint64_t index)
{
	uint64_t shift = ((seed >> 32) ^ 0x80000000) - 0x80000000;
	uint64_t value;

	seed &= 0xffffffff;
	if (!seed)
		return 0;
	value = seed * 0x9e3779b97f4a7c15 + index + shift;
	value *= 0xbf58476d1ce4e5b9;
	value ^= value >> 29;
	value *= 0x94d049bb133111eb;
	return value >> 56;
}

#endif /* KDMA_PATTERN_H */
