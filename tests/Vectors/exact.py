"""The exact answers of one row, in 60-digit arithmetic: the definitions of the path q_alpha, and nothing clever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
from mpmath import mpf

DIGITS = 60  # of the arithmetic
PRINTED = 30  # of the answers
NOTHING = mpf(10) ** -45  # a log-ratio under this is rounding
MASS_SLACK = 1e-3  # log-probabilities and probabilities of a mass within this of 1 are renormalised

mpmath.mp.dps = DIGITS

Floats = npt.NDArray[np.float64]


@dataclass
class Options:
    """What eqp_solve is asked for, with the defaults and the words of equipoise.h."""

    scores: str = "logits"
    criterion: str = "kl_symmetry"
    alpha: float = 0.5
    temperature_theta: float = 1.0
    temperature_target: float = 1.0


@dataclass
class Policy:
    """One policy's row: the logarithms of its distinct values, which of them each token has, and log sum exp."""

    logs: list[Any]
    which: npt.NDArray[np.intp]
    masked: npt.NDArray[np.bool_]
    log_mass: Any

    @staticmethod
    def of(values: Floats, scores: str, temperature: float) -> Policy | None:
        """Reads [columns] f64 scores; None if the row is invalid."""
        if np.isnan(values).any() or (values == np.inf).any():
            return None
        if scores == "probs" and (values < 0).any():
            return None
        masked = values == (0 if scores == "probs" else -np.inf)
        if masked.all():
            return None
        distinct, which = np.unique(np.where(masked, values[~masked][0], values), return_inverse=True)
        read = mpmath.log if scores == "probs" else mpf
        logs = [read(mpf(float(v))) / mpf(temperature) for v in distinct]
        counts = np.bincount(which[~masked], minlength=len(logs))
        top = max(x for x, c in zip(logs, counts, strict=True) if c)
        mass = mpmath.fsum(int(c) * mpmath.exp(x - top) for x, c in zip(logs, counts, strict=True) if c)
        log_mass = top + mpmath.log(mass)
        if scores != "logits" and abs(mpmath.exp(log_mass) - 1) > MASS_SLACK:
            return None
        return Policy([x - log_mass for x in logs], which, masked, log_mass)


class Path:
    """q_alpha proportional to pi_theta^alpha pi_t^(1 - alpha) over the common support, each distinct pair of values once."""

    def __init__(self, theta: Policy, target: Policy) -> None:
        self.theta, self.target = theta, target
        self.common = ~(theta.masked | target.masked)
        codes = theta.which[self.common].astype(np.int64) * len(target.logs) + target.which[self.common]
        pairs, counts = np.unique(codes, return_counts=True)
        self.pairs = [divmod(int(code), len(target.logs)) for code in pairs]
        self.counts = [int(c) for c in counts]
        self.ratios = [target.logs[j] - theta.logs[i] for i, j in self.pairs]

    def weights(self, alpha: Any) -> list[Any]:
        """Count times pi_theta^alpha pi_t^(1 - alpha), per distinct pair."""
        left = [mpmath.exp(alpha * x) for x in self.theta.logs]
        right = [mpmath.exp((1 - alpha) * x) for x in self.target.logs]
        return [c * left[i] * right[j] for (i, j), c in zip(self.pairs, self.counts, strict=True)]

    def moments(self, alpha: Any) -> tuple[Any, Any, Any]:
        """log Z, the mean and the variance of the log-ratio under q_alpha."""
        weights = self.weights(alpha)
        total = mpmath.fsum(weights)
        mean = mpmath.fdot(weights, self.ratios) / total
        variance = mpmath.fsum(w * (x - mean) ** 2 for w, x in zip(weights, self.ratios, strict=True)) / total
        return mpmath.log(total), mean, variance

    def log_z(self, alpha: Any) -> Any:
        """log Z(alpha); alpha may leave [0, 1]."""
        return mpmath.log(mpmath.fsum(self.weights(alpha)))

    def near_root(self) -> float:
        """alpha* to about 1e-15 where the row is well conditioned, by bisection in extended precision: where Newton starts."""
        a = np.array([np.longdouble(mpmath.nstr(self.theta.logs[i], 22)) for i, _ in self.pairs])
        ell = np.array([np.longdouble(mpmath.nstr(x, 22)) for x in self.ratios])
        counts = np.array(self.counts, dtype=np.longdouble)
        low, high = 0.0, 1.0
        for _ in range(56):
            middle = (low + high) / 2
            logs = a + (1 - np.longdouble(middle)) * ell
            weights = counts * np.exp(logs - logs.max())
            low, high = (middle, high) if (weights * ell).sum() > 0 else (low, middle)
        return (low + high) / 2

    def chernoff(self) -> tuple[Any, str]:
        """The root of the mean log-ratio, or the end of [0, 1] that is the limit, and the row's status."""
        if self.identical():
            return mpf("0.5"), "IDENTICAL"
        if self.moments(mpf(0))[1] <= 0:
            return mpf(0), "AT_TARGET"
        if self.moments(mpf(1))[1] >= 0:
            return mpf(1), "AT_THETA"
        alpha = mpf(self.near_root())
        for _ in range(12):
            _, mean, variance = self.moments(alpha)
            step = mean / variance
            alpha += step
            if abs(step) < mpf(10) ** -24:  # the next error is about its square
                return alpha, "OK"
        raise ArithmeticError("Newton did not converge")

    def identical(self) -> bool:
        """Whether the two policies are one distribution."""
        return bool((self.theta.masked == self.target.masked).all()) and all(abs(x) < NOTHING for x in self.ratios)

    def log_q(self, token: int, alpha: Any, log_z: Any) -> Any:
        """log q_alpha(token)."""
        if not self.common[token]:
            return mpf("-inf")
        x, y = self.theta.logs[self.theta.which[token]], self.target.logs[self.target.which[token]]
        return alpha * x + (1 - alpha) * y - log_z


def text(x: Any) -> str:
    """A number as the vectors write it."""
    return str(mpmath.nstr(x, PRINTED, min_fixed=0, max_fixed=0)) if mpmath.isfinite(x) else str(x).replace("+", "")


def invalid() -> dict[str, Any]:
    """The answer of a row that is no distribution."""
    return {"status": "INVALID"}


def disjoint() -> dict[str, Any]:
    """The answer of a row without a common token."""
    return {"status": "DISJOINT"}


def named_tokens(theta: Floats, target: Floats) -> list[int]:
    """The few tokens whose q is written down: both tops, the ends, and two between."""
    n = len(theta)
    return sorted({0, n - 1, n // 2, n // 3, int(np.argmax(theta)), int(np.argmax(target))})


def answer(theta: Floats, target: Floats, options: Options, tokens: list[int] | None = None) -> dict[str, Any]:
    """Everything that eqp_solve tells about one row: [columns] f64 scores in, decimal texts out (nats)."""
    left = Policy.of(theta, options.scores, options.temperature_theta)
    right = Policy.of(target, options.scores, options.temperature_target)
    if left is None or right is None:
        return invalid()
    path = Path(left, right)
    if not path.pairs:
        return disjoint()
    fixed = options.criterion == "fixed_alpha"
    alpha, status = (mpf(options.alpha), "OK") if fixed else path.chernoff()
    log_z, mean, variance = path.moments(alpha)
    theta_outside = bool((right.masked & ~left.masked).any())
    target_outside = bool((left.masked & ~right.masked).any())
    ess_theta = mpf(0) if theta_outside else mpmath.exp(-log_z - path.log_z(2 - alpha))
    ess_target = mpf(0) if target_outside else mpmath.exp(-log_z - path.log_z(-alpha))
    if path.identical():
        log_z = mean = variance = mpf(0)
        ess_theta = ess_target = mpf(1)
    return {
        "status": status,
        "alpha": text(alpha),
        "log_z": text(log_z),
        "kl_theta": text((1 - alpha) * mean - log_z),
        "kl_target": text(-alpha * mean - log_z),
        "ess_theta": text(ess_theta),
        "ess_target": text(ess_target),
        "variance": text(variance),
        "log_q": {str(t): text(path.log_q(t, alpha, log_z)) for t in (named_tokens(theta, target) if tokens is None else tokens)},
    }
