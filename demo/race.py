"""Interleaved timing: every contestant in every round, so that a slow minute of the machine hits all of them."""

from __future__ import annotations

import statistics
import time
from typing import Any, Callable, Mapping

PAUSE = 0.01  # seconds; the other side's worker threads spin for a while after a call, and would take our cores
SHORT = 0.05  # seconds; shorter calls are timed several times in a round
CALLS = 5


def medians(contestants: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median seconds of a call, by name."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, call in contestants.items():
            time.sleep(PAUSE)
            calls = CALLS if _seconds(call) < SHORT else 1  # untimed: fills the caches with what this contestant uses
            times[name] += [_seconds(call) for _ in range(calls)]
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def _seconds(call: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun
