"""Which library is loaded, and what is said when none can be."""

from __future__ import annotations

import os
import re
import shutil

import equipoise as eq
import pytest
from equipoise import _abi, _loader
from support import prints, python

INFO = "import equipoise as eq; info = eq.library_info(); print(info.isa, info.path)"
LEVELS = ("x86-64-v4", "x86-64-v3", "x86-64-v2", "arm64")


def test_info():
    info = eq.library_info()
    assert info.version == eq.__version__ and info.abi_version == _abi.ABI_VERSION
    assert info.isa in info.cpu_levels and set(info.available) <= set(info.cpu_levels) <= set(LEVELS)
    assert os.path.exists(info.path) and info.cpu_levels


@pytest.mark.parametrize("level", eq.library_info().available)
def test_every_level_that_can_be_forced(level):
    isa, path = prints(INFO, EQUIPOISE_ISA=level, EQUIPOISE_LIBRARY=None).split()
    assert isa == level and f"/{level}/" in path


def test_the_best_level_is_taken():
    isa, _ = prints(INFO, EQUIPOISE_ISA=None, EQUIPOISE_LIBRARY=None).split()
    assert isa == eq.library_info().available[0]


@pytest.mark.parametrize("level", ["x86-64-v5", "avx2", "X86-64-V3", "../x86-64-v2"])
def test_a_level_that_there_is_not(level):
    done = python(f"import equipoise as eq\n{INFO}", EQUIPOISE_ISA=level, EQUIPOISE_LIBRARY=None)
    assert done.returncode == 1
    assert re.search(rf"Error: EQUIPOISE_ISA={level}: there is no such level; possible here: .*x86-64-v2|arm64", done.stderr)


def test_a_level_that_the_cpu_does_not_run(monkeypatch):
    monkeypatch.setenv("EQUIPOISE_ISA", "x86-64-v4")
    monkeypatch.delenv("EQUIPOISE_LIBRARY", raising=False)
    monkeypatch.setattr(_loader, "cpu_levels", lambda: ("x86-64-v3", "x86-64-v2"))
    monkeypatch.setattr(_loader, "_carried", lambda level: level == "x86-64-v2")
    with pytest.raises(eq.Error, match="EQUIPOISE_ISA=x86-64-v4: this CPU does not run it; possible here: x86-64-v2$"):
        _loader._library_path()
    monkeypatch.setenv("EQUIPOISE_ISA", "x86-64-v3")
    with pytest.raises(eq.Error, match="EQUIPOISE_ISA=x86-64-v3: this package has no library for it; possible here: x86-64-v2$"):
        _loader._library_path()


@pytest.mark.parametrize(
    ("flags", "levels"),
    [
        (_loader._V4, ("x86-64-v4", "x86-64-v3", "x86-64-v2")),
        (_loader._V4 - {"avx512dq"}, ("x86-64-v3", "x86-64-v2")),
        (_loader._V4 - {"movbe"}, ("x86-64-v2",)),
        (_loader._V3, ("x86-64-v3", "x86-64-v2")),
        (_loader._V2, ("x86-64-v2",)),
        (frozenset({"sse2"}), ()),
    ],
)
def test_levels_follow_from_flags(monkeypatch, flags, levels):
    monkeypatch.setattr(_loader, "_cpu_flags", lambda: flags)
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "host", "6", "1", "x86_64")))
    assert _loader.cpu_levels() == levels


def test_flags_are_those_of_the_kernel():
    with open("/proc/cpuinfo") as file:
        lines = [line for line in file if line.startswith("flags")]
    if lines:
        assert _loader._cpu_flags() == frozenset(lines[0].split(":")[1].split())


def test_no_library_at_all(monkeypatch, tmp_path):
    monkeypatch.setattr(_loader, "_FOLDER", str(tmp_path))
    monkeypatch.delenv("EQUIPOISE_ISA", raising=False)
    monkeypatch.delenv("EQUIPOISE_LIBRARY", raising=False)
    with pytest.raises(eq.Error, match=r"no libequipoise.so.1 for this CPU .*\./build\.sh build makes it"):
        _loader._library_path()


def test_a_library_of_ones_own(tmp_path):
    copy = tmp_path / "elsewhere.so"
    shutil.copy(eq.library_info().path, copy)
    assert prints(INFO, EQUIPOISE_LIBRARY=str(copy)).split()[1] == str(copy)


def test_files_that_are_no_such_library(tmp_path):
    (tmp_path / "text.so").write_text("no library")
    for path in (str(tmp_path / "absent.so"), str(tmp_path / "text.so"), "libm.so.6"):
        done = python(INFO, EQUIPOISE_LIBRARY=path)
        assert done.returncode == 1 and f"equipoise._errors.Error: cannot load {path}" in done.stderr


def test_a_library_of_another_age(monkeypatch):
    monkeypatch.setattr(_abi, "ABI_VERSION", 99)
    with pytest.raises(eq.Error, match="has ABI version 1, this package needs 99"):
        _loader._open(eq.library_info().path)


def test_statuses_become_exceptions():
    from equipoise._errors import fail

    for status, error in [(1, ValueError), (3, MemoryError), (2, eq.Error), (4, eq.Error), (5, eq.Error), (77, eq.Error)]:
        with pytest.raises(error, match="why") as caught:
            fail(status, "why")
        if error is eq.Error:
            assert caught.value.status == {2: "EQP_UNSUPPORTED", 4: "EQP_DEVICE_ERROR", 5: "EQP_INTERNAL_ERROR", 77: "status 77"}[status]


def test_packed_structs_are_the_ctypes_structs():
    for name, struct_type in _abi.STRUCTS.items():
        if name == "eqp_device_properties":  # the library fills it with texts; nobody packs it
            continue
        packer = _abi.packer(struct_type)
        members = len(struct_type._fields_)
        view = struct_type.from_buffer_copy(packer.pack(*range(1, members + 1)))
        assert packer.unpack(bytes(view)) == tuple(range(1, members + 1))
