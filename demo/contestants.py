"""The same job in PyTorch, three ways, and the two log-softmaxes that any way begins with."""

from __future__ import annotations

from typing import Any

import torch

TOLERANCE = 1e-6
EPSILON = 1e-10
MOST = 50


def reference(pi_theta: Any, pi_t: Any) -> tuple[Any, Any]:
    """The reference implementation: bisection on probabilities, with the logarithms taken anew in every halving."""
    low = torch.zeros(len(pi_theta))
    high = torch.ones(len(pi_theta))
    for _ in range(MOST):
        middle = (low + high) / 2
        log_q = middle.unsqueeze(-1) * torch.log(pi_theta + EPSILON) + (1 - middle.unsqueeze(-1)) * torch.log(pi_t + EPSILON)
        q = torch.softmax(log_q, dim=-1)
        ratio = torch.log(pi_t + EPSILON) - torch.log(pi_theta + EPSILON)
        above = (q * ratio).sum(dim=-1) > 0
        low, high = torch.where(above, middle, low), torch.where(above, high, middle)
        if (high - low).max() < TOLERANCE:
            break
    alpha = (low + high) / 2
    log_q = alpha.unsqueeze(-1) * torch.log(pi_theta + EPSILON) + (1 - alpha.unsqueeze(-1)) * torch.log(pi_t + EPSILON)
    return torch.softmax(log_q, dim=-1), alpha


def hoisted(theta: Any, target: Any) -> tuple[Any, Any]:
    """The same bisection from logits, with the logarithms and their difference taken once."""
    log_t = torch.log_softmax(target, -1)
    ratio = log_t - torch.log_softmax(theta, -1)
    low, high = torch.zeros(len(theta)), torch.ones(len(theta))
    while (high - low).max() >= TOLERANCE:
        middle = (low + high) / 2
        q = torch.softmax(torch.addcmul(log_t, middle[:, None], ratio, value=-1), -1)
        above = q.mul_(ratio).sum(-1) > 0
        low, high = torch.where(above, middle, low), torch.where(above, high, middle)
    alpha = (low + high) / 2
    return torch.softmax(torch.addcmul(log_t, alpha[:, None], ratio, value=-1), -1), alpha


def newton(theta: Any, target: Any) -> tuple[Any, Any]:
    """What an expert would write: Newton with the exact slope, kept inside its bracket, until every row has converged."""
    log_t = torch.log_softmax(target, -1)
    ratio = log_t - torch.log_softmax(theta, -1)
    low, high = torch.zeros(len(theta)), torch.ones(len(theta))
    alpha = torch.full_like(low, 0.5)
    for _ in range(MOST):
        weighted = torch.softmax(torch.addcmul(log_t, alpha[:, None], ratio, value=-1), -1).mul_(ratio)
        mean = weighted.sum(-1)
        variance = weighted.mul_(ratio).sum(-1) - mean * mean
        low, high = torch.where(mean > 0, alpha, low), torch.where(mean > 0, high, alpha)
        step = mean / variance.clamp_min(1e-30)
        further = alpha + step
        done = (step.abs() < TOLERANCE) | (mean.abs() < TOLERANCE / 10)  # below that, f32 sums tell nothing more
        alpha = torch.where((further > low) & (further < high), further, torch.where(done, alpha, (low + high) / 2))
        if done.all():
            break
    return torch.softmax(torch.addcmul(log_t, alpha[:, None], ratio, value=-1), -1), alpha


def two_log_softmax(theta: Any, target: Any, out_theta: Any, out_target: Any) -> None:
    """What merely normalising both policies costs, into memory that stands ready."""
    torch.log_softmax(theta, -1, out=out_theta)
    torch.log_softmax(target, -1, out=out_target)
