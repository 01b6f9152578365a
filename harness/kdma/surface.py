# SPDX-License-Identifier: GPL-2.0
"""Surfaces: what one side says the interface looks like, as one model with one text form.

A surface is a set of members, each with a kind, a name and facts. The text is
sorted, one member a line, meant to be read in a diff:

    # kdma surface 1
    # side: kernel
    # lacks: layouts: no BTF and no DWARF
    constant DMA_ATTR_WEAK_ORDERING | type=unsigned long | value=0x2
    function dma_max_mapping_size | linkage=symbol | parameters=struct device *dev | returns=size_t

Equality is that of the text: places are for people only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kdma.findings import KdmaError

#: Raised when the text form changes its meaning.
FORMAT = 1


class Kind(StrEnum):
    """What a member is. Sorted by value."""

    CONSTANT = "constant"
    ENUM = "enum"
    ENUMERATOR = "enumerator"
    EXPORT = "export"
    FIELD = "field"
    FUNCTION = "function"
    INCLUDE = "include"
    MACRO = "macro"
    STRUCT = "struct"
    TYPEDEF = "typedef"
    UNION = "union"
    VARIABLE = "variable"


@dataclass(frozen=True, order=True)
class Member:
    """One member of a surface.

    `name` is unique within its kind; a field is `struct name.field`, an
    enumerator is its own name. `facts` are sorted by key, values are text on
    one line without " | ". `place` (file:line) is for people, and no part of
    what the member is.
    """

    kind: Kind
    name: str
    facts: tuple[tuple[str, str], ...] = ()
    place: str = field(default="", compare=False)

    @property
    def key(self) -> tuple[Kind, str]:
        """What the member is found by."""
        return self.kind, self.name

    def fact(self, key: str) -> str:
        """The fact called `key`; empty where there is none."""
        return dict(self.facts).get(key, "")

    def line(self) -> str:
        """The member in the text form."""
        return " | ".join((f"{self.kind} {self.name}", *(f"{k}={v}" for k, v in self.facts)))


def member(kind: Kind, name: str, place: str = "", **facts: str) -> Member:
    """A member with its facts sorted, empty ones left out, blanks made single."""
    for key, value in facts.items():
        if " | " in value:
            raise ValueError(f"the fact {key} of {name} holds the separator: {value}")
    return Member(
        kind,
        name,
        tuple(sorted((key, " ".join(value.split())) for key, value in facts.items() if value)),
        place,
    )


@dataclass(frozen=True)
class Surface:
    """All members of one side. `lacks` says what this kind of input cannot give, and why."""

    side: str
    members: Mapping[tuple[Kind, str], Member]
    lacks: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Member]:
        return iter(self.members[key] for key in sorted(self.members))

    def get(self, kind: Kind, name: str) -> Member | None:
        """A member by kind and name."""
        return self.members.get((kind, name))

    def text(self) -> str:
        """The text form; the same surface gives the same bytes."""
        head = [f"# kdma surface {FORMAT}", f"# side: {self.side}"]
        head += [f"# lacks: {reason}" for reason in sorted(self.lacks)]
        return "\n".join([*head, *(each.line() for each in self)]) + "\n"


def surface(side: str, members: Iterable[Member], lacks: Iterable[str] = ()) -> Surface:
    """A surface of `members`; ValueError if one name stands for two different members."""
    found: dict[tuple[Kind, str], Member] = {}
    for each in members:
        other = found.setdefault(each.key, each)
        if other != each:
            raise ValueError(f"{each.kind} {each.name} twice: {other.line()}; {each.line()}")
    return Surface(side, found, tuple(sorted(set(lacks))))


def parse(text: str, where: str) -> Surface:
    """The surface that `text` says; KdmaError with the line in `where` if it says none."""

    def bad(number: int, what: str, expected: str, actual: str) -> KdmaError:
        return KdmaError(
            what,
            where=f"{where}:{number}",
            expected=expected,
            actual=actual[:200],
            next="restore the file from git; kdma accept writes it, nobody else",
        )

    lines = text.splitlines()
    first = f"# kdma surface {FORMAT}"
    if not lines or lines[0] != first:
        raise bad(1, "this is no surface of this format", first, lines[0] if lines else "nothing")
    side, lacks = "", []
    members: list[Member] = []
    for number, line in enumerate(lines[1:], 2):
        if line.startswith("# side: "):
            side = line.removeprefix("# side: ")
        elif line.startswith("# lacks: "):
            lacks.append(line.removeprefix("# lacks: "))
        else:
            head, *facts = line.split(" | ")
            word, _, name = head.partition(" ")
            pairs = [fact.partition("=") for fact in facts]
            if word not in set(Kind) or not name or not all(p[0] and p[1] for p in pairs):
                raise bad(number, "a line that is no member", "kind name | fact=value | ...", line)
            each = Member(Kind(word), name, tuple((p[0], p[2]) for p in pairs), f"{where}:{number}")
            if members and each.key <= members[-1].key:
                raise bad(number, "members are not sorted", f"after {members[-1].name}", line)
            members.append(each)
    if not side:
        raise bad(2, "the surface does not say whose it is", "# side: name", "nothing")
    return surface(side, members, lacks)
