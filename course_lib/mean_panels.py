"""The panels of an explorer of a mean over examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.patches import Polygon

from .panels import PanelMaker
from .plots import loss_over_epochs
from .runner import Trace
from .spread import quartiles
from .types import Array

__all__ = ["MEAN_PANELS", "MeanScene"]

TINY = 1e-300


class MeanScene(NamedTuple):
    """What a panel knows before the first run: the mean, the methods' colours, start and length."""

    f: Any
    colors: Mapping[str, str]
    start: Array
    epochs: float


class EpochsPanel:
    """The loss against epochs: its median over the seeds, and the middle half of them."""

    def __init__(self, ax: Axes, scene: MeanScene) -> None:
        self.ax, self.n = ax, scene.f.n
        first = max(float(scene.f(scene.start)), TINY)
        self.floor, self.roof = first / 30, 2 * first
        loss_over_epochs(ax)
        ax.set(ylim=(self.floor, self.roof), xlim=(0, scene.epochs))
        ax.set(title="loss over all examples")
        self.lines = {
            name: ax.plot([], [], color=c, marker=".", markersize=5, linewidth=1.5, label=name)[0]
            for name, c in scene.colors.items()
        }
        self.bands = {
            name: Polygon(np.zeros((1, 2)), color=c, alpha=0.25, linewidth=0)
            for name, c in scene.colors.items()
        }
        for band in self.bands.values():
            ax.add_patch(band)
        self.artists: list[Artist] = [*self.bands.values(), *self.lines.values()]
        if len(self.lines) > 1:
            ax.legend(loc="upper right", fontsize=10)

    def move(self, traces: Mapping[str, Trace]) -> None:
        """Draw the median and the band, as far as they are in the picture."""
        for name, trace in traces.items():
            epochs = trace.evaluations["grad"] / self.n
            low, median, high = (
                np.clip(q, self.floor / 10, self.roof * 10)
                for q in quartiles(np.asarray(trace.loss))
            )
            self.lines[name].set_data(epochs, median)
            around = np.concatenate([[epochs, low], [epochs[::-1], high[::-1]]], axis=-1)
            self.bands[name].set_xy(around.T)


class _TilesPanel:
    """One square picture for each class, of the numbers that belong to its inputs."""

    alone = True
    needs: tuple[str, ...] = ()

    def __init__(self, ax: Axes, scene: MeanScene) -> None:
        self.ax, self.f = ax, scene.f
        if not hasattr(self.f, "classes"):
            raise ValueError(f"f={self.f!r} has no classes; this panel shows one picture for each")
        inputs = self.tiles(np.zeros(self.f.dim)).shape[-1]
        side = round(np.sqrt(inputs))
        if side**2 != inputs:
            raise ValueError(
                f"f={self.f!r} has no square pictures as inputs; this panel needs them"
            )
        self.columns = int(np.ceil(np.sqrt(self.f.classes)))
        rows = -(-self.f.classes // self.columns)
        self.side, self.height, self.width = side, side + 3, side + 2
        canvas = np.full((rows * self.height, self.columns * self.width), np.nan)
        self.image = ax.imshow(canvas, cmap=self.cmap, norm=self.norm(), interpolation="nearest")
        self.scale = ax.text(
            0.5, -0.04, "", transform=ax.transAxes, fontsize=11, ha="center", va="top"
        )
        for k in range(self.f.classes):
            top, left = self._corner(k)
            place = (left + side / 2 - 0.5, top - 1.6)
            ax.text(*place, str(k), fontsize=11, ha="center", va="center")
        ax.set_axis_off()
        ax.set_title(self.title)
        self.artists: list[Artist] = [self.image, self.scale]

    title = cmap = ""

    def norm(self) -> Normalize:
        """Return how numbers become colours."""
        raise NotImplementedError

    def tiles(self, theta: Array) -> Array:
        """Return the numbers of each class, shape ``(K, p)``."""
        W: Array = self.f.unflatten(theta)[0]
        return W

    def values(self, trace: Trace) -> Array | None:
        """Return the numbers to show, one for each parameter; None before there are any."""
        raise NotImplementedError

    def range(self, tiles: Array) -> tuple[float, float, str]:
        """Return the numbers of the ends of the colours, and what to say of them."""
        raise NotImplementedError

    def move(self, traces: Mapping[str, Trace]) -> None:
        """Draw the numbers of the first seed at the last step shown."""
        (trace,) = traces.values()
        values = self.values(trace)
        canvas = np.full(self.image.get_array().shape, np.nan)  # type: ignore[union-attr]
        if values is None or not np.isfinite(values).all():
            self.scale.set_text("" if values is not None else "before the first step")
        else:
            tiles = self.tiles(values)
            low, high, words = self.range(tiles)
            self.scale.set_text(words)
            self.image.set_clim(low, high)
            for k, tile in enumerate(tiles):
                top, left = self._corner(k)
                rows, columns = slice(top, top + self.side), slice(left, left + self.side)
                canvas[rows, columns] = tile.reshape(self.side, self.side)
        self.image.set_data(np.ma.masked_invalid(canvas))

    def _corner(self, k: int) -> tuple[int, int]:
        row, column = divmod(k, self.columns)
        return row * self.height + 3, column * self.width + 1


class WeightsPanel(_TilesPanel):
    """The weights of each class: blue speaks for it, red against it."""

    title, cmap = "weights of each class", "RdBu"

    def norm(self) -> Normalize:
        """Return an even scale."""
        return Normalize(-1, 1)

    def values(self, trace: Trace) -> Array | None:
        """Return θ of the first seed."""
        theta: Array = np.asarray(trace.theta)[-1, 0]
        return theta

    def range(self, tiles: Array) -> tuple[float, float, str]:
        """Return a scale around zero."""
        top = max(float(np.abs(tiles).max()), TINY)
        said = f"red −{top:.2g}, white 0, blue {top:.2g}" if top > TINY else "all are 0"
        return -top, top, said


class RatesPanel(_TilesPanel):
    """The learning rate of each weight, as the method tells it in ``inner["rate"]``."""

    title, cmap, needs = "rate of each weight", "viridis", ("rate",)

    def norm(self) -> Normalize:
        """Return a logarithmic scale."""
        return LogNorm(0.1, 1)

    def values(self, trace: Trace) -> Array | None:
        """Return the rates of the first seed in the last step."""
        rates = trace.inner["rate"]
        return rates[-1, 0] if len(rates) else None

    def range(self, tiles: Array) -> tuple[float, float, str]:
        """Return the smallest and the largest rate."""
        low, high = float(tiles.min()), float(tiles.max())
        return low, max(high, low * 1.01), f"dark {_short(low)}, bright {_short(high)}"


def _short(number: float) -> str:
    return f"{float(f'{number:.2g}'):g}"


MEAN_PANELS: dict[str, PanelMaker] = {
    "loss": EpochsPanel,
    "weights": WeightsPanel,
    "rates": RatesPanel,
}
