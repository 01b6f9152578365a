# SPDX-License-Identifier: GPL-2.0
"""Each driver-facing function is reached and has programs, or a reason; the table says so truly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from kdma import coverage, generate
from kdma.coverage import Covered
from kdma.findings import KdmaError
from kdma.programs import Program, load_all
from kdma.surface import Kind, Surface, member, surface

SOURCE = """
static int kdma_both(struct device *dev, int (*take)(struct device *))
{
	/* dma_can_mmap(dev) is only spoken of */
	return take(dev);
}

int32_t kdma_get_mask(const struct kdma_device *device, uint64_t *mask)
{
	return kdma_both(device, dma_get_mask);
}
"""


def kernel(*names: str, **texts: str) -> Surface:
    functions = [member(Kind.FUNCTION, name, linkage="symbol") for name in names]
    macros = [
        member(Kind.FUNCTION, name, linkage="macro", text=text) for name, text in texts.items()
    ]
    return surface("kernel", [*functions, *macros])


@pytest.fixture(name="programs", scope="module")
def all_programs() -> list[Program]:
    return load_all()


def judge(
    tmp_path: Path,
    programs: Sequence[Program],
    side: Surface,
    exceptions: Sequence[tuple[str, str]] = (),
) -> tuple[dict[str, Covered], list[str]]:
    source = tmp_path / "limits.c"
    source.write_text(SOURCE)
    rust = "kdma_sys::kdma_get_mask()"
    rows, stale = coverage.cover(side, coverage.calls([source]), programs, exceptions, rust, {})
    return {row.name: row for row in rows}, stale


def test_every_function_of_the_documented_version_is_reached_or_excused() -> None:
    rows, stale = coverage.of_version()
    assert len(rows) > 100
    assert sum(bool(row.by) for row in rows) > 50
    assert not [row.name for row in rows if row.is_gap]
    assert not stale, "c-api/exceptions.toml excuses what is reached, or is not there"


def test_the_committed_document_is_of_now() -> None:
    for path, text in generate.render_documents().items():
        assert path.read_text() == text, "run: ./kdma generate"


def test_what_is_reached_through_a_local_function_counts(
    tmp_path: Path, programs: list[Program]
) -> None:
    rows, _ = judge(tmp_path, programs, kernel("dma_get_mask"))
    row = rows["dma_get_mask"]
    assert row.by == ("kdma_get_mask",) and row.safe_rust and row.programs and not row.is_gap


def test_a_comment_reaches_nothing(tmp_path: Path, programs: list[Program]) -> None:
    rows, _ = judge(tmp_path, programs, kernel("dma_can_mmap"))
    assert rows["dma_can_mmap"].is_gap


def test_a_function_without_a_program_is_a_gap(tmp_path: Path) -> None:
    rows, _ = judge(tmp_path, [], kernel("dma_get_mask"))
    assert rows["dma_get_mask"].is_gap


def test_another_name_is_told_by_what_it_comes_to(tmp_path: Path, programs: list[Program]) -> None:
    side = kernel("dma_get_mask", dma_mask_of="dma_get_mask($1)", dma_other="dma_no_such($1)")
    rows, _ = judge(tmp_path, programs, side)
    assert rows["dma_mask_of"].wraps == "dma_get_mask($1)" and not rows["dma_mask_of"].is_gap
    assert rows["dma_other"].is_gap


def test_an_exception_excuses_what_is_not_reached_and_is_stale_otherwise(
    tmp_path: Path, programs: list[Program]
) -> None:
    excuses = [("dma_can_*", "no process"), ("dma_get_mask", "for no reason"), ("dma_x", "gone")]
    rows, stale = judge(tmp_path, programs, kernel("dma_can_mmap", "dma_get_mask"), excuses)
    assert rows["dma_can_mmap"].reason == "no process" and not rows["dma_can_mmap"].is_gap
    assert not rows["dma_get_mask"].reason
    assert stale == ["dma_get_mask", "dma_x"]


def test_the_table_shows_gaps(tmp_path: Path, programs: list[Program]) -> None:
    rows, _ = judge(tmp_path, programs, kernel("dma_can_mmap", "dma_get_mask"))
    text = coverage.markdown(list(rows.values()), "1.0")
    assert "| `dma_can_mmap` | symbol | **none** |" in text
    assert "| `dma_get_mask` | symbol | `kdma_get_mask` |" in text


@pytest.mark.parametrize("text", ["", "exception = 1", "[[exception]]\nnames = ['a']", "["])
def test_a_malformed_list_of_exceptions_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "exceptions.toml"
    path.write_text(text)
    with pytest.raises(KdmaError, match=r"list of exceptions"):
        coverage.read_exceptions(path)


def test_a_version_without_a_baseline_is_said() -> None:
    with pytest.raises(KdmaError, match="no baseline"):
        coverage.of_version("5.4")
