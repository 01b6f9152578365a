# SPDX-License-Identifier: GPL-2.0
"""docs/ci.md: its YAML parses, its hook works, and what it names exists."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from kdma import cli, formats
from kdma.paths import PROJECT

TEXT = (PROJECT / "docs/ci.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
HOOK = next(body for kind, body in BLOCKS if kind == "sh")


def test_the_yaml_parses_and_runs_what_it_should() -> None:
    github, gitlab = (yaml.safe_load(body) for kind, body in BLOCKS if kind == "yaml")
    steps = github["jobs"]["check"]["steps"]
    assert [step for step in steps if step.get("run") == "./kdma check"]
    for step in steps[steps.index({"run": "./kdma check"}) + 1 :]:
        assert step["if"] == "always()", "a step after the check is left out when it fails"
    assert gitlab["kdma"]["script"] == ["./kdma check"]
    assert gitlab["kdma"]["artifacts"]["when"] == "always"
    named = set(gitlab["kdma"]["artifacts"]["reports"].values())
    named |= {step["with"]["sarif_file"] for step in steps if "sarif" in step.get("uses", "")}
    named |= {step["run"].removeprefix("cat ") for step in steps if "cat " in step.get("run", "")}
    assert named == {f"out/{name}" for name in formats.NAMES if name != "report.ktap"}


def test_every_format_is_described() -> None:
    for name in formats.NAMES:
        assert f"| `{name}` |" in TEXT


def _commands(text: str) -> list[list[str]]:
    found = re.findall(r"(?:\./|~/kdma/|\"\$)kdma\"? (\w+)((?: [\w./=\"$-]+)*)", text)
    return [[name, *options.replace('"', "").split()] for name, options in found]


def test_every_command_and_option_exists() -> None:
    both = TEXT + (PROJECT / "README.md").read_text()
    commands = _commands(both)
    assert {words[0] for words in commands} >= {"check", "gate", "review"}
    for words in commands:
        if words[0] in ("is", "command"):
            continue
        cli._parser().parse_args(words)
    with pytest.raises(SystemExit):
        cli._parser().parse_args(["gate", "--no-such-option"])


def test_every_target_and_variable_of_make_exists() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    exported = set(" ".join(re.findall(r"^export (.*)$", makefile, re.MULTILINE)).split())
    both = TEXT + (PROJECT / "README.md").read_text()
    calls = re.findall(r"(?:^|`)make (\w+)((?: \w+=\S+)*)", both, re.MULTILINE)
    assert len(calls) > 5
    for target, variables in calls:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
        for name in re.findall(r" (\w+)=", variables):
            assert name in exported, name


# The hook, on a synthetic repository with a command in kdma's place


def git(root: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    command = ["env", *(f"{k}={v}" for k, v in env.items()), "git", *identity, *words]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root, remote = tmp_path / "linux", tmp_path / "remote.git"
    git(tmp_path, "init", "-q", "--bare", str(remote))
    git(tmp_path, "init", "-q", "-b", "master", str(root))
    git(root, "remote", "add", "origin", str(remote))
    git(root, "commit", "-q", "--allow-empty", "-m", "one")
    assert git(root, "push", "-q", "origin", "master").returncode == 0
    hook = root / ".git/hooks/pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK)
    hook.chmod(0o755)
    fake = tmp_path / "kdma"
    fake.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/called\nexit "$CODE"\n')
    fake.chmod(0o755)
    git(root, "commit", "-q", "--allow-empty", "-m", "two")
    return root


@pytest.mark.parametrize(("code", "pushed"), [("0", True), ("1", False), ("2", False)])
def test_the_hook_lets_only_clean_through(tree: Path, code: str, pushed: bool) -> None:
    old, new = (git(tree, "rev-parse", name).stdout.strip() for name in ("HEAD~", "HEAD"))
    done = git(tree, "push", "origin", "master", KDMA=str(tree.parent / "kdma"), CODE=code)
    assert (done.returncode == 0) == pushed
    assert pushed or "is not pushed" in done.stderr
    called = (tree.parent / "called").read_text().split()
    assert called == ["gate", "--kdir", str(tree), "--base", old, "--head", new]
    cli._parser().parse_args(called)


def test_the_hook_knows_new_and_deleted_branches(tree: Path) -> None:
    words = {"KDMA": str(tree.parent / "kdma"), "CODE": "0"}
    old = git(tree, "rev-parse", "HEAD~").stdout.strip()
    assert git(tree, "push", "origin", "master:topic", **words).returncode == 0
    assert f"--base {old} " in (tree.parent / "called").read_text()
    (tree.parent / "called").unlink()
    assert git(tree, "push", "origin", ":topic", **words).returncode == 0
    assert not (tree.parent / "called").exists()


def test_without_the_command_nothing_is_pushed(tree: Path) -> None:
    assert git(tree, "push", "origin", "master", KDMA="/nowhere/kdma").returncode != 0
