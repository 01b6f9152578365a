# SPDX-License-Identifier: GPL-2.0
"""`kdma accept`: takes findings of the last run over, with a reason."""

from __future__ import annotations

import datetime
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdma import abi_baseline, acceptances, baselines, kernel_baseline
from kdma.acceptances import Acceptance
from kdma.files import write_atomically
from kdma.findings import ACCEPTABLE, FindingClass, KdmaError
from kdma.paths import PROJECT, output_root

#: Who knows what a baseline becomes, in the order in which they are asked.
WRITERS: tuple[baselines.Writer, ...] = (abi_baseline.rewrite, kernel_baseline.rewrite)


@dataclass(frozen=True)
class Options:
    """What the user asked for. `until` is a date as text; empty: no end."""

    findings: tuple[str, ...] = ()
    everything: bool = False
    reason: str = ""
    until: str = ""


def _until(text: str, today: datetime.date) -> datetime.date | None:
    if not text:
        return None
    try:
        until = datetime.date.fromisoformat(text)
    except ValueError:
        until = None
    if until is None or until < today:
        raise KdmaError(
            "UNTIL is no day to come",
            where="UNTIL",
            expected="a date from today on, such as " + f"{today.year + 1}-01-31",
            actual=text,
            next="name the last day on which the acceptance holds, or leave UNTIL out",
        )
    return until


def _owner(root: Path) -> str:
    """Who accepts: name and address from git's configuration."""
    told = {}
    for key in ("user.name", "user.email"):
        done = subprocess.run(
            ["git", "config", "--get", key], cwd=root, capture_output=True, text=True, check=False
        )
        told[key] = done.stdout.strip()
        if not told[key]:
            raise KdmaError(
                "git does not know who you are",
                where="git config",
                expected=f"a value for {key}",
                actual="none",
                next=f'run: git config --global {key} "..."',
            )
    return f"{told['user.name']} <{told['user.email']}>"


def last_report(output: Path) -> Mapping[str, Any]:
    """report.json of the last run."""
    path = output / "report.json"
    again = "run: make check, then make accept again"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise KdmaError(
            "there is no run whose findings could be accepted",
            where=str(path),
            expected="the report of the last run",
            actual="no such file",
            next=again,
        ) from None
    except (OSError, ValueError) as error:
        raise KdmaError(
            "the report of the last run cannot be read",
            where=str(path),
            expected="JSON",
            actual=str(error),
            next=again,
        ) from None
    parts = ("accepted", "findings", "kernel")
    if not isinstance(data, dict) or any(part not in data for part in parts):
        raise KdmaError(
            "the report of the last run is of another version of kdma",
            where=str(path),
            expected="an object with " + ", ".join(parts),
            actual="not all of them are there",
            next=again,
        )
    return data


def _chosen(options: Options, report: Mapping[str, Any], output: Path) -> list[Mapping[str, Any]]:
    """The findings that are meant; KdmaError for one that is not there or cannot be accepted."""
    findings: list[Mapping[str, Any]] = report["findings"]
    if options.everything:
        return [one for one in findings if one["class"] in ACCEPTABLE]
    known = {one["fingerprint"]: one for one in (*report["accepted"], *findings)}
    for fingerprint in options.findings:
        if fingerprint not in known:
            raise KdmaError(
                f"the last run has no finding {fingerprint}",
                where=str(output / "report.json"),
                expected="one of " + (", ".join(sorted(known)) or "none: it has no findings"),
                actual=fingerprint,
                next="take the id that stands beside the finding in the last run's report",
            )
        if known[fingerprint]["class"] not in {*ACCEPTABLE, FindingClass.ACCEPTANCE}:
            raise KdmaError(
                f"finding {fingerprint} cannot be accepted: it kept us from checking",
                where=known[fingerprint]["where"],
                expected="a finding about the code under test: " + ", ".join(sorted(ACCEPTABLE)),
                actual=f"{known[fingerprint]['class']}: {known[fingerprint]['title']}",
                next=known[fingerprint]["next"],
            )
    return [
        known[one] for one in sorted(set(options.findings)) if known[one]["class"] in ACCEPTABLE
    ]


def _taken_out(
    held: Mapping[str, Acceptance], report: Mapping[str, Any], options: Options
) -> set[str]:
    """Acceptances that the last run found expired or unused, and that are to go."""
    reported = {one["fingerprint"] for one in report["findings"]}
    asked = reported if options.everything else reported & set(options.findings)
    return {
        fingerprint
        for fingerprint, one in held.items()
        if one.unused_finding.fingerprint in asked
        or (one.until is not None and one.expired_finding.fingerprint in asked)
    }


def _check_words(options: Options) -> None:
    usage = 'make accept FINDING=id REASON="..." [UNTIL=date], or make accept ALL=1 REASON="..."'
    if options.everything == bool(options.findings):
        raise KdmaError(
            "say which findings: FINDING or ALL, and not both",
            where="FINDING, ALL",
            expected="the id of a finding, or ALL=1",
            actual="both" if options.everything else "neither",
            next=usage,
        )


def _check_reason(options: Options, chosen: Sequence[Mapping[str, Any]]) -> None:
    if chosen and not options.reason.strip():
        raise KdmaError(
            "an acceptance needs a reason",
            where="REASON",
            expected="why this finding is all right, for those who read it later",
            actual="nothing",
            next='make accept FINDING=id REASON="..." [UNTIL=date]',
        )


def accept(
    options: Options,
    *,
    root: Path = PROJECT,
    output: Path | None = None,
    today: datetime.date | None = None,
) -> int:
    """Writes acceptances.toml, and with ALL the baselines. Returns the exit code.

    Nothing is written unless all of it can be said.
    """
    output = output or output_root()
    today = today or datetime.date.today()
    _check_words(options)
    until = _until(options.until, today)
    path = root / acceptances.PATH.name
    held = acceptances.read(path)
    report = last_report(output)
    chosen = _chosen(options, report, output)
    gone = _taken_out(held, report, options)
    _check_reason(options, chosen)
    rewrites = baselines.rewrites(WRITERS, chosen, output, root) if options.everything else []
    explained = frozenset[str]().union(*(one.explained for one in rewrites))
    owner = _owner(root) if chosen else ""
    kernel = acceptances.kernel_kind(report["kernel"]["release"], report["kernel"]["origin"])
    new = {
        one["fingerprint"]: Acceptance(
            one["fingerprint"],
            FindingClass(one["class"]),
            one["title"],
            owner,
            " ".join(options.reason.split()),
            today,
            until,
            kernel,
        )
        for one in chosen
        if one["fingerprint"] not in explained
    }
    kept = {key: one for key, one in held.items() if key not in gone}
    if new or gone:
        write_atomically(path, acceptances.file_text({**kept, **new}.values()))
    for rewrite in rewrites:
        for file, text in sorted(rewrite.files.items()):
            write_atomically(file, text)
            print(f"wrote {file.relative_to(root)}; commit it")
    _tell(path.name, new, gone - set(new), report, options, rewritten=bool(rewrites))
    return 0


def _tell(
    name: str,
    new: Mapping[str, Acceptance],
    gone: set[str],
    report: Mapping[str, Any],
    options: Options,
    *,
    rewritten: bool,
) -> None:
    for fingerprint in sorted(gone):
        print(f"took out {fingerprint}")
    for fingerprint, one in sorted(new.items()):
        until = f" until {one.until.isoformat()}" if one.until else ""
        print(f"accepted {fingerprint} {one.finding_class.value}: {one.title}{until}")
    if options.everything:
        for one in report["findings"]:
            if one["class"] not in {*ACCEPTABLE, FindingClass.ACCEPTANCE}:
                print(f"left out {one['fingerprint']} {one['class']}: it kept us from checking")
    if new or gone:
        print(f"wrote {name}; commit it")
    elif not rewritten:
        print("nothing to accept")
