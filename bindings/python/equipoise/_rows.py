"""``Rows``: a batch of rows in somebody's memory, as ``eqp_matrix`` can say it."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np

from ._abi import ENUMS

# Element types by number: the library's, and three that it takes as plain pointers (iterations and status, mask, tokens).
F32, F64, F16, BF16 = (ENUMS["eqp_dtype"][name] for name in ("EQP_F32", "EQP_F64", "EQP_F16", "EQP_BF16"))
I32, U8, I64 = -1, -2, -3
ITEM_SIZE = {F32: 4, F64: 8, F16: 2, BF16: 2, I32: 4, U8: 1, I64: 8}
# -inf, as the bits of an element.
_MASK = {F32: 0xFF800000, F64: 0xFFF0000000000000, F16: 0xFC00, BF16: 0xFF80}
# What a result for every column has where its type was not chosen.
RESULT_CODE = {F32: F32, F64: F64, F16: F32, BF16: F32}
DTYPE_NAME = {F32: "float32", F64: "float64", F16: "float16", BF16: "bfloat16", I32: "int32"}

# What row_stride, group_rows and group_stride say; elements.
Layout = tuple[int, int, int]
PACKED: Layout = (0, 0, 0)


class Rows:
    """A batch: ``shape`` + (``columns``,) elements of type ``code``; ``rows`` is the product of ``shape``.

    Row i starts at element ``(i // group_rows) * group_stride + (i % group_rows) * row_stride`` (``group_rows`` 0: one group;
    ``row_stride`` 0: ``columns``). ``owner`` keeps the memory alive.
    """

    __slots__ = ("address", "code", "rows", "columns", "row_stride", "group_rows", "group_stride", "shape", "owner")

    def __init__(self, address: int, code: int, shape: tuple[int, ...], columns: int, layout: Layout, owner: Any) -> None:
        self.address = address
        self.code = code
        self.columns = columns
        self.row_stride, self.group_rows, self.group_stride = layout
        self.shape = shape
        self.owner = owner
        rows = 1
        for extent in shape:
            rows *= extent
        self.rows = rows

    def start(self, row: int) -> int:
        """The element at which ``row`` starts."""
        stride = self.row_stride or self.columns
        if not self.group_rows:
            return row * stride
        return row // self.group_rows * self.group_stride + row % self.group_rows * stride

    def part(self, first: int, last: int) -> tuple[int, int, int, int, int, int, int]:
        """The members of an ``eqp_matrix`` for rows ``first`` to ``last``, which ``_chunks.split`` chose."""
        address = self.address + self.start(first) * ITEM_SIZE[self.code]
        group = self.group_rows
        if group and first % group == 0:
            return address, self.code, last - first, self.columns, self.row_stride, group, self.group_stride
        return address, self.code, last - first, self.columns, self.row_stride, 0, 0

    def full_shape(self) -> tuple[int, ...]:
        """``shape`` with the columns."""
        return (*self.shape, self.columns)

    def overlaps(self, other: Rows) -> bool:
        """Whether any byte is in both."""
        if not self.rows or not other.rows:
            return False
        (low, high), (other_low, other_high) = self.span(), other.span()
        return low < other_high and other_low < high and _share_a_byte(self, other)

    def span(self) -> tuple[int, int]:
        """The addresses of the first byte and after the last."""
        if not self.rows:
            return self.address, self.address
        extent = self._extent() if self.row_stride or self.group_rows else self.rows * self.columns
        return self.address, self.address + extent * ITEM_SIZE[self.code]

    def packed(self) -> bool:
        """Whether row follows on row without a gap."""
        return not self.group_rows and (self.rows < 2 or self.row_stride in (0, self.columns))

    def masked(self) -> np.ndarray[Any, Any]:
        """[rows, columns]: where an element is -inf, whatever kind of array it lies in; ``rows`` must not be 0."""
        words = np.ascontiguousarray(np.asarray(_Bytes(self))).view(f"=u{ITEM_SIZE[self.code]}")
        return np.asarray(words.reshape(self.rows, self.columns) == _MASK[self.code])

    def apart(self) -> bool:
        """Whether no two rows share an element, as results must not."""
        if self.rows < 2:
            return True
        stride = self.row_stride or self.columns
        if not self.group_rows:
            return stride >= self.columns
        steps = sorted([(stride, self.group_rows), (self.group_stride, self.rows // self.group_rows)])
        steps = [(step, extent) for step, extent in steps if extent > 1]
        reach = self.columns
        for step, extent in steps:
            if step < reach:
                return False
            reach += step * (extent - 1)
        return True

    def _extent(self) -> int:
        """Elements from the first to the end of the last; strides are never negative."""
        stride = self.row_stride or self.columns
        if not self.group_rows:
            return (self.rows - 1) * stride + self.columns
        groups = self.rows // self.group_rows
        return (groups - 1) * self.group_stride + (self.group_rows - 1) * stride + self.columns


def layout_of(shape: tuple[int, ...], strides: tuple[int, ...], columns: int) -> Optional[Layout]:
    """How the library would say a batch of contiguous rows, or None where only a copy serves.

    ``shape`` and ``strides`` (elements) are those of the leading dimensions. Neighbouring dimensions that step evenly are one;
    two of them are rows in groups; more, or rows that run backwards or into each other, cannot be said.
    """
    merged: list[tuple[int, int]] = []
    for extent, stride in zip(shape, strides):
        if extent == 1:
            continue
        if merged and merged[-1][1] == stride * extent:
            merged[-1] = (merged[-1][0] * extent, stride)
        else:
            merged.append((extent, stride))
    if not merged:
        return PACKED
    if len(merged) > 2 or any(stride < 0 for _, stride in merged):
        return None
    extent, stride = merged[-1]
    if len(merged) == 1:
        # A stride of 0 would mean packed rows: a row that is repeated is groups of one, none apart.
        return (0, 1, 0) if stride == 0 else (stride, 0, 0) if stride >= columns else None
    return (stride, extent, merged[0][1]) if stride >= columns else None


def check_shapes(a: Rows, b: Rows, valid_columns: int, names: tuple[str, str]) -> None:
    """``ValueError`` naming both shapes where two inputs do not belong together."""
    shapes = f"{names[0]} has shape {a.full_shape()} and {names[1]} {b.full_shape()}"
    if a.shape != b.shape:
        raise ValueError(f"{shapes}: the leading shapes must agree")
    if not a.columns or not b.columns:
        raise ValueError(f"{shapes}: there must be a column")
    if valid_columns == 0 and a.columns != b.columns:
        raise ValueError(f"{shapes}: {a.columns} columns against {b.columns}; give valid_columns= if the rest is padding")
    if valid_columns > min(a.columns, b.columns):
        raise ValueError(f"{shapes}: valid_columns={valid_columns} is more than they have")


def _share_a_byte(a: Rows, b: Rows) -> bool:
    """Exact where that is cheap; True otherwise."""
    try:
        return bool(np.shares_memory(np.asarray(_Bytes(a)), np.asarray(_Bytes(b)), max_work=100_000))
    except Exception as error:  # TooHardError has no public name that every numpy knows
        if "TooHard" not in type(error).__name__:
            raise
        return True


class _Bytes:
    """The bytes of a batch, for numpy."""

    def __init__(self, rows: Rows) -> None:
        size = ITEM_SIZE[rows.code]
        group = rows.group_rows or rows.rows
        strides = (rows.group_stride * size, (rows.row_stride or rows.columns) * size, 1)
        self.__array_interface__ = {
            "version": 3,
            "typestr": "|u1",
            "data": (rows.address, True),
            "shape": (rows.rows // group, group, rows.columns * size),
            "strides": strides,
        }
