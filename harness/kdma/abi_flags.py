# SPDX-License-Identifier: GPL-2.0
"""Were all objects compiled so that they fit together, and fit the kernel?

What an object may take for granted - the size of an enum, which registers an
interrupt leaves alone, how a function returns - depends on the compiler's
flags. Here the flags of each C object and of each Rust object are read as
settings, whatever their compiler calls them, and compared with what kbuild
gives a module of this kernel. Flags that only optimise, warn or describe are no
settings; of a flag that is neither, nobody knows whether it matters, and that
leaves the check incomplete.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kdma import rust, three_way
from kdma.findings import Finding, FindingClass, KdmaError, Unchecked
from kdma.kernel import Kernel


@dataclass(frozen=True)
class Setting:
    """Something on which objects have to agree.

    `c`, `rust`: which flags set it; the value is the group `v`, "no" for the
    group `no`, else "yes". Without a pattern the language has no word for it.
    `unset`: the value where no flag says anything. `rust_has`: what Rust has to
    have, where C has no word for it. `others`: flags that change it, for tests
    and mutants: C's, then Rust's.
    """

    name: str
    c: str = ""
    rust: str = ""
    unset: str = ""
    rust_unset: str = ""
    rust_has: str = ""
    others: tuple[str, ...] = ()
    rust_others: tuple[str, ...] = ()


#: Registers that kernel code leaves alone, as both compilers call them.
_REGISTERS = ("3dnow", "80387", "avx", "avx2", "avx512f", "mmx", "sse", "sse2", "sse3", "sse4a")

_OF_REGISTERS = tuple(
    Setting(
        f"registers: {name}",
        rf"-m(?P<no>no-)?{name}",
        rf"-Ctarget-feature=(?P<v>[+-]{'x87' if name == '80387' else name})",
        "as the processor",
        "no",
        "no",
        (f"-m{name}",),
        () if name == "3dnow" else (f"-Ctarget-feature=+{name.replace('80387', 'x87')}",),
    )
    for name in _REGISTERS
)

#: Sorted by name. GCC's manual tells most of them under "Code Gen Options", "C Dialect
#: Options" and "x86 Options"; rustc calls the like target modifiers.
SETTINGS = (
    Setting("aliasing", r"-f(?P<no>no-)?strict-aliasing", unset="yes",
            others=("-fstrict-aliasing",)),
    Setting("alignment of double", r"-m(?P<no>no-)?align-double", unset="no",
            others=("-malign-double",)),
    Setting("alignment of the stack", r"-mpreferred-stack-boundary=(?P<v>\d+)", unset="4",
            others=("-mpreferred-stack-boundary=4", "-mpreferred-stack-boundary=5")),
    Setting("branch tracking", r"-fcf-protection(?:=(?P<v>\w+))?",
            r"-Zcf-protection=(?P<v>\w+)", "none", "none",
            others=("-fcf-protection=branch", "-fcf-protection=full", "-fcf-protection=none",
                    "-fcf-protection=return"),
            rust_others=("-Zcf-protection=branch", "-Zcf-protection=full",
                         "-Zcf-protection=none")),
    Setting("calling convention", r"-mabi=(?P<v>\w+)", unset="sysv", others=("-mabi=ms",)),
    Setting("checks of indirect calls", r"-fsanitize=(?P<v>kcfi)",
            r"-Zsanitizer=(?P<v>kcfi)", "none", "none",
            others=("-fsanitize=kcfi",), rust_others=("-Zsanitizer=kcfi",)),
    Setting("code model", r"-mcmodel=(?P<v>\w+)", r"-Ccode-model=(?P<v>\w+)", "small", "kernel",
            others=("-mcmodel=small", "-mcmodel=medium", "-mcmodel=large"),
            rust_others=("-Ccode-model=small", "-Ccode-model=medium", "-Ccode-model=large")),
    Setting("common variables", r"-f(?P<no>no-)?common", unset="no", others=("-fcommon",)),
    Setting("entries of functions", r"-fpatchable-function-entry=(?P<v>[\d,]+)",
            r"-Zpatchable-function-entry=(?P<v>[\d,]+)", "none", "none",
            others=("-fpatchable-function-entry=8", "-fpatchable-function-entry=16,8"),
            rust_others=("-Zpatchable-function-entry=8", "-Zpatchable-function-entry=16,8")),
    Setting("environment of the language", r"-f(?P<v>freestanding|hosted)", unset="hosted",
            others=("-ffreestanding",)),
    Setting("exceptions", r"-f(?P<no>no-)?exceptions", r"-Cpanic=(?P<v>\w+)", "no", "unwind",
            "abort", ("-fexceptions",), ("-Cpanic=unwind",)),
    Setting("frame pointers", r"-f(?P<v>no-omit|omit)-frame-pointer",
            r"-Cforce-frame-pointers=(?P<v>\w+)", "omit", "omit", others=
            ("-fno-omit-frame-pointer", "-fomit-frame-pointer"),
            rust_others=("-Cforce-frame-pointers=y", "-Cforce-frame-pointers=n")),
    Setting("indirect branches", r"-mindirect-branch=(?P<v>[\w-]+)",
            r"-Zretpoline-external-thunk=(?P<v>\w+)", "keep", "keep",
            others=("-mindirect-branch=keep", "-mindirect-branch=thunk",
                    "-mindirect-branch=thunk-extern", "-mindirect-branch=thunk-inline"),
            rust_others=("-Zretpoline-external-thunk=y", "-Zretpoline-external-thunk=n")),
    Setting("indirect branches by register", r"-m(?P<no>no-)?indirect-branch-register",
            unset="no", others=("-mindirect-branch-register", "-mno-indirect-branch-register")),
    Setting("instrumentation of functions",
            r"-f(?P<v>instrument-functions|profile-arcs)|--coverage",
            r"-(?:C|Z)(?P<v>instrument-\w+)(?:=y)?", "no", "no", "no",
            ("-finstrument-functions", "-fprofile-arcs"),
            ("-Cinstrument-coverage=y", "-Zinstrument-mcount=y")),
    Setting("jump tables", r"-f(?P<no>no-)?jump-tables",
            r"-[CZ](?P<v>no-jump-tables|jump-tables=\w+)", "yes", "yes", "no",
            ("-fjump-tables", "-fno-jump-tables"), ("-Cjump-tables=y",)),
    Setting("long double", r"-mlong-double-(?P<v>\d+)", unset="80",
            others=("-mlong-double-64", "-mlong-double-128")),
    Setting("machine", r"-m(?P<v>16|32|64|x32)", r"--target=(?P<v>\S+)", "64", "",
            others=("-m16", "-m32", "-mx32"),
            rust_others=("--target=i686-unknown-none", "--target=x86_64-unknown-linux-gnu",
                         "--target=x86_64-unknown-linux-gnux32",
                         "--target=x86_64-unknown-uefi")),
    Setting("null pointers", r"-f(?P<no>no-)?delete-null-pointer-checks", unset="yes",
            others=("-fdelete-null-pointer-checks",)),
    Setting("overflow", r"-f(?P<v>no-strict-overflow|strict-overflow|wrapv|trapv|no-wrapv)",
            unset="strict-overflow", others=("-fstrict-overflow", "-ftrapv", "-fno-wrapv")),
    Setting("packing of structs", r"-f(?P<no>no-)?pack-struct(?:=(?P<v>\d+))?", unset="no",
            others=("-fpack-struct", "-fpack-struct=1", "-fpack-struct=2", "-fpack-struct=4")),
    Setting("position independence", r"-f(?P<no>no-)?(?:PIC|PIE|pic|pie)",
            r"-Crelocation-model=(?P<v>\w+)", "no", "pic", others=("-fPIC", "-fPIE", "-fpic"),
            rust_others=("-Crelocation-model=pic", "-Crelocation-model=pie")),
    Setting("processor", r"-march=(?P<v>\S+)", r"-Ctarget-cpu=(?P<v>\S+)", "x86-64", "x86-64",
            others=("-march=native", "-march=x86-64-v2", "-march=x86-64-v3"),
            rust_others=("-Ctarget-cpu=native", "-Ctarget-cpu=x86-64-v3")),
    Setting("rax at variadic calls", r"-m(?P<no>no-)?skip-rax-setup", unset="no",
            others=("-mno-skip-rax-setup",)),
    Setting("red zone", r"-m(?P<no>no-)?red-zone", r"-Cno-redzone=(?P<v>\w+)", "yes", "no-redzone",
            others=("-mred-zone",), rust_others=("-Cno-redzone=n",)),
    Setting("registers for arguments", r"-mregparm=(?P<v>\d)", r"-Zregparm=(?P<v>\d)", "0", "0",
            others=("-mregparm=2", "-mregparm=3"), rust_others=("-Zregparm=3",)),
    *_OF_REGISTERS,
    Setting("results in floating-point registers", r"-m(?P<no>no-)?fp-ret-in-387", unset="yes",
            others=("-mfp-ret-in-387",)),
    Setting("results that are structs", r"-f(?P<v>pcc|reg)-struct-return",
            r"-Zreg-struct-return=(?P<v>\w+)", "pcc", "no", "no",
            others=("-freg-struct-return",), rust_others=("-Zreg-struct-return=y",)),
    Setting("returns", r"-mfunction-return=(?P<v>[\w-]+)", r"-Zfunction-return=(?P<v>[\w-]+)",
            "keep", "keep",
            others=("-mfunction-return=keep", "-mfunction-return=thunk",
                    "-mfunction-return=thunk-extern"),
            rust_others=("-Zfunction-return=keep", "-Zfunction-return=thunk-extern")),
    Setting("sanitizers", r"-fsanitize=(?P<v>(?!kcfi)\S+)", r"-Zsanitizer=(?P<v>(?!kcfi)\S+)",
            "none", "none", "none",
            others=("-fsanitize=kernel-address", "-fsanitize=undefined", "-fsanitize=thread"),
            rust_others=("-Zsanitizer=kernel-address",)),
    Setting("shadow of the stack", r"-m(?P<no>no-)?shstk", unset="no", others=("-mshstk",)),
    Setting("sign of bit-fields", r"-f(?P<v>(?:un)?signed)-bitfields", unset="signed",
            others=("-funsigned-bitfields",)),
    Setting("sign of char", r"-f(?P<v>(?:un)?signed)-char", unset="signed",
            others=("-fsigned-char", "-funsigned-char")),
    Setting("size of enums", r"-f(?P<no>no-)?short-enums", unset="no", others=("-fshort-enums",)),
    Setting("size of wchar_t", r"-f(?P<no>no-)?short-wchar", unset="no",
            others=("-fno-short-wchar",)),
    Setting("speculation past a branch", r"-mharden-sls=(?P<v>[\w-]+)",
            r"-Zharden-sls=(?P<v>[\w-]+)", "none", "none",
            others=("-mharden-sls=all", "-mharden-sls=none", "-mharden-sls=return"),
            rust_others=("-Zharden-sls=all", "-Zharden-sls=none", "-Zharden-sls=return")),
    Setting("split stack", r"-f(?P<no>no-)?split-stack", unset="no", others=("-fsplit-stack",)),
    Setting("stack protector", r"-f(?P<no>no-)?stack-protector(?:-(?P<v>\w+))?",
            r"-Zstack-protector=(?P<v>\w+)", "no", "none", "none",
            others=("-fno-stack-protector", "-fstack-protector-all", "-fstack-protector-strong"),
            rust_others=("-Zstack-protector=all",)),
    Setting("stores that were not written", r"-f(?P<no>no-)?allow-store-data-races", unset="no",
            others=("-fallow-store-data-races",)),
    Setting("tracing of functions", r"-m(?P<no>no-)?fentry", unset="no", others=("-mno-fentry",)),
    Setting("underscores before symbols", r"-f(?P<no>no-)?leading-underscore", unset="no",
            others=("-fleading-underscore",)),
    Setting("unwinding", r"-f(?P<no>no-)?asynchronous-unwind-tables",
            r"-Cforce-unwind-tables=(?P<v>\w+)", "yes", "yes",
            others=("-fasynchronous-unwind-tables",), rust_others=("-Cforce-unwind-tables=y",)),
    Setting("visibility of symbols", r"-fvisibility=(?P<v>\w+)", unset="default",
            others=("-fvisibility=hidden",)),
)  # fmt: skip

#: How rustc says what C says otherwise.
_AS_C = {
    ("branch tracking", "return"): "return",
    ("frame pointers", "n"): "omit",
    ("frame pointers", "no"): "omit",
    ("frame pointers", "y"): "no-omit",
    ("frame pointers", "yes"): "no-omit",
    ("indirect branches", "n"): "keep",
    ("indirect branches", "y"): "thunk-extern",
    ("jump tables", "jump-tables=n"): "no",
    ("jump tables", "no-jump-tables"): "no",
    ("machine", "x86_64-unknown-none"): "64",
    ("position independence", "static"): "no",
    ("red zone", "n"): "yes",
    ("red zone", "no-redzone"): "no",
    ("red zone", "y"): "no",
    ("unwinding", "n"): "no",
    ("unwinding", "y"): "yes",
}
#: Flags of older rustc, in words of newer ones.
_RETPOLINE = "+retpoline-external-thunk"

#: Flags that optimise, warn, describe, or say where files are.
_FREE_C = re.compile(
    r"-[OWgILw].*|-D(?!CONFIG_|_).*|-D_*KBUILD_.*|-DCC_.*|-(?:pg|pipe|nostdinc|fms-extensions)|-std=.*"
    r"|-f(?:no-)?(?:align|branch|caller|combine|conserve|crossjump|cse|data-sections|dce"
    r"|diagnostics|dse|expensive|finite|forward|function-sections|gcse|guess|hoist|if-conversion"
    r"|inline|ipa|ivopts|merge|modulo|move|omit|optimize|partial|peel|peephole|prefetch|reorder"
    r"|rename|rerun|sched|schedule|section|split-(?:loops|paths|wide)|ssa|stack-c|thread-jumps"
    r"|toplevel|tracer|tree|trivial|unroll|unswitch|variable|verbose|web|asan-shadow)[\w=.,-]*"
    r"|-f(?:no-)?builtin-\w+|-f\w+-prefix-map=.*|-fmax-errors=\d+|-ferror-limit=\d+|-mtune=.*|-mrecord-mcount"
    r"|-mindirect-branch-cs-prefix|--param(?:=.*)?|asan-\S+=\d+|-Qunused-arguments"
)  # fmt: skip
_FREE_RUST = re.compile(
    r"-[LWADFO].*|-o.*|--(?:allow|cap-lints|cfg|check-cfg|crate-name|crate-type|deny|edition|emit"
    r"|extern|forbid|remap-path-prefix|sysroot|warn)(?:=.*)?"
    r"|-C(?:codegen-units|debug-assertions|debuginfo|embed-bitcode|inline-threshold|opt-level"
    r"|overflow-checks|strip|symbol-mangling-version)=.*"
    r"|-Z(?:llvm-module-flag|merge-functions|min-function-alignment|plt|sanitizer-\S+|tune-cpu)"
    r"(?:=.*)?|-Zunstable-options|[^-].*"
)
_CONFIGURATION = re.compile(r"-([DU])((?:CONFIG_|_)\w*)(?:=(.*))?")
#: Configuration whose names say nothing by themselves.
_OWN_DEFINES = re.compile(r"_*KBUILD_\w+")


@dataclass(frozen=True)
class Read:
    """The flags of an object: values by setting, each with the flag that said it, and the rest."""

    values: Mapping[str, str]
    flags: Mapping[str, str]
    unknown: tuple[str, ...]


def _value(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return "no" if groups.get("no") else (groups.get("v") or "yes")


@lru_cache(maxsize=4096)
def _set_by(word: str, *, rust_word: bool) -> tuple[tuple[str, str], ...]:
    """What one flag sets: names of settings and values."""
    found = []
    for one in SETTINGS:
        pattern = one.rust if rust_word else one.c
        match = re.fullmatch(pattern, word) if pattern else None
        if match is None:
            continue
        value = _value(match)
        if rust_word and one.name.startswith("registers: "):
            value = {"+": "yes", "-": "no"}[value[0]]
        if word.startswith("-C"):
            # As rustc takes them.
            value = {"yes": "y", "on": "y", "true": "y", "no": "n", "off": "n",
                     "false": "n"}.get(value, value)  # fmt: skip
        found.append((one.name, _AS_C.get((one.name, value), value) if rust_word else value))
    return tuple(found)


def _of_c(words: Sequence[str]) -> Read:
    values = {one.name: one.unset for one in SETTINGS if one.c}
    flags: dict[str, str] = {}
    unknown: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
            continue
        if word in ("-include", "-isystem", "-iquote", "-o", "-I", "-D", "--param"):
            skip = word != "--param"
            continue
        if match := _CONFIGURATION.fullmatch(word):
            if not _OWN_DEFINES.fullmatch(match[2]):
                name = f"configuration: {match[2]}"
                values[name] = "" if match[1] == "U" else match[3] or "1"
                flags[name] = word
            continue
        told = _set_by(word, rust_word=False)
        for name, value in told:
            values[name], flags[name] = value, word
        if not told and word.startswith("-") and not _FREE_C.fullmatch(word):
            unknown.append(word)
    return Read(values, flags, tuple(unknown))


def _of_rust(words: Sequence[str]) -> Read:
    values = {
        one.name: _AS_C.get((one.name, one.rust_unset), one.rust_unset)
        for one in SETTINGS
        if one.rust
    }
    flags: dict[str, str] = {}
    unknown: list[str] = []
    for word in words:
        told: list[tuple[str, str]] = []
        if word.startswith("-Ctarget-feature="):
            for feature in word.partition("=")[2].split(","):
                if feature == _RETPOLINE:
                    told.append(("indirect branches", "thunk-extern"))
                elif feature.startswith("+harden-sls"):
                    told.append(("speculation past a branch", "all"))
                elif not feature.startswith("+retpoline-"):
                    known = _set_by(f"-Ctarget-feature={feature}", rust_word=True)
                    told += known
                    unknown += [] if known else [f"-Ctarget-feature={feature}"]
        else:
            told += _set_by(word, rust_word=True)
            if not told and not _FREE_RUST.fullmatch(word):
                unknown.append(word)
        for name, value in told:
            values[name], flags[name] = value, word
    return Read(values, flags, tuple(unknown))


_NEXT = "take the flag out, or give it to all: Kbuild, KCFLAGS, harness/kdma/rust.py"


def _finding(file: str, setting: str, flag: str, actual: str, expected: str, how: str) -> Finding:
    told = f"with {flag}" if flag else f"without {how}" if how else "otherwise"
    return Finding(
        FindingClass.BINDING_DRIFT,
        f"{file}: compiled {told}, and the kernel's modules are not: {setting}",
        file,
        f"{setting}: {expected}" + (f" ({how})" if how else ""),
        f"{setting}: {actual}" + (f" ({flag})" if flag else ""),
        _NEXT,
        ("flags", file, setting),
    )


def compare(file: str, mine: Read, kernel: Read, *, is_rust: bool) -> Iterator[Finding]:
    """One finding for each setting in which an object differs from the kernel's modules."""
    by_name = {one.name: one for one in SETTINGS}
    names = mine.values if is_rust else {**kernel.values, **mine.values}
    for name in sorted(names):
        one = by_name.get(name)
        wanted = kernel.values.get(name, "")
        if is_rust and one is not None and (one.rust_has or not one.c):
            wanted = one.rust_has
        actual = mine.values.get(name, "")
        if actual != wanted:
            yield _finding(file, name, mine.flags.get(name, ""), actual or "not set",
                           wanted or "not set", kernel.flags.get(name, ""))  # fmt: skip


@lru_cache(maxsize=64)
def _values(words: tuple[str, ...], *, is_rust: bool) -> Mapping[str, str]:
    """Of an object's flags as they are; read once for all flags that it is asked about."""
    return (_of_rust if is_rust else _of_c)(words).values


def differs(words: Sequence[str], flag: str, *, is_rust: bool = False) -> bool:
    """Does one flag more change a setting?"""
    read = _of_rust if is_rust else _of_c
    return read((*words, flag)).values != _values(tuple(words), is_rust=is_rust)


def matters(words: Sequence[str], flag: str, *, is_rust: bool = False) -> bool:
    """Does a setting change where a flag is left out?"""
    read = _of_rust if is_rust else _of_c
    without = [word for word in words if word != flag]
    return read(without).values != _values(tuple(words), is_rust=is_rust)


# -- what was built -----------------------------------------------------------------------


def of_c(root: Path, kernel: Kernel) -> dict[str, tuple[str, ...]]:
    """The flags of each C file of a build, by file. KdmaError if nothing says so."""
    return {
        file: each.command[1:]
        for boundary in three_way.BOUNDARIES
        for each in three_way.compilations(boundary, kernel, root)
        for file in each.files
    }


def of_rust(objects: Mapping[str, Path]) -> dict[str, list[tuple[str, ...]]]:
    """The flags of all Rust that went into each driver's object. KdmaError if nothing says so."""
    found = {}
    for module, path in sorted(objects.items()):
        record = rust.record_of(path)
        try:
            told = json.loads(record.read_text())
            found[module] = [tuple(map(str, each)) for each in told]
        except (OSError, ValueError, TypeError) as error:
            raise KdmaError(
                "nothing says how a Rust object was compiled",
                where=str(record),
                expected="the flags that rustc was given",
                actual=str(error)[:200],
                next="remove this folder; the next run builds it anew",
                finding_class=FindingClass.HARNESS,
                identity=("flags", module),
            ) from None
    return found


def judge(
    c: Mapping[str, Sequence[str]],
    rust_flags: Mapping[str, Iterable[Sequence[str]]],
    kernel: Sequence[str],
) -> tuple[list[Finding], list[Unchecked]]:
    """Flags of C files and of Rust objects against those of the kernel's modules."""
    reference = _of_c(kernel)
    findings: dict[tuple[str, ...], Finding] = {}
    unchecked: list[Unchecked] = []
    sides = [(file, _of_c(words), False) for file, words in sorted(c.items())]
    sides += [(module, _of_rust(words), True) for module, some in sorted(rust_flags.items())
              for words in some]  # fmt: skip
    for file, mine, is_rust in sides:
        for one in compare(file, mine, reference, is_rust=is_rust):
            findings.setdefault(one.identity, one)
        for word in sorted(set(mine.unknown) - set(reference.unknown)):
            reason = "it is not known whether objects have to agree on it (abi_flags.py)"
            unchecked.append(Unchecked(f"the flag {word} of {file}", reason))
    return list(findings.values()), unchecked


def check(
    kernel: Kernel, root: Path, objects: Mapping[str, Path]
) -> tuple[list[Finding], list[Unchecked]]:
    """All objects of a build in `root`, and the Rust `objects` in it."""
    return judge(of_c(root, kernel), of_rust(objects), three_way.plain(kernel).command[1:])
