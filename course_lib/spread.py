"""How far the runs of several seeds lie apart."""

from __future__ import annotations

import numpy as np

from .types import Array

__all__ = ["quartiles"]

HUGE = 1e306  # stands for infinity, which cannot be interpolated


def quartiles(values: Array, axis: int = -1) -> tuple[Array, Array, Array]:
    """Return the lower quartile, the median and the upper quartile along an axis.

    Runs that diverged count as infinite.

    >>> [float(q) for q in quartiles(np.array([1.0, 2.0, 3.0, 4.0, np.nan]))]
    [2.0, 3.0, 4.0]
    """
    bounded = np.where(np.isfinite(values), values, HUGE)
    low, median, high = np.quantile(bounded, (0.25, 0.5, 0.75), axis=axis)
    low, median, high = (np.where(q > HUGE / 1e3, np.inf, q) for q in (low, median, high))
    return low, median, high
