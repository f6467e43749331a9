"""Who races: Equipoise, the ways to do the same in PyTorch (those of the demo), and a C yardstick where one is given."""

from __future__ import annotations

import ctypes
import importlib.util
import pathlib
from typing import Any, Callable

import equipoise as eq
import torch

DEMO = pathlib.Path(__file__).resolve().parents[2] / "demo" / "contestants.py"
Call = Callable[..., Any]


def in_pytorch() -> Any:
    """The demo's module of PyTorch implementations."""
    spec = importlib.util.spec_from_file_location("demo_contestants", DEMO)
    if spec is None or spec.loader is None:
        raise ImportError(f"no module at {DEMO}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Batch:
    """Normal logits [rows, columns] of both policies, and memory for results."""

    def __init__(self, rows: int, columns: int, dtype: torch.dtype = torch.float32) -> None:
        generator = torch.Generator().manual_seed(0)
        self.theta = torch.randn(rows, columns, generator=generator).to(dtype)
        self.target = torch.randn(rows, columns, generator=generator).to(dtype)
        self.q = torch.empty_like(self.theta)
        self.spare = torch.empty_like(self.theta)
        self.alpha = torch.empty(rows, dtype=torch.float64)

    def solve(self, threads: int = 1) -> Call:
        """alpha and q of all rows."""
        out = {"alpha": self.alpha, "q": self.q}
        return lambda: eq.solve(self.theta, self.target, outputs=(), out=out, threads=threads)

    def alpha_only(self) -> Call:
        """alpha of all rows."""
        out = {"alpha": self.alpha}
        return lambda: eq.solve(self.theta, self.target, outputs=(), out=out, threads=1)

    def one_row(self, kind: Call = lambda x: x, given: bool = False) -> Call:
        """The first row again and again, as tensors or as what `kind` makes of them, with memory for the results given or not."""
        theta, target = kind(self.theta[:1]), kind(self.target[:1])
        if not given:
            return lambda: eq.solve(theta, target, threads=1)
        out = {"alpha": kind(self.alpha[:1]), "q": kind(self.q[:1])}
        return lambda: eq.solve(theta, target, outputs=(), out=out, threads=1)

    def row_by_row(self) -> Call:
        """The same batch, one call a row: each row as far from the caches as in the batch."""
        rows = [
            (self.theta[i : i + 1], self.target[i : i + 1], {"alpha": self.alpha[i : i + 1], "q": self.q[i : i + 1]})
            for i in range(len(self.theta))
        ]

        def call() -> None:
            for theta, target, out in rows:
                eq.solve(theta, target, outputs=(), out=out, threads=1)

        return call

    def two_log_softmax(self) -> Call:
        """Normalising both policies in PyTorch, into memory that stands ready where this version takes it."""
        try:
            torch.log_softmax(self.theta, -1, out=self.q)
        except TypeError:
            return lambda: (torch.log_softmax(self.theta, -1), torch.log_softmax(self.target, -1))
        return lambda: (torch.log_softmax(self.theta, -1, out=self.q), torch.log_softmax(self.target, -1, out=self.spare))

    def yardstick(self, path: str) -> Call:
        """A shared object's `int two_sweeps(theta, target, q, alpha, rows, columns)`, float32."""
        function = ctypes.CDLL(path).two_sweeps
        rows, columns = self.theta.shape
        arguments = [ctypes.c_void_p(t.data_ptr()) for t in (self.theta, self.target, self.q, self.alpha)]
        return lambda: function(*arguments, ctypes.c_int(rows), ctypes.c_int(columns))

    def slow(self) -> dict[str, Call]:
        """The ways to alpha and q in PyTorch, fastest first."""
        module = in_pytorch()
        pi_theta, pi_t = torch.softmax(self.theta, -1), torch.softmax(self.target, -1)
        calls: dict[str, Call] = {}
        compiled = _compiled(module.newton)
        if compiled is not None:
            compiled(self.theta, self.target)
            calls["newton_compiled"] = lambda: compiled(self.theta, self.target)
        calls["newton"] = lambda: module.newton(self.theta, self.target)
        calls["bisection_hoisted"] = lambda: module.hoisted(self.theta, self.target)
        calls["reference"] = lambda: module.reference(pi_theta, pi_t)
        return calls


def _compiled(function: Call) -> Any:
    """The function by torch.compile; None where this version has none, or it does not work here."""
    if not hasattr(torch, "compile"):
        return None
    compiled = torch.compile(function, dynamic=False)
    try:
        compiled(torch.randn(4, 1024), torch.randn(4, 1024))
    except Exception as error:  # whatever a compiler that is missing raises
        print(f"torch.compile does not work here: {type(error).__name__}")
        return None
    return compiled
