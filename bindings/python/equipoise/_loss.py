"""KL(q || pi_theta) at the Chernoff point as a loss, and its gradient: what ``equipoise.torch`` hands to autograd."""

from __future__ import annotations

from ctypes import POINTER, byref, c_double, c_int32, cast, sizeof
from typing import Any, Callable, NamedTuple

from . import _abi
from ._calls import Pair, doubles, struct_of, vectors
from ._loader import library
from ._plan import NO_PARAMETERS, Plan, RowOptions, plan_for
from ._rows import F64, I32

_RECORD = sizeof(_abi.LossRecord)
RECORD_NUMBERS = _RECORD // sizeof(c_double)
GRADIENTS = {"stop": _abi.ENUMS["eqp_loss_gradient"]["EQP_LOSS_STOP"], "full": _abi.ENUMS["eqp_loss_gradient"]["EQP_LOSS_FULL"]}


class Loss(NamedTuple):
    """One of each per row, float64; ``records`` [..., 4] is for ``loss_backward``."""

    loss: Any
    alpha: Any
    ess_theta: Any
    status: Any
    records: Any


def loss_forward(
    theta: Any, target: Any, mask: Any, temperature: Any, valid_columns: int | None, scores: str = "logits", threads: int = 0
) -> Loss:
    """The loss of every row, with what its gradient takes. Errors and arguments as in ``solve``."""
    call = _Call(theta, target, mask, temperature, valid_columns, scores, threads)
    loss, alpha, ess_theta = (call.kind.empty(call.shape, F64) for _ in range(3))
    status = call.kind.empty(call.shape, I32)
    records = call.kind.empty((*call.shape, RECORD_NUMBERS), F64)

    def part(a: Any, b: Any, options: Any, first: int, last: int) -> int:
        outputs = _abi.LossOutputs(
            sizeof(_abi.LossOutputs),
            *(doubles(address, first) for _, address in (loss, alpha, ess_theta)),
            cast(status[1] + 4 * first, POINTER(c_int32)),
            cast(records[1] + _RECORD * first, POINTER(_abi.LossRecord)),
        )
        return library.eqp_equilibrium_loss(a, b, options, byref(outputs))

    call.compute(part)
    return Loss(*(call.kind.finish(array, theta) for array, _ in (loss, alpha, ess_theta, status, records)))


def loss_backward(
    theta: Any,
    target: Any,
    mask: Any,
    temperature: Any,
    valid_columns: int | None,
    gradient: str,
    records: Any,
    upstream: Any,
    scores: str = "logits",
    threads: int = 0,
) -> Any:
    """The gradient in theta's scores, of theta's shape and type: pi_theta - q or alpha (pi_theta - q), times ``upstream`` of its row."""
    call = _Call(theta, target, mask, temperature, valid_columns, scores, threads)
    result = vectors(call.kind, call.first, call.first.code)
    saved, factors = call.kind.rows(records, "records"), call.kind.rows(upstream[..., None], "upstream")
    kind = GRADIENTS[gradient]

    def part(a: Any, b: Any, options: Any, first: int, last: int) -> int:
        found = cast(saved.address + _RECORD * first, POINTER(_abi.LossRecord))
        factor = doubles(factors.address, first)
        return library.eqp_equilibrium_loss_backward(a, b, options, kind, found, factor, byref(struct_of(result, first, last)))

    call.compute(part)
    return call.kind.finish(result.owner, theta)


class _Call(Pair):
    """Two checked batches with options."""

    def __init__(
        self, theta: Any, target: Any, mask: Any, temperature: Any, valid_columns: int | None, scores: str, threads: int
    ) -> None:
        self.plan: Plan = plan_for(
            temperature, NO_PARAMETERS, scores, "kl_symmetry", "newton", 1e-6, 50, valid_columns, ("alpha",), threads, "auto"
        )
        super().__init__(theta, target, ("theta", "target"), self.plan.valid_columns)
        has_rows = mask is not None or type(temperature) not in (float, int)
        self.options = RowOptions(self.plan, mask, temperature, self.shape) if has_rows else None

    def compute(self, part: Callable[[Any, Any, Any, int, int], int]) -> None:
        """Calls ``part(theta, target, options, first, last)`` for every chunk of rows."""

        def call(a: Any, b: Any, first: int, last: int) -> int:
            return part(a, b, self.plan.pointer if self.options is None else self.options.seek(first), first, last)

        self.run(call, self.plan.first_chunk)
