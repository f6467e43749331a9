"""The sections that a C program times: one row a call against a batch, and the time of every shape."""

from __future__ import annotations

import os
import pathlib
import subprocess
import tempfile
from typing import Any

from rounds import quartiles, summary
from timings import COLUMNS, ROUNDS, ROWS, above_share

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "build" / "native" / "lib"
SHAPE_ROUNDS = 5
MOST_ELEMENTS = 1 << 28
BYTES_AN_ELEMENT = 12  # two inputs and q, float32


def single_row_from_c() -> dict[str, Any]:
    """The same in C."""
    isa, lines = _run("rows", ROWS, COLUMNS, ROUNDS)
    batch, one, by_row = (list(times) for times in zip(*(map(float, line.split()) for line in lines)))
    return {
        "isa": isa,
        "above_share_us": above_share(one, batch, 1),
        "above_share_row_by_row_us": above_share(by_row, batch, ROWS),
        "ms": {"batch": summary(batch), "one_row": summary(one), "row_by_row": summary(by_row)},
    }


def shapes() -> dict[str, Any]:
    """Nanoseconds an element by rows and columns."""
    memory = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    largest = MOST_ELEMENTS
    while largest * BYTES_AN_ELEMENT > memory / 2:
        largest //= 2
    isa, lines = _run("shapes", largest, SHAPE_ROUNDS)
    times: dict[tuple[int, int], list[float]] = {}
    for line in lines:
        *shape, second = line.split()
        times.setdefault((int(shape[0]), int(shape[1])), []).append(float(second))
    table = []
    for (rows, columns), seconds in times.items():
        q1, median, q3 = (1e9 * part / rows / columns for part in quartiles(seconds))
        least = 1e9 * min(seconds) / rows / columns
        table.append({"rows": rows, "columns": columns, "ns_per_element": median, "q1": q1, "q3": q3, "min": least})
    return {"isa": isa, "largest_elements": largest, "table": table}


def _run(*arguments: Any) -> tuple[str, list[str]]:
    """The program's first line and the rest, on the core that the others use."""
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "calls"
        source = pathlib.Path(__file__).with_name("calls.c")
        build = ["cc", "-std=c11", "-O2", f"-I{ROOT}/bindings/c/include", str(source), "-o", str(program)]
        subprocess.run([*build, f"-L{LIBRARY}", "-lequipoise", "-lm", f"-Wl,-rpath,{LIBRARY}"], check=True)
        core = int(os.environ.get("EQUIPOISE_BENCH_CORE", max(os.sched_getaffinity(0))))
        command = [str(program), *map(str, arguments)]
        # threads=1 in there: the library's own threads are not used, so the whole process may stand on one core.
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    first, *rest = done.stdout.splitlines()
    return first, rest


SECTIONS = {"single_row_from_c": single_row_from_c, "shapes": shapes}
