"""Rows that every language can make bit by bit, so that a row of 262,144 tokens takes one line of the golden file.

A row is either written out, or a sum of hashed terms: token i of a term has the integer

    z = (seed * 2^32 + i + 1) * 0x9E3779B97F4A7C15;  z ^= z >> 30;  z *= 0xBF58476D1CE4E5B9;  z ^= z >> 27;
    z *= 0x94D049BB133111EB;  z ^= z >> 31                                              (all modulo 2^64: splitmix64)
    k = floor((the sum of the four 16-bit parts of z - 131070) / 2^shift)

and the value k * 2^-exponent: near normal, standard deviation 37837 * 2^-(shift + exponent). "add" is added to every token, then "mask"
{every, first} sets tokens first, first + every, ... to -inf, then "edits" [[token, value], ...] overwrites single ones. All sums are exact
in f64; most rows are exact in f32 too, and many in f16 and bf16.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Spec = dict[str, Any]
Floats = npt.NDArray[np.float64]


def hashed(seed: int, columns: int, shift: int, exponent: int) -> Floats:
    """[columns] f64: one term as above."""
    with np.errstate(over="ignore"):
        z = (np.uint64(seed << 32) + np.arange(1, columns + 1, dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        z ^= z >> np.uint64(30)
        z *= np.uint64(0xBF58476D1CE4E5B9)
        z ^= z >> np.uint64(27)
        z *= np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    total = np.zeros(columns, dtype=np.int64)
    for part in range(4):
        total += ((z >> np.uint64(16 * part)) & np.uint64(0xFFFF)).astype(np.int64)
    return np.asarray(((total - 131070) >> shift) * 2.0**-exponent)


def build(spec: Spec, columns: int) -> Floats:
    """[columns] f64: the row that spec describes."""
    if "values" in spec:
        return np.array([float(v) for v in spec["values"]])
    row = np.full(columns, float(spec.get("add", 0.0)))
    for term in spec.get("terms", []):
        row += hashed(term["seed"], columns, term["shift"], term["exponent"])
    if "mask" in spec:
        row[spec["mask"]["first"] :: spec["mask"]["every"]] = -np.inf
    for token, value in spec.get("edits", []):
        row[token] = float(value)
    return row
