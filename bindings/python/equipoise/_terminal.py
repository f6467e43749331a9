"""Progress on stderr and tables on stdout, in plain text."""

from __future__ import annotations

import sys
from time import monotonic

_PERIOD = 0.1


class Progress:
    """One line on stderr that is rewritten as rows are done; silent where ``shown`` is False."""

    def __init__(self, title: str, total: int, shown: bool) -> None:
        self._title = title
        self._total = total
        self._shown = shown
        self._start = monotonic()
        self._next = self._start
        self._width = 0

    def update(self, done: int) -> None:
        """``done`` rows are finished."""
        now = monotonic()
        if not self._shown or (now < self._next and done < self._total):
            return
        self._next = now + _PERIOD
        filled = 24 * done // self._total if self._total else 24
        left = (now - self._start) / done * (self._total - done) if done else 0.0
        line = f"{self._title} [{'#' * filled}{'.' * (24 - filled)}] {done}/{self._total} rows, {left:.0f} s left"
        self._write(line)

    def close(self) -> None:
        """Clears the line."""
        if self._shown and self._width:
            self._write("")
            sys.stderr.write("\r")
            sys.stderr.flush()

    def _write(self, line: str) -> None:
        sys.stderr.write("\r" + line.ljust(self._width))
        sys.stderr.flush()
        self._width = len(line)


def table(rows: list[list[str]]) -> str:
    """Columns aligned, the first to the left, numbers to the right; the first row is the heading."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) if place == 0 else cell.rjust(width) for place, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)
