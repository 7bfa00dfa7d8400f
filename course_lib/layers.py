"""The layers of a network, each a pair of pure functions: forward, and backward by the chain rule.

Rows are examples (or places of examples, for a convolution), columns are units or channels. All
arrays may have leading axes, one for each of several runs; matrices then multiply run by run.
``dy`` is ∂J/∂y, the gradient that comes from the layers above, of the shape of y.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .types import Array

__all__ = [
    "batch_norm",
    "batch_norm_backward",
    "conv1d",
    "conv1d_backward",
    "cross_entropy",
    "cross_entropy_backward",
    "dense",
    "dense_backward",
    "normalise",
    "patches",
    "patches_backward",
    "relu",
    "relu_backward",
    "rows",
    "softmax",
    "weights_backward",
]


def dense(x: Array, W: Array, b: Array) -> Array:
    """Return y = xW + b: every unit sees all inputs.

    Shapes: x ``(..., n, p)``, W ``(..., p, q)``, b ``(..., q)``, y ``(..., n, q)``.

    >>> dense(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([5.0]))
    array([[16.]])
    """
    y: Array = x @ W
    y += b[..., None, :]
    return y


def dense_backward(dy: Array, x: Array, W: Array) -> tuple[Array, Array, Array]:
    """Return ∂J/∂x = dy Wᵀ, ∂J/∂W = xᵀ dy and ∂J/∂b, the sum of dy over the rows.

    >>> [d.tolist() for d in dense_backward(np.ones((1, 1)), np.array([[1.0, 2.0]]), np.eye(2, 1))]
    [[[1.0, 0.0]], [[1.0], [2.0]], [1.0]]
    """
    return dy @ W.mT, *weights_backward(dy, x)


def weights_backward(dy: Array, x: Array) -> tuple[Array, Array]:
    """Return ∂J/∂W = xᵀ dy and ∂J/∂b alone: a first layer needs no more.

    >>> [d.tolist() for d in weights_backward(np.ones((1, 1)), np.array([[1.0, 2.0]]))]
    [[[1.0], [2.0]], [1.0]]
    """
    return x.mT @ dy, dy.sum(-2)


def relu(x: Array) -> Array:
    """Return max(x, 0).

    >>> relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    return np.maximum(x, 0)


def relu_backward(dy: Array, x: Array) -> Array:
    """Return dy where x > 0, and 0 elsewhere, at the kink too.

    >>> relu_backward(np.array([5.0, 5.0]), np.array([-1.0, 2.0]))
    array([0., 5.])
    """
    return dy * (x > 0)


def patches(x: Array, width: int, stride: int, padding: int) -> Array:
    """Return what each place of a convolution sees: ``width`` neighbouring places, side by side.

    x has shape ``(..., n, length, channels)``, the result ``(..., n, places, width · channels)``
    with places = (length + 2 padding − width) // stride + 1. The padding is zeros.

    >>> patches(np.array([[[1.0], [2.0], [3.0], [4.0]]]), width=2, stride=2, padding=0)
    array([[[1., 2.],
            [3., 4.]]])
    """
    length = x.shape[-2]
    places = (length + 2 * padding - width) // stride + 1
    padded = np.zeros((*x.shape[:-2], length + 2 * padding, x.shape[-1]), x.dtype)
    padded[..., padding : padding + length, :] = x
    last = stride * (places - 1) + 1
    return np.concatenate([padded[..., j : j + last : stride, :] for j in range(width)], axis=-1)


def patches_backward(dp: Array, length: int, width: int, stride: int, padding: int) -> Array:
    """Return ∂J/∂x from ∂J/∂patches: each place collects from all patches that saw it.

    >>> patches_backward(np.ones((1, 2, 3)), length=4, width=3, stride=1, padding=0)[0, :, 0]
    array([1., 2., 2., 1.])
    """
    places, channels = dp.shape[-2], dp.shape[-1] // width
    padded = np.zeros((*dp.shape[:-2], length + 2 * padding, channels), dp.dtype)
    last = stride * (places - 1) + 1
    for j in range(width):
        padded[..., j : j + last : stride, :] += dp[..., j * channels : (j + 1) * channels]
    return padded[..., padding : padding + length, :]


def conv1d(seen: Array, W: Array, b: Array) -> Array:
    """Return the convolution of the `patches` ``seen``: the same dense layer at every place.

    Shapes: seen ``(..., n, places, p)``, W ``(..., p, q)``, b ``(..., q)``, the result
    ``(..., n, places, q)``. All places of all examples are one matrix product.

    >>> signal = np.array([[[1.0], [2.0], [4.0]]])
    >>> slope = conv1d(patches(signal, 2, 1, 0), np.array([[-1.0], [1.0]]), np.zeros(1))
    >>> slope[0, :, 0]
    array([1., 2.])
    """
    y = dense(rows(seen), W, b)
    return y.reshape(*y.shape[:-2], *seen.shape[-3:-1], y.shape[-1])


def conv1d_backward(dy: Array, seen: Array, W: Array) -> tuple[Array, Array, Array]:
    """Return ∂J/∂seen, ∂J/∂W and ∂J/∂b.

    >>> seen = patches(np.ones((1, 3, 1)), 2, 1, 0)
    >>> dW = conv1d_backward(np.ones((1, 2, 1)), seen, np.ones((2, 1)))[1]
    >>> dW.ravel()
    array([2., 2.])
    """
    dseen, dW, db = dense_backward(rows(dy), rows(seen), W)
    return dseen.reshape(*dseen.shape[:-2], *dy.shape[-3:-1], dseen.shape[-1]), dW, db


def rows(x: Array) -> Array:
    """Return an array ``(..., n, places, channels)`` with a row for each place of each example.

    >>> rows(np.zeros((5, 4, 3))).shape
    (20, 3)
    """
    return x.reshape(*x.shape[:-3], -1, x.shape[-1])


def batch_norm(
    x: Array, gain: Array, shift: Array, eps: float = 1e-5
) -> tuple[Array, tuple[Array, Array]]:
    """Return y = gain · x̂ + shift with x̂ = (x − μ)/√(σ² + ε), and (x̂, √(σ² + ε)) to go back.

    μ and σ² are mean and variance of each column over the rows: σ² divides by n, not by n − 1.
    Shapes: x ``(..., n, q)``, gain and shift ``(..., q)``. Source: Ioffe & Szegedy (2015).

    >>> y, _ = batch_norm(np.array([[1.0], [3.0]]), np.array([2.0]), np.array([5.0]), eps=0.0)
    >>> y.ravel()
    array([3., 7.])
    """
    centred = x - x.mean(-2, keepdims=True)
    spread = np.sqrt((centred**2).mean(-2, keepdims=True) + eps)
    centred /= spread
    return gain[..., None, :] * centred + shift[..., None, :], (centred, spread)


def batch_norm_backward(
    dy: Array, x_hat: Array, spread: Array, gain: Array
) -> tuple[Array, Array, Array]:
    """Return ∂J/∂x, ∂J/∂gain and ∂J/∂shift.

    ∂J/∂x = gain/√(σ² + ε) · (dy − mean(dy) − x̂ · mean(dy · x̂)), with means over the rows: the
    part of dy that is constant, and the part along x̂, have no effect on y.

    >>> x = np.array([[1.0], [3.0]])
    >>> _, (x_hat, spread) = batch_norm(x, np.ones(1), np.zeros(1), eps=0.0)
    >>> dx, dgain, dshift = batch_norm_backward(np.array([[0.0], [1.0]]), x_hat, spread, np.ones(1))
    >>> dx.ravel(), dgain, dshift
    (array([0., 0.]), array([1.]), array([1.]))
    """
    along = dy * x_hat
    dx = dy - dy.mean(-2, keepdims=True) - x_hat * along.mean(-2, keepdims=True)
    return gain[..., None, :] / spread * dx, along.sum(-2), dy.sum(-2)


def normalise(
    x: Array, gain: Array, shift: Array, mean: Array, variance: Array, eps: float = 1e-5
) -> Array:
    """Return batch norm in evaluation: with a mean and a variance that are given.

    >>> normalise(np.array([[3.0]]), *np.array([[2.0], [5.0], [2.0], [1.0]]), eps=0.0)
    array([[7.]])
    """
    scale = gain / np.sqrt(variance + eps)
    y: Array = x * scale[..., None, :]
    y += (shift - mean * scale)[..., None, :]
    return y


def softmax(z: Array, axis: int = -1) -> Array:
    """Return the probabilities exp(zₖ)/Σⱼ exp(zⱼ), with the classes along ``axis``.

    >>> softmax(np.array([0.0, np.log(3.0)]))
    array([0.25, 0.75])
    """
    p: Array = z - z.max(axis, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(axis, keepdims=True)
    return p


def cross_entropy(z: Array, y: Array, axis: int = -1) -> Array:
    """Return the mean of −log softmax(z) at the right class y, over the examples.

    Shapes: z ``(..., n, K)``, or with the K classes along another ``axis``, y ``(..., n)`` with
    whole numbers below K, the result ``(...)``.

    >>> cross_entropy(np.zeros((3, 4)), np.array([0, 1, 2])).round(4)
    np.float64(1.3863)
    """
    top = z.max(axis, keepdims=True)
    logs = np.log(np.exp(z - top).sum(axis, keepdims=True)) + top
    labels: Any = np.broadcast_to(np.expand_dims(y, axis), top.shape)
    right = np.take_along_axis(z, labels, axis)
    value: Array = (logs - right).squeeze(axis).mean(-1)
    return value


def cross_entropy_backward(z: Array, y: Array) -> Array:
    """Return ∂J/∂z = (softmax(z) − one-hot(y))/n.

    >>> cross_entropy_backward(np.zeros((1, 2)), np.array([1]))
    array([[ 0.5, -0.5]])
    """
    dz = softmax(z)
    dz -= np.arange(z.shape[-1]) == y[..., None]
    dz /= z.shape[-2]
    return dz
