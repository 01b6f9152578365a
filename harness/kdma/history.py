# SPDX-License-Identifier: GPL-2.0
"""A kernel repository's history, read without ever writing to it.

All work is done in a scratch repository that borrows the objects of the user's
(objects/info/alternates): their index, HEAD, refs, configuration and working
tree are never touched, and no worktree is registered with them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from kdma.findings import KdmaError

#: How the lines begin that git am ends with.
_ADVICE = ("If you prefer", "To record", "To restore", "When you have", "hint:")
#: Steps of one change that are told apart, at most.
_STEPS = 20


def _run(where: Path, *words: str, input: bytes | None = None) -> subprocess.CompletedProcess[str]:
    """git, with nothing of the user's that could write, ask or sign."""
    told = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # Who owns the repository may be decided here, as the user's git would.
    told |= {name: value for name, value in os.environ.items() if name.startswith("GIT_CONFIG")}
    told |= {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_COMMITTER_NAME": "kdma",
        "GIT_COMMITTER_EMAIL": "kdma@localhost",
        "LC_ALL": "C.UTF-8",
    }
    safe = (
        "core.hooksPath=/dev/null",
        "commit.gpgSign=false",
        "gc.auto=0",
        "advice.detachedHead=0",
    )
    settings = [word for setting in safe for word in ("-c", setting)]
    done = subprocess.run(
        ["git", "--no-pager", *settings, *words],
        cwd=where, env=told, input=input or b"", capture_output=True, check=False,
    )  # fmt: skip
    return subprocess.CompletedProcess(
        done.args,
        done.returncode,
        done.stdout.decode(errors="replace"),
        done.stderr.decode(errors="replace"),
    )


def _must(where: Path, what: str, *words: str) -> str:
    done = _run(where, *words)
    if done.returncode:
        raise KdmaError(
            f"{what} failed",
            where=f"git {' '.join(words)[:200]}, in {where}",
            expected="exit code 0",
            actual=(done.stderr or done.stdout).strip()[-800:] or f"exit code {done.returncode}",
            next="is the repository complete? git fsck; a partial clone needs: git fetch --refetch",
        )
    return done.stdout


class History:
    """Commits of the repository at `kdir`, and their files in a scratch folder."""

    def __init__(self, kdir: Path, scratch: Path) -> None:
        self.kdir, self._git = kdir, scratch / "git"
        self._tree: Path | None = None

    def resolve(self, revision: str, variable: str) -> str:
        """The commit that `revision` names in the user's repository."""
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        done = _run(self.kdir, *words)
        if done.returncode:
            raise KdmaError(
                f"{variable} does not exist: {revision}",
                where=str(self.kdir),
                expected="a revision that git knows there",
                actual=revision,
                next="name a branch, a tag or a commit; is it fetched? git fetch --tags",
            )
        return done.stdout.strip()

    def name(self, commit: str) -> str:
        """A commit as kernel people cite it: 12 digits and the subject."""
        subject = _must(self._git, "reading a commit", "log", "-1", "--format=%s", commit).strip()
        return f'{commit[:12]} ("{subject}")'

    def parents(self, commit: str) -> list[str]:
        """The parents of a commit."""
        words = ("rev-list", "--parents", "-n1", commit)
        return _must(self._git, "reading a commit", *words).split()[1:]

    def commits(self, base: str, head: str, paths: Sequence[str]) -> list[str]:
        """Commits in base..head that touch `paths`, the oldest first."""
        words = ("rev-list", "--reverse", "--topo-order", f"{base}..{head}", "--", *paths)
        return _must(self._git, "listing commits", *words).split()

    def is_ancestor(self, base: str, head: str) -> bool:
        """Is `base` in the history of `head`?"""
        return _run(self._git, "merge-base", "--is-ancestor", base, head).returncode == 0

    def content(self, commit: str, paths: Sequence[str]) -> str:
        """A digest of what `paths` hold in a commit."""
        words = ("ls-tree", commit, "--", *paths)
        listed = _must(self._git, "listing a commit's files", *words)
        return hashlib.sha256(listed.encode()).hexdigest()

    def _at(self, folder: Path) -> tuple[str, ...]:
        """Options of git for the scratch repository with its files in `folder`."""
        return (
            f"--git-dir={self._git}", f"--work-tree={folder}", "-c", "core.sparseCheckout=true",
        )  # fmt: skip

    def tree(self, commit: str, paths: Sequence[str]) -> Path:
        """`paths` of a commit in a scratch folder, good until the next call."""
        if self._tree is None:
            self._tree = self._git.parent / "tree"
            self._tree.mkdir()
        patterns = "".join(f"/{path}\n" for path in paths) if paths else "/*\n"
        (self._git / "info").mkdir(exist_ok=True)
        (self._git / "info/sparse-checkout").write_text(patterns)
        words = (*self._at(self._tree), "read-tree", "--reset", "-u", commit)
        _must(self._tree, "unpacking a commit's files", *words)
        return self._tree

    def apply(self, mailbox: Path, base: str) -> str:
        """The commit that a series makes of `base`; KdmaError if it does not apply."""
        folder = self._git.parent / "series"
        folder.mkdir()
        at = self._at(folder)
        # Nothing is unpacked but what the patches touch.
        (self._git / "info").mkdir(exist_ok=True)
        (self._git / "info/sparse-checkout").write_text("/.kdma-nothing\n")
        _must(folder, "preparing the series", *at, "update-ref", "--no-deref", "HEAD", base)
        _must(folder, "preparing the series", *at, "read-tree", "--reset", "-u", base)
        done = _run(folder, *at, "am", "--3way", "--quiet", "--keep-cr", str(mailbox))
        head = _must(self._git, "reading the series", "rev-parse", "HEAD").strip()
        if done.returncode or head == base:
            told = (done.stdout + done.stderr).splitlines()
            # How to go on is about a tree that the user never sees.
            said = [line for line in told if line.strip() and not line.startswith(_ADVICE)]
            failed = [line for line in said if line.startswith(("Patch fail", "error:", "fatal:"))]
            raise KdmaError(
                "the mailbox does not apply",
                where=str(mailbox),
                expected=f"patches that git am applies on {base[:12]}",
                actual="\n".join((failed or said)[:8]) or "no patch in it",
                next=f"try git am --3way on {base[:12]}; or name the BASE it was made on",
            )
        (self._git / "index").unlink(missing_ok=True)
        return head


@contextmanager
def opened(kdir: Path, scratch: Path) -> Iterator[History]:
    """The history of the repository at `kdir`; work goes under `scratch` and is removed.

    KdmaError if `kdir` is no git repository with commits.
    """
    done = (
        _run(kdir, "rev-parse", "--path-format=absolute", "--git-path", "objects")
        if (kdir.is_dir())
        else None
    )
    if done is None or done.returncode:
        raise KdmaError(
            "KDIR is no git repository",
            where=str(kdir),
            expected="a kernel tree with its history",
            actual=done.stderr.strip()[:300] if done else "no such folder",
            next="make gate KDIR=~/linux BASE=v7.2, with a clone of the kernel at ~/linux",
        )
    objects = Path(done.stdout.strip())
    scratch.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="gate-", dir=scratch))
    try:
        history = History(kdir, work)
        _must(
            work, "making a scratch repository", "init", "--quiet", "--bare", "--template=", "git"
        )
        git = work / "git"
        (git / "objects/info").mkdir(parents=True, exist_ok=True)
        (git / "objects/info/alternates").write_text(f"{objects}\n")
        (git / "HEAD").write_text("ref: refs/heads/kdma\n")
        _must(git, "making a scratch repository", "config", "core.bare", "false")
        with suppress(FileNotFoundError):
            # A shallow clone ends where this file says.
            shutil.copy(objects.parent / "shallow", git / "shallow")
        yield history
    finally:
        shutil.rmtree(work, ignore_errors=True)


def who_brought(
    commits: Sequence[str],
    base: str,
    head: str,
    state: Callable[[str], Hashable],
    parents: Callable[[str], Sequence[str]],
) -> list[str]:
    """The commits that led from the state at `base` to that at `head`, the oldest first.

    `commits` are in topological order, the oldest first. Bisects, so that
    `state`, which may be slow, is asked for few of them; where branches make
    the order a lie it walks. Empty: none of them did.
    """
    found: list[str] = []
    left = list(commits)
    target = state(head)
    while left and len(found) < _STEPS and target != state(base):
        commit = _step(left, target, state, parents)
        if commit is None:
            break
        found.append(commit)
        before = [state(parent) for parent in parents(commit)]
        target = before[0] if before else state(base)
        left = left[: left.index(commit)]
    return found[::-1]


def _step(
    commits: Sequence[str],
    target: Hashable,
    state: Callable[[str], Hashable],
    parents: Callable[[str], Sequence[str]],
) -> str | None:
    """A commit that has the state `target` while none of its parents has."""

    def brought(commit: str) -> bool:
        return state(commit) == target and all(state(each) != target for each in parents(commit))

    low, high = -1, len(commits) - 1
    if state(commits[high]) == target:
        while high - low > 1:
            middle = (low + high) // 2
            if state(commits[middle]) == target:
                high = middle
            else:
                low = middle
        if brought(commits[high]):
            return commits[high]
    return next((commit for commit in reversed(commits) if brought(commit)), None)
