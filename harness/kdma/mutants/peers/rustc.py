# SPDX-License-Identifier: GPL-2.0
"""rustc and the linker: does all of our Rust still compile, and find its symbols?"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from kdma import toolchain
from kdma.mutants.model import Session
from kdma.mutants.peers import tools
from kdma.mutants.peers.rust_side import Builds, Sides, rustc
from kdma.paths import PROJECT
from kdma.three_way import KDMA, PROGRAM

_CRATES = (("kdma", "kdma_sys"), ("kdma-drivers", "kdma_sys", "kdma", "kdma_program"))


def _version() -> str:
    done = subprocess.run([toolchain.rustc(), "-V"], capture_output=True, text=True, check=False)
    return tools.first_number(done.stdout)


def _bindings(side: Sides, work: Path) -> str:
    (work / "kdma_sys.rs").write_text(side.rust[KDMA])
    # The rest of the crate is not generated.
    source = PROJECT / "rust-bindings/kdma-program/src"
    (work / "program").mkdir()
    for path in source.glob("*.rs"):
        text = side.rust[PROGRAM] if path.name == "format.rs" else path.read_text()
        (work / "program" / path.name).write_text(text)
    return rustc(["--crate-type=rlib", "--crate-name=kdma_sys", "kdma_sys.rs"], work) or rustc(
        ["--crate-type=rlib", "--crate-name=kdma_program", "-L.", "--extern=kdma_sys",
         "program/lib.rs"], work)  # fmt: skip


def _users(side: Sides, work: Path) -> str:
    """The safe layer and both drivers."""
    for crate, *uses in _CRATES:
        name = crate.replace("-", "_")
        path = PROJECT / "rust-bindings" / crate / "src/lib.rs"
        last = crate == _CRATES[-1][0]
        for driver in ("rust", "rust_sys") if last else ("",):
            words = ["--crate-type=rlib", f"--crate-name={name}", "-L.", str(path)]
            words += [f"--extern={use}" for use in uses]
            words += ["--emit=metadata"] if last else []
            words += [f'--cfg=kdma_driver="{driver}"'] if driver else []
            told = rustc(words, work)
            if told:
                return told
    return ""


def _linked(side: Sides, work: Path) -> str:
    """Every function that the bindings declare, by the linker."""
    if side.boundary is not KDMA:
        return ""
    names = re.findall(r"pub (?:safe |unsafe )?fn (\w+)", side.rust[KDMA])
    uses = "\n".join(f'    println!("{{:?}}", kdma_sys::{name} as *const ());' for name in names)
    (work / "main.rs").write_text(f"fn main() {{\n{uses}\n}}\n")
    return rustc(["--extern=kdma_sys", "-L.", f"-Clink-arg={side.library.object}",
                  "-Crelocation-model=static", "main.rs"], work)  # fmt: skip


def _objects(side: Sides, work: Path, session: Session) -> str:
    del session
    told = _bindings(side, work)
    if not told and any(side.rust[one] != (PROJECT / one.bindings).read_text()
                        for one in (KDMA, PROGRAM)):  # fmt: skip
        told = _users(side, work)
    return told or _linked(side, work)


PEERS = (
    Builds(
        "rustc + linker",
        "the bindings, the safe layer and both drivers compiled; every function of the bindings "
        "linked against the library",
        1.0,
        _version,
        _objects,
    ),
)
