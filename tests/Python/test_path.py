"""``path``: the statistics of ``solve`` at fixed alphas, for any grid, and errors that name the argument."""

from __future__ import annotations

import equipoise as eq
import numpy as np
import pytest
import torch
from support import normal, pair, same_bits

GRID = np.array([0.0, 0.2, 0.5, 0.75, 1.0])
SHARED = ("log_z", "kl_theta", "kl_target", "ess_theta", "ess_target")
NUMBERS = (*SHARED, "entropy", "variance", "status")


@pytest.mark.parametrize("options", [{}, {"temperature": (0.7, 2.0)}, {"scores": "probs"}, {"valid_columns": 90}])
def test_the_statistics_are_those_of_fixed_alphas(options):
    theta, target = (row.astype(np.float64) for row in pair(3, 2, 101, seed=4))
    if options.get("scores") == "probs":
        theta, target = (np.exp(row) / np.exp(row).sum(-1, keepdims=True) for row in (theta, target))
    path = eq.path(theta, target, GRID, outputs="all", **options)
    assert path.alpha.shape == (3, 2, 5) and path.q.shape == (3, 2, 5, 101) and path.status.dtype == np.int32
    for place, alpha in enumerate(GRID):
        point = eq.solve(theta, target, criterion="fixed_alpha", alpha=float(alpha), outputs="all", **options)
        for field in SHARED:
            np.testing.assert_allclose(getattr(path, field)[..., place], getattr(point, field), rtol=1e-12, atol=1e-13, err_msg=field)
        np.testing.assert_allclose(path.q[..., place, :], point.q, rtol=1e-11, atol=1e-300)
        np.testing.assert_array_equal(path.q[..., place, :] > 0, path.log_q[..., place, :] > -np.inf)
        assert (path.alpha[..., place] == alpha).all()
        q = path.q[..., place, :]
        entropy = -(q * np.log(np.where(q > 0, q, 1))).sum(-1)
        np.testing.assert_allclose(path.entropy[..., place], entropy, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_numbers_are_float64_of_what_the_type_holds(dtype):
    theta, target = pair(4, 3000, seed=2, dtype=dtype)
    narrow, wide = eq.path(theta, target, GRID), eq.path(theta.astype(np.float64), target.astype(np.float64), GRID)
    assert all(same_bits(getattr(narrow, field), getattr(wide, field)) for field in NUMBERS)
    q = eq.path(theta, target, GRID, outputs=("q", "log_q"))
    assert q.q.dtype == np.float32 and abs(q.q.sum(-1) - 1).max() < 1e-5
    assert abs(np.exp(q.log_q.astype(np.float64)) - q.q).max() < 1e-6


def test_a_long_row_is_the_sum_of_its_pieces():
    theta, target = (row.astype(np.float64) for row in pair(1, 300_001, seed=3, sigma=3.0))
    theta[0, 200_000] = 40.0
    path = eq.path(theta, target, GRID)
    for place, alpha in enumerate(GRID):
        point = eq.solve(theta, target, criterion="fixed_alpha", alpha=float(alpha), outputs=SHARED)
        for field in SHARED:
            np.testing.assert_allclose(getattr(path, field)[..., place], getattr(point, field), rtol=1e-11, atol=1e-12, err_msg=field)


def test_a_list_per_row_is_each_row_with_its_list():
    theta, target = pair(6, 200, seed=5)
    alphas = np.random.default_rng(1).uniform(size=(6, 4))
    together = eq.path(theta, target, alphas, outputs="all")
    for row in range(6):
        alone = eq.path(theta[row], target[row], alphas[row], outputs="all")
        assert alone.alpha.shape == (4,)
        assert all(same_bits(array, getattr(together, name)[row]) for name, array in alone.as_dict().items())
    assert same_bits(eq.path(theta, target, np.tile(GRID, (6, 1))).log_z, eq.path(theta, target, GRID).log_z)


def test_a_grid_has_no_say_in_its_points_nor_threads_and_chunks_in_the_bits(monkeypatch):
    theta, target = pair(40, 500, seed=6)
    whole = eq.path(theta, target, GRID, outputs="all", threads=1)
    single = eq.path(theta, target, 0.75, outputs="all")
    assert all(same_bits(getattr(whole, name)[:, 3:4], array) for name, array in single.as_dict().items())
    monkeypatch.setattr("equipoise._chunks.SECONDS", 1e-6)
    monkeypatch.setattr("equipoise._path._FIRST_CHUNK", 64)
    split = eq.path(theta, target, GRID, outputs="all", threads=3)
    assert all(same_bits(getattr(whole, name), array) for name, array in split.as_dict().items())


def test_masks_and_bad_rows():
    theta, target = normal(5, 60, seed=7, dtype=np.float64), normal(5, 60, seed=8, dtype=np.float64)
    theta[1, 3], target[2, :30], theta[2, 30:], theta[4, ::2] = np.nan, -np.inf, -np.inf, -np.inf
    path = eq.path(theta, target, GRID, outputs="all", mask=[True, True, True, False, True])
    names = [eq.RowStatus(int(status)).name for status in path.status[:, 0]]
    assert names == ["OK", "INVALID", "DISJOINT", "SKIPPED", "OK"] and (path.status == path.status[:, :1]).all()
    for field in (*SHARED, "entropy", "variance", "q"):
        assert np.isnan(getattr(path, field)[1]).all() and (getattr(path, field)[3] == 0).all()
    assert np.isneginf(path.log_z[2]).all() and np.isposinf(path.kl_theta[2]).all() and (path.q[2] == 0).all()
    assert (path.ess_theta[2] == 0).all() and np.isnan(path.entropy[2]).all()
    assert (path.ess_target[4] == 0).all() and (path.ess_theta[4] > 0).all() and (path.q[4, :, ::2] == 0).all()


def test_arrays_of_torch_give_tensors():
    torch = pytest.importorskip("torch")
    theta, target = (torch.from_numpy(row) for row in pair(2, 3, 50, seed=9))
    path = eq.path(theta, target, torch.tensor([0.25, 0.5]), outputs="all")
    assert isinstance(path.kl_theta, torch.Tensor) and path.kl_theta.shape == (2, 3, 2) and path.alpha[0, 0, 1] == 0.5
    half = eq.path(theta.to(torch.bfloat16), target.to(torch.bfloat16), [0.5], outputs=("q",))
    assert half.q.dtype == torch.float32 and half.q.shape == (2, 3, 1, 50)


def test_the_fields_of_solve_hold_what_they_hold_there():
    theta, target = pair(4, 60, seed=8)
    theta[1, 3], theta[2, :30], target[2, 30:] = np.nan, -np.inf, -np.inf
    path = eq.path(theta, target, [0.2, 0.6], outputs="all", mask=[True, True, True, False])
    np.testing.assert_array_equal(path.status, np.repeat([[0], [6], [5], [7]], 2, 1))
    np.testing.assert_array_equal(path.alpha, [[0.2, 0.6], [np.nan, np.nan], [0.2, 0.6], [0, 0]])
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(path.residual, abs(path.kl_theta - path.kl_target))
    assert (path.iterations == [[1], [0], [1], [0]]).all() and path.iterations.dtype == np.int32
    chernoff = eq.solve(theta[0], target[0], outputs=("alpha", "residual"))
    there = eq.path(theta[0], target[0], chernoff.alpha, outputs="residual")
    assert there.residual < 1e-6 and sorted(there.as_dict()) == ["residual", "status"]
    tensors = eq.path(torch.tensor(theta[0]), torch.tensor(target[0]), [0.2], outputs=("residual", "iterations"))
    assert tensors.residual.dtype == torch.float64 and tensors.iterations.dtype == torch.int32


def test_no_alphas_and_no_rows_are_no_error():
    theta, target = pair(2, 10)
    assert eq.path(theta, target, []).log_z.shape == (2, 0)
    assert eq.path(theta[:0], target[:0], GRID, outputs="all").q.shape == (0, 5, 10)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "text"),
    [
        (([0.5, 1.5],), {}, ValueError, r"alphas has entries that are not in \[0, 1\]"),
        (([np.nan],), {}, ValueError, "alphas has entries"),
        ((["a"],), {}, TypeError, "alphas has dtype"),
        ((np.ones((3, 2)),), {}, ValueError, r"alphas has shape \(3, 2\), which does not spread"),
        (([0.5],), {"outputs": ("alpha", "beta")}, ValueError, "outputs: 'beta' is no field; choose from alpha, log_z"),
        (([0.5],), {"temperature": 0.0}, ValueError, "temperature=0.0"),
        (([0.5],), {"valid_columns": 99}, ValueError, "valid_columns=99 is more than they have"),
        (([0.5],), {"device": "cuda"}, ValueError, "device='cuda'"),
        ((np.zeros(70_000),), {}, ValueError, "count is 70000"),
    ],
)
def test_wrong_arguments_are_named(arguments, options, error, text):
    theta, target = pair(2, 10)
    with pytest.raises(error, match=text):
        eq.path(theta, target, *arguments, **options)


def test_what_was_not_asked_for_says_so():
    theta, target = pair(2, 10)
    with pytest.raises(AttributeError, match="q was not asked for: path"):
        eq.path(theta, target, GRID).q
