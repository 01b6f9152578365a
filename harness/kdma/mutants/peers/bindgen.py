# SPDX-License-Identifier: GPL-2.0
"""bindgen's layout tests, and bindgen run again with its output compared as text."""

from __future__ import annotations

import re
import shutil
from functools import cache
from pathlib import Path

from kdma import bindings
from kdma.mutants.layers import header
from kdma.mutants.model import Session
from kdma.mutants.peers import c_side
from kdma.mutants.peers.rust_side import Builds, Sides, one_crate, rustc
from kdma.paths import PROJECT, cache_root
from kdma.three_way import Boundary


def _version() -> str:
    from kdma import kernel_rust

    return kernel_rust.bindgen_version()


@cache
def _tests(boundary: Boundary) -> str:
    """The layout tests that bindgen makes beside the committed bindings."""
    text = (PROJECT / boundary.bindings).read_text()
    return "\n".join(re.findall(r"^(?:#\[allow.*\]\n)?const _: \(\) = \{\n.*?^\};$", text,
                                re.MULTILINE | re.DOTALL))  # fmt: skip


def _layouts(side: Sides, work: Path, session: Session) -> str:
    """The tests as bindgen made them with the bindings, compiled with these bindings."""
    del session
    text = one_crate(side)
    tests = _tests(side.boundary)
    if tests:
        # They are in the file; one that was edited with it is no test of it.
        text = re.sub(r"^(?:#\[allow.*\]\n)?const _: \(\) = \{\n.*?^\};$", "", text,
                      flags=re.MULTILINE | re.DOTALL)  # fmt: skip
    (work / "lib.rs").write_text(f"{text}\n{tests}\n")
    return rustc(["--crate-type=lib", "--emit=metadata", "lib.rs"], work)


def _again(side: Sides, work: Path, session: Session) -> str:
    """What bindgen makes of the headers, against the bindings, byte for byte."""
    del session
    for name in header.GENERATOR_READS:
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, work / name)
    (work / side.boundary.header).write_text(side.library.header.read_text())
    for boundary, text in side.rust.items():
        (work / boundary.bindings).write_text(text)
    changed = bindings.generate(cache_root(), project=work)
    if not changed:
        return ""
    fresh = (work / side.boundary.bindings).read_text()
    return c_side.first_difference(side.rust[side.boundary], fresh) or f"{changed[0].name} differs"


PEERS = (
    Builds(
        "bindgen, layout tests",
        "layout_tests(true), the tests of the committed bindings compiled with the bindings "
        "(its user guide, layout tests)",
        0.3,
        _version,
        _layouts,
    ),
    Builds(
        "bindgen, again and diff",
        "bindgen with the options of the committed bindings, and a diff (its user guide, "
        "generated bindings that are checked in)",
        0.4,
        _version,
        _again,
        {"flags": "it has flags of its own, and none of the module's"},
    ),
)
