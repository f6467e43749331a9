"""The golden answers of 30 digits for divergences, the Fisher functions and gradients."""

from __future__ import annotations

import json
from pathlib import Path

import equipoise as eq
import numpy as np
import pytest

DATA = json.loads((Path(__file__).parents[1] / "Vectors" / "geometry.json").read_text())
CASES = {case["name"]: case for case in DATA["cases"]}

# What rounding leaves of scores around 1000, of log-ratios of 2e-6 of scores of 2, and of what a token of all but all the mass has not.
LOOSE = {"offset": 1e-11, "all but identical": 1e-9, "peaked": 1e-11}
ROUNDING = 2.0**-52


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


def rows(case):
    return tuple(np.array([float(x) for x in case[name]]) for name in "pqv")


def close(case, actual, expected):
    np.testing.assert_allclose(actual, np.array(expected, dtype=np.float64), rtol=LOOSE.get(case["name"], 1e-12))


def close_vectors(case, actual, expected, terms):
    """Within the tolerance of the largest entry, and the rounding of terms of that size."""
    expected = np.array(expected, dtype=np.float64)
    bound = LOOSE.get(case["name"], 1e-12) * np.abs(expected).max() + ROUNDING * terms
    np.testing.assert_allclose(actual, expected, rtol=0, atol=bound)


def largest_ratio(p, q):
    with np.errstate(invalid="ignore"):
        return np.nanmax(np.abs(np.where(np.isinf(p - q), np.nan, (p - p.max()) - (q - q.max()))))


def test_divergences(case):
    p, q, _ = rows(case)
    for kind, value in case["answer"]["divergences"].items():
        name, _, order = kind.partition(" ")
        close(case, eq.divergence(p, q, name, order=float(order) if order else None), value)


def test_single_precision_divergences(case):
    p, q, _ = (row.astype(np.float32) for row in rows(case))
    for kind, value in case["answer"]["divergences"].items():
        name, _, order = kind.partition(" ")
        actual = eq.divergence(p, q, name, order=float(order) if order else None)
        np.testing.assert_allclose(actual, float(value), rtol=2e-6)


def test_quadratics(case):
    p, q, _ = rows(case)
    for weight, value in case["answer"]["quadratics"].items():
        close(case, eq.fisher_quadratic(p, q, weight), value)


def test_tangents(case):
    p, _, v = rows(case)
    answer = case["answer"]["tangents"]
    close_vectors(case, eq.fisher_product(p, v), answer["product"], np.abs(v).max())
    steps = [eq.step_kl(p, v), eq.step_kl(p, v, 3), eq.step_kl(p, v, 3, "reverse")]
    close(case, steps, answer["step_kl"])
    for damping, expected in zip(DATA["dampings"], answer["natural"]):
        close_vectors(case, eq.natural_gradient(p, v, damping), expected, 0)
    found = eq.trust_region_step(p, v, DATA["delta"])
    close(case, [found.step, found.quadratic_step], answer["trust_region"])


def test_gradients(case):
    p, q, v = rows(case)
    answer = case["answer"]["gradients"]
    alpha = eq.solve(p, q).alpha
    for actual, expected in zip(eq.solve_vjp(p, q, alpha, grad_alpha=1.0, grad_log_q=v), answer["vjp"]):
        close_vectors(case, actual, expected, largest_ratio(p, q))
    for actual, expected in zip(eq.kl_gradient(p, q), answer.get("kl", ())):
        close_vectors(case, actual, expected, largest_ratio(p, q))
