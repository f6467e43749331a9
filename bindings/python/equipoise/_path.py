"""``path``: statistics anywhere on the geometric path between two policies."""

from __future__ import annotations

from ctypes import POINTER, byref, c_double, cast, pointer, sizeof
from typing import Any

import numpy as np

from . import _abi
from ._arrays import Kind, address_of, as_numpy, same_kind
from ._chunks import groups_of, split
from ._loader import library
from ._plan import NO_PARAMETERS, Plan, RowOptions, plan_for, spread
from ._rows import F64, I32, ITEM_SIZE, PACKED, Rows
from ._solution import Array, Outputs
from ._solve import DEFAULT_Q, check_shapes

_matrix = _abi.packer(_abi.Matrix)
_FIRST_CHUNK = 1 << 21

# alpha, the outputs in the order of eqp_path_outputs, and row_status as status.
PATH_FIELDS = ("alpha", "log_z", "kl_theta", "kl_target", "ess_theta", "ess_target", "entropy", "variance", "q", "log_q", "status")
_MATRICES = ("q", "log_q")
_NUMBERS = tuple(name for name in PATH_FIELDS if name not in _MATRICES)


class PathStatistics(Outputs[Array]):
    """The outputs of ``path`` that were asked for, as attributes; ``status`` is always there. n is the number of alphas."""

    _FIELDS = PATH_FIELDS
    _CALL = "path"

    alpha: Array
    """[..., n] float64: the alphas, spread over the rows."""
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
        Which fields to compute; without it all but "q" and "log_q", which are n rows for each row. An ESS costs as much as another
        alpha. ``residual`` and ``iterations`` of ``solve`` belong to a search, and are not among them.
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
    fields = _wanted(outputs)
    if device not in ("auto", "cpu"):
        raise ValueError(f"device={device!r}: path computes on the CPU; choose 'auto' or 'cpu'")
    plan = plan_for(temperature, NO_PARAMETERS, scores, "kl_symmetry", "newton", 1e-6, 50, valid_columns, (), threads, device)
    kind = same_kind(theta, "theta", target, "target")
    job = _Job(plan, kind.rows(theta, "theta"), kind.rows(target, "target"))
    if mask is not None or type(temperature) not in (float, int):
        job.row_options = RowOptions(plan, mask, temperature, job.theta.shape)
    job.set_alphas(alphas)
    arrays = job.make(fields, kind)
    job.run()
    return PathStatistics({name: kind.finish(array, theta) for name, array in arrays.items()})


class _Job:
    """One call: its inputs, its outputs, and how a chunk of its rows goes to the library."""

    def __init__(self, plan: Plan, theta: Rows, target: Rows) -> None:
        check_shapes(theta, target, plan.valid_columns, ("theta", "target"))
        self.plan = plan
        self.theta = theta
        self.target = target
        self.row_options: RowOptions | None = None
        self.alphas: np.ndarray[Any, Any] = np.empty(0)
        self.count = 0
        self.places: dict[str, tuple[int, int]] = {}
        self.matrices: dict[str, Rows] = {}

    def set_alphas(self, alphas: Any) -> None:
        """One list for all rows, or one for each."""
        array = np.atleast_1d(as_numpy(alphas, "alphas"))
        if array.dtype.kind not in "fiu":
            raise TypeError(f"alphas has dtype {array.dtype}: give numbers in [0, 1]")
        array = np.ascontiguousarray(array, np.float64)
        if not ((array >= 0) & (array <= 1)).all():
            raise ValueError("alphas has entries that are not in [0, 1]")
        self.count = array.shape[-1]
        if array.ndim > 1:
            array = np.ascontiguousarray(spread("alphas", array, (*self.theta.shape, self.count), "leading shape and its own length"))
        self.alphas = array

    def make(self, names: tuple[str, ...], kind: Kind) -> dict[str, Any]:
        """The arrays to write, by name; alpha is written here."""
        shape = (*self.theta.shape, self.count)
        arrays: dict[str, Any] = {}
        for name in names:
            if name in _MATRICES:
                code = DEFAULT_Q[self.theta.code]
                arrays[name], address = kind.empty((*shape, self.theta.columns), code)
                self.matrices[name] = Rows(address, code, shape, self.theta.columns, PACKED, arrays[name])
                continue
            code = I32 if name == "status" else F64
            arrays[name], address = kind.empty(shape, code)
            if name == "alpha":
                as_numpy(arrays[name], name)[...] = self.alphas
            else:
                self.places[name] = address, ITEM_SIZE[code] * self.count
        return arrays

    def run(self) -> None:
        """All rows: in one call where that is short, in chunks otherwise."""
        rows, width = self.theta.rows, self.theta.columns * (1 + self.count)
        if rows * width <= _FIRST_CHUNK:
            self._call(0, rows)
        else:
            split(rows, groups_of(self.theta, self.target), self._call, _FIRST_CHUNK // width)

    def _call(self, first: int, last: int) -> None:
        outputs = _abi.PathOutputs(sizeof(_abi.PathOutputs))
        for name, (address, size) in self.places.items():
            member = "row_status" if name == "status" else name
            setattr(outputs, member, cast(address + size * first, type(getattr(outputs, member))))
        for name, batch in self.matrices.items():
            setattr(outputs, name, pointer(_struct(batch, first * self.count, last * self.count)))
        per_row = self.count if self.alphas.ndim > 1 else 0
        alphas = cast(address_of(self.alphas) + 8 * per_row * first, POINTER(c_double)) if self.count else None
        options = self.plan.pointer if self.row_options is None else self.row_options.seek(first)
        theta, target = _struct(self.theta, first, last), _struct(self.target, first, last)
        status = library.eqp_path_statistics(byref(theta), byref(target), alphas, self.count, per_row, options, byref(outputs))
        if status:
            library.fail(status)


def _wanted(outputs: Any) -> tuple[str, ...]:
    if isinstance(outputs, str) and outputs == "all":
        return PATH_FIELDS
    names = (outputs,) if isinstance(outputs, str) else tuple(outputs)
    for name in names:
        if name not in PATH_FIELDS:
            raise ValueError(f"outputs: {name!r} is no field; choose from {', '.join(PATH_FIELDS)}, or 'all'")
    return tuple(name for name in PATH_FIELDS if name in names or name == "status")


def _struct(batch: Rows, first: int, last: int) -> Any:
    return _abi.Matrix.from_buffer_copy(_matrix.pack(*batch.part(first, last)))
