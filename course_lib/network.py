"""Networks: layers in a row over one flat θ, so that every method of the course trains them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple, Protocol

import numpy as np

from . import layers
from .checks import check_count, check_number
from .models import Mean
from .types import Array, ArrayLike

__all__ = ["BatchNorm", "Conv1d", "Dense", "Dropout", "Flatten", "Network", "ReLU", "Statistics"]

Shape = tuple[int, ...]
Parameters = Mapping[str, Array]
Back = Callable[[Array], tuple[Array, dict[str, Array]]]


class Statistics(NamedTuple):
    """Mean and variance of what a batch-norm layer sees, over the population."""

    mean: Array
    variance: Array


class Pass(NamedTuple):
    """What a layer is told of a forward pass.

    ``inputs`` is the shape of one example, ``place`` the number of the layer. ``examples`` are the
    numbers of those in a batch (None: all of them, in evaluation). ``statistics`` stand in for
    those of the examples at hand; what the batch-norm layers see is collected in ``seen``.
    """

    inputs: Shape
    place: int
    examples: Any | None = None
    statistics: Mapping[int, Statistics] | None = None
    seen: dict[int, list[Statistics]] | None = None


class Layer(Protocol):
    """One layer: its parameters for inputs of a shape, and how it goes forward and back.

    ``shapes`` and ``output`` speak of one example: ``(units,)``, or ``(places, channels)``.
    """

    def shapes(self, inputs: Shape) -> dict[str, Shape]:
        """Return the shapes of the parameters."""

    def output(self, inputs: Shape) -> Shape:
        """Return the shape of what comes out."""

    def forward(self, x: Array, p: Parameters, how: Pass) -> tuple[Array, Back]:
        """Return what comes out, and a function from ∂J/∂y to ∂J/∂x and ∂J/∂parameters."""


class _Plain:
    """A layer without parameters; it changes no shape unless it says so."""

    def shapes(self, inputs: Shape) -> dict[str, Shape]:
        """Return that there are none."""
        return {}

    def output(self, inputs: Shape) -> Shape:
        """Return the shape of what comes out: that of what comes in."""
        return inputs


@dataclass(frozen=True)
class Dense:
    """A layer of ``units``; each sees all inputs."""

    units: int

    def shapes(self, inputs: Shape) -> dict[str, Shape]:
        """Return the shapes of W and b."""
        if len(inputs) != 1:
            raise ValueError(f"{self} cannot see inputs of shape {inputs}; put Flatten() before it")
        return {"W": (*inputs, self.units), "b": (self.units,)}

    def output(self, inputs: Shape) -> Shape:
        """Return the shape of what comes out."""
        return (check_count("units", self.units),)

    def forward(self, x: Array, p: Parameters, how: Pass) -> tuple[Array, Back]:
        """Return xW + b, and the way back."""

        def back(dy: Array) -> tuple[Array, dict[str, Array]]:
            dW, db = layers.weights_backward(dy, x)
            return (dy @ p["W"].mT if how.place else dy), {"W": dW, "b": db}

        return layers.dense(x, p["W"], p["b"]), back


@dataclass(frozen=True)
class Conv1d:
    """A convolution along a sequence: ``channels`` filters that see ``width`` places at a time."""

    channels: int
    width: int
    stride: int = 1
    padding: int = 0

    def shapes(self, inputs: Shape) -> dict[str, Shape]:
        """Return the shapes of W and b."""
        if len(inputs) != 2:
            raise ValueError(
                f"{self} needs inputs of shape (places, channels), not {inputs}; "
                "for one channel give X[..., None]"
            )
        return {"W": (self.width * inputs[1], self.channels), "b": (self.channels,)}

    def output(self, inputs: Shape) -> Shape:
        """Return the shape of what comes out."""
        for name in ("channels", "width", "stride"):
            check_count(name, getattr(self, name))
        left = inputs[0] + 2 * self.padding - self.width
        if left < 0:
            raise ValueError(f"{self} is wider than its input of {inputs[0]} places")
        return (left // self.stride + 1, self.channels)

    def forward(self, x: Array, p: Parameters, how: Pass) -> tuple[Array, Back]:
        """Return the convolution, and the way back."""
        window = (self.width, self.stride, self.padding)
        seen = layers.patches(x, *window)

        def back(dy: Array) -> tuple[Array, dict[str, Array]]:
            if not how.place:
                dW, db = layers.weights_backward(layers.rows(dy), layers.rows(seen))
                return dy, {"W": dW, "b": db}
            dseen, dW, db = layers.conv1d_backward(dy, seen, p["W"])
            return layers.patches_backward(dseen, how.inputs[0], *window), {"W": dW, "b": db}

        return layers.conv1d(seen, p["W"], p["b"]), back


@dataclass(frozen=True)
class ReLU(_Plain):
    """max(x, 0)."""

    def forward(self, x: Array, p: Parameters, how: Pass) -> tuple[Array, Back]:
        """Return max(x, 0), and the way back."""
        return layers.relu(x), lambda dy: (layers.relu_backward(dy, x), {})


@dataclass(frozen=True)
class Flatten(_Plain):
    """Places and channels side by side."""

    def output(self, inputs: Shape) -> Shape:
        """Return the shape of what comes out."""
        return (prod(inputs),)

    def forward(self, x: Array, p: Parameters, how: Pass) -> tuple[Array, Back]:
        """Return one row for each example, and the way back."""
        kept = x.shape[: x.ndim - len(how.inputs)]
        return x.reshape(*kept, -1), lambda dy: (dy.reshape(*dy.shape[:-1], *how.inputs), {})


@dataclass(frozen=True)
class BatchNorm(_Plain):
    """Each unit, or channel, with mean 0 and variance 1 over the batch; then a gain and a shift.

    In evaluation with ``statistics``: with these instead of the batch's.
    """

    eps: float = 1e-5

    def shapes(self, inputs: Shape) -> dict[str, Shape]:
        """Return the shapes of gain and shift."""
        return {"gain": inputs[-1:], "shift": inputs[-1:]}

    def forward(self, x: Array, p: Parameters, how: Pass) -> tuple[Array, Back]:
        """Return the normalised x, and the way back."""
        rows = _rows(x, how)
        if how.statistics is not None:
            fixed = layers.normalise(
                rows, p["gain"], p["shift"], *how.statistics[how.place], self.eps
            )
            return fixed.reshape(x.shape), _no_way_back
        if how.seen is not None:
            how.seen[how.place].append(Statistics(rows.mean(-2), rows.var(-2, ddof=1)))
        y, kept = layers.batch_norm(rows, p["gain"], p["shift"], self.eps)

        def back(dy: Array) -> tuple[Array, dict[str, Array]]:
            dx, dgain, dshift = layers.batch_norm_backward(_rows(dy, how), *kept, p["gain"])
            return dx.reshape(dy.shape), {"gain": dgain, "shift": dshift}

        return y.reshape(x.shape), back


@dataclass(frozen=True)
class Dropout(_Plain):
    """Each number is 0 with probability ``share`` on a batch, and divided by 1 − share if not.

    In evaluation nothing happens. Which numbers are dropped depends on the batch and ``seed``
    alone, so J on a batch is a function of θ. Source: Srivastava et al. (2014).
    """

    share: float
    seed: int = 0

    def output(self, inputs: Shape) -> Shape:
        """Return the shape of what comes out."""
        check_number("share", self.share, at_least=0, below=1)
        return inputs

    def forward(self, x: Array, p: Parameters, how: Pass) -> tuple[Array, Back]:
        """Return what is left of x, and the way back."""
        if how.examples is None:
            return x, lambda dy: (dy, {})
        rng = np.random.default_rng([self.seed, how.place, *how.examples.ravel()[:64]])
        shape = (*how.examples.shape, *how.inputs)
        mask = ((rng.random(shape) >= self.share) / (1 - self.share)).astype(x.dtype)
        return x * mask, lambda dy: (dy * mask, {})


def _rows(x: Array, how: Pass) -> Array:
    """Return x with one row for each example, or for each place of each example."""
    kept = x.shape[: x.ndim - len(how.inputs) - 1]
    return x.reshape(*kept, -1, x.shape[-1])


def _no_way_back(dy: Array) -> tuple[Array, dict[str, Array]]:
    raise ValueError("statistics=… is evaluation, and there is no gradient of it")


class Network(Mean):
    """A classifier: layers in a row, whose last has one unit a class, and the cross-entropy.

    J(θ) = −1/n Σᵢ log softmax(z(xᵢ; θ))_{yᵢ} + l2/2 Σ W²

    ``parts`` are the layers; a `Dense` with one unit for each class is added at the end. ``X`` has
    shape ``(n, inputs)``, or ``(n, places, channels)`` for a convolution; ``y`` holds classes from
    0. θ holds all parameters in one row, shape ``(..., d)``; leading axes are several networks, and
    `unflatten` shows their parts by name. Only weights W are penalised. ``dtype`` is that of the
    arithmetic; θ and what is returned may be float64 all the same.

    ``batch(index)`` is in training: batch norm takes mean and variance of that batch, and dropout
    drops. So with batch norm the mean of the batches' gradients is not ∇J, and it changes with the
    size of the batches. The whole network is in evaluation on all its examples; `accuracy` and
    `probabilities` can take population `statistics` for others. Raises ``ValueError`` for layers
    that do not fit.

    >>> X, y = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), [0, 1, 1]
    >>> net = Network([Dense(4), ReLU()], X, y)
    >>> net.dim, float(net(np.zeros(net.dim)).round(4))
    (22, 0.6931)
    """

    def __init__(
        self,
        parts: Sequence[Layer],
        X: ArrayLike,
        y: ArrayLike,
        *,
        classes: int | None = None,
        l2: float = 0.0,
        dtype: Any = np.float64,
    ) -> None:
        self.dtype = np.dtype(dtype)
        features, labels = check_number("X", X), check_number("y", y)
        if features.ndim not in (2, 3) or not features.size:
            raise ValueError(f"X has shape {features.shape}; its first axis must be the examples")
        if labels.shape != features.shape[:1]:
            raise ValueError(f"y has shape {labels.shape}; X has {len(features)} examples")
        if (labels < 0).any() or (labels != np.floor(labels)).any():
            raise ValueError("y must hold classes: whole numbers from 0")
        self.X, self.y = features.astype(self.dtype), labels.astype(int)
        self.n = len(self.X)
        self.classes = int(self.y.max()) + 1 if classes is None else check_count("classes", classes)
        if self.y.max() >= self.classes:
            raise ValueError(f"y={self.y.max()} is no class; those are 0 to {self.classes - 1}")
        self.l2 = float(check_number("l2", l2, at_least=0))
        self.index: Any | None = None
        self.parts: list[Layer] = [*parts, Dense(self.classes)]
        self.inputs: list[Shape] = [features.shape[1:]]
        self.names: dict[str, tuple[Shape, slice]] = {}
        first = 0
        for place, part in enumerate(self.parts):
            for name, shape in part.shapes(self.inputs[-1]).items():
                after = first + prod(shape)
                self.names[f"{place} {name}"] = (shape, slice(first, after))
                first = after
            self.inputs.append(part.output(self.inputs[-1]))
        self.dim = first

    def __call__(self, theta: ArrayLike) -> Array:
        """Return J(θ), shape ``(...)``."""
        weights = self._parameters(theta)
        z, _ = self._forward(weights)
        squares = [(p["W"] ** 2).sum((-2, -1)) for p in weights if "W" in p]
        value: Array = layers.cross_entropy(z, self.y) + self.l2 / 2 * sum(squares)
        return value

    def grad(self, theta: ArrayLike) -> Array:
        """Return ∇J(θ), shape ``(..., d)``."""
        weights = self._parameters(theta)
        z, ways_back = self._forward(weights)
        out = np.empty((*np.shape(theta)[:-1], self.dim), self.dtype)
        parts = self.unflatten(out)
        dy = layers.cross_entropy_backward(z, self.y)
        for place in reversed(range(len(self.parts))):
            dy, found = ways_back[place](dy)
            for name, g in found.items():
                parts[f"{place} {name}"][...] = g
                if name == "W" and self.l2:
                    parts[f"{place} {name}"][...] += self.l2 * weights[place]["W"]
        return out

    def batch(self, index: ArrayLike) -> Network:
        """Return the objective of the examples in ``index``, in training: see `Network`."""
        part = super().batch(index)
        part.index = np.asarray(index)
        return part

    def on(self, X: ArrayLike, y: ArrayLike) -> Network:
        """Return the same network over other examples, for a test set."""
        return Network(self.parts[:-1], X, y, classes=self.classes, l2=self.l2, dtype=self.dtype)

    def start(self, rng: np.random.Generator) -> Array:
        """Return a random θ, shape ``(d,)``: W with variance 2/inputs, gains 1, the rest 0.

        Source: He et al. (2015).
        """
        theta = np.zeros(self.dim)
        for name, part in self.unflatten(theta).items():
            if name.endswith("W"):
                part[...] = rng.normal(0, np.sqrt(2 / len(part)), part.shape)
            elif name.endswith("gain"):
                part[...] = 1
        return theta

    def unflatten(self, theta: Array) -> dict[str, Array]:
        """Return views of θ by name, such as ``"0 W"``: the number of the layer and the letter."""
        lead = theta.shape[:-1]
        return {
            name: theta[..., where].reshape(*lead, *shape)
            for name, (shape, where) in self.names.items()
        }

    def statistics(self, theta: ArrayLike, size: int | None = None) -> dict[int, Statistics]:
        """Return mean and variance of what each batch-norm layer sees, for evaluation.

        They are averages over batches of ``size`` with θ frozen, of the mean and of the unbiased
        variance; by default all examples are one batch. Examples that fill no batch are left out.
        Raises ``ValueError`` for batches without a variance. Source: Ioffe & Szegedy (2015),
        algorithm 2. The running averages of torch and Keras are another way.
        """
        weights, seen = self._parameters(theta), defaultdict[int, list[Statistics]](list)
        size = self.n if size is None else check_count("size", size)
        if not 2 <= size <= self.n:
            raise ValueError(
                f"size={size} must be from 2, for a variance, to the n={self.n} examples"
            )
        for first in range(0, self.n - size + 1, size):
            part = super().batch(np.arange(first, first + size))
            part._forward(weights, seen=seen)
        return {
            place: Statistics(*(np.mean(values, axis=0) for values in zip(*found, strict=True)))
            for place, found in seen.items()
        }

    def probabilities(
        self, theta: ArrayLike, statistics: Mapping[int, Statistics] | None = None
    ) -> Array:
        """Return p(k | xᵢ), shape ``(..., n, K)``, in evaluation with ``statistics`` if given."""
        return layers.softmax(self._forward(self._parameters(theta), statistics)[0])

    def accuracy(
        self, theta: ArrayLike, statistics: Mapping[int, Statistics] | None = None
    ) -> Array:
        """Return the share of examples whose likeliest class is the right one, shape ``(...)``."""
        z, _ = self._forward(self._parameters(theta), statistics)
        return np.asarray((z.argmax(-1) == self.y).mean(-1))[()]

    def _parameters(self, theta: ArrayLike) -> list[Parameters]:
        found: list[dict[str, Array]] = [{} for _ in self.parts]
        for name, part in self.unflatten(self._accept(theta).astype(self.dtype)).items():
            place, letter = name.split()
            found[int(place)][letter] = part
        return list(found)

    def _forward(
        self,
        weights: Sequence[Parameters],
        statistics: Mapping[int, Statistics] | None = None,
        seen: dict[int, list[Statistics]] | None = None,
    ) -> tuple[Array, list[Back]]:
        x, ways_back = self.X, []
        for place, part in enumerate(self.parts):
            how = Pass(self.inputs[place], place, self.index, statistics, seen)
            x, back = part.forward(x, weights[place], how)
            ways_back.append(back)
        return x, ways_back

    def __repr__(self) -> str:
        return f"Network({self.n} examples, {len(self.parts)} layers, {self.dim} parameters)"
