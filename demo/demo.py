"""Solves a language model's real logits, prints what came out and how long it took, and writes a page with pictures.

    python3 demo/demo.py [--output FOLDER] [--rounds N]      or      ./build.sh demo

Needs numpy. PyTorch, where it is installed, is timed beside; matplotlib, where it is installed, draws the page.
"""

from __future__ import annotations

import argparse
import io
import pathlib
import sys

import equipoise as eq
import machine
import summary
import timing
from bundle import load
from tables import as_text

ROOT = pathlib.Path(__file__).resolve().parents[1]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Equipoise on a language model's real logits")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build" / "demo", help="folder for report.html (build/demo)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of timing (7)")
    given = parser.parse_args()
    if given.rounds < 1:
        parser.error("--rounds must be at least 1")
    return given


def main() -> None:
    """The two tables, then the page."""
    given = arguments()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # the tables need it, whatever the locale
    bundle = load()
    about = machine.description()
    solution = eq.solve(bundle.theta, bundle.target, outputs=summary.WANTED)
    equilibrium = summary.by_conversation(bundle, solution)
    print("\n".join(["", *about, "", as_text(equilibrium), ""]), flush=True)
    races = []
    for work in (timing.real(bundle.theta, bundle.target), timing.random()):
        races.append(timing.table(work, timing.measure(work, given.rounds)))
        print(as_text(races[-1]) + "\n", flush=True)
    if machine.version_of("matplotlib") is None:
        print("matplotlib is not installed here, so there is no page with pictures.")
        return
    import page

    given.output.mkdir(parents=True, exist_ok=True)
    report = given.output / "report.html"
    report.write_text(page.render(bundle, solution, equilibrium, races, about), encoding="utf-8")
    print(f"Pictures: {report}")


if __name__ == "__main__":
    main()
