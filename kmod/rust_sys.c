// SPDX-License-Identifier: GPL-2.0
/* The module around the driver in rust-bindings/kdma-drivers, raw bindings. */
#include "driver.h"

int32_t kdma_rust_sys_run(struct kdma_run *run);
uint64_t kdma_rust_sys_state_size(uint32_t slot_count);

static const struct kdma_driver kdma_rust_sys_driver = {
	.kind = KDMA_DRIVER_RUST_SYS,
	.abi_version = KDMA_ABI_VERSION,
	.operation_table = KDMA_OPERATION_TABLE,
	.state_size = kdma_rust_sys_state_size,
	.run = kdma_rust_sys_run,
};

KDMA_DRIVER_MODULE(kdma_rust_sys_driver);
KDMA_IMPORT_ABI;
MODULE_DESCRIPTION("Runs DMA programs in Rust through the generated bindings");
