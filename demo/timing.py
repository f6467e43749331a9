"""The time table: Equipoise beside PyTorch, on the bundled rows in float32."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

import equipoise as eq
import machine
import numpy as np
import race
import numpy.typing as npt
from tables import Table

OURS = "Equipoise"
NO_TORCH = "PyTorch is not installed here, so nothing is compared."


@dataclass(frozen=True)
class Work:
    """Logits [rows, vocabulary] float32 of both policies, and what to call them."""

    name: str
    theta: npt.NDArray[np.float32]
    target: npt.NDArray[np.float32]


def real(theta: npt.NDArray[np.float16], target: npt.NDArray[np.float16]) -> Work:
    """The bundled rows as a trainer holds them."""
    return Work("Time on the real rows", theta.astype(np.float32), target.astype(np.float32))


def random() -> Work:
    """As many rows as a small batch has, of normal logits: the usual yardstick."""
    theta, target = np.random.default_rng(0).standard_normal((2, 64, 51200), np.float32)
    return Work("Time on normal random logits", theta, target)


@dataclass(frozen=True)
class Times:
    """Median seconds by contestant, on one thread and on all cores (None where there is one core), and the largest error of alpha."""

    one: dict[str, float]
    all: dict[str, float] | None
    errors: dict[str, float]


def measure(work: Work, rounds: int) -> Times:
    """Runs everyone. Seconds are of one call over all rows."""
    theta, target = work.theta, work.target
    exact = eq.solve(theta.astype(np.float64), target.astype(np.float64), method="bisection", tolerance=1e-11, outputs="alpha").alpha
    torch = _torch()
    if torch is None:
        one = race.medians(_numpy_only(theta, target, 1), rounds)
        every = race.medians(_numpy_only(theta, target, 0), rounds) if machine.cores() > 1 else None
        alpha = eq.solve(theta, target, outputs="alpha").alpha
        return Times(one, every, {OURS: float(np.abs(alpha - exact).max())})
    usual = torch.get_num_threads()
    try:
        a, b = torch.from_numpy(theta), torch.from_numpy(target)
        torch.set_num_threads(1)
        one = race.medians(_everyone(torch, a, b, 1), rounds)
        torch.set_num_threads(machine.cores())
        every = race.medians(_everyone(torch, a, b, 0), rounds) if machine.cores() > 1 else None
        return Times(one, every, _errors(torch, a, b, exact))
    finally:
        torch.set_num_threads(usual)


def table(work: Work, times: Times) -> Table:
    """Milliseconds, how many times ours, and what each got wrong."""
    rows, vocabulary = work.theta.shape
    names = list(times.one)
    head = ["", "1 thread, ms", "ns an element", "× ours"]
    if times.all:
        head += [f"{machine.cores()} threads, ms", "× ours"]
    notes = [f"α* and q* of {rows} × {vocabulary} float32 logits; medians of interleaved runs. The error is the largest, against float64."]
    if len(names) == 1:
        notes.append(NO_TORCH)
    lines = [_line(name, times, rows * vocabulary) for name in names]
    return Table(work.name, [*head, "error of α*"], lines, strong=names.index(OURS), notes=notes)


def _line(name: str, times: Times, elements: int) -> list[str]:
    cells = [name, _milliseconds(times.one[name]), f"{times.one[name] / elements * 1e9:.2f}", _ratio(times.one, name)]
    if times.all:
        cells += [_milliseconds(times.all[name]), _ratio(times.all, name)]
    return [*cells, f"{times.errors[name]:.0e}" if name in times.errors else "–"]


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.3g}" if seconds < 1 else f"{seconds * 1e3:.0f}"


def _ratio(seconds: dict[str, float], name: str) -> str:
    ratio = seconds[name] / seconds[OURS]
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        return None
    return torch


def _numpy_only(theta: Any, target: Any, threads: int) -> dict[str, Callable[[], Any]]:
    out = {"q": np.empty_like(theta)}
    return {OURS: lambda: eq.solve(theta, target, outputs=("alpha", "q"), out=out, threads=threads)}


def _everyone(torch: Any, a: Any, b: Any, threads: int) -> dict[str, Callable[[], Any]]:
    import contestants

    out = {"q": torch.empty_like(a)}
    spare = torch.empty_like(a)
    pi_theta, pi_t = torch.softmax(a, -1), torch.softmax(b, -1)
    return {
        OURS: lambda: eq.solve(a, b, outputs=("alpha", "q"), out=out, threads=threads),
        "two log_softmax alone": lambda: contestants.two_log_softmax(a, b, out["q"], spare),
        "PyTorch, Newton by an expert": lambda: contestants.newton(a, b),
        "PyTorch, reference, logs hoisted": lambda: contestants.hoisted(a, b),
        "PyTorch, reference": lambda: contestants.reference(pi_theta, pi_t),
    }


def _errors(torch: Any, a: Any, b: Any, exact: Any) -> dict[str, float]:
    import contestants

    answers = {
        OURS: eq.solve(a, b, outputs="alpha").alpha,
        "PyTorch, Newton by an expert": contestants.newton(a, b)[1],
        "PyTorch, reference, logs hoisted": contestants.hoisted(a, b)[1],
        "PyTorch, reference": contestants.reference(torch.softmax(a, -1), torch.softmax(b, -1))[1],
    }
    return {name: float(np.abs(alpha.numpy() - exact).max()) for name, alpha in answers.items()}
