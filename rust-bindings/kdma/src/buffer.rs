// SPDX-License-Identifier: GPL-2.0

//! Memory that can be mapped for a device.
//!
//! A buffer is a value, not a reference: mapping takes it, unmapping gives it
//! back. A reference would come back by itself when a mapping is leaked with
//! [`core::mem::forget`], and then the CPU would touch memory that the device
//! still owns. A value that went into a leaked mapping is gone for good.

use core::marker::PhantomData;
use core::ptr::NonNull;

use kdma_sys::kdma_page;

use crate::sealed::Sealed;
use crate::volatile::Shared;

/// What a mapping is made of.
pub trait Memory: Sealed + core::fmt::Debug {
    /// Bytes.
    fn size(&self) -> u64;
}

/// Memory that the CPU can access as well.
pub trait CpuMemory: Memory {
    /// Its first byte.
    fn cpu_address(&self) -> NonNull<u8>;
}

/// Memory of the kernel's linear mapping: from `kmalloc()` or the page
/// allocator, not from the stack, not from `vmalloc()`.
#[derive(Debug)]
pub struct Buffer<'b> {
    start: NonNull<u8>,
    size: usize,
    lifetime: PhantomData<&'b mut [u8]>,
}

impl<'b> Buffer<'b> {
    /// Takes memory by its first byte and its size in bytes.
    ///
    /// # Safety
    ///
    /// For all of `'b`:
    ///
    /// * `size` bytes from `start` are allocated, initialised and in the
    ///   kernel's linear mapping, and nothing else lies in the cache lines they
    ///   touch (see [`crate::cache_alignment`]).
    /// * Nobody accesses them but through this value and what is made of it. If
    ///   it is leaked, that holds for ever: a device may still use the memory.
    #[must_use]
    pub const unsafe fn from_raw_parts(start: NonNull<u8>, size: usize) -> Self {
        // INVARIANT: exclusive for all of 'b, as the caller guarantees.
        Buffer {
            start,
            size,
            lifetime: PhantomData,
        }
    }

    /// The bytes. No device has access while the buffer is here.
    #[must_use]
    pub const fn as_slice(&self) -> &[u8] {
        // SAFETY: the memory is valid, initialised and exclusively ours by the
        // type invariant, and it is not mapped: mapping takes the buffer.
        unsafe { core::slice::from_raw_parts(self.start.as_ptr(), self.size) }
    }

    /// The bytes, to be changed.
    #[must_use]
    pub const fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as in `as_slice`; the exclusive borrow makes it the only one.
        unsafe { core::slice::from_raw_parts_mut(self.start.as_ptr(), self.size) }
    }

    /// Two buffers out of one, so that parts can be mapped apart. `None` if
    /// `middle` lies beyond the end.
    ///
    /// Both parts should be aligned to [`crate::cache_alignment`].
    #[must_use]
    pub const fn split_at(self, middle: usize) -> Option<(Self, Self)> {
        if middle > self.size {
            return None;
        }
        // SAFETY: `middle` is inside the memory or at its end.
        let second = unsafe { self.start.add(middle) };
        // INVARIANT: the parts do not overlap and the whole is given up.
        Some((
            Buffer {
                start: self.start,
                size: middle,
                lifetime: PhantomData,
            },
            Buffer {
                start: second,
                size: self.size - middle,
                lifetime: PhantomData,
            },
        ))
    }
}

impl Sealed for Buffer<'_> {}

impl Memory for Buffer<'_> {
    fn size(&self) -> u64 {
        self.size as u64
    }
}

impl CpuMemory for Buffer<'_> {
    fn cpu_address(&self) -> NonNull<u8> {
        self.start
    }
}

/// A buffer whose page and physical address are known, for mapping by either.
#[derive(Debug)]
pub struct Pages<'b> {
    buffer: Buffer<'b>,
    page: NonNull<kdma_page>,
    page_offset: u64,
    physical_address: u64,
}

impl<'b> Pages<'b> {
    /// Says which page a buffer starts in, how many bytes after the start of
    /// that page, and at which physical address.
    ///
    /// # Safety
    ///
    /// All of it describes the memory of `buffer`, which is physically
    /// contiguous.
    #[must_use]
    pub const unsafe fn from_raw_parts(
        buffer: Buffer<'b>,
        page: NonNull<kdma_page>,
        page_offset: u64,
        physical_address: u64,
    ) -> Self {
        // INVARIANT: the same memory three times, as the caller guarantees.
        Pages {
            buffer,
            page,
            page_offset,
            physical_address,
        }
    }

    /// The same memory without its pages.
    #[must_use]
    pub fn into_buffer(self) -> Buffer<'b> {
        self.buffer
    }

    /// The bytes. No device has access while the buffer is here.
    #[must_use]
    pub const fn as_slice(&self) -> &[u8] {
        self.buffer.as_slice()
    }

    /// The bytes, to be changed.
    #[must_use]
    pub const fn as_mut_slice(&mut self) -> &mut [u8] {
        self.buffer.as_mut_slice()
    }

    pub(crate) const fn page(&self) -> *mut kdma_page {
        self.page.as_ptr()
    }

    pub(crate) const fn page_offset(&self) -> u64 {
        self.page_offset
    }

    pub(crate) const fn physical_address(&self) -> u64 {
        self.physical_address
    }
}

impl Sealed for Pages<'_> {}

impl Memory for Pages<'_> {
    fn size(&self) -> u64 {
        self.buffer.size()
    }
}

impl CpuMemory for Pages<'_> {
    fn cpu_address(&self) -> NonNull<u8> {
        self.buffer.cpu_address()
    }
}

/// Device memory (a BAR of another device, say) that a device is to reach. The
/// CPU cannot access it through this type.
#[derive(Debug)]
pub struct Mmio<'b> {
    physical_address: u64,
    size: u64,
    lifetime: PhantomData<&'b mut [u8]>,
}

impl Mmio<'_> {
    /// Takes device memory by its physical address and its size in bytes.
    ///
    /// # Safety
    ///
    /// Transfers to and from this memory are harmless, for ever if the value is
    /// leaked.
    #[must_use]
    pub const unsafe fn from_raw_parts(physical_address: u64, size: u64) -> Self {
        // INVARIANT: may be mapped, as the caller guarantees.
        Mmio {
            physical_address,
            size,
            lifetime: PhantomData,
        }
    }

    pub(crate) const fn physical_address(&self) -> u64 {
        self.physical_address
    }
}

impl Sealed for Mmio<'_> {}

impl Memory for Mmio<'_> {
    fn size(&self) -> u64 {
        self.size
    }
}

/// The memory of a mapping that the CPU owns, for volatile access.
pub(crate) fn shared<M: CpuMemory>(memory: &M) -> Shared {
    // SAFETY: by the invariant of the implementing types the memory is valid,
    // initialised and exclusive; the borrow of `memory` keeps references away.
    unsafe { Shared::new(memory.cpu_address(), memory.size()) }
}
