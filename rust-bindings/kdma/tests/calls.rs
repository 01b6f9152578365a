// SPDX-License-Identifier: GPL-2.0

//! Each operation of the safe layer makes exactly the right call, with every
//! argument in its place: no two arguments of a call have the same value.
#![allow(missing_docs)]

use kdma::{
    AllocAttributes, AllocFlags, Bidirectional, CpuMemory, Direction, Error, Failed, FromDevice,
    MapAttributes, Memory, ScatterList, ToDevice,
};
use kdma_mock::{
    argument, assert_calls, assert_functions, assert_made, call, device, device_argument,
    fail_next, live, take_calls, take_faults,
};

const SKIP: MapAttributes = MapAttributes::SKIP_CPU_SYNC;
const WARN: MapAttributes = MapAttributes::NO_WARN;

#[test]
fn version() {
    assert_eq!(kdma::abi_version(), kdma_sys::KDMA_ABI_VERSION);
    assert!(kdma::is_compatible());
    let attributes = kdma::abi_attributes();
    assert!(attributes.supports_map(SKIP | WARN));
    assert!(!attributes.supports_map(SKIP | MapAttributes::PRIVILEGED));
    assert!(attributes.supports_alloc(AllocAttributes::NO_WARN));
    assert_functions(&["abi_version", "abi_version", "abi_attributes"]);
}

#[test]
fn limits() {
    let device = device();
    let d = device_argument();
    device.set_mask(0xfff1).unwrap();
    device.set_coherent_mask(0xfff2).unwrap();
    device.set_mask_and_coherent(0xfff3).unwrap();
    device.set_max_seg_size(0xfff4).unwrap();
    device.set_seg_boundary(0xf_ffff).unwrap();
    device.set_min_align_mask(0xfff6).unwrap();
    assert_calls(&[
        call("set_mask", &[d, 0xfff1]),
        call("set_coherent_mask", &[d, 0xfff2]),
        call("set_mask_and_coherent", &[d, 0xfff3]),
        call("set_max_seg_size", &[d, 0xfff4]),
        call("set_seg_boundary", &[d, 0xf_ffff]),
        call("set_min_align_mask", &[d, 0xfff6]),
    ]);
    assert_eq!(device.mask(), Ok(0xfff1));
    assert_eq!(device.max_seg_size(), Ok(0xfff4));
    assert_eq!(device.seg_boundary(), Ok(0xf_ffff));
    assert_eq!(device.min_align_mask(), Ok(0xfff6));
    assert!(device.required_mask().is_ok());
    assert!(device.max_mapping_size().is_ok());
    assert!(device.opt_mapping_size().is_ok());
    assert_eq!(device.addressing_limited(), Ok(true));
    assert!(kdma::cache_alignment().is_ok());
    assert_eq!(device.merge_boundary(), Ok(0xfff));
    assert_eq!(device.supports_pci_p2pdma(), Ok(true));
    assert_eq!(device.can_mmap(), Ok(true));
    assert_calls(&[
        call("get_mask", &[d]),
        call("get_max_seg_size", &[d]),
        call("get_seg_boundary", &[d]),
        call("get_min_align_mask", &[d]),
        call("get_required_mask", &[d]),
        call("max_mapping_size", &[d]),
        call("opt_mapping_size", &[d]),
        call("addressing_limited", &[d]),
        call("get_cache_alignment", &[]),
        call("get_merge_boundary", &[d]),
        call("pci_p2pdma_supported", &[d]),
        call("can_mmap", &[d]),
    ]);
    fail_next(kdma_sys::KDMA_EIO);
    assert_eq!(device.set_mask(1), Err(Error::Io));
    fail_next(kdma_sys::KDMA_EUNKNOWN);
    assert_eq!(device.mask(), Err(Error::Unknown(-6)));
    fail_next(-77);
    assert_eq!(device.mask(), Err(Error::Unknown(-77)));
}

#[test]
fn coherent_memory_is_freed_once_and_as_allocated() {
    let device = device();
    let d = device_argument();
    let memory = device.alloc_coherent(4096, AllocFlags::ATOMIC).unwrap();
    let cpu = memory.cpu_address().addr().get() as u64;
    let dma = memory.dma_address().bits();
    memory.free().unwrap();
    assert_calls(&[
        call("alloc_coherent", &[d, 4096, 1]),
        call("free_coherent", &[d, 4096, cpu, dma]),
    ]);

    let attributes = AllocAttributes::FORCE_CONTIGUOUS | AllocAttributes::NO_WARN;
    let memory = device
        .alloc_attrs(8192, AllocFlags::ATOMIC | AllocFlags::NO_WARN, attributes)
        .unwrap();
    let cpu = memory.cpu_address().addr().get() as u64;
    let dma = memory.dma_address().bits();
    drop(memory);
    assert_calls(&[
        call("alloc_attrs", &[d, 8192, 3, 0x24]),
        call("free_attrs", &[d, 8192, cpu, dma, 0x24]),
    ]);

    let memory = device
        .alloc_for_device(12288, AllocFlags::NONE, AllocAttributes::NO_WARN)
        .unwrap();
    let dma = memory.dma_address().bits();
    drop(memory);
    let calls = take_calls();
    assert_eq!(calls[0], call("alloc_attrs", &[d, 12288, 0, 0x30]));
    assert_eq!(calls[1].function, "free_attrs");
    assert_eq!(calls[1].arguments[3..], [dma, 0x30]);
    assert_eq!(calls.len(), 2);
    assert_eq!(live(), 0);
    assert_eq!(take_faults(), Vec::<String>::new());
}

#[test]
fn coherent_memory_is_shared_with_the_device() {
    let memory = device().alloc_coherent(64, AllocFlags::NONE).unwrap();
    memory.write(60, b"abcd").unwrap();
    assert_eq!(memory.write(61, b"abcd"), Err(Error::Invalid));
    assert_eq!(memory.write(u64::MAX, b"a"), Err(Error::Invalid));
    let dma = memory.dma_address().bits();
    assert_eq!(kdma_mock::device_read(dma + 60, 4), b"abcd");
    kdma_mock::device_write(dma + 8, b"answer");
    let mut bytes = [0; 6];
    memory.read(8, &mut bytes).unwrap();
    assert_eq!(&bytes, b"answer");
    assert_eq!(memory.read(59, &mut bytes), Err(Error::Invalid));
}

#[test]
fn a_failed_allocation_holds_nothing() {
    let device = device();
    fail_next(kdma_sys::KDMA_ENOMEM);
    let result = device.alloc_coherent(4096, AllocFlags::NONE);
    assert_eq!(result.map(|_| ()), Err(Error::NoMemory));
    let result = device.alloc_coherent(0, AllocFlags::NONE);
    assert_eq!(result.map(|_| ()), Err(Error::Invalid));
    assert!(
        take_calls()
            .iter()
            .all(|call| call.function == "alloc_coherent")
    );
}

#[test]
fn a_failed_free_gives_the_memory_back() {
    let memory = device().alloc_coherent(4096, AllocFlags::NONE).unwrap();
    fail_next(kdma_sys::KDMA_EINVAL);
    let failed = memory.free().unwrap_err();
    assert_eq!(failed.error, Error::Invalid);
    assert_eq!(live(), 1);
    failed.object.free().unwrap();
    assert_eq!(live(), 0);
    assert_eq!(take_faults(), Vec::<String>::new());
}

fn single<D: Direction>(direction: u64) {
    let device = device();
    let d = device_argument();
    let buffer = kdma_mock::buffer(4096);
    let cpu = buffer.cpu_address().addr().get() as u64;
    let mapping = device.map_single::<D>(buffer).unwrap();
    let dma = mapping.dma_address().bits();
    assert_eq!(mapping.size(), 4096);
    let buffer = mapping.unmap().unwrap();
    assert_calls(&[
        call("map_single", &[d, cpu, 4096, direction]),
        call("unmap_single", &[d, dma, 4096, direction]),
    ]);
    let attributes = WARN | MapAttributes::WEAK_ORDERING;
    let mapping = device.map_single_attrs::<D>(buffer, attributes).unwrap();
    let dma = mapping.dma_address().bits();
    drop(mapping);
    assert_calls(&[
        call("map_single_attrs", &[d, cpu, 4096, direction, 0x220]),
        call("unmap_single_attrs", &[d, dma, 4096, direction, 0x220]),
    ]);
    assert_eq!(live(), 0);
}

#[test]
fn single_mappings_in_each_direction() {
    single::<ToDevice>(1);
    single::<FromDevice>(2);
    single::<Bidirectional>(3);
}

#[test]
fn page_mappings() {
    let device = device();
    let d = device_argument();
    let (start, page, offset, physical) = kdma_mock::core_buffer(512, 0x340);
    let pages = || {
        // SAFETY: the mock made the memory and keeps it; only one `Pages` of it
        // exists at a time.
        unsafe {
            let buffer = kdma::Buffer::from_raw_parts(start, 512);
            kdma::Pages::from_raw_parts(buffer, page, offset, physical)
        }
    };
    let page = page.addr().get() as u64;

    let mapping = device.map_page::<FromDevice>(pages()).unwrap();
    let dma = mapping.dma_address().bits();
    drop(mapping);
    assert_calls(&[
        call("map_page", &[d, page, 0x340, 512, 2]),
        call("unmap_page", &[d, dma, 512, 2]),
    ]);

    let mapping = device.map_page_attrs::<ToDevice>(pages(), WARN).unwrap();
    let dma = mapping.dma_address().bits();
    let _ = mapping.unmap().unwrap();
    assert_calls(&[
        call("map_page_attrs", &[d, page, 0x340, 512, 1, 0x20]),
        call("unmap_page_attrs", &[d, dma, 512, 1, 0x20]),
    ]);

    let mapping = device.map_phys::<Bidirectional>(pages(), WARN).unwrap();
    let dma = mapping.dma_address().bits();
    let _ = mapping.unmap().unwrap();
    assert_calls(&[
        call("map_phys", &[d, physical, 512, 3, 0x20]),
        call("unmap_phys", &[d, dma, 512, 3, 0x20]),
    ]);
}

#[test]
fn device_memory_carries_its_attribute() {
    let device = device();
    let d = device_argument();
    let mapping = device
        .map_mmio::<ToDevice>(kdma_mock::mmio(64), WARN)
        .unwrap();
    let dma = mapping.dma_address().bits();
    drop(mapping);
    let calls = take_calls();
    assert_eq!(calls[0].arguments[2..], [64, 1, 0x28]);
    assert_eq!(calls[1], call("unmap_phys", &[d, dma, 64, 1, 0x28]));
    assert_eq!(take_faults(), Vec::<String>::new());
}

#[test]
fn resources() {
    let device = device();
    let d = device_argument();
    let mapping = device
        .map_resource::<FromDevice>(kdma_mock::mmio(0x60), WARN)
        .unwrap();
    let dma = mapping.dma_address().bits();
    mapping.mapping_error().unwrap();
    let memory = mapping.unmap().unwrap();
    let mapping = device.map_resource::<ToDevice>(memory, WARN).unwrap();
    let again = mapping.dma_address().bits();
    let memory = mapping.unmap_without_sync().unwrap();
    drop(device.map_resource::<Bidirectional>(memory, WARN).unwrap());
    let calls = take_calls();
    let start = argument(&calls, 0, 1);
    let last = argument(&calls, 6, 1);
    let expected = [
        call("map_resource", &[d, start, 0x60, 2, 0x20]),
        call("mapping_error", &[d, dma]),
        call("unmap_resource", &[d, dma, 0x60, 2, 0x20]),
        call("map_resource", &[d, start, 0x60, 1, 0x20]),
        call("unmap_resource", &[d, again, 0x60, 1, 0x120]),
        call("map_resource", &[d, start, 0x60, 3, 0x20]),
        call("unmap_resource", &[d, last, 0x60, 3, 0x20]),
    ];
    assert_made(&calls, &expected);
    kdma_mock::fail("map_resource", kdma_sys::KDMA_EMAPPING);
    let failed = device
        .map_resource::<ToDevice>(kdma_mock::mmio(16), WARN)
        .unwrap_err();
    assert_eq!(failed.error, Error::Mapping);
    assert_eq!(take_faults(), Vec::<String>::new());
    assert_eq!(kdma_mock::live(), 0);
}

#[test]
fn ranges_of_iovas() {
    let device = device();
    let d = device_argument();
    let range = device.try_alloc_iova(0x340, 0x3000, AllocFlags::NO_WARN);
    let range = range.unwrap().unwrap();
    assert_eq!(range.size(), Ok(0x3000));
    let start = range.reserved_address().bits();
    assert_eq!(start % 0x1000, 0x340);
    let (first, second) = (kdma_mock::pages(0xcc0, 0x340), kdma_mock::pages(0x800, 0));
    let mut linking = range.link::<FromDevice, _, 2>(first, WARN).unwrap();
    linking.link(second).unwrap();
    // There is room for two.
    let full = linking.link(kdma_mock::pages(64, 0)).unwrap_err();
    assert_eq!((full.error, full.object.size()), (Error::Invalid, 64));
    kdma_mock::fail("iova_sync", kdma_sys::KDMA_ENOMEM);
    let Failed { error, object } = linking.sync().unwrap_err();
    assert_eq!(error, Error::NoMemory);
    let linked = object.sync().unwrap();
    assert_eq!((linked.linked(), linked.size()), (0x14c0, Ok(0x3000)));
    assert_eq!(linked.dma_address().bits(), start);
    kdma_mock::device_write(start + 0xcc0 + 5, b"device");
    let (range, [first, second]) = linked.unlink().unwrap();
    assert_eq!(second.unwrap().as_slice()[5..11], *b"device");
    let first = first.unwrap();
    let linking = range.link::<ToDevice, _, 1>(first, MapAttributes::NONE);
    let linked = linking.unwrap().sync().unwrap();
    let [first] = linked.destroy_without_sync().unwrap();
    assert_eq!(first.unwrap().size(), 0xcc0);

    let calls = take_calls();
    let s = argument(&calls, 1, 0);
    let (p, q) = (argument(&calls, 3, 2), argument(&calls, 4, 2));
    let expected = [
        call("iova_try_alloc", &[d, 0x340, 0x3000, 2]),
        call("use_iova", &[s]),
        call("iova_size", &[s]),
        call("iova_link", &[d, s, p, 0, 0xcc0, 2, 0x20]),
        call("iova_link", &[d, s, q, 0xcc0, 0x800, 2, 0x20]),
        call("iova_sync", &[d, s, 0, 0x14c0]),
        call("iova_sync", &[d, s, 0, 0x14c0]),
        call("iova_size", &[s]),
        call("iova_unlink", &[d, s, 0, 0x14c0, 2, 0x20]),
        call("iova_link", &[d, s, p, 0, 0xcc0, 1, 0]),
        call("iova_sync", &[d, s, 0, 0xcc0]),
        call("iova_destroy", &[d, s, 0xcc0, 1, 0x100]),
    ];
    assert_made(&calls, &expected);
    assert_eq!(take_faults(), Vec::<String>::new());
    assert_eq!(kdma_mock::live(), 0);
}

#[test]
fn ranges_of_iovas_end_when_they_are_dropped() {
    let device = device();
    let ask = || device.try_alloc_iova(0, 0x2000, AllocFlags::NONE);
    let memory = || kdma_mock::pages(64, 0);
    drop(ask().unwrap().unwrap());
    let range = ask().unwrap().unwrap();
    drop(range.link::<ToDevice, _, 1>(memory(), WARN).unwrap());
    let range = ask().unwrap().unwrap();
    let linking = range.link::<ToDevice, _, 1>(memory(), WARN).unwrap();
    drop(linking.sync().unwrap());
    let (asked, gone) = (["iova_try_alloc", "use_iova"], ["iova_unlink", "iova_free"]);
    let mut expected = [asked, ["iova_free", "iova_try_alloc"]].concat();
    expected.extend(["use_iova", "iova_link"]);
    expected.extend([gone, asked].concat());
    expected.extend(["iova_link", "iova_sync"]);
    expected.extend(gone);
    assert_functions(&expected);

    // A state without a range goes at once.
    assert!(
        device
            .try_alloc_iova(0, 1 << 60, AllocFlags::NONE)
            .unwrap()
            .is_none()
    );
    assert_eq!(take_calls()[2].function, "iova_free");
    kdma_mock::fail("iova_try_alloc", kdma_sys::KDMA_ENOTSUPP);
    assert_eq!(ask().unwrap_err(), Error::NotSupported);

    // What cannot be linked comes back, with the range.
    let range = ask().unwrap().unwrap();
    kdma_mock::fail("iova_link", kdma_sys::KDMA_EMAPPING);
    let Failed { error, object } = range.link::<ToDevice, _, 1>(memory(), WARN).unwrap_err();
    assert_eq!((error, object.1.size()), (Error::Mapping, 64));
    let range = object.0;
    let none = range.link::<ToDevice, _, 0>(memory(), WARN).unwrap_err();
    assert_eq!(none.error, Error::Invalid);
    kdma_mock::fail("iova_free", kdma_sys::KDMA_EINVAL);
    let again = none.object.0.free().unwrap_err();
    again.object.free().unwrap();
    let range = ask().unwrap().unwrap();
    let mmio = kdma_mock::mmio(0x1000);
    let linking = range.link::<Bidirectional, _, 1>(mmio, WARN).unwrap();
    let linked = linking.sync().unwrap();
    let _ = take_calls();
    kdma_mock::fail("iova_destroy", kdma_sys::KDMA_EINVAL);
    let kept = linked.destroy().unwrap_err().object;
    kdma_mock::fail("iova_unlink", kdma_sys::KDMA_EINVAL);
    let kept = kept.unlink().unwrap_err().object;
    drop(kept.unlink_without_sync().unwrap());
    assert_eq!(take_calls()[2].arguments[2..], [0, 0x1000, 3, 0x128]);
    assert_eq!(take_faults(), Vec::<String>::new());
    assert_eq!(kdma_mock::live(), 0);
}

#[test]
fn the_sync_can_be_left_out_where_the_functions_take_attributes() {
    let device = device();
    let d = device_argument();
    let buffer = kdma_mock::buffer(64);
    let mapping = device.map_single_attrs::<FromDevice>(buffer, WARN).unwrap();
    let dma = mapping.dma_address().bits();
    kdma_mock::device_write(dma, b"unseen");
    let _ = take_calls();
    let buffer = mapping.unmap_without_sync().unwrap();
    assert_calls(&[call("unmap_single_attrs", &[d, dma, 64, 2, 0x120])]);
    assert_eq!(&buffer.as_slice()[..6], &[0; 6]);

    let mapping = device.map_single::<FromDevice>(buffer).unwrap();
    let failed = mapping.unmap_without_sync().unwrap_err();
    assert_eq!(failed.error, Error::Invalid);
    assert_eq!(live(), 1);
    drop(failed);
    assert_eq!(live(), 0);
    assert_eq!(take_faults(), Vec::<String>::new());
}

#[test]
fn a_failed_mapping_gives_the_buffer_back() {
    let device = device();
    fail_next(kdma_sys::KDMA_EMAPPING);
    let failed = device
        .map_single::<ToDevice>(kdma_mock::buffer(64))
        .unwrap_err();
    assert_eq!(failed.error, Error::Mapping);
    assert_eq!(failed.object.as_slice().len(), 64);
    let failed = device
        .map_single::<ToDevice>(kdma_mock::buffer(0))
        .unwrap_err();
    assert_eq!(failed.error, Error::Invalid);
    assert!(
        take_calls()
            .iter()
            .all(|call| call.function == "map_single")
    );
}

#[test]
fn a_failed_unmap_keeps_the_mapping() {
    let mapping = device()
        .map_single::<ToDevice>(kdma_mock::buffer(64))
        .unwrap();
    fail_next(kdma_sys::KDMA_EINVAL);
    let failed = mapping.unmap().unwrap_err();
    assert_eq!(live(), 1);
    let _ = failed.object.unmap().unwrap();
    assert_eq!(live(), 0);
    assert_eq!(take_faults(), Vec::<String>::new());
}

#[test]
fn syncs_move_the_bytes() {
    let device = device();
    let d = device_argument();
    let mut buffer = kdma_mock::buffer(64);
    buffer.as_mut_slice()[..3].copy_from_slice(b"one");
    let mapping = device.map_single::<Bidirectional>(buffer).unwrap();
    let dma = mapping.dma_address().bits();
    let _ = take_calls();
    assert_eq!(kdma_mock::device_read(dma, 3), b"one");
    assert_eq!(mapping.need_sync(), Ok(true));
    assert_eq!(mapping.mapping_error(), Ok(()));
    kdma_mock::device_write(dma, b"two");
    let mut mapping = mapping.sync_for_cpu().unwrap();
    let mut bytes = [0; 3];
    mapping.read(0, &mut bytes).unwrap();
    assert_eq!(&bytes, b"two");
    mapping.write(8, b"three").unwrap();
    assert_eq!(mapping.write(60, b"three"), Err(Error::Invalid));
    let mapping = mapping.sync_for_device().unwrap();
    assert_eq!(kdma_mock::device_read(dma + 8, 5), b"three");
    kdma_mock::device_write(dma, b"end");
    let buffer = mapping.unmap().unwrap();
    assert_eq!(&buffer.as_slice()[..3], b"end");
    assert_calls(&[
        call("need_sync", &[d, dma]),
        call("mapping_error", &[d, dma]),
        call("sync_single_for_cpu", &[d, dma, 64, 3]),
        call("sync_single_for_device", &[d, dma, 64, 3]),
        call("unmap_single", &[d, dma, 64, 3]),
    ]);
}

#[test]
fn a_range_moves_alone() {
    let device = device();
    let d = device_argument();
    let mapping = device
        .map_single::<Bidirectional>(kdma_mock::buffer(64))
        .unwrap();
    let dma = mapping.dma_address().bits();
    let _ = take_calls();
    kdma_mock::device_write(dma, &[7; 64]);
    let mut range = mapping.sync_range_for_cpu(16, 8).unwrap();
    assert_eq!((range.offset(), range.size()), (16, 8));
    assert_eq!(range.dma_address().bits(), dma);
    let mut bytes = [0; 8];
    range.read(0, &mut bytes).unwrap();
    assert_eq!(bytes, [7; 8]);
    assert_eq!(range.read(1, &mut bytes), Err(Error::Invalid));
    range.write(7, &[9]).unwrap();
    let mapping = range.sync_for_device().unwrap();
    assert_eq!(kdma_mock::device_read(dma + 22, 3), [7, 9, 7]);
    assert_calls(&[
        call("sync_single_range_for_cpu", &[d, dma, 16, 8, 3]),
        call("sync_single_range_for_device", &[d, dma, 16, 8, 3]),
    ]);

    // Beyond the end: nothing is called.
    let failed = mapping.sync_range_for_cpu(60, 5).unwrap_err();
    assert_eq!(failed.error, Error::Invalid);
    let failed = failed.object.sync_range_for_cpu(u64::MAX, 2).unwrap_err();
    assert_calls(&[]);
    // No bytes: the ABI says so.
    let failed = failed.object.sync_range_for_cpu(8, 0).unwrap_err();
    assert_eq!(failed.error, Error::Invalid);
    assert_calls(&[call("sync_single_range_for_cpu", &[d, dma, 8, 0, 3])]);

    let range = failed.object.sync_range_for_cpu(0, 4).unwrap();
    let buffer = range.unmap().unwrap();
    assert_eq!(buffer.as_slice()[63], 7);
    assert_eq!(live(), 0);
    assert_eq!(take_faults(), Vec::<String>::new());
}

#[test]
fn a_failed_sync_leaves_the_owner() {
    let mapping = device()
        .map_single::<FromDevice>(kdma_mock::buffer(64))
        .unwrap();
    fail_next(kdma_sys::KDMA_EINVAL);
    let mapping = mapping.sync_for_cpu().unwrap_err().object;
    let mapping = mapping.sync_for_cpu().unwrap();
    fail_next(kdma_sys::KDMA_EINVAL);
    let mapping = mapping.sync_for_device().unwrap_err().object;
    let mut bytes = [0; 1];
    mapping.read(0, &mut bytes).unwrap();
}

#[test]
fn parts_of_a_buffer_are_mapped_apart() {
    let device = device();
    let (first, second) = kdma_mock::buffer(128).split_at(48).unwrap();
    let first = device.map_single::<ToDevice>(first).unwrap();
    let second = device.map_single::<FromDevice>(second).unwrap();
    assert_eq!((first.size(), second.size()), (48, 80));
    assert!(kdma_mock::buffer(1).split_at(2).is_none());
    drop((first, second));
    assert_eq!(live(), 0);
    assert_eq!(take_faults(), Vec::<String>::new());
}

#[test]
fn sets_of_bits() {
    assert_eq!(AllocFlags::from_bits(4), None);
    assert_eq!(AllocFlags::from_bits(3), Some(AllocFlags::ALL));
    assert_eq!(MapAttributes::from_bits(kdma_sys::KDMA_ATTR_MMIO), None);
    assert_eq!(
        MapAttributes::ALL.bits(),
        kdma_sys::KDMA_ATTRS_OF_MAPPINGS,
        "what mappings take, as kdma.h has it"
    );
    assert_eq!(
        AllocAttributes::ALL.bits() | kdma_sys::KDMA_ATTR_NO_KERNEL_MAPPING,
        kdma_sys::KDMA_ATTRS_OF_ALLOCATIONS,
        "what allocations take, as kdma.h has it"
    );
    const BOTH: MapAttributes = SKIP.with(WARN);
    assert!(BOTH.contains(WARN) && !WARN.contains(BOTH));
}

#[test]
fn pages() {
    let device = device();
    let d = device_argument();
    let pages = device
        .alloc_pages::<FromDevice>(0x3000, AllocFlags::ATOMIC)
        .unwrap();
    let address = pages.dma_address().bits();
    assert_eq!(pages.size(), 0x3000);
    let pages = pages.sync_for_device().unwrap();
    let pages = pages.sync_for_cpu().unwrap();
    let mut bytes = [1; 4];
    pages.read(0x2ffc, &mut bytes).unwrap();
    assert_eq!(bytes, [0; 4]);
    assert_eq!(pages.read(0x2ffd, &mut bytes), Err(Error::Invalid));
    assert_calls(&[
        call("alloc_pages", &[d, 0x3000, 2, 1]),
        call("sync_single_for_device", &[d, address, 0x3000, 2]),
        call("sync_single_for_cpu", &[d, address, 0x3000, 2]),
    ]);
    fail_next(kdma_sys::KDMA_EINVAL);
    let failed = pages.free().unwrap_err();
    assert_eq!(failed.error, Error::Invalid);
    failed.object.free().unwrap();
    let freed = take_calls();
    assert_eq!(freed.len(), 2);
    assert_eq!(freed[0], freed[1]);
    assert_eq!(freed[1].arguments[..2], [d, 0x3000]);
    assert_eq!(freed[1].arguments[3..], [address, 2]);
    assert_eq!(take_faults(), Vec::<String>::new());
}

#[test]
fn dropped_pages_are_freed_once() {
    let device = device();
    let mut pages = device
        .alloc_pages::<ToDevice>(0x2000, AllocFlags::NONE)
        .unwrap();
    pages.write(8, b"to").unwrap();
    drop(pages.sync_for_device().unwrap());
    assert_functions(&["alloc_pages", "sync_single_for_device", "free_pages"]);
    assert_eq!(take_faults(), Vec::<String>::new());
    fail_next(kdma_sys::KDMA_ENOMEM);
    let failed = device.alloc_pages::<Bidirectional>(0x1000, AllocFlags::NONE);
    assert_eq!(failed.unwrap_err(), Error::NoMemory);
    assert_eq!(
        device
            .alloc_pages::<Bidirectional>(0, AllocFlags::NONE)
            .unwrap_err(),
        Error::Invalid
    );
}

fn list_of_two() -> ScatterList<'static, 2> {
    let mut list = ScatterList::new(2, AllocFlags::ATOMIC).unwrap();
    list.add(kdma_mock::pages(192, 64)).unwrap();
    list.add(kdma_mock::pages(96, 32)).unwrap();
    list
}

fn lists<D: Direction>(direction: u64) {
    let device = device();
    let d = device_argument();
    let list = list_of_two();
    let calls = take_calls();
    assert_eq!(calls[0], call("sg_alloc", &[2, 1]));
    assert_eq!(calls[1].arguments[2..], [64, 192]);
    assert_eq!(calls[2].arguments[2..], [32, 96]);
    let table = argument(&calls, 1, 0);
    let mapping = device.map_sg::<D, 2>(list, WARN).unwrap();
    assert_eq!(
        mapping.segments().map(|s| s.size).collect::<Vec<_>>(),
        [192, 96]
    );
    assert_eq!(mapping.segment_count(), 2);
    let mapping = mapping.sync_for_cpu().unwrap().sync_for_device().unwrap();
    let list = mapping.unmap_without_sync().unwrap();
    assert_calls(&[
        call("map_sg_attrs", &[d, table, direction, 0x20]),
        call("sg_segment", &[table, 0]),
        call("sg_segment", &[table, 1]),
        call("sg_segment", &[table, 2]),
        call("sync_sg_for_cpu", &[d, table, direction]),
        call("sync_sg_for_device", &[d, table, direction]),
        call("unmap_sg_attrs", &[d, table, direction, 0x120]),
    ]);
    let mapping = device.map_sgtable::<D, 2>(list, SKIP).unwrap();
    let mapping = mapping.sync_for_cpu().unwrap().sync_for_device().unwrap();
    drop(mapping);
    assert_calls(&[
        call("map_sgtable", &[d, table, direction, 0x100]),
        call("sync_sgtable_for_cpu", &[d, table, direction]),
        call("sync_sgtable_for_device", &[d, table, direction]),
        call("unmap_sgtable", &[d, table, direction, 0x100]),
        call("sg_free", &[table]),
    ]);
    assert_eq!(live(), 0);
}

#[test]
fn lists_in_each_direction() {
    lists::<ToDevice>(1);
    lists::<FromDevice>(2);
    lists::<Bidirectional>(3);
}

#[test]
fn lists_carry_bytes_and_survive_failures() {
    let device = device();
    let mut list = list_of_two();
    let failed = list.add(kdma_mock::pages(8, 0)).unwrap_err();
    assert_eq!(
        (failed.error, failed.object.as_slice().len()),
        (Error::Invalid, 8)
    );
    list.entry_mut(1).unwrap().as_mut_slice()[5] = 7;
    fail_next(kdma_sys::KDMA_EIO);
    let failed = device
        .map_sgtable::<Bidirectional, 2>(list, MapAttributes::NONE)
        .unwrap_err();
    assert_eq!(failed.error, Error::Io);
    let mapping = device
        .map_sg::<Bidirectional, 2>(failed.object, MapAttributes::NONE)
        .unwrap();
    let second = mapping.segment(1).unwrap().dma_address.bits();
    assert_eq!(kdma_mock::device_read(second + 5, 1), [7]);
    kdma_mock::device_write(second + 6, b"x");
    let mut mapping = mapping.sync_for_cpu().unwrap();
    let mut byte = [0];
    mapping.read(1, 6, &mut byte).unwrap();
    assert_eq!(&byte, b"x");
    assert_eq!(mapping.read(2, 0, &mut byte), Err(Error::Invalid));
    mapping.write(0, 3, b"y").unwrap();
    let mapping = mapping.sync_for_device().unwrap();
    fail_next(kdma_sys::KDMA_EINVAL);
    let list = mapping.unmap().unwrap_err().object.unmap().unwrap();
    assert_eq!(list.entry(0).unwrap().as_slice()[3], b'y');
    let [first, second] = list.into_entries();
    assert_eq!(
        first.unwrap().as_slice().len() + second.unwrap().as_slice().len(),
        288
    );
    assert_eq!(
        ScatterList::<2>::new(3, AllocFlags::NONE).map(|_| ()),
        Err(Error::Invalid)
    );
    assert_eq!(live(), 0);
    assert_eq!(take_faults(), Vec::<String>::new());
}

#[test]
fn noncoherent_memory_is_freed_by_its_own_function() {
    let device = device();
    let d = device_argument();
    let memory = device
        .alloc_noncoherent::<Bidirectional>(0x5000, AllocFlags::NO_WARN)
        .unwrap();
    let address = memory.dma_address().bits();
    let start = memory.cpu_address().addr().get() as u64;
    let memory = memory.sync_for_device().unwrap();
    fail_next(kdma_sys::KDMA_EINVAL);
    let failed = memory.free().unwrap_err();
    assert_eq!(failed.error, Error::Invalid);
    drop(failed.object);
    let freed = call("free_noncoherent", &[d, 0x5000, start, address, 3]);
    assert_calls(&[
        call("alloc_noncoherent", &[d, 0x5000, 3, 2]),
        call("sync_single_for_device", &[d, address, 0x5000, 3]),
        freed.clone(),
        freed,
    ]);
    assert_eq!(take_faults(), Vec::<String>::new());
    assert_eq!(kdma_mock::live(), 0);
    fail_next(kdma_sys::KDMA_ENOMEM);
    let failed = device.alloc_noncoherent::<ToDevice>(1, AllocFlags::NONE);
    assert_eq!(failed.unwrap_err(), Error::NoMemory);
}

#[test]
fn pools_and_their_memory() {
    let device = device();
    let d = device_argument();
    let pool = device.create_pool(96, 32, 4096).unwrap();
    assert_eq!(pool.size(), 96);
    let first = pool.alloc(AllocFlags::ATOMIC).unwrap();
    let second = pool.zalloc(AllocFlags::NO_WARN).unwrap();
    assert_eq!(first.write(90, b"1234567"), Err(Error::Invalid));
    first.write(90, b"123456").unwrap();
    assert_eq!(
        kdma_mock::device_read(first.dma_address().bits() + 90, 6),
        b"123456"
    );
    kdma_mock::device_write(second.dma_address().bits() + 3, b"seen");
    let mut bytes = [0; 5];
    second.read(2, &mut bytes).unwrap();
    assert_eq!(&bytes, b"\0seen");
    let made = |m: &kdma::PoolMemory<'_>| (m.cpu_address().addr().get() as u64, m.dma_address());
    let (start, address) = made(&first);
    let (other_start, other_address) = made(&second);
    fail_next(kdma_sys::KDMA_EINVAL);
    let kdma::Failed { error, object } = first.free().unwrap_err();
    assert_eq!((error, object.size()), (Error::Invalid, 96));
    drop(second);
    object.free().unwrap();
    fail_next(kdma_sys::KDMA_EINVAL);
    let failed = pool.destroy().unwrap_err();
    failed.object.destroy().unwrap();
    let calls = take_calls();
    let p = argument(&calls, 1, 0);
    let freed = call("pool_free", &[p, start, address.bits()]);
    let expected = [
        call("pool_create", &[d, 96, 32, 4096]),
        call("pool_alloc", &[p, 1]),
        call("pool_zalloc", &[p, 2]),
        freed.clone(),
        call("pool_free", &[p, other_start, other_address.bits()]),
        freed,
        call("pool_destroy", &[p]),
        call("pool_destroy", &[p]),
    ];
    assert_made(&calls, &expected);
    assert_eq!(take_faults(), Vec::<String>::new());
    assert_eq!(kdma_mock::live(), 0);
}

#[test]
fn dropped_pools_are_destroyed_after_their_memory() {
    let device = device();
    {
        let pool = device.create_pool(8, 0, 0).unwrap();
        let _piece = pool.zalloc(AllocFlags::NONE).unwrap();
        fail_next(kdma_sys::KDMA_ENOMEM);
        assert_eq!(pool.alloc(AllocFlags::NONE).unwrap_err(), Error::NoMemory);
    }
    assert_functions(&[
        "pool_create",
        "pool_zalloc",
        "pool_alloc",
        "pool_free",
        "pool_destroy",
    ]);
    assert_eq!(device.create_pool(0, 0, 0).unwrap_err(), Error::Invalid);
    assert_eq!(take_faults(), Vec::<String>::new());
}

#[test]
fn lists_of_coherent_memory() {
    let device = device();
    let d = device_argument();
    let memory = device.alloc_coherent(0x3000, AllocFlags::NONE).unwrap();
    let start = memory.cpu_address().addr().get() as u64;
    let address = memory.dma_address().bits();
    let list = memory.sgtable::<1>().unwrap();
    assert_eq!(list.size(), 0x3000);
    memory.write(5, b"listed").unwrap();
    let mapping = device
        .map_sgtable::<ToDevice, 1>(list, MapAttributes::NONE)
        .unwrap();
    let segment = mapping.segment(0).unwrap();
    assert_eq!(segment.size, 0x3000);
    assert_eq!(
        kdma_mock::device_read(segment.dma_address.bits() + 5, 6),
        b"listed"
    );
    let mut list = mapping.unmap().unwrap();
    assert!(list.add(kdma_mock::pages(64, 0)).is_err());
    drop(list);
    fail_next(kdma_sys::KDMA_ENOTSUPP);
    assert_eq!(memory.sgtable::<0>().unwrap_err(), Error::NotSupported);
    memory.free().unwrap();
    let hidden = device
        .alloc_for_device(0x2000, AllocFlags::NONE, AllocAttributes::NO_WARN)
        .unwrap();
    let hidden_address = hidden.dma_address().bits();
    drop(hidden.sgtable::<0>().unwrap());
    drop(hidden);
    let calls = take_calls();
    assert_eq!(calls[1], call("get_sgtable", &[d, start, address, 0x3000]));
    let (name, said) = (calls[10].function, &calls[10].arguments);
    assert_eq!(name, "get_sgtable_attrs");
    assert_eq!(
        (said[0], &said[2..]),
        (d, &[hidden_address, 0x2000, 0x30][..])
    );
    assert_eq!(calls[11].function, "sg_free");
    assert_eq!(take_faults(), Vec::<String>::new());
    assert_eq!(kdma_mock::live(), 0);
}

#[test]
fn what_the_device_manages() {
    let binding = kdma_mock::Binding::new();
    let device = binding.device();
    let d = device_argument();
    let memory = device.managed_coherent(0x3000, AllocFlags::ATOMIC).unwrap();
    assert_eq!(memory.size(), 0x3000);
    assert_eq!(memory.write(0x2fff, b"ab"), Err(Error::Invalid));
    memory.write(0x2ffe, b"ab").unwrap();
    let address = memory.dma_address().bits();
    assert_eq!(kdma_mock::device_read(address + 0x2ffe, 2), b"ab");
    let start = memory.cpu_address().addr().get() as u64;
    fail_next(kdma_sys::KDMA_EINVAL);
    let kdma::Failed { error, object } = memory.free().unwrap_err();
    assert_eq!((error, object.size()), (Error::Invalid, 0x3000));
    object.free().unwrap();
    let attributes = AllocAttributes::WEAK_ORDERING;
    let other = device
        .managed_attrs(0x1234, AllocFlags::NO_WARN, attributes)
        .unwrap();
    kdma_mock::device_write(other.dma_address().bits() + 5, b"seen");
    let mut bytes = [0; 4];
    other.read(5, &mut bytes).unwrap();
    assert_eq!((other.size(), &bytes), (0x1234, b"seen"));
    let hidden = device
        .managed_for_device(0x2345, AllocFlags::NONE, AllocAttributes::NO_WARN)
        .unwrap();
    assert_eq!(hidden.size(), 0x2345);
    let pool = device.managed_pool(96, 32, 4096).unwrap();
    drop(pool.zalloc(AllocFlags::NONE).unwrap());
    fail_next(kdma_sys::KDMA_EINVAL);
    let kdma::Failed { object, .. } = pool.destroy().unwrap_err();
    assert_eq!(object.size(), 96);
    object.destroy().unwrap();
    // Dropping what is managed calls nothing.
    let _ = device.managed_coherent(0x100, AllocFlags::NONE).unwrap();
    let _ = device.managed_pool(48, 0, 0).unwrap();
    assert_eq!(kdma_mock::live(), 4);
    let calls = take_calls();
    let freed = call("managed_free_coherent", &[d, 0x3000, start, address]);
    let p = argument(&calls, 6, 0);
    let destroyed = call("managed_pool_destroy", &[p]);
    let expected = [
        call("managed_alloc_coherent", &[d, 0x3000, 1]),
        freed.clone(),
        freed,
        call("managed_alloc_attrs", &[d, 0x1234, 2, 0x200]),
        call("managed_alloc_attrs", &[d, 0x2345, 0, 0x30]),
        call("managed_pool_create", &[d, 96, 32, 4096]),
        call("pool_zalloc", &[p, 0]),
        calls[7].clone(),
        destroyed.clone(),
        destroyed,
        call("managed_alloc_coherent", &[d, 0x100, 0]),
        call("managed_pool_create", &[d, 48, 0, 0]),
    ];
    assert_eq!(calls[7].function, "pool_free");
    assert_made(&calls, &expected);
    drop(binding);
    assert_eq!(kdma_mock::live(), 0);
    assert_eq!(take_faults(), Vec::<String>::new());
}

#[test]
fn memory_in_pieces() {
    let device = device();
    let d = device_argument();
    let mut memory = device
        .alloc_noncontiguous::<Bidirectional>(
            0x9000,
            AllocFlags::NO_WARN,
            kdma::NoncontiguousAttributes::ALLOC_SINGLE_PAGES,
        )
        .unwrap();
    let address = memory.dma_address().bits();
    assert_eq!((memory.size(), memory.cpu_address()), (0x9000, None));
    assert_eq!(memory.write(0, b"x"), Err(Error::Invalid));
    assert_eq!(memory.vunmap(), Err(Error::Invalid));
    memory.vmap().unwrap();
    assert_eq!(memory.vmap(), Err(Error::Invalid));
    memory.write(0x8ffe, b"ab").unwrap();
    assert_eq!(kdma_mock::device_read(address + 0x8ffe, 2), b"ab");
    let memory = memory.sync_for_device().unwrap();
    kdma_mock::device_write(address + 0x1234, b"device");
    let mut memory = memory.sync_for_cpu().unwrap();
    let mut bytes = [0; 6];
    memory.read(0x1234, &mut bytes).unwrap();
    assert_eq!(&bytes, b"device");
    memory.vunmap().unwrap();
    assert_eq!(memory.read(0, &mut bytes), Err(Error::Invalid));
    memory.vmap().unwrap();
    kdma_mock::fail("free_noncontiguous", kdma_sys::KDMA_EINVAL);
    let kdma::Failed { error, object } = memory.free().unwrap_err();
    assert_eq!((error, object.cpu_address()), (Error::Invalid, None));
    drop(object);
    let calls = take_calls();
    let t = argument(&calls, 1, 1);
    let (seen, unseen) = (
        call("vmap_noncontiguous", &[d, 0x9000, t]),
        call("vunmap_noncontiguous", &[d, t]),
    );
    let freed = call("free_noncontiguous", &[d, 0x9000, t, 3]);
    let expected = [
        call("alloc_noncontiguous", &[d, 0x9000, 3, 2, 1]),
        unseen.clone(),
        seen.clone(),
        seen.clone(),
        call("sync_sgtable_for_device", &[d, t, 3]),
        call("sync_sgtable_for_cpu", &[d, t, 3]),
        unseen.clone(),
        seen,
        unseen,
        freed.clone(),
        freed,
    ];
    assert_made(&calls, &expected);
    assert_eq!(take_faults(), Vec::<String>::new());
    assert_eq!(kdma_mock::live(), 0);
}
