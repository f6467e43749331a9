"""Arrays of any other library that speaks DLPack (jax, cupy, tinygrad, ...), here those in memory of the host.

The capsule is read here and not by ``numpy.from_dlpack``, which refuses bfloat16. It is never consumed: its own destructor gives the
memory back after the call.
"""

from __future__ import annotations

from ctypes import POINTER, Structure, c_char_p, c_int32, c_int64, c_uint8, c_uint16, c_uint64, c_void_p, cast, py_object, pythonapi
from typing import Any, Mapping, Tuple

import numpy as np

from ._arrays import NUMPY
from ._rows import BF16, F16, F32, F64, ITEM_SIZE, PACKED, Rows, layout_of

CUDA_DEVICE = 2
_HOST_DEVICES = (1, 3, 11, 13)  # CPU, and memory of CUDA, ROCm that the host reads
_CODES = {(2, 32): F32, (2, 64): F64, (2, 16): F16, (4, 16): BF16}  # (kDLFloat or kDLBfloat, bits)
_FLOATS = "use a float of 16, 32 or 64 bits"
Description = Tuple[int, int, Tuple[int, ...], Tuple[int, ...], Any]


class Tensor(Structure):
    """DLTensor."""

    _fields_ = [
        ("data", c_void_p),
        ("device_type", c_int32),
        ("device_id", c_int32),
        ("dimensions", c_int32),
        ("type_code", c_uint8),
        ("bits", c_uint8),
        ("lanes", c_uint16),
        ("shape", POINTER(c_int64)),
        ("strides", POINTER(c_int64)),
        ("byte_offset", c_uint64),
    ]


_get_pointer = pythonapi.PyCapsule_GetPointer
_get_pointer.restype = c_void_p
_get_pointer.argtypes = [py_object, c_char_p]


class DlpackArrays:
    """Reads DLPack; results are the caller's type where its namespace can take them over, numpy arrays otherwise."""

    name = "DLPack"
    wraps = True
    travels = True

    def rows(self, array: Any, name: str) -> Rows:
        device = int(array.__dlpack_device__()[0])
        if device not in _HOST_DEVICES:
            raise ValueError(f"{name} is on DLPack device {device}: this function computes on the CPU, so bring it there first")
        address, code, shape, strides, capsule = read(array.__dlpack__(), name)
        return view(address, code, shape, strides, capsule) or _copy(address, code, shape, strides)

    def home(self, array: Any) -> int | None:
        device, index = array.__dlpack_device__()
        return int(index) if int(device) == CUDA_DEVICE else None

    def there(self, index: int) -> Any:
        from ._dlpack_cuda import arrays_of

        return arrays_of(index)

    def result(self, array: Any, name: str) -> Rows:
        return NUMPY.result(array, name)

    def empty(self, shape: tuple[int, ...], code: int) -> tuple[Any, int]:
        return NUMPY.empty(shape, code)

    def cast(self, array: Any, code: int) -> Any:
        return NUMPY.cast(array, code)

    def makes(self, code: int) -> bool:
        return code != BF16

    def finish(self, array: Any, like: Any) -> Any:
        namespace = getattr(like, "__array_namespace__", None)
        take = getattr(namespace(), "from_dlpack", None) if namespace is not None else None
        return array if take is None else take(array)


DLPACK = DlpackArrays()


def read(capsule: Any, name: str, codes: Mapping[tuple[int, int], int] = _CODES, what: str = _FLOATS) -> Description:
    """What a capsule of an array [..., columns] holds: address, type, shape, strides in elements, and the capsule, which keeps it alive."""
    tensor = cast(_get_pointer(capsule, b"dltensor"), POINTER(Tensor)).contents
    code = codes.get((tensor.type_code, tensor.bits)) if tensor.lanes == 1 else None
    if code is None:
        raise TypeError(f"{name} has DLPack type {tensor.type_code} of {tensor.bits} bits: {what}")
    shape = tuple(tensor.shape[: tensor.dimensions])
    if not shape and codes is _CODES:
        raise ValueError(f"{name} has no dimension: the last one is the vocabulary")
    strides = tuple(tensor.strides[: tensor.dimensions]) if tensor.strides else packed_strides(shape)
    return (tensor.data or 0) + tensor.byte_offset, code, shape, strides, capsule


def view(address: int, code: int, shape: tuple[int, ...], strides: tuple[int, ...], owner: Any) -> Rows | None:
    """The rows that such an array holds; None where their layout cannot be said."""
    if address % ITEM_SIZE[code] or (shape[-1] > 1 and strides[-1] != 1):
        return None
    layout = layout_of(shape[:-1], strides[:-1], shape[-1])
    return None if layout is None else Rows(address, code, shape[:-1], shape[-1], layout, owner)


def _copy(address: int, code: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> Rows:
    size = ITEM_SIZE[code]
    copy = np.array(np.asarray(_Words(address, size, shape, strides)), order="C")
    return Rows(int(copy.ctypes.data), code, shape[:-1], shape[-1], PACKED, copy)


class _Words:
    """Elements as bare words, which numpy copies whatever they mean."""

    def __init__(self, address: int, size: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.__array_interface__ = {
            "version": 3,
            "typestr": f"<u{size}",
            "data": (address, True),
            "shape": shape,
            "strides": tuple(stride * size for stride in strides),
        }


def packed_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Elements from one entry to the next in each dimension, without gaps."""
    strides = [1]
    for extent in reversed(shape[1:]):
        strides.insert(0, strides[0] * extent)
    return tuple(strides)
