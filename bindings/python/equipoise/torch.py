"""Losses of PyTorch tensors with exact gradients. ``import equipoise.torch``; nothing else of the package imports torch.

The Chernoff point minimises log Z along the path, so the gradient of KL(q || pi_theta) = -log Z(alpha*) needs no derivative of alpha*:
it is alpha* (pi_theta - q), and pi_theta - q where q is held constant.
"""

from __future__ import annotations

from typing import Any

import torch

from ._errors import choose
from ._gradients import solve_vjp
from ._loss import GRADIENTS, RECORD_NUMBERS, loss_backward, loss_forward
from ._solve import solve

__all__ = ["equilibrium_loss", "solve_differentiable"]

Tensor = torch.Tensor

# torch 2.4 and later: the same two functions as operators of the dispatcher, which torch.compile and torch.func see through.
_custom_op: Any = getattr(torch.library, "custom_op", None)


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
    loss, alpha, ess_theta, _ = _EquilibriumLoss.apply(theta, target, mask, *_split(temperature, theta), valid_columns or 0, gradient)
    return loss, alpha, ess_theta


def solve_differentiable(
    theta: Tensor, target: Tensor, mask: Tensor | None = None, temperature: Any = 1.0, valid_columns: int | None = None
) -> tuple[Tensor, Tensor]:
    """alpha* and log q* per row, differentiable in both policies.

    Parameters
    ----------
    theta, target, mask, temperature, valid_columns
        As in ``equilibrium_loss``; the target may require a gradient, too.

    Returns
    -------
    alpha : tensor [...] float64
    log_q : tensor [..., columns of theta]
        In theta's type, float32 for half precision; -inf at masked tokens and beyond ``valid_columns``, where no gradient flows.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        As ``solve``.

    Notes
    -----
    The gradients are exact, by the implicit function theorem: with l = log(pi_t / pi_theta),
    ``d alpha / d theta = (alpha q l + pi_theta - q) / Var_q[l]``. Where the policies agree, alpha is a constant.
    """
    alpha, log_q = _Solve.apply(theta, target, mask, *_split(temperature, theta), valid_columns or 0)
    return alpha, log_q


def _split(temperature: Any, theta: Tensor) -> tuple[float, float, Tensor | None, Tensor | None]:
    """Two numbers and, where it is one per row, two tensors instead: what an operator's schema can say."""
    pair = temperature if isinstance(temperature, tuple) else (temperature, temperature)
    numbers = [1.0 if isinstance(value, Tensor) else float(value) for value in pair]
    rows = [value.to(torch.float64).expand(theta.shape[:-1]).contiguous() if isinstance(value, Tensor) else None for value in pair]
    return (numbers[0], numbers[1], rows[0], rows[1])


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


def _solve(
    theta: Tensor,
    target: Tensor,
    mask: Tensor | None,
    temperature_theta: float,
    temperature_target: float,
    row_temperature_theta: Tensor | None,
    row_temperature_target: Tensor | None,
    valid_columns: int,
) -> tuple[Tensor, Tensor]:
    """alpha and log q."""
    temperature = _pair(temperature_theta, temperature_target, row_temperature_theta, row_temperature_target)
    solution = solve(
        theta.detach(), target.detach(), mask=mask, temperature=temperature, valid_columns=valid_columns or None, outputs=("alpha", "log_q")
    )
    return solution.alpha, solution.log_q


def _solve_backward(
    theta: Tensor,
    target: Tensor,
    mask: Tensor | None,
    temperature_theta: float,
    temperature_target: float,
    row_temperature_theta: Tensor | None,
    row_temperature_target: Tensor | None,
    valid_columns: int,
    alpha: Tensor,
    upstream_alpha: Tensor,
    upstream_log_q: Tensor,
) -> tuple[Tensor, Tensor]:
    """The gradients in theta and target, each in its type."""
    temperature = _pair(temperature_theta, temperature_target, row_temperature_theta, row_temperature_target)
    found = solve_vjp(
        theta.detach(),
        target.detach(),
        alpha.detach(),
        grad_alpha=upstream_alpha.detach().contiguous(),
        grad_log_q=upstream_log_q.detach().contiguous(),
        temperature=temperature,
        valid_columns=valid_columns or None,
        mask=mask,
    )
    return found[0].to(theta.dtype), found[1].to(target.dtype)


def _pair(theta: float, target: float, row_theta: Tensor | None, row_target: Tensor | None) -> tuple[Any, Any]:
    return (theta if row_theta is None else row_theta, target if row_target is None else row_target)


def _forward_shapes(theta: Tensor, *_: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    shape = theta.shape[:-1]
    loss, alpha, ess_theta = (theta.new_empty(shape, dtype=torch.float64) for _ in range(3))
    return loss, alpha, ess_theta, theta.new_empty((*shape, RECORD_NUMBERS), dtype=torch.float64)


def _backward_shapes(theta: Tensor, *_: Any) -> Tensor:
    return theta.new_empty(theta.shape)


def _solve_shapes(theta: Tensor, *_: Any) -> tuple[Tensor, Tensor]:
    is_half = theta.dtype in (torch.float16, torch.bfloat16)
    log_q = theta.new_empty(theta.shape, dtype=torch.float32 if is_half else theta.dtype)
    return theta.new_empty(theta.shape[:-1], dtype=torch.float64), log_q


def _solve_backward_shapes(theta: Tensor, target: Tensor, *_: Any) -> tuple[Tensor, Tensor]:
    return theta.new_empty(theta.shape), target.new_empty(target.shape)


_forward_operator: Any = _forward
_backward_operator: Any = _backward
_solve_operator: Any = _solve
_solve_backward_operator: Any = _solve_backward
if _custom_op is not None:
    _OPTIONS = (
        "Tensor theta, Tensor target, Tensor? mask, float temperature_theta, float temperature_target, "
        "Tensor? row_temperature_theta, Tensor? row_temperature_target, int valid_columns"
    )
    _forward_operator = _custom_op(
        "equipoise::equilibrium_loss", _forward, mutates_args=(), schema=f"({_OPTIONS}) -> (Tensor, Tensor, Tensor, Tensor)"
    )
    _backward_operator = _custom_op(
        "equipoise::equilibrium_loss_backward",
        _backward,
        mutates_args=(),
        schema=f"({_OPTIONS}, str gradient, Tensor records, Tensor upstream) -> Tensor",
    )

    _solve_operator = _custom_op(
        "equipoise::solve_differentiable", _solve, mutates_args=(), schema=f"({_OPTIONS}) -> (Tensor, Tensor)"
    )
    _solve_backward_operator = _custom_op(
        "equipoise::solve_differentiable_backward",
        _solve_backward,
        mutates_args=(),
        schema=f"({_OPTIONS}, Tensor alpha, Tensor upstream_alpha, Tensor upstream_log_q) -> (Tensor, Tensor)",
    )

    _forward_operator.register_fake(_forward_shapes)
    _backward_operator.register_fake(_backward_shapes)
    _solve_operator.register_fake(_solve_shapes)
    _solve_backward_operator.register_fake(_solve_backward_shapes)


class _EquilibriumLoss(torch.autograd.Function):
    """Keeps the inputs and four numbers a row between the passes."""

    @staticmethod
    def run(*inputs: Any) -> Any:
        """All but the kind of gradient goes to the operator."""
        return _forward_operator(*inputs[:-1])

    @staticmethod
    def keep(ctx: Any, inputs: Any, output: Any) -> None:
        """What the backward pass will need."""
        ctx.mark_non_differentiable(*output[1:])
        _keep(ctx, inputs, output[-1])

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:
        """One gradient, that of theta."""
        options, (gradient,), records = _kept(ctx)
        with torch.no_grad():
            answer = _backward_operator(*options, gradient, records, upstream[0].detach())
        return (answer, *[None] * 8)


class _Solve(torch.autograd.Function):
    """Keeps the inputs and alpha between the passes."""

    @staticmethod
    def run(*inputs: Any) -> Any:
        """All of it goes to the operator."""
        return _solve_operator(*inputs)

    @staticmethod
    def keep(ctx: Any, inputs: Any, output: Any) -> None:
        """What the backward pass will need."""
        _keep(ctx, inputs, output[0])

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:
        """The gradients of both policies."""
        options, _, alpha = _kept(ctx)
        with torch.no_grad():
            answer = _solve_backward_operator(*options, alpha, *(gradient.detach() for gradient in upstream))
        return (*answer, *[None] * 6)


def _keep(ctx: Any, inputs: Any, found: Tensor) -> None:
    theta, target, mask, temperature_theta, temperature_target, row_theta, row_target, *rest = inputs
    ctx.save_for_backward(theta, target, mask, row_theta, row_target, found)
    ctx.numbers = (temperature_theta, temperature_target)
    ctx.rest = rest


def _kept(ctx: Any) -> tuple[tuple[Any, ...], list[Any], Tensor]:
    """The operator's options, what came after them, and what the forward pass found."""
    theta, target, mask, row_theta, row_target, found = ctx.saved_tensors
    valid_columns, *rest = ctx.rest
    return (theta.detach(), target.detach(), mask, *ctx.numbers, row_theta, row_target, valid_columns), rest, found


def _complete(function: Any) -> None:
    """``run`` and ``keep`` as the two methods that newer versions ask for, or as the one that older ones do."""
    if _custom_op is not None:
        function.forward, function.setup_context = staticmethod(function.run), staticmethod(function.keep)
        return

    def forward(ctx: Any, *inputs: Any) -> Any:
        output = function.run(*inputs)
        function.keep(ctx, inputs, output)
        return output

    function.forward = staticmethod(forward)


_complete(_EquilibriumLoss)
_complete(_Solve)
