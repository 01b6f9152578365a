# SPDX-License-Identifier: GPL-2.0
"""SARIF 2.1.0. Accepted findings are suppressed results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kdma.findings import Verdict
from kdma.formats.entries import NO_PLACE, RULES, Entry, State, entries

if TYPE_CHECKING:
    from kdma.report import Report

_ORDER = sorted(RULES)


def _result(entry: Entry) -> dict[str, Any]:
    path, line = entry.place or NO_PLACE
    result: dict[str, Any] = {
        "ruleId": entry.rule,
        "ruleIndex": _ORDER.index(entry.rule),
        "kind": "fail",
        "level": "error" if entry.state.is_bad else "note",
        "message": {"text": entry.text},
        "partialFingerprints": {"kdma/v1": entry.fingerprint},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": path, "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": line},
                }
            }
        ],
    }
    if entry.state is State.ACCEPTED:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": entry.reason}
        ]
    return result


def log(report: Report) -> dict[str, Any]:
    """A SARIF log of one run.

    What could not be checked is a result of level error, and the invocation
    was no success then: most readers look at nothing but the results.
    """
    found = list(entries(report))
    notes = [entry for entry in found if entry.state is State.NOTE]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "kdma",
                        "rules": [
                            {
                                "id": rule,
                                "shortDescription": {"text": RULES[rule]},
                                "defaultConfiguration": {"level": "error"},
                            }
                            for rule in _ORDER
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {
                        "executionSuccessful": report.verdict is not Verdict.UNCHECKED,
                        "exitCode": report.verdict.exit_code,
                        "exitCodeDescription": report.verdict.value,
                        "toolExecutionNotifications": [
                            {"level": "note", "message": {"text": entry.text}} for entry in notes
                        ],
                    }
                ],
                "results": [_result(entry) for entry in found if entry.state is not State.NOTE],
            }
        ],
    }
