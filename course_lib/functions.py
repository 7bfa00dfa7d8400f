"""The test functions of the course, each with its minima and the window to draw it in."""

from __future__ import annotations

import sympy as sp

from .checks import check_number
from .objectives import Symbolic

__all__ = [
    "ackley",
    "beale",
    "booth",
    "double_well",
    "himmelblau",
    "monkey_saddle",
    "quadratic",
    "quartic",
    "rastrigin",
    "rosenbrock",
    "saddle",
    "styblinski_tang",
]

x, y = sp.symbols("x y", real=True)


def quadratic(condition: float = 10.0) -> Symbolic:
    """Return the bowl J = ½(x² + κy²), with curvatures 1 and κ = ``condition``.

    Raises ``ValueError`` when ``condition`` is below 1.

    >>> quadratic(4).hess([0.0, 0.0])
    array([[1., 0.],
           [0., 4.]])
    """
    kappa = sp.Rational(str(float(check_number("condition", condition, at_least=1))))
    return Symbolic(
        (x**2 + kappa * y**2) / 2,
        (x, y),
        name=f"quadratic(κ={condition:g})",
        minima=(0, 0),
        window=((-5, 5), (-3, 3)),
    )


def rosenbrock() -> Symbolic:
    """Return the curved valley J = 100(y − x²)² + (1 − x)² (Rosenbrock 1960).

    >>> float(rosenbrock()([1.0, 1.0]))
    0.0
    """
    return Symbolic(
        100 * (y - x**2) ** 2 + (1 - x) ** 2,
        (x, y),
        name="Rosenbrock",
        minima=(1, 1),
        window=((-2, 2), (-1, 3)),
    )


def himmelblau() -> Symbolic:
    """Return J = (x² + y − 11)² + (x + y² − 7)², with four minima of value 0 (Himmelblau 1972).

    >>> himmelblau().minima.shape
    (4, 2)
    """
    return Symbolic(
        (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
        (x, y),
        name="Himmelblau",
        minima=(
            (3, 2),
            (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.283185991286170),
            (3.584428340330492, -1.848126526964404),
        ),
        window=((-5, 5), (-5, 5)),
    )


def beale() -> Symbolic:
    """Return J = (1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)² (Beale 1958).

    >>> beale().minima
    array([[3. , 0.5]])
    """
    terms = ((sp.Rational(3, 2), 1), (sp.Rational(9, 4), 2), (sp.Rational(21, 8), 3))
    return Symbolic(
        sum((a - x + x * y**k) ** 2 for a, k in terms),
        (x, y),
        name="Beale",
        minima=(3, 0.5),
        window=((-1, 4), (-1.5, 1.5)),
    )


def booth() -> Symbolic:
    """Return the tilted bowl J = (x + 2y − 7)² + (2x + y − 5)².

    >>> booth().condition
    9.0
    """
    return Symbolic(
        (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2,
        (x, y),
        name="Booth",
        minima=(1, 3),
        window=((-5, 5), (-5, 5)),
    )


def saddle() -> Symbolic:
    """Return J = ½(x² − y²): a minimum along x, a maximum along y, no minimum at all.

    >>> saddle().curvatures
    array([-1.,  1.])
    """
    return Symbolic((x**2 - y**2) / 2, (x, y), name="saddle", window=((-2, 2), (-2, 2)))


def monkey_saddle() -> Symbolic:
    """Return J = x³ − 3xy²: at the origin gradient *and* Hessian are zero.

    >>> bool((monkey_saddle().hess([0.0, 0.0]) == 0).all())
    True
    """
    return Symbolic(x**3 - 3 * x * y**2, (x, y), name="monkey saddle", window=((-2, 2), (-2, 2)))


def styblinski_tang() -> Symbolic:
    """Return J = ½Σ(θᵢ⁴ − 16θᵢ² + 5θᵢ), with four minima, one of them lowest.

    ``minima`` holds the lowest one (Styblinski & Tang 1990).

    >>> styblinski_tang()(styblinski_tang().minima).round(4)
    array([-78.3323])
    """
    return Symbolic(
        sum(s**4 - 16 * s**2 + 5 * s for s in (x, y)) / 2,
        (x, y),
        name="Styblinski–Tang",
        minima=(-2.903534027771177, -2.903534027771177),
        window=((-5, 5), (-5, 5)),
    )


def rastrigin() -> Symbolic:
    """Return J = 20 + Σ(θᵢ² − 10 cos 2πθᵢ): a bowl covered with ripples (Rastrigin 1974).

    >>> float(rastrigin()([0.0, 0.0]))
    0.0
    """
    return Symbolic(
        20 + sum(s**2 - 10 * sp.cos(2 * sp.pi * s) for s in (x, y)),
        (x, y),
        name="Rastrigin",
        minima=(0, 0),
        window=((-5.12, 5.12), (-5.12, 5.12)),
    )


def ackley() -> Symbolic:
    """Return J = 20 + e − 20 exp(−r/5) − exp(½(cos 2πx + cos 2πy)), r² = ½(x² + y²).

    The minimum (0, 0) is the tip of a cone: there is no gradient in it (Ackley 1987).

    >>> abs(float(ackley()([0.0, 0.0]))) < 1e-15
    True
    """
    r = sp.sqrt((x**2 + y**2) / 2)
    waves = sp.exp((sp.cos(2 * sp.pi * x) + sp.cos(2 * sp.pi * y)) / 2)
    return Symbolic(
        20 + sp.E - 20 * sp.exp(-r / 5) - waves,
        (x, y),
        name="Ackley",
        minima=(0, 0),
        window=((-5, 5), (-5, 5)),
    )


def double_well() -> Symbolic:
    """Return J = (x² − 1)², one variable, minima at −1 and 1 and a maximum between.

    >>> double_well().minima
    array([[-1.],
           [ 1.]])
    """
    return Symbolic(
        (x**2 - 1) ** 2, (x,), name="double well", minima=((-1,), (1,)), window=((-2, 2),)
    )


def quartic() -> Symbolic:
    """Return J = x⁴, one variable: so flat at its minimum that the curvature there is zero.

    >>> quartic().hess([0.0])
    array([[0.]])
    """
    return Symbolic(x**4, (x,), name="quartic", minima=(0,), window=((-2, 2),))
