# SPDX-License-Identifier: GPL-2.0
"""The main job on the default kernel, as a user runs it."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import jsonschema
import pytest
from conftest import KERNEL, Run, run_check

from kdma import build, rust, toolchain
from kdma import kernel as kernels
from kdma.operations import operations
from kdma.paths import PROJECT, cache_root
from kdma.programs import Status
from kdma.traces import RESULT, Completion

DRIVERS = ["native", "c", "rust-sys", "rust"]
ENVIRONMENTS = ["direct", "swiotlb", "iommu-strict"]


@pytest.fixture(scope="module", params=["default", KERNEL])
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One full run on each kernel."""
    kernel = None if request.param == "default" else request.param
    return run_check(PROJECT, tmp_path_factory.mktemp("full"), kernel=kernel)


def test_the_verdict_is_clean(full: Run) -> None:
    assert full.verdict == "clean", full.explain()
    assert full.code == 0
    assert full.output.rstrip().splitlines()[-1].startswith("verdict: clean")


def test_everything_planned_was_checked(full: Run) -> None:
    report = full.report
    # Only a kernel that was built with CONFIG_RUST has kernel::dma to build on.
    by_upstream = report["kernel"]["origin"] == "source package"
    assert report["drivers"] == [*DRIVERS, *(["upstream"] if by_upstream else [])]
    unchecked = {entry["what"] for entry in report["unchecked"]}
    assert ("the driver upstream" in unchecked) is not by_upstream
    assert report["environments"] == ENVIRONMENTS
    assert report["programs"] >= 60
    assert report["filtered"] is None
    assert all(entry["explained"] for entry in report["unchecked"])
    # These kernels are compiled so that what the DMA API asks of its backend is recorded.
    assert not [what for what in unchecked if what.endswith("what it was given")]
    for driver in DRIVERS:
        for environment in ENVIRONMENTS:
            cell = report["matrix"][driver][environment]
            assert cell["judged"] >= 60 and cell["findings"] == 0, (driver, environment, cell)
    if by_upstream:
        assert report["inexpressible"]
        for environment, cell in report["matrix"]["upstream"].items():
            assert cell["judged"] >= 40 and cell["findings"] == 0, (environment, cell)


def test_the_report_fits_its_schema(full: Run) -> None:
    schema = json.loads((PROJECT / "harness/kdma/report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(full.report, schema)
    broken = {**full.report, "verdict": "probably fine"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


def test_junit_has_every_program(full: Run) -> None:
    root = ElementTree.parse(full.out / "junit.xml").getroot()
    suite = root if root.tag == "testsuite" else root[0]
    assert int(suite.attrib["failures"]) == 0
    assert int(suite.attrib["tests"]) >= 60 * len(ENVIRONMENTS)


def test_consoles_and_traces_are_kept(full: Run) -> None:
    for environment in ENVIRONMENTS:
        folder = full.out / "vm" / environment
        assert (folder / "command.txt").read_text()
        assert (folder / "console.log").exists()
        for driver in DRIVERS:
            with zipfile.ZipFile(folder / "traces" / f"{driver}.zip") as archive:
                assert sum(name.endswith(".bin") for name in archive.namelist()) >= 60


def _called(out: Path, driver: str) -> dict[int, set[int]]:
    """What a driver's calls came to: statuses by opcode. Some go behind an IOMMU only."""
    statuses: dict[int, set[int]] = {}
    for path in out.glob(f"vm/*/traces/{driver}.zip"):
        with zipfile.ZipFile(path) as archive:
            traces = [archive.read(name) for name in archive.namelist() if name.endswith(".bin")]
        for data in traces:
            for at in range(24, len(data) - 32, RESULT.size):
                opcode, completion, status, *_ = RESULT.unpack_from(data, at)
                if completion == Completion.COMPLETED:
                    statuses.setdefault(opcode, set()).add(status)
    return statuses


def _lacking(native: dict[int, set[int]]) -> set[str]:
    """Families of which the kernel gives nothing to go on with: not even native gets it."""
    return {
        o.family
        for o in operations()
        if o.slot == "define" and native.get(o.opcode) and Status.OK not in native[o.opcode]
        and Status.ENOTSUPP in native[o.opcode]
    }  # fmt: skip


def test_every_function_was_called_in_every_driver(full: Run) -> None:
    """The coverage gate: a function without a program fails here."""
    lacking = _lacking(_called(full.out, "native"))
    # Linux 6.12 has no IOVA API; safe Rust has no range to call anything of then.
    assert lacking <= {"iova"}
    if full.report["kernel"]["origin"] == "source package":
        assert not lacking
    for driver in DRIVERS:
        seen = _called(full.out, driver)
        missing = [
            o.function
            for o in operations()
            if o.opcode not in seen
            and not (driver == "rust" and o.family in lacking and o.slot != "define")
            # Arguments that the ABI refuses, safe Rust cannot give.
            and not (driver == "rust" and o.family == "refusals")
        ]
        assert not missing, (driver, missing)


@pytest.fixture(scope="module")
def modules(full: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the run's modules were built, beside the builds of other tests."""
    version = None if full.report["kernel"]["origin"] == "distribution" else KERNEL
    kernel = kernels.prepare(kernels.KernelRequest(version=version))
    objects = rust.build(
        kernel.config, cache_root(), rust_src=toolchain.rust_src_roots(), rustc=toolchain.rustc()
    )
    log = tmp_path_factory.mktemp("modules") / "build.log"
    built = build.build(kernel, full.report["drivers"], objects.objects, log)
    assert not log.exists(), "the run built others"
    return built.files["kdma"].parents[1]


def test_kdma_ko_exports_exactly_the_header(modules: Path) -> None:
    """By nm, not by our own reader."""
    module = modules / "c-api/kdma.ko"
    symbols = subprocess.run(["nm", str(module)], capture_output=True, text=True, check=True).stdout
    exported = {
        line.split("__ksymtab_")[1] for line in symbols.splitlines() if " __ksymtab_" in line
    }
    assert exported == {o.function for o in operations() if o.is_a_function}


def test_rust_objects_import_only_the_abi_and_intrinsics(modules: Path) -> None:
    intrinsics = {"memcpy", "memmove", "memset", "memcmp", "bcmp", "__fentry__"}
    for driver in ("kdma_rust_sys", "kdma_rust"):
        path = modules / f"kmod/{driver}_driver.o_shipped"
        symbols = subprocess.run(
            ["nm", "--undefined-only", str(path)], capture_output=True, text=True, check=True
        ).stdout
        imported = {line.split()[-1] for line in symbols.splitlines() if line.strip()}
        abi = {o.function for o in operations() if o.is_a_function}
        others = {n for n in imported - abi if not n.startswith("__x86_")} - intrinsics
        assert not others, (driver, others)
        assert len(imported & abi) >= 30


def test_other_modules_import_no_dma_functions(modules: Path) -> None:
    """Only the native driver and the core speak to the kernel's DMA layer."""
    for name in ("c", "rust", "rust_sys"):
        module = modules / f"kmod/kdma_{name}.ko"
        symbols = subprocess.run(
            ["nm", "--undefined-only", str(module)], capture_output=True, text=True, check=True
        ).stdout
        assert not [line for line in symbols.splitlines() if " dma_" in line or " __dma_" in line]


def _built() -> set[Path]:
    return set((cache_root() / "modules").glob("*"))


def test_a_second_run_builds_nothing(full: Run) -> None:
    assert full.verdict == "clean"
    before = _built()
    kernel = None if full.report["kernel"]["origin"] == "distribution" else KERNEL
    again = run_check(
        PROJECT, full.out.parent / "again", "-k", "an unknown direction", kernel=kernel
    )
    assert again.report["seconds"]["build"] < max(1.0, full.report["seconds"]["build"])
    assert _built() == before
    assert build.CORE_MODULES
