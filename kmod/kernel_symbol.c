// SPDX-License-Identifier: GPL-2.0
/* Functions of the kernel by their address. See kernel_symbol.h. */
#include <linux/kprobes.h>

#include "kernel_symbol.h"

#ifdef CONFIG_KPROBES
unsigned long kdma_address_of(const char *name)
{
	struct kprobe probe = {.symbol_name = name, .flags = KPROBE_FLAG_DISABLED};
	unsigned long address;

	if (register_kprobe(&probe))
		return 0;
	address = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
	return address;
}
#else
unsigned long kdma_address_of(const char *name)
{
	return 0;
}
#endif
