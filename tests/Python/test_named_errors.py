"""Whatever is given for an option, the error names it: no exception of numpy's, torch's or ctypes' own, and nothing taken for a default."""

from __future__ import annotations

import equipoise as eq
import numpy as np
import pytest
import torch
from support import log_softmax, pair

THETA, TARGET = pair(4, 60)
LOG_PROBS = log_softmax(TARGET).astype(np.float32)
IDS = np.argsort(-TARGET, -1)[:, :5]
MEANS, VARIANCES = np.zeros((4, 3)), np.ones((4, 3))

# What is neither a number, a name, an array with one number per row, a pair nor a flag.
HOSTILE = {
    "text": "x",
    "beyond float64": 10**400,
    "complex": np.complex128(1 + 2j),
    "other length": np.full(3, 0.5),
    "ragged": [[1, 2], [3]],
    "object": object(),
    "bytes": b"x",
    "set": {1},
    "tensor without memory": torch.ones(4, device="meta"),
    "sparse tensor": torch.eye(4).to_sparse(),
}

CALLS = {
    "solve": (lambda **options: eq.solve(THETA, TARGET, **options), "scores criterion method tolerance max_iterations temperature"),
    "solve, too": (lambda **options: eq.solve(THETA, TARGET, **options), "valid_columns mask outputs out threads device"),
    "weighted": (lambda **options: eq.solve(THETA, TARGET, criterion="weighted_kl", **options), "weights"),
    "budget": (lambda **options: eq.solve(THETA, TARGET, criterion="kl_budget", **options), "budget"),
    "path": (lambda alphas=0.5, **options: eq.path(THETA, TARGET, alphas, **options), "outputs scores temperature mask device"),
    "several": (lambda **options: eq.solve_many([THETA, TARGET], **options), "scores tolerance mask outputs"),
    "policies": (lambda policies: eq.solve_many(policies), "policies"),
    "sample": (lambda **options: eq.sample(THETA, TARGET, **options), "n seed offset top_k top_p min_p without_replacement device outputs"),
    "kl": (lambda **options: eq.kl(THETA, TARGET, **options), "scores unit temperature valid_columns mask threads"),
    "renyi": (lambda order: eq.divergence(THETA, TARGET, "renyi", order=order), "order"),
    "fisher": (lambda **options: eq.fisher_quadratic(THETA, TARGET, **options), "weight scores mask"),
    "step": (lambda **options: eq.step_kl(THETA, TARGET, **options), "order direction"),
    "trust region": (lambda delta: eq.trust_region_step(THETA, TARGET, delta), "delta"),
    "weights": (lambda **options: eq.importance_weights(LOG_PROBS, LOG_PROBS, **options), "mask level mode clip threads"),
    "table": (lambda k=8, **options: eq.reward_table(k, **options), "k kind allow_unstable"),
    "answers": (lambda **options: eq.answer_rewards(IDS, **options), "kind baseline log_target invalid_reward sign threads"),
    "roots": (lambda w=1.0, **options: eq.RobbinsMonro(w, **options), "w c k0 gamma interval step_clip tracking"),
    "mean": (lambda axis: eq.RunningMean().update(np.zeros((2, 3)), axis=axis), "axis"),
    "tracker": (lambda **options: eq.AlphaTracker(**{"rows": 4, **options}), "rows gain alpha"),
    "process": (lambda **options: eq.dvoretzky(2, 10, **options), "alpha beta initial every seed stream threads"),
    "top k": (lambda **options: eq.solve_topk(THETA, IDS, LOG_PROBS[:, :5], **options), "tail temperature mask outputs tolerance"),
    "tiles": (lambda **options: eq.PartialStatistics(**{"rows": 4, **options}), "rows temperature mask tolerance threads"),
    "records": (lambda records: eq.PartialStatistics.from_records(records), "records"),
    "seed": (lambda **options: eq.optimal_sampling_distribution(np.exp(LOG_PROBS), np.exp(LOG_PROBS), **options), "tol max_iter"),
}


@pytest.mark.parametrize(("call", "option"), [(call, option) for call, (_, options) in CALLS.items() for option in options.split()])
def test_an_option_that_makes_no_sense_is_named(call, option):
    function = CALLS[call][0]
    for what, value in HOSTILE.items():
        if (option, what) in {("w", "other length"), ("w", "set")}:
            continue  # as many problems as there are numbers
        with pytest.raises((TypeError, ValueError), match=option):
            function(**{option: value})
            pytest.fail(f"{what} was taken for {option}")


@pytest.mark.parametrize(
    "call",
    [
        lambda scores: eq.kl(THETA, TARGET, scores=scores),
        lambda scores: eq.solve_many([THETA, TARGET], scores=scores),
        lambda scores: eq.solve(THETA, TARGET, scores=scores),
    ],
)
def test_no_kind_of_scores_is_not_the_default_kind(call):
    with pytest.raises(ValueError, match="scores=None: choose one of 'logits'"):
        call(None)


def test_an_array_of_texts_is_no_device():
    for function in (lambda device: eq.solve(THETA, TARGET, device=device), lambda device: eq.path(THETA, TARGET, 0.5, device=device)):
        with pytest.raises(ValueError, match="device="):
            function(np.array(["cpu", "cpu"]))


def test_estimators_without_a_number_name_what_lacks_it():
    with pytest.raises(ValueError, match=r"x has shape \(0,\): there must be a number"):
        eq.RunningMean().update(np.zeros(0))
    with pytest.raises(ValueError, match=r"w has shape \(2, 0\): there must be a number"):
        eq.RobbinsMonro(np.zeros((2, 0)))


@pytest.mark.parametrize("make", [lambda: eq.RobbinsMonro(1.0), eq.RunningMean, lambda: eq.AlphaTracker(4)])
def test_half_a_state_is_no_state(make):
    kept = make().state()
    for key in kept:
        with pytest.raises(ValueError, match="state was not saved by"):
            make().restore({name: value for name, value in kept.items() if name != key})
