# SPDX-License-Identifier: GPL-2.0
"""The driver-facing DMA API of a kernel and configuration, as a surface.

libclang parses the headers with the flags that kbuild itself uses for a
module; what only other configurations have is added from the headers' text
(`configured=no`). Exports come from the sources, or else from Module.symvers.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import json
import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from clang import cindex

from kdma import surface
from kdma.cache import digest, entry, key
from kdma.findings import KdmaError
from kdma.header_text import Declaration, declarations
from kdma.kernel import Kernel
from kdma.paths import cache_root
from kdma.process import run
from kdma.surface import Kind, Member, Surface, member
from kdma.surface_compare import parse_parameter

#: Raised when what is read from the same headers changes.
_READER = "2"

#: What drivers include to do DMA.
DRIVER_HEADERS = (
    "include/linux/dma-direction.h",
    "include/linux/dma-mapping.h",
    "include/linux/dmapool.h",
    "include/linux/iommu-dma.h",
    "include/linux/pci-p2pdma.h",
    "include/linux/scatterlist.h",
)
#: What implementations of the DMA API include besides.
BACKEND_HEADERS = (
    "include/linux/dma-direct.h",
    "include/linux/dma-map-ops.h",
    "include/linux/swiotlb.h",
)
#: Of this one only what has to do with DMA.
DEVICE_HEADER = "include/linux/device.h"
_DMA_NAME = re.compile(r"dma", re.IGNORECASE)
#: What a built kernel says that it exports.
SYMVERS = "Module.symvers"
#: Where the API is exported from.
EXPORTERS = (
    "kernel/dma/*.c",
    "mm/dmapool.c",
    "lib/scatterlist.c",
    "drivers/iommu/dma-iommu.c",
    "drivers/pci/p2pdma.c",
)
#: What exports of theirs are called, declared or not.
_EXPORT_NAME = re.compile(r"(?:__)?(?:dmam?|iommu_dma|pci_p2p(?:dma|mem)|sgl?|swiotlb)_\w+")
_EXPORT = re.compile(
    r"^\s*EXPORT_SYMBOL(?P<gpl>_GPL)?(?P<ns>_NS(?P<ns_gpl>_GPL)?|_FOR_MODULES)?"
    r"\(\s*(?P<name>\w+)\s*(?:,\s*\"?(?P<namespace>[^)\"]*)\"?)?\)",
    re.MULTILINE,
)


class Scope(StrEnum):
    """How much is read."""

    #: What a driver uses.
    DRIVER = "driver"
    #: Also what the DMA API's implementations share.
    BACKEND = "backend"


@dataclass(frozen=True)
class Input:
    """What to read: flags for the compiler, and the roots of headers and code."""

    name: str
    flags: tuple[str, ...]
    build: Path
    source: Path
    scope: Scope = Scope.DRIVER
    #: Content instead of that of a header, by its path from the root.
    replaced: Mapping[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers that are there and whose declarations belong to the surface."""
        wanted = DRIVER_HEADERS + (BACKEND_HEADERS if self.scope is Scope.BACKEND else ())
        return tuple(h for h in sorted(wanted) if h in self.replaced or self.path(h))

    def path(self, header: str) -> Path | None:
        """Where a file of the kernel is; None if it has none of that name."""
        for root in (self.source, self.build):
            if (root / header).is_file():
                return root / header
        return None

    def text(self, header: str) -> str:
        """What a file of the kernel says; empty if there is none."""
        if header in self.replaced:
            return self.replaced[header]
        path = self.path(header)
        return path.read_text(errors="replace") if path else ""

    def short(self, path: str) -> str:
        """A path from the kernel's root."""
        for root in (self.source, self.build):
            if path.startswith(f"{root}/"):
                return path[len(str(root)) + 1 :]
        return path


# -- flags ----------------------------------------------------------------------

#: What changes what headers say. The rest is about code, or unknown to clang.
_PAIRED = ("-include", "-isystem", "-iquote")
_KEPT = re.compile(
    r"-(?:[DUI]|std=|nostdinc|m(?:64|32|no-(?:sse2?|mmx|80387)|cmodel=)"
    r"|f(?:short-enums|short-wchar|pack-struct.*|(?:un)?signed-char|ms-extensions)$)"
)


def clang_flags(command: str, folders: Sequence[Path]) -> tuple[str, ...]:
    """The part of a compiler's command line that clang needs to parse headers.

    Relative folders are taken from the first of `folders` that has them.
    """
    words = shlex.split(command)
    flags: list[str] = []

    def absolute(path: str) -> str:
        for folder in folders:
            if (folder / path).exists():
                return str((folder / path).resolve())
        return path

    position = 1
    while position < len(words):
        word = words[position]
        if word in _PAIRED and position + 1 < len(words):
            flags += [word, absolute(words[position + 1])]
            position += 1
        elif word.startswith("-I"):
            flags.append(f"-I{absolute(word[2:])}")
        elif _KEPT.match(word) and not word.startswith("-DKBUILD_"):
            flags.append(word)
        position += 1
    return tuple(flags)


def module_command(kernel: Kernel) -> str:
    """The command line with which kbuild compiles a module. Asked once for each kernel."""
    makefile = kernel.build / "Makefile"
    folder = (
        cache_root()
        / "surfaces"
        / ("command-" + key([_READER, kernel.identity, digest(kernel.config), str(makefile)]))
    )

    def make(work: Path) -> None:
        probe = Path(tempfile.mkdtemp(prefix="kdma-flags-"))
        try:
            (probe / "Kbuild").write_text("obj-m := probe.o\n")
            (probe / "probe.c").write_text("#include <linux/types.h>\n")
            arguments = ["make", "-s", "-C", str(kernel.build), f"M={probe}"]
            run([*arguments, *kernel.make_arguments, "probe.o"], what="asking kbuild for its flags")
            told = (probe / ".probe.o.cmd").read_text()
            match = re.search(r"^(?:saved)?cmd_\S+ := (.*?)(?: ; .*)?$", told, re.MULTILINE)
            if not match:
                raise KdmaError(
                    "kbuild does not say how it compiles",
                    where=str(kernel.build),
                    expected="cmd_probe.o := in .probe.o.cmd",
                    actual=told[:200],
                    next="is this a kernel's build folder? run make modules_prepare in it",
                )
            (work / "command").write_text(match[1].replace("\\#", "#"))
        finally:
            shutil.rmtree(probe, ignore_errors=True)

    entry(folder, make)
    return (folder / "command").read_text()


def module_flags(kernel: Kernel) -> tuple[str, ...]:
    """The part of kbuild's flags that says what headers mean, as clang takes it."""
    return clang_flags(module_command(kernel), [kernel.build])


# -- what the headers' text says ---------------------------------------------------


def _words(text: str) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=8192)
def _split_prototype(text: str, name: str) -> tuple[str, str, str]:
    """Linkage, what it returns, and the parameters of a declaration read as text."""
    head, _, rest = text.partition(f"{name}(")
    if not rest:
        head, _, rest = text.partition(f"{name} (")
    depth, end = 1, 0
    while end < len(rest):
        depth += {"(": 1, ")": -1}.get(rest[end], 0)
        if depth == 0:
            break
        end += 1
    words = head.replace("*", " * ").split()
    linkage = "inline" if "static" in words else "symbol"
    skipped = {"static", "inline", "extern", "__always_inline"}
    returns = " ".join(w for w in words if w not in skipped and not w.startswith("__must"))
    parameters = re.sub(r"\*\s+", "*", _words(rest[:end]))
    return linkage, re.sub(r"\* (?=\*)", "*", returns), "" if parameters == "void" else parameters


@lru_cache(maxsize=64)
def _declared_by(text: str) -> tuple[Declaration, ...]:
    """The declarations of a header. Of one text only once: few change between two readings."""
    return tuple(declarations(text))


@dataclass
class _Text:
    """All that the headers declare, by form and name."""

    found: dict[tuple[str, str], list[tuple[str, Declaration]]] = field(default_factory=dict)
    includes: list[tuple[str, Declaration]] = field(default_factory=list)

    def read(self, header: str, text: str, wanted: re.Pattern[str] | None = None) -> None:
        """Adds the declarations of a header, or those with a wanted name."""
        for each in _declared_by(text):
            if wanted is not None and not (
                each.form == "field"
                and each.name.startswith("device.")
                and wanted.search(each.name.partition(".")[2])
            ):
                continue
            if each.form == "include":
                self.includes.append((header, each))
            elif not (each.form == "define" and re.fullmatch(r"_\w+_H_*", each.name)):
                self.found.setdefault((each.form, each.name), []).append((header, each))

    def when(self, form: str, name: str) -> str:
        """Under which conditions it is declared, in all its variants; empty: always."""
        told = {each.when for _, each in self.found.get((form, name), [])}
        return "" if "" in told else " or ".join(sorted(told))

    def linkages(self, name: str) -> str:
        """How a function is there in the configurations that the text knows."""
        told = {
            _split_prototype(each.text, name)[0]
            for _, each in self.found.get(("function", name), [])
        }
        if any(each.parameters is not None for _, each in self.found.get(("define", name), [])):
            told.add("macro")
        return ", ".join(sorted(told)) if len(told) > 1 else ""


# -- what clang says ---------------------------------------------------------------

_PROBE = "kdma-surface.c"
#: What clang calls the conventions that are not C's own. See CXCallingConv.
_CONVENTIONS = {
    2: "stdcall",
    3: "fastcall",
    4: "thiscall",
    5: "pascal",
    8: "regparm",
    10: "ms_abi",
    11: "sysv_abi",
    12: "vectorcall",
}


def _declared(type_text: str, name: str) -> str:
    """`type name` as C writes it."""
    type_text = re.sub(r"\b_Bool\b", "bool", type_text)
    if not name:
        return type_text
    if "(*)" in type_text:
        return type_text.replace("(*)", f"(*{name})", 1)
    if match := re.search(r"\s*(\[.*\])$", type_text):
        return f"{type_text[: match.start()]} {name}{match[1]}"
    return f"{type_text}{name}" if type_text.endswith("*") else f"{type_text} {name}"


def _other(canonical: str, written: str) -> str:
    """The canonical type, if it is not what is written."""
    canonical = re.sub(r"\b_Bool\b", "bool", canonical)
    return "" if canonical == re.sub(r"\b_Bool\b", "bool", written) else canonical


def _at_top(
    unit: cindex.TranslationUnit, wanted: Callable[[str], bool]
) -> list[tuple[str, cindex.Cursor]]:
    """The outermost cursors in files whose names are wanted, each with that name.

    Most stand in other headers, by the ten thousand: of those no more is asked than
    which file they are in, and clang's own handle is enough for that.
    """
    library = cindex.conf.lib
    location = library.clang_getCursorLocation
    # A function object of our own: the one of cindex wants wrapped arguments.
    expansion = library["clang_getExpansionLocation"]
    expansion.argtypes = [cindex.SourceLocation, *[ctypes.c_void_p] * 4]
    expansion.restype = None
    handle = ctypes.c_void_p()
    told = ctypes.byref(handle)
    names: dict[int | None, str] = {None: ""}
    found: list[tuple[str, cindex.Cursor]] = []

    def visit(cursor: cindex.Cursor, parent: cindex.Cursor, nothing: object) -> int:
        del parent, nothing
        expansion(location(cursor), told, None, None, None)
        name = names.get(handle.value)
        if name is None:
            # What is not wanted is told apart from what is not known yet.
            name = cursor.location.file.name
            name = names[handle.value] = name if wanted(name) else ""
        if name:
            # As cindex does, so that the unit lives as long as its cursors.
            cursor._tu = unit
            found.append((name, cursor))
        return 1

    library.clang_visitChildren(unit.cursor, cindex.callbacks["cursor_visit"](visit), None)
    return found


class _Reader:
    """One parse, turned into members."""

    def __init__(self, given: Input) -> None:
        self.given = given
        self.members: dict[tuple[Kind, str], Member] = {}
        self.lacks: list[str] = []
        self.text = _Text()
        #: What it was made of.
        self.files: set[str] = set()
        self._types: dict[str, cindex.Type] = {}
        library = cindex.conf.lib
        library.clang_getFunctionTypeCallingConv.argtypes = [cindex.Type]
        library.clang_getFunctionTypeCallingConv.restype = ctypes.c_int

    def add(self, made: Member) -> None:
        """Adds a member; what is there already stays."""
        self.members.setdefault(made.key, made)

    def read(self) -> Surface:
        """The whole surface."""
        for header in self.given.headers:
            self.text.read(header, self.given.text(header))
        self.text.read(DEVICE_HEADER, self.given.text(DEVICE_HEADER), _DMA_NAME)
        unit = self._parse()
        self._check(unit)
        self.files |= {str(each.include.name) for each in unit.get_includes()}
        self.files |= {flag for flag in self.given.flags if flag.endswith(".h")}
        self._declarations(unit)
        self._typedefs()
        self._not_configured()
        for header, each in self.text.includes:
            if header in DRIVER_HEADERS:
                place = f"{header}:{each.line}"
                self.add(member(Kind.INCLUDE, f"{header} {each.name}", place, when=each.when))
        self._exports()
        return surface.surface(self.given.name, self.members.values(), self.lacks)

    # -- parsing

    def _macros(self) -> list[tuple[str, Declaration, str]]:
        """Macros with their text in the active configuration, as far as text can tell."""
        macros = []
        for (form, name), variants in self.text.found.items():
            if form == "define":
                macros += [(name, each, header) for header, each in variants]
        return macros

    def _program(self) -> str:
        """A program that includes the headers and asks about each of their macros."""
        lines = [f"#include <{header.removeprefix('include/')}>" for header in self.given.headers]
        for number, (name, each, _) in enumerate(self._macros()):
            condition = f" && ({each.when})" if each.when else ""
            lines += [
                f"#if defined({name}){condition}",
                f"struct kdma_has_{number};",
                "#endif",
            ]
            if each.parameters is None and each.text and each.text != name:
                lines += [
                    f"#ifdef {name}",
                    f"enum {{ kdma_value_{number} = ({name}) }};",
                    f"extern __typeof__({name}) kdma_type_{number};",
                    "#endif",
                ]
        return "\n".join(lines) + "\n"

    def _parse(self) -> cindex.TranslationUnit:
        arguments = [*self.given.flags, "-Wno-everything", "-ferror-limit=0"]
        probe = str(self.given.build / _PROBE)
        unsaved = [(probe, self._program())]
        for header, text in self.given.replaced.items():
            unsaved.append((str(self.given.path(header) or self.given.source / header), text))
        try:
            # Nobody asks what a function does: that is half of the time.
            return cindex.Index.create().parse(
                probe,
                arguments,
                unsaved_files=unsaved,
                options=cindex.TranslationUnit.PARSE_SKIP_FUNCTION_BODIES,
            )
        except cindex.TranslationUnitLoadError:
            raise KdmaError(
                "libclang cannot read the kernel's headers",
                where=str(self.given.source),
                expected="headers that parse with the flags of kbuild",
                actual=shlex.join(arguments)[:200],
                next="do modules compile with this kernel? try make modules_prepare in it",
            ) from None

    def _check(self, unit: cindex.TranslationUnit) -> None:
        """KdmaError if one of our headers does not parse; a remark for others."""
        others = []
        for told in unit.diagnostics:
            if told.severity < cindex.Diagnostic.Error:
                continue
            file = told.location.file.name if told.location.file else ""
            if file.endswith(_PROBE) and told.severity < cindex.Diagnostic.Fatal:
                continue
            short = self.given.short(file)
            if short in self.given.headers or told.severity >= cindex.Diagnostic.Fatal:
                raise KdmaError(
                    f"a header of the kernel does not parse: {told.spelling}",
                    where=f"{short}:{told.location.line}",
                    expected="a header that compiles",
                    actual=told.spelling,
                    next="mend the header, or give the tree as it was released",
                )
            others.append(f"{short}:{told.location.line}: {told.spelling}")
        if others:
            self.lacks.append(f"what follows from {len(others)} errors, the first: {others[0]}")

    # -- declarations

    def _declarations(self, unit: cindex.TranslationUnit) -> None:
        values: dict[int, tuple[str, str]] = {}
        types: dict[int, str] = {}
        present: set[int] = set()
        ours = {str(self.given.path(h) or self.given.source / h): h for h in self.given.headers}
        device = str(self.given.path(DEVICE_HEADER))

        def wanted(file: str) -> bool:
            return file in ours or file == device or file.endswith(_PROBE)

        for file, cursor in _at_top(unit, wanted):
            if file in ours:
                self._declaration(cursor)
            elif file == device:
                self._device(cursor)
            else:
                name = cursor.spelling
                if cursor.kind is cindex.CursorKind.ENUM_DECL:
                    for value in cursor.get_children():
                        number = int(value.spelling.removeprefix("kdma_value_"))
                        values[number] = (str(value.enum_value), "")
                elif name.startswith("kdma_type_"):
                    types[int(name.removeprefix("kdma_type_"))] = (
                        cursor.type.get_canonical().spelling
                    )
                elif name.startswith("kdma_has_"):
                    present.add(int(name.removeprefix("kdma_has_")))
        invalid = self._invalid_lines(unit)
        program = self._program().split("\n")
        for number, (name, each, header) in enumerate(self._macros()):
            if number not in present:
                continue
            place = f"{header}:{each.line}"
            when = self.text.when("define", name)
            if each.parameters is not None:
                self._macro_function(name, each, place, when)
                continue
            line = f"enum {{ kdma_value_{number} = ({name}) }};"
            if number in values and not invalid & {program.index(line) + 1}:
                value = values[number][0]
                kind = types.get(number, "")
                facts = {"value": self._number(value, kind), "type": kind, "when": when}
                facts["written"] = each.text.replace(" | ", "|")
                self.add(member(Kind.CONSTANT, name, place, **facts))
            elif each.text != name:
                text = each.text.replace(" | ", "|")
                self.add(member(Kind.MACRO, name, place, text=text, when=when))

    @staticmethod
    def _number(value: str, kind: str) -> str:
        number = int(value)
        if number < 0 and "unsigned" in kind:
            number += 1 << 64 if "long" in kind else 1 << 32
        return hex(number) if "unsigned" in kind else str(number)

    @staticmethod
    def _invalid_lines(unit: cindex.TranslationUnit) -> set[int]:
        return {
            told.location.line
            for told in unit.diagnostics
            if told.severity >= cindex.Diagnostic.Error
            and told.location.file
            and told.location.file.name.endswith(_PROBE)
        }

    def _macro_function(self, name: str, each: Declaration, place: str, when: str) -> None:
        parameters = [p.strip() for p in (each.parameters or "").split(",") if p.strip()]
        text = each.text.replace(" | ", "|")
        # What parameters are called says nothing.
        for number, parameter in enumerate(parameters, 1):
            text = re.sub(rf"\b{re.escape(parameter)}\b", f"${number}", text)
        self.add(
            member(
                Kind.FUNCTION,
                name,
                place,
                linkage="macro",
                otherwise=self.text.linkages(name),
                parameters=", ".join(parameters),
                text=re.sub(r"\s*([^\w$\s])\s*", r"\1", text),
                when=when,
            )
        )

    def _place(self, cursor: cindex.Cursor) -> str:
        location = cursor.location
        return f"{self.given.short(location.file.name)}:{location.line}"

    def _declaration(self, cursor: cindex.Cursor) -> None:
        kinds = cindex.CursorKind
        name = cursor.spelling
        if cursor.kind is kinds.FUNCTION_DECL:
            self._function(cursor)
        elif cursor.kind is kinds.VAR_DECL:
            written = cursor.type.spelling
            self._use(cursor.type)
            canonical = _other(cursor.type.get_canonical().spelling, written)
            self.add(
                member(Kind.VARIABLE, name, self._place(cursor), type=written, canonical=canonical)
            )
        elif cursor.kind is kinds.ENUM_DECL and cursor.is_definition():
            self._enum(cursor)
        elif cursor.kind in (kinds.STRUCT_DECL, kinds.UNION_DECL) and cursor.is_definition():
            self._struct(cursor)
        elif cursor.kind is kinds.TYPEDEF_DECL:
            self._types.setdefault(name, cursor.type)

    def _function(self, cursor: cindex.Cursor) -> None:
        linkage = "inline" if cursor.storage_class is cindex.StorageClass.STATIC else "symbol"
        arguments = list(cursor.get_arguments())
        parameters = [_declared(a.type.spelling, a.spelling) for a in arguments]
        if cursor.type.kind is cindex.TypeKind.FUNCTIONPROTO and cursor.type.is_function_variadic():
            parameters.append("...")
        canonical = [a.type.get_canonical().spelling.replace("_Bool", "bool") for a in arguments]
        for each in (cursor.result_type, *(a.type for a in arguments)):
            self._use(each)
        written = [a.type.spelling.replace("_Bool", "bool") for a in arguments]
        convention = cindex.conf.lib.clang_getFunctionTypeCallingConv(cursor.type)
        returns = cursor.result_type.spelling.replace("_Bool", "bool")
        made = member(
            Kind.FUNCTION,
            cursor.spelling,
            self._place(cursor),
            canonical_parameters="" if canonical == written else ", ".join(canonical),
            canonical_returns=_other(cursor.result_type.get_canonical().spelling, returns),
            convention=_CONVENTIONS.get(convention, ""),
            linkage=linkage,
            otherwise=self.text.linkages(cursor.spelling),
            parameters=", ".join(parameters),
            returns=returns,
            when=self.text.when("function", cursor.spelling),
        )
        earlier = self.members.get(made.key)
        if earlier is None or cursor.is_definition():
            self.members[made.key] = made

    def _enum(self, cursor: cindex.Cursor) -> None:
        name = cursor.spelling if not cursor.is_anonymous() else ""
        name = "" if "unnamed" in name or "anonymous" in name else name
        place = self._place(cursor)
        if name:
            size = str(cursor.type.get_size())
            self.add(member(Kind.ENUM, name, place, type=cursor.enum_type.spelling, size=size))
        for value in cursor.get_children():
            if value.kind is cindex.CursorKind.ENUM_CONSTANT_DECL:
                where = self._place(value)
                number = str(value.enum_value)
                self.add(member(Kind.ENUMERATOR, value.spelling, where, enum=name, value=number))

    def _field(self, each: cindex.Cursor, record: str, *, offset: bool) -> None:
        name = f"{record}.{each.spelling}"
        self._use(each.type)
        bits = each.get_bitfield_width() if each.is_bitfield() else -1
        at = each.get_field_offsetof()
        self.add(
            member(
                Kind.FIELD,
                name,
                self._place(each),
                type=each.type.spelling.replace("_Bool", "bool"),
                canonical=_other(each.type.get_canonical().spelling, each.type.spelling),
                bits=str(bits) if bits > 0 else "",
                offset=(str(at) if bits > 0 else str(at // 8)) if offset else "",
                when=self.text.when("field", name),
            )
        )

    def _struct(self, cursor: cindex.Cursor) -> None:
        if cursor.is_anonymous() or not cursor.spelling or " " in cursor.spelling:
            return
        union = cursor.kind is cindex.CursorKind.UNION_DECL
        fields = [each for each in cursor.type.get_fields() if each.spelling]
        self.add(
            member(
                Kind.UNION if union else Kind.STRUCT,
                cursor.spelling,
                self._place(cursor),
                alignment=str(cursor.type.get_align()),
                fields=", ".join(each.spelling for each in fields),
                size=str(cursor.type.get_size()),
            )
        )
        for each in fields:
            self._field(each, cursor.spelling, offset=True)

    def _device(self, cursor: cindex.Cursor) -> None:
        """Of device.h: its structs about DMA, and the DMA members of struct device."""
        if cursor.kind is not cindex.CursorKind.STRUCT_DECL or not cursor.is_definition():
            return
        if cursor.spelling == "device":
            for each in cursor.type.get_fields():
                if _DMA_NAME.search(each.spelling):
                    # Where they are in it is nobody's business.
                    self._field(each, "device", offset=False)
        elif _DMA_NAME.search(cursor.spelling):
            self._struct(cursor)

    # -- what follows

    def _use(self, used: cindex.Type) -> None:
        """Remembers the typedefs of a type."""
        kinds = cindex.TypeKind
        while used.kind in (kinds.POINTER, kinds.CONSTANTARRAY, kinds.INCOMPLETEARRAY):
            used = (
                used.get_pointee() if used.kind is kinds.POINTER else used.get_array_element_type()
            )
        if used.kind is kinds.ELABORATED:
            used = used.get_named_type()
        if used.kind is kinds.TYPEDEF:
            self._types.setdefault(used.get_declaration().spelling, used.get_declaration().type)

    def _typedefs(self) -> None:
        for name, used in sorted(self._types.items()):
            size = used.get_size()
            self.add(
                member(
                    Kind.TYPEDEF,
                    name,
                    self._place(used.get_declaration()),
                    type=used.get_canonical().spelling,
                    size=str(size) if size > 0 else "",
                )
            )

    def _not_configured(self) -> None:
        """Members of other configurations, as their text says."""
        for (form, name), variants in self.text.found.items():
            header, each = variants[0]
            facts = {"configured": "no", "when": self.text.when(form, name)}
            place = f"{header}:{each.line}"
            if any((kind, name) in self.members for kind in Kind):
                continue
            if form == "function":
                linkage, returns, parameters = _split_prototype(each.text, name)
                facts |= {"linkage": linkage, "otherwise": self.text.linkages(name)}
                self.add(
                    member(
                        Kind.FUNCTION, name, place, parameters=parameters, returns=returns, **facts
                    )
                )
            elif form == "define" and each.parameters is not None:
                facts |= {"linkage": "macro", "otherwise": self.text.linkages(name)}
                self.add(member(Kind.FUNCTION, name, place, parameters=each.parameters, **facts))
            elif form == "define" and each.text != name:
                text = each.text.replace(" | ", "|")
                self.add(member(Kind.MACRO, name, place, text=text, **facts))
            elif form == "field":
                text, _, bits = each.text.replace(" | ", "|").partition(":")
                parsed = parse_parameter(" ".join(text.split()))
                self.add(
                    member(Kind.FIELD, name, place, type=parsed.type, bits=bits.strip(), **facts)
                )

    # -- exports

    def _exports(self) -> None:
        names = {name for kind, name in self.members if kind in (Kind.FUNCTION, Kind.VARIABLE)}
        files = [f for pattern in EXPORTERS for f in sorted(self.given.source.glob(pattern))]
        if files:
            self.files |= {str(file) for file in files}
            for name in (self.given.short(str(file)) for file in files):
                for made in source_exports(self.given.text(name), name):
                    self.add(made)
            return
        symvers = self.given.build / SYMVERS
        if not symvers.is_file():
            self.lacks.append("exports: neither the kernel's sources nor its Module.symvers")
            return
        self.lacks.append("exports whose names do not say DMA, and no header declares: no sources")
        self.files.add(str(symvers))
        for made in built_exports(self.given.text(SYMVERS), names):
            self.add(made)


@lru_cache(maxsize=64)
def source_exports(text: str, name: str) -> tuple[Member, ...]:
    """The exports of a source file. Of one text only once."""
    return tuple(_source_exports(text, name))


def _source_exports(text: str, name: str) -> Iterator[Member]:
    for match in _EXPORT.finditer(text):
        licence = "GPL" if match["gpl"] or match["ns_gpl"] or match["ns"] == "_FOR_MODULES" else ""
        line = text.count("\n", 0, match.start("name")) + 1
        facts = {"licence": licence, "namespace": (match["namespace"] or "").strip()}
        yield member(Kind.EXPORT, match["name"], f"{name}:{line}", **facts)


def built_exports(text: str, names: Iterable[str]) -> Iterator[Member]:
    """The exports in a Module.symvers that have one of `names`, or one like them."""
    wanted = set(names)
    for line in text.splitlines():
        columns = line.split("\t")
        if len(columns) >= 4 and (columns[1] in wanted or _EXPORT_NAME.fullmatch(columns[1])):
            licence = "GPL" if columns[3].endswith("_GPL") else ""
            namespace = columns[4] if len(columns) > 4 else ""
            yield member(Kind.EXPORT, columns[1], SYMVERS, licence=licence, namespace=namespace)


# -- reading with a memory ---------------------------------------------------------


def read(given: Input) -> Surface:
    """Reads a surface. KdmaError if the headers do not parse."""
    return _Reader(given).read()


def _believed(folder: Path) -> Surface | None:
    """What the memory holds, if every file that it was made of is as it was."""
    try:
        made_of: dict[str, str] = json.loads((folder / "files.json").read_text())
        if all(digest(Path(name)) == known for name, known in made_of.items()):
            return _with_places(folder)
    except (OSError, ValueError, KdmaError):
        pass
    return None


def _with_places(folder: Path) -> Surface:
    """A surface from the memory. Its text has no places; they stand beside it."""
    made = surface.parse((folder / "surface").read_text(), str(folder / "surface"))
    places: dict[str, str] = json.loads((folder / "places.json").read_text())
    members = [Member(m.kind, m.name, m.facts, places.get(f"{m.kind} {m.name}", "")) for m in made]
    return surface.surface(made.side, members, made.lacks)


def input_of(kernel: Kernel, scope: Scope = Scope.DRIVER) -> Input:
    """What to read of a kernel."""
    source = kernel.source or kernel.build
    return Input("kernel", module_flags(kernel), kernel.build, source, scope)


def of_kernel(kernel: Kernel, scope: Scope = Scope.DRIVER) -> Surface:
    """The surface of a kernel, from the cache if nothing that it was made of changed.

    Raises KdmaError if the headers do not parse or kbuild does not work there.
    """
    given = input_of(kernel, scope)
    version = importlib.metadata.version("libclang")
    name = key([_READER, version, kernel.identity, str(kernel.build), scope, *given.flags])
    folder = cache_root() / "surfaces" / name
    known = _believed(folder)
    if known is not None:
        return known
    reader = _Reader(given)
    made = reader.read()
    work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{name}-"))
    try:
        files = {file: digest(Path(file)) for file in sorted(reader.files)}
        (work / "files.json").write_text(json.dumps(files))
        (work / "surface").write_text(made.text())
        places = {f"{m.kind} {m.name}": m.place for m in made}
        (work / "places.json").write_text(json.dumps(places))
        shutil.rmtree(folder, ignore_errors=True)
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return made
