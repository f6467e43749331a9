"""Bisection against Newton: the error of alpha by sweeps over the row."""

from __future__ import annotations

from typing import Any, Callable

import equipoise as eq
import numpy as np
from claims import DERIVATION, Claim, Picture, Section
from drawing import COLOUR, panel, softmax

TICKS = 2
ROWS, VOCABULARY = 200, 10000
STEPS = 24


def run(tick: Callable[[], None]) -> Section:
    """|α_k − α*| after k sweeps of each method."""
    theta, target = np.random.default_rng(5).normal(size=(2, ROWS, VOCABULARY))
    log_theta, log_target = np.log(softmax(theta)), np.log(softmax(target))
    exact = eq.solve(theta, target, tolerance=1e-13, outputs=("alpha",)).alpha
    bisection = _errors(_bisection(log_theta, log_target, STEPS), exact)
    newton = _errors(_newton(log_theta, log_target, 6), exact)
    tick()
    needed = int(np.argmax(bisection < 1e-6)) + 1
    sweeps, ours = _library(theta.astype(np.float32), target.astype(np.float32))
    tick()
    claims = [
        Claim("sweeps of bisection to ε = 1e-6", "about 20", str(needed), "log₂(1/ε), as said", abs(needed - 20) <= 1),
        Claim("sweeps of Newton from α = ½ to ε = 1e-6", "not tried", str(int(np.argmax(newton < 1e-6)) + 1),
              "Δ' = −Var[ℓ] comes from the same sums as Δ, so that a sweep squares the error instead of halving it", True),
        Claim("sweeps of the library, which also writes q", "not tried", f"{sweeps} (float32; largest error of α {ours:.0e})",
              "the first sweep reads log Z and two derivatives at three points; the interpolant's minimum is α already", bool(ours < 1e-6)),
    ]  # fmt: skip
    return Section(
        "Bisection and Newton",
        f"{DERIVATION}, 4.5",
        f"{ROWS} pairs softmax(randn) of {VOCABULARY} tokens, f64; the largest error over the pairs against α to 1e-13.",
        claims,
        [Picture(_picture(bisection, newton, sweeps, ours), "The largest error of α by sweeps over the row. The library's first sweep "
                                                    "also serves its second, which writes q.")],
    )


def _library(theta: Any, target: Any) -> tuple[int, float]:
    """The sweeps that nearly all rows take, the reading one among them, and the largest error."""
    exact = eq.solve(theta.astype(np.float64), target.astype(np.float64), tolerance=1e-13, outputs=("alpha",)).alpha
    solution = eq.solve(theta, target, outputs=("alpha", "q", "iterations"))
    return 1 + int(np.percentile(solution.iterations, 99)), float(np.abs(solution.alpha - exact).max())


def _bisection(log_theta: Any, log_target: Any, steps: int) -> list[Any]:
    low, high, points = np.zeros(len(log_theta)), np.ones(len(log_theta)), []
    for _ in range(steps):
        points.append((low + high) / 2)
        up = _moments(points[-1], log_theta, log_target)[0] > 0
        low, high = np.where(up, points[-1], low), np.where(up, high, points[-1])
    return points


def _newton(log_theta: Any, log_target: Any, steps: int) -> list[Any]:
    points = [np.full(len(log_theta), 0.5)]
    for _ in range(steps):
        mean, variance = _moments(points[-1], log_theta, log_target)
        points.append(points[-1] + mean / variance)
    return points


def _moments(alpha: Any, log_theta: Any, log_target: Any) -> tuple[Any, Any]:
    """E[ℓ] and Var[ℓ] under q_α."""
    ratio = log_target - log_theta
    q = softmax(log_target - alpha[:, None] * ratio)
    mean = (q * ratio).sum(-1)
    return mean, (q * (ratio - mean[:, None]) ** 2).sum(-1)


def _errors(points: list[Any], exact: Any) -> Any:
    return np.array([np.abs(point - exact).max() for point in points])


def _picture(bisection: Any, newton: Any, sweeps: int, ours: float) -> str:
    def draw(axes: Any) -> None:
        floor = 1e-16
        axes.semilogy(1 + np.arange(len(bisection)), np.maximum(bisection, floor), "o-", markersize=3, color=COLOUR["theta"], label=
            "bisection")
        axes.semilogy(1 + np.arange(len(newton)), np.maximum(newton, floor), "o-", markersize=3, color=COLOUR["target"], label=
            "Newton from ½")
        axes.semilogy([sweeps], [max(ours, floor)], "o", markersize=7, color=COLOUR["q"], label="the library")
        axes.axhline(1e-6, color=COLOUR["muted"], linewidth=0.8, linestyle=(0, (1, 2)))
        axes.set_ylim(3e-17, 1)
        axes.set_xlabel("sweeps over the row")
        axes.set_ylabel("largest |α − α*|")
        axes.legend(frameon=False)

    return panel("solvers", (7.6, 2.8), draw)
