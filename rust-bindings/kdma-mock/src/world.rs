// SPDX-License-Identifier: GPL-2.0

//! The state behind the pretended ABI.

use core::cell::RefCell;
use core::ffi::c_void;
use core::ptr::NonNull;
use std::collections::BTreeMap;

use kdma_sys::*;

/// One call of the ABI. Pointers are recorded by their address; out parameters
/// are not recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Without `kdma_`.
    pub function: &'static str,
    /// In the order of the ABI.
    pub arguments: Vec<u64>,
}

/// Where physical addresses of the mock start.
pub(crate) const PHYSICAL_BASE: u64 = 0x1_0000_0000;
/// Beyond 32 bits, like `PHYSICAL_BASE`: an address that is cut is another one.
const DMA_BASE: u64 = 0xd_d000_0000;
/// Memory from this size on has addresses and no bytes.
pub(crate) const WITHOUT_BYTES: usize = 1 << 30;
/// Where such memory seems to lie: nothing is there.
const NOWHERE: usize = 0x70_0000_0000;
const PAGE_SIZE: u64 = 4096;

/// Memory that lives as long as the thread's world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) start: NonNull<u8>,
    pub(crate) size: usize,
    pub(crate) physical_address: u64,
}

#[derive(Debug)]
pub(crate) struct Mapping {
    /// `None`: device memory, which has no bytes here.
    memory: Option<NonNull<u8>>,
    kind: &'static str,
    size: u64,
    direction: u32,
    attributes: u64,
    bounce: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Allocation {
    kind: &'static str,
    start: NonNull<u8>,
    size: u64,
    attributes: u64,
}

#[derive(Debug, Default)]
pub(crate) struct List {
    pub(crate) capacity: usize,
    pub(crate) entries: Vec<(Option<NonNull<u8>>, u64)>,
    pub(crate) mapped: Option<(&'static str, u32, u64)>,
    pub(crate) addresses: Vec<u64>,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) calls: Vec<Call>,
    pub(crate) faults: Vec<String>,
    /// What callers do wrong is not refused.
    pub(crate) goes_on: bool,
    /// Calls so far of functions that can fail.
    pub(crate) entered: usize,
    /// Which function (any if `None`) is to fail, and how.
    pub(crate) fail_next: Option<(Wanted, kdma_error)>,
    pub(crate) last_failed: &'static str,
    pub(crate) mappings: BTreeMap<u64, Mapping>,
    pub(crate) allocations: BTreeMap<u64, Allocation>,
    pub(crate) limits: BTreeMap<&'static str, u64>,
    /// Scatterlists by their address: capacity, entries (memory and size), and
    /// while mapped: kind, direction, attributes and the addresses.
    pub(crate) lists: BTreeMap<usize, List>,
    /// Pools by their address: bytes of a piece, and where the pieces out are.
    pub(crate) pools: BTreeMap<usize, (u64, Vec<u64>)>,
    /// Addresses of the pools that are managed.
    pub(crate) managed_pools: Vec<usize>,
    /// Memory in pieces by its table: where it is, and does the CPU see it?
    pub(crate) pieces: BTreeMap<usize, (u64, bool)>,
    /// Ranges of IOVAs by their state: the first address, or none, and bytes. What
    /// is linked is among the mappings.
    pub(crate) iovas: BTreeMap<usize, (Option<u64>, u64)>,
    memories: Vec<Memory>,
    /// By the address of the page: the address of its first byte, which may lie
    /// before the memory.
    pages: BTreeMap<usize, (NonNull<u8>, u64)>,
    next_dma: u64,
    next_physical: u64,
}

thread_local! {
    static WORLD: RefCell<World> = const { RefCell::new(World {
        calls: Vec::new(),
        faults: Vec::new(),
        goes_on: false,
        entered: 0,
        fail_next: None,
        last_failed: "",
        mappings: BTreeMap::new(),
        allocations: BTreeMap::new(),
        limits: BTreeMap::new(),
        lists: BTreeMap::new(),
        pools: BTreeMap::new(),
        managed_pools: Vec::new(),
        pieces: BTreeMap::new(),
        iovas: BTreeMap::new(),
        memories: Vec::new(),
        pages: BTreeMap::new(),
        next_dma: DMA_BASE,
        next_physical: PHYSICAL_BASE,
    }) };
}

/// Which call of a function that can fail is to fail.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted {
    /// The next of any.
    Next,
    /// The next of this one, without `kdma_`.
    Of(&'static str),
    /// That of any which comes after as many.
    After(usize),
}

impl Wanted {
    fn is_now(self, function: &str, entered: usize) -> bool {
        match self {
            Wanted::Next => true,
            Wanted::Of(wanted) => wanted == function,
            Wanted::After(before) => entered > before,
        }
    }
}

/// So many bytes behind the start, whether there are bytes or not.
fn beyond(start: NonNull<u8>, offset: u64) -> NonNull<u8> {
    NonNull::new(start.as_ptr().wrapping_add(offset as usize)).unwrap_or(start)
}

pub(crate) fn with<T>(action: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(action)
}

fn leak(size: usize) -> NonNull<u8> {
    if size >= WITHOUT_BYTES {
        let start = NOWHERE + PAGE_SIZE as usize;
        return NonNull::new(core::ptr::without_provenance_mut(start))
            .unwrap_or(NonNull::dangling());
    }
    // Whole pages, so that alignment is a page's in all that matters.
    let words = vec![0_u64; size.div_ceil(8).max(1)].into_boxed_slice();
    NonNull::from(Box::leak(words)).cast()
}

impl World {
    pub(crate) fn new_memory(&mut self, size: usize) -> Memory {
        let memory = Memory {
            start: leak(size),
            size,
            physical_address: self.next_physical,
        };
        self.next_physical += (size as u64).next_multiple_of(PAGE_SIZE) + PAGE_SIZE;
        self.memories.push(memory);
        memory
    }

    /// A page of which `memory` starts `offset` bytes after the start.
    pub(crate) fn page_of(&mut self, memory: &Memory, offset: u64) -> NonNull<kdma_page> {
        let page = leak(1);
        self.pages.insert(page.addr().get(), (memory.start, offset));
        page.cast()
    }

    pub(crate) fn record(&mut self, function: &'static str, arguments: &[u64]) {
        // For tests that do not survive what comes of the call.
        if std::env::var_os("KDMA_MOCK_TELLS").is_some() {
            eprintln!("called kdma_{function}");
        }
        self.calls.push(crate::call(function, arguments));
    }

    /// Records a call of a function that can fail, and what it has to return if
    /// a test wants it to.
    pub(crate) fn enter(&mut self, function: &'static str, arguments: &[u64]) -> Result<(), i32> {
        self.record(function, arguments);
        self.entered += 1;
        match self.fail_next {
            Some((wanted, error)) if wanted.is_now(function, self.entered) => {
                self.fail_next = None;
                self.last_failed = function;
                Err(error)
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn new_list(&mut self, capacity: u32) -> Result<*mut kdma_sg_table, i32> {
        if capacity == 0 {
            return Err(KDMA_EINVAL);
        }
        let handle = leak(1);
        let list = List {
            capacity: capacity as usize,
            ..List::default()
        };
        self.lists.insert(handle.addr().get(), list);
        Ok(handle.as_ptr().cast())
    }

    /// A full list of the memory of an allocation.
    pub(crate) fn list_memory(
        &mut self,
        kind: &'static str,
        cpu_address: *mut c_void,
        dma_address: u64,
        size: u64,
        attributes: u64,
    ) -> Result<*mut kdma_sg_table, i32> {
        let said = (kind, size, cpu_address.addr(), attributes);
        let found = self.allocations.get(&dma_address).map(|a| {
            (
                (a.kind, a.size, a.start.addr().get(), a.attributes),
                a.start,
            )
        });
        match found {
            Some((made, start)) if made == said => {
                let list = self.new_list(1)?;
                if let Some(made) = self.lists.get_mut(&list.addr()) {
                    made.entries.push((Some(start), size));
                }
                Ok(list)
            }
            _ => Err(self.refuse(format!("get_sgtable: made {found:?}, said {said:?}"))),
        }
    }

    pub(crate) fn allocate_pieces(
        &mut self,
        size: u64,
        direction: u32,
    ) -> Result<(*mut kdma_sg_table, u64), i32> {
        let (_, address) = self.allocate_directed("noncontiguous", size, direction)?;
        let table = leak(1);
        self.pieces.insert(table.addr().get(), (address, false));
        Ok((table.as_ptr().cast(), address))
    }

    pub(crate) fn free_pieces(&mut self, table: usize, size: u64, direction: u32) -> i32 {
        let Some((address, false)) = self.pieces.remove(&table) else {
            return self.fault("free_noncontiguous: the CPU sees it, or no memory".into());
        };
        let start = self.start_of(address);
        let direction = u64::from(direction);
        self.free("noncontiguous", size, start, address, direction)
    }

    /// Where the CPU sees it from now on, or saw it.
    pub(crate) fn see_pieces(&mut self, table: usize, vmap: bool) -> Result<*mut c_void, i32> {
        match self.pieces.get_mut(&table) {
            Some((address, seen)) if *seen != vmap => {
                *seen = vmap;
                let address = *address;
                Ok(self.start_of(address))
            }
            _ => Err(KDMA_EINVAL),
        }
    }

    fn start_of(&self, address: u64) -> *mut c_void {
        self.allocations
            .get(&address)
            .map_or(core::ptr::null_mut(), |found| found.start.as_ptr().cast())
    }

    pub(crate) fn new_pool(&mut self, size: u64) -> Result<*mut kdma_pool, i32> {
        if size == 0 {
            return Err(KDMA_EINVAL);
        }
        let handle = leak(1);
        self.pools.insert(handle.addr().get(), (size, Vec::new()));
        Ok(handle.as_ptr().cast())
    }

    pub(crate) fn new_managed_pool(&mut self, size: u64) -> Result<*mut kdma_pool, i32> {
        let pool = self.new_pool(size)?;
        self.managed_pools.push(pool.addr());
        Ok(pool)
    }

    /// Destroys a pool, if it is managed or not as the caller says.
    pub(crate) fn destroy_pool(&mut self, pool: *mut kdma_pool, managed: bool) -> i32 {
        if self.managed_pools.contains(&pool.addr()) != managed {
            return KDMA_EINVAL;
        }
        self.managed_pools.retain(|one| *one != pool.addr());
        match self.pools.remove(&pool.addr()) {
            Some((_, pieces)) if pieces.is_empty() => KDMA_OK,
            _ => self.fault("pool_destroy: pieces are out, or no pool".into()),
        }
    }

    pub(crate) fn free_managed(
        &mut self,
        size: u64,
        cpu_address: *mut c_void,
        dma_address: u64,
    ) -> i32 {
        match self.allocations.get(&dma_address) {
            Some(found)
                if found.kind == "managed_coherent"
                    && found.size == size
                    && found.start.addr().get() == cpu_address.addr() =>
            {
                self.allocations.remove(&dma_address);
                KDMA_OK
            }
            _ => KDMA_EINVAL,
        }
    }

    /// Frees what is managed, as the device does once its driver is unbound.
    pub(crate) fn release_managed(&mut self) {
        for pool in core::mem::take(&mut self.managed_pools) {
            if self.pools.remove(&pool).is_some_and(|(_, p)| !p.is_empty()) {
                self.fault("pieces of a managed pool are out".into());
            }
        }
        self.allocations
            .retain(|_, found| !found.kind.starts_with("managed_"));
    }

    pub(crate) fn take_piece(&mut self, pool: *mut kdma_pool) -> Result<(*mut c_void, u64), i32> {
        let Some(&(size, _)) = self.pools.get(&pool.addr()) else {
            return Err(self.refuse("pool_alloc: no pool".into()));
        };
        let (start, address) = self.allocate("pool", size, pool.addr() as u64)?;
        if let Some((_, pieces)) = self.pools.get_mut(&pool.addr()) {
            pieces.push(address);
        }
        Ok((start, address))
    }

    pub(crate) fn put_piece(
        &mut self,
        pool: *mut kdma_pool,
        start: *mut c_void,
        dma_address: u64,
    ) -> i32 {
        let Some((size, pieces)) = self.pools.get_mut(&pool.addr()) else {
            return self.fault("pool_free: no pool".into());
        };
        let size = *size;
        pieces.retain(|piece| *piece != dma_address);
        self.free("pool", size, start, dma_address, pool.addr() as u64)
    }

    pub(crate) fn map_list(
        &mut self,
        list: usize,
        kind: &'static str,
        direction: u32,
        attributes: u64,
    ) -> Result<u32, i32> {
        let Some(found) = self.lists.get(&list) else {
            return Err(self.refuse(format!("map_{kind}: no list")));
        };
        if found.mapped.is_some() {
            return Err(self.refuse(format!("map_{kind}: mapped already")));
        }
        if found.entries.len() != found.capacity {
            return Err(KDMA_EINVAL);
        }
        let mut addresses = Vec::new();
        for (memory, size) in found.entries.clone() {
            addresses.push(self.map(kind, memory, size, direction, attributes)?);
        }
        let count = addresses.len() as u32;
        let found = self.lists.get_mut(&list).expect("it was just there");
        found.mapped = Some((kind, direction, attributes));
        found.addresses = addresses;
        Ok(count)
    }

    pub(crate) fn unmap_list(
        &mut self,
        list: usize,
        kind: &'static str,
        direction: u32,
        attributes: u64,
    ) -> i32 {
        let Some(found) = self.lists.get_mut(&list).filter(|l| l.mapped.is_some()) else {
            return self.fault(format!("unmap_{kind}: not mapped"));
        };
        let entries = found.entries.clone();
        let addresses = core::mem::take(&mut found.addresses);
        found.mapped = None;
        for (address, (_, size)) in addresses.into_iter().zip(entries) {
            self.unmap(kind, address, size, direction, attributes);
        }
        KDMA_OK
    }

    pub(crate) fn sync_list(
        &mut self,
        list: usize,
        kind: &'static str,
        direction: u32,
        for_cpu: bool,
    ) -> i32 {
        if let Some(&(address, _)) = self.pieces.get(&list) {
            let size = self.allocations.get(&address).map_or(0, |found| found.size);
            return self.sync(address, 0, size, direction, for_cpu);
        }
        let found = self
            .lists
            .get(&list)
            .filter(|l| l.mapped.is_some_and(|(made, _, _)| made.starts_with(kind)));
        let Some(found) = found else {
            return self.fault(format!("sync_{kind}: not mapped by it"));
        };
        let parts: Vec<_> = found
            .addresses
            .iter()
            .copied()
            .zip(found.entries.clone())
            .collect();
        for (address, (_, size)) in parts {
            self.sync(address, 0, size, direction, for_cpu);
        }
        KDMA_OK
    }

    /// Somebody did something wrong, which the ABI refuses, unless a test goes on
    /// all the same to see every call.
    pub(crate) fn fault(&mut self, text: String) -> i32 {
        self.faults.push(text);
        if self.goes_on { KDMA_OK } else { KDMA_EINVAL }
    }

    /// The same where something would have to be handed out.
    pub(crate) fn refuse(&mut self, text: String) -> i32 {
        self.faults.push(text);
        KDMA_EINVAL
    }

    fn new_dma(&mut self, size: u64, low_bits: u64) -> u64 {
        let address = self.next_dma + low_bits % PAGE_SIZE;
        self.next_dma += (size + PAGE_SIZE).next_multiple_of(PAGE_SIZE);
        address
    }

    /// The memory that a page and an offset stand for.
    pub(crate) fn by_page(&self, page: *mut kdma_page, offset: u64) -> Option<NonNull<u8>> {
        let (start, start_offset) = self.pages.get(&page.addr())?;
        let inside = offset.checked_sub(*start_offset)?;
        Some(beyond(*start, inside))
    }

    pub(crate) fn by_physical(&self, address: u64) -> Option<NonNull<u8>> {
        self.memories.iter().find_map(|memory| {
            let offset = address.checked_sub(memory.physical_address)?;
            (offset <= memory.size as u64).then(|| beyond(memory.start, offset))
        })
    }

    pub(crate) fn map(
        &mut self,
        kind: &'static str,
        memory: Option<NonNull<u8>>,
        size: u64,
        direction: u32,
        attributes: u64,
    ) -> Result<u64, i32> {
        if size == 0 || !(KDMA_TO_DEVICE..=KDMA_BIDIRECTIONAL).contains(&direction) {
            return Err(KDMA_EINVAL);
        }
        let low_bits = memory.map_or(0, |start| start.addr().get() as u64);
        let dma_address = self.new_dma(size, low_bits);
        self.mappings.insert(
            dma_address,
            Mapping {
                memory,
                kind,
                size,
                direction,
                attributes,
                // What a bounce buffer holds before anybody copies.
                bounce: vec![
                    0xbb;
                    if size < WITHOUT_BYTES as u64 {
                        size as usize
                    } else {
                        0
                    }
                ],
            },
        );
        if attributes & KDMA_ATTR_SKIP_CPU_SYNC == 0 {
            self.copy(dma_address, 0, size, false);
        }
        Ok(dma_address)
    }

    /// RAM, which the mock has bytes of, is no resource.
    pub(crate) fn map_resource(
        &mut self,
        memory: Option<NonNull<u8>>,
        size: u64,
        direction: u32,
        attributes: u64,
    ) -> Result<u64, i32> {
        if memory.is_some() {
            return Err(KDMA_EINVAL);
        }
        self.map("resource", None, size, direction, attributes)
    }

    /// A state, with a range unless it is larger than what the mock has.
    pub(crate) fn new_iova(
        &mut self,
        physical_address: u64,
        size: u64,
    ) -> Result<(*mut kdma_iova_state, u64), i32> {
        if size == 0 {
            return Err(KDMA_EINVAL);
        }
        let address = (size < DMA_BASE).then(|| self.new_dma(size, physical_address));
        let size = address.map_or(0, |_| size);
        let state = leak(1);
        self.iovas.insert(state.addr().get(), (address, size));
        let address = address.unwrap_or(KDMA_MAPPING_ERROR);
        Ok((state.as_ptr().cast(), address))
    }

    /// Addresses of what is linked between two bytes of a range.
    fn links(&self, start: u64, offset: u64, size: u64) -> Vec<u64> {
        let inside = start + offset..start + offset + size;
        let links = self
            .mappings
            .range(inside)
            .filter(|(_, m)| m.kind == "iova");
        links.map(|(address, _)| *address).collect()
    }

    pub(crate) fn link(
        &mut self,
        state: usize,
        memory: Option<NonNull<u8>>,
        offset: u64,
        size: u64,
        (direction, attributes): (u32, u64),
    ) -> i32 {
        let Some(&(Some(start), whole)) = self.iovas.get(&state) else {
            return KDMA_EINVAL;
        };
        if size == 0
            || offset + size > whole
            || (offset != 0 && (start + offset) % PAGE_SIZE != 0)
            || !self.links(start, offset, size).is_empty()
        {
            return KDMA_EINVAL;
        }
        self.mappings.insert(
            start + offset,
            Mapping {
                memory,
                kind: "iova",
                size,
                direction,
                attributes,
                bounce: vec![
                    0xbb;
                    if size < WITHOUT_BYTES as u64 {
                        size as usize
                    } else {
                        0
                    }
                ],
            },
        );
        self.copy(start + offset, 0, size, false);
        KDMA_OK
    }

    /// Are these bytes linked, to be synced?
    pub(crate) fn sync_iova(&mut self, state: usize, offset: u64, size: u64) -> i32 {
        let Some(&(Some(start), _)) = self.iovas.get(&state) else {
            return self.fault("iova_sync: no range".into());
        };
        let links = self.links(start, offset, size);
        let sizes = links.iter().filter_map(|link| self.mappings.get(link));
        if sizes.map(|mapping| mapping.size).sum::<u64>() != size {
            return self.fault(format!("iova_sync: not linked: {offset}, {size}"));
        }
        KDMA_OK
    }

    pub(crate) fn unlink(
        &mut self,
        state: usize,
        offset: u64,
        size: u64,
        direction: u32,
        attributes: u64,
    ) -> i32 {
        let status = self.sync_iova(state, offset, size);
        let Some(&(Some(start), _)) = self.iovas.get(&state) else {
            return status;
        };
        for link in self.links(start, offset, size) {
            let size = self.mappings.get(&link).map_or(0, |mapping| mapping.size);
            self.unmap("iova", link, size, direction, attributes);
        }
        status
    }

    pub(crate) fn free_iova(&mut self, state: usize) -> i32 {
        match self.iovas.get(&state) {
            None => self.fault("iova_free: no state".into()),
            Some(&(Some(start), size)) if !self.links(start, 0, size).is_empty() => {
                self.fault("iova_free: something is linked".into())
            }
            Some(_) => {
                self.iovas.remove(&state);
                KDMA_OK
            }
        }
    }

    /// Copies between memory and bounce buffer as a sync does.
    fn copy(&mut self, dma_address: u64, offset: u64, size: u64, for_cpu: bool) {
        let Some(mapping) = self.mappings.get_mut(&dma_address) else {
            return;
        };
        let useless = if for_cpu {
            KDMA_TO_DEVICE
        } else {
            KDMA_FROM_DEVICE
        };
        let Some(memory) = mapping.memory else { return };
        if mapping.direction == useless || offset + size > mapping.bounce.len() as u64 {
            return;
        }
        // SAFETY: the range is inside the mapping, whose memory its owner lent
        // to the device.
        unsafe {
            let bounce = mapping.bounce.as_mut_ptr().add(offset as usize);
            let memory = memory.as_ptr().add(offset as usize);
            if for_cpu {
                core::ptr::copy_nonoverlapping(bounce, memory, size as usize);
            } else {
                core::ptr::copy_nonoverlapping(memory, bounce, size as usize);
            }
        }
    }

    pub(crate) fn unmap(
        &mut self,
        kind: &'static str,
        dma_address: u64,
        size: u64,
        direction: u32,
        attributes: u64,
    ) -> i32 {
        let Some(mapping) = self.mappings.get(&dma_address) else {
            return self.fault(format!("unmap_{kind}: {dma_address:#x} is not mapped"));
        };
        let made = (
            mapping.kind,
            mapping.size,
            mapping.direction,
            mapping.attributes,
        );
        let said = (kind, size, direction, attributes);
        let skips = (kind, size, direction, made.3 | KDMA_ATTR_SKIP_CPU_SYNC);
        if made != said && skips != said {
            return self.fault(format!("unmap: made {made:?}, said {said:?}"));
        }
        if attributes & KDMA_ATTR_SKIP_CPU_SYNC == 0 {
            self.copy(dma_address, 0, size, true);
        }
        self.mappings.remove(&dma_address);
        KDMA_OK
    }

    pub(crate) fn sync(
        &mut self,
        dma_address: u64,
        offset: u64,
        size: u64,
        direction: u32,
        for_cpu: bool,
    ) -> i32 {
        // Allocated pages have no bounce buffer; only the words are checked.
        if let Some(pages) = self.allocations.get(&dma_address) {
            let made = (pages.kind, pages.attributes, pages.size);
            let streams = matches!(pages.kind, "noncoherent" | "noncontiguous" | "pages");
            if !streams || (made.1, made.2) != (u64::from(direction), size) || offset != 0 {
                return self.fault(format!("sync: made {made:?}, said {direction}, {size}"));
            }
            return KDMA_OK;
        }
        let Some(mapping) = self.mappings.get(&dma_address) else {
            return self.fault(format!("sync: {dma_address:#x} is not mapped"));
        };
        if mapping.direction != direction {
            return self.fault(format!("sync: direction {direction}"));
        }
        if size == 0 {
            return KDMA_EINVAL;
        }
        self.copy(dma_address, offset, size, for_cpu);
        KDMA_OK
    }

    pub(crate) fn allocate(
        &mut self,
        kind: &'static str,
        size: u64,
        attributes: u64,
    ) -> Result<(*mut c_void, u64), i32> {
        if size == 0 {
            return Err(KDMA_EINVAL);
        }
        let start = leak(size as usize);
        let dma_address = self.new_dma(size, 0);
        self.allocations.insert(
            dma_address,
            Allocation {
                kind,
                start,
                size,
                attributes,
            },
        );
        Ok((start.as_ptr().cast(), dma_address))
    }

    pub(crate) fn free(
        &mut self,
        kind: &'static str,
        size: u64,
        cpu_address: *mut c_void,
        dma_address: u64,
        attributes: u64,
    ) -> i32 {
        let Some(allocation) = self.allocations.get(&dma_address) else {
            return self.fault(format!("free_{kind}: {dma_address:#x} is not allocated"));
        };
        let start = allocation.start.addr().get();
        let made = (
            allocation.kind,
            allocation.size,
            start,
            allocation.attributes,
        );
        let said = (kind, size, cpu_address.addr(), attributes);
        if made != said {
            return self.fault(format!("free: made {made:?}, said {said:?}"));
        }
        self.allocations.remove(&dma_address);
        KDMA_OK
    }

    /// Such an allocation has its direction where others have their attributes.
    pub(crate) fn allocate_directed(
        &mut self,
        kind: &'static str,
        size: u64,
        direction: u32,
    ) -> Result<(*mut c_void, u64), i32> {
        if !(KDMA_TO_DEVICE..=KDMA_BIDIRECTIONAL).contains(&direction) {
            return Err(KDMA_EINVAL);
        }
        self.allocate(kind, size, u64::from(direction))
    }

    pub(crate) fn allocate_pages(
        &mut self,
        size: u64,
        direction: u32,
    ) -> Result<(NonNull<kdma_page>, *mut c_void, u64), i32> {
        let (start, dma_address) = self.allocate_directed("pages", size, direction)?;
        let page = leak(1);
        let first = NonNull::new(start.cast()).ok_or(KDMA_ENOMEM)?;
        self.pages.insert(page.addr().get(), (first, 0));
        Ok((page.cast(), start, dma_address))
    }

    pub(crate) fn free_pages(
        &mut self,
        size: u64,
        page: *mut kdma_page,
        dma_address: u64,
        direction: u32,
    ) -> i32 {
        let Some(first) = self.by_page(page, 0) else {
            return self.fault(format!("free_pages: {page:?} is no page"));
        };
        let start = first.as_ptr().cast();
        self.free("pages", size, start, dma_address, u64::from(direction))
    }

    pub(crate) fn device_write(&mut self, dma_address: u64, bytes: &[u8]) {
        if let Some((&start, mapping)) = self.mappings.range_mut(..=dma_address).next_back() {
            let offset = (dma_address - start) as usize;
            if let Some(to) = mapping.bounce.get_mut(offset..offset + bytes.len()) {
                to.copy_from_slice(bytes);
                return;
            }
        }
        let (start, allocation) = self.allocation_at(dma_address);
        // SAFETY: allocations are leaked, so the memory is there.
        unsafe {
            let to = allocation.as_ptr().add((dma_address - start) as usize);
            core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
        }
    }

    pub(crate) fn device_read(&mut self, dma_address: u64, length: usize) -> Vec<u8> {
        if let Some((&start, mapping)) = self.mappings.range(..=dma_address).next_back() {
            let offset = (dma_address - start) as usize;
            if let Some(from) = mapping.bounce.get(offset..offset + length) {
                return from.to_vec();
            }
        }
        let (start, allocation) = self.allocation_at(dma_address);
        let mut bytes = vec![0; length];
        // SAFETY: as in `device_write`.
        unsafe {
            let from = allocation.as_ptr().add((dma_address - start) as usize);
            core::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), length);
        }
        bytes
    }

    fn allocation_at(&self, dma_address: u64) -> (u64, NonNull<u8>) {
        let found = self.allocations.range(..=dma_address).next_back();
        let (&start, allocation) = found.expect("the device was given a bad address");
        (start, allocation.start)
    }
}
