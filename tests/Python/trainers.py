"""Doubles of the trainers that the recipes plug into: nothing but the hooks, with the signatures and the calls of the real ones.

None of the trainers is installed where these tests run, so a recipe is tested against what its trainer does around the hook.
"""

from __future__ import annotations

import contextlib
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Iterator

import torch

RECIPES = Path(__file__).resolve().parents[2] / "bindings" / "python" / "recipes"


def recipe(name: str) -> Any:
    """The module of a recipe, as a user's copy of the file would be loaded."""
    specification = spec_from_file_location(name, RECIPES / f"{name}.py")
    assert specification is not None and specification.loader is not None
    module = module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


@contextlib.contextmanager
def installed(**modules: Any) -> Iterator[None]:
    """Modules that are there for a while: names with dots written as double underscores."""
    names = [name.replace("__", ".") for name in modules]
    parents = {".".join(name.split(".")[:end]) for name in names for end in range(1, name.count(".") + 1)}
    kept = {name: sys.modules.get(name) for name in {*names, *parents}}
    sys.modules.update({name: ModuleType(name) for name in parents})
    for name, content in zip(names, modules.values()):
        module = ModuleType(name)
        vars(module).update(content)
        sys.modules[name] = module
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], last, module)
    try:
        yield
    finally:
        for name, module in kept.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


class GkdTrainer:
    """trl.experimental.gkd.GKDTrainer, and GOLDTrainer for models with one tokenizer: the part of ``compute_loss`` around the hook."""

    beta = 0.5
    temperature = 1.0

    @staticmethod
    def generalized_jsd_loss(
        student_logits, teacher_logits, labels=None, beta=0.5, temperature=1.0, reduction="batchmean", num_items_in_batch=None
    ):
        raise AssertionError("the recipe overrides this")

    def compute_loss(self, student_logits: Any, teacher_logits: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        return self.generalized_jsd_loss(
            student_logits=student_logits[:, :-1, :],
            teacher_logits=teacher_logits[:, :-1, :],
            labels=labels[:, 1:],
            beta=self.beta,
            temperature=self.temperature,
            num_items_in_batch=num_items_in_batch,
        )


class LanguageModel(torch.nn.Module):
    """A backbone that looks two tokens back, and a head: what the trainers ask of a transformers model."""

    def __init__(self, vocabulary: int = 40, width: int = 8, tokens: int = 48, bias: bool = True, **config: Any) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(tokens, width)
        self.head = torch.nn.Linear(width, vocabulary, bias=bias)
        self.config = SimpleNamespace(get_text_config=lambda: SimpleNamespace(**config))
        self.calls: list[tuple[int, int]] = []
        self.positions: list[Any] = []

    def base_model(self, input_ids: Any, attention_mask: Any, use_cache: bool = False) -> Any:
        embedded = self.embedding(input_ids) * attention_mask[..., None]
        return SimpleNamespace(last_hidden_state=torch.tanh(embedded + torch.nn.functional.pad(embedded, (0, 0, 1, 0))[:, :-1]))

    def get_output_embeddings(self) -> Any:
        return self.head

    def forward(
        self, input_ids: Any, attention_mask: Any, past_key_values: Any = None, use_cache: bool = False, position_ids: Any = None
    ) -> Any:
        """With a cache only the new tokens are given, and the mask of all."""
        self.calls.append((input_ids.shape[1], attention_mask.shape[1]))
        self.positions.append(position_ids)
        whole = input_ids if past_key_values is None else torch.cat([past_key_values, input_ids], 1)
        assert whole.shape == attention_mask.shape
        hidden = self.base_model(whole, attention_mask).last_hidden_state
        return SimpleNamespace(logits=self.head(hidden)[:, -input_ids.shape[1] :], past_key_values=whole)

    @torch.no_grad()
    def generate(self, input_ids: Any, attention_mask: Any, logits_processor: Any = (), max_new_tokens: int = 4, num_beams: int = 1,
                 output_scores: bool = False, **_: Any) -> Any:  # fmt: skip
        """transformers' sampling loop: the processor gets a private float32 copy of the last scores. Beams here only change places."""
        cache, fresh, scores_of_steps = None, input_ids, []
        for _ in range(max_new_tokens):
            out = self(fresh, attention_mask, cache, use_cache=True)
            scores = out.logits[:, -1, :].to(copy=True, dtype=torch.float32)
            for processor in logits_processor:
                scores = processor(input_ids, scores)
            scores_of_steps.append(scores)
            fresh, cache = torch.multinomial(scores.softmax(-1), 1), out.past_key_values
            input_ids = torch.cat([input_ids, fresh], 1)
            attention_mask = torch.cat([attention_mask, attention_mask.new_ones(len(attention_mask), 1)], 1)
            if num_beams > 1:
                input_ids = input_ids.flip(0)
        return (input_ids, scores_of_steps) if output_scores else input_ids


class DistillationTrainer:
    """trl.DistillationTrainer: ``compute_loss`` and what it calls."""

    def __init__(self, model: Any, teacher_model: Any = None, temperature: float = 1.0) -> None:
        self.model = self.model_wrapped = model
        self.teacher_model = teacher_model
        self.temperature = temperature
        self.accelerator = SimpleNamespace(unwrap_model=lambda wrapped: wrapped)
        self._metrics: dict[str, Any] = {"train": defaultdict(list), "eval": defaultdict(list)}

    def _forward_redirection(self, wrapper: Any, original: Any, method: Any, *inputs: Any, **options: Any) -> Any:
        return method(*inputs, **options)

    def _get_last_hidden_state(self, unwrapped_model, input_ids, attention_mask, logits_to_keep, pixel_values=None, image_grid_thw=None):
        hidden = unwrapped_model.base_model(input_ids=input_ids, attention_mask=attention_mask, use_cache=False).last_hidden_state
        return hidden[:, :-1, :][:, -logits_to_keep:, :]

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        loss, entropy_sum, num_valid_tokens = self._forward_redirection(
            model, model, self._compute_loss, model, inputs, num_items_in_batch
        )
        if entropy_sum is not None:
            self._metrics["train"]["entropy"].append((entropy_sum / num_valid_tokens).item() if num_valid_tokens > 0 else 0.0)
        return (loss, None) if return_outputs else loss

    def _compute_loss(self, unwrapped_student, inputs, num_items_in_batch):
        raise AssertionError("the recipe overrides this")

    def _generate_single_turn(self, prompt_ids, images, multimodal_fields):
        width = max(map(len, prompt_ids))
        padded = torch.tensor([[0] * (width - len(ids)) + ids for ids in prompt_ids])
        mask = torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for ids in prompt_ids])
        return self.model.generate(input_ids=padded, attention_mask=mask, max_new_tokens=3)[:, width:].tolist()


def calculate_rewards(function: Any, prompts: list[Any], completions: list[Any], logged: Any = None, **columns: Any) -> Any:
    """trl.GRPOTrainer._calculate_rewards for one function, before the gather."""
    assert function.__name__
    columns |= {"trainer_state": SimpleNamespace(), "log_extra": lambda column, values: None}
    columns["log_metric"] = logged or (lambda name, value: None)
    ids = [[1, 2] for _ in completions]
    output = function(prompts=prompts, completions=completions, completion_ids=ids, **columns)
    return torch.tensor([torch.nan if reward is None else reward for reward in output], dtype=torch.float32)


class LigerBase(torch.autograd.Function):
    """LigerFusedLinearDistillationBase: the loss of chunks under a gradient transform, their gradients kept for the backward pass."""

    @staticmethod
    def distillation_loss_fn(student_logits, teacher_logits, target=None, ignore_index=None):
        raise NotImplementedError

    @staticmethod
    def forward(cls, ctx, student_input, student_weight, teacher_input, teacher_weight, target, student_bias=None, teacher_bias=None,
                chunk_size=1024, ignore_index=-100, weight_hard_loss=0.5, weight_soft_loss=0.5, beta=0.5, compute_ce_loss=True,
                temperature=1.0, compiled=True, return_soft_hard_loss=False, **loss_kwargs):  # fmt: skip
        with torch.enable_grad():  # torch.func.grad_and_value, which this torch has not
            inputs, weight = student_input.detach().requires_grad_(), student_weight.detach().requires_grad_()
            bias = None if student_bias is None else student_bias.detach().requires_grad_()
            total = inputs.new_zeros(())
            valid = (target != ignore_index).sum().clamp_min(1)
            for start in range(0, len(inputs), chunk_size):
                part = slice(start, start + chunk_size)
                logits = inputs[part] @ weight.t() + (0 if bias is None else bias)
                teacher = teacher_input[part] @ teacher_weight.t() + (0 if teacher_bias is None else teacher_bias)
                logits, teacher = logits / temperature, teacher / temperature
                soft = cls.distillation_loss_fn(logits, teacher, target=target[part], ignore_index=ignore_index, beta=beta, **loss_kwargs)
                total = total + weight_soft_loss * (soft / valid)
                if compute_ce_loss:
                    hard = torch.nn.functional.cross_entropy(logits * temperature, target[part], reduction="sum", ignore_index=ignore_index)
                    total = total + weight_hard_loss * (hard / valid)
            wanted = [inputs, weight] + ([] if bias is None else [bias])
            gradients = torch.autograd.grad(total, wanted)
        ctx.save_for_backward(*gradients[:2], gradients[2] if bias is not None else None)
        return total.detach()

    @staticmethod
    def backward(ctx, grad_output, *args):
        grad_input, grad_weight, grad_bias = ctx.saved_tensors
        scaled = grad_bias * grad_output if grad_bias is not None else None
        return grad_input * grad_output, grad_weight * grad_output, None, None, None, scaled


@dataclass
class Jagged:
    """A nested tensor of verl: rows of different lengths one behind the other."""

    flat: Any
    lengths: list[int]
    is_nested: bool = True

    def values(self) -> Any:
        return self.flat


@dataclass
class DistillationLossSettings:
    """verl.trainer.distillation.losses.DistillationLossSettings."""

    names: Any = field(default_factory=list)
    use_topk: bool = False
    use_estimator: bool = False

    def __post_init__(self) -> None:
        if sum([self.use_topk, self.use_estimator]) != 1:
            raise ValueError("exactly one of use_topk and use_estimator")


class Verl:
    """The places of verl that a top-k loss goes through."""

    def __init__(self) -> None:
        self.registry: dict[str, Any] = {}
        self.settings: dict[str, Any] = {}
        self.fsdp = {"compute_forward_kl_topk": lambda *arguments, **options: "verl's own"}

    def register_distillation_loss(self, loss_settings: Any) -> Any:
        def decorator(function: Any) -> Any:
            for name in loss_settings.names:
                self.registry[name], self.settings[name] = function, loss_settings
            return function

        return decorator

    def modules(self) -> dict[str, Any]:
        return {
            "verl__trainer__distillation__fsdp__losses": self.fsdp,
            "verl__trainer__distillation__losses": {
                "DistillationLossSettings": DistillationLossSettings,
                "register_distillation_loss": self.register_distillation_loss,
            },
            "verl__utils__ulysses": {"get_ulysses_sequence_parallel_world_size": lambda: 1, "slice_input_tensor": None},
            "verl__workers__utils__padding": {"no_padding_2_padding": padded},
        }

    def step(self, name: str, fsdp_losses: Any, logits: Any, teacher_logprobs: Any, teacher_ids: Any, mask: Any) -> tuple[Any, Any]:
        """compute_topk_loss while the logits are there, the engine's unpacking, and distillation_loss."""
        config = SimpleNamespace(distillation_loss=SimpleNamespace(loss_mode=name, log_prob_min_clamp=None, topk=8))
        outputs = fsdp_losses.compute_forward_kl_topk(
            student_logits=logits.unsqueeze(0),
            teacher_topk_log_probs=teacher_logprobs,
            teacher_topk_ids=teacher_ids,
            config=config,
            data_format="thd",
        )
        for key, value in outputs.items():
            assert value.shape == (1, len(logits)), key
        model_output = {key: Jagged(value.squeeze(0), teacher_ids.lengths) for key, value in outputs.items()}
        return self.registry[name](config=None, distillation_config=config, model_output=model_output, data={"response_mask": mask})


def padded(nested: Any, data: Any) -> Any:
    """verl's no_padding_2_padding, for sequences that are all response: [batch, longest]."""
    return torch.nn.utils.rnn.pad_sequence(list(nested.flat.split(nested.lengths)), batch_first=True)
