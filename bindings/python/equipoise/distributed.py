"""``equipoise.distributed``: the same solve over a vocabulary that a ``torch.distributed`` group shares."""

from __future__ import annotations

from struct import Struct
from typing import Any, NamedTuple, NoReturn

import numpy as np
import torch
import torch.distributed as dist

from ._arrays import same_kind
from ._errors import Error
from ._partial import MOMENTS, RECORD, PartialStatistics
from ._rows import F64
from ._solution import Array, Outputs, RowStatus, wanted

# Not every torch has types for its collectives.
_dist: Any = dist

FIELDS = ("alpha", "q", "log_q", "log_z", "kl_theta", "kl_target", "theta_lse", "target_lse", "residual", "status")
_MATRICES = ("q", "log_q")

# What every rank tells the others first: which error it met (0 = none), how many rows it has, and the error's text.
_HEADER = Struct("=qq496s")
_ERRORS: tuple[type[Exception], ...] = (ValueError, TypeError, MemoryError, Error)


class DistributedSolution(Outputs[Array]):
    """The outputs of ``distributed.solve`` that were asked for, as attributes; ``status`` is always there."""

    _FIELDS = FIELDS
    _CALL = "distributed.solve"

    alpha: Array
    """[...] float64 in [0, 1]: the weight of the policy in q; the same bits on every rank, as all that has no columns."""
    q: Array
    """[..., columns]: this rank's columns of the sampling distribution, which sums to 1 over all ranks."""
    log_q: Array
    """[..., columns]: its logarithm, nats."""
    log_z: Array
    """[...] float64, nats: log Z(alpha) <= 0."""
    kl_theta: Array
    """[...] float64, nats: KL(q || pi_theta) >= 0."""
    kl_target: Array
    """[...] float64, nats: KL(q || pi_t) >= 0."""
    theta_lse: Array
    """[...] float64, nats: log sum exp(theta / temperature) over all ranks' columns."""
    target_lse: Array
    """[...] float64, nats: log sum exp(target / temperature) over all ranks' columns."""
    residual: Array
    """[...] float64, nats: a bound for |KL_theta - KL_target| at alpha."""
    status: Array
    """[...] int32: a ``RowStatus`` per row."""


def solve(
    theta: Array,
    target: Array,
    group: Any = None,
    mask: Any = None,
    temperature: Any = 1.0,
    outputs: Any = ("alpha", "q"),
    *,
    tolerance: float | None = None,
    max_sweeps: int = 20,
    threads: int = 0,
) -> DistributedSolution[Array]:
    """``equipoise.solve`` over a vocabulary whose columns are spread over the ranks of a group. Every rank of it has to call.

    Parameters
    ----------
    theta, target : arrays [..., columns]
        This rank's columns of both logits, cut to the valid ones; as many in both, none at all (a last rank of padding), and as many as
        this rank happens to have: widths and types may differ between ranks, the leading shape may not.
    group : torch.distributed group, optional
        Such as Megatron's tensor-parallel group; by default all processes.
    mask, temperature
        As in ``solve``, the same on every rank.
    outputs : names, or "all"
        "alpha", "q", "log_q", "log_z", "kl_theta", "kl_target", "theta_lse", "target_lse", "residual". "status" is always there.
    tolerance : float above 0, optional
        As in ``PartialStatistics``: 1e-9 for rows with float64 columns and 1e-6 for others by default.
    max_sweeps : int
        Further sweeps that rows may take; a row that has not converged then is NOT_CONVERGED.
    threads : int
        As in ``solve``.

    Returns
    -------
    DistributedSolution
        Arrays of the caller's kind. What has no columns is the same on every rank, to the bit.

    Raises
    ------
    ValueError, TypeError, MemoryError, equipoise.Error
        On every rank, whichever met it: the others' text begins with the rank. Nobody waits for a rank that failed.

    Notes
    -----
    Two collectives for ordinary rows: an all-gather of 512 bytes (who failed, and how many rows there are) and one of 768 bytes a row
    (``PartialStatistics``), which every rank merges in the order of the ranks. Rows that these sums cannot settle to the tolerance take
    further sweeps over this rank's columns, each an all-gather of 32 bytes for every such row. Ranks must run one version of the library at
    one level of instruction set for equal bits. Call it from one thread per group.
    """
    world = _World(group)
    statistics, failure = None, None
    try:
        names = wanted(outputs, FIELDS)
        statistics = _local(theta, target, mask, temperature, tolerance, threads)
    except Exception as error:  # whatever it is, the others wait
        failure = error
    world.agree(failure, 0 if statistics is None else statistics.rows)
    assert statistics is not None
    merged = _merged(statistics, world)
    solution = merged.solve()
    for _ in range(max_sweeps):
        if solution.converged:
            break
        _refine(merged, theta, target, world)
        solution = merged.solve()
    arrays = {name: getattr(solution, name) for name in names if hasattr(solution, name)}
    if "kl_theta" in names or "kl_target" in names:
        arrays.update(_kls(merged, solution, names))
    for name in _MATRICES:
        if name in names:
            arrays[name] = getattr(merged, name)(theta, target)
    return DistributedSolution({name: arrays[name] for name in names})


class _World:
    """The group, and what crosses it."""

    def __init__(self, group: Any) -> None:
        if not dist.is_available() or not dist.is_initialized():
            raise Error("torch.distributed is not initialised: call torch.distributed.init_process_group first")
        self.group = group
        self.rank = dist.get_rank(group)
        self.size = dist.get_world_size(group)
        if self.rank < 0:
            raise ValueError("group does not have this process among its ranks")
        is_nccl = dist.get_backend(group) == "nccl"
        self.device = torch.device("cuda", torch.cuda.current_device()) if is_nccl else torch.device("cpu")

    def gather(self, mine: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
        """Every rank's array, in the order of the ranks; they must be of one shape and type."""
        sent = torch.from_numpy(np.ascontiguousarray(mine)).to(self.device)
        received = [torch.empty_like(sent) for _ in range(self.size)]
        _dist.all_gather(received, sent, group=self.group)
        return [tensor.cpu().numpy() for tensor in received]

    def agree(self, failure: Exception | None, rows: int) -> None:
        """Raises on every rank if one has failed, or if they have not as many rows."""
        text = str(failure).encode("utf-8", "replace")[:496]
        known = [number for number, kind in enumerate(_ERRORS, 1) if isinstance(failure, kind)]
        code = 0 if failure is None else known[0] if known else len(_ERRORS)
        headers = [_Header.read(data) for data in self.gather(np.frombuffer(_HEADER.pack(code, rows, text), np.uint8))]
        if failure is not None:
            raise failure
        for rank, header in enumerate(headers):
            if header.code:
                header.fail(rank)
        for rank, header in enumerate(headers):
            if header.rows != headers[0].rows:
                raise ValueError(f"theta has {headers[0].rows} rows on rank 0 and {header.rows} on rank {rank}: they must agree")


class _Header(NamedTuple):
    code: int
    rows: int
    text: str

    @staticmethod
    def read(data: np.ndarray[Any, Any]) -> _Header:
        code, rows, text = _HEADER.unpack(data.tobytes())
        return _Header(code, rows, text.rstrip(b"\0").decode("utf-8", "replace"))

    def fail(self, rank: int) -> NoReturn:
        raise _ERRORS[self.code - 1](f"rank {rank}: {self.text}")


def _local(theta: Any, target: Any, mask: Any, temperature: Any, tolerance: float | None, threads: int) -> PartialStatistics:
    """What this rank's columns say."""
    shape = tuple(same_kind(theta, "theta", target, "target").rows(theta, "theta").shape)
    statistics = PartialStatistics(shape, temperature=temperature, mask=mask, tolerance=tolerance, threads=threads)
    statistics._names = ("theta", "target")
    statistics.update(theta, target)
    return statistics


def _merged(statistics: PartialStatistics, world: _World) -> PartialStatistics:
    """What all ranks' columns say: the same operations in the same order everywhere."""
    gathered = world.gather(statistics.records) if statistics.rows else [statistics.records]
    statistics.records[:] = gathered[0]
    for records in gathered[1:]:
        statistics.merge(PartialStatistics.from_records(records.reshape(-1, RECORD)))
    # The mask is in the records by now. One rank's own would not be the others'.
    statistics._mask = None
    return statistics


def _refine(statistics: PartialStatistics, theta: Any, target: Any, world: _World) -> None:
    """One more sweep of the rows that need one; all ranks know which those are."""
    is_open = statistics._statuses() == RowStatus.NOT_CONVERGED
    mine, failure = np.zeros((int(is_open.sum()) + 1, MOMENTS)), None
    try:
        mine[1:] = statistics.measure(theta, target)[is_open]
    except Exception as error:  # whatever it is, the others wait
        mine[0, 0], failure = 1.0, error
    gathered = world.gather(mine)
    if failure is not None:
        raise failure
    failed = [rank for rank, sums in enumerate(gathered) if sums[0, 0]]
    if failed:
        raise Error(f"rank {failed[0]} failed in a further sweep")
    moments = np.zeros((statistics.rows, MOMENTS))
    for sums in gathered:
        moments[is_open] += sums[1:]
    statistics.refine_with(moments)


def _kls(statistics: PartialStatistics, solution: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Both are -log Z at the point; at an end of the path, where E_q[l] is not 0, they differ by it."""
    log_z, residual, status = (np.asarray(array) for array in (solution.log_z, solution.residual, solution.status))
    kls = {}
    for name, end in (("kl_theta", RowStatus.AT_TARGET), ("kl_target", RowStatus.AT_THETA)):
        if name in names:
            kls[name], _ = statistics._kind.empty(statistics.shape, F64)
            np.asarray(kls[name])[...] = 0.0 - log_z - np.where(status == end, residual, 0.0)
    return kls
