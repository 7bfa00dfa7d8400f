"""The project of exercise 13: train one network on MNIST-1D with a budget of examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from .checks import check_start
from .counting import Counted
from .data import mnist1d
from .network import Conv1d, Flatten, Network, ReLU
from .types import ArrayLike

__all__ = ["BudgetSpent", "Budgeted", "Project"]

BUDGET = 40_000
TEST = 1000


class BudgetSpent(Exception):
    """More was asked of a `Budgeted` objective than its budget allows."""


class Budgeted(Counted):
    """A mean over examples that counts: each example whose loss or gradient is asked costs one.

    ``left`` says how many there are still; batches share them. It answers nothing else about its
    examples. Raises `BudgetSpent` for a question that costs more than is left: it is not answered,
    and costs nothing.

    >>> from course_lib import LeastSquares
    >>> f = Budgeted(LeastSquares([[1.0], [2.0], [3.0]], [0.0, 1.0, 0.0]), 4)
    >>> f.batch([0, 1]).grad([1.0]).round(2), f.left
    (array([1.5]), 2)
    >>> f([1.0])
    Traceback (most recent call last):
    ...
    course_lib.project.BudgetSpent: this costs 3 examples, and 2 of 4 are left
    """

    def __init__(self, f: Any, budget: int, counts: list[int] | None = None) -> None:
        super().__init__(f, f.dim, counts)
        self.budget, self.n, self.dim = budget, int(f.n), int(f.dim)

    @property
    def left(self) -> int:
        """How many examples may still be asked for."""
        return self.budget - sum(self.counts)

    def batch(self, index: ArrayLike) -> Budgeted:
        """Return the mean over the examples in ``index``; it draws on the same budget."""
        return Budgeted(self.f.batch(index), self.budget, self.counts)  # type: ignore[attr-defined]

    def _count(self, which: int, theta: ArrayLike) -> None:
        price = self.price(theta)
        if price > self.left:
            raise BudgetSpent(
                f"this costs {price} examples, and {self.left} of {self.budget} are left"
            )
        self.counts[which] += price

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"f has no {name} here: it answers f(theta), f.grad and f.batch")


class Project:
    """A convolutional network to train, from ``start`` on, on ``f``, with a budget.

    ``seed`` decides which 4000 of the 5000 signals of MNIST-1D are trained on, what the ten classes
    are called, and where θ starts: parameters that were found for one seed are of no use for
    another.

    >>> project = Project(seed=0)
    >>> project.f.n, project.f.dim, project.f.left
    (4000, 5210, 40000)
    >>> 0 <= project.score(project.start) < 0.3
    True
    """

    def __init__(self, seed: int, budget: int = BUDGET) -> None:
        rng = np.random.default_rng(seed)
        train, test = mnist1d()
        X, y = np.concatenate([train.X, test.X]), np.concatenate([train.y, test.y])
        order = rng.permutation(len(y))
        X, y = X[order, :, None], rng.permutation(10)[y[order]]
        filters = [Conv1d(25, width, stride=2, padding=1) for width in (5, 3, 3)]
        layers = [part for one in filters for part in (one, ReLU())]

        def network(rows: slice) -> Network:
            return Network([*layers, Flatten()], X[rows], y[rows], classes=10, dtype=np.float32)

        self.test = network(slice(TEST))
        learner = network(slice(TEST, None))
        self.f, self.start = Budgeted(learner, budget), learner.start(rng)

    def score(self, theta: ArrayLike) -> float:
        """Return the accuracy on the 1000 signals that ``f`` has not seen."""
        return float(self.test.accuracy(check_start(self.test, theta, "theta")))
