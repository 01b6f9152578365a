# SPDX-License-Identifier: GPL-2.0
"""`kdma test`: this project's own tests, in one run of pytest.

lint, the harness's unit tests, the Rust side's tests on the host, the corpora
of drift detection, and whole runs of `kdma check` on real kernels with faults
put in on purpose.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kdma import toolchain
from kdma.paths import PROJECT

#: Quick ones first, so that a typing mistake is not found after ten minutes.
SUITES = ("lint", "harness", "rust", "drift", "mutants", "gate")


def run(words: Sequence[str], *, lint_only: bool = False) -> int:
    """Runs the suites, or those that `words` name; returns pytest's exit code.

    Sets up what is missing first, as `kdma check` does.
    """
    toolchain.ensure()
    named = [
        word
        for word in words
        if not word.startswith("-") and (PROJECT / word.split("::")[0]).exists()
    ]
    suites = SUITES[:1] if lint_only else SUITES
    paths = [] if named else [str(PROJECT / "tests" / suite) for suite in suites]
    return int(
        pytest.main(
            [
                "-p",
                "no:cacheprovider",
                "--rootdir",
                str(PROJECT),
                "-c",
                str(PROJECT / "pyproject.toml"),
                "--durations=10",
                *words,
                *paths,
            ]
        )
    )
