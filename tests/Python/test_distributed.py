"""equipoise.distributed over gloo processes: one answer on all ranks, to the bit, and one error on all ranks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import equipoise as eq
import numpy as np
import pytest
import torch
from distributed_worker import rows
from support import environment, prints

WORKER = Path(__file__).with_name("distributed_worker.py")
WORLDS = [1, 2, 3, 4]
FIELDS = ["alpha", "log_z", "kl_theta", "kl_target", "theta_lse", "target_lse", "residual", "status"]

pytestmark = pytest.mark.once


@pytest.fixture(scope="module", params=WORLDS, ids=[f"{world} ranks" for world in WORLDS])
def ranks(request, tmp_path_factory):
    """What every rank of a group of that size found."""
    folder, world = tmp_path_factory.mktemp("ranks"), request.param
    command = [sys.executable, str(WORKER), str(folder)]
    running = [
        subprocess.Popen([*command, str(rank), str(world)], env=environment(), stderr=subprocess.PIPE, text=True) for rank in range(world)
    ]
    try:
        texts = [process.communicate(timeout=240)[1] for process in running]
    finally:
        for process in running:
            process.kill()
    assert [process.returncode for process in running] == [0] * world, texts
    return [dict(np.load(folder / f"{world}-{rank}.npz")) for rank in range(world)]


def joined(ranks, name):
    return np.concatenate([rank[name] for rank in ranks], -1)


@pytest.mark.parametrize("case", ["ordinary", "bf16", "hard", "masked", "after"])
def test_all_ranks_agree_to_the_bit(ranks, case):
    for rank in ranks[1:]:
        for field in FIELDS:
            assert rank[f"{case}/{field}"].tobytes() == ranks[0][f"{case}/{field}"].tobytes(), field


@pytest.mark.parametrize(
    "case, name, dtype",
    [("ordinary", "ordinary", torch.float64), ("bf16", "ordinary", torch.bfloat16), ("hard", "hard", torch.float64)],
)
def test_the_answer_is_that_of_the_whole_row(ranks, case, name, dtype):
    a, b = (x.double() for x in rows(name, dtype))
    whole = eq.solve(a, b, outputs="all", tolerance=1e-12)
    error = 1e-9 if dtype is torch.float64 else 1e-6
    assert (ranks[0][f"{case}/status"] == eq.RowStatus.OK).all()
    for field in ("alpha", "log_z", "kl_theta", "kl_target"):
        bound = error if field == "alpha" else 10 * error
        np.testing.assert_allclose(ranks[0][f"{case}/{field}"], getattr(whole, field), rtol=0, atol=bound)
    np.testing.assert_allclose(joined(ranks, f"{case}/q"), whole.q, rtol=0, atol=1e-7 if dtype is torch.float64 else 1e-6)
    np.testing.assert_allclose(joined(ranks, f"{case}/log_q"), whole.log_q, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(ranks[0][f"{case}/theta_lse"], torch.logsumexp(a, -1), rtol=1e-12)


def test_ordinary_rows_take_two_collectives_and_hard_ones_one_more_a_sweep(ranks):
    for case in ("ordinary", "bf16", "masked", "after"):
        assert {int(rank[f"{case}/collectives"]) for rank in ranks} == {2}
    assert {int(rank["hard/collectives"]) for rank in ranks} <= {3, 4, 5}
    assert len({int(rank["hard/collectives"]) for rank in ranks}) == 1


def test_masks_and_temperatures(ranks):
    a, b = rows("ordinary")
    mask = np.array([[True, False, True], [True, True, False]])
    whole = eq.solve(a, b, temperature=(0.8, 1.25), mask=mask, outputs=("alpha", "q"))
    np.testing.assert_array_equal(ranks[0]["masked/status"], whole.status)
    np.testing.assert_allclose(ranks[0]["masked/alpha"], whole.alpha, rtol=0, atol=1e-9)
    np.testing.assert_allclose(joined(ranks, "masked/q"), whole.q, rtol=0, atol=1e-9)
    assert (joined(ranks, "masked/q")[~mask] == 0).all()


def test_masked_tokens_and_a_nan_on_one_rank(ranks):
    a, b = rows("ordinary")
    a[0, 0, 10:2990], b[1, 1] = -np.inf, np.nan
    whole = eq.solve(a, b, tolerance=1e-12)
    np.testing.assert_array_equal(ranks[0]["holes/status"], whole.status)
    np.testing.assert_allclose(ranks[0]["holes/alpha"], whole.alpha, rtol=0, atol=1e-9)
    for rank in ranks:
        assert rank["holes/alpha"].tobytes() == ranks[0]["holes/alpha"].tobytes()


@pytest.mark.parametrize(
    "failure, kind, text",
    [
        ("narrow", "ValueError", "theta has shape"),
        ("integers", "TypeError", "theta has dtype torch.int64"),
        ("elsewhere", "ValueError", "target is on meta"),
        ("too_many", "ValueError", "theta has shape"),
        ("nothing", "TypeError", "theta is torch.Tensor (torch) and target"),
    ],
)
def test_a_rank_that_fails_raises_on_all(ranks, failure, kind, text):
    texts = [str(rank[f"failure/{failure}"]) for rank in ranks]
    assert texts[-1].startswith(f"{kind}: {text}")
    for other in texts[:-1]:
        assert other.startswith(f"{kind}: rank {len(ranks) - 1}: {text}")


def test_unequal_rows_are_named_on_all(ranks):
    texts = {str(rank["failure/fewer_rows"]) for rank in ranks}
    if len(ranks) == 1:
        assert texts == {"no error"}
    else:
        assert texts == {f"ValueError: theta has 6 rows on rank 0 and 3 on rank {len(ranks) - 1}: they must agree"}


def test_unequal_temperatures_are_named_on_all(ranks):
    texts = {str(rank["failure/temperatures"]) for rank in ranks}
    assert len(texts) == 1
    assert texts == {"no error"} if len(ranks) == 1 else "temperatures" in texts.pop()


def test_the_package_does_not_hide_its_module_nor_import_torch():
    assert prints("import sys, equipoise; print('torch' in sys.modules, 'torch' in vars(equipoise))") == "False False"
    assert prints("import equipoise as eq; print(eq.distributed.solve.__module__)") == "equipoise.distributed"


def test_without_a_group_it_says_so():
    a = torch.zeros(1, 3)
    with pytest.raises(eq.Error, match="init_process_group"):
        eq.distributed.solve(a, a)
