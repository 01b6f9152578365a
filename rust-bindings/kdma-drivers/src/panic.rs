// SPDX-License-Identifier: GPL-2.0

//! What happens on a panic in the kernel: an oops that names the place, not a
//! silent loop, and without a symbol that kdma.ko does not have.

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: an undefined instruction; the kernel reports it and ends the task.
    unsafe { core::arch::asm!("ud2", options(noreturn, nomem, nostack)) }
}
