"""The golden answers of tests/Vectors/criteria.json: where each criterion is met, and the path's statistics, in float64 and float32."""

from __future__ import annotations

import json
from pathlib import Path

import equipoise as eq
import numpy as np
import pytest
from rows import build

CASES = {case["name"]: case for case in json.loads((Path(__file__).parents[1] / "Vectors" / "criteria.json").read_text())}
FIELDS = ("log_z", "kl_theta", "kl_target", "ess_theta", "ess_target", "entropy", "variance")


def rows_of(case, dtype):
    rows = [build(case[which], case["columns"]) for which in ("theta", "target")]
    held = [row.astype(dtype) for row in rows]
    if not all(np.array_equal(a.astype(np.float64), b) for a, b in zip(held, rows)):
        pytest.skip("the type does not hold the row")
    return held


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("method", ["newton", "bisection"])
def test_roots(name, dtype, method):
    theta, target = rows_of(CASES[name], dtype)
    exact = dtype is np.float64 and method == "newton"
    for answer in CASES[name]["criteria"]:
        given = {key: tuple(value) if key == "weights" else value for key, value in answer.items() if key not in ("status", "alpha")}
        tolerance = 1e-12 if exact else 1e-8 if dtype is np.float64 else 1e-6
        solution = eq.solve(theta, target, method=method, tolerance=tolerance, max_iterations=80, outputs="all", **given)
        assert eq.RowStatus(int(solution.status)).name == answer["status"], given
        alpha = float(answer["alpha"])
        if method == "bisection" or exact:
            slack = 2 * tolerance
        else:
            # What float32 exponentials leave of the criterion's function, over the slope that the neighbours show.
            at = eq.path(theta.astype(np.float64), target.astype(np.float64), [alpha], outputs=("variance",))
            steepness = float(at.variance[0]) * ((1 - alpha) if given["criterion"] == "kl_budget" else 1)
            slack = 2e-6 + 2e-7 / max(steepness, 1e-9)
        # Where the policies nearly agree, rounding of the scores themselves moves the root.
        assert abs(float(solution.alpha) - alpha) <= slack + (1e-9 if "nearly" in name else 0), given


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_path(name, dtype):
    theta, target = rows_of(CASES[name], dtype)
    points = CASES[name]["path"]
    statistics = eq.path(theta, target, [point["alpha"] for point in points])
    # A variance is a difference of squares of log-ratios, which are as large as the peaks are apart.
    common = np.isfinite(theta) & np.isfinite(target)
    largest = np.abs((target - target.max())[common] - (theta - theta.max())[common]).max()
    for place, point in enumerate(points):
        for field in FIELDS:
            value = float(point[field])
            size = max(1.0, abs(value), 4e-3 * largest**2 if field == "variance" else 0.0)
            assert abs(float(getattr(statistics, field)[place]) - value) <= 2e-13 * size, (field, point["alpha"])
