"""AlphaHistory against weighted least squares done in one piece."""

from __future__ import annotations

import json

import equipoise as eq
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support import pair


def batches(steps, rows=7, seed=0):
    random = np.random.default_rng(seed)
    return [{"alpha": random.normal(size=rows) + 0.1 * step, "ess_theta": random.uniform(size=rows)} for step in range(steps)]


def least_squares(points, weights):
    """Mean, deviation, slope and its error of points (x, y) by numpy alone."""
    x, y = np.array(points).T
    w = np.array(weights)
    mean, middle = (w * y).sum() / w.sum(), (w * x).sum() / w.sum()
    reach = (w * (x - middle) ** 2).sum()
    slope = (w * (x - middle) * (y - mean)).sum() / reach
    left = y - mean - slope * (x - middle)
    effective = w.sum() ** 2 / (w**2).sum()
    noise = (w * left**2).sum() / w.sum() * effective / (effective - 2)
    return mean, (w * (y - mean) ** 2).sum() / w.sum(), slope, (noise * (w**2 * (x - middle) ** 2).sum()) ** 0.5 / reach


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 30), st.floats(0.3, 0.999), st.integers(0, 10**6))
def test_exponential_summary_is_weighted_least_squares(steps, decay, seed):
    history, points, weights = eq.AlphaHistory(decay=decay), [], []
    when = np.cumsum(np.random.default_rng(seed).integers(1, 4, size=steps))
    for step, batch in zip(when, batches(steps, seed=seed)):
        history.update(batch, step=int(step))
        points += [(step, y) for y in batch["alpha"]]
        weights += [decay ** (when[-1] - step)] * len(batch["alpha"])
    mean, variance, slope, error = least_squares(points, weights)
    trend = history.summary()["alpha"]
    assert trend.mean == pytest.approx(mean) and trend.std == pytest.approx(variance**0.5)
    assert trend.drift == pytest.approx(slope, rel=1e-6, abs=1e-9) and trend.drift_error == pytest.approx(error, rel=1e-5)


def test_window_forgets():
    history, made = eq.AlphaHistory(window=5), batches(12)
    for step, batch in enumerate(made):
        history.update(batch, step=step)
    points = [(step, y) for step in range(7, 12) for y in made[step]["alpha"]]
    mean, variance, slope, error = least_squares(points, [1.0] * len(points))
    trend = history.summary()["alpha"]
    assert (trend.mean, trend.std, trend.drift, trend.drift_error) == pytest.approx((mean, variance**0.5, slope, error))
    assert np.isnan(history.summary()["kl_theta"].mean)
    history.update({"alpha": np.zeros(0)}, step=100)
    assert np.isnan(history.summary()["alpha"].mean)


def test_groups_are_apart_and_together():
    history = eq.AlphaHistory(window=10)
    for step in range(5):
        alpha = np.array([0.1 * step, 0.5, -0.1 * step])
        history.update({"alpha": alpha}, group=["up", "still", "down"])
    drifts = {name: history.summary(name)["alpha"].drift for name in history.groups}
    assert drifts == pytest.approx({"down": -0.1, "still": 0.0, "up": 0.1})
    assert history.summary()["alpha"].drift == pytest.approx(0, abs=1e-12) and history.step == 4
    with pytest.raises(KeyError, match="no rows of group 'left'; there are 'down', 'still', 'up'"):
        history.summary("left")


@pytest.mark.parametrize("settings_", [{"decay": 0.9}, {"window": 4}, {}])
def test_restored_from_json_it_goes_on_to_the_bit(settings_):
    whole, first = eq.AlphaHistory(**settings_), eq.AlphaHistory(**settings_)
    made = batches(9)
    for batch in made[:5]:
        whole.update(batch, group=np.arange(7) % 2)
        first.update(batch, group=np.arange(7) % 2)
    second = eq.AlphaHistory(window=2)
    second.restore(json.loads(json.dumps(first.state())))
    for batch in made[5:]:
        whole.update(batch, group=np.arange(7) % 2)
        second.update(batch, group=np.arange(7) % 2)
    assert second.state() == whole.state() and repr(second) == repr(whole)


def test_solutions_of_every_kind_and_rows_that_were_not_solved():
    theta, target = pair(4, 50)
    theta[1, 0] = np.nan
    history = eq.AlphaHistory()
    solution = eq.solve(theta, target, outputs="all", mask=np.arange(4) != 2)
    history.update(solution)
    assert history.summary()["ess_target"].mean == pytest.approx(solution.ess_target[[0, 3]].mean())
    again = eq.AlphaHistory()
    again.update(eq.solve(torch.from_numpy(theta), torch.from_numpy(target), outputs="all", mask=torch.arange(4) != 2))
    assert again.state() == history.state()
    assert np.isnan(history.summary()["alpha"].drift)
    history.update(eq.solve_gaussian([0.0], [1.0], [1.0], [2.0]))
    assert not np.isnan(history.summary()["kl_theta"].drift)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"decay": 0.9, "window": 3}, "give one of them"),
        ({"decay": 1.0}, "decay=1.0: must be below 1"),
        ({"decay": 0.0}, "decay=0.0: must be finite, above 0"),
        ({"window": 1}, "window=1: must be at least 2"),
    ],
)
def test_wrong_settings_are_named(arguments, text):
    with pytest.raises(ValueError, match=text):
        eq.AlphaHistory(**arguments)


def test_wrong_updates_are_named_and_change_nothing():
    history = eq.AlphaHistory()
    history.update({"alpha": np.ones(3)}, step=5)
    before = history.state()
    for arguments, error, text in [
        ({"solution": {}}, ValueError, "solution has no alpha"),
        ({"solution": {"alpha": np.ones(3), "kl_theta": np.ones(2)}}, ValueError, r"kl_theta has shape \(2,\), alpha \(3,\)"),
        ({"solution": {"alpha": np.ones(3)}, "step": 4}, ValueError, "step=4 is before the latest one, 5"),
        ({"solution": {"alpha": np.ones(3)}, "step": np.nan}, ValueError, "step=nan: must be finite"),
        ({"solution": {"alpha": np.ones(3)}, "group": ["a"]}, ValueError, r"group has shape \(1,\), alpha \(3,\)"),
        ({"solution": {"alpha": np.ones(3)}, "group": np.ones(3)}, TypeError, "group has dtype float64"),
    ]:
        with pytest.raises(error, match=text):
            history.update(**arguments)
        assert history.state() == before
    with pytest.raises(ValueError, match="state is not what"):
        history.restore({"groups": []})
