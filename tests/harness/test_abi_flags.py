# SPDX-License-Identifier: GPL-2.0
"""Objects that were compiled otherwise than the kernel's modules are found by their flags."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdma import abi_flags, rust
from kdma.findings import FindingClass, KdmaError

KERNEL = ("-D__KERNEL__", "-fshort-wchar", "-funsigned-char", "-fno-common", "-fno-PIE", "-m64",
          "-fno-strict-aliasing", "-mno-sse", "-mno-80387", "-mno-red-zone", "-mcmodel=kernel",
          "-mfunction-return=thunk-extern", "-fcf-protection=branch", "-O2", "-Wall",
          "-fno-asynchronous-unwind-tables", "-fno-jump-tables", "-DMODULE",
          "-fno-delete-null-pointer-checks", "-fno-strict-overflow", "-mfentry",
          "-mno-fp-ret-in-387", "-mskip-rax-setup")  # fmt: skip
RUST = ("--target=x86_64-unknown-none", "-Ccode-model=kernel", "-Cforce-unwind-tables=n",
        "-Cno-redzone=y", "-Copt-level=2", "-Cpanic=abort", "-Crelocation-model=static",
        "-Zcf-protection=branch", "-Zfunction-return=thunk-extern",
        "-Cjump-tables=n")  # fmt: skip


def _settings(c: tuple[str, ...] = KERNEL, more: tuple[str, ...] = RUST) -> list[str]:
    found, unchecked = abi_flags.judge({"c-api/sync.c": c}, {"kdma_rust": [more]}, KERNEL)
    assert unchecked == []
    assert {one.finding_class for one in found} <= {FindingClass.BINDING_DRIFT}
    return [one.identity[2] for one in found]


def test_the_same_flags_are_no_finding() -> None:
    assert _settings() == []


@pytest.mark.parametrize(
    ("flag", "setting"),
    [
        ("-D_LP64=2", "configuration: _LP64"),
        ("-DCONFIG_NEED_SG_DMA_LENGTH=1", "configuration: CONFIG_NEED_SG_DMA_LENGTH"),
        ("-fpack-struct=2", "packing of structs"),
        ("-fsigned-char", "sign of char"),
        ("-mabi=ms", "calling convention"),
        ("-mred-zone", "red zone"),
        ("-msse2", "registers: sse2"),
    ],
)
def test_another_flag_of_a_c_file_is_found(flag: str, setting: str) -> None:
    assert _settings((*KERNEL, flag)) == [setting]


@pytest.mark.parametrize(
    ("lost", "setting"),
    [
        ("-D__KERNEL__", "configuration: __KERNEL__"),
        ("-funsigned-char", "sign of char"),
        ("-mno-red-zone", "red zone"),
    ],
)
def test_a_flag_that_a_c_file_lost_is_found(lost: str, setting: str) -> None:
    assert _settings(tuple(word for word in KERNEL if word != lost)) == [setting]


@pytest.mark.parametrize(
    ("flag", "setting"),
    [
        ("-Cno-redzone=no", "red zone"),
        ("-Cpanic=unwind", "exceptions"),
        ("-Crelocation-model=pic", "position independence"),
        ("-Ctarget-feature=+avx,+sse2", "registers: avx"),
        ("-Zcf-protection=none", "branch tracking"),
        ("-Zfunction-return=keep", "returns"),
    ],
)
def test_another_flag_of_rust_is_found(flag: str, setting: str) -> None:
    assert setting in _settings(more=(*RUST, flag))


def test_what_the_kernel_has_and_rust_lacks_is_found() -> None:
    without = tuple(word for word in RUST if "function-return" not in word)
    assert _settings(more=without) == ["returns"]


def test_older_words_of_rustc_mean_the_same() -> None:
    words = ("-mindirect-branch=thunk-extern", "-mharden-sls=all")
    features = ("+retpoline-external-thunk,+retpoline-indirect-calls,"
                "+harden-sls-ijmp,+harden-sls-ret")  # fmt: skip
    kernel = (*KERNEL, *words)
    older = (*RUST, f"-Ctarget-feature={features}")
    newer = (*RUST, "-Zretpoline-external-thunk=y", "-Zharden-sls=all")
    for flags in (older, newer):
        assert abi_flags.judge({}, {"kdma_rust": [flags]}, kernel) == ([], [])


@pytest.mark.parametrize("flag", ["-O3", "-Wextra", "-g1", "-DKDMA_X", "-fno-tree-vrp", "-m64"])
def test_what_optimises_warns_or_describes_is_no_finding(flag: str) -> None:
    assert _settings((*KERNEL, flag)) == []


def test_an_unknown_flag_leaves_the_check_incomplete() -> None:
    for c, more in (((*KERNEL, "-fnew-layout"), RUST), (KERNEL, (*RUST, "-Znew-layout=x"))):
        found, [left] = abi_flags.judge({"c-api/sync.c": c}, {"kdma_rust": [more]}, KERNEL)
        assert found == [] and "new-layout" in left.what and not left.explained


def test_a_setting_is_found_once_for_all_crates_of_an_object() -> None:
    crates = [(*RUST, "-Cno-redzone=n")] * 3
    [found] = abi_flags.judge({}, {"kdma_rust": crates}, KERNEL)[0]
    assert "kdma_rust: compiled with -Cno-redzone=n" in found.title


def test_an_object_without_a_record_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "kdma_rust.o"
    with pytest.raises(KdmaError, match="how a Rust object was compiled"):
        abi_flags.of_rust({"kdma_rust": path})
    rust.record_of(path).write_text('[["-Cno-redzone=y"]]')
    assert abi_flags.of_rust({"kdma_rust": path}) == {"kdma_rust": [("-Cno-redzone=y",)]}


def test_settings_are_sorted_and_their_other_values_differ() -> None:
    names = [one.name for one in abi_flags.SETTINGS]
    assert len(set(names)) == len(names) and names == sorted(names)
    for one in abi_flags.SETTINGS:
        assert one.others or not one.c, one.name
        assert any(abi_flags.differs(KERNEL, flag) for flag in one.others), one.name
        assert all(abi_flags.differs(RUST, flag, is_rust=True) or flag in RUST or "=n" in flag
                   or "=none" in flag for flag in one.rust_others), one.name  # fmt: skip
