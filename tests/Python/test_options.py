"""Masks, temperatures and valid columns; and every option that is wrong."""

from __future__ import annotations

import equipoise as eq
import numpy as np
import pytest
import torch
from support import Exact, normal, pair, same_bits

SHAPE = (4, 6)
THETA, TARGET = pair(*SHAPE, 130)


@pytest.mark.parametrize(
    "mask",
    [
        np.arange(24).reshape(SHAPE) % 3 == 0,
        (np.arange(24).reshape(SHAPE) % 3 == 0).astype(np.uint8),
        (np.arange(24).reshape(SHAPE) % 3 == 0).astype(np.int64) * 256,
        np.arange(24).reshape(6, 4).T % 3 == 0,
        np.arange(6) % 2 == 0,
        np.arange(4)[:, None] % 2 == 0,
        np.array(True),
        True,
        False,
        [True, False, True, False, True, True],
        torch.arange(24).reshape(SHAPE) % 5 != 0,
        torch.arange(48).reshape(4, 12)[:, ::2] % 5 != 0,
    ],
    ids=repr,
)
def test_masked_rows_are_skipped_and_hold_zeros(mask):
    wanted = np.broadcast_to(np.asarray(mask), SHAPE).astype(bool)
    full, masked = eq.solve(THETA, TARGET, outputs="all"), eq.solve(THETA, TARGET, outputs="all", mask=mask)
    for name, array in masked.as_dict().items():
        assert same_bits(array[wanted], getattr(full, name)[wanted])
        if name != "status":
            assert (array[~wanted] == 0).all(), name
    assert (masked.status[~wanted] == eq.RowStatus.SKIPPED).all()


def test_a_skipped_row_may_hold_anything():
    theta = THETA.copy()
    theta[1] = np.nan
    mask = np.arange(4)[:, None] != 1
    solution = eq.solve(theta, TARGET, mask=mask, outputs="all")
    assert (solution.status[1] == eq.RowStatus.SKIPPED).all() and all(np.isfinite(a[1]).all() for a in solution.as_dict().values())


@pytest.mark.parametrize(
    ("mask", "error", "text"),
    [
        (np.ones(24, bool), ValueError, r"mask has shape \(24,\), which does not spread over the leading shape \(4, 6\)"),
        (np.ones((4, 6, 130), bool), ValueError, r"mask has shape \(4, 6, 130\)"),
        (np.ones((2, 4, 6), bool), ValueError, "mask has shape"),
        (np.ones(SHAPE), TypeError, "mask has dtype float64"),
        ("yes", TypeError, "mask has dtype"),
    ],
)
def test_wrong_masks(mask, error, text):
    with pytest.raises(error, match=text):
        eq.solve(THETA, TARGET, mask=mask)


def test_labels_mask_as_trainers_make_it():
    labels = torch.tensor([[1, -100, 3, 4, 5, -100]] * 4)
    solution = eq.solve(torch.from_numpy(THETA), torch.from_numpy(TARGET), mask=labels != -100, outputs="kl_theta")
    assert bool(((solution.kl_theta == 0) == (labels == -100)).all())


PER_ROW = np.linspace(0.5, 3, 24).reshape(SHAPE)


@pytest.mark.parametrize(
    ("temperature", "of_theta", "of_target"),
    [
        (2.0, 2.0, 2.0),
        (2, 2.0, 2.0),
        (np.float32(0.7), np.float32(0.7), np.float32(0.7)),
        ((0.7, 1.0), 0.7, 1.0),
        ((1, 3), 1.0, 3.0),
        (np.array(2.0), 2.0, 2.0),
        (torch.tensor(2.0), 2.0, 2.0),
        (PER_ROW, PER_ROW, PER_ROW),
        (PER_ROW.astype(np.float32).astype(np.float64), PER_ROW.astype(np.float32), PER_ROW.astype(np.float32)),
        (torch.from_numpy(PER_ROW), PER_ROW, PER_ROW),
        (torch.from_numpy(PER_ROW).requires_grad_(), PER_ROW, PER_ROW),
        (PER_ROW[0], PER_ROW[0], PER_ROW[0]),
        (list(PER_ROW[0]), PER_ROW[0], PER_ROW[0]),
        (PER_ROW[:, :1], PER_ROW[:, :1], PER_ROW[:, :1]),
        ((PER_ROW, 1.0), PER_ROW, 1.0),
        ((0.5, PER_ROW[:, :1]), 0.5, PER_ROW[:, :1]),
        ((PER_ROW, PER_ROW[::-1]), PER_ROW, PER_ROW[::-1]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_temperatures(temperature, of_theta, of_target):
    theta, target = THETA.astype(np.float64), TARGET.astype(np.float64)
    divisors = (np.broadcast_to(np.asarray(t, np.float64), SHAPE)[..., None] for t in (of_theta, of_target))
    exact = Exact(*(x / t for x, t in zip((theta, target), divisors)))
    solution = eq.solve(theta, target, temperature=temperature, outputs="all")
    np.testing.assert_allclose(solution.alpha, exact.alpha, atol=1e-10)
    np.testing.assert_allclose(solution.q, exact.q, atol=1e-12)
    np.testing.assert_allclose(solution.kl_theta, exact.kl_theta, rtol=1e-8, atol=1e-12)


def test_a_tensor_of_temperatures_is_read_anew_at_every_call():
    temperature = torch.ones(SHAPE)
    first = eq.solve(THETA, TARGET, temperature=temperature).alpha
    temperature *= 3
    assert not np.array_equal(first, eq.solve(THETA, TARGET, temperature=temperature).alpha)


@pytest.mark.parametrize("bad", [0, -1.0, np.nan, np.inf, (1.0, 0.0), np.zeros(SHAPE), (1.0, np.full(SHAPE, np.nan)), -PER_ROW])
def test_temperatures_out_of_range(bad):
    with pytest.raises(ValueError, match="temperature.*finite.*above 0"):
        eq.solve(THETA, TARGET, temperature=bad)


@pytest.mark.parametrize(
    ("bad", "error"),
    [((1.0,), ValueError), ((1, 2, 3), ValueError), (np.ones(5), ValueError), ("warm", TypeError), (None, TypeError), (1j, TypeError)],
)
def test_temperatures_of_the_wrong_form(bad, error):
    with pytest.raises(error, match="temperature"):
        eq.solve(THETA, TARGET, temperature=bad)


@pytest.mark.parametrize("fill", [np.nan, np.inf, 20.0, -np.inf, 3e38])
@pytest.mark.parametrize("valid", [1, 5, 64, 129, 130])
def test_padding_is_never_read(fill, valid):
    theta, target = THETA.copy(), np.full((*SHAPE, 160), fill, np.float32)
    theta[..., valid:] = fill
    target[..., :valid] = TARGET[..., :valid]
    padded = eq.solve(theta, target, valid_columns=valid, outputs="all")
    cut = eq.solve(THETA[..., :valid], TARGET[..., :valid], outputs="all")
    for name, array in padded.as_dict().items():
        if name not in ("q", "log_q"):
            assert same_bits(array, getattr(cut, name)), name
    assert padded.q.shape == THETA.shape and same_bits(padded.q[..., :valid], cut.q) and (padded.q[..., valid:] == 0).all()
    assert same_bits(padded.log_q[..., :valid], cut.log_q) and (padded.log_q[..., valid:] == -np.inf).all()


def test_unequal_widths_need_valid_columns():
    with pytest.raises(
        ValueError, match=r"theta has shape \(4, 6, 130\) and target \(4, 6, 128\): 130 columns against 128; give valid_columns="
    ):
        eq.solve(THETA, TARGET[..., :128])
    with pytest.raises(ValueError, match=r"valid_columns=129 is more than they have"):
        eq.solve(THETA, TARGET[..., :128], valid_columns=129)


@pytest.mark.parametrize("other", [(4, 7), (6, 4), (24,), (), (4, 6, 1), (1, 6), (0, 6)])
def test_leading_shapes_must_agree(other):
    with pytest.raises(ValueError, match=r"theta has shape \(4, 6, 130\) and target .*leading shapes must agree"):
        eq.solve(THETA, normal(*other, 130))


@pytest.mark.parametrize("shape", [(0,), (3, 0), (2, 3, 0)])
def test_there_must_be_a_column(shape):
    with pytest.raises(ValueError, match="there must be a column"):
        eq.solve(np.zeros(shape), np.zeros(shape))


def test_there_must_be_a_dimension():
    for zero in (np.zeros(()), 1.0, torch.zeros(())):
        with pytest.raises(ValueError, match="theta has no dimension"):
            eq.solve(zero, zero)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"scores": "logit"}, ValueError, r"scores='logit': choose one of 'logits', 'log_probs', 'probs'"),
        ({"scores": None}, ValueError, "scores=None: choose"),
        (
            {"criterion": "kl"},
            ValueError,
            "criterion='kl': choose one of 'kl_symmetry', 'weighted_kl', 'kl_budget', 'ess_balance', 'ess_floor', 'fixed_alpha'",
        ),
        ({"method": "secant"}, ValueError, "method='secant': choose one of 'newton', 'bisection'"),
        ({"method": ["newton"]}, ValueError, "method="),
        ({"tolerance": 0}, ValueError, "tolerance=0: must be finite, above 0"),
        ({"tolerance": np.nan}, ValueError, "tolerance"),
        ({"tolerance": "tight"}, TypeError, "tolerance='tight' is no number"),
        ({"max_iterations": 0}, ValueError, "max_iterations=0"),
        ({"max_iterations": 2.5}, TypeError, "max_iterations=2.5 is no integer"),
        ({"max_iterations": 2**40}, ValueError, "max_iterations"),
        ({"valid_columns": 0}, ValueError, "valid_columns=0"),
        ({"valid_columns": 131}, ValueError, "valid_columns=131 is more than they have"),
        ({"valid_columns": -1}, ValueError, "valid_columns=-1"),
        ({"threads": -1}, ValueError, "threads=-1"),
        ({"threads": "all"}, TypeError, "threads='all'"),
        ({"device": "gpu"}, ValueError, "device='gpu': choose 'auto', 'cpu', 'cuda', 'opencl'"),
        ({"outputs": ("alpha", "beta")}, ValueError, "outputs: 'beta' is no field; choose from alpha, q"),
        ({"outputs": 3}, TypeError, ""),
        ({"alpha": 0.5}, ValueError, "alpha=0.5 has no meaning for criterion='kl_symmetry'"),
        ({"weights": (1, 1)}, ValueError, "weights="),
        ({"budget": 0.1}, ValueError, "budget=0.1"),
        ({"floor": 0.1}, ValueError, "floor=0.1"),
        ({"criterion": "fixed_alpha"}, ValueError, "criterion='fixed_alpha' needs alpha="),
        ({"criterion": "fixed_alpha", "alpha": 1.1}, ValueError, "alpha=1.1: must be finite, at least 0 and at most 1"),
        ({"criterion": "fixed_alpha", "alpha": -0.1}, ValueError, "alpha=-0.1"),
        ({"criterion": "weighted_kl"}, ValueError, "criterion='weighted_kl' needs weights="),
        ({"criterion": "weighted_kl", "weights": 1.0}, TypeError, "weights=1.0: give a pair"),
        ({"criterion": "weighted_kl", "weights": (1.0, -1.0)}, ValueError, "weights=-1.0: must be finite, at least 0"),
        ({"criterion": "weighted_kl", "weights": (1.0, np.inf)}, ValueError, "weights=inf: must be finite"),
        ({"criterion": "weighted_kl", "weights": (0.0, 0.0)}, ValueError, r"weights=\(0.0, 0.0\): one must be above 0"),
        ({"criterion": "kl_budget", "budget": -0.1}, ValueError, "budget=-0.1: must be finite, at least 0"),
        ({"criterion": "kl_budget", "budget": np.nan}, ValueError, "budget=nan"),
        ({"criterion": "kl_budget", "budget": "much"}, TypeError, "budget='much' is no number"),
        ({"criterion": "ess_floor", "floor": 0.0}, ValueError, "floor=0.0: must be finite, above 0 and at most 1"),
        ({"criterion": "ess_floor", "floor": 1.5}, ValueError, "floor=1.5"),
        ({"criterion": "ess_balance", "floor": 0.5}, ValueError, "floor=0.5 has no meaning for criterion='ess_balance'"),
        ({"budget": np.ones(7)}, ValueError, "budget=<one per row> has no meaning for criterion='kl_symmetry'"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_wrong_options_are_named(options, error, text):
    with pytest.raises(error, match=text):
        eq.solve(THETA, TARGET, **options)


def test_equal_options_of_different_types_are_the_same():
    expected = eq.solve(THETA, TARGET, tolerance=1e-6, temperature=1.0, max_iterations=50, outputs=("alpha", "q")).alpha
    for options in ({"temperature": 1}, {"max_iterations": np.int64(50)}, {"tolerance": np.float64(1e-6)}, {"outputs": ["alpha", "q"]}):
        assert same_bits(eq.solve(THETA, TARGET, **options).alpha, expected)
