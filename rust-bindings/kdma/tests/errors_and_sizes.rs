// SPDX-License-Identifier: GPL-2.0

//! Every error of the C ABI is told to the caller, and no value beyond 32 bits loses a bit.
//!
//! A scenario uses some functions of the safe layer with values that no guest has:
//! sizes, offsets and addresses above 4 GiB, all their parts different. It says which calls
//! of the C ABI that makes. Each scenario runs once as it is, and once more for each of
//! its calls, in which that one fails.
#![allow(missing_docs)]

use std::panic::catch_unwind;

use kdma::{
    AllocAttributes, AllocFlags, Bidirectional, CpuMemory, Error, FromDevice, MapAttributes, Mmio,
    Pages, ScatterList, ToDevice,
};
use kdma_mock::{
    argument, assert_calls, assert_made, call, device, device_argument, fail_after, nothing_failed,
    take_calls,
};

type Result<T = (), E = Error> = core::result::Result<T, E>;

/// More than 32 bits, and not the same in any 16 of them.
const HUGE: u64 = 0x5_0001_2000;
/// An error that the ABI does not know: nobody makes it up.
const STRANGE: i32 = -77;

const WARN: MapAttributes = MapAttributes::NO_WARN;
const ORDERED: AllocAttributes = AllocAttributes::WEAK_ORDERING;

/// What a scenario is called when it fails, and the scenario.
type Scenario = (&'static str, fn() -> Result);

const SCENARIOS: &[Scenario] = &[
    ("coherent memory", coherent),
    ("coherent memory with attributes", attributes),
    ("device memory", device_memory),
    ("limits", limits),
    ("lists", lists),
    ("lists of coherent memory", lists_of_memory),
    ("managed memory", managed),
    ("memory in pieces", pieces),
    ("memory that is not coherent", noncoherent),
    ("page mappings", page_mappings),
    ("pages", pages),
    ("pools", pools),
    ("ranges of IOVAs", ranges),
    ("resources", resources),
    ("single mappings", single),
    ("syncs", syncs),
];

/// In these the safe layer calls by itself, and has nobody to tell.
const DROPPED: &[Scenario] = &[("ranges that are dropped", ranges_that_are_dropped)];

fn address_of<T>(pointer: core::ptr::NonNull<T>) -> u64 {
    pointer.addr().get() as u64
}

/// Pages of so many bytes, with what the ABI is told of them: page and physical address.
fn huge_pages(size: u64, offset: u64) -> (Pages<'static>, u64, u64) {
    let (start, page, offset, physical) = kdma_mock::core_buffer(size as usize, offset);
    // SAFETY: nobody looks at the bytes, of which there are none.
    let pages = unsafe {
        let buffer = kdma::Buffer::from_raw_parts(start, size as usize);
        Pages::from_raw_parts(buffer, page, offset, physical)
    };
    (pages, address_of(page), physical)
}

fn huge_mmio(size: u64) -> (Mmio<'static>, u64) {
    let start = 0xffff_0005_6000;
    // SAFETY: the mock has no devices to harm.
    (unsafe { Mmio::from_raw_parts(start, size) }, start)
}

fn coherent() -> Result {
    let memory = device().alloc_coherent(HUGE, AllocFlags::ATOMIC)?;
    let (start, dma) = (
        address_of(memory.cpu_address()),
        memory.dma_address().bits(),
    );
    memory.free()?;
    assert_calls(&[
        call("alloc_coherent", &[device_argument(), HUGE, 1]),
        call("free_coherent", &[device_argument(), HUGE, start, dma]),
    ]);
    Ok(())
}

fn attributes() -> Result {
    let memory = device().alloc_attrs(HUGE, AllocFlags::NO_WARN, ORDERED)?;
    let (start, dma) = (
        address_of(memory.cpu_address()),
        memory.dma_address().bits(),
    );
    memory.free()?;
    let hidden = device().alloc_for_device(HUGE + 1, AllocFlags::NONE, AllocAttributes::NO_WARN)?;
    let hidden_dma = hidden.dma_address().bits();
    hidden.free()?;
    let calls = take_calls();
    // What stands for memory that the CPU does not see.
    let handle = argument(&calls, 3, 2);
    assert_made(
        &calls,
        &[
            call("alloc_attrs", &[device_argument(), HUGE, 2, 0x200]),
            call("free_attrs", &[device_argument(), HUGE, start, dma, 0x200]),
            call("alloc_attrs", &[device_argument(), HUGE + 1, 0, 0x30]),
            call(
                "free_attrs",
                &[device_argument(), HUGE + 1, handle, hidden_dma, 0x30],
            ),
        ],
    );
    Ok(())
}

fn device_memory() -> Result {
    let (memory, start) = huge_mmio(HUGE);
    let mapping = device().map_mmio::<ToDevice>(memory, WARN)?;
    let dma = mapping.dma_address().bits();
    mapping.unmap()?;
    assert_calls(&[
        call("map_phys", &[device_argument(), start, HUGE, 1, 0x28]),
        call("unmap_phys", &[device_argument(), dma, HUGE, 1, 0x28]),
    ]);
    Ok(())
}

fn limits() -> Result {
    let device = device();
    device.set_mask(HUGE)?;
    device.set_coherent_mask(HUGE + 1)?;
    device.set_mask_and_coherent(HUGE + 2)?;
    device.set_max_seg_size(0xfff1_2345)?;
    device.set_seg_boundary(0x7_ffff_ffff)?;
    device.set_min_align_mask(0xfff1_2346)?;
    assert_calls(&[
        call("set_mask", &[device_argument(), HUGE]),
        call("set_coherent_mask", &[device_argument(), HUGE + 1]),
        call("set_mask_and_coherent", &[device_argument(), HUGE + 2]),
        call("set_max_seg_size", &[device_argument(), 0xfff1_2345]),
        call("set_seg_boundary", &[device_argument(), 0x7_ffff_ffff]),
        call("set_min_align_mask", &[device_argument(), 0xfff1_2346]),
    ]);
    device.addressing_limited()?;
    device.can_mmap()?;
    device.mask()?;
    device.max_mapping_size()?;
    device.max_seg_size()?;
    device.merge_boundary()?;
    device.min_align_mask()?;
    device.opt_mapping_size()?;
    device.required_mask()?;
    device.seg_boundary()?;
    device.supports_pci_p2pdma()?;
    kdma::cache_alignment()?;
    assert_calls(&[
        call("addressing_limited", &[device_argument()]),
        call("can_mmap", &[device_argument()]),
        call("get_mask", &[device_argument()]),
        call("max_mapping_size", &[device_argument()]),
        call("get_max_seg_size", &[device_argument()]),
        call("get_merge_boundary", &[device_argument()]),
        call("get_min_align_mask", &[device_argument()]),
        call("opt_mapping_size", &[device_argument()]),
        call("get_required_mask", &[device_argument()]),
        call("get_seg_boundary", &[device_argument()]),
        call("pci_p2pdma_supported", &[device_argument()]),
        call("get_cache_alignment", &[]),
    ]);
    Ok(())
}

fn lists() -> Result {
    let device = device();
    // As many as 16 bits cannot count.
    drop(ScatterList::<0x1_0003>::new(0x1_0002, AllocFlags::NO_WARN)?);
    let table = argument(&kdma_mock::calls(), 1, 0);
    assert_calls(&[call("sg_alloc", &[0x1_0002, 2]), call("sg_free", &[table])]);
    let mut list = ScatterList::<2>::new(2, AllocFlags::ATOMIC)?;
    let ((first, page, _), (second, other, _)) =
        (huge_pages(HUGE, 0x2_0001_0240), huge_pages(HUGE + 5, 64));
    list.add(first)?;
    list.add(second)?;
    let mapping = device.map_sg::<ToDevice, 2>(list, WARN)?;
    let _ = mapping.segment(0x1_0001);
    let mapping = mapping.sync_for_cpu()?.sync_for_device()?;
    let list = mapping.unmap()?;
    let mapping = device.map_sgtable::<FromDevice, 2>(list, WARN)?;
    let mapping = mapping.sync_for_cpu()?.sync_for_device()?;
    let list = mapping.unmap()?;
    drop(list);
    let calls = take_calls();
    let t = argument(&calls, 1, 0);
    assert_made(
        &calls,
        &[
            call("sg_alloc", &[2, 1]),
            call("sg_add", &[t, page, 0x2_0001_0240, HUGE]),
            call("sg_add", &[t, other, 64, HUGE + 5]),
            call("map_sg_attrs", &[device_argument(), t, 1, 0x20]),
            call("sg_segment", &[t, 0x1_0001]),
            call("sync_sg_for_cpu", &[device_argument(), t, 1]),
            call("sync_sg_for_device", &[device_argument(), t, 1]),
            call("unmap_sg_attrs", &[device_argument(), t, 1, 0x20]),
            call("map_sgtable", &[device_argument(), t, 2, 0x20]),
            call("sync_sgtable_for_cpu", &[device_argument(), t, 2]),
            call("sync_sgtable_for_device", &[device_argument(), t, 2]),
            call("unmap_sgtable", &[device_argument(), t, 2, 0x20]),
            call("sg_free", &[t]),
        ],
    );
    Ok(())
}

fn lists_of_memory() -> Result {
    let memory = device().alloc_coherent(HUGE, AllocFlags::NONE)?;
    let (start, dma) = (
        address_of(memory.cpu_address()),
        memory.dma_address().bits(),
    );
    drop(memory.sgtable::<0>()?);
    memory.free()?;
    let calls = take_calls();
    let t = argument(&calls, 2, 0);
    assert_made(
        &calls[1.min(calls.len())..calls.len().saturating_sub(1)],
        &[
            call("get_sgtable", &[device_argument(), start, dma, HUGE]),
            call("sg_free", &[t]),
        ],
    );
    let hidden = device().alloc_for_device(HUGE, AllocFlags::NONE, AllocAttributes::NO_WARN)?;
    let dma = hidden.dma_address().bits();
    drop(hidden.sgtable::<0>()?);
    hidden.free()?;
    let calls = take_calls();
    let (t, handle) = (argument(&calls, 2, 0), argument(&calls, 3, 2));
    assert_made(
        &calls[1.min(calls.len())..calls.len().saturating_sub(1)],
        &[
            call(
                "get_sgtable_attrs",
                &[device_argument(), handle, dma, HUGE, 0x30],
            ),
            call("sg_free", &[t]),
        ],
    );
    Ok(())
}

fn managed() -> Result {
    let binding = kdma_mock::Binding::new();
    let device = binding.device();
    let memory = device.managed_coherent(HUGE, AllocFlags::ATOMIC)?;
    let (start, dma) = (
        address_of(memory.cpu_address()),
        memory.dma_address().bits(),
    );
    memory.free()?;
    let _ = device.managed_attrs(HUGE + 1, AllocFlags::NO_WARN, ORDERED)?;
    let hidden = AllocAttributes::NO_WARN;
    let _ = device.managed_for_device(HUGE + 2, AllocFlags::NONE, hidden)?;
    let pool = device.managed_pool(HUGE + 3, HUGE + 4, HUGE + 5)?;
    pool.destroy()?;
    let calls = take_calls();
    let p = argument(&calls, 5, 0);
    assert_made(
        &calls,
        &[
            call("managed_alloc_coherent", &[device_argument(), HUGE, 1]),
            call(
                "managed_free_coherent",
                &[device_argument(), HUGE, start, dma],
            ),
            call(
                "managed_alloc_attrs",
                &[device_argument(), HUGE + 1, 2, 0x200],
            ),
            call(
                "managed_alloc_attrs",
                &[device_argument(), HUGE + 2, 0, 0x30],
            ),
            call(
                "managed_pool_create",
                &[device_argument(), HUGE + 3, HUGE + 4, HUGE + 5],
            ),
            call("managed_pool_destroy", &[p]),
        ],
    );
    Ok(())
}

fn pieces() -> Result {
    let mut memory = device().alloc_noncontiguous::<Bidirectional>(
        HUGE,
        AllocFlags::NO_WARN,
        kdma::NoncontiguousAttributes::ALLOC_SINGLE_PAGES,
    )?;
    memory.vmap()?;
    memory.vunmap()?;
    let memory = memory.sync_for_device()?.sync_for_cpu()?;
    memory.free()?;
    let calls = take_calls();
    let t = argument(&calls, 1, 2);
    assert_made(
        &calls,
        &[
            call("alloc_noncontiguous", &[device_argument(), HUGE, 3, 2, 1]),
            call("vmap_noncontiguous", &[device_argument(), HUGE, t]),
            call("vunmap_noncontiguous", &[device_argument(), t]),
            call("sync_sgtable_for_device", &[device_argument(), t, 3]),
            call("sync_sgtable_for_cpu", &[device_argument(), t, 3]),
            call("free_noncontiguous", &[device_argument(), HUGE, t, 3]),
        ],
    );
    Ok(())
}

fn noncoherent() -> Result {
    let memory = device().alloc_noncoherent::<Bidirectional>(HUGE, AllocFlags::NO_WARN)?;
    let (start, dma) = (
        address_of(memory.cpu_address()),
        memory.dma_address().bits(),
    );
    memory.sync_for_device()?.sync_for_cpu()?.free()?;
    assert_calls(&[
        call("alloc_noncoherent", &[device_argument(), HUGE, 3, 2]),
        call("sync_single_for_device", &[device_argument(), dma, HUGE, 3]),
        call("sync_single_for_cpu", &[device_argument(), dma, HUGE, 3]),
        call(
            "free_noncoherent",
            &[device_argument(), HUGE, start, dma, 3],
        ),
    ]);
    Ok(())
}

fn page_mappings() -> Result {
    let device = device();
    let (memory, page, physical) = huge_pages(HUGE, 0x3_0012_0340);
    let mapping = device.map_page::<FromDevice>(memory)?;
    let first = mapping.dma_address().bits();
    let mapping = device.map_page_attrs::<ToDevice>(mapping.unmap()?, WARN)?;
    let second = mapping.dma_address().bits();
    let mapping = device.map_phys::<Bidirectional>(mapping.unmap()?, WARN)?;
    let third = mapping.dma_address().bits();
    mapping.unmap()?;
    assert_calls(&[
        call(
            "map_page",
            &[device_argument(), page, 0x3_0012_0340, HUGE, 2],
        ),
        call("unmap_page", &[device_argument(), first, HUGE, 2]),
        call(
            "map_page_attrs",
            &[device_argument(), page, 0x3_0012_0340, HUGE, 1, 0x20],
        ),
        call(
            "unmap_page_attrs",
            &[device_argument(), second, HUGE, 1, 0x20],
        ),
        call("map_phys", &[device_argument(), physical, HUGE, 3, 0x20]),
        call("unmap_phys", &[device_argument(), third, HUGE, 3, 0x20]),
    ]);
    Ok(())
}

fn pages() -> Result {
    let pages = device().alloc_pages::<FromDevice>(HUGE, AllocFlags::ATOMIC)?;
    let dma = pages.dma_address().bits();
    let pages = pages.sync_for_device()?.sync_for_cpu()?;
    pages.free()?;
    let calls = take_calls();
    let page = argument(&calls, 3, 2);
    assert_made(
        &calls,
        &[
            call("alloc_pages", &[device_argument(), HUGE, 2, 1]),
            call("sync_single_for_device", &[device_argument(), dma, HUGE, 2]),
            call("sync_single_for_cpu", &[device_argument(), dma, HUGE, 2]),
            call("free_pages", &[device_argument(), HUGE, page, dma, 2]),
        ],
    );
    Ok(())
}

fn pools() -> Result {
    let pool = device().create_pool(HUGE, HUGE + 1, HUGE + 2)?;
    let first = pool.alloc(AllocFlags::ATOMIC)?;
    let second = pool.zalloc(AllocFlags::NO_WARN)?;
    let made = |m: &kdma::PoolMemory<'_>| (address_of(m.cpu_address()), m.dma_address().bits());
    let ((start, dma), (other_start, other_dma)) = (made(&first), made(&second));
    first.free()?;
    second.free()?;
    pool.destroy()?;
    let calls = take_calls();
    let p = argument(&calls, 1, 0);
    assert_made(
        &calls,
        &[
            call(
                "pool_create",
                &[device_argument(), HUGE, HUGE + 1, HUGE + 2],
            ),
            call("pool_alloc", &[p, 1]),
            call("pool_zalloc", &[p, 2]),
            call("pool_free", &[p, start, dma]),
            call("pool_free", &[p, other_start, other_dma]),
            call("pool_destroy", &[p]),
        ],
    );
    Ok(())
}

fn ranges() -> Result {
    let device = device();
    let (first, _, start) = huge_pages(HUGE, 0x340);
    let (second, _, other) = huge_pages(HUGE + 0x3000, 0);
    let size = 2 * HUGE + 0x8000;
    let range = device.try_alloc_iova(start, size, AllocFlags::NO_WARN)?;
    let range = range.expect("the mock has as much");
    range.size()?;
    let mut linking = range.link::<FromDevice, _, 2>(first, WARN)?;
    linking.link(second)?;
    let (range, [first, _]) = linking.sync()?.unlink()?;
    range.free()?;
    let range = device.try_alloc_iova(start, size, AllocFlags::NO_WARN)?;
    let range = range.expect("the mock has as much");
    let first = first.expect("it was linked");
    let linked = range.link::<ToDevice, _, 1>(first, WARN)?.sync()?;
    linked.size()?;
    linked.destroy()?;
    let calls = take_calls();
    let of = |number: usize| argument(&calls, number, 0);
    let (s, t) = (of(1), of(9));
    let linked = 2 * HUGE + 0x3000;
    assert_made(
        &calls,
        &[
            call("iova_try_alloc", &[device_argument(), start, size, 2]),
            call("use_iova", &[s]),
            call("iova_size", &[s]),
            call(
                "iova_link",
                &[device_argument(), s, start, 0, HUGE, 2, 0x20],
            ),
            call(
                "iova_link",
                &[device_argument(), s, other, HUGE, HUGE + 0x3000, 2, 0x20],
            ),
            call("iova_sync", &[device_argument(), s, 0, linked]),
            call("iova_unlink", &[device_argument(), s, 0, linked, 2, 0x20]),
            call("iova_free", &[device_argument(), s]),
            call("iova_try_alloc", &[device_argument(), start, size, 2]),
            call("use_iova", &[t]),
            call(
                "iova_link",
                &[device_argument(), t, start, 0, HUGE, 1, 0x20],
            ),
            call("iova_sync", &[device_argument(), t, 0, HUGE]),
            call("iova_size", &[t]),
            call("iova_destroy", &[device_argument(), t, HUGE, 1, 0x20]),
        ],
    );
    Ok(())
}

fn ranges_that_are_dropped() -> Result {
    let device = device();
    let (first, _, start) = huge_pages(HUGE, 0x340);
    let (second, _, _) = huge_pages(HUGE + 0x3000, 0x340);
    let size = 2 * HUGE + 0x8000;
    let ask = |size| device.try_alloc_iova(start, size, AllocFlags::NO_WARN);
    let range = ask(size)?.expect("the mock has as much");
    drop(range.link::<Bidirectional, _, 1>(first, WARN)?);
    let range = ask(size)?.expect("the mock has as much");
    let linked = range.link::<FromDevice, _, 1>(second, WARN)?.sync()?;
    drop(linked);
    // A state without a range.
    let size_of_none = u64::MAX - 0xfff;
    assert!(ask(size_of_none)?.is_none());
    let calls = take_calls();
    let of = |number: usize| argument(&calls, number, 0);
    let (s, t, u) = (of(1), of(6), of(12));
    let other = argument(&calls, 7, 2);
    assert_made(
        &calls,
        &[
            call("iova_try_alloc", &[device_argument(), start, size, 2]),
            call("use_iova", &[s]),
            call(
                "iova_link",
                &[device_argument(), s, start, 0, HUGE, 3, 0x20],
            ),
            call("iova_unlink", &[device_argument(), s, 0, HUGE, 3, 0x20]),
            call("iova_free", &[device_argument(), s]),
            call("iova_try_alloc", &[device_argument(), start, size, 2]),
            call("use_iova", &[t]),
            call(
                "iova_link",
                &[device_argument(), t, other, 0, HUGE + 0x3000, 2, 0x20],
            ),
            call("iova_sync", &[device_argument(), t, 0, HUGE + 0x3000]),
            call(
                "iova_unlink",
                &[device_argument(), t, 0, HUGE + 0x3000, 2, 0x20],
            ),
            call("iova_free", &[device_argument(), t]),
            call(
                "iova_try_alloc",
                &[device_argument(), start, size_of_none, 2],
            ),
            call("use_iova", &[u]),
            call("iova_free", &[device_argument(), u]),
        ],
    );
    Ok(())
}

fn resources() -> Result {
    let (memory, start) = huge_mmio(HUGE);
    let mapping = device().map_resource::<FromDevice>(memory, WARN)?;
    let dma = mapping.dma_address().bits();
    mapping.mapping_error()?;
    mapping.unmap()?;
    assert_calls(&[
        call("map_resource", &[device_argument(), start, HUGE, 2, 0x20]),
        call("mapping_error", &[device_argument(), dma]),
        call("unmap_resource", &[device_argument(), dma, HUGE, 2, 0x20]),
    ]);
    Ok(())
}

fn single() -> Result {
    let device = device();
    let buffer = kdma_mock::buffer(HUGE as usize);
    let start = address_of(buffer.cpu_address());
    let mapping = device.map_single::<ToDevice>(buffer)?;
    let first = mapping.dma_address().bits();
    let mapping = device.map_single_attrs::<FromDevice>(mapping.unmap()?, WARN)?;
    let second = mapping.dma_address().bits();
    mapping.unmap()?;
    assert_calls(&[
        call("map_single", &[device_argument(), start, HUGE, 1]),
        call("unmap_single", &[device_argument(), first, HUGE, 1]),
        call(
            "map_single_attrs",
            &[device_argument(), start, HUGE, 2, 0x20],
        ),
        call(
            "unmap_single_attrs",
            &[device_argument(), second, HUGE, 2, 0x20],
        ),
    ]);
    Ok(())
}

fn syncs() -> Result {
    let mapping = device().map_single::<Bidirectional>(kdma_mock::buffer(HUGE as usize))?;
    let dma = mapping.dma_address().bits();
    mapping.need_sync()?;
    mapping.mapping_error()?;
    let mapping = mapping.sync_for_cpu()?.sync_for_device()?;
    let (offset, size) = (0x2_0003_4000, 0x1_0005_6000);
    let range = mapping.sync_range_for_cpu(offset, size)?;
    range.need_sync()?;
    range.mapping_error()?;
    range.sync_for_device()?.unmap()?;
    let calls = take_calls();
    assert_made(
        &calls[1.min(calls.len())..],
        &[
            call("need_sync", &[device_argument(), dma]),
            call("mapping_error", &[device_argument(), dma]),
            call("sync_single_for_cpu", &[device_argument(), dma, HUGE, 3]),
            call("sync_single_for_device", &[device_argument(), dma, HUGE, 3]),
            call(
                "sync_single_range_for_cpu",
                &[device_argument(), dma, offset, size, 3],
            ),
            call("need_sync", &[device_argument(), dma]),
            call("mapping_error", &[device_argument(), dma]),
            call(
                "sync_single_range_for_device",
                &[device_argument(), dma, offset, size, 3],
            ),
            call("unmap_single", &[device_argument(), dma, HUGE, 3]),
        ],
    );
    Ok(())
}

/// Runs a test where there is room for a long list.
fn with_room(test: fn()) {
    let thread = std::thread::Builder::new().stack_size(256 << 20);
    let done = thread.spawn(test).expect("a thread").join();
    if let Err(panic) = done {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn values_beyond_32_bits_stay_whole() {
    with_room(|| {
        // Calls are compared at the end of a scenario: it has to come there.
        kdma_mock::go_on();
        for (name, scenario) in [SCENARIOS, DROPPED].concat() {
            let _ = take_calls();
            let said = scenario();
            let last = kdma_mock::calls().pop().map_or("", |call| call.function);
            assert!(said.is_ok(), "kdma_{last}: refuses: in {name}: {said:?}");
            assert_eq!(kdma_mock::live(), 0, "{name}: something is left");
            assert_eq!(kdma_mock::take_faults(), Vec::<String>::new(), "{name}");
        }
    });
}

/// What is called when something is dropped has nobody to tell; what is no segment is none.
const WITHOUT_ERROR: &[&str] = &["sg_free", "sg_segment"];

#[test]
fn every_error_is_told() {
    with_room(|| {
        for (name, scenario) in SCENARIOS {
            for before in 0.. {
                let _ = take_calls();
                fail_after(before, STRANGE);
                let said = catch_unwind(scenario);
                let calls = take_calls();
                if nothing_failed() {
                    let right = matches!(said, Ok(Ok(())));
                    assert!(right && before > 0, "{name}: no call fails: {said:?}");
                    break;
                }
                let failed = kdma_mock::last_failed();
                let Ok(said) = said else {
                    panic!("kdma_{failed}: nobody survives its error: in {name}");
                };
                assert!(
                    said.is_err() || WITHOUT_ERROR.contains(&failed),
                    "kdma_{failed}: its error is not told: in {name}, after {} calls",
                    calls.len(),
                );
                assert!(
                    [Ok(()), Err(Error::Unknown(STRANGE))].contains(&said),
                    "kdma_{failed}: another error is told: in {name}: {said:?}",
                );
            }
        }
    });
}
