"""One pair of files solved in chunks, and what is said about it afterwards."""

from __future__ import annotations

from contextlib import ExitStack
from time import perf_counter
from typing import Any

import numpy as np

from ._files import FileError, Output, Scores, refuse_overwriting, save
from ._solution import FIELDS, RowStatus
from ._solve import solve
from ._terminal import Progress

_CHUNK_BYTES = 1 << 26
_STATISTICS = tuple(name for name in FIELDS if name not in ("q", "log_q"))

HEADING = "policy|rows|columns|alpha*|[range]|KL to policy|KL to target|ESS policy|ESS target|worst residual|sweeps|s|statuses".split("|")


class Job:
    """Policy and target files with the options of ``solve`` that apply to them."""

    def __init__(self, policy: str, target: str, options: dict[str, Any], progress: bool) -> None:
        self.policy = Scores(policy)
        self.target = Scores(target)
        self.options = options
        self.progress = progress
        self.rows = len(self.policy.array)
        self.done = 0
        self.seconds = 0.0
        self.statistics: dict[str, Any] = {}
        self._check()

    def run(self, output: str | None = None, alpha: str | None = None, dtype: str | None = None) -> None:
        """Solves every row; writes q to ``output`` and alpha to ``alpha`` where given."""
        for path in (output, alpha):
            refuse_overwriting(path, [self.policy.path, self.target.path])
        self.statistics = {name: np.zeros(self.rows, np.int32 if name in ("iterations", "status") else np.float64) for name in _STATISTICS}
        started = perf_counter()
        with ExitStack() as stack:
            q = stack.enter_context(Output(output, self.policy.shape, dtype or self._dtype())) if output is not None else None
            self._solve(q)
            if alpha is not None:
                save(alpha, self.statistics["alpha"].reshape(self.policy.shape[:-1]))
        self.seconds = perf_counter() - started

    def _solve(self, q: Output | None) -> None:
        progress = Progress(self.policy.path, self.rows, self.progress)
        step = max(1, _CHUNK_BYTES // max(1, 2 * self.policy.array.strides[0]))
        try:
            for first in range(0, self.rows, step):
                last = min(self.rows, first + step)
                out = {name: array[first:last] for name, array in self.statistics.items()}
                if q is not None and q.rows is not None:
                    out["q"] = q.rows[first:last]
                solve(self.policy.read(first, last), self.target.read(first, last), outputs=(), out=out, **self.options)
                self.done = last
                progress.update(last)
        finally:
            progress.close()

    def failures(self) -> int:
        """Rows without an answer that meets the tolerance."""
        status = self.statistics["status"]
        return int(np.isin(status, (RowStatus.NOT_CONVERGED, RowStatus.DISJOINT, RowStatus.INVALID)).sum())

    def summary(self) -> list[str]:
        """One row for a table under ``HEADING``: medians over the rows that have an answer."""
        status = self.statistics["status"]
        answered = status < RowStatus.DISJOINT
        values = {name: array[answered] for name, array in self.statistics.items()}
        if not answered.any():
            numbers = ["-"] * 8
        else:
            alpha = values["alpha"]
            numbers = [f"{np.median(alpha):.6f}", f"{alpha.min():.4f}..{alpha.max():.4f}"]
            numbers += [f"{np.median(values[name]):.6g}" for name in ("kl_theta", "kl_target", "ess_theta", "ess_target")]
            numbers += [f"{values['residual'].max():.1e}", f"{values['iterations'].mean():.2f}"]
        counts = [f"{int((status == kind).sum())} {kind.name.lower()}" for kind in RowStatus if (status == kind).any()]
        return [self.policy.path, str(self.rows), str(self.policy.shape[-1]), *numbers, f"{self.seconds:.2f}", ", ".join(counts) or "-"]

    def _dtype(self) -> str:
        return "float64" if self.policy.array.dtype.itemsize == 8 else "float32"

    def _check(self) -> None:
        shapes = f"{self.policy.path} has shape {self.policy.shape} and {self.target.path} {self.target.shape}"
        if self.policy.shape[:-1] != self.target.shape[:-1]:
            raise FileError(f"{shapes}: the leading shapes must agree")
        if self.policy.shape[-1] != self.target.shape[-1] and self.options.get("valid_columns") is None:
            raise FileError(f"{shapes}: give --valid-columns if the rest is padding")
