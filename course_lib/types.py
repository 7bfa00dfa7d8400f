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

__all__ = ["Array", "ArrayLike", "Criterion", "Inner", "Number", "Objective", "Step"]


class Objective(Protocol):
    """A function to minimise: its value, gradient and Hessian, broadcast over leading axes.

    ``theta`` has shape ``(..., d)``; the value has shape ``(...)``, the gradient ``(..., d)``
    and the Hessian ``(..., d, d)``. Only methods that use the Hessian need ``hess``.
    """

    def __call__(self, theta: ArrayLike) -> Array:
        """Return J(θ)."""

    def grad(self, theta: ArrayLike) -> Array:
        """Return ∇J(θ)."""

    def hess(self, theta: ArrayLike) -> Array:
        """Return the Hessian H(θ)."""
