// SPDX-License-Identifier: GPL-2.0

//! The Rust executors of programs.
//!
//! * `rust_sys` calls `kdma_*` through the generated bindings, with exactly the
//!   arguments of the operation.
//! * `rust` uses the safe layer, and cannot say what that cannot say.
//!
//! For the kernel each is compiled alone, into an object of its own, with
//! `--cfg kdma_driver="..."` (harness/kdma/rust.py); on the host both are here,
//! to be tested against a pretended kdma.ko.
#![no_std]

#[cfg(target_os = "none")]
mod panic;
#[cfg(any(not(target_os = "none"), kdma_driver = "rust_sys"))]
mod refusals;
#[cfg(any(not(target_os = "none"), kdma_driver = "rust"))]
pub mod rust;
#[cfg(any(not(target_os = "none"), kdma_driver = "rust_sys"))]
pub mod rust_sys;
mod slots;
