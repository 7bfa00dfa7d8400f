"""The methods: their signatures, two steps by hand, purity, and a grid against lone runs."""

import inspect
from math import sqrt

import numpy as np
import pytest

import course_lib
from course_lib import functions, run
from course_lib.checks import signature

SIGNATURES = """\
gd(f, theta, t, *, lr)
momentum(f, theta, t, v=0.0, *, lr, beta=0.9)
nesterov(f, theta, t, v=0.0, *, lr, beta=0.9)
adagrad(f, theta, t, G=0.0, *, lr=0.01, eps=1e-08)
rmsprop(f, theta, t, v=0.0, *, lr=0.001, gamma=0.9, eps=1e-08)
adadelta(f, theta, t, v=0.0, u=0.0, *, lr=1.0, rho=0.95, eps=1e-06)
adam(f, theta, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08)
amsgrad(f, theta, t, m=0.0, v=0.0, v_max=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08)
adamw(f, theta, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08, weight_decay=0.01)
gd_armijo(f, theta, t, *, alpha0=1.0, c=0.0001, beta=0.5)
newton(f, theta, t, *, alpha0=1.0, c=0.0001, beta=0.5, floor=1e-08)
""".splitlines()
METHODS = [line.partition("(")[0] for line in SIGNATURES]


@pytest.mark.parametrize("expected", SIGNATURES, ids=METHODS)
def test_the_signature_is_the_specification(expected):
    name = expected.partition("(")[0]
    of = inspect.signature(getattr(course_lib, name))
    bare = [p.replace(annotation=p.empty) for p in of.parameters.values()]
    assert f"{name}{inspect.Signature(bare)}" == expected


# J = ½(x² + 4y²) has g = (x, 4y). In (1, 1/4) that is (1, 1); the settings are such that most
# methods go to (7/8, 1/8) first, where g = (7/8, 1/2) and g² = (49/64, 1/4).
START = (1, 1 / 4)
FIRST = (7 / 8, 1 / 8)
# For each method its settings, θ₁, θ₂ and what the second step tells.
BY_HAND = {
    "gd": ({"lr": 1 / 8}, FIRST, (7 / 8 - 7 / 64, 1 / 8 - 1 / 16), {"g": (7 / 8, 1 / 2)}),
    # v₂ = ½(1, 1) + g
    "momentum": (
        {"lr": 1 / 8, "beta": 1 / 2},
        FIRST,
        (7 / 8 - 11 / 64, 1 / 8 - 1 / 8),
        {"v": (11 / 8, 1)},
    ),
    # v₁ = (1, 1), so g + ½v = 3/2;  v₂ = (11/8, 1), so g + ½v = (25/16, 1)
    "nesterov": (
        {"lr": 1 / 12, "beta": 1 / 2},
        FIRST,
        (7 / 8 - 25 / 192, 1 / 8 - 1 / 12),
        {"v": (11 / 8, 1)},
    ),
    # G₁ + ε = 1 + 3;  G₂ = (1 + 49/64, 1 + 1/4), so G₂ + ε = (305/64, 17/4)
    "adagrad": (
        {"lr": 1 / 4, "eps": 3},
        FIRST,
        (7 / 8 - 1 / 4 * (7 / 8) / sqrt(305 / 64), 1 / 8 - 1 / 4 * (1 / 2) / sqrt(17 / 4)),
        {"G": (113 / 64, 5 / 4), "rate": (1 / 4 / sqrt(305 / 64), 1 / 4 / sqrt(17 / 4))},
    ),
    # v₁ + ε = 1/4 + 3/4;  v₂ = ¾·¼ + ¼g² = (97/256, 1/4), so √(v₂ + ε) = (17/16, 1)
    "rmsprop": (
        {"lr": 1 / 8, "gamma": 3 / 4, "eps": 3 / 4},
        FIRST,
        (7 / 8 - 1 / 8 * (7 / 8) * (16 / 17), 1 / 8 - 1 / 8 * (1 / 2)),
        {"v": (97 / 256, 1 / 4), "rate": (2 / 17, 1 / 8)},
    ),
    # v₁ + ε = 3/4 + 1/4, Δ₁ = √¼ = 1/2, u₁ = ¾·¼ = 3/16;
    # v₂ = ¼·¾ + ¾g² = (195/256, 3/8), Δ₂ = √(3/16 + ¼)/√(v₂ + ¼) · g = (7/√148, √(7/40)),
    # u₂ = ¼·3/16 + ¾Δ₂²
    "adadelta": (
        {"lr": 1 / 4, "rho": 1 / 4, "eps": 1 / 4},
        FIRST,
        (7 / 8 - 1 / 4 * 7 / sqrt(148), 1 / 8 - 1 / 4 * sqrt(7 / 40)),
        {"v": (195 / 256, 3 / 8), "u": (3 / 64 + 3 / 4 * 49 / 148, 3 / 64 + 3 / 4 * 7 / 40)},
    ),
    # m̂₁ = v̂₁ = 1;  m₂ = ½·½ + ½g = (11/16, 1/2), over 1 − (½)² = 3/4;
    # v₂ = ¾·¼ + ¼g² = (97/256, 1/4), over 1 − (¾)² = 7/16
    "adam": (
        {"lr": 1 / 4, "beta1": 1 / 2, "beta2": 3 / 4, "eps": 1},
        FIRST,
        (
            7 / 8 - 1 / 4 * (11 / 12) / (sqrt(97 / 112) + 1),
            1 / 8 - 1 / 4 * (2 / 3) / (sqrt(4 / 7) + 1),
        ),
        {
            "m": (11 / 16, 1 / 2),
            "v": (97 / 256, 1 / 4),
            "m_hat": (11 / 12, 2 / 3),
            "v_hat": (97 / 112, 4 / 7),
        },
    ),
    # m₂ = ¾·¼ + ¼g = (13/32, 5/16), over 7/16;
    # v₁ = 1/2, v₂ = ½·½ + ½g² = (81/128, 3/8), of which v_max = (81/128, 1/2), over 3/4
    "amsgrad": (
        {"lr": 1 / 4, "beta1": 3 / 4, "beta2": 1 / 2, "eps": 1},
        FIRST,
        (
            7 / 8 - 1 / 4 * (13 / 14) / (sqrt(27 / 32) + 1),
            1 / 8 - 1 / 4 * (5 / 7) / (sqrt(2 / 3) + 1),
        ),
        {
            "m": (13 / 32, 5 / 16),
            "v": (81 / 128, 3 / 8),
            "v_max": (81 / 128, 1 / 2),
            "m_hat": (13 / 14, 5 / 7),
            "v_hat": (27 / 32, 2 / 3),
        },
    ),
    # 1 − ηw = 7/8, so θ₁ = 7/8·(1, 1/4) − 1/8 = (3/4, 3/32), and g = (3/4, 3/8);
    # m₂ = ½·½ + ½g = (5/8, 7/16), over 3/4;  v₂ = ¾·¼ + ¼g² = (21/64, 57/256), over 7/16
    "adamw": (
        {"lr": 1 / 4, "beta1": 1 / 2, "beta2": 3 / 4, "eps": 1, "weight_decay": 1 / 2},
        (3 / 4, 3 / 32),
        (
            7 / 8 * (3 / 4) - 1 / 4 * (5 / 6) / (sqrt(3 / 4) + 1),
            7 / 8 * (3 / 32) - 1 / 4 * (7 / 12) / (sqrt(57 / 112) + 1),
        ),
        {
            "m": (5 / 8, 7 / 16),
            "v": (21 / 64, 57 / 256),
            "m_hat": (5 / 6, 7 / 12),
            "v_hat": (3 / 4, 57 / 112),
        },
    ),
    # J = 5/8, ‖g‖² = 2:    α = 1:   9/8 > 5/8 − 1/2,   α = 1/2: 1/4 ≤ 5/8 − 1/4, accepted;
    # J = 1/4, ‖g‖² = 5/4:  α = 1/2: 5/32 > 1/4 − 5/32, α = 1/4: 9/128 ≤ 1/4 − 5/64, accepted
    "gd_armijo": (
        {"c": 1 / 4, "beta": 1 / 2},
        (1 / 2, -1 / 4),
        (3 / 8, 0),
        {"g": (1 / 2, -1), "alpha": 1 / 4, "trials": 3, "accepted": True},
    ),
    # a quadratic: one step to the minimum, and there it stays
    "newton": ({}, (0, 0), (0, 0), {"g": (0, 0), "p": (0, 0), "decrement": 0, "modified": False}),
}


@pytest.mark.parametrize("method", METHODS)
def test_two_steps_by_hand(method):
    hyper, first, second, told = BY_HAND[method]
    trace = run(getattr(course_lib, method), functions.quadratic(4), START, 2, **hyper)
    np.testing.assert_allclose(trace.theta, [START, first, second], rtol=0, atol=1e-15)
    for name, value in told.items():
        np.testing.assert_allclose(trace.inner[name][-1], value, atol=1e-15, err_msg=name)


def test_two_steps_of_newton_by_hand():
    # J = (x² − 1)²:  x − J′/J″ = x − 4x(x² − 1)/(12x² − 4) = 2x³/(3x² − 1):  2 → 16/11 → 8192/7117
    trace = run(course_lib.newton, functions.double_well(), (2.0,), 2)
    np.testing.assert_allclose(trace.theta[:, 0], [2, 16 / 11, 8192 / 7117], rtol=0, atol=1e-15)
    # J′(2) = 24, J″(2) = 44
    np.testing.assert_allclose(trace.inner["decrement"][0], sqrt(24**2 / 44), rtol=1e-15)


class ReadOnly:
    """An objective whose results cannot be changed in place."""

    def __init__(self, f):
        self.f = f

    def __call__(self, theta):
        return frozen(self.f(theta))

    def grad(self, theta):
        return frozen(self.f.grad(theta))

    def hess(self, theta):
        return frozen(self.f.hess(theta))


def frozen(array):
    array = np.array(array, dtype=float)
    array.setflags(write=False)
    return array


# One row of settings for each run of a grid; every hyper-parameter varies at once.
GRIDS = {
    "gd": {"lr": [1e-4, 1e-3, 0.01]},
    "momentum": {"lr": [1e-4, 1e-3, 0.002], "beta": [0.0, 0.5, 0.9]},
    "nesterov": {"lr": [1e-4, 1e-3, 0.002], "beta": [0.0, 0.5, 0.9]},
    "adagrad": {"lr": [0.01, 0.1, 0.5], "eps": [1e-8, 1e-3, 0.1]},
    "rmsprop": {"lr": [1e-3, 0.01, 0.1], "gamma": [0.0, 0.5, 0.9], "eps": [1e-8, 1e-3, 0.1]},
    "adadelta": {"lr": [0.5, 1.0, 2.0], "rho": [0.0, 0.5, 0.95], "eps": [1e-6, 1e-3, 0.1]},
    "adam": {
        "lr": [1e-3, 0.01, 0.1],
        "beta1": [0.0, 0.5, 0.9],
        "beta2": [0.5, 0.9, 0.999],
        "eps": [1e-8, 1e-3, 0.1],
    },
    "gd_armijo": {"alpha0": [0.1, 1.0, 3.0], "c": [1e-4, 0.1, 0.5], "beta": [0.2, 0.5, 0.9]},
    "newton": {
        "alpha0": [0.5, 1.0, 2.0],
        "c": [1e-4, 0.1, 0.4],
        "beta": [0.2, 0.5, 0.9],
        "floor": [1e-8, 1e-4, 0.1],
    },
}
GRIDS["amsgrad"] = GRIDS["adam"]
GRIDS["adamw"] = GRIDS["adam"] | {"weight_decay": [0.0, 0.01, 0.5]}
STARTS = np.array([[0.5, -1.0], [-1.0, 1.5], [2.5, 0.25], [-2.0, -0.5]])


@pytest.mark.parametrize("method", METHODS)
def test_a_step_is_pure(method):
    step, f = getattr(course_lib, method), ReadOnly(functions.himmelblau())
    hyper = {name: frozen(np.reshape(grid, (-1, 1, 1))) for name, grid in GRIDS[method].items()}
    theta = frozen(np.broadcast_to(STARTS, (3, *STARTS.shape)))
    state = {}
    for t in (1, 2, 3):
        once, inner = step(f, theta, t, **state, **hyper)
        again, inner_again = step(f, theta, t, **state, **hyper)
        np.testing.assert_array_equal(once, again, strict=True)
        for name, value in inner.items():
            np.testing.assert_array_equal(value, inner_again[name], strict=True)
        theta, state = frozen(once), {name: frozen(inner[name]) for name in signature(step).state}


POWER_FREE = {"gd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "gd_armijo"}
POLYNOMIALS = ["quadratic", "rosenbrock", "himmelblau", "styblinski_tang"]


@pytest.mark.parametrize("function", POLYNOMIALS)
@pytest.mark.parametrize("method", METHODS)
def test_a_slice_of_a_grid_is_its_lone_run(method, function):
    step, f, n_steps = getattr(course_lib, method), getattr(functions, function)(), 12
    grid = {name: np.reshape(values, (-1, 1, 1)) for name, values in GRIDS[method].items()}
    rtol = 0 if method in POWER_FREE else 1e-12
    whole = run(step, f, STARTS, n_steps, **grid)
    for k, i in np.ndindex(3, len(STARTS)):
        alone = run(step, f, STARTS[i], n_steps, **{key: v[k] for key, v in GRIDS[method].items()})
        assert (whole.steps[k, i], whole.outcome[k, i]) == (alone.steps, alone.outcome)
        for name, values in recorded(alone).items():
            part = recorded(whole)[name][: len(values), k, i]
            np.testing.assert_allclose(part, values, rtol=rtol, atol=0, err_msg=name)


def recorded(trace):
    arrays = {"theta": trace.theta, "loss": trace.loss, "grad_norm": trace.grad_norm}
    return arrays | trace.inner
