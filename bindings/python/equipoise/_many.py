"""``solve_many``: the distribution that serves several policies."""

from __future__ import annotations

from ctypes import POINTER, byref, c_double, c_uint8, cast, pointer, sizeof
from typing import Any, Sequence

import numpy as np

from . import _abi
from ._arrays import address_of, as_numpy, kind_of, same_kind
from ._chunks import groups_of, split
from ._errors import choose
from ._loader import library
from ._plan import SCORES, integer, number, per_row, row_mask
from ._rows import BF16, F16, F32, F64, I32, ITEM_SIZE, PACKED, Rows
from ._solution import Array, Outputs
from ._solve import check_shapes

_matrix = _abi.packer(_abi.Matrix)
_FIRST_CHUNK = 1 << 20
_DEFAULT_Q = {F32: F32, F64: F64, F16: F32, BF16: F32}

# The outputs in the order of eqp_many_solution, where status is row_status.
MANY_FIELDS = ("beta", "q", "log_q", "log_z", "kl", "residual", "iterations", "status")
_MATRICES = ("q", "log_q")
_PER_POLICY = ("beta", "kl")
_CODE = {name: I32 if name in ("iterations", "status") else F64 for name in MANY_FIELDS}


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
    job = _Job(batches, _options(scores, tolerance, max_iterations, valid_columns, threads))
    for place, batch in enumerate(batches):
        check_shapes(first, batch, job.options.valid_columns, ("policies[0]", f"policies[{place}]"))
    job.cost = _cost(cost, first, job.options.valid_columns)
    job.weights = _cost_weight(cost_weight, cost is not None, first.shape, job.options)
    job.mask = None if mask is None else row_mask(mask, first.shape)
    arrays = job.make(_wanted(outputs), kind)
    job.run()
    return ManySolution({name: kind.finish(array, policies[0]) for name, array in arrays.items()})


class _Job:
    """One call: its inputs, its outputs, and how a chunk of its rows goes to the library."""

    def __init__(self, policies: list[Rows], options: Any) -> None:
        self.policies = policies
        self.options = options
        self.cost: Rows | None = None
        self.weights: Any = None
        self.mask: Any = None
        self.places: dict[str, tuple[int, int]] = {}
        self.matrices: dict[str, Rows] = {}

    def make(self, names: tuple[str, ...], kind: Any) -> dict[str, Any]:
        """The arrays to write, by name."""
        first, arrays = self.policies[0], {}
        for name in names:
            if name in _MATRICES:
                code = _DEFAULT_Q[first.code]
                arrays[name], address = kind.empty((*first.shape, first.columns), code)
                self.matrices[name] = Rows(address, code, first.shape, first.columns, PACKED, arrays[name])
            else:
                each = (len(self.policies),) if name in _PER_POLICY else ()
                arrays[name], address = kind.empty((*first.shape, *each), _CODE[name])
                self.places[name] = address, ITEM_SIZE[_CODE[name]] * (each[0] if each else 1)
        return arrays

    def run(self) -> None:
        """All rows: in one call where that is short, in chunks otherwise."""
        first = self.policies[0]
        width = first.columns * len(self.policies)
        if first.rows * width <= _FIRST_CHUNK:
            self._call(0, first.rows)
            return
        batches = [*self.policies, *self.matrices.values()] + ([self.cost] if self.cost is not None and self._has_row_costs() else [])
        split(first.rows, groups_of(*batches), self._call, _FIRST_CHUNK // width)

    def _has_row_costs(self) -> bool:
        return self.cost is not None and self.cost.shape == self.policies[0].shape

    def _call(self, begin: int, end: int) -> None:
        policies = (_abi.Matrix * len(self.policies))(*(_struct(batch, begin, end) for batch in self.policies))
        solution = _abi.ManySolution(sizeof(_abi.ManySolution))
        for name, (address, size) in self.places.items():
            member = "row_status" if name == "status" else name
            setattr(solution, member, cast(address + size * begin, type(getattr(solution, member))))
        for name, batch in self.matrices.items():
            setattr(solution, name, pointer(_struct(batch, begin, end)))
        if self.cost is not None:
            self.options.cost = pointer(_struct(self.cost, *((begin, end) if self._has_row_costs() else (0, 1))))
        if self.weights is not None:
            self.options.row_cost_weight = cast(address_of(self.weights) + 8 * begin, POINTER(c_double))
        if self.mask is not None:
            self.options.row_mask = cast(address_of(self.mask) + begin, POINTER(c_uint8))
        status = library.eqp_solve_many(policies, len(self.policies), byref(self.options), byref(solution))
        if status:
            library.fail(status)


def _read(policies: Any) -> tuple[list[Rows], Any]:
    if hasattr(policies, "shape"):
        raise TypeError(f"policies is {type(policies).__name__}: give a list of arrays, one per policy")
    policies = list(policies)
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
    options = _abi.SolveManyOptions()
    status = library.eqp_solve_many_options_init(byref(options), sizeof(options))
    if status:
        library.fail(status)
    options.scores = choose("scores", scores, SCORES)
    options.tolerance = number("tolerance", tolerance, 0.0, above=True)
    options.max_iterations = integer("max_iterations", max_iterations, 1)
    options.valid_columns = 0 if valid_columns is None else integer("valid_columns", valid_columns, 1)
    options.threads = integer("threads", threads, 0)
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


def _wanted(outputs: Any) -> tuple[str, ...]:
    if isinstance(outputs, str) and outputs == "all":
        return MANY_FIELDS
    names = (outputs,) if isinstance(outputs, str) else tuple(outputs)
    for name in names:
        if name not in MANY_FIELDS:
            raise ValueError(f"outputs: {name!r} is no field; choose from {', '.join(MANY_FIELDS)}, or 'all'")
    return tuple(name for name in MANY_FIELDS if name in names or name == "status")


def _struct(batch: Rows, begin: int, end: int) -> Any:
    return _abi.Matrix.from_buffer_copy(_matrix.pack(*batch.part(begin, end)))
