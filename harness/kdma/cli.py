# SPDX-License-Identifier: GPL-2.0
"""The `kdma` command."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from kdma.findings import KdmaError
from kdma.process import end_on_signals


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.replace(",", " ").split() if name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kdma",
        description="Keeps C and Rust in step over the Linux DMA API.",
        epilog="Exit codes: 0 clean, 1 findings, 2 unchecked (could not check).",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    check = commands.add_parser(
        "check",
        help="build, boot, run the programs, compare, report",
        description="Builds the C ABI and all drivers for a kernel, boots it in each environment, "
        "runs the same DMA programs through every driver and compares. Reports go to out/.",
    )
    check.add_argument("--kdir", type=Path, metavar="PATH", help="a kernel tree; never written to")
    check.add_argument(
        "--kernel", metavar="VERSION", help="a version's source package, such as 7.3"
    )
    check.add_argument(
        "--envs",
        type=_names,
        default=(),
        metavar="NAMES",
        help="environments, comma-separated, or all",
    )
    check.add_argument(
        "--drivers", type=_names, default=(), metavar="NAMES", help="drivers, comma-separated"
    )
    check.add_argument(
        "--program",
        action="append",
        default=[],
        metavar="NAME",
        help="the program of this name alone (its whole sentence); may be repeated",
    )
    check.add_argument(
        "--deterministic",
        action="store_true",
        help="the same bytes in reports and traces from run to run (as DETERMINISTIC=1)",
    )
    check.add_argument(
        "--gdb",
        action="store_true",
        help="stop the guest before its first program and say how gdb gets at it (as GDB=1); "
        "takes one environment",
    )
    check.add_argument(
        "arguments",
        nargs=argparse.REMAINDER,
        help="after --: handed to pytest, such as -k coherent",
    )

    accept = commands.add_parser(
        "accept",
        help="accept findings of the last run, with a reason",
        description="Reads the findings of the last run (out/report.json) and writes "
        "acceptances.toml. FINDING, ALL, REASON and UNTIL of the environment are read too.",
    )
    accept.add_argument(
        "--finding", type=_names, default=(), metavar="IDS", help="ids, comma-separated"
    )
    accept.add_argument(
        "--all", action="store_true", help="all findings about the code under test; baselines too"
    )
    accept.add_argument("--reason", default="", metavar="TEXT", help="why it is all right")
    accept.add_argument("--until", default="", metavar="DATE", help="the last day that it holds")

    review = commands.add_parser(
        "review",
        help="what a change of the bindings means, and what caused it",
        description="Compares the bindings, kdma.h and the kernel baselines of a base with the "
        "working tree. Exit code 1: something is breaking, or silently wrong.",
    )
    review.add_argument(
        "--base", default="", metavar="REV", help="instead of the merge base with the main branch"
    )
    review.add_argument("--markdown", action="store_true", help="for a comment in a forge")

    gate = commands.add_parser(
        "gate",
        help="what a range of kernel commits, or a series, does to the DMA API",
        description="Compares the kernel's DMA API at both ends of a range and names the commit "
        "that brought each change. The tree is never written to. KDIR, BASE, HEAD and MBOX of "
        "the environment are read too.",
    )
    gate.add_argument("--kdir", type=Path, metavar="PATH", help="a kernel's git repository")
    gate.add_argument("--base", default="", metavar="REV", help="the older end")
    gate.add_argument("--head", default="", metavar="REV", help="the newer end, instead of HEAD")
    gate.add_argument("--mbox", type=Path, metavar="FILE", help="a series to judge on the base")
    gate.add_argument("--behaviour", action="store_true", help="run the programs at both ends too")
    gate.add_argument(
        "--bisect", action="store_true", help="for git bisect run: 125 (skip) instead of 2"
    )

    fuzz = commands.add_parser(
        "fuzz",
        help="random programs, right and wrong ones, in every driver",
        description="Makes random programs from a seed, runs them in every driver and compares. "
        "COUNT, SEED, ONLY, WILD, KDIR, KERNEL, ENVS and DRIVERS of the environment are read too.",
    )
    fuzz.add_argument("--kdir", type=Path, metavar="PATH", help="a kernel tree; never written to")
    fuzz.add_argument("--kernel", metavar="VERSION", help="such as 7.3-kasan")
    fuzz.add_argument("--envs", type=_names, default=(), metavar="NAMES")
    fuzz.add_argument("--drivers", type=_names, default=(), metavar="NAMES")
    fuzz.add_argument(
        "--count", default="", metavar="N", help="programs in each environment (1000)"
    )
    fuzz.add_argument("--seed", default="", metavar="N", help="they are made from it (1)")
    fuzz.add_argument("--only", default="", metavar="N", help="one of them, or some: 17, 10-20")
    fuzz.add_argument(
        "--wild", action="store_true", help="also what is known to go wrong in the kernel"
    )

    setup = commands.add_parser("setup", help="install what is missing, and nothing else")
    setup.add_argument("--yes", action="store_true", help="do not ask (as ASSUME_YES=1)")
    commands.add_parser("doctor", help="what is there, what is missing, what that switches off")
    commands.add_parser("environments", help="list the environments: what each is, which run")
    coverage = commands.add_parser(
        "coverage", help="the kernel's DMA functions: reached by what, or why not"
    )
    coverage.add_argument("--kernel", metavar="VERSION", default="", help="default: the newest")
    commands.add_parser(
        "generate", help="write the generated files: executors, bindings, docs/coverage.md"
    )
    test = commands.add_parser("test", help="this project's own tests")
    test.add_argument("arguments", nargs=argparse.REMAINDER, help="after --: handed to pytest")
    commands.add_parser("lint", help="the linters alone")
    mutants = commands.add_parser(
        "mutants",
        help="which faults at the boundary are noticed",
        description="Makes faults over the whole ABI, one at a time, and asks kdma's own checks. "
        "LAYER, FUNCTION, FAULT, SAMPLE, PEERS and ANEW of the environment are read too. An "
        "interrupted run goes on where it was. Reports go to out/mutants/. Exit code 1: below the "
        "committed floor, or a harmless edit was noticed; 2: something could not be judged.",
    )
    mutants.add_argument("--layer", type=_names, default=(), metavar="NAMES", help="only these")
    mutants.add_argument("--function", default="", metavar="PATTERN", help="only such names")
    mutants.add_argument(
        "--fault", type=_names, default=(), metavar="KEYS", help="these alone, and all about them"
    )
    mutants.add_argument(
        "--sample", default="", metavar="SIZE", help="a stratified part: 90s, or 10%%"
    )
    mutants.add_argument("--anew", action="store_true", help="forget what earlier runs found")
    mutants.add_argument(
        "--peers",
        action="store_true",
        help="ask other tools too, in a part of the run as well (PEERS=0: never)",
    )
    mutants.add_argument(
        "--install-peers", action="store_true", help="fetch these tools into the cache, no more"
    )
    mutants.add_argument(
        "--kernel", metavar="VERSION", help="default: 7.3, which the committed floor is about"
    )
    bench = commands.add_parser("bench", help="measure speed")
    bench.add_argument("--kernel", metavar="VERSION", default="7.3")
    bench.add_argument(
        "--instructions", action="store_true", help="the table of instructions per call alone"
    )
    return parser


def _pytest_words(words: Sequence[str]) -> tuple[str, ...]:
    """Words after --, and those in ARGS."""
    given = tuple(words[1:] if words[:1] == ["--"] else words)
    try:
        return (*shlex.split(os.environ.get("ARGS", "")), *given)
    except ValueError as error:
        raise KdmaError(
            f"ARGS is not well quoted: {error}",
            where="ARGS",
            expected="words as a shell would take them",
            actual=os.environ.get("ARGS", ""),
            next="for example: make check ARGS=\"-k 'partial sync' -x\"",
        ) from None


def _check(arguments: argparse.Namespace) -> int:
    from kdma import check

    return check.check(
        check.Options(
            kdir=_path(arguments.kdir, "KDIR"),
            version=arguments.kernel or os.environ.get("KERNEL") or None,
            environments=arguments.envs or _names(os.environ.get("ENVS", "")),
            drivers=arguments.drivers or _names(os.environ.get("DRIVERS", "")),
            programs=tuple(arguments.program) or _one(os.environ.get("PROGRAM", "")),
            deterministic=arguments.deterministic or _is_set("DETERMINISTIC"),
            gdb=arguments.gdb or _is_set("GDB"),
            arguments=_pytest_words(arguments.arguments),
        )
    )


def _one(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _path(given: Path | None, variable: str) -> Path | None:
    """A path from the command line, or from the environment."""
    return given or (Path(os.environ[variable]) if os.environ.get(variable) else None)


def _gate(arguments: argparse.Namespace) -> int:
    from kdma import gate

    return gate.gate(
        gate.Options(
            kdir=_path(arguments.kdir, "KDIR"),
            base=arguments.base or os.environ.get("BASE", ""),
            head=arguments.head or os.environ.get("HEAD", ""),
            mbox=_path(arguments.mbox, "MBOX"),
            behaviour=arguments.behaviour,
        )
    )


def _number(given: str, variable: str, otherwise: int) -> int:
    """A number from the command line, or from the environment. KdmaError for anything else."""
    text = given or os.environ.get(variable, "") or str(otherwise)
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise KdmaError(
            f"{variable} is no number",
            expected="digits",
            actual=text,
            next=f"for example: make fuzz {variable}={otherwise}",
        )
    return int(text)


def _range(text: str) -> range | None:
    """One number, or first-last; None for nothing. KdmaError for anything else."""
    if not text:
        return None
    first, dash, last = text.partition("-")
    numbers = range(
        _number(first or "-", "ONLY", 0), _number(last if dash else first, "ONLY", 0) + 1
    )
    if not numbers:
        raise KdmaError(
            "ONLY names no program",
            expected="a number, or first-last",
            actual=text,
            next="for example: make fuzz ONLY=17",
        )
    return numbers


def _fuzz(arguments: argparse.Namespace) -> int:
    from kdma import check, fuzz

    count = _number(arguments.count, "COUNT", 1000)
    if not count:
        raise KdmaError("COUNT=0 asks for nothing", next="for example: make fuzz COUNT=1000")
    return fuzz.fuzz(
        fuzz.Options(
            count=count,
            seed=_number(arguments.seed, "SEED", 1),
            only=_range(arguments.only or os.environ.get("ONLY", "")),
            wild=arguments.wild or _is_set("WILD"),
            check=check.Options(
                kdir=_path(arguments.kdir, "KDIR"),
                version=arguments.kernel or os.environ.get("KERNEL") or None,
                environments=arguments.envs or _names(os.environ.get("ENVS", "")),
                drivers=arguments.drivers or _names(os.environ.get("DRIVERS", "")),
            ),
        )
    )


def _is_set(variable: str) -> bool:
    return os.environ.get(variable, "") not in ("", "0")


def _accept(arguments: argparse.Namespace) -> int:
    from kdma import accept

    return accept.accept(
        accept.Options(
            findings=arguments.finding or _names(os.environ.get("FINDING", "")),
            everything=arguments.all or _is_set("ALL"),
            reason=arguments.reason or os.environ.get("REASON", ""),
            until=arguments.until or os.environ.get("UNTIL", ""),
        )
    )


def _doctor() -> int:
    from kdma import toolchain

    return toolchain.print_doctor()


def _list_environments() -> int:
    from kdma.environments import ENVIRONMENTS

    for each in ENVIRONMENTS:
        print(f"{each.name:<18} {each.description}" + (" (usual)" if each.usual else ""))
        print(f"{'':<18}   kernel: {each.command_line or 'nothing'}")
        print(f"{'':<18}   QEMU: {' '.join(each.qemu)}")
    return 0


def _generate() -> int:
    from functools import partial

    from kdma import bindings, generate
    from kdma.paths import PROJECT, cache_root

    # The bindings first: they are of kdma.h alone, and told even where the rest needs
    # somebody to say more.
    written = 0
    for write in (partial(bindings.generate, cache_root()), generate.write):
        for path in write():
            print(f"wrote {path.relative_to(PROJECT)}", flush=True)
            written += 1
    if not written:
        print("nothing to do: all generated files are up to date")
    return 0


def _coverage(version: str) -> int:
    from kdma import coverage
    from kdma.kernel import DOCUMENTED

    version = version or DOCUMENTED
    rows, stale = coverage.of_version(version)
    print(coverage.markdown(rows, version), end="")
    gaps = [row.name for row in rows if row.is_gap]
    if gaps:
        print(f"\nneither reached nor excused in c-api/exceptions.toml: {', '.join(gaps)}")
    if stale and version == DOCUMENTED:
        print(f"\nexceptions that match nothing: {', '.join(stale)}")
    return 1 if gaps else 0


def _mutants(arguments: argparse.Namespace) -> int:
    from kdma.kernel import DOCUMENTED, KernelRequest
    from kdma.mutants import run

    if arguments.install_peers:
        from kdma.mutants.peers import tools

        return tools.install()
    given = os.environ.get
    kdir, version = _path(None, "KDIR"), arguments.kernel or given("KERNEL") or None
    if not kdir and not version:
        version = DOCUMENTED
    return run.mutants(
        run.Options(
            layers=arguments.layer or _names(given("LAYER", "")),
            function=arguments.function or given("FUNCTION", ""),
            faults=arguments.fault or _names(given("FAULT", "")),
            sample=arguments.sample or given("SAMPLE", ""),
            anew=arguments.anew or _is_set("ANEW"),
            peers=arguments.peers or (_is_set("PEERS") if given("PEERS") else None),
            kernel=KernelRequest(kdir=kdir, version=version),
        )
    )


def _dispatch(arguments: argparse.Namespace) -> int:
    command = arguments.command
    if command == "coverage":
        return _coverage(arguments.kernel)
    if command == "check":
        return _check(arguments)
    if command == "fuzz":
        return _fuzz(arguments)
    if command == "accept":
        return _accept(arguments)
    if command == "review":
        from kdma import review

        base = arguments.base or os.environ.get("BASE", "")
        return review.review(review.Options(base, arguments.markdown))
    if command == "gate":
        return _gate(arguments)
    if command == "setup":
        from kdma import toolchain

        toolchain.setup(assume_yes=arguments.yes or _is_set("ASSUME_YES"))
        return 0
    if command == "mutants":
        return _mutants(arguments)
    if command == "environments":
        return _list_environments()
    if command == "doctor":
        return _doctor()
    if command == "generate":
        return _generate()
    if command in ("lint", "test"):
        from kdma import selftest

        words = () if command == "lint" else _pytest_words(arguments.arguments)
        return selftest.run(words, lint_only=command == "lint")
    from kdma import bench

    return bench.run(arguments.kernel, instructions_only=arguments.instructions)


def main(words: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    arguments = _parser().parse_args(words)
    end_on_signals()
    code = _run(arguments)
    # git bisect run takes 125 for "skip this commit", and 2 for "bad".
    return 125 if code == 2 and getattr(arguments, "bisect", False) else code


def _run(arguments: argparse.Namespace) -> int:
    try:
        return _dispatch(arguments)
    except KdmaError as error:
        print(error.finding.message(), file=sys.stderr)
        print("verdict: unchecked")
        return 2
    except KeyboardInterrupt:
        print("\nkdma: interrupted; nothing is left running", file=sys.stderr)
        print("verdict: unchecked - interrupted")
        return 130
    except Exception as error:
        # Python's own exit code for it would be 1, which says "findings".
        where = traceback.extract_tb(error.__traceback__)[-1]
        print(f"kdma: a fault of kdma itself: {type(error).__name__}: {error}", file=sys.stderr)
        print(f"  where     {where.filename}:{where.lineno} in {where.name}", file=sys.stderr)
        if os.environ.get("V"):
            traceback.print_exc()
        else:
            print("  next      run it again with V=1 for the whole story", file=sys.stderr)
        print("verdict: unchecked")
        return 2


if __name__ == "__main__":
    sys.exit(main())
