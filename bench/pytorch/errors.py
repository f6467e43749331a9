"""The section that compares with exact answers: normal logits of four widths, and rows of real ones."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import equipoise as eq
import exact
import numpy as np

REAL = pathlib.Path(__file__).resolve().parents[2] / "demo" / "data"
SIGMAS = (1.0, 1.5, 2.0, 4.0)
ROWS, COLUMNS = 16, 51200
TELLING = 1e-6  # nats of KL(q||pi_theta), below which alpha says little


def accuracy() -> dict[str, Any]:
    """Largest errors, by kind of rows and dtype."""
    generator = np.random.default_rng(1)
    normal = []
    for sigma in SIGMAS:
        theta, target = (generator.standard_normal((2, ROWS, COLUMNS)) * sigma).astype(np.float32)
        normal.append({"sigma": sigma, **_errors(theta, target)})
    folder = pathlib.Path(os.environ.get("EQUIPOISE_ROWS", REAL))
    theta, target = (np.load(folder / f"{name}.npy").astype(np.float32) for name in ("theta", "target"))
    return {"normal": normal, "normal_shape": [ROWS, COLUMNS], "real": _errors(theta, target), "real_shape": list(theta.shape)}


def _errors(theta: Any, target: Any) -> dict[str, Any]:
    answer = exact.solve(theta, target)
    return {"f32": _of_dtype(theta, target, answer), "f64": _of_dtype(theta.astype(np.float64), target.astype(np.float64), answer)}


def _of_dtype(theta: Any, target: Any, answer: exact.Answer) -> dict[str, Any]:
    got = eq.solve(theta, target, outputs="all")
    alone = eq.solve(theta, target, outputs=("alpha",))
    off, off_alone = np.abs(got.alpha - answer.alpha), np.abs(alone.alpha - answer.alpha)
    telling = answer.kl >= TELLING
    wide = got.q.astype(np.longdouble)
    return {
        "alpha": float(off[telling].max()),
        "alpha_of_all_rows": float(off.max()),
        "alpha_only": float(off_alone[telling].max()),
        "alpha_median": float(np.median(off)),
        "alpha_times_sigma": float((off * np.sqrt(answer.variance)).max()),
        "total_variation": float((np.abs(wide - answer.q).sum(-1) / 2).max()),
        "mass": float(np.abs(wide.sum(-1) - 1).max()),
        "kl_relative": float((np.abs(got.kl_theta - answer.kl) / answer.kl).max()),
        "residual": float(got.residual.max()),
        "rows_of_one_writing_sweep": float((got.iterations == 1).mean()),
        "rows": len(off),
        "rows_below_1e-6_nats": int((~telling).sum()),
        "not_ok": int((got.status != eq.RowStatus.OK).sum()),
    }


SECTIONS = {"accuracy": accuracy}
