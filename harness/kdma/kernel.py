# SPDX-License-Identifier: GPL-2.0
"""The kernel a run is about: found, fetched or built, never installed.

Three origins. Without a request: the newest kernel of which the host's own
Debian has image and headers. With a version: Debian's source package of it,
built with the configuration in configs/. With a folder: the user's tree, which
is never written to.

    cache/choices/         which packages an earlier run chose
    cache/kernels/NAME/    a distribution's kernel, ready for use
    cache/sources/NAME/    an unpacked source package
    cache/builds/KEY/      a kernel's O= folder, with STAMP when it is complete

Nothing in the cache is believed without its stamp, and the stamp is compared
with the files each time.
"""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import lzma
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from kdma import kernel_rust, packages, progress
from kdma.cache import digest
from kdma.findings import KdmaError, Unchecked
from kdma.kernel_rust import KernelRust
from kdma.packages import Package, stat_digest
from kdma.paths import cache_root
from kdma.process import disk_full, lock, outcome, run

CONFIGS = Path(__file__).parent / "configs"
#: What a version can be followed by: KERNEL=7.3-kasan adds configs/kasan.config.
VARIANTS = ("kasan",)
#: In an O= folder: made last, what is complete and how it looked.
STAMP = ".kdma-kernel.json"

#: Bytes that an unpacked kernel source and an O= folder take, generously.
SOURCE_SPACE = 2_200_000_000
BUILD_SPACE = 500_000_000

#: What the guest cannot do without: built in, or a module for those that say so.
REQUIRED = {
    "CONFIG_64BIT": "a 64-bit kernel",
    "CONFIG_BINFMT_ELF": "running init",
    "CONFIG_BLK_DEV_INITRD": "the guest's root is an initramfs",
    "CONFIG_DEVTMPFS": "the guest's device files",
    "CONFIG_MODULES": "kdma's modules are loaded",
    "CONFIG_PCI": "the edu device is a PCI device",
    "CONFIG_PRINTK": "the kernel's log is an oracle",
    "CONFIG_PROC_FS": "the guest reads /proc",
    "CONFIG_SERIAL_8250_CONSOLE": "the console",
    "CONFIG_SYSFS": "the guest reads /sys",
}
REQUIRED_OR_MODULE = {
    "CONFIG_PVPANIC_PCI": ("pvpanic-pci", "a panic must not look like a good end"),
    "CONFIG_VIRTIO_CONSOLE": ("virtio_console", "programs and traces go over virtio-serial"),
    "CONFIG_VIRTIO_PCI": ("virtio_pci", "programs and traces go over virtio-serial"),
}
#: Loaded where the kernel has it as a module, for environments that need it.
WANTED_MODULES = {"CONFIG_VIRTIO_IOMMU": "virtio-iommu"}
#: Raised when what is made of a distribution's packages changes.
_FINISH = "2"
#: What a kernel without the option leaves unchecked.
ORACLES = {
    "CONFIG_DMA_API_DEBUG": "dma-debug's checks",
    "CONFIG_DYNAMIC_FTRACE_WITH_REGS": "what happens when memory runs out",
}


@dataclass(frozen=True)
class KernelRequest:
    """Which kernel: a tree, a version, or neither for the distribution's. Not both."""

    kdir: Path | None = None
    version: str | None = None


#: What the distribution's kernel is called where another one is the default.
DISTRIBUTION = "distribution"

#: The version that committed documents and floors are about.
DOCUMENTED = "7.3"


@dataclass(frozen=True)
class Kernel:
    """A kernel to build modules for and to boot. Its files belong to the cache or the user.

    `build` is for `make -C build M=...`; `source` has the kernel's own headers
    and code, as far as they are there. `guest_modules` are loaded in their
    order before ours. `identity` changes with anything that can change the
    kernel's behaviour or headers. While `complete` is false only modules can
    be compiled: `image` is not there yet, nor are the symbol versions.
    `no_rust` says why no module on its `kernel` crate can be built, None that
    one can.
    """

    name: str
    release: str
    image: Path
    build: Path
    source: Path | None
    config: Path
    make_arguments: tuple[str, ...]
    origin: str
    identity: str
    guest_modules: tuple[Path, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    complete: bool = True
    no_rust: Unchecked | None = None


def _hash(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_text(text)
    temporary.rename(path)


def jobs() -> int:
    """How many jobs make gets: the processors we may use, or JOBS."""
    chosen = os.environ.get("JOBS", "")
    return int(chosen) if chosen.isdigit() and int(chosen) else len(os.sched_getaffinity(0))


# -- configurations -----------------------------------------------------------


def parse_config(text: str) -> dict[str, str]:
    """The options of a .config that are set, with their values (y, m, or as written)."""
    return dict(re.findall(r"^(CONFIG_\w+)=(.*)$", text, re.MULTILINE))


def optional_options(text: str) -> dict[str, str]:
    """Options of an optional fragment, each with the comment above its paragraph."""
    found = {}
    for paragraph in re.split(r"\n\s*\n", text):
        comment = " ".join(re.findall(r"^# *(.*)$", paragraph, re.MULTILINE))
        for option in parse_config(paragraph):
            found[option] = comment
    return found


#: How the comment of an option ends that some kernels do without because they always do it.
_WHERE_IT_IS = "where it is an option"


def _oracle_gaps(config: Mapping[str, str], why: str) -> list[Unchecked]:
    return [
        Unchecked(what, f"{why} has no {option}", explained=True)
        for option, what in sorted(ORACLES.items())
        if option not in config
    ]


def check_config(config: Mapping[str, str], where: Path) -> None:
    """KdmaError that names every option the guest needs and `config` lacks."""
    missing = [f"{o}=y ({why})" for o, why in REQUIRED.items() if config.get(o) != "y"]
    missing += [f"{o}=y ({why})" for o, (_, why) in REQUIRED_OR_MODULE.items() if o not in config]
    if config.get("CONFIG_MODULE_SIG_FORCE") == "y":
        missing.append("CONFIG_MODULE_SIG_FORCE=n (kdma's modules are not signed)")
    if missing:
        raise KdmaError(
            "the kernel's configuration lacks what the guest needs",
            where=str(where),
            expected="\n".join(sorted(missing)),
            actual=f"{len(missing)} of them not so",
            next="switch them on and build again, or leave it to us: KERNEL=version, or KDIR= a "
            "clean tree, which is built outside of it",
            identity=("kernel", "config", str(where)),
        )


# -- packages chosen earlier --------------------------------------------------


def _obtain(
    key: str,
    resolve: Callable[[], list[Package]],
    folder: Callable[[list[Package]], Path],
    fetch: Callable[[list[Package]], None],
) -> list[Package]:
    """Fetches the packages for `key`: those of last time while they are there, else `resolve()`.

    So a newer package changes the kernel only when it is asked for:
    KDMA_REFRESH=1. `fetch` makes the packages' `folder`, or finds it in order.
    """
    path = cache_root() / "choices" / f"{re.sub(r'[^A-Za-z0-9.]+', '-', key)}.json"
    chosen: list[Package] = []
    if os.environ.get("KDMA_REFRESH", "") in ("", "0"):
        try:
            chosen = [Package(**entry) for entry in json.loads(path.read_text())]
        except (OSError, ValueError, TypeError):
            chosen = []
    if chosen and folder(chosen).is_dir():
        try:
            fetch(chosen)
            return chosen
        except KdmaError as error:
            # Suites drop old versions; then there is a newer one.
            if error.finding.identity[:2] != ("packages", "download"):
                raise
            progress.say(f"{error.finding.title}: looking for another version")
    chosen = resolve()
    fetch(chosen)
    _write(path, json.dumps([dataclasses.asdict(package) for package in chosen], indent=1))
    return chosen


# -- the distribution's kernel ------------------------------------------------

_IMAGE = re.compile(r"linux-image-(\d+\.\d+[^/]*)-cloud-amd64")


def _suites_of_host() -> tuple[str, ...]:
    suites = packages.host_suites() or (packages.codename(),)
    return tuple(dict.fromkeys([*suites, f"{packages.codename()}-backports"]))


def _host_libc() -> str:
    return (os.confstr("CS_GNU_LIBC_VERSION") or "glibc 0").split()[-1]


def _runs_here(package: Package) -> bool:
    """Do the package's programs run with the host's C library?"""
    wanted = re.search(r"\blibc6 \(>= ([^)]+)\)", package.depends)
    return wanted is None or not packages.newer(wanted[1], _host_libc())


def _resolve_distribution() -> list[Package]:
    """Image, headers, common headers and kbuild of the newest kernel that has all four."""
    suites = _suites_of_host()
    names = [
        name
        for name in packages.names_with_prefix("linux-image-", suites)
        if _IMAGE.fullmatch(name) and not name.endswith(("-dbg", "-unsigned"))
    ]
    images = packages.available(names, suites)
    for image in images[:12]:
        abi = image.name.removeprefix("linux-image-")
        wanted = [f"linux-headers-{abi}"]
        common = abi.removesuffix("-cloud-amd64")
        wanted += [f"linux-headers-{common}-common", f"linux-kbuild-{common}"]
        if not re.match(r"\d+\.\d+\.\d+", common):
            continue  # a meta package, or a candidate of a release
        if re.match(r"\d+\.\d+\.0-\d+$", common):
            # Up to 6.1 kbuild belongs to the series, not to the ABI.
            wanted[2] = f"linux-kbuild-{'.'.join(common.split('.')[:2])}"
        found = packages.available(wanted, suites)
        parts = [
            next((p for p in found if p.name == name and p.version == image.version), None)
            for name in wanted
        ]
        complete = [part for part in parts if part is not None]
        if len(complete) == len(wanted) and all(_runs_here(part) for part in complete):
            return [image, *complete]
    raise KdmaError(
        "this distribution offers no kernel with image and headers that we can use",
        where=", ".join(suites),
        expected="linux-image-*-cloud-amd64 with headers of the same version",
        actual=f"{len(images)} images, none with all of its headers",
        next="give a version or a tree: KERNEL=7.3 or KDIR=path",
        identity=("kernel", "distribution"),
    )


def module_depends(data: bytes) -> list[str]:
    """Names of the modules that a module's .modinfo says it depends on."""
    match = re.search(rb"(?:^|\0)depends=([^\0]*)\0", data)
    return [name for name in match[1].decode().split(",") if name] if match else []


def _read_module(path: Path) -> bytes:
    return lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()


def _normal(name: str) -> str:
    return name.replace("-", "_")


def find_modules(tree: Path, wanted: Sequence[str]) -> list[tuple[str, bytes]]:
    """The modules `wanted` below `tree` with all they depend on, in the order of loading.

    .ko and .ko.xz. Raises KdmaError for one that is not there.
    """
    files: dict[str, Path] = {}
    for pattern in ("*.ko", "*.ko.xz"):
        for path in tree.rglob(pattern):
            files[_normal(path.name.partition(".ko")[0])] = path
    loaded: dict[str, bytes] = {}

    def load(name: str) -> None:
        if name in loaded:
            return
        path = files.get(name)
        if path is None:
            raise KdmaError(
                f"the kernel's module {name} is not there",
                where=str(tree),
                expected=f"{name}.ko, as the configuration says",
                actual="no such file",
                next="build the kernel's modules: make modules",
                identity=("kernel", "module", name),
            )
        data = _read_module(path)
        for other in module_depends(data):
            load(_normal(other))
        loaded[name] = data

    for name in wanted:
        load(_normal(name))
    return list(loaded.items())


def _wanted_modules(config: Mapping[str, str]) -> list[str]:
    names = {o: name for o, (name, _) in REQUIRED_OR_MODULE.items()} | WANTED_MODULES
    return [name for option, name in names.items() if config.get(option) == "m"]


def _write_modules(folder: Path, modules: Sequence[tuple[str, bytes]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, data) in enumerate(modules):
        (folder / f"{number:02d}").mkdir(exist_ok=True)
        (folder / f"{number:02d}" / f"{name}.ko").write_bytes(data)


def _guest_modules(folder: Path) -> tuple[Path, ...]:
    """What _write_modules() wrote, in its order."""
    return tuple(sorted(folder.glob("*/*.ko")))


def _finish_distribution(folder: Path, final: Path, abi: str) -> None:
    """Makes four unpacked packages usable where they are: paths, guest modules."""
    headers = folder / "usr/src" / f"linux-headers-{abi}"
    makefile = headers / "Makefile"
    makefile.write_text(
        re.sub(r"(?m)^include /usr/src/", f"include {final}/usr/src/", makefile.read_text())
    )
    for link in (headers.parent).glob("*/*"):
        if link.is_symlink() and os.readlink(link).startswith("/"):
            target = os.readlink(link)
            link.unlink()
            link.symlink_to(f"{final}{target}")
    # With it kbuild wants pahole for BTF, which modules do without.
    (headers / "vmlinux").unlink(missing_ok=True)
    config = parse_config((headers / ".config").read_text())
    check_config(config, headers / ".config")
    _write_modules(folder / "guest", find_modules(folder / "lib/modules", _wanted_modules(config)))
    shutil.rmtree(folder / "lib")
    shutil.rmtree(folder / "usr/share", ignore_errors=True)
    _check_host_tools(headers)


def _check_host_tools(headers: Path) -> None:
    """Do kbuild's programs start here? They are linked with the distribution's libraries."""
    for name in ("scripts/basic/fixdep", "scripts/mod/modpost"):
        done = run([str(headers / name)], what=f"trying {name}", check=False, timeout=20)
        if done.returncode == 127 or "GLIBC_" in done.stderr or "shared libraries" in done.stderr:
            raise KdmaError(
                "the kernel's host tools do not run here",
                where=str(headers / name),
                expected="programs for this system's C library",
                actual=done.stderr.strip(),
                next="give a version or a tree: KERNEL=7.3 or KDIR=path",
                identity=("kernel", "host tools"),
            )


def _compiler_of_headers(headers: Path) -> tuple[str, tuple[str, ...]]:
    """The compiler that unpacked headers name, and make arguments for another form of it."""
    variables = headers / ".kernelvariables"
    match = re.search(
        r"\$\(CROSS_COMPILE\)(gcc-(\d+))", variables.read_text() if variables.exists() else ""
    )
    if match is None:
        return "gcc", ()
    if shutil.which(f"x86_64-linux-gnu-{match[1]}"):
        return f"x86_64-linux-gnu-{match[1]}", ()
    if shutil.which(match[1]):
        return match[1], (f"CC={match[1]}",)
    version = run(["gcc", "-dumpversion"], what="asking gcc for its version").stdout.strip()
    if version.split(".")[0] == match[2]:
        return "gcc", ("CC=gcc",)
    raise KdmaError(
        f"the kernel was built with {match[1]}, which is not here",
        where=str(headers),
        expected=match[1],
        actual=f"gcc {version}",
        next=f"apt-get install {match[1]}",
        identity=("kernel", "compiler"),
    )


def _say_version(compiler: str) -> str:
    """What a compiler says about itself, in one line."""
    done = run([compiler, "--version"], what="asking the compiler for its version")
    return done.stdout.partition("\n")[0]


def compiler_version(make_arguments: Sequence[str]) -> str:
    """What the C compiler that kbuild would call says about itself, in one line."""
    settings = dict(a.split("=", 1) for a in make_arguments if "=" in a)
    llvm = settings.get("LLVM", "")
    clang = f"clang{llvm if llvm.startswith('-') else ''}"
    return _say_version(settings.get("CC", clang if llvm else "gcc"))


def _prepare_distribution() -> Kernel:
    if not packages.is_debian():
        raise KdmaError(
            "which kernel to test is not said",
            where=packages.os_release().get("PRETTY_NAME", "this machine"),
            expected="Debian, whose own kernel is the default",
            actual="another distribution",
            next="give a tree or a version: KDIR=path or KERNEL=7.3",
            identity=("kernel", "no default"),
        )

    def folder(chosen: list[Package]) -> Path:
        key = _hash([_FINISH, *(package.sha256 for package in chosen)])[:12]
        return cache_root() / "kernels" / f"{chosen[0].name.removeprefix('linux-image-')}-{key}"

    def fetch(chosen: list[Package]) -> None:
        final = folder(chosen)
        abi = chosen[0].name.removeprefix("linux-image-")
        packages.fetch_into(
            final,
            chosen,
            _suites_of_host(),
            finish=lambda temporary: _finish_distribution(temporary, final, abi),
        )

    chosen = _obtain(f"default-{packages.codename()}", _resolve_distribution, folder, fetch)
    final = folder(chosen)
    abi = chosen[0].name.removeprefix("linux-image-")
    headers = final / "usr/src" / f"linux-headers-{abi}"
    common = headers.with_name(f"linux-headers-{abi.removesuffix('-cloud-amd64')}-common")
    compiler, arguments = _compiler_of_headers(headers)
    config = parse_config((headers / ".config").read_text())
    return Kernel(
        name=f"Debian's {abi} {chosen[0].version}",
        release=abi,
        image=final / "boot" / f"vmlinuz-{abi}",
        build=headers,
        source=common if common.is_dir() else None,
        config=headers / ".config",
        make_arguments=arguments,
        origin="distribution",
        identity=_hash([*(p.sha256 for p in chosen), _say_version(compiler), *arguments]),
        guest_modules=_guest_modules(final / "guest"),
        unchecked=tuple(_oracle_gaps(config, "the distribution's kernel")),
        no_rust=kernel_rust.why_not(config, headers, None, "distribution"),
    )


# -- kernels that we build ----------------------------------------------------


def _llvm_argument() -> tuple[str, ...]:
    """LLVM=... as the user set it in the environment."""
    llvm = os.environ.get("LLVM", "")
    return (f"LLVM={llvm}",) if llvm else ()


_ERROR = re.compile(
    r"^(?P<place>[^\s:]+:\d+)(?::\d+)?: (?:fatal )?error: (?P<text>.*)$", re.MULTILINE
)


def _build_failed(output: str, returncode: int, source: Path, what: str, log: Path) -> KdmaError:
    """What a failed build of a kernel means: the first compiler error with its place."""
    match = _ERROR.search(output)
    if match:
        place = match["place"].removeprefix(f"{source}/")
        return KdmaError(
            f"{what}: the kernel does not compile: {match['text']}",
            where=place,
            expected="a kernel that compiles with our configuration",
            actual=match["text"],
            next=f"mend the tree, then run it again; the whole log is {log}",
            identity=("kernel", "compile", place.partition(":")[0]),
        )
    lines = [line for line in output.splitlines() if line.strip()]
    told = [line for line in lines if "***" in line or "rror:" in line] or lines[-5:]
    return KdmaError(
        f"{what}: the kernel does not build",
        where=str(source),
        expected="exit code 0 of make",
        actual="\n".join([outcome(returncode), *told[:8]]),
        next="run it again; it goes on where it ended" if returncode < 0 else f"read {log}",
        identity=("kernel", "build"),
    )


@dataclass(frozen=True)
class _Recipe:
    """A kernel to build: from where, to where, and what identifies it."""

    name: str
    origin: str
    source: Path
    build: Path
    arguments: tuple[str, ...]
    #: Changes with the content of the source.
    source_identity: str
    compiler: str
    #: Is the source in our cache, where nobody has a reason to touch it?
    watch_source: bool = True
    #: Fragments of the configuration beside base.config; their options have to take.
    extra: tuple[str, ...] = ()
    #: What the `kernel` crate is built with; None: the kernel is built without.
    rust: KernelRust | None = None

    @property
    def lock(self) -> Path:
        return self.build.with_name(f".{self.build.name}.lock")

    @property
    def log(self) -> Path:
        return self.build.with_name(f"{self.build.name}.log")

    @property
    def identity(self) -> str:
        return _hash(
            [self.source_identity, self.fragments, self.compiler, *self.arguments, *self.tools]
        )

    @property
    def fragments(self) -> str:
        return _fragments(self.extra)

    @property
    def tools(self) -> tuple[str, ...]:
        """What identifies tools beside the C compiler."""
        return (self.rust.identity,) if self.rust else ()

    @property
    def make_arguments(self) -> tuple[str, ...]:
        return (*self.arguments, *(self.rust.arguments if self.rust else ()))


def _fragments(extra: Sequence[str] = ()) -> str:
    """The options of our configuration, required and optional, one in a line."""
    names = ("base.config", "optional.config", *extra)
    text = "".join((CONFIGS / name).read_text() for name in names)
    return "".join(f"{option}={value}\n" for option, value in sorted(parse_config(text).items()))


def _make(recipe: _Recipe, targets: Sequence[str], what: str, *extra: str) -> None:
    environment = {
        **os.environ,
        "KBUILD_BUILD_HOST": "kdma",
        "KBUILD_BUILD_TIMESTAMP": "Thu Jan  1 00:00:00 UTC 1970",
        "KBUILD_BUILD_USER": "kdma",
        "LC_ALL": "C",
        # Its own Makefile asks git otherwise, which may write to the tree.
        "LOCALVERSION": "",
        "PYTHONDONTWRITEBYTECODE": "1",
        **dict(argument.split("=", 1) for argument in extra),
    }
    done = run(
        [
            "make",
            "-C",
            str(recipe.source),
            f"O={recipe.build}",
            f"-j{jobs()}",
            *recipe.make_arguments,
            *targets,
        ],
        what=what,
        env=environment,
        check=False,
        log=recipe.log,
        on_line=progress.note,
        keep_locks=True,
    )
    if done.returncode:
        output = done.stderr + done.stdout
        raise _build_failed(output, done.returncode, recipe.source, what, recipe.log)


class _NoRustError(Exception):
    """The `kernel` crate cannot be built; says why."""


def _configure(recipe: _Recipe) -> None:
    """Writes .config from our fragments, unless it was made of them already."""
    marker = recipe.build / ".kdma-config"
    key = _hash([recipe.source_identity, recipe.fragments, *recipe.arguments, *recipe.tools])
    if marker.is_file() and marker.read_text() == key and (recipe.build / ".config").is_file():
        return
    recipe.build.mkdir(parents=True, exist_ok=True)
    marker.unlink(missing_ok=True)
    fragment = recipe.build / ".kdma-fragment"
    fragment.write_text(recipe.fragments)
    _make(recipe, ["allnoconfig"], "configuring the kernel", f"KCONFIG_ALLCONFIG={fragment}")
    _check_merge(recipe)
    marker.write_text(key)


def _check_merge(recipe: _Recipe) -> None:
    """KdmaError that names the required options that did not take."""
    have = parse_config((recipe.build / ".config").read_text())
    names = ("base.config", *recipe.extra)
    wanted = {o: v for name in names for o, v in parse_config((CONFIGS / name).read_text()).items()}
    lost = [f"{o}={value}" for o, value in sorted(wanted.items()) if have.get(o) != value]
    if lost == ["CONFIG_RUST=y"]:
        # Either the kernel does not accept the tools, and then it is built
        # without, or what the option depends on changed.
        try:
            _make(recipe, ["rustavailable"], "asking the kernel about its Rust tools")
        except KdmaError as error:
            told = [line.strip("* ") for line in error.finding.actual.splitlines()[1:]]
            raise _NoRustError(
                "the kernel does not accept the Rust tools: " + " ".join(filter(None, told))
            ) from error
    if lost:
        raise KdmaError(
            f"options that kdma needs do not take in this kernel: {', '.join(lost)}",
            where=str(recipe.build / ".config"),
            expected="every option of " + ", ".join(f"configs/{name}" for name in names),
            actual="without " + ", ".join(lost),
            next="look in the kernel's Kconfig what they depend on now, and add that to "
            f"harness/kdma/configs/{names[-1]}",
            identity=("kernel", "options", *lost),
        )


def _optional_gaps(config: Mapping[str, str], name: str) -> list[Unchecked]:
    optional = optional_options((CONFIGS / "optional.config").read_text())
    gaps = [
        Unchecked(what, f"{option} does not take in {name}", explained=True)
        for option, what in optional.items()
        if option not in config and option not in ORACLES and not what.endswith(_WHERE_IT_IS)
    ]
    return gaps + _oracle_gaps(config, name)


#: What modules are compiled with. A change there is a change of the kernel.
_WATCHED_SOURCE = ("include", "arch/x86/include", "scripts", "Makefile", "arch/x86/Makefile")
_WATCHED_BUILD = ("include", "arch/x86/include", "scripts", "tools/objtool")
_RESULTS = (".config", "Module.symvers", "arch/x86/boot/bzImage", "vmlinux")


def _stamp_of(recipe: _Recipe) -> dict[str, str]:
    """How a complete build looks now. Hashes the image (some 0.05 s)."""
    stamp = {
        "identity": recipe.identity,
        "source": stat_digest(recipe.source, _WATCHED_SOURCE) if recipe.watch_source else "",
        "build": stat_digest(recipe.build, _WATCHED_BUILD),
    }
    for name in _RESULTS[:3]:
        stamp[name] = digest(recipe.build / name)
    return stamp


def _stamped(recipe: _Recipe) -> str:
    """ "complete" if the build is as it was recorded, "stale" if it was complete once, else ""."""
    try:
        told = json.loads((recipe.build / STAMP).read_text())
    except (OSError, ValueError):
        return ""
    try:
        now = _stamp_of(recipe)
    except OSError:
        return "damaged"
    if told == now:
        return "complete"
    if told.get("identity") != now["identity"]:
        return "stale"
    return "damaged"


def _release(build: Path) -> str:
    path = build / "include/config/kernel.release"
    return path.read_text().strip() if path.is_file() else ""


def _built(recipe: _Recipe, *, complete: bool) -> Kernel:
    config = parse_config((recipe.build / ".config").read_text())
    return Kernel(
        name=recipe.name,
        release=_release(recipe.build),
        image=recipe.build / "arch/x86/boot/bzImage",
        build=recipe.build,
        source=recipe.source,
        config=recipe.build / ".config",
        make_arguments=recipe.make_arguments,
        origin=recipe.origin,
        identity=recipe.identity,
        unchecked=tuple(_optional_gaps(config, recipe.name)),
        complete=complete,
        no_rust=kernel_rust.why_not(config, recipe.build, recipe.source, recipe.origin),
    )


def _build(recipe: _Recipe, *, headers_only: bool) -> Kernel:
    """Builds what the stamp does not say is there. Goes on where an earlier run ended."""
    if _stamped(recipe) == "complete":
        return _built(recipe, complete=True)
    with lock(recipe.lock, f"building {recipe.name}", wait=True):
        if _stamped(recipe) == "complete":
            return _built(recipe, complete=True)
        return _build_locked(recipe, headers_only=headers_only)


def _no_rust_record(recipe: _Recipe) -> Path:
    return recipe.build.with_name(f"{recipe.build.name}.no-rust")


def _build_kernel_crate(recipe: _Recipe) -> None:
    """Builds the `kernel` crate ahead of the rest. _NoRustError if it does not compile."""
    try:
        _make(recipe, ["prepare"], "building the kernel crate")
    except KdmaError as error:
        output = recipe.log.read_text(errors="replace")
        found = re.search(
            r"^error(?:\[E\d+\])?: (?P<text>.*)\n *--> (?P<place>\S+)", output, re.MULTILINE
        )
        if found is None:
            raise
        place = found["place"].removeprefix(f"{recipe.source}/")
        why = f"the kernel crate does not compile: {found['text']} ({place}; see {recipe.log})"
        raise _NoRustError(why) from error


def _build_locked(recipe: _Recipe, *, headers_only: bool) -> Kernel:
    """As _build(), for who has the lock and knows that it is not complete."""
    if _stamped(recipe) == "damaged":
        # make looks at times and would not see it.
        progress.say(f"{recipe.build} is not as it was built: built again")
        shutil.rmtree(recipe.build)
    packages.require_space(recipe.build, BUILD_SPACE, f"building {recipe.name}")
    (recipe.build / STAMP).unlink(missing_ok=True)
    with progress.stage(f"configure {recipe.name}", "configure the kernel"):
        _configure(recipe)
        # C modules compile without the `kernel` crate, which takes its time.
        without = ["CONFIG_RUST="] if recipe.rust else []
        _make(recipe, ["modules_prepare", *without], "preparing the kernel's headers")
    if headers_only:
        return _built(recipe, complete=False)
    if recipe.rust:
        with progress.stage(f"build the kernel crate of {recipe.name}", "build the kernel crate"):
            _build_kernel_crate(recipe)
    with progress.stage(f"build {recipe.name}", "build the kernel"):
        _make(recipe, ["bzImage", "modules"], "building the kernel")
    missing = [name for name in _RESULTS if not (recipe.build / name).is_file()]
    if missing:
        raise KdmaError(
            f"the kernel's build made no {', '.join(missing)}",
            where=str(recipe.build),
            expected=", ".join(_RESULTS),
            actual="make said it was done",
            next=f"read {recipe.log}",
            identity=("kernel", "results", *missing),
        )
    _write(recipe.build / STAMP, json.dumps(_stamp_of(recipe), indent=1) + "\n")
    return _built(recipe, complete=True)


# -- a source package ---------------------------------------------------------


def _resolve_version(version: str) -> list[Package]:
    """The newest source package of `version`: 7.3, 7.3.4, 7.3-rc7, or as Debian writes it."""
    suites = packages.every_suite()
    series = re.match(r"\d+\.\d+", version)
    found = packages.available([f"linux-source-{series[0]}"], suites) if series else []
    wanted = version.replace("-rc", "~rc")
    for package in found:
        upstream = packages.upstream(package.version)
        if package.version == version or upstream == wanted or (series and wanted == series[0]):
            return [package]
    names = packages.names_with_prefix("linux-source-", suites)
    offered = [p.version for p in found] or [
        name.removeprefix("linux-source-") for name in names if re.fullmatch(r"\D+\d+\.\d+", name)
    ]
    raise KdmaError(
        f"no source package of Linux {version}",
        where=", ".join(suites),
        expected=f"linux-source-{series[0] if series else version}",
        actual=f"there are: {', '.join(offered) or 'none'}",
        next="take one of those with KERNEL=..., or give a tree with KDIR=path",
        identity=("kernel", "version", version),
    )


def _unpack_source(deb: Path, folder: Path) -> None:
    """Unpacks the archive inside a linux-source package, without its own folder on top."""
    run(
        [
            "bash",
            "-c",
            "set -o pipefail; dpkg-deb --fsys-tarfile \"$1\" | tar -x -O --wildcards '*.tar.xz' "
            '| xz -dc -T0 | tar -x --strip-components=1 -C "$2"',
            "unpack",
            str(deb),
            str(folder),
        ],
        what=f"unpacking {deb.name}",
    )


def _build_version(version: str, *, headers_only: bool) -> Kernel:
    """Builds a source package: with the `kernel` crate where it has kernel::dma, if that can be."""
    plain = _source_recipe(version)
    if not (plain.source / kernel_rust.DMA_MODULE).is_file():
        return _build(plain, headers_only=headers_only)
    if "kasan.config" in plain.extra and not any(a.startswith("LLVM=") for a in plain.arguments):
        gap = Unchecked(
            kernel_rust.DRIVER,
            "a kernel with KASAN that gcc builds cannot have CONFIG_RUST (LLVM= builds with clang)",
            explained=True,
        )
        return dataclasses.replace(_build(plain, headers_only=headers_only), no_rust=gap)
    try:
        recipe = _with_rust(plain, kernel_rust.tools())
    except KdmaError as error:
        said = error.finding.actual.strip().partition("\n")[0]
        return _build_without_rust(plain, f"{error.finding.title} ({said})", headers_only)
    record = _no_rust_record(recipe)
    if record.is_file() and os.environ.get("KDMA_REFRESH", "") in ("", "0"):
        return _build_without_rust(plain, record.read_text(), headers_only)
    try:
        return _build(recipe, headers_only=headers_only)
    except _NoRustError as error:
        _write(record, str(error))
        shutil.rmtree(recipe.build, ignore_errors=True)
        return _build_without_rust(plain, str(error), headers_only)


def _build_without_rust(plain: _Recipe, why: str, headers_only: bool) -> Kernel:
    progress.say(f"{plain.name} is built without CONFIG_RUST: {why}")
    gap = Unchecked(kernel_rust.DRIVER, why)
    return dataclasses.replace(_build(plain, headers_only=headers_only), no_rust=gap)


def _with_rust(plain: _Recipe, tools: KernelRust) -> _Recipe:
    recipe = dataclasses.replace(plain, extra=(*plain.extra, "rust.config"), rust=tools)
    key = recipe.identity[:16]
    name = plain.build.name.rpartition("-")[0]
    return dataclasses.replace(recipe, build=plain.build.with_name(f"{name}-{key}"))


def _source_recipe(version: str) -> _Recipe:
    base, variant = version, ""
    for name in VARIANTS:
        if version.endswith(f"-{name}"):
            base, variant = version.removesuffix(f"-{name}"), name

    def folder(chosen: list[Package]) -> Path:
        package = chosen[0]
        return cache_root() / "sources" / f"{package.name}_{package.version}_{package.sha256[:12]}"

    def fetch(chosen: list[Package]) -> None:
        packages.fetch_into(
            folder(chosen),
            chosen,
            packages.every_suite(),
            unpack=_unpack_source,
            watched=_WATCHED_SOURCE,
            space=SOURCE_SPACE,
        )

    [package] = _obtain(f"source-{base}", lambda: _resolve_version(base), folder, fetch)
    source = folder([package])
    arguments = _llvm_argument()
    compiler = compiler_version(arguments)
    extra = (f"{variant}.config",) if variant else ()
    key = _hash([package.sha256, _fragments(extra), compiler, *arguments])[:16]
    name = f"Linux {packages.upstream(package.version).replace('~', '-')}"
    name += f"-{variant}" if variant else ""
    return _Recipe(
        name=name,
        origin="source package",
        source=source,
        build=cache_root() / "builds" / f"{name.replace(' ', '-').lower()}-{key}",
        arguments=arguments,
        source_identity=package.sha256,
        compiler=compiler,
        extra=extra,
    )


# -- the user's tree ----------------------------------------------------------

_SKIPPED_FOLDERS = frozenset(
    {".git", "Documentation", "LICENSES", "samples", "tools/perf", "tools/testing"}
)
#: What a built tree is asked about: the headers, and the code that moves DMA.
_RELEVANT = (
    "arch/x86",
    "drivers/base",
    "drivers/iommu",
    "drivers/pci",
    "drivers/virtio",
    "include",
    "kernel",
    "lib",
    "mm",
    "rust",
    "scripts",
)
_SOURCE_SUFFIXES = (".S", ".c", ".h", ".lds", ".rs", ".tbl")
_GENERATED = ("include/config", "include/generated", "arch/x86/include/generated")


def _is_source(name: str) -> bool:
    return not name.startswith(".") and (
        name.endswith(_SOURCE_SUFFIXES) or name.startswith(("Kconfig", "Makefile", "Kbuild"))
    )


@dataclass(frozen=True)
class _File:
    """A file by its look. Two files that look the same are taken to be the same."""

    path: str
    look: str
    mtime_ns: int


def _walk(
    root: Path, parts: Sequence[str], keep: Callable[[str], bool], *, everything: bool = False
) -> list[_File]:
    """The files below `parts` of `root` whose names `keep` accepts, sorted by path.

    Leaves out other architectures and what does not go into a kernel, unless
    `everything` is asked for. About a second for a whole tree.
    """
    base = len(str(root)) + 1
    found = []
    pending = [str(root / part) if part != "." else str(root) for part in parts]
    while pending:
        folder = pending.pop()
        if not os.path.isdir(folder):
            continue
        with os.scandir(folder) as entries:
            for entry in entries:
                relative = entry.path[base:]
                if entry.is_dir(follow_symlinks=False):
                    other = relative.startswith("arch/") and not relative.startswith("arch/x86")
                    if everything:
                        skip = entry.name == ".git"
                    else:
                        skip = other or relative in _SKIPPED_FOLDERS
                    if not skip:
                        pending.append(entry.path)
                elif keep(entry.name):
                    s = entry.stat(follow_symlinks=False)
                    look = f"{s.st_size} {s.st_mtime_ns} {s.st_ctime_ns} {s.st_ino}"
                    found.append(_File(relative, look, s.st_mtime_ns))
    return sorted(found, key=lambda file: file.path)


def _content(path: str) -> str:
    if os.path.islink(path):
        return _hash([os.readlink(path)])
    return digest(Path(path))


def _is_relevant(path: str) -> bool:
    return "/" not in path or path.startswith(tuple(f"{part}/" for part in _RELEVANT))


def _contents(root: Path, files: Sequence[_File], memory: Path) -> dict[str, str]:
    """What tells each file's content, by path.

    Its SHA-256 where the content matters to us, read only if the file looks
    other than in `memory`. Of all others (a driver for something else) the
    look itself: whoever touches them makes them changed, which costs a call of
    make, where reading a whole tree costs most of a minute.
    """
    try:
        known: dict[str, list[str]] = json.loads(memory.read_text())
    except (OSError, ValueError):
        known = {}
    relevant = [f for f in files if _is_relevant(f.path)]
    unread = [f for f in relevant if known.get(f.path, [""])[0] != f.look]
    if unread:
        progress.note(f"reading {len(unread)} files")
        with ThreadPoolExecutor(jobs()) as pool:
            digests = pool.map(lambda f: _content(f"{root}/{f.path}"), unread)
            fresh = {f.path: [f.look, digest] for f, digest in zip(unread, digests, strict=True)}
        known = {f.path: fresh.get(f.path) or known[f.path] for f in relevant}
        _write(memory, json.dumps(known))
    told = {f.path: f.look for f in files}
    told.update((f.path, known[f.path][1]) for f in relevant)
    return told


def _content_identity(contents: Mapping[str, str]) -> str:
    return _hash(f"{path} {digest}" for path, digest in sorted(contents.items()))


def _tree_key(tree: Path) -> str:
    return f"{tree.name}-{_hash([str(tree)])[:12]}"


def _memory(tree: Path) -> Path:
    return cache_root() / "trees" / f"{_tree_key(tree)}.json"


@dataclass(frozen=True)
class _TreeKind:
    """What a folder is, as far as it matters here."""

    is_source: bool
    is_output: bool
    missing: tuple[str, ...]
    leftovers: tuple[str, ...]


_BUILT = (*_RESULTS, "include/generated/autoconf.h", "scripts/mod/modpost")


def _classify(tree: Path) -> _TreeKind:
    makefile = tree / "Makefile"
    text = makefile.read_text(errors="replace") if makefile.is_file() else ""
    is_source = bool(re.search(r"^PATCHLEVEL\s*=", text, re.MULTILINE)) and all(
        (tree / name).exists() for name in ("Kconfig", "arch/x86", "init/main.c", "kernel")
    )
    generated = text.startswith(("# Automatically generated", "# SPDX")) and "include " in text
    is_output = not is_source and (
        (tree / "source").is_dir() or (generated and (tree / ".config").is_file())
    )
    leftovers = (".config", "include/config", "arch/x86/include/generated")
    return _TreeKind(
        is_source,
        is_output,
        tuple(name for name in _BUILT if not (tree / name).is_file()),
        tuple(name for name in leftovers if (tree / name).exists()),
    )


def _source_of(tree: Path, kind: _TreeKind) -> Path | None:
    """The sources that an O= folder was built from; the tree itself if it has them."""
    if kind.is_source:
        return tree
    link = tree / "source"
    if link.is_dir():
        return link.resolve()
    found = re.search(r"^include (/\S+)/Makefile$", (tree / "Makefile").read_text(), re.MULTILINE)
    return Path(found[1]) if found and Path(found[1]).is_dir() else None


def _wrong_tree(tree: Path, what: str, expected: str, actual: str, next: str) -> KdmaError:
    return KdmaError(
        what,
        where=str(tree),
        expected=expected,
        actual=actual,
        next=next,
        identity=("kernel", "tree", what),
    )


def _explain(tree: Path, kind: _TreeKind) -> KdmaError:
    """Why this folder can be neither used as it is nor built from."""
    if not tree.is_dir():
        return _wrong_tree(
            tree,
            "KDIR= names no folder",
            "the top folder of a kernel tree",
            "a file" if tree.exists() else "nothing there",
            "look at the path",
        )
    if kind.is_output:
        return _wrong_tree(
            tree,
            "the O= folder is not completely built",
            f"all of {', '.join(_BUILT)}",
            f"no {', '.join(kind.missing)}",
            f"finish the build: make -C {tree} -j{jobs()} bzImage modules",
        )
    if (tree / "Module.symvers").is_file() or (tree / "include/generated").is_dir():
        return _wrong_tree(
            tree,
            "these are headers only, without a kernel to boot",
            "a kernel tree",
            f"no {', '.join(kind.missing)}",
            "without KDIR= kdma fetches image and headers of the distribution's kernel; or give "
            "the tree that these headers come from",
        )
    return _wrong_tree(
        tree,
        "this is no kernel tree",
        "a tree with Makefile, Kconfig, init/ and kernel/",
        "not there",
        "give the top folder of a kernel tree: KDIR=~/linux",
    )


def _compiler_arguments(config: Mapping[str, str], tree: Path) -> tuple[str, ...]:
    """LLVM=... for a kernel that clang built, CC=... for one that another gcc built."""
    if os.environ.get("LLVM"):
        return _llvm_argument()
    if config.get("CONFIG_CC_IS_CLANG") != "y":
        text = config.get("CONFIG_CC_VERSION_TEXT", "").strip('"')
        major = int(config.get("CONFIG_GCC_VERSION", "0")) // 10000
        other = f"gcc-{major}"
        if text and major and text != _say_version("gcc") and shutil.which(other):
            return (f"CC={other}",)
        return ()
    version = re.search(r"clang version (\d+)", config.get("CONFIG_CC_VERSION_TEXT", ""))
    for suffix in ([f"-{version[1]}"] if version else []) + [""]:
        if shutil.which(f"clang{suffix}") and shutil.which(f"ld.lld{suffix}"):
            return (f"LLVM={suffix or '1'}",)
    raise KdmaError(
        "the kernel was built with clang, which is not here",
        where=str(tree),
        expected=config.get("CONFIG_CC_VERSION_TEXT", "clang"),
        actual="no clang with ld.lld",
        next=f"install clang{f'-{version[1]}' if version else ''} and lld, or build with gcc",
        identity=("kernel", "compiler"),
    )


def _in_tree_modules(tree: Path, wanted: Sequence[str]) -> list[tuple[str, bytes]]:
    """As find_modules(), for a build folder, whose modules are listed in modules.order."""
    if not wanted:
        return []
    order = tree / "modules.order"
    lines = order.read_text().split() if order.is_file() else []
    paths = [tree / re.sub(r"\.o$", ".ko", line.removeprefix("kernel/")) for line in lines]
    farm = cache_root() / "trees" / f".{_tree_key(tree)}.{os.getpid()}"
    farm.mkdir(parents=True)
    try:
        for path in paths:
            if path.is_file():
                (farm / path.name).symlink_to(path)
        return find_modules(farm, wanted)
    finally:
        shutil.rmtree(farm)


def _is_configured_as_built(tree: Path) -> bool:
    """Does .config say what the build was made with (auto.conf)?"""
    auto = tree / "include/config/auto.conf"
    if not auto.is_file():
        return True
    # auto.conf has strings without their quotes in some versions, and leaves
    # empty ones and unset options out in others.
    have, built = (
        {
            option: value.strip('"')
            for option, value in parse_config(path.read_text()).items()
            if value not in ('""', "", "n")
        }
        for path in (tree / ".config", auto)
    )
    return have == built


def _newer_sources(
    tree: Path, source: Path, files: Sequence[_File], contents: Mapping[str, str], image: str
) -> list[str]:
    """Sources that are not what the image was built from, as far as that can be told.

    A file older than vmlinux is taken for built. One that is newer is compared
    with the content it had when this image was last seen up to date.
    """
    memory = cache_root() / "trees" / f"{_tree_key(tree)}.built.json"
    built = (tree / "vmlinux").stat().st_mtime_ns
    newer = [file.path for file in files if file.mtime_ns > built]
    try:
        told = json.loads(memory.read_text())
        known = told["contents"] if told["image"] == image else {}
    except (OSError, ValueError, KeyError, TypeError):
        known = {}
    if known:
        gone = [path for path in known if path not in contents]
        return [path for path in contents if known.get(path) != contents[path]] + gone
    if not newer:
        _write(memory, json.dumps({"image": image, "contents": contents}))
    return newer


def _built_tree(tree: Path, kind: _TreeKind, config: Mapping[str, str]) -> Kernel:
    """The user's own build, used as it is."""
    if not _is_configured_as_built(tree):
        raise _wrong_tree(
            tree,
            ".config is not what the kernel was built with",
            "a build that is up to date",
            ".config and include/config/auto.conf differ",
            f"build it again: make -C {tree} -j{jobs()} bzImage modules",
        )
    source = _source_of(tree, kind)
    unchecked = _oracle_gaps(config, "the tree's configuration")
    image = digest(tree / "arch/x86/boot/bzImage")
    parts = [image, digest(tree / ".config"), digest(tree / "Module.symvers")]
    with progress.stage("read the tree"):
        if source is not None:
            files = _walk(source, _RELEVANT, _is_source)
            files = [f for f in files if not f.path.startswith(_GENERATED)]
            files = [f for f in files if not f.path.endswith((".mod.c", "vmlinux.lds"))]
            contents = _contents(source, files, _memory(source))
            parts.append(_content_identity(contents))
            newer = _newer_sources(tree, source, files, contents, image)
            # What the build itself wrote is no source.
            newer = [path for path in newer if not _looks_generated(source, path)]
            if newer:
                shown = ", ".join(newer[:3]) + (", ..." if len(newer) > 3 else "")
                unchecked.append(
                    Unchecked(
                        "the sources as they are now",
                        f"{len(newer)} files changed after the kernel was built ({shown}): "
                        f"run make -C {tree} and check again",
                    )
                )
        parts.append(stat_digest(tree, _GENERATED))
    if (tree / "arch/x86/boot/bzImage").stat().st_mtime_ns < (tree / "vmlinux").stat().st_mtime_ns:
        unchecked.append(
            Unchecked("vmlinux", f"bzImage is older than vmlinux: run make -C {tree} bzImage")
        )
    arguments = _compiler_arguments(config, tree)
    identity = _hash([*parts, compiler_version(arguments), *arguments])
    guest = cache_root() / "trees" / f"{_tree_key(tree)}.guest"
    modules = _in_tree_modules(tree, _wanted_modules(config))
    if modules:
        guest = guest.with_name(
            f"{guest.name}-{_hash(hashlib.sha256(d).hexdigest() for _, d in modules)[:12]}"
        )
        _write_modules(guest, modules)
    release = _release(tree)
    return Kernel(
        name=f"{tree} ({release})",
        release=release,
        image=tree / "arch/x86/boot/bzImage",
        build=tree,
        source=source,
        config=tree / ".config",
        make_arguments=arguments,
        origin="tree",
        identity=identity,
        guest_modules=_guest_modules(guest) if modules else (),
        unchecked=tuple(unchecked),
        no_rust=kernel_rust.why_not(config, tree, source, "tree"),
    )


def _looks_generated(source: Path, path: str) -> bool:
    """A file that an in-tree build makes next to the sources: kbuild left its command."""
    folder, _, name = path.rpartition("/")
    return (source / folder / f".{name}.cmd").exists()


def _version_of(source: Path) -> str:
    text = (source / "Makefile").read_text(errors="replace")
    found = re.findall(r"^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION) =[ \t]*(\S*)", text, re.M)
    fields: dict[str, str] = dict(found)
    version = ".".join(fields.get(n, "0") for n in ("VERSION", "PATCHLEVEL", "SUBLEVEL"))
    return version + fields.get("EXTRAVERSION", "")


def _read_tree(tree: Path, listed: Sequence[str] | None) -> tuple[list[_File], dict[str, str]]:
    """Files and contents of a tree: those of `listed`, or everything in a clean tree."""
    if listed is None:
        files = _walk(tree, (".",), lambda name: name != "cscope.out" and not name.endswith("~"))
    else:
        files = []
        for path in listed:
            s = os.lstat(f"{tree}/{path}")
            look = f"{s.st_size} {s.st_mtime_ns} {s.st_ctime_ns} {s.st_ino}"
            files.append(_File(path, look, s.st_mtime_ns))
    return files, _contents(tree, files, _memory(tree))


#: Output of a build by its name; most output has a .NAME.cmd beside it.
_OUTPUT = re.compile(
    r"(^|/)\.[^/]*$|~$|\.(a|cmd|d|dwo|elf|gcno|i|ko|lex\.c|lst|mod|mod\.c|o|o\.d|order|rlib|rmeta|s"
    r"|so|so\.dbg|su|symtypes|symvers|tab\.[ch])$"
)
_DOTFILES = re.compile(r"(^|/)\.(clippy\.toml|gitignore|kunitconfig|rustfmt\.toml)$")


def _listed_sources(tree: Path) -> list[str]:
    """The files of a tree that are no output of a build. Sorted. Writes nothing to it.

    git tells where the tree is a repository: what it tracks and what it would
    add. Elsewhere the names do, and the commands that kbuild leaves beside
    what it makes.
    """
    if (tree / ".git").exists() and shutil.which("git"):
        done = run(
            [
                *("git", "-c", "safe.directory=*", "-C", str(tree)),
                *("ls-files", "-z", "--cached", "--others", "--exclude-standard"),
            ],
            what="listing the tree's sources",
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
            check=False,
        )
        paths = sorted(set(done.stdout.split("\0")) - {""})
        if done.returncode == 0 and "Makefile" in paths:
            return [path for path in paths if os.path.lexists(f"{tree}/{path}")]
    present = {file.path for file in _walk(tree, (".",), lambda name: True, everything=True)}
    return sorted(
        path
        for path in present
        if (not _OUTPUT.search(path) or _DOTFILES.search(path))
        and not path.startswith(tuple(f"{folder}/" for folder in _GENERATED))
        and "{0}/.{2}.cmd".format(*path.rpartition("/")).lstrip("/") not in present
    )


def _farm(tree: Path, listed: Sequence[str]) -> Path:
    """A folder of links to the sources of `tree`, without the output of builds in it.

    make refuses to build elsewhere (O=) from a tree that was built in; from
    here it does not.
    """
    farm = cache_root() / "trees" / f"{_tree_key(tree)}.links"
    record = farm.with_name(f"{farm.name}.list")
    text = "\0".join(listed)
    if farm.is_dir() and record.is_file() and record.read_text() == text:
        return farm
    progress.note(f"linking {len(listed)} files")
    before = set(record.read_text().split("\0")) if farm.is_dir() and record.is_file() else None
    if before is None:
        shutil.rmtree(farm, ignore_errors=True)
        before = set()
    record.unlink(missing_ok=True)
    now = set(listed)
    for path in before - now:
        (farm / path).unlink(missing_ok=True)
    folders = {path.rpartition("/")[0] for path in now - before}
    for folder in folders:
        (farm / folder).mkdir(parents=True, exist_ok=True)
    for path in now - before:
        os.symlink(f"{tree}/{path}", f"{farm}/{path}")
    _write(record, text)
    return farm


def _begin_tree_build(recipe: _Recipe, files: Sequence[_File], contents: Mapping[str, str]) -> None:
    """Makes sure that make will see every change since the last build of this folder.

    make compares times. A changed file that is older than what was built from
    it would be missed; then everything is built again. Writes down what is
    built from now on.
    """
    manifest = recipe.build / ".kdma-sources.json"
    try:
        told = json.loads(manifest.read_text())
        changed = [f for f in files if told["contents"].get(f.path) != contents[f.path]]
        if any(f.mtime_ns <= told["end"] for f in changed):
            progress.say(f"changed files of {recipe.source} have old times: all is built again")
            shutil.rmtree(recipe.build)
    except (OSError, ValueError, KeyError, TypeError):
        shutil.rmtree(recipe.build, ignore_errors=True)
    _end_tree_build(recipe, contents)


def _end_tree_build(recipe: _Recipe, contents: Mapping[str, str]) -> None:
    """Writes down that the objects in the folder may be as young as now."""
    _write(
        recipe.build / ".kdma-sources.json",
        json.dumps({"end": time.time_ns(), "contents": contents}),
    )


def _build_tree(
    tree: Path, *, headers_only: bool, listed: Sequence[str] | None = None, farm: Path | None = None
) -> Kernel:
    """Builds a tree outside of it: a clean one, or the files `listed` through their `farm`."""
    with progress.stage("read the tree"):
        files, contents = _read_tree(tree, listed)
    arguments = _llvm_argument()
    compiler = compiler_version(arguments)
    key = _hash([str(farm or tree), _fragments(), compiler, *arguments])[:16]
    recipe = _Recipe(
        name=f"{tree} ({_version_of(tree)})",
        origin="tree",
        source=farm or tree,
        build=cache_root() / "builds" / f"{tree.name}-{key}",
        arguments=arguments,
        source_identity=_content_identity(contents),
        compiler=compiler,
        watch_source=False,
    )
    if _stamped(recipe) == "complete":
        return _built(recipe, complete=True)
    with lock(recipe.lock, f"building {recipe.name}", wait=True):
        if _stamped(recipe) == "complete":
            return _built(recipe, complete=True)
        _begin_tree_build(recipe, files, contents)
        try:
            kernel = _build_locked(recipe, headers_only=headers_only)
        finally:
            _end_tree_build(recipe, contents)
        after, _ = _read_tree(tree, listed)
        if after != files:
            (recipe.build / STAMP).unlink(missing_ok=True)
            raise _wrong_tree(
                tree,
                "the tree changed while it was built",
                "sources that stay as they are",
                ", ".join(sorted({f.path for f in set(after) ^ set(files)})[:5]),
                "run it again",
            )
    return kernel


def _build_dirty_tree(tree: Path, *, headers_only: bool) -> Kernel:
    """Builds from the sources of a tree that was built in, and leaves that build alone."""
    with progress.stage("list the tree's sources"):
        listed = _listed_sources(tree)
        with lock(_memory(tree).with_suffix(".lock"), "listing the tree's sources", wait=True):
            farm = _farm(tree, listed)
    return _build_tree(tree, headers_only=headers_only, listed=listed, farm=farm)


def _prepare_tree(kdir: Path, *, headers_only: bool) -> Kernel:
    tree = kdir.expanduser().resolve()
    kind = _classify(tree)
    if (kind.is_source or kind.is_output) and not kind.missing:
        config = parse_config((tree / ".config").read_text())
        try:
            check_config(config, tree / ".config")
        except KdmaError as error:
            # The sources are there all the same.
            if not kind.is_source:
                raise
            lacking = error.finding.expected.replace("\n", ", ")
            kernel = _build_dirty_tree(tree, headers_only=headers_only)
            gap = Unchecked(
                "the kernel as it is built in the tree",
                f"its configuration lacks {lacking}; kdma's own configuration was built instead",
                explained=True,
            )
            return dataclasses.replace(kernel, unchecked=(*kernel.unchecked, gap))
        return _built_tree(tree, kind, config)
    if kind.is_source and kind.leftovers:
        return _build_dirty_tree(tree, headers_only=headers_only)
    if kind.is_source:
        return _build_tree(tree, headers_only=headers_only)
    raise _explain(tree, kind)


# -- the stage ----------------------------------------------------------------


def _check_path(path: Path, what: str) -> None:
    """KdmaError for a folder that make cannot work in."""
    if re.search(r"[\s:%#$]", str(path)):
        raise KdmaError(
            f"the path of {what} has a character that make cannot cope with",
            where=str(path),
            expected="no spaces and none of : % # $",
            actual=str(path),
            next="move it" if what == "the tree" else "name another folder: KDMA_CACHE=path",
            identity=("kernel", "path", what),
        )


def _prepare(request: KernelRequest, *, headers_only: bool) -> Kernel:
    if request.kdir is not None and request.version is not None:
        raise KdmaError(
            "both a tree and a version are given",
            expected="KDIR= or KERNEL=, or neither",
            actual=f"KDIR={request.kdir} KERNEL={request.version}",
            next="leave one of them out",
        )
    _check_path(cache_root(), "the cache")
    try:
        if request.kdir is not None:
            _check_path(request.kdir.expanduser().resolve(), "the tree")
            return _prepare_tree(request.kdir, headers_only=headers_only)
        if request.version not in (None, DISTRIBUTION):
            return _build_version(request.version, headers_only=headers_only)
        return _prepare_distribution()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise disk_full(cache_root()) from None
        raise


def prepare(request: KernelRequest) -> Kernel:
    """The kernel of `request`, ready to be built against and booted.

    Fetches and builds what is not in the cache; changes nothing outside of it.
    Raises KdmaError.
    """
    return _prepare(request, headers_only=False)


def prepare_headers(request: KernelRequest) -> Kernel:
    """As prepare(), but only as far as modules can be compiled (not linked, not booted).

    Some seconds where the whole kernel takes minutes. A kernel that is
    complete already is returned as such; see Kernel.complete.
    """
    return _prepare(request, headers_only=True)
