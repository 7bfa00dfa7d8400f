"""Count what a method asks of its objective: the currency in which methods are compared."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from .types import Array, ArrayLike, Curved, Objective

__all__ = ["Counted"]


class Counted:
    """An objective that counts at how many points its value, gradient and Hessian were asked for.

    ``size`` is the size of the θ of one run, or of the whole grid of runs. So each count is one of
    *points per run*: a grid that is evaluated in one call counts as one. For a mean over n examples
    each point counts n. Whatever else ``f`` has (a window, say) is there, too.

    >>> from course_lib import functions
    >>> f = Counted(functions.booth(), size=2)
    >>> f([0.0, 0.0]), f([[1.0, 2.0], [1.0, 3.0]])
    (np.float64(74.0), array([5., 0.]))
    >>> f.counts
    [3, 0, 0]
    """

    names = ("f", "grad", "hess")

    def __init__(self, f: Objective, size: int, counts: list[int] | None = None) -> None:
        self.f, self.size = f, size
        self.counts = [0, 0, 0] if counts is None else counts
        self.examples = getattr(f, "n", 1)

    def __call__(self, theta: ArrayLike) -> Array:
        """Return J(θ) and count it."""
        self._count(0, theta)
        return self.f(theta)

    def grad(self, theta: ArrayLike) -> Array:
        """Return ∇J(θ) and count it."""
        self._count(1, theta)
        return self.f.grad(theta)

    def hess(self, theta: ArrayLike) -> Array:
        """Return H(θ) and count it."""
        self._count(2, theta)
        return cast(Curved, self.f).hess(theta)

    def price(self, theta: ArrayLike) -> int:
        """Return what one question at θ counts: its points, times the examples of ``f``."""
        return -(-np.size(theta) // self.size) * self.examples

    def _count(self, which: int, theta: ArrayLike) -> None:
        self.counts[which] += self.price(theta)

    def batch(self, index: ArrayLike) -> Counted:
        """Return the objective of some examples; what it is asked for counts here, too."""
        return Counted(self.f.batch(index), self.size, self.counts)  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.f, name)
