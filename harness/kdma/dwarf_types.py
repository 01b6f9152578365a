# SPDX-License-Identifier: GPL-2.0
"""The DWARF of a kernel's vmlinux: types and functions of the files that hold the DMA API.

Of hundreds of megabytes only the units of these files are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch
from typing import Any

from elftools.dwarf.die import DIE
from elftools.elf.elffile import ELFFile

from kdma.c_types import Field, Type

_TAGS = {
    "DW_TAG_array_type": "array",
    "DW_TAG_base_type": "integer",
    "DW_TAG_const_type": "const",
    "DW_TAG_enumeration_type": "enum",
    "DW_TAG_pointer_type": "pointer",
    "DW_TAG_structure_type": "struct",
    "DW_TAG_subprogram": "function",
    "DW_TAG_subroutine_type": "function",
    "DW_TAG_typedef": "typedef",
    "DW_TAG_union_type": "union",
}


def _text(die: DIE) -> str:
    attribute = die.attributes.get("DW_AT_name")
    return attribute.value.decode() if attribute else ""


def _number(die: DIE, name: str) -> int:
    attribute = die.attributes.get(name)
    return int(attribute.value) if attribute else 0


class Dwarf:
    """What the DWARF of an ELF says of the files whose names fit `files`."""

    form = "DWARF"

    def __init__(self, elf: ELFFile, files: Sequence[str]) -> None:
        self._by_name: dict[tuple[str, str], list[DIE]] = {}
        self._made: dict[int, Type] = {}
        for unit in elf.get_dwarf_info().iter_CUs():
            top = unit.get_top_DIE()
            if any(fnmatch(_text(top), f"*{pattern}") for pattern in files):
                for die in top.iter_children():
                    tag = _TAGS.get(str(die.tag))
                    if tag and "DW_AT_declaration" not in die.attributes and _text(die):
                        self._by_name.setdefault((tag, _text(die)), []).append(die)

    def find(self, tag: str, name: str) -> Sequence[Type]:
        """All types and functions of this tag and name."""
        found = []
        for die in self._by_name.get((tag, name), ()):
            made = self._type(die)
            if tag in ("struct", "union"):
                made.fields = [
                    self._field(each) for each in die.iter_children() if each.tag == "DW_TAG_member"
                ]
            found.append(made)
        return found

    def _target(self, die: DIE) -> Type | None:
        if "DW_AT_type" not in die.attributes:
            return None
        return self._type(die.get_DIE_from_attribute("DW_AT_type"))

    def _type(self, die: DIE) -> Type:
        """A type; a struct or union without its fields."""
        known = self._made.get(die.offset)
        if known is not None:
            return known
        tag = _TAGS.get(str(die.tag), "other")
        made = self._made[die.offset] = Type(tag, _text(die), _number(die, "DW_AT_byte_size"))
        if tag not in ("struct", "union"):
            made.to = self._target(die)
        if tag == "array":
            self._array(made, die)
        elif tag == "enum":
            made.to = None
            made.values = {
                _text(each): _number(each, "DW_AT_const_value")
                for each in die.iter_children()
                if each.tag == "DW_TAG_enumerator"
            }
        elif tag == "function":
            children = list(die.iter_children())
            made.variadic = any(c.tag == "DW_TAG_unspecified_parameters" for c in children)
            made.parameters = [
                Field(_text(each), 0, 0, self._target(each))
                for each in children
                if each.tag == "DW_TAG_formal_parameter"
            ]
        return made

    @staticmethod
    def _array(made: Type, die: DIE) -> None:
        ranges = [each for each in die.iter_children() if each.tag == "DW_TAG_subrange_type"]
        for each in reversed(ranges):
            attributes: dict[str, Any] = each.attributes
            bound = attributes.get("DW_AT_upper_bound")
            count = int(bound.value) + 1 if bound else _number(each, "DW_AT_count")
            made.to = Type("array", to=made.to, count=count)
        inner = made.to
        if inner is not None and ranges:
            made.to, made.count = inner.to, inner.count

    def _field(self, die: DIE) -> Field:
        bits = _number(die, "DW_AT_bit_size")
        at = _number(die, "DW_AT_data_bit_offset")
        if "DW_AT_data_bit_offset" not in die.attributes:
            at = 8 * _number(die, "DW_AT_data_member_location")
            if bits:
                # Before DWARF 5: counted from the end of a storage unit of this size.
                at += 8 * _number(die, "DW_AT_byte_size") - _number(die, "DW_AT_bit_offset") - bits
        return Field(_text(die), at, bits, self._target(die))
