"""``Solution``: what ``solve`` answers."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, ClassVar, Generic, Iterable, TypeVar

from . import _abi

Array = TypeVar("Array")
"""The caller's array type: numpy.ndarray, torch.Tensor, ..."""

# The outputs in the order of eqp_solution, where status is row_status.
FIELDS = ("alpha", "q", "log_q", "log_z", "kl_theta", "kl_target", "ess_theta", "ess_target", "residual", "iterations", "status")


def wanted(outputs: Any, fields: tuple[str, ...]) -> tuple[str, ...]:
    """The fields that ``outputs`` names, in their own order; status is always among them."""
    if isinstance(outputs, str) and outputs == "all":
        return fields
    try:
        names = (outputs,) if isinstance(outputs, str) else tuple(outputs)
    except TypeError:
        raise TypeError(f"outputs={outputs!r}: give the names of fields, or 'all'") from None
    for name in names:
        if name not in fields:
            raise ValueError(f"outputs: {name!r} is no field; choose from {', '.join(fields)}, or 'all'")
    return tuple(name for name in fields if name in names or name == "status")


class RowStatus(IntEnum):
    """What became of one row; the numbers in ``Solution.status``."""

    OK = _abi.ENUMS["eqp_row_status"]["EQP_ROW_OK"]
    """Solved to the tolerance."""
    IDENTICAL = _abi.ENUMS["eqp_row_status"]["EQP_ROW_IDENTICAL"]
    """The two policies agree: every alpha is a root; alpha is 1/2 and q the policy."""
    AT_THETA = _abi.ENUMS["eqp_row_status"]["EQP_ROW_AT_THETA"]
    """No root inside [0, 1] (different supports): the nearest end, alpha = 1."""
    AT_TARGET = _abi.ENUMS["eqp_row_status"]["EQP_ROW_AT_TARGET"]
    """No root inside [0, 1] (different supports, or a budget or floor that the whole path meets): the nearest end, alpha = 0."""
    NOT_CONVERGED = _abi.ENUMS["eqp_row_status"]["EQP_ROW_NOT_CONVERGED"]
    """The tolerance was not met: the best found; ``residual`` says how good."""
    DISJOINT = _abi.ENUMS["eqp_row_status"]["EQP_ROW_DISJOINT"]
    """No token has mass under both: alpha NaN, q 0, log_q -inf, KLs +inf, ESSs 0."""
    INVALID = _abi.ENUMS["eqp_row_status"]["EQP_ROW_INVALID"]
    """NaN, +inf, nothing but masks, a negative probability or a mass that is not 1: outputs NaN."""
    SKIPPED = _abi.ENUMS["eqp_row_status"]["EQP_ROW_SKIPPED"]
    """The mask is False there: zeros in every output."""
    TOO_FEW = _abi.ENUMS["eqp_row_status"]["EQP_ROW_TOO_FEW"]
    """``answer_rewards``: too few answers for the table asked for; rewards 0."""


class Outputs(Generic[Array]):
    """The arrays that a call was asked for, as attributes; the others raise an ``AttributeError`` that says they were not."""

    _FIELDS: ClassVar[tuple[str, ...]] = ()
    _CALL: ClassVar[str] = ""

    def __init__(self, arrays: dict[str, Any]) -> None:
        self.__dict__ = arrays

    def __getattr__(self, name: str) -> Any:
        if name in self._FIELDS:
            raise AttributeError(f"{name} was not asked for: {self._CALL}(..., outputs={(*self._asked(), name)!r})")
        raise AttributeError(f"a solution has no {name!r}; its fields are {', '.join(self._FIELDS)}")

    def __repr__(self) -> str:
        shapes = (f"{name}{tuple(getattr(array, 'shape', ()))}" for name, array in self.as_dict().items())
        return f"{type(self).__name__}({', '.join(shapes)})"

    def as_dict(self) -> dict[str, Array]:
        """The arrays by name."""
        return dict(self.__dict__)

    def _asked(self) -> Iterable[str]:
        return (name for name in self._FIELDS if name in self.__dict__ and name != "status")


class Solution(Outputs[Array]):
    """The outputs of ``solve`` that were asked for, as attributes; ``status`` is always there.

    Arrays are of the caller's kind with the inputs' leading shape; ``q`` and ``log_q`` have the columns too. The others raise an
    ``AttributeError`` that says they were not asked for. ``as_dict()`` is what ``out=`` takes.
    """

    _FIELDS = FIELDS
    _CALL = "solve"

    alpha: Array
    """[...] float64 in [0, 1]: the weight of the policy in q."""
    q: Array
    """[..., columns of theta]: the sampling distribution; 0 beyond ``valid_columns``."""
    log_q: Array
    """[..., columns of theta]: its logarithm, nats; -inf where q = 0."""
    log_z: Array
    """[...] float64, nats: log Z(alpha) <= 0; at the Chernoff point minus the Chernoff information."""
    kl_theta: Array
    """[...] float64, nats: KL(q || pi_theta) >= 0."""
    kl_target: Array
    """[...] float64, nats: KL(q || pi_t) >= 0."""
    ess_theta: Array
    """[...] float64 in [0, 1]: 1 / sum pi_theta^2 / q."""
    ess_target: Array
    """[...] float64 in [0, 1]: 1 / sum pi_t^2 / q."""
    residual: Array
    """[...] float64, nats: how far alpha is from meeting the criterion, the certificate: |KL_theta - KL_target|,
    |w_theta KL_theta - w_target KL_target|, |KL_theta - budget|, |log ESS_theta - log ESS_target| or |log ESS_theta - log floor|."""
    iterations: Array
    """[...] int32: points of the path at which the row was measured (newton: 1 for most rows) or halvings (bisection)."""
    status: Array
    """[...] int32: a ``RowStatus`` per row."""
