# SPDX-License-Identifier: GPL-2.0
"""Does c-api narrow a value on its way between the ABI and the kernel?

No guest has objects above 4 GiB, so that no program sees a size or an address
cut to 32 bits. libclang reads each source as kbuild compiled it; each
conversion in it, written or implicit, from an integer to a narrower one, and
each that widens with a sign that the value never had, is a finding, unless the
value is a constant or c-api/narrowings.toml says why nothing is lost.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import shlex
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from clang import cindex

from kdma import drift_answers, kernel_surface, three_way
from kdma.cache import digest
from kdma.drift_answers import Answer, kept
from kdma.findings import Finding, FindingClass, KdmaError, Unchecked
from kdma.kernel import Kernel, jobs
from kdma.paths import PROJECT

FOLDER = "c-api"
#: Narrowings that lose nothing, and why.
ON_PURPOSE = PROJECT / FOLDER / "narrowings.toml"

_KINDS = cindex.CursorKind
_TYPES = cindex.TypeKind
_SIGNED = {_TYPES.CHAR_S, _TYPES.SCHAR, _TYPES.SHORT, _TYPES.INT, _TYPES.LONG, _TYPES.LONGLONG}
#: What has an address is one, as far as its width goes. A bool is no number.
_UNSIGNED = {_TYPES.CHAR_U, _TYPES.UCHAR, _TYPES.USHORT, _TYPES.UINT, _TYPES.ULONG,
             _TYPES.ULONGLONG, _TYPES.ENUM, _TYPES.POINTER}  # fmt: skip
#: libclang has no kind for conversions that nobody wrote.
_CONVERSIONS = {_KINDS.CSTYLE_CAST_EXPR, _KINDS.UNEXPOSED_EXPR}
#: What is asked for by name and can change.
_VARYING = {_KINDS.VAR_DECL, _KINDS.PARM_DECL, _KINDS.FUNCTION_DECL}


@dataclass(frozen=True)
class Narrowing:
    """A conversion in which a value may lose something.

    `function`: of c-api. `of`: the value, such as "argument 2 of dma_map_page_attrs"; `parameter`
    is what the callee calls it. `before` and `after`: the types, without typedefs; `written`:
    as they are written. `signed`: it is widened with a sign.
    """

    function: str
    of: str
    parameter: str
    before: str
    after: str
    written: tuple[str, str]
    file: str
    line: int
    signed: bool = False

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What an entry in the list has to name: neither its line nor what types are called."""
        return (self.function, self.of, self.before, self.after)

    def finding(self) -> Finding:
        """For people."""
        before, after = self.written
        what = f"{self.of} ({self.parameter})" if self.parameter else self.of
        how = "is widened with a sign that it has not" if self.signed else "is narrowed"
        return Finding(
            FindingClass.DIVERGENCE,
            f"{self.function}: {what} {how}: {before} becomes {after}",
            f"{self.file}:{self.line}",
            f"{before}, as wide as it comes",
            after,
            "keep its type; where it cannot hold more, say why in c-api/narrowings.toml",
            ("narrowing", *self.identity),
        )


@dataclass(frozen=True)
class Read:
    """What a source says: the functions that are compiled, and narrowings in them."""

    functions: frozenset[str]
    narrowings: tuple[Narrowing, ...]


# -- reading a source ------------------------------------------------------------------


def _integer(of: cindex.Type) -> tuple[int, bool] | None:
    """Size and sign of an integer; None for anything else."""
    kind = of.get_canonical().kind
    if kind in _SIGNED or kind in _UNSIGNED:
        return of.get_canonical().get_size(), kind in _SIGNED
    return None


def _written(of: cindex.Type) -> str:
    told: str = of.spelling
    return of.get_canonical().spelling if "typeof" in told else told


def _is_constant(cursor: cindex.Cursor) -> bool:
    """Is it made of nothing that could vary? The compiler warns of what a constant loses."""
    todo = [cursor]
    while todo:
        one = todo.pop()
        if one.kind is _KINDS.CXX_UNARY_EXPR:
            # sizeof: nothing in it is evaluated.
            continue
        if one.kind in (_KINDS.CALL_EXPR, _KINDS.MEMBER_REF_EXPR, _KINDS.StmtExpr):
            return False
        if one.kind is _KINDS.DECL_REF_EXPR and (
            one.referenced is None or one.referenced.kind in _VARYING
        ):
            return False
        todo += one.get_children()
    return True


def _converted(cursor: cindex.Cursor) -> cindex.Cursor | None:
    """The expression that a conversion converts; None if it is none."""
    if cursor.kind not in _CONVERSIONS:
        return None
    inner = [one for one in cursor.get_children() if one.kind.is_expression()]
    return inner[0] if len(inner) == 1 else None


def _loses_sign(cursor: cindex.Cursor, size: int) -> bool:
    """Is this signed expression what an unsigned one of its size was converted to?"""
    while True:
        if cursor.kind is _KINDS.PAREN_EXPR:
            inner = next(iter(cursor.get_children()), None)
        else:
            inner = _converted(cursor)
        kind = _integer(inner.type) if inner is not None else None
        if inner is None or kind is None or kind[0] != size:
            return False
        if not kind[1]:
            return inner.type.get_canonical().kind is not _TYPES.ENUM
        cursor = inner


def _change(cursor: cindex.Cursor) -> tuple[cindex.Type, cindex.Type, bool] | None:
    """Types before and after, and whether a sign is added, where something may be lost."""
    if cursor.kind is _KINDS.COMPOUND_ASSIGNMENT_OPERATOR:
        # The sum is computed in the wider type and cut to the left one.
        left, right = list(cursor.get_children())
        before, after, inner = right.type, left.type, right
    else:
        converted = _converted(cursor)
        if converted is None:
            return None
        before, after, inner = converted.type, cursor.type, converted
    kinds = _integer(before), _integer(after)
    if kinds[0] is None or kinds[1] is None or _is_constant(inner):
        return None
    (had, signed), (has, _) = kinds[0], kinds[1]
    if had > has:
        return before, after, False
    if had < has and signed and _loses_sign(inner, had):
        return before, after, True
    return None


#: Where an expression stands: its parent there, and which of its children it is.
_Context = tuple[cindex.Cursor, int]


def _callee(call: cindex.Cursor) -> cindex.Cursor | None:
    """The function that is called, also as (&f)(); None where only a pointer is known."""
    cursor: cindex.Cursor | None = call
    while cursor is not None:
        named = cursor.referenced
        if named is not None and named.kind is _KINDS.FUNCTION_DECL:
            return named
        cursor = next(iter(cursor.get_children()), None)
    return None


def _named(context: _Context | None) -> tuple[str, str]:
    """How a value is called by where it goes, and what it is called there."""
    if context is None:
        return "a value", ""
    parent, number = context
    if parent.kind is _KINDS.CALL_EXPR:
        callee = _callee(parent)
        names = [one.spelling for one in callee.get_arguments()] if callee is not None else []
        name = names[number] if number < len(names) else ""
        called = callee.spelling if callee is not None else "a function pointer"
        return f"argument {number + 1} of {called}", name
    if parent.kind is _KINDS.RETURN_STMT:
        return "what it returns", ""
    if parent.kind is _KINDS.VAR_DECL:
        return f"the variable {parent.spelling}", ""
    left = "".join(token.spelling for token in next(iter(parent.get_children())).get_tokens())
    return (f"what {left} is set to" if left else "a value"), ""


def _in_context(
    cursor: cindex.Cursor, context: _Context | None
) -> Iterator[tuple[cindex.Cursor, _Context | None]]:
    """Children that are evaluated, each with where it goes."""
    if cursor.kind is _KINDS.CXX_UNARY_EXPR:
        return
    arguments = list(cursor.get_arguments()) if cursor.kind is _KINDS.CALL_EXPR else []
    for number, child in enumerate(cursor.get_children()):
        own = context
        if cursor.kind is _KINDS.CALL_EXPR:
            at = next((n for n, one in enumerate(arguments) if one == child), None)
            own = (cursor, at) if at is not None else None
        elif cursor.kind in (_KINDS.RETURN_STMT, _KINDS.VAR_DECL) or (
            cursor.kind in (_KINDS.BINARY_OPERATOR, _KINDS.COMPOUND_ASSIGNMENT_OPERATOR)
            and context is None
            and number == 1
        ):
            own = (cursor, number)
        yield child, own


def _presumed(location: cindex.SourceLocation) -> tuple[str, int]:
    """File and line as line directives have them."""
    name, line, column = cindex._CXString(), ctypes.c_uint(), ctypes.c_uint()
    library = cindex.conf.lib
    library.clang_getPresumedLocation(
        location, ctypes.byref(name), ctypes.byref(line), ctypes.byref(column)
    )
    return str(library.clang_getCString(name)), line.value


def _of_function(function: cindex.Cursor, tree: Path) -> Iterator[Narrowing]:
    todo: list[tuple[cindex.Cursor, _Context | None]] = [(function, None)]
    while todo:
        cursor, context = todo.pop()
        todo += _in_context(cursor, context)
        changed = _change(cursor)
        if changed is None:
            continue
        before, after, signed = changed
        if cursor.kind is _KINDS.COMPOUND_ASSIGNMENT_OPERATOR:
            context = (cursor, 1)
        of, parameter = _named(context)
        file, line = _presumed(cursor.location)
        yield Narrowing(
            function.spelling,
            of,
            parameter,
            before.get_canonical().spelling,
            after.get_canonical().spelling,
            (_written(before), _written(after)),
            file.removeprefix(f"{tree}/"),
            line,
            signed,
        )


def read(tree: Path, file: str, flags: Sequence[str]) -> Read:
    """What a source in a copy of the project says. KdmaError if it cannot be read whole."""
    path = str(tree / file)
    name = f'"{Path(file).stem}"'
    arguments = [*flags, f"-DKBUILD_BASENAME={name}", f"-DKBUILD_MODFILE={name}",
                 '-DKBUILD_MODNAME="kdma"', "-Wno-everything", "-fbracket-depth=65536",
                 "-ferror-limit=0"]  # fmt: skip

    def unreadable(where: str, actual: str) -> KdmaError:
        return KdmaError(
            f"{file}: what it narrows cannot be read",
            where=where,
            expected="a source that libclang reads with the flags of kbuild",
            actual=actual,
            next="does it compile? run: make lint",
            identity=("narrowing", "read", file),
        )

    try:
        unit = cindex.Index.create().parse(path, arguments)
    except cindex.LibclangError as error:
        raise unreadable(file, str(error)) from None
    except cindex.TranslationUnitLoadError:
        raise unreadable(file, shlex.join(arguments)[:200]) from None
    for told in unit.diagnostics:
        # Also in the kernel's headers: what is called from them would be no call.
        if told.severity >= cindex.Diagnostic.Error:
            raise unreadable(f"{told.location.file}:{told.location.line}", told.spelling)
    library = cindex.conf.lib
    library.clang_getPresumedLocation.argtypes = [
        cindex.SourceLocation, ctypes.POINTER(cindex._CXString), ctypes.POINTER(ctypes.c_uint),
        ctypes.POINTER(ctypes.c_uint),
    ]  # fmt: skip
    own = f"{tree / FOLDER}/"
    functions: set[str] = set()
    found: dict[tuple[object, ...], Narrowing] = {}
    for cursor in unit.cursor.get_children():
        if (
            cursor.kind is _KINDS.FUNCTION_DECL
            and cursor.is_definition()
            and cursor.location.file is not None
            and str(cursor.location.file).startswith(own)
        ):
            functions.add(cursor.spelling)
            for one in _of_function(cursor, tree):
                found.setdefault((one.identity, one.file, one.line), one)
    return Read(frozenset(functions), tuple(found.values()))


def read_all(tree: Path, flags: Mapping[str, Sequence[str]]) -> Read:
    """What all of these sources say, each with its compiler's flags."""
    with ThreadPoolExecutor(jobs()) as pool:
        each = list(pool.map(lambda file: read(tree, file, flags[file]), sorted(flags)))
    # A header's functions are in several.
    narrowings = {one: None for said in each for one in said.narrowings}
    functions = frozenset[str]().union(*(said.functions for said in each))
    return Read(functions, tuple(sorted(narrowings, key=lambda one: (one.file, one.line, one.of))))


# -- judging -----------------------------------------------------------------------------


def on_purpose(path: Path = ON_PURPOSE) -> dict[tuple[str, str, str, str], str]:
    """Narrowings that lose nothing, each with the reason. KdmaError if the list is not in order."""
    entries = tomllib.loads(path.read_text()).get("narrowing", [])
    keys = [tuple(str(one.get(k, "")) for k in ("function", "of", "from", "to")) for one in entries]
    if keys != sorted(set(keys)) or not all(one.get("reason") for one in entries):
        raise KdmaError(
            "the list of narrowings is not in order",
            where=f"{FOLDER}/{path.name}",
            expected="function, of, from, to and reason, sorted, each once",
            actual=", ".join(" ".join(one) for one in keys)[:200],
            next="sort it by function, then by of",
            finding_class=FindingClass.HARNESS,
        )
    return {
        (function, of, before, after): one["reason"]
        for (function, of, before, after), one in zip(keys, entries, strict=True)
    }


def judge(said: Read, allowed: Iterable[tuple[str, str, str, str]]) -> list[Finding]:
    """What is narrowed and not on the list; what is on the list and is not narrowed."""
    known = set(allowed)
    found = [one.finding() for one in said.narrowings if one.identity not in known]
    seen = {one.identity for one in said.narrowings}
    for function, of, before, after in sorted(known - seen):
        # Where a kernel has not what a function is for, it is not compiled.
        if function in said.functions:
            found.append(
                Finding(
                    FindingClass.DIVERGENCE,
                    f"{function}: {of} is not narrowed, and the list says so",
                    f"{FOLDER}/{ON_PURPOSE.name}",
                    f"{before} becomes {after}",
                    "no such conversion",
                    "remove the entry",
                    ("narrowing", "unneeded", function, of, before, after),
                )
            )
    return found


def clang_flags(command: Sequence[str], kernel: Kernel, root: Path) -> tuple[str, ...]:
    """The flags of a compilation, as libclang takes them."""
    return kernel_surface.clang_flags(shlex.join(command), [kernel.build, root])


def version() -> str:
    """All that what is read depends on besides sources, flags and the kernel."""
    return importlib.metadata.version("libclang")


def check(kernel: Kernel, root: Path) -> tuple[list[Finding], list[Unchecked]]:
    """The sources of kdma.ko, with the flags of the build in `root`."""
    flags = {
        file: clang_flags(one.command, kernel, root)
        for one in three_way.compilations(three_way.KDMA, kernel, root)
        for file in one.files
    }
    sources = sorted((PROJECT / FOLDER).glob("*.[ch]"))

    def make() -> Answer:
        left = [
            Unchecked(f"narrowings in {FOLDER}/{path.name}", "it was not compiled")
            for path in sources
            if path.suffix == ".c" and f"{FOLDER}/{path.name}" not in flags
        ]
        return Answer(judge(read_all(PROJECT, flags), on_purpose()), left)

    headers = sorted((PROJECT / FOLDER / "include").rglob("*.h"))
    parts = [
        *(f"{path.relative_to(PROJECT)} {digest(path)}" for path in (*sources, *headers)),
        *(f"{file} {shlex.join(words)}" for file, words in sorted(flags.items())),
        digest(ON_PURPOSE),
        kernel.identity,
        version(),
    ]
    code = (sys.modules[__name__], kernel_surface, three_way, drift_answers)
    told = kept("narrowing", code, parts, make)
    return told.findings, told.unchecked
