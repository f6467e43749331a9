"""Every element type of theta, target and q against float64."""

from __future__ import annotations

import equipoise as eq
import numpy as np
import pytest
import torch
from equipoise import _arrays as arrays
from support import ALPHA_ERROR, F16, F32, F64, Q_ERROR, Exact, pair

TORCH = {"f2": torch.float16, "bf2": torch.bfloat16, "f4": torch.float32, "f8": torch.float64}
ROUNDOFF = {"f8": 2.0**-53, "f4": 2.0**-24, "f2": 2.0**-11, "bf2": 2.0**-8}


@pytest.mark.parametrize("theta_type", [F16, F32, F64])
@pytest.mark.parametrize("target_type", [F16, F32, F64])
@pytest.mark.parametrize("q_type", [F16, F32, F64])
def test_numpy_types(theta_type, target_type, q_type):
    theta, target = pair(5, 1203)
    theta, target = theta.astype(theta_type), target.astype(target_type)
    solution, exact = eq.solve(theta, target, out={"q": np.empty(theta.shape, q_type)}), Exact(theta, target)
    computed = F64 if theta_type == target_type == F64 else F32
    np.testing.assert_allclose(solution.alpha, exact.alpha, atol=ALPHA_ERROR[computed])
    np.testing.assert_allclose(solution.q, exact.q, atol=max(Q_ERROR[computed], Q_ERROR[q_type]) * exact.q.max())
    assert solution.alpha.dtype == F64 and solution.q.dtype == q_type


@pytest.mark.parametrize("theta_type", TORCH)
@pytest.mark.parametrize("target_type", TORCH)
@pytest.mark.parametrize("q_type", [None, *TORCH])
def test_torch_types(theta_type, target_type, q_type):
    theta, target = (torch.from_numpy(x).to(TORCH[name]) for x, name in zip(pair(3, 777), (theta_type, target_type)))
    out = {} if q_type is None else {"q": torch.empty(theta.shape, dtype=TORCH[q_type])}
    solution, exact = eq.solve(theta, target, out=out), Exact(theta.double().numpy(), target.double().numpy())
    computed = F64 if theta_type == target_type == "f8" else F32
    q_type = q_type or {"f8": "f8"}.get(theta_type, "f4")
    assert solution.q.dtype == TORCH[q_type] and solution.alpha.dtype == torch.float64
    np.testing.assert_allclose(solution.alpha.numpy(), exact.alpha, atol=ALPHA_ERROR[computed])
    error = np.abs(solution.q.double().numpy() - exact.q).max() / exact.q.max()
    assert error <= Q_ERROR[computed] * 4 + ROUNDOFF[q_type]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_inputs_solve_the_rounded_rows_not_their_originals(dtype):
    theta, target = (torch.from_numpy(x).to(dtype) for x in pair(4, 5000, sigma=2))
    half, widened = eq.solve(theta, target, outputs="all"), eq.solve(theta.float(), target.float(), outputs="all")
    np.testing.assert_allclose(half.alpha, widened.alpha, atol=1e-7)
    np.testing.assert_allclose(half.q, widened.q, atol=1e-7)


@pytest.mark.parametrize("dtype", ["i4", "i8", "u1", "?", "c8", "c16", "g", "U3", "O", "M8[s]", [("x", "f4")]])
def test_other_numpy_types_are_refused_by_name(dtype):
    bad = np.zeros((2, 8), dtype)
    with pytest.raises(TypeError, match=r"theta has dtype .*use one of float32, float64, float16, bfloat16"):
        eq.solve(bad, np.zeros((2, 8)))
    with pytest.raises(TypeError, match="target has dtype"):
        eq.solve(np.zeros((2, 8)), bad)


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64, torch.bool, torch.complex64, torch.uint8])
def test_other_torch_types_are_refused_by_name(dtype):
    with pytest.raises(TypeError, match=r"target has dtype torch\..*use one of torch.float32"):
        eq.solve(torch.zeros(2, 8), torch.zeros(2, 8, dtype=dtype))


@pytest.mark.parametrize("order", [">", "<", "="])
def test_byte_order_does_not_matter(order):
    theta, target = pair(3, 90)
    solution = eq.solve(theta.astype(f"{order}f4"), target.astype(f"{order}f8"))
    assert solution.q.dtype == np.float32 and solution.q.dtype.isnative
    np.testing.assert_array_equal(solution.alpha, eq.solve(theta, target.astype("f8")).alpha)


class Bfloat16Array(np.ndarray):
    """A stand-in for arrays of ml_dtypes.bfloat16: their bytes, and a dtype of that name that numpy's buffers do not know."""

    class Type:
        name, itemsize = "bfloat16", 2

        def newbyteorder(self, order):
            return self

        def __str__(self):
            return self.name

    _type = Type()
    dtype = property(lambda self: self._type)


def bfloat16(values):
    bits = torch.from_numpy(values).to(torch.bfloat16).view(torch.int16).numpy().view(np.uint16)
    return bits.view(Bfloat16Array)


def test_arrays_whose_type_is_called_bfloat16(monkeypatch):
    monkeypatch.setattr(arrays, "_CODES", dict(arrays._CODES))
    monkeypatch.setattr(arrays, "_DTYPES", dict(arrays._DTYPES))
    theta, target = pair(3, 500)
    tensors = [torch.from_numpy(x).to(torch.bfloat16) for x in (theta, target)]
    out = bfloat16(np.zeros_like(theta))
    solution = eq.solve(bfloat16(theta), bfloat16(target), out={"q": out}, outputs="all")
    expected = eq.solve(*tensors, out={"q": torch.empty(3, 500, dtype=torch.bfloat16)}, outputs="all")
    np.testing.assert_array_equal(solution.alpha, expected.alpha.numpy())
    assert expected.q.view(torch.int16).numpy().tobytes() == out.tobytes()
    assert eq.solve(bfloat16(theta)[::2], bfloat16(target)[::2]).q.dtype == np.float32


def test_ml_dtypes():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    theta, target = (x.astype(ml_dtypes.bfloat16) for x in pair(3, 500))
    exact = Exact(theta.astype("f8"), target.astype("f8"))
    np.testing.assert_allclose(eq.solve(theta, target).alpha, exact.alpha, atol=2e-6)
    q, alpha = eq.optimal_sampling_distribution(np.exp(exact.log_theta).astype(theta.dtype), np.exp(exact.log_target).astype(theta.dtype))
    assert q.dtype == alpha.dtype == theta.dtype
