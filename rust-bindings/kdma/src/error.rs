// SPDX-License-Identifier: GPL-2.0

//! What can go wrong.

use core::fmt;

use kdma_sys::{
    KDMA_EINVAL, KDMA_EIO, KDMA_EMAPPING, KDMA_ENOMEM, KDMA_ENOTSUPP, KDMA_OK, kdma_error,
};

/// An error of the ABI (`enum kdma_error`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// `KDMA_EINVAL`: an argument is wrong.
    Invalid,
    /// `KDMA_EIO`: the device or the DMA layer refuses.
    Io,
    /// `KDMA_EMAPPING`: no address, no bounce buffer, or out of reach.
    Mapping,
    /// `KDMA_ENOMEM`: out of memory, or 2^32 pages and more.
    NoMemory,
    /// `KDMA_ENOTSUPP`: the running kernel lacks this.
    NotSupported,
    /// Any other code, `KDMA_EUNKNOWN` included.
    Unknown(kdma_error),
}

/// A result whose error is an [`Error`].
pub type Result<T, E = Error> = core::result::Result<T, E>;

impl Error {
    /// The ABI's code for it.
    #[must_use]
    pub const fn code(self) -> kdma_error {
        match self {
            Error::Invalid => KDMA_EINVAL,
            Error::Io => KDMA_EIO,
            Error::Mapping => KDMA_EMAPPING,
            Error::NoMemory => KDMA_ENOMEM,
            Error::NotSupported => KDMA_ENOTSUPP,
            Error::Unknown(code) => code,
        }
    }

    /// What a function of the ABI returned.
    pub(crate) const fn check(code: kdma_error) -> Result<()> {
        Err(match code {
            KDMA_OK => return Ok(()),
            KDMA_EINVAL => Error::Invalid,
            KDMA_EIO => Error::Io,
            KDMA_EMAPPING => Error::Mapping,
            KDMA_ENOMEM => Error::NoMemory,
            KDMA_ENOTSUPP => Error::NotSupported,
            code => Error::Unknown(code),
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::Invalid => "an argument is wrong",
            Error::Io => "the device or the DMA layer refuses",
            Error::Mapping => "the mapping failed",
            Error::NoMemory => "out of memory",
            Error::NotSupported => "the running kernel lacks this",
            Error::Unknown(code) => return write!(f, "unknown error {code}"),
        })
    }
}

impl core::error::Error for Error {}

/// An operation that takes an object failed: why, and the object back.
#[derive(Debug)]
#[must_use = "dropping it ends what the object stands for"]
pub struct Failed<T> {
    /// Why it failed.
    pub error: Error,
    /// The object, as it was before.
    pub object: T,
}

impl<T> From<Failed<T>> for Error {
    /// Gives up the object.
    fn from(failed: Failed<T>) -> Self {
        failed.error
    }
}
