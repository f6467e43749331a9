"""``sample``: what is drawn, what it is said to weigh, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import equipoise as eq

ROWS, COLUMNS, DRAWS = 5, 700, 40


@pytest.fixture
def pair() -> Any:
    return np.random.default_rng(7).normal(size=(2, ROWS, COLUMNS)).astype(np.float32) * 2


def take(array: Any, tokens: Any) -> Any:
    return np.take_along_axis(array, tokens, -1)


def log_softmax(scores: Any) -> Any:
    scores = scores.astype(np.float64)
    return scores - np.log(np.exp(scores).sum(-1, keepdims=True))


def test_logs_and_weights_are_those_of_the_tokens(pair: Any) -> None:
    drawn = eq.sample(*pair, n=DRAWS, seed=3)
    solution = eq.solve(*(side.astype(np.float64) for side in pair), outputs=("alpha", "log_q"))
    assert drawn.tokens.dtype == np.int64 and drawn.tokens.shape == (ROWS, DRAWS)
    np.testing.assert_allclose(drawn.alpha, solution.alpha, atol=1e-6)
    np.testing.assert_allclose(drawn.log_q, take(solution.log_q, drawn.tokens), atol=2e-6)
    np.testing.assert_allclose(drawn.log_theta, take(log_softmax(pair[0]), drawn.tokens), atol=1e-6)
    np.testing.assert_allclose(drawn.log_target, take(log_softmax(pair[1]), drawn.tokens), atol=1e-6)
    np.testing.assert_array_equal(drawn.log_weights, drawn.log_theta - drawn.log_q)
    np.testing.assert_array_equal(drawn.log_target_weights, drawn.log_target - drawn.log_q)
    np.testing.assert_allclose(drawn.weights, np.exp(drawn.log_weights), rtol=1e-15)
    np.testing.assert_allclose(drawn.target_weights, np.exp(drawn.log_target_weights), rtol=1e-15)
    np.testing.assert_array_equal(drawn.log_inclusion, drawn.log_q)


@pytest.mark.parametrize("options", [{}, {"top_p": 0.9}, {"without_replacement": True}])
def test_a_row_alone_with_its_stream_draws_the_same(pair: Any, options: Any) -> None:
    everything = eq.sample(*pair, n=DRAWS, seed=3, stream=2**64 - 2, **options).as_dict()
    for row in range(ROWS):
        alone = eq.sample(pair[0][row], pair[1][row], n=DRAWS, seed=3, stream=(2**64 - 2 + row) % 2**64, threads=1, **options).as_dict()
        for name, values in alone.items():
            np.testing.assert_array_equal(values, everything[name][row], err_msg=name)


def test_streams_may_be_one_per_row(pair: Any) -> None:
    streams = np.array([4, 4, 9, 2**63, 0], np.uint64)
    drawn = eq.sample(*pair, n=DRAWS, stream=streams)
    for row, stream in enumerate(streams):
        np.testing.assert_array_equal(drawn.tokens[row], eq.sample(pair[0][row], pair[1][row], n=DRAWS, stream=stream).tokens)


def test_an_offset_goes_on_where_a_call_ended(pair: Any) -> None:
    both = eq.sample(*pair, n=DRAWS, seed=1).tokens
    np.testing.assert_array_equal(eq.sample(*pair, n=DRAWS - 7, seed=1, offset=7).tokens, both[:, 7:])
    np.testing.assert_array_equal(eq.sample(*pair, n=7, seed=1).tokens, both[:, :7])


def test_seeds_and_streams_differ(pair: Any) -> None:
    first = eq.sample(*pair, n=DRAWS).tokens
    assert (first != eq.sample(*pair, n=DRAWS, seed=1).tokens).mean() > 0.5
    assert (first != eq.sample(*pair, n=DRAWS, stream=ROWS).tokens).mean() > 0.5
    same = np.broadcast_to(pair[:, :1], pair.shape)
    assert len({row.tobytes() for row in eq.sample(*same, n=DRAWS).tokens}) == ROWS


def test_chunks_of_a_long_batch_are_the_rows_of_a_short_one() -> None:
    theta, target = np.random.default_rng(1).normal(size=(2, 60, 40000)).astype(np.float32)
    whole = eq.sample(theta, target, n=4000, seed=5, outputs="tokens").tokens
    np.testing.assert_array_equal(whole[50:], eq.sample(theta[50:], target[50:], n=4000, seed=5, stream=50, outputs="tokens").tokens)


def test_masked_tokens_are_never_drawn(pair: Any) -> None:
    theta, target = pair
    theta[:, 3:690] = -np.inf
    target[:, 1] = -np.inf
    drawn = eq.sample(theta, target, n=2000)
    assert set(np.unique(drawn.tokens)) <= {0, 2, *range(690, COLUMNS)} and np.isfinite(drawn.log_q).all()


@pytest.mark.parametrize("options", [{"top_k": 5}, {"top_p": 0.6}, {"min_p": 0.1}, {"top_k": 40, "top_p": 0.5, "min_p": 0.05}])
def test_a_truncated_q_is_renormalised(pair: Any, options: Any) -> None:
    q = eq.solve(*(side.astype(np.float64) for side in pair)).q
    drawn = eq.sample(*(side.astype(np.float64) for side in pair), n=3000, **options)
    for row in range(ROWS):
        ordered = np.sort(q[row])[::-1]
        ordered = ordered[: options.get("top_k", COLUMNS)]
        ordered = ordered[: np.searchsorted(np.cumsum(ordered), options.get("top_p", 2) * ordered.sum()) + 1]
        ordered = ordered[ordered >= options.get("min_p", 0) * ordered[0]]
        tokens = np.unique(drawn.tokens[row])
        assert (q[row][tokens] >= ordered[-1] * (1 - 1e-12)).all()
        expected = np.log(q[row][drawn.tokens[row]] / ordered.sum())
        np.testing.assert_allclose(drawn.log_q[row], expected, atol=1e-11)


def test_without_replacement_every_token_comes_once(pair: Any) -> None:
    drawn = eq.sample(*pair, n=DRAWS, without_replacement=True, seed=2)
    assert all(len(set(row)) == DRAWS for row in drawn.tokens)
    assert (drawn.log_inclusion <= 0).all() and (drawn.log_inclusion > drawn.log_q).all()
    np.testing.assert_array_equal(drawn.log_weights, drawn.log_theta - drawn.log_inclusion)


def test_without_replacement_all_tokens_are_an_exact_sum() -> None:
    theta, target = np.random.default_rng(2).normal(size=(2, 3, 6))
    theta[:, 4] = -np.inf
    drawn = eq.sample(theta, target, n=8, without_replacement=True)
    assert (np.sort(drawn.tokens[:, :5], -1) == [0, 1, 2, 3, 5]).all() and (drawn.tokens[:, 5:] == -1).all()
    np.testing.assert_allclose(drawn.weights.sum(-1), 1, atol=1e-14)
    assert (drawn.log_inclusion[:, :5] == 0).all() and (drawn.log_q[:, 5:] == -np.inf).all() and (drawn.log_weights[:, 5:] == -np.inf).all()
    assert (drawn.weights[:, 5:] == 0).all() and (drawn.target_weights[:, 5:] == 0).all()


def test_a_heavy_token_gone_leaves_the_light_ones_to_be_drawn() -> None:
    theta = np.zeros((1, 9000), np.float32)
    theta[0, 77] = 300
    drawn = eq.sample(theta, theta, n=50, without_replacement=True)
    assert drawn.tokens[0, 0] == 77 and len(set(drawn.tokens[0])) == 50
    np.testing.assert_allclose(drawn.log_theta[0, 1:], -300, atol=1e-4)


def test_rows_without_q_have_no_tokens(pair: Any) -> None:
    theta, target = pair
    theta[0, 5] = np.nan
    theta[1, ::2] = target[1, 1::2] = -np.inf
    theta[2] = -np.inf
    for options in ({}, {"without_replacement": True}, {"top_p": 0.5}):
        drawn = eq.sample(theta, target, n=3, mask=[True, True, True, False, True], **options).as_dict()
        assert list(drawn["status"]) == [eq.RowStatus.INVALID, eq.RowStatus.DISJOINT, eq.RowStatus.INVALID, eq.RowStatus.SKIPPED, 0]
        assert (drawn["tokens"][:4] == -1).all() and (drawn["tokens"][4] >= 0).all()
        for name, values in drawn.items():
            if name not in ("tokens", "status"):
                assert np.isnan(values[:3]).all() and (values[3] == 0).all() and np.isfinite(values[4]).all(), name


def test_torch_tensors_give_torch_tensors(pair: Any) -> None:
    drawn = eq.sample(*(torch.from_numpy(side)[None] for side in pair), n=2, seed=8, stream=torch.arange(ROWS))
    assert drawn.tokens.dtype == torch.int64 and drawn.tokens.shape == (1, ROWS, 2) and drawn.weights.dtype == torch.float64
    np.testing.assert_array_equal(drawn.tokens[0].numpy(), eq.sample(*pair, n=2, seed=8).tokens)
    half = eq.sample(*(torch.from_numpy(side).bfloat16() for side in pair), n=2, seed=8)
    assert (half.tokens >= 0).all()


@pytest.mark.parametrize(
    ("criterion", "options"),
    [
        ("weighted_kl", {"weights": (1.0, 3.0)}),
        ("kl_budget", {"budget": np.linspace(0.01, 0.2, ROWS)}),
        ("ess_balance", {}),
        ("ess_floor", {"floor": 0.5}),
        ("fixed_alpha", {"alpha": np.linspace(0, 1, ROWS)}),
    ],
)
def test_every_criterion_is_drawn_from(pair: Any, criterion: str, options: Any) -> None:
    solution = eq.solve(*pair, criterion=criterion, outputs=("alpha", "log_q"), temperature=(0.9, 1.2), **options)
    drawn = eq.sample(*pair, n=DRAWS, criterion=criterion, temperature=(0.9, 1.2), **options)
    np.testing.assert_allclose(drawn.alpha, solution.alpha, atol=1e-6)
    np.testing.assert_allclose(drawn.log_q, take(solution.log_q, drawn.tokens), atol=1e-5)
    np.testing.assert_array_equal(drawn.status, solution.status)


def test_probabilities_and_padding(pair: Any) -> None:
    padded = np.pad(pair, ((0, 0), (0, 0), (0, 9)), constant_values=20)
    want = eq.sample(*pair, n=DRAWS, seed=4)
    np.testing.assert_array_equal(eq.sample(*padded, n=DRAWS, seed=4, valid_columns=COLUMNS).tokens, want.tokens)
    probs = np.exp(np.stack([log_softmax(side) for side in pair]))
    assert (eq.sample(*probs, n=DRAWS, seed=4, scores="probs").tokens == want.tokens).mean() > 0.99


def test_outputs_chooses_fields(pair: Any) -> None:
    drawn = eq.sample(*pair, outputs=("tokens", "weights"))
    assert set(drawn.as_dict()) == {"tokens", "weights", "status"}
    with pytest.raises(AttributeError, match="log_q was not asked for"):
        drawn.log_q  # noqa: B018
    with pytest.raises(ValueError, match="'q' is no field"):
        eq.sample(*pair, outputs="q")


def test_no_draws_and_no_rows(pair: Any) -> None:
    nothing = eq.sample(*pair, n=0)
    assert nothing.tokens.shape == (ROWS, 0) and np.isfinite(nothing.alpha).all()
    assert eq.sample(*pair, n=0, without_replacement=True).weights.shape == (ROWS, 0)
    assert eq.sample(pair[0][:0], pair[1][:0], n=3).tokens.shape == (0, 3)
    assert eq.sample(pair[0][0], pair[1][0], n=3).tokens.shape == (3,)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"n": -1}, ValueError, "n=-1"),
        ({"n": 1.5}, TypeError, "n=1.5"),
        ({"seed": -1}, ValueError, "seed=-1"),
        ({"seed": 2**64}, ValueError, "seed="),
        ({"seed": 0.5}, TypeError, "seed=0.5"),
        ({"stream": -1}, ValueError, "stream=-1"),
        ({"stream": np.array([1, -1, 0, 0, 0])}, ValueError, "stream has -1"),
        ({"stream": np.zeros(ROWS)}, TypeError, "stream has dtype float64"),
        ({"stream": np.zeros(3, int)}, ValueError, r"stream has shape \(3,\)"),
        ({"offset": 2**64}, ValueError, "offset="),
        ({"top_k": 0}, ValueError, "top_k=0"),
        ({"top_k": 2.5}, TypeError, "top_k=2.5"),
        ({"top_p": 0.0}, ValueError, "top_p=0.0"),
        ({"top_p": 1.01}, ValueError, "top_p=1.01"),
        ({"top_p": float("nan")}, ValueError, "top_p=nan"),
        ({"min_p": -0.1}, ValueError, "min_p=-0.1"),
        ({"min_p": 1.5}, ValueError, "min_p=1.5"),
        ({"budget": 0.1}, ValueError, "budget"),
        ({"criterion": "nearest"}, ValueError, "criterion"),
        ({"device": "cuda"}, ValueError, "device='cuda'"),
    ],
)
def test_bad_arguments_are_named(pair: Any, options: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        eq.sample(*pair, **options)


def test_shapes_that_do_not_belong_together_are_named(pair: Any) -> None:
    with pytest.raises(ValueError, match=r"theta has shape \(5, 700\) and target \(4, 700\)"):
        eq.sample(pair[0], pair[1][:4])
