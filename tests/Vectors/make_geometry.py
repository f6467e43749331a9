"""Writes geometry.json: small rows, and what the divergences, the Fisher functions and the gradients must answer for them, to 30 digits.

    python3 make_geometry.py            writes geometry.json beside this file (seconds; needs mpmath)
    python3 make_geometry.py --check    makes it again and compares

The definitions and nothing clever, in 80-digit arithmetic. Gradients are central differences of step 1e-25 of the solved rows, so that they
share no formula with the library.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from typing import Any, Callable

from mpmath import acos, exp, inf, isinf, log, lu_solve, matrix, mp, mpf, nstr, sqrt

FILE = pathlib.Path(__file__).with_name("geometry.json")
PRINTED = 30
mp.dps = 80
NUDGE = mpf(10) ** -25

ORDERS = ["0.25", "0.75", "3"]
DAMPINGS = [2.0**-3, 2.0**-20]
DELTA = 2.0**-7
MASK = "-inf"

Row = list[Any]

# name: logits of p, logits of q, a vector; all exact in f64
CASES: dict[str, tuple[Row, Row, Row]] = {
    "apart": ([0, 1, -2, 0.5, 2], [1.5, -0.25, 0.5, -1, 0], [1, -2, 0.5, 3, -0.75]),
    "near": (
        [0, 1, -2, 0.5, 2],
        [2.0**-7, 1 - 2.0**-6, -2 + 2.0**-7, 0.5 - 2.0**-8, 2 + 2.0**-9],
        [1, -2, 0.5, 3, -0.75],
    ),
    "all but identical": (
        [0, 1, -2, 0.5, 2],
        [2.0**-20, 1 - 2.0**-21, -2 + 2.0**-19, 0.5 - 2.0**-22, 2 + 2.0**-20],
        [1, -2, 0.5, 3, -0.75],
    ),
    "peaked": ([0, 18, -3, 1, 2, -5], [1, 17, -2.5, 2.25, -1, -4], [0.5, 0.25, -1, 2, -3, 1]),
    "far": ([0, 40, -300, 1, 20, -5], [300, 10, 2, -250, 30, 7.5], [0.5, 0.25, -1, 2, -3, 1]),
    "offset": ([1000, 1001, 998.5, 1002], [-500, -501.25, -499, -500.5], [3, 1, -1, 2]),
    "p sees less": ([0, 1, MASK, 0.5, 2], [1.5, -0.25, 0.5, -1, 0], [1, -2, 0.5, 3, -0.75]),
    "both see less": ([0, 1, MASK, 0.5, 2], [1.5, MASK, 0.5, -1, 0], [1, -2, 0.5, 3, -0.75]),
    "two tokens": ([0, 1], [0.5, -0.25], [1, -3]),
}


def number(entry: Any) -> Any:
    return -inf if entry == MASK else mpf(entry)


def log_softmax(row: Row) -> Row:
    top = max(row)
    mass = log(sum(exp(x - top) for x in row if not isinf(x)))
    return [x if isinf(x) else x - top - mass for x in row]


def times(p: Any, x: Any) -> Any:
    """p x, 0 where p is."""
    return mpf(0) if p == 0 else p * x


def kl(p: Row, q: Row) -> Any:
    return sum(inf if isinf(b) and not isinf(a) else times(exp(a), a - b if not isinf(a) else 0) for a, b in zip(p, q))


def divergences(p: Row, q: Row) -> dict[str, Any]:
    mass_p, mass_q = [exp(x) for x in p], [exp(x) for x in q]
    mean = [log((a + b) / 2) if a + b else -inf for a, b in zip(mass_p, mass_q)]
    affinity = sum(sqrt(a * b) for a, b in zip(mass_p, mass_q))
    answers = {
        "kl": kl(p, q),
        "reverse_kl": kl(q, p),
        "jeffreys": kl(p, q) + kl(q, p),
        "jensen_shannon": (kl(p, mean) + kl(q, mean)) / 2,
        "bhattacharyya": -log(affinity),
        "hellinger": sqrt(1 - affinity),
        "fisher_rao": 2 * acos(affinity),
        "total_variation": sum(abs(a - b) for a, b in zip(mass_p, mass_q)) / 2,
        "ess": 1 / power_sum(p, q, mpf(2)),
    }
    for order in ORDERS:
        answers[f"renyi {order}"] = log(power_sum(p, q, mpf(order))) / (mpf(order) - 1)
    return answers


def power_sum(p: Row, q: Row, order: Any) -> Any:
    """sum p^order q^(1-order)."""
    total = mpf(0)
    for a, b in zip(p, q):
        if not isinf(a) and not isinf(b):
            total += exp(order * a + (1 - order) * b)
        elif not isinf(a) and order > 1:
            return inf
    return total


def quadratics(p: Row, q: Row) -> dict[str, Any]:
    weights: dict[str, Callable[[Any, Any], Any]] = {
        "1/p": lambda a, b: 1 / a if a else inf,
        "1/q": lambda a, b: 1 / b if b else inf,
        "mean": lambda a, b: 2 / (a + b),
        "p/q^2": lambda a, b: a / b**2 if b else inf,
    }
    pairs = [(exp(a), exp(b)) for a, b in zip(p, q)]
    return {name: sum((a - b) ** 2 * weight(a, b) for a, b in pairs if a + b) / 2 for name, weight in weights.items()}


def tangents(p: Row, v: Row) -> dict[str, Any]:
    mass = [exp(x) for x in p]
    mean = sum(times(a, x) for a, x in zip(mass, v))
    centred = [x - mean for x in v]
    second, third = (sum(times(a, c**k) for a, c in zip(mass, centred)) for k in (2, 3))
    quadratic = sqrt(2 * mpf(DELTA) / second)

    def excess(s: Any) -> Any:
        return log(sum(times(a, exp(s * c)) for a, c in zip(mass, centred))) - mpf(DELTA)

    return {
        "product": [times(a, c) for a, c in zip(mass, centred)],
        "step_kl": [second / 2, second / 2 + third / 6, second / 2 + third / 3],
        "natural": [natural(mass, v, mpf(damping)) for damping in DAMPINGS],
        "trust_region": [bisected(excess), quadratic],
    }


def bisected(function: Callable[[Any], Any]) -> Any:
    """The root above 0 of a function that grows from below 0."""
    low, high = mpf(0), mpf(1)
    while function(high) < 0:
        high *= 2
    for _ in range(300):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return low


def natural(mass: Row, g: Row, damping: Any) -> Row:
    real = [i for i, a in enumerate(mass) if a]
    system = matrix(len(real))
    for i, a in enumerate(real):
        for j, b in enumerate(real):
            system[i, j] = (mass[a] + damping if i == j else 0) - mass[a] * mass[b]
    solved = lu_solve(system, matrix([g[i] for i in real]))
    answer = [mpf(0)] * len(mass)
    for i, a in enumerate(real):
        answer[a] = solved[i]
    return answer


def chernoff(theta: Row, target: Row) -> tuple[Any, Row]:
    """alpha* and log q*, by bisection of E_q[l] in (0, 1); an end where there is no root."""
    p, t = log_softmax(theta), log_softmax(target)
    common = [i for i in range(len(p)) if not isinf(p[i]) and not isinf(t[i])]

    def point(alpha: Any) -> Row:
        logs = [alpha * p[i] + (1 - alpha) * t[i] if i in common else -inf for i in range(len(p))]
        return log_softmax(logs)

    def mean(alpha: Any) -> Any:
        return sum(exp(x) * (t[i] - p[i]) for i, x in enumerate(point(alpha)) if i in common)

    low, high = mpf(0), mpf(1)
    for _ in range(240):
        middle = (low + high) / 2
        low, high = (middle, high) if mean(middle) > 0 else (low, middle)
    return low, point(low)


def gradients(theta: Row, target: Row, v: Row) -> dict[str, Any]:
    def loss(a: Row, b: Row) -> Any:
        alpha, point = chernoff(a, b)
        return alpha + sum(times(mpf(not isinf(x)), g * (0 if isinf(x) else x)) for x, g in zip(point, v))

    def divergence(a: Row, b: Row) -> Any:
        return kl(log_softmax(a), log_softmax(b))

    answers: dict[str, Any] = {"alpha": chernoff(theta, target)[0], "vjp": differences(loss, theta, target)}
    if not isinf(divergence(theta, target)):
        answers["kl"] = differences(divergence, theta, target)
    return answers


def differences(function: Callable[[Row, Row], Any], a: Row, b: Row) -> list[Row]:
    def moved(row: Row, i: int, step: Any) -> Row:
        return [x + step if j == i else x for j, x in enumerate(row)]

    def slope(row: int, i: int) -> Any:
        if isinf((a, b)[row][i]):
            return mpf(0)
        up, down = ([moved(x, i, s) if j == row else x for j, x in enumerate((a, b))] for s in (NUDGE, -NUDGE))
        return (function(*up) - function(*down)) / (2 * NUDGE)

    return [[slope(row, i) for i in range(len(a))] for row in (0, 1)]


def case(name: str) -> dict[str, Any]:
    theta, target, v = ([number(x) for x in row] for row in CASES[name])
    p, q = log_softmax(theta), log_softmax(target)
    answer = {"divergences": divergences(p, q), "quadratics": quadratics(p, q), "tangents": tangents(p, v)}
    answer["gradients"] = gradients(theta, target, v)
    return {"name": name, **dict(zip(("p", "q", "v"), CASES[name])), "answer": printed(answer)}


def printed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: printed(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [printed(entry) for entry in value]
    return "inf" if isinf(value) else nstr(value, PRINTED, min_fixed=1, max_fixed=0)


def made() -> str:
    shared = {"orders": ORDERS, "dampings": DAMPINGS, "delta": DELTA}
    return json.dumps({**shared, "cases": [case(name) for name in CASES]}, indent=1) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with what is there")
    if parser.parse_args().check:
        sys.exit(0 if made() == FILE.read_text(encoding="utf-8") else "geometry.json is not what this script makes")
    FILE.write_text(made(), encoding="utf-8")
