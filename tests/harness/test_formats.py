# SPDX-License-Identifier: GPL-2.0
"""Every output format, by its own rules; and none lets `unchecked` look like a pass."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from reports import DIVERGENCE, EVERY_KIND, SPLAT, accepted, report

from kdma import formats
from kdma.findings import Verdict
from kdma.formats import forge, junit, ktap, sarif
from kdma.formats.entries import place_of
from kdma.paths import PROJECT
from kdma.report import Report, publish, render

SCHEMA = json.loads((Path(__file__).parent / "data/sarif-schema-2.1.0.json").read_text())
REPORT_SCHEMA = json.loads((PROJECT / "harness/kdma/report.schema.json").read_text())

every_kind = pytest.mark.parametrize("made", EVERY_KIND.values(), ids=EVERY_KIND.keys())


def test_the_kinds_are_what_they_are_called() -> None:
    for name, made in EVERY_KIND.items():
        assert made.verdict.value == re.split(r"[ ,:]", name)[0], name


@every_kind
def test_report_json_fits_its_schema(made: Report) -> None:
    jsonschema.validate(made.as_dict(), REPORT_SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**made.as_dict(), "surprise": 1}, REPORT_SCHEMA)


# SARIF


@every_kind
def test_sarif_fits_the_official_schema(made: Report) -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.Draft7Validator(SCHEMA).validate(sarif.log(made))


def test_the_schema_would_see_a_fault() -> None:
    log = sarif.log(report(DIVERGENCE))
    log["runs"][0]["results"][0]["level"] = "dreadful"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(SCHEMA).validate(log)


@every_kind
def test_sarif_is_a_pass_only_if_clean(made: Report) -> None:
    run = sarif.log(made)["runs"][0]
    bad = [r for r in run["results"] if r["level"] == "error" and "suppressions" not in r]
    assert bool(bad) == (made.verdict is not Verdict.CLEAN)
    [invocation] = run["invocations"]
    assert invocation["executionSuccessful"] == (made.verdict is not Verdict.UNCHECKED)
    assert invocation["exitCode"] == made.verdict.exit_code
    for result in run["results"]:
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]


def test_sarif_says_where_and_suppresses_what_is_accepted() -> None:
    [result] = sarif.log(accepted(DIVERGENCE))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "tests/behaviour/sync.py"
    assert place["region"]["startLine"] == 107
    assert result["partialFingerprints"] == {"kdma/v1": DIVERGENCE.fingerprint}
    assert "known" in result["suppressions"][0]["justification"]


# Forges


@every_kind
def test_github_gets_commands_and_a_pass_only_if_clean(made: Report) -> None:
    lines = forge.github(made).splitlines()
    for line in lines:
        assert re.fullmatch(
            r"::(error|notice) (file=[^:,]+,line=\d+,)?title=[^:,]+::[^\n\r]+", line
        ), line
    assert any(line.startswith("::error") for line in lines) == (made.verdict is not Verdict.CLEAN)
    assert lines[-1].endswith(f"::verdict%3A {made.verdict.value}")


def test_github_escapes() -> None:
    line = forge.github(report(DIVERGENCE)).splitlines()[0]
    assert line.startswith("::error file=tests/behaviour/sync.py,line=107,title=divergence ")
    assert "100%25 # of them: bytes%0Ain memory" in line


@every_kind
def test_gitlab_has_what_it_needs(made: Report) -> None:
    found = forge.gitlab(made)
    prints = [one["fingerprint"] for one in found]
    assert len(set(prints)) == len(prints)
    for one in found:
        assert set(one) == {"check_name", "description", "fingerprint", "location", "severity"}
        assert one["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert (PROJECT / one["location"]["path"]).is_file()
        assert one["location"]["lines"]["begin"] >= 1
    severities = {one["severity"] for one in found}
    assert bool(severities - {"info"}) == (made.verdict is not Verdict.CLEAN)
    if made.verdict is Verdict.UNCHECKED:
        assert "blocker" in severities


def test_only_files_of_this_repository_are_places() -> None:
    assert place_of("README.md:3, below") == ("README.md", 3)
    assert place_of("README.md") == ("README.md", 1)
    for where in ("include/linux/dma-mapping.h:3", "/etc/passwd:1", "../README.md:1", "direct", ""):
        assert place_of(where) is None, where


# KTAP


class NoKtapError(AssertionError):
    """A line that the document does not allow."""


_POINT = re.compile(r"(ok|not ok) (\d+)( [^#]*?)?( # (SKIP|TODO|XFAIL|TIMEOUT|ERROR)( .*)?)?")


def read_ktap(text: str) -> list[tuple[bool, str, str]]:
    """A strict reader of KTAP version 1: (ok, description, directive) of the points.

    Version line, plan, then as many points as planned, numbered from 1, with
    diagnostic lines before them; subtests are indented by two blanks, begin
    with a version line, and end before their parent's point.
    """
    assert text.endswith("\n")
    lines = text.splitlines()

    def block(at: int, indent: str) -> tuple[list[tuple[bool, str, str]], int]:
        def line(at: int) -> str | None:
            if at >= len(lines) or not lines[at].startswith(indent):
                return None
            return lines[at][len(indent) :]

        if line(at) != "KTAP version 1":
            raise NoKtapError(f"line {at + 1}: no version line")
        plan = re.fullmatch(r"1\.\.(\d+)", line(at + 1) or "")
        if plan is None:
            raise NoKtapError(f"line {at + 2}: no plan")
        at += 2
        points: list[tuple[bool, str, str]] = []
        inner: list[tuple[bool, str, str]] | None = None
        while (now := line(at)) is not None:
            if now == "  KTAP version 1":
                if inner is not None:
                    raise NoKtapError(f"line {at + 1}: subtests without their parent")
                inner, at = block(at, indent + "  ")
                continue
            if now.startswith("#"):
                at += 1
                continue
            match = _POINT.fullmatch(now)
            if match is None or int(match[2]) != len(points) + 1:
                raise NoKtapError(f"line {at + 1}: {now}")
            good = match[1] == "ok"
            if inner is not None:
                if good != all(one[0] for one in inner):
                    raise NoKtapError(f"line {at + 1}: does not say what its subtests say")
                points += []
                inner = None
            points.append((good, (match[3] or "").strip(), match[5] or ""))
            at += 1
        if len(points) != int(plan[1]):
            raise NoKtapError(f"planned {plan[1]}, got {len(points)}")
        return points, at

    points, end = block(0, "")
    if end != len(lines):
        raise NoKtapError(f"line {end + 1}: {lines[end]}")
    return points


@every_kind
def test_ktap_is_read_and_a_pass_only_if_clean(made: Report) -> None:
    points = read_ktap(ktap.text(made))
    bad = [one for one in points if not one[0] and one[2] != "XFAIL"]
    assert bool(bad) == (made.verdict is not Verdict.CLEAN)
    assert points[-1][1] == f"verdict {made.verdict.value}"
    assert points[-1][0] == (made.verdict is Verdict.CLEAN)


def test_the_ktap_reader_is_strict() -> None:
    good = ktap.text(report(DIVERGENCE))
    read_ktap(good)
    for fault in (
        good.replace("KTAP version 1", "TAP version 13", 1),
        good.replace("1..3", "1..4", 1),
        good.replace("not ok 2", "not ok 7"),
        good.replace("ok 1 programs", "not ok 1 programs"),
        good + "trailing words\n",
        good.replace("  1..2", " 1..2"),
    ):
        assert fault != good
        with pytest.raises(NoKtapError):
            read_ktap(fault)


# JUnit

PYTEST = f"""<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="kdma" errors="0"
failures="2" skipped="0" tests="3"><testcase name="a"/><testcase name="b"><failure message="x"
>divergence {DIVERGENCE.fingerprint}: drivers disagree</failure></testcase><testcase name="c"
><failure message="x">divergence {DIVERGENCE.fingerprint}: drivers disagree
kernel-splat {SPLAT.fingerprint}: a warning</failure></testcase></testsuite></testsuites>"""


@every_kind
def test_junit_is_a_pass_only_if_clean(made: Report) -> None:
    for programs in (None, b"<testsuites><tests"):
        root = ElementTree.fromstring(junit.text(made, programs))
        suite = root.findall("testsuite")[-1]
        bad = int(suite.attrib["failures"]) + int(suite.attrib["errors"])
        assert bool(bad) == (made.verdict is not Verdict.CLEAN)
        assert int(suite.attrib["tests"]) == len(suite)
        if made.verdict is Verdict.UNCHECKED:
            assert int(suite.attrib["errors"])


def test_junit_skips_programs_whose_findings_are_accepted() -> None:
    root = ElementTree.fromstring(junit.text(accepted(DIVERGENCE, SPLAT), PYTEST.encode()))
    programs = root[0]
    assert (programs.attrib["failures"], programs.attrib["skipped"]) == ("1", "1")
    assert [case.find("failure") is None for case in programs] == [True, True, False]


# All of them


def test_all_are_written_on_every_run(tmp_path: Path) -> None:
    with (tmp_path / "printed").open("w") as printed:
        publish(report(DIVERGENCE), tmp_path, printed)
    assert {path.name for path in tmp_path.iterdir()} == {
        *formats.NAMES, "printed", "report.json", "report.txt",
    }  # fmt: skip
    told: dict[str, Any] = json.loads((tmp_path / "report.sarif").read_text())
    assert told["version"] == "2.1.0"


def test_the_same_report_gives_the_same_bytes() -> None:
    for made in EVERY_KIND.values():
        assert sarif.log(made) == sarif.log(made)
        assert ktap.text(made) == ktap.text(made)


def test_the_text_has_the_accept_command_and_what_is_accepted() -> None:
    assert f'accept    make accept FINDING={SPLAT.fingerprint} REASON="..."' in render(
        report(SPLAT)
    )
    text = render(accepted(DIVERGENCE))
    assert "make accept" not in text
    assert "accepted:" in text and DIVERGENCE.fingerprint in text
    assert text.splitlines()[-1].endswith(", 1 accepted")
