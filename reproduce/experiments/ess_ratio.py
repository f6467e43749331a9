"""ESS balance: how far KL symmetry is from equal effective sample sizes, by the size of the vocabulary."""

from __future__ import annotations

from typing import Any, Callable

import equipoise as eq
import numpy as np
from claims import DERIVATION, Claim, Picture, Section
from drawing import COLOUR, panels

VOCABULARIES = (100, 300, 1000, 3000, 10000)
TICKS = len(VOCABULARIES)
ROWS, BLOCK = 1000, 250
LOW, HIGH, SHARE = 0.9, 1.1, 0.95


def run(tick: Callable[[], None]) -> Section:
    """ESS_θ/ESS_t at KL symmetry, over random pairs of each size."""
    ratios = {}
    for vocabulary in VOCABULARIES:
        ratios[vocabulary] = _ratios(vocabulary)
        tick()
    shares = {v: float(((r >= LOW) & (r <= HIGH)).mean()) for v, r in ratios.items()}
    claims = [
        Claim(
            f"share of pairs with ESS_θ/ESS_t in [0.9, 1.1], {vocabulary} tokens",
            "95%",
            f"{share:.1%}",
            "the document names no vocabulary: the share grows with it, since more tokens average the skew of ℓ away",
            share >= SHARE - 0.01,
        )
        for vocabulary, share in shares.items()
    ]
    middle = ratios[1000]
    claims.append(
        Claim("mean ratio, 1000 tokens", "0.98", f"{middle.mean():.3f}", "1 by symmetry in the median; the mean is above the "
            "median of a ratio",
              abs(float(middle.mean()) - 0.98) < 0.03)  # fmt: skip
    )
    return Section(
        "ESS balance",
        f"{DERIVATION}, 6.5, experiment 2",
        f"{ROWS} pairs softmax(randn) for each vocabulary, solved for KL symmetry; both ESSs are exact sums over the tokens. "
        "KL symmetry and equal ESS are different points of the path: criterion=\"ess_balance\" finds the second.",
        claims,
        [Picture(_picture(ratios, shares), "Left: the share within 10%, by vocabulary; the dotted line is the document's 95%. "
                                           "Right: the ratios.")],
    )


def _ratios(vocabulary: int) -> Any:
    random = np.random.default_rng(vocabulary)
    parts = []
    for _ in range(ROWS // BLOCK):
        theta, target = random.standard_normal(size=(2, BLOCK, vocabulary), dtype=np.float32)
        solution = eq.solve(theta, target, outputs=("ess_theta", "ess_target"))
        parts.append(solution.ess_theta / solution.ess_target)
    return np.concatenate(parts)


def _picture(ratios: dict[int, Any], shares: dict[int, float]) -> str:
    def draw(axes: Any) -> None:
        axes[0].axhline(100 * SHARE, color=COLOUR["muted"], linewidth=0.8, linestyle=(0, (1, 2)))
        axes[0].plot(list(shares), [100 * s for s in shares.values()], "o-", color=COLOUR["q"])
        axes[0].set_xscale("log")
        axes[0].set_ylim(60, 102)
        axes[0].set_xlabel("vocabulary")
        axes[0].set_ylabel("% within [0.9, 1.1]")
        for vocabulary, colour in ((100, "theta"), (1000, "q"), (10000, "target")):
            axes[1].hist(ratios[vocabulary], bins=np.linspace(0.6, 1.4, 65), density=True, histtype="step", linewidth=1.6,
                         color=COLOUR[colour], label=f"{vocabulary} tokens")  # fmt: skip
        axes[1].set_xlabel("ESS_θ / ESS_t at KL symmetry")
        axes[1].set_yticks([])
        axes[1].legend(frameon=False)

    return panels("ess-ratio", (7.6, 2.6), 2, draw)
