"""Writes many.json: rows of several policies, and what eqp_solve_many must answer for them to 30 digits.

    python3 make_many.py            writes many.json beside this file (some seconds; needs numpy and mpmath)
    python3 make_many.py --check    makes it again and compares

The optimum is found by what makes it one, in 60-digit arithmetic: of every subset of the policies, the beta on it with equal KLs, by
Newton's method; the answer is the subset whose beta is positive and whose KL no policy outside exceeds.
"""

from __future__ import annotations

import argparse
import itertools
import json
import pathlib
import sys
from typing import Any

import mpmath
import numpy as np
from exact import text
from mpmath import mpf
from rows import build

MANY = pathlib.Path(__file__).with_name("many.json")
mpmath.mp.dps = 60


def logs(policy: Any) -> list[Any]:
    """log pi of a row of logits, -inf where it is masked."""
    top = max(policy)
    mass = mpmath.fsum(mpmath.exp(mpf(float(x)) - mpf(float(top))) for x in policy if x > -np.inf)
    return [mpf(float(x)) - mpf(float(top)) - mpmath.log(mass) if x > -np.inf else mpf("-inf") for x in policy]


class Row:
    """The policies of one row, over the tokens that all of them have."""

    def __init__(self, policies: list[Any], cost: Any, weight: float) -> None:
        every = [logs(policy) for policy in policies]
        self.common = [y for y in range(len(policies[0])) if all(policy[y] > mpf("-inf") for policy in every)]
        self.logs = [[policy[y] for y in self.common] for policy in every]
        self.price = [mpf(weight) * mpf(float(cost[y])) if cost is not None else mpf(0) for y in self.common]

    def at(self, beta: list[Any]) -> tuple[Any, list[Any], list[Any]]:
        """log Z, q over the common tokens, and the KLs."""
        mixed = [mpmath.fdot(beta, column) - price for column, price in zip(zip(*self.logs), self.price)]
        log_z = mpmath.log(mpmath.fsum(mpmath.exp(x) for x in mixed))
        log_q = [x - log_z for x in mixed]
        q = [mpmath.exp(x) for x in log_q]
        kls = [mpmath.fsum(w * (a - b) for w, a, b in zip(q, log_q, policy)) for policy in self.logs]
        return log_z, q, kls

    def balanced(self, members: tuple[int, ...]) -> list[Any] | None:
        """beta on the members with equal KLs, or None where Newton leaves the positive ones for good."""
        n = len(members)
        beta = [mpf(0)] * len(self.logs)
        for i in members:
            beta[i] = mpf(1) / n
        for _ in range(200):
            _, q, kls = self.at(beta)
            if n == 1 or max(abs(kls[i] - kls[members[0]]) for i in members) < mpf(10) ** -45:
                return beta
            means = [mpmath.fdot(q, self.logs[i]) for i in members]
            matrix = mpmath.matrix(n - 1, n - 1)
            slope = mpmath.matrix(n - 1, 1)
            ratios = [[x - y for x, y in zip(self.logs[i], self.logs[members[-1]])] for i in members[:-1]]
            for a in range(n - 1):
                slope[a] = means[a] - means[-1]
                for b in range(n - 1):
                    second = mpmath.fsum(w * x * y for w, x, y in zip(q, ratios[a], ratios[b]))
                    matrix[a, b] = second - mpmath.fdot(q, ratios[a]) * mpmath.fdot(q, ratios[b])
            step = mpmath.lu_solve(matrix, -slope)
            beta = self.shortened(beta, members, step)
            if max(abs(x) for x in beta) > 50:
                return None
        return None

    def shortened(self, beta: list[Any], members: tuple[int, ...], step: Any) -> list[Any]:
        """beta moved by the longest half, quarter, ... of the step that does not raise log Z, which is convex."""
        before = self.at(beta)[0]
        for halvings in range(40):
            moved = list(beta)
            for a, i in enumerate(members[:-1]):
                moved[i] += step[a] / 2**halvings
                moved[members[-1]] -= step[a] / 2**halvings
            if self.at(moved)[0] <= before + mpf(10) ** -50:
                return moved
        raise ArithmeticError("log Z does not fall")

    def solve(self) -> tuple[list[Any], Any, list[Any], list[Any]]:
        """beta, log Z, q, KLs."""
        for size in range(1, len(self.logs) + 1):
            for members in itertools.combinations(range(len(self.logs)), size):
                beta = self.balanced(members)
                if beta is None or any(beta[i] <= 0 for i in members):
                    continue
                log_z, q, kls = self.at(beta)
                if all(kl <= kls[members[0]] + mpf(10) ** -40 for kl in kls):
                    return beta, log_z, q, kls
        raise ArithmeticError("no subset is the optimum")


def answer(policies: list[Any], cost: Any, weight: float) -> dict[str, Any]:
    row = Row(policies, cost, weight)
    beta, log_z, q, kls = row.solve()
    tokens = row.common[:: max(1, len(row.common) // 5)]
    return {
        "beta": [text(x) for x in beta],
        "log_z": text(log_z),
        "kl": [text(x) for x in kls],
        "q": {str(y): text(q[row.common.index(y)]) for y in tokens},
    }


def coarse(seed: int, sigma_log2: int = 0, **more: Any) -> dict[str, Any]:
    """As in make_vectors.py: exact in every type."""
    return {"terms": [{"seed": seed, "shift": 10, "exponent": 5 - sigma_log2}], **more}


def cases() -> list[dict[str, Any]]:
    """Policies of every number that a subset search can afford, alike and unlike, with masks, offsets and costs."""
    plain = [
        {"name": f"{k} policies of {width}", "columns": width, "policies": [coarse(900 + 20 * k + width % 13 + i) for i in range(k)]}
        for k, width in [(2, 5), (2, 37), (3, 7), (3, 64), (4, 33), (5, 40), (6, 17)]
    ]
    sharp = {"columns": 41, "policies": [coarse(1200, 2), coarse(1201, 1), coarse(1202, -2), coarse(1203, 2)]}
    between = {"columns": 24, "policies": [{"values": [2.0 * i for i in range(24)]}, {"values": [float(24 - i) for i in range(24)]},
                                           {"values": [0.5 * i for i in range(24)]}]}  # fmt: skip
    masked = {"columns": 50, "policies": [coarse(1300, mask={"first": 0, "every": 7}), coarse(1301, mask={"first": 3, "every": 5}),
                                          coarse(1302)]}  # fmt: skip
    corner = {"columns": 4, "policies": [{"values": [0.0, 0.0, "-inf", "-inf"]}, {"values": [3.0, 2.0, 0.0, 0.0]},
                                         {"values": [2.0, 3.0, 0.0, 0.0]}]}  # fmt: skip
    offset = {"columns": 30, "policies": [coarse(1400, add=512.0), coarse(1401, add=-512.0), coarse(1402)]}
    priced = {"columns": 29, "policies": [coarse(1500), coarse(1501), coarse(1502)], "cost": coarse(1503), "cost_weight": 0.75}
    pair = {"columns": 31, "policies": [coarse(1600), coarse(1601, 1)], "cost": coarse(1602), "cost_weight": 2.0}
    named = {"unlike widths": sharp, "one lies between the others": between, "masks in two": masked, "a corner": corner,
             "offsets": offset, "a cost": priced, "a cost that tips the balance": pair}  # fmt: skip
    return plain + [{"name": name, **case} for name, case in named.items()]


def make() -> str:
    made = []
    for case in cases():
        columns = case["columns"]
        policies = [build(spec, columns) for spec in case["policies"]]
        cost = build(case["cost"], columns) if "cost" in case else None
        made.append({**case, "answer": answer(policies, cost, case.get("cost_weight", 0.0))})
    return "[\n" + ",\n".join(json.dumps(case) for case in made) + "\n]\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    text_made = make()
    if parser.parse_args().check:
        return int(text_made != MANY.read_text(encoding="utf-8"))
    MANY.write_text(text_made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
