"""Times the CUDA path beside PyTorch on the same device, into bench/results.

    python bench/gpu/run.py [--quick]      with the package on PYTHONPATH

Contestants are timed by CUDA events, interleaved, in rounds; ratios are those within a round. The reference and the compiled Newton make
temporaries of several times the inputs, so they get as many rows at a time as fit.
"""

from __future__ import annotations

import argparse
import ctypes
import datetime
import importlib.util
import json
import pathlib
import re
import statistics
import time
from typing import Any, Callable

import equipoise as eq
import torch

HERE = pathlib.Path(__file__).resolve().parent
RESULTS = HERE.parent / "results"
SHAPES = ((16384, 131072), (64, 51200))
DTYPES = (torch.float32, torch.bfloat16)
STREAMS = 5  # each input twice, q once
TEMPORARIES = 12  # matrices that the slow contestants hold at once, generously
Call = Callable[[], Any]


def in_pytorch() -> Any:
    """The demo's module of PyTorch implementations."""
    spec = importlib.util.spec_from_file_location("demo_contestants", HERE.parents[1] / "demo" / "contestants.py")
    if spec is None or spec.loader is None:
        raise ImportError("demo/contestants.py is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows_that_fit(rows: int, columns: int, dtype: Any) -> int:
    """As many of the rows as the device has memory for: inputs, q and two log_softmax."""
    free, _ = torch.cuda.mem_get_info()
    return min(rows, int(0.8 * free) // (5 * columns * dtype.itemsize))


def in_pieces(function: Callable[..., Any], theta: Any, target: Any) -> Call:
    """The function over as many rows at a time as fit, one after the other."""
    free, _ = torch.cuda.mem_get_info()
    step = max(1, min(len(theta), int(0.8 * free) // (TEMPORARIES * 4 * theta.shape[1])))

    def call() -> None:
        for first in range(0, len(theta), step):
            function(theta[first : first + step], target[first : first + step])

    return call


def contestants(theta: Any, target: Any) -> dict[str, Call]:
    """Who races, by name."""
    module = in_pytorch()
    q, spare = torch.empty_like(theta), torch.empty_like(theta)
    out = {"alpha": torch.empty(len(theta), dtype=torch.float64), "q": q}
    compiled = torch.compile(module.newton, dynamic=False)

    def two_log_softmax() -> None:
        torch.log_softmax(theta, -1, out=q)
        torch.log_softmax(target, -1, out=spare)

    def reference(a: Any, b: Any) -> Any:
        return module.reference(torch.softmax(a.float(), -1), torch.softmax(b.float(), -1))

    return {
        "equipoise": lambda: eq.solve(theta, target, outputs=(), out=out),
        "copy": lambda: q.copy_(theta),
        "two_log_softmax": two_log_softmax,
        "newton_compiled": in_pieces(lambda a, b: compiled(a.float(), b.float()), theta, target),
        "reference": in_pieces(reference, theta, target),
    }


def seconds(call: Call) -> float:
    """Device time of one call."""
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    call()
    end.record()
    end.synchronize()
    return float(begin.elapsed_time(end)) / 1e3


def race(calls: dict[str, Call], rounds: int) -> dict[str, list[float]]:
    """Seconds by name, one a round; the slow ones in the first rounds only."""
    for call in calls.values():
        call()
    torch.cuda.synchronize()
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds):
        for name, call in calls.items():
            if turn < 3 or name not in ("reference", "newton_compiled"):
                times[name].append(seconds(call))
    return times


def times_faster(times: dict[str, list[float]], name: str) -> float:
    """How many times our time a contestant takes, within each round."""
    return statistics.median(theirs / ours for theirs, ours in zip(times[name], times["equipoise"]))


def host_cost(theta: Any, target: Any, calls: int = 200) -> float:
    """Microseconds until an asynchronous call comes back, with memory for the results given."""
    out = {"alpha": torch.empty(len(theta), dtype=torch.float64), "q": torch.empty_like(theta)}
    costs = []
    for _ in range(calls):
        begun = time.perf_counter()
        eq.solve(theta, target, outputs=(), out=out)
        costs.append(time.perf_counter() - begun)
        torch.cuda.synchronize()
    return statistics.median(costs) * 1e6


def measured(rows: int, columns: int, dtype: torch.dtype, rounds: int) -> dict[str, Any]:
    """One shape and type."""
    solved = rows_that_fit(rows, columns, dtype)
    theta, target = torch.randn(solved, columns, dtype=dtype), torch.randn(solved, columns, dtype=dtype)
    times = race(contestants(theta, target), rounds)
    medians = {name: statistics.median(values) for name, values in times.items()}
    size = theta.numel() * theta.element_size()
    bandwidth = 2 * size / medians["copy"]
    return {
        "shape": [rows, columns],
        "rows_solved": solved,
        "dtype": str(dtype).removeprefix("torch."),
        "rounds": rounds,
        "ms": {name: value * 1e3 for name, value in medians.items()},
        "copy_gb_per_s": bandwidth / 1e9,
        "share_of_copy_bandwidth": STREAMS * size / medians["equipoise"] / bandwidth,
        "times_faster": {name: times_faster(times, name) for name in times if name != "equipoise"},
    }


def about() -> dict[str, Any]:
    """Device, driver, versions, date."""
    version = ctypes.c_int()
    ctypes.CDLL("libcuda.so.1").cuDriverGetVersion(ctypes.byref(version))
    return {
        "device": torch.cuda.get_device_name(),
        "capability": ".".join(map(str, torch.cuda.get_device_capability())),
        "driver_cuda": f"{version.value // 1000}.{version.value % 1000 // 10}",
        "torch": torch.__version__,
        "equipoise": eq.library_info().version,
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
    }


def main() -> None:
    """Races every shape and type, prints and writes the figures."""
    parser = argparse.ArgumentParser(description="Equipoise beside PyTorch on a GPU")
    parser.add_argument("--quick", action="store_true", help="the small shape alone, fewer rounds, printed and not written")
    quick = parser.parse_args().quick
    device: Any = torch  # PyTorch 2 has the call
    device.set_default_device("cuda")
    results: dict[str, Any] = {"machine": about(), "races": []}
    for rows, columns in SHAPES[1:] if quick else SHAPES:
        for dtype in DTYPES:
            results["races"].append(measured(rows, columns, dtype, 5 if quick else 21))
            torch.cuda.empty_cache()
    results["host_cost_us"] = host_cost(torch.randn(8, 4096), torch.randn(8, 4096))
    print(json.dumps(results, indent=1))
    if not quick:
        name = re.sub("[^a-z0-9]+", "-", str(results["machine"]["device"]).lower()).strip("-")
        path = RESULTS / f"gpu-{name}-{results['machine']['date']}.json"
        path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
