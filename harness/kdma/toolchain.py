# SPDX-License-Identifier: GPL-2.0
"""What has to be on the machine: what is there, what is missing, how to get it.

Probes for what is used (a command that runs, a header that compiles, a device
that QEMU knows), never for names of packages. Standard library only: it runs
before any package is installed.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kdma import packages, progress, qemu
from kdma.cache import digest
from kdma.findings import KdmaError
from kdma.paths import PROJECT, cache_root
from kdma.process import end_on_signals, lock, run

QEMU = "qemu-system-x86_64"
#: Enough on Debian, where the libraries of this one run the backports' QEMU
#: (qemu.py); elsewhere the host's own has to be qemu.MINIMUM.
MINIMUM_QEMU_ON_DEBIAN = (7, 2)
MINIMUM_RUST = (1, 85)
MINIMUM_PYTHON = (3, 11)

#: QEMU devices without which nothing runs.
QEMU_DEVICES = ("edu", "intel-iommu", "isa-debug-exit", "pvpanic-pci", "virtserialport")

#: Bytes of free space with which a first run fits, and with KERNEL= too.
SPACE_DEFAULT = 1_500_000_000
SPACE_SOURCE = 5_000_000_000

OK, MISSING, BROKEN = "ok", "missing", "broken"


@dataclass(frozen=True)
class Check:
    """One answer of doctor(). `state` is ok, missing or broken.

    `switches_off` says what does not work without it; empty when it is ok.
    """

    name: str
    state: str
    detail: str
    switches_off: str = ""


#: What a probe found: the state, and a detail such as a version.
Answer = tuple[str, str]


@dataclass(frozen=True)
class Need:
    """Something that a run uses, and the packages that bring it in each family of
    distributions (apt, dnf, pacman, zypper)."""

    name: str
    probe: Callable[[], Answer]
    packages: Mapping[str, tuple[str, ...]] | Callable[[], Mapping[str, tuple[str, ...]]]
    #: What does not work without it.
    used_for: str
    #: May set-up go on without it?
    optional: bool = False

    def packages_of(self, manager: str) -> tuple[str, ...]:
        """The packages that bring it, for one package manager. May ask apt."""
        table = self.packages() if callable(self.packages) else self.packages
        return table.get(manager, ())


# -- probes -------------------------------------------------------------------


def _call(command: Sequence[str], *, stdin: str = "", timeout: float = 30) -> tuple[int, str]:
    """Exit code and output of a short command; 127 if it is not there, 124 after `timeout` s."""
    try:
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        return 124, f"no answer in {timeout:.0f} s"
    except OSError as error:
        return 127, error.strerror or str(error)
    return done.returncode, (done.stdout + done.stderr).strip()


def _command(name: str, *arguments: str) -> Callable[[], Answer]:
    """Probe: does the command run?"""

    def probe() -> Answer:
        if shutil.which(name) is None:
            return MISSING, f"no command {name}"
        code, output = _call([name, *(arguments or ("--version",))])
        if code:
            return BROKEN, f"{name} leaves with {code}: {output[:200]}"
        return OK, output.partition("\n")[0][:100]

    return probe


def _header(name: str) -> Callable[[], Answer]:
    """Probe: does the C compiler find the header?"""

    def probe() -> Answer:
        code, _ = _call(["gcc", "-E", "-x", "c", "-"], stdin=f"#include <{name}>\n")
        if code == 127:
            return MISSING, "no compiler to ask"
        return (OK, name) if code == 0 else (MISSING, f"no <{name}>")

    return probe


def _static_libc() -> Answer:
    """Does a static program link? The guest's init is one."""
    with tempfile.TemporaryDirectory(prefix="kdma-") as folder:
        code, output = _call(
            ["gcc", "-static", "-x", "c", "-", "-o", f"{folder}/program"],
            stdin='#include <stdio.h>\nint main(void) { return puts("") < 0; }\n',
        )
        if code:
            return MISSING, output.splitlines()[-1][:200] if output else "does not link"
        code, _ = _call([f"{folder}/program"])
    return (OK, "a static program links and runs") if code == 0 else (BROKEN, "does not run")


def libfuzzer() -> str | None:
    """A clang that links a fuzz target with ASan and UBSan; None if there is none."""
    names = ["clang", *(f"clang-{version}" for version in range(30, 13, -1))]
    with tempfile.TemporaryDirectory(prefix="kdma-") as folder:
        for name in filter(shutil.which, names):
            code, _ = _call(
                [name, "-fsanitize=fuzzer,address,undefined", "-x", "c", "-", "-o", f"{folder}/it"],
                stdin="#include <stddef.h>\n#include <stdint.h>\n"
                "int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)\n"
                "{ return data && size == 77; }\n",
            )
            if code == 0:
                return name
    return None


def _libfuzzer() -> Answer:
    name = libfuzzer()
    return (OK, name) if name else (MISSING, "no clang with libFuzzer")


def _venv() -> Answer:
    code, output = _call([sys.executable, "-c", "import ensurepip, venv"])
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < MINIMUM_PYTHON:
        return MISSING, f"Python {version} is older than 3.11"
    return (OK, f"Python {version}") if code == 0 else (MISSING, output.splitlines()[-1][:200])


def qemu_version(text: str) -> tuple[int, int] | None:
    """Major and minor from `qemu-system-x86_64 --version`."""
    match = re.search(r"version (\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else None


def _qemu() -> Answer:
    path = shutil.which(os.environ.get("KDMA_QEMU") or QEMU)
    if path is None:
        return MISSING, f"no command {QEMU}"
    code, output = _call([path, "--version"])
    version = qemu_version(output)
    if code or version is None:
        return BROKEN, f"{path} leaves with {code}: {output[:200]}"
    wanted = MINIMUM_QEMU_ON_DEBIAN if packages.is_debian() else qemu.MINIMUM
    if version < wanted:
        needed = f"{wanted[0]}.{wanted[1]} or later is needed"
        return BROKEN, f"{path} is {version[0]}.{version[1]}, too old: {needed}"
    code, output = _call([path, "-M", "none", "-device", "help"])
    known = set(re.findall(r'name "([^"]+)"', output))
    lacking = [device for device in QEMU_DEVICES if device not in known]
    if lacking:
        return BROKEN, f"{path} has no device {', '.join(lacking)}"
    return OK, f"{version[0]}.{version[1]}, {path}"


# -- Rust ---------------------------------------------------------------------


@dataclass(frozen=True)
class Rust:
    """The host's Rust. `source` is rust-src of exactly this version, if there is one."""

    rustc: Path
    release: str
    sysroot: Path
    source: Path | None

    @property
    def version(self) -> tuple[int, int]:
        """Major and minor."""
        major, minor = self.release.split(".")[:2]
        return int(major), int(minor)


def _find(command: str) -> str | None:
    """A command of Rust: on PATH, or where rustup puts it."""
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    return shutil.which(command) or shutil.which(str(home / "bin" / command))


def _source_below(root: Path, release: str) -> Path | None:
    """rust-src in a sysroot, or in a root that Debian's package was unpacked to."""
    for place in (
        root / "lib/rustlib/src/rust/library",
        root / f"usr/src/rustc-{release}/library",
    ):
        if (place / "core/src/lib.rs").is_file():
            return place
    return None


def _fetched_source(release: str) -> Path:
    return cache_root() / "rust-src" / release


def find_rust() -> Rust | str:
    """The host's Rust, or in a sentence why there is none.

    Asked from the project's folder, where rust-toolchain files and rustup's
    overrides have their say. A rustup shim without a toolchain is none.
    """
    command = _find("rustc")
    if command is None:
        return "no command rustc"
    try:
        done = subprocess.run(
            [command, "-vV"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=PROJECT,
        )
        where = subprocess.run(
            [command, "--print", "sysroot"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=PROJECT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{command} does not run: {error}"
    match = re.search(r"^release: (\d+\.\d+\.\S+)", done.stdout, re.MULTILINE)
    if done.returncode or where.returncode or match is None:
        told = (done.stderr or where.stderr or done.stdout).strip().splitlines()
        return f"{command} does not work: {told[0] if told else 'no output'}"
    sysroot = Path(where.stdout.strip())
    # Past the shim, so that another folder's rust-toolchain changes nothing.
    own = sysroot / "bin" / "rustc"
    source = _source_below(sysroot, match[1])
    if source is None:
        source = _source_below(_fetched_source(match[1]), match[1])
    return Rust(own if own.is_file() else Path(command), match[1], sysroot, source)


def _rust() -> Answer:
    rust = find_rust()
    if isinstance(rust, str):
        return (MISSING if rust.startswith("no command") else BROKEN), rust
    if rust.version < MINIMUM_RUST:
        return BROKEN, f"rustc {rust.release} is too old: 1.85 or later is needed"
    if _find("cargo") is None:
        return MISSING, "no command cargo"
    return OK, f"rustc {rust.release}, {rust.rustc}"


def _rust_source() -> Answer:
    rust = find_rust()
    if isinstance(rust, str):
        return MISSING, "no rustc that it could belong to"
    if rust.source is None:
        return MISSING, f"no source of the core of rustc {rust.release}"
    return OK, str(rust.source)


def _rust_tool(name: str) -> Callable[[], Answer]:
    def probe() -> Answer:
        path = _find(name)
        if path is None:
            return MISSING, f"no command {name}"
        code, output = _call([path, "--version"])
        return (OK, output.partition("\n")[0]) if code == 0 else (BROKEN, output[:200])

    return probe


def rustc() -> str:
    """The compiler to call. KdmaError (toolchain) if there is none that is new enough."""
    rust = find_rust()
    if isinstance(rust, str):
        raise KdmaError(
            "Rust is not there",
            where="rustc",
            expected=f"rustc {MINIMUM_RUST[0]}.{MINIMUM_RUST[1]} or later",
            actual=rust,
            next="run: make setup",
            identity=("rust", "missing"),
        )
    if rust.version < MINIMUM_RUST:
        raise KdmaError(
            "Rust is too old",
            where=str(rust.rustc),
            expected=f"rustc {MINIMUM_RUST[0]}.{MINIMUM_RUST[1]} or later",
            actual=rust.release,
            next="install a newer Rust: https://rustup.rs, or your distribution's",
            identity=("rust", "old"),
        )
    return str(rust.rustc)


def rust_src_roots() -> tuple[Path, ...]:
    """Where rust-src of the host's rustc is, fetched if it is nowhere yet.

    A folder `library`, or nothing if there is no Rust. Raises KdmaError when no
    suite has the version.
    """
    rust = find_rust()
    if isinstance(rust, str):
        return ()
    return (rust.source or fetch_rust_source(rust.release),)


def fetch_rust_source(release: str) -> Path:
    """rust-src of exactly `release` from any suite of Debian; returns its folder `library`.

    KdmaError if no suite has it or there is no Debian to ask.
    """
    found: list[packages.Package] = []
    suites = packages.every_suite()
    why = "this distribution has no apt"
    if shutil.which("apt-get"):
        found = [
            package
            for package in packages.available(["rust-src", "rust-web-src"], suites)
            if packages.upstream(package.version) == release
        ]
        why = "no suite of Debian has that version"
    if not found:
        raise KdmaError(
            f"rust-src for rustc {release} is missing",
            where=", ".join(suites),
            expected=f"the source of the core of rustc {release}, exactly",
            actual=why,
            next="rustup component add rust-src (or the package rust-src of your distribution)",
            identity=("rust", "source"),
        )
    root = _fetched_source(release)
    packages.fetch_into(root, found[:1], suites)
    source = _source_below(root, release)
    if source is None:
        raise KdmaError(
            f"the package {found[0].name} {found[0].version} has no core in it",
            where=str(root),
            expected=f"usr/src/rustc-{release}/library/core",
            actual="not there",
            next="rustup component add rust-src",
            identity=("rust", "source"),
        )
    return source


# -- what a run needs ---------------------------------------------------------


def _same(*names: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(("apt", "dnf", "pacman", "zypper"), names)


def needs() -> tuple[Need, ...]:
    """Everything that set-up looks for, in the order in which it is reported."""
    kernel = "building a kernel and modules"
    return (
        Need("C compiler", _command("gcc"), _same("gcc"), kernel),
        Need("make", _command("make"), _same("make"), kernel),
        Need("flex", _command("flex"), _same("flex"), kernel),
        Need("bison", _command("bison"), _same("bison"), kernel),
        Need("bc", _command("bc"), _same("bc"), kernel),
        Need("perl", _command("perl"), _same("perl"), kernel),
        Need("xz", _command("xz"), {**_same("xz"), "apt": ("xz-utils",)}, kernel),
        Need(
            "libelf",
            _header("gelf.h"),
            {
                "apt": ("libelf-dev",),
                "dnf": ("elfutils-libelf-devel",),
                "pacman": ("libelf",),
                "zypper": ("libelf-devel",),
            },
            kernel,
        ),
        Need(
            "OpenSSL's headers",
            _header("openssl/opensslv.h"),
            {
                "apt": ("libssl-dev",),
                "dnf": ("openssl-devel",),
                "pacman": ("openssl",),
                "zypper": ("libopenssl-devel",),
            },
            kernel,
        ),
        Need(
            "static C library",
            _static_libc,
            {
                "apt": ("libc6-dev",),
                "dnf": ("glibc-static",),
                "pacman": ("glibc",),
                "zypper": ("glibc-devel-static",),
            },
            "the guest's init",
        ),
        Need(
            "QEMU",
            _qemu,
            {
                "apt": ("qemu-system-x86",),
                "dnf": ("qemu-system-x86-core",),
                "pacman": ("qemu-system-x86",),
                "zypper": ("qemu-x86",),
            },
            "every behaviour test",
        ),
        Need(
            "Python with venv",
            _venv,
            {
                "apt": ("python3-venv",),
                "dnf": ("python3",),
                "pacman": ("python",),
                "zypper": ("python3",),
            },
            "everything",
        ),
        Need(
            "clang with libFuzzer",
            _libfuzzer,
            {
                "apt": ("clang", "libclang-rt-dev"),
                "dnf": ("clang", "compiler-rt"),
                "pacman": ("clang", "compiler-rt"),
                "zypper": ("clang",),
            },
            "fuzzing the loader in make test",
            optional=True,
        ),
        Need("Rust", _rust, _rust_packages, "the Rust drivers", optional=True),
        Need(
            "rustfmt",
            _rust_tool("rustfmt"),
            lambda: _rust_tool_packages(
                "rustfmt", {"rustc": "rustfmt", "rustc-web": "rustfmt-web"}
            ),
            "make generate, make lint",
            optional=True,
        ),
        Need(
            "clippy",
            _rust_tool("cargo-clippy"),
            lambda: _rust_tool_packages("clippy", {"rustc": "rust-clippy"}),
            "make lint",
            optional=True,
        ),
    )


@functools.cache
def _apt_candidate(name: str) -> str:
    """The version that apt would install; empty for none."""
    _, output = _call(["apt-cache", "policy", name])
    match = re.search(r"Candidate: (\S+)", output)
    return "" if match is None or match[1] == "(none)" else match[1]


def _rust_packages() -> dict[str, tuple[str, ...]]:
    """Packages with Rust. apt's depend on which of them are new enough."""
    found: tuple[str, ...] = ()
    if shutil.which("apt-cache"):
        for pair in (("rustc", "cargo"), ("rustc-web", "cargo-web"), ("rustc-1.85", "cargo-1.85")):
            version = re.match(r"(\d+)\.(\d+)", _apt_candidate(pair[0]))
            if version and (int(version[1]), int(version[2])) >= MINIMUM_RUST:
                found = pair
                break
    return {
        "apt": found,
        "dnf": ("cargo", "rust", "rust-src"),
        "pacman": ("rust", "rust-src"),
        "zypper": ("cargo", "rust"),
    }


def _rust_tool_packages(name: str, of: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Packages with a tool that goes with Rust; `of` has apt's, by the package of rustc.

    None from apt for a rustc that is not the distribution's: its tools would
    be of another version.
    """
    own = _find("rustc")
    foreign = own is not None and not own.startswith("/usr/bin/")
    rust = _rust_packages()["apt"][:1]
    found = of.get(rust[0]) if rust and not foreign else None
    return {
        "apt": (found,) if found else (),
        "dnf": (name,),
        "pacman": ("rust",),
        "zypper": ("rust",),
    }


# -- set-up -------------------------------------------------------------------

_INSTALL = {
    "apt": ("apt-get", "install", "--yes", "--no-install-recommends"),
    "dnf": ("dnf", "install", "--assumeyes"),
    "pacman": ("pacman", "--sync", "--needed", "--noconfirm"),
    "zypper": ("zypper", "--non-interactive", "install"),
}


def family() -> str:
    """The package manager of this distribution: apt, dnf, pacman, zypper, or empty."""
    told = packages.os_release()
    # opensuse-leap, opensuse-tumbleweed
    names = {told.get("ID", "").partition("-")[0], *told.get("ID_LIKE", "").split()}
    for manager, known in (
        ("apt", {"debian", "ubuntu"}),
        ("dnf", {"centos", "fedora", "rhel"}),
        ("pacman", {"arch"}),
        ("zypper", {"opensuse", "suse"}),
    ):
        if names & known:
            return manager
    return ""


def _is_root() -> bool:
    return os.geteuid() == 0


def missing(checked: Sequence[Need] | None = None) -> list[tuple[Need, Answer]]:
    """What is not there or does not work, with what the probe said."""
    answers = ((need, need.probe()) for need in (needs() if checked is None else checked))
    return [(need, answer) for need, answer in answers if answer[0] != OK]


def install_command(lacking: Sequence[Need], manager: str) -> list[str]:
    """The command that installs what is lacking; empty if no package is known for it."""
    names = sorted({name for need in lacking for name in need.packages_of(manager)})
    if not names or manager not in _INSTALL:
        return []
    sudo = [] if _is_root() else ["sudo"]
    return [*sudo, *_INSTALL[manager], *names]


def _report_lines(lacking: Sequence[tuple[Need, Answer]]) -> str:
    return "\n".join(
        f"{need.name}: {detail} (needed for {need.used_for})" for need, (_, detail) in lacking
    )


def _cannot_install(lacking: Sequence[tuple[Need, Answer]], command: str, why: str) -> KdmaError:
    return KdmaError(
        "something is missing on this machine",
        where=packages.os_release().get("PRETTY_NAME", "this machine"),
        expected=_report_lines(lacking),
        actual=why,
        next=f"run: {command}" if command else "install them, then run it again",
        identity=("setup", *(need.name for need, _ in lacking)),
    )


def _may_install(command: str, lacking: Sequence[tuple[Need, Answer]], assume_yes: bool) -> None:
    """Returns if we may run `command`; asks once where somebody can answer."""
    print("Missing on this machine:")
    for need, (_, detail) in lacking:
        print(f"  {need.name:<18} {detail}; needed for {need.used_for}")
    print(f"This installs it:\n  {command}", flush=True)
    if assume_yes or _is_root():
        return
    if not sys.stdin.isatty():
        raise _cannot_install(
            lacking, command, "not root, no terminal to ask at, and no ASSUME_YES=1"
        )
    if input("Run it now? [y/N] ").strip().lower() not in ("y", "yes"):
        raise _cannot_install(lacking, command, "not installed: the answer was no")


def _install(command: Sequence[str], manager: str) -> None:
    """Runs the command of install_command(), with lists brought up to date before."""
    words = list(command)
    settings = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    if words[0] == "sudo":
        # sudo asks for a password at the terminal, and drops the environment.
        if shutil.which("sudo") is None:
            raise KdmaError(
                "not root, and there is no sudo",
                where=shlex.join(words),
                expected="a way to install packages",
                actual="neither",
                next=f"run as root: {shlex.join(words[1:])}",
                identity=("setup", "sudo"),
            )
        words[1:1] = ["env", *(f"{name}={value}" for name, value in settings.items())]
    update: list[str] = []
    if manager == "apt":
        at = words.index("apt-get")
        # Lists may be missing in a fresh container, or older than the pool.
        update = [*words[:at], "apt-get", "update"]
        words[at + 1 : at + 1] = ["-o", "DPkg::Lock::Timeout=120"]
    if words[0] == "sudo":
        if update:
            subprocess.run(update, check=False)
        code = subprocess.run(words, check=False).returncode
        if code:
            raise KdmaError(
                f"installing packages failed: exit code {code}",
                where=shlex.join(words),
                next="see what it said above",
                identity=("setup", "install"),
            )
    else:
        log = cache_root() / "logs" / "setup.log"
        environment = {**os.environ, **settings}
        with progress.stage("install packages"):
            if update:
                run(
                    update,
                    what="updating the package lists",
                    env=environment,
                    check=False,
                    log=log,
                    on_line=progress.note,
                )
            run(
                words,
                what="installing packages",
                env=environment,
                log=log,
                on_line=progress.note,
            )
    _apt_candidate.cache_clear()


def setup(assume_yes: bool = False) -> None:
    """Installs what is missing and fetches rust-src. Quick when nothing is missing.

    Says once what it runs, asks once unless `assume_yes`, ASSUME_YES=1 or root. Raises
    KdmaError (toolchain) when something a run needs is not there afterwards;
    optional things are left to doctor().
    """
    assume_yes = assume_yes or os.environ.get("ASSUME_YES", "") not in ("", "0")
    lacking = missing()
    if lacking:
        manager = family()
        command = install_command([need for need, _ in lacking], manager)
        required = [entry for entry in lacking if not entry[0].optional]
        if manager != "apt" and required:
            raise _cannot_install(
                required, shlex.join(command), "installing is only automatic on Debian and Ubuntu"
            )
        if command and manager == "apt":
            try:
                _may_install(shlex.join(command), lacking, assume_yes)
                _install(command, manager)
            except KdmaError:
                if required:
                    raise
        left = [entry for entry in missing([n for n, _ in lacking]) if not entry[0].optional]
        if left:
            raise _cannot_install(left, "", "still not there after installing")
    rust = find_rust()
    if isinstance(rust, Rust) and rust.source is None and rust.version >= MINIMUM_RUST:
        try:
            fetch_rust_source(rust.release)
        except KdmaError as error:
            finding = error.finding
            progress.say(f"{finding.title}: {finding.actual}; next: {finding.next}")


def _look(path: str | None) -> str:
    """A file's path, size and times in a word; what it links to counts."""
    try:
        s = os.stat(path or "")
    except OSError:
        return f"{path} -"
    return f"{path} {s.st_size} {s.st_mtime_ns} {s.st_ino}"


def _machine() -> str:
    """Changes when something that set-up probes for comes, goes or is replaced."""
    commands = ("bc", "bison", "clang", "flex", "gcc", "make", "perl", "xz")
    parts = [_look(shutil.which(command)) for command in commands]
    parts += [_look(_find(command)) for command in ("cargo", "rustc")]
    parts.append(_look(shutil.which(os.environ.get("KDMA_QEMU") or QEMU)))
    parts += [_look(path) for path in ("/usr/include/gelf.h", "/usr/include/openssl/opensslv.h")]
    parts.append(_look("/usr/lib/x86_64-linux-gnu/libc.a"))
    rustup = Path(os.environ.get("RUSTUP_HOME") or Path.home() / ".rustup")
    parts.append(_look(str(rustup / "settings.toml")))
    parts += [_look(str(path)) for path in sorted(rustup.glob("toolchains/*"))]
    parts += [os.environ.get("RUSTUP_TOOLCHAIN", ""), sys.version, sys.executable]
    parts.append(_look(__file__))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def ensure(assume_yes: bool = False) -> None:
    """setup(), unless it succeeded before and nothing it looks at has changed since.

    A few milliseconds then; for the start of each run. Raises as setup() does.
    """
    done = cache_root() / "setup.done"
    if done.is_file() and done.read_text() == _machine():
        return
    setup(assume_yes)
    done.parent.mkdir(parents=True, exist_ok=True)
    done.write_text(_machine())


# -- doctor -------------------------------------------------------------------

#: A boot sector that writes 0x10 to the port of isa-debug-exit, which makes QEMU
#: leave with 0x10 << 1 | 1: mov dx, 0xf4; mov al, 0x10; out dx, al; hlt.
_BOOT_SECTOR = bytes.fromhex("baf400b010eef4").ljust(510, b"\0") + b"\x55\xaa"
_BOOT_EXIT = 33


def boot_probe(accelerator: str, timeout: float = 10) -> Answer:
    """Does QEMU boot a sector that says it was there, within `timeout` seconds?"""
    path = shutil.which(os.environ.get("KDMA_QEMU") or QEMU)
    if path is None:
        return MISSING, f"no command {QEMU}"
    with tempfile.NamedTemporaryFile(prefix="kdma-", suffix=".img") as image:
        image.write(_BOOT_SECTOR)
        image.flush()
        code, output = _call(
            [
                path,
                *("-accel", accelerator, "-display", "none", "-nodefaults", "-no-reboot"),
                *("-drive", f"file={image.name},format=raw,if=floppy,readonly=on"),
                *("-device", "isa-debug-exit,iobase=0xf4,iosize=4"),
            ],
            timeout=timeout,
        )
    if code == _BOOT_EXIT:
        return OK, "boots"
    return BROKEN, output.splitlines()[0][:200] if output else f"QEMU leaves with {code}"


def kvm_state(device: Path = Path("/dev/kvm")) -> Check:
    """What KVM is good for here. A probe boot decides; the device alone says nothing."""
    spare = "kdma uses emulation with a virtual clock, so nothing depends on it"
    if not device.exists():
        return Check("KVM", MISSING, f"no {device}; {spare}")
    if not os.access(device, os.R_OK | os.W_OK):
        return Check("KVM", MISSING, f"no permission for {device}; {spare}")
    state, detail = boot_probe("kvm")
    if state == OK:
        return Check("KVM", OK, f"boots a sector, which says little of a kernel; {spare}")
    return Check("KVM", BROKEN, f"{device} is there, but boots nothing: {detail}; {spare}")


def _space() -> Check:
    place = cache_root()
    existing = place
    while not existing.exists():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    detail = f"{free / 1e9:.1f} GB free for {place}"
    if free < SPACE_DEFAULT:
        return Check("disk space", BROKEN, detail, "everything: 1.5 GB are needed")
    if free < SPACE_SOURCE:
        return Check("disk space", BROKEN, detail, "KERNEL=version: 5 GB are needed")
    return Check("disk space", OK, detail)


def _libclang() -> Check:
    code, output = _call(
        [
            sys.executable,
            "-c",
            "import clang.cindex as c; c.Index.create(); print(c.conf.get_filename())",
        ]
    )
    if code == 0:
        return Check("libclang", OK, output)
    return Check("libclang", MISSING, output.splitlines()[-1], "the static checks; make generate")


def _miri() -> Check:
    cargo = _find("cargo")
    code, output = _call([cargo, "miri", "--version"]) if cargo else (127, "no cargo")
    if code == 0:
        return Check("Miri", OK, output.partition("\n")[0])
    return Check("Miri", MISSING, "needs a nightly Rust from rustup", "the Rust tests under Miri")


def doctor() -> list[Check]:
    """What is there, what is not, and what that switches off. Changes nothing."""
    checks = [
        Check(need.name, state, detail, "" if state == OK else need.used_for)
        for need in needs()
        for state, detail in [need.probe()]
    ]
    state, detail = _rust_source()
    checks.append(
        Check("rust-src", state, detail, "" if state == OK else "the Rust drivers: make setup")
    )
    checks.append(_miri())
    checks.append(_libclang())
    state, detail = boot_probe("tcg", 60)
    checks.append(
        Check("QEMU's emulation", state, detail, "" if state == OK else "every behaviour test")
    )
    checks.append(kvm_state())
    checks.append(_space())
    return checks


def print_doctor() -> int:
    """Prints doctor()'s answer. 0 if a check can run, 2 if something it needs is missing."""
    required = {need.name for need in needs() if not need.optional} | {"QEMU's emulation"}
    checks = doctor()
    width = max(len(check.name) for check in checks)
    for check in checks:
        off = f" -> off: {check.switches_off}" if check.switches_off else ""
        print(f"{check.state:<8} {check.name:<{width}} {check.detail}{off}")
    bad = [check.name for check in checks if check.state != OK and check.name in required]
    if bad:
        print(f"cannot check: {', '.join(bad)}. Next: make setup")
        return 2
    print("a check can run")
    return 0


# -- the Python environment ---------------------------------------------------


def make_environment(folder: Path, lock_file: Path) -> None:
    """Makes a venv with exactly what `lock_file` pins, unless it is complete already.

    Made under another name and renamed, so that what has the name is complete.
    """
    if (folder / ".complete").is_file():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with lock(folder.parent / ".lock", "setting up the Python environment", wait=True):
        if (folder / ".complete").is_file():
            return
        packages.require_space(folder, 600_000_000, "the Python environment")
        shutil.rmtree(folder, ignore_errors=True)
        temporary = folder.with_name(f".{folder.name}.making")
        shutil.rmtree(temporary, ignore_errors=True)
        with progress.stage("Python environment"):
            try:
                run([sys.executable, "-m", "venv", str(temporary)], what="making a venv")
                run(
                    [
                        *(str(temporary / "bin/python"), "-m", "pip", "install"),
                        *("--require-hashes", "--no-deps", "--disable-pip-version-check"),
                        *("--progress-bar", "off", "-r", str(lock_file)),
                    ],
                    what="installing the Python packages",
                    log=cache_root() / "logs" / "pip.log",
                    on_line=progress.note,
                )
                _move_scripts(temporary, folder)
                (temporary / ".complete").write_text(digest(lock_file) + "\n")
                temporary.rename(folder)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)


def _move_scripts(temporary: Path, final: Path) -> None:
    """Lets the scripts of a venv point to where it will be."""
    for path in (temporary / "bin").iterdir():
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if str(temporary).encode() in data and b"\0" not in data[:1024]:
                path.write_bytes(data.replace(str(temporary).encode(), str(final).encode()))


def bootstrap(words: Sequence[str]) -> int:
    """What ./kdma runs while the Python environment is not there: its folder, its lock file.

    Sets the machine up, then makes the environment. Exit code 0, or 2 with a
    message.
    """
    folder, lock_file = Path(words[0]), Path(words[1])
    end_on_signals()
    try:
        ensure()
        make_environment(folder, lock_file)
    except KdmaError as error:
        print(error.finding.message(), file=sys.stderr)
        print("verdict: unchecked")
        return 2
    except KeyboardInterrupt:
        print("kdma: interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(bootstrap(sys.argv[1:]))
