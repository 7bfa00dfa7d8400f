"""The data of the course, and how it is cut into batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .checks import check_count
from .types import Array

__all__ = ["Examples", "batches", "digits"]


class Examples(NamedTuple):
    """Inputs, one row for each example, and their labels."""

    X: Array
    y: NDArray[np.int64]


def digits() -> Examples:
    """Return the 1797 handwritten digits of scikit-learn: 8×8 pixels from 0 to 1, and labels.

    ``X`` has shape ``(1797, 64)``, ``y`` shape ``(1797,)``. Source: Alpaydin & Kaynak (1998). The
    package brings them along; nothing is downloaded.

    >>> X, y = digits()
    >>> X.shape, float(X.max()), sorted(set(y.tolist())) == list(range(10))
    ((1797, 64), 1.0, True)
    """
    from sklearn.datasets import load_digits

    found = load_digits()
    return Examples(found.data / 16, found.target)


def batches(
    n: int,
    size: int,
    rng: np.random.Generator | Sequence[np.random.Generator],
    *,
    replace: bool = False,
) -> Iterator[NDArray[np.int64]]:
    """Return the batches of endless epochs: arrays of ``size`` numbers below ``n``.

    Each epoch goes once through all n examples in a new random order; its last batch has what is
    left. With ``replace``, each batch is drawn anew from all of them, and every batch is full. A
    list of S generators gives arrays of shape ``(S, size)``: a batch for each of S runs. Raises
    ``ValueError`` unless 1 ≤ size ≤ n, ``TypeError`` for an ``rng`` that is no generator.

    >>> few = batches(5, 2, np.random.default_rng(0))
    >>> [next(few).tolist() for _ in range(3)]
    [[2, 4], [3, 0], [1]]
    >>> next(batches(5, 2, [np.random.default_rng(0), np.random.default_rng(1)]))
    array([[2, 4],
           [4, 0]])
    """
    n, size = check_count("n", n), check_count("size", size)
    if size > n:
        raise ValueError(f"size={size} is more than the n={n} examples there are")
    if isinstance(rng, Sequence) and len(rng):
        each = [batches(n, size, one, replace=replace) for one in rng]
        return map(np.stack, zip(*each, strict=True))
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng={rng!r} must be a generator, such as np.random.default_rng(0)")
    return _drawn(n, size, rng) if replace else _shuffled(n, size, rng)


def _shuffled(n: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    while True:
        order = rng.permutation(n)
        for first in range(0, n, size):
            yield order[first : first + size]


def _drawn(n: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    while True:
        yield rng.integers(n, size=size)
