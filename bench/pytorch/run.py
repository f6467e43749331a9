"""Equipoise beside PyTorch: every figure in one process, contestants in turn, medians of many rounds. Writes bench/results and docs/performance.md.

EQUIPOISE_YARDSTICK may name a shared object with `int two_sweeps(const float *theta, const float *target, float *q, double *alpha, int rows,
int columns)`, a C program of the same job, to be timed in the same rounds.
"""

from __future__ import annotations

import argparse
import ctypes
import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "demo"), str(ROOT / "bindings" / "python")]

import accuracy  # noqa: E402
import equipoise as eq  # noqa: E402
import numpy as np  # noqa: E402
import performance_page as page  # noqa: E402

ROWS, COLUMNS = 64, 51200
Contestants = dict[str, Callable[[], Any]]


def race(contestants: Contestants, rounds: int, warm_up: int = 2) -> dict[str, list[float]]:
    """Seconds [25%, median, 75%] of each, taken in turn so that a slow moment of the machine falls on all."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(rounds + warm_up):
        for name, call in contestants.items():
            start = time.perf_counter()
            call()
            if turn >= warm_up:
                seconds[name].append(time.perf_counter() - start)
    return {name: [float(x) for x in np.quantile(values, [0.25, 0.5, 0.75])] for name, values in seconds.items()}


def normal(rows: int, columns: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((rows, columns), np.float32), rng.standard_normal((rows, columns), np.float32)


def ours(theta: Any, target: Any, threads: int = 1) -> Contestants:
    q, alpha = np.empty_like(theta), np.empty(len(theta))
    return {
        "alpha and q": lambda: eq.solve(theta, target, out={"alpha": alpha, "q": q}, threads=threads),
        "alpha only": lambda: eq.solve(theta, target, outputs=("alpha",), out={"alpha": alpha}, threads=threads),
    }


def yardstick(theta: Any, target: Any) -> Contestants:
    path = os.environ.get("EQUIPOISE_YARDSTICK")
    if not path:
        return {}
    function = ctypes.CDLL(path).two_sweeps
    arrays = theta, target, np.empty_like(theta), np.empty(len(theta))
    return {"C yardstick": lambda: function(*(ctypes.c_void_p(x.ctypes.data) for x in arrays), *theta.shape)}


def in_torch(torch: Any, theta: Any, target: Any) -> Contestants:
    import contestants

    a, b = torch.from_numpy(theta), torch.from_numpy(target)
    first, second = torch.empty_like(a), torch.empty_like(b)
    calls: Contestants = {
        "two log_softmax": lambda: contestants.two_log_softmax(a, b, first, second),
        "Newton in eager PyTorch": lambda: contestants.newton(a, b),
    }
    half_a, half_b, half_q = a.bfloat16(), b.bfloat16(), torch.empty_like(a, dtype=torch.bfloat16)
    calls["bf16 to bf16"] = lambda: eq.solve(half_a, half_b, outputs=("alpha", "q"), out={"q": half_q}, threads=1)
    return calls


def slow_in_torch(torch: Any, theta: Any, target: Any) -> Contestants:
    import contestants

    a, b = torch.from_numpy(theta), torch.from_numpy(target)
    pi_theta, pi_t = torch.softmax(a, -1), torch.softmax(b, -1)
    return {
        "the reference code in PyTorch": lambda: contestants.reference(pi_theta, pi_t),
        "the same with its logarithms hoisted": lambda: contestants.hoisted(a, b),
    }


def compiled(torch: Any, theta: Any, target: Any) -> Contestants:
    """Newton by torch.compile, where this PyTorch and this machine can."""
    import contestants

    if not hasattr(torch, "compile"):
        return {}
    a, b = torch.from_numpy(theta), torch.from_numpy(target)
    function = torch.compile(contestants.newton)
    try:
        function(a, b)
    except Exception as error:  # whatever a compiler stack can lack
        print(f"torch.compile is left out: {error}", file=sys.stderr)
        return {}
    return {"Newton by torch.compile": lambda: function(a, b)}


def shapes() -> list[dict[str, float]]:
    """Time per element over widths and batch sizes, one thread; at most 2^26 elements."""
    found = []
    for columns in (1024, 2048, 4096, 8192, 16384, 32768, 51200, 65536, 131072, 262144):
        for rows in (1, 16, 64, 256, 1024, 4096):
            if rows * columns > 1 << 26:
                continue
            theta, target = normal(rows, columns)
            call = {"": ours(theta, target)["alpha and q"]}
            rounds = max(3, min(100, (1 << 24) // (rows * columns)))
            found.append({"rows": rows, "columns": columns, "ns": race(call, rounds)[""][1] / rows / columns * 1e9})
    return found


def one_row_from_c() -> dict[str, float]:
    """Microseconds of 64 rows and of one, from a C program."""
    with tempfile.TemporaryDirectory() as folder:
        program, libraries = Path(folder) / "one_row", ROOT / "build" / "native" / eq.library_info().isa
        libraries = libraries if libraries.is_dir() else ROOT / "build" / "native" / "lib"
        command = ["cc", "-O2", f"-I{ROOT}/bindings/c/include", str(Path(__file__).with_name("one_row.c")), "-o", str(program)]
        subprocess.run([*command, f"-L{ROOT}/build/native/lib", "-lequipoise"], check=True)
        environment = {**os.environ, "LD_LIBRARY_PATH": str(libraries)}
        batch, alone = subprocess.run([program], check=True, capture_output=True, text=True, env=environment).stdout.split()
    return {"batch": float(batch), "alone": float(alone)}


def one_row_from_python() -> dict[str, float]:
    """The same from Python, the row alone taken from another place of the batch each time."""
    theta, target = normal(ROWS, COLUMNS)
    q, alpha = np.empty_like(theta), np.empty(ROWS)
    views = [(theta[i : i + 1], target[i : i + 1], {"alpha": alpha[i : i + 1], "q": q[i : i + 1]}) for i in range(ROWS)]
    turn = iter(range(1 << 30))

    def alone() -> None:
        a, b, out = views[next(turn) % ROWS]
        eq.solve(a, b, out=out, threads=1)

    times = race({"batch": ours(theta, target)["alpha and q"], "alone": alone}, 201)
    return {name: values[1] * 1e6 for name, values in times.items()}


def cpu_model() -> str:
    text = Path("/proc/cpuinfo").read_text()
    found = re.search(r"model name\s*: (.*)", text)
    return found.group(1).strip() if found else "unknown"


def measure(quick: bool) -> dict[str, Any]:
    rounds = 5 if quick else 60
    cores = sorted(os.sched_getaffinity(0))
    theta, target = normal(ROWS, COLUMNS)
    result: dict[str, Any] = {"cpu": cpu_model(), "cores": len(cores), "date": datetime.date.today().isoformat()}
    result |= {"isa": eq.library_info().isa, "equipoise": eq.__version__, "numpy": np.__version__, "python": sys.version.split()[0]}
    os.sched_setaffinity(0, cores[:1])
    contestants = {**ours(theta, target), **yardstick(theta, target)}
    try:
        import torch
    except ImportError:
        torch = None  # type: ignore[assignment]
    if torch is not None:
        torch.set_num_threads(1)
        result["torch"] = torch.__version__
        contestants |= in_torch(torch, theta, target)
    result["seconds"] = race(contestants, rounds)
    if torch is not None:
        slow = slow_in_torch(torch, theta, target) | compiled(torch, theta, target)
        result["seconds"] |= race(slow, 1 if quick else 5, 1)
    result["one_row_us"] = {"python": one_row_from_python(), "c": one_row_from_c()}
    result["shapes"] = [] if quick else shapes()
    os.sched_setaffinity(0, cores)
    both = {"one": ours(theta, target, 1)["alpha and q"], "two": ours(theta, target, 2)["alpha and q"]}
    result["threads"] = {name: values for name, values in race(both, rounds).items()} if len(cores) > 1 else {}
    result["accuracy"] = accuracy.figures()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few rounds only, to see that it runs; writes nothing")
    quick = parser.parse_args().quick
    result = measure(quick)
    print(page.table(result))
    if quick:
        return
    slug = re.sub(r"[^a-z0-9]+", "-", result["cpu"].lower()).strip("-")
    folder = ROOT / "bench" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{slug}-{result['isa']}-{result['date']}.json").write_text(json.dumps(result, indent=1) + "\n")
    page.write(ROOT)


if __name__ == "__main__":
    main()
