# SPDX-License-Identifier: GPL-2.0
"""The review of a change, on a repository with this project's header and bindings."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kdma import review
from kdma.findings import KdmaError
from kdma.paths import PROJECT
from kdma.review import BINDINGS, CONTRACT
from kdma.surface import Kind, member, surface
from kdma.surface_compare import Effect

BASELINE = "c-api/baselines/kernel-7.3.txt"


def git(root: Path, *words: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", *identity, *words], cwd=root, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def kernel(*parameters: str) -> str:
    """A baseline of a kernel with one function."""
    made = member(
        Kind.FUNCTION,
        "dma_get_required_mask",
        linkage="symbol",
        returns="u64",
        parameters=", ".join(parameters),
    )
    return surface("kernel 7.3", [made]).text()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in (CONTRACT, BINDINGS, *(f"c-api/{p.name}" for p in PROJECT.glob("c-api/*.c"))):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    (tmp_path / BASELINE).parent.mkdir()
    (tmp_path / BASELINE).write_text(kernel("struct device *dev"))
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "base")
    git(tmp_path, "checkout", "-qb", "change")
    return tmp_path


def edit(root: Path, name: str, pattern: str, by: str) -> None:
    text = (root / name).read_text()
    changed, count = re.subn(pattern, by, text, count=1, flags=re.MULTILINE)
    assert count == 1 and changed != text, pattern
    (root / name).write_text(changed)


def add_parameter(root: Path) -> None:
    """As one commit would: header and regenerated bindings."""
    edit(root, CONTRACT, r"^(\w+ kdma_get_required_mask\([^)]*)\)", r"\1, uint32_t flags)")
    edit(root, BINDINGS, r"(pub fn kdma_get_required_mask\([^)]*?),?\s*\)", r"\1, flags: u32)")


def made(root: Path, base: str = "") -> review.Review:
    return review.make(root, review.find_base(root, base))


def test_an_added_parameter_is_told_with_both_languages_and_its_effect(root: Path) -> None:
    add_parameter(root)
    git(root, "commit", "-qam", "add a parameter")
    [binding] = made(root).bindings
    assert (binding.name, binding.effect) == ("kdma_get_required_mask", Effect.BREAKING)
    assert "flags" not in binding.rust_before and "flags: u32" in binding.rust_after
    text = review.text(made(root))
    line = (root / CONTRACT).read_text().splitlines()
    number = next(n for n, words in enumerate(line, 1) if re.match(r"\w+ kdma_get_required", words))
    assert "breaking: kdma_get_required_mask\n" in text
    assert f"uint32_t flags)   {CONTRACT}:{number}\n" in text
    assert re.search(r"Rust before pub fn kdma_get_required_mask\(device: \*mut kdma_device", text)
    assert "parameter added (breaking)" in text and text.endswith("changes: 1 breaking\n")
    assert review.review(review.Options(), root) == 1


def test_the_kernel_change_behind_it_is_named(root: Path) -> None:
    add_parameter(root)
    (root / BASELINE).write_text(kernel("struct device *dev", "u32 flags"))
    [binding] = made(root).bindings
    [(path, change)] = binding.kernel
    assert (path, change.name) == (BASELINE, "dma_get_required_mask")
    assert made(root).kernel == []


def test_a_kernel_change_behind_nothing_is_told_apart(root: Path) -> None:
    (root / BASELINE).write_text(kernel("struct device *dev", "u32 flags"))
    told = made(root)
    assert told.bindings == [] and [change.name for _, change in told.kernel]
    assert "behind no changed binding" in review.text(told)


def test_reordered_declarations_change_nothing(root: Path) -> None:
    text = (root / CONTRACT).read_text()
    found = list(re.finditer(r"/\*\*\n(?:(?!\*/).)*?\*/\n\w+ kdma_\w+\([^;]*;\n", text, re.DOTALL))
    first, second = found[0], found[-1]
    swapped = (
        text[: first.start()] + second[0] + text[first.end() : second.start()] + first[0]
        + text[second.end() :]
    )  # fmt: skip
    assert swapped != text
    (root / CONTRACT).write_text(swapped)
    blocks = (root / BINDINGS).read_text().split('unsafe extern "C" {')
    blocks[1], blocks[2] = blocks[2], blocks[1]
    (root / BINDINGS).write_text('unsafe extern "C" {'.join(blocks))
    git(root, "commit", "-qam", "reorder")
    told = review.text(made(root))
    assert "nothing changed in meaning" in told and CONTRACT in told and BINDINGS in told
    assert review.review(review.Options(), root) == 0


def test_a_comment_and_a_renamed_parameter_are_cosmetic(root: Path) -> None:
    edit(root, CONTRACT, r"^(\w+ kdma_get_required_mask\([^)]*\*)device", r"\1dev")
    edit(root, BINDINGS, r"(pub fn kdma_get_required_mask\(\s*)device", r"\1dev")
    [binding] = made(root).bindings
    assert binding.effect is Effect.COSMETIC and not made(root).alarm


def test_a_changed_value_is_silent(root: Path) -> None:
    edit(root, CONTRACT, r"KDMA_ENOMEM = -4", "KDMA_ENOMEM = -44")
    edit(root, BINDINGS, r"KDMA_ENOMEM: kdma_error = -4", "KDMA_ENOMEM: kdma_error = -44")
    [binding] = made(root).bindings
    assert (binding.name, binding.effect) == ("KDMA_ENOMEM", Effect.SILENT)


@pytest.mark.parametrize("side", [CONTRACT, BINDINGS])
def test_one_side_alone_is_silent_and_says_what_mends_it(root: Path, side: str) -> None:
    add_parameter(root)
    git(root, "checkout", "-q", "main", "--", side)
    [binding] = made(root).bindings
    assert binding.effect is Effect.SILENT and "./kdma generate" in binding.note


def test_it_is_deterministic_and_writes_nothing(root: Path) -> None:
    add_parameter(root)
    edit(root, CONTRACT, r"KDMA_ENOMEM = -4", "KDMA_ENOMEM = -44")
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert review.text(made(root)) == review.text(made(root))
    assert review.markdown(made(root)) == review.markdown(made(root))
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_markdown_shows_a_diff(root: Path) -> None:
    add_parameter(root)
    told = review.markdown(made(root))
    assert told.count("```") == 2 and "\n-pub fn kdma_get" in told and "\n+pub fn kdma_get" in told
    assert "#### breaking: `kdma_get_required_mask`" in told


@pytest.mark.parametrize("base", ["v99", "--upload-pack=x", "HEAD:c-api"])
def test_a_base_that_does_not_exist(root: Path, base: str) -> None:
    with pytest.raises(KdmaError, match="does not exist") as caught:
        made(root, base)
    assert base in caught.value.finding.actual and caught.value.finding.next


def test_no_main_branch(root: Path) -> None:
    git(root, "branch", "-q", "-D", "main")
    with pytest.raises(KdmaError, match="no main branch"):
        made(root)


def test_a_header_that_does_not_parse(root: Path) -> None:
    edit(root, CONTRACT, r"^(\w+ kdma_get_required_mask\([^)]*)\)", r"\1")
    with pytest.raises(KdmaError, match="does not parse") as caught:
        made(root)
    assert re.fullmatch(rf"{CONTRACT}:\d+", caught.value.finding.where)


def test_a_broken_baseline_is_told_with_its_line(root: Path) -> None:
    edit(root, BASELINE, r"^function", "functoin")
    with pytest.raises(KdmaError) as caught:
        made(root)
    assert caught.value.finding.where == f"{BASELINE}:3"
