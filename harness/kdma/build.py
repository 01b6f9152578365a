# SPDX-License-Identifier: GPL-2.0
"""Builds the modules and the guest's root for one kernel.

The sources are copied into the cache and built there, so neither the checkout
nor a user's kernel tree is written to. What a compiler says about the kernel's
DMA API is turned into `api-drift` findings, never shown as a raw log.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kdma import initramfs, upstream
from kdma.cache import digest, entry, key
from kdma.findings import Finding, FindingClass, KdmaError
from kdma.kernel import Kernel, jobs
from kdma.paths import PROJECT, as_shown, cache_root
from kdma.process import run

#: In the order in which the guest loads them. Driver modules have the
#: driver's name; kdma.ko is what they import from.
CORE_MODULES = ("kdma", "kdma_test")
DRIVER_MODULES = {
    "native": "kdma_native",
    "c": "kdma_c",
    "rust-sys": "kdma_rust_sys",
    "rust": "kdma_rust",
    "upstream": "kdma_upstream",
}
_SOURCES = ("Kbuild", "c-api", "kmod")
_FOLDER_OF = {"kdma": "c-api"}
#: The guest's root in a cache entry.
INITRAMFS = "initramfs.cpio"


@dataclass(frozen=True)
class Modules:
    """Built modules by name, in the order in which they are loaded."""

    files: Mapping[str, Path]


class ApiDrift(Exception):
    """The kernel's API moved so that our C does not compile. Carries the findings."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(f"{len(findings)} findings")
        self.findings = findings


def _source_files(root: Path) -> list[Path]:
    """What goes into a build: C, headers, Rust for kbuild, Kbuild files. Sorted."""
    files = [root / "Kbuild"]
    for folder in ("c-api", "kmod"):
        files += [
            path
            for path in (root / folder).rglob("*")
            if path.is_file()
            and (path.suffix in (".c", ".h", ".mk", ".rs") or path.name == "Kbuild")
        ]
    return sorted(files)


# -- what the compiler says ---------------------------------------------------

_DIAGNOSTIC = re.compile(
    r"^(?P<file>[^\s:][^:\n]*):(?P<line>\d+):(?:(?P<column>\d+):)? "
    r"(?P<kind>fatal error|error|note|warning): (?P<text>.*)$"
)
_KERNEL_NAME = re.compile(r"\b_*(?:debug_)?(?:dma|DMA|swiotlb|iommu)_\w+")


@dataclass
class _Diagnostic:
    file: str
    line: int
    kind: str
    text: str
    context: list[str]


def _diagnostics(log: str) -> list[_Diagnostic]:
    found: list[_Diagnostic] = []
    for line in log.splitlines():
        match = _DIAGNOSTIC.match(line)
        if match:
            found.append(
                _Diagnostic(match["file"], int(match["line"]), match["kind"], match["text"], [])
            )
        elif found:
            found[-1].context.append(line)
    return found


def _source_line(file: Path, line: int) -> str:
    """A statement's first lines, so that a call is shown with its arguments."""
    try:
        lines = file.read_text(errors="replace").splitlines()[line - 1 : line + 4]
    except OSError:
        return ""
    text = ""
    for part in lines:
        text += (" " if text else "") + part.strip()
        if part.rstrip().endswith(";"):
            break
    return text


def _ours(file: str, work: Path) -> str | None:
    """The project's name of a file in the build folder, or None for others."""
    for candidate in (Path(file), work / file):
        try:
            relative = candidate.resolve().relative_to(work.resolve())
        except ValueError:
            continue
        if (PROJECT / relative).exists():
            return str(relative)
    return None


def _declaration(kernel: Kernel, notes: Sequence[_Diagnostic], name: str) -> tuple[str, str]:
    """Where the kernel declares the function now, and how."""
    roots = [path for path in (kernel.source, kernel.build) if path is not None]
    for note in notes:
        if "declared here" in note.text or "in definition of macro" in note.text:
            for root in (Path("/"), *roots):
                file = root / note.file
                if file.is_file():
                    return f"{_short(note.file, roots)}:{note.line}", _source_line(file, note.line)
    for root in roots:
        header = root / "include/linux/dma-mapping.h"
        if header.is_file():
            lines = header.read_text(errors="replace").splitlines()
            for number, line in enumerate(lines, start=1):
                if re.search(rf"\b{re.escape(name)}\(", line) and not line.startswith("\t"):
                    return f"include/linux/dma-mapping.h:{number}", _source_line(header, number)
            return "include/linux/dma-mapping.h", f"no {name} there"
    return "", ""


def _short(file: str, roots: Sequence[Path]) -> str:
    for root in roots:
        if file.startswith(f"{root}/"):
            return file[len(str(root)) + 1 :]
    return file.removeprefix("./")


def api_drift(log: str, work: Path, kernel: Kernel) -> list[Finding]:
    """Findings for compiler errors at our calls of the kernel; empty if none is at ours."""
    diagnostics = _diagnostics(log)
    findings: dict[str, Finding] = {}
    for index, diagnostic in enumerate(diagnostics):
        if "error" not in diagnostic.kind:
            continue
        notes: list[_Diagnostic] = []
        for other in diagnostics[index + 1 :]:
            if other.kind != "note":
                break
            notes.append(other)
        place = next(
            (
                (ours, where.line)
                for where in (diagnostic, *notes)
                if (ours := _ours(where.file, work)) is not None
            ),
            None,
        )
        if place is None:
            continue
        file, line = place
        call = _source_line(PROJECT / file, line)
        names = _KERNEL_NAME.findall(diagnostic.text) or _KERNEL_NAME.findall(call)
        names = [name for name in names if not name.startswith("dma_addr")]
        if not names:
            # What follows from another error; a first one of its own is ours.
            continue
        name = names[0]
        where_now, declaration = _declaration(kernel, notes, name)
        finding = Finding(
            FindingClass.API_DRIFT,
            f"{name}: {diagnostic.text}",
            f"{file}:{line}",
            f"our call compiles: {call}",
            f"the kernel says at {where_now}: {declaration}" if where_now else diagnostic.text,
            f"adapt this call to the new {name}; where older kernels keep the other form, probe "
            "for the change by name in c-api/probes",
            ("api", name, file),
        )
        findings.setdefault(finding.fingerprint, finding)
    # The order of a parallel make is chance; what users of the ABI read is first.
    return sorted(findings.values(), key=lambda f: (not f.where.startswith("c-api/"), f.where))


def _modpost_findings(log: str) -> list[Finding]:
    """Symbols that the kernel no longer has or no longer exports."""
    findings = []
    for match in re.finditer(r'(?:ERROR|WARNING): modpost: "(\w+)" \[(\S+?)\] undefined', log):
        name, module = match[1], Path(match[2]).name
        api = bool(_KERNEL_NAME.match(name))
        findings.append(
            Finding(
                FindingClass.API_DRIFT if api else FindingClass.BINDING_DRIFT,
                f"{name} is not exported",
                module,
                f"{name} is a symbol that modules may use",
                "neither the kernel nor kdma.ko exports it",
                f"look where {name} went: inline now, renamed, or exported to a namespace",
                ("symbol", name, module),
            )
        )
    return findings


def _fail(log: str, work: Path, kernel: Kernel, log_file: Path) -> None:
    """Raises what a failed build means."""
    findings = api_drift(log, work, kernel) + _modpost_findings(log)
    findings += upstream.api_drift(log)
    if findings:
        raise ApiDrift(findings)
    errors = [d for d in _diagnostics(log) if "error" in d.kind]
    if errors:
        first = errors[0]
        ours = _ours(first.file, work)
        raise KdmaError(
            f"{'our module' if ours else 'the kernel'} does not compile: {first.text}",
            where=f"{ours or _short(first.file, [kernel.source or kernel.build])}:{first.line}",
            expected="modules that compile",
            actual=first.text,
            next=f"read {as_shown(log_file)}",
            finding_class=FindingClass.HARNESS if ours else FindingClass.TOOLCHAIN,
            identity=("build", first.text),
        )
    tail = " | ".join(log.splitlines()[-5:])
    raise KdmaError(
        "the modules do not build",
        where=str(work),
        expected="modules that build",
        actual=tail,
        next=f"read {as_shown(log_file)}",
        identity=("build",),
    )


# -- building -----------------------------------------------------------------


def _copy_sources(project: Path, work: Path, rust_objects: Mapping[str, Path]) -> None:
    for name in _SOURCES:
        source = project / name
        if source.is_dir():
            shutil.copytree(source, work / name)
        else:
            shutil.copy(source, work / name)
    for module, path in rust_objects.items():
        shutil.copy(path, work / "kmod" / f"{module}_driver.o_shipped")


def _make(kernel: Kernel, work: Path, arguments: Sequence[str], log: Path) -> None:
    completed = run(
        [
            "make",
            "-C",
            str(kernel.build),
            f"M={work}",
            f"-j{jobs()}",
            *kernel.make_arguments,
            *arguments,
        ],
        what="building the modules",
        env={**os.environ, "LC_ALL": "C"},
        check=False,
        log=log,
    )
    if completed.returncode:
        _fail(completed.stdout + "\n" + completed.stderr, work, kernel, log)


def compile_only(kernel: Kernel, log: Path) -> None:
    """Compiles our C against a kernel of which only the headers are prepared.

    Seconds, where the whole kernel takes minutes: API drift is known before
    that. Raises ApiDrift or KdmaError.
    """
    work = cache_root() / "compile-only" / key([kernel.identity, str(os.getpid())])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        _copy_sources(PROJECT, work, {})
        _make(kernel, work, ["KBUILD_MODPOST_WARN=1"], log)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def guest_root(kernel: Kernel) -> Path:
    """The guest's root: init, and what the kernel has of modules for the port. Cached by content.

    Nothing of ours that changes with c-api, kmod or the drivers is in it, so a
    guest that has booted is as good for the next build as for this one.
    """
    sources = [PROJECT / "kmod" / name for name in ("crc32.h", "frame.h", "init.c")]
    compiler = run(["cc", "-dumpfullversion", "-dumpmachine"], what="asking cc").stdout
    name = key([compiler, *(digest(path) for path in (*sources, *kernel.guest_modules))])

    def make(work: Path) -> list[Path]:
        init = work / "init"
        command = ["cc", "-O2", "-static", "-Wall", "-Wextra", "-o", str(init), str(sources[-1])]
        run(command, what="compiling the guest's init")
        order = "".join(f"{path.name.removesuffix('.ko')}\n" for path in kernel.guest_modules)
        tree: dict[str, tuple[bytes, int]] = {
            "init": (init.read_bytes(), 0o755),
            "modules.list": (order.encode(), 0o644),
        }
        for path in kernel.guest_modules:
            tree[f"modules/{path.name}"] = (path.read_bytes(), 0o644)
        (work / INITRAMFS).write_bytes(initramfs.archive(tree))
        return [work / INITRAMFS]

    folder = cache_root() / "guest-roots" / name
    entry(folder, make)
    return folder / INITRAMFS


def build(
    kernel: Kernel,
    drivers: Sequence[str],
    rust_objects: Mapping[str, Path],
    log: Path,
    *,
    project: Path = PROJECT,
    more: Sequence[str] = (),
) -> Modules:
    """Builds kdma.ko, kdma_test.ko and the modules of `drivers`.

    `rust_objects`: module name to the object rustc made. `project`: where the
    sources are; `more`: modules of kmod/ there besides. Cached by the content
    of everything that goes in; what is in the cache is believed only while its
    digests hold. Raises ApiDrift when the kernel's API moved, KdmaError for
    what else goes wrong.
    """
    names = [*CORE_MODULES, *(DRIVER_MODULES[driver] for driver in drivers), *more]
    name_of_build = key(
        [
            kernel.identity,
            *names,
            *(f"{path.relative_to(project)} {digest(path)}" for path in _source_files(project)),
            *(f"{name} {digest(path)}" for name, path in sorted(rust_objects.items())),
        ]
    )
    folder = cache_root() / "modules" / name_of_build

    def files_in(root: Path) -> dict[str, Path]:
        return {name: root / _FOLDER_OF.get(name, "kmod") / f"{name}.ko" for name in names}

    def make(work: Path) -> list[Path]:
        _copy_sources(project, work, rust_objects)
        _make(kernel, work, ["KDMA_UPSTREAM=y"] if "upstream" in drivers else [], log)
        files = files_in(work)
        for name, path in files.items():
            if not path.is_file():
                raise KdmaError(
                    f"kbuild made no {name}.ko",
                    where=str(work),
                    next=f"read {as_shown(log)}",
                    finding_class=FindingClass.HARNESS,
                )
        # The stage "drift" asks with which flags the files were compiled.
        return [*files.values(), *work.glob("*/.*.o.cmd")]

    entry(folder, make)
    return Modules(files_in(folder))
