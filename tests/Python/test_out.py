"""Results into memory that the caller brings."""

from __future__ import annotations

import equipoise as eq
import numpy as np
import pytest
import torch
from support import pair, same_bits

THETA, TARGET = pair(3, 4, 90)
FIELDS = ("alpha", "log_z", "kl_theta", "kl_target", "ess_theta", "ess_target", "residual")


def places():
    arrays = {name: np.full((3, 4), np.nan) for name in FIELDS}
    arrays.update({name: np.full((3, 4), -1, np.int32) for name in ("iterations", "status")})
    arrays.update({name: np.full((3, 4, 90), np.nan, np.float32) for name in ("q", "log_q")})
    return arrays


def test_everything_in_place():
    expected, out = eq.solve(THETA, TARGET, outputs="all"), places()
    solution = eq.solve(THETA, TARGET, outputs="all", out=out)
    for name, array in out.items():
        assert getattr(solution, name) is array and same_bits(array, getattr(expected, name)), name


def test_what_is_in_out_is_computed_and_the_rest_as_asked():
    out = {"kl_theta": np.empty((3, 4))}
    solution = eq.solve(THETA, TARGET, outputs="alpha", out=out)
    assert set(solution.as_dict()) == {"alpha", "kl_theta", "status"}
    assert same_bits(out["kl_theta"], eq.solve(THETA, TARGET, outputs=("alpha", "kl_theta")).kl_theta)


def test_a_solution_serves_again_as_out():
    first = eq.solve(THETA, TARGET)
    again = eq.solve(TARGET, THETA, out=first)
    assert again.q is first.q and again.status is first.status
    assert same_bits(again.q, eq.solve(TARGET, THETA).q)


def test_torch_places():
    theta, target = torch.from_numpy(THETA), torch.from_numpy(TARGET)
    out = {name: torch.from_numpy(array) for name, array in places().items()}
    solution = eq.solve(theta, target, out=out)
    assert solution.q is out["q"] and same_bits(out["q"], eq.solve(THETA, TARGET, outputs="all").q)


def test_zero_dimensional_places():
    alpha = np.zeros(())
    solution = eq.solve(THETA[0, 0], TARGET[0, 0], out={"alpha": alpha})
    assert solution.alpha is alpha and same_bits(alpha, eq.solve(THETA[0, 0], TARGET[0, 0]).alpha)
    tensor = torch.zeros((), dtype=torch.float64)
    eq.solve(torch.from_numpy(THETA[0, 0]), torch.from_numpy(TARGET[0, 0]), out={"alpha": tensor})
    assert float(tensor) == float(alpha)


def read_only():
    array = np.empty((3, 4))
    array.flags.writeable = False
    return array


SQUARE = np.zeros((8, 90), np.float32)


@pytest.mark.parametrize(
    ("out", "error", "text"),
    [
        ({"alpha": np.empty((4, 3))}, ValueError, r"out\['alpha'\] has shape \(4, 3\), the leading shape of theta is \(3, 4\)"),
        ({"alpha": np.empty(12)}, ValueError, r"out\['alpha'\] has shape \(12,\)"),
        ({"alpha": np.empty(())}, ValueError, r"out\['alpha'\] has shape \(\)"),
        ({"alpha": np.empty((3, 4), "f4")}, TypeError, r"out\['alpha'\] has dtype float32: it is float64"),
        ({"status": np.empty((3, 4), "i8")}, TypeError, r"out\['status'\] has dtype int64"),
        ({"iterations": np.empty((3, 4))}, TypeError, r"out\['iterations'\] has dtype float64: it is int32"),
        ({"alpha": np.empty((3, 8))[:, ::2]}, ValueError, r"out\['alpha'\] has strides"),
        ({"alpha": np.empty((3, 8))[:, :4]}, ValueError, r"out\['alpha'\] is not contiguous"),
        ({"alpha": read_only()}, ValueError, r"out\['alpha'\] is read-only"),
        ({"alpha": [0.0] * 12}, TypeError, r"out\['alpha'\] is list"),
        ({"alpha": torch.empty(3, 4)}, TypeError, r"out\['alpha'\] is Tensor"),
        ({"q": np.empty((3, 4, 91), "f4")}, ValueError, r"out\['q'\] has shape \(3, 4, 91\), theta \(3, 4, 90\)"),
        ({"q": np.empty((12, 90), "f4")}, ValueError, r"out\['q'\] has shape \(12, 90\), theta \(3, 4, 90\)"),
        ({"q": np.empty((3, 4, 90), "i4")}, TypeError, r"out\['q'\] has dtype int32: use one of"),
        ({"q": np.empty((3, 4, 90), "c8")}, TypeError, r"out\['q'\] has dtype complex64"),
        ({"q": np.empty((3, 4, 90), ">f4")}, TypeError, r"out\['q'\] has dtype >f4"),
        ({"q": np.empty((3, 4, 180), "f4")[..., ::2]}, ValueError, r"out\['q'\] has strides"),
        ({"q": np.lib.stride_tricks.as_strided(SQUARE, (3, 4, 90), (360, 360, 4))}, ValueError, r"out\['q'\] has strides .* and apart"),
        ({"q": np.lib.stride_tricks.as_strided(SQUARE, (3, 4, 90), (0, 360, 4))}, ValueError, r"out\['q'\] has strides .* and apart"),
        ({"beta": np.empty((3, 4))}, ValueError, "out has 'beta', which is no field"),
        ([np.empty((3, 4))], TypeError, "out is list: give a dict"),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, str) else "",
)
def test_wrong_places_are_named(out, error, text):
    with pytest.raises(error, match=text):
        eq.solve(THETA, TARGET, out=out)


def test_torch_places_that_are_wrong():
    theta, target = torch.from_numpy(THETA), torch.from_numpy(TARGET)
    for place, error, text in [
        (torch.empty(3, 4), TypeError, "dtype torch.float32: it is float64"),
        (torch.empty(3, 4, dtype=torch.float64, requires_grad=True), ValueError, "requires grad"),
        (np.empty((3, 4)), TypeError, "results of torch inputs go into torch tensors"),
        (torch.empty(4, dtype=torch.float64).expand(3, 4), ValueError, "and apart"),
    ]:
        with pytest.raises(error, match=text):
            eq.solve(theta, target, out={"alpha": place})


def test_results_may_not_overlap_anything():
    theta, target = THETA.copy(), TARGET.copy()
    for q, text in [(theta, "overlaps theta"), (target, "overlaps target"), (theta[::-1][::-1], "overlaps theta")]:
        with pytest.raises(ValueError, match=r"out\['q'\] " + text):
            eq.solve(theta, target, out={"q": q})
    both = np.empty((3, 4, 90), np.float32)
    with pytest.raises(ValueError, match=r"out\['log_q'\] overlaps out\['q'\]"):
        eq.solve(theta, target, out={"q": both, "log_q": both})
    temperature = np.ones((3, 4))
    with pytest.raises(ValueError, match=r"out\['alpha'\] overlaps temperature"):
        eq.solve(theta, target, temperature=temperature, out={"alpha": temperature})
    memory = np.ones(48 * 4, np.uint8)
    with pytest.raises(ValueError, match=r"out\['status'\] overlaps mask"):
        eq.solve(theta, target, mask=memory[:12].view(bool).reshape(3, 4), out={"status": memory[:48].view(np.int32).reshape(3, 4)})
    assert same_bits(theta, THETA) and same_bits(target, TARGET)


def test_neighbours_that_only_interlace_do_not_overlap():
    room = np.zeros((2, 3, 4, 90), np.float32)
    halves = np.zeros((3, 4, 180), np.float32)
    room[0], halves[..., :90] = THETA, THETA
    expected = eq.solve(THETA, TARGET).q
    assert same_bits(eq.solve(room[0], TARGET, out={"q": room[1]}).q, expected)
    assert same_bits(eq.solve(halves[..., :90], TARGET, out={"q": halves[..., 90:]}).q, expected)
    with pytest.raises(ValueError, match="overlaps theta"):
        eq.solve(halves[..., :90], TARGET, out={"q": halves[..., 89:179]})


def test_inputs_may_be_one_array():
    assert (eq.solve(THETA, THETA, out=eq.solve(THETA, THETA)).status == eq.RowStatus.IDENTICAL).all()


def test_nothing_is_written_when_an_argument_is_wrong():
    out = places()
    with pytest.raises(ValueError, match="kl_theta"):
        eq.solve(THETA, TARGET, out={**out, "kl_theta": np.empty(5)})
    assert np.isnan(out["q"]).all() and np.isnan(out["alpha"]).all()


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_results_keep_their_borders(dtype):
    """Guards on both sides of every result, whatever the width."""
    for columns in (1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 63, 65, 129):
        theta, target = THETA[0, :, :1].repeat(columns, 1), TARGET[0, :, :1].repeat(columns, 1)
        room = np.full((4 * columns + 128), 7, dtype)
        eq.solve(theta, target, out={"q": room[64:-64].reshape(4, columns)})
        assert (room[:64] == 7).all() and (room[-64:] == 7).all()


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy])
def test_several_targets_and_gaussians_write_into_what_is_given(kind):
    random = np.random.default_rng(4)
    policies = [kind(random.normal(size=(2, 3, 40)).astype(np.float32)) for _ in range(3)]
    gaussian = [kind(random.uniform(0.5, 2, size=(2, 3, 5))) for _ in range(4)]
    for call, arguments, wide in ((eq.solve_many, [policies], "q"), (eq.solve_gaussian, gaussian, "cov")):
        fresh = call(*arguments, **({"outputs": "all"} if call is eq.solve_many else {}))
        out = {name: kind(np.full_like(np.asarray(array), 7)) for name, array in fresh.as_dict().items()}
        written = call(*arguments, out=out)
        for name, array in out.items():
            assert getattr(written, name) is array
            assert same_bits(np.asarray(array), np.asarray(getattr(fresh, name)))
        again = call(*arguments, out=written)
        assert getattr(again, wide) is out[wide]
        with pytest.raises(ValueError, match=rf"out\['{wide}'\] has shape \(2, 3\), and must have"):
            call(*arguments, out={wide: kind(np.empty((2, 3)))})
        with pytest.raises(ValueError, match="out has 'alphas', which is no field"):
            call(*arguments, out={"alphas": out[wide]})
        with pytest.raises(TypeError, match="out is list: give a dict"):
            call(*arguments, out=[out[wide]])
    with pytest.raises(ValueError, match=r"out\['q'\] overlaps policies\[1\]"):
        eq.solve_many(policies, out={"q": policies[1]})
    with pytest.raises(ValueError, match=r"out\['mean'\] overlaps mean_target"):
        eq.solve_gaussian(*gaussian, out={"mean": gaussian[2]})
