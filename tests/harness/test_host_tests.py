# SPDX-License-Identifier: GPL-2.0
"""What the host tests of the safe Rust layer say, and what becomes of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kdma import host_tests, rust, toolchain
from kdma.findings import FindingClass, KdmaError
from kdma.paths import PROJECT

RUSTC = rust.compiler(toolchain.rustc())


def _program(folder: Path, text: str) -> Path:
    """A program that prints what a file of tests would, and then does what `text` says."""
    made = folder / "calls"
    made.write_text(f"#!/bin/sh\n{text}\n")
    made.chmod(0o755)
    return made


def test_tests_that_pass_say_nothing(tmp_path: Path) -> None:
    passed = "test result: ok. 3 passed; 0 failed; 0 ignored"
    assert host_tests.failures(_program(tmp_path, f"echo '{passed}'")) == []


@pytest.mark.parametrize(
    "text",
    [
        # No test ran: that is not what passing looks like.
        "echo 'test result: ok. 0 passed; 0 failed'",
        "exit 0",
        "kill -SEGV $$",
    ],
)
def test_silence_is_a_failure(tmp_path: Path, text: str) -> None:
    [failure] = host_tests.failures(_program(tmp_path, text))
    assert "exit code" in failure.said


def test_what_ends_the_tests_is_named_by_its_last_call(tmp_path: Path) -> None:
    text = f'[ -n "${host_tests.TELL}" ] && echo "called kdma_sg_add" >&2; kill -SEGV $$'
    [failure] = host_tests.failures(_program(tmp_path, text))
    assert failure.finding().title == "rust on the host: kdma_sg_add: the tests end there"


def test_a_test_that_never_ends_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_tests, "LIMIT", 0.2)
    [failure] = host_tests.failures(_program(tmp_path, "sleep 60"))
    assert failure.finding().finding_class is FindingClass.DIVERGENCE


def test_a_project_without_tests_is_not_taken_for_one_that_passes(tmp_path: Path) -> None:
    (tmp_path / host_tests.FOLDER / host_tests.TESTS).mkdir(parents=True)
    for crate in host_tests.CRATES:
        shutil.copytree(
            PROJECT / host_tests.FOLDER / crate / "src",
            tmp_path / host_tests.FOLDER / crate / "src",
        )
    with pytest.raises(KdmaError) as error:
        host_tests.build(tmp_path, RUSTC, tmp_path)
    assert error.value.finding.finding_class is FindingClass.HARNESS


def test_the_tests_of_this_project_pass() -> None:
    assert host_tests.check(RUSTC) == []


@pytest.mark.parametrize(
    ("file", "before", "after", "title", "values"),
    [
        # A size that no guest has.
        (
            "coherent.rs",
            "device.as_raw(),\n                    size,\n                    flags.bits(),\n"
            "                    &raw mut cpu_address,",
            "device.as_raw(), size as u32 as u64, flags.bits(), &raw mut cpu_address,",
            "rust on the host: kdma_alloc_coherent: argument 2",
            ("0x500012000", "0x12000"),
        ),
        # An error that no kernel gives.
        (
            "limits.rs",
            "Error::check(unsafe { kdma_sys::kdma_set_min_align_mask(self.as_raw(), mask) })",
            "{ let _ = unsafe { kdma_sys::kdma_set_min_align_mask(self.as_raw(), mask) }; Ok(()) }",
            "rust on the host: kdma_set_min_align_mask: its error is not told",
            None,
        ),
        # A call that changes nothing.
        (
            "limits.rs",
            "Error::check(unsafe { kdma_sys::kdma_set_min_align_mask(self.as_raw(), mask) })",
            "{ let _ = self.min_align_mask(); "
            "Error::check(unsafe { kdma_sys::kdma_set_min_align_mask(self.as_raw(), mask) }) }",
            "rust on the host: kdma_set_min_align_mask: call 6",
            None,
        ),
    ],
)
def test_what_only_the_host_can_show(
    tmp_path: Path,
    file: str,
    before: str,
    after: str,
    title: str,
    values: tuple[str, str] | None,
) -> None:
    shutil.copytree(PROJECT / host_tests.FOLDER, tmp_path / "tree" / host_tests.FOLDER,
                    ignore=shutil.ignore_patterns("target"))  # fmt: skip
    source = tmp_path / "tree" / host_tests.FOLDER / "kdma/src" / file
    text = source.read_text()
    assert text.count(before) == 1
    source.write_text(text.replace(before, after))
    programs = host_tests.build(tmp_path / "tree", RUSTC, tmp_path)
    found = [each.finding() for one in programs for each in host_tests.failures(one)]
    # Other tests may come upon it as well.
    told = next(finding for finding in found if finding.title == title)
    assert told.finding_class is FindingClass.DIVERGENCE
    assert values is None or (told.expected, told.actual) == values
