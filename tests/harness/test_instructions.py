# SPDX-License-Identifier: GPL-2.0
"""Instructions per call: what is repeated, and what is made of the counts."""

from __future__ import annotations

import pytest

from kdma import instructions, vm
from kdma.findings import KdmaError
from kdma.programs import Program, encode
from kdma.traces import Completion, Driver, Result, RunError, Trace
from kdma.traces import encode as encode_trace


@pytest.mark.parametrize("name", instructions.BODIES)
def test_the_longer_program_differs_by_the_repetitions_alone(name: str) -> None:
    made = instructions.programs()
    shorter = made[name, instructions.REPETITIONS]
    longer = made[name, 2 * instructions.REPETITIONS]
    calls = name.count(",") + 1
    assert len(longer.steps) - len(shorter.steps) == calls * instructions.REPETITIONS
    assert shorter.slot_count == longer.slot_count <= 2
    more = [step.operation.name for step in longer.steps[len(shorter.steps) :]]
    assert more and len(encode(longer, 1)) > len(encode(shorter, 1))


def row(name: str, *counts: float) -> instructions.Measured:
    return instructions.Measured(name, dict(zip(instructions.DRIVERS, counts, strict=True)))


def test_the_table_has_ratios_and_their_medians() -> None:
    rows = [row("b", 100, 104, 104, 520), row("a", 100, 102, 51, 102), row("c", 50, 60, 60, 60)]
    assert instructions.medians(rows) == {
        "c / native": pytest.approx(1.04),
        "rust-sys / c": 1.0,
        "rust / c": 1.0,
    }
    lines = instructions.table(rows).splitlines()
    assert lines[2] == "| a | 100 | 102 | 51 | 102 | 1.02 | 0.50 | 1.00 |"
    assert [line[2] for line in lines[2:5]] == ["a", "b", "c"]
    assert "**1.040** (at most 1.05)" in lines[-1]


@pytest.mark.parametrize(
    ("completion", "status"), [(Completion.INEXPRESSIBLE, 0), (Completion.COMPLETED, 1)]
)
def test_a_call_that_was_not_made_is_not_measured(completion: Completion, status: int) -> None:
    program: Program = instructions.programs()["abi_version", instructions.REPETITIONS]
    results = tuple(
        Result(step.operation.opcode, Completion.COMPLETED, 0, (1, 0, 0, 0))
        for step in program.steps
    )
    planned = vm.PlannedRun(1, Driver.C, program.name, encode(program, 1))

    def told(results: tuple[Result, ...]) -> bytes:
        count = len(results)
        return encode_trace(Trace(1, Driver.C, results, RunError.OK, count, 0, 0, 777))

    assert instructions._nanoseconds(planned, told(results)) == 777
    wrong = Result(results[3].opcode, completion, status, (1, 0, 0, 0))
    with pytest.raises(KdmaError, match="did not do what is measured") as caught:
        instructions._nanoseconds(planned, told((*results[:3], wrong, *results[4:])))
    assert "operation 3" in caught.value.finding.where
