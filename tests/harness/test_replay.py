# SPDX-License-Identifier: GPL-2.0
"""The command that a finding prints, taken apart by a real shell."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from kdma import cli, paths
from kdma.replay import Replay

NASTY = 'it\'s `id` and "$HOME" \\ 100% #1; --x & [y] *'


def words_of(command: str) -> list[str]:
    """What a shell makes of it, with a kdma that tells its words."""
    script = 'kdma() { printf "%s\\0" "$@"; }\n' + command.replace("./kdma", "kdma", 1)
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True, text=True)
    return done.stdout.split("\0")[:-1]


@pytest.mark.parametrize("name", [NASTY, "-k", "free", "a and b", "it's"])
def test_a_shell_gives_the_words_back(name: str) -> None:
    replay = Replay(Path("/a tree/it's"), None, ())
    command = replay.command("swiotlb", ["native", "c"], name, "tests/behaviour/sync.py")
    assert "\n" not in command
    parsed = cli._parser().parse_args(words_of(command))
    assert parsed.deterministic and parsed.kdir == Path("/a tree/it's")
    assert (parsed.envs, parsed.drivers) == (("swiotlb",), ("native", "c"))
    assert parsed.program == [name] and not parsed.arguments


def test_a_program_of_another_file_is_found() -> None:
    command = Replay(None, "7.3", ()).command("direct", ["c"], "x", "/tmp/a folder/sync.py")
    parsed = cli._parser().parse_args(words_of(command))
    assert parsed.kernel == "7.3"
    assert parsed.arguments == ["--", "/tmp/a folder/sync.py"]


def test_what_chooses_another_kernel_or_qemu_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLVM", "-19")
    monkeypatch.setenv("KDMA_QEMU", "/a b/qemu")
    assert Replay().command("direct").startswith("KDMA_QEMU='/a b/qemu' LLVM=-19 ./kdma check ")


def test_a_relative_tree_is_named_in_full() -> None:
    here = Path.cwd() / "linux"
    assert f"--kdir {here} " in Replay(Path("linux"), None, ()).command("direct")


def test_paths_are_the_same_wherever_the_results_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("KDMA_OUT", raising=False)
    assert paths.as_shown(paths.PROJECT / "out/vm/x") == "out/vm/x"
    for name in ("one", "two"):
        monkeypatch.setenv("KDMA_OUT", str(tmp_path / name))
        seen = paths.as_shown(tmp_path / name / "vm/x")
        assert seen == "$KDMA_OUT/vm/x"
        assert os.path.expandvars(seen) == str(tmp_path / name / "vm/x")
