# SPDX-License-Identifier: GPL-2.0
"""Environments: what QEMU and the kernel are told."""

import re

import pytest

from kdma.environments import ENVIRONMENTS, find, names
from kdma.findings import KdmaError


def test_names_are_unique_and_found() -> None:
    assert len(set(names())) == len(ENVIRONMENTS)
    for environment in ENVIRONMENTS:
        assert find(environment.name) is environment


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(KdmaError) as raised:
        find("viommu")
    assert "direct" in raised.value.finding.expected


def test_an_iommu_comes_before_all_other_devices() -> None:
    for environment in ENVIRONMENTS:
        devices = [w for w in environment.qemu if re.match(r"[\w-]*iommu", w)]
        assert bool(devices) == environment.translates
        assert "-device" not in environment.qemu or environment.qemu.index("-device") == 2


def test_properties_follow_from_the_command_line() -> None:
    for environment in ENVIRONMENTS:
        assert environment.bounces == ("swiotlb=force" in environment.command_line)
        assert environment.translates == ("intel_iommu=on" in environment.command_line)
        for pattern in environment.expected_log:
            re.compile(pattern)
