# SPDX-License-Identifier: GPL-2.0
"""Sources that hold all faults at once, behind a switch: one build, one boot, one fault at a time.

Each expression that faults were made of becomes a choice on the number of the
fault that is switched on; 0 is none, and leaves the program as it was. Faults
stand on lines of their own, so that a compiler's complaint names the fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from kdma.mutants.sites import Site

#: What the switch is called in C and in Rust, and as a module's parameter.
SWITCH = "kdma_fault"
#: The file that a compiler is told a fault's line is in.
FILE = "kdma-fault"


@dataclass(frozen=True)
class Alternative:
    """What is put in the place of a site's expression. Numbers are unique in a build."""

    number: int
    site: Site
    operator: str
    text: str
    harmless: bool = False


def _choice(one: Alternative, *, rust: bool) -> str:
    if rust:
        return f"\nif crate::fault::is({one.number}) {{ {one.text} }} else "
    return f'\n# 1 "{FILE}-{one.number}"\n{SWITCH} == {one.number} ? ({one.text}) : '


def _rewritten(
    source: str, start: int, end: int, chosen: Sequence[Alternative], name: str, *, rust: bool
) -> str:
    """source[start:end] with all faults in it. Sites nest and never overlap otherwise."""
    text, at = "", start
    by_site: dict[tuple[int, int], list[Alternative]] = {}
    for one in chosen:
        by_site.setdefault((one.site.start, one.site.end), []).append(one)
    outer: list[tuple[int, int]] = []
    for place in sorted(by_site, key=lambda p: (p[0], -p[1])):
        if not outer or place[0] >= outer[-1][1]:
            outer.append(place)
    for begin, stop in outer:
        inner = [
            one for one in chosen
            if begin <= one.site.start and one.site.end <= stop
            and (one.site.start, one.site.end) != (begin, stop)
        ]  # fmt: skip
        original = _rewritten(source, begin, stop, inner, name, rust=rust)
        choices = "".join(_choice(one, rust=rust) for one in by_site[begin, stop])
        text += source[at:begin]
        if rust:
            text += f"({choices}\n{{ {original} }})"
        else:
            line = source.count("\n", 0, begin) + 1
            text += f'({choices}\n# {line} "{name}"\n({original}))'
        at = stop
    return text + source[at:end]


def rewrite(source: str, chosen: Iterable[Alternative], name: str, *, rust: bool = False) -> str:
    """A source with all of these faults, each behind its number."""
    return _rewritten(source, 0, len(source), list(chosen), name, rust=rust)


def applied(source: str, one: Alternative) -> str:
    """A source with this fault alone and no switch."""
    return source[: one.site.start] + one.text + source[one.site.end :]


_AT_FAULT = re.compile(rf"{FILE}-(\d+):\d+")


def at(place: str) -> set[int]:
    """Numbers of the faults whose lines a text mentions."""
    return {int(number) for number in _AT_FAULT.findall(place)}


def refused(diagnostics: str) -> set[int]:
    """Numbers of faults that the C compiler complains of: the language admits no such.

    An error may be in a header whose macro or inline function was handed the
    fault: then a line that says where that came from leads to it.
    """
    found: set[int] = set()
    inlined: list[str] = []
    #: The last diagnostic is an error of which nothing led to a fault so far.
    open_error = False
    for line in diagnostics.splitlines():
        if " inlined from " in f" {line}":
            inlined.append(line)
            continue
        said = re.search(r": (?:fatal )?(error|warning): ", line)
        if said:
            open_error = said[1] == "error"
            line, inlined = "\n".join([line, *inlined]), []
        elif not re.search(r": note: (?:in expansion of|expanded from) macro ", line):
            continue
        if open_error and (numbers := at(line)):
            found |= numbers
            open_error = False
    return found


def culprit(
    chosen: Sequence[Alternative], compiles: Callable[[Sequence[Alternative]], bool]
) -> Alternative | None:
    """One fault without which fewer are left that a compiler refuses; None: it refuses none too.

    For complaints that lead nowhere. `chosen` does not compile.
    """
    good, bad = 0, len(chosen)
    if not compiles(()):
        return None
    while bad - good > 1:
        middle = (good + bad) // 2
        if compiles(chosen[:middle]):
            good = middle
        else:
            bad = middle
    return chosen[bad - 1]


Made = Sequence[tuple[Site, str, str]]


def numbered(
    made: Mapping[str, Made], harmless: Mapping[str, Made]
) -> dict[str, list[Alternative]]:
    """Numbers faults and harmless edits (site, operator, text) of several files, from 1 on."""
    found: dict[str, list[Alternative]] = {file: [] for file in made}
    number = 0
    for kind in (made, harmless):
        for file, many in kind.items():
            for site, operator, text in many:
                number += 1
                one = Alternative(number, site, operator, text, harmless=kind is harmless)
                found[file].append(one)
    return found
