"""``.npy`` files of scores, read and written through memory maps: they may be larger than memory."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Any

import numpy as np


class FileError(Exception):
    """A file that cannot be used; the text is for the user."""


class Scores:
    """A file [..., columns] as a [rows, columns] map."""

    def __init__(self, path: str) -> None:
        array = _load(path)
        if array.ndim == 0:
            raise FileError(f"{path}: a single number, no [..., vocabulary]")
        if array.dtype == np.dtype("V2"):
            self.bfloat16 = True
        elif array.dtype.kind == "f" and array.dtype.itemsize <= 8:
            self.bfloat16 = False
        else:
            raise FileError(f"{path}: elements of type {array.dtype}; use float16, float32, float64 or bfloat16 (as raw 2-byte elements)")
        if not array.flags.c_contiguous:
            raise FileError(f"{path}: stored in Fortran order, so no row is contiguous; save numpy.ascontiguousarray of it")
        self.path = path
        self.shape = array.shape
        self.array = array.reshape(-1, array.shape[-1]) if array.size else array.reshape(int(np.prod(array.shape[:-1])), array.shape[-1])

    def read(self, first: int, last: int) -> np.ndarray[Any, Any]:
        """Rows ``first`` to ``last``; bfloat16 widened to float32, which is exact."""
        part = self.array[first:last]
        if not self.bfloat16:
            return part
        return (part.view(np.uint16).astype(np.uint32) << 16).view(np.float32)


class Output:
    """A file that appears under its name only when it is complete. A context: leaving it by an exception removes what was written."""

    def __init__(self, path: str, shape: tuple[int, ...], dtype: str) -> None:
        self.path = path
        self._partial = f"{path}.partial"
        try:
            whole = np.empty(shape, dtype) if 0 in shape else _create(self._partial, np.dtype(dtype), shape)
        except OSError as error:
            raise FileError(f"{path}: {error.strerror or error}") from None
        self._whole = whole
        self.rows = whole.reshape(-1, shape[-1]) if whole.size else None

    def __enter__(self) -> Output:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self._discard()
            return
        if isinstance(self._whole, np.memmap):
            self._whole.flush()
            os.replace(self._partial, self.path)
        else:
            save(self.path, self._whole)

    def _discard(self) -> None:
        if os.path.exists(self._partial):
            os.unlink(self._partial)


def save(path: str, array: np.ndarray[Any, Any]) -> None:
    """``numpy.save`` under exactly this name, complete or not at all."""
    partial = f"{path}.partial"
    try:
        with open(partial, "wb") as file:
            np.save(file, array)
        os.replace(partial, path)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from None


def refuse_overwriting(output: str | None, inputs: list[str]) -> None:
    """``FileError`` where an output is one of the inputs."""
    for path in inputs:
        if output is not None and os.path.exists(output) and os.path.samefile(output, path):
            raise FileError(f"{output}: is also an input")


def _create(path: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    open_memmap: Any = np.lib.format.open_memmap
    mapped: np.ndarray[Any, Any] = open_memmap(path, "w+", dtype, shape)
    return mapped


def _load(path: str) -> np.ndarray[Any, Any]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:
        array = _load_empty(path, error)
    if not isinstance(array, np.ndarray):
        raise FileError(f"{path}: an archive of arrays; give one .npy file")
    return array


def _load_empty(path: str, why: ValueError) -> Any:
    """What has no elements cannot be mapped, but may be read."""
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        raise FileError(f"{path}: not a .npy file of numbers ({why})") from None
    if array.size:
        raise FileError(f"{path}: cannot be mapped ({why})")
    return array
