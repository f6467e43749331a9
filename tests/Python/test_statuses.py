"""What becomes of rows that have no ordinary answer, and that no other row notices."""

from __future__ import annotations

import equipoise as eq
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support import log_softmax, normal, pair, same_bits

INF, NAN = np.inf, np.nan
NUMBERS = ("alpha", "q", "log_q", "log_z", "kl_theta", "kl_target", "ess_theta", "ess_target", "residual")


def bad_logits():
    """name: (theta's row, target's row, status)."""
    good, other = normal(64, seed=3), normal(64, seed=4)

    def edited(row, **tokens):
        row = row.copy()
        for token, value in tokens.items():
            row[int(token[1:])] = value
        return row

    even, odd = good.copy(), other.copy()
    even[1::2], odd[0::2] = -INF, -INF
    return {
        "NaN in theta": (edited(good, _5=NAN), other, "INVALID"),
        "NaN in target": (good, edited(other, _63=NAN), "INVALID"),
        "NaN where the other is masked": (edited(good, _5=NAN), edited(other, _5=-INF), "INVALID"),
        "infinite": (edited(good, _0=INF), other, "INVALID"),
        "infinite in both": (edited(good, _0=INF), edited(other, _0=INF), "INVALID"),
        "all masked": (np.full(64, -INF, np.float32), other, "INVALID"),
        "all masked in both": (np.full(64, -INF, np.float32),) * 2 + ("INVALID",),
        "disjoint": (even, odd, "DISJOINT"),
        "identical": (good, good, "IDENTICAL"),
        "identical, one shifted": (np.full(64, 1.0, np.float32), np.full(64, 5.0, np.float32), "IDENTICAL"),
        "masked in theta": (edited(good, _7=-INF), other, "OK"),
        "masked in both": (edited(good, _7=-INF), edited(other, _9=-INF), "OK"),
        "one common token": (edited(even, _1=0.5), odd, None),
    }


BAD = bad_logits()


@pytest.mark.parametrize("name", BAD)
def test_status_of(name):
    theta, target, status = BAD[name]
    solution = eq.solve(theta, target, outputs="all")
    found = eq.RowStatus(int(solution.status))
    assert status is None or found.name == status
    if found is eq.RowStatus.INVALID:
        assert all(np.isnan(getattr(solution, field)).all() for field in NUMBERS)
    elif found is eq.RowStatus.DISJOINT:
        assert np.isnan(solution.alpha) and (solution.q == 0).all() and (solution.log_q == -INF).all()
        assert solution.kl_theta == solution.kl_target == INF and solution.ess_theta == solution.ess_target == 0
    else:
        assert 0 <= solution.alpha <= 1 and abs(solution.q.sum() - 1) < 1e-5
        masked = (theta == -INF) | (target == -INF)
        assert (solution.q[masked] == 0).all() and (solution.log_q[masked] == -INF).all()
    if found is eq.RowStatus.IDENTICAL:
        assert solution.alpha == 0.5 and solution.log_z == 0


@pytest.mark.parametrize("name", BAD)
def test_no_other_row_changes_by_a_bit(name):
    theta, target = pair(9, 64)
    alone = eq.solve(theta, target, outputs="all")
    for place in (0, 4, 8):
        spoiled, aside = theta.copy(), target.copy()
        spoiled[place], aside[place], _ = BAD[name]
        batch = eq.solve(spoiled, aside, outputs="all")
        rest = np.arange(9) != place
        for field, array in alone.as_dict().items():
            assert same_bits(array[rest], getattr(batch, field)[rest]), field


@pytest.mark.parametrize(
    ("theta", "status"),
    [
        ([0.5, 0.6, -0.1], "INVALID"),
        ([0.5, 0.25, 0.2], "INVALID"),
        ([0.5, 0.25, NAN], "INVALID"),
        ([0.5, INF, 0.2], "INVALID"),
        ([0.0, 0.0, 0.0], "INVALID"),
        ([0.5, 0.25, 0.2501], "OK"),
        ([0.5, 0.5, 0.0], "AT_TARGET"),
        ([0.0, 0.0, 1.0], None),
    ],
)
def test_probabilities(theta, status):
    target = [0.2, 0.3, 0.5]
    solution = eq.solve(theta, target, scores="probs", outputs="all")
    assert status is None or eq.RowStatus(int(solution.status)).name == status
    if status == "INVALID":
        assert np.isnan(solution.q).all()
    else:
        assert abs(solution.q.sum() - 1) < 1e-12
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = eq.solve(np.log(theta), np.log(target), scores="log_probs", outputs="all")
    assert status is None or theta[2] < 0 or logs.status == solution.status


def test_a_search_that_is_cut_short_says_so_and_gives_its_best():
    theta, target = pair(4, 5000, sigma=8)
    solution = eq.solve(theta, target, method="bisection", max_iterations=2, tolerance=1e-12, outputs="all")
    assert (solution.status == eq.RowStatus.NOT_CONVERGED).all()
    assert (solution.residual > 0).all() and (abs(solution.q.sum(-1) - 1) < 1e-5).all()


def test_scores_as_large_as_their_type_leave_q_normalised():
    theta, target = np.float32([[0, 0, -3e38]]), np.float32([[-INF, 0, 3e38]])
    solution = eq.solve(theta, target, outputs="all")
    assert solution.alpha[0] == 0.5 and (solution.q[0] == [0, 0.5, 0.5]).all()


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 8), st.integers(1, 50))
def test_anything_at_all_has_a_status_and_never_an_exception(data, rows, columns):
    values = st.one_of(st.floats(width=32), st.sampled_from([INF, -INF, NAN, 0.0, -0.0, 3e38, -3e38, 1e-45]))
    cells = data.draw(st.lists(values, min_size=2 * rows * columns, max_size=2 * rows * columns))
    theta, target = np.array(cells, np.float32).reshape(2, rows, columns)
    for scores in ("logits", "log_probs", "probs"):
        solution = eq.solve(theta, target, scores=scores, outputs="all")
        for row in range(rows):
            status = eq.RowStatus(int(solution.status[row]))
            if status is eq.RowStatus.INVALID:
                assert np.isnan(solution.alpha[row]) and np.isnan(solution.q[row]).all()
            elif status is not eq.RowStatus.DISJOINT:
                assert 0 <= solution.alpha[row] <= 1
                assert abs(float(solution.q[row].astype(np.float64).sum()) - 1) <= slack(theta[row], target[row])
        if scores == "logits":
            hopeless = np.isnan(theta).any(-1) | np.isnan(target).any(-1) | (theta == INF).any(-1) | (target == INF).any(-1)
            assert (solution.status[hopeless] == eq.RowStatus.INVALID).all()


@pytest.mark.parametrize("size", [1e2, 1e4, 1e6, 1e30, 3e38])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_logits_sum_to_one_or_say_that_they_do_not(size, dtype):
    theta, target = (normal(3, 100, seed=seed, dtype=dtype) for seed in (1, 2))
    theta[:, 0], target[:, 1] = size, size
    solution = eq.solve(theta, target, outputs="all")
    if size <= 1e6:
        assert (solution.status == eq.RowStatus.OK).all()
    for row in np.flatnonzero(solution.status < eq.RowStatus.DISJOINT):
        assert np.isfinite(solution.residual[row]) and abs(solution.q[row].sum() - 1) <= slack(theta[row], target[row])


def slack(*rows):
    """How far the sum of q may be from 1: float32 keeps 24 bits of a score's difference, and q is its exponential."""
    size = max(float(np.abs(row[np.isfinite(row)]).max(initial=0)) for row in rows)
    return min(1e-5 + 2.0**-23 * size, 0.5)


def test_statuses_read_as_names():
    status = eq.solve(torch.zeros(2, 3), torch.zeros(2, 3)).status
    assert status.dtype == torch.int32 and (status == eq.RowStatus.IDENTICAL).all()
    assert [eq.RowStatus(int(s)).name for s in status] == ["IDENTICAL", "IDENTICAL"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("gap", [100.0, 1e4])
def test_log_q_is_that_of_the_middle_where_only_unlikely_tokens_differ(dtype, gap):
    """Both put all their mass on one token, but for less than rounding: IDENTICAL, and yet log q lies between the two logarithms."""
    theta, target = (row.astype(dtype) for row in pair(2, 500, seed=6))
    theta[:, 7], target[:, 7] = gap, gap
    for method in ("newton", "bisection"):
        solution = eq.solve(theta, target, outputs="all", method=method)
        assert (solution.status == eq.RowStatus.IDENTICAL).all() and (solution.alpha == 0.5).all()
        middle = log_softmax((theta.astype(np.float64) + target) / 2)
        np.testing.assert_allclose(solution.log_q, middle, rtol=4e-7 if dtype == np.float32 else 1e-14, atol=1e-14)


@pytest.mark.parametrize("far", [50.0, 2000.0, 20000.0])
def test_ess_of_float32_rows_that_are_far_apart(far):
    theta, target = pair(8, 500, seed=7)
    theta[:, 3] += far
    target[:, 7] += 1.5 * far
    solution = eq.solve(theta, target, outputs="all")
    p, t = log_softmax(theta), log_softmax(target)
    exponent = solution.alpha[:, None] * p + (1 - solution.alpha[:, None]) * t
    log_q = log_softmax(exponent)
    for ess, own in ((solution.ess_theta, p), (solution.ess_target, t)):
        np.testing.assert_allclose(ess, 1 / np.exp(2 * own - log_q).sum(-1), rtol=1e-6)
