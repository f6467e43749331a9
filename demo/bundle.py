"""The bundled rows: real logits of a policy and a target, and the texts that belong to them."""

from __future__ import annotations

import json
import pathlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DATA = pathlib.Path(__file__).parent / "data"


@dataclass(frozen=True)
class Position:
    """One place in a continuation: the row of its logits, the text before it, and the token that was sampled there."""

    row: int
    before: str
    sampled: int


@dataclass(frozen=True)
class Conversation:
    """A question, what only the target was told before it, and the positions kept of its answer."""

    name: str
    context: str
    question: str
    positions: tuple[Position, ...]

    @property
    def rows(self) -> list[int]:
        """Where its logits lie in the arrays."""
        return [position.row for position in self.positions]


@dataclass(frozen=True)
class Bundle:
    """Logits [rows, vocabulary] float16 of both policies, the conversations, and the texts of the tokens worth showing."""

    theta: npt.NDArray[np.float16]
    target: npt.NDArray[np.float16]
    conversations: tuple[Conversation, ...]
    texts: dict[int, str]

    def place(self, row: int) -> tuple[Conversation, Position]:
        """The conversation and the position that a row belongs to."""
        for conversation in self.conversations:
            for position in conversation.positions:
                if position.row == row:
                    return conversation, position
        raise LookupError(f"row {row} belongs to no conversation")

    def text(self, token: int) -> str:
        """A token as visible text; its number where the bundle has no text for it."""
        return visible(self.texts[token]) if token in self.texts else f"#{token}"


def visible(text: str) -> str:
    """The text with spaces, line ends and everything else that would not show made visible."""
    marks = {" ": "␣", "\n": "↵", "\t": "⇥"}
    return "".join(marks.get(c) or (c if c.isprintable() else f"\\u{ord(c):04x}") for c in text) or "∅"


def load() -> Bundle:
    """Reads demo/data."""
    about = json.loads((DATA / "rows.json").read_text(encoding="utf-8"))
    conversations = tuple(
        Conversation(
            entry["name"],
            entry["context"],
            entry["question"],
            tuple(Position(place["row"], place["before"], place["sampled"]) for place in entry["positions"]),
        )
        for entry in about["conversations"]
    )
    texts = {int(token): text for token, text in about["tokens"].items()}
    return Bundle(np.load(DATA / "theta.npy"), np.load(DATA / "target.npy"), conversations, texts)
