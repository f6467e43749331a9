"""PartialStatistics: rows in tiles against the same rows whole."""

from __future__ import annotations

import subprocess
import sys
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import equipoise as eq
import numpy as np
import pytest
import torch
from support import Exact, environment, log_softmax, normal, pair, same_bits

INF = np.inf
CUTS = [0, 1, 8, 300, 301, 2600, 5000]


def fed(a, b, cuts=CUTS, **options):
    """The statistics of a pair of matrices cut at these columns."""
    statistics = eq.PartialStatistics(len(a), **options)
    for i, j in zip(cuts, cuts[1:]):
        statistics.update(a[:, i:j], b[:, i:j])
    return statistics


def refined(statistics, a, b, cuts=CUTS, most=20):
    """The solution after as many more sweeps as it takes, and how many those were."""
    solution = statistics.solve()
    for sweeps in range(most):
        if solution.converged:
            return solution, sweeps
        for i, j in zip(cuts, cuts[1:]):
            statistics.refine(a[:, i:j], b[:, i:j])
        solution = statistics.solve()
    raise AssertionError("more sweeps than any row should need")


@pytest.mark.parametrize("sigma", [0.01, 1, 2, 3, 4])
@pytest.mark.parametrize("dtype, error", [(np.float64, 1e-9), (np.float32, 1e-6), (np.float16, 1e-6)])
def test_tiles_have_the_alpha_of_the_whole_row(sigma, dtype, error):
    a, b = pair(20, 5000, seed=3, sigma=sigma, dtype=dtype)
    whole = eq.solve(a.astype(np.float64), b.astype(np.float64), outputs="all", tolerance=1e-12)
    solution = fed(a, b).solve()
    np.testing.assert_allclose(solution.alpha, whole.alpha, rtol=0, atol=error)
    np.testing.assert_allclose(solution.log_z, whole.log_z, rtol=0, atol=error)


def test_torch_tiles_of_two_types_and_any_leading_shape():
    a, b = torch.randn(2, 3, 4, 900).unbind()
    a, b = a.bfloat16(), b.double()
    statistics = eq.PartialStatistics(12)
    for tile in (slice(0, 500), slice(500, 900)):
        statistics.update(a[..., tile], b[..., tile])
    alpha, log_z, theta_lse, target_lse = solution = statistics.solve()
    assert alpha.shape == (3, 4) and alpha.dtype == torch.float64 and solution.status.dtype == torch.int32
    whole = eq.solve(a.double(), b, outputs=("alpha", "log_z"))
    np.testing.assert_allclose(alpha, whole.alpha, atol=1e-9)
    np.testing.assert_allclose(log_z, whole.log_z, atol=1e-12)
    np.testing.assert_allclose(theta_lse, torch.logsumexp(a.double(), -1), rtol=1e-14)
    np.testing.assert_allclose(target_lse, torch.logsumexp(b, -1), rtol=1e-14)


@pytest.mark.parametrize("columns", [1, 7, 255, 256, 257, 2047, 2048, 2049, 2311])
def test_tiles_that_end_anywhere(columns):
    a, b = pair(6, columns, seed=columns, sigma=2, dtype=np.float64)
    solution = fed(a, b, [0, columns]).solve()
    np.testing.assert_allclose(solution.alpha, eq.solve(a, b, tolerance=1e-12).alpha, rtol=0, atol=1e-9)
    np.testing.assert_allclose(solution.theta_lse, (a - log_softmax(a))[:, 0], rtol=1e-13, atol=1e-13)


def test_chunks_that_need_care_beside_chunks_that_do_not():
    a, b = pair(6, 2300, seed=21, sigma=2, dtype=np.float64)
    a[0, 300:310] = b[0, 305:320] = -INF  # masks in the second chunk alone
    a[1, 600:900] -= 5000  # so far below the top that products of weights would leave f64's range
    b[2, 2299] = -700
    a[3, 1000] = np.nan
    b[4, :256] = -65504  # what padding in float16 looks like
    a[5, 2200] += 800
    whole = eq.solve(a, b, outputs="all", tolerance=1e-12)
    solution, _ = refined(fed(a, b, [0, 2300]), a, b, [0, 2300])
    np.testing.assert_array_equal(solution.status, whole.status)
    np.testing.assert_allclose(solution.alpha, whole.alpha, rtol=0, atol=1e-9)
    np.testing.assert_allclose(solution.log_z, whole.log_z, rtol=1e-9)


def test_a_tile_costs_a_few_sweeps():
    a, b = pair(16, 32768, seed=22)
    statistics = [eq.PartialStatistics(16, threads=1) for _ in range(7)]
    ratio = min(seconds(lambda: each.update(a, b)) / seconds(lambda: eq.solve(a, b, threads=1)) for each in statistics)
    print(f"update takes {ratio:.1f} times as long as solve")
    assert ratio < 15


def seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@pytest.mark.parametrize("dtype, error", [(np.float64, 1e-9), (np.float32, 1e-6)])
@pytest.mark.parametrize("shape, sigma", [((30, 5000), 8), ((30, 30), 6)])
def test_hard_rows_say_so_and_are_settled_by_further_sweeps(dtype, error, shape, sigma):
    a, b = pair(*shape, seed=1, sigma=sigma, dtype=dtype)
    cuts = [cut * shape[1] // 5000 for cut in CUTS]
    exact = Exact(a, b)
    statistics = fed(a, b, cuts)
    first = statistics.solve()
    off = np.abs(first.alpha - exact.alpha)
    assert not first.converged and (off[first.status == eq.RowStatus.OK] < error).all()
    assert (first.residual[off > error] > 0).all()
    solution, sweeps = refined(statistics, a, b, cuts)
    assert 1 <= sweeps <= 3
    np.testing.assert_allclose(solution.alpha, exact.alpha, rtol=0, atol=error)
    np.testing.assert_allclose(solution.log_z, exact.log_z, rtol=0, atol=error)


def test_one_token_in_each_policy_holds_nearly_all():
    a, b = pair(8, 5000, seed=5, dtype=np.float64)
    a[:, 17] += 30
    b[:, 4000] += 25
    solution, _ = refined(fed(a, b), a, b)
    np.testing.assert_allclose(solution.alpha, Exact(a, b).alpha, rtol=0, atol=1e-9)


def test_peaks_a_thousand_nats_apart():
    a, b = pair(4, 5000, seed=6, dtype=np.float64)
    a[:, 3] += 1200
    b[:, 4900] += 1000
    solution, _ = refined(fed(a, b), a, b)
    whole = eq.solve(a, b, outputs=("alpha", "log_z"), tolerance=1e-12)
    np.testing.assert_allclose(solution.alpha, whole.alpha, rtol=0, atol=1e-9)
    np.testing.assert_allclose(solution.log_z, whole.log_z, rtol=1e-9)


# From 3e-4 on the cumulants give way to E[l], whose rounding, 2e-15 over its slope, a variance, is below 1e-9 again from 2e-3 on.
@pytest.mark.parametrize("distance", [0.0, 1e-9, 1e-5, 1e-4, 3e-3])
def test_policies_that_nearly_agree(distance):
    a = normal(10, 5000, dtype=np.float64)
    b = a + distance * normal(10, 5000, seed=9, dtype=np.float64)
    whole = eq.solve(a, b)
    solution = fed(a, b).solve()
    np.testing.assert_allclose(solution.alpha, whole.alpha, rtol=0, atol=1e-7 if distance == 1e-9 else 1e-9)
    np.testing.assert_array_equal(solution.status, whole.status)


def test_an_offset_of_the_logits_changes_nothing():
    a, b = pair(10, 5000, seed=2, dtype=np.float64)
    shifted = fed(a + 4096.0, b - 512.0).solve()
    np.testing.assert_allclose(shifted.alpha, fed(a, b).solve().alpha, rtol=0, atol=1e-10)


def test_temperatures():
    a, b = pair(10, 5000, seed=2, dtype=np.float64)
    both = (0.7, np.linspace(0.5, 2, 10))
    whole = eq.solve(a, b, temperature=both, outputs=("alpha", "log_z"))
    solution = fed(a, b, temperature=both).solve()
    np.testing.assert_allclose(solution.alpha, whole.alpha, rtol=0, atol=1e-9)
    np.testing.assert_allclose(solution.theta_lse, np.log(np.exp(a / 0.7).sum(-1)), rtol=1e-14)


def test_masked_tokens_and_rows_without_an_answer():
    a, b = pair(7, 5000, seed=4, dtype=np.float64)
    a[0, 100:4000] = -INF
    b[0, 50:200] = -INF
    a[1] = a[1] - 20 * (np.arange(5000) > 2)  # the target sees two tokens that the policy does not love
    a[1, 2:] = -INF
    b[1, :2] = -3
    b[2, ::2], a[2, 1::2] = -INF, -INF
    a[3, 4999] = np.nan
    b[4, 0] = INF
    a[5] = -INF
    b[6] = a[6]
    whole = eq.solve(a, b, outputs="all")
    solution = fed(a, b).solve()
    np.testing.assert_array_equal(solution.status, whole.status)
    assert eq.RowStatus.DISJOINT in whole.status and eq.RowStatus.INVALID in whole.status and eq.RowStatus.IDENTICAL in whole.status
    np.testing.assert_allclose(solution.alpha, whole.alpha, rtol=0, atol=1e-9)
    np.testing.assert_allclose(solution.log_z, whole.log_z, rtol=1e-9)


def test_an_end_of_the_path():
    a = np.log([[0.98, 0.01, 0.01, 0.0], [0.1, 0.4, 0.5, 0.0]], where=[True, True, True, False], out=np.full((2, 4), -INF))
    b = np.log(np.array([[0.001, 0.001, 0.001, 0.997], [0.3, 0.3, 0.1, 0.3]]))
    whole = eq.solve(a, b, outputs=("alpha", "log_z"))
    solution = fed(a, b, [0, 1, 3, 4]).solve()
    np.testing.assert_array_equal(solution.status, whole.status)
    assert eq.RowStatus.AT_THETA in whole.status or eq.RowStatus.AT_TARGET in whole.status
    np.testing.assert_allclose(solution.alpha, whole.alpha, rtol=0, atol=1e-9)


def test_skipped_rows_are_zero():
    a, b = pair(6, 5000, seed=8)
    a[1] = np.nan
    mask = np.array([True, False, True, True, False, True])
    statistics = fed(a, b, mask=mask)
    solution = statistics.solve()
    assert (solution.status[~mask] == eq.RowStatus.SKIPPED).all()
    for field in solution:
        assert (field[~mask] == 0).all()
    assert (statistics.q(a, b)[~mask] == 0).all() and (statistics.log_q(a, b)[~mask] == 0).all()
    np.testing.assert_array_equal(solution.alpha[mask], fed(a[mask], b[mask]).solve().alpha)


def test_rows_do_not_depend_on_the_batch_or_the_threads():
    a, b = pair(40, 5000, seed=11)
    solution = fed(a, b).solve()
    assert same_bits(fed(a, b, threads=1).solve().alpha, solution.alpha)
    assert same_bits(fed(a[7:8], b[7:8]).solve().alpha, solution.alpha[7:8])


def test_merging_is_exact_for_a_fixed_order_and_associative_to_rounding():
    a, b = pair(9, 5000, seed=12, sigma=2, dtype=np.float64)

    def parts():
        return [fed(a[:, i:j], b[:, i:j], [0, j - i]) for i, j in zip(CUTS, CUTS[1:])]

    def merged(*shards):
        for shard in shards[1:]:
            shards[0].merge(shard)
        return shards[0]

    left = merged(*parts())
    assert same_bits(left.records, merged(*parts()).records)
    p = parts()
    right = merged(p[0], merged(*p[1:]))
    np.testing.assert_allclose(left.solve().alpha, right.solve().alpha, rtol=0, atol=1e-12)
    np.testing.assert_allclose(left.solve().alpha, fed(a, b).solve().alpha, rtol=0, atol=1e-12)


def test_an_object_without_columns_merges_like_nothing():
    a, b = pair(5, 5000, seed=13)
    for statistics in (eq.PartialStatistics(5), fed(a, b)):
        other = fed(a, b) if not statistics.records.any() else eq.PartialStatistics(5)
        statistics.merge(other)
        assert same_bits(statistics.solve().alpha, fed(a, b).solve().alpha)
    empty = eq.PartialStatistics(5)
    empty.update(a[:, :0], b[:, :0])
    assert (empty.solve().status == eq.RowStatus.INVALID).all()


def test_records_travel():
    a, b = pair(5, 5000, seed=14)
    sent = fed(a, b).records.tobytes()
    arrived = eq.PartialStatistics.from_records(np.frombuffer(sent).reshape(5, -1))
    assert same_bits(arrived.solve().alpha, fed(a, b).solve().alpha)


@pytest.mark.parametrize("dtype, error", [(np.float64, 1e-8), (np.float32, 2e-6), (np.float16, 2e-6)])
def test_q_in_tiles_is_q(dtype, error):
    a, b = pair(6, 5000, seed=15, sigma=2, dtype=dtype)
    b[:, 7] = -INF
    statistics = fed(a, b)
    statistics.solve()
    tiles = [(a[:, i:j], b[:, i:j]) for i, j in zip(CUTS, CUTS[1:])]
    whole = eq.solve(a, b, outputs=("q", "log_q"))
    q, log_q = (np.concatenate([function(*tile) for tile in tiles], 1) for function in (statistics.q, statistics.log_q))
    assert q.dtype == whole.q.dtype
    np.testing.assert_allclose(q, whole.q, rtol=0, atol=error)
    np.testing.assert_allclose(q.sum(1, dtype=np.float64), 1, atol=error)
    np.testing.assert_allclose(log_q, whole.log_q, rtol=1e-5, atol=1e-5)
    out = np.empty((6, 5000), np.float64)
    assert statistics.q(a, b, out=out) is out
    np.testing.assert_allclose(out, q, rtol=1e-6, atol=error)


def test_padding_of_a_tile_is_never_read():
    a, b = pair(4, 300, seed=16)
    padded = np.full((4, 320), np.nan, np.float32)
    padded[:, :300] = a
    wider = np.concatenate([b, np.full((4, 9), np.inf, np.float32)], 1)
    statistics = eq.PartialStatistics(4)
    statistics.update(padded, wider, valid_columns=300)
    assert same_bits(statistics.solve().alpha, fed(a, b, [0, 300]).solve().alpha)
    q = statistics.q(padded, wider, valid_columns=300)
    assert (q[:, 300:] == 0).all() and q.shape == (4, 320)


def test_the_tolerance_decides_what_has_converged():
    a, b = pair(30, 5000, seed=1, sigma=6, dtype=np.float64)
    strict, loose = fed(a, b, tolerance=1e-9).solve(), fed(a, b, tolerance=1e-3).solve()
    assert loose.converged and not strict.converged and same_bits(loose.alpha, strict.alpha)


def test_wrong_calls():
    a, b = pair(4, 50, seed=17)
    fresh = eq.PartialStatistics(4)
    with pytest.raises(TypeError, match="theta_tile has dtype int64"):
        fresh.update(np.zeros((4, 3), np.int64), b[:, :3])
    with pytest.raises(TypeError, match="target_tile"):
        fresh.update(torch.zeros(4, 3), torch.zeros(4, 3, dtype=torch.int32))
    with pytest.raises(TypeError, match="theta_tile is numpy.*target_tile torch"):
        fresh.update(a, torch.from_numpy(b))
    with pytest.raises(ValueError, match=r"theta_tile has shape \(4, 50\) and target_tile \(4, 49\)"):
        fresh.update(a, b[:, :49])
    with pytest.raises(ValueError, match=r"rows must be 4"):
        fresh.update(a[:3], b[:3])
    with pytest.raises(ValueError, match="rows must be"):
        eq.PartialStatistics((2, 2)).update(a, b)
    with pytest.raises(ValueError, match="valid_columns"):
        fresh.update(a, b, valid_columns=51)
    with pytest.raises(ValueError, match="temperature"):
        eq.PartialStatistics(4, temperature=0.0)
    with pytest.raises(ValueError, match="mask"):
        eq.PartialStatistics(4, mask=np.ones(3, bool))
    with pytest.raises(ValueError, match="rows"):
        eq.PartialStatistics(-1)
    with pytest.raises(ValueError, match="refine|measure"):
        fresh.refine(a, b)
    with pytest.raises(ValueError, match="q"):
        fresh.q(a, b)
    with pytest.raises(ValueError, match="other has 5 rows"):
        fresh.merge(eq.PartialStatistics(5))
    with pytest.raises(ValueError, match="itself"):
        fresh.merge(fresh)
    with pytest.raises(TypeError, match="other"):
        fresh.merge(a)
    assert not fresh.records.any()


def test_nothing_follows_solve():
    a, b = pair(4, 50, seed=17)
    statistics = fed(a, b, [0, 50])
    before = statistics.solve().alpha
    with pytest.raises(ValueError, match=r"update\(\) after solve\(\)"):
        statistics.update(a, b)
    with pytest.raises(ValueError, match=r"merge\(\) after solve\(\)"):
        statistics.merge(fed(a, b, [0, 50]))
    with pytest.raises(ValueError, match="partials: row 0 has been solved"):
        eq.PartialStatistics.from_records(statistics.records).update(a, b)
    assert same_bits(statistics.solve().alpha, before)


def test_temperatures_of_shards_must_agree():
    a, b = pair(4, 50, seed=17)
    with pytest.raises(ValueError, match="other: row 0 was met at other temperatures"):
        fed(a, b, [0, 50], temperature=2.0).merge(fed(a, b, [0, 50]))


def test_a_sweep_that_misses_columns_is_refused():
    a, b = pair(10, 5000, seed=1, sigma=8, dtype=np.float64)
    statistics = fed(a, b)
    assert not statistics.solve().converged
    statistics.refine(a[:, :100], b[:, :100])
    with pytest.raises(ValueError, match="moments: row . was measured in 100 columns and has 5000"):
        statistics.solve()


def test_no_rows():
    empty = eq.PartialStatistics(0)
    empty.update(np.zeros((0, 5), np.float32), np.zeros((0, 5), np.float32))
    solution = empty.solve()
    assert solution.alpha.shape == (0,) and solution.converged


def test_lse_and_log_z_are_those_of_the_definitions():
    a, b = pair(5, 5000, seed=18, sigma=2, dtype=np.float64)
    solution = fed(a, b).solve()
    np.testing.assert_allclose(solution.theta_lse, (a - log_softmax(a))[:, 0], rtol=1e-13)
    mixed = solution.alpha[:, None] * log_softmax(a) + (1 - solution.alpha[:, None]) * log_softmax(b)
    np.testing.assert_allclose(solution.log_z, np.log(np.exp(mixed).sum(1)), rtol=1e-10)


EXAMPLE = Path(__file__).resolve().parents[2] / "bindings/python/examples/lm_heads_in_tiles.py"


def test_the_example_has_the_gradients_of_whole_logits():
    specification = spec_from_file_location("lm_heads_in_tiles", EXAMPLE)
    example = module_from_spec(specification)
    specification.loader.exec_module(example)
    torch.manual_seed(0)
    hidden, head = torch.randn(7, 8, dtype=torch.float64, requires_grad=True), torch.randn(300, 8, dtype=torch.float64, requires_grad=True)
    other_hidden, other_head = torch.randn(7, 8, dtype=torch.float64), torch.randn(300, 8, dtype=torch.float64)
    loss = example.TiledChernoffLoss.apply(hidden, head, other_hidden, other_head, 64)
    weights = torch.rand(7, dtype=torch.float64)
    (loss * weights).sum().backward()
    tiled = hidden.grad.clone(), head.grad.clone()

    hidden.grad = head.grad = None
    logits = hidden @ head.T
    whole = eq.solve(logits.detach(), other_hidden @ other_head.T, outputs=("q", "kl_theta"), tolerance=1e-12)
    np.testing.assert_allclose(loss.detach(), whole.kl_theta, rtol=1e-8)
    (-(whole.q * torch.log_softmax(logits, -1)).sum(-1) * weights).sum().backward()
    np.testing.assert_allclose(tiled[0], hidden.grad, rtol=0, atol=1e-7)
    np.testing.assert_allclose(tiled[1], head.grad, rtol=0, atol=1e-7)


@pytest.mark.once
def test_the_example_prints_its_peak_memory():
    sizes = ["--tokens", "32", "--vocabulary", "3000", "--hidden", "16", "--tile", "500", "--steps", "3"]
    done = subprocess.run([sys.executable, str(EXAMPLE), *sizes], env=environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    losses = [float(line.split()[1]) for line in done.stdout.splitlines()[1:-1]]
    assert len(losses) == 3 and losses[2] < losses[0]
    assert done.stdout.splitlines()[-1].startswith("peak memory: ")
