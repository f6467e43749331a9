"""Writes real.json: the exact answers of the demo's rows of real logits (demo/data), to 30 digits.

    python3 make_real.py               (a few minutes; needs numpy and mpmath)

Computed from the float16 numbers as they lie in the files. "log_q" holds the five likeliest tokens of each policy.
"""

from __future__ import annotations

import json
import multiprocessing
import pathlib

import numpy as np
from exact import Options, answer

HERE = pathlib.Path(__file__).parent
DATA = HERE.parent.parent / "demo" / "data"
TOP = 5


def solved(row: int) -> str:
    """One row's answer, as a line of real.json."""
    theta, target = (np.load(DATA / name, mmap_mode="r")[row].astype(np.float64) for name in ("theta.npy", "target.npy"))
    tokens = sorted({int(t) for scores in (theta, target) for t in np.argsort(-scores, kind="stable")[:TOP]})
    return json.dumps({"row": row, **answer(theta, target, Options(), tokens)}, separators=(",", ":"))


def main() -> None:
    """Writes real.json beside this file."""
    rows = len(np.load(DATA / "theta.npy", mmap_mode="r"))
    with multiprocessing.Pool() as pool:
        lines = pool.map(solved, range(rows), chunksize=1)
    (HERE / "real.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
