# SPDX-License-Identifier: GPL-2.0
"""The kernel's surface, which is read from headers, against what was built.

A vmlinux may tell with BTF or with DWARF how structs, enums, typedefs and
functions came out. Where it does and differs, the headers are not that
kernel's, and every module made with them is wrong.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from elftools.elf.elffile import ELFFile

from kdma import bootimage, btf, c_types, dwarf_types, kernel_surface, surface_compare
from kdma.btf import Btf
from kdma.c_types import UNNAMED, Type, Types, resolved, spelled
from kdma.drift_answers import Answer, kept
from kdma.dwarf_types import Dwarf
from kdma.findings import Finding, FindingClass, KdmaError, Unchecked
from kdma.kernel import Kernel
from kdma.surface import Kind, Member, Surface
from kdma.surface_compare import (
    Effect,
    Parameter,
    names_reordered,
    parse_parameters,
    split_list,
    type_effect,
)

WHAT = "the kernel's layouts against BTF or DWARF"


@dataclass(frozen=True)
class Difference:
    """What the headers say of a member, and what was built."""

    member: Member
    headers: str
    built: str


# -- comparing -------------------------------------------------------------------------


def _same_type(written: str, canonical: str, built: Type | None) -> bool:
    """Is a type of the headers the built one? True where it has no name to compare."""
    told = spelled(built)
    said = canonical or written
    if UNNAMED in told or "unnamed" in said or "anonymous" in said:
        return True
    return type_effect(Parameter(said), Parameter(told)) in (None, Effect.COSMETIC)


def _number(name: str, said: str, built: int) -> Iterator[tuple[str, str]]:
    if said and int(said) != built:
        yield f"{name} {said}", f"{name} {built}"


def _record(member: Member, built: Type) -> Iterator[tuple[str, str]]:
    yield from _number("size", member.fact("size"), built.size)


def _field(member: Member, record: Type) -> Iterator[tuple[str, str]]:
    name = member.name.partition(".")[2]
    found = next((one for one in record.fields if one.name == name), None)
    if found is None:
        yield f"a field {name}", f"{record.tag} {record.name} has none"
        return
    bits = member.fact("bits")
    offset = found.bit_offset if bits else found.bit_offset // 8
    yield from _number("offset", member.fact("offset"), offset)
    # BTF has no width where a bitfield fills its type.
    if found.bits:
        yield from _number("bits", bits or "0", found.bits)
    if not _same_type(member.fact("type"), member.fact("canonical"), found.type):
        yield member.fact("type"), spelled(found.type)


def _enumerator(member: Member, enum: Type) -> Iterator[tuple[str, str]]:
    if member.name in enum.values:
        yield from _number("value", member.fact("value"), enum.values[member.name])
    else:
        yield f"value {member.fact('value')}", f"enum {enum.name} has no such enumerator"


def _typedef(member: Member, built: Type) -> Iterator[tuple[str, str]]:
    target = resolved(built)
    if target is None or target.tag != "function":
        yield from _number("size", member.fact("size"), built.size)
    if not _same_type(member.fact("type"), "", built):
        yield member.fact("type"), spelled(built)


def _function(member: Member, built: Type) -> Iterator[tuple[str, str]]:
    parameters = parse_parameters(member.fact("parameters"))
    canonical = split_list(member.fact("canonical_parameters"))
    types = canonical if len(canonical) == len(parameters) else [p.type for p in parameters]
    names = [Parameter(spelled(one.type), one.name) for one in built.parameters]
    plain = [one for one in types if one != "..."]
    same = (
        len(plain) == len(names)
        and (len(plain) != len(types)) == built.variadic
        and all(_same_type(a, "", b.type) for a, b in zip(plain, built.parameters, strict=True))
        and _same_type(member.fact("returns"), member.fact("canonical_returns"), built.to)
    )
    if not same or names_reordered(parameters, names):
        told = ", ".join(f"{one.type} {one.name}".strip() for one in names)
        yield (
            surface_compare.prototype(member),
            f"{spelled(built.to)} {member.name}({told or 'void'})",
        )


def _of_member(member: Member, types: Types) -> Iterator[list[tuple[str, str]]]:
    """How each of what is built under a member's name differs from it: headers, built."""
    judges = {
        Kind.ENUM: ("enum", member.name, _record),
        Kind.ENUMERATOR: ("enum", member.fact("enum"), _enumerator),
        Kind.FIELD: ("struct", member.name.partition(".")[0], _field),
        Kind.FUNCTION: ("function", member.name, _function),
        Kind.STRUCT: ("struct", member.name, _record),
        Kind.TYPEDEF: ("typedef", member.name, _typedef),
        Kind.UNION: ("union", member.name, _record),
    }
    if member.kind not in judges or member.fact("configured"):
        return
    if member.kind is Kind.FUNCTION and member.fact("linkage") != "symbol":
        return
    tag, name, judge = judges[member.kind]
    for built in (*types.find(tag, name), *(types.find("union", name) if tag == "struct" else ())):
        yield list(judge(member, built))


@dataclass
class Comparison:
    """Where headers and built kernel differ, and what of the headers was compared at all."""

    differences: list[Difference] = field(default_factory=list)
    compared: list[Member] = field(default_factory=list)
    #: Structs, unions and enums that the built kernel has no debug information of.
    lacking: list[str] = field(default_factory=list)


def compare(headers: Surface, types: Types) -> Comparison:
    """A kernel's headers with its debug information.

    Types of one name may stand for several things in a kernel; one that agrees will do.
    """
    made = Comparison()
    for member in headers:
        told = list(_of_member(member, types))
        if told:
            made.compared.append(member)
        if told and all(told):
            headers_say, built = told[0][0]
            made.differences.append(Difference(member, headers_say, built))
        elif not told and member.kind in (Kind.STRUCT, Kind.UNION, Kind.ENUM):
            made.lacking.append(f"{member.kind} {member.name}")
    return made


# -- the part of the stage "drift" -----------------------------------------------------


def _image(kernel: Kernel) -> Path | None:
    """The kernel as it was built: vmlinux, or the image with one inside."""
    for path in (kernel.build / "vmlinux", kernel.image):
        if path.is_file():
            return path
    return None


@contextmanager
def _elf(image: Path) -> Iterator[BinaryIO | None]:
    """The ELF that `image` is or holds; None if it cannot be unpacked."""
    with image.open("rb") as file:
        # A vmlinux may have hundreds of megabytes.
        if file.read(4) == b"\x7fELF":
            yield file
        else:
            data = bootimage.unpack(bootimage.bootable(image).read_bytes())
            yield io.BytesIO(data) if data else None


def read(file: BinaryIO, name: str) -> Types | None:
    """The debug information of a kernel's ELF, called `name` in messages; None if it has none.

    KdmaError if it cannot be read.
    """
    try:
        elf = ELFFile(file)
        section = elf.get_section_by_name(".BTF")
        if section is not None:
            return Btf(section.data())
        if elf.get_section_by_name(".debug_info") is not None:
            return Dwarf(elf, kernel_surface.EXPORTERS)
    except KdmaError:
        raise
    except Exception as error:
        # pyelftools raises what struct, construct and its own parser raise.
        if isinstance(error, MemoryError):
            raise
        raise KdmaError(
            "the debug information of the kernel cannot be read",
            where=name,
            expected="BTF or DWARF",
            actual=repr(error)[:200],
            next="build the kernel anew: the file may be damaged",
        ) from error
    return None


def _finding(one: Difference, form: str) -> Finding:
    member = one.member
    return Finding(
        FindingClass.API_DRIFT,
        f"{member.kind} {member.name}: the kernel was built with another than its headers have",
        member.place,
        f"the headers say: {one.headers}",
        f"the kernel's {form} says: {one.built}",
        "these headers are not of this build, and modules made with them are wrong: build the "
        "kernel again after a change of its headers or configuration",
        ("built-kernel", member.kind.value, member.name),
    )


def judge(headers: Surface, types: Types) -> Answer:
    """Findings for what differs."""
    made = compare(headers, types)
    left = []
    if not made.compared:
        left = [Unchecked(WHAT, f"the kernel's {types.form} has nothing of the DMA API")]
    elif made.lacking:
        names = ", ".join(made.lacking)
        left = [Unchecked(f"{WHAT}: {names}", f"the kernel's {types.form} has none of them", True)]
    return Answer([_finding(one, types.form) for one in made.differences], left)


def check(kernel: Kernel, headers: Surface) -> Answer:
    """The surface of a kernel against what was built."""
    image = _image(kernel)
    if image is None:
        return Answer([], [Unchecked(WHAT, f"{kernel.name} is not built", explained=True)])

    def make() -> Answer:
        with _elf(image) as file:
            types = read(file, str(image)) if file else None
            packed = file is None
        if types is None:
            why = f"is packed in an unknown way ({image})" if packed else "was built without them"
            reason = f"{kernel.name} {why}; the layouts are libclang's"
            return Answer([], [Unchecked(WHAT, reason, explained=True)])
        return judge(headers, types)

    status = image.stat()
    parts = [str(image), str(status.st_size), str(status.st_mtime_ns), kernel.name]
    parts += [headers.text(), *(one.place for one in headers)]
    code = (sys.modules[__name__], btf, c_types, dwarf_types, surface_compare)
    return kept("built-kernel", code, parts, make)
