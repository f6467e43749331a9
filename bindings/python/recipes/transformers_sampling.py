"""Samples from q* of two language models with transformers' ``generate``: what both find likely, at the Chernoff point of each step.

    processor = EquilibriumLogits(teacher, attention_mask=inputs["attention_mask"], temperature=0.8)
    out = policy.generate(**inputs, logits_processor=[processor], **EquilibriumLogits.GENERATION, return_dict_in_generate=True,
                          output_scores=True)

A logits processor sees the scores before temperature, top-k and top-p, which would bend q* into something else: the temperature belongs in
the solve, and ``GENERATION`` switches the rest off. ``out.scores`` then are log q*, one entry a step: with the policy's log-probabilities
of the same tokens they make ``equipoise.importance_weights``. One object serves one call of ``generate``. Tensors stay on their device.

Written for transformers 5.23 and run with 5.12; the test runs it in a double of the sampling loop.
"""

from __future__ import annotations

from inspect import signature
from typing import Any

import torch

import equipoise as eq

try:
    from transformers import LogitsProcessor
except ImportError:  # any callable of two arguments will do
    LogitsProcessor = object


class EquilibriumLogits(LogitsProcessor):  # type: ignore[misc]
    """Turns the policy's scores [batch, vocabulary] into log q*, with a second model as the target."""

    GENERATION = {"do_sample": True, "num_beams": 1, "temperature": 1.0, "top_k": 0, "top_p": 1.0}

    def __init__(self, target: Any, attention_mask: Any = None, temperature: Any = 1.0, valid_columns: int | None = None) -> None:
        self.target = target
        self.temperature = temperature
        self.valid_columns = valid_columns
        self.alpha: list[Any] = []
        """[batch] float64 of every step."""
        self._mask = attention_mask
        self._has_positions = "position_ids" in signature(target.forward).parameters
        self._cache: Any = None
        self._seen: Any = None

    @torch.no_grad()
    def __call__(self, input_ids: Any, scores: Any) -> Any:
        logits = self._next(input_ids)
        found = eq.solve(scores, logits, temperature=self.temperature, valid_columns=self.valid_columns, outputs=("alpha", "log_q"))
        self.alpha.append(found.alpha)
        return found.log_q.to(scores.dtype)

    def _next(self, input_ids: Any) -> Any:
        """The target's logits after ``input_ids``, from its own cache."""
        fresh = input_ids
        if self._seen is not None:
            if input_ids.shape[1] != self._seen.shape[1] + 1 or not torch.equal(input_ids[:, :-1], self._seen):
                raise ValueError("input_ids does not go on from the last step: num_beams=1, as beams reorder rows, and one object a run")
            fresh = input_ids[:, -1:]
        self._seen = input_ids
        mask = torch.ones_like(input_ids) if self._mask is None else self._mask
        if mask.shape[1] < input_ids.shape[1]:
            mask = torch.cat([mask, mask.new_ones(len(mask), input_ids.shape[1] - mask.shape[1])], 1)
        if len(mask) != len(input_ids):  # num_return_sequences
            mask = mask.repeat_interleave(len(input_ids) // len(mask), 0)
        self._mask = mask
        positions = (mask.cumsum(1) - 1).clamp_min(0)[:, -fresh.shape[1] :]  # those of generate(), which padding on the left does not shift
        options = {"position_ids": positions} if self._has_positions else {}
        out = self.target(input_ids=fresh, attention_mask=mask, past_key_values=self._cache, use_cache=True, **options)
        self._cache = out.past_key_values
        return out.logits[:, -1]
