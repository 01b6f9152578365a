# SPDX-License-Identifier: GPL-2.0
"""Whatever goes wrong ends in the right class and never in `clean`."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import KERNEL, Faulty, Run, copy_of_project, run_check

from kdma import qemu
from kdma.paths import PROJECT, cache_root
from kdma.process import lock

#: A few quick programs.
FEW = ("-k", "version")
#: In the driver `c`, the first thing that every program of FEW does.
IN_DRIVER_C = "	values[0] = kdma_abi_version();\n"
DRIVER_C = "kmod/c.c"
INIT = "kmod/init.c"


def unclean(run: Run, kind: str, *words: str) -> None:
    """Not clean, of this class, with these words where the user reads."""
    assert run.verdict in ("findings", "unchecked"), run.explain()
    assert run.code == {"findings": 1, "unchecked": 2}[run.verdict], run.explain()
    assert kind in run.classes, run.explain()
    for word in words:
        assert word in run.output, (word, run.explain())


def in_driver_c(faulty: Faulty, code: str, **environment: str) -> Run:
    """A run in which the driver `c` does `code` instead of its first call."""
    return faulty(
        {DRIVER_C: (IN_DRIVER_C, f"{code}\n{IN_DRIVER_C}")}, *FEW, ENVS="direct", **environment
    )


def test_a_guest_panic(faulty: Faulty) -> None:
    run = in_driver_c(faulty, '	panic("on purpose");')
    unclean(run, "kernel-splat", "Kernel panic", "driver c")


def test_an_oops_in_a_driver(faulty: Faulty) -> None:
    run = in_driver_c(faulty, "	*(volatile int *)8 = 1;")
    unclean(run, "kernel-splat", "driver c", "BUG: kernel NULL pointer dereference")


def test_a_warning_in_a_driver(faulty: Faulty) -> None:
    run = in_driver_c(faulty, "	WARN_ON(run);")
    unclean(run, "kernel-splat", "WARNING")


def test_a_driver_that_loops_for_ever(faulty: Faulty) -> None:
    run = in_driver_c(faulty, "	for (;;)\n		barrier();", KDMA_RUN_LIMIT="8")
    unclean(run, "divergence", "loops or waits for ever", "driver c")


def test_a_module_that_does_not_load(faulty: Faulty) -> None:
    run = faulty(
        {DRIVER_C: (".operation_table = KDMA_OPERATION_TABLE,", ".operation_table = 1,")},
        *FEW,
        ENVS="direct",
    )
    unclean(run, "harness", "kdma_c.ko does not load")


def test_a_trace_cut_in_the_middle(faulty: Faulty) -> None:
    run = faulty(
        {
            INIT: (
                "	send_reply(KDMA_FRAME_TRACE",
                "	trace.length /= 2;\n	send_reply(KDMA_FRAME_TRACE",
            )
        },
        *FEW,
        ENVS="direct",
    )  # fmt: skip
    unclean(run, "harness", "cut")


def test_a_trace_without_its_end_record(faulty: Faulty) -> None:
    run = faulty(
        {"kmod/core.c": ("	end->magic = KDMA_TRACE_END_MAGIC;\n", "")}, *FEW, ENVS="direct"
    )
    unclean(run, "harness", "no end record")


def test_a_driver_that_answers_for_fewer_programs(faulty: Faulty) -> None:
    run = faulty(
        {
            INIT: (
                "			run_program(&frame, &payload, last == KDMA_FRAME_RUN);\n",
                "			if (frame.driver != 2)\n				run_program(&frame, &payload, 0);\n",
            )
        },
        *FEW,
        ENVS="direct",
    )
    unclean(run, "harness", "instead of")


def test_a_driver_that_skips_an_operation(faulty: Faulty) -> None:
    run = faulty(
        {
            "kmod/slots.h": (
                "	int32_t error = kdma_execute(run, calls);\n",
                "	int32_t error;\n\n	run->operation_count--;\n	error = kdma_execute(run, calls);\n"
                "	run->operation_count++;\n",
            )
        },
        *FEW,
        ENVS="direct",
    )  # fmt: skip
    unclean(run, "divergence", "never came to")


def test_pools_that_nobody_counts(faulty: Faulty) -> None:
    told = '	length += scnprintf(text + length, room - length, "pools %u\\n", kdma_pools);\n'
    run = faulty({"kmod/accounting.c": (told, "")}, *FEW, ENVS="direct", DRIVERS="native")
    unclean(run, "harness", "the counter pools says nothing")


@pytest.mark.parametrize(
    ("file", "old", "new", "reason", "explained"),
    [
        (
            "kmod/kernel_symbol.c",
            "	if (register_kprobe(&probe))\n",
            "	if (1)\n",
            "no such function that could be watched",
            True,
        ),
        (
            "kmod/kernel_calls.c",
            "	if (operation == kdma_run->operation_count)\n",
            "	if (operation == kdma_run->operation_count || function->backend)\n",
            "none of",
            True,
        ),
        (
            "kmod/kernel_calls.c",
            "	if (operation == kdma_run->operation_count)\n",
            "	if (operation == kdma_run->operation_count ||\n"
            "	    (function->backend && kdma_run->operation_count % 2))\n",
            "not recorded, in direct",
            False,
        ),
    ],
    ids=["none is found", "none is recorded", "some are recorded"],
)
def test_backends_of_which_no_call_is_recorded(
    faulty: Faulty, file: str, old: str, new: str, reason: str, explained: bool
) -> None:
    programs = "tests/behaviour/sgtable.py"
    run = faulty({file: (old, new)}, programs, ENVS="direct", DRIVERS="native")
    listed = {entry["what"]: entry for entry in run.report["unchecked"]}
    entry = listed.get(
        "whether dma_get_sgtable_attrs hands dma_direct_get_sgtable what it was given"
    )
    assert entry is not None, run.explain()
    assert reason in entry["reason"] and entry["explained"] is explained, entry
    assert not run.report["findings"], run.explain()


def wrapper(folder: Path, text: str) -> str:
    """A program that stands in for QEMU."""
    path = folder / "qemu-stand-in"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def real_qemu() -> str:
    return " ".join(qemu.find().command)


def test_qemu_killed(tmp_path: Path) -> None:
    stand_in = wrapper(
        tmp_path,
        f'[ "$1" = --version ] && exec {real_qemu()} --version\n'
        f'{real_qemu()} "$@" &\nsleep 2\nkill -9 $!\nwait $!\nkill -9 $$',
    )
    run = run_check(PROJECT, tmp_path / "out", ENVS="direct", KDMA_QEMU=stand_in)
    unclean(run, "harness", "SIGKILL")


def test_qemu_missing(tmp_path: Path) -> None:
    run = run_check(PROJECT, tmp_path / "out", *FEW, KDMA_QEMU="/nonexistent/qemu")
    unclean(run, "toolchain", "KDMA_QEMU")
    assert run.verdict == "unchecked"


def test_qemu_too_old(tmp_path: Path) -> None:
    stand_in = wrapper(tmp_path, "echo QEMU emulator version 5.2.0")
    run = run_check(PROJECT, tmp_path / "out", *FEW, KDMA_QEMU=stand_in)
    unclean(run, "toolchain", "too old", "5.2.0")
    assert run.verdict == "unchecked"


def test_an_empty_selection(tmp_path: Path) -> None:
    run = run_check(PROJECT, tmp_path / "out", "-k", "no program is called this")
    assert run.verdict == "unchecked" and run.code == 2, run.explain()
    assert "the selection is empty" in run.output


def test_a_filtered_run_is_no_full_verdict(tmp_path: Path) -> None:
    run = run_check(PROJECT, tmp_path / "out", *FEW, ENVS="direct")
    assert run.verdict == "unchecked" and run.code == 2, run.explain()
    assert "not a full verdict" in run.output
    assert not run.report["findings"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [("ENVS", "no-such-one"), ("DRIVERS", "cobol"), ("KDMA_RUN_LIMIT", "soon")],
)
def test_a_wrong_choice(tmp_path: Path, variable: str, value: str) -> None:
    run = run_check(PROJECT, tmp_path / "out", *FEW, **{variable: value})
    assert run.verdict == "unchecked" and run.code == 2, run.explain()
    assert value in run.output and "Traceback" not in run.output


def test_two_runs_at_the_same_time(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with lock(out / ".lock", "a test"):
        run = run_check(PROJECT, out, *FEW)
    assert run.code == 2
    assert str(os.getpid()) in run.output and "verdict: unchecked" in run.output


def test_a_damaged_cache_entry_is_not_believed(tmp_path: Path) -> None:
    first = run_check(PROJECT, tmp_path / "first", *FEW, ENVS="direct")
    entries = sorted(
        (cache_root() / "modules").glob("*/kmod/kdma_c.ko"), key=lambda p: p.stat().st_atime
    )
    for path in entries:
        before = path.stat()
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(data)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    again = run_check(PROJECT, tmp_path / "again", *FEW, ENVS="direct")
    assert not again.report["findings"], again.explain()
    assert again.report["matrix"] == first.report["matrix"]


def test_no_space_left(tmp_path: Path) -> None:
    """A file system of one megabyte for the output."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("unchecked: needs root, to mount a small file system")
    try:
        run = run_check(PROJECT, small / "out", ENVS="direct")
        assert run.code == 2, run.explain()
        assert "disk is full" in run.output, run.explain()
        assert "verdict: clean" not in run.output and "Traceback" not in run.output
    finally:
        subprocess.run(["umount", str(small)], check=True)


def _children(pattern: str) -> list[str]:
    return subprocess.run(
        ["pgrep", "-f", pattern], capture_output=True, text=True, check=False
    ).stdout.split()


def test_control_c_leaves_nothing_running(tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(
        ["./kdma", "check", "--kernel", KERNEL],
        cwd=PROJECT,
        env={**os.environ, "KDMA_OUT": str(out)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    limit = time.monotonic() + 600
    while not (out / "vm/direct/qemu.log").exists():
        assert process.poll() is None and time.monotonic() < limit, process.communicate()[0]
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode not in (0, 1), output
    assert "verdict: clean" not in output and "Traceback" not in output, output
    assert "interrupted" in output, output
    assert not _children(f"file:{out}"), "a guest is left running"
    again = run_check(PROJECT, out, *FEW, ENVS="direct")
    assert not again.report["findings"], again.explain()


def test_a_copy_without_git_works(tmp_path: Path) -> None:
    """The project may come as an archive."""
    project = copy_of_project(tmp_path / "project")
    assert not (project / ".git").exists()
    run = run_check(project, tmp_path / "out", *FEW, ENVS="direct")
    assert not run.report["findings"], run.explain()
