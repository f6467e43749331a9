"""Gradients of divergences and solves in the scores of both policies, and points of the lines between two distributions."""

from __future__ import annotations

from ctypes import POINTER, byref, cast, sizeof
from typing import Any, Callable

from . import _abi
from ._calls import Pair, doubles, struct_of, vectors
from ._errors import choose
from ._loader import library
from ._plan import NO_PARAMETERS, RowOptions, plan_for, row_values
from ._rows import Rows
from ._solution import Array
from ._solve import solve

_FIRST_CHUNK = 1 << 20
GEODESICS = {"exponential": 0, "e": 0, "mixture": 1, "m": 1}


def kl_gradient(
    p: Array,
    q: Array,
    scores: str = "logits",
    *,
    weights: Any = None,
    temperature: Any = 1.0,
    valid_columns: int | None = None,
    mask: Any = None,
    threads: int = 0,
) -> tuple[Array, Array]:
    """The gradients of KL(p || q) in the scores of p and of q: ``p * (log(p / q) - KL)`` and ``q - p``, per row.

    Parameters
    ----------
    p, q : arrays [..., vocabulary]
        As in ``solve``; their temperatures divide them, and the gradients are those of the scores as given.
    scores : "logits" or "log_probs"
    weights : array [...], optional
        What every row is multiplied by: the gradient of a loss in its KL.
    temperature, valid_columns, mask, threads
        As in ``solve``; of a pair of temperatures the first is p's.

    Returns
    -------
    (array, array)
        Of the widths and types of p and of q, float32 for half precision; 0 at masked tokens, beyond ``valid_columns`` and where the
        mask is False; NaN for an invalid row and where KL is infinite.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        As ``solve``. Thread safe; releases the GIL.
    """
    call = _Call(p, "p", q, "q", scores, "kl_symmetry", NO_PARAMETERS, temperature, valid_columns, mask, threads)
    factors = None if weights is None else row_values("weights", weights, call.shape)
    first, second = vectors(call.kind, call.first), vectors(call.kind, call.second)

    def compute(a: Any, b: Any, options: Any, begin: int, end: int) -> Any:
        return library.eqp_kl_gradient(
            a, b, options, doubles(factors, begin), byref(struct_of(first, begin, end)), byref(struct_of(second, begin, end)), None
        )

    call.compute(compute)
    return call.kind.finish(first.owner, p), call.kind.finish(second.owner, q)


def solve_vjp(
    theta: Array,
    target: Array,
    alpha: Any = None,
    *,
    grad_alpha: Any = None,
    grad_log_q: Any = None,
    grad_kl: Any = None,
    grad_kl_held: Any = None,
    scores: str = "logits",
    criterion: str = "kl_symmetry",
    weights: Any = None,
    budget: Any = None,
    floor: Any = None,
    temperature: Any = 1.0,
    valid_columns: int | None = None,
    mask: Any = None,
    threads: int = 0,
) -> tuple[Array, Array]:
    """The gradient of a loss in theta and target, given its gradients in what ``solve`` made of them: a vector-Jacobian product.

    alpha and log q are differentiated through their criterion by the implicit function theorem: for KL symmetry, with
    l = log(pi_t / pi_theta), ``d alpha / d theta = (alpha q l + pi_theta - q) / Var_q[l]`` and
    ``d alpha / d target = ((1 - alpha) q l + q - pi_t) / Var_q[l]``.

    Parameters
    ----------
    theta, target : arrays [..., vocabulary]
        As given to ``solve``.
    alpha : array [...], optional
        ``solution.alpha``; it is refined here, so that the tolerance of ``solve`` does not show. Solved for where it is None. With
        criterion="fixed_alpha" the alpha of that, one number or one per row.
    grad_alpha : array [...], optional
        d loss / d alpha.
    grad_log_q : array [..., vocabulary], optional
        d loss / d log q; not read where q = 0.
    grad_kl : array [...], optional
        d loss / d(-log Z), which is KL(q || pi_theta) = KL(q || pi_t) at KL symmetry: ``alpha (pi_theta - q)`` and
        ``(1 - alpha) (pi_t - q)``.
    grad_kl_held : array [...], optional
        d loss / d KL(q || pi_theta) with q held constant: ``pi_theta - q`` and 0.
    scores : "logits" or "log_probs"
    criterion : "kl_symmetry", "weighted_kl" (``weights=``), "kl_budget" (``budget=``), "ess_balance", "ess_floor" (``floor=``) or
        "fixed_alpha"
    temperature, valid_columns, mask, threads
        As in ``solve``.

    Returns
    -------
    (array, array)
        The gradients in theta and in target, of their widths and types, float32 for half precision; 0 at masked tokens (but for those
        that the other policy masks), beyond ``valid_columns`` and where the mask is False; NaN for an invalid or disjoint row. Where
        alpha is 0 or 1, and where the policies are identical, alpha is taken as a constant.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        As ``solve``. Thread safe; releases the GIL.
    """
    is_fixed = criterion == "fixed_alpha"
    parameters = weights, budget, floor, alpha if is_fixed else None
    call = _Call(theta, "theta", target, "target", scores, criterion, parameters, temperature, valid_columns, mask, threads)
    if alpha is None and not is_fixed:
        shared: dict[str, Any] = {"temperature": temperature, "valid_columns": valid_columns, "mask": mask, "threads": threads}
        shared.update(scores=scores, criterion=criterion, weights=weights, budget=budget, floor=floor, outputs=("alpha",))
        alpha = solve(theta, target, **shared).alpha
    shape = call.shape
    found = None if is_fixed else row_values("alpha", alpha, shape)
    named = {"grad_alpha": grad_alpha, "grad_kl": grad_kl, "grad_kl_held": grad_kl_held}
    given = [None if value is None else row_values(name, value, shape) for name, value in named.items()]
    log_q = None if grad_log_q is None else call.vector(grad_log_q, "grad_log_q")
    first, second = vectors(call.kind, call.first), vectors(call.kind, call.second)

    def compute(a: Any, b: Any, options: Any, begin: int, end: int) -> Any:
        cotangents = _abi.Cotangents(struct_size=sizeof(_abi.Cotangents))
        cotangents.alpha, cotangents.kl, cotangents.kl_held = (doubles(values, begin) for values in given)
        if log_q is not None:
            matrix = struct_of(log_q, begin, end)
            cotangents.log_q = cast(byref(matrix), POINTER(_abi.Matrix))
        return library.eqp_solve_vjp(
            a,
            b,
            options,
            doubles(found, begin),
            byref(cotangents),
            byref(struct_of(first, begin, end)),
            byref(struct_of(second, begin, end)),
            None,
        )

    call.compute(compute, log_q)
    return call.kind.finish(first.owner, theta), call.kind.finish(second.owner, target)


def geodesic(
    theta: Array,
    target: Array,
    alpha: Any,
    kind: str = "exponential",
    *,
    scores: str = "logits",
    temperature: Any = 1.0,
    valid_columns: int | None = None,
    mask: Any = None,
    threads: int = 0,
) -> Array:
    """A point of a straight line between two distributions, per row.

    Parameters
    ----------
    theta, target : arrays [..., vocabulary]
        Scores of the ends at alpha = 1 and 0, as in ``solve``.
    alpha : number or array
        In [0, 1]; an array has one per row.
    kind : "exponential" ("e") or "mixture" ("m")
        The geometric path, proportional to ``pi_theta**alpha pi_t**(1 - alpha)``, or ``alpha pi_theta + (1 - alpha) pi_t``.
    scores, temperature, valid_columns, mask, threads
        As in ``solve``.

    Returns
    -------
    array [..., vocabulary]
        Probabilities, of theta's width and type, float32 for half precision; NaN for an invalid row, 0 where the mask is False; the
        exponential one is 0 where the rows have no token in common. Computed in float64.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        As ``solve``. Thread safe; releases the GIL.
    """
    number = choose("kind", kind, GEODESICS)
    if alpha is None:
        raise TypeError("alpha is None: give a number or one per row")
    parameters = (None, None, None, alpha)
    call = _Call(theta, "theta", target, "target", scores, "fixed_alpha", parameters, temperature, valid_columns, mask, threads)
    point = vectors(call.kind, call.first)

    def compute(a: Any, b: Any, options: Any, begin: int, end: int) -> Any:
        return library.eqp_geodesic(a, b, number, options, byref(struct_of(point, begin, end)), None)

    call.compute(compute)
    answer: Array = call.kind.finish(point.owner, theta)
    return answer


class _Call(Pair):
    """Two checked batches with the options of a solve."""

    def __init__(
        self,
        first: Any,
        first_name: str,
        second: Any,
        second_name: str,
        scores: str,
        criterion: str,
        parameters: Any,
        temperature: Any,
        valid_columns: int | None,
        mask: Any,
        threads: int,
    ) -> None:
        plan = plan_for(temperature, parameters, scores, criterion, "newton", 1e-6, 50, valid_columns, ("alpha",), threads, "cpu")
        super().__init__(first, second, (first_name, second_name), plan.valid_columns)
        self.options = RowOptions(plan, mask, temperature, self.shape, parameters)
        self.valid_columns = plan.valid_columns

    def vector(self, array: Any, name: str) -> Rows:
        """Another input, of any type."""
        batch = self.kind.rows(array, name)
        if batch.shape != self.shape or batch.columns < (self.valid_columns or self.columns):
            raise ValueError(f"{name} has shape {batch.full_shape()} and theta {self.first.full_shape()}: they must agree")
        return batch

    def compute(self, function: Callable[[Any, Any, Any, int, int], int], other: Rows | None = None) -> None:
        """Calls ``function(first, second, options, begin, end)`` for every chunk of rows."""
        self.run(lambda a, b, begin, end: function(a, b, self.options.seek(begin), begin, end), _FIRST_CHUNK, 0, other)
