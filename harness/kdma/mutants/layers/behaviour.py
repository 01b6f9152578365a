# SPDX-License-Identifier: GPL-2.0
"""Layer: the kernel behaves otherwise behind an unchanged signature. Programs in a guest judge.

kdma_faults.ko (tests/mutants/kdma_faults.c) puts itself between kdma's modules
and an exported function of the kernel, native's calls included: what notices
is the expected result, and the witnesses.
"""

from __future__ import annotations

import json
import re
import shutil
import struct
from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import combinations
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import SymbolTableSection

from kdma import bootimage, build, kernel_calls, kernel_surface
from kdma.cache import digest, entry, key
from kdma.environments import Environment
from kdma.findings import KdmaError
from kdma.kernel import parse_config
from kdma.mutants import rounds
from kdma.mutants.guests import GuestLayer, Under
from kdma.mutants.layers.forwarding import LAYER as C_API
from kdma.mutants.layers.forwarding import reached_by, sources
from kdma.mutants.model import Changed, Fault, Outcome, Session
from kdma.paths import PROJECT, cache_root
from kdma.programs import MAX_OPERATIONS, PAGE_SIZE
from kdma.surface import Kind, Member
from kdma.surface_compare import Parameter, parse_parameters, split_list
from kdma.traces import Driver

SOURCE = PROJECT / "tests/mutants/kdma_faults.c"
MODULE = "kdma_faults"
#: In registers; a function with more has the others on the stack, which goes along.
_ARGUMENTS = 8
#: The instructions that ftrace is put in place of: a call, or five bytes that do nothing.
_CALL, _NOTHING = b"\xe8", bytes.fromhex("0f1f440000")
_ENDBR = bytes.fromhex("f30f1efa")
#: struct kernel_symbol with relative references: value, name, namespace.
_KERNEL_SYMBOL = struct.Struct("<iii")
_DIRECTION = "enum dma_data_direction"
#: dma-debug is a witness; faults are those of what it watches.
_WITNESS = "debug_dma_"
_HARMLESS = ("CALLED_FROM_ELSEWHERE", "SLOWER")
#: How the C ABI calls what these parameters of the kernel's are.
_OURS = {"align": "alignment", "allocation": "boundary", "mapped_len": "linked"}
#: Functions that are asked for memory that is not there yet. All others get what exists.
_ASKED_FOR_MORE = re.compile(r"alloc|create")
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


def _exported(elf: ELFFile) -> dict[str, int]:
    """Where an image of the kernel has what it exports (struct kernel_symbol, linux/export.h)."""
    found: dict[str, int] = {}
    strings = elf.get_section_by_name("__ksymtab_strings")
    if strings is None:
        return found
    # Each call of data() reads the file.
    names = strings.data()
    for section in ("__ksymtab", "__ksymtab_gpl"):
        table = elf.get_section_by_name(section)
        if table is None:
            continue
        for at, (value, of_name, _) in enumerate(_KERNEL_SYMBOL.iter_unpack(table.data())):
            # Each is relative to its own place.
            place = table["sh_addr"] + at * _KERNEL_SYMBOL.size
            begin = place + 4 + of_name - strings["sh_addr"]
            found[names[begin : names.index(b"\0", begin)].decode()] = place + value
    return found


def traceable(image: Path, names: Set[str]) -> set[str]:
    """Functions that begin with a call for ftrace. Those of lib/ do not: see lib/Makefile.

    `image`: an ELF, with or without symbols; it is enough that it exports them. KdmaError
    if it is none, or has no ftrace.
    """
    found = set()
    with image.open("rb") as file:
        exported, text = {}, None
        if file.read(4) == b"\x7fELF":
            elf = ELFFile(file)
            exported, text = _exported(elf), elf.get_section_by_name(".text")
        fentry = exported.get("__fentry__")
        if fentry is None or text is None:
            raise KdmaError(
                "the kernel does not say which of its functions can be traced",
                where=str(image),
                expected="__fentry__ among what it exports",
                actual=f"{len(exported)} symbols without it",
                next="take a kernel with CONFIG_DYNAMIC_FTRACE, or name other layers with LAYER=",
            )
        machine_code = text.data()
        for name in names & exported.keys():
            address = exported[name]
            at = address - text["sh_addr"]
            code = machine_code[at : at + 9] if at >= 0 else b""
            if code.startswith(_ENDBR):
                code, address = code[len(_ENDBR) :], address + len(_ENDBR)
            called = (address + 5 + int.from_bytes(code[1:5], "little", signed=True)) % 2**64
            if code[:5] == _NOTHING or (code[:1] == _CALL and called == fentry):
                found.add(name)
    return found


def _is_integer(parameter: Parameter, canonical: str) -> bool:
    return "*" not in canonical and "struct" not in canonical and parameter.type != _DIRECTION


def _of_function(one: Member) -> Iterator[tuple[str, str, int, int]]:
    """Faults of a function: operator, kind, and two numbers."""
    parameters = parse_parameters(one.fact("parameters"))
    # Left out where it is as written.
    resolved = one.fact("canonical_parameters")
    canonical = split_list(resolved) if resolved else [p.type for p in parameters]
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
    # Harmless: what is behind the signature is called as ever.
    yield "called from elsewhere", "CALLED_FROM_ELSEWHERE", 0, 0
    yield "slower", "SLOWER", 0, 0
    returns = one.fact("returns")
    if returns == "void":
        yield "a call made twice", "CALL_TWICE", 0, 0
        return
    yield "a result dropped", "RESULT_DROPPED", 0, 0
    if "*" not in returns:
        yield "a result one too large", "RESULT_ONE_TOO_LARGE", 0, 0
    if returns == "int":
        yield "another error", "RESULT_ERROR", 0, 0


def _is_of_flags(parameter: Parameter) -> bool:
    """Is it an or of constants, from every driver?"""
    return parameter.type == "gfp_t" or parameter.name == "attrs"


def _no_attribute_has_the_lowest_bit(session: Session) -> str:
    """The rule, where no constant for attributes is odd: one more is a bit without a meaning."""
    values = [
        int(one.fact("value"), 0)
        for one in kernel_surface.of_kernel(session.kernel)
        if one.kind is Kind.CONSTANT and "DMA_ATTR_" in one.name and one.fact("value")
    ]
    if not values or any(value & 1 for value in values):
        return ""
    return f"it sets the lowest bit, which none of the kernel's {len(values)} attributes has"


def _is_whole_piece(calls: Iterable[kernel_calls.Call], index: int, limit: int) -> str:
    """The rule, where each boundary that is cut is the one that the kernel takes for none.

    That is the memory of a piece, or a page (mm/dmapool.c). It can be nothing else: a
    boundary is a power of two, no less than a piece, and the C ABI asks for none beyond its
    memory.
    """
    cut = 0
    for call in calls:
        boundary = call.values[index]
        if boundary < limit:
            continue
        given = call.arguments
        align = max(given["align"], 1)
        memory = max(-(-given["size"] // align) * align, PAGE_SIZE)
        if boundary != memory or boundary % limit:
            return ""
        cut += 1
    return f"cut it is 0, for which the kernel takes the memory of a piece, as asked ({cut} calls)"


def _body(source: Path | None, file: str, function: str) -> str:
    """A function's body in one of the kernel's sources, without comments; empty: not there."""
    try:
        text = ((source or Path()) / file).read_text(errors="replace") if source else ""
    except FileNotFoundError:
        text = ""
    match = re.search(
        rf"^[a-z][^;{{}}]*\b{function}\([^;{{}}]*\)\n\{{\n(.*?)^\}}", text, re.MULTILINE | re.DOTALL
    )
    return re.sub(r"/\*.*?\*/", "", match[1], flags=re.DOTALL) if match else ""


def _takes_place_in_page(source: Path | None, function: str, parameter: str) -> str:
    """The rule, where the kernel's source asks nothing of an address but its place in a page."""
    body = _body(source, "drivers/iommu/dma-iommu.c", function)
    uses = len(re.findall(rf"\b{parameter}\b", body))
    if not uses or uses != len(re.findall(rf"\biova_offset\(\w+, {parameter}\)", body)):
        return ""
    return f"all that {function}() takes of it is iova_offset(): its place in a page of the IOMMU's"


def _masks_zone(source: Path | None, function: str, parameter: str) -> str:
    """The rule, where the kernel's source takes the zone out of flags before it hands them on.

    Before that it may look at other bits, or tell a tracepoint of a call that it refuses.
    """
    body = _body(source, "kernel/dma/mapping.c", function)
    before, masked, _ = body.partition(f"{parameter} &= ~(__GFP_DMA |")
    before = re.sub(rf"\b{parameter} & __GFP_(?!DMA\b)\w+", "", before)
    before = re.sub(r"\btrace_\w+\([^;]*\);\s*return\b", "", before)
    if not masked or re.search(rf"\b{parameter}\b", before):
        return ""
    return f"it is __GFP_DMA more, which {function}() takes out of what it is given"


class Behaviour(GuestLayer):
    """Each exported function of the kernel that kdma.ko calls, behaving otherwise."""

    name = "behaviour"
    title = "the kernel behaves otherwise behind the same signature"
    seconds_to_begin = 12.0
    seconds_each = 0.2
    module = MODULE
    drivers = (Driver.NATIVE, Driver.C)
    #: ftrace sends the calls of a function to one place, and the faults are there.
    lacks = ("kernel_fails",)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[str] = []
        self._of_kernel: dict[str, Member] = {}

    def _reached(self, session: Session) -> dict[str, frozenset[str]]:
        """Functions of the ABI that come to each of the kernel's."""
        log = session.output / "build-c.log"
        module = build.build(session.kernel, [Driver.C.label], {}, log).files["kdma"]
        folder = cache_root() / "mutants" / key(["callers", digest(module), digest(Path(__file__))])

        def make(work: Path) -> None:
            found = {name: sorted(many) for name, many in callers(module).items()}
            (work / "callers.json").write_text(json.dumps(found))

        entry(folder, make)
        over = reached_by(sources())
        found: dict[str, frozenset[str]] = {}
        for name, many in json.loads((folder / "callers.json").read_text()).items():
            # The compiler may have made parts of a function functions of their own.
            plain = {re.sub(r"\.(?:part|constprop|isra|cold)\b.*", "", each) for each in many}
            found[name] = frozenset().union(*(over.get(each, frozenset()) for each in plain))
        return found

    def _generate(self, session: Session) -> None:
        reached = self._reached(session)
        can = traceable(bootimage.bootable(session.kernel.image), reached.keys())
        reached = {name: many for name, many in reached.items() if name in can}
        for one in kernel_surface.of_kernel(session.kernel):
            concerned = reached.get(one.name, frozenset())
            if one.kind is not Kind.FUNCTION or one.fact("linkage") != "symbol" or not concerned:
                continue
            if one.name.startswith(_WITNESS):
                continue
            self._of_kernel[one.name] = one
            names = [p.name for p in parse_parameters(one.fact("parameters"))]
            for operator, kind, i, j in _of_function(one):
                part = ""
                if kind == "SWAPPED":
                    part = f"{names[i]}, {names[j]}"
                elif kind == "CONSTANT":
                    part = f"{names[i]} = {j}"
                elif not kind.startswith(("CALL", "RESULT", *_HARMLESS)):
                    part = names[i]
                self._rows.append(f"{{kdma_at_{one.name}, KDMA_FAULT_{kind}, {i}, {j}}},")
                self._add(
                    len(self._rows),
                    operator,
                    one.name,
                    one.place,
                    one.fact("parameters"),
                    f"{operator}: {part}" if part else operator,
                    concerned,
                    part=part,
                    harmless=kind in _HARMLESS,
                )

    def _parts(self) -> Iterable[str]:
        return [*self._rows, digest(SOURCE)]

    def _more(self) -> Sequence[str]:
        return [MODULE]

    def _write(self, folder: Path, session: Session) -> None:
        """The module beside the drivers."""
        shutil.copy(SOURCE, folder / "kmod")
        declared = "".join(f"KDMA_KERNEL_SYMBOL({name})\n" for name in sorted(self._of_kernel))
        rows = " \\\n\t".join(["{NULL, KDMA_FAULT_NONE, 0, 0},", *self._rows])
        text = f'#include "kernel_symbol.h"\n\n{declared}\n#define KDMA_FAULTS \\\n\t{rows}\n'
        (folder / "kmod/faults.h").write_text(text)
        with (folder / "kmod/Kbuild").open("a") as kbuild:
            kbuild.write(f"\nobj-m += {MODULE}.o\n")

    def judge(self, faults: Sequence[Fault], session: Session) -> Iterator[Outcome]:
        """Many faults to a boot; native and c run with each."""
        yield from rounds.judged(self, faults, session)

    def _parameter(self, fault: Fault) -> Parameter | None:
        """The parameter of which a fault changes the argument, where it is one."""
        name = fault.part.partition(" ")[0].rstrip(",")
        found = parse_parameters(self._of_kernel[fault.name].fact("parameters"))
        return next((each for each in found if each.name == name), None)

    def same(self, fault: Fault, session: Session) -> str:
        """What follows from the kernel's constants and its configuration."""
        parameter = self._parameter(fault)
        if parameter is None:
            return ""
        if " cut to " in fault.operator and _is_of_flags(parameter):
            return C_API.constants_are_small(session)
        if parameter.name == "attrs" and fault.operator == "an argument one too large":
            return _no_attribute_has_the_lowest_bit(session)
        if parameter.type == "gfp_t" and fault.operator == "an argument one too large":
            return _masks_zone(session.kernel.source, fault.name, parameter.name)
        if parameter.type == "phys_addr_t" and " cut to " in fault.operator:
            return _takes_place_in_page(session.kernel.source, fault.name, parameter.name)
        config = parse_config(session.kernel.config.read_text())
        if (parameter.type, parameter.name) == ("int", "node") and "CONFIG_NUMA" not in config:
            return "the kernel has one memory node: CONFIG_NUMA is not set"
        return ""

    def _cut(self, fault: Fault) -> tuple[Parameter, int, int] | None:
        """Which argument a fault cuts, its index in the record of calls, and to what limit."""
        match = re.search(r" cut to (\d+) bits", fault.operator)
        parameter = self._parameter(fault)
        known = {each.name: each for each in kernel_calls.functions()}.get(fault.name)
        if match is None or parameter is None or known is None:
            return None
        for index, each in enumerate(known.parameters):
            if each.name == parameter.name and each.kind in ("LONG", "OFFSET", "PIECES"):
                return parameter, index, 1 << int(match[1])
        return None

    def may_be_out_of_reach(self, fault: Fault) -> bool:
        """Numbers that are cut, and are recorded."""
        return self._cut(fault) is not None

    def never_reached(self, fault: Fault, under: Under, environments: Iterable[Environment]) -> str:
        """A cut of an argument of which no program makes the kernel see a larger value."""
        cut = self._cut(fault)
        if cut is None:
            return ""
        parameter, index, limit = cut
        asked_for = _ASKED_FOR_MORE.search(fault.name)
        seen = under.arguments(self.switched(fault), environments, fault.name, index)
        if seen and max(seen) >= limit and _OURS.get(parameter.name, parameter.name) == "boundary":
            return _is_whole_piece(
                under.calls(self.switched(fault), environments, fault.name), index, limit
            )
        if not seen or max(seen) >= limit:
            return ""
        said = f"in all programs it is {max(seen):#x} at most"
        if parameter.type == "size_t" and not asked_for and limit == 1 << 32:
            return f"{said}: bytes of what exists, and no guest has 4 GiB of them in a row"
        if parameter.type == "int" and not asked_for and limit > MAX_OPERATIONS:
            return f"{said}: entries of a list, and a program adds {MAX_OPERATIONS} at most"
        handed = under.handed(self.switched(fault), _OURS.get(parameter.name, parameter.name))
        if handed < limit:
            return ""
        return f"{said}, although they hand the C ABI {handed:#x}: it asks no more of the kernel"

    def changed(self, fault: Fault, session: Session) -> Changed:
        """Nothing that another tool could read."""
        return Changed()


LAYER = Behaviour()
