// SPDX-License-Identifier: GPL-2.0
/* Compiles where the kernel has dma_iova_try_alloc(), whatever its signature. */
#include <linux/dma-mapping.h>

void *kdma_probe(void);
void *kdma_probe(void)
{
	return (void *)dma_iova_try_alloc;
}
