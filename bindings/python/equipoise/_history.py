"""``AlphaHistory``: how alpha*, KL and ESS move while a policy is trained."""

from __future__ import annotations

from typing import Any, Hashable, Iterable, Mapping, NamedTuple

import numpy as np

from ._arrays import as_numpy
from ._plan import integer, number
from ._solution import RowStatus

_FIELDS = ("alpha", "kl_theta", "kl_target", "ess_theta", "ess_target")
_SOLVED = (RowStatus.OK, RowStatus.IDENTICAL, RowStatus.AT_THETA, RowStatus.AT_TARGET)
_ALL = "all"
_FORMAT = 1

# Sums over rows, x being the step less the latest one: weight w; w x; w x^2; w y; w y^2; w x y; w^2; w^2 x; w^2 x^2.
_W, _WX, _WXX, _WY, _WYY, _WXY, _W2, _W2X, _W2XX = range(9)
_SUMS = 9


class Trend(NamedTuple):
    """One field of one group: its weighted mean over rows, and its drift with the step."""

    mean: float
    """Weighted mean over the rows; NaN where there was none."""
    std: float
    """Weighted standard deviation over the rows."""
    drift: float
    """Slope against the step, by weighted least squares; NaN until two steps are known."""
    drift_error: float
    """Standard error of the slope: a drift of less than two of these is no drift. NaN below three rows' worth of weight."""


class AlphaHistory:
    """A summary of exact alpha*, KL and ESS over training steps, per group of rows, and of their drift against the step.

    ``decay`` weighs a row by decay**age, age in steps (exponential summary, constant memory); ``window`` keeps the last so many steps
    with equal weight. Give one of them, or neither for ``decay=0.99``.

    Parameters
    ----------
    decay : float in (0, 1), optional
    window : int, at least 2, optional

    Examples
    --------
    >>> import numpy as np, equipoise as eq
    >>> history = eq.AlphaHistory(window=50)
    >>> theta, target = np.random.default_rng(0).normal(size=(2, 8, 100))
    >>> for step in range(20):
    ...     theta += 0.05 * (target - theta)
    ...     history.update(eq.solve(theta, target, outputs=("alpha", "kl_theta")), step=step)
    >>> history.summary()["kl_theta"].drift < 0
    True

    Notes
    -----
    ``state()`` is plain data that JSON holds; ``restore(state)`` goes on from it, to the bit. An object is for one thread at a time.
    """

    def __init__(self, *, decay: float | None = None, window: int | None = None) -> None:
        if decay is not None and window is not None:
            raise ValueError(f"decay={decay!r} and window={window!r}: give one of them")
        self.window = None if window is None else integer("window", window, 2)
        self.decay = None if self.window is not None else number("decay", 0.99 if decay is None else decay, 0.0, 1.0, above=True)
        if self.decay == 1.0:
            raise ValueError(f"decay={decay!r}: must be below 1; window= gives rows equal weight")
        self._step: float | None = None
        self._groups: dict[Hashable, _Group] = {}

    @property
    def step(self) -> float | None:
        """The latest step, None before the first update."""
        return self._step

    @property
    def groups(self) -> tuple[Hashable, ...]:
        """The groups seen so far, in the order of their first rows."""
        return tuple(self._groups)

    def update(self, solution: Any, *, step: float | None = None, group: Any = None) -> None:
        """Takes in the rows of a solution.

        Parameters
        ----------
        solution : Solution, GaussianSolution, or a mapping of arrays
            With ``alpha`` and any of kl_theta, kl_target, ess_theta, ess_target; rows that were not solved (by ``status``, or by an
            alpha that is NaN) are left out.
        step : number, optional
            At least the latest one; the latest plus 1 unless given. Several updates may share a step.
        group : str or int, or an array with one per row, optional
            Whose rows these are; "all" unless given.
        """
        values, solved = _read(solution)
        step = self._next(step)
        for name, rows in _parts(group, values.shape[1:]):
            chosen = solved & rows
            self._group(name, step).add(step, values[:, chosen])

    def summary(self, group: Hashable = None) -> dict[str, Trend]:
        """A ``Trend`` per field of one group (of all rows unless given); ``KeyError`` for a group that was never seen."""
        sums = np.zeros((len(_FIELDS), _SUMS))
        names = self.groups if group is None else (group,)
        for name in names:
            if name not in self._groups:
                raise KeyError(f"no rows of group {name!r}; there are {', '.join(map(repr, self.groups)) or 'none'}")
            sums += self._groups[name].at(self._step or 0.0)
        return {field: _trend(sums[place]) for place, field in enumerate(_FIELDS)}

    def state(self) -> dict[str, Any]:
        """Everything, as plain lists and numbers."""
        groups = [[name, group.state()] for name, group in self._groups.items()]
        return {"format": _FORMAT, "decay": self.decay, "window": self.window, "step": self._step, "groups": groups}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes up what ``state()`` gave, settings included; ``ValueError`` for anything else, and nothing is changed then."""
        if not isinstance(state, Mapping) or state.get("format") != _FORMAT:
            raise ValueError("state is not what AlphaHistory.state() gives")
        other = AlphaHistory(decay=state["decay"], window=state["window"])
        other._step = state["step"]
        for name, kept in state["groups"]:
            other._groups[name] = _Group.of(kept, other.decay, other.window)
        self.__dict__.update(other.__dict__)

    def __repr__(self) -> str:
        kind = f"decay={self.decay:g}" if self.decay is not None else f"window={self.window}"
        alpha = f", alpha {self.summary()['alpha'].mean:.4f}" if self._groups else ""
        return f"AlphaHistory({kind}, {len(self._groups)} groups, step {self._step}{alpha})"

    def _next(self, step: float | None) -> float:
        if step is None:
            return 0.0 if self._step is None else self._step + 1
        after = number("step", step, -float("inf"))
        if self._step is not None and after < self._step:
            raise ValueError(f"step={step!r} is before the latest one, {self._step:g}")
        return after

    def _group(self, name: Hashable, step: float) -> _Group:
        self._step = step
        return self._groups.setdefault(name, _Group(self.decay, self.window))


class _Group:
    """The sums of one group: one set that fades, or one for each step of the window."""

    def __init__(self, decay: float | None, window: int | None) -> None:
        self.decay = decay
        self.window = window
        self.records: list[tuple[float, Any]] = []

    @staticmethod
    def of(state: Any, decay: float | None, window: int | None) -> _Group:
        group = _Group(decay, window)
        group.records = [(float(step), np.array(sums, np.float64).reshape(len(_FIELDS), _SUMS)) for step, sums in state]
        return group

    def state(self) -> list[Any]:
        return [[step, sums.tolist()] for step, sums in self.records]

    def add(self, step: float, values: Any) -> None:
        """Rows [fields, rows] of a step not before the latest; NaN is no value."""
        there = ~np.isnan(values)
        y = np.where(there, values, 0.0)
        sums = np.zeros((len(_FIELDS), _SUMS))
        sums[:, _W] = sums[:, _W2] = there.sum(1)
        sums[:, _WY], sums[:, _WYY] = y.sum(1), (y * y).sum(1)
        if self.decay is not None:
            self.records = [(step, self.at(step) + sums)]
            return
        self.records = [record for record in self.records if record[0] > step - self._reach()]
        if self.records and self.records[-1][0] == step:
            sums = sums + self.records.pop()[1]
        self.records.append((step, sums))

    def at(self, step: float) -> Any:
        """The sums as seen from a later step."""
        total = np.zeros((len(_FIELDS), _SUMS))
        for when, sums in self.records:
            if self.decay is not None:
                total += _moved(sums, step - when, self.decay ** (step - when))
            elif when > step - self._reach():
                total += _moved(sums, step - when, 1.0)
        return total

    def _reach(self) -> int:
        return self.window or 0


def _moved(sums: Any, ahead: float, fade: float) -> Any:
    """The sums about a step that lies ``ahead``, every weight times ``fade``."""
    moved = sums.copy()
    moved[:, _WXX] += ahead * (ahead * sums[:, _W] - 2 * sums[:, _WX])
    moved[:, _WX] -= ahead * sums[:, _W]
    moved[:, _WXY] -= ahead * sums[:, _WY]
    moved[:, _W2XX] += ahead * (ahead * sums[:, _W2] - 2 * sums[:, _W2X])
    moved[:, _W2X] -= ahead * sums[:, _W2]
    moved[:, :_W2] *= fade
    moved[:, _W2:] *= fade * fade
    return moved


def _trend(sums: Any) -> Trend:
    """Weighted mean, deviation and least-squares slope of one field."""
    nan = float("nan")
    if sums[_W] <= 0:
        return Trend(nan, nan, nan, nan)
    weight, x, y = float(sums[_W]), float(sums[_WX] / sums[_W]), float(sums[_WY] / sums[_W])
    spread = max(0.0, float(sums[_WYY] / weight - y * y))
    reach = float(sums[_WXX] / weight - x * x)
    if reach <= 1e-12 * max(1.0, x * x):
        return Trend(y, spread**0.5, nan, nan)
    slope = float(sums[_WXY] / weight - x * y) / reach
    left = max(0.0, spread - slope * slope * reach)
    effective = weight * weight / float(sums[_W2])
    lever = max(0.0, float(sums[_W2XX] - 2 * x * sums[_W2X] + x * x * sums[_W2]))
    error = (left * effective / (effective - 2) * lever) ** 0.5 / (weight * reach) if effective > 2 else nan
    return Trend(y, spread**0.5, slope, error)


def _read(solution: Any) -> tuple[Any, Any]:
    """[fields, ...] float64, NaN for what is not there, and which rows were solved."""
    arrays: Any = solution if isinstance(solution, Mapping) else getattr(solution, "as_dict", dict)()
    if "alpha" not in arrays:
        raise ValueError("solution has no alpha: ask solve for it, outputs=('alpha', ...)")
    alpha = np.asarray(as_numpy(arrays["alpha"], "alpha"), np.float64)
    values = np.full((len(_FIELDS), *alpha.shape), np.nan)
    for place, name in enumerate(_FIELDS):
        if name in arrays:
            array = as_numpy(arrays[name], name)
            if array.shape != alpha.shape:
                raise ValueError(f"{name} has shape {array.shape}, alpha {alpha.shape}: they must agree")
            values[place] = array
    solved = ~np.isnan(alpha)
    if "status" in arrays:
        solved &= np.isin(as_numpy(arrays["status"], "status"), _SOLVED)
    return values, solved


def _parts(group: Any, shape: tuple[int, ...]) -> Iterable[tuple[Hashable, Any]]:
    """Names and the rows that are theirs."""
    if group is None or isinstance(group, (str, int)):
        return [(_ALL if group is None else group, np.ones(shape, bool))]
    names = np.asarray(as_numpy(group, "group"))
    if names.shape != shape:
        raise ValueError(f"group has shape {names.shape}, alpha {shape}: give one name for all rows, or one per row")
    if names.dtype.kind not in "iuU":
        raise TypeError(f"group has dtype {names.dtype}: give strings or integers")
    return [(name.item(), names == name) for name in np.unique(names)]
