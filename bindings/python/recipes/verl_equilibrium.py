"""A distillation loss for verl: KL(q* || student) where the teacher's server sends its top K, as ``loss_mode=equilibrium_topk``.

    VERL_USE_EXTERNAL_MODULES=verl_equilibrium python -m verl.trainer.main_ppo ... \\
        distillation.distillation_loss.loss_mode=equilibrium_topk distillation.distillation_loss.topk=64

(or an entry point of the group ``verl.plugins``). All tokens that the teacher did not list are one event on both sides, so that the loss is
a KL of two distributions: never negative, which the truncated sum is. The teacher's log-probabilities are at temperature 1.

verl computes a top-k loss in two places: the strategy's ``compute_forward_kl_topk``, called by name while the logits are there, which is
wrapped here for FSDP and VeOmni; and the registered function, which turns its outputs into losses and metrics.

Written for verl 0.9.1. The test runs it on doubles of both places, on the processor; CUDA tensors are solved where they are.
"""

from __future__ import annotations

from typing import Any

import torch
import verl.trainer.distillation.fsdp.losses as fsdp_losses
from verl.trainer.distillation.losses import DistillationLossSettings, register_distillation_loss
from verl.utils.ulysses import get_ulysses_sequence_parallel_world_size, slice_input_tensor
from verl.workers.utils.padding import no_padding_2_padding

import equipoise as eq

NAME = "equilibrium_topk"
VALID_COLUMNS = None  # len(tokenizer), where the student's vocabulary is padded
METRICS = ("alpha", "student_mass", "teacher_mass")

_forward_kl_topk = fsdp_losses.compute_forward_kl_topk


def compute_topk(student_logits: Any, teacher_topk_log_probs: Any, teacher_topk_ids: Any, config: Any, data_format: str) -> Any:
    """Stands for the strategy's own: logits [1, tokens, vocabulary], the teacher's nested [batch, tokens, k]; a dict of [1, tokens]."""
    if config.distillation_loss.loss_mode != NAME:
        return _forward_kl_topk(student_logits, teacher_topk_log_probs, teacher_topk_ids, config, data_format)
    log_probs, ids = (nested.values().unsqueeze(0) for nested in (teacher_topk_log_probs, teacher_topk_ids))
    if get_ulysses_sequence_parallel_world_size() > 1:
        log_probs, ids = slice_input_tensor(log_probs, dim=1), slice_input_tensor(ids, dim=1)
    return equilibrium_topk(student_logits[..., :VALID_COLUMNS], ids, log_probs)


def equilibrium_topk(logits: Any, ids: Any, log_probs: Any) -> dict[str, Any]:
    """KL(q* || student) on k + 1 events, q* standing still, with the gradient p - q* in the logits; all [...]."""
    policy, teacher = events(logits, ids, log_probs)
    found = eq.solve(policy.detach(), teacher, scores="log_probs", outputs=("alpha", "log_q"))
    q = found.log_q.exp()
    pull = (q * (found.log_q - policy).masked_fill(q == 0, 0.0)).sum(-1)
    return {
        "distillation_losses": pull,
        "student_mass": policy[..., :-1].detach().exp().sum(-1),
        "teacher_mass": teacher[..., :-1].exp().sum(-1),
        "alpha": found.alpha.to(pull.dtype),
    }


def events(logits: Any, ids: Any, log_probs: Any) -> tuple[Any, Any]:
    """Log-probabilities [..., k + 1] of the listed tokens and of all others, under the student and the teacher."""
    empty = ids < 0
    logits = logits.float()
    total = logits.logsumexp(-1, keepdim=True)
    listed = (logits.gather(-1, ids.clamp_min(0).long()) - total).masked_fill(empty, -torch.inf)
    teacher = log_probs.float().masked_fill(empty, -torch.inf)
    return _with_tail(listed), _with_tail(teacher)


def _with_tail(listed: Any) -> Any:
    """With log(1 - sum) as a last column; a sum that rounding takes to 1 leaves -inf."""
    mass = listed.exp().sum(-1, keepdim=True)
    tail = torch.where(mass < 1.0, torch.log1p(-mass.clamp_max(1.0 - 2.0**-24)), torch.full_like(mass, -torch.inf))
    return torch.cat([listed, tail], -1)


@register_distillation_loss(DistillationLossSettings(names=[NAME], use_topk=True))
def compute_equilibrium_topk(config: Any, distillation_config: Any, model_output: Any, data: Any) -> tuple[Any, dict[str, Any]]:
    """Losses [batch, response] from what ``compute_topk`` left in the model's output, and the means of the rest as metrics."""
    mask = data["response_mask"]
    mask = mask.bool().to_padded_tensor(False) if mask.is_nested else mask.bool()
    metrics = {f"distillation/{name}": no_padding_2_padding(model_output[name], data)[mask].float().mean().item() for name in METRICS}
    return no_padding_2_padding(model_output["distillation_losses"], data), metrics


fsdp_losses.compute_forward_kl_topk = compute_topk
