"""Equipoise: the sampling distribution that serves two policies equally, per row of logits.

Given the next-token scores of a policy and a target, ``solve`` finds for each row alpha* and

    q* proportional to pi_theta**alpha* pi_t**(1 - alpha*)   with   KL(q* || pi_theta) = KL(q* || pi_t),

the Chernoff point of the two distributions.

>>> import numpy as np, equipoise as eq
>>> theta, target = np.random.default_rng(0).normal(size=(2, 4, 1000)).astype(np.float32)
>>> solution = eq.solve(theta, target, outputs="all")
>>> solution.alpha.shape, solution.q.dtype
((4,), dtype('float32'))

All logarithms are natural (nats). Every function may be called from any number of threads and releases the GIL while it computes.
The native library is loaded at the first call; ``EQUIPOISE_ISA`` and ``EQUIPOISE_LIBRARY`` choose another one (``library_info``).
"""

from importlib import import_module

from ._devices import Device, devices
from ._divergence import bhattacharyya, divergence, ess, fisher_rao, hellinger, kl
from ._errors import Error
from ._fisher import TrustRegionStep, fisher_product, fisher_quadratic, natural_gradient, step_kl, trust_region_step
from ._gradients import geodesic, kl_gradient, solve_vjp
from ._gaussian import GaussianSolution, solve_gaussian
from ._history import AlphaHistory, Trend
from ._loader import LibraryInfo, library_info
from ._many import ManySolution, solve_many
from ._partial import PartialSolution, PartialStatistics
from ._path import PathStatistics, path
from ._rewards import AnswerRewards, RewardTable, answer_rewards, reward_table
from ._sample import Samples, sample
from ._seed import optimal_sampling_distribution
from ._solution import RowStatus, Solution
from ._solve import solve
from ._stochastic import AlphaTracker, RobbinsMonro, RunningMean, dvoretzky, sgd
from ._topk import TopKSolution, solve_topk
from ._version import __version__
from ._weights import ImportanceWeights, importance_weights

__all__ = [
    "AlphaHistory",
    "AlphaTracker",
    "AnswerRewards",
    "Device",
    "Error",
    "GaussianSolution",
    "ImportanceWeights",
    "LibraryInfo",
    "ManySolution",
    "PartialSolution",
    "PartialStatistics",
    "PathStatistics",
    "RewardTable",
    "RobbinsMonro",
    "RowStatus",
    "RunningMean",
    "Samples",
    "Solution",
    "TopKSolution",
    "Trend",
    "TrustRegionStep",
    "__version__",
    "answer_rewards",
    "bhattacharyya",
    "devices",
    "divergence",
    "dvoretzky",
    "ess",
    "fisher_product",
    "fisher_quadratic",
    "fisher_rao",
    "geodesic",
    "hellinger",
    "importance_weights",
    "kl",
    "kl_gradient",
    "library_info",
    "natural_gradient",
    "optimal_sampling_distribution",
    "path",
    "reward_table",
    "sample",
    "sgd",
    "solve",
    "solve_gaussian",
    "solve_many",
    "solve_topk",
    "solve_vjp",
    "step_kl",
    "trust_region_step",
]


def __getattr__(name: str) -> object:
    # They need torch, so they are imported by those who ask for them.
    if name in ("distributed", "torch"):
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
