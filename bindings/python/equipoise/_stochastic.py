"""Stochastic approximation: running means, Robbins and Monro's iteration, alpha from samples, and simulated processes."""

from __future__ import annotations

from ctypes import POINTER, byref, c_int32, c_int64, c_uint8, cast
from math import inf, prod
from operator import index
from typing import Any

import numpy as np

from . import _abi
from ._arrays import NUMPY, Kind, address_of, as_numpy, kind_of
from ._calls import doubles, options_of
from ._errors import choose
from ._handles import Handle
from ._loader import library
from ._plan import flag, integer, number, row_mask
from ._rows import F64, I32

_OBJECTIVES = {name[len("EQP_SGD_") :].lower(): value for name, value in _abi.ENUMS["eqp_sgd_objective"].items()}
_GAINS = {"1/k": "EQP_GAIN_HARMONIC", "1/sqrt": "EQP_GAIN_SQRT"}
_State = dict[str, Any]


class RunningMean:
    """Arithmetic means and variances of values that come one after the other, by Welford's method.

    The first value decides the shape: a number, or an array [...] of independent streams (numpy, torch on the CPU, lists). One thread
    at a time.
    """

    def __init__(self) -> None:
        self._shape: tuple[int, ...] | None = None
        self._form = _Form(0.0, "x")
        self._handle: Handle | None = None

    def update(self, x: Any, axis: int | None = None) -> None:
        """Takes a value of every stream, or with ``axis=`` as many as that axis is long.

        ``ValueError`` where x has another shape than before, or is not finite; nothing changes then.
        """
        form = _Form(x, "x")
        values = form.values if axis is None else _axis_first(form.values, axis)
        shape = values.shape if axis is None else values.shape[1:]
        if self._shape is not None and shape != self._shape:
            raise ValueError(f"x has shape {shape}, the values before it {self._shape}: they must agree")
        if self._handle is None:
            self._start(shape)
            self._form = form
        values = np.ascontiguousarray(values)
        samples = 1 if axis is None else len(values)
        library.check(library.eqp_running_mean_update(self._handle_at("update").pointer, doubles(values), samples))

    @property
    def mean(self) -> Any:
        """The arithmetic mean: a float, or float64 of the kind and shape of the values; NaN before the first."""
        return self._read(0)

    @property
    def variance(self) -> Any:
        """The variance of n - 1; NaN before the second value."""
        return self._read(1)

    @property
    def count(self) -> int:
        """Values of each stream so far."""
        if self._handle is None:
            return 0
        count = c_int64()
        library.check(library.eqp_running_mean_read(self._handle.pointer, None, None, byref(count)))
        return count.value

    def state(self) -> _State:
        """A copy of all that is known, to be kept or sent away (numpy and plain values)."""
        if self._handle is None:
            return {"kind": "RunningMean", "shape": None, "values": np.empty(0)}
        return {"kind": "RunningMean", "shape": self._shape, "values": _save("eqp_running_mean", self._handle)}

    def restore(self, state: _State) -> None:
        """Goes on from what ``state`` gave, here or elsewhere."""
        shape, values = _of_kind(state, "RunningMean")
        if shape is None:
            self.__init__()  # type: ignore[misc]
            return
        if self._handle is None or shape != self._shape:
            self._start(shape)
        _restore("eqp_running_mean", self._handle_at("restore"), values)

    def _start(self, shape: tuple[int, ...]) -> None:
        size = _size("x", shape)
        self._handle = Handle(lambda place: library.eqp_running_mean_create(size, byref(place)), library.eqp_running_mean_free)
        self._shape = shape
        if shape and self._form.is_number:
            self._form = _Form(np.zeros(shape), "x")

    def _handle_at(self, what: str) -> Handle:
        if self._handle is None:
            raise AssertionError(f"{what} before a first value")
        return self._handle

    def _read(self, place: int) -> Any:
        if self._handle is None or self._shape is None:
            return float("nan")
        handle = self._handle

        def read(address: Any) -> int:
            members = [None, None]
            members[place] = address
            return library.eqp_running_mean_read(handle.pointer, *members, None)

        return self._form.result(self._shape, read)


class RobbinsMonro:
    """Roots of functions that only noisy values are known of: ``w <- w - a_k g``, a_k = c/(k + k0)**gamma (Robbins and Monro, 1951).

    Batched over independent problems; one thread at a time.

    Parameters
    ----------
    w : number or array [...]
        Where each problem starts; finite.
    c, k0, gamma : float
        The steps; c above 0, k0 at least 0, gamma in (1/2, 1]: beyond, the error names the condition that fails (the sum of the steps
        must be infinite, that of their squares finite).
    interval : pair, optional
        Points are moved into it.
    step_clip : float, optional
        The largest step.
    tracking : bool
        The root moves: any gamma from 0 is allowed, and nothing converges.
    """

    def __init__(
        self,
        w: Any,
        c: float = 1.0,
        k0: float = 0.0,
        gamma: float = 1.0,
        interval: tuple[float, float] | None = None,
        step_clip: float | None = None,
        *,
        tracking: bool = False,
    ) -> None:
        self._form = _Form(w, "w")
        values, size = self._form.values, _size("w", self._form.shape)
        options = options_of(_abi.RobbinsMonroOptions, library.eqp_robbins_monro_options_init)
        options.c, options.k0, options.gamma = number("c", c, -inf), number("k0", k0, -inf), number("gamma", gamma, -inf)
        options.tracking = flag("tracking", tracking)
        if interval is not None:
            if not isinstance(interval, (tuple, list)) or len(interval) != 2:
                raise ValueError(f"interval={interval!r}: give a pair (low, high)")
            options.low, options.high = (_limit("interval", end) for end in interval)
        if step_clip is not None:
            options.step_clip = _limit("step_clip", step_clip)
        self._handle = Handle(
            lambda place: library.eqp_robbins_monro_create(size, doubles(values), byref(options), byref(place)),
            library.eqp_robbins_monro_free,
        )

    def step(self, g: Any) -> Any:
        """One step by noisy values ``g`` of the functions at ``w``, in w's shape; the new w.

        ``ValueError`` where g has another shape or is not finite; nothing changes then.
        """
        values = _Form(g, "g").values
        if values.shape != self._form.shape:
            raise ValueError(f"g has shape {values.shape} and w {self._form.shape}: they must agree")
        library.check(library.eqp_robbins_monro_step(self._handle.pointer, doubles(values)))
        return self.w

    @property
    def w(self) -> Any:
        """The points: a float, or float64 of the kind and shape that w was given in."""
        return self._form.result(self._form.shape, lambda place: library.eqp_robbins_monro_read(self._handle.pointer, place, None, None))

    @property
    def average(self) -> Any:
        """The mean of all points that steps led to (Polyak and Ruppert); the first point before any."""
        return self._form.result(self._form.shape, lambda place: library.eqp_robbins_monro_read(self._handle.pointer, None, place, None))

    @property
    def k(self) -> int:
        """Steps so far."""
        k = c_int64()
        library.check(library.eqp_robbins_monro_read(self._handle.pointer, None, None, byref(k)))
        return k.value

    def state(self) -> _State:
        """A copy of all that changes, to be kept or sent away."""
        return {"kind": "RobbinsMonro", "shape": self._form.shape, "values": _save("eqp_robbins_monro", self._handle)}

    def restore(self, state: _State) -> None:
        """Goes on from what ``state`` of one with the same shape gave; the steps' rule is this one's."""
        shape, values = _of_kind(state, "RobbinsMonro")
        if shape != self._form.shape:
            raise ValueError(f"state is of shape {shape}, w of {self._form.shape}: they must agree")
        _restore("eqp_robbins_monro", self._handle, values)


class AlphaTracker:
    """alpha* of each row from samples instead of sums over the vocabulary: ``alpha <- clip(alpha + a_k mean(log_ratio))``.

    E_q[log pi_t - log pi_theta] falls in alpha with slope -Var and is 0 at the Chernoff point. One thread at a time.

    Parameters
    ----------
    rows : int
    gain : "1/k", "1/sqrt" or a number above 0
        a_k = 1/(k Var), which converges and as fast as any rule; 1/(sqrt(k) Var), for a policy that moves ever more slowly; or the
        number itself, for one that keeps moving. Var is estimated on the way.
    alpha : float in [0, 1]
        Where every row starts.
    """

    def __init__(self, rows: int, gain: str | float = "1/k", *, alpha: float = 0.5) -> None:
        self._rows = integer("rows", rows, 1)
        self._kind: Kind = NUMPY
        self._like: Any = None
        self._k = 0
        options = options_of(_abi.AlphaTrackerOptions, library.eqp_alpha_tracker_options_init)
        if isinstance(gain, str):
            names = {name: _abi.ENUMS["eqp_gain"][value] for name, value in _GAINS.items()}
            options.gain = choose("gain", gain, names)
        else:
            options.gain = _abi.ENUMS["eqp_gain"]["EQP_GAIN_CONSTANT"]
            options.constant = number("gain", gain, 0.0, above=True)
        options.alpha = number("alpha", alpha, 0.0, 1.0)
        self._handle = Handle(
            lambda place: library.eqp_alpha_tracker_create(self._rows, byref(options), byref(place)), library.eqp_alpha_tracker_free
        )

    def update(self, log_ratio: Any, mask: Any = None) -> Any:
        """One step from tokens that were drawn from q_alpha at the present ``alpha``.

        ``log_ratio`` [rows] or [rows, samples] is log pi_t - log pi_theta of them, nats. Where ``mask`` [rows] is False the row stays as
        it is. Gives a ``RowStatus`` per row: INVALID for a row that is not finite, which stays as it was.
        """
        values = self._samples("log_ratio", log_ratio)
        return self._update(
            lambda mask_at, status_at: library.eqp_alpha_tracker_update(
                self._handle.pointer, doubles(values), values.shape[1], mask_at, status_at
            ),
            mask,
            log_ratio,
        )

    def update_off_path(self, log_theta: Any, log_target: Any, log_mu: Any, mask: Any = None) -> Any:
        """One step from tokens that were drawn from any other policy mu.

        [rows] or [rows, samples] each: log-probabilities (nats) of them under pi_theta, pi_t and mu. They count with weight
        pi_theta**alpha pi_t**(1 - alpha) / mu, normalised by the mean weight of all samples so far, which leaves no bias in the limit.
        """
        arrays = [self._samples(name, value) for name, value in (("log_theta", log_theta), ("log_target", log_target), ("log_mu", log_mu))]
        theta, target, mu = arrays
        if not theta.shape == target.shape == mu.shape:
            raise ValueError(f"log_theta has shape {theta.shape}, log_target {target.shape} and log_mu {mu.shape}: they must agree")
        return self._update(
            lambda mask_at, status_at: library.eqp_alpha_tracker_update_off_path(
                self._handle.pointer, *(doubles(array) for array in arrays), mu.shape[1], mask_at, status_at
            ),
            mask,
            log_theta,
        )

    @property
    def alpha(self) -> Any:
        """[rows] float64 in [0, 1], of the kind of the latest update's arrays."""
        return self._result(lambda place: library.eqp_alpha_tracker_read(self._handle.pointer, place, None, None))

    @property
    def variance(self) -> Any:
        """[rows] float64: the estimate of Var_q[log pi_t - log pi_theta]; NaN before the first update."""
        return self._result(lambda place: library.eqp_alpha_tracker_read(self._handle.pointer, None, place, None))

    @property
    def k(self) -> int:
        """Calls of ``update`` and ``update_off_path`` so far."""
        return self._k

    @property
    def updates(self) -> np.ndarray[Any, Any]:
        """[rows] int64: steps of each row; fewer than ``k`` where it was masked or invalid."""
        updates = np.empty(self._rows, np.int64)
        library.check(library.eqp_alpha_tracker_read(self._handle.pointer, None, None, cast(address_of(updates), POINTER(c_int64))))
        return updates

    def state(self) -> _State:
        """A copy of all that changes, to be kept or sent away."""
        return {"kind": "AlphaTracker", "shape": (self._rows,), "k": self._k, "values": _save("eqp_alpha_tracker", self._handle)}

    def restore(self, state: _State) -> None:
        """Goes on from what ``state`` of one with as many rows gave; the gain is this one's."""
        shape, values = _of_kind(state, "AlphaTracker", "k")
        if shape != (self._rows,):
            raise ValueError(f"state is of shape {shape}, the tracker of {(self._rows,)}: they must agree")
        _restore("eqp_alpha_tracker", self._handle, values)
        self._k = int(state["k"])

    def _samples(self, name: str, value: Any) -> np.ndarray[Any, Any]:
        values = _Form(value, name).values
        if values.ndim == 0 and self._rows == 1:
            values = values.reshape(1)
        if values.ndim not in (1, 2) or values.shape[0] != self._rows or 0 in values.shape:
            raise ValueError(f"{name} has shape {values.shape}: give [{self._rows}] or [{self._rows}, samples]")
        return np.ascontiguousarray(values.reshape(self._rows, -1))

    def _update(self, call: Any, mask: Any, like: Any) -> Any:
        kept = None if mask is None else row_mask(mask, (self._rows,))
        kind = kind_of(like, "log_ratio")
        status, address = kind.empty((self._rows,), I32)
        mask_at = None if kept is None else cast(address_of(kept), POINTER(c_uint8))
        library.check(call(mask_at, cast(address, POINTER(c_int32))))
        self._kind, self._like = kind, like if kind.wraps else None
        self._k += 1
        return kind.finish(status, like)

    def _result(self, read: Any) -> Any:
        array, address = self._kind.empty((self._rows,), F64)
        library.check(read(doubles(address)))
        return self._kind.finish(array, self._like)


def dvoretzky(
    paths: int,
    steps: int,
    alpha: tuple[float, float] = (1.0, 1.0),
    beta: tuple[float, float] = (1.0, 1.0),
    *,
    initial: float = 1.0,
    every: int | None = None,
    seed: int = 0,
    stream: int = 0,
    threads: int = 0,
) -> np.ndarray[Any, Any]:
    """Paths of Dvoretzky's process ``D <- (1 - alpha_k) D + beta_k eta_k``, eta standard normal.

    ``alpha`` and ``beta`` are pairs (c, gamma) of c/k**gamma. It goes to 0 where the sum of alpha_k is infinite and that of beta_k**2
    finite (Dvoretzky, 1956). Gives float64 [steps / every, paths]; ``every`` None keeps the last value alone: [1, paths]. Random numbers
    are Philox4x32-10's at (seed, stream + path): the same for any number of threads, and for a path alone. Thread safe.
    """
    options = options_of(_abi.DvoretzkyOptions, library.eqp_dvoretzky_options_init)
    options.alpha_c, options.alpha_gamma = _rule("alpha", alpha)
    options.beta_c, options.beta_gamma = _rule("beta", beta)
    options.initial = number("initial", initial, -inf)
    return _simulate(library.eqp_dvoretzky, options, paths, steps, every, seed, stream, threads)


def sgd(
    paths: int,
    steps: int,
    objective: str = "quadratic",
    *,
    center: float = 0.0,
    noise: float = 1.0,
    c: float = 1.0,
    k0: float = 0.0,
    gamma: float = 1.0,
    initial: float = 1.0,
    every: int | None = None,
    seed: int = 0,
    stream: int = 0,
    threads: int = 0,
) -> np.ndarray[Any, Any]:
    """Paths of stochastic gradient descent ``w <- w - a_k grad f(w, x)``, a_k = c/(k + k0)**gamma, x normal about ``center``.

    "quadratic": (w - x)**2/2. "log_cosh": log cosh(w - x), whose gradient is tanh(w - x). Any gamma from 0 is allowed, so that what does
    not converge can be seen, too. Shapes, random numbers and threads as in ``dvoretzky``.
    """
    options = options_of(_abi.SgdOptions, library.eqp_sgd_options_init)
    options.objective = choose("objective", objective, _OBJECTIVES)
    options.center, options.noise = number("center", center, -inf), number("noise", noise, 0.0)
    options.c, options.k0, options.gamma = number("c", c, 0.0, above=True), number("k0", k0, 0.0), number("gamma", gamma, 0.0)
    options.initial = number("initial", initial, -inf)
    return _simulate(library.eqp_sgd, options, paths, steps, every, seed, stream, threads)


def _simulate(
    call: Any, options: Any, paths: int, steps: int, every: int | None, seed: int, stream: int, threads: int
) -> np.ndarray[Any, Any]:
    paths, options.steps = integer("paths", paths, 0), integer("steps", steps, 1)
    options.every = options.steps if every is None else integer("every", every, 1)
    options.seed, options.stream, options.threads = _word("seed", seed), _word("stream", stream), integer("threads", threads, 0)
    values = np.empty((options.steps // options.every, paths))
    library.check(call(paths, byref(options), doubles(values)))
    return values


def _rule(name: str, value: Any) -> tuple[float, float]:
    """c and gamma of steps c/k**gamma."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise TypeError(f"{name}={value!r}: give a pair (c, gamma)")
    return number(name, value[0], 0.0), number(name, value[1], 0.0)


def _limit(name: str, value: Any) -> float:
    """A number that may be infinite; the library refuses NaN."""
    return value if isinstance(value, float) else number(name, value, -inf)


def _axis_first(values: np.ndarray[Any, Any], axis: Any) -> np.ndarray[Any, Any]:
    try:
        return np.moveaxis(values, index(axis), 0)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"axis={axis!r}: x has shape {values.shape}") from None


def _size(name: str, shape: tuple[int, ...]) -> int:
    if 0 in shape:
        raise ValueError(f"{name} has shape {shape}: there must be a number")
    return prod(shape)


class _Form:
    """A number or an array as float64, and how to give results in the same form."""

    def __init__(self, value: Any, name: str) -> None:
        self.is_number = isinstance(value, (int, float, np.number))
        self._kind: Kind = NUMPY if self.is_number else kind_of(value, name)
        array = np.from_dlpack(value) if self._kind.wraps else as_numpy(value, name)
        if array.dtype.kind not in "fiu":
            raise TypeError(f"{name} has dtype {array.dtype}: give numbers")
        self.values = np.asarray(array, np.float64, order="C")
        self.shape = self.values.shape
        self._like = value if self._kind.wraps else None

    def result(self, shape: tuple[int, ...], read: Any) -> Any:
        array, address = self._kind.empty(shape, F64)
        library.check(read(doubles(address)))
        return float(array) if self.is_number and not shape else self._kind.finish(array, self._like)


def _save(prefix: str, handle: Handle) -> np.ndarray[Any, Any]:
    values = np.empty(getattr(library, f"{prefix}_state_size")(handle.pointer))
    library.check(getattr(library, f"{prefix}_save")(handle.pointer, doubles(values)))
    return values


def _restore(prefix: str, handle: Handle, values: np.ndarray[Any, Any]) -> None:
    library.check(getattr(library, f"{prefix}_restore")(handle.pointer, doubles(values), values.size))


def _of_kind(state: Any, kind: str, *more: str) -> tuple[Any, np.ndarray[Any, Any]]:
    if not isinstance(state, dict) or state.get("kind") != kind or not {"shape", "values", *more} <= state.keys():
        raise ValueError(f"state was not saved by a {kind}")
    shape = state["shape"]
    return None if shape is None else tuple(shape), np.ascontiguousarray(state["values"], np.float64)


def _word(name: str, value: int) -> int:
    """An unsigned number of 64 bits."""
    if not isinstance(value, (int, np.integer)) or not 0 <= value < 2**64:
        raise ValueError(f"{name}={value!r}: must be an integer in [0, 2**64)")
    return int(value)
