"""The Fisher information's functions against dense matrices, against each other and against exact KLs."""

from __future__ import annotations

import equipoise as eq
import numpy as np
import pytest
import torch
from support import log_softmax, normal, same_bits

INF = np.inf
LOGITS, VECTOR = normal(3, 5, 40, seed=1, dtype=np.float64) * 2, normal(3, 5, 40, seed=2, dtype=np.float64) + 3
P = np.exp(log_softmax(LOGITS))


def fisher(p):
    return np.apply_along_axis(np.diag, -1, p) - p[..., :, None] * p[..., None, :]


F = fisher(P)


def kl_after(logits, step):
    """KL(p || p after the step), as log E exp(c) with c centred."""
    p = np.exp(log_softmax(logits))
    c = step - (p * step).sum(-1, keepdims=True)
    return np.log((p * np.exp(c)).sum(-1))


def test_the_published_example():
    p, q = np.array([0.3, 0.7]), np.array([0.2, 0.8])
    for weight, value in {"1/p": 1 / 42, "1/q": 0.03125, "mean": 0.02 / 0.75, "p/q^2": 0.04296875}.items():
        assert eq.fisher_quadratic(p, q, weight, scores="probs") == pytest.approx(value, rel=1e-14), weight
    assert eq.kl(p, q, "probs", "bits") == pytest.approx(0.04063719565666954, rel=1e-14)


@pytest.mark.parametrize("weight", ["1/p", "1/q", "mean", "p/q^2"])
def test_quadratic_forms(weight):
    p, q = LOGITS, LOGITS + 0.7 * VECTOR
    a, b = np.exp(log_softmax(p)), np.exp(log_softmax(q))
    factor = {"1/p": 1 / a, "1/q": 1 / b, "mean": 2 / (a + b), "p/q^2": a / b**2}[weight]
    expected = ((a - b) ** 2 * factor).sum(-1) / 2
    np.testing.assert_allclose(eq.fisher_quadratic(p, q, weight), expected, rtol=1e-11)
    np.testing.assert_allclose(eq.fisher_quadratic(a, b, weight, scores="probs"), expected, rtol=1e-10)


@pytest.mark.parametrize("weight", ["1/p", "1/q", "mean", "p/q^2"])
def test_quadratic_forms_tend_to_kl(weight):
    for size in (1e-3, 1e-5, 1e-7):
        q = LOGITS + size * VECTOR
        np.testing.assert_allclose(eq.fisher_quadratic(LOGITS, q, weight), eq.kl(LOGITS, q), rtol=30 * size + 1e-7)


def test_quadratic_forms_where_supports_differ():
    p, q = np.array([0.5, 0.5, 0]), np.array([0.5, 0.25, 0.25])
    common = 0.25**2 / 2
    expected = {"1/p": (INF, common / 0.25 + 0.125), "1/q": (common / 0.25 + 0.125, INF), "p/q^2": (common * 0.5 / 0.0625, INF)}
    for weight, (forward, backward) in expected.items():
        assert eq.fisher_quadratic(p, q, weight, "probs") == pytest.approx(forward, rel=1e-14), weight
        assert eq.fisher_quadratic(q, p, weight, "probs") == pytest.approx(backward, rel=1e-14), weight
    assert eq.fisher_quadratic(p, q, "mean", "probs") == pytest.approx(common * 2 / 0.75 + 0.25, rel=1e-14)
    assert eq.fisher_quadratic(p, np.array([0, 0, 1.0]), "mean", "probs") == 2


def test_products():
    np.testing.assert_allclose(eq.fisher_product(LOGITS, VECTOR), np.einsum("...ij,...j->...i", F, VECTOR), atol=1e-15)
    np.testing.assert_allclose(eq.fisher_product(LOGITS, VECTOR).sum(-1), 0, atol=5e-15)
    assert np.abs(eq.fisher_product(LOGITS, np.full_like(VECTOR, 7.0))).max() < 7 * 2.0**-51


def test_steps():
    c = VECTOR - (P * VECTOR).sum(-1, keepdims=True)
    second, third = (P * c**2).sum(-1), (P * c**3).sum(-1)
    np.testing.assert_allclose(eq.step_kl(LOGITS, VECTOR), second / 2, rtol=1e-13)
    np.testing.assert_allclose(eq.step_kl(LOGITS, VECTOR, 3), second / 2 + third / 6, rtol=1e-12)
    np.testing.assert_allclose(eq.step_kl(LOGITS, VECTOR, 3, "reverse"), second / 2 + third / 3, rtol=1e-12)


@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_every_order_takes_a_power_off_the_error(direction):
    errors = []
    for size in (1e-1, 1e-2):
        step = size * VECTOR
        new = LOGITS + step
        exact = eq.kl(LOGITS, new) if direction == "forward" else eq.kl(new, LOGITS)
        errors.append([np.abs(eq.step_kl(LOGITS, step, order, direction) / exact - 1).max() for order in (2, 3)])
    (second, third), (second_near, third_near) = errors
    assert 5 < second / second_near < 20 and 50 < third / third_near < 200


@pytest.mark.parametrize("damping", [10.0, 1e-3, 1e-9])
def test_natural_gradients_solve_their_system(damping):
    for g in (VECTOR, VECTOR - VECTOR.mean(-1, keepdims=True)):
        x = eq.natural_gradient(LOGITS, g, damping)
        expected = np.linalg.solve(F + damping * np.eye(40), g[..., None])[..., 0]
        scale = np.abs(expected).max(-1, keepdims=True)
        np.testing.assert_allclose(x / scale, expected / scale, atol=1e-15 / damping + 1e-12)
        np.testing.assert_allclose(eq.fisher_product(LOGITS, x) + damping * x, g, atol=1e-13 * scale.max())


def test_natural_gradient_without_damping():
    gradient = eq.fisher_product(LOGITS, VECTOR)
    shortest = eq.natural_gradient(LOGITS, gradient, 0)
    np.testing.assert_allclose(shortest, VECTOR - VECTOR.mean(-1, keepdims=True), atol=1e-10)
    damped = eq.natural_gradient(LOGITS, gradient, 1e-13)
    np.testing.assert_allclose(damped - damped.mean(-1, keepdims=True), shortest, atol=1e-7)
    with pytest.raises(ValueError, match="damping is 0 and gradient row 0 sums to"):
        eq.natural_gradient(LOGITS, VECTOR, 0)
    single = torch.softmax(torch.from_numpy(LOGITS).float(), -1)
    answer = eq.natural_gradient(torch.from_numpy(LOGITS).float(), single - single.roll(1, -1), 0)
    assert answer.dtype == torch.float32 and bool(answer.isfinite().all())


@pytest.mark.parametrize("delta", [1e-14, 1e-6, 0.01, 0.3])
def test_trust_region_steps_use_their_budget_up(delta):
    answer = eq.trust_region_step(LOGITS, VECTOR, delta)
    c = VECTOR - (P * VECTOR).sum(-1, keepdims=True)
    np.testing.assert_allclose(answer.quadratic_step, np.sqrt(2 * delta / (P * c**2).sum(-1)), rtol=1e-12)
    assert (answer.kl <= delta).all()
    np.testing.assert_allclose(answer.kl, delta, rtol=1e-12)
    if delta > 1e-3:
        np.testing.assert_allclose(kl_after(LOGITS, answer.step[..., None] * VECTOR), delta, rtol=1e-10)
    else:
        np.testing.assert_allclose(answer.step, answer.quadratic_step, rtol=10 * np.sqrt(delta))


def test_trust_region_without_an_end():
    best = VECTOR.argmax(-1)
    ceiling = -np.take_along_axis(log_softmax(LOGITS), best[..., None], -1)[..., 0]
    answer = eq.trust_region_step(LOGITS, VECTOR, 100.0)
    assert (answer.step == INF).all()
    np.testing.assert_allclose(answer.kl, ceiling, rtol=1e-12)
    almost = eq.trust_region_step(LOGITS, VECTOR, ceiling * (1 - 1e-9))
    assert np.isfinite(almost.step).all() and (almost.kl <= ceiling * (1 - 1e-9)).all()
    np.testing.assert_allclose(almost.kl, ceiling * (1 - 1e-9), rtol=1e-12)
    flat = eq.trust_region_step(LOGITS, np.full_like(VECTOR, 0.1), 0.01)
    assert (flat.step == INF).all() and (flat.quadratic_step == INF).all() and (flat.kl == 0).all()
    none = eq.trust_region_step(LOGITS, VECTOR, 0)
    assert (none.step == 0).all() and (none.kl == 0).all()


def test_parameters_per_row():
    deltas = np.array([1e-4, 0.01, 0.1, 0.5, 1])
    answer = eq.trust_region_step(LOGITS, VECTOR, deltas)
    each = [eq.trust_region_step(LOGITS[:, i], VECTOR[:, i], float(delta)) for i, delta in enumerate(deltas)]
    assert same_bits(answer.step, np.stack([one.step for one in each], 1))
    damped = eq.natural_gradient(LOGITS, VECTOR, deltas)
    assert same_bits(damped[:, 3], eq.natural_gradient(LOGITS[:, 3], VECTOR[:, 3], 0.5))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_types_and_kinds(dtype):
    logits, v = torch.from_numpy(LOGITS).to(dtype), torch.from_numpy(VECTOR).to(dtype)
    wide = eq.fisher_product(logits.double(), v.double())
    product = eq.fisher_product(logits[:, :-1], v[:, :-1])
    assert product.dtype == (torch.float64 if dtype == torch.float64 else torch.float32) and product.shape == (3, 4, 40)
    torch.testing.assert_close(product.double(), wide[:, :-1], rtol=1e-6, atol=1e-12)
    assert same_bits(eq.step_kl(logits, v, 3), eq.step_kl(logits.double(), v.double(), 3))
    assert same_bits(eq.trust_region_step(logits, v, 0.1).step, eq.trust_region_step(logits.double(), v.double(), 0.1).step)


def test_masks_padding_and_bad_rows():
    logits, v = LOGITS.copy(), VECTOR.copy()
    logits[0, 0, 3], v[0, 0, 3] = -INF, np.nan
    logits[1, 1, 2], v[2, 2, 2] = np.nan, INF
    kept = np.arange(40) != 3
    rows = np.ones((3, 5), bool)
    rows[2, 4] = False
    for function in (eq.fisher_product, eq.natural_gradient):
        answer = function(logits, v, mask=rows)
        np.testing.assert_allclose(answer[0, 0, kept], function(logits[0, 0, kept], v[0, 0, kept]), rtol=1e-12)
        assert answer[0, 0, 3] == 0 and np.isnan(answer[1, 1]).all() and np.isnan(answer[2, 2]).all() and (answer[2, 4] == 0).all()
        good = np.isfinite(v).all(-1) & np.isfinite(logits).all(-1) & rows
        assert same_bits(answer[good], function(LOGITS, VECTOR)[good])
        padded = [np.concatenate([x, np.full((3, 5, 7), np.nan)], -1) for x in (LOGITS, VECTOR)]
        answer = function(*padded, valid_columns=40)
        assert same_bits(answer[..., :40], function(LOGITS, VECTOR)) and (answer[..., 40:] == 0).all()
    steps = eq.trust_region_step(logits, v, 0.1, mask=rows)
    assert np.isnan(steps.kl[1, 1]) and np.isnan(steps.step[2, 2]) and steps.quadratic_step[2, 4] == 0
    assert steps.step[0, 0] == pytest.approx(eq.trust_region_step(logits[0, 0, kept], v[0, 0, kept], 0.1).step, rel=1e-12)


def test_scores_of_every_kind():
    for scores, given in (("log_probs", log_softmax(LOGITS)), ("probs", P)):
        np.testing.assert_allclose(eq.fisher_product(given, VECTOR, scores), eq.fisher_product(LOGITS, VECTOR), atol=1e-14)
        np.testing.assert_allclose(eq.trust_region_step(given, VECTOR, 0.1, scores).step, eq.trust_region_step(LOGITS, VECTOR, 0.1).step)
    assert np.isnan(eq.fisher_product(2 * P, VECTOR, "probs")).all()


def test_rows_and_chunks_and_workers_leave_no_trace(monkeypatch):
    logits, v = normal(40, 300)[::2], normal(20, 300, seed=1)
    whole = [eq.fisher_product(logits, v), eq.natural_gradient(logits, v), eq.step_kl(logits, v), eq.trust_region_step(logits, v, 0.1).step]
    monkeypatch.setattr("equipoise._fisher._FIRST_CHUNK", 900)
    parts = [eq.fisher_product(logits, v), eq.natural_gradient(logits, v), eq.step_kl(logits, v), eq.trust_region_step(logits, v, 0.1).step]
    assert all(same_bits(a, b) for a, b in zip(whole, parts))
    logits, v = normal(1, 150000), normal(1, 150000, seed=1)
    assert same_bits(eq.fisher_product(logits, v, threads=2), eq.fisher_product(logits, v, threads=1))
    assert same_bits(eq.trust_region_step(logits, v, 0.1, threads=2).step, eq.trust_region_step(logits, v, 0.1, threads=1).step)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"logits has shape \(3, 5, 40\) and v \(3, 5, 39\)"):
        eq.fisher_product(LOGITS, VECTOR[..., 1:])
    with pytest.raises(ValueError, match="weight='q': choose one of '1/p', '1/q', 'mean', 'p/q"):
        eq.fisher_quadratic(LOGITS, LOGITS, "q")
    with pytest.raises(ValueError, match="damping=-1: must be finite, at least 0"):
        eq.natural_gradient(LOGITS, VECTOR, -1)
    with pytest.raises(ValueError, match="delta=nan: must be finite"):
        eq.trust_region_step(LOGITS, VECTOR, float("nan"))
    with pytest.raises(ValueError, match="order=4: choose 2 or 3"):
        eq.step_kl(LOGITS, VECTOR, 4)
    with pytest.raises(ValueError, match="direction='up': choose one of 'forward', 'reverse'"):
        eq.step_kl(LOGITS, VECTOR, 3, "up")
