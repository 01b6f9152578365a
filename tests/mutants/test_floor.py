# SPDX-License-Identifier: GPL-2.0
"""The score of a stratified sample stays above the committed floor; a check switched off shows."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from kdma import (
    abi_flags,
    accounting,
    backend_calls,
    host_tests,
    kernel_calls,
    kernel_surface,
    surface_compare,
    three_way,
)
from kdma.compare import Judgement
from kdma.kernel import KernelRequest
from kdma.mutants import guests, run
from kdma.mutants.guests import GuestLayer
from kdma.mutants.model import Fault, Layer, Outcome, Session, Stage, State
from kdma.surface import Kind

FLOOR = tomllib.loads((Path(__file__).parent / "floor.toml").read_text())
#: One fault of each operator and layer.
SAMPLE = "0.001"


def _layer(name: str) -> Layer:
    return next(each for each in run.all_layers() if each.name == name)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return Session(KernelRequest(), tmp_path_factory.mktemp("mutants"))


@pytest.fixture(scope="module")
def guest_session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A kernel that has all witnesses, and where ftrace can be put before functions."""
    return Session(KernelRequest(version="7.3"), tmp_path_factory.mktemp("guests"))


def _judged(layer: Layer, faults: Sequence[Fault], session: Session) -> list[Outcome]:
    return list(layer.judge(faults, session))


def _below(
    name: str, generated: int, outcomes: Sequence[Outcome], harmless: int = 10**6
) -> Iterator[str]:
    """What of a layer is under its floor."""
    floor = FLOOR[name] | FLOOR[name].get("sample", {})
    if generated < floor["generated"]:
        yield f"{name}: {generated} faults instead of {floor['generated']}"
    if harmless < floor.get("harmless", 0):
        yield f"{name}: {harmless} harmless edits instead of {floor['harmless']}"
    states = [each.state for each in outcomes if not each.fault.harmless]
    counted = sum(state is not State.EQUIVALENT for state in states)
    killed, half = states.count(State.KILLED), states.count(State.HALF)
    if not counted or 100 * (killed + half) < floor["noticed"] * counted:
        yield f"{name}: {killed + half} of {counted} noticed"
    if not counted or 100 * killed < floor["right"] * counted:
        yield f"{name}: {killed} of {counted} right"
    for each in outcomes:
        if each.state in (State.ALARM, State.UNCHECKED):
            yield f"{name}: {each.state}: {each.fault.replay}: {each.title}{each.rule}"


@pytest.mark.parametrize("name", sorted(FLOOR))
def test_the_sample_holds_the_floor(session: Session, guest_session: Session, name: str) -> None:
    layer = _layer(name)
    under = guest_session if isinstance(layer, GuestLayer) else session
    faults, harmless = list(layer.faults(under)), list(layer.harmless(under))
    chosen = run.sample([*faults, *harmless], SAMPLE, [layer])
    outcomes = _judged(layer, chosen, under)
    below = list(_below(name, len(faults), outcomes, len(harmless)))
    assert not below, "\n".join(below)


def test_every_layer_has_a_floor() -> None:
    assert sorted(FLOOR) == [each.name for each in run.all_layers()]


def _one(layer: Layer, session: Session, operator: str) -> list[Fault]:
    return [f for f in layer.faults(session) if f.operator == operator][:1]


def test_a_check_switched_off_is_below_the_floor(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = _layer("header")
    chosen = _one(layer, session, "two parameters of the same type swapped")
    monkeypatch.setattr(three_way, "names_reordered", lambda old, new: False)
    monkeypatch.setattr(three_way.bindings, "check", lambda *_, **__: [])
    outcomes = _judged(layer, chosen, session)
    assert [each.state for each in outcomes] == [State.SURVIVED]
    assert "header: 0 of 1 noticed" in list(_below("header", 10**6, outcomes))


def test_the_check_of_flags_switched_off_is_below_the_floor(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = _layer("flags")
    chosen = _one(layer, session, "entries of functions")
    assert [each.state for each in _judged(layer, chosen, session)] == [State.KILLED]
    monkeypatch.setattr(abi_flags, "compare", lambda *_, **__: iter(()))
    outcomes = _judged(layer, chosen, session)
    assert [each.state for each in outcomes] == [State.SURVIVED]
    assert "flags: 0 of 1 noticed" in list(_below("flags", 10**6, outcomes))


def test_a_flag_that_changes_no_byte_is_equivalent_by_that_rule(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = _layer("flags")
    monkeypatch.setattr(abi_flags, "compare", lambda *_, **__: iter(()))
    of_version = [f for f in layer.faults(session) if f.name == "c-api/version.c"]
    chosen = [f for f in of_version if f.operator == "long double"][:1]
    [outcome] = _judged(layer, chosen, session)
    assert outcome.state is State.EQUIVALENT and "to the byte" in outcome.rule


def test_a_comparison_of_surfaces_switched_off_is_below_the_floor(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = _layer("kernel")
    chosen = _one(layer, session, "calling convention")
    assert [each.state for each in _judged(layer, chosen, session)] == [State.KILLED]
    monkeypatch.setattr(surface_compare, "_function", lambda pair: iter(()))
    outcomes = _judged(layer, chosen, session)
    assert "kernel: 0 of 1 noticed" in list(_below("kernel", 10**6, outcomes))


def test_the_check_of_prototypes_sees_functions_with_parameters_too(session: Session) -> None:
    """It was made for f(void) that became f(); the class is every lost prototype."""
    layer = _layer("header")
    chosen = [f for f in layer.faults(session) if f.operator == "prototype lost"]
    with_parameters = [f for f in chosen if "(void)" not in f.before][:1]
    without = [f for f in chosen if "(void)" in f.before][:1]
    outcomes = _judged(layer, [*with_parameters, *without], session)
    assert [each.state for each in outcomes] == [State.KILLED] * 2


def test_bodies_are_no_part_of_a_kernels_surface(session: Session) -> None:
    """They are not parsed; a function that is inline is there all the same."""
    found = kernel_surface.of_kernel(session.headers).get(Kind.FUNCTION, "dma_map_page_attrs")
    assert found is not None and found.fact("parameters")


@pytest.mark.parametrize(
    ("operator", "names"),
    [
        # Made for null pointers that no program could hand over.
        ("a check dropped", ("kdma_alloc_coherent", "kdma_free_pages", "kdma_get_mask")),
        # The class is every wrong argument, and what it is answered with.
        ("another error", ("kdma_alloc_pages", "kdma_iova_size")),
    ],
)
def test_refusals_see_checks_that_are_not_there(
    guest_session: Session, operator: str, names: Sequence[str]
) -> None:
    layer = _layer("c-api")
    chosen = [
        next(
            fault
            for fault in layer.faults(guest_session)
            if (fault.operator, fault.name) == (operator, name) and fault.before != "KDMA_ENOMEM"
        )
        for name in names
    ]
    outcomes = _judged(layer, chosen, guest_session)
    assert {each.fault.name: each.state for each in outcomes} == dict.fromkeys(names, State.KILLED)


def test_memory_that_runs_out_shows_what_nobody_checks_and_what_is_kept(
    guest_session: Session,
) -> None:
    """Made for checks of records; the class is all that a failed allocation leads to."""
    layer = _layer("c-api")
    wanted = {
        ("kdma_pool_create", "a check dropped", "!made"),
        ("kdma_sg_alloc", "a call dropped", "kfree(made)"),
        ("kdma_get_sgtable", "another error", "KDMA_ENOMEM"),
    }
    found = {(f.name, f.operator, f.before): f for f in layer.faults(guest_session)}
    outcomes = _judged(layer, [found[each] for each in sorted(wanted)], guest_session)
    assert [each.state for each in outcomes] == [State.KILLED] * len(wanted)


@pytest.mark.parametrize("name", ["behaviour", "c-api", "rust"])
def test_a_comparison_of_programs_switched_off_is_below_the_floor(
    guest_session: Session, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Statuses and values are compared no more; then a wrong mask shows nowhere."""
    layer = _layer(name)
    function = "dma_set_mask" if name == "behaviour" else "kdma_set_mask"
    chosen = [
        fault
        for fault in layer.faults(guest_session)
        if (fault.name, fault.operator) == (function, "an argument dropped")
    ][-1:]
    assert [each.state for each in _judged(layer, chosen, guest_session)] == [State.KILLED]
    monkeypatch.setattr(guests, "judge", lambda *_, **__: Judgement())
    # Of the safe layer the host tests tell as well.
    monkeypatch.setattr(host_tests, "failures", lambda *_, **__: [])
    outcomes = _judged(layer, chosen, guest_session)
    assert [each.state for each in outcomes] == [State.SURVIVED]
    assert f"{name}: 0 of 1 noticed" in list(_below(name, 10**6, outcomes))


@pytest.mark.parametrize(
    ("operator", "name", "told"),
    [
        # Made for attributes that the kernel ignores on this machine.
        (
            "an argument dropped",
            "kdma_get_sgtable_attrs",
            "attrs of dma_get_sgtable_attrs",
        ),
        # The class is every call that a C driver would not make so, or would make.
        (
            "two arguments swapped",
            "kdma_iova_sync",
            "offset of dma_iova_sync",
        ),
    ],
)
def test_only_the_record_of_calls_sees_what_the_kernel_ignores(
    guest_session: Session,
    monkeypatch: pytest.MonkeyPatch,
    operator: str,
    name: str,
    told: str,
) -> None:
    layer = _layer("c-api")
    chosen = [
        fault
        for fault in layer.faults(guest_session)
        if (fault.operator, fault.name) == (operator, name)
    ][-1:]
    [outcome] = _judged(layer, chosen, guest_session)
    assert outcome.state is State.KILLED and outcome.stage is Stage.ORACLE
    assert outcome.title == f"c: {name} asks something else of the kernel: {told}"
    monkeypatch.setattr(kernel_calls, "first_difference", lambda *_, **__: None)
    [outcome] = _judged(layer, chosen, guest_session)
    assert outcome.state is State.SURVIVED


@pytest.mark.parametrize(
    ("name", "part", "module", "check"),
    [
        # Made for the part of a range that is synced, of which QEMU's IOMMUs make nothing.
        ("dma_iova_sync", "offset = 0", backend_calls, "first_disagreement"),
        # The class is all that a backend gets otherwise than it was asked for.
        ("dma_get_sgtable_attrs", "attrs = 0", backend_calls, "first_disagreement"),
        ("dmam_pool_destroy", "", accounting, "pools"),
        ("dma_pool_alloc", "mem_flags", accounting, "from_zone"),
    ],
)
def test_what_only_one_witness_sees_behind_a_signature(
    guest_session: Session,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    part: str,
    module: ModuleType,
    check: str,
) -> None:
    layer = _layer("behaviour")
    operators = ("a call dropped", "an argument dropped", "an argument one too large")
    chosen = [
        fault
        for fault in layer.faults(guest_session)
        if (fault.name, fault.part) == (name, part) and fault.operator in operators
    ]
    assert len(chosen) == 1
    assert [each.state for each in _judged(layer, chosen, guest_session)] == [State.KILLED]
    monkeypatch.setattr(module, check, lambda *_, **__: None)
    assert [each.state for each in _judged(layer, chosen, guest_session)] == [State.SURVIVED]
