# SPDX-License-Identifier: GPL-2.0
"""Whole runs of `kdma check`, in this checkout or in a copy with a fault in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kdma.paths import PROJECT

#: The kernel that most of these tests run on: built by us, with dma-debug,
#: and up in a second.
KERNEL = os.environ.get("KDMA_TEST_KERNEL", "7.3")


@dataclass(frozen=True)
class Run:
    """What `kdma check` left behind."""

    code: int
    output: str
    report: dict[str, Any]
    out: Path

    @property
    def verdict(self) -> str:
        return str(self.report["verdict"])

    @property
    def classes(self) -> set[str]:
        return {finding["class"] for finding in self.report["findings"]}

    def names(self, function: str) -> bool:
        """Is this function named in what a finding says happened, where or what to look at?"""
        return any(
            function in finding[part]
            for finding in self.report["findings"]
            for part in ("title", "where", "expected", "actual", "next")
        )

    def explain(self) -> str:
        """For a failed assertion: what the user would have seen."""
        return self.output[-6000:]


def copy_of_project(folder: Path) -> Path:
    """A copy of the checkout: what git tracks and what it does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    ).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, folder / name)
    return folder


def replace(path: Path, old: str, new: str) -> None:
    """Replaces `old`, which must be there exactly once: a fault that is none proves nothing."""
    text = path.read_text()
    assert text.count(old) == 1, f"{path}: {text.count(old)} times: {old}"
    path.write_text(text.replace(old, new))


def run_check(
    project: Path,
    out: Path,
    *arguments: str,
    kernel: str | None = KERNEL,
    timeout: float = 1500,
    **environment: str,
) -> Run:
    """Runs `./kdma check` in `project`; `arguments` go to pytest."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("ARGS", "DRIVERS", "ENVS", "KDIR", "KERNEL", "V")
    }
    command = ["./kdma", "check", *(["--kernel", kernel] if kernel else [])]
    done = subprocess.run(
        [*command, "--", *arguments],
        cwd=project,
        env={**inherited, "KDMA_OUT": str(out), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    path = out / "report.json"
    report = json.loads(path.read_text()) if path.exists() else {"findings": [], "verdict": "none"}
    return Run(done.returncode, done.stdout, report, out)


Faulty = Callable[..., Run]


@pytest.fixture
def faulty(tmp_path: Path) -> Faulty:
    """Runs `kdma check` on a copy of the project in which one thing is wrong.

    faulty({"c-api/sync.c": (old, new)}, "-k", "...", ENVS="swiotlb")
    """

    def run(changes: Mapping[str, tuple[str, str]], *arguments: str, **environment: str) -> Run:
        project = copy_of_project(tmp_path / "project")
        for name, (old, new) in changes.items():
            replace(project / name, old, new)
        return run_check(project, tmp_path / "out", *arguments, **environment)

    return run
