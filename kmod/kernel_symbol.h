/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_symbol.h - functions of the kernel by their address
 */
#ifndef KDMA_KERNEL_SYMBOL_H
#define KDMA_KERNEL_SYMBOL_H

#include <linux/compiler_attributes.h>

/*
 * Declares kdma_at_NAME, which lies where an exported function begins; NULL where a
 * kernel does not have it: weak, since no kernel has all of them. By the assembler's
 * name, since their prototypes are not wanted here.
 */
#define KDMA_KERNEL_SYMBOL(name) extern const char kdma_at_##name[] __asm__(#name) __weak;
/* Its address, in a list. */
#define KDMA_KERNEL_ADDRESS(name) kdma_at_##name,

/*
 * Where a function begins that is not exported, by its name; 0 where the kernel has
 * none, or has no kprobes, which know. May sleep.
 */
unsigned long kdma_address_of(const char *name);

#endif /* KDMA_KERNEL_SYMBOL_H */
