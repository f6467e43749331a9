"""importance_weights against the definitions in numpy."""

from __future__ import annotations

import equipoise as eq
import numpy as np
import pytest
import torch
from support import same_bits

RNG = np.random.default_rng(7)
LOG_Q = RNG.normal(size=(4, 6, 200)) - 3
LOG_PI = LOG_Q + RNG.normal(size=LOG_Q.shape)
MASK = RNG.random(LOG_Q.shape) < 0.8
LEVELS = ("token", "sequence", "geometric")


def raw(level, mask):
    """Log-weights by the definitions, and which of them count."""
    ratio = np.where(mask, LOG_PI - LOG_Q, 0)
    if level == "token":
        return ratio, mask
    total = ratio.sum(-1)
    return (total if level == "sequence" else total / mask.sum(-1)), np.ones(total.shape, bool)


def ess_of(weights, counts):
    w = np.where(counts, weights, 0)
    return w.sum(-1) ** 2 / (counts.sum(-1) * (w**2).sum(-1))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("masked", [False, True])
def test_plain_weights(level, masked):
    mask = MASK if masked else np.ones_like(MASK)
    logs, counts = raw(level, mask)
    answer = eq.importance_weights(LOG_PI, LOG_Q, mask=mask if masked else None, level=level)
    weights, ess, largest = answer
    expected = np.where(counts, np.exp(logs), 0)
    np.testing.assert_allclose(weights, expected, rtol=1e-12)
    np.testing.assert_allclose(answer.log_weights[counts], logs[counts], rtol=1e-12, atol=1e-13)
    assert (answer.log_weights[~counts] == -np.inf).all()
    np.testing.assert_allclose(ess, ess_of(expected, counts), rtol=1e-11)
    np.testing.assert_allclose(largest, expected.max(-1), rtol=1e-12)
    assert (answer.status == eq.RowStatus.OK).all() and answer.status.shape == (4, 6)


@pytest.mark.parametrize("level", LEVELS)
def test_bands(level):
    logs, counts = raw(level, MASK)
    plain = np.exp(logs)
    for mode, clip, expected in [
        ("truncated", 1.5, np.minimum(plain, 1.5)),
        ("clipped", (0.5, 1.25), np.clip(plain, 0.5, 1.25)),
        ("clipped", 0.2, np.clip(plain, 0.8, 1.2)),
        ("masked", (0.5, 1.25), np.where((plain >= 0.5) & (plain <= 1.25), plain, 0)),
        ("masked", 4.0, np.where((plain >= 0.25) & (plain <= 4), plain, 0)),
    ]:
        expected = np.where(counts, expected, 0)
        answer = eq.importance_weights(LOG_PI, LOG_Q, MASK, level, mode, clip)
        np.testing.assert_allclose(answer.weights, expected, rtol=1e-11)
        np.testing.assert_allclose(answer.max_weight, expected.max(-1), rtol=1e-11)
        some = expected.any(-1)
        np.testing.assert_allclose(answer.ess[some], ess_of(expected[some], counts[some]), rtol=1e-10)
        assert (answer.ess[~some] == 0).all()


def test_the_cap_is_met_to_the_last_bit():
    for cap in np.random.default_rng(1).uniform(1, 50, 200):
        assert eq.importance_weights([0.0, 0.0], [-9.0, -0.5], mode="truncated", clip=cap).weights[0] == cap


@pytest.mark.parametrize("level", LEVELS)
def test_self_normalised_weights_sum_to_one(level):
    logs, counts = raw(level, MASK)
    answer = eq.importance_weights(LOG_PI, LOG_Q, MASK, level, "self_normalized")
    np.testing.assert_allclose(answer.weights.sum(-1), 1, rtol=1e-12)
    np.testing.assert_allclose(answer.ess, eq.importance_weights(LOG_PI, LOG_Q, MASK, level).ess, rtol=1e-10)


def smoothed(logs):
    """Pareto smoothing as in Vehtari et al. (2024) and Zhang and Stephens (2009), in numpy: (log-weights, k)."""
    size = len(logs)
    length = int(np.ceil(min(0.2 * size, 3 * np.sqrt(size))))
    order = np.argsort(logs, kind="stable")
    top, tail = logs.max(), order[-length:]
    cutoff = np.exp(logs[order[-length - 1]] - top)
    x = np.exp(logs[tail] - top) - cutoff
    grid = 30 + int(np.sqrt(length))
    theta = 1 / x[-1] + (1 - np.sqrt(grid / (np.arange(1, grid + 1) - 0.5))) / 3 / x[int(np.floor(length / 4 + 0.5)) - 1]
    k = np.log1p(-theta[:, None] * x).mean(-1)
    profile = length * (np.log(-theta / k) - k - 1)
    weight = 1 / np.exp(profile - profile[:, None]).sum(-1)
    mean = (theta * weight).sum() / weight.sum()
    k = np.log1p(-mean * x).mean()
    sigma = -k / mean
    k = (k * length + 5) / (length + 10)
    p = (np.arange(length) + 0.5) / length
    new = logs.copy()
    new[tail] = top + np.minimum(0, np.log(sigma * np.expm1(-k * np.log1p(-p)) / k + cutoff))
    return new, k


@pytest.mark.parametrize("sigma", [0.1, 1.0, 3.0])
@pytest.mark.parametrize("size", [30, 200, 5000])
def test_pareto_smoothing(sigma, size):
    logs = np.random.default_rng(size).normal(size=size) * sigma
    expected, k = smoothed(logs)
    answer = eq.importance_weights(logs, np.zeros(size), mode="psis")
    assert answer.k_hat == pytest.approx(k, rel=1e-8, abs=1e-10)
    np.testing.assert_allclose(answer.log_weights, expected, rtol=1e-9, atol=1e-9)
    assert answer.max_weight <= np.exp(logs.max()) * (1 + 1e-14)


@pytest.mark.parametrize("shape", [0.3, 0.7, 1.0])
def test_k_hat_is_the_shape_of_a_pareto_tail(shape):
    """w = U^-shape has a tail of that shape; the estimate's standard error over 3 sqrt(100000) tail weights is about (1 + shape) / 31."""
    logs = -shape * np.log(np.random.default_rng(3).random(100_000))
    k = float(eq.importance_weights(logs, np.zeros(100_000)).k_hat)
    assert abs(k - shape) < 4 * (1 + shape) / 30.8


def test_tails_that_say_nothing():
    assert eq.importance_weights(np.zeros(20), np.zeros(20), mode="psis").k_hat == np.inf
    assert eq.importance_weights(np.zeros(2000), np.zeros(2000), mode="psis").k_hat == np.inf
    same = eq.importance_weights(np.arange(10.0), np.zeros(10), mode="psis")
    assert same_bits(same.log_weights, np.arange(10.0))


def test_long_sequences_stay_finite():
    tokens = 32768
    rng = np.random.default_rng(0)
    log_q = (rng.normal(size=(3, tokens)) - 2).astype(np.float32)
    log_pi = (log_q + 0.5 * rng.normal(size=(3, tokens)) + np.array([[0.05], [0.0], [-0.05]])).astype(np.float32)
    exact = (log_pi.astype(np.float64) - log_q).sum(-1)
    answer = eq.importance_weights(log_pi, log_q, level="sequence")
    np.testing.assert_allclose(answer.log_weights, exact, rtol=1e-6)
    assert answer.log_weights.dtype == np.float32 and np.isinf(answer.weights[0]) and answer.weights[2] == 0
    assert 1 / 3 <= answer.ess <= 1
    wide = eq.importance_weights(log_pi.astype(np.float64), log_q.astype(np.float64), level="sequence", mode="self_normalized")
    np.testing.assert_allclose(wide.weights, np.exp(exact - exact.max()) / np.exp(exact - exact.max()).sum(), rtol=1e-9)


def test_bad_sequences_are_nan_and_spoil_no_other():
    log_pi, log_q, mask = LOG_PI.copy(), LOG_Q.copy(), np.ones_like(MASK)
    log_pi[0, 1, 5], log_q[1, 2, 0], log_q[2, 3, 9], log_pi[3, 0, 3] = np.nan, -np.inf, np.nan, np.inf
    mask[0, 4], mask[2, 3, 9] = False, False
    bad = np.zeros((4, 6), bool)
    bad[0, 1] = bad[1, 2] = bad[3, 0] = True
    for level in LEVELS:
        answer = eq.importance_weights(log_pi, log_q, mask, level)
        assert (answer.status[bad] == eq.RowStatus.INVALID).all() and answer.status[0, 4] == eq.RowStatus.SKIPPED
        assert (answer.status == eq.RowStatus.OK).sum() == 24 - 4
        assert np.isnan(answer.weights[bad]).all() and not np.isnan(answer.weights[~bad]).any()
        assert not answer.weights[0, 4].any()
        if level == "token":
            assert np.isnan(answer.ess[bad]).all() and answer.ess[0, 4] == 0
        else:
            rest = answer.weights[0][[0, 2, 3, 5]]
            np.testing.assert_allclose(answer.ess[0], rest.sum() ** 2 / (4 * (rest**2).sum()), rtol=1e-10)
            assert np.isfinite(answer.ess).all()


def test_a_token_that_pi_never_draws():
    answer = eq.importance_weights([-np.inf, -1.0], [-1.0, -1.0])
    np.testing.assert_array_equal(answer.weights, [0, 1])
    assert answer.ess == 0.5 and answer.status == eq.RowStatus.OK
    assert eq.importance_weights([[-np.inf, -1.0]], [[-1.0, -1.0]], level="sequence").weights[0] == 0
    assert eq.importance_weights([-np.inf], [-1.0], mode="self_normalized").ess == 0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_torch_and_types(dtype):
    log_pi, log_q = torch.from_numpy(LOG_PI).to(dtype), torch.from_numpy(LOG_Q).to(dtype)
    answer = eq.importance_weights(log_pi[:, :, 1:], log_q[:, :, 1:], mask=torch.from_numpy(MASK[:, :, 1:]))
    expected = ((log_pi.double() - log_q.double()).exp() * torch.from_numpy(MASK))[:, :, 1:]
    assert answer.weights.dtype == (torch.float64 if dtype == torch.float64 else torch.float32) and answer.ess.dtype == torch.float64
    np.testing.assert_allclose(answer.weights, expected, rtol=1e-6 if dtype != torch.float64 else 1e-12)


def test_bits_do_not_depend_on_the_batch_or_threads():
    whole = eq.importance_weights(LOG_PI, LOG_Q, MASK, mode="psis", threads=2)
    alone = eq.importance_weights(LOG_PI[2, 3], LOG_Q[2, 3], MASK[2, 3], mode="psis", threads=1)
    assert same_bits(whole.weights[2, 3], alone.weights) and same_bits(whole.k_hat[2, 3], alone.k_hat)
    assert alone.ess.shape == () and eq.importance_weights(LOG_PI[:0], LOG_Q[:0]).weights.shape == (0, 6, 200)
    assert eq.importance_weights(LOG_PI[:, :0], LOG_Q[:, :0], level="sequence").weights.shape == (4, 0)


def test_wrong_arguments_are_named():
    for arguments, error, text in [
        (dict(level="word"), ValueError, "level='word': choose"),
        (dict(mode="best"), ValueError, "mode='best': choose"),
        (dict(mode="truncated"), ValueError, "mode='truncated' needs clip="),
        (dict(mode="masked"), ValueError, "mode='masked' needs clip="),
        (dict(clip=2.0), ValueError, "clip=2.0 has no meaning for mode='none'"),
        (dict(mode="truncated", clip=0), ValueError, "clip=0: must be finite, above 0"),
        (dict(mode="truncated", clip=(1, 2)), TypeError, "clip=.* is no number"),
        (dict(mode="clipped", clip=(2, 1)), ValueError, "low is above high"),
        (dict(mode="clipped", clip=1), ValueError, "clip=1: a band"),
        (dict(mode="masked", clip=(1, 2, 3)), ValueError, "give a number or a pair"),
        (dict(mask=np.ones((3, 200), bool)), ValueError, r"mask has shape \(3, 200\)"),
        (dict(mask=np.ones(200)), TypeError, "mask has dtype float64"),
    ]:
        with pytest.raises(error, match=text):
            eq.importance_weights(LOG_PI, LOG_Q, **arguments)
    with pytest.raises(ValueError, match=r"log_pi has shape \(4, 6, 200\) and log_q \(4, 6, 199\)"):
        eq.importance_weights(LOG_PI, LOG_Q[..., 1:])
