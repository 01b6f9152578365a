# SPDX-License-Identifier: GPL-2.0
"""Writing files so that nobody ever reads half of one. Standard library only."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, text: str) -> None:
    """Writes `text` to `path` by rename; makes the folder. OSError leaves the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=path.name, delete=False, encoding="utf-8"
    ) as file:
        temporary = Path(file.name)
        try:
            file.write(text)
            file.flush()
            temporary.chmod(0o644)
            os.replace(temporary, path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
