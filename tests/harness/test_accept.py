# SPDX-License-Identifier: GPL-2.0
"""Accepting findings: what is written, what it does to a run, and bad input."""

from __future__ import annotations

import datetime
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from reports import DIVERGENCE, SPLAT, TODAY, TOOL, acceptance, report

from kdma import (
    abi_baseline,
    accept,
    acceptances,
    baselines,
    cli,
    header_surface,
    kernel_baseline,
    surface,
)
from kdma.accept import Options
from kdma.findings import ACCEPTABLE, Finding, FindingClass, KdmaError, Unchecked, Verdict
from kdma.paths import PROJECT
from kdma.report import Report, write_json

HEADER = "#define KDMA_ABI_VERSION 1\nint kdma_one(void);\n"
ABI = header_surface.read(HEADER, "kdma.h").text()
YESTERDAY = TODAY - datetime.timedelta(days=1)
FILE = acceptances.PATH.name


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a git configuration, and the output of a run beside it."""
    folder = tmp_path / "project"
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for key, value in (("user.name", "A Maintainer"), ("user.email", "a@example.org")):
        subprocess.run(["git", "-C", str(folder), "config", key, value], check=True)
    for name, text in ((abi_baseline.HEADER, HEADER), (abi_baseline.BASELINE, ABI)):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text)
    return folder


def ran(root: Path, made: Report) -> Path:
    """The output folder of a run that ended with `made`."""
    write_json(made, root.parent / "out/report.json")
    return root.parent / "out"


def take(root: Path, made: Report, **words: object) -> int:
    return accept.accept(Options(**words), root=root, output=ran(root, made), today=TODAY)  # type: ignore[arg-type]


# What is written


def test_one_finding_is_written_with_all_that_is_known(root: Path) -> None:
    made = report(DIVERGENCE, SPLAT)
    take(root, made, findings=(SPLAT.fingerprint,), reason="known,\n see list", until="2027-01-31")
    held = acceptances.read(root / FILE)
    assert held == {
        SPLAT.fingerprint: acceptances.Acceptance(
            SPLAT.fingerprint,
            FindingClass.KERNEL_SPLAT,
            "a warning",
            "A Maintainer <a@example.org>",
            "known, see list",
            TODAY,
            datetime.date(2027, 1, 31),
            "7.3 version",
        )
    }


def test_the_file_is_sorted_and_comes_back_the_same() -> None:
    both = [acceptance(SPLAT, TODAY, "7.3 version"), acceptance(DIVERGENCE)]
    text = acceptances.file_text(both)
    assert text == acceptances.file_text(both[::-1])
    held = acceptances.parse(text)
    assert list(held) == sorted(held) and set(held.values()) == set(both)
    assert acceptances.file_text(held.values()) == text


@pytest.mark.parametrize(
    "nasty", ["\x00", "\x1b[1m", "\x7f", '"""', "\\", "\N{PILE OF POO}", "\u2028"]
)
def test_any_text_survives_the_file(nasty: str) -> None:
    one = replace(acceptance(DIVERGENCE), title=f"a {nasty} b", reason=f"{nasty}x")
    assert list(acceptances.parse(acceptances.file_text([one])).values()) == [one]


def test_all_takes_what_can_be_accepted(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take(root, report(DIVERGENCE, SPLAT, TOOL), everything=True, reason="first run")
    assert set(acceptances.read(root / FILE)) == {DIVERGENCE.fingerprint, SPLAT.fingerprint}
    assert f"left out {TOOL.fingerprint} toolchain" in capsys.readouterr().out


def test_what_is_accepted_can_be_renewed(root: Path) -> None:
    take(root, report(SPLAT), findings=(SPLAT.fingerprint,), reason="one", until="2026-12-01")
    made = report(SPLAT)
    made.apply(acceptances.read(root / FILE), TODAY)
    take(root, made, findings=(SPLAT.fingerprint,), reason="two", until="2027-12-01")
    [one] = acceptances.read(root / FILE).values()
    assert (one.reason, one.until) == ("two", datetime.date(2027, 12, 1))


def test_all_rewrites_baselines_through_the_registry(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drift = Finding(FindingClass.API_DRIFT, "moved", "x.h:1", "a", "b", "", ("dma_map",))

    def writer(findings: object, output: Path, root: Path) -> baselines.Rewrite:
        assert (output / "report.json").exists()
        text = "".join(one["title"] for one in findings)  # type: ignore[attr-defined]
        return baselines.Rewrite({root / "base.txt": text}, frozenset({drift.fingerprint}))

    monkeypatch.setattr(accept, "WRITERS", (writer,))
    take(root, report(drift, SPLAT), everything=True, reason="the kernel moved")
    assert (root / "base.txt").read_text() == "moveda warning"
    assert set(acceptances.read(root / FILE)) == {SPLAT.fingerprint}
    monkeypatch.setattr(
        accept, "WRITERS", (lambda *_: baselines.Rewrite({root / "../x": ""}, frozenset()),)
    )
    with pytest.raises(ValueError, match="outside"):
        take(root, report(drift), everything=True, reason="the kernel moved")


def test_all_takes_additions_to_the_c_abi_over_and_nothing_outside_of_the_project(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = HEADER.replace("VERSION 1", "VERSION 2") + "int kdma_two(void);\n"
    (root / abi_baseline.HEADER).write_text(more)
    ours = (PROJECT / abi_baseline.BASELINE).read_bytes()
    take(root, report(), everything=True)
    assert "function kdma_two" in (root / abi_baseline.BASELINE).read_text()
    assert capsys.readouterr().out == f"wrote {abi_baseline.BASELINE}; commit it\n"
    assert (PROJECT / abi_baseline.BASELINE).read_bytes() == ours
    assert not (root / FILE).exists()


def test_the_baseline_of_the_last_runs_kernel_is_rewritten(tmp_path: Path) -> None:
    """With a surface in which the value of an attribute moved."""
    base = kernel_baseline.baseline_for("7.3.4")
    moved = base.read_text().replace(
        "constant DMA_ATTR_NO_WARN | type=unsigned long | value=0x100",
        "constant DMA_ATTR_NO_WARN | type=unsigned long | value=0x999",
    )
    assert moved != base.read_text()
    (tmp_path / kernel_baseline.LAST_RUN).write_text(moved)
    write_json(report(), tmp_path / "report.json")
    before, after = (surface.parse(text, "x") for text in (base.read_text(), moved))
    [finding], _ = kernel_baseline.judge(before, after, {"DMA_ATTR_NO_WARN": "x:1"}, base.stem)
    told = kernel_baseline.rewrite([finding.as_dict()], tmp_path)
    [path] = told.files
    assert path.name == "kernel-7.3.surface" and told.files[path] == moved
    assert told.explained == {finding.fingerprint}
    assert not kernel_baseline.rewrite([SPLAT.as_dict()], tmp_path).files
    assert not kernel_baseline.rewrite([finding.as_dict()], tmp_path / "none").files


# What it does to a run


def test_an_accepted_finding_stands_apart_and_does_not_count() -> None:
    made = report(DIVERGENCE)
    made.apply({DIVERGENCE.fingerprint: acceptance(DIVERGENCE)}, TODAY)
    assert made.verdict is Verdict.CLEAN
    assert made.findings == [] and made.as_dict()["accepted"][0]["acceptance"]["reason"]


def test_the_fingerprint_survives_moved_lines_and_other_values() -> None:
    moved = replace(DIVERGENCE, where="tests/behaviour/sync.py:999", actual="5 bytes", title="t")
    made = report(moved, SPLAT)
    made.apply({DIVERGENCE.fingerprint: acceptance(DIVERGENCE)}, TODAY)
    assert made.findings == [SPLAT]


def test_another_finding_is_not_covered() -> None:
    made = report(SPLAT)
    made.apply({DIVERGENCE.fingerprint: acceptance(DIVERGENCE)}, TODAY)
    assert SPLAT in made.findings and made.verdict is Verdict.FINDINGS


def test_it_holds_until_its_last_day_and_is_a_finding_after_it() -> None:
    held = {DIVERGENCE.fingerprint: acceptance(DIVERGENCE, until=TODAY)}
    made = report(DIVERGENCE)
    made.apply(held, TODAY)
    assert made.verdict is Verdict.CLEAN
    made = report(DIVERGENCE)
    made.apply(held, TODAY + datetime.timedelta(days=1))
    assert [one.finding_class for one in made.findings] == ["divergence", "acceptance"]
    assert "expired" in made.findings[1].title and f"{FILE}:" in made.findings[1].where
    narrowed = report(filtered="ENVS=direct")
    narrowed.apply(held, TODAY + datetime.timedelta(days=1))
    assert narrowed.verdict is Verdict.FINDINGS


def test_one_that_matches_nothing_in_a_full_run_is_a_finding() -> None:
    made = report()
    made.apply({DIVERGENCE.fingerprint: acceptance(DIVERGENCE, kernel="7.3 version")}, TODAY)
    [finding] = made.findings
    assert finding.finding_class is FindingClass.ACCEPTANCE
    assert "matches nothing" in finding.title and made.verdict is Verdict.FINDINGS


@pytest.mark.parametrize(
    "made",
    [
        report(filtered="ENVS=direct"),
        report(TOOL),
        report(unchecked=(Unchecked("driver c", "lost"),)),
        report(comparisons=0),
        report(kernel_release="6.1.100"),
    ],
    ids=["filtered", "broken tool", "something unchecked", "nothing compared", "other kernel"],
)
def test_a_run_that_did_not_look_everywhere_calls_none_unused(made: Report) -> None:
    before = list(made.findings)
    made.apply({DIVERGENCE.fingerprint: acceptance(DIVERGENCE, kernel="7.3 version")}, TODAY)
    assert made.findings == before


def test_what_kept_us_from_checking_stays_even_with_a_forged_acceptance() -> None:
    made = report(TOOL)
    made.apply({TOOL.fingerprint: acceptance(TOOL)}, TODAY)
    assert made.findings == [TOOL] and made.verdict is Verdict.UNCHECKED
    assert not TOOL.accept_command and SPLAT.accept_command
    assert {"acceptance", "harness", "toolchain"}.isdisjoint(ACCEPTABLE)


@pytest.mark.parametrize("all_of_them", [False, True])
def test_unused_ones_are_taken_out(root: Path, all_of_them: bool) -> None:
    (root / FILE).write_text(acceptances.file_text([acceptance(DIVERGENCE), acceptance(SPLAT)]))
    made = report(SPLAT)
    made.apply(acceptances.read(root / FILE), TODAY)
    [unused] = made.findings
    words = {"everything": True} if all_of_them else {"findings": (unused.fingerprint,)}
    assert take(root, made, **words) == 0
    assert set(acceptances.read(root / FILE)) == {SPLAT.fingerprint}


def test_an_expired_one_is_taken_out(root: Path) -> None:
    (root / FILE).write_text(acceptances.file_text([acceptance(DIVERGENCE, until=YESTERDAY)]))
    made = report()
    made.apply(acceptances.read(root / FILE), TODAY)
    [expired] = made.findings
    assert f"FINDING={expired.fingerprint};" in expired.next
    take(root, made, findings=(expired.fingerprint,))
    assert acceptances.read(root / FILE) == {}


# Bad input: a clear message with its place, and nothing written

GOOD = acceptances.file_text([acceptance(DIVERGENCE, until=TODAY)])


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("date = ", "date == ", 12, "Invalid value"),
        ('class = "divergence"', 'class = "toolchain"', 8, "toolchain"),
        ('class = "divergence"', 'class = "divergent"', 8, "divergent"),
        (f'"{DIVERGENCE.fingerprint}"', '"abc"', 7, "twelve"),
        (f'"{DIVERGENCE.fingerprint}"', "7", 7, "text"),
        ("until = 2026-11-24", 'until = "2026-11-24"', 13, "unquoted"),
        ("until = 2026-11-24", "until = 2026-11-24T00:00:00", 13, "date"),
        ("until = 2026-11-24", "till = 2026-11-24", 13, "till"),
        ("date = 2026-11-24\n", "", 6, "date"),
        ("[[acceptance]]", "[acceptance]", 1, "[[acceptance]]"),
        ("[[acceptance]]", "<<<<<<< HEAD\n[[acceptance]]", 6, "TOML"),
        (GOOD, GOOD + GOOD[GOOD.index("[[") :], 15, "twice"),
    ],
)  # fmt: skip
def test_a_malformed_file_is_told_with_its_line(
    root: Path, old: str, new: str, line: int, said: str
) -> None:
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    (root / FILE).write_text(text)
    with pytest.raises(KdmaError) as caught:
        take(root, report(SPLAT), findings=(SPLAT.fingerprint,), reason="r")
    finding = caught.value.finding
    assert finding.where == f"{FILE}:{line}"
    assert said in finding.expected + finding.actual and finding.next
    assert (root / FILE).read_text() == text


def test_a_file_that_is_no_text(root: Path) -> None:
    (root / FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(KdmaError, match="cannot be read"):
        acceptances.read(root / FILE)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({}, "FINDING or ALL"),
        ({"everything": True, "findings": ("0" * 12,), "reason": "r"}, "FINDING or ALL"),
        ({"findings": (SPLAT.fingerprint,)}, "needs a reason"),
        ({"findings": (SPLAT.fingerprint,), "reason": "  "}, "needs a reason"),
        ({"findings": ("0" * 12,), "reason": "r"}, "no finding 000000000000"),
        ({"findings": (TOOL.fingerprint,), "reason": "r"}, "kept us from checking"),
        ({"findings": (SPLAT.fingerprint, TOOL.fingerprint), "reason": "r"}, "kept us"),
        ({"everything": True, "reason": "r", "until": "soon"}, "no day to come"),
        ({"everything": True, "reason": "r", "until": YESTERDAY.isoformat()}, "no day to come"),
    ],
)
def test_bad_words_write_nothing(root: Path, words: dict[str, object], said: str) -> None:
    with pytest.raises(KdmaError, match=said) as caught:
        take(root, report(SPLAT, TOOL), **words)
    assert caught.value.finding.next
    assert not (root / FILE).exists()


@pytest.mark.parametrize("text", [None, "{", "[]", "{}"])
def test_without_a_report_nothing_is_written(root: Path, text: str | None) -> None:
    if text is not None:
        (root.parent / "report.json").write_text(text)
    with pytest.raises(KdmaError) as caught:
        accept.accept(Options(everything=True, reason="r"), root=root, output=root.parent)
    assert "make check" in caught.value.finding.next
    assert not (root / FILE).exists()


def test_without_a_name_in_git(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "-C", str(root), "config", "--unset", "user.email"], check=True)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    with pytest.raises(KdmaError, match="who you are"):
        take(root, report(SPLAT), everything=True, reason="r")
    assert not (root / FILE).exists()


def test_a_full_disk_leaves_the_old_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / FILE).write_text(GOOD)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space"):
        take(root, report(SPLAT), everything=True, reason="r")
    assert (root / FILE).read_text() == GOOD
    assert [path.name for path in root.iterdir() if path.name not in (".git", "c-api")] == [FILE]


def test_the_command_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KDMA_OUT", str(tmp_path))
    monkeypatch.setenv("FINDING", "0123456789ab")
    monkeypatch.setenv("REASON", "r")
    assert cli.main(["accept"]) == 2
    assert "no run whose findings" in capsys.readouterr().err
    (tmp_path / "report.json").write_text(json.dumps(report().as_dict()))
    assert cli.main(["accept"]) == 2
    assert "no finding 0123456789ab" in capsys.readouterr().err


def test_a_check_with_a_malformed_file_stops_before_anything_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KDMA_OUT", str(tmp_path))
    monkeypatch.setattr(acceptances, "read", lambda: acceptances.parse("[[acceptance]]\nx = 1\n"))
    assert cli.main(["check"]) == 2
    assert f"{FILE}:2" in capsys.readouterr().out
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["verdict"] == "unchecked" and told["kernel"]["name"] == ""
