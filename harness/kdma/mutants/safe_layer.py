# SPDX-License-Identifier: GPL-2.0
"""Faults in the safe Rust layer: what it hands to the C ABI, and what it makes of answers.

Made of every call of kdma-sys in rust-bindings/kdma, by rule. `x ^ 0` stands
for x where the rule is for integers only: rustc refuses it for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from kdma.mutants.sites import Site, masked, sites

#: What the layer calls.
CALLS = r"kdma_sys::kdma_\w+"
_DIRECTIONS = {"BIDIRECTIONAL": 3, "FROM_DEVICE": 2, "TO_DEVICE": 1}

Made = tuple[Site, str, str]


def _plain(text: str, start: int, end: int) -> str:
    """One line without comments."""
    code = masked(text)
    return " ".join(code[start:end].split())


def _cuts(argument: str) -> dict[int, str]:
    """An argument, cut to as many bits."""
    return {
        16: f"({argument}) & 0xffff",
        # Rustc refuses this for what has no more than 32 bits: nothing is cut then.
        32: f"{{ let kdma_wide: u64 = {argument}; kdma_wide & 0xffff_ffff }}",
    }


def cut_argument(text: str, site: Site, made: str) -> int | None:
    """Which argument of a call the fault `made` cuts, counted from 0; None if none."""
    for at, (start, end) in enumerate(site.arguments):
        if any(cut in made for cut in _cuts(_plain(text, start, end)).values()):
            return at
    return None


def _of_call(text: str, site: Site) -> Iterator[Made]:
    arguments = [_plain(text, start, end) for start, end in site.arguments]

    def call(*changed: str) -> str:
        return f"kdma_sys::{site.callee}({', '.join(changed)})"

    def with_argument(at: int, new: str) -> str:
        return call(*arguments[:at], new, *arguments[at + 1 :])

    same = call(*arguments)
    for i, j in combinations(range(len(arguments)), 2):
        swapped = list(arguments)
        swapped[i], swapped[j] = swapped[j], swapped[i]
        yield site, "two arguments swapped", call(*swapped)
    for at, argument in enumerate(arguments):
        if re.search(r"direction|DIRECTION", argument):
            for value in _DIRECTIONS.values():
                yield site, "a constant direction", with_argument(at, f"({argument}) & 0 | {value}")
            continue
        if re.match(r"&|core::ptr|\w+\.as_mut_ptr\(\)$", argument):
            continue
        yield site, "an argument dropped", with_argument(at, f"({argument}) & 0")
        larger = f"(({argument}) ^ 0).wrapping_add(1)"
        yield site, "an argument one too large", with_argument(at, larger)
        smaller = f"(({argument}) ^ 0).wrapping_sub(1)"
        yield site, "an argument one too small", with_argument(at, smaller)
        for bits, cut in _cuts(argument).items():
            yield site, f"an argument cut to {bits} bits", with_argument(at, cut)
    yield site, "a call dropped", "0"
    yield site, "a call made twice", f"{{ {same}; {same} }}"
    yield site, "success for an error", f"{{ {same}; 0 }}"


def harmless_of(text: str) -> list[Made]:
    """Edits of one source that change nothing that anybody could notice."""
    found: list[Made] = []
    for site in sites(text, CALLS, rust=True):
        arguments = [_plain(text, start, end) for start, end in site.arguments]
        callee = f"kdma_sys::{site.callee}"
        call = f"{callee}({', '.join(arguments)})"
        kept = "".join(f"let kdma_{n} = {value}; " for n, value in enumerate(arguments))
        names = ", ".join(f"kdma_{n}" for n in range(len(arguments)))
        found.append((site, "arguments through variables", f"{{ {kept}{callee}({names}) }}"))
        types = ", ".join("_" * len(arguments))
        found.append((site, "a call through a pointer",
                      f'{{ let kdma_call: unsafe extern "C" fn({types}) -> _ = {callee}; '
                      f"kdma_call({', '.join(arguments)}) }}"))  # fmt: skip
        kept = f"{{ let kdma_result = {call}; kdma_result }}"
        found.append((site, "a result through a variable", kept))
    return found


def made_of(text: str) -> list[Made]:
    """All faults of one source of the layer, in the order of their places."""
    return [one for site in sites(text, CALLS, rust=True) for one in _of_call(text, site)]
