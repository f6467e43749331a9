"""Step sizes of stochastic approximation, and the notes' example."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np
from claims import APPROXIMATION_NOTES, Claim, Picture, Section
from drawing import COLOUR, panels

TICKS = 1
COUNT = 1_000_000


def run(tick: Callable[[], None]) -> Section:
    """Σ a_k² of both step sizes, the running mean, and the root of tanh(w − 1)."""
    k = np.arange(1, COUNT + 1, dtype=np.float64)
    squares = {"1/k": np.cumsum(1 / k**2), "1/√k": np.cumsum(1 / k)}
    draws = np.random.default_rng(6).normal(size=1000)
    mean = 0.0
    for place, x in enumerate(draws, start=1):
        mean -= (mean - x) / place
    path = _path(3.0, 10_000)
    claims = [
        Claim("1/k satisfies Σa = ∞, Σa² < ∞", "yes", f"Σa² = {squares['1/k'][-1]:.5f} after 10⁶ terms", "π²/6 = 1.64493, as said", True),
        Claim("c/√k satisfies them, too", "yes", f"Σa² = {squares['1/√k'][-1]:.2f} c² after 10⁶ terms, and grows by 2.30 c² "
                                                 f"with every decade",
              "Σ 1/k diverges: a_k = c/k^γ needs ½ < γ ≤ 1, and γ = ½ is just outside", False),
        Claim("the recursion with a_k = 1/k is the mean", "exact", f"{abs(mean - draws.mean()):.0e}", "as said; after 1000 draws",
              abs(mean - draws.mean()) < 1e-12),
        Claim("g(w) = tanh(w − 1), w₁ = 3, a_k = 1/k, no noise", "converges to 1", f"w = {path[-1]:.4f} after 10⁴ steps, "
            f"{path[99]:.4f} after 100",
              "as said, like 1/k: g' is 1 at the root", bool(abs(path[-1] - 1) < 1e-3)),
    ]  # fmt: skip
    picture = _picture(squares, path)
    tick()
    return Section(
        "Step sizes",
        f"{APPROXIMATION_NOTES}, 6.1, 6.2 and theorem 6.4",
        "Partial sums, and the recursions as written.",
        claims,
        [Picture(picture, "Left: Σ a_k² levels off for 1/k and grows for ever for 1/√k. Right: the example's distance from its root.")],
    )


def _path(start: float, steps: int) -> Any:
    w, points = start, []
    for k in range(1, steps + 1):
        points.append(w)
        w -= np.tanh(w - 1) / k
    return np.array([*points, w])


def _picture(squares: dict[str, Any], path: Any) -> str:
    shown = np.unique(np.logspace(0, np.log10(COUNT), 200).astype(int)) - 1

    def draw(axes: Any) -> None:
        for (name, sums), colour in zip(squares.items(), ("q", "target")):
            axes[0].semilogx(shown + 1, sums[shown], color=COLOUR[colour], label=f"a = {name}")
        axes[0].set_xlabel("terms")
        axes[0].set_ylabel("Σ a²")
        axes[0].legend(frameon=False)
        axes[1].loglog(np.arange(1, len(path) + 1), np.abs(path - 1), color=COLOUR["q"])
        axes[1].set_xlabel("step")
        axes[1].set_ylabel("|w − 1|")

    return panels("step-sizes", (7.6, 2.5), 2, draw)
