# SPDX-License-Identifier: GPL-2.0
"""The kernel's headers against its own BTF or DWARF: no difference, and each that is put in."""

from __future__ import annotations

import dataclasses
import io
import struct
from collections import Counter
from pathlib import Path

import pytest

from kdma import built_kernel, kernel_surface, three_way
from kdma.btf import Btf
from kdma.built_kernel import WHAT
from kdma.c_types import Types, spelled
from kdma.findings import FindingClass, KdmaError
from kdma.kernel import Kernel, KernelRequest, prepare_headers
from kdma.process import run
from kdma.surface import Kind, Surface, parse

#: A file of the DMA API, as far as it matters here.
SOURCE = """\
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>
struct sg_table one;
struct sg_mapping_iter two;
enum dma_data_direction three;
size_t dma_max_mapping_size(struct device *dev) { return 0; }
void dma_unmap_page_attrs(struct device *dev, dma_addr_t addr, size_t size,
    enum dma_data_direction dir, unsigned long attrs) { }
"""


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    """Debian's default kernel has BTF."""
    return prepare_headers(KernelRequest())


@pytest.fixture(scope="module")
def headers(kernel: Kernel) -> Surface:
    """What its headers say."""
    return kernel_surface.of_kernel(kernel)


@pytest.fixture(scope="module")
def vmlinux(kernel: Kernel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a kernel with DWARF has of one of its files."""
    folder = tmp_path_factory.mktemp("built") / "kernel/dma"
    folder.mkdir(parents=True)
    (folder / "mapping.c").write_text(SOURCE)
    command = [*three_way.plain(kernel).command, "-g", "-gz=none", "-w"]
    run(
        [*command, "-c", "-o", str(folder / "vmlinux"), str(folder / "mapping.c")],
        what="compiling a file of a kernel",
        cwd=kernel.build,
    )
    return folder / "vmlinux"


@pytest.fixture(scope="module", params=["BTF", "DWARF"])
def types(request: pytest.FixtureRequest, kernel: Kernel, vmlinux: Path) -> Types:
    """The debug information of the default kernel, and of a file that was compiled as it was."""
    with built_kernel._elf(kernel.image if request.param == "BTF" else vmlinux) as file:
        assert file is not None
        found = built_kernel.read(file, "vmlinux")
    assert found is not None and found.form == request.param
    return found


def test_headers_and_kernel_agree(headers: Surface, types: Types) -> None:
    made = built_kernel.compare(headers, types)
    assert made.differences == []
    kinds = Counter(one.kind for one in made.compared)
    assert set(kinds) >= {Kind.ENUM, Kind.ENUMERATOR, Kind.FIELD, Kind.FUNCTION, Kind.STRUCT}
    if types.form == "BTF":
        assert kinds[Kind.FUNCTION] >= 80 and kinds[Kind.FIELD] >= 35 and made.lacking == []


@pytest.mark.parametrize(
    ("kind", "name", "old", "new", "built"),
    [
        (Kind.ENUM, "dma_data_direction", "size=4", "size=1", "size 4"),
        (Kind.ENUMERATOR, "DMA_FROM_DEVICE", "value=2", "value=1", "value 2"),
        (Kind.FIELD, "device.dma_skip_sync", "bits=1", "bits=2", "bits 1"),
        (Kind.FIELD, "scatterlist.length", "offset=12", "offset=16", "offset 12"),
        (Kind.FIELD, "scatterlist.length", "type=unsigned int", "type=int", "unsigned int"),
        (Kind.FIELD, "sg_table.sgl", "type=struct scatterlist *", "type=struct page *", "scatt"),
        (Kind.FUNCTION, "dma_max_mapping_size", "device *dev", "device *dev, int more", "dev)"),
        (Kind.FUNCTION, "dma_max_mapping_size", "returns=size_t", "returns=int", "unsigned long"),
        (Kind.FUNCTION, "dma_unmap_page_attrs", "size_t size", "size_t attrs", "size"),
        (Kind.STRUCT, "sg_table", "size=16", "size=24", "size 16"),
        (Kind.TYPEDEF, "dma_addr_t", "size=8", "size=4", "size 8"),
    ],
)  # fmt: skip
def test_a_wrong_layout_is_one_finding_with_both_sides(
    headers: Surface, types: Types, kind: Kind, name: str, old: str, new: str, built: str
) -> None:
    member = headers.get(kind, name)
    assert member is not None and old in member.line()
    line = member.line().replace(old, new)
    if new == "returns=int":
        line = line.replace("canonical_returns=unsigned long | ", "")
    if new == "size_t attrs":
        # The same names in another order.
        line = line.replace("unsigned long attrs", "unsigned long size")
    edited = parse(headers.text().replace(member.line(), line), "x")
    [found] = built_kernel.judge(edited, types).findings
    assert found.finding_class is FindingClass.API_DRIFT and found.next
    assert f"{kind} {name}: " in found.title
    assert f"{types.form} says" in found.actual and built in found.actual, found.actual


def test_a_field_that_was_not_built_is_a_finding(headers: Surface, types: Types) -> None:
    line = "field sg_table.more | offset=16 | type=int"
    at = "field sg_table.nents"
    edited = parse(headers.text().replace(f"\n{at}", f"\n{line}\n{at}"), "x")
    [found] = built_kernel.judge(edited, types).findings
    assert "struct sg_table has none" in found.actual


def test_the_stage_reads_the_image_of_the_default_kernel(kernel: Kernel, headers: Surface) -> None:
    answer = built_kernel.check(kernel, headers)
    assert (answer.findings, answer.unchecked) == ([], [])


def test_without_debug_information_it_is_said(
    kernel: Kernel, headers: Surface, tmp_path: Path
) -> None:
    (tmp_path / "x.c").write_text("int x;\n")
    image = tmp_path / "vmlinux"
    run(["cc", "-c", "-o", str(image), str(tmp_path / "x.c")], what="cc")
    plain = dataclasses.replace(kernel, image=image, build=tmp_path / "none")
    [left] = built_kernel.check(plain, headers).unchecked
    assert left.what == WHAT and left.explained and "without" in left.reason
    image.write_bytes(b"HdrS, packed by somebody")
    [left] = built_kernel.check(plain, headers).unchecked
    assert left.explained and "packed in an unknown way" in left.reason
    image.unlink()
    [left] = built_kernel.check(plain, headers).unchecked
    assert left.explained and "not built" in left.reason


def test_debug_information_of_something_else_confirms_nothing(
    headers: Surface, types: Types
) -> None:
    class Nothing:
        form = types.form

        def find(self, tag: str, name: str) -> list[object]:
            return []

    [left] = built_kernel.judge(headers, Nothing()).unchecked  # type: ignore[arg-type]
    assert not left.explained


def test_a_damaged_kernel_is_an_error(vmlinux: Path) -> None:
    with pytest.raises(KdmaError, match="cannot be read"):
        built_kernel.read(io.BytesIO(vmlinux.read_bytes()[:5000]), "vmlinux")


# -- BTF itself ------------------------------------------------------------------------


def btf(*types: bytes, text: str = "", magic: int = 0xEB9F) -> bytes:
    """A section .BTF; `text` has names that are separated by blanks."""
    body, strings = b"".join(types), b"\0" + text.replace(" ", "\0").encode() + b"\0"
    head = struct.pack("<HBBIIIII", magic, 1, 0, 24, 0, len(body), len(body), len(strings))
    return head + body + strings


def words(kind: int, elements: int, size: int, *rest: int, name: int = 0, flag: int = 0) -> bytes:
    """A type of a section .BTF."""
    info = flag << 31 | kind << 24 | elements
    return struct.pack(f"<{3 + len(rest)}I", name, info, size, *rest)


def test_enumerators_bitfields_and_variadic_functions_are_read() -> None:
    made = Btf(
        btf(
            words(1, 0, 4, 0, name=1),  # 1: int
            words(19, 1, 8, 5, 1, 2, name=5),  # 2: a 64-bit enum, value 2 << 32 | 1
            words(6, 1, 4, 5, 0xFFFFFFFF, name=9, flag=1),  # 3: a signed enum, value -1
            words(4, 2, 4, 5, 1, 3 << 24, 9, 1, 5 << 24 | 3, name=5, flag=1),  # 4: bitfields
            words(13, 2, 1, 5, 1, 0, 0),  # 5: int (int one, ...)
            words(12, 0, 5, name=9),  # 6: a function
            text="int one other",
        )
    )
    assert made.find("enum", "one")[0].values == {"one": (2 << 32) + 1}
    assert made.find("enum", "other")[0].values == {"one": -1}
    fields = [(one.name, one.bit_offset, one.bits) for one in made.find("struct", "one")[0].fields]
    assert fields == [("one", 0, 3), ("other", 3, 5)]
    [function] = made.find("function", "other")
    assert function.variadic and spelled(function) == "int (int, ...)"


@pytest.mark.parametrize(
    "data", [b"", btf(magic=0x1234), btf(words(77, 0, 0)), btf(words(4, 1, 4))[:30]]
)
def test_btf_that_is_not_understood_is_an_error(data: bytes) -> None:
    with pytest.raises(KdmaError, match="BTF is not understood"):
        Btf(data)
