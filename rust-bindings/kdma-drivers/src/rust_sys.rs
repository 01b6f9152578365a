// SPDX-License-Identifier: GPL-2.0

//! The driver through the generated bindings: every operation is one call with
//! exactly its arguments, right or wrong.

use core::ffi::c_void;
use core::ptr;

use kdma_program::*;
use kdma_sys::*;

use crate::refusals::{self, Right};
use crate::slots::{self, Live};

/// Which call releases what a slot holds.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
enum Release {
    /// Nothing to release, or managed memory, which the device frees. Zero, as the
    /// state of a driver starts.
    Nothing = 0,
    FreeAttrs,
    FreeCoherent,
    /// A range of IOVAs, after all that is linked to it.
    FreeIova,
    /// A scatterlist that is not mapped.
    FreeList,
    FreeNoncoherent,
    FreeNoncontiguous,
    FreePages,
    FreePiece,
    FreePool,
    /// A managed pool: the device destroys it.
    ManagedPool,
    /// One that `map_sg_attrs` mapped.
    UnmapSgAttrs,
    /// One that `map_sgtable` mapped.
    UnmapSgtable,
    UnmapPage,
    UnmapPageAttrs,
    UnmapPhys,
    UnmapResource,
    UnmapSingle,
    UnmapSingleAttrs,
}

/// What the driver remembers of a slot, to release it at the end with the
/// arguments it was defined with. All zero is a valid value.
#[derive(Clone, Copy)]
struct Entry {
    release: Release,
    direction: u32,
    size: u64,
    attributes: u64,
    /// Of an allocation; a cookie where the CPU may not touch the memory.
    cpu_address: *mut c_void,
    /// The first page of allocated pages.
    page: *mut kdma_page,
    /// A pool, or the pool that memory is from.
    pool: *mut kdma_pool,
}

const EMPTY: Entry = Entry {
    release: Release::Nothing,
    direction: 0,
    size: 0,
    attributes: 0,
    cpu_address: ptr::null_mut(),
    page: ptr::null_mut(),
    pool: ptr::null_mut(),
};

/// The driver during one run.
struct Driver<'r> {
    entries: &'r mut [Entry],
}

impl Driver<'_> {
    /// The address a slot has or last had.
    fn dma_address(run: &Run<'_>, slot: u32) -> kdma_address_t {
        run.slot(slot)
            .map_or(KDMA_MAPPING_ERROR, |slot| slot.dma_address)
    }

    /// What an allocation in a slot is or was freed by.
    fn cpu_address(&self, slot: u32) -> *mut c_void {
        self.entries
            .get(slot as usize)
            .map_or(ptr::null_mut(), |entry| entry.cpu_address)
    }

    /// What allocated pages in a slot are or were freed by.
    fn page(&self, slot: u32) -> *mut kdma_page {
        self.entries
            .get(slot as usize)
            .map_or(ptr::null_mut(), |entry| entry.page)
    }

    /// The pool in a slot, null where there is none.
    fn pool(&self, slot: u32) -> *mut kdma_pool {
        self.entries
            .get(slot as usize)
            .filter(|entry| matches!(entry.release, Release::FreePool | Release::ManagedPool))
            .map_or(ptr::null_mut(), |entry| entry.pool)
    }

    /// What memory taken from the pool in a slot is released with.
    fn piece(&self, pool: u32) -> Entry {
        Entry {
            release: Release::FreePiece,
            size: self
                .entries
                .get(pool as usize)
                .map_or(0, |entry| entry.size),
            pool: self.pool(pool),
            ..EMPTY
        }
    }

    /// The range of IOVAs in a slot, null where there is none.
    fn iova(&self, slot: u32) -> *mut kdma_iova_state {
        self.entries
            .get(slot as usize)
            .filter(|entry| entry.release == Release::FreeIova)
            .map_or(ptr::null_mut(), |entry| entry.cpu_address.cast())
    }

    /// Records what the end of a range of IOVAs said. Without one there was no
    /// mapping.
    fn iova_released(&mut self, run: &Run<'_>, slot: u32, status: kdma_error) -> Outcome {
        if Self::dma_address(run, slot) == KDMA_MAPPING_ERROR {
            return self.freed(run, slot, status);
        }
        self.unmapped(run, slot, status)
    }

    /// Ends what the program linked to the range in a slot. What is not linked any
    /// more is refused.
    fn unlink_leftover(&self, run: &Run<'_>, slot: u32) {
        for words in run.succeeded(IovaLink::OPCODE, slot) {
            let link = IovaLink::decode(slot, &words);
            // SAFETY: device and state are valid for the run; the ABI refuses what
            // is not linked like this.
            unsafe {
                kdma_iova_unlink(
                    run.device(),
                    self.iova(slot),
                    link.iova_offset,
                    link.size,
                    link.direction,
                    link.attributes,
                );
            }
        }
    }

    /// Destroys the pools that the program left, now that nothing is out of them.
    fn destroy_leftover(&mut self, run: &Run<'_>) {
        for slot in 0..run.slot_count() {
            let is_ours = self
                .entries
                .get(slot as usize)
                .is_some_and(|entry| entry.release == Release::FreePool);
            if is_ours {
                let pool = self.pool(slot);
                // SAFETY: the pool has not been destroyed.
                let status = unsafe { kdma_pool_destroy(pool) };
                run.count_leftover();
                self.freed(run, slot, status);
            }
        }
    }

    fn set_entry(&mut self, slot: u32, entry: Entry) {
        if let Some(to) = self.entries.get_mut(slot as usize) {
            *to = entry;
        }
    }

    /// Nothing is left to release. The address stays, for a program that frees
    /// twice to see what happens.
    fn set_released(&mut self, slot: u32) {
        if let Some(entry) = self.entries.get_mut(slot as usize) {
            entry.release = Release::Nothing;
        }
    }

    /// Records what a map function gave.
    fn mapped(
        &mut self,
        run: &Run<'_>,
        slot: u32,
        status: kdma_error,
        dma_address: kdma_address_t,
        entry: Entry,
    ) -> Outcome<1> {
        if status == KDMA_OK {
            slots::defined(run, slot, dma_address, entry.size, Live::Mapped);
            self.set_entry(slot, entry);
        } else {
            slots::failed(run, slot);
            self.set_entry(slot, EMPTY);
        }
        Outcome::completed(status, [dma_address])
    }

    /// Records what an allocation gave.
    fn allocated(
        &mut self,
        run: &Run<'_>,
        slot: u32,
        status: kdma_error,
        dma_address: kdma_address_t,
        entry: Entry,
    ) -> Outcome<1> {
        if status == KDMA_OK {
            let cpu_address = if entry.attributes & KDMA_ATTR_NO_KERNEL_MAPPING == 0 {
                entry.cpu_address
            } else {
                ptr::null_mut()
            };
            let live = Live::Allocated { cpu_address };
            slots::defined(run, slot, dma_address, entry.size, live);
            self.set_entry(slot, entry);
        } else {
            slots::failed(run, slot);
            self.set_entry(slot, EMPTY);
        }
        Outcome::completed(status, [dma_address])
    }

    /// Records what making a scatterlist or a pool gave.
    fn handle(&mut self, run: &Run<'_>, slot: u32, status: kdma_error, entry: Entry) -> Outcome {
        if status == KDMA_OK {
            slots::defined(run, slot, KDMA_MAPPING_ERROR, 0, Live::Handle);
            self.set_entry(slot, entry);
        } else {
            slots::failed(run, slot);
            self.set_entry(slot, EMPTY);
        }
        Outcome::status(status)
    }

    /// The scatterlist in a slot, null where there is none.
    fn list(&self, slot: u32) -> *mut kdma_sg_table {
        self.cpu_address(slot).cast()
    }

    /// Records what mapping a scatterlist gave.
    fn list_mapped(
        &mut self,
        run: &Run<'_>,
        slot: u32,
        status: kdma_error,
        release: Release,
        (direction, attributes): (u32, u64),
    ) {
        if status == KDMA_OK {
            slots::list_mapped(run, slot);
            let entry = Entry {
                release,
                direction,
                size: 0,
                attributes,
                cpu_address: self.cpu_address(slot),
                ..EMPTY
            };
            self.set_entry(slot, entry);
        }
    }

    /// Records what ending the mapping of a scatterlist said.
    fn list_unmapped(&mut self, run: &Run<'_>, slot: u32, status: kdma_error) -> Outcome {
        if status == KDMA_OK {
            slots::unmapped(run, slot);
            if let Some(entry) = self.entries.get_mut(slot as usize) {
                entry.release = Release::FreeList;
            }
        }
        Outcome::status(status)
    }

    /// Records what an unmap function said.
    fn unmapped(&mut self, run: &Run<'_>, slot: u32, status: kdma_error) -> Outcome {
        if status == KDMA_OK {
            slots::unmapped(run, slot);
            self.set_released(slot);
        }
        Outcome::status(status)
    }

    /// Records what a free function said.
    fn freed(&mut self, run: &Run<'_>, slot: u32, status: kdma_error) -> Outcome {
        if status == KDMA_OK {
            slots::freed(run, slot);
            self.set_released(slot);
        }
        Outcome::status(status)
    }

    /// Releases what the program left, in the order of the slots.
    fn release_leftover(&mut self, run: &Run<'_>) {
        // Lists first: they name memory of the others.
        self.release_all(run, true);
        self.release_all(run, false);
        self.destroy_leftover(run);
    }

    /// Releases all lists, or all that is no list and no pool.
    fn release_all(&mut self, run: &Run<'_>, lists: bool) {
        let device = run.device();
        for slot in 0..run.slot_count() {
            let Some(&entry) = self.entries.get(slot as usize) else {
                return;
            };
            let is_list = matches!(
                entry.release,
                Release::FreeList | Release::UnmapSgAttrs | Release::UnmapSgtable
            );
            if is_list != lists {
                continue;
            }
            let address = Self::dma_address(run, slot);
            let (size, direction) = (entry.size, entry.direction);
            let (cpu_address, attributes) = (entry.cpu_address, entry.attributes);
            let list = cpu_address.cast();
            // SAFETY: the entry holds what the slot was defined with, and it
            // has not been released.
            let status = unsafe {
                match entry.release {
                    Release::Nothing | Release::FreePool | Release::ManagedPool => continue,
                    Release::FreeAttrs => {
                        kdma_free_attrs(device, size, cpu_address, address, attributes)
                    }
                    Release::FreeCoherent => kdma_free_coherent(device, size, cpu_address, address),
                    Release::FreeIova => {
                        self.unlink_leftover(run, slot);
                        kdma_iova_free(device, cpu_address.cast())
                    }
                    Release::FreeNoncoherent => {
                        kdma_free_noncoherent(device, size, cpu_address, address, direction)
                    }
                    Release::FreeNoncontiguous => {
                        // Refused where the CPU has no address.
                        kdma_vunmap_noncontiguous(device, list);
                        kdma_free_noncontiguous(device, size, list, direction)
                    }
                    Release::FreePages => {
                        kdma_free_pages(device, size, entry.page, address, direction)
                    }
                    Release::FreePiece => kdma_pool_free(entry.pool, cpu_address, address),
                    Release::FreeList => kdma_sg_free(list),
                    Release::UnmapSgAttrs => {
                        kdma_unmap_sg_attrs(device, list, direction, attributes);
                        kdma_sg_free(list)
                    }
                    Release::UnmapSgtable => {
                        kdma_unmap_sgtable(device, list, direction, attributes);
                        kdma_sg_free(list)
                    }
                    Release::UnmapPage => kdma_unmap_page(device, address, size, direction),
                    Release::UnmapPageAttrs => {
                        kdma_unmap_page_attrs(device, address, size, direction, attributes)
                    }
                    Release::UnmapPhys => {
                        kdma_unmap_phys(device, address, size, direction, attributes)
                    }
                    Release::UnmapResource => {
                        kdma_unmap_resource(device, address, size, direction, attributes)
                    }
                    Release::UnmapSingle => kdma_unmap_single(device, address, size, direction),
                    Release::UnmapSingleAttrs => {
                        kdma_unmap_single_attrs(device, address, size, direction, attributes)
                    }
                }
            };
            // A range of IOVAs that does not go is not counted, which the host sees.
            if entry.release != Release::FreeIova || status == KDMA_OK {
                run.count_leftover();
            }
            match entry.release {
                Release::FreeAttrs
                | Release::FreeCoherent
                | Release::FreeList
                | Release::FreeNoncoherent
                | Release::FreeNoncontiguous
                | Release::FreePages
                | Release::FreePiece
                | Release::UnmapSgAttrs
                | Release::UnmapSgtable => self.freed(run, slot, status),
                Release::FreeIova => self.iova_released(run, slot, status),
                _ => self.unmapped(run, slot, status),
            };
        }
    }
}

// The calls themselves are written out one by one, although many look alike: a
// generated or shared call could hide the very swap this driver is to show.
impl Calls for Driver<'_> {
    fn abi_version(&mut self, _: &Run<'_>) -> Outcome<1> {
        // SAFETY: has no conditions.
        Outcome::ok([u64::from(unsafe { kdma_abi_version() })])
    }

    fn abi_attributes(&mut self, _: &Run<'_>) -> Outcome<1> {
        // SAFETY: has no conditions.
        Outcome::ok([unsafe { kdma_abi_attributes() }])
    }

    fn set_mask(&mut self, run: &Run<'_>, arguments: &SetMask) -> Outcome {
        // SAFETY: the device is valid for the run.
        Outcome::status(unsafe { kdma_set_mask(run.device(), arguments.mask) })
    }

    fn set_coherent_mask(&mut self, run: &Run<'_>, arguments: &SetCoherentMask) -> Outcome {
        // SAFETY: the device is valid for the run.
        Outcome::status(unsafe { kdma_set_coherent_mask(run.device(), arguments.mask) })
    }

    fn set_mask_and_coherent(&mut self, run: &Run<'_>, arguments: &SetMaskAndCoherent) -> Outcome {
        // SAFETY: the device is valid for the run.
        Outcome::status(unsafe { kdma_set_mask_and_coherent(run.device(), arguments.mask) })
    }

    fn get_mask(&mut self, run: &Run<'_>) -> Outcome<1> {
        let mut mask = 0;
        // SAFETY: the device is valid for the run, the out parameter for the
        // call.
        let status = unsafe { kdma_get_mask(run.device(), &raw mut mask) };
        Outcome::completed(status, [mask])
    }

    fn get_required_mask(&mut self, run: &Run<'_>) -> Outcome<1> {
        let mut mask = 0;
        // SAFETY: the device is valid for the run, the out parameter for the
        // call.
        let status = unsafe { kdma_get_required_mask(run.device(), &raw mut mask) };
        Outcome::completed(status, [mask])
    }

    fn max_mapping_size(&mut self, run: &Run<'_>) -> Outcome<1> {
        let mut size = 0;
        // SAFETY: the device is valid for the run, the out parameter for the
        // call.
        let status = unsafe { kdma_max_mapping_size(run.device(), &raw mut size) };
        Outcome::completed(status, [size])
    }

    fn opt_mapping_size(&mut self, run: &Run<'_>) -> Outcome<1> {
        let mut size = 0;
        // SAFETY: the device is valid for the run, the out parameter for the
        // call.
        let status = unsafe { kdma_opt_mapping_size(run.device(), &raw mut size) };
        Outcome::completed(status, [size])
    }

    fn addressing_limited(&mut self, run: &Run<'_>) -> Outcome<1> {
        let mut limited = 0;
        // SAFETY: the device is valid for the run, the out parameter for the
        // call.
        let status = unsafe { kdma_addressing_limited(run.device(), &raw mut limited) };
        Outcome::completed(status, [u64::from(limited)])
    }

    fn set_max_seg_size(&mut self, run: &Run<'_>, arguments: &SetMaxSegSize) -> Outcome {
        // SAFETY: the device is valid for the run.
        Outcome::status(unsafe { kdma_set_max_seg_size(run.device(), arguments.size) })
    }

    fn get_max_seg_size(&mut self, run: &Run<'_>) -> Outcome<1> {
        let mut size = 0;
        // SAFETY: the device is valid for the run, the out parameter for the
        // call.
        let status = unsafe { kdma_get_max_seg_size(run.device(), &raw mut size) };
        Outcome::completed(status, [u64::from(size)])
    }

    fn set_seg_boundary(&mut self, run: &Run<'_>, arguments: &SetSegBoundary) -> Outcome {
        // SAFETY: the device is valid for the run.
        Outcome::status(unsafe { kdma_set_seg_boundary(run.device(), arguments.mask) })
    }

    fn get_seg_boundary(&mut self, run: &Run<'_>) -> Outcome<1> {
        let mut mask = 0;
        // SAFETY: the device is valid for the run, the out parameter for the
        // call.
        let status = unsafe { kdma_get_seg_boundary(run.device(), &raw mut mask) };
        Outcome::completed(status, [mask])
    }

    fn set_min_align_mask(&mut self, run: &Run<'_>, arguments: &SetMinAlignMask) -> Outcome {
        // SAFETY: the device is valid for the run.
        Outcome::status(unsafe { kdma_set_min_align_mask(run.device(), arguments.mask) })
    }

    fn get_min_align_mask(&mut self, run: &Run<'_>) -> Outcome<1> {
        let mut mask = 0;
        // SAFETY: the device is valid for the run, the out parameter for the
        // call.
        let status = unsafe { kdma_get_min_align_mask(run.device(), &raw mut mask) };
        Outcome::completed(status, [u64::from(mask)])
    }

    fn get_cache_alignment(&mut self, _: &Run<'_>) -> Outcome<1> {
        let mut alignment = 0;
        // SAFETY: the out parameter is valid for the call.
        let status = unsafe { kdma_get_cache_alignment(&raw mut alignment) };
        Outcome::completed(status, [u64::from(alignment)])
    }

    fn get_merge_boundary(&mut self, run: &Run<'_>) -> Outcome<1> {
        let mut mask = 0;
        // SAFETY: the device is valid for the run, the out parameter for the
        // call.
        let status = unsafe { kdma_get_merge_boundary(run.device(), &raw mut mask) };
        Outcome::completed(status, [mask])
    }

    fn can_mmap(&mut self, run: &Run<'_>) -> Outcome<1> {
        let mut possible = 0;
        // SAFETY: the device is valid for the run, the out parameter for the
        // call.
        let status = unsafe { kdma_can_mmap(run.device(), &raw mut possible) };
        Outcome::completed(status, [u64::from(possible)])
    }

    fn get_sgtable(&mut self, run: &Run<'_>, arguments: &GetSgtable) -> Outcome {
        let mut list = ptr::null_mut();
        // SAFETY: the device is valid for the run, the out parameter for the call;
        // the memory is what is in its slot.
        let status = unsafe {
            kdma_get_sgtable(
                run.device(),
                self.cpu_address(arguments.coherent),
                Self::dma_address(run, arguments.coherent),
                arguments.size,
                &raw mut list,
            )
        };
        let entry = Entry {
            release: Release::FreeList,
            cpu_address: list.cast(),
            ..EMPTY
        };
        self.handle(run, arguments.slot, status, entry)
    }

    fn get_sgtable_attrs(&mut self, run: &Run<'_>, arguments: &GetSgtableAttrs) -> Outcome {
        let mut list = ptr::null_mut();
        // SAFETY: as in `get_sgtable`.
        let status = unsafe {
            kdma_get_sgtable_attrs(
                run.device(),
                self.cpu_address(arguments.coherent),
                Self::dma_address(run, arguments.coherent),
                arguments.size,
                arguments.attributes,
                &raw mut list,
            )
        };
        let entry = Entry {
            release: Release::FreeList,
            cpu_address: list.cast(),
            ..EMPTY
        };
        self.handle(run, arguments.slot, status, entry)
    }

    fn pci_p2pdma_supported(&mut self, run: &Run<'_>) -> Outcome<1> {
        let mut supported = 0;
        // SAFETY: the device is valid for the run, the out parameter for the
        // call.
        let status = unsafe { kdma_pci_p2pdma_supported(run.device(), &raw mut supported) };
        Outcome::completed(status, [u64::from(supported)])
    }

    fn alloc_coherent(&mut self, run: &Run<'_>, arguments: &AllocCoherent) -> Outcome<1> {
        let mut cpu_address = ptr::null_mut();
        let mut dma_address = 0;
        // SAFETY: the device is valid for the run, the out parameters for the
        // call.
        let status = unsafe {
            kdma_alloc_coherent(
                run.device(),
                arguments.size,
                arguments.flags,
                &raw mut cpu_address,
                &raw mut dma_address,
            )
        };
        let entry = Entry {
            release: Release::FreeCoherent,
            direction: 0,
            size: arguments.size,
            attributes: 0,
            cpu_address,
            ..EMPTY
        };
        self.allocated(run, arguments.slot, status, dma_address, entry)
    }

    fn free_coherent(&mut self, run: &Run<'_>, arguments: &FreeCoherent) -> Outcome {
        // SAFETY: the ABI checks what it can; a program that says something
        // else than it allocated wants to see what happens.
        let status = unsafe {
            kdma_free_coherent(
                run.device(),
                arguments.size,
                self.cpu_address(arguments.slot),
                Self::dma_address(run, arguments.slot),
            )
        };
        self.freed(run, arguments.slot, status)
    }

    fn alloc_attrs(&mut self, run: &Run<'_>, arguments: &AllocAttrs) -> Outcome<1> {
        let mut cpu_address = ptr::null_mut();
        let mut dma_address = 0;
        // SAFETY: the device is valid for the run, the out parameters for the
        // call.
        let status = unsafe {
            kdma_alloc_attrs(
                run.device(),
                arguments.size,
                arguments.flags,
                arguments.attributes,
                &raw mut cpu_address,
                &raw mut dma_address,
            )
        };
        let entry = Entry {
            release: Release::FreeAttrs,
            direction: 0,
            size: arguments.size,
            attributes: arguments.attributes,
            cpu_address,
            ..EMPTY
        };
        self.allocated(run, arguments.slot, status, dma_address, entry)
    }

    fn free_attrs(&mut self, run: &Run<'_>, arguments: &FreeAttrs) -> Outcome {
        // SAFETY: the ABI checks what it can; a program that says something
        // else than it allocated wants to see what happens.
        let status = unsafe {
            kdma_free_attrs(
                run.device(),
                arguments.size,
                self.cpu_address(arguments.slot),
                Self::dma_address(run, arguments.slot),
                arguments.attributes,
            )
        };
        self.freed(run, arguments.slot, status)
    }

    fn alloc_pages(&mut self, run: &Run<'_>, arguments: &AllocPages) -> Outcome<1> {
        let mut page = ptr::null_mut();
        let mut cpu_address = ptr::null_mut();
        let mut dma_address = 0;
        // SAFETY: the device is valid for the run, the out parameters for the
        // call.
        let status = unsafe {
            kdma_alloc_pages(
                run.device(),
                arguments.size,
                arguments.direction,
                arguments.flags,
                &raw mut page,
                &raw mut cpu_address,
                &raw mut dma_address,
            )
        };
        let entry = Entry {
            release: Release::FreePages,
            direction: arguments.direction,
            size: arguments.size,
            attributes: 0,
            cpu_address,
            page,
            ..EMPTY
        };
        self.allocated(run, arguments.slot, status, dma_address, entry)
    }

    fn free_pages(&mut self, run: &Run<'_>, arguments: &FreePages) -> Outcome {
        // SAFETY: the ABI checks what it can; a program that says something
        // else than it allocated wants to see what happens.
        let status = unsafe {
            kdma_free_pages(
                run.device(),
                arguments.size,
                self.page(arguments.slot),
                Self::dma_address(run, arguments.slot),
                arguments.direction,
            )
        };
        self.freed(run, arguments.slot, status)
    }

    fn alloc_noncontiguous(&mut self, run: &Run<'_>, arguments: &AllocNoncontiguous) -> Outcome<1> {
        let mut table = ptr::null_mut();
        let mut dma_address = 0;
        // SAFETY: the device is valid for the run, the out parameters for the
        // call.
        let status = unsafe {
            kdma_alloc_noncontiguous(
                run.device(),
                arguments.size,
                arguments.direction,
                arguments.flags,
                arguments.attributes,
                &raw mut table,
                &raw mut dma_address,
            )
        };
        let entry = Entry {
            release: Release::FreeNoncontiguous,
            direction: arguments.direction,
            size: arguments.size,
            attributes: arguments.attributes,
            cpu_address: table.cast(),
            ..EMPTY
        };
        let outcome = self.allocated(run, arguments.slot, status, dma_address, entry);
        if status == KDMA_OK {
            slots::seen(run, arguments.slot, ptr::null_mut());
        }
        outcome
    }

    fn free_noncontiguous(&mut self, run: &Run<'_>, arguments: &FreeNoncontiguous) -> Outcome {
        // SAFETY: the ABI checks what it can; a program that says something
        // else than it allocated wants to see what happens.
        let status = unsafe {
            kdma_free_noncontiguous(
                run.device(),
                arguments.size,
                self.list(arguments.slot),
                arguments.direction,
            )
        };
        let outcome = self.freed(run, arguments.slot, status);
        if status == KDMA_OK {
            self.set_entry(arguments.slot, EMPTY);
        }
        outcome
    }

    fn vmap_noncontiguous(&mut self, run: &Run<'_>, arguments: &VmapNoncontiguous) -> Outcome {
        let mut cpu_address = ptr::null_mut();
        let table = self.list(arguments.slot);
        // SAFETY: device and table are valid, or the table is null; the out
        // parameter is valid for the call.
        let status = unsafe {
            kdma_vmap_noncontiguous(run.device(), arguments.size, table, &raw mut cpu_address)
        };
        if status == KDMA_OK {
            slots::seen(run, arguments.slot, cpu_address);
        }
        Outcome::status(status)
    }

    fn vunmap_noncontiguous(&mut self, run: &Run<'_>, arguments: &VunmapNoncontiguous) -> Outcome {
        let table = self.list(arguments.slot);
        // SAFETY: device and table are valid, or the table is null.
        let status = unsafe { kdma_vunmap_noncontiguous(run.device(), table) };
        if status == KDMA_OK {
            slots::seen(run, arguments.slot, ptr::null_mut());
        }
        Outcome::status(status)
    }

    fn alloc_noncoherent(&mut self, run: &Run<'_>, arguments: &AllocNoncoherent) -> Outcome<1> {
        let mut cpu_address = ptr::null_mut();
        let mut dma_address = 0;
        // SAFETY: the device is valid for the run, the out parameters for the
        // call.
        let status = unsafe {
            kdma_alloc_noncoherent(
                run.device(),
                arguments.size,
                arguments.direction,
                arguments.flags,
                &raw mut cpu_address,
                &raw mut dma_address,
            )
        };
        let entry = Entry {
            release: Release::FreeNoncoherent,
            direction: arguments.direction,
            size: arguments.size,
            attributes: 0,
            cpu_address,
            ..EMPTY
        };
        self.allocated(run, arguments.slot, status, dma_address, entry)
    }

    fn free_noncoherent(&mut self, run: &Run<'_>, arguments: &FreeNoncoherent) -> Outcome {
        // SAFETY: the ABI checks what it can; a program that says something
        // else than it allocated wants to see what happens.
        let status = unsafe {
            kdma_free_noncoherent(
                run.device(),
                arguments.size,
                self.cpu_address(arguments.slot),
                Self::dma_address(run, arguments.slot),
                arguments.direction,
            )
        };
        self.freed(run, arguments.slot, status)
    }

    fn iova_try_alloc(&mut self, run: &Run<'_>, arguments: &IovaTryAlloc) -> Outcome<1> {
        let (mut state, mut dma_address) = (ptr::null_mut(), KDMA_MAPPING_ERROR);
        // SAFETY: the device is valid for the run, the out parameters for the
        // call.
        let status = unsafe {
            kdma_iova_try_alloc(
                run.device(),
                arguments.physical_address,
                arguments.size,
                arguments.flags,
                &raw mut state,
                &raw mut dma_address,
            )
        };
        let entry = Entry {
            release: Release::FreeIova,
            size: arguments.size,
            cpu_address: state.cast(),
            ..EMPTY
        };
        if dma_address == KDMA_MAPPING_ERROR {
            self.handle(run, arguments.slot, status, entry);
            return Outcome::completed(status, [dma_address]);
        }
        self.mapped(run, arguments.slot, status, dma_address, entry)
    }

    fn use_iova(&mut self, _: &Run<'_>, arguments: &UseIova) -> Outcome<1> {
        let mut used = 0;
        // SAFETY: the state is valid, or null; the out parameter is valid for the
        // call.
        let status = unsafe { kdma_use_iova(self.iova(arguments.slot), &raw mut used) };
        Outcome::completed(status, [u64::from(used)])
    }

    fn iova_size(&mut self, _: &Run<'_>, arguments: &IovaSize) -> Outcome<1> {
        let mut size = 0;
        // SAFETY: as in `use_iova`.
        let status = unsafe { kdma_iova_size(self.iova(arguments.slot), &raw mut size) };
        Outcome::completed(status, [size])
    }

    fn iova_link(&mut self, run: &Run<'_>, arguments: &IovaLink) -> Outcome {
        let Some(buffer) = run.buffer(arguments.buffer) else {
            return Outcome::status(KDMA_EINVAL);
        };
        // SAFETY: device and buffer are valid for the run, the state is valid or
        // null; the ABI checks the rest.
        Outcome::status(unsafe {
            kdma_iova_link(
                run.device(),
                self.iova(arguments.slot),
                buffer.physical_address.wrapping_add(arguments.offset),
                arguments.iova_offset,
                arguments.size,
                arguments.direction,
                arguments.attributes,
            )
        })
    }

    fn iova_sync(&mut self, run: &Run<'_>, arguments: &IovaSync) -> Outcome {
        // SAFETY: the device is valid for the run, the state is valid or null; the
        // ABI checks the rest.
        Outcome::status(unsafe {
            kdma_iova_sync(
                run.device(),
                self.iova(arguments.slot),
                arguments.iova_offset,
                arguments.size,
            )
        })
    }

    fn iova_unlink(&mut self, run: &Run<'_>, arguments: &IovaUnlink) -> Outcome {
        // SAFETY: as in `iova_sync`.
        Outcome::status(unsafe {
            kdma_iova_unlink(
                run.device(),
                self.iova(arguments.slot),
                arguments.iova_offset,
                arguments.size,
                arguments.direction,
                arguments.attributes,
            )
        })
    }

    fn iova_destroy(&mut self, run: &Run<'_>, arguments: &IovaDestroy) -> Outcome {
        // SAFETY: as in `iova_sync`; the state is not used again where this
        // succeeds.
        let status = unsafe {
            kdma_iova_destroy(
                run.device(),
                self.iova(arguments.slot),
                arguments.linked,
                arguments.direction,
                arguments.attributes,
            )
        };
        self.iova_released(run, arguments.slot, status)
    }

    fn iova_free(&mut self, run: &Run<'_>, arguments: &IovaFree) -> Outcome {
        // SAFETY: as in `iova_destroy`.
        let status = unsafe { kdma_iova_free(run.device(), self.iova(arguments.slot)) };
        self.iova_released(run, arguments.slot, status)
    }

    fn pool_create(&mut self, run: &Run<'_>, arguments: &PoolCreate) -> Outcome {
        let mut pool = ptr::null_mut();
        // SAFETY: the device is valid for the run, the out parameter for the
        // call.
        let status = unsafe {
            kdma_pool_create(
                run.device(),
                arguments.size,
                arguments.alignment,
                arguments.boundary,
                &raw mut pool,
            )
        };
        let entry = Entry {
            release: Release::FreePool,
            size: arguments.size,
            pool,
            ..EMPTY
        };
        self.handle(run, arguments.slot, status, entry)
    }

    fn pool_destroy(&mut self, run: &Run<'_>, arguments: &PoolDestroy) -> Outcome {
        // SAFETY: the pool is one of `kdma_pool_create`, or null; the ABI checks
        // the rest.
        let status = unsafe { kdma_pool_destroy(self.pool(arguments.slot)) };
        self.freed(run, arguments.slot, status)
    }

    fn managed_alloc_attrs(&mut self, run: &Run<'_>, arguments: &ManagedAllocAttrs) -> Outcome<1> {
        let (mut cpu_address, mut dma_address) = (ptr::null_mut(), 0);
        // SAFETY: the device is valid for the run, the out parameters for the
        // call; the ABI checks the rest.
        let status = unsafe {
            kdma_managed_alloc_attrs(
                run.device(),
                arguments.size,
                arguments.flags,
                arguments.attributes,
                &raw mut cpu_address,
                &raw mut dma_address,
            )
        };
        let entry = Entry {
            size: arguments.size,
            attributes: arguments.attributes,
            cpu_address,
            ..EMPTY
        };
        self.allocated(run, arguments.slot, status, dma_address, entry)
    }

    fn managed_alloc_coherent(
        &mut self,
        run: &Run<'_>,
        arguments: &ManagedAllocCoherent,
    ) -> Outcome<1> {
        let (mut cpu_address, mut dma_address) = (ptr::null_mut(), 0);
        // SAFETY: the device is valid for the run, the out parameters for the
        // call; the ABI checks the rest.
        let status = unsafe {
            kdma_managed_alloc_coherent(
                run.device(),
                arguments.size,
                arguments.flags,
                &raw mut cpu_address,
                &raw mut dma_address,
            )
        };
        let entry = Entry {
            size: arguments.size,
            cpu_address,
            ..EMPTY
        };
        self.allocated(run, arguments.slot, status, dma_address, entry)
    }

    fn managed_free_coherent(&mut self, run: &Run<'_>, arguments: &ManagedFreeCoherent) -> Outcome {
        // SAFETY: the device is valid for the run; the ABI knows what it manages.
        let status = unsafe {
            kdma_managed_free_coherent(
                run.device(),
                arguments.size,
                self.cpu_address(arguments.slot),
                Self::dma_address(run, arguments.slot),
            )
        };
        self.freed(run, arguments.slot, status)
    }

    fn managed_pool_create(&mut self, run: &Run<'_>, arguments: &ManagedPoolCreate) -> Outcome {
        let mut pool = ptr::null_mut();
        // SAFETY: the device is valid for the run, the out parameter for the
        // call; the ABI checks the rest.
        let status = unsafe {
            kdma_managed_pool_create(
                run.device(),
                arguments.size,
                arguments.alignment,
                arguments.boundary,
                &raw mut pool,
            )
        };
        let entry = Entry {
            release: Release::ManagedPool,
            size: arguments.size,
            pool,
            ..EMPTY
        };
        self.handle(run, arguments.slot, status, entry)
    }

    fn managed_pool_destroy(&mut self, run: &Run<'_>, arguments: &ManagedPoolDestroy) -> Outcome {
        // SAFETY: the pool is one that was made and not destroyed, or null; the ABI
        // checks the rest.
        let status = unsafe { kdma_managed_pool_destroy(self.pool(arguments.slot)) };
        self.freed(run, arguments.slot, status)
    }

    fn pool_alloc(&mut self, run: &Run<'_>, arguments: &PoolAlloc) -> Outcome<1> {
        let mut entry = self.piece(arguments.pool);
        let mut dma_address = 0;
        // SAFETY: the pool is valid, or null; the out parameters are valid for
        // the call.
        let status = unsafe {
            kdma_pool_alloc(
                entry.pool,
                arguments.flags,
                &raw mut entry.cpu_address,
                &raw mut dma_address,
            )
        };
        self.allocated(run, arguments.slot, status, dma_address, entry)
    }

    fn pool_zalloc(&mut self, run: &Run<'_>, arguments: &PoolZalloc) -> Outcome<1> {
        let mut entry = self.piece(arguments.pool);
        let mut dma_address = 0;
        // SAFETY: the pool is valid, or null; the out parameters are valid for
        // the call.
        let status = unsafe {
            kdma_pool_zalloc(
                entry.pool,
                arguments.flags,
                &raw mut entry.cpu_address,
                &raw mut dma_address,
            )
        };
        self.allocated(run, arguments.slot, status, dma_address, entry)
    }

    fn pool_free(&mut self, run: &Run<'_>, arguments: &PoolFree) -> Outcome {
        let pool = self
            .entries
            .get(arguments.slot as usize)
            .map_or(ptr::null_mut(), |entry| entry.pool);
        // SAFETY: the memory is of this pool, which is not destroyed before; a
        // program that frees twice is refused before it runs.
        let status = unsafe {
            kdma_pool_free(
                pool,
                self.cpu_address(arguments.slot),
                Self::dma_address(run, arguments.slot),
            )
        };
        self.freed(run, arguments.slot, status)
    }

    fn map_single(&mut self, run: &Run<'_>, arguments: &MapSingle) -> Outcome<1> {
        let Some(buffer) = run.buffer(arguments.buffer) else {
            return Outcome::status(KDMA_EINVAL);
        };
        let mut dma_address = KDMA_MAPPING_ERROR;
        // SAFETY: device and buffer are valid for the run, the out parameter for
        // the call; the ABI checks the rest.
        let status = unsafe {
            kdma_map_single(
                run.device(),
                buffer
                    .cpu_address
                    .wrapping_byte_add(arguments.offset as usize),
                arguments.size,
                arguments.direction,
                &raw mut dma_address,
            )
        };
        let entry = Entry {
            release: Release::UnmapSingle,
            direction: arguments.direction,
            size: arguments.size,
            attributes: 0,
            cpu_address: ptr::null_mut(),
            ..EMPTY
        };
        self.mapped(run, arguments.slot, status, dma_address, entry)
    }

    fn unmap_single(&mut self, run: &Run<'_>, arguments: &UnmapSingle) -> Outcome {
        // SAFETY: the ABI checks what it can; a program that says something
        // else than it mapped wants to see what happens.
        let status = unsafe {
            kdma_unmap_single(
                run.device(),
                Self::dma_address(run, arguments.slot),
                arguments.size,
                arguments.direction,
            )
        };
        self.unmapped(run, arguments.slot, status)
    }

    fn map_single_attrs(&mut self, run: &Run<'_>, arguments: &MapSingleAttrs) -> Outcome<1> {
        let Some(buffer) = run.buffer(arguments.buffer) else {
            return Outcome::status(KDMA_EINVAL);
        };
        let mut dma_address = KDMA_MAPPING_ERROR;
        // SAFETY: device and buffer are valid for the run, the out parameter for
        // the call; the ABI checks the rest.
        let status = unsafe {
            kdma_map_single_attrs(
                run.device(),
                buffer
                    .cpu_address
                    .wrapping_byte_add(arguments.offset as usize),
                arguments.size,
                arguments.direction,
                arguments.attributes,
                &raw mut dma_address,
            )
        };
        let entry = Entry {
            release: Release::UnmapSingleAttrs,
            direction: arguments.direction,
            size: arguments.size,
            attributes: arguments.attributes,
            cpu_address: ptr::null_mut(),
            ..EMPTY
        };
        self.mapped(run, arguments.slot, status, dma_address, entry)
    }

    fn unmap_single_attrs(&mut self, run: &Run<'_>, arguments: &UnmapSingleAttrs) -> Outcome {
        // SAFETY: the ABI checks what it can; a program that says something
        // else than it mapped wants to see what happens.
        let status = unsafe {
            kdma_unmap_single_attrs(
                run.device(),
                Self::dma_address(run, arguments.slot),
                arguments.size,
                arguments.direction,
                arguments.attributes,
            )
        };
        self.unmapped(run, arguments.slot, status)
    }

    fn map_page(&mut self, run: &Run<'_>, arguments: &MapPage) -> Outcome<1> {
        let Some(buffer) = run.buffer(arguments.buffer) else {
            return Outcome::status(KDMA_EINVAL);
        };
        let mut dma_address = KDMA_MAPPING_ERROR;
        // SAFETY: device and buffer are valid for the run, the out parameter for
        // the call; the ABI checks the rest.
        let status = unsafe {
            kdma_map_page(
                run.device(),
                buffer.page,
                buffer.page_offset.wrapping_add(arguments.offset),
                arguments.size,
                arguments.direction,
                &raw mut dma_address,
            )
        };
        let entry = Entry {
            release: Release::UnmapPage,
            direction: arguments.direction,
            size: arguments.size,
            attributes: 0,
            cpu_address: ptr::null_mut(),
            ..EMPTY
        };
        self.mapped(run, arguments.slot, status, dma_address, entry)
    }

    fn unmap_page(&mut self, run: &Run<'_>, arguments: &UnmapPage) -> Outcome {
        // SAFETY: the ABI checks what it can; a program that says something
        // else than it mapped wants to see what happens.
        let status = unsafe {
            kdma_unmap_page(
                run.device(),
                Self::dma_address(run, arguments.slot),
                arguments.size,
                arguments.direction,
            )
        };
        self.unmapped(run, arguments.slot, status)
    }

    fn map_page_attrs(&mut self, run: &Run<'_>, arguments: &MapPageAttrs) -> Outcome<1> {
        let Some(buffer) = run.buffer(arguments.buffer) else {
            return Outcome::status(KDMA_EINVAL);
        };
        let mut dma_address = KDMA_MAPPING_ERROR;
        // SAFETY: device and buffer are valid for the run, the out parameter for
        // the call; the ABI checks the rest.
        let status = unsafe {
            kdma_map_page_attrs(
                run.device(),
                buffer.page,
                buffer.page_offset.wrapping_add(arguments.offset),
                arguments.size,
                arguments.direction,
                arguments.attributes,
                &raw mut dma_address,
            )
        };
        let entry = Entry {
            release: Release::UnmapPageAttrs,
            direction: arguments.direction,
            size: arguments.size,
            attributes: arguments.attributes,
            cpu_address: ptr::null_mut(),
            ..EMPTY
        };
        self.mapped(run, arguments.slot, status, dma_address, entry)
    }

    fn unmap_page_attrs(&mut self, run: &Run<'_>, arguments: &UnmapPageAttrs) -> Outcome {
        // SAFETY: the ABI checks what it can; a program that says something
        // else than it mapped wants to see what happens.
        let status = unsafe {
            kdma_unmap_page_attrs(
                run.device(),
                Self::dma_address(run, arguments.slot),
                arguments.size,
                arguments.direction,
                arguments.attributes,
            )
        };
        self.unmapped(run, arguments.slot, status)
    }

    fn map_phys(&mut self, run: &Run<'_>, arguments: &MapPhys) -> Outcome<1> {
        let Some(buffer) = run.buffer(arguments.buffer) else {
            return Outcome::status(KDMA_EINVAL);
        };
        let mut dma_address = KDMA_MAPPING_ERROR;
        // SAFETY: device and buffer are valid for the run, the out parameter for
        // the call; the ABI checks the rest.
        let status = unsafe {
            kdma_map_phys(
                run.device(),
                buffer.physical_address.wrapping_add(arguments.offset),
                arguments.size,
                arguments.direction,
                arguments.attributes,
                &raw mut dma_address,
            )
        };
        let entry = Entry {
            release: Release::UnmapPhys,
            direction: arguments.direction,
            size: arguments.size,
            attributes: arguments.attributes,
            cpu_address: ptr::null_mut(),
            ..EMPTY
        };
        self.mapped(run, arguments.slot, status, dma_address, entry)
    }

    fn unmap_phys(&mut self, run: &Run<'_>, arguments: &UnmapPhys) -> Outcome {
        // SAFETY: the ABI checks what it can; a program that says something
        // else than it mapped wants to see what happens.
        let status = unsafe {
            kdma_unmap_phys(
                run.device(),
                Self::dma_address(run, arguments.slot),
                arguments.size,
                arguments.direction,
                arguments.attributes,
            )
        };
        self.unmapped(run, arguments.slot, status)
    }

    fn mapping_error(&mut self, run: &Run<'_>, arguments: &MappingError) -> Outcome {
        // SAFETY: the device is valid for the run; any address may be asked for.
        Outcome::status(unsafe {
            kdma_mapping_error(run.device(), Self::dma_address(run, arguments.slot))
        })
    }

    fn sync_single_for_cpu(&mut self, run: &Run<'_>, arguments: &SyncSingleForCpu) -> Outcome {
        // SAFETY: the ABI checks what it can; a program that says something
        // else than it mapped wants to see what happens.
        Outcome::status(unsafe {
            kdma_sync_single_for_cpu(
                run.device(),
                Self::dma_address(run, arguments.slot),
                arguments.size,
                arguments.direction,
            )
        })
    }

    fn sync_single_for_device(
        &mut self,
        run: &Run<'_>,
        arguments: &SyncSingleForDevice,
    ) -> Outcome {
        // SAFETY: the ABI checks what it can; a program that says something
        // else than it mapped wants to see what happens.
        Outcome::status(unsafe {
            kdma_sync_single_for_device(
                run.device(),
                Self::dma_address(run, arguments.slot),
                arguments.size,
                arguments.direction,
            )
        })
    }

    fn sync_single_range_for_cpu(
        &mut self,
        run: &Run<'_>,
        arguments: &SyncSingleRangeForCpu,
    ) -> Outcome {
        // SAFETY: the ABI checks what it can; a program that says something
        // else than it mapped wants to see what happens.
        Outcome::status(unsafe {
            kdma_sync_single_range_for_cpu(
                run.device(),
                Self::dma_address(run, arguments.slot),
                arguments.offset,
                arguments.size,
                arguments.direction,
            )
        })
    }

    fn sync_single_range_for_device(
        &mut self,
        run: &Run<'_>,
        arguments: &SyncSingleRangeForDevice,
    ) -> Outcome {
        // SAFETY: the ABI checks what it can; a program that says something
        // else than it mapped wants to see what happens.
        Outcome::status(unsafe {
            kdma_sync_single_range_for_device(
                run.device(),
                Self::dma_address(run, arguments.slot),
                arguments.offset,
                arguments.size,
                arguments.direction,
            )
        })
    }

    fn need_sync(&mut self, run: &Run<'_>, arguments: &NeedSync) -> Outcome<1> {
        let mut needed = 0;
        let dma_address = Self::dma_address(run, arguments.slot);
        // SAFETY: the device is valid for the run, the out parameter for the
        // call.
        let status = unsafe { kdma_need_sync(run.device(), dma_address, &raw mut needed) };
        Outcome::completed(status, [u64::from(needed)])
    }

    fn map_resource(&mut self, run: &Run<'_>, arguments: &MapResource) -> Outcome<1> {
        let Some(buffer) = run.buffer(arguments.buffer) else {
            return Outcome::status(KDMA_EINVAL);
        };
        let mut dma_address = KDMA_MAPPING_ERROR;
        // SAFETY: device and buffer are valid for the run, the out parameter for
        // the call; the ABI checks the rest.
        let status = unsafe {
            kdma_map_resource(
                run.device(),
                buffer.physical_address.wrapping_add(arguments.offset),
                arguments.size,
                arguments.direction,
                arguments.attributes,
                &raw mut dma_address,
            )
        };
        let entry = Entry {
            release: Release::UnmapResource,
            direction: arguments.direction,
            size: arguments.size,
            attributes: arguments.attributes,
            cpu_address: ptr::null_mut(),
            ..EMPTY
        };
        self.mapped(run, arguments.slot, status, dma_address, entry)
    }

    fn unmap_resource(&mut self, run: &Run<'_>, arguments: &UnmapResource) -> Outcome {
        // SAFETY: the ABI checks what it can; a program that says something
        // else than it mapped wants to see what happens.
        let status = unsafe {
            kdma_unmap_resource(
                run.device(),
                Self::dma_address(run, arguments.slot),
                arguments.size,
                arguments.direction,
                arguments.attributes,
            )
        };
        self.unmapped(run, arguments.slot, status)
    }

    fn sg_alloc(&mut self, run: &Run<'_>, arguments: &SgAlloc) -> Outcome {
        let mut list = ptr::null_mut();
        // SAFETY: the out parameter is valid for the call.
        let status = unsafe { kdma_sg_alloc(arguments.capacity, arguments.flags, &raw mut list) };
        let entry = Entry {
            release: Release::FreeList,
            cpu_address: list.cast(),
            ..EMPTY
        };
        self.handle(run, arguments.slot, status, entry)
    }

    fn sg_free(&mut self, run: &Run<'_>, arguments: &SgFree) -> Outcome {
        // SAFETY: the list is one of `kdma_sg_alloc`, or null; the ABI checks
        // the rest.
        let status = unsafe { kdma_sg_free(self.list(arguments.slot)) };
        if status == KDMA_OK {
            slots::freed(run, arguments.slot);
            self.set_entry(arguments.slot, EMPTY);
        }
        Outcome::status(status)
    }

    fn sg_add(&mut self, run: &Run<'_>, arguments: &SgAdd) -> Outcome {
        let Some(buffer) = run.buffer(arguments.buffer) else {
            return Outcome::status(KDMA_EINVAL);
        };
        // SAFETY: the buffer is valid for the run, the list one of
        // `kdma_sg_alloc` or null; the ABI checks the rest.
        Outcome::status(unsafe {
            kdma_sg_add(
                self.list(arguments.slot),
                buffer.page,
                buffer.page_offset.wrapping_add(arguments.offset),
                arguments.size,
            )
        })
    }

    fn map_sg_attrs(&mut self, run: &Run<'_>, arguments: &MapSgAttrs) -> Outcome<1> {
        let mut count = 0;
        // SAFETY: the device is valid for the run, the out parameter for the
        // call; the ABI checks the rest.
        let status = unsafe {
            kdma_map_sg_attrs(
                run.device(),
                self.list(arguments.slot),
                arguments.direction,
                arguments.attributes,
                &raw mut count,
            )
        };
        let made = (arguments.direction, arguments.attributes);
        self.list_mapped(run, arguments.slot, status, Release::UnmapSgAttrs, made);
        Outcome::completed(status, [u64::from(count)])
    }

    fn unmap_sg_attrs(&mut self, run: &Run<'_>, arguments: &UnmapSgAttrs) -> Outcome {
        let list = self.list(arguments.slot);
        // SAFETY: the device is valid for the run; the ABI checks the rest.
        let status = unsafe {
            kdma_unmap_sg_attrs(
                run.device(),
                list,
                arguments.direction,
                arguments.attributes,
            )
        };
        self.list_unmapped(run, arguments.slot, status)
    }

    fn map_sgtable(&mut self, run: &Run<'_>, arguments: &MapSgtable) -> Outcome {
        // SAFETY: the device is valid for the run; the ABI checks the rest.
        let status = unsafe {
            kdma_map_sgtable(
                run.device(),
                self.list(arguments.slot),
                arguments.direction,
                arguments.attributes,
            )
        };
        let made = (arguments.direction, arguments.attributes);
        self.list_mapped(run, arguments.slot, status, Release::UnmapSgtable, made);
        Outcome::status(status)
    }

    fn unmap_sgtable(&mut self, run: &Run<'_>, arguments: &UnmapSgtable) -> Outcome {
        let list = self.list(arguments.slot);
        // SAFETY: the device is valid for the run; the ABI checks the rest.
        let status = unsafe {
            kdma_unmap_sgtable(
                run.device(),
                list,
                arguments.direction,
                arguments.attributes,
            )
        };
        self.list_unmapped(run, arguments.slot, status)
    }

    fn sync_sg_for_cpu(&mut self, run: &Run<'_>, arguments: &SyncSgForCpu) -> Outcome {
        let list = self.list(arguments.slot);
        // SAFETY: the device is valid for the run; the ABI checks the rest.
        Outcome::status(unsafe { kdma_sync_sg_for_cpu(run.device(), list, arguments.direction) })
    }

    fn sync_sg_for_device(&mut self, run: &Run<'_>, arguments: &SyncSgForDevice) -> Outcome {
        let list = self.list(arguments.slot);
        // SAFETY: the device is valid for the run; the ABI checks the rest.
        Outcome::status(unsafe { kdma_sync_sg_for_device(run.device(), list, arguments.direction) })
    }

    fn sync_sgtable_for_cpu(&mut self, run: &Run<'_>, arguments: &SyncSgtableForCpu) -> Outcome {
        let list = self.list(arguments.slot);
        // SAFETY: the device is valid for the run; the ABI checks the rest.
        Outcome::status(unsafe {
            kdma_sync_sgtable_for_cpu(run.device(), list, arguments.direction)
        })
    }

    fn sync_sgtable_for_device(
        &mut self,
        run: &Run<'_>,
        arguments: &SyncSgtableForDevice,
    ) -> Outcome {
        let list = self.list(arguments.slot);
        // SAFETY: the device is valid for the run; the ABI checks the rest.
        Outcome::status(unsafe {
            kdma_sync_sgtable_for_device(run.device(), list, arguments.direction)
        })
    }

    fn refuse(&mut self, run: &Run<'_>, arguments: &Refuse) -> Outcome {
        let Some(buffer) = run.buffer(0).filter(|buffer| !buffer.page.is_null()) else {
            return Outcome::status(KDMA_ENOTSUPP);
        };
        let mut right = Right {
            attributes: 0,
            capacity: 4,
            cpu_address: buffer.cpu_address as u64,
            device: run.device() as u64,
            direction: KDMA_BIDIRECTIONAL.into(),
            dma_address: buffer.physical_address,
            handle: 0,
            mask: 0xffff_ffff,
            page: buffer.page as u64,
            physical_address: buffer.physical_address,
            pool: 0,
            size: buffer.size,
            zero: 0,
        };
        let slot = run.slot(arguments.of);
        if let (Some(entry), Some(slot)) = (self.entries.get(arguments.of as usize), slot) {
            right.attributes = entry.attributes;
            right.handle = entry.cpu_address as u64;
            right.pool = entry.pool as u64;
            if entry.direction != 0 {
                right.direction = entry.direction.into();
            }
            if entry.size != 0 {
                right.size = entry.size;
            }
            if !slot.cpu_address.is_null() {
                right.cpu_address = slot.cpu_address as u64;
            }
            if slot.dma_address != KDMA_MAPPING_ERROR {
                right.dma_address = slot.dma_address;
            }
            if !entry.page.is_null() {
                right.page = entry.page as u64;
            }
        }
        refusals::refuse(&right, arguments)
    }

    fn sg_segment(&mut self, run: &Run<'_>, arguments: &SgSegment) -> Outcome<2> {
        let (mut dma_address, mut size) = (0, 0);
        // SAFETY: the list is one of `kdma_sg_alloc` or null, the out parameters
        // are valid for the call.
        let status = unsafe {
            kdma_sg_segment(
                self.list(arguments.slot),
                arguments.index,
                &raw mut dma_address,
                &raw mut size,
            )
        };
        if status == KDMA_OK {
            slots::list_segment(run, arguments.slot, arguments.index, dma_address, size);
        }
        Outcome::completed(status, [dma_address, size])
    }
}

/// Bytes of state the driver needs for this many slots.
#[unsafe(no_mangle)]
pub extern "C" fn kdma_rust_sys_state_size(slot_count: u32) -> u64 {
    u64::from(slot_count) * size_of::<Entry>() as u64
}

/// Executes a program, then releases what it left. Returns 0, or non-zero when
/// the driver gave up.
///
/// # Safety
///
/// `run` points to a run as `program.h` describes it, for this driver.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_rust_sys_run(run: *mut kdma_run) -> i32 {
    // SAFETY: the caller guarantees it.
    let view = unsafe { Run::from_raw(run) };
    let entries: &mut [Entry] = if view.slot_count() == 0 {
        &mut []
    } else {
        // SAFETY: the core provides as many entries as there are slots, zeroed,
        // which is a valid value, and aligned to 64 bytes; nobody else uses
        // them.
        unsafe { core::slice::from_raw_parts_mut(view.state().cast(), view.slot_count() as usize) }
    };
    let mut driver = Driver { entries };
    // SAFETY: the caller guarantees it.
    let error = unsafe { execute(run, &mut driver) };
    driver.release_leftover(&view);
    error
}
