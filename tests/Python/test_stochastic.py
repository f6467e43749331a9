"""Running means, Robbins and Monro's iteration, alpha from samples, simulated processes; with fixed seeds and stated error rates."""

from __future__ import annotations

import pickle

import equipoise as eq
import numpy as np
import pytest
import torch
from support import log_softmax, pair, same_bits


def test_running_means_are_arithmetic_means():
    x = np.random.default_rng(0).normal(size=(1000, 3, 2)) * 5 + 1e6
    mean = eq.RunningMean()
    assert mean.count == 0 and np.isnan(mean.mean) and np.isnan(mean.variance)
    for value in x:
        mean.update(value)
    assert mean.count == 1000 and mean.mean.shape == (3, 2)
    np.testing.assert_allclose(mean.mean, x.mean(0), rtol=1e-14)
    np.testing.assert_allclose(mean.variance, x.var(0, ddof=1), rtol=1e-9)
    batched = eq.RunningMean()
    batched.update(x[:300], axis=0)
    batched.update(np.moveaxis(x[300:], 0, 1), axis=1)
    assert same_bits(batched.mean, mean.mean) and same_bits(batched.variance, mean.variance) and batched.count == 1000


def test_running_means_of_numbers_and_tensors():
    mean = eq.RunningMean()
    mean.update(2)
    assert mean.mean == 2.0 and isinstance(mean.mean, float) and np.isnan(mean.variance)
    mean.update(np.float32(4))
    assert (mean.mean, mean.variance, mean.count) == (3.0, 2.0, 2)
    tensors = eq.RunningMean()
    tensors.update(torch.tensor([1.0, 2.0]))
    tensors.update(torch.tensor([3.0, 2.0], dtype=torch.bfloat16))
    assert isinstance(tensors.mean, torch.Tensor) and tensors.mean.tolist() == [2.0, 2.0] and tensors.variance.tolist() == [2.0, 0.0]
    with pytest.raises(ValueError, match=r"x has shape \(3,\), the values before it \(2,\)"):
        tensors.update(np.zeros(3))
    with pytest.raises(ValueError, match=r"x\[1\] is NaN"):
        tensors.update([0.0, np.nan])
    with pytest.raises(TypeError, match="x has dtype"):
        tensors.update(["a", "b"])
    assert tensors.count == 2


@pytest.mark.parametrize("k0", [0.0, 5.0])
@pytest.mark.parametrize("gamma", [1.0, 0.75])
def test_robbins_monro_is_its_definition(gamma, k0):
    rng = np.random.default_rng(1)
    w = rng.normal(size=(2, 3))
    iteration = eq.RobbinsMonro(w, c=1.5, k0=k0, gamma=gamma, interval=(-1.0, 1.0), step_clip=0.4)
    expected = np.clip(w, -1, 1)
    assert same_bits(iteration.w, expected) and same_bits(iteration.average, expected) and iteration.k == 0
    points = []
    for k in range(1, 60):
        g = 3 * rng.normal(size=(2, 3))
        expected = np.clip(expected - np.clip(1.5 / (k + k0) ** gamma * g, -0.4, 0.4), -1, 1)
        points.append(expected)
        np.testing.assert_allclose(iteration.step(g), expected, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(iteration.average, np.mean(points, axis=0), rtol=1e-12, atol=1e-13)
    assert iteration.k == 59


def test_the_example_of_a_hyperbolic_tangent():
    """g(w) = tanh(w - 1) from w = 3 by a_k = 1/k: near the root the error falls as 1/k times a constant of the way there."""
    iteration = eq.RobbinsMonro(3.0)
    for _ in range(20_000):
        iteration.step(np.tanh(iteration.w - 1))
    assert isinstance(iteration.w, float) and abs(iteration.w - 1) < 1e-3
    noise = np.random.default_rng(2).normal(size=(20_000, 200))
    noisy = eq.RobbinsMonro(np.full(200, 3.0))
    for row in noise:
        noisy.step(np.tanh(noisy.w - 1) + row)
    # Asymptotically the deviation is 1/sqrt(k); 200 problems know it to 5 %, and the mean of them to 1/sqrt(200 k).
    assert 0.8 < np.sqrt(((noisy.w - 1) ** 2).mean() * 20_000) < 1.2
    assert abs(noisy.w.mean() - 1) < 5 / np.sqrt(200 * 20_000) + 1e-3


def test_steps_that_break_a_condition_are_refused_by_its_name():
    for gamma in (0.5, 0.3, 0.0):
        with pytest.raises(ValueError, match=f"gamma is {gamma:g}: the sum of the squares a_k.2 is infinite"):
            eq.RobbinsMonro(0.0, gamma=gamma)
        eq.RobbinsMonro(0.0, gamma=gamma, tracking=True)
    with pytest.raises(ValueError, match="gamma is 1.5: the sum of the steps a_k is finite"):
        eq.RobbinsMonro(0.0, gamma=1.5)
    for arguments, text in [
        (dict(c=0.0), "c is 0"),
        (dict(c=np.nan), "c=nan"),
        (dict(k0=-1.0), "k0 is -1"),
        (dict(gamma=-1.0, tracking=True), "gamma is -1"),
        (dict(interval=(1.0, 0.0)), "low is 1"),
        (dict(interval=3.0), "interval=3.0"),
        (dict(step_clip=0.0), "step_clip is 0"),
        (dict(step_clip=np.nan), "step_clip is NaN"),
    ]:
        with pytest.raises(ValueError, match=text):
            eq.RobbinsMonro(0.0, **arguments)
    with pytest.raises(ValueError, match=r"w\[1\] is NaN"):
        eq.RobbinsMonro([0.0, np.nan])


def test_a_step_that_is_not_finite_changes_nothing():
    iteration = eq.RobbinsMonro([1.0, 2.0])
    iteration.step([0.5, 0.5])
    before = iteration.w
    for bad in (np.nan, np.inf, -np.inf):
        with pytest.raises(ValueError, match=r"g\[1\] is"):
            iteration.step([1.0, bad])
    with pytest.raises(ValueError, match=r"g has shape \(3,\) and w \(2,\)"):
        iteration.step([1.0, 2.0, 3.0])
    assert same_bits(iteration.w, before) and iteration.k == 1


def test_forms_are_kept():
    iteration = eq.RobbinsMonro(torch.tensor([[1.0, 2.0]]))
    assert isinstance(iteration.step(torch.ones(1, 2)), torch.Tensor) and iteration.w.shape == (1, 2) and iteration.w.dtype == torch.float64
    assert iteration.w.tolist() == [[0.0, 1.0]]


ROWS, TOKENS, SAMPLES = 24, 16, 4
THETA, TARGET = pair(ROWS, TOKENS, dtype=np.float64)
LOG_THETA, LOG_TARGET = log_softmax(THETA), log_softmax(TARGET)
EXACT = eq.solve(THETA, TARGET)


def draw(rng, q):
    """[rows, SAMPLES] tokens of the distributions q [rows, TOKENS]."""
    return np.minimum((q.cumsum(-1)[:, None] < rng.random((ROWS, SAMPLES, 1))).sum(-1), TOKENS - 1)


def fresh(tracker, rng):
    mixed = tracker.alpha[:, None] * LOG_THETA + (1 - tracker.alpha[:, None]) * LOG_TARGET
    tokens = draw(rng, np.exp(log_softmax(mixed)))
    tracker.update(np.take_along_axis(LOG_TARGET - LOG_THETA, tokens, 1))


def off_path(tracker, rng, log_mu):
    tokens = draw(rng, np.exp(log_mu))
    tracker.update_off_path(*(np.take_along_axis(logs, tokens, 1) for logs in (LOG_THETA, LOG_TARGET, log_mu)))


@pytest.mark.once
@pytest.mark.parametrize("mode", ["fresh", "uniform", "theta"])
def test_alpha_converges_as_one_over_the_root_of_k(mode):
    """24 rows know the deviation to 15 %; by fresh samples its limit is 1/sqrt(k SAMPLES Var)."""
    rng = np.random.default_rng(5)
    tracker = eq.AlphaTracker(ROWS)
    log_mu = np.full((ROWS, TOKENS), -np.log(TOKENS)) if mode == "uniform" else LOG_THETA
    errors = {}
    for k in range(1, 6401):
        fresh(tracker, rng) if mode == "fresh" else off_path(tracker, rng, log_mu)
        if k in (100, 1600, 6400):
            errors[k] = np.sqrt(((tracker.alpha - EXACT.alpha) ** 2).mean())
    assert 4 * 0.5 < errors[100] / errors[1600] < 4 * 2 and 2 * 0.6 < errors[1600] / errors[6400] < 2 / 0.6
    ratio = LOG_TARGET - LOG_THETA
    variance = (EXACT.q * ratio**2).sum(-1) - (EXACT.q * ratio).sum(-1) ** 2
    np.testing.assert_allclose(tracker.variance, variance, rtol=0.15)
    if mode == "fresh":
        assert 0.6 < errors[6400] / np.sqrt((1 / (6400 * SAMPLES * variance)).mean()) < 1.6
    assert tracker.k == 6400 and (tracker.updates == 6400).all()


@pytest.mark.once
@pytest.mark.parametrize("gain", ["1/sqrt", 0.005])
def test_tracking_follows_a_policy_that_moves(gain):
    """After 2000 steps the other policy is the sharper one: the tracker follows where 1/k has all but stopped to move."""
    rng = np.random.default_rng(6)
    tracker, slow = eq.AlphaTracker(ROWS, gain), eq.AlphaTracker(ROWS)
    before, after = (THETA, 3 * TARGET), (3 * THETA, TARGET)
    exact = [eq.solve(*pair).alpha for pair in (before, after)]
    for k in range(2400):
        log_theta, log_target = (log_softmax(scores) for scores in (before if k < 2000 else after))
        for one in (tracker, slow):
            tokens = draw(rng, np.exp(log_softmax(one.alpha[:, None] * log_theta + (1 - one.alpha[:, None]) * log_target)))
            one.update(np.take_along_axis(log_target - log_theta, tokens, 1))
    moved, error, left = (np.sqrt(((alpha - exact[1]) ** 2).mean()) for alpha in (exact[0], tracker.alpha, slow.alpha))
    assert error < 0.5 * left < 0.5 * moved


def test_a_constant_gain_is_the_gain():
    tracker = eq.AlphaTracker(2, gain=0.1, alpha=0.25)
    tracker.update([1.0, -0.5])
    np.testing.assert_allclose(tracker.alpha, [0.35, 0.2], rtol=1e-15)
    tracker.update([[1.0, 2.0], [-30.0, 10.0]])
    np.testing.assert_allclose(tracker.alpha, [0.5, 0.0], rtol=1e-15)


def test_rows_that_are_bad_or_masked_stay_as_they_were():
    tracker = eq.AlphaTracker(4, gain=0.1)
    status = tracker.update([[0.5], [np.nan], [np.inf], [0.5]], mask=[True, True, True, False])
    assert status.tolist() == [eq.RowStatus.OK, eq.RowStatus.INVALID, eq.RowStatus.INVALID, eq.RowStatus.SKIPPED]
    np.testing.assert_allclose(tracker.alpha, [0.55, 0.5, 0.5, 0.5])
    assert tracker.updates.tolist() == [1, 0, 0, 0] and np.isnan(tracker.variance[1:]).all()
    logs = np.full((4, 2), -1.0)
    theta, mu = logs.copy(), logs.copy()
    theta[0], theta[1, 0], mu[2, 0] = -np.inf, -np.inf, -np.inf
    assert tracker.update_off_path(theta, logs, mu).tolist() == [6, 0, 6, 0]


@pytest.mark.parametrize("gain", ["1/k", "1/sqrt", 0.05])
def test_states_go_on_where_they_were(gain):
    rng = np.random.default_rng(8)
    first, second = eq.AlphaTracker(ROWS, gain), eq.AlphaTracker(ROWS, gain)
    for _ in range(20):
        fresh(first, rng)
    second.restore(pickle.loads(pickle.dumps(first.state())))
    for k in range(20):
        fresh(first, np.random.default_rng(k))
        fresh(second, np.random.default_rng(k))
    assert same_bits(first.alpha, second.alpha) and same_bits(first.variance, second.variance) and second.k == 40
    with pytest.raises(ValueError, match="state is of shape"):
        eq.AlphaTracker(3).restore(first.state())
    iteration, other = eq.RobbinsMonro([1.0, 2.0], gamma=0.8), eq.RobbinsMonro([0.0, 0.0], gamma=0.8)
    iteration.step([0.3, 0.4])
    other.restore(iteration.state())
    assert same_bits(iteration.step([1, 1]), other.step([1, 1])) and same_bits(iteration.average, other.average) and other.k == 2
    mean, copy = eq.RunningMean(), eq.RunningMean()
    for value in (1.0, 5.0):
        mean.update(value)
    copy.restore(mean.state())
    copy.update(3.0)
    assert (copy.mean, copy.variance, copy.count) == (3.0, 4.0, 3)
    with pytest.raises(ValueError, match="state was not saved by a RunningMean"):
        copy.restore(iteration.state())


def test_tensors_and_wrong_arguments_of_the_tracker():
    tracker = eq.AlphaTracker(2)
    status = tracker.update(torch.tensor([0.1, 0.2]))
    assert isinstance(status, torch.Tensor) and isinstance(tracker.alpha, torch.Tensor) and tracker.alpha.dtype == torch.float64
    for call, text in [
        (lambda: eq.AlphaTracker(0), "rows=0"),
        (lambda: eq.AlphaTracker(2, "1/k^2"), "gain='1/k.2': choose one of '1/k', '1/sqrt'"),
        (lambda: eq.AlphaTracker(2, 0.0), "gain=0.0"),
        (lambda: eq.AlphaTracker(2, np.inf), "gain=inf"),
        (lambda: eq.AlphaTracker(2, alpha=1.5), "alpha=1.5"),
        (lambda: tracker.update([1.0, 2.0, 3.0]), r"log_ratio has shape \(3,\): give \[2\] or \[2, samples\]"),
        (lambda: tracker.update(np.zeros((2, 0))), r"log_ratio has shape \(2, 0\)"),
        (lambda: tracker.update_off_path(np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((2, 4))), "they must agree"),
        (lambda: tracker.update([0.0, 0.0], mask=[True, True, True]), "mask has shape"),
    ]:
        with pytest.raises(ValueError, match=text):
            call()
    assert tracker.k == 1


@pytest.mark.once
def test_dvoretzky_converges_where_its_conditions_hold():
    """sum alpha = inf, sum beta^2 < inf; D's mean square after n steps of (1/k, 1/k^.75) is 1/(1.5 sqrt(n)). 2000 paths know it to 3 %."""
    paths = eq.dvoretzky(2000, 10_000, (1, 1), (1, 0.75), seed=1, every=100)
    squares = (paths**2).mean(1)
    assert paths.shape == (100, 2000) and 0.85 < squares[-1] * 1.5 * np.sqrt(10_000) < 1.15 and squares[-1] < squares[9] / 2.5
    # beta does not die out: neither does D. alpha is summable: the start is never forgotten.
    assert (eq.dvoretzky(2000, 10_000, (1, 1), (1, 0.25), seed=1) ** 2).mean() > 10
    assert eq.dvoretzky(2000, 10_000, (0.5, 2), (0, 1), initial=3.0).min() > 0.5


@pytest.mark.once
def test_sgd_shows_which_steps_converge():
    squares = {gamma: ((eq.sgd(2000, 10_000, gamma=gamma, center=2.0, seed=3) - 2) ** 2).mean() for gamma in (1.0, 0.75, 0.0)}
    assert 0.85 < squares[1.0] * 10_000 < 1.15  # w is the mean of x: variance 1/k exactly
    assert squares[1.0] < squares[0.75] < squares[0.0] and 0.85 < squares[0.0] < 1.15  # w is the latest x
    assert abs(eq.sgd(500, 20_000, "log_cosh", center=1.0, noise=0.5, initial=3.0, seed=4).mean() - 1) < 0.01


def test_processes_do_not_depend_on_threads_or_neighbours():
    whole = eq.sgd(64, 1000, seed=9, every=250, threads=2)
    assert same_bits(whole, eq.sgd(64, 1000, seed=9, every=250, threads=1))
    assert same_bits(whole[:, 40:41], eq.sgd(1, 1000, seed=9, stream=40, every=250))
    assert same_bits(whole[:2], eq.sgd(64, 500, seed=9, every=250))
    assert not same_bits(whole, eq.sgd(64, 1000, seed=10, every=250))
    for call, text in [
        (lambda: eq.sgd(-1, 10), "paths=-1"),
        (lambda: eq.sgd(1, 0), "steps=0"),
        (lambda: eq.sgd(1, 10, every=3), "every is 3, must divide the 10 steps"),
        (lambda: eq.sgd(1, 10, "cubic"), "objective='cubic'"),
        (lambda: eq.sgd(1, 10, seed=-1), "seed=-1"),
        (lambda: eq.dvoretzky(1, 10, (-1, 1)), "alpha=-1"),
        (lambda: eq.dvoretzky(1, 10, initial=np.nan), "initial=nan"),
    ]:
        with pytest.raises(ValueError, match=text):
            call()
