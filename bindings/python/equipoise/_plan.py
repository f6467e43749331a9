"""``Plan``: everything about a call of ``solve`` but its arrays, checked once and kept for the calls that follow."""

from __future__ import annotations

from ctypes import POINTER, byref, c_double, c_uint8, cast, sizeof
from math import inf, isfinite
from operator import index
from re import fullmatch
from typing import Any, Optional, Tuple, Union

import numpy as np

from . import _abi
from ._arrays import address_of, as_numpy
from ._errors import choose
from ._loader import library
from ._rows import F64, PACKED, U8, Rows
from ._solution import FIELDS, wanted


def _choices(enum: str) -> dict[str, int]:
    return {name[len("EQP_") :].lower(): number for name, number in _abi.ENUMS[enum].items()}


SCORES = _choices("eqp_scores")
CRITERIA = _choices("eqp_criterion")
METHODS = _choices("eqp_method")
BACKENDS = _choices("eqp_backend")

# "auto", "cpu", or a backend's number and the index of a device, None where none is named.
Where = Union[str, Tuple[int, Optional[int]]]

# Criteria that are computed in float64 throughout.
_REFLECTED = ("ess_balance", "ess_floor")

# Elements of the first chunk: some milliseconds of either method.
_FIRST_CHUNK = {"newton": 1 << 23, "bisection": 1 << 19}


class Plan:
    """Checked options; shared by threads, so never changed after it is made."""

    __slots__ = ("options", "pointer", "fields", "valid_columns", "first_chunk", "has_arrays", "device")

    def __init__(self, options: Any, fields: tuple[str, ...], first_chunk: int, has_arrays: bool, device: Where) -> None:
        self.options = options
        self.pointer = byref(options)
        self.fields = fields
        self.valid_columns = int(options.valid_columns)
        self.first_chunk = first_chunk
        self.has_arrays = has_arrays
        self.device = device


class PerRow:
    """Stands in a plan for a parameter that is an array."""

    def __repr__(self) -> str:
        return "<one per row>"


PER_ROW = PerRow()

_plans: dict[Any, Plan] = {}
_KEPT = 256
_IMMUTABLE = (str, float, int, tuple, type(None), PerRow)


def plan_for(temperature: Any, parameters: tuple[Any, Any, Any, Any], *rest: Any) -> Plan:
    """The plan of these arguments (those of ``make_plan``), kept where they are numbers and strings alone.

    Arrays of temperatures or of a criterion's parameters are no part of it: see ``RowOptions``.
    """
    if type(temperature) is not float and not _is_constant(temperature):
        temperature = 1.0
    if any(value is not None for value in parameters):
        parameters = tuple(_without_arrays(value) for value in parameters)  # type: ignore[assignment]
    rest = (parameters, *rest)
    key = (temperature, rest)
    try:
        plan = _plans.get(key)
    except TypeError:  # outputs as a list, or the like
        return make_plan(temperature, *rest)
    if plan is None:
        plan = make_plan(temperature, *rest)
        if all(type(value) in _IMMUTABLE for value in (temperature, *rest)):
            _keep(key, plan)
    return plan


# weights, budget, floor and alpha when none of them is given.
NO_PARAMETERS = (None, None, None, None)


def _without_arrays(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_without_arrays(part) for part in value)
    return value if value is None or _is_number(value) or isinstance(value, str) else PER_ROW


def _keep(key: Any, plan: Plan) -> None:
    if len(_plans) >= _KEPT:
        _plans.clear()
    _plans[key] = plan


def make_plan(
    temperature: Any,
    parameters: tuple[Any, Any, Any, Any],
    scores: str,
    criterion: str,
    method: str,
    tolerance: float,
    max_iterations: int,
    valid_columns: int | None,
    outputs: Any,
    threads: int,
    device: str,
    probability_epsilon: float = 0.0,
) -> Plan:
    """Checks the options of ``solve``; ``ValueError`` or ``TypeError`` with the argument's name."""
    where = _parsed(device)
    options = _abi.SolveOptions()
    library.check(library.eqp_solve_options_init(byref(options), sizeof(options)))
    options.scores = choose("scores", scores, SCORES)
    options.criterion = choose("criterion", criterion, CRITERIA)
    options.method = choose("method", method, METHODS)
    options.tolerance = number("tolerance", tolerance, 0.0, above=True)
    options.max_iterations = integer("max_iterations", max_iterations, 1)
    options.valid_columns = 0 if valid_columns is None else integer("valid_columns", valid_columns, 1)
    options.threads = integer("threads", threads, 0)
    options.probability_epsilon = probability_epsilon
    pair = temperature if isinstance(temperature, tuple) else (temperature, temperature)
    options.temperature_theta, options.temperature_target = (number("temperature", value, 0.0, above=True) for value in pair)
    _set_parameters(options, criterion, *parameters)
    has_arrays = any(value is PER_ROW or (isinstance(value, tuple) and PER_ROW in value) for value in parameters)
    first_chunk = _FIRST_CHUNK["bisection" if criterion in _REFLECTED else method]
    return Plan(options, wanted(outputs, FIELDS), first_chunk, has_arrays, where)


def _parsed(device: str) -> Where:
    """``device=``: "auto", "cpu", or the backend's number and the index, None where none is named."""
    text = device if isinstance(device, str) else ""
    if text in ("auto", "cpu"):
        return text
    match = fullmatch(r"(cuda|opencl)(?::(\d{1,6}))?", text)
    if match is None:
        raise ValueError(f"device={device!r}: choose 'auto', 'cpu', 'cuda', 'opencl', or one of equipoise.devices() as in 'cuda:1'")
    return BACKENDS[match[1]], None if match[2] is None else int(match[2])


def _set_parameters(options: Any, criterion: str, weights: Any, budget: Any, floor: Any, alpha: Any) -> None:
    given = {"weights": weights, "budget": budget, "floor": floor, "alpha": alpha}
    needed = {"weighted_kl": "weights", "kl_budget": "budget", "ess_floor": "floor", "fixed_alpha": "alpha"}.get(criterion)
    for name, value in given.items():
        if value is not None and name != needed:
            raise ValueError(f"{name}={value!r} has no meaning for criterion={criterion!r}")
    if needed is None:
        return
    if given[needed] is None:
        raise ValueError(f"criterion={criterion!r} needs {needed}=")
    if needed == "weights" and (not isinstance(weights, tuple) or len(weights) != 2):
        raise TypeError(f"weights={weights!r}: give a pair (w_theta, w_target)")
    for member, value in zip(_MEMBERS[needed], weights if needed == "weights" else (given[needed],)):
        if value is not PER_ROW:
            setattr(options, member, number(needed, value, *_RANGES[needed]))
    if needed == "weights" and PER_ROW not in weights and not any(weights):
        raise ValueError(f"weights={weights!r}: one must be above 0")


# The members of eqp_solve_options behind a parameter, each with a row_ twin, and its range: lowest, highest, whether the lowest is out.
_MEMBERS = {"weights": ("weight_theta", "weight_target"), "budget": ("budget",), "floor": ("floor",), "alpha": ("alpha",)}
_RANGES = {
    "weights": (0.0, inf, False),
    "budget": (0.0, inf, False),
    "floor": (0.0, 1.0, True),
    "alpha": (0.0, 1.0, False),
    "temperature": (0.0, inf, True),
}


class RowOptions:
    """The options of one call with arrays, one entry per row: mask, temperatures and a criterion's parameters."""

    def __init__(
        self, plan: Plan, mask: Any, temperature: Any, shape: tuple[int, ...], parameters: tuple[Any, Any, Any, Any] = NO_PARAMETERS
    ) -> None:
        self.options = _abi.SolveOptions.from_buffer_copy(plan.options)
        self.pointer = byref(self.options)
        self.mask = None if mask is None else row_mask(mask, shape)
        # member of eqp_solve_options: (argument's name, numbers)
        self.arrays: dict[str, tuple[str, np.ndarray[Any, Any]]] = {}
        if not _is_constant(temperature):
            pair = temperature if isinstance(temperature, tuple) else (temperature, temperature)
            self._take("temperature", ("temperature_theta", "temperature_target"), pair, shape)
        for name, value in zip(_MEMBERS, parameters):
            if value is not None:
                self._take(name, _MEMBERS[name], value if name == "weights" else (value,), shape)
        self._check_weights()

    def _take(self, name: str, members: tuple[str, ...], values: tuple[Any, ...], shape: tuple[int, ...]) -> None:
        for member, value in zip(members, values):
            if _is_number(value):
                setattr(self.options, member, number(name, value, *_RANGES[name]))
            else:
                self._take_array(name, member, value, shape)

    def _take_array(self, name: str, member: str, value: Any, shape: tuple[int, ...]) -> None:
        self.arrays["row_" + member] = name, row_numbers(name, value, shape)

    def _check_weights(self) -> None:
        if not any(name == "weights" for name, _ in self.arrays.values()):
            return
        theta, target = (self.arrays.get("row_" + member, (0, getattr(self.options, member)))[1] for member in _MEMBERS["weights"])
        if (np.maximum(theta, target) <= 0).any():
            raise ValueError("weights has rows with both 0: one must be above 0")

    def seek(self, row: int) -> Any:
        """Points the arrays at ``row``, where a chunk begins; the options to pass."""
        if self.mask is not None:
            self.options.row_mask = cast(address_of(self.mask) + row, POINTER(c_uint8))
        for member, (_, array) in self.arrays.items():
            setattr(self.options, member, cast(address_of(array) + 8 * row, POINTER(c_double)))
        return self.pointer

    def inputs(self) -> list[tuple[str, Rows]]:
        """The arrays as batches, for the check that no result overlaps them."""
        named = [(name, array, F64) for name, array in self.arrays.values()]
        if self.mask is not None:
            named.append(("mask", self.mask, U8))
        return [(name, Rows(address_of(array), code, (), array.size, PACKED, array)) for name, array, code in named]


def row_mask(mask: Any, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """One byte per row, contiguous; shared with the caller's array where that is one already."""
    array = as_numpy(mask, "mask")
    if array.dtype.kind not in "biu":
        raise TypeError(f"mask has dtype {array.dtype}: give booleans, True = solve the row")
    if array.dtype.kind != "b":
        array = array != 0
    return np.ascontiguousarray(spread("mask", array, shape)).view(np.uint8)


def row_numbers(name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """One float64 per row, contiguous; all in the range of the argument."""
    array = row_values(name, value, shape)
    low, high, above = _RANGES[name]
    good = np.isfinite(array) & (array <= high) & ((array > low) if above else (array >= low))
    if not good.all():
        raise ValueError(f"{name} has entries that are not finite and {_bound(low, high, above)}")
    return array


def per_row(
    name: str, value: Any, shape: tuple[int, ...], low: float, high: float = inf, above: bool = False
) -> tuple[float, np.ndarray[Any, Any] | None]:
    """A parameter that is one number, or one per row: the number (1 for an array) and the contiguous float64 array, or None."""
    if _is_number(value):
        return number(name, value, low, high, above), None
    array = row_values(name, value, shape)
    wrong = ~(np.isfinite(array) & ((array > low) if above else (array >= low)) & (array <= high))
    if wrong.any():
        number(name, array[wrong].flat[0], low, high, above)
    return 1.0, array


def row_values(name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """One float64 per row, contiguous, whatever its value."""
    array = as_numpy(value, name)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} has dtype {array.dtype}: give numbers, one per row")
    return np.ascontiguousarray(spread(name, array, shape), np.float64)


def spread(name: str, array: Any, shape: tuple[int, ...], what: str = "leading shape") -> np.ndarray[Any, Any]:
    """``array`` as a view of that shape; a ``ValueError`` that names both shapes otherwise."""
    if array.shape == shape:
        return np.asarray(array)
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise ValueError(f"{name} has shape {array.shape}, which does not spread over the {what} {shape}") from None


def number(name: str, value: Any, low: float, high: float = float("inf"), above: bool = False) -> float:
    """``value`` as a float in [low, high], or above low; an error that names the argument otherwise."""
    try:
        if isinstance(value, np.complexfloating):  # of which float() takes the real part
            raise TypeError("complex")
        result = float(value)
    except OverflowError:  # an int beyond float64
        result = inf
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name}={value!r} is no number") from None
    if not isfinite(result) or result > high or result < low or (above and result == low):
        raise ValueError(f"{name}={value!r}: must be finite, {_bound(low, high, above)}")
    return result


def _bound(low: float, high: float, above: bool) -> str:
    bound = f"above {low:g}" if above else f"at least {low:g}"
    return bound + (f" and at most {high:g}" if isfinite(high) else "")


def integer(name: str, value: Any, low: int) -> int:
    """``value`` as an int in [low, 2**31); an error that names the argument otherwise."""
    try:
        result = index(value)
    except TypeError:
        raise TypeError(f"{name}={value!r} is no integer") from None
    if not low <= result < 2**31:
        raise ValueError(f"{name}={value!r}: must be at least {low} and below 2**31")
    return result


def flag(name: str, value: Any) -> bool:
    """``value`` as a bool; an error that names the argument for what is only truthy, such as the text "no"."""
    if not isinstance(value, (bool, np.bool_, int)) or value not in (0, 1):
        raise TypeError(f"{name}={value!r}: give True or False")
    return bool(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number))


def _is_constant(temperature: Any) -> bool:
    """Whether ``temperature`` is a number or a pair of numbers."""
    if isinstance(temperature, tuple):
        if len(temperature) != 2:
            raise ValueError(
                f"temperature has {len(temperature)} entries: give a number, a pair (theta, target) or an array with one per row"
            )
        return _is_number(temperature[0]) and _is_number(temperature[1])
    return _is_number(temperature)
