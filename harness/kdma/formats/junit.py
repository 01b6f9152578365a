# SPDX-License-Identifier: GPL-2.0
"""JUnit XML: pytest's suite of programs, and a suite for all that is no program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from kdma.findings import Verdict
from kdma.formats.entries import State, entries

if TYPE_CHECKING:
    from kdma.report import Report

#: How the plugin begins each finding in the text of a failure.
_FINDING = re.compile(r"^[a-z-]+ ([0-9a-f]{12}): ", re.MULTILINE)
#: Characters that XML 1.0 has no form for.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _count(suite: Element) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for name, tag in (("errors", "error"), ("failures", "failure"), ("skipped", "skipped")):
        suite.set(name, str(sum(case.find(tag) is not None for case in cases)))


def _programs(suite: Element, accepted: set[str]) -> None:
    """Programs whose every finding is accepted are skipped, not failed."""
    for case in suite.findall("testcase"):
        failure = case.find("failure")
        if failure is None:
            continue
        named = set(_FINDING.findall(failure.text or ""))
        if named and named <= accepted:
            case.remove(failure)
            SubElement(case, "skipped", message="accepted: " + ", ".join(sorted(named)))
    _count(suite)


def _without_times(suite: Element) -> None:
    suite.attrib.pop("hostname", None)
    suite.attrib.pop("timestamp", None)
    for element in (suite, *suite.findall("testcase")):
        element.set("time", "0")


def _verdict(report: Report) -> Element:
    suite = Element("testsuite", name="kdma verdict", time="0")
    for entry in entries(report):
        name = _clean(f"{entry.title} [{entry.fingerprint}]")
        case = SubElement(suite, "testcase", classname=f"kdma.{entry.rule}", name=name, time="0")
        tag = {State.FINDING: "failure", State.UNCHECKED: "error"}.get(entry.state, "skipped")
        message = entry.reason if tag == "skipped" else entry.title
        SubElement(case, tag, message=_clean(message)).text = _clean(entry.detail)
    case = SubElement(suite, "testcase", classname="kdma", name="verdict", time="0")
    if report.verdict is not Verdict.CLEAN:
        tag = "failure" if report.verdict is Verdict.FINDINGS else "error"
        SubElement(case, tag, message=f"verdict: {report.verdict.value}")
    _count(suite)
    return suite


def text(report: Report, programs: bytes | None) -> str:
    """The whole file. `programs` is what pytest wrote, if it did."""
    root = Element("testsuites", name="kdma")
    if programs is not None:
        try:
            told = ElementTree.fromstring(programs)
        except ElementTree.ParseError:
            # Cut off; the report says why, and the verdict below counts.
            told = root
        accepted = {finding.fingerprint for finding, _ in report.accepted}
        for suite in told.iter("testsuite"):
            _programs(suite, accepted)
            if report.deterministic:
                _without_times(suite)
            root.append(suite)
    root.append(_verdict(report))
    ElementTree.indent(root, " ")
    body = ElementTree.tostring(root, encoding="unicode")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + body + "\n"
