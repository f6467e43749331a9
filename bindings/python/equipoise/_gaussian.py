"""``solve_gaussian``: the distribution that serves two Gaussian policies."""

from __future__ import annotations

from ctypes import byref
from typing import Any, Mapping

from . import _abi
from ._arrays import Kind, kind_of, same_kind
from ._calls import Results, options_of, point_at, struct_of
from ._loader import library
from ._out import fields_of
from ._plan import integer, number, row_mask
from ._rows import Rows
from ._solution import Array, Outputs

# The outputs in the order of eqp_gaussian_solution, where status is row_status.
GAUSSIAN_FIELDS = (
    *("alpha", "mean", "cov", "log_z", "kl_theta", "kl_target", "ess_theta", "ess_target"),
    *("residual", "iterations", "status"),
)
_NAMES = ("mean_theta", "cov_theta", "mean_target", "cov_target")


class GaussianSolution(Outputs[Array]):
    """The outputs of ``solve_gaussian`` as attributes; n is the number of dimensions."""

    _FIELDS = GAUSSIAN_FIELDS
    _CALL = "solve_gaussian"

    alpha: Array
    """[...] float64 in [0, 1]: the weight of the policy in q."""
    mean: Array
    """[..., n] float64: the mean of q."""
    cov: Array
    """[..., n] or [..., n, n] float64, as the inputs: the covariance of q."""
    log_z: Array
    """[...] float64, nats: log Z(alpha) <= 0, minus the Chernoff information."""
    kl_theta: Array
    """[...] float64, nats: KL(q || pi_theta) >= 0."""
    kl_target: Array
    """[...] float64, nats: KL(q || pi_t) >= 0."""
    ess_theta: Array
    """[...] float64 in [0, 1]: 1 / integral of pi_theta^2 / q; 0 where it diverges."""
    ess_target: Array
    """[...] float64 in [0, 1]: 1 / integral of pi_t^2 / q; 0 where it diverges."""
    residual: Array
    """[...] float64, nats: |KL_theta - KL_target| at alpha, the certificate."""
    iterations: Array
    """[...] int32: points of the path at which the row was measured."""
    status: Array
    """[...] int32: a ``RowStatus`` per row."""


def solve_gaussian(
    mean_theta: Array,
    cov_theta: Array,
    mean_target: Array,
    cov_target: Array,
    *,
    tolerance: float = 1e-6,
    max_iterations: int = 50,
    mask: Any = None,
    out: Mapping[str, Array] | GaussianSolution[Array] | None = None,
    threads: int = 0,
) -> GaussianSolution[Array]:
    """The sampling distribution between two Gaussian policies, per row: continuous actions.

    ``q proportional to pi_theta**alpha * pi_t**(1 - alpha)`` is Gaussian too, with precision ``alpha P_theta + (1 - alpha) P_t``; alpha
    is where ``KL(q || pi_theta) = KL(q || pi_t)``. Everything but that root is in closed form.

    Parameters
    ----------
    mean_theta, mean_target : arrays [..., n]
        The means: numpy, torch on the CPU, DLPack; float32, float64, float16 or bfloat16; any leading shape, the same for all.
    cov_theta, cov_target : arrays [..., n] or [..., n, n]
        Variances, or full covariances, both in the same form. [..., n, n] is taken as full covariances, so that a batch of variances
        needs the leading shape of its means.
    tolerance : float above 0
        Bounds the error of alpha, and |KL_theta - KL_target| relative to max(1, KL).
    max_iterations : int, at least 1
    mask, threads
        As in ``solve``.
    out : dict or GaussianSolution, optional
        Arrays to write into, by field, as in ``solve``.

    Returns
    -------
    GaussianSolution
        All fields, float64, as arrays of the caller's kind. A row with NaN or an infinity has status INVALID and NaN, a skipped one
        zeros. ESS is 0 where the integral diverges: q is too narrow there for its weights to have a variance.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        With the argument's name: shapes that disagree; a covariance that is not positive definite, or not symmetric to 1e-5, with its
        row. Nothing has been written then. Thread safe; releases the GIL.
    """
    kind = kind_of(mean_theta, _NAMES[0])
    for name, array in zip(_NAMES[1:], (cov_theta, mean_target, cov_target)):
        same_kind(mean_theta, _NAMES[0], array, name)
    means = kind.rows(mean_theta, _NAMES[0])
    is_full = len(getattr(cov_theta, "shape", ())) == len(means.shape) + 2
    batches = [
        means,
        _covariances(cov_theta, _NAMES[1], means, kind, is_full),
        _same_shape(kind.rows(mean_target, _NAMES[2]), _NAMES[2], means),
        _covariances(cov_target, _NAMES[3], means, kind, is_full),
    ]
    options = _options(tolerance, max_iterations, threads)
    skipped = None if mask is None else row_mask(mask, means.shape)
    point_at(options, 0, row_mask=skipped)
    results = Results(kind, fields_of(out, GAUSSIAN_FIELDS, GaussianSolution))
    more = {"mean": (means.columns,), "cov": (means.columns,) * (2 if is_full else 1)}
    for name in GAUSSIAN_FIELDS:
        results.numbers(name, (*means.shape, *more.get(name, ())))
    results.check_overlap(list(zip(_NAMES, batches)))
    solution = results.struct(_abi.GaussianSolution, 0, means.rows)
    inputs = [byref(struct_of(batch)) for batch in batches]
    library.check(library.eqp_solve_gaussian(*inputs, byref(options), byref(solution)))
    del skipped
    return GaussianSolution(results.finished(mean_theta))


def _options(tolerance: float, max_iterations: int, threads: int) -> Any:
    options = options_of(_abi.SolveGaussianOptions, library.eqp_solve_gaussian_options_init)
    options.tolerance = number("tolerance", tolerance, 0.0, above=True)
    options.max_iterations = integer("max_iterations", max_iterations, 1)
    options.threads = integer("threads", threads, 0)
    return options


def _same_shape(rows: Rows, name: str, means: Rows) -> Rows:
    if rows.shape != means.shape or rows.columns != means.columns or not rows.columns:
        raise ValueError(f"mean_theta has shape {means.full_shape()} and {name} {rows.full_shape()}: they must agree, and have a column")
    return rows


def _covariances(cov: Any, name: str, means: Rows, kind: Kind, is_full: bool) -> Rows:
    """[..., n] or [..., n * n]."""
    if not is_full:
        return _same_shape(kind.rows(cov, name), name, means)
    size = means.columns
    if tuple(cov.shape) != (*means.shape, size, size) or not size:
        raise ValueError(f"mean_theta has shape {means.full_shape()} and {name} {tuple(cov.shape)}: covariances must be [..., n, n]")
    return kind.rows(cov.reshape(*means.shape, size * size), name)
