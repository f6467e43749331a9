"""α* from samples alone, on rows of a language model: how fast it comes, from q_α itself and from the policy's own samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import equipoise as eq
import numpy as np
from claims import APPROXIMATION_NOTES, Claim, Picture, Section
from drawing import COLOUR, panels

DATA = Path(__file__).resolve().parents[2] / "demo" / "data"
ROWS, REPEATS, SAMPLES = 8, 4, 16
FRESH, OFF_PATH = 500, 5000
COLOURS = {"fresh, from q_α": "q", "off path, from π_θ": "theta"}
TICKS = len(COLOURS)


def run(tick: Callable[[], None]) -> Section:
    """The tracker's error against ``solve``, by the number of samples."""
    theta, target = (np.load(DATA / name) for name in ("theta.npy", "target.npy"))
    rows = np.repeat(_apart(theta, target), REPEATS)
    theta, target = theta[rows], target[rows]
    exact = eq.solve(theta, target, outputs=("alpha",)).alpha
    variance = eq.path(theta, target, exact[:, None], outputs=("variance",)).variance[:, 0]
    errors = {}
    for name, follow in zip(COLOURS, (_fresh, _off_path)):
        errors[name] = follow(theta, target, exact)
        tick()
    best = float(np.sqrt((1 / variance).mean() / SAMPLES))
    claims = [_claim(name, error, best) for name, error in errors.items()]
    return Section(
        "α* from samples of a language model",
        f"{APPROXIMATION_NOTES}, 6.2 and 6.3, applied to E_q[log π_t − log π_θ] = 0",
        f"{ROWS} of the bundled rows, {REPEATS} times each with draws of their own; {SAMPLES} tokens an update, steps 1/(k Var) with the"
        " variance estimated on the way. Off path the tokens are the policy's, weighted to q_α by self-normalised weights.",
        claims,
        [
            Picture(
                _picture(errors, best),
                "The root mean square of α − α*, α* as solve finds it; dashed: 1/√(k n Var), the least that n k tokens of q* allow.",
            )
        ],
    )


def _apart(theta: Any, target: Any) -> Any:
    """The rows whose policies are furthest apart: near-identical ones have no α* that samples could find."""
    kl = eq.solve(theta, target, outputs=("kl_theta",)).kl_theta
    return np.sort(np.argsort(kl)[-ROWS:])


def _fresh(theta: Any, target: Any, exact: Any) -> Any:
    """[kept, 2]: updates, and the error after so many."""
    tracker, errors = eq.AlphaTracker(len(exact)), []
    names = ("log_theta", "log_target")
    for k in range(1, FRESH + 1):
        drawn = eq.sample(theta, target, SAMPLES, 1, offset=k * SAMPLES, criterion="fixed_alpha", alpha=tracker.alpha, outputs=names)
        tracker.update(drawn.log_target - drawn.log_theta)
        errors.append((k, _error(tracker, exact)))
    return np.array(errors)[_kept(FRESH)]


def _off_path(theta: Any, target: Any, exact: Any) -> Any:
    tracker, errors = eq.AlphaTracker(len(exact)), []
    names = ("log_q", "log_theta", "log_target")
    drawn = eq.sample(theta, target, SAMPLES * OFF_PATH, 2, criterion="fixed_alpha", alpha=1.0, outputs=names)
    for k in range(1, OFF_PATH + 1):
        part = slice((k - 1) * SAMPLES, k * SAMPLES)
        tracker.update_off_path(drawn.log_theta[:, part], drawn.log_target[:, part], drawn.log_q[:, part])
        errors.append((k, _error(tracker, exact)))
    return np.array(errors)[_kept(OFF_PATH)]


def _kept(steps: int) -> Any:
    """Places of updates that are evenly spaced by their logarithms."""
    return np.unique(np.logspace(0, np.log10(steps), 40).round().astype(int)) - 1


def _error(tracker: Any, exact: Any) -> float:
    return float(np.sqrt(((tracker.alpha - exact) ** 2).mean()))


def _claim(name: str, errors: Any, best: float) -> Claim:
    k, error = errors[errors[:, 0] >= errors[-1, 0] / 30].T
    power = np.polyfit(np.log(k), np.log(error), 1)[0]
    return Claim(
        f"error of α by the number of updates, {name}", "k^-0.5", f"k^{power:.2f}",
        f"{error[-1]:.1e} after {k[-1]:.0f} updates, {error[-1] * np.sqrt(k[-1]) / best:.2f} times the best possible from q*",
        bool(abs(power + 0.5) < 0.15),
    )  # fmt: skip


def _picture(errors: dict[str, Any], best: float) -> str:
    def draw(axes: Any) -> None:
        for name, error in errors.items():
            axes[0].loglog(error[:, 0], error[:, 1], color=COLOUR[COLOURS[name]], label=name)
        k = np.array([1, OFF_PATH])
        axes[0].loglog(k, best / np.sqrt(k), "--", color="gray", linewidth=1)
        axes[0].set_xlabel("updates k")
        axes[0].set_ylabel("error of α")
        axes[0].legend(frameon=False)

    return panels("samples", (5.2, 3.2), 1, draw)
