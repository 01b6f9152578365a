# SPDX-License-Identifier: GPL-2.0
"""The BTF of a kernel (Documentation/bpf/btf.rst): its types and functions, by name."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from kdma.c_types import Field, Type
from kdma.findings import KdmaError

_MAGIC = 0xEB9F
_HEADER = struct.Struct("<HBBIIIII")
_TYPE = struct.Struct("<III")
#: BTF_KIND_*: what it is, bytes that follow a type, and bytes for each of its elements.
_KINDS = {
    1: ("integer", 4, 0),
    2: ("pointer", 0, 0),
    3: ("array", 12, 0),
    4: ("struct", 0, 12),
    5: ("union", 0, 12),
    6: ("enum", 0, 8),
    7: ("forward", 0, 0),
    8: ("typedef", 0, 0),
    9: ("volatile", 0, 0),
    10: ("const", 0, 0),
    11: ("restrict", 0, 0),
    12: ("named function", 0, 0),
    13: ("function", 0, 8),
    14: ("variable", 4, 0),
    15: ("section", 0, 12),
    16: ("integer", 0, 0),
    17: ("declaration tag", 4, 0),
    18: ("type tag", 0, 0),
    19: ("enum64", 0, 12),
}
_SIZED = ("enum", "enum64", "integer", "struct", "union")


class Btf:
    """What a section .BTF says. KdmaError if it is not understood."""

    form = "BTF"

    def __init__(self, data: bytes) -> None:
        self._data = data
        #: By id: where the type starts. Id 0 is void.
        self._at: list[int] = [0]
        self._by_name: dict[tuple[str, str], list[int]] = {}
        self._made: dict[int, Type] = {}
        try:
            self._scan()
        except (IndexError, KeyError, ValueError, struct.error) as error:
            raise KdmaError(
                "the kernel's BTF is not understood",
                where=".BTF",
                expected="what Documentation/bpf/btf.rst describes",
                actual=repr(error)[:200],
                next="is the kernel newer than kdma knows? its kinds stand in harness/kdma/btf.py",
            ) from error

    def _scan(self) -> None:
        magic, _, _, length, type_at, type_length, text_at, _ = _HEADER.unpack_from(self._data)
        if magic != _MAGIC:
            raise ValueError(f"magic {magic:#x}")
        at, self._text = length + type_at, length + text_at
        end = at + type_length
        while at < end:
            name, info, _ = _TYPE.unpack_from(self._data, at)
            # Since 7.0 there are more bits for both; they were 0 before.
            tag, fixed, each = _KINDS[info >> 24 & 0x7F]
            if name:
                key = ("enum" if tag == "enum64" else tag, self._string(name))
                self._by_name.setdefault(key, []).append(len(self._at))
            self._at.append(at)
            at += _TYPE.size + fixed + each * (info & 0xFFFFFF)

    def _string(self, offset: int) -> str:
        start = self._text + offset
        return self._data[start : self._data.index(b"\0", start)].decode()

    def find(self, tag: str, name: str) -> Sequence[Type]:
        """All types and functions of this tag and name."""
        if tag == "function":
            named = (self._type(id) for id in self._by_name.get(("named function", name), ()))
            return [one.to for one in named if one is not None and one.to is not None]
        found = []
        for id in self._by_name.get((tag, name), ()):
            made = self._type(id)
            if made is not None:
                if tag in ("struct", "union"):
                    self._fill(made, id)
                found.append(made)
        return found

    def _type(self, id: int) -> Type | None:
        """A type; a struct or union without its fields, which may lead through half the kernel."""
        if id == 0:
            return None
        known = self._made.get(id)
        if known is not None:
            return known
        at = self._at[id]
        name, info, word = _TYPE.unpack_from(self._data, at)
        tag, _, each = _KINDS[info >> 24 & 0x7F]
        made = self._made[id] = Type(
            "enum" if tag == "enum64" else tag, self._string(name) if name else ""
        )
        if tag in _SIZED:
            made.bytes = word
        if tag in ("enum", "enum64"):
            elements = self._elements(at, info, each)
            made.values = dict(self._value(place, tag, info >> 31) for place in elements)
        elif tag == "array":
            of, _, made.count = struct.unpack_from("<III", self._data, at + _TYPE.size)
            made.to = self._type(of)
        elif tag == "forward":
            made.tag = "union" if info >> 31 else "struct"
        elif tag not in ("section", *_SIZED):
            made.to = self._type(word)
        if tag == "function":
            self._parameters(made, self._elements(at, info, each))
        return made

    @staticmethod
    def _elements(at: int, info: int, each: int) -> list[int]:
        """Where the elements of a type start."""
        return [at + _TYPE.size + each * number for number in range(info & 0xFFFFFF)]

    def _fill(self, made: Type, id: int) -> None:
        at = self._at[id]
        _, info, _ = _TYPE.unpack_from(self._data, at)
        *_, each = _KINDS[info >> 24 & 0x7F]
        made.fields = [self._field(place, info >> 31) for place in self._elements(at, info, each)]

    def _field(self, at: int, kind_flag: int) -> Field:
        name, of, offset = struct.unpack_from("<III", self._data, at)
        bits = offset >> 24 if kind_flag else 0
        return Field(
            self._string(name), offset & 0xFFFFFF if kind_flag else offset, bits, self._type(of)
        )

    def _value(self, at: int, tag: str, signed: int) -> tuple[str, int]:
        name, low = struct.unpack_from("<Ii" if signed and tag == "enum" else "<II", self._data, at)
        if tag == "enum64":
            [high] = struct.unpack_from("<i" if signed else "<I", self._data, at + 8)
            low += high << 32
        return self._string(name), low

    def _parameters(self, made: Type, elements: Sequence[int]) -> None:
        both = [struct.unpack_from("<II", self._data, at) for at in elements]
        made.variadic = bool(both) and both[-1] == (0, 0)
        told = both[:-1] if made.variadic else both
        made.parameters = [Field(self._string(name), 0, 0, self._type(of)) for name, of in told]
