"""Symbolic objectives: derivatives, broadcasting, and what they say of themselves."""

import numpy as np
import pytest
import sympy as sp

from course_lib import Symbolic, functions
from tests.derivatives import directional_errors

x, y, z = sp.symbols("x y z", real=True)

CATALOGUE = [
    functions.quadratic(),
    functions.quadratic(1000),
    functions.rosenbrock(),
    functions.himmelblau(),
    functions.beale(),
    functions.booth(),
    functions.saddle(),
    functions.monkey_saddle(),
    functions.styblinski_tang(),
    functions.rastrigin(),
    functions.ackley(),
    functions.double_well(),
    functions.quartic(),
]
CONSTANT_DERIVATIVES = [
    Symbolic(3 * x - 2 * y, (x, y)),
    Symbolic(x**2 + y, (x, y)),
    Symbolic(x * y, (x, y)),
    Symbolic(sp.Integer(7), (x, y)),
    Symbolic(x**2, (x, y)),
]
OTHERS = [
    Symbolic("exp(x*y) + sin(x)*tanh(y) + sqrt(1 + x^2) + atan(y)/3"),
    Symbolic("x^7 - x^4*y^5 + (x + y)^6 + 1/(2 + x^2)^3"),
    Symbolic("cosh(x) + log(3 + cos(y))^2 + x*y*z"),
]
names = pytest.mark.parametrize(
    "f", CATALOGUE + CONSTANT_DERIVATIVES + OTHERS, ids=lambda f: f.name
)


@names
def test_derivatives_agree_with_differences_on_points_and_on_grids(f):
    rng = np.random.default_rng(0)
    for shape in ((f.dim,), (3, 4, f.dim)):
        theta = rng.uniform(-1.2, 1.2, size=shape)
        assert max(directional_errors(f, theta, rng)) < 1e-7


@names
def test_shapes_are_those_of_the_protocol_and_a_slice_equals_its_point(f):
    theta = np.random.default_rng(1).uniform(-1, 1, size=(3, 4, f.dim))
    assert f(theta).shape == (3, 4)
    assert f.grad(theta).shape == (3, 4, f.dim)
    assert f.hess(theta).shape == (3, 4, f.dim, f.dim)
    for compute in (f, f.grad, f.hess):
        np.testing.assert_allclose(compute(theta)[1, 2], compute(theta[1, 2]), rtol=1e-14)


@pytest.mark.parametrize("f", [f for f in CATALOGUE if f.minima is not None], ids=lambda f: f.name)
def test_catalogue_minima_are_minima(f):
    values = f(f.minima)
    np.testing.assert_allclose(values, values[0], atol=1e-12)
    rng = np.random.default_rng(2)
    around = f.minima[:, None] + rng.normal(scale=0.01, size=(len(f.minima), 200, f.dim))
    assert (f(around) > values[:, None] - 1e-13).all()
    if f.name != "Ackley":  # the tip of a cone
        assert np.abs(f.grad(f.minima)).max() < 1e-11
        assert np.linalg.eigvalsh(f.hess(f.minima)).min() >= 0


@pytest.mark.parametrize("f", CATALOGUE, ids=lambda f: f.name)
def test_windows_show_the_minima(f):
    low, high = np.transpose(f.window)
    assert f.minima is None or ((low < f.minima) & (f.minima < high)).all()


def test_sympy_and_code_are_the_same_formula():
    f = functions.beale()
    point = dict(zip(f.symbols, (sp.Rational(1, 3), sp.Rational(-2, 7)), strict=True))
    numbers = [float(v) for v in point.values()]
    assert f(numbers) == pytest.approx(float(f.expr.subs(point)), rel=1e-14)
    np.testing.assert_allclose(
        f.grad(numbers), np.array(f.gradient.subs(point), float)[:, 0], rtol=1e-13
    )
    np.testing.assert_allclose(f.hess(numbers), np.array(f.hessian.subs(point), float), rtol=1e-13)


def test_integer_powers_compile_to_products():
    import inspect

    f = Symbolic("x^3 + (x + 1)^12 + 1/x^2")
    assert "**" not in inspect.getsource(f._grad)
    assert f([0.5]) == pytest.approx(0.125 + 1.5**12 + 4, rel=1e-15)


def test_the_same_formula_compiles_once():
    assert functions.booth()._grad is functions.booth()._grad


def test_constants_of_a_quadratic():
    f = functions.quadratic(25)
    assert (f.lipschitz, f.condition) == (25, 25)
    assert functions.booth().curvatures.round(12).tolist() == [2, 18]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: functions.rosenbrock().lipschitz, "Rosenbrock changes with θ"),
        (lambda: functions.saddle().condition, "saddle is not positive definite"),
        (lambda: functions.quadratic(0.5), "condition=0.5 must be at least 1"),
        (lambda: functions.booth()([1.0, 2.0, 3.0]), r"theta has shape \(3,\); Booth needs"),
        (lambda: functions.booth().grad(2.0), r"theta has shape \(\); Booth needs"),
        (lambda: Symbolic("3 + 4"), "has no variable"),
        (lambda: Symbolic(x + y, (x,)), "does not list y"),
        (lambda: Symbolic("x^2", window=(-3, 3)), "must hold one pair"),
        (lambda: Symbolic("x^2", window=((3, -3),)), "must hold one pair"),
    ],
)
def test_bad_input_gets_one_sentence(make, words):
    with pytest.raises(ValueError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)
