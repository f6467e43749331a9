"""What trainers get wrong, in every function that takes logits in parts or a teacher in part: an error that names the argument."""

from __future__ import annotations

import equipoise as eq
import equipoise.torch
import pytest
import torch

A, B = torch.randn(2, 3, 8).unbind()
ELSEWHERE = torch.empty(3, 8, device="meta")
IDS, LOG_PROBS = torch.tensor([[0, 5]] * 3), torch.full((3, 2), -1.5)


def update(theta, target):
    eq.PartialStatistics(3).update(theta, target)


def sweep(theta, target):
    statistics = eq.PartialStatistics(3)
    statistics.update(A, B)
    statistics.solve()
    statistics.q(theta, target)


def topk(theta=A, ids=IDS, log_probs=LOG_PROBS, **options):
    eq.solve_topk(theta, ids, log_probs, **options)


PAIRS = {
    "update": (update, "theta_tile", "target_tile"),
    "sweep": (sweep, "theta_tile", "target_tile"),
    "loss": (equipoise.torch.equilibrium_loss, "theta", "target"),
    "differentiable": (equipoise.torch.solve_differentiable, "theta", "target"),
}
everywhere = pytest.mark.parametrize("call, first, second", PAIRS.values(), ids=PAIRS)


@everywhere
def test_integer_logits(call, first, second):
    for dtype in (torch.int64, torch.int32, torch.bool):
        with pytest.raises(TypeError, match=f"{first} has dtype {dtype}"):
            call(A.to(dtype), B)
        with pytest.raises(TypeError, match=f"{second} has dtype {dtype}"):
            call(A, B.to(dtype))


@everywhere
def test_mixed_devices(call, first, second):
    with pytest.raises(ValueError, match=f"{first} is on meta"):
        call(ELSEWHERE, B)
    with pytest.raises(ValueError, match=f"{second} is on meta"):
        call(A, ELSEWHERE)


@everywhere
def test_mixed_kinds(call, first, second):
    with pytest.raises(TypeError, match=f"{first} is .*torch.* and {second} .*numpy|{second} is ndarray"):
        call(A, B.numpy())


@everywhere
def test_unequal_widths_and_rows(call, first, second):
    with pytest.raises(ValueError, match=rf"{first} has shape \(3, 8\) and {second} \(3, 7\).*valid_columns"):
        call(A, B[:, :7])
    with pytest.raises(ValueError, match=rf"{first} has shape \(3, 8\) and {second} \(2, 8\)"):
        call(A, B[:2])


def test_an_update_after_solve_and_a_sweep_before():
    statistics = eq.PartialStatistics(3)
    with pytest.raises(ValueError, match="solve"):
        statistics.q(A, B)
    statistics.update(A, B)
    statistics.solve()
    with pytest.raises(ValueError, match="theta_tile and target_tile"):
        statistics.update(A, B)


def test_a_nan_tile_makes_its_row_invalid_and_no_other():
    spoilt = A.clone()
    spoilt[1, 3] = float("nan")
    statistics, clean = eq.PartialStatistics(3), eq.PartialStatistics(3)
    for columns in (slice(0, 4), slice(4, 8)):
        statistics.update(spoilt[:, columns], B[:, columns])
        clean.update(A[:, columns], B[:, columns])
    found, expected = statistics.solve(), clean.solve()
    assert found.status.tolist() == [eq.RowStatus.OK, eq.RowStatus.INVALID, eq.RowStatus.OK] and found.alpha[1].isnan()
    assert torch.equal(found.alpha[::2], expected.alpha[::2])


@pytest.mark.parametrize(
    "change, error, text",
    [
        ({"theta": A.long()}, TypeError, "theta has dtype torch.int64"),
        ({"theta": ELSEWHERE}, ValueError, "theta is on meta"),
        ({"ids": IDS.to("meta")}, ValueError, "target_ids is on meta"),
        ({"ids": IDS.double()}, TypeError, "target_ids has dtype float64"),
        ({"ids": IDS.bool()}, TypeError, "target_ids has dtype bool"),
        ({"ids": IDS[:, :0], "log_probs": LOG_PROBS[:, :0]}, ValueError, "target_ids.* k is 0, must be in"),
        ({"ids": IDS + 3}, ValueError, r"target_ids\[0, 1\] is 8: must be -1 or in \[0, 8\)"),
        ({"ids": IDS + 2**40}, ValueError, r"target_ids\[0, 0\]"),
        ({"ids": IDS - 2}, ValueError, r"target_ids\[0, 0\] is -2"),
        ({"valid_columns": 5}, ValueError, r"target_ids\[0, 1\] is 5: must be -1 or in \[0, 5\)"),
        ({"ids": IDS * 0}, ValueError, "target_ids: row 0 lists token 0 twice"),
        ({"ids": IDS[:2]}, ValueError, r"target_ids \(2, 2\)"),
        ({"ids": IDS[:, :1]}, ValueError, r"target_ids \(3, 1\) and target_log_probs \(3, 2\)"),
        ({"log_probs": LOG_PROBS.int()}, TypeError, "target_log_probs has dtype torch.int32"),
        ({"log_probs": LOG_PROBS.to("meta")}, ValueError, "target_log_probs is on meta"),
        ({"log_probs": LOG_PROBS.numpy()}, TypeError, "target_log_probs"),
        ({"temperature": (1.0, 0.5)}, ValueError, "temperature"),
        ({"mask": torch.ones(4, dtype=torch.bool)}, ValueError, "mask has shape"),
        ({"tail": "nucleus"}, ValueError, "tail='nucleus'"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_teachers_known_in_part(change, error, text):
    with pytest.raises(error, match=text):
        topk(**change)


def path(theta, target, **options):
    eq.path(theta, target, [0.5], **options)


@pytest.mark.parametrize("name", ["mask", "temperature"])
@pytest.mark.parametrize("call", [eq.solve, eq.sample, eq.kl, path], ids=["solve", "sample", "kl", "path"])
def test_options_on_another_device(call, name):
    with pytest.raises(ValueError, match=f"{name} is on meta"):
        call(A, B, **{name: torch.empty(3, device="meta", dtype=torch.bool if name == "mask" else torch.float64)})
