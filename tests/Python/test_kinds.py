"""Arrays of every kind: what comes back is of the kind that went in, and kinds do not mix."""

from __future__ import annotations

import array
import collections
import sys

import equipoise as eq
import numpy as np
import pytest
import torch
from support import pair, same_bits

THETA, TARGET = pair(3, 4, 90)
EXPECTED = eq.solve(THETA, TARGET, outputs="all")


class Foreign:
    """An array of another library: speaks DLPack, and its namespace takes numpy's arrays over."""

    def __init__(self, tensor, namespace=True):
        self.tensor = tensor
        if namespace:
            self.__array_namespace__ = lambda: type("namespace", (), {"from_dlpack": lambda x: Foreign(torch.from_dlpack(x))})

    def __dlpack__(self, stream=None):
        return self.tensor.__dlpack__()

    def __dlpack_device__(self):
        return (1, 0)


class Elsewhere(Foreign):
    def __dlpack_device__(self):
        return (2, 0)


def foreign(values, **options):
    return Foreign(torch.from_numpy(values), **options)


def test_torch():
    solution = eq.solve(torch.from_numpy(THETA), torch.from_numpy(TARGET), outputs="all")
    for name, tensor in solution.as_dict().items():
        assert type(tensor) is torch.Tensor and not tensor.requires_grad and same_bits(tensor, getattr(EXPECTED, name)), name


def test_torch_inputs_that_require_grad_are_read_and_left_alone():
    theta = torch.from_numpy(THETA.copy()).requires_grad_()
    scaled = theta * 1.0
    solution = eq.solve(scaled, torch.from_numpy(TARGET), outputs="all")
    assert same_bits(solution.q, EXPECTED.q) and not solution.q.requires_grad
    scaled.sum().backward()
    assert (theta.grad == 1).all()


def test_parameters_and_other_subclasses_are_tensors():
    class Named(torch.Tensor):
        pass

    named = torch.from_numpy(TARGET).as_subclass(Named)
    assert same_bits(eq.solve(torch.nn.Parameter(torch.from_numpy(THETA)), named).q, EXPECTED.q)


def test_tensors_that_are_not_dense_or_not_here():
    with pytest.raises(TypeError, match="theta has layout torch.sparse_coo"):
        eq.solve(torch.zeros(3, 4).to_sparse(), torch.zeros(3, 4))
    with pytest.raises(ValueError, match="target is on meta: this function computes on the CPU, so give target.cpu()"):
        eq.solve(torch.zeros(3, 4), torch.zeros(3, 4, device="meta"))
    with pytest.raises(ValueError, match="mask is on meta"):
        eq.solve(torch.zeros(3, 4), torch.zeros(3, 4), mask=torch.ones(3, device="meta"))


def test_under_no_grad_inference_mode_and_a_default_dtype():
    with torch.inference_mode():
        assert same_bits(eq.solve(torch.from_numpy(THETA), torch.from_numpy(TARGET)).q, EXPECTED.q)
    torch.set_default_dtype(torch.float64)
    try:
        assert same_bits(eq.solve(torch.from_numpy(THETA), torch.from_numpy(TARGET)).q, EXPECTED.q)
    finally:
        torch.set_default_dtype(torch.float32)


def test_dlpack_results_go_back_through_the_namespace():
    solution = eq.solve(foreign(THETA), foreign(TARGET), outputs="all")
    for name, result in solution.as_dict().items():
        assert isinstance(result, Foreign) and same_bits(result.tensor, getattr(EXPECTED, name)), name


def test_dlpack_results_are_numpy_without_a_namespace():
    solution = eq.solve(foreign(THETA, namespace=False), foreign(TARGET, namespace=False))
    assert type(solution.q) is np.ndarray and same_bits(solution.q, EXPECTED.q)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_dlpack_types(dtype):
    theta, target = (torch.from_numpy(x).to(dtype) for x in (THETA, TARGET))
    solution = eq.solve(Foreign(theta), Foreign(target), outputs="all")
    expected = eq.solve(theta, target, outputs="all")
    assert all(same_bits(a.tensor, b) for a, b in zip(solution.as_dict().values(), expected.as_dict().values()))


@pytest.mark.parametrize(
    "view",
    [lambda x: x[:, :-1], lambda x: x.transpose(0, 1), lambda x: x[..., ::2], lambda x: x[:, :1].expand(3, 4, 90), lambda x: x[0, 0]],
)
def test_dlpack_strides(view):
    theta, target = (view(torch.from_numpy(x)) for x in (THETA, TARGET))
    assert same_bits(eq.solve(Foreign(theta), Foreign(target)).q.tensor, eq.solve(theta.contiguous(), target.contiguous()).q)


def test_dlpack_memory_is_given_back():
    theta = torch.from_numpy(THETA.copy())
    before = sys.getrefcount(theta)
    for _ in range(50):
        eq.solve(Foreign(theta), foreign(TARGET))
    assert sys.getrefcount(theta) == before


def test_dlpack_arrays_that_cannot_be_read():
    with pytest.raises(TypeError, match="theta has DLPack type"):
        eq.solve(Foreign(torch.zeros(2, 3, dtype=torch.int32)), foreign(TARGET))
    with pytest.raises(ValueError, match="theta is on the host and target on cuda:0"):
        eq.solve(foreign(THETA), Elsewhere(torch.from_numpy(TARGET)))
    with pytest.raises(ValueError, match="theta has no dimension"):
        eq.solve(Foreign(torch.zeros(())), foreign(TARGET))


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x.astype(float).tolist(),
        lambda x: tuple(map(tuple, x.astype(float).tolist())),
        lambda x: x.astype(float).view(type("Sub", (np.ndarray,), {})),
        lambda x: memoryview(x.astype(float)),
        lambda x: collections.UserList(x.astype(float).tolist()),
    ],
)
def test_whatever_numpy_reads(make):
    solution = eq.solve(make(THETA[0]), make(TARGET[0]))
    expected = eq.solve(THETA[0].astype(float), TARGET[0].astype(float))
    assert type(solution.q) is np.ndarray and same_bits(solution.q, expected.q)


def test_objects_with_an_array_of_their_own():
    class Frame:
        def __init__(self, values):
            self.values = values

        def __array__(self, dtype=None):
            return self.values

    assert same_bits(eq.solve(Frame(THETA), Frame(TARGET)).q, EXPECTED.q)
    assert same_bits(
        eq.solve(array.array("d", THETA[0, 0]), array.array("d", TARGET[0, 0])).q, eq.solve(*map(np.float64, (THETA[0, 0], TARGET[0, 0]))).q
    )


@pytest.mark.parametrize("bad", [[[1.0, 2.0], [1.0]], "logits", object(), None, {"a": 1}, [["a"]]])
def test_what_numpy_cannot_read(bad):
    with pytest.raises(TypeError, match="target is .*which numpy cannot read as numbers|target has dtype"):
        eq.solve(THETA, bad)


def test_masked_arrays_are_refused():
    with pytest.raises(TypeError, match="theta is a masked array: mask tokens with -inf"):
        eq.solve(np.ma.masked_array(THETA, THETA > 1), TARGET)


@pytest.mark.parametrize(
    ("theta", "target", "text"),
    [
        (THETA, torch.from_numpy(TARGET), r"theta is numpy.ndarray \(numpy\) and target torch.Tensor \(torch\): give arrays of one kind"),
        (torch.from_numpy(THETA), TARGET, r"theta is torch.Tensor \(torch\) and target numpy.ndarray \(numpy\)"),
        (torch.from_numpy(THETA), TARGET.tolist(), r"target builtins.list \(numpy\)"),
        (THETA, foreign(TARGET), r"\(DLPack\)"),
        (torch.from_numpy(THETA), foreign(TARGET), r"\(torch\) and target .*Foreign \(DLPack\)"),
    ],
)
def test_kinds_do_not_mix(theta, target, text):
    with pytest.raises(TypeError, match=text):
        eq.solve(theta, target)


def test_numpy_scalars_and_read_only_inputs():
    theta = THETA.copy()
    theta.flags.writeable = False
    assert same_bits(eq.solve(theta, TARGET).q, EXPECTED.q)


def test_memory_maps(tmp_path):
    np.save(tmp_path / "theta.npy", THETA)
    mapped = np.load(tmp_path / "theta.npy", mmap_mode="r")
    solution = eq.solve(mapped, TARGET)
    assert type(solution.q) is np.ndarray and same_bits(solution.q, EXPECTED.q)
