# SPDX-License-Identifier: GPL-2.0
"""Compares two surfaces: what changed, and what that does to those who use it.

The facts that are understood here, by kind of member (others are compared as
text and reported as `type`):

    constant, enumerator  value, type, enum, written (what a macro says; it
                          tells a value that follows from another member)
    enum                  type (the underlying one), size
    export                licence, namespace
    field                 type, canonical, offset, bits
    function              linkage (symbol, inline, macro), parameters, returns,
                          canonical_parameters, canonical_returns, convention,
                          text (of a macro), otherwise (other configurations),
                          prototype (no: it takes any arguments)
    macro                 text
    struct, union         size, alignment, fields (names, in their order), packed
    typedef               type, canonical, size
    variable              type, canonical
    any                   when (the #if around it), configured (no: it is there in
                          other configurations only)

A `canonical` fact is the type with its typedefs resolved; it is missing where
that is the type as written. Types are compared by it, so that another name for
the same type is cosmetic.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kdma.surface import Kind, Member, Surface


class ChangeKind(StrEnum):
    """What happened to a member. Sorted by value."""

    ADDED = "added"
    CONDITION = "condition"
    CONFIGURATION = "configuration"
    CONVENTION = "convention"
    EXPORT = "export"
    FIELD_ADDED = "field-added"
    FIELD_ORDER = "field-order"
    FIELD_REMOVED = "field-removed"
    LAYOUT = "layout"
    LINKAGE = "linkage"
    PARAMETERS_RENAMED = "parameters-renamed"
    PARAMETERS_REORDERED = "parameters-reordered"
    PARAMETER_ADDED = "parameter-added"
    PARAMETER_REMOVED = "parameter-removed"
    PARAMETER_TYPE = "parameter-type"
    REMOVED = "removed"
    RETURN_TYPE = "return-type"
    SPELLING = "spelling"
    TYPE = "type"
    VALUE = "value"


class Effect(StrEnum):
    """What a change does to code that was written for the other side."""

    #: Does not compile or does not link.
    BREAKING = "breaking"
    #: Goes on compiling, and means the same.
    COMPATIBLE = "compatible"
    #: Another way to say the same.
    COSMETIC = "cosmetic"
    #: Compiles (or has been compiled, as bindings have) and is wrong.
    SILENT = "silent"


#: Effects that a user of the interface has to act on.
ALARMS = frozenset({Effect.BREAKING, Effect.SILENT})


@dataclass(frozen=True, order=True)
class Change:
    """One difference between two surfaces.

    `kind` and `name` are those of the member; for a field's coming, going and
    moving they are those of its struct. `before` and `after` are texts for
    people; the places are file:line on either side, empty where there is none.
    """

    kind: Kind
    name: str
    change: ChangeKind
    before: str
    after: str
    effect: Effect
    before_place: str = ""
    after_place: str = ""

    @property
    def alarm(self) -> bool:
        """Does somebody have to act on it?"""
        return self.effect in ALARMS

    def text(self) -> str:
        """The change on one line."""
        what = self.change.value.replace("-", " ")
        sides = f"{self.before or 'nothing'} -> {self.after or 'nothing'}"
        return f"{self.effect}: {self.kind} {self.name}: {what}: {sides}"


@dataclass(frozen=True)
class Parameter:
    """A parameter: its type, and its name (empty: it has none)."""

    type: str
    name: str = ""


_INTEGER_WORDS = frozenset(
    {"_Bool", "bool", "char", "int", "long", "short", "signed", "unsigned", "__int128"}
)
_QUALIFIERS = frozenset({"const", "restrict", "volatile"})
_TAGS = frozenset({"enum", "struct", "union"})
_TYPE_WORDS = _INTEGER_WORDS | _QUALIFIERS | _TAGS | {"double", "float", "void"}
#: Address spaces of their own: equal integers, never one for the other.
_ADDRESS_TYPES = frozenset({"dma_addr_t", "phys_addr_t"})
_WORD = re.compile(r"[A-Za-z_]\w*")


def split_list(text: str) -> list[str]:
    """The parts of a comma-separated list; commas in brackets do not count."""
    parts, depth, begin = [], 0, 0
    for index, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[begin:index].strip())
            begin = index + 1
    last = text[begin:].strip()
    return [*parts, last] if parts or last else []


def parse_parameter(text: str) -> Parameter:
    """A parameter as C writes it: `struct device *dev`, `void (*call)(int)`, `u8 key[16]`."""
    pointer = re.search(r"\(\s*\*+\s*(?:const\s+)?(\w+)\s*(?:\[\w*\]\s*)?\)\s*\(", text)
    if pointer:
        return Parameter(text[: pointer.start(1)] + text[pointer.end(1) :], pointer[1])
    array = re.fullmatch(r"(.*?)(\[.*\])", text)
    head, tail = (array[1].rstrip(), array[2]) if array else (text, "")
    match = re.search(r"[A-Za-z_]\w*$", head)
    if not match or match[0] in _TYPE_WORDS:
        return Parameter(text)
    before = head[: match.start()]
    words = _WORD.findall(before)
    if not [w for w in words if w not in _QUALIFIERS] or (
        words[-1] in _TAGS and not before.rstrip().endswith("*")
    ):
        return Parameter(text)
    return Parameter((before.rstrip() + (" " + tail if tail else "")).strip(), match[0])


def parse_parameters(text: str) -> list[Parameter]:
    """The parameters of a `parameters` fact; `void` is none."""
    return [parse_parameter(part) for part in split_list(text) if part != "void"]


def _normal(type_text: str) -> str:
    """A type with one spelling: order of qualifiers, blanks, implied int."""
    text = re.sub(r"\s*\*\s*", " * ", " ".join(type_text.split()))
    text = re.sub(r"\b_Bool\b", "bool", text)
    match = re.match(r"((?:\w+ ?)+)(.*)", text)
    if match:
        words = match[1].split()
        if set(words) <= _INTEGER_WORDS | _QUALIFIERS:
            if set(words) & {"long", "short", "unsigned"}:
                words = [w for w in words if w not in ("int", "signed")] or ["int"]
            elif "signed" in words and "char" not in words:
                words = [w for w in words if w not in ("int", "signed")] + ["int"]
            words.sort()
        elif "const" in words:
            words = sorted(words, key=lambda word: word != "const")
        text = f"{' '.join(words)} {match[2]}"
    return " ".join(text.split())


def _is_integer(type_text: str) -> bool:
    words = [word for word in _normal(type_text).split() if word not in _QUALIFIERS]
    if words[:1] == ["enum"]:
        return len(words) == 2
    return bool(words) and set(words) <= _INTEGER_WORDS


def _without_const(type_text: str) -> str:
    return " ".join(re.sub(r"\bconst\b", "", _normal(type_text)).split())


def _addresses(type_text: str) -> set[str]:
    return set(_WORD.findall(type_text)) & _ADDRESS_TYPES


def type_effect(before: Parameter, after: Parameter, *, returned: bool = False) -> Effect | None:
    """What another type does: None if they are one type under one name.

    `type` is the type as written, `name` the canonical one (or empty).
    """
    old, new = _normal(before.name or before.type), _normal(after.name or after.type)
    if old == new:
        old_spaces, new_spaces = _addresses(before.type), _addresses(after.type)
        if old_spaces and new_spaces and old_spaces != new_spaces:
            return Effect.SILENT
        return None if before.type == after.type else Effect.COSMETIC
    if _is_integer(old) and _is_integer(new):
        return Effect.SILENT
    if _without_const(old) == _without_const(new):
        if not old.count("*") and not new.count("*"):
            return Effect.COSMETIC  # const of a value says nothing to the caller
        gains = new.split().count("const") > old.split().count("const")
        # The caller may give more than is asked; it may not be given less than it uses.
        return Effect.COMPATIBLE if gains != returned else Effect.BREAKING
    return Effect.BREAKING


def _canonical(parameters: Sequence[Parameter], text: str) -> list[Parameter]:
    """Types with their canonical form in place of the name."""
    canonical = split_list(text)
    if len(canonical) != len(parameters):
        canonical = [""] * len(parameters)
    return [Parameter(p.type, c) for p, c in zip(parameters, canonical, strict=True)]


class _Pair:
    """A member on both sides, and how its changes are made."""

    def __init__(self, old: Member, new: Member, moved: frozenset[str] = frozenset()) -> None:
        self.old, self.new = old, new
        #: Typedefs and structs that are told of as such, not wherever they are used.
        self.moved = moved

    @property
    def other_configuration(self) -> bool:
        """Is the member configured on one side only?"""
        return self.old.fact("configured") != self.new.fact("configured")

    def configured(self) -> Change:
        """The change of a member that is configured on one side only.

        It breaks where the header has it under fewer conditions than before: that is no
        matter of the configuration.
        """
        old, new = (f"configured: {m.fact('configured') or 'yes'}" for m in (self.old, self.new))
        conditions = [set(m.fact("when").split(" or ")) for m in (self.old, self.new)]
        gone = self.new.fact("configured") == "no" and conditions[1] < conditions[0]
        effect = Effect.BREAKING if gone else Effect.COMPATIBLE
        return self.change(ChangeKind.CONFIGURATION, old, new, effect)

    def follows(self, before: str, after: str) -> bool:
        """Are these one spelling, whose meaning moved with a typedef?"""
        return before == after and bool(self.moved & set(_WORD.findall(after)))

    def change(self, change: ChangeKind, before: str, after: str, effect: Effect) -> Change:
        """A change of this member."""
        return Change(
            self.new.kind,
            self.new.name,
            change,
            before,
            after,
            effect,
            self.old.place,
            self.new.place,
        )

    def fact(self, key: str, change: ChangeKind, effect: Effect) -> Iterator[Change]:
        """A change if this fact differs."""
        before, after = self.old.fact(key), self.new.fact(key)
        if before != after:
            yield self.change(change, before, after, effect)

    def typed(self, key: str, canonical: str, change: ChangeKind) -> Iterator[Change]:
        """A change if this type differs."""
        before, after = self.old.fact(key), self.new.fact(key)
        if not before or not after:
            if before != after and self.old.fact("linkage") == self.new.fact("linkage"):
                yield self.change(change, before, after, Effect.BREAKING)
            return
        if self.follows(before, after):
            return
        both = not self.other_configuration
        effect = type_effect(
            Parameter(before, self.old.fact(canonical) if both else ""),
            Parameter(after, self.new.fact(canonical) if both else ""),
            returned=key == "returns",
        )
        if effect is not None:
            kind = ChangeKind.SPELLING if effect is Effect.COSMETIC else change
            yield self.change(kind, before, after, effect)


def prototype(member: Member) -> str:
    """A member as C would say it, on one line."""
    if member.kind is Kind.FUNCTION:
        head = {"inline": "static inline ", "macro": "#define "}.get(member.fact("linkage"), "")
        returns = f"{member.fact('returns')} " if member.fact("returns") else ""
        returns = returns.replace("* ", "*")
        return f"{head}{returns}{member.name}({member.fact('parameters') or 'void'})"
    if member.kind in (Kind.FIELD, Kind.VARIABLE, Kind.TYPEDEF):
        return f"{member.fact('type')} {member.name}".replace("* ", "*")
    for key in ("value", "text", "size"):
        if member.fact(key):
            return f"{member.kind} {member.name} = {member.fact(key)}"
    return f"{member.kind} {member.name}"


def _linkages(member: Member) -> set[str]:
    """How the member is there, in this configuration and in others."""
    return {
        member.fact("linkage"),
        *re.findall(r"\b(?:symbol|inline|macro)\b", member.fact("otherwise")),
    }


def _linkage(pair: _Pair) -> Iterator[Change]:
    before, after = pair.old.fact("linkage"), pair.new.fact("linkage")
    if before == after or not before or not after:
        return
    if after in _linkages(pair.old) and before in _linkages(pair.new):
        yield pair.change(ChangeKind.CONFIGURATION, before, after, Effect.COMPATIBLE)
        return
    # What imported the symbol no longer links; a macro can be neither bound
    # nor pointed to. A symbol instead of an inline function harms nobody.
    broken = before == "symbol" or after == "macro"
    effect = Effect.BREAKING if broken else Effect.COMPATIBLE
    yield pair.change(ChangeKind.LINKAGE, before, after, effect)


def names_reordered(old: Sequence[Parameter], new: Sequence[Parameter]) -> bool:
    """Do names that both sides have stand in another order?"""
    names = [p.name for p in old if p.name]
    others = [p.name for p in new if p.name]
    if len(set(names)) < len(names) or len(set(others)) < len(others):
        return False
    return [n for n in names if n in others] != [n for n in others if n in names]


def _exchange(old: Sequence[Parameter], new: Sequence[Parameter]) -> Effect:
    """What an exchange of parameters does: is there a compiler that sees it?"""
    seen = (
        type_effect(Parameter(a.type, a.name), Parameter(b.type, b.name)) is Effect.BREAKING
        for a, b in zip(old, new, strict=False)
    )
    return Effect.BREAKING if len(old) != len(new) or any(seen) else Effect.SILENT


def _parameters(pair: _Pair) -> Iterator[Change]:
    texts = pair.old.fact("parameters"), pair.new.fact("parameters")
    old, new = (parse_parameters(text) for text in texts)
    if "macro" in (pair.old.fact("linkage"), pair.new.fact("linkage")):
        # A macro's parameters are names without types.
        old, new = ([Parameter("", p.name or p.type) for p in side] for side in (old, new))
    canonical = [m.fact("canonical_parameters") for m in (pair.old, pair.new)]
    if pair.other_configuration:
        canonical = ["", ""]  # One side is known as text only.
    types = _canonical(old, canonical[0]), _canonical(new, canonical[1])
    reordered = names_reordered(old, new)
    if len(old) == len(new):
        if reordered:
            effect = _exchange(*types)
            yield pair.change(ChangeKind.PARAMETERS_REORDERED, *texts, effect)
            return
        effects = [
            type_effect(a, b) if a.type and b.type and not pair.follows(a.type, b.type) else None
            for a, b in zip(*types, strict=True)
        ]
        for effect in (Effect.BREAKING, Effect.SILENT, Effect.COMPATIBLE):
            if effect in effects:
                yield pair.change(ChangeKind.PARAMETER_TYPE, *texts, effect)
                return
        if Effect.COSMETIC in effects:
            yield pair.change(ChangeKind.SPELLING, *texts, Effect.COSMETIC)
        elif pair.old.fact("linkage") == pair.new.fact("linkage") and [p.name for p in old] != [
            p.name for p in new
        ]:
            yield pair.change(ChangeKind.PARAMETERS_RENAMED, *texts, Effect.COSMETIC)
        return
    more = len(new) > len(old)
    change = ChangeKind.PARAMETER_ADDED if more else ChangeKind.PARAMETER_REMOVED
    yield pair.change(change, *texts, Effect.BREAKING)
    if reordered:
        yield pair.change(ChangeKind.PARAMETERS_REORDERED, *texts, Effect.BREAKING)


def _only_known_as_text(pair: _Pair, change: Change) -> bool:
    """Is this a difference of spelling between clang and a text?"""
    return pair.other_configuration and change.effect is Effect.COSMETIC


def _function(pair: _Pair) -> Iterator[Change]:
    yield from _linkage(pair)
    parameters = [c for c in _parameters(pair) if not _only_known_as_text(pair, c)]
    yield from parameters
    if "macro" not in (pair.old.fact("linkage"), pair.new.fact("linkage")):
        yield from pair.typed("returns", "canonical_returns", ChangeKind.RETURN_TYPE)
        yield from pair.fact("convention", ChangeKind.CONVENTION, Effect.SILENT)
        yield from pair.fact("prototype", ChangeKind.PARAMETER_TYPE, Effect.SILENT)
    elif (
        pair.old.fact("linkage") == pair.new.fact("linkage")
        and not any(change.alarm for change in parameters)
        and pair.old.fact("text")
        and pair.new.fact("text")
    ):
        yield from pair.fact("text", ChangeKind.VALUE, Effect.SILENT)


def _fixed(pair: _Pair) -> Iterator[Change]:
    if pair.follows(pair.old.fact("written"), pair.new.fact("written")):
        return
    yield from pair.fact("value", ChangeKind.VALUE, Effect.SILENT)
    yield from pair.fact("text", ChangeKind.VALUE, Effect.SILENT)
    if pair.old.fact("type") and pair.new.fact("type"):
        yield from pair.typed("type", "canonical", ChangeKind.TYPE)
    yield from pair.fact("enum", ChangeKind.TYPE, Effect.SILENT)


def _enum(pair: _Pair) -> Iterator[Change]:
    changes = list(pair.fact("type", ChangeKind.TYPE, Effect.SILENT))
    yield from changes or pair.fact("size", ChangeKind.LAYOUT, Effect.SILENT)


def _export(pair: _Pair) -> Iterator[Change]:
    for key in ("licence", "namespace"):
        before, after = pair.old.fact(key), pair.new.fact(key)
        if before != after:
            freer = (key == "licence" and before == "GPL") or (key == "namespace" and not after)
            effect = Effect.COMPATIBLE if freer else Effect.BREAKING
            yield pair.change(ChangeKind.EXPORT, before, after, effect)


def _typedef(pair: _Pair) -> Iterator[Change]:
    yield from pair.typed("type", "canonical", ChangeKind.TYPE)


def _field(pair: _Pair) -> Iterator[Change]:
    yield from pair.typed("type", "canonical", ChangeKind.TYPE)
    yield from pair.fact("bits", ChangeKind.LAYOUT, Effect.SILENT)


def _fields_of(side: Surface, name: str) -> dict[str, Member]:
    prefix = f"{name}."
    return {
        each.name.removeprefix(prefix): each
        for each in side
        if each.kind is Kind.FIELD and each.name.startswith(prefix)
    }


def _struct(pair: _Pair, before: Surface, after: Surface) -> Iterator[Change]:
    """Fields that come, go and move. What follows from that is not said again."""
    old, new = (split_list(side.fact("fields")) for side in (pair.old, pair.new))
    old_fields, new_fields = (_fields_of(s, pair.new.name) for s in (before, after))
    optional = {
        name
        for name in old_fields.keys() & new_fields.keys()
        if old_fields[name].fact("configured") != new_fields[name].fact("configured")
    }
    if optional:
        # The layouts are of two configurations; the fields tell of it.
        old, new = ([n for n in names if n not in optional] for names in (old, new))
    kept = [name for name in old if name in new]
    moved = [n for n in kept if old_fields.get(n) and new_fields.get(n)]
    offsets = [
        (n, old_fields[n].fact("offset"), new_fields[n].fact("offset"))
        for n in moved
        if old_fields[n].fact("offset") != new_fields[n].fact("offset")
    ]
    same_size = pair.old.fact("size") == pair.new.fact("size")
    said = False

    def at(name: str, sides: dict[str, Member], other: Member) -> Member:
        return sides.get(name, other)

    for name in (n for n in old if n not in new):
        member = at(name, old_fields, pair.old)
        said = True
        yield pair.change(
            ChangeKind.FIELD_REMOVED,
            prototype(member) if member.kind is Kind.FIELD else name,
            "",
            Effect.BREAKING,
        )
    for name in (n for n in new if n not in old):
        member = at(name, new_fields, pair.new)
        said = True
        effect = Effect.COMPATIBLE if same_size and not offsets else Effect.SILENT
        yield pair.change(
            ChangeKind.FIELD_ADDED,
            "",
            prototype(member) if member.kind is Kind.FIELD else name,
            effect,
        )
    if kept != [name for name in new if name in old]:
        said = True
        order = ChangeKind.FIELD_ORDER
        yield pair.change(order, pair.old.fact("fields"), pair.new.fact("fields"), Effect.SILENT)
    typed = any(
        old_fields[n].fact(key) != new_fields[n].fact(key)
        for n in moved
        for key in ("type", "canonical", "bits")
    )
    facts = [
        (key, pair.old.fact(key), pair.new.fact(key))
        for key in ("alignment", "packed", "size")
        if pair.old.fact(key) != pair.new.fact(key)
    ]
    known = all(old and new for key, old, new in facts if key != "packed")
    # A struct that is held by value brings its size along; that is told of it.
    held = [f.fact("type") for f in new_fields.values() if "*" not in f.fact("type")]
    others = pair.moved - {pair.new.name}
    inherited = any(others & set(_WORD.findall(text)) for text in held)
    if (
        not said
        and not optional
        and not inherited
        and not (typed and not any(k == "packed" for k, _, _ in facts))
        and known
    ):
        differing = facts + [(f"offset of {n}", a, b) for n, a, b in offsets if a and b]
        if differing:
            left = ", ".join(f"{key} {value or 'no'}" for key, value, _ in differing)
            right = ", ".join(f"{key} {value or 'no'}" for key, _, value in differing)
            yield pair.change(ChangeKind.LAYOUT, left, right, Effect.SILENT)


def _of_pair(pair: _Pair, before: Surface, after: Surface) -> Iterator[Change]:
    kind = pair.new.kind
    if pair.other_configuration:
        yield pair.configured()
    if kind is Kind.FUNCTION:
        yield from _function(pair)
    elif pair.other_configuration:
        pass  # Known as text on one side: not comparable.
    elif kind in (Kind.CONSTANT, Kind.ENUMERATOR, Kind.MACRO):
        yield from _fixed(pair)
    elif kind is Kind.ENUM:
        yield from _enum(pair)
    elif kind is Kind.EXPORT:
        yield from _export(pair)
    elif kind in (Kind.TYPEDEF, Kind.VARIABLE):
        yield from _typedef(pair)
    elif kind is Kind.FIELD:
        yield from _field(pair)
    elif kind in (Kind.STRUCT, Kind.UNION):
        yield from _struct(pair, before, after)
    yield from pair.fact("when", ChangeKind.CONDITION, Effect.COMPATIBLE)


def _other_kind(pair: _Pair) -> Iterator[Change]:
    """A name that is another kind of thing now."""
    if pair.other_configuration:
        yield pair.configured()
        yield from pair.fact("when", ChangeKind.CONDITION, Effect.COMPATIBLE)
        return
    constants = {Kind.CONSTANT, Kind.ENUMERATOR, Kind.MACRO}
    effect = Effect.BREAKING
    if {pair.old.kind, pair.new.kind} <= constants:
        same = pair.old.fact("value") == pair.new.fact("value")
        effect = Effect.COMPATIBLE if same else Effect.SILENT
    change = ChangeKind.LINKAGE
    yield pair.change(change, prototype(pair.old), prototype(pair.new), effect)


#: Kinds of member that share one name space of C.
_ORDINARY = (Kind.CONSTANT, Kind.ENUMERATOR, Kind.FUNCTION, Kind.MACRO, Kind.VARIABLE)


def _came_or_went(member: Member, change: ChangeKind) -> Change:
    added = change is ChangeKind.ADDED
    breaking = not added and member.kind is not Kind.INCLUDE
    return Change(
        member.kind,
        member.name,
        change,
        "" if added else prototype(member),
        prototype(member) if added else "",
        Effect.BREAKING if breaking else Effect.COMPATIBLE,
        "" if added else member.place,
        member.place if added else "",
    )


def _is_exported_elsewhere(member: Member, side: Surface) -> bool:
    """Is this an export whose function has no symbol in this side's configuration only?"""
    function = side.get(Kind.FUNCTION, member.name)
    if member.kind is not Kind.EXPORT or function is None:
        return False
    here = function.fact("linkage") == "symbol" and function.fact("configured") != "no"
    return not here and "symbol" in _linkages(function)


def _has_exports_from_sources(side: Surface) -> bool:
    """Were sources read for exports, so that those of other configurations are there too?"""
    return any(
        member.kind is Kind.EXPORT and member.place.partition(":")[0].endswith(".c")
        for member in side
    )


def _is_told_by_struct(member: Member, side: Surface, other: Surface) -> bool:
    """Is the coming or going of this field told by its struct's change?"""
    if member.kind is not Kind.FIELD:
        return False
    parent = member.name.rpartition(".")[0]
    for kind in (Kind.STRUCT, Kind.UNION):
        mine = side.get(kind, parent)
        if mine is not None and (mine.fact("fields") or other.get(kind, parent) is None):
            return True
    return False


def _is_moved(pair: _Pair) -> bool:
    """Is this a type whose users change with it?"""
    if pair.new.kind is Kind.TYPEDEF:
        return any(_typedef(pair))
    return pair.new.kind in (Kind.STRUCT, Kind.UNION) and any(
        pair.old.fact(key) != pair.new.fact(key) for key in ("alignment", "size")
    )


def compare(before: Surface, after: Surface) -> list[Change]:
    """All changes from `before` to `after`, sorted; empty if they mean the same."""
    changes: list[Change] = []
    gone = {key: m for key, m in before.members.items() if key not in after.members}
    come = {key: m for key, m in after.members.items() if key not in before.members}
    for key, old in list(gone.items()):
        for kind in _ORDINARY:
            new = come.get((kind, old.name))
            if old.kind in _ORDINARY and new is not None and key in gone:
                changes.extend(_other_kind(_Pair(old, new)))
                del gone[key], come[new.key]
    from_sources = _has_exports_from_sources(after)
    for key, old in list(gone.items()):
        # Where it was exported in other configurations before, and their sources no longer
        # do, it is gone.
        was_elsewhere = from_sources and _is_exported_elsewhere(old, before)
        if _is_exported_elsewhere(old, after) and not was_elsewhere:
            effect = Effect.COMPATIBLE
            no = "in other configurations"
            changes.append(
                Change(*key, ChangeKind.CONFIGURATION, "exported", no, effect, old.place)
            )
            del gone[key]
    for old in gone.values():
        if not _is_told_by_struct(old, before, after):
            changes.append(_came_or_went(old, ChangeKind.REMOVED))
    for new in come.values():
        if not _is_told_by_struct(new, after, before):
            changes.append(_came_or_went(new, ChangeKind.ADDED))
    moved = frozenset(
        old.name
        for key, old in before.members.items()
        if (new := after.members.get(key)) is not None and _is_moved(_Pair(old, new))
    )
    for key, old in before.members.items():
        other = after.members.get(key)
        if other is not None and old != other:
            changes.extend(_of_pair(_Pair(old, other, moved), before, after))
        elif other is not None and old.kind in (Kind.STRUCT, Kind.UNION):
            # Its fields may have changed places without changing its size.
            changes.extend(_struct(_Pair(old, other, moved), before, after))
    return sorted(changes)
