"""One module an experiment; each has ``run(tick)``, which calls ``tick()`` ``TICKS`` times and gives a ``Section``.

To add one: a module here, and its name in ``ALL``.
"""

from __future__ import annotations

from . import balance, dynamics, ess_and_kl, ess_ratio, fisher, pareto, rewards, samples, solvers, step_sizes, triangle

ALL = (balance, ess_ratio, ess_and_kl, pareto, solvers, triangle, fisher, step_sizes, samples, rewards, dynamics)
