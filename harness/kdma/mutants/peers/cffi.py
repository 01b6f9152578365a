# SPDX-License-Identifier: GPL-2.0
"""cffi in API mode: its own copy of the declarations, checked by the C compiler and at import."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory

from kdma.mutants.peers import c_side, tools
from kdma.mutants.peers.c_side import Compares, Library
from kdma.three_way import BOUNDARIES

#: Makes the C source of an extension, as ffibuilder does. The declarations are those
#: of the header as committed: they are what a user wrote into cdef().
_MAKE = """
import sys, cffi
builder = cffi.FFI()
builder.cdef(open("cdef.h").read())
builder.set_source("_kdma", open("include.h").read())
builder.emit_c_code("_kdma.c")
"""
#: Every name is used, since cffi checks when a name is asked for first.
_USE = """
import sys
sys.path.insert(0, ".")
from _kdma import ffi, lib
for name in dir(lib):
    getattr(lib, name)
kinds = ffi.list_types()
for prefix, names in zip(("", "struct ", "union "), kinds):
    for name in names:
        try:
            ffi.sizeof(prefix + name)
        except (TypeError, ValueError, ffi.error) as error:
            # Of an opaque one nobody knows the size.
            if "don't know the size" not in str(error):
                raise
for name in open("enums.txt").read().split():
    ffi.typeof("enum " + name).elements
"""


def _version() -> str:
    tool = tools.python("python")
    return tool.call(["-c", "import cffi; print(cffi.__version__)"]).stdout.strip() if tool else ""


def _cdef(text: str) -> str:
    """What of a header cdef() takes: no preprocessor, constants by their value."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
    constants = re.findall(r"^#define (KDMA_\w+)[ \t]+\(?(0[xX][0-9a-fA-F]+|\d+)[uUlL]*\)?\s*$",
                           text, re.MULTILINE)  # fmt: skip
    body = re.sub(r"^#.*(?:\\\n.*)*$", "", text, flags=re.MULTILINE)
    for name, value in constants:
        body = re.sub(rf"\b{name}\b", value, body)
    return "\n".join(f"#define {name} {value}" for name, value in constants) + body


def _differs(before: Library, after: Library) -> str:
    boundary = next(b for b in BOUNDARIES if b.name == after.header.name)
    own, *others = c_side.original(boundary).values()
    # The library of one header has no functions of another.
    types = [re.sub(r"^[\w \t*]+\bkdma_\w+\([^;{]*\);", "", _cdef(text), flags=re.MULTILINE)
             for text in others]  # fmt: skip
    cdef = "\n".join([*types, _cdef(own)])
    enums = re.findall(r"^enum (\w+) \{", cdef, re.MULTILINE)
    tool = tools.python("python")
    with TemporaryDirectory(prefix="kdma-mutants-") as name:
        work = Path(name)
        (work / "cdef.h").write_text(cdef)
        (work / "include.h").write_text(f'#include "{after.header.name}"\n')
        (work / "enums.txt").write_text("\n".join(enums))
        done = tool.call(["-c", _MAKE], cwd=work)
        if done.returncode:
            return done.stderr.strip().splitlines()[-1]
        include = sysconfig.get_path("include")
        built = subprocess.run(
            ["gcc", "-shared", "-fPIC", "-O0", "-Wall", f"-I{include}", f"-I{after.folder}",
             *after.flags, "-o", "_kdma.so", "_kdma.c", str(after.source)],
            cwd=work, capture_output=True, text=True, check=False)  # fmt: skip
        # What it generates compiles without a warning, says its documentation.
        told = re.search(r"_kdma\.c:.*(?:error|warning): (.*)|undefined reference.*", built.stderr)
        if built.returncode or told:
            return told[0] if told else built.stderr.strip()[-200:]
        used = tool.call(["-c", _USE], cwd=work)
        return used.stderr.strip().splitlines()[-1] if used.returncode else ""


PEERS = (
    Compares(
        "cffi, API mode",
        "cdef() with the committed declarations, set_source() with the header; compiled, and every "
        "name used once (its documentation, main mode of usage)",
        0.6,
        _version,
        _differs,
        {"flags": "it compiles C with flags of its own", "kernel": "user space only"},
    ),
)
