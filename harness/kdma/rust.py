# SPDX-License-Identifier: GPL-2.0
"""Builds the Rust drivers: one relocatable object for each, for one kernel.

No CONFIG_RUST is needed. rustc compiles its own `core` from rust-src and then
our crates, with code generation flags that follow the kernel's .config as the
kernel's own Makefile and arch/x86/Makefile have them for Rust (KBUILD_RUSTFLAGS).
Each object holds all the Rust it needs and imports `kdma_*` and compiler
intrinsics only.

What is in the cache is believed only while the recorded digests hold, and gets
there by a rename.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import SymbolTableSection

from kdma.cache import digest, entry, key
from kdma.findings import KdmaError
from kdma.paths import PROJECT
from kdma.process import run

#: Module and what it is built from: the `kdma_driver` of rust-bindings/kdma-drivers.
DRIVERS = {"kdma_rust": "rust", "kdma_rust_sys": "rust_sys"}

#: What an object may import besides `kdma_*`: calls that the compiler makes by
#: itself, and what the kernel wants at branches and returns.
INTRINSICS = frozenset({"__x86_return_thunk", "bcmp", "memcmp", "memcpy", "memmove", "memset"})
INTRINSIC_PREFIXES = ("__x86_indirect_thunk_",)

#: Crates below rust-bindings/ in the order in which they are built, with the
#: crates they use. The drivers come last, once for each driver.
_CRATES = {
    "kdma-sys": (),
    "kdma-program": ("kdma_sys",),
    "kdma": ("kdma_sys",),
}
_DRIVER_CRATE = "kdma-drivers"
#: Of our crates, as in rust-bindings/Cargo.toml.
EDITION = "2024"


#: rustc says `extern crate compiler_builtins` for every no_std crate. The
#: kernel has what core needs of it (memcpy() and so on), so it is empty.
_COMPILER_BUILTINS = """\
#![allow(internal_features)]
#![feature(compiler_builtins)]
#![compiler_builtins]
#![no_builtins]
#![no_std]
"""

#: One section of each kind, as objects of the kernel have them. Unused
#: functions are dropped before; nothing unwinds.
_LINKER_SCRIPT = """\
SECTIONS {
	.text 0 : { *(.text .text.*) }
	.rodata 0 : { *(.rodata .rodata.*) }
	.data 0 : { *(.data .data.*) }
	.bss 0 : { *(.bss .bss.*) }
	/DISCARD/ : { *(.comment) *(.eh_frame) *(.eh_frame_hdr) }
}
"""


@dataclass(frozen=True)
class Rustc:
    """The compiler: what to call, what it says about itself, what it can do."""

    command: str
    verbose_version: str
    release: str
    sysroot: Path
    options: frozenset[str]

    @property
    def version(self) -> tuple[int, int]:
        """Major and minor."""
        major, minor = self.release.split(".")[:2]
        return int(major), int(minor)


@dataclass(frozen=True)
class RustObjects:
    """The built drivers.

    `objects`: by the name of the module they go into. `flags`: how all Rust in
    them was compiled. `cached`: nothing was compiled.
    """

    objects: Mapping[str, Path]
    flags: tuple[str, ...]
    rustc: str
    rust_src: Path
    cached: bool


# -- the compiler ---------------------------------------------------------------


def _run(command: Sequence[str], *, what: str) -> str:
    """Runs a tool and returns what it writes. Its failure is a KdmaError."""
    # rustc's unstable flags are the kernel's too; it allows them this way.
    environment = {**os.environ, "RUSTC_BOOTSTRAP": "1", "LC_ALL": "C"}
    return run(command, what=what, env=environment).stdout


def compiler(command: str = "rustc") -> Rustc:
    """Asks the compiler what it is."""
    verbose = _run([command, "-vV"], what="asking rustc for its version")
    match = re.search(r"^release: (\d+\.\d+\S*)$", verbose, re.MULTILINE)
    if not match:
        raise KdmaError("rustc does not say which version it is", where=command, actual=verbose)
    sysroot = _run([command, "--print", "sysroot"], what="asking rustc where it lives")
    help_text = _run([command, "-Zhelp"], what="asking rustc for its options")
    options = frozenset(re.findall(r"^\s*-Z\s+([a-z0-9-]+)=", help_text, re.MULTILINE))
    return Rustc(command, verbose.strip(), match[1], Path(sysroot.strip()), options)


def find_rust_src(rustc: Rustc, extra: Sequence[Path] = ()) -> Path:
    """The folder `library` of rust-src for exactly this compiler.

    Looks into the compiler's sysroot, then into each of `extra`: a root that
    Debian's rust-src package was unpacked to, or the folder itself.
    """
    release = rustc.release
    places = [rustc.sysroot / "lib/rustlib/src/rust/library"]
    for root in extra:
        places.append(root / f"usr/src/rustc-{release}/library")
        places.append(root)
    for place in places:
        if (place / "core/src/lib.rs").is_file():
            return place
    raise KdmaError(
        f"rust-src for rustc {release} is missing",
        where=str(places[0]),
        expected=f"the source of rustc {release}'s own core",
        actual="not in " + ", ".join(str(place) for place in places),
        next=(
            "`make setup` fetches it; by hand: `rustup component add rust-src`, "
            f"or Debian's package rust-src in version {release}"
        ),
    )


# -- the kernel's configuration -------------------------------------------------


def read_config(config: Path) -> dict[str, str]:
    """The options that are set in a .config, without CONFIG_."""
    try:
        text = config.read_text()
    except OSError as error:
        raise KdmaError(
            "the kernel's configuration cannot be read",
            where=str(config),
            actual=str(error),
            next="point KDIR at a configured kernel tree",
        ) from None
    return dict(re.findall(r'^CONFIG_(\w+)=("?[^"\n]*"?)$', text, re.MULTILINE))


def flags_for(config: Mapping[str, str], rustc: Rustc) -> tuple[str, ...]:
    """How to compile Rust for a kernel with this configuration.

    Follows KBUILD_RUSTFLAGS of Linux 6.1 to 7.3: Makefile, arch/x86/Makefile
    and scripts/generate_rust_target.rs. Where options were renamed, both names
    are asked for. Not followed: KASAN, KCOV and so on, which would only
    instrument the drivers, and LTO, which stays inside the object.
    """

    def has(*names: str) -> bool:
        return any(config.get(name) == "y" for name in names)

    if not has("X86_64"):
        raise KdmaError(
            "the Rust drivers are built for x86-64 kernels only",
            where=".config",
            expected="CONFIG_X86_64=y",
            actual="another architecture",
            next="leave the Rust drivers out, or choose an x86-64 kernel",
        )
    flags = [
        # Soft float, no SSE, no red zone: all in this target.
        "--target=x86_64-unknown-none",
        "-Ccode-model=kernel",
        "-Ccodegen-units=1",
        "-Cdebug-assertions=n",
        "-Cembed-bitcode=n",
        "-Cforce-unwind-tables=n",
        "-Cno-redzone=y",
        "-Copt-level=2",
        "-Coverflow-checks=n",
        "-Cpanic=abort",
        "-Crelocation-model=static",
        "-Csymbol-mangling-version=v0",
        # Calls of intrinsics go straight to the symbol: modules have no GOT.
        "-Zplt=y",
        "-Ztune-cpu=generic",
        "-Zunstable-options",
        # objtool does not follow jump tables of Rust, and with IBT they would
        # need NOTRACK. -Zno-jump-tables until 1.92.
        "-Zno-jump-tables" if "no-jump-tables" in rustc.options else "-Cjump-tables=n",
    ]
    features = []
    if has("MITIGATION_RETPOLINE", "RETPOLINE"):
        if "retpoline-external-thunk" in rustc.options:
            flags.append("-Zretpoline-external-thunk=y")
        else:
            features += [
                "+retpoline-external-thunk",
                "+retpoline-indirect-branches",
                "+retpoline-indirect-calls",
            ]
    if has("MITIGATION_RETHUNK", "RETHUNK"):
        flags.append("-Zfunction-return=thunk-extern")
    if has("MITIGATION_SLS", "SLS"):
        if "harden-sls" in rustc.options:
            flags.append("-Zharden-sls=all")
        else:
            features += ["+harden-sls-ijmp", "+harden-sls-ret"]
    if features:
        flags.append("-Ctarget-feature=" + ",".join(features))
    if has("X86_KERNEL_IBT"):
        flags.append("-Zcf-protection=branch")
    if has("FRAME_POINTER"):
        flags.append("-Cforce-frame-pointers=y")
        if rustc.version < (1, 98) and "llvm-module-flag" in rustc.options:
            # The attribute on functions that rustc makes by itself
            # (https://github.com/rust-lang/rust/pull/156980).
            flags.append("-Zllvm-module-flag=frame-pointer:u32:2:max")
    if has("CALL_PADDING"):
        padding = config.get("FUNCTION_PADDING_BYTES", "16")
        flags.append(f"-Zpatchable-function-entry={padding},{padding}")
    if has("CFI", "CFI_CLANG"):
        if not has("CFI_ICALL_NORMALIZE_INTEGERS"):
            raise KdmaError(
                "this kernel's control-flow integrity does not admit Rust",
                where=".config",
                expected="CONFIG_CFI_ICALL_NORMALIZE_INTEGERS=y beside CONFIG_CFI",
                actual="not set: the types of C and Rust functions would get different hashes",
                next="set it, or leave the Rust drivers out",
            )
        flags += [
            "-Zsanitizer=kcfi",
            "-Zsanitizer-cfi-normalize-integers",
            "-Zmerge-functions=disabled",
        ]
        if has("FINEIBT_BHI"):
            flags.append("-Zsanitizer-kcfi-arity")
    return tuple(flags)


# -- the cache ------------------------------------------------------------------


def _tree_identity(root: Path, suffixes: tuple[str, ...]) -> str:
    """The contents of the files below a folder, as one digest."""
    return key(
        f"{path.relative_to(root)} {digest(path)}"
        for path in sorted(root.rglob("*"))
        if path.suffix in suffixes and path.is_file()
    )


# -- building -------------------------------------------------------------------


def _rustc(
    rustc: Rustc, flags: Sequence[str], search: Sequence[Path], arguments: Sequence[str], what: str
) -> list[str]:
    """Compiles a crate. Returns what decides how its code fits to other code."""
    _run(
        [
            rustc.command,
            *flags,
            "--sysroot=/dev/null",
            *(f"-L{path}" for path in search),
            *arguments,
        ],
        what=what,
    )
    return [w for w in (*flags, *arguments) if w.startswith(("-C", "-Z", "--cfg", "--target"))]


def record_of(path: Path) -> Path:
    """Where stands how the Rust in a driver's object was compiled: a list for each crate."""
    return path.with_suffix(".flags.json")


def _edition(manifest: Path) -> str:
    """The edition of a crate: core's changed in 1.87."""
    match = re.search(r'^edition = "(\d{4})"', manifest.read_text(), re.MULTILINE)
    if not match:
        raise KdmaError(
            "core's edition is not to be found",
            where=str(manifest),
            expected='edition = "..."',
            actual="nothing like that",
            next="is this rust-src? Remove it and run: make setup",
        )
    return match[1]


def _build_core(rustc: Rustc, flags: Sequence[str], rust_src: Path, work: Path) -> None:
    _rustc(
        rustc,
        flags,
        [],
        [
            "--crate-name=core",
            "--crate-type=rlib",
            f"--edition={_edition(rust_src / 'core/Cargo.toml')}",
            # No formatting of floats, as the kernel has it.
            "--cfg=no_fp_fmt_parse",
            "--cap-lints=allow",
            f"--remap-path-prefix={rust_src}=/rust",
            f"-o{work / 'libcore.rlib'}",
            str(rust_src / "core/src/lib.rs"),
        ],
        "compiling core",
    )
    source = work / "compiler_builtins.rs"
    source.write_text(_COMPILER_BUILTINS)
    _rustc(
        rustc,
        flags,
        [work],
        [
            "--crate-name=compiler_builtins",
            f"--edition={EDITION}",
            "--crate-type=rlib",
            f"-o{work / 'libcompiler_builtins.rlib'}",
            str(source),
        ],
        "compiling compiler_builtins",
    )
    source.unlink()


def _build_objects(
    rustc: Rustc, flags: Sequence[str], core: Path, sources: Path, work: Path
) -> None:
    remap = f"--remap-path-prefix={sources}=rust-bindings"
    libraries = []
    # `core` is found by its flags, so it has them.
    compiled = [list(flags)]
    for crate, uses in _CRATES.items():
        name = crate.replace("-", "_")
        library = work / f"lib{name}.rlib"
        compiled.append(
            _rustc(
                rustc,
                flags,
                [core, work],
                [
                    f"--crate-name={name}",
                    f"--edition={EDITION}",
                    "--crate-type=rlib",
                    remap,
                    *(f"--extern={use}" for use in uses),
                    f"-o{library}",
                    str(sources / crate / "src/lib.rs"),
                ],
                f"compiling {crate}",
            )
        )
        libraries.append(library)
    script = work / "driver.lds"
    script.write_text(_LINKER_SCRIPT)
    for module, driver in DRIVERS.items():
        unlinked = work / f"{driver}.o"
        own = _rustc(
            rustc,
            flags,
            [core, work],
            [
                f"--crate-name={_DRIVER_CRATE.replace('-', '_')}",
                f"--edition={EDITION}",
                "--crate-type=lib",
                f'--cfg=kdma_driver="{driver}"',
                remap,
                "--extern=kdma_sys",
                "--extern=kdma",
                "--extern=kdma_program",
                f"--emit=obj={unlinked}",
                str(sources / _DRIVER_CRATE / "src/lib.rs"),
            ],
            f"compiling the driver {driver}",
        )
        record = json.dumps([*compiled, own], indent=1) + "\n"
        record_of(work / f"{module}.o").write_text(record)
        _link(work / f"{module}.o", module, script, [unlinked, *libraries, core / "libcore.rlib"])
        unlinked.unlink()
    for path in (script, *libraries):
        path.unlink()


def roots(module: str) -> tuple[str, str]:
    """The two functions that a driver's object defines for its module."""
    return f"{module}_run", f"{module}_state_size"


def _link(target: Path, module: str, script: Path, inputs: Sequence[Path]) -> None:
    """Makes one object of a driver and the part of the crates that it uses."""
    run_function, state_size = roots(module)
    _run(
        [
            "ld",
            "-r",
            "-melf_x86_64",
            "--gc-sections",
            f"--entry={run_function}",
            f"--undefined={state_size}",
            f"--script={script}",
            f"-o{target}",
            *map(str, inputs),
        ],
        what=f"linking {module}",
    )
    # Each object becomes a module of its own: the crates in it are its own
    # affair.
    _run(
        [
            "objcopy",
            f"--keep-global-symbol={run_function}",
            f"--keep-global-symbol={state_size}",
            *(f"--strip-symbol={name}" for name in _needless_symbols(target)),
            str(target),
        ],
        what=f"linking {module}",
    )


def _symbols(elf: ELFFile) -> SymbolTableSection:
    table = elf.get_section_by_name(".symtab")
    if not isinstance(table, SymbolTableSection):
        raise KdmaError("an object has no symbols", where=elf.stream.name)
    return table


def _needless_symbols(path: Path) -> list[str]:
    """Undefined symbols that only dropped functions used, and names of files.

    The first are no imports. objtool takes an object with several of the
    second for the link of a whole module.
    """
    with path.open("rb") as file:
        elf = ELFFile(file)
        used = {
            relocation["r_info_sym"]
            for section in elf.iter_sections()
            if isinstance(section, RelocationSection)
            for relocation in section.iter_relocations()
        }
        return [
            symbol.name
            for index, symbol in enumerate(_symbols(elf).iter_symbols())
            if symbol.name
            and (
                symbol["st_info"]["type"] == "STT_FILE"
                or (symbol["st_shndx"] == "SHN_UNDEF" and index not in used)
            )
        ]


def imports(path: Path) -> list[str]:
    """The symbols that an object needs from elsewhere, sorted."""
    with path.open("rb") as file:
        return sorted(
            symbol.name
            for symbol in _symbols(ELFFile(file)).iter_symbols()
            if symbol.name and symbol["st_shndx"] == "SHN_UNDEF"
        )


def foreign_imports(path: Path) -> list[str]:
    """Those of them that a Rust driver must not need."""
    return [
        name
        for name in imports(path)
        if not name.startswith(("kdma_", *INTRINSIC_PREFIXES)) and name not in INTRINSICS
    ]


def build(
    config: Path,
    cache: Path,
    *,
    rust_src: Sequence[Path] = (),
    rustc: str = "rustc",
    sources: Path = PROJECT / "rust-bindings",
) -> RustObjects:
    """Builds the objects of both Rust drivers for the kernel with this .config.

    `cache`: where `core` and the objects are kept. `rust_src`: where else to
    look for rust-src, see `find_rust_src()`. Raises KdmaError.
    """
    tool = compiler(rustc)
    library = find_rust_src(tool, rust_src)
    flags = flags_for(read_config(config), tool)
    # The location tells two trees of the same release apart; hashing core's
    # source costs less than a second hides.
    core_key = key([tool.verbose_version, *flags, _tree_identity(library / "core", (".rs",))])
    core = cache / "rust" / f"core-{core_key}"
    object_key = key(
        [
            core_key,
            "with records of the flags",
            _LINKER_SCRIPT,
            *(
                f"{crate} {_tree_identity(sources / crate / 'src', ('.rs',))}"
                for crate in (*_CRATES, _DRIVER_CRATE)
            ),
        ]
    )
    objects = cache / "rust" / f"objects-{object_key}"

    def make_objects(work: Path) -> None:
        entry(core, lambda folder: _build_core(tool, flags, library, folder))
        _build_objects(tool, flags, core, sources, work)

    cached = entry(objects, make_objects)
    return RustObjects(
        objects={module: objects / f"{module}.o" for module in DRIVERS},
        flags=flags,
        rustc=tool.verbose_version.splitlines()[0],
        rust_src=library,
        cached=cached,
    )
