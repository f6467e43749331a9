"""Writes gaussian.json: pairs of Gaussians, and what eqp_solve_gaussian must answer for them to 30 digits.

    python3 make_gaussian.py            writes gaussian.json beside this file (some seconds; needs mpmath)
    python3 make_gaussian.py --check    makes it again and compares

By the definitions, in 60-digit arithmetic: alpha by halving the bracket of KL(q||pi_theta) - KL(q||pi_t), both from the textbook's formula
of the KL of two Gaussians; log Z from the two; ESS from the Gaussian integral of pi^2 / q.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import random
import sys
from typing import Any

import mpmath
from exact import text
from mpmath import mpf

GAUSSIAN = pathlib.Path(__file__).with_name("gaussian.json")
mpmath.mp.dps = 60


def matrix(values: list[Any], size: int) -> Any:
    """Variances or covariances as a matrix."""
    if len(values) == size:
        return mpmath.diag([mpf(v) for v in values])
    return mpmath.matrix([[mpf(values[i * size + j]) for j in range(size)] for i in range(size)])


def kl(mean: Any, cov: Any, other_mean: Any, other_cov: Any) -> Any:
    """KL of one Gaussian from another."""
    precision, apart = other_cov**-1, other_mean - mean
    product = precision * cov
    trace = mpmath.fsum(product[i, i] for i in range(len(mean)))
    square = (apart.T * precision * apart)[0]
    return (trace + square - len(mean) + mpmath.log(mpmath.det(other_cov) / mpmath.det(cov))) / 2


def ess(mean: Any, cov: Any, q_mean: Any, q_cov: Any) -> Any:
    """1 / integral of pi^2 / q; 0 where 2 P - P_q is not positive definite."""
    p, pq = cov**-1, q_cov**-1
    precision = 2 * p - pq
    try:
        mpmath.cholesky(precision)
    except ValueError:
        return mpf(0)
    pull = 2 * p * mean - pq * q_mean
    exponent = (pull.T * precision**-1 * pull)[0] - 2 * (mean.T * p * mean)[0] + (q_mean.T * pq * q_mean)[0]
    return mpmath.exp(-(2 * mpmath.log(mpmath.det(p)) - mpmath.log(mpmath.det(pq)) - mpmath.log(mpmath.det(precision)) + exponent) / 2)


class Pair:
    """The path between two Gaussians."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.size = len(case["mean_theta"])
        self.means = [mpmath.matrix([mpf(x) for x in case[name]]) for name in ("mean_theta", "mean_target")]
        self.covs = [matrix(case[name], self.size) for name in ("cov_theta", "cov_target")]
        self.precisions = [cov**-1 for cov in self.covs]

    def at(self, alpha: Any) -> tuple[Any, Any]:
        """Mean and covariance of q."""
        shares = alpha, 1 - alpha
        cov = (shares[0] * self.precisions[0] + shares[1] * self.precisions[1]) ** -1
        return cov * (shares[0] * self.precisions[0] * self.means[0] + shares[1] * self.precisions[1] * self.means[1]), cov

    def kls(self, alpha: Any) -> list[Any]:
        return [kl(*self.at(alpha), mean, cov) for mean, cov in zip(self.means, self.covs)]

    def root(self) -> Any:
        low, high = mpf(0), mpf(1)
        for _ in range(130):
            middle = (low + high) / 2
            theta, target = self.kls(middle)
            low, high = (middle, high) if theta > target else (low, middle)
        return (low + high) / 2


def answer(case: dict[str, Any]) -> dict[str, Any]:
    pair = Pair(case)
    alpha = pair.root()
    mean, cov = pair.at(alpha)
    theta, target = pair.kls(alpha)
    entries = [cov[i, i] for i in range(pair.size)] if len(case["cov_theta"]) == pair.size else list(cov)
    return {
        "alpha": text(alpha),
        "mean": [text(x) for x in mean],
        "cov": [text(x) for x in entries],
        "log_z": text(-alpha * theta - (1 - alpha) * target),
        "kl_theta": text(theta),
        "kl_target": text(target),
        "ess_theta": text(ess(pair.means[0], pair.covs[0], mean, cov)),
        "ess_target": text(ess(pair.means[1], pair.covs[1], mean, cov)),
    }


def draw(seed: int, size: int, full: bool, spread: float) -> dict[str, Any]:
    """Random means, and covariances B B^T + 1/4, in steps of 1/64 that f32 holds exactly."""
    source = random.Random(seed)

    def steps(scale: float) -> float:
        return round(source.gauss(0, scale) * 8) / 8

    case: dict[str, Any] = {}
    for name in ("theta", "target"):
        factor = [[steps(spread) for _ in range(size)] for _ in range(size)]
        cov = [[sum(x * y for x, y in zip(a, b)) + 0.25 * (i == j) for j, b in enumerate(factor)] for i, a in enumerate(factor)]
        case["mean_" + name] = [steps(1.0) for _ in range(size)]
        case["cov_" + name] = [x for row in cov for x in row] if full else [cov[i][i] for i in range(size)]
    return case


def cases() -> list[dict[str, Any]]:
    named = {}
    for size in (1, 2, 3, 7):
        named[f"{size} dimensions, diagonal"] = draw(10 * size, size, False, 0.75)
        named[f"{size} dimensions, full"] = draw(10 * size + 1, size, True, 0.75)
    fields = ("mean_theta", "cov_theta", "mean_target", "cov_target")
    chosen = {
        "equal variances": ([0.0, 1.0], [1.0, 4.0], [3.0, -1.0], [1.0, 4.0]),
        "equal means": ([0.5], [1.0], [0.5], [16.0]),
        "a narrow and a wide one": ([0.0], [2.0**-20], [1.0], [2.0**20]),
        "nearly alike": ([0.0, 1.0], [1.0, 1.0], [2.0**-12, 1.0], [1.0 + 2.0**-12, 1.0]),
        "far apart": ([0.0, 0.0], [1.0, 0.5, 0.5, 2.0], [100.0, -50.0], [2.0, 0.0, 0.0, 0.125]),
    }
    named |= {name: dict(zip(fields, values)) for name, values in chosen.items()}
    return [{"name": name, **case} for name, case in named.items()]


def make() -> str:
    return "[\n" + ",\n".join(json.dumps({**case, "answer": answer(case)}) for case in cases()) + "\n]\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    made = make()
    if parser.parse_args().check:
        return int(made != GAUSSIAN.read_text(encoding="utf-8"))
    GAUSSIAN.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
