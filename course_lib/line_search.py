"""Step lengths that are searched for, not chosen: Armijo's rule and the methods that use it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .types import Array, Curved, Inner, Number, Objective

__all__ = ["LineSearch", "armijo", "descent_direction", "gd_armijo", "newton"]

PRECISION, TINY = np.finfo(float).eps, np.finfo(float).tiny


class LineSearch(NamedTuple):
    """What a line search found, each of shape ``(...)``.

    ``alpha`` is the accepted step length (0 where there is none), ``trials`` the number of
    values f(x + αp) that were computed, ``accepted`` whether a step passed the test.
    """

    alpha: Array
    trials: Array
    accepted: Array


def armijo(
    f: Objective,
    theta: Array,
    g: Array,
    p: Array,
    *,
    alpha0: Number = 1.0,
    c: Number = 1e-4,
    beta: Number = 0.5,
    max_trials: int | None = None,
) -> LineSearch:
    """Backtrack from α₀ until the step gives the fraction c of the decrease its slope promises.

    Accept the first α of α₀, βα₀, β²α₀, … with  f(x + αp) − f(x) ≤ c α gᵀp.

    ``theta``, the gradient ``g`` and the direction ``p`` are arrays of shape ``(..., d)``; α₀, c
    and β are numbers or have a last axis of length 1. Every run of a grid stops on its own.

    The search gives up, with ``accepted`` False, where p points uphill, and where α has become so
    small that floats cannot tell x + αp from x, or the promised decrease from 0; ``max_trials``
    ends it earlier. Source: Armijo (1966).

    >>> from course_lib import functions
    >>> f, x = functions.quadratic(4), np.array([1.0, 1.0])
    >>> found = armijo(f, x, f.grad(x), -f.grad(x))
    >>> float(found.alpha), int(found.trials), bool(found.accepted)
    (0.5, 2, True)
    """
    fx = np.asarray(f(theta))
    slope = np.asarray((g * p).sum(-1))
    size = np.broadcast_shapes(theta.shape, p.shape, *(np.shape(h) for h in (alpha0, c, beta)))[:-1]
    c, beta = _per_run(c), _per_run(beta)
    alpha = np.broadcast_to(_per_run(alpha0), size).astype(float)
    trials = np.zeros(size, int)
    accepted = np.zeros(size, bool)
    smallest = np.maximum(PRECISION / 2 * np.abs(fx), TINY)
    searching = np.broadcast_to((slope <= 0) & np.isfinite(fx), size)
    while searching.any() and (max_trials is None or trials.max() < max_trials):
        trial = theta + alpha[..., None] * p
        trials = trials + searching
        accepted = accepted | (searching & (f(trial) - fx <= c * alpha * slope))
        too_small = (trial == theta).all(-1) | (alpha <= TINY) | (-alpha * slope <= smallest)
        searching = searching & ~accepted & ~too_small
        alpha = np.where(searching, beta * alpha, alpha)
    return LineSearch(np.where(accepted, alpha, 0.0), trials, accepted)


def gd_armijo(
    f: Objective,
    theta: Array,
    t: int,
    *,
    alpha0: Number = 1.0,
    c: Number = 1e-4,
    beta: Number = 0.5,
) -> tuple[Array, Inner]:
    """One step of gradient descent whose length is found by Armijo's rule.

    p = −g,  θ ← θ + αp  with the first α of α₀, βα₀, … that has f(θ + αp) ≤ f(θ) − cα‖g‖².

    ``alpha0`` is α₀; ``c`` and ``beta`` lie in (0, 1). ``inner`` tells ``alpha``, ``trials`` and
    ``accepted`` (see `LineSearch`). Where no α is accepted, θ stays. Source: Armijo (1966).

    >>> from course_lib import functions
    >>> gd_armijo(functions.quadratic(4), np.array([1.0, 1.0]), 1)[0]
    array([ 0.5, -1. ])
    """
    g = f.grad(theta)
    alpha, trials, accepted = armijo(f, theta, g, -g, alpha0=alpha0, c=c, beta=beta)
    return theta - np.where(accepted[..., None], alpha[..., None] * g, 0.0), {
        "g": g, "alpha": alpha, "trials": trials, "accepted": accepted,
    }  # fmt: skip


def newton(
    f: Curved,
    theta: Array,
    t: int,
    *,
    alpha0: Number = 1.0,
    c: Number = 1e-4,
    beta: Number = 0.5,
    floor: Number = 1e-8,
) -> tuple[Array, Inner]:
    """One full Newton step with Armijo backtracking ("full relaxation").

    p = −H̃⁻¹g,  θ ← θ + αp  with the first α of α₀, βα₀, … that has f(θ + αp) ≤ f(θ) + cα gᵀp.

    H̃ is the Hessian made positive definite with ``floor`` (see `descent_direction`). ``alpha0`` is
    α₀, by default 1, the full step; ``c`` and ``beta`` lie in (0, 1). ``inner`` tells ``alpha``,
    ``trials``, ``accepted``, the Newton ``decrement`` λ = √(gᵀH̃⁻¹g), and whether the Hessian was
    ``modified``. Where no α is accepted, θ stays. Source: Nocedal & Wright (2006), chapter 3.

    >>> from course_lib import functions
    >>> theta, inner = newton(functions.booth(), np.array([-4.0, 4.0]), 1)
    >>> theta.round(12), float(inner["alpha"]), bool(inner["modified"])
    (array([1., 3.]), 1.0, False)
    """
    g = f.grad(theta)
    p, modified = descent_direction(f.hess(theta), g, floor=floor)
    alpha, trials, accepted = armijo(f, theta, g, p, alpha0=alpha0, c=c, beta=beta)
    return theta + np.where(accepted[..., None], alpha[..., None] * p, 0.0), {
        "g": g, "p": p, "alpha": alpha, "trials": trials, "accepted": accepted,
        "decrement": np.sqrt(np.maximum(-(g * p).sum(-1), 0.0)), "modified": modified,
    }  # fmt: skip


def descent_direction(H: Array, g: Array, *, floor: Number = 1e-8) -> tuple[Array, Array]:
    """Return Newton's direction, made to point downhill, and whether that changed the Hessian.

    p = −V diag(1/λ̃ᵢ) Vᵀg  with H = V diag(λᵢ) Vᵀ and λ̃ᵢ = max(|λᵢ|, floor · max|λ|).

    Where H is positive definite and not too near to singular this is −H⁻¹g. The floor keeps the
    angle between p and −g away from 90°: its cosine is at least ``floor``. Where H is zero or not
    finite, p = −g. ``H`` has shape ``(..., d, d)``, ``g`` and ``p`` ``(..., d)``, ``modified``
    ``(...)``.

    >>> descent_direction(np.diag([1.0, -4.0]), np.array([1.0, 1.0]))
    (array([-1.  , -0.25]), np.True_)
    """
    usable = np.isfinite(H).all((-2, -1)) & (H != 0).any((-2, -1))
    H = np.where(usable[..., None, None], H, np.eye(g.shape[-1]))
    eigenvalues, V = np.linalg.eigh(H)
    size = np.abs(eigenvalues)
    lowest = np.maximum(floor * size.max(-1, keepdims=True), TINY)
    p = -(V @ ((V.mT @ g[..., None]) / np.maximum(size, lowest)[..., None]))[..., 0]
    return p, ~usable | (eigenvalues < lowest).any(-1)


def _per_run(value: Number) -> Number:
    return value[..., 0] if np.ndim(value) else value  # type: ignore[index]
