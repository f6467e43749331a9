"""Chooses the demo's rows from the full set of recorded logits and writes them here.

    python3 make_subset.py FOLDER      FOLDER holds theta.npy, target.npy, tokens.npy, vocabulary.json and rows.json of the full set

From every conversation come the rows of the smallest, the median and the largest KL(q*||pi_theta), the row whose alpha* is farthest from
1/2, and the row with the highest top probability: the hardest for f32 arithmetic and the most usual. README.md tells how the full set was
recorded.
"""

from __future__ import annotations

import argparse
import json
import pathlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

HERE = pathlib.Path(__file__).parent
TOP = 20  # tokens per row and distribution whose texts the report may want
HALVINGS = 60

Floats = npt.NDArray[np.float64]


@dataclass
class Balance:
    """alpha* [rows], KL(q*||pi_theta) in nats [rows], and the logarithms [rows, vocabulary] of both policies and q*."""

    alpha: Floats
    kl: Floats
    log_theta: Floats
    log_target: Floats
    log_q: Floats


def log_softmax(x: Floats) -> Floats:
    """log pi of each row of logits."""
    below = x - x.max(axis=1, keepdims=True)
    return np.asarray(below - np.log(np.exp(below).sum(axis=1, keepdims=True)))


def balance(theta: Floats, target: Floats) -> Balance:
    """The Chernoff point of every row by plain bisection in f64; only to choose rows by."""
    log_theta, log_target = log_softmax(theta), log_softmax(target)
    low, high = np.zeros(len(theta)), np.ones(len(theta))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        q = np.exp(log_softmax(middle[:, None] * log_theta + (1 - middle[:, None]) * log_target))
        positive = (q * (log_target - log_theta)).sum(axis=1) > 0
        low, high = np.where(positive, middle, low), np.where(positive, high, middle)
    log_q = log_softmax(low[:, None] * log_theta + (1 - low[:, None]) * log_target)
    kl = (np.exp(log_q) * (log_q - log_theta)).sum(axis=1)
    return Balance(low, kl, log_theta, log_target, log_q)


def chosen(first: int, count: int, state: Balance) -> list[int]:
    """The rows of one conversation that the demo keeps, in order."""
    rows = np.arange(first, first + count)
    by_kl = rows[np.argsort(state.kl[rows])]
    farthest = rows[np.argmax(np.abs(state.alpha[rows] - 0.5))]
    sharpest = rows[np.argmax(np.minimum(state.log_theta[rows].max(axis=1), state.log_target[rows].max(axis=1)))]
    return sorted({int(by_kl[0]), int(by_kl[count // 2]), int(by_kl[-1]), int(farthest), int(sharpest)})


def conversation(entry: dict[str, Any], rows: list[int], tokens: npt.NDArray[np.int32], texts: list[str], start: int) -> dict[str, Any]:
    """What rows.json tells about one conversation; its rows are [start, start + len(rows)) of the bundled arrays."""
    first = entry["first_row"]
    positions = [
        {"row": start + i, "source_row": row, "before": "".join(texts[t] for t in tokens[first:row]), "sampled": int(tokens[row])}
        for i, row in enumerate(rows)
    ]
    kept = {key: entry[key] for key in ("name", "context", "question", "continuation")}
    return {**kept, "positions": positions}


def texts_needed(rows: list[int], state: Balance, tokens: npt.NDArray[np.int32], texts: list[str]) -> dict[str, str]:
    """The texts of the top tokens of every chosen row under pi_theta, pi_t and q*, and of the sampled ones, by token id."""
    needed = {int(tokens[row]) for row in rows}
    for row in rows:
        for logs in (state.log_theta, state.log_target, state.log_q):
            needed.update(int(t) for t in np.argsort(-logs[row], kind="stable")[:TOP])
    return {str(token): texts[token] for token in sorted(needed)}


def main() -> None:
    """Writes theta.npy, target.npy and rows.json beside this file."""
    parser = argparse.ArgumentParser(description="choose the demo's rows from the full set")
    parser.add_argument("folder", type=pathlib.Path, help="where the full set lies")
    folder: pathlib.Path = parser.parse_args().folder
    theta, target = np.load(folder / "theta.npy"), np.load(folder / "target.npy")
    tokens = np.load(folder / "tokens.npy")
    texts: list[str] = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    state = balance(theta.astype(np.float64), target.astype(np.float64))
    conversations: list[dict[str, Any]] = []
    rows: list[int] = []
    for entry in json.loads((folder / "rows.json").read_text(encoding="utf-8")):
        picked = chosen(entry["first_row"], entry["rows"], state)
        conversations.append(conversation(entry, picked, tokens, texts, len(rows)))
        rows += picked
    np.save(HERE / "theta.npy", theta[rows])
    np.save(HERE / "target.npy", target[rows])
    about = {"conversations": conversations, "tokens": texts_needed(rows, state, tokens, texts)}
    (HERE / "rows.json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{len(rows)} rows of {theta.shape[1]} tokens; KL from {state.kl[rows].min():.1e} to {state.kl[rows].max():.2f} nats")


if __name__ == "__main__":
    main()
