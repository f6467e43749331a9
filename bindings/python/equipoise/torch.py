"""Losses of PyTorch tensors with exact gradients. ``import equipoise.torch``; nothing else of the package imports torch.

The Chernoff point minimises log Z along the path, so the gradient of KL(q || pi_theta) = -log Z(alpha*) needs no derivative of alpha*:
it is alpha* (pi_theta - q), and pi_theta - q where q is held constant.
"""

from __future__ import annotations

from typing import Any

import torch

from ._errors import choose
from ._loss import GRADIENTS, RECORD_NUMBERS, loss_backward, loss_forward

__all__ = ["equilibrium_loss"]

Tensor = torch.Tensor

# torch 2.4 and later: the same two functions as operators of the dispatcher, which torch.compile and torch.func see through.
_HAS_OPERATORS = hasattr(torch.library, "custom_op")


def equilibrium_loss(
    theta: Tensor,
    target: Tensor,
    mask: Tensor | None = None,
    temperature: Any = 1.0,
    valid_columns: int | None = None,
    gradient: str = "stop",
) -> tuple[Tensor, Tensor, Tensor]:
    """KL(q* || pi_theta) per row, differentiable in ``theta``: the pull of the policy towards the equilibrium of policy and target.

    Parameters
    ----------
    theta, target : tensors [..., vocabulary]
        Logits of the policy and the target, as in ``solve``: float32, float64, float16 or bfloat16 each; views such as
        ``logits[:, :-1]`` are read in place. The target gets no gradient.
    mask : booleans [...], optional
        True = a row that counts (``labels != -100``). Other rows have loss 0 and gradient 0.
    temperature : number, pair (theta's, target's) or tensor
        As in ``solve``.
    valid_columns : int, optional
        How many leading columns are real; the gradient is 0 in the rest.
    gradient : "stop" or "full"
        "stop" holds q* constant: pi_theta - q*. "full" differentiates through it: alpha* (pi_theta - q*).

    Returns
    -------
    loss, alpha, ess_theta : tensors [...] float64
        KL(q* || pi_theta) in nats, with a graph to ``theta``; alpha* and ESS_theta in [0, 1] without one. NaN for a row with NaN or +inf.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        As ``solve``.

    Notes
    -----
    The backward pass is one sweep over both rows that writes the gradient in theta's type; between the passes only four numbers a row
    are kept beside the inputs. Reverse KL from the policy to a constant q* is exactly 1 - alpha* times reverse KL to the target: only
    another weight per row, which is why it is not offered.
    """
    choose("gradient", gradient, GRADIENTS)
    pair = temperature if isinstance(temperature, tuple) else (temperature, temperature)
    numbers = [1.0 if isinstance(value, Tensor) else float(value) for value in pair]
    rows = [value.to(torch.float64).expand(theta.shape[:-1]).contiguous() if isinstance(value, Tensor) else None for value in pair]
    loss, alpha, ess_theta, _ = _EquilibriumLoss.apply(theta, target, mask, *numbers, *rows, valid_columns or 0, gradient)
    return loss, alpha, ess_theta


def _forward(
    theta: Tensor,
    target: Tensor,
    mask: Tensor | None,
    temperature_theta: float,
    temperature_target: float,
    row_temperature_theta: Tensor | None,
    row_temperature_target: Tensor | None,
    valid_columns: int,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """loss, alpha, ess_theta and the records of the backward pass."""
    temperature = _pair(temperature_theta, temperature_target, row_temperature_theta, row_temperature_target)
    found = loss_forward(theta.detach(), target.detach(), mask, temperature, valid_columns or None)
    return found.loss, found.alpha, found.ess_theta, found.records


def _backward(
    theta: Tensor,
    target: Tensor,
    mask: Tensor | None,
    temperature_theta: float,
    temperature_target: float,
    row_temperature_theta: Tensor | None,
    row_temperature_target: Tensor | None,
    valid_columns: int,
    gradient: str,
    records: Tensor,
    upstream: Tensor,
) -> Tensor:
    """The gradient in theta, in its type."""
    temperature = _pair(temperature_theta, temperature_target, row_temperature_theta, row_temperature_target)
    factors = upstream.detach().to(torch.float64).contiguous()
    answer: Tensor = loss_backward(
        theta.detach(), target.detach(), mask, temperature, valid_columns or None, gradient, records.detach().contiguous(), factors
    )
    return answer


def _pair(theta: float, target: float, row_theta: Tensor | None, row_target: Tensor | None) -> tuple[Any, Any]:
    return (theta if row_theta is None else row_theta, target if row_target is None else row_target)


if _HAS_OPERATORS:
    _OPTIONS = (
        "Tensor theta, Tensor target, Tensor? mask, float temperature_theta, float temperature_target, "
        "Tensor? row_temperature_theta, Tensor? row_temperature_target, int valid_columns"
    )
    _forward_operator = torch.library.custom_op(
        "equipoise::equilibrium_loss", _forward, mutates_args=(), schema=f"({_OPTIONS}) -> (Tensor, Tensor, Tensor, Tensor)"
    )
    _backward_operator = torch.library.custom_op(
        "equipoise::equilibrium_loss_backward",
        _backward,
        mutates_args=(),
        schema=f"({_OPTIONS}, str gradient, Tensor records, Tensor upstream) -> Tensor",
    )

    @_forward_operator.register_fake
    def _(theta: Tensor, *_: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        shape = theta.shape[:-1]
        loss, alpha, ess_theta = (theta.new_empty(shape, dtype=torch.float64) for _ in range(3))
        return loss, alpha, ess_theta, theta.new_empty((*shape, RECORD_NUMBERS), dtype=torch.float64)

    @_backward_operator.register_fake
    def _(theta: Tensor, *_: Any) -> Tensor:
        return theta.new_empty(theta.shape)

else:
    _forward_operator, _backward_operator = _forward, _backward


class _EquilibriumLoss(torch.autograd.Function):
    """Keeps the inputs and four numbers a row between the passes."""

    if _HAS_OPERATORS:

        @staticmethod
        def forward(*inputs: Any) -> Any:
            """All but the kind of gradient goes to the operator."""
            return _forward_operator(*inputs[:-1])

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            """What the backward pass will need."""
            _keep(ctx, inputs, output)

    else:

        @staticmethod
        def forward(ctx: Any, *inputs: Any) -> Any:
            """Both at once, as older versions want it."""
            output = _forward_operator(*inputs[:-1])
            _keep(ctx, inputs, output)
            return output

    @staticmethod
    def backward(ctx: Any, upstream: Tensor, *_: Any) -> Any:
        """One gradient, that of theta."""
        theta, target, mask, row_theta, row_target, records = ctx.saved_tensors
        numbers, valid_columns, gradient = ctx.options
        with torch.no_grad():
            answer = _backward_operator(
                theta.detach(), target.detach(), mask, *numbers, row_theta, row_target, valid_columns, gradient, records, upstream.detach()
            )
        return (answer, *[None] * 8)


def _keep(ctx: Any, inputs: Any, output: Any) -> None:
    theta, target, mask, temperature_theta, temperature_target, row_theta, row_target, valid_columns, gradient = inputs
    ctx.mark_non_differentiable(*output[1:])
    ctx.save_for_backward(theta, target, mask, row_theta, row_target, output[-1])
    ctx.options = ((temperature_theta, temperature_target), valid_columns, gradient)
    if hasattr(ctx, "set_materialize_grads"):
        ctx.set_materialize_grads(True)
