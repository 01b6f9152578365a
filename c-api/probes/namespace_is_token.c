// SPDX-License-Identifier: GPL-2.0
/* Compiles where the namespace of a symbol is written without quotes. */
#include <linux/export.h>

void kdma_probe(void);
void kdma_probe(void)
{
}
EXPORT_SYMBOL_NS_GPL(kdma_probe, KDMA);
