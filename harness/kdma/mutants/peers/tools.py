# SPDX-License-Identifier: GPL-2.0
"""Where the other tools are: fetched into the cache by `make mutants-peers`, never installed.

Debian's packages are unpacked one over the other; Python packages go into an
environment of their own; ctest and ctest2, which are libraries, into a program
each that does what their documentation has a build script do.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kdma import packages, progress
from kdma.cache import entry, is_complete, key
from kdma.findings import KdmaError
from kdma.mutants.model import Session
from kdma.paths import cache_root
from kdma.process import run

#: Each with the libraries that a host may lack; sorted.
DEBIAN = ("abi-compliance-checker", "abi-dumper", "abigail-tools", "bpftool", "castxml",
          "elfutils", "libabigail0", "libasm1", "libbpf1", "libclang-cpp14", "libllvm14",
          "pahole", "vtable-dumper")  # fmt: skip
PYTHON = ("abicheck==0.5.0", "cffi==2.1.1")
CRATES = {"ctest": "0.5.1", "ctest2": "0.4.10"}
_SHARED = "usr/lib/x86_64-linux-gnu"

_MAIN = {
    "ctest": """\
fn main() {
    let given: Vec<String> = std::env::args().collect();
    let enums: Vec<String> = given[5].split(',').map(str::to_string).collect();
    let opaque: Vec<String> = given[6].split(',').map(str::to_string).collect();
    let mut made = ctest::TestGenerator::new();
    made.header(&given[1]).include(&given[2]).out_dir(&given[4]).edition(2024);
    made.target("x86_64-unknown-linux-gnu").language(ctest::Language::C);
    let wide: Vec<String> = given[7].split(',').map(str::to_string).collect();
    let (types, values) = (wide.clone(), wide);
    made.skip_alias(move |one| types.iter().any(|each| each == one.ident()));
    made.skip_const(move |one| values.iter().any(|each| each == one.ident()));
    made.alias_is_c_enum(move |name| enums.iter().any(|each| each == name));
    made.skip_struct(move |one| opaque.iter().any(|each| each == one.ident()));
    if let Err(error) = ctest::generate_test(&mut made, &given[3], "all.rs") {
        eprintln!("{error:?}");
        std::process::exit(1);
    }
}
""",
    "ctest2": """\
fn main() {
    let given: Vec<String> = std::env::args().collect();
    let enums: Vec<String> = given[5].split(',').map(str::to_string).collect();
    let opaque: Vec<String> = given[6].split(',').map(str::to_string).collect();
    let mut made = ctest2::TestGenerator::new();
    made.header(&given[1]).include(&given[2]).out_dir(&given[4]);
    made.target("x86_64-unknown-linux-gnu");
    made.type_name(move |name, is_struct, is_union| match (is_struct, is_union) {
        (true, _) => format!("struct {name}"),
        (_, true) => format!("union {name}"),
        _ if enums.iter().any(|each| each == name) => format!("enum {name}"),
        _ => name.to_string(),
    });
    let wide: Vec<String> = given[7].split(',').map(str::to_string).collect();
    let (types, values) = (wide.clone(), wide);
    made.skip_type(move |name| types.iter().any(|each| each == name));
    made.skip_const(move |name| values.iter().any(|each| each == name));
    made.skip_struct(move |name| opaque.iter().any(|each| each == name));
    made.generate(&given[3], "all.rs");
}
""",
}


@dataclass(frozen=True)
class Tool:
    """A program with what it needs around it. Empty path: it is not installed."""

    path: str
    environment: Mapping[str, str]

    def __bool__(self) -> bool:
        return bool(self.path)

    def call(
        self, arguments: Sequence[str], cwd: Path | None = None, timeout: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """Runs it; KdmaError where it takes too long or does not start."""
        try:
            # A group of its own: some go on in a child after their parent has ended.
            with subprocess.Popen(
                [self.path, *arguments],
                env={**os.environ, **self.environment, "LC_ALL": "C"},
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            ) as process:
                try:
                    stdout, stderr = process.communicate(timeout=timeout)
                except BaseException:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                    process.communicate()
                    raise
        except (OSError, subprocess.TimeoutExpired) as error:
            raise KdmaError(
                f"{Path(self.path).name} does not come to an end",
                where=self.path,
                expected=f"an answer within {timeout:.0f} s",
                actual=str(error).partition("' ")[2] or str(error)[:200],
                next="make mutants-peers; remove the folder peers of the cache first",
                identity=("peer", self.path),
            ) from None
        return subprocess.CompletedProcess(self.path, process.returncode, stdout, stderr)


def _root() -> Path:
    return cache_root() / "peers"


def _debian_folder() -> Path:
    return _root() / f"debian-{key(DEBIAN)}"


def _python_folder() -> Path:
    return _root() / f"python-{key([*PYTHON, sys.version])}"


def _crate_folder(crate: str) -> Path:
    return _root() / f"{crate}-{key([CRATES[crate], _MAIN[crate]])}"


def debian(name: str) -> Tool:
    """A program of Debian's packages: the host's own, else the cache's."""
    root = _debian_folder()
    for folder in ("usr/bin", "usr/sbin"):
        path = root / folder / name
        if path.is_file():
            others = f"{root}/usr/bin:{root}/usr/sbin:{os.environ['PATH']}"
            return Tool(str(path), {"LD_LIBRARY_PATH": str(root / _SHARED), "PATH": others})
    return Tool(shutil.which(name) or "", {})


def python(name: str) -> Tool:
    """A program of the Python packages, with Debian's programs at hand."""
    path = _python_folder() / "bin" / name
    if not (_python_folder() / ".complete").is_file():
        return Tool("", {})
    castxml = debian("castxml")
    return Tool(str(path), dict(castxml.environment) if castxml else {})


def crate(name: str) -> Tool:
    """The program around a crate."""
    folder = _crate_folder(name)
    path = folder / "generate"
    return Tool(str(path) if is_complete(folder) else "", {})


def genksyms(session: Session) -> Tool:
    """The kernel's own, as its headers bring it."""
    for root in (session.headers.build, session.headers.source):
        if root is not None:
            path = (root / "scripts/genksyms/genksyms").resolve()
            if path.is_file():
                return Tool(str(path), {})
    return Tool("", {})


# -- installing ----------------------------------------------------------------------------


def _fetch_debian() -> str:
    suites = packages.host_suites()
    newest: dict[str, packages.Package] = {}
    for each in packages.available(DEBIAN, suites):
        known = newest.get(each.name)
        if known is None or packages.newer(each.version, known.version):
            newest[each.name] = each
    chosen = [newest[name] for name in DEBIAN if name in newest]
    if not chosen:
        return "none of them is in the host's suites"
    packages.fetch_into(_debian_folder(), chosen, suites)
    return ", ".join(f"{each.name} {each.version}" for each in chosen)


def _make_python() -> str:
    folder = _python_folder()
    if not (folder / ".complete").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        log = cache_root() / "logs" / "peers-pip.log"
        with progress.stage("Python packages of the peers", "peers"):
            run([sys.executable, "-m", "venv", str(folder)], what="making a venv")
            run(
                [str(folder / "bin/python"), "-m", "pip", "install", "--progress-bar", "off",
                 "--disable-pip-version-check", *PYTHON],
                what="installing Python packages",
                log=log,
                on_line=progress.note,
            )  # fmt: skip
            (folder / ".complete").write_text("\n".join(PYTHON) + "\n")
    return ", ".join(PYTHON)


def _build_crate(name: str) -> str:
    def make(work: Path) -> list[Path]:
        (work / "src").mkdir()
        (work / "src/main.rs").write_text(_MAIN[name])
        (work / "Cargo.toml").write_text(
            '[package]\nname = "generate"\nversion = "0.1.0"\nedition = "2021"\n\n'
            f'[dependencies]\n{name} = "={CRATES[name]}"\n\n[workspace]\n'
        )
        log = cache_root() / "logs" / f"peers-{name}.log"
        run(["cargo", "build", "--quiet", f"--manifest-path={work / 'Cargo.toml'}",
             f"--target-dir={work / 'target'}"], what=f"building {name}", log=log)  # fmt: skip
        shutil.move(work / "target/debug/generate", work / "generate")
        shutil.rmtree(work / "target")
        return [work / "generate"]

    with progress.stage(f"{name} {CRATES[name]}", "peers"):
        entry(_crate_folder(name), make)
    return f"{name} {CRATES[name]}"


def install() -> int:
    """Fetches and builds what the registries have. Exit code 0, or 2 where something is missing."""
    parts: list[tuple[str, Callable[[], str]]] = [
        ("Debian", _fetch_debian),
        ("Python", _make_python),
        *((name, lambda name=name: _build_crate(name)) for name in sorted(CRATES)),
    ]
    code = 0
    for what, make in parts:
        try:
            print(f"{what}: {make()}")
        except KdmaError as error:
            # The others may still be had.
            print(error.finding.message(), file=sys.stderr)
            code = 2
    return code


def first_number(text: str) -> str:
    """The version in what a tool says of itself."""
    match = re.search(r"\d+(?:\.\d+)+", text)
    return match[0] if match else ""


def recorded() -> dict[str, str]:
    """What was installed, for the report."""
    try:
        told = json.loads((_debian_folder() / packages.RECORD).read_text())
        return dict(each.split(" ", 1) for each in told["packages"])
    except (OSError, ValueError, KeyError):
        return {}
