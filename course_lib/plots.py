"""The pictures of the course. Importing this module gives matplotlib the course's look."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from itertools import cycle
from typing import Any

import matplotlib as mpl
import numpy as np
import sympy as sp
from cycler import cycler
from IPython.display import Markdown, display
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from PIL import Image

from .objectives import Symbolic
from .runner import Trace
from .spread import quartiles
from .types import Array, ArrayLike

__all__ = [
    "COLORS",
    "bands",
    "compact",
    "contours",
    "curve",
    "figure",
    "loss_over_epochs",
    "marks",
    "path",
    "png",
    "sample",
    "show",
]

# Okabe & Ito's colours: told apart by colour-blind eyes and by a tired projector.
COLORS = {
    "blue": "#0072B2",
    "orange": "#D55E00",
    "green": "#009E73",
    "pink": "#CC79A7",
    "yellow": "#E69F00",
    "sky": "#56B4E9",
    "black": "#222222",
}
mpl.rcParams.update(
    {
        "axes.grid": True,
        "axes.prop_cycle": cycler(color=list(COLORS.values())),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": 13,
        "axes.labelsize": 12,
        "figure.constrained_layout.use": True,
        "figure.dpi": 110,
        "font.size": 12,
        "grid.alpha": 0.25,
        "legend.fontsize": 11,
        "legend.framealpha": 0.9,
        "lines.linewidth": 2,
    }
)


def figure(columns: int = 1, rows: int = 1, *, width: float = 9.0, height: float = 4.0) -> Any:
    """Return a figure and its axes, as ``plt.subplots`` does, ``width`` by ``height`` inches.

    >>> fig, axes = figure(2)
    >>> len(axes)
    2
    """
    fig = Figure(figsize=(width, height))
    FigureCanvasAgg(fig)
    return fig, fig.subplots(rows, columns)


def png(fig: Figure) -> bytes:
    """Return the picture of a figure as PNG, in 256 colours and with no note of what made it."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png")
    return compact(buffer.getvalue())


def compact(picture: bytes) -> bytes:
    """Return a PNG reduced to its 256 main colours: a third of the size, and looks the same."""
    buffer = io.BytesIO()
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    palette = image.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE, kmeans=1)
    palette.save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def show(fig: Figure, caption: str, *, alt: str) -> None:
    """Display a figure with a caption that says what to see and a text alternative.

    ``caption`` is Markdown and may hold formulas; ``alt`` is plain text for a reader who does
    not see the picture.
    """
    picture = {"image/png": base64.b64encode(png(fig)).decode(), "text/plain": alt}
    display(picture, raw=True, metadata={"image/png": {"alt": alt}})
    display(Markdown(f"*{caption}*"))


def sample(f: Symbolic, points: int = 201) -> tuple[Array, ...]:
    """Return the points of the window of ``f`` as a grid, and the values of ``f`` on it.

    In two variables X, Y, Z of shape ``(points, points)``; in one variable x and its values.

    >>> from course_lib import functions
    >>> [a.shape for a in sample(functions.booth(), 3)]
    [(3, 3), (3, 3), (3, 3)]
    """
    if f.window is None:
        raise ValueError(f"window=None: {f.name} does not say where to draw it")
    axes = [np.linspace(low, high, points) for low, high in f.window]
    grids = np.meshgrid(*axes)
    with np.errstate(all="ignore"):
        return (*grids, f(np.stack(grids, axis=-1)))


def contours(ax: Axes, f: Symbolic, *, levels: int = 18) -> None:
    """Draw the level sets of a function of two variables, darker where it is lower.

    The levels are spaced so that a narrow valley stays visible: evenly in the square root of
    the height above the lowest value.
    """
    X, Y, Z = sample(f)
    finite = np.isfinite(Z)
    lowest, highest = (
        np.min(Z, initial=np.inf, where=finite),
        np.max(Z, initial=-np.inf, where=finite),
    )
    with np.errstate(all="ignore"):
        heights = lowest + (highest - lowest) * np.linspace(0, 1, levels) ** 2
        rising = np.isfinite(heights).all() and (np.diff(heights) > 0).all()
    Z = np.where(finite, Z, np.nan)
    if rising:
        ax.contourf(X, Y, Z, heights, cmap="Blues_r", alpha=0.65)
        ax.contour(X, Y, Z, heights, colors="white", linewidths=0.6)
    if f.minima is not None:
        _stars(ax, *f.minima.T)
    ax.grid(False)
    ax.set(xlabel=_name(f, 0), ylabel=_name(f, 1), title=f.name)
    ax.set(xlim=(X.min(), X.max()), ylim=(Y.min(), Y.max()))


def _stars(ax: Axes, x: Array, y: Array) -> None:
    ax.plot(x, y, "*", color=COLORS["yellow"], markersize=14, markeredgecolor="black")


def _name(f: Symbolic, axis: int) -> str:
    return f"${sp.latex(f.symbols[axis])}$"


def curve(ax: Axes, f: Symbolic) -> None:
    """Draw a function of one variable over its window, with its minima."""
    x, values = sample(f, 401)
    ax.plot(x, values, color=COLORS["black"])
    if f.minima is not None:
        _stars(ax, f.minima[:, 0], f(f.minima))
    ax.set(xlabel=_name(f, 0), ylabel="$J$", title=f.name, xlim=(x.min(), x.max()))


def path(
    ax: Axes, theta: ArrayLike, *, color: str = COLORS["orange"], label: str = ""
) -> tuple[Line2D, Line2D]:
    """Draw the points of a run, shape ``(T + 1, 2)``; return the line and its ring-shaped start."""
    theta = np.asarray(theta)
    finite = theta[np.isfinite(theta).all(-1)]
    (line,) = ax.plot(
        *finite.T, "o-", color=color, markersize=4, linewidth=1.5, label=label or None
    )
    (start,) = ax.plot(
        *finite[:1].T, "o", color="white", markersize=9, markeredgecolor=color, mew=2
    )
    return line, start


def bands(ax: Axes, traces: Mapping[str, Trace], n: int) -> None:
    """Draw the loss of runs over several seeds against epochs: median, and the middle half of them.

    ``traces`` are those of a comparison over seeds, with ``loss`` of shape ``(T + 1, S)``; ``n`` is
    the number of examples.
    """
    for (name, trace), color in zip(traces.items(), cycle(COLORS.values()), strict=False):
        epochs = trace.evaluations["grad"] / n
        low, median, high = quartiles(np.asarray(trace.loss))
        ax.plot(epochs, median, color=color, label=name)
        ax.fill_between(epochs, low, high, color=color, alpha=0.25, linewidth=0)
    loss_over_epochs(ax)
    ax.legend()


def loss_over_epochs(ax: Axes) -> None:
    """Name the axes of a loss on a logarithmic scale, with plain numbers: 2, 1, 0.5, 0.2, …"""
    ax.set(xlabel="epochs", ylabel="$J$", yscale="log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())


def marks(ax: Axes, places: dict[str, float]) -> None:
    """Draw a dashed upright line at each place, named at the top: the last to its right.

    >>> fig, ax = figure()
    >>> marks(ax, {"$1/L$": 0.1, "$2/L$": 0.2})
    """
    *_, last = places
    for name, x in places.items():
        side = "left" if name == last else "right"
        ax.axvline(x, color=COLORS["black"], linewidth=1, linestyle="--")
        ax.annotate(
            name, (x, 1), xycoords=ax.get_xaxis_transform(), ha=side, va="top",
            xytext=(4 if name == last else -4, -2), textcoords="offset points",
        )  # fmt: skip
