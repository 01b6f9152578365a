# SPDX-License-Identifier: GPL-2.0
"""Family: refusals. What kdma.h says is wrong, handed to every function.

Null, a size of zero, unknown directions, attributes and flags, the address of a
failed mapping, the device of something else, and ranges that reach beyond what
there is, for each parameter of each function that has such, all else being right.
Nothing of it may reach the kernel, and nothing is written.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from kdma.programs import BIDIRECTIONAL, TO_DEVICE, U32_MAX, Builder, Status, Step, program
from kdma.refusals import Refusing, refusing

TYPES = "no value of its types is wrong in such a way"
FUNCTIONS = {each.function: each for each in refusing()}


@contextmanager
def _mapping(p: Builder, name: str) -> Iterator[Step]:
    """What a function that ends or syncs a mapping needs."""
    define = name.replace("unmap", "map") if name.startswith("unmap_") else "map_single"
    if define == "map_resource":
        p.only_where(bounces=False, reason="resources are not bounced")
    memory = p.mmio(4096) if define == "map_resource" else p.buffer(4096)
    made = getattr(p, define)(memory, size=512, direction=TO_DEVICE)
    yield made
    getattr(p, f"un{define}")(made)


@contextmanager
def _memory(p: Builder, name: str) -> Iterator[Step]:
    """What a function that frees memory, or lists its pages, needs."""
    kind = {"get_sgtable": "coherent", "get_sgtable_attrs": "attrs"}.get(
        name, name.replace("managed_", "").removeprefix("free_")
    )
    managed = "managed_" if name.startswith("managed_") else ""
    direction = kind in ("noncoherent", "noncontiguous", "pages")
    given = {"direction": TO_DEVICE} if direction else {}
    made = getattr(p, f"{managed}alloc_{kind}")(size=4096, **given)
    yield made
    getattr(p, f"{managed}free_{kind}")(made)


@contextmanager
def _list(p: Builder, name: str) -> Iterator[Step]:
    """What a function of lists needs: an empty one to be filled, or a mapped one."""
    by = ""
    if "sgtable" in name:
        by = "sgtable"
    elif name not in ("map_sg_attrs", "sg_add", "sg_free"):
        by = "sg_attrs"
    # A list is mapped when it is full, and takes no more then.
    made = p.sg_alloc(capacity=1)
    if name != "sg_add":
        p.sg_add(made, p.buffer(4096), size=512)
    if by and name != "map_sgtable":
        getattr(p, f"map_{by}")(made, direction=TO_DEVICE)
    yield made
    if by and name != "map_sgtable":
        getattr(p, f"unmap_{by}")(made)
    p.sg_free(made)


@contextmanager
def _pieces(p: Builder, name: str) -> Iterator[Step]:
    """What a function of memory in pieces needs."""
    made = p.alloc_noncontiguous(size=8192, direction=TO_DEVICE)
    if name == "vunmap_noncontiguous":
        p.vmap_noncontiguous(made)
    yield made
    if name == "vunmap_noncontiguous":
        p.vunmap_noncontiguous(made)
    p.free_noncontiguous(made)


@contextmanager
def _pool(p: Builder, name: str) -> Iterator[Step]:
    """What a function of pools needs."""
    managed = "managed_" if name.startswith("managed_") else ""
    pool = getattr(p, f"{managed}pool_create")(size=64, alignment=64, boundary=0)
    piece = p.pool_alloc(pool) if name == "pool_free" else pool
    yield piece
    if name == "pool_free":
        p.pool_free(piece)
    getattr(p, f"{managed}pool_destroy")(pool)


@contextmanager
def _range(p: Builder, name: str) -> Iterator[Step]:
    """What a function of ranges of IOVAs needs."""
    p.only_where(translates=True, reason="without an IOMMU there are no ranges of IOVAs")
    memory = p.buffer(8192)
    state = p.iova_try_alloc(size=8192, physical_address=0).same_as_native()
    linked = name in ("iova_destroy", "iova_sync", "iova_unlink")
    if linked:
        # In the direction that is right where a slot has none.
        p.iova_link(state, memory, size=8192, direction=BIDIRECTIONAL)
        p.iova_sync(state)
    yield state
    if linked:
        p.iova_unlink(state)
    p.iova_free(state)


def _needs(each: Refusing) -> Callable[[Builder, str], AbstractContextManager[Step]] | None:
    """What makes a call of it right otherwise. None: nothing is needed."""
    name = each.operation.name
    handles = {parameter.c_type for parameter in each.parameters if parameter.right == "handle"}
    if "pool" in {parameter.right for parameter in each.parameters}:
        return _pool
    if "struct kdma_iova_state *" in handles:
        return _range
    if handles:
        return _pieces if "noncontiguous" in name else _list
    if name.startswith(("free_", "managed_free_", "get_sgtable")):
        return _memory
    takes = {parameter.right for parameter in each.parameters}
    return _mapping if "dma_address" in takes else None


def _ask(p: Builder, function: Refusing, of: int) -> None:
    for parameter, _, value, _ in function.cases():
        p.refuse(
            function=function.operation.opcode, parameter=parameter, value=value, of=of
        ).expect(Status.EINVAL).inexpressible_in_safe_rust(TYPES)


@program("{function} refuses what it has to", function=FUNCTIONS)
def refuses(p: Builder, function: Refusing) -> None:
    # More than a page: a range can begin in the last one of all.
    p.buffer(8192)

    needs = _needs(function)
    if needs is None:
        _ask(p, function, U32_MAX)
        return
    with needs(p, function.operation.name) as made:
        _ask(p, function, made.slot)


RANGES = {
    name: each
    for name, each in FUNCTIONS.items()
    if "struct kdma_iova_state *" in {parameter.c_type for parameter in each.parameters}
}


@program("{function} refuses what it has to of a range without links", function=RANGES)
def refuses_of_nothing_linked(p: Builder, function: Refusing) -> None:
    p.buffer(8192)
    with _range(p, "iova_link") as made:
        _ask(p, function, made.slot)


PIECES = {name: each for name, each in FUNCTIONS.items() if name.endswith("map_noncontiguous")
          or name == "kdma_free_noncontiguous"}  # fmt: skip


@program("{function} refuses a list that is no memory in pieces", function=PIECES)
def refuses_lists(p: Builder, function: Refusing) -> None:
    p.buffer(8192)
    with _list(p, "sync_sg") as made:
        _ask(p, function, made.slot)
