"""``kl`` and ``ess``: one number per row that says how far two distributions are apart."""

from __future__ import annotations

from ctypes import POINTER, byref, c_double, c_uint8, cast, sizeof
from math import log
from typing import Any

from . import _abi
from ._arrays import address_of, same_kind
from ._chunks import groups_of, split
from ._errors import choose
from ._loader import library
from ._plan import SCORES, integer, row_mask
from ._rows import F64, Rows
from ._solution import Array
from ._solve import check_shapes

_matrix = _abi.packer(_abi.Matrix)
_FIRST_CHUNK = 1 << 21


def kl(
    p: Array, q: Array, scores: str = "logits", unit: str = "nats", *, valid_columns: int | None = None, mask: Any = None, threads: int = 0
) -> Array:
    """KL(p || q) = sum p log(p / q), per row.

    Parameters
    ----------
    p, q : arrays [..., vocabulary]
        As in ``solve``: numpy, torch on the CPU, DLPack; float32, float64, float16 or bfloat16; scores of the given kind.
    scores : "logits", "log_probs" or "probs"
    unit : "nats" or "bits"
        Which logarithm.
    valid_columns, mask, threads
        As in ``solve``.

    Returns
    -------
    array [...]
        float64, at least 0, of the caller's kind; +inf where q is 0 and p is not; NaN for an invalid row (NaN, +inf, nothing but
        masks, mass not 1); 0 where the mask is False. Computed in float64.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        As ``solve``. Thread safe; releases the GIL.
    """
    scale = (1.0, 1.0 / log(2.0))[choose("unit", unit, {"nats": 0, "bits": 1})]
    values: Array = _measure("EQP_DIVERGENCE_KL", p, q, ("p", "q"), scores, valid_columns, mask, threads, scale)
    return values


def ess(pi: Array, q: Array, scores: str = "logits", *, valid_columns: int | None = None, mask: Any = None, threads: int = 0) -> Array:
    """ESS_pi(q) = 1 / sum pi^2 / q, per row: what one sample of q is worth for pi.

    It is exp(-D_2(pi || q)), D_2 being the Renyi divergence of order 2, and near pi about exp(-2 KL(q || pi)). Arguments, errors and
    threads as in ``kl``.

    Returns
    -------
    array [...]
        float64 in [0, 1], of the caller's kind; 0 where q is 0 and pi is not; NaN for an invalid row, 0 where the mask is False.
    """
    values: Array = _measure("EQP_DIVERGENCE_ESS", pi, q, ("pi", "q"), scores, valid_columns, mask, threads)
    return values


def _measure(
    measure: str,
    p: Any,
    q: Any,
    names: tuple[str, str],
    scores: str,
    valid_columns: int | None,
    mask: Any,
    threads: int,
    scale: float = 1.0,
) -> Any:
    kind = same_kind(p, names[0], q, names[1])
    a = kind.rows(p, names[0])
    b = kind.rows(q, names[1])
    options = _options(measure, scores, valid_columns, threads)
    check_shapes(a, b, options.valid_columns, names)
    bytes_ = None if mask is None else row_mask(mask, a.shape)
    values, address = kind.empty(a.shape, F64)

    def call(first: int, last: int) -> None:
        if bytes_ is not None:
            options.row_mask = cast(address_of(bytes_) + first, POINTER(c_uint8))
        place = cast(address + 8 * first, POINTER(c_double))
        status = library.eqp_divergence(byref(_struct(a, first, last)), byref(_struct(b, first, last)), byref(options), place, None)
        if status:
            library.fail(status)

    if a.rows * a.columns <= _FIRST_CHUNK:
        call(0, a.rows)
    else:
        split(a.rows, groups_of(a, b), call, _FIRST_CHUNK // a.columns)
    if scale != 1.0:
        values *= scale
    return kind.finish(values, p)


def _options(measure: str, scores: str, valid_columns: int | None, threads: int) -> Any:
    options = _abi.DivergenceOptions()
    status = library.eqp_divergence_options_init(byref(options), sizeof(options))
    if status:
        library.fail(status)
    options.kind = _abi.ENUMS["eqp_divergence_kind"][measure]
    options.scores = choose("scores", scores, SCORES)
    options.valid_columns = 0 if valid_columns is None else integer("valid_columns", valid_columns, 1)
    options.threads = integer("threads", threads, 0)
    return options


def _struct(batch: Rows, first: int, last: int) -> Any:
    return _abi.Matrix.from_buffer_copy(_matrix.pack(*batch.part(first, last)))
