// SPDX-License-Identifier: GPL-2.0

//! Directions as types, so that a wrong one does not compile.

use kdma_sys::{KDMA_BIDIRECTIONAL, KDMA_FROM_DEVICE, KDMA_TO_DEVICE, kdma_direction};

use crate::sealed::Sealed;

/// Which way the bytes go (`enum kdma_direction`).
///
/// There are three, and nobody makes another:
///
/// ```compile_fail,E0277
/// #[derive(Debug)]
/// enum Sideways {}
/// impl kdma::Direction for Sideways {
///     const DIRECTION: u32 = 0;
/// }
/// ```
pub trait Direction: Sealed + core::fmt::Debug {
    /// The ABI's value for it.
    const DIRECTION: kdma_direction;
}

/// The device may have written: after a sync the CPU reads what it wrote.
///
/// ```
/// fn wants<D: kdma::CpuReads>() {}
/// wants::<kdma::FromDevice>();
/// ```
///
/// ```compile_fail,E0277
/// fn wants<D: kdma::CpuReads>() {}
/// wants::<kdma::ToDevice>();
/// ```
pub trait CpuReads: Direction {}

/// The device will read: between syncs the CPU writes what it is to read.
pub trait CpuWrites: Direction {}

/// The device reads memory.
#[derive(Debug)]
pub enum ToDevice {}

/// The device writes memory.
#[derive(Debug)]
pub enum FromDevice {}

/// The device reads and writes memory.
#[derive(Debug)]
pub enum Bidirectional {}

impl Sealed for ToDevice {}
impl Sealed for FromDevice {}
impl Sealed for Bidirectional {}

impl Direction for ToDevice {
    const DIRECTION: kdma_direction = KDMA_TO_DEVICE;
}

impl Direction for FromDevice {
    const DIRECTION: kdma_direction = KDMA_FROM_DEVICE;
}

impl Direction for Bidirectional {
    const DIRECTION: kdma_direction = KDMA_BIDIRECTIONAL;
}

impl CpuReads for FromDevice {}
impl CpuReads for Bidirectional {}
impl CpuWrites for ToDevice {}
impl CpuWrites for Bidirectional {}
