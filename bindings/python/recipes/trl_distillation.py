"""TRL's DistillationTrainer with KL(q* || student): dense, some tokens at a time, or in tiles of the vocabulary through PartialStatistics.

    from trl import DistillationTrainer

    class Trainer(EquilibriumDistillation, DistillationTrainer):
        tile = None           # dense: ``rows`` tokens at a time, whole rows of logits
        # tile = 32768        # never a whole row: tiles of so many columns, computed on the processor

        rollouts = True       # completions from q* (transformers_sampling.py beside this file), not from the student

The trainer hands over hidden states and both heads; it wants the loss, the sum of the student's entropies and the number of tokens. alpha*
and the student's ESS go to its metrics. Logits are made as its own loss makes them: scale, soft cap, temperature. For rollouts from q* give
the config ``temperature=1.0, top_k=0, top_p=1.0, use_vllm=False``. Heads sharded by ZeRO-3 are to be gathered around the call.

Written for TRL 1.16; the test runs it on a double of the trainer with the hooks' signatures.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Iterator

import torch
from torch.utils.checkpoint import checkpoint

import equipoise as eq
import equipoise.torch as et

MULTIMODAL = (
    "pixel_values",
    "image_grid_thw",
    "pixel_attention_mask",
    "spatial_shapes",
    "image_sizes",
    "token_type_ids",
    "mm_token_type_ids",
    "image_position_ids",
)


class EquilibriumDistillation:
    """To stand before DistillationTrainer in the list of base classes."""

    rows = 256
    tile: int | None = None
    gradient = "stop"
    valid_columns: int | None = None
    """How many leading logits are tokens: len(tokenizer), where either head is padded."""
    rollouts = False

    def _compute_loss(self: Any, unwrapped_student: Any, inputs: Any, num_items_in_batch: Any) -> tuple[Any, Any, Any]:
        """The hook."""
        input_ids = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], dim=1)
        attention_mask = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], dim=1)
        wanted = input_ids, attention_mask, inputs["completion_ids"].size(1)
        extra = {name: inputs[name] for name in MULTIMODAL if name in inputs}
        hidden = self._get_last_hidden_state(unwrapped_student, *wanted, **extra)
        self.teacher_model.eval()
        teacher = self.accelerator.unwrap_model(self.teacher_model)
        with torch.no_grad():
            teacher_hidden = self._forward_redirection(
                self.teacher_model, teacher, self._get_last_hidden_state, teacher, *wanted, **extra
            )
        valid = inputs["completion_mask"].reshape(-1) != 0
        hidden, teacher_hidden = (states.reshape(-1, states.size(-1))[valid] for states in (hidden, teacher_hidden))
        loss, entropy, alpha, ess = self._pull(Head(unwrapped_student), hidden, Head(teacher), teacher_hidden)
        counted = valid.sum()
        mode = "train" if self.model.training else "eval"
        for name, rows in (("alpha", alpha), ("ess", ess)):
            if rows is not None and len(rows):
                self._metrics[mode][f"equilibrium/{name}"].append(rows.mean().item())
        share = counted.clamp_min(1) if num_items_in_batch is None else num_items_in_batch
        return loss / share, entropy.detach(), counted

    def _pull(self: Any, head: Head, hidden: Any, teacher_head: Head, teacher_hidden: Any) -> tuple[Any, Any, Any, Any]:
        """The sums of loss and entropy over all tokens, and alpha and ESS of each."""
        if self.tile is not None:
            options = self.temperature, self.tile, self.valid_columns, self.gradient
            rows, entropy, alpha = TiledLoss.apply(hidden, head.weight, head.bias, head, teacher_hidden, teacher_head, *options)
            return rows.sum().float(), entropy.sum().float(), alpha, None
        sums = [hidden.float().sum() * 0.0 + head.weight.float().sum() * 0.0, torch.zeros((), device=hidden.device)]
        kept: list[Any] = []
        for start in range(0, len(hidden), self.rows):
            part = slice(start, start + self.rows)
            loss, entropy, *found = checkpoint(self._some, head, hidden[part], teacher_head, teacher_hidden[part], use_reentrant=False)
            sums = [sums[0] + loss, sums[1] + entropy]
            kept.append(found)
        alpha, ess = (torch.cat(values) for values in zip(*kept)) if kept else (hidden.new_zeros(0), hidden.new_zeros(0))
        return sums[0], sums[1], alpha, ess

    def _some(self: Any, head: Head, hidden: Any, teacher_head: Head, teacher_hidden: Any) -> tuple[Any, Any, Any, Any]:
        """Of some tokens, whole rows at once; made again in the backward pass."""
        logits = head(hidden)
        with torch.no_grad():
            target = teacher_head(teacher_hidden)
        loss, alpha, ess = et.equilibrium_loss(
            logits, target, temperature=self.temperature, valid_columns=self.valid_columns, gradient=self.gradient
        )
        log_p = (logits.detach()[:, : self.valid_columns] / self.temperature).log_softmax(-1)
        return loss.sum().float(), -(log_p.exp() * log_p).sum(), alpha, ess

    def _generate_single_turn(self: Any, prompt_ids: Any, *rest: Any, **options: Any) -> Any:
        """Rollouts from q*, by a logits processor put into the student's ``generate``."""
        if not self.rollouts:
            return super()._generate_single_turn(prompt_ids, *rest, **options)  # type: ignore[misc]
        from transformers_sampling import EquilibriumLogits

        student = self.accelerator.unwrap_model(self.model_wrapped)
        teacher = self.accelerator.unwrap_model(self.teacher_model)
        plain = student.generate

        def generate(**inputs: Any) -> Any:
            processor = EquilibriumLogits(teacher, inputs.get("attention_mask"), valid_columns=self.valid_columns)
            return plain(**inputs, logits_processor=[processor])

        student.generate = generate
        try:
            return super()._generate_single_turn(prompt_ids, *rest, **options)  # type: ignore[misc]
        finally:
            del student.generate


class Head:
    """An LM head with what its model does to logits: a scale, a soft cap."""

    def __init__(self, model: Any) -> None:
        layer, config = model.get_output_embeddings(), model.config.get_text_config()
        self.weight, self.bias = _whole(layer.weight), _whole(layer.bias)
        scale = getattr(config, "logit_scale", None)
        scale = getattr(config, "output_multiplier", None) if scale is None else scale
        self.scale = 1.0 if scale is None else scale
        self.cap = getattr(config, "final_logit_softcapping", None)

    def __call__(self, hidden: Any, columns: slice = slice(None)) -> Any:
        """Logits [rows, columns] in float32."""
        logits = hidden.float() @ self.weight[columns].float().t()
        if self.bias is not None:
            logits = logits + self.bias[columns].float()
        logits = logits * self.scale
        return logits if self.cap is None else self.cap * torch.tanh(logits / self.cap)

    def back(self, logits: Any, gradient: Any) -> Any:
        """The gradient before scale and cap."""
        return gradient * self.scale if self.cap is None else gradient * self.scale * (1.0 - (logits / self.cap) ** 2)


def _whole(tensor: Any) -> Any:
    """An FSDP2 head as a plain tensor."""
    return tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor


class TiledLoss(torch.autograd.Function):
    """KL(q* || student) of every token without a whole row of logits: one pass finds alpha*, the backward pass makes each tile again."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any,
        hidden: Any,
        weight: Any,
        bias: Any,
        head: Head,
        teacher_hidden: Any,
        teacher_head: Head,
        temperature: float,
        width: int,
        valid_columns: int | None,
        gradient: str,
    ) -> Any:
        tokens = min(len(weight), len(teacher_head.weight)) if valid_columns is None else valid_columns
        if valid_columns is None and len(weight) != len(teacher_head.weight):
            raise ValueError(f"the heads have {len(weight)} and {len(teacher_head.weight)} rows: set valid_columns")
        pairs = partial(_tiles, head, hidden, teacher_head, teacher_hidden, tokens, width)
        statistics = eq.PartialStatistics(len(hidden), temperature=temperature)
        means: list[Any] = []
        for _, logits, target in pairs():
            statistics.update(logits, target)
            tempered = logits.double() / temperature
            lse = tempered.logsumexp(-1)
            means.append((lse, ((tempered - lse[:, None]).exp() * tempered).sum(-1)))
        solution = statistics.solve()
        while not solution.converged:
            for _, logits, target in pairs():
                statistics.refine(logits, target)
            solution = statistics.solve()
        entropy = solution.theta_lse - sum((lse - solution.theta_lse).exp() * mean for lse, mean in means)
        ctx.save_for_backward(hidden, weight, bias, solution.theta_lse, solution.alpha)
        ctx.head, ctx.pairs, ctx.statistics, ctx.temperature, ctx.gradient = head, pairs, statistics, temperature, gradient
        results = [rows.to(hidden.device) for rows in (-solution.log_z, entropy, solution.alpha)]
        ctx.mark_non_differentiable(*results[1:])
        return tuple(results)

    @staticmethod
    def backward(ctx: Any, upstream: Any, *_: Any) -> Any:  # type: ignore[override]
        hidden, weight, bias, lse, alpha = ctx.saved_tensors
        factor = upstream.cpu() / ctx.temperature * (alpha if ctx.gradient == "full" else 1.0)
        to_hidden, to_weight = torch.zeros_like(hidden, dtype=torch.float32), torch.zeros_like(weight)
        to_bias = None if bias is None else torch.zeros_like(bias)
        for columns, logits, target in ctx.pairs():
            q = ctx.statistics.q(logits, target)
            pull = ((logits / ctx.temperature - lse[:, None]).exp() - q) * factor[:, None]
            pull = ctx.head.back(logits, pull).to(hidden.device, torch.float32)
            to_hidden += pull @ weight[columns].float()
            to_weight[columns] = (pull.t() @ hidden.float()).to(weight.dtype)
            if to_bias is not None:
                to_bias[columns] = pull.sum(0).to(bias.dtype)
        return (to_hidden.to(hidden.dtype), to_weight, to_bias, *[None] * 7)


def _tiles(head: Head, hidden: Any, teacher_head: Head, teacher_hidden: Any, tokens: int, width: int) -> Iterator[tuple[slice, Any, Any]]:
    """Column ranges with both tiles of logits, on the processor."""
    with torch.no_grad():
        for first in range(0, tokens, width):
            columns = slice(first, min(first + width, tokens))
            yield columns, head(hidden, columns).cpu(), teacher_head(teacher_hidden, columns).cpu()
