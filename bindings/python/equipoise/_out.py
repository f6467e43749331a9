"""Arrays that the caller gives for results: ``out=``."""

from __future__ import annotations

from typing import Any, Mapping

from ._rows import DTYPE_NAME, I32, RESULT_CODE, Rows
from ._solution import Outputs


def label_of(name: str) -> str:
    """What an error calls a field of ``out``."""
    return f"out[{name!r}]"


def fields_of(out: Any, fields: tuple[str, ...], solution: type[Outputs[Any]]) -> Mapping[str, Any]:
    """The arrays of ``out`` by field; empty for None."""
    if out is None:
        return {}
    if isinstance(out, solution):
        out = out.as_dict()
    if not isinstance(out, Mapping):
        raise TypeError(f"out is {type(out).__name__}: give a dict of arrays by field, or a {solution.__name__}")
    for name in out:
        if name not in fields:
            raise ValueError(f"out has {name!r}, which is no field; choose from {', '.join(fields)}")
    return out


def check_matrix(label: str, batch: Rows, array: Any, like: Rows, name: str) -> None:
    """A place for rows of the width of the input ``like``, which errors call ``name``."""
    if batch.shape != like.shape or batch.columns != like.columns or not len(array.shape):
        raise ValueError(f"{label} has shape {tuple(array.shape)}, {name} {like.full_shape()}: they must agree")
    if batch.code == I32:
        raise TypeError(f"{label} has dtype {array.dtype}: use one of {', '.join(DTYPE_NAME[code] for code in RESULT_CODE)}")


def check_values(label: str, batch: Rows, array: Any, shape: tuple[int, ...], code: int, wanted: str) -> None:
    """A place for numbers of a shape, which errors call ``wanted``."""
    if tuple(array.shape) != tuple(shape):
        raise ValueError(f"{label} has shape {tuple(array.shape)}, {wanted} {tuple(shape)}: they must agree")
    if batch.code != code:
        raise TypeError(f"{label} has dtype {array.dtype}: it is {DTYPE_NAME[code]}")
    if not batch.packed():
        raise ValueError(f"{label} is not contiguous")


def check_overlap(given: list[tuple[str, Rows]], inputs: list[tuple[str, Rows]]) -> None:
    """Results need memory that is no input's and no other result's."""
    spans = sorted([batch.span() for _, batch in given + inputs])
    if all(high <= low for (_, high), (low, _) in zip(spans, spans[1:])):
        return
    for place, (name, batch) in enumerate(given):
        for other_name, other in inputs + given[:place]:
            if batch.overlaps(other):
                raise ValueError(f"{name} overlaps {other_name}: results need memory of their own")
