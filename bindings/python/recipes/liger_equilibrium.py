"""liger-kernel's fused linear distillation with KL(q* || student): LM heads, loss and gradient chunk by chunk, as its JSD has them.

    loss = EquilibriumFunction.apply(student_hidden, student_head, teacher_hidden, teacher_head, labels, None, None)

or ``trainer.liger_loss = LigerEquilibriumLoss()`` in a TRL trainer that uses liger's. The base class calls ``distillation_loss_fn`` on
[chunk, vocabulary] under ``torch.func.grad_and_value`` and, with ``compiled=True``, ``torch.compile``: that takes PyTorch 2.4 or later,
where the loss is an operator, and compiled a recent one (2.14 does, 2.6 does not).

Where a head is padded, set ``EquilibriumFunction.valid_columns = len(tokenizer)``: the base class fills the logits of a narrower student
with zeros, which would be tokens otherwise.

Written for liger-kernel 0.8.5; the test runs it on a double of the base class.
"""

from __future__ import annotations

from typing import Any

import torch
from liger_kernel.chunked_loss.fused_linear_distillation import LigerFusedLinearDistillationBase

import equipoise.torch as et


class EquilibriumFunction(LigerFusedLinearDistillationBase):  # type: ignore[misc]
    """The base class does the heads, the chunks and the division by the number of valid labels."""

    valid_columns: int | None = None

    @staticmethod
    def distillation_loss_fn(student_logits: Any, teacher_logits: Any, target: Any = None, ignore_index: int = -100, **_: Any) -> Any:
        """The sum over a chunk [rows, vocabulary], already divided by the temperature; ``beta`` has no say."""
        mask = None if target is None else target != ignore_index
        loss, _, _ = et.equilibrium_loss(student_logits, teacher_logits, mask=mask, valid_columns=EquilibriumFunction.valid_columns)
        return loss.sum().to(torch.float32)

    @classmethod
    def forward(
        cls,
        ctx: Any,
        student_input: Any,
        student_weight: Any,
        teacher_input: Any,
        teacher_weight: Any,
        true_labels: Any,
        student_bias: Any = None,
        teacher_bias: Any = None,
        weight_hard_loss: float = 0.0,
        weight_soft_loss: float = 1.0,
        ignore_index: int = -100,
        temperature: float = 1.0,
        compiled: bool = True,
        chunk_size: int = 1024,
    ) -> Any:
        """Hidden states [tokens, hidden], heads [vocabulary, hidden], labels [tokens]; the loss, a number."""
        return super().forward(
            cls=cls,
            ctx=ctx,
            student_input=student_input,
            student_weight=student_weight,
            teacher_input=teacher_input,
            teacher_weight=teacher_weight,
            target=true_labels,
            student_bias=student_bias,
            teacher_bias=teacher_bias,
            chunk_size=chunk_size,
            ignore_index=ignore_index,
            weight_hard_loss=weight_hard_loss,
            weight_soft_loss=weight_soft_loss,
            compute_ce_loss=weight_hard_loss != 0.0,
            temperature=temperature,
            compiled=compiled,
        )

    @staticmethod
    def backward(ctx: Any, grad_output: Any, *rest: Any) -> Any:
        """Of the student's hidden states, head and bias."""
        return (*LigerFusedLinearDistillationBase.backward(ctx, grad_output, *rest)[:6], *[None] * 7)


class LigerEquilibriumLoss(torch.nn.Module):
    """As liger's own loss modules: options once, tensors at each call."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.options = {
            "weight_hard_loss": 0.0,
            "weight_soft_loss": 1.0,
            "ignore_index": -100,
            "temperature": 1.0,
            "compiled": True,
            "chunk_size": 1024,
        }
        unknown = options.keys() - self.options.keys()
        if unknown:
            raise TypeError(f"LigerEquilibriumLoss has no option {', '.join(sorted(unknown))}")
        self.options |= options

    def forward(
        self,
        student_input: Any,
        student_weight: Any,
        teacher_input: Any,
        teacher_weight: Any,
        true_labels: Any,
        student_bias: Any = None,
        teacher_bias: Any = None,
    ) -> Any:
        """The tensors by the names that TRL's trainers use."""
        tensors = (student_input, student_weight, teacher_input, teacher_weight, true_labels, student_bias, teacher_bias)
        return EquilibriumFunction.apply(*tensors, *self.options.values())
