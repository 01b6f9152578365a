# SPDX-License-Identifier: GPL-2.0
"""What kdma.h says that every function refuses, generated from its declarations.

"A null handle, a null out parameter, a size of zero, an unknown direction and an
unknown attribute or flag bit give KDMA_EINVAL": each of these for each
parameter of each function, all other arguments being right. The operation
`refuse` makes such a call; tests/behaviour/refusals.py has the programs.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from kdma import header_surface
from kdma.findings import KdmaError
from kdma.operations import Operation, operations
from kdma.paths import PROJECT
from kdma.surface import Kind
from kdma.surface_compare import parse_parameters

HEADER = "c-api/include/kdma.h"

#: Values that no function takes, by the kind of a parameter; what is said of them.
BAD: dict[str, tuple[tuple[str, int], ...]] = {
    "address": (("the address of a failed mapping", 0xFFFFFFFFFFFFFFFF),),
    "attributes": (
        ("an unknown attribute", 1 << 11),
        ("the highest attribute bit", 1 << 63),
    ),
    "direction": (
        ("no direction", 0),
        ("an unknown direction", 4),
        ("the highest direction", 0xFFFFFFFF),
    ),
    "flags": (("an unknown flag", 1 << 2), ("the highest flag bit", 1 << 31)),
    "pointer": (("null", 0),),
    "size": (("nothing", 0),),
}
#: Kinds as one letter each in generated code.
LETTERS = {"": "-", **{kind: kind[0] for kind in BAD}, "attributes": "A"}
#: Parameters that take every value: their name, or function and name. The ABI
#: says what each means.
TAKES_ALL = {
    ("kdma_mapping_error", "dma_address"),
    ("kdma_need_sync", "dma_address"),
}


@dataclass(frozen=True)
class RefusingParameter:
    """A parameter: as C and Rust declare it, and what stands for it in a right call.

    `kind`: of BAD, empty where every value may be right. `right`: the name of
    what is right.
    """

    name: str
    c_type: str
    rust_type: str
    kind: str
    right: str


@dataclass(frozen=True)
class Refusing:
    """A function of the ABI with its operation."""

    operation: Operation
    parameters: tuple[RefusingParameter, ...]

    @property
    def function(self) -> str:
        """Its name."""
        return self.operation.function

    def cases(self) -> Iterator[tuple[int, str, int, str]]:
        """Each bad argument: the parameter's index and name, the value's index and what it is."""
        for index, parameter in enumerate(self.parameters):
            for number, (what, _) in enumerate(BAD.get(parameter.kind, ())):
                yield index, parameter.name, number, what


def _kind(function: str, name: str, c_type: str) -> str:
    if (function, name) in TAKES_ALL:
        return ""
    if c_type.endswith("*"):
        return "pointer"
    if name == "dma_address":
        return "address"
    return name if name in ("attributes", "direction", "flags", "size") else ""


#: Which of the things that are right goes for a parameter: see kmod/refusals.h.
_RIGHT = {
    "alignment": "size", "attributes": "attributes", "boundary": "zero",
    "capacity": "capacity", "cpu_address": "cpu_address", "device": "device",
    "direction": "direction", "dma_address": "dma_address", "flags": "zero",
    "index": "zero", "linked": "size", "mask": "mask", "offset": "zero", "page": "page",
    "physical_address": "physical_address", "pool": "pool", "size": "size",
    "state": "handle", "table": "handle",
}  # fmt: skip


def _right(function: str, name: str, c_type: str) -> str:
    if c_type.endswith("**") or (c_type.endswith("*") and "struct" not in c_type
                                 and c_type != "void *"):  # fmt: skip
        return "out"
    if name not in _RIGHT:
        raise KdmaError(
            f"{function}() has a parameter {name}, of which nobody said what is right",
            where=f"{HEADER}, {function}()",
            expected=f"one of the names that are known: {', '.join(_RIGHT)}",
            actual=f"{c_type} {name}",
            next="use a known name, or add it to _RIGHT in harness/kdma/refusals.py; then run: "
            "./kdma generate",
        )
    return _RIGHT[name]


_RUST = {"int32_t": "i32", "kdma_address_t": "kdma_address_t", "uint32_t": "u32",
         "uint64_t": "u64", "void": "c_void"}  # fmt: skip


def _rust_type(c_type: str) -> str:
    stars = c_type.count("*")
    base = c_type.replace("*", "").replace("struct ", "").strip()
    return "*mut " * stars + _RUST.get(base, base)


@functools.cache
def refusing() -> tuple[Refusing, ...]:
    """All functions of kdma.h that can refuse something, in the order of their operations."""
    side = header_surface.read((PROJECT / HEADER).read_text(), HEADER)
    found = []
    for operation in operations():
        member = side.get(Kind.FUNCTION, operation.function)
        if operation.is_core or member is None:
            continue
        parameters = []
        for each in parse_parameters(member.fact("parameters")):
            kind = _kind(operation.function, each.name, each.type)
            parameters.append(
                RefusingParameter(
                    each.name,
                    each.type,
                    _rust_type(each.type),
                    kind,
                    _right(operation.function, each.name, each.type),
                )
            )
        if any(each.kind for each in parameters):
            found.append(Refusing(operation, tuple(parameters)))
    return tuple(found)
