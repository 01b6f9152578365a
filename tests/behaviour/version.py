# SPDX-License-Identifier: GPL-2.0
"""Family: version. What kdma.ko says about itself and the kernel."""

from kdma.programs import ABI_VERSION, Builder, program


@program("the ABI has the version of its header")
def version(p: Builder) -> None:
    p.abi_version().expect(version=ABI_VERSION)


@program("the attributes are those the kernel was compiled with")
def attributes(p: Builder) -> None:
    p.abi_attributes().same_as_native()


@program("the answers about the ABI do not depend on the device")
def on_the_platform_device(p: Builder) -> None:
    p.target_platform()
    p.abi_attributes().same_as_native()
    p.abi_version().expect(version=ABI_VERSION)
    p.abi_attributes().same_as_native()
