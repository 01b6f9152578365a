// SPDX-License-Identifier: GPL-2.0

//! Family: streaming. Memory that is lent to a device for a while.

use core::marker::PhantomData;
use core::mem::ManuallyDrop;

use kdma_sys::{KDMA_ATTR_MMIO, KDMA_ATTR_SKIP_CPU_SYNC, KDMA_MAPPING_ERROR, kdma_direction};

use crate::sealed::Sealed;
use crate::{
    Buffer, CpuMemory, Device, Direction, DmaAddress, Error, Failed, MapAttributes, Memory, Mmio,
    Pages, Result,
};

/// Who may touch the memory of a mapping.
pub trait Owner: Sealed + core::fmt::Debug {}

/// The CPU may, until a sync for the device.
#[derive(Debug)]
pub enum ByCpu {}

/// The device may, until a sync for the CPU or the end of the mapping.
#[derive(Debug)]
pub enum ByDevice {}

impl Sealed for ByCpu {}
impl Sealed for ByDevice {}
impl Owner for ByCpu {}
impl Owner for ByDevice {}

/// The functions that make and end a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Single,
    SingleAttrs,
    Page,
    PageAttrs,
    Phys,
    Resource,
}

/// A mapping in force, and all it takes to end it. Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Active<'d, M: Memory> {
    device: Device<'d>,
    memory: M,
    dma_address: DmaAddress,
    direction: kdma_direction,
    attributes: u64,
    function: Function,
}

impl<M: Memory> Active<'_, M> {
    /// Ends the mapping.
    ///
    /// # Safety
    ///
    /// Not ended before. `attributes` are those of the mapping, or with
    /// `KDMA_ATTR_SKIP_CPU_SYNC` added.
    unsafe fn unmap(&self, attributes: u64) -> Result<()> {
        let device = self.device.as_raw();
        let (address, size) = (self.dma_address.bits(), self.memory.size());
        let direction = self.direction;
        // SAFETY: all values are those of the mapping by the type invariant;
        // the caller guarantees the rest.
        Error::check(unsafe {
            match self.function {
                Function::Single => kdma_sys::kdma_unmap_single(device, address, size, direction),
                Function::SingleAttrs => {
                    kdma_sys::kdma_unmap_single_attrs(device, address, size, direction, attributes)
                }
                Function::Page => kdma_sys::kdma_unmap_page(device, address, size, direction),
                Function::PageAttrs => {
                    kdma_sys::kdma_unmap_page_attrs(device, address, size, direction, attributes)
                }
                Function::Phys => {
                    kdma_sys::kdma_unmap_phys(device, address, size, direction, attributes)
                }
                Function::Resource => {
                    kdma_sys::kdma_unmap_resource(device, address, size, direction, attributes)
                }
            }
        })
    }

    pub(crate) fn device(&self) -> Device<'_> {
        self.device
    }

    pub(crate) fn memory(&self) -> &M {
        &self.memory
    }

    pub(crate) fn dma_address(&self) -> DmaAddress {
        self.dma_address
    }

    pub(crate) fn direction(&self) -> kdma_direction {
        self.direction
    }

    /// Ends the mapping and gives the memory back, or itself with the error.
    pub(crate) fn finish(self) -> Result<M, Failed<Self>> {
        let attributes = self.attributes;
        self.finish_with(attributes)
    }

    fn finish_with(self, attributes: u64) -> Result<M, Failed<Self>> {
        let active = ManuallyDrop::new(self);
        // SAFETY: not ended before, for we own it and nothing else ends it. Our
        // callers pass the attributes of the mapping or add the one allowed.
        match unsafe { active.unmap(attributes) } {
            // SAFETY: `active` is neither used nor dropped from here on, so the
            // memory is moved out, not copied.
            Ok(()) => Ok(unsafe { core::ptr::read(&raw const active.memory) }),
            Err(error) => Err(Failed {
                error,
                object: ManuallyDrop::into_inner(active),
            }),
        }
    }

    /// The same without a sync, where the mapping's functions take attributes.
    pub(crate) fn finish_without_sync(self) -> Result<M, Failed<Self>> {
        match self.function {
            Function::Single | Function::Page => Err(Failed {
                error: Error::Invalid,
                object: self,
            }),
            Function::SingleAttrs | Function::PageAttrs | Function::Phys | Function::Resource => {
                let attributes = self.attributes | KDMA_ATTR_SKIP_CPU_SYNC;
                self.finish_with(attributes)
            }
        }
    }

    /// Asks the kernel about the address.
    pub(crate) fn mapping_error(&self) -> Result<()> {
        let address = self.dma_address.bits();
        // SAFETY: the device is valid by its type invariant; the address is one
        // that a map function gave for it.
        Error::check(unsafe { kdma_sys::kdma_mapping_error(self.device.as_raw(), address) })
    }
}

impl<M: Memory> Drop for Active<'_, M> {
    fn drop(&mut self) {
        // An error has nowhere to go.
        // SAFETY: not ended before, for `finish` never drops what it ended.
        let _ = unsafe { self.unmap(self.attributes) };
    }
}

/// Memory lent to a device: `M` is the memory, `D` the direction, `O` who owns
/// it at the moment.
///
/// Making a mapping takes the memory; [`Mapping::unmap`] gives it back. A
/// mapping that is dropped ends, too, and the memory goes with it.
///
/// ```
/// # use kdma_mock as _;
/// use kdma::{MapAttributes, ToDevice};
/// # let device = kdma_mock::device();
/// # let buffer = kdma_mock::buffer(64);
/// let mapping = device.map_single::<ToDevice>(buffer)?;
/// let _ = mapping.dma_address();
/// let buffer = mapping.unmap()?;
/// assert_eq!(buffer.as_slice().len(), 64);
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// The memory cannot be touched while the device has it:
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// use kdma::{MapAttributes, ToDevice};
/// # let device = kdma_mock::device();
/// # let buffer = kdma_mock::buffer(64);
/// let mapping = device.map_single::<ToDevice>(buffer)?;
/// let _ = mapping.dma_address();
/// assert_eq!(buffer.as_slice().len(), 64);
/// let buffer = mapping.unmap()?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// A mapping that has ended is gone: it ends once, and its address is not to be
/// had any more.
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// use kdma::{MapAttributes, ToDevice};
/// # let device = kdma_mock::device();
/// # let buffer = kdma_mock::buffer(64);
/// let mapping = device.map_single::<ToDevice>(buffer)?;
/// let buffer = mapping.unmap()?;
/// let buffer = mapping.unmap()?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// use kdma::{MapAttributes, ToDevice};
/// # let device = kdma_mock::device();
/// # let buffer = kdma_mock::buffer(64);
/// let mapping = device.map_single::<ToDevice>(buffer)?;
/// let buffer = mapping.unmap()?;
/// let _ = mapping.dma_address();
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// A buffer cannot be mapped twice at a time; its parts can:
///
/// ```
/// # use kdma_mock as _;
/// use kdma::{FromDevice, ToDevice};
/// # let device = kdma_mock::device();
/// # let buffer = kdma_mock::buffer(128);
/// let Some((first, second)) = buffer.split_at(64) else { return Ok(()) };
/// let commands = device.map_single::<ToDevice>(first)?;
/// let answers = device.map_single::<FromDevice>(second)?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// use kdma::{FromDevice, ToDevice};
/// # let device = kdma_mock::device();
/// # let buffer = kdma_mock::buffer(128);
/// let commands = device.map_single::<ToDevice>(buffer)?;
/// let answers = device.map_single::<FromDevice>(buffer)?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// A mapping does not outlive the device's handle:
///
/// ```
/// # use kdma_mock as _;
/// use kdma::{Buffer, ByDevice, Device, Mapping, ToDevice};
/// fn send<'d, 'b>(
///     device: &Device<'d>,
///     buffer: Buffer<'b>,
/// ) -> Result<Mapping<'d, Buffer<'b>, ToDevice>, kdma::Error> {
///     Ok(device.map_single(buffer)?)
/// }
/// ```
///
/// ```compile_fail
/// # use kdma_mock as _;
/// use kdma::{Buffer, ByDevice, Device, Mapping, ToDevice};
/// fn send<'d, 'b>(
///     device: &Device<'d>,
///     buffer: Buffer<'b>,
/// ) -> Result<Mapping<'static, Buffer<'b>, ToDevice>, kdma::Error> {
///     Ok(device.map_single(buffer)?)
/// }
/// ```
///
/// Attributes of allocations are none of mappings:
///
/// ```
/// # use kdma_mock as _;
/// use kdma::{AllocAttributes, MapAttributes, ToDevice};
/// # let device = kdma_mock::device();
/// # let buffer = kdma_mock::buffer(64);
/// let mapping = device.map_single_attrs::<ToDevice>(buffer, MapAttributes::NO_WARN)?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// ```compile_fail,E0308
/// # use kdma_mock as _;
/// use kdma::{AllocAttributes, MapAttributes, ToDevice};
/// # let device = kdma_mock::device();
/// # let buffer = kdma_mock::buffer(64);
/// let mapping = device.map_single_attrs::<ToDevice>(buffer, AllocAttributes::NO_WARN)?;
/// # Ok::<(), kdma::Error>(())
/// ```
#[derive(Debug)]
pub struct Mapping<'d, M: Memory, D: Direction, O: Owner = ByDevice> {
    active: Active<'d, M>,
    types: PhantomData<(D, O)>,
}

impl<'d, M: Memory, D: Direction, O: Owner> Mapping<'d, M, D, O> {
    /// The same mapping with the owner the caller has just made.
    pub(crate) fn from_active(active: Active<'d, M>) -> Self {
        // INVARIANT: `active` has direction D, and O owns the memory: our
        // callers made the mapping or the sync.
        Mapping {
            active,
            types: PhantomData,
        }
    }

    pub(crate) fn into_active(self) -> Active<'d, M> {
        self.active
    }

    pub(crate) fn active(&self) -> &Active<'d, M> {
        &self.active
    }

    /// Where the device finds the memory.
    #[must_use]
    pub fn dma_address(&self) -> DmaAddress {
        self.active.dma_address
    }

    /// Bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.active.memory.size()
    }

    /// Asks the kernel whether the address is one of a failed mapping. It never
    /// is: a mapping that failed is no `Mapping`.
    ///
    /// Kernel: `dma_mapping_error()`, include/linux/dma-mapping.h.
    /// Context: any.
    /// Errors: [`Error::Mapping`].
    pub fn mapping_error(&self) -> Result<()> {
        self.active.mapping_error()
    }

    /// Ends the mapping and gives the memory back with what the device wrote.
    ///
    /// Context: any.
    /// Errors: the mapping is still there then.
    pub fn unmap(self) -> Result<M, Failed<Self>> {
        Self::finished(self.active.finish())
    }

    /// Ends a mapping that was made with attributes, without a sync
    /// (`DMA_ATTR_SKIP_CPU_SYNC`): what the device wrote since the last sync may
    /// be lost.
    ///
    /// Context: any.
    /// Errors: [`Error::Invalid`] for a mapping made without attributes, whose
    /// functions take none; the mapping is still there then.
    pub fn unmap_without_sync(self) -> Result<M, Failed<Self>> {
        Self::finished(self.active.finish_without_sync())
    }

    fn finished(result: Result<M, Failed<Active<'d, M>>>) -> Result<M, Failed<Self>> {
        result.map_err(|failed| Failed {
            error: failed.error,
            object: Self::from_active(failed.object),
        })
    }
}

/// Makes a mapping of what the closure's call gave.
pub(crate) fn mapped<'d, M: Memory, D: Direction>(
    device: Device<'d>,
    memory: M,
    attributes: u64,
    function: Function,
    map: impl FnOnce(&M, *mut u64) -> i32,
) -> Result<Mapping<'d, M, D>, Failed<M>> {
    let mut dma_address = KDMA_MAPPING_ERROR;
    match Error::check(map(&memory, &raw mut dma_address)) {
        // INVARIANT: mapped just now, with exactly these values.
        Ok(()) => Ok(Mapping::from_active(Active {
            device,
            memory,
            dma_address: DmaAddress(dma_address),
            direction: D::DIRECTION,
            attributes,
            function,
        })),
        Err(error) => Err(Failed {
            error,
            object: memory,
        }),
    }
}

impl<'d> Device<'d> {
    /// Lends a buffer to the device.
    ///
    /// Kernel: `dma_map_single()`, include/linux/dma-mapping.h.
    /// Context: any.
    /// Errors: [`Error::Mapping`]; [`Error::Invalid`] for no bytes. The buffer
    /// comes back with it.
    pub fn map_single<'b, D: Direction>(
        &self,
        buffer: Buffer<'b>,
    ) -> Result<Mapping<'d, Buffer<'b>, D>, Failed<Buffer<'b>>> {
        mapped(*self, buffer, 0, Function::Single, |buffer, dma_address| {
            let start = buffer.cpu_address().as_ptr().cast();
            // SAFETY: device and buffer are valid by their type invariants; the
            // buffer goes into the mapping, so nobody else has it meanwhile.
            unsafe {
                kdma_sys::kdma_map_single(
                    self.as_raw(),
                    start,
                    buffer.size(),
                    D::DIRECTION,
                    dma_address,
                )
            }
        })
    }

    /// Lends a buffer to the device, with attributes.
    ///
    /// Kernel: `dma_map_single_attrs()`, include/linux/dma-mapping.h.
    /// Context: any.
    /// Errors: [`Error::Mapping`]; [`Error::NotSupported`] for an attribute that
    /// the kernel lacks; [`Error::Invalid`] for no bytes. The buffer comes back
    /// with it.
    pub fn map_single_attrs<'b, D: Direction>(
        &self,
        buffer: Buffer<'b>,
        attributes: MapAttributes,
    ) -> Result<Mapping<'d, Buffer<'b>, D>, Failed<Buffer<'b>>> {
        let attributes = attributes.bits();
        let function = Function::SingleAttrs;
        mapped(
            *self,
            buffer,
            attributes,
            function,
            |buffer, dma_address| {
                let start = buffer.cpu_address().as_ptr().cast();
                // SAFETY: as in `map_single`.
                unsafe {
                    kdma_sys::kdma_map_single_attrs(
                        self.as_raw(),
                        start,
                        buffer.size(),
                        D::DIRECTION,
                        attributes,
                        dma_address,
                    )
                }
            },
        )
    }

    /// Lends pages to the device, found by their first page.
    ///
    /// Kernel: `dma_map_page()`, include/linux/dma-mapping.h.
    /// Context: any.
    /// Errors: as [`Device::map_single`].
    pub fn map_page<'b, D: Direction>(
        &self,
        pages: Pages<'b>,
    ) -> Result<Mapping<'d, Pages<'b>, D>, Failed<Pages<'b>>> {
        mapped(*self, pages, 0, Function::Page, |pages, dma_address| {
            // SAFETY: device and pages are valid by their type invariants; the
            // pages go into the mapping, so nobody else has them meanwhile.
            unsafe {
                kdma_sys::kdma_map_page(
                    self.as_raw(),
                    pages.page(),
                    pages.page_offset(),
                    pages.size(),
                    D::DIRECTION,
                    dma_address,
                )
            }
        })
    }

    /// Lends pages to the device, found by their first page, with attributes.
    ///
    /// Kernel: `dma_map_page_attrs()`, kernel/dma/mapping.c.
    /// Context: any.
    /// Errors: as [`Device::map_single_attrs`].
    pub fn map_page_attrs<'b, D: Direction>(
        &self,
        pages: Pages<'b>,
        attributes: MapAttributes,
    ) -> Result<Mapping<'d, Pages<'b>, D>, Failed<Pages<'b>>> {
        let attributes = attributes.bits();
        mapped(
            *self,
            pages,
            attributes,
            Function::PageAttrs,
            |pages, dma_address| {
                // SAFETY: as in `map_page`.
                unsafe {
                    kdma_sys::kdma_map_page_attrs(
                        self.as_raw(),
                        pages.page(),
                        pages.page_offset(),
                        pages.size(),
                        D::DIRECTION,
                        attributes,
                        dma_address,
                    )
                }
            },
        )
    }

    /// Lends pages to the device, found by their physical address.
    ///
    /// Kernel: `dma_map_phys()`, kernel/dma/mapping.c, where the kernel has it;
    /// otherwise `dma_map_page_attrs()`.
    /// Context: any.
    /// Errors: as [`Device::map_single_attrs`].
    pub fn map_phys<'b, D: Direction>(
        &self,
        pages: Pages<'b>,
        attributes: MapAttributes,
    ) -> Result<Mapping<'d, Pages<'b>, D>, Failed<Pages<'b>>> {
        let attributes = attributes.bits();
        mapped(
            *self,
            pages,
            attributes,
            Function::Phys,
            |pages, dma_address| {
                // SAFETY: as in `map_page`.
                unsafe {
                    kdma_sys::kdma_map_phys(
                        self.as_raw(),
                        pages.physical_address(),
                        pages.size(),
                        D::DIRECTION,
                        attributes,
                        dma_address,
                    )
                }
            },
        )
    }

    /// Lets the device reach device memory (`DMA_ATTR_MMIO`). Kernels that lack
    /// the attribute have [`Device::map_resource`].
    ///
    /// Kernel: `dma_map_phys()`, kernel/dma/mapping.c.
    /// Context: any.
    /// Errors: [`Error::NotSupported`] where the kernel has no such thing;
    /// otherwise as [`Device::map_single_attrs`].
    pub fn map_mmio<'b, D: Direction>(
        &self,
        memory: Mmio<'b>,
        attributes: MapAttributes,
    ) -> Result<Mapping<'d, Mmio<'b>, D>, Failed<Mmio<'b>>> {
        let attributes = attributes.bits() | KDMA_ATTR_MMIO;
        mapped(
            *self,
            memory,
            attributes,
            Function::Phys,
            |memory, dma_address| {
                // SAFETY: the device is valid by its type invariant; transfers to
                // the memory are harmless by its own.
                unsafe {
                    kdma_sys::kdma_map_phys(
                        self.as_raw(),
                        memory.physical_address(),
                        memory.size(),
                        D::DIRECTION,
                        attributes,
                        dma_address,
                    )
                }
            },
        )
    }
}
