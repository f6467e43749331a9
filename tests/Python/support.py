"""What the tests share: rows to solve, the answers in float64 by the definitions, and Python in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

PACKAGE = Path(__file__).resolve().parents[2] / "bindings" / "python"
INSTALLED = "EQUIPOISE_TEST_INSTALLED" in os.environ  # these tests are of an installed package, not of the checkout's
F32, F64, F16 = np.dtype("f4"), np.dtype("f8"), np.dtype("f2")

# EQUIPOISE_TEST_DEVICE: every eq.solve is answered there.
DEVICE = os.environ.get("EQUIPOISE_TEST_DEVICE")

# How far rounding of the elements may move alpha and q of rows of ordinary size, per type that is computed in.
ALPHA_ERROR = {F64: 1e-11, F32: 2e-6, F16: 2e-6}
Q_ERROR = {F64: 1e-12, F32: 2e-6, F16: 1e-3}


def normal(*shape: int, seed: int = 0, sigma: float = 1.0, dtype: Any = np.float32) -> np.ndarray:
    """Normal logits."""
    return (np.random.default_rng(seed).normal(size=shape) * sigma).astype(dtype)


def pair(*shape: int, seed: int = 0, sigma: float = 1.0, dtype: Any = np.float32) -> tuple[np.ndarray, np.ndarray]:
    """Logits of two unlike policies."""
    return normal(*shape, seed=2 * seed, sigma=sigma, dtype=dtype), normal(*shape, seed=2 * seed + 1, sigma=sigma, dtype=dtype)


def log_softmax(scores: Any) -> np.ndarray:
    """[..., columns] float64."""
    x = np.asarray(scores, np.float64)
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def softmax(scores: Any) -> np.ndarray:
    """[..., columns] float64."""
    return np.exp(log_softmax(scores))


class Exact:
    """q_alpha of full-support logits and all that is asked about it, from the definitions."""

    def __init__(self, theta: Any, target: Any, alpha: Any = None) -> None:
        self.log_theta, self.log_target = log_softmax(theta), log_softmax(target)
        self.ratio = self.log_target - self.log_theta
        self.alpha = self._root() if alpha is None else np.broadcast_to(np.asarray(alpha, np.float64), self.ratio.shape[:-1])
        mixed = self.mixed(self.alpha)
        self.log_z = np.log(np.exp(mixed).sum(-1))
        self.log_q = mixed - self.log_z[..., None]
        self.q = np.exp(self.log_q)
        self.kl_theta = (self.q * (self.log_q - self.log_theta)).sum(-1)
        self.kl_target = (self.q * (self.log_q - self.log_target)).sum(-1)
        self.ess_theta = 1 / np.exp(2 * self.log_theta - self.log_q).sum(-1)
        self.ess_target = 1 / np.exp(2 * self.log_target - self.log_q).sum(-1)
        self.residual = np.abs(self.kl_theta - self.kl_target)

    def mixed(self, alpha: np.ndarray) -> np.ndarray:
        """log pi_theta^alpha pi_t^(1 - alpha)."""
        weight = alpha[..., None]
        return weight * self.log_theta + (1 - weight) * self.log_target

    def _root(self) -> np.ndarray:
        low, high = np.zeros(self.ratio.shape[:-1]), np.ones(self.ratio.shape[:-1])
        for _ in range(60):
            middle = (low + high) / 2
            up = (softmax(self.mixed(middle)) * self.ratio).sum(-1) > 0
            low, high = np.where(up, middle, low), np.where(up, high, middle)
        return (low + high) / 2


def same_bits(a: Any, b: Any) -> bool:
    """Whether two arrays hold the same bytes in the same shape and type."""
    a, b = np.asarray(a), np.asarray(b)
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def environment(**changes: str | None) -> dict[str, str]:
    """This process's environment with the package on the path, unless it is installed; None takes a variable away."""
    env = {**os.environ, **({} if INSTALLED else {"PYTHONPATH": str(PACKAGE)})}
    for name, value in changes.items():
        env.pop(name, None)
        if value is not None:
            env[name] = value
    return env


def python(code: str, *arguments: str, timeout: float = 120, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Runs code in a new interpreter."""
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    return subprocess.run(command, env=environment(**changes), capture_output=True, text=True, timeout=timeout)


def prints(code: str, *arguments: str, **changes: str | None) -> str:
    """What code prints in a new interpreter, which must end well."""
    done = python(code, *arguments, **changes)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
