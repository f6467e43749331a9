"""The kinds of arrays that callers hand over, and the way from each to ``Rows`` and back.

A kind is an object with four methods; numpy's is here, torch's and DLPack's have a module each, loaded when such an array comes.
"""

from __future__ import annotations

import sys
from ctypes import addressof, c_char
from typing import Any, Protocol

import numpy as np

from ._rows import BF16, DTYPE_NAME, F16, F32, F64, I32, I64, PACKED, Rows, layout_of


class Kind(Protocol):
    """One kind of array."""

    name: str
    wraps: bool
    """Whether ``finish`` does anything."""

    def rows(self, array: Any, name: str) -> Rows:
        """``array`` [..., columns] as an input: a view where the layout allows, a copy otherwise."""

    def result(self, array: Any, name: str) -> Rows:
        """``array`` [..., columns] as a place for results: never a copy; ``ValueError`` where it cannot be written in place."""

    def empty(self, shape: tuple[int, ...], code: int) -> tuple[Any, int]:
        """A fresh array with its address."""

    def cast(self, array: Any, code: int) -> Any:
        """``array`` with elements of another type."""

    def finish(self, array: Any, like: Any) -> Any:
        """What the caller gets for an array that ``empty`` made."""

    def makes(self, code: int) -> bool:
        """Whether ``empty`` knows the type."""

    travels: bool
    """Whether such arrays may lie in a device's memory."""

    def home(self, array: Any) -> int | None:
        """The CUDA device whose memory holds ``array``; None on the host, and elsewhere. Asked of kinds that travel."""

    def there(self, index: int) -> Any:
        """The kind of arrays in that device's memory, a ``DeviceKind``. Asked of kinds that travel."""


_CODES: dict[np.dtype[Any], int] = {
    np.dtype(np.float32): F32,
    np.dtype(np.float64): F64,
    np.dtype(np.float16): F16,
    np.dtype(np.int32): I32,
}
_DTYPES: dict[int, np.dtype[Any]] = {
    F32: np.dtype(np.float32),
    F64: np.dtype(np.float64),
    F16: np.dtype(np.float16),
    I32: np.dtype(np.int32),
    I64: np.dtype(np.int64),
}


class NumpyArrays:
    """numpy arrays, and whatever ``numpy.asarray`` reads as float64: lists, numbers, objects with ``__array__``."""

    name = "numpy"
    wraps = False
    travels = False

    def rows(self, array: Any, name: str) -> Rows:
        if not isinstance(array, np.ndarray):
            array = _from_anything(array, name)
        code = _CODES.get(array.dtype)
        if code is None or code == I32:
            array, code = _floating(array, name)
        flags = array.flags
        shape = array.shape
        if not shape:
            raise ValueError(f"{name} has no dimension: the last one is the vocabulary")
        if flags.c_contiguous and flags.aligned:
            return Rows(address_of(array), code, shape[:-1], shape[-1], PACKED, array)
        return self._strided(array, code) or self.rows(np.array(array, order="C"), name)

    def result(self, array: Any, name: str) -> Rows:
        if not isinstance(array, np.ndarray):
            raise TypeError(f"{name} is {type(array).__name__}: results of numpy inputs go into numpy arrays")
        code = _CODES.get(array.dtype)
        if code is None:
            code = _extension_code(array, name)
        flags, shape = array.flags, array.shape
        if not flags.writeable:
            raise ValueError(f"{name} is read-only")
        if flags.c_contiguous and flags.aligned:
            return Rows(address_of(array), code, shape[:-1], shape[-1] if shape else 1, PACKED, array)
        rows = self._strided(array, code)
        if rows is None or not rows.apart():
            raise ValueError(f"{name} has strides {array.strides} of shape {array.shape}: its rows must be contiguous, aligned and apart")
        return rows

    def empty(self, shape: tuple[int, ...], code: int) -> tuple[Any, int]:
        array = np.empty(shape, _DTYPES[code])
        return array, address_of(array)

    def cast(self, array: Any, code: int) -> Any:
        return array.astype(_DTYPES[code])

    def finish(self, array: Any, like: Any) -> Any:
        return array

    def makes(self, code: int) -> bool:
        return code in _DTYPES

    def home(self, array: Any) -> int | None:
        return None

    def there(self, index: int) -> Any:
        raise ValueError("numpy arrays lie on the host")

    @staticmethod
    def _strided(array: Any, code: int) -> Rows | None:
        """A view of ``array``, or None where its layout cannot be said."""
        shape, size = array.shape, array.itemsize
        if not array.flags.aligned or any(stride % size for stride in array.strides):
            return None
        strides = tuple(stride // size for stride in array.strides)
        if shape[-1] > 1 and strides[-1] != 1:
            return None
        layout = layout_of(shape[:-1], strides[:-1], shape[-1])
        return None if layout is None else Rows(address_of(array), code, shape[:-1], shape[-1], layout, array)


NUMPY = NumpyArrays()
_kinds: dict[type, Kind] = {np.ndarray: NUMPY}

# What numpy and torch raise for what is no array of numbers.
_UNREADABLE = (TypeError, ValueError, OverflowError, RuntimeError)


def kind_of(array: Any, name: str) -> Kind:
    """The kind of ``array``. torch is looked for among the loaded modules, never imported."""
    kind = _kinds.get(type(array))
    if kind is not None:
        return kind
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(array, getattr(torch, "Tensor", ())):
        from ._torch_arrays import TORCH

        _kinds[torch.Tensor] = TORCH
        return TORCH
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array: mask tokens with -inf, rows with mask=")
    if hasattr(array, "__dlpack__") and not isinstance(array, np.ndarray):
        from ._dlpack import DLPACK

        return DLPACK
    return NUMPY


def same_kind(first: Any, first_name: str, second: Any, second_name: str) -> Kind:
    """The kind that both arrays are of, or a ``TypeError`` that names both."""
    kind = kind_of(first, first_name)
    other = kind_of(second, second_name)
    if other is not kind:
        kinds = f"{first_name} is {_type_name(first)} ({kind.name}) and {second_name} {_type_name(second)} ({other.name})"
        raise TypeError(f"{kinds}: give arrays of one kind")
    return kind


def address_of(array: Any) -> int:
    """Where a numpy array begins."""
    try:
        # A third of the time that array.ctypes.data takes; refuses what is read-only, empty or strided.
        return addressof(c_char.from_buffer(array))
    except (TypeError, ValueError, BufferError):
        return int(array.ctypes.data)


def as_numpy(value: Any, name: str) -> np.ndarray[Any, Any]:
    """A small side input (mask, temperatures) of any kind as numpy; torch tensors are shared, not copied."""
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "detach") and not getattr(value, "is_cpu", True):
        raise ValueError(f"{name} is on {value.device}: give {name}.cpu()")
    try:
        if hasattr(value, "detach"):
            value = value.detach()
            value = value.double() if value.is_floating_point() else value
        return np.asarray(value)
    except _UNREADABLE as error:
        raise TypeError(f"{name} is {type(value).__name__}, which numpy cannot read: {error}") from None


def code_of(dtype: Any) -> int | None:
    """The number of a numpy dtype, None where the library has none."""
    return _CODES.get(dtype)


def _type_name(array: Any) -> str:
    return f"{type(array).__module__.partition('.')[0]}.{type(array).__name__}"


def _from_anything(value: Any, name: str) -> np.ndarray[Any, Any]:
    try:
        if value is None:  # which numpy reads as NaN
            raise TypeError("there is nothing")
        return np.asarray(value, dtype=None if hasattr(value, "__array__") else np.float64)
    except _UNREADABLE as error:
        raise TypeError(f"{name} is {type(value).__name__}, which numpy cannot read as numbers: {error}") from None


def _extension_code(array: Any, name: str) -> int:
    """The number of a dtype that numpy does not bring: ml_dtypes.bfloat16, known by its name."""
    if array.dtype.name != "bfloat16":
        raise TypeError(f"{name} has dtype {array.dtype}: use one of {', '.join(DTYPE_NAME[code] for code in (F32, F64, F16, BF16))}")
    _CODES[array.dtype] = BF16
    _DTYPES[BF16] = array.dtype
    return BF16


def _floating(array: Any, name: str) -> tuple[Any, int]:
    """``array`` in this machine's byte order and its number; a ``TypeError`` for what is not a supported float."""
    native = array.dtype.newbyteorder("=")
    code = _CODES.get(native)
    if code is not None and code != I32:
        return array.astype(native), code
    return array, _extension_code(array, name)
