# SPDX-License-Identifier: GPL-2.0
"""Edits of committed bindings by hand: each way in which each item can be wrong, and harmless ones.

bindgen writes one form only, and that is what is read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from kdma.mutants.c_edits import users
from kdma.mutants.edits import Edit
from kdma.surface import Surface
from kdma.surface_compare import split_list

_FUNCTION = re.compile(r"^    pub fn (?P<name>\w+)\((?P<rest>.*?)\)(?: -> (?P<returns>[^;]+))?;",
                       re.MULTILINE | re.DOTALL)  # fmt: skip
_CONSTANT = re.compile(r"^pub const (?P<name>\w+): (?P<type>[^=]+) = (?P<value>[^;]+);$", re.M)
_ALIAS = re.compile(r"^pub type (?P<name>\w+) = (?P<type>[^;]+);$", re.MULTILINE)
_RECORD = re.compile(r"^pub struct (?P<name>\w+) \{\n(?P<fields>.*?)^\}$", re.M | re.DOTALL)
_FIELD = re.compile(
    r"^    pub (?P<name>\w+): (?P<type>[^\n]*<\n.*?\n    >|[^\n]*),$", re.M | re.DOTALL
)
_INTEGER = re.compile(r"\b([iu])(8|16|32|64)\b")
_OTHER_WIDTH = {"8": "16", "16": "32", "32": "64", "64": "32"}


def _retyped(of: str) -> Iterator[tuple[str, str]]:
    """Other types in the place of one."""
    integer = _INTEGER.search(of)
    if integer and not of.startswith("*"):
        other = "u" if integer[1] == "i" else "i"
        yield "signedness", of.replace(integer[0], other + integer[2], 1)
        yield "width", of.replace(integer[0], integer[1] + _OTHER_WIDTH[integer[2]], 1)
    if of.startswith("*"):
        swapped = of.replace("*mut", "*const", 1)
        swapped = of.replace("*const", "*mut", 1) if swapped == of else swapped
        yield "const or mut", swapped
        yield "pointer to pointer", f"*mut {of}"
        yield "pointer to integer", "u64"
        target = of.split(" ", 1)[1]
        other = "i8" if "c_void" in target else "::core::ffi::c_void"
        yield "pointer to something else", f"{of.split(' ', 1)[0]} {other}"
    elif not of.startswith(("[", "::core::option", "&")):
        yield "value to pointer", f"*mut {of}"


@dataclass(frozen=True)
class _Function:
    """A binding of a function in the text."""

    match: re.Match[str]
    parameters: list[str]

    @property
    def names(self) -> list[str]:
        """Of its parameters."""
        return [each.partition(":")[0].strip() for each in self.parameters]

    def text(self, parameters: list[str], returns: str | None = None) -> str:
        """The declaration with other parameters, or with another return type; "": none."""
        told = self.match["returns"] if returns is None else returns
        arrow = f" -> {told}" if told else ""
        return f"    pub fn {self.match['name']}({', '.join(parameters)}){arrow};"


class Bindings:
    """Edits of one file of bindings; `surface` is that of its header."""

    def __init__(self, text: str, surface: Surface) -> None:
        self.text = text
        self.surface = surface

    def _functions(self) -> Iterator[_Function]:
        for match in _FUNCTION.finditer(self.text):
            inside = match["rest"].strip().rstrip(",")
            yield _Function(match, [" ".join(p.split()) for p in split_list(inside)])

    @staticmethod
    def _edit(operator: str, name: str, *changes: tuple[int, int, str], part: str = "",
              follows: frozenset[str] = frozenset()) -> Edit:  # fmt: skip
        return Edit(operator, name, tuple(sorted(changes)), part, follows=follows)

    # -- faults

    def faults(self) -> Iterator[Edit]:
        """All, item by item."""
        for function in self._functions():
            yield from self._function(function)
        constants = list(_CONSTANT.finditer(self.text))
        for match in constants:
            yield from self._constant(match)
        for one, two in pairwise(constants):
            if one["type"] == two["type"] and one["value"] != two["value"]:
                yield self._edit("values of two constants swapped", one["name"],
                                 (*one.span("value"), two["value"]),
                                 (*two.span("value"), one["value"]),
                                 part=two["name"], follows=frozenset({two["name"]}))  # fmt: skip
        for match in _ALIAS.finditer(self.text):
            follows = users(self.surface, match["name"])
            for what, new in _retyped(match["type"]):
                yield self._edit(f"{what}: type alias", match["name"], (*match.span("type"), new),
                                 follows=follows)  # fmt: skip
        for match in _RECORD.finditer(self.text):
            yield from self._record(match)

    def _block(self, span: tuple[int, int]) -> tuple[int, int]:
        """The block that a function stands in alone."""
        begin = self.text.rindex('unsafe extern "C" {', 0, span[0])
        return begin, self.text.index("\n}\n", span[1]) + 3

    def _function(self, function: _Function) -> Iterator[Edit]:
        match, parameters, names = function.match, function.parameters, function.names
        name, span = match["name"], match.span()

        def made(operator: str, new: str, part: str = "") -> Edit:
            return self._edit(operator, name, (*span, new), part=part)

        yield self._edit("binding removed", name, (*self._block(span), ""))
        yield self._edit("binding renamed", name, (*match.span("name"), f"{name}_2"),
                         follows=frozenset({f"{name}_2"}))  # fmt: skip
        front = (span[0], span[0])
        yield self._edit("another symbol", name, (*front, f'    #[link_name = "{name}_2"]\n'))
        head = self.text.rindex('extern "C"', 0, span[0])
        for other in ("efiapi", "win64"):
            yield self._edit("calling convention", name, (head, head + 10, f'extern "{other}"'),
                             part=other)  # fmt: skip
        yield made("parameter added", function.text([*parameters, "more: u32"]))
        yield made("return type lost", function.text(parameters, ""))
        for what, new in _retyped(match["returns"] or "()"):
            yield made(f"{what}: return type", function.text(parameters, new))
        if parameters:
            yield made("parameter added in front", function.text(["more: u32", *parameters]))
            yield made("variadic", function.text([*parameters, "..."]))
        for index, own in enumerate(names):
            rest = parameters[:index], parameters[index + 1 :]
            yield made("parameter removed", function.text([*rest[0], *rest[1]]), own)
            for what, new in _retyped(parameters[index].partition(": ")[2]):
                told = function.text([*rest[0], f"{own}: {new}", *rest[1]])
                yield made(f"{what}: parameter", told, own)
        for first, second in combinations(range(len(parameters)), 2):
            swapped = list(parameters)
            swapped[first], swapped[second] = swapped[second], swapped[first]
            types = {parameters[i].partition(":")[2] for i in (first, second)}
            same = "the same type" if len(types) == 1 else "other types"
            yield made(f"two parameters of {same} swapped", function.text(swapped),
                       f"{names[first]}, {names[second]}")  # fmt: skip

    def _constant(self, match: re.Match[str]) -> Iterator[Edit]:
        name, value = match["name"], match["value"]
        yield self._edit("constant removed", name, (*match.span(), ""))
        yield self._edit("constant renamed", name, (*match.span("name"), f"{name}_2"),
                         follows=frozenset({f"{name}_2"}))  # fmt: skip
        if not re.fullmatch(r"-?\d+", value):
            if value.startswith("c"):
                yield self._edit("text changed", name, (*match.span("value"), f'{value[:-1]}s"'))
            return
        number = int(value)
        for what, other in (("off by one", number - 1), ("shifted", number * 2),
                            ("zero", 0), ("sign lost", -number)):  # fmt: skip
            # A value that its type cannot hold is no Rust.
            if other != number and (other >= 0 or number < 0):
                yield self._edit(f"constant {what}", name, (*match.span("value"), str(other)))
        for what, new in _retyped(match["type"]):
            if not new.startswith("*"):
                yield self._edit(f"{what}: constant", name, (*match.span("type"), new))

    def _record(self, match: re.Match[str]) -> Iterator[Edit]:
        name, start = match["name"], match.start("fields")
        follows = users(self.surface, name)
        attribute = self.text.rindex("#[repr(C)]", 0, match.start())

        def made(operator: str, *changes: tuple[int, int, str], part: str = "") -> Edit:
            return self._edit(operator, name, *changes, part=part, follows=follows)

        for what in ("C, packed", "C, align(64)", "Rust"):
            yield made("repr", (attribute, attribute + 10, f"#[repr({what})]"), part=what)
        fields = list(_FIELD.finditer(match["fields"]))
        if not fields:
            unused = re.search(r"_unused: \[u8; 0\]", match["fields"])
            if unused:
                begin, end = (start + at for at in unused.span())
                yield made("no longer opaque", (begin, end, "pub state: u32"))
            return
        begin, end = start, match.end("fields")
        yield made("field appended", (end, end, "    pub more: u64,\n"))
        yield made("field put in front", (begin, begin, "    pub more: u64,\n"))
        for each in fields:
            own, of = each["name"], each["type"]
            at = start + each.start("type"), start + each.end("type")
            whole = start + each.start(), start + each.end() + 1
            yield made("field removed", (*whole, ""), part=own)
            named = start + each.start("name"), start + each.end("name")
            yield made("field renamed", (*named, f"{own}_2"), part=own)
            for what, new in _retyped(of):
                yield made(f"{what}: field", (*at, new), part=own)
            if match_array := re.fullmatch(r"\[(.*); (.*?)\]", of):
                for what, length in (("longer", "31"), ("shorter", "1")):
                    told = f"[{match_array[1]}; {length}usize]"
                    yield made(f"{what} array", (*at, told), part=own)
            if "Option<" in of:
                pointer = of[of.index("<") + 1 : of.rindex(">")].strip().rstrip(",")
                yield made("null lost", (*at, pointer), part=own)
        for one, two in pairwise(fields):
            a, b = ((start + m.start(), start + m.end()) for m in (one, two))
            same = "the same type" if one["type"] == two["type"] else "other types"
            yield made(f"two fields of {same} swapped", (*a, two[0]), (*b, one[0]),
                       part=f"{one['name']}, {two['name']}")  # fmt: skip

    # -- harmless edits

    def harmless(self) -> Iterator[Edit]:
        """All, item by item."""
        for edit in self._harmless():
            yield replace(edit, harmless=True)

    def _harmless(self) -> Iterator[Edit]:
        end = len(self.text)
        for function in self._functions():
            name, span = function.match["name"], function.match.span()
            front = (span[0], span[0])
            yield self._edit("comment", name, (*front, "    // fn kdma_set_mask(mask: i8);\n"))
            yield self._edit("blanks and lines", name, (*front, "\n\n\n"))
            yield self._edit("on one line", name, (*span, function.text(function.parameters)))
            begin, after = self._block(span)
            yield self._edit("moved to the end", name, (begin, after, ""),
                             (end, end, self.text[begin:after]))  # fmt: skip
            for index, own in enumerate(function.names):
                of = function.parameters[index].partition(": ")[2]
                rest = function.parameters[:index], function.parameters[index + 1 :]
                told = function.text([*rest[0], f"{own}_2: {of}", *rest[1]])
                yield self._edit("parameter renamed", name, (*span, told), part=own)
        for match in _CONSTANT.finditer(self.text):
            name = match["name"]
            yield self._edit("moved to the end", name, (*match.span(), ""),
                             (end, end, f"{match[0]}\n"))  # fmt: skip
            yield self._edit("comment", name, (match.start(), match.start(), "// pub const X\n"))
            if re.fullmatch(r"\d+", match["value"]):
                yield self._edit("constant respelled", name,
                                 (*match.span("value"), f"{int(match['value']):#x}"))  # fmt: skip
        for match in _RECORD.finditer(self.text):
            at = match.start("fields")
            yield self._edit("comment", match["name"], (at, at, "    // pub more: u64,\n"))
