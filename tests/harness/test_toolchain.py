# SPDX-License-Identifier: GPL-2.0
"""Set-up, doctor and the ./kdma script, on machines that we pretend."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kdma import packages, toolchain
from kdma.findings import COULD_NOT_CHECK, KdmaError
from kdma.packages import Package
from kdma.paths import PROJECT
from kdma.toolchain import BROKEN, MISSING, OK, Answer, Need

DEVICES = "".join(f'name "{device}", bus PCI\n' for device in toolchain.QEMU_DEVICES)


class Machine:
    """A PATH of our own, and an os-release."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        self.monkeypatch = monkeypatch
        monkeypatch.setenv("PATH", str(self.bin))

    def command(self, name: str, text: str) -> Path:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def borrow(self, *names: str) -> None:
        """Has the real commands too."""
        for name in names:
            (self.bin / name).unlink(missing_ok=True)
            real = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            assert real is not None
            (self.bin / name).symlink_to(real)

    def qemu(self, version: str = "8.2.1", devices: str = DEVICES, boot: str = "exit 33") -> Path:
        (self.folder / "devices").write_text(devices)
        self.borrow("cat")
        return self.command(
            toolchain.QEMU,
            f'case "$*" in\n*--version*) echo "QEMU emulator version {version}" ;;\n'
            f"*help*) cat {self.folder / 'devices'} ;;\n*) {boot} ;;\nesac",
        )

    def os_release(self, text: str) -> None:
        path = self.folder / "os-release"
        path.write_text(text)
        self.monkeypatch.setenv("KDMA_OS_RELEASE", str(path))
        packages.os_release.cache_clear()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    monkeypatch.setenv("KDMA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KDMA_OUT", str(tmp_path / "out"))
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "cargo"))
    monkeypatch.setenv("RUSTUP_HOME", str(tmp_path / "rustup"))
    for name in ("ASSUME_YES", "KDMA_QEMU"):
        monkeypatch.delenv(name, raising=False)
    machine = Machine(tmp_path / "machine", monkeypatch)
    machine.os_release("ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME='Debian 12'\n")
    toolchain._apt_candidate.cache_clear()
    yield machine
    packages.os_release.cache_clear()
    toolchain._apt_candidate.cache_clear()


# -- probes -------------------------------------------------------------------------


def test_a_command_that_is_not_there(machine: Machine) -> None:
    assert toolchain._command("flex")() == (MISSING, "no command flex")


def test_a_command_that_does_not_run(machine: Machine) -> None:
    machine.command("flex", "echo 'error while loading shared libraries' >&2; exit 127")
    state, detail = toolchain._command("flex")()
    assert state == BROKEN
    assert "shared libraries" in detail


def test_headers_are_asked_of_the_compiler(machine: Machine) -> None:
    assert toolchain._header("gelf.h")() == (MISSING, "no compiler to ask")
    machine.command("gcc", "exit 1")
    assert toolchain._header("gelf.h")() == (MISSING, "no <gelf.h>")
    machine.command("gcc", "exit 0")
    assert toolchain._header("gelf.h")()[0] == OK


def test_a_static_libc_is_tried(machine: Machine) -> None:
    machine.command("gcc", "echo 'ld: cannot find -lc' >&2; exit 1")
    assert toolchain._static_libc() == (MISSING, "ld: cannot find -lc")


def test_no_qemu(machine: Machine) -> None:
    assert toolchain._qemu()[0] == MISSING


def test_a_qemu_that_is_too_old(machine: Machine) -> None:
    machine.qemu("5.2.0")
    state, detail = toolchain._qemu()
    assert state == BROKEN
    assert "5.2" in detail and "7.2" in detail


def test_a_qemu_without_edu(machine: Machine) -> None:
    machine.qemu(devices=DEVICES.replace('"edu"', '"other"'))
    assert toolchain._qemu()[0] == BROKEN
    assert "edu" in toolchain._qemu()[1]


def test_a_qemu_that_does_not_start(machine: Machine) -> None:
    machine.command(toolchain.QEMU, "echo 'cannot load libslirp.so.0' >&2; exit 127")
    state, detail = toolchain._qemu()
    assert state == BROKEN
    assert "libslirp" in detail


def test_a_good_qemu(machine: Machine) -> None:
    path = machine.qemu("7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)")
    assert toolchain._qemu() == (OK, f"7.2, {path}")


def test_a_qemu_that_is_named(machine: Machine) -> None:
    path = machine.qemu().rename(machine.folder / "other-qemu")
    machine.monkeypatch.setenv("KDMA_QEMU", str(path))
    assert toolchain._qemu()[0] == OK


def test_without_debians_backports_qemu_has_to_be_newer(machine: Machine) -> None:
    machine.qemu("7.2.0")
    assert toolchain._qemu()[0] == OK
    machine.os_release("ID=fedora\n")
    assert toolchain._qemu()[0] == BROKEN
    assert "8.2 or later" in toolchain._qemu()[1]


# -- KVM ----------------------------------------------------------------------------


def test_kvm_is_not_believed_for_its_device(machine: Machine) -> None:
    device = machine.folder / "kvm"
    assert toolchain.kvm_state(device).state == MISSING
    device.write_text("")
    machine.qemu(boot="echo 'kvm_buf_set_msrs: error: failed to set MSR' >&2; exit 134")
    check = toolchain.kvm_state(device)
    assert check.state == BROKEN
    assert "MSR" in check.detail


def test_kvm_that_hangs_is_given_up(machine: Machine) -> None:
    machine.borrow("sleep")
    machine.qemu(boot="exec sleep 60")
    assert toolchain.boot_probe("kvm", timeout=0.3)[0] == BROKEN


def test_kvm_that_boots(machine: Machine) -> None:
    device = machine.folder / "kvm"
    device.write_text("")
    machine.qemu()
    assert toolchain.kvm_state(device).state == OK


@pytest.mark.skipif(shutil.which(toolchain.QEMU) is None, reason="no QEMU")
def test_the_boot_sector_boots() -> None:
    assert toolchain.boot_probe("tcg", timeout=60) == (OK, "boots")


# -- Rust ---------------------------------------------------------------------------


def rustc(machine: Machine, release: str = "1.95.0", shim: bool = False) -> Path:
    """A rustc with a sysroot of its own; returns the sysroot."""
    sysroot = machine.folder / "sysroot"
    (sysroot / "bin").mkdir(parents=True)
    text = (
        f'case "$*" in\n-vV) echo "rustc {release}"; echo "release: {release}" ;;\n'
        f"*sysroot*) echo {sysroot} ;;\nesac"
    )
    machine.command("rustc", text)
    machine.command("cargo", "echo cargo")
    if shim:
        (machine.bin / "rustc").rename(sysroot / "bin/rustc")
        machine.command("rustc", f'exec {sysroot}/bin/rustc "$@"')
    return sysroot


def put_source(root: Path, release: str = "1.95.0") -> Path:
    library = root / f"usr/src/rustc-{release}/library"
    (library / "core/src").mkdir(parents=True)
    (library / "core/src/lib.rs").write_text("")
    return library


def test_no_rust(machine: Machine) -> None:
    assert toolchain.find_rust() == "no command rustc"
    assert toolchain.rust_src_roots() == ()
    with pytest.raises(KdmaError, match="Rust is not there"):
        toolchain.rustc()


def test_a_shim_of_rustup_without_a_toolchain_is_no_rust(machine: Machine) -> None:
    machine.command(
        "rustc", "echo 'error: rustup could not choose a version of rustc to run' >&2; exit 1"
    )
    found = toolchain.find_rust()
    assert isinstance(found, str)
    assert "could not choose" in found
    assert toolchain._rust()[0] == BROKEN


def test_a_shim_is_left_behind(machine: Machine) -> None:
    sysroot = rustc(machine, shim=True)
    assert toolchain.rustc() == str(sysroot / "bin/rustc")


def test_rust_that_is_too_old(machine: Machine) -> None:
    rustc(machine, "1.63.0")
    assert toolchain._rust()[0] == BROKEN
    with pytest.raises(KdmaError, match="too old") as caught:
        toolchain.rustc()
    assert "1.85" in caught.value.finding.expected


def test_rust_without_cargo(machine: Machine) -> None:
    rustc(machine)
    (machine.bin / "cargo").unlink()
    assert toolchain._rust() == (MISSING, "no command cargo")


def test_rust_below_the_home_is_found(machine: Machine) -> None:
    rustc(machine)
    home = Path(os.environ["CARGO_HOME"]) / "bin"
    home.mkdir(parents=True)
    for name in ("rustc", "cargo"):
        (machine.bin / name).rename(home / name)
    assert toolchain._rust()[0] == OK


def test_rust_src_of_the_sysroot_comes_first(machine: Machine) -> None:
    sysroot = rustc(machine)
    library = sysroot / "lib/rustlib/src/rust/library"
    (library / "core/src").mkdir(parents=True)
    (library / "core/src/lib.rs").write_text("")
    assert toolchain.rust_src_roots() == (library,)


def test_rust_src_is_fetched_in_exactly_the_version(machine: Machine) -> None:
    rustc(machine)
    machine.command("apt-get", "exit 0")
    offered = [
        Package("rust-src", f"{version}+dfsg1-1", "all", "0" * 64, 1, 1, "")
        for version in ("1.97.1", "1.95.0", "1.85.1")
    ]
    fetched = []

    def fetch_into(folder: Path, chosen: list[Package], suites: object) -> None:
        fetched.append(chosen[0].version)
        put_source(folder)

    machine.monkeypatch.setattr(packages, "every_suite", lambda: ("sid",))
    machine.monkeypatch.setattr(packages, "available", lambda names, suites: offered)
    machine.monkeypatch.setattr(packages, "fetch_into", fetch_into)
    [library] = toolchain.rust_src_roots()
    assert (library / "core/src/lib.rs").is_file()
    assert toolchain.rust_src_roots() == (library,)
    assert fetched == ["1.95.0+dfsg1-1"]


def test_rust_src_that_nobody_has_says_what_to_do(machine: Machine) -> None:
    rustc(machine, "1.99.0-nightly")
    machine.command("apt-get", "exit 0")
    machine.monkeypatch.setattr(packages, "every_suite", lambda: ("sid",))
    machine.monkeypatch.setattr(packages, "available", lambda names, suites: [])
    with pytest.raises(KdmaError, match=r"rust-src for rustc 1\.99\.0-nightly") as caught:
        toolchain.rust_src_roots()
    assert "rustup component add rust-src" in caught.value.finding.next


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ({"rustc": "1.63.0+dfsg1-2", "rustc-web": "1.96.0+dfsg1-1"}, ("rustc-web", "cargo-web")),
        ({"rustc": "1.85.0+dfsg3-1"}, ("rustc", "cargo")),
        ({"rustc": "1.75.0", "rustc-1.85": "1.85.1"}, ("rustc-1.85", "cargo-1.85")),
        ({"rustc": "1.63.0"}, ()),
    ],
)
def test_which_rust_apt_is_asked_for(
    machine: Machine, offered: dict[str, str], chosen: tuple[str, ...]
) -> None:
    cases = "\n".join(f"*' {name}') echo '  Candidate: {v}' ;;" for name, v in offered.items())
    machine.command("apt-cache", f"case \"$*\" in\n{cases}\n*) echo '  Candidate: (none)' ;;\nesac")
    assert toolchain._rust_packages()["apt"] == chosen
    [rustfmt] = [entry for entry in toolchain.needs() if entry.name == "rustfmt"]
    own = {"rustc-web": ("rustfmt-web",), "rustc": ("rustfmt",)}
    assert rustfmt.packages_of("apt") == own.get(chosen[0] if chosen else "", ())
    rustc(machine)
    assert rustfmt.packages_of("apt") == (), "rustup's has its own"


# -- set-up -------------------------------------------------------------------------


def need(name: str, answers: list[Answer], *, optional: bool = False) -> Need:
    """A need whose probe says one answer after the other, the last for ever."""

    def probe() -> Answer:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    names = {"apt": (f"{name}-deb",), "dnf": (f"{name}-rpm",), "pacman": (name,)}
    return Need(name, probe, names, "building", optional)


@pytest.fixture
def plan(machine: Machine) -> Callable[..., None]:
    """Says what set-up looks for and whether we are root; apt-get writes down its calls."""

    def arrange(*needs: Need, root: bool = True, answer: str | None = None, apt: str = "") -> None:
        machine.monkeypatch.setattr(toolchain, "needs", lambda: needs)
        machine.monkeypatch.setattr(toolchain, "_is_root", lambda: root)
        machine.monkeypatch.setattr(toolchain, "find_rust", lambda: "none")
        machine.command("apt-get", f'echo "$@" >> {machine.folder / "apt"}\n{apt}')
        machine.command(
            "sudo", 'while [ "${1#*=}" != "$1" ] || [ "$1" = env ]; do shift; done\n"$@"'
        )

        class Terminal:
            def isatty(self) -> bool:
                return answer is not None

        machine.monkeypatch.setattr(sys, "stdin", Terminal())
        machine.monkeypatch.setattr("builtins.input", lambda prompt: answer or "")

    return arrange


def apt_calls(machine: Machine) -> list[str]:
    path = machine.folder / "apt"
    return path.read_text().splitlines() if path.exists() else []


GONE: Answer = (MISSING, "no command flex")
THERE: Answer = (OK, "flex 2.6")


def test_nothing_missing_runs_nothing(machine: Machine, plan: Callable[..., None]) -> None:
    plan(need("flex", [THERE]))
    toolchain.setup()
    assert apt_calls(machine) == []


def test_root_installs_without_a_question(
    machine: Machine, plan: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    plan(need("flex", [GONE, THERE]), need("bc", [GONE, THERE]), need("xz", [THERE]))
    toolchain.setup()
    assert [line.split()[0] for line in apt_calls(machine)] == ["update", "-o"]
    assert apt_calls(machine)[1].endswith("install --yes --no-install-recommends bc-deb flex-deb")
    told = capsys.readouterr().out
    assert told.count("apt-get install") == 1
    assert "no command flex" in told


def test_others_are_asked_and_may_say_yes(machine: Machine, plan: Callable[..., None]) -> None:
    plan(need("flex", [GONE, THERE]), root=False, answer="y")
    toolchain.setup()
    assert len(apt_calls(machine)) == 2


@pytest.mark.parametrize("answer", ["n", "", "what?"])
def test_others_are_asked_and_may_say_no(
    machine: Machine, plan: Callable[..., None], answer: str
) -> None:
    plan(need("flex", [GONE]), root=False, answer=answer)
    with pytest.raises(KdmaError) as caught:
        toolchain.setup()
    assert "sudo apt-get install" in caught.value.finding.next
    assert apt_calls(machine) == []


def test_nobody_to_ask_prints_the_command(
    machine: Machine, plan: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    plan(need("flex", [GONE]), root=False)
    with pytest.raises(KdmaError, match="something is missing") as caught:
        toolchain.setup()
    command = "sudo apt-get install --yes --no-install-recommends flex-deb"
    assert command in caught.value.finding.next
    assert command in capsys.readouterr().out
    assert caught.value.finding.finding_class in COULD_NOT_CHECK
    assert apt_calls(machine) == []


def test_nobody_to_ask_but_assume_yes(machine: Machine, plan: Callable[..., None]) -> None:
    plan(need("flex", [GONE, THERE]), root=False)
    machine.monkeypatch.setenv("ASSUME_YES", "1")
    toolchain.setup()
    assert len(apt_calls(machine)) == 2


def test_an_install_that_fails_says_so(machine: Machine, plan: Callable[..., None]) -> None:
    plan(need("flex", [GONE]), apt="echo 'E: Unable to locate package flex-deb' >&2; exit 100")
    with pytest.raises(KdmaError, match="installing packages failed") as caught:
        toolchain.setup()
    assert "Unable to locate" in caught.value.finding.actual


def test_what_is_still_missing_afterwards_is_an_error(
    machine: Machine, plan: Callable[..., None]
) -> None:
    plan(need("QEMU", [(BROKEN, "it is 5.2, too old")]))
    with pytest.raises(KdmaError) as caught:
        toolchain.setup()
    assert "5.2, too old" in caught.value.finding.expected
    assert "still not there" in caught.value.finding.actual


def test_optional_things_do_not_stop_set_up(machine: Machine, plan: Callable[..., None]) -> None:
    plan(need("clippy", [GONE], optional=True), apt="exit 100")
    toolchain.setup()


@pytest.mark.parametrize(
    ("os_release", "manager", "command"),
    [
        ("ID=fedora\n", "dnf", "dnf install --assumeyes flex-rpm"),
        ("ID=rocky\nID_LIKE='rhel centos fedora'\n", "dnf", "dnf install --assumeyes flex-rpm"),
        ("ID=arch\n", "pacman", "pacman --sync --needed --noconfirm flex"),
        ("ID=opensuse-leap\n", "zypper", "install them"),
        ("ID=gentoo\n", "", "install them"),
    ],
)
def test_other_distributions_get_their_own_names(
    machine: Machine, plan: Callable[..., None], os_release: str, manager: str, command: str
) -> None:
    machine.os_release(os_release)
    plan(need("flex", [GONE]))
    assert toolchain.family() == manager
    with pytest.raises(KdmaError) as caught:
        toolchain.setup()
    assert command in caught.value.finding.next
    assert apt_calls(machine) == []


@pytest.mark.parametrize("name", ["ubuntu", "linuxmint"])
def test_ubuntu_and_its_kin_use_apt(machine: Machine, name: str) -> None:
    machine.os_release(f"ID={name}\nID_LIKE='ubuntu debian'\n")
    assert toolchain.family() == "apt"


def test_every_required_thing_has_a_package_everywhere() -> None:
    for entry in toolchain.needs():
        if not entry.optional:
            for manager in ("apt", "dnf", "pacman", "zypper"):
                assert entry.packages_of(manager), f"{entry.name} in {manager}"


def test_ensure_looks_once(machine: Machine, plan: Callable[..., None]) -> None:
    probes = []

    def probe() -> Answer:
        probes.append(1)
        return THERE

    plan(Need("flex", probe, {}, "building"))
    toolchain.ensure()
    toolchain.ensure()
    assert len(probes) == 1
    machine.command("bison", "exit 0")
    toolchain.ensure()
    assert len(probes) == 2, "the machine changed"


# -- doctor -------------------------------------------------------------------------


def test_doctor_says_what_is_switched_off(
    machine: Machine, plan: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    machine.qemu()
    plan(need("flex", [GONE]), need("clippy", [GONE], optional=True))
    assert toolchain.print_doctor() == 2
    told = capsys.readouterr().out
    assert re.search(r"missing +flex .*-> off: building", told)
    assert "cannot check: flex. Next: make setup" in told


def test_doctor_is_content_without_optional_things(
    machine: Machine, plan: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    machine.qemu()
    plan(need("flex", [THERE]), need("clippy", [GONE], optional=True))
    assert toolchain.print_doctor() == 0
    assert "a check can run" in capsys.readouterr().out


def test_doctor_tries_emulation(machine: Machine, plan: Callable[..., None]) -> None:
    machine.qemu(boot="echo 'no firmware' >&2; exit 1")
    plan(need("flex", [THERE]))
    assert toolchain.print_doctor() == 2


def test_doctor_tells_too_little_space(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=2_000_000_000))
    check = toolchain._space()
    assert check.state == BROKEN
    assert "KERNEL=" in check.switches_off


# -- the Python environment and ./kdma ------------------------------------------------


def test_an_environment_has_its_name_only_when_complete(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, lock_file = machine.folder / "python/env", machine.folder / "requirements.lock"
    lock_file.write_text("no-such-package==1 --hash=sha256:" + "0" * 64 + "\n")
    real = toolchain.run
    steps: list[list[str]] = []

    def run(command: list[str], **others: object) -> object:
        steps.append(command)
        if "venv" in command:
            script = Path(command[-1]) / "bin/pytest"
            script.parent.mkdir(parents=True)
            script.write_text(f"#!{command[-1]}/bin/python\n")
            return None
        if len(steps) == 2:
            return real(["/bin/false"], what="installing the Python packages")
        assert "--require-hashes" in command
        return None

    monkeypatch.setattr(toolchain, "run", run)
    with pytest.raises(KdmaError, match="installing the Python packages failed"):
        toolchain.make_environment(folder, lock_file)
    assert not folder.exists()
    assert not list(folder.parent.glob("*.making"))
    toolchain.make_environment(folder, lock_file)
    assert (folder / ".complete").is_file()
    assert (folder / "bin/pytest").read_text() == f"#!{folder}/bin/python\n"
    toolchain.make_environment(folder, lock_file)
    assert len(steps) == 4, "complete is not made again"


def kdma(machine: Machine, *words: str) -> subprocess.CompletedProcess[str]:
    machine.borrow("dirname", "readlink")
    return subprocess.run(
        ["/bin/sh", str(PROJECT / "kdma"), *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MAKEFLAGS": "k -- V=1"},
        cwd="/",
    )


@pytest.mark.parametrize("text", [None, "exit 1"])
def test_without_a_python_it_says_what_to_do(machine: Machine, text: str | None) -> None:
    if text is not None:
        machine.command("python3.10", text)
    machine.monkeypatch.setenv("KDMA_PYTHON", "python3.10")
    done = kdma(machine, "check")
    assert done.returncode == 2
    assert "no Python 3.11" in done.stderr
    assert "next" in done.stderr
    assert done.stdout == "verdict: unchecked\n"


def test_root_gets_a_python_installed(machine: Machine) -> None:
    # /usr/bin/python3 is looked for by its path, so it must seem too old.
    script = machine.folder / "kdma"
    script.write_text((PROJECT / "kdma").read_text().replace("/usr/bin/python3", "no-python"))
    (machine.folder / "harness").mkdir()
    (machine.folder / "harness/requirements.lock").write_text("")
    machine.command("id", "echo 0")
    machine.borrow("dirname", "env", "sh", "chmod")
    machine.command(
        "apt-get",
        f"""[ "$1" = install ] || exit 0
cd {machine.bin}
echo '#!/bin/sh' > python3
echo '[ "$1" = -c ] && echo key || exit 5' >> python3
chmod +x python3""",
    )
    done = subprocess.run(["/bin/sh", str(script)], capture_output=True, text=True, check=False)
    assert "install --yes --no-install-recommends python3 python3-venv" in done.stderr
    assert done.returncode == 5, "and goes on with set-up"


def test_the_environment_is_made_on_the_first_call_only(machine: Machine) -> None:
    machine.command(
        "python3.12",
        f"""
if [ "$1" = -c ]; then echo 3.12-key; exit 0; fi
echo "$@" >> {machine.folder}/bootstraps
/bin/mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "ran $*, make says <$MAKEFLAGS>"\\nexit 7\\n' > "$3/bin/python"
/bin/chmod +x "$3/bin/python"
: > "$3/.complete"
""",
    )
    machine.command("python3", "exit 1")
    machine.monkeypatch.setenv("KDMA_PYTHON", "python3 python3.12")
    for _ in range(2):
        done = kdma(machine, "check", "--kernel", "7.3")
        assert done.stdout == "ran -m kdma.cli check --kernel 7.3, make says <>\n"
        assert done.returncode == 7, "the command's own exit code"
    calls = (machine.folder / "bootstraps").read_text().splitlines()
    assert len(calls) == 1
    assert calls[0].endswith("harness/requirements.lock")


def test_a_set_up_that_fails_is_the_end(machine: Machine) -> None:
    machine.command("python3.12", 'if [ "$1" = -c ]; then echo key; exit 0; fi; exit 2')
    machine.monkeypatch.setenv("KDMA_PYTHON", "python3.12")
    done = kdma(machine, "check")
    assert done.returncode == 2
    assert done.stdout == ""


def test_set_up_imports_nothing_but_the_standard_library() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import sys; sys.path.insert(0, sys.argv[1]); "
         "import kdma.toolchain, kdma.kernel", str(PROJECT / "harness")],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


# -- make ---------------------------------------------------------------------------


def test_help_is_the_default_and_lists_every_target() -> None:
    told = subprocess.run(
        ["make", "--no-print-directory"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout
    listed = set(re.findall(r"^  ([a-z-]+) ", told, re.MULTILINE)) - {"KDIR", "ENVS", "ARGS"}
    phony = re.search(r"^\.PHONY: (.*)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    assert listed == set(phony[1].split())


def test_the_lock_pins_everything_with_hashes_and_names_no_place() -> None:
    text = (PROJECT / "harness/requirements.lock").read_text()
    wanted = (PROJECT / "harness/requirements.in").read_text().splitlines()
    pinned = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))
    for line in wanted:
        if line and not line.startswith("#"):
            name, _, version = line.partition("==")
            assert name in pinned
            assert version in ("", pinned[name])
    for name in pinned:
        block = text[text.index(f"{name}==") :].split("\n    # via")[0]
        assert "--hash=sha256:" in block
    assert "index-url" not in text
    assert "://" not in text
