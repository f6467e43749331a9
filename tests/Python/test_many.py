"""solve_many: several policies and a cost, against definitions, golden answers and solve."""

from __future__ import annotations

import json
from pathlib import Path

import equipoise as eq
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import build
from support import log_softmax, normal, same_bits, softmax

INF = np.inf
CASES = {case["name"]: case for case in json.loads((Path(__file__).parents[1] / "Vectors" / "many.json").read_text())}


def policies(k, *shape, seed=0, dtype=np.float64):
    return [normal(*shape, seed=100 * seed + i, sigma=0.5 + i % 3, dtype=dtype) for i in range(k)]


@pytest.mark.parametrize("name", CASES)
def test_golden(name):
    case = CASES[name]
    rows = [build(spec, case["columns"]) for spec in case["policies"]]
    priced = {"cost": build(case["cost"], case["columns"]), "cost_weight": case["cost_weight"]} if "cost" in case else {}
    solution = eq.solve_many(rows, outputs="all", tolerance=1e-12, **priced)
    answer = case["answer"]
    np.testing.assert_allclose(solution.beta, np.array(answer["beta"], float), rtol=0, atol=1e-12)
    np.testing.assert_allclose(solution.kl, np.array(answer["kl"], float), rtol=0, atol=1e-11)
    assert float(solution.log_z) == pytest.approx(float(answer["log_z"]), abs=1e-13)
    for token, q in answer["q"].items():
        assert float(solution.q[int(token)]) == pytest.approx(float(q), abs=1e-12)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_kinds_types_and_shapes(dtype):
    rows = [torch.from_numpy(x).to(dtype) for x in policies(3, 2, 5, 60)]
    solution = eq.solve_many([x[:, :-1] for x in rows], outputs="all", tolerance=1e-10)
    assert isinstance(solution.q, torch.Tensor) and solution.beta.shape == solution.kl.shape == (2, 4, 3)
    assert solution.q.shape == (2, 4, 60) and solution.q.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    assert (solution.status == eq.RowStatus.OK).all() and float(solution.residual.max()) < 1e-9
    for place, policy in enumerate(rows):
        log_p = torch.log_softmax(policy[:, :-1].double(), -1)
        kl = (solution.q.double() * (solution.log_q.double() - log_p)).sum(-1)
        np.testing.assert_allclose(solution.kl[..., place], kl, atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 16), st.integers(2, 80), st.integers(0, 10**6), st.floats(0, 4))
def test_no_other_q_has_a_smaller_worst_case(k, columns, seed, weight):
    rows = policies(k, columns, seed=seed)
    cost = normal(columns, seed=seed + 7, dtype=np.float64)
    solution = eq.solve_many(rows, outputs="all", tolerance=1e-9, cost=cost, cost_weight=weight)
    assert eq.RowStatus(int(solution.status)) in (eq.RowStatus.OK, eq.RowStatus.AT_THETA, eq.RowStatus.AT_TARGET)
    log_p = log_softmax(np.array(rows))
    worst = float(solution.kl.max() + weight * (solution.q * cost).sum())
    assert worst == pytest.approx(-float(solution.log_z), abs=1e-8 * max(1, abs(worst)))
    for other in [*np.exp(log_p), softmax(log_p.mean(0)), softmax(solution.log_q + 0.01 * normal(columns, seed=seed, dtype=np.float64))]:
        others = (other * (np.log(np.maximum(other, 1e-300)) - log_p)).sum(-1).max() + weight * (other * cost).sum()
        assert others >= worst - 1e-9 * max(1, abs(worst))


def test_two_policies_are_solve():
    theta, target = policies(2, 40, 300, dtype=np.float32)
    both, many = eq.solve(theta, target, outputs="all"), eq.solve_many([theta, target], outputs="all")
    np.testing.assert_allclose(many.beta[:, 0], both.alpha, atol=2e-6)
    np.testing.assert_allclose(many.q, both.q, atol=2e-6)
    np.testing.assert_allclose(many.kl[:, 1], both.kl_target, atol=5e-6)
    exact = eq.solve(theta.astype(float), target.astype(float), tolerance=1e-12)
    np.testing.assert_allclose(many.beta[:, 0], exact.alpha, atol=1e-6)


def test_two_policies_end_where_solve_ends():
    theta, target = policies(2, 30, 50)
    theta[:, ::2] = -INF
    both, many = eq.solve(theta, target, outputs="all"), eq.solve_many([theta, target], outputs="all")
    assert same_bits(both.status, many.status) and (many.status == eq.RowStatus.AT_TARGET).any()
    np.testing.assert_allclose(many.beta[:, 0], both.alpha, atol=1e-6)
    assert (eq.solve_many([target, theta]).status[many.status == eq.RowStatus.AT_TARGET] == eq.RowStatus.AT_THETA).all()
    target[:, 1::2] = -INF
    assert (eq.solve_many([theta, target]).status == eq.RowStatus.DISJOINT).all()


def test_cost_of_all_rows_and_of_each():
    rows, cost = policies(3, 4, 6, 50), np.arange(50) % 7
    shared = eq.solve_many(rows, cost=cost, cost_weight=0.5, outputs="all")
    each = eq.solve_many(rows, cost=np.broadcast_to(cost, (4, 6, 50)).astype(float), cost_weight=np.full(6, 0.5), outputs="all")
    assert same_bits(shared.q, each.q) and same_bits(shared.beta, each.beta)
    assert ((shared.q * cost).sum(-1) < (eq.solve_many(rows).q * cost).sum(-1)).all()
    assert same_bits(eq.solve_many(rows, cost=cost, outputs="all").kl, eq.solve_many(rows, outputs="all").kl)


def test_bits_do_not_depend_on_chunks(monkeypatch):
    rows, cost = policies(3, 20, 64), normal(20, 64, seed=5)
    whole = eq.solve_many(rows, cost=cost, cost_weight=np.linspace(0, 2, 20), outputs="all")
    monkeypatch.setattr("equipoise._many._FIRST_CHUNK", 900)
    parts = eq.solve_many(rows, cost=cost, cost_weight=np.linspace(0, 2, 20), outputs="all")
    for name, array in whole.as_dict().items():
        assert same_bits(array, parts.as_dict()[name])


def test_padding_masks_and_bad_rows():
    rows = policies(3, 5, 40)
    padded = [np.pad(x, ((0, 0), (0, 8)), constant_values=np.nan) for x in rows]
    mask = np.arange(5) != 2
    padded[1][4, 3] = np.nan
    solution = eq.solve_many(padded, valid_columns=40, mask=mask, outputs="all")
    plain = eq.solve_many(rows, outputs="all")
    assert solution.status.tolist() == [0, 0, eq.RowStatus.SKIPPED, 0, eq.RowStatus.INVALID]
    assert same_bits(solution.beta[:2], plain.beta[:2]) and (solution.q[:2, 40:] == 0).all() and (solution.q[2] == 0).all()
    assert np.isnan(solution.beta[4]).all() and np.isnan(solution.kl[4]).all()
    assert eq.solve_many([x[:0] for x in rows]).beta.shape == (0, 3)


def test_probabilities():
    rows = policies(3, 4, 40)
    probs = eq.solve_many([softmax(x) for x in rows], scores="probs", outputs="all")
    np.testing.assert_allclose(probs.beta, eq.solve_many(rows).beta, atol=1e-8)


def test_what_was_not_asked_for_says_so():
    solution = eq.solve_many(policies(2, 3, 20))
    with pytest.raises(AttributeError, match=r"kl was not asked for: solve_many\(\.\.\., outputs=\('beta', 'q', 'kl'\)\)"):
        solution.kl
    assert repr(solution) == "ManySolution(beta(3, 2), q(3, 20), status(3,))"


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"policies": 1}, ValueError, "policies has 1 entries: give 2 to 16"),
        ({"policies": 17}, ValueError, "policies has 17 entries: give 2 to 16"),
        ({"cost": np.ones(20), "cost_weight": -1.0}, ValueError, "cost_weight=-1.0: must be finite, at least 0"),
        ({"cost": np.ones(20), "cost_weight": np.array([1, np.nan, 0])}, ValueError, "cost_weight="),
        ({"cost_weight": 1.0}, ValueError, "cost_weight has no meaning without cost="),
        ({"cost": np.full(20, np.nan), "cost_weight": 1.0}, ValueError, "cost has nan for token 0: costs must be finite"),
        ({"cost": np.ones(19)}, ValueError, r"policies\[0\] has shape \(3, 20\) and cost \(3, 19\)"),
        ({"cost": np.ones((2, 20))}, ValueError, r"policies\[0\] has shape \(3, 20\) and cost \(2, 20\)"),
        ({"tolerance": 0}, ValueError, "tolerance=0: must be finite, above 0"),
        ({"outputs": "alpha"}, ValueError, "outputs: 'alpha' is no field"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, text):
    arguments = dict(arguments)
    rows = policies(arguments.pop("policies", 3), 3, 20)
    with pytest.raises(error, match=text):
        eq.solve_many(rows, **arguments)


def test_wrong_policies_are_named():
    rows = policies(2, 3, 20)
    with pytest.raises(ValueError, match=r"policies\[0\] has shape \(3, 20\) and policies\[1\] \(2, 20\)"):
        eq.solve_many([rows[0], rows[1][:2]])
    with pytest.raises(TypeError, match="policies is ndarray: give a list of arrays"):
        eq.solve_many(np.stack(rows))
    with pytest.raises(TypeError, match=r"policies\[0\] is numpy.ndarray .* and policies\[1\] torch.Tensor"):
        eq.solve_many([rows[0], torch.from_numpy(rows[1])])
