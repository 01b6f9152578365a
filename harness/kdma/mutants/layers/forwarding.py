# SPDX-License-Identifier: GPL-2.0
"""Layer: what c-api forwards to the kernel, refuses and answers. Programs in a guest judge.

A fault that the compiler refuses is none. A survivor that gives the same
machine code as no fault at all is equivalent.
"""

from __future__ import annotations

import functools
import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kdma import bootimage, build, check, three_way
from kdma.cache import digest, entry, key
from kdma.findings import FindingClass
from kdma.kernel import jobs
from kdma.mutants import forwarding, switched
from kdma.mutants.guests import Switched, Under, judged
from kdma.mutants.model import Changed, Fault, Outcome, Session
from kdma.mutants.sites import functions
from kdma.paths import PROJECT, cache_root
from kdma.process import run
from kdma.traces import Driver

FOLDER = "c-api"
#: Nothing of the ABI is in it.
_LEFT_OUT = {"module.c"}
_DECLARED = f"""
#ifdef KDMA_FAULT_ALONE
#define {switched.SWITCH} KDMA_FAULT_ALONE
#else
extern unsigned int {switched.SWITCH};
#endif
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


class Forwarding:
    """All faults of kdma.ko, in one kdma.ko."""

    name = "c-api"
    title = "what c-api forwards to the kernel, refuses and answers"
    seconds_to_begin = 30.0
    seconds_each = 0.25

    def _alternatives(self) -> dict[str, list[switched.Alternative]]:
        made = {file: forwarding.made_of(text) for file, text in sources().items()}
        return switched.numbered(made)

    def _flags(self, session: Session) -> dict[str, tuple[str, ...]]:
        """How kbuild compiles each file."""
        log = session.output / "build-c.log"
        modules = build.build(session.kernel, [Driver.C.label], {}, log)
        root = modules.files["kdma"].parent.parent
        return {
            file: each.command
            for each in three_way.compilations(three_way.KDMA, session.kernel, root)
            for file in each.files
        }

    def _write(self, folder: Path, chosen: Mapping[str, Sequence[switched.Alternative]]) -> None:
        """The project's sources with these faults."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("Kbuild", FOLDER, "kmod"):
            source = PROJECT / name
            if source.is_dir():
                shutil.copytree(source, folder / name)
            else:
                shutil.copy(source, folder / name)
        for file, text in sources().items():
            (folder / file).write_text(switched.rewrite(text, chosen.get(file, ()), file))
        header = folder / FOLDER / "translate.h"
        text = header.read_text()
        at = text.rindex("#endif")
        header.write_text(text[:at] + _DECLARED + text[at:])
        module = folder / FOLDER / "module.c"
        module.write_text(module.read_text() + _DEFINED)

    @functools.cache  # noqa: B019 (one layer, one process)
    def _admitted(self, session_key: str) -> dict[str, list[switched.Alternative]]:
        """Those that the compiler does not refuse."""
        session = self._session
        flags = self._flags(session)
        left = self._alternatives()
        name = key(
            ["admitted", *(f"{f} {' '.join(c)}" for f, c in sorted(flags.items())),
             *(digest(path) for path in sorted((PROJECT / FOLDER).rglob("*.[ch]"))),
             *(digest(Path(m.__file__ or "")) for m in (forwarding, switched)),
             digest(Path(__file__))]
        )  # fmt: skip
        folder = cache_root() / "mutants" / name

        def make(work: Path) -> None:
            refused = self._refused(session, flags, left, work / "tree")
            shutil.rmtree(work / "tree")
            (work / "refused.json").write_text(json.dumps(sorted(refused)))

        entry(folder, make)
        refused = set(json.loads((folder / "refused.json").read_text()))
        return {f: [one for one in many if one.number not in refused] for f, many in left.items()}

    def _refused(
        self,
        session: Session,
        flags: Mapping[str, tuple[str, ...]],
        made: Mapping[str, Sequence[switched.Alternative]],
        tree: Path,
    ) -> set[int]:
        refused: set[int] = set()
        todo = [file for file in made if file in flags]
        while todo:
            session.note(f"compiling {len(todo)} files with all faults")
            shutil.rmtree(tree, ignore_errors=True)
            self._write(tree, {f: [a for a in many if a.number not in refused]
                               for f, many in made.items()})  # fmt: skip

            def complaints(file: str) -> tuple[str, set[int], str]:
                done = run(
                    [*self._here(flags[file], tree), "-fmax-errors=0", "-Wno-unused-value",
                     "-Werror=int-conversion", "-Werror=incompatible-pointer-types",
                     "-fsyntax-only", str(tree / file)],
                    what=f"compiling {file} with faults", cwd=session.kernel.build, check=False,
                )  # fmt: skip
                errors = "\n".join(x for x in done.stderr.splitlines() if " error: " in x)
                return file, switched.refused(errors), errors

            with ThreadPoolExecutor(jobs()) as pool:
                results = list(pool.map(complaints, todo))
            todo = []
            for file, numbers, errors in results:
                if errors and not numbers:
                    raise ValueError(f"{file} with faults does not compile: {errors[:500]}")
                if numbers:
                    refused |= numbers
                    todo.append(file)
        return refused

    def _here(self, command: Sequence[str], tree: Path) -> list[str]:
        """A compiler's flags for files of another copy of the sources."""
        words = []
        for word in command:
            match = re.match(r"(-I)?(/\S+?)/(c-api\S*)$", word)
            words.append(f"{match[1] or ''}{tree}/{match[3]}" if match else word)
        return words

    def faults(self, session: Session) -> Sequence[Fault]:
        """All faults that the compiler lets pass."""
        self._session = session
        self._switched: dict[str, Switched] = {}
        texts = sources()
        reached = reached_by(texts)
        made = []
        for file, many in self._admitted(session.kernel.identity).items():
            seen: dict[str, int] = {}
            for one in many:
                before = " ".join(one.site.text(texts[file]).split())
                same = f"{one.site.function} {one.operator} {before} {one.text}"
                seen[same] = seen.get(same, 0) + 1
                fault = Fault(
                    self.name,
                    one.operator,
                    one.site.function,
                    f"{file}:{one.site.line}",
                    before,
                    " ".join(one.text.split()),
                    part=str(seen[same]) if seen[same] > 1 else "",
                    classes=(FindingClass.DIVERGENCE, FindingClass.KERNEL_SPLAT),
                    data=(file, one),
                )
                concerned = reached.get(one.site.function, frozenset())
                self._switched[fault.key] = Switched(one.number, concerned)
                made.append(fault)
        return made

    def harmless(self, session: Session) -> Sequence[Fault]:
        """None here: what changes nothing has nothing to be switched on."""
        return []

    def rests_on(self, session: Session) -> Iterable[str]:
        """The kernel, our C, and the programs."""
        folders = (FOLDER, "kmod", "tests/behaviour")
        files = [path for name in folders for path in sorted((PROJECT / name).glob("*.[chp]*"))]
        return [session.kernel.identity, *map(digest, files), digest(PROJECT / "operations.toml")]

    def _project(self, session: Session) -> Path:
        """The sources with all faults, in the cache under their content."""
        chosen = self._admitted(session.kernel.identity)
        name = key(["all", *(f"{file} {switched.rewrite(text, chosen.get(file, ()), file)}"
                             for file, text in sources().items()),
                    *(digest(p) for p in sorted((PROJECT / "kmod").glob("*")) if p.is_file()),
                    _DECLARED, _DEFINED])  # fmt: skip
        folder = cache_root() / "mutants" / name

        def make(work: Path) -> list[Path]:
            self._write(work, chosen)
            return [path for path in work.rglob("*") if path.is_file()]

        entry(folder, make)
        return folder

    def judge(self, faults: Sequence[Fault], session: Session) -> Iterator[Outcome]:
        """Many faults to a boot."""
        drivers = [Driver.NATIVE.label, Driver.C.label]
        log = session.output / "build-faults.log"
        modules = build.build(session.kernel, drivers, {}, log, project=self._project(session))
        image = check.guest_image(session.kernel, modules)
        bootimage.bootable(session.kernel.image)
        under = Under(session, image, "kdma", (Driver.C,), session.output / self.name)
        yield from judged(
            under,
            [(fault, self._switched[fault.key]) for fault in faults],
            lambda fault: self._same_code(fault, session),
        )

    def _same_code(self, fault: Fault, session: Session) -> str:
        """The rule, if the compiler makes the same of the fault as of none."""
        file, one = fault.data
        flags = self._flags(session)
        with tempfile.TemporaryDirectory() as scratch:
            tree = Path(scratch) / "tree"
            self._write(tree, {file: [one]})
            codes = []
            for number in (0, one.number):
                target = tree / f"{number}.o"
                run(
                    [*self._here(flags[file], tree), "-g0", "-w", f"-DKDMA_FAULT_ALONE={number}",
                     "-c", "-o", str(target), str(tree / file)],
                    what=f"compiling {file} with one fault", cwd=session.kernel.build,
                )  # fmt: skip
                codes.append(target.read_bytes())
        return "the compiler makes the same machine code of it" if codes[0] == codes[1] else ""

    def changed(self, fault: Fault, session: Session) -> Changed:
        """The source with this fault alone."""
        file, one = fault.data
        return Changed({file: switched.applied(sources()[file], one)})


LAYER = Forwarding()
