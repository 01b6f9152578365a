# SPDX-License-Identifier: GPL-2.0
"""Programs: writing them, their expected results, checking and encoding them.

A program is written as a function that gets a Builder::

    @program("the device reads {size} bytes that the CPU wrote", size=[1, 64, 4096])
    def reads(p: Builder, size: int) -> None:
        buffer = p.buffer(8192)
        p.memory_fill(buffer, seed=1)
        mapping = p.map_single(buffer, offset=64, size=size, direction=TO_DEVICE)
        p.device_read(mapping, length=size)
        p.device_check(length=size, seed=pattern(1, shift=64))
        p.unmap_single(mapping)

The Builder has one method for each operation of operations.toml. It takes what
the operation works on (a slot, a buffer, memory) as its only positional
argument; everything else goes by name. See Builder for the defaults.

Every step expects KDMA_OK, and a check expects no difference; Step.expect()
and its relatives say otherwise, for all environments or for some.
"""

from __future__ import annotations

import functools
import itertools
import re
import struct
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import Any

from kdma import environments
from kdma.environments import Environment
from kdma.findings import FindingClass, KdmaError
from kdma.operations import Operation, by_name, by_opcode, checksum, operations
from kdma.paths import PROJECT
from kdma.traces import Driver

#: As in kmod/program.h; a test compares.
PROGRAM_MAGIC = 0x474F5250414D444B
PROGRAM_VERSION = 1
MAX_BUFFERS = 64
MAX_BUFFER_SIZE = 0x400000
MAX_OPERATIONS = 16384
MAX_SLOTS = 4096
EDU_MEMORY_SIZE = 4096
MMIO_SIZE = 0x10000
MMIO_PAGE = 0x1000
MEMORY_IS_SLOT = 0x80000000
HEADER = struct.Struct("<Q9I20x")
BUFFER = struct.Struct("<II")
OPERATION = struct.Struct("<HHI7Q")
CHECKSUM_OFFSET = 16

#: As in c-api/include/kdma.h; a test compares.
ABI_VERSION = 9

PAGE_SIZE = 4096
#: Bytes of a slot of the bounce buffers (IO_TLB_SIZE in linux/swiotlb.h).
BOUNCE_SLOT = 2048
U32_MAX = 0xFFFFFFFF
U64_MAX = 0xFFFFFFFFFFFFFFFF
#: Sizes of more pages than Linux counts, which no function allocates; by name.
UNCOUNTABLE = {
    "16 TiB - 4095": (1 << 44) - 4095,
    "16 TiB": 1 << 44,
    "16 TiB + 4096": (1 << 44) + 4096,
    "16 EiB - 1": U64_MAX,
}
#: Bytes that no guest has in one row, but of which the low 32 bits say one page.
BEYOND_32_BITS = (1 << 32) + PAGE_SIZE
#: Why they are asked for only where memory is where it is.
PAGE_BY_PAGE = "behind an IOMMU Linux takes page after page until all memory is gone"
#: The address that a failed mapping leaves behind.
MAPPING_ERROR = U64_MAX


class Status(IntEnum):
    """What a call returns (enum kdma_error)."""

    OK = 0
    EINVAL = -1
    EIO = -2
    EMAPPING = -3
    ENOMEM = -4
    ENOTSUPP = -5
    EUNKNOWN = -6


class Direction(IntEnum):
    """enum kdma_direction."""

    TO_DEVICE = 1
    FROM_DEVICE = 2
    BIDIRECTIONAL = 3


class Attribute(IntFlag):
    """enum kdma_attribute."""

    ALLOC_SINGLE_PAGES = 0x001
    DEBUGGING_IGNORE_CACHELINES = 0x002
    FORCE_CONTIGUOUS = 0x004
    MMIO = 0x008
    NO_KERNEL_MAPPING = 0x010
    NO_WARN = 0x020
    PRIVILEGED = 0x040
    REQUIRE_COHERENT = 0x080
    SKIP_CPU_SYNC = 0x100
    WEAK_ORDERING = 0x200
    WRITE_COMBINE = 0x400


class Flag(IntFlag):
    """enum kdma_alloc_flag."""

    ATOMIC = 0x1
    NO_WARN = 0x2


class Target(IntEnum):
    """Which device a program runs on (enum kdma_target)."""

    EDU = 1
    PLATFORM = 2
    NO_PARAMETERS = 3


class BufferKind(IntEnum):
    """Where a buffer's memory comes from (enum kdma_buffer_kind)."""

    PAGES = 1
    SLAB = 2
    MMIO = 3
    RESERVED = 4


#: What only functions for memory that is no RAM take.
NO_RAM = (BufferKind.MMIO, BufferKind.RESERVED)

TO_DEVICE = Direction.TO_DEVICE
FROM_DEVICE = Direction.FROM_DEVICE
BIDIRECTIONAL = Direction.BIDIRECTIONAL

#: enum kdma_attribute_set: what the functions take.
ATTRS_OF_ALLOCATIONS = 0x675
ATTRS_OF_MAPPINGS = 0x3E2
ATTRS_OF_NONCONTIGUOUS = 0x001
ATTRS_OF_PHYS = 0x3EA
#: Attributes that some supported kernel lacks.
ATTRS_SOME_KERNELS_LACK = (
    Attribute.DEBUGGING_IGNORE_CACHELINES | Attribute.MMIO | Attribute.REQUIRE_COHERENT
)

#: Operations that take a slot with a scatterlist and no other, its release
#: aside; and those that begin and end the mapping of one.
USES_OF_LISTS = frozenset(
    o.name for o in operations() if o.family == "scatterlist" and o.slot == "use"
)
#: Those that take a slot with memory in pieces; the first two take no other.
USES_OF_PIECES = (
    "vmap_noncontiguous",
    "vunmap_noncontiguous",
    "sync_sgtable_for_cpu",
    "sync_sgtable_for_device",
)
#: Those that take a slot with a range of IOVAs and no other, its releases aside.
USES_OF_IOVA = frozenset(o.name for o in operations() if o.family == "iova" and o.slot == "use")
MAPS_OF_LISTS = {"map_sg_attrs": "unmap_sg_attrs", "map_sgtable": "unmap_sgtable"}

#: What makes a pool.
POOL_MAKERS = ("managed_pool_create", "pool_create")
#: Sizes of pieces and boundaries at once: one byte more, and there is no such pool.
POOL_BLOCKS = (64, 4096, 1 << 17)
_MANAGED_MEMORY = ("managed_alloc_attrs", "managed_alloc_coherent")

#: The pattern of memory nobody wrote to.
ZEROS = 0

#: Allocations that dma-debug records as streaming mappings whose address nobody
#: has checked, as kernel/dma/mapping.c of 6.1 does: there is nothing to check.
_RECORDED_AS_MAPPINGS = frozenset({"alloc_noncoherent", "alloc_pages"})


def pattern(seed: int, shift: int = 0) -> int:
    """The `seed` argument of fills and checks.

    A byte's pattern depends on its position: bytes from the start of the
    buffer, of the coherent memory or of the device's memory. What the device
    moved from position a to position b is checked there with shift = a - b.
    """
    if not 0 <= seed <= U32_MAX:
        raise ValueError(f"a seed has 32 bits, not {seed:#x}")
    if not -0x80000000 <= shift <= 0x7FFFFFFF:
        raise ValueError(f"a shift has 32 bits and a sign, not {shift:#x}")
    return seed | (shift & U32_MAX) << 32


def allow_faults(p: Builder) -> None:
    """Behind an IOMMU the device may be caught at what it may not do.

    Lets time pass before, as the kernel prints only ten lines about faults in
    five seconds, and a fault takes three: each transfer of the device takes
    100 ms on the guest's clock. The paravirtual IOMMU complains about every
    four bytes and is cut off: nothing can be said of how many lines there are.
    """
    p.allow_log(
        r"^(DMAR|dmar_fault): |^virtio_iommu virtio\d+: page fault"
        r"|^viommu_fault_handler: \d+ callbacks",
        translates=True,
    )
    for _ in range(20):
        p.device_fill(length=1, seed=99)


def allow_overflow(p: Builder, names: str | Iterable[str] | None = None) -> None:
    """An address beyond the mask: the kernel warns once in a boot, whoever comes first."""
    p.allow_log(r"(DMA|swiotlb) addr .* overflow", names)


def pattern_position(seed: int, index: int) -> int:
    """Where the byte at `index` is in its pattern: as kdma_pattern_position() in kmod/pattern.h."""
    return index + (seed >> 32 ^ 0x80000000) - 0x80000000 & U64_MAX


def pattern_word(seed: int, position: int) -> int:
    """The eight bytes around `position`: the same as kdma_pattern_word() in kmod/pattern.h."""
    seed &= U32_MAX
    if not seed:
        return 0
    value = (seed * 0x9E3779B97F4A7C15 + (position >> 3)) & U64_MAX
    value = value * 0xBF58476D1CE4E5B9 & U64_MAX
    value ^= value >> 29
    value = value * 0x94D049BB133111EB & U64_MAX
    return value ^ value >> 32


def pattern_byte(seed: int, index: int) -> int:
    """The byte at `index`."""
    position = pattern_position(seed, index)
    return pattern_word(seed, position) >> (position & 7) * 8 & 0xFF


@functools.lru_cache(maxsize=4096)
def pattern_bytes(seed: int, start: int, length: int) -> bytes:
    """The bytes from `start` on."""
    if not seed & U32_MAX:
        return bytes(length)
    first = pattern_position(seed, start)
    skipped = first & 7
    words = [
        pattern_word(seed, first - skipped + offset & U64_MAX)
        for offset in range(0, skipped + length, 8)
    ]
    return struct.pack(f"<{len(words)}Q", *words)[skipped : skipped + length]


class ProgramError(Exception):
    """A program that is written wrongly. The message says where and what."""


@dataclass(frozen=True)
class When:
    """Where something holds; a part left out does not matter."""

    names: frozenset[str] | None = None
    translates: bool | None = None
    bounces: bool | None = None
    lazy: bool | None = None

    def matches(self, environment: Environment) -> bool:
        """Does it hold in this environment?"""
        return (
            (self.names is None or environment.name in self.names)
            and self.translates in (None, environment.translates)
            and self.bounces in (None, environment.bounces)
            and self.lazy in (None, environment.lazy)
        )


def _slots_of(size: int) -> int:
    """Slots of a bounce buffer for `size` bytes at any offset, aligned to a page at worst."""
    return -(-size // BOUNCE_SLOT) + PAGE_SIZE // BOUNCE_SLOT


def _where(
    names: str | Iterable[str] | None, translates: bool | None, bounces: bool | None
) -> When:
    if isinstance(names, str):
        names = (names,)
    chosen = None if names is None else frozenset(names)
    unknown = sorted((chosen or frozenset()) - set(environments.names()))
    if unknown:
        raise ProgramError(f"there is no environment called {unknown[0]!r}")
    return When(chosen, translates, bounces)


@dataclass(frozen=True)
class Expected:
    """What a step should give.

    `status` None and values left out: nothing is stated, the native driver is
    the truth. `inexpressible`: drivers whose language cannot make this call.
    `excused`: drivers that did not make an earlier call this result needs.
    """

    status: Status | None = Status.OK
    values: Mapping[str, int] = field(default_factory=dict)
    inexpressible: frozenset[Driver] = frozenset()
    excused: frozenset[Driver] = frozenset()


AS_NATIVE = Expected(status=None)


@dataclass(frozen=True)
class Buffer:
    """Memory the core provides before the program runs."""

    number: int
    size: int
    kind: BufferKind


@dataclass(eq=False)
class Step:
    """One operation of a program, with what it should give.

    The step of a defining operation is also the handle of its slot.
    """

    operation: Operation
    number: int
    slot: int
    arguments: tuple[int, ...]
    line: int
    expectations: list[tuple[When, Expected]] = field(default_factory=list)
    inexpressible: dict[Driver, str] = field(default_factory=dict)
    after_inexpressible: bool = False

    def __getitem__(self, name: str) -> int:
        """The argument called `name`."""
        return self.arguments[self.operation.argument_index(name)]

    def get(self, name: str, otherwise: int) -> int:
        """The argument called `name`, or `otherwise` if the operation has none."""
        index = self.operation.positions.get(name)
        return otherwise if index is None else self.arguments[index]

    @property
    def function(self) -> str:
        """The function of the C ABI it calls, or the core's operation."""
        if self.operation.name == "refuse":
            return by_opcode()[self["function"]].function
        return self.operation.function

    @property
    def has_slot(self) -> bool:
        """Does it work on a slot?"""
        return self.operation.slot != "none"

    @property
    def memory_slot(self) -> int | None:
        """The slot whose coherent memory a memory operation touches, if it does."""
        memory = self.get("memory", 0)
        return memory & ~MEMORY_IS_SLOT if memory & MEMORY_IS_SLOT else None

    @property
    def memory_buffer(self) -> int | None:
        """The buffer that the step maps, fills or checks, if it does."""
        for argument, value in zip(self.operation.arguments, self.arguments, strict=True):
            if argument.type == "buffer" or (
                argument.type == "memory" and not value & MEMORY_IS_SLOT
            ):
                return value
        return None

    def expect(self, status: Status = Status.OK, **values: int) -> Step:
        """Expects this everywhere. Values that are not named are as native's."""
        return self._expect(When(), status, values)

    def expect_in(
        self, names: str | Iterable[str], status: Status = Status.OK, **values: int
    ) -> Step:
        """Expects this in the environments named; overrides what was said before."""
        return self._expect(_where(names, None, None), status, values)

    def expect_where(
        self,
        *,
        translates: bool | None = None,
        bounces: bool | None = None,
        status: Status = Status.OK,
        **values: int,
    ) -> Step:
        """Expects this in environments with these properties; overrides as well."""
        return self._expect(_where(None, translates, bounces), status, values)

    def same_as_native(
        self,
        names: str | Iterable[str] | None = None,
        *,
        translates: bool | None = None,
        bounces: bool | None = None,
    ) -> Step:
        """States nothing: here kernels differ, and the native driver is the truth."""
        self.expectations.append((_where(names, translates, bounces), AS_NATIVE))
        return self

    def inexpressible_in_safe_rust(self, reason: str) -> Step:
        """The safe Rust layer cannot make this call, and that is how it should be."""
        if not reason:
            raise ProgramError(f"{self}: say why safe Rust cannot make this call")
        self.inexpressible[Driver.RUST] = reason
        return self

    def needs_inexpressible(self) -> Step:
        """Its result hangs on an earlier step that safe Rust cannot make.

        Nothing is compared for a driver that did not make that call.
        """
        self.after_inexpressible = True
        return self

    def _expect(self, when: When, status: Status, values: dict[str, int]) -> Step:
        known = {value.name for value in self.operation.values}
        for name in values:
            if name not in known:
                raise ProgramError(
                    f"{self} gives no {name!r}; its values are: "
                    + (", ".join(sorted(known)) or "none")
                )
        if values and status != Status.OK:
            raise ProgramError(f"{self}: a call that fails gives no values")
        self.expectations.append((when, Expected(Status(status), values)))
        return self

    def stated(self, environment: Environment) -> Expected | None:
        """What was said about this step for this environment, last word first."""
        for when, expected in reversed(self.expectations):
            if when.matches(environment):
                return expected
        return None

    def default(self) -> Expected:
        """What holds when nothing was said."""
        if self.operation.name in ("memory_check", "device_check"):
            return Expected(Status.OK, {"differences": 0})
        return Expected()

    def __str__(self) -> str:
        parts = [f"slot {self.slot}"] if self.has_slot else []
        for argument, value in zip(self.operation.arguments, self.arguments, strict=True):
            parts.append(f"{argument.name}={_readable(argument.name, argument.type, value)}")
        return f"{self.operation.name}({', '.join(parts)})"


def _readable(name: str, kind: str, value: int) -> str:
    if kind == "direction" and value in list(Direction):
        return Direction(value).name
    if kind == "attributes":
        return _flags(Attribute, value)
    if kind == "flags":
        return _flags(Flag, value)
    if kind == "memory" and value & MEMORY_IS_SLOT:
        return f"slot {value & ~MEMORY_IS_SLOT}"
    if name == "seed" and value >> 32:
        shift = (value >> 32 ^ 0x80000000) - 0x80000000
        return f"{value & U32_MAX}{shift:+}"
    if name == "mask":
        return f"{value:#x}"
    return str(value)


def _flags(kind: type[IntFlag], value: int) -> str:
    names = [str(bit.name) for bit in kind if value & bit]
    rest = value & ~sum(kind)
    if rest or not names:
        names.append(f"{rest:#x}")
    return "|".join(names)


@dataclass(frozen=True)
class LogLine:
    """A kernel log line that a run gives (`required`) or may give."""

    pattern: str
    when: When
    required: bool


@dataclass(frozen=True, eq=False)
class Program:
    """A program, checked and ready to be encoded.

    `where` is the file and line of its function. `only` says where it runs,
    and why not elsewhere.
    """

    name: str
    family: str
    where: str
    target: Target
    buffers: tuple[Buffer, ...]
    slot_count: int
    steps: tuple[Step, ...]
    log: tuple[LogLine, ...] = ()
    dma_debug: tuple[LogLine, ...] = ()
    leftover: int = 0
    only: tuple[tuple[When, str], ...] = ()

    def runs_in(self, environment: Environment) -> bool:
        """Is it meant for this environment?"""
        return not self.why_not_in(environment)

    def why_not_in(self, environment: Environment) -> str:
        """Why it is not meant for this environment; empty if it is."""
        for when, reason in self.only:
            if not when.matches(self.seen_from(environment)):
                return reason
        if self.widest_mask >> environment.device_bits:
            return "it sets a mask that the device cannot drive"
        made_for_it = any(environment.name in (when.names or ()) for when, _ in self.only)
        if environment.untrusted and not made_for_it:
            return "what is not trusted has programs of its own"
        if environment.bounce_slots is not None and not made_for_it:
            needed = self.bounce_slots
            if needed > environment.bounce_slots // 2:
                return "it needs more bounce buffers than there are"
        return ""

    @property
    def calls(self) -> tuple[str, ...]:
        """The functions of the ABI that it calls, in that order."""
        return tuple(step.function for step in self.steps if not step.operation.is_core)

    @property
    def widest_mask(self) -> int:
        """The widest mask it sets; 0: none."""
        setters = ("set_coherent_mask", "set_mask", "set_mask_and_coherent")
        return max(
            (step["mask"] for step in self.steps if step.operation.name in setters),
            default=0,
        )

    @property
    def bounce_slots(self) -> int:
        """Slots of 2 KiB that its mappings need at once if all are bounced, at most."""
        held: dict[int, int] = {}
        lists: dict[int, int] = {}
        most = 0
        for step in self.steps:
            name = step.operation.name
            if name == "sg_alloc":
                lists[step.slot] = 0
            elif name == "sg_add":
                lists[step.slot] = lists.get(step.slot, 0) + _slots_of(step["size"])
            elif name in ("map_sg_attrs", "map_sgtable"):
                held[step.slot] = lists.get(step.slot, 0)
            elif name.startswith("map_"):
                held[step.slot] = _slots_of(step["size"])
            elif name.startswith("unmap_"):
                held.pop(step.slot, None)
            most = max(most, sum(held.values()))
        return most

    @property
    def file(self) -> str:
        """The file it is written in."""
        return self.where.rpartition(":")[0]

    def seen_from(self, environment: Environment) -> Environment:
        """The environment as the program's device sees it.

        No IOMMU is in front of the platform devices.
        """
        if self.target != Target.EDU:
            above = environment.above_4g and environment.has_memory_above_4g
            return replace(environment, translates=False, above_4g=above)
        return environment


class Builder:
    """Writes one program, step by step.

    Each operation of the table is a method; calling it appends a step and
    returns it. Its one positional argument is what it works on: a slot (the
    step that defined it), a buffer, or memory (a buffer or the step that
    allocated coherent memory). Left out, arguments are:

    - `offset`, `device_offset`, `attributes`, `flags`: 0
    - `size`, `direction`, `attributes` of an operation on a slot: as defined,
      or as the list in it was last mapped
    - `iova_offset`, `size`, `direction`, `attributes` of an operation on a range of
      IOVAs: as was last linked; `linked`: up to the end of that
    - `length` of a memory operation: to the end of the memory
    - `slot` of a defining operation: a new one; pass an old step to use its
      slot again
    """

    def __init__(self, name: str = "") -> None:
        self._name = name
        self._target = Target.EDU
        self._buffers: list[Buffer] = []
        self._steps: list[Step] = []
        self._slots = 0
        self._defined: dict[int, Step] = {}
        self._mapped: dict[int, Step] = {}
        self._linked: dict[int, Step] = {}
        self._needed = Attribute(0)
        self._log: list[LogLine] = []
        self._dma_debug: list[LogLine] = []
        self._leftover = 0
        self._only: list[tuple[When, str]] = []

    def buffer(self, size: int, kind: BufferKind = BufferKind.PAGES) -> Buffer:
        """Memory of page-aligned, physically contiguous pages, zeroed."""
        buffer = Buffer(len(self._buffers), size, kind)
        self._buffers.append(buffer)
        return buffer

    def slab_buffer(self, size: int) -> Buffer:
        """Memory of kmalloc(), as aligned as that makes it, zeroed."""
        return self.buffer(size, BufferKind.SLAB)

    def mmio(self, size: int) -> Buffer:
        """Memory of another PCI device: page-aligned, zeroed, without pages."""
        return self.buffer(size, BufferKind.MMIO)

    def reserved(self, size: int) -> Buffer:
        """Memory in pages, zeroed, that the kernel is told not to manage: no RAM to it."""
        return self.buffer(size, BufferKind.RESERVED)

    def target_platform(self) -> None:
        """Runs on the platform device, which has no hardware, instead of edu."""
        self._target = Target.PLATFORM

    def target_no_parameters(self) -> None:
        """Runs on a platform device to which its bus gave no DMA parameters."""
        self._target = Target.NO_PARAMETERS

    def needs_attribute(self, attributes: Attribute) -> None:
        """Steps with these attributes expect KDMA_ENOTSUPP on kernels that lack them.

        Asks the kernel for its attributes at this point. What follows from a
        call that was not made (its slot holds nothing, checks see other
        bytes) is expected accordingly.
        """
        self._needed |= attributes
        if not any(step.operation.name == "abi_attributes" for step in self._steps):
            self.add(by_name()["abi_attributes"], (), {}, _line()).same_as_native()

    def expect_log(
        self,
        pattern: str,
        names: str | Iterable[str] | None = None,
        *,
        translates: bool | None = None,
        bounces: bool | None = None,
    ) -> None:
        """Each driver's run must give a kernel log line that matches."""
        self._log.append(LogLine(pattern, _where(names, translates, bounces), required=True))

    def allow_log(
        self,
        pattern: str,
        names: str | Iterable[str] | None = None,
        *,
        translates: bool | None = None,
        bounces: bool | None = None,
    ) -> None:
        """A run may give kernel log lines that match (warnings that come once)."""
        self._log.append(LogLine(pattern, _where(names, translates, bounces), required=False))

    def allow_dma_debug(
        self,
        pattern: str,
        names: str | Iterable[str] | None = None,
        *,
        translates: bool | None = None,
        bounces: bool | None = None,
    ) -> None:
        """dma-debug may count errors whose DMA-API line matches, where there is dma-debug."""
        line = LogLine(rf"DMA-API: .*{pattern}", _where(names, translates, bounces), required=False)
        if line not in self._dma_debug:
            self._dma_debug.append(line)

    def expect_leftover(self, slots: int) -> None:
        """This many slots still hold something at the end; the driver releases them."""
        self._leftover = slots

    def only_in(self, names: str | Iterable[str], *, reason: str) -> None:
        """Runs in these environments only."""
        self._only.append((_where(names, None, None), reason))

    def only_where(
        self,
        *,
        reason: str,
        translates: bool | None = None,
        bounces: bool | None = None,
        lazy: bool | None = None,
    ) -> None:
        """Runs in environments with these properties only."""
        self._only.append((When(None, translates, bounces, lazy), reason))

    def __getattr__(self, name: str) -> Callable[..., Step]:
        """The method of the operation called `name`."""
        operation = by_name().get(name)
        if operation is None:
            raise AttributeError(f"there is no operation called {name!r}")

        def method(*subjects: Step | Buffer, **arguments: Any) -> Step:
            return self.add(operation, subjects, arguments, _line())

        return method

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *by_name()]

    def add(
        self,
        operation: Operation,
        subjects: Sequence[Step | Buffer],
        given: Mapping[str, Any],
        line: int,
    ) -> Step:
        """Appends a step. The methods of the operations call it."""
        remaining = dict(given)
        slot = self._take_slot(operation, list(subjects), remaining)
        values: list[int] = []
        for argument in operation.arguments:
            if argument.type in ("buffer", "coherent", "memory", "pool"):
                # A list's slot comes first, then the buffer that is added to it.
                own = subjects[1:] if operation.slot == "use" else subjects
                value: Any = own[0] if own else remaining.pop(argument.name, None)
                values.append(self._memory_number(operation, argument.name, value))
                continue
            if argument.name in remaining:
                value = remaining.pop(argument.name)
            else:
                value = self._left_out(operation, argument.name, slot, values)
            values.append(_checked(operation, argument.name, argument.type, value))
        if remaining:
            known = [argument.name for argument in operation.arguments]
            raise ProgramError(
                f"{operation.name} has no argument {next(iter(remaining))!r}; "
                f"it has: {', '.join(known) or 'none'}"
            )
        step = Step(operation, len(self._steps), slot, tuple(values), line)
        self._steps.append(step)
        if operation.slot == "define":
            self._defined[slot] = step
        elif operation.name in MAPS_OF_LISTS:
            self._mapped[slot] = step
        elif operation.name == "iova_link":
            self._linked[slot] = step
        if operation.name in _RECORDED_AS_MAPPINGS:
            self.allow_dma_debug(r"failed to check map error.*\[mapped as single\]")
        return step

    def _take_slot(
        self, operation: Operation, subjects: list[Step | Buffer], given: dict[str, Any]
    ) -> int:
        takes_memory = any(
            a.type in ("buffer", "coherent", "memory", "pool") for a in operation.arguments
        )
        takes_slot = operation.slot in ("use", "release")
        allowed = int(takes_memory) + int(takes_slot)
        if len(subjects) > allowed:
            words = ("only names", "one positional argument", "two positional arguments")
            raise ProgramError(
                f"{operation.name} takes {words[allowed]}, not {len(subjects)} positional"
            )
        if operation.slot == "define":
            if "slot" not in given:
                self._slots += 1
                return self._slots - 1
            reused = given.pop("slot")
            if not isinstance(reused, Step) or reused.operation.slot != "define":
                raise ProgramError(f"{operation.name}: slot is the step that used it before")
            return reused.slot
        if not takes_slot:
            return 0
        subject = subjects[0] if subjects else given.pop("slot", None)
        if not isinstance(subject, Step) or subject.operation.slot != "define":
            raise ProgramError(
                f"{operation.name} works on a slot: pass the step that defined it, "
                f"not {type(subject).__name__}"
            )
        return subject.slot

    def _memory_number(self, operation: Operation, name: str, value: object) -> int:
        if isinstance(value, Buffer):
            if value.number >= len(self._buffers) or self._buffers[value.number] is not value:
                raise ProgramError(f"{operation.name}: this buffer belongs to another program")
            return value.number
        if name == "pool":
            if isinstance(value, Step) and value.operation.name in POOL_MAKERS:
                return value.slot
            raise ProgramError(f"{operation.name} takes from a pool: pass it, not {value!r}")
        if name == "coherent":
            if isinstance(value, Step) and value.operation.family == "coherent":
                return value.slot
            raise ProgramError(f"{operation.name} lists coherent memory: pass it, not {value!r}")
        if name == "memory" and isinstance(value, Step):
            if value.operation.allocates:
                return value.slot | MEMORY_IS_SLOT
            raise ProgramError(f"{operation.name}: {value} allocates no memory")
        raise ProgramError(f"{operation.name} works on {name}: pass it, not {value!r}")

    def _left_out(self, operation: Operation, name: str, slot: int, so_far: list[int]) -> object:
        defined = self._defined.get(slot)
        if operation.name in USES_OF_LISTS and not _is_of_pieces(defined):
            defined = self._mapped.get(slot)
            if operation.name in MAPS_OF_LISTS or name == "size":
                defined = None
        if name in ("offset", "device_offset", "physical_address"):
            return 0
        link = self._linked.get(slot)
        if operation.family == "iova" and operation.name != "iova_link" and link is not None:
            if name == "linked":
                return link["iova_offset"] + link["size"]
            if name in ("attributes", "direction", "iova_offset", "size"):
                return link[name]
        if name == "iova_offset":
            return 0
        if operation.arguments and operation.arguments[0].type == "coherent":
            listed = self._defined[so_far[0]]
            return listed["size"] if name == "size" else listed.get(name, 0)
        if operation.slot in ("use", "release") and defined is not None:
            if name in ("size", "direction"):
                return defined[name]
            if name == "attributes":
                return defined.get(name, 0)
        if name in ("attributes", "flags"):
            return 0
        if name == "length" and operation.arguments[0].type == "memory":
            memory, offset = so_far[:2]
            size = (
                self._size(self._defined[memory & ~MEMORY_IS_SLOT])
                if memory & MEMORY_IS_SLOT
                else self._buffers[memory].size
            )
            return size - offset
        raise ProgramError(f"{operation.name} needs {name}=")

    def _size(self, defined: Step) -> int:
        """Bytes in what a step defined; memory of a pool is as large as all of it."""
        pool = defined.get("pool", -1)
        return defined["size"] if pool < 0 else self._defined[pool]["size"]

    def build(self, family: str = "", where: str = "") -> Program:
        """The program, checked. Raises ProgramError."""
        wanted = Attribute(0)
        for step in self._steps:
            wanted |= Attribute(step.get("attributes", 0) & _taken_attributes(step.operation))
        unsaid = wanted & ATTRS_SOME_KERNELS_LACK & ~self._needed
        if unsaid:
            raise ProgramError(
                f"some kernels lack {_flags(Attribute, unsaid)}: say p.needs_attribute() first"
            )
        program = Program(
            name=self._name,
            family=family,
            where=where,
            target=self._target,
            buffers=tuple(self._buffers),
            slot_count=self._slots,
            steps=tuple(self._steps),
            log=tuple(self._log),
            dma_debug=tuple(self._dma_debug),
            leftover=self._leftover,
            only=tuple(self._only),
        )
        validate(program)
        return program


def _is_of_pieces(defined: Step | None) -> bool:
    return defined is not None and defined.operation.name == "alloc_noncontiguous"


def _line() -> int:
    """The line of the program's function that called a method of the Builder."""
    return sys._getframe(2).f_lineno


def _checked(operation: Operation, name: str, kind: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ProgramError(f"{operation.name}: {name} is a number, not {value!r}")
    limit = U64_MAX if kind in ("attributes", "u64") else U32_MAX
    if not 0 <= value <= limit:
        raise ProgramError(f"{operation.name}: {name}={value:#x} does not fit into a {kind}")
    return int(value)


def _taken_attributes(operation: Operation) -> int:
    """The attributes that an operation's function takes."""
    if operation.family == "iova" or operation.name in ("map_phys", "unmap_phys"):
        return ATTRS_OF_PHYS
    if operation.family == "noncontiguous":
        return ATTRS_OF_NONCONTIGUOUS
    if operation.family in ("coherent", "managed", "sgtable"):
        return ATTRS_OF_ALLOCATIONS
    return ATTRS_OF_MAPPINGS


def is_no_ram(buffers: Sequence[Buffer], step: Step) -> bool:
    """Is the buffer that a step takes no RAM?"""
    number = step.memory_buffer
    return number is not None and number < len(buffers) and buffers[number].kind in NO_RAM


def refused_by_abi(buffers: Sequence[Buffer], step: Step) -> bool:
    """Will the ABI itself refuse this step, so that its slot stays as it is?"""
    if step.operation.name == "map_resource" and not is_no_ram(buffers, step):
        return True
    return (
        step.get("size", 1) == 0
        or not TO_DEVICE <= step.get("direction", TO_DEVICE) <= BIDIRECTIONAL
        or bool(step.get("attributes", 0) & ~_taken_attributes(step.operation))
    )


@functools.cache
def _handles() -> frozenset[int]:
    """Opcodes that define what the ABI alone knows to be gone."""
    return frozenset(
        by_name()[name].opcode
        for name in (
            "alloc_noncontiguous",
            "iova_try_alloc",
            *_MANAGED_MEMORY,
            "pool_create",
            "sg_alloc",
        )
    )


@functools.cache
def _coherent() -> frozenset[int]:
    """Opcodes that define coherent memory, managed or not."""
    return frozenset(
        by_name()[name].opcode for name in ("alloc_attrs", "alloc_coherent", *_MANAGED_MEMORY)
    )


@dataclass
class _Slot:
    """What the checks know of a slot."""

    opcode: int = 0
    size: int = 0
    direction: int = 0
    attributes: int = 0
    live: bool = False
    was_live: bool = False
    lent: bool = False


def validate(program: Program) -> None:
    """Raises ProgramError unless the guest's loader accepts the program.

    The rules, the same as in kmod/loader.c (a test compares the two):

    1. at most MAX_BUFFERS buffers, MAX_SLOTS slots, and 1 to MAX_OPERATIONS
       operations; a buffer has 1 to MAX_BUFFER_SIZE bytes and a known kind; those
       of MMIO, in whole pages, have MMIO_SIZE bytes together
    2. opcodes are known; unused arguments are zero; arguments of 32 bits fit;
       an operation without a slot has slot 0, the others one below slot_count
    3. a step is *refused by the ABI* when its size is 0, its direction is not
       1 to 3, it has an attribute that its function does not take, or it maps
       RAM as a resource; it leaves its slot as it is
    4. a define needs a slot that holds nothing; buffer, offset and size lie
       within the buffer; one that is no RAM is for map_resource, and for map_phys and
       iova_link with the attribute MMIO; unless refused, the slot then holds something, even
       if the call may fail in the guest. Memory of a pool needs a slot with a
       pool, and has its size. A list of coherent memory needs a slot with that,
       and unless refused has no more than its size and exactly its attributes
    5. a release needs a slot that holds something, defined by the operation it
       pairs with; unless refused, size and direction are as defined, and
       attributes too, KDMA_ATTR_SKIP_CPU_SYNC aside; the slot is empty then,
       but for a scatterlist, which is not freed while it is mapped, a pool,
       which stays while memory of it is out, and memory in pieces, while the CPU
       has an address for it, and a range of IOVAs, while something is linked:
       only the guest knows, so their slots are never used again; nor are those of
       managed memory, which may be freed (or not) as often as one likes, as may
       coherent memory that is not managed. Memory that there was a list of is not
       released, for only the guest knows whether the list is mapped
    6. a use needs a slot that holds something; offset and size lie within it.
       A scatterlist is used by its own operations and they use nothing else,
       but for the syncs of a table, which memory in pieces takes besides vmap; so
       is a range of IOVAs, wherever in it; a pool and managed memory are not used
       at all;
       what is added to it lies within the buffer, and counts to its size
    7. memory operations stay within the buffer, or within the memory of a slot
       that holds something
    8. device_read and device_write need a slot that holds or held something,
       stay within its size and within the device's memory, and move at least
       one byte; device_fill and device_check stay within the device's memory

    The words of a memory argument are only certain in the guest (the slot may
    hold a mapping, or nothing after a failure); the core looks again and
    answers KDMA_EINVAL.
    """
    try:
        _validate(program)
    except ProgramError as error:
        raise ProgramError(f"{program.where}: {program.name!r}: {error}") from None


def _validate(program: Program) -> None:
    for count, limit, what in (
        (len(program.buffers), MAX_BUFFERS, "buffers"),
        (program.slot_count, MAX_SLOTS, "slots"),
        (len(program.steps), MAX_OPERATIONS, "operations"),
    ):
        if count > limit:
            raise ProgramError(f"{count} {what}; at most {limit}")
    if not program.steps:
        raise ProgramError("it does nothing")
    for buffer in program.buffers:
        if not 1 <= buffer.size <= MAX_BUFFER_SIZE:
            raise ProgramError(f"a buffer of {buffer.size} bytes; 1 to {MAX_BUFFER_SIZE}")
    mmio = sum(
        -(-buffer.size // MMIO_PAGE) * MMIO_PAGE
        for buffer in program.buffers
        if buffer.kind == BufferKind.MMIO
    )
    if mmio > MMIO_SIZE:
        raise ProgramError(f"{mmio} bytes of another device's memory; it has {MMIO_SIZE}")
    slots = Slots(program)
    for step in program.steps:
        try:
            slots.check(step)
        except ProgramError as error:
            raise ProgramError(f"operation {step.number}, {step}: {error}") from None


class Slots:
    """What the checks know of a program's slots, step by step."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._slots = [_Slot() for _ in range(program.slot_count)]

    def check(self, step: Step) -> None:
        """Takes the next step in. ProgramError, and nothing changed, if the loader refuses it."""
        _validate_step(self._program, self._slots, step)

    def accepts(self, step: Step) -> bool:
        """Would check() take it? Changes nothing."""
        saved = list(map(replace, self._slots))
        try:
            self.check(step)
        except ProgramError:
            return False
        finally:
            self._slots = saved
        return True

    def is_free(self, slot: int) -> bool:
        """May the next step define it?"""
        return not self._slots[slot].live


def _fits(offset: int, size: int, limit: int, what: str) -> None:
    if offset + size > limit:
        raise ProgramError(f"{size} bytes at {offset} reach beyond {what} of {limit} bytes")


def _validate_step(program: Program, slots: list[_Slot], step: Step) -> None:
    operation = step.operation
    for argument, value in zip(operation.arguments, step.arguments, strict=True):
        _checked(operation, argument.name, argument.type, value)
    if step.has_slot:
        if not 0 <= step.slot < program.slot_count:
            raise ProgramError(f"there is no slot {step.slot}")
    elif step.slot:
        raise ProgramError("it has no slot")
    if operation.is_core:
        _validate_core(program, slots, step)
        return
    if operation.slot == "none":
        return
    slot = slots[step.slot]
    if operation.slot == "define":
        _validate_define(program, slots, step)
    elif not slot.live:
        raise ProgramError("its slot holds nothing")
    elif operation.slot == "release":
        _validate_release(slot, step)
    elif (operation.name in USES_OF_IOVA) != (slot.opcode == by_name()["iova_try_alloc"].opcode):
        raise ProgramError("only operations on ranges of IOVAs use one, and nothing else")
    elif operation.name in USES_OF_IOVA:
        if step.memory_buffer is not None:
            _validate_buffer(program, step)
    elif slot.opcode == by_name()["alloc_noncontiguous"].opcode:
        if operation.name not in USES_OF_PIECES:
            raise ProgramError("its slot holds memory in pieces")
    elif operation.name in USES_OF_PIECES[:2]:
        raise ProgramError("its slot holds no memory in pieces")
    elif (operation.name in USES_OF_LISTS) != (slot.opcode == by_name()["sg_alloc"].opcode):
        raise ProgramError("only operations on lists use a scatterlist, and nothing else")
    elif operation.name in USES_OF_LISTS:
        if step.memory_buffer is not None:
            _validate_buffer(program, step)
            slot.size += step["size"]
    else:
        if slot.opcode in _handles():
            raise ProgramError("its slot holds a pool or what is managed")
        _fits(step.get("offset", 0), step.get("size", 0), slot.size, "a mapping")


def _validate_buffer(program: Program, step: Step) -> None:
    number = step.memory_buffer
    if number is None or number >= len(program.buffers):
        raise ProgramError(f"there is no buffer {number}")
    _fits(step["offset"], step["size"], program.buffers[number].size, "a buffer")
    if is_no_ram(program.buffers, step) and not (
        step.operation.name == "map_resource"
        or (
            step.operation.name in ("iova_link", "map_phys") and step["attributes"] & Attribute.MMIO
        )
    ):
        raise ProgramError("its buffer is no RAM")


def _validate_define(program: Program, slots: list[_Slot], step: Step) -> None:
    slot = slots[step.slot]
    size = step.get("size", 0)
    if slot.live:
        raise ProgramError("its slot holds something already")
    if "pool" in (argument.name for argument in step.operation.arguments):
        number = step["pool"]
        if number >= len(slots):
            raise ProgramError(f"there is no slot {number}")
        pool = slots[number]
        if not pool.live or pool.opcode != by_name()["pool_create"].opcode:
            raise ProgramError(f"slot {number} holds no pool")
        size = pool.size
    if step.operation.family == "sgtable":
        _validate_coherent(slots, step)
    if step.memory_buffer is not None:
        _validate_buffer(program, step)
    if refused_by_abi(program.buffers, step):
        return
    slot.opcode = by_name()[step.operation.defines_as].opcode
    slot.size = size
    slot.direction = step.get("direction", 0)
    slot.attributes = step.get("attributes", 0)
    slot.live = slot.was_live = True
    slot.lent = False


def _validate_coherent(slots: list[_Slot], step: Step) -> None:
    number = step["coherent"]
    if number >= len(slots):
        raise ProgramError(f"there is no slot {number}")
    memory = slots[number]
    if not memory.live or memory.opcode not in _coherent() - _handles():
        raise ProgramError(f"slot {number} holds no coherent memory")
    if refused_by_abi((), step):
        return
    if step["size"] > memory.size or step.get("attributes", 0) != memory.attributes:
        raise ProgramError(f"the memory in slot {number} was not allocated like this")
    memory.lent = True


def _validate_release(slot: _Slot, step: Step) -> None:
    if step.operation.name == "managed_free_coherent" and slot.opcode in _coherent():
        return
    if slot.lent:
        raise ProgramError("there is a list of its slot's memory")
    if by_name()[step.operation.pairs].opcode != slot.opcode:
        raise ProgramError("its slot was defined by another kind of operation")
    if refused_by_abi((), step) or step.operation.family == "iova":
        return
    for name, defined in (("size", slot.size), ("direction", slot.direction)):
        if step.get(name, defined) != defined:
            raise ProgramError(f"{name} is not as defined ({defined})")
    skip = int(Attribute.SKIP_CPU_SYNC)
    if step.get("attributes", slot.attributes) | skip != slot.attributes | skip:
        raise ProgramError("its attributes are not as defined")
    slot.live = slot.opcode in _handles()


def _validate_core(program: Program, slots: list[_Slot], step: Step) -> None:
    name = step.operation.name
    if name in ("memory_fill", "memory_check"):
        if step.memory_slot is not None:
            if step.memory_slot >= program.slot_count or not slots[step.memory_slot].live:
                raise ProgramError("its slot holds nothing")
            size = slots[step.memory_slot].size
        elif step["memory"] >= len(program.buffers):
            raise ProgramError(f"there is no buffer {step['memory']}")
        else:
            size = program.buffers[step["memory"]].size
        _fits(step["offset"], step["length"], size, "memory")
    elif name in ("device_read", "device_write"):
        if not slots[step.slot].was_live:
            raise ProgramError("its slot never held anything")
        if not step["length"]:
            raise ProgramError("the device moves at least one byte")
        _fits(step["offset"], step["length"], slots[step.slot].size, "a mapping")
        _fits(step["device_offset"], step["length"], EDU_MEMORY_SIZE, "the device's memory")
    elif name in ("device_fill", "device_check"):
        _fits(step["device_offset"], step["length"], EDU_MEMORY_SIZE, "the device's memory")


@functools.cache
def _table_checksum() -> int:
    return checksum(operations())


def encode(program: Program, number: int) -> bytes:
    """The bytes of kmod/program.h. `number` comes back in the traces."""
    body = b"".join(BUFFER.pack(buffer.size, buffer.kind) for buffer in program.buffers)
    body += b"".join(
        OPERATION.pack(
            step.operation.opcode, 0, step.slot, *(*step.arguments, 0, 0, 0, 0, 0, 0, 0)[:7]
        )
        for step in program.steps
    )
    header = HEADER.pack(
        PROGRAM_MAGIC,
        PROGRAM_VERSION,
        HEADER.size + len(body),
        0,
        number,
        program.target,
        len(program.buffers),
        program.slot_count,
        len(program.steps),
        _table_checksum(),
    )
    data = bytearray(header + body)
    struct.pack_into("<I", data, CHECKSUM_OFFSET, zlib.crc32(data))
    return bytes(data)


def needs_mapped_list(step: Step) -> bool:
    """Does it make sense only while the list in its slot is mapped?"""
    name = step.operation.name
    return name in ("device_read", "device_write") or (
        name in USES_OF_LISTS and name not in MAPS_OF_LISTS and name != "sg_add"
    )


#: Operations after which the next one fails; its slot stays as it is.
MAKE_FAIL = ("iommu_fails", "kernel_fails", "memory_runs_out")


def expected_results(
    program: Program,
    environment: Environment,
    native: Sequence[tuple[int, Sequence[int]]] | None = None,
) -> list[Expected]:
    """What each step should give in this environment.

    `native` are status and values the native driver saw. They decide where the
    program leaves the answer to the kernel: which attributes it has, and what
    a slot holds after a define that states nothing.

    A list whose mapping fails stays as it was: what needs a mapped list expects
    KDMA_EINVAL then.

    A slot whose define fails holds nothing: later steps on it expect
    KDMA_EINVAL, and mapping_error expects KDMA_EMAPPING, unless they say
    otherwise themselves. Safe Rust has no object then to make the call with.
    """
    environment = program.seen_from(environment)
    lacks = 0
    failed: set[int] = set()
    unplanned: set[int] = set()
    mapped: set[int] = set()
    unmapped: set[int] = set()
    not_made: frozenset[Driver] = frozenset()
    fails = nothing_fails = False
    results = []
    for step in program.steps:
        expected = step.stated(environment)
        seen = native[step.number] if native is not None else None
        if step.operation.name == "abi_attributes" and seen is not None:
            lacks = ~seen[1][0]
        slot = step.slot if step.has_slot else step.memory_slot
        inexpressible = frozenset(step.inexpressible)
        holds_nothing = slot in failed and step.operation.slot != "define"
        if holds_nothing or (slot in unmapped and needs_mapped_list(step)):
            if not step.operation.is_core:
                inexpressible |= {Driver.RUST}
            if expected is None or slot in unplanned:
                expected = Expected(_of_nothing(program, step))
        elif step.get("attributes", 0) & lacks and not refused_by_abi(program.buffers, step):
            expected = Expected(Status.ENOTSUPP)
        elif unplanned and step.operation.name in ("memory_check", "device_check"):
            expected = AS_NATIVE
        elif step.operation.name in MAKE_FAIL and seen is not None:
            # Where nothing can be made to fail, what follows is as native's.
            nothing_fails |= seen[0] == Status.ENOTSUPP
        elif fails and seen is not None and seen[0] == Status.ENOTSUPP:
            # What a kernel lacks cannot fail.
            expected = AS_NATIVE
        fails = step.operation.name in MAKE_FAIL
        if nothing_fails:
            expected = AS_NATIVE
        if expected is None:
            expected = step.default()
        if step.operation.slot == "define":
            # What native saw may be no status at all; that is a finding, not an end.
            status: int | None = expected.status
            if status is None and seen is not None:
                status = seen[0]
            failed.discard(step.slot)
            if status not in (None, Status.OK):
                failed.add(step.slot)
                if expected.status in (None, Status.ENOTSUPP):
                    unplanned.add(step.slot)
        elif step.operation.name in MAPS_OF_LISTS and step.slot not in failed:
            status = expected.status
            if status is None and seen is not None:
                status = seen[0]
            if status in (None, Status.OK):
                mapped.add(step.slot)
                unmapped.discard(step.slot)
            elif step.slot not in mapped:
                unmapped.add(step.slot)
                if expected.status in (None, Status.ENOTSUPP):
                    unplanned.add(step.slot)
        elif step.operation.name in MAPS_OF_LISTS.values() and expected.status == Status.OK:
            mapped.discard(step.slot)
        excused = not_made if step.after_inexpressible else frozenset[Driver]()
        if inexpressible or excused:
            expected = replace(expected, inexpressible=inexpressible, excused=excused)
        results.append(expected)
        not_made |= frozenset(step.inexpressible)
    return results


def _of_nothing(program: Program, step: Step) -> Status:
    """What a step gives on a slot that holds nothing."""
    if step.operation.name.startswith("device_") and program.target != Target.EDU:
        # The core asks for a device that transfers before it looks at the slot.
        return Status.ENOTSUPP
    return Status.EMAPPING if step.operation.name == "mapping_error" else Status.EINVAL


def not_given(program: Program, environment: Environment, native: Sequence[int]) -> frozenset[int]:
    """Slots that hold nothing at the end because the kernel did not give it.

    That is where a program leaves it to the kernel whether a define succeeds; the
    statuses that the native driver saw say so.
    """
    environment = program.seen_from(environment)
    slots: set[int] = set()
    for step, status in zip(program.steps, native, strict=True):
        if step.operation.slot not in ("define", "release"):
            continue
        slots.discard(step.slot)
        stated = step.stated(environment)
        if step.operation.slot == "define" and status and stated and stated.status is None:
            slots.add(step.slot)
    return frozenset(slots)


@dataclass(frozen=True)
class ProgramFunction:
    """A function that writes a program, and the cases it writes it for."""

    function: Callable[..., None]
    title: str
    cases: tuple[tuple[tuple[str, str, Any], ...], ...]
    line: int

    def programs(self, file: str) -> Iterator[Program]:
        """Its programs, one for each case. `file` is shown to people. ProgramError if wrong."""
        where = f"{file}:{self.line}"
        for case in self.cases:
            try:
                name = self.title.format(**{key: word for key, word, _ in case})
            except (KeyError, IndexError, ValueError) as error:
                raise ProgramError(f"{where}: {self.title!r} does not format: {error!r}") from None
            if not re.fullmatch(r"[\w ,.;:+=()/-]+", name) or "::" in name:
                raise ProgramError(
                    f"{where}: {name!r}: a name is a sentence of words, numbers "
                    "and , . ; : + = ( ) / -"
                )
            builder = Builder(name)
            try:
                self.function(builder, **{key: value for key, _, value in case})
            except ProgramError as error:
                raise ProgramError(f"{where}: {name!r}: {error}") from None
            yield builder.build(family=Path(file).stem, where=where)


def program(
    title: str, *, cases: Iterable[Mapping[str, Any]] | None = None, **parameters: Any
) -> Callable[[Callable[..., None]], ProgramFunction]:
    """Makes programs of a function, one for each combination of its parameters.

    `title` is a sentence; {name} in it becomes the parameter's value. A
    parameter is a list of values, or a dict from the words in the title to
    values. `cases` lists combinations instead, each a dict.
    """
    if cases is not None and parameters:
        raise ProgramError(f"{title!r}: either cases or parameters")

    def alternatives(key: str, values: Any) -> list[tuple[str, str, Any]]:
        if isinstance(values, Mapping):
            return [(key, str(word), value) for word, value in values.items()]
        return [(key, str(value), value) for value in values]

    if cases is not None:
        listed = tuple(
            tuple((key, str(value), value) for key, value in case.items()) for case in cases
        )
    else:
        listed = tuple(
            itertools.product(*(alternatives(key, values) for key, values in parameters.items()))
        )

    def decorate(function: Callable[..., None]) -> ProgramFunction:
        return ProgramFunction(function, title, listed, function.__code__.co_firstlineno)

    return decorate


def load(path: Path, shown: str) -> list[Program]:
    """All programs of a file, in the order in which they are written.

    Raises KdmaError (harness) when the file or one of its programs is wrong,
    or two have the same name.
    """
    namespace: dict[str, Any] = {"__name__": f"kdma_programs_{path.stem}", "__file__": str(path)}
    try:
        exec(compile(path.read_text(), str(path), "exec"), namespace)
        functions = [v for v in namespace.values() if isinstance(v, ProgramFunction)]
        programs = [made for function in functions for made in function.programs(shown)]
    except Exception as error:
        raise KdmaError(
            f"a program is written wrongly: {error}",
            where=shown,
            expected="a program that the guest's loader accepts",
            actual=type(error).__name__,
            next="mend it; docs/programs.md explains the words",
            finding_class=FindingClass.HARNESS,
            identity=("programs", shown),
        ) from error
    seen: dict[str, Program] = {}
    for made in programs:
        if made.name in seen:
            raise KdmaError(
                f"two programs are called {made.name!r}",
                where=f"{made.where}, {seen[made.name].where}",
                next="give them different names",
                finding_class=FindingClass.HARNESS,
                identity=("programs", shown, made.name),
            )
        seen[made.name] = made
    return programs


def load_all() -> list[Program]:
    """All programs of tests/behaviour, file by file."""
    folder = PROJECT / "tests/behaviour"
    return [
        made
        for path in sorted(folder.glob("*.py"))
        for made in load(path, str(path.relative_to(PROJECT)))
    ]
