# SPDX-License-Identifier: GPL-2.0
"""Findings that somebody looked at and accepted: acceptances.toml.

`kdma check` reads the file and never writes it; `kdma accept` writes it.
"""

from __future__ import annotations

import datetime
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kdma.findings import ACCEPTABLE, Finding, FindingClass, KdmaError
from kdma.paths import PROJECT

#: The committed file.
PATH = PROJECT / "acceptances.toml"

_HEAD = """\
# SPDX-License-Identifier: GPL-2.0
# Findings that somebody looked at and accepted, sorted by fingerprint.
# Written by kdma accept; read by kdma check. One that has expired, or that
# matches nothing in a full run, is a finding itself.
"""
_TEXTS = ("class", "fingerprint", "kernel", "owner", "reason", "title")
_DATES = ("date", "until")
_OPTIONAL = frozenset({"kernel", "until"})
_NEXT = "mend the line, or restore the file from git; kdma accept writes it"


@dataclass(frozen=True)
class Acceptance:
    """One accepted finding. `until` is the last day on which it holds; None: no end.

    `kernel` is the kind of kernel it was seen on ("7.3 version"); only there a
    full run can say that it matches nothing. Empty: on every kernel.
    `title` and `finding_class` are for the reader.
    """

    fingerprint: str
    finding_class: FindingClass
    title: str
    owner: str
    reason: str
    date: datetime.date
    until: datetime.date | None = None
    kernel: str = ""
    line: int = field(default=0, compare=False)

    def expired(self, today: datetime.date) -> bool:
        """Is the last day over?"""
        return self.until is not None and today > self.until

    def text(self) -> str:
        """As in the file."""
        pairs = [
            ("fingerprint", json.dumps(self.fingerprint)),
            ("class", json.dumps(self.finding_class.value)),
            ("title", _quoted(self.title)),
            ("owner", _quoted(self.owner)),
            ("reason", _quoted(self.reason)),
            ("date", self.date.isoformat()),
        ]
        if self.until is not None:
            pairs.append(("until", self.until.isoformat()))
        if self.kernel:
            pairs.append(("kernel", _quoted(self.kernel)))
        return "\n[[acceptance]]\n" + "".join(f"{key} = {value}\n" for key, value in pairs)

    def as_dict(self) -> dict[str, str | None]:
        """As in report.json."""
        return {
            "owner": self.owner,
            "reason": self.reason,
            "date": self.date.isoformat(),
            "until": self.until.isoformat() if self.until else None,
        }

    @property
    def unused_finding(self) -> Finding:
        """The finding that it matches nothing."""
        finding = Finding(
            FindingClass.ACCEPTANCE,
            f"an acceptance matches nothing: {self.title}",
            f"{PATH.name}:{self.line}",
            f"a finding {self.fingerprint} in a full run",
            "none",
            "",
            ("acceptance", "unused", self.fingerprint),
        )
        return _with_next(finding, f"take it out: make accept FINDING={finding.fingerprint}")

    @property
    def expired_finding(self) -> Finding:
        """The finding that its last day is over."""
        assert self.until is not None
        finding = Finding(
            FindingClass.ACCEPTANCE,
            f"an acceptance has expired: {self.title}",
            f"{PATH.name}:{self.line}",
            f"{self.owner} mends it until {self.until.isoformat()}",
            f"that day is over; the reason was: {self.reason}",
            "",
            ("acceptance", "expired", self.fingerprint),
        )
        return _with_next(
            finding,
            f"mend the finding and take this out: make accept FINDING={finding.fingerprint}; "
            f'or renew it: make accept FINDING={self.fingerprint} REASON="..." UNTIL=date',
        )


def _with_next(finding: Finding, next: str) -> Finding:
    return Finding(
        finding.finding_class, finding.title, finding.where, finding.expected, finding.actual,
        next, finding.identity,
    )  # fmt: skip


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are all TOML's, apart from DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _lines(text: str) -> list[dict[str, int]]:
    """Where each table and its keys stand, for messages."""
    tables: list[dict[str, int]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\s*\[\[\s*acceptance\s*\]\]", line):
            tables.append({"": number})
        elif tables and (match := re.match(r"\s*\"?(\w+)\"?\s*=", line)):
            tables[-1].setdefault(match[1], number)
    return tables


def parse(text: str, where: str = PATH.name) -> dict[str, Acceptance]:
    """The acceptances that `text` holds, by fingerprint; KdmaError with `where`:line."""

    def bad(line: int, expected: str, actual: str) -> KdmaError:
        return KdmaError(
            "the acceptance file is malformed",
            where=f"{where}:{line}",
            expected=expected,
            actual=actual,
            next=_NEXT,
            identity=("acceptances", "malformed"),
        )

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+)", str(error))
        last = len(text.splitlines())
        raise bad(int(place[1]) if place else last, "TOML", str(error)) from None
    tables = data.get("acceptance", [])
    if set(data) - {"acceptance"} or not isinstance(tables, list):
        raise bad(1, "tables [[acceptance]] and nothing else", ", ".join(sorted(data)))
    lines = _lines(text)
    found: dict[str, Acceptance] = {}
    for number, table in enumerate(tables):
        at = lines[number] if number < len(lines) else {"": 1}

        def fault(key: str, expected: str, actual: str, at: dict[str, int] = at) -> KdmaError:
            return bad(at.get(key, at[""]), expected, actual)

        if not isinstance(table, dict):
            raise fault("", "a table", repr(table))
        one = _acceptance(table, at[""], fault)
        if one.fingerprint in found:
            first = found[one.fingerprint].line
            raise fault("fingerprint", f"each fingerprint once; line {first} has it", "twice")
        found[one.fingerprint] = one
    return found


def _acceptance(table: Mapping[str, Any], line: int, fault: Any) -> Acceptance:
    for key in table:
        if key not in _TEXTS + _DATES:
            raise fault(key, "one of " + ", ".join(sorted(_TEXTS + _DATES)), str(key))
    for key in sorted({*_TEXTS, *_DATES} - _OPTIONAL - set(table)):
        raise fault("", f"a value for {key}", "none")
    for key in _TEXTS:
        if key in table and (not isinstance(table[key], str) or not table[key].strip()):
            raise fault(key, f"{key} is a text that is not empty", repr(table[key]))
    for key in _DATES:
        value = table.get(key)
        # A date-time is a date for Python; it has no place here.
        if key in table and (
            not isinstance(value, datetime.date) or isinstance(value, datetime.datetime)
        ):
            raise fault(key, f"{key} is a date such as 2027-01-31, unquoted", repr(value))
    if not re.fullmatch(r"[0-9a-f]{12}", table["fingerprint"]):
        raise fault("fingerprint", "twelve hexadecimal digits", table["fingerprint"])
    if table["class"] not in ACCEPTABLE:
        raise fault("class", "one of " + ", ".join(sorted(ACCEPTABLE)), table["class"])
    return Acceptance(
        table["fingerprint"], FindingClass(table["class"]), table["title"], table["owner"],
        table["reason"], table["date"], table.get("until"), table.get("kernel", ""), line,
    )  # fmt: skip


def read(path: Path = PATH) -> dict[str, Acceptance]:
    """The acceptances in `path`, by fingerprint; none where there is no file."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise KdmaError(
            "the acceptance file cannot be read",
            where=str(path),
            expected="a text in UTF-8",
            actual=str(error),
            next=_NEXT,
            identity=("acceptances", "unreadable"),
        ) from None
    return parse(text, path.name)


def file_text(acceptances: Iterable[Acceptance]) -> str:
    """The whole file, sorted; the same acceptances give the same bytes."""
    ordered = sorted(acceptances, key=lambda one: one.fingerprint)
    return _HEAD + "".join(one.text() for one in ordered)


def kernel_kind(release: str, origin: str) -> str:
    """What a kernel is called in an acceptance: series and origin, "7.3 version".

    Kernels of one series from one origin can be expected to give the same findings.
    """
    series = re.match(r"\d+\.\d+", release)
    return f"{series[0]} {origin}" if series else ""


@dataclass(frozen=True)
class Applied:
    """What acceptances make of findings."""

    findings: list[Finding]
    accepted: list[tuple[Finding, Acceptance]]


def apply(
    findings: Sequence[Finding],
    acceptances: Mapping[str, Acceptance],
    *,
    today: datetime.date,
    full: bool,
    kernel: str,
) -> Applied:
    """Sets accepted findings apart; adds findings for expired and unused acceptances.

    `full`: the run looked everywhere, so that an acceptance without a finding
    is known to match nothing, if it belongs to this kind of `kernel`.
    """
    left: list[Finding] = []
    accepted: list[tuple[Finding, Acceptance]] = []
    seen = set()
    for finding in findings:
        acceptance = acceptances.get(finding.fingerprint)
        seen.add(finding.fingerprint)
        if (
            acceptance is None
            or acceptance.expired(today)
            or finding.finding_class not in ACCEPTABLE
        ):
            left.append(finding)
        else:
            accepted.append((finding, acceptance))
    for fingerprint, acceptance in sorted(acceptances.items()):
        if acceptance.expired(today):
            left.append(acceptance.expired_finding)
        elif full and fingerprint not in seen and acceptance.kernel in ("", kernel):
            left.append(acceptance.unused_finding)
    return Applied(left, accepted)
