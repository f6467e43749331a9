"""Draws several-targets.svg, gaussians.svg and dynamics.svg, the pictures of the pages of those names.

    PYTHONPATH=bindings/python python3 docs/images/make_targets.py        after ./build.sh build; needs matplotlib
"""

from __future__ import annotations

import sys
from typing import Any

from make_idea import HERE, stand_alone

sys.path.insert(1, str(HERE.parents[1] / "reproduce"))

import equipoise as eq  # noqa: E402  (the experiments' folder comes first)
import numpy as np  # noqa: E402
import pictures  # noqa: E402
from experiments import dynamics  # noqa: E402
from pictures import COLOUR  # noqa: E402

CORNERS = np.array([[0.0, 0.0], [0.5, 3**0.5 / 2], [1.0, 0.0]])
POLICIES = np.array([[0.80, 0.12, 0.08], [0.10, 0.15, 0.75], [0.16, 0.74, 0.10]])
GRID = 160


def main() -> None:
    """Writes the three files beside this one."""
    with pictures.style():
        made, axes = pictures.figure((8.6, 3.7), columns=2)
        draw_three(axes[0], POLICIES, "three policies that all take part")
        between = np.vstack([POLICIES[:2], [[0.38, 0.24, 0.38]]])
        draw_three(axes[1], between, "the third lies between the others: its β is 0")
        keep("several-targets", made)
        made, axes = pictures.figure((8.6, 2.7), columns=2)
        draw_line(axes[0])
        draw_plane(axes[1])
        keep("gaussians", made)
    traces = {loss: dynamics.train(loss) for loss in dynamics.RATES}
    (HERE / "dynamics.svg").write_text(stand_alone(dynamics.picture(traces)), encoding="utf-8")


def keep(name: str, made: Any) -> None:
    """Writes a figure."""
    made.get_layout_engine().set(w_pad=0.15, h_pad=0.15)
    (HERE / f"{name}.svg").write_text(stand_alone(pictures.as_svg(made, name)), encoding="utf-8")


def draw_three(axes: Any, policies: Any, title: str) -> None:
    """The simplex of three tokens: the policies, q*, and where each KL is as large as at q*."""
    solution = eq.solve_many(list(policies), scores="probs", outputs="all")
    steps = (np.arange(GRID) + 0.5) / GRID
    a, b = np.meshgrid(steps, steps)
    points = np.stack([a, b, 1 - a - b], -1).reshape(-1, 3)
    points = points[points.min(-1) > 1e-6]
    radius = float(solution.kl.max())
    for policy, colour in zip(policies, ("theta", "target", "muted")):
        kl = eq.kl(points, np.broadcast_to(policy, points.shape).copy(), "probs")
        axes.tricontour(*(points @ CORNERS).T, kl, levels=[radius], colors=COLOUR[colour], linewidths=1.2)
        axes.plot(*(policy @ CORNERS), "o", color=COLOUR[colour], markeredgecolor=COLOUR["paper"], markersize=7)
    axes.plot(*np.vstack([CORNERS, CORNERS[:1]]).T, color=COLOUR["ink"], linewidth=1)
    axes.plot(*(solution.q @ CORNERS), "o", color=COLOUR["q"], markeredgecolor=COLOUR["paper"], markersize=9)
    weights = ", ".join(f"{beta:.2f}" for beta in solution.beta)
    axes.set_title(f"{title}\nβ = {weights}", fontsize=9, color=COLOUR["ink"])
    axes.set_aspect("equal")
    axes.axis("off")


def draw_line(axes: Any) -> None:
    """Densities of two Gaussians in one dimension, and of q."""
    q = eq.solve_gaussian([0.0], [1.0], [4.0], [0.25])
    x = np.linspace(-3, 6, 300)
    for mean, variance, colour, name in ((0.0, 1.0, "theta", "π_θ"), (4.0, 0.25, "target", "π_t"), (q.mean[0], q.cov[0], "q", "q*")):
        density = np.exp(-0.5 * (x - mean) ** 2 / variance) / np.sqrt(2 * np.pi * variance)
        axes.plot(x, density, color=COLOUR[colour], label=name)
    axes.legend(frameon=False)
    axes.set_yticks([])
    axes.set_title(f"α* = {float(q.alpha):.3f}, both KLs {float(q.kl_theta):.3f} nats", fontsize=9, color=COLOUR["ink"])


def draw_plane(axes: Any) -> None:
    """Two-sigma ellipses of two Gaussians in the plane, the path of the mean, and q."""
    means = np.array([[0.0, 0.0], [4.0, 1.5]])
    covs = np.array([[[1.0, 0.7], [0.7, 1.0]], [[0.3, -0.1], [-0.1, 0.8]]])
    q = eq.solve_gaussian(means[0], covs[0], means[1], covs[1])
    turn = np.linspace(0, 2 * np.pi, 200)
    for mean, cov, colour in ((means[0], covs[0], "theta"), (means[1], covs[1], "target"), (q.mean, q.cov, "q")):
        axes.plot(*(mean[:, None] + 2 * np.linalg.cholesky(cov) @ np.array([np.cos(turn), np.sin(turn)])), color=COLOUR[colour])
    first, second = (np.linalg.inv(cov) for cov in covs)
    path = [np.linalg.solve(a * first + (1 - a) * second, a * first @ means[0] + (1 - a) * second @ means[1]) for a in np.linspace(0, 1, 60)]
    axes.plot(*np.array(path).T, color=COLOUR["muted"], linewidth=1, linestyle=(0, (4, 2)))
    axes.set_aspect("equal")
    axes.set_title("covariances, and the path of the mean", fontsize=9, color=COLOUR["ink"])


if __name__ == "__main__":
    main()
