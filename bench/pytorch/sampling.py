"""Sections of the side-by-side: tokens drawn from q* without q*, beside solving for q* and drawing from it in PyTorch."""

from __future__ import annotations

from typing import Any, Callable

import equipoise as eq
import torch
from contestants import Batch
from rounds import race, ratio, summary
from timings import COLUMNS, ROWS, pin

ROUNDS = 15
DRAWS = 8


def sampling() -> dict[str, Any]:
    """64 x 51200 f32 on one core: every contestant's time, and its ratio to `solve` with q in the same round."""
    pin()
    torch.set_num_threads(1)
    batch = Batch(ROWS, COLUMNS)
    q = eq.solve(batch.theta, batch.target, threads=1).q

    def draw(n: int = DRAWS, **options: Any) -> Callable[[], Any]:
        return lambda: eq.sample(batch.theta, batch.target, n=n, threads=1, **options)

    calls = {
        "solve": batch.solve(),
        "sample_1": draw(1),
        "sample_8": draw(),
        "sample_8_top_k_50": draw(top_k=50),
        "sample_8_top_p_0.9": draw(top_p=0.9),
        "sample_8_min_p_0.05": draw(min_p=0.05),
        "sample_8_without_replacement": draw(without_replacement=True),
        "torch_multinomial_1": lambda: torch.multinomial(q, 1),
        "torch_multinomial_8": lambda: torch.multinomial(q, DRAWS, replacement=True),
        "torch_multinomial_8_without_replacement": lambda: torch.multinomial(q, DRAWS),
    }
    times = race(calls, ROUNDS)
    ratios = [ratio(times, name, "solve") for name in calls if name != "solve"]
    return {"isa": eq.library_info().isa, "ms": {name: summary(seconds) for name, seconds in times.items()}, "ratios": ratios}


SECTIONS = {"sampling": sampling}
