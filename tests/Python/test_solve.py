"""What solve answers for ordinary rows, and in which form."""

from __future__ import annotations

import equipoise as eq
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Exact, normal, pair, same_bits

FIELDS = ("alpha", "q", "log_q", "log_z", "kl_theta", "kl_target", "ess_theta", "ess_target", "residual", "iterations", "status")


def test_every_field_agrees_with_its_definition():
    theta, target = pair(3, 4, 1000, dtype=np.float64)
    solution, exact = eq.solve(theta, target, outputs="all"), Exact(theta, target)
    for name in ("alpha", "q", "log_q", "log_z", "kl_theta", "kl_target", "ess_theta", "ess_target"):
        np.testing.assert_allclose(getattr(solution, name), getattr(exact, name), rtol=1e-10, atol=1e-13, err_msg=name)
    assert (solution.residual <= 1e-6).all() and (solution.iterations >= 1).all()
    assert (solution.status == eq.RowStatus.OK).all()


def test_at_the_default_criterion_both_divergences_agree():
    solution = eq.solve(*pair(16, 5000, sigma=2), outputs="all")
    np.testing.assert_allclose(solution.kl_theta, solution.kl_target, rtol=1e-5)
    np.testing.assert_allclose(solution.kl_theta, -solution.log_z, rtol=1e-5)


@pytest.mark.parametrize("alpha", [0.0, 0.25, 1.0, 1])
def test_fixed_alpha(alpha):
    theta, target = pair(5, 300, dtype=np.float64)
    solution, exact = eq.solve(theta, target, criterion="fixed_alpha", alpha=alpha, outputs="all"), Exact(theta, target, alpha)
    for name in ("alpha", "q", "log_z", "kl_theta", "kl_target", "ess_theta", "ess_target"):
        np.testing.assert_allclose(getattr(solution, name), getattr(exact, name), rtol=1e-9, atol=1e-12, err_msg=name)
    assert (solution.residual == 0).all()


def test_bisection_agrees_with_newton():
    theta, target = pair(8, 700)
    newton, bisection = eq.solve(theta, target), eq.solve(theta, target, method="bisection", tolerance=1e-9)
    np.testing.assert_allclose(newton.alpha, bisection.alpha, atol=1e-6)
    np.testing.assert_allclose(newton.q, bisection.q, atol=1e-6)


@pytest.mark.parametrize("scores", ["log_probs", "probs"])
def test_scores_of_every_kind_mean_the_same_policies(scores):
    theta, target = pair(6, 400, dtype=np.float64)
    exact = Exact(theta, target)
    read = {"log_probs": np.asarray, "probs": np.exp}[scores]
    solution = eq.solve(read(exact.log_theta), read(exact.log_target), scores=scores)
    np.testing.assert_allclose(solution.alpha, exact.alpha, atol=1e-10)
    np.testing.assert_allclose(solution.q, exact.q, atol=1e-12)


def test_outputs_alone_decide_what_is_there():
    theta, target = pair(2, 50)
    for name in FIELDS:
        solution = eq.solve(theta, target, outputs=name)
        assert set(solution.as_dict()) == {name, "status"}
        for other in set(FIELDS) - {name, "status"}:
            with pytest.raises(AttributeError, match=f"{other} was not asked for"):
                getattr(solution, other)
    assert set(eq.solve(theta, target, outputs="all").as_dict()) == set(FIELDS)
    assert set(eq.solve(theta, target, outputs=()).as_dict()) == {"status"}
    assert set(eq.solve(theta, target, outputs=["log_z"]).as_dict()) == {"log_z", "status"}


def test_a_field_has_the_same_bits_whatever_else_is_asked_for():
    theta, target = pair(4, 5000)
    everything = eq.solve(theta, target, outputs="all")
    for name in FIELDS:
        alone = getattr(eq.solve(theta, target, outputs=name), name)
        close = np.allclose(alone, getattr(everything, name), rtol=1e-5, atol=1e-6)
        assert close or name == "iterations", name


def test_a_name_that_is_no_field_is_an_attribute_error_that_lists_them():
    with pytest.raises(AttributeError, match="'beta'; its fields are alpha, q"):
        eq.solve(*pair(2, 50)).beta  # noqa: B018


@pytest.mark.parametrize("shape", [(), (1,), (5,), (2, 3), (2, 1, 3), (0,), (3, 0), (0, 4)])
def test_the_leading_shape_is_kept(shape):
    theta, target = pair(*shape, 64)
    solution = eq.solve(theta, target, outputs="all")
    for name, array in solution.as_dict().items():
        assert array.shape == (theta.shape if name in ("q", "log_q") else shape), name
        assert type(array) is np.ndarray
        assert array.dtype == (np.float32 if name in ("q", "log_q") else np.int32 if name in ("iterations", "status") else np.float64)
    np.testing.assert_allclose(solution.alpha, Exact(theta, target).alpha, atol=2e-6)


def test_one_column_has_one_answer():
    solution = eq.solve(normal(4, 1, seed=1), normal(4, 1, seed=2), outputs="all")
    assert (solution.q == 1).all() and (solution.log_z == 0).all() and (solution.kl_theta == 0).all()
    assert (solution.status == eq.RowStatus.IDENTICAL).all() and (solution.alpha == 0.5).all()


def test_swapped_policies_give_the_mirrored_alpha_and_the_same_q():
    theta, target = pair(6, 900)
    there, back = eq.solve(theta, target), eq.solve(target, theta)
    np.testing.assert_allclose(there.alpha, 1 - back.alpha, atol=1e-6)
    np.testing.assert_allclose(there.q, back.q, atol=1e-6)


def test_a_row_has_the_same_bits_alone_in_a_batch_and_on_any_number_of_threads():
    theta, target = pair(9, 3001)
    batch = eq.solve(theta, target, outputs="all")
    for threads in (1, 2, 7):
        again = eq.solve(theta, target, outputs="all", threads=threads)
        assert all(same_bits(a, b) for a, b in zip(batch.as_dict().values(), again.as_dict().values()))
    for row in range(9):
        alone = eq.solve(theta[row], target[row], outputs="all")
        assert all(same_bits(array[row], getattr(alone, name)) for name, array in batch.as_dict().items())


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 400), st.floats(0.01, 6), st.integers(0, 1000))
def test_properties_of_the_point(rows, columns, sigma, seed):
    theta, target = pair(rows, columns, seed=seed, sigma=sigma, dtype=np.float64)
    solution = eq.solve(theta, target, outputs="all", tolerance=1e-10)
    assert ((solution.alpha >= 0) & (solution.alpha <= 1)).all()
    np.testing.assert_allclose(solution.q.sum(-1), 1, atol=1e-12)
    np.testing.assert_allclose(np.exp(solution.log_q), solution.q, rtol=1e-9, atol=1e-300)
    assert (solution.log_z <= 1e-12).all()
    assert ((solution.ess_theta >= 0) & (solution.ess_theta <= 1 + 1e-9)).all()
    np.testing.assert_allclose(solution.kl_theta, solution.kl_target, atol=1e-9 * max(1.0, solution.kl_theta.max()))


def test_repr_tells_the_shapes():
    assert repr(eq.solve(*pair(2, 3, 50))) == "Solution(alpha(2, 3), q(2, 3, 50), status(2, 3))"
