# SPDX-License-Identifier: GPL-2.0
"""Three ways to ask whether the committed bindings say what C says. Cached by content.

1. The pinned bindgen makes the bindings anew, and both are compared as models.
2. The Rust view becomes static assertions about the headers, compiled with
   the flags that each of the module's own files was compiled with: what a flag
   does to an enum or a struct is seen too. No compiler sees names that the
   bindings lack, nor parameters in another order; those are compared with the
   header's text.
3. The Rust view is held against the debug information of what was built.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdma import bindings, debug_information, header_surface, kernel_surface, rust_view
from kdma.cache import digest
from kdma.drift_answers import Answer, kept
from kdma.findings import Finding, FindingClass, KdmaError, Unchecked
from kdma.kernel import Kernel, compiler_version
from kdma.paths import PROJECT, cache_root
from kdma.process import run
from kdma.rust_view import Model, Unsupported, is_opaque
from kdma.surface import Kind, Surface
from kdma.surface_compare import Parameter, names_reordered, parse_parameters, prototype

_MEND = "run: ./kdma generate; then look at the difference it makes"
_FLAGS = "look for the flag in Kbuild, or in KCFLAGS; the Rust side knows the default ABI only"


@dataclass(frozen=True)
class Boundary:
    """A header, the bindings made of it, and the objects that are compiled with it."""

    header: str
    bindings: str
    #: Under the folder that the modules are built in.
    objects: str
    #: The module whose debug information tells of the header.
    module: str
    #: Another header that this one includes.
    includes: str = ""

    @property
    def name(self) -> str:
        """As the header is called in messages."""
        return Path(self.header).name


KDMA = Boundary("c-api/include/kdma.h", "rust-bindings/kdma-sys/src/lib.rs", "c-api", "kdma.ko")
PROGRAM = Boundary("kmod/program.h", "rust-bindings/kdma-program/src/format.rs", "kmod",
                   "kdma_test.ko", KDMA.header)  # fmt: skip
BOUNDARIES = (KDMA, PROGRAM)


# -- the compiler --------------------------------------------------------------------


@dataclass(frozen=True)
class Compilation:
    """A compiler with all of its flags but file names; `files` were compiled so."""

    command: tuple[str, ...]
    files: tuple[str, ...]


def _without_files(command: str, stale: str, folders: Sequence[Path]) -> tuple[str, ...]:
    """A compiler's command line without what is about one file.

    The build's folder was `stale` then and is the last of `folders` now.
    Relative paths are taken from the first that has them.
    """
    words = [w.replace(stale, f"{folders[-1]}/") if stale else w for w in shlex.split(command)]
    kept: list[str] = []
    flag = ""
    for word in words:
        path = word
        if flag or word.startswith("-I"):
            path = word if flag else word[2:]
            path = next((str(f / path) for f in folders if (f / path).exists()), path)
        if flag == "-o":
            flag = ""
        elif flag:
            kept, flag = [*kept, flag, path], ""
        elif word in ("-include", "-isystem", "-iquote", "-o"):
            flag = word
        elif word.startswith("-I"):
            kept.append(f"-I{path}")
        elif not re.match(r"-c$|-Wp,-MM?D|-D_*KBUILD_", word) and not word.endswith(".c"):
            kept.append(word)
    return tuple(kept)


def compilations(boundary: Boundary, kernel: Kernel, root: Path) -> list[Compilation]:
    """How kbuild compiled each file of a build in `root`, files of equal flags together.

    KdmaError if nothing there says so.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    known: dict[tuple[str, str], tuple[str, ...]] = {}
    for path in sorted((root / boundary.objects).glob(".*.o.cmd")):
        match = re.match(r"(?:saved)?cmd_(\S+) := (.*?)(?: ; .*)?\n", path.read_text())
        # Others are linked, copied, or modpost's.
        if not match or not re.search(r" -c -o \S+\.o \S+(?<!\.mod)\.c\s*$", match[2]):
            continue
        file = f"{boundary.objects}/{path.name[1:].removesuffix('.o.cmd')}.c"
        stale = match[1].removesuffix(file.removesuffix(".c") + ".o")
        # What is about this file alone; then most files have one command.
        command = re.sub(r" -Wp,-MM?D,\S+| -D_*KBUILD_\S+| -c -o \S+ \S+\s*$", "", match[2])
        command = command.replace("\\#", "#")
        if (command, stale) not in known:
            known[command, stale] = _without_files(
                command, stale if stale.startswith("/") else "", [kernel.build, root]
            )
        flags = known[command, stale]
        found.setdefault(flags, []).append(file)
    if not found:
        raise KdmaError(
            "kbuild does not say how it compiled our module",
            where=str(root / boundary.objects),
            expected="cmd_NAME.o := in .NAME.o.cmd",
            actual="no such line",
            next="remove this folder; the next run builds it anew",
            finding_class=FindingClass.HARNESS,
            identity=("three-way", "flags", boundary.objects),
        )
    return [Compilation(flags, tuple(files)) for flags, files in found.items()]


def plain(kernel: Kernel) -> Compilation:
    """How kbuild compiles a module that adds no flags of its own."""
    command = kernel_surface.module_command(kernel)
    return Compilation(_without_files(command, "", [kernel.build]), ())


# -- static assertions ---------------------------------------------------------------


@dataclass(frozen=True)
class Assertion:
    """A line of C, and what of the bindings it judges."""

    code: str
    name: str
    line: int
    rust: str


def _function(model: Model, one: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    types = [p["type"] for p in one["parameters"]]
    wanted = model.signature(types, one["returns"], one["variadic"], one["abi"])
    code = f"__builtin_types_compatible_p(__typeof__(&{one['symbol']}), {wanted})"
    yield code, one["text"]


def _constant(one: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    name, value = one["name"], one["value"]
    if match := re.fullmatch(r'c("(?:[^"\\]|\\.)*")', value):
        yield f"__builtin_strcmp({name}, {match[1]}) == 0", one["text"]
        return
    if not re.fullmatch(r"-?\d+", value):
        raise Unsupported(f"the value {value}")
    number = int(value)
    literal = f"{number}ULL" if number >= 0 else f"({number}LL)"
    sign = f"({name}) < 0" if number < 0 else f"!(({name}) < 0)"
    yield f"({name}) == {literal} && {sign}", one["text"]


def _alias(model: Model, one: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    name = one["name"]
    base = one["type"] if one["item"] == "alias" else {
        "kind": "name", "name": (one["repr"] or ["isize"])[0]}  # fmt: skip
    if not model.is_enum(name) or base["kind"] != "name":
        told, tag = model.c_type(base), "enum " * model.is_enum(name)
        yield f"__builtin_types_compatible_p({tag}{name}, {told})", f"type {name} = {told}"
        return
    size, alignment = model.layout(base)
    told = f"type {name} = {base['name']}"
    less = "<" if base["name"].startswith("i") else ">"
    # The generator may make an enum as wide as the parameter or field that takes
    # its values. Of such an enum only the values cross over, never the type.
    if size == 4 or model.is_passed(name):
        yield f"sizeof(enum {name}) == {size}", told
        yield f"_Alignof(enum {name}) == {alignment}", told
    yield f"(enum {name})-1 {less} (enum {name})0", told


def _record(model: Model, one: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    name = one["name"]
    tag = f"{'union' if one['union'] else 'struct'} {name}"
    size, alignment, offsets = model.record(one)
    for each, offset in zip(one["fields"], offsets, strict=True):
        own = each["name"].removeprefix("r#")
        wanted = model.c_type(each["type"])
        told = f"{name}.{own} at byte {offset}, {wanted}"
        yield f"__builtin_offsetof({tag}, {own}) == {offset}", told, each["line"]
        have = f"__typeof__((({tag} *)0)->{own})"
        yield f"__builtin_types_compatible_p({have}, {wanted})", told, each["line"]
    yield f"sizeof({tag}) == {size}", f"{tag} of {size} bytes", one["line"]
    yield f"_Alignof({tag}) == {alignment}", f"{tag} aligned to {alignment} bytes", one["line"]


def _of_item(model: Model, one: Mapping[str, Any]) -> Iterator[Assertion]:
    """What holds if the header agrees with one item, each with what Rust says."""
    name, line = one["name"], one["line"]
    if one["item"] == "record" and is_opaque(one):
        tag = f"{'union' if one['union'] else 'struct'} {name}"
        # A second definition is an error: then the header's is not opaque.
        yield Assertion(f"{tag} {{ char kdma_opaque; }};", name, line, f"{tag} is opaque")
        return
    if one["item"] == "record":
        claims = list(_record(model, one))
    else:
        made = {"alias": _alias, "enum": _alias, "function": _function}.get(one["item"])
        told = _constant(one) if one["item"] == "constant" else made(model, one) if made else None
        if told is None:
            raise Unsupported("an item of this form")
        claims = [(condition, rust, line) for condition, rust in told]
    for condition, rust, place in claims:
        yield Assertion(f'_Static_assert({condition}, "kdma");', name, place, rust)


def assertions(model: Model) -> list[Assertion]:
    """All that the bindings claim. What cannot be said in C goes to `model.unchecked`."""
    made: list[Assertion] = []
    # A definition of what should be opaque makes another type of it: those last.
    for one in sorted(model.items, key=lambda one: one["item"] == "record" and is_opaque(one)):
        try:
            made += _of_item(model, one)
        except Unsupported as what:
            reason = f"no assertion can be made of {what}"
            model.unchecked.append(Unchecked(f"the binding of {one['name']}", reason))
    return made


# -- what no compiler sees -------------------------------------------------------------


def _c_side(header: Surface, name: str) -> str:
    for kind in (Kind.FUNCTION, Kind.ENUMERATOR, Kind.CONSTANT, Kind.ENUM, Kind.STRUCT,
                 Kind.TYPEDEF, Kind.UNION):  # fmt: skip
        found = header.get(kind, name)
        if found is not None:
            return f"{prototype(found)}   {found.place}".rstrip()
    return "nothing of that name"


@dataclass(frozen=True)
class _Teller:
    """Makes findings about one boundary."""

    boundary: Boundary
    header: Surface

    def __call__(
        self, title: str, name: str, line: int, rust: str, c: str = "", then: str = _MEND
    ) -> Finding:
        return Finding(
            FindingClass.BINDING_DRIFT,
            title,
            f"{self.boundary.bindings}:{line}",
            f"C: {c or _c_side(self.header, name)}",
            f"Rust: {rust}",
            then,
            ("bindings", self.boundary.bindings, name),
        )


def by_name(model: Model, tell: _Teller) -> list[Finding]:
    """Names that are missing, parameters in another order."""
    found = []
    header, h = tell.header, tell.boundary.name
    known = {one["name"] for one in model.items} | {one.get("symbol") for one in model.items}
    for member in header:
        if member.kind is not Kind.FIELD and member.name not in known:
            title = f"{member.name}: the bindings lack this {member.kind} of {h}"
            found.append(tell(title, member.name, 1, "nothing of that name"))
    declared = {member.name for member in header}
    for one in model.of("alias", "constant", "enum", "function", "record"):
        if not {one["name"], one.get("symbol")} & declared:
            title = f"{one['name']}: {h} lacks it, and the bindings have it"
            found.append(tell(title, one["name"], one["line"], one["text"]))
    for one in model.of("function"):
        other = header.get(Kind.FUNCTION, one["symbol"])
        if other is None:
            continue
        rust = [Parameter("", p["name"].removeprefix("r#")) for p in one["parameters"]]
        text = one["text"]
        if other.fact("linkage") != "symbol":
            title = f"{one['name']}: {h} has it inline, and the bindings as a symbol"
            found.append(tell(title, one["name"], one["line"], text))
        elif other.fact("prototype") == "no":
            title = f"{one['name']}: {h} declares it without a prototype, so C checks no argument"
            then = f"write void between its brackets in {h}, or its parameters"
            found.append(tell(title, one["name"], one["line"], text, then=then))
        elif names_reordered(parse_parameters(other.fact("parameters")), rust):
            title = f"{one['name']}: the bindings have its parameters in another order than {h}"
            found.append(tell(title, one["name"], one["line"], text))
    for one in model.of("record"):
        record = header.get(Kind.UNION if one["union"] else Kind.STRUCT, one["name"])
        names = [f["name"].removeprefix("r#") for f in one["fields"]]
        have = record.fact("fields").split(", ") if record and record.fact("fields") else []
        lacking = [name for name in have if name not in names]
        if lacking and not is_opaque(one):
            title = f"{one['name']}: the bindings lack its field {', '.join(lacking)}"
            found.append(tell(title, one["name"], one["line"], ", ".join(names)))
    return found


# -- the judgement -----------------------------------------------------------------------


def _compile(
    boundary: Boundary,
    made: Sequence[Assertion],
    texts: Mapping[str, str],
    command: Sequence[str],
    folder: Path,
) -> list[int]:
    """Indexes of the assertions that do not hold. KdmaError if anything else is wrong."""
    with tempfile.TemporaryDirectory(prefix="kdma-assertions-") as work:
        for name, text in texts.items():
            (Path(work) / name).write_text(text)
        source = Path(work) / "assertions.c"
        lines = [f'#include "{boundary.name}"', *(one.code for one in made)]
        source.write_text("\n".join(lines) + "\n")
        limit = "-ferror-limit=0" if "clang" in command[0] else "-fmax-errors=0"
        done = run(
            [command[0], f"-I{work}", *command[1:], "-w", limit, "-fsyntax-only", str(source)],
            what="compiling what the bindings claim",
            cwd=folder,
            check=False,
        )
    failed, others = set(), []
    for match in re.finditer(r"^(\S+?):(\d+):\d+: (?:fatal )?error: (.*)$", done.stderr, re.M):
        if match[1] == str(source) and int(match[2]) > 1:
            failed.add(int(match[2]) - 2)
        else:
            others.append(match[0].replace(f"{work}/", ""))
    if others or bool(done.returncode) != bool(failed):
        raise KdmaError(
            "what the bindings claim cannot be compiled",
            where=boundary.header,
            expected="a header that compiles with the module's flags",
            actual="\n".join(others[:5]) or done.stderr[-500:],
            next="mend the header; to see all that is wrong: make lint",
            identity=("three-way", "compile", boundary.header),
        )
    return sorted(failed)


def judge(
    boundary: Boundary,
    model: Model,
    texts: Mapping[str, str],
    compiled: Iterable[Compilation],
    folder: Path,
) -> list[Finding]:
    """One finding for each name about which the bindings and the header differ.

    `texts`: the header, and what it includes, by name. Compilers run in `folder`.
    """
    others = {name: text for name, text in texts.items() if name != boundary.name}
    header = header_surface.read(texts[boundary.name], boundary.header, others)
    tell = _Teller(boundary, header)
    found = {one.identity: one for one in by_name(model, tell)}
    made = assertions(model)
    failures = [(each, _compile(boundary, made, texts, each.command, folder)) for each in compiled]
    everywhere = set.intersection(*(set(failed) for _, failed in failures))
    for each, failed in failures:
        for index in failed:
            one = made[index]
            title = f"{one.name}: the bindings are not what the compiler makes of {boundary.name}"
            finding = tell(title, one.name, one.line, one.rust)
            if index not in everywhere:
                title += f" in {', '.join(each.files)}"
                finding = tell(title, one.name, one.line, one.rust, then=_FLAGS)
            found.setdefault(finding.identity, finding)
    return list(found.values())


def merged(found: Iterable[Finding]) -> list[Finding]:
    """One finding for each name, the first; by place."""
    first: dict[tuple[str, ...], Finding] = {}
    for one in found:
        name = re.split(r"::|\.", one.identity[-1])[0]
        first.setdefault((one.where.rpartition(":")[0], name), one)

    def place(one: Finding) -> tuple[str, int, str]:
        file, _, line = one.where.rpartition(":")
        return file, int(line) if line.isdecimal() else 0, one.title

    return sorted(first.values(), key=place)


# -- the part of the stage "drift" ---------------------------------------------------------


def _kept(name: str, parts: Iterable[str], make: Callable[[], Answer]) -> Answer:
    code = (sys.modules[__name__], bindings, debug_information, header_surface, rust_view)
    return kept(name, code, parts, make)


def regenerated() -> Answer:
    """The committed bindings against what the pinned bindgen makes of the headers."""
    files = [
        *(PROJECT / one.header for one in BOUNDARIES),
        *(PROJECT / one.bindings for one in BOUNDARIES),
        PROJECT / "rust-bindings/Cargo.lock",
        *sorted((PROJECT / "rust-bindings/generator").glob("*/*.[rh]*")),
    ]
    parts = [f"{path} {digest(path) if path.exists() else ''}" for path in files]
    return _kept("regenerated", parts, lambda: Answer(bindings.check(cache_root())))


def _texts(boundary: Boundary) -> dict[str, str]:
    files = [boundary.header, *([boundary.includes] if boundary.includes else [])]
    return {Path(file).name: (PROJECT / file).read_text() for file in files}


def models() -> dict[Boundary, Model]:
    """The committed bindings of each boundary."""
    kdma, program = rust_view.load([one.bindings for one in BOUNDARIES])
    return {KDMA: Model(kdma), PROGRAM: Model(program, kdma)}


def compiled(boundary: Boundary, model: Model, kernel: Kernel, root: Path | None) -> Answer:
    """The assertions, compiled as the files of a build in `root` were."""
    texts = _texts(boundary)
    with_flags = compilations(boundary, kernel, root) if root else [plain(kernel)]

    def make() -> Answer:
        return Answer(judge(boundary, model, texts, with_flags, kernel.build), model.unchecked)

    parts = [json.dumps([model.items, model.used]), *texts.values(), repr(with_flags),
             compiler_version(kernel.make_arguments), kernel.identity]  # fmt: skip
    told = _kept("assertions", parts, make)
    if root is None:
        reason = "no module was built; kbuild's own flags stood in"
        told.unchecked.append(Unchecked(f"{boundary.name} under our modules' flags", reason))
    return told


def debugged(boundary: Boundary, model: Model, kernel: Kernel, root: Path | None) -> Answer:
    """The debug information of a build in `root` against the Rust view."""
    what = f"the Rust view against the debug information of {boundary.module}"
    path = root / boundary.objects / boundary.module if root else None
    if path is None:
        return Answer([], [Unchecked(what, "no module was built")])
    if not debug_information.has(path):
        # c-api/debug.mk asks for it whatever the kernel's configuration says.
        return Answer([], [Unchecked(what, "it was built without; is there a -g0 in KCFLAGS?")])

    def make() -> Answer:
        header = header_surface.read(
            (texts := _texts(boundary))[boundary.name], boundary.header, texts
        )
        tell = _Teller(boundary, header)
        seen = debug_information.read(path)
        differences, missing = debug_information.differences(model, seen)
        found = [
            tell(f"{one.name}: the bindings are not what was built", one.name, one.line, one.rust,
                 f"{boundary.module} has {one.built}",
                 "run: ./kdma generate; if nothing changes, see the module's flags in Kbuild")
            for one in differences
        ]  # fmt: skip
        left = [Unchecked(f"{what}: {', '.join(missing)}", "the compiler keeps no unused types",
                          explained=True)] if missing else []  # fmt: skip
        return Answer(found, left)

    parts = [json.dumps([model.items, model.used]), digest(path), boundary.module]
    return _kept("debug-information", parts, make)


def check(
    kernel: Kernel, module: Path | None = None
) -> tuple[list[Finding], list[Unchecked], list[str]]:
    """All three ways for the headers, the committed bindings and the built modules."""
    try:
        again = regenerated()
    except KdmaError:
        for one in BOUNDARIES:
            # Whose fault it is can be told with its line, if the header does not parse.
            texts = _texts(one)
            header_surface.read(texts[one.name], one.header, texts)
        raise
    notes = [f"{one.title} ({one.where}); ./kdma generate" for one in again.findings
             if one.identity[1] == "text"]  # fmt: skip
    anew = [one for one in again.findings if one.identity[1] != "text"]
    # What is not Rust has no view.
    if any(one.identity[1] == "file" for one in anew):
        return merged(anew), again.unchecked, notes
    root = module.parent.parent if module else None
    found, unchecked = [], list(again.unchecked)
    for boundary, model in models().items():
        for told in (
            compiled(boundary, model, kernel, root),
            debugged(boundary, model, kernel, root),
        ):
            found += told.findings
            unchecked += told.unchecked
    return merged([*found, *anew]), unchecked, notes
