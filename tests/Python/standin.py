"""The stand-in for CUDA's driver, from Python: device memory that it owns, arrays in it that speak DLPack, streams, faults.

``load()`` brings it into this process as libcuda.so.1, so that the library finds it where it looks for the driver.
"""

from __future__ import annotations

import ctypes
import pathlib
from ctypes import POINTER, Structure, byref, c_char_p, c_int32, c_int64, c_size_t, c_uint8, c_uint16, c_uint64, c_void_p
from typing import Any

import numpy as np
import pytest

PATH = pathlib.Path(__file__).resolve().parents[2] / "build" / "cmake" / "tests" / "Kernels" / "libcuda.so.1"
CUDA = 2  # kDLCUDA


class Counts(Structure):
    """standin_counts."""

    _fields_ = [
        (name, c_uint64)
        for name in (
            "launches",
            "graph_launches",
            "loaded_bytes",
            "stored_bytes",
            "loads",
            "stores",
            "instructions",
            "barriers",
            "allocations",
            "synchronisations",
            "copies",
        )
    ]


class Live(Structure):
    """standin_live."""

    _fields_ = [(name, c_uint64) for name in ("contexts", "modules", "streams", "events", "graphs", "device_blocks", "host_blocks")]


class Standin:
    """The loaded stand-in with the primary context of its first device current."""

    def __init__(self) -> None:
        self.library = ctypes.CDLL(str(PATH), mode=ctypes.RTLD_GLOBAL)
        self.library.standin_last_stream.restype = c_void_p
        self.library.standin_bytes_moved.restype = c_uint64
        self.call("cuInit", 0)
        context = c_void_p()
        self.call("cuDevicePrimaryCtxRetain", byref(context), 0)
        self.call("cuCtxSetCurrent", context)

    def call(self, name: str, *arguments: Any) -> None:
        """A call of the driver that must succeed."""
        result = getattr(self.library, name)(*arguments)
        assert result == 0, f"{name}: {result}"

    def allocate(self, size: int) -> int:
        address = c_uint64()
        self.call("cuMemAlloc_v2", byref(address), c_size_t(max(size, 1)))
        return address.value

    def free(self, address: int) -> None:
        self.call("cuMemFree_v2", c_uint64(address))

    def stream(self) -> int:
        """A stream that waits for no other."""
        stream = c_void_p()
        self.call("cuStreamCreate", byref(stream), 1)
        return int(stream.value or 0)

    def synchronise(self, stream: int) -> None:
        self.call("cuStreamSynchronize", c_void_p(stream))

    def last_stream(self) -> int:
        """Where the latest kernel was launched; 0 is the default stream."""
        return int(self.library.standin_last_stream() or 0)

    def counts(self) -> Counts:
        counts = Counts()
        self.library.standin_get_counts(byref(counts))
        return counts

    def reset_counts(self) -> None:
        self.library.standin_reset_counts()

    def live(self) -> dict[str, int]:
        live = Live()
        self.library.standin_get_live(byref(live))
        return {name: getattr(live, name) for name, _ in Live._fields_}

    def bytes_moved(self, array: DeviceArray) -> int:
        """What kernels loaded from an array and stored to it."""
        return int(self.library.standin_bytes_moved(c_uint64(array.address)))

    def take_misuses(self) -> tuple[int, str]:
        text = ctypes.create_string_buffer(512)
        return int(self.library.standin_take_misuses(text, c_size_t(512))), text.value.decode()

    def fault(self, name: str) -> None:
        self.library.standin_fault(name.encode())

    def order(self, name: str) -> None:
        self.library.standin_order(name.encode())

    def noop(self, on: bool) -> None:
        self.library.standin_noop(ctypes.c_bool(on))

    def host(self, array: Any) -> np.ndarray[Any, Any]:
        """A copy of a device array of whatever make, after all work that was queued."""
        self.call("cuCtxSynchronize")
        interface = array.__cuda_array_interface__
        values = np.empty(interface["shape"], interface["typestr"])
        self.call("cuMemcpyDtoH_v2", values.ctypes.data_as(c_void_p), c_uint64(interface["data"][0]), c_size_t(values.nbytes))
        return values

    def array(self, values: Any, bits: str = "") -> DeviceArray:
        """A copy of host numbers in device memory; ``bits="bfloat16"`` for uint16 that hold those."""
        return DeviceArray(self, np.asarray(values), bits)


_loaded: Standin | None = None


def load() -> Standin:
    """The stand-in in this process; skips the test where CMake has not built it."""
    global _loaded
    if not PATH.exists():
        pytest.skip(f"{PATH} is not built")
    if _loaded is None:
        _loaded = Standin()
    return _loaded


class _Tensor(Structure):
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


class _Managed(Structure):
    pass


_Deleter = ctypes.CFUNCTYPE(None, POINTER(_Managed))
_Managed._fields_ = [("tensor", _Tensor), ("context", c_void_p), ("deleter", _Deleter)]
_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = [c_void_p, c_char_p, c_void_p]


class DeviceArray:
    """A dense array in the stand-in's memory: what cupy's or torch's would be, as far as DLPack goes."""

    def __init__(self, standin: Standin, values: np.ndarray[Any, Any], bits: str = "") -> None:
        values = np.ascontiguousarray(values)
        self.standin = standin
        self.shape = values.shape
        self.dtype = values.dtype
        self.nbytes = values.nbytes
        self.is_bfloat16 = bits == "bfloat16"
        self.address = standin.allocate(values.nbytes)
        self.streams: list[Any] = []  # what consumers said they would use
        self._managed = self._described()
        standin.call("cuMemcpyHtoD_v2", c_uint64(self.address), values.ctypes.data_as(c_void_p), c_size_t(values.nbytes))

    def __del__(self) -> None:
        self.standin.free(self.address)

    def __dlpack_device__(self) -> tuple[int, int]:
        return CUDA, 0

    def __dlpack__(self, stream: Any = None, **rest: Any) -> Any:
        self.streams.append(stream)
        return _new_capsule(ctypes.addressof(self._managed), b"dltensor", None)

    def _described(self) -> _Managed:
        managed = _Managed()
        code = 4 if self.is_bfloat16 else {"f": 2, "i": 0, "u": 1, "b": 6}[self.dtype.kind]
        tensor = managed.tensor
        tensor.data, tensor.device_type, tensor.device_id, tensor.dimensions = self.address, CUDA, 0, len(self.shape)
        tensor.type_code, tensor.bits, tensor.lanes = code, 8 * self.dtype.itemsize, 1
        self._extents = (c_int64 * len(self.shape))(*self.shape)
        tensor.shape = ctypes.cast(self._extents, POINTER(c_int64))
        return managed

    def write(self, values: Any) -> None:
        """Other numbers in place of these."""
        values = np.ascontiguousarray(values, self.dtype)
        assert values.nbytes == self.nbytes
        self.standin.call("cuMemcpyHtoD_v2", c_uint64(self.address), values.ctypes.data_as(c_void_p), c_size_t(values.nbytes))

    def numpy(self) -> np.ndarray[Any, Any]:
        """A copy on the host, after all work that was queued."""
        self.standin.call("cuCtxSynchronize")
        values = np.empty(self.shape, self.dtype)
        self.standin.call("cuMemcpyDtoH_v2", values.ctypes.data_as(c_void_p), c_uint64(self.address), c_size_t(self.nbytes))
        return values
