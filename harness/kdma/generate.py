# SPDX-License-Identifier: GPL-2.0
"""Writes what comes from the table of operations and kdma.h: C, Rust and docs/coverage.md."""

from __future__ import annotations

import subprocess
from pathlib import Path

import jinja2

from kdma import coverage, refusals
from kdma.findings import KdmaError
from kdma.kernel import DOCUMENTED
from kdma.operations import ARGUMENT_TYPES, checksum, operations
from kdma.paths import PROJECT

#: Template and the file it makes, relative to the project.
OUTPUTS = {
    "executor.h.j2": "kmod/executor.h",
    "operations.h.j2": "kmod/operations.h",
    "operations.rs.j2": "rust-bindings/kdma-program/src/operations.rs",
    "refusals.h.j2": "kmod/refusals.h",
    "refusals.rs.j2": "rust-bindings/kdma-drivers/src/refusals.rs",
}


def _formatted(text: str) -> str:
    """Rust as rustfmt wants it. KdmaError (toolchain) without rustfmt."""
    try:
        return subprocess.run(
            ["rustfmt", "--edition", "2024", "--emit", "stdout"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise KdmaError(
            f"rustfmt does not work: {error}",
            where="the generated Rust",
            expected="rustfmt of the installed Rust",
            next="run: make setup, or: rustup component add rustfmt",
            identity=("rustfmt",),
        ) from None


def render() -> dict[Path, str]:
    """The text of every generated file by its path. Writes nothing."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # C and Rust, not HTML
    )
    table = operations()
    refused = refusals.refusing()
    texts = {}
    for template, output in OUTPUTS.items():
        text = environment.get_template(template).render(
            operations=table,
            checksum=checksum(table),
            types=sorted(ARGUMENT_TYPES),
            bad=refusals.BAD,
            letters=refusals.LETTERS,
            parameter_count=max(len(each.parameters) for each in refused),
            refusing=refused,
        )
        if output.endswith(".rs"):
            text = _formatted(text)
        texts[PROJECT / output] = text
    return texts


def render_documents() -> dict[Path, str]:
    """The text of every generated document by its path. Writes nothing."""
    rows, _ = coverage.of_version()
    return {coverage.DOCUMENT: coverage.markdown(rows, DOCUMENTED)}


def stale() -> list[Path]:
    """Generated files that are not what the table makes now."""
    return [
        path for path, text in render().items() if not path.exists() or path.read_text() != text
    ]


def write() -> list[Path]:
    """Writes the stale ones and returns them."""
    written = []
    for path, text in {**render(), **render_documents()}.items():
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            written.append(path)
    return written
