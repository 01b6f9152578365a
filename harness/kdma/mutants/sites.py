# SPDX-License-Identifier: GPL-2.0
"""Places in a source text where a fault can be put: calls, conditions, results.

Reads C and Rust alike, by their brackets: what a call's arguments are does not
depend on what they mean. Whether a fault is one that the language admits is for
its compiler to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_OPEN = "([{"
_CLOSE = ")]}"
#: Words before a bracket that are no functions.
_NO_CALLS = {"for", "if", "match", "return", "sizeof", "switch", "while"}


class Form(StrEnum):
    """What stands at a site."""

    ASSIGNED = "assigned"
    CALL = "call"
    CONDITION = "condition"
    RETURNED = "returned"


@dataclass(frozen=True)
class Site:
    """An expression in a text, as offsets: start is its first character, end one beyond.

    `arguments` are those of a call, `operands` those of a condition made of `||`.
    `statement`: its value is not used. `function`: in whose body it stands.
    """

    form: Form
    start: int
    end: int
    line: int
    function: str
    callee: str = ""
    arguments: tuple[tuple[int, int], ...] = ()
    operands: tuple[tuple[int, int], ...] = ()
    statement: bool = False

    def text(self, source: str) -> str:
        """The expression."""
        return source[self.start : self.end]


def masked(text: str) -> str:
    """The text with comments, strings and preprocessor lines blanked, of the same length."""

    def blank(match: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", match[0])

    pattern = (
        r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|b?'(?:\\.|[^'\\\n])'|^[ \t]*#(?:\\\n|[^\n])*"
    )
    return re.sub(pattern, blank, text, flags=re.DOTALL | re.MULTILINE)


def closing(code: str, start: int) -> int:
    """Where the bracket that opens at `start` closes. ValueError if it does not."""
    depth = 0
    for at in range(start, len(code)):
        if code[at] in _OPEN:
            depth += 1
        elif code[at] in _CLOSE:
            depth -= 1
            if not depth:
                return at
    raise ValueError(f"an unclosed bracket at {start}")


def split(code: str, start: int, end: int, separator: str) -> tuple[tuple[int, int], ...]:
    """Parts of code[start:end] between separators outside of brackets, without blanks around."""
    parts, depth, begin, at = [], 0, start, start
    while at < end:
        if code[at] in _OPEN:
            depth += 1
        elif code[at] in _CLOSE:
            depth -= 1
        elif not depth and code.startswith(separator, at):
            parts.append((begin, at))
            at += len(separator)
            begin = at
            continue
        at += 1
    parts.append((begin, end))
    return tuple(_stripped(code, *part) for part in parts if code[part[0] : part[1]].strip())


def _stripped(code: str, start: int, end: int) -> tuple[int, int]:
    while start < end and code[start].isspace():
        start += 1
    while end > start and code[end - 1].isspace():
        end -= 1
    return start, end


def _c_functions(code: str) -> Iterator[tuple[str, int, int]]:
    for match in re.finditer(r"^\{\n", code, re.MULTILINE):
        head = code[: match.start()]
        opened = re.findall(r"(\w+)\((?:[^;{}]*)$", head[head.rfind("}\n") + 1 :])
        if opened:
            names = re.findall(r"^(?:[\w*]+[ \t*\n]+)+?\*?(\w+)\(", head[head.rfind("}\n") + 1 :],
                               re.MULTILINE)  # fmt: skip
            yield (names[-1] if names else opened[0]), match.start(), closing(code, match.start())


def _rust_functions(code: str) -> Iterator[tuple[str, int, int]]:
    for match in re.finditer(r"\bfn (\w+)", code):
        at = code.index("(", match.end())
        at = closing(code, at)
        body, semicolon = code.find("{", at), code.find(";", at)
        if body >= 0 and (semicolon < 0 or body < semicolon):
            yield match[1], body, closing(code, body)


def functions(text: str, *, rust: bool) -> list[tuple[str, int, int]]:
    """Names of functions with where their bodies begin and end."""
    code = masked(text)
    return list(_rust_functions(code) if rust else _c_functions(code))


def _is_statement(code: str, start: int, end: int) -> bool:
    before = code[:start].rstrip()
    after = code[end:].lstrip()
    return (before[-1:] in (";", "{", "}", "") or before.endswith((")", "else"))) and (
        after[:1] == ";"
    )


def sites(text: str, calls: str, *, rust: bool = False) -> list[Site]:
    """All sites of a text in the order in which they begin; calls whose name matches `calls`."""
    code = masked(text)
    found = []
    for name, begin, end in functions(text, rust=rust):
        for match in re.finditer(rf"(?<![\w.>])((?:\w+::)*(?:{calls}))\(", code[begin:end]):
            word = match[1].rpartition("::")[2]
            if word in _NO_CALLS:
                continue
            start, bracket = begin + match.start(1), begin + match.end() - 1
            last = closing(code, bracket)
            found.append(
                Site(
                    Form.CALL,
                    start,
                    last + 1,
                    code.count("\n", 0, start) + 1,
                    name,
                    word,
                    split(code, bracket + 1, last, ","),
                    statement=_is_statement(code, start, last + 1),
                )
            )
        if not rust:
            found += _c_only(code, name, begin, end)
    # By form too: a set has no order, and faults are numbered as their sites come.
    return sorted(set(found), key=lambda one: (one.start, -one.end, one.form))


def _c_only(code: str, name: str, begin: int, end: int) -> Iterator[Site]:
    def site(form: Form, start: int, stop: int) -> Site:
        start, stop = _stripped(code, start, stop)
        return Site(form, start, stop, code.count("\n", 0, start) + 1, name,
                    operands=split(code, start, stop, "||"))  # fmt: skip

    for match in re.finditer(r"\bif \(", code[begin:end]):
        bracket = begin + match.end() - 1
        yield site(Form.CONDITION, bracket + 1, closing(code, bracket))
    for match in re.finditer(r"\breturn\b([^;]+);", code[begin:end]):
        yield site(Form.RETURNED, begin + match.start(1), begin + match.end(1))
    for match in re.finditer(r"^\s*\*\w+ = ([^;]+);", code[begin:end], re.MULTILINE):
        yield site(Form.ASSIGNED, begin + match.start(1), begin + match.end(1))
