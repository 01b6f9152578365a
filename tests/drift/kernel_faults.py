# SPDX-License-Identifier: GPL-2.0
"""Faults and harmless edits, made anew on the text of the kernel's own headers.

Which functions they are made on follows from what the headers declare.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from kdma.header_text import declarations
from kdma.kernel_surface import DEVICE_HEADER, Input
from kdma.surface import Kind, Member, Surface
from kdma.surface_compare import ChangeKind, Parameter, parse_parameters

#: How many functions each kind of fault is made on, if there are as many.
EACH = 6


@dataclass
class Headers:
    """The headers' text, and what was done to it: names and the change expected."""

    given: Input
    surface: Surface
    texts: dict[str, str] = field(default_factory=dict)
    expected: dict[str, ChangeKind | None] = field(default_factory=dict)

    def text(self, header: str) -> str:
        """A header as it is now."""
        return self.texts.get(header) or self.given.text(header)

    def replace(self, header: str, old: str, new: str) -> None:
        """Exchanges a text that is there exactly once."""
        text = self.text(header)
        assert text.count(old) == 1, (header, old, text.count(old))
        self.texts[header] = text.replace(old, new)

    def functions(self, linkage: str = "symbol") -> Iterator[tuple[Member, str, str]]:
        """Functions that no header calls: member, header, and the declaration's text."""
        whole = "\n".join(self.given.text(header) for header in self.given.headers)
        declared: dict[str, int] = {}
        for header in self.given.headers:
            for found in declarations(self.given.text(header)):
                declared[found.name] = declared.get(found.name, 0) + (found.form == "function")
        for each in self.surface:
            if each.kind is not Kind.FUNCTION or each.fact("linkage") != linkage:
                continue
            header, _, line = each.place.rpartition(":")
            called = len(re.findall(rf"\b{each.name}\b", whole)) > declared.get(each.name, 0)
            if header not in self.given.headers or each.fact("configured") or called:
                continue
            lines = self.given.text(header).splitlines(keepends=True)
            end = "{" if linkage == "inline" else ";"
            rest = "".join(lines[int(line) - 1 :])
            text = rest[: rest.index(end)]
            # A macro in it, or a line before it, is more than this edits.
            if each.name + "(" in text and text.count("(") == 1 and "#" not in text:
                yield each, header, text

    def rewrite(
        self,
        change: ChangeKind | None,
        edit: Callable[[Member, str, list[Parameter]], str | None],
        linkage: str = "symbol",
    ) -> None:
        """Edits declarations: `edit` gets the text and the parameters; None: not this one."""
        for each, header, text in self.functions(linkage):
            if len(self.expected) >= EACH:
                return
            new = edit(each, text, parse_parameters(each.fact("parameters")))
            if new is not None and new != text and self.text(header).count(text) == 1:
                self.replace(header, text, new)
                self.expected[each.name] = change


def _with(text: str, parameters: list[str]) -> str:
    return f"{text[: text.index('(')]}({', '.join(parameters) or 'void'})"


def _said(parameters: list[Parameter]) -> list[str]:
    return [f"{p.type} {p.name}" for p in parameters]


def _is_plain(parameters: list[Parameter]) -> bool:
    return all(p.name and "(" not in p.type and "[" not in p.type for p in parameters)


def _swap(headers: Headers, *, same: bool) -> None:
    def edit(each: Member, text: str, parameters: list[Parameter]) -> str | None:
        for i, one in enumerate(parameters):
            for j in range(i + 1, len(parameters)):
                if _is_plain(parameters) and (one.type == parameters[j].type) == same:
                    new = list(parameters)
                    new[i], new[j] = new[j], new[i]
                    return _with(text, _said(new))
        return None

    headers.rewrite(ChangeKind.PARAMETERS_REORDERED, edit)


def same_type_swap(headers: Headers) -> None:
    """Two same-type parameters swapped."""
    _swap(headers, same=True)


def other_type_swap(headers: Headers) -> None:
    """Two parameters of other types swapped."""
    _swap(headers, same=False)


def _retype(headers: Headers, old: str, new: str, change: ChangeKind | None) -> None:
    def edit(each: Member, text: str, parameters: list[Parameter]) -> str | None:
        pattern = rf"\b{old}"
        inside = text[text.index("(") :]
        if not _is_plain(parameters) or not re.search(pattern, inside):
            return None
        return text[: text.index("(")] + re.sub(pattern, new, inside, count=1)

    headers.rewrite(change, edit)


def signedness_of_parameter(headers: Headers) -> None:
    """A parameter's signedness."""
    _retype(headers, r"unsigned (?:int|long) (?=\w)", "int ", ChangeKind.PARAMETER_TYPE)


def width_of_parameter(headers: Headers) -> None:
    """A parameter's width."""
    _retype(headers, r"size_t (?=\w)", "u8 ", ChangeKind.PARAMETER_TYPE)


def const_dropped(headers: Headers) -> None:
    """const dropped from a pointer."""
    _retype(headers, r"const (?=\w+ ?\w* ?\*)", "", ChangeKind.PARAMETER_TYPE)


def other_pointer(headers: Headers) -> None:
    """A pointer to something else."""
    _retype(
        headers, r"struct (?:scatterlist|sg_table) \*", "struct page *", ChangeKind.PARAMETER_TYPE
    )


def parameter_added(headers: Headers) -> None:
    """A parameter added."""
    headers.rewrite(
        ChangeKind.PARAMETER_ADDED,
        lambda _, text, p: _with(text, [*_said(p), "int kdma_more"]) if _is_plain(p) else None,
    )


def parameter_removed(headers: Headers) -> None:
    """A parameter removed."""
    headers.rewrite(
        ChangeKind.PARAMETER_REMOVED,
        lambda _, text, p: _with(text, _said(p[:-1])) if _is_plain(p) and p else None,
    )


def return_type(headers: Headers) -> None:
    """The return type int turned void."""
    headers.rewrite(
        ChangeKind.RETURN_TYPE,
        lambda each, text, _: (
            re.sub(r"\bint (?=\w+\()", "void ", text, count=1)
            if each.fact("returns") == "int"
            else None
        ),
    )


def turned_inline(headers: Headers) -> None:
    """A function turned inline."""
    headers.rewrite(
        ChangeKind.LINKAGE,
        lambda each, text, _: (
            f"static inline {text.removeprefix('extern ')} {{ while (1); }}\nstruct kdma_unused"
            if not each.fact("otherwise")
            else None
        ),
    )


def turned_macro(headers: Headers) -> None:
    """A function turned macro."""
    headers.rewrite(
        ChangeKind.LINKAGE,
        lambda each, text, p: (
            (f"\n#define {each.name}({', '.join(x.name for x in p)}) ((void)0)\nstruct kdma_unused")
            if _is_plain(p) and not each.fact("otherwise")
            else None
        ),
    )


def calling_convention(headers: Headers) -> None:
    """Another calling convention."""
    headers.rewrite(ChangeKind.CONVENTION, lambda _, text, __: f"{text} __attribute__((ms_abi))")


def function_removed(headers: Headers) -> None:
    """A function removed."""
    headers.rewrite(
        ChangeKind.REMOVED,
        lambda each, _, __: "struct kdma_unused" if not each.fact("otherwise") else None,
    )


_MAPPING = "include/linux/dma-mapping.h"
_SCATTERLIST = "include/linux/scatterlist.h"
_DIRECTION = "include/linux/dma-direction.h"


def value_of_define(headers: Headers) -> None:
    """The value of a #define."""
    for each in headers.surface:
        match = re.search(rf"#define\s+{each.name}\s+\(1UL << (\d+)\)", headers.text(_MAPPING))
        if each.kind is Kind.CONSTANT and match and len(headers.expected) < EACH:
            headers.replace(_MAPPING, match[0], match[0].replace(match[1], "40"))
            headers.expected[each.name] = ChangeKind.VALUE


def value_of_enumerator(headers: Headers) -> None:
    """An enumerator's value."""
    for name in re.findall(r"(DMA_\w+) = \d", headers.text(_DIRECTION)):
        text = re.search(rf"{name} = (\d)", headers.text(_DIRECTION))
        assert text
        headers.replace(_DIRECTION, f"{name} = {text[1]}", f"{name} = {int(text[1]) + 7}")
        headers.expected[name] = ChangeKind.VALUE


def size_of_enum(headers: Headers) -> None:
    """The underlying size of an enum."""
    enum = "enum dma_data_direction {"
    headers.replace(_DIRECTION, enum, "enum __attribute__((packed)) dma_data_direction {")
    headers.expected["dma_data_direction"] = ChangeKind.TYPE


def field_order(headers: Headers) -> None:
    """The order of fields of the same type."""
    for name, one, two in (
        ("scatterlist", "offset", "length"),
        ("sg_table", "nents", "orig_nents"),
    ):
        found = re.search(
            rf"(unsigned int\s+{one};)(.*\n\s*)(unsigned int\s+{two};)", headers.text(_SCATTERLIST)
        )
        assert found
        headers.replace(_SCATTERLIST, found[0], found[3] + found[2] + found[1])
        headers.expected[name] = ChangeKind.FIELD_ORDER


def packed(headers: Headers) -> None:
    """A struct packed."""
    for name in ("sg_page_iter", "sg_append_table"):
        found = re.search(rf"struct {name} {{.*?\n}};", headers.text(_SCATTERLIST), re.DOTALL)
        assert found
        headers.replace(_SCATTERLIST, found[0], f"{found[0][:-1]} __attribute__((packed));")
        headers.expected[name] = ChangeKind.LAYOUT


def signedness_of_field(headers: Headers) -> None:
    """A field's signedness."""
    for name, one in (("scatterlist", "offset"), ("sg_table", "nents")):
        found = re.search(rf"unsigned int(\s+{one};)", headers.text(_SCATTERLIST))
        assert found
        headers.replace(_SCATTERLIST, found[0], f"int{found[1]}")
        headers.expected[f"{name}.{one}"] = ChangeKind.TYPE


def field_appended(headers: Headers) -> None:
    """A field appended."""
    for name in ("scatterlist", "sg_table"):
        found = re.search(rf"struct {name} {{.*?\n}};", headers.text(_SCATTERLIST), re.DOTALL)
        assert found
        headers.replace(_SCATTERLIST, found[0], f"{found[0][:-2]}\tu64 kdma_more;\n}};")
        headers.expected[name] = ChangeKind.FIELD_ADDED


def width_of_address(headers: Headers) -> None:
    """The width of an address typedef."""
    text = headers.text("include/linux/types.h")
    headers.texts["include/linux/types.h"] = re.sub(
        r"typedef u(?:64|32) dma_addr_t;", "typedef u16 dma_addr_t;", text
    )
    headers.expected["dma_addr_t"] = ChangeKind.TYPE


def callback(headers: Headers) -> None:
    """The signature of a callback."""
    headers.replace(_SCATTERLIST, "(sg_alloc_fn)(unsigned int, gfp_t)", "(sg_alloc_fn)(int, gfp_t)")
    headers.expected["sg_alloc_fn"] = ChangeKind.TYPE


FAULTS = (
    calling_convention,
    callback,
    const_dropped,
    field_appended,
    field_order,
    function_removed,
    other_pointer,
    other_type_swap,
    packed,
    parameter_added,
    parameter_removed,
    return_type,
    same_type_swap,
    signedness_of_field,
    signedness_of_parameter,
    size_of_enum,
    turned_inline,
    turned_macro,
    value_of_define,
    value_of_enumerator,
    width_of_address,
    width_of_parameter,
)


def comments(headers: Headers) -> None:
    """Comments before declarations and inside of them."""
    headers.rewrite(
        None, lambda _, text, __: "/* dma_map_page(x); */ " + text.replace("(", "( /* first */ ", 1)
    )


def renames(headers: Headers) -> None:
    """Parameters renamed."""
    headers.rewrite(
        None,
        lambda _, text, p: (
            _with(text, [f"{x.type} other_{n}" for n, x in enumerate(p)])
            if _is_plain(p) and p
            else None
        ),
    )


def names_dropped(headers: Headers) -> None:
    """Parameters without names."""
    headers.rewrite(
        None, lambda _, text, p: _with(text, [x.type for x in p]) if _is_plain(p) and p else None
    )


def new_functions(headers: Headers) -> None:
    """New functions beside the old ones."""
    headers.rewrite(None, lambda each, text, _: f"void kdma_new_{each.name}(void);\n{text}")


def formatting(headers: Headers) -> None:
    """Other blanks and line breaks."""
    headers.rewrite(None, lambda _, text, __: re.sub(r",\s*", "\n\t\t,", text))


def respelled_const(headers: Headers) -> None:
    """const on the other side of the type."""
    _retype(headers, r"const (void|struct \w+) \*", r"\1 const *", None)


def equivalent_typedefs(headers: Headers) -> None:
    """Another name for the same type."""
    _retype(headers, r"size_t (?=\w)", "__kernel_size_t ", None)


def reordered(headers: Headers) -> None:
    """A declaration moved to the end of its header."""
    for each, header, text in list(headers.functions()):
        plain = not each.fact("when") and headers.text(header).count(f"{text};") == 1
        if plain and len(headers.expected) < EACH:
            headers.replace(header, f"{text};", "")
            head, end, tail = headers.text(header).rpartition("#endif")
            headers.texts[header] = f"{head}{text};\n{end}{tail}"
            headers.expected[each.name] = None


def moved_struct(headers: Headers) -> None:
    """A struct moved within its header."""
    found = re.search(r"struct sg_append_table {.*?\n};", headers.text(_SCATTERLIST), re.DOTALL)
    assert found
    headers.replace(_SCATTERLIST, found[0], "struct sg_append_table;")
    at = "static inline bool sg_is_chain("
    if at not in headers.text(_SCATTERLIST):
        at = "#define sg_is_chain("
    headers.replace(_SCATTERLIST, at, f"{found[0]}\n{at}")
    headers.expected["sg_append_table"] = None


def larger_private_struct(headers: Headers) -> None:
    """struct device grows where DMA is not concerned."""
    headers.replace(DEVICE_HEADER, "struct device {", "struct device {\n\tu64 kdma_private[4];")
    headers.expected["device"] = None


def respelled_value(headers: Headers) -> None:
    """The same value in another spelling."""
    for each in headers.surface:
        match = re.search(rf"#define\s+{each.name}\s+\(1UL << (\d+)\)", headers.text(_MAPPING))
        if each.kind is Kind.CONSTANT and match and len(headers.expected) < EACH:
            headers.replace(_MAPPING, match[0], f"#define {each.name} {1 << int(match[1]):#x}UL")
            headers.expected[each.name] = None


HARMLESS = (
    comments,
    equivalent_typedefs,
    formatting,
    larger_private_struct,
    moved_struct,
    names_dropped,
    new_functions,
    renames,
    reordered,
    respelled_const,
    respelled_value,
)
