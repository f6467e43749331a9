"""Writes minimax.json: best p-weighted approximations of log by polynomials in Bernstein's form, to 20 digits.

    python3 make_minimax.py            writes minimax.json beside this file (about a minute; needs mpmath)
    python3 make_minimax.py --check    makes it again and compares

Remez' exchange at 50 digits, in the Chebyshev basis, with a bracketed search for the zeros of the error's derivative.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys

from mpmath import binomial, cos, diff, findroot, log, lu_solve, matrix, mp, mpf, nstr, pi

GOLDEN = pathlib.Path(__file__).with_name("minimax.json")
SIZES = [2, 3, 4, 8, 12]


def chebyt(degree, x):
    before, value = mpf(1), x
    for _ in range(degree):
        before, value = value, 2 * x * value - before
    return before


def level_of(k, points):
    """Coefficients of T_j(2p - 1) in Q, and the level of the error p Q - p log p at ``points``."""
    system, right = matrix(k + 1, k + 1), matrix(k + 1, 1)
    for i, p in enumerate(points):
        for j in range(k):
            system[i, j] = p * chebyt(j, 2 * p - 1)
        system[i, k] = (-1) ** i
        right[i] = p * log(p)
    solution = lu_solve(system, right)
    return list(solution)[:k], abs(solution[k])


def extremes(error, slope, points):
    """Where the error's size has its maxima: near ``points`` inside, and p = 1."""
    moved = []
    for left, p, right in zip([mpf(0), *points], points, [*points[1:], None]):
        if right is None:
            moved.append(mpf(1))
            continue
        grid = [left + (right - left) * (1 - cos(pi * i / 24)) / 2 for i in range(1, 24)]
        place = max(range(1, 22), key=lambda i: abs(error(grid[i])) if error(grid[i]) * error(p) > 0 else mpf(-1))
        moved.append(findroot(slope, (grid[place - 1], grid[place + 1]), solver="anderson", tol=mpf(10) ** -60, verify=False))
    return moved


def best(k):
    points = [(1 - cos(pi * (i + 1) / (k + 1))) / 2 for i in range(k + 1)]
    for _ in range(40):
        chebyshev, level = level_of(k, points)

        def error(p):
            return p * (sum(c * chebyt(j, 2 * p - 1) for j, c in enumerate(chebyshev)) - log(p))

        def slope(p):
            return diff(error, p)

        points = extremes(error, slope, points)
        if max(abs(error(p)) for p in points) < level * (1 + mpf(10) ** -25):
            return bernstein(k, chebyshev), level
    raise RuntimeError(f"no equal extremes for k = {k}")


def bernstein(k, chebyshev):
    """T_j(2p - 1) = sum_i (-1)^(j-i) C(2j, 2i) / C(j, i) B_i^j(p), and each degree raised to k - 1."""
    values = [mpf(0)] * k
    for j, coefficient in enumerate(chebyshev):
        terms = [(-1) ** (j - i) * binomial(2 * j, 2 * i) / binomial(j, i) for i in range(j + 1)]
        for degree in range(j, k - 1):
            known = [mpf(0), *terms, mpf(0)]
            terms = [(i * known[i] + (degree + 1 - i) * known[i + 1]) / (degree + 1) for i in range(degree + 2)]
        values = [value + coefficient * term for value, term in zip(values, terms)]
    return values


def made():
    mp.dps = 50
    cases = []
    for k in SIZES:
        h, level = best(k)
        cases.append({"k": k, "bias": nstr(level, 20), "h": [nstr(value, 20) for value in h]})
    return json.dumps(cases, indent=1) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    text = made()
    if not parser.parse_args().check:
        GOLDEN.write_text(text, encoding="utf-8")
    elif GOLDEN.read_text(encoding="utf-8") != text:
        sys.exit(f"{GOLDEN} is not what this script makes")
