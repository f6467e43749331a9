"""What the calls of the library over rows have in common: checked pairs of batches, structs, pointers into arrays, and results."""

from __future__ import annotations

from ctypes import POINTER, byref, c_double, cast, pointer, sizeof
from typing import Any, Callable, Mapping

import numpy as np

from . import _abi
from ._arrays import Kind, address_of, same_kind
from ._chunks import groups_of, split
from ._errors import choose
from ._loader import library
from ._out import check_matrix, check_overlap, check_values, label_of
from ._plan import SCORES, integer
from ._rows import F64, I32, ITEM_SIZE, PACKED, RESULT_CODE, Rows, check_shapes

_matrix = _abi.packer(_abi.Matrix)


def struct_of(batch: Rows, first: int = 0, last: int | None = None) -> Any:
    """The ``eqp_matrix`` of the rows from ``first`` to ``last``, or to the end."""
    return _abi.Matrix.from_buffer_copy(_matrix.pack(*batch.part(first, batch.rows if last is None else last)))


def doubles(values: Any, first: int = 0) -> Any:
    """A pointer to number ``first`` of a float64 array, or of one at an address; None for None."""
    if values is None:
        return None
    address = values if isinstance(values, int) else address_of(values)
    return cast(address + 8 * first, POINTER(c_double))


def point_at(struct: Any, row: int, **arrays: np.ndarray[Any, Any] | None) -> None:
    """Points members of ``struct`` at ``row`` of arrays with one entry per row; None leaves a member as it is."""
    for member, array in arrays.items():
        if array is not None:
            setattr(struct, member, cast(address_of(array) + array.itemsize * row, type(getattr(struct, member))))


def options_of(kind: Any, initialise: Callable[[Any, int], int]) -> Any:
    """Options as the library's ``initialise`` makes them."""
    options = kind()
    library.check(initialise(byref(options), sizeof(options)))
    return options


def set_scores(options: Any, scores: str, valid_columns: int | None, threads: int) -> None:
    """The options that all functions over rows of any scores have."""
    options.scores = choose("scores", scores, SCORES)
    set_shared(options, valid_columns, threads)


def set_shared(options: Any, valid_columns: int | None, threads: int) -> None:
    """The options that all functions over rows have."""
    options.valid_columns = 0 if valid_columns is None else integer("valid_columns", valid_columns, 1)
    options.threads = integer("threads", threads, 0)


def vectors(kind: Kind, like: Rows, code: int | None = None) -> Rows:
    """Room for a vector per row, of the width of ``like`` and the type of its results; the owner is the array."""
    code = RESULT_CODE[like.code] if code is None else code
    array, address = kind.empty(like.full_shape(), code)
    return Rows(address, code, like.shape, like.columns, PACKED, array)


def in_chunks(rows: int, call: Callable[[int, int], int], first_rows: int, *batches: Rows | None) -> None:
    """Calls ``call(first, last)``, which answers the library's status, for all rows: at once if ``first_rows`` are enough.

    ``batches`` are those that it passes on, whose groups of rows a chunk must respect.
    """

    def checked(first: int, last: int) -> None:
        library.check(call(first, last))

    if rows <= first_rows:
        checked(0, rows)
    else:
        split(rows, groups_of(*batches), checked, first_rows)


class Pair:
    """Two inputs of one kind and shape."""

    def __init__(self, first: Any, second: Any, names: tuple[str, str], valid_columns: int) -> None:
        self.kind: Kind = same_kind(first, names[0], second, names[1])
        self.first = self.kind.rows(first, names[0])
        self.second = self.kind.rows(second, names[1])
        self.rows, self.shape, self.columns = self.first.rows, self.first.shape, self.first.columns
        check_shapes(self.first, self.second, valid_columns, names)

    def numbers(self) -> tuple[Any, int]:
        """Room for one float64 per row, and its address."""
        return self.kind.empty(self.shape, F64)

    def run(self, call: Callable[[Any, Any, int, int], int], elements: int, width: int = 0, *others: Rows | None) -> None:
        """Calls ``call(first, second, begin, end)`` with the structs of chunks of rows; it answers the library's status.

        The first chunk has about ``elements`` elements, a row counting as ``width`` of them (0: its columns); ``others`` are further
        batches in the call.
        """
        a, b = self.first, self.second

        def part(begin: int, end: int) -> int:
            return call(byref(struct_of(a, begin, end)), byref(struct_of(b, begin, end)), begin, end)

        in_chunks(self.rows, part, elements // (width or self.columns), a, b, *others)


class Results:
    """The arrays that one call writes, by name."""

    def __init__(self, kind: Kind, given: Mapping[str, Any] | None = None) -> None:
        """``given`` are the caller's own, by name, the rest is made."""
        self.kind = kind
        self._given = given or {}
        self._taken: list[tuple[str, Rows]] = []
        self.arrays: dict[str, Any] = {}
        # By name: the address and the bytes a row takes; the batch and its rows for each row of the call.
        self._numbers: dict[str, tuple[int, int]] = {}
        self._matrices: dict[str, tuple[Rows, int]] = {}

    def numbers(self, name: str, shape: tuple[int, ...], each: int = 1, code: int | None = None) -> None:
        """An array of that shape, in which a row has ``each`` numbers: int32 for iterations and status, else float64."""
        if code is None:
            code = I32 if name in ("iterations", "status") else F64
        if name in self._given:
            batch = self._take(name)
            check_values(label_of(name), batch, self.arrays[name], shape, code, "and must have")
            address = batch.address
        else:
            self.arrays[name], address = self.kind.empty(shape, code)
        self._numbers[name] = address, ITEM_SIZE[code] * each

    def matrix(self, name: str, shape: tuple[int, ...], columns: int, code: int, each: int = 1) -> None:
        """An array of that shape and columns, in which a row has ``each`` rows."""
        if name in self._given:
            batch = self._take(name)
            check_matrix(label_of(name), batch, self.arrays[name], Rows(0, code, shape, columns, PACKED, None), "and must have")
        else:
            self.arrays[name], address = self.kind.empty((*shape, columns), code)
            batch = Rows(address, code, shape, columns, PACKED, self.arrays[name])
        self._matrices[name] = batch, each

    def _take(self, name: str) -> Rows:
        """An array of the caller's."""
        self.arrays[name] = self._given[name]
        batch = self.kind.result(self._given[name], label_of(name))
        self._taken.append((label_of(name), batch))
        return batch

    def check_overlap(self, inputs: list[tuple[str, Rows]]) -> None:
        """None of the caller's arrays lies where another or an input does."""
        if self._taken:
            check_overlap(self._taken, inputs)

    def batches(self) -> list[Rows]:
        """The matrices among them."""
        return [batch for batch, _ in self._matrices.values()]

    def struct(self, kind: Any, first: int, last: int) -> Any:
        """A struct of outputs whose members are the arrays, from row ``first`` on; ``status`` is the member ``row_status``."""
        outputs = kind(sizeof(kind))
        for name, (address, size) in self._numbers.items():
            member = "row_status" if name == "status" else name
            setattr(outputs, member, cast(address + size * first, type(getattr(outputs, member))))
        for name, (batch, each) in self._matrices.items():
            setattr(outputs, name, pointer(struct_of(batch, first * each, last * each)))
        return outputs

    def finished(self, like: Any) -> dict[str, Any]:
        """The arrays, of the kind of ``like``."""
        return {name: array if name in self._given else self.kind.finish(array, like) for name, array in self.arrays.items()}
