"""Distils a small model towards a teacher without ever holding logits: hidden states go through both LM heads tile by tile.

The loss per token is KL(q* || policy), q* being the Chernoff point of policy and teacher and standing still; its gradient in the policy's
logits is p - q*. A row of logits is never whole: ``equipoise.PartialStatistics`` finds alpha* from tiles, and the backward pass makes each
tile again, turns it into p - q* in place, and carries it into the hidden states and the head. Prints what the process took at its peak
beside what the logits alone would have taken.

    python3 bindings/python/examples/lm_heads_in_tiles.py [--tokens 512] [--vocabulary 65536] [--hidden 64] [--steps 4]
"""

from __future__ import annotations

import argparse
import resource
from typing import Any, Iterator

import torch

import equipoise as eq


def tiles(columns: int, width: int) -> Iterator[slice]:
    """Column ranges that cover a vocabulary."""
    return (slice(first, min(first + width, columns)) for first in range(0, columns, width))


class TiledChernoffLoss(torch.autograd.Function):
    """KL(q* || policy) of every token, [tokens] float64, with gradients for the policy's hidden states and head."""

    @staticmethod
    def forward(ctx: Any, hidden: Any, head: Any, teacher_hidden: Any, teacher_head: Any, width: int) -> Any:
        statistics = eq.PartialStatistics(len(hidden))
        for columns in tiles(len(head), width):
            statistics.update(hidden @ head[columns].T, teacher_hidden @ teacher_head[columns].T)
        solution = statistics.solve()
        while not solution.converged:
            for columns in tiles(len(head), width):
                statistics.refine(hidden @ head[columns].T, teacher_hidden @ teacher_head[columns].T)
            solution = statistics.solve()
        ctx.save_for_backward(hidden, head, teacher_hidden, teacher_head, solution.theta_lse)
        ctx.statistics, ctx.width = statistics, width
        return -solution.log_z

    @staticmethod
    def backward(ctx: Any, weight: Any) -> Any:
        hidden, head, teacher_hidden, teacher_head, lse = ctx.saved_tensors
        to_hidden, to_head = torch.zeros_like(hidden), torch.zeros_like(head)
        for columns in tiles(len(head), ctx.width):
            logits = hidden @ head[columns].T
            gradient = ctx.statistics.q(logits, teacher_hidden @ teacher_head[columns].T)
            gradient.neg_().add_(logits.sub_(lse[:, None]).exp_()).mul_(weight[:, None])
            to_hidden += gradient @ head[columns]
            to_head[columns] = gradient.T @ hidden
        return to_hidden, to_head, None, None, None


def peak_mib() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--vocabulary", type=int, default=65536)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--tile", type=int, default=2048)
    parser.add_argument("--steps", type=int, default=4)
    wanted = parser.parse_args()

    torch.manual_seed(0)
    scale = wanted.hidden**-0.5
    teacher_hidden = torch.randn(wanted.tokens, wanted.hidden)
    teacher_head = torch.randn(wanted.vocabulary, wanted.hidden) * scale
    hidden = torch.nn.Parameter(teacher_hidden + torch.randn_like(teacher_hidden))
    head = torch.nn.Parameter(teacher_head + 0.3 * scale * torch.randn_like(teacher_head))
    optimiser = torch.optim.SGD([hidden, head], lr=0.5 * wanted.tokens)
    before = peak_mib()

    print("step  KL(q*||policy)")
    for step in range(wanted.steps):
        optimiser.zero_grad()
        loss = TiledChernoffLoss.apply(hidden, head, teacher_hidden, teacher_head, wanted.tile).mean()
        loss.backward()
        optimiser.step()
        print(f"{step:4d}  {loss.item():.6f}")
    logits = 2 * 4 * wanted.tokens * wanted.vocabulary / 2**20
    print(f"peak memory: {peak_mib():.0f} MiB, {peak_mib() - before:.0f} MiB of it while training; both logits alone: {logits:.0f} MiB")


if __name__ == "__main__":
    main()
