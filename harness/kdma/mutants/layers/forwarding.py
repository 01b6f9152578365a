# SPDX-License-Identifier: GPL-2.0
"""Layer: what c-api forwards to the kernel, refuses and answers. Programs in a guest judge.

A fault that the compiler refuses is none. A survivor that gives the same
machine code as no fault at all is equivalent.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kdma import build, kernel_surface, narrowing, three_way
from kdma.cache import digest, entry, key
from kdma.drift_answers import Answer, kept
from kdma.findings import Finding
from kdma.kernel import jobs
from kdma.mutants import copies, forwarding, rounds, sites, switched
from kdma.mutants.guests import GuestLayer
from kdma.mutants.model import Changed, Fault, Outcome, Session
from kdma.mutants.sites import functions
from kdma.paths import PROJECT, cache_root
from kdma.process import run
from kdma.traces import Driver

FOLDER = "c-api"
#: Nothing of the ABI is in it.
_LEFT_OUT = {"module.c"}
_DECLARED = f"""
extern unsigned int {switched.SWITCH};
"""
_DEFINED = f"""
#include <linux/moduleparam.h>
unsigned int {switched.SWITCH};
module_param({switched.SWITCH}, uint, 0600);
"""


def sources() -> dict[str, str]:
    """The sources of the ABI's functions, by their path in the project."""
    return {
        f"{FOLDER}/{path.name}": path.read_text()
        for path in sorted((PROJECT / FOLDER).glob("*.c"))
        if path.name not in _LEFT_OUT
    }


def reached_by(sources: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """For each function of c-api, the functions of the ABI that come to it; itself too."""
    texts = {}
    for text in sources.values():
        for name, begin, end in functions(text, rust=False):
            texts[name] = text[begin:end]
    exported = set(re.findall(r"^KDMA_EXPORT\((\w+)\);", "\n".join(sources.values()), re.MULTILINE))
    calls = {
        name: {word for word in re.findall(r"\b\w+\b", text) if word in texts and word != name}
        for name, text in texts.items()
    }
    found: dict[str, set[str]] = {name: set() for name in texts}
    for name in exported & set(texts):
        todo, seen = [name], set()
        while todo:
            each = todo.pop()
            if each not in seen:
                seen.add(each)
                found[each].add(name)
                todo += calls[each]
    return {name: frozenset(many) for name, many in found.items()}


def is_small(constant: str, text: str) -> str:
    """C that does not compile where a constant has a bit beyond the lower 15.

    Nothing where the kernel lacks one that the text lets it lack.
    """
    words = f'_Static_assert((unsigned long)({constant}) < 0x8000, "");'
    guard = f"#ifdef {constant}"
    return f"{guard}\n{words}\n#endif" if f"{guard}\n" in text else words


class Forwarding(GuestLayer):
    """All faults of kdma.ko, in one kdma.ko."""

    name = "c-api"
    title = "what c-api forwards to the kernel, refuses and answers"
    seconds_to_begin = 12.0
    seconds_each = 0.15
    module = "kdma"
    drivers = (Driver.C,)

    def __init__(self) -> None:
        super().__init__()
        self._chosen: dict[str, list[switched.Alternative]] = {}
        self._compiled: dict[str, tuple[str, ...]] = {}
        self._small: str | None = None

    def _flags(self, session: Session) -> dict[str, tuple[str, ...]]:
        """How kbuild compiles each file."""
        if not self._compiled:
            log = session.output / "build-c.log"
            modules = build.build(session.kernel, [Driver.C.label], {}, log)
            root = modules.files["kdma"].parent.parent
            self._compiled = {
                file: each.command
                for each in three_way.compilations(three_way.KDMA, session.kernel, root)
                for file in each.files
            }
        return self._compiled

    def _put(self, folder: Path, chosen: Mapping[str, Sequence[switched.Alternative]]) -> None:
        """These faults into a copy of the sources."""
        for file, text in sources().items():
            (folder / file).write_text(switched.rewrite(text, chosen.get(file, ()), file))
        header = folder / FOLDER / "translate.h"
        text = header.read_text()
        at = text.rindex("#endif")
        header.write_text(text[:at] + _DECLARED + text[at:])
        module = folder / FOLDER / "module.c"
        module.write_text(module.read_text() + _DEFINED)

    def _admitted(self, session: Session) -> dict[str, list[switched.Alternative]]:
        """Those that the compiler does not refuse."""
        all_of_them = switched.numbered(
            {file: forwarding.made_of(text) for file, text in sources().items()},
            {file: forwarding.harmless_of(text) for file, text in sources().items()},
        )
        flags = self._flags(session)
        name = key(
            ["admitted", *(f"{f} {' '.join(c)}" for f, c in sorted(flags.items())),
             *(digest(path) for path in sorted((PROJECT / FOLDER).rglob("*.[ch]"))),
             *(digest(Path(m.__file__ or "")) for m in (forwarding, sites, switched)),
             digest(Path(__file__))]
        )  # fmt: skip
        folder = cache_root() / "mutants" / name

        def make(work: Path) -> None:
            refused = self._refused(session, flags, all_of_them, work / "tree")
            shutil.rmtree(work / "tree")
            (work / "refused.json").write_text(json.dumps(sorted(refused)))

        entry(folder, make)
        refused = set(json.loads((folder / "refused.json").read_text()))
        return {
            file: [one for one in many if one.number not in refused]
            for file, many in all_of_them.items()
        }

    def _refused(
        self,
        session: Session,
        flags: Mapping[str, tuple[str, ...]],
        made: Mapping[str, Sequence[switched.Alternative]],
        tree: Path,
    ) -> set[int]:
        refused: set[int] = set()

        def complaints(file: str) -> tuple[str, set[int], str]:
            done = run(
                [*self._here(flags[file], tree), "-fmax-errors=0", "-Wno-unused-value",
                 "-Werror=int-conversion", "-Werror=incompatible-pointer-types",
                 "-fsyntax-only", str(tree / file)],
                what=f"compiling {file} with faults", cwd=session.kernel.build, check=False,
            )  # fmt: skip
            errors = "\n".join(x for x in done.stderr.splitlines() if " error: " in x)
            return file, switched.refused(done.stderr), errors

        def culprit(file: str, errors: str) -> int:
            """For complaints that lead to no fault: by leaving out others."""

            def compiles(chosen: Sequence[switched.Alternative]) -> bool:
                (tree / file).write_text(switched.rewrite(sources()[file], chosen, file))
                return not complaints(file)[2]

            left = [a for a in made[file] if a.number not in refused]
            found = switched.culprit(left, compiles)
            if found is None:
                raise ValueError(f"{file} with faults does not compile: {errors[:500]}")
            return found.number

        todo = [file for file in made if file in flags]
        while todo:
            session.note(f"compiling {len(todo)} files with all faults")
            shutil.rmtree(tree, ignore_errors=True)
            self.copy(tree)
            self._put(tree, {f: [a for a in many if a.number not in refused]
                             for f, many in made.items()})  # fmt: skip
            with ThreadPoolExecutor(jobs()) as pool:
                results = list(pool.map(complaints, todo))
            todo = []
            for file, numbers, errors in results:
                if errors:
                    refused |= numbers or {culprit(file, errors)}
                    todo.append(file)
        return refused

    def _here(self, command: Sequence[str], tree: Path) -> list[str]:
        """A compiler's flags for files of another copy of the sources."""
        words = []
        for word in command:
            match = re.match(r"(-I)?(/\S+?)/(c-api\S*)$", word)
            words.append(f"{match[1] or ''}{tree}/{match[3]}" if match else word)
        return words

    def _generate(self, session: Session) -> None:
        texts = sources()
        reached = reached_by(texts)
        self._chosen = self._admitted(session)
        for file, many in self._chosen.items():
            for one in many:
                self._add(
                    one.number,
                    one.operator,
                    one.site.function,
                    f"{file}:{one.site.line}",
                    " ".join(one.site.text(texts[file]).split()),
                    " ".join(one.text.split()),
                    reached.get(one.site.function, frozenset()),
                    data=(file, one),
                    harmless=one.harmless,
                )

    def _parts(self) -> Iterable[str]:
        faults = (
            f"{file} {one.number} {one.text}" for file, many in self._chosen.items() for one in many
        )
        return [_DECLARED, _DEFINED, digest(Path(switched.__file__ or "")), *faults]

    def _write(self, folder: Path, session: Session) -> None:
        self._put(folder, self._chosen)

    def judge(self, faults: Sequence[Fault], session: Session) -> Iterator[Outcome]:
        """Many faults to a boot."""
        yield from rounds.judged(self, faults, session)

    def same(self, fault: Fault, session: Session) -> str:
        """Asked of many at once."""
        return self.proved([fault], session).get(fault.key, "")

    def proved(self, faults: Sequence[Fault], session: Session) -> dict[str, str]:
        """The compiler makes the same of a fault as of none, or the value cannot be such."""
        rules: dict[str, str] = {}
        left: dict[str, list[Fault]] = {}
        for fault in faults:
            file, one = fault.data
            cut = re.search(r"\((?:u16|u32|u64\)\(s32)\)\(\((\w+)\) \* 1\)", one.text)
            small = ""
            if cut and self._is_of_constants(cut[1], file, one.site.function):
                small = self.constants_are_small(session)
            if small:
                rules[fault.key] = small
            else:
                left.setdefault(file, []).append(fault)

        def same(file: str) -> set[int]:
            return self._same_code(file, [fault.data[1] for fault in left[file]], session)

        with ThreadPoolExecutor(jobs()) as pool:
            for file, numbers in zip(left, pool.map(same, left), strict=True):
                for fault in left[file]:
                    if fault.data[1].number in numbers:
                        rules[fault.key] = "the compiler makes the same machine code of it"
        twice = [
            fault for fault in faults
            if fault.operator == forwarding.TWICE and fault.key not in rules
        ]  # fmt: skip
        return rules | self._proved_idempotent(twice, session)

    def _proved_idempotent(self, faults: Sequence[Fault], session: Session) -> dict[str, str]:
        """Calls whose second one stores what is there already.

        That compilers see once nothing warns in between, which they may not move, and
        objects of different types are distinct, as C has it and the kernel does not
        let them assume. What is said twice only is no more wrong than said once.
        """
        rule = (
            "the compiler makes the same machine code of it, warnings left out and objects of "
            "different types taken for distinct"
        )
        left: dict[str, list[Fault]] = {}
        for fault in faults:
            left.setdefault(fault.data[0], []).append(fault)
        rules: dict[str, str] = {}
        for file, many in left.items():
            text = copies.with_copies(sources()[file], [fault.data[1] for fault in many])
            same = copies.same(self._assembly(file, copies.QUIET + text, session,
                                              more=copies.DISTINCT))  # fmt: skip
            rules |= {fault.key: rule for fault in many if fault.data[1].number in same}
        return rules

    def _same_code(
        self, file: str, chosen: Sequence[switched.Alternative], session: Session
    ) -> set[int]:
        """Numbers of those of which the compiler makes the same as of none.

        One file has a copy of its functions for each of them, all compiled at once.
        """
        text = copies.with_copies(sources()[file], chosen)
        return copies.same(self._assembly(file, text, session))

    def _assembly(self, file: str, text: str, session: Session, *, more: Sequence[str] = ()) -> str:
        """What the compiler makes of a source with this text."""
        with tempfile.TemporaryDirectory() as scratch:
            tree = Path(scratch) / "tree"
            self.copy(tree)
            (tree / file).write_text(text)
            assembly = Path(scratch) / "copies.s"
            run(
                [*self._here(self._flags(session)[file], tree), "-g0", "-w", "-fno-ipa-icf", *more,
                 "-S", "-o", str(assembly), str(tree / file)],
                what=f"compiling {file} with changes to its functions", cwd=session.kernel.build,
            )  # fmt: skip
            return assembly.read_text()

    def without_code(self, faults: Sequence[Fault], session: Session) -> dict[str, str]:
        """The compiler makes no code of their functions for this kernel."""
        idle: dict[str, set[str]] = {}
        for fault in faults:
            file, one = fault.data
            idle.setdefault(file, set()).add(one.site.function)
        dead = {file: self._without_code(file, names, session) for file, names in idle.items()}
        rule = "the compiler makes no code of its function for this kernel"
        return {
            fault.key: rule for fault in faults
            if fault.data[1].site.function in dead[fault.data[0]]
        }  # fmt: skip

    def _without_code(self, file: str, names: set[str], session: Session) -> set[str]:
        marked = copies.with_marks(sources()[file], names)
        return copies.without_code(self._assembly(file, marked, session), names)

    def told_by_sources(
        self, faults: Sequence[Fault], session: Session
    ) -> dict[str, list[Finding]]:
        """What is narrowed: all sources are read once, with all faults in them."""
        tree = self.project(session)
        flags = {
            file: narrowing.clang_flags(self._here(command, tree), session.kernel, tree)
            for file, command in self._flags(session).items()
            if file in self._chosen
        }
        session.note(f"reading {len(flags)} files with all faults")

        def make() -> Answer:
            return Answer(narrowing.judge(narrowing.read_all(tree, flags), narrowing.on_purpose()))

        parts = [
            tree.name, session.kernel.identity, narrowing.version(),
            *(f"{file} {' '.join(words)}" for file, words in sorted(flags.items())),
            digest(narrowing.ON_PURPOSE),
        ]  # fmt: skip
        found = kept("narrowing-faults", (narrowing, kernel_surface, three_way), parts, make)
        told: dict[int, list[Finding]] = {}
        for one in found.findings:
            for number in switched.at(f"{one.where}:0"):
                told.setdefault(number, []).append(one)
        return {
            fault.key: told[fault.data[1].number] for fault in faults
            if fault.data[1].number in told
        }  # fmt: skip

    def _is_of_constants(self, name: str, file: str, function: str) -> bool:
        """Does a variable hold nothing but what translate.c makes of constants?"""
        text = sources()[file]
        bodies = {own: text[begin:end] for own, begin, end in functions(text, rust=False)}
        made = r"kdma_to_(?:attributes|gfp)"
        # What hands on the pointer that it was given.
        through = [own for own, body in bodies.items() if re.search(rf"{made}\([^;&]*\)", body)]
        callees = "|".join([made, *map(re.escape, through)])
        body = bodies.get(function, "")
        return bool(re.search(rf"\b(?:{callees})\([^;]*&{name}\)", body)) and not re.search(
            rf"(?<![>.])\b{name} \S?= ", body
        )

    def constants_are_small(self, session: Session) -> str:
        """The rule, if the compiler says that no bit of them is beyond the lower 15."""
        file = f"{FOLDER}/translate.c"
        if self._small is None:
            text = sources()[file]
            constants = sorted(set(re.findall(r"\b(?:DMA_ATTR|__GFP|GFP)_[A-Z]\w*", text)))
            asserted = "\n".join(is_small(each, text) for each in constants)
            with tempfile.TemporaryDirectory() as scratch:
                tree = Path(scratch) / "tree"
                self.copy(tree)
                (tree / file).write_text(f"{text}\n{asserted}\n")
                done = run(
                    [*self._here(self._flags(session)[file], tree), "-fsyntax-only",
                     str(tree / file)],
                    what="asking for the size of constants", cwd=session.kernel.build, check=False,
                )  # fmt: skip
            self._small = "" if done.returncode else (
                f"it can be nothing but an or of {', '.join(constants)}: no bit is beyond the "
                "lower 15, says the compiler"
            )  # fmt: skip
        return self._small

    def changed(self, fault: Fault, session: Session) -> Changed:
        """The source with this fault alone."""
        file, one = fault.data
        return Changed({file: switched.applied(sources()[file], one)})


LAYER = Forwarding()
