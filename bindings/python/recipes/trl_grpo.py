"""Answer-level rewards for TRL's GRPO trainer, counted exactly: log target(answer) minus an estimate of log nu(answer).

    reward = AnswerReward(parse, group_size=8)  # parse(completion text) -> answer, or None
    trainer = GRPOTrainer(..., reward_funcs=reward, args=GRPOConfig(num_generations=8, scale_rewards="none", ...))

``scale_rewards="none"`` matters: division by the group's standard deviation would bring back the bias that the table takes away. TRL then
subtracts the group's mean, which only shortens the step (docs/rewards.md, baseline "mean").

TRL asks for rewards before it gathers, and a group may be spread over ranks: the answers of all ranks are gathered here, in their order.

Written for TRL 1.16. The test calls it as ``GRPOTrainer._calculate_rewards`` does.
"""

from __future__ import annotations

from typing import Any, Callable, Hashable

import numpy as np

import equipoise as eq


class AnswerReward:
    """A reward function of TRL: one number per completion, ``invalid_reward`` where no answer could be parsed.

    ``log_target(prompt, answer)`` is the target's log-probability of an answer, 0 without it. ``table`` holds the options of
    ``equipoise.reward_table``: ``kind``, ``m``, ``s``, ``rho``.
    """

    def __init__(
        self,
        parse: Callable[[str], Hashable | None],
        group_size: int,
        log_target: Callable[[Any, Hashable], float] | None = None,
        invalid_reward: float = 0.0,
        gather: Callable[[list[Any]], list[Any]] | None = None,
        **table: Any,
    ) -> None:
        self.parse, self.group_size, self.log_target = parse, group_size, log_target
        self.options: dict[str, Any] = {"kind": "harmonic", "invalid_reward": invalid_reward, **table}
        self.gather = _gather if gather is None else gather
        self.__name__ = "answer_reward"  # TRL logs rewards by it

    def __call__(self, prompts: list[Any], completions: list[Any], **columns: Any) -> list[float]:
        """As TRL calls it, once per batch: this rank's prompts, each repeated for its completions."""
        mine = [(prompt, self.parse(_text(completion))) for prompt, completion in zip(prompts, completions)]
        ranks = self.gather(mine)
        pairs = [pair for rank in ranks for pair in rank]
        if len(pairs) % self.group_size:
            raise ValueError(f"group_size={self.group_size} does not divide the {len(pairs)} completions of all ranks")
        first = sum(len(rank) for rank in ranks[: _rank()])
        found = eq.answer_rewards(self._ids(pairs), log_target=self._targets(pairs), **self.options)
        log = columns.get("log_metric")
        if log is not None:
            log("answers/distinct_share", float(np.mean([len(set(row[row >= 0])) / max((row >= 0).sum(), 1) for row in self._ids(pairs)])))
            log("answers/valid", float(found.k_eff.mean()))
        return [float(number) for number in found.rewards.reshape(-1)[first : first + len(mine)]]

    def _ids(self, pairs: list[Any]) -> Any:
        """Answers as numbers, equal ones alike within a group; -1 for none."""
        groups = [pairs[start : start + self.group_size] for start in range(0, len(pairs), self.group_size)]
        numbers: list[list[int]] = []
        for group in groups:
            names: dict[Hashable, int] = {}
            numbers.append([-1 if answer is None else names.setdefault(answer, len(names)) for _, answer in group])
        return np.array(numbers, np.int64).reshape(-1, self.group_size)

    def _targets(self, pairs: list[Any]) -> Any:
        if self.log_target is None:
            return 0.0
        numbers = [0.0 if answer is None else self.log_target(prompt, answer) for prompt, answer in pairs]
        return np.array(numbers).reshape(-1, self.group_size)


def _text(completion: Any) -> str:
    """The text of a completion: itself, or the last message of a conversation."""
    return str(completion if isinstance(completion, str) else completion[-1]["content"])


def _distributed() -> Any:
    """torch.distributed where it runs."""
    try:
        import torch.distributed as dist
    except ImportError:
        return None
    return dist if dist.is_available() and dist.is_initialized() else None


def _rank() -> int:
    dist = _distributed()
    return 0 if dist is None else int(dist.get_rank())


def _gather(mine: list[Any]) -> list[Any]:
    """Every rank's list, in the order of ranks."""
    dist = _distributed()
    if dist is None:
        return [mine]
    received: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(received, mine)
    return received
