# SPDX-License-Identifier: GPL-2.0
"""Faults in copies of the real headers and bindings are found; harmless edits give nothing.

Kinds that no static check sees (a behaviour or the meaning of an error value
changed behind the same signature, arguments forwarded in another order) are
for the programs in the VM: tests/gate/test_faults.py.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kdma import (
    abi_baseline,
    bindings,
    debug_information,
    header_surface,
    progress,
    three_way,
)
from kdma.findings import Finding, FindingClass
from kdma.kernel import Kernel, KernelRequest, prepare_headers
from kdma.paths import PROJECT, cache_root
from kdma.process import run
from kdma.rust_view import Model, load
from kdma.surface import Kind
from kdma.three_way import KDMA, PROGRAM, Boundary, Compilation

if TYPE_CHECKING:
    from figures import Figures

pytest_plugins = ("figures",)

#: The corpus in which the headers change and the bindings stay.
CHANGED_C = "kdma.h and program.h, the bindings stayed"

TEXTS = {one: (PROJECT / one.header).read_text() for one in (KDMA, PROGRAM)}
TEXT = TEXTS[KDMA]
SURFACE = header_surface.read(TEXT, "kdma.h")
FUNCTIONS = [each.name for each in SURFACE if each.kind is Kind.FUNCTION]
#: Each kind is made on so many names, if there are as many.
EACH = 4


@dataclass(frozen=True)
class Edit:
    """A text of one file that becomes another; `name` is what a finding has to name."""

    kind: str
    name: str
    old: str
    new: str
    boundary: Boundary = KDMA

    def __str__(self) -> str:
        return f"{self.kind}-{self.name}".replace(" ", "-")


def _declaration(name: str) -> str:
    match = re.search(rf"^\w+ {name}\([^;]*;", TEXT, re.MULTILINE)
    assert match, name
    return match[0]


def _made(old: str, name: str) -> Iterator[tuple[str, str]]:
    """Faults of one declaration of a function, by kind."""
    head, _, rest = old.partition("(")
    parts = [] if "(void)" in old else [p.strip() for p in rest[:-2].split(",")]
    types = [re.sub(r"\s*\w+$", "", p) for p in parts]

    def declared(*parameters: str) -> str:
        return f"{head}({', '.join(parameters) or 'void'});"

    yield "function removed", ""
    yield "function renamed", old.replace(name, f"{name}_2")
    yield "function turned inline", f"static inline {old[:-1]} {{ return 0; }}"
    yield "function turned macro", f"#define {name}(...) 0"
    yield "return type int to void", "void" + old[old.index(" ") :]
    yield "calling convention", f"__attribute__((ms_abi)) {old}"
    if parts:
        yield "parameter added", declared(*parts, "uint32_t more")
        yield "parameter removed", declared(*parts[:-1])
    for at in range(len(parts) - 1):
        swapped = declared(*parts[:at], parts[at + 1], parts[at], *parts[at + 2 :])
        same = types[at] == types[at + 1]
        yield f"two parameters of {'the same type' if same else 'other types'} swapped", swapped
    for at, part in enumerate(parts):
        if part.startswith("uint"):
            signed = declared(*parts[:at], part[1:], *parts[at + 1 :])
            yield "signedness of a parameter", signed
        if "*" in part:
            yield "const of a pointer", declared(*parts[:at], f"const {part}", *parts[at + 1 :])


def _c_faults() -> Iterator[Edit]:
    for number, name in enumerate(FUNCTIONS):
        old = _declaration(name)
        found = list(_made(old, name))
        # Every function has some, and no function has all.
        for at, (kind, new) in enumerate(found):
            if (at + number) % 3 == 0:
                yield Edit(kind, name, old, new)
    for each in SURFACE:
        if each.kind is Kind.ENUMERATOR:
            match = re.search(rf"\b{each.name} = (\S+),", TEXT)
            assert match
            yield Edit("value of an enumerator", each.name, match[0], f"{each.name} = 77,")
    version = re.search(r"#define KDMA_ABI_VERSION \d+", TEXT)
    assert version
    yield Edit("value of a #define", "KDMA_ABI_VERSION", version[0], "#define KDMA_ABI_VERSION 1")
    yield Edit(
        "value of a #define",
        "KDMA_MAPPING_ERROR",
        "_ERROR 0xffffffffffffffff\n",
        "_ERROR 0xffffffff\n",
    )
    yield Edit("width of an address typedef", "kdma_address_t", "typedef uint64_t kdma",
               "typedef uint32_t kdma")  # fmt: skip
    yield Edit("no longer opaque", "kdma_page", "struct kdma_page;", "struct kdma_page { int x; };")
    for name in ("kdma_error", "kdma_direction"):
        old = re.search(rf"enum {name} {{[^}}]*}};", TEXT)
        assert old
        packed = old[0].replace("};", "} __attribute__((packed));")
        yield Edit("underlying size of an enum", name, old[0], packed)
    yield from (replace(each, boundary=PROGRAM) for each in _struct_faults())


def _struct_faults() -> Iterator[Edit]:
    """kdma.h has opaque structs only; program.h has structs with callbacks."""
    for name in ("kdma_program_header", "kdma_slot", "kdma_run", "kdma_driver"):
        old = re.search(rf"struct {name} {{\n[^}}]*}};", TEXTS[PROGRAM])
        assert old
        text = old[0]
        lines = text.split("\n")
        appended = text.replace("};", "\tuint64_t more;\n};")
        yield Edit("field appended", name, text, appended)
        yield Edit("packed", name, text, text.replace("};", "} __attribute__((packed));"))
        at = next(n for n in range(1, len(lines) - 2)
                  if lines[n].split()[0] == lines[n + 1].split()[0])  # fmt: skip
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
        yield Edit("field order with the same types", name, text, "\n".join(lines))
        if "uint32_t" in text:
            signed = text.replace("uint32_t", "int32_t", 1)
            yield Edit("signedness of a field", name, text, signed)
    yield Edit("signature of a callback", "kdma_run", "(struct kdma_run *run, uint32_t index)",
               "(struct kdma_run *run, uint64_t index)")  # fmt: skip
    yield Edit("signature of a callback", "kdma_driver", "(*run)(struct kdma_run *run)",
               "(*run)(const struct kdma_run *run)")  # fmt: skip
    yield Edit("const of a pointer", "kdma_run", "const struct kdma_operation *operations",
               "struct kdma_operation *operations")  # fmt: skip
    yield Edit("value of a #define", "KDMA_DRIVER_DEVICE_NAME", '"kdma-driver"', '"kdma_driver"')


def _chosen(edits: Iterator[Edit]) -> list[Edit]:
    """At most EACH of a kind, spread over the names."""
    by_kind: dict[str, list[Edit]] = {}
    for each in edits:
        by_kind.setdefault(each.kind, []).append(each)
    return [one for many in by_kind.values() for one in many[:: max(1, len(many) // EACH)][:EACH]]


FAULTS = _chosen(_c_faults())


def _harmless() -> Iterator[Edit]:
    for number, name in enumerate(FUNCTIONS):
        old = _declaration(name)
        kinds = {
            "comment": f"/* changed */ {old}",
            "extern": f"extern {old}",
            "parameter renamed": re.sub(r"\bsize([,)])", r"bytes\1", old),
            "formatting": " ".join(old.split()),
            "declared twice": f"{old}\n{old}",
            "equivalent typedef": old.replace("uint32_t", "unsigned int"),
            "respelled const": re.sub(
                r"uint64_t (\w+)([,)])", r"const uint64_t \1\2", old, count=1
            ),
        }
        kind = list(kinds)[number % len(kinds)]
        if kinds[kind] != old:
            yield Edit(kind, name, old, kinds[kind])
    moved = _declaration("kdma_abi_version")
    yield Edit("moved function", "kdma_abi_version", moved + "\n", "")
    yield Edit("larger private struct", "kdma_page", "struct kdma_page;",
               "struct kdma_page;\nstruct kdma_device;")  # fmt: skip
    for name in ("kdma_slot", "kdma_driver", "kdma_result", "kdma_trace_end", "kdma_run"):
        old = f"struct {name} {{"
        yield Edit("struct declared before", name, old, f"struct {name};\n{old}", PROGRAM)
    for old, new in (
        ("void *state;", "void * state;"),
        ("(struct kdma_run *run, uint32_t index)", "(struct kdma_run *self, uint32_t number)"),
        ("const struct kdma_buffer *buffers", "struct kdma_buffer const *buffers"),
        ("\tuint32_t slot;\n", "\tunsigned int slot;\n"),
    ):
        yield Edit("spelling", "program.h", old, new, PROGRAM)


HARMLESS = list(_harmless())


@dataclass(frozen=True)
class Judge:
    """The committed bindings and the compiler of the default kernel."""

    models: dict[Boundary, Model]
    compilation: Compilation
    kernel: Kernel

    def of(self, edit: Edit, flags: tuple[str, ...] = ()) -> list[Finding]:
        """What is found about the headers with `edit`."""
        texts = {one.name: text for one, text in TEXTS.items()}
        text = texts[edit.boundary.name]
        assert text.count(edit.old) == 1, edit
        texts[edit.boundary.name] = text.replace(edit.old, edit.new)
        if edit.kind == "moved function":
            texts[edit.boundary.name] = texts[edit.boundary.name].replace(
                "#endif /* KDMA_H */", f"{edit.old}\n#endif /* KDMA_H */")  # fmt: skip
        return self.judge(edit.boundary, self.models[edit.boundary], texts, flags)

    def judge(
        self, boundary: Boundary, model: Model, texts: dict[str, str], flags: tuple[str, ...] = ()
    ) -> list[Finding]:
        """What is found, with more flags on one of two files."""
        plain, stdint = self.compilation, ("-I" + str(PROJECT / "c-api/include"),)
        both = [replace(plain, command=(*plain.command, *stdint), files=("c-api/sync.c",))]
        if flags:
            both.append(Compilation((*both[0].command, *flags), ("c-api/limits.c",)))
        return three_way.judge(boundary, model, texts, both, self.kernel.build)


@pytest.fixture(scope="module")
def judge() -> Judge:
    """Made once."""
    kernel = prepare_headers(KernelRequest())
    return Judge(three_way.models(), three_way.plain(kernel), kernel)


SAME = Edit("none", "", "struct kdma_page;", "struct kdma_page;")


def test_there_are_enough() -> None:
    kinds = Counter(each.kind for each in FAULTS)
    assert len(FAULTS) >= 70 and len(kinds) >= 20
    assert len(HARMLESS) >= 50


@pytest.mark.parametrize("boundary", [KDMA, PROGRAM], ids=lambda one: one.name)
def test_the_headers_as_they_are_give_nothing(judge: Judge, boundary: Boundary) -> None:
    edit = replace(SAME, old="#endif /*", new="#endif /*", boundary=boundary)
    if boundary is KDMA:
        edit = SAME
    assert judge.of(edit) == []
    assert judge.models[boundary].unchecked == []
    assert abi_baseline.judge(SURFACE, SURFACE, "kdma.h") == []


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_is_found_at_its_name(judge: Judge, figures: Figures, fault: Edit) -> None:
    row = figures.of(CHANGED_C)
    row.faults += 1
    found = [one for one in judge.of(fault) if one.identity[-1] != f"{fault.name}_2"]
    names = {one.identity[-1] for one in found}
    # What uses a type of another width has another signature.
    assert fault.name in names, names
    assert len(names) == 1 or fault.kind == "width of an address typedef", names
    row.told += 1
    assert {one.finding_class for one in found} == {FindingClass.BINDING_DRIFT}
    assert all(re.search(r"\.rs:\d+$", one.where) and "./kdma generate" in one.next
               for one in found)  # fmt: skip
    if fault.boundary is KDMA and fault.kind != "calling convention":
        text = TEXT.replace(fault.old, fault.new)
        rules = abi_baseline.judge(SURFACE, header_surface.read(text, "kdma.h"), "kdma.h")
        abi = {one.identity[2] for one in rules}
        if fault.kind not in ("function turned macro", "underlying size of an enum"):
            assert fault.name in abi, rules
        assert {one.finding_class for one in rules} <= {FindingClass.ABI_DRIFT}


@pytest.mark.parametrize("edit", HARMLESS, ids=str)
def test_a_harmless_edit_is_nothing(judge: Judge, figures: Figures, edit: Edit) -> None:
    row, found = figures.of(CHANGED_C), judge.of(edit)
    row.harmless += 1
    row.alarms += len(found)
    assert found == []
    if edit.boundary is KDMA and edit.kind != "moved function":
        after = header_surface.read(TEXT.replace(edit.old, edit.new), "kdma.h")
        assert abi_baseline.judge(SURFACE, after, "kdma.h") == []


@pytest.mark.parametrize(
    ("flag", "boundary", "names"),
    [
        ("-fshort-enums", KDMA, {"kdma_error", "kdma_direction"}),
        ("-fpack-struct", PROGRAM, {"kdma_run", "kdma_driver"}),
        ("-fpack-struct=4", PROGRAM, {"kdma_run", "kdma_slot"}),
        ("-mabi=ms", KDMA, {"kdma_map_single", "kdma_abi_version"}),
    ],
)
def test_a_flag_on_one_file_only_is_found(
    judge: Judge, figures: Figures, flag: str, boundary: Boundary, names: set[str]
) -> None:
    row = figures.of("a compiler flag on one file of a module")
    row.faults += 1
    texts = {one.name: text for one, text in TEXTS.items()}
    found = judge.judge(boundary, judge.models[boundary], texts, (flag,))
    assert names <= {one.identity[-1] for one in found}
    row.told += 1
    assert all("limits.c" in one.title or "Kbuild" in one.next for one in found)


# -- the Rust side only --------------------------------------------------------------

RUST = {one: (PROJECT / one.bindings).read_text() for one in (KDMA, PROGRAM)}


def _rust_faults() -> Iterator[Edit]:
    for name in FUNCTIONS[3::6]:
        match = re.search(rf"pub fn {name}\((.*?)\) -> (\w+);", RUST[KDMA], re.DOTALL)
        assert match, name
        old = match[0]
        yield Edit("return type", name, old, old.replace(f"-> {match[2]};", "-> u8;"))
        if ": u64" in match[1]:
            yield Edit("parameter type", name, old, old.replace(": u64", ": i64", 1))
        if "*mut kdma_device" in old:
            yield Edit("const", name, old, old.replace("*mut kdma_device", "*const kdma_device"))
    for name in ("KDMA_EINVAL", "KDMA_FROM_DEVICE", "KDMA_ATTR_MMIO"):
        match = re.search(rf"pub const {name}: \w+ = [^;]*;", RUST[KDMA])
        assert match
        yield Edit("value", name, match[0], re.sub(r"= .*;", "= 99;", match[0]))
    yield Edit("typedef", "kdma_address_t", "kdma_address_t = u64", "kdma_address_t = i64")
    for name, old, new in (
        ("kdma_slot", "    pub state: u32,\n    pub reserved", "    pub reserved"),
        ("kdma_buffer", "    pub page_offset: u64,", "    pub page_offset: u32,"),
        ("kdma_result", "    pub status: i32,", "    pub status: u32,"),
    ):
        text = RUST[PROGRAM]
        start = text.index(f"pub struct {name} {{")
        body = text[start : text.index("}", start)]
        assert body.count(old.strip().split("\n")[0]) == 1 or "state" in old
        changed = re.sub(r"    pub state: u32,\n", "", body) if "state" in old else \
            body.replace(old, new)  # fmt: skip
        yield Edit("field", name, body, changed, PROGRAM)


RUST_FAULTS = list(_rust_faults())


def test_faults_of_the_rust_side_are_found(judge: Judge, figures: Figures, tmp_path: Path) -> None:
    row = figures.of("the bindings, C stayed")
    assert len(RUST_FAULTS) >= 15
    files = []
    for number, fault in enumerate(RUST_FAULTS):
        text = RUST[fault.boundary]
        assert text.count(fault.old) == 1 and fault.new != fault.old, fault
        files.append(tmp_path / f"{number}.rs")
        files[-1].write_text(text.replace(fault.old, fault.new))
    texts = {one.name: text for one, text in TEXTS.items()}
    told = load([str(file) for file in files], Path("/"))
    for fault, items in zip(RUST_FAULTS, told, strict=True):
        row.faults += 1
        used = judge.models[KDMA].items if fault.boundary is PROGRAM else ()
        found = judge.judge(fault.boundary, Model(items, used), texts)
        names = {one.identity[-1] for one in found}
        assert fault.name in names, (fault, names)
        assert len(names) == 1 or fault.kind == "typedef", (fault, names)
        row.told += 1


# -- made anew by bindgen --------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What the generator reads of the project, in a copy."""
    for name in (*(one.header for one in TEXTS), *(one.bindings for one in TEXTS),
                 "rust-bindings/generator/include/stdint.h"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


def _edit(path: Path, old: str, new: str) -> int:
    """Exchanges a text and returns its line."""
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    return text[: text.index(old)].count("\n") + 1


def test_a_line_edited_by_hand_is_found_with_file_line_and_command(project: Path) -> None:
    line = _edit(project / KDMA.bindings, "pub type kdma_address_t = u64;",
                 "pub type kdma_address_t = u32;")  # fmt: skip
    [found] = bindings.check(cache_root(), project=project)
    assert found.finding_class is FindingClass.BINDING_DRIFT
    assert found.where == f"{KDMA.bindings}:{line}" and "./kdma generate" in found.next
    assert "kdma_address_t" in found.title


def test_a_header_that_changed_without_its_bindings_is_found(project: Path) -> None:
    _edit(project / KDMA.header, "KDMA_ALLOC_NO_WARN = 0x2", "KDMA_ALLOC_NO_WARN = 0x8")
    [found] = bindings.check(cache_root(), project=project)
    assert "KDMA_ALLOC_NO_WARN" in found.title and re.search(r"\.rs:\d+$", found.where)


@pytest.mark.parametrize("boundary", [KDMA, PROGRAM], ids=lambda one: one.name)
def test_the_order_of_bitfields_is_found(
    project: Path, figures: Figures, boundary: Boundary
) -> None:
    row = figures.of(CHANGED_C)
    row.faults += 1
    first = "struct kdma_bits {\n\tuint32_t one : 3;\n\tuint32_t two : 5;\n};\n"
    end = "#endif /* KDMA_H */" if boundary is KDMA else "#endif /* KDMA_PROGRAM_H */"
    _edit(project / boundary.header, end, first + end)
    missing = bindings.check(cache_root(), project=project)
    assert any("kdma_bits" in one.title for one in missing)
    bindings.generate(cache_root(), project=project)
    assert bindings.check(cache_root(), project=project) == []
    _edit(
        project / boundary.header, "one : 3;\n\tuint32_t two : 5;", "two : 5;\n\tuint32_t one : 3;"
    )
    found = bindings.check(cache_root(), project=project)
    assert any("kdma_bits" in one.title for one in found)
    row.told += 1


def test_the_generator_is_built_once_and_in_a_stage_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []
    monkeypatch.setattr(bindings, "_binary", lambda cache, cargo: built.append(cache))
    monkeypatch.setattr(progress, "seconds", {})
    bindings.prepare(cache_root())
    assert built == [] and progress.seconds == {}
    bindings.prepare(tmp_path)
    assert built == [tmp_path] and list(progress.seconds) == ["build the generator of the bindings"]


def test_comments_names_and_order_are_no_findings(project: Path) -> None:
    old = _declaration("kdma_set_mask")
    _edit(project / KDMA.header, old, f"/** changed */\n{old.replace('mask)', 'highest)')}")
    moved = _declaration("kdma_abi_version")
    _edit(project / KDMA.header, moved, "")
    _edit(project / KDMA.header, "#endif /* KDMA_H */", f"{moved}\n#endif /* KDMA_H */")
    found = bindings.check(cache_root(), project=project)
    assert [one.identity[1] for one in found] == ["text"]


# -- the debug information ---------------------------------------------------------------


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An object with debug information that defines a function and a struct."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "x.c").write_text(
        "#include <stdint.h>\n#include <program.h>\n"
        "struct kdma_slot one;\n"
        "int32_t kdma_set_mask(struct kdma_device *device, uint64_t mask) { return !device; }\n"
    )
    includes = [f"-I{(PROJECT / one.header).parent}" for one in (KDMA, PROGRAM)]
    run(["cc", "-g", "-c", *includes, "-o", str(folder / "x.o"), str(folder / "x.c")], what="cc")
    return folder / "x.o"


@pytest.mark.parametrize(
    ("boundary", "name", "old", "new"),
    [
        (KDMA, "kdma_set_mask", "mask: u64", "mask: u32"),
        (KDMA, "kdma_set_mask", "device: *mut kdma_device", "device: *const kdma_device"),
        (KDMA, "kdma_set_mask", "-> i32", "-> u32"),
        (PROGRAM, "kdma_slot", "pub size: u64", "pub size: u32"),
        (PROGRAM, "kdma_slot", "pub state: u32", "pub state: i32"),
    ],
)
def test_debug_information_tells_of_a_fault(
    judge: Judge, built: Path, tmp_path: Path, boundary: Boundary, name: str, old: str, new: str
) -> None:
    assert debug_information.has(built)
    seen = debug_information.read(built)
    assert debug_information.differences(judge.models[boundary], seen)[0] == []
    text = RUST[boundary]
    keyword = "fn" if boundary is KDMA else "struct"
    start = re.search(rf"pub {keyword} {name}\b", text)
    assert start
    changed = text[: start.start()] + text[start.start() :].replace(old, new, 1)
    (tmp_path / "x.rs").write_text(changed)
    [items] = load([str(tmp_path / "x.rs")], Path("/"))
    used = judge.models[KDMA].items if boundary is PROGRAM else ()
    [found], _ = debug_information.differences(Model(items, used), seen)
    assert found.name == name and found.rust != found.built


def test_a_module_without_debug_information_is_unchecked_and_never_clean(
    judge: Judge, tmp_path: Path
) -> None:
    (tmp_path / "c-api").mkdir()
    (tmp_path / "x.c").write_text("int x;\n")
    module = tmp_path / "c-api" / "kdma.ko"
    run(["cc", "-c", "-o", str(module), str(tmp_path / "x.c")], what="cc")
    told = three_way.debugged(KDMA, judge.models[KDMA], judge.kernel, tmp_path)
    assert told.findings == []
    [left] = told.unchecked
    assert not left.explained and "built without" in left.reason


def test_the_flags_are_those_of_each_file_of_the_build(judge: Judge, tmp_path: Path) -> None:
    for name, flag in (("sync", "-fshort-enums "), ("limits", "")):
        path = tmp_path / "c-api" / f".{name}.o.cmd"
        path.parent.mkdir(exist_ok=True)
        file = f"/was/here/c-api/{name}"
        path.write_text(
            f"savedcmd_{file}.o := gcc -Wp,-MMD,{file}.d {flag}-I/was/here/c-api/include "
            f"-DKBUILD_MODNAME='\"x\"' -c -o {file}.o {file}.c\n"
        )
    (tmp_path / "c-api/include").mkdir()
    include = f"-I{tmp_path}/c-api/include"
    assert three_way.compilations(KDMA, judge.kernel, tmp_path) == [
        Compilation(("gcc", include), ("c-api/limits.c",)),
        Compilation(("gcc", "-fshort-enums", include), ("c-api/sync.c",)),
    ]


# -- the baseline of the C ABI ---------------------------------------------------------


def test_only_accept_writes_the_baseline(tmp_path: Path) -> None:
    """An addition with a new version is a note until it is accepted."""
    header, baseline = tmp_path / abi_baseline.HEADER, tmp_path / abi_baseline.BASELINE
    for path in (header, baseline):
        path.parent.mkdir(parents=True)
    baseline.write_text(SURFACE.text())
    more = TEXT.replace("#endif /* KDMA_H */", "int32_t kdma_more(void);\n#endif /* KDMA_H */")
    header.write_text(more)
    [found] = abi_baseline.check(root=tmp_path)[0]
    assert "KDMA_ABI_VERSION is not raised" in found.title
    header.write_text(re.sub(r"(#define KDMA_ABI_VERSION )\d+", r"\g<1>99", more))
    findings, _, notes = abi_baseline.check(root=tmp_path)
    assert findings == [] and "accept" in notes[0]
    assert baseline.read_text() == SURFACE.text()
    assert "kdma_more" in abi_baseline.rewrite([], tmp_path, tmp_path).files[baseline]
    header.write_text(TEXT)
    assert abi_baseline.rewrite([], tmp_path, tmp_path).files == {}
