# SPDX-License-Identifier: GPL-2.0
"""The kernel's own Rust: what building the `kernel` crate takes, and who has it.

Kernels with kernel::dma are built with CONFIG_RUST when the tools are there:
rustc and rust-src as for our drivers, the libclang of the harness, and bindgen
as a program, built from the crate registry in the version that the generator
of our bindings is pinned to. Without them a kernel is built without, and the
reason stands in the report.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kdma import progress, toolchain
from kdma.cache import entry, key
from kdma.findings import KdmaError, Unchecked
from kdma.paths import PROJECT, cache_root
from kdma.process import run

#: The module that the upstream driver is about, in the kernel's source.
DMA_MODULE = "rust/kernel/dma.rs"
#: What a module on the `kernel` crate is compiled against, in its build folder.
METADATA = "rust/libkernel.rmeta"
#: How reports call what a kernel without it leaves unchecked.
DRIVER = "the driver upstream"

_PINNED = PROJECT / "rust-bindings/generator/Cargo.toml"


@dataclass(frozen=True)
class KernelRust:
    """What make is told to build the `kernel` crate. `identity` changes with the tools."""

    arguments: tuple[str, ...]
    identity: str


def libclang_folder() -> Path:
    """Where the libclang is that is pinned with the harness. KdmaError if it is not there."""
    found = importlib.util.find_spec("clang")
    folders = found.submodule_search_locations if found else None
    native = Path(next(iter(folders or ()), "clang")) / "native"
    if not any(native.glob("libclang.*")):
        raise KdmaError(
            "the pinned libclang is missing",
            where=str(native),
            expected="libclang of the Python package libclang",
            next="run: make setup",
            identity=("libclang", "missing"),
        )
    return native


def bindgen_version() -> str:
    """The version of bindgen that the generator is pinned to."""
    match = re.search(r'^bindgen = .*"=([0-9.]+)"', _PINNED.read_text(), re.MULTILINE)
    if match is None:
        raise KdmaError(
            "no version of bindgen is pinned",
            where=str(_PINNED),
            expected='bindgen = { version = "=..." }',
            actual="nothing like that",
        )
    return match[1]


def _bindgen(rustc: Path, verbose_version: str) -> Path:
    """bindgen as a program, built once for this compiler."""
    version = bindgen_version()
    folder = cache_root() / "tools" / f"bindgen-{version}-{key([verbose_version])}"

    def make(work: Path) -> list[Path]:
        cargo = shutil.which("cargo", path=f"{rustc.parent}:{os.environ['PATH']}")
        if cargo is None:
            raise KdmaError("there is no cargo", expected="cargo beside rustc", next="make setup")
        run(
            [
                *(cargo, "install", "bindgen-cli", f"--version={version}", "--locked"),
                *("--quiet", "--no-track", f"--root={work}", f"--target-dir={work / 'target'}"),
                # To optimise it takes longer than it saves in a build of a kernel.
                "--debug",
            ],
            what=f"building bindgen {version}",
            env={**os.environ, "CARGO_PROFILE_DEV_DEBUG": "false"},
        )
        shutil.rmtree(work / "target")
        return [work / "bin/bindgen"]

    with progress.stage(f"bindgen {version}", "build bindgen"):
        entry(folder, make)
    return folder / "bin/bindgen"


def tools() -> KernelRust:
    """The tools, fetched and built as far as they are missing. KdmaError says what is not there."""
    rustc = Path(toolchain.rustc())
    libraries = toolchain.rust_src_roots()
    libclang = libclang_folder()
    version = run([str(rustc), "-vV"], what="asking rustc for its version").stdout.strip()
    return KernelRust(
        arguments=(
            f"BINDGEN={_bindgen(rustc, version)}",
            f"HOSTRUSTC={rustc}",
            # Variables of make's command line are in its children's environment.
            f"LIBCLANG_PATH={libclang}",
            f"RUSTC={rustc}",
            *(f"RUST_LIB_SRC={library}" for library in libraries),
        ),
        identity=key([version, bindgen_version(), importlib.metadata.version("libclang")]),
    )


def why_not(
    config: Mapping[str, str], build: Path, source: Path | None, origin: str
) -> Unchecked | None:
    """Why no module on kernel::dma can be built for this kernel; None if one can."""
    reason = _why_not(config, build, source, origin)
    return None if reason is None else Unchecked(DRIVER, reason, explained=True)


def _why_not(
    config: Mapping[str, str], build: Path, source: Path | None, origin: str
) -> str | None:
    if source is not None and (source / "rust").is_dir() and not (source / DMA_MODULE).is_file():
        return f"the kernel has no kernel::dma (no {DMA_MODULE} in its source)"
    if config.get("CONFIG_RUST") != "y":
        return "the kernel's configuration has no CONFIG_RUST"
    if not (build / METADATA).is_file():
        if origin == "distribution":
            return "the distribution's headers have no Rust metadata to compile modules against"
        return f"the kernel's build has no {METADATA}: run make in it"
    built_with = config.get("CONFIG_RUSTC_VERSION_TEXT", "").strip('"')
    try:
        here = run([toolchain.rustc(), "--version"], what="asking rustc for its version").stdout
    except KdmaError as error:
        return error.finding.title
    if built_with != here.strip():
        return (
            f"the kernel was built with {built_with or 'an unknown rustc'}, here is {here.strip()}"
        )
    return None
