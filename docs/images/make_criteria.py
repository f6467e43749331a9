"""Draws criteria.svg and path.svg, the pictures of the pages of those names, of one real position.

    PYTHONPATH=bindings/python python3 docs/images/make_criteria.py        after ./build.sh build; needs matplotlib
"""

from __future__ import annotations

from typing import Any

from make_idea import HERE, ROW, stand_alone

import equipoise as eq  # noqa: I001  (make_idea finds the demo's folder)
import numpy as np
import pictures
from bundle import load
from pictures import COLOUR

GRID = np.linspace(0, 1, 201)
CRITERIA: dict[str, dict[str, Any]] = {
    "KL budget 0.1": {"criterion": "kl_budget", "budget": 0.1},
    "weights 4 : 1": {"criterion": "weighted_kl", "weights": (4.0, 1.0)},
    "KL symmetry": {},
    "ESS balance": {"criterion": "ess_balance"},
    "ESS floor 0.2": {"criterion": "ess_floor", "floor": 0.2},
}
LABELLED_LEFT = ("KL symmetry", "ESS floor 0.2")


def main() -> None:
    """Writes both files beside this one."""
    bundle = load()
    rows = bundle.theta[ROW], bundle.target[ROW]
    path = eq.path(*rows, GRID, outputs="all")
    with pictures.style():
        made, axes = pictures.figure((8.6, 3.3), columns=2)
        draw_kls(axes[0], path)
        draw_esss(axes[1], path)
        mark(axes, path, rows)
        keep("criteria", made)
        made, axes = pictures.figure((8.6, 3.0), columns=2)
        draw_frontier(axes[0], path)
        draw_shape(axes[1], path)
        keep("path", made)


def keep(name: str, made: Any) -> None:
    """Writes a figure."""
    made.get_layout_engine().set(w_pad=0.15, h_pad=0.15, wspace=0.05)
    (HERE / f"{name}.svg").write_text(stand_alone(pictures.as_svg(made, name)), encoding="utf-8")


def title(axes: Any, text: str) -> None:
    """In the manner of the other pictures."""
    axes.set_title(text, fontsize=9, loc="left", color=COLOUR["ink"])
    axes.set_xlabel("α: target (0) to policy (1)", fontsize=8, color=COLOUR["muted"])


def draw_kls(axes: Any, path: Any) -> None:
    """Both KLs along the path."""
    axes.plot(GRID, path.kl_theta, color=COLOUR["theta"], label="KL(q‖policy)")
    axes.plot(GRID, path.kl_target, color=COLOUR["target"], label="KL(q‖target)")
    axes.legend(frameon=False, fontsize=8)
    title(axes, "the KLs, nats, and where their criteria are met")


def draw_esss(axes: Any, path: Any) -> None:
    """Both ESSs along the path."""
    axes.plot(GRID, path.ess_theta, color=COLOUR["theta"], label="ESS of the policy")
    axes.plot(GRID, path.ess_target, color=COLOUR["target"], label="ESS of the target")
    axes.legend(frameon=False, fontsize=8)
    title(axes, "the ESSs, and where theirs are")


def mark(axes: Any, path: Any, rows: Any) -> None:
    """The α of each criterion, on the curve that it looks at."""
    for name, options in CRITERIA.items():
        found = eq.solve(*rows, outputs=("alpha", "kl_theta", "ess_theta"), **options)
        alpha, is_ess = float(found.alpha), options.get("criterion", "").startswith("ess")
        height = float(found.ess_theta if is_ess else found.kl_theta)
        here = axes[1] if is_ess else axes[0]
        top = float(path.ess_theta.max() if is_ess else path.kl_theta.max())
        here.plot([alpha, alpha], [0, height], color=COLOUR["muted"], linewidth=0.8, linestyle=(0, (3, 2)))
        here.plot([alpha], [height], "o", color=COLOUR["q"], markeredgecolor=COLOUR["paper"], markersize=7)
        is_left = name in LABELLED_LEFT
        place = (alpha - 0.025, height) if is_left else (alpha + 0.03, height + 0.03 * top)
        here.text(*place, f"{name}: α = {alpha:.2f}", fontsize=7, color=COLOUR["ink"], ha="right" if is_left else "left", va="center")



def draw_frontier(axes: Any, path: Any) -> None:
    """What any q can reach: the curve of both KLs."""
    axes.fill_between(path.kl_theta, path.kl_target, path.kl_target.max(), color=COLOUR["line"], alpha=0.6, linewidth=0)
    axes.plot(path.kl_theta, path.kl_target, color=COLOUR["q"])
    for at in range(0, len(GRID), 50):
        axes.plot(path.kl_theta[at], path.kl_target[at], "o", color=COLOUR["q"], markeredgecolor=COLOUR["paper"], markersize=6)
        axes.text(path.kl_theta[at], path.kl_target[at], f"   α = {GRID[at]:.2f}", fontsize=7, color=COLOUR["ink"], rotation=40, va="bottom")
    axes.set_title("the frontier: no q lies below it", fontsize=9, loc="left", color=COLOUR["ink"])
    axes.set_xlabel("KL(q‖policy), nats", fontsize=8, color=COLOUR["muted"])
    axes.set_ylabel("KL(q‖target), nats", fontsize=8, color=COLOUR["muted"])


def draw_shape(axes: Any, path: Any) -> None:
    """log Z, entropy and variance."""
    curves = (-path.log_z, "q", "−log Z"), (path.entropy, "theta", "entropy, nats"), (path.variance, "target", "Var[ℓ], nats²")
    for values, colour, name in curves:
        axes.plot(GRID, values, color=COLOUR[colour], label=name)
    axes.set_yscale("symlog", linthresh=0.1)
    axes.legend(frameon=False, fontsize=8)
    title(axes, "what q is like on the way")


if __name__ == "__main__":
    main()
