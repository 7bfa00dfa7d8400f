"""Objectives that are means over examples: what stochastic methods are made for."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from . import layers
from .checks import check_count, check_number
from .types import Array, ArrayLike

__all__ = ["LeastSquares", "Mean", "Softmax"]


class Mean:
    """A mean over n examples, the rows of X with their targets y, plus a penalty.

    ``batch(index)`` is the mean over some of the examples, and an objective like the whole one.
    There X and y may have a leading axis: one batch for each of several runs.
    """

    X: Array
    y: Array
    n: int
    dim: int
    l2: float

    def batch(self, index: ArrayLike) -> Self:
        """Return the objective of the examples in ``index``, an array of whole numbers.

        It is the *mean* over the batch, so its gradient estimates the full gradient, whatever the
        batch's size. With an index of shape ``(S, B)`` run s sees batch s, and θ has the shape
        ``(..., S, d)``. Raises ``ValueError`` for a batch that is empty or names no example.
        """
        chosen = np.asarray(index)
        if chosen.ndim not in (1, 2) or not chosen.size or chosen.dtype.kind not in "iu":
            raise ValueError(f"index={index!r} must be a list of at least one whole number")
        if chosen.min() < 0 or chosen.max() >= self.n:
            raise ValueError(
                f"index={chosen[(chosen < 0) | (chosen >= self.n)][0]} is no example; "
                f"there are {self.n}, counted from 0"
            )
        part = object.__new__(type(self))
        vars(part).update(
            vars(self), X=self.X[chosen], y=self.y[chosen], n=chosen.shape[-1]
        )  # what copy.copy does, which takes longer than the arithmetic of a batch of one
        return part

    def _accept(self, theta: ArrayLike) -> Array:
        theta = np.asarray(theta, dtype=float)
        wanted = (*self.y.shape[:-1], self.dim)
        if theta.shape[-len(wanted) :] != wanted:
            shape = ", ".join(map(str, ("...", *wanted)))
            raise ValueError(f"theta has shape {theta.shape}; {self!r} needs ({shape})")
        return theta


class LeastSquares(Mean):
    """Linear regression: the mean squared error, halved.

    J(θ) = 1/(2n) Σᵢ (xᵢᵀθ − yᵢ)² + l2/2 ‖θ‖²

    ``X`` has shape ``(n, d)``, ``y`` shape ``(n,)``, θ shape ``(..., d)``. Raises ``ValueError``
    for shapes that do not fit, numbers that are not finite, and a negative ``l2``.

    >>> f = LeastSquares([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [1.0, 2.0, 3.0])
    >>> float(f([1.0, 2.0])), f.batch([2]).grad([0.0, 0.0])
    (0.0, array([-3., -3.]))
    """

    def __init__(self, X: ArrayLike, y: ArrayLike, l2: float = 0.0) -> None:
        self.X, self.y = _examples(X, y)
        self.n, self.dim = self.X.shape
        self.l2 = float(check_number("l2", l2, at_least=0))

    def __call__(self, theta: ArrayLike) -> Array:
        """Return J(θ), shape ``(...)``."""
        theta = self._accept(theta)
        value: Array = (self._errors(theta) ** 2).mean(-1) / 2 + self.l2 / 2 * (theta**2).sum(-1)
        return value

    def grad(self, theta: ArrayLike) -> Array:
        """Return ∇J(θ) = Xᵀ(Xθ − y)/n + l2 θ, shape ``(..., d)``."""
        theta = self._accept(theta)
        errors = self._errors(theta)
        return _vecmat(errors, self.X) / self.n + self.l2 * theta

    def hess(self, theta: ArrayLike) -> Array:
        """Return H = XᵀX/n + l2 I, the same everywhere, shape ``(..., d, d)``."""
        H = self.X.mT @ self.X / self.n + self.l2 * np.eye(self.dim)
        return np.broadcast_to(H, (*self._accept(theta).shape, self.dim)).copy()

    @property
    def minima(self) -> Array:
        """The minimum (the shortest one, if there are many), shape ``(1, d)``."""
        padded = np.concatenate([self.X, np.sqrt(self.n * self.l2) * np.eye(self.dim)])
        targets = np.concatenate([self.y, np.zeros(self.dim)])
        minimum: Array = np.linalg.lstsq(padded, targets, rcond=None)[0]
        return minimum[None]

    def _errors(self, theta: Array) -> Array:
        return _vecmat(theta, self.X.mT) - self.y

    def __repr__(self) -> str:
        return f"LeastSquares({self.n} examples, {self.dim} parameters)"


class Softmax(Mean):
    """Softmax regression: the mean cross-entropy of K classes.

    J(θ) = −1/n Σᵢ log p(yᵢ | xᵢ) + l2/2 ‖W‖²,  p(k | x) = exp(zₖ)/Σⱼ exp(zⱼ),  z = Wx + b

    ``X`` has shape ``(n, p)``, ``y`` holds the classes 0 … K − 1, shape ``(n,)``. θ has shape
    ``(..., K (p + 1))``; `unflatten` shows it as W and b. The bias is not penalised. Raises
    ``ValueError`` for shapes that do not fit, numbers that are not finite, a label that is no
    class, and a negative ``l2``.

    >>> f = Softmax([[-1.0], [1.0]], [0, 1], classes=2)
    >>> f(np.zeros(4)).round(4), f.grad(np.zeros(4))
    (np.float64(0.6931), array([ 0.5,  0. , -0.5,  0. ]))
    """

    def __init__(self, X: ArrayLike, y: ArrayLike, classes: int, l2: float = 0.0) -> None:
        features, labels = _examples(X, y)
        self.classes = check_count("classes", classes)
        known = (labels >= 0) & (labels < self.classes) & (labels == np.floor(labels))
        if not known.all():
            raise ValueError(f"y={labels[~known][0]:g} is no class; those are 0 to {classes - 1}")
        self.X = np.column_stack([features, np.ones(len(features))])
        self.y = labels.astype(int)
        self.n, self.dim = len(self.X), self.classes * self.X.shape[1]
        self.l2 = float(check_number("l2", l2, at_least=0))

    def __call__(self, theta: ArrayLike) -> Array:
        """Return J(θ), shape ``(...)``."""
        weights = self._weights(theta)
        value = layers.cross_entropy(weights @ self.X.mT, self.y, axis=-2)
        penalty = self.l2 / 2 * (weights[..., :-1] ** 2).sum((-2, -1))
        return np.asarray(value + penalty)[()]

    def grad(self, theta: ArrayLike) -> Array:
        """Return ∇J(θ), shape ``(..., d)``."""
        weights = self._weights(theta)
        errors = layers.softmax(weights @ self.X.mT, axis=-2)
        errors -= self._targets()
        out: Array = errors @ self.X
        out /= self.n
        out[..., :-1] += self.l2 * weights[..., :-1]
        return out.reshape(*out.shape[:-2], self.dim)

    def hess(self, theta: ArrayLike) -> Array:
        """Return H(θ), shape ``(..., d, d)``; it takes d²n multiplications."""
        p, size = self.probabilities(theta), self.X.shape[-1]
        H = np.empty((*p.shape[:-2], self.classes, size, self.classes, size))
        for k, one in enumerate(np.eye(self.classes)):
            share = p[..., k : k + 1, :] * (one[:, None] - p) / self.n
            X = self.X[..., None, :, :]
            H[..., k, :, :, :] = np.moveaxis((share[..., None, :] * X.mT) @ X, -3, -2)
        H = H.reshape(*p.shape[:-2], self.dim, self.dim)
        penalised = np.tile(np.append(np.ones(size - 1), 0.0), self.classes)
        H[..., range(self.dim), range(self.dim)] += self.l2 * penalised
        return H

    def unflatten(self, theta: ArrayLike) -> tuple[Array, Array]:
        """Return W, shape ``(..., K, p)``, and b, shape ``(..., K)``: views of θ."""
        weights = self._weights(theta)
        return weights[..., :-1], weights[..., -1]

    def probabilities(self, theta: ArrayLike) -> Array:
        """Return p(k | xᵢ) for each class and example, shape ``(..., K, n)``."""
        return layers.softmax(self._weights(theta) @ self.X.mT, axis=-2)

    def accuracy(self, theta: ArrayLike) -> Array:
        """Return the share of examples whose likeliest class is the right one, shape ``(...)``.

        For the accuracy on a test set, ask the Softmax of the test set.
        """
        z = self._weights(theta) @ self.X.mT
        return np.asarray((z.argmax(-2) == self.y).mean(-1))[()]

    @property
    def lipschitz(self) -> float:
        """A bound on the curvatures: λ_max(XᵀX)/(2n) + l2, with the column of ones in X.

        Source: Böhning (1992), who bounds the Hessian of one example by ½ (I − 1/K) ⊗ x xᵀ.
        """
        return float(np.linalg.eigvalsh(self.X.T @ self.X)[-1] / (2 * self.n)) + self.l2

    def _weights(self, theta: ArrayLike) -> Array:
        theta = self._accept(theta)
        return theta.reshape(*theta.shape[:-1], self.classes, -1)

    def _targets(self) -> Any:
        return np.arange(self.classes)[:, None] == self.y[..., None, :]

    def __repr__(self) -> str:
        return f"Softmax({self.n} examples, {self.classes} classes, {self.dim} parameters)"


def _vecmat(v: Array, X: Array) -> Array:
    return v @ X if X.ndim == 2 else (v[..., None, :] @ X)[..., 0, :]


def _examples(X: Any, y: Any) -> tuple[Array, Array]:
    features, targets = check_number("X", X), check_number("y", y)
    if features.ndim != 2 or not features.size:
        raise ValueError(f"X has shape {features.shape}; it must be one row for each example")
    if targets.shape != features.shape[:1]:
        raise ValueError(
            f"y has shape {targets.shape}; X has {len(features)} rows, so ({len(features)},)"
        )
    return features, targets
