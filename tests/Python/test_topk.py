"""solve_topk against the definitions, and against solve where everything is listed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import equipoise as eq
import numpy as np
import pytest
import torch
from rows import build
from support import Exact, log_softmax, normal, pair, same_bits

INF = np.inf
ROOT = Path(__file__).resolve().parents[2]
CASES = {case["name"]: case for case in json.loads((ROOT / "tests" / "Vectors" / "topk.json").read_text())}


@pytest.mark.parametrize("name", CASES)
def test_golden(name):
    case = CASES[name]
    k, answer = case["k"], case["answer"]
    ids = (case["first"] + case["step"] * np.arange(k)) % case["columns"]
    solution = eq.solve_topk(
        build(case["theta"], case["columns"]),
        ids,
        build(case["listed"], k),
        case["tail"],
        temperature=(case.get("temperature", 1.0), 1.0),
        outputs="all",
        tolerance=1e-12,
    )
    assert eq.RowStatus(int(solution.status)).name == answer["status"]
    assert float(solution.alpha) == pytest.approx(float(answer["alpha"]), abs=1e-11)
    for field in ("log_z", "kl_theta", "kl_target", "q_tail"):
        assert float(getattr(solution, field)) == pytest.approx(float(answer[field]), rel=1e-11, abs=1e-14), field
    assert float(solution.tail_ratio) == pytest.approx(float(answer["tail_ratio"]), rel=1e-9)
    for place, q in answer["q"].items():
        assert float(solution.q[int(place)]) == pytest.approx(float(q), rel=1e-10)


def top(b, k):
    """ids and log-probabilities of the k likeliest tokens of logits."""
    log_probs = log_softmax(b)
    ids = np.argsort(-log_probs, -1)[..., :k]
    return ids, np.take_along_axis(log_probs, ids, -1)


def events(a, ids, log_probs, tail):
    """Logarithms of both sides' probabilities of the listed tokens and, with a bucket, of the rest."""
    log_theta = log_softmax(a)
    theta = np.take_along_axis(log_theta, ids, -1)
    if tail == "renormalize":
        return theta, log_probs
    rest = np.ones(a.shape, bool)
    np.put_along_axis(rest, ids, False, -1)
    theta_rest = np.log(np.where(rest, np.exp(log_theta), 0).sum(-1))
    target_rest = np.log1p(-np.exp(log_probs).sum(-1))
    return np.concatenate([theta, theta_rest[..., None]], -1), np.concatenate([log_probs, target_rest[..., None]], -1)


@pytest.mark.parametrize("tail", ["bucket", "renormalize"])
@pytest.mark.parametrize("k", [1, 2, 16, 64, 700])
def test_definitions(tail, k):
    a, b = pair(12, 5000, seed=1, sigma=2, dtype=np.float64)
    ids, log_probs = top(b, k)
    exact = Exact(*events(a, ids, log_probs, tail))
    solution = eq.solve_topk(a, ids, log_probs, tail, outputs="all", tolerance=1e-10)
    if tail == "renormalize" and k == 1:
        assert (solution.status == eq.RowStatus.IDENTICAL).all() and (solution.q == 1).all()
        return
    np.testing.assert_allclose(solution.alpha, exact.alpha, atol=1e-9)
    np.testing.assert_allclose(solution.q, exact.q[:, :k], atol=1e-10)
    np.testing.assert_allclose(solution.kl_theta, exact.kl_theta, atol=1e-10)
    np.testing.assert_allclose(solution.kl_target, exact.kl_target, atol=1e-10)
    np.testing.assert_allclose(solution.log_z, exact.log_z, atol=1e-10)
    np.testing.assert_allclose(solution.q.sum(1) + solution.q_tail, 1, rtol=1e-12)
    if tail == "bucket":
        np.testing.assert_allclose(solution.q_tail, exact.q[:, k], atol=1e-10)
        np.testing.assert_allclose(solution.tail_ratio, exact.q[:, k] / np.exp(exact.log_theta[:, k]), rtol=1e-9)
    else:
        assert (solution.q_tail == 0).all() and (solution.tail_ratio == 0).all()


@pytest.mark.parametrize("tail", ["bucket", "renormalize"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_every_token_listed_is_the_dense_answer(tail, dtype):
    a, b = pair(6, 300, seed=2, sigma=2, dtype=dtype)
    log_probs = log_softmax(b)
    ids = np.stack([np.random.default_rng(row).permutation(300) for row in range(6)])
    listed = np.take_along_axis(log_probs, ids, -1).astype(dtype)
    solution = eq.solve_topk(a, ids, listed, tail, outputs="all", tolerance=1e-9)
    dense = eq.solve(a.astype(np.float64), np.take_along_axis(listed, np.argsort(ids), -1).astype(np.float64), outputs="all")
    np.testing.assert_allclose(solution.alpha, dense.alpha, atol=1e-9)
    np.testing.assert_allclose(solution.q, np.take_along_axis(dense.q, ids, -1), atol=1e-6 if dtype != np.float64 else 1e-10)
    assert (solution.q_tail == 0).all()
    np.testing.assert_allclose(solution.kl_theta, dense.kl_theta, atol=1e-9)


def test_a_teacher_whose_tail_is_shaped_like_the_policys_is_known_exactly():
    a = normal(5, 1000, seed=3, dtype=np.float64)
    b = a.copy()
    b[:, :20] += normal(5, 20, seed=4, sigma=2, dtype=np.float64)
    ids = np.broadcast_to(np.arange(20), (5, 20))
    solution = eq.solve_topk(a, ids, log_softmax(b)[:, :20], outputs="all", tolerance=1e-10)
    dense = eq.solve(a, b, outputs="all", tolerance=1e-10)
    np.testing.assert_allclose(solution.alpha, dense.alpha, atol=1e-9)
    np.testing.assert_allclose(solution.tail_ratio[:, None] * np.exp(log_softmax(a))[:, 20:], dense.q[:, 20:], atol=1e-12)


def test_a_small_tail_keeps_its_digits():
    a, b = pair(4, 1000, seed=5, dtype=np.float64)
    a[:, :8] += 60
    b[:, :8] += 12
    ids, log_probs = np.broadcast_to(np.arange(8), (4, 8)), log_softmax(b)[:, :8]
    solution = eq.solve_topk(a, ids, log_probs, outputs="all")
    ratio = solution.q_tail / np.exp(np.log(np.exp(log_softmax(a)[:, 8:]).sum(1)))
    np.testing.assert_allclose(solution.tail_ratio, ratio, rtol=1e-12)


def test_empty_slots_belong_to_the_tail():
    a, b = pair(3, 500, seed=6, dtype=np.float64)
    ids, log_probs = top(b, 10)
    wide = np.full((3, 14), -1)
    wide[:, [0, 2, 3, 5, 6, 7, 9, 10, 11, 13]] = ids
    padded = np.zeros((3, 14))
    padded[wide >= 0] = log_probs.ravel()
    wide[:, 12], padded[:, 12] = 499 - np.isin(499, ids), -INF
    plain, slots = eq.solve_topk(a, ids, log_probs, outputs="all"), eq.solve_topk(a, wide, padded, outputs="all")
    np.testing.assert_allclose(slots.alpha, plain.alpha, atol=1e-12)
    np.testing.assert_allclose(slots.q_tail, plain.q_tail, atol=1e-12)
    np.testing.assert_allclose(slots.gradient, plain.gradient, atol=1e-12)
    assert (slots.q[:, [1, 4, 8, 12]] == 0).all()


@pytest.mark.parametrize("tail", ["bucket", "renormalize"])
@pytest.mark.parametrize("k", [1, 3, 64])
def test_kls_are_never_negative(tail, k):
    for seed in range(10):
        a, b = pair(50, 200, seed=seed, sigma=0.2 * seed)
        ids, log_probs = top(b, k)
        solution = eq.solve_topk(a, ids, log_probs.astype(np.float32), tail, outputs=("kl_theta", "kl_target", "log_z"))
        assert (solution.kl_theta >= 0).all() and (solution.kl_target >= 0).all() and (solution.log_z <= 0).all()


def test_real_rows_are_as_the_page_says():
    a, b = (np.load(ROOT / "demo" / "data" / f"{name}.npy").astype(np.float64) for name in ("theta", "target"))
    q, log_theta = eq.solve(a, b).q, log_softmax(a)
    table = re.findall(r"\| (\d+) \| ([\d.]+) \| ([\d.]+) \| (\d+)% \|", (ROOT / "docs" / "top-k.md").read_text())
    assert [int(k) for k, *_ in table] == [1, 8, 64, 512]
    for k, bucket, renormalised, negative in table:
        ids, log_probs = top(b, int(k))
        truncated = (np.exp(log_probs) * (log_probs - np.take_along_axis(log_theta, ids, -1))).sum(-1)
        assert round(100 * (truncated < 0).mean()) == int(negative)
        for tail, said in (("bucket", bucket), ("renormalize", renormalised)):
            solution = eq.solve_topk(a, ids, log_probs, tail, outputs=("q", "tail_ratio", "kl_theta", "kl_target"))
            whole = solution.tail_ratio[:, None] * np.exp(log_theta)
            np.put_along_axis(whole, ids, solution.q, -1)
            assert float(said) == pytest.approx(np.abs(whole - q).sum(-1).mean() / 2, abs=6e-4)
            assert (solution.kl_theta >= 0).all() and (solution.kl_target >= 0).all()


@pytest.mark.parametrize("tail", ["bucket", "renormalize"])
@pytest.mark.parametrize("dtype, error", [(torch.float64, 1e-12), (torch.float32, 2e-6), (torch.bfloat16, 2e-6)])
def test_the_gradient_is_autograds(tail, dtype, error):
    torch.manual_seed(0)
    a = (2 * torch.randn(2, 3, 400)).to(dtype)
    log_t = torch.log_softmax(torch.randn(2, 3, 400, dtype=torch.float64), -1)
    log_probs, ids = log_t.topk(12)
    solution = eq.solve_topk(a, ids, log_probs, tail, temperature=(0.7, 1.0), outputs=("alpha", "q", "q_tail", "gradient"))
    x = (a.double() / 0.7).requires_grad_()
    log_theta = torch.log_softmax(x, -1)
    listed = log_theta.gather(-1, ids)
    if tail == "renormalize":
        loss = -(solution.q * torch.log_softmax(listed, -1)).sum()
    else:
        rest = torch.log(-torch.expm1(torch.logsumexp(listed, -1)))
        loss = -(solution.q * listed).sum() - (solution.q_tail * rest).sum()
    loss.backward()
    assert solution.gradient.shape == a.shape and solution.gradient.dtype == (dtype if dtype != torch.bfloat16 else torch.float32)
    np.testing.assert_allclose(solution.gradient.double(), x.grad, rtol=0, atol=error)


def test_temperatures_widths_masks_and_strides():
    a, b = pair(4, 7, 300, seed=7)
    log_probs = log_softmax(b[..., :280])
    ids = np.argsort(-log_probs, -1)[..., :9]
    listed = np.take_along_axis(log_probs, ids, -1)
    mask = np.random.default_rng(0).random((4, 6)) < 0.7
    warm = np.linspace(0.5, 2, 24).reshape(4, 6)
    solution = eq.solve_topk(
        a[:, :-1], ids[:, :-1], listed[:, :-1], temperature=(warm, 1.0), valid_columns=280, mask=mask, outputs="all", tolerance=1e-9
    )
    exact = Exact(*events(a[:, :-1, :280] / warm[..., None], ids[:, :-1], listed[:, :-1], "bucket"))
    np.testing.assert_allclose(solution.alpha[mask], exact.alpha[mask], atol=1e-6)
    assert (solution.status[~mask] == eq.RowStatus.SKIPPED).all()
    for name in eq.TopKSolution._FIELDS[:-1]:
        assert (getattr(solution, name)[~mask] == 0).all(), name
    assert (solution.gradient[..., 280:] == 0).all() and (solution.gradient[mask][:, :280] != 0).any()


def test_rows_do_not_depend_on_the_batch():
    a, b = pair(3000, 700, seed=8)
    ids, log_probs = top(b, 32)
    whole = eq.solve_topk(a, ids, log_probs, outputs="all")
    for row in (0, 1234, 2999):
        one = eq.solve_topk(a[row], ids[row], log_probs[row], outputs="all", threads=1)
        for name in eq.TopKSolution._FIELDS:
            assert same_bits(getattr(one, name), getattr(whole, name)[row]), name


def test_rows_without_an_answer():
    a, b = pair(6, 50, seed=9, dtype=np.float64)
    ids, log_probs = top(b, 5)
    log_probs = log_probs.copy()
    a[0, 3] = np.nan
    log_probs[1, 2] = np.nan
    log_probs[2, :] = np.log(0.21)  # sums to 1.05
    log_probs[3, 0] = INF
    a[4] = -INF
    solution = eq.solve_topk(a, ids, log_probs, outputs="all")
    assert (solution.status[:5] == eq.RowStatus.INVALID).all() and solution.status[5] == eq.RowStatus.OK
    for name in eq.TopKSolution._FIELDS[:-2]:
        assert np.isnan(getattr(solution, name)[:5]).all(), name
    clean = eq.solve_topk(a[5:], ids[5:], log_probs[5:], outputs="all")
    assert same_bits(clean.q, solution.q[5:])


def test_nothing_listed_at_all():
    a = normal(2, 50)
    solution = eq.solve_topk(a, np.full((2, 4), -1), np.full((2, 4), -INF, np.float32), outputs="all")
    assert (solution.status == eq.RowStatus.IDENTICAL).all() and (solution.q_tail == 1).all()
    np.testing.assert_allclose(solution.tail_ratio, 1, rtol=1e-15)


@pytest.mark.parametrize("filler", [0, 10**9, -7])
def test_lists_of_unequal_length_are_filled_up_with_any_id(filler):
    """As nested lists padded with 0 are: -inf makes a slot empty, whatever token stands there, and also one that is listed."""
    a, b = pair(6, 80, seed=12)
    ids, log_probs = top(b, 8)
    ids[:, 5], ids[2:, 6:], log_probs[:, 5], log_probs[2:, 6:] = -1, -1, -INF, -INF
    filled = np.where(ids < 0, np.where(np.arange(8) == 5, ids[:, :1], filler), ids)
    for tail in ("bucket", "renormalize"):
        kinds = [
            (a, log_probs, np.asarray),
            (a.astype(np.float64), log_probs.astype(np.float64), np.asarray),
            (a, log_probs.astype(np.float16), np.asarray),
            (a.reshape(2, 3, 80), np.repeat(log_probs, 2, 0)[::2].reshape(2, 3, 8), lambda x: x.reshape(2, 3, 8)),
            (torch.tensor(a), torch.tensor(log_probs).bfloat16(), torch.tensor),
            (torch.tensor(a), torch.tensor(np.hstack([log_probs, log_probs]))[:, :8], torch.tensor),
        ]
        for theta, listed, of in kinds:
            empty = eq.solve_topk(theta, of(ids), listed, tail, outputs="all").as_dict()
            for name, array in eq.solve_topk(theta, of(filled), listed, tail, outputs="all").as_dict().items():
                assert same_bits(np.asarray(array), np.asarray(empty[name])), name


def test_the_largest_k():
    a, b = pair(3, 6000, seed=10, dtype=np.float64)
    ids, log_probs = top(b, 4096)
    np.testing.assert_allclose(
        eq.solve_topk(a, ids, log_probs, tolerance=1e-9).alpha, Exact(*events(a, ids, log_probs, "bucket")).alpha, atol=1e-8
    )


def test_wrong_calls():
    a, b = pair(3, 50, seed=11)
    ids, log_probs = top(b, 4)
    twice, beyond, below = ids.copy(), ids.copy(), ids.copy()
    twice[2, 3] = twice[2, 0]
    beyond[1, 1], below[1, 2] = 50, -2
    for bad, text in [
        (twice, f"target_ids: row 2 lists token {ids[2, 0]} twice"),
        (beyond, r"target_ids\[1, 1\] is 50"),
        (below, r"target_ids\[1, 2\] is -2"),
    ]:
        with pytest.raises(ValueError, match=text):
            eq.solve_topk(a, bad, log_probs)
    with pytest.raises(ValueError, match="target_ids.*must be -1 or in"):
        eq.solve_topk(a, np.full((3, 4), 48) + np.arange(4), log_probs)
    with pytest.raises(ValueError, match="valid_columns"):
        eq.solve_topk(a, ids, log_probs, valid_columns=51)
    with pytest.raises(ValueError, match="k is 0"):
        eq.solve_topk(a, ids[:, :0], log_probs[:, :0])
    with pytest.raises(ValueError, match="k is 4097"):
        eq.solve_topk(normal(1, 5000), np.arange(4097)[None], np.zeros((1, 4097), np.float32))
    with pytest.raises(ValueError, match=r"theta has shape \(3, 50\), target_ids \(3, 3\)"):
        eq.solve_topk(a, ids[:, :3], log_probs)
    with pytest.raises(TypeError, match="target_ids has dtype float64"):
        eq.solve_topk(a, ids.astype(float), log_probs)
    with pytest.raises(TypeError, match="theta has dtype int64"):
        eq.solve_topk(a.astype(int), ids, log_probs)
    with pytest.raises(TypeError, match="target_log_probs"):
        eq.solve_topk(a, ids, torch.from_numpy(log_probs))
    for temperature in (2.0, (1.0, 2.0), (1.0, np.array([1.0, 1.0, 1.1]))):
        with pytest.raises(ValueError, match="temperature.*teacher's must be 1"):
            eq.solve_topk(a, ids, log_probs, temperature=temperature)
    with pytest.raises(ValueError, match="tail='tall'"):
        eq.solve_topk(a, ids, log_probs, "tall")
    with pytest.raises(ValueError, match="outputs"):
        eq.solve_topk(a, ids, log_probs, outputs=("ess",))
    with pytest.raises(AttributeError, match="kl_theta was not asked for"):
        _ = eq.solve_topk(a, ids, log_probs).kl_theta
