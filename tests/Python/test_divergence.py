"""kl and ess against their definitions."""

from __future__ import annotations

import equipoise as eq
import numpy as np
import pytest
import torch
from support import log_softmax, normal, pair, same_bits

INF = np.inf
P, Q = pair(3, 5, 400, dtype=np.float64)
LOG_P, LOG_Q = log_softmax(P), log_softmax(Q)
KL = (np.exp(LOG_P) * (LOG_P - LOG_Q)).sum(-1)
ESS = 1 / np.exp(2 * LOG_P - LOG_Q).sum(-1)


def test_definitions():
    np.testing.assert_allclose(eq.kl(P, Q), KL, rtol=1e-12)
    np.testing.assert_allclose(eq.kl(P, Q, unit="bits"), KL / np.log(2), rtol=1e-12)
    np.testing.assert_allclose(eq.ess(P, Q), ESS, rtol=1e-12)


@pytest.mark.parametrize("scores", ["log_probs", "probs"])
def test_scores_of_every_kind(scores):
    p, q = (LOG_P, LOG_Q) if scores == "log_probs" else (np.exp(LOG_P), np.exp(LOG_Q))
    np.testing.assert_allclose(eq.kl(p, q, scores), KL, rtol=1e-10)
    np.testing.assert_allclose(eq.ess(p, q, scores=scores), ESS, rtol=1e-10)


def test_the_textbook_example_of_bits_and_nats():
    p, q = np.array([0.35, 0.25, 0.4]), np.array([0.25, 0.25, 0.5])
    nats = float((p * np.log(p / q)).sum())
    assert eq.kl(p, q, "probs") == pytest.approx(nats, rel=1e-13)
    assert eq.kl(p, q, "probs", "bits") == pytest.approx(nats / np.log(2), rel=1e-13)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_types_and_kinds(dtype):
    p, q = torch.from_numpy(P).to(dtype), torch.from_numpy(Q).to(dtype)
    kl, ess = eq.kl(p, q), eq.ess(p[:, :-1], q[:, :-1])
    log_p, log_q = torch.log_softmax(p.double(), -1), torch.log_softmax(q.double(), -1)
    assert kl.dtype == ess.dtype == torch.float64 and ess.shape == (3, 4)
    np.testing.assert_allclose(kl, (log_p.exp() * (log_p - log_q)).sum(-1), rtol=1e-11)
    np.testing.assert_allclose(ess, (1 / (2 * log_p - log_q).exp().sum(-1))[:, :-1], rtol=1e-11)


def test_zero_where_equal_and_one_for_ess():
    np.testing.assert_allclose(eq.kl(P, P), 0, atol=1e-15)
    np.testing.assert_allclose(eq.ess(P, P), 1, rtol=1e-13)


def test_supports():
    p, q = np.log([0.5, 0.5, 1e-300]), np.log([0.5, 0.5, 1e-300])
    p[2], q[1] = -INF, -INF
    assert eq.kl(p, q) == INF and eq.ess(p, q) == 0
    wider = np.array([0.0, 0.0, 0.0])
    assert eq.kl(p, wider) == pytest.approx(np.log(3 / 2)) and eq.ess(p, wider) == pytest.approx(2 / 3)
    disjoint = np.array([-INF, -INF, 0.0])
    assert eq.kl(p, disjoint) == INF and eq.ess(p, disjoint) == 0


def test_bad_rows_are_nan_and_spoil_no_other():
    p = P.copy()
    p[1, 2, 7] = np.nan
    kl = eq.kl(p, Q)
    assert np.isnan(kl[1, 2]) and np.isnan(kl).sum() == 1
    kl[1, 2] = eq.kl(P, Q)[1, 2]
    assert same_bits(kl, eq.kl(P, Q))


def test_masks_padding_and_shapes():
    mask = np.arange(5) != 2
    kl = eq.kl(P, Q, mask=mask)
    assert (kl[:, 2] == 0).all() and same_bits(kl[:, mask], eq.kl(P, Q)[:, mask])
    padded = np.full((3, 5, 420), np.nan)
    padded[..., :400] = P
    assert same_bits(eq.ess(padded, Q, valid_columns=400), eq.ess(P, Q))
    assert eq.kl(P[0, 0], Q[0, 0]).shape == () and eq.kl(P[:0], Q[:0]).shape == (0, 5)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"p has shape \(3, 5, 400\) and q \(3, 4, 400\): the leading shapes must agree"):
        eq.kl(P, Q[:, :-1])
    with pytest.raises(ValueError, match=r"pi has shape \(3, 5, 400\) and q \(3, 5, 399\): 400 columns against 399"):
        eq.ess(P, Q[..., :-1])
    with pytest.raises(ValueError, match="unit='dB': choose one of 'nats', 'bits'"):
        eq.kl(P, Q, unit="dB")
    with pytest.raises(ValueError, match="scores='x': choose"):
        eq.ess(P, Q, scores="x")
    with pytest.raises(TypeError, match="p has dtype int64"):
        eq.kl(np.zeros((2, 3), int), np.zeros((2, 3)))


def test_divergences_of_solve_are_these():
    solution = eq.solve(P, Q, outputs="all")
    np.testing.assert_allclose(eq.kl(solution.log_q, P), solution.kl_theta, rtol=1e-9)
    np.testing.assert_allclose(eq.kl(solution.log_q, Q), solution.kl_target, rtol=1e-9)
    np.testing.assert_allclose(eq.ess(P, solution.log_q), solution.ess_theta, rtol=1e-9)
    np.testing.assert_allclose(eq.ess(Q, solution.log_q), solution.ess_target, rtol=1e-9)


def test_bits_do_not_depend_on_chunks(monkeypatch):
    p, q = normal(40, 300)[::2], normal(20, 300, seed=1)
    whole = eq.kl(p, q)
    monkeypatch.setattr("equipoise._divergence._FIRST_CHUNK", 900)
    assert same_bits(eq.kl(p, q), whole)
