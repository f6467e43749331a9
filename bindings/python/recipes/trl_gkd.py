"""TRL's GKD and GOLD trainers with KL(q* || student) in the place of the generalised Jensen-Shannon divergence.

Both trainers call ``self.generalized_jsd_loss`` on shifted logits, so a class in front of theirs is all it takes::

    from trl.experimental.gkd import GKDTrainer  # or trl.experimental.gold: GOLDTrainer

    class Trainer(EquilibriumLoss, GKDTrainer):
        valid_columns = len(tokenizer)  # where either model's vocabulary is padded

``beta`` has no say. GOLD's loss between two tokenizers calls the trainer's own class and keeps its divergence. Leave ``use_liger_kernel``
off: the fused path never calls this hook (liger_equilibrium.py is for that).

Written for TRL 1.16. The test runs it on a double with the hook's signature, since TRL is not among the package's requirements.
"""

from __future__ import annotations

from typing import Any

import torch

import equipoise.torch as et

IGNORED = -100


class EquilibriumLoss:
    """To stand before GKDTrainer or GOLDTrainer in the list of base classes."""

    valid_columns: int | None = None
    """How many leading logits are tokens. Widths that differ without it are an error."""
    gradient = "stop"
    """"stop": q* is a constant; "full": it moves with the student, and rows weigh alpha*."""
    last: dict[str, float] = {}
    """alpha and ESS of the last call's valid tokens, to be logged."""

    @classmethod
    def generalized_jsd_loss(
        cls,
        student_logits: Any,
        teacher_logits: Any,
        labels: Any = None,
        beta: float = 0.5,
        temperature: float = 1.0,
        reduction: str = "batchmean",
        *,
        logits_are_probs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """The hook: logits [batch, sequence, vocabulary] after the causal shift, labels [batch, sequence] with -100 for the rest."""
        if logits_are_probs:
            student_logits, teacher_logits = (probabilities.clamp_min(1e-8).log() for probabilities in (student_logits, teacher_logits))
            temperature = 1.0
        mask = None if labels is None else labels != IGNORED
        loss, alpha, ess = et.equilibrium_loss(
            student_logits, teacher_logits, mask=mask, temperature=temperature, valid_columns=cls.valid_columns, gradient=cls.gradient
        )
        counted = loss.numel() if mask is None else int(mask.sum())
        cls.last = {name: float(rows.sum()) / max(counted, 1) for name, rows in (("alpha", alpha), ("ess", ess))}
        return _reduced(loss.to(torch.float32), mask, reduction, num_items_in_batch)


def _reduced(loss: Any, mask: Any, reduction: str, num_items_in_batch: Any) -> Any:
    """As TRL reduces its divergence; the rows that the mask leaves out are 0 already."""
    if num_items_in_batch is not None:  # of all ranks and accumulated batches
        return loss.sum() / (num_items_in_batch.to(loss.device) if isinstance(num_items_in_batch, torch.Tensor) else num_items_in_batch)
    if reduction == "batchmean":
        return loss.sum() / (max(loss.size(0), 1) if mask is None else mask.sum().clamp_min(1))
    if reduction == "sum":
        return loss.sum()
    valid = loss if mask is None else loss[mask]
    return valid.mean() if reduction == "mean" else valid
