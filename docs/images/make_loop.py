"""Draws plain-loop.svg from the curves in bench/results/plain-loop.json.

    PYTHONPATH=bindings/python python3 docs/images/make_loop.py        after ./build.sh build; needs matplotlib and torch

The curves themselves: python3 bindings/python/recipes/plain_loop.py --figures bench/results/plain-loop.json
"""

from __future__ import annotations

import json
import sys

from make_idea import HERE, stand_alone

ROOT = HERE.parents[1]
sys.path.insert(1, str(ROOT / "bindings" / "python" / "recipes"))

import pictures  # noqa: E402  (the demo's folder comes first)
import plain_loop  # noqa: E402
from pictures import COLOUR  # noqa: E402

COLOURS = ("q", "ink", "target", "theta", "muted")


def main() -> None:
    """Writes plain-loop.svg beside this file."""
    traces = json.loads((ROOT / "bench" / "results" / "plain-loop.json").read_text(encoding="utf-8"))["traces"]
    looks = [{"color": COLOUR[name], "linewidth": 1.4, "linestyle": (0, (3, 3)) if name == "ink" else "-"} for name in COLOURS]
    with pictures.style():
        made = pictures.Figure(figsize=(9.6, 5.4), layout="constrained")
        plain_loop.draw(made.subplots(2, 3).ravel(), traces, looks)
        made.get_layout_engine().set(w_pad=0.15, h_pad=0.15)
        (HERE / "plain-loop.svg").write_text(stand_alone(pictures.as_svg(made, "plain-loop")), encoding="utf-8")


if __name__ == "__main__":
    main()
