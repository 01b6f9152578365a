# SPDX-License-Identifier: GPL-2.0
"""A model of guest, device and drivers: plays programs as a right kernel would.

It checks the expectations of the programs against a second opinion, says what
random programs should give (fuzz.py), and gives the comparison traces to judge
without a guest. A Fault makes one driver wrong.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field

from kdma import accounting, upstream
from kdma.compare import Reply
from kdma.environments import Environment
from kdma.programs import (
    ABI_VERSION,
    ATTRS_OF_ALLOCATIONS,
    ATTRS_OF_MAPPINGS,
    ATTRS_OF_NONCONTIGUOUS,
    ATTRS_OF_PHYS,
    BIDIRECTIONAL,
    BOUNCE_SLOT,
    EDU_MEMORY_SIZE,
    FROM_DEVICE,
    MAKE_FAIL,
    MAPPING_ERROR,
    NO_RAM,
    PAGE_SIZE,
    TO_DEVICE,
    U64_MAX,
    Attribute,
    BufferKind,
    Program,
    Status,
    Step,
    Target,
    pattern_bytes,
)
from kdma.traces import Completion, Driver, Result, RunError, Trace, encode

ALL_ATTRIBUTES = 0x7FF
OLD_ATTRIBUTES = ALL_ATTRIBUTES & ~int(
    Attribute.DEBUGGING_IGNORE_CACHELINES | Attribute.MMIO | Attribute.REQUIRE_COHERENT
)
BOUNCE_LIMIT = 262144
#: Slots of the bounce buffers where an environment does not say how many.
BOUNCE_SLOTS = 0x8000
#: Where addresses lie that have more than 32 bits.
ABOVE = 1 << 32
MAX_SEGMENTS = 16
#: Operations that make memory which the device frees.
MANAGED = ("managed_alloc_attrs", "managed_alloc_coherent")
#: Operations on pools themselves that the family pool does not have.
MANAGED_POOLS = ("managed_pool_create", "managed_pool_destroy")
#: Families whose allocations are handed to and fro by syncs.
STREAMED = ("noncoherent", "pages")
SKIP = int(Attribute.SKIP_CPU_SYNC)


@dataclass
class Fault:
    """What is wrong with one driver, or with all of them (None).

    `arguments` may change the arguments of a call before it is made,
    `result` its status and values afterwards, `reply` the whole answer.
    A call that is `dropped` is never made and said to be well.
    """

    driver: Driver | None
    arguments: Callable[[str, dict[str, int]], None] = lambda name, arguments: None
    result: Callable[[str, Result], Result] = lambda name, result: result
    reply: Callable[[Reply], Reply] = lambda reply: reply
    dropped: str = ""


@dataclass(frozen=True)
class Link:
    """How a page of a range of IOVAs is linked: to what, and from which byte of it."""

    buffer: int
    offset: int
    direction: int
    attributes: int
    is_first: bool
    #: Where it goes through a bounce buffer: what is in there, from which byte of the
    #: page on.
    bounce: bytearray | None = None
    begin: int = 0

    def is_said(self, a: dict[str, int]) -> bool:
        """Do these arguments end it?"""
        said = (a["direction"], a["attributes"])
        return said in (
            (self.direction, self.attributes),
            (self.direction, self.attributes | SKIP),
        )


@dataclass
class Slot:
    """What a slot holds."""

    state: str = "empty"
    define: str = ""
    address: int = MAPPING_ERROR
    size: int = 0
    direction: int = 0
    attributes: int = 0
    buffer: int = 0
    offset: int = 0
    bounce: bytearray | None = None
    #: The slots of the bounce buffers that it takes.
    bounce_slots: range = range(0)
    memory: bytearray | None = None
    #: Of a scatterlist: its entries, and while it is mapped their segments.
    capacity: int = 0
    entries: list[Slot] = field(default_factory=list)
    mapped_by: str = ""
    #: Of memory in pieces: has the CPU an address for it?
    seen: bool = True
    #: Of memory from a pool: the slot with the pool.
    pool: int = 0
    #: Of a range of IOVAs: what each page that is linked is linked to.
    pages: dict[int, Link] = field(default_factory=dict)
    #: Has any of its links been bounced?
    has_bounced: bool = False
    #: Safe Rust: how much is linked, how, and has it been synced?
    linked: int = 0
    synced: bool = False
    #: Safe Rust: who owns it ("device", "cpu" or a range).
    owner: object = "device"


@dataclass
class Machine:
    """A guest that has booted. `write_only`: its IOMMU driver maps for writing only."""

    environment: Environment
    attributes: int = ALL_ATTRIBUTES
    write_only: bool = True
    dma_debug: bool = True
    fault: Fault | None = None
    warned: bool = False

    def replies(
        self, program: Program, number: int, drivers: tuple[Driver, ...] = tuple(Driver)
    ) -> dict[Driver, Reply]:
        """Runs a program in every driver."""
        able = upstream.able(program, self.environment, drivers)
        return {driver: Run(self, program, number, driver).reply() for driver in able}


def _of_errno(operation: str, error: int) -> Status:
    """What an operation makes of an errno of the kernel's."""
    if operation in ("iova_link", "iova_sync", "map_sgtable"):
        return Status.ENOMEM if error == errno.ENOMEM else Status.EMAPPING
    if operation.startswith("get_sgtable") and error == errno.ENXIO:
        return Status.ENOTSUPP
    return {
        errno.EINVAL: Status.EINVAL,
        errno.EIO: Status.EIO,
        errno.ENOMEM: Status.ENOMEM,
        errno.EOPNOTSUPP: Status.ENOTSUPP,
    }.get(error, Status.EUNKNOWN)


@dataclass
class Run:
    """One program in one driver."""

    machine: Machine
    program: Program
    number: int
    driver: Driver
    log: list[str] = field(default_factory=list)
    debug_errors: int = 0
    entries: int = 0

    def __post_init__(self) -> None:
        seen = self.program.seen_from(self.machine.environment)
        self.translates, self.above_4g = seen.translates, seen.above_4g
        self.bounces = self.machine.environment.bounces
        # Slots of the bounce buffers that are taken.
        self.bounced: set[int] = set()
        self.buffers = [bytearray(buffer.size) for buffer in self.program.buffers]
        self.device = bytearray(EDU_MEMORY_SIZE)
        self.slots = [Slot() for _ in range(self.program.slot_count)]
        mask = (1 << self.machine.environment.device_bits) - 1
        self.masks = {"streaming": mask, "coherent": mask}
        edu = self.program.target == Target.EDU
        self.limits = {
            "max_seg_size": 0x10000,
            "seg_boundary": 0xFFFFFFFF if edu else U64_MAX,
            "min_align_mask": 0,
        }
        self.master = True
        # How the next operation fails.
        self._fails: int | None = None
        self.no_iova = False
        self.next_address = 0x10000 if self.translates else 0x18000000

    def reply(self) -> Reply:
        """Runs it: the trace, and what the oracles would say."""
        fault = self.machine.fault
        if fault is not None and fault.driver not in (None, self.driver):
            fault = None
        trace = self.trace(fault)
        readings = {"swiotlb_used.before": 3, "swiotlb_used.after": 3 + len(self.bounced)}
        readings |= {f"accounted.{kind}": 1 for kind in accounting.KINDS}
        readings["pools"] = sum(
            slot.state == "pool" and slot.define == "managed_pool_create" for slot in self.slots
        )
        if self.machine.dma_debug:
            readings |= {
                "dma_debug_errors.before": 7,
                "dma_debug_errors.after": 7 + self.debug_errors,
                "dma_debug_used.before": 1,
                "dma_debug_used.after": 1 + self.entries,
            }
        reply = Reply(encode(trace), readings, self.log)
        return fault.reply(reply) if fault else reply

    def trace(self, fault: Fault | None = None) -> Trace:
        """Runs it."""
        results = []
        for step in self.program.steps:
            arguments = {
                argument.name: value
                for argument, value in zip(step.operation.arguments, step.arguments, strict=True)
            }
            if fault:
                fault.arguments(step.operation.name, arguments)
            if fault and fault.dropped == step.operation.name:
                result = Result(step.operation.opcode, Completion.COMPLETED, 0, (0, 0, 0, 0))
            else:
                result = self.step(step, arguments)
            if fault:
                result = fault.result(step.operation.name, result)
            results.append(result)
        leftover = 0
        for slot in self.slots:
            if slot.state == "list":
                leftover += 1
                self._end_list(slot)
            elif slot.state == "pool" and slot.define == "managed_pool_create":
                continue
            elif slot.state == "pool" or slot.define in ("pool_alloc", "iova_try_alloc"):
                leftover += 1
            elif slot.state == "allocated" and slot.define in MANAGED:
                self._end(slot)
            elif slot.state in ("mapped", "allocated"):
                leftover += 1
                self._end(slot)
        return Trace(
            self.number,
            self.driver,
            tuple(results),
            RunError.OK,
            sum(result.completion != Completion.NOT_REACHED for result in results),
            leftover,
            0,
            1000,
        )

    # Single steps

    def step(self, step: Step, a: dict[str, int]) -> Result:
        """One operation with these arguments."""
        operation = step.operation
        slot = self.slots[step.slot] if step.has_slot else Slot()
        safe = self.driver == Driver.RUST and not operation.is_core
        fails, self._fails = self._fails, None
        if safe and self._inexpressible(step, slot, a):
            return Result(operation.opcode, Completion.INEXPRESSIBLE, 0, (0, 0, 0, 0))
        if operation.name in MAKE_FAIL:
            self._fails = a.get("error", errno.ENOMEM)
        if fails is not None and slot.state != "failed":
            # Its slot stays as it is.
            failed = _of_errno(operation.name, fails)
            return Result(operation.opcode, Completion.COMPLETED, failed, (0, 0, 0, 0))
        status, values = self._call(operation.name, step, slot, a)
        return Result(operation.opcode, Completion.COMPLETED, status, (*values, 0, 0, 0, 0)[:4])

    def _inexpressible(self, step: Step, slot: Slot, a: dict[str, int]) -> bool:
        name = step.operation.name
        if name == "refuse":
            return True
        if step.operation.family == "pool" or name in MANAGED_POOLS:
            return self._inexpressible_pool(name, step, slot, a)
        if name == "managed_free_coherent":
            made = ("allocated", "managed_alloc_coherent", a["size"])
            return (slot.state, slot.define, slot.size) != made
        if step.operation.family == "iova":
            return self._inexpressible_iova(name, slot, a)
        if step.operation.family == "noncontiguous" or slot.define == "alloc_noncontiguous":
            return self._inexpressible_pieces(name, slot, a)
        if step.operation.family == "sgtable":
            memory = self.slots[a["coherent"]]
            whole = ("allocated", "alloc_attrs", memory.size, memory.attributes)
            if name == "get_sgtable":
                whole = ("allocated", "alloc_coherent", memory.size, 0)
            said = (memory.state, memory.define, a["size"], a.get("attributes", 0))
            return said != whole
        if step.operation.family == "scatterlist":
            return self._inexpressible_list(name, slot, a)
        if step.operation.slot == "define":
            if step.operation.family in STREAMED:
                return a["flags"] > 3 or a["direction"] not in (1, 2, 3)
            if step.operation.family in ("coherent", "managed"):
                return a["flags"] > 3 or bool(a.get("attributes", 0) & ~ATTRS_OF_ALLOCATIONS)
            if a["direction"] not in (1, 2, 3) or a.get("attributes", 0) & ~_taken(name):
                return True
            return self._is_taken(a)
        if step.operation.slot == "none":
            return False
        if slot.state not in ("mapped", "allocated"):
            return True
        if step.operation.slot == "release":
            attributes = a.get("attributes", slot.attributes)
            skip = SKIP if slot.state == "mapped" else 0
            return (
                a["size"] != slot.size
                or a.get("direction", slot.direction) != slot.direction
                or attributes not in (slot.attributes, slot.attributes | skip)
            )
        if name in ("mapping_error", "need_sync"):
            # Of allocated memory there is nothing to ask.
            return slot.state != "mapped"
        if not slot.direction or a["direction"] != slot.direction:
            return True
        if slot.define == "map_resource" or slot.attributes & Attribute.MMIO:
            # There is nothing of the CPU's to sync with.
            return True
        if "range" in name and slot.state != "mapped":
            return True
        if name == "sync_single_for_cpu":
            return a["size"] != slot.size or slot.owner != "device"
        if name == "sync_single_for_device":
            return a["size"] != slot.size or slot.owner != "cpu"
        if name == "sync_single_range_for_cpu":
            return slot.owner != "device"
        return slot.owner != (a["offset"], a["size"])

    def _is_taken(self, a: dict[str, int]) -> bool:
        held = [other for other in self.slots if other.state == "mapped"]
        held += [entry for other in self.slots for entry in other.entries]
        return any(
            other.buffer == a["buffer"] < len(self.program.buffers)
            and other.offset < a["offset"] + a["size"]
            and a["offset"] < other.offset + other.size
            for other in held
        )

    def _inexpressible_pieces(self, name: str, slot: Slot, a: dict[str, int]) -> bool:
        if name == "alloc_noncontiguous":
            wrong = a["flags"] > 3 or a["direction"] not in (1, 2, 3)
            return wrong or bool(a["attributes"] & ~ATTRS_OF_NONCONTIGUOUS)
        if slot.state != "allocated":
            return True
        if name == "free_noncontiguous":
            made = (slot.size, slot.direction)
            return slot.seen or (a["size"], a["direction"]) != made
        if name.startswith("sync"):
            wanted = "device" if name.endswith("for_cpu") else "cpu"
            return a["direction"] != slot.direction or slot.owner != wanted
        return a.get("size", slot.size) != slot.size

    def _pieces(self, name: str, slot: Slot, a: dict[str, int]) -> tuple[int, tuple[int, ...]]:
        """What is made of memory in pieces once it is allocated."""
        if slot.state != "allocated":
            return Status.EINVAL, ()
        if name == "free_noncontiguous":
            if slot.seen or (a["size"], a["direction"]) != (slot.size, slot.direction):
                return Status.EINVAL, ()
            self._end(slot)
            return Status.OK, ()
        if name.startswith("sync"):
            if a["direction"] != slot.direction:
                return Status.EINVAL, ()
            slot.owner = "cpu" if name.endswith("for_cpu") else "device"
            return Status.OK, ()
        if slot.seen == name.startswith("vmap") or a.get("size", slot.size) != slot.size:
            return Status.EINVAL, ()
        slot.seen = not slot.seen
        return Status.OK, ()

    def _inexpressible_pool(self, name: str, step: Step, slot: Slot, a: dict[str, int]) -> bool:
        if name.endswith("pool_create"):
            return False
        if name.endswith("pool_destroy"):
            wrong = slot.state != "pool" or slot.define != name.replace("destroy", "create")
            return wrong or self._is_lent(step.slot)
        if name == "pool_free":
            return slot.define != "pool_alloc" or slot.state != "allocated"
        return a["flags"] > 3 or self.slots[a["pool"]].state != "pool"

    def _is_lent(self, pool: int) -> bool:
        return any(s.define == "pool_alloc" and s.pool == pool for s in self.slots)

    def _pool(
        self, name: str, step: Step, slot: Slot, a: dict[str, int]
    ) -> tuple[int, tuple[int, ...]]:
        if name.endswith("pool_create"):
            align, boundary = a["alignment"] or 1, a["boundary"]
            least = -(-max(16, a["size"]) // align) * align
            slot.__dict__.update(Slot(state="failed").__dict__)
            if (
                not 0 < a["size"] <= 1 << 30
                or align & (align - 1)
                or align > 1 << 30
                or boundary & (boundary - 1)
                or 0 < boundary < least
            ):
                return Status.EINVAL, ()
            slot.state, slot.size, slot.capacity, slot.offset = "pool", a["size"], least, boundary
            slot.buffer, slot.define = align, name
            return Status.OK, ()
        if name.endswith("pool_destroy"):
            wrong = slot.state != "pool" or slot.define != name.replace("destroy", "create")
            if wrong or self._is_lent(step.slot):
                return Status.EINVAL, ()
            slot.__dict__.update(Slot(state="freed").__dict__)
            return Status.OK, ()
        if name == "pool_free":
            if slot.define != "pool_alloc":
                return Status.EINVAL, ()
            slot.__dict__.update(Slot(state="freed").__dict__)
            return Status.OK, ()
        pool = self.slots[a["pool"]]
        slot.__dict__.update(Slot(state="failed").__dict__)
        if pool.state != "pool" or a["flags"] > 3:
            return Status.EINVAL, (0,)
        if pool.size > 1 << 29:
            return Status.ENOMEM, (0,)
        address = self._take(pool.capacity, pool.buffer, "coherent")
        if pool.offset and address // pool.offset != (address + pool.size - 1) // pool.offset:
            address = self._take(pool.capacity, pool.offset, "coherent")
        slot.state, slot.define, slot.address, slot.size = (
            "allocated",
            "pool_alloc",
            address,
            pool.size,
        )
        # What is in fresh memory of a pool, nobody says.
        slot.memory = bytearray(b"\0" if name == "pool_zalloc" else b"\xa5") * pool.size
        slot.pool = a["pool"]
        return Status.OK, (address,)

    def _inexpressible_iova(self, name: str, slot: Slot, a: dict[str, int]) -> bool:
        if name == "iova_try_alloc":
            return a["flags"] > 3
        if slot.define != "iova_try_alloc" or (name == "iova_free" and slot.pages):
            return True
        if name in ("iova_free", "use_iova"):
            return False
        if slot.address == MAPPING_ERROR:
            wrong = a.get("direction") not in (1, 2, 3) or a["attributes"] & ~ATTRS_OF_PHYS
            return name != "iova_destroy" or bool(wrong or a["linked"])
        if name == "iova_size":
            return False
        if name == "iova_link":
            return (
                a["direction"] not in (1, 2, 3)
                or bool(a["attributes"] & ~ATTRS_OF_PHYS)
                or a["iova_offset"] != slot.linked
                or slot.synced
                or (bool(slot.pages) and not self._links_like(slot, a))
                or self._is_taken(a)
            )
        if name == "iova_sync":
            return (
                slot.synced or not slot.linked or (a["iova_offset"], a["size"]) != (0, slot.linked)
            )
        size = a["linked"] if name == "iova_destroy" else a["size"]
        return (
            not slot.linked
            or (a.get("iova_offset", 0), size) != (0, slot.linked)
            or not (self._links_like(slot, a) or (slot.synced and self._links_like(slot, a, SKIP)))
        )

    @staticmethod
    def _links_like(slot: Slot, a: dict[str, int], added: int = 0) -> bool:
        """Was all that is linked linked like this, but for what is added?"""
        made = {(link.direction, link.attributes | added) for link in slot.pages.values()}
        return made == {(a["direction"], a["attributes"])}

    def _iova(self, name: str, slot: Slot, a: dict[str, int]) -> tuple[int, tuple[int, ...]]:
        if name == "iova_try_alloc":
            return self._ask_for_range(slot, a)
        if slot.define != "iova_try_alloc":
            return Status.EINVAL, ()
        if name == "use_iova":
            return Status.OK, (int(slot.address != MAPPING_ERROR),)
        has = slot.size if slot.address != MAPPING_ERROR else 0
        if name == "iova_size":
            return Status.OK, (has,)
        if name == "iova_free":
            return self._end_range(slot, not slot.pages)
        if name != "iova_sync" and a["direction"] not in (1, 2, 3):
            return Status.EINVAL, ()
        if a.get("attributes", 0) & ~ATTRS_OF_PHYS:
            return Status.EINVAL, ()
        size = a["linked"] if name == "iova_destroy" else a["size"]
        offset = a.get("iova_offset", 0)
        if offset + size > has or (not size and name != "iova_destroy"):
            return Status.EINVAL, ()
        start = slot.address + offset
        pages = range(start // PAGE_SIZE, -(-(start + size) // PAGE_SIZE) if size else 0)
        if name == "iova_destroy":
            fits = set(slot.pages) == set(pages)
            fits = fits and all(p.is_said(a) for p in slot.pages.values())
            if fits:
                self._end_links(slot, pages, a)
            return self._end_range(slot, fits)
        if name == "iova_sync":
            slot.synced = slot.synced or all(page in slot.pages for page in pages)
            return (Status.OK if all(page in slot.pages for page in pages) else Status.EINVAL), ()
        if offset and start % PAGE_SIZE:
            return Status.EINVAL, ()
        if a["attributes"] & ~self.machine.attributes:
            return Status.ENOTSUPP, ()
        if name == "iova_unlink":
            if not all(page in slot.pages and slot.pages[page].is_said(a) for page in pages):
                return Status.EINVAL, ()
            after = slot.pages.get(pages[-1] + 1)
            if not slot.pages[pages[0]].is_first or (after and not after.is_first):
                return Status.EINVAL, ()
            self._end_links(slot, pages, a)
            for page in pages:
                del slot.pages[page]
            if not slot.pages:
                slot.linked, slot.synced, slot.entries = 0, False, []
            return Status.OK, ()
        physical = self._physical(Slot(buffer=a["buffer"], offset=a["offset"]))
        if physical % PAGE_SIZE != start % PAGE_SIZE or any(page in slot.pages for page in pages):
            return Status.EINVAL, ()
        part = self.machine.environment.untrusted and bool((start | size) % PAGE_SIZE)
        refused = Attribute.REQUIRE_COHERENT | (Attribute.MMIO if part else 0)
        if (part or slot.has_bounced) and a["attributes"] & refused:
            return Status.EMAPPING, ()
        for page in pages:
            at = a["offset"] + page * PAGE_SIZE - start
            how = (a["direction"], a["attributes"], page == pages[0])
            begin = max(0, start - page * PAGE_SIZE)
            end = min(PAGE_SIZE, start + size - page * PAGE_SIZE)
            bounce = None
            if part and end - begin < PAGE_SIZE:
                bounce = bytearray(self.buffers[a["buffer"]][at + begin : at + end])
                slot.has_bounced = True
            slot.pages[page] = Link(a["buffer"], at, *how, bounce, begin)
        slot.linked = offset + size
        slot.entries.append(Slot(buffer=a["buffer"], offset=a["offset"], size=size))
        return Status.OK, ()

    def _end_links(self, slot: Slot, pages: range, a: dict[str, int]) -> None:
        """What was bounced is copied back."""
        for link in (slot.pages[page] for page in pages):
            if link.bounce and link.direction != TO_DEVICE and not a["attributes"] & SKIP:
                at = link.offset + link.begin
                self.buffers[link.buffer][at : at + len(link.bounce)] = link.bounce

    def _ask_for_range(self, slot: Slot, a: dict[str, int]) -> tuple[int, tuple[int, ...]]:
        slot.__dict__.update(Slot(state="failed").__dict__)
        if not a["size"] or a["size"] >> 62 or a["flags"] > 3:
            return Status.EINVAL, (MAPPING_ERROR,)
        if not self.machine.attributes & Attribute.MMIO:
            return Status.ENOTSUPP, (MAPPING_ERROR,)
        slot.define, slot.state, slot.size = "iova_try_alloc", "handle", a["size"]
        inside = a["physical_address"] % PAGE_SIZE
        if self.translates and a["size"] <= min(self.masks["streaming"], 1 << 48):
            slot.address = self._take(inside + a["size"], PAGE_SIZE) + inside
            slot.state = "range"
        return Status.OK, (slot.address,)

    def _end_range(self, slot: Slot, can: bool) -> tuple[int, tuple[int, ...]]:
        if not can:
            return Status.EINVAL, ()
        state = "unmapped" if slot.state == "range" else "freed"
        kept = Slot(state=state, address=slot.address, size=slot.size)
        slot.__dict__.update(kept.__dict__)
        return Status.OK, ()

    def _transfer_range(self, name: str, slot: Slot, a: dict[str, int]) -> None:
        """Page by page, to and from what each is linked to; a gap is a fault."""
        offset, device_offset, left = a["offset"], a["device_offset"], a["length"]
        while left:
            at = slot.address + offset
            part = min(left, PAGE_SIZE - at % PAGE_SIZE)
            link = slot.pages.get(at // PAGE_SIZE)
            entry = Slot(state="unmapped")
            if link is not None:
                start = link.offset + at % PAGE_SIZE
                entry = Slot("mapped", size=part, buffer=link.buffer, offset=start)
                entry.direction, entry.bounce = link.direction, link.bounce
            inside = at % PAGE_SIZE - link.begin if link and link.bounce else 0
            self._transfer(name, entry, inside, device_offset, part)
            offset, device_offset, left = offset + part, device_offset + part, left - part

    def _inexpressible_list(self, name: str, slot: Slot, a: dict[str, int]) -> bool:
        if name == "sg_alloc":
            return a["flags"] > 3 or a["capacity"] > MAX_SEGMENTS
        if slot.state != "list":
            return True
        if name == "sg_add":
            return bool(slot.mapped_by) or self._is_taken(a)
        if name.startswith("map_"):
            return (
                bool(slot.mapped_by)
                or a["direction"] not in (1, 2, 3)
                or bool(a["attributes"] & ~ATTRS_OF_MAPPINGS)
            )
        if name == "sg_free":
            return bool(slot.mapped_by)
        if not slot.mapped_by:
            return True
        if name == "sg_segment":
            return False
        if a["direction"] != slot.direction:
            return True
        if name.startswith("unmap_"):
            return name != f"un{slot.mapped_by}" or a["attributes"] not in (
                slot.attributes,
                slot.attributes | SKIP,
            )
        kind = "sgtable" if slot.mapped_by == "map_sgtable" else "sg"
        wanted = "device" if name.endswith("for_cpu") else "cpu"
        return not name.startswith(f"sync_{kind}_for") or slot.owner != wanted

    def _list(self, name: str, slot: Slot, a: dict[str, int]) -> tuple[int, tuple[int, ...]]:
        if name == "sg_alloc":
            slot.__dict__.update(Slot(state="failed").__dict__)
            if not 1 <= a["capacity"] <= 0x10000 or a["flags"] > 3:
                return Status.EINVAL, ()
            slot.state, slot.capacity = "list", a["capacity"]
            return Status.OK, ()
        if slot.state != "list":
            return Status.EINVAL, ()
        if name == "sg_free":
            if slot.mapped_by:
                return Status.EINVAL, ()
            slot.__dict__.update(Slot(state="freed").__dict__)
            return Status.OK, ()
        if name == "sg_add":
            if slot.mapped_by or len(slot.entries) == slot.capacity or not a["size"]:
                return Status.EINVAL, ()
            slot.entries.append(Slot(size=a["size"], buffer=a["buffer"], offset=a["offset"]))
            return Status.OK, ()
        if name.startswith("map_"):
            return self._map_list(name, slot, a)
        if not slot.mapped_by:
            return Status.EINVAL, ()
        if name == "sg_segment":
            segments = self._segments(slot)
            if a["index"] >= len(segments):
                return Status.EINVAL, ()
            return Status.OK, segments[a["index"]]
        if a["direction"] != slot.direction:
            return Status.EINVAL, ()
        if name.startswith("unmap_"):
            added = a["attributes"] ^ slot.attributes
            if name != f"un{slot.mapped_by}" or added not in (0, SKIP & ~slot.attributes):
                return Status.EINVAL, ()
            self._end_list(slot, bool(a["attributes"] & SKIP))
            return Status.OK, ()
        for entry in slot.entries:
            self._sync(entry, 0, entry.size, name.endswith("for_cpu"))
        slot.owner = "cpu" if name.endswith("for_cpu") else "device"
        return Status.OK, ()

    def _list_memory(self, slot: Slot, a: dict[str, int]) -> tuple[int, tuple[int, ...]]:
        """A full list of coherent memory, which is one of the buffers from then on."""
        slot.__dict__.update(Slot(state="failed").__dict__)
        memory = self.slots[a["coherent"]]
        if a.get("attributes", 0) & ~ATTRS_OF_ALLOCATIONS or not a["size"]:
            return Status.EINVAL, ()
        if memory.state != "allocated" or memory.memory is None:
            return Status.EINVAL, ()
        self.buffers.append(memory.memory)
        slot.state, slot.capacity = "list", 1
        size = -(-a["size"] // PAGE_SIZE) * PAGE_SIZE
        slot.entries.append(Slot(size=size, buffer=len(self.buffers) - 1))
        return Status.OK, ()

    def _map_list(self, name: str, slot: Slot, a: dict[str, int]) -> tuple[int, tuple[int, ...]]:
        if slot.mapped_by or len(slot.entries) != slot.capacity:
            return Status.EINVAL, ()
        address = 0
        for number, entry in enumerate(slot.entries):
            status, _ = self._made(name, entry, {**entry.__dict__, **a}, False)
            if status == Status.OK and self.translates:
                # One range for the whole list, each entry at a page of its own.
                address = address or self._take(1 << 16, PAGE_SIZE)
                at = address + self._physical(entry) % PAGE_SIZE
                entry.address = at
                address += -(-(at % PAGE_SIZE + entry.size) // PAGE_SIZE) * PAGE_SIZE
                self.next_address = max(self.next_address, address % ABOVE)
            if status:
                for earlier in slot.entries[:number]:
                    earlier.state = "empty"
                    self._give_back(earlier)
                return status, ()
        for entry in slot.entries:
            entry.state, entry.direction = "empty", a["direction"]
        slot.mapped_by, slot.direction, slot.attributes = name, a["direction"], a["attributes"]
        slot.owner = "device"
        self.entries += len(slot.entries)
        return Status.OK, (len(self._segments(slot)),) if name == "map_sg_attrs" else ()

    def _segments(self, slot: Slot) -> list[tuple[int, int]]:
        segments: list[tuple[int, int]] = []
        for entry in slot.entries:
            address, size = entry.address, entry.size
            if self.translates and segments:
                before, length = segments[-1]
                if (
                    before + length == address
                    and address % PAGE_SIZE == 0
                    and address & self.limits["seg_boundary"]
                    and length + size <= self.limits["max_seg_size"]
                ):
                    segments[-1] = (before, length + size)
                    continue
            segments.append((address, size))
        return segments

    def _end_list(self, slot: Slot, skip: bool = False) -> None:
        if not slot.mapped_by:
            return
        self.entries -= len(slot.entries)
        slot.mapped_by = ""
        for entry in slot.entries:
            if entry.bounce is not None:
                self._give_back(entry)
                if not skip and slot.direction != TO_DEVICE:
                    self._sync(entry, 0, entry.size, True)

    def _call(
        self, name: str, step: Step, slot: Slot, a: dict[str, int]
    ) -> tuple[int, tuple[int, ...]]:
        if slot.define == "alloc_noncontiguous" and step.operation.slot in ("use", "release"):
            if not step.operation.is_core:
                return self._pieces(name, slot, a)
        elif step.operation.family == "noncontiguous" and step.operation.slot != "define":
            return Status.EINVAL, ()
        if name == "refuse":
            return Status.EINVAL, ()
        if step.operation.family == "iova":
            return self._iova(name, slot, a)
        if step.operation.family == "scatterlist":
            return self._list(name, slot, a)
        if step.operation.family == "sgtable":
            return self._list_memory(slot, a)
        if step.operation.family == "pool" or name in MANAGED_POOLS:
            return self._pool(name, step, slot, a)
        if name == "managed_free_coherent":
            made = ("allocated", "managed_alloc_coherent", a["size"])
            if (slot.state, slot.define, slot.size) != made:
                return Status.EINVAL, ()
            self._end(slot)
            return Status.OK, ()
        if step.operation.family in ("limits", "version"):
            return self._limit(name, a)
        if step.operation.is_core:
            return self._core(name, step, slot, a)
        if step.operation.slot == "define":
            return self._define(name, step, slot, a)
        if name == "mapping_error":
            return (Status.OK if slot.address != MAPPING_ERROR else Status.EMAPPING), ()
        if slot.address == MAPPING_ERROR or a.get("size", 1) == 0:
            return Status.EINVAL, ()
        if name == "need_sync":
            return Status.OK, (int(self.bounces or self.translates),)
        if a.get("direction", 1) not in (1, 2, 3):
            return Status.EINVAL, ()
        if step.operation.slot == "release":
            if a.get("attributes", 0) & ~_taken(name):
                return Status.EINVAL, ()
            if a.get("attributes", 0) & ~self.machine.attributes:
                return Status.ENOTSUPP, ()
            slot_attributes = a.get("attributes", 0)
            self._end(slot, bool(slot_attributes & SKIP))
            return Status.OK, ()
        self._sync(slot, a.get("offset", 0), a["size"], name.endswith("for_cpu"))
        if "range" in name:
            slot.owner = (a["offset"], a["size"]) if name.endswith("for_cpu") else "device"
        else:
            slot.owner = "cpu" if name.endswith("for_cpu") else "device"
        return Status.OK, ()

    def _limit(self, name: str, a: dict[str, int]) -> tuple[int, tuple[int, ...]]:
        if name == "abi_version":
            return Status.OK, (ABI_VERSION,)
        if name == "abi_attributes":
            return Status.OK, (self.machine.attributes,)
        if name.startswith("set_") and "mask" in name and "align" not in name:
            if not self.translates and a["mask"] < (0xFFFFFFFF if self.above_4g else 0xFFFFFF):
                return Status.EIO, ()
            for kind in ("streaming", "coherent"):
                if "and" in name or (kind == "coherent") == ("coherent" in name):
                    self.masks[kind] = a["mask"]
            return Status.OK, ()
        if name == "get_mask":
            return Status.OK, (self.masks["streaming"] or 0xFFFFFFFF,)
        # Memory ends at 512 MiB, or 256 MiB above what a device of 32 bits reaches.
        limited = self.machine.environment.device_bits == 32 or self.above_4g
        required = 0xFFFFFFFF if self.translates else 0x1FFFFFFFF if limited else 0x1FFFFFFF
        if name == "get_required_mask":
            return Status.OK, (required,)
        if name == "addressing_limited":
            return Status.OK, (int(self.masks["streaming"] < required),)
        if name in ("max_mapping_size", "opt_mapping_size"):
            kept = (self.limits["min_align_mask"] + 2047) // 2048 * 2048
            return Status.OK, (BOUNCE_LIMIT - kept if self.bounces else U64_MAX,)
        if name in ("can_mmap", "get_cache_alignment", "pci_p2pdma_supported"):
            return Status.OK, (1,)
        if name == "get_merge_boundary":
            return Status.OK, (PAGE_SIZE - 1 if self.translates else 0,)
        kind = name[4:]
        if name.startswith("get_"):
            return Status.OK, (self.limits[kind],)
        (value,) = a.values()
        if not value and kind != "min_align_mask":
            return Status.EINVAL, ()
        if kind == "seg_boundary" and value & (value + 1) & U64_MAX:
            return Status.EINVAL, ()
        if self.program.target == Target.NO_PARAMETERS:
            return Status.EIO, ()
        self.limits[kind] = value
        return Status.OK, ()

    def _define(
        self, name: str, step: Step, slot: Slot, a: dict[str, int]
    ) -> tuple[int, tuple[int, ...]]:
        coherent = step.operation.allocates
        status, address = self._made(name, slot, a, coherent)
        if status:
            slot.__dict__.update(Slot(state="failed").__dict__)
            return status, (0 if coherent else MAPPING_ERROR,)
        slot.define, slot.address, slot.size = name, address, a["size"]
        slot.seen = name != "alloc_noncontiguous"
        slot.direction, slot.attributes = a.get("direction", 0), a.get("attributes", 0)
        slot.owner = "cpu" if step.operation.family in (*STREAMED, "noncontiguous") else "device"
        self.entries += 1
        return Status.OK, (address,)

    def _made(self, name: str, slot: Slot, a: dict[str, int], coherent: bool) -> tuple[int, int]:
        size, attributes = a["size"], a.get("attributes", 0)
        if not size or a.get("direction", 1) not in (1, 2, 3) or a.get("flags", 0) > 3:
            return Status.EINVAL, 0
        if attributes & ~_taken(name):
            return Status.EINVAL, 0
        if attributes & ~self.machine.attributes:
            return Status.ENOTSUPP, 0
        if coherent:
            if size > 1 << 29:
                return Status.ENOMEM, 0
            mapped = self.translates and name in ("alloc_noncoherent", "alloc_pages")
            alignment = PAGE_SIZE << max(0, (size - 1).bit_length() - 12)
            address = self._take(size, alignment, "streaming" if mapped else "coherent")
            below = self.translates and self.masks["coherent"] <= 0xFFFFFFFF
            if address + size - 1 > self.masks["coherent"] or (below and self.no_iova):
                # Remembered until a range goes that no cache keeps: docs/upstream-findings.md.
                self.no_iova |= below
                return Status.ENOMEM, 0
            slot.state, slot.bounce = "allocated", None
            slot.memory = bytearray(size)
            return Status.OK, address
        slot.buffer, slot.offset, slot.memory = a["buffer"], a["offset"], None
        physical = self._physical(slot)
        slot.bounce = None
        listed = slot.buffer >= len(self.program.buffers)
        kind = BufferKind.PAGES if listed else self.program.buffers[slot.buffer].kind
        mmio = kind in NO_RAM
        if name == "map_resource" and not mmio:
            return Status.EINVAL, 0
        # Kernels without the attribute do not refuse to map it where all is bounced.
        resource = name == "map_resource" and not self.machine.attributes & Attribute.MMIO
        if self.bounces and not resource:
            if mmio or attributes & (Attribute.MMIO | Attribute.REQUIRE_COHERENT):
                return Status.EMAPPING, 0
            bounce_slots = self._free_slots(size)
            if bounce_slots is None:
                if not attributes & Attribute.NO_WARN:
                    self.log.append(f"kdma 0000:00:03.0: swiotlb buffer is full (sz: {size} bytes)")
                return Status.EMAPPING, 0
            address = self._take(size, PAGE_SIZE) + (
                physical & self.limits["min_align_mask"] & (PAGE_SIZE - 1)
            )
        elif self.translates:
            address = self._take(size + physical % PAGE_SIZE, PAGE_SIZE) + physical % PAGE_SIZE
        elif self.above_4g and kind != BufferKind.MMIO and self.masks["streaming"] >> 32:
            address = physical + ABOVE
        else:
            address = physical
        if address + size - 1 > self.masks["streaming"]:
            self._warn(f"DMA addr {address:#x}+{size} overflow (mask, bus limit 0).")
            return Status.EMAPPING, 0
        if attributes & Attribute.MMIO and not mmio and self.machine.dma_debug:
            self.debug_errors += 1
            self.log.append("DMA-API: kdma 0000:00:03.0: dma_map_resource called for RAM address")
        if self.bounces and not resource:
            assert bounce_slots is not None
            slot.bounce = bytearray(self.buffers[slot.buffer][slot.offset : slot.offset + size])
            slot.bounce_slots = bounce_slots
            self.bounced.update(bounce_slots)
        slot.state, slot.address = "mapped", address
        return Status.OK, address

    def _free_slots(self, size: int) -> range | None:
        """The first free slots in a row for `size` bytes; whole pages start at a page."""
        count = -(-size // BOUNCE_SLOT)
        stride = PAGE_SIZE // BOUNCE_SLOT if size >= PAGE_SIZE else 1
        if size > BOUNCE_LIMIT:
            return None
        there = self.machine.environment.bounce_slots or BOUNCE_SLOTS
        for start in range(0, there - count + 1, stride):
            slots = range(start, start + count)
            if self.bounced.isdisjoint(slots):
                return slots
        return None

    def _give_back(self, slot: Slot) -> None:
        self.bounced.difference_update(slot.bounce_slots)

    def _physical(self, slot: Slot) -> int:
        if slot.buffer >= len(self.program.buffers):
            return 0x2000000 + 0x400000 * slot.buffer
        buffer = self.program.buffers[slot.buffer]
        if buffer.kind == BufferKind.MMIO:
            return 0xFE000000 + 0x10000 * slot.buffer + slot.offset
        physical = 0x1000000 + 0x400000 * slot.buffer + slot.offset
        return physical + 0x40 * (buffer.kind == BufferKind.SLAB)

    def _warn(self, text: str) -> None:
        if self.machine.warned:
            return
        self.machine.warned = True
        self.log += [
            "------------[ cut here ]------------",
            f"kdma 0000:00:03.0: {text}",
            "WARNING: CPU: 0 PID: 1 at kernel/dma/direct.h:106",
            "Call Trace:",
            "---[ end trace 0000000000000000 ]---",
        ]

    def _take(self, size: int, alignment: int, kind: str = "streaming") -> int:
        address = -(-self.next_address // alignment) * alignment
        self.next_address = address + size
        return address + (ABOVE if self.above_4g and self.masks[kind] >> 32 else 0)

    def _end(self, slot: Slot, skip: bool = False) -> None:
        self.entries -= 1
        if slot.state == "allocated":
            slot.state = "freed"
            return
        if slot.bounce is not None:
            self._give_back(slot)
            if not skip and slot.direction != TO_DEVICE:
                self._sync(slot, 0, slot.size, True)
        if slot.size > 32 * PAGE_SIZE:
            self.no_iova = False
        slot.state = "unmapped"

    def _sync(self, slot: Slot, offset: int, size: int, for_cpu: bool) -> None:
        if slot.bounce is None:
            return
        size = max(0, min(size, slot.size - offset))
        start = slot.offset + offset
        memory = self.buffers[slot.buffer]
        if for_cpu and slot.direction in (FROM_DEVICE, BIDIRECTIONAL):
            memory[start : start + size] = slot.bounce[offset : offset + size]
        elif not for_cpu and slot.direction in (TO_DEVICE, BIDIRECTIONAL):
            slot.bounce[offset : offset + size] = memory[start : start + size]

    # Memory and the device

    def _core(
        self, name: str, step: Step, slot: Slot, a: dict[str, int]
    ) -> tuple[int, tuple[int, ...]]:
        if name == "bus_master" and self.program.target == Target.EDU:
            self.master = bool(a["enabled"])
            return Status.OK, ()
        if name in MAKE_FAIL:
            return Status.OK, ()
        if name.startswith("memory"):
            memory: bytearray | None
            if step.memory_slot is None:
                memory = self.buffers[step["memory"]]
            else:
                other = self.slots[step.memory_slot]
                memory = other.memory if other.state == "allocated" else None
                if other.attributes & Attribute.NO_KERNEL_MAPPING or not other.seen:
                    memory = None
            if memory is None:
                return Status.EINVAL, ()
            return self._pattern(name, memory, a["offset"], a["length"], a["seed"])
        if self.program.target != Target.EDU:
            return Status.ENOTSUPP, ()
        if name in ("device_fill", "device_check"):
            return self._pattern(name, self.device, a["device_offset"], a["length"], a["seed"])
        if slot.state == "list":
            return self._transfer_list(name, slot, a)
        if slot.state == "range":
            self._transfer_range(name, slot, a)
            return Status.OK, ()
        if slot.state not in ("mapped", "unmapped", "allocated"):
            return Status.EINVAL, ()
        self._transfer(name, slot, a["offset"], a["device_offset"], a["length"])
        return Status.OK, ()

    def _transfer_list(
        self, name: str, slot: Slot, a: dict[str, int]
    ) -> tuple[int, tuple[int, ...]]:
        """Through every segment; the model's programs look at all of them before."""
        offset, device_offset, left = a["offset"], a["device_offset"], a["length"]
        if not slot.direction or offset + left > sum(entry.size for entry in slot.entries):
            return Status.EINVAL, ()
        for entry in slot.entries:
            part = max(0, min(left, entry.size - offset))
            if part:
                entry.state = "mapped" if slot.mapped_by else "unmapped"
                self._transfer(name, entry, offset, device_offset, part)
                entry.state = "empty"
            device_offset, left, offset = (
                device_offset + part,
                left - part,
                max(0, offset - entry.size),
            )
        return Status.OK, ()

    def _pattern(
        self, name: str, memory: bytearray, start: int, length: int, seed: int
    ) -> tuple[int, tuple[int, ...]]:
        wanted = pattern_bytes(seed, start, length)
        if name.endswith("fill"):
            memory[start : start + length] = wanted
            return Status.OK, ()
        found = memory[start : start + length]
        if found == wanted:
            return Status.OK, (0, 0, 0, 0)
        wrong = [n for n in range(length) if found[n] != wanted[n]]
        first = wrong[0]
        return Status.OK, (len(wrong), start + first, found[first], wanted[first])

    def _transfer(
        self, name: str, slot: Slot, offset: int, device_offset: int, length: int
    ) -> None:
        writes = name == "device_write"
        into = slice(device_offset, device_offset + length)
        if not self.master:
            if not writes:
                self.device[into] = bytes(length)
            return
        blocked = self.translates and (
            slot.state == "unmapped"
            or (writes and slot.direction == TO_DEVICE)
            or (not writes and slot.direction == FROM_DEVICE and self.machine.write_only)
        )
        if blocked:
            kind = "Write" if writes else "Read"
            self.log += [
                "DMAR: DRHD: handling fault status reg 2",
                f"DMAR: [DMA {kind} NO_PASID] Request device [00:03.0] fault addr 0xfff",
            ]
            if not writes:
                self.device[into] = bytes(length)
            return
        if slot.memory is not None:
            memory, start = slot.memory, offset
        elif slot.bounce is not None:
            memory, start = slot.bounce, offset
        else:
            memory, start = self.buffers[slot.buffer], slot.offset + offset
        # A fault may have made the mapping smaller than the program thinks.
        length = max(0, min(length, len(memory) - start))
        into = slice(device_offset, device_offset + length)
        if writes:
            memory[start : start + length] = self.device[into]
        else:
            self.device[into] = memory[start : start + length]


def _taken(name: str) -> int:
    if name.startswith("iova") or name in ("map_phys", "unmap_phys"):
        return ATTRS_OF_PHYS
    if name == "alloc_noncontiguous":
        return ATTRS_OF_NONCONTIGUOUS
    if name in ("alloc_attrs", "free_attrs", "managed_alloc_attrs"):
        return ATTRS_OF_ALLOCATIONS
    return ATTRS_OF_MAPPINGS
