"""optimal_sampling_distribution against the definition it replaces, run here in float64 by torch."""

from __future__ import annotations

import equipoise as eq
import numpy as np
import pytest
import torch
from support import pair, same_bits, softmax


def definition(pi_theta, pi_t, tol=1e-6, max_iter=50, eps=1e-10):
    """Bisection for KL symmetry over a batch, as first published, with float64 brackets."""
    log_theta, log_t = torch.log(pi_theta + eps), torch.log(pi_t + eps)
    low = torch.zeros(len(pi_theta), dtype=torch.float64)
    high = torch.ones(len(pi_theta), dtype=torch.float64)

    def mixture(alpha):
        return torch.softmax(alpha[:, None] * log_theta + (1 - alpha[:, None]) * log_t, -1)

    for _ in range(max_iter):
        middle = (low + high) / 2
        up = (mixture(middle) * (log_t - log_theta)).sum(-1) > 0
        low, high = torch.where(up, middle, low), torch.where(up, high, middle)
        if (high - low).max() < tol:
            break
    alpha = (low + high) / 2
    return mixture(alpha), alpha


def policies(rows, columns, sigma=1.0, seed=0, dtype=torch.float64):
    return tuple(torch.from_numpy(softmax(x)).to(dtype) for x in pair(rows, columns, sigma=sigma, seed=seed))


@pytest.mark.parametrize(
    ("rows", "columns", "sigma"), [(4, 10000, 1.0), (64, 100, 1.0), (32, 1000, 3.0), (16, 500, 8.0), (5, 1, 1.0), (8, 2, 2.0)]
)
def test_float64_gives_the_very_same_alpha(rows, columns, sigma):
    pi_theta, pi_t = policies(rows, columns, sigma)
    q, alpha = eq.optimal_sampling_distribution(pi_theta, pi_t)
    expected_q, expected_alpha = definition(pi_theta, pi_t)
    assert q.dtype == alpha.dtype == torch.float64 and alpha.shape == (rows,)
    if columns > 1:  # one column: the sign of a sum of zeros decides
        assert torch.equal(alpha, expected_alpha)
    np.testing.assert_allclose(q, expected_q, atol=1e-13)


@pytest.mark.parametrize(("tol", "max_iter"), [(1e-3, 50), (1e-6, 5), (1e-12, 50), (0.0, 50), (1e-6, 1), (0.6, 50), (2.0, 50)])
def test_tol_and_max_iter_mean_what_they_meant(tol, max_iter):
    pi_theta, pi_t = policies(16, 300, seed=2)
    alpha = eq.optimal_sampling_distribution(pi_theta, pi_t, tol, max_iter)[1]
    expected = definition(pi_theta, pi_t, tol, max_iter)[1]
    if tol >= 1e-6:
        assert torch.equal(alpha, expected)
    np.testing.assert_allclose(alpha, expected, atol=1e-12)


def test_zeros_mask_nothing_here():
    pi_theta = torch.tensor([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]], dtype=torch.float64)
    pi_t = torch.tensor([[0.0, 0.5, 0.5], [0.0, 0.0, 1.0]], dtype=torch.float64)
    q, alpha = eq.optimal_sampling_distribution(pi_theta, pi_t)
    expected_q, expected_alpha = definition(pi_theta, pi_t)
    np.testing.assert_allclose(alpha, expected_alpha, atol=1e-6)
    np.testing.assert_allclose(q, expected_q, rtol=1e-4)
    assert (q > 0).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_results_have_the_inputs_type(dtype):
    pi_theta, pi_t = policies(8, 50, dtype=dtype)
    q, alpha = eq.optimal_sampling_distribution(pi_theta, pi_t)
    expected_q, expected_alpha = definition(pi_theta.double(), pi_t.double())
    assert q.dtype == alpha.dtype == dtype
    np.testing.assert_allclose(alpha.double(), expected_alpha, rtol=2.0**-8 if dtype != torch.float32 else 2e-7)
    np.testing.assert_allclose(q.double(), expected_q, rtol=2.0**-7 if dtype != torch.float32 else 2e-6, atol=1e-7)


def test_numpy_lists_and_shapes():
    pi_theta, pi_t = policies(6, 40)
    q, alpha = eq.optimal_sampling_distribution(pi_theta, pi_t)
    for kind in (lambda x: x.numpy(), lambda x: x.tolist()):
        q_again, alpha_again = eq.optimal_sampling_distribution(kind(pi_theta), kind(pi_t))
        assert type(q_again) is np.ndarray and same_bits(alpha_again, alpha) and same_bits(q_again, q)
    deep = eq.optimal_sampling_distribution(pi_theta.reshape(2, 3, 40), pi_t.reshape(2, 3, 40))[1]
    assert deep.shape == (2, 3) and torch.equal(deep.reshape(6), alpha)


def test_mixed_types_widen():
    pi_theta, pi_t = policies(4, 40)
    q, alpha = eq.optimal_sampling_distribution(pi_theta.float(), pi_t)
    assert q.dtype == alpha.dtype == torch.float64
    q, alpha = eq.optimal_sampling_distribution(pi_theta.half(), pi_t.bfloat16())
    assert q.dtype == alpha.dtype == torch.float32


def test_keywords_and_errors():
    pi_theta, pi_t = policies(4, 40)
    eq.optimal_sampling_distribution(pi_theta=pi_theta, pi_t=pi_t, tol=1e-4, max_iter=10)
    for options, error, text in [
        ({"tol": -1}, ValueError, "tol=-1"),
        ({"max_iter": 0}, ValueError, "max_iter=0"),
        ({"max_iter": 1.5}, TypeError, "max_iter=1.5"),
    ]:
        with pytest.raises(error, match=text):
            eq.optimal_sampling_distribution(pi_theta, pi_t, **options)
    with pytest.raises(ValueError, match=r"pi_theta has shape \(4, 40\) and pi_t \(3, 40\)"):
        eq.optimal_sampling_distribution(pi_theta, pi_t[:3])
    with pytest.raises(TypeError, match="pi_t has dtype torch.int64"):
        eq.optimal_sampling_distribution(pi_theta, pi_t.long())
    q, alpha = eq.optimal_sampling_distribution(-pi_theta, pi_t)
    assert alpha.isnan().all() and q.isnan().all()
