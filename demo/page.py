"""The page: one file, no address outside it, well-formed as XML too."""

from __future__ import annotations

import pathlib
import re
from html import escape
from typing import Any

import numpy as np
import pictures
import summary
from bundle import Bundle, visible
from tables import Table

HERE = pathlib.Path(__file__).parent
SAID = 90  # characters of a continuation that a card shows

KEY = (("theta", "the policy π_θ, and KL(q‖π_θ)"), ("target", "the target π_t, and KL(q‖π_t)"), ("q", "q*, and −log Z (dashed)"))


def render(bundle: Bundle, solution: Any, equilibrium: Table, races: list[Table], about: list[str]) -> str:
    """The whole document."""
    parts = [
        _head(),
        _figures(solution, races[0]),
        "<h2>Where the balance lies</h2>",
        "<p>α* says how much of the policy q* takes: ½ would be even. It differs from token to token, so no fixed mixture does.</p>",
        f'<div class="card narrow">{pictures.alpha_picture(solution.alpha, "alphas")}</div>',
        _positions(bundle, solution),
        _table(equilibrium),
        *(_table(race) for race in races),
        _foot(about),
    ]
    style = (HERE / "style.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n<title>Equipoise on real logits</title>\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n" + "\n".join(parts) + "\n</main>\n</body>\n</html>\n"
    )


def _head() -> str:
    q, theta, target = _inked("q", "q*"), _inked("theta", "π_θ"), _inked("target", "π_t")
    return (
        '<h1>Equipoise</h1>\n<p class="lead">For every next token, the distribution to sample from that is equally far from the policy '
        "being trained and from its target.</p>\n"
        f'<p class="formula">{q} ∝ {theta}<sup>α*</sup> {target}<sup>1−α*</sup> &#160; with &#160; KL({q}‖{theta}) = KL({q}‖{target})</p>'
    )


def _inked(colour: str, text: str) -> str:
    return f'<span class="{colour}">{_marked(text)}</span>'


def _figures(solution: Any, race: Table) -> str:
    told = [
        (f"{len(solution.alpha)}\u202f×\u202f{solution.q.shape[-1]}", "real logits, in one call"),
        (f"{race.rows[race.strong or 0][1]} ms", "for α* and q* of all of them, one thread"),
        (f"{np.median(solution.alpha):.3f}", "the median α*"),
        (f"{solution.residual.max():.0e}", "worst |KL_θ − KL_t|, nats"),
    ]
    if len(race.rows) > 1:
        told.append((f"{race.rows[-1][3]} ×", "the time of the reference in PyTorch"))
    tiles = [f"<div><dt>{_marked(what)}</dt><dd>{_marked(value)}</dd></div>" for value, what in told]
    return '<dl class="figures">' + "".join(tiles) + "</dl>"


def _positions(bundle: Bundle, solution: Any) -> str:
    cards = "\n".join(_card(bundle, solution, row, why) for row, why in summary.interesting(solution))
    return (
        "<h2>Four positions</h2>\n<p>Along each path from the target (α = 0) to the policy (α = 1), one KL rises and the other falls. "
        "They meet at α*, where −log Z is highest. The bars are the probabilities of the most likely tokens.</p>\n"
        f'{_key()}\n<div class="cards">\n{cards}\n</div>'
    )


def _card(bundle: Bundle, solution: Any, row: int, why: str) -> str:
    conversation, position = bundle.place(row)
    before = position.before if len(position.before) <= SAID else "…" + position.before[-SAID:]
    path = pictures.path_of(bundle.theta[row], bundle.target[row])
    told = f"the target was told: “{conversation.context}”" if conversation.context else "the target was told nothing more"
    return (
        f'<section class="card"><h3>{escape(conversation.name)}: {escape(why)}</h3>\n'
        f'<p class="said">{escape(before)}<mark>{escape(bundle.text(position.sampled))}</mark></p>\n'
        f'<p class="small">“{escape(conversation.question)}”; {escape(told)}</p>\n'
        f"{pictures.path_picture(path, f'path-{row}')}\n{pictures.token_picture(bundle, row, solution.q[row], f'tokens-{row}')}</section>"
    )


def _key() -> str:
    return '<ul class="key">' + "".join(f'<li class="{name}"><span>{_marked(text)}</span></li>' for name, text in KEY) + "</ul>"


def _marked(text: str) -> str:
    """Escaped text of our own, with its indices set low."""
    return re.sub(r"(?<=[πLS])_([θt])", r"<sub>\1</sub>", escape(text))


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_marked(cell)}</th>' for cell in table.head)
    rows = "\n".join(_row(cells, place == table.strong) for place, cells in enumerate(table.rows))
    notes = "".join(f'<p class="small">{_marked(note)}</p>' for note in table.notes)
    return (
        f'<h2>{_marked(table.title)}</h2>\n<div class="card"><div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table></div></div>\n{notes}"
    )


def _row(cells: list[str], strong: bool) -> str:
    return ('<tr class="strong">' if strong else "<tr>") + "".join(f"<td>{_marked(cell)}</td>" for cell in cells) + "</tr>"


def _foot(about: list[str]) -> str:
    space, line_end = (escape(visible(c)) for c in " \n")
    told = [
        *(escape(line) for line in about),
        "Logits of SmolLM2-135M-Instruct (Hugging Face, Apache License 2.0): the target reads a system message that the policy does not.",
        f"Spaces in tokens are shown as {space}, line ends as {line_end}.",
    ]
    return "<footer>" + "".join(f'<p class="small">{line}</p>' for line in told) + "</footer>"
