"""What trainers hand over, to each of the functions they call on logits: shifted views, masks, widths, types, temperatures, graphs."""

from __future__ import annotations

import tracemalloc
from ctypes import POINTER, cast

import equipoise as eq
import numpy as np
import pytest
import torch
from equipoise import _abi
from equipoise._loader import library
from support import normal, pair, prints, same_bits

BATCH, TIME, VOCABULARY = 3, 7, 300

# name: (the call, the function of the library behind it)
CALLS = {
    "solve": (lambda a, b, **o: eq.solve(a, b, outputs=("alpha", "q", "kl_theta"), **o).as_dict(), "eqp_solve"),
    "sample": (lambda a, b, **o: eq.sample(a, b, n=3, seed=5, **o).as_dict(), "eqp_sample"),
    "path": (lambda a, b, **o: eq.path(a, b, [0.25, 0.5], **o).as_dict(), "eqp_path_statistics"),
    "kl": (lambda a, b, **o: {"kl": eq.kl(a, b, **o)}, "eqp_divergence"),
}
everywhere = pytest.mark.parametrize("name", CALLS)


def logits(dtype=torch.float32, seed=0, width=VOCABULARY):
    """[batch, time, vocabulary] of two policies."""
    return tuple(torch.from_numpy(side).to(dtype) for side in pair(BATCH, TIME, width, seed=seed, sigma=2))


def equal(one, other):
    assert one.keys() == other.keys()
    for field in one:
        assert same_bits(one[field], other[field]), field


VIEWS = {
    "shifted": lambda x: x[:, :-1],
    "shifted the other way": lambda x: x[:, 1:],
    "some of the vocabulary": lambda x: x[..., 8:208],
    "both": lambda x: x[:, :-1, 16:272],
    "time first": lambda x: x.transpose(0, 1),
}


@everywhere
@pytest.mark.parametrize("view", VIEWS)
def test_views_are_handed_to_the_library_as_they_lie(name, view, monkeypatch):
    call, function = CALLS[name]
    a, b = (VIEWS[view](side) for side in logits())
    expected = call(a.clone(memory_format=torch.contiguous_format), b.clone(memory_format=torch.contiguous_format))
    seen = []
    native = getattr(library, function)

    def spy(*arguments):
        seen.extend(_abi.Matrix.from_buffer_copy(cast(argument, POINTER(_abi.Matrix)).contents) for argument in arguments[:2])
        return native(*arguments)

    monkeypatch.setattr(library, function, spy)
    equal(call(a, b), expected)
    assert [matrix.data for matrix in seen] == [a.data_ptr(), b.data_ptr()]
    outer, inner, _ = a.stride()
    for matrix in seen:
        group = matrix.group_rows or matrix.rows
        rows = [i // group * matrix.group_stride + i % group * (matrix.row_stride or matrix.columns) for i in range(matrix.rows)]
        assert rows == [i * outer + j * inner for i in range(a.shape[0]) for j in range(a.shape[1])]


@everywhere
def test_numpy_takes_no_memory_for_a_view(name):
    a, b = (normal(8, 33, 4096, seed=seed)[:, :-1, 64:4032] for seed in (0, 1))
    call, _ = CALLS[name]
    options = {} if name != "solve" else {"out": {"q": np.empty(a.shape, np.float32)}}
    call(a, b, **options)
    tracemalloc.start()
    try:
        call(a, b, **options)
        assert tracemalloc.get_traced_memory()[1] < 100_000 < a.nbytes // 40
    finally:
        tracemalloc.stop()


PEAK = """
import resource, sys, torch, equipoise as eq
a, b = torch.randn(2, 8, 65, 32768).unbind()
calls = {
    "solve": lambda x, y: eq.solve(x, y, outputs=("alpha", "kl_theta")),
    "sample": lambda x, y: eq.sample(x, y, n=3),
    "path": lambda x, y: eq.path(x, y, [0.25, 0.5]),
    "kl": eq.kl,
}
call = calls[sys.argv[1]]
call(a[:, :1], b[:, :1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
call(a[:, :-1, 64:32704], b[:, :-1, 64:32704].requires_grad_())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@everywhere
def test_resident_memory_does_not_grow_by_a_view(name):
    assert int(prints(PEAK, name)) < 8 * 1024  # KiB; each of the views has 64 MiB


@everywhere
def test_masked_rows_hold_finite_zeros_and_bad_rows_nan(name):
    call, _ = CALLS[name]
    a, b = logits()
    labels = torch.arange(BATCH * TIME).reshape(BATCH, TIME)
    labels[1] = labels[2, 3:] = -100
    a[1, 2], b[2, 4] = float("nan"), float("inf")  # in rows that the mask leaves out
    a[0, 0, 7] = float("nan")  # in one that it does not
    mask = labels != -100
    answer = call(a, b, mask=mask)
    whole = call(*(torch.nan_to_num(side, nan=0.0, posinf=0.0) for side in (a, b)))
    for field, array in answer.items():
        array, bad = array.double(), array[0, 0].double()
        if field not in ("tokens", "status") and (name, field) != ("path", "alpha"):  # that is the grid which was asked for
            assert (array[~mask] == 0).all() and bad.isnan().all(), field
        kept = mask.clone()
        kept[0, 0] = False
        assert same_bits(answer[field][kept], whole[field][kept]), field
    if "status" in answer:
        assert (answer["status"][~mask] == eq.RowStatus.SKIPPED).all() and (answer["status"][0, 0] == eq.RowStatus.INVALID).all()
    if "tokens" in answer:
        assert (answer["tokens"][~mask] == -1).all() and (answer["tokens"][0, 0] == -1).all()


@everywhere
@pytest.mark.parametrize("fill", [20.0, float("nan"), float("inf")])
def test_padding_may_hold_anything(name, fill):
    call, _ = CALLS[name]
    a, b = logits()
    padded_a = torch.cat([a, torch.full((BATCH, TIME, 20), fill)], -1)
    padded_b = torch.cat([b, torch.full((BATCH, TIME, 4), fill)], -1)
    with pytest.raises(ValueError, match=r"\(3, 7, 320\) and \w+ \(3, 7, 304\).*valid_columns"):
        call(padded_a, padded_b)
    answer, expected = call(padded_a, padded_b, valid_columns=VOCABULARY), call(a, b)
    if name == "solve":
        q = answer.pop("q")
        assert (q[..., VOCABULARY:] == 0).all() and same_bits(q[..., :VOCABULARY], expected.pop("q"))
    equal(answer, expected)


@everywhere
@pytest.mark.parametrize("of_theta", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("of_target", [torch.float32, torch.bfloat16])
def test_types_may_be_mixed(name, of_theta, of_target):
    call, _ = CALLS[name]
    a, b = logits(of_theta)[0], logits(of_target)[1]
    answer, expected = call(a, b), call(a.double(), b.double())
    for field, array in answer.items():
        if field == "q":
            assert array.dtype == (torch.float64 if of_theta == torch.float64 else torch.float32)
        elif field not in ("tokens", "status"):
            assert array.dtype == torch.float64
        if name != "sample":  # other roundings may draw other tokens
            np.testing.assert_allclose(array, expected[field], rtol=3e-6, atol=3e-6, err_msg=field)
    if name == "sample":
        np.testing.assert_allclose(answer["alpha"], expected["alpha"], atol=2e-6)
        assert (answer["tokens"] == expected["tokens"]).double().mean() > 0.95


@everywhere
@pytest.mark.parametrize("form", ["number", "pair", "tensor", "pair of a number and a tensor"])
def test_temperatures_divide_logits(name, form):
    call, _ = CALLS[name]
    a, b = (side.double() for side in logits())
    rows = torch.linspace(0.5, 2, BATCH * TIME, dtype=torch.float64).reshape(BATCH, TIME)
    temperature = {"number": 0.7, "pair": (0.7, 1.0), "tensor": rows, "pair of a number and a tensor": (1.3, rows)}[form]
    of_a, of_b = temperature if isinstance(temperature, tuple) else (temperature, temperature)
    spread = [torch.as_tensor(side, dtype=torch.float64).expand(BATCH, TIME)[..., None] for side in (of_a, of_b)]
    answer, expected = call(a, b, temperature=temperature), call(a / spread[0], b / spread[1])
    for field, array in answer.items():
        np.testing.assert_allclose(array, expected[field], rtol=1e-7, atol=1e-9, err_msg=field)


WRONG = [(0.0, ValueError), (np.nan, ValueError), ((1.0, 2.0, 3.0), ValueError), (np.ones(4), ValueError), ("1", TypeError)]


@everywhere
@pytest.mark.parametrize("temperature, error", WRONG)
def test_wrong_temperatures_are_named(name, temperature, error):
    with pytest.raises(error, match="temperature"):
        CALLS[name][0](*logits(), temperature=temperature)


@everywhere
def test_graphs_are_neither_needed_nor_made(name):
    call, _ = CALLS[name]
    a, b = logits()
    expected = call(a, b)
    leaf, mine = a.clone().requires_grad_(), b.clone().requires_grad_() * 1.0
    answer = call(leaf, mine)
    equal(answer, expected)
    assert not any(array.requires_grad for array in answer.values())
    assert leaf.requires_grad and leaf.grad is None and mine.grad_fn is not None
    with torch.inference_mode():
        equal(call(a.clone(), b.clone()), expected)


@everywhere
def test_a_rank_without_valid_tokens(name):
    call, _ = CALLS[name]
    a, b = logits()
    for field, array in call(a[:0], b[:0]).items():
        assert array.shape[:2] == (0, TIME), field
    for field, array in call(a, b, mask=torch.zeros(BATCH, TIME, dtype=torch.bool)).items():
        assert torch.isfinite(array.double()).all(), field


@everywhere
def test_integers_and_other_devices_are_named(name):
    call, _ = CALLS[name]
    a, b = logits()
    first, second = ("p", "q") if name == "kl" else ("theta", "target")
    with pytest.raises(TypeError, match=rf"{first}.*int64"):
        call(a.long(), b)
    with pytest.raises(TypeError, match=rf"{second}.*int32"):
        call(a, b.int())
    with pytest.raises(TypeError, match=rf"{first} is torch.*{second} numpy|{second} is numpy.*{first} torch|{first}.*{second}"):
        call(a, b.numpy())
    with pytest.raises((TypeError, ValueError), match=rf"{second}.*meta"):
        call(a, b.to("meta"))
    with pytest.raises(ValueError, match=r"\(3, 7, 300\) and \w+ \(3, 6, 300\)"):
        call(a, b[:, :-1])
