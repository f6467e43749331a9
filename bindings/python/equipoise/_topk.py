"""``solve_topk``: the point between a policy and a teacher of whom the top k tokens are known."""

from __future__ import annotations

from ctypes import POINTER, byref, c_int64, cast
from typing import Any

import numpy as np

from . import _abi
from ._arrays import Kind, address_of, as_numpy, kind_of, same_kind
from ._calls import Results, in_chunks, options_of, point_at, set_shared, struct_of
from ._errors import choose
from ._loader import library
from ._plan import integer, number, per_row, row_mask
from ._rows import RESULT_CODE, Rows
from ._solution import Array, Outputs, wanted

_FIRST_CHUNK = 1 << 20
_TAILS = {name[len("EQP_TOPK_") :].lower(): number for name, number in _abi.ENUMS["eqp_topk_tail"].items()}
_MATRICES = ("q", "gradient")

TOPK_FIELDS = (
    "alpha",
    "q",
    "q_tail",
    "tail_ratio",
    "log_z",
    "kl_theta",
    "kl_target",
    "residual",
    "gradient",
    "iterations",
    "status",
)


class TopKSolution(Outputs[Array]):
    """The outputs of ``solve_topk`` that were asked for, as attributes; ``status`` is always there."""

    _FIELDS = TOPK_FIELDS
    _CALL = "solve_topk"

    alpha: Array
    """[...] float64 in [0, 1]: the weight of the policy in q."""
    q: Array
    """[..., k]: q of the listed tokens; 0 in empty slots. With ``q_tail`` it sums to 1."""
    q_tail: Array
    """[...] float64: q of all other tokens together; 0 with "renormalize"."""
    tail_ratio: Array
    """[...] float64: q(y) / pi_theta(y) of every other token."""
    log_z: Array
    """[...] float64, nats: log Z(alpha) <= 0."""
    kl_theta: Array
    """[...] float64, nats: KL(q || pi_theta) >= 0."""
    kl_target: Array
    """[...] float64, nats: KL(q || pi_t) >= 0, as far as the teacher is known."""
    residual: Array
    """[...] float64, nats: |KL_theta - KL_target| at alpha."""
    gradient: Array
    """[..., columns of theta]: pi_theta - q, the gradient of KL(q || pi_theta) in theta's tempered logits while q stands still."""
    iterations: Array
    """[...] int32: points of the path at which the row was measured."""
    status: Array
    """[...] int32: a ``RowStatus`` per row."""


def solve_topk(
    theta: Array,
    target_ids: Any,
    target_log_probs: Array,
    tail: str = "bucket",
    temperature: Any = 1.0,
    valid_columns: int | None = None,
    mask: Any = None,
    outputs: Any = ("alpha", "q", "q_tail", "tail_ratio"),
    *,
    tolerance: float = 1e-6,
    max_iterations: int = 50,
    threads: int = 0,
) -> TopKSolution[Array]:
    """The sampling distribution between a policy and a teacher known by its top k log-probabilities, per row.

    Parameters
    ----------
    theta : array [..., vocabulary]
        Logits of the policy, as ``solve`` takes them.
    target_ids : integers [..., k], k from 1 to 4096
        The listed tokens; -1 is an empty slot. No token twice.
    target_log_probs : array [..., k]
        Their true log-probabilities, nats; -inf is an empty slot, whose id may be anything. Of theta's kind, of a type of its own.
    tail : "bucket" or "renormalize"
        What stands for the other tokens. "bucket": all of them are one event on both sides, of mass 1 - sum, within which q has the
        policy's shape: exact for a teacher whose tail is shaped like the policy's. "renormalize": both sides are conditioned on the
        listed tokens.
    temperature : number, array, or pair (theta's, 1)
        Divides theta's logits. The teacher's is part of its log-probabilities: a tail cannot be re-tempered, so anything but 1 is an error
        there. A number or array alone is that of both, as in ``solve``.
    valid_columns : int, optional
        How many leading columns of theta are real.
    mask, tolerance, max_iterations, threads
        As in ``solve``.
    outputs : names, or "all"
        "alpha", "q", "q_tail", "tail_ratio", "log_z", "kl_theta", "kl_target", "residual", "gradient", "iterations". "status" is always
        there.

    Returns
    -------
    TopKSolution
        The fields as arrays of the caller's kind. With every token listed it is ``solve``'s answer. q has the type of
        ``target_log_probs`` and gradient that of theta, float32 for half precision; the rest is float64.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        As ``solve``, with the argument's name: also for an id that is no token, and for one that a row lists twice.

    Notes
    -----
    A row with NaN or +inf, or ("bucket") with probabilities that sum to more than 1.001, is INVALID. Both KLs are those of distributions,
    so never negative; the "KL" that a truncated sum makes can be. Computed in float64. Thread safe; releases the GIL.
    """
    kind = same_kind(theta, "theta", target_log_probs, "target_log_probs")
    a, b = kind.rows(theta, "theta"), kind.rows(target_log_probs, "target_log_probs")
    options = _options(tail, valid_columns, tolerance, max_iterations, threads, a)
    ids = _ids(target_ids, a, b)
    temperatures = _temperatures(temperature, a.shape, options)
    skipped = None if mask is None else row_mask(mask, a.shape)
    _check_ids(ids, options.valid_columns or a.columns, skipped)
    results = _make(wanted(outputs, TOPK_FIELDS), kind, a, b)

    def call(first: int, last: int) -> int:
        solution = results.struct(_abi.TopKSolution, first, last)
        point_at(options, first, row_temperature_theta=temperatures, row_mask=skipped)
        place = cast(address_of(ids) + 8 * b.columns * first, POINTER(c_int64))
        logits, log_probs = struct_of(a, first, last), struct_of(b, first, last)
        return int(library.eqp_solve_topk(byref(logits), place, byref(log_probs), byref(options), byref(solution)))

    if a.rows:
        in_chunks(a.rows, call, max(1, _FIRST_CHUNK // a.columns), a, b, *results.batches())
    return TopKSolution(results.finished(theta))


def _make(names: tuple[str, ...], kind: Kind, a: Rows, b: Rows) -> Results:
    """The arrays to write."""
    results = Results(kind)
    for name in names:
        if name in _MATRICES:
            like = b if name == "q" else a
            results.matrix(name, a.shape, like.columns, RESULT_CODE[like.code])
        else:
            results.numbers(name, a.shape)
    return results


def _options(tail: str, valid_columns: int | None, tolerance: float, max_iterations: int, threads: int, a: Rows) -> Any:
    options = options_of(_abi.TopKOptions, library.eqp_topk_options_init)
    options.tail = choose("tail", tail, _TAILS)
    options.tolerance = number("tolerance", tolerance, 0.0, above=True)
    options.max_iterations = integer("max_iterations", max_iterations, 1)
    set_shared(options, valid_columns, threads)
    if not a.columns:
        raise ValueError(f"theta has shape {a.full_shape()}: there must be a column")
    if options.valid_columns > a.columns:
        raise ValueError(f"theta has shape {a.full_shape()}: valid_columns={valid_columns} is more than it has")
    return options


def _ids(target_ids: Any, a: Rows, b: Rows) -> np.ndarray[Any, Any]:
    """The ids as contiguous int64 [rows, k], of the right shape."""
    kind = kind_of(target_ids, "target_ids")
    ids = np.from_dlpack(target_ids) if kind.wraps else as_numpy(target_ids, "target_ids")
    if ids.dtype.kind not in "iu" or ids.dtype == np.uint64:
        raise TypeError(f"target_ids has dtype {ids.dtype}: give signed integers")
    if ids.shape != b.full_shape() or b.shape != a.shape:
        shapes = f"theta has shape {a.full_shape()}, target_ids {ids.shape} and target_log_probs {b.full_shape()}"
        raise ValueError(f"{shapes}: the leading shapes must agree, and ids and log-probabilities be as many")
    if not 1 <= b.columns <= 4096:
        raise ValueError(f"target_ids has shape {ids.shape}: k is {b.columns}, must be in [1, 4096]")
    ids = np.ascontiguousarray(ids, np.int64).reshape(a.rows, b.columns)
    return np.where(b.masked(), -1, ids) if a.rows else ids


def _check_ids(ids: np.ndarray[Any, Any], columns: int, skipped: np.ndarray[Any, Any] | None) -> None:
    """Here and not in the library alone, which sees a chunk at a time and would name a row of that."""
    asked = np.ones((len(ids), 1), bool) if skipped is None else skipped.reshape(-1, 1) != 0
    wrong = ((ids < -1) | (ids >= columns)) & asked
    if wrong.any():
        row, place = np.argwhere(wrong)[0]
        raise ValueError(f"target_ids[{row}, {place}] is {ids[row, place]}: must be -1 or in [0, {columns})")
    ordered = np.sort(ids, axis=1)
    twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0) & asked
    if twice.any():
        row, place = np.argwhere(twice)[0]
        raise ValueError(f"target_ids: row {row} lists token {ordered[row, place]} twice")


def _temperatures(temperature: Any, shape: tuple[int, ...], options: Any) -> np.ndarray[Any, Any] | None:
    """Sets theta's temperature; the array of one per row, or None."""
    pair = temperature if isinstance(temperature, tuple) else (temperature, temperature)
    if len(pair) != 2:
        raise ValueError(f"temperature has {len(pair)} entries: give a number, an array with one per row, or a pair (theta's, 1)")
    teacher, per_teacher = per_row("temperature", pair[1], shape, 0.0, above=True)
    if teacher != 1.0 or (per_teacher is not None and (per_teacher != 1.0).any()):
        raise ValueError(f"temperature={temperature!r}: the teacher's must be 1, since a tail cannot be re-tempered; give (theta's, 1.0)")
    options.temperature_theta, temperatures = per_row("temperature", pair[0], shape, 0.0, above=True)
    return temperatures
