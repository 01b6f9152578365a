# SPDX-License-Identifier: GPL-2.0
"""Baselines of the kernel's surface: which one, what is used, what is said."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from kdma import abi_baseline, drift, kernel_baseline, kernel_surface, three_way
from kdma.findings import FindingClass, KdmaError
from kdma.header_text import declarations
from kdma.kernel import KernelRequest, prepare_headers
from kdma.kernel_baseline import BASELINES, baseline_for, used_names
from kdma.paths import PROJECT
from kdma.surface import parse


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ("6.1.9", "6.1"),
        ("6.6.0", "6.1"),
        ("6.12.117+deb12", "6.12"),
        ("5.10", "6.1"),
        ("9.0", "7.3"),
    ],
)
def test_the_nearest_baseline_is_taken(release: str, version: str) -> None:
    assert baseline_for(release).name == f"kernel-{version}.surface"


def test_without_a_baseline_nothing_is_said_to_be_well(tmp_path: Path) -> None:
    with pytest.raises(KdmaError, match="no baseline"):
        baseline_for("6.12", tmp_path)


def test_comments_and_strings_use_nothing(tmp_path: Path) -> None:
    source = tmp_path / "a.c"
    source.write_text(
        '/* dma_one */\nconst char *a = "dma_two"; // dma_three\nint b = dma_four();\n'
    )
    used = used_names([source])
    assert {name for name in used if name.startswith("dma_")} == {"dma_four"}
    assert used["dma_four"].endswith("a.c:3")


def test_the_default_kernel_is_clean_and_a_moved_baseline_is_a_finding() -> None:
    kernel = prepare_headers(KernelRequest())
    before = {path: path.read_bytes() for path in BASELINES.iterdir()}
    assert drift.check(kernel)[0] == []
    path = baseline_for(kernel.release)
    old = path.read_text()
    used = used_names([*(PROJECT / "c-api").glob("*.c")])
    after = kernel_surface.of_kernel(kernel)
    name = next(n for n in sorted(used) if f"function {n} |" in old)
    line = next(text for text in old.splitlines() if text.startswith(f"function {name} |"))
    moved = old.replace(line, line.replace(" | linkage=", " | convention=ms_abi | linkage=", 1))
    assert moved != old
    findings, _ = kernel_baseline.judge(parse(moved, "x"), after, used, path.stem)
    [finding] = findings
    assert finding.finding_class is FindingClass.API_DRIFT
    assert finding.title.startswith(f"{name}: ")
    assert finding.where.startswith("c-api/")
    assert {path: path.read_bytes() for path in BASELINES.iterdir()} == before


def test_a_header_that_does_not_parse_is_an_error_with_its_place() -> None:
    given = kernel_surface.input_of(prepare_headers(KernelRequest()))
    header = "include/linux/dmapool.h"
    broken = given.text(header).replace("struct dma_pool", "strict dma_pool", 1) + "\nint ((;\n"
    with pytest.raises(KdmaError, match="does not parse") as caught:
        kernel_surface.read(dataclasses.replace(given, replaced={header: broken}))
    assert caught.value.finding.where.startswith(header)


def test_a_header_of_ours_that_does_not_parse_is_told_once_with_its_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither the baseline of the C ABI nor the bindings can be asked then."""
    kernel = prepare_headers(KernelRequest())
    for name in (abi_baseline.BASELINE, *(one.header for one in three_way.BOUNDARIES),
                 *(one.bindings for one in three_way.BOUNDARIES)):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    header = tmp_path / abi_baseline.HEADER
    line = header.read_text()[: header.read_text().index("kdma_need_sync(struct")].count("\n") + 1
    header.write_text(header.read_text().replace("kdma_need_sync(struct", "kdma_need_sync((struct"))
    monkeypatch.setattr(three_way, "PROJECT", tmp_path)
    monkeypatch.setattr(three_way, "regenerated", _refuse)
    monkeypatch.setattr(abi_baseline.check, "__defaults__", (None, None, tmp_path))
    [found] = drift.check(kernel)[0]
    assert found.where == f"{abi_baseline.HEADER}:{line}" and "does not parse" in found.title


def _refuse() -> None:
    raise KdmaError("the bindings cannot be made from the headers")


def test_the_text_knows_all_configurations() -> None:
    text = (
        "#ifndef _A_H\n#define _A_H\n#ifdef CONFIG_B\nint f(int a);\n#else\n"
        "static inline int f(int a)\n{\n\treturn 0;\n}\n#endif\n#define C(x) f(x)\n#endif\n"
    )
    found = [(d.form, d.name, d.line, d.when) for d in declarations(text) if d.name != "_A_H"]
    assert found == [
        ("function", "f", 4, "defined(CONFIG_B)"),
        ("function", "f", 6, "!defined(CONFIG_B)"),
        ("define", "C", 11, ""),
    ]
