"""A table that the terminal and the page share."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Table:
    """Cells as text; the first column is left-aligned, the others right. The row ``strong`` stands out; with ``total`` the last
    row sums up the others. Notes follow below."""

    title: str
    head: list[str]
    rows: list[list[str]]
    strong: int | None = None
    total: bool = False
    notes: list[str] = field(default_factory=list)


def width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def as_text(table: Table) -> str:
    """The table in plain characters."""
    lines = [table.head, *table.rows]
    widths = [max(width(line[column]) for line in lines) for column in range(len(table.head))]
    rule = "  ".join("─" * w for w in widths)
    shown = [_line(line, widths) for line in lines]
    shown.insert(1, rule)
    if table.total:
        shown.insert(len(shown) - 1, rule)
    return "\n".join([table.title, "", *shown, *([""] if table.notes else []), *table.notes])


def _line(cells: list[str], widths: list[int]) -> str:
    first = cells[0] + " " * (widths[0] - width(cells[0]))
    rest = [" " * (w - width(cell)) + cell for cell, w in zip(cells[1:], widths[1:])]
    return "  ".join([first, *rest]).rstrip()
