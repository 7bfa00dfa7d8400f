"""A live picture of any step function: sliders for its hyper-parameters, and a goal to reach."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from html import escape
from typing import Any, NamedTuple, Protocol

import ipywidgets as widgets
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from PIL import Image

from .checks import check_start, signature
from .controls import Control, Slider
from .objectives import Symbolic
from .plots import COLORS, compact, contours, curve, figure, path, sample
from .runner import Trace, run
from .types import Array, ArrayLike, Criterion, Step

__all__ = ["Explorer", "Goal", "explore", "readout"]

COMPRESSION = 1
FAR = 1e6
NO_POINTS = np.empty((0, 2))
UNSEEN = "position: absolute; left: -9999px"


class Goal(NamedTuple):
    """What the reader should reach: in words, and as a test of the trace.

    >>> goal = Goal("J below 0.001", lambda trace: trace.loss[-1] < 1e-3)
    """

    words: str
    reached: Callable[[Trace], bool]


class Panel(Protocol):
    """One picture of a trace: a background that stays, and artists that move."""

    ax: Axes
    artists: list[Artist]

    def move(self, trace: Trace) -> None:
        """Move the artists to where the trace says."""


class PathPanel:
    """The points of the run on the level sets of a function of two variables."""

    def __init__(self, ax: Axes, f: Symbolic, n_steps: int) -> None:
        self.ax = ax
        contours(ax, f)
        self.line, self.start = path(ax, NO_POINTS)
        self.artists: list[Artist] = [self.line, self.start]

    def move(self, trace: Trace) -> None:
        """Draw the finite part of the path."""
        points = _finite(trace)
        self.line.set_data(*points.T)
        self.start.set_data(*points[:1].T)


class CurvePanel:
    """The points of the run on the graph of a function of one variable."""

    def __init__(self, ax: Axes, f: Symbolic, n_steps: int) -> None:
        self.ax, self.f = ax, f
        curve(ax, f)
        low, high = ax.get_ylim()
        ax.set_ylim(low - 0.05 * (high - low), high)
        self.line, self.start = path(ax, NO_POINTS)
        self.line.set(markersize=5, linewidth=1)
        self.artists: list[Artist] = [self.line, self.start]

    def move(self, trace: Trace) -> None:
        """Draw the finite part of the path."""
        points = _finite(trace)[:, 0]
        values = self.f(points[:, None])
        self.line.set_data(points, values)
        self.start.set_data(points[:1], values[:1])


class LossPanel:
    """The height above the lowest known value, step by step, on a logarithmic axis."""

    def __init__(self, ax: Axes, f: Symbolic, n_steps: int) -> None:
        self.ax = ax
        self.lowest = float(np.min(f(f.minima))) if f.minima is not None else 0.0
        heights = np.abs(sample(f, 101)[-1] - self.lowest)
        highest = np.max(heights, initial=1e-300, where=np.isfinite(heights))
        top = 10.0 ** np.ceil(np.log10(highest)) * 10
        known = f.minima is not None
        ax.set(xlabel="step $t$", ylabel="$J - J_{min}$" if known else "$J$", title="loss")
        ax.set(yscale="log", xlim=(0, n_steps), ylim=(top * 1e-16, top))
        (self.line,) = ax.plot([], [], ".-", color=COLORS["orange"], markersize=5)
        self.artists: list[Artist] = [self.line]

    def move(self, trace: Trace) -> None:
        """Draw the positive heights; the logarithm has no place for others."""
        height = np.asarray(trace.loss) - self.lowest
        height = np.where(np.isfinite(height) & (height > 0), height, np.nan)
        self.line.set_data(np.arange(len(height)), height)


def _finite(trace: Trace) -> Array:
    points: Array = np.asarray(trace.theta)
    points = points[np.isfinite(points).all(-1)]
    return np.clip(points, -FAR, FAR)


class Picture:
    """A figure whose background is drawn once and whose moving artists are drawn over it."""

    def __init__(self, f: Symbolic, n_steps: int) -> None:
        self.figure, axes = figure(2, width=10, height=4.2)
        first = PathPanel if f.dim == 2 else CurvePanel
        self.panels: list[Panel] = [first(axes[0], f, n_steps), LossPanel(axes[1], f, n_steps)]
        for panel in self.panels:
            for artist in panel.artists:
                artist.set_animated(True)
        self.figure.canvas.draw()
        self.background = self.figure.canvas.copy_from_bbox(self.figure.bbox)

    def draw(self, trace: Trace) -> bytes:
        """Return the picture of a trace as PNG."""
        canvas = self.figure.canvas
        canvas.restore_region(self.background)
        for panel in self.panels:
            panel.move(trace)
            for artist in panel.artists:
                panel.ax.draw_artist(artist)
        buffer = io.BytesIO()
        image = Image.fromarray(np.asarray(canvas.buffer_rgba()))
        image.convert("RGB").save(buffer, format="png", compress_level=COMPRESSION)
        return buffer.getvalue()


def readout(trace: Trace) -> str:
    """Say in words how a run ended.

    >>> from course_lib import functions, gd
    >>> readout(run(gd, functions.quadratic(4), (1.0, 1.0), 10, lr=1.0))
    'Diverging: after 10 steps J has grown from 2.5 to 6.97e+09.'
    """
    steps = f"{trace.steps} step" + ("s" if trace.steps != 1 else "")
    if trace.outcome == "diverged":
        return f"Diverged: after {steps} J is no longer a finite number."
    first, last = np.asarray(trace.loss)[[0, -1]]
    if last > 100 * abs(first):
        return f"Diverging: after {steps} J has grown from {first:.3g} to {last:.3g}."
    ending = {"converged": "Converged after ", "stalled": "No acceptable step after "}
    return f"{ending.get(trace.outcome, '')}{steps}: J = {last:.3g}."


class Explorer:
    """Sliders over a live picture; `explore` makes it. ``trace`` is the run now shown."""

    def __init__(
        self,
        step: Step,
        f: Symbolic,
        start: ArrayLike,
        n_steps: int,
        goal: Goal | None,
        until: Criterion | None,
        settings: dict[str, Any],
    ) -> None:
        self.step, self.f, self.n_steps, self.goal, self.until = step, f, n_steps, goal, until
        self.start = check_start(f, start, "start")
        if self.start.ndim != 1:
            raise ValueError(f"start has shape {self.start.shape}; an explorer shows one start")
        ranges = {k: v for k, v in settings.items() if isinstance(v, Slider)}
        self.fixed = {k: v for k, v in settings.items() if not isinstance(v, Slider)}
        self.title = f"{signature(step).name} on {f.name} from {tuple(self.start.tolist())}"
        self.controls = {k: Control(k, spec, self.update) for k, spec in ranges.items()}
        trace = self._run()
        self.picture = Picture(f, n_steps)
        self.image = widgets.Image(format="png", layout={"max_width": "100%"})
        self.words = widgets.HTML()
        reset = widgets.Button(description="Reset", tooltip="Put every slider back to its start")
        reset.on_click(lambda _: self.reset())
        self.view = widgets.VBox([*self.controls.values(), self.image, self.words, reset])
        self._show(trace)

    def update(self) -> None:
        """Run with the sliders' values and show what happened."""
        try:
            self._show(self._run())
        except Exception as error:  # a student's own step may fail in any way: say it, stay alive
            self.words.value = f"<b>{type(error).__name__}:</b> {escape(str(error))}"

    def _run(self) -> Trace:
        settings = self.fixed | self._values()
        return run(self.step, self.f, self.start, self.n_steps, until=self.until, **settings)

    def _values(self) -> dict[str, Any]:
        return {key: control.value for key, control in self.controls.items()}

    def _show(self, trace: Trace) -> None:
        self.trace, self.shown = trace, self._values()
        self.image.value = self.picture.draw(trace)
        spoken = f"<span style='{UNSEEN}'>{escape(self._what())}: </span>"
        said = f"{spoken}{escape(readout(trace))} {self._goal_html()}"
        self.words.value = f"<p role='status'>{said}</p>"

    def reset(self) -> None:
        """Put every slider back to where it started."""
        for control in self.controls.values():
            control.set(control.spec.value)

    def goal_reached(self) -> bool:
        """Tell whether the run now shown reaches the goal."""
        with np.errstate(all="ignore"):
            return self.goal is not None and bool(self.goal.reached(self.trace))

    def describe(self) -> str:
        """Say in plain text what the picture shows."""
        return f"{self._what()}: {readout(self.trace)}"

    def _what(self) -> str:
        shown = (f"{key} = {value:.4g}" for key, value in self.shown.items())
        return ", ".join([self.title, *shown])

    def _goal_html(self) -> str:
        if self.goal is None:
            return ""
        mark, color = (
            ("✔ Goal reached", "#00704F") if self.goal_reached() else ("○ Goal", "inherit")
        )
        return f"<b style='color:{color}'>{mark}: {escape(self.goal.words)}</b>"

    def __repr__(self) -> str:
        return self.describe()

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        live = self.view._repr_mimebundle_() or {}
        still = base64.b64encode(compact(self.image.value)).decode()
        described = {"image/png": {"alt": self.describe()}}
        return {**live, "image/png": still, "text/plain": repr(self)}, described


def explore(
    step: Step,
    f: Symbolic,
    start: ArrayLike,
    n_steps: int = 50,
    *,
    goal: Goal | None = None,
    until: Criterion | None = None,
    **settings: Any,
) -> Explorer:
    """Show the runs of ``step`` on ``f``, live, with sliders for its hyper-parameters.

    ``step`` is any step function, the reader's own included. Each hyper-parameter in ``settings``
    is a fixed value or a slider: ``lr=logarithmic(0.001, 1, 0.1)``. ``start`` has shape ``(d,)``
    with d = 1 or 2. Raises ``ValueError`` or ``TypeError`` with one sentence for bad input.

    >>> from course_lib import functions, gd, logarithmic
    >>> explorer = explore(gd, functions.booth(), (0, 0), lr=logarithmic(0.01, 0.2, 0.1))
    >>> explorer.controls["lr"].set(0.05)
    >>> explorer
    gd on Booth from (0.0, 0.0), lr = 0.05: 50 steps: J = 5.31e-05.
    """
    if not isinstance(f, Symbolic) or f.dim > 2 or f.window is None:
        raise ValueError(f"f={f!r} cannot be drawn: it must have one or two variables and a window")
    return Explorer(step, f, start, n_steps, goal, until, settings)
