# SPDX-License-Identifier: GPL-2.0
"""The private apt root, with an apt that we pretend and packages that are real."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kdma import cache, packages
from kdma.findings import KdmaError
from kdma.packages import Package

pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="no dpkg-deb")

#: An apt-get that serves $FAKE/pool, knows the suites in $FAKE/suites, and
#: writes down how it was called. `offline` in $FAKE cuts the network.
APT_GET = r"""#!/bin/sh
echo "$@" >> "$FAKE/calls"
case "$*" in
*--print-uris*)
	cat "$FAKE/uris"; exit 0 ;;
*indextargets*)
	[ -f "$FAKE/updated" ] && cat "$FAKE/suites"; exit 0 ;;
*update*)
	if [ -f "$FAKE/offline" ]; then
		echo "Err:1 http://mirror bookworm InRelease"
		echo "W: Failed to fetch: Could not resolve 'mirror'" >&2; exit 100
	fi
	touch "$FAKE/updated"; exit 0 ;;
*download*)
	if [ -f "$FAKE/offline" ]; then
		echo "E: Failed to fetch: Could not resolve 'mirror'" >&2; exit 100
	fi
	for last; do :; done
	cp "$FAKE/pool/${last%%=*}.deb" .
	if [ -s "$FAKE/corrupt" ]; then
		echo junk >> "${last%%=*}.deb"
		sed -i 1d "$FAKE/corrupt"
	fi
	exit 0 ;;
esac
exit 1
"""
APT_CACHE = r"""#!/bin/sh
echo "apt-cache $@" >> "$FAKE/calls"
case "$*" in
*pkgnames*) echo tool; echo tool-extra ;;
*show*) cat "$FAKE/show" ;;
esac
"""
APT_CONFIG = r"""#!/bin/sh
echo 'Acquire "";'
echo 'Acquire::http::Proxy "http://proxy:3128";'
echo 'Acquire::AllowInsecureRepositories "1";'
echo 'Acquire::IndexTargets::deb::Packages::MetaKey "x";'
"""
SUITES = ("bookworm", "bookworm-backports")


class Fake:
    """The pretended machine: its folder and what was asked of apt."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def calls(self, word: str) -> int:
        path = self.folder / "calls"
        return sum(word in line for line in path.read_text().splitlines()) if path.exists() else 0

    def switch(self, name: str, text: str = "") -> None:
        (self.folder / name).write_text(text)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    folder = tmp_path / "fake"
    (folder / "bin").mkdir(parents=True)
    (folder / "pool").mkdir()
    for name, text in (("apt-get", APT_GET), ("apt-cache", APT_CACHE), ("apt-config", APT_CONFIG)):
        path = folder / "bin" / name
        path.write_text(text)
        path.chmod(0o755)
    (folder / "uris").write_text(
        "'http://mirror/debian/dists/bookworm/InRelease' a 0\n"
        "'http://mirror/debian/dists/bookworm/main/binary-amd64/Packages.xz' b 0\n"
        "'http://mirror/security/dists/bookworm-security/InRelease' c 0\n"
    )
    (folder / "suites").write_text("bookworm|Debian\nbookworm-backports|Debian Backports\n")
    (folder / "show").write_text("")
    (folder / "os-release").write_text('ID=debian\nVERSION_CODENAME="bookworm"\n')
    (folder / "etc/sources.list.d").mkdir(parents=True)
    (folder / "keyring.gpg").write_text("keys")
    monkeypatch.setenv("FAKE", str(folder))
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("KDMA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KDMA_OUT", str(tmp_path / "out"))
    monkeypatch.setenv("KDMA_OS_RELEASE", str(folder / "os-release"))
    monkeypatch.setenv("KDMA_ETC_APT", str(folder / "etc"))
    monkeypatch.setattr(packages, "KEYRING", folder / "keyring.gpg")
    packages.os_release.cache_clear()
    packages.host_sources.cache_clear()
    yield Fake(folder)
    packages.os_release.cache_clear()
    packages.host_sources.cache_clear()


def make_package(fake: Fake, name: str = "tool", content: str = "hello\n") -> Package:
    """A real .deb in the pretended pool, with its entry for apt-cache."""
    tree = fake.folder / "trees" / name
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "usr/share").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: 1.0-1\nArchitecture: all\nMaintainer: n <n@n>\nDescription: d\n"
    )
    (tree / "usr/share" / name).write_text(content)
    deb = fake.folder / "pool" / f"{name}.deb"
    subprocess.run(["dpkg-deb", "-b", str(tree), str(deb)], check=True, capture_output=True)
    digest = cache.digest(deb)
    with (fake.folder / "show").open("a") as show:
        show.write(
            f"Package: {name}\nVersion: 1.0-1\nArchitecture: all\nInstalled-Size: 9\n"
            f"Size: {deb.stat().st_size}\nSHA256: {digest}\n\n"
        )
    [found] = [p for p in packages.available([name], SUITES) if p.name == name]
    return found


# -- where things are -----------------------------------------------------------


def test_the_hosts_own_apt_tells_its_sources(fake: Fake) -> None:
    assert [(s.uri, s.suite) for s in packages.host_sources()] == [
        ("http://mirror/debian", "bookworm"),
        ("http://mirror/security", "bookworm-security"),
    ]
    assert packages.host_suites() == ("bookworm", "bookworm-security")


def test_other_suites_come_from_the_hosts_mirror(fake: Fake) -> None:
    assert packages.mirrors_of("sid")[0] == "http://mirror/debian"
    assert packages.mirrors_of("trixie-security")[0] == "http://mirror/security"


def test_another_distribution_names_its_mirror_of_debian(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.switch("os-release", "ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n")
    packages.os_release.cache_clear()
    assert packages.mirrors_of("sid") == ()
    monkeypatch.setenv("KDMA_MIRROR", "http://mirror/of/debian/")
    assert packages.mirrors_of("sid") == ("http://mirror/of/debian",)
    assert packages.mirrors_of("trixie-security") == ("http://mirror/of/debian-security",)
    assert packages.host_suites() == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "sources.list.d/a.sources",
            "Types: deb\nURIs: http://other/debian\nSigned-By: /wrong.gpg\n\n"
            "Types: deb\nURIs: http://mirror/debian/\nSuites: bookworm\nSigned-By: /right.gpg\n",
        ),
        (
            "sources.list",
            "# deb [signed-by=/wrong.gpg] http://mirror/debian bookworm main\n"
            "deb [arch=amd64 signed-by=/right.gpg] http://mirror/debian bookworm main\n",
        ),
    ],
)
def test_the_hosts_keyring_is_used_in_both_formats(fake: Fake, name: str, text: str) -> None:
    (fake.folder / "etc" / name).write_text(text)
    assert packages._keyring_of("http://mirror/debian") == Path("/right.gpg")
    assert packages._keyring_of("http://elsewhere/debian") == packages.KEYRING


def test_nothing_is_taken_without_keys(fake: Fake) -> None:
    (fake.folder / "keyring.gpg").unlink()
    with pytest.raises(KdmaError, match="keys") as caught:
        packages.update(SUITES)
    assert "debian-archive-keyring" in caught.value.finding.next
    assert fake.calls("update") == fake.calls("--print-uris")


def test_the_private_root_verifies_and_runs_no_hooks_of_the_host(fake: Fake) -> None:
    packages.update(SUITES)
    settings = (packages.apt_root() / "etc/apt.conf").read_text()
    assert 'Acquire::http::Proxy "http://proxy:3128";' in settings
    assert 'AllowInsecureRepositories "1"' not in settings
    assert 'Dir::Etc::parts "/dev/null";' in settings
    sources = "".join(p.read_text() for p in (packages.apt_root() / "etc").glob("*.list"))
    assert "signed-by=" in sources
    assert "trusted" not in sources


@pytest.mark.parametrize(
    ("version", "upstream"),
    [
        ("1.95.0+dfsg1-2~bpo13+1", "1.95.0"),
        ("7.3.4-1~bpo13+1", "7.3.4"),
        ("7.3~rc7-1~exp1", "7.3~rc7"),
        ("1:7.2+dfsg-7+deb12u18", "7.2"),
        ("6.12.117-1", "6.12.117"),
    ],
)
def test_upstream_versions(version: str, upstream: str) -> None:
    assert packages.upstream(version) == upstream


def test_versions_sort_as_dpkg_has_them() -> None:
    versions = ["6.1.192-2", "6.12.95-1~bpo12+1", "6.12.117-1", "6.12.95-1", "6.9-1"]
    assert packages.newest_first(versions, str) == [
        "6.12.117-1",
        "6.12.95-1",
        "6.12.95-1~bpo12+1",
        "6.9-1",
        "6.1.192-2",
    ]


# -- lists ------------------------------------------------------------------------


def test_lists_are_asked_for_once_a_day(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        assert packages.update(SUITES) == SUITES
    assert fake.calls("-q update") == 1
    packages.update(SUITES, force=True)
    assert fake.calls("-q update") == 2
    later = time.time() + 2 * packages.LISTS_LIFE
    monkeypatch.setattr(time, "time", lambda: later)
    packages.update(SUITES)
    assert fake.calls("-q update") == 3


def test_a_suite_that_nobody_has_is_left_out(fake: Fake) -> None:
    assert packages.update((*SUITES, "nonsense")) == SUITES


def test_a_suite_of_somebody_else_with_the_same_name_is_not_taken(fake: Fake) -> None:
    fake.switch("suites", "bookworm|Somebody\nbookworm-backports|Debian Backports\n")
    assert packages.update(SUITES) == ("bookworm-backports",)


def test_offline_without_lists_says_so(fake: Fake) -> None:
    fake.switch("offline")
    with pytest.raises(KdmaError, match="no package lists") as caught:
        packages.update(SUITES)
    assert "Could not resolve" in caught.value.finding.actual
    assert "network" in caught.value.finding.next


def test_offline_with_old_lists_goes_on(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    packages.update(SUITES)
    fake.switch("offline")
    later = time.time() + 2 * packages.LISTS_LIFE
    monkeypatch.setattr(time, "time", lambda: later)
    assert packages.update(SUITES) == SUITES


def test_stanzas_without_a_hash_are_left_out() -> None:
    text = (
        "Package: a\nVersion: 1\nSize: 5\nInstalled-Size: 2\nDepends: b\nSHA256: 00\n\n"
        "Package: a\nVersion: 0\nStatus: installed\n"
    )
    assert packages.parse_stanzas(text) == [Package("a", "1", "", "00", 5, 2048, "b")]


def test_names_by_prefix(fake: Fake) -> None:
    assert packages.names_with_prefix("to", SUITES) == ["tool", "tool-extra"]


# -- fetching ---------------------------------------------------------------------


def test_a_package_is_fetched_once(fake: Fake) -> None:
    package = make_package(fake)
    folder = packages.fetch(package, SUITES)
    assert (folder / "usr/share/tool").read_text() == "hello\n"
    before = fake.calls("")
    assert packages.fetch(package, SUITES) == folder
    assert fake.calls("") == before, "apt was asked again"


def test_cached_and_offline_works(fake: Fake) -> None:
    package = make_package(fake)
    packages.fetch(package, SUITES)
    fake.switch("offline")
    packages.fetch(package, SUITES)


def test_a_corrupt_download_is_fetched_again(fake: Fake) -> None:
    package = make_package(fake)
    fake.switch("corrupt", "once\n")
    folder = packages.fetch(package, SUITES)
    assert (folder / "usr/share/tool").read_text() == "hello\n"
    assert fake.calls("-q download") == 2


def test_a_download_that_stays_corrupt_is_an_error(fake: Fake) -> None:
    package = make_package(fake)
    fake.switch("corrupt", "one\ntwo\nthree\n")
    with pytest.raises(KdmaError, match=r"cannot fetch tool 1\.0-1") as caught:
        packages.fetch(package, SUITES)
    assert package.sha256 in caught.value.finding.expected
    assert "SHA-256" in caught.value.finding.actual
    assert fake.calls("-q download") == 2
    assert not package.folder.exists()


def test_a_kept_download_is_used_only_with_the_right_hash(fake: Fake) -> None:
    package = make_package(fake)
    kept = package.folder.with_name(f".{package.folder.name}.deb")
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"half of it")
    packages.fetch(package, SUITES)
    assert fake.calls("-q download") == 1
    assert not kept.exists()


@pytest.mark.parametrize("damage", ["write", "add", "remove", "touch"])
def test_a_changed_cache_entry_is_made_again(fake: Fake, damage: str) -> None:
    package = make_package(fake)
    file = packages.fetch(package, SUITES) / "usr/share/tool"
    if damage == "write":
        file.write_text("other\n")
    elif damage == "add":
        file.with_name("more").write_text("")
    elif damage == "remove":
        file.unlink()
    else:
        os.utime(file)
    folder = packages.fetch(package, SUITES)
    assert sorted(p.name for p in folder.rglob("*") if p.is_file()) == [packages.RECORD, "tool"]
    assert file.read_text() == "hello\n"
    assert fake.calls("-q download") == 2


def test_a_record_that_is_cut_off_is_not_believed(fake: Fake) -> None:
    package = make_package(fake)
    folder = packages.fetch(package, SUITES)
    record = folder / packages.RECORD
    record.write_text(record.read_text()[:20])
    packages.fetch(package, SUITES)
    assert json.loads(record.read_text())["sha256"] == [package.sha256]
    assert fake.calls("-q download") == 2


def test_offline_and_nothing_cached_is_a_clear_error(fake: Fake) -> None:
    package = make_package(fake)
    fake.switch("offline")
    with pytest.raises(KdmaError, match="cannot fetch tool") as caught:
        packages.fetch(package, SUITES)
    assert "Could not resolve" in caught.value.finding.actual


def test_unpacking_that_fails_leaves_nothing(fake: Fake) -> None:
    package = make_package(fake)

    def unpack(deb: Path, folder: Path) -> None:
        (folder / "half").write_text("")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(KdmaError, match="the disk is full"):
        packages.fetch_into(package.folder, [package], SUITES, unpack=unpack)
    assert not package.folder.exists()
    assert not list(package.folder.parent.glob("*.unpacking"))
    packages.fetch(package, SUITES)
    assert fake.calls("-q download") == 1, "the verified download is used again"


def test_too_little_space_is_said_before(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    package = make_package(fake)
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1_000_000))
    with pytest.raises(KdmaError, match="the disk is full") as caught:
        packages.fetch_into(package.folder, [package], SUITES, space=2_000_000_000)
    assert "2.0 GB" in caught.value.finding.actual
    assert fake.calls("-q download") == 0


def test_several_packages_share_a_folder(fake: Fake, tmp_path: Path) -> None:
    both = [make_package(fake, "tool"), make_package(fake, "more")]
    folder = tmp_path / "cache" / "both"
    packages.fetch_into(
        folder, both, SUITES, finish=lambda made: (made / "usr/share/tool").write_text("x") and None
    )
    assert (folder / "usr/share/tool").read_text() == "x"
    assert (folder / "usr/share/more").is_file()
    assert packages.recorded(folder, both)
    assert not packages.recorded(folder, both[:1])


def test_stat_digest_sees_what_is_watched_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "include").mkdir()
    (tmp_path / "include/a.h").write_text("a")
    (tmp_path / "Makefile").write_text("")
    watched = ("include", "Makefile", "missing")
    before = packages.stat_digest(tmp_path, watched)
    (tmp_path / "notes").write_text("")
    assert packages.stat_digest(tmp_path, watched) == before
    (tmp_path / "include/b.h").symlink_to("a.h")
    changed = packages.stat_digest(tmp_path, watched)
    assert changed != before
    os.utime(tmp_path / "Makefile", ns=(1, 1))
    assert packages.stat_digest(tmp_path, watched) != changed
