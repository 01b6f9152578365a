# SPDX-License-Identifier: GPL-2.0
"""The table of operations (operations.toml), read once and checked."""

from __future__ import annotations

import functools
import tomllib
import zlib
from dataclasses import dataclass
from typing import Any

from kdma.findings import FindingClass, KdmaError
from kdma.paths import PROJECT

TABLE = PROJECT / "operations.toml"

#: Types of arguments, with the C type and the Rust type that carry them.
ARGUMENT_TYPES = {
    "attributes": ("uint64_t", "u64"),
    "buffer": ("uint64_t", "u64"),
    "coherent": ("uint32_t", "u32"),
    "direction": ("uint32_t", "u32"),
    "flags": ("uint32_t", "u32"),
    "memory": ("uint64_t", "u64"),
    "pool": ("uint32_t", "u32"),
    "u32": ("uint32_t", "u32"),
    "u64": ("uint64_t", "u64"),
}
SLOT_USES = ("none", "define", "use", "release")
VALUE_KINDS = ("address", "exact")
MAX_ARGUMENTS = 7
MAX_VALUES = 4


@dataclass(frozen=True)
class Argument:
    """One argument: its name and one of ARGUMENT_TYPES."""

    name: str
    type: str

    @property
    def c_type(self) -> str:
        """The C type in the struct of arguments."""
        return ARGUMENT_TYPES[self.type][0]

    @property
    def rust_type(self) -> str:
        """The Rust type in the struct of arguments."""
        return ARGUMENT_TYPES[self.type][1]


@dataclass(frozen=True)
class Value:
    """One result value: its name and how it is compared (VALUE_KINDS)."""

    name: str
    kind: str


@dataclass(frozen=True)
class Operation:
    """One row of the table."""

    name: str
    opcode: int
    family: str
    slot: str
    pairs: str
    defines_as: str
    arguments: tuple[Argument, ...]
    values: tuple[Value, ...]

    @property
    def is_core(self) -> bool:
        """Does the core do it, the same way for every driver?"""
        return self.family == "core"

    @property
    def is_a_function(self) -> bool:
        """Does it stand for one function of the C ABI?"""
        return self.family not in ("core", "refusals")

    @property
    def allocates(self) -> bool:
        """Does it give memory that the CPU may touch?"""
        gives = self.slot == "define" and "alloc" in self.name and bool(self.values)
        return gives and self.family != "iova"

    @property
    def function(self) -> str:
        """The function of the C ABI it calls, or the core's operation."""
        return self.name if self.is_core else f"kdma_{self.name}"

    @property
    def camel(self) -> str:
        """Name of its Rust struct."""
        return "".join(part.capitalize() for part in self.name.split("_"))

    def argument_index(self, name: str) -> int:
        """Position of the argument called `name`; ValueError if it has none."""
        try:
            return self.positions[name]
        except KeyError:
            raise ValueError(f"{self.name} has no argument {name}") from None

    @functools.cached_property
    def positions(self) -> dict[str, int]:
        """Where each argument stands, by name."""
        return {argument.name: index for index, argument in enumerate(self.arguments)}


def _bad(what: str) -> KdmaError:
    return KdmaError(
        f"the table of operations is wrong: {what}",
        where=str(TABLE),
        next="mend the table, then run: ./kdma generate",
        finding_class=FindingClass.HARNESS,
    )


def _operation(row: dict[str, Any]) -> Operation:
    try:
        operation = Operation(
            name=row["name"],
            opcode=row["opcode"],
            family=row["family"],
            slot=row.get("slot", "none"),
            pairs=row.get("pairs", ""),
            defines_as=row.get("defines_as", row["name"]),
            arguments=tuple(Argument(a["name"], a["type"]) for a in row.get("arguments", [])),
            values=tuple(Value(v["name"], v["kind"]) for v in row.get("values", [])),
        )
    except KeyError as missing:
        raise _bad(f"{row.get('name', 'an operation')} lacks {missing}") from None
    if operation.slot not in SLOT_USES:
        raise _bad(f"{operation.name}: slot is {operation.slot!r}, not one of {SLOT_USES}")
    if len(operation.arguments) > MAX_ARGUMENTS or len(operation.values) > MAX_VALUES:
        raise _bad(f"{operation.name}: more than {MAX_ARGUMENTS} arguments or {MAX_VALUES} values")
    for argument in operation.arguments:
        if argument.type not in ARGUMENT_TYPES:
            raise _bad(f"{operation.name}.{argument.name}: unknown type {argument.type!r}")
    for value in operation.values:
        if value.kind not in VALUE_KINDS:
            raise _bad(f"{operation.name}.{value.name}: unknown kind {value.kind!r}")
    if (operation.slot == "release") != bool(operation.pairs):
        raise _bad(f"{operation.name}: `pairs` goes with slot = 'release' and only there")
    return operation


def read_table(text: str) -> tuple[Operation, ...]:
    """All operations of a table's text, in order of their opcodes.

    Raises KdmaError (harness) for a table that is not well-formed.
    """
    try:
        rows = tomllib.loads(text)["operation"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise _bad(str(error)) from None
    operations = tuple(sorted((_operation(row) for row in rows), key=lambda o: o.opcode))
    for what in ("opcode", "name"):
        seen = [getattr(o, what) for o in operations]
        if len(seen) != len(set(seen)):
            raise _bad(f"an {what} stands twice")
    names = {o.name for o in operations}
    for operation in operations:
        for other in (operation.pairs, operation.defines_as):
            if other and other not in names:
                raise _bad(f"{operation.name} goes with {other}, which is not there")
    return operations


@functools.cache
def operations() -> tuple[Operation, ...]:
    """The project's table."""
    return read_table(TABLE.read_text())


@functools.cache
def by_name() -> dict[str, Operation]:
    """The project's table by name."""
    return {operation.name: operation for operation in operations()}


@functools.cache
def by_opcode() -> dict[int, Operation]:
    """The project's table by opcode."""
    return {operation.opcode: operation for operation in operations()}


def checksum(table: tuple[Operation, ...]) -> int:
    """CRC-32 of what the table means on the wire; comments do not count."""
    lines = (
        f"{o.opcode} {o.name} {o.slot} {o.pairs} {o.defines_as} "
        + ",".join(f"{a.name}:{a.type}" for a in o.arguments)
        + " "
        + ",".join(v.name for v in o.values)
        for o in table
    )
    return zlib.crc32("\n".join(lines).encode())
