# SPDX-License-Identifier: GPL-2.0
"""What became of all faults: text, report.json (report.schema.json beside this file), a picture."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kdma.files import write_atomically
from kdma.mutants import picture
from kdma.mutants.model import Fault, Outcome, PeerOutcome, Stage, State
from kdma.paths import PROJECT

FLOOR = PROJECT / "tests/mutants/floor.toml"
SCHEMA = Path(__file__).with_name("report.schema.json")
_COUNTED = (State.KILLED, State.HALF, State.SURVIVED)


@dataclass(frozen=True)
class PeerReport:
    """What another tool made of a part of the faults. `refused`: reasons by layer."""

    name: str
    version: str
    usage: str
    refused: Mapping[str, str]
    outcomes: Sequence[PeerOutcome]

    def of(self, layer: str, *, harmless: bool) -> list[PeerOutcome]:
        """Outcomes of a layer."""
        return [
            each
            for each in self.outcomes
            if each.fault.layer == layer and each.fault.harmless is harmless
        ]

    def as_dict(self) -> dict[str, Any]:
        """As in report.json."""
        return {
            "name": self.name,
            "version": self.version,
            "usage": self.usage,
            "not_applicable": {name: why for name, why in self.refused.items() if why},
            "outcomes": [each.as_dict() for each in self.outcomes],
        }


@dataclass(frozen=True)
class Score:
    """Numbers of one layer. `noticed` and `right` in percent of what is not equivalent."""

    counts: Mapping[State, int]

    @property
    def counted(self) -> int:
        """Faults that are not equivalent and were judged."""
        return sum(self.counts[state] for state in _COUNTED)

    @property
    def noticed(self) -> float:
        """Percent that anything noticed."""
        told = self.counts[State.KILLED] + self.counts[State.HALF]
        return 100 * told / self.counted if self.counted else 100.0

    @property
    def right(self) -> float:
        """Percent that a finding of the right class and name noticed."""
        return 100 * self.counts[State.KILLED] / self.counted if self.counted else 100.0


@dataclass(frozen=True)
class Report:
    """Outcomes of a run. `generated`: how many faults there are, by layer."""

    kernel: str
    generated: Mapping[str, int]
    outcomes: Sequence[Outcome]
    whole: bool = False
    sample: str = ""
    peers: Sequence[PeerReport] = ()
    #: Percent that a layer has to reach, as floor.toml has them.
    floor: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seconds: float = 0.0
    #: What chooses the kernel again: " KERNEL=6.1"; empty for the usual one.
    on: str = ""

    def replay(self, fault: Fault) -> str:
        """The command that judges one alone, on this kernel."""
        return f"{fault.replay}{self.on}"

    def of(self, *states: State) -> list[Outcome]:
        """The outcomes in these states."""
        return [each for each in self.outcomes if each.state in states]

    def layer(self, name: str) -> list[Outcome]:
        """The outcomes of a layer."""
        return [each for each in self.outcomes if each.fault.layer == name]

    def score(self, name: str) -> Score:
        """Of a layer."""
        return Score(Counter(each.state for each in self.layer(name)))

    def below(self) -> list[str]:
        """Where a layer is under its floor. One without a floor has to notice all, and rightly.

        What is under `sample` in floor.toml is for the tests' sample, and none for this. How
        many faults there are depends on the kernel: a whole run on the usual one has to have them.
        """
        found = list(self._too_few()) if self.whole and not self.on else []
        for name in sorted({each.fault.layer for each in self.outcomes}):
            score, floors = self.score(name), self.floor.get(name, {})
            for what, reached in (("noticed", score.noticed), ("right", score.right)):
                floor = floors.get(what, 100)
                if reached < floor:
                    found.append(f"{name}: {reached:.1f} % {what}, the floor is {floor} %")
        return found

    def _too_few(self) -> Iterator[str]:
        """Layers with fewer faults or harmless edits than the floor asks for, or none at all."""
        for name, floors in sorted(self.floor.items()):
            made = Counter(each.fault.harmless for each in self.layer(name))
            for floor, count, what in (
                (floors.get("generated", 1), made[False], "faults"),
                (floors.get("harmless", 0), made[True], "harmless edits"),
            ):
                if count < floor:
                    yield f"{name}: {count} {what}, the floor is {floor}"

    def exit_code(self) -> int:
        """0: at the floor and no alarm; 1: not so; 2: something could not be judged."""
        if self.of(State.ALARM) or self.below():
            return 1
        return 2 if self.of(State.UNCHECKED) or not self.outcomes else 0

    def as_dict(self) -> dict[str, Any]:
        """As in report.json."""
        return {
            "format": 2,
            "kernel": self.kernel,
            "whole": self.whole,
            "sample": self.sample,
            "seconds": round(self.seconds, 1),
            "generated": dict(self.generated),
            "below_floor": self.below(),
            "outcomes": [
                {**each.as_dict(), "replay": self.replay(each.fault)} for each in self.outcomes
            ],
            "peers": [each.as_dict() for each in self.peers],
        }


def read_floor() -> dict[str, dict[str, Any]]:
    """The committed floor, by layer."""
    return tomllib.loads(FLOOR.read_text())


# -- text -------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table: the first column to the left, the others to the right."""
    all_rows = [list(head), *map(list, rows)]
    widths = [max(len(row[n]) for row in all_rows) for n in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in all_rows
    ]


def _layers(report: Report) -> Iterator[str]:
    def row(name: str) -> list[str]:
        score, mine = report.score(name), report.layer(name)
        count = score.counts
        killed = [each.seconds for each in mine if each.state is State.KILLED]
        each = f"{1000 * sum(killed) / len(killed):.0f} ms" if killed else "-"
        return [
            name,
            str(report.generated.get(name, 0)),
            str(len(mine)),
            *(str(count[state]) for state in State),
            *(f"{part:.1f}" if score.counted else "-" for part in (score.noticed, score.right)),
            each,
        ]

    head = ["layer", "made", "judged", *(state.value for state in State), "noticed %", "right %",
            "per kill"]  # fmt: skip
    # A layer of which a sample has nothing is not left out: nobody looked there.
    sampled = report.generated if report.sample else ()
    names = sorted({*sampled, *(each.fault.layer for each in report.outcomes)})
    yield from table(head, map(row, names))


def _stages(report: Report) -> Iterator[str]:
    killed = report.of(State.KILLED)
    names = sorted({each.fault.layer for each in killed})
    yield from table(
        ["killed by the stage", *(stage.value for stage in Stage)],
        (
            [name, *(str(sum(e.stage is stage and e.fault.layer == name for e in killed))
                     for stage in Stage)]
            for name in names
        ),
    )  # fmt: skip


def _operators(report: Report) -> Iterator[str]:
    """Only those of which not all are killed: the rest is in report.json."""
    groups: dict[tuple[str, str], Counter[State]] = {}
    for each in report.outcomes:
        if not each.fault.harmless:
            groups.setdefault((each.fault.layer, each.fault.operator), Counter())[each.state] += 1
    rest = {name: c for name, c in groups.items() if c[State.KILLED] < c.total()}
    yield f"{len(groups) - len(rest)} of {len(groups)} operators: every fault killed"
    for (layer, operator), count in sorted(rest.items()):
        told = ", ".join(f"{count[state]} {state.value}" for state in State if count[state])
        yield f"  {layer}: {operator}: {told}"


def _equivalents(report: Report) -> Iterator[str]:
    rules = Counter((each.fault.layer, each.rule) for each in report.of(State.EQUIVALENT))
    for (layer, rule), count in sorted(rules.items()):
        yield f"  {layer}: {count} equivalent: {rule}"


def peer_cell(peer: PeerReport, layer: str, *, harmless: bool) -> str:
    """Caught of all, or why there is no such number."""
    if not peer.version:
        return "not installed"
    if peer.refused.get(layer):
        return "n/a"
    mine = peer.of(layer, harmless=harmless)
    failed = sum(each.failed for each in mine)
    told = f"{sum(each.caught for each in mine)}/{len(mine) - failed}"
    return told + (f" ({failed} failed)" if failed else "")


def own_cell(report: Report, layer: str, keys: set[str], *, harmless: bool) -> str:
    """The same numbers of kdma itself, on the same faults."""
    mine = [
        each
        for each in report.layer(layer)
        if each.fault.harmless is harmless
        and each.fault.key in keys
        and each.state is not State.EQUIVALENT
    ]
    good = (State.ALARM,) if harmless else (State.KILLED, State.HALF)
    return f"{sum(each.state in good for each in mine)}/{len(mine)}" if mine else "-"


def peer_rows(report: Report) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the table of peers: faults caught, alarms, time."""
    names = sorted({each.fault.layer for each in report.outcomes})
    asked = {each.fault.key for peer in report.peers for each in peer.outcomes}
    head = ["tool", "version", *(f"{name}: faults" for name in names),
            *(f"{name}: alarms" for name in names), "ms each"]  # fmt: skip
    mine = [each for each in report.outcomes if each.fault.key in asked]
    spent = 1000 * sum(each.seconds for each in mine) / len(mine) if mine else 0.0
    rows = [["kdma", "", *(own_cell(report, name, asked, harmless=False) for name in names),
             *(own_cell(report, name, asked, harmless=True) for name in names),
             f"{spent:.0f}"]]  # fmt: skip
    for peer in report.peers:
        each = 1000 * sum(o.seconds for o in peer.outcomes) / max(1, len(peer.outcomes))
        rows.append([peer.name, peer.version or "-",
                     *(peer_cell(peer, name, harmless=False) for name in names),
                     *(peer_cell(peer, name, harmless=True) for name in names),
                     f"{each:.0f}" if peer.outcomes else "-"])  # fmt: skip
    return head, rows


def _better(report: Report) -> Iterator[str]:
    """What a peer noticed and kdma did not."""
    own = {each.fault.key: each.state for each in report.outcomes}
    for peer in report.peers:
        for each in peer.outcomes:
            missed = own.get(each.fault.key) is State.SURVIVED
            if each.caught and missed and not each.fault.harmless:
                yield f"  {peer.name}: {each.fault.operator} {each.fault.name}: {each.told}"


def _peers(report: Report) -> Iterator[str]:
    head, rows = peer_rows(report)
    yield "other tools on the same faults, one of each operator: caught of judged"
    yield from table(head, rows)
    for peer in report.peers:
        for layer, why in sorted(peer.refused.items()):
            if why and peer.version:
                yield f"  n/a: {peer.name}, {layer}: {why}"
        failed = next((each for each in peer.outcomes if each.failed), None)
        if failed is not None:
            yield f"  failed: {peer.name}: {failed.told}"
    if any(not peer.version for peer in report.peers):
        yield "  not installed ones: make mutants-peers"
    better = list(_better(report))
    if better:
        yield "noticed by another tool and not by kdma:"
        yield from better


def render(report: Report) -> str:
    """For a terminal."""
    lines = [*_layers(report), "", *_stages(report), "", *_operators(report)]
    lines += _equivalents(report)
    for each in report.of(State.SURVIVED, State.HALF, State.ALARM, State.UNCHECKED):
        lines.append(f"{each.state}: {each.fault.operator} {each.fault.name} ({each.fault.place})")
        lines.append(f"  {each.title or each.rule or 'no finding'}")
        lines.append(f"  replay: {report.replay(each.fault)}")
    if report.peers:
        lines += ["", *_peers(report)]
    lines += [f"below the floor: {one}" for one in report.below()]
    return "\n".join(lines) + "\n"


def publish(report: Report, folder: Path, *, explain: bool = False) -> None:
    """Prints the report and writes report.json and, with peers, peers.svg."""
    write_atomically(folder / "report.json", json.dumps(report.as_dict(), indent=1) + "\n")
    write_atomically(folder / "report.txt", render(report))
    if report.peers:
        write_atomically(folder / "peers.svg", picture.draw(*bars(report)))
    if explain:
        for each in report.outcomes:
            print(f"{each.fault.place}\n- {each.fault.before}\n+ {each.fault.after}")
    print(render(report), end="")


def bars(report: Report) -> tuple[str, list[picture.Bar]]:
    """What each tool was asked about and can be applied to: the part it caught, its alarms."""
    asked = {each.fault.key for peer in report.peers for each in peer.outcomes}
    mine = [each for each in report.outcomes if each.fault.key in asked]
    faults = [e for e in mine if not e.fault.harmless and e.state is not State.EQUIVALENT]
    edits = [each for each in mine if each.fault.harmless]
    told = [
        picture.Bar(
            "kdma",
            sum(each.state in (State.KILLED, State.HALF) for each in faults),
            len(faults),
            sum(each.state is State.ALARM for each in edits),
            len(edits),
        )
    ]
    for peer in report.peers:
        if not peer.version:
            continue
        judged = [each for each in peer.outcomes if not each.failed]
        own = [each for each in judged if not each.fault.harmless]
        other = [each for each in judged if each.fault.harmless]
        told.append(
            picture.Bar(
                peer.name,
                sum(each.caught for each in own),
                len(own),
                sum(each.caught for each in other),
                len(other),
            )
        )
    return f"{len(faults)} faults and {len(edits)} harmless edits, one of each operator", told
