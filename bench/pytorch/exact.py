"""The answers to compare with: safeguarded Newton in 80-bit floats, independent of the library."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

ROUNDS = 60
SMALLEST_STEP = 1e-17
ROWS_AT_ONCE = 8


class Answer(NamedTuple):
    """Per row: alpha, KL(q||pi_theta), the variance of the log-ratio under q (float64), and q (80-bit)."""

    alpha: Any
    kl: Any
    variance: Any
    q: Any


def solve(theta: Any, target: Any) -> Answer:
    """[rows, vocabulary] logits, a few rows at a time."""
    parts = [_solve(theta[i : i + ROWS_AT_ONCE], target[i : i + ROWS_AT_ONCE]) for i in range(0, len(theta), ROWS_AT_ONCE)]
    return Answer(*(np.concatenate(field) for field in zip(*parts)))


def _solve(theta: Any, target: Any) -> Answer:
    log_theta, log_target = _log_softmax(theta), _log_softmax(target)
    ratio = log_target - log_theta
    alpha = np.full((len(theta), 1), np.longdouble(0.5))
    low, high = np.zeros_like(alpha), np.ones_like(alpha)
    for _ in range(ROUNDS):
        q, log_z = _point(log_theta, log_target, alpha)
        mean = (q * ratio).sum(-1, keepdims=True)
        variance = (q * (ratio - mean) ** 2).sum(-1, keepdims=True)
        low, high = np.where(mean > 0, alpha, low), np.where(mean > 0, high, alpha)
        further = alpha + mean / variance
        further = np.where((further > low) & (further < high), further, (low + high) / 2)
        if np.abs(further - alpha).max() < SMALLEST_STEP:
            break
        alpha = further
    return Answer(alpha[:, 0], -log_z[:, 0], variance[:, 0], q)


def _point(log_theta: Any, log_target: Any, alpha: Any) -> tuple[Any, Any]:
    exponent = alpha * log_theta + (1 - alpha) * log_target
    top = exponent.max(-1, keepdims=True)
    weight = np.exp(exponent - top)
    total = weight.sum(-1, keepdims=True)
    return weight / total, top + np.log(total)


def _log_softmax(scores: Any) -> Any:
    wide = scores.astype(np.longdouble)
    wide -= wide.max(-1, keepdims=True)
    return wide - np.log(np.exp(wide).sum(-1, keepdims=True))
