# SPDX-License-Identifier: GPL-2.0
"""What a C header says before the preprocessor: declarations with their #if.

A compiler sees one configuration only. This reads all of them, as far as that
needs no types: names, where they stand, and under which condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Declaration:
    """Something that a header declares. `form`: define, function, field, include."""

    form: str
    name: str
    line: int
    #: The conditions around it, outermost first; empty: always there.
    when: str
    #: The text as one line, without comments.
    text: str
    #: Parameters of a macro; None for one that takes none.
    parameters: str | None = None


_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"", re.DOTALL)
_DIRECTIVE = re.compile(r"\s*#\s*(\w+)\s*(.*)")
_DEFINE = re.compile(r"(\w+)(\(([^)]*)\))?\s*(.*)")
#: Words in front of a bracket that are no function's name.
_NO_FUNCTION = re.compile(r"__(?!dma|iommu|swiotlb|sg|free|alloc)\w+|(?:DE[CF]\w+|if|for|while)")
_CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
_FIELD = re.compile(r"(\w+)\s*(?:\[[^\]]*\]\s*)*(?::\s*\w+\s*)?$")


def without_comments(text: str) -> str:
    """The same lines with comments blanked."""

    def blank(match: re.Match[str]) -> str:
        found = match[0]
        return found if found.startswith('"') else " " + "\n" * found.count("\n")

    return _COMMENT.sub(blank, text)


def _condition(directive: str, rest: str) -> str:
    rest = " ".join(rest.split())
    if directive == "ifdef":
        return f"defined({rest})"
    if directive == "ifndef":
        return f"!defined({rest})"
    return re.sub(r"\bdefined\s+(\w+)", r"defined(\1)", rest)


def _negated(condition: str) -> str:
    if re.fullmatch(r"\w+\([\w]*\)", condition):
        return f"!{condition}"
    if re.fullmatch(r"!\w+\([\w]*\)", condition):
        return condition[1:]
    return f"!({condition})"


class _Conditions:
    """The stack of #if around a line. A header's own guard does not count."""

    def __init__(self) -> None:
        self._stack: list[tuple[list[str], str]] = []

    def take(self, directive: str, rest: str) -> bool:
        """Follows a directive; False if it is none about conditions."""
        if directive in ("if", "ifdef", "ifndef"):
            self._stack.append(([], _condition(directive, rest)))
        elif directive in ("elif", "else") and self._stack:
            earlier, current = self._stack.pop()
            own = _condition("if", rest) if directive == "elif" else ""
            self._stack.append(([*earlier, current], own))
        elif directive == "endif" and self._stack:
            self._stack.pop()
        else:
            return False
        return True

    def text(self, name: str) -> str:
        """The condition for `name`; asking whether it is there already is none."""
        parts = []
        for earlier, current in self._stack:
            terms = [_negated(part) for part in earlier] + ([current] if current else [])
            parts += [t for t in terms if t != f"!defined({name})" and not _GUARD.fullmatch(t)]
        return " && ".join(f"({p})" if "||" in p else p for p in parts)


_GUARD = re.compile(r"!defined\(_*[A-Z][A-Z0-9_]*_H_*\)")


def _function_name(text: str) -> str:
    if text.startswith("typedef") or "=" in text.split("(")[0]:
        return ""
    for match in _CALL.finditer(text):
        if not _NO_FUNCTION.fullmatch(match[1]):
            before = text[: match.start()]
            return match[1] if before.strip() and before.count("(") == before.count(")") else ""
    return ""


def _declarations(text: str, line: int, conditions: _Conditions) -> Iterator[Declaration]:
    name = _function_name(text)
    if name:
        yield Declaration("function", name, line, conditions.text(name), text)


def declarations(text: str) -> Iterator[Declaration]:
    """Macros, functions, struct fields and #include lines of a header, in their order."""
    lines = without_comments(text).split("\n")
    conditions = _Conditions()
    depth, chunk, begin, record = 0, "", 0, ""
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        directive = _DIRECTIVE.match(line)
        if directive:
            first = number
            while line.endswith("\\") and number < len(lines):
                line = line[:-1] + " " + lines[number]
                number += 1
            match = _DIRECTIVE.match(line)
            word, rest = (match[1], " ".join(match[2].split())) if match else ("", "")
            if word == "define" and (define := _DEFINE.match(rest)):
                when = conditions.text(define[1])
                parameters = define[3] if define[2] else None
                yield Declaration("define", define[1], first, when, define[4], parameters)
            elif word == "include":
                yield Declaration("include", rest, first, conditions.text(""), rest)
            else:
                conditions.take(word, rest)
            continue
        for character in line + "\n":
            if character == "{":
                if depth == 0:
                    head = " ".join(chunk.split())
                    if match := re.fullmatch(r"(?:struct|union)\s+(\w+)", head):
                        record = match[1]
                    else:
                        record = ""
                        yield from _declarations(head, begin, conditions)
                    chunk = ""
                depth += 1
            elif character == "}":
                depth = max(0, depth - 1)
                if depth == 0 and not record:
                    chunk = ""
            elif character == ";":
                head = " ".join(chunk.split())
                if depth == 0:
                    yield from _declarations(head, begin, conditions)
                elif depth == 1 and record and (match := _FIELD.search(head)):
                    name = f"{record}.{match[1]}"
                    yield Declaration("field", name, begin, conditions.text(""), head)
                if depth <= 1:
                    chunk = ""
            elif depth == 0 or (depth == 1 and record):
                if not chunk.strip():
                    chunk, begin = "", number
                chunk += character
