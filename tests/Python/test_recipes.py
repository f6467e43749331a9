"""The recipes for trainers: their hooks are called as the trainers call them, and loss and gradient are those of the formula."""

from __future__ import annotations

import inspect
import json
import math
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import equipoise as eq
import numpy as np
import pytest
from support import environment

torch = pytest.importorskip("torch")

import trainers  # noqa: E402  (needs torch)
from trainers import recipe  # noqa: E402

pytestmark = pytest.mark.once


def normal(*shape: int, seed: int = 0, scale: float = 2.0, dtype: Any = torch.float32) -> Any:
    generator = torch.Generator().manual_seed(seed)
    return (scale * torch.randn(*shape, generator=generator, dtype=torch.float64)).to(dtype)


def pull(theta: Any, target: Any, temperature: float = 1.0, full: bool = False) -> Any:
    """KL(q* || pi_theta) per row by plain torch in float64, with the gradient of a q* that stands still (or of one that does not).

    At the Chernoff point it is -log Z, of which the derivative in alpha is 0."""
    a, b = (theta.double() / temperature).log_softmax(-1), (target.detach().double() / temperature).log_softmax(-1)
    low, high = torch.zeros(a.shape[:-1], dtype=torch.float64), torch.ones(a.shape[:-1], dtype=torch.float64)
    for _ in range(60):
        alpha = (low + high) / 2
        up = ((alpha[..., None] * a.detach() + (1 - alpha[..., None]) * b).softmax(-1) * (b - a.detach())).sum(-1) > 0
        low, high = torch.where(up, alpha, low), torch.where(up, high, alpha)
    alpha = ((low + high) / 2)[..., None]
    if full:
        return -(alpha * a + (1 - alpha) * b).logsumexp(-1)
    log_q = (alpha * a.detach() + (1 - alpha) * b).log_softmax(-1)
    return (log_q.exp() * (log_q - a)).sum(-1)


def close(found: Any, expected: Any, bound: float) -> bool:
    """Up to a share of the largest."""
    return bool((found.double() - expected.double()).abs().max() <= bound * expected.double().abs().max().clamp_min(1e-12))


def gradients(loss: Any, *leaves: Any) -> tuple[Any, ...]:
    return torch.autograd.grad(loss, leaves, allow_unused=True)


# TRL's GKD and GOLD


def gkd(**attributes: Any) -> Any:
    """A trainer with the recipe in front of it."""
    loss = recipe("trl_gkd").EquilibriumLoss
    return type("Trainer", (loss, trainers.GkdTrainer), attributes)()


@pytest.mark.parametrize("dtype, bound", [(torch.float32, 2e-6), (torch.bfloat16, 2e-2)])
@pytest.mark.parametrize("gradient", ["stop", "full"])
def test_gkd_has_the_pull_and_its_gradient(dtype, bound, gradient):
    student, teacher = normal(2, 6, 50, dtype=dtype).requires_grad_(), normal(2, 6, 50, seed=1, dtype=dtype)
    labels = torch.tensor([[-100, -100, 3, 4, 5, -100], [-100, 1, 2, 3, 4, 5]])
    loss = gkd(temperature=2.0, gradient=gradient).compute_loss(student, teacher, labels)
    counted = labels[:, 1:] != -100
    expected = pull(student[:, :-1], teacher[:, :-1], 2.0, full=gradient == "full")[counted].sum() / counted.sum()
    assert loss.dim() == 0 and loss.dtype is torch.float32 and loss.item() == pytest.approx(expected.item(), rel=1e-5)
    (found,), (wanted,) = gradients(loss, student), gradients(expected, student)
    assert found.dtype is dtype and close(found, wanted, bound)
    assert (found[:, :-1][~counted] == 0).all() and (found[:, -1] == 0).all()


def test_gkd_divides_by_the_items_of_all_accumulated_batches():
    teacher = normal(4, 5, 30, seed=1)
    student = normal(4, 5, 30).requires_grad_()
    labels = torch.ones(4, 5, dtype=torch.long).masked_fill(torch.rand(4, 5, generator=torch.Generator().manual_seed(0)) < 0.4, -100)
    items = (labels[:, 1:] != -100).sum()
    whole = gkd().compute_loss(student, teacher, labels)
    cuts = slice(1), slice(1, 4)
    parts = sum(gkd().compute_loss(student[rows], teacher[rows], labels[rows], num_items_in_batch=items) for rows in cuts)
    assert parts.item() == pytest.approx(whole.item(), rel=1e-6)
    assert close(*gradients(parts, student), gradients(whole, student)[0], 1e-6)
    number = gkd().compute_loss(student, teacher, labels, num_items_in_batch=int(items))
    assert number.item() == pytest.approx(whole.item(), rel=1e-6)


def test_gkd_with_padded_vocabularies():
    student, teacher = normal(1, 5, 48), normal(1, 5, 44, seed=1)
    student[..., 40:], teacher[..., 40:] = 20.0, torch.nan
    student.requires_grad_()
    labels = torch.ones(1, 5, dtype=torch.long)
    with pytest.raises(ValueError, match=r"48.*44.*valid_columns"):
        gkd().compute_loss(student, teacher, labels)
    loss = gkd(valid_columns=40).compute_loss(student, teacher, labels)
    assert loss.item() == pytest.approx(pull(student[:, :-1, :40], teacher[:, :-1, :40]).mean().item(), rel=1e-5)
    (found,) = gradients(loss, student)
    assert (found[..., 40:] == 0).all() and (found[:, :-1, :40] != 0).all()


@pytest.mark.parametrize("reduction", ["batchmean", "sum", "mean", "none"])
def test_gkd_reduces_as_trl_does(reduction):
    hook = gkd().generalized_jsd_loss
    student, teacher = normal(2, 3, 20), normal(2, 3, 20, seed=1)
    labels = torch.tensor([[1, -100, 2], [-100, -100, 3]])
    rows = pull(student, teacher)
    expected = {"batchmean": rows[labels != -100].mean(), "sum": rows[labels != -100].sum(), "mean": rows[labels != -100].mean()}
    expected["none"] = rows[labels != -100]
    assert torch.allclose(hook(student, teacher, labels, reduction=reduction).double(), expected[reduction], rtol=1e-5)
    without = {"batchmean": rows.sum() / 2, "sum": rows.sum(), "mean": rows.mean(), "none": rows}[reduction]
    assert torch.allclose(hook(student, teacher, reduction=reduction).double(), without, rtol=1e-5)
    nothing = hook(student, teacher, torch.full((2, 3), -100), reduction="batchmean")
    assert nothing.item() == 0.0


def test_gold_may_hand_over_probabilities():
    hook = gkd().generalized_jsd_loss
    student, teacher = normal(4, 20), normal(4, 20, seed=1)
    probabilities = student.softmax(-1), teacher.softmax(-1)
    loss = hook(*probabilities, labels=None, beta=0.5, temperature=3.0, reduction="batchmean", logits_are_probs=True)
    assert loss.item() == pytest.approx(hook(student, teacher).item(), rel=1e-4)


def test_gkd_takes_every_argument_of_the_hook():
    ours = inspect.signature(gkd().generalized_jsd_loss).parameters
    assert set(inspect.signature(trainers.GkdTrainer.generalized_jsd_loss).parameters) | {"logits_are_probs"} == set(ours)


# TRL's DistillationTrainer


def distillation(student: Any, teacher: Any, temperature: float = 1.0, **attributes: Any) -> Any:
    hook = recipe("trl_distillation").EquilibriumDistillation
    return type("Trainer", (hook, trainers.DistillationTrainer), attributes)(student, teacher, temperature)


def completions(rows: int = 3, prompt: int = 4, length: int = 6) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(3)
    mask = torch.ones(rows, length, dtype=torch.long)
    mask[0, 4:], mask[2, 1:] = 0, 0
    return {
        "prompt_ids": torch.randint(30, (rows, prompt), generator=generator),
        "prompt_mask": torch.ones(rows, prompt, dtype=torch.long),
        "completion_ids": torch.randint(30, (rows, length), generator=generator),
        "completion_mask": mask,
    }


def logits_of(model: Any, inputs: dict[str, Any], columns: int | None = None) -> Any:
    """The logits that the trainer would have made whole, of the tokens that count."""
    ids, mask = (torch.cat([inputs[f"prompt_{name}"], inputs[f"completion_{name}"]], 1) for name in ("ids", "mask"))
    hidden = model.base_model(ids, mask).last_hidden_state[:, :-1][:, -inputs["completion_ids"].size(1) :]
    config, logits = model.config.get_text_config(), model.head(hidden)
    logits = logits * getattr(config, "logit_scale", 1.0)
    cap = getattr(config, "final_logit_softcapping", None)
    logits = logits if cap is None else cap * torch.tanh(logits / cap)
    return logits[inputs["completion_mask"].bool()][:, :columns]


def models(seed: int = 0, student: int = 40, teacher: int = 40, bias: bool = True, **config: Any) -> tuple[Any, Any]:
    torch.manual_seed(seed)
    return trainers.LanguageModel(student, 8, bias=bias, **config), trainers.LanguageModel(teacher, 12, bias=bias)


WAYS = [{"rows": 4}, {"rows": 100}, {"tile": 16}, {"tile": 64}]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("gradient", ["stop", "full"])
@pytest.mark.parametrize("config", [{}, {"logit_scale": 3.0, "final_logit_softcapping": 2.0}])
@pytest.mark.parametrize("items", [None, 37])
def test_distillation_has_the_pull_and_its_gradient(way, gradient, config, items):
    student, teacher = models(bias=not config, **config)
    inputs = completions()
    trainer = distillation(student, teacher, 1.5, gradient=gradient, **way)
    loss = trainer.compute_loss(student, inputs, num_items_in_batch=None if items is None else torch.tensor(items))
    logits = logits_of(student, inputs)
    rows = pull(logits, logits_of(teacher, inputs), 1.5, full=gradient == "full")
    expected = rows.sum() / (len(rows) if items is None else items)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    leaves = [leaf for leaf in student.parameters()]
    for found, wanted in zip(gradients(loss, *leaves), gradients(expected, *leaves)):
        assert close(found, wanted, 5e-6)
    log_p = (logits / 1.5).log_softmax(-1)
    assert trainer._metrics["train"]["entropy"] == pytest.approx([-(log_p.exp() * log_p).sum(-1).mean().item()], rel=1e-5)
    solved = eq.solve(logits.detach(), logits_of(teacher, inputs).detach(), temperature=1.5)
    assert trainer._metrics["train"]["equilibrium/alpha"] == pytest.approx([solved.alpha.mean().item()], abs=1e-5)
    assert all(leaf.grad is None for leaf in teacher.parameters())


@pytest.mark.parametrize("way", WAYS[1:3])
def test_distillation_with_padded_heads(way):
    student, teacher = models(student=48, teacher=44)
    inputs = completions()
    with pytest.raises(ValueError, match=r"48.*44"):
        distillation(student, teacher, **way).compute_loss(student, inputs)
    loss = distillation(student, teacher, valid_columns=40, **way).compute_loss(student, inputs)
    expected = pull(logits_of(student, inputs, 40), logits_of(teacher, inputs, 40)).mean()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    found, wanted = gradients(loss, student.head.weight)[0], gradients(expected, student.head.weight)[0]
    assert close(found, wanted, 5e-6) and (found[40:] == 0).all()


@pytest.mark.parametrize("way", WAYS[1:3])
def test_distillation_of_nothing_keeps_the_graph(way):
    student, teacher = models()
    inputs = completions()
    inputs["completion_mask"][:] = 0
    loss = distillation(student, teacher, **way).compute_loss(student, inputs)
    assert loss.item() == 0.0
    found = gradients(loss, student.embedding.weight, student.head.weight)
    assert all(gradient is not None and (gradient == 0).all() for gradient in found)


def test_distillation_rolls_out_from_q():
    recipe("transformers_sampling")
    student, teacher = models()
    torch.manual_seed(5)
    prompts = [[1, 2, 3], [4]]
    found = distillation(student, teacher, rollouts=True)._generate_single_turn(prompts, None, {})
    assert [len(ids) for ids in found] == [3, 3] and teacher.calls[0] == (3, 3) and teacher.calls[1] == (1, 4)
    assert "generate" not in vars(student)
    calls = len(teacher.calls)
    distillation(student, teacher)._generate_single_turn(prompts, None, {})
    assert len(teacher.calls) == calls


# transformers


def test_generation_samples_from_q():
    sampling = recipe("transformers_sampling")
    policy, target = models(student=48, teacher=44)
    ids, mask = torch.tensor([[0, 5, 6], [1, 2, 3]]), torch.tensor([[0, 1, 1], [1, 1, 1]])
    processor = sampling.EquilibriumLogits(target, mask, temperature=0.7, valid_columns=40)
    torch.manual_seed(0)
    tokens, scores = policy.generate(ids, mask, logits_processor=[processor], output_scores=True, **processor.GENERATION)
    assert tokens.shape == (2, 7) and [calls[0] for calls in target.calls] == [3, 1, 1, 1]
    assert [positions.tolist() for positions in target.positions[:2]] == [[[0, 0, 1], [0, 1, 2]], [[2], [3]]]
    seen = torch.cat([mask, mask.new_ones(2, 4)], 1)
    for step, log_q in enumerate(scores):
        whole, visible = tokens[:, : 3 + step], seen[:, : 3 + step]
        a, b = (model.head(model.base_model(whole, visible).last_hidden_state)[:, -1] for model in (policy, target))
        found = eq.solve(a.detach(), b.detach(), temperature=0.7, valid_columns=40, outputs=("alpha", "log_q"))
        assert torch.allclose(log_q[:, :40], found.log_q[:, :40], atol=1e-5) and (log_q[:, 40:] == -torch.inf).all()
        assert torch.allclose(processor.alpha[step], found.alpha, atol=1e-5)
        assert log_q.exp().sum(-1).tolist() == pytest.approx([1.0, 1.0], abs=1e-5) and log_q.dtype is torch.float32
    assert (tokens[:, 3:] < 40).all()


def test_generation_repeats_prompts_and_refuses_beams():
    sampling = recipe("transformers_sampling")
    policy, target = models()
    ids, mask = torch.tensor([[0, 5, 6]]), torch.tensor([[0, 1, 1]])
    processor = sampling.EquilibriumLogits(target, mask)
    tokens = policy.generate(ids.repeat(2, 1), mask.repeat(2, 1), logits_processor=[processor])
    assert tokens.shape == (2, 7)
    with pytest.raises(ValueError, match="num_beams=1"):
        two = torch.tensor([[1, 2], [3, 4]])
        beams = sampling.EquilibriumLogits(target)
        policy.generate(two, torch.ones_like(two), logits_processor=[beams], num_beams=2)
    with pytest.raises(ValueError, match="one object a run"):
        policy.generate(ids, mask, logits_processor=[processor])


# TRL's GRPO


def first_word(text: str) -> str | None:
    return text.split()[0] if text else None


def test_grpo_rewards_are_those_of_answer_rewards():
    grpo = recipe("trl_grpo")
    logged: dict[str, float] = {}
    prompts = ["p"] * 4 + ["r"] * 4
    texts = ["4 x", "4 y", "5", "", "7", "7", "7", "8"]
    log_target = {"p": math.log(0.5), "r": 0.0}
    reward = grpo.AnswerReward(first_word, 4, log_target=lambda prompt, answer: log_target[prompt], invalid_reward=-1.0)
    found = trainers.calculate_rewards(reward, prompts, texts, logged.__setitem__, solution=["a"] * 8)
    ids = np.array([[0, 0, 1, -1], [0, 0, 0, 1]])
    target = np.array([[math.log(0.5)] * 3 + [0.0], [0.0] * 4])
    expected = eq.answer_rewards(ids, kind="harmonic", log_target=target, invalid_reward=-1.0).rewards
    assert found.tolist() == pytest.approx(expected.reshape(-1).tolist(), rel=1e-6) and found[3] == -1.0
    assert logged == {"answers/distinct_share": pytest.approx((2 / 3 + 2 / 4) / 2), "answers/valid": 3.5}
    conversation = [[{"role": "assistant", "content": text}] for text in texts]
    assert torch.equal(trainers.calculate_rewards(reward, prompts, conversation), found)


def test_grpo_groups_may_be_split_over_ranks(monkeypatch):
    grpo = recipe("trl_grpo")
    prompts, texts = ["p"] * 4 + ["r"] * 4, ["1", "1", "2", "3", "5", "5", "5", "6"]
    whole = trainers.calculate_rewards(grpo.AnswerReward(first_word, 4, kind="power", m=1), prompts, texts)
    parts = [slice(0, 3), slice(3, 6), slice(6, 8)]
    gathered = [[(prompt, first_word(text)) for prompt, text in zip(prompts[part], texts[part])] for part in parts]
    found = []
    for rank, part in enumerate(parts):
        monkeypatch.setattr(grpo, "_rank", lambda rank=rank: rank)
        reward = grpo.AnswerReward(first_word, 4, kind="power", m=1, gather=lambda mine: gathered)
        found.append(trainers.calculate_rewards(reward, prompts[part], texts[part]))
    assert torch.equal(torch.cat(found), whole)
    with pytest.raises(ValueError, match="group_size=3"):
        grpo.AnswerReward(first_word, 3)(prompts=prompts, completions=texts)


# verl


def verl() -> tuple[Any, Any, Any]:
    """The double, the recipe that has been loaded into it, and the module that it has wrapped a function of."""
    double = trainers.Verl()
    with trainers.installed(**double.modules()):
        module = recipe("verl_equilibrium")
    return double, module, module.fsdp_losses


def listed(target: Any, k: int) -> tuple[Any, Any]:
    found = target.log_softmax(-1).topk(k, -1)
    return found.indices, found.values


@pytest.mark.parametrize("dtype, bound", [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)])
def test_verl_has_the_pull_of_a_teacher_known_by_its_top_k(dtype, bound):
    double, module, fsdp_losses = verl()
    logits = normal(7, 60, dtype=dtype).requires_grad_()
    ids, log_probs = listed(normal(7, 60, seed=1), 8)
    lengths, mask = [4, 3], torch.tensor([[True, True, False, True], [True, True, True, False]])
    losses, metrics = double.step(
        module.NAME, fsdp_losses, logits, trainers.Jagged(log_probs, lengths), trainers.Jagged(ids, lengths), mask
    )
    exact = eq.solve_topk(logits.detach().double(), ids, log_probs.double(), outputs="all")
    expected = trainers.padded(trainers.Jagged(exact.kl_theta, lengths), None)
    assert losses.shape == (2, 4) and (losses >= 0).all() and close(losses.detach(), expected, 1e-4)
    alpha = trainers.padded(trainers.Jagged(exact.alpha, lengths), None)
    assert metrics["distillation/alpha"] == pytest.approx(alpha[mask].mean().item(), abs=1e-4)
    (found,) = gradients(losses[mask].sum(), logits)
    wanted = exact.gradient * torch.tensor([1, 1, 0, 1, 1, 1, 1])[:, None]
    assert found.dtype is dtype and close(found, wanted, bound)
    assert double.settings[module.NAME].use_topk and metrics["distillation/teacher_mass"] <= 1.0


def test_verl_with_a_padded_student(monkeypatch):
    double, module, fsdp_losses = verl()
    monkeypatch.setattr(module, "VALID_COLUMNS", 30)
    logits = normal(4, 36)
    logits[:, 30:] = 20.0
    logits.requires_grad_()
    ids, log_probs = listed(normal(4, 30, seed=1), 8)
    nested = trainers.Jagged(log_probs, [4]), trainers.Jagged(ids, [4])
    losses, _ = double.step(module.NAME, fsdp_losses, logits, *nested, torch.ones(1, 4, dtype=torch.bool))
    exact = eq.solve_topk(logits.detach(), ids, log_probs, valid_columns=30, outputs="all")
    assert close(losses[0].detach(), exact.kl_theta, 1e-4)
    (found,) = gradients(losses.sum(), logits)
    assert close(found[:, :30], exact.gradient[:, :30], 1e-4) and (found[:, 30:] == 0).all()


def test_verl_keeps_its_own_losses():
    _, module, fsdp_losses = verl()
    config = SimpleNamespace(distillation_loss=SimpleNamespace(loss_mode="forward_kl_topk"))
    assert fsdp_losses.compute_forward_kl_topk is module.compute_topk
    assert module.compute_topk(torch.zeros(1, 2, 3), None, None, config, "thd") == "verl's own"


def test_verl_with_empty_slots_and_a_teacher_that_lists_all():
    _, module, _ = verl()
    logits, target = normal(3, 6).requires_grad_(), normal(3, 6, seed=1)
    ids, log_probs = listed(target, 6)
    all_listed = module.equilibrium_topk(logits, ids, log_probs)
    assert close(all_listed["distillation_losses"].detach(), pull(logits.detach(), target), 1e-4)
    ids[:, 4:], log_probs = -1, log_probs.clone()
    with_gaps = module.equilibrium_topk(logits, ids, log_probs)
    exact = eq.solve_topk(logits.detach(), ids, log_probs, outputs="all")
    assert close(with_gaps["distillation_losses"].detach(), exact.kl_theta, 1e-4)
    (found,) = gradients(with_gaps["distillation_losses"].sum(), logits)
    assert close(found, exact.gradient, 1e-4)


# liger


def liger() -> Any:
    base = {"LigerFusedLinearDistillationBase": trainers.LigerBase}
    with trainers.installed(liger_kernel__chunked_loss__fused_linear_distillation=base):
        return recipe("liger_equilibrium")


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("hard", [0.0, 0.3])
def test_liger_has_the_pull_and_its_gradient(bias, hard):
    module = liger()
    hidden, head = normal(9, 6, scale=1.0).requires_grad_(), normal(25, 6, seed=1, scale=1.0).requires_grad_()
    teacher_hidden, teacher_head = normal(9, 8, seed=2, scale=1.0), normal(25, 8, seed=3, scale=1.0)
    labels = torch.tensor([1, 2, -100, 4, -100, 6, 7, 8, 9])
    offset = normal(25, seed=4).requires_grad_() if bias else None
    loss_of = module.LigerEquilibriumLoss(weight_hard_loss=hard, weight_soft_loss=1.0 - hard, temperature=2.0, compiled=False, chunk_size=4)
    tensors = {"student_input": hidden, "student_weight": head, "teacher_input": teacher_hidden, "teacher_weight": teacher_head}
    loss = loss_of(**tensors, true_labels=labels, student_bias=offset)
    logits = hidden @ head.t() + (offset if bias else 0)
    valid = labels != -100
    expected = (1.0 - hard) * pull(logits, teacher_hidden @ teacher_head.t(), 2.0)[valid].mean()
    expected = expected + hard * torch.nn.functional.cross_entropy(logits[valid], labels[valid])
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    leaves = [hidden, head] + ([offset] if bias else [])
    for found, wanted in zip(gradients(3 * loss, *leaves), gradients(3 * expected, *leaves)):
        assert close(found, wanted, 5e-6)
    with pytest.raises(TypeError, match="beta"):
        module.LigerEquilibriumLoss(beta=0.5)


def test_liger_with_padded_heads(monkeypatch):
    module = liger()
    monkeypatch.setattr(module.EquilibriumFunction, "valid_columns", 20)
    hidden, head = normal(5, 6).requires_grad_(), normal(24, 6, seed=1).requires_grad_()
    teacher_hidden, teacher_head = normal(5, 6, seed=2), normal(28, 6, seed=3)
    loss = module.LigerEquilibriumLoss(compiled=False)(hidden, head, teacher_hidden, teacher_head, torch.ones(5, dtype=torch.long))
    expected = pull((hidden @ head.t())[:, :20], (teacher_hidden @ teacher_head.t())[:, :20]).mean()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    (found,), (wanted,) = gradients(loss, head), gradients(expected, head)
    assert close(found, wanted, 5e-6) and (found[20:] == 0).all()


# The plain loop


def test_the_plain_loop_measures_what_it_trains():
    loop = recipe("plain_loop")
    traces = {name: loop.train(loss, 15, 0) for name, loss in loop.LOSSES.items()}
    for name, trace in traces.items():
        assert trace["step"] == [0, 5, 10, 15] and all(math.isfinite(number) for values in trace.values() for number in values)
        assert trace["kl"][-1] < trace["kl"][0] and trace["kl"][0] == traces["JSD"]["kl"][0], name
        assert all(0 <= number <= 1 for field in ("alpha", "ess_theta", "ess_target") for number in trace[field])
    assert loop.train(loop.jsd, 5, 0)["kl"] == traces["JSD"]["kl"][:2]


def test_the_plain_loop_counts_tokens_with_a_label_only():
    loop = recipe("plain_loop")
    torch.manual_seed(0)
    teacher, student = loop.Model(8), loop.Model(8)
    tokens, labels = loop.batch(torch.Generator().manual_seed(0))
    mask = labels[:, 1:] != loop.PAD
    policy, target = student(tokens)[:, :-1], teacher(tokens)[:, :-1].detach()
    found, expected = loop.step(student, teacher, tokens, labels, loop.equilibrium), pull(policy, target)[mask].mean()
    assert not mask.all() and found.item() == pytest.approx(expected.item(), rel=1e-6)
    for one, other in zip(gradients(found, *student.parameters()), gradients(expected, *student.parameters())):
        assert close(one, other, 1e-5)
    p, t = policy.log_softmax(-1), target.log_softmax(-1)
    reference = torch.nn.functional.kl_div(p, t, reduction="none", log_target=True).sum(-1)[mask].mean()
    assert loop.step(student, teacher, tokens, labels, loop.forward_kl).item() == pytest.approx(reference.item(), rel=1e-5)


ROOT = trainers.RECIPES.parents[2]


def test_the_page_of_the_plain_loop_says_what_the_file_does():
    traces = json.loads((ROOT / "bench/results/plain-loop.json").read_text(encoding="utf-8"))["traces"]
    page = (ROOT / "docs/trainers/plain-loop.md").read_text(encoding="utf-8").replace("\\*", "*")
    for label, trace in traces.items():
        numbers = " | ".join(f"{trace[field][-1]:.3f}" for field in recipe("plain_loop").FIELDS)
        assert f"| {label} | {numbers} |" in page
    assert traces["KL(q*‖student)"]["forward"][-1] <= 1.06 * traces["forward KL"]["forward"][-1]


def test_the_picture_of_the_plain_loop_is_what_its_script_makes(tmp_path):
    pytest.importorskip("matplotlib")
    for name in ("demo", "docs/images", "bindings/python/recipes", "bench/results"):
        shutil.copytree(ROOT / name, tmp_path / name)
    made = tmp_path / "docs/images/plain-loop.svg"
    made.unlink()
    subprocess.run([sys.executable, str(tmp_path / "docs/images/make_loop.py")], env=environment(), check=True, timeout=240)
    pictures = made, ROOT / "docs/images/plain-loop.svg"
    texts = [re.findall(r"<text[^>]*>([^<]*)</text>", picture.read_text(encoding="utf-8")) for picture in pictures]
    assert texts[0] == texts[1] and texts[0]


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_the_plain_loop_draws_and_writes(suffix, tmp_path):
    pytest.importorskip("matplotlib")
    picture, figures = tmp_path / f"loop.{suffix}", tmp_path / "loop.json"
    command = [sys.executable, str(trainers.RECIPES / "plain_loop.py"), "--steps", "2", "--out", str(picture), "--figures", str(figures)]
    done = subprocess.run(command, env=environment(PYTHONIOENCODING="utf-8"), capture_output=True, text=True, encoding="utf-8", timeout=240)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 6 and "forward KL" in figures.read_text(encoding="utf-8")
    drawn = picture.read_bytes()
    assert drawn.startswith(b"\x89PNG") if suffix == "png" else b"<svg" in drawn and b'href="http' not in drawn
