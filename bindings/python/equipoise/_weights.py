"""``importance_weights``: what a sample of q counts for pi, per token or per sequence."""

from __future__ import annotations

from ctypes import POINTER, byref, c_int32, c_uint8, cast, pointer, sizeof
from typing import Any, Generic, Iterator

import numpy as np

from . import _abi
from ._arrays import address_of, as_numpy, same_kind
from ._calls import doubles, options_of, struct_of
from ._errors import choose
from ._loader import library
from ._plan import integer, number, spread
from ._rows import F32, F64, I32, PACKED, RESULT_CODE, Rows
from ._solution import Array

LEVELS = {name[len("EQP_LEVEL_") :].lower(): value for name, value in _abi.ENUMS["eqp_weight_level"].items()}
MODES = {name[len("EQP_WEIGHTS_") :].lower(): value for name, value in _abi.ENUMS["eqp_weight_mode"].items()}
_BANDS = ("clipped", "masked")


class ImportanceWeights(Generic[Array]):
    """What ``importance_weights`` answers; unpacks into ``weights, ess, max_weight``."""

    weights: Array
    """[..., tokens], or [...] of sequences; the inputs' type, float32 for half precision. 0 where the mask is False."""
    log_weights: Array
    """Their logarithms, nats: finite where a weight overflows; -inf where it is 0."""
    ess: Array
    """[groups] float64: (sum w)^2 / (n sum w^2) of ``weights``, in [0, 1]."""
    max_weight: Array
    """[groups] float64: the largest of ``weights``."""
    k_hat: Array
    """[groups] float64: the tail shape of the raw weights; above .7 no mean of them can be trusted, +inf where there are too few."""
    status: Array
    """[...] int32, one per sequence: ``RowStatus`` OK, INVALID, or SKIPPED for a sequence without a token."""

    def __init__(self, arrays: dict[str, Any]) -> None:
        self.__dict__ = arrays

    def __iter__(self) -> Iterator[Array]:
        return iter((self.weights, self.ess, self.max_weight))

    def __repr__(self) -> str:
        return f"ImportanceWeights({', '.join(f'{name}{tuple(array.shape)}' for name, array in self.__dict__.items())})"


def importance_weights(
    log_pi: Array,
    log_q: Array,
    mask: Any = None,
    level: str = "token",
    mode: str = "none",
    clip: float | tuple[float, float] | None = None,
    *,
    threads: int = 0,
) -> ImportanceWeights[Array]:
    """Importance weights w = pi / q of tokens or sequences that were drawn from q and are to count for pi.

    Computed in float64 from sums of logarithms: sequences of any length neither over- nor underflow on the way.

    Parameters
    ----------
    log_pi, log_q : arrays [..., tokens]
        Log-probabilities (nats) of the tokens that were drawn: numpy, torch on the CPU or DLPack; float32, float64, float16 or bfloat16
        each. log_pi may be -inf; log_q must be finite.
    mask : booleans that spread over [..., tokens], optional
        False leaves a token out of everything; what lies there may be anything.
    level : "token", "sequence" or "geometric"
        A weight per token, whose group is its sequence; or one per sequence, the product over its tokens or their geometric mean, whose
        group is the last leading dimension: [prompts, samples, tokens] gives weights [prompts, samples] and an ess per prompt. The
        geometric mean is the ratio of GSPO (arXiv 2507.18071), TRL's ``importance_sampling_level="sequence"``.
    mode : str
        "none"; "truncated" min(w, clip) (Ionides 2008); "clipped" into the band; "masked" 0 outside the band; "self_normalized" w / the
        sum of the group's; "psis", Pareto-smoothed on the scale of w (Vehtari, Simpson, Gelman, Yao and Gabry, JMLR 25 (2024) 72).
        For training-inference mismatch trainers call the second TIS and the fourth MIS: ``level`` and ``mode`` together are
        ``vllm_importance_sampling_mode`` "token_truncate", "token_mask", "sequence_truncate", "sequence_mask" of TRL and
        ``rollout_importance_sampling_mode`` of ms-swift, and ``clip`` is their cap or threshold.
    clip : number or pair
        "truncated": the cap. "clipped" and "masked": a pair (low, high); or one number c, which stands for (1/c, c) where c > 1 and for
        PPO's (1 - c, 1 + c) where c < 1.
    threads : int
        0 = as many as pay, 1 = the caller's alone, n = at most n.

    Returns
    -------
    ImportanceWeights
        ``weights``, ``ess``, ``max_weight`` (into which it unpacks), ``log_weights``, ``k_hat``, ``status``. A sequence with NaN,
        log_pi = +inf or an infinite log_q in its mask is INVALID and NaN; a group of sequences goes on without it.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        With the argument's name. Thread safe; releases the GIL.
    """
    kind = same_kind(log_pi, "log_pi", log_q, "log_q")
    a, b = kind.rows(log_pi, "log_pi"), kind.rows(log_q, "log_q")
    if a.full_shape() != b.full_shape():
        raise ValueError(f"log_pi has shape {a.full_shape()} and log_q {b.full_shape()}: they must agree")
    if not a.columns:
        raise ValueError(f"log_pi has shape {a.full_shape()}: there must be a token")
    options = _options(level, mode, clip, threads)
    kept = None if mask is None else _token_mask(mask, a.full_shape())
    if kept is not None:
        options.mask = cast(address_of(kept), POINTER(c_uint8))
    is_token = level == "token"
    groups = a.shape if is_token else a.shape[:-1]
    options.group_size = 0 if is_token or not a.shape else a.shape[-1]
    shape = a.full_shape() if is_token else a.shape
    code = RESULT_CODE[a.code] if a.code == b.code else F64 if F64 in (a.code, b.code) else F32
    arrays, outputs = {}, _abi.WeightOutputs(sizeof(_abi.WeightOutputs))
    for name in ("weights", "log_weights"):
        arrays[name], address = kind.empty(shape, code)
        batch = Rows(address, code, a.shape, a.columns if is_token else 1, PACKED, arrays[name])
        setattr(outputs, name, pointer(struct_of(batch)))
    for name in ("ess", "max_weight", "k_hat"):
        arrays[name], address = kind.empty(groups, F64)
        setattr(outputs, name, doubles(address))
    arrays["status"], address = kind.empty(a.shape, I32)
    outputs.row_status = cast(address, POINTER(c_int32))
    library.check(library.eqp_importance_weights(byref(struct_of(a)), byref(struct_of(b)), byref(options), byref(outputs)))
    del kept
    return ImportanceWeights({name: kind.finish(array, log_pi) for name, array in arrays.items()})


def _options(level: str, mode: str, clip: Any, threads: int) -> Any:
    options = options_of(_abi.WeightOptions, library.eqp_weight_options_init)
    options.level = choose("level", level, LEVELS)
    options.mode = choose("mode", mode, MODES)
    options.threads = integer("threads", threads, 0)
    if mode == "truncated":
        _require_clip(mode, clip)
        options.clip_high = number("clip", clip, 0.0, above=True)
    elif mode in _BANDS:
        _require_clip(mode, clip)
        options.clip_low, options.clip_high = _band(clip)
    elif clip is not None:
        raise ValueError(f"clip={clip!r} has no meaning for mode={mode!r}")
    return options


def _require_clip(mode: str, clip: Any) -> None:
    if clip is None:
        raise ValueError(f"mode={mode!r} needs clip=")


def _band(clip: Any) -> tuple[float, float]:
    if isinstance(clip, (tuple, list)):
        if len(clip) != 2:
            raise ValueError(f"clip={clip!r}: give a number or a pair (low, high)")
        low, high = number("clip", clip[0], 0.0), number("clip", clip[1], 0.0, above=True)
        if low > high:
            raise ValueError(f"clip={clip!r}: low is above high")
        return low, high
    width = number("clip", clip, 0.0, above=True)
    if width == 1:
        raise ValueError("clip=1: a band from c > 1 is (1/c, c), one from c < 1 is (1 - c, 1 + c)")
    return (1 / width, width) if width > 1 else (1 - width, 1 + width)


def _token_mask(mask: Any, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """One byte per token, contiguous."""
    array = as_numpy(mask, "mask")
    if array.dtype.kind not in "biu":
        raise TypeError(f"mask has dtype {array.dtype}: give booleans, True = the token counts")
    return np.ascontiguousarray(spread("mask", array != 0, shape, "shape of log_pi")).view(np.uint8)
