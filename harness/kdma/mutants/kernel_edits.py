# SPDX-License-Identifier: GPL-2.0
"""Edits of the kernel's DMA headers: each way in which a declaration can move, and harmless ones.

What is edited follows from what the surface says is there. Callers in the same
headers are not adapted: a surface has no bodies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from kdma.kernel_surface import DEVICE_HEADER, SYMVERS, Input
from kdma.mutants.c_edits import users
from kdma.mutants.edits import Edit
from kdma.surface import Kind, Member, Surface
from kdma.surface_compare import Parameter, parse_parameters, split_list

_Made = Callable[..., Edit]


def _closing(text: str, opening: int, pair: str = "()") -> int:
    """Where the bracket that opens at `opening` is closed."""
    depth = 0
    for at in range(opening, len(text)):
        depth += {pair[0]: 1, pair[1]: -1}.get(text[at], 0)
        if depth == 0:
            return at
    return len(text) - 1


@dataclass(frozen=True)
class _Place:
    """A function's declaration in a header: where it begins and ends, and its brackets."""

    file: str
    begin: int
    opening: int
    closing: int
    head_end: int
    end: int


def _retyped(one: Parameter) -> Iterator[tuple[str, str]]:
    """A parameter with other types."""
    of, name = one.type, one.name
    if "*" in of:
        if of.startswith("const "):
            yield "const dropped", f"{of.removeprefix('const ')} {name}"
        yield "pointer to pointer", f"{of} *{name}"
        yield "pointer to integer", f"unsigned long {name}"
        other = "struct page" if "struct page" not in of else "struct device"
        yield "pointer to something else", f"{other} *{name}"
        return
    yield "value to pointer", f"{of} *{name}"
    if of.startswith("unsigned "):
        yield "signedness", f"{of.removeprefix('unsigned ')} {name}"
    elif of in ("size_t", "dma_addr_t", "phys_addr_t", "u64"):
        yield "signedness", f"s64 {name}"
    elif of == "int" or of.startswith("enum "):
        yield "width", f"long {name}"
    if of in ("size_t", "unsigned long", "dma_addr_t", "phys_addr_t", "u64"):
        yield "width", f"u32 {name}"
    spaces = {"dma_addr_t": "phys_addr_t", "phys_addr_t": "dma_addr_t"}
    if of in spaces:
        yield "another address space", f"{spaces[of]} {name}"


class Headers:
    """Edits of the headers of a kernel."""

    def __init__(self, given: Input, surface: Surface) -> None:
        self.given = given
        self.surface = surface
        self._texts: dict[str, str] = {}

    def text(self, file: str) -> str:
        """A header as it is."""
        if file not in self._texts:
            self._texts[file] = self.given.text(file)
        return self._texts[file]

    def _line(self, each: Member) -> tuple[str, int] | None:
        """File and offset of the line where a member stands."""
        file, _, line = each.place.rpartition(":")
        if not line.isdecimal() or not self.text(file):
            return None
        lines = self.text(file).splitlines(keepends=True)
        return file, sum(map(len, lines[: int(line) - 1]))

    def _of(self, kind: Kind, linkage: str = "") -> Iterator[tuple[Member, str, int]]:
        """Members that are there in this configuration, and where."""
        for each in self.surface:
            if each.kind is kind and not each.fact("configured"):
                at = self._line(each)
                if at and (not linkage or each.fact("linkage") == linkage):
                    yield each, *at

    # -- faults

    def faults(self) -> Iterator[Edit]:
        """All, by kind of member."""
        for linkage in ("symbol", "inline"):
            for each, file, at in self._of(Kind.FUNCTION, linkage):
                place = self._function_at(each.name, file, at)
                if place:
                    yield from self._function(each, place)
        for each, file, at in self._of(Kind.FUNCTION, "macro"):
            yield from self._macro(each, file, at)
        for each, file, at in self._of(Kind.CONSTANT):
            yield from self._constant(each, file, at)
        for each, file, at in self._of(Kind.ENUMERATOR):
            yield from self._enumerator(each, file, at)
        for each, file, at in self._of(Kind.ENUM):
            end = self.text(file).index("}", at) + 1
            yield Edit("size of an enum", each.name, ((end, end, " __attribute__((packed))"),),
                       follows=users(self.surface, each.name), file=file)  # fmt: skip
        for each, file, at in self._of(Kind.STRUCT):
            yield from self._struct(each, file, at)
        for each, file, at in self._of(Kind.FIELD):
            yield from self._field(each, file, at)
        for each, file, at in self._of(Kind.TYPEDEF):
            yield from self._typedef(each, file, at)
        yield from self._exports()

    def _function_at(self, name: str, file: str, line: int) -> _Place | None:
        text = self.text(file)
        end_of_line = text.index("\n", line)
        match = re.compile(rf"\b{name}\s*\(").search(text, line, end_of_line)
        if not match:
            return None
        # What it returns may stand on lines of its own before.
        begin = line
        while True:
            before = text.rfind("\n", 0, begin - 1) + 1
            words = text[before : begin - 1].strip()
            if before == begin or not words or words.startswith(("#", "*", "/")):
                break
            if words.endswith((";", "}", "*/", "\\", "{")):
                break
            begin = before
        opening = match.end() - 1
        closing = _closing(text, opening)
        ending = re.compile(r"[;{]").search(text, closing)
        if not ending:
            return None
        end = ending.start()
        if text[end] == "{":
            end = _closing(text, end, "{}")
        return _Place(file, begin, opening, closing, ending.start(), end + 1)

    def _variants(self, name: str, file: str) -> list[_Place]:
        """All declarations of a function in a header."""
        found: dict[int, _Place] = {}
        for match in re.finditer(rf"^(?![#\t *]).*\b{name}\(", self.text(file), re.MULTILINE):
            place = self._function_at(name, file, match.start())
            if place:
                found[place.begin] = place
        return [found[begin] for begin in sorted(found)]

    def _function(self, each: Member, at: _Place) -> Iterator[Edit]:
        name, text = each.name, self.text(at.file)
        head = text[at.begin : at.opening]
        parameters = parse_parameters(each.fact("parameters"))

        def made(operator: str, begin: int, end: int, new: str, part: str = "") -> Edit:
            return Edit(operator, name, ((begin, end, new),), part, file=at.file)

        def declared(operator: str, told: list[str], part: str = "") -> Edit:
            return made(operator, at.opening + 1, at.closing, ", ".join(told) or "void", part)

        symbol = each.fact("linkage") == "symbol"
        # Other configurations may have it in another form.
        every = self._variants(name, at.file)
        gone = tuple((one.begin, one.end, "") for one in every)
        yield Edit("function removed", name, gone, file=at.file)
        others = tuple((one.opening - len(name), one.opening, f"{name}_2") for one in every)
        yield Edit("function renamed", name, others, file=at.file)
        called = text[at.begin : at.head_end].removeprefix("extern ").rstrip()
        if symbol:
            inline = f"static inline {called} {{ while (1); }}"
            yield made("function turned inline", at.begin, at.end, inline)
        if all(p.name and "(" not in p.type for p in parameters):
            macro = f"\n#define {name}({', '.join(p.name for p in parameters)}) ((void)0)\n"
            yield made("function turned macro", at.begin, at.end, macro)
        if symbol:
            after = at.closing + 1
            yield made("calling convention", after, after, " __attribute__((ms_abi))")
        returns = each.fact("returns")
        if returns in head:
            where = at.begin + head.rindex(returns)
            wrong = {"void": "int", "int": "long", "bool": "int"}
            other = "void *" if returns in ("dma_addr_t", "size_t") else wrong.get(returns, "u16")
            yield made("another return type", where, where + len(returns), f"{other} ")
            if returns != "void":
                yield made("returns nothing", where, where + len(returns), "void ")
            if returns in ("dma_addr_t", "int", "unsigned long", "size_t", "u64"):
                yield made("width of the return type", where, where + len(returns), "u8")
        if not all(p.name and "(" not in p.type and "[" not in p.type for p in parameters):
            return
        said = [f"{p.type} {p.name}" for p in parameters]
        yield declared("parameter added", [*said, "int kdma_more"])
        if said:
            yield declared("parameter added in front", ["int kdma_more", *said])
        for index, one in enumerate(parameters):
            rest = said[:index], said[index + 1 :]
            yield declared("parameter removed", [*rest[0], *rest[1]], one.name)
            for what, new in _retyped(one):
                yield declared(f"{what}: parameter", [*rest[0], new, *rest[1]], one.name)
        for first, second in combinations(range(len(said)), 2):
            swapped = list(said)
            swapped[first], swapped[second] = swapped[second], swapped[first]
            one, two = parameters[first], parameters[second]
            same = "the same type" if one.type == two.type else "other types"
            yield declared(f"two parameters of {same} swapped", swapped,
                           f"{one.name}, {two.name}")  # fmt: skip

    def _macro_lines(self, file: str, at: int) -> int:
        """Where a macro that begins at `at` ends."""
        text = self.text(file)
        end = text.index("\n", at)
        while text[end - 1] == "\\":
            end = text.index("\n", end + 1)
        return end

    def _macro(self, each: Member, file: str, at: int) -> Iterator[Edit]:
        name, text = each.name, self.text(file)
        end = self._macro_lines(file, at)
        match = re.compile(rf"#\s*define\s+{name}\(([^)]*)\)").match(text, at)
        if not match:
            return

        def made(operator: str, begin: int, until: int, new: str, part: str = "") -> Edit:
            return Edit(operator, name, ((begin, until, new),), part, file=file)

        yield made("macro removed", at, end, "")
        yield made("macro renamed", match.start(1) - 1 - len(name), match.start(1) - 1, f"{name}_2")
        begin, until = match.span(1)
        yield made("parameter added: macro", begin, until, f"{match[1]}, more")
        names = [p.strip() for p in match[1].split(",")]
        for one, two in combinations(range(len(names)), 2):
            swapped = list(names)
            swapped[one], swapped[two] = swapped[two], swapped[one]
            yield made("two parameters swapped: macro", begin, until, ", ".join(swapped),
                       f"{names[one]}, {names[two]}")  # fmt: skip
        call = re.compile(r"\b\w+\(").search(text, match.end(), end)
        if call:
            yield made("macro calls another function", call.start(), call.end() - 1,
                       f"{text[call.start() : call.end() - 1]}_2")  # fmt: skip
            closing = _closing(text, call.end() - 1)
            arguments = split_list(text[call.end() : closing])
            for index, argument in enumerate(arguments):
                other = "1" if argument == "0" else "0"
                new = [*arguments[:index], other, *arguments[index + 1 :]]
                yield made("macro passes a constant", call.end(), closing, ", ".join(new),
                           f"{index}")  # fmt: skip

    def _constant(self, each: Member, file: str, at: int) -> Iterator[Edit]:
        name, text = each.name, self.text(file)
        end = self._macro_lines(file, at)
        match = re.compile(rf"#\s*define\s+{name}\s+").match(text, at)
        if not match:
            return
        follows = users(self.surface, name)
        value = re.sub(r"/\*.*?\*/", "", text[match.end() : end].replace("\\\n", " ")).strip()

        def made(operator: str, new: str) -> Edit:
            return Edit(operator, name, ((match.end(), end, new),), follows=follows, file=file)

        yield made("constant off by one", f"(({value}) + 1)")
        yield made("constant shifted", f"(({value}) * 2 + !({value}))")
        yield made("constant inverted", f"(~({value}))")
        yield made("constant narrower", f"((unsigned char)({value}))")
        if not follows:
            yield Edit("constant removed", name, ((at, end, ""),), file=file)
            begin = match.start() + match[0].index(name)
            yield Edit("constant renamed", name, ((begin, begin + len(name), f"{name}_2"),),
                       file=file)  # fmt: skip

    def _enumerator(self, each: Member, file: str, at: int) -> Iterator[Edit]:
        match = re.compile(rf"\b{each.name}\s*=\s*(\w+),?").search(self.text(file), at)
        if not match:
            return
        for what, number in (("off by one", 1), ("far off", 70)):
            new = str(int(each.fact("value")) + number)
            yield Edit(f"enumerator {what}", each.name, ((*match.span(1), new),), file=file)
        begin = match.start()
        yield Edit("enumerator renamed", each.name,
                   ((begin, begin + len(each.name), f"{each.name}_2"),), file=file)  # fmt: skip
        yield Edit("enumerator removed", each.name, ((*match.span(), ""),), file=file)

    def _struct(self, each: Member, file: str, at: int) -> Iterator[Edit]:
        text, name = self.text(file), each.name
        follows = users(self.surface, name)
        opening = text.index("{", at)
        closing = _closing(text, opening, "{}")

        def made(operator: str, *changes: tuple[int, int, str], part: str = "") -> Edit:
            return Edit(operator, name, tuple(sorted(changes)), part, follows=follows, file=file)

        if file == DEVICE_HEADER and name == "device":
            return
        yield made("packed: struct", (closing + 1, closing + 1, " __attribute__((packed))"))
        yield made("field appended", (closing, closing, "\tu64 kdma_more;\n"))
        yield made("field put in front", (opening + 1, opening + 1, "\n\tu64 kdma_more;"))
        own = [f for f, where, _ in self._of(Kind.FIELD)
               if where == file and f.name.startswith(f"{name}.")]  # fmt: skip
        spans = [(f, s) for f in own if (s := self._field_at(f))]
        for (one, a), (two, b) in pairwise(sorted(spans, key=lambda pair: pair[1])):
            same = "the same type" if one.fact("type") == two.fact("type") else "other types"
            yield made(f"two fields of {same} swapped", (*a, text[b[0] : b[1]]),
                       (*b, text[a[0] : a[1]]), part=f"{one.name}, {two.name}")  # fmt: skip

    def _field_at(self, each: Member) -> tuple[int, int] | None:
        """A field that has its line for itself, without its semicolon."""
        where = self._line(each)
        if where is None:
            return None
        text = self.text(where[0])
        own = each.name.partition(".")[2]
        pattern = rf"[ \t]*([A-Za-z_][\w \t\*]*?\*?\b{own}(?:\[\w+\])?)\s*;"
        match = re.compile(pattern).match(text, where[1])
        return match.span(1) if match else None

    def _field(self, each: Member, file: str, at: int) -> Iterator[Edit]:
        del at
        span = self._field_at(each)
        if span is None:
            return
        record, _, own = each.name.partition(".")
        text = self.text(file)[span[0] : span[1]]
        follows = frozenset({record, *users(self.surface, record)})

        def made(operator: str, new: str) -> Edit:
            return Edit(operator, each.name, ((*span, new),), follows=follows, file=file)

        end = span[1] + self.text(file)[span[1] :].index(";") + 1
        yield Edit("field removed", record, ((span[0], end, ""),), own, follows=follows, file=file)
        renamed = re.sub(rf"\b{own}\b", f"{own}_2", text)
        yield Edit("field renamed", record, ((*span, renamed),), own, follows=follows, file=file)
        if "[" in text:
            return
        one = Parameter(text[: text.rindex(own)].strip().replace("\t", " "), own)
        if "struct" in one.type and "*" not in one.type:
            return
        for what, new in _retyped(one):
            # A caller may read more freely; struct device's own users are others.
            if what != "const dropped":
                yield made(f"{what}: field", new)

    def _typedef(self, each: Member, file: str, at: int) -> Iterator[Edit]:
        match = re.compile(rf"\s*typedef\s+(.*?)\b{each.name};").match(self.text(file), at)
        ours = file in self.given.headers or each.name in ("dma_addr_t", "phys_addr_t")
        if not match or not ours or "struct" in match[1]:
            return
        follows = users(self.surface, each.name)
        for what, new in (("width", "u16 "), ("signedness", "s64 "), ("to pointer", "void *")):
            yield Edit(f"{what}: typedef", each.name, ((*match.span(1), new),), follows=follows,
                       file=file)  # fmt: skip

    # -- exports

    def _exports(self) -> Iterator[Edit]:
        """Exports that go, and that ask for more than before."""
        for each in self.surface:
            if each.kind is not Kind.EXPORT:
                continue
            if each.place == SYMVERS:
                yield from self._built_export(each)
            else:
                yield from self._source_export(each)

    def _built_export(self, each: Member) -> Iterator[Edit]:
        match = re.search(rf"^\w+\t{each.name}\t(.*?)\t(.*?)\t(.*?)\n", self.text(SYMVERS), re.M)
        if not match:
            return

        def made(operator: str, *change: tuple[int, int, str]) -> Edit:
            return Edit(operator, each.name, change, file=SYMVERS)

        yield made("no longer exported", (*match.span(), ""))
        yield made("exported to a namespace", (*match.span(3), "KDMA_OTHER"))
        if not each.fact("licence"):
            yield made("exported to GPL modules only", (*match.span(2), "EXPORT_SYMBOL_GPL"))

    def _source_export(self, each: Member) -> Iterator[Edit]:
        where = self._line(each)
        if where is None:
            return
        file, at = where
        text = self.text(file)
        match = re.compile(r"\s*EXPORT_SYMBOL(_GPL)?\(\s*(\w+)\s*\);").match(text, at)
        if not match:
            return

        def made(operator: str, new: str) -> Edit:
            return Edit(operator, each.name, ((*match.span(), new),), file=file)

        yield made("no longer exported", "")
        yield made("exported to a namespace", f'EXPORT_SYMBOL_NS_GPL({each.name}, "KDMA_OTHER");')
        if not match[1]:
            yield made("exported to GPL modules only", f"EXPORT_SYMBOL_GPL({each.name});")

    # -- harmless edits

    def harmless(self) -> Iterator[Edit]:
        """All, by kind of member."""
        for edit in self._harmless():
            yield replace(edit, harmless=True)

    def _harmless(self) -> Iterator[Edit]:
        for linkage in ("symbol", "inline"):
            for each, file, line in self._of(Kind.FUNCTION, linkage):
                place = self._function_at(each.name, file, line)
                if place:
                    yield from self._harmless_function(each, place)
        for each, file, at in self._of(Kind.CONSTANT):
            match = re.compile(rf"#\s*define\s+{each.name}\s+").match(self.text(file), at)
            number = each.fact("value")
            if match and "unsigned long" in each.fact("type") and number.startswith("0x"):
                end = self._macro_lines(file, at)
                # Of another type it would be no harmless edit.
                suffix = "ULL" if "long long" in each.fact("type") else "UL"
                new = f"{number}{suffix}"
                yield Edit("constant respelled", each.name, ((match.end(), end, new),),
                           follows=users(self.surface, each.name), file=file)  # fmt: skip
        for each, file, at in self._of(Kind.STRUCT):
            del each
            yield Edit("comment: struct", "device", ((at, at, "/* struct device { u8 x; }; */\n"),),
                       part=f"{file}:{at}", file=file)  # fmt: skip
        device = self.text(DEVICE_HEADER)
        at = device.index("struct device {") + len("struct device {")
        for what in ("u64 kdma_private[4];", "void *kdma_private;", "bool kdma_private : 1;"):
            yield Edit("larger private struct", "device", ((at, at, f"\n\t{what}"),), part=what,
                       file=DEVICE_HEADER)  # fmt: skip

    def _harmless_function(self, each: Member, at: _Place) -> Iterator[Edit]:
        name, text = each.name, self.text(at.file)
        parameters = parse_parameters(each.fact("parameters"))

        def made(operator: str, begin: int, end: int, new: str, part: str = "") -> Edit:
            return Edit(operator, name, ((begin, end, new),), part, file=at.file)

        yield made("comment", at.opening + 1, at.opening + 1, "/* struct device *x, */ ")
        yield made("new function", at.begin, at.begin, f"void kdma_new_{name}(void);\n")
        if "#" not in text[at.opening : at.closing]:
            broken = text[at.opening : at.closing].replace(", ", ",\n\t\t")
            yield made("lines", at.opening, at.closing, broken)
        if not all(p.name and "(" not in p.type and "[" not in p.type for p in parameters):
            return
        said = [f"{p.type} {p.name}" for p in parameters]

        def declared(operator: str, told: list[str], part: str) -> Edit:
            return made(operator, at.opening + 1, at.closing, ", ".join(told), part)

        for index, one in enumerate(parameters):
            rest = said[:index], said[index + 1 :]
            renamed = [*rest[0], f"{one.type} other_name", *rest[1]]
            yield declared("parameter renamed", renamed, one.name)
            if each.fact("linkage") == "symbol":
                yield declared("parameter without a name", [*rest[0], one.type, *rest[1]], one.name)
            if "*" in one.type and not one.type.startswith("const ") and one.type.count("*") == 1:
                gained = [*rest[0], f"const {one.type} {one.name}", *rest[1]]
                yield declared("parameter gains const", gained, one.name)
            if match := re.match(r"const (struct \w+|\w+) \*", one.type):
                other = f"{match[1]} const *{one.type[match.end() :]}{one.name}"
                yield declared("const on the other side", [*rest[0], other, *rest[1]], one.name)
            spelled = {"size_t": "__kernel_size_t", "unsigned int": "unsigned", "u64": "__u64"}
            if one.type in spelled:
                other = f"{spelled[one.type]} {one.name}"
                yield declared("equivalent type", [*rest[0], other, *rest[1]], one.name)
