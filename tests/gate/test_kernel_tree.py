# SPDX-License-Identifier: GPL-2.0
"""KDIR=: a maintainer's tree with a change of the DMA API in it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from conftest import KERNEL, replace, run_check

from kdma import kernel as kernels
from kdma.paths import PROJECT

HEADER = "include/linux/dma-mapping.h"
MAPPING = "kernel/dma/mapping.c"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean source tree of our own."""
    source = kernels.prepare(kernels.KernelRequest(version=KERNEL)).source
    assert source is not None
    target = tmp_path_factory.mktemp("tree") / "linux"
    shutil.copytree(source, target, symlinks=True)
    return target


def listing(tree: Path) -> dict[str, tuple[int, int]]:
    """Every file with size and time."""
    found = {}
    for folder, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            found[path] = (status.st_size, status.st_mtime_ns)
    return found


def test_a_parameter_added_to_a_function_is_api_drift(tree: Path, tmp_path: Path) -> None:
    """Known from compiling our C against the headers, before the kernel is built."""
    original = (tree / HEADER).read_text()
    try:
        replace(
            tree / HEADER,
            "dma_addr_t dma_map_page_attrs(struct device *dev, struct page *page,\n"
            "		size_t offset, size_t size, enum dma_data_direction dir,\n"
            "		unsigned long attrs);",
            "dma_addr_t dma_map_page_attrs(struct device *dev, struct page *page,\n"
            "		size_t offset, size_t size, enum dma_data_direction dir,\n"
            "		unsigned long attrs, unsigned int hint);",
        )
        replace(
            tree / HEADER,
            "	return dma_map_page_attrs(dev, virt_to_page(ptr), offset_in_page(ptr),\n"
            "			size, dir, attrs);",
            "	return dma_map_page_attrs(dev, virt_to_page(ptr), offset_in_page(ptr),\n"
            "			size, dir, attrs, 0);",
        )
        replace(
            tree / HEADER,
            "dma_map_page_attrs(d, p, o, s, r, 0)",
            "dma_map_page_attrs(d, p, o, s, r, 0, 0)",
        )
        run = run_check(PROJECT, tmp_path / "out", kernel=None, KDIR=str(tree))
    finally:
        (tree / HEADER).write_text(original)
    assert run.verdict == "findings" and run.code == 1, run.explain()
    assert run.classes == {"api-drift"}, run.explain()
    finding = run.report["findings"][0]
    assert "dma_map_page_attrs" in finding["title"], run.explain()
    assert finding["where"].startswith("c-api/streaming.c:"), finding
    assert "unsigned int hint" in finding["actual"] and HEADER in finding["actual"], finding


def test_a_renamed_parameter_is_nothing_and_a_lost_sync_is_found(
    tree: Path, tmp_path: Path
) -> None:
    replace(
        tree / HEADER,
        "dma_addr_t dma_map_page_attrs(struct device *dev, struct page *page,\n"
        "		size_t offset, size_t size, enum dma_data_direction dir,\n"
        "		unsigned long attrs);",
        "dma_addr_t dma_map_page_attrs(struct device *dev, struct page *page,\n"
        "		size_t start, size_t length, enum dma_data_direction dir,\n"
        "		unsigned long attrs);",
    )
    before = listing(tree)
    run = run_check(PROJECT, tmp_path / "renamed", kernel=None, KDIR=str(tree))
    assert run.verdict == "clean", run.explain()
    assert listing(tree) == before, "the user's tree was written to"

    head = "void __dma_sync_single_for_cpu(struct device *dev, dma_addr_t addr, size_t size,\n"
    text = (tree / MAPPING).read_text()
    at = text.index("\n\n", text.index(head))
    (tree / MAPPING).write_text(text[:at] + "\n\n	if (dev)\n		return;\n" + text[at + 1 :])
    run = run_check(PROJECT, tmp_path / "lost", kernel=None, KDIR=str(tree), ENVS="swiotlb")
    assert run.verdict == "findings", run.explain()
    assert "divergence" in run.classes, run.explain()
    assert run.names("kdma_sync_single_for_cpu"), run.explain()
