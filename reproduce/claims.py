"""What an experiment says: the documents' figures beside ours, and pictures."""

from __future__ import annotations

from dataclasses import dataclass, field

DERIVATION = "the derivation of the optimal sampling distribution"
FISHER_NOTE = "the note on approximating the KL divergence"
APPROXIMATION_NOTES = "the notes on stochastic approximation"


@dataclass(frozen=True)
class Claim:
    """One figure of a document, ours, and why they differ; ``holds`` says whether the document's stands."""

    what: str
    theirs: str
    ours: str
    why: str
    holds: bool


@dataclass(frozen=True)
class Picture:
    """An <svg> element and what it shows."""

    svg: str
    caption: str


@dataclass(frozen=True)
class Section:
    """An experiment's page: where its claims come from, what was done, and what came out."""

    title: str
    source: str
    method: str
    claims: list[Claim] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
