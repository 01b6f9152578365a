# SPDX-License-Identifier: GPL-2.0
"""The surface of one freestanding C header, read from its text.

For any version of kdma.h, as git has it: nothing is built and nothing of the
host's headers is used, so that the same text gives the same surface anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from clang import cindex

from kdma.findings import FindingClass, KdmaError
from kdma.surface import Kind, Member, Surface, member, surface

#: stdint.h of x86-64; a freestanding header needs nothing else.
_STDINT = "".join(
    f"typedef {'unsigned ' if sign else ''}{base} {sign}int{bits}_t;\n"
    for bits, base in ((8, "char"), (16, "short"), (32, "int"), (64, "long"))
    for sign in ("", "u")
).replace("typedef char", "typedef signed char")
_FOLDER = "/kdma-freestanding"


def _place(cursor: cindex.Cursor, name: str) -> str:
    return f"{name}:{cursor.location.line}"


def _function(cursor: cindex.Cursor, place: str) -> Iterator[Member]:
    parameters, canonical = [], []
    for each in cursor.get_arguments():
        parameters.append(f"{each.type.spelling} {each.spelling}".strip())
        # A constant parameter is the callee's own affair.
        canonical.append(re.sub(r"^(?:const|volatile) (?=[\w ]+$)|(?<=\*)const$", "",
                                each.type.get_canonical().spelling))  # fmt: skip
    if cursor.type.kind == cindex.TypeKind.FUNCTIONPROTO and cursor.type.is_function_variadic():
        parameters.append("...")
        canonical.append("...")
    yield member(
        Kind.FUNCTION,
        cursor.spelling,
        place,
        # f() takes anything, f(void) nothing.
        prototype="no" if cursor.type.kind == cindex.TypeKind.FUNCTIONNOPROTO else "",
        linkage="inline" if cursor.storage_class == cindex.StorageClass.STATIC else "symbol",
        parameters=", ".join(parameters) or "void",
        canonical_parameters=", ".join(canonical),
        returns=cursor.result_type.spelling,
        canonical_returns=cursor.result_type.get_canonical().spelling,
    )


def _enum(cursor: cindex.Cursor, place: str, header: str) -> Iterator[Member]:
    yield member(Kind.ENUM, cursor.spelling, place, type=cursor.enum_type.spelling)
    for each in cursor.get_children():
        if each.kind == cindex.CursorKind.ENUM_CONSTANT_DECL:
            yield member(
                Kind.ENUMERATOR,
                each.spelling,
                _place(each, header),
                enum=cursor.spelling,
                value=str(each.enum_value),
            )


def _record(kind: Kind, cursor: cindex.Cursor, place: str, header: str) -> Iterator[Member]:
    if not cursor.is_definition():
        yield member(kind, cursor.spelling, place)
        return
    fields = [f for f in cursor.get_children() if f.kind == cindex.CursorKind.FIELD_DECL]
    yield member(
        kind,
        cursor.spelling,
        place,
        size=str(cursor.type.get_size()),
        alignment=str(cursor.type.get_align()),
        fields=", ".join(field.spelling for field in fields),
    )
    for field in fields:
        yield member(
            Kind.FIELD,
            f"{cursor.spelling}.{field.spelling}",
            _place(field, header),
            type=field.type.spelling,
            canonical=field.type.get_canonical().spelling,
            offset=str(field.get_field_offsetof() // 8),
        )


def _typedef(cursor: cindex.Cursor, place: str) -> Iterator[Member]:
    target = cursor.underlying_typedef_type
    yield member(
        Kind.TYPEDEF,
        cursor.spelling,
        place,
        type=target.spelling,
        canonical=target.get_canonical().spelling,
    )


def _macro(cursor: cindex.Cursor, place: str) -> Iterator[Member]:
    name, *tokens = cursor.get_tokens()
    # A guard has no value, and a macro with parameters is against the rules.
    if not tokens or (
        tokens[0].spelling == "(" and tokens[0].extent.start.offset == name.extent.end.offset
    ):
        return
    told = [token.spelling for token in tokens]
    if len(told) == 3 and told[0] == "(" and told[2] == ")":
        told = told[1:2]
    yield member(Kind.CONSTANT, cursor.spelling, place, value=" ".join(told))


def _members(cursor: cindex.Cursor, header: str) -> Iterator[Member]:
    kinds = cindex.CursorKind
    place = _place(cursor, header)
    if cursor.kind == kinds.FUNCTION_DECL:
        yield from _function(cursor, place)
    elif cursor.kind == kinds.ENUM_DECL:
        yield from _enum(cursor, place, header)
    elif cursor.kind == kinds.STRUCT_DECL:
        yield from _record(Kind.STRUCT, cursor, place, header)
    elif cursor.kind == kinds.UNION_DECL:
        yield from _record(Kind.UNION, cursor, place, header)
    elif cursor.kind == kinds.TYPEDEF_DECL:
        yield from _typedef(cursor, place)
    elif cursor.kind == kinds.MACRO_DEFINITION:
        yield from _macro(cursor, place)


def parse(
    text: str, where: str, others: Mapping[str, str] | None = None
) -> tuple[cindex.TranslationUnit, list[cindex.Cursor]]:
    """The header `text` as libclang has it, and what it declares itself at its top.

    `others`: the text of headers that it includes, by name. KdmaError with
    file and line, of the header called `where`, if it does not parse.
    """
    name = f"{_FOLDER}/header.h"
    unit = cindex.Index.create().parse(
        name,
        args=["-x", "c", "-std=c11", "-ffreestanding", "-nostdinc", f"-isystem{_FOLDER}",
              "--target=x86_64-linux-gnu"],
        unsaved_files=[
            *((f"{_FOLDER}/{other}", told) for other, told in (others or {}).items()),
            (f"{_FOLDER}/stdint.h", _STDINT),
            (name, text),
        ],
        options=cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD,
    )  # fmt: skip
    for problem in unit.diagnostics:
        if problem.severity >= cindex.Diagnostic.Error:
            raise KdmaError(
                "the header does not parse",
                where=f"{where}:{problem.location.line}",
                expected="C11 that compiles on its own",
                actual=problem.spelling,
                next="mend the header; to see all that is wrong: make lint",
                finding_class=FindingClass.TOOLCHAIN,
                identity=("header", "parse", where.rpartition(":")[2]),
            )
    own = [
        cursor
        for cursor in unit.cursor.get_children()
        if cursor.location.file is not None and cursor.location.file.name == name
    ]
    return unit, own


def read(text: str, where: str, others: Mapping[str, str] | None = None) -> Surface:
    """The surface of the header `text`, called `where` in places and messages.

    `others`: the text of headers that it includes, by name; not part of it.
    KdmaError with file and line if it does not parse.
    """
    # The unit owns the cursors.
    _unit, own = parse(text, where, others)
    found: dict[tuple[Kind, str], Member] = {}
    for cursor in own:
        for each in _members(cursor, where):
            # A definition says more than a declaration before it.
            if each.key not in found or len(each.facts) > len(found[each.key].facts):
                found[each.key] = each
    return surface("c-abi", found.values())
