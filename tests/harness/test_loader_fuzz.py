# SPDX-License-Identifier: GPL-2.0
"""kmod/loader.c under libFuzzer with ASan and UBSan: a fixed seed, a bounded run.

For a longer one: see docs/fuzzing.md.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from kdma import random_programs, toolchain
from kdma.paths import PROJECT
from kdma.programs import BUFFER, HEADER, OPERATION, Program, encode, load_all

RUNS = 50_000


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real programs as seeds, and random ones that have to be refused.

    So have those in which the sum of an offset and a size wraps: chance seldom
    comes upon two such numbers together.
    """
    folder = tmp_path_factory.mktemp("corpus")
    for number, program in enumerate(load_all()):
        (folder / f"{number:04}").write_bytes(encode(program, number))
        if (data := _wrapping(program, number)) is not None:
            (folder / f"wrapping-{number:04}").write_bytes(data)
    for number in range(2000):
        candidate = random_programs.make(1, number)
        if candidate.program is None:
            (folder / f"random-{number:04}").write_bytes(candidate.data)
    return folder


def _wrapping(program: Program, number: int) -> bytes | None:
    """The program with one offset just below 2^64 and a size that leads beyond; None: no offset."""
    for index, step in enumerate(program.steps):
        names = [argument.name for argument in step.operation.arguments]
        if "offset" in names and "size" in names:
            data = bytearray(encode(program, number))
            at = HEADER.size + BUFFER.size * len(program.buffers) + OPERATION.size * index + 8
            struct.pack_into("<Q", data, at + 8 * names.index("offset"), (1 << 64) - 8)
            struct.pack_into("<Q", data, at + 8 * names.index("size"), 16)
            random_programs.seal(data)
            return bytes(data)
    return None


def build(folder: Path, root: Path) -> Path:
    """The fuzz target around the loader under `root`."""
    clang = toolchain.libfuzzer()
    if clang is None:
        pytest.fail("unchecked: no clang with libFuzzer is here; run: make setup", pytrace=False)
    target = folder / "loader"
    subprocess.run(
        [
            *(clang, "-g", "-O1", "-Wall", "-Wextra", "-Werror"),
            *("-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all"),
            *(f"-I{root}/kmod", f"-I{root}/c-api/include", "-o", str(target)),
            str(root / "tests/fuzz/loader_target.c"),
        ],
        check=True,
    )
    return target


def fuzz(target: Path, corpus: Path, found: Path) -> subprocess.CompletedProcess[str]:
    """A bounded run, the same each time."""
    found.mkdir()
    return subprocess.run(
        [
            *(str(target), "-seed=1", f"-runs={RUNS}", "-max_len=8192", "-timeout=20"),
            *(f"-artifact_prefix={found}/", str(found), str(corpus)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=600,
        check=False,
    )


def test_the_loader_survives_and_accepts_only_what_is_safe(tmp_path: Path, corpus: Path) -> None:
    done = fuzz(build(tmp_path, PROJECT), corpus, tmp_path / "found")
    assert done.returncode == 0, done.stdout[-4000:]
    assert f"Done {RUNS} runs" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "shows"),
    [
        (
            "	if (length != wanted)\n",
            "	if (length > wanted)\n",
            "AddressSanitizer: heap-buffer-overflow",
        ),
        (
            "offset <= limit && size <= limit - offset",
            "offset + size <= limit",
            "it reaches beyond its",
        ),
        (
            "	if (slot->live)\n		return refuse(loading, &operation->slot, "
            '"the slot is already defined");\n',
            "",
            "what its slot holds would be lost",
        ),
        (
            "	} else if (operation->slot >= loading->loaded->header->slot_count) {\n",
            "	} else if (operation->slot >= KDMA_MAX_SLOTS) {\n",
            "its slot is beyond the others",
        ),
        (
            "		if (i >= shape->argument_count && value)\n",
            "		if (0)\n",
            "an argument does not fit",
        ),
    ],
    ids=["length", "overflow", "redefinition", "slot", "unused argument"],
)
def test_a_check_that_is_missing_is_found(
    tmp_path: Path, corpus: Path, old: str, new: str, shows: str
) -> None:
    for name in ("c-api/include", "kmod", "tests/fuzz"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    loader = tmp_path / "kmod/loader.c"
    text = loader.read_text()
    assert text.count(old) == 1
    loader.write_text(text.replace(old, new))
    done = fuzz(build(tmp_path, tmp_path), corpus, tmp_path / "found")
    assert done.returncode != 0, done.stdout[-2000:]
    assert shows in done.stdout, done.stdout[-4000:]
