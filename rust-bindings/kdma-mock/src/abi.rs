// SPDX-License-Identifier: GPL-2.0

//! The functions of the ABI. Each records its call first.
// Exported by their symbols, not by their paths.
#![allow(clippy::missing_safety_doc, missing_docs, unreachable_pub)]

use core::ffi::c_void;
use core::ptr::NonNull;

use kdma_sys::*;

use crate::world::with;

/// Writes an out parameter, if there is one.
fn put<T>(to: *mut T, value: T) -> i32 {
    if to.is_null() {
        return KDMA_EINVAL;
    }
    // SAFETY: callers of the ABI give valid out parameters.
    unsafe { to.write(value) };
    KDMA_OK
}

/// What a map function returns and writes.
fn mapped(result: Result<u64, i32>, to: *mut kdma_address_t) -> i32 {
    match result {
        Ok(address) => put(to, address),
        Err(error) => {
            if error == KDMA_EMAPPING {
                put(to, KDMA_MAPPING_ERROR);
            }
            error
        }
    }
}

/// What an allocation returns and writes.
fn allocated(
    result: Result<(*mut c_void, u64), i32>,
    cpu_address: *mut *mut c_void,
    dma_address: *mut kdma_address_t,
) -> i32 {
    match result {
        Ok((start, address)) => put(cpu_address, start).min(put(dma_address, address)),
        Err(error) => error,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_abi_version() -> u32 {
    with(|world| world.record("abi_version", &[]));
    KDMA_ABI_VERSION
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_abi_attributes() -> u64 {
    with(|world| world.record("abi_attributes", &[]));
    KDMA_ATTR_SKIP_CPU_SYNC | KDMA_ATTR_NO_WARN
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_set_mask(device: *mut kdma_device, mask: u64) -> i32 {
    with(|world| {
        if let Err(error) = world.enter("set_mask", &[device.addr() as u64, mask]) {
            return error;
        }
        world.limits.insert("mask", mask);
        KDMA_OK
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_set_coherent_mask(device: *mut kdma_device, mask: u64) -> i32 {
    with(|world| {
        if let Err(error) = world.enter("set_coherent_mask", &[device.addr() as u64, mask]) {
            return error;
        }
        world.limits.insert("coherent_mask", mask);
        KDMA_OK
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_set_mask_and_coherent(device: *mut kdma_device, mask: u64) -> i32 {
    with(|world| {
        if let Err(error) = world.enter("set_mask_and_coherent", &[device.addr() as u64, mask]) {
            return error;
        }
        world.limits.insert("mask_and_coherent", mask);
        KDMA_OK
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_get_mask(device: *mut kdma_device, mask: *mut u64) -> i32 {
    with(
        |world| match world.enter("get_mask", &[device.addr() as u64]) {
            Ok(()) => {
                let value = world.limits.get("mask").copied().unwrap_or(0x11fa);
                put(mask, value)
            }
            Err(error) => error,
        },
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_get_required_mask(device: *mut kdma_device, mask: *mut u64) -> i32 {
    with(
        |world| match world.enter("get_required_mask", &[device.addr() as u64]) {
            Ok(()) => {
                let value = world.limits.get("required_mask").copied().unwrap_or(0x1363);
                put(mask, value)
            }
            Err(error) => error,
        },
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_max_mapping_size(device: *mut kdma_device, size: *mut u64) -> i32 {
    with(
        |world| match world.enter("max_mapping_size", &[device.addr() as u64]) {
            Ok(()) => {
                let value = world
                    .limits
                    .get("max_mapping_size")
                    .copied()
                    .unwrap_or(0x1102);
                put(size, value)
            }
            Err(error) => error,
        },
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_opt_mapping_size(device: *mut kdma_device, size: *mut u64) -> i32 {
    with(
        |world| match world.enter("opt_mapping_size", &[device.addr() as u64]) {
            Ok(()) => {
                let value = world
                    .limits
                    .get("opt_mapping_size")
                    .copied()
                    .unwrap_or(0x1287);
                put(size, value)
            }
            Err(error) => error,
        },
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_addressing_limited(
    device: *mut kdma_device,
    limited: *mut u32,
) -> i32 {
    with(
        |world| match world.enter("addressing_limited", &[device.addr() as u64]) {
            Ok(()) => {
                let value = world
                    .limits
                    .get("addressing_limited")
                    .copied()
                    .unwrap_or(0x1);
                put(limited, value as u32)
            }
            Err(error) => error,
        },
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_set_max_seg_size(device: *mut kdma_device, size: u32) -> i32 {
    with(|world| {
        if let Err(error) =
            world.enter("set_max_seg_size", &[device.addr() as u64, u64::from(size)])
        {
            return error;
        }
        world.limits.insert("max_seg_size", u64::from(size));
        KDMA_OK
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_get_max_seg_size(device: *mut kdma_device, size: *mut u32) -> i32 {
    with(
        |world| match world.enter("get_max_seg_size", &[device.addr() as u64]) {
            Ok(()) => {
                let value = world.limits.get("max_seg_size").copied().unwrap_or(0x1324);
                put(size, value as u32)
            }
            Err(error) => error,
        },
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_set_seg_boundary(device: *mut kdma_device, mask: u64) -> i32 {
    with(|world| {
        if let Err(error) = world.enter("set_seg_boundary", &[device.addr() as u64, mask]) {
            return error;
        }
        if mask == 0 || mask & mask.wrapping_add(1) != 0 {
            return KDMA_EINVAL;
        }
        world.limits.insert("seg_boundary", mask);
        KDMA_OK
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_get_seg_boundary(device: *mut kdma_device, mask: *mut u64) -> i32 {
    with(
        |world| match world.enter("get_seg_boundary", &[device.addr() as u64]) {
            Ok(()) => {
                let value = world.limits.get("seg_boundary").copied().unwrap_or(0x1219);
                put(mask, value)
            }
            Err(error) => error,
        },
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_set_min_align_mask(device: *mut kdma_device, mask: u32) -> i32 {
    with(|world| {
        if let Err(error) = world.enter(
            "set_min_align_mask",
            &[device.addr() as u64, u64::from(mask)],
        ) {
            return error;
        }
        world.limits.insert("min_align_mask", u64::from(mask));
        KDMA_OK
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_get_min_align_mask(device: *mut kdma_device, mask: *mut u32) -> i32 {
    with(
        |world| match world.enter("get_min_align_mask", &[device.addr() as u64]) {
            Ok(()) => {
                let value = world
                    .limits
                    .get("min_align_mask")
                    .copied()
                    .unwrap_or(0x1124);
                put(mask, value as u32)
            }
            Err(error) => error,
        },
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_get_cache_alignment(alignment: *mut u32) -> i32 {
    with(|world| match world.enter("get_cache_alignment", &[]) {
        Ok(()) => {
            let value = world
                .limits
                .get("cache_alignment")
                .copied()
                .unwrap_or(0x12b1);
            put(alignment, value as u32)
        }
        Err(error) => error,
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_get_merge_boundary(device: *mut kdma_device, mask: *mut u64) -> i32 {
    with(
        |world| match world.enter("get_merge_boundary", &[device.addr() as u64]) {
            Ok(()) => {
                let value = world.limits.get("merge_boundary").copied().unwrap_or(0xfff);
                put(mask, value)
            }
            Err(error) => error,
        },
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_can_mmap(device: *mut kdma_device, possible: *mut u32) -> i32 {
    with(
        |world| match world.enter("can_mmap", &[device.addr() as u64]) {
            Ok(()) => put(possible, 1),
            Err(error) => error,
        },
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_get_sgtable(
    device: *mut kdma_device,
    cpu_address: *mut c_void,
    dma_address: kdma_address_t,
    size: u64,
    table: *mut *mut kdma_sg_table,
) -> i32 {
    with(|world| {
        let said = [
            device.addr() as u64,
            cpu_address.addr() as u64,
            dma_address,
            size,
        ];
        let result = world
            .enter("get_sgtable", &said)
            .and_then(|()| world.list_memory("coherent", cpu_address, dma_address, size, 0));
        match result {
            Ok(made) => put(table, made),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_get_sgtable_attrs(
    device: *mut kdma_device,
    cpu_address: *mut c_void,
    dma_address: kdma_address_t,
    size: u64,
    attributes: u64,
    table: *mut *mut kdma_sg_table,
) -> i32 {
    with(|world| {
        let said = [
            device.addr() as u64,
            cpu_address.addr() as u64,
            dma_address,
            size,
            attributes,
        ];
        let result = world
            .enter("get_sgtable_attrs", &said)
            .and_then(|()| world.list_memory("attrs", cpu_address, dma_address, size, attributes));
        match result {
            Ok(made) => put(table, made),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_pci_p2pdma_supported(
    device: *mut kdma_device,
    supported: *mut u32,
) -> i32 {
    with(
        |world| match world.enter("pci_p2pdma_supported", &[device.addr() as u64]) {
            Ok(()) => {
                let value = world
                    .limits
                    .get("pci_p2pdma_supported")
                    .copied()
                    .unwrap_or(0x1);
                put(supported, value as u32)
            }
            Err(error) => error,
        },
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_alloc_coherent(
    device: *mut kdma_device,
    size: u64,
    flags: u32,
    cpu_address: *mut *mut c_void,
    dma_address: *mut kdma_address_t,
) -> i32 {
    with(|world| {
        let result = world.enter(
            "alloc_coherent",
            &[device.addr() as u64, size, u64::from(flags)],
        );
        let result = result.and_then(|()| world.allocate("coherent", size, 0));
        allocated(result, cpu_address, dma_address)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_free_coherent(
    device: *mut kdma_device,
    size: u64,
    cpu_address: *mut c_void,
    dma_address: kdma_address_t,
) -> i32 {
    with(|world| {
        match world.enter(
            "free_coherent",
            &[
                device.addr() as u64,
                size,
                cpu_address.addr() as u64,
                dma_address,
            ],
        ) {
            Ok(()) => world.free("coherent", size, cpu_address, dma_address, 0),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_alloc_attrs(
    device: *mut kdma_device,
    size: u64,
    flags: u32,
    attributes: u64,
    cpu_address: *mut *mut c_void,
    dma_address: *mut kdma_address_t,
) -> i32 {
    with(|world| {
        let result = world.enter(
            "alloc_attrs",
            &[device.addr() as u64, size, u64::from(flags), attributes],
        );
        let result = result.and_then(|()| world.allocate("attrs", size, attributes));
        allocated(result, cpu_address, dma_address)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_free_attrs(
    device: *mut kdma_device,
    size: u64,
    cpu_address: *mut c_void,
    dma_address: kdma_address_t,
    attributes: u64,
) -> i32 {
    with(|world| {
        match world.enter(
            "free_attrs",
            &[
                device.addr() as u64,
                size,
                cpu_address.addr() as u64,
                dma_address,
                attributes,
            ],
        ) {
            Ok(()) => world.free("attrs", size, cpu_address, dma_address, attributes),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_alloc_pages(
    device: *mut kdma_device,
    size: u64,
    direction: u32,
    flags: u32,
    page: *mut *mut kdma_page,
    cpu_address: *mut *mut c_void,
    dma_address: *mut kdma_address_t,
) -> i32 {
    with(|world| {
        let result = world
            .enter(
                "alloc_pages",
                &[
                    device.addr() as u64,
                    size,
                    u64::from(direction),
                    u64::from(flags),
                ],
            )
            .and_then(|()| world.allocate_pages(size, direction));
        match result {
            Ok((new_page, start, address)) => put(page, new_page.as_ptr())
                .min(put(cpu_address, start))
                .min(put(dma_address, address)),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_free_pages(
    device: *mut kdma_device,
    size: u64,
    page: *mut kdma_page,
    dma_address: kdma_address_t,
    direction: u32,
) -> i32 {
    with(|world| {
        match world.enter(
            "free_pages",
            &[
                device.addr() as u64,
                size,
                page.addr() as u64,
                dma_address,
                u64::from(direction),
            ],
        ) {
            Ok(()) => world.free_pages(size, page, dma_address, direction),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_alloc_noncoherent(
    device: *mut kdma_device,
    size: u64,
    direction: u32,
    flags: u32,
    cpu_address: *mut *mut c_void,
    dma_address: *mut kdma_address_t,
) -> i32 {
    with(|world| {
        let result = world
            .enter(
                "alloc_noncoherent",
                &[
                    device.addr() as u64,
                    size,
                    u64::from(direction),
                    u64::from(flags),
                ],
            )
            .and_then(|()| world.allocate_directed("noncoherent", size, direction));
        allocated(result, cpu_address, dma_address)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_free_noncoherent(
    device: *mut kdma_device,
    size: u64,
    cpu_address: *mut c_void,
    dma_address: kdma_address_t,
    direction: u32,
) -> i32 {
    with(|world| {
        match world.enter(
            "free_noncoherent",
            &[
                device.addr() as u64,
                size,
                cpu_address.addr() as u64,
                dma_address,
                u64::from(direction),
            ],
        ) {
            Ok(()) => world.free(
                "noncoherent",
                size,
                cpu_address,
                dma_address,
                u64::from(direction),
            ),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_alloc_noncontiguous(
    device: *mut kdma_device,
    size: u64,
    direction: u32,
    flags: u32,
    attributes: u64,
    table: *mut *mut kdma_sg_table,
    dma_address: *mut kdma_address_t,
) -> i32 {
    with(|world| {
        let said = [
            device.addr() as u64,
            size,
            u64::from(direction),
            u64::from(flags),
            attributes,
        ];
        let result = world
            .enter("alloc_noncontiguous", &said)
            .and_then(|()| world.allocate_pieces(size, direction));
        match result {
            Ok((made, address)) => put(table, made).min(put(dma_address, address)),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_free_noncontiguous(
    device: *mut kdma_device,
    size: u64,
    table: *mut kdma_sg_table,
    direction: u32,
) -> i32 {
    with(|world| {
        let said = [
            device.addr() as u64,
            size,
            table.addr() as u64,
            u64::from(direction),
        ];
        match world.enter("free_noncontiguous", &said) {
            Ok(()) => world.free_pieces(table.addr(), size, direction),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_vmap_noncontiguous(
    device: *mut kdma_device,
    size: u64,
    table: *mut kdma_sg_table,
    cpu_address: *mut *mut c_void,
) -> i32 {
    with(|world| {
        let said = [device.addr() as u64, size, table.addr() as u64];
        let result = world
            .enter("vmap_noncontiguous", &said)
            .and_then(|()| world.see_pieces(table.addr(), true));
        match result {
            Ok(start) => put(cpu_address, start),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_vunmap_noncontiguous(
    device: *mut kdma_device,
    table: *mut kdma_sg_table,
) -> i32 {
    with(|world| {
        let said = [device.addr() as u64, table.addr() as u64];
        let result = world
            .enter("vunmap_noncontiguous", &said)
            .and_then(|()| world.see_pieces(table.addr(), false));
        result.map_or_else(|error| error, |_| KDMA_OK)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_iova_try_alloc(
    device: *mut kdma_device,
    physical_address: u64,
    size: u64,
    flags: u32,
    state: *mut *mut kdma_iova_state,
    dma_address: *mut kdma_address_t,
) -> i32 {
    with(|world| {
        let said = [
            device.addr() as u64,
            physical_address,
            size,
            u64::from(flags),
        ];
        let result = world
            .enter("iova_try_alloc", &said)
            .and_then(|()| world.new_iova(physical_address, size));
        match result {
            Ok((made, address)) => put(state, made).min(put(dma_address, address)),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_use_iova(state: *mut kdma_iova_state, used: *mut u32) -> i32 {
    with(
        |world| match world.enter("use_iova", &[state.addr() as u64]) {
            Ok(()) => match world.iovas.get(&state.addr()) {
                Some((address, _)) => put(used, u32::from(address.is_some())),
                None => world.fault("use_iova: no state".into()),
            },
            Err(error) => error,
        },
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_iova_size(state: *mut kdma_iova_state, size: *mut u64) -> i32 {
    with(
        |world| match world.enter("iova_size", &[state.addr() as u64]) {
            Ok(()) => match world.iovas.get(&state.addr()) {
                Some((_, whole)) => put(size, *whole),
                None => world.fault("iova_size: no state".into()),
            },
            Err(error) => error,
        },
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_iova_link(
    device: *mut kdma_device,
    state: *mut kdma_iova_state,
    physical_address: u64,
    offset: u64,
    size: u64,
    direction: u32,
    attributes: u64,
) -> i32 {
    with(|world| {
        let memory = world.by_physical(physical_address);
        let said = [
            device.addr() as u64,
            state.addr() as u64,
            physical_address,
            offset,
            size,
            u64::from(direction),
            attributes,
        ];
        let how = (direction, attributes);
        match world.enter("iova_link", &said) {
            Ok(()) => world.link(state.addr(), memory, offset, size, how),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_iova_sync(
    device: *mut kdma_device,
    state: *mut kdma_iova_state,
    offset: u64,
    size: u64,
) -> i32 {
    with(|world| {
        let said = [device.addr() as u64, state.addr() as u64, offset, size];
        match world.enter("iova_sync", &said) {
            Ok(()) => world.sync_iova(state.addr(), offset, size),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_iova_unlink(
    device: *mut kdma_device,
    state: *mut kdma_iova_state,
    offset: u64,
    size: u64,
    direction: u32,
    attributes: u64,
) -> i32 {
    with(|world| {
        let said = [
            device.addr() as u64,
            state.addr() as u64,
            offset,
            size,
            u64::from(direction),
            attributes,
        ];
        match world.enter("iova_unlink", &said) {
            Ok(()) => world.unlink(state.addr(), offset, size, direction, attributes),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_iova_destroy(
    device: *mut kdma_device,
    state: *mut kdma_iova_state,
    linked: u64,
    direction: u32,
    attributes: u64,
) -> i32 {
    with(|world| {
        let said = [
            device.addr() as u64,
            state.addr() as u64,
            linked,
            u64::from(direction),
            attributes,
        ];
        if let Err(error) = world.enter("iova_destroy", &said) {
            return error;
        }
        if linked != 0 {
            world.unlink(state.addr(), 0, linked, direction, attributes);
        }
        world.free_iova(state.addr())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_iova_free(
    device: *mut kdma_device,
    state: *mut kdma_iova_state,
) -> i32 {
    with(
        |world| match world.enter("iova_free", &[device.addr() as u64, state.addr() as u64]) {
            Ok(()) => world.free_iova(state.addr()),
            Err(error) => error,
        },
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_pool_create(
    device: *mut kdma_device,
    size: u64,
    alignment: u64,
    boundary: u64,
    pool: *mut *mut kdma_pool,
) -> i32 {
    with(|world| {
        let said = [device.addr() as u64, size, alignment, boundary];
        let result = world
            .enter("pool_create", &said)
            .and_then(|()| world.new_pool(size));
        match result {
            Ok(made) => put(pool, made),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_pool_destroy(pool: *mut kdma_pool) -> i32 {
    with(|world| {
        if let Err(error) = world.enter("pool_destroy", &[pool.addr() as u64]) {
            return error;
        }
        world.destroy_pool(pool, false)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_managed_alloc_attrs(
    device: *mut kdma_device,
    size: u64,
    flags: u32,
    attributes: u64,
    cpu_address: *mut *mut c_void,
    dma_address: *mut kdma_address_t,
) -> i32 {
    with(|world| {
        let said = [device.addr() as u64, size, u64::from(flags), attributes];
        let result = world
            .enter("managed_alloc_attrs", &said)
            .and_then(|()| world.allocate("managed_attrs", size, attributes));
        allocated(result, cpu_address, dma_address)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_managed_alloc_coherent(
    device: *mut kdma_device,
    size: u64,
    flags: u32,
    cpu_address: *mut *mut c_void,
    dma_address: *mut kdma_address_t,
) -> i32 {
    with(|world| {
        let said = [device.addr() as u64, size, u64::from(flags)];
        let result = world
            .enter("managed_alloc_coherent", &said)
            .and_then(|()| world.allocate("managed_coherent", size, 0));
        allocated(result, cpu_address, dma_address)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_managed_free_coherent(
    device: *mut kdma_device,
    size: u64,
    cpu_address: *mut c_void,
    dma_address: kdma_address_t,
) -> i32 {
    with(|world| {
        let said = [
            device.addr() as u64,
            size,
            cpu_address.addr() as u64,
            dma_address,
        ];
        match world.enter("managed_free_coherent", &said) {
            Ok(()) => world.free_managed(size, cpu_address, dma_address),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_managed_pool_create(
    device: *mut kdma_device,
    size: u64,
    alignment: u64,
    boundary: u64,
    pool: *mut *mut kdma_pool,
) -> i32 {
    with(|world| {
        let said = [device.addr() as u64, size, alignment, boundary];
        let result = world
            .enter("managed_pool_create", &said)
            .and_then(|()| world.new_managed_pool(size));
        match result {
            Ok(made) => put(pool, made),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_managed_pool_destroy(pool: *mut kdma_pool) -> i32 {
    with(|world| {
        if let Err(error) = world.enter("managed_pool_destroy", &[pool.addr() as u64]) {
            return error;
        }
        world.destroy_pool(pool, true)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_pool_alloc(
    pool: *mut kdma_pool,
    flags: u32,
    cpu_address: *mut *mut c_void,
    dma_address: *mut kdma_address_t,
) -> i32 {
    with(|world| {
        let result = world
            .enter("pool_alloc", &[pool.addr() as u64, u64::from(flags)])
            .and_then(|()| world.take_piece(pool));
        allocated(result, cpu_address, dma_address)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_pool_zalloc(
    pool: *mut kdma_pool,
    flags: u32,
    cpu_address: *mut *mut c_void,
    dma_address: *mut kdma_address_t,
) -> i32 {
    with(|world| {
        let result = world
            .enter("pool_zalloc", &[pool.addr() as u64, u64::from(flags)])
            .and_then(|()| world.take_piece(pool));
        allocated(result, cpu_address, dma_address)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_pool_free(
    pool: *mut kdma_pool,
    cpu_address: *mut c_void,
    dma_address: kdma_address_t,
) -> i32 {
    with(|world| {
        let said = [pool.addr() as u64, cpu_address.addr() as u64, dma_address];
        match world.enter("pool_free", &said) {
            Ok(()) => world.put_piece(pool, cpu_address, dma_address),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_map_single(
    device: *mut kdma_device,
    cpu_address: *mut c_void,
    size: u64,
    direction: u32,
    dma_address: *mut kdma_address_t,
) -> i32 {
    with(|world| {
        let memory = NonNull::new(cpu_address.cast());
        let result = world.enter(
            "map_single",
            &[
                device.addr() as u64,
                cpu_address.addr() as u64,
                size,
                u64::from(direction),
            ],
        );
        let result = result.and_then(|()| world.map("single", memory, size, direction, 0));
        mapped(result, dma_address)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_unmap_single(
    device: *mut kdma_device,
    dma_address: kdma_address_t,
    size: u64,
    direction: u32,
) -> i32 {
    with(|world| {
        match world.enter(
            "unmap_single",
            &[
                device.addr() as u64,
                dma_address,
                size,
                u64::from(direction),
            ],
        ) {
            Ok(()) => world.unmap("single", dma_address, size, direction, 0),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_map_single_attrs(
    device: *mut kdma_device,
    cpu_address: *mut c_void,
    size: u64,
    direction: u32,
    attributes: u64,
    dma_address: *mut kdma_address_t,
) -> i32 {
    with(|world| {
        let memory = NonNull::new(cpu_address.cast());
        let result = world.enter(
            "map_single_attrs",
            &[
                device.addr() as u64,
                cpu_address.addr() as u64,
                size,
                u64::from(direction),
                attributes,
            ],
        );
        let result =
            result.and_then(|()| world.map("single_attrs", memory, size, direction, attributes));
        mapped(result, dma_address)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_unmap_single_attrs(
    device: *mut kdma_device,
    dma_address: kdma_address_t,
    size: u64,
    direction: u32,
    attributes: u64,
) -> i32 {
    with(|world| {
        match world.enter(
            "unmap_single_attrs",
            &[
                device.addr() as u64,
                dma_address,
                size,
                u64::from(direction),
                attributes,
            ],
        ) {
            Ok(()) => world.unmap("single_attrs", dma_address, size, direction, attributes),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_map_page(
    device: *mut kdma_device,
    page: *mut kdma_page,
    offset: u64,
    size: u64,
    direction: u32,
    dma_address: *mut kdma_address_t,
) -> i32 {
    with(|world| {
        let memory = world.by_page(page, offset);
        let result = world.enter(
            "map_page",
            &[
                device.addr() as u64,
                page.addr() as u64,
                offset,
                size,
                u64::from(direction),
            ],
        );
        let result = result.and_then(|()| world.map("page", memory, size, direction, 0));
        mapped(result, dma_address)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_unmap_page(
    device: *mut kdma_device,
    dma_address: kdma_address_t,
    size: u64,
    direction: u32,
) -> i32 {
    with(|world| {
        match world.enter(
            "unmap_page",
            &[
                device.addr() as u64,
                dma_address,
                size,
                u64::from(direction),
            ],
        ) {
            Ok(()) => world.unmap("page", dma_address, size, direction, 0),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_map_page_attrs(
    device: *mut kdma_device,
    page: *mut kdma_page,
    offset: u64,
    size: u64,
    direction: u32,
    attributes: u64,
    dma_address: *mut kdma_address_t,
) -> i32 {
    with(|world| {
        let memory = world.by_page(page, offset);
        let result = world.enter(
            "map_page_attrs",
            &[
                device.addr() as u64,
                page.addr() as u64,
                offset,
                size,
                u64::from(direction),
                attributes,
            ],
        );
        let result =
            result.and_then(|()| world.map("page_attrs", memory, size, direction, attributes));
        mapped(result, dma_address)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_unmap_page_attrs(
    device: *mut kdma_device,
    dma_address: kdma_address_t,
    size: u64,
    direction: u32,
    attributes: u64,
) -> i32 {
    with(|world| {
        match world.enter(
            "unmap_page_attrs",
            &[
                device.addr() as u64,
                dma_address,
                size,
                u64::from(direction),
                attributes,
            ],
        ) {
            Ok(()) => world.unmap("page_attrs", dma_address, size, direction, attributes),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_map_phys(
    device: *mut kdma_device,
    physical_address: u64,
    size: u64,
    direction: u32,
    attributes: u64,
    dma_address: *mut kdma_address_t,
) -> i32 {
    with(|world| {
        let memory = world.by_physical(physical_address);
        let result = world.enter(
            "map_phys",
            &[
                device.addr() as u64,
                physical_address,
                size,
                u64::from(direction),
                attributes,
            ],
        );
        let result = result.and_then(|()| world.map("phys", memory, size, direction, attributes));
        mapped(result, dma_address)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_unmap_phys(
    device: *mut kdma_device,
    dma_address: kdma_address_t,
    size: u64,
    direction: u32,
    attributes: u64,
) -> i32 {
    with(|world| {
        match world.enter(
            "unmap_phys",
            &[
                device.addr() as u64,
                dma_address,
                size,
                u64::from(direction),
                attributes,
            ],
        ) {
            Ok(()) => world.unmap("phys", dma_address, size, direction, attributes),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_map_resource(
    device: *mut kdma_device,
    physical_address: u64,
    size: u64,
    direction: u32,
    attributes: u64,
    dma_address: *mut kdma_address_t,
) -> i32 {
    with(|world| {
        let memory = world.by_physical(physical_address);
        let result = world.enter(
            "map_resource",
            &[
                device.addr() as u64,
                physical_address,
                size,
                u64::from(direction),
                attributes,
            ],
        );
        let result = result.and_then(|()| world.map_resource(memory, size, direction, attributes));
        mapped(result, dma_address)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_unmap_resource(
    device: *mut kdma_device,
    dma_address: kdma_address_t,
    size: u64,
    direction: u32,
    attributes: u64,
) -> i32 {
    with(|world| {
        match world.enter(
            "unmap_resource",
            &[
                device.addr() as u64,
                dma_address,
                size,
                u64::from(direction),
                attributes,
            ],
        ) {
            Ok(()) => world.unmap("resource", dma_address, size, direction, attributes),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_mapping_error(
    device: *mut kdma_device,
    dma_address: kdma_address_t,
) -> i32 {
    with(
        |world| match world.enter("mapping_error", &[device.addr() as u64, dma_address]) {
            Ok(()) if dma_address == KDMA_MAPPING_ERROR => KDMA_EMAPPING,
            Ok(()) => KDMA_OK,
            Err(error) => error,
        },
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_sync_single_for_cpu(
    device: *mut kdma_device,
    dma_address: kdma_address_t,
    size: u64,
    direction: u32,
) -> i32 {
    with(|world| {
        match world.enter(
            "sync_single_for_cpu",
            &[
                device.addr() as u64,
                dma_address,
                size,
                u64::from(direction),
            ],
        ) {
            Ok(()) => world.sync(dma_address, 0, size, direction, true),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_sync_single_for_device(
    device: *mut kdma_device,
    dma_address: kdma_address_t,
    size: u64,
    direction: u32,
) -> i32 {
    with(|world| {
        match world.enter(
            "sync_single_for_device",
            &[
                device.addr() as u64,
                dma_address,
                size,
                u64::from(direction),
            ],
        ) {
            Ok(()) => world.sync(dma_address, 0, size, direction, false),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_sync_single_range_for_cpu(
    device: *mut kdma_device,
    dma_address: kdma_address_t,
    offset: u64,
    size: u64,
    direction: u32,
) -> i32 {
    with(|world| {
        match world.enter(
            "sync_single_range_for_cpu",
            &[
                device.addr() as u64,
                dma_address,
                offset,
                size,
                u64::from(direction),
            ],
        ) {
            Ok(()) => world.sync(dma_address, offset, size, direction, true),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_sync_single_range_for_device(
    device: *mut kdma_device,
    dma_address: kdma_address_t,
    offset: u64,
    size: u64,
    direction: u32,
) -> i32 {
    with(|world| {
        match world.enter(
            "sync_single_range_for_device",
            &[
                device.addr() as u64,
                dma_address,
                offset,
                size,
                u64::from(direction),
            ],
        ) {
            Ok(()) => world.sync(dma_address, offset, size, direction, false),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_need_sync(
    device: *mut kdma_device,
    dma_address: kdma_address_t,
    needed: *mut u32,
) -> i32 {
    with(
        |world| match world.enter("need_sync", &[device.addr() as u64, dma_address]) {
            Ok(()) => {
                let value = world.limits.get("need_sync").copied().unwrap_or(0x1);
                put(needed, value as u32)
            }
            Err(error) => error,
        },
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_sg_alloc(
    capacity: u32,
    flags: u32,
    table: *mut *mut kdma_sg_table,
) -> i32 {
    with(|world| {
        let result = world
            .enter("sg_alloc", &[u64::from(capacity), u64::from(flags)])
            .and_then(|()| world.new_list(capacity));
        match result {
            Ok(list) => put(table, list),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_sg_free(table: *mut kdma_sg_table) -> i32 {
    with(|world| {
        if let Err(error) = world.enter("sg_free", &[table.addr() as u64]) {
            return error;
        }
        match world.lists.remove(&table.addr()) {
            Some(list) if list.mapped.is_none() => KDMA_OK,
            _ => world.fault("sg_free: mapped, or no list".into()),
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_sg_add(
    table: *mut kdma_sg_table,
    page: *mut kdma_page,
    offset: u64,
    size: u64,
) -> i32 {
    with(|world| {
        let memory = world.by_page(page, offset);
        let said = [table.addr() as u64, page.addr() as u64, offset, size];
        if let Err(error) = world.enter("sg_add", &said) {
            return error;
        }
        match world.lists.get_mut(&table.addr()) {
            Some(list) if list.entries.len() < list.capacity && size != 0 => {
                list.entries.push((memory, size));
                KDMA_OK
            }
            _ => KDMA_EINVAL,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_map_sg_attrs(
    device: *mut kdma_device,
    table: *mut kdma_sg_table,
    direction: u32,
    attributes: u64,
    count: *mut u32,
) -> i32 {
    with(|world| {
        let result = world
            .enter(
                "map_sg_attrs",
                &[
                    device.addr() as u64,
                    table.addr() as u64,
                    u64::from(direction),
                    attributes,
                ],
            )
            .and_then(|()| world.map_list(table.addr(), "sg_attrs", direction, attributes));
        match result {
            Ok(mapped) => put(count, mapped),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_unmap_sg_attrs(
    device: *mut kdma_device,
    table: *mut kdma_sg_table,
    direction: u32,
    attributes: u64,
) -> i32 {
    with(|world| {
        match world.enter(
            "unmap_sg_attrs",
            &[
                device.addr() as u64,
                table.addr() as u64,
                u64::from(direction),
                attributes,
            ],
        ) {
            Ok(()) => world.unmap_list(table.addr(), "sg_attrs", direction, attributes),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_map_sgtable(
    device: *mut kdma_device,
    table: *mut kdma_sg_table,
    direction: u32,
    attributes: u64,
) -> i32 {
    with(|world| {
        let result = world
            .enter(
                "map_sgtable",
                &[
                    device.addr() as u64,
                    table.addr() as u64,
                    u64::from(direction),
                    attributes,
                ],
            )
            .and_then(|()| world.map_list(table.addr(), "sgtable", direction, attributes));
        match result {
            Ok(_) => KDMA_OK,
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_unmap_sgtable(
    device: *mut kdma_device,
    table: *mut kdma_sg_table,
    direction: u32,
    attributes: u64,
) -> i32 {
    with(|world| {
        match world.enter(
            "unmap_sgtable",
            &[
                device.addr() as u64,
                table.addr() as u64,
                u64::from(direction),
                attributes,
            ],
        ) {
            Ok(()) => world.unmap_list(table.addr(), "sgtable", direction, attributes),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_sync_sg_for_cpu(
    device: *mut kdma_device,
    table: *mut kdma_sg_table,
    direction: u32,
) -> i32 {
    with(|world| {
        let said = [
            device.addr() as u64,
            table.addr() as u64,
            u64::from(direction),
        ];
        match world.enter("sync_sg_for_cpu", &said) {
            Ok(()) => world.sync_list(table.addr(), "sg_attrs", direction, true),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_sync_sg_for_device(
    device: *mut kdma_device,
    table: *mut kdma_sg_table,
    direction: u32,
) -> i32 {
    with(|world| {
        let said = [
            device.addr() as u64,
            table.addr() as u64,
            u64::from(direction),
        ];
        match world.enter("sync_sg_for_device", &said) {
            Ok(()) => world.sync_list(table.addr(), "sg_attrs", direction, false),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_sync_sgtable_for_cpu(
    device: *mut kdma_device,
    table: *mut kdma_sg_table,
    direction: u32,
) -> i32 {
    with(|world| {
        let said = [
            device.addr() as u64,
            table.addr() as u64,
            u64::from(direction),
        ];
        match world.enter("sync_sgtable_for_cpu", &said) {
            Ok(()) => world.sync_list(table.addr(), "sgtable", direction, true),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_sync_sgtable_for_device(
    device: *mut kdma_device,
    table: *mut kdma_sg_table,
    direction: u32,
) -> i32 {
    with(|world| {
        let said = [
            device.addr() as u64,
            table.addr() as u64,
            u64::from(direction),
        ];
        match world.enter("sync_sgtable_for_device", &said) {
            Ok(()) => world.sync_list(table.addr(), "sgtable", direction, false),
            Err(error) => error,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdma_sg_segment(
    table: *mut kdma_sg_table,
    index: u32,
    dma_address: *mut kdma_address_t,
    size: *mut u64,
) -> i32 {
    with(|world| {
        if let Err(error) = world.enter("sg_segment", &[table.addr() as u64, u64::from(index)]) {
            return error;
        }
        let index = index as usize;
        let found = world.lists.get(&table.addr()).and_then(|list| {
            let (_, size) = list.entries.get(index)?;
            Some((*list.addresses.get(index)?, *size))
        });
        match found {
            Some((address, bytes)) => put(dma_address, address).min(put(size, bytes)),
            None => KDMA_EINVAL,
        }
    })
}
