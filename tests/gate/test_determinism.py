# SPDX-License-Identifier: GPL-2.0
"""DETERMINISTIC=1: two runs write the same bytes, and a finding's replay finds it again."""

from __future__ import annotations

import io
import json
import os
import subprocess
import zipfile
from pathlib import Path

from conftest import Faulty, Run, copy_of_project, replace, run_check

from kdma.check import SECONDS
from kdma.paths import PROJECT

#: Real work in each of them: transfers, error paths, lists, allocations.
FEW = ("-k", "MMIO or range")
#: What is about the run itself and not about what it saw: how long it took, how
#: QEMU was called (its sockets are in a folder of their own), logs of builds.
OF_THE_RUN = (".lock", "logs", SECONDS, "command.txt")


def files_of(out: Path) -> dict[str, bytes]:
    """All that a run wrote, by name."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and not set(path.relative_to(out).parts) & set(OF_THE_RUN)
    }


def differences(first: Path, second: Path) -> list[str]:
    """Names of files that only one run wrote, or that differ by a byte."""
    one, other = files_of(first), files_of(second)
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def deterministic(project: Path, out: Path, *arguments: str, **environment: str) -> Run:
    return run_check(project, out, *arguments, DETERMINISTIC="1", **environment)


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    chosen = {"ENVS": "direct,swiotlb,iommu-strict"}
    first = deterministic(PROJECT, tmp_path / "first", *FEW, **chosen)
    deterministic(PROJECT, tmp_path / "second", *FEW, **chosen)
    assert not first.report["findings"] and first.report["operations"] > 1000, first.explain()
    assert not differences(tmp_path / "first", tmp_path / "second")
    # What is compared is there: reports, consoles, traces and what goes with them.
    names = files_of(tmp_path / "first")
    for name in ("junit.xml", "report.json", "report.sarif", "report.txt"):
        assert names[name]
    for environment in first.report["environments"]:
        # Empty unless the kernel is in trouble: the guest is quiet.
        assert f"vm/{environment}/console.log" in names
        for driver in ("native", "c", "rust-sys", "rust"):
            archive = names[f"vm/{environment}/traces/{driver}.zip"]
            traces = zipfile.ZipFile(io.BytesIO(archive)).namelist()
            assert sum(name.endswith(".bin") for name in traces) > 20, environment
            assert any(name.endswith(".events") for name in traces)
    assert first.report["seconds"] == {}
    assert json.loads((tmp_path / "first" / SECONDS).read_text())["behaviour"] > 0
    # The printed report is the written one.
    assert (tmp_path / "first/report.txt").read_text() in first.output


def test_the_comparison_sees_a_value_that_differs(tmp_path: Path) -> None:
    """A driver that lets a time of the host into a value: the guest's clock has none, and the
    cache would serve the same module, so each copy of the project has its own.
    """
    for turn in ("first", "second"):
        project = copy_of_project(tmp_path / f"project-{turn}")
        stamp = os.stat(project / "kmod/c.c").st_mtime_ns
        replace(
            project / "kmod/c.c",
            "values[0] = kdma_abi_version();",
            f"values[0] = kdma_abi_version() + {stamp}ULL;",
        )
        deterministic(project, tmp_path / turn, "-k", "version", ENVS="direct", DRIVERS="c")
    found = differences(tmp_path / "first", tmp_path / "second")
    assert "vm/direct/traces/c.zip" in found, found
    assert "report.txt" in found


def test_the_printed_command_finds_the_finding_again(tmp_path: Path, faulty: Faulty) -> None:
    run = faulty(
        {
            "c-api/sync.c": (
                "dma_sync_single_range_for_cpu(kdma_to_device(device), dma_address, offset, size,",
                "dma_sync_single_range_for_cpu(kdma_to_device(device), dma_address, size, offset,",
            )
        },
        "-k", "range",
        ENVS="swiotlb",
    )  # fmt: skip
    found = [each for each in run.report["findings"] if each["class"] == "divergence"]
    assert found, run.explain()
    command = found[0]["replay"]
    # As it stands in the text, on one line.
    assert f"  replay    {command}\n" in run.output
    texts = []
    for turn in ("one", "two"):
        out = tmp_path / turn
        # A shell of its own that knows nothing of the run.
        subprocess.run(
            ["sh", "-c", command],
            cwd=tmp_path / "project",
            env={**os.environ, "KDMA_OUT": str(out)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=1500,
            check=False,
        )
        again = json.loads((out / "report.json").read_text())
        assert again["programs"] == 1, again
        assert again["environments"] == ["swiotlb"]
        assert found[0]["fingerprint"] in {each["fingerprint"] for each in again["findings"]}
        texts.append((out / "report.txt").read_bytes())
    assert texts[0] == texts[1]
