// SPDX-License-Identifier: GPL-2.0

//! Copies between ordinary memory and memory that a device may change at any
//! time. No reference to such memory ever exists.

use core::ptr::NonNull;

use crate::{Error, Result};

/// Memory shared with a device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared {
    start: NonNull<u8>,
    size: u64,
}

impl Shared {
    /// Names shared memory.
    ///
    /// # Safety
    ///
    /// While the value is used, `size` bytes from `start` are valid for
    /// volatile reads and writes, initialised, and no reference to them exists.
    pub(crate) unsafe fn new(start: NonNull<u8>, size: u64) -> Self {
        // INVARIANT: valid for volatile access, as the caller guarantees.
        Shared { start, size }
    }

    /// Copies bytes out, from `offset` on.
    ///
    /// Errors: [`Error::Invalid`] beyond the end; nothing is copied then.
    pub(crate) fn read(self, offset: u64, to: &mut [u8]) -> Result<()> {
        let from = self.at(offset, to.len())?;
        for (index, byte) in to.iter_mut().enumerate() {
            // SAFETY: `at` checked that all of `to.len()` bytes are inside, and
            // by the type invariant they can be read.
            *byte = unsafe { from.add(index).read_volatile() };
        }
        Ok(())
    }

    /// Copies bytes in, from `offset` on.
    ///
    /// Errors: [`Error::Invalid`] beyond the end; nothing is copied then.
    pub(crate) fn write(self, offset: u64, from: &[u8]) -> Result<()> {
        let to = self.at(offset, from.len())?;
        for (index, byte) in from.iter().enumerate() {
            // SAFETY: `at` checked that all of `from.len()` bytes are inside,
            // and by the type invariant they can be written.
            unsafe { to.add(index).write_volatile(*byte) };
        }
        Ok(())
    }

    /// A part of it.
    ///
    /// Errors: [`Error::Invalid`] beyond the end.
    pub(crate) fn part(self, offset: u64, size: u64) -> Result<Self> {
        let length = usize::try_from(size).map_err(|_| Error::Invalid)?;
        // INVARIANT: a part of memory that is valid for volatile access.
        Ok(Shared {
            start: self.at(offset, length)?,
            size,
        })
    }

    fn at(self, offset: u64, length: usize) -> Result<NonNull<u8>> {
        let offset = usize::try_from(offset).map_err(|_| Error::Invalid)?;
        let end = offset.checked_add(length).ok_or(Error::Invalid)?;
        if end as u64 > self.size {
            return Err(Error::Invalid);
        }
        // SAFETY: `offset` is at most `size`, so the result is in the same
        // memory or at its end.
        Ok(unsafe { self.start.add(offset) })
    }
}
