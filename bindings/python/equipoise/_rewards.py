"""``reward_table`` and ``answer_rewards``: rewards of sampled answers from how often each occurs among the answers to its prompt."""

from __future__ import annotations

from ctypes import POINTER, byref, c_int32, cast, sizeof
from functools import lru_cache
from math import inf
from typing import Any, NamedTuple

import numpy as np

from . import _abi
from ._arrays import Kind, address_of, as_numpy, kind_of
from ._calls import doubles, options_of
from ._errors import choose
from ._handles import Handle
from ._loader import library
from ._plan import flag, integer, number, spread
from ._rows import F64, I32

KINDS = {name[len("EQP_REWARD_") :].lower(): value for name, value in _abi.ENUMS["eqp_reward_kind"].items()}
BASELINES = {name[len("EQP_BASELINE_") :].lower(): value for name, value in _abi.ENUMS["eqp_reward_baseline"].items()}
SOLVER_STATUS = {value: name[len("EQP_SOLVER_") :].lower() for name, value in _abi.ENUMS["eqp_solver_status"].items()}
_ID_TYPES = {np.dtype(np.int32): _abi.ENUMS["eqp_id_type"]["EQP_ID_I32"], np.dtype(np.int64): _abi.ENUMS["eqp_id_type"]["EQP_ID_I64"]}
_PARAMETER = {"power": "m", "tsallis": "s", "aqp": "rho"}


class RewardTable:
    """The estimates of one kind for groups of up to ``k`` answers, and the certificate of the table of ``k``.

    Made by ``reward_table``; never changes. May be given to ``answer_rewards`` as its ``kind``, from any number of threads at once.
    """

    k: int
    """Answers to a prompt, at most."""
    kind: str
    """Which estimate."""
    h: np.ndarray[Any, Any]
    """[k] float64: ``h[i]`` is the estimate for an answer that occurs i + 1 times."""
    bias: float
    """sup p |E h - f(p)| over p in (0, 1], f being what the table estimates."""
    least_bias: float
    """"minimax" and "aqp": the bias that every table of ``k`` reaches at least; otherwise 0."""
    mean_variance: float
    """The integral of Var h over p in [0, 1]."""
    max_variance: float
    """sup Var h."""
    max_abs: float
    """max |h|."""
    solver_status: str
    """"closed_form", "optimal", or "unstable": the solution exceeds what float64 holds, and the certificate says what is left of it."""

    def __init__(self, handle: Handle, k: int, kind: str) -> None:
        certificate = _abi.RewardCertificate(sizeof(_abi.RewardCertificate))
        h = np.empty(k)
        library.check(library.eqp_reward_table_read(handle.pointer, doubles(h), byref(certificate)))
        h.flags.writeable = False
        self._handle = handle
        self.k, self.kind, self.h = k, kind, h
        self.bias, self.least_bias, self.mean_variance = certificate.bias, certificate.least_bias, certificate.mean_variance
        self.max_variance, self.max_abs = certificate.max_variance, certificate.max_abs
        self.solver_status = SOLVER_STATUS[certificate.solver_status]

    def __repr__(self) -> str:
        return f"RewardTable(k={self.k}, kind={self.kind!r}, bias={self.bias:.4g}, max_variance={self.max_variance:.4g})"


class AnswerRewards(NamedTuple):
    """What ``answer_rewards`` answers: arrays of the caller's kind."""

    counts: Any
    """[..., K] int32: how often the answer's id occurs among its prompt's; 0 for an id of -1."""
    rewards: Any
    """[..., K] float64."""
    k_eff: Any
    """[...] int32: answers whose id is not -1."""
    status: Any
    """[...] int32: ``RowStatus`` OK, TOO_FEW or INVALID."""


def reward_table(
    k: int, kind: str = "harmonic", *, m: int | None = None, s: int | None = None, rho: float | None = None, allow_unstable: bool = False
) -> RewardTable:
    """A table ``h[1..k]`` of estimates of log nu(x) for an answer x that occurs c of k times, with its certificate.

    The count of an answer *that was sampled* is 1 + Bin(k - 1, p), so the mean of a table is a polynomial in p of degree k - 1. The
    policy gradient weighs an answer's error by p, so the bias that counts is sup p |E h - log p|.

    Unbiased answer-level rewards by U-statistics and by minimax polynomials are the subject of Mohri, Schneider and Zhong,
    "Generalized Distributional Alignment Games for Unbiased Answer-Level Fine-Tuning", arXiv 2605.02435, of which the abstract alone
    was at hand: the programs behind "minimax" and "aqp" are this library's own derivation (docs/rewards.md).

    Parameters
    ----------
    k : int
        Answers to a prompt: 1 to 4096; to 16 for "minimax" (64 with ``allow_unstable``), to 64 for "aqp".
    kind : str
        "plugin" log(c/k); "add_half" log((c + 1/2)/(k + 1)); "miller_madow" log(c/k) - (1 - c/k)/(2c); "harmonic" psi(c) - psi(k), the
        U-statistic of log's truncated Taylor series; "power" (``m=``), exactly unbiased for p**m; "tsallis" (``s=``), exactly unbiased
        for (s p**(s-1) - 1)/(s - 1); "minimax", the least bias a table can have, about .325/k**2, at a variance that explodes; "aqp"
        (``rho=``), the least mean variance with a bias of at most ``rho`` times harmonic's.
    m : int in [1, k - 1]
    s : int in [2, k]
    rho : float above 0
        Below the smallest feasible value the error names that value.
    allow_unstable : bool
        Lets "minimax" exceed k = 16, where its values soon exceed what float64 tables can hold; the certificate tells.

    Returns
    -------
    RewardTable
        ``h`` [k], ``bias``, ``mean_variance``, ``max_variance``, ``max_abs``, ``solver_status``.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        With the argument's name. Thread safe.
    """
    k = integer("k", k, 1)
    return RewardTable(_tables(k, kind, *_parameters(kind, m, s, rho), flag("allow_unstable", allow_unstable)), k, kind)


def answer_rewards(
    ids: Any,
    kind: str | RewardTable = "harmonic",
    *,
    m: int | None = None,
    s: int | None = None,
    rho: float | None = None,
    baseline: str = "none",
    log_target: Any = 0.0,
    invalid_reward: float = 0.0,
    sign: int = 1,
    threads: int = 0,
) -> AnswerRewards:
    """Rewards of sampled answers: ``sign * (log_target - h[count])``, less a baseline.

    ``h`` estimates log nu(x), the log-probability that the policy answers x, from how often x occurs among the answers to its prompt
    (``reward_table``).

    Parameters
    ----------
    ids : integers [..., K]
        Which answer each sample gave: numpy, torch on the CPU, DLPack, or lists. Equal ids are equal answers; the numbers mean nothing
        else. -1 = no valid answer: it leaves every count and baseline, and gets ``invalid_reward``.
    kind : str or RewardTable
        Which estimate, as in ``reward_table``; or a table of at least K. A prompt with fewer valid answers uses the table of that many.
    m, s, rho
        As in ``reward_table``.
    baseline : "none", "mean", "loo" or "excluded"
        What is taken off: nothing; the mean of the prompt's rewards; the mean of the others' rewards; or that of the others as if this
        answer had not been drawn (counts without it, table of K - 1). Only "none" and "excluded" keep an unbiased gradient unbiased:
        for p**m, "loo" scales it by 1 - m/(K - 1) and "mean" by (K - 1 - m)/K.
    log_target : number or array that spreads over [..., K]
        The target term, log target(x) (or f'(target(x)) for "power" and "tsallis"); finite, nats.
    invalid_reward : float
    sign : 1 or -1
        -1 flips every reward but ``invalid_reward``.
    threads : int
        0 = as many as pay, 1 = the caller's alone, n = at most n.

    Returns
    -------
    AnswerRewards
        ``counts``, ``rewards``, ``k_eff``, ``status``, of the caller's kind of array. A prompt with one valid answer is rewarded 0, target
        term included. Too few answers for "power", "tsallis" or "aqp": rewards 0, status TOO_FEW. An id below -1, or a target term of a
        valid answer that is not finite: rewards NaN, status INVALID; no other prompt changes.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        With the argument's name. Thread safe; releases the GIL.
    """
    array, arrays = _ids(ids)
    if not array.ndim or not array.shape[-1]:
        raise ValueError(f"ids has shape {array.shape}: the last dimension is the answers to a prompt, at least one")
    shape, answers = array.shape[:-1], array.shape[-1]
    handle = _handle(kind, answers, m, s, rho)
    options = options_of(_abi.AnswerOptions, library.eqp_answer_options_init)
    options.id_type = _ID_TYPES[array.dtype]
    options.baseline = choose("baseline", baseline, BASELINES)
    if number("sign", sign, -inf) not in (1, -1):
        raise ValueError(f"sign={sign!r}: must be 1 or -1")
    options.sign = int(sign)
    options.threads = integer("threads", threads, 0)
    options.invalid_reward = number("invalid_reward", invalid_reward, -inf)
    targets = _set_target(options, log_target, array.shape)
    counts, counts_at = arrays.empty(array.shape, I32)
    rewards, rewards_at = arrays.empty(array.shape, F64)
    k_eff, k_eff_at = arrays.empty(shape, I32)
    status, status_at = arrays.empty(shape, I32)
    outputs = _abi.AnswerOutputs(
        sizeof(_abi.AnswerOutputs),
        cast(counts_at, POINTER(c_int32)),
        doubles(rewards_at),
        cast(k_eff_at, POINTER(c_int32)),
        cast(status_at, POINTER(c_int32)),
    )
    prompts = array.size // answers
    library.check(library.eqp_answer_rewards(handle.pointer, address_of(array), prompts, answers, byref(options), byref(outputs)))
    del targets
    return AnswerRewards(*(arrays.finish(value, ids) for value in (counts, rewards, k_eff, status)))


def _ids(ids: Any) -> tuple[np.ndarray[Any, Any], Kind]:
    """The ids as contiguous int32 or int64, and the kind of array that the caller gets back."""
    arrays = kind_of(ids, "ids")
    array = np.from_dlpack(ids) if arrays.wraps else as_numpy(ids, "ids")
    if array.dtype.kind not in "iu" or array.dtype == np.uint64:
        raise TypeError(f"ids has dtype {array.dtype}: give integers of at most 64 bits, signed where they have 64")
    return np.ascontiguousarray(array, array.dtype if array.dtype in _ID_TYPES else np.int64).reshape(array.shape), arrays


def _set_target(options: Any, log_target: Any, shape: tuple[int, ...]) -> Any:
    """Sets the target term; what must be kept alive until the call is made."""
    if isinstance(log_target, (int, float, np.number)):
        options.log_target = number("log_target", log_target, -inf)
        return None
    array = as_numpy(log_target, "log_target")
    if array.dtype.kind not in "fiu":
        raise TypeError(f"log_target has dtype {array.dtype}: give numbers, one per answer")
    array = np.ascontiguousarray(spread("log_target", array, shape, "shape of ids"), np.float64)
    options.log_targets = doubles(array)
    return array


def _handle(kind: str | RewardTable, answers: int, m: int | None, s: int | None, rho: float | None) -> Handle:
    if not isinstance(kind, RewardTable):
        return _tables(answers, kind, *_parameters(kind, m, s, rho), False)
    if (m, s, rho) != (None, None, None):
        raise ValueError("m=, s= and rho= belong to the kind's name: a RewardTable has its own")
    return kind._handle


def _parameters(kind: str, m: int | None, s: int | None, rho: float | None) -> tuple[int, int, float]:
    """m, s and rho, checked against the kind."""
    choose("kind", kind, KINDS)
    given = {"m": m, "s": s, "rho": rho}
    needed = _PARAMETER.get(kind)
    for name, value in given.items():
        if value is not None and name != needed:
            raise ValueError(f"{name}={value!r} has no meaning for kind={kind!r}")
    if needed is not None and given[needed] is None:
        raise ValueError(f"kind={kind!r} needs {needed}=")
    return (
        1 if m is None else integer("m", m, 1),
        2 if s is None else integer("s", s, 2),
        0.5 if rho is None else number("rho", rho, 0.0, above=True),
    )


@lru_cache(maxsize=64)
def _tables(k: int, kind: str, m: int, s: int, rho: float, allow_unstable: bool) -> Handle:
    options = options_of(_abi.RewardTableOptions, library.eqp_reward_table_options_init)
    options.kind, options.m, options.s, options.rho = KINDS[kind], m, s, rho
    options.allow_unstable = allow_unstable
    return Handle(lambda place: library.eqp_reward_table_create(k, byref(options), byref(place)), library.eqp_reward_table_free)
