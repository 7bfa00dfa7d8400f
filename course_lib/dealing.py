"""Runs over several seeds: one start, and for each seed batches in an order of its own."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .checks import check_count, check_start
from .data import batches
from .types import Array, ArrayLike

__all__ = ["Deal"]


class Deal(NamedTuple):
    """The start of each seed, shape ``(S, d)``, and how the examples are dealt out."""

    theta: Array
    n: int
    batch_size: int | None

    @classmethod
    def of(cls, f: Any, start: ArrayLike, batch_size: int | None, seeds: int) -> Deal:
        """Deal the examples of ``f`` in batches, or all at once where ``batch_size`` is None.

        Raises ``ValueError`` or ``TypeError`` with one sentence for input that cannot be run.
        """
        theta = check_start(f, start, "start")
        if theta.ndim != 1:
            raise ValueError(f"start has shape {theta.shape}; there is room for one start, (d,)")
        if batch_size is not None and not hasattr(f, "batch"):
            raise TypeError(
                f"batch_size={batch_size} needs a mean over examples, and f={f!r} is none"
            )
        many = check_count("seeds", seeds)
        if many > 1 and batch_size is None:
            raise ValueError(
                f"seeds={many} needs a batch_size; without batches all runs are the same"
            )
        return cls(np.broadcast_to(theta, (many, theta.size)), getattr(f, "n", 1), batch_size)

    def batches(self) -> Any:
        """Return the batches of a new run, the same ones each time; None for all examples.

        >>> from course_lib import LeastSquares
        >>> f = LeastSquares([[1.0], [2.0], [3.0], [4.0]], [0.0, 0.0, 0.0, 0.0])
        >>> next(Deal.of(f, [0.0], batch_size=2, seeds=3).batches()).shape
        (3, 2)
        """
        if self.batch_size is None:
            return None
        rngs = [np.random.default_rng(seed) for seed in range(len(self.theta))]
        return batches(self.n, self.batch_size, rngs)
