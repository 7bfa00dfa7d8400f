"""The data of the course, and how it is cut into batches."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_dir

from .checks import check_count
from .types import Array

__all__ = ["Examples", "batches", "digits", "mnist1d", "split"]

MNIST1D_SHA256 = "bac71f9876f2fe089b324192be2c44f4c588886d33a971e9996fafce8a49c233"


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


def mnist1d() -> tuple[Examples, Examples]:
    """Return MNIST-1D: 4000 examples to train with and 1000 to test, signals of 40 numbers.

    ``X`` has shape ``(n, 40)``, ``y`` the ten classes. The package of that name makes them, with
    its own seed, in about a second; nothing is downloaded, and the result is kept in the user's
    cache. Raises ``RuntimeError`` if they are not the numbers they should be. Source: Greydanus &
    Kobak (2024).

    >>> train, test = mnist1d()
    >>> train.X.shape, test.X.shape, train.y[:5]
    ((4000, 40), (1000, 40), array([2, 6, 4, 5, 6]))
    """
    kept = Path(user_cache_dir("course-lib")) / "mnist1d.npz"
    try:
        with kept.open("rb") as handle, np.load(handle) as file:
            X, y = file["X"], file["y"]
        _check_mnist1d(X, y)
    except (OSError, EOFError, KeyError, ValueError, RuntimeError, BadZipFile):
        X, y = _make_mnist1d()
        _check_mnist1d(X, y)
        _keep(kept, X, y)
    return Examples(X[:4000], y[:4000]), Examples(X[4000:], y[4000:])


def _make_mnist1d() -> tuple[Array, NDArray[np.int64]]:
    from mnist1d.data import make_dataset

    before, numpy_before = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        made = make_dataset()
    finally:
        random.setstate(before)
        np.random.set_state(numpy_before)  # noqa: NPY002
    return np.concatenate([made["x"], made["x_test"]]), np.concatenate([made["y"], made["y_test"]])


def _check_mnist1d(X: Array, y: NDArray[np.int64]) -> None:
    rounded = np.rint(1e4 * X).astype("<i4").tobytes() + y.astype("<i4").tobytes()
    if sha256(rounded).hexdigest() != MNIST1D_SHA256:
        raise RuntimeError("mnist1d has made other numbers than the course knows")


def _keep(path: Path, X: Array, y: NDArray[np.int64]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            np.savez(file, X=X, y=y)
        Path(file.name).replace(path)
    except OSError:
        return  # a cache that cannot be written costs a second each time, no more


def split(data: Examples, size: int, rng: np.random.Generator) -> tuple[Examples, Examples]:
    """Return the examples cut in two at random: all but ``size`` of them, and ``size``.

    Raises ``ValueError`` unless 1 ≤ size < n.

    >>> train, validation = split(digits(), 360, np.random.default_rng(0))
    >>> len(train.y), len(validation.y)
    (1437, 360)
    """
    n = len(data.y)
    if check_count("size", size) >= n:
        raise ValueError(f"size={size} leaves nothing of the n={n} examples there are")
    order = rng.permutation(n)
    rest, part = np.sort(order[size:]), np.sort(order[:size])
    return Examples(data.X[rest], data.y[rest]), Examples(data.X[part], data.y[part])


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
