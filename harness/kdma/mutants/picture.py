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
    """A tool: faults caught of all, and alarms of all harmless edits."""

    name: str
    caught: int
    faults: int
    alarms: int
    edits: int


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f"<text x='{x:.0f}' y='{y:.0f}' {_FONT} {more}>{escape(text)}</text>"


def _row(number: int, bar: Bar) -> Iterator[str]:
    y = _TOP + number * _ROW
    part = _WIDTH * bar.caught / bar.faults if bar.faults else 0
    yield _text(_LEFT - 8, y + 14, bar.name, "text-anchor='end'")
    yield f"<rect x='{_LEFT}' y='{y}' width='{_WIDTH}' height='16' fill='{_REST}'/>"
    yield f"<rect x='{_LEFT}' y='{y}' width='{part:.1f}' height='16' fill='{_CAUGHT}'/>"
    yield _text(_LEFT + _WIDTH + 8, y + 14, f"{bar.caught} of {bar.faults}")
    colour = _ALARMS if bar.alarms else "#444444"
    told = f"{bar.alarms} of {bar.edits}" if bar.edits else "-"
    yield _text(_LEFT + _WIDTH + 110, y + 14, told, f"fill='{colour}'")


def draw(title: str, bars: Sequence[Bar]) -> str:
    """An SVG with one bar for each tool, in their order."""
    height, width = _TOP + len(bars) * _ROW + 12, _LEFT + _WIDTH + 190
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' "
        f"width='{width}' height='{height}'>",
        f"<rect width='{width}' height='{height}' fill='white'/>",
        _text(12, 22, title, "font-weight='bold'"),
        _text(_LEFT, 46, "faults noticed"),
        _text(_LEFT + _WIDTH + 110, 46, "false alarms"),
    ]
    for number, bar in enumerate(bars):
        parts += _row(number, bar)
    return "\n".join([*parts, "</svg>"]) + "\n"
