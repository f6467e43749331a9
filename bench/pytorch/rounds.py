"""Interleaved timing: every contestant in every round, so that a slow minute of the machine hits all of them, and ratios of one round."""

from __future__ import annotations

import statistics
import time
from typing import Any, Callable, Mapping

LONG = 0.1  # seconds; a longer call is timed once a round, without a call before it that fills the caches
ENOUGH = 0.01  # seconds that the calls of a round take, so that short ones are timed in their stride
LEAST_CALLS = 3

Times = dict[str, list[float]]
Summary = dict[str, Any]


def race(contestants: Mapping[str, Callable[[], Any]], rounds: int, pause: float = 0.0) -> Times:
    """Seconds of a call by name, one number a round. The order turns from round to round. A pause between contestants lets worker threads
    that spin after a call, and would take the next one's core, go to sleep."""
    times: Times = {name: [] for name in contestants}
    names = list(contestants)
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            time.sleep(pause)
            times[name].append(_round(contestants[name]))
    return times


def summary(seconds: list[float], scale: float = 1e3) -> Summary:
    """Median, quartiles and least of times; milliseconds unless scaled otherwise."""
    q1, median, q3 = quartiles(seconds)
    return {"median": median * scale, "q1": q1 * scale, "q3": q3 * scale, "min": min(seconds) * scale, "rounds": len(seconds)}


def ratio(times: Times, name: str, other: str) -> Summary:
    """How many times the other's time a contestant takes, within each round."""
    q1, median, q3 = quartiles([ours / theirs for ours, theirs in zip(times[name], times[other])])
    return {"of": name, "to": other, "median": median, "q1": q1, "q3": q3, "of_minima": min(times[name]) / min(times[other])}


def quartiles(values: list[float]) -> tuple[float, float, float]:
    """Lower quartile, median, upper quartile."""
    q1, median, q3 = statistics.quantiles(values, n=4, method="inclusive")
    return q1, median, q3


def _round(call: Callable[[], Any]) -> float:
    first = _seconds(call)
    calls = max(LEAST_CALLS, int(ENOUGH / first))
    return first if first > LONG else statistics.median(_seconds(call) for _ in range(calls))


def _seconds(call: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun
