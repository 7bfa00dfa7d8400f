"""The shapes of things: what every other module agrees on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Number = float | Array
Inner = dict[str, Any]
Step = Callable[..., tuple[Array, Inner]]
Criterion = Callable[["Objective", Array, Array, Inner], Any]

__all__ = ["Array", "ArrayLike", "Criterion", "Curved", "Inner", "Number", "Objective", "Step"]


class Objective(Protocol):
    """A function to minimise: its value and gradient, broadcast over leading axes.

    ``theta`` has shape ``(..., d)``; the value has shape ``(...)``, the gradient ``(..., d)``.
    """

    def __call__(self, theta: ArrayLike) -> Array:
        """Return J(θ)."""

    def grad(self, theta: ArrayLike) -> Array:
        """Return ∇J(θ)."""


class Curved(Objective, Protocol):
    """An objective with a Hessian, of shape ``(..., d, d)``, as Newton's method needs it."""

    def hess(self, theta: ArrayLike) -> Array:
        """Return the Hessian H(θ)."""
