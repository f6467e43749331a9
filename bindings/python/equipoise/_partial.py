"""``PartialStatistics``: the Chernoff point of rows whose columns come in tiles or lie in shards."""

from __future__ import annotations

from ctypes import byref, sizeof
from math import prod
from typing import Any, Generic, Iterator

import numpy as np

from . import _abi
from ._arrays import NUMPY, Kind, as_numpy, same_kind
from ._calls import Results, doubles, in_chunks, options_of, point_at, struct_of, vectors
from ._loader import library
from ._plan import integer, number, per_row, row_mask
from ._rows import I32, Rows
from ._solution import Array, RowStatus

# Doubles of a record, and of a row's sums at a point: EQP_PARTIAL_SIZE and EQP_PARTIAL_MOMENTS.
RECORD, MOMENTS = 96, 4

_FIRST_CHUNK = 1 << 19
_FIELDS = ("alpha", "log_z", "theta_lse", "target_lse", "residual", "status")


class PartialSolution(Generic[Array]):
    """What ``PartialStatistics.solve`` answers; unpacks as ``alpha, log_z, theta_lse, target_lse``."""

    __slots__ = (*_FIELDS, "converged")

    alpha: Array
    """[...] float64 in [0, 1]: the weight of the policy in q."""
    log_z: Array
    """[...] float64, nats: log Z(alpha) <= 0; at the Chernoff point minus both KLs."""
    theta_lse: Array
    """[...] float64, nats: log sum exp(theta / temperature) over all columns."""
    target_lse: Array
    """[...] float64, nats: log sum exp(target / temperature) over all columns."""
    residual: Array
    """[...] float64, nats: a bound for |KL_theta - KL_target| at alpha."""
    status: Array
    """[...] int32: a ``RowStatus`` per row."""
    converged: bool
    """No row is NOT_CONVERGED: there is nothing to refine."""

    def __init__(self, arrays: dict[str, Any], converged: bool) -> None:
        for name, array in arrays.items():
            setattr(self, name, array)
        self.converged = converged

    def __iter__(self) -> Iterator[Array]:
        return iter((self.alpha, self.log_z, self.theta_lse, self.target_lse))

    def __repr__(self) -> str:
        return f"PartialSolution(shape={tuple(getattr(self.alpha, 'shape', ()))}, converged={self.converged})"


class PartialStatistics:
    """alpha of rows that are never whole: LM heads projected tile by tile, or a vocabulary that several processes share.

    Feed every column once, in tiles of any width, then solve::

        statistics = eq.PartialStatistics(rows)
        for columns in tiles:
            statistics.update(hidden @ policy_head[:, columns], hidden @ target_head[:, columns])
        alpha, log_z, theta_lse, target_lse = statistics.solve()

    A row in tiles has the alpha of the same row whole, to 1e-9 with float64 scores and to 1e-6 with others (``tolerance``). The sums of
    one pass settle usual rows; those that need another are NOT_CONVERGED::

        solution = statistics.solve()
        while not solution.converged:
            for columns in tiles:
                statistics.refine(..., ...)  # the same tiles again
            solution = statistics.solve()

    ``q`` and ``log_q`` then give the tiles' columns of the sampling distribution.

    Parameters
    ----------
    rows : int, or the leading shape
        How many rows. With a number, tiles may have any leading shape of so many rows, and the first one's is that of the results.
    temperature : number, pair (theta, target), or arrays with one per row
        As in ``solve``.
    mask : booleans, optional
        As in ``solve``: rows where it is False have status SKIPPED and zeros.
    tolerance : float above 0, optional
        On alpha, and on |KL_theta - KL_target| relative to max(1, KL). By default 1e-9 for rows that were
        given in float64, 1e-6 for others.
    threads : int
        As in ``solve``.

    Notes
    -----
    Memory: 768 bytes a row, whatever the vocabulary. All sums are float64. ``records`` is plain float64 memory, to be sent and merged
    (``from_records``); merging is exact for a fixed order and associative to rounding. An object is not to be updated from two threads at
    once; different objects may. Releases the GIL while it computes.
    """

    def __init__(
        self,
        rows: int | tuple[int, ...],
        *,
        temperature: Any = 1.0,
        mask: Any = None,
        tolerance: float | None = None,
        threads: int = 0,
    ) -> None:
        self._has_shape = isinstance(rows, tuple)
        self.shape: tuple[int, ...] = tuple(integer("rows", extent, 0) for extent in (rows if isinstance(rows, tuple) else (rows,)))
        self.rows = prod(self.shape)
        self._options = options_of(_abi.PartialOptions, library.eqp_partial_options_init)
        self._options.threads = integer("threads", threads, 0)
        self._options.tolerance = 0.0 if tolerance is None else number("tolerance", tolerance, 0.0, above=True)
        self._mask = None if mask is None else row_mask(mask, self.shape)
        pair = temperature if isinstance(temperature, tuple) else (temperature, temperature)
        if len(pair) != 2:
            raise ValueError(f"temperature has {len(pair)} entries: give a number, a pair (theta, target) or an array with one per row")
        temperatures = [per_row("temperature", value, self.shape, 0.0, above=True) for value in pair]
        (self._options.temperature_theta, _), (self._options.temperature_target, _) = temperatures
        self._temperatures = [array for _, array in temperatures]
        self._records = np.zeros((self.rows, RECORD))
        self._moments: np.ndarray[Any, Any] | None = None
        self._is_solved = False
        self._kind: Kind = NUMPY
        self._like: Any = None
        self._names = ("theta_tile", "target_tile")

    @property
    def records(self) -> np.ndarray[Any, Any]:
        """[rows, 96] float64: all that is known, as ``eqp_partial_statistics`` keeps it; shared, not copied."""
        return self._records

    @classmethod
    def from_records(cls, records: Any, **options: Any) -> PartialStatistics:
        """An object that goes on from a copy of ``records``; options as in the constructor."""
        records = as_numpy(records, "records")
        if records.dtype.kind not in "fiu":
            raise TypeError(f"records has dtype {records.dtype}: give the float64 numbers of another object's records")
        records = np.array(records, np.float64, order="C")
        if records.ndim != 2 or records.shape[1] != RECORD:
            raise ValueError(f"records has shape {records.shape}: give [rows, {RECORD}]")
        statistics = cls(len(records), **options)
        statistics._records = records
        return statistics

    def update(self, theta_tile: Any, target_tile: Any, *, valid_columns: int | None = None) -> None:
        """Takes in some columns of every row: tiles [..., columns] of logits, of any type that ``solve`` takes; either may be empty.

        ``valid_columns`` is how many of the tile's columns are real. A NaN or +inf makes its row INVALID. Nothing may follow ``solve``.
        """
        if self._is_solved:
            raise ValueError("update() after solve(): theta_tile and target_tile would not be in the answer; begin a new PartialStatistics")
        kind, a, b = self._tiles(theta_tile, target_tile, valid_columns)
        if self._like is None:
            self._kind, self._like = kind, _Like(theta_tile)
            if not self._has_shape:
                self.shape = a.shape
        self._run(a, b, lambda theta, target, options, row, _: library.eqp_partial_statistics(theta, target, options, self._record(row)))

    def merge(self, other: PartialStatistics) -> None:
        """Takes in what ``other`` knows of other columns of the same rows; ``other`` stays as it is."""
        if not isinstance(other, PartialStatistics):
            raise TypeError(f"other is {type(other).__name__}: give a PartialStatistics")
        if other is self:
            raise ValueError("other is the object itself: its columns would count twice")
        if other.rows != self.rows:
            raise ValueError(f"other has {other.rows} rows and this object {self.rows}: they must agree")
        if self._is_solved or other._is_solved:
            raise ValueError(f"merge() after solve(): {'this object' if self._is_solved else 'other'} has been solved")
        library.check(library.eqp_partial_merge(doubles(other._records), self.rows, doubles(self._records)))
        if self._like is None:
            self._kind, self._like = other._kind, other._like
            self.shape = self.shape if self._has_shape else other.shape

    def solve(self) -> PartialSolution[Any]:
        """alpha of every row. After ``refine``, the better one. Takes down the answer, so that no column can follow."""
        self._seek(0)
        if self._moments is not None:
            library.check(library.eqp_partial_refine(doubles(self._records), self.rows, byref(self._options), doubles(self._moments)))
            self._moments = None
        results = Results(self._kind)
        for name in _FIELDS:
            results.numbers(name, self.shape)
        solution = results.struct(_abi.PartialSolution, 0, self.rows)
        library.check(library.eqp_partial_solve(doubles(self._records), self.rows, byref(self._options), byref(solution)))
        self._is_solved = True
        converged = not (np.asarray(results.arrays["status"]) == RowStatus.NOT_CONVERGED).any()
        return PartialSolution(results.finished(self._like), converged)

    def refine(self, theta_tile: Any, target_tile: Any, *, valid_columns: int | None = None) -> None:
        """Measures a tile at the alpha found, for rows that have not converged. Every column is to be given once before ``solve``."""
        self.refine_with(self.measure(theta_tile, target_tile, valid_columns=valid_columns))

    def measure(self, theta_tile: Any, target_tile: Any, *, valid_columns: int | None = None) -> np.ndarray[Any, Any]:
        """What ``refine`` measures, for ``refine_with`` here or elsewhere: [rows, 4] float64, to be added over all columns.

        The sums of q, q l and q l^2 with l = log pi_t - log pi_theta, and the number of columns; zeros for rows that have converged.
        """
        self._needs_answer("measure")
        _, a, b = self._tiles(theta_tile, target_tile, valid_columns)
        open_rows = np.array(self._statuses() == RowStatus.NOT_CONVERGED).view(np.uint8)
        moments = np.zeros((self.rows, MOMENTS))

        def call(theta: Any, target: Any, options: Any, row: int, _: int) -> int:
            point_at(options._obj, row, row_mask=open_rows)
            status = library.eqp_partial_sweep(theta, target, options, self._record(row), None, None, doubles(moments, row * MOMENTS))
            return int(status)

        self._run(a, b, call)
        return moments

    def refine_with(self, moments: Any) -> None:
        """Adds what ``measure`` gave, of some or all columns."""
        self._needs_answer("refine")
        moments = np.asarray(moments, np.float64)
        if moments.shape != (self.rows, MOMENTS):
            raise ValueError(f"moments has shape {moments.shape}: give {(self.rows, MOMENTS)}")
        self._moments = moments.copy() if self._moments is None else self._moments + moments

    def q(self, theta_tile: Any, target_tile: Any, *, valid_columns: int | None = None, out: Any = None) -> Any:
        """The tile's columns of q at the alpha found: summing to 1 over all tiles; 0 beyond ``valid_columns`` and in skipped rows.

        Of theta's type, float32 for half precision, or written to ``out``.
        """
        return self._write(theta_tile, target_tile, valid_columns, out, "q")

    def log_q(self, theta_tile: Any, target_tile: Any, *, valid_columns: int | None = None, out: Any = None) -> Any:
        """The tile's columns of log q, nats; -inf where q is 0, 0 in skipped rows."""
        return self._write(theta_tile, target_tile, valid_columns, out, "log_q")

    def _write(self, theta_tile: Any, target_tile: Any, valid_columns: int | None, out: Any, which: str) -> Any:
        self._needs_answer(which)
        kind, a, b = self._tiles(theta_tile, target_tile, valid_columns)
        if out is None:
            into = vectors(kind, a)
            array = into.owner
        else:
            array, into = out, kind.result(out, "out")
            if into.full_shape() != a.full_shape():
                raise ValueError(f"out has shape {into.full_shape()} and theta_tile {a.full_shape()}: they must agree")
            if into.code == I32:
                raise TypeError(f"out has dtype {out.dtype}: give a float type")

        def call(theta: Any, target: Any, options: Any, row: int, last: int) -> int:
            place = byref(struct_of(into, row, last))
            q, log_q = (place, None) if which == "q" else (None, place)
            return int(library.eqp_partial_sweep(theta, target, options, self._record(row), q, log_q, None))

        self._run(a, b, call, into)
        return array if out is not None else kind.finish(array, _Like(theta_tile))

    def _tiles(self, theta_tile: Any, target_tile: Any, valid_columns: int | None) -> tuple[Kind, Rows, Rows]:
        first, second = self._names
        kind = same_kind(theta_tile, first, target_tile, second)
        a, b = kind.rows(theta_tile, first), kind.rows(target_tile, second)
        shapes = f"{first} has shape {a.full_shape()} and {second} {b.full_shape()}"
        if a.shape != b.shape:
            raise ValueError(f"{shapes}: the leading shapes must agree")
        if a.rows != self.rows or (self._has_shape and a.shape != self.shape):
            raise ValueError(f"{shapes}: rows must be {self.shape if self._has_shape else self.rows}")
        if valid_columns is None and a.columns != b.columns:
            raise ValueError(f"{shapes}: {a.columns} columns against {b.columns}; give valid_columns= if the rest is padding")
        self._options.valid_columns = 0 if valid_columns is None else integer("valid_columns", valid_columns, 1)
        if self._options.valid_columns > min(a.columns, b.columns):
            raise ValueError(f"{shapes}: valid_columns={valid_columns} is more than they have")
        return kind, a, b

    def _run(self, a: Rows, b: Rows, work: Any, *others: Rows) -> None:
        """Calls ``work(theta, target, options, first, last)`` for all rows of a tile, in chunks."""
        if not a.rows or not a.columns:
            return

        def call(first: int, last: int) -> int:
            return int(work(byref(struct_of(a, first, last)), byref(struct_of(b, first, last)), self._seek(first), first, last))

        in_chunks(a.rows, call, max(1, _FIRST_CHUNK // a.columns), a, b, *others)

    def _seek(self, row: int) -> Any:
        """Points the arrays of the options at ``row``, where a chunk begins."""
        options = self._options
        theta, target = self._temperatures
        options.row_mask = None  # where ``measure`` has left another
        point_at(options, row, row_mask=self._mask, row_temperature_theta=theta, row_temperature_target=target)
        return byref(options)

    def _record(self, row: int) -> Any:
        return doubles(self._records, row * RECORD)

    def _needs_answer(self, name: str) -> None:
        if not self._is_solved:
            raise ValueError(f"{name}() before solve(): there is no alpha yet")

    def _statuses(self) -> np.ndarray[Any, Any]:
        status = np.empty(self.rows, np.int32)
        solution = _abi.PartialSolution(sizeof(_abi.PartialSolution))
        point_at(solution, 0, row_status=status)
        self._seek(0)
        library.check(library.eqp_partial_solve(doubles(self._records), self.rows, byref(self._options), byref(solution)))
        return status


class _Like:
    """Enough of an array to say what kind the results should be, without keeping its memory."""

    def __init__(self, array: Any) -> None:
        namespace = getattr(array, "__array_namespace__", None)
        if namespace is not None:
            made = namespace()
            self.__array_namespace__ = lambda: made
