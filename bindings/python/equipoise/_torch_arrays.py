"""torch tensors, here those on the CPU. Loaded only once a caller has brought one, so torch is there already."""

from __future__ import annotations

import sys
from typing import Any

from ._rows import BF16, DTYPE_NAME, F16, F32, F64, I32, I64, ITEM_SIZE, PACKED, Rows, layout_of

_torch: Any = sys.modules["torch"]
_CODES = {_torch.float32: F32, _torch.float64: F64, _torch.float16: F16, _torch.bfloat16: BF16, _torch.int32: I32}
DTYPES = {code: dtype for dtype, code in _CODES.items()} | {I64: _torch.int64}


class TorchArrays:
    """Dense CPU tensors. Gradients are neither kept nor made: inputs that require grad are read as they are."""

    name = "torch"
    wraps = False
    travels = True

    def rows(self, array: Any, name: str) -> Rows:
        code = self._code(array, name)
        if code == I32:
            raise TypeError(_wrong_dtype(array, name))
        shape = tuple(array.shape)
        if not shape:
            raise ValueError(f"{name} has no dimension: the last one is the vocabulary")
        address = array.data_ptr()
        if address % ITEM_SIZE[code] == 0:
            if array.is_contiguous() and not array.is_neg():
                return Rows(address, code, shape[:-1], shape[-1], PACKED, array)
            rows = self._strided(array, code)
            if rows is not None:
                return rows
        copy = array.detach().resolve_neg().clone(memory_format=_torch.contiguous_format)
        return Rows(copy.data_ptr(), code, shape[:-1], shape[-1], PACKED, copy)

    def result(self, array: Any, name: str) -> Rows:
        if not isinstance(array, _torch.Tensor):
            raise TypeError(f"{name} is {type(array).__name__}: results of torch inputs go into torch tensors")
        code = self._code(array, name)
        if array.requires_grad:
            raise ValueError(f"{name} requires grad: results carry no graph, so give {name}.detach()")
        if array.is_contiguous() and not array.is_neg() and array.data_ptr() % ITEM_SIZE[code] == 0:
            shape = tuple(array.shape)
            return Rows(array.data_ptr(), code, shape[:-1], shape[-1] if shape else 1, PACKED, array)
        rows = self._strided(array, code)
        if rows is None or not rows.apart():
            raise ValueError(
                f"{name} has strides {array.stride()} of shape {tuple(array.shape)}: its rows must be contiguous, aligned and apart"
            )
        return rows

    def empty(self, shape: tuple[int, ...], code: int) -> tuple[Any, int]:
        tensor = _torch.empty(shape, dtype=DTYPES[code], device="cpu")
        return tensor, tensor.data_ptr()

    def cast(self, array: Any, code: int) -> Any:
        return array.to(DTYPES[code])

    def finish(self, array: Any, like: Any) -> Any:
        return array

    def makes(self, code: int) -> bool:
        return code in DTYPES

    def home(self, array: Any) -> int | None:
        return None if array.is_cpu or not array.is_cuda else int(array.device.index)

    def there(self, index: int) -> Any:
        from ._torch_cuda import tensors_of

        return tensors_of(index)

    def _check_home(self, array: Any, name: str) -> None:
        if not array.is_cpu:
            raise ValueError(f"{name} is on {array.device}: this function computes on the CPU, so give {name}.cpu()")

    def _code(self, array: Any, name: str) -> int:
        self._check_home(array, name)
        code = _CODES.get(array.dtype)
        if code is None:
            raise TypeError(_wrong_dtype(array, name))
        if array.layout is not _torch.strided:
            raise TypeError(f"{name} has layout {array.layout}: only dense tensors can be read")
        if array.numel() and not array.data_ptr():
            raise TypeError(f"{name} is a {type(array).__name__} without memory of its own")
        return code

    @staticmethod
    def _strided(array: Any, code: int) -> Rows | None:
        """A view of ``array``, or None where its layout cannot be said."""
        shape, strides, address = tuple(array.shape), array.stride(), array.data_ptr()
        if address % ITEM_SIZE[code] or array.is_neg() or (shape[-1] > 1 and strides[-1] != 1):
            return None
        layout = layout_of(shape[:-1], strides[:-1], shape[-1])
        return None if layout is None else Rows(address, code, shape[:-1], shape[-1], layout, array)


TORCH = TorchArrays()


def _wrong_dtype(array: Any, name: str) -> str:
    return f"{name} has dtype {array.dtype}: use one of {', '.join('torch.' + DTYPE_NAME[code] for code in (F32, F64, F16, BF16))}"
