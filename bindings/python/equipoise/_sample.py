"""``sample``: tokens drawn from q of every row, without q."""

from __future__ import annotations

from ctypes import byref
from operator import index
from typing import Any

import numpy as np

from . import _abi
from ._arrays import as_numpy
from ._calls import Pair, Results, options_of, point_at
from ._loader import library
from ._plan import RowOptions, flag, integer, number, plan_for, spread
from ._rows import F64, I64
from ._solution import Array, Outputs, wanted

# The outputs in the order of eqp_samples, where status is row_status; those of a row, not of a draw.
SAMPLE_FIELDS = (
    "tokens",
    "log_q",
    "log_theta",
    "log_target",
    "log_weights",
    "log_target_weights",
    "weights",
    "target_weights",
    "log_inclusion",
    "alpha",
    "status",
)
_PER_ROW = ("alpha", "status")

# Columns that a draw takes as long as.
_COLUMNS_PER_DRAW = 256


class Samples(Outputs[Array]):
    """What ``sample`` draws, as attributes; ``status`` is always there. n is the number of draws, all logarithms are in nats.

    A draw that there is no token for has the token -1: all of an INVALID or DISJOINT row (NaN in the other fields) or a SKIPPED one
    (zeros), and without replacement those beyond the last token (weights 0, logarithms -inf).
    """

    _FIELDS = SAMPLE_FIELDS
    _CALL = "sample"

    tokens: Array
    """[..., n] int64: columns."""
    log_q: Array
    """[..., n] float64: log q(token); of a truncated q: of what is left of it, renormalised."""
    log_theta: Array
    """[..., n] float64: log pi_theta(token), never truncated."""
    log_target: Array
    """[..., n] float64: log pi_t(token), never truncated."""
    log_weights: Array
    """[..., n] float64: log of ``weights``."""
    log_target_weights: Array
    """[..., n] float64: log of ``target_weights``."""
    weights: Array
    """[..., n] float64: pi_theta / q of the token; without replacement pi_theta over the inclusion probability."""
    target_weights: Array
    """[..., n] float64: pi_t / q of the token; without replacement pi_t over the inclusion probability."""
    log_inclusion: Array
    """[..., n] float64: without replacement, log of the probability that the token is drawn, given its row's threshold; otherwise log q."""
    alpha: Array
    """[...] float64 in [0, 1]: the weight of the policy in q, as of ``solve``."""
    status: Array
    """[...] int32: a ``RowStatus`` per row, as of ``solve``."""


def sample(
    theta: Array,
    target: Array,
    n: int = 1,
    seed: int = 0,
    stream: Any = 0,
    *,
    offset: int = 0,
    top_k: int | None = None,
    top_p: float = 1.0,
    min_p: float = 0.0,
    without_replacement: bool = False,
    scores: str = "logits",
    criterion: str = "kl_symmetry",
    method: str = "newton",
    tolerance: float = 1e-6,
    max_iterations: int = 50,
    temperature: Any = 1.0,
    valid_columns: int | None = None,
    mask: Any = None,
    weights: tuple[Any, Any] | None = None,
    budget: Any = None,
    floor: Any = None,
    alpha: Any = None,
    outputs: Any = "all",
    threads: int = 0,
    device: str = "auto",
) -> Samples[Array]:
    """Tokens drawn from the sampling distribution between a policy and a target, per row, with their importance weights.

    q is the one that ``solve`` finds with the same arguments. It is never written: one sweep over the row sums it, and a draw looks its
    token up.

    Parameters
    ----------
    theta, target : arrays [..., vocabulary]
        Scores of the policy and the target, as ``solve`` takes them.
    n : int, at least 0
        Draws per row.
    seed : int in [0, 2**64)
        The key of the random numbers, Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011).
    stream : int in [0, 2**64), or array
        Row i, counted through the leading shape, draws from stream ``stream + i``, so that no two rows of a batch share numbers; an
        array gives every row its own stream. Draw j of a row is a function of the row, the seed, its stream and ``offset + j`` alone:
        a row of a batch draws what it would alone with its stream, whatever the batch, the threads or the layout.
    offset : int in [0, 2**64)
        Number of the first draw: ``offset=n`` goes on where a call with ``n`` draws and the same streams ended.
    top_k : int at least 1, optional
        Keeps the k most probable tokens of q, and those that tie with the last of them.
    top_p : float in (0, 1]
        Then keeps the fewest most probable tokens that have at least this share of what is left, and ties.
    min_p : float in [0, 1]
        Of these keeps the ones at least this much as probable as the most probable.
    without_replacement : bool
        Draws no token of a row twice: in proportion to what is left, which is Gumbel top-k. ``log_inclusion`` then is that of Kool, van
        Hoof and Welling (ICML 2019), and the *sum* of f * weights over the n draws estimates the mean of f under the policy,
        unbiasedly; with replacement it is their *mean* that does.
    scores, criterion, method, tolerance, max_iterations, temperature, valid_columns, mask, weights, budget, floor, alpha, threads, device
        As in ``solve``. ``mask`` False: status SKIPPED, tokens -1, zeros elsewhere.
    outputs : names, or "all"
        Which fields of ``Samples`` to compute. "status" is always there.

    Returns
    -------
    Samples
        The fields as arrays [..., n] of the caller's kind, ``alpha`` and ``status`` as arrays [...].

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        As ``solve``, with the argument's name.

    Notes
    -----
    Tokens that are masked in either policy, that the truncation leaves out or that q gives no probability are never drawn. A chunk of 256
    columns is drawn with its probability within 3e-7 relatively (1e-13 of float64 scores), and its tokens by float64 weights. Weights
    estimate means under a policy where q covers it: not beyond tokens that the other policy masks or the truncation leaves out.

    Thread safe; releases the GIL.
    """
    parameters = weights, budget, floor, alpha
    plan = plan_for(
        temperature, parameters, scores, criterion, method, tolerance, max_iterations, valid_columns, ("alpha",), threads, device
    )
    if not isinstance(plan.device, str):
        raise ValueError(f"device={device!r}: sample draws on the CPU; choose 'auto' or 'cpu'")
    options = _options(n, seed, offset, top_k, top_p, min_p, without_replacement)
    names = wanted(outputs, SAMPLE_FIELDS)
    pair = Pair(theta, target, ("theta", "target"), plan.valid_columns)
    row_options = RowOptions(plan, mask, temperature, pair.shape, parameters)
    start, streams = _streams(stream, pair.shape)
    results = Results(pair.kind)
    for name in names:
        if name in _PER_ROW:
            results.numbers(name, pair.shape)
        else:
            results.numbers(name, (*pair.shape, options.count), options.count, I64 if name == "tokens" else F64)

    def call(a: Any, b: Any, first: int, last: int) -> int:
        options.stream = (start + first) % 2**64
        point_at(options, first, row_stream=streams)
        samples = results.struct(_abi.Samples, first, last)
        return int(library.eqp_sample(a, b, row_options.seek(first), byref(options), byref(samples)))

    pair.run(call, plan.first_chunk, pair.columns + _COLUMNS_PER_DRAW * options.count)
    return Samples(results.finished(theta))


def _options(n: int, seed: int, offset: int, top_k: int | None, top_p: float, min_p: float, without_replacement: bool) -> Any:
    options = options_of(_abi.SampleOptions, library.eqp_sample_options_init)
    options.count = integer("n", n, 0)
    options.seed = _unsigned("seed", seed)
    options.offset = _unsigned("offset", offset)
    options.top_k = 0 if top_k is None else integer("top_k", top_k, 1)
    options.top_p = number("top_p", top_p, 0.0, 1.0, above=True)
    options.min_p = number("min_p", min_p, 0.0, 1.0)
    options.without_replacement = flag("without_replacement", without_replacement)
    return options


def _unsigned(name: str, value: Any) -> int:
    """``value`` as an int in [0, 2**64)."""
    try:
        result = index(value)
    except TypeError:
        raise TypeError(f"{name}={value!r} is no integer") from None
    if not 0 <= result < 2**64:
        raise ValueError(f"{name}={value!r}: must be at least 0 and below 2**64")
    return result


def _streams(stream: Any, shape: tuple[int, ...]) -> tuple[int, np.ndarray[Any, Any] | None]:
    """The first row's stream, and one per row, contiguous, where that was given."""
    if not getattr(stream, "shape", ()) and not isinstance(stream, (list, tuple)):
        return _unsigned("stream", stream), None
    array = as_numpy(stream, "stream")
    if array.dtype.kind not in "iu":
        raise TypeError(f"stream has dtype {array.dtype}: give integers, one per row")
    if array.dtype.kind == "i" and (array < 0).any():
        raise ValueError(f"stream has {array.min()}: must be at least 0 and below 2**64")
    return 0, np.ascontiguousarray(spread("stream", array, shape), np.uint64)
