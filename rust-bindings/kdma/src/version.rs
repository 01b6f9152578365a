// SPDX-License-Identifier: GPL-2.0

//! Family: version.

use kdma_sys::KDMA_ABI_VERSION;

use crate::Attributes;

/// Which version of the ABI kdma.ko implements.
///
/// Context: any.
#[must_use]
pub fn abi_version() -> u32 {
    // SAFETY: takes nothing and has no conditions.
    unsafe { kdma_sys::kdma_abi_version() }
}

/// Does kdma.ko have everything these bindings were made for?
///
/// The ABI only grows, so a newer kdma.ko does.
///
/// Context: any.
#[must_use]
pub fn is_compatible() -> bool {
    abi_version() >= KDMA_ABI_VERSION
}

/// Which attributes the running kernel has.
///
/// Context: any.
#[must_use]
pub fn abi_attributes() -> Attributes {
    // SAFETY: takes nothing and has no conditions.
    Attributes(unsafe { kdma_sys::kdma_abi_attributes() })
}
