"""Criteria other than KL symmetry: their equations hold, with numbers for all rows or one per row, and errors name the argument."""

from __future__ import annotations

import time
from pathlib import Path

import equipoise as eq
import numpy as np
import pytest
from support import same_bits

RNG = np.random.default_rng(12)
THETA, TARGET = RNG.normal(size=(2, 3, 4, 500))
ROWS = RNG.uniform(0.05, 0.95, size=(3, 4))
FIELDS = ("alpha", "log_z", "kl_theta", "kl_target", "ess_theta", "ess_target", "residual", "q")

EQUATIONS = {
    "weighted_kl": ("weights", (2.0, 0.5), lambda s, p: p[0] * s.kl_theta - p[1] * s.kl_target),
    "kl_budget": ("budget", 0.1, lambda s, p: s.kl_theta - p),
    "ess_balance": (None, None, lambda s, p: np.log(s.ess_theta) - np.log(s.ess_target)),
    "ess_floor": ("floor", 0.6, lambda s, p: np.log(s.ess_theta) - np.log(p)),
}


def parameters(criterion, value=None):
    name, default, _ = EQUATIONS[criterion]
    return {"criterion": criterion, **({name: default if value is None else value} if name else {})}


@pytest.mark.parametrize("criterion", EQUATIONS)
@pytest.mark.parametrize("method", ["newton", "bisection"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_equation_holds(criterion, method, dtype):
    options = parameters(criterion)
    solution = eq.solve(THETA.astype(dtype), TARGET.astype(dtype), method=method, outputs=FIELDS, **options)
    assert (solution.status == eq.RowStatus.OK).all()
    left = EQUATIONS[criterion][2](solution, EQUATIONS[criterion][1])
    assert np.abs(left).max() <= 1e-6
    assert np.abs(np.abs(left) - solution.residual).max() <= 2e-7
    assert ((solution.alpha > 0) & (solution.alpha < 1)).all()


@pytest.mark.parametrize("criterion", ["weighted_kl", "kl_budget", "ess_floor", "fixed_alpha"])
def test_numbers_per_row_are_those_of_single_rows(criterion):
    name = "alpha" if criterion == "fixed_alpha" else EQUATIONS[criterion][0]
    value = (ROWS, 1.0) if name == "weights" else ROWS
    together = eq.solve(THETA, TARGET, criterion=criterion, outputs=FIELDS, **{name: value})
    for index in np.ndindex(ROWS.shape):
        number = float(ROWS[index])
        alone = eq.solve(
            THETA[index], TARGET[index], criterion=criterion, outputs=FIELDS, **{name: (number, 1.0) if name == "weights" else number}
        )
        assert all(same_bits(getattr(together, field)[index], getattr(alone, field)) for field in FIELDS)


def test_numbers_per_row_spread_over_the_leading_shape_and_keep_to_their_rows_in_chunks(monkeypatch):
    theta, target = RNG.normal(size=(2, 600, 64)).astype(np.float32)
    budgets = RNG.uniform(0.01, 0.2, size=600)
    whole = eq.solve(theta, target, criterion="kl_budget", budget=budgets)
    monkeypatch.setattr("equipoise._chunks.SECONDS", 1e-6)
    monkeypatch.setattr("equipoise._plan._FIRST_CHUNK", {"newton": 64, "bisection": 64})
    split = eq.solve(theta, target, criterion="kl_budget", budget=budgets, max_iterations=49)
    assert same_bits(whole.alpha, split.alpha) and same_bits(whole.q, split.q)
    spread = eq.solve(THETA, TARGET, criterion="kl_budget", budget=ROWS[0]).alpha
    assert same_bits(spread, eq.solve(THETA, TARGET, criterion="kl_budget", budget=np.tile(ROWS[0], (3, 1))).alpha)


def test_numbers_per_row_may_be_tensors():
    torch = pytest.importorskip("torch")
    theta, target = torch.from_numpy(THETA), torch.from_numpy(TARGET)
    alpha = eq.solve(theta, target, criterion="ess_floor", floor=torch.from_numpy(ROWS)).alpha
    assert same_bits(alpha.numpy(), eq.solve(THETA, TARGET, criterion="ess_floor", floor=ROWS).alpha)


def test_what_is_met_everywhere_or_nowhere_is_an_end():
    holed = THETA.copy()
    holed[..., ::9] = -np.inf
    everywhere = eq.solve(THETA, TARGET, criterion="kl_budget", budget=50.0)
    assert (everywhere.alpha == 0).all() and (everywhere.status == eq.RowStatus.AT_TARGET).all()
    nowhere = eq.solve(THETA, holed, criterion="ess_floor", floor=0.5, outputs="all")
    assert (nowhere.alpha == 1).all() and (nowhere.status == eq.RowStatus.AT_THETA).all()
    assert (nowhere.ess_theta == 0).all() and np.isposinf(nowhere.residual).all()


def test_rows_that_are_skipped_need_no_good_number():
    mask = np.zeros((3, 4), bool)
    mask[0] = True
    solution = eq.solve(THETA, TARGET, criterion="kl_budget", budget=0.1, mask=mask)
    assert (solution.status == np.where(mask, eq.RowStatus.OK, eq.RowStatus.SKIPPED)).all()


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        (
            {"criterion": "kl_budget", "budget": np.array([0.1, -0.1, 0, 0])},
            ValueError,
            "budget has entries that are not finite and at least 0",
        ),
        ({"criterion": "ess_floor", "floor": np.array([0.5, 0.0, 1, 1])}, ValueError, "floor has entries .* above 0 and at most 1"),
        ({"criterion": "fixed_alpha", "alpha": np.full((3, 4), 1.5)}, ValueError, "alpha has entries"),
        ({"criterion": "weighted_kl", "weights": (np.full(4, np.nan), 1.0)}, ValueError, "weights has entries"),
        ({"criterion": "weighted_kl", "weights": (np.zeros(4), 0.0)}, ValueError, "weights has rows with both 0"),
        ({"criterion": "kl_budget", "budget": np.ones(5)}, ValueError, r"budget has shape \(5,\), which does not spread"),
        ({"criterion": "kl_budget", "budget": np.array(["a"] * 4)}, TypeError, "budget has dtype"),
    ],
)
def test_wrong_numbers_per_row_are_named(options, error, text):
    with pytest.raises(error, match=text):
        eq.solve(THETA, TARGET, **options)


REAL = [np.load(Path(__file__).parents[2] / "demo" / "data" / f"{name}.npy") for name in ("theta", "target")]


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize(
    "options", [{"criterion": "ess_balance"}, *({"criterion": "ess_floor", "floor": floor} for floor in (0.97, 0.9, 0.5, 0.05))], ids=str
)
@pytest.mark.parametrize("spread", ["real", 0.03, 0.1, 0.3, 1.0, 2.0, 4.0, 8.0])
def test_sums_in_f32_lead_to_the_root_of_f64(dtype, options, spread):
    rows = REAL if spread == "real" else np.random.default_rng(8).normal(size=(2, 6, 5000)) * spread
    theta, target = (row.astype(dtype) for row in rows)
    fast = eq.solve(theta, target, outputs="all", **options)
    exact = eq.solve(theta.astype(np.float64), target.astype(np.float64), outputs="all", **options)
    assert (fast.status == exact.status).all()
    assert np.abs(fast.alpha - exact.alpha).max() <= 1e-6
    assert (np.abs(fast.kl_theta - exact.kl_theta) <= 2e-6 * np.maximum(1, exact.kl_theta)).all()
    assert 0.5 * np.abs(fast.q - exact.q).sum(axis=-1).max() <= 1e-6
    for name in ("ess_theta", "ess_target"):
        assert np.abs(np.log(getattr(fast, name) / getattr(exact, name))).max() <= 1e-5
    inside = exact.status == eq.RowStatus.OK
    assert fast.residual[inside].max(initial=0) <= 1e-6


def test_an_ess_criterion_costs_what_kl_symmetry_does():
    theta, target = np.random.default_rng(9).normal(size=(2, 4, 100_000)).astype(np.float32)
    out = {name: {"q": np.empty_like(theta), "alpha": np.empty(4)} for name in ("kl_symmetry", "ess_balance")}
    best = dict.fromkeys(out, np.inf)
    for _ in range(15):
        for name in out:
            begin = time.perf_counter()
            eq.solve(theta, target, criterion=name, outputs=("alpha", "q"), out=out[name], threads=1, device="cpu")
            best[name] = min(best[name], time.perf_counter() - begin)
    assert best["ess_balance"] < 4 * best["kl_symmetry"]
