# SPDX-License-Identifier: GPL-2.0
"""Environments: what QEMU and the kernel are told."""

import re

import pytest

from kdma.environments import ENVIRONMENTS, choose, find, names
from kdma.findings import KdmaError
from kdma.programs import load_all


def test_names_are_unique_and_found() -> None:
    assert len(set(names())) == len(ENVIRONMENTS)
    for environment in ENVIRONMENTS:
        assert find(environment.name) is environment


def test_choosing() -> None:
    usual = [environment.name for environment in choose(())]
    assert usual == ["direct", "swiotlb", "iommu-strict"]
    assert choose(["all"]) == ENVIRONMENTS
    assert [e.name for e in choose(["virtio-iommu", "direct"])] == ["direct", "virtio-iommu"]


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(KdmaError) as raised:
        choose(["direct", "viommu"])
    assert "direct" in raised.value.finding.expected


def test_an_iommu_comes_before_all_other_devices() -> None:
    for environment in ENVIRONMENTS:
        devices = [w for w in environment.qemu if re.match(r"(intel-|virtio-)iommu", w)]
        assert bool(devices) == bool(re.search("iommu", environment.name))
        assert "-device" not in environment.qemu or environment.qemu.index("-device") == 2


def test_properties_follow_from_the_command_line() -> None:
    for environment in ENVIRONMENTS:
        words = environment.command_line
        forced = re.search(r"swiotlb=(?:(\d+),)?force", words)
        # Only half of the memory is below 4 GiB, which is all that 32 bits reach.
        beyond = any("max-ram-below-4g=256M" in word for word in environment.qemu)
        narrow = environment.device_bits == 32
        assert beyond or not narrow
        assert environment.bounces == (forced is not None or narrow)
        assert environment.above_4g == ((beyond and not narrow) or "forcedac=1" in words)
        slots = forced and forced[1]
        assert environment.bounce_slots == (int(slots) if slots else None)
        assert environment.translates == ("iommu.passthrough=0" in words)
        assert environment.lazy == ("iommu.strict=0" in words)
        assert ("CONFIG_INTEL_IOMMU" in environment.needs) == ("intel_iommu=on" in words)
        for pattern in environment.expected_log:
            re.compile(pattern)


def test_the_driver_of_the_device_is_told_how_wide_it_is() -> None:
    assert find("direct").module_parameters == "device_bits=64 untrusted=0"
    assert find("mask-32bit").module_parameters == "device_bits=32 untrusted=0"
    assert find("iommu-untrusted").module_parameters == "device_bits=64 untrusted=1"


def test_what_is_not_trusted_runs_only_what_is_made_for_it() -> None:
    untrusted = [each for each in ENVIRONMENTS if each.untrusted]
    assert [each.name for each in untrusted] == ["iommu-untrusted"]
    made = [program for program in load_all() if program.runs_in(untrusted[0])]
    assert made
    others = [each for each in ENVIRONMENTS if not each.untrusted]
    assert not any(program.runs_in(each) for program in made for each in others)
