"""What can be told of the CUDA path without a GPU, on the stand-in driver of tests/Kernels: bytes of global memory that the kernels move,
counted by the interpreter that runs them, and what an asynchronous launch costs the host. Into bench/results/cuda-standin.json.

    python bench/gpu/without_a_device.py        with the package on PYTHONPATH, after the tests' CMake build
"""

from __future__ import annotations

import json
import pathlib
import statistics
import sys
import time
from typing import Any

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "bench" / "results" / "cuda-standin.json"
TYPICAL = slice(0, 33, 4)  # of the bundled rows; the median is over these


def bytes_moved(standin: Any) -> dict[str, dict[str, float]]:
    """Loads and stores per element, alpha and q wanted: the medians over real rows, float32 and bfloat16 in and out. Of theta, target and q;
    and with the row's state in the workspace, which is the same however wide the row."""
    theta, target = (np.load(ROOT / "demo" / "data" / name)[TYPICAL].astype(np.float32) for name in ("theta.npy", "target.npy"))
    return {
        "f32": _medians([_counted(standin, a, b, "") for a, b in zip(theta, target)]),
        "bf16": _medians([_counted(standin, _bfloat16(a), _bfloat16(b), "bfloat16") for a, b in zip(theta, target)]),
    }


def _medians(counted: list[tuple[float, float]]) -> dict[str, float]:
    matrices, everything = zip(*counted)
    return {"matrices": round(statistics.median(matrices), 3), "everything": round(statistics.median(everything), 3)}


def _counted(standin: Any, theta: Any, target: Any, bits: str) -> tuple[float, float]:
    import equipoise as eq

    rows = [standin.array(scores[None], bits) for scores in (theta, target)]
    alpha, q, status = np.zeros(1), np.zeros_like(theta)[None], np.zeros(1, np.int32)
    out = {"alpha": standin.array(alpha), "q": standin.array(q, bits), "status": standin.array(status)}
    standin.reset_counts()
    eq.solve(*rows, outputs=(), out=out)
    standin.call("cuCtxSynchronize")
    counts = standin.counts()
    matrices = sum(standin.bytes_moved(array) for array in (*rows, out["q"]))
    return matrices / theta.size, (counts.loaded_bytes + counts.stored_bytes) / theta.size


def _bfloat16(values: Any) -> Any:
    """The upper halves of float32 numbers, rounded to even."""
    bits = values.view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def host_cost(standin: Any, calls: int) -> list[float]:
    """Microseconds until eq.solve comes back, with memory for the results given; launches are taken and checked, and do nothing."""
    import equipoise as eq

    theta, target = (standin.array(np.zeros((8, 4096), np.float32)) for _ in range(2))
    out = {
        "alpha": standin.array(np.zeros(8)),
        "q": standin.array(np.zeros((8, 4096), np.float32)),
        "status": standin.array(np.zeros(8, np.int32)),
    }
    standin.noop(True)
    costs = []
    for _ in range(calls + 50):
        begun = time.perf_counter()
        eq.solve(theta, target, outputs=(), out=out)
        costs.append((time.perf_counter() - begun) * 1e6)
    standin.noop(False)
    return costs[50:]


def main() -> None:
    """Measures, prints and writes."""
    sys.path.insert(0, str(ROOT / "tests" / "Python"))
    from standin import load

    standin = load()
    costs = host_cost(standin, 5000)
    results = {
        "bytes_per_element": bytes_moved(standin),
        "host_cost_us": {"median": round(statistics.median(costs), 2), "least": round(min(costs), 2)},
        "rows": "demo/data, every fourth row of 49152 columns, alpha and q",
        "note": "no GPU: the interpreter counts what the kernels ask of global memory; the cost is that of DLPack arrays with out=",
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
