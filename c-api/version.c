// SPDX-License-Identifier: GPL-2.0
/* Family: version. The functions are documented in kdma.h. */
#include "translate.h"

uint32_t kdma_abi_version(void)
{
	return KDMA_ABI_VERSION;
}
KDMA_EXPORT(kdma_abi_version);

uint64_t kdma_abi_attributes(void)
{
	return kdma_native_attributes();
}
KDMA_EXPORT(kdma_abi_attributes);
