"""Log-reward estimators from small batches: bias of the expected policy gradient and its variance against the number of answers."""

from __future__ import annotations

from itertools import product
from typing import Any, Callable

import equipoise as eq
import numpy as np
from claims import Claim, Picture, Section
from drawing import COLOUR, panels

TICKS = 3
SOURCE = "the abstract on unbiased answer-level rewards (arXiv 2605.02435)"
SIZES = (4, 6, 8, 12, 16, 24, 32)
PROMPTS = 20_000
KINDS: dict[str, dict[str, Any]] = {
    "plugin": {},
    "harmonic": {},
    "aqp": {"rho": 0.5},
    "minimax": {},
}
COLOURS = {"plugin": "target", "harmonic": "theta", "aqp": "muted", "minimax": "q"}


def distributions() -> list[Any]:
    """Of answers: even, geometric, one that is nearly sure, Zipf's, and twenty at random."""
    rank = np.arange(1, 21)
    made = [np.full(5, 0.2), 0.5 ** rank[:10], np.array([0.9, 0.05, 0.03, 0.02]), 1 / rank]
    made += list(np.random.default_rng(0).dirichlet(np.full(8, 0.5), 20))
    return [p / p.sum() for p in made]


def table(k: int, kind: str) -> Any:
    """The table of one of ``KINDS``."""
    return eq.reward_table(k, kind, allow_unstable=True, **KINDS[kind])


def gradient_bias(nu: Any, h: Any) -> float:
    """Sum of |expected gradient - exact gradient| over the answers, for the reward -log nu; exact: a mean of h is a polynomial."""
    k = len(h)
    errors = nu * (np.log(nu) - np.array([mean(h, k, p) for p in nu]))
    return float(np.abs(errors - nu * errors.sum()).sum())


def mean(h: Any, k: int, p: float) -> float:
    """E h[1 + Bin(k - 1, p)]."""
    weights = np.ones(1)
    for _ in range(k - 1):
        weights = np.convolve(weights, [1 - p, p])
    return float(weights @ h)


def enumerated_bias(nu: Any, k: int, m: int) -> float:
    """The same for the reward -nu^m and the kind "power", over every sample of k answers and through ``answer_rewards``."""
    ids = np.array(list(product(range(len(nu)), repeat=k)))
    probability = nu[ids].prod(-1)
    rewards = eq.answer_rewards(ids, "power", m=m).rewards
    score = (ids[..., None] == np.arange(len(nu))) - nu
    expected = (probability[:, None] * (rewards[..., None] * score).mean(1)).sum(0)
    errors = -(nu ** (m + 1))
    return float(np.abs(expected - (errors - nu * errors.sum())).sum())


def gradient_variance(nu: Any, k: int, kind: str, rng: Any) -> float:
    """Summed over the answers, of one prompt's gradient with the baseline that keeps it unbiased."""
    ids = rng.choice(len(nu), size=(PROMPTS, k), p=nu)
    rewards = eq.answer_rewards(ids, table(k, kind), baseline="excluded").rewards
    gradient = np.stack([(rewards * ((ids == answer) - nu[answer])).mean(-1) for answer in range(len(nu))])
    return float(gradient.var(-1).sum())


def run(tick: Callable[[], None]) -> Section:
    """Biases by exact expectation, variances by simulation, and the slopes of both."""
    answers = distributions()
    worst = {kind: np.array([table(k, kind).bias for k in SIZES]) for kind in KINDS}
    tick()
    biases = {kind: np.array([max(gradient_bias(nu, table(k, kind).h) for nu in answers) for k in SIZES]) for kind in KINDS}
    exact = max(enumerated_bias(answers[2], k, m) for k in (3, 4, 5, 6) for m in range(1, k))
    tick()
    rng = np.random.default_rng(1)
    variances = {kind: np.array([gradient_variance(answers[3], k, kind, rng) for k in SIZES]) for kind in KINDS}
    tick()
    slopes = {kind: slope(worst[kind]) for kind in KINDS}
    claims = [
        Claim("bias of the minimax polynomial in K", "Θ(1/K²)", f"K^{slopes['minimax']:.2f}",
              "as said: β · K² is .324 at K = 8 and .325 at 32", bool(abs(slopes["minimax"] + 2) < 0.05)),
        Claim("bias of the U-statistic of a power of ν", "0", f"{exact:.0e}",
              "as said: over every sample of up to six answers", exact < 1e-12),
        Claim("bias of log(c/K), which needs no estimator", "left open", f"K^{slopes['plugin']:.2f}",
              "a plug-in estimate has a bias of order 1/K", bool(abs(slopes["plugin"] + 1) < 0.1)),
        Claim("price of minimax: its gradient's variance over harmonic's at K = 16", "left open",
              f"{variances['minimax'][4] / variances['harmonic'][4]:.0f} times",
              "the best table's values alternate and grow; the program of least variance at half of harmonic's bias pays "
              f"{variances['aqp'][4] / variances['harmonic'][4]:.2f} times", True),
    ]  # fmt: skip
    return Section(
        "Rewards from small batches",
        SOURCE,
        f"{len(answers)} distributions of answers, K = {SIZES[0]} to {SIZES[-1]}. Bias: the largest sum of |expected − exact gradient| "
        f"over them, exactly. Variance: of one prompt's gradient, Zipf's 20 answers, {PROMPTS} prompts, baseline 'excluded'. The slope is "
        "that of the certificates β. Only the abstract was at hand; the programs are this library's own derivation.",
        claims,
        [Picture(_picture(biases, variances), "Left: bias of the expected gradient. Right: variance of a prompt's gradient.")],
    )


def slope(values: Any) -> float:
    """Of the logarithm against that of K."""
    return float(np.polyfit(np.log(SIZES), np.log(values), 1)[0])


def _picture(biases: dict[str, Any], variances: dict[str, Any]) -> str:
    def draw(axes: Any) -> None:
        for place, (values, name) in enumerate(((biases, "bias"), (variances, "variance"))):
            for kind in KINDS:
                axes[place].loglog(SIZES, values[kind], color=COLOUR[COLOURS[kind]], marker="o", markersize=3, label=kind)
            axes[place].set_xlabel("answers K")
            axes[place].set_ylabel(name)
        axes[0].legend(frameon=False)

    return panels("rewards", (7.6, 2.6), 2, draw)
