# SPDX-License-Identifier: GPL-2.0
"""What c-api narrows is found in its sources, whatever any program could see of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kdma import build, narrowing
from kdma.findings import FindingClass, KdmaError
from kdma.kernel import KernelRequest, prepare_headers
from kdma.mutants import copies
from kdma.narrowing import Narrowing

HEAD = """\
typedef unsigned long long u64;
typedef unsigned int u32;
int dma_take(void *device, u64 size, u32 flags);
struct table { u64 size; u32 count; };
"""


def _found(tmp_path: Path, text: str) -> list[Narrowing]:
    folder = tmp_path / "c-api"
    folder.mkdir()
    (folder / "x.c").write_text(HEAD + text)
    return list(narrowing.read_all(tmp_path, {"c-api/x.c": ("-std=gnu11",)}).narrowings)


@pytest.mark.parametrize(
    ("body", "of", "before", "after"),
    [
        ("return dma_take(d, (u32)size, 0);", "argument 2 of dma_take", "u64", "u32"),
        ("return dma_take(d, (u64)(int)size, 0);", "argument 2 of dma_take", "u64", "int"),
        ("return dma_take(d, size, size);", "argument 3 of dma_take", "u64", "u32"),
        ("return (&dma_take)(d, size, size);", "argument 3 of dma_take", "u64", "u32"),
        ("unsigned int length = size; return dma_take(d, length, 0);", "the variable length",
         "u64", "unsigned int"),
        ("u32 length; length = size; return dma_take(d, length, 0);", "what length is set to",
         "u64", "u32"),
        ("t->count += size; return 0;", "what t->count is set to", "u64", "u32"),
        ("*result = (unsigned short)size; return 0;", "what *result is set to", "u64",
         "unsigned short"),
        ("return t->size >> 1;", "what it returns", "u64", "int"),
    ],
)  # fmt: skip
def test_what_is_narrowed_is_found(
    tmp_path: Path, body: str, of: str, before: str, after: str
) -> None:
    text = f"int kdma_f(void *d, u64 size, u64 *result, struct table *t)\n{{\n\t{body}\n}}\n"
    [one] = _found(tmp_path, text)
    assert (one.function, one.of, one.written) == ("kdma_f", of, (before, after))
    finding = one.finding()
    assert finding.finding_class is FindingClass.DIVERGENCE
    assert finding.title.startswith(f"kdma_f: {of}") and finding.where == "c-api/x.c:7"


def test_a_sign_that_a_value_never_had_is_found(tmp_path: Path) -> None:
    [one] = _found(tmp_path, "int kdma_f(void *d, u32 n) { return dma_take(d, (int)n, 0); }\n")
    assert one.signed and one.of == "argument 2 of dma_take"


@pytest.mark.parametrize(
    "body",
    [
        "return dma_take(d, size, 0x10ull);",
        "return dma_take(d, n, sizeof(size));",
        "return dma_take(d, -1, n);",
        "int error = dma_take(d, size, n); return error;",
        "_Bool is = size; return is;",
        "__auto_type same = size; return dma_take(d, same, n);",
    ],
)
def test_what_loses_nothing_is_no_finding(tmp_path: Path, body: str) -> None:
    assert _found(tmp_path, f"int kdma_f(void *d, u64 size, u32 n) {{ {body} }}\n") == []


def test_a_source_that_does_not_parse_is_never_taken_for_well(tmp_path: Path) -> None:
    with pytest.raises(KdmaError, match="cannot be read") as caught:
        _found(tmp_path, "int kdma_f(u64 size) { return dma_lost(size; }\n")
    assert caught.value.finding.finding_class is FindingClass.TOOLCHAIN


def test_the_list_holds_what_it_names_and_nothing_that_is_gone(tmp_path: Path) -> None:
    [one] = _found(tmp_path, "int kdma_f(void *d, u64 s) { return dma_take(d, (u32)s, 0); }\n")
    said = narrowing.Read(frozenset({"kdma_f"}), (one,))
    gone = ("kdma_f", "what it returns", "int", "short")
    elsewhere = ("kdma_other", "what it returns", "int", "short")
    assert narrowing.judge(said, [one.identity, elsewhere]) == []
    [finding] = narrowing.judge(said, [one.identity, gone])
    assert "is not narrowed" in finding.title and finding.next == "remove the entry"


def test_a_list_out_of_order_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "narrowings.toml"
    entry = '[[narrowing]]\nfunction = "{}"\nof = "x"\nfrom = "long"\nto = "int"\nreason = "{}"\n'
    path.write_text(entry.format("a", "why") + entry.format("b", "why"))
    assert len(narrowing.on_purpose(path)) == 2
    for text in (entry.format("b", "why") + entry.format("a", "why"), entry.format("a", "")):
        path.write_text(text)
        with pytest.raises(KdmaError, match="not in order"):
            narrowing.on_purpose(path)


def test_the_sources_as_they_are_have_none(tmp_path: Path) -> None:
    kernel = prepare_headers(KernelRequest())
    modules = build.build(kernel, ["c"], {}, tmp_path / "build.log")
    assert narrowing.check(kernel, modules.files["kdma"].parent.parent) == ([], [])


def test_a_function_without_code_is_told_from_one_put_into_another(tmp_path: Path) -> None:
    text = (
        "#ifdef NEVER\nstatic int gone(int x)\n{\n\treturn x;\n}\n#endif\n"
        "static int unused(int x)\n{\n\treturn x;\n}\n"
        "static int inlined(int x)\n{\n\treturn x + 1;\n}\n"
        "static int never(int x)\n{\n\treturn x + 2;\n}\n"
        "int own(int x)\n{\n\treturn 0 ? never(x) : inlined(x);\n}\n"
    )
    names = ("gone", "inlined", "never", "own", "unused")
    source, assembly = tmp_path / "x.c", tmp_path / "x.s"
    source.write_text(copies.with_marks(text, names))
    subprocess.run(["cc", "-w", "-O2", "-S", "-o", str(assembly), str(source)], check=True)
    told = assembly.read_text()
    assert copies.without_code(told, names) == {"gone", "never", "unused"}
    # Where no mark comes through, nothing is proved.
    assert copies.without_code(told.replace("of control", "of x"), names) == set()
