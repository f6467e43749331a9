"""The side-by-side: Equipoise, PyTorch and exact answers, into bench/results.

    python bench/pytorch/run.py [--only SECTION ...]   with the package on PYTHONPATH; under four minutes

EQUIPOISE_BENCH_CORE       the core for figures of one thread (the last one of those allowed)
EQUIPOISE_YARDSTICK        a shared object with `int two_sweeps(const float *theta, const float *target, float *q, double *alpha, int rows,
                           int columns)`, timed in the same rounds; EQUIPOISE_YARDSTICK_V3 one for AVX2
EQUIPOISE_ROWS             a folder with theta.npy and target.npy to take the accuracy on real rows from, instead of demo/data

Every section runs in a process of its own. `bench/render.py` makes the documents of what this writes.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import pathlib
import subprocess
import sys
import time
from typing import Any

import errors
import figures
import machine
import native
import sampling
import timings

RESULTS = pathlib.Path(__file__).resolve().parents[1] / "results"
SECTIONS = {**timings.SECTIONS, **sampling.SECTIONS, **native.SECTIONS, **errors.SECTIONS}
ORDER = ("one_thread", "single_row", "single_row_from_c", "two_threads", "sampling", "shapes", "accuracy")
YARDSTICKS = {"x86-64-v4": "EQUIPOISE_YARDSTICK", "x86-64-v3": "EQUIPOISE_YARDSTICK_V3"}


def main() -> int:
    """Runs the sections, writes JSON and CSV, prints the figures."""
    parser = argparse.ArgumentParser(description="Equipoise beside PyTorch")
    parser.add_argument("--only", nargs="+", choices=[*ORDER, "levels"], help="these sections alone, printed and not written")
    parser.add_argument("--results", type=pathlib.Path, default=RESULTS, help="the folder to write into (bench/results)")
    parser.add_argument("--section", choices=list(SECTIONS), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.section:
        json.dump(SECTIONS[arguments.section](), sys.stdout)
        return 0
    wanted = arguments.only or [*ORDER, "levels"]
    results: dict[str, Any] = {"machine": machine.about()}
    for name in wanted:
        begun = time.monotonic()
        results[name] = _levels(results["machine"]) if name == "levels" else _section(name, results["machine"]["isa"])
        print(f"{name}: {time.monotonic() - begun:.0f} s", flush=True)
    if arguments.only:
        print(json.dumps(results, indent=1))
    else:
        _write(results, arguments.results)
        for line in figures.table(results):
            print(" | ".join(line))
    return 0


def _levels(about: dict[str, Any]) -> dict[str, Any]:
    """The levels below the best one."""
    return {level: _section("level", level) for level in about["levels"] if level != about["isa"]}


def _section(name: str, isa: str) -> dict[str, Any]:
    """A section's dictionary, from a process of its own at a level."""
    environment = {**os.environ, "EQUIPOISE_ISA": isa}
    yardstick = os.environ.get(YARDSTICKS.get(isa, ""))
    environment.pop("EQUIPOISE_YARDSTICK", None)
    if yardstick:
        environment["EQUIPOISE_YARDSTICK"] = yardstick
    command = [sys.executable, __file__, "--section", name]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    section: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return section


def _write(results: dict[str, Any], folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (machine.label(results["machine"]) + ".json")
    path.write_text(json.dumps(_rounded(results), indent=1) + "\n", encoding="utf-8")
    shapes = _rounded(results["shapes"]["table"])
    with path.with_name(path.stem + "-shapes.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(shapes[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(shapes)
    print(f"wrote {path} and the table of shapes beside it")


def _rounded(value: Any) -> Any:
    """Four digits are more than a timing has."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit(main())
