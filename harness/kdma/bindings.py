# SPDX-License-Identifier: GPL-2.0
"""Static checks of the Rust bindings and of the built objects.

`check()`: do the committed bindings say what the headers say? The generator in
rust-bindings/generator makes them anew in memory and compares item by item.
`check_objects()`: do the built objects import and export what they should?
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import Symbol, SymbolTableSection

from kdma import kernel_rust, progress, rust
from kdma.cache import digest, entry, is_complete, key
from kdma.findings import Finding, FindingClass, KdmaError
from kdma.paths import PROJECT
from kdma.process import Completed, lock, run

#: What kdma.ko exports in.
NAMESPACE = "KDMA"

#: Relocations that the kernel's module loader knows (arch/x86/kernel/module.c).
_RELOCATIONS = {
    0: "R_X86_64_NONE",
    1: "R_X86_64_64",
    2: "R_X86_64_PC32",
    4: "R_X86_64_PLT32",
    10: "R_X86_64_32",
    11: "R_X86_64_32S",
    24: "R_X86_64_PC64",
}

_WORKSPACE = PROJECT / "rust-bindings"
_BINARY = "kdma-generate-bindings"
_MEND = "run: ./kdma generate; then look at the difference it makes"


# -- the committed bindings -----------------------------------------------------


def _environment() -> dict[str, str]:
    """With the libclang that is pinned with the harness, not the host's."""
    return {**os.environ, "LIBCLANG_PATH": str(kernel_rust.libclang_folder())}


def _folder(cache: Path) -> Path:
    """Where the generator is, by the content of its sources."""
    sources = [_WORKSPACE / "Cargo.lock", _WORKSPACE / "Cargo.toml"]
    sources += sorted((_WORKSPACE / "generator").rglob("*.toml"))
    sources += sorted((_WORKSPACE / "generator").rglob("*.rs"))
    return cache / "rust" / f"generator-{key(digest(path) for path in sources)}"


def _binary(cache: Path, cargo: str) -> Path:
    """The generator, built if need be.

    Checkouts that share a cache share cargo's target folder too, and cargo takes
    one for the other by the times of their files; so it is told what they are.
    """
    folder = _folder(cache)

    def make(work: Path) -> None:
        target = cache / "rust" / "generator-build"
        with lock(cache / "rust" / "generator-build.lock", "building the generator", wait=True):
            run(
                [
                    cargo,
                    "build",
                    "--quiet",
                    "--locked",
                    "--package=kdma-generator",
                    f"--manifest-path={_WORKSPACE / 'Cargo.toml'}",
                    f"--target-dir={target}",
                ],
                what="building the generator of the bindings",
                env={**_environment(), "KDMA_GENERATOR_SOURCES": folder.name},
            )
            shutil.copy(target / "debug" / _BINARY, work / _BINARY)

    entry(folder, make)
    return folder / _BINARY


def prepare(cache: Path, cargo: str = "cargo") -> None:
    """Builds the generator if need be, which takes a minute, in a stage of its own."""
    if not is_complete(_folder(cache)):
        with progress.stage("build the generator of the bindings"):
            _binary(cache, cargo)


def _generator(cache: Path, cargo: str, arguments: list[str], project: Path = PROJECT) -> Completed:
    """Builds the generator if need be, and runs it."""
    completed = run(
        [
            str(_binary(cache, cargo)),
            *arguments,
            "--project",
            str(project),
        ],
        what="running the generator of the bindings",
        env=_environment(),
        check=False,
    )
    if completed.returncode not in (0, 1):
        raise KdmaError(
            "the bindings cannot be made from the headers",
            where="rust-bindings/generator",
            expected="exit code 0 or 1",
            actual=f"exit code {completed.returncode}\n{completed.stderr.strip()[-2000:]}",
            next="compile the header by itself; see the generator's message",
            finding_class=FindingClass.HARNESS,
            identity=("generator",),
        )
    return completed


def generate(cache: Path, cargo: str = "cargo", project: Path = PROJECT) -> list[Path]:
    """Writes the bindings that are not what the headers of `project` make; returns them."""
    completed = _generator(cache, cargo, ["generate"], project)
    return [project / line for line in completed.stdout.splitlines()]


def models(cache: Path, files: Sequence[Path] = (), cargo: str = "cargo") -> list[str]:
    """What files of bindings say, as JSON; without `files` the bindings of kdma.h."""
    arguments = ["model", "--json", *(f for path in files for f in ("--file", str(path)))]
    return _generator(cache, cargo, arguments).stdout.splitlines()


def check(cache: Path, cargo: str = "cargo", project: Path = PROJECT) -> list[Finding]:
    """How the committed bindings of `project` differ from what its headers make.

    One whose identity has "text" in the second place is about comments and
    formatting only. Raises KdmaError where it could not be found out.
    """
    completed = _generator(cache, cargo, ["check", "--json"], project)
    try:
        records = [json.loads(line) for line in completed.stdout.splitlines()]
        findings = [_binding_finding(record) for record in records]
    except (ValueError, KeyError, TypeError) as error:
        raise KdmaError(
            "the generator's answer is not understood",
            where="rust-bindings/generator",
            expected="one JSON record per line",
            actual=f"{error!r}: {completed.stdout[:500]}",
            finding_class=FindingClass.HARNESS,
            identity=("generator", "answer"),
        ) from None
    if bool(findings) != bool(completed.returncode):
        raise KdmaError(
            "the generator contradicts itself",
            where="rust-bindings/generator",
            expected=f"exit code {int(bool(findings))} with {len(findings)} differences",
            actual=f"exit code {completed.returncode}\n{completed.stderr[-500:]}",
            finding_class=FindingClass.HARNESS,
            identity=("generator", "answer"),
        )
    return findings


def _binding_finding(record: Mapping[str, str | int]) -> Finding:
    kind, name, change = str(record["kind"]), str(record["name"]), record["change"]
    if kind == "text":
        title = f"{name} differs from what the header makes in comments or formatting only"
    elif kind == "file":
        title = f"{name} is not the bindings that the header makes"
    else:
        title = {
            "changed": f"the binding of {kind} {name} is not what the header says",
            "missing": f"the bindings lack {kind} {name}, which the header has",
            "unexpected": f"the bindings have {kind} {name}, which the header lacks",
        }[str(change)]
    return Finding(
        FindingClass.BINDING_DRIFT,
        title,
        f"{record['file']}:{record['line']}",
        str(record["fresh"]) or "nothing of that name",
        str(record["committed"]) or "nothing of that name",
        _MEND,
        (str(record["file"]), kind, name),
    )


# -- the built objects ----------------------------------------------------------


def header_functions(header: Path) -> set[str]:
    """The functions that kdma.h declares. It has no function-like macros."""
    text = re.sub(r"/\*.*?\*/", " ", header.read_text(), flags=re.DOTALL)
    return set(re.findall(r"\b(kdma_\w+)\s*\(", text))


def check_objects(objects: Mapping[str, Path], kdma_ko: Path, header: Path) -> list[Finding]:
    """Imports of the Rust objects and exports of kdma.ko against the header.

    `objects`: module name to the object of its driver, as rust.build() gives
    them.
    """
    declared = header_functions(header)
    if not declared:
        raise KdmaError(
            "kdma.h declares no function",
            where=str(header),
            finding_class=FindingClass.HARNESS,
            identity=("kdma.h",),
        )
    findings = _check_exports(kdma_ko, declared)
    for module, path in sorted(objects.items()):
        findings += _check_driver(module, path, declared)
    return findings


def _check_exports(kdma_ko: Path, declared: set[str]) -> list[Finding]:
    exported = exports(kdma_ko)
    findings = [
        Finding(
            FindingClass.ABI_DRIFT,
            f"kdma.ko does not export {name}, which kdma.h declares",
            kdma_ko.name,
            f"{name} in namespace {NAMESPACE}",
            "not exported",
            "export it with KDMA_EXPORT() in its family's file in c-api/",
            ("export", name),
        )
        for name in sorted(declared - exported.keys())
    ]
    findings += [
        Finding(
            FindingClass.ABI_DRIFT,
            f"kdma.ko exports {name}, which kdma.h does not declare",
            kdma_ko.name,
            "not exported",
            f"{name} in namespace {exported[name] or 'none'}",
            "declare it in c-api/include/kdma.h, or do not export it",
            ("export", name),
        )
        for name in sorted(exported.keys() - declared)
    ]
    findings += [
        Finding(
            FindingClass.ABI_DRIFT,
            f"kdma.ko exports {name} outside of the namespace",
            kdma_ko.name,
            f"namespace {NAMESPACE}",
            f"namespace {exported[name]}" if exported[name] else "no namespace",
            "export it with KDMA_EXPORT()",
            ("namespace", name),
        )
        for name in sorted(exported.keys() & declared)
        if exported[name] != NAMESPACE
    ]
    return findings


def _check_driver(module: str, path: Path, declared: set[str]) -> list[Finding]:
    findings = [
        Finding(
            FindingClass.BINDING_DRIFT,
            f"{path.name} imports {name}, which is not of the ABI",
            path.name,
            "kdma_* of kdma.h, and compiler intrinsics",
            name,
            "see what calls it: objdump -dr; a Rust driver has no other way to the kernel",
            ("import", module, name),
        )
        for name in rust.foreign_imports(path)
    ]
    findings += [
        Finding(
            FindingClass.BINDING_DRIFT,
            f"{path.name} imports {name}, which kdma.h does not declare",
            path.name,
            "a function of kdma.h",
            name,
            _MEND,
            ("import", module, name),
        )
        for name in rust.imports(path)
        if name.startswith("kdma_") and name not in declared
    ]
    with path.open("rb") as file:
        elf = ELFFile(file)
        defined = sorted(
            symbol.name
            for symbol in _symbols(elf)
            if symbol["st_info"]["bind"] != "STB_LOCAL" and symbol["st_shndx"] != "SHN_UNDEF"
        )
        relocations = {
            relocation["r_info_type"]
            for section in elf.iter_sections()
            if isinstance(section, RelocationSection)
            for relocation in section.iter_relocations()
        }
    if defined != sorted(rust.roots(module)):
        findings.append(
            Finding(
                FindingClass.HARNESS,
                f"{path.name} defines other functions than its module calls",
                path.name,
                ", ".join(sorted(rust.roots(module))),
                ", ".join(defined) or "none",
                "see rust-bindings/kdma-drivers and harness/kdma/rust.py",
                ("roots", module),
            )
        )
    unknown = sorted(relocations - _RELOCATIONS.keys())
    if unknown:
        findings.append(
            Finding(
                FindingClass.HARNESS,
                f"{path.name} has relocations that the module loader does not know",
                path.name,
                ", ".join(_RELOCATIONS.values()),
                ", ".join(f"type {number}" for number in unknown),
                "see the flags in harness/kdma/rust.py",
                ("relocations", module),
            )
        )
    return findings


def _symbols(elf: ELFFile) -> list[Symbol]:
    table = elf.get_section_by_name(".symtab")
    if not isinstance(table, SymbolTableSection):
        raise KdmaError(
            "an object has no symbols",
            where=str(getattr(elf.stream, "name", "")),
            next="build it anew: the file may be damaged",
            finding_class=FindingClass.HARNESS,
        )
    return list(table.iter_symbols())


def exports(module: Path) -> dict[str, str]:
    """The symbols that a kernel module exports, with their namespaces."""
    with module.open("rb") as file:
        elf = ELFFile(file)
        strings = elf.get_section_by_name("__ksymtab_strings")
        if strings is None:
            return {}
        data: bytes = strings.data()
        index = elf.get_section_index("__ksymtab_strings")
        values = {
            symbol.name: symbol["st_value"]
            for symbol in _symbols(elf)
            if symbol["st_shndx"] == index
        }

    def text(offset: int) -> str:
        return data[offset : data.index(b"\0", offset)].decode()

    # EXPORT_SYMBOL(x) makes __kstrtab_x, its name, and __kstrtabns_x.
    prefix = "__kstrtab_"
    return {
        text(value): text(values.get(f"__kstrtabns_{name.removeprefix(prefix)}", value))
        for name, value in values.items()
        if name.startswith(prefix)
    }
