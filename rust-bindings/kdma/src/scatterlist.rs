// SPDX-License-Identifier: GPL-2.0

//! Family: scatterlist. Lists of memory, lent to a device in one go.

use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

use kdma_sys::{KDMA_ATTR_SKIP_CPU_SYNC, kdma_direction, kdma_sg_table};

use crate::buffer::shared;
use crate::{
    AllocFlags, ByCpu, ByDevice, CpuReads, CpuWrites, Device, Direction, DmaAddress, Error, Failed,
    MapAttributes, Memory, Owner, Pages, Result,
};

/// The kernel's list. Frees itself once it is dropped.
#[derive(Debug)]
struct Table(NonNull<kdma_sg_table>);

impl Drop for Table {
    fn drop(&mut self) {
        // An error has nowhere to go.
        // SAFETY: the list is ours by the type invariant, and it is not mapped:
        // a mapping holds the list and ends first.
        let _ = unsafe { kdma_sys::kdma_sg_free(self.0.as_ptr()) };
    }
}

/// A list of at most `N` pieces of memory that are not lent to any device.
///
/// The list takes the memory and keeps it; [`ScatterList::into_entries`] gives
/// it back.
///
/// ```
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, ScatterList};
/// let mut list = ScatterList::<2>::new(2, AllocFlags::NONE)?;
/// list.add(kdma_mock::pages(64, 0))?;
/// list.add(kdma_mock::pages(32, 128))?;
/// assert_eq!(list.size(), 96);
/// let [first, second] = list.into_entries();
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// Memory that is in a list is not to be had beside it:
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, ScatterList};
/// let mut list = ScatterList::<2>::new(2, AllocFlags::NONE)?;
/// let pages = kdma_mock::pages(64, 0);
/// list.add(pages)?;
/// let _ = pages.as_slice();
/// # Ok::<(), kdma::Error>(())
/// ```
#[derive(Debug)]
pub struct ScatterList<'b, const N: usize> {
    // Dropped before the memory it names.
    table: Table,
    /// Bytes of memory that is no entry: that of a whole list (family sgtable).
    listed: u64,
    entries: [Option<Pages<'b>>; N],
}

impl<'b, const N: usize> ScatterList<'b, N> {
    /// Makes an empty list that takes `capacity` pieces, at most `N`.
    ///
    /// Kernel: `sg_alloc_table()`, lib/scatterlist.c.
    /// Context: may sleep unless [`AllocFlags::ATOMIC`] is given.
    /// Errors: [`Error::NoMemory`]; [`Error::Invalid`] for none or more than `N`.
    pub fn new(capacity: u32, flags: AllocFlags) -> Result<Self> {
        if capacity as usize > N {
            return Err(Error::Invalid);
        }
        let mut table = core::ptr::null_mut();
        // SAFETY: the out parameter is valid for the call.
        Error::check(unsafe { kdma_sys::kdma_sg_alloc(capacity, flags.bits(), &raw mut table) })?;
        let table = NonNull::new(table).ok_or(Error::NoMemory)?;
        // INVARIANT: made just now, ours, and with as many entries as there are
        // pieces of memory: none.
        Ok(ScatterList {
            table: Table(table),
            listed: 0,
            entries: [const { None }; N],
        })
    }

    /// A full list of memory that is no entry.
    ///
    /// # Safety
    ///
    /// `table` is such a list of `size` bytes, nobody else frees it, and its memory
    /// is there for `'b`.
    pub(crate) unsafe fn from_raw(table: *mut kdma_sg_table, size: u64) -> Result<Self> {
        // Success without a list: not what the ABI promises.
        let table = NonNull::new(table).ok_or(Error::NoMemory)?;
        // INVARIANT: ours, and full, as the caller guarantees.
        Ok(ScatterList {
            table: Table(table),
            listed: size,
            entries: [const { None }; N],
        })
    }

    /// Appends memory to the list.
    ///
    /// Kernel: `sg_set_page()`, include/linux/scatterlist.h.
    /// Context: any.
    /// Errors: [`Error::Invalid`] for a list that is full, and for no bytes; the
    /// memory comes back with it.
    pub fn add(&mut self, pages: Pages<'b>) -> Result<(), Failed<Pages<'b>>> {
        // SAFETY: the list is valid by the type invariant; the memory stays in
        // it for as long as the kernel's list names it.
        let result = Error::check(unsafe {
            kdma_sys::kdma_sg_add(
                self.table.0.as_ptr(),
                pages.page(),
                pages.page_offset(),
                pages.size(),
            )
        });
        // A list that is full was refused, so there is a place.
        let place = self.entries.iter_mut().find(|entry| entry.is_none());
        match (result, place) {
            (Ok(()), Some(place)) => {
                *place = Some(pages);
                Ok(())
            }
            (result, _) => Err(Failed {
                error: result.err().unwrap_or(Error::Invalid),
                object: pages,
            }),
        }
    }

    /// Bytes in the list.
    #[must_use]
    pub fn size(&self) -> u64 {
        let entries: u64 = self.entries.iter().flatten().map(Memory::size).sum();
        self.listed + entries
    }

    /// The memory added as number `index`, counted from 0.
    #[must_use]
    pub fn entry(&self, index: usize) -> Option<&Pages<'b>> {
        self.entries.get(index)?.as_ref()
    }

    /// The same, to be changed.
    #[must_use]
    pub fn entry_mut(&mut self, index: usize) -> Option<&mut Pages<'b>> {
        self.entries.get_mut(index)?.as_mut()
    }

    /// Gives up the list and gives the memory back.
    #[must_use]
    pub fn into_entries(self) -> [Option<Pages<'b>>; N] {
        self.entries
    }
}

/// The functions that make and end a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Sg,
    SgTable,
}

/// A mapping in force, and all it takes to end it. Ends when it is dropped.
#[derive(Debug)]
struct Active<'d, 'b, const N: usize> {
    device: Device<'d>,
    list: ScatterList<'b, N>,
    direction: kdma_direction,
    attributes: u64,
    function: Function,
    /// Segments, where the map function tells.
    count: Option<u32>,
}

impl<'b, const N: usize> Active<'_, 'b, N> {
    fn table(&self) -> *mut kdma_sg_table {
        self.list.table.0.as_ptr()
    }

    /// Ends the mapping.
    ///
    /// # Safety
    ///
    /// Not ended before. `attributes` are those of the mapping, or with
    /// `KDMA_ATTR_SKIP_CPU_SYNC` added.
    unsafe fn unmap(&self, attributes: u64) -> Result<()> {
        let (device, direction) = (self.device.as_raw(), self.direction);
        // SAFETY: all values are those of the mapping by the type invariant;
        // the caller guarantees the rest.
        Error::check(unsafe {
            match self.function {
                Function::Sg => {
                    kdma_sys::kdma_unmap_sg_attrs(device, self.table(), direction, attributes)
                }
                Function::SgTable => {
                    kdma_sys::kdma_unmap_sgtable(device, self.table(), direction, attributes)
                }
            }
        })
    }

    fn finish(self, attributes: u64) -> Result<ScatterList<'b, N>, Failed<Self>> {
        let active = ManuallyDrop::new(self);
        // SAFETY: not ended before, for we own it and nothing else ends it. Our
        // callers pass the attributes of the mapping or add the one allowed.
        match unsafe { active.unmap(attributes) } {
            // SAFETY: `active` is neither used nor dropped from here on, so the
            // list is moved out, not copied.
            Ok(()) => Ok(unsafe { core::ptr::read(&raw const active.list) }),
            Err(error) => Err(Failed {
                error,
                object: ManuallyDrop::into_inner(active),
            }),
        }
    }
}

impl<const N: usize> Drop for Active<'_, '_, N> {
    fn drop(&mut self) {
        // An error has nowhere to go.
        // SAFETY: not ended before, for `finish` never drops what it ended.
        let _ = unsafe { self.unmap(self.attributes) };
    }
}

/// A part of a mapped list, as the device sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where the device finds its first byte.
    pub dma_address: DmaAddress,
    /// Bytes.
    pub size: u64,
}

/// A list lent to a device: `D` is the direction, `O` who owns the memory at the
/// moment.
///
/// ```
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, FromDevice, MapAttributes, ScatterList};
/// # let device = kdma_mock::device();
/// let mut list = ScatterList::<1>::new(1, AllocFlags::NONE)?;
/// list.add(kdma_mock::pages(64, 0))?;
/// let mapping = device.map_sgtable::<FromDevice, 1>(list, MapAttributes::NONE)?;
/// for segment in mapping.segments() {
///     kdma_mock::device_write(segment.dma_address.bits(), b"answer");
/// }
/// let mapping = mapping.sync_for_cpu()?;
/// let mut bytes = [0; 6];
/// mapping.read(0, 0, &mut bytes)?;
/// assert_eq!(&bytes, b"answer");
/// let list = mapping.unmap()?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// No reading before the sync:
///
/// ```compile_fail,E0599
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, FromDevice, MapAttributes, ScatterList};
/// # let device = kdma_mock::device();
/// let mut list = ScatterList::<1>::new(1, AllocFlags::NONE)?;
/// list.add(kdma_mock::pages(64, 0))?;
/// let mapping = device.map_sgtable::<FromDevice, 1>(list, MapAttributes::NONE)?;
/// let mut bytes = [0; 6];
/// mapping.read(0, 0, &mut bytes)?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// No writing where only the device writes:
///
/// ```compile_fail,E0599
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, FromDevice, MapAttributes, ScatterList};
/// # let device = kdma_mock::device();
/// let mut list = ScatterList::<1>::new(1, AllocFlags::NONE)?;
/// list.add(kdma_mock::pages(64, 0))?;
/// let mapping = device.map_sgtable::<FromDevice, 1>(list, MapAttributes::NONE)?;
/// let mut mapping = mapping.sync_for_cpu()?;
/// mapping.write(0, 0, b"lost")?;
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// A list that is mapped is not to be had, and a mapping ends once:
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, FromDevice, MapAttributes, ScatterList};
/// # let device = kdma_mock::device();
/// let mut list = ScatterList::<1>::new(1, AllocFlags::NONE)?;
/// list.add(kdma_mock::pages(64, 0))?;
/// let mapping = device.map_sgtable::<FromDevice, 1>(list, MapAttributes::NONE)?;
/// let _ = list.entry(0);
/// # Ok::<(), kdma::Error>(())
/// ```
///
/// ```compile_fail,E0382
/// # use kdma_mock as _;
/// use kdma::{AllocFlags, FromDevice, MapAttributes, ScatterList};
/// # let device = kdma_mock::device();
/// let mut list = ScatterList::<1>::new(1, AllocFlags::NONE)?;
/// list.add(kdma_mock::pages(64, 0))?;
/// let mapping = device.map_sgtable::<FromDevice, 1>(list, MapAttributes::NONE)?;
/// let list = mapping.unmap()?;
/// let list = mapping.unmap()?;
/// # Ok::<(), kdma::Error>(())
/// ```
#[derive(Debug)]
pub struct MappedList<'d, 'b, D: Direction, const N: usize, O: Owner = ByDevice> {
    active: Active<'d, 'b, N>,
    types: PhantomData<(D, O)>,
}

impl<'d, 'b, D: Direction, const N: usize, O: Owner> MappedList<'d, 'b, D, N, O> {
    /// The same mapping with the owner the caller has just made.
    fn from_active(active: Active<'d, 'b, N>) -> Self {
        // INVARIANT: `active` has direction D, and O owns the memory: our
        // callers made the mapping or the sync.
        MappedList {
            active,
            types: PhantomData,
        }
    }

    /// Where the device finds a part of the list; `None` beyond the last. A
    /// mapping may merge entries, so there can be fewer segments than entries.
    ///
    /// Kernel: `sg_dma_address()`, `sg_dma_len()`, include/linux/scatterlist.h.
    /// Context: any.
    #[must_use]
    pub fn segment(&self, index: u32) -> Option<Segment> {
        let (mut dma_address, mut size) = (0, 0);
        // SAFETY: the list is valid and mapped by the type invariants, the out
        // parameters are valid for the call.
        Error::check(unsafe {
            kdma_sys::kdma_sg_segment(
                self.active.table(),
                index,
                &raw mut dma_address,
                &raw mut size,
            )
        })
        .ok()?;
        Some(Segment {
            dma_address: DmaAddress(dma_address),
            size,
        })
    }

    /// How many segments there are: what the map function said, or counted.
    #[must_use]
    pub fn segment_count(&self) -> usize {
        match self.active.count {
            Some(count) => count as usize,
            None => self.segments().count(),
        }
    }

    /// All segments, in the order of the bytes.
    pub fn segments(&self) -> impl Iterator<Item = Segment> {
        (0..).map_while(|index| self.segment(index))
    }

    /// Ends the mapping and gives the list back with what the device wrote.
    ///
    /// Context: any.
    /// Errors: the mapping is still there then.
    pub fn unmap(self) -> Result<ScatterList<'b, N>, Failed<Self>> {
        let attributes = self.active.attributes;
        self.finish(attributes)
    }

    /// Ends the mapping without a sync (`DMA_ATTR_SKIP_CPU_SYNC`): what the
    /// device wrote since the last sync may be lost.
    ///
    /// Context: any.
    /// Errors: the mapping is still there then.
    pub fn unmap_without_sync(self) -> Result<ScatterList<'b, N>, Failed<Self>> {
        let attributes = self.active.attributes | KDMA_ATTR_SKIP_CPU_SYNC;
        self.finish(attributes)
    }

    fn finish(self, attributes: u64) -> Result<ScatterList<'b, N>, Failed<Self>> {
        self.active.finish(attributes).map_err(|failed| Failed {
            error: failed.error,
            object: Self::from_active(failed.object),
        })
    }

    /// The same mapping with its next owner, if the call that does it worked.
    fn handed<To: Owner>(
        self,
        result: Result<()>,
    ) -> Result<MappedList<'d, 'b, D, N, To>, Failed<Self>> {
        match result {
            Ok(()) => Ok(MappedList::from_active(self.active)),
            Err(error) => Err(Failed {
                error,
                object: self,
            }),
        }
    }
}

impl<'d, 'b, D: Direction, const N: usize> MappedList<'d, 'b, D, N, ByDevice> {
    /// Hands the memory to the CPU, with what the device wrote.
    ///
    /// Kernel: `dma_sync_sg_for_cpu()` or `dma_sync_sgtable_for_cpu()`, as
    /// mapped, include/linux/dma-mapping.h.
    /// Context: any.
    pub fn sync_for_cpu(self) -> Result<MappedList<'d, 'b, D, N, ByCpu>, Failed<Self>> {
        let (device, table) = (self.active.device.as_raw(), self.active.table());
        // SAFETY: all values are those of a mapping in force.
        let result = Error::check(unsafe {
            match self.active.function {
                Function::Sg => kdma_sys::kdma_sync_sg_for_cpu(device, table, D::DIRECTION),
                Function::SgTable => {
                    kdma_sys::kdma_sync_sgtable_for_cpu(device, table, D::DIRECTION)
                }
            }
        });
        self.handed(result)
    }
}

impl<'d, 'b, D: Direction, const N: usize> MappedList<'d, 'b, D, N, ByCpu> {
    /// Hands the memory to the device, with what the CPU wrote.
    ///
    /// Kernel: `dma_sync_sg_for_device()` or `dma_sync_sgtable_for_device()`, as
    /// mapped, include/linux/dma-mapping.h.
    /// Context: any.
    pub fn sync_for_device(self) -> Result<MappedList<'d, 'b, D, N, ByDevice>, Failed<Self>> {
        let (device, table) = (self.active.device.as_raw(), self.active.table());
        // SAFETY: all values are those of a mapping in force.
        let result = Error::check(unsafe {
            match self.active.function {
                Function::Sg => kdma_sys::kdma_sync_sg_for_device(device, table, D::DIRECTION),
                Function::SgTable => {
                    kdma_sys::kdma_sync_sgtable_for_device(device, table, D::DIRECTION)
                }
            }
        });
        self.handed(result)
    }
}

impl<D: CpuReads, const N: usize> MappedList<'_, '_, D, N, ByCpu> {
    /// Copies bytes out of the memory added as number `entry`, from `offset` on.
    ///
    /// Errors: [`Error::Invalid`] beyond the end; nothing is copied then.
    pub fn read(&self, entry: usize, offset: u64, to: &mut [u8]) -> Result<()> {
        let memory = self.active.list.entry(entry).ok_or(Error::Invalid)?;
        shared(memory).read(offset, to)
    }
}

impl<D: CpuWrites, const N: usize> MappedList<'_, '_, D, N, ByCpu> {
    /// Copies bytes into the memory added as number `entry`, from `offset` on,
    /// for the device to read after the sync.
    ///
    /// Errors: [`Error::Invalid`] beyond the end; nothing is copied then.
    pub fn write(&mut self, entry: usize, offset: u64, from: &[u8]) -> Result<()> {
        let memory = self.active.list.entry(entry).ok_or(Error::Invalid)?;
        shared(memory).write(offset, from)
    }
}

impl<'d> Device<'d> {
    /// Lends a full list to the device.
    ///
    /// Kernel: `dma_map_sg_attrs()`, kernel/dma/mapping.c.
    /// Context: any.
    /// Errors: [`Error::Mapping`]; [`Error::NotSupported`] for an attribute that
    /// the kernel lacks; [`Error::Invalid`] for a list that is not full. The
    /// list comes back with it.
    pub fn map_sg<'b, D: Direction, const N: usize>(
        &self,
        list: ScatterList<'b, N>,
        attributes: MapAttributes,
    ) -> Result<MappedList<'d, 'b, D, N>, Failed<ScatterList<'b, N>>> {
        let mut count = 0;
        // SAFETY: device and list are valid by their type invariants; the list
        // goes into the mapping, so nobody else has its memory meanwhile.
        let result = Error::check(unsafe {
            kdma_sys::kdma_map_sg_attrs(
                self.as_raw(),
                list.table.0.as_ptr(),
                D::DIRECTION,
                attributes.bits(),
                &raw mut count,
            )
        });
        let function = Function::Sg;
        self.mapped_list(list, attributes, function, result.map(|()| Some(count)))
    }

    /// Lends a full list to the device and tells apart why it failed.
    ///
    /// Kernel: `dma_map_sgtable()`, kernel/dma/mapping.c.
    /// Context: any.
    /// Errors: [`Error::NoMemory`] for now; otherwise as [`Device::map_sg`].
    pub fn map_sgtable<'b, D: Direction, const N: usize>(
        &self,
        list: ScatterList<'b, N>,
        attributes: MapAttributes,
    ) -> Result<MappedList<'d, 'b, D, N>, Failed<ScatterList<'b, N>>> {
        // SAFETY: as in `map_sg`.
        let result = Error::check(unsafe {
            kdma_sys::kdma_map_sgtable(
                self.as_raw(),
                list.table.0.as_ptr(),
                D::DIRECTION,
                attributes.bits(),
            )
        });
        let function = Function::SgTable;
        self.mapped_list(list, attributes, function, result.map(|()| None))
    }

    /// Makes a mapping of what a call gave.
    fn mapped_list<'b, D: Direction, const N: usize>(
        &self,
        list: ScatterList<'b, N>,
        attributes: MapAttributes,
        function: Function,
        result: Result<Option<u32>>,
    ) -> Result<MappedList<'d, 'b, D, N>, Failed<ScatterList<'b, N>>> {
        match result {
            // INVARIANT: mapped just now, with exactly these values.
            Ok(count) => Ok(MappedList::from_active(Active {
                device: *self,
                list,
                direction: D::DIRECTION,
                attributes: attributes.bits(),
                function,
                count,
            })),
            Err(error) => Err(Failed {
                error,
                object: list,
            }),
        }
    }
}
