"""KL(q || pi_theta) at the Chernoff point as a loss, and its gradient: what ``equipoise.torch`` hands to autograd."""

from __future__ import annotations

from ctypes import POINTER, byref, c_double, c_int32, cast, sizeof
from typing import Any, Callable, NamedTuple

from . import _abi
from ._arrays import Kind, same_kind
from ._chunks import groups_of, split
from ._loader import library
from ._plan import NO_PARAMETERS, Plan, RowOptions, plan_for
from ._rows import F64, I32, PACKED, Rows
from ._solve import check_shapes

_matrix = _abi.packer(_abi.Matrix)
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
    loss, alpha, ess_theta = (call.kind.empty(call.theta.shape, F64) for _ in range(3))
    status = call.kind.empty(call.theta.shape, I32)
    records = call.kind.empty((*call.theta.shape, RECORD_NUMBERS), F64)

    def part(a: Any, b: Any, options: Any, first: int) -> int:
        outputs = _abi.LossOutputs(
            sizeof(_abi.LossOutputs),
            *(cast(address + 8 * first, POINTER(c_double)) for _, address in (loss, alpha, ess_theta)),
            cast(status[1] + 4 * first, POINTER(c_int32)),
            cast(records[1] + _RECORD * first, POINTER(_abi.LossRecord)),
        )
        return library.eqp_equilibrium_loss(a, b, options, byref(outputs))

    call.run(part)
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
    array, address = call.kind.empty(call.theta.full_shape(), call.theta.code)
    result = Rows(address, call.theta.code, call.theta.shape, call.theta.columns, PACKED, array)
    saved, factors = call.kind.rows(records, "records"), call.kind.rows(upstream[..., None], "upstream")
    kind = GRADIENTS[gradient]

    def part(a: Any, b: Any, options: Any, first: int) -> int:
        last = call.last
        found = cast(saved.address + _RECORD * first, POINTER(_abi.LossRecord))
        factor = cast(factors.address + 8 * first, POINTER(c_double))
        return library.eqp_equilibrium_loss_backward(a, b, options, kind, found, factor, byref(_struct(result, first, last)))

    call.run(part)
    return call.kind.finish(array, theta)


class _Call:
    """Two checked batches with options, and the loop over their chunks."""

    def __init__(
        self, theta: Any, target: Any, mask: Any, temperature: Any, valid_columns: int | None, scores: str, threads: int
    ) -> None:
        self.plan: Plan = plan_for(
            temperature, NO_PARAMETERS, scores, "kl_symmetry", "newton", 1e-6, 50, valid_columns, ("alpha",), threads, "auto"
        )
        self.kind: Kind = same_kind(theta, "theta", target, "target")
        self.theta, self.target = self.kind.rows(theta, "theta"), self.kind.rows(target, "target")
        check_shapes(self.theta, self.target, self.plan.valid_columns, ("theta", "target"))
        has_rows = mask is not None or type(temperature) not in (float, int)
        self.options = RowOptions(self.plan, mask, temperature, self.theta.shape) if has_rows else None
        self.last = 0

    def run(self, part: Callable[[Any, Any, Any, int], int]) -> None:
        """Calls ``part(theta, target, options, first)`` for every chunk of rows; ``last`` is where the chunk ends."""

        def call(first: int, last: int) -> None:
            self.last = last
            options = self.options.seek(first) if self.options is not None else self.plan.pointer
            status = part(byref(_struct(self.theta, first, last)), byref(_struct(self.target, first, last)), options, first)
            if status:
                library.fail(status)

        rows, columns = self.theta.rows, self.theta.columns
        if rows * columns <= self.plan.first_chunk:
            call(0, rows)
        else:
            split(rows, groups_of(self.theta, self.target), call, self.plan.first_chunk // columns)


def _struct(batch: Rows, first: int, last: int) -> Any:
    return _abi.Matrix.from_buffer_copy(_matrix.pack(*batch.part(first, last)))
