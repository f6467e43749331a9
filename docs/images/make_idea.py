"""Draws idea.svg, the README's picture: one real position under π_θ, π_t and q*, and the path on which q* lies.

    PYTHONPATH=bindings/python python3 docs/images/make_idea.py        after ./build.sh build; needs matplotlib
"""

from __future__ import annotations

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "demo"))

import equipoise as eq  # noqa: E402  (the demo's folder comes first)
import pictures  # noqa: E402
from bundle import load  # noqa: E402

ROW = 17  # "B|ien": asked in English, the target told to reply in French
SIZE = (8.6, 3.3)
LIGHT = {"ink": "#26292e", "muted": "#6d737c", "line": "#dfdcd4", "theta": "#3f74b5", "target": "#c97b3d", "q": "#2f8a6d", "paper": "#fdfcfa"}
DARK = {"ink": "#e4e3df", "muted": "#989ca4", "line": "#33373d", "theta": "#82b1ea", "target": "#e5a56c", "q": "#62c6a2", "paper": "#1c1f23"}
FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif"


def style() -> str:
    """The page's part: colours for light and dark, and the ground that both need wherever the picture stands."""
    light, dark = ("".join(f"--{name}:{value};" for name, value in colours.items()) for colours in (LIGHT, DARK))
    return f"<style>svg{{--font:{FONT};{light}}}@media (prefers-color-scheme: dark){{svg{{{dark}}}}}</style>"


def stand_alone(svg: str) -> str:
    """The element of ``pictures.as_svg`` as a file of its own."""
    opening, rest = svg.split(">", 1)
    box = opening.split('viewBox="')[1].split('"')[0].split()
    ground = f'<rect width="{box[2]}" height="{box[3]}" rx="8" style="fill:var(--paper)"/>'
    size = f'width="{round(float(box[2]) * 4 / 3)}" height="{round(float(box[3]) * 4 / 3)}"'
    whole = f'{opening} {size} xmlns="http://www.w3.org/2000/svg">{style()}{ground}{rest}'
    return "\n".join(line.rstrip() for line in whole.splitlines()) + "\n"


def main() -> None:
    """Writes idea.svg beside this file."""
    bundle = load()
    q = eq.solve(bundle.theta[ROW], bundle.target[ROW], outputs="q").q
    with pictures.style():
        made, (left, right) = pictures.figure(SIZE, columns=2)
        made.get_layout_engine().set(w_pad=0.15, h_pad=0.15, wspace=0.04)
        pictures.draw_tokens(left, bundle, ROW, q)
        left.set_title("the next token under both policies and q*", fontsize=10, loc="left", color=pictures.COLOUR["ink"], pad=22)
        for name, label in (("theta", "policy"), ("q", "q*"), ("target", "target")):
            left.barh([0], [0], color=pictures.COLOUR[name], label=label)
        left.legend(frameon=False, loc="lower right")
        path = pictures.path_of(bundle.theta[ROW], bundle.target[ROW])
        pictures.draw_path(right, path)
        right.set_title("how far q is from both, along the path", fontsize=10, loc="left", color=pictures.COLOUR["ink"], pad=22)
        right.text(0.03, path.kl_theta[0] + 0.1, "KL(q‖policy)", color=pictures.COLOUR["theta"], va="bottom")
        right.text(0.8, path.kl_target[64] + 0.1, "KL(q‖target)", color=pictures.COLOUR["target"], ha="right", va="bottom")
        right.text(0.8, path.minus_log_z[64] + 0.1, "−log Z", color=pictures.COLOUR["q"], ha="left", va="bottom")
        svg = pictures.as_svg(made, "idea")
    (HERE / "idea.svg").write_text(stand_alone(svg), encoding="utf-8")


if __name__ == "__main__":
    main()
