# SPDX-License-Identifier: GPL-2.0
"""Finding places for faults in C and Rust, and putting them there behind a switch."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from kdma.mutants import copies, forwarding, safe_layer, switched
from kdma.mutants.sites import Form, masked, sites
from kdma.paths import PROJECT

C = """\
/* kdma_not(a, b) */
int32_t kdma_f(struct kdma_device *device, uint64_t size)
{
	if (!device || !size)
		return KDMA_EINVAL;
	dma_f(kdma_to_device(device), size, g(1, 2));
	return KDMA_OK;
}
"""
RUST = """\
impl X {
    fn end(&self) -> Result<()> {
        // kdma_sys::kdma_not(1)
        Error::check(unsafe { kdma_sys::kdma_end(self.device, self.size, self.address) })
    }
}
"""


def test_comments_and_strings_hold_no_sites() -> None:
    assert len(masked(C)) == len(C) and "kdma_not" not in masked(C)
    assert [each.callee for each in sites(RUST, safe_layer.CALLS, rust=True)] == ["kdma_end"]


def test_sites_know_their_function_and_their_parts() -> None:
    found = {each.form: each for each in sites(C, r"dma_\w+")}
    call = found[Form.CALL]
    assert (call.function, call.line, call.statement) == ("kdma_f", 6, True)
    assert [C[a:b] for a, b in call.arguments] == ["kdma_to_device(device)", "size", "g(1, 2)"]
    condition = found[Form.CONDITION]
    assert [C[a:b] for a, b in condition.operands] == ["!device", "!size"]


def test_each_rule_makes_its_faults() -> None:
    made = [(operator, text) for _, operator, text in forwarding.made_of(C)]
    assert ("a check dropped", "!size") in made
    assert ("a call dropped", "(void)0") in made
    assert ("success for an error", "KDMA_OK") in made
    assert ("two arguments swapped", "dma_f(kdma_to_device(device), g(1, 2), size)") in made
    rust = [operator for _, operator, _ in safe_layer.made_of(RUST)]
    harmless = [text for _, _, text in forwarding.harmless_of(C)]
    assert "!(!(!device) && !(!size))" in harmless
    assert rust.count("two arguments swapped") == 3 and "a call made twice" in rust


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_one_number_switches_one_fault(tmp_path: Path, number: int) -> None:
    """Compiled and run: nested choices too, and every line where it was."""
    text = "int twice(int x)\n{\n\treturn dma_add(dma_one(x), 10);\n}\n"
    outer, inner = sites(text, r"dma_\w+")[1:]
    made = [
        switched.Alternative(1, outer, "a", "1000"),
        switched.Alternative(2, inner, "b", "200"),
        switched.Alternative(3, inner, "c", "300"),
    ]
    source = tmp_path / "x.c"
    source.write_text(
        "#include <stdio.h>\nunsigned int kdma_fault;\n"
        "static int dma_one(int x) { return x + 1; }\n"
        "static int dma_add(int x, int y) { return x + y; }\n"
        + switched.rewrite(text, made, "x.c")
        + 'int main(void)\n{\n\tkdma_fault = NUMBER;\n\tprintf("%d", twice(4));\n\treturn 0;\n}\n'
    )
    program = tmp_path / "x"
    subprocess.run(["cc", f"-DNUMBER={number}", "-o", str(program), str(source)], check=True)
    said = subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout
    assert said == {0: "15", 1: "1000", 2: "210", 3: "310"}[number]


def test_what_the_compiler_refuses_is_told_by_its_number() -> None:
    assert switched.refused("kdma-fault-17:1:30: error: x\nc-api/x.c:3:1: error: y") == {17}


def test_an_error_in_a_header_is_told_by_the_fault_that_leads_there(tmp_path: Path) -> None:
    """In macros of several levels, in an inline function; a warning refuses nothing."""
    (tmp_path / "h.h").write_text(
        "int one(void *at, long size);\n"
        'void bad(void) __attribute__((error("never")));\n'
        "#define page(x) ((char *)(x))\n"
        "#define map(x) \\\n\tone((long)(x), page(x))\n"
        "#define odd(x) (*(x) == page(x))\n"
        "static inline __attribute__((always_inline)) int small(int x)\n"
        "{\n\tif (x > 9)\n\t\tbad();\n\treturn x;\n}\n"
    )
    text = '#include "h.h"\nint twice(int *at)\n{\n\treturn dma_one(at);\n}\n'
    site = next(each for each in sites(text, r"dma_\w+") if each.callee)
    texts = ("map(at)", "odd(at)", "small(10)", "small(9)", "map(at) + 1", "at->x")
    made = [switched.Alternative(n, site, "a", one) for n, one in enumerate(texts, start=1)]
    source = tmp_path / "x.c"
    declared = "extern unsigned int kdma_fault;\nint dma_one(int *at);\n"
    source.write_text(declared + switched.rewrite(text, made, "x.c"))
    flags = ["cc", "-O2", "-Werror=int-conversion", "-fmax-errors=0", "-o", "/dev/null"]
    # Bodies are looked into only where the rest is right.
    told = subprocess.run([*flags, "-S", str(source)], capture_output=True, text=True)
    assert switched.refused(told.stderr) == {1, 5, 6}
    left = [one for one in made if one.number not in (1, 5, 6)]
    source.write_text(declared + switched.rewrite(text, left, "x.c"))
    told = subprocess.run([*flags, "-S", str(source)], capture_output=True, text=True)
    assert told.returncode and switched.refused(told.stderr) == {3}


@pytest.mark.parametrize("bad", [{1}, {5}, {2, 4}, {1, 2, 3, 4, 5}], ids=str)
def test_a_complaint_that_leads_nowhere_is_found_by_leaving_out(bad: set[int]) -> None:
    site = sites(C, r"dma_\w+")[0]
    left = [switched.Alternative(n, site, "a", "x") for n in range(1, 6)]
    found = set()

    def compiles(chosen: Sequence[switched.Alternative]) -> bool:
        return not bad & {one.number for one in chosen}

    while not compiles(left):
        one = switched.culprit(left, compiles)
        assert one is not None
        found.add(one.number)
        left.remove(one)
    assert found == bad
    # What does not compile without any of them is none of theirs.
    assert switched.culprit(left, lambda _: False) is None


def test_the_compiler_says_which_faults_change_nothing(tmp_path: Path) -> None:
    """One copy of each function with the fault and one without; callers too."""
    text = (
        "static int one(int x)\n{\n\treturn x + 1;\n}\n\n"
        "int two(int x)\n{\n\tif (x < 0)\n\t\treturn 0;\n\treturn one(x) * 2;\n}\n\n"
        "#ifndef NEVER\nunsigned int half(unsigned int x)\n{\n\treturn x / 2;\n}\n#endif\n"
    )
    found = {each.text(text): each for each in sites(text, "one")}
    made = [
        switched.Alternative(1, found["x + 1"], "a", "1 + x"),
        switched.Alternative(2, found["x + 1"], "b", "x + 2"),
        switched.Alternative(3, found["x < 0"], "c", "0 > x"),
        switched.Alternative(4, found["x < 0"], "d", "x < 1"),
        switched.Alternative(5, found["x / 2"], "e", "x >> 1"),
        switched.Alternative(6, found["x / 2"], "f", "(int)x / 2"),
    ]
    source, assembly = tmp_path / "x.c", tmp_path / "x.s"
    source.write_text(copies.with_copies(text, made))
    subprocess.run(["cc", "-O2", "-fno-ipa-icf", "-S", "-o", str(assembly), str(source)],
                   check=True)  # fmt: skip
    assert copies.same(assembly.read_text()) == {1, 3, 5}


def test_a_second_call_that_stores_what_is_there_is_none(tmp_path: Path) -> None:
    """Of calls made twice: one warns and stores, one adds, one stores and adds elsewhere."""
    (tmp_path / "linux").mkdir()
    (tmp_path / "linux/bug.h").write_text(
        "#pragma once\n"
        '#define WARN_ON_ONCE(x) ({ int kdma_x = !!(x); if (kdma_x) __asm__ volatile("nop"); '
        "kdma_x; })\n"
    )
    head = "#include <linux/bug.h>\nstruct limits {\n\tunsigned int size, count;\n};\n"
    head += "struct device {\n\tstruct limits *limits;\n};\n\n"
    body = "static inline void dma_{0}(struct device *one, unsigned int size)\n{{\n\t{1}\n}}\n\n"
    warns = "if (WARN_ON_ONCE(!one->limits))\n\t\treturn;\n\t"
    text = head + "".join(
        body.format(name, warns + does)
        for name, does in (
            ("set", "one->limits->size = size;"),
            ("add", "one->limits->size += size;"),
            ("both", "one->limits->size = size;\n\tone->limits->count++;"),
        )
    )
    for name in ("set", "add", "both"):
        text += f"void use_{name}(struct device *one)\n{{\n\tdma_{name}(one, 5);\n}}\n\n"
    calls = [one for one in sites(text, r"dma_\w+") if one.function.startswith("use")]
    made = [
        switched.Alternative(n, one, "a", f"({{ {one.text(text)}; {one.text(text)}; }})")
        for n, one in enumerate(calls, start=1)
    ]
    source, assembly = tmp_path / "x.c", tmp_path / "x.s"

    def same(before: str, flags: Sequence[str]) -> set[int]:
        source.write_text(before + copies.with_copies(text, made))
        words = ["-O2", "-w", "-fno-strict-aliasing", "-fno-ipa-icf", *flags, "-S"]
        subprocess.run(["cc", f"-I{tmp_path}", *words, "-o", str(assembly), str(source)],
                       check=True)  # fmt: skip
        return copies.same(assembly.read_text())

    assert len(made) == 3
    assert same("", ()) == set()
    assert same(copies.QUIET, copies.DISTINCT) == {1}


def test_faults_have_the_same_numbers_in_every_process() -> None:
    """What a compiler refused is remembered by number. Sets of strings have an order of chance."""
    text = (
        "from kdma.mutants import forwarding, switched\n"
        "from kdma.mutants.layers.forwarding import sources\n"
        "made = {f: forwarding.made_of(t) for f, t in sources().items()}\n"
        "for many in switched.numbered(made, {}).values():\n"
        "    print(*(f'{a.number} {a.operator} {a.text}' for a in many), sep='\\n')\n"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", text],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(PROJECT / "harness")},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3", "4")
    }
    assert len(said) == 1 and len(said.pop()) > 10000
