# SPDX-License-Identifier: GPL-2.0
"""Memory runs out: for the records that the C ABI keeps, and for the kernel's own.

ftrace sends one call of a slab allocator to a function that gives nothing
(kmod/no_memory.h). What fails so gives KDMA_ENOMEM and nothing else, leaves
nothing behind (the memory accounting tells), and works the next time. For every
function that keeps a record, or has the kernel keep one.
"""

from collections.abc import Callable

from kdma.programs import TO_DEVICE, Builder, Status, Step, program

MODULES, KERNEL = 0, 1


def _listing(p: Builder, memory: Step, function: Callable[[Step], Step]) -> Callable[[], Step]:
    """Lists the pages of memory that is left to the end of the program."""
    p.expect_leftover(1)
    return lambda: function(memory)


#: What makes it, and what gives it back.
FUNCTIONS: dict[str, tuple[Callable[[Builder], Callable[[], Step]], str]] = {
    "alloc_noncontiguous": (
        lambda p: lambda: p.alloc_noncontiguous(size=8192, direction=TO_DEVICE),
        "free_noncontiguous",
    ),
    "get_sgtable": (lambda p: _listing(p, p.alloc_coherent(size=8192), p.get_sgtable), "sg_free"),
    "get_sgtable_attrs": (
        lambda p: _listing(p, p.alloc_attrs(size=8192), p.get_sgtable_attrs),
        "sg_free",
    ),
    "managed_alloc_coherent": (
        lambda p: lambda: p.managed_alloc_coherent(size=8192),
        "managed_free_coherent",
    ),
    "managed_pool_create": (
        lambda p: lambda: p.managed_pool_create(size=48, alignment=8, boundary=0),
        "managed_pool_destroy",
    ),
    "pool_create": (
        lambda p: lambda: p.pool_create(size=48, alignment=8, boundary=0),
        "pool_destroy",
    ),
    "sg_alloc": (lambda p: lambda: p.sg_alloc(capacity=4), "sg_free"),
}
#: The kernel keeps the record, with the device.
MANAGED = ("managed_alloc_coherent", "managed_pool_create")


def _runs_out(p: Builder, function: str, of: int, given: int = 0) -> None:
    """The call fails once, and what it makes is there the next time."""
    prepare, end = FUNCTIONS[function]
    make = prepare(p)
    p.memory_runs_out(of=of, given=given)
    # Where the kernel cannot be made to lack memory, both are there.
    for made in (make().expect(Status.ENOMEM), make()):
        getattr(p, end)(made)


@program("{function} has no memory to remember by", function=sorted({*FUNCTIONS} - {*MANAGED}))
def no_record(p: Builder, function: str) -> None:
    _runs_out(p, function, MODULES)


@program("{function} finds that the kernel has no memory", function=sorted(FUNCTIONS))
def no_memory_in_kernel(p: Builder, function: str) -> None:
    _runs_out(p, function, KERNEL)


@program("a managed pool needs three objects of the kernel, and gets {given}", given=[1, 2])
def no_memory_for_managed_pool(p: Builder, given: int) -> None:
    _runs_out(p, "managed_pool_create", KERNEL, given)


@program("a range of IOVAs needs two records, and gets {given}", given=[0, 1])
def no_memory_for_range(p: Builder, given: int) -> None:
    p.only_where(translates=True, reason="without an IOMMU there are no ranges of IOVAs")
    p.memory_runs_out(of=MODULES, given=given)
    # Before Linux 6.16 there is no range at all.
    failed = p.iova_try_alloc(size=8192).expect(Status.ENOMEM)
    for made in (failed, p.iova_try_alloc(size=8192).same_as_native()):
        p.iova_free(made)


@program("memory in pieces cannot be mapped for the CPU where memory ran out")
def no_vmap(p: Builder) -> None:
    p.only_where(translates=True, reason="what is in one piece needs no mapping")
    memory = p.alloc_noncontiguous(size=16384, direction=TO_DEVICE)
    p.memory_runs_out(of=KERNEL, given=0)
    p.vmap_noncontiguous(memory).expect(Status.ENOMEM)
    p.vunmap_noncontiguous(memory).expect(Status.EINVAL)
    p.vmap_noncontiguous(memory)
    p.vunmap_noncontiguous(memory)
    p.free_noncontiguous(memory)
