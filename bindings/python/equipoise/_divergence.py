"""``divergence`` and its kinds: one number per row that says how far two distributions are apart."""

from __future__ import annotations

from ctypes import byref
from typing import Any

from . import _abi
from ._calls import Pair, doubles, options_of, point_at, set_scores
from ._errors import choose
from ._loader import library
from ._plan import per_row, row_mask
from ._solution import Array

_FIRST_CHUNK = 1 << 21

_PREFIX = "EQP_DIVERGENCE_"
_NUMBERS = {name[len(_PREFIX) :].lower(): number for name, number in _abi.ENUMS["eqp_divergence_kind"].items()}
_OTHER_NAMES = {
    "forward": "kl",
    "forward_kl": "kl",
    "reverse": "reverse_kl",
    "symmetric": "jeffreys",
    "js": "jensen_shannon",
    "tv": "total_variation",
}
KINDS = {**_NUMBERS, **{name: _NUMBERS[kind] for name, kind in _OTHER_NAMES.items()}}
UNITS = {name[len("EQP_") :].lower(): number for name, number in _abi.ENUMS["eqp_unit"].items()}


def divergence(
    p: Array,
    q: Array,
    kind: str = "kl",
    *,
    scores: str = "logits",
    unit: str = "nats",
    order: Any = None,
    temperature: Any = 1.0,
    valid_columns: int | None = None,
    mask: Any = None,
    threads: int = 0,
) -> Array:
    """How far q is from p, per row.

    Parameters
    ----------
    p, q : arrays [..., vocabulary]
        As in ``solve``: numpy, torch on the CPU, DLPack; float32, float64, float16 or bfloat16; scores of the given kind.
    kind : str
        With BC = sum sqrt(p q):

        - "kl" (or "forward"): sum p log(p / q); "reverse_kl" ("reverse"): KL(q || p); "jeffreys" ("symmetric"): the sum of both.
        - "jensen_shannon" ("js"): KL(p || m) / 2 + KL(q || m) / 2 with m = (p + q) / 2; at most log 2.
        - "renyi": log(sum p**order q**(1 - order)) / (order - 1).
        - "bhattacharyya": -log BC; "hellinger": sqrt(1 - BC); "fisher_rao": 2 arccos BC, at most pi.
        - "total_variation" ("tv"): sum |p - q| / 2, at most 1.
        - "ess": 1 / sum p**2 / q, at most 1: what one sample of q is worth for p.
    scores : "logits", "log_probs" or "probs"
    unit : "nats" or "bits"
        Of the kinds that are logarithms; ESS, Hellinger, total variation and Fisher-Rao are pure numbers.
    order : number or array, for "renyi"
        Finite and at least 0; an array has one per row. 1 is KL, 0 is -log q(support of p).
    temperature : number, array, or a pair of them for p and q
        Divides the logits; an array has one per row.
    valid_columns, mask, threads
        As in ``solve``.

    Returns
    -------
    array [...]
        float64, at least 0, of the caller's kind; NaN for an invalid row (NaN, +inf, nothing but masks, mass not 1); 0 where the mask
        is False. KL is +inf where q is 0 and p is not, so is Renyi's from order 1 on; Bhattacharyya where no token is common.

    Notes
    -----
    Of float32, float16 and bfloat16 logits and log-probabilities, KL in every direction and what follows from BC are computed in
    float32 with float64 sums (relative error below 2e-6); near-identical rows, the other kinds and the other inputs in float64. No
    digits are lost however near the rows are to each other.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        As ``solve``. Thread safe; releases the GIL.
    """
    number = choose("kind", kind, KINDS)
    is_renyi = number == _NUMBERS["renyi"]
    if is_renyi and order is None:
        raise ValueError("kind='renyi' needs order=")
    if not is_renyi and order is not None:
        raise ValueError(f"order={order!r} has no meaning for kind={kind!r}")
    values: Array = _measure(number, p, q, ("p", "q"), scores, unit, order, temperature, valid_columns, mask, threads)
    return values


def kl(
    p: Array,
    q: Array,
    scores: str = "logits",
    unit: str = "nats",
    *,
    temperature: Any = 1.0,
    valid_columns: int | None = None,
    mask: Any = None,
    threads: int = 0,
) -> Array:
    """KL(p || q) = sum p log(p / q), per row.

    Parameters
    ----------
    p, q : arrays [..., vocabulary]
        As in ``solve``: numpy, torch on the CPU, DLPack; float32, float64, float16 or bfloat16; scores of the given kind.
    scores : "logits", "log_probs" or "probs"
    unit : "nats" or "bits"
    temperature : number, array, or a pair of them for p and q
        As in ``divergence``.
    valid_columns, mask, threads
        As in ``solve``.

    Returns
    -------
    array [...]
        float64, at least 0, of the caller's kind; +inf where q is 0 and p is not; NaN for an invalid row (NaN, +inf, nothing but
        masks, mass not 1); 0 where the mask is False. Its accuracy is that of ``divergence``.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        As ``solve``. Thread safe; releases the GIL.
    """
    values: Array = _measure(_NUMBERS["kl"], p, q, ("p", "q"), scores, unit, None, temperature, valid_columns, mask, threads)
    return values


def ess(
    pi: Array,
    q: Array,
    scores: str = "logits",
    *,
    temperature: Any = 1.0,
    valid_columns: int | None = None,
    mask: Any = None,
    threads: int = 0,
) -> Array:
    """ESS_pi(q) = 1 / sum pi^2 / q, per row, in [0, 1]: what one sample of q is worth for pi; 0 where q is 0 and pi is not.

    It is exp(-D_2(pi || q)), D_2 being the Renyi divergence of order 2, and near pi about exp(-2 KL(q || pi)). ``divergence`` says the
    rest.
    """
    values: Array = _measure(_NUMBERS["ess"], pi, q, ("pi", "q"), scores, "nats", None, temperature, valid_columns, mask, threads)
    return values


def fisher_rao(
    p: Array,
    q: Array,
    scores: str = "logits",
    *,
    temperature: Any = 1.0,
    valid_columns: int | None = None,
    mask: Any = None,
    threads: int = 0,
) -> Array:
    """2 arccos sum sqrt(p q), per row, in [0, pi]: the length of the shortest way from p to q in the Fisher information's metric.

    Near p it is sqrt(2 KL). ``divergence`` says the rest.
    """
    values: Array = _measure(_NUMBERS["fisher_rao"], p, q, ("p", "q"), scores, "nats", None, temperature, valid_columns, mask, threads)
    return values


def hellinger(
    p: Array,
    q: Array,
    scores: str = "logits",
    *,
    temperature: Any = 1.0,
    valid_columns: int | None = None,
    mask: Any = None,
    threads: int = 0,
) -> Array:
    """sqrt(1 - sum sqrt(p q)), per row, in [0, 1]. ``divergence`` says the rest."""
    values: Array = _measure(_NUMBERS["hellinger"], p, q, ("p", "q"), scores, "nats", None, temperature, valid_columns, mask, threads)
    return values


def bhattacharyya(
    p: Array,
    q: Array,
    scores: str = "logits",
    unit: str = "nats",
    *,
    temperature: Any = 1.0,
    valid_columns: int | None = None,
    mask: Any = None,
    threads: int = 0,
) -> Array:
    """-log sum sqrt(p q), per row: at least 0, +inf where no token is common. ``divergence`` says the rest."""
    values: Array = _measure(_NUMBERS["bhattacharyya"], p, q, ("p", "q"), scores, unit, None, temperature, valid_columns, mask, threads)
    return values


def _measure(
    kind: int,
    p: Any,
    q: Any,
    names: tuple[str, str],
    scores: str,
    unit: str,
    order: Any,
    temperature: Any,
    valid_columns: int | None,
    mask: Any,
    threads: int,
) -> Any:
    options = _options(kind, scores, unit, valid_columns, threads)
    pair = Pair(p, q, names, options.valid_columns)
    skipped = None if mask is None else row_mask(mask, pair.shape)
    orders = None
    if order is not None:
        options.order, orders = per_row("order", order, pair.shape, 0.0)
    both = temperature if isinstance(temperature, tuple) else (temperature, temperature)
    if len(both) != 2:
        raise ValueError(f"temperature has {len(both)} entries: give a number, a pair ({', '.join(names)}) or an array with one per row")
    options.temperature_p, of_p = per_row("temperature", both[0], pair.shape, 0.0, above=True)
    options.temperature_q, of_q = per_row("temperature", both[1], pair.shape, 0.0, above=True)
    values, address = pair.numbers()

    def call(a: Any, b: Any, first: int, last: int) -> int:
        point_at(options, first, row_mask=skipped, row_order=orders, row_temperature_p=of_p, row_temperature_q=of_q)
        return int(library.eqp_divergence(a, b, byref(options), doubles(address, first), None))

    pair.run(call, _FIRST_CHUNK)
    return pair.kind.finish(values, p)


def _options(kind: int, scores: str, unit: str, valid_columns: int | None, threads: int) -> Any:
    options = options_of(_abi.DivergenceOptions, library.eqp_divergence_options_init)
    options.kind = kind
    options.unit = choose("unit", unit, UNITS)
    set_scores(options, scores, valid_columns, threads)
    return options
