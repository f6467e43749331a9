"""The sections that time, each in a process of its own: `section(name)` gives a dictionary for the results."""

from __future__ import annotations

import os
from threading import Thread
from typing import Any, Callable

import equipoise as eq
import torch
from contestants import Batch
from rounds import race, ratio, summary

ROWS, COLUMNS = 64, 51200
ROUNDS, SLOW_ROUNDS = 61, 9
WORKERS_SPIN = 0.02  # seconds


def one_thread() -> dict[str, Any]:
    """Everybody on one core, 64 x 51200."""
    pin()
    f32, bf16 = Batch(ROWS, COLUMNS), Batch(ROWS, COLUMNS, torch.bfloat16)
    calls = {
        "equipoise": f32.solve(),
        "equipoise_alpha_only": f32.alpha_only(),
        "equipoise_bf16": bf16.solve(),
        "two_log_softmax": f32.two_log_softmax(),
        "two_log_softmax_bf16": bf16.two_log_softmax(),
    }
    calls.update(_yardstick(f32))
    fast = race(calls, ROUNDS)
    slow = race({"equipoise": f32.solve(), **f32.slow()}, SLOW_ROUNDS)
    ratios = [ratio(fast, "equipoise", name) for name in ("two_log_softmax", "yardstick") if name in fast]
    ratios += [ratio(fast, name, "equipoise") for name in ("equipoise_alpha_only", "equipoise_bf16")]
    ratios.append(ratio(fast, "equipoise_bf16", "two_log_softmax_bf16"))
    ratios += [ratio(slow, name, "equipoise") for name in slow if name != "equipoise"]
    return {"isa": eq.library_info().isa, "ms": _summaries({**slow, **fast}), "ratios": ratios}


def level() -> dict[str, Any]:
    """A lower level of the library (EQUIPOISE_ISA) beside a yardstick for it."""
    pin()
    f32 = Batch(ROWS, COLUMNS)
    calls = {"equipoise": f32.solve(), "two_log_softmax": f32.two_log_softmax(), **_yardstick(f32)}
    times = race(calls, ROUNDS)
    ratios = [ratio(times, "equipoise", name) for name in times if name != "equipoise"]
    return {"isa": eq.library_info().isa, "ms": _summaries(times), "ratios": ratios}


def single_row() -> dict[str, Any]:
    """What a call of one row from Python takes above its share of a call of 64."""
    pin()
    batch = Batch(ROWS, COLUMNS)
    kinds = {
        "": batch.one_row(torch.Tensor.numpy),
        "into_given_memory_": batch.one_row(torch.Tensor.numpy, given=True),
        "of_tensors_": batch.one_row(),
        "of_tensors_into_given_memory_": batch.one_row(given=True),
    }
    times = race({"batch": batch.solve(), "row_by_row": batch.row_by_row(), **kinds}, ROUNDS)
    above = {f"above_share_{kind}us": above_share(times[kind], times["batch"], 1) for kind in kinds}
    above["above_share_row_by_row_us"] = above_share(times["row_by_row"], times["batch"], ROWS)
    return {**above, "ms": _summaries({f"one_row_{kind}".rstrip("_") if kind in kinds else kind: times[kind] for kind in times})}


def above_share(seconds: list[float], batch: list[float], calls: int) -> dict[str, Any]:
    """Microseconds of a call of one row above 1/64 of the batch's."""
    return summary([second / calls - whole / ROWS for second, whole in zip(seconds, batch)], 1e6)


def two_threads() -> dict[str, Any]:
    """Two threads against one, not pinned; and what the machine gives two callers who share nothing but it."""
    if len(os.sched_getaffinity(0)) < 2:
        return {"skipped": "this process may use one core only"}
    batch = Batch(ROWS, COLUMNS)
    torch.set_num_threads(2)
    ours = race({"equipoise_1": batch.solve(1), "equipoise_2": batch.solve(2)}, ROUNDS)
    both = race({"equipoise_2": batch.solve(2), "two_log_softmax_2": batch.two_log_softmax()}, ROUNDS, WORKERS_SPIN)
    alone, other = _several(batch.solve(1)), _several(Batch(ROWS, COLUMNS).solve(1))
    apart = race({"one_caller": alone, "two_callers": lambda: _at_once(alone, other)}, ROUNDS, WORKERS_SPIN)
    return {
        "ms": _summaries({**both, **ours, **apart}),
        "ratios": [ratio(ours, "equipoise_1", "equipoise_2"), ratio(both, "equipoise_2", "two_log_softmax_2")],
        "two_callers_gain": 2 * ratio(apart, "one_caller", "two_callers")["median"],
    }


def _several(call: Callable[[], Any]) -> Callable[[], Any]:
    """Calls enough that starting a thread for them does not show."""
    return lambda: [call() for _ in range(8)]


def _at_once(call: Callable[[], Any], other: Callable[[], Any]) -> None:
    thread = Thread(target=other)
    thread.start()
    call()
    thread.join()


def pin() -> None:
    """One core for this process: EQUIPOISE_BENCH_CORE, or the last one it may use."""
    core = int(os.environ.get("EQUIPOISE_BENCH_CORE", max(os.sched_getaffinity(0))))
    os.sched_setaffinity(0, {core})
    torch.set_num_threads(1)


def _yardstick(batch: Batch) -> dict[str, Any]:
    path = os.environ.get("EQUIPOISE_YARDSTICK")
    return {"yardstick": batch.yardstick(path)} if path else {}


def _summaries(times: dict[str, list[float]]) -> dict[str, Any]:
    return {name: summary(seconds) for name, seconds in times.items()}


SECTIONS = {"one_thread": one_thread, "level": level, "single_row": single_row, "two_threads": two_threads}
