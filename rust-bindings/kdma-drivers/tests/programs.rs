// SPDX-License-Identifier: GPL-2.0

//! Both drivers over hand-made programs, against a pretended kdma.ko.
#![allow(missing_docs)]

use core::ffi::c_void;
use core::ptr;

use kdma_drivers::rust::{kdma_rust_run, kdma_rust_state_size};
use kdma_drivers::rust_sys::{kdma_rust_sys_run, kdma_rust_sys_state_size};
use kdma_mock::{Call, fail, fail_next, live, take_calls, take_faults};
use kdma_program::*;
use kdma_sys::*;

const SIZE: u64 = 4096;
const PAGE_OFFSET: u64 = 0x80;

const ABI_VERSION: u16 = 1;
const SET_MASK: u16 = 16;
const GET_MASK: u16 = 19;
const ALLOC_COHERENT: u16 = 48;
const FREE_COHERENT: u16 = 49;
const ALLOC_PAGES: u16 = 112;
const FREE_PAGES: u16 = 113;
const ALLOC_NONCOHERENT: u16 = 160;
const FREE_NONCOHERENT: u16 = 161;
const GET_SGTABLE: u16 = 144;
const GET_SGTABLE_ATTRS: u16 = 145;
const MAP_SGTABLE: u16 = 133;
const MANAGED_ALLOC_ATTRS: u16 = 240;
const MANAGED_ALLOC_COHERENT: u16 = 241;
const MANAGED_FREE_COHERENT: u16 = 242;
const MANAGED_POOL_CREATE: u16 = 243;
const MANAGED_POOL_DESTROY: u16 = 244;
const POOL_CREATE: u16 = 176;
const POOL_DESTROY: u16 = 177;
const POOL_ALLOC: u16 = 178;
const POOL_ZALLOC: u16 = 179;
const POOL_FREE: u16 = 180;
const ALLOC_NONCONTIGUOUS: u16 = 192;
const FREE_NONCONTIGUOUS: u16 = 193;
const VMAP_NONCONTIGUOUS: u16 = 194;
const VUNMAP_NONCONTIGUOUS: u16 = 195;
const SYNC_SGTABLE_FOR_DEVICE: u16 = 138;
const ALLOC_ATTRS: u16 = 50;
const FREE_ATTRS: u16 = 51;
const MAP_SINGLE: u16 = 64;
const UNMAP_SINGLE: u16 = 65;
const MAP_SINGLE_ATTRS: u16 = 66;
const UNMAP_SINGLE_ATTRS: u16 = 67;
const MAP_PAGE: u16 = 68;
const UNMAP_PAGE: u16 = 69;
const MAP_PAGE_ATTRS: u16 = 70;
const UNMAP_PAGE_ATTRS: u16 = 71;
const MAP_PHYS: u16 = 72;
const UNMAP_PHYS: u16 = 73;
const MAP_RESOURCE: u16 = 208;
const UNMAP_RESOURCE: u16 = 209;
const IOVA_TRY_ALLOC: u16 = 224;
const USE_IOVA: u16 = 225;
const IOVA_SIZE: u16 = 226;
const IOVA_LINK: u16 = 227;
const IOVA_SYNC: u16 = 228;
const IOVA_UNLINK: u16 = 229;
const IOVA_DESTROY: u16 = 230;
const IOVA_FREE: u16 = 231;
const MAPPING_ERROR: u16 = 74;
const SYNC_SINGLE_FOR_CPU: u16 = 96;
const SYNC_SINGLE_FOR_DEVICE: u16 = 97;
const SYNC_SINGLE_RANGE_FOR_CPU: u16 = 98;
const SYNC_SINGLE_RANGE_FOR_DEVICE: u16 = 99;
const NEED_SYNC: u16 = 100;
const MEMORY_FILL: u16 = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Driver {
    Rust,
    RustSys,
}

const BOTH: [Driver; 2] = [Driver::Rust, Driver::RustSys];

/// What came of a run.
#[derive(Debug)]
struct Trace {
    results: Vec<kdma_result>,
    slots: Vec<kdma_slot>,
    leftover: u32,
    calls: Vec<Call>,
    /// The buffer: CPU address, page, physical address.
    buffer: (u64, u64, u64),
}

impl Trace {
    fn status(&self, index: usize) -> i32 {
        assert_eq!(
            self.results[index].completion, KDMA_COMPLETED,
            "operation {index}"
        );
        self.results[index].status
    }

    fn value(&self, index: usize) -> u64 {
        self.results[index].values[0]
    }

    fn is_inexpressible(&self, index: usize) -> bool {
        self.results[index].completion == KDMA_INEXPRESSIBLE
    }

    fn functions(&self) -> Vec<&'static str> {
        self.calls.iter().map(|call| call.function).collect()
    }
}

fn operation(opcode: u16, slot: u32, arguments: &[u64]) -> kdma_operation {
    let mut words = [0; KDMA_ARGUMENT_COUNT];
    words[..arguments.len()].copy_from_slice(arguments);
    kdma_operation {
        opcode,
        reserved: 0,
        slot,
        arguments: words,
    }
}

/// The core's own operations: this one leaves its number in the result.
unsafe extern "C" fn core_operation(run: *mut kdma_run, index: u32) {
    // SAFETY: the executor passes the run it was given and the number of one of
    // its operations.
    unsafe {
        let result = &mut *(*run).results.add(index as usize);
        result.status = KDMA_EIO;
        result.values[3] = u64::from(index);
    }
}

/// Runs a program with one buffer and four slots.
fn run(driver: Driver, operations: &[kdma_operation]) -> Trace {
    const SLOTS: u32 = 4;
    let (start, page, page_offset, physical_address) =
        kdma_mock::core_buffer(SIZE as usize, PAGE_OFFSET);
    let buffers = [kdma_buffer {
        cpu_address: start.as_ptr().cast(),
        page: page.as_ptr(),
        physical_address,
        size: SIZE,
        page_offset,
    }];
    let nothing = kdma_result {
        opcode: 0,
        completion: KDMA_NOT_REACHED,
        status: 0,
        values: [0; KDMA_VALUE_COUNT],
    };
    let mut results = vec![nothing; operations.len()];
    let empty = kdma_slot {
        cpu_address: ptr::null_mut(),
        dma_address: 0,
        size: 0,
        state: KDMA_SLOT_EMPTY,
        segment_count: 0,
        segments: [kdma_segment {
            dma_address: 0,
            size: 0,
        }; KDMA_MAX_SEGMENTS as usize],
    };
    let mut slots = vec![empty; SLOTS as usize];
    let state_size = match driver {
        Driver::Rust => kdma_rust_state_size(SLOTS),
        Driver::RustSys => kdma_rust_sys_state_size(SLOTS),
    };
    assert!(state_size > 0);
    let mut state = vec![0_u64; (state_size / 8) as usize];
    let mut program = kdma_run {
        device: kdma_mock::raw_device().as_ptr(),
        operations: operations.as_ptr(),
        results: results.as_mut_ptr(),
        buffers: buffers.as_ptr(),
        slots: slots.as_mut_ptr(),
        state: state.as_mut_ptr().cast::<c_void>(),
        operation_count: operations.len() as u32,
        buffer_count: 1,
        slot_count: SLOTS,
        leftover: 0,
        core_operation: Some(core_operation),
        core: ptr::null_mut(),
    };
    let _ = take_calls();
    let binding = kdma_mock::Binding::new();
    // SAFETY: the run is as program.h describes it.
    let error = unsafe {
        match driver {
            Driver::Rust => kdma_rust_run(&raw mut program),
            Driver::RustSys => kdma_rust_sys_run(&raw mut program),
        }
    };
    assert_eq!(error, 0);
    for (result, operation) in results.iter().zip(operations) {
        assert_eq!(result.opcode, operation.opcode);
        assert_ne!(result.completion, KDMA_NOT_REACHED);
    }
    // What is managed goes with the device, as the core has it.
    drop(binding);
    assert_eq!(live(), 0, "{driver:?} released everything");
    Trace {
        results,
        slots,
        leftover: program.leftover,
        calls: take_calls(),
        buffer: (
            start.addr().get() as u64,
            page.addr().get() as u64,
            physical_address,
        ),
    }
}

#[track_caller]
fn assert_no_faults() {
    assert_eq!(take_faults(), Vec::<String>::new());
}

fn device() -> u64 {
    kdma_mock::raw_device().addr().get() as u64
}

#[test]
fn values_and_core_operations() {
    for driver in BOTH {
        let trace = run(
            driver,
            &[
                operation(ABI_VERSION, 0, &[]),
                operation(SET_MASK, 0, &[0xabcd]),
                operation(MEMORY_FILL, 0, &[0, 1, 2, 3]),
                operation(GET_MASK, 0, &[]),
            ],
        );
        assert_eq!(trace.value(0), u64::from(KDMA_ABI_VERSION));
        assert_eq!(trace.status(1), KDMA_OK);
        assert_eq!((trace.status(2), trace.results[2].values[3]), (KDMA_EIO, 2));
        assert_eq!(trace.value(3), 0xabcd);
        assert_eq!(trace.functions(), ["abi_version", "set_mask", "get_mask"]);
    }
    assert_no_faults();
}

/// Each mapping family with its defining call, its arguments after the offset.
#[test]
fn every_mapping_family() {
    let cases = [
        ("single", MAP_SINGLE, UNMAP_SINGLE, false),
        ("single_attrs", MAP_SINGLE_ATTRS, UNMAP_SINGLE_ATTRS, true),
        ("page", MAP_PAGE, UNMAP_PAGE, false),
        ("page_attrs", MAP_PAGE_ATTRS, UNMAP_PAGE_ATTRS, true),
        ("phys", MAP_PHYS, UNMAP_PHYS, true),
    ];
    let attributes = KDMA_ATTR_NO_WARN;
    for driver in BOTH {
        for (name, map, unmap, has_attributes) in cases {
            let mut define = vec![0, 0x40, 0x100, 3];
            let mut release = vec![0x100, 3];
            if has_attributes {
                define.push(attributes);
                release.push(attributes);
            }
            let trace = run(
                driver,
                &[operation(map, 1, &define), operation(unmap, 1, &release)],
            );
            assert_eq!(
                (trace.status(0), trace.status(1)),
                (KDMA_OK, KDMA_OK),
                "{driver:?} {name}"
            );
            let dma = trace.value(0);
            let memory = match name.split('_').next() {
                Some("single") => vec![trace.buffer.0 + 0x40],
                Some("page") => vec![trace.buffer.1, PAGE_OFFSET + 0x40],
                _ => vec![trace.buffer.2 + 0x40],
            };
            let rest = if has_attributes {
                vec![attributes]
            } else {
                vec![]
            };
            assert_eq!(trace.calls[0].function, format!("map_{name}"));
            assert_eq!(
                trace.calls[0].arguments,
                [vec![device()], memory, vec![0x100, 3], rest.clone()].concat()
            );
            assert_eq!(trace.calls[1].function, format!("unmap_{name}"));
            assert_eq!(
                trace.calls[1].arguments,
                [vec![device(), dma, 0x100, 3], rest].concat()
            );
            assert_eq!(trace.calls.len(), 2);
            assert_eq!(trace.leftover, 0);
            let slot = trace.slots[1];
            assert_eq!(
                (slot.state, slot.dma_address, slot.size),
                (KDMA_SLOT_UNMAPPED, dma, 0x100)
            );
            assert!(slot.cpu_address.is_null());
        }
    }
    assert_no_faults();
}

#[test]
fn coherent_memory() {
    for driver in BOTH {
        let hidden = KDMA_ATTR_NO_KERNEL_MAPPING | KDMA_ATTR_NO_WARN;
        let trace = run(
            driver,
            &[
                operation(ALLOC_COHERENT, 0, &[0x200, 1]),
                operation(ALLOC_ATTRS, 1, &[0x300, 2, KDMA_ATTR_WRITE_COMBINE]),
                operation(ALLOC_ATTRS, 2, &[0x400, 3, hidden]),
                operation(FREE_ATTRS, 2, &[0x400, hidden]),
                operation(FREE_COHERENT, 0, &[0x200]),
                operation(FREE_ATTRS, 1, &[0x300, KDMA_ATTR_WRITE_COMBINE]),
            ],
        );
        for index in 0..6 {
            assert_eq!(trace.status(index), KDMA_OK);
        }
        assert_eq!(trace.calls[0].arguments, [device(), 0x200, 1]);
        assert_eq!(trace.calls[1].arguments, [device(), 0x300, 2, 0x400]);
        assert_eq!(trace.calls[2].arguments, [device(), 0x400, 3, 0x30]);
        assert_eq!(trace.calls[3].arguments[3..], [trace.value(2), 0x30]);
        assert_eq!(trace.calls[4].arguments[3..], [trace.value(0)]);
        assert_eq!(trace.calls[5].arguments[3..], [trace.value(1), 0x400]);
        assert!(
            trace.slots[..3]
                .iter()
                .all(|slot| slot.state == KDMA_SLOT_FREED)
        );
        assert_eq!(trace.leftover, 0);
    }
    assert_no_faults();
}

#[test]
fn leftovers_are_released_as_they_were_made() {
    for driver in BOTH {
        let trace = run(
            driver,
            &[
                operation(MAP_PHYS, 3, &[0, 0, 0x10, 2, KDMA_ATTR_NO_WARN]),
                operation(ALLOC_COHERENT, 2, &[0x20, 0]),
                operation(MAP_SINGLE, 1, &[0, 0x100, 0x30, 1]),
                operation(ALLOC_ATTRS, 0, &[0x40, 0, KDMA_ATTR_NO_KERNEL_MAPPING]),
            ],
        );
        assert_eq!(trace.leftover, 4);
        assert_eq!(
            trace.functions()[4..],
            ["free_attrs", "unmap_single", "free_coherent", "unmap_phys"]
        );
        let states: Vec<u32> = trace.slots.iter().map(|slot| slot.state).collect();
        assert_eq!(
            states,
            [
                KDMA_SLOT_FREED,
                KDMA_SLOT_UNMAPPED,
                KDMA_SLOT_FREED,
                KDMA_SLOT_UNMAPPED
            ]
        );
    }
    assert_no_faults();
}

#[test]
fn ram_is_no_resource() {
    for driver in BOTH {
        let trace = run(
            driver,
            &[
                operation(MAP_RESOURCE, 0, &[0, 0x10, 0x40, 1, 0x20]),
                operation(UNMAP_RESOURCE, 0, &[0x40, 1, 0x20]),
            ],
        );
        assert_eq!(
            (trace.status(0), trace.value(0)),
            (KDMA_EINVAL, KDMA_MAPPING_ERROR)
        );
        let start = trace.buffer.2 + 0x10;
        assert_eq!(trace.calls[0].arguments, [device(), start, 0x40, 1, 0x20]);
        assert_eq!(trace.is_inexpressible(1), driver == Driver::Rust);
        let _ = take_faults();
    }
    assert_no_faults();
}

/// Links of a range that is left are ended first.
#[test]
fn ranges_of_iovas() {
    for driver in BOTH {
        let trace = run(
            driver,
            &[
                operation(IOVA_TRY_ALLOC, 0, &[0x90, 0x900, 0]),
                operation(USE_IOVA, 0, &[]),
                operation(IOVA_SIZE, 0, &[]),
                operation(IOVA_LINK, 0, &[0, 0x10, 0, 0x700, 3, 0x20]),
                operation(IOVA_SYNC, 0, &[0, 0x700]),
                operation(IOVA_UNLINK, 0, &[0, 0x700, 3, 0x20]),
                operation(IOVA_LINK, 0, &[0, 0x10, 0, 0x80, 1, 0]),
                operation(IOVA_DESTROY, 0, &[0x80, 1, 0]),
                operation(IOVA_TRY_ALLOC, 1, &[0, 1 << 60, 2]),
                operation(USE_IOVA, 1, &[]),
                operation(IOVA_FREE, 1, &[]),
                operation(IOVA_TRY_ALLOC, 2, &[0, 0x1000, 0]),
                operation(IOVA_LINK, 2, &[0, 0, 0, 0x40, 2, 0]),
                operation(IOVA_TRY_ALLOC, 3, &[0, 0, 0]),
            ],
        );
        for index in 0..13 {
            assert_eq!(trace.status(index), KDMA_OK, "{driver:?} {index}");
        }
        assert_eq!(trace.value(0) % 0x1000, 0x90);
        let values: Vec<u64> = [1, 2, 8, 9, 13].map(|index| trace.value(index)).into();
        let none = KDMA_MAPPING_ERROR;
        assert_eq!(values, [1, 0x900, none, 0, none]);
        assert_eq!(trace.status(13), KDMA_EINVAL);
        assert_eq!(trace.leftover, 1);
        let start = trace.buffer.2 + 0x10;
        let find = |name| {
            trace
                .calls
                .iter()
                .find(|call| call.function == name)
                .unwrap()
        };
        let state = find("iova_sync").arguments[1];
        assert_eq!(
            find("iova_link").arguments,
            [device(), state, start, 0, 0x700, 3, 0x20]
        );
        assert_eq!(
            find("iova_unlink").arguments,
            [device(), state, 0, 0x700, 3, 0x20]
        );
        assert_eq!(
            find("iova_destroy").arguments,
            [device(), state, 0x80, 1, 0]
        );
        let states: Vec<u32> = trace.slots.iter().map(|slot| slot.state).collect();
        let gone = KDMA_SLOT_UNMAPPED;
        assert_eq!(states, [gone, KDMA_SLOT_FREED, gone, KDMA_SLOT_FAILED]);
        let last = trace.calls.last().unwrap();
        assert_eq!(last.function, "iova_free");
    }
    assert_no_faults();
}

#[test]
fn failures_are_reported() {
    for driver in BOTH {
        fail_next(KDMA_EMAPPING);
        let trace = run(
            driver,
            &[
                operation(MAP_SINGLE, 0, &[0, 0, 64, 1]),
                operation(MAP_SINGLE, 1, &[0, 0, 0, 1]),
                operation(ALLOC_COHERENT, 2, &[0, 0]),
            ],
        );
        assert_eq!(
            (trace.status(0), trace.value(0)),
            (KDMA_EMAPPING, KDMA_MAPPING_ERROR)
        );
        assert_eq!(
            (trace.status(1), trace.value(1)),
            (KDMA_EINVAL, KDMA_MAPPING_ERROR)
        );
        assert_eq!((trace.status(2), trace.value(2)), (KDMA_EINVAL, 0));
        for slot in &trace.slots[..3] {
            assert_eq!(
                (slot.state, slot.dma_address, slot.size),
                (KDMA_SLOT_FAILED, KDMA_MAPPING_ERROR, 0)
            );
        }
        assert_eq!(trace.leftover, 0);
    }
    assert_no_faults();
}

#[test]
fn syncs() {
    for driver in BOTH {
        let trace = run(
            driver,
            &[
                operation(MAP_SINGLE, 0, &[0, 0, 0x100, 3]),
                operation(SYNC_SINGLE_FOR_CPU, 0, &[0x100, 3]),
                operation(SYNC_SINGLE_FOR_DEVICE, 0, &[0x100, 3]),
                operation(SYNC_SINGLE_RANGE_FOR_CPU, 0, &[0x20, 0x40, 3]),
                operation(SYNC_SINGLE_RANGE_FOR_DEVICE, 0, &[0x20, 0x40, 3]),
                operation(NEED_SYNC, 0, &[]),
                operation(MAPPING_ERROR, 0, &[]),
                operation(UNMAP_SINGLE, 0, &[0x100, 3]),
            ],
        );
        for index in 0..8 {
            assert_eq!(trace.status(index), KDMA_OK, "{driver:?} {index}");
        }
        assert_eq!(trace.value(5), 1);
        let dma = trace.value(0);
        assert_eq!(trace.calls[1].arguments, [device(), dma, 0x100, 3]);
        assert_eq!(trace.calls[3].arguments, [device(), dma, 0x20, 0x40, 3]);
        assert_eq!(trace.calls[4].arguments, [device(), dma, 0x20, 0x40, 3]);
        assert_eq!(
            trace.functions(),
            [
                "map_single",
                "sync_single_for_cpu",
                "sync_single_for_device",
                "sync_single_range_for_cpu",
                "sync_single_range_for_device",
                "need_sync",
                "mapping_error",
                "unmap_single"
            ]
        );
    }
    assert_no_faults();
}

#[test]
fn the_sync_can_be_left_out() {
    for driver in BOTH {
        let skip = KDMA_ATTR_SKIP_CPU_SYNC | KDMA_ATTR_NO_WARN;
        let trace = run(
            driver,
            &[
                operation(MAP_PAGE_ATTRS, 0, &[0, 0, 0x100, 2, KDMA_ATTR_NO_WARN]),
                operation(UNMAP_PAGE_ATTRS, 0, &[0x100, 2, skip]),
            ],
        );
        assert_eq!(trace.status(1), KDMA_OK);
        assert_eq!(trace.calls[1].arguments[4], skip);
        assert_eq!(trace.calls.len(), 2);
    }
    assert_no_faults();
}

/// What a wrong program does: the raw driver says it, the safe one cannot.
#[test]
fn wrong_programs() {
    let map = operation(MAP_SINGLE, 0, &[0, 0, 0x100, 1]);
    let wrong = [
        operation(UNMAP_SINGLE, 0, &[0x101, 1]),
        operation(UNMAP_SINGLE, 0, &[0x100, 2]),
        operation(UNMAP_PAGE, 0, &[0x100, 1]),
        operation(SYNC_SINGLE_FOR_CPU, 0, &[0x100, 2]),
        operation(SYNC_SINGLE_FOR_CPU, 0, &[0x80, 1]),
        operation(SYNC_SINGLE_RANGE_FOR_CPU, 0, &[0xff, 2, 1]),
        operation(SYNC_SINGLE_FOR_DEVICE, 0, &[0x100, 1]),
        operation(SYNC_SINGLE_RANGE_FOR_DEVICE, 0, &[0, 1, 1]),
        operation(MAP_SINGLE, 1, &[0, 0, 0x100, 0]),
        operation(MAP_SINGLE, 1, &[0, 0, 0x100, 9]),
        operation(MAP_SINGLE, 1, &[0, 0xff, 2, 1]),
        operation(MAP_SINGLE_ATTRS, 1, &[0, 0x200, 1, 1, KDMA_ATTR_MMIO]),
        operation(MAP_SINGLE_ATTRS, 1, &[0, 0x200, 1, 1, 1 << 63]),
        operation(ALLOC_COHERENT, 1, &[64, 0x80]),
        operation(FREE_COHERENT, 0, &[0x100]),
        operation(UNMAP_SINGLE, 2, &[0x100, 1]),
        operation(NEED_SYNC, 2, &[]),
        operation(MAPPING_ERROR, 2, &[]),
    ];
    for operation in wrong {
        let trace = run(Driver::Rust, &[map, operation]);
        assert!(trace.is_inexpressible(1), "{operation:?}");
        assert_eq!(trace.functions(), ["map_single", "unmap_single"]);
        assert_eq!(trace.leftover, 1);
        let slot = trace.slots[operation.slot as usize];
        assert!([KDMA_SLOT_EMPTY, KDMA_SLOT_UNMAPPED].contains(&slot.state));
        assert_no_faults();

        let trace = run(Driver::RustSys, &[map, operation]);
        assert!(!trace.is_inexpressible(1), "{operation:?}");
        assert_eq!(trace.calls.len(), 3 + trace.leftover as usize - 1);
        let _ = take_faults();
    }
}

#[test]
fn a_slot_that_holds_something_is_not_defined_anew() {
    let trace = run(
        Driver::Rust,
        &[
            operation(ALLOC_COHERENT, 0, &[64, 0]),
            operation(ALLOC_COHERENT, 0, &[65, 0]),
            operation(MAP_SINGLE, 0, &[0, 0, 1, 1]),
            operation(FREE_COHERENT, 0, &[64]),
            operation(FREE_COHERENT, 0, &[64]),
            operation(MAP_SINGLE, 0, &[0, 0, 1, 1]),
            operation(UNMAP_SINGLE, 0, &[1, 1]),
            operation(UNMAP_SINGLE, 0, &[1, 1]),
        ],
    );
    let inexpressible: Vec<bool> = (0..8).map(|index| trace.is_inexpressible(index)).collect();
    assert_eq!(
        inexpressible,
        [false, true, true, false, true, false, false, true]
    );
    assert_eq!(trace.leftover, 0);
    assert_no_faults();
}

#[test]
fn a_failed_release_leaves_the_slot() {
    for driver in BOTH {
        for (define, release) in [
            (
                operation(MAP_SINGLE, 0, &[0, 0, 16, 1]),
                operation(UNMAP_SINGLE, 0, &[16, 1]),
            ),
            (
                operation(ALLOC_COHERENT, 0, &[16, 0]),
                operation(FREE_COHERENT, 0, &[16]),
            ),
        ] {
            let is_map = define.opcode == MAP_SINGLE;
            fail(
                if is_map {
                    "unmap_single"
                } else {
                    "free_coherent"
                },
                KDMA_EINVAL,
            );
            let trace = run(driver, &[define, release, release]);
            assert_eq!(trace.status(1), KDMA_EINVAL);
            assert_eq!(trace.status(2), KDMA_OK);
            assert_eq!(trace.calls.len(), 3);
            assert_eq!(trace.leftover, 0);
        }
    }
    assert_no_faults();
}

#[test]
fn a_failed_sync_leaves_the_owner() {
    for driver in BOTH {
        fail("sync_single_for_cpu", KDMA_EINVAL);
        let trace = run(
            driver,
            &[
                operation(MAP_SINGLE, 0, &[0, 0, 16, 1]),
                operation(SYNC_SINGLE_FOR_CPU, 0, &[16, 1]),
                operation(SYNC_SINGLE_FOR_CPU, 0, &[16, 1]),
                // No bytes: the call is made and says so.
                operation(SYNC_SINGLE_FOR_DEVICE, 0, &[16, 1]),
                operation(SYNC_SINGLE_RANGE_FOR_CPU, 0, &[4, 0, 1]),
                operation(UNMAP_SINGLE, 0, &[16, 1]),
            ],
        );
        let statuses: Vec<i32> = (0..6).map(|index| trace.status(index)).collect();
        assert_eq!(
            statuses,
            [KDMA_OK, KDMA_EINVAL, KDMA_OK, KDMA_OK, KDMA_EINVAL, KDMA_OK]
        );
    }
    assert_no_faults();
}

#[test]
fn device_memory() {
    let attributes = KDMA_ATTR_MMIO | KDMA_ATTR_NO_WARN;
    for driver in BOTH {
        let trace = run(
            driver,
            &[
                operation(MAP_PHYS, 0, &[0, 0x10, 0x20, 2, attributes]),
                operation(NEED_SYNC, 0, &[]),
                operation(UNMAP_PHYS, 0, &[0x20, 2, attributes]),
            ],
        );
        assert_eq!(trace.status(0), KDMA_OK);
        assert_eq!(trace.status(2), KDMA_OK);
        assert_eq!(
            trace.calls[0].arguments,
            [device(), trace.buffer.2 + 0x10, 0x20, 2, attributes]
        );
    }
    assert_no_faults();
}

#[test]
fn noncoherent_memory() {
    for driver in BOTH {
        let trace = run(
            driver,
            &[
                operation(ALLOC_NONCOHERENT, 0, &[0x2000, 2, 1]),
                operation(SYNC_SINGLE_FOR_DEVICE, 0, &[0x2000, 2]),
                operation(FREE_NONCOHERENT, 0, &[0x2000, 2]),
                operation(ALLOC_NONCOHERENT, 2, &[0x3000, 1, 2]),
            ],
        );
        assert!((0..4).all(|index| trace.status(index) == KDMA_OK));
        assert_eq!(trace.leftover, 1);
        assert_eq!(
            trace.functions(),
            [
                "alloc_noncoherent",
                "sync_single_for_device",
                "free_noncoherent",
                "alloc_noncoherent",
                "free_noncoherent"
            ]
        );
        assert_eq!(trace.calls[0].arguments, [device(), 0x2000, 2, 1]);
        assert_eq!(trace.calls[4].arguments[1], 0x3000);
        assert_eq!(trace.calls[4].arguments[3..], [trace.value(3), 1]);
    }
    assert_no_faults();
}

#[test]
fn pools() {
    for driver in BOTH {
        let trace = run(
            driver,
            &[
                operation(POOL_CREATE, 1, &[100, 32, 4096]),
                operation(POOL_ALLOC, 2, &[1, 1]),
                operation(POOL_ZALLOC, 0, &[1, 2]),
                operation(POOL_FREE, 2, &[]),
                operation(POOL_ALLOC, 2, &[1, 0]),
                operation(POOL_FREE, 0, &[]),
            ],
        );
        assert!((0..6).all(|index| trace.status(index) == KDMA_OK));
        assert_eq!(trace.leftover, 2);
        assert_eq!(
            trace.functions(),
            [
                "pool_create",
                "pool_alloc",
                "pool_zalloc",
                "pool_free",
                "pool_alloc",
                "pool_free",
                "pool_free",
                "pool_destroy"
            ]
        );
        assert_eq!(trace.calls[0].arguments, [device(), 100, 32, 4096]);
        assert_eq!(trace.calls[3].arguments[2], trace.value(1));
        assert_eq!(trace.calls[5].arguments[2], trace.value(2));
        assert_eq!(trace.calls[6].arguments[2], trace.value(4));
        assert_eq!(trace.calls[7].arguments, trace.calls[6].arguments[..1]);
        let trace = run(
            driver,
            &[
                operation(POOL_CREATE, 0, &[100, 0, 0]),
                operation(POOL_DESTROY, 0, &[]),
            ],
        );
        assert_eq!(trace.status(1), KDMA_OK);
        assert_eq!(trace.leftover, 0);
    }
    assert_no_faults();
}

#[test]
fn lists_of_memory_go_before_it() {
    for driver in BOTH {
        let trace = run(
            driver,
            &[
                operation(ALLOC_COHERENT, 0, &[0x3000, 0]),
                operation(GET_SGTABLE, 1, &[0, 0x3000]),
                operation(ALLOC_ATTRS, 2, &[0x2000, 0, 0x20]),
                operation(GET_SGTABLE_ATTRS, 3, &[2, 0x2000, 0x20]),
                operation(MAP_SGTABLE, 3, &[1, 0]),
            ],
        );
        assert!((0..5).all(|index| trace.status(index) == KDMA_OK));
        assert_eq!(trace.leftover, 4);
        assert_eq!(
            trace.functions(),
            [
                "alloc_coherent",
                "get_sgtable",
                "alloc_attrs",
                "get_sgtable_attrs",
                "map_sgtable",
                "sg_free",
                "unmap_sgtable",
                "sg_free",
                "free_coherent",
                "free_attrs"
            ]
        );
        assert_eq!(trace.calls[1].arguments[2..], [trace.value(0), 0x3000]);
        assert_eq!(
            trace.calls[3].arguments[2..],
            [trace.value(2), 0x2000, 0x20]
        );
    }
    assert_no_faults();
}

#[test]
fn what_is_managed_stays() {
    for driver in BOTH {
        let trace = run(
            driver,
            &[
                operation(MANAGED_ALLOC_ATTRS, 0, &[0x1234, 2, 0x200]),
                operation(MANAGED_ALLOC_COHERENT, 1, &[0x3000, 1]),
                operation(MANAGED_FREE_COHERENT, 1, &[0x3000]),
                operation(MANAGED_ALLOC_COHERENT, 2, &[0x400, 0]),
                operation(MANAGED_POOL_CREATE, 3, &[100, 32, 4096]),
                operation(POOL_ALLOC, 1, &[3, 1]),
            ],
        );
        assert!((0..6).all(|index| trace.status(index) == KDMA_OK));
        // The piece goes back to its pool; the device has the rest.
        assert_eq!(trace.leftover, 1);
        assert_eq!(
            trace.functions(),
            [
                "managed_alloc_attrs",
                "managed_alloc_coherent",
                "managed_free_coherent",
                "managed_alloc_coherent",
                "managed_pool_create",
                "pool_alloc",
                "pool_free"
            ]
        );
        assert_eq!(trace.calls[0].arguments, [device(), 0x1234, 2, 0x200]);
        assert_eq!(trace.calls[1].arguments, [device(), 0x3000, 1]);
        assert_eq!(trace.calls[2].arguments[..2], [device(), 0x3000]);
        assert_eq!(trace.calls[2].arguments[3], trace.value(1));
        assert_eq!(trace.calls[4].arguments, [device(), 100, 32, 4096]);
        let trace = run(
            driver,
            &[
                operation(MANAGED_POOL_CREATE, 0, &[100, 0, 0]),
                operation(MANAGED_POOL_DESTROY, 0, &[]),
            ],
        );
        assert_eq!(trace.status(1), KDMA_OK);
        assert_eq!(trace.leftover, 0);
    }
    assert_no_faults();
}

#[test]
fn memory_in_pieces() {
    for driver in BOTH {
        let trace = run(
            driver,
            &[
                operation(ALLOC_NONCONTIGUOUS, 1, &[0x5000, 1, 2, 1]),
                operation(VMAP_NONCONTIGUOUS, 1, &[0x5000]),
                operation(SYNC_SGTABLE_FOR_DEVICE, 1, &[1]),
                operation(VUNMAP_NONCONTIGUOUS, 1, &[]),
                operation(FREE_NONCONTIGUOUS, 1, &[0x5000, 1]),
                operation(ALLOC_NONCONTIGUOUS, 0, &[0x3000, 2, 0, 0]),
                operation(VMAP_NONCONTIGUOUS, 0, &[0x3000]),
            ],
        );
        assert!((0..7).all(|index| trace.status(index) == KDMA_OK));
        assert_eq!(trace.leftover, 1);
        assert_eq!(
            trace.functions(),
            [
                "alloc_noncontiguous",
                "vmap_noncontiguous",
                "sync_sgtable_for_device",
                "vunmap_noncontiguous",
                "free_noncontiguous",
                "alloc_noncontiguous",
                "vmap_noncontiguous",
                "vunmap_noncontiguous",
                "free_noncontiguous"
            ]
        );
        assert_eq!(trace.calls[0].arguments, [device(), 0x5000, 1, 2, 1]);
        assert_eq!(trace.calls[8].arguments[..2], [device(), 0x3000]);
        assert_eq!(trace.calls[8].arguments[3..], [2]);
    }
    assert_no_faults();
}

#[test]
fn allocated_pages() {
    for driver in BOTH {
        let trace = run(
            driver,
            &[
                operation(ALLOC_PAGES, 1, &[0x2000, 3, 1]),
                operation(SYNC_SINGLE_FOR_DEVICE, 1, &[0x2000, 3]),
                operation(SYNC_SINGLE_FOR_CPU, 1, &[0x2000, 3]),
                operation(FREE_PAGES, 1, &[0x2000, 3]),
                operation(ALLOC_PAGES, 2, &[0x3000, 1, 2]),
            ],
        );
        for index in 0..5 {
            assert_eq!(trace.status(index), KDMA_OK);
        }
        assert_eq!(trace.leftover, 1);
        assert_eq!(
            trace.functions(),
            [
                "alloc_pages",
                "sync_single_for_device",
                "sync_single_for_cpu",
                "free_pages",
                "alloc_pages",
                "free_pages"
            ]
        );
        assert_eq!(trace.calls[0].arguments, [device(), 0x2000, 3, 1]);
        assert_eq!(trace.calls[5].arguments[1], 0x3000);
        assert_eq!(trace.calls[5].arguments[3..], [trace.value(4), 1]);
    }
    assert_no_faults();
}
