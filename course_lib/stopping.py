"""When to stop: each criterion is a function ``(f, theta, theta_next, inner) -> bool``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .checks import check_count, check_number
from .types import Array, Criterion, Inner, Objective

__all__ = ["EarlyStopping", "small_change", "small_decrement", "small_gradient", "small_step"]


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


class EarlyStopping:
    """Stop when another loss has not improved for a while, and keep the best θ.

    ``loss`` is any function of θ, such as a validation network's: it is asked after every
    ``every``-th step, and after ``patience`` looks without a new best the run stops. ``best`` is θ
    at the lowest of these losses, ``lowest``; each of several runs has its own. Make a new one for
    each call of `run`. Raises ``ValueError`` unless patience and every are whole and at least 1.

    >>> from course_lib import functions, gd, run
    >>> away = EarlyStopping(lambda theta: ((theta - 1) ** 2).sum(-1), patience=2)
    >>> run(gd, functions.quadratic(4), (2.0, 0.0), 99, lr=0.1, until=away).steps
    9
    >>> away.best.round(2)
    array([0.96, 0.  ])
    """

    def __init__(self, loss: Callable[[Array], Any], patience: int = 5, every: int = 1) -> None:
        self.loss, self.patience = loss, check_count("patience", patience)
        self.every, self.t = check_count("every", every), 0

    def __call__(self, f: Objective, theta: Array, theta_next: Array, inner: Inner) -> Array:
        """Look at ``theta_next`` if it is time, and tell which runs have waited long enough."""
        if self.t == 0:
            self.best, self.lowest = theta.copy(), np.asarray(self.loss(theta), dtype=float)
            self.waited = np.zeros(self.lowest.shape, int)
        self.t += 1
        if self.t % self.every == 0:
            now = np.asarray(self.loss(theta_next), dtype=float)
            better = now < self.lowest
            self.best = np.where(better[..., None], theta_next, self.best)
            self.lowest = np.where(better, now, self.lowest)
            self.waited = np.where(better, 0, self.waited + 1)
        return np.asarray(self.waited >= self.patience)
