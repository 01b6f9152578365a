// SPDX-License-Identifier: GPL-2.0

//! A safe layer over the stable C ABI of the Linux DMA API.
//!
//! C header: `c-api/include/kdma.h`; each family of the ABI is one module here.
//!
//! What the types rule out:
//!
//! * Coherent memory frees itself, once ([`Coherent`]).
//! * Pages allocated for streaming free themselves, once, and are handed to and
//!   fro by syncs ([`DmaPages`]).
//! * A mapping takes the buffer away and gives it back when it ends, so nobody
//!   touches what the device owns, and nothing outlives its mapping
//!   ([`Mapping`]).
//! * A pool is not destroyed before the memory taken from it is back ([`Pool`],
//!   [`PoolMemory`]).
//! * A range of IOVAs gives its address once what is linked to it has been synced,
//!   and its memory back once it is linked no more ([`Iova`], [`Linking`], [`Linked`]).
//! * What the device frees once its driver is unbound is not used after that
//!   ([`ManagedCoherent`], [`ManagedPool`]).
//! * A scatterlist keeps its memory, mapped or not ([`ScatterList`],
//!   [`MappedList`]).
//! * A mapping ends with the size, the direction, the attributes and the
//!   function family it was made with, because nobody gets to say them again.
//! * Reading and writing between syncs follows the direction, which is a type
//!   ([`Direction`]).
//!
//! All sizes and offsets are in bytes. Nothing here allocates or panics.
#![no_std]
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod attributes;
mod buffer;
mod coherent;
mod device;
mod direction;
mod error;
mod iova;
mod limits;
mod managed;
mod noncoherent;
mod noncontiguous;
mod pages;
mod pool;
mod resource;
mod scatterlist;
mod sgtable;
mod streaming;
mod sync;
mod version;
mod volatile;

pub use attributes::{
    AllocAttributes, AllocFlags, Attributes, MapAttributes, NoncontiguousAttributes,
};
pub use buffer::{Buffer, CpuMemory, Memory, Mmio, Pages};
pub use coherent::{Coherent, CoherentForDevice};
pub use device::{Device, DmaAddress};
pub use direction::{Bidirectional, CpuReads, CpuWrites, Direction, FromDevice, ToDevice};
pub use error::{Error, Failed, Result};
pub use iova::{Iova, Linkable, Linked, Linking};
pub use limits::cache_alignment;
pub use managed::{ManagedCoherent, ManagedForDevice, ManagedMemory, ManagedPool};
pub use noncontiguous::Noncontiguous;
pub use pages::DmaPages;
pub use pool::{Pool, PoolMemory};
pub use scatterlist::{MappedList, ScatterList, Segment};
pub use streaming::{ByCpu, ByDevice, Mapping, Owner};
pub use sync::CpuRange;
pub use version::{abi_attributes, abi_version, is_compatible};

/// Keeps other crates from implementing traits that unsafe code relies on.
mod sealed {
    pub trait Sealed {}
}
