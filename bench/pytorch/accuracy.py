"""How far from the truth: alpha and q against extended precision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import equipoise as eq
import numpy as np
import numpy.typing as npt

DATA = Path(__file__).resolve().parents[2] / "demo" / "data"


def truth(theta: npt.NDArray[Any], target: npt.NDArray[Any]) -> tuple[Any, Any, Any, Any]:
    """alpha, q, KL and Var[log-ratio] of every row by safeguarded Newton in long double, 8 rows at a time."""
    parts = [_truth(theta[i : i + 8].astype(np.longdouble), target[i : i + 8].astype(np.longdouble)) for i in range(0, len(theta), 8)]
    alpha, q, kl, variance = (np.concatenate(column) for column in zip(*parts))
    return alpha, q, kl, variance


def _normalised(scores: Any) -> Any:
    top = scores.max(-1, keepdims=True)
    return scores - top - np.log(np.exp(scores - top).sum(-1, keepdims=True))


def _truth(theta: Any, target: Any) -> tuple[Any, Any, Any, Any]:
    log_theta, log_target = _normalised(theta), _normalised(target)
    ratio = log_target - log_theta
    alpha = np.full((len(theta), 1), np.longdouble(0.5))
    low, high = np.zeros_like(alpha), np.ones_like(alpha)
    for _ in range(80):
        exponent = alpha * log_theta + (1 - alpha) * log_target
        top = exponent.max(-1, keepdims=True)
        weight = np.exp(exponent - top)
        total = weight.sum(-1, keepdims=True)
        q = weight / total
        mean = (q * ratio).sum(-1, keepdims=True)
        variance = (q * (ratio - mean) ** 2).sum(-1, keepdims=True)
        low, high = np.where(mean > 0, alpha, low), np.where(mean > 0, high, alpha)
        step = mean / variance
        further = alpha + step
        if np.abs(step).max() < 1e-17:
            break
        alpha = np.where((further > low) & (further < high), further, (low + high) / 2)
    return alpha[:, 0], q, -(top + np.log(total))[:, 0], variance[:, 0]


def figures() -> dict[str, float]:
    """The accuracy rows of the table."""
    found: dict[str, float] = {}
    theta, target = (np.load(DATA / f"{name}.npy") for name in ("theta", "target"))
    alpha, q, kl, variance = truth(theta, target)
    single = eq.solve(theta.astype(np.float32), target.astype(np.float32), outputs="all")
    counted = kl >= 1e-6
    found["alpha error, real rows, f32"] = float(np.abs(single.alpha - alpha)[counted].max())
    found["total variation of q, real rows, f32"] = float((np.abs(single.q - q).sum(-1) / 2).max())
    found["|sum q - 1|, real rows, f32"] = float(np.abs(single.q.astype(np.float64).sum(-1) - 1).max())
    double = eq.solve(theta.astype(np.float64), target.astype(np.float64), outputs=("alpha", "q"))
    found["alpha error times sigma, real rows, f64"] = float((np.abs(double.alpha - alpha) * np.sqrt(variance)).max())
    found["total variation of q, real rows, f64"] = float((np.abs(double.q - q).sum(-1) / 2).max())
    rng = np.random.default_rng(1)
    worst = 0.0
    for sigma in (1.0, 1.5, 2.0, 4.0):
        a, b = (sigma * rng.standard_normal((2, 16, 51200))).astype(np.float32)
        expected = truth(a, b)[0]
        for outputs in (("alpha", "q"), ("alpha",)):
            worst = max(worst, float(np.abs(eq.solve(a, b, outputs=outputs).alpha - expected).max()))
    found["alpha error, normal logits of sigma 1 to 4, f32"] = worst
    return found
