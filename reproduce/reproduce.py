"""Runs the experiments of the documents that this library grew from, prints theirs and ours, and writes a page with pictures.

    python3 reproduce/reproduce.py [--output FOLDER]      or      ./build.sh reproduce

Needs numpy and matplotlib. Everything is seeded; two cores take well under three minutes.
"""

from __future__ import annotations

import argparse
import io
import pathlib
import sys
import textwrap
import time

import drawing  # noqa: F401  (puts the demo's folder on the path)
import machine
import report
from claims import Section
from experiments import ALL

ROOT = pathlib.Path(__file__).resolve().parents[1]
WIDTH = 150


class Progress:
    """One line on stderr, rewritten as the experiments go; one line each where stderr is no terminal."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._live = sys.stderr.isatty()
        self._title = ""

    def begin(self, title: str) -> None:
        """An experiment starts."""
        self._title = title
        self._show()

    def tick(self) -> None:
        """A part of it is done."""
        self._done += 1
        self._show()

    def close(self) -> None:
        """Clears the line."""
        if self._live:
            sys.stderr.write("\r" + " " * 78 + "\r")

    def _show(self) -> None:
        filled = 30 * self._done // self._total
        line = f"[{'#' * filled}{'.' * (30 - filled)}] {self._done}/{self._total} {self._title}"
        sys.stderr.write(f"\r{line:<78.78}" if self._live else line + "\n")
        sys.stderr.flush()


def main() -> None:
    """The experiments, the table, the page."""
    parser = argparse.ArgumentParser(description="the documents' experiments, run again")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build" / "reproduce", help="folder for report.html "
        "(build/reproduce)")
    given = parser.parse_args()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    began = time.monotonic()
    progress = Progress(sum(experiment.TICKS for experiment in ALL))
    sections = []
    for experiment in ALL:
        progress.begin(experiment.__name__.rpartition(".")[2].replace("_", " "))
        sections.append(experiment.run(progress.tick))
    progress.close()
    print("\n".join(_text(section) for section in sections))
    given.output.mkdir(parents=True, exist_ok=True)
    page = given.output / "report.html"
    page.write_text(report.render(sections, machine.description()), encoding="utf-8")
    print(f"{time.monotonic() - began:.0f} s. Pictures: {page}")


def _text(section: Section) -> str:
    """A section as the terminal shows it: theirs, ours, and the reason below."""
    lines = [section.title, f"  from {section.source}"]
    for claim in section.claims:
        lines.append(f"  {'✓' if claim.holds else '✗'} {claim.what}: the document {claim.theirs}; here {claim.ours}")
        if claim.why != "as said":
            lines += textwrap.wrap(claim.why, WIDTH, initial_indent="      ", subsequent_indent="      ")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
