# SPDX-License-Identifier: GPL-2.0
"""The command that runs one program again, as a finding prints it.

It names everything that the verdict depends on: the kernel, the environment,
the drivers of the run and the program's whole name. Quoted for a shell, and
meant for the checkout's root.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

#: Variables that choose another kernel build or another QEMU.
_CARRIED = ("KDMA_QEMU", "LLVM")

#: Programs of this folder are found without naming their file.
_USUAL = "tests/behaviour/"


def _carried() -> tuple[tuple[str, str], ...]:
    return tuple((name, os.environ[name]) for name in _CARRIED if os.environ.get(name))


@dataclass(frozen=True)
class Replay:
    """What the user chose for a whole run, and each command has to say again."""

    kdir: Path | None = None
    version: str | None = None
    variables: tuple[tuple[str, str], ...] = field(default_factory=_carried)

    def command(
        self, environment: str, drivers: Iterable[str] = (), name: str = "", file: str = ""
    ) -> str:
        """Runs the program `name` of `file` alone; without a name all programs."""
        words = ["./kdma", "check", "--deterministic"]
        if self.kdir is not None:
            words += ["--kdir", str(self.kdir.expanduser().absolute())]
        if self.version:
            words += ["--kernel", self.version]
        words += ["--envs", environment]
        if chosen := ",".join(drivers):
            words += ["--drivers", chosen]
        command = [f"{variable}={shlex.quote(value)}" for variable, value in self.variables]
        command.append(shlex.join(words))
        if name:
            # With "=", since a name may begin with a dash.
            command.append(f"--program={shlex.quote(name)}")
        if file and not file.startswith(_USUAL):
            command += ["--", shlex.quote(file)]
        return " ".join(command)
