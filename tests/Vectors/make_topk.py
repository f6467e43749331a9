"""Writes topk.json: policies with a teacher's listed tokens, and what eqp_solve_topk must answer for them to 30 digits.

    python3 make_topk.py            writes topk.json beside this file (needs numpy and mpmath)
    python3 make_topk.py --check    makes it again and compares

Listed tokens are (first + i * step) mod columns; their log-probabilities are a row of rows.py. The events of either side, listed tokens
and (bucket) everything else, are written down by their definitions in 60-digit arithmetic, and solved like any row by exact.py.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from typing import Any

import mpmath
import numpy as np
from exact import Path, Policy, text
from mpmath import mpf
from rows import build

TOPK = pathlib.Path(__file__).with_name("topk.json")


def events(theta: Any, ids: list[int], listed: Any, temperature: float, tail: str) -> tuple[list[Any], list[Any]]:
    """Log-probabilities of both sides' events: the listed tokens, then the bucket."""
    scores = [mpf(float(x)) / mpf(temperature) for x in theta]
    mass = mpmath.log(mpmath.fsum(mpmath.exp(x) for x in scores))
    policy, teacher = [scores[token] - mass for token in ids], [mpf(float(x)) for x in listed]
    if tail == "renormalize":
        return [[x - mpmath.log(mpmath.fsum(mpmath.exp(y) for y in side)) for x in side] for side in (policy, teacher)]  # type: ignore
    rest = sorted(set(range(len(scores))) - set(ids))
    policy.append(mpmath.log(mpmath.fsum(mpmath.exp(scores[token] - mass) for token in rest)))
    teacher.append(mpmath.log(1 - mpmath.fsum(mpmath.exp(x) for x in teacher)))
    return policy, teacher


def answer(case: dict[str, Any]) -> dict[str, Any]:
    columns, k, temperature = case["columns"], case["k"], case.get("temperature", 1.0)
    ids = [(case["first"] + i * case["step"]) % columns for i in range(k)]
    policy, teacher = events(build(case["theta"], columns), ids, build(case["listed"], k), temperature, case["tail"])
    which, nothing = np.arange(len(policy)), np.zeros(len(policy), bool)
    path = Path(Policy(policy, which, nothing, mpf(0)), Policy(teacher, which, nothing, mpf(0)))
    alpha, status = path.chernoff()
    log_z, mean, _ = path.moments(alpha)
    q = [mpmath.exp(path.log_q(token, alpha, log_z)) for token in range(len(policy))]
    tail = q[k] if case["tail"] == "bucket" else mpf(0)
    return {
        "status": status,
        "alpha": text(alpha),
        "log_z": text(log_z),
        "kl_theta": text((1 - alpha) * mean - log_z),
        "kl_target": text(-alpha * mean - log_z),
        "q": {str(place): text(q[place]) for place in sorted({0, k // 3, k - 1})},
        "q_tail": text(tail),
        "tail_ratio": text(tail / mpmath.exp(policy[k]) if tail else tail),
    }


def coarse(seed: int, sigma_log2: int = 0, **more: Any) -> dict[str, Any]:
    """As in make_vectors.py: exact in every type."""
    return {"terms": [{"seed": seed, "shift": 10, "exponent": 5 - sigma_log2}], **more}


def cases() -> list[dict[str, Any]]:
    """Lists short and long, tails large and small, policies alike and unlike."""
    made = []
    for tail in ("bucket", "renormalize"):
        made += [
            {"name": f"K = {k}, {tail}", "columns": columns, "k": k, "first": 3, "step": 7, "tail": tail, "theta": coarse(2000 + k),
             "listed": coarse(2100 + k, add=add)}
            for k, columns, add in [(2, 11, -1.5), (5, 101, -3.0), (64, 1000, -5.25), (512, 5000, -7.0)]
        ]  # fmt: skip
        made.append({"name": f"a sharp policy, {tail}", "columns": 333, "k": 16, "first": 0, "step": 5, "tail": tail,
                     "theta": coarse(2200, 2), "listed": coarse(2201, 1, add=-6.0)})  # fmt: skip
        made.append({"name": f"a temperature, {tail}", "columns": 97, "k": 8, "first": 96, "step": 2, "tail": tail, "temperature": 0.5,
                     "theta": coarse(2300, add=100.0), "listed": coarse(2301, add=-3.5)})  # fmt: skip
    made.append({"name": "K = 1", "columns": 50, "k": 1, "first": 7, "step": 1, "tail": "bucket", "theta": coarse(2400),
                 "listed": {"values": [-0.25]}})  # fmt: skip
    made.append({"name": "a small tail", "columns": 60, "k": 2, "first": 4, "step": 9, "tail": "bucket", "theta": coarse(2500),
                 "listed": {"values": [float(np.log(0.75)), float(np.log(0.25 - 1e-3))]}})  # fmt: skip
    made.append({"name": "a policy without a tail to speak of", "columns": 70, "k": 3, "first": 1, "step": 1, "tail": "bucket",
                 "theta": coarse(2600, edits=[[1, 60.0], [2, 61.0], [3, 59.0]]), "listed": {"values": [-2.0, -1.5, -1.0]}})  # fmt: skip
    made.append({"name": "K = 4096", "columns": 4200, "k": 4096, "first": 11, "step": 13, "tail": "bucket", "theta": coarse(2700),
                 "listed": coarse(2701, add=-9.25)})  # fmt: skip
    return made


def make() -> str:
    return "[\n" + ",\n".join(json.dumps({**case, "answer": answer(case)}) for case in cases()) + "\n]\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    made = make()
    if arguments.check:
        return int(made != TOPK.read_text(encoding="utf-8"))
    TOPK.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
