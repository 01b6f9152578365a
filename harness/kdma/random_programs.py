# SPDX-License-Identifier: GPL-2.0
"""Random programs for `kdma fuzz`, each made from a seed and its number alone.

Four kinds: valid ones keep to every rule, with types and states that fit;
hostile ones break rules that the ABI has to hold (sizes, directions, flags,
attributes, the state of lists, pools and memory in pieces), and pass the
loader; refused ones do something that the loader refuses; broken ones are
bytes of the others, changed, most of them with a right checksum, so that what
is behind it is reached.

What may be sent is bounded by tame(): a guest that runs out of memory, or that
waits for its device all day, says nothing about the code under test.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from kdma import environments
from kdma.model import Machine, Run, Slot
from kdma.operations import Operation, by_name, operations
from kdma.programs import (
    ATTRS_OF_ALLOCATIONS,
    ATTRS_OF_MAPPINGS,
    ATTRS_OF_NONCONTIGUOUS,
    ATTRS_OF_PHYS,
    BUFFER,
    CHECKSUM_OFFSET,
    EDU_MEMORY_SIZE,
    HEADER,
    MAKE_FAIL,
    MAX_BUFFERS,
    MAX_OPERATIONS,
    MAX_SLOTS,
    MEMORY_IS_SLOT,
    NO_RAM,
    OPERATION,
    PAGE_SIZE,
    PROGRAM_MAGIC,
    PROGRAM_VERSION,
    U32_MAX,
    U64_MAX,
    Attribute,
    Buffer,
    BufferKind,
    Direction,
    Program,
    ProgramError,
    Slots,
    Step,
    Target,
    encode,
    validate,
)
from kdma.traces import Driver


class Kind(StrEnum):
    """What a random program is meant to be."""

    BROKEN = "broken"
    HOSTILE = "hostile"
    REFUSED = "refused"
    VALID = "valid"


#: Programs of each kind among a hundred.
SHARES = {Kind.VALID: 40, Kind.HOSTILE: 35, Kind.REFUSED: 10, Kind.BROKEN: 15}

#: Bounds of tame(). An allocation is small, or so absurd that it fails at once.
LARGEST_ALLOCATION = 0x40000
ABSURD = 1 << 40
ALL_BUFFERS = 0x100000
ALL_TOUCHED = 0x8000
DEVICE_OPERATIONS = 4

#: A cache line: dma-debug takes mappings that share one for overlapping.
LINE = 64


@dataclass(frozen=True)
class Candidate:
    """A random program as it is sent.

    `program` is what the loader should make of `data`; None: it should refuse,
    because `why`.
    """

    number: int
    kind: Kind
    data: bytes
    program: Program | None
    why: str = ""


def make(seed: int, number: int, *, wild: bool = False) -> Candidate:
    """The program of this number. The same in every environment and on every machine.

    `wild`: it may also do what is known to go wrong in the kernel, and goes on to
    disturb later programs (docs/upstream-findings.md).
    """
    source = random.Random(f"kdma {seed} {number}")
    while True:
        candidate = _make(source, number, wild)
        if candidate.program is None and candidate.kind in (Kind.HOSTILE, Kind.VALID):
            continue
        if candidate.program is None or tame(candidate.program, wild=wild):
            return candidate


def _make(source: random.Random, number: int, wild: bool) -> Candidate:
    kind = source.choices(list(SHARES), list(SHARES.values()))[0]
    writer = _Writer(source, kind, number)
    if wild and kind == Kind.HOSTILE and source.random() < 0.1:
        source.choice((writer.below_a_small_mask, writer.mask_changed_beside_a_mapping))()
    program = writer.write()
    if kind == Kind.BROKEN:
        data = broken(source, encode(program, number))
        try:
            return Candidate(number, kind, data, decode(data))
        except ProgramError as error:
            return Candidate(number, kind, data, None, str(error))
    data = encode(program, number)
    try:
        validate(program)
    except ProgramError as error:
        return Candidate(number, kind, data, None, str(error))
    return Candidate(number, kind, data, program)


def tame(program: Program, *, wild: bool = False) -> bool:
    """May this be run? See the bounds above, and make() for `wild`."""
    touched = 0
    device = 0
    mapped = False
    # By slot with a list of coherent memory, where that is; and those that were mapped.
    lists: dict[int, int] = {}
    listed: dict[int, int] = {}
    for step in program.steps:
        name = step.operation.name
        if name.startswith("device_"):
            device += 1
        if name in ("memory_check", "memory_fill"):
            touched += step["length"]
        # The page allocator warns of absurd sizes unless it is told not to.
        if (
            "alloc_" in name
            and step["size"] > LARGEST_ALLOCATION
            and (step["size"] < ABSURD or not step["flags"] & 2)
        ):
            return False
        if name == "iova_try_alloc" and step["size"] > LARGEST_ALLOCATION:
            # The device leaves 32 bits for good where there is no such range in them.
            return False
        if name.endswith("pool_create") and LARGEST_ALLOCATION < step["size"] <= 1 << 30:
            return False
        if name in MASKS and 0xFFFFFF < step["mask"] < U32_MAX:
            # Whether memory is below such a mask is left to chance.
            return False
        if not wild and name in MASKS and step["mask"] < U32_MAX and program.target == Target.EDU:
            # Addresses beyond the mask, and none for later programs.
            return False
        if not wild and name == "set_min_align_mask" and mapped:
            # Bounce buffers are lost.
            return False
        if name.startswith("get_sgtable"):
            lists[step.slot] = step["coherent"]
        elif name.startswith("map_sg") and step.slot in lists:
            if any(m == lists[step.slot] and n != step.slot for n, m in listed.items()):
                # Of two mappings with one address dma-debug takes either for the other.
                return False
            listed[step.slot] = lists[step.slot]
        elif name in ("sg_alloc", "sg_free"):
            lists.pop(step.slot, None)
            listed.pop(step.slot, None)
        mapped |= name.startswith("map_")
    return (
        sum(buffer.size for buffer in program.buffers) <= ALL_BUFFERS
        and touched <= ALL_TOUCHED
        and device <= DEVICE_OPERATIONS
    )


MASKS = ("set_coherent_mask", "set_mask", "set_mask_and_coherent")


def unmodelled(step: Step) -> bool:
    """Does this step set a limit whose effects the model does not know?"""
    name = step.operation.name
    if name in MASKS:
        return step["mask"] < U32_MAX
    if name == "set_min_align_mask":
        return step["mask"] not in USUAL_ALIGNMENTS
    if name == "set_max_seg_size":
        return step["size"] < 0x10000
    if name == "set_seg_boundary":
        return step["mask"] not in USUAL_BOUNDARIES
    return False


USUAL_ALIGNMENTS = (0, 0x7, 0x3F, 0x1FF, 0xFFF)
USUAL_BOUNDARIES = (0xFFFFFFFF, (1 << 40) - 1, U64_MAX)
USUAL_MASKS = (U32_MAX, (1 << 40) - 1, U64_MAX)
USUAL_SEGMENTS = (0x10000, 0x20000, U32_MAX)

#: Sizes on both sides of every edge: cache lines, pages, segments.
SIZES = (1, 3, 64, 511, 512, 1000, 2048, 4095, 4096, 4097, 8192, 12288, 65536)
POOL_SIZES = (16, 64, 100, 256, 1000, 4096)

#: Values that have broken programs before.
WILD = (
    *(0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 63, 64, 255, 0xFFF, 0x1000, 0x1001),
    *(0xFFFF, 0x10000, 0x10001, 0x40001, 0x400000, 0x7FFFFFFF, 0x80000000, 0x80000001),
    *(0xFFFFFFFE, U32_MAX, 1 << 32, 1 << 40, 1 << 44, (1 << 44) + 4096),
    *((1 << 63) - 1, 1 << 63, U64_MAX - 4095, U64_MAX),
)

ATTRIBUTES = {
    "coherent": ATTRS_OF_ALLOCATIONS,
    "managed": ATTRS_OF_ALLOCATIONS,
    "noncontiguous": ATTRS_OF_NONCONTIGUOUS,
    "scatterlist": ATTRS_OF_MAPPINGS,
    "streaming": ATTRS_OF_MAPPINGS,
}
#: RAM is no MMIO, and memory that must be coherent does not bounce: only for hostile ones.
UNUSUAL = int(Attribute.MMIO | Attribute.REQUIRE_COHERENT)

MAPS = tuple(o for o in operations() if o.family == "streaming" and o.slot == "define")
ALLOCATIONS = tuple(
    o
    for o in operations()
    if "alloc_" in o.name
    and o.family in ("coherent", "managed", "noncoherent", "noncontiguous", "pages")
)
#: What releases what was defined by an operation.
RELEASES = {o.pairs: o for o in operations() if o.slot == "release" and o.family != "managed"}
RELEASES |= {
    "managed_alloc_coherent": by_name()["managed_free_coherent"],
    "managed_pool_create": by_name()["managed_pool_destroy"],
}
QUESTIONS = tuple(o for o in operations() if o.slot == "none" and not o.is_core and not o.arguments)
LIMITS = tuple(o for o in operations() if o.family == "limits" and o.arguments)
#: What a hostile step may be; transfers of the device cost too much for chance, and where
#: memory runs out, the model does not know who asks for some.
FAMILIES = (
    *("coherent", "core", "iova", "limits", "managed", "noncoherent", "noncontiguous", "pages"),
    *("pool", "resource", "scatterlist", "sgtable", "streaming", "sync", "version"),
)
HOSTILE = tuple(
    o
    for o in operations()
    if o.family in FAMILIES and not o.name.startswith("device_") and o.name not in MAKE_FAIL
)


class _Writer:
    """Writes one program. The model says what each slot holds by now."""

    def __init__(self, source: random.Random, kind: Kind, number: int) -> None:
        self.source = source
        self.kind = kind
        kinds = source.choices(KINDS, k=source.choice((1, 1, 2, 3)))
        buffers = tuple(Buffer(n, _buffer_size(source, kind), kind) for n, kind in enumerate(kinds))
        self.program = Program(
            name=f"random program {number}",
            family="fuzz",
            where="harness/kdma/random_programs.py:0",
            target=Target.PLATFORM if source.random() < 0.05 else Target.EDU,
            buffers=buffers,
            slot_count=source.choice((1, 2, 4, 6, 8)),
            steps=(),
        )
        self.slots = Slots(self.program)
        self.steps: list[Step] = []
        # Only behind an IOMMU is there a range of IOVAs to link something in.
        where = environments.find(source.choice(("direct", "iommu-strict")))
        self.run = Run(Machine(where), self.program, number, Driver.C)
        #: By slot with a range of IOVAs: what is to be linked there.
        self.asked: dict[int, dict[str, int]] = {}

    def write(self) -> Program:
        """The whole program."""
        for _ in range(self.source.choice((4, 8, 12, 16, 24))):
            if self.kind != Kind.VALID and self.source.random() < 0.3:
                self._hostile()
            else:
                self._valid()
        if self.kind == Kind.REFUSED:
            self._refused()
        if self.source.random() < 0.8:
            self._release_all()
        if not self.steps:
            self.add("abi_version")
        return replace(self.program, steps=tuple(self.steps))

    def below_a_small_mask(self) -> None:
        """An allocation that is larger than the mask, after one of its size has been freed."""
        self.add("alloc_coherent", 0, size=8192, flags=0)
        self.add("free_coherent", 0, size=8192)
        self.add("set_mask_and_coherent", mask=self.source.choice((0x10, 0xFFF)))
        self.add("alloc_coherent", 0, size=8192, flags=0)
        self.add("free_coherent", 0, size=8192)

    def mask_changed_beside_a_mapping(self) -> None:
        """What is mapped under one alignment mask is unmapped under another."""
        part = {"size": 2048, "direction": int(Direction.TO_DEVICE)}
        self.add("set_min_align_mask", mask=0x1FF)
        self.add("map_single", 0, buffer=0, offset=0x1C0, **part)
        self.add("set_min_align_mask", mask=0x3F)
        self.add("unmap_single", 0, **part)

    # Steps

    def add(self, name: str, slot: int = 0, **arguments: int) -> bool:
        """Appends a step, unless the loader refuses it."""
        operation = by_name()[name]
        values = tuple(arguments[argument.name] for argument in operation.arguments)
        return self._append(Step(operation, len(self.steps), slot, values, 0))

    def _append(self, step: Step) -> bool:
        try:
            self.slots.check(step)
        except ProgramError:
            return False
        self.steps.append(step)
        names = (argument.name for argument in step.operation.arguments)
        self.run.step(step, dict(zip(names, step.arguments, strict=True)))
        return True

    def _pick(self, *choices: Callable[[], object]) -> None:
        self.source.choice(choices)()

    # Valid steps

    def _valid(self) -> None:
        held = [n for n, slot in enumerate(self.run.slots) if slot.state in HELD]
        free = [
            n
            for n, slot in enumerate(self.run.slots)
            if self.slots.is_free(n) and slot.state not in HELD
        ]
        chance = self.source.random()
        if chance < 0.1:
            self._limit()
        elif chance < 0.2:
            self._memory(self.source.randrange(len(self.program.buffers)), 0)
        elif free and (not held or chance < 0.5):
            self._define(self.source.choice(free))
        elif held:
            self._use(self.source.choice(held))
        else:
            self._limit()

    def _limit(self) -> None:
        if self.source.random() < 0.7:
            self.add(self.source.choice(QUESTIONS).name)
            return
        operation = self.source.choice(LIMITS)
        if operation.name == "set_min_align_mask" and any(
            step.operation.name.startswith("map_") for step in self.steps
        ):
            return
        values = {
            "set_max_seg_size": USUAL_SEGMENTS,
            "set_min_align_mask": USUAL_ALIGNMENTS,
            "set_seg_boundary": USUAL_BOUNDARIES,
        }.get(operation.name, USUAL_MASKS)
        self.add(operation.name, **{operation.arguments[0].name: self.source.choice(values)})

    def _memory(self, memory: int, size: int) -> None:
        size = size or self.program.buffers[memory].size
        length = min(size, self.source.choice((1, 3, 16, 64, 128)))
        where = self.source.choice((0, size - length, self.source.randrange(size - length + 1)))
        self.add(
            self.source.choice(("memory_check", "memory_fill")),
            memory=memory,
            offset=where,
            length=length,
            seed=self.source.randrange(4),
        )

    def _direction(self) -> int:
        return int(self.source.choice(list(Direction)))

    def _flags(self) -> int:
        return self.source.choice((0, 0, 1, 2, 3))

    def _attributes(self, operation: Operation) -> int:
        taken = ATTRIBUTES[operation.family] & ~UNUSUAL
        if self.kind == Kind.HOSTILE and self.source.random() < 0.1:
            taken = ATTRS_OF_PHYS if operation.name == "map_phys" else ATTRIBUTES[operation.family]
        if self.source.random() < 0.5:
            return 0
        return taken & self.source.getrandbits(11)

    def _region(self) -> dict[str, int] | None:
        """A part of a buffer that shares no cache line with what is mapped."""
        for _ in range(4):
            buffer = self.source.choice(self.program.buffers)
            size = min(self.source.choice(SIZES), buffer.size)
            offset = self.source.randrange(buffer.size - size + 1)
            if self.source.random() < 0.5:
                offset -= offset % LINE
            found = {"buffer": buffer.number, "offset": offset, "size": size}
            if not self._overlaps(found):
                return found
        return None

    def _overlaps(self, found: dict[str, int]) -> bool:
        held = [slot for slot in self.run.slots if slot.state == "mapped"]
        held += [entry for slot in self.run.slots for entry in slot.entries]
        start = found["offset"] // LINE * LINE
        end = -(-(found["offset"] + found["size"]) // LINE) * LINE
        return any(
            slot.buffer == found["buffer"]
            and slot.offset < end
            and start < -(-(slot.offset + slot.size) // LINE) * LINE
            for slot in held
        )

    def _define(self, slot: int) -> None:
        pools = [n for n, held in enumerate(self.run.slots) if held.state == "pool"]
        chance = self.source.random()
        if pools and chance < 0.4:
            name = self.source.choice(("pool_alloc", "pool_zalloc"))
            self.add(name, slot, pool=self.source.choice(pools), flags=self._flags())
        elif chance < 0.42:
            self._list_memory(slot)
        elif chance < 0.45:
            self._ask_for_range(slot)
        elif chance < 0.5:
            region = self._region()
            operation = self.source.choice(MAPS)
            if region and self.program.buffers[region["buffer"]].kind in NO_RAM:
                self.add("map_resource", slot, **region, direction=self._direction(), attributes=0)
            elif region:
                self.add(
                    operation.name,
                    slot,
                    **region,
                    direction=self._direction(),
                    attributes=self._attributes(operation),
                )
        elif chance < 0.75:
            operation = self.source.choice(ALLOCATIONS)
            self.add(
                operation.name,
                slot,
                size=self.source.choice(SIZES),
                flags=self._flags(),
                direction=self._direction(),
                attributes=self._attributes(operation) if operation.family in ATTRIBUTES else 0,
            )
        elif chance < 0.9:
            self.add("sg_alloc", slot, capacity=self.source.randint(1, 4), flags=self._flags())
        else:
            size = self.source.choice(POOL_SIZES)
            alignment = self.source.choice((0, 0, 8, 64, 256, 4096))
            least = -(-max(16, size) // (alignment or 1)) * (alignment or 1)
            boundaries = [b for b in (0, 0, 4096, 8192, 65536) if not b or b >= least]
            self.add(
                self.source.choice(("managed_pool_create", "pool_create")),
                slot,
                size=size,
                alignment=alignment,
                boundary=self.source.choice(boundaries),
            )

    def _list_memory(self, slot: int) -> None:
        """A list of the pages of coherent memory, which is then lent for good."""
        memories = [
            (number, held)
            for number, held in enumerate(self.run.slots)
            if held.state == "allocated" and held.define in ("alloc_attrs", "alloc_coherent")
            and held.memory is not None
        ]  # fmt: skip
        if memories:
            number, held = self.source.choice(memories)
            name = "get_sgtable" if held.define == "alloc_coherent" else "get_sgtable_attrs"
            self.add(name, slot, coherent=number, size=held.size, attributes=held.attributes)

    def _ask_for_range(self, slot: int) -> None:
        region = self._region()
        if not region or self.program.buffers[region["buffer"]].kind != BufferKind.PAGES:
            return
        inside, flags = region["offset"] % PAGE_SIZE, self._flags()
        name = "iova_try_alloc"
        if self.add(name, slot, physical_address=inside, size=region["size"], flags=flags):
            self.asked[slot] = region
            if self.source.random() < 0.8:
                self._link(slot)

    def _link(self, number: int) -> None:
        """Links what was asked for, if it still can be."""
        region = self.asked.get(number)
        if self.run.slots[number].state != "range" or region is None or self._overlaps(region):
            return
        how = {"direction": self._direction(), "attributes": 0}
        self.add("iova_link", number, **region, iova_offset=0, **how)
        if self.source.random() < 0.8:
            self.add("iova_sync", number, iova_offset=0, size=region["size"])

    def _use_range(self, number: int, slot: Slot) -> None:
        choices: list[Callable[[], object]] = [
            lambda: self.add("use_iova", number),
            lambda: self.add("iova_size", number),
            lambda: self._release(number, slot),
        ]
        if slot.pages:
            whole = {"iova_offset": 0, "size": slot.linked}
            how = self._linked(slot)
            known = replace(slot, direction=how["direction"])
            choices += [
                lambda: self.add("iova_sync", number, **whole),
                lambda: self._transfer(number, known) if slot.synced else None,
                lambda: self.add("iova_unlink", number, **whole, **how),
            ]
        else:
            choices.append(lambda: self._link(number))
        self._pick(*choices)

    @staticmethod
    def _linked(slot: Slot) -> dict[str, int]:
        link = next(iter(slot.pages.values()))
        return {"direction": link.direction, "attributes": link.attributes}

    def _use(self, number: int) -> None:
        slot = self.run.slots[number]
        if slot.state == "pool":
            if not any(other.define == "pool_alloc" and other.pool == number
                       for other in self.run.slots):  # fmt: skip
                self._release(number, slot)
        elif slot.state in ("handle", "range"):
            self._use_range(number, slot)
        elif slot.define == "map_resource":
            self._pick(
                lambda: self.add("mapping_error", number), lambda: self._release(number, slot)
            )
        elif slot.state == "list":
            self._use_list(number, slot)
        elif slot.define == "alloc_noncontiguous":
            self._use_pieces(number, slot)
        elif slot.state == "allocated" and slot.define in ("alloc_noncoherent", "alloc_pages"):
            self._pick(
                lambda: self._sync(number, slot),
                lambda: self._memory(number | MEMORY_IS_SLOT, slot.size),
                lambda: self._release(number, slot),
            )
        elif slot.state == "allocated":
            self._pick(
                lambda: self._memory(number | MEMORY_IS_SLOT, slot.size),
                lambda: self._memory(number | MEMORY_IS_SLOT, slot.size),
                lambda: self._transfer(number, slot),
                lambda: self._release(number, slot),
            )
        else:
            self._pick(
                lambda: self.add("mapping_error", number),
                lambda: self.add("need_sync", number),
                lambda: self._sync(number, slot),
                lambda: self._sync(number, slot),
                lambda: self._transfer(number, slot),
                lambda: self._release(number, slot),
            )

    def _sync(self, number: int, slot: Slot) -> None:
        whole = {"size": slot.size, "direction": slot.direction}
        if isinstance(slot.owner, tuple):
            offset, size = slot.owner
            part = {**whole, "offset": offset, "size": size}
            self.add("sync_single_range_for_device", number, **part)
        elif slot.owner == "cpu":
            self.add("sync_single_for_device", number, **whole)
        elif slot.state == "mapped" and self.source.random() < 0.5:
            size = self.source.randint(1, slot.size)
            part = {**whole, "offset": self.source.randint(0, slot.size - size), "size": size}
            self.add("sync_single_range_for_cpu", number, **part)
        else:
            self.add("sync_single_for_cpu", number, **whole)

    def _transfer(self, number: int, slot: Slot) -> None:
        """Bytes to the device, or from it; seldom, as each takes 100 ms of the guest's time."""
        if self.source.random() < 0.95 or slot.size > EDU_MEMORY_SIZE:
            return
        length = self.source.randint(1, min(slot.size, 64))
        part = {"device_offset": self.source.randint(0, 64), "length": length}
        offset = self.source.randint(0, slot.size - length)
        if slot.direction != Direction.TO_DEVICE:
            self.add("device_fill", seed=self.source.randrange(4), **part)
            self.add("device_write", number, offset=offset, **part)
        else:
            self.add("device_read", number, offset=offset, **part)
            self.add("device_check", seed=self.source.randrange(4), **part)

    def _release(self, number: int, slot: Slot) -> None:
        """Releases what a slot holds, the way it was defined."""
        define = "sg_alloc" if slot.state == "list" else slot.define
        if slot.pages:
            self.add("iova_destroy", number, linked=slot.linked, **self._linked(slot))
            return
        operation = RELEASES.get(define)
        if operation is None:
            # The device alone frees it.
            return
        if slot.state == "list" and slot.mapped_by:
            self._unmap_list(number, slot)
        if slot.define == "alloc_noncontiguous" and slot.seen:
            self.add("vunmap_noncontiguous", number)
        attributes = slot.attributes
        if slot.state == "mapped" and self.source.random() < 0.2:
            attributes |= Attribute.SKIP_CPU_SYNC
        values = {"size": slot.size, "direction": slot.direction, "attributes": attributes}
        self.add(operation.name, number, **values)

    def _use_pieces(self, number: int, slot: Slot) -> None:
        towards = "for_device" if slot.owner == "cpu" else "for_cpu"
        choices: list[Callable[[], object]] = [
            lambda: self.add(f"sync_sgtable_{towards}", number, direction=slot.direction)
        ]
        if slot.seen:
            choices += [
                lambda: self._memory(number | MEMORY_IS_SLOT, slot.size),
                lambda: self.add("vunmap_noncontiguous", number),
            ]
        else:
            choices += [
                lambda: self.add("vmap_noncontiguous", number, size=slot.size),
                lambda: self._release(number, slot),
            ]
        self._pick(*choices)

    def _use_list(self, number: int, slot: Slot) -> None:
        if slot.mapped_by:
            kind = "sgtable" if slot.mapped_by == "map_sgtable" else "sg"
            towards = "for_device" if slot.owner == "cpu" else "for_cpu"
            self._pick(
                lambda: self.add(f"sync_{kind}_{towards}", number, direction=slot.direction),
                lambda: self.add("sg_segment", number, index=self.source.randint(0, 3)),
                lambda: self._unmap_list(number, slot),
            )
        elif len(slot.entries) < slot.capacity:
            region = self._region()
            if region:
                self.add("sg_add", number, **region)
        elif self.source.random() < 0.8:
            name = self.source.choice(("map_sg_attrs", "map_sgtable"))
            attributes = self._attributes(by_name()[name])
            self.add(name, number, direction=self._direction(), attributes=attributes)
        else:
            self._release(number, slot)

    def _unmap_list(self, number: int, slot: Slot) -> None:
        attributes = slot.attributes
        if self.source.random() < 0.2:
            attributes |= Attribute.SKIP_CPU_SYNC
        self.add(f"un{slot.mapped_by}", number, direction=slot.direction, attributes=attributes)

    def _release_all(self) -> None:
        order = sorted(range(len(self.run.slots)), key=lambda n: self.run.slots[n].state == "pool")
        for number in order:
            if self.run.slots[number].state in HELD:
                self._release(number, self.run.slots[number])

    # Hostile steps

    def _hostile(self) -> None:
        """A step that breaks a rule, and yet one that the loader lets through."""
        for _ in range(8):
            if self._append(self._any_step()):
                return

    def _refused(self) -> None:
        """A step that the loader refuses: what was released, or never there, or beyond."""
        for _ in range(64):
            step = self._any_step()
            if not self.slots.accepts(step):
                self.steps.append(step)
                return

    def _any_step(self) -> Step:
        operation = self.source.choice(HOSTILE)
        slot = self.source.randrange(self.program.slot_count) if operation.slot != "none" else 0
        values = [self._any_value(a.name, a.type, slot) for a in operation.arguments]
        if "alloc_" in operation.name:
            names = [argument.name for argument in operation.arguments]
            if values[names.index("size")] > LARGEST_ALLOCATION:
                values[names.index("flags")] |= 2
        return Step(operation, len(self.steps), slot, tuple(values), 0)

    def _any_value(self, name: str, kind: str, number: int) -> int:
        slot = self.run.slots[number]
        source = self.source
        if kind in ("buffer", "pool"):
            limit = len(self.program.buffers) if kind == "buffer" else self.program.slot_count
            return source.randrange(limit + (source.random() < 0.1))
        if kind == "memory":
            if source.random() < 0.5:
                return source.randrange(len(self.program.buffers))
            return source.randrange(self.program.slot_count) | MEMORY_IS_SLOT
        if kind == "direction":
            return source.choice((slot.direction, 1, 2, 3, 0, 4, U32_MAX))
        if kind == "flags":
            return source.choice((0, 0, 1, 2, 3, 4, 8, U32_MAX))
        if kind == "attributes":
            return source.choice(
                (0, slot.attributes, 0x100, 0x20, 1 << source.randrange(64), source.getrandbits(11))
            )
        if name in ("size", "length", "offset") and source.random() < 0.6:
            near = slot.size or source.choice(SIZES)
            return source.choice((0, 1, near, near, near + 1, max(0, near - 1), near // 2))
        if name == "mask" and kind == "u64" and source.random() < 0.9:
            return source.choice((*USUAL_MASKS, *USUAL_BOUNDARIES, 0xFFFF, U64_MAX - 1))
        if name == "mask" and source.random() < 0.5:
            return source.choice(USUAL_ALIGNMENTS)
        if name == "capacity" and source.random() < 0.8:
            return source.randint(1, 20)
        limit = U32_MAX if kind == "u32" else U64_MAX
        return min(limit, source.choice(WILD))


#: Of buffers. What is reserved is mapped as memory of another device is.
KINDS = (BufferKind.PAGES, BufferKind.SLAB, BufferKind.MMIO)
HELD = ("allocated", "handle", "list", "mapped", "pool", "range")


def _buffer_size(source: random.Random, kind: BufferKind) -> int:
    # kmalloc() aligns powers of two by themselves, so that buffers share no cache line.
    if kind == BufferKind.SLAB:
        return 1 << source.randrange(6, 13)
    return source.choice((64, 4096, 4096, 8192, 12288, 65536))


# Bytes


def seal(data: bytearray, *, length: bool = True) -> None:
    """Makes the checksum right, and the length if wanted."""
    if len(data) < HEADER.size:
        return
    if length:
        struct.pack_into("<I", data, CHECKSUM_OFFSET - 4, len(data))
    struct.pack_into("<I", data, CHECKSUM_OFFSET, 0)
    struct.pack_into("<I", data, CHECKSUM_OFFSET, zlib.crc32(data))


def broken(source: random.Random, whole: bytes) -> bytes:
    """These bytes, changed."""
    data = bytearray(whole)
    changes: Sequence[Callable[[random.Random, bytearray], None]] = (
        *(_flip_bits, _set_field, _set_field, _set_field, _set_count),
        *(_cut, _extend, _repeat_operation, _repeat_operation, _swap_operations, _swap_operations),
    )
    for _ in range(source.choice((1, 1, 1, 2, 3))):
        source.choice(changes)(source, data)
    chance = source.random()
    if chance < 0.85:
        seal(data, length=chance < 0.8)
    return bytes(data)


def _flip_bits(source: random.Random, data: bytearray) -> None:
    for _ in range(source.choice((1, 1, 2, 8))):
        if data:
            data[source.randrange(len(data))] ^= 1 << source.randrange(8)


def _set_field(source: random.Random, data: bytearray) -> None:
    """An aligned field of 2, 4 or 8 bytes gets a wild value, behind the header mostly."""
    size = source.choice((2, 4, 8))
    start = 0 if source.random() < 0.1 else HEADER.size
    if len(data) >= start + size:
        at = source.randrange(start, len(data) - size + 1) // size * size
        data[at : at + size] = (source.choice(WILD) & ((1 << 8 * size) - 1)).to_bytes(
            size, "little"
        )


def _set_count(source: random.Random, data: bytearray) -> None:
    """One of the header's counts, or its target."""
    if len(data) >= HEADER.size:
        at = source.choice((24, 28, 32, 36))
        (old,) = struct.unpack_from("<I", data, at)
        value = source.choice((old + 1, max(0, old - 1), *WILD)) & U32_MAX
        struct.pack_into("<I", data, at, value)


def _cut(source: random.Random, data: bytearray) -> None:
    del data[source.randrange(len(data) + 1) :]


def _extend(source: random.Random, data: bytearray) -> None:
    data += source.randbytes(source.choice((1, 4, 8, 60, 64, 128)))


def _operation_places(data: bytearray) -> list[int]:
    if len(data) < HEADER.size:
        return []
    (buffers,) = struct.unpack_from("<I", data, 28)
    start = HEADER.size + buffers * BUFFER.size
    return list(range(start, len(data) - OPERATION.size + 1, OPERATION.size))


def _repeat_operation(source: random.Random, data: bytearray) -> None:
    """A copy of an operation somewhere else: a second release, a second definition."""
    places = _operation_places(data)
    if places:
        at = source.choice(places)
        to = source.choice(places)
        data[to:to] = data[at : at + OPERATION.size]
        struct.pack_into("<I", data, 36, min(U32_MAX, struct.unpack_from("<I", data, 36)[0] + 1))


def _swap_operations(source: random.Random, data: bytearray) -> None:
    places = _operation_places(data)
    if len(places) > 1:
        a, b = source.sample(places, 2)
        one = data[a : a + OPERATION.size]
        data[a : a + OPERATION.size] = data[b : b + OPERATION.size]
        data[b : b + OPERATION.size] = one


def decode(data: bytes) -> Program:
    """The program in these bytes. ProgramError if the loader has to refuse them.

    Written from kmod/program.h, so that it is a second opinion on kmod/loader.c.
    """
    if len(data) < HEADER.size:
        raise ProgramError("shorter than its header")
    fields = HEADER.unpack_from(data)
    magic, version, length, checksum, number, target, buffers, slots, count, table = fields
    own = HEADER.unpack_from(encode(_nothing(), 0))
    zeroed = bytearray(data)
    struct.pack_into("<I", zeroed, CHECKSUM_OFFSET, 0)
    for holds, what in (
        (magic == PROGRAM_MAGIC, "not a program"),
        (version == PROGRAM_VERSION, "another version"),
        (length == len(data), "another length"),
        (table == own[-1], "another table of operations"),
        (target in list(Target), "no such target"),
        (buffers <= MAX_BUFFERS, "too many buffers"),
        (slots <= MAX_SLOTS, "too many slots"),
        (0 < count <= MAX_OPERATIONS, "too many operations, or none"),
        (length == HEADER.size + buffers * BUFFER.size + count * OPERATION.size, "other counts"),
        (not any(data[HEADER.size - 20 : HEADER.size]), "reserved fields are used"),
        (checksum == zlib.crc32(zeroed), "a wrong checksum"),
    ):
        if not holds:
            raise ProgramError(what)
    shapes = [BUFFER.unpack_from(data, HEADER.size + n * BUFFER.size) for n in range(buffers)]
    if any(kind not in list(BufferKind) for _, kind in shapes):
        raise ProgramError("no such kind of buffer")
    start = HEADER.size + buffers * BUFFER.size
    program = Program(
        name=f"random program {number}",
        family="fuzz",
        where="harness/kdma/random_programs.py:0",
        target=Target(target),
        buffers=tuple(Buffer(n, size, BufferKind(kind)) for n, (size, kind) in enumerate(shapes)),
        slot_count=slots,
        steps=tuple(_decode_step(data, start, n) for n in range(count)),
    )
    validate(program)
    return program


def _nothing() -> Program:
    step = Step(by_name()["abi_version"], 0, 0, (), 0)
    return Program("nothing", "fuzz", ":0", Target.EDU, (), 0, (step,))


_BY_OPCODE = {operation.opcode: operation for operation in operations()}


def _decode_step(data: bytes, start: int, number: int) -> Step:
    opcode, reserved, slot, *values = OPERATION.unpack_from(data, start + number * OPERATION.size)
    operation = _BY_OPCODE.get(opcode)
    if operation is None:
        raise ProgramError(f"operation {number}: there is none with opcode {opcode}")
    count = len(operation.arguments)
    if reserved or any(values[count:]):
        raise ProgramError(f"operation {number}: reserved fields are used")
    return Step(operation, number, slot, tuple(values[:count]), 0)
