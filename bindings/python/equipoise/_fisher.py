"""The Fisher information of a row's distribution: quadratic forms, products, natural gradients and trust regions."""

from __future__ import annotations

from ctypes import byref
from math import inf
from typing import Any, Callable, NamedTuple

from . import _abi
from ._calls import Pair, doubles, options_of, point_at, set_scores, struct_of, vectors
from ._errors import choose
from ._loader import library
from ._plan import number, per_row, row_mask
from ._solution import Array

_FIRST_CHUNK = 1 << 20

WEIGHTS = {"1/p": 0, "1/q": 1, "mean": 2, "p/q^2": 3}
_STEPS = {(2, "forward"): 0, (2, "reverse"): 0, (3, "forward"): 1, (3, "reverse"): 2}


class TrustRegionStep(NamedTuple):
    """What ``trust_region_step`` finds; one of each per row, float64."""

    step: Any
    """The largest step with KL(p_0 || p_step) <= delta; +inf where no step reaches it."""
    quadratic_step: Any
    """sqrt(2 delta / v^T F v); +inf where the direction is the same for all tokens."""
    kl: Any
    """KL(p_0 || p_step), at most delta."""


def fisher_quadratic(
    p: Array,
    q: Array,
    weight: str = "1/p",
    scores: str = "logits",
    *,
    valid_columns: int | None = None,
    mask: Any = None,
    threads: int = 0,
) -> Array:
    """sum (p - q)**2 w / 2, per row: KL(p || q) to the second order, in nats.

    Parameters
    ----------
    p, q : arrays [..., vocabulary]
        As in ``solve``: numpy, torch on the CPU, DLPack; scores of the given kind.
    weight : "1/p", "1/q", "mean" or "p/q^2"
        w; "mean" is 2 / (p + q).
    scores : "logits", "log_probs" or "probs"
    valid_columns, mask, threads
        As in ``solve``.

    Returns
    -------
    array [...]
        float64, of the caller's kind; +inf where a weight is infinite and p and q differ there; NaN for an invalid row, 0 where the
        mask is False.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        As ``solve``. Thread safe; releases the GIL.
    """
    call = _Call(p, "p", q, "q", scores, valid_columns, mask, threads)
    call.options.weight = choose("weight", weight, WEIGHTS)
    answer: Array = call.values(library.eqp_fisher_quadratic, p)[0]
    return answer


def fisher_product(
    logits: Array, v: Array, scores: str = "logits", *, valid_columns: int | None = None, mask: Any = None, threads: int = 0
) -> Array:
    """F v = p * (v - p.v), per row, with F = diag(p) - p p^T, the Fisher information of a softmax row.

    Parameters
    ----------
    logits : array [..., vocabulary]
        Of p; scores of the given kind.
    v : array [..., vocabulary]
        Any vectors; what stands at tokens that are masked in ``logits`` is not read.
    scores, valid_columns, mask, threads
        As in ``solve``.

    Returns
    -------
    array [..., vocabulary]
        Of the width and type of ``logits``, float32 for half precision; 0 at masked tokens and beyond ``valid_columns``; NaN for an
        invalid row (also one whose v is not finite), 0 where the mask is False.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        As ``solve``. Thread safe; releases the GIL.
    """
    call = _Call(logits, "logits", v, "v", scores, valid_columns, mask, threads)
    product: Array = call.vector(library.eqp_fisher_product, logits)
    return product


def step_kl(
    logits: Array,
    step: Array,
    order: int = 2,
    direction: str = "forward",
    scores: str = "logits",
    *,
    valid_columns: int | None = None,
    mask: Any = None,
    threads: int = 0,
) -> Array:
    """KL of the step from ``logits`` to ``logits + step``, per row, by its series: Var_p[step] / 2, and the third cumulant's share.

    Parameters
    ----------
    logits, step : arrays [..., vocabulary]
        Scores of p and the change of its log-scores.
    order : 2 or 3
        Where the series ends. Of order 3 it may be below 0.
    direction : "forward" or "reverse"
        KL(old || new), whose third-order term is k3 / 6, or KL(new || old) with k3 / 3; k3 is the third cumulant of ``step`` under p.
    scores, valid_columns, mask, threads
        As in ``solve``.

    Returns
    -------
    array [...]
        float64, nats; NaN for an invalid row, 0 where the mask is False.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        As ``solve``. Thread safe; releases the GIL.
    """
    call = _Call(logits, "logits", step, "step", scores, valid_columns, mask, threads)
    if number("order", order, -inf) not in (2, 3):
        raise ValueError(f"order={order!r}: choose 2 or 3")
    choose("direction", direction, {"forward": 0, "reverse": 1})
    call.options.step_kl = _STEPS[int(order), direction]
    answer: Array = call.values(library.eqp_fisher_step_kl, logits)[0]
    return answer


def natural_gradient(
    logits: Array,
    g: Array,
    damping: Any = 1e-3,
    scores: str = "logits",
    *,
    valid_columns: int | None = None,
    mask: Any = None,
    threads: int = 0,
) -> Array:
    """x with (F + damping I) x = g, per row, in closed form (Sherman-Morrison): the natural gradient of a softmax row.

    Parameters
    ----------
    logits, g : arrays [..., vocabulary]
        Scores of p and a gradient in its logits.
    damping : number or array
        At least 0; an array has one per row. 0 needs gradients that sum to 0 (but for the rounding of their entries), as those of any
        loss of a softmax do, and gives the shortest x with F x = g.
    scores, valid_columns, mask, threads
        As in ``solve``.

    Returns
    -------
    array [..., vocabulary]
        As that of ``fisher_product``: 0 at masked tokens and beyond ``valid_columns``, NaN for an invalid row, 0 where the mask is
        False.

    Raises
    ------
    ValueError
        Also for a damping of 0 and a gradient that does not sum to 0: F is singular.
    TypeError, equipoise.Error
        As ``solve``. Thread safe; releases the GIL.
    """
    call = _Call(logits, "logits", g, "g", scores, valid_columns, mask, threads)
    call.parameter("damping", damping)
    solution: Array = call.vector(library.eqp_natural_gradient, logits)
    return solution


def trust_region_step(
    logits: Array,
    direction: Array,
    delta: Any,
    scores: str = "logits",
    *,
    valid_columns: int | None = None,
    mask: Any = None,
    threads: int = 0,
) -> TrustRegionStep:
    """How far the logits may go along a direction, per row: the largest s with KL(p_0 || p_s) <= delta, p_s = softmax(logits + s v).

    Parameters
    ----------
    logits, direction : arrays [..., vocabulary]
        Scores of p_0 and v.
    delta : number or array
        The KL allowed, nats, at least 0; an array has one per row.
    scores, valid_columns, mask, threads
        As in ``solve``.

    Returns
    -------
    TrustRegionStep
        ``step``, ``quadratic_step`` and ``kl``, each float64 [...]; NaN for an invalid row, 0 where the mask is False.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        As ``solve``. Thread safe; releases the GIL.
    """
    call = _Call(logits, "logits", direction, "direction", scores, valid_columns, mask, threads)
    call.parameter("delta", delta)
    return TrustRegionStep(*call.values(library.eqp_trust_region, logits, len(TrustRegionStep._fields)))


class _Call(Pair):
    """Scores and vectors with options."""

    def __init__(
        self, first: Any, first_name: str, second: Any, second_name: str, scores: str, valid_columns: int | None, mask: Any, threads: int
    ) -> None:
        self.options = options_of(_abi.FisherOptions, library.eqp_fisher_options_init)
        set_scores(self.options, scores, valid_columns, threads)
        super().__init__(first, second, (first_name, second_name), self.options.valid_columns)
        self.arrays = {"row_mask": None if mask is None else row_mask(mask, self.shape)}

    def parameter(self, name: str, value: Any) -> None:
        """A number of at least 0, or one per row."""
        number, self.arrays[f"row_{name}"] = per_row(name, value, self.shape, 0.0)
        setattr(self.options, name, number)

    def values(self, function: Any, like: Any, count: int = 1) -> list[Any]:
        """Runs a function whose results are ``count`` numbers per row."""
        made = [self.numbers() for _ in range(count)]
        self._run(lambda a, b, options, first, last: function(a, b, options, *(doubles(at, first) for _, at in made), None))
        return [self.kind.finish(values, like) for values, _ in made]

    def vector(self, function: Any, like: Any) -> Any:
        """Runs a function whose result is one vector per row."""
        result = vectors(self.kind, self.first)
        self._run(lambda a, b, options, first, last: function(a, b, options, byref(struct_of(result, first, last)), None))
        return self.kind.finish(result.owner, like)

    def _run(self, function: Callable[[Any, Any, Any, int, int], Any]) -> None:
        def call(a: Any, b: Any, first: int, last: int) -> int:
            point_at(self.options, first, **self.arrays)
            return int(function(a, b, byref(self.options), first, last))

        self.run(call, _FIRST_CHUNK)
