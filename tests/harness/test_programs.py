# SPDX-License-Identifier: GPL-2.0
"""Programs: the words they are written in, their bytes, and what is refused."""

from __future__ import annotations

import ctypes
import errno
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdma import operations, programs, refusals
from kdma.environments import ENVIRONMENTS, find
from kdma.findings import KdmaError
from kdma.paths import PROJECT
from kdma.programs import (
    ABI_VERSION,
    AS_NATIVE,
    BIDIRECTIONAL,
    FROM_DEVICE,
    MAKE_FAIL,
    MAPPING_ERROR,
    TO_DEVICE,
    ZEROS,
    Attribute,
    Buffer,
    BufferKind,
    Builder,
    Direction,
    Expected,
    Flag,
    Program,
    ProgramError,
    Status,
    Step,
    Target,
    encode,
    expected_results,
    load,
    pattern,
    pattern_byte,
    pattern_bytes,
    program,
    validate,
)
from kdma.traces import Driver

KDMA_H = (PROJECT / "c-api/include/kdma.h").read_text()
PROGRAM_H = (PROJECT / "kmod/program.h").read_text()
needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
FAMILIES = tuple(sorted(path.stem for path in (PROJECT / "tests/behaviour").glob("*.py")))
DIRECT, SWIOTLB, IOMMU = (find(name) for name in ("direct", "swiotlb", "iommu-strict"))


def build(write: Callable[[Builder], object]) -> Program:
    """A program of one function."""
    builder = Builder("a test")
    write(builder)
    return builder.build("test", "tests/behaviour/test.py:1")


# Patterns


@needs_compiler
def test_the_pattern_is_that_of_the_core(tmp_path: Path) -> None:
    source = tmp_path / "pattern.c"
    source.write_text(
        f'#include "{PROJECT}/kmod/pattern.h"\n'
        "uint8_t byte(uint64_t seed, uint64_t index) {\n"
        "uint64_t position = kdma_pattern_position(seed, index);\n"
        "return kdma_pattern_byte(kdma_pattern_word(seed, position), position); }\n"
    )
    library = tmp_path / "pattern.so"
    subprocess.run(
        [
            *("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"),
            *("-shared", "-fPIC", "-o", str(library), str(source)),
        ],
        check=True,
    )
    byte = ctypes.CDLL(str(library)).byte
    byte.argtypes = [ctypes.c_uint64, ctypes.c_uint64]
    byte.restype = ctypes.c_uint8

    @given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
    def same(seed: int, index: int) -> None:
        assert pattern_byte(seed, index) == byte(seed, index)

    same()
    for seed in (0, 1, 2, 0xFFFFFFFF, pattern(7, shift=-1), pattern(7, shift=1 << 30)):
        assert pattern_bytes(seed, 5, 300) == bytes(byte(seed, n) for n in range(5, 305))


@given(st.integers(1, 0xFFFFFFFF), st.integers(-0x80000000, 0x7FFFFFFF), st.integers(0, 1 << 22))
def test_a_shift_moves_the_pattern(seed: int, shift: int, index: int) -> None:
    if index + shift >= 0:
        assert pattern_byte(pattern(seed, shift), index) == pattern_byte(seed, index + shift)


@given(st.integers(1, 200), st.integers(1, 200), st.integers(-64, 64))
def test_patterns_show_what_went_elsewhere(seed: int, other: int, shift: int) -> None:
    if seed != other or shift:
        same = sum(
            a == b
            for a, b in zip(
                pattern_bytes(seed, 100, 256),
                pattern_bytes(pattern(other, shift), 100, 256),
                strict=True,
            )
        )
        assert same < 16


def test_zeros_are_zero_wherever_they_are() -> None:
    assert pattern_bytes(pattern(ZEROS, shift=77), 3, 50) == bytes(50)


@pytest.mark.parametrize(("seed", "shift"), [(-1, 0), (1 << 32, 0), (1, 1 << 31)])
def test_a_pattern_must_fit(seed: int, shift: int) -> None:
    with pytest.raises(ValueError, match="32 bits"):
        pattern(seed, shift)


# What is written twice must be the same


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [(Attribute, "KDMA_ATTR"), (Direction, "KDMA"), (Flag, "KDMA_ALLOC"), (Status, "KDMA")],
)
def test_enumerators_are_those_of_kdma_h(kind: type, prefix: str) -> None:
    for member in kind:
        match = re.search(rf"^\t{prefix}_{member.name} = (\S+),", KDMA_H, re.MULTILINE)
        assert match, member
        assert int(match[1], 0) == member.value


@pytest.mark.parametrize(("kind", "prefix"), [(Target, "TARGET"), (BufferKind, "BUFFER")])
def test_enumerators_are_those_of_program_h(kind: type, prefix: str) -> None:
    for member in kind:
        assert re.search(rf"KDMA_{prefix}_{member.name} = {member.value},", PROGRAM_H)


@pytest.mark.parametrize(
    "name",
    [
        *("EDU_MEMORY_SIZE", "MAX_BUFFERS", "MAX_BUFFER_SIZE", "MAX_OPERATIONS", "MAX_SLOTS"),
        *("MEMORY_IS_SLOT", "PROGRAM_MAGIC", "PROGRAM_VERSION"),
    ],
)
def test_limits_are_those_of_program_h(name: str) -> None:
    match = re.search(rf"#define KDMA_{name}\s+(\S+)", PROGRAM_H)
    assert match
    assert int(match[1], 0) == getattr(programs, name)


@pytest.mark.parametrize(
    "name", ["ATTRS_OF_ALLOCATIONS", "ATTRS_OF_MAPPINGS", "ATTRS_OF_NONCONTIGUOUS", "ATTRS_OF_PHYS"]
)
def test_attribute_sets_are_those_of_kdma_h(name: str) -> None:
    match = re.search(rf"KDMA_{name} = (\S+),", KDMA_H)
    assert match
    assert int(match[1], 0) == getattr(programs, name)


def test_the_version_is_that_of_kdma_h() -> None:
    assert f"#define KDMA_ABI_VERSION {ABI_VERSION}\n" in KDMA_H


def test_the_address_of_a_failure_is_that_of_kdma_h() -> None:
    assert f"#define KDMA_MAPPING_ERROR {MAPPING_ERROR:#x}" in KDMA_H


@needs_compiler
def test_structures_have_the_sizes_of_program_h(tmp_path: Path) -> None:
    source = tmp_path / "sizes.c"
    source.write_text(
        '#include "program.h"\n#include <stdio.h>\n#include <stddef.h>\n'
        'int main(void) { printf("%zu %zu %zu %zu", sizeof(struct kdma_program_header),'
        " sizeof(struct kdma_buffer_shape), sizeof(struct kdma_operation),"
        " offsetof(struct kdma_program_header, checksum)); }\n"
    )
    binary = tmp_path / "sizes"
    includes = [f"-I{PROJECT}/kmod", f"-I{PROJECT}/c-api/include"]
    subprocess.run(["cc", *includes, "-o", str(binary), str(source)], check=True)
    sizes = subprocess.run([str(binary)], capture_output=True, text=True, check=True).stdout
    mine = (programs.HEADER.size, programs.BUFFER.size, programs.OPERATION.size)
    assert tuple(map(int, sizes.split())) == (*mine, programs.CHECKSUM_OFFSET)


# The builder


def test_each_operation_has_a_method() -> None:
    builder = Builder()
    for operation in operations.operations():
        assert callable(getattr(builder, operation.name))
        assert operation.name in dir(builder)


def test_what_is_left_out_is_as_defined() -> None:
    def write(p: Builder) -> None:
        buffer = p.buffer(4096)
        mapping = p.map_single_attrs(
            buffer, offset=5, size=77, direction=FROM_DEVICE, attributes=Attribute.WEAK_ORDERING
        )
        p.sync_single_for_cpu(mapping)
        p.memory_check(buffer, offset=90, seed=1)
        p.unmap_single_attrs(mapping)

    _, sync, check, unmap = build(write).steps
    assert (sync["size"], sync["direction"]) == (77, FROM_DEVICE)
    assert check["length"] == 4006
    assert unmap["attributes"] == Attribute.WEAK_ORDERING


def test_steps_read_as_people_write_them() -> None:
    def write(p: Builder) -> None:
        memory = p.alloc_attrs(size=64, flags=Flag.ATOMIC, attributes=Attribute.NO_WARN | 0x800)
        memory.expect(Status.EINVAL)
        p.alloc_coherent(size=4096, slot=memory)
        p.memory_check(memory, seed=pattern(3, shift=-2), length=64)

    texts = [str(step) for step in build(write).steps]
    assert texts[0] == "alloc_attrs(slot 0, size=64, flags=ATOMIC, attributes=NO_WARN|0x800)"
    assert texts[2] == "memory_check(memory=slot 0, offset=0, length=64, seed=3-2)"


@pytest.mark.parametrize(
    ("write", "complaint"),
    [
        (lambda p: p.map_singel(p.buffer(1)), "no operation called 'map_singel'"),
        (lambda p: p.set_mask(), "set_mask needs mask="),
        (lambda p: p.set_mask(7), "only names"),
        (lambda p: p.set_mask(mask=1 << 64), "does not fit into a u64"),
        (lambda p: p.set_mask(mask="24 bits"), "is a number, not '24 bits'"),
        (lambda p: p.set_mask(mask=-1), "does not fit"),
        (lambda p: p.set_max_seg_size(size=1 << 32), "does not fit into a u32"),
        (lambda p: p.set_mask(mask=1, size=2), "has no argument 'size'"),
        (lambda p: p.map_single(size=1, direction=1), "works on buffer: pass it"),
        (lambda p: p.unmap_single(p.buffer(64)), "works on a slot"),
        (lambda p: p.unmap_single(), "works on a slot"),
        (lambda p: p.map_single(Builder().buffer(9), size=1, direction=1), "another program"),
        (lambda p: p.map_single(p.buffer(9), p.buffer(9)), "one positional argument"),
        (lambda p: p.alloc_coherent(size=1, slot=3), "the step that used it before"),
        (
            lambda p: p.memory_fill(p.map_single(p.buffer(9), size=1, direction=1), seed=1),
            "allocates no memory",
        ),
        (lambda p: p.abi_version().expect(release=1), "its values are: version"),
        (lambda p: p.abi_version().expect(Status.EIO, version=1), "that fails gives no values"),
        (lambda p: p.abi_version().expect_in("viommu"), "no environment called 'viommu'"),
        (lambda p: p.abi_version().inexpressible_in_safe_rust(""), "say why"),
        (
            lambda p: p.map_phys(
                p.buffer(9), size=1, direction=1, attributes=Attribute.REQUIRE_COHERENT
            ),
            "some kernels lack REQUIRE_COHERENT",
        ),
    ],
)
def test_what_is_written_wrongly_is_said(
    write: Callable[[Builder], object], complaint: str
) -> None:
    with pytest.raises((ProgramError, AttributeError), match=re.escape(complaint)):
        build(write)


# The rules of the loader


def mapped(p: Builder, **more: int) -> Step:
    """A mapping of 100 bytes in a buffer of 200."""
    return p.map_single(p.buffer(200), **({"offset": 50, "size": 100, "direction": 1} | more))


@pytest.mark.parametrize(
    ("write", "complaint"),
    [
        (lambda p: None, "it does nothing"),
        (lambda p: (p.buffer(0), p.abi_version()), "a buffer of 0 bytes"),
        (lambda p: (p.buffer(0x400001), p.abi_version()), "a buffer of 4194305 bytes"),
        (lambda p: [p.buffer(1) for _ in range(65)], "65 buffers; at most 64"),
        (lambda p: [p.abi_version() for _ in range(16385)], "16385 operations"),
        (lambda p: [p.alloc_coherent(size=1) for _ in range(4097)], "4097 slots"),
        (lambda p: mapped(p, offset=101), "100 bytes at 101 reach beyond a buffer of 200"),
        (lambda p: mapped(p, size=(1 << 64) - 1), "reach beyond"),
        (lambda p: p.map_page(p.buffer(9), size=1, direction=1, slot=mapped(p)), "something"),
        (lambda p: p.unmap_page(mapped(p)), "another kind of operation"),
        (lambda p: p.unmap_single(mapped(p), size=99), "size is not as defined (100)"),
        (lambda p: p.unmap_single(mapped(p), direction=2), "direction is not as defined (1)"),
        (lambda p: p.unmap_single(mapped(p, size=0)), "its slot holds nothing"),
        (lambda p: [p.unmap_single(m) for m in [mapped(p)] * 2], "its slot holds nothing"),
        (
            lambda p: p.unmap_phys(
                p.map_phys(p.buffer(9), size=1, direction=1), attributes=Attribute.NO_WARN
            ),
            "attributes are not as defined",
        ),
        (lambda p: p.sync_single_for_cpu(mapped(p), size=101), "reach beyond a mapping"),
        (
            lambda p: p.sync_single_range_for_cpu(mapped(p), offset=99, size=2),
            "2 bytes at 99 reach beyond a mapping of 100",
        ),
        (lambda p: p.device_read(mapped(p), length=0), "at least one byte"),
        (lambda p: p.device_read(mapped(p), offset=1, length=100), "beyond a mapping"),
        (lambda p: p.device_write(mapped(p), device_offset=4090, length=7), "device's memory"),
        (lambda p: p.device_read(mapped(p, size=0), length=1), "never held anything"),
        (lambda p: p.device_fill(device_offset=4096, length=1, seed=1), "device's memory"),
        (lambda p: p.memory_fill(p.buffer(9), offset=9, length=1, seed=1), "beyond memory"),
        (lambda p: p.memory_fill(p.alloc_coherent(size=0), seed=1), "its slot holds nothing"),
    ],
)
def test_what_the_loader_refuses_is_refused_here(
    write: Callable[[Builder], object], complaint: str
) -> None:
    with pytest.raises(ProgramError, match=re.escape(complaint)):
        build(write)


def test_a_refused_program_names_itself_and_the_operation() -> None:
    with pytest.raises(ProgramError, match=r"test.py:1: 'a test': operation 1, unmap_single\(.*\)"):
        build(lambda p: p.unmap_single(mapped(p), size=3))


def test_what_the_abi_refuses_leaves_the_slot() -> None:
    def write(p: Builder) -> None:
        mapping = mapped(p)
        p.unmap_single(mapping, size=0).expect(Status.EINVAL)
        p.unmap_single(mapping, direction=4).expect(Status.EINVAL)
        p.unmap_single(mapping)
        p.device_write(mapping, length=1)

    assert len(build(write).steps) == 5


class Loader:
    """The guest's loader, compiled for the host."""

    def __init__(self, folder: Path) -> None:
        source = folder / "loader_main.c"
        source.write_text(
            f'#include "{PROJECT}/kmod/loader.c"\n'
            "static struct kdma_loader_slot slots[KDMA_MAX_SLOTS];\n"
            "const char *load(const void *bytes, uint64_t length)\n{\n"
            "\tstruct kdma_loader_error error = {};\n\tstruct kdma_loaded loaded;\n"
            "\t__builtin_memset(slots, 0, sizeof(slots));\n"
            '\treturn kdma_load(bytes, length, slots, &loaded, &error) ? error.what : "";\n}\n'
        )
        library = folder / "loader.so"
        includes = [f"-I{PROJECT}/kmod", f"-I{PROJECT}/c-api/include"]
        subprocess.run(
            ["cc", "-O1", "-shared", "-fPIC", *includes, "-o", str(library), str(source)],
            check=True,
        )
        self._load = ctypes.CDLL(str(library)).load
        self._load.argtypes = [ctypes.c_char_p, ctypes.c_uint64]
        self._load.restype = ctypes.c_char_p

    def complaint(self, data: bytes) -> str:
        """Why it refuses; empty if it accepts."""
        aligned = ctypes.create_string_buffer(data, len(data))
        return str(self._load(aligned, len(data)).decode())


@pytest.fixture(scope="module")
def loader(tmp_path_factory: pytest.TempPathFactory) -> Loader:
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    return Loader(tmp_path_factory.mktemp("loader"))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_loader_accepts_all_programs(loader: Loader, family: str) -> None:
    for number, made in enumerate(load(PROJECT / f"tests/behaviour/{family}.py", family)):
        assert loader.complaint(encode(made, number)) == "", made.name


@st.composite
def any_program(draw: st.DrawFn) -> Program:
    """A program that may be right or wrong, with few slots so that rules meet."""
    small = st.sampled_from([0, 1, 2, 3, 4, 7, 8, 9, 64])
    buffers = tuple(
        Buffer(n, draw(st.sampled_from([8, 64, 0x9000])), draw(st.sampled_from(BufferKind)))
        for n in range(draw(st.integers(0, 2)))
    )
    slot_count = draw(st.integers(0, 2))
    choices: dict[str, st.SearchStrategy[int]] = {
        "attributes": st.sampled_from([0, 0, 0x100, 0x20, 0x400, 8, 1 << 63]),
        "buffer": st.integers(0, 2),
        "coherent": st.integers(0, 2),
        "direction": st.sampled_from([1, 1, 2, 3, 0, 4]),
        "flags": st.sampled_from([0, 1, 4]),
        "pool": st.integers(0, 2),
        "memory": st.sampled_from([0, 1, 0x80000000, 0x80000001]),
        "u32": small,
        "u64": small,
    }
    steps = []
    names = [
        *("map_single", "unmap_single", "map_phys", "unmap_phys", "map_page_attrs"),
        *("unmap_page_attrs", "alloc_attrs", "free_attrs", "alloc_coherent", "free_coherent"),
        *("alloc_pages", "free_pages", "alloc_noncoherent", "free_noncoherent"),
        *("alloc_noncontiguous", "vmap_noncontiguous", "free_noncontiguous"),
        *("alloc_coherent", "get_sgtable", "get_sgtable_attrs"),
        *("managed_alloc_attrs", "managed_alloc_coherent", "managed_free_coherent"),
        *("managed_pool_create", "managed_pool_destroy"),
        *("map_resource", "unmap_resource"),
        *("iova_try_alloc", "iova_link", "iova_sync", "iova_destroy", "iova_free", "use_iova"),
        *("pool_create", "pool_alloc", "pool_zalloc", "pool_free", "pool_destroy"),
        *("memory_fill", "device_read", "device_fill", "mapping_error", "need_sync"),
        *("sync_single_for_cpu", "sync_single_range_for_device", "set_mask", "bus_master"),
        *("sg_alloc", "sg_add", "sg_add", "sg_free", "map_sgtable", "sg_segment"),
    ]
    for number in range(draw(st.integers(0, 6))):
        operation = operations.by_name()[draw(st.sampled_from(names))]
        slot = draw(st.integers(0, 2)) if operation.slot != "none" else 0
        arguments = tuple(draw(choices[argument.type]) for argument in operation.arguments)
        steps.append(Step(operation, number, slot, arguments, 1))
    return Program("a test", "test", "test.py:1", Target.EDU, buffers, slot_count, tuple(steps))


@settings(max_examples=1500, deadline=None)
@given(any_program())
def test_loader_and_validate_agree(loader: Loader, made: Program) -> None:
    try:
        validate(made)
        mine = ""
    except ProgramError as error:
        mine = str(error)
    theirs = loader.complaint(encode(made, 1))
    assert bool(mine) == bool(theirs), (mine, theirs)


# Bytes


def test_the_header_says_what_follows() -> None:
    data = encode(build(lambda p: p.unmap_single(mapped(p))), 17)
    fields = programs.HEADER.unpack_from(data)
    table = operations.checksum(operations.operations())
    assert fields[:3] == (programs.PROGRAM_MAGIC, 1, len(data))
    assert fields[4:] == (17, Target.EDU, 1, 1, 2, table)
    cleared = bytearray(data)
    struct.pack_into("<I", cleared, programs.CHECKSUM_OFFSET, 0)
    assert fields[3] == zlib.crc32(cleared)


@given(st.data())
def test_the_loader_sees_every_changed_byte(loader: Loader, data: st.DataObject) -> None:
    encoded = bytearray(encode(build(lambda p: p.unmap_single(mapped(p))), 1))
    # The program's number is any number, but part of the checksum like all else.
    position = data.draw(st.integers(0, len(encoded) - 1))
    encoded[position] ^= data.draw(st.integers(1, 255))
    assert loader.complaint(bytes(encoded))


# Expectations


def failing(p: Builder) -> None:
    mapping = mapped(p).expect_where(bounces=True, status=Status.EMAPPING)
    p.mapping_error(mapping)
    p.sync_single_for_cpu(mapping)
    p.device_read(mapping, length=1)
    p.unmap_single(mapping)


def test_a_failed_slot_holds_nothing() -> None:
    made = build(failing)
    assert {e.status for e in expected_results(made, DIRECT)} == {Status.OK}
    expected = expected_results(made, SWIOTLB)
    assert [e.status for e in expected] == [
        Status.EMAPPING,
        Status.EMAPPING,
        Status.EINVAL,
        Status.EINVAL,
        Status.EINVAL,
    ]
    rust = [Driver.RUST in e.inexpressible for e in expected]
    assert rust == [False, True, True, False, True]


def needing(p: Builder) -> None:
    p.needs_attribute(Attribute.REQUIRE_COHERENT)
    buffer = p.buffer(64)
    mapping = p.map_phys(
        buffer, size=64, direction=BIDIRECTIONAL, attributes=Attribute.REQUIRE_COHERENT
    )
    p.device_write(mapping, length=64)
    p.memory_check(buffer, seed=1)
    p.unmap_phys(mapping)


def test_a_missing_attribute_changes_what_follows() -> None:
    made = build(needing)
    have = [(0, (0x7FF,))] * 5
    lack = [(0, (0x77F,))] * 5
    assert [e.status for e in expected_results(made, DIRECT, have)[1:]] == [Status.OK] * 4
    assert [e.status for e in expected_results(made, DIRECT, lack)[1:]] == [
        Status.ENOTSUPP,
        Status.EINVAL,
        None,
        Status.EINVAL,
    ]


def test_native_decides_where_nothing_is_stated() -> None:
    def write(p: Builder) -> None:
        mapping = mapped(p).same_as_native()
        p.unmap_single(mapping)

    made = build(write)
    worked, failed = [(0, (1,)), (0, ())], [(-3, (1,)), (0, ())]
    assert expected_results(made, DIRECT, worked)[1].status == Status.OK
    assert expected_results(made, DIRECT, failed)[1].status == Status.EINVAL


def test_the_last_word_counts() -> None:
    def write(p: Builder) -> None:
        p.get_mask().expect(mask=1).expect_where(translates=True, mask=2).expect_in(
            "iommu-strict", mask=3
        )
        p.get_mask().expect(mask=1).same_as_native("swiotlb")

    made = build(write)
    masks = {e.name: expected_results(made, e)[0].values["mask"] for e in ENVIRONMENTS}
    assert (masks["direct"], masks["swiotlb"], masks["iommu-strict"]) == (1, 1, 3)
    assert masks["virtio-iommu"] == 2
    assert expected_results(made, SWIOTLB)[1] == AS_NATIVE
    assert expected_results(made, DIRECT)[1] == Expected(Status.OK, {"mask": 1})


def test_no_iommu_is_in_front_of_the_platform_device() -> None:
    def write(p: Builder) -> None:
        p.target_platform()
        p.get_mask().expect(mask=1).expect_where(translates=True, mask=2)
        p.only_where(translates=False, reason="no IOMMU")

    made = build(write)
    assert expected_results(made, IOMMU)[0].values == {"mask": 1}
    assert made.runs_in(IOMMU)


def test_no_iommu_is_in_front_of_the_device_without_parameters() -> None:
    def write(p: Builder) -> None:
        p.target_no_parameters()
        p.get_mask().expect(mask=1).expect_where(translates=True, mask=2)

    assert expected_results(build(write), IOMMU)[0].values == {"mask": 1}


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        # The kernel lets it fail: what the program states holds, whatever native saw.
        ((Status.OK, Status.OK), Status.ENOMEM),
        ((Status.OK, Status.ENOMEM), Status.ENOMEM),
        # It cannot.
        ((Status.ENOTSUPP, Status.OK), None),
        # Nobody lets it fail, though the kernel could.
        ((Status.EIO, Status.OK), Status.ENOMEM),
        # What the kernel lacks.
        ((Status.OK, Status.ENOTSUPP), None),
    ],
)
@pytest.mark.parametrize("name", MAKE_FAIL)
def test_what_is_made_to_fail_does_where_the_kernel_can_do_that(
    name: str, statuses: tuple[Status, Status], expected: Status | None
) -> None:
    def write(p: Builder) -> None:
        if name == "memory_runs_out":
            p.memory_runs_out(of=0, given=0)
        else:
            p.kernel_fails(error=errno.ENOMEM)
        p.iova_try_alloc(size=4096).expect(Status.ENOMEM)

    native = [(status, (0, 0, 0, 0)) for status in statuses]
    runs_out, tried = expected_results(build(write), IOMMU, native)
    assert tried.status == expected
    assert (runs_out == AS_NATIVE) == (statuses[0] == Status.ENOTSUPP)


def test_a_program_says_where_it_does_not_run() -> None:
    def write(p: Builder) -> None:
        p.only_in(["direct", "swiotlb"], reason="there is no IOMMU to ask")
        p.abi_version()

    made = build(write)
    assert made.why_not_in(IOMMU) == "there is no IOMMU to ask"
    assert made.runs_in(DIRECT)


def test_what_hangs_on_an_inexpressible_call_is_excused() -> None:
    def write(p: Builder) -> None:
        mapping = mapped(p)
        p.sync_single_for_cpu(mapping, size=5).inexpressible_in_safe_rust("a part")
        p.device_check(length=5, seed=1).needs_inexpressible()
        p.device_check(length=5, seed=1)

    expected = expected_results(build(write), DIRECT)
    assert [Driver.RUST in e.excused for e in expected] == [False, False, True, False]
    assert not any(Driver.C in e.excused for e in expected)


# Many programs from one function


def test_parameters_and_cases_make_programs() -> None:
    @program("{n} times {way}", n=[1, 2], way={"out": TO_DEVICE, "in": FROM_DEVICE})
    def product(p: Builder, n: int, way: Direction) -> None:
        p.map_single(p.buffer(9), size=n, direction=way)

    made = list(product.programs("tests/behaviour/x.py"))
    assert [m.name for m in made] == ["1 times out", "1 times in", "2 times out", "2 times in"]
    assert made[3].steps[0].arguments == (0, 0, 2, FROM_DEVICE)
    assert made[0].family == "x"
    assert made[0].where.startswith("tests/behaviour/x.py:")

    @program("with {mask}", cases=[{"mask": 3}, {"mask": 4}])
    def cases(p: Builder, mask: int) -> None:
        p.set_mask(mask=mask)

    assert [m.steps[0]["mask"] for m in cases.programs("x.py")] == [3, 4]


@pytest.mark.parametrize("name", ["a [b]", "a::b", "it's", 'say "x"', "$HOME", "two\nlines", ""])
def test_names_survive_the_shell_and_pytest(name: str) -> None:
    @program(name.replace("{", "{{"))
    def made(p: Builder) -> None:
        p.abi_version()

    with pytest.raises(ProgramError, match="a name is a sentence"):
        list(made.programs("x.py"))


HEAD = "from kdma.programs import program\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("@program('x')\ndef f(p):\n    p.get_mask(\n", "SyntaxError"),
        ("import nothing_like_that\n", "nothing_like_that"),
        ("@program('x')\ndef f(p):\n    p.set_mask()\n", "x.py:2: 'x': set_mask needs mask="),
        ("@program('{y}')\ndef f(p):\n    p.get_mask()\n", "does not format"),
        ("@program('x')\ndef f(p):\n    p.nope()\n", "no operation called 'nope'"),
        (
            "@program('x')\ndef f(p):\n    p.get_mask()\n"
            "@program('x')\ndef g(p):\n    p.get_mask()\n",
            "two programs are called 'x'",
        ),
    ],
)
def test_a_wrong_file_is_one_clear_fault(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "x.py"
    file.write_text(HEAD + text)
    with pytest.raises(KdmaError) as raised:
        load(file, "x.py")
    finding = raised.value.finding
    assert complaint in finding.title + finding.actual
    assert "x.py" in finding.where


def test_names_are_unique_everywhere_and_every_operation_is_used() -> None:
    everything = [
        made
        for family in FAMILIES
        for made in load(PROJECT / f"tests/behaviour/{family}.py", family)
    ]
    names = [made.name for made in everything]
    assert len(names) == len(set(names))
    used = {step.operation.name for made in everything for step in made.steps}
    assert used == set(operations.by_name())


@pytest.mark.parametrize(
    ("function", "parameter", "what"),
    [
        ("kdma_iova_free", "device", "another device"),
        ("kdma_iova_link", "physical_address", "memory-mapped I/O beyond the last byte"),
        ("kdma_map_page", "offset", "beyond everything"),
        ("kdma_map_phys", "physical_address", "no memory"),
        ("kdma_map_resource", "physical_address", "RAM and what follows it"),
        ("kdma_map_single", "cpu_address", "no address of the kernel's memory"),
        ("kdma_map_single", "size", "more than there is"),
        ("kdma_need_sync", "dma_address", "the address of a failed mapping"),
        ("kdma_sg_add", "size", "more than 32 bits"),
        ("kdma_sg_alloc", "capacity", "nothing"),
        ("kdma_sg_segment", "index", "the last of all"),
    ],
)
def test_functions_are_handed_what_their_types_and_names_say_is_wrong(
    function: str, parameter: str, what: str
) -> None:
    [each] = [each for each in refusals.refusing() if each.function == function]
    assert (parameter, what) in {(name, said) for _, name, _, said in each.cases()}


@pytest.mark.parametrize(
    ("function", "what"),
    [
        # Without an IOMMU there may be as much as one asks for: nothing is said of it.
        ("kdma_map_page", "more than there is"),
        ("kdma_sync_single_range_for_cpu", "more than there is"),
        ("kdma_map_sgtable", "another device"),
    ],
)
def test_what_the_abi_does_not_refuse_is_not_asked(function: str, what: str) -> None:
    [each] = [each for each in refusals.refusing() if each.function == function]
    assert what not in {said for *_, said in each.cases()}


def test_a_parameter_of_which_nobody_said_what_is_right_is_told() -> None:
    with pytest.raises(KdmaError) as error:
        refusals._right("kdma_max_mapping_size", "more", "uint32_t")
    finding = error.value.finding
    assert "kdma_max_mapping_size() has a parameter more" in finding.title
    assert "harness/kdma/refusals.py" in finding.next
