# SPDX-License-Identifier: GPL-2.0
"""Faults in c-api: what it forwards to the kernel, what it refuses, what it answers.

Made of every call of the kernel, every check and every result in the sources
of kdma.ko, by rule. `x * 1` stands for x where the rule is for integers only:
a compiler refuses it for pointers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from kdma.mutants.sites import Form, Site, sites

#: What c-api calls of the kernel.
CALLS = r"dma_\w+|dmam_\w+|kfree|sg_\w+"
_DIRECTIONS = ("DMA_BIDIRECTIONAL", "DMA_FROM_DEVICE", "DMA_TO_DEVICE")
#: An operator.
TWICE = "a call made twice"
_ERRORS = r"KDMA_(?:OK|E[A-Z]+)"

Made = tuple[Site, str, str]


def _of_call(text: str, site: Site) -> Iterator[Made]:
    arguments = [text[start:end] for start, end in site.arguments]

    def call(*changed: str) -> str:
        return f"{site.callee}({', '.join(changed)})"

    def with_argument(at: int, new: str) -> str:
        return call(*arguments[:at], new, *arguments[at + 1 :])

    for i, j in combinations(range(len(arguments)), 2):
        swapped = list(arguments)
        swapped[i], swapped[j] = swapped[j], swapped[i]
        yield site, "two arguments swapped", call(*swapped)
    for at, argument in enumerate(arguments):
        if "kdma_to_device(" in argument or argument.startswith("&"):
            continue
        if "direction" in argument:
            for direction in _DIRECTIONS:
                yield site, "a constant direction", with_argument(at, direction)
            continue
        yield site, "an argument dropped", with_argument(at, f"({argument}) * 0")
        yield site, "an argument one too large", with_argument(at, f"({argument}) * 1 + 1")
        yield site, "an argument one too small", with_argument(at, f"({argument}) * 1 - 1")
        # A compiler refuses this for what has no more than 32 bits: nothing is cut then.
        wide = f"0 * sizeof(char[sizeof({argument}) > 4 ? 1 : -1])"
        cut = f"(u32)(({argument}) * 1) + {wide}"
        yield site, "an argument cut to 32 bits", with_argument(at, cut)
        yield site, "an argument cut to 16 bits", with_argument(at, f"(u16)(({argument}) * 1)")
        signed = f"(u64)(s32)(({argument}) * 1) + {wide}"
        yield site, "an argument widened with its sign", with_argument(at, signed)
    if site.statement:
        yield site, "a call dropped", "(void)0"
        if site.callee not in ("kfree", "dma_pool_destroy"):
            yield site, TWICE, f"({{ {call(*arguments)}; {call(*arguments)}; }})"
    else:
        yield site, "a result dropped", f"({{ {call(*arguments)}; }}) * 0"
        yield site, "a result one too large", f"({call(*arguments)}) * 1 + 1"


def _of_condition(text: str, site: Site) -> Iterator[Made]:
    operands = [text[start:end] for start, end in site.operands]
    for at in range(len(operands)):
        left = [*operands[:at], *operands[at + 1 :]]
        yield site, "a check dropped", " || ".join(left) or "0"
    if len(operands) > 1:
        yield site, "all checks dropped", "0"


def _of_return(text: str, site: Site) -> Iterator[Made]:
    value = site.text(text)
    if value == "error":
        yield site, "success for an error", "KDMA_OK"
    elif value in _DIRECTIONS:
        for direction in _DIRECTIONS:
            if direction != value:
                yield site, "a direction mistranslated", direction
    elif re.fullmatch(_ERRORS, value):
        for error in ("KDMA_OK", "KDMA_EINVAL", "KDMA_EUNKNOWN"):
            if error != value:
                operator = "success for an error" if error == "KDMA_OK" else "another error"
                yield site, operator, error
    elif "&&" in value and not site.operands[1:]:
        operands = [part.strip() for part in value.split("&&")]
        for at in range(len(operands)):
            left = [*operands[:at], *operands[at + 1 :]]
            yield site, "a check dropped", " && ".join(left)
    elif match := re.search(rf"\? ({_ERRORS})\s*: ({_ERRORS})$", value):
        yield site, "an answer turned round", f"{value[: match.start()]}? {match[2]} : {match[1]}"


def _of_assignment(text: str, site: Site) -> Iterator[Made]:
    value = site.text(text)
    yield site, "a result dropped", f"({value}) * 0"
    yield site, "a result one too large", f"({value}) * 1 + 1"
    yield site, "a result cut to 16 bits", f"(u16)(({value}) * 1)"


def _of_table(text: str) -> Iterator[Made]:
    """Rows of a table of constants, told where the table is read."""
    if "kdma_attributes[] =" not in text:
        return
    rows = len(re.findall(r"\[ilog2\(KDMA_ATTR_\w+\)\] =\s+DMA_ATTR_\w+,", text))
    bit = "__ffs64(attributes)"
    read = f"kdma_attributes[{bit}]"
    if read not in text or not rows:
        raise ValueError("the table of attributes is not as it is looked for")
    start = text.index(read)
    site = Site(Form.CALL, start, start + len(read), text.count("\n", 0, start) + 1,
                "kdma_to_attributes")  # fmt: skip
    for row in range(rows):
        yield site, "an attribute dropped", f"{bit} == {row} ? 0 : {read}"
        other = f"kdma_attributes[{(row + 1) % rows}]"
        yield site, "an attribute mistranslated", f"{bit} == {row} ? {other} : {read}"


def _through_variables(values: Sequence[str], use: str) -> str:
    """C that puts values into variables of their own, kdma_0 and so on, and then is `use`."""
    kept = "".join(f"__auto_type kdma_{n} = ({value}); " for n, value in enumerate(values))
    return f"({{ {kept}{use}; }})"


def harmless_of(text: str) -> list[Made]:
    """Edits of one source that change nothing that anybody could notice.

    One of each operator in each function; a compiler refuses what there cannot
    be: the address of a macro, a variable of what has no type.
    """
    found: dict[tuple[str, str, str], Made] = {}
    for site in sites(text, CALLS):
        operator, changed = _harmless(text, site)
        found.setdefault((site.function, operator, site.callee), (site, operator, changed))
        if site.form is Form.CALL:
            arguments = ", ".join(text[start:end] for start, end in site.arguments)
            operator, changed = "a call through a pointer", f"(&{site.callee})({arguments})"
            found.setdefault((site.function, operator, site.callee), (site, operator, changed))
    return list(found.values())


def _harmless(text: str, site: Site) -> tuple[str, str]:
    if site.form is Form.CALL:
        arguments = [text[start:end] for start, end in site.arguments]
        names = ", ".join(f"kdma_{n}" for n in range(len(arguments)))
        through = _through_variables(arguments, f"{site.callee}({names})")
        return "arguments through variables", through
    if site.form is Form.CONDITION:
        turned = " && ".join(f"!({text[start:end]})" for start, end in site.operands)
        return "a condition turned round twice", f"!({turned})"
    return "a result through a variable", _through_variables([site.text(text)], "kdma_0")


def made_of(text: str) -> list[Made]:
    """All faults of one source of c-api, in the order of their places."""
    makers = {
        Form.ASSIGNED: _of_assignment,
        Form.CALL: _of_call,
        Form.CONDITION: _of_condition,
        Form.RETURNED: _of_return,
    }
    found: list[Made] = []
    for site in sites(text, CALLS):
        found += makers[site.form](text, site)
    return [*found, *_of_table(text)]
