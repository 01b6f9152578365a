# SPDX-License-Identifier: GPL-2.0
"""The linters, one test each. A linter that is not there fails its test."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from kdma import generate, toolchain
from kdma.cache import cargo_target
from kdma.operations import by_name, operations
from kdma.paths import PROJECT, cache_root

BIN = Path(sys.executable).parent


def tracked(*patterns: str) -> list[str]:
    """Files that git knows, and new ones that it does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return sorted(name for name in set(listed) if (PROJECT / name).is_file())


def passes(*command: str, cwd: Path = PROJECT, env: dict[str, str] | None = None) -> None:
    """Fails with the tool's own words."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=env)
    if done.returncode:
        pytest.fail(f"{' '.join(command[:4])}...\n{done.stdout}{done.stderr}", pytrace=False)


def test_python_style() -> None:
    passes(str(BIN / "ruff"), "check", "--no-cache", "harness", "tests")


def test_python_format() -> None:
    passes(str(BIN / "ruff"), "format", "--no-cache", "--check", "harness", "tests")


def test_python_types() -> None:
    passes(sys.executable, "-m", "mypy", "--cache-dir", str(cache_root() / "mypy"))


def test_c_format() -> None:
    generated = set(generate.OUTPUTS.values())
    files = [name for name in tracked("*.c", "*.h") if name not in generated]
    files = [name for name in files if not name.startswith("rust-bindings/")]
    assert len(files) > 15
    passes(str(BIN / "clang-format"), "--dry-run", "--Werror", *files)


def test_c_conventions() -> None:
    """What checkpatch would say and clang-format does not know."""
    faults = []
    for name in tracked("c-api/*.[ch]", "kmod/*.[ch]"):
        for number, line in enumerate((PROJECT / name).read_text().splitlines(), start=1):
            for pattern, what in (
                (r"\s+$", "white space at the end"),
                (r"^ {8}", "spaces where the kernel has tabs"),
                (r"\b(typedef)\s+struct\b", "a typedef of a struct"),
                (r"LINUX_VERSION_CODE|KERNEL_VERSION", "a comparison of versions; probe instead"),
                (r"//(?! SPDX)", "a C++ comment"),
                (r"\b(strcpy|strcat|sprintf)\(", "an unbounded string function"),
            ):
                if re.search(pattern, line):
                    faults.append(f"{name}:{number}: {what}: {line}")
    assert not faults, "\n".join(faults)


def test_every_file_has_its_licence() -> None:
    files = tracked("*.c", "*.h", "*.py", "*.rs", "*.mk", "*Kbuild", "Makefile")
    missing = [
        name
        for name in files
        if "SPDX-License-Identifier: GPL-2.0" not in "".join((PROJECT / name).read_text()[:300])
    ]
    # The generated bindings say it too; no exceptions.
    assert not missing, missing


def not_text(names: Iterable[str], root: Path) -> list[str]:
    """Those that are no UTF-8."""
    found = []
    for name in names:
        try:
            (root / name).read_bytes().decode()
        except UnicodeDecodeError:
            found.append(name)
    return found


def test_every_file_is_text() -> None:
    """What is binary was built, or came from elsewhere by mistake: no review sees into it."""
    assert not_text(tracked(), PROJECT) == []


def test_a_package_among_the_files_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("ä\n")
    (tmp_path / "x.whl").write_bytes(b"PK\x03\x04\xff")
    assert not_text(["a.py", "x.whl"], tmp_path) == ["x.whl"]


def test_kdma_h_is_freestanding() -> None:
    """The contract compiles as C11 and C++17, and on its own."""
    header = str(PROJECT / "c-api/include/kdma.h")
    passes("cc", "-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-ffreestanding",
           "-fsyntax-only", "-x", "c", header)  # fmt: skip


def test_kdma_h_keeps_its_rules() -> None:
    """No inline functions, function-like macros or bitfields; values are explicit."""
    text = (PROJECT / "c-api/include/kdma.h").read_text()
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    assert not re.search(r"\b(inline|static)\b", code)
    assert not re.search(r"^#define \w+\(", code, re.MULTILINE)
    assert not re.search(r":\s*\d+;", code)
    for body in re.findall(r"enum \w*\s*\{(.*?)\}", code, re.DOTALL):
        for entry in filter(None, (part.strip() for part in body.split(","))):
            assert "=" in entry, entry


def test_every_function_of_the_contract_is_an_operation() -> None:
    text = (PROJECT / "c-api/include/kdma.h").read_text()
    declared = set(re.findall(r"^\w[\w \*]*?\b(kdma_\w+)\(", text, re.MULTILINE))
    in_table = {operation.function for operation in operations() if operation.is_a_function}
    assert declared == in_table


def test_every_function_of_the_contract_is_documented() -> None:
    text = (PROJECT / "c-api/include/kdma.h").read_text()
    for name in (o.function for o in operations() if o.is_a_function):
        match = re.search(rf"/\*\*\n \* {name}\(\)(.*?)\*/\s*\w[\w \*]*\b{name}\(", text, re.DOTALL)
        assert match, f"{name} has no kernel-doc"
        for part in ("Context:", "Return:"):
            assert part in match[1], f"{name} does not say {part}"


def test_generated_files_are_what_the_table_makes() -> None:
    assert by_name()
    assert not generate.stale(), "run: ./kdma generate"


def test_rust_format() -> None:
    passes("cargo", "fmt", "--all", "--check", cwd=PROJECT / "rust-bindings")


def test_rust_lints() -> None:
    target = str(cargo_target())
    options = ["--locked", "--workspace", "--all-targets", "--quiet", "--target-dir", target]
    passes("cargo", "clippy", *options, "--", "-D", "warnings", cwd=PROJECT / "rust-bindings")


def test_no_mirror_is_named() -> None:
    """Where packages come from is the host's business."""
    pattern = re.compile(r"https?://(deb\.|security\.|ftp\.)?[\w.]*(debian\.org|ubuntu\.com|"
                         r"pypi\.org|crates\.io|pythonhosted\.org)")  # fmt: skip
    this = "tests/lint/test_lint.py"
    locks = {"harness/requirements.lock", "rust-bindings/Cargo.lock"}
    faults = []
    for name in tracked():
        if name == this or name in locks:
            continue
        text = (PROJECT / name).read_text()
        faults += [f"{name}: {match[0]}" for match in pattern.finditer(text)]
    assert not faults, faults


def test_the_shell_is_posix() -> None:
    passes("sh", "-n", str(PROJECT / "kdma"))
    assert toolchain.needs()


def test_no_two_files_of_tests_have_the_same_name() -> None:
    """pytest imports them by it: with two of a name it collects nothing at all."""
    places: dict[str, list[str]] = {}
    for path in sorted((PROJECT / "tests").rglob("test_*.py")):
        places.setdefault(path.name, []).append(str(path.relative_to(PROJECT)))
    assert [many for many in places.values() if len(many) > 1] == []
