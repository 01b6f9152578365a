# SPDX-License-Identifier: GPL-2.0
"""ctest and ctest2: tests that compare what C and Rust say, generated from the bindings."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from kdma.mutants.model import Session
from kdma.mutants.peers import tools
from kdma.mutants.peers.rust_side import Builds, Sides, committed, rustc
from kdma.three_way import KDMA

_SETTINGS = {"HOST": "x86_64-unknown-linux-gnu", "OPT_LEVEL": "0",
             "TARGET": "x86_64-unknown-linux-gnu"}  # fmt: skip


_OWN_FLAGS = {"flags": "it compiles C with flags of its own"}


def _version(crate: str) -> Callable[[], str]:
    return lambda: tools.CRATES[crate] if tools.crate(crate) else ""


def _flat(side: Sides) -> str:
    """The bindings of a boundary without modules: of others' only the types that it uses."""
    text = side.rust[side.boundary]
    match = re.search(r"^use kdma_sys::\{(.*?)\};$", text, re.MULTILINE)
    if match is None:
        return text
    items = []
    for name in match[1].split(", "):
        item = rf"^(?:#\[repr\(C\)\]\n)?pub (?:type|struct) {name}\b(?: =[^;]*;| \{{.*?^\}})"
        found = re.search(item, side.rust[KDMA], re.MULTILINE | re.DOTALL)
        items.append(found[0] if found else "")
    return text.replace(match[0], "\n".join(items))


def _taken(text: str, crate: str) -> str:
    """What their parsers take: neither has C strings nor `const _`, ctest2 nothing of 2024."""
    text = re.sub(r"^pub const \w+: &::core::ffi::CStr = .*$", "", text, flags=re.MULTILINE)
    tests = r"^(?:#\[allow.*\]\n)?const _: \(\) = \{\n.*?^\};$"
    text = re.sub(tests, "", text, flags=re.MULTILINE | re.DOTALL)
    return text if crate == "ctest" else text.replace('unsafe extern "C" {', 'extern "C" {')


def _of_other_width(text: str) -> set[str]:
    """Types of enumerators that are not as wide in Rust as C's enums, on purpose."""
    narrow = r"^pub type (\w+) = (?!u32|i32)[ui]\d+;"
    return set(re.findall(narrow, text, re.MULTILINE)) & _enums(text)


def _enums(text: str) -> set[str]:
    return set(re.findall(r"^pub const \w+: (kdma_\w+) = ", text, re.MULTILINE))


def _complaint(text: str, otherwise: str) -> str:
    told = re.search(r"error: .*|bad .*", text)
    return told[0] if told else otherwise


def _objects(crate: str) -> Callable[[Sides, Path, Session], str]:
    def objects(side: Sides, work: Path, session: Session) -> str:
        del session
        tool = tools.crate(crate)
        text = _taken(_flat(side), crate)
        (work / "bindings.rs").write_text(text)
        (work / "out").mkdir()
        # What the committed bindings have, and not what a fault makes of them.
        usual = "\n".join(committed().values())
        wide = _of_other_width(usual)
        skipped = {name for name, of in re.findall(r"pub const (\w+): (kdma_\w+) = ", usual)
                   if of in wide}  # fmt: skip
        opaque = set(re.findall(r"pub struct (\w+) \{\n\s*_unused: ", text))
        settings = {"CFLAGS": " ".join(side.library.flags), "OUT_DIR": str(work / "out")}
        program = tools.Tool(tool.path, {**tool.environment, **_SETTINGS, **settings})
        done = program.call(
            [side.library.header.name, str(side.library.folder), str(work / "bindings.rs"),
             str(work / "out"), ",".join(sorted(_enums(usual))),
             ",".join(sorted(opaque)), ",".join(sorted(wide | skipped))],
            cwd=work,
        )  # fmt: skip
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip())[-200:]
            return _complaint(done.stdout + done.stderr, f"{crate} gives up: {said}")
        edition = "2024" if crate == "ctest" else "2021"
        told = rustc(["--crate-type=rlib", "--crate-name=bindings", "bindings.rs"], work, edition)
        if told:
            return told
        (work / "main.rs").write_text(
            "#![allow(warnings)]\nmod libc { pub use std::ffi::*; }\nuse bindings::*;\n"
            f'include!("{work}/out/all.rs");\n'
        )
        library = next((work / "out").glob("lib*.a"), None)
        arguments = ["main.rs", "--extern=bindings", "-L.",
                     f"-Clink-arg={library}", f"-Clink-arg={side.library.object}",
                     "-Crelocation-model=static"]  # fmt: skip
        told = rustc(arguments, work, edition)
        if told:
            return told
        ran = subprocess.run([str(work / "main")], cwd=work, capture_output=True, text=True,
                             timeout=120, check=False)  # fmt: skip
        return _complaint(ran.stderr + ran.stdout, f"exit code {ran.returncode}") \
            if ran.returncode else ""  # fmt: skip

    return objects


PEERS = (
    Builds(
        "ctest 0.5",
        "TestGenerator with header, include, alias_is_c_enum, skip_struct for what is opaque; "
        "generate_test() in the build script, then the test is run (its README)",
        1.0,
        _version("ctest"),
        _objects("ctest"),
        _OWN_FLAGS,
    ),
    Builds(
        "ctest2 0.4",
        "TestGenerator with header, include, type_name, skip_struct for what is opaque; generate() "
        "in the build script, then the test is run (its README)",
        1.0,
        _version("ctest2"),
        _objects("ctest2"),
        _OWN_FLAGS,
    ),
)
