"""The panels of an explorer: each has a background that stays, and artists that follow a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from .comparison import cost
from .objectives import Symbolic
from .plots import COLORS, contours, curve, path, sample
from .runner import Trace
from .types import Array

__all__ = ["PANELS", "Panel", "PanelMaker", "Scene", "SurfacePanel"]

FAR = 1e3  # windows away; no picture shows what is further out
NO_POINTS = np.empty((0, 2))
SMALLEST, LARGEST = 1e-300, 1e300
SHOWN_TRIALS = 4
WIDEST_LABEL = 10_000


class Scene(NamedTuple):
    """What a panel knows before the first run: the loss, the methods' colours, the steps."""

    f: Symbolic
    colors: Mapping[str, str]
    n_steps: int


class Panel(Protocol):
    """One picture of runs."""

    ax: Axes
    artists: list[Artist]

    def move(self, traces: Mapping[str, Trace]) -> None:
        """Move the artists to where the traces say."""


PanelMaker = Callable[[Axes, Any], Panel]


class SurfacePanel:
    """The points of the runs on the level sets of a function of two variables."""

    def __init__(self, ax: Axes, scene: Scene) -> None:
        self.ax, self.f = ax, scene.f
        self.draw_surface()
        low, high = ax.get_ylim()
        if self.f.dim == 1:
            ax.set_ylim(low - 0.05 * (high - low), high)
        self.lines = {name: path(ax, NO_POINTS, color=c) for name, c in scene.colors.items()}
        self.ends = {
            name: ax.plot([], [], "o", color=c, markersize=9, markeredgecolor="black")[0]
            for name, c in scene.colors.items()
        }
        if self.f.dim == 1:
            for line, _ in self.lines.values():
                line.set(markersize=5, linewidth=1)
        self.artists: list[Artist] = [
            *(artist for pair in self.lines.values() for artist in pair),
            *self.ends.values(),
        ]
        if len(self.lines) > 1:
            lines = [line for line, _ in self.lines.values()]
            ax.legend(lines, list(self.lines), loc=_free_corner(self.f), fontsize=10)

    def draw_surface(self) -> None:
        """Draw what stays: level sets for two variables, the graph for one."""
        (contours if self.f.dim == 2 else curve)(self.ax, self.f)

    def move(self, traces: Mapping[str, Trace]) -> None:
        """Draw the finite part of each path."""
        for name, trace in traces.items():
            points = self._points(trace)
            line, start = self.lines[name]
            line.set_data(*points.T)
            start.set_data(*points[:1].T)
            self.ends[name].set_data(*points[-1:].T)

    def _points(self, trace: Trace) -> Array:
        points: Array = np.asarray(trace.theta)
        low, high = np.array(self.f.window).T
        far = FAR * (high - low)
        points = np.clip(points[np.isfinite(points).all(-1)], low - far, high + far)
        if self.f.dim == 1:
            points = np.stack([points[:, 0], self.f(points)], axis=-1)
        return points


class _CurvesPanel:
    """One line for each method: a positive quantity, on a logarithmic axis."""

    def __init__(self, ax: Axes, scene: Scene) -> None:
        self.ax = ax
        ax.set(xlabel="step $k$", yscale="log", xlim=(0, scene.n_steps))
        ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        self.lines = {
            name: _line(ax, name, color=color, marker=".", markersize=5, linewidth=1.5)
            for name, color in scene.colors.items()
        }
        self.artists: list[Artist] = list(self.lines.values())

    def move(self, traces: Mapping[str, Trace]) -> None:
        """Draw the positive values; the logarithm has no place for others."""
        for name, trace in traces.items():
            values = self.values(trace)
            values = np.where(np.isfinite(values) & (values > 0), values, np.nan)
            self.lines[name].set_data(self.places(trace), np.clip(values, SMALLEST, LARGEST))

    def values(self, trace: Trace) -> Array:
        """Return what is drawn, one value a place."""
        raise NotImplementedError

    def places(self, trace: Trace) -> Array:
        """Return where it is drawn."""
        return np.arange(0.0, len(self.values(trace)))


class LossPanel(_CurvesPanel):
    """The height above the lowest known value, step by step."""

    def __init__(self, ax: Axes, scene: Scene) -> None:
        super().__init__(ax, scene)
        f, values = scene.f, sample(scene.f, 101)[-1]
        values = values[np.isfinite(values)]
        if f.minima is not None:
            self.lowest, name = float(np.min(f(f.minima))), "$J - J_{min}$"
        elif (lowest := float(np.min(values, initial=0.0))) < 0:
            self.lowest, name = lowest, "$J$ above the lowest in view"
        else:
            self.lowest, name = 0.0, "$J$"
        highest = np.max(np.abs(values / 10 - self.lowest / 10), initial=SMALLEST)
        top = 10.0 ** min(np.ceil(np.log10(highest)) + 2, np.log10(LARGEST))
        ax.set(ylim=(top * 1e-16, top), title="loss, step by step", ylabel=name)
        _few_decades(ax)

    def values(self, trace: Trace) -> Array:
        """Return the heights."""
        return np.asarray(trace.loss) - self.lowest


class CostPanel(LossPanel):
    """The same height, against what it has cost."""

    def __init__(self, ax: Axes, scene: Scene) -> None:
        super().__init__(ax, scene)
        ax.set(xlabel="evaluations of $J$, $\\nabla J$, $H$", title="loss, by evaluations")
        ax.set_xlim(0, WIDEST_LABEL)
        self.artists.append(ax.xaxis)

    def places(self, trace: Trace) -> Array:
        """Return the evaluations so far."""
        return cost(trace)

    def move(self, traces: Mapping[str, Trace]) -> None:
        """Make room for the dearest run, and draw."""
        self.ax.set_xlim(0, _round_up(max(int(cost(trace)[-1]) for trace in traces.values())))
        super().move(traces)


class LengthPanel(_CurvesPanel):
    """How far each step went."""

    def __init__(self, ax: Axes, scene: Scene) -> None:
        super().__init__(ax, scene)
        size = np.hypot.reduce(np.ptp(np.asarray(scene.f.window), axis=1))
        ax.set(ylim=(1e-10 * size, 10 * size), title="length of each step")
        ax.set(ylabel=r"$\Vert\theta_{k} - \theta_{k-1}\Vert$")
        _few_decades(ax)

    def values(self, trace: Trace) -> Array:
        """Return the lengths of the steps."""
        return np.asarray(np.linalg.norm(np.diff(np.asarray(trace.theta), axis=0), axis=-1))

    def places(self, trace: Trace) -> Array:
        """Return the numbers of the steps; the first is 1."""
        return 1.0 + np.arange(trace.steps)


class SearchPanel:
    """The line search of the last step, and which α passed Armijo's test.

    The curve is φ(α) − φ(0) with φ(α) = J(θ + αp). The panel shows what the step tells in
    ``inner``: ``alpha`` and ``trials``, and the direction ``p`` where it is not −∇J. α₀, c and β
    are those of the run.
    """

    alone = True

    def __init__(self, ax: Axes, scene: Scene) -> None:
        self.ax, self.f = ax, scene.f
        ax.set(ylim=(-0.25, 0.25))
        _still_labels(ax, r"step length $\alpha$", "change of $J$ in this step")
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.yaxis.set_major_locator(MaxNLocator(5))
        ax.ticklabel_format(useOffset=False, scilimits=(-2, 3))
        orange, green, blue = COLORS["orange"], COLORS["green"], COLORS["blue"]
        self.phi = _line(ax, "$J$", color=COLORS["black"])
        self.tangent = _line(ax, "tangent", color=blue, linestyle=":")
        self.bound = _line(ax, "slope times $c$", color=blue, linestyle="--")
        cross = {"color": orange, "linestyle": "", "markersize": 9, "mew": 2.5}
        self.rejected = _line(ax, "rejected", marker="x", **cross)
        self.above = _line(ax, None, marker="^", **cross)
        self.accepted = _line(
            ax, "accepted", marker="o", color=green, linestyle="", markersize=11, mec="black"
        )
        self.note = ax.text(
            0.97, 0.5, "", transform=ax.transAxes, fontsize=11, ha="right", zorder=6,
            bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1},
        )  # fmt: skip
        ax.legend(
            loc="lower center", bbox_to_anchor=(0.5, 1.05), ncols=3, fontsize=10, frameon=False,
            columnspacing=1.2, handlelength=1.6, borderpad=0.1,
        )  # fmt: skip
        self.artists: list[Artist] = [
            ax.xaxis, ax.yaxis, self.tangent, self.bound, self.phi, self.rejected, self.above,
            self.accepted, self.note,
        ]  # fmt: skip

    def move(self, traces: Mapping[str, Trace]) -> None:
        """Draw the search of the last step of the one run."""
        (trace,) = traces.values()
        if trace.steps and not {"alpha", "trials"} <= trace.inner.keys():
            raise ValueError(
                "panels='search' shows a line search, but this method tells of no alpha and trials"
            )
        lines = (self.phi, self.tangent, self.bound, self.rejected, self.above, self.accepted)
        search = _Search.of(trace, self.f) if trace.steps else None
        if search is None or not np.isfinite(search.heights).all():
            for line in lines:
                line.set_data([], [])
            self.note.set_text("before the first step" if search is None else "")
            return
        alphas = np.linspace(0, search.widest, 161)
        self.ax.set(xlim=(0, search.widest), ylim=search.heights)
        self.phi.set_data(alphas, search.change(alphas))
        self.tangent.set_data(alphas, alphas * search.slope)
        self.bound.set_data(alphas, search.c * alphas * search.slope)
        top = search.heights[1] - 0.04 * np.ptp(search.heights)
        values = search.change(search.rejected)
        inside = values < top
        self.rejected.set_data(search.rejected[inside], values[inside])
        self.above.set_data(search.rejected[~inside], np.full((~inside).sum(), top))
        self.accepted.set_data(search.accepted, search.change(search.accepted))
        rises = search.change(np.array([search.widest]))[0] > 0
        self.note.set(text=search.note, y=0.04 if rises else 0.96, va="bottom" if rises else "top")


class _Search(NamedTuple):
    change: Callable[[Array], Array]
    slope: float
    c: float
    rejected: Array
    accepted: Array
    widest: float
    heights: tuple[float, float]
    note: str

    @classmethod
    def of(cls, trace: Trace, f: Symbolic) -> _Search:
        theta = np.asarray(trace.theta)[-2]
        g = f.grad(theta)
        p = trace.inner["p"][-1] if "p" in trace.inner else -g
        alpha0, beta, c = (
            _value(trace.hyper.get(name, usual), trace.steps)
            for name, usual in (("alpha0", 1.0), ("beta", 0.5), ("c", 1e-4))
        )
        trials, accepted = int(trace.inner["trials"][-1]), trace.inner["alpha"][-1:]
        accepted = accepted[accepted > 0]
        rejected: Array = alpha0 * beta ** np.arange(0.0, trials - len(accepted))
        near = max(len(rejected) - SHOWN_TRIALS, 0) if len(accepted) else 0
        widest = 1.15 * float(rejected[near] if len(rejected) else alpha0)
        slope = float((g * p).sum(-1))
        phi0 = float(f(theta))
        reach = float(accepted[0]) if len(accepted) else alpha0
        drop = max(reach * -slope, 4 * float(np.spacing(phi0)), SMALLEST)
        if len(accepted):
            note = f"α = {accepted[0]:.3g} after {trials} trial" + ("s" if trials != 1 else "")
        else:
            note = f"no acceptable α in {trials} trial" + ("s" if trials != 1 else "")
        if near:
            note += f"\n{near} more rejected, further right"

        def change(alphas: Array) -> Array:
            with np.errstate(all="ignore"):
                return f(theta + alphas[:, None] * p) - phi0

        return cls(change, slope, c, rejected, accepted, widest, (-1.6 * drop, 1.2 * drop), note)


def _value(setting: Any, t: int) -> float:
    return float(np.squeeze(setting(t) if callable(setting) else setting))


def _line(ax: Axes, label: str | None, **style: Any) -> Line2D:
    (line,) = ax.plot([], [], label=label, **style)
    return line


def _still_labels(ax: Axes, across: str, up: str) -> None:
    """Name axes whose ticks move, in the background, so that the names are not drawn each time."""
    place: dict[str, Any] = {
        "xycoords": "axes fraction",
        "textcoords": "offset points",
        "fontsize": 12,
    }
    ax.annotate(across, (0.5, 0), (0, -22), ha="center", va="top", **place)
    ax.annotate(up, (0, 0.5), (-44, 0), ha="right", va="center", rotation=90, **place)


def _few_decades(ax: Axes) -> None:
    ax.yaxis.set_major_locator(LogLocator(numticks=8))
    ax.yaxis.set_minor_formatter(NullFormatter())


def _round_up(number: int) -> float:
    """Return the next of 1, 2, 5, 10, 20, 50, … so that an axis does not change all the time."""
    power = 10.0 ** np.floor(np.log10(max(number, 1)))
    return float(next(power * n for n in (1, 2, 5, 10) if power * n >= number))


def _free_corner(f: Symbolic) -> Any:
    """Return the corner of the window that is farthest from the nearest minimum."""
    if f.minima is None or f.dim == 1:
        return "upper right"
    low, high = np.array(f.window).T
    minima = (f.minima - low) / (high - low)
    corners = {
        "upper right": (1, 1),
        "upper left": (0, 1),
        "lower left": (0, 0),
        "lower right": (1, 0),
    }
    return max(corners, key=lambda name: np.linalg.norm(minima - corners[name], axis=-1).min())


PANELS: dict[str, PanelMaker] = {
    "surface": SurfacePanel,
    "loss": LossPanel,
    "cost": CostPanel,
    "length": LengthPanel,
    "search": SearchPanel,
}
