# SPDX-License-Identifier: GPL-2.0
"""`kdma check --gdb`: a guest that stops before its first program, for gdb.

QEMU's gdb stub listens on a socket in a private folder. Kernels here have no
gdb scripts of their own (lx-symbols), so the guest tells where its modules are
and a script for gdb is written from that.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kdma import progress, snapshot
from kdma.files import write_atomically
from kdma.findings import KdmaError

#: Seconds that somebody may think at a breakpoint.
PATIENCE = 14 * 86400.0

#: What asks the guest for the places of modules, in a START frame.
ASK_SECTIONS = b"sections\n"

#: Sections that gdb wants to know; those of a module's init are gone.
_WANTED = (".text", ".data", ".rodata", ".bss")

#: By module, then by section: its address in the guest.
Sections = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Debugger:
    """What gdb needs. `symbols`: the kernel's vmlinux, with symbols if there is one."""

    symbols: Path

    def arguments(self, socket: Path) -> list[str]:
        """Words that make QEMU listen for gdb."""
        return [
            *("-chardev", f"socket,id=gdb,path={socket},server=on,wait=off"),
            *("-gdb", "chardev:gdb"),
        ]

    def script(self, modules: Mapping[str, Path], sections: Sections, socket: Path) -> str:
        """A script for gdb: all symbols, then the connection."""
        lines = [
            "set confirm off",
            "set pagination off",
            f"file {shlex.quote(str(self.symbols))}",
        ]
        for name, path in modules.items():
            places = dict(sections.get(name, {}))
            text = places.pop(".text", None)
            if text is None:
                raise KdmaError(
                    f"the guest does not tell where {name}.ko is",
                    expected=f"/sys/module/{name}/sections",
                    actual="nothing there",
                    next="gdb needs a kernel with CONFIG_KALLSYMS",
                    identity=("gdb", "sections"),
                )
            others = "".join(
                f" -s {section} {address:#x}"
                for section, address in sorted(places.items())
                if section.startswith(_WANTED)
            )
            lines.append(f"add-symbol-file {shlex.quote(str(path))} {text:#x}{others}")
        lines.append(f"target remote {socket}")
        return "\n".join(lines) + "\n"

    def stop(
        self,
        monitor: Path,
        socket: Path,
        modules: Mapping[str, Path],
        sections: Sections,
        script: Path,
    ) -> None:
        """Stops the guest, writes the script and says how to go on. gdb lets it go on."""
        qemu = snapshot.Monitor(monitor)
        try:
            qemu.ask("stop")
        finally:
            qemu.close()
        write_atomically(script, self.script(modules, sections, socket))
        progress.say(
            "the guest is stopped before its first program; in another terminal:\n"
            f"  gdb -x {shlex.quote(str(script))}\n"
            "  (gdb) break kdma_map_single\n"
            "  (gdb) continue\n"
            "detach in gdb to let the run come to its end; Ctrl-C here ends it"
        )
