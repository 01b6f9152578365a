# SPDX-License-Identifier: GPL-2.0
"""The Rust side on the host: unit tests, misuse that must not compile, Miri."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from kdma.cache import cargo_target
from kdma.paths import PROJECT

WORKSPACE = PROJECT / "rust-bindings"


def cargo(*words: str, toolchain: str = "") -> subprocess.CompletedProcess[str]:
    """Runs cargo in the workspace with its output in the cache."""
    command = ["cargo", *([toolchain] if toolchain else []), *words]
    return subprocess.run(
        command,
        cwd=WORKSPACE,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CARGO_TARGET_DIR": str(cargo_target())},
    )


def passed(output: str) -> int:
    """Sum over all of cargo's test binaries."""
    return sum(int(count) for count in re.findall(r"test result: ok\. (\d+) passed", output))


def test_the_host_tests_pass() -> None:
    done = cargo("test", "--locked", "--workspace", "--all-targets")
    assert done.returncode == 0, done.stdout + done.stderr
    assert passed(done.stdout) >= 30


def test_the_documentation_compiles_and_misuse_does_not() -> None:
    done = cargo("test", "--locked", "--doc", "-p", "kdma")
    assert done.returncode == 0, done.stdout + done.stderr
    misuse = len(re.findall(r"compile fail \.\.\. ok", done.stdout))
    assert misuse >= 8, f"only {misuse} misuses are tested"


def test_the_safe_layer_under_miri() -> None:
    """Where the toolchain has Miri; elsewhere this is reported as unchecked."""
    for toolchain in ("", "+nightly"):
        if cargo("miri", "--version", toolchain=toolchain).returncode == 0:
            break
    else:
        pytest.skip("unchecked: no toolchain here has Miri (rustup component add miri)")
    done = cargo(
        "miri", "test", "--locked", "-p", "kdma", "-p", "kdma-drivers", toolchain=toolchain
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_unsafe_block_says_why() -> None:
    """clippy's undocumented_unsafe_blocks, for those who run without clippy."""
    faults = []
    for path in sorted(WORKSPACE.glob("kdma*/src/**/*.rs")):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            if re.search(r"(?<!\w)unsafe \{", line) and not line.lstrip().startswith("//"):
                above = "\n".join(lines[max(0, number - 12) : number + 1])
                if "SAFETY:" not in above:
                    faults.append(f"{Path(path).relative_to(PROJECT)}:{number + 1}")
    assert not faults, faults
