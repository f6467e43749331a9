"""Long work in chunks of rows, so that Ctrl-C is heard between them. A row's bits do not depend on its chunk."""

from __future__ import annotations

from time import perf_counter
from typing import Callable, Iterable

from ._rows import Rows

# A chunk should last about this long; the first one is sized by guess, the rest by its time.
SECONDS = 0.1
_GROWTH = 8.0


def split(rows: int, groups: Iterable[int], call: Callable[[int, int], None], first_rows: int) -> None:
    """Calls ``call(first, last)`` until ``rows`` are done, each for about ``SECONDS``.

    ``groups`` are the group sizes of the batches involved: a chunk that begins inside a group ends with it, as ``Rows.part`` needs.
    """
    sizes = sorted({group for group in groups if group > 1}, reverse=True)
    done, wanted = 0, max(1, first_rows)
    while done < rows:
        last = chunk_end(done, min(rows, done + wanted), sizes)
        started = perf_counter()
        call(done, last)
        pace = SECONDS / max(perf_counter() - started, 1e-9)
        wanted = max(1, int((last - done) * min(pace, _GROWTH)))
        done = last


def chunk_end(first: int, last: int, groups: list[int]) -> int:
    """The end of the chunk that begins at ``first`` and should end by ``last``."""
    for group in groups:
        if first % group:
            last = min(last, (first // group + 1) * group)
        elif last - first > group:
            last -= (last - first) % group
    return last


def groups_of(*batches: Rows | None) -> list[int]:
    """The group sizes of ``batches``."""
    return [batch.group_rows for batch in batches if batch is not None]
