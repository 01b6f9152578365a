# SPDX-License-Identifier: GPL-2.0
"""The picture of docs/detection.md: how many of the same faults each tool notices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_LEFT, _WIDTH, _ROW, _TOP = 190, 330, 26, 58
_FONT = "font-family='sans-serif' font-size='13'"
_CAUGHT, _ALARMS, _REST = "#2f6f9f", "#c0562b", "#dddddd"


@dataclass(frozen=True)
class Bar:
    """A tool: faults caught, and alarms, of those that it was asked about."""

    name: str
    caught: int
    faults: int
    alarms: int
    edits: int


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f"<text x='{x:.0f}' y='{y:.0f}' {_FONT} {more}>{escape(text)}</text>"


def _row(number: int, bar: Bar, faults: int) -> Iterator[str]:
    y = _TOP + number * _ROW
    asked, caught = (_WIDTH * part / max(1, faults) for part in (bar.faults, bar.caught))
    yield _text(_LEFT - 8, y + 14, bar.name, "text-anchor='end'")
    yield f"<rect x='{_LEFT}' y='{y}' width='{asked:.1f}' height='16' fill='{_REST}'/>"
    yield f"<rect x='{_LEFT}' y='{y}' width='{caught:.1f}' height='16' fill='{_CAUGHT}'/>"
    yield _text(_LEFT + _WIDTH + 8, y + 14, f"{bar.caught} of {bar.faults}")
    colour = _ALARMS if bar.alarms else "#444444"
    told = f"{bar.alarms} of {bar.edits}" if bar.edits else "-"
    yield _text(_LEFT + _WIDTH + 110, y + 14, told, f"fill='{colour}'")


def draw(title: str, bars: Sequence[Bar]) -> str:
    """An SVG with one bar for each tool, in their order: as long as it was asked about many."""
    height, width = _TOP + len(bars) * _ROW + 12, _LEFT + _WIDTH + 190
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' "
        f"width='{width}' height='{height}'>",
        f"<rect width='{width}' height='{height}' fill='white'/>",
        _text(12, 22, title, "font-weight='bold'"),
        _text(_LEFT, 46, "noticed of those asked (grey)"),
        _text(_LEFT + _WIDTH + 110, 46, "false alarms"),
    ]
    faults = max((bar.faults for bar in bars), default=0)
    for number, bar in enumerate(bars):
        parts += _row(number, bar, faults)
    return "\n".join([*parts, "</svg>"]) + "\n"
