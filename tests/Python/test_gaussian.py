"""solve_gaussian against golden answers, numpy's own linear algebra, samples, and wrong arguments."""

from __future__ import annotations

import json
from pathlib import Path

import equipoise as eq
import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support import same_bits

CASES = {case["name"]: case for case in json.loads((Path(__file__).parents[1] / "Vectors" / "gaussian.json").read_text())}


def gaussians(rows, n, seed=0):
    """Means [rows, n] and full covariances [rows, n, n] of two policies."""
    random = np.random.default_rng(seed)
    factors = random.normal(size=(2, rows, n, n + 3)) * random.uniform(0.5, 1.5, size=(2, rows, n, 1))
    means = random.normal(size=(2, rows, n))
    covs = factors @ factors.swapaxes(-1, -2) / n
    return means[0], covs[0], means[1], covs[1]


def kl(mean, cov, other_mean, other_cov):
    apart, precision = other_mean - mean, np.linalg.inv(other_cov)
    square = np.einsum("...i,...ij,...j->...", apart, precision, apart)
    logs = np.linalg.slogdet(other_cov)[1] - np.linalg.slogdet(cov)[1]
    return 0.5 * (np.trace(precision @ cov, axis1=-2, axis2=-1) + square - mean.shape[-1] + logs)


@pytest.mark.parametrize("name", CASES)
def test_golden(name):
    case, n = CASES[name], len(CASES[name]["mean_theta"])
    shape = {"cov_theta": (n, n)[: 1 + (len(case["cov_theta"]) != n)]}
    inputs = [np.array(case[f], float) for f in ("mean_theta", "cov_theta", "mean_target", "cov_target")]
    inputs[1], inputs[3] = inputs[1].reshape(shape["cov_theta"]), inputs[3].reshape(shape["cov_theta"])
    solution = eq.solve_gaussian(*inputs, tolerance=1e-12)
    for field, value in case["answer"].items():
        np.testing.assert_allclose(np.ravel(getattr(solution, field)), np.atleast_1d(np.array(value, float)), rtol=1e-11, atol=1e-11)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(0, 10**6))
def test_definitions(n, seed):
    mean, cov, other_mean, other_cov = gaussians(5, n, seed)
    solution = eq.solve_gaussian(mean, cov, other_mean, other_cov, tolerance=1e-10)
    assert (solution.status == eq.RowStatus.OK).all() and solution.cov.shape == (5, n, n)
    np.testing.assert_allclose(kl(solution.mean, solution.cov, mean, cov), solution.kl_theta, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(kl(solution.mean, solution.cov, other_mean, other_cov), solution.kl_target, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(solution.kl_theta, -solution.log_z, rtol=1e-8)
    alpha = solution.alpha[:, None, None]
    precision = alpha * np.linalg.inv(cov) + (1 - alpha) * np.linalg.inv(other_cov)
    np.testing.assert_allclose(solution.cov @ precision, np.broadcast_to(np.eye(n), precision.shape), atol=1e-6)


def exact(matrix):
    return mpmath.matrix([[mpmath.mpf(float(x)) for x in row] for row in matrix])


@pytest.mark.parametrize(("n", "spread"), [(5, 2.0), (17, 2.0), (32, 0.5)])
def test_full_covariances_at_40_digits(n, spread):
    """At the alpha that was found, q in closed form has the KLs that were returned, and they agree."""
    random = np.random.default_rng(n)
    turns = [np.linalg.qr(random.normal(size=(n, n)))[0] for _ in range(2)]
    covs = [(turn * np.exp(spread * random.normal(size=n))) @ turn.T for turn in turns]
    covs = [(cov + cov.T) / 2 for cov in covs]
    means = random.normal(size=(2, n)) / n**0.5
    solution = eq.solve_gaussian(means[0], covs[0], means[1], covs[1], tolerance=1e-12)
    kls = []
    with mpmath.workdps(40):
        alpha, mean = mpmath.mpf(float(solution.alpha)), [exact(m[:, None]) for m in means]
        inverses = [exact(cov) ** -1 for cov in covs]
        precision = alpha * inverses[0] + (1 - alpha) * inverses[1]
        cov, logs = precision**-1, mpmath.log(mpmath.det(precision))
        middle = cov * (alpha * (inverses[0] * mean[0]) + (1 - alpha) * (inverses[1] * mean[1]))
        for m, inverse in zip(mean, inverses):
            apart, trace = m - middle, sum(inverse[i, j] * cov[i, j] for i in range(n) for j in range(n))
            kls.append((trace + (apart.T * inverse * apart)[0] - n + logs - mpmath.log(mpmath.det(inverse))) / 2)
    assert abs(kls[0] - kls[1]) < 1e-10 * max(1, kls[0])
    np.testing.assert_allclose([float(solution.kl_theta), float(solution.kl_target)], [float(x) for x in kls], rtol=1e-11)
    np.testing.assert_allclose(solution.mean, [float(x) for x in middle], atol=1e-11)
    np.testing.assert_allclose(solution.cov, np.array(cov.tolist(), float), rtol=1e-9, atol=1e-11 * np.abs(solution.cov).max())


@pytest.mark.parametrize("n", [2, 24, 64])
def test_a_singular_covariance_is_named(n):
    mean, cov, other_mean, other_cov = gaussians(3, n, 5)
    other_cov[1, :, 0] = other_cov[1, 0, :] = 0
    with pytest.raises(ValueError, match="cov_target.*row 1.*positive definite|cov_target.*positive definite.*row 1"):
        eq.solve_gaussian(mean, cov, other_mean, other_cov)


def test_ess_is_what_samples_say():
    mean, cov, other_mean, other_cov = [0.0], [1.0], [1.0], [1.5]
    solution = eq.solve_gaussian(mean, cov, other_mean, other_cov)
    points = np.random.default_rng(0).normal(float(solution.mean[0]), float(solution.cov[0]) ** 0.5, size=400_000)

    def log_density(m, v):
        return -0.5 * ((points - m) ** 2 / v + np.log(2 * np.pi * v))

    log_q = log_density(float(solution.mean[0]), float(solution.cov[0]))
    for ess, m, v in ((solution.ess_theta, 0.0, 1.0), (solution.ess_target, 1.0, 1.5)):
        weights = np.exp(log_density(m, v) - log_q)
        assert weights.sum() ** 2 / (len(points) * (weights**2).sum()) == pytest.approx(float(ess), rel=0.03)


def test_ess_is_0_where_the_integral_diverges():
    solution = eq.solve_gaussian([0.0], [100.0], [0.0], [0.01])
    assert float(solution.ess_theta) == 0 and 0 < float(solution.ess_target) < 1


def test_equal_covariances_meet_half_way():
    mean, cov, other_mean, _ = gaussians(4, 3)
    solution = eq.solve_gaussian(mean, cov, other_mean, cov)
    np.testing.assert_allclose(solution.alpha, 0.5, atol=1e-12)
    np.testing.assert_allclose(solution.mean, (mean + other_mean) / 2, atol=1e-12)
    np.testing.assert_allclose(solution.cov, cov, rtol=1e-9, atol=1e-9)


def test_kinds_types_and_shapes():
    means = torch.zeros(2, 3, 4), torch.ones(2, 3, 4)
    variances = torch.full((2, 3, 4), 0.5, dtype=torch.bfloat16), torch.full((2, 3, 4), 2.0, dtype=torch.float16)
    diagonal = eq.solve_gaussian(means[0], variances[0], means[1], variances[1])
    assert isinstance(diagonal.mean, torch.Tensor) and diagonal.alpha.shape == (2, 3) and diagonal.cov.shape == (2, 3, 4)
    full = eq.solve_gaussian(means[0], torch.diag_embed(variances[0]), means[1], torch.diag_embed(variances[1]))
    assert full.cov.shape == (2, 3, 4, 4) and full.cov.dtype == torch.float64
    np.testing.assert_allclose(full.alpha, diagonal.alpha, atol=1e-12)
    one = eq.solve_gaussian([0.0], [1.0], [1.0], [2.0])
    assert one.alpha.shape == () and one.mean.shape == (1,)


def test_masks_and_bad_rows():
    inputs = [np.array(x) for x in gaussians(3, 2)]
    good = eq.solve_gaussian(*inputs)
    inputs[0][1, 0] = np.nan
    inputs[1][2] = -1.0
    solution = eq.solve_gaussian(*inputs, mask=[True, True, False])
    assert solution.status.tolist() == [eq.RowStatus.OK, eq.RowStatus.INVALID, eq.RowStatus.SKIPPED]
    assert np.isnan(solution.cov[1]).all() and (solution.cov[2] == 0).all() and same_bits(solution.mean[0], good.mean[0])
    assert eq.solve_gaussian(*(x[:0] for x in inputs)).alpha.shape == (0,)


@pytest.mark.parametrize(
    ("place", "change", "error", "text"),
    [
        (1, lambda c: c - 10 * np.eye(2), ValueError, "cov_theta is not positive definite in row 0"),
        (3, lambda c: c * np.array([1, 1, 0])[:, None, None], ValueError, "cov_target is not positive definite in row 2"),
        (3, lambda c: c + np.array([[0, 1], [0, 0]]), ValueError, "cov_target is not symmetric in row 0"),
        (3, lambda c: c[:, :1], ValueError, r"mean_theta has shape \(3, 2\) and cov_target \(3, 1, 2\): covariances must be"),
        (1, lambda c: c[0, 0], ValueError, r"mean_theta has shape \(3, 2\) and cov_theta \(2,\): they must agree"),
        (2, lambda m: m[:, :1], ValueError, r"mean_theta has shape \(3, 2\) and mean_target \(3, 1\): they must agree"),
        (2, lambda m: torch.from_numpy(m), TypeError, "mean_theta is numpy.ndarray .* and mean_target torch.Tensor"),
    ],
)
def test_wrong_arguments_are_named(place, change, error, text):
    inputs = list(gaussians(3, 2))
    inputs[place] = change(inputs[place])
    with pytest.raises(error, match=text):
        eq.solve_gaussian(*inputs)


def test_wrong_numbers_are_named():
    for name in ("tolerance", "max_iterations"):
        with pytest.raises(ValueError, match=f"{name}=0"):
            eq.solve_gaussian(*gaussians(1, 2), **{name: 0})
