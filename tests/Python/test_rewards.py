"""reward_table and answer_rewards: arrays of every kind, and what is refused."""

from __future__ import annotations

import equipoise as eq
import numpy as np
import pytest
import torch
from support import same_bits

IDS = np.random.default_rng(0).integers(-1, 5, (40, 3, 12))


def naive(ids, h_of, log_target=0.0):
    """(counts, rewards) by the definitions; h_of(k) is the table of k."""
    counts = np.where(ids >= 0, (ids[..., :, None] == ids[..., None, :]).sum(-1), 0)
    valid = (ids >= 0).sum(-1)
    rewards = np.zeros(ids.shape)
    for row in np.ndindex(valid.shape):
        if valid[row] > 1:
            rewards[row] = np.where(counts[row] > 0, log_target - h_of(int(valid[row]))[counts[row] - 1], 0)
    return counts, rewards


@pytest.mark.parametrize("kind", ["plugin", "add_half", "miller_madow", "harmonic"])
def test_rewards_are_looked_up(kind):
    answer = eq.answer_rewards(IDS, kind, log_target=0.75)
    counts, rewards = naive(IDS, lambda k: eq.reward_table(k, kind).h, 0.75)
    assert same_bits(answer.counts, counts.astype(np.int32)) and same_bits(answer.rewards, rewards)
    assert same_bits(answer.k_eff, (IDS >= 0).sum(-1).astype(np.int32)) and (answer.status == eq.RowStatus.OK).all()


def test_formulas():
    k, c = 10, np.arange(1, 11)
    np.testing.assert_allclose(eq.reward_table(k, "plugin").h, np.log(c / k), rtol=1e-15)
    np.testing.assert_allclose(eq.reward_table(k, "add_half").h, np.log((c + 0.5) / (k + 1)), rtol=1e-15)
    np.testing.assert_allclose(eq.reward_table(k, "miller_madow").h, np.log(c / k) - (1 - c / k) / (2 * c), rtol=1e-15)
    np.testing.assert_allclose(eq.reward_table(k, "harmonic").h, [-sum(1 / i for i in range(n, k)) for n in c], rtol=1e-15)
    np.testing.assert_allclose(eq.reward_table(k, "power", m=2).h, (c - 1) * (c - 2) / 72, rtol=1e-15)
    np.testing.assert_allclose(eq.reward_table(k, "tsallis", s=2).h, 2 * (c - 1) / 9 - 1, rtol=1e-15)


def test_tables_are_objects_that_rewards_take():
    table = eq.reward_table(16, "power", m=2)
    assert (table.k, table.kind, table.solver_status, table.max_abs) == (16, "power", "closed_form", 1.0)
    assert table.bias < 1e-14 and 0 < table.mean_variance < table.max_variance and "power" in repr(table)
    with pytest.raises(ValueError):
        table.h[0] = 1
    assert same_bits(eq.answer_rewards(IDS, table).rewards, eq.answer_rewards(IDS, "power", m=2).rewards)


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64, torch.int16, torch.uint8])
def test_torch(dtype):
    ids = torch.from_numpy(np.maximum(IDS, 0)).to(dtype)
    answer = eq.answer_rewards(ids[:, :, ::2], baseline="loo", sign=-1)
    plain = eq.answer_rewards(np.maximum(IDS, 0)[:, :, ::2], baseline="loo", sign=-1)
    assert answer.rewards.dtype == torch.float64 and answer.counts.dtype == torch.int32
    assert all(same_bits(mine.numpy(), theirs) for mine, theirs in zip(answer, plain))


def test_lists_dlpack_and_strides():
    expected = eq.answer_rewards(IDS[0])
    assert same_bits(eq.answer_rewards(IDS[0].tolist()).rewards, expected.rewards)
    assert same_bits(eq.answer_rewards(np.asfortranarray(IDS[0]).astype(np.int32)).rewards, expected.rewards)

    class Foreign:
        def __init__(self, array):
            self.array = array

        def __dlpack__(self, **options):
            return self.array.__dlpack__(**options)

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

    assert same_bits(eq.answer_rewards(Foreign(IDS[0].copy())).rewards, expected.rewards)
    assert eq.answer_rewards([4, 4, 7]).k_eff.shape == () and eq.answer_rewards(IDS[:0]).rewards.shape == (0, 3, 12)


def test_targets_spread_over_the_answers():
    per_prompt = np.linspace(-1, 1, 40 * 3).reshape(40, 3, 1)
    whole = np.broadcast_to(per_prompt, IDS.shape)
    assert same_bits(eq.answer_rewards(IDS, log_target=per_prompt).rewards, eq.answer_rewards(IDS, log_target=whole.copy()).rewards)
    bad = whole.copy()
    bad[3, 1] = np.nan
    answer = eq.answer_rewards(IDS, log_target=bad)
    assert answer.status[3, 1] == eq.RowStatus.INVALID and np.isnan(answer.rewards[3, 1]).all() and np.isnan(answer.rewards).sum() == 12


def test_statuses():
    answer = eq.answer_rewards([[1, 1, -1], [1, -1, -1], [-1, -1, -1], [2, 2, -5]], "power", m=1, invalid_reward=-0.5)
    assert list(answer.status) == [eq.RowStatus.OK, eq.RowStatus.TOO_FEW, eq.RowStatus.OK, eq.RowStatus.INVALID]
    np.testing.assert_array_equal(answer.rewards[:3], [[-1, -1, -0.5], [0, -0.5, -0.5], [-0.5] * 3])
    assert np.isnan(answer.rewards[3]).all() and list(answer.k_eff[:3]) == [2, 1, 0]


def test_wrong_arguments_are_named():
    for call, error, text in [
        (lambda: eq.answer_rewards(np.zeros((2, 0), int)), ValueError, r"ids has shape \(2, 0\)"),
        (lambda: eq.answer_rewards(3), ValueError, "ids has shape"),
        (lambda: eq.answer_rewards([[0.5]]), TypeError, "ids has dtype float64"),
        (lambda: eq.answer_rewards(np.ones((2, 2), bool)), TypeError, "ids has dtype bool"),
        (lambda: eq.answer_rewards(np.ones((2, 2), np.uint64)), TypeError, "ids has dtype uint64"),
        (lambda: eq.answer_rewards(np.zeros((1, 5000), int)), ValueError, "k is 5000"),
        (lambda: eq.answer_rewards(IDS, "best"), ValueError, "kind='best': choose one of 'plugin'"),
        (lambda: eq.answer_rewards(IDS, "power"), ValueError, "needs m="),
        (lambda: eq.answer_rewards(IDS, m=2), ValueError, "m=2 has no meaning for kind='harmonic'"),
        (lambda: eq.answer_rewards(IDS, "power", m=12), ValueError, "needs m . 1 answers, k is 12"),
        (lambda: eq.answer_rewards(IDS, baseline="best"), ValueError, "baseline='best': choose"),
        (lambda: eq.answer_rewards(IDS, sign=2), ValueError, "sign=2"),
        (lambda: eq.answer_rewards(IDS, invalid_reward=np.inf), ValueError, "invalid_reward=inf"),
        (lambda: eq.answer_rewards(IDS, log_target=np.nan), ValueError, "log_target=nan"),
        (lambda: eq.answer_rewards(IDS, log_target=np.zeros(5)), ValueError, r"log_target has shape \(5,\)"),
        (lambda: eq.answer_rewards(IDS, eq.reward_table(4)), ValueError, "answers is 12, the table is for at most 4"),
        (lambda: eq.answer_rewards(IDS, eq.reward_table(12), m=1), ValueError, "RewardTable has its own"),
        (lambda: eq.reward_table(0), ValueError, "k=0"),
        (lambda: eq.reward_table(4, "tsallis", s=5), ValueError, "needs s answers, k is 4"),
        (lambda: eq.reward_table(4, "aqp", rho=0), ValueError, "rho=0: must be finite, above 0"),
    ]:
        with pytest.raises(error, match=text):
            call()


def test_programs():
    table = eq.reward_table(8, "minimax")
    assert table.solver_status == "optimal" and table.bias == pytest.approx(5.061e-3, rel=1e-3) and table.least_bias <= table.bias
    np.testing.assert_allclose(table.h[:3], [-4.4867359632, 0.7397834202, -3.7959948315], rtol=1e-8)
    harmonic = eq.reward_table(16)
    aqp = eq.reward_table(16, "aqp", rho=0.25)
    assert aqp.bias <= 1.01 * 0.25 * harmonic.bias and aqp.mean_variance > harmonic.mean_variance
    with pytest.raises(ValueError, match="smallest feasible rho is 0.139|smallest feasible rho is 0.138"):
        eq.reward_table(8, "aqp", rho=0.1)
    with pytest.raises(ValueError, match="allow_unstable"):
        eq.reward_table(32, "minimax")
    assert eq.reward_table(32, "minimax", allow_unstable=True).max_abs > 1e6
