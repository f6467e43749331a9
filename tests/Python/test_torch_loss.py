"""``equipoise.torch``: the loss is KL(q || pi_theta), and its gradients are those of finite differences and closed forms."""

import equipoise as eq
import numpy as np
import pytest

torch = pytest.importorskip("torch")
et = pytest.importorskip("equipoise.torch")


def logits(*shape, seed=0, dtype=torch.float64, scale=2.0):
    generator = torch.Generator().manual_seed(seed)
    return (scale * torch.randn(*shape, generator=generator, dtype=torch.float64)).to(dtype)


def gradient_of(theta, target, weights=None, **options):
    leaf = theta.detach().clone().requires_grad_()
    loss, _, _ = et.equilibrium_loss(leaf, target, **options)
    (loss if weights is None else loss * weights).sum().backward()
    return leaf.grad


def test_the_loss_is_that_of_solve():
    theta, target = logits(3, 5, 40), logits(3, 5, 40, seed=1)
    loss, alpha, ess_theta = et.equilibrium_loss(theta, target, temperature=(2.0, 0.7))
    solution = eq.solve(theta, target, temperature=(2.0, 0.7), outputs=("alpha", "kl_theta", "ess_theta"))
    assert torch.equal(loss, solution.kl_theta) and torch.equal(alpha, solution.alpha) and torch.equal(ess_theta, solution.ess_theta)
    assert not alpha.requires_grad and not ess_theta.requires_grad and loss.dtype is torch.float64


def test_the_full_gradient_is_that_of_finite_differences():
    theta, target = logits(3, 7).requires_grad_(), logits(3, 7, seed=1)
    assert torch.autograd.gradcheck(
        lambda x: et.equilibrium_loss(x, target, gradient="full", temperature=1.5)[0], (theta,), eps=1e-5, atol=1e-7
    )


@pytest.mark.parametrize("dtype, bound", [(torch.float64, 1e-13), (torch.float32, 6e-7), (torch.bfloat16, 5e-3), (torch.float16, 6e-4)])
@pytest.mark.parametrize("gradient", ["stop", "full"])
def test_the_gradient_is_the_difference_of_the_distributions(dtype, bound, gradient):
    theta, target = logits(4, 1000, dtype=dtype), logits(4, 1000, seed=1, dtype=dtype)
    weights = torch.tensor([1.0, -2.0, 0.0, 0.5], dtype=torch.float64)
    found = gradient_of(theta, target, weights, gradient=gradient, temperature=2.0)
    exact = eq.solve(theta.double(), target.double(), temperature=2.0, tolerance=1e-12)
    factor = (weights / 2 * (exact.alpha if gradient == "full" else 1))[:, None]
    policy = (theta.double() / 2).softmax(-1)
    # Both distributions are off by a share of themselves, and their difference is stored in the logits' type.
    room = bound * factor.abs() * torch.maximum(policy, exact.q).amax(-1, keepdim=True)
    assert found.dtype is dtype and found.shape == theta.shape
    assert ((found.double() - factor * (policy - exact.q)).abs() <= room).all()


def test_a_stopped_gradient_is_that_of_a_constant_q():
    theta, target = logits(3, 50), logits(3, 50, seed=1)
    q = eq.solve(theta, target, tolerance=1e-12).q
    leaf = theta.clone().requires_grad_()
    (q * (q.log() - leaf.log_softmax(-1))).sum().backward()
    assert (gradient_of(theta, target) - leaf.grad).abs().max() <= 1e-12


def test_the_causal_shift_is_read_in_place_and_padding_gets_nothing():
    whole, target = logits(2, 6, 48, dtype=torch.float32).requires_grad_(), logits(2, 6, 40, seed=1, dtype=torch.float32)
    mask = torch.tensor([[True, True, False, True, True], [False, True, True, True, True]])
    loss, _, _ = et.equilibrium_loss(whole[:, :-1], target[:, :-1], mask=mask, valid_columns=40)
    loss.sum().backward()
    assert (loss[~mask] == 0).all() and (whole.grad[:, :-1][~mask] == 0).all() and (whole.grad[:, -1] == 0).all()
    assert (whole.grad[..., 40:] == 0).all() and (whole.grad[:, :-1][mask][:, :40] != 0).any()
    packed = gradient_of(whole.detach()[:, :-1, :40].contiguous(), target[:, :-1].contiguous(), mask=mask)
    assert torch.equal(whole.grad[:, :-1, :40], packed)


def test_masked_tokens_get_their_probability_and_no_more():
    theta, target = logits(2, 30), logits(2, 30, seed=1)
    theta[0, 3], target[1, 4] = -torch.inf, -torch.inf
    found = gradient_of(theta, target)
    policy = theta.softmax(-1)
    assert found[0, 3] == 0 and found[1, 4] == pytest.approx(float(policy[1, 4]), rel=1e-12)
    assert found.sum(-1).abs().max() < 1e-12


def test_a_bad_row_is_nan_and_alone():
    theta, target = logits(3, 20), logits(3, 20, seed=1)
    clean = gradient_of(theta, target)
    theta[1, 5] = torch.nan
    loss, alpha, _ = et.equilibrium_loss(theta, target)
    found = gradient_of(theta, target)
    assert torch.isnan(loss[1]) and torch.isnan(alpha[1]) and torch.isnan(found[1]).all()
    assert torch.equal(found[[0, 2]], clean[[0, 2]])


def test_temperatures_may_be_one_per_row():
    theta, target = logits(4, 30), logits(4, 30, seed=1)
    temperature = torch.tensor([0.5, 1.0, 2.0, 3.0])
    found = gradient_of(theta, target, temperature=(temperature, 1.5))
    for row, number in enumerate(temperature.tolist()):
        alone = gradient_of(theta[row : row + 1], target[row : row + 1], temperature=(number, 1.5))
        assert torch.equal(found[row : row + 1], alone)


@pytest.mark.parametrize(
    "change, name",
    [
        ({"gradient": "both"}, "gradient"),
        ({"temperature": 0.0}, "temperature"),
        ({"valid_columns": 99}, "valid_columns"),
        ({"mask": torch.ones(7, dtype=torch.bool)}, "mask"),
        ({"mask": torch.ones(3)}, "mask"),
        ({"mask": "all"}, "mask"),
        ({"temperature": None}, "temperature"),
        ({"valid_columns": 0}, "valid_columns"),
    ],
)
def test_bad_arguments_are_named(change, name):
    with pytest.raises((ValueError, TypeError), match=name):
        et.equilibrium_loss(logits(3, 20), logits(3, 20, seed=1), **change)


def test_integer_logits_and_other_shapes_are_refused():
    with pytest.raises(TypeError, match="theta has dtype torch.int64"):
        et.equilibrium_loss(torch.ones(2, 5, dtype=torch.int64), logits(2, 5))
    with pytest.raises(ValueError, match=r"\(2, 5\).*\(3, 5\)"):
        et.equilibrium_loss(logits(2, 5), logits(3, 5))
    for function in (et.equilibrium_loss, et.solve_differentiable):
        with pytest.raises(TypeError, match="target is ndarray"):
            function(logits(2, 5), logits(2, 5).numpy())


def test_an_empty_batch_and_extreme_logits():
    assert gradient_of(logits(0, 5), logits(0, 5)).shape == (0, 5)
    theta = torch.tensor([[1e4, 0.0, -1e4], [3e38, 0.0, -3e38]], dtype=torch.float32)
    target = torch.tensor([[-1e4, 0.0, 1e4], [0.0, 3e38, 0.0]], dtype=torch.float32)
    found = gradient_of(theta, target)
    assert torch.isfinite(found).all() and (found.abs() <= 1).all()


def test_the_package_does_not_bind_torch():
    assert not isinstance(vars(eq).get("torch"), type(torch)) or vars(eq)["torch"] is et


def test_numpy_has_the_same_loss():
    theta, target = logits(3, 20), logits(3, 20, seed=1)
    loss, _, _ = et.equilibrium_loss(theta, target)
    assert np.array_equal(loss.numpy(), eq.solve(theta.numpy(), target.numpy(), outputs="kl_theta").kl_theta)


def test_the_solution_is_differentiable_in_both_policies():
    theta, target = logits(2, 6).requires_grad_(), logits(2, 6, seed=1).requires_grad_()
    for temperature in (1.0, (2.0, 0.5)):
        assert torch.autograd.gradcheck(
            lambda a, b: et.solve_differentiable(a, b, temperature=temperature), (theta, target), eps=1e-5, atol=1e-6
        )


def test_a_differentiable_solution_is_that_of_solve():
    theta, target = logits(2, 3, 40, dtype=torch.bfloat16), logits(2, 3, 40, seed=1, dtype=torch.bfloat16).requires_grad_()
    alpha, log_q = et.solve_differentiable(theta, target, valid_columns=30)
    solution = eq.solve(theta, target.detach(), valid_columns=30, outputs=("alpha", "log_q"))
    assert torch.equal(alpha, solution.alpha) and torch.equal(log_q, solution.log_q) and log_q.dtype is torch.float32
    alpha.sum().backward()
    assert target.grad.dtype is torch.bfloat16 and (target.grad[..., 30:] == 0).all()


@pytest.mark.parametrize("gradient", ["stop", "full"])
@pytest.mark.parametrize("dtype, bound", [(torch.float64, 1e-7), (torch.float32, 1e-5), (torch.bfloat16, 2e-2)])
def test_the_way_of_other_devices_leads_to_the_same(dtype, bound, gradient, monkeypatch):
    """What CUDA tensors take, on tensors of this processor: q* by a solve at a fixed alpha, taken from the softmax."""
    monkeypatch.setattr(et, "_ELSEWHERE", 1 if gradient == "full" else 1 << 25)  # one leading index at a time, or all
    theta, target = logits(2, 5, 44, dtype=dtype), logits(2, 5, 40, seed=1, dtype=dtype)
    theta[..., 40:], theta[1, 2, 3], theta[0, 1, 7] = 20.0, torch.nan, -torch.inf
    mask = torch.tensor([[True, True, False, True, True], [False, True, True, True, True]])
    rows = torch.linspace(0.5, 2.0, 10, dtype=torch.float64).reshape(2, 5)
    upstream = torch.linspace(-1.0, 1.0, 10, dtype=torch.float64).reshape(2, 5)
    for temperature in ((rows, 1.5), (2.0, rows)):
        loss, alpha, ess, records = et._forward_elsewhere(theta, target, mask, temperature, 40)
        leaf = theta.clone().requires_grad_()
        expected = et.equilibrium_loss(leaf, target, mask=mask, temperature=temperature, valid_columns=40, gradient=gradient)
        for ours, theirs in zip((loss, alpha, ess), expected):
            assert torch.allclose(ours, theirs.detach(), rtol=1e-5, atol=1e-7, equal_nan=True)
        assert records.shape == (2, 5, 4)
        (wanted,) = torch.autograd.grad((expected[0] * upstream).nansum(), leaf)
        factors = upstream * alpha if gradient == "full" else upstream
        found = et._backward_elsewhere(theta, target, mask, temperature, 40, alpha, factors)
        assert found.dtype is dtype and torch.isnan(found[1, 2, :40]).all() and (found[..., 40:] == 0).all() and (found[~mask] == 0).all()
        sound = mask.clone()
        sound[1, 2] = False
        assert (found[sound] - wanted[sound]).abs().max() <= bound * wanted[sound].abs().max()
    assert et._backward_elsewhere(theta[:0], target[:0], None, (1.0, 1.0), 40, alpha[:0], upstream[:0]).shape == (0, 5, 44)
    alone = et._backward_elsewhere(theta[0, 0], target[0, 0], None, (1.0, 1.0), 40, alpha[0, 0], upstream[0, 0])
    assert alone.shape == (44,) and torch.isfinite(alone).all()


@pytest.mark.parametrize("temperature", [(1.0, 2.0, 3.0), torch.ones(7), torch.ones(1, 3, 1)])
def test_temperatures_that_do_not_fit_are_named(temperature):
    with pytest.raises(ValueError, match="temperature has"):
        et.equilibrium_loss(logits(3, 20), logits(3, 20, seed=1), temperature=temperature)


def test_masks_and_temperatures_may_be_of_numpy():
    theta, target, mask = logits(2, 3, 20), logits(2, 3, 20, seed=1).requires_grad_(), np.array([[True, False, True], [True, True, False]])
    loss, _, _ = et.equilibrium_loss(theta, target, mask=mask, temperature=(np.full((2, 3), 2.0), np.float32(0.5)))
    expected, _, _ = et.equilibrium_loss(theta, target, mask=torch.from_numpy(mask), temperature=(2.0, 0.5))
    assert torch.equal(loss, expected) and not loss.requires_grad


def test_the_module_is_there_when_asked_for():
    assert eq.torch is et
