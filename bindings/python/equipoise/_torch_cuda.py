"""torch tensors in the memory of a CUDA device: read and made there, on torch's current stream. Loaded once a caller has brought one."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ._plan import row_mask, row_numbers
from ._rows import F64, PACKED, U8, Rows
from ._torch_arrays import DTYPES, TorchArrays

_torch: Any = sys.modules["torch"]


class CudaTensors(TorchArrays):
    """Dense tensors of one device. What is made comes from torch's caching allocator, whose memory is ordered by stream: a call can be
    captured into a graph, and may be forgotten as soon as it is enqueued."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.device = _torch.device("cuda", index)

    def empty(self, shape: tuple[int, ...], code: int) -> tuple[Any, int]:
        tensor = _torch.empty(shape, dtype=DTYPES[code], device=self.device)
        return tensor, tensor.data_ptr()

    def stream(self) -> int:
        return int(_torch.cuda.current_stream(self.index).cuda_stream)

    def scratch(self, size: int, stream: int) -> tuple[Any, int]:
        tensor = _torch.empty(size, dtype=_torch.uint8, device=self.device)
        return tensor, tensor.data_ptr()

    def mask(self, value: Any, shape: tuple[int, ...]) -> Rows:
        if not self._is_mine(value):
            value = _torch.from_numpy(np.array(row_mask(value, shape)))
        elif value.is_floating_point() or value.is_complex():
            raise TypeError(f"mask has dtype {value.dtype}: give booleans, True = solve the row")
        return self._vector("mask", (value != 0).to(_torch.uint8), shape, U8)

    def numbers(self, name: str, value: Any, shape: tuple[int, ...]) -> Rows:
        if not self._is_mine(value):
            value = _torch.from_numpy(np.array(row_numbers(name, value, shape)))
        return self._vector(name, value.detach().to(_torch.float64), shape, F64)

    def _is_mine(self, value: Any) -> bool:
        return isinstance(value, _torch.Tensor) and bool(value.is_cuda)

    def _vector(self, name: str, tensor: Any, shape: tuple[int, ...], code: int) -> Rows:
        if tuple(tensor.shape) != shape:
            try:
                tensor = tensor.broadcast_to(shape)
            except RuntimeError:
                raise ValueError(f"{name} has shape {tuple(tensor.shape)}, which does not spread over the leading shape {shape}") from None
        tensor = tensor.to(self.device).contiguous()
        return Rows(tensor.data_ptr(), code, (), int(tensor.numel()), PACKED, tensor)

    def _check_home(self, array: Any, name: str) -> None:
        if not array.is_cuda or array.device.index != self.index:
            raise ValueError(f"{name} is on {array.device}, theta on cuda:{self.index}: bring them to one")


_kinds: dict[int, CudaTensors] = {}


def tensors_of(index: int) -> CudaTensors:
    """The kind of tensors on one device."""
    kind = _kinds.get(index)
    if kind is None:
        kind = _kinds[index] = CudaTensors(index)
    return kind
