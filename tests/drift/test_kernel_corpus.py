# SPDX-License-Identifier: GPL-2.0
"""Every fault in a kernel header is one finding at the right name; harmless edits are none."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import kernel_faults
import pytest
from kernel_faults import Headers

from kdma import kernel_baseline, kernel_surface
from kdma.findings import FindingClass
from kdma.kernel import KernelRequest, prepare_headers
from kdma.kernel_surface import Input
from kdma.surface import Surface
from kdma.surface_compare import compare

if TYPE_CHECKING:
    from figures import Figures, Row

pytest_plugins = ("figures",)

Edit = Callable[[Headers], None]


@pytest.fixture(scope="module")
def real() -> tuple[Input, Surface]:
    """The default kernel's headers as they are."""
    given = kernel_surface.input_of(prepare_headers(KernelRequest()))
    return given, kernel_surface.read(given)


@pytest.fixture(scope="module")
def row(request: pytest.FixtureRequest, figures: Figures) -> Iterator[Row]:
    """How many edits there were."""
    made = figures.of("the kernel's headers")
    yield made
    mine = [item for item in request.session.items if item.path == request.path]
    if len(mine) == len(kernel_faults.FAULTS) + len(kernel_faults.HARMLESS):
        assert made.faults >= 90
        assert made.harmless >= 45


def _edited(real: tuple[Input, Surface], edit: Edit) -> tuple[Headers, Surface]:
    given, before = real
    headers = Headers(given, before)
    edit(headers)
    assert headers.expected, "the edit found nothing to edit"
    return headers, kernel_surface.read(dataclasses.replace(given, replaced=headers.texts))


@pytest.mark.parametrize("fault", kernel_faults.FAULTS, ids=lambda f: f.__name__)
def test_a_fault_is_one_finding_at_its_name(
    real: tuple[Input, Surface], row: Row, fault: Edit
) -> None:
    headers, after = _edited(real, fault)
    row.faults += len(headers.expected)
    told = [(c.name, c.change) for c in compare(real[1], after) if c.alarm]
    expected = sorted(headers.expected.items())
    row.told += len(set(expected) & set(told))
    assert sorted(told) == expected
    used = {name.partition(".")[0]: "c-api/x.c:1" for name in headers.expected}
    findings, _ = kernel_baseline.judge(real[1], after, used, "kernel")
    assert {f.finding_class for f in findings} == {FindingClass.API_DRIFT}
    assert sorted(f.title.split(":")[0] for f in findings) == sorted(headers.expected)


@pytest.mark.parametrize("edit", kernel_faults.HARMLESS, ids=lambda f: f.__name__)
def test_a_harmless_edit_is_none(real: tuple[Input, Surface], row: Row, edit: Edit) -> None:
    headers, after = _edited(real, edit)
    row.harmless += len(headers.expected)
    alarms = [c.text() for c in compare(real[1], after) if c.alarm]
    row.alarms += len(alarms)
    assert alarms == []
