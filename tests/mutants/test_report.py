# SPDX-License-Identifier: GPL-2.0
"""The report: its schema, its numbers, its exit code, and other tools beside ours."""

from __future__ import annotations

import json
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from kdma.findings import KdmaError
from kdma.kernel import DOCUMENTED, KernelRequest
from kdma.mutants import report, run
from kdma.mutants.model import Changed, Fault, Outcome, PeerOutcome, Session, Stage, State
from kdma.mutants.peers import c_side, tools
from kdma.three_way import KDMA

FAULT = Fault("header", "removed", "kdma_x", "kdma.h:3", "int32_t kdma_x(void);", "")
EDIT = replace(FAULT, operator="comment", harmless=True)
KILLED = Outcome(FAULT, State.KILLED, Stage.STATIC, "binding-drift", "kdma_x: gone", 0.01)
QUIET = Outcome(EDIT, State.QUIET)


def _peer(*outcomes: PeerOutcome, version: str = "1.0") -> report.PeerReport:
    return report.PeerReport("tool", version, "as told", {"kernel": "it cannot"}, outcomes)


def _report(*outcomes: Outcome, peers: Sequence[report.PeerReport] = ()) -> report.Report:
    floor = {"header": {"noticed": 100.0, "right": 98.0}}
    return report.Report("Linux", {"header": 2}, outcomes, peers=peers, floor=floor)


def test_the_report_is_of_its_schema(tmp_path: Path) -> None:
    made = _report(KILLED, QUIET, peers=[_peer(PeerOutcome(FAULT, True, "gone", 0.1))])
    report.publish(made, tmp_path)
    schema = json.loads(report.SCHEMA.read_text())
    told = json.loads((tmp_path / "report.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(told, schema)
    told["outcomes"][0]["state"] = "fine"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told, schema)
    ElementTree.fromstring((tmp_path / "peers.svg").read_text())


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ((KILLED, QUIET), 0),
        ((replace(KILLED, state=State.EQUIVALENT, rule="the same"), QUIET), 0),
        ((replace(KILLED, state=State.HALF),), 1),
        ((replace(KILLED, state=State.SURVIVED),), 1),
        ((KILLED, replace(QUIET, state=State.ALARM)), 1),
        ((KILLED, replace(KILLED, state=State.UNCHECKED, rule="broken")), 2),
        ((), 2),
    ],
)
def test_the_exit_code(outcomes: tuple[Outcome, ...], code: int) -> None:
    assert _report(*outcomes).exit_code() == code


def test_a_survivor_is_shown_with_its_replay() -> None:
    text = report.render(_report(replace(KILLED, state=State.SURVIVED)))
    assert f"replay: make mutants FAULT={FAULT.key}" in text
    assert "below the floor: header: 0.0 % noticed" in text


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (KernelRequest(version=DOCUMENTED), ""),
        (KernelRequest(version="6.1"), " KERNEL=6.1"),
        (KernelRequest(), " KERNEL=distribution"),
        (KernelRequest(kdir=Path("/a tree")), " KDIR='/a tree'"),
    ],
)
def test_a_replay_is_on_the_same_kernel(request_: KernelRequest, words: str) -> None:
    made = replace(_report(replace(KILLED, state=State.HALF)), on=run.on(request_))
    command = f"make mutants FAULT={FAULT.key}{words}"
    assert f"replay: {command}\n" in report.render(made)
    assert made.as_dict()["outcomes"][0]["replay"] == command


def test_half_of_the_right_ones_may_not_be_missing_unseen() -> None:
    """98 of 100 right is the floor; 97 is under it."""
    half = replace(KILLED, state=State.HALF)
    assert _report(*[KILLED] * 98, half, half).below() == []
    assert len(_report(*[KILLED] * 97, half, half, half).below()) == 1


def test_the_floor_of_a_sample_is_none_for_a_run() -> None:
    """A layer whose sample misses many in the tests has to notice all of a run."""
    floor = {"header": {"generated": 2, "sample": {"noticed": 50, "right": 50}}}
    made = replace(_report(KILLED, replace(KILLED, state=State.SURVIVED)), floor=floor)
    assert made.exit_code() == 1
    assert len(made.below()) == 2


@pytest.mark.parametrize(
    ("bounds", "below"),
    [
        ({"generated": 1, "harmless": 1}, []),
        ({"generated": 2, "harmless": 1}, ["header: 1 faults, the floor is 2"]),
        ({"generated": 1, "harmless": 2}, ["header: 1 harmless edits, the floor is 2"]),
    ],
)
def test_a_whole_run_has_to_have_its_faults(bounds: dict[str, int], below: list[str]) -> None:
    made = replace(_report(KILLED, QUIET), whole=True, floor={"header": bounds})
    assert made.below() == below
    # How many there are is another kernel's own affair, and a part has fewer.
    assert replace(made, on=" KERNEL=6.1").below() == []
    assert replace(made, whole=False).below() == []


def test_a_layer_without_any_fault_is_below_the_floor() -> None:
    floor = {"behaviour": {"noticed": 100, "right": 99}, "header": {"generated": 1}}
    made = replace(_report(KILLED, QUIET), whole=True, floor=floor)
    assert made.below() == ["behaviour: 0 faults, the floor is 1"]
    assert made.exit_code() == 1


def test_a_layer_of_which_a_sample_has_nothing_is_shown() -> None:
    made = replace(_report(KILLED), generated={"header": 2, "rust": 1263}, sample="1s")
    [row] = [line.split() for line in report.render(made).splitlines() if line[:4] == "rust"]
    assert row[:3] == ["rust", "1263", "0"] and row[-3:] == ["-", "-", "-"]


def test_every_floor_says_what_it_is_for() -> None:
    for name, floor in report.read_floor().items():
        for bounds in (floor.get("sample", floor), floor):
            unknown = bounds.keys() - {"generated", "harmless", "noticed", "right", "sample"}
            assert not unknown, (name, unknown)
        assert {"noticed", "right"} <= floor.get("sample", floor).keys(), name


def test_tools_that_cannot_or_are_not_there_are_no_misses() -> None:
    assert report.peer_cell(_peer(), "kernel", harmless=False) == "n/a"
    assert report.peer_cell(_peer(version=""), "header", harmless=False) == "not installed"
    broken = PeerOutcome(FAULT, False, "hangs", failed=True)
    assert report.peer_cell(_peer(broken), "header", harmless=False) == "0/0 (1 failed)"


def test_what_another_tool_notices_and_kdma_does_not_is_said() -> None:
    peers = [_peer(PeerOutcome(FAULT, True, "it is gone", 0.1))]
    text = report.render(_report(replace(KILLED, state=State.SURVIVED), peers=peers))
    assert "noticed by another tool and not by kdma" in text and "it is gone" in text


# -- other tools ------------------------------------------------------------------------


def test_every_peer_says_how_it_is_used_and_what_it_cannot() -> None:
    peers = run.all_peers()
    assert len({each.name for each in peers}) == len(peers) >= 10
    for each in peers:
        assert each.usage
        assert each.refuses("behaviour") and each.refuses("c-api") and each.refuses("rust")
        assert not each.refuses("header")


def test_other_tools_get_no_more_than_their_time_allows() -> None:
    faults = [replace(FAULT, operator=f"operator {n}") for n in range(500)]
    asked = run.for_peers(faults)
    assert len(asked) == 500 and asked == run.for_peers(faults[::-1])
    told = [(fault, Changed()) for fault in asked]
    quick = c_side.Compares("one", "", 2.0, lambda: "1.0", lambda old, new: "")
    slow = c_side.Compares("other", "", 9.0, lambda: "1.0", lambda old, new: "")
    # The same ones, fewer of them, and one at least.
    assert run.within(quick, told, 21.0) == told[:10]
    assert run.within(slow, told, 21.0) == told[:2]
    assert run.within(slow, told, 1.0) == told[:1]


def test_a_tool_that_is_broken_is_left_out() -> None:
    def broken() -> str:
        raise KdmaError("it does not start")

    peer = c_side.Compares("one", "", 1.0, broken, lambda old, new: "")
    assert peer.version() == ""


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(KernelRequest(), tmp_path)


def _changed(old: str, new: str) -> Changed:
    text = c_side.original(KDMA)[KDMA.name]
    assert text.count(old) == 1
    return Changed({KDMA.header: text.replace(old, new)})


def _outcomes(name: str, changed: Changed, session: Session) -> Iterator[PeerOutcome]:
    peer = next(each for each in run.all_peers() if each.name == name)
    if not peer.version():
        pytest.skip(f"{name} is not installed: make mutants-peers")
    yield from peer.judge([(FAULT, changed)], session)


@pytest.mark.parametrize("name", sorted(each.name for each in run.all_peers()))
def test_a_comment_is_nothing_to_most_and_breaks_none(name: str, session: Session) -> None:
    changed = _changed("#endif /* KDMA_H */", "/* more */\n#endif /* KDMA_H */")
    [told] = _outcomes(name, changed, session)
    assert not told.failed, told.told
    assert not told.caught, told.told


def test_abidiff_tells_of_a_parameter_more(session: Session) -> None:
    changed = _changed("uint64_t kdma_abi_attributes(void);",
                       "uint64_t kdma_abi_attributes(uint32_t more);")  # fmt: skip
    [told] = _outcomes("abidiff", changed, session)
    assert told.caught and "kdma_abi_attributes" in told.told


def test_a_tool_that_does_not_come_to_an_end_is_ended(tmp_path: Path) -> None:
    tool = tools.Tool("/bin/sh", {})
    with pytest.raises(KdmaError, match="does not come to an end"):
        tool.call(["-c", "sleep 60 & wait"], cwd=tmp_path, timeout=0.2)


def test_an_interruption_does_not_wait_for_all_that_is_left(session: Session) -> None:
    asked: list[str] = []

    class Slow:
        name, usage, seconds_each = "slow", "", 1.0

        def version(self) -> str:
            return "1.0"

        def refuses(self, layer: str) -> str:
            return ""

        def judge(
            self, faults: Sequence[tuple[Fault, Changed]], session: Session
        ) -> Iterator[PeerOutcome]:
            for fault, _ in faults:
                asked.append(fault.operator)
                time.sleep(0.01)
                yield PeerOutcome(fault, False)

    class Broken(Slow):
        def judge(
            self, faults: Sequence[tuple[Fault, Changed]], session: Session
        ) -> Iterator[PeerOutcome]:
            raise KeyboardInterrupt

    class Layers:
        name = "header"

        def changed(self, fault: Fault, session: Session) -> Changed:
            return Changed({KDMA.header: ""})

    faults = [replace(FAULT, operator=f"operator {n}") for n in range(1000)]
    with pytest.raises(KeyboardInterrupt):
        run.peers_judged([Broken(), Slow()], [Layers()], faults, session)  # type: ignore[list-item]
    assert len(asked) < 100
