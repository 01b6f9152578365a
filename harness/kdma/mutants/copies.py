# SPDX-License-Identifier: GPL-2.0
"""Does a compiler make the same of a C function with a fault as of one without?

One source gets copies of its functions, one without a fault and one with each;
what the compiler made of them is compared as assembly. A function that others
of the file call is copied with these, for the compiler may put it into them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from kdma.mutants.sites import functions
from kdma.mutants.switched import Alternative, applied

#: Before a source of the kernel's: what its headers warn of is asked, and nothing is said.
QUIET = "#include <linux/bug.h>\n" + "".join(
    f"#undef {name}\n#define {name}(condition, ...) (!!(condition))\n"
    for name in ("WARN", "WARN_ON", "WARN_ONCE", "WARN_ON_ONCE")
)
#: Has a compiler take objects of different types for distinct ones.
DISTINCT = ("-fstrict-aliasing",)
_LABEL = re.compile(r"\.L\w+")


def _definitions(text: str) -> dict[str, tuple[int, int]]:
    """Where each function's definition begins and ends; of several with one name, none."""
    found: dict[str, tuple[int, int]] = {}
    twice: set[str] = set()
    for name, begin, end in functions(text, rust=False):
        twice |= {name} & found.keys()
        before = re.split(r"\n\n|\*/\n|}\n|^#(?:\\\n|[^\n])*\n", text[:begin], flags=re.M)[-1]
        start = begin - len(before)
        found[name] = (start, end + 1)
    return {name: place for name, place in found.items() if name not in twice}


def _with_callers(name: str, text: str, where: Mapping[str, tuple[int, int]]) -> list[str]:
    """A function and those of the file that come to it, in the order of the file."""
    found, grew = {name}, True
    while grew:
        grew = False
        pattern = re.compile(rf"\b(?:{'|'.join(sorted(found))})\b")
        for other, (begin, end) in where.items():
            if other not in found and pattern.search(text[begin:end]):
                found.add(other)
                grew = True
    return sorted(found, key=where.__getitem__)


def with_copies(source: str, chosen: Sequence[Alternative]) -> str:
    """The source with two copies of functions for each fault: with it, and without.

    What cannot be copied is left out.
    """
    where = _definitions(source)
    after: dict[str, list[str]] = {}
    for one in chosen:
        name = one.site.function
        if name not in where or not where[name][0] <= one.site.start < where[name][1]:
            continue
        names = _with_callers(name, source, where)
        for each in names:
            begin, end = where[each]
            text = faulty = source[begin:end]
            if each == name:
                longer = len(one.text) - (one.site.end - one.site.start)
                faulty = applied(source, one)[begin : end + longer]
            for kind, body in (("with", faulty), ("none", text)):
                # Named anew, and the compiler has to make code of it.
                words = rf"(?<!struct )\b({'|'.join(names)})\b"
                renamed = re.sub(words, rf"\1__kdma_{kind}_{one.number}", body)
                after.setdefault(each, []).append(f"__attribute__((used)) {renamed}\n")
    text, at = "", 0
    for name in sorted(after, key=where.__getitem__):
        end = where[name][1]
        text += source[at:end] + "\n" + "".join(after[name])
        at = end
    return text + source[at:]


#: A comment in the assembly, at which the compiler may neither guess nor leave it out.
_MARK = "kdma-code-of"
_CONTROL = "control"


def with_marks(source: str, names: Iterable[str]) -> str:
    """The source with a mark at the beginning of each definition of these functions.

    A function of its own has one too: it shows that marks come through.
    """
    wanted, text, at = set(names), "", 0
    for name, begin, _ in functions(source, rust=False):
        if name in wanted:
            text += source[at:begin] + f'{{ __asm__ volatile("# {_MARK} {name}");'
            at = begin + 1
    text += source[at:]
    mark = f'__asm__ volatile("# {_MARK} {_CONTROL}");'
    own = "void kdma_code_of_control(void)"
    return f"{text}\n{own};\n{own} {{ {mark} }}\n"


def without_code(assembly: str, names: Iterable[str]) -> set[str]:
    """Those of the marked functions of which the compiler made nothing, not even in another.

    A mark is a side effect: where a function can be come to, it has to be there.
    What stands in its body cannot change whether anybody comes to it.
    """
    seen = set(re.findall(rf"# {_MARK} (\w+)", assembly))
    return set(names) - seen if _CONTROL in seen else set()


def same(assembly: str) -> set[int]:
    """Numbers of the faults whose copies are, but for names, the same as those without."""
    made: dict[tuple[str, int], dict[str, str]] = {}
    constants = dict(re.findall(r"^(\.LC\d+):\n((?:\t\..*\n)+)", assembly, re.MULTILINE))
    for name, body in re.findall(
        r"^(\S*__kdma_\w+?_\d+\S*):\n(.*?)^\t\.size\t\1,", assembly, re.MULTILINE | re.DOTALL
    ):
        match = re.search(r"__kdma_(with|none)_(\d+)", name)
        assert match
        kind = (match[1], int(match[2]))
        made.setdefault(kind, {})[name.replace(match[0], "")] = _plain(body, match[0], constants)
    return {
        number
        for kind, number in made
        if kind == "with" and made["with", number] == made.get(("none", number))
    }


def _plain(body: str, suffix: str, constants: Mapping[str, str]) -> str:
    """What a compiler made of a function, without what differs between equal ones: labels."""
    labels: dict[str, str] = {}

    def label(match: re.Match[str]) -> str:
        if match[0] in constants:
            return f"[{constants[match[0]]}]"
        return labels.setdefault(match[0], f".L{len(labels)}")

    return _LABEL.sub(label, body.replace(suffix, ""))
