"""``solve_many``: the distribution that serves several policies."""

from __future__ import annotations

from ctypes import byref, pointer
from typing import Any, Mapping, Sequence

import numpy as np

from . import _abi
from ._arrays import Kind, as_numpy, kind_of, same_kind
from ._calls import Results, in_chunks, options_of, point_at, set_scores, struct_of
from ._loader import library
from ._out import fields_of
from ._plan import integer, number, per_row, row_mask
from ._rows import F64, PACKED, RESULT_CODE, Rows, check_shapes
from ._solution import Array, Outputs, wanted

_FIRST_CHUNK = 1 << 20

# The outputs in the order of eqp_many_solution, where status is row_status.
MANY_FIELDS = ("beta", "q", "log_q", "log_z", "kl", "residual", "iterations", "status")
_MATRICES = ("q", "log_q")
_PER_POLICY = ("beta", "kl")


class ManySolution(Outputs[Array]):
    """The outputs of ``solve_many`` that were asked for, as attributes; ``status`` is always there. k is the number of policies."""

    _FIELDS = MANY_FIELDS
    _CALL = "solve_many"

    beta: Array
    """[..., k] float64 >= 0, summing to 1: the exponents of the policies."""
    q: Array
    """[..., columns of the first policy]: the sampling distribution; 0 beyond ``valid_columns``."""
    log_q: Array
    """[..., columns of the first policy]: its logarithm, nats; -inf where q = 0."""
    log_z: Array
    """[...] float64, nats: log sum exp(sum beta_i log pi_i - cost_weight * cost)."""
    kl: Array
    """[..., k] float64, nats: KL(q || pi_i) >= 0."""
    residual: Array
    """[...] float64, nats: the largest KL less the smallest of a policy with beta above 0, the certificate."""
    iterations: Array
    """[...] int32: points of the simplex at which the row was measured."""
    status: Array
    """[...] int32: a ``RowStatus`` per row."""


def solve_many(
    policies: Sequence[Array],
    *,
    scores: str = "logits",
    tolerance: float = 1e-6,
    max_iterations: int = 100,
    cost: Any = None,
    cost_weight: Any = 0.0,
    valid_columns: int | None = None,
    mask: Any = None,
    outputs: Any = ("beta", "q"),
    out: Mapping[str, Array] | ManySolution[Array] | None = None,
    threads: int = 0,
) -> ManySolution[Array]:
    """The sampling distribution that serves k policies, per row.

    Finds ``q proportional to prod_i pi_i**beta_i * exp(-cost_weight * cost)`` with beta on the simplex where log Z(beta) is least. There
    ``KL(q || pi_i)`` is equal for all i with beta_i > 0 and no larger for the rest: no other q has a smaller largest KL (plus
    ``cost_weight`` times its mean cost). Two policies without a cost give the point that ``solve`` finds.

    Parameters
    ----------
    policies : 2 to 16 arrays [..., vocabulary]
        Scores of the policies, as ``solve`` takes them: of one kind, one leading shape, and each of its own type.
    scores : "logits", "log_probs" or "probs"
        What all of them hold.
    tolerance : float above 0
        Bounds the error of beta, and the residual relative to max(1, KL).
    max_iterations : int, at least 1
        Points of the simplex that a row may be measured at; each is one pass over its data.
    cost : array [vocabulary] or [..., vocabulary], optional
        What each token costs; finite, of any sign.
    cost_weight : float at least 0, or array
        What a unit of cost weighs, in nats; an array has one per row and spreads over the leading shape.
    valid_columns, mask, threads
        As in ``solve``.
    outputs : names, or "all"
        Which fields to compute: "beta", "q", "log_q", "log_z", "kl", "residual", "iterations". "status" is always there.
    out : dict or ManySolution, optional
        Arrays to write into, by field, as in ``solve``; what it holds is computed whatever ``outputs`` says.

    Returns
    -------
    ManySolution
        The fields as arrays of the caller's kind. q and log_q have the first policy's width and type, float32 for half precision; the
        rest is float64.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        As ``solve``, with the argument's name.

    Notes
    -----
    q is 0 wherever any policy masks a token; a row without a token that all have is DISJOINT, one with a cost that is not finite INVALID.
    Policies that occur twice get the same share. With two policies AT_THETA means beta = (1, 0) and AT_TARGET (0, 1), as in ``solve``;
    with more, a beta on the boundary is OK. Computed in float64 whatever the types. Thread safe; releases the GIL.
    """
    batches, kind = _read(policies)
    first = batches[0]
    options = _options(scores, tolerance, max_iterations, valid_columns, threads)
    for place, batch in enumerate(batches):
        check_shapes(first, batch, options.valid_columns, ("policies[0]", f"policies[{place}]"))
    costs = _cost(cost, first, options.valid_columns)
    has_row_costs = costs is not None and costs.shape == first.shape
    weights = _cost_weight(cost_weight, costs is not None, first.shape, options)
    skipped = None if mask is None else row_mask(mask, first.shape)
    given = fields_of(out, MANY_FIELDS, ManySolution)
    results = _make((*wanted(outputs, MANY_FIELDS), *given), Results(kind, given), first, len(batches))
    inputs = [(f"policies[{place}]", batch) for place, batch in enumerate(batches)]
    results.check_overlap(inputs if costs is None else [*inputs, ("cost", costs)])

    def call(begin: int, end: int) -> int:
        structs = (_abi.Matrix * len(batches))(*(struct_of(batch, begin, end) for batch in batches))
        if costs is not None:
            options.cost = pointer(struct_of(costs, begin, end) if has_row_costs else struct_of(costs))
        point_at(options, begin, row_cost_weight=weights, row_mask=skipped)
        solution = results.struct(_abi.ManySolution, begin, end)
        return int(library.eqp_solve_many(structs, len(batches), byref(options), byref(solution)))

    grouped = [*batches, *results.batches(), costs if has_row_costs else None]
    in_chunks(first.rows, call, _FIRST_CHUNK // (first.columns * len(batches)), *grouped)
    return ManySolution(results.finished(policies[0]))


def _make(names: tuple[str, ...], results: Results, first: Rows, policies: int) -> Results:
    """The arrays to write."""
    for name in dict.fromkeys(names):
        if name in _MATRICES:
            results.matrix(name, first.shape, first.columns, RESULT_CODE[first.code])
        elif name in _PER_POLICY:
            results.numbers(name, (*first.shape, policies), policies)
        else:
            results.numbers(name, first.shape)
    return results


def _read(policies: Any) -> tuple[list[Rows], Kind]:
    if hasattr(policies, "shape"):
        raise TypeError(f"policies is {type(policies).__name__}: give a list of arrays, one per policy")
    try:
        policies = list(policies)
    except TypeError:
        raise TypeError(f"policies is {type(policies).__name__}: give a list of arrays, one per policy") from None
    most, fewest = 16, 2
    if not fewest <= len(policies) <= most:
        raise ValueError(f"policies has {len(policies)} entries: give {fewest} to {most}")
    kind = kind_of(policies[0], "policies[0]")
    batches = []
    for place, policy in enumerate(policies):
        same_kind(policies[0], "policies[0]", policy, f"policies[{place}]")
        batches.append(kind.rows(policy, f"policies[{place}]"))
    return batches, kind


def _options(scores: str, tolerance: float, max_iterations: int, valid_columns: int | None, threads: int) -> Any:
    options = options_of(_abi.SolveManyOptions, library.eqp_solve_many_options_init)
    options.tolerance = number("tolerance", tolerance, 0.0, above=True)
    options.max_iterations = integer("max_iterations", max_iterations, 1)
    set_scores(options, scores, valid_columns, threads)
    return options



def _cost(cost: Any, first: Rows, valid_columns: int) -> Rows | None:
    """One row for all, or one for each."""
    if cost is None:
        return None
    if not hasattr(cost, "shape"):
        cost = np.asarray(cost)
    if isinstance(cost, np.ndarray) and cost.dtype.kind in "biu":
        cost = cost.astype(np.float64)
    rows = kind_of(cost, "cost").rows(cost, "cost")
    check_shapes(first, Rows(0, F64, rows.shape or first.shape, rows.columns, PACKED, None), valid_columns, ("policies[0]", "cost"))
    if rows.shape or not first.shape:
        return rows
    real = as_numpy(cost, "cost")[: valid_columns or None]
    if not np.isfinite(real).all():
        raise ValueError(f"cost has {real[~np.isfinite(real)][0]} for token {int(np.argmin(np.isfinite(real)))}: costs must be finite")
    return rows


def _cost_weight(weight: Any, has_cost: bool, shape: tuple[int, ...], options: Any) -> Any:
    """The array of one weight per row, or None where the options hold the number."""
    if not has_cost:
        if isinstance(weight, (int, float)) and weight == 0:
            return None
        raise ValueError("cost_weight has no meaning without cost=")
    options.cost_weight, rows = per_row("cost_weight", weight, shape, 0.0)
    return rows
