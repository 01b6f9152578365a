// SPDX-License-Identifier: GPL-2.0

//! The driver through the safe layer: slots hold typed objects. What the layer
//! cannot say (an unmap with another size than mapped, a sync of what is not
//! the caller's) is inexpressible, and nothing is called.
// A list is a value that comes back with the error.
#![allow(clippy::result_large_err)]

use core::marker::PhantomData;
use core::mem::{self, ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};
use core::ptr::{self, NonNull};

use kdma::{
    AllocAttributes, AllocFlags, Bidirectional, Buffer, ByCpu, ByDevice, Coherent,
    CoherentForDevice, CpuMemory, CpuRange, Device, Direction, DmaPages, Error, Failed, FromDevice,
    Iova, Linkable, Linked, Linking, ManagedCoherent, ManagedForDevice, ManagedMemory, ManagedPool,
    MapAttributes, MappedList, Mapping, Mmio, Noncontiguous, NoncontiguousAttributes, Owner, Pages,
    Pool, PoolMemory, ScatterList, Segment, ToDevice,
};
use kdma_program::*;
use kdma_sys::{
    KDMA_ATTR_MMIO, KDMA_ATTR_NO_KERNEL_MAPPING, KDMA_ATTR_SKIP_CPU_SYNC, KDMA_ATTRS_OF_PHYS,
    KDMA_BIDIRECTIONAL, KDMA_EINVAL, KDMA_FROM_DEVICE, KDMA_MAPPING_ERROR, KDMA_OK, KDMA_TO_DEVICE,
    kdma_error,
};

use crate::slots::{self, Live};

/// A mapping of memory that the CPU can access, whoever owns it now.
enum State<'r, M: CpuMemory, D: Direction> {
    Cpu(Mapping<'r, M, D, ByCpu>),
    Device(Mapping<'r, M, D, ByDevice>),
    Range(CpuRange<'r, M, D>),
}

/// The same for a direction that is only known at run time.
enum Directed<'r, M: CpuMemory> {
    Both(State<'r, M, Bidirectional>),
    From(State<'r, M, FromDevice>),
    To(State<'r, M, ToDevice>),
}

/// A mapping of device memory.
enum DirectedMmio<'r> {
    Both(Mapping<'r, Mmio<'r>, Bidirectional>),
    From(Mapping<'r, Mmio<'r>, FromDevice>),
    To(Mapping<'r, Mmio<'r>, ToDevice>),
}

/// Allocated pages, whoever owns them now.
enum PagesState<'r, D: Direction> {
    Cpu(DmaPages<'r, D, ByCpu>),
    Device(DmaPages<'r, D, ByDevice>),
}

/// The same for a direction that is only known at run time.
enum DirectedPages<'r> {
    Both(PagesState<'r, Bidirectional>),
    From(PagesState<'r, FromDevice>),
    To(PagesState<'r, ToDevice>),
}

/// Memory in pieces, whoever owns it now.
enum PiecesState<'r, D: Direction> {
    Cpu(Noncontiguous<'r, D, ByCpu>),
    Device(Noncontiguous<'r, D, ByDevice>),
}

/// The same for a direction that is only known at run time.
enum DirectedPieces<'r> {
    Both(PiecesState<'r, Bidirectional>),
    From(PiecesState<'r, FromDevice>),
    To(PiecesState<'r, ToDevice>),
}

/// Entries of a scatterlist, as many as the core takes segments.
const ENTRIES: usize = KDMA_MAX_SEGMENTS as usize;

/// A mapped scatterlist, whoever owns its memory now.
enum ListState<'r, D: Direction> {
    Cpu(MappedList<'r, 'r, D, ENTRIES, ByCpu>),
    Device(MappedList<'r, 'r, D, ENTRIES, ByDevice>),
}

/// The same for a direction that is only known at run time.
enum DirectedList<'r> {
    Both(ListState<'r, Bidirectional>),
    From(ListState<'r, FromDevice>),
    To(ListState<'r, ToDevice>),
}

/// A range of IOVAs to which memory is linked.
enum Links<'r, M: Linkable> {
    Linked(Linked<'r, M, ENTRIES>),
    Linking(Linking<'r, M, ENTRIES>),
}

/// Words of the largest object that is parked.
const ROOM: usize = {
    let sizes = [
        size_of::<DirectedList<'_>>(),
        size_of::<Links<'_, Mmio<'_>>>(),
        size_of::<Links<'_, Pages<'_>>>(),
        size_of::<ScatterList<'_, ENTRIES>>(),
    ];
    let mut largest = 0;
    let mut index = 0;
    while index < sizes.len() {
        if sizes[index] > largest {
            largest = sizes[index];
        }
        index += 1;
    }
    largest.div_ceil(size_of::<u64>())
};

/// Room for one parked object of a slot.
#[repr(C)]
struct Room(MaybeUninit<[u64; ROOM]>);

/// The room of one slot, while nothing is parked in it.
struct Place<'r> {
    room: NonNull<Room>,
    lifetime: PhantomData<&'r mut Room>,
}

/// An object with room for as many pieces as a list has, in the place of its slot.
/// Slots are moved out and back at each operation; of this that is a pointer.
struct Parked<'r, T> {
    object: NonNull<T>,
    lifetime: PhantomData<(&'r mut Room, T)>,
}

impl<'r, T> Parked<'r, T> {
    fn new(place: Place<'r>, object: T) -> Self {
        const { assert!(size_of::<T>() <= size_of::<Room>()) };
        const { assert!(align_of::<T>() <= align_of::<Room>()) };
        let room: NonNull<T> = place.room.cast();
        // SAFETY: the place is large enough, aligned, and nobody else's.
        unsafe { room.write(object) };
        // INVARIANT: the object is there, and goes when this is dropped or taken.
        Parked {
            object: room,
            lifetime: PhantomData,
        }
    }

    /// The object, and its place for what becomes of it.
    fn take(self) -> (T, Place<'r>) {
        let parked = ManuallyDrop::new(self);
        let room = parked.object.cast();
        // SAFETY: the object is there by the type invariant; neither it nor `parked`
        // is used or dropped from here on.
        let object = unsafe { parked.object.read() };
        // INVARIANT: nothing is parked there any more.
        (
            object,
            Place {
                room,
                lifetime: PhantomData,
            },
        )
    }
}

impl<T> Deref for Parked<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the object is there, and ours, by the type invariant.
        unsafe { self.object.as_ref() }
    }
}

impl<T> DerefMut for Parked<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the object is there, and ours, by the type invariant.
        unsafe { self.object.as_mut() }
    }
}

impl<T> Drop for Parked<'_, T> {
    fn drop(&mut self) {
        // SAFETY: the object is there by the type invariant, and not used again.
        unsafe { self.object.drop_in_place() };
    }
}

/// What a slot holds.
enum Object<'r> {
    AllocatedPages(DirectedPages<'r>),
    Buffer(Directed<'r, Buffer<'r>>),
    Coherent(Coherent<'r>),
    CoherentForDevice(CoherentForDevice<'r>),
    Empty,
    Iova(Iova<'r>),
    IovaOfMmio(Parked<'r, Links<'r, Mmio<'r>>>),
    IovaOfPages(Parked<'r, Links<'r, Pages<'r>>>),
    List(Parked<'r, ScatterList<'r, ENTRIES>>),
    ManagedCoherent(ManagedCoherent<'r>),
    ManagedForDevice(ManagedForDevice<'r>),
    ManagedMemory(ManagedMemory<'r>),
    ManagedPool(ManagedPool<'r>),
    MappedList(Parked<'r, DirectedList<'r>>),
    Mmio(DirectedMmio<'r>),
    /// The layer was asked for a range of IOVAs and had none.
    NoIova,
    Pages(Directed<'r, Pages<'r>>),
    Pieces(DirectedPieces<'r>),
    Pool(Pool<'r>),
    PoolMemory(PoolMemory<'r>),
}

/// Which operation defined a slot, so that only its pair releases it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Definition {
    AllocAttrs,
    AllocCoherent,
    AllocNoncoherent,
    AllocNoncontiguous,
    AllocPages,
    IovaLink,
    ManagedAllocAttrs,
    ManagedAllocCoherent,
    MapPage,
    MapPageAttrs,
    MapPhys,
    MapResource,
    MapSgAttrs,
    MapSgtable,
    MapSingle,
    MapSingleAttrs,
    PoolAlloc,
}

/// How a slot was defined: what the layer remembers by itself and does not let
/// anybody say again.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Made {
    definition: Definition,
    size: u64,
    direction: u32,
    attributes: u64,
}

/// A part of one of the core's buffers, which a mapping holds exclusively.
#[derive(Clone, Copy)]
struct Region {
    buffer: u64,
    offset: u64,
    size: u64,
}

impl Region {
    fn overlaps(&self, other: &Region) -> bool {
        self.buffer == other.buffer
            && self.offset < other.offset + other.size
            && other.offset < self.offset + self.size
    }
}

/// A region that is held, and the slot of the mapping, the list or the links that
/// hold it.
#[derive(Clone, Copy)]
struct Taken {
    region: Region,
    slot: u32,
}

/// The driver's own memory of one slot.
struct Entry<'r> {
    object: Object<'r>,
    made: Option<Made>,
    /// Of a mapping: where its region is among those taken.
    taken: Option<u32>,
    /// The slot with the coherent memory that a list is of.
    listed: Option<u32>,
}

const fn empty<'r>() -> Entry<'r> {
    Entry {
        object: Object::Empty,
        made: None,
        taken: None,
        listed: None,
    }
}

/// From a direction as a type to the variant that holds it.
trait Erase: Direction + Sized {
    fn erase<M: CpuMemory>(state: State<'_, M, Self>) -> Directed<'_, M>;
    fn erase_mmio<'r>(mapping: Mapping<'r, Mmio<'r>, Self>) -> DirectedMmio<'r>;
    fn erase_pages(state: PagesState<'_, Self>) -> DirectedPages<'_>;
    fn erase_list(state: ListState<'_, Self>) -> DirectedList<'_>;
    fn erase_pieces(state: PiecesState<'_, Self>) -> DirectedPieces<'_>;
}

macro_rules! erase {
    ($direction:ident, $variant:ident) => {
        impl Erase for $direction {
            fn erase<M: CpuMemory>(state: State<'_, M, Self>) -> Directed<'_, M> {
                Directed::$variant(state)
            }

            fn erase_mmio<'r>(mapping: Mapping<'r, Mmio<'r>, Self>) -> DirectedMmio<'r> {
                DirectedMmio::$variant(mapping)
            }

            fn erase_pages(state: PagesState<'_, Self>) -> DirectedPages<'_> {
                DirectedPages::$variant(state)
            }

            fn erase_list(state: ListState<'_, Self>) -> DirectedList<'_> {
                DirectedList::$variant(state)
            }

            fn erase_pieces(state: PiecesState<'_, Self>) -> DirectedPieces<'_> {
                DirectedPieces::$variant(state)
            }
        }
    };
}

erase!(Bidirectional, Both);
erase!(FromDevice, From);
erase!(ToDevice, To);

/// The same expression for each direction; `$D` names its type. Inexpressible
/// where the value is no direction.
macro_rules! with_direction {
    ($value:expr, $D:ident => $body:expr) => {
        match $value {
            KDMA_BIDIRECTIONAL => {
                type $D = Bidirectional;
                $body
            }
            KDMA_FROM_DEVICE => {
                type $D = FromDevice;
                $body
            }
            KDMA_TO_DEVICE => {
                type $D = ToDevice;
                $body
            }
            _ => return Outcome::inexpressible(),
        }
    };
}

/// As `with_direction`, for a step that takes an object; it stays as it is where
/// the value is no direction.
macro_rules! with_directed_step {
    ($value:expr, $range:ident, $D:ident => $body:expr) => {
        match $value {
            KDMA_BIDIRECTIONAL => {
                type $D = Bidirectional;
                $body
            }
            KDMA_FROM_DEVICE => {
                type $D = FromDevice;
                $body
            }
            KDMA_TO_DEVICE => {
                type $D = ToDevice;
                $body
            }
            _ => (Object::Iova($range), Outcome::inexpressible()),
        }
    };
}

/// The same expression for what is inside each variant of a `Directed`.
macro_rules! each_direction {
    ($type:ident, $value:expr, $inside:ident => $body:expr) => {
        match $value {
            $type::Both($inside) => $body,
            $type::From($inside) => $body,
            $type::To($inside) => $body,
        }
    };
}

/// What became of an object that an operation took: the object that the slot
/// holds now, and the outcome.
type Step<T> = (T, Outcome);

/// The step of an operation that gives an object back in either case.
#[inline]
fn step<T, U, V>(
    result: Result<T, Failed<U>>,
    done: impl FnOnce(T) -> V,
    kept: impl FnOnce(U) -> V,
) -> Step<V> {
    match result {
        Ok(object) => (done(object), Outcome::ok([])),
        Err(Failed { error, object }) => (kept(object), Outcome::status(error.code())),
    }
}

/// From a parked object to the variant that holds it.
type Wrap<'r, T> = fn(Parked<'r, T>) -> Object<'r>;

/// The same for an object that stays in its place.
#[inline]
fn step_in_place<'r, T, U, V, W>(
    place: Place<'r>,
    result: Result<T, Failed<U>>,
    done: impl FnOnce(T) -> V,
    kept: impl FnOnce(U) -> W,
    (wrap_done, wrap_kept): (Wrap<'r, V>, Wrap<'r, W>),
) -> Step<Object<'r>> {
    match result {
        Ok(object) => (wrap_done(Parked::new(place, done(object))), Outcome::ok([])),
        Err(Failed { error, object }) => (
            wrap_kept(Parked::new(place, kept(object))),
            Outcome::status(error.code()),
        ),
    }
}

impl<'r, M: CpuMemory, D: Erase> State<'r, M, D> {
    /// Ends the mapping. The memory goes: nothing uses it here.
    fn unmap(self, sync: bool) -> Step<Option<Self>> {
        let gone = |_: M| None;
        match (self, sync) {
            (State::Cpu(m), true) => step(m.unmap(), gone, |m| Some(State::Cpu(m))),
            (State::Cpu(m), false) => step(m.unmap_without_sync(), gone, |m| Some(State::Cpu(m))),
            (State::Device(m), true) => step(m.unmap(), gone, |m| Some(State::Device(m))),
            (State::Device(m), false) => {
                step(m.unmap_without_sync(), gone, |m| Some(State::Device(m)))
            }
            (State::Range(m), true) => step(m.unmap(), gone, |m| Some(State::Range(m))),
            (State::Range(m), false) => {
                step(m.unmap_without_sync(), gone, |m| Some(State::Range(m)))
            }
        }
    }

    fn mapping_error(&self) -> Result<(), Error> {
        match self {
            State::Cpu(m) => m.mapping_error(),
            State::Device(m) => m.mapping_error(),
            State::Range(m) => m.mapping_error(),
        }
    }

    fn need_sync(&self) -> Result<bool, Error> {
        match self {
            State::Cpu(m) => m.need_sync(),
            State::Device(m) => m.need_sync(),
            State::Range(m) => m.need_sync(),
        }
    }

    fn sync_for_cpu(self) -> Step<Self> {
        match self {
            State::Device(m) => step(m.sync_for_cpu(), State::Cpu, State::Device),
            other => (other, Outcome::inexpressible()),
        }
    }

    fn sync_for_device(self) -> Step<Self> {
        match self {
            State::Cpu(m) => step(m.sync_for_device(), State::Device, State::Cpu),
            other => (other, Outcome::inexpressible()),
        }
    }

    fn sync_range_for_cpu(self, offset: u64, size: u64) -> Step<Self> {
        match self {
            // A range beyond the end is refused by the layer, which calls
            // nothing then.
            State::Device(m) if is_inside(offset, size, m.size()) => step(
                m.sync_range_for_cpu(offset, size),
                State::Range,
                State::Device,
            ),
            other => (other, Outcome::inexpressible()),
        }
    }

    fn sync_range_for_device(self, offset: u64, size: u64) -> Step<Self> {
        match self {
            State::Range(m) if m.offset() == offset && m.size() == size => {
                step(m.sync_for_device(), State::Device, State::Range)
            }
            other => (other, Outcome::inexpressible()),
        }
    }
}

impl<'r, M: Linkable> Links<'r, M> {
    fn size(&self) -> Result<u64, Error> {
        match self {
            Links::Linked(links) => links.size(),
            Links::Linking(links) => links.size(),
        }
    }

    fn linked(&self) -> u64 {
        match self {
            Links::Linked(links) => links.linked(),
            Links::Linking(links) => links.linked(),
        }
    }

    /// Has the device see them. Nothing is linked after that, so it is done once.
    fn sync(self) -> Step<Self> {
        match self {
            Links::Linking(links) => step(links.sync(), Links::Linked, Links::Linking),
            other => (other, Outcome::inexpressible()),
        }
    }

    /// Ends them all. The memory goes: nothing uses it here.
    fn unlink(self, sync: bool, kept: impl FnOnce(Self) -> Object<'r>) -> Step<Object<'r>> {
        match self {
            Links::Linked(links) => step(
                if sync {
                    links.unlink()
                } else {
                    links.unlink_without_sync()
                },
                |(range, _)| Object::Iova(range),
                |links| kept(Links::Linked(links)),
            ),
            Links::Linking(links) if sync => step(
                links.unlink(),
                |(range, _)| Object::Iova(range),
                |links| kept(Links::Linking(links)),
            ),
            other => (kept(other), Outcome::inexpressible()),
        }
    }

    /// Ends them all, and the range.
    fn destroy(self, sync: bool, kept: impl FnOnce(Self) -> Object<'r>) -> Step<Object<'r>> {
        match self {
            Links::Linked(links) => step(
                if sync {
                    links.destroy()
                } else {
                    links.destroy_without_sync()
                },
                |_| Object::Empty,
                |links| kept(Links::Linked(links)),
            ),
            Links::Linking(links) if sync => step(
                links.destroy(),
                |_| Object::Empty,
                |links| kept(Links::Linking(links)),
            ),
            other => (kept(other), Outcome::inexpressible()),
        }
    }
}

impl<D: Erase> PagesState<'_, D> {
    /// Frees the pages, whoever owns them.
    fn free(self) -> Step<Option<Self>> {
        match self {
            PagesState::Cpu(p) => step(p.free(), |()| None, |p| Some(PagesState::Cpu(p))),
            PagesState::Device(p) => step(p.free(), |()| None, |p| Some(PagesState::Device(p))),
        }
    }

    /// Syncs of a part are those of mappings alone.
    fn sync(self, sync: Sync) -> Step<Self> {
        match (self, sync) {
            (PagesState::Device(p), Sync::ForCpu) => {
                step(p.sync_for_cpu(), PagesState::Cpu, PagesState::Device)
            }
            (PagesState::Cpu(p), Sync::ForDevice) => {
                step(p.sync_for_device(), PagesState::Device, PagesState::Cpu)
            }
            (other, _) => (other, Outcome::inexpressible()),
        }
    }

    fn addresses(&self) -> (kdma::DmaAddress, NonNull<u8>) {
        match self {
            PagesState::Cpu(p) => (p.dma_address(), p.cpu_address()),
            PagesState::Device(p) => (p.dma_address(), p.cpu_address()),
        }
    }
}

impl DirectedPages<'_> {
    fn free(self) -> Step<Option<Self>> {
        fn one<D: Erase>(state: PagesState<'_, D>) -> Step<Option<DirectedPages<'_>>> {
            let (state, outcome) = state.free();
            (state.map(D::erase_pages), outcome)
        }
        each_direction!(DirectedPages, self, state => one(state))
    }

    fn sync(self, sync: Sync) -> Step<Self> {
        fn one<D: Erase>(state: PagesState<'_, D>, sync: Sync) -> Step<DirectedPages<'_>> {
            let (state, outcome) = state.sync(sync);
            (D::erase_pages(state), outcome)
        }
        each_direction!(DirectedPages, self, state => one(state, sync))
    }
}

impl<D: Erase> PiecesState<'_, D> {
    /// Frees the memory, whoever owns it.
    fn free(self) -> Step<Option<Self>> {
        match self {
            PiecesState::Cpu(m) => step(m.free(), |()| None, |m| Some(PiecesState::Cpu(m))),
            PiecesState::Device(m) => step(m.free(), |()| None, |m| Some(PiecesState::Device(m))),
        }
    }

    fn sync(self, for_cpu: bool) -> Step<Self> {
        match (self, for_cpu) {
            (PiecesState::Device(m), true) => {
                step(m.sync_for_cpu(), PiecesState::Cpu, PiecesState::Device)
            }
            (PiecesState::Cpu(m), false) => {
                step(m.sync_for_device(), PiecesState::Device, PiecesState::Cpu)
            }
            (other, _) => (other, Outcome::inexpressible()),
        }
    }

    fn dma_address(&self) -> kdma::DmaAddress {
        match self {
            PiecesState::Cpu(m) => m.dma_address(),
            PiecesState::Device(m) => m.dma_address(),
        }
    }

    fn cpu_address(&self) -> Option<NonNull<u8>> {
        match self {
            PiecesState::Cpu(m) => m.cpu_address(),
            PiecesState::Device(m) => m.cpu_address(),
        }
    }

    /// Gives the CPU an address, or takes it away.
    fn see(&mut self, vmap: bool) -> Result<(), Error> {
        match (self, vmap) {
            (PiecesState::Cpu(m), true) => m.vmap(),
            (PiecesState::Cpu(m), false) => m.vunmap(),
            (PiecesState::Device(m), true) => m.vmap(),
            (PiecesState::Device(m), false) => m.vunmap(),
        }
    }
}

impl<'r> DirectedPieces<'r> {
    fn free(self) -> Step<Option<Self>> {
        fn one<D: Erase>(state: PiecesState<'_, D>) -> Step<Option<DirectedPieces<'_>>> {
            let (state, outcome) = state.free();
            (state.map(D::erase_pieces), outcome)
        }
        each_direction!(DirectedPieces, self, state => one(state))
    }

    fn sync(self, for_cpu: bool) -> Step<Object<'r>> {
        fn one<D: Erase>(state: PiecesState<'_, D>, for_cpu: bool) -> Step<Object<'_>> {
            let (state, outcome) = state.sync(for_cpu);
            (Object::Pieces(D::erase_pieces(state)), outcome)
        }
        each_direction!(DirectedPieces, self, state => one(state, for_cpu))
    }
}

/// The syncs, as values.
#[derive(Clone, Copy)]
enum Sync {
    ForCpu,
    ForDevice,
    RangeForCpu(u64, u64),
    RangeForDevice(u64, u64),
}

impl<'r, M: CpuMemory> Directed<'r, M> {
    fn sync(self, sync: Sync) -> Step<Self> {
        fn one<M: CpuMemory, D: Erase>(
            state: State<'_, M, D>,
            sync: Sync,
        ) -> Step<Directed<'_, M>> {
            let (state, outcome) = match sync {
                Sync::ForCpu => state.sync_for_cpu(),
                Sync::ForDevice => state.sync_for_device(),
                Sync::RangeForCpu(offset, size) => state.sync_range_for_cpu(offset, size),
                Sync::RangeForDevice(offset, size) => state.sync_range_for_device(offset, size),
            };
            (D::erase(state), outcome)
        }
        each_direction!(Directed, self, state => one(state, sync))
    }

    fn unmap(self, sync: bool) -> Step<Option<Self>> {
        fn one<M: CpuMemory, D: Erase>(
            state: State<'_, M, D>,
            sync: bool,
        ) -> Step<Option<Directed<'_, M>>> {
            let (state, outcome) = state.unmap(sync);
            (state.map(D::erase), outcome)
        }
        each_direction!(Directed, self, state => one(state, sync))
    }
}

impl<'r> DirectedMmio<'r> {
    fn unmap(self, sync: bool) -> Step<Option<Self>> {
        fn one<'r, D: Erase>(
            mapping: Mapping<'r, Mmio<'r>, D>,
            sync: bool,
        ) -> Step<Option<DirectedMmio<'r>>> {
            let result = if sync {
                mapping.unmap()
            } else {
                mapping.unmap_without_sync()
            };
            step(result, |_| None, |mapping| Some(D::erase_mmio(mapping)))
        }
        each_direction!(DirectedMmio, self, mapping => one(mapping, sync))
    }
}

impl<'r> DirectedList<'r> {
    fn sync(self, place: Place<'r>, for_cpu: bool) -> Step<Object<'r>> {
        fn one<'r, D: Erase>(
            state: ListState<'r, D>,
            place: Place<'r>,
            for_cpu: bool,
        ) -> Step<Object<'r>> {
            let wrap = (
                Object::MappedList as fn(_) -> _,
                Object::MappedList as fn(_) -> _,
            );
            match (state, for_cpu) {
                (ListState::Device(m), true) => step_in_place(
                    place,
                    m.sync_for_cpu(),
                    |m| D::erase_list(ListState::Cpu(m)),
                    |m| D::erase_list(ListState::Device(m)),
                    wrap,
                ),
                (ListState::Cpu(m), false) => step_in_place(
                    place,
                    m.sync_for_device(),
                    |m| D::erase_list(ListState::Device(m)),
                    |m| D::erase_list(ListState::Cpu(m)),
                    wrap,
                ),
                (other, _) => (
                    Object::MappedList(Parked::new(place, D::erase_list(other))),
                    Outcome::inexpressible(),
                ),
            }
        }
        each_direction!(DirectedList, self, state => one(state, place, for_cpu))
    }

    fn unmap(self, place: Place<'r>, sync: bool) -> Step<Object<'r>> {
        fn one<'r, D: Erase, O: Owner>(
            mapped: MappedList<'r, 'r, D, ENTRIES, O>,
            owned: impl FnOnce(MappedList<'r, 'r, D, ENTRIES, O>) -> ListState<'r, D>,
            place: Place<'r>,
            sync: bool,
        ) -> Step<Object<'r>> {
            let result = if sync {
                mapped.unmap()
            } else {
                mapped.unmap_without_sync()
            };
            step_in_place(
                place,
                result,
                |list| list,
                |mapped| D::erase_list(owned(mapped)),
                (Object::List, Object::MappedList),
            )
        }
        each_direction!(DirectedList, self, state => match state {
            ListState::Cpu(m) => one(m, ListState::Cpu, place, sync),
            ListState::Device(m) => one(m, ListState::Device, place, sync),
        })
    }

    fn segment_count(&self) -> usize {
        each_direction!(DirectedList, self, state => match state {
            ListState::Cpu(m) => m.segment_count(),
            ListState::Device(m) => m.segment_count(),
        })
    }

    fn segment(&self, index: u32) -> Option<Segment> {
        each_direction!(DirectedList, self, state => match state {
            ListState::Cpu(m) => m.segment(index),
            ListState::Device(m) => m.segment(index),
        })
    }
}

fn is_inside(offset: u64, size: u64, whole: u64) -> bool {
    offset.checked_add(size).is_some_and(|end| end <= whole)
}

/// The code that a result stands for.
fn code(result: Result<(), Error>) -> kdma_error {
    match result {
        Ok(()) => KDMA_OK,
        Err(error) => error.code(),
    }
}

/// The outcome of a question.
fn answer(result: Result<u64, Error>) -> Outcome<1> {
    match result {
        Ok(value) => Outcome::ok([value]),
        Err(error) => Outcome::status(error.code()),
    }
}

/// In which order the driver releases what a program left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rank {
    List,
    Other,
    Pool,
}

/// The driver during one run.
struct Driver<'s, 'r> {
    device: Device<'r>,
    entries: &'s mut [Entry<'r>],
    /// One room for each slot.
    rooms: NonNull<Room>,
    /// The regions that are held now, in any order. Only those: most programs have
    /// a few, and those with a thousand map as often.
    taken: &'s mut [MaybeUninit<Taken>],
    /// So many of `taken`, from the first, are initialised.
    taken_count: usize,
}

impl<'r> Driver<'_, 'r> {
    /// May an operation define this slot? Not while it holds something: the
    /// object would end on the way.
    fn is_free(&self, slot: u32) -> bool {
        self.entries
            .get(slot as usize)
            .is_some_and(|entry| matches!(entry.object, Object::Empty))
    }

    /// The room of a slot.
    ///
    /// # Safety
    ///
    /// The slot is one, and nothing is parked in its room.
    unsafe fn place(&self, slot: u32) -> Place<'r> {
        Place {
            // SAFETY: there are as many rooms as slots.
            room: unsafe { self.rooms.add(slot as usize) },
            lifetime: PhantomData,
        }
    }

    /// The regions that are held now.
    fn taken(&self) -> &[Taken] {
        // SAFETY: so many are initialised, see `taken_count`.
        unsafe { core::slice::from_raw_parts(self.taken.as_ptr().cast(), self.taken_count) }
    }

    /// Notes that a slot holds a region, and where that is noted.
    fn take_region(&mut self, slot: u32, region: Region) -> Option<u32> {
        let index = self.taken_count;
        // There is room for all that lists and links can hold.
        self.taken.get_mut(index)?.write(Taken { region, slot });
        self.taken_count += 1;
        Some(index as u32)
    }

    /// Takes out what is noted there, by putting the last in its place.
    fn remove_region(&mut self, index: usize) {
        let Some(&last) = self.taken().last() else {
            return;
        };
        if let Some(place) = self.taken.get_mut(index) {
            place.write(last);
        }
        self.taken_count -= 1;
        if let Some(Entry {
            taken: Some(taken), ..
        }) = self.entries.get_mut(last.slot as usize)
        {
            *taken = index as u32;
        }
    }

    /// A slot holds no region any more.
    fn release_regions(&mut self, slot: u32) {
        let Some(entry) = self.entries.get_mut(slot as usize) else {
            return;
        };
        if let Some(index) = entry.taken.take() {
            self.remove_region(index as usize);
            return;
        }
        while let Some(index) = self.taken().iter().position(|taken| taken.slot == slot) {
            self.remove_region(index);
        }
    }

    /// Puts an object into a slot and reports it.
    fn define(
        &mut self,
        run: &Run<'_>,
        slot: u32,
        made: Made,
        region: Option<Region>,
        object: Object<'r>,
    ) -> Outcome<1> {
        let (dma_address, live) = match &object {
            Object::AllocatedPages(directed) => {
                let (dma_address, start) =
                    each_direction!(DirectedPages, directed, state => state.addresses());
                let cpu_address = start.as_ptr().cast();
                (dma_address, Live::Allocated { cpu_address })
            }
            Object::Coherent(memory) => {
                let cpu_address = memory.cpu_address().as_ptr().cast();
                (memory.dma_address(), Live::Allocated { cpu_address })
            }
            Object::CoherentForDevice(memory) => {
                let cpu_address = ptr::null_mut();
                (memory.dma_address(), Live::Allocated { cpu_address })
            }
            Object::Buffer(directed) => (
                each_direction!(Directed, directed, state => address(state)),
                Live::Mapped,
            ),
            Object::Pages(directed) => (
                each_direction!(Directed, directed, state => address(state)),
                Live::Mapped,
            ),
            Object::ManagedCoherent(memory) => {
                let cpu_address = memory.cpu_address().as_ptr().cast();
                (memory.dma_address(), Live::Allocated { cpu_address })
            }
            Object::ManagedForDevice(memory) => {
                let cpu_address = ptr::null_mut();
                (memory.dma_address(), Live::Allocated { cpu_address })
            }
            Object::ManagedMemory(memory) => {
                let cpu_address = memory.cpu_address().as_ptr().cast();
                (memory.dma_address(), Live::Allocated { cpu_address })
            }
            Object::Mmio(directed) => (
                each_direction!(DirectedMmio, directed, mapping => mapping.dma_address()),
                Live::Mapped,
            ),
            Object::Pieces(directed) => {
                let cpu_address = ptr::null_mut();
                (
                    each_direction!(DirectedPieces, directed, state => state.dma_address()),
                    Live::Allocated { cpu_address },
                )
            }
            Object::PoolMemory(memory) => {
                let cpu_address = memory.cpu_address().as_ptr().cast();
                (memory.dma_address(), Live::Allocated { cpu_address })
            }
            Object::Empty
            | Object::Iova(_)
            | Object::IovaOfMmio(_)
            | Object::IovaOfPages(_)
            | Object::List(_)
            | Object::ManagedPool(_)
            | Object::MappedList(_)
            | Object::NoIova
            | Object::Pool(_) => return Outcome::inexpressible(),
        };
        let taken = region.and_then(|region| self.take_region(slot, region));
        if let Some(entry) = self.entries.get_mut(slot as usize) {
            *entry = Entry {
                object,
                made: Some(made),
                taken,
                listed: None,
            };
        }
        slots::defined(run, slot, dma_address.bits(), made.size, live);
        Outcome::ok([dma_address.bits()])
    }

    /// Reports a slot that could not be defined.
    fn fail(run: &Run<'_>, slot: u32, error: Error, dma_address: u64) -> Outcome<1> {
        slots::failed(run, slot);
        Outcome::completed(error.code(), [dma_address])
    }

    /// The part of a buffer that an operation wants to map, if a program in
    /// safe Rust could have it: inside the buffer, not part of another mapping,
    /// and a free slot to put the mapping.
    fn region(
        &self,
        run: &Run<'_>,
        slot: u32,
        buffer: u64,
        offset: u64,
        size: u64,
    ) -> Option<(Region, kdma_buffer)> {
        if !self.is_free(slot) {
            return None;
        }
        self.unused_region(run, buffer, offset, size)
    }

    /// The same without a slot.
    fn unused_region(
        &self,
        run: &Run<'_>,
        buffer: u64,
        offset: u64,
        size: u64,
    ) -> Option<(Region, kdma_buffer)> {
        let memory = run.buffer(buffer)?;
        let region = Region {
            buffer,
            offset,
            size,
        };
        if !is_inside(offset, size, memory.size) {
            return None;
        }
        let is_taken = self
            .taken()
            .iter()
            .any(|taken| taken.region.overlaps(&region));
        (!is_taken).then_some((region, memory))
    }

    /// The region as a buffer of its own.
    fn buffer(region: Region, memory: &kdma_buffer) -> Option<Buffer<'r>> {
        let start = NonNull::new(memory.cpu_address.cast::<u8>())?;
        // SAFETY: `region` was checked to be inside the buffer and not part of
        // another mapping. The core keeps its buffers for the run, and touches
        // them only when a program tells it to.
        Some(unsafe {
            Buffer::from_raw_parts(start.add(region.offset as usize), region.size as usize)
        })
    }

    /// The region as pages.
    fn pages(region: Region, memory: &kdma_buffer) -> Option<Pages<'r>> {
        let buffer = Self::buffer(region, memory)?;
        let page = NonNull::new(memory.page)?;
        // SAFETY: the core says where its buffers are; the region is inside.
        Some(unsafe {
            Pages::from_raw_parts(
                buffer,
                page,
                memory.page_offset + region.offset,
                memory.physical_address + region.offset,
            )
        })
    }

    /// The region as device memory. A program may say so of RAM, to see what
    /// becomes of it.
    fn mmio(region: Region, memory: &kdma_buffer) -> Mmio<'r> {
        let start = memory.physical_address + region.offset;
        // SAFETY: the region is memory lent to the program, which nobody else
        // maps; transfers to it are what it is for.
        unsafe { Mmio::from_raw_parts(start, region.size) }
    }

    /// Has an operation consume the object in a slot, and puts back what it
    /// leaves. Reports the slot once nothing is left.
    fn consume(
        &mut self,
        run: &Run<'_>,
        slot: u32,
        operation: impl FnOnce(Object<'r>) -> Step<Object<'r>>,
    ) -> Outcome {
        let Some(entry) = self.entries.get_mut(slot as usize) else {
            return Outcome::inexpressible();
        };
        let was_allocated = matches!(
            entry.object,
            Object::AllocatedPages(_)
                | Object::Coherent(_)
                | Object::CoherentForDevice(_)
                | Object::ManagedCoherent(_)
                | Object::NoIova
                | Object::Pieces(_)
                | Object::PoolMemory(_)
        );
        let was_empty = matches!(entry.object, Object::Empty);
        let outcome = Self::replace(&mut entry.object, operation);
        if matches!(entry.object, Object::Empty) && !was_empty {
            entry.made = None;
            entry.listed = None;
            self.release_regions(slot);
            if was_allocated {
                slots::freed(run, slot);
            } else {
                slots::unmapped(run, slot);
            }
        }
        outcome
    }

    /// Puts what becomes of an object in its place.
    fn replace(
        object: &mut Object<'r>,
        operation: impl FnOnce(Object<'r>) -> Step<Object<'r>>,
    ) -> Outcome {
        let (left, outcome) = operation(mem::replace(object, Object::Empty));
        // SAFETY: the place is valid; what is there has nothing to drop.
        unsafe { ptr::write(object, left) };
        outcome
    }

    /// How the object in a slot was made, if there is one.
    fn made(&self, slot: u32) -> Option<Made> {
        self.entries.get(slot as usize).and_then(|entry| entry.made)
    }

    /// Frees the memory in a slot, if it was made like this.
    fn free(&mut self, run: &Run<'_>, slot: u32, wanted: Made) -> Outcome {
        let is_listed = self.entries.iter().any(|entry| entry.listed == Some(slot));
        if self.made(slot) != Some(wanted) || is_listed {
            return Outcome::inexpressible();
        }
        self.consume(run, slot, |object| match object {
            Object::AllocatedPages(directed) => {
                let (left, outcome) = directed.free();
                (left.map_or(Object::Empty, Object::AllocatedPages), outcome)
            }
            Object::Coherent(memory) => step(memory.free(), |()| Object::Empty, Object::Coherent),
            Object::CoherentForDevice(memory) => {
                step(memory.free(), |()| Object::Empty, Object::CoherentForDevice)
            }
            Object::ManagedCoherent(memory) => {
                step(memory.free(), |()| Object::Empty, Object::ManagedCoherent)
            }
            Object::Pieces(directed) => {
                let (left, outcome) = directed.free();
                (left.map_or(Object::Empty, Object::Pieces), outcome)
            }
            Object::PoolMemory(memory) => {
                step(memory.free(), |()| Object::Empty, Object::PoolMemory)
            }
            other => (other, Outcome::inexpressible()),
        })
    }

    /// Ends the mapping in a slot, if it was made like this. The one thing that
    /// may be said anew is to leave the sync out.
    fn unmap(&mut self, run: &Run<'_>, slot: u32, wanted: Made) -> Outcome {
        let Some(made) = self.made(slot) else {
            return Outcome::inexpressible();
        };
        let without_sync = Made {
            attributes: made.attributes | KDMA_ATTR_SKIP_CPU_SYNC,
            ..made
        };
        let sync = made == wanted;
        if !sync && without_sync != wanted {
            return Outcome::inexpressible();
        }
        self.consume(run, slot, |object| match object {
            Object::Buffer(directed) => {
                let (left, outcome) = directed.unmap(sync);
                (left.map_or(Object::Empty, Object::Buffer), outcome)
            }
            Object::Mmio(directed) => {
                let (left, outcome) = directed.unmap(sync);
                (left.map_or(Object::Empty, Object::Mmio), outcome)
            }
            Object::Pages(directed) => {
                let (left, outcome) = directed.unmap(sync);
                (left.map_or(Object::Empty, Object::Pages), outcome)
            }
            other => (other, Outcome::inexpressible()),
        })
    }

    /// Syncs the mapping in a slot, if it has this direction.
    fn sync(&mut self, run: &Run<'_>, slot: u32, direction: u32, sync: Sync) -> Outcome {
        if self
            .made(slot)
            .is_none_or(|made| made.direction != direction)
        {
            return Outcome::inexpressible();
        }
        self.consume(run, slot, |object| match object {
            Object::AllocatedPages(directed) => {
                let (directed, outcome) = directed.sync(sync);
                (Object::AllocatedPages(directed), outcome)
            }
            Object::Buffer(directed) => {
                let (directed, outcome) = directed.sync(sync);
                (Object::Buffer(directed), outcome)
            }
            Object::Pages(directed) => {
                let (directed, outcome) = directed.sync(sync);
                (Object::Pages(directed), outcome)
            }
            other => (other, Outcome::inexpressible()),
        })
    }

    /// Takes memory out of the pool in a slot, and puts it into another.
    fn take_piece(
        &mut self,
        run: &Run<'_>,
        slot: u32,
        pool: u32,
        flags: u32,
        take: for<'p> fn(&'p Pool<'r>, AllocFlags) -> Result<PoolMemory<'p>, Error>,
    ) -> Outcome<1> {
        let Some(flags) = AllocFlags::from_bits(flags) else {
            return Outcome::inexpressible();
        };
        if !self.is_free(slot) {
            return Outcome::inexpressible();
        }
        let from: &Pool<'r> = match self.entries.get(pool as usize).map(|entry| &entry.object) {
            Some(Object::ManagedPool(pool)) => pool,
            Some(Object::Pool(pool)) => pool,
            _ => return Outcome::inexpressible(),
        };
        let made = Made {
            definition: Definition::PoolAlloc,
            size: from.size(),
            direction: 0,
            // Which pool it is from, for `pool_destroy`.
            attributes: u64::from(pool),
        };
        let result = take(from, flags).map(|memory| {
            // SAFETY: only the lifetime changes. The pool stays in its slot while
            // `is_lent` finds memory of it, and at the end of the run all memory
            // goes before the pools.
            unsafe { mem::transmute::<PoolMemory<'_>, PoolMemory<'r>>(memory) }
        });
        match result {
            Ok(memory) => self.define(run, slot, made, None, Object::PoolMemory(memory)),
            Err(error) => Self::fail(run, slot, error, 0),
        }
    }

    /// Lists the pages of coherent memory, if it was made like this.
    fn list_memory(&mut self, run: &Run<'_>, slot: u32, coherent: u32, wanted: Made) -> Outcome {
        if !self.is_free(slot) || self.made(coherent) != Some(wanted) {
            return Outcome::inexpressible();
        }
        let result = match self
            .entries
            .get(coherent as usize)
            .map(|entry| &entry.object)
        {
            Some(Object::Coherent(memory)) => memory.sgtable(),
            Some(Object::CoherentForDevice(memory)) => memory.sgtable(),
            _ => return Outcome::inexpressible(),
        };
        let result = result.map(|list| {
            // SAFETY: only the lifetime changes. The memory stays in its slot while
            // `free` finds a list of it, and at the end of the run lists go first.
            let list = unsafe {
                mem::transmute::<ScatterList<'_, ENTRIES>, ScatterList<'r, ENTRIES>>(list)
            };
            // SAFETY: the slot is free.
            let place = unsafe { self.place(slot) };
            Object::List(Parked::new(place, list))
        });
        let outcome = self.define_handle(run, slot, result);
        if let Some(entry) = self.entries.get_mut(slot as usize)
            && matches!(entry.object, Object::List(_))
        {
            entry.listed = Some(coherent);
        }
        outcome
    }

    /// Puts a scatterlist or a pool into a slot and reports it.
    fn define_handle(
        &mut self,
        run: &Run<'_>,
        slot: u32,
        result: Result<Object<'r>, Error>,
    ) -> Outcome {
        match result {
            Ok(object) => {
                if let Some(entry) = self.entries.get_mut(slot as usize) {
                    *entry = empty();
                    entry.object = object;
                }
                slots::defined(run, slot, KDMA_MAPPING_ERROR, 0, Live::Handle);
                Outcome::ok([])
            }
            Err(error) => {
                slots::failed(run, slot);
                Outcome::status(error.code())
            }
        }
    }

    /// Destroys the pool in a slot, unless memory of it is out.
    fn destroy(
        &mut self,
        run: &Run<'_>,
        slot: u32,
        operation: impl FnOnce(Object<'r>) -> Step<Object<'r>>,
    ) -> Outcome {
        if self.is_lent(slot) {
            return Outcome::inexpressible();
        }
        let outcome = self.change(slot, operation);
        if outcome.is_ok() {
            slots::freed(run, slot);
        }
        outcome
    }

    /// Does a slot hold memory of the pool in this one?
    fn is_lent(&self, pool: u32) -> bool {
        self.entries
            .iter()
            .filter(|entry| matches!(entry.object, Object::PoolMemory(_)))
            .any(|entry| {
                entry
                    .made
                    .is_some_and(|made| made.attributes == u64::from(pool))
            })
    }

    /// Puts what an allocation of pages gave into a slot.
    fn define_pages(
        &mut self,
        run: &Run<'_>,
        slot: u32,
        made: Made,
        result: Result<DirectedPages<'r>, Error>,
    ) -> Outcome<1> {
        match result {
            Ok(directed) => self.define(run, slot, made, None, Object::AllocatedPages(directed)),
            Err(error) => Self::fail(run, slot, error, 0),
        }
    }

    /// Takes the object out of a slot and puts back what becomes of it. Unlike
    /// `consume`, it reports nothing: a list stays in its slot.
    fn change(
        &mut self,
        slot: u32,
        operation: impl FnOnce(Object<'r>) -> Step<Object<'r>>,
    ) -> Outcome {
        let Some(entry) = self.entries.get_mut(slot as usize) else {
            return Outcome::inexpressible();
        };
        Self::replace(&mut entry.object, operation)
    }

    /// Maps the list in a slot.
    fn map_list(
        &mut self,
        run: &Run<'_>,
        slot: u32,
        made: Made,
        map: impl FnOnce(
            Device<'r>,
            ScatterList<'r, ENTRIES>,
        ) -> Result<DirectedList<'r>, Failed<ScatterList<'r, ENTRIES>>>,
    ) -> Outcome {
        let device = self.device;
        let outcome = self.change(slot, |object| match object {
            Object::List(list) => {
                let (list, place) = list.take();
                step_in_place(
                    place,
                    map(device, list),
                    |mapped| mapped,
                    |list| list,
                    (Object::MappedList, Object::List),
                )
            }
            other => (other, Outcome::inexpressible()),
        });
        if outcome.is_ok() {
            if let Some(entry) = self.entries.get_mut(slot as usize) {
                entry.made = Some(made);
            }
            slots::list_mapped(run, slot);
        }
        outcome
    }

    /// Ends the mapping of the list in a slot, if it was made like this.
    fn unmap_list(&mut self, run: &Run<'_>, slot: u32, wanted: Made) -> Outcome {
        let Some(made) = self.made(slot) else {
            return Outcome::inexpressible();
        };
        let without_sync = Made {
            attributes: made.attributes | KDMA_ATTR_SKIP_CPU_SYNC,
            ..made
        };
        let sync = made == wanted;
        if !sync && without_sync != wanted {
            return Outcome::inexpressible();
        }
        let outcome = self.change(slot, |object| match object {
            Object::MappedList(directed) => {
                let (directed, place) = directed.take();
                directed.unmap(place, sync)
            }
            other => (other, Outcome::inexpressible()),
        });
        if outcome.is_ok() {
            if let Some(entry) = self.entries.get_mut(slot as usize) {
                entry.made = None;
            }
            slots::unmapped(run, slot);
        }
        outcome
    }

    /// Hands the memory of the list in a slot over, if it was mapped by these
    /// functions in this direction.
    fn sync_list(
        &mut self,
        slot: u32,
        definition: Definition,
        direction: u32,
        for_cpu: bool,
    ) -> Outcome {
        if self.made(slot).is_none_or(|made| {
            let table = definition == Definition::MapSgtable;
            let pieces = table && made.definition == Definition::AllocNoncontiguous;
            (made.definition != definition && !pieces) || made.direction != direction
        }) {
            return Outcome::inexpressible();
        }
        self.change(slot, |object| match object {
            Object::MappedList(directed) => {
                let (directed, place) = directed.take();
                directed.sync(place, for_cpu)
            }
            Object::Pieces(directed) => directed.sync(for_cpu),
            other => (other, Outcome::inexpressible()),
        })
    }

    /// Links memory to the range in a slot, behind what is linked.
    fn link<M: Linkable>(
        &mut self,
        arguments: &IovaLink,
        attributes: MapAttributes,
        region: Region,
        memory: M,
        wrap: fn(Parked<'r, Links<'r, M>>) -> Object<'r>,
        unwrap: fn(Object<'r>) -> Result<Parked<'r, Links<'r, M>>, Object<'r>>,
    ) -> Outcome {
        let wanted = Made {
            definition: Definition::IovaLink,
            size: 0,
            direction: arguments.direction,
            attributes: arguments.attributes,
        };
        let made = self.made(arguments.slot);
        if arguments.slot as usize >= self.entries.len() {
            return Outcome::inexpressible();
        }
        // SAFETY: the slot is one. The place is used only where the slot holds a range
        // to which nothing is linked, which is not parked.
        let place = unsafe { self.place(arguments.slot) };
        let outcome = self.change(arguments.slot, |object| match object {
            Object::Iova(range) if arguments.iova_offset == 0 => {
                with_directed_step!(arguments.direction, range, D => step(
                    range.link::<D, M, ENTRIES>(memory, attributes),
                    |links| wrap(Parked::new(place, Links::Linking(links))),
                    |(range, _)| Object::Iova(range),
                ))
            }
            other => match unwrap(other) {
                Ok(mut parked) => {
                    let outcome = match &mut *parked {
                        Links::Linking(links)
                            if links.linked() == arguments.iova_offset && made == Some(wanted) =>
                        {
                            Outcome::status(match links.link(memory) {
                                Ok(()) => KDMA_OK,
                                Err(failed) => failed.error.code(),
                            })
                        }
                        _ => Outcome::inexpressible(),
                    };
                    (wrap(parked), outcome)
                }
                Err(other) => (other, Outcome::inexpressible()),
            },
        });
        if outcome.is_ok() {
            if let Some(entry) = self.entries.get_mut(arguments.slot as usize) {
                entry.made = Some(wanted);
            }
            self.take_region(arguments.slot, region);
        }
        outcome
    }

    /// Is all that is linked to the range in a slot linked like this? If so: with a
    /// sync when it ends? Leaving it out is the one thing that may be said anew.
    fn is_linked(&self, slot: u32, linked: u64, direction: u32, attributes: u64) -> Option<bool> {
        let entry = self.entries.get(slot as usize)?;
        let made = entry.made?;
        let is_all = match &entry.object {
            Object::IovaOfMmio(links) => links.linked() == linked,
            Object::IovaOfPages(links) => links.linked() == linked,
            _ => false,
        };
        if !is_all || made.direction != direction {
            return None;
        }
        if made.attributes == attributes {
            return Some(true);
        }
        (made.attributes | KDMA_ATTR_SKIP_CPU_SYNC == attributes).then_some(false)
    }

    /// Gives the CPU an address for memory in pieces, or takes it away.
    fn see(&mut self, run: &Run<'_>, slot: u32, vmap: bool) -> Outcome {
        let Some(Object::Pieces(directed)) = self
            .entries
            .get_mut(slot as usize)
            .map(|entry| &mut entry.object)
        else {
            return Outcome::inexpressible();
        };
        let result = each_direction!(DirectedPieces, directed, state => state.see(vmap));
        let start = each_direction!(DirectedPieces, directed, state => state.cpu_address());
        let cpu_address = start.map_or(ptr::null_mut(), |start| start.as_ptr().cast());
        slots::seen(run, slot, cpu_address);
        Outcome::status(code(result))
    }

    /// Is this the size of the whole mapping in a slot? Only a part of it is a
    /// range, and says so.
    fn is_whole(&self, slot: u32, size: u64) -> bool {
        self.made(slot).is_some_and(|made| made.size == size)
    }

    /// Releases what the program left, in the order of the slots.
    fn release_leftover(&mut self, run: &Run<'_>) {
        // Lists name memory of the others.
        self.release_all(run, Rank::List);
        self.release_all(run, Rank::Other);
        // Now nothing is out of them any more.
        self.release_all(run, Rank::Pool);
    }

    /// Releases all of a rank. What is managed stays: the core has the device
    /// release it.
    fn release_all(&mut self, run: &Run<'_>, wanted: Rank) {
        for slot in 0..run.slot_count() {
            let Some(entry) = self.entries.get(slot as usize) else {
                return;
            };
            let rank = match entry.object {
                Object::Empty
                | Object::ManagedCoherent(_)
                | Object::ManagedForDevice(_)
                | Object::ManagedMemory(_)
                | Object::ManagedPool(_) => continue,
                Object::List(_) | Object::MappedList(_) => Rank::List,
                Object::Pool(_) => Rank::Pool,
                _ => Rank::Other,
            };
            if rank != wanted {
                continue;
            }
            run.count_leftover();
            self.consume(run, slot, |object| {
                drop(object);
                (Object::Empty, Outcome::ok([]))
            });
        }
    }
}

fn address<M: CpuMemory, D: Direction>(state: &State<'_, M, D>) -> kdma::DmaAddress {
    match state {
        State::Cpu(m) => m.dma_address(),
        State::Device(m) => m.dma_address(),
        State::Range(m) => m.dma_address(),
    }
}

impl Calls for Driver<'_, '_> {
    fn abi_version(&mut self, _: &Run<'_>) -> Outcome<1> {
        Outcome::ok([u64::from(kdma::abi_version())])
    }

    fn abi_attributes(&mut self, _: &Run<'_>) -> Outcome<1> {
        Outcome::ok([kdma::abi_attributes().bits()])
    }

    fn set_mask(&mut self, _: &Run<'_>, arguments: &SetMask) -> Outcome {
        Outcome::status(code(self.device.set_mask(arguments.mask)))
    }

    fn set_coherent_mask(&mut self, _: &Run<'_>, arguments: &SetCoherentMask) -> Outcome {
        Outcome::status(code(self.device.set_coherent_mask(arguments.mask)))
    }

    fn set_mask_and_coherent(&mut self, _: &Run<'_>, arguments: &SetMaskAndCoherent) -> Outcome {
        Outcome::status(code(self.device.set_mask_and_coherent(arguments.mask)))
    }

    fn get_mask(&mut self, _: &Run<'_>) -> Outcome<1> {
        answer(self.device.mask())
    }

    fn get_required_mask(&mut self, _: &Run<'_>) -> Outcome<1> {
        answer(self.device.required_mask())
    }

    fn max_mapping_size(&mut self, _: &Run<'_>) -> Outcome<1> {
        answer(self.device.max_mapping_size())
    }

    fn opt_mapping_size(&mut self, _: &Run<'_>) -> Outcome<1> {
        answer(self.device.opt_mapping_size())
    }

    fn addressing_limited(&mut self, _: &Run<'_>) -> Outcome<1> {
        answer(self.device.addressing_limited().map(u64::from))
    }

    fn set_max_seg_size(&mut self, _: &Run<'_>, arguments: &SetMaxSegSize) -> Outcome {
        Outcome::status(code(self.device.set_max_seg_size(arguments.size)))
    }

    fn get_max_seg_size(&mut self, _: &Run<'_>) -> Outcome<1> {
        answer(self.device.max_seg_size().map(u64::from))
    }

    fn set_seg_boundary(&mut self, _: &Run<'_>, arguments: &SetSegBoundary) -> Outcome {
        Outcome::status(code(self.device.set_seg_boundary(arguments.mask)))
    }

    fn get_seg_boundary(&mut self, _: &Run<'_>) -> Outcome<1> {
        answer(self.device.seg_boundary())
    }

    fn set_min_align_mask(&mut self, _: &Run<'_>, arguments: &SetMinAlignMask) -> Outcome {
        Outcome::status(code(self.device.set_min_align_mask(arguments.mask)))
    }

    fn get_min_align_mask(&mut self, _: &Run<'_>) -> Outcome<1> {
        answer(self.device.min_align_mask().map(u64::from))
    }

    fn get_cache_alignment(&mut self, _: &Run<'_>) -> Outcome<1> {
        answer(kdma::cache_alignment().map(u64::from))
    }

    fn get_merge_boundary(&mut self, _: &Run<'_>) -> Outcome<1> {
        answer(self.device.merge_boundary())
    }

    /// No value of the layer's types is wrong in such a way.
    fn refuse(&mut self, _: &Run<'_>, _: &Refuse) -> Outcome {
        Outcome::inexpressible()
    }

    fn can_mmap(&mut self, _: &Run<'_>) -> Outcome<1> {
        answer(self.device.can_mmap().map(u64::from))
    }

    fn get_sgtable(&mut self, run: &Run<'_>, arguments: &GetSgtable) -> Outcome {
        let wanted = Made {
            definition: Definition::AllocCoherent,
            size: arguments.size,
            direction: 0,
            attributes: 0,
        };
        self.list_memory(run, arguments.slot, arguments.coherent, wanted)
    }

    fn get_sgtable_attrs(&mut self, run: &Run<'_>, arguments: &GetSgtableAttrs) -> Outcome {
        let wanted = Made {
            definition: Definition::AllocAttrs,
            size: arguments.size,
            direction: 0,
            attributes: arguments.attributes,
        };
        self.list_memory(run, arguments.slot, arguments.coherent, wanted)
    }

    fn pci_p2pdma_supported(&mut self, _: &Run<'_>) -> Outcome<1> {
        answer(self.device.supports_pci_p2pdma().map(u64::from))
    }

    fn alloc_coherent(&mut self, run: &Run<'_>, arguments: &AllocCoherent) -> Outcome<1> {
        let Some(flags) = AllocFlags::from_bits(arguments.flags) else {
            return Outcome::inexpressible();
        };
        if !self.is_free(arguments.slot) {
            return Outcome::inexpressible();
        }
        let made = Made {
            definition: Definition::AllocCoherent,
            size: arguments.size,
            direction: 0,
            attributes: 0,
        };
        match self.device.alloc_coherent(arguments.size, flags) {
            Ok(memory) => self.define(run, arguments.slot, made, None, Object::Coherent(memory)),
            Err(error) => Self::fail(run, arguments.slot, error, 0),
        }
    }

    fn free_coherent(&mut self, run: &Run<'_>, arguments: &FreeCoherent) -> Outcome {
        let wanted = Made {
            definition: Definition::AllocCoherent,
            size: arguments.size,
            direction: 0,
            attributes: 0,
        };
        self.free(run, arguments.slot, wanted)
    }

    fn alloc_attrs(&mut self, run: &Run<'_>, arguments: &AllocAttrs) -> Outcome<1> {
        // Memory without a kernel mapping is a type of its own.
        let for_device = arguments.attributes & KDMA_ATTR_NO_KERNEL_MAPPING != 0;
        let rest = arguments.attributes & !KDMA_ATTR_NO_KERNEL_MAPPING;
        let (Some(flags), Some(attributes)) = (
            AllocFlags::from_bits(arguments.flags),
            AllocAttributes::from_bits(rest),
        ) else {
            return Outcome::inexpressible();
        };
        if !self.is_free(arguments.slot) {
            return Outcome::inexpressible();
        }
        let made = Made {
            definition: Definition::AllocAttrs,
            size: arguments.size,
            direction: 0,
            attributes: arguments.attributes,
        };
        let result = if for_device {
            self.device
                .alloc_for_device(arguments.size, flags, attributes)
                .map(Object::CoherentForDevice)
        } else {
            self.device
                .alloc_attrs(arguments.size, flags, attributes)
                .map(Object::Coherent)
        };
        match result {
            Ok(object) => self.define(run, arguments.slot, made, None, object),
            Err(error) => Self::fail(run, arguments.slot, error, 0),
        }
    }

    fn free_attrs(&mut self, run: &Run<'_>, arguments: &FreeAttrs) -> Outcome {
        let wanted = Made {
            definition: Definition::AllocAttrs,
            size: arguments.size,
            direction: 0,
            attributes: arguments.attributes,
        };
        self.free(run, arguments.slot, wanted)
    }

    fn alloc_pages(&mut self, run: &Run<'_>, arguments: &AllocPages) -> Outcome<1> {
        let Some(flags) = AllocFlags::from_bits(arguments.flags) else {
            return Outcome::inexpressible();
        };
        if !self.is_free(arguments.slot) {
            return Outcome::inexpressible();
        }
        let made = Made {
            definition: Definition::AllocPages,
            size: arguments.size,
            direction: arguments.direction,
            attributes: 0,
        };
        let result = with_direction!(arguments.direction, D => self
            .device
            .alloc_pages::<D>(arguments.size, flags)
            .map(|pages| D::erase_pages(PagesState::Cpu(pages))));
        self.define_pages(run, arguments.slot, made, result)
    }

    fn alloc_noncontiguous(&mut self, run: &Run<'_>, arguments: &AllocNoncontiguous) -> Outcome<1> {
        let (Some(flags), Some(attributes)) = (
            AllocFlags::from_bits(arguments.flags),
            NoncontiguousAttributes::from_bits(arguments.attributes),
        ) else {
            return Outcome::inexpressible();
        };
        let slot = arguments.slot;
        if !self.is_free(slot) {
            return Outcome::inexpressible();
        }
        let made = Made {
            definition: Definition::AllocNoncontiguous,
            size: arguments.size,
            direction: arguments.direction,
            attributes: 0,
        };
        let result = with_direction!(arguments.direction, D => self
            .device
            .alloc_noncontiguous::<D>(arguments.size, flags, attributes)
            .map(|memory| D::erase_pieces(PiecesState::Cpu(memory))));
        match result {
            Ok(directed) => self.define(run, slot, made, None, Object::Pieces(directed)),
            Err(error) => Self::fail(run, slot, error, 0),
        }
    }

    fn free_noncontiguous(&mut self, run: &Run<'_>, arguments: &FreeNoncontiguous) -> Outcome {
        // The layer takes the address of the CPU away by itself.
        if run
            .slot(arguments.slot)
            .is_none_or(|slot| !slot.cpu_address.is_null())
        {
            return Outcome::inexpressible();
        }
        let wanted = Made {
            definition: Definition::AllocNoncontiguous,
            size: arguments.size,
            direction: arguments.direction,
            attributes: 0,
        };
        self.free(run, arguments.slot, wanted)
    }

    fn vmap_noncontiguous(&mut self, run: &Run<'_>, arguments: &VmapNoncontiguous) -> Outcome {
        if !self.is_whole(arguments.slot, arguments.size) {
            return Outcome::inexpressible();
        }
        self.see(run, arguments.slot, true)
    }

    fn vunmap_noncontiguous(&mut self, run: &Run<'_>, arguments: &VunmapNoncontiguous) -> Outcome {
        self.see(run, arguments.slot, false)
    }

    fn alloc_noncoherent(&mut self, run: &Run<'_>, arguments: &AllocNoncoherent) -> Outcome<1> {
        let Some(flags) = AllocFlags::from_bits(arguments.flags) else {
            return Outcome::inexpressible();
        };
        if !self.is_free(arguments.slot) {
            return Outcome::inexpressible();
        }
        let made = Made {
            definition: Definition::AllocNoncoherent,
            size: arguments.size,
            direction: arguments.direction,
            attributes: 0,
        };
        let result = with_direction!(arguments.direction, D => self
            .device
            .alloc_noncoherent::<D>(arguments.size, flags)
            .map(|pages| D::erase_pages(PagesState::Cpu(pages))));
        self.define_pages(run, arguments.slot, made, result)
    }

    fn free_noncoherent(&mut self, run: &Run<'_>, arguments: &FreeNoncoherent) -> Outcome {
        let wanted = Made {
            definition: Definition::AllocNoncoherent,
            size: arguments.size,
            direction: arguments.direction,
            attributes: 0,
        };
        self.free(run, arguments.slot, wanted)
    }

    fn free_pages(&mut self, run: &Run<'_>, arguments: &FreePages) -> Outcome {
        let wanted = Made {
            definition: Definition::AllocPages,
            size: arguments.size,
            direction: arguments.direction,
            attributes: 0,
        };
        self.free(run, arguments.slot, wanted)
    }

    fn iova_try_alloc(&mut self, run: &Run<'_>, arguments: &IovaTryAlloc) -> Outcome<1> {
        let (slot, size) = (arguments.slot, arguments.size);
        let Some(flags) = AllocFlags::from_bits(arguments.flags) else {
            return Outcome::inexpressible();
        };
        if !self.is_free(slot) {
            return Outcome::inexpressible();
        }
        let result = self
            .device
            .try_alloc_iova(arguments.physical_address, size, flags);
        let (object, dma_address, live) = match result {
            Ok(Some(range)) => {
                let dma_address = range.reserved_address().bits();
                (Object::Iova(range), dma_address, Live::Mapped)
            }
            Ok(None) => (Object::NoIova, KDMA_MAPPING_ERROR, Live::Handle),
            Err(error) => return Self::fail(run, slot, error, KDMA_MAPPING_ERROR),
        };
        if let Some(entry) = self.entries.get_mut(slot as usize) {
            *entry = empty();
            entry.object = object;
        }
        slots::defined(run, slot, dma_address, size, live);
        Outcome::ok([dma_address])
    }

    fn use_iova(&mut self, _: &Run<'_>, arguments: &UseIova) -> Outcome<1> {
        // The layer asks by itself, and gives a range or none.
        match self.entries.get(arguments.slot as usize).map(|e| &e.object) {
            Some(Object::Iova(_) | Object::IovaOfMmio(_) | Object::IovaOfPages(_)) => {
                Outcome::ok([1])
            }
            Some(Object::NoIova) => Outcome::ok([0]),
            _ => Outcome::inexpressible(),
        }
    }

    fn iova_size(&mut self, _: &Run<'_>, arguments: &IovaSize) -> Outcome<1> {
        match self.entries.get(arguments.slot as usize).map(|e| &e.object) {
            Some(Object::Iova(range)) => answer(range.size()),
            Some(Object::IovaOfMmio(links)) => answer(links.size()),
            Some(Object::IovaOfPages(links)) => answer(links.size()),
            _ => Outcome::inexpressible(),
        }
    }

    fn iova_link(&mut self, run: &Run<'_>, arguments: &IovaLink) -> Outcome {
        // Device memory is a type of its own.
        let is_mmio = arguments.attributes & KDMA_ATTR_MMIO != 0;
        let rest = arguments.attributes & !KDMA_ATTR_MMIO;
        let Some(attributes) = MapAttributes::from_bits(rest) else {
            return Outcome::inexpressible();
        };
        let Some((region, memory)) =
            self.unused_region(run, arguments.buffer, arguments.offset, arguments.size)
        else {
            return Outcome::inexpressible();
        };
        if is_mmio {
            let mmio = Self::mmio(region, &memory);
            return self.link(
                arguments,
                attributes,
                region,
                mmio,
                Object::IovaOfMmio,
                |object| match object {
                    Object::IovaOfMmio(links) => Ok(links),
                    other => Err(other),
                },
            );
        }
        let Some(pages) = Self::pages(region, &memory) else {
            return Outcome::inexpressible();
        };
        self.link(
            arguments,
            attributes,
            region,
            pages,
            Object::IovaOfPages,
            |object| match object {
                Object::IovaOfPages(links) => Ok(links),
                other => Err(other),
            },
        )
    }

    fn iova_sync(&mut self, _: &Run<'_>, arguments: &IovaSync) -> Outcome {
        let (slot, size) = (arguments.slot, arguments.size);
        let Some(made) = self.made(slot) else {
            return Outcome::inexpressible();
        };
        if arguments.iova_offset != 0
            || self
                .is_linked(slot, size, made.direction, made.attributes)
                .is_none()
        {
            return Outcome::inexpressible();
        }
        self.change(slot, |object| match object {
            Object::IovaOfMmio(links) => {
                let (links, place) = links.take();
                let (links, outcome) = links.sync();
                (Object::IovaOfMmio(Parked::new(place, links)), outcome)
            }
            Object::IovaOfPages(links) => {
                let (links, place) = links.take();
                let (links, outcome) = links.sync();
                (Object::IovaOfPages(Parked::new(place, links)), outcome)
            }
            other => (other, Outcome::inexpressible()),
        })
    }

    fn iova_unlink(&mut self, _: &Run<'_>, arguments: &IovaUnlink) -> Outcome {
        let (slot, direction) = (arguments.slot, arguments.direction);
        let Some(sync) = self
            .is_linked(slot, arguments.size, direction, arguments.attributes)
            .filter(|_| arguments.iova_offset == 0)
        else {
            return Outcome::inexpressible();
        };
        let outcome = self.change(slot, |object| match object {
            Object::IovaOfMmio(links) => {
                let (links, place) = links.take();
                links.unlink(sync, |links| Object::IovaOfMmio(Parked::new(place, links)))
            }
            Object::IovaOfPages(links) => {
                let (links, place) = links.take();
                links.unlink(sync, |links| Object::IovaOfPages(Parked::new(place, links)))
            }
            other => (other, Outcome::inexpressible()),
        });
        if let Some(entry) = self.entries.get_mut(slot as usize)
            && matches!(entry.object, Object::Iova(_))
        {
            entry.made = None;
            self.release_regions(slot);
        }
        outcome
    }

    fn iova_destroy(&mut self, run: &Run<'_>, arguments: &IovaDestroy) -> Outcome {
        let (slot, direction) = (arguments.slot, arguments.direction);
        let sync = self.is_linked(slot, arguments.linked, direction, arguments.attributes);
        let is_known = arguments.attributes & !KDMA_ATTRS_OF_PHYS == 0;
        let is_nothing = arguments.linked == 0 && is_known && (1..=3).contains(&direction);
        self.consume(run, slot, |object| match (object, sync) {
            (Object::IovaOfMmio(links), Some(sync)) => {
                let (links, place) = links.take();
                links.destroy(sync, |links| Object::IovaOfMmio(Parked::new(place, links)))
            }
            (Object::IovaOfPages(links), Some(sync)) => {
                let (links, place) = links.take();
                links.destroy(sync, |links| Object::IovaOfPages(Parked::new(place, links)))
            }
            // The layer has given the state back by itself.
            (Object::NoIova, _) if is_nothing => (Object::Empty, Outcome::ok([])),
            (other, _) => (other, Outcome::inexpressible()),
        })
    }

    fn iova_free(&mut self, run: &Run<'_>, arguments: &IovaFree) -> Outcome {
        self.consume(run, arguments.slot, |object| match object {
            Object::Iova(range) => step(range.free(), |()| Object::Empty, Object::Iova),
            // The layer has given the state back by itself.
            Object::NoIova => (Object::Empty, Outcome::ok([])),
            other => (other, Outcome::inexpressible()),
        })
    }

    fn managed_alloc_attrs(&mut self, run: &Run<'_>, arguments: &ManagedAllocAttrs) -> Outcome<1> {
        // Memory without a kernel mapping is a type of its own.
        let for_device = arguments.attributes & KDMA_ATTR_NO_KERNEL_MAPPING != 0;
        let rest = arguments.attributes & !KDMA_ATTR_NO_KERNEL_MAPPING;
        let (Some(flags), Some(attributes)) = (
            AllocFlags::from_bits(arguments.flags),
            AllocAttributes::from_bits(rest),
        ) else {
            return Outcome::inexpressible();
        };
        if !self.is_free(arguments.slot) {
            return Outcome::inexpressible();
        }
        let made = Made {
            definition: Definition::ManagedAllocAttrs,
            size: arguments.size,
            direction: 0,
            attributes: arguments.attributes,
        };
        let result = if for_device {
            self.device
                .managed_for_device(arguments.size, flags, attributes)
                .map(Object::ManagedForDevice)
        } else {
            self.device
                .managed_attrs(arguments.size, flags, attributes)
                .map(Object::ManagedMemory)
        };
        match result {
            Ok(object) => self.define(run, arguments.slot, made, None, object),
            Err(error) => Self::fail(run, arguments.slot, error, 0),
        }
    }

    fn managed_alloc_coherent(
        &mut self,
        run: &Run<'_>,
        arguments: &ManagedAllocCoherent,
    ) -> Outcome<1> {
        let Some(flags) = AllocFlags::from_bits(arguments.flags) else {
            return Outcome::inexpressible();
        };
        if !self.is_free(arguments.slot) {
            return Outcome::inexpressible();
        }
        let made = Made {
            definition: Definition::ManagedAllocCoherent,
            size: arguments.size,
            direction: 0,
            attributes: 0,
        };
        match self.device.managed_coherent(arguments.size, flags) {
            Ok(memory) => {
                let object = Object::ManagedCoherent(memory);
                self.define(run, arguments.slot, made, None, object)
            }
            Err(error) => Self::fail(run, arguments.slot, error, 0),
        }
    }

    fn managed_free_coherent(&mut self, run: &Run<'_>, arguments: &ManagedFreeCoherent) -> Outcome {
        let wanted = Made {
            definition: Definition::ManagedAllocCoherent,
            size: arguments.size,
            direction: 0,
            attributes: 0,
        };
        self.free(run, arguments.slot, wanted)
    }

    fn managed_pool_create(&mut self, run: &Run<'_>, arguments: &ManagedPoolCreate) -> Outcome {
        if !self.is_free(arguments.slot) {
            return Outcome::inexpressible();
        }
        let result =
            self.device
                .managed_pool(arguments.size, arguments.alignment, arguments.boundary);
        self.define_handle(run, arguments.slot, result.map(Object::ManagedPool))
    }

    fn managed_pool_destroy(&mut self, run: &Run<'_>, arguments: &ManagedPoolDestroy) -> Outcome {
        self.destroy(run, arguments.slot, |object| match object {
            Object::ManagedPool(pool) => {
                step(pool.destroy(), |()| Object::Empty, Object::ManagedPool)
            }
            other => (other, Outcome::inexpressible()),
        })
    }

    fn pool_create(&mut self, run: &Run<'_>, arguments: &PoolCreate) -> Outcome {
        if !self.is_free(arguments.slot) {
            return Outcome::inexpressible();
        }
        let result =
            self.device
                .create_pool(arguments.size, arguments.alignment, arguments.boundary);
        self.define_handle(run, arguments.slot, result.map(Object::Pool))
    }

    fn pool_destroy(&mut self, run: &Run<'_>, arguments: &PoolDestroy) -> Outcome {
        self.destroy(run, arguments.slot, |object| match object {
            Object::Pool(pool) => step(pool.destroy(), |()| Object::Empty, Object::Pool),
            other => (other, Outcome::inexpressible()),
        })
    }

    fn pool_alloc(&mut self, run: &Run<'_>, arguments: &PoolAlloc) -> Outcome<1> {
        let (slot, pool) = (arguments.slot, arguments.pool);
        self.take_piece(run, slot, pool, arguments.flags, |pool, flags| {
            pool.alloc(flags)
        })
    }

    fn pool_zalloc(&mut self, run: &Run<'_>, arguments: &PoolZalloc) -> Outcome<1> {
        let (slot, pool) = (arguments.slot, arguments.pool);
        self.take_piece(run, slot, pool, arguments.flags, |pool, flags| {
            pool.zalloc(flags)
        })
    }

    fn pool_free(&mut self, run: &Run<'_>, arguments: &PoolFree) -> Outcome {
        match self.made(arguments.slot) {
            Some(made) if made.definition == Definition::PoolAlloc => {
                self.free(run, arguments.slot, made)
            }
            _ => Outcome::inexpressible(),
        }
    }

    fn map_single(&mut self, run: &Run<'_>, arguments: &MapSingle) -> Outcome<1> {
        let slot = arguments.slot;
        let Some((region, memory)) = self.region(
            run,
            slot,
            arguments.buffer,
            arguments.offset,
            arguments.size,
        ) else {
            return Outcome::inexpressible();
        };
        let Some(buffer) = Self::buffer(region, &memory) else {
            return Outcome::inexpressible();
        };
        let made = Made {
            definition: Definition::MapSingle,
            size: arguments.size,
            direction: arguments.direction,
            attributes: 0,
        };
        let result = with_direction!(arguments.direction, D => self
            .device
            .map_single::<D>(buffer)
            .map(|mapping| D::erase(State::Device(mapping))));
        match result {
            Ok(directed) => self.define(run, slot, made, Some(region), Object::Buffer(directed)),
            Err(failed) => Self::fail(run, slot, failed.error, KDMA_MAPPING_ERROR),
        }
    }

    fn unmap_single(&mut self, run: &Run<'_>, arguments: &UnmapSingle) -> Outcome {
        let wanted = Made {
            definition: Definition::MapSingle,
            size: arguments.size,
            direction: arguments.direction,
            attributes: 0,
        };
        self.unmap(run, arguments.slot, wanted)
    }

    fn map_single_attrs(&mut self, run: &Run<'_>, arguments: &MapSingleAttrs) -> Outcome<1> {
        let Some(attributes) = MapAttributes::from_bits(arguments.attributes) else {
            return Outcome::inexpressible();
        };
        let slot = arguments.slot;
        let Some((region, memory)) = self.region(
            run,
            slot,
            arguments.buffer,
            arguments.offset,
            arguments.size,
        ) else {
            return Outcome::inexpressible();
        };
        let Some(buffer) = Self::buffer(region, &memory) else {
            return Outcome::inexpressible();
        };
        let made = Made {
            definition: Definition::MapSingleAttrs,
            size: arguments.size,
            direction: arguments.direction,
            attributes: arguments.attributes,
        };
        let result = with_direction!(arguments.direction, D => self
            .device
            .map_single_attrs::<D>(buffer, attributes)
            .map(|mapping| D::erase(State::Device(mapping))));
        match result {
            Ok(directed) => self.define(run, slot, made, Some(region), Object::Buffer(directed)),
            Err(failed) => Self::fail(run, slot, failed.error, KDMA_MAPPING_ERROR),
        }
    }

    fn unmap_single_attrs(&mut self, run: &Run<'_>, arguments: &UnmapSingleAttrs) -> Outcome {
        let wanted = Made {
            definition: Definition::MapSingleAttrs,
            size: arguments.size,
            direction: arguments.direction,
            attributes: arguments.attributes,
        };
        self.unmap(run, arguments.slot, wanted)
    }

    fn map_page(&mut self, run: &Run<'_>, arguments: &MapPage) -> Outcome<1> {
        let slot = arguments.slot;
        let Some((region, memory)) = self.region(
            run,
            slot,
            arguments.buffer,
            arguments.offset,
            arguments.size,
        ) else {
            return Outcome::inexpressible();
        };
        let Some(pages) = Self::pages(region, &memory) else {
            return Outcome::inexpressible();
        };
        let made = Made {
            definition: Definition::MapPage,
            size: arguments.size,
            direction: arguments.direction,
            attributes: 0,
        };
        let result = with_direction!(arguments.direction, D => self
            .device
            .map_page::<D>(pages)
            .map(|mapping| D::erase(State::Device(mapping))));
        match result {
            Ok(directed) => self.define(run, slot, made, Some(region), Object::Pages(directed)),
            Err(failed) => Self::fail(run, slot, failed.error, KDMA_MAPPING_ERROR),
        }
    }

    fn unmap_page(&mut self, run: &Run<'_>, arguments: &UnmapPage) -> Outcome {
        let wanted = Made {
            definition: Definition::MapPage,
            size: arguments.size,
            direction: arguments.direction,
            attributes: 0,
        };
        self.unmap(run, arguments.slot, wanted)
    }

    fn map_page_attrs(&mut self, run: &Run<'_>, arguments: &MapPageAttrs) -> Outcome<1> {
        let Some(attributes) = MapAttributes::from_bits(arguments.attributes) else {
            return Outcome::inexpressible();
        };
        let slot = arguments.slot;
        let Some((region, memory)) = self.region(
            run,
            slot,
            arguments.buffer,
            arguments.offset,
            arguments.size,
        ) else {
            return Outcome::inexpressible();
        };
        let Some(pages) = Self::pages(region, &memory) else {
            return Outcome::inexpressible();
        };
        let made = Made {
            definition: Definition::MapPageAttrs,
            size: arguments.size,
            direction: arguments.direction,
            attributes: arguments.attributes,
        };
        let result = with_direction!(arguments.direction, D => self
            .device
            .map_page_attrs::<D>(pages, attributes)
            .map(|mapping| D::erase(State::Device(mapping))));
        match result {
            Ok(directed) => self.define(run, slot, made, Some(region), Object::Pages(directed)),
            Err(failed) => Self::fail(run, slot, failed.error, KDMA_MAPPING_ERROR),
        }
    }

    fn unmap_page_attrs(&mut self, run: &Run<'_>, arguments: &UnmapPageAttrs) -> Outcome {
        let wanted = Made {
            definition: Definition::MapPageAttrs,
            size: arguments.size,
            direction: arguments.direction,
            attributes: arguments.attributes,
        };
        self.unmap(run, arguments.slot, wanted)
    }

    fn map_phys(&mut self, run: &Run<'_>, arguments: &MapPhys) -> Outcome<1> {
        // Device memory is a type of its own.
        let is_mmio = arguments.attributes & KDMA_ATTR_MMIO != 0;
        let rest = arguments.attributes & !KDMA_ATTR_MMIO;
        let Some(attributes) = MapAttributes::from_bits(rest) else {
            return Outcome::inexpressible();
        };
        let slot = arguments.slot;
        let Some((region, memory)) = self.region(
            run,
            slot,
            arguments.buffer,
            arguments.offset,
            arguments.size,
        ) else {
            return Outcome::inexpressible();
        };
        let made = Made {
            definition: Definition::MapPhys,
            size: arguments.size,
            direction: arguments.direction,
            attributes: arguments.attributes,
        };
        if is_mmio {
            let mmio = Self::mmio(region, &memory);
            let result = with_direction!(arguments.direction, D => self
                .device
                .map_mmio::<D>(mmio, attributes)
                .map(D::erase_mmio));
            return match result {
                Ok(directed) => self.define(run, slot, made, Some(region), Object::Mmio(directed)),
                Err(failed) => Self::fail(run, slot, failed.error, KDMA_MAPPING_ERROR),
            };
        }
        let Some(pages) = Self::pages(region, &memory) else {
            return Outcome::inexpressible();
        };
        let result = with_direction!(arguments.direction, D => self
            .device
            .map_phys::<D>(pages, attributes)
            .map(|mapping| D::erase(State::Device(mapping))));
        match result {
            Ok(directed) => self.define(run, slot, made, Some(region), Object::Pages(directed)),
            Err(failed) => Self::fail(run, slot, failed.error, KDMA_MAPPING_ERROR),
        }
    }

    fn unmap_phys(&mut self, run: &Run<'_>, arguments: &UnmapPhys) -> Outcome {
        let wanted = Made {
            definition: Definition::MapPhys,
            size: arguments.size,
            direction: arguments.direction,
            attributes: arguments.attributes,
        };
        self.unmap(run, arguments.slot, wanted)
    }

    fn map_resource(&mut self, run: &Run<'_>, arguments: &MapResource) -> Outcome<1> {
        let Some(attributes) = MapAttributes::from_bits(arguments.attributes) else {
            return Outcome::inexpressible();
        };
        let slot = arguments.slot;
        let Some((region, memory)) = self.region(
            run,
            slot,
            arguments.buffer,
            arguments.offset,
            arguments.size,
        ) else {
            return Outcome::inexpressible();
        };
        let made = Made {
            definition: Definition::MapResource,
            size: arguments.size,
            direction: arguments.direction,
            attributes: arguments.attributes,
        };
        let mmio = Self::mmio(region, &memory);
        let result = with_direction!(arguments.direction, D => self
            .device
            .map_resource::<D>(mmio, attributes)
            .map(D::erase_mmio));
        match result {
            Ok(directed) => self.define(run, slot, made, Some(region), Object::Mmio(directed)),
            Err(failed) => Self::fail(run, slot, failed.error, KDMA_MAPPING_ERROR),
        }
    }

    fn unmap_resource(&mut self, run: &Run<'_>, arguments: &UnmapResource) -> Outcome {
        let wanted = Made {
            definition: Definition::MapResource,
            size: arguments.size,
            direction: arguments.direction,
            attributes: arguments.attributes,
        };
        self.unmap(run, arguments.slot, wanted)
    }

    fn mapping_error(&mut self, _: &Run<'_>, arguments: &MappingError) -> Outcome {
        let Some(entry) = self.entries.get(arguments.slot as usize) else {
            return Outcome::inexpressible();
        };
        let result = match &entry.object {
            Object::Buffer(directed) => {
                each_direction!(Directed, directed, state => state.mapping_error())
            }
            Object::Mmio(directed) => {
                each_direction!(DirectedMmio, directed, mapping => mapping.mapping_error())
            }
            Object::Pages(directed) => {
                each_direction!(Directed, directed, state => state.mapping_error())
            }
            _ => return Outcome::inexpressible(),
        };
        Outcome::status(code(result))
    }

    fn sync_single_for_cpu(&mut self, run: &Run<'_>, arguments: &SyncSingleForCpu) -> Outcome {
        if !self.is_whole(arguments.slot, arguments.size) {
            return Outcome::inexpressible();
        }
        self.sync(run, arguments.slot, arguments.direction, Sync::ForCpu)
    }

    fn sync_single_for_device(
        &mut self,
        run: &Run<'_>,
        arguments: &SyncSingleForDevice,
    ) -> Outcome {
        if !self.is_whole(arguments.slot, arguments.size) {
            return Outcome::inexpressible();
        }
        self.sync(run, arguments.slot, arguments.direction, Sync::ForDevice)
    }

    fn sync_single_range_for_cpu(
        &mut self,
        run: &Run<'_>,
        arguments: &SyncSingleRangeForCpu,
    ) -> Outcome {
        let range = Sync::RangeForCpu(arguments.offset, arguments.size);
        self.sync(run, arguments.slot, arguments.direction, range)
    }

    fn sync_single_range_for_device(
        &mut self,
        run: &Run<'_>,
        arguments: &SyncSingleRangeForDevice,
    ) -> Outcome {
        let range = Sync::RangeForDevice(arguments.offset, arguments.size);
        self.sync(run, arguments.slot, arguments.direction, range)
    }

    fn need_sync(&mut self, _: &Run<'_>, arguments: &NeedSync) -> Outcome<1> {
        let Some(entry) = self.entries.get(arguments.slot as usize) else {
            return Outcome::inexpressible();
        };
        let result = match &entry.object {
            Object::Buffer(directed) => {
                each_direction!(Directed, directed, state => state.need_sync())
            }
            Object::Mmio(directed) => {
                each_direction!(DirectedMmio, directed, mapping => mapping.need_sync())
            }
            Object::Pages(directed) => {
                each_direction!(Directed, directed, state => state.need_sync())
            }
            _ => return Outcome::inexpressible(),
        };
        answer(result.map(u64::from))
    }

    fn sg_alloc(&mut self, run: &Run<'_>, arguments: &SgAlloc) -> Outcome {
        let Some(flags) = AllocFlags::from_bits(arguments.flags) else {
            return Outcome::inexpressible();
        };
        // A longer list is refused by the layer, which calls nothing then.
        if arguments.capacity as usize > ENTRIES || !self.is_free(arguments.slot) {
            return Outcome::inexpressible();
        }
        let result = ScatterList::new(arguments.capacity, flags).map(|list| {
            // SAFETY: the slot is free.
            let place = unsafe { self.place(arguments.slot) };
            Object::List(Parked::new(place, list))
        });
        self.define_handle(run, arguments.slot, result)
    }

    fn sg_free(&mut self, run: &Run<'_>, arguments: &SgFree) -> Outcome {
        let Some(entry) = self.entries.get_mut(arguments.slot as usize) else {
            return Outcome::inexpressible();
        };
        if !matches!(entry.object, Object::List(_)) {
            return Outcome::inexpressible();
        }
        // Dropping a list frees it.
        *entry = empty();
        self.release_regions(arguments.slot);
        slots::freed(run, arguments.slot);
        Outcome::ok([])
    }

    fn sg_add(&mut self, run: &Run<'_>, arguments: &SgAdd) -> Outcome {
        let Some((region, memory)) =
            self.unused_region(run, arguments.buffer, arguments.offset, arguments.size)
        else {
            return Outcome::inexpressible();
        };
        let Some(pages) = Self::pages(region, &memory) else {
            return Outcome::inexpressible();
        };
        let Some(entry) = self.entries.get_mut(arguments.slot as usize) else {
            return Outcome::inexpressible();
        };
        let Object::List(list) = &mut entry.object else {
            return Outcome::inexpressible();
        };
        match list.add(pages) {
            Ok(()) => {
                self.take_region(arguments.slot, region);
                Outcome::ok([])
            }
            Err(failed) => Outcome::status(failed.error.code()),
        }
    }

    fn map_sg_attrs(&mut self, run: &Run<'_>, arguments: &MapSgAttrs) -> Outcome<1> {
        let Some(attributes) = MapAttributes::from_bits(arguments.attributes) else {
            return Outcome::inexpressible();
        };
        let made = Made {
            definition: Definition::MapSgAttrs,
            size: 0,
            direction: arguments.direction,
            attributes: arguments.attributes,
        };
        let outcome = with_direction!(arguments.direction, D => {
            self.map_list(run, arguments.slot, made, |device, list| {
                device
                    .map_sg::<D, ENTRIES>(list, attributes)
                    .map(|mapping| D::erase_list(ListState::Device(mapping)))
            })
        });
        if !outcome.is_ok() {
            return outcome.with([0]);
        }
        match self.entries.get(arguments.slot as usize) {
            Some(Entry {
                object: Object::MappedList(directed),
                ..
            }) => outcome.with([directed.segment_count() as u64]),
            _ => outcome.with([0]),
        }
    }

    fn unmap_sg_attrs(&mut self, run: &Run<'_>, arguments: &UnmapSgAttrs) -> Outcome {
        let wanted = Made {
            definition: Definition::MapSgAttrs,
            size: 0,
            direction: arguments.direction,
            attributes: arguments.attributes,
        };
        self.unmap_list(run, arguments.slot, wanted)
    }

    fn map_sgtable(&mut self, run: &Run<'_>, arguments: &MapSgtable) -> Outcome {
        let Some(attributes) = MapAttributes::from_bits(arguments.attributes) else {
            return Outcome::inexpressible();
        };
        let made = Made {
            definition: Definition::MapSgtable,
            size: 0,
            direction: arguments.direction,
            attributes: arguments.attributes,
        };
        with_direction!(arguments.direction, D => {
            self.map_list(run, arguments.slot, made, |device, list| {
                device
                    .map_sgtable::<D, ENTRIES>(list, attributes)
                    .map(|mapping| D::erase_list(ListState::Device(mapping)))
            })
        })
    }

    fn unmap_sgtable(&mut self, run: &Run<'_>, arguments: &UnmapSgtable) -> Outcome {
        let wanted = Made {
            definition: Definition::MapSgtable,
            size: 0,
            direction: arguments.direction,
            attributes: arguments.attributes,
        };
        self.unmap_list(run, arguments.slot, wanted)
    }

    fn sync_sg_for_cpu(&mut self, _: &Run<'_>, arguments: &SyncSgForCpu) -> Outcome {
        let definition = Definition::MapSgAttrs;
        self.sync_list(arguments.slot, definition, arguments.direction, true)
    }

    fn sync_sg_for_device(&mut self, _: &Run<'_>, arguments: &SyncSgForDevice) -> Outcome {
        let definition = Definition::MapSgAttrs;
        self.sync_list(arguments.slot, definition, arguments.direction, false)
    }

    fn sync_sgtable_for_cpu(&mut self, _: &Run<'_>, arguments: &SyncSgtableForCpu) -> Outcome {
        let definition = Definition::MapSgtable;
        self.sync_list(arguments.slot, definition, arguments.direction, true)
    }

    fn sync_sgtable_for_device(
        &mut self,
        _: &Run<'_>,
        arguments: &SyncSgtableForDevice,
    ) -> Outcome {
        let definition = Definition::MapSgtable;
        self.sync_list(arguments.slot, definition, arguments.direction, false)
    }

    fn sg_segment(&mut self, run: &Run<'_>, arguments: &SgSegment) -> Outcome<2> {
        let Some(entry) = self.entries.get(arguments.slot as usize) else {
            return Outcome::inexpressible();
        };
        let Object::MappedList(directed) = &entry.object else {
            return Outcome::inexpressible();
        };
        match directed.segment(arguments.index) {
            Some(segment) => {
                let (address, size) = (segment.dma_address.bits(), segment.size);
                slots::list_segment(run, arguments.slot, arguments.index, address, size);
                Outcome::ok([address, size])
            }
            None => Outcome::status(KDMA_EINVAL),
        }
    }
}

/// Regions that one slot holds at most.
const REGIONS: usize = ENTRIES;

/// Bytes of state the driver needs for this many slots.
#[unsafe(no_mangle)]
pub extern "C" fn kdma_rust_state_size(slot_count: u32) -> u64 {
    let one = size_of::<Entry<'_>>() + size_of::<Room>() + REGIONS * size_of::<Taken>();
    u64::from(slot_count) * one as u64
}

/// Executes a program, then releases what it left. Returns 0, or non-zero when
/// the driver gave up.
///
/// # Safety
///
/// `run` points to a run as `program.h` describes it, for this driver.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_rust_run(run: *mut kdma_run) -> i32 {
    // SAFETY: the caller guarantees it.
    let view = unsafe { Run::from_raw(run) };
    let Some(device) = NonNull::new(view.device()) else {
        return KDMA_EINVAL;
    };
    // SAFETY: the core keeps the device and what is managed for the run, and runs
    // one program at a time on it.
    let device = unsafe { Device::from_raw(device) };
    let count = view.slot_count() as usize;
    // One after the other: what is as large as a multiple of its alignment leaves
    // no gap before the next of the same alignment.
    const { assert!(align_of::<Entry<'_>>() == align_of::<Room>()) };
    const { assert!(align_of::<Room>() == align_of::<Taken>()) };
    let mut driver = if let Some(first) = NonNull::new(view.state()).filter(|_| count > 0) {
        let first: NonNull<Entry<'_>> = first.cast();
        for index in 0..count {
            // SAFETY: the core provides as much memory as `kdma_rust_state_size` says
            // for these slots, aligned to 64 bytes.
            unsafe { first.add(index).write(empty()) };
        }
        // SAFETY: as above.
        let rooms: NonNull<Room> = unsafe { first.add(count) }.cast();
        // SAFETY: as above; all entries were just written, and of regions nothing is
        // told. Nobody else uses the memory.
        unsafe {
            Driver {
                device,
                entries: core::slice::from_raw_parts_mut(first.as_ptr(), count),
                rooms,
                taken: core::slice::from_raw_parts_mut(
                    rooms.add(count).cast().as_ptr(),
                    count * REGIONS,
                ),
                taken_count: 0,
            }
        }
    } else {
        Driver {
            device,
            entries: &mut [],
            rooms: NonNull::dangling(),
            taken: &mut [],
            taken_count: 0,
        }
    };
    // SAFETY: the caller guarantees it.
    let error = unsafe { execute(run, &mut driver) };
    driver.release_leftover(&view);
    error
}
