"""Pictures as inline SVG whose colours and font are the page's, so that one drawing serves light and dark."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any

import equipoise as eq
import matplotlib
import numpy as np
from bundle import Bundle

matplotlib.use("Agg")

from matplotlib.axes import Axes  # noqa: E402  (after the choice of backend)
from matplotlib.figure import Figure  # noqa: E402

# Drawn with colours that nothing else uses; each becomes a variable of the page's style.
COLOUR = {name: f"#0a00{place:02x}" for place, name in enumerate(("ink", "muted", "line", "theta", "target", "q", "paper"), start=1)}
FONT = "'DejaVu Sans', sans-serif"
POINTS = 81  # of a path
TOKENS = 6  # in a bar chart
BAR = 0.26

_STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "text.color": COLOUR["ink"],
    "axes.edgecolor": COLOUR["line"],
    "axes.labelcolor": COLOUR["muted"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": COLOUR["line"],
    "grid.linewidth": 0.5,
    "xtick.color": COLOUR["line"],
    "ytick.color": COLOUR["line"],
    "xtick.labelcolor": COLOUR["muted"],
    "ytick.labelcolor": COLOUR["muted"],
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
}


@dataclass(frozen=True)
class Path:
    """KL(q_alpha‖π_θ), KL(q_alpha‖π_t) and -log Z over alpha, all [POINTS], and where they meet."""

    alphas: Any
    kl_theta: Any
    kl_target: Any
    minus_log_z: Any
    alpha: float
    kl: float


def path_of(theta: Any, target: Any) -> Path:
    """The path of one row of logits, by the library itself."""
    alphas = np.linspace(0, 1, POINTS)
    fields = ("kl_theta", "kl_target", "log_z")
    steps = [eq.solve(theta, target, criterion="fixed_alpha", alpha=float(alpha), outputs=fields) for alpha in alphas]
    kl_theta, kl_target, log_z = (np.array([float(getattr(step, field)) for step in steps]) for field in fields)
    balance = eq.solve(theta, target, outputs=("alpha", "kl_theta"))
    return Path(alphas, kl_theta, kl_target, -log_z, float(balance.alpha), float(balance.kl_theta))


def draw_path(axes: Axes, path: Path) -> None:
    """The two KLs cross where -log Z is highest."""
    axes.plot(path.alphas, path.kl_theta, color=COLOUR["theta"])
    axes.plot(path.alphas, path.kl_target, color=COLOUR["target"])
    axes.plot(path.alphas, path.minus_log_z, color=COLOUR["q"], linestyle=(0, (4, 2)))
    axes.axvline(path.alpha, color=COLOUR["muted"], linewidth=0.8, linestyle=(0, (1, 2)))
    axes.plot([path.alpha], [path.kl], "o", color=COLOUR["q"], markersize=6, markeredgecolor=COLOUR["paper"], markeredgewidth=1.2)
    axes.annotate(f"α* = {path.alpha:.3f}", (path.alpha, 1), xycoords=("data", "axes fraction"), ha="center", va="bottom", xytext=(0, 3),
                  textcoords="offset points")  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.04 * max(path.kl_theta.max(), path.kl_target.max()))
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["target", "¼", "½", "¾", "policy"])
    axes.set_xlabel("α")
    axes.set_ylabel("nats")


def softmax(logits: Any) -> Any:
    """Probabilities of one row, float64."""
    below = np.exp(logits.astype(np.float64) - logits.max())
    return below / below.sum()


def top_tokens(distributions: list[Any]) -> list[int]:
    """The tokens that matter in any of the distributions, those of the last one's favour first."""
    best = np.max(distributions, axis=0)
    tokens = np.argsort(-best, kind="stable")[:TOKENS]
    return [int(token) for token in tokens[np.argsort(-distributions[-1][tokens], kind="stable")]]


def draw_tokens(axes: Axes, bundle: Bundle, row: int, q: Any) -> None:
    """Probabilities of the top tokens under π_θ, π_t and q*."""
    distributions = [softmax(bundle.theta[row]), softmax(bundle.target[row]), q.astype(np.float64)]
    tokens = top_tokens(distributions)
    places = np.arange(len(tokens))
    for offset, name, probabilities in zip((-BAR, BAR, 0.0), ("theta", "target", "q"), distributions):
        axes.barh(places + offset, probabilities[tokens], height=BAR * 0.88, color=COLOUR[name], linewidth=0)
    axes.set_yticks(places, [_plain(bundle.text(token)) for token in tokens])
    axes.tick_params(axis="y", labelcolor=COLOUR["ink"], length=0)
    axes.invert_yaxis()
    axes.grid(False, axis="y")
    axes.set_xlabel("probability")


def draw_alphas(axes: Axes, alpha: Any) -> None:
    """How often which alpha* comes."""
    axes.hist(alpha, bins=np.arange(0.3, 0.7001, 0.025), color=COLOUR["q"], edgecolor=COLOUR["paper"], linewidth=1)
    axes.axvline(0.5, color=COLOUR["muted"], linewidth=0.8, linestyle=(0, (1, 2)))
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.grid(False, axis="x")
    axes.set_xlabel("target   ←   α*   →   policy")
    axes.set_ylabel("rows")


def path_picture(path: Path, name: str) -> str:
    """One path as SVG."""
    return _single(name, (3.9, 2.5), lambda axes: draw_path(axes, path))


def token_picture(bundle: Bundle, row: int, q: Any, name: str) -> str:
    """One row's top tokens as SVG."""
    return _single(name, (3.9, 2.7), lambda axes: draw_tokens(axes, bundle, row, q))


def alpha_picture(alpha: Any, name: str) -> str:
    """The histogram as SVG."""
    return _single(name, (4.4, 2.1), lambda axes: draw_alphas(axes, alpha))


def figure(size: tuple[float, float], columns: int = 1) -> tuple[Figure, Any]:
    """An empty figure and its axes [columns], to be drawn on inside ``style()``."""
    made = Figure(figsize=size, layout="constrained")
    return made, made.subplots(1, columns, squeeze=False)[0]


def style() -> Any:
    """The look, as a context."""
    return matplotlib.rc_context(_STYLE)


def as_svg(made: Figure, name: str) -> str:
    """The figure as an <svg> element to stand in a page: no prologue, ids of its own, the page's colours and font."""
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        made.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r' xmlns(:\w+)?="[^"]*"', "", text).replace("xlink:href", "href")
    text = re.sub(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', rf'<svg viewBox="\1" role="img" aria-label="{name}">', text, count=1)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(url\(|href=")#', rf"\1#{name}-", text)
    for colour, value in COLOUR.items():
        text = text.replace(value, f"var(--{colour})")
    return text.replace(FONT, "var(--font)")


def _single(name: str, size: tuple[float, float], draw: Any) -> str:
    with style():
        made, axes = figure(size)
        draw(axes[0])
        return as_svg(made, name)


def _plain(text: str) -> str:
    """Text in which a dollar is a dollar and begins no formula."""
    return text.replace("$", r"\$")
