"""What the definitions promise of every pair of rows, across functions."""

from __future__ import annotations

import equipoise as eq
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

GRID = np.linspace(0, 1, 41)


def rows(seed, sigma, count=4, columns=300):
    return np.random.default_rng(seed).normal(size=(2, count, columns)) * sigma


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.05, 4))
def test_the_path_is_monotone_and_log_z_convex(seed, sigma):
    theta, target = rows(seed, sigma)
    path = eq.path(theta, target, GRID)
    for falling in (path.kl_theta, -path.kl_target, -path.ess_theta, path.ess_target):
        assert (np.diff(falling, axis=-1) < 1e-12).all()
    assert (np.diff(path.log_z, n=2, axis=-1) > -1e-12).all() and (path.variance >= 0).all()


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6), st.floats(0.05, 4), st.sampled_from(["kl_symmetry", "ess_balance"]), st.sampled_from([np.float32, np.float64])
)
def test_swapping_the_policies_mirrors_the_path(seed, sigma, criterion, dtype):
    theta, target = (scores.astype(dtype) for scores in rows(seed, sigma))
    one = eq.solve(theta, target, criterion=criterion, outputs="all")
    other = eq.solve(target, theta, criterion=criterion, outputs="all")
    np.testing.assert_allclose(one.alpha, 1 - other.alpha, atol=2e-6)
    np.testing.assert_allclose(one.q, other.q, atol=3e-6)
    np.testing.assert_allclose(one.kl_theta, other.kl_target, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(one.ess_theta, other.ess_target, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("criterion", ["kl_symmetry", "ess_balance"])
@pytest.mark.parametrize("step", [1e-1, 1e-2, 1e-3])
def test_as_the_policies_approach_each_other_the_point_is_half_way(criterion, step):
    theta, noise = rows(3, 1.0)
    near = eq.solve(theta, theta + step * noise, criterion=criterion, outputs="all")
    assert np.abs(near.alpha - 0.5).max() < step
    # log ESS = -2 KL to the first order; both are the squared distance, an eighth and a quarter of it.
    np.testing.assert_allclose(-np.log(near.ess_theta) / near.kl_theta, 2, rtol=2 * step)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.05, 3), st.sampled_from([np.float32, np.float64]))
def test_criteria_agree_where_they_ask_for_the_same_point(seed, sigma, dtype):
    theta, target = (scores.astype(dtype) for scores in rows(seed, sigma))
    symmetric = eq.solve(theta, target, outputs="all")
    same = {
        "weighted_kl": {"weights": (2.5, 2.5)},
        "kl_budget": {"budget": symmetric.kl_theta},
        "ess_floor": {"floor": np.clip(symmetric.ess_theta, 1e-300, 1)},
        "fixed_alpha": {"alpha": symmetric.alpha},
    }
    for criterion, parameter in same.items():
        found = eq.solve(theta, target, criterion=criterion, outputs=("alpha",), **parameter)
        tolerance, noise = (3e-6, 1e-6) if dtype == np.float32 else (1e-6, 1e-12)
        slack = tolerance + noise / np.maximum(symmetric.kl_theta, 1e-12)
        assert (np.abs(found.alpha - symmetric.alpha) <= np.minimum(slack, 1)).all(), criterion


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.05, 3))
def test_ess_is_renyi_of_order_2(seed, sigma):
    theta, target = rows(seed, sigma)
    solved = eq.solve(theta, target, outputs=("q", "ess_theta", "ess_target"))
    for scores, ess in ((theta, solved.ess_theta), (target, solved.ess_target)):
        policy = np.exp(scores - scores.max(-1, keepdims=True))
        policy /= policy.sum(-1, keepdims=True)
        renyi = eq.divergence(policy, solved.q, kind="renyi", order=2.0, scores="probs")
        np.testing.assert_allclose(ess, np.exp(-renyi), rtol=1e-9)
        np.testing.assert_allclose(ess, eq.ess(policy, solved.q, scores="probs"), rtol=1e-9)
