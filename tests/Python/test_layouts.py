"""Strides, groups, broadcasts and odd memory: read in place where the library can say them, the same bits in every case."""

from __future__ import annotations

import tracemalloc

import equipoise as eq
import numpy as np
import pytest
import torch
from equipoise import _chunks, _solve
from equipoise._arrays import NUMPY
from equipoise._rows import PACKED, Rows, layout_of
from equipoise._torch_arrays import TORCH
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided
from support import normal, pair, same_bits


def views():
    """name: (a view, whether it can be read in place)."""
    block = normal(6, 10, 140, seed=5)
    return {
        "packed": (block, True),
        "causal shift": (block[:, :-1], True),
        "causal shift, other side": (block[:, 1:], True),
        "every other row": (block[:, ::2], True),
        "every other batch": (block[::2], True),
        "some columns": (block[..., 3:97], True),
        "columns and shift": (block[:, :-1, 3:97], True),
        "swapped leading dimensions": (block.swapaxes(0, 1), True),
        "one row spread": (np.broadcast_to(block[0, 0], (6, 10, 140)), True),
        "one batch spread": (np.broadcast_to(block[0], (6, 10, 140)), True),
        "one row of each batch spread": (np.broadcast_to(block[:, :1], (6, 10, 140)), False),
        "rows backwards": (block[:, ::-1], False),
        "columns backwards": (block[..., ::-1], False),
        "every other column": (block[..., ::2], False),
        "vocabulary first": (np.moveaxis(normal(140, 6, 10), 0, -1), False),
        "Fortran order": (np.asfortranarray(block), False),
        "rows into each other": (as_strided(block, (5, 40), (12, 4)), False),
        "three uneven steps": (normal(4, 5, 6, 70)[::2, ::2, ::2], False),
        "one row": (block[3, 4], True),
        "no rows": (block[:, :0], True),
        "single column": (normal(5, 4, 3)[..., 1:2], True),
    }


VIEWS = views()


@pytest.mark.parametrize("name", VIEWS)
def test_numpy_views_are_read_in_place_where_possible_and_have_the_bits_of_their_copies(name):
    theta, in_place = VIEWS[name]
    target = normal(*theta.shape, seed=9)
    rows = NUMPY.rows(theta, "theta")
    assert (rows.owner is theta and rows.address == theta.ctypes.data) == in_place
    viewed, copied = eq.solve(theta, target, outputs="all"), eq.solve(theta.copy(), target, outputs="all")
    assert all(same_bits(a, b) for a, b in zip(viewed.as_dict().values(), copied.as_dict().values()))
    swapped, copied = eq.solve(target, theta), eq.solve(target, theta.copy())
    assert same_bits(swapped.q, copied.q)


def tensor_views():
    block = torch.from_numpy(normal(6, 10, 140, seed=5))
    return {
        "packed": (block, True),
        "causal shift": (block[:, :-1], True),
        "transposed": (block.transpose(0, 1), True),
        "expanded row": (block[0, 0].expand(6, 10, 140), True),
        "expanded rows of batches": (block[:, :1].expand(6, 10, 140), False),
        "narrow": (block.narrow(2, 3, 90), True),
        "every other column": (block[..., ::2], False),
        "vocabulary first": (torch.from_numpy(normal(140, 6, 10)).permute(1, 2, 0), False),
        "requires grad": (block.clone().requires_grad_()[:, :-1], True),
        "requires grad, strided": (block.clone().requires_grad_()[..., ::2], False),
        "parameter": (torch.nn.Parameter(block.clone()), True),
        "conjugate's imaginary part": (torch.view_as_complex(torch.from_numpy(normal(4, 30, 2))).conj().imag, False),
    }


@pytest.mark.parametrize("name", tensor_views())
def test_torch_views_are_read_in_place_where_possible_and_have_the_bits_of_their_copies(name):
    theta, in_place = tensor_views()[name]
    target = torch.from_numpy(normal(*theta.shape, seed=9))
    rows = TORCH.rows(theta, "theta")
    assert (rows.owner is theta and rows.address == theta.data_ptr()) == in_place
    viewed, copied = eq.solve(theta, target, outputs="all"), eq.solve(theta.detach().resolve_neg().clone(), target, outputs="all")
    assert all(same_bits(a, b) for a, b in zip(viewed.as_dict().values(), copied.as_dict().values()))
    assert not any(array.requires_grad for array in viewed.as_dict().values())


@pytest.mark.parametrize("offset", [1, 2, 3])
def test_misaligned_arrays(offset):
    theta, target = pair(3, 200)
    memory = np.zeros(theta.nbytes + 8, np.uint8)
    odd = memory[offset : offset + theta.nbytes].view(np.float32).reshape(theta.shape)
    odd[...] = theta
    assert not odd.flags.aligned
    assert same_bits(eq.solve(odd, target).q, eq.solve(theta, target).q)
    with pytest.raises(ValueError, match=r"out\['q'\] has strides .*aligned"):
        eq.solve(theta, target, out={"q": odd})


def test_element_offsets_of_every_kind():
    theta, target = pair(4, 300)
    expected = eq.solve(theta, target)
    for shift in range(1, 17):
        room = np.full(theta.size + 40, np.nan, np.float32)
        moved = room[shift : shift + theta.size].reshape(theta.shape)
        moved[...] = theta
        assert same_bits(eq.solve(moved, target).q, expected.q)


def test_the_causal_shift_allocates_only_results():
    logits, teacher = torch.from_numpy(normal(4, 64, 4096)), torch.from_numpy(normal(4, 64, 4096, seed=1))
    shifted, numpy_shifted = logits[:, :-1], logits.numpy()[:, :-1]
    out = eq.solve(shifted, teacher[:, :-1], outputs="all")
    tracemalloc.start()
    try:
        eq.solve(numpy_shifted, teacher.numpy()[:, :-1], out={name: array.numpy() for name, array in out.as_dict().items()})
        assert tracemalloc.get_traced_memory()[1] < 100_000 < numpy_shifted.nbytes // 40
    finally:
        tracemalloc.stop()


def test_results_into_strided_memory_leave_the_rest_alone():
    theta, target = pair(4, 6, 100)
    expected = eq.solve(theta, target).q
    room = np.full((4, 7, 130), 7.0, np.float32)
    solution = eq.solve(theta, target, out={"q": room[:, :-1, 20:120]})
    assert same_bits(room[:, :-1, 20:120], expected) and solution.q.base is room
    room[:, :-1, 20:120] = 7.0
    assert (room == 7.0).all()
    turned = np.empty((6, 4, 100), np.float32)
    eq.solve(theta, target, out={"q": turned.swapaxes(0, 1)})
    assert same_bits(turned.swapaxes(0, 1), expected)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.integers(0, 5), max_size=4),
    st.lists(st.integers(-3, 40), min_size=4, max_size=4),
    st.integers(1, 4),
)
def test_layout_says_where_numpy_says_the_rows_are(shape, strides, columns):
    strides = strides[: len(shape)]
    layout = layout_of(tuple(shape), tuple(strides), columns)
    if layout is None:
        return
    rows = Rows(0, 0, tuple(shape), columns, layout, None)
    starts = [sum(i * s for i, s in zip(index, strides)) for index in np.ndindex(*shape)]
    assert rows.rows == len(starts)
    assert [rows.start(row) for row in range(rows.rows)] == starts
    if starts:
        assert rows.span() == (0, 4 * (max(starts) + columns))
    elements = [start + i for start in starts for i in range(columns)]
    if rows.apart():
        assert len(set(elements)) == len(elements)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 20), st.integers(1, 40), st.booleans())
def test_chunks_cover_all_rows_once_and_can_be_said(inner, middle, outer, wanted, nested):
    groups = [inner, inner * middle] if nested else [inner]
    rows = inner * middle * outer
    batches = [Rows(0, 0, (rows,), 2, (2, group, 2 * group + 1), None) for group in groups]
    seen = []

    def call(first, last):
        assert first < last
        for batch in batches:
            address, _, count, columns, row_stride, group_rows, group_stride = batch.part(first, last)
            part = Rows(address, 0, (count,), columns, (row_stride, group_rows, group_stride), None)
            assert [address + 4 * part.start(row) for row in range(count)] == [4 * batch.start(row) for row in range(first, last)]
        seen.extend(range(first, last))

    _chunks.split(rows, _chunks.groups_of(*batches), call, wanted)
    assert seen == list(range(rows))


@pytest.mark.parametrize("first_rows", [1, 2, 3, 5, 11])
def test_bits_do_not_depend_on_chunks(monkeypatch, first_rows):
    theta, target = normal(5, 9, 600)[:, :-1], normal(5, 8, 600, seed=1)
    mask = np.arange(40).reshape(5, 8) % 7 != 0
    temperature = np.linspace(0.5, 2, 40).reshape(5, 8)
    options = {"mask": mask, "temperature": (1.5, temperature), "outputs": "all"}
    whole = eq.solve(theta, target, **options)
    calls = []

    def split(rows, groups, call, first):
        _chunks.split(rows, groups, lambda a, b: (calls.append((a, b)), call(a, b)), first_rows)

    monkeypatch.setattr(_chunks, "_GROWTH", 1.0)
    monkeypatch.setattr(_solve, "split", split)
    monkeypatch.setattr("equipoise._plan._FIRST_CHUNK", {"newton": 0, "bisection": 0})
    monkeypatch.setattr("equipoise._plan._plans", {})
    parts = eq.solve(theta, target, **options)
    assert len(calls) >= 40 // first_rows
    assert all(same_bits(a, b) for a, b in zip(whole.as_dict().values(), parts.as_dict().values()))


def test_packed_is_what_contiguous_arrays_are():
    rows = NUMPY.rows(normal(3, 4, 5), "x")
    assert (rows.row_stride, rows.group_rows, rows.group_stride) == PACKED and rows.shape == (3, 4) and rows.columns == 5
