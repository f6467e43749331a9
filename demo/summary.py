"""What the solution says per conversation."""

from __future__ import annotations

from typing import Any

import numpy as np
from bundle import Bundle
from tables import Table

WANTED = ("alpha", "q", "kl_theta", "kl_target", "ess_theta", "ess_target", "residual", "iterations")


def by_conversation(bundle: Bundle, solution: Any) -> Table:
    """Alpha*, the divergences and the certificate of every conversation, and of all rows together."""
    rows = [_cells(c.name, np.array(c.rows), solution) for c in bundle.conversations]
    rows.append(_cells("all", np.arange(len(solution.alpha)), solution))
    return Table(
        "The equilibrium, per conversation",
        ["conversation", "rows", "α* median", "α* range", "KL(q*‖π_θ)", "KL(q*‖π_t)", "ESS_θ", "ESS_t", "worst residual", "sweeps"],
        rows,
        strong=len(rows) - 1,
        total=True,
        notes=[
            "KLs (nats) and ESSs are medians; the residual |KL_θ − KL_t| is the largest.",
            "Sweeps over a row are the mean and the most: one that reads it, and one for each point of the path that was tried.",
            _statuses(solution),
        ],
    )


def _cells(name: str, rows: Any, solution: Any) -> list[str]:
    alpha, sweeps = solution.alpha[rows], 1 + solution.iterations[rows]  # the reading one, and one per point tried
    medians = [f"{np.median(getattr(solution, what)[rows]):#.3g}" for what in ("kl_theta", "kl_target")]
    samples = [f"{np.median(getattr(solution, what)[rows]):.3f}" for what in ("ess_theta", "ess_target")]
    return [
        name,
        str(len(rows)),
        f"{np.median(alpha):.4f}",
        f"{alpha.min():.3f} – {alpha.max():.3f}",
        *medians,
        *samples,
        f"{solution.residual[rows].max():.1e}",
        f"{sweeps.mean():.1f} / {sweeps.max()}",
    ]


def _statuses(solution: Any) -> str:
    names, counts = np.unique(solution.status, return_counts=True)
    return "row status: " + ", ".join(f"{count} {_name(status)}" for status, count in zip(names, counts))


def _name(status: int) -> str:
    from equipoise import RowStatus

    return RowStatus(int(status)).name


def interesting(solution: Any) -> list[tuple[int, str]]:
    """Rows worth a picture and why: far apart, typical, and the two that lean farthest to one side; each row once."""
    kl, alpha = solution.kl_theta, solution.alpha
    order = np.argsort(kl)
    apart = np.flatnonzero(kl > np.median(kl) / 4)  # where the two policies agree, alpha is a matter of taste
    wanted = [
        (int(order[-1]), "farthest apart"),
        (int(order[len(order) // 2]), "the median row"),
        (int(apart[np.argmin(alpha[apart])]), "smallest α*"),
        (int(apart[np.argmax(alpha[apart])]), "largest α*"),
        (int(order[3 * len(order) // 4]), "upper quartile"),
    ]
    chosen: dict[int, str] = {}
    for row, why in wanted:
        chosen[row] = f"{chosen[row]}, {why}" if row in chosen else why
    return list(chosen.items())[:4]
