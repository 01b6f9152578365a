# SPDX-License-Identifier: GPL-2.0
"""What changed between two surfaces, and what that does: each kind of change once."""

from __future__ import annotations

import pytest

from kdma.surface import Kind, Member, Surface, member, surface
from kdma.surface_compare import (
    Change,
    ChangeKind,
    Effect,
    Parameter,
    compare,
    parse_parameter,
    split_list,
)


def _side(*members: Member) -> Surface:
    return surface("test", members)


def _function(
    parameters: str, returns: str = "void", linkage: str = "symbol", **facts: str
) -> Member:
    facts |= {"parameters": parameters, "returns": returns, "linkage": linkage}
    return member(Kind.FUNCTION, "f", "old.h:1", **facts)


def _constant(value: str, type: str = "int", **facts: str) -> Member:
    return member(Kind.CONSTANT, "C", value=value, type=type, **facts)


def _struct(*fields: tuple[str, str, str], size: str, **facts: str) -> list[Member]:
    names = ", ".join(name for name, _, _ in fields)
    members = [member(Kind.STRUCT, "s", size=size, fields=names, **facts)]
    for name, type_text, offset in fields:
        members.append(member(Kind.FIELD, f"s.{name}", type=type_text, offset=offset))
    return members


def _export(licence: str = "", namespace: str = "") -> Member:
    return member(Kind.EXPORT, "f", licence=licence, namespace=namespace)


def _callback(parameter: str) -> list[Member]:
    return _struct(("call", f"void (*)({parameter})", "0"), size="8")


HELD = member(Kind.FIELD, "o.i", type="struct s", offset="0")
A, B = ("a", "u32", "0"), ("b", "u32", "4")
TWO = "u32 a, u32 b"

#: before, after, the kinds of change with their effect.
CASES: dict[str, tuple[list[Member], list[Member], list[tuple[ChangeKind, Effect]]]] = {
    "added": ([], [_function("")], [(ChangeKind.ADDED, Effect.COMPATIBLE)]),
    "removed": ([_function("")], [], [(ChangeKind.REMOVED, Effect.BREAKING)]),
    "same-type swap": (
        [_function(TWO)],
        [_function("u32 b, u32 a")],
        [(ChangeKind.PARAMETERS_REORDERED, Effect.SILENT)],
    ),
    "other-type swap": (
        [_function("struct device *d, size_t n")],
        [_function("size_t n, struct device *d")],
        [(ChangeKind.PARAMETERS_REORDERED, Effect.BREAKING)],
    ),
    "rename": (
        [_function(TWO)],
        [_function("u32 c, u32 d")],
        [(ChangeKind.PARAMETERS_RENAMED, Effect.COSMETIC)],
    ),
    "rename to the neighbour's name": (
        [_function(TWO)],
        [_function("u32 b, u32 c")],
        [(ChangeKind.PARAMETERS_RENAMED, Effect.COSMETIC)],
    ),
    "parameter added": (
        [_function(TWO)],
        [_function("u32 a, u32 b, u32 c")],
        [(ChangeKind.PARAMETER_ADDED, Effect.BREAKING)],
    ),
    "parameter removed": (
        [_function(TWO)],
        [_function("u32 b")],
        [(ChangeKind.PARAMETER_REMOVED, Effect.BREAKING)],
    ),
    "removed and swapped": (
        [_function("u32 a, u32 b, u32 c")],
        [_function("u32 b, u32 a")],
        [
            (ChangeKind.PARAMETER_REMOVED, Effect.BREAKING),
            (ChangeKind.PARAMETERS_REORDERED, Effect.BREAKING),
        ],
    ),
    "signedness of a parameter": (
        [_function("int a")],
        [_function("unsigned int a")],
        [(ChangeKind.PARAMETER_TYPE, Effect.SILENT)],
    ),
    "another pointer": (
        [_function("struct device *a")],
        [_function("struct page *a")],
        [(ChangeKind.PARAMETER_TYPE, Effect.BREAKING)],
    ),
    "const dropped": (
        [_function("const void *a")],
        [_function("void *a")],
        [(ChangeKind.PARAMETER_TYPE, Effect.BREAKING)],
    ),
    "const gained": (
        [_function("void *a")],
        [_function("const void *a")],
        [(ChangeKind.PARAMETER_TYPE, Effect.COMPATIBLE)],
    ),
    "const respelled": (
        [_function("const void *a")],
        [_function("void const *a")],
        [(ChangeKind.SPELLING, Effect.COSMETIC)],
    ),
    "equivalent typedef": (
        [_function("u32 a", canonical_parameters="unsigned int")],
        [_function("uint32_t a", canonical_parameters="unsigned int")],
        [(ChangeKind.SPELLING, Effect.COSMETIC)],
    ),
    "one address for the other": (
        [_function("phys_addr_t a", canonical_parameters="unsigned long long")],
        [_function("dma_addr_t a", canonical_parameters="unsigned long long")],
        [(ChangeKind.PARAMETER_TYPE, Effect.SILENT)],
    ),
    "return type": (
        [_function("", "int")],
        [_function("", "void")],
        [(ChangeKind.RETURN_TYPE, Effect.BREAKING)],
    ),
    "returns const": (
        [_function("", "char *")],
        [_function("", "const char *")],
        [(ChangeKind.RETURN_TYPE, Effect.BREAKING)],
    ),
    "symbol turned inline": (
        [_function("")],
        [_function("", linkage="inline")],
        [(ChangeKind.LINKAGE, Effect.BREAKING)],
    ),
    "inline turned symbol": (
        [_function("", linkage="inline")],
        [_function("")],
        [(ChangeKind.LINKAGE, Effect.COMPATIBLE)],
    ),
    "inline turned macro": (
        [_function("u32 a", linkage="inline")],
        [member(Kind.FUNCTION, "f", linkage="macro", parameters="x", text="g(x)")],
        [(ChangeKind.LINKAGE, Effect.BREAKING)],
    ),
    "another configuration": (
        [_function("", linkage="symbol", otherwise="inline")],
        [_function("", linkage="inline", otherwise="symbol")],
        [(ChangeKind.CONFIGURATION, Effect.COMPATIBLE)],
    ),
    "macro swaps what it forwards": (
        [member(Kind.FUNCTION, "f", linkage="macro", parameters="a, b", text="g(a, b)")],
        [member(Kind.FUNCTION, "f", linkage="macro", parameters="a, b", text="g(b, a)")],
        [(ChangeKind.VALUE, Effect.SILENT)],
    ),
    "calling convention": (
        [_function("")],
        [_function("", convention="ms_abi")],
        [(ChangeKind.CONVENTION, Effect.SILENT)],
    ),
    "value": ([_constant("1")], [_constant("2")], [(ChangeKind.VALUE, Effect.SILENT)]),
    "type of a value": (
        [_constant("1")],
        [_constant("1", "unsigned long")],
        [(ChangeKind.TYPE, Effect.SILENT)],
    ),
    "condition": (
        [_constant("1")],
        [_constant("1", when="CONFIG_A")],
        [(ChangeKind.CONDITION, Effect.COMPATIBLE)],
    ),
    "a define turned enumerator": (
        [_constant("1")],
        [member(Kind.ENUMERATOR, "C", value="1", enum="e")],
        [(ChangeKind.LINKAGE, Effect.COMPATIBLE)],
    ),
    "enumerator's value": (
        [member(Kind.ENUMERATOR, "E", value="1")],
        [member(Kind.ENUMERATOR, "E", value="2")],
        [(ChangeKind.VALUE, Effect.SILENT)],
    ),
    "size of an enum": (
        [member(Kind.ENUM, "e", type="unsigned int", size="4")],
        [member(Kind.ENUM, "e", type="unsigned char", size="1")],
        [(ChangeKind.TYPE, Effect.SILENT)],
    ),
    "width of a typedef, told once": (
        [
            member(Kind.TYPEDEF, "t", type="u64", canonical="unsigned long long"),
            _function("t a", canonical_parameters="unsigned long long"),
        ],
        [
            member(Kind.TYPEDEF, "t", type="u32", canonical="unsigned int"),
            _function("t a", canonical_parameters="unsigned int"),
        ],
        [(ChangeKind.TYPE, Effect.SILENT)],
    ),
    "variable": (
        [member(Kind.VARIABLE, "v", type="int")],
        [member(Kind.VARIABLE, "v", type="long")],
        [(ChangeKind.TYPE, Effect.SILENT)],
    ),
    "field order": (
        _struct(A, B, size="8"),
        _struct(("b", "u32", "0"), ("a", "u32", "4"), size="8"),
        [(ChangeKind.FIELD_ORDER, Effect.SILENT)],
    ),
    "field appended": (
        _struct(A, size="4"),
        _struct(A, B, size="8"),
        [(ChangeKind.FIELD_ADDED, Effect.SILENT)],
    ),
    "field in the padding": (
        _struct(A, size="8"),
        _struct(A, B, size="8"),
        [(ChangeKind.FIELD_ADDED, Effect.COMPATIBLE)],
    ),
    "a struct held by value, told once": (
        [*_struct(A, size="4"), member(Kind.STRUCT, "o", size="4", fields="i"), HELD],
        [*_struct(A, B, size="8"), member(Kind.STRUCT, "o", size="8", fields="i"), HELD],
        [(ChangeKind.FIELD_ADDED, Effect.SILENT)],
    ),
    "a value that follows from a struct": (
        [*_struct(A, size="4"), _constant("4", written="sizeof(struct s)")],
        [*_struct(A, B, size="8"), _constant("8", written="sizeof(struct s)")],
        [(ChangeKind.FIELD_ADDED, Effect.SILENT)],
    ),
    "field removed": (
        _struct(A, B, size="8"),
        _struct(A, size="4"),
        [(ChangeKind.FIELD_REMOVED, Effect.BREAKING)],
    ),
    "signedness of a field": (
        _struct(("a", "int", "0"), size="4"),
        _struct(("a", "unsigned int", "0"), size="4"),
        [(ChangeKind.TYPE, Effect.SILENT)],
    ),
    "packed": (
        _struct(("a", "u8", "0"), ("b", "u64", "8"), size="16", alignment="8"),
        _struct(("a", "u8", "0"), ("b", "u64", "1"), size="9", alignment="1"),
        [(ChangeKind.LAYOUT, Effect.SILENT)],
    ),
    "callback": (
        _callback("int"),
        _callback("void *"),
        [(ChangeKind.TYPE, Effect.BREAKING)],
    ),
    "bitfield's width": (
        [member(Kind.FIELD, "s.a", type="u32", bits="1")],
        [member(Kind.FIELD, "s.a", type="u32", bits="2")],
        [(ChangeKind.LAYOUT, Effect.SILENT)],
    ),
    "export to GPL only": ([_export()], [_export("GPL")], [(ChangeKind.EXPORT, Effect.BREAKING)]),
    "export freed": ([_export("GPL")], [_export()], [(ChangeKind.EXPORT, Effect.COMPATIBLE)]),
    "export to a namespace": (
        [_export("GPL")],
        [_export("GPL", "DMA")],
        [(ChangeKind.EXPORT, Effect.BREAKING)],
    ),
    "include dropped": (
        [member(Kind.INCLUDE, "a.h <b.h>")],
        [],
        [(ChangeKind.REMOVED, Effect.COMPATIBLE)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_change_has_its_kind_and_effect(name: str) -> None:
    before, after, expected = CASES[name]
    changes = compare(_side(*before), _side(*after))
    assert [(each.change, each.effect) for each in changes] == expected
    for each in changes:
        assert each.text().startswith(f"{each.effect}: {each.kind} {each.name}: ")
        assert "\n" not in each.text()
    assert compare(_side(*before), _side(*before)) == []


def test_every_change_kind_is_shown() -> None:
    assert {change for _, _, told in CASES.values() for change, _ in told} == set(ChangeKind)


def test_changes_are_sorted_and_have_both_places() -> None:
    old = member(Kind.FUNCTION, "b", "x.h:1", parameters="int a")
    new = member(Kind.FUNCTION, "b", "x.h:9", parameters="long a")
    added = member(Kind.FUNCTION, "a", "x.h:2")
    changes = compare(_side(old), _side(new, added))
    assert [each.name for each in changes] == ["a", "b"]
    assert (changes[1].before_place, changes[1].after_place) == ("x.h:1", "x.h:9")
    assert changes == [
        Change(Kind.FUNCTION, "a", ChangeKind.ADDED, "", "a(void)", Effect.COMPATIBLE, "", "x.h:2"),
        changes[1],
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("struct device *dev", Parameter("struct device *", "dev")),
        ("struct device *", Parameter("struct device *")),
        ("struct device", Parameter("struct device")),
        ("dma_addr_t", Parameter("dma_addr_t")),
        ("const size_t", Parameter("const size_t")),
        ("unsigned int", Parameter("unsigned int")),
        ("unsigned int n", Parameter("unsigned int", "n")),
        ("void (*call)(int a, int b)", Parameter("void (*)(int a, int b)", "call")),
        ("u8 key[16]", Parameter("u8 [16]", "key")),
        ("...", Parameter("...")),
    ],
)
def test_parameters_are_taken_apart(text: str, expected: Parameter) -> None:
    assert parse_parameter(text) == expected


def test_lists_are_split_outside_of_brackets() -> None:
    assert split_list("int a, void (*f)(int, int), u8 b[2]") == [
        "int a",
        "void (*f)(int, int)",
        "u8 b[2]",
    ]
    assert split_list("") == []


def _exported_elsewhere(place: str = "lib/f.c:7") -> list[Member]:
    """A function of another configuration, and its export in the sources."""
    function = _function("", configured="no", when="defined(CONFIG_F)")
    return [function, member(Kind.EXPORT, "f", place)]


def test_an_export_that_goes_from_the_sources_of_another_configuration() -> None:
    function, export = _exported_elsewhere()
    other = member(Kind.EXPORT, "g", "lib/f.c:9")
    [gone] = compare(_side(function, export, other), _side(function, other))
    assert (gone.change, gone.effect) == (ChangeKind.REMOVED, Effect.BREAKING)
    # A kernel that was built exports what it has; its sources are not there.
    built = member(Kind.EXPORT, "g", "Module.symvers")
    [elsewhere] = compare(_side(function, export, built), _side(function, built))
    assert (elsewhere.change, elsewhere.effect) == (
        ChangeKind.CONFIGURATION,
        Effect.COMPATIBLE,
    )


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        ("!defined(CONFIG_X) or defined(CONFIG_X)", "!defined(CONFIG_X)", Effect.BREAKING),
        ("defined(CONFIG_X)", "defined(CONFIG_X)", Effect.COMPATIBLE),
        ("defined(CONFIG_X)", "defined(CONFIG_X) or defined(CONFIG_Y)", Effect.COMPATIBLE),
    ],
)
def test_what_a_header_has_under_fewer_conditions_is_gone(
    before: str, after: str, effect: Effect
) -> None:
    old = _constant("7", when=before)
    new = _constant("", configured="no", when=after)
    found = [c for c in compare(_side(old), _side(new)) if c.change is ChangeKind.CONFIGURATION]
    assert [c.effect for c in found] == [effect]
