"""Gradients against finite differences and against autograd through a long bisection; points of geodesics."""

from __future__ import annotations

import equipoise as eq
import numpy as np
import pytest
import torch
from support import log_softmax, normal, same_bits

INF = np.inf
THETA, TARGET = normal(4, 30, seed=3, dtype=np.float64), normal(4, 30, seed=4, dtype=np.float64)
WEIGHTS = normal(4, 30, seed=5, dtype=np.float64)
FACTORS = np.array([1.0, -0.5, 2.0, 0.25])
CRITERIA = {
    "kl_symmetry": {},
    "weighted_kl": {"weights": (1.0, 2.5)},
    "kl_budget": {"budget": 0.05},
    "ess_balance": {},
    "ess_floor": {"floor": 0.7},
    "fixed_alpha": {"alpha": 0.3},
}
NEAR = {"kl_budget": {"budget": 1e-3}, "ess_floor": {"floor": 0.998}}


def bisected(theta, target, criterion, alpha=None, weights=None, budget=None, floor=1.0):
    """alpha, log q and -log Z by 200 halvings; the last Newton step carries the gradient of alpha."""
    log_p, log_t = torch.log_softmax(theta, -1), torch.log_softmax(target, -1)
    log_ratio = log_t - log_p

    def point(alpha):
        mixed = alpha[:, None] * log_p + (1 - alpha[:, None]) * log_t
        log_z = torch.logsumexp(mixed, -1)
        return mixed - log_z[:, None], log_z

    def function(alpha):
        log_q, log_z = point(alpha)
        mean = (log_q.exp() * log_ratio).sum(-1)
        kl_theta, kl_target = (1 - alpha) * mean - log_z, -alpha * mean - log_z
        beyond, before = point(2 - alpha)[1], point(-alpha)[1]
        return {
            "kl_symmetry": kl_theta - kl_target,
            "weighted_kl": weights and weights[0] * kl_theta - weights[1] * kl_target,
            "kl_budget": kl_theta - (budget or 0),
            "ess_balance": beyond - before,
            "ess_floor": log_z + beyond + np.log(floor),
        }[criterion]

    if criterion == "fixed_alpha":
        found = torch.full((len(theta),), alpha, dtype=torch.float64)
    else:
        low, high = torch.zeros(len(theta), dtype=torch.float64), torch.ones(len(theta), dtype=torch.float64)
        with torch.no_grad():
            for _ in range(200):
                middle = (low + high) / 2
                above = function(middle) > 0
                low, high = torch.where(above, middle, low), torch.where(above, high, middle)
        found = low.clone().requires_grad_(True)
        (slope,) = torch.autograd.grad(function(found).sum(), found)
        found = found.detach() - function(found.detach()) / slope
    log_q, log_z = point(found)
    return found, log_q, -log_z


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("size", [2.0, 0.1])
def test_products_agree_with_autograd(criterion, size):
    parameters = CRITERIA[criterion] if size > 1 else NEAR.get(criterion, CRITERIA[criterion])
    theta = torch.from_numpy(THETA).requires_grad_()
    target = torch.from_numpy(THETA + size * TARGET).requires_grad_()
    alpha, log_q, kl = bisected(theta, target, criterion, **parameters)
    held = (log_q.detach().exp() * (log_q.detach() - torch.log_softmax(theta, -1))).sum(-1)
    factors, vector = torch.from_numpy(FACTORS), torch.from_numpy(WEIGHTS)
    loss = (factors * alpha).sum() + (vector * log_q).sum() + (factors.flip(0) * kl).sum() + (3 * held).sum()
    expected = torch.autograd.grad(loss, (theta, target))
    given = {"grad_alpha": factors, "grad_log_q": vector, "grad_kl": factors.flip(0), "grad_kl_held": torch.full((4,), 3.0)}
    found = parameters.get("alpha", eq.solve(theta, target, criterion=criterion, **parameters).alpha)
    rest = {name: value for name, value in parameters.items() if name != "alpha"}
    for actual, wanted in zip(eq.solve_vjp(theta, target, found, criterion=criterion, **given, **rest), expected):
        torch.testing.assert_close(actual, wanted, rtol=0, atol=1e-11 * float(wanted.abs().max()))


def test_products_agree_with_finite_differences():
    step = 1e-5
    for index in (0, 7, 29):
        for which in (0, 1):
            moved = []
            for sign in (1, -1):
                rows = [THETA.copy(), TARGET.copy()]
                rows[which][:, index] += sign * step
                solution = eq.solve(*rows, tolerance=1e-13, outputs=("alpha", "log_q"))
                moved.append(solution.alpha + (WEIGHTS * solution.log_q).sum(-1))
            gradient = eq.solve_vjp(THETA, TARGET, grad_alpha=1.0, grad_log_q=WEIGHTS)[which]
            np.testing.assert_allclose(gradient[:, index], (moved[0] - moved[1]) / (2 * step), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("criterion, floor", [("ess_balance", None), ("ess_floor", np.array([0.8, 0.85, 0.8, 0.95]))])
def test_ess_criteria_agree_with_finite_differences(criterion, floor):
    """Per-row floors, a temperature, and a target with tokens of its own."""
    target, step = TARGET.copy(), 1e-5
    theta = THETA.copy()
    if criterion == "ess_floor":
        theta[1, :3] = -INF
    shared = {"criterion": criterion, "floor": floor, "temperature": (1.5, 2.0)}

    def loss(rows):
        solution = eq.solve(*rows, tolerance=1e-13, outputs=("alpha", "log_q"), **shared)
        assert ((solution.alpha > 0) & (solution.alpha < 1)).all()
        return solution.alpha + np.where(np.isfinite(solution.log_q), WEIGHTS * solution.log_q, 0).sum(-1)

    gradients = eq.solve_vjp(theta, target, grad_alpha=1.0, grad_log_q=WEIGHTS, **shared)
    for index in (0, 7, 29):
        for which in (0, 1):
            moved = []
            for sign in (1, -1):
                rows = [theta.copy(), target.copy()]
                rows[which][:, index] += sign * step
                moved.append(loss(rows))
            np.testing.assert_allclose(gradients[which][:, index], (moved[0] - moved[1]) / (2 * step), rtol=1e-6, atol=1e-8)


def test_ess_criteria_where_the_policies_nearly_agree():
    """alpha depends on the third cumulant alone then: a difference of normalisers would keep no digit of its gradient."""
    theta, direction = THETA, TARGET - TARGET.mean(-1, keepdims=True)
    exact = eq.solve_vjp(theta, theta + 1e-3 * direction, criterion="ess_balance", grad_alpha=1.0)
    near = eq.solve_vjp(theta, theta + 1e-5 * direction, criterion="ess_balance", grad_alpha=1.0)
    for apart, close in zip(exact, near):
        np.testing.assert_allclose(close, apart, rtol=0, atol=5e-3 * np.abs(apart).max())


def test_temperatures_divide_the_gradients():
    theta_temperature, target_temperature = np.array([0.5, 1, 2, 4]), 3.0
    scaled = THETA / theta_temperature[:, None], TARGET / target_temperature
    plain = eq.solve_vjp(*scaled, grad_alpha=FACTORS, grad_log_q=WEIGHTS)
    tempered = eq.solve_vjp(THETA, TARGET, grad_alpha=FACTORS, grad_log_q=WEIGHTS, temperature=(theta_temperature, target_temperature))
    np.testing.assert_allclose(tempered[0], plain[0] / theta_temperature[:, None], rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(tempered[1], plain[1] / target_temperature, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(eq.kl_gradient(THETA, TARGET, temperature=2.0)[0], eq.kl_gradient(THETA / 2, TARGET / 2)[0] / 2, atol=1e-15)


def test_the_gradients_of_the_chernoff_information():
    solution = eq.solve(THETA, TARGET)
    p, t, alpha = np.exp(log_softmax(THETA)), np.exp(log_softmax(TARGET)), solution.alpha[:, None]
    full = eq.solve_vjp(THETA, TARGET, solution.alpha, grad_kl=np.ones(4))
    np.testing.assert_allclose(full[0], alpha * (p - solution.q), atol=1e-9)
    np.testing.assert_allclose(full[1], (1 - alpha) * (t - solution.q), atol=1e-9)
    held = eq.solve_vjp(THETA, TARGET, solution.alpha, grad_kl_held=np.ones(4))
    np.testing.assert_allclose(held[0], p - solution.q, atol=1e-9)
    assert (held[1] == 0).all()


def test_the_gradient_of_alpha_forgets_the_tolerance_of_the_solve():
    exact = eq.solve_vjp(THETA, TARGET, eq.solve(THETA, TARGET, tolerance=1e-13).alpha, grad_alpha=1.0)
    coarse = eq.solve_vjp(THETA, TARGET, eq.solve(THETA, TARGET).alpha + 1e-4, grad_alpha=1.0)
    np.testing.assert_allclose(coarse[0], exact[0], atol=1e-13)
    np.testing.assert_allclose(eq.solve_vjp(THETA, TARGET, grad_alpha=1.0)[1], exact[1], atol=1e-13)


@pytest.mark.parametrize("size", [1.0, 1e-4])
def test_kl_gradients_agree_with_autograd(size):
    p = torch.from_numpy(THETA).requires_grad_()
    q = torch.from_numpy(THETA + size * TARGET).requires_grad_()
    log_p, log_q = torch.log_softmax(p, -1), torch.log_softmax(q, -1)
    expected = torch.autograd.grad((torch.from_numpy(FACTORS) * (log_p.exp() * (log_p - log_q)).sum(-1)).sum(), (p, q))
    for actual, wanted in zip(eq.kl_gradient(p, q, weights=torch.from_numpy(FACTORS)), expected):
        torch.testing.assert_close(actual, wanted, rtol=0, atol=1e-10 * float(wanted.abs().max()))
    np.testing.assert_allclose(eq.kl_gradient(log_p, log_q, "log_probs")[0], eq.kl_gradient(p, q)[0], atol=1e-14)


def test_identical_policies_and_ends():
    same = eq.solve_vjp(THETA, THETA, grad_alpha=1.0, grad_log_q=WEIGHTS)
    q = np.exp(log_softmax(THETA))
    expected = (WEIGHTS - q * WEIGHTS.sum(-1, keepdims=True)) / 2
    np.testing.assert_allclose(same[0], expected, atol=1e-14)
    np.testing.assert_allclose(same[1], expected, atol=1e-14)
    ended = eq.solve_vjp(THETA, TARGET, np.ones(4), grad_alpha=1.0, grad_log_q=WEIGHTS)
    np.testing.assert_allclose(ended[0], WEIGHTS - q * WEIGHTS.sum(-1, keepdims=True), atol=1e-14)
    assert (ended[1] == 0).all()


def test_masks_padding_and_bad_rows():
    theta, target, vector = THETA.copy(), TARGET.copy(), WEIGHTS.copy()
    theta[0, 3] = target[0, 3] = -INF
    vector[0, 3] = np.nan
    theta[1, 4] = np.nan
    theta[2, :15], target[2, 15:] = -INF, -INF
    kept, rows = np.arange(30) != 3, np.array([True, True, True, False])
    for which in (0, 1):
        gradient = eq.solve_vjp(theta, target, np.full(4, 0.5), grad_alpha=1.0, grad_log_q=vector, mask=rows)[which]
        alone = eq.solve_vjp(theta[0, kept], target[0, kept], 0.5, grad_alpha=1.0, grad_log_q=vector[0, kept])[which]
        np.testing.assert_allclose(gradient[0, kept], alone, atol=1e-13)
        assert gradient[0, 3] == 0 and np.isnan(gradient[1]).all() and np.isnan(gradient[2]).all() and (gradient[3] == 0).all()
        gradient = eq.kl_gradient(theta, target, mask=rows)[which]
        assert gradient[0, 3] == 0 and np.isnan(gradient[1]).all() and np.isnan(gradient[2]).all() and (gradient[3] == 0).all()
        padded = [np.concatenate([x, np.full((4, 5), np.nan)], -1) for x in (THETA, TARGET, WEIGHTS)]
        gradient = eq.solve_vjp(padded[0], padded[1], grad_log_q=padded[2], valid_columns=30)[which]
        assert same_bits(gradient[:, :30], eq.solve_vjp(THETA, TARGET, grad_log_q=WEIGHTS)[which]) and (gradient[:, 30:] == 0).all()
    outside = eq.solve_vjp(THETA, TARGET, np.array([0.5, np.nan, 2, 0.5]), grad_alpha=1.0)[0]
    assert np.isnan(outside).all(-1).tolist() == [False, True, True, False]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_types(dtype):
    theta, target, vector = (torch.from_numpy(x).to(dtype) for x in (THETA, TARGET, WEIGHTS))
    wide = eq.solve_vjp(theta.double(), target.double(), grad_alpha=torch.ones(4), grad_log_q=vector.double())
    for actual, expected in zip(eq.solve_vjp(theta, target, grad_alpha=torch.ones(4), grad_log_q=vector), wide):
        assert actual.dtype == torch.float32
        torch.testing.assert_close(actual.double(), expected, rtol=1e-6, atol=1e-7)


def test_rows_and_chunks_and_workers_leave_no_trace(monkeypatch):
    theta, target, vector = normal(40, 300)[::2], normal(20, 300, seed=1), normal(20, 300, seed=2)
    whole = [*eq.solve_vjp(theta, target, grad_log_q=vector), *eq.kl_gradient(theta, target), eq.geodesic(theta, target, 0.3)]
    monkeypatch.setattr("equipoise._gradients._FIRST_CHUNK", 900)
    parts = [*eq.solve_vjp(theta, target, grad_log_q=vector), *eq.kl_gradient(theta, target), eq.geodesic(theta, target, 0.3)]
    assert all(same_bits(a, b) for a, b in zip(whole, parts))
    theta, target = normal(1, 150000), normal(1, 150000, seed=1)
    for alone, shared in zip(*(eq.solve_vjp(theta, target, grad_alpha=1.0, threads=threads) for threads in (1, 2))):
        assert same_bits(alone, shared)


def test_geodesics():
    p, t = np.exp(log_softmax(THETA)), np.exp(log_softmax(TARGET))
    alphas = np.array([0, 0.25, 0.5, 1])
    np.testing.assert_allclose(eq.geodesic(THETA, TARGET, alphas, "mixture"), alphas[:, None] * p + (1 - alphas[:, None]) * t, atol=1e-15)
    path = p ** alphas[:, None] * t ** (1 - alphas[:, None])
    np.testing.assert_allclose(eq.geodesic(THETA, TARGET, alphas), path / path.sum(-1, keepdims=True), atol=1e-15)
    np.testing.assert_allclose(eq.geodesic(THETA, TARGET, 0.3), eq.solve(THETA, TARGET, criterion="fixed_alpha", alpha=0.3).q, atol=1e-14)
    left, right = np.array([0.5, 0.5, 0]), np.array([0, 0.5, 0.5])
    np.testing.assert_allclose(eq.geodesic(left, right, 0.25, "m", scores="probs"), [0.125, 0.5, 0.375], atol=1e-16)
    np.testing.assert_allclose(eq.geodesic(left, right, 0.25, "e", scores="probs"), [0, 1, 0], atol=1e-16)
    apart = np.array([0, 0, 1.0])
    assert (eq.geodesic(np.array([0.5, 0.5, 0]), apart, 0.5, scores="probs") == 0).all()
    np.testing.assert_allclose(eq.geodesic(np.array([0.5, 0.5, 0]), apart, 0.5, "m", scores="probs"), [0.25, 0.25, 0.5], atol=1e-16)


def test_wrong_arguments_are_named():
    with pytest.raises(eq.Error, match="scores PROBS"):
        eq.kl_gradient(np.array([0.5, 0.5]), np.array([0.25, 0.75]), "probs")
    with pytest.raises(ValueError, match=r"grad_log_q has shape \(4, 29\) and theta \(4, 30\)"):
        eq.solve_vjp(THETA, TARGET, grad_log_q=WEIGHTS[:, 1:])
    with pytest.raises(ValueError, match=r"grad_alpha has shape \(3,\), which does not spread"):
        eq.solve_vjp(THETA, TARGET, grad_alpha=np.ones(3))
    with pytest.raises(ValueError, match="kind='x': choose one of 'exponential'"):
        eq.geodesic(THETA, TARGET, 0.5, "x")
    with pytest.raises(ValueError, match="alpha=2"):
        eq.geodesic(THETA, TARGET, 2)
