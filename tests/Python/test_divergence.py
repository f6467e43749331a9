"""kl, ess and the other divergences against their definitions."""

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
    np.testing.assert_allclose(kl, (log_p.exp() * (log_p - log_q)).sum(-1), rtol=1e-11 if dtype == torch.float64 else 2e-6)
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


MIXTURE = np.log((np.exp(LOG_P) + np.exp(LOG_Q)) / 2)
AFFINITY = np.exp((LOG_P + LOG_Q) / 2).sum(-1)
REVERSE = (np.exp(LOG_Q) * (LOG_Q - LOG_P)).sum(-1)
DEFINITIONS = {
    "kl": KL,
    "forward": KL,
    "reverse_kl": REVERSE,
    "reverse": REVERSE,
    "jeffreys": KL + REVERSE,
    "symmetric": KL + REVERSE,
    "jensen_shannon": ((np.exp(LOG_P) * (LOG_P - MIXTURE)).sum(-1) + (np.exp(LOG_Q) * (LOG_Q - MIXTURE)).sum(-1)) / 2,
    "bhattacharyya": -np.log(AFFINITY),
    "hellinger": np.sqrt(1 - AFFINITY),
    "fisher_rao": 2 * np.arccos(AFFINITY),
    "total_variation": np.abs(np.exp(LOG_P) - np.exp(LOG_Q)).sum(-1) / 2,
    "ess": ESS,
}
LOGARITHMS = {"kl", "forward", "reverse_kl", "reverse", "jeffreys", "symmetric", "jensen_shannon", "bhattacharyya"}


@pytest.mark.parametrize("kind", DEFINITIONS)
def test_every_kind_is_its_definition(kind):
    np.testing.assert_allclose(eq.divergence(P, Q, kind), DEFINITIONS[kind], rtol=1e-11)
    np.testing.assert_allclose(eq.divergence(np.exp(LOG_P), np.exp(LOG_Q), kind, scores="probs"), DEFINITIONS[kind], rtol=1e-10)
    factor = np.log(2) if kind in LOGARITHMS else 1
    np.testing.assert_allclose(eq.divergence(P, Q, kind, unit="bits") * factor, DEFINITIONS[kind], rtol=1e-11)
    p, q = P.astype(np.float32), Q.astype(np.float32)
    np.testing.assert_allclose(eq.divergence(p, q, kind), eq.divergence(p.astype(float), q.astype(float), kind), rtol=2e-6)


@pytest.mark.parametrize("kind", [*DEFINITIONS, "renyi"])
@pytest.mark.parametrize("scores", ["logits", "log_probs", "probs"])
def test_temperatures_make_other_distributions(kind, scores):
    of_q = np.linspace(0.5, 2, 15).reshape(3, 5)
    order = {"order": 3.0} if kind == "renyi" else {}
    expected = eq.divergence(P / 0.7, Q / of_q[..., None], kind, **order)
    p, q = {"logits": (P, Q), "log_probs": (LOG_P, LOG_Q), "probs": (np.exp(LOG_P), np.exp(LOG_Q))}[scores]
    answer = eq.divergence(p, q, kind, scores=scores, temperature=(0.7, of_q), **order)
    np.testing.assert_allclose(answer, expected, rtol=1e-10)
    row = eq.divergence(p[1, 2], q[1, 2], kind, scores=scores, temperature=(0.7, of_q[1, 2]), **order)
    assert row == answer[1, 2]
    if scores != "logits":  # what is no distribution does not become one by a temperature
        spoilt = LOG_P + 0.1 if scores == "log_probs" else np.exp(LOG_P) * 1.1
        assert np.isnan(eq.divergence(spoilt, q, kind, scores=scores, temperature=0.7, **order)).all()


def test_temperatures_of_float32_and_of_skipped_rows():
    p, q, mask = P.astype(np.float32), Q.astype(np.float32), np.arange(15).reshape(3, 5) != 7
    temperature = np.where(mask, 1.5, 1.0)
    np.testing.assert_allclose(eq.kl(p, q, temperature=temperature)[mask], eq.kl(p / 1.5, q / 1.5)[mask], rtol=3e-6)
    assert eq.kl(p, q, temperature=(temperature, 1.5), mask=mask)[1, 2] == 0
    for bad in (0.0, -1.0, INF, np.where(mask, 1.5, 0.0), (1.0, np.nan)):
        with pytest.raises(ValueError, match="temperature"):
            eq.kl(p, q, temperature=bad)


def test_no_rows():
    for empty in (P[:0], torch.zeros(0, 5)):
        assert eq.kl(empty, empty).shape == empty.shape[:-1] and eq.fisher_quadratic(empty, empty).shape == empty.shape[:-1]


@pytest.mark.parametrize("order", [0.01, 0.3, 0.5, 0.999, 1 + 1e-9, 2, 5.5])
def test_renyi(order):
    expected = np.log(np.exp(order * LOG_P + (1 - order) * LOG_Q).sum(-1)) / (order - 1)
    np.testing.assert_allclose(eq.divergence(P, Q, "renyi", order=order), expected, rtol=1e-11 + 1e-15 / abs(order - 1))


def test_renyi_of_special_orders():
    np.testing.assert_allclose(eq.divergence(P, Q, "renyi", order=1), KL, rtol=1e-12)
    np.testing.assert_allclose(eq.divergence(P, Q, "renyi", order=0), 0, atol=1e-15)
    np.testing.assert_allclose(eq.divergence(P, Q, "renyi", order=2), -np.log(ESS), rtol=1e-12)
    np.testing.assert_allclose(eq.divergence(P, Q, "renyi", order=0.5), 2 * DEFINITIONS["bhattacharyya"], rtol=1e-12)
    orders = np.array([0.5, 1, 2, 3, 7.5])
    each = np.stack([eq.divergence(P[:, i], Q[:, i], "renyi", order=float(order)) for i, order in enumerate(orders)], 1)
    assert same_bits(eq.divergence(P, Q, "renyi", order=orders), each)


def test_functions_are_kinds():
    assert same_bits(eq.fisher_rao(P, Q), eq.divergence(P, Q, "fisher_rao"))
    assert same_bits(eq.hellinger(P, Q), eq.divergence(P, Q, "hellinger"))
    assert same_bits(eq.bhattacharyya(P, Q, unit="bits"), eq.divergence(P, Q, "bhattacharyya", unit="bits"))


def test_supports_of_every_kind():
    p, q, apart = np.array([0.5, 0.5, 0, 0]), np.array([0.5, 0.25, 0.25, 0]), np.array([0, 0, 0.5, 0.5])
    affinity = 0.5 + np.sqrt(0.125)
    expected = {
        "kl": np.log(2) / 2,
        "reverse_kl": INF,
        "jeffreys": INF,
        "jensen_shannon": (0.5 * np.log(0.5 / 0.375) + 0.25 * np.log(0.25 / 0.375) + 0.25 * np.log(2)) / 2,
        "bhattacharyya": -np.log(affinity),
        "hellinger": np.sqrt(1 - affinity),
        "fisher_rao": 2 * np.arccos(affinity),
        "total_variation": 0.25,
        "ess": 1 / 1.5,
    }
    of_disjoint = {"jensen_shannon": np.log(2), "hellinger": 1, "fisher_rao": np.pi, "total_variation": 1, "ess": 0}
    for dtype in (np.float32, np.float64):
        for kind, value in expected.items():
            assert eq.divergence(p.astype(dtype), q.astype(dtype), kind, scores="probs") == pytest.approx(value, rel=1e-14), kind
            assert eq.divergence(p.astype(dtype), apart.astype(dtype), kind, scores="probs") == of_disjoint.get(kind, INF), kind
        assert eq.divergence(p.astype(dtype), q.astype(dtype), "renyi", scores="probs", order=0) == pytest.approx(-np.log(0.75))
        assert eq.divergence(q.astype(dtype), p.astype(dtype), "renyi", scores="probs", order=1.5) == INF
        assert eq.divergence(q, p, "renyi", scores="probs", order=0.9) == pytest.approx(np.log(0.5**1 + 0.25**0.9 * 0.5**0.1) / -0.1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_near_identical_rows_lose_no_digits(dtype):
    """KL = var/2, Jeffreys = var, JS = var/8, 1 - BC = var/8 to the leading order, TV = E|t|/2, with t's third-order terms below 1e-5."""
    p = normal(1, 20000, dtype=dtype)
    step = np.where(np.arange(20000) % 2, 1, -1) * np.float64(2.0**-18)
    q = (p.astype(np.float64) + step).astype(dtype)
    t = q.astype(np.float64) - p.astype(np.float64)
    weights = np.exp(log_softmax(p.astype(np.float64)))
    variance = (weights * (t - (weights * t).sum()) ** 2).sum()
    deviation = (weights * np.abs(t - (weights * t).sum())).sum()
    for kind, value in {
        "kl": variance / 2,
        "reverse_kl": variance / 2,
        "jeffreys": variance,
        "jensen_shannon": variance / 8,
        "bhattacharyya": variance / 8,
        "hellinger": np.sqrt(variance / 8),
        "fisher_rao": np.sqrt(variance),
        "total_variation": deviation / 2,
    }.items():
        assert eq.divergence(p, q, kind)[0] == pytest.approx(value, rel=2e-5), kind
    assert eq.divergence(p, q, "renyi", order=3)[0] == pytest.approx(1.5 * variance, rel=2e-5)


@pytest.mark.parametrize("kind", ["kl", "reverse_kl", "jeffreys", "bhattacharyya", "hellinger", "fisher_rao"])
@pytest.mark.parametrize("offset", [0, 1000])
@pytest.mark.parametrize("distance", [1e-6, 1e-4, 1e-2, 0.3])
def test_f32_terms_of_near_rows_have_six_digits(kind, offset, distance):
    """Whatever the rows' offset, the tokens' spread, masks, and a token beside the many that has another ratio."""
    for columns, spread in ((5, 6), (1000, 0.1), (1000, 3), (20011, 1)):
        p = (spread * normal(6, columns, seed=columns)).astype(np.float32)
        q = (p + offset + distance * normal(6, columns, seed=1).astype(float)).astype(np.float32)
        q[0, columns // 2] -= 3
        p[1, ::7] = q[1, ::7] = -INF
        p[2, :2] = -INF if kind == "kl" else p[2, :2]
        exact = eq.divergence(p.astype(float), q.astype(float), kind)
        held = exact > 1e-14
        np.testing.assert_allclose(eq.divergence(p, q, kind)[held], exact[held], rtol=2e-6)


def test_long_rows_are_shared_by_the_workers_without_a_trace():
    p, q = normal(1, 150000), normal(1, 150000, seed=1)
    for kind in ("kl", "jensen_shannon", "ess"):
        assert same_bits(eq.divergence(p, q, kind, threads=2), eq.divergence(p, q, kind, threads=1))
    rows = normal(3, 150000)
    assert same_bits(eq.kl(rows, rows[::-1]), np.array([eq.kl(a, b) for a, b in zip(rows, rows[::-1])]))


def test_wrong_parameters_are_named():
    with pytest.raises(ValueError, match="kind='x': choose one of 'kl', 'ess', 'reverse_kl'"):
        eq.divergence(P, Q, "x")
    with pytest.raises(ValueError, match="kind='renyi' needs order="):
        eq.divergence(P, Q, "renyi")
    with pytest.raises(ValueError, match="order=2 has no meaning for kind='kl'"):
        eq.divergence(P, Q, order=2)
    with pytest.raises(ValueError, match="order=-1: must be finite, at least 0"):
        eq.divergence(P, Q, "renyi", order=-1)
    with pytest.raises(ValueError, match="order=.*nan.*: must be finite, at least 0"):
        eq.divergence(P, Q, "renyi", order=np.array([1, 2, np.nan, 4, 5]))
    with pytest.raises(ValueError, match=r"order has shape \(3,\), which does not spread"):
        eq.divergence(P, Q, "renyi", order=np.ones(3))
