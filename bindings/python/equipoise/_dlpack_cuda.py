"""DLPack arrays in the memory of a CUDA device (cupy, jax, ...): read in place; results are memory of the library's that speaks DLPack.

Work goes to torch's current stream where torch is loaded and works on CUDA, to the default stream otherwise.
"""

from __future__ import annotations

import sys
import threading
from ctypes import CFUNCTYPE, POINTER, PYFUNCTYPE, Structure, addressof, byref, c_char_p, c_int, c_int64, c_void_p, cast
from ctypes import py_object, pythonapi
from typing import Any

from ._devices import CUDA, opened
from ._dlpack import CUDA_DEVICE, DlpackArrays, Tensor, packed_strides, read, view
from ._loader import library
from ._rows import BF16, F16, F32, F64, I32, ITEM_SIZE, PACKED, U8, Rows

# Element types by number: DLPack's (code, bits, numpy's letter for __cuda_array_interface__).
_TYPES = {F32: (2, 32, "<f4"), F64: (2, 64, "<f8"), F16: (2, 16, "<f2"), BF16: (4, 16, ""), I32: (0, 32, "<i4")}
_RESULTS = {(code, bits): number for number, (code, bits, _) in _TYPES.items()}
_MASKS = {(1, 8): U8, (6, 8): U8, (0, 8): U8}
_NUMBERS = {(2, 64): F64}
_LEGACY = 1  # DLPack's number for the default stream, which CUDA calls 0 as well


class CudaArrays(DlpackArrays):
    """Arrays of one device."""

    def __init__(self, index: int) -> None:
        self.index = index
        self._scratch: dict[int, DeviceArray] = {}
        self._growing = threading.Lock()

    def rows(self, array: Any, name: str) -> Rows:
        address, code, shape, strides, capsule = read(self._capsule(array, name), name)
        return self._required(view(address, code, shape, strides, capsule), name)

    def result(self, array: Any, name: str) -> Rows:
        if not hasattr(array, "__dlpack__"):
            raise TypeError(f"{name} is {type(array).__name__}: results of device arrays go into device arrays")
        address, code, shape, strides, capsule = read(self._capsule(array, name), name, _RESULTS)
        if not shape:
            return Rows(address, code, (), 1, PACKED, capsule)
        rows = self._required(view(address, code, shape, strides, capsule), name)
        if not rows.apart():
            raise ValueError(f"{name} has rows that share elements")
        return rows

    def empty(self, shape: tuple[int, ...], code: int) -> tuple[Any, int]:
        array = DeviceArray(self.index, shape, code, self.stream())
        return array, array.address

    def makes(self, code: int) -> bool:
        return code in _TYPES

    def stream(self) -> int:
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_initialized():
            return int(torch.cuda.current_stream(self.index).cuda_stream)
        return 0

    def scratch(self, size: int, stream: int) -> tuple[Any, int]:
        """Kept for the stream's next call, which comes after this one."""
        kept = self._scratch.get(stream)
        if kept is None or kept.nbytes < size:
            with self._growing:
                kept = self._scratch[stream] = DeviceArray(self.index, (-(-size // 8),), F64, stream)
        return kept, kept.address

    def mask(self, value: Any, shape: tuple[int, ...]) -> Rows:
        return self._vector("mask", value, shape, _MASKS, "booleans or bytes")

    def numbers(self, name: str, value: Any, shape: tuple[int, ...]) -> Rows:
        return self._vector(name, value, shape, _NUMBERS, "float64")

    def _vector(self, name: str, value: Any, shape: tuple[int, ...], codes: dict[tuple[int, int], int], what: str) -> Rows:
        if not hasattr(value, "__dlpack__") or self.home(value) != self.index:
            raise TypeError(f"{name} is {type(value).__name__}: give {what} on cuda:{self.index}, where theta is")
        address, code, found, strides, capsule = read(self._capsule(value, name), name, codes, f"give {what}")
        if found != shape or strides != packed_strides(shape):
            raise ValueError(f"{name} has shape {found}, the leading shape is {shape}: they must agree, contiguous")
        rows = 1
        for extent in shape:
            rows *= extent
        return Rows(address, code, (), rows, PACKED, capsule)

    def _capsule(self, array: Any, name: str) -> Any:
        if self.home(array) != self.index:
            raise ValueError(f"{name} is not on cuda:{self.index}, where theta is")
        return array.__dlpack__(stream=self.stream() or _LEGACY)

    @staticmethod
    def _required(rows: Rows | None, name: str) -> Rows:
        if rows is None:
            raise ValueError(f"{name} has rows that are not contiguous, or steps that cannot be said: make it contiguous first")
        return rows


class _Managed(Structure):
    """DLManagedTensor."""


_Deleter = CFUNCTYPE(None, POINTER(_Managed))
_Managed._fields_ = [("tensor", Tensor), ("context", c_void_p), ("deleter", _Deleter)]
_new_capsule = pythonapi.PyCapsule_New
_new_capsule.restype = py_object
_new_capsule.argtypes = [c_void_p, c_char_p, c_void_p]

# What consumers of capsules hold: address of the DLManagedTensor: (it, its shape, the array).
_lent: dict[int, Any] = {}


def _take_back(managed: Any) -> None:
    _lent.pop(addressof(managed.contents), None)


# A capsule that is being destroyed has no reference left to be passed as an object.
_is_valid = PYFUNCTYPE(c_int, c_void_p, c_char_p)(("PyCapsule_IsValid", pythonapi))
_pointer_of = PYFUNCTYPE(c_void_p, c_void_p, c_char_p)(("PyCapsule_GetPointer", pythonapi))


def _forget(capsule: Any) -> None:
    """A capsule goes. Under its first name nobody took its tensor over."""
    if _is_valid(capsule, b"dltensor"):
        _lent.pop(_pointer_of(capsule, b"dltensor"), None)


# Kept: C holds no reference to them.
_deleter = _Deleter(_take_back)
_destructor = CFUNCTYPE(None, c_void_p)(_forget)


class DeviceArray:
    """A dense array in the memory of a CUDA device. Take it over by your library's ``from_dlpack``, or by ``__cuda_array_interface__``."""

    def __init__(self, index: int, shape: tuple[int, ...], code: int, stream: int) -> None:
        self.shape = shape
        self.index = index
        self._code = code
        self._stream = stream
        elements = 1
        for extent in shape:
            elements *= extent
        self.nbytes = elements * ITEM_SIZE[code]
        self._handle = opened(CUDA, index)
        memory = c_void_p()
        library.check(library.eqp_device_allocate(self._handle, max(self.nbytes, 1), byref(memory)))
        self.address = memory.value or 0

    def __del__(self) -> None:
        address = self.__dict__.pop("address", 0)
        if address:
            library.eqp_device_free(self._handle, address)

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        letter = _TYPES[self._code][2]
        if not letter:
            raise AttributeError("__cuda_array_interface__ knows no bfloat16: use __dlpack__")
        return {"version": 3, "shape": self.shape, "typestr": letter, "data": (self.address, False), "stream": self._stream or _LEGACY}

    def __dlpack_device__(self) -> tuple[int, int]:
        return CUDA_DEVICE, self.index

    def __dlpack__(self, *, stream: int | None = None, **_: Any) -> Any:
        """Ready for work on ``stream``; -1 = the consumer sees to that."""
        if stream != -1 and (stream or _LEGACY) != (self._stream or _LEGACY):
            library.check(library.eqp_device_synchronize(self._handle, self._stream))
        managed, extents = _Managed(), (c_int64 * len(self.shape))(*self.shape)
        code, bits, _letter = _TYPES[self._code]
        managed.tensor = Tensor(self.address, CUDA_DEVICE, self.index, len(self.shape), code, bits, 1, extents, None, 0)
        managed.deleter = _deleter
        _lent[addressof(managed)] = managed, extents, self
        return _new_capsule(addressof(managed), b"dltensor", cast(_destructor, c_void_p))


_kinds: dict[int, CudaArrays] = {}


def arrays_of(index: int) -> CudaArrays:
    """The kind of arrays on one device."""
    kind = _kinds.get(index)
    if kind is None:
        kind = _kinds[index] = CudaArrays(index)
    return kind
