"""log ESS against KL: the coefficient near pi."""

from __future__ import annotations

from typing import Any, Callable

import equipoise as eq
import numpy as np
from claims import DERIVATION, Claim, Picture, Section
from drawing import COLOUR, panel

SIGMAS = (0.001, 0.01, 0.03, 0.1, 0.3, 1.0)
NAMED = (0.001, 0.1, 0.3)
TICKS = 1
ROWS, VOCABULARY = 2000, 100


def run(tick: Callable[[], None]) -> Section:
    """−log ESS_π(q) / KL(q‖π) for q a distance σ from π."""
    random = np.random.default_rng(3)
    pi = random.normal(size=(ROWS, VOCABULARY))
    ratios = {sigma: _ratio(pi, pi + sigma * random.normal(size=pi.shape)) for sigma in SIGMAS}
    tick()
    claims = [
        Claim(f"−log ESS / KL at σ = {sigma}", "1", f"{ratios[sigma][0]:.4f} (rows: {ratios[sigma][1]:.3f} to {ratios[sigma][2]:.3f})",
              "log ESS = −D₂(π‖q) exactly, and near π every Rényi divergence of order a is a · KL: the coefficient is 2. The "
              "document derives −2 in its step 3, and then asserts −1 without a proof", abs(ratios[sigma][0] - 1) < 0.1)  # fmt: skip
        for sigma in NAMED
    ]
    return Section(
        "ESS and KL",
        f"{DERIVATION}, 2.3, theorem 3",
        f"{ROWS} rows of {VOCABULARY} tokens: π = softmax(randn), q = softmax(log π + σ · randn). The mean of −log ESS_π(q) "
        f"over the mean of KL(q‖π), and the 5th and 95th percentile of single rows, which their skew moves.",
        claims,
        [Picture(_picture(ratios), "The ratio by the distance σ, with nine tenths of the rows in the band. The document's "
                                   "coefficient is the dotted line; the limit is 2.")],
    )


def _ratio(pi: Any, q: Any) -> tuple[float, float, float]:
    """Of the means, and the 5th and 95th percentile of the rows'."""
    logs, kls = -np.log(eq.ess(pi, q)), eq.kl(q, pi)
    low, high = np.percentile(logs / kls, [5, 95])
    return float(logs.mean() / kls.mean()), float(low), float(high)


def _picture(ratios: dict[float, tuple[float, float, float]]) -> str:
    def draw(axes: Any) -> None:
        means, lows, highs = zip(*ratios.values())
        axes.axhline(1, color=COLOUR["muted"], linewidth=0.8, linestyle=(0, (1, 2)))
        axes.fill_between(list(ratios), lows, highs, color=COLOUR["q"], alpha=0.2, linewidth=0)
        axes.plot(list(ratios), means, "o-", color=COLOUR["q"])
        axes.set_xscale("log")
        axes.set_ylim(0.8, max(highs) + 0.2)
        axes.set_xlabel("σ")
        axes.set_ylabel("−log ESS / KL")

    return panel("ess-and-kl", (7.6, 2.4), draw)
