"""Every method on every problem ends as near to a minimum as its theory says."""

import numpy as np
import pytest

import course_lib
from course_lib import functions, gd, newton, rmsprop, run
from course_lib.steps import __all__ as STEPS

PROBLEMS = {  # start, number of steps
    "quadratic": ((3, -2), 2000),
    "booth": ((-4, 4), 2000),
    "rosenbrock": ((-1.2, 1), 10_000),
    "himmelblau": ((0.5, -1), 2000),
    "beale": ((1, 0.5), 2000),
    "styblinski_tang": ((-2, -3.5), 2000),
}
# One rate for each problem; how near the last hundred points must be; further hyper-parameters.
METHODS = {
    # linear, (1 − ηλ_min)ᵀ: Rosenbrock's valley with λ_min = 0.4 leaves exp(−8)
    "gd": ((0.1, 0.1, 0.002, 0.01, 0.03, 0.02), 1e-3, {}),
    # the same with η/(1 − β) in place of η, so exp(−40)
    "momentum": ((0.05, 0.05, 0.001, 0.01, 0.01, 0.01), 1e-9, {}),
    "nesterov": ((0.05, 0.05, 0.001, 0.01, 0.01, 0.01), 1e-9, {}),
    # the rates only fall, so it converges, slowly where the first gradients were large
    "adagrad": ((1, 1, 0.7, 1, 0.7, 0.5), 1e-3, {}),
    # a cycle of the size of η that does not shrink
    "rmsprop": ((0.003,) * 6, 2 * 0.003, {}),
    # in the end √(u + ε)/√(v + ε) is 1 and this is gd
    "adadelta": ((0.1, 0.1, 0.002, 0.03, 0.03, 0.02), 1e-3, {"eps": 1}),
    # it may cycle as RMSProp does, but the momentum damps it
    "adam": ((0.03,) * 6, 0.1 * 0.03, {}),
    "amsgrad": ((0.1,) * 6, 1e-9, {}),
    # the decay pulls away from the minimum, in proportion to w
    "adamw": ((0.03,) * 6, 10 * 0.001, {"weight_decay": 0.001}),
    # as gd, at the rate that the steepest direction allows
    "gd_armijo": ((1,) * 6, 1e-4, {}),
    # quadratic: what remains is rounding, of f too, since the search compares its values
    "newton": ((1,) * 6, 1e-9, {}),
}
SEARCHES = {"gd_armijo", "newton"}
CASES = [(method, problem) for method in METHODS for problem in PROBLEMS]


def distance(f, theta):
    return np.linalg.norm(theta[..., None, :] - f.minima, axis=-1).min(-1)


@pytest.mark.parametrize(("method", "problem"), CASES)
def test_it_converges(method, problem):
    rates, tolerance, hyper = METHODS[method]
    f, (start, n_steps) = getattr(functions, problem)(), PROBLEMS[problem]
    rate = {"alpha0" if method in SEARCHES else "lr": rates[list(PROBLEMS).index(problem)]}
    trace = run(
        getattr(course_lib, method), f, start, n_steps, record=["theta", "loss"], **rate, **hyper
    )
    assert distance(f, trace.theta[-1]) < tolerance
    if trace.outcome == "out of steps":
        assert distance(f, trace.theta[-100:]).max() < tolerance
    else:  # a line search that has reached the precision of f
        assert trace.outcome == "stalled"
        assert method in SEARCHES


def test_the_table_holds_every_method():
    assert set(METHODS) == {*STEPS, *SEARCHES}


def test_gd_shrinks_each_coordinate_by_its_own_factor():
    rate = np.array([0.01, 0.1, 0.18, 0.199])[:, None]
    trace = run(gd, functions.quadratic(10), (3.0, -2.0), 50, lr=rate)
    np.testing.assert_allclose(
        trace.theta[-1], [3, -2] * (1 - rate * [1, 10]) ** 50, rtol=1e-9, atol=1e-15
    )


@pytest.mark.parametrize(("factor", "converges"), [(0.99, True), (1.01, False)])
def test_gd_converges_just_below_two_over_L(factor, converges):
    f = functions.booth()
    theta = run(gd, f, (0.0, 0.0), 2000, lr=factor * 2 / f.lipschitz).theta
    assert (distance(f, theta[-1]) < 1e-9) == converges


@pytest.mark.parametrize("lr", [0.1, 0.01, 1e-3, 3e-4, 1e-4])
def test_rmsprop_ends_in_the_cycle_of_its_theory(lr):
    """θ ↔ −θ needs ηλ/√(λ²θ² + ε) = 2, so |θ| = √(η²/4 − ε/λ²), or 0 where that is negative."""
    curvature, eps = np.array([1, 10]), 1e-8
    theta = run(rmsprop, functions.quadratic(10), (300 * lr, -200 * lr), 6000, lr=lr).theta
    amplitude = np.sqrt(np.maximum(lr**2 / 4 - eps / curvature**2, 0))
    np.testing.assert_allclose(np.abs(theta[-2:]), [amplitude] * 2, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(theta[-1], -theta[-2], rtol=1e-6, atol=1e-12)


def test_newton_needs_few_steps_where_gd_needs_thousands():
    f, start = functions.rosenbrock(), (-1.2, 1.0)
    assert distance(f, run(newton, f, start, 25).theta[-1]) < 1e-9
    assert distance(f, run(gd, f, start, 2500, lr=0.002).theta[-1]) > 0.01
