"""Finds, checks and loads ``libequipoise.so.1``: once, at the first call that needs it.

The package carries one library per instruction-set level; the best one that this CPU runs is taken. ``EQUIPOISE_ISA`` forces a
level, ``EQUIPOISE_LIBRARY`` names another file.
"""

from __future__ import annotations

import os
from ctypes import CDLL
from typing import Any, Callable, NamedTuple

from . import _abi
from ._errors import Error, fail

# What a CPU must have for each level, as /proc/cpuinfo spells it (abm is lzcnt), best first. The kernel leaves out what it does not
# save across context switches.
_V2 = frozenset("cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3".split())
_V3 = _V2 | frozenset("avx avx2 bmi1 bmi2 f16c fma abm movbe".split())
_V4 = _V3 | frozenset("avx512f avx512bw avx512cd avx512dq avx512vl".split())
_LEVELS: tuple[tuple[str, frozenset[str]], ...] = (("x86-64-v4", _V4), ("x86-64-v3", _V3), ("x86-64-v2", _V2))

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_lib")
_NAME = "libequipoise.so.1"


class LibraryInfo(NamedTuple):
    """What runs, and why."""

    version: str
    """The library's version."""
    abi_version: int
    """EQP_ABI_VERSION of the library."""
    isa: str
    """The instruction-set level that the library was built for."""
    path: str
    """The file that was loaded."""
    cpu_levels: tuple[str, ...]
    """The levels that this CPU runs, best first."""
    available: tuple[str, ...]
    """Those of them that this package carries, best first."""


class Library:
    """The loaded library: one attribute per C function. The first access loads it."""

    path: str
    eqp_abi_version: Callable[[], int]
    eqp_version: Callable[[], bytes]
    eqp_isa: Callable[[], bytes]
    eqp_last_error: Callable[[], bytes]
    eqp_solve_options_init: Callable[..., int]
    eqp_solve: Callable[..., int]
    eqp_equilibrium_loss: Callable[..., int]
    eqp_equilibrium_loss_backward: Callable[..., int]
    eqp_solve_many_options_init: Callable[..., int]
    eqp_solve_many: Callable[..., int]
    eqp_solve_gaussian_options_init: Callable[..., int]
    eqp_solve_gaussian: Callable[..., int]
    eqp_divergence_options_init: Callable[..., int]
    eqp_divergence: Callable[..., int]
    eqp_weight_options_init: Callable[..., int]
    eqp_importance_weights: Callable[..., int]
    eqp_reward_table_options_init: Callable[..., int]
    eqp_reward_table_create: Callable[..., int]
    eqp_reward_table_read: Callable[..., int]
    eqp_reward_table_free: Callable[..., None]
    eqp_answer_options_init: Callable[..., int]
    eqp_answer_rewards: Callable[..., int]
    eqp_running_mean_create: Callable[..., int]
    eqp_running_mean_update: Callable[..., int]
    eqp_running_mean_read: Callable[..., int]
    eqp_running_mean_state_size: Callable[..., int]
    eqp_running_mean_save: Callable[..., int]
    eqp_running_mean_restore: Callable[..., int]
    eqp_running_mean_free: Callable[..., None]
    eqp_robbins_monro_options_init: Callable[..., int]
    eqp_robbins_monro_create: Callable[..., int]
    eqp_robbins_monro_step: Callable[..., int]
    eqp_robbins_monro_read: Callable[..., int]
    eqp_robbins_monro_state_size: Callable[..., int]
    eqp_robbins_monro_save: Callable[..., int]
    eqp_robbins_monro_restore: Callable[..., int]
    eqp_robbins_monro_free: Callable[..., None]
    eqp_alpha_tracker_options_init: Callable[..., int]
    eqp_alpha_tracker_create: Callable[..., int]
    eqp_alpha_tracker_update: Callable[..., int]
    eqp_alpha_tracker_update_off_path: Callable[..., int]
    eqp_alpha_tracker_read: Callable[..., int]
    eqp_alpha_tracker_state_size: Callable[..., int]
    eqp_alpha_tracker_save: Callable[..., int]
    eqp_alpha_tracker_restore: Callable[..., int]
    eqp_alpha_tracker_free: Callable[..., None]
    eqp_dvoretzky_options_init: Callable[..., int]
    eqp_dvoretzky: Callable[..., int]
    eqp_sgd_options_init: Callable[..., int]
    eqp_sgd: Callable[..., int]
    eqp_topk_options_init: Callable[..., int]
    eqp_solve_topk: Callable[..., int]
    eqp_partial_options_init: Callable[..., int]
    eqp_partial_statistics: Callable[..., int]
    eqp_partial_merge: Callable[..., int]
    eqp_partial_solve: Callable[..., int]
    eqp_partial_sweep: Callable[..., int]
    eqp_partial_refine: Callable[..., int]
    eqp_device_count: Callable[..., int]
    eqp_device_info: Callable[..., int]
    eqp_device_open: Callable[..., int]
    eqp_device_close: Callable[..., None]
    eqp_device_allocate: Callable[..., int]
    eqp_device_free: Callable[..., None]
    eqp_device_workspace_size: Callable[..., int]
    eqp_device_solve: Callable[..., int]
    eqp_device_synchronize: Callable[..., int]
    eqp_device_solve_host: Callable[..., int]

    def __getattr__(self, name: str) -> Any:
        if name != "path" and name not in _abi.FUNCTIONS:
            raise AttributeError(name)
        path = _library_path()
        self.__dict__.update(_open(path))
        self.path = path
        return self.__dict__[name]

    def check(self, status: int) -> None:
        """Raises the exception for a status other than EQP_OK, with the library's text."""
        if status:
            self.fail(status)

    def fail(self, status: int) -> None:
        """Raises the exception for a status other than EQP_OK, with the library's text."""
        fail(status, self.eqp_last_error().decode())


library = Library()


def library_info() -> LibraryInfo:
    """Which library runs: version, ABI, instruction set, file, and what this CPU could run.

    Loads the library if nothing did so before. ``equipoise.Error`` when there is none that fits. Thread safe.
    """
    levels = cpu_levels()
    return LibraryInfo(
        library.eqp_version().decode(),
        library.eqp_abi_version(),
        library.eqp_isa().decode(),
        library.path,
        levels,
        tuple(level for level in levels if _carried(level)),
    )


def cpu_levels() -> tuple[str, ...]:
    """The instruction-set levels that this CPU runs, best first."""
    if os.uname().machine in ("aarch64", "arm64"):
        return ("arm64",)
    flags = _cpu_flags()
    return tuple(level for level, needed in _LEVELS if needed <= flags)


def _cpu_flags() -> frozenset[str]:
    """The flags of the first CPU; only the start of /proc/cpuinfo is read, which is long and slow on large machines."""
    try:
        with open("/proc/cpuinfo", "rb", buffering=0) as file:
            text = b""
            while b"\nflags" not in text or b"\n" not in text.split(b"\nflags", 1)[1]:
                part = file.read(8192)
                if not part:
                    break
                text += part
    except OSError:
        return _V2
    line = text.partition(b"\nflags")[2].partition(b"\n")[0]
    return frozenset(line.decode("ascii", "replace").partition(":")[2].split()) or _V2


def _carried(level: str) -> bool:
    return os.path.exists(_level_path(level))


def _level_path(level: str) -> str:
    return os.path.join(_FOLDER, level, _NAME)


def _library_path() -> str:
    override = os.environ.get("EQUIPOISE_LIBRARY")
    if override:
        return override
    levels = cpu_levels()
    available = [level for level in levels if _carried(level)]
    forced = os.environ.get("EQUIPOISE_ISA")
    if forced:
        return _level_path(_checked(forced, levels, available))
    if not available:
        raise Error(f"no {_NAME} for this CPU ({', '.join(levels) or os.uname().machine}) in {_FOLDER}: ./build.sh build makes it")
    return _level_path(available[0])


def _checked(forced: str, levels: tuple[str, ...], available: list[str]) -> str:
    if forced in available:
        return forced
    why = "this package has no library for it" if forced in levels else "this CPU does not run it"
    if forced not in levels and forced not in [level for level, _ in _LEVELS]:
        why = "there is no such level"
    raise Error(f"EQUIPOISE_ISA={forced}: {why}; possible here: {', '.join(available) or 'none'}")


def _open(path: str) -> dict[str, Callable[..., Any]]:
    try:
        functions = _abi.bind(CDLL(path))
    except (OSError, AttributeError) as error:
        raise Error(f"cannot load {path}: {error}") from error
    found = functions["eqp_abi_version"]()
    if found != _abi.ABI_VERSION:
        raise Error(f"{path} has ABI version {found}, this package needs {_abi.ABI_VERSION}")
    return functions
