"""The page of the experiments: one file, no address outside it, well-formed as XML too."""

from __future__ import annotations

import pathlib
import re
from html import escape

from claims import Claim, Picture, Section

STYLE = pathlib.Path(__file__).resolve().parents[1] / "demo" / "style.css"
MORE = """
.claims { white-space: normal; }
.claims th, .claims td { text-align: left; vertical-align: top; }
.claims th:first-child, .claims td:first-child { min-width: 0; width: 1.2rem; padding-right: 0; }
.claims td:nth-child(2) { min-width: 11rem; }
.claims td:nth-child(3), .claims td:nth-child(4) { min-width: 8rem; }
.claims td:nth-child(5) { min-width: 17rem; color: var(--muted); }
.claims .mark { font-weight: 600; }
.stands .mark { color: var(--q); }
.falls .mark { color: var(--target); }
nav ul { columns: 2; padding: 0; list-style: none; max-width: 44rem; }
nav a { color: var(--ink); }
@media (max-width: 40rem) {
  .claims thead { display: none; }
  .claims, .claims tbody, .claims tr, .claims td { display: block; }
  .claims tr { padding: 0.6rem 0 0.6rem 1.5rem; border-bottom: 1px solid var(--line); position: relative; }
  .claims td { border: 0; padding: 0.1rem 0; }
  .claims .mark { position: absolute; left: 0; }
  .claims td:nth-child(3)::before { content: "the document: "; color: var(--muted); }
  .claims td:nth-child(4)::before { content: "here: "; color: var(--muted); }
  nav ul { columns: 1; }
}
"""


def render(sections: list[Section], about: list[str]) -> str:
    """The whole document."""
    claims = [claim for section in sections for claim in section.claims]
    stand = sum(claim.holds for claim in claims)
    parts = [
        "<h1>The documents, run again</h1>",
        '<p class="lead">Every figure and claim of the documents that this library grew from, measured by the library: '
        'theirs, ours, and the '
        "reason where they differ.</p>",
        f"<p>Of {len(claims)} figures {stand} stand (or answer what the documents left open) and {len(claims) - stand} do not. "
        f"All is seeded: the same "
        "numbers come out again. KL is in nats unless it says bits.</p>",
        _contents(sections),
        *(_section(place, section) for place, section in enumerate(sections)),
        "<footer>" + "".join(f'<p class="small">{escape(line)}</p>' for line in about) + "</footer>",
    ]
    style = STYLE.read_text(encoding="utf-8") + MORE
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n<title>Equipoise: the documents, run again</title>\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n" + "\n".join(parts) + "\n</main>\n</body>\n</html>\n"
    )


def _contents(sections: list[Section]) -> str:
    lines = "".join(f'<li><a href="#part-{place}">{escape(section.title)}</a></li>' for place, section in enumerate(sections))
    return f"<nav><ul>{lines}</ul></nav>"


def _section(place: int, section: Section) -> str:
    pictures = "\n".join(_picture(picture) for picture in section.pictures)
    return (
        f'<section id="part-{place}"><h2>{_marked(section.title)}</h2>\n<p class="small">From {_marked(section.source)}.</p>\n'
        f"<p>{_marked(section.method)}</p>\n{pictures}\n{_table(section.claims)}</section>"
    )


def _picture(picture: Picture) -> str:
    return f'<div class="card">{picture.svg}<p class="small">{_marked(picture.caption)}</p></div>'


def _table(claims: list[Claim]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in ("", "what", "the document", "here", "why"))
    rows = "\n".join(_row(claim) for claim in claims)
    return (
        f'<div class="card"><div class="scroll"><table class="claims">\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table></div></div>"
    )


def _row(claim: Claim) -> str:
    cells = "".join(f"<td>{_marked(cell)}</td>" for cell in (claim.what, claim.theirs, claim.ours, claim.why))
    return f'<tr class="{"stands" if claim.holds else "falls"}"><td class="mark">{"✓" if claim.holds else "✗"}</td>{cells}</tr>'


def _marked(text: str) -> str:
    """Escaped text, with the policies' indices set low."""
    return re.sub(r"(?<=[πLSq])_([θtαπ])", r"<sub>\1</sub>", escape(text))
