# SPDX-License-Identifier: GPL-2.0
"""Layer: the safe Rust layer. Programs in a guest judge.

A fault that rustc refuses is none. A survivor that gives the same object as no
fault at all is equivalent.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import IntFlag
from pathlib import Path

from kdma import build, host_tests, refusals, rust, toolchain
from kdma.cache import digest, entry, key
from kdma.findings import Finding
from kdma.kernel import jobs
from kdma.mutants import rounds, safe_layer, sites, switched
from kdma.mutants.guests import GuestLayer
from kdma.mutants.model import Changed, Fault, Outcome, Session, names
from kdma.paths import PROJECT, cache_root
from kdma.process import run
from kdma.programs import Attribute, Flag
from kdma.traces import Driver

FOLDER = "rust-bindings/kdma/src"
_GLUE = "kmod/rust.c"
_DEFINED = f"""
unsigned int {switched.SWITCH};
module_param({switched.SWITCH}, uint, 0600);
"""
_SWITCH = f"""
/// Which fault is switched on.
mod fault {{
    unsafe extern "C" {{
        static {switched.SWITCH}: u32;
    }}

    #[inline(never)]
    pub(crate) fn is(number: u32) -> bool {{
        // SAFETY: a number in the module, written between runs only.
        unsafe {{ core::ptr::read_volatile(&raw const {switched.SWITCH}) == number }}
    }}
}}
"""

#: The same for the host tests, where a program's environment says it.
_HOST_SWITCH = f"""
mod fault {{
    extern crate std;
    static ON: std::sync::OnceLock<u32> = std::sync::OnceLock::new();

    #[inline(never)]
    pub(crate) fn is(number: u32) -> bool {{
        let said = || std::env::var("{switched.SWITCH}").map(|on| on.parse().unwrap());
        *ON.get_or_init(|| said().unwrap_or(0)) == number
    }}
}}
"""


def sources() -> dict[str, str]:
    """The sources of the safe layer, by their path in the project."""
    return {
        f"{FOLDER}/{path.name}": path.read_text()
        for path in sorted((PROJECT / FOLDER).glob("*.rs"))
    }


def _of_bits(fault: Fault) -> str:
    """The rule, if the fault cuts a set of bits, of which safe Rust's types hold known ones only.

    The host test `sets_of_bits` holds that they refuse all others.
    """
    file, one = fault.data
    at = safe_layer.cut_argument(sources()[file], one.site, one.text)
    declared = {each.function: each.parameters for each in refusals.refusing()}
    if at is None or one.site.callee not in declared:
        return ""
    sets: dict[str, type[IntFlag]] = {"attributes": Attribute, "flags": Flag}
    bits = sets.get(declared[one.site.callee][at].name)
    if bits is None or max(bits) >> 15:
        return ""
    known = sorted(f"{bits.__name__}.{each.name}" for each in bits)
    return f"it can be nothing but an or of {', '.join(known)}: no bit is beyond the lower 15"


class SafeRust(GuestLayer):
    """All faults of the safe layer, in one driver."""

    name = "rust"
    title = "what the safe Rust layer hands to the C ABI and makes of its answers"
    seconds_to_begin = 12.0
    seconds_each = 0.12
    folders = ("c-api", "kmod", "rust-bindings")
    module = build.DRIVER_MODULES[Driver.RUST.label]
    drivers = (Driver.RUST,)

    def __init__(self) -> None:
        super().__init__()
        self._chosen: dict[str, list[switched.Alternative]] = {}

    def _put(
        self, folder: Path, chosen: Mapping[str, Sequence[switched.Alternative]], switch: str
    ) -> None:
        """These faults into a copy of the sources, with what says which is on."""
        for file, text in sources().items():
            (folder / file).write_text(
                switched.rewrite(text, chosen.get(file, ()), file, rust=True)
            )
        root = folder / FOLDER / "lib.rs"
        root.write_text(root.read_text() + switch)
        glue = folder / _GLUE
        glue.write_text(glue.read_text() + _DEFINED)

    def _refused(
        self, session: Session, made: Mapping[str, Sequence[switched.Alternative]], tree: Path
    ) -> set[int]:
        """Numbers of faults that rustc does not take."""
        refused: set[int] = set()
        while True:
            session.note("compiling the safe layer with all faults")
            shutil.rmtree(tree, ignore_errors=True)
            left = {f: [a for a in many if a.number not in refused] for f, many in made.items()}
            self.copy(tree)
            self._put(tree, left, _SWITCH)
            numbers, others = self._complaints(tree)
            if not numbers and not others:
                return refused
            if not numbers:
                raise ValueError(f"the safe layer with faults does not compile: {others[0]}")
            refused |= numbers

    def _complaints(self, tree: Path) -> tuple[set[int], list[str]]:
        """What rustc says: numbers of faults at the lines concerned, and all else."""
        metadata = tree / "libkdma_sys.rmeta"
        common = [toolchain.rustc(), "--edition=2024", "--crate-type=rlib", "--emit=metadata",
                  "--cap-lints=allow", "--error-format=json"]  # fmt: skip
        crates = tree / "rust-bindings"
        run([*common, "--crate-name=kdma_sys", "-o", str(metadata),
             str(crates / "kdma-sys/src/lib.rs")], what="compiling kdma-sys")  # fmt: skip
        done = run(
            [*common, "--crate-name=kdma", f"--extern=kdma_sys={metadata}", "-o",
             str(tree / "libkdma.rmeta"), str(crates / "kdma/src/lib.rs")],
            what="compiling the safe layer with faults", check=False,
        )  # fmt: skip
        numbers, others = set(), []
        for line in done.stderr.splitlines():
            told = json.loads(line)
            if told.get("level") != "error" or not told.get("spans"):
                continue
            found = set()
            for span in told["spans"]:
                if not span["is_primary"]:
                    continue
                lines = Path(span["file_name"]).read_text().splitlines()
                text = "\n".join(lines[span["line_start"] - 1 : span["line_end"]])
                found |= {int(n) for n in re.findall(r"fault::is\((\d+)\)", text)}
            numbers |= found
            if not found:
                others.append(f"{told['spans'][0]['file_name']}: {told['message']}")
        return numbers, others

    def _admitted(self, session: Session) -> dict[str, list[switched.Alternative]]:
        made = switched.numbered(
            {file: safe_layer.made_of(text) for file, text in sources().items()},
            {file: safe_layer.harmless_of(text) for file, text in sources().items()},
        )
        name = key(["admitted", rust.compiler(toolchain.rustc()).verbose_version,
                    *(f"{f} {text}" for f, text in sources().items()),
                    *(digest(Path(m.__file__ or "")) for m in (safe_layer, sites, switched)),
                    digest(PROJECT / "rust-bindings/kdma-sys/src/lib.rs"),
                    digest(Path(__file__))])  # fmt: skip
        folder = cache_root() / "mutants" / name

        def make(work: Path) -> None:
            refused = self._refused(session, made, work / "tree")
            shutil.rmtree(work / "tree")
            (work / "refused.json").write_text(json.dumps(sorted(refused)))

        entry(folder, make)
        refused = set(json.loads((folder / "refused.json").read_text()))
        return {f: [one for one in many if one.number not in refused] for f, many in made.items()}

    def _generate(self, session: Session) -> None:
        texts = sources()
        self._chosen = self._admitted(session)
        for file, many in self._chosen.items():
            for one in many:
                self._add(
                    one.number,
                    one.operator,
                    one.site.callee,
                    f"{file}:{one.site.line}",
                    " ".join(one.site.text(texts[file]).split()),
                    one.text,
                    frozenset({one.site.callee}),
                    part=one.site.function,
                    data=(file, one),
                    harmless=one.harmless,
                )

    def _parts(self) -> Iterable[str]:
        faults = (
            f"{file} {one.number} {one.text}" for file, many in self._chosen.items() for one in many
        )
        return [_DEFINED, _SWITCH, digest(Path(switched.__file__ or "")), *faults]

    def _write(self, folder: Path, session: Session) -> None:
        self._put(folder, self._chosen, _SWITCH)

    def _objects(self, session: Session, tree: Path) -> Mapping[str, Path]:
        objects = rust.build(
            session.kernel.config,
            cache_root(),
            rust_src=toolchain.rust_src_roots(),
            rustc=toolchain.rustc(),
            sources=tree / "rust-bindings",
        ).objects
        return {self.module: objects[self.module]}

    def judge(self, faults: Sequence[Fault], session: Session) -> Iterator[Outcome]:
        """Many faults to a boot."""
        yield from rounds.judged(self, faults, session)

    def told_by_sources(
        self, faults: Sequence[Fault], session: Session
    ) -> dict[str, list[Finding]]:
        """What the host tests say, which know sizes and errors that no guest has."""
        session.note(f"host tests with {len(faults)} faults")
        with tempfile.TemporaryDirectory() as scratch:
            tree = Path(scratch) / "tree"
            self.copy(tree)
            self._put(tree, self._chosen, _HOST_SWITCH)
            programs = host_tests.build(tree, rust.compiler(toolchain.rustc()), Path(scratch))
            if before := self._failures(programs, 0):
                raise ValueError(f"a host test fails without a fault: {before[0]}")

            def told(fault: Fault) -> list[Finding]:
                found: list[Finding] = []
                # The last ones, of errors and sizes, tell most. One that is right is enough.
                for program in reversed(programs):
                    failures = self._failures([program], fault.data[1].number)
                    found += [failure.finding() for failure in failures]
                    if any(names(each, fault.name) for each in found):
                        break
                return found

            with ThreadPoolExecutor(jobs()) as pool:
                return {
                    fault.key: found
                    for fault, found in zip(faults, pool.map(told, faults), strict=True)
                    if found
                }

    def _failures(self, programs: Sequence[Path], number: int) -> list[host_tests.Failure]:
        on = {switched.SWITCH: str(number)}
        return [failure for each in programs for failure in host_tests.failures(each, on)]

    def proved(self, faults: Sequence[Fault], session: Session) -> dict[str, str]:
        """One after the other: rustc builds whole drivers."""
        rules = {fault.key: _of_bits(fault) or self.same(fault, session) for fault in faults}
        return {fault: rule for fault, rule in rules.items() if rule}

    def same(self, fault: Fault, session: Session) -> str:
        """Rustc makes the same of the fault as of none."""
        file, one = fault.data
        codes = []
        for text in (sources()[file], self._alone(file, one)):
            with tempfile.TemporaryDirectory() as scratch:
                tree = Path(scratch) / "tree"
                shutil.copytree(PROJECT / "rust-bindings", tree / "rust-bindings",
                                ignore=shutil.ignore_patterns("target"))  # fmt: skip
                (tree / file).write_text(text)
                objects = self._objects(session, tree)
                codes.append(objects[self.module].read_bytes())
        return "rustc makes the same machine code of it" if codes[0] == codes[1] else ""

    def _alone(self, file: str, one: switched.Alternative) -> str:
        """The source with one fault, every line where it was."""
        text = sources()[file]
        lines = text.count("\n", one.site.start, one.site.end)
        return switched.applied(text, switched.Alternative(
            one.number, one.site, one.operator, one.text + "\n" * lines))  # fmt: skip

    def changed(self, fault: Fault, session: Session) -> Changed:
        """The source with this fault alone."""
        file, one = fault.data
        return Changed({file: self._alone(file, one)})


LAYER = SafeRust()
