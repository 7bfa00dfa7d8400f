"""What the theory promises, so that a lesson can draw it over what it measures."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .checks import check_number, check_start
from .types import Array, ArrayLike, Curved, Number

__all__ = ["Curvature", "best_lr", "contraction", "curvature", "gd_rate", "measured_rate"]


class Curvature(NamedTuple):
    """The extreme curvatures of an objective at a point: μ = λ_min and L = λ_max.

    >>> Curvature(1.0, 10.0).kappa
    10.0
    """

    mu: float
    L: float

    @property
    def kappa(self) -> float:
        """The condition number κ = L/μ; infinite where μ is not positive."""
        return self.L / self.mu if self.mu > 0 else float("inf")


def curvature(f: Curved, theta: ArrayLike) -> Curvature:
    """Return μ and L, the smallest and largest eigenvalue of the Hessian at one point.

    On a quadratic they are the same everywhere; elsewhere they describe the neighbourhood
    of θ, shape ``(d,)``. Raises ``ValueError`` for a point of the wrong shape, and for one without
    a finite Hessian.

    >>> from course_lib import functions
    >>> curvature(functions.quadratic(10), (0.0, 0.0))
    Curvature(mu=1.0, L=10.0)
    """
    point = check_start(f, theta, "theta")
    if point.ndim != 1:
        raise ValueError(f"theta has shape {point.shape}; curvature looks at one point")
    with np.errstate(all="ignore"):
        H = f.hess(point)
    if not np.isfinite(H).all():
        raise ValueError(f"theta={point} has no finite Hessian, so no curvature")
    eigenvalues = np.linalg.eigvalsh(H)
    return Curvature(float(eigenvalues[0]), float(eigenvalues[-1]))


def contraction(lr: Number, curvature: Number) -> Array:
    """Return by what factor one step of gradient descent multiplies an eigen-direction.

    1 − ηλ: negative means the direction oscillates, above 1 in size that it diverges.

    >>> contraction(0.25, np.array([1.0, 4.0, 8.0, 12.0]))
    array([ 0.75,  0.  , -1.  , -2.  ])
    """
    return np.asarray(1 - lr * curvature)


def best_lr(mu: float, L: float) -> float:
    """Return the fixed learning rate that minimises the worst contraction of a quadratic.

    η* = 2/(L + μ). Raises ``ValueError`` unless 0 < μ ≤ L. Source: Polyak (1987), section 1.4.

    >>> best_lr(1.0, 4.0)
    0.4
    """
    check_number("mu", mu, above=0)
    check_number("L", L, at_least=mu)
    return 2 / (L + mu)


def gd_rate(kappa: Number) -> Number:
    """Return the factor per step by which gradient descent at η* shrinks the distance.

    (κ − 1)/(κ + 1); the loss shrinks by its square. Raises ``ValueError`` for κ below 1.

    >>> gd_rate(9.0)
    0.8
    """
    check_number("kappa", kappa, at_least=1)
    return (kappa - 1) / (kappa + 1)


def measured_rate(errors: ArrayLike, first: int = 0) -> Array:
    """Return the mean factor per step of a sequence of errors, from index ``first`` on.

    (e_T / e_first)^{1/(T − first)}, for errors of shape ``(T + 1, ...)``; the result has shape
    ``(...)``. Raises ``ValueError`` when fewer than two errors are left.

    >>> float(measured_rate([8.0, 4.0, 2.0, 1.0]))
    0.5
    """
    errors = check_number("errors", errors, at_least=0)
    count = errors.shape[0] if errors.ndim else 0
    if not 0 <= first < count - 1:
        raise ValueError(f"first={first} leaves fewer than two of the {count} errors")
    with np.errstate(all="ignore"):
        return np.asarray((errors[-1] / errors[first]) ** (1 / (count - 1 - first)))
