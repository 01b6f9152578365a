// SPDX-License-Identifier: GPL-2.0

//! Attributes and flags. Each set is a type of its own and holds only what the
//! functions that take it accept.

use kdma_sys::{
    KDMA_ALLOC_ATOMIC, KDMA_ALLOC_NO_WARN, KDMA_ATTR_ALLOC_SINGLE_PAGES,
    KDMA_ATTR_DEBUGGING_IGNORE_CACHELINES, KDMA_ATTR_FORCE_CONTIGUOUS, KDMA_ATTR_NO_WARN,
    KDMA_ATTR_PRIVILEGED, KDMA_ATTR_REQUIRE_COHERENT, KDMA_ATTR_SKIP_CPU_SYNC,
    KDMA_ATTR_WEAK_ORDERING, KDMA_ATTR_WRITE_COMBINE,
};

/// Declares a set of bits with constants for its members.
macro_rules! bit_set {
    (
        $(#[$documentation:meta])*
        $name:ident($bits:ty) {
            $($(#[$member_documentation:meta])* $member:ident = $value:expr;)*
        }
    ) => {
        $(#[$documentation])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[repr(transparent)]
        pub struct $name($bits);

        impl $name {
            /// None of them.
            pub const NONE: Self = $name(0);
            /// All of them.
            pub const ALL: Self = $name(0 $(| $value)*);
            $($(#[$member_documentation])* pub const $member: Self = $name($value);)*

            /// The set with these bits, if it holds no others.
            #[must_use]
            pub const fn from_bits(bits: $bits) -> Option<Self> {
                if bits & !Self::ALL.0 == 0 {
                    // INVARIANT: no bit but those of the members, just checked.
                    Some($name(bits))
                } else {
                    None
                }
            }

            /// As the ABI takes them.
            #[must_use]
            pub const fn bits(self) -> $bits {
                self.0
            }

            /// The members of both.
            #[must_use]
            pub const fn with(self, other: Self) -> Self {
                // INVARIANT: both hold no bits but those of the members.
                $name(self.0 | other.0)
            }

            /// Are all members of `other` in this set?
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }
        }

        impl core::ops::BitOr for $name {
            type Output = Self;

            fn bitor(self, other: Self) -> Self {
                self.with(other)
            }
        }
    };
}

bit_set! {
    /// Attributes of allocations (`enum kdma_attribute`). Memory without a
    /// kernel mapping is a type of its own: [`crate::CoherentForDevice`].
    AllocAttributes(u64) {
        /// Single pages are as good as large ones (`DMA_ATTR_ALLOC_SINGLE_PAGES`).
        ALLOC_SINGLE_PAGES = KDMA_ATTR_ALLOC_SINGLE_PAGES;
        /// Physically contiguous (`DMA_ATTR_FORCE_CONTIGUOUS`).
        FORCE_CONTIGUOUS = KDMA_ATTR_FORCE_CONTIGUOUS;
        /// No warning when it fails (`DMA_ATTR_NO_WARN`).
        NO_WARN = KDMA_ATTR_NO_WARN;
        /// For the device's privileged transfers only (`DMA_ATTR_PRIVILEGED`).
        PRIVILEGED = KDMA_ATTR_PRIVILEGED;
        /// Accesses may pass each other (`DMA_ATTR_WEAK_ORDERING`).
        WEAK_ORDERING = KDMA_ATTR_WEAK_ORDERING;
        /// Writes may be combined (`DMA_ATTR_WRITE_COMBINE`).
        WRITE_COMBINE = KDMA_ATTR_WRITE_COMBINE;
    }
}

bit_set! {
    /// Attributes of mappings (`enum kdma_attribute`). Device memory is a type
    /// of its own: [`crate::Mmio`].
    MapAttributes(u64) {
        /// Shared cache lines are meant (`DMA_ATTR_DEBUGGING_IGNORE_CACHELINES`).
        DEBUGGING_IGNORE_CACHELINES = KDMA_ATTR_DEBUGGING_IGNORE_CACHELINES;
        /// No warning when it fails (`DMA_ATTR_NO_WARN`).
        NO_WARN = KDMA_ATTR_NO_WARN;
        /// For the device's privileged transfers only (`DMA_ATTR_PRIVILEGED`).
        PRIVILEGED = KDMA_ATTR_PRIVILEGED;
        /// Fail rather than bounce or need syncs (`DMA_ATTR_REQUIRE_COHERENT`).
        REQUIRE_COHERENT = KDMA_ATTR_REQUIRE_COHERENT;
        /// Mapping and unmapping leave the bytes alone (`DMA_ATTR_SKIP_CPU_SYNC`).
        SKIP_CPU_SYNC = KDMA_ATTR_SKIP_CPU_SYNC;
        /// Accesses may pass each other (`DMA_ATTR_WEAK_ORDERING`).
        WEAK_ORDERING = KDMA_ATTR_WEAK_ORDERING;
    }
}

bit_set! {
    /// Attributes of [`crate::Device::alloc_noncontiguous`].
    NoncontiguousAttributes(u64) {
        /// Single pages are as good as large ones (`DMA_ATTR_ALLOC_SINGLE_PAGES`).
        ALLOC_SINGLE_PAGES = KDMA_ATTR_ALLOC_SINGLE_PAGES;
    }
}

bit_set! {
    /// How to allocate (`enum kdma_alloc_flag`).
    AllocFlags(u32) {
        /// Do not sleep (`GFP_ATOMIC` instead of `GFP_KERNEL`).
        ATOMIC = KDMA_ALLOC_ATOMIC;
        /// No warning in the kernel log when it fails (`__GFP_NOWARN`).
        NO_WARN = KDMA_ALLOC_NO_WARN;
    }
}

/// Attributes that the running kernel has, as [`crate::abi_attributes`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attributes(pub(crate) u64);

impl Attributes {
    /// Bits of `enum kdma_attribute`.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Does the kernel have all these attributes of allocations?
    #[must_use]
    pub const fn supports_alloc(self, attributes: AllocAttributes) -> bool {
        self.0 & attributes.bits() == attributes.bits()
    }

    /// Does the kernel have all these attributes of mappings?
    #[must_use]
    pub const fn supports_map(self, attributes: MapAttributes) -> bool {
        self.0 & attributes.bits() == attributes.bits()
    }
}
