"""Armijo's rule by its defining properties, and Newton's method by what it promises."""

from itertools import accumulate, repeat
from math import log
from operator import mul

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from course_lib import (
    Symbolic,
    armijo,
    descent_direction,
    functions,
    gd_armijo,
    newton,
    run,
    small_gradient,
)

PRECISION = np.finfo(float).eps
SMOOTH = ["quadratic", "booth", "rosenbrock", "himmelblau", "beale", "styblinski_tang", "rastrigin"]
thorough = settings(max_examples=200, deadline=None, derandomize=True, database=None)


class Counted:
    """An objective that keeps the points it was asked for, and ends a search that does not end."""

    def __init__(self, value, limit=100_000):
        self.value, self.limit, self.points = value, limit, []
        self.grad, self.hess = getattr(value, "grad", None), getattr(value, "hess", None)

    def __call__(self, theta):
        self.points.append(theta)
        assert len(self.points) < self.limit, "the search does not end"
        return self.value(theta)


@st.composite
def searches(draw):
    """A function, a point far from or near to its minimum, a way downhill, and settings."""
    f = getattr(functions, draw(st.sampled_from(SMOOTH)))()
    x = np.array([draw(st.floats(*sides)) for sides in f.window])
    x = f.minima[0] + (x - f.minima[0]) * draw(st.sampled_from([1, 1e-3, 1e-6, 1e-8, 1e-12]))
    scales = draw(st.tuples(*[st.floats(0.01, 10)] * f.dim))
    hyper = {
        "alpha0": draw(st.floats(1e-3, 100)),
        "c": draw(st.floats(1e-6, 0.95)),
        "beta": draw(st.floats(0.02, 0.95)),
    }
    return f, x, -f.grad(x) * scales, hyper


@thorough
@given(searches())
def test_armijo_accepts_the_first_length_that_passes(search):
    f, x, p, hyper = search
    g, counted = f.grad(x), Counted(f)
    alpha, trials, accepted = armijo(counted, x, g, p, **hyper)
    slope = (g * p).sum()
    tried = list(accumulate(repeat(hyper["beta"], trials - 1), mul, initial=hyper["alpha0"]))
    passes = [f(x + a * p) - f(x) <= hyper["c"] * a * slope for a in tried]
    assert passes == [False] * (trials - 1) + [accepted]
    assert alpha == (tried[-1] if accepted else 0)
    assert trials == len(counted.points) - 1
    if accepted:
        assert trials == 1 + round(log(alpha / hyper["alpha0"]) / log(hyper["beta"]))
    else:
        untold = -tried[-1] * slope <= PRECISION * abs(f(x))
        assert untold or (x + tried[-1] * p == x).all()


SPHERE = Symbolic("x^2 + y^2 + 1")
NEAR_MINIMA = [
    (functions.styblinski_tang(), functions.styblinski_tang().minima[0], 1e-9),
    (functions.styblinski_tang(), functions.styblinski_tang().minima[0], 1e-12),
    (SPHERE, np.zeros(2), 1e-9),
    (SPHERE, np.zeros(2), 1e-160),
    (Symbolic("x^2 + 1e9"), np.zeros(1), 1e-5),
]


@pytest.mark.parametrize("beta", [0.1, 0.5, 0.99])
@pytest.mark.parametrize(("f", "minimum", "offset"), NEAR_MINIMA, ids=str)
def test_at_float_precision_the_search_ends_and_says_so(f, minimum, offset, beta):
    x = minimum + offset
    found = armijo(Counted(f), x, f.grad(x), -f.grad(x), beta=beta, c=0.5)
    assert not found.accepted
    assert found.alpha == 0
    trace = run(gd_armijo, f, x, 5, beta=beta, c=0.5)
    assert (trace.outcome, trace.steps) == ("stalled", 1)
    np.testing.assert_array_equal(trace.theta, [x, x])


@pytest.mark.parametrize("name", SMOOTH)
def test_uphill_is_refused_without_a_trial(name):
    f = getattr(functions, name)()
    x = np.array([0.3, 0.2])
    assert armijo(f, x, f.grad(x), f.grad(x)) == (0, 0, False)


def kink(theta):
    """The tip of a cone, where no direction is downhill, whatever its "gradient" says."""
    return np.abs(theta).sum(-1)


def hole(replacement):
    """Return a function that is 1 in the origin and ``replacement`` everywhere else."""
    return lambda theta: np.where((theta == 0).all(-1), 1.0, replacement)


@pytest.mark.parametrize("beta", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize(
    "value",
    [kink, hole(np.nan), hole(np.inf), lambda theta: np.where(theta[..., 0] == 0, 0.0, np.nan)],
    ids=["kink", "nan", "inf", "nan around a zero"],
)
def test_a_search_that_cannot_succeed_ends(value, beta):
    f, g = Counted(value), np.array([1.0, 0.0])
    assert not armijo(f, np.zeros(2), g, -g, beta=beta).accepted


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_where_f_or_its_slope_is_not_finite_nothing_is_tried(value):
    x, g = np.zeros(2), np.array([1.0, 2.0])
    assert armijo(lambda theta: np.full(theta.shape[:-1], value), x, g, -g) == (0, 0, False)
    assert armijo(Counted(SPHERE), x, np.array([np.nan, 1.0]), -g) == (0, 0, False)


@pytest.mark.parametrize("method", [gd_armijo, newton])
def test_no_acceptable_step_leaves_theta_where_it_is(method):
    tip = np.zeros(2)
    trace = run(method, Counted(functions.ackley()), tip, 3)  # its gradient there is NaN
    assert (trace.outcome, trace.steps) == ("stalled", 1)
    np.testing.assert_array_equal(trace.theta, [tip, tip])


def test_a_trial_outside_the_domain_is_only_a_failed_trial():
    f = Symbolic("x - log(x)")
    trace = run(gd_armijo, f, (2.0,), 50, alpha0=16.0, until=small_gradient(1e-8))
    assert trace.outcome == "converged"
    assert trace.inner["trials"][0] == 4  # 16, 8 and 4 lead to −6, −2 and 0; then 2 to 1
    assert trace.theta[-1] == pytest.approx(1)


def test_max_trials_ends_the_search_earlier():
    f, x = functions.rosenbrock(), np.array([-1.2, 1.0])
    assert armijo(f, x, f.grad(x), -f.grad(x), max_trials=3) == (0, 3, False)


@pytest.mark.parametrize("method", [gd_armijo, newton])
def test_the_settings_reach_the_search(method):
    """On J = ½‖θ‖² both methods go to (1 − α)θ, and α passes where 1 − α/2 ≥ c."""
    inner = method(functions.quadratic(1), np.array([3.0, 4.0]), 1, alpha0=2.0, c=0.6, beta=0.9)[1]
    assert (inner["alpha"], inner["trials"]) == (pytest.approx(2 * 0.9**9), 10)  # 0.77 ≤ 0.8 < 0.86


def test_a_small_step_does_not_pass_for_a_fixed_promise():
    """The right-hand side follows α: f = x², x = 1, c = 1/2 accepts just α ≤ 1/2."""
    f, x = Symbolic("x^2"), np.array([1.0])
    alphas = [armijo(f, x, f.grad(x), -f.grad(x), alpha0=a, c=0.5).alpha for a in (0.6, 0.5, 0.1)]
    assert alphas == [0.3, 0.5, 0.1]


@pytest.mark.parametrize("name", SMOOTH)
def test_a_grid_of_searches_is_its_lone_searches(name):
    f = getattr(functions, name)()
    low, high = np.transpose(f.window)
    x = np.random.default_rng(0).uniform(low, high, (20, f.dim))
    x[-1] = f.minima[0] + 1e-12
    p = -f.grad(x)
    p[::4] *= -1  # these lead uphill
    hyper = {"alpha0": [0.1, 1.0, 50.0], "c": [1e-4, 0.3, 0.9], "beta": [0.1, 0.5, 0.9]}
    grid = {key: np.reshape(values, (3, 1, 1)) for key, values in hyper.items()}
    found = armijo(f, x, f.grad(x), p, **grid)
    for k, i in np.ndindex(3, 20):
        lone = armijo(f, x[i], f.grad(x[i]), p[i], **{key: v[k] for key, v in hyper.items()})
        assert tuple(part[k, i] for part in found) == lone


@pytest.mark.parametrize("start", [(5.0, 5.0), (-3.0, 0.1), (1e3, -1e-3)])
@pytest.mark.parametrize(
    "f", [functions.quadratic(1), functions.quadratic(1e4), functions.booth()], ids=str
)
def test_newton_solves_a_quadratic_in_one_full_step(f, start):
    trace = run(newton, f, start, 1)
    np.testing.assert_allclose(trace.theta[-1], f.minima[0], rtol=0, atol=1e-12)
    assert (trace.inner["alpha"], trace.inner["trials"]) == (1, 1)


CLOSE = [
    ("booth", (-4, 4)),
    ("rosenbrock", (-1.2, 1)),
    ("rosenbrock", (2, -1)),
    ("himmelblau", (3.5, 2.5)),
    ("himmelblau", (-3, 3)),
    ("himmelblau", (-4, -3)),
    ("himmelblau", (4, -2)),
    ("beale", (2.8, 0.4)),
    ("styblinski_tang", (-2.5, -3.2)),
    ("rastrigin", (0.1, -0.05)),
    ("double_well", (0.8,)),
]


@pytest.mark.parametrize(("name", "start"), CLOSE)
def test_newton_ends_where_scipy_ends(name, start):
    f = getattr(functions, name)()
    ours = run(newton, f, start, 100, until=small_gradient(1e-9))
    scipys = minimize(f, start, jac=f.grad, hess=f.hess, method="trust-exact", tol=1e-9)
    assert ours.outcome == "converged"
    assert np.linalg.norm(f.minima - scipys.x, axis=-1).min() < 1e-7
    np.testing.assert_allclose(ours.theta[-1], scipys.x, rtol=0, atol=1e-7)


SUPERLINEAR = [
    ("rosenbrock", (1.05, 1.0)),
    ("himmelblau", (3.3, 2.2)),
    ("himmelblau", (3.3, -2.2)),
    ("styblinski_tang", (-2.6, -3.2)),
    ("double_well", (1.3,)),
]


@pytest.mark.parametrize(("name", "start"), SUPERLINEAR)
def test_newton_converges_with_order_two(name, start):
    f = getattr(functions, name)()
    error = distance(f, run(newton, f, start, 12).theta)
    assert error[-1] < 1e-14
    a, b, c, d = np.log(error[error > 1e-13][-4:])  # the mean order of the last two steps
    assert np.sqrt((c - b) / (b - a) * (d - c) / (c - b)) == pytest.approx(2, abs=0.3)


def distance(f, theta):
    return np.linalg.norm(theta[..., None, :] - f.minima, axis=-1).min(-1)


def test_newton_is_linear_where_the_curvature_vanishes():
    # x − 4x³/(12x²) = (2/3)x
    theta = run(newton, functions.quartic(), (1.5,), 30).theta[:, 0]
    np.testing.assert_allclose(theta[1:] / theta[:-1], 2 / 3, rtol=1e-12)


ORIGIN = (0.0, 0.0)
WHERE = [  # function, point, is the Hessian positive definite there?
    (functions.saddle(), (1.0, 0.5), False),
    (functions.monkey_saddle(), (1e-3, 1e-3), False),
    (functions.monkey_saddle(), (-1e-9, 1e-9), False),
    (functions.himmelblau(), (-0.27, -0.92), False),  # next to the maximum
    (functions.himmelblau(), (0.0, 3.0), False),
    (functions.double_well(), (0.1,), False),
    (functions.double_well(), (3**-0.5,), False),  # J″ = 0 but for rounding
    (Symbolic("(x + y)^2"), (1.0, 2.0), False),  # singular
    (Symbolic("x + 2*y"), (1.0, 2.0), False),  # zero
    (functions.quadratic(1e4), (1.0, 1.0), True),
    (functions.booth(), (0.0, 0.0), True),
    (functions.rosenbrock(), (1.2, 1.0), True),
    (functions.himmelblau(), (3.5, 2.5), True),
    (functions.quartic(), (1e-3,), True),
]


@pytest.mark.parametrize(("f", "point", "definite"), WHERE, ids=str)
def test_the_direction_of_newton_is_downhill_everywhere(f, point, definite):
    x, counted = np.array(point), Counted(f)
    _, inner = newton(counted, x, 1)
    g, p = inner["g"], inner["p"]
    assert -g @ p >= 1e-8 * np.linalg.norm(g) * np.linalg.norm(p)
    assert -g @ p > 0
    assert inner["modified"] == (not definite)
    assert inner["accepted"]
    np.testing.assert_array_equal(counted.points[1], x + p)  # the full step is tried first
    if definite:
        np.testing.assert_allclose(p, np.linalg.solve(f.hess(x), -g), rtol=1e-10)
        squared = g @ np.linalg.solve(f.hess(x), g)
        np.testing.assert_allclose(inner["decrement"], np.sqrt(squared), rtol=1e-10)


@st.composite
def curvatures(draw):
    """A gradient, a matrix V diag(λ) Vᵀ of two or three variables, its λ, and a floor."""
    numbers = st.integers(-3000, 3000).map(lambda k: k / 1000)
    d = draw(st.integers(2, 3))
    square = np.reshape(draw(st.lists(numbers, min_size=d * d, max_size=d * d)), (d, d))
    V, _ = np.linalg.qr(square + 4 * np.eye(d))
    sizes = st.sampled_from([0.0, 1e-3, 1.0, -1e-3, -1.0]) | numbers
    eigenvalues = np.array([draw(sizes) for _ in range(d)])
    H = V * eigenvalues @ V.T
    g = np.array([draw(numbers) for _ in range(d)])
    return (H + H.T) / 2, g, eigenvalues, draw(st.sampled_from([1e-8, 1e-4, 0.1]))


@thorough
@given(curvatures())
def test_the_safeguard_keeps_the_angle_and_leaves_good_hessians_alone(case):
    H, g, eigenvalues, floor = case
    p, modified = descent_direction(H, g, floor=floor)
    long = np.linalg.norm(g) * np.linalg.norm(p)
    assert -g @ p >= floor * long * (1 - 1e-6)
    assert (long > 0) == g.any()
    lowest = floor * np.abs(eigenvalues).max()
    if (eigenvalues > 1.001 * lowest).all():
        assert not modified
        np.testing.assert_allclose(H @ p, -g, rtol=0, atol=1e-6)
    if not (eigenvalues > 0.999 * lowest).all():
        assert modified


@pytest.mark.parametrize("entry", [np.nan, np.inf])
def test_without_a_usable_hessian_newton_goes_down_the_gradient(entry):
    g = np.array([1.0, -2.0])
    for H in (np.zeros((2, 2)), np.array([[entry, 0.0], [0.0, 1.0]])):
        p, modified = descent_direction(H, g)
        np.testing.assert_array_equal(p, -g)
        assert modified


def test_newton_leaves_a_saddle_and_finds_a_minimum():
    for f in (functions.himmelblau(), functions.double_well()):
        low, high = np.transpose(f.window)
        starts = np.random.default_rng(1).uniform(low, high, (200, f.dim))
        trace = run(newton, f, starts, 100, until=small_gradient(1e-9))
        assert (trace.outcome == "converged").all()
        assert distance(f, trace.theta[-1]).max() < 1e-9
