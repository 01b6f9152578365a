// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

MODULE_AUTHOR("kdma");
MODULE_DESCRIPTION("A stable C ABI over the DMA API");
MODULE_LICENSE("GPL");
