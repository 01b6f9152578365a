# SPDX-License-Identifier: GPL-2.0
"""Debian packages of any suite: fetched, verified and unpacked, never installed.

A private apt root in the cache has its own sources, lists and state; the
host's apt is only asked where its mirror is. apt verifies the signatures and
gives the SHA-256 of each package, which is checked again before unpacking.

    cache/apt/                        the private apt root
    cache/packages/NAME_VERSION_HASH/ an unpacked package, with RECORD

Standard library only: set-up runs before any package is installed.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kdma import progress
from kdma.cache import digest
from kdma.findings import KdmaError
from kdma.paths import cache_root
from kdma.process import Completed, disk_full, lock, run

T = TypeVar("T")

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

#: Debian's releases, oldest first, then the suites that are not releases.
RELEASES = ("bookworm", "trixie", "forky")
ROLLING = ("sid", "experimental")

#: Seconds after which the lists of a suite are asked for again.
LISTS_LIFE = 24 * 3600.0
#: Made last; a folder without it is not a complete package.
RECORD = ".kdma-package.json"


@dataclass(frozen=True)
class Package:
    """A package as apt's verified index describes it. Sizes in bytes."""

    name: str
    version: str
    architecture: str
    sha256: str
    size: int
    installed_size: int
    depends: str

    @property
    def folder(self) -> Path:
        """Where it is unpacked to."""
        version = self.version.replace(":", "%3a")
        return cache_root() / "packages" / f"{self.name}_{version}_{self.sha256[:12]}"


@dataclass(frozen=True)
class HostSource:
    """One suite of the host's own apt configuration."""

    uri: str
    suite: str


def apt_root() -> Path:
    """The private apt root."""
    return cache_root() / "apt"


@functools.cache
def os_release() -> Mapping[str, str]:
    """/etc/os-release, or the file that KDMA_OS_RELEASE names. Empty if there is none."""
    path = Path(os.environ.get("KDMA_OS_RELEASE", "/etc/os-release"))
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def is_debian() -> bool:
    """Is the host Debian itself, as against another one with apt?"""
    return os_release().get("ID") == "debian"


def codename() -> str:
    """The host's Debian release; sid where os-release names none."""
    return os_release().get("VERSION_CODENAME", "sid")


def upstream(version: str) -> str:
    """The upstream part of a Debian version: 1.95.0+dfsg1-2~bpo13+1 is 1.95.0."""
    text = version.partition(":")[2] or version
    return re.split(r"[-+]", text, maxsplit=1)[0].split("~bpo")[0]


def newer(left: str, right: str) -> bool:
    """Is Debian version `left` newer than `right`? dpkg says."""
    return (
        subprocess.run(
            ["dpkg", "--compare-versions", left, "gt", right], check=False, stdin=subprocess.DEVNULL
        ).returncode
        == 0
    )


def newest_first(items: Iterable[T], version: Callable[[T], str]) -> list[T]:
    """Sorted by dpkg's order of versions, the newest first."""
    compare = functools.cmp_to_key(lambda a, b: 0 if a == b else -1 if newer(str(a), str(b)) else 1)
    return sorted(items, key=lambda item: compare(version(item)))


# -- where the mirror is ------------------------------------------------------


def _keyring_of(uri: str) -> Path:
    """The keyring that the host's configuration names for `uri`, else Debian's."""
    etc = Path(os.environ.get("KDMA_ETC_APT", "/etc/apt"))
    wanted = uri.rstrip("/")
    for path in sorted(etc.glob("sources.list.d/*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text(errors="replace")):
            signed = re.search(r"^Signed-By:[ \t]*(/\S+)", stanza, re.MULTILINE | re.IGNORECASE)
            uris = re.search(r"^URIs:(.*)$", stanza, re.MULTILINE | re.IGNORECASE)
            if signed and uris and wanted in [u.rstrip("/") for u in uris[1].split()]:
                return Path(signed[1])
    for path in [etc / "sources.list", *sorted(etc.glob("sources.list.d/*.list"))]:
        if path.is_file():
            for line in path.read_text(errors="replace").splitlines():
                entry = re.match(r"deb\s+\[([^]]*)\]\s+(\S+)", line)
                signed = re.search(r"signed-by=(/[^\s,\]]+)", entry[1]) if entry else None
                if entry and signed and entry[2].rstrip("/") == wanted:
                    return Path(signed[1])
    return KEYRING


@functools.cache
def host_sources() -> tuple[HostSource, ...]:
    """The suites of the host's apt configuration, one-line and deb822 alike.

    apt itself reads them, so that every format it knows is covered; it needs
    neither root nor lists for that. Empty where there is no apt.
    """
    if shutil.which("apt-get") is None:
        return ()
    done = run(
        ["apt-get", "--print-uris", "update"], what="asking apt for the host's sources", check=False
    )
    found = re.findall(r"^'([^']+)/dists/(\S+?)/InRelease'", done.stdout, re.MULTILINE)
    return tuple(dict.fromkeys(HostSource(uri, suite) for uri, suite in found))


def _is_host_suite(suite: str) -> bool:
    """A suite of the host's release, by its codename or by an alias?"""
    return suite.split("-")[0] in (
        codename(),
        "oldoldstable",
        "oldstable",
        "sid",
        "stable",
        "testing",
        "unstable",
    )


def host_suites() -> tuple[str, ...]:
    """The suites of the host's release among its own sources; empty if it is not Debian."""
    if not is_debian():
        return ()
    suites = (source.suite for source in host_sources())
    return tuple(dict.fromkeys(suite for suite in suites if _is_host_suite(suite)))


def every_suite() -> tuple[str, ...]:
    """All suites we look in: the host's, then each release's, then the rolling ones."""
    suites = list(host_suites())
    for release in RELEASES:
        suites += [release, f"{release}-security", f"{release}-backports"]
    suites += ROLLING
    # A suite that does not exist yet costs one failed request a day.
    return tuple(dict.fromkeys(s for s in suites if not s.startswith("forky-")))


def mirrors_of(suite: str) -> tuple[str, ...]:
    """URIs to try for a suite: KDMA_MIRROR, then those of the host's own configuration.

    No other host is ever asked. KDMA_MIRROR is for machines that are not
    Debian: the URI of a mirror of Debian; its security archive is found
    beside it, under the same name with -security.
    """
    sources = host_sources() if is_debian() else ()
    security = suite.endswith("-security")
    named = os.environ.get("KDMA_MIRROR", "").rstrip("/")
    uris = [f"{named}-security" if security else named] if named else []
    uris += [source.uri for source in sources if source.suite == suite]
    uris += [
        source.uri
        for source in sources
        if _is_host_suite(source.suite) and source.suite.endswith("-security") == security
    ]
    return tuple(dict.fromkeys(uri.rstrip("/") for uri in uris))


# -- the private apt root -----------------------------------------------------


def _network_settings() -> str:
    """The host's proxy, time-out and certificate settings; not its hooks, not its trust."""
    dump = run(["apt-config", "dump", "Acquire"], what="asking apt for its settings").stdout
    unwanted = re.compile(r"^Acquire::(IndexTargets|Allow\w*Insecure\w*|AllowWeak\w*|Languages)\b")
    return "".join(
        f"{line}\n"
        for line in dump.splitlines()
        if line.endswith(";") and not unwanted.match(line) and not line.endswith(' "";')
    )


def _prepare_root() -> Path:
    """Makes the private apt root and its configuration; returns the configuration."""
    root = apt_root()
    for folder in ("etc", "lists/partial", "cache/archives/partial", "stamps"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "status").touch()
    configuration = root / "etc/apt.conf"
    text = f"""Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::sourceparts "/dev/null";
Dir::State "{root}";
Dir::State::lists "{root}/lists";
Dir::State::status "{root}/status";
Dir::Cache "{root}/cache";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
APT::Get::AllowUnauthenticated "false";
APT::Get::List-Cleanup "false";
APT::Sandbox::User "root";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::GzipIndexes "true";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::Languages "none";
Acquire::Retries "2";
{_network_settings()}"""
    _write(configuration, text)
    return configuration


def _write(path: Path, text: str) -> None:
    """Replaces a file in one step, and only if it says something else."""
    if path.is_file() and path.read_text() == text:
        return
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_text(text)
    temporary.rename(path)


def _source_line(uri: str, suite: str) -> str:
    keyring = _keyring_of(uri)
    if not keyring.is_file():
        raise KdmaError(
            "the keys that Debian's packages are signed with are not here",
            where=str(keyring),
            expected="a keyring to verify packages with; nothing is taken unverified",
            actual="no such file",
            next="install the package debian-archive-keyring",
            identity=("packages", "keyring"),
        )
    return f"deb [arch=amd64 signed-by={keyring}] {uri} {suite} main\n"


def _apt(
    command: Sequence[str],
    suites: Sequence[str],
    *,
    what: str,
    mirror: Mapping[str, str],
    cwd: Path | None = None,
    on_line: Callable[[str], None] | None = None,
) -> Completed:
    """Runs a command of apt in the private root with just `suites` as its sources."""
    if shutil.which(command[0]) is None:
        raise KdmaError(
            f"{what} needs {command[0]}",
            where=os_release().get("PRETTY_NAME", "this machine"),
            expected="a distribution with apt",
            actual=f"no {command[0]}",
            next="give a kernel tree instead: KDIR=path",
            identity=("packages", "apt"),
        )
    configuration = _prepare_root()
    text = "".join(_source_line(mirror[suite], suite) for suite in suites)
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    sources = configuration.parent / f"{name}.list"
    _write(sources, text)
    return run(
        [command[0], "-o", f"Dir::Etc::sourcelist={sources}", *command[1:]],
        what=what,
        env={**os.environ, "APT_CONFIG": str(configuration), "LC_ALL": "C.UTF-8"},
        check=False,
        cwd=cwd,
        on_line=on_line,
    )


def _stamp(suite: str) -> Path:
    return apt_root() / "stamps" / f"{suite}.json"


def _mirror(suite: str) -> str | None:
    """The mirror whose lists of `suite` are here; None without lists."""
    try:
        found = json.loads(_stamp(suite).read_text())["uri"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return str(found) if found else None


def _fresh(suite: str) -> bool:
    try:
        told = json.loads(_stamp(suite).read_text())
        return 0 <= time.time() - float(told["time"]) < LISTS_LIFE
    except (OSError, ValueError, KeyError, TypeError):
        return False


def update(suites: Sequence[str], *, force: bool = False) -> tuple[str, ...]:
    """Brings the lists of `suites` up to date, at most once a day; returns those there.

    With `force` again even if today's are here. A suite that no mirror has is
    left out; lists that cannot be refreshed are used as they are. Raises
    KdmaError if no suite has lists.
    """
    with lock(apt_root() / "lock", "reading package lists", wait=True):
        stale = [s for s in suites if force or not _fresh(s)]
        problem = ""
        if stale:
            with progress.stage("package lists") as stage:
                stage.note(", ".join(stale))
                problem = _update(stale)
        there = tuple(s for s in suites if _mirror(s) is not None)
    if not there:
        raise KdmaError(
            "no package lists, and none can be fetched",
            where=", ".join(mirrors_of(suites[0])),
            expected=f"package lists of {', '.join(suites)}",
            actual=problem or "no mirror has them",
            next="look at the network and at the proxy of apt, then run it again; name a mirror of "
            "Debian: KDMA_MIRROR=URI; or give a kernel tree: KDIR=path",
            identity=("packages", "offline"),
        )
    return there


def _update(stale: Sequence[str]) -> str:
    """One round for each mirror; returns what apt complained about last."""
    problem = ""
    left = list(stale)
    for attempt in range(max(len(mirrors_of(suite)) for suite in stale)):
        mirror = {s: m[attempt] for s in left if len(m := mirrors_of(s)) > attempt}
        if not mirror:
            break
        done = _apt(
            ["apt-get", "-q", "update"],
            list(mirror),
            what="fetching package lists",
            mirror=mirror,
            on_line=progress.note,
        )
        failed = set(re.findall(r"^Err:\d+ \S+ (\S+)", done.stdout, re.MULTILINE))
        complaints = [
            line for line in (done.stdout + done.stderr).splitlines() if line[:2] in ("E:", "W:")
        ]
        problem = "\n".join(complaints[:5]) or problem
        if "No space left" in problem:
            raise disk_full(apt_root(), problem)
        have = _apt(
            [
                "apt-get",
                "indextargets",
                "--format",
                "$(RELEASE)|$(ORIGIN)",
                "Created-By: Packages",
            ],
            list(mirror),
            what="reading package lists",
            mirror=mirror,
        )
        # Others have suites with Debian's names too; their keys are their own.
        present = {
            release
            for release, _, origin in (line.partition("|") for line in have.stdout.splitlines())
            if origin.startswith("Debian")
        }
        for suite, uri in mirror.items():
            if suite in failed or suite not in present:
                continue
            _write(_stamp(suite), json.dumps({"uri": uri, "time": time.time()}))
            left.remove(suite)
    for suite in left:
        # Keeps what is there from before; asks again tomorrow, not every time.
        known = _mirror(suite)
        if not _is_network_fault(problem):
            _write(_stamp(suite), json.dumps({"uri": known or "", "time": time.time()}))
    return problem


def _is_network_fault(complaint: str) -> bool:
    return bool(re.search(r"resolve|connect|unreachable|timed out|Timeout", complaint))


# -- finding packages ---------------------------------------------------------


def parse_stanzas(text: str) -> list[Package]:
    """The packages of `apt-cache show`; those without a SHA256 (installed only) are left out."""
    packages = []
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([A-Za-z0-9-]+):[ \t]*(.*)$", stanza, re.MULTILINE))
        if {"Package", "Version", "SHA256"} <= fields.keys():
            packages.append(
                Package(
                    fields["Package"],
                    fields["Version"],
                    fields.get("Architecture", ""),
                    fields["SHA256"],
                    int(fields.get("Size", "0")),
                    int(fields.get("Installed-Size", "0")) * 1024,
                    fields.get("Depends", ""),
                )
            )
    return list(dict.fromkeys(packages))


def available(names: Sequence[str], suites: Sequence[str]) -> list[Package]:
    """All versions of the packages `names` in `suites`, newest first. May be empty."""
    if not names:
        return []
    there = update(suites)
    mirror = {s: _mirror(s) or "" for s in there}
    done = _apt(
        ["apt-cache", "show", "-a", *names], there, what="looking up packages", mirror=mirror
    )
    return newest_first(parse_stanzas(done.stdout), lambda p: p.version)


def names_with_prefix(prefix: str, suites: Sequence[str]) -> list[str]:
    """Names of packages in `suites` that begin with `prefix`, sorted."""
    there = update(suites)
    mirror = {s: _mirror(s) or "" for s in there}
    done = _apt(["apt-cache", "pkgnames", prefix], there, what="looking up packages", mirror=mirror)
    return sorted(done.stdout.split())


# -- fetching -----------------------------------------------------------------


def stat_digest(root: Path, parts: Sequence[str] = (".",)) -> str:
    """A digest over path, size, mtime, ctime and inode of all files below `parts` of `root`.

    Changes whenever a file is written, replaced, added or removed, and never
    reads one: some 100 ms for 20000 files.
    """
    total = hashlib.sha256()
    for part in parts:
        top = os.path.join(root, part)
        if not os.path.isdir(top):
            if os.path.lexists(top):
                s = os.lstat(top)
                total.update(
                    f"{part}\0{s.st_size} {s.st_mtime_ns} {s.st_ctime_ns} {s.st_ino}\n".encode()
                )
            continue
        pending = [top]
        while pending:
            folder = pending.pop()
            with os.scandir(folder) as entries:
                for entry in sorted(entries, key=lambda e: e.name):
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                        continue
                    if entry.name == RECORD:
                        continue
                    s = entry.stat(follow_symlinks=False)
                    total.update(
                        f"{entry.path}\0{s.st_size} {s.st_mtime_ns} {s.st_ctime_ns} "
                        f"{s.st_ino}\n".encode(errors="surrogateescape")
                    )
    return total.hexdigest()


def require_space(where: Path, needed: int, what: str) -> None:
    """KdmaError if the file system of `where` has fewer than `needed` bytes free."""
    existing = where
    while not existing.exists():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise disk_full(where, f"{what} needs {needed / 1e9:.1f} GB, {free / 1e9:.1f} GB are free")


def recorded(folder: Path, packages: Sequence[Package], watched: Sequence[str] = (".",)) -> bool:
    """Are `packages` unpacked in `folder`, and is it as it was then? Needs no network."""
    try:
        record = json.loads((folder / RECORD).read_text())
    except (OSError, ValueError):
        return False
    return bool(
        isinstance(record, dict)
        and record.get("sha256") == [package.sha256 for package in packages]
        and record.get("watched") == list(watched)
        and record.get("stat") == stat_digest(folder, watched)
    )


def _unpack_deb(deb: Path, folder: Path) -> None:
    run(["dpkg-deb", "-x", str(deb), str(folder)], what=f"unpacking {deb.name}")


def fetch(package: Package, suites: Sequence[str]) -> Path:
    """The folder with `package` unpacked. As fetch_into()."""
    fetch_into(package.folder, (package,), suites)
    return package.folder


def fetch_into(
    folder: Path,
    packages: Sequence[Package],
    suites: Sequence[str],
    *,
    unpack: Callable[[Path, Path], None] = _unpack_deb,
    finish: Callable[[Path], None] | None = None,
    watched: Sequence[str] = (".",),
    space: int = 0,
) -> None:
    """Makes `folder` hold `packages`, unpacked one over the other; nothing to do if it does.

    `unpack(deb, folder)` is called for each package, then `finish(folder)`,
    both before the folder gets its name. `watched` are the parts whose change
    makes the entry stale: it is then made again. `space` is what it takes in
    bytes, if more than the packages say. The folder belongs to the cache: read
    only. Raises KdmaError: no network, wrong hash twice, no space.
    """
    if recorded(folder, packages, watched):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    what = ", ".join(f"{package.name} {package.version}" for package in packages)
    with lock(folder.with_name(f".{folder.name}.lock"), f"fetching {what}", wait=True):
        if recorded(folder, packages, watched):
            return
        if folder.exists():
            progress.say(f"{folder} is not as it was unpacked: made again")
            shutil.rmtree(folder)
        needed = sum(package.size + 2 * package.installed_size for package in packages)
        require_space(folder, max(needed, space), what)
        debs = [_download(package, suites) for package in packages]
        temporary = folder.with_name(f".{folder.name}.unpacking")
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        try:
            with progress.stage(f"unpack {packages[0].name}", "unpack"):
                for deb in debs:
                    unpack(deb, temporary)
                if finish is not None:
                    finish(temporary)
            temporary.rename(folder)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise disk_full(folder) from None
            raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        record = {
            "packages": [f"{package.name} {package.version}" for package in packages],
            "sha256": [package.sha256 for package in packages],
            "watched": list(watched),
            "stat": stat_digest(folder, watched),
        }
        _write(folder / RECORD, json.dumps(record, indent=1) + "\n")
        for deb in debs:
            deb.unlink()


def _download(package: Package, suites: Sequence[str]) -> Path:
    """The package file with the right hash; kept until it is unpacked."""
    target = package.folder.with_name(f".{package.folder.name}.deb")
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_file():
        if digest(target) == package.sha256:
            return target
        target.unlink()
    megabytes = f"{package.size / 1e6:.0f} MB"
    problem = ""
    for attempt in range(2):
        work = target.with_name(f"{target.name}.fetching")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        try:
            title = f"download {package.name} {package.version} ({megabytes})"
            with progress.stage(title, "download"):
                if attempt:
                    progress.note("once more")
                there = [s for s in suites if _mirror(s) is not None] or list(update(suites))
                done = _apt(
                    ["apt-get", "-q", "download", f"{package.name}={package.version}"],
                    there,
                    what=f"downloading {package.name}",
                    mirror={s: _mirror(s) or "" for s in there},
                    cwd=work,
                )
                files = list(work.glob("*.deb"))
                if done.returncode or len(files) != 1:
                    lines = [
                        line
                        for line in (done.stderr + done.stdout).splitlines()
                        if line.startswith(("E:", "Err:"))
                    ]
                    problem = "\n".join(lines[:5]) or f"apt-get left with {done.returncode}"
                    # The lists may be older than the pool.
                    if not attempt and not _is_network_fault(problem):
                        update(there, force=True)
                    continue
                found = digest(files[0])
                if found != package.sha256:
                    problem = f"the file has SHA-256 {found}"
                    continue
                files[0].rename(target)
                return target
        finally:
            shutil.rmtree(work, ignore_errors=True)
    raise KdmaError(
        f"cannot fetch {package.name} {package.version}",
        where=", ".join(sorted({_mirror(s) or "" for s in suites} - {""})) or "no mirror",
        expected=f"a package of {megabytes} with SHA-256 {package.sha256}",
        actual=problem,
        next="look at the network and the mirror, then run it again",
        identity=("packages", "download", package.name),
    )
