# SPDX-License-Identifier: GPL-2.0
"""A compiler flag on one object only: of c-api, of kmod, or of Rust.

Made of the settings on which objects have to agree (abi_flags.py) and of the
kernel's options that its DMA headers ask for, for every object. Judged by the
static check of flags; a flag that it says nothing about is judged by what it
does to the object: the assertions of three_way.py under that flag, and then by
the object itself, which is equivalent if it is the same to the byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from kdma import abi_flags, build, kernel_surface, progress, rust, three_way, toolchain
from kdma.cache import digest
from kdma.findings import Finding, FindingClass, KdmaError
from kdma.kernel import Kernel
from kdma.mutants import forked
from kdma.mutants.model import Changed, Fault, Outcome, Session, Stage, State, Stopwatch, outcome
from kdma.paths import PROJECT, cache_root
from kdma.process import run

_DRIVERS = ("native", "c", "rust-sys", "rust")
#: No flag of these changes what other objects may take for granted.
_HARMLESS = ("-DKDMA_OTHER=1", "-O1", "-O3", "-Os", "-Wall", "-Wno-unused", "-fgcse-las",
             "-fno-inline-small-functions", "-fno-tree-pre", "-fverbose-asm", "-g3",
             "-mtune=generic", "-pipe", "-w")  # fmt: skip
_HARMLESS_RUST = ("--cap-lints=allow", "-Adead_code", "-Ccodegen-units=4", "-Copt-level=3",
                  "-Copt-level=s", "-Cdebuginfo=1", "-Wunused", "-Zmin-function-alignment=16",
                  "-Ztune-cpu=generic")  # fmt: skip


@dataclass(frozen=True)
class _Flag:
    """A flag more on one file; or, for `dropped`, one less."""

    file: str
    flag: str
    is_rust: bool = False
    dropped: bool = False


def _with(words: Sequence[str], one: _Flag) -> tuple[str, ...]:
    if one.dropped:
        return tuple(word for word in words if word != one.flag)
    return (*words, one.flag)


@dataclass
class _Built:
    """The modules as `kdma check` builds them, and how that was done."""

    kernel: Kernel

    @cached_property
    def objects(self) -> rust.RustObjects:
        return rust.build(self.kernel.config, cache_root(), rust_src=toolchain.rust_src_roots(),
                          rustc=toolchain.rustc())  # fmt: skip

    @cached_property
    def root(self) -> Path:
        log = cache_root() / "logs" / "mutants-flags.log"
        with progress.stage("build the modules", "build"):
            made = build.build(self.kernel, _DRIVERS, self.objects.objects, log)
        return made.files["kdma"].parent.parent

    @cached_property
    def c(self) -> dict[str, tuple[str, ...]]:
        return abi_flags.of_c(self.root, self.kernel)

    @cached_property
    def commands(self) -> dict[str, tuple[three_way.Boundary, list[str]]]:
        """How each C file was compiled, and at which boundary it is."""
        return {
            file: (boundary, list(each.command))
            for boundary in three_way.BOUNDARIES
            for each in three_way.compilations(boundary, self.kernel, self.root)
            for file in each.files
        }

    @cached_property
    def plain(self) -> dict[str, bytes]:
        """Objects without any fault, by file, as far as they were asked for."""
        return {}

    @cached_property
    def rust(self) -> dict[str, list[tuple[str, ...]]]:
        return abi_flags.of_rust(self.objects.objects)

    @cached_property
    def reference(self) -> tuple[str, ...]:
        return three_way.plain(self.kernel).command[1:]

    @cached_property
    def options(self) -> list[str]:
        """The kernel's options that its DMA headers ask for and that are not set."""
        given = kernel_surface.input_of(self.kernel)
        asked: set[str] = set()
        for file in given.headers:
            asked |= set(re.findall(r"\bCONFIG_[A-Z0-9_]+", given.text(file)))
        is_set = set(rust.read_config(self.kernel.config))
        return sorted(name for name in asked if name.removeprefix("CONFIG_") not in is_set)


class _Layer:
    name = "flags"
    title = "a compiler flag on one object only"
    seconds_to_begin = 1.0
    seconds_each = 0.01

    def __init__(self) -> None:
        self._known: dict[str, _Built] = {}

    def _built(self, session: Session) -> _Built:
        kernel = session.headers
        return self._known.setdefault(kernel.identity, _Built(kernel))

    def _fault(self, operator: str, one: _Flag, *, harmless: bool = False) -> Fault:
        kbuild = f"CFLAGS_{Path(one.file).stem}.o"
        file = "harness/kdma/rust.py" if one.is_rust else f"{Path(one.file).parent}/Kbuild"
        before, after = ("", one.flag) if not one.dropped else (one.flag, "")
        part = f"{'-' if one.dropped else '+'} {one.flag}"
        place = f"{file}: flags of {one.file}" if one.is_rust else f"{file}: {kbuild}"
        classes = () if harmless else (FindingClass.BINDING_DRIFT,)
        return Fault(self.name, operator, one.file, place, before, after, harmless, part, classes,
                     one)  # fmt: skip

    def faults(self, session: Session) -> list[Fault]:
        built = self._built(session)
        made = []
        for setting in abi_flags.SETTINGS:
            for file, words in built.c.items():
                for flag in setting.others:
                    if abi_flags.differs(words, flag):
                        made.append(self._fault(setting.name, _Flag(file, flag)))
            for module, some in built.rust.items():
                for flag in setting.rust_others:
                    if abi_flags.differs(some[-1], flag, is_rust=True):
                        one = _Flag(module, flag, is_rust=True)
                        made.append(self._fault(f"Rust: {setting.name}", one))
        for file, words in built.c.items():
            for flag in sorted(set(words)):
                if abi_flags.matters(words, flag):
                    made.append(self._fault("a flag lost", _Flag(file, flag, dropped=True)))
            for option in built.options:
                made.append(self._fault("a kernel option", _Flag(file, f"-D{option}=1")))
        for module, some in built.rust.items():
            for flag in sorted(set(some[-1])):
                if abi_flags.matters(some[-1], flag, is_rust=True):
                    lost = _Flag(module, flag, is_rust=True, dropped=True)
                    made.append(self._fault("Rust: a flag lost", lost))
        return made

    def harmless(self, session: Session) -> list[Fault]:
        built = self._built(session)
        made = []
        for file in built.c:
            for flag in _HARMLESS:
                made.append(self._fault("optimises, warns, describes", _Flag(file, flag),
                                        harmless=True))  # fmt: skip
            # Said twice, as flags of a folder and of a file may.
            for flag in ("-fshort-wchar", "-mcmodel=kernel", "-mno-red-zone"):
                made.append(self._fault("said twice", _Flag(file, flag), harmless=True))
        for module in built.rust:
            for flag in _HARMLESS_RUST:
                one = _Flag(module, flag, is_rust=True)
                made.append(self._fault("Rust: optimises, warns, describes", one, harmless=True))
        return made

    def rests_on(self, session: Session) -> Iterable[str]:
        built = self._built(session)
        yield session.headers.identity
        yield repr(sorted(built.c.items()))
        yield repr(sorted(built.rust.items()))
        for boundary in three_way.BOUNDARIES:
            yield digest(PROJECT / boundary.header)
            yield digest(PROJECT / boundary.bindings)

    def judge(self, faults: Sequence[Fault], session: Session) -> Iterator[Outcome]:
        built = self._built(session)
        # Read before, so that the processes share it.
        _ = built.reference, built.commands, three_way.models()
        yield from forked.mapped(lambda fault: self._one(fault, built, session), faults)

    def _one(self, fault: Fault, built: _Built, session: Session) -> Outcome:
        watch = Stopwatch()
        one: _Flag = fault.data
        if one.is_rust:
            # The driver's crate; the others are shared by both.
            some = [*built.rust[one.file][:-1], _with(built.rust[one.file][-1], one)]
            findings, unchecked = abi_flags.judge({}, {one.file: some}, built.reference)
        else:
            words = _with(built.c[one.file], one)
            findings, unchecked = abi_flags.judge({one.file: words}, {}, built.reference)
        if unchecked:
            return Outcome(fault, State.UNCHECKED, seconds=watch.share(),
                           rule=f"{unchecked[0].what}: {unchecked[0].reason}")  # fmt: skip
        if findings or one.is_rust:
            return outcome(fault, findings, Stage.STATIC, watch.share(), ())
        try:
            findings = self._asserted(one, built)
        except KdmaError as error:
            findings = [error.finding]
        if not findings and not fault.harmless and self._is_same(one, built, session):
            rule = "the object is the same to the byte, debug information too"
            return Outcome(fault, State.EQUIVALENT, seconds=watch.share(), rule=rule)
        return outcome(fault, findings, Stage.STATIC, watch.share(), ())

    def _asserted(self, one: _Flag, built: _Built) -> list[Finding]:
        """What the assertions of the Rust view say under the object's flags."""
        boundary, command = built.commands[one.file]
        texts = {
            Path(file).name: (PROJECT / file).read_text()
            for file in filter(None, (boundary.header, boundary.includes))
        }
        # Beside the others, so that it is told apart.
        same = three_way.Compilation(tuple(command), ("the others",))
        changed = replace(same, command=(command[0], *_with(command[1:], one)), files=(one.file,))
        model = three_way.models()[boundary]
        return three_way.judge(boundary, model, texts, [same, changed], built.kernel.build)

    def _is_same(self, one: _Flag, built: _Built, session: Session) -> bool:
        _, command = built.commands[one.file]
        source = str(built.root / one.file)
        session.note(f"compiles {one.file}")

        def compiled(words: Sequence[str], name: str) -> bytes:
            with TemporaryDirectory(prefix="kdma-mutants-") as work:
                target = Path(work) / "x.o"
                defines = ["-DKBUILD_MODNAME=\"x\"", "-DKBUILD_BASENAME=\"x\"",
                           "-D__KBUILD_MODNAME=x"]  # fmt: skip
                run([*words, *defines, "-gno-record-gcc-switches", "-c", "-o", str(target), source],
                    what=f"compiling {name}", cwd=built.kernel.build)  # fmt: skip
                return target.read_bytes()

        try:
            if one.file not in built.plain:
                built.plain[one.file] = compiled(command, one.file)
            changed = [command[0], *_with(command[1:], one)]
            return built.plain[one.file] == compiled(changed, one.file)
        except KdmaError:
            return False

    def changed(self, fault: Fault, session: Session) -> Changed:
        del session
        one: _Flag = fault.data
        if one.dropped:
            return Changed(lost=(one.flag,), files=(one.file,))
        return Changed(flags=(one.flag,), files=(one.file,))


LAYER = _Layer()
