# SPDX-License-Identifier: GPL-2.0
"""The kernel fails: each error that its functions may give becomes one of the ABI.

Which errors come is up to machine and configuration; most never come on this one.
ftrace sends the calls of one operation to a function that gives the error
(kmod/kernel_fails.h). What failed left all as it was, and works the next time.
"""

import errno

from kdma.programs import TO_DEVICE, U64_MAX, Attribute, Builder, Status, program

#: What most functions make of an error.
ERRORS = {
    "EINVAL": Status.EINVAL,
    "EIO": Status.EIO,
    "ENODEV": Status.EUNKNOWN,
    "ENOMEM": Status.ENOMEM,
    "EOPNOTSUPP": Status.ENOTSUPP,
}
#: What maps memory, or links it: it is mapped or it is not, and there may be room later.
ERRORS_OF_MAPPINGS = {**dict.fromkeys(ERRORS, Status.EMAPPING), "ENOMEM": Status.ENOMEM}
#: The device's DMA operations may have no such function.
ERRORS_OF_GET_SGTABLE = {**ERRORS, "ENXIO": Status.ENOTSUPP}


def fails(p: Builder, error: str) -> None:
    """Everything of the kernel's that returns an errno gives this one in the next operation."""
    p.kernel_fails(error=getattr(errno, error))


@program("the kernel answers {function} with {error}",
         function=["set_coherent_mask", "set_mask"], error=list(ERRORS))  # fmt: skip
def masks(p: Builder, function: str, error: str) -> None:
    fails(p, error)
    getattr(p, function)(mask=U64_MAX).expect(ERRORS[error])
    getattr(p, function)(mask=U64_MAX)


@program("the kernel answers map_sgtable with {error}", error=list(ERRORS_OF_MAPPINGS))
def lists(p: Builder, error: str) -> None:
    table = p.sg_alloc(capacity=1)
    p.sg_add(table, p.buffer(4096), size=4096)
    fails(p, error)
    p.map_sgtable(table, direction=TO_DEVICE).expect(ERRORS_OF_MAPPINGS[error])
    p.map_sgtable(table, direction=TO_DEVICE)
    p.unmap_sgtable(table)
    p.sg_free(table)


@program("the kernel answers get_sgtable{attrs} with {error}",
         attrs=["", "_attrs"], error=list(ERRORS_OF_GET_SGTABLE))  # fmt: skip
def lists_of_memory(p: Builder, attrs: str, error: str) -> None:
    if attrs:
        memory = p.alloc_attrs(size=8192, attributes=Attribute.WEAK_ORDERING)
    else:
        memory = p.alloc_coherent(size=8192)
    get = getattr(p, f"get_sgtable{attrs}")
    fails(p, error)
    failed = get(memory).expect(ERRORS_OF_GET_SGTABLE[error])
    for made in (failed, get(memory)):
        p.sg_free(made)
    p.expect_leftover(1)


@program("the kernel answers iova_link and iova_sync with {error}", error=list(ERRORS_OF_MAPPINGS))
def ranges(p: Builder, error: str) -> None:
    p.only_where(translates=True, reason="without an IOMMU there are no ranges of IOVAs")
    memory = p.buffer(8192)
    state = p.iova_try_alloc(size=8192).same_as_native()
    fails(p, error)
    p.iova_link(state, memory, size=8192, direction=TO_DEVICE).expect(ERRORS_OF_MAPPINGS[error])
    p.iova_link(state, memory, size=8192, direction=TO_DEVICE)
    fails(p, error)
    p.iova_sync(state).expect(ERRORS_OF_MAPPINGS[error])
    p.iova_sync(state)
    p.iova_unlink(state)
    p.iova_free(state)


@program("the IOMMU answers iova_sync with {error}", error=list(ERRORS_OF_MAPPINGS))
def ranges_below(p: Builder, error: str) -> None:
    p.only_where(translates=True, reason="without an IOMMU there are no ranges of IOVAs")
    memory = p.buffer(8192)
    state = p.iova_try_alloc(size=8192).same_as_native()
    p.iova_link(state, memory, size=8192, direction=TO_DEVICE)
    p.iommu_fails(error=getattr(errno, error))
    p.iova_sync(state).expect(ERRORS_OF_MAPPINGS[error])
    p.iova_sync(state)
    p.iova_unlink(state)
    p.iova_free(state)
