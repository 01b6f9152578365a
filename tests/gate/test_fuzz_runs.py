# SPDX-License-Identifier: GPL-2.0
"""Random programs in real guests: a sample, and faults that it finds."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from conftest import KERNEL, Run, copy_of_project, replace

from kdma.paths import PROJECT

COUNT = 300


def run_fuzz(project: Path, out: Path, *arguments: str) -> Run:
    """Runs `./kdma fuzz` with a fixed seed."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("COUNT", "DRIVERS", "ENVS", "KDIR", "KERNEL", "ONLY", "SEED", "V", "WILD")
    }
    done = subprocess.run(
        ["./kdma", "fuzz", "--kernel", KERNEL, "--seed", "1", *arguments],
        cwd=project,
        env={**inherited, "KDMA_OUT": str(out)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1500,
        check=False,
    )
    path = out / "report.json"
    report = json.loads(path.read_text()) if path.exists() else {"findings": [], "verdict": "none"}
    return Run(done.returncode, done.stdout, report, out)


@pytest.mark.parametrize("environment", ["direct", "iommu-strict", "swiotlb"])
def test_a_sample_is_clean(tmp_path: Path, environment: str) -> None:
    run = run_fuzz(PROJECT, tmp_path / "out", "--count", str(COUNT), "--envs", environment)
    assert run.verdict == "clean" and run.code == 0, run.explain()
    assert run.report["programs"] == COUNT
    tally = (tmp_path / f"out/fuzz-{environment}.txt").read_text()
    assert "EINVAL" in tally and "INEXPRESSIBLE" in tally


def test_a_wrapper_without_its_check_is_found_and_the_run_goes_on(tmp_path: Path) -> None:
    """With bounce buffers the kernel ends in a BUG() of include/linux/iommu-helper.h."""
    project = copy_of_project(tmp_path / "project")
    replace(
        project / "c-api/limits.c",
        "	if (!device || !mask || mask > ULONG_MAX || (mask & (mask + 1)))\n",
        "	if (!device || !mask || mask > ULONG_MAX)\n",
    )
    run = run_fuzz(project, tmp_path / "out", "--count", str(COUNT), "--envs", "swiotlb")
    assert run.verdict == "findings" and run.code == 1, run.explain()
    found = [f for f in run.report["findings"] if "set_seg_boundary" in f["title"]]
    assert found, run.explain()
    assert all("--only " in f["replay"] for f in found)
    assert not any(f["title"].startswith("native") for f in found)
    # All others were judged.
    assert run.report["programs"] == COUNT, run.explain()


def test_a_check_of_the_loader_that_is_missing_is_found(tmp_path: Path) -> None:
    project = copy_of_project(tmp_path / "project")
    replace(
        project / "kmod/loader.c",
        """	if (slot->opcode != shape->pairs)
		return refuse(loading, &operation->opcode,
			      "the slot was defined by another kind of operation");
""",
        "",
    )
    run = run_fuzz(project, tmp_path / "out", "--count", str(COUNT), "--envs", "direct")
    assert run.verdict == "findings", run.explain()
    assert any("the loader accepts it" in f["title"] for f in run.report["findings"])
