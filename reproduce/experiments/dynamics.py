"""The open question: how does alpha* evolve while pi_theta is trained towards pi_t, and does it settle?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

import equipoise as eq
import numpy as np
from claims import DERIVATION, Claim, Picture, Section
from drawing import COLOUR, panels, softmax

ROWS, VOCABULARY = 32, 100
STEPS = 10_000
WINDOW = 5000
KEPT = np.unique(np.concatenate([[0], np.logspace(0, np.log10(STEPS), 70).astype(int), np.arange(0, STEPS + 1, 250)]))
RATES = {"KL(π_t‖π_θ)": 2.0, "KL(π_θ‖π_t)": 2.0, "natural gradient": 1e-3}
COLOURS = {"KL(π_t‖π_θ)": "q", "KL(π_θ‖π_t)": "theta", "natural gradient": "target"}
TICKS = len(RATES)


@dataclass(frozen=True)
class Trace:
    """Steps [kept], alphas and KLs [kept, rows], and their summary."""

    steps: Any
    alphas: Any
    kls: Any
    history: eq.AlphaHistory

    @property
    def apart(self) -> Any:
        """Mean |α* − ½| over the rows, [kept]."""
        return np.abs(self.alphas - 0.5).mean(1)

    @property
    def kl(self) -> Any:
        """Mean KL(q*‖π_θ) over the rows, [kept]."""
        return self.kls.mean(1)


def run(tick: Callable[[], None]) -> Section:
    """Plain gradient steps on the logits with two losses, and natural ones for comparison."""
    traces = {}
    for loss in RATES:
        traces[loss] = train(loss)
        tick()
    claims = [claim for loss in ("KL(π_t‖π_θ)", "KL(π_θ‖π_t)") for claim in _claims(loss, traces[loss])]
    natural = traces["natural gradient"]
    power = np.polyfit(np.log(natural.kl), np.log(natural.apart), 1)[0]
    claims.append(
        Claim("natural gradient: how does α* go to ½?", "open", f"|α* − ½| ∝ KL^{power:.2f}",
              "the natural gradient of KL(π_θ‖π_t) is ℓ itself: π_θ walks the path, ℓ shrinks and keeps its shape, and α* − ½ = "
              "−κ₃/(24 κ₂) + …, κ the cumulants of ℓ, is linear in its size", bool(abs(power - 0.5) < 0.1))  # fmt: skip
    )
    return Section(
        "α* in training",
        f"{DERIVATION}, 7.5, question 3 (open there)",
        f"{ROWS} rows of {VOCABULARY} tokens, softmax(randn) at first; {STEPS} steps of size 2 down the exact gradient of each "
        f"loss with respect to the logits.",
        claims,
        [Picture(picture(traces), "Left: α* of twelve rows under KL(π_t‖π_θ). Middle: the mean KL(q*‖π_θ). Right: mean |α* − "
                                   "½| by step.")],
    )


def _claims(loss: str, trace: Trace) -> list[Claim]:
    top = int(np.argmax(trace.apart))
    most = f"{trace.apart[top]:.4f} at step {trace.steps[top]} (KL {trace.kl[top] / trace.kl[0]:.0e} of its first)"
    ends = f"{trace.apart[0]:.4f} at first, {most}, {trace.apart[-1]:.0e} at the end"
    summary = trace.history.summary()
    alpha = summary["alpha"]
    return [
        Claim(f"{loss}: does α* converge?", "open", f"to ½, by a detour: mean |α* − ½| {ends}",
              "in the limit ℓ is small and log Z a parabola with its minimum at ½; on the way a token learns at a rate "
              "proportional to its probability, so the rare ones stay behind, and their ℓ is skewed",
              bool(trace.apart[-1] < 0.1 * trace.apart[0])),
        Claim(f"{loss}: is there a drift of the mean α* over the last {WINDOW} steps?", "open",
              f"{1000 * alpha.drift:+.0e} ± {1000 * alpha.drift_error:.0e} per 1000 steps, KL {1000 * summary['kl_theta'].drift:+.0e}",
              "by AlphaHistory: a drift of more than two standard errors is one, and it dies out as α* comes to ½", True),
    ]  # fmt: skip


def train(loss: str) -> Trace:
    """Follows one loss from the start to the last step."""
    theta, target = np.random.default_rng(7).normal(size=(2, ROWS, VOCABULARY))
    log_target = np.log(softmax(target))
    history = eq.AlphaHistory(window=WINDOW)
    alphas, kls = [], []
    kept = set(KEPT.tolist())
    for step in range(STEPS + 1):
        if step in kept:
            solution = eq.solve(theta, target, outputs=("alpha", "kl_theta", "ess_theta", "ess_target"), tolerance=1e-9)
            history.update(solution, step=step)
            alphas.append(solution.alpha)
            kls.append(solution.kl_theta)
        theta = theta - RATES[loss] * _gradient(theta, log_target, loss)
    return Trace(KEPT, np.array(alphas), np.array(kls), history)


def _gradient(theta: Any, log_target: Any, loss: str) -> Any:
    pi = softmax(theta)
    if loss == "KL(π_t‖π_θ)":
        return pi - np.exp(log_target)
    ratio = np.log(pi) - log_target
    return ratio if loss == "natural gradient" else pi * (ratio - (pi * ratio).sum(-1, keepdims=True))


def picture(traces: dict[str, Trace]) -> str:
    """alpha* of single rows, the KL and the mean distance from a half, as SVG."""
    def draw(axes: Any) -> None:
        first = traces["KL(π_t‖π_θ)"]
        axes[0].plot(1 + first.steps, first.alphas[:, :12], color=COLOUR["q"], linewidth=0.8, alpha=0.8)
        axes[0].axhline(0.5, color=COLOUR["muted"], linewidth=0.8, linestyle=(0, (1, 2)))
        axes[0].set_xscale("log")
        axes[0].set_ylabel("α*")
        for loss, trace in traces.items():
            axes[1].loglog(1 + trace.steps, trace.kl, color=COLOUR[COLOURS[loss]], label=loss)
            axes[2].loglog(1 + trace.steps, trace.apart, color=COLOUR[COLOURS[loss]])
        axes[1].set_ylabel("KL(q*‖π_θ), nats")
        axes[1].legend(frameon=False)
        axes[2].set_ylabel("mean |α* − ½|")
        for each in axes:
            each.set_xlabel("step + 1")

    return panels("dynamics", (9.6, 2.9), 3, draw)
