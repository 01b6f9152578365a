# SPDX-License-Identifier: GPL-2.0
"""What committed bindings say, as data: their types as C declares them, and their layouts.

The generator parses the files with syn; nothing of bindgen is behind this view.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from kdma import bindings
from kdma.cache import digest, entry, key
from kdma.findings import Unchecked
from kdma.paths import PROJECT, cache_root

_INTEGERS = {f"{s}{bits}": f"{c}int{bits}_t" for s, c in (("i", ""), ("u", "u"))
             for bits in (8, 16, 32, 64)}  # fmt: skip
_C_NAMES = {
    **_INTEGERS,
    "()": "void",
    "bool": "_Bool",
    "c_char": "char",
    "c_int": "int",
    "c_long": "long",
    "c_longlong": "long long",
    "c_schar": "signed char",
    "c_short": "short",
    "c_uchar": "unsigned char",
    "c_uint": "unsigned int",
    "c_ulong": "unsigned long",
    "c_ulonglong": "unsigned long long",
    "c_ushort": "unsigned short",
    "c_void": "void",
    "isize": "long",
    "usize": "unsigned long",
}
_CONVENTIONS = {
    # Told even where it is the default: a flag may change that.
    "C": "__attribute__((sysv_abi)) ",
    "C-unwind": "__attribute__((sysv_abi)) ",
    "efiapi": "__attribute__((ms_abi)) ",
    "sysv64": "__attribute__((sysv_abi)) ",
    "system": "__attribute__((sysv_abi)) ",
    "win64": "__attribute__((ms_abi)) ",
}


class Unsupported(Exception):
    """Something of the bindings that is not understood here."""


@dataclass
class Model:
    """The bindings as the generator tells them, and the bindings that they use.

    Raises Unsupported for what is not known how to say in C.
    """

    items: Sequence[Mapping[str, Any]]
    #: Other bindings whose types these name.
    used: Sequence[Mapping[str, Any]] = ()
    unchecked: list[Unchecked] = field(default_factory=list)

    def of(self, *kinds: str) -> list[Mapping[str, Any]]:
        """The items of these kinds, in their order."""
        return [one for one in self.items if one["item"] in kinds]

    @cached_property
    def _types(self) -> dict[str, Mapping[str, Any]]:
        kinds = ("alias", "enum", "record")
        return {one["name"]: one for one in (*self.used, *self.items) if one["item"] in kinds}

    @cached_property
    def _enums(self) -> frozenset[str]:
        found = {one["name"] for one in self._types.values() if one["item"] == "enum"}
        for one in (*self.used, *self.items):
            if one["item"] == "constant" and one["type"].get("name") in self._types:
                found.add(one["type"]["name"])
        return frozenset(found)

    def c_type(self, of: Mapping[str, Any], inner: str = "") -> str:
        """A Rust type as C declares `inner` with it."""
        kind = of["kind"]
        if kind == "pointer":
            const = "" if of["mutable"] else "const "
            # What is pointed to is constant, be it a pointer itself.
            if const and of["to"]["kind"] == "pointer":
                return self.c_type(of["to"], f"const *{inner}")
            if of["to"]["kind"] == "array":
                inner = f"(*{inner})"
                return const + self.c_type(of["to"], inner)
            return const + self.c_type(of["to"], f"*{inner}")
        if kind == "array":
            return self.c_type(of["of"], f"{inner}[{of['length']}]")
        if kind == "function":
            return self.signature(of["parameters"], of["returns"], of["variadic"], of["abi"], inner)
        if kind != "name":
            raise Unsupported(f"the type {of['text']}")
        return f"{self._named(of['name'])} {inner}".rstrip()

    def signature(
        self,
        parameters: Sequence[Mapping[str, Any]],
        returns: Mapping[str, Any],
        variadic: bool,
        abi: str,
        inner: str = "",
    ) -> str:
        """A pointer to a function."""
        if abi not in _CONVENTIONS:
            raise Unsupported(f'extern "{abi}"')
        told = [self.c_type(one) for one in parameters] + ["..."] * variadic
        pointer = f"({_CONVENTIONS[abi]}*{inner})({', '.join(told) or 'void'})"
        return self.c_type(returns, pointer)

    def _named(self, name: str) -> str:
        if name in _C_NAMES:
            return _C_NAMES[name]
        one = self._types.get(name)
        if one is None:
            raise Unsupported(f"the type {name}")
        if one["item"] == "record":
            return f"{'union' if one['union'] else 'struct'} {name}"
        return f"enum {name}" if self.is_enum(name) else name

    def is_enum(self, name: str) -> bool:
        """Does a type stand for an enum of C: is there an enumerator of it?"""
        return name in self._enums

    def is_passed(self, name: str) -> bool:
        """Does a function, a field or another type use this one?"""
        users = self.of("alias", "function", "record")
        return any(f'"name": "{name}"' in json.dumps({**one, "name": ""}) for one in users)

    def layout(self, of: Mapping[str, Any]) -> tuple[int, int]:
        """Size and alignment, in bytes, as repr(C) has them on x86-64."""
        if of["kind"] in ("pointer", "function"):
            return 8, 8
        if of["kind"] == "array":
            size, alignment = self.layout(of["of"])
            return size * int(of["length"]), alignment
        name = of.get("name", "")
        if match := re.fullmatch(r"[iu](8|16|32|64)", name):
            return int(match[1]) // 8, int(match[1]) // 8
        sizes = {"bool": 1, "char": 1, "schar": 1, "short": 2, "int": 4, "long": 8,
                 "longlong": 8, "isize": 8, "usize": 8}  # fmt: skip
        plain = name.removeprefix("c_")
        known = sizes.get(plain) or sizes.get(plain.removeprefix("u"))
        if known:
            return known, known
        one = self._types.get(name, {"item": ""})
        if one["item"] == "alias":
            return self.layout(one["type"])
        if one["item"] == "enum" and one["repr"]:
            return self.layout({"kind": "name", "name": one["repr"][0]})
        if one["item"] == "record":
            return self.record(one)[:2]
        raise Unsupported(f"the layout of {name or of}")

    def record(self, one: Mapping[str, Any]) -> tuple[int, int, list[int]]:
        """Size, alignment and the fields' offsets of a struct or union."""
        if "C" not in one["repr"]:
            raise Unsupported(f"{one['name']} without repr(C)")
        most, least = 1 << 30, 1
        for word in one["repr"]:
            if match := re.fullmatch(r"packed(?:\((\d+)\))?", word):
                most = int(match[1] or 1)
            elif match := re.fullmatch(r"align\((\d+)\)", word):
                least = int(match[1])
        end, size, alignment, offsets = 0, 0, least, []
        for each in one["fields"]:
            length, align = self.layout(each["type"])
            align = min(align, most)
            start = 0 if one["union"] else -(-end // align) * align
            offsets.append(start)
            end, size = start + length, max(size, start + length)
            alignment = max(alignment, align)
        return -(-size // alignment) * alignment, alignment, offsets

    def shape(self, of: Mapping[str, Any]) -> str:
        """A type without names of its own, as debug_information.py writes C's."""
        kind = of["kind"]
        if kind == "pointer":
            return f"*{'mut' if of['mutable'] else 'const'} {self.shape(of['to'])}"
        if kind == "array":
            return f"[{self.shape(of['of'])}; {of['length'].removesuffix('usize')}]"
        if kind == "function":
            told = [self.shape(one) for one in of["parameters"]] + ["..."] * of["variadic"]
            return f"fn({', '.join(told)}) -> {self.shape(of['returns'])}"
        if kind != "name":
            raise Unsupported(f"the type {of['text']}")
        name = of["name"]
        plain = {"()": "void", "c_void": "void", "bool": "bool", "c_char": "char"}.get(name)
        if plain:
            return plain
        one = self._types.get(name)
        if one is not None and one["item"] == "alias":
            return self.shape(one["type"])
        if one is not None and one["item"] == "record":
            return f"{'union' if one['union'] else 'struct'} {name}"
        if one is not None:
            return self.shape({"kind": "name", "name": (one["repr"] or ["isize"])[0]})
        sign = "u" if name.removeprefix("c_").startswith("u") else "i"
        return f"{sign}{8 * self.layout(of)[0]}"


def is_opaque(one: Mapping[str, Any]) -> bool:
    """Does this struct or union stand for one of C whose fields nobody sees?"""
    return [f["name"] for f in one["fields"]] in (["_unused"], ["_address"])


def load(files: Iterable[str], root: Path = PROJECT) -> list[list[Mapping[str, Any]]]:
    """The items of files of bindings, from the cache if all is as it was.

    KdmaError if one of them is not Rust.
    """
    paths = [root / file for file in files]
    generator = PROJECT / "rust-bindings/generator"
    made_of = [*paths, PROJECT / "rust-bindings/Cargo.lock", *sorted(generator.glob("src/*.rs"))]
    folder = cache_root() / "surfaces" / ("rust-" + key(digest(path) for path in made_of))

    def make(work: Path) -> None:
        told = bindings.models(cache_root(), paths)
        (work / "models.json").write_text("[" + ",".join(told) + "]")

    entry(folder, make)
    found: list[list[Mapping[str, Any]]] = json.loads((folder / "models.json").read_text())
    return found
