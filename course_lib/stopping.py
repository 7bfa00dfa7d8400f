"""When to stop: each criterion is a function ``(f, theta, theta_next, inner) -> bool``."""

from __future__ import annotations

import numpy as np

from .checks import check_number
from .types import Array, Criterion, Inner, Objective

__all__ = ["small_change", "small_decrement", "small_gradient", "small_step"]


def small_gradient(tol: float) -> Criterion:
    """Stop when the gradient is short: ‖∇f(θ_{k+1})‖ ≤ tol.

    >>> from course_lib import functions, gd, run
    >>> run(gd, functions.booth(), (0.0, 0.0), 500, lr=0.1, until=small_gradient(1e-6)).outcome
    'converged'
    """
    check_number("tol", tol, at_least=0)

    def criterion(f: Objective, theta: Array, theta_next: Array, inner: Inner) -> Array:
        return np.asarray(np.linalg.norm(f.grad(theta_next), axis=-1) <= tol)

    return criterion


def small_change(tol: float) -> Criterion:
    """Stop when the objective hardly changes: |f(θ_{k+1}) − f(θ_k)| ≤ tol.

    >>> from course_lib import functions, gd, run
    >>> run(gd, functions.booth(), (0.0, 0.0), 500, lr=0.1, until=small_change(1e-6)).outcome
    'converged'
    """
    check_number("tol", tol, at_least=0)

    def criterion(f: Objective, theta: Array, theta_next: Array, inner: Inner) -> Array:
        return np.asarray(np.abs(f(theta_next) - f(theta)) <= tol)

    return criterion


def small_step(tol: float) -> Criterion:
    """Stop when the point hardly moves: ‖θ_{k+1} − θ_k‖ ≤ tol.

    >>> from course_lib import functions, gd, run
    >>> run(gd, functions.booth(), (0.0, 0.0), 500, lr=0.1, until=small_step(1e-6)).outcome
    'converged'
    """
    check_number("tol", tol, at_least=0)

    def criterion(f: Objective, theta: Array, theta_next: Array, inner: Inner) -> Array:
        return np.asarray(np.linalg.norm(theta_next - theta, axis=-1) <= tol)

    return criterion


def small_decrement(tol: float) -> Criterion:
    """Stop Newton's method when its model promises little: λ²/2 ≤ tol, with λ the decrement.

    λ²/2 is how much the quadratic model expects the full step to gain (Boyd & Vandenberghe,
    section 9.5.2). The step must put ``decrement`` into ``inner``, as `newton` does.

    >>> from course_lib import functions, newton, run
    >>> run(newton, functions.booth(), (0.0, 0.0), 9, until=small_decrement(1e-12)).steps
    2
    """
    check_number("tol", tol, at_least=0)

    def criterion(f: Objective, theta: Array, theta_next: Array, inner: Inner) -> Array:
        if "decrement" not in inner:
            raise ValueError(
                "small_decrement needs a step that reports its decrement, as newton does"
            )
        return np.asarray(inner["decrement"] ** 2 / 2 <= tol)

    return criterion
