# SPDX-License-Identifier: GPL-2.0
"""The safe Rust layer on the host: its tests against a pretended kdma.ko.

They see what no guest can show: sizes and addresses beyond what a guest has, and
errors that a kernel never gives. rustc builds them, without cargo, so that no
package is asked for; the mock (rust-bindings/kdma-mock) is the C ABI.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from kdma import rust
from kdma.cache import digest, entry, key
from kdma.findings import Finding, FindingClass, KdmaError
from kdma.paths import PROJECT, cache_root
from kdma.process import run

FOLDER = "rust-bindings"
#: Crates in the order in which they need each other.
CRATES = ("kdma-sys", "kdma", "kdma-mock")
TESTS = "kdma/tests"
#: Seconds for all tests of one file; they take some milliseconds.
LIMIT = 10.0

#: With this in their environment, the mock tells each call on standard error.
TELL = "KDMA_MOCK_TELLS"

_FAILED = re.compile(r"^---- (\S+) stdout ----\n(.*?)(?=^---- |^failures:$|\Z)", re.M | re.S)
_PANIC = re.compile(
    r"panicked at ([^\n]+?):(\d+):\d+:\n(.*?)(?=^note: |^stack backtrace:|\Z)", re.M | re.S
)
#: What tests say of a function: its name, what of it, and what is expected and done there.
_NAMED = re.compile(r"(kdma_\w+): ([^:\n]+)(?:: (.*))?", re.S)
_VALUES = re.compile(r"(\w+) is expected, (\w+) is handed over")


@dataclass(frozen=True)
class Failure:
    """A test that failed: its name, where it did, and what it said."""

    test: str
    where: str
    said: str

    def finding(self) -> Finding:
        """For people. What a test says of a function of the C ABI begins with its name."""
        named = _NAMED.fullmatch(self.said)
        values = _VALUES.fullmatch(named[3] or "") if named else None
        expected, actual = f"the test {self.test} passes", self.said or "it said nothing"
        if values:
            expected, actual = values[1], values[2]
        elif named and named[3]:
            actual = named[3]
        title = (
            f"rust on the host: {named[1]}: {named[2]}"
            if named
            else f"rust on the host: the test {self.test} fails"
        )
        return Finding(
            FindingClass.DIVERGENCE,
            title,
            self.where,
            expected,
            actual,
            f"run: cd {FOLDER} && cargo test -p kdma --tests {self.test}",
            ("host", self.test, *((named[1], named[2]) if named else ())),
        )


def _tests(root: Path) -> list[Path]:
    """The files of tests of the project in `root`, sorted. KdmaError if there is none."""
    found = sorted((root / FOLDER / TESTS).glob("*.rs"))
    if not found:
        raise KdmaError(
            "there are no host tests of the safe Rust layer",
            where=f"{FOLDER}/{TESTS}",
            expected="files with tests",
            actual="none",
            next="get them back from the repository",
            finding_class=FindingClass.HARNESS,
            identity=("host", "tests"),
        )
    return found


def _sources() -> list[Path]:
    """All files that the tests of this project are made of."""
    crates = [(PROJECT / FOLDER / crate / "src").rglob("*.rs") for crate in CRATES]
    return [*_tests(PROJECT), *(path for crate in crates for path in sorted(crate))]


def build(root: Path, compiler: rust.Rustc, work: Path) -> list[Path]:
    """The tests of the project in `root`, as programs in `work`. KdmaError if rustc refuses."""
    common = [compiler.command, f"--edition={rust.EDITION}", "-Cdebuginfo=0", "--cap-lints=allow",
              f"--remap-path-prefix={root}/=", f"-L{work}"]  # fmt: skip
    external: list[str] = []
    for crate in CRATES:
        name = crate.replace("-", "_")
        made = work / f"lib{name}.rlib"
        run(
            [*common, "--crate-type=rlib", f"--crate-name={name}", *external, f"-o{made}",
             str(root / FOLDER / crate / "src/lib.rs")],
            what=f"compiling {crate} for the host",
        )  # fmt: skip
        external.append(f"--extern={name}={made}")
    programs = []
    for test in _tests(root):
        program = work / test.stem
        run(
            [*common, "--test", f"--crate-name={test.stem}", *external, f"-o{program}", str(test)],
            what=f"compiling {TESTS}/{test.name}",
        )
        programs.append(program)
    return programs


def failures(program: Path, environment: dict[str, str] | None = None) -> list[Failure]:
    """Runs the tests of one file. What fails, and how."""
    where, more = f"{FOLDER}/{TESTS}/{program.name}.rs", environment or {}
    try:
        done = run(
            [str(program), "--test-threads=1", *(["--nocapture"] if TELL in more else [])],
            what=f"running the host tests {program.name}",
            env={**os.environ, **more, "RUST_BACKTRACE": "0"},
            timeout=LIMIT,
            check=False,
        )
    except KdmaError as error:
        return [Failure(program.name, where, error.finding.title)]
    if done.returncode == 0 and re.search(r"^test result: ok\. [1-9]", done.stdout, re.M):
        return []
    found = []
    for test, text in _FAILED.findall(done.stdout):
        told = [(f"{file}:{line}", said.strip()) for file, line, said in _PANIC.findall(text)]
        # One that names a function may follow from one that does not.
        best = [each for each in told if _NAMED.fullmatch(each[1])] or told or [(where, text)]
        found.append(Failure(test, *best[0]))
    if not found:
        # A signal, or no test at all. Once more, and the mock tells each call.
        if TELL not in more:
            return failures(program, {**more, TELL: "1"})
        calls = re.findall(r"^called (kdma_\w+)$", done.stderr, re.M)
        said = f"exit code {done.returncode}"
        if calls:
            said = f"{calls[-1]}: the tests end there: {said}"
        found.append(Failure(program.name, where, said))
    return found


def check(compiler: rust.Rustc) -> list[Finding]:
    """The tests of this project. They run each time; what they are built of is kept."""
    name = key(
        [
            "host tests",
            digest(Path(__file__)),
            compiler.verbose_version,
            *(f"{path.relative_to(PROJECT)} {digest(path)}" for path in _sources()),
        ]
    )
    folder = cache_root() / "rust" / f"host-tests-{name}"

    def make(work: Path) -> None:
        build(PROJECT, compiler, work)

    entry(folder, make)
    return [
        failure.finding() for test in _tests(PROJECT) for failure in failures(folder / test.stem)
    ]
