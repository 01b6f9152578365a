// SPDX-License-Identifier: GPL-2.0

//! Family: iova. Ranges of IOVAs, to which memory is linked piece by piece.
//!
//! A range is an [`Iova`] while nothing is linked, a [`Linking`] while memory is
//! being linked, and a [`Linked`] once the device may use it. Links lie in a row from
//! the range's start, in one direction and with the same attributes.

use core::mem::ManuallyDrop;
use core::ptr::NonNull;

use kdma_sys::{KDMA_ATTR_MMIO, KDMA_MAPPING_ERROR, kdma_direction, kdma_iova_state};

use crate::sealed::Sealed;
use crate::{
    AllocFlags, Device, Direction, DmaAddress, Error, Failed, MapAttributes, Memory, Mmio, Pages,
    Result,
};

/// Memory whose physical address is known.
pub trait Linkable: Memory + Sealed {
    /// Where it starts.
    #[doc(hidden)]
    fn start(&self) -> u64;
    /// What the kernel has to be told about it.
    #[doc(hidden)]
    const ATTRIBUTES: u64;
}

impl Linkable for Mmio<'_> {
    fn start(&self) -> u64 {
        self.physical_address()
    }

    const ATTRIBUTES: u64 = KDMA_ATTR_MMIO;
}

impl Linkable for Pages<'_> {
    fn start(&self) -> u64 {
        self.physical_address()
    }

    const ATTRIBUTES: u64 = 0;
}

/// A range of IOVAs to which nothing is linked. Frees itself once it is dropped.
///
/// ```
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, MapAttributes, ToDevice};
/// # let device = kdma_mock::device();
/// # let (first, second) = (kdma_mock::pages(4096, 0), kdma_mock::pages(100, 0));
/// let Some(range) = device.try_alloc_iova(0, 8192, AllocFlags::NONE)? else {
///     // No IOMMU: map the memory instead.
///     # unreachable!();
///     return Ok(());
/// };
/// let mut linking = range.link::<ToDevice, _, 2>(first, MapAttributes::NONE)?;
/// linking.link(second)?;
/// let linked = linking.sync()?;
/// let _ = linked.dma_address();
/// let (range, [first, second]) = linked.unlink()?;
/// range.free()?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// The device has no address before there is anything behind it:
///
/// ```compile_fail,E0599
/// # use kdma_mock as _;
/// use kdma::AllocFlags;
/// # let device = kdma_mock::device();
/// let Some(range) = device.try_alloc_iova(0, 8192, AllocFlags::NONE)? else { return Ok(()) };
/// let _ = range.dma_address();
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// A range with links is not freed, and one is freed once:
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, MapAttributes, ToDevice};
/// # let device = kdma_mock::device();
/// # let memory = kdma_mock::pages(4096, 0);
/// let Some(range) = device.try_alloc_iova(0, 8192, AllocFlags::NONE)? else { return Ok(()) };
/// let linking = range.link::<ToDevice, _, 1>(memory, MapAttributes::NONE)?;
/// range.free()?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// use kdma::AllocFlags;
/// # let device = kdma_mock::device();
/// let Some(range) = device.try_alloc_iova(0, 8192, AllocFlags::NONE)? else { return Ok(()) };
/// range.free()?;
/// range.free()?;
/// # Ok::<(), kdma::Error>(())
/// ```
#[derive(Debug)]
pub struct Iova<'d> {
    device: Device<'d>,
    state: NonNull<kdma_iova_state>,
    dma_address: DmaAddress,
}

impl<'d> Iova<'d> {
    /// Bytes of the range.
    ///
    /// Kernel: `dma_iova_size()`, include/linux/dma-mapping.h.
    /// Context: any.
    pub fn size(&self) -> Result<u64> {
        let mut size = 0;
        // SAFETY: the state is valid by the type invariant, the out parameter for
        // the call.
        Error::check(unsafe { kdma_sys::kdma_iova_size(self.state.as_ptr(), &raw mut size) })?;
        Ok(size)
    }

    /// Where its first byte will be for the device. For tests: nothing is there yet.
    #[doc(hidden)]
    #[must_use]
    pub fn reserved_address(&self) -> DmaAddress {
        self.dma_address
    }

    /// Gives the range back.
    ///
    /// Kernel: `dma_iova_free()`, drivers/iommu/dma-iommu.c.
    /// Context: any after [`AllocFlags::ATOMIC`], otherwise may sleep.
    /// Errors: only those of a broken kernel; the range comes back with them.
    pub fn free(self) -> Result<(), Failed<Self>> {
        let range = ManuallyDrop::new(self);
        // SAFETY: the state is valid by the type invariant; where this succeeds,
        // nobody uses or drops it again.
        match Error::check(unsafe {
            kdma_sys::kdma_iova_free(range.device.as_raw(), range.state.as_ptr())
        }) {
            Ok(()) => Ok(()),
            Err(error) => Err(Failed {
                error,
                object: ManuallyDrop::into_inner(range),
            }),
        }
    }

    /// Links memory to the start of the range.
    ///
    /// Kernel: `dma_iova_link()`, drivers/iommu/dma-iommu.c.
    /// Context: any.
    /// Errors: [`Error::NoMemory`]; [`Error::Mapping`]; [`Error::NotSupported`] for
    /// an attribute that the kernel lacks; [`Error::Invalid`] for no bytes, for more
    /// than the range has, for memory that starts elsewhere in its page than was
    /// said of it, and for `N` of 0. Range and memory come back with it.
    #[allow(clippy::type_complexity)]
    pub fn link<D: Direction, M: Linkable, const N: usize>(
        self,
        memory: M,
        attributes: MapAttributes,
    ) -> Result<Linking<'d, M, N>, Failed<(Self, M)>> {
        // INVARIANT: nothing is linked yet, and nothing is said to be.
        let mut linking = Linking(Links {
            range: self,
            memory: [const { None }; N],
            linked: 0,
            direction: D::DIRECTION,
            attributes: attributes.bits() | M::ATTRIBUTES,
        });
        match linking.link(memory) {
            Ok(()) => Ok(linking),
            Err(Failed { error, object }) => Err(Failed {
                error,
                object: (linking.0.into_range(), object),
            }),
        }
    }
}

impl Drop for Iova<'_> {
    fn drop(&mut self) {
        // An error has nowhere to go.
        // SAFETY: the state is ours by the type invariant, and nothing is linked:
        // links hold the range and end first.
        let _ = unsafe { kdma_sys::kdma_iova_free(self.device.as_raw(), self.state.as_ptr()) };
    }
}

/// A range and what is linked to its first bytes. Ends with all links when dropped.
#[derive(Debug)]
struct Links<'d, M: Linkable, const N: usize> {
    range: Iova<'d>,
    memory: [Option<M>; N],
    /// Bytes from the start of the range.
    linked: u64,
    direction: kdma_direction,
    attributes: u64,
}

impl<'d, M: Linkable, const N: usize> Links<'d, M, N> {
    /// Range and memory, which stay as they are.
    fn into_parts(self) -> (Iova<'d>, [Option<M>; N]) {
        let links = ManuallyDrop::new(self);
        // SAFETY: `links` is neither used nor dropped from here on, so both are
        // moved out, not copied.
        unsafe {
            (
                core::ptr::read(&raw const links.range),
                core::ptr::read(&raw const links.memory),
            )
        }
    }

    /// The range, when nothing has been linked to it.
    fn into_range(self) -> Iova<'d> {
        self.into_parts().0
    }

    /// Ends all links. `added`: to the attributes of the links, `SKIP_CPU_SYNC` or
    /// nothing.
    #[allow(clippy::type_complexity)]
    fn unlink(self, added: MapAttributes) -> Result<(Iova<'d>, [Option<M>; N]), Failed<Self>> {
        // SAFETY: these links are there by the type invariant, and are none after
        // that: the caller gets the range without them.
        match Error::check(unsafe {
            kdma_sys::kdma_iova_unlink(
                self.range.device.as_raw(),
                self.range.state.as_ptr(),
                0,
                self.linked,
                self.direction,
                self.attributes | added.bits(),
            )
        }) {
            Ok(()) => Ok(self.into_parts()),
            Err(error) => Err(Failed {
                error,
                object: self,
            }),
        }
    }

    /// Ends all links and gives the range back. `added`: as in `unlink`.
    fn destroy(self, added: MapAttributes) -> Result<[Option<M>; N], Failed<Self>> {
        // SAFETY: these links are there by the type invariant; nobody uses the state
        // again where this succeeds.
        match Error::check(unsafe {
            kdma_sys::kdma_iova_destroy(
                self.range.device.as_raw(),
                self.range.state.as_ptr(),
                self.linked,
                self.direction,
                self.attributes | added.bits(),
            )
        }) {
            Ok(()) => {
                let (range, memory) = self.into_parts();
                // It is gone already.
                core::mem::forget(range);
                Ok(memory)
            }
            Err(error) => Err(Failed {
                error,
                object: self,
            }),
        }
    }
}

impl<M: Linkable, const N: usize> Drop for Links<'_, M, N> {
    fn drop(&mut self) {
        if self.linked == 0 {
            return;
        }
        // An error has nowhere to go. The range frees itself afterwards.
        // SAFETY: these links are there by the type invariant, and nobody asks for
        // them again.
        let _ = unsafe {
            kdma_sys::kdma_iova_unlink(
                self.range.device.as_raw(),
                self.range.state.as_ptr(),
                0,
                self.linked,
                self.direction,
                self.attributes,
            )
        };
    }
}

/// A range to which memory is being linked: up to `N` pieces, one after the other.
///
/// What has been linked is not reached before [`Linking::sync`], so the device gets
/// no address:
///
/// ```
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, FromDevice, MapAttributes};
/// # let device = kdma_mock::device();
/// # let memory = kdma_mock::pages(4096, 0);
/// let Some(range) = device.try_alloc_iova(0, 4096, AllocFlags::NONE)? else { return Ok(()) };
/// let linking = range.link::<FromDevice, _, 1>(memory, MapAttributes::NONE)?;
/// let linked = linking.sync()?;
/// let _ = linked.dma_address();
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// ```compile_fail,E0599
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, FromDevice, MapAttributes};
/// # let device = kdma_mock::device();
/// # let memory = kdma_mock::pages(4096, 0);
/// let Some(range) = device.try_alloc_iova(0, 4096, AllocFlags::NONE)? else { return Ok(()) };
/// let linking = range.link::<FromDevice, _, 1>(memory, MapAttributes::NONE)?;
/// let _ = linking.dma_address();
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// The memory cannot be touched while it is linked:
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, FromDevice, MapAttributes};
/// # let device = kdma_mock::device();
/// # let memory = kdma_mock::pages(4096, 0);
/// let Some(range) = device.try_alloc_iova(0, 4096, AllocFlags::NONE)? else { return Ok(()) };
/// let linking = range.link::<FromDevice, _, 1>(memory, MapAttributes::NONE)?;
/// let _ = memory.as_slice();
/// # Ok::<(), kdma::Error>(())
/// ```
#[derive(Debug)]
pub struct Linking<'d, M: Linkable, const N: usize>(Links<'d, M, N>);

impl<'d, M: Linkable, const N: usize> Linking<'d, M, N> {
    /// Links memory behind what is linked so far.
    ///
    /// Kernel: `dma_iova_link()`, drivers/iommu/dma-iommu.c.
    /// Context: any.
    /// Errors: as [`Iova::link`]; [`Error::Invalid`] also for memory that does not
    /// begin with a page, behind some that does not end with one, and for more than
    /// `N` pieces. The memory comes back with it.
    pub fn link(&mut self, memory: M) -> Result<(), Failed<M>> {
        let links = &mut self.0;
        let Some(place) = links.memory.iter_mut().find(|place| place.is_none()) else {
            return Err(Failed {
                error: Error::Invalid,
                object: memory,
            });
        };
        // SAFETY: device and state are valid by the type invariant; the memory
        // stays with the links for as long as the device may use it.
        match Error::check(unsafe {
            kdma_sys::kdma_iova_link(
                links.range.device.as_raw(),
                links.range.state.as_ptr(),
                memory.start(),
                links.linked,
                memory.size(),
                links.direction,
                links.attributes,
            )
        }) {
            Ok(()) => {
                // INVARIANT: linked just now, right behind the others.
                links.linked += memory.size();
                *place = Some(memory);
                Ok(())
            }
            Err(error) => Err(Failed {
                error,
                object: memory,
            }),
        }
    }

    /// Bytes that are linked.
    #[must_use]
    pub fn linked(&self) -> u64 {
        self.0.linked
    }

    /// Lets the device see all that has been linked.
    ///
    /// Kernel: `dma_iova_sync()`, drivers/iommu/dma-iommu.c.
    /// Context: any.
    /// Errors: [`Error::NoMemory`]; [`Error::Mapping`]. The links come back with it.
    pub fn sync(self) -> Result<Linked<'d, M, N>, Failed<Self>> {
        // SAFETY: device and state are valid and the bytes linked, by the type
        // invariant.
        match Error::check(unsafe {
            kdma_sys::kdma_iova_sync(
                self.0.range.device.as_raw(),
                self.0.range.state.as_ptr(),
                0,
                self.0.linked,
            )
        }) {
            // INVARIANT: all links have been synced, just now.
            Ok(()) => Ok(Linked(self.0)),
            Err(error) => Err(Failed {
                error,
                object: self,
            }),
        }
    }

    /// As [`Linked::unlink`].
    #[allow(clippy::type_complexity)]
    pub fn unlink(self) -> Result<(Iova<'d>, [Option<M>; N]), Failed<Self>> {
        self.0.unlink(MapAttributes::NONE).map_err(|failed| Failed {
            error: failed.error,
            object: Linking(failed.object),
        })
    }

    /// As [`Linked::destroy`].
    pub fn destroy(self) -> Result<[Option<M>; N], Failed<Self>> {
        self.0
            .destroy(MapAttributes::NONE)
            .map_err(|failed| Failed {
                error: failed.error,
                object: Linking(failed.object),
            })
    }

    /// As [`Iova::size`].
    pub fn size(&self) -> Result<u64> {
        self.0.range.size()
    }
}

/// A range whose links the device may use. Ends with all links when it is dropped.
///
/// ```
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, FromDevice, MapAttributes};
/// # let device = kdma_mock::device();
/// # let memory = kdma_mock::pages(4096, 0);
/// let Some(range) = device.try_alloc_iova(0, 4096, AllocFlags::NONE)? else { return Ok(()) };
/// let linked = range.link::<FromDevice, _, 1>(memory, MapAttributes::NONE)?.sync()?;
/// kdma_mock::device_write(linked.dma_address().bits() + 17, b"answer");
/// let [memory] = linked.destroy()?;
/// assert_eq!(memory.expect("linked").as_slice()[17..23], *b"answer");
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// Links end once, and with them goes the address:
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, FromDevice, MapAttributes};
/// # let device = kdma_mock::device();
/// # let memory = kdma_mock::pages(4096, 0);
/// let Some(range) = device.try_alloc_iova(0, 4096, AllocFlags::NONE)? else { return Ok(()) };
/// let linked = range.link::<FromDevice, _, 1>(memory, MapAttributes::NONE)?.sync()?;
/// let (range, _) = linked.unlink()?;
/// let [memory] = linked.destroy()?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, FromDevice, MapAttributes};
/// # let device = kdma_mock::device();
/// # let memory = kdma_mock::pages(4096, 0);
/// let Some(range) = device.try_alloc_iova(0, 4096, AllocFlags::NONE)? else { return Ok(()) };
/// let linked = range.link::<FromDevice, _, 1>(memory, MapAttributes::NONE)?.sync()?;
/// let [memory] = linked.destroy()?;
/// let _ = linked.dma_address();
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// What the device sees already is not added to:
///
/// ```compile_fail,E0599
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, FromDevice, MapAttributes};
/// # let device = kdma_mock::device();
/// # let (memory, more) = (kdma_mock::pages(4096, 0), kdma_mock::pages(64, 0));
/// let Some(range) = device.try_alloc_iova(0, 8192, AllocFlags::NONE)? else { return Ok(()) };
/// let linked = range.link::<FromDevice, _, 2>(memory, MapAttributes::NONE)?.sync()?;
/// linked.link(more)?;
/// # Ok::<(), kdma::Error>(())
/// ```
#[derive(Debug)]
pub struct Linked<'d, M: Linkable, const N: usize>(Links<'d, M, N>);

impl<'d, M: Linkable, const N: usize> Linked<'d, M, N> {
    /// Where the device finds the first linked byte; the others follow in a row.
    #[must_use]
    pub fn dma_address(&self) -> DmaAddress {
        self.0.range.dma_address
    }

    /// Bytes that are linked.
    #[must_use]
    pub fn linked(&self) -> u64 {
        self.0.linked
    }

    /// Ends all links. The range is to be used again; the memory comes back.
    ///
    /// Kernel: `dma_iova_unlink()`, drivers/iommu/dma-iommu.c.
    /// Context: any.
    /// Errors: only those of a broken kernel; the links come back with them.
    #[allow(clippy::type_complexity)]
    pub fn unlink(self) -> Result<(Iova<'d>, [Option<M>; N]), Failed<Self>> {
        self.0.unlink(MapAttributes::NONE).map_err(|failed| Failed {
            error: failed.error,
            object: Linked(failed.object),
        })
    }

    /// Ends all links and the range in one go; the memory comes back.
    ///
    /// Kernel: `dma_iova_destroy()`, drivers/iommu/dma-iommu.c.
    /// Context: any after [`AllocFlags::ATOMIC`], otherwise may sleep.
    /// Errors: only those of a broken kernel; the links come back with them.
    pub fn destroy(self) -> Result<[Option<M>; N], Failed<Self>> {
        self.0
            .destroy(MapAttributes::NONE)
            .map_err(|failed| Failed {
                error: failed.error,
                object: Linked(failed.object),
            })
    }

    /// As [`Linked::unlink`], and leaves the bytes alone (`DMA_ATTR_SKIP_CPU_SYNC`).
    #[allow(clippy::type_complexity)]
    pub fn unlink_without_sync(self) -> Result<(Iova<'d>, [Option<M>; N]), Failed<Self>> {
        let skip = MapAttributes::SKIP_CPU_SYNC;
        self.0.unlink(skip).map_err(|failed| Failed {
            error: failed.error,
            object: Linked(failed.object),
        })
    }

    /// As [`Linked::destroy`], and leaves the bytes alone (`DMA_ATTR_SKIP_CPU_SYNC`).
    pub fn destroy_without_sync(self) -> Result<[Option<M>; N], Failed<Self>> {
        let skip = MapAttributes::SKIP_CPU_SYNC;
        self.0.destroy(skip).map_err(|failed| Failed {
            error: failed.error,
            object: Linked(failed.object),
        })
    }

    /// As [`Iova::size`].
    pub fn size(&self) -> Result<u64> {
        self.0.range.size()
    }
}

impl<'d> Device<'d> {
    /// Asks for a range of `size` IOVAs. `None` where the device has no IOMMU in
    /// front of it, or no room: then memory is mapped by [`Device::map_phys`] and its
    /// like. Of `physical_address`, where the first memory to be linked starts, only
    /// the offset in the page counts.
    ///
    /// Kernel: `dma_iova_try_alloc()`, drivers/iommu/dma-iommu.c, and
    /// `dma_use_iova()`, include/linux/dma-mapping.h.
    /// Context: may sleep unless [`AllocFlags::ATOMIC`] is given.
    /// Errors: [`Error::NotSupported`] by kernels before 6.16; [`Error::NoMemory`];
    /// [`Error::Invalid`] for no bytes, and for 2^62 and more.
    pub fn try_alloc_iova(
        &self,
        physical_address: u64,
        size: u64,
        flags: AllocFlags,
    ) -> Result<Option<Iova<'d>>> {
        let (mut state, mut used) = (core::ptr::null_mut(), 0);
        let mut dma_address = KDMA_MAPPING_ERROR;
        // SAFETY: the device is valid by its type invariant, the out parameters
        // for the call.
        Error::check(unsafe {
            kdma_sys::kdma_iova_try_alloc(
                self.as_raw(),
                physical_address,
                size,
                flags.bits(),
                &raw mut state,
                &raw mut dma_address,
            )
        })?;
        let state = NonNull::new(state).ok_or(Error::NoMemory)?;
        // INVARIANT: made just now and ours; nothing is linked.
        let range = Iova {
            device: *self,
            state,
            dma_address: DmaAddress(dma_address),
        };
        // SAFETY: the state was just made, the out parameter is valid for the call.
        Error::check(unsafe { kdma_sys::kdma_use_iova(state.as_ptr(), &raw mut used) })?;
        // Dropping a state without a range gives it back.
        Ok((used != 0).then_some(range))
    }
}
