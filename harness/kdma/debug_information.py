# SPDX-License-Identifier: GPL-2.0
"""What a built module's DWARF says of functions, structs and enumerators, against the Rust view.

No assertion is compiled here and no header is read: it is what went into the
module. Types are compared by their shape, since debug information keeps the
compiler's names for them.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from elftools.dwarf.die import DIE
from elftools.elf.elffile import ELFFile

from kdma.findings import FindingClass, KdmaError
from kdma.rust_view import Model, Unsupported, is_opaque
from kdma.surface_compare import Parameter, names_reordered

_SIGNED = {5: "i", 7: "u", 6: "i", 8: "u"}  # DW_ATE_signed, unsigned, and their chars.
_BOOLEAN = 2
#: Bytes that a relocation fills: R_X86_64_64, R_X86_64_32 and R_X86_64_32S.
_WIDTHS = {1: 8, 10: 4, 11: 4}
_THROUGH = ("DW_TAG_typedef", "DW_TAG_volatile_type", "DW_TAG_restrict_type")


@dataclass(frozen=True)
class Function:
    """A function that the module defines, types by their shape."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    returns: str
    variadic: bool
    #: DW_CC_normal (1) or what else the compiler says.
    convention: int

    def text(self) -> str:
        """For people."""
        told = [f"{t} {n}".strip() for n, t in zip(self.names, self.types, strict=True)]
        return f"fn({', '.join(told + ['...'] * self.variadic)}) -> {self.returns}"


@dataclass(frozen=True)
class Record:
    """A struct or union: size in bytes, and the fields' offsets and shapes by name."""

    size: int
    fields: dict[str, tuple[int, str]]


@dataclass
class Built:
    """What the debug information of one module has, by name."""

    functions: dict[str, Function] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    enumerators: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """A name about which Rust and the built module differ; `line` of the bindings."""

    name: str
    line: int
    rust: str
    built: str


def has(module: Path) -> bool:
    """Does a module have debug information?"""
    with module.open("rb") as file:
        return bool(ELFFile(file).get_section_by_name(".debug_info"))


def _name(die: DIE) -> str:
    attribute = die.attributes.get("DW_AT_name")
    return attribute.value.decode() if attribute else ""


def _target(die: DIE) -> DIE | None:
    return die.get_DIE_from_attribute("DW_AT_type") if "DW_AT_type" in die.attributes else None


def _number(die: DIE, name: str, otherwise: int = 0) -> int:
    attribute = die.attributes.get(name)
    return int(attribute.value) if attribute else otherwise


def _array(die: DIE) -> str:
    text = _shape(_target(die))
    for each in reversed([c for c in die.iter_children() if c.tag == "DW_TAG_subrange_type"]):
        count = _number(each, "DW_AT_count", _number(each, "DW_AT_upper_bound", -1) + 1)
        text = f"[{text}; {count}]"
    return text


def _pointer(die: DIE) -> str:
    to = _target(die)
    while to is not None and to.tag in _THROUGH:
        to = _target(to)
    if to is not None and to.tag == "DW_TAG_subroutine_type":
        return _shape(to)
    const = to is not None and to.tag == "DW_TAG_const_type"
    return f"*{'const' if const else 'mut'} {_shape(to)}"


def _shape(die: DIE | None) -> str:
    """A type without the names that only C has for it; see rust_view.Model.shape()."""
    if die is None:
        return "void"
    tag = die.tag
    if tag in (*_THROUGH, "DW_TAG_const_type"):
        return _shape(_target(die))
    if tag == "DW_TAG_pointer_type":
        return _pointer(die)
    if tag == "DW_TAG_array_type":
        return _array(die)
    if tag in ("DW_TAG_structure_type", "DW_TAG_union_type"):
        return f"{'union' if tag == 'DW_TAG_union_type' else 'struct'} {_name(die)}"
    bits = 8 * _number(die, "DW_AT_byte_size")
    if tag == "DW_TAG_base_type":
        encoding = _number(die, "DW_AT_encoding")
        if encoding == _BOOLEAN:
            return "bool"
        if _name(die) == "char":
            return "char"
        return f"{_SIGNED.get(encoding, 'f')}{bits}"
    if tag == "DW_TAG_enumeration_type":
        under = _target(die)
        if under is not None:
            return _shape(under)
        return f"{_SIGNED.get(_number(die, 'DW_AT_encoding', 7), 'u')}{bits}"
    if tag == "DW_TAG_subroutine_type":
        made = _function(die)
        told = list(made.types) + ["..."] * made.variadic
        return f"fn({', '.join(told)}) -> {made.returns}"
    return f"{tag} {_name(die)}"


def _function(die: DIE) -> Function:
    names, types, variadic = [], [], False
    for each in die.iter_children():
        if each.tag == "DW_TAG_formal_parameter":
            names.append(_name(each))
            types.append(_shape(_target(each)))
        variadic |= each.tag == "DW_TAG_unspecified_parameters"
    return Function(tuple(names), tuple(types), _shape(_target(die)), variadic,
                    _number(die, "DW_AT_calling_convention", 1))  # fmt: skip


def _record(die: DIE) -> Record:
    fields = {}
    for each in die.iter_children():
        if each.tag == "DW_TAG_member":
            offset = _number(each, "DW_AT_data_member_location")
            shape = _shape(_target(each))
            if "DW_AT_bit_size" in each.attributes:
                first = _number(each, "DW_AT_data_bit_offset")
                shape += f" bits {first} to {first + _number(each, 'DW_AT_bit_size') - 1}"
            fields[_name(each)] = (offset, shape)
    return Record(_number(die, "DW_AT_byte_size"), fields)


def _dwarf(elf: Any) -> Any:
    """The debug information with what the linker left open in .debug_info filled in.

    pyelftools does that too, for all sections and one by one: seconds.
    """
    dwarf = elf.get_dwarf_info(relocate_dwarf_sections=False)
    relocations = elf.get_section_by_name(".rela.debug_info")
    if relocations is None:
        return dwarf
    symbols = elf.get_section_by_name(".symtab").data()
    values = [value for *_, value, _ in struct.iter_unpack("<IBBHQQ", symbols)]
    data = bytearray(elf.get_section_by_name(".debug_info").data())
    for offset, info, addend in struct.iter_unpack("<QQq", relocations.data()):
        width = _WIDTHS[info & 0xFFFFFFFF]
        value = (values[info >> 32] + addend) % (1 << 8 * width)
        data[offset : offset + width] = value.to_bytes(width, "little")
    dwarf.debug_info_sec = dwarf.debug_info_sec._replace(stream=io.BytesIO(bytes(data)))
    return dwarf


def read(module: Path) -> Built:
    """What a module's debug information has. KdmaError if it cannot be read."""
    built = Built()
    try:
        with module.open("rb") as file:
            for unit in _dwarf(ELFFile(file)).iter_CUs():
                for die in unit.get_top_DIE().iter_children():
                    _add(built, die)
    except KdmaError:
        raise
    except Exception as error:
        # pyelftools raises what struct, construct and its own parser raise.
        raise KdmaError(
            "the debug information of a module cannot be read",
            where=module.name,
            expected="DWARF that pyelftools understands",
            actual=repr(error)[:200],
            next="build it anew: the file may be damaged",
            finding_class=FindingClass.HARNESS,
            identity=("debug-information", module.name),
        ) from error
    return built


def _add(built: Built, die: DIE) -> None:
    name = _name(die)
    attributes: dict[str, Any] = die.attributes
    if not name.startswith("kdma_") and die.tag != "DW_TAG_enumeration_type":
        return
    if die.tag == "DW_TAG_subprogram" and "DW_AT_declaration" not in attributes:
        built.functions[name] = _function(die)
    elif die.tag in ("DW_TAG_structure_type", "DW_TAG_union_type"):
        if "DW_AT_declaration" not in attributes:
            built.records[name] = _record(die)
    elif die.tag == "DW_TAG_enumeration_type":
        for each in die.iter_children():
            if each.tag == "DW_TAG_enumerator" and _name(each).startswith("KDMA_"):
                built.enumerators[_name(each)] = _number(each, "DW_AT_const_value")


# -- against the Rust view -----------------------------------------------------------


def _functions(model: Model, built: Built) -> Iterator[Difference]:
    for one in model.of("function"):
        other = built.functions.get(one["symbol"])
        if other is None:
            continue
        names = tuple(p["name"].removeprefix("r#") for p in one["parameters"])
        types = tuple(model.shape(p["type"]) for p in one["parameters"])
        mine = Function(names, types, model.shape(one["returns"]), one["variadic"], 1)
        same = (mine.types, mine.returns, mine.variadic, mine.convention) == (
            other.types, other.returns, other.variadic, other.convention)  # fmt: skip
        swapped = names_reordered(
            [Parameter("", n) for n in other.names], [Parameter("", n) for n in names]
        )
        if not same or swapped:
            said = f", calling convention {other.convention}" if other.convention != 1 else ""
            yield Difference(one["name"], one["line"], mine.text(), other.text() + said)


def _records(model: Model, built: Built) -> Iterator[Difference]:
    for one in model.of("record"):
        other = built.records.get(one["name"])
        # What is opaque in the header is defined somewhere in the module.
        if other is None or is_opaque(one):
            continue
        size, _, offsets = model.record(one)
        mine = {
            f["name"].removeprefix("r#"): (offset, model.shape(f["type"]))
            for f, offset in zip(one["fields"], offsets, strict=True)
        }
        if mine == other.fields and size == other.size:
            continue
        for name in sorted(mine.keys() | other.fields.keys()):
            if mine.get(name) != other.fields.get(name):
                yield Difference(one["name"], one["line"], _at(name, mine.get(name)),
                                 _at(name, other.fields.get(name)))  # fmt: skip
                break
        else:
            yield Difference(one["name"], one["line"], f"{size} bytes", f"{other.size} bytes")


def _at(name: str, told: tuple[int, str] | None) -> str:
    return f"{name} at byte {told[0]}, {told[1]}" if told else f"no field {name}"


def _constants(model: Model, built: Built) -> Iterator[Difference]:
    for one in model.of("constant"):
        other = built.enumerators.get(one["name"])
        if other is not None and str(other) != one["value"]:
            yield Difference(one["name"], one["line"], one["value"], str(other))


def differences(model: Model, built: Built) -> tuple[list[Difference], list[str]]:
    """Where the Rust view and the built module differ, and which names the latter lacks."""
    found: list[Difference] = []
    for judge in (_functions, _records, _constants):
        try:
            found += judge(model, built)
        except Unsupported:
            # The assertions have told already that nothing is known of it.
            continue
    lacking = [one["name"] for one in model.of("function") if one["symbol"] not in built.functions]
    lacking += [
        one["name"]
        for one in model.of("record")
        if not is_opaque(one) and one["name"] not in built.records
    ]
    return found, sorted(lacking)
