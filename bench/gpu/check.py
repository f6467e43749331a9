"""The CUDA path on a real device against the CPU's answers; ends with an AssertionError at the first that differs."""

from __future__ import annotations

import pathlib
from typing import Any

import equipoise as eq
import numpy as np
import torch

DATA = pathlib.Path(__file__).resolve().parents[2] / "demo" / "data"
ALPHA, Q = 1e-6, 2e-6


def real_rows() -> tuple[Any, Any]:
    """The bundled logits, as float32 on the host."""
    theta, target = (np.load(DATA / name).astype(np.float32) for name in ("theta.npy", "target.npy"))
    return torch.from_numpy(theta), torch.from_numpy(target)


def normal_rows(rows: int, columns: int, sigma: float) -> tuple[Any, Any]:
    """Normal logits, the same on every machine."""
    generator = torch.Generator().manual_seed(rows * columns)
    return sigma * torch.randn(rows, columns, generator=generator), sigma * torch.randn(rows, columns, generator=generator)


def compare(name: str, theta: Any, target: Any, **options: Any) -> None:
    """Every row of the device's answer beside the CPU's."""
    host = eq.solve(theta, target, outputs="all", **options)
    there = eq.solve(theta.cuda(), target.cuda(), outputs="all", **options)
    torch.cuda.synchronize()
    assert there.alpha.is_cuda and there.q.is_cuda, name
    assert torch.equal(there.status.cpu(), host.status), name
    alpha = (there.alpha.cpu() - host.alpha).abs().nan_to_num().max().item()
    q = (there.q.cpu().double() - host.q.double()).abs().nan_to_num().max().item()
    print(f"{name}: alpha within {alpha:.1e}, q within {q:.1e}")
    assert alpha <= ALPHA and q <= (Q if there.q.dtype == torch.float32 else 1e-2), name


def on_a_stream(theta: Any, target: Any) -> None:
    """Work goes to torch's current stream, behind what it waits for."""
    stream = torch.cuda.Stream()
    expected = eq.solve(theta, target).alpha
    with torch.cuda.stream(stream):
        a, b = torch.zeros_like(theta, device="cuda"), torch.zeros_like(target, device="cuda")
        torch.cuda._sleep(10_000_000)  # the copies come late, and the solve after them
        a.copy_(theta)
        b.copy_(target)
        found = eq.solve(a, b).alpha
    stream.synchronize()
    assert (found.cpu() - expected).abs().max() <= ALPHA
    print("a stream of the caller's own: in order")


def in_a_graph(theta: Any, target: Any) -> None:
    """A call can be captured after a warm-up, and replayed on new numbers."""
    a, b = theta.cuda(), target.cuda()
    out = {"alpha": torch.empty(len(a), dtype=torch.float64, device="cuda"), "q": torch.empty_like(a)}
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        eq.solve(a, b, outputs=(), out=out)
    side.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        eq.solve(a, b, outputs=(), out=out)
    a.copy_(target)
    b.copy_(theta)
    graph.replay()
    torch.cuda.synchronize()
    assert (out["alpha"].cpu() - eq.solve(target, theta).alpha).abs().max() <= ALPHA
    print("a captured graph: replayed on other rows")


def repeatable(theta: Any, target: Any) -> None:
    """The same bits in every run, and whatever the number of rows."""
    a, b = theta.cuda(), target.cuda()
    first = eq.solve(a, b)
    assert all(torch.equal(eq.solve(a, b).q, first.q) for _ in range(5))
    assert torch.equal(eq.solve(a[3:4], b[3:4]).q, first.q[3:4])
    print("bits: the same in every run and in every batch")


def beyond_32_bits() -> None:
    """The last row of 8192 x 262144, where memory allows, is what it is alone."""
    rows, columns = 8192, 262144
    if torch.cuda.mem_get_info()[0] < 4 * rows * columns * 2:
        print("8192 x 262144: too little memory here")
        return
    theta, target, q = (torch.zeros(rows, columns, dtype=torch.bfloat16, device="cuda") for _ in range(3))
    for scores, last in zip((theta, target), normal_rows(1, columns, 1.0)):
        scores[-1] = last[0].to("cuda", torch.bfloat16)
    alpha = eq.solve(theta, target, outputs=("alpha",), out={"q": q}).alpha
    alone = eq.solve(theta[-1:], target[-1:])
    assert torch.equal(q[-1:], alone.q) and torch.equal(alpha[-1:], alone.alpha)
    print("8192 x 262144: the last row has the bits that it has alone")


def main() -> None:
    """All checks."""
    real = real_rows()
    compare("real rows", *real)
    for sigma in (0.1, 1.0, 4.0, 12.0):
        compare(f"normal rows, sigma {sigma}", *normal_rows(64, 51200, sigma))
    compare("one long row", *normal_rows(1, 262144, 2.0))
    compare("odd widths", *normal_rows(7, 1003, 1.0))
    compare("odd widths, float64", *(t.double() for t in normal_rows(7, 8195, 1.0)))
    for dtype in (torch.float16, torch.bfloat16):
        compare(f"odd widths, {dtype}", *(t.to(dtype) for t in normal_rows(9, 8195, 1.0)))
    compare("bisection", *normal_rows(8, 4096, 1.0), method="bisection")
    compare("temperatures and valid columns", *normal_rows(8, 4096, 1.0), temperature=(0.7, 1.3), valid_columns=4001)
    compare("float64", *(t.double() for t in normal_rows(8, 4096, 1.0)))
    for dtype in (torch.float16, torch.bfloat16):
        compare(str(dtype), *(t.to(dtype) for t in normal_rows(8, 4096, 1.0)))
    for options in ({"weights": (1.0, 4.0)}, {"budget": 0.05}, {"budget": 0.0}, {"budget": 40.0}, {"floor": 0.4}, {"floor": 1e-7}, {}):
        criterion = {"weights": "weighted_kl", "budget": "kl_budget", "floor": "ess_floor"}.get(next(iter(options), ""), "ess_balance")
        compare(f"{criterion} {options}", *normal_rows(16, 4099, 1.0), criterion=criterion, **options)
    on_a_stream(*real)
    in_a_graph(*normal_rows(16, 4096, 1.0))
    repeatable(*normal_rows(16, 32768, 1.0))
    beyond_32_bits()


if __name__ == "__main__":
    main()
