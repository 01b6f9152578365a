# SPDX-License-Identifier: GPL-2.0
"""Edits of a C header of ours: each way in which each declaration can be wrong, and harmless ones.

Made from what libclang says stands where; no name is listed here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from clang import cindex

from kdma import header_surface
from kdma.header_text import without_comments
from kdma.mutants.edits import Edit
from kdma.surface import Kind, Surface

_KINDS = cindex.CursorKind
_INTEGER = re.compile(r"\b(u?)int(8|16|32|64)_t\b")
#: Makes an edit of an operator, the new text and the part that it is about.
_Made = Callable[..., Edit]
_OTHER_WIDTH = {"8": "16", "16": "32", "32": "64", "64": "32"}


def users(side: Surface, name: str) -> frozenset[str]:
    """What is made of a type, by way of other types too."""
    found: set[str] = set()
    wanted = {name}
    while wanted:
        pattern = re.compile(rf"\b({'|'.join(map(re.escape, sorted(wanted)))})\b")
        wanted = set()
        for each in side:
            own = each.name.partition(".")[0]
            told = " ".join(value for key, value in each.facts if not key.startswith("canonical"))
            if own not in found and own != name and pattern.search(told):
                found.add(own)
                wanted.add(own)
    return frozenset(found)


@dataclass(frozen=True)
class _Span:
    """A declaration in the text."""

    begin: int
    end: int
    text: str

    @classmethod
    def of(cls, cursor: cindex.Cursor, text: str) -> _Span:
        begin, end = cursor.extent.start.offset, cursor.extent.end.offset
        return cls(begin, end, text[begin:end])

    def change(self, new: str, begin: int = 0, end: int | None = None) -> tuple[int, int, str]:
        """A part of it, from its own beginning, exchanged."""
        until = self.end if end is None else self.begin + end
        return self.begin + begin, until, new


def _widths(text: str) -> Iterator[tuple[str, str]]:
    """An integer type in `text` with another sign, and with another width."""
    match = _INTEGER.search(text)
    if match:
        sign = "" if match[1] else "u"
        yield "signedness", text.replace(match[0], f"{sign}int{match[2]}_t", 1)
        width = _OTHER_WIDTH[match[2]]
        yield "width", text.replace(match[0], f"{match[1]}int{width}_t", 1)


def _retyped(text: str, name: str) -> Iterator[tuple[str, str]]:
    """A parameter or field with other types. No callbacks and no arrays."""
    yield from _widths(text)
    head = text[: text.rindex(name)]
    if "*" not in head:
        yield "value to pointer", f"{head}*{name}"
        return
    if head.startswith("const "):
        yield "const dropped", text.removeprefix("const ")
    else:
        yield "const added", f"const {text}"
    yield "pointer to pointer", f"{head}*{name}"
    yield "pointer to integer", f"uint64_t {name}"
    other = re.sub(r"(struct \w+|\w+_t|void)(?= \*)", "struct kdma_other", text, count=1)
    yield "pointer to something else", other


def _parameters(cursor: cindex.Cursor) -> list[cindex.Cursor]:
    return [each for each in cursor.get_children() if each.kind == _KINDS.PARM_DECL]


class Header:
    """Edits of one header. `others`: the text of what it includes, by name."""

    def __init__(self, text: str, where: str, others: Mapping[str, str]) -> None:
        self.text = text
        self._unit, self._own = header_surface.parse(text, where, others)
        self.surface = header_surface.read(text, where, others)
        #: The header without its comments.
        self.code = without_comments(text)
        #: Where something new is declared, at the end of the header.
        self.end = text.rindex("#endif")
        self._enumerators = {e.name: e.fact("value") for e in self.surface
                             if e.kind is Kind.ENUMERATOR}  # fmt: skip

    def _edit(self, operator: str, name: str, *changes: tuple[int, int, str], part: str = "",
              follows: frozenset[str] = frozenset()) -> Edit:  # fmt: skip
        return Edit(operator, name, tuple(sorted(changes)), part, follows=follows)

    # -- faults

    def faults(self) -> Iterator[Edit]:
        """All, declaration by declaration."""
        for cursor in self._own:
            if cursor.kind == _KINDS.FUNCTION_DECL:
                yield from self._function(cursor)
            elif cursor.kind == _KINDS.ENUM_DECL:
                yield from self._enum(cursor)
            elif cursor.kind == _KINDS.TYPEDEF_DECL:
                yield from self._typedef(cursor)
            elif cursor.kind == _KINDS.MACRO_DEFINITION:
                yield from self._macro(cursor)
            elif cursor.kind == _KINDS.STRUCT_DECL:
                yield from self._struct(cursor)

    def _function(self, cursor: cindex.Cursor) -> Iterator[Edit]:
        name, span = cursor.spelling, _Span.of(cursor, self.text)
        at = span.text.index(f"{name}(")
        returns, opening = span.text[:at].strip(), at + len(name)
        parameters = [_Span.of(each, self.text).text for each in _parameters(cursor)]
        names = [each.spelling for each in _parameters(cursor)]

        def made(operator: str, new: str, part: str = "") -> Edit:
            return self._edit(operator, name, span.change(new), part=part)

        def declared(*told: str) -> str:
            return f"{span.text[:opening]}({', '.join(told) or 'void'})"

        whole = span.begin, span.end + 1  # With its semicolon.
        yield self._edit("function removed", name, (*whole, ""))
        yield self._edit("function renamed", name,
                         span.change(span.text.replace(f"{name}(", f"{name}_2(")),
                         follows=frozenset({f"{name}_2"}))  # fmt: skip
        yield self._edit("function turned inline", name,
                         (*whole, f"static inline {span.text} {{ return 0; }}"))  # fmt: skip
        yield self._edit("function turned macro", name, (*whole, f"\n#define {name}(...) 0\n"))
        yield made("calling convention", f"__attribute__((ms_abi)) {span.text}")
        yield made("another symbol", f'{span.text} __asm__("{name}_2")')
        yield made("never returns", f"__attribute__((noreturn)) {span.text}")
        yield made("prototype lost", f"{span.text[:opening]}()")
        yield made("return type to void", f"void {span.text[at:]}")
        yield made("return type to pointer", f"void *{span.text[at:]}")
        for what, other in _widths(returns):
            yield made(f"{what} of the return type", f"{other} {span.text[at:]}")
        yield made("parameter added", declared(*parameters, "uint32_t more"))
        if parameters:
            yield made("parameter added in front", declared("uint32_t more", *parameters))
            yield made("variadic", declared(*parameters, "..."))
        for index, (parameter, own) in enumerate(zip(parameters, names, strict=True)):
            rest = parameters[:index], parameters[index + 1 :]
            yield made("parameter removed", declared(*rest[0], *rest[1]), own)
            for what, other in _retyped(parameter, own):
                yield made(f"{what}: parameter", declared(*rest[0], other, *rest[1]), own)
        for first, second in combinations(range(len(parameters)), 2):
            swapped = list(parameters)
            swapped[first], swapped[second] = swapped[second], swapped[first]
            types = [parameters[i].removesuffix(names[i]) for i in (first, second)]
            same = "the same type" if types[0] == types[1] else "other types"
            yield made(f"two parameters of {same} swapped", declared(*swapped),
                       f"{names[first]}, {names[second]}")  # fmt: skip

    def _enum(self, cursor: cindex.Cursor) -> Iterator[Edit]:
        name, span = cursor.spelling, _Span.of(cursor, self.text)
        values = [e for e in cursor.get_children() if e.kind == _KINDS.ENUM_CONSTANT_DECL]
        own = frozenset(each.spelling for each in values)
        packed = (span.end, span.end, " __attribute__((packed))")
        yield self._edit("packed: enum", name, packed, follows=own)
        more = self.text.rindex("}", span.begin, span.end)
        wide = f"{name.upper()}_WIDE"
        yield self._edit("enum made wider", wide, (more, more, f"\t{wide} = 0x100000000,\n"),
                         follows=own | {name})  # fmt: skip
        added = (more, more, f"\t{name.upper()}_MORE = 0x55,\n")
        yield self._edit("enumerator added", f"{name.upper()}_MORE", added)
        tag = span.text.index(name)
        yield self._edit("enum renamed", name, span.change(f"{name}_2", tag, tag + len(name)),
                         follows=own | {f"{name}_2"})  # fmt: skip
        spans = [_Span.of(each, self.text) for each in values]
        for each, mine in zip(values, spans, strict=True):
            yield from self._enumerator(each.spelling, mine, frozenset({name}))
        for one, two in pairwise(values):
            # Each gets the other's value.
            a, b = _Span.of(one, self.text), _Span.of(two, self.text)
            swapped = (a.change(f"{one.spelling} ={b.text.partition('=')[2]}"),
                       b.change(f"{two.spelling} ={a.text.partition('=')[2]}"))  # fmt: skip
            yield self._edit("two enumerators swapped", one.spelling, *swapped,
                             part=two.spelling, follows=frozenset({two.spelling}))  # fmt: skip

    def _enumerator(self, name: str, span: _Span, enum: frozenset[str]) -> Iterator[Edit]:
        value = int(self._enumerators[name])
        comma = (span.begin, span.end + 1)
        yield self._edit("enumerator removed", name, (*comma, ""))
        renamed = span.text.replace(name, f"{name}_2")
        yield self._edit("enumerator renamed", name, span.change(renamed),
                         follows=frozenset({f"{name}_2"}))  # fmt: skip
        for what, number in (("off by one", value + 1), ("far off", value + 0x1000),
                             ("sign lost", -value), ("shifted", value << 1)):  # fmt: skip
            if number != value:
                # A negative one makes another type of the whole.
                yield self._edit(f"enumerator {what}", name, span.change(f"{name} = {number}"),
                                 follows=enum)  # fmt: skip

    def _typedef(self, cursor: cindex.Cursor) -> Iterator[Edit]:
        name, span = cursor.spelling, _Span.of(cursor, self.text)
        follows = users(self.surface, name)
        for what, other in _widths(span.text):
            yield self._edit(f"{what}: typedef", name, span.change(other), follows=follows)
        pointer = span.text.replace(name, f"*{name}")
        yield self._edit("typedef of a pointer", name, span.change(pointer), follows=follows)

    def _macro(self, cursor: cindex.Cursor) -> Iterator[Edit]:
        name, span = cursor.spelling, _Span.of(cursor, self.text)
        value = span.text.removeprefix(name).strip()
        if not value or value.startswith("("):
            return
        line = self.text.rindex("#define", 0, span.begin)
        follows = self._made_with(name)
        # Without it, what is made with it is no C any more.
        if not follows:
            yield self._edit("constant removed", name, (line, span.end, ""))
            yield self._edit("constant renamed", name, span.change(f"{name}_2 {value}"),
                             follows=frozenset({f"{name}_2"}))  # fmt: skip
        if value.startswith('"'):
            yield self._edit("text changed", name, span.change(f'{name} {value[:-1]}s"'))
            yield self._edit("text to number", name, span.change(f"{name} 7"))
            return
        number = int(value, 0)
        for what, other in (("off by one", number - 1), ("shifted", number >> 1),
                            ("cut to 32 bits", number & 0xFFFFFFFF), ("zero", 0)):  # fmt: skip
            if other != number:
                yield self._edit(f"constant {what}", name, span.change(f"{name} {other:#x}"),
                                 follows=follows)  # fmt: skip
        if not follows:
            yield self._edit("constant with another sign", name, span.change(f"{name} (-{value})"))
            yield self._edit("number to text", name, span.change(f'{name} "{value}"'))

    def _made_with(self, constant: str) -> frozenset[str]:
        """The types that a constant is part of."""
        found: set[str] = set()
        for match in re.finditer(r"struct (\w+) \{(.*?)\n\}", self.code, re.DOTALL):
            if re.search(rf"\b{constant}\b", match[2]):
                found |= {match[1], *users(self.surface, match[1])}
        return frozenset(found)

    # -- structs

    def _struct(self, cursor: cindex.Cursor) -> Iterator[Edit]:
        name, span = cursor.spelling, _Span.of(cursor, self.text)
        follows = users(self.surface, name)
        fields = [e for e in cursor.get_children() if e.kind == _KINDS.FIELD_DECL]

        def made(operator: str, *changes: tuple[int, int, str], part: str = "") -> Edit:
            return self._edit(operator, name, *changes, part=part, follows=follows)

        union = span.change(span.text.replace("struct", "union", 1))
        tag = span.text.index(name) + len(name)
        if not fields:
            yield made("no longer opaque", (span.end, span.end, " { int x; }"))
            yield made("type removed", (span.begin, span.end + 1, ""))
            return
        # struct and union of one name are no C.
        if len(re.findall(rf"struct {name}\b", self.code)) == 1:
            yield made("struct to union", union)
        yield made("packed: struct", (span.end, span.end, " __attribute__((packed))"))
        yield made("aligned: struct", (span.end, span.end, " __attribute__((aligned(64)))"))
        last = self.text.rindex("}", span.begin, span.end)
        yield made("field appended", (last, last, "\tuint64_t more;\n"))
        first = span.begin + span.text.index("{", tag) + 1
        yield made("field put in front", (first, first, "\n\tuint64_t more;"))
        for each in fields:
            yield from self._field(each, name, follows)
        for one, two in pairwise(fields):
            a, b = _Span.of(one, self.text), _Span.of(two, self.text)
            types = [re.sub(r"\w+(\[\w*\])?$", "", s.text) for s in (a, b)]
            same = "the same type" if types[0] == types[1] else "other types"
            yield made(f"two fields of {same} swapped", a.change(b.text), b.change(a.text),
                       part=f"{one.spelling}, {two.spelling}")  # fmt: skip

    def _field(self, cursor: cindex.Cursor, record: str, follows: frozenset[str]) -> Iterator[Edit]:
        name, span = cursor.spelling, _Span.of(cursor, self.text)

        def made(operator: str, new: str, part: str = "") -> Edit:
            told = f"{name}.{part}" if part else name
            return self._edit(operator, record, span.change(new), part=told, follows=follows)

        yield self._edit("field removed", record, (span.begin, span.end + 1, ""), part=name,
                         follows=follows)  # fmt: skip
        yield made("field renamed", re.sub(rf"\b{name}\b", f"{name}_2", span.text))
        if f"(*{name})" in span.text:
            yield from self._callback(cursor, span, made)
            return
        if match := re.search(r"\[(\w+)\]$", span.text):
            yield made("longer array", f"{span.text[: match.start()]}[{match[1]} + 1]")
            yield made("shorter array", f"{span.text[: match.start()]}[{match[1]} - 1]")
            yield made("array to value", span.text[: match.start()])
            for what, other in _widths(span.text):
                yield made(f"{what}: field", other)
            return
        for what, other in _retyped(span.text, name):
            yield made(f"{what}: field", other)
        if match := _INTEGER.match(span.text):
            yield made("bit-field", f"{span.text} : {int(match[2]) - 1}")

    def _callback(self, cursor: cindex.Cursor, span: _Span, made: _Made) -> Iterator[Edit]:
        head, _, _ = span.text.rpartition("(")
        parameters = [_Span.of(each, self.text).text for each in _parameters(cursor)]
        names = [each.spelling for each in _parameters(cursor)]

        def declared(*told: str) -> str:
            return f"{head}({', '.join(told) or 'void'})"

        yield made("parameter added: callback", declared(*parameters, "uint32_t more"))
        returns = head[: head.index("(")].strip()
        if returns == "void":
            yield made("return type from void: callback", declared(*parameters).replace(
                "void", "int32_t", 1))  # fmt: skip
        else:
            yield made("return type to void: callback",
                       f"void {declared(*parameters)[len(returns) :].strip()}")  # fmt: skip
        for index, (parameter, own) in enumerate(zip(parameters, names, strict=True)):
            rest = parameters[:index], parameters[index + 1 :]
            yield made("parameter removed: callback", declared(*rest[0], *rest[1]), own)
            for what, other in _retyped(parameter, own):
                yield made(f"{what}: callback", declared(*rest[0], other, *rest[1]), own)

    # -- harmless edits

    def harmless(self) -> Iterator[Edit]:
        """All, declaration by declaration."""
        for edit in self._harmless():
            yield replace(edit, harmless=True)

    def _harmless(self) -> Iterator[Edit]:
        for cursor in self._own:
            name, span = cursor.spelling, _Span.of(cursor, self.text)
            front = (span.begin, span.begin)
            if cursor.kind == _KINDS.MACRO_DEFINITION:
                value = span.text.removeprefix(name).strip()
                if re.fullmatch(r"0x[0-9a-f]+|\d+", value):
                    other = f"{int(value, 0)}" if value.startswith("0x") else f"{int(value):#x}"
                    yield self._edit("constant respelled", name, span.change(f"{name} {other}"))
                    yield self._edit("constant in brackets", name,
                                     span.change(f"{name} ({value})"))  # fmt: skip
                continue
            yield self._edit("comment", name, (*front, "/* dma_map_page(x, uint8_t); */ "))
            yield self._edit("blanks and lines", name, (*front, "\n\n  "))
            if cursor.kind == _KINDS.FUNCTION_DECL:
                yield from self._harmless_function(cursor, span)
            elif cursor.kind == _KINDS.STRUCT_DECL:
                yield self._edit("declared before", name, (*front, f"struct {name};\n"))
                for each in cursor.get_children():
                    if each.kind == _KINDS.FIELD_DECL:
                        yield from self._harmless_field(each, name)
            elif cursor.kind == _KINDS.ENUM_DECL:
                yield from self._harmless_enum(cursor, span)

    def _harmless_enum(self, cursor: cindex.Cursor, span: _Span) -> Iterator[Edit]:
        name = cursor.spelling
        values = [e for e in cursor.get_children() if e.kind == _KINDS.ENUM_CONSTANT_DECL]
        for each in values:
            own, mine = each.spelling, _Span.of(each, self.text)
            number = int(self._enumerators[own])
            other = f"{number:#x}" if "0x" not in mine.text else f"{number}"
            yield self._edit("enumerator respelled", own, mine.change(f"{own} = {other}"))
        if len(values) > 1:
            a, b = (_Span.of(each, self.text) for each in values[:2])
            yield self._edit("enumerators in another order", name, a.change(b.text),
                             b.change(a.text))  # fmt: skip
        comma = span.text.rindex(",")
        yield self._edit("last comma dropped", name, span.change("", comma, comma + 1))

    def _harmless_field(self, cursor: cindex.Cursor, record: str) -> Iterator[Edit]:
        name, span = cursor.spelling, _Span.of(cursor, self.text)

        def made(operator: str, new: str) -> Edit:
            return self._edit(operator, record, span.change(new), part=name)

        if "(*" in span.text:
            parameters = _parameters(cursor)
            head, opening, renamed = span.text.rpartition("(")
            for each in parameters:
                renamed = re.sub(rf"\b{each.spelling}(?=[,)])", f"{each.spelling}_2", renamed)
            yield made("parameters renamed: callback", f"{head}{opening}{renamed}")
            return
        yield made("comment: field", f"/* a field */ {span.text}")
        yield from (made(f"{what}: field", new) for what, new in _respelled(span.text))

    def _harmless_function(self, cursor: cindex.Cursor, span: _Span) -> Iterator[Edit]:
        name = cursor.spelling
        at = span.text.index(f"{name}(") + len(name)
        head = span.text[:at]
        whole = (span.begin, span.end + 1)

        def made(operator: str, new: str, part: str = "") -> Edit:
            return self._edit(operator, name, span.change(new), part=part)

        yield made("extern", f"extern {span.text}")
        yield made("declared twice", f"{span.text};\n{span.text}")
        yield self._edit("moved to the end", name, (*whole, ""),
                         (self.end, self.end, f"{span.text};\n"))  # fmt: skip
        if "," in span.text:
            yield made("parameters on lines of their own", span.text.replace(",", ",\n\t\t"))
        parameters = _parameters(cursor)
        texts = [_Span.of(each, self.text).text for each in parameters]
        for index, each in enumerate(parameters):
            text, own = texts[index], each.spelling

            def with_other(new: str, index: int = index) -> str:
                return f"{head}({', '.join([*texts[:index], new, *texts[index + 1 :]])})"

            kind = text[: text.rindex(own)]
            yield made("parameter renamed", with_other(f"{kind}{own}_2"), own)
            yield made("parameter without a name", with_other(kind.rstrip()), own)
            if "*" not in text:
                yield made("constant parameter", with_other(f"const {text}"), own)
            elif kind.count("*") == 1 and "void" not in kind and "struct" not in kind:
                array = f"{kind.replace('*', '').rstrip()} {own}[]"
                yield made("pointer as an array", with_other(array), own)
            for what, new in _respelled(text):
                yield made(f"{what}: parameter", with_other(new), own)
        returns = span.text[: span.text.index(name)].strip()
        for what, new in _respelled(returns):
            yield made(f"{what}: return type", f"{new} {span.text[len(returns) :].strip()}")


def _respelled(text: str) -> Iterator[tuple[str, str]]:
    """The same type in other words."""
    for old, new in (
        ("uint32_t", "unsigned int"),
        ("int32_t", "int"),
        ("uint16_t", "unsigned short"),
    ):
        if re.match(rf"{old}\b", text):
            yield "equivalent type", re.sub(rf"^{old}", new, text)
    if match := re.match(r"const (struct \w+|\w+) \*", text):
        yield "const on the other side", text.replace(match[0], f"{match[1]} const *", 1)
    if " *" in text:
        yield "blanks at the star", text.replace(" *", " * ", 1)
