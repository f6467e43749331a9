"""The golden answers of 30 digits, which every language is measured against, in float64 and float32."""

from __future__ import annotations

import json
from pathlib import Path

import equipoise as eq
import numpy as np
import pytest
from rows import build

CASES = {case["name"]: case for case in json.loads((Path(__file__).parents[1] / "Vectors" / "golden.json").read_text())}
SMALL = sorted(name for name, case in CASES.items() if case["columns"] <= 65536)


def rows_of(case):
    return build(case["theta"], case["columns"]), build(case["target"], case["columns"])


def options_of(case):
    options = {"alpha": 0.5, **case["options"]} if case["options"].get("criterion") == "fixed_alpha" else dict(case["options"])
    pair = options.pop("temperature_theta", 1.0), options.pop("temperature_target", 1.0)
    return {**options, "temperature": pair} if pair != (1.0, 1.0) else options


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_golden(name, dtype):
    case = CASES[name]
    theta, target = rows_of(case)
    with np.errstate(over="ignore"):
        inputs = theta.astype(dtype), target.astype(dtype)
    fits = all(np.array_equal(a.astype(np.float64), b, equal_nan=True) for a, b in zip(inputs, (theta, target)))
    if not fits:
        inputs = theta, target
    answer = case["answer"]
    exact = inputs[0].dtype == np.float64
    solution = eq.solve(*inputs, outputs="all", tolerance=1e-12 if exact else 1e-6, **options_of(case))
    statuses = {answer["status"], "NOT_CONVERGED"} if case_is_ill_conditioned(answer) else {answer["status"]}
    assert eq.RowStatus(int(solution.status)).name in statuses
    if "alpha" not in answer:
        return
    # Rounding moves the mean log-ratio by some units of the scores' last place, and alpha by that over the variance.
    with np.errstate(divide="ignore"):
        logits = [np.log(row) if options_of(case).get("scores") == "probs" else row for row in inputs]
    size = max(np.abs(row[np.isfinite(row)]).max() for row in logits)
    slack = (1e-13, 1e-6)[not exact] * max(1.0, size)
    assert abs(float(solution.alpha) - float(answer["alpha"])) * min(1.0, float(answer["variance"])) <= slack
    for field in ("log_z", "kl_theta", "kl_target"):
        value = float(answer[field])
        assert abs(float(getattr(solution, field)) - value) <= slack * max(1.0, abs(value)), field
    slack_of_q = slack / min(1.0, float(answer["variance"]) ** 0.5 or 1.0)
    for token, log_q in answer["log_q"].items():
        value, found = float(log_q), float(solution.log_q[int(token)])
        assert found == value if np.isinf(value) else abs(np.exp(found) - np.exp(value)) <= slack_of_q


def case_is_ill_conditioned(answer):
    return "variance" in answer and 0 < float(answer["variance"]) < 1e-20


def test_the_widest_row():
    name = max(CASES, key=lambda name: CASES[name]["columns"])
    theta, target = rows_of(CASES[name])
    solution = eq.solve(theta.astype(np.float32), target.astype(np.float32), outputs="all", **options_of(CASES[name]))
    assert abs(float(solution.alpha) - float(CASES[name]["answer"]["alpha"])) <= 1e-5
