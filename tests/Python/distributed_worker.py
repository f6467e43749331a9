"""One rank of a gloo group: solves shards of rows that all ranks make alike, and writes down what it got. Run by test_distributed.py."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist

COLUMNS = 3000
SIGMA = {"ordinary": 1.0, "hard": 7.0}


def rows(name: str, dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    """[2, 3, COLUMNS] logits of two policies."""
    random = np.random.default_rng(len(name))
    a, b = (torch.from_numpy(random.normal(size=(2, 3, COLUMNS)) * SIGMA[name]).to(dtype) for _ in range(2))
    return a, b


def cuts(world: int) -> list[int]:
    """Uneven shards, and with three ranks or more one that is empty."""
    return {1: [0, COLUMNS], 2: [0, 7, COLUMNS], 3: [0, 2000, 2000, COLUMNS], 4: [0, 1, 1500, 1500, COLUMNS]}[world]


def main(folder: str, rank: int, world: int) -> None:
    import equipoise.distributed as shared

    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting-{world}", rank=rank, world_size=world)
    calls: list[str] = []
    gather = dist.all_gather

    def counted(*arguments: object, **options: object) -> object:
        calls.append("all_gather")
        return gather(*arguments, **options)

    dist.all_gather = counted
    found: dict[str, np.ndarray] = {}
    first, last = cuts(world)[rank : rank + 2]

    def solve(label: str, name: str, dtype: torch.dtype = torch.float64, **options: object) -> None:
        a, b = rows(name, dtype)
        calls.clear()
        solution = shared.solve(a[..., first:last], b[..., first:last], outputs="all", **options)
        for field, array in solution.as_dict().items():
            found[f"{label}/{field}"] = array.double().numpy() if field in ("q", "log_q") else array.numpy()
        found[f"{label}/collectives"] = np.array(len(calls))

    solve("ordinary", "ordinary")
    solve("bf16", "ordinary", torch.bfloat16)
    solve("hard", "hard")
    mask = torch.tensor([[True, False, True], [True, True, False]])
    solve("masked", "ordinary", mask=mask, temperature=(0.8, 1.25))
    with_masks = rows("ordinary")
    with_masks[0][0, 0, 10:2990], with_masks[1][1, 1] = -np.inf, np.nan
    solution = shared.solve(with_masks[0][..., first:last], with_masks[1][..., first:last], outputs=("alpha",))
    found["holes/alpha"], found["holes/status"] = solution.alpha.numpy(), solution.status.numpy()

    failures(shared, rank, world, found, first, last)
    calls.clear()
    solve("after", "ordinary")
    np.savez(Path(folder) / f"{world}-{rank}.npz", **found)
    dist.destroy_process_group()


def failures(shared: object, rank: int, world: int, found: dict[str, np.ndarray], first: int, last: int) -> None:
    """What each rank is told when the last one brings something wrong."""
    is_last = rank == world - 1
    a, b = rows("ordinary")
    a, b = a[..., first:last], b[..., first:last]

    def narrow() -> tuple[object, object]:
        return a, b[..., :-1]

    def integers() -> tuple[object, object]:
        return a.long(), b

    def fewer_rows() -> tuple[object, object]:
        return a[:1], b[:1]

    def elsewhere() -> tuple[object, object]:
        return a, b.to("meta")

    def too_many() -> tuple[object, object]:
        return torch.cat([a, a], -1), b

    def nothing() -> tuple[object, object]:
        return a, None

    for wrong in (narrow, integers, elsewhere, too_many, fewer_rows, nothing):
        try:
            shared.solve(*(wrong() if is_last else (a, b)))
            text = "no error"
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
        found[f"failure/{wrong.__name__}"] = np.array(text)
    try:
        shared.solve(a, b, temperature=1.0 if is_last else 2.0)
        text = "no error"
    except ValueError as error:
        text = str(error)
    found["failure/temperatures"] = np.array(text)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
