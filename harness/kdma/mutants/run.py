# SPDX-License-Identifier: GPL-2.0
"""Collects the layers, chooses faults, has them judged, and goes on where a run was cut off."""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
import re
import shlex
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kdma import progress
from kdma.cache import digest
from kdma.findings import KdmaError
from kdma.kernel import DISTRIBUTION, DOCUMENTED, KernelRequest
from kdma.mutants import layers as layer_modules
from kdma.mutants import peers as peer_modules
from kdma.mutants import report
from kdma.mutants.model import Changed, Fault, Layer, Outcome, Peer, Session, Stage, State
from kdma.paths import PROJECT, output_root

#: Chooses the sample. Another seed is another sample.
SEED = "1"
OUTCOMES = "outcomes.jsonl"
#: CPU seconds that other tools may take, as they say themselves; each has the same share.
PEERS_SECONDS = 300.0


@dataclass(frozen=True)
class Options:
    """What is judged. Empty: everything."""

    layers: tuple[str, ...] = ()
    #: A pattern for the names that faults are about.
    function: str = ""
    #: Keys of faults, or how they begin.
    faults: tuple[str, ...] = ()
    #: Seconds of CPU time ("90s"), or the part of all faults ("0.1").
    sample: str = ""
    #: Forget what earlier runs found.
    anew: bool = False
    #: Other tools beside ours, on a stratified part; None: in a run of all that is there.
    peers: bool | None = None
    kernel: KernelRequest = field(default_factory=KernelRequest)


def all_layers() -> list[Layer]:
    """Every layer, by name."""
    found: list[Layer] = []
    for info in pkgutil.iter_modules(layer_modules.__path__):
        module = importlib.import_module(f"{layer_modules.__name__}.{info.name}")
        # What layers share has none.
        if hasattr(module, "LAYER"):
            found.append(module.LAYER)
    return sorted(found, key=lambda each: each.name)


def _bad(what: str, where: str, expected: str, actual: str, then: str) -> KdmaError:
    return KdmaError(
        what, where=where, expected=expected, actual=actual, next=then, identity=(where, actual)
    )


def _chosen_layers(wanted: Sequence[str]) -> list[Layer]:
    known = all_layers()
    names = [each.name for each in known]
    for name in wanted:
        if name not in names:
            raise _bad(f"there is no layer {name}", "LAYER", ", ".join(names), name,
                       "for example: make mutants LAYER=header")  # fmt: skip
    return [each for each in known if not wanted or each.name in wanted]


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise _bad(f"FUNCTION is no pattern: {error}", "FUNCTION", "a regular expression", text,
                   "for example: make mutants FUNCTION=kdma_map_") from None  # fmt: skip


# -- choosing -----------------------------------------------------------------------------


def _order(fault: Fault) -> str:
    return hashlib.sha256(f"{SEED} {fault.key}".encode()).hexdigest()


def strata(faults: Iterable[Fault]) -> list[list[Fault]]:
    """Faults by layer, operator and harmlessness, each stratum in the order of the seed."""
    found: dict[tuple[str, bool, str], list[Fault]] = {}
    for each in faults:
        found.setdefault((each.layer, each.harmless, each.operator), []).append(each)
    return [sorted(found[name], key=_order) for name in sorted(found)]


def _round_robin(groups: Sequence[Sequence[Fault]]) -> Iterator[Fault]:
    for number in range(max((len(group) for group in groups), default=0)):
        for group in groups:
            if number < len(group):
                yield group[number]


def sample(faults: Sequence[Fault], text: str, layers: Sequence[Layer]) -> list[Fault]:
    """The stratified part of `faults` that `text` asks for; the same one each time.

    A part takes the same share of each stratum, and one at least. Seconds are
    those that the layers say they need, one fault of each stratum first.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|%|)", text.strip())
    value = float(match[1]) / (100 if match[2] == "%" else 1) if match else 0.0
    if not match or value <= 0 or (match[2] != "s" and value > 1):
        raise _bad("SAMPLE is neither seconds nor a part", "SAMPLE", "such as 90s, 0.1 or 10%",
                   text, "for example: make mutants SAMPLE=90s")  # fmt: skip
    groups = strata(faults)
    if match[2] != "s":
        return [each for group in groups for each in group[: max(1, round(len(group) * value))]]
    cost = {each.name: each.seconds_each for each in layers}
    begin = {each.name: each.seconds_to_begin for each in layers}
    chosen: list[Fault] = []
    for each in _round_robin(groups):
        needed = cost[each.layer] + begin.get(each.layer, 0.0)
        if value >= needed:
            value -= needed
            begin.pop(each.layer, None)
            chosen.append(each)
    return chosen


# -- what earlier runs found -------------------------------------------------------------


def harness_digest() -> str:
    """Changes with any source of the harness: it is what judges."""
    files = sorted((PROJECT / "harness/kdma").rglob("*.py"))
    text = "".join(f"{path.relative_to(PROJECT)} {digest(path)}\n" for path in files)
    return hashlib.sha256(text.encode()).hexdigest()


def basis(layer: Layer, session: Session) -> str:
    """What an outcome of a layer is believed for."""
    text = "\0".join((harness_digest(), *layer.rests_on(session)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Memory:
    """Outcomes of earlier runs, each with what it rests on; appended as they come."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[tuple[str, str], dict[str, Any]] = {}
        try:
            lines = path.read_text().splitlines()
        except FileNotFoundError:
            lines = []
        for line in lines:
            try:
                told = json.loads(line)
                self._known[told["basis"], told["key"]] = told
            except (ValueError, KeyError, TypeError):
                # Cut off in the middle of a line.
                continue

    def get(self, fault: Fault, basis: str) -> Outcome | None:
        """What became of a fault on this basis, if that is known."""
        told = self._known.get((basis, fault.key))
        if told is None or told["state"] == State.UNCHECKED:
            return None
        return Outcome(
            fault,
            State(told["state"]),
            Stage(told["stage"]) if told["stage"] else None,
            told["class"],
            told["title"],
            told["seconds"],
            told["rule"],
        )

    def add(self, outcome: Outcome, basis: str) -> None:
        """Writes an outcome at once, so that an interruption loses nothing."""
        told = {"basis": basis, **outcome.as_dict()}
        self._known[basis, outcome.fault.key] = told
        with self.path.open("a") as file:
            file.write(json.dumps(told) + "\n")


# -- judging ----------------------------------------------------------------------------


def _collect(layers: Sequence[Layer], session: Session) -> dict[str, list[Fault]]:
    found: dict[str, list[Fault]] = {}
    for layer in layers:
        made = [*layer.faults(session), *layer.harmless(session)]
        keys: dict[str, Fault] = {}
        for fault in made:
            other = keys.setdefault(fault.key, fault)
            if other is not fault:
                raise ValueError(f"two faults with the key {fault.key}: {fault} and {other}")
        found[layer.name] = made
    return found


class _Estimate:
    """What remains, from what was done."""

    def __init__(self, left: Mapping[str, int], layers: Sequence[Layer]) -> None:
        self.left = dict(left)
        self.each = {layer.name: layer.seconds_each for layer in layers}
        self.begin = {layer.name: layer.seconds_to_begin for layer in layers}

    def start(self, layer: str) -> None:
        self.begin[layer] = 0.0
        self.since, self.done = time.monotonic(), 0

    def step(self, layer: str) -> str:
        self.left[layer] -= 1
        self.done += 1
        if self.done >= 5:
            self.each[layer] = (time.monotonic() - self.since) / self.done
        seconds = sum(
            self.left[name] * self.each[name] + (self.begin[name] if self.left[name] else 0.0)
            for name in self.left
        )
        return f"{sum(self.left.values())} left, about {progress.elapsed(seconds)}"


def judged(
    layers: Sequence[Layer], chosen: Sequence[Fault], session: Session, memory: Memory
) -> list[Outcome]:
    """An outcome for each chosen fault, from the memory where it may be believed."""
    outcomes: list[Outcome] = []
    todo: dict[str, list[Fault]] = {}
    bases = {layer.name: basis(layer, session) for layer in layers}
    for fault in chosen:
        known = None if session.explain else memory.get(fault, bases[fault.layer])
        if known is not None:
            outcomes.append(known)
        else:
            todo.setdefault(fault.layer, []).append(fault)
    if outcomes:
        progress.say(f"{len(outcomes)} of {len(chosen)} are known from an earlier run")
    estimate = _Estimate({name: len(faults) for name, faults in todo.items()}, layers)
    for layer in layers:
        mine = todo.get(layer.name, [])
        if not mine:
            continue
        with progress.stage(f"mutants of {layer.name} ({len(mine)})", "mutants") as stage:
            estimate.start(layer.name)
            missing = {fault.key for fault in mine}
            for outcome in layer.judge(mine, session):
                missing.remove(outcome.fault.key)
                memory.add(outcome, bases[layer.name])
                outcomes.append(outcome)
                stage.note(estimate.step(layer.name))
            if missing:
                raise ValueError(f"{layer.name} judged nothing of {', '.join(sorted(missing)[:5])}")
    return outcomes


# -- other tools ------------------------------------------------------------------------


def all_peers() -> list[Peer]:
    """Every peer, by name."""
    found: list[Peer] = []
    for info in pkgutil.iter_modules(peer_modules.__path__):
        module = importlib.import_module(f"{peer_modules.__name__}.{info.name}")
        found += getattr(module, "PEERS", ())
    return sorted(found, key=lambda each: each.name.lower())


def peers_judged(
    peers: Sequence[Peer], layers: Sequence[Layer], chosen: Sequence[Fault], session: Session
) -> list[report.PeerReport]:
    """What each peer makes of the faults, two peers at a time."""
    by_layer = {layer.name: layer for layer in layers}
    changed = {
        fault.key: by_layer[fault.layer].changed(fault, session)
        for fault in chosen
        if any(peer.version() and not peer.refuses(fault.layer) for peer in peers)
    }

    interrupted = threading.Event()
    there = sum(bool(peer.version()) for peer in peers)

    def judge(peer: Peer) -> report.PeerReport:
        version = peer.version()
        refused = {layer.name: peer.refuses(layer.name) for layer in layers}
        mine = [
            (fault, changed[fault.key])
            for fault in chosen
            if version and not refused[fault.layer] and _is_for_peers(changed[fault.key])
        ]
        mine = list(within(peer, mine, PEERS_SECONDS / max(1, there)))
        outcomes = []
        for outcome in peer.judge(mine, session):
            if interrupted.is_set():
                break
            outcomes.append(outcome)
            session.note(f"{peer.name}: {len(outcomes)} of {len(mine)}")
        return report.PeerReport(peer.name, version, peer.usage, refused, outcomes)

    with (
        progress.stage(f"other tools ({len(peers)}, {len(chosen)} faults)", "peers"),
        ThreadPoolExecutor(max_workers=2) as pool,
    ):
        try:
            return list(pool.map(judge, peers))
        except BaseException:
            # The pool waits for its threads.
            interrupted.set()
            raise


def _is_for_peers(changed: Changed) -> bool:
    """No tool here reads rustc's flags, or which symbols the kernel exports."""
    if changed.files:
        return changed.files[0].endswith(".c")
    return any(name.endswith((".h", ".rs")) for name in changed.texts)


def for_peers(chosen: Sequence[Fault]) -> list[Fault]:
    """One fault of each stratum, in the order of the seed: what tools are asked about."""
    return sorted((group[0] for group in strata(chosen)), key=_order)


def within(
    peer: Peer, faults: Sequence[tuple[Fault, Changed]], seconds: float
) -> Sequence[tuple[Fault, Changed]]:
    """Those that a tool can be asked about in that time, the first ones: at least one."""
    return faults[: max(1, int(seconds / peer.seconds_each))]


def _choose(found: Mapping[str, Sequence[Fault]], options: Options, layers: Sequence[Layer]
            ) -> list[Fault]:  # fmt: skip
    chosen = [each for faults in found.values() for each in faults]
    if options.function:
        pattern = _pattern(options.function)
        chosen = [each for each in chosen if pattern.search(each.name)]
    if options.faults:
        chosen = [each for each in chosen if each.key.startswith(options.faults)]
    if not chosen:
        asked = " ".join(filter(None, (options.function, *options.faults)))
        raise _bad("there is no such fault", "FUNCTION, FAULT", "a name or a key of the report",
                   asked, "make mutants prints them; keys change with the code")  # fmt: skip
    return sample(chosen, options.sample, layers) if options.sample else chosen


def on(request: KernelRequest) -> str:
    """What a command needs to take this kernel."""
    if request.kdir:
        return f" KDIR={shlex.quote(str(request.kdir))}"
    version = request.version or DISTRIBUTION
    return f" KERNEL={version}" if version != DOCUMENTED else ""


def mutants(options: Options) -> int:
    """Judges what is asked for and reports. Returns the exit code."""
    begin = time.monotonic()
    output = output_root() / "mutants"
    output.mkdir(parents=True, exist_ok=True)
    session = Session(options.kernel, output, explain=bool(options.faults))
    layers = _chosen_layers(options.layers)
    with progress.stage("generate faults"):
        found = _collect(layers, session)
    chosen = _choose(found, options, layers)
    if options.anew:
        (output / OUTCOMES).unlink(missing_ok=True)
    outcomes = judged(layers, chosen, session, Memory(output / OUTCOMES))
    told: list[report.PeerReport] = []
    whole = not (options.function or options.faults or options.sample or options.layers)
    if options.peers or (options.peers is None and whole):
        peers = all_peers()
        told = peers_judged(peers, layers, for_peers(chosen), session)
    made = report.Report(
        kernel=session.headers.name,
        generated={name: len(faults) for name, faults in found.items()},
        outcomes=sorted(outcomes, key=lambda o: (o.fault.layer, o.fault.operator, o.fault.key)),
        whole=whole,
        sample=options.sample,
        peers=told,
        floor=report.read_floor(),
        seconds=time.monotonic() - begin,
        on=on(options.kernel),
    )
    report.publish(made, output, explain=session.explain)
    return made.exit_code()
