# SPDX-License-Identifier: GPL-2.0
"""C types as debug information has them, and how C spells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

#: How gcc calls integers, and how everybody else does.
_INTEGERS = {
    "long int": "long",
    "long long int": "long long",
    "long long unsigned int": "unsigned long long",
    "long unsigned int": "unsigned long",
    "short int": "short",
    "short unsigned int": "unsigned short",
}
#: A struct, union or enum that has no name of its own.
UNNAMED = "(unnamed)"
_PLAIN = ("array", "const", "enum", "function", "integer", "pointer", "struct", "union")


@dataclass
class Field:
    """A field of a struct or union. `bits`: the width of a bitfield, otherwise 0."""

    name: str
    bit_offset: int
    bits: int
    type: Type | None


@dataclass
class Type:
    """A type, or a function. `to` is what it is made of or returns; None is void.

    `tag`: array, const, enum, function, integer, pointer, struct, typedef, union,
    or another word for what changes nothing (volatile).
    """

    tag: str
    name: str = ""
    bytes: int = 0
    to: Type | None = None
    count: int = 0
    fields: Sequence[Field] = ()
    values: Mapping[str, int] = field(default_factory=dict)
    parameters: Sequence[Field] = ()
    variadic: bool = False

    @property
    def size(self) -> int:
        """In bytes; 0: it has none."""
        if self.tag == "array":
            return self.count * (self.to.size if self.to else 0)
        if self.tag in ("pointer", "function"):
            return 8 * (self.tag == "pointer")
        # Of a typedef it is that of its type.
        return self.bytes or (self.to.size if self.to else 0)


class Types(Protocol):
    """The debug information of one binary."""

    #: What it is called: BTF or DWARF.
    form: str

    def find(self, tag: str, name: str) -> Sequence[Type]:
        """All types and functions of this tag and name; they may differ."""


def resolved(of: Type | None) -> Type | None:
    """A type without its typedefs, and without what changes nothing."""
    while of is not None and of.tag not in _PLAIN:
        of = of.to
    return of


def spelled(of: Type | None, inner: str = "") -> str:
    """C's declaration of `inner` with a type whose typedefs are resolved."""
    blank, of = " " if inner else "", resolved(of)
    if of is None:
        return f"void{blank}{inner}"
    if of.tag == "pointer":
        target = resolved(of.to)
        wrapped = target is not None and target.tag in ("array", "function")
        return spelled(target, f"(*{inner})" if wrapped else f"*{inner}")
    if of.tag == "const":
        target = resolved(of.to)
        if target is not None and target.tag == "pointer":
            return spelled(target, f"const {inner}".rstrip())
        return f"const {spelled(of.to, inner)}"
    if of.tag == "array":
        return spelled(of.to, f"{inner}[{of.count}]")
    if of.tag == "function":
        told = [spelled(one.type) for one in of.parameters] + ["..."] * of.variadic
        return spelled(of.to, f"{inner}({', '.join(told) or 'void'})")
    if of.tag == "integer":
        return f"{_INTEGERS.get(of.name, of.name)}{blank}{inner}"
    return f"{of.tag} {of.name or UNNAMED}{blank}{inner}"
