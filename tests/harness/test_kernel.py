# SPDX-License-Identifier: GPL-2.0
"""Choosing, building and trusting kernels, with small trees and a make that we pretend."""

from __future__ import annotations

import dataclasses
import json
import lzma
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from kdma import kernel, kernel_rust, packages, process
from kdma.findings import COULD_NOT_CHECK, KdmaError
from kdma.kernel import KernelRequest, prepare, prepare_headers
from kdma.kernel_rust import KernelRust
from kdma.packages import Package

#: A make that goes by times as the real one does: the image is made of
#: kernel/*.c again only if a source is newer than it. Files in $FAKE change
#: what it does: `refused` (options that do not take), `error` (what the
#: compiler says), `during` (a command to run while it builds), `tools` (what the
#: kernel has against the Rust tools), `crate` (what rustc says of the kernel crate).
MAKE = r"""#!/bin/sh
echo "$@" >> "$FAKE/calls"
while [ $# -gt 0 ]; do
	case $1 in
	-C) source=$2; shift ;;
	O=*) build=${1#O=} ;;
	allnoconfig)
		mkdir -p "$build"
		grep ^CONFIG "$KCONFIG_ALLCONFIG" > "$build/.config.new"
		[ ! -f "$FAKE/refused" ] || {
			grep -v -f "$FAKE/refused" "$build/.config.new" > "$build/.config.newer"
			mv "$build/.config.newer" "$build/.config.new"
		}
		cmp -s "$build/.config.new" "$build/.config" || mv "$build/.config.new" "$build/.config"
		;;
	modules_prepare)
		mkdir -p "$build/include/config" "$build/include/generated" "$build/scripts/mod"
		[ -f "$build/include/config/kernel.release" ] ||
			echo 7.3.4 > "$build/include/config/kernel.release"
		;;
	prepare)
		if [ -f "$FAKE/crate" ]; then cat "$FAKE/crate" >&2; exit 2; fi
		mkdir -p "$build/rust"
		echo crate > "$build/rust/libkernel.rmeta"
		;;
	rustavailable)
		if [ -f "$FAKE/tools" ]; then cat "$FAKE/tools" >&2; exit 2; fi
		;;
	bzImage)
		[ ! -f "$FAKE/during" ] || sh "$FAKE/during"
		if [ -f "$FAKE/error" ]; then cat "$FAKE/error" >&2; exit 2; fi
		mkdir -p "$build/arch/x86/boot"
		if [ ! -f "$build/vmlinux" ] ||
			[ -n "$(find -L "$source" -name '*.[ch]' -newer "$build/vmlinux")" ]; then
			cat "$source"/kernel/*.c > "$build/vmlinux"
			cp "$build/vmlinux" "$build/arch/x86/boot/bzImage"
			echo "0x0 dma_map vmlinux EXPORT_SYMBOL" > "$build/Module.symvers"
		fi
		;;
	esac
	shift
done
"""
GCC = """#!/bin/sh
echo "gcc (pretended) 12.2.0"
"""


class Fake:
    """The pretended tools, and a small kernel tree."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = folder / "linux"

    def calls(self, word: str) -> int:
        path = self.folder / "calls"
        return sum(word in line for line in path.read_text().splitlines()) if path.exists() else 0

    def switch(self, name: str, text: str = "") -> None:
        (self.folder / name).write_text(text)


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def make_tree(tree: Path) -> Path:
    """A clean tree, as far as it is looked at."""
    write(tree / "Makefile", "VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\nEXTRAVERSION =\n")
    write(tree / "Kconfig", "config X86\n")
    write(tree / "arch/x86/Makefile")
    write(tree / "arch/arm/kernel.c", "arm\n")
    write(tree / "init/main.c", "main\n")
    write(tree / "kernel/fork.c", "fork\n")
    write(tree / "include/linux/dma-mapping.h", "dma\n")
    write(tree / "drivers/net/card.c", "card\n")
    old = time.time() - 1000
    for path in tree.rglob("*"):
        os.utime(path, (old, old))
    return tree


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    folder = tmp_path / "fake"
    for name, text in (("make", MAKE), ("gcc", GCC)):
        write(folder / "bin" / name, text).chmod(0o755)
    monkeypatch.setenv("FAKE", str(folder))
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("KDMA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KDMA_OUT", str(tmp_path / "out"))
    for name in ("JOBS", "KDMA_REFRESH", "LLVM"):
        monkeypatch.delenv(name, raising=False)
    fake = Fake(folder)
    make_tree(fake.tree)
    return fake


def listing(tree: Path) -> list[str]:
    """Everything about a tree that a build could change."""
    found = []
    for path in [tree, *sorted(tree.rglob("*"))]:
        s = path.lstat()
        found.append(f"{path} {s.st_mode} {s.st_size} {s.st_mtime_ns} {s.st_ctime_ns} {s.st_ino}")
    return found


def request(fake: Fake) -> KernelRequest:
    return KernelRequest(kdir=fake.tree)


def edit(path: Path, text: str) -> None:
    """As an editor does: new content, and a time later than all before."""
    path.write_text(text)
    later = time.time() + 5
    os.utime(path, (later, later))


# -- configurations -----------------------------------------------------------------


def test_options_of_a_config() -> None:
    text = '# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_C=m\nCONFIG_D="x y"\n'
    assert kernel.parse_config(text) == {"CONFIG_B": "y", "CONFIG_C": "m", "CONFIG_D": '"x y"'}


def test_optional_options_carry_the_comment_of_their_paragraph() -> None:
    text = "# The file.\n\n# the first\n# thing\nCONFIG_A=y\nCONFIG_B=y\n\n# second\nCONFIG_C=y\n"
    assert kernel.optional_options(text) == {
        "CONFIG_A": "the first thing",
        "CONFIG_B": "the first thing",
        "CONFIG_C": "second",
    }


def test_every_optional_option_says_what_it_switches_on() -> None:
    optional = kernel.optional_options((kernel.CONFIGS / "optional.config").read_text())
    assert optional
    assert all(optional.values())


def test_our_configuration_has_what_the_guest_needs() -> None:
    config = kernel.parse_config((kernel.CONFIGS / "base.config").read_text())
    kernel.check_config({**config, "CONFIG_DEVTMPFS": "y"}, Path("base.config"))


def test_our_configuration_leaves_no_oracle_out() -> None:
    """Linux 6.1 and 6.12 leave out dynamic ftrace unless it is named: they ask for it."""
    config = kernel.parse_config((kernel.CONFIGS / "base.config").read_text())
    needed = {*kernel.ORACLES, "CONFIG_DYNAMIC_FTRACE", "CONFIG_KPROBES"}
    assert [option for option in sorted(needed) if config.get(option) != "y"] == []


def test_every_missing_option_is_named() -> None:
    config = kernel.parse_config((kernel.CONFIGS / "base.config").read_text())
    del config["CONFIG_VIRTIO_CONSOLE"]
    config["CONFIG_BLK_DEV_INITRD"] = "m"
    config["CONFIG_MODULE_SIG_FORCE"] = "y"
    with pytest.raises(KdmaError) as caught:
        kernel.check_config(config, Path("x"))
    expected = caught.value.finding.expected
    assert "CONFIG_VIRTIO_CONSOLE=y" in expected
    assert "CONFIG_BLK_DEV_INITRD=y" in expected
    assert "CONFIG_MODULE_SIG_FORCE=n" in expected
    assert "CONFIG_PCI=y" not in expected


# -- a clean tree ---------------------------------------------------------------------


def test_a_clean_tree_is_built_outside_of_it(fake: Fake) -> None:
    before = listing(fake.tree)
    built = prepare(request(fake))
    assert listing(fake.tree) == before
    assert built.image.read_text() == "fork\n"
    assert built.release == "7.3.4"
    assert built.origin == "tree"
    assert built.source == fake.tree
    assert built.complete
    assert Path(os.environ["KDMA_CACHE"]) in built.build.parents


def test_nothing_changed_asks_no_make(fake: Fake) -> None:
    first = prepare(request(fake))
    calls = fake.calls("")
    assert prepare(request(fake)) == first
    assert fake.calls("") == calls


def test_touching_without_changing_asks_no_make(fake: Fake) -> None:
    first = prepare(request(fake))
    calls = fake.calls("")
    edit(fake.tree / "kernel/fork.c", "fork\n")
    assert prepare(request(fake)).identity == first.identity
    assert fake.calls("") == calls


def test_a_change_builds_again_and_changes_the_identity(fake: Fake) -> None:
    first = prepare(request(fake))
    edit(fake.tree / "kernel/fork.c", "spoon\n")
    second = prepare(request(fake))
    assert second.identity != first.identity
    assert second.image.read_text() == "spoon\n"
    assert second.build == first.build, "incrementally, in the same folder"


def test_a_change_of_the_same_size_with_an_old_time_is_seen(fake: Fake) -> None:
    first = prepare(request(fake))
    path = fake.tree / "kernel/fork.c"
    path.write_text("FORK\n")
    os.utime(path, (1, 1))
    second = prepare(request(fake))
    assert second.identity != first.identity
    assert second.image.read_text() == "FORK\n", "make alone would not have seen it"


def test_other_architectures_and_documentation_do_not_count(fake: Fake) -> None:
    first = prepare(request(fake))
    edit(fake.tree / "arch/arm/kernel.c", "ARM\n")
    write(fake.tree / "Documentation/new.rst")
    assert prepare(request(fake)).identity == first.identity


def test_a_file_more_or_less_counts(fake: Fake) -> None:
    identities = {prepare(request(fake)).identity}
    edit(write(fake.tree / "include/linux/new.h"), "new\n")
    identities.add(prepare(request(fake)).identity)
    (fake.tree / "drivers/net/card.c").unlink()
    identities.add(prepare(request(fake)).identity)
    assert len(identities) == 3


def test_headers_come_before_the_kernel(fake: Fake) -> None:
    headers = prepare_headers(request(fake))
    assert not headers.complete
    assert fake.calls("bzImage") == 0
    assert (headers.build / "include/generated").is_dir()
    whole = prepare(request(fake))
    assert whole.complete
    assert whole.identity == headers.identity
    assert prepare_headers(request(fake)).complete


def test_a_tree_that_does_not_compile_names_file_and_line(fake: Fake) -> None:
    fake.switch(
        "error",
        "  CC      kernel/fork.o\n"
        f"{fake.tree}/kernel/fork.c: In function 'fork':\n"
        f"{fake.tree}/kernel/fork.c:12:5: error: 'spoon' undeclared\n"
        f"{fake.tree}/kernel/fork.c:13:5: error: and so on\n"
        "make[1]: *** [scripts/Makefile.build:287: kernel/fork.o] Error 1\n",
    )
    with pytest.raises(KdmaError, match="'spoon' undeclared") as caught:
        prepare(request(fake))
    finding = caught.value.finding
    assert finding.where == "kernel/fork.c:12"
    assert finding.finding_class in COULD_NOT_CHECK
    assert Path(finding.next.rpartition(" ")[2]).is_file()
    (fake.folder / "error").unlink()
    assert prepare(request(fake)).complete, "goes on where it ended"


def test_a_build_that_fails_elsewhere_shows_what_make_says(fake: Fake) -> None:
    fake.switch("error", "make: *** No rule to make target 'x'.  Stop.\n")
    with pytest.raises(KdmaError, match="does not build") as caught:
        prepare(request(fake))
    assert "No rule to make target" in caught.value.finding.actual


def test_a_build_that_is_killed_says_so_and_goes_on_later(fake: Fake) -> None:
    fake.switch("during", "kill -9 $PPID")
    with pytest.raises(KdmaError, match="does not build") as caught:
        prepare(request(fake))
    assert "ended by SIGKILL" in caught.value.finding.actual
    assert "run it again" in caught.value.finding.next
    (fake.folder / "during").unlink()
    assert prepare(request(fake)).complete


def test_a_full_disk_in_the_middle_leaves_nothing_that_is_trusted(fake: Fake) -> None:
    fake.switch("error", "cc1: fatal error: error writing: No space left on device\n")
    with pytest.raises(KdmaError, match="the disk is full"):
        prepare(request(fake))
    (fake.folder / "error").unlink()
    assert not prepare_headers(request(fake)).complete
    assert prepare(request(fake)).complete


def test_too_little_space_is_said_before_building(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1_000_000))
    with pytest.raises(KdmaError, match="the disk is full"):
        prepare(request(fake))
    assert fake.calls("") == 0


def test_an_option_that_does_not_take_is_named(fake: Fake) -> None:
    fake.switch("refused", "CONFIG_INTEL_IOMMU=\n")
    with pytest.raises(KdmaError, match="CONFIG_INTEL_IOMMU=y") as caught:
        prepare(request(fake))
    assert caught.value.finding.finding_class in COULD_NOT_CHECK
    assert fake.calls("bzImage") == 0


def test_optional_options_that_do_not_take(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    configs = fake.folder / "configs"
    write(configs / "base.config", (kernel.CONFIGS / "base.config").read_text())
    write(
        configs / "optional.config",
        "# About.\n\n# more oracles\nCONFIG_MORE=y\n\n"
        "# old ones, where it is an option\nCONFIG_OLD=y\n\n# what is there\nCONFIG_THERE=y\n",
    )
    monkeypatch.setattr(kernel, "CONFIGS", configs)
    fake.switch("refused", "CONFIG_MORE=\nCONFIG_OLD=\n")
    gaps = {gap.what: gap for gap in prepare(request(fake)).unchecked}
    assert "old ones, where it is an option" not in gaps
    assert "what is there" not in gaps
    assert gaps["more oracles"].explained
    assert "CONFIG_MORE" in gaps["more oracles"].reason


def test_a_kernel_without_an_oracle_says_what_is_not_checked(fake: Fake) -> None:
    base = (kernel.CONFIGS / "base.config").read_text() + "CONFIG_DEVTMPFS=y\n"
    complete_build(fake.tree, base.replace("CONFIG_DMA_API_DEBUG=y", ""))
    gaps = {gap.what: gap for gap in prepare(request(fake)).unchecked}
    assert gaps["dma-debug's checks"].explained
    assert "CONFIG_DMA_API_DEBUG" in gaps["dma-debug's checks"].reason


def test_a_tree_that_changes_while_it_is_built_is_not_believed(fake: Fake) -> None:
    fake.switch("during", f"echo changed > {fake.tree}/init/main.c")
    with pytest.raises(KdmaError, match="changed while it was built") as caught:
        prepare(request(fake))
    assert "init/main.c" in caught.value.finding.actual
    (fake.folder / "during").unlink()
    assert prepare(request(fake)).complete


@pytest.mark.parametrize("damage", ["image", "symbols", "headers", "stamp", "missing"])
def test_a_damaged_build_is_made_again(fake: Fake, damage: str) -> None:
    built = prepare(request(fake))
    if damage == "image":
        built.image.write_text("broken\n")
    elif damage == "symbols":
        (built.build / "Module.symvers").write_text("")
    elif damage == "headers":
        write(built.build / "include/generated/autoconf.h", "broken")
    elif damage == "stamp":
        stamp = built.build / kernel.STAMP
        stamp.write_text(stamp.read_text()[:30])
    else:
        built.image.unlink()
    calls = fake.calls("bzImage")
    again = prepare(request(fake))
    assert fake.calls("bzImage") == calls + 1
    if damage != "stamp":
        assert again.image.read_text() == "fork\n"
    assert again.complete


def test_two_runs_do_not_build_the_same_kernel_at_once(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    real = process.lock

    def lock(path: Path, what: str, *, wait: bool = False) -> object:
        names.append((path.name, wait))
        return real(path, what, wait=wait)

    monkeypatch.setattr(kernel, "lock", lock)
    built = prepare(request(fake))
    assert (f".{built.build.name}.lock", True) in names


def test_the_compiler_is_part_of_the_identity(fake: Fake) -> None:
    first = prepare(request(fake))
    write(fake.folder / "bin/gcc", GCC.replace("12.2.0", "13.1.0"))
    second = prepare(request(fake))
    assert second.identity != first.identity
    assert second.build != first.build


# -- trees that were built in -----------------------------------------------------------


def dirty(fake: Fake) -> None:
    write(fake.tree / ".config", "CONFIG_64BIT=y\n")
    write(fake.tree / "include/config/auto.conf")
    write(fake.tree / "kernel/fork.o", "object")
    write(fake.tree / "kernel/table.c", "generated\n")
    write(fake.tree / "kernel/.table.c.cmd", "cmd")


@pytest.mark.parametrize("repository", [False, True])
def test_a_tree_with_leftovers_is_built_from_its_sources(fake: Fake, repository: bool) -> None:
    if repository:
        write(fake.tree / ".gitignore", ".*\n!.gitignore\n*.o\n/include/config/\n/kernel/table.c\n")
        for words in (["init", "-q"], ["add", "."]):
            subprocess.run(["git", *words], cwd=fake.tree, check=True)
    dirty(fake)
    before = listing(fake.tree)
    built = prepare(request(fake))
    assert listing(fake.tree) == before
    assert built.image.read_text() == "fork\n", "without what was generated in the tree"
    assert built.source is not None
    assert not (built.source / ".config").exists()
    assert prepare(request(fake)) == built
    write(fake.tree / "kernel/new.c", "new\n")
    (fake.tree / "init/main.c").unlink()
    write(fake.tree / "init/main.c", "other\n")
    edit(fake.tree / "kernel/fork.c", "spoon\n")
    again = prepare(request(fake))
    assert again.image.read_text() == "spoon\nnew\n"


def complete_build(build: Path, config: str | None = None) -> None:
    base = (kernel.CONFIGS / "base.config").read_text() + "CONFIG_DEVTMPFS=y\n"
    write(build / ".config", base if config is None else config)
    write(build / "include/generated/autoconf.h")
    write(build / "include/config/kernel.release", "7.3.4-own\n")
    write(build / "scripts/mod/modpost")
    write(build / "Module.symvers")
    write(build / "vmlinux")
    write(build / "arch/x86/boot/bzImage", "own image\n")


def test_the_users_own_build_is_used_as_it_is(fake: Fake) -> None:
    complete_build(fake.tree)
    before = listing(fake.tree)
    built = prepare(request(fake))
    assert listing(fake.tree) == before
    assert built.build == fake.tree
    assert built.release == "7.3.4-own"
    assert fake.calls("") == 0
    assert all(gap.explained for gap in built.unchecked)


def test_an_o_folder_is_used_as_it_is(fake: Fake, tmp_path: Path) -> None:
    build = tmp_path / "build"
    complete_build(build)
    (build / "source").symlink_to(fake.tree)
    write(build / "Makefile", f"# Automatically generated\ninclude {fake.tree}/Makefile\n")
    built = prepare(KernelRequest(kdir=build))
    assert (built.build, built.source) == (build, fake.tree)


def test_sources_newer_than_the_build_are_not_checked(fake: Fake) -> None:
    complete_build(fake.tree)
    first = prepare(request(fake))
    edit(fake.tree / "include/linux/dma-mapping.h", "moved\n")
    second = prepare(request(fake))
    [gap] = [gap for gap in second.unchecked if not gap.explained]
    assert "include/linux/dma-mapping.h" in gap.reason
    assert second.identity != first.identity


def test_sources_that_only_look_newer_are_fine(fake: Fake) -> None:
    complete_build(fake.tree)
    first = prepare(request(fake))
    edit(fake.tree / "include/linux/dma-mapping.h", "dma\n")
    second = prepare(request(fake))
    assert all(gap.explained for gap in second.unchecked)
    assert second.identity == first.identity


def test_sources_changed_with_an_old_time_are_seen_by_content(fake: Fake) -> None:
    complete_build(fake.tree)
    prepare(request(fake))
    path = fake.tree / "include/linux/dma-mapping.h"
    path.write_text("amd\n")
    os.utime(path, (1, 1))
    assert any(not gap.explained for gap in prepare(request(fake)).unchecked)


def test_a_configuration_that_was_not_built_is_an_error(fake: Fake) -> None:
    complete_build(fake.tree)
    write(fake.tree / "include/config/auto.conf", "CONFIG_64BIT=y\n")
    with pytest.raises(KdmaError, match=r"\.config is not what the kernel was built with"):
        prepare(request(fake))


def test_an_own_build_without_the_options_is_built_from_its_sources(fake: Fake) -> None:
    complete_build(fake.tree, "CONFIG_64BIT=y\nCONFIG_PCI=y\n")
    built = prepare(request(fake))
    assert built.build != fake.tree
    assert built.image.read_text() == "fork\n"
    [gap] = [gap for gap in built.unchecked if gap.what == "the kernel as it is built in the tree"]
    assert "CONFIG_VIRTIO_CONSOLE" in gap.reason


def test_an_o_folder_without_the_options_says_which(fake: Fake, tmp_path: Path) -> None:
    build = tmp_path / "build"
    complete_build(build, "CONFIG_64BIT=y\n")
    (build / "source").symlink_to(fake.tree)
    with pytest.raises(KdmaError, match="lacks what the guest needs") as caught:
        prepare(KernelRequest(kdir=build))
    assert "CONFIG_PVPANIC_PCI=y" in caught.value.finding.expected


def test_modules_that_the_guest_needs_are_found(fake: Fake) -> None:
    base = (kernel.CONFIGS / "base.config").read_text() + "CONFIG_DEVTMPFS=y\n"
    complete_build(fake.tree, base.replace("CONFIG_VIRTIO_CONSOLE=y", "CONFIG_VIRTIO_CONSOLE=m"))
    write(fake.tree / "modules.order", "drivers/char/virtio_console.o\ndrivers/virtio/virtio.o\n")
    write(fake.tree / "drivers/char/virtio_console.ko", "\0depends=virtio\0")
    write(fake.tree / "drivers/virtio/virtio.ko", "\0depends=\0")
    built = prepare(request(fake))
    assert [path.name for path in built.guest_modules] == ["virtio.ko", "virtio_console.ko"]
    (fake.tree / "drivers/virtio/virtio.ko").unlink()
    with pytest.raises(KdmaError, match="module virtio is not there"):
        prepare(request(fake))


# -- what is no kernel tree ---------------------------------------------------------------


def test_no_such_folder(fake: Fake) -> None:
    with pytest.raises(KdmaError, match="names no folder"):
        prepare(KernelRequest(kdir=fake.folder / "missing"))


def test_some_other_folder(fake: Fake) -> None:
    with pytest.raises(KdmaError, match="no kernel tree"):
        prepare(KernelRequest(kdir=fake.folder))


def test_headers_without_a_kernel(fake: Fake) -> None:
    headers = fake.folder / "headers"
    write(headers / "Module.symvers")
    write(headers / "include/generated/autoconf.h")
    write(headers / "Makefile", "include /usr/src/linux-headers-common/Makefile\n")
    with pytest.raises(KdmaError, match="headers only"):
        prepare(KernelRequest(kdir=headers))


def test_an_o_folder_that_is_not_complete(fake: Fake) -> None:
    build = fake.folder / "build"
    complete_build(build)
    (build / "source").symlink_to(fake.tree)
    (build / "vmlinux").unlink()
    with pytest.raises(KdmaError, match="not completely built") as caught:
        prepare(KernelRequest(kdir=build))
    assert "vmlinux" in caught.value.finding.actual
    assert f"make -C {build}" in caught.value.finding.next


@pytest.mark.parametrize("version", [None, kernel.DISTRIBUTION])
def test_the_distributions_kernel_has_a_name(
    monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    asked = object()
    monkeypatch.setattr(kernel, "_prepare_distribution", lambda: asked)
    assert prepare(KernelRequest(version=version)) is asked


def test_not_both_a_tree_and_a_version(fake: Fake) -> None:
    with pytest.raises(KdmaError, match="both"):
        prepare(KernelRequest(kdir=fake.tree, version="7.3"))


# -- packages -------------------------------------------------------------------------------


def package(name: str, version: str, depends: str = "") -> Package:
    return Package(name, version, "amd64", f"{name}{version}".encode().hex()[:64], 1, 1, depends)


def offer(monkeypatch: pytest.MonkeyPatch, offered: list[Package]) -> None:
    """Lets these packages be all there are."""
    monkeypatch.setattr(packages, "host_suites", lambda: ("bookworm",))
    monkeypatch.setattr(packages, "every_suite", lambda: ("bookworm", "sid"))
    monkeypatch.setattr(packages, "codename", lambda: "bookworm")
    monkeypatch.setattr(
        packages,
        "names_with_prefix",
        lambda prefix, suites: sorted({p.name for p in offered if p.name.startswith(prefix)}),
    )
    monkeypatch.setattr(
        packages,
        "available",
        lambda names, suites: packages.newest_first(
            [p for p in offered if p.name in names], lambda p: p.version
        ),
    )


def kernel_packages(abi: str, version: str, libc: str = "2.34") -> list[Package]:
    return [
        package(f"linux-image-{abi}-cloud-amd64", version),
        package(f"linux-headers-{abi}-cloud-amd64", version),
        package(f"linux-headers-{abi}-common", version),
        package(f"linux-kbuild-{abi}", version, f"libc6 (>= {libc}), libelf1"),
    ]


def test_the_newest_complete_kernel_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    older = kernel_packages("6.12.95+deb12", "6.12.95-1")
    newer = kernel_packages("6.12.117+deb12", "6.12.117-1")
    without_headers = kernel_packages("6.12.118+deb12", "6.12.118-1")[:1]
    for_later_systems = kernel_packages("7.3.4+deb13", "7.3.4-1", libc="99.0")
    noise = [
        package("linux-image-6.12-cloud-amd64", "6.12.117-1"),
        package("linux-image-6.12.117+deb12-cloud-amd64-dbg", "6.12.117-1"),
        package("linux-image-6.12.117+deb12-cloud-amd64-unsigned", "6.12.117-1"),
    ]
    offer(monkeypatch, older + newer + without_headers + for_later_systems + noise)
    assert kernel._resolve_distribution() == newer


def test_kbuild_of_the_series_serves_up_to_6_1(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = kernel_packages("6.1.0-50", "6.1.192-2")
    parts[3] = package("linux-kbuild-6.1", "6.1.192-2", "libc6 (>= 2.34)")
    offer(monkeypatch, parts)
    assert kernel._resolve_distribution() == parts


def test_no_complete_kernel_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, kernel_packages("6.12.95+deb12", "6.12.95-1")[:2])
    with pytest.raises(KdmaError, match="no kernel with image and headers"):
        kernel._resolve_distribution()


SOURCES = [
    package("linux-source-6.12", "6.12.117-1"),
    package("linux-source-6.12", "6.12.95-1~bpo12+1"),
    package("linux-source-7.3", "7.3.4-1~bpo13+1"),
    package("linux-source-7.3", "7.3~rc7-1~exp1"),
]


@pytest.mark.parametrize(
    ("version", "chosen"),
    [
        ("6.12", "6.12.117-1"),
        ("6.12.95", "6.12.95-1~bpo12+1"),
        ("6.12.117-1", "6.12.117-1"),
        ("7.3", "7.3.4-1~bpo13+1"),
        ("7.3-rc7", "7.3~rc7-1~exp1"),
    ],
)
def test_versions_of_source_packages(
    monkeypatch: pytest.MonkeyPatch, version: str, chosen: str
) -> None:
    offer(monkeypatch, SOURCES)
    assert [p.version for p in kernel._resolve_version(version)] == [chosen]


@pytest.mark.parametrize("version", ["7.4", "7.3.9", "latest", "7"])
def test_a_version_that_is_not_there_tells_those_that_are(
    monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    offer(monkeypatch, SOURCES)
    with pytest.raises(KdmaError, match=f"no source package of Linux {version}") as caught:
        kernel._resolve_version(version)
    assert "7.3" in caught.value.finding.actual


class Chooser:
    """Resolves to version 1, then 2, and so on; what is fetched gets a folder."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self.asked = 0
        self.gone: set[str] = set()

    def resolve(self) -> list[Package]:
        self.asked += 1
        return [package("linux-image", str(self.asked))]

    def folder(self, chosen: list[Package]) -> Path:
        return self.root / chosen[0].version

    def fetch(self, chosen: list[Package]) -> None:
        if chosen[0].version in self.gone:
            raise KdmaError("cannot fetch", identity=("packages", "download", "linux-image"))
        self.folder(chosen).mkdir(exist_ok=True)

    def obtain(self) -> str:
        return kernel._obtain("default", self.resolve, self.folder, self.fetch)[0].version


def test_a_choice_stays_while_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KDMA_CACHE", str(tmp_path))
    monkeypatch.delenv("KDMA_REFRESH", raising=False)
    chooser = Chooser(tmp_path)
    assert [chooser.obtain(), chooser.obtain()] == ["1", "1"]
    (tmp_path / "1").rmdir()
    assert chooser.obtain() == "2", "no longer unpacked"
    monkeypatch.setenv("KDMA_REFRESH", "1")
    assert chooser.obtain() == "3"
    monkeypatch.delenv("KDMA_REFRESH")
    (tmp_path / "choices/default.json").write_text("{")
    assert chooser.obtain() == "4"


def test_a_choice_that_is_no_longer_offered_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KDMA_CACHE", str(tmp_path))
    monkeypatch.delenv("KDMA_REFRESH", raising=False)
    chooser = Chooser(tmp_path)
    chooser.obtain()
    chooser.gone = {"1"}
    assert chooser.obtain() == "2"
    chooser.gone = {"2", "3"}
    with pytest.raises(KdmaError, match="cannot fetch"):
        chooser.obtain()


@pytest.mark.parametrize("name", ["my linux", "a:b", "50%"])
def test_paths_that_make_cannot_cope_with(fake: Fake, name: str) -> None:
    with pytest.raises(KdmaError, match="the path of the tree"):
        prepare(KernelRequest(kdir=fake.folder / name))


def test_a_cache_that_make_cannot_cope_with(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDMA_CACHE", str(fake.folder / "my cache"))
    with pytest.raises(KdmaError, match="the path of the cache") as caught:
        prepare(request(fake))
    assert "KDMA_CACHE" in caught.value.finding.next


def test_a_source_package_is_built_with_our_configuration(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, SOURCES)
    monkeypatch.setattr(
        packages, "fetch_into", lambda folder, *_, **__: folder.exists() or make_tree(folder)
    )
    built = prepare(KernelRequest(version="7.3"))
    assert built.name == "Linux 7.3.4"
    assert built.origin == "source package"
    config = kernel.parse_config(built.config.read_text())
    assert config["CONFIG_DMA_API_DEBUG"] == "y"
    calls = fake.calls("")
    assert prepare(KernelRequest(version="7.3")) == built
    assert fake.calls("") == calls


def test_a_source_in_the_cache_that_changed_is_built_again(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, SOURCES)
    monkeypatch.setattr(
        packages, "fetch_into", lambda folder, *_, **__: folder.exists() or make_tree(folder)
    )
    built = prepare(KernelRequest(version="7.3"))
    assert built.source is not None
    write(built.source / "include/linux/dma-mapping.h", "tampered")
    calls = fake.calls("bzImage")
    prepare(KernelRequest(version="7.3"))
    assert fake.calls("bzImage") == calls + 1


# -- CONFIG_RUST -----------------------------------------------------------------------

TOO_OLD = "***\n*** Rust compiler 'rustc' is too old.\n***\n"
BROKEN_CRATE = """\
  RUSTC L rust/kernel.o
error[E0412]: cannot find type `dma_addr_t` in crate `bindings`
  --> /sources/linux/rust/kernel/dma.rs:51:33
   |
"""


def with_dma(folder: Path, *_: object, **__: object) -> None:
    """Unpacks a source that has kernel::dma."""
    if not folder.exists():
        write(make_tree(folder) / kernel_rust.DMA_MODULE, "pub struct Coherent;\n")


@pytest.fixture
def rusty(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """A source package with kernel::dma, and the tools for it."""
    offer(monkeypatch, SOURCES)
    monkeypatch.setattr(packages, "fetch_into", with_dma)
    tools = KernelRust(("RUSTC=/opt/rustc",), "rustc 1.95")
    monkeypatch.setattr(kernel_rust, "tools", lambda: tools)
    monkeypatch.setattr(kernel_rust, "why_not", lambda *_: None)
    return fake


def test_a_kernel_with_kernel_dma_is_built_with_rust(rusty: Fake) -> None:
    built = prepare(KernelRequest(version="7.3"))
    assert kernel.parse_config(built.config.read_text())["CONFIG_RUST"] == "y"
    assert built.make_arguments == ("RUSTC=/opt/rustc",)
    assert built.no_rust is None
    calls = rusty.calls("")
    assert prepare(KernelRequest(version="7.3")) == built
    assert rusty.calls("") == calls


def test_headers_are_prepared_without_the_kernel_crate(rusty: Fake) -> None:
    assert not prepare_headers(KernelRequest(version="7.3")).complete
    assert rusty.calls("modules_prepare CONFIG_RUST=") == 1
    assert rusty.calls(" prepare") == 0


def test_other_tools_are_another_build(rusty: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    built = prepare(KernelRequest(version="7.3"))
    monkeypatch.setattr(kernel_rust, "tools", lambda: KernelRust((), "rustc 1.96"))
    other = prepare(KernelRequest(version="7.3"))
    assert other.build != built.build
    assert other.identity != built.identity


def test_without_kernel_dma_it_is_built_as_ever(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, SOURCES)
    monkeypatch.setattr(
        packages,
        "fetch_into",
        lambda folder, *_, **__: folder.exists() or write(make_tree(folder) / "rust/kernel/lib.rs"),
    )
    built = prepare(KernelRequest(version="7.3"))
    assert "CONFIG_RUST" not in kernel.parse_config(built.config.read_text())
    assert built.no_rust is not None and built.no_rust.explained
    assert "no kernel::dma" in built.no_rust.reason


def assert_built_without_rust(built: kernel.Kernel, why: str) -> None:
    assert built.complete
    assert "CONFIG_RUST" not in kernel.parse_config(built.config.read_text())
    assert built.no_rust is not None and not built.no_rust.explained
    assert built.no_rust.what == kernel_rust.DRIVER and why in built.no_rust.reason


def test_without_the_tools_it_is_built_without_rust(
    rusty: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> KernelRust:
        raise KdmaError("there is no cargo", actual="no such command")

    monkeypatch.setattr(kernel_rust, "tools", missing)
    assert_built_without_rust(prepare(KernelRequest(version="7.3")), "there is no cargo")


def test_tools_that_the_kernel_refuses_are_done_without(rusty: Fake) -> None:
    rusty.switch("refused", "CONFIG_RUST=")
    rusty.switch("tools", TOO_OLD)
    assert_built_without_rust(prepare(KernelRequest(version="7.3")), "rustc' is too old")


def test_a_kernel_crate_that_does_not_compile_is_done_without(
    rusty: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    rusty.switch("crate", BROKEN_CRATE)
    built = prepare(KernelRequest(version="7.3"))
    assert_built_without_rust(built, "cannot find type `dma_addr_t` in crate `bindings`")
    assert built.no_rust is not None and "rust/kernel/dma.rs:51:33" in built.no_rust.reason
    # What did not compile is not tried each time, but when it is asked for.
    calls = rusty.calls("")
    assert prepare(KernelRequest(version="7.3")) == built
    assert rusty.calls("") == calls
    (rusty.folder / "crate").unlink()
    monkeypatch.setenv("KDMA_REFRESH", "1")
    assert prepare(KernelRequest(version="7.3")).no_rust is None


def test_rust_that_does_not_take_for_another_reason_is_an_error(rusty: Fake) -> None:
    rusty.switch("refused", "CONFIG_RUST=")
    with pytest.raises(KdmaError, match="CONFIG_RUST=y") as caught:
        prepare(KernelRequest(version="7.3"))
    assert "configs/rust.config" in caught.value.finding.next


def test_a_c_error_of_the_kernel_is_no_reason_to_leave_rust_out(rusty: Fake) -> None:
    rusty.switch("error", "kernel/fork.c:1:1: error: expected ';'\n")
    with pytest.raises(KdmaError, match="does not compile"):
        prepare(KernelRequest(version="7.3"))


@pytest.mark.parametrize(
    ("config", "metadata", "source", "origin", "why"),
    [
        ("", True, True, "tree", "no CONFIG_RUST"),
        ("y", False, True, "tree", "run make in it"),
        ("y", False, False, "distribution", "no Rust metadata"),
        ("y", True, True, "tree", "rustc 1.0.0"),
    ],
)
def test_why_a_kernel_has_no_kernel_dma(
    tmp_path: Path, config: str, metadata: bool, source: bool, origin: str, why: str
) -> None:
    write(tmp_path / kernel_rust.DMA_MODULE)
    if metadata:
        write(tmp_path / kernel_rust.METADATA)
    options = {"CONFIG_RUST": config, "CONFIG_RUSTC_VERSION_TEXT": '"rustc 1.0.0 (old)"'}
    gap = kernel_rust.why_not(options, tmp_path, tmp_path if source else None, origin)
    assert gap is not None and gap.explained and why in gap.reason


def test_without_debian_a_kernel_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "is_debian", lambda: False)
    with pytest.raises(KdmaError, match="which kernel") as caught:
        prepare(KernelRequest())
    assert "KDIR" in caught.value.finding.next


# -- the distribution's packages, unpacked -----------------------------------------------


def test_unpacked_headers_are_made_to_work_where_they_are(tmp_path: Path) -> None:
    abi, final = "6.12.117+deb12-cloud-amd64", Path("/somewhere/final")
    headers = tmp_path / "usr/src" / f"linux-headers-{abi}"
    base = (kernel.CONFIGS / "base.config").read_text() + "CONFIG_DEVTMPFS=y\n"
    write(headers / ".config", base.replace("CONFIG_PVPANIC_PCI=y", "CONFIG_PVPANIC_PCI=m"))
    write(headers / "Makefile", "include /usr/src/linux-headers-6.12.117+deb12-common/Makefile\n")
    write(headers / "vmlinux")
    (headers / "scripts").mkdir()
    for tool in ("scripts/basic/fixdep", "scripts/mod/modpost"):
        write(headers / tool, "#!/bin/sh\nexit 1\n").chmod(0o755)
    (headers / "tools").symlink_to("/usr/lib/linux-kbuild/tools")
    modules = tmp_path / "lib/modules/kernel/drivers/misc/pvpanic"
    modules.mkdir(parents=True)
    (modules / "pvpanic.ko.xz").write_bytes(lzma.compress(b"\0depends=\0first"))
    (modules / "pvpanic-pci.ko.xz").write_bytes(lzma.compress(b"\0depends=pvpanic\0second"))
    kernel._finish_distribution(tmp_path, final, abi)
    assert (headers / "Makefile").read_text().startswith(f"include {final}/usr/src/")
    assert os.readlink(headers / "tools") == f"{final}/usr/lib/linux-kbuild/tools"
    assert not (headers / "vmlinux").exists()
    guest = kernel._guest_modules(tmp_path / "guest")
    assert [path.name for path in guest] == ["pvpanic.ko", "pvpanic_pci.ko"]
    assert guest[1].read_bytes().endswith(b"second")
    assert not (tmp_path / "lib").exists()


def test_host_tools_that_do_not_start_are_noticed(tmp_path: Path) -> None:
    complaint = "version `GLIBC_2.41' not found"
    write(tmp_path / "scripts/basic/fixdep", f'#!/bin/sh\necho "{complaint}" >&2; exit 1\n')
    (tmp_path / "scripts/basic/fixdep").write_text(
        "#!/bin/sh\necho 'fixdep: GLIBC_2.41 not found' >&2\nexit 1\n"
    )
    (tmp_path / "scripts/basic/fixdep").chmod(0o755)
    with pytest.raises(KdmaError, match="host tools do not run here"):
        kernel._check_host_tools(tmp_path)


def test_the_compiler_that_headers_name(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = fake.folder / "headers"
    assert kernel._compiler_of_headers(headers) == ("gcc", ())
    write(headers / ".kernelvariables", "CC = $(CROSS_COMPILE)gcc-12\n")
    tools = fake.folder / "tools"
    monkeypatch.setenv("PATH", str(tools))
    write(tools / "gcc", "#!/bin/sh\necho 12.2.0\n").chmod(0o755)
    assert kernel._compiler_of_headers(headers) == ("gcc", ("CC=gcc",))
    write(tools / "gcc", "#!/bin/sh\necho 14\n").chmod(0o755)
    with pytest.raises(KdmaError, match="gcc-12"):
        kernel._compiler_of_headers(headers)
    write(tools / "gcc-12", "").chmod(0o755)
    assert kernel._compiler_of_headers(headers) == ("gcc-12", ("CC=gcc-12",))
    write(tools / "x86_64-linux-gnu-gcc-12", "").chmod(0o755)
    assert kernel._compiler_of_headers(headers) == ("x86_64-linux-gnu-gcc-12", ())


def test_a_built_tree_keeps_its_compiler(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    base = (kernel.CONFIGS / "base.config").read_text() + "CONFIG_DEVTMPFS=y\n"
    gcc = 'CONFIG_CC_IS_GCC=y\nCONFIG_GCC_VERSION=130100\nCONFIG_CC_VERSION_TEXT="gcc 13.1.0"\n'
    complete_build(fake.tree, base + gcc)
    assert prepare(request(fake)).make_arguments == (), "there is no other"
    write(fake.folder / "bin/gcc-13", GCC).chmod(0o755)
    assert prepare(request(fake)).make_arguments == ("CC=gcc-13",)
    clang = 'CONFIG_CC_IS_CLANG=y\nCONFIG_CC_VERSION_TEXT="clang version 99.1.0"\n'
    complete_build(fake.tree, base + clang)
    monkeypatch.setenv("PATH", str(fake.folder / "bin"))
    with pytest.raises(KdmaError, match="built with clang"):
        prepare(request(fake))
    for tool in ("clang-99", "ld.lld-99"):
        write(fake.folder / "bin" / tool, GCC).chmod(0o755)
    assert prepare(request(fake)).make_arguments == ("LLVM=-99",)


def test_identities_are_plain_data(fake: Fake) -> None:
    built = prepare(request(fake))
    assert json.loads(json.dumps(dataclasses.asdict(built), default=str))["identity"]
    assert len(built.identity) == 64
