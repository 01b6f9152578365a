# SPDX-License-Identifier: GPL-2.0
"""Layer: the kernel behaves otherwise behind an unchanged signature. Programs in a guest judge.

kdma_faults.ko (tests/mutants/kdma_faults.c) puts itself between kdma's modules
and an exported function of the kernel, native's calls included: what notices
is the expected result, and the witnesses.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import SymbolTableSection

from kdma import build, check, kernel_surface
from kdma.cache import digest, entry, key
from kdma.findings import FindingClass
from kdma.mutants.guests import Switched, Under, judged
from kdma.mutants.layers.forwarding import reached_by, sources
from kdma.mutants.model import Changed, Fault, Outcome, Session
from kdma.paths import PROJECT, cache_root
from kdma.surface import Kind, Member, Surface
from kdma.surface_compare import Parameter, parse_parameters
from kdma.traces import Driver

SOURCE = PROJECT / "tests/mutants/kdma_faults.c"
MODULE = "kdma_faults"
#: In registers; a function with more has the others on the stack, which goes along.
_ARGUMENTS = 8
_DIRECTION = "enum dma_data_direction"
_DIRECTIONS = {"DMA_BIDIRECTIONAL": 0, "DMA_FROM_DEVICE": 2, "DMA_TO_DEVICE": 1}


def callers(module: Path) -> dict[str, set[str]]:
    """For each function that a built module imports, which of its own functions refer to it."""
    found: dict[str, set[str]] = {}
    with module.open("rb") as file:
        elf = ELFFile(file)
        table = elf.get_section_by_name(".symtab")
        assert isinstance(table, SymbolTableSection)
        symbols = list(table.iter_symbols())
        own = [s for s in symbols if s["st_info"]["type"] == "STT_FUNC"]
        for section in elf.iter_sections():
            if not isinstance(section, RelocationSection):
                continue
            for relocation in section.iter_relocations():
                target = symbols[relocation["r_info_sym"]]
                if target["st_shndx"] != "SHN_UNDEF":
                    continue
                at = relocation["r_offset"]
                for function in own:
                    begin = function["st_value"]
                    if (
                        function["st_shndx"] == section["sh_info"]
                        and begin <= at < begin + function["st_size"]
                    ):
                        found.setdefault(target.name, set()).add(function.name)
    return found


def _is_integer(parameter: Parameter, canonical: str) -> bool:
    return "*" not in canonical and "struct" not in canonical and parameter.type != _DIRECTION


def _of_function(one: Member) -> Iterator[tuple[str, str, int, int]]:
    """Faults of a function: operator, kind, and two numbers."""
    parameters = parse_parameters(one.fact("parameters"))
    canonical = [p.strip() for p in one.fact("canonical_parameters").split(",")]
    if len(parameters) > _ARGUMENTS or len(canonical) != len(parameters):
        return
    integers = [n for n, p in enumerate(parameters) if _is_integer(p, canonical[n])]
    for i, j in combinations(integers, 2):
        yield "two arguments swapped", "SWAPPED", i, j
    for n in integers:
        yield "an argument dropped", "CONSTANT", n, 0
        yield "an argument one too large", "ONE_TOO_LARGE", n, 0
        yield "an argument one too small", "ONE_TOO_SMALL", n, 0
        yield "an argument cut to 16 bits", "CUT_TO_16_BITS", n, 0
        if "long" in canonical[n]:
            yield "an argument cut to 32 bits", "CUT_TO_32_BITS", n, 0
    for n, parameter in enumerate(parameters):
        if parameter.type == _DIRECTION:
            for value in _DIRECTIONS.values():
                yield "a constant direction", "CONSTANT", n, value
    yield "a call dropped", "CALL_DROPPED", 0, 0
    returns = one.fact("returns")
    if returns == "void":
        yield "a call made twice", "CALL_TWICE", 0, 0
        return
    yield "a result dropped", "RESULT_DROPPED", 0, 0
    if "*" not in returns:
        yield "a result one too large", "RESULT_ONE_TOO_LARGE", 0, 0
    if returns == "int":
        yield "another error", "RESULT_ERROR", 0, 0


class Behaviour:
    """Each exported function of the kernel that kdma.ko calls, behaving otherwise."""

    name = "behaviour"
    title = "the kernel behaves otherwise behind the same signature"
    seconds_to_begin = 30.0
    seconds_each = 0.4

    def _reached(self, session: Session) -> dict[str, frozenset[str]]:
        """Functions of the ABI that come to each of the kernel's."""
        modules = build.build(session.kernel, [Driver.C.label], {}, session.output / "build-c.log")
        over = reached_by(sources())
        found: dict[str, frozenset[str]] = {}
        for name, many in callers(modules.files["kdma"]).items():
            # The compiler may have made parts of a function functions of their own.
            plain = {re.sub(r"\.(?:part|constprop|isra|cold)\b.*", "", each) for each in many}
            found[name] = frozenset().union(*(over.get(each, frozenset()) for each in plain))
        return found

    def _surface(self, session: Session) -> Surface:
        return kernel_surface.of_kernel(session.kernel)

    def faults(self, session: Session) -> Sequence[Fault]:
        """All faults, of every function of the kernel's surface that is called."""
        reached = self._reached(session)
        self._switched: dict[str, Switched] = {}
        self._rows: list[str] = []
        made = []
        for one in self._surface(session):
            concerned = reached.get(one.name, frozenset())
            if one.kind is not Kind.FUNCTION or one.fact("linkage") != "symbol" or not concerned:
                continue
            names = [p.name for p in parse_parameters(one.fact("parameters"))]
            for operator, kind, i, j in _of_function(one):
                part = ""
                if kind == "SWAPPED":
                    part = f"{names[i]}, {names[j]}"
                elif kind == "CONSTANT":
                    part = f"{names[i]} = {j}"
                elif not kind.startswith(("CALL", "RESULT")):
                    part = names[i]
                self._rows.append(f'\t{{"{one.name}", KDMA_FAULT_{kind}, {i}, {j}}},\n')
                fault = Fault(
                    self.name,
                    operator,
                    one.name,
                    one.place,
                    one.fact("parameters"),
                    f"{operator}: {part}" if part else operator,
                    part=part,
                    classes=(FindingClass.DIVERGENCE, FindingClass.KERNEL_SPLAT),
                )
                self._switched[fault.key] = Switched(len(self._rows), concerned)
                made.append(fault)
        return made

    def harmless(self, session: Session) -> Sequence[Fault]:
        """None here: what changes nothing has nothing to be switched on."""
        return []

    def rests_on(self, session: Session) -> Iterable[str]:
        """The kernel, our C, the programs, and the module with the faults."""
        folders = ("c-api", "kmod", "tests/behaviour", "tests/mutants")
        files = [path for name in folders for path in sorted((PROJECT / name).glob("*.[chp]*"))]
        return [session.kernel.identity, *map(digest, files), digest(PROJECT / "operations.toml")]

    def _project(self) -> Path:
        """Our sources with the module beside the drivers, in the cache under its content."""
        names = ("Kbuild", "c-api", "kmod")
        files = sorted(p for name in names for p in [PROJECT / name, *(PROJECT / name).rglob("*")])
        folder = cache_root() / "mutants" / key(
            ["behaviour", *self._rows, digest(SOURCE), *(digest(p) for p in files if p.is_file())]
        )  # fmt: skip

        def make(work: Path) -> list[Path]:
            shutil.copy(PROJECT / "Kbuild", work)
            for name in names[1:]:
                shutil.copytree(PROJECT / name, work / name)
            shutil.copy(SOURCE, work / "kmod")
            (work / "kmod/faults.h").write_text("".join(self._rows))
            with (work / "kmod/Kbuild").open("a") as kbuild:
                kbuild.write(f"\nobj-m += {MODULE}.o\n")
            return [path for path in work.rglob("*") if path.is_file()]

        entry(folder, make)
        return folder

    def judge(self, faults: Sequence[Fault], session: Session) -> Iterator[Outcome]:
        """Many faults to a boot; native and c run with each."""
        drivers = [Driver.NATIVE.label, Driver.C.label]
        log = session.output / "build-behaviour.log"
        modules = build.build(
            session.kernel, drivers, {}, log, project=self._project(), more=[MODULE]
        )
        image = check.guest_image(session.kernel, modules)
        under = Under(session, image, MODULE, (Driver.NATIVE, Driver.C), session.output / self.name)
        todo = [(fault, self._switched[fault.key]) for fault in faults]
        yield from judged(under, todo, lambda fault: "")

    def changed(self, fault: Fault, session: Session) -> Changed:
        """Nothing that another tool could read."""
        return Changed()


LAYER = Behaviour()
