"""The demo's look for this page's pictures: one drawing for light and dark."""

from __future__ import annotations

import pathlib
import sys
from typing import Any, Callable

import numpy as np

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "demo"))

from pictures import COLOUR, as_svg, figure, style  # noqa: E402  (after the demo's folder)

__all__ = ["COLOUR", "panel", "panels", "softmax"]


def panel(name: str, size: tuple[float, float], draw: Callable[[Any], None]) -> str:
    """One axes, drawn on by ``draw``, as SVG."""
    return panels(name, size, 1, lambda axes: draw(axes[0]))


def panels(name: str, size: tuple[float, float], columns: int, draw: Callable[[Any], None]) -> str:
    """Several axes side by side as SVG."""
    with style():
        made, axes = figure(size, columns)
        draw(axes)
        return as_svg(made, name)


def softmax(logits: Any) -> Any:
    """Probabilities [..., columns], float64."""
    below = np.exp(logits - logits.max(-1, keepdims=True))
    return below / below.sum(-1, keepdims=True)
