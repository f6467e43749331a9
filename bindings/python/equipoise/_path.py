"""``path``: statistics anywhere on the geometric path between two policies."""

from __future__ import annotations

from ctypes import byref
from typing import Any

import numpy as np

from . import _abi
from ._arrays import as_numpy
from ._calls import Pair, Results, doubles
from ._loader import library
from ._plan import NO_PARAMETERS, RowOptions, plan_for, spread
from ._rows import F64, I32, RESULT_CODE
from ._solution import Array, Outputs, RowStatus, wanted

_FIRST_CHUNK = 1 << 21

# alpha, the outputs in the order of eqp_path_outputs, row_status as status, and what solve has besides.
PATH_FIELDS = (
    *("alpha", "log_z", "kl_theta", "kl_target", "ess_theta", "ess_target", "entropy", "variance", "q", "log_q", "status"),
    *("residual", "iterations"),
)
_MATRICES = ("q", "log_q")
_KLS = ("kl_theta", "kl_target")
# Made here, from other outputs.
_DERIVED = ("alpha", "residual", "iterations")
_NUMBERS = tuple(name for name in PATH_FIELDS[:-2] if name not in _MATRICES)


class PathStatistics(Outputs[Array]):
    """The outputs of ``path`` that were asked for, as attributes; ``status`` is always there. n is the number of alphas."""

    _FIELDS = PATH_FIELDS
    _CALL = "path"

    alpha: Array
    """[..., n] float64: the alphas, spread over the rows; as in ``solve`` NaN in an invalid row and 0 in a skipped one."""
    log_z: Array
    """[..., n] float64, nats: log sum pi_theta**alpha * pi_t**(1 - alpha) <= 0."""
    kl_theta: Array
    """[..., n] float64, nats: KL(q || pi_theta) >= 0; falls as alpha grows."""
    kl_target: Array
    """[..., n] float64, nats: KL(q || pi_t) >= 0; rises as alpha grows."""
    ess_theta: Array
    """[..., n] float64 in [0, 1]: 1 / sum pi_theta^2 / q; 0 where q misses a token of the policy."""
    ess_target: Array
    """[..., n] float64 in [0, 1]: 1 / sum pi_t^2 / q; 0 where q misses a token of the target."""
    entropy: Array
    """[..., n] float64, nats: -sum q log q >= 0."""
    variance: Array
    """[..., n] float64, nats^2: the variance of log pi_t - log pi_theta under q, the second derivative of log Z."""
    q: Array
    """[..., n, columns of theta]: the distributions; 0 beyond ``valid_columns``."""
    log_q: Array
    """[..., n, columns of theta]: their logarithms, nats; -inf where q = 0."""
    residual: Array
    """[..., n] float64, nats: |KL(q || pi_theta) - KL(q || pi_t)|, how far from the Chernoff point."""
    iterations: Array
    """[..., n] int32: 1, how often each point was measured; 0 in a skipped or invalid row."""
    status: Array
    """[..., n] int32: a ``RowStatus`` per row."""


def path(
    theta: Array,
    target: Array,
    alphas: Any,
    *,
    outputs: Any = _NUMBERS,
    scores: str = "logits",
    temperature: Any = 1.0,
    valid_columns: int | None = None,
    mask: Any = None,
    threads: int = 0,
    device: str = "auto",
) -> PathStatistics[Array]:
    """What ``q proportional to pi_theta**alpha * pi_t**(1 - alpha)`` is like at each of ``alphas``, per row.

    The data is read once however many alphas there are, all of it in float64.

    Parameters
    ----------
    theta, target : arrays [..., vocabulary]
        As in ``solve``.
    alphas : array [n] or [..., n]
        In [0, 1], 1 being the policy and 0 the target; the same for all rows, or a list per row that spreads over the leading shape.
        A number is a list of one. At most 65536.
    outputs : names, or "all"
        Which fields to compute; without it all but "q" and "log_q", which are n rows for each row, and "residual" and "iterations",
        which say little here. An ESS costs as much as another alpha.
    scores, temperature, valid_columns, mask, threads
        As in ``solve``.
    device : "auto" or "cpu"

    Returns
    -------
    PathStatistics
        The fields as arrays [..., n] of the caller's kind: float64, q and log_q of theta's type, float32 for half-precision inputs.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        As ``solve``, with the argument's name.

    Notes
    -----
    A row without a common token is DISJOINT (log Z -inf, KLs +inf, ESSs and q 0, entropy and variance NaN), a bad row INVALID and NaN,
    a skipped row SKIPPED and 0. Thread safe; releases the GIL.
    """
    fields = wanted(outputs, PATH_FIELDS)
    plan = plan_for(temperature, NO_PARAMETERS, scores, "kl_symmetry", "newton", 1e-6, 50, valid_columns, (), threads, device)
    if not isinstance(plan.device, str):
        raise ValueError(f"device={device!r}: path computes on the CPU; choose 'auto' or 'cpu'")
    pair = Pair(theta, target, ("theta", "target"), plan.valid_columns)
    has_rows = mask is not None or type(temperature) not in (float, int)
    row_options = RowOptions(plan, mask, temperature, pair.shape) if has_rows else None
    points = _alphas(alphas, pair.shape)
    results, count = _make((*fields, *_KLS) if "residual" in fields else fields, pair, points), points.shape[-1]
    per_row = count if points.ndim > 1 else 0

    def call(a: Any, b: Any, first: int, last: int) -> int:
        options = plan.pointer if row_options is None else row_options.seek(first)
        place = doubles(points, per_row * first) if count else None
        outputs = results.struct(_abi.PathOutputs, first, last)
        return int(library.eqp_path_statistics(a, b, place, count, per_row, options, byref(outputs)))

    pair.run(call, _FIRST_CHUNK, pair.columns * (1 + count))
    _derive(results.arrays, fields)
    results.arrays = {name: results.arrays[name] for name in fields}
    return PathStatistics(results.finished(theta))


def _alphas(alphas: Any, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """One list for all rows, or one for each."""
    array = np.atleast_1d(as_numpy(alphas, "alphas"))
    if array.dtype.kind not in "fiu":
        raise TypeError(f"alphas has dtype {array.dtype}: give numbers in [0, 1]")
    array = np.ascontiguousarray(array, np.float64)
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError("alphas has entries that are not in [0, 1]")
    if array.ndim > 1:
        array = np.ascontiguousarray(spread("alphas", array, (*shape, array.shape[-1]), "leading shape and its own length"))
    return np.asarray(array)


def _make(names: tuple[str, ...], pair: Pair, points: np.ndarray[Any, Any]) -> Results:
    """The arrays; alpha is written here."""
    results, count = Results(pair.kind), points.shape[-1]
    shape = (*pair.shape, count)
    for name in names:
        if name in _MATRICES:
            results.matrix(name, shape, pair.columns, RESULT_CODE[pair.first.code], count)
        elif name in _DERIVED:
            results.arrays[name], _ = pair.kind.empty(shape, I32 if name == "iterations" else F64)
        else:
            results.numbers(name, shape, count)
    if "alpha" in names:
        as_numpy(results.arrays["alpha"], "alpha")[...] = points
    return results


def _derive(arrays: dict[str, Any], names: tuple[str, ...]) -> None:
    """What the library does not write: it follows from what it wrote."""
    views = {name: as_numpy(arrays[name], name) for name in {*names, *_KLS} & arrays.keys() if name not in _MATRICES}
    status = views["status"]
    if "alpha" in names:
        views["alpha"][status == RowStatus.INVALID] = np.nan
        views["alpha"][status == RowStatus.SKIPPED] = 0
    if "residual" in names:
        with np.errstate(invalid="ignore"):  # infinite where the rows have no token in common
            views["residual"][...] = np.abs(views["kl_theta"] - views["kl_target"])
    if "iterations" in names:
        views["iterations"][...] = (status != RowStatus.INVALID) & (status != RowStatus.SKIPPED)
