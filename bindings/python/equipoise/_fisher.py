"""The Fisher information of a row's distribution: quadratic forms, products, natural gradients and trust regions."""

from __future__ import annotations

from ctypes import POINTER, byref, c_double, c_uint8, cast, sizeof
from typing import Any, Callable, NamedTuple

from . import _abi
from ._arrays import Kind, address_of, same_kind
from ._chunks import groups_of, split
from ._errors import choose
from ._loader import library
from ._plan import SCORES, integer, per_row, row_mask
from ._rows import BF16, F16, F32, F64, PACKED, Rows
from ._solution import Array
from ._solve import check_shapes

_matrix = _abi.packer(_abi.Matrix)
_FIRST_CHUNK = 1 << 20
_DEFAULT_RESULT = {F32: F32, F64: F64, F16: F32, BF16: F32}

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
    values, address = call.values()
    call.run(lambda a, b, options, first, last: library.eqp_fisher_quadratic(a, b, options, _at(address, first), None))
    answer: Array = call.kind.finish(values, p)
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
    product: Array = call.matrix("eqp_fisher_product", logits)
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
    if order not in (2, 3):
        raise ValueError(f"order={order!r}: choose 2 or 3")
    choose("direction", direction, {"forward": 0, "reverse": 1})
    call.options.step_kl = _STEPS[order, direction]
    values, address = call.values()
    call.run(lambda a, b, options, first, last: library.eqp_fisher_step_kl(a, b, options, _at(address, first), None))
    answer: Array = call.kind.finish(values, logits)
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
    solution: Array = call.matrix("eqp_natural_gradient", logits)
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
    made = [call.values() for _ in TrustRegionStep._fields]

    call.run(lambda a, b, options, first, last: library.eqp_trust_region(a, b, options, *(_at(at, first) for _, at in made), None))
    return TrustRegionStep(*(call.kind.finish(values, logits) for values, _ in made))


class _Call:
    """Two checked batches with options, and the loop over their chunks."""

    def __init__(
        self, first: Any, first_name: str, second: Any, second_name: str, scores: str, valid_columns: int | None, mask: Any, threads: int
    ) -> None:
        self.kind: Kind = same_kind(first, first_name, second, second_name)
        self.first = self.kind.rows(first, first_name)
        self.second = self.kind.rows(second, second_name)
        self.options = _abi.FisherOptions()
        status = library.eqp_fisher_options_init(byref(self.options), sizeof(self.options))
        if status:
            library.fail(status)
        self.options.scores = choose("scores", scores, SCORES)
        self.options.valid_columns = 0 if valid_columns is None else integer("valid_columns", valid_columns, 1)
        self.options.threads = integer("threads", threads, 0)
        check_shapes(self.first, self.second, self.options.valid_columns, (first_name, second_name))
        self.mask = None if mask is None else row_mask(mask, self.first.shape)
        self.parameters: dict[str, Any] = {}

    def parameter(self, name: str, value: Any) -> None:
        """A number of at least 0, or one per row."""
        number, array = per_row(name, value, self.first.shape, 0.0)
        setattr(self.options, name, number)
        if array is not None:
            self.parameters[f"row_{name}"] = array

    def values(self) -> tuple[Any, int]:
        """Room for one number per row."""
        return self.kind.empty(self.first.shape, F64)

    def matrix(self, name: str, like: Any) -> Any:
        """Runs a function whose result is one vector per row."""
        code = _DEFAULT_RESULT[self.first.code]
        array, address = self.kind.empty(self.first.full_shape(), code)
        result = Rows(address, code, self.first.shape, self.first.columns, PACKED, array)
        function = getattr(library, name)
        self.run(lambda a, b, options, first, last: function(a, b, options, byref(_struct(result, first, last)), None))
        return self.kind.finish(array, like)

    def run(self, function: Callable[[Any, Any, Any, int, int], Any]) -> None:
        """Calls ``function(first, second, options, begin, end)`` for every chunk of rows."""
        a, b = self.first, self.second

        def call(first: int, last: int) -> None:
            if self.mask is not None:
                self.options.row_mask = cast(address_of(self.mask) + first, POINTER(c_uint8))
            for name, array in self.parameters.items():
                setattr(self.options, name, _at(address_of(array), first))
            status = function(byref(_struct(a, first, last)), byref(_struct(b, first, last)), byref(self.options), first, last)
            if status:
                library.fail(status)

        if a.rows * a.columns <= _FIRST_CHUNK:
            call(0, a.rows)
        else:
            split(a.rows, groups_of(a, b), call, _FIRST_CHUNK // a.columns)


def _at(address: int, row: int) -> Any:
    return cast(address + 8 * row, POINTER(c_double))


def _struct(batch: Rows, first: int, last: int) -> Any:
    return _abi.Matrix.from_buffer_copy(_matrix.pack(*batch.part(first, last)))
