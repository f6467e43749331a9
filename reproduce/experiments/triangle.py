"""The geodesic on the simplex of three tokens."""

from __future__ import annotations

from typing import Any, Callable

import equipoise as eq
import numpy as np
from claims import DERIVATION, Claim, Picture, Section
from drawing import COLOUR, panel

TICKS = 1
THETA, TARGET = np.array([0.70, 0.22, 0.08]), np.array([0.06, 0.24, 0.70])
CORNERS = np.array([[0.0, 0.0], [0.5, 3**0.5 / 2], [1.0, 0.0]])
GRID = 240


def run(tick: Callable[[], None]) -> Section:
    """The path, the mixture line, and the KL level sets that touch in q*."""
    star = eq.solve(THETA, TARGET, scores="probs", outputs="all", tolerance=1e-12)
    claims = [
        Claim("the e-geodesic is the geometric family", "theorem 7", f"{_bend():.0e}",
              "log q is linear in α up to a constant: the largest second difference of log(q₁/q₂) and log(q₂/q₃) along the path",
              _bend() < 1e-9),
        Claim("KL(q*‖π_θ) and KL(q*‖π_t)", "equal", f"{float(star.kl_theta):.9f} and {float(star.kl_target):.9f}", "as said",
              bool(star.residual < 1e-9)),
        Claim("q* is the nearest to both", "“balance of two projections”", f"{_excess(float(star.kl_theta)):.1e}",
              "sharper: q* minimises the larger of the two KLs; the least that any point of the grid lies above q*'s, nats",
              _excess(float(star.kl_theta)) >= 0),
    ]  # fmt: skip
    picture = _picture(star)
    tick()
    return Section(
        "The geodesic on three tokens",
        f"{DERIVATION}, 5.2 and 5.3",
        f"π_θ = {tuple(THETA)}, π_t = {tuple(TARGET)}. Thin lines are the level sets of KL(·‖π_θ) and KL(·‖π_t); those through "
        f"q* touch there, because q* is the nearest point to both.",
        claims,
        [Picture(picture, "The simplex. The path (e-geodesic) bends away from the mixture line (m-geodesic, dashed); the two "
                          "thick level sets meet in q* alone.")],
    )


def _at(alphas: Any) -> Any:
    rows = np.broadcast_to(THETA, (len(alphas), 3)).copy(), np.broadcast_to(TARGET, (len(alphas), 3)).copy()
    return eq.solve(*rows, scores="probs", criterion="fixed_alpha", alpha=alphas, outputs=("log_q",)).log_q


def _bend() -> float:
    logs = _at(np.linspace(0, 1, 21))
    return float(np.abs(np.diff(np.diff(logs, axis=1), n=2, axis=0)).max())


def _grid() -> Any:
    """Points inside the simplex, [points, 3]."""
    steps = (np.arange(GRID) + 0.5) / GRID
    a, b = np.meshgrid(steps, steps)
    points = np.stack([a, b, 1 - a - b], -1).reshape(-1, 3)
    return points[points.min(-1) > 1e-6]


def _kl(points: Any, other: Any) -> Any:
    return eq.kl(points, np.broadcast_to(other, points.shape).copy(), "probs")


def _excess(least: float) -> float:
    points = _grid()
    return float(np.maximum(_kl(points, THETA), _kl(points, TARGET)).min() - least)


def _picture(star: Any) -> str:
    points = _grid()
    flat = points @ CORNERS
    levels = float(star.kl_theta) * np.array([0.25, 0.5, 1.0, 1.6, 2.4])
    path = np.exp(_at(np.linspace(0, 1, 61))) @ CORNERS

    def draw(axes: Any) -> None:
        for other, colour in ((THETA, "theta"), (TARGET, "target")):
            axes.tricontour(*flat.T, _kl(points, other), levels=levels, colors=COLOUR[colour], linewidths=[0.6, 0.6, 1.6, 0.6, 0.6])
        axes.plot(*np.vstack([CORNERS, CORNERS[:1]]).T, color=COLOUR["ink"], linewidth=1)
        axes.plot(*np.array([THETA @ CORNERS, TARGET @ CORNERS]).T, color=COLOUR["muted"], linewidth=1, linestyle=(0, (4, 2)))
        axes.plot(*path.T, color=COLOUR["q"], linewidth=2.2)
        named = (THETA, "π_θ", "theta", (-8, 6)), (TARGET, "π_t", "target", (8, 6)), (star.q, "q*", "q", (14, 8))
        for place, name, colour, offset in named:
            x, y = place @ CORNERS
            axes.plot([x], [y], "o", color=COLOUR[colour], markeredgecolor=COLOUR["paper"], markersize=7)
            axes.annotate(name, (x, y), textcoords="offset points", xytext=offset, ha="center")
        for corner, name, align in zip(CORNERS, ("token 1", "token 2", "token 3"), ("right", "center", "left")):
            axes.annotate(name, corner, ha=align, va="bottom" if corner[1] else "top", color=COLOUR["muted"], textcoords="offset points",
                          xytext=(0, 4 if corner[1] else -4))  # fmt: skip
        axes.set_aspect("equal")
        axes.axis("off")

    return panel("triangle", (6.2, 5.2), draw)
