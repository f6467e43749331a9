"""Writes criteria.json: the alpha at which each criterion is met, and what the path is like at a few alphas, to 30 digits.

    python3 make_criteria.py            writes criteria.json beside this file (seconds; needs numpy and mpmath)
    python3 make_criteria.py --check    makes it again and compares

Rows are as rows.py describes; answers are the definitions in 60-digit arithmetic, roots by bisection down to 40 digits.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from typing import Any, Callable

import mpmath
from exact import Path, Policy, text
from mpmath import mpf
from rows import Spec, build

GOLDEN = pathlib.Path(__file__).with_name("criteria.json")
ALPHAS = [0.0, 0.125, 0.5, 0.9375, 1.0]
HALVINGS = 140


def hashed(seed: int, shift: int, exponent: int, **more: Any) -> Spec:
    """A row of rows.py."""
    return {"terms": [{"seed": seed, "shift": shift, "exponent": exponent}], **more}


# name, columns, theta, target; exact in f32.
ROWS: list[tuple[str, int, Spec, Spec]] = [
    ("two tokens", 2, {"values": [0, 1]}, {"values": [0.5, -1]}),
    ("a plain row", 33, hashed(900, 10, 5), hashed(901, 10, 5)),
    ("a wide row", 64, hashed(902, 10, 3), hashed(903, 10, 4)),
    ("one token on top of both", 40, hashed(904, 10, 5, edits=[[7, 12]]), hashed(905, 10, 5, edits=[[7, 14]])),
    ("peaks apart", 24, hashed(906, 10, 5, edits=[[3, 30]]), hashed(907, 10, 5, edits=[[20, 40]])),
    ("policies that nearly agree", 48, hashed(908, 10, 5), {"terms": [*hashed(908, 10, 5)["terms"], *hashed(909, 10, 13)["terms"]]}),
    ("the same tokens masked", 30, hashed(910, 10, 5, mask={"every": 4, "first": 1}), hashed(911, 10, 5, mask={"every": 4, "first": 1})),
]

# criterion, parameters
CRITERIA: list[tuple[str, dict[str, Any]]] = [
    ("weighted_kl", {"weights": [1.0, 4.0]}),
    ("weighted_kl", {"weights": [8.0, 0.5]}),
    ("kl_budget", {"budget": 0.0009765625}),
    ("kl_budget", {"budget": 0.125}),
    ("ess_balance", {}),
    ("ess_floor", {"floor": 0.96875}),
    ("ess_floor", {"floor": 0.25}),
]


def function(path: Path, criterion: str, parameters: dict[str, Any]) -> Callable[[Any], Any]:
    """What falls with alpha and is 0 where the criterion is met."""

    def kls(alpha: Any) -> tuple[Any, Any]:
        log_z, mean, _ = path.moments(alpha)
        return (1 - alpha) * mean - log_z, -alpha * mean - log_z

    if criterion == "weighted_kl":
        theta, target = map(mpf, parameters["weights"])
        return lambda alpha: theta * kls(alpha)[0] - target * kls(alpha)[1]
    if criterion == "kl_budget":
        return lambda alpha: kls(alpha)[0] - mpf(parameters["budget"])
    if criterion == "ess_balance":
        return lambda alpha: path.log_z(2 - alpha) - path.log_z(-alpha)
    return lambda alpha: path.log_z(alpha) + path.log_z(2 - alpha) + mpmath.log(mpf(parameters["floor"]))


def root(falling: Callable[[Any], Any]) -> dict[str, str]:
    """Its zero in [0, 1]; alpha 0 where it is below 0 everywhere."""
    if falling(mpf(0)) < 0:
        return {"status": "AT_TARGET", "alpha": "0.0"}
    low, high = mpf(0), mpf(1)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return {"status": "OK", "alpha": text((low + high) / 2)}


def statistics(path: Path, alpha: float) -> dict[str, str]:
    """What eqp_path_statistics must say at alpha."""
    at = mpf(alpha)
    log_z, mean, variance = path.moments(at)
    q = [w / mpmath.exp(log_z) for w in path.weights(at)]
    entropy = -mpmath.fsum(w * mpmath.log(w / c) for w, c in zip(q, path.counts, strict=True))
    return {
        "log_z": text(log_z),
        "kl_theta": text((1 - at) * mean - log_z),
        "kl_target": text(-at * mean - log_z),
        "ess_theta": text(mpmath.exp(-log_z - path.log_z(2 - at))),
        "ess_target": text(mpmath.exp(-log_z - path.log_z(-at))),
        "entropy": text(entropy),
        "variance": text(variance),
    }


def case(name: str, columns: int, theta: Spec, target: Spec) -> dict[str, Any]:
    """A row with all its answers."""
    policies = [Policy.of(build(spec, columns), "logits", 1.0) for spec in (theta, target)]
    assert policies[0] is not None and policies[1] is not None
    path = Path(policies[0], policies[1])
    roots = [{"criterion": which, **given, **root(function(path, which, given))} for which, given in CRITERIA]
    points = [{"alpha": alpha, **statistics(path, alpha)} for alpha in ALPHAS]
    return {"name": name, "columns": columns, "theta": theta, "target": target, "criteria": roots, "path": points}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with criteria.json instead of writing it")
    made = "[\n" + ",\n".join(json.dumps(case(*row), separators=(",", ":")) for row in ROWS) + "\n]\n"
    if not parser.parse_args().check:
        GOLDEN.write_text(made)
        return 0
    same = GOLDEN.read_text() == made
    print("criteria.json is as made" if same else "criteria.json differs from what this makes", file=sys.stdout if same else sys.stderr)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
