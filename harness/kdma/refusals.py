# SPDX-License-Identifier: GPL-2.0
"""What kdma.h says that every function refuses, generated from its declarations.

"A null handle, a null out parameter, a size of zero, an unknown direction and an
unknown attribute or flag bit give KDMA_EINVAL": each of these for each
parameter of each function, all other arguments being right. The operation
`refuse` makes such a call; tests/behaviour/refusals.py has the programs.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kdma import header_surface
from kdma.findings import KdmaError
from kdma.operations import Operation, operations
from kdma.paths import PROJECT
from kdma.surface import Kind
from kdma.surface_compare import parse_parameters

HEADER = "c-api/include/kdma.h"

#: More than any physical address has: no memory is there.
NO_MEMORY = 1 << 55
#: The last page that 64 bits can address; two of them reach beyond.
LAST_PAGE = 0xFFFFFFFFFFFFF000
ALL = 0xFFFFFFFFFFFFFFFF


@dataclass(frozen=True)
class Bad:
    """A bad value of a parameter: what it is, and the value.

    A value is a number, or what it is called among the things that are right
    (kmod/refusals.h), plus one where it ends with `+1`. `other`, `with_`: what
    makes it bad, in the parameter of that kind.
    """

    what: str
    word: int | str
    other: str = ""
    with_: int | str = 0


_NOTHING = Bad("nothing", 0)
_TOO_MUCH = Bad("more than there is", ALL)
_BEYOND = Bad("beyond everything", ALL)
_NULL = Bad("null", 0)

#: Values that no function takes, by the kind of a parameter.
BAD: dict[str, tuple[Bad, ...]] = {
    "address": (Bad("the address of a failed mapping", ALL),),
    "attributes": (
        Bad("an unknown attribute", 1 << 11),
        Bad("the highest attribute bit", 1 << 63),
    ),
    "capacity": (_NOTHING, Bad("more than is possible", 0xFFFFFFFF)),
    "cpu_range": (_NULL, Bad("no address of the kernel's memory", 0x10000)),
    "direction": (
        Bad("no direction", 0),
        Bad("an unknown direction", 4),
        Bad("the highest direction", 0xFFFFFFFF),
        # Wherever direction and attributes are kept in one number.
        *(Bad(f"a direction with bit {bit} besides", 1 << bit | 3) for bit in range(2, 16)),
    ),
    "flags": (Bad("an unknown flag", 1 << 2), Bad("the highest flag bit", 1 << 31)),
    "index": (Bad("the last of all", 0xFFFFFFFF),),
    "iova_offset": (_BEYOND, Bad("the last page of all", LAST_PAGE)),
    "linked": (_TOO_MUCH,),
    "list_size": (_NOTHING, Bad("more than 32 bits", 1 << 32), _TOO_MUCH),
    "offset": (_BEYOND,),
    "owner": (_NULL, Bad("another device", "other")),
    "physical_range": (
        Bad("no memory", NO_MEMORY),
        Bad("memory-mapped I/O beyond the last byte", LAST_PAGE, "attributes", "mmio"),
    ),
    "pointer": (_NULL,),
    "resource": (
        Bad("beyond the last byte", LAST_PAGE),
        Bad("RAM and what follows it", "ram", "size", NO_MEMORY),
        Bad("what comes before RAM, and its first byte", 0, "size", "ram+1"),
    ),
    "size": (_NOTHING,),
    "span": (_NOTHING, _TOO_MUCH),
}
#: Kinds as one letter each in generated code.
LETTERS = {"": "-", **dict(zip(BAD, "abcdefghijklmnopqrstuvwxyz", strict=False))}
#: Parameters that take every value: their name, or function and name. The ABI
#: says what each means.
TAKES_ALL = {("kdma_mapping_error", "dma_address")}


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
            for number, bad in enumerate(BAD.get(parameter.kind, ())):
                yield index, parameter.name, number, bad.what


def _kind(function: str, name: str, c_type: str, types: Mapping[str, str]) -> str:
    """Of which kind of BAD a parameter is. `types`: of all parameters of the function."""
    if (function, name) in TAKES_ALL:
        return ""
    # What a list is mapped for is known only then.
    of_device = not function.startswith("kdma_map_") and not _OBJECTS.isdisjoint(types.values())
    of_range = "struct kdma_iova_state *" in types.values()
    spans = of_range or (
        function.startswith("kdma_map_")
        and not types.keys().isdisjoint(("cpu_address", "physical_address"))
    )
    if c_type == "struct kdma_device *" and of_device:
        return "owner"
    if name == "cpu_address" and spans:
        return "cpu_range"
    if c_type.endswith("*"):
        return "pointer"
    if name == "physical_address":
        return "resource" if function in _RESOURCES else "physical_range" if spans else ""
    if name == "offset":
        return "iova_offset" if of_range else "offset"
    if name == "size" and function == "kdma_sg_add":
        return "list_size"
    # From address 0 on, as resources are asked for, nothing is too much.
    if name == "size" and spans and function not in _RESOURCES:
        return "span"
    if name == "dma_address":
        return "address"
    return name if name in BAD else ""


#: Functions that map what is no memory.
_RESOURCES = ("kdma_map_resource",)
#: Types of what belongs to a device.
_OBJECTS = {"struct kdma_iova_state *", "struct kdma_sg_table *"}
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
    if function in _RESOURCES and name == "physical_address":
        # The firmware's page, which is no RAM to Linux.
        return "zero"
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
        declared = parse_parameters(member.fact("parameters"))
        types = {each.name: each.type for each in declared}
        for each in declared:
            kind = _kind(operation.function, each.name, each.type, types)
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
