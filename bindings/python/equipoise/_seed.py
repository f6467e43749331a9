"""``optimal_sampling_distribution``: the reference implementation's own function, as a drop-in."""

from __future__ import annotations

from ._arrays import same_kind
from ._plan import NO_PARAMETERS, integer, make_plan, number
from ._rows import F32, F64
from ._solution import Array
from ._solve import run

_EPSILON = 1e-10
_SMALLEST = 5e-324


def optimal_sampling_distribution(pi_theta: Array, pi_t: Array, tol: float = 1e-6, max_iter: int = 50) -> tuple[Array, Array]:
    """q* and alpha* of probabilities by bisection, as the reference implementation in PyTorch defines them.

    1e-10 is added to every probability before its logarithm (so a zero masks nothing), [0, 1] is halved until it is narrower than
    ``tol`` or ``max_iter`` halvings are done, and alpha* is the middle of what is left. Computed in float64 whatever the inputs.
    ``solve`` is the faster and sharper way: two sweeps instead of twenty, zeros that mask, a certificate and a status per row.

    Parameters
    ----------
    pi_theta, pi_t : arrays [batch, vocabulary] (any leading shape)
        Probabilities of the policy and the target: numpy, torch on the CPU or DLPack.
    tol : float, at least 0
        Width of the bracket at which to stop.
    max_iter : int, at least 1

    Returns
    -------
    q_star : array [batch, vocabulary]
    alpha_star : array [batch]
        Both in the inputs' kind and type (the wider one where they differ). NaN for rows that hold NaN or negative numbers. Mass is
        neither checked nor renormalised.

    Raises
    ------
    ValueError, TypeError, equipoise.Error
        As ``solve``. Thread safe; releases the GIL.
    """
    kind = same_kind(pi_theta, "pi_theta", pi_t, "pi_t")
    # The definition halves before it looks, so any bracket above half of [0, 1] means one halving.
    tolerance = min(max(number("tol", tol, 0.0), _SMALLEST), 0.75)
    halvings = integer("max_iter", max_iter, 1)
    a, b = kind.rows(pi_theta, "pi_theta"), kind.rows(pi_t, "pi_t")
    code = a.code if a.code == b.code else F64 if F64 in (a.code, b.code) else F32
    code = code if kind.makes(code) else F32
    q, _ = kind.empty(a.full_shape(), code)
    plan = make_plan(
        1.0, NO_PARAMETERS, "probs", "kl_symmetry", "bisection", tolerance, halvings, None, ("alpha",), 0, "auto", _EPSILON
    )
    arrays = run(plan, kind, pi_theta, pi_t, None, 1.0, {"q": q}, ("pi_theta", "pi_t"))
    return kind.finish(q, pi_theta), kind.finish(kind.cast(arrays["alpha"], code), pi_theta)
