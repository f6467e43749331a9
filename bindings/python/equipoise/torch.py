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

# Elements of q at a time in the backward pass on a device.
_ELSEWHERE = 1 << 25

# torch 2.4 and later: the same functions as operators of the dispatcher, torch.ops.equipoise.*, which torch.compile and torch.func see
# through. The operators have gradients of their own where they are called directly; the functions go through autograd.Function, since
# torch.func takes no gradient of an operator.
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
        ``logits[:, :-1]`` are read in place. The target gets no gradient. CUDA tensors are solved on their device, where the backward
        pass makes q* again and takes it from softmax(theta), some rows at a time.
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
    theta, target = _logits("theta", theta), _logits("target", target).detach()
    loss, alpha, ess_theta, _ = _EquilibriumLoss.apply(
        theta, target, _tensor("mask", mask), *_split(temperature, theta), _real(valid_columns), gradient
    )
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
    theta, target = _logits("theta", theta), _logits("target", target)
    alpha, log_q = _Solve.apply(theta, target, _tensor("mask", mask), *_split(temperature, theta), _real(valid_columns))
    return alpha, log_q


def _split(temperature: Any, theta: Tensor) -> tuple[float, float, Tensor | None, Tensor | None]:
    """Two numbers and, where it is one per row, two tensors instead: what an operator's schema can say."""
    pair = temperature if isinstance(temperature, tuple) else (temperature, temperature)
    if len(pair) != 2:
        raise ValueError(f"temperature has {len(pair)} entries: give a number, a pair (theta's, target's) or a tensor with one per row")
    numbers = [float(value) if isinstance(value, (float, int)) else 1.0 for value in pair]
    rows = [None if isinstance(value, (float, int)) else _spread(_tensor("temperature", value), theta) for value in pair]
    return (numbers[0], numbers[1], rows[0], rows[1])


def _logits(name: str, value: Any) -> Tensor:
    """A view, since torch.compile takes a tensor that torch.func.grad has just wrapped for one without a gradient."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} is {type(value).__name__}: give a tensor")
    return value.view_as(value)


def _tensor(name: str, value: Any) -> Any:
    """``value`` as what an operator takes: a tensor, or None where it may be."""
    if isinstance(value, Tensor) or (value is None and name == "mask"):
        return value
    try:
        return torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"{name} is {type(value).__name__}, which torch cannot read as numbers: {error}") from None


def _real(valid_columns: int | None) -> int:
    """0 stands for all columns in the operators' schemas."""
    if valid_columns is None:
        return 0
    if valid_columns < 1:
        raise ValueError(f"valid_columns={valid_columns!r}: must be at least 1")
    return valid_columns


def _spread(temperature: Tensor, theta: Tensor) -> Tensor:
    shape = theta.shape[:-1]
    if temperature.dim() > len(shape) or any(own not in (1, wanted) for own, wanted in zip(temperature.shape[::-1], shape[::-1])):
        raise ValueError(f"temperature has shape {tuple(temperature.shape)}, which does not spread over the leading shape {tuple(shape)}")
    return temperature.detach().to(theta.device, torch.float64).expand(shape).contiguous()


# The kernels. What follows theta and target is optional, as in the operators' schemas: the dispatcher drops arguments that have their
# default values.


def _forward(
    theta: Tensor,
    target: Tensor,
    mask: Tensor | None = None,
    temperature_theta: float = 1.0,
    temperature_target: float = 1.0,
    row_temperature_theta: Tensor | None = None,
    row_temperature_target: Tensor | None = None,
    valid_columns: int = 0,
    gradient: str = "stop",
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """loss, alpha, ess_theta and the records of the backward pass."""
    choose("gradient", gradient, GRADIENTS)
    temperature = _pair(temperature_theta, temperature_target, row_temperature_theta, row_temperature_target)
    theta, target = theta.detach(), target.detach()
    if theta.device.type != "cpu":
        return _forward_elsewhere(theta, target, mask, temperature, valid_columns)
    found = loss_forward(theta, target, mask, temperature, valid_columns or None)
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
    theta, target, records = theta.detach(), target.detach(), records.detach().contiguous()
    if theta.device.type != "cpu":
        factors = factors * records[..., 0] if gradient == "full" else factors
        return _backward_elsewhere(theta, target, mask, temperature, valid_columns, records[..., 0], factors)
    answer: Tensor = loss_backward(theta, target, mask, temperature, valid_columns or None, gradient, records, factors)
    return answer


def _forward_elsewhere(
    theta: Tensor, target: Tensor, mask: Tensor | None, temperature: Any, valid_columns: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Tensors on a device: solved there, with alpha as the only record."""
    outputs = ("alpha", "kl_theta", "ess_theta")
    found = solve(theta, target, temperature=temperature, valid_columns=valid_columns or None, mask=mask, outputs=outputs)
    return found.kl_theta, found.alpha, found.ess_theta, torch.nn.functional.pad(found.alpha[..., None], (0, RECORD_NUMBERS - 1))


def _backward_elsewhere(
    theta: Tensor, target: Tensor, mask: Tensor | None, temperature: Any, valid_columns: int, alpha: Tensor, factors: Tensor
) -> Tensor:
    """Some leading indices after the others, so that q takes no more memory than it has to."""
    columns = valid_columns or theta.shape[-1]
    factors = factors if mask is None else torch.where(mask.to(factors.device) != 0, factors, torch.zeros_like(factors))
    answer = torch.zeros(theta.shape, dtype=theta.dtype, device=theta.device)
    wide = torch.promote_types(theta.dtype, torch.float32)
    step = max(1, _ELSEWHERE * len(theta) // max(1, theta.numel()))
    places: Any = [slice(first, first + step) for first in range(0, len(theta), step)] if theta.dim() > 1 else [...]
    for place in places:
        own = tuple(value[place].contiguous() if isinstance(value, Tensor) else value for value in temperature)
        point = alpha[place].nan_to_num(0.5).contiguous()
        q = solve(
            theta[place],
            target[place],
            temperature=own,
            valid_columns=valid_columns or None,
            criterion="fixed_alpha",
            alpha=point,
            outputs=("q",),
        ).q
        number = own[0].to(wide)[..., None] if isinstance(own[0], Tensor) else own[0]
        difference = (theta[place][..., :columns].to(wide) / number).softmax(-1) - q[..., :columns]
        answer[place][..., :columns] = (difference * (factors[place][..., None] / number)).to(theta.dtype)
    return answer


def _solve(
    theta: Tensor,
    target: Tensor,
    mask: Tensor | None = None,
    temperature_theta: float = 1.0,
    temperature_target: float = 1.0,
    row_temperature_theta: Tensor | None = None,
    row_temperature_target: Tensor | None = None,
    valid_columns: int = 0,
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


class _EquilibriumLoss(torch.autograd.Function):
    """Keeps the inputs and four numbers a row between the passes."""

    # By name, not by *: torch.compile counts the parameters to tell whether there is a ctx among them.
    @staticmethod
    def forward(  # type: ignore[override]
        theta: Any,
        target: Any,
        mask: Any,
        temperature_theta: Any,
        temperature_target: Any,
        row_theta: Any,
        row_target: Any,
        valid_columns: Any,
        gradient: Any,
    ) -> Any:
        """All of it goes to the operator."""
        return _forward_operator(
            theta, target, mask, temperature_theta, temperature_target, row_theta, row_target, valid_columns, gradient
        )

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
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

    @staticmethod
    def vmap(info: Any, in_dims: Any, *inputs: Any) -> Any:
        """Rows do not know of each other: one more leading dimension."""
        return _EquilibriumLoss.apply(*_in_front(info, in_dims, inputs)), 0


class _Solve(torch.autograd.Function):
    """Keeps the inputs and alpha between the passes."""

    @staticmethod
    def forward(  # type: ignore[override]
        theta: Any,
        target: Any,
        mask: Any,
        temperature_theta: Any,
        temperature_target: Any,
        row_theta: Any,
        row_target: Any,
        valid_columns: Any,
    ) -> Any:
        """All of it goes to the operator."""
        return _solve_operator(theta, target, mask, temperature_theta, temperature_target, row_theta, row_target, valid_columns)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """What the backward pass will need."""
        _keep(ctx, inputs, output[0])

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:
        """The gradients of both policies."""
        options, _, alpha = _kept(ctx)
        with torch.no_grad():
            answer = _solve_backward_operator(*options, alpha, *(gradient.detach() for gradient in upstream))
        return (*answer, *[None] * 6)

    @staticmethod
    def vmap(info: Any, in_dims: Any, *inputs: Any) -> Any:
        """As above."""
        return _Solve.apply(*_in_front(info, in_dims, inputs)), 0


def _keep(ctx: Any, inputs: Any, found: Tensor) -> None:
    theta, target, mask, temperature_theta, temperature_target, row_theta, row_target, *rest = inputs
    ctx.save_for_backward(theta, target, mask, row_theta, row_target, found)
    ctx.numbers = (temperature_theta, temperature_target)
    ctx.rest = rest


def _kept(ctx: Any) -> tuple[tuple[Any, ...], list[Any], Tensor]:
    """The operator's options, what came after them, and what the forward pass found."""
    theta, target, mask, row_theta, row_target, found = ctx.saved_tensors
    valid_columns, *rest = ctx.rest
    return (theta.detach(), target.detach(), mask, *ctx.numbers, row_theta, row_target, valid_columns), rest, found.detach()


def _in_front(info: Any, in_dims: Any, inputs: Any) -> list[Any]:
    """The inputs of an operator with vmap's dimension as the first leading one of every tensor."""
    size, moved = info.batch_size, []
    for value, dimension in zip(inputs, in_dims):
        if isinstance(value, Tensor):
            value = value.expand(size, *value.shape) if dimension is None else value.movedim(dimension, 0)
        moved.append(value)
    if len(moved) > 2 and moved[2] is not None:  # the mask, which may have fewer dimensions than there are to spread over
        missing = moved[0].dim() - 1 - moved[2].dim()
        moved[2] = moved[2].reshape(size, *[1] * missing, *moved[2].shape[1:])
    return moved


def _register() -> None:
    """The four operators, in the place of the kernels."""
    global _forward_operator, _backward_operator, _solve_operator, _solve_backward_operator
    needed = (
        "Tensor theta, Tensor target, Tensor? mask, float temperature_theta, float temperature_target, "
        "Tensor? row_temperature_theta, Tensor? row_temperature_target, SymInt valid_columns"
    )
    optional = (
        "Tensor theta, Tensor target, Tensor? mask=None, float temperature_theta=1.0, float temperature_target=1.0, "
        "Tensor? row_temperature_theta=None, Tensor? row_temperature_target=None, SymInt valid_columns=0"
    )
    four, two = "(Tensor, Tensor, Tensor, Tensor)", "(Tensor, Tensor)"
    _forward_operator = _operator(
        "equilibrium_loss", _forward, _forward_shapes, f'({optional}, str gradient="stop") -> {four}', _EquilibriumLoss
    )
    _backward_operator = _operator(
        "equilibrium_loss_backward", _backward, _backward_shapes, f"({needed}, str gradient, Tensor records, Tensor upstream) -> Tensor"
    )
    _solve_operator = _operator("solve_differentiable", _solve, _solve_shapes, f"({optional}) -> {two}", _Solve)
    _solve_backward_operator = _operator(
        "solve_differentiable_backward",
        _solve_backward,
        _solve_backward_shapes,
        f"({needed}, Tensor alpha, Tensor upstream_alpha, Tensor upstream_log_q) -> {two}",
    )


def _operator(name: str, kernel: Any, shapes: Any, schema: str, function: Any = None) -> Any:
    """One operator; ``function`` has its gradient."""
    operator = _custom_op(f"equipoise::{name}", kernel, mutates_args=(), schema=schema)
    operator.register_fake(shapes)
    if function is not None:
        operator.register_autograd(function.backward, setup_context=function.setup_context)
    if hasattr(operator, "register_vmap"):  # torch 2.5
        operator.register_vmap(lambda info, in_dims, *inputs: (operator(*_in_front(info, in_dims, inputs)), 0))
    return operator


def _as_one_forward(function: Any) -> None:
    """What versions before torch.func take: a forward pass that keeps, too."""
    run, keep = function.forward, function.setup_context

    def forward(ctx: Any, *inputs: Any) -> Any:
        output = run(*inputs)
        keep(ctx, inputs, output)
        return output

    function.forward = staticmethod(forward)
    del function.setup_context


if _custom_op is not None:
    _register()
else:
    _as_one_forward(_EquilibriumLoss)
    _as_one_forward(_Solve)
