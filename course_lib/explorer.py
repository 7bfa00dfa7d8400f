"""Live pictures of any step function: sliders, a start to drag, a goal to reach, and races."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from typing import Any, NamedTuple

import numpy as np

from .checks import check_count, check_start, signature
from .choosers import LossChoice, StartPoint, Walk
from .comparison import compare, cost, named
from .controls import Control, Slider, settling
from .live_picture import Goal, Live, check_goal
from .objectives import Symbolic
from .panels import PANELS, Panel, PanelMaker, Scene, SurfacePanel
from .plots import COLORS, figure
from .readouts import evaluated, progress, readout
from .runner import Trace
from .stage import Picture
from .types import Array, ArrayLike, Criterion, Step

__all__ = ["Explorer", "explore", "race"]

USUAL = 5.0
RACERS = ("orange", "blue", "green", "pink", "black", "yellow", "sky")


class Setting(NamedTuple):
    """A slider for one hyper-parameter of one method."""

    method: str
    key: str
    control: Control


class View:
    """The panels for one loss, on a figure whose background is drawn once."""

    def __init__(self, makers: Sequence[PanelMaker], scene: Scene) -> None:
        self.f = scene.f
        fig, axes = figure(len(makers), width=max(10.0, 3.8 * len(makers)), height=4.2)
        self.panels: list[Panel] = [
            maker(ax, scene) for maker, ax in zip(makers, np.atleast_1d(axes), strict=True)
        ]
        self.picture = Picture(fig, [a for panel in self.panels for a in panel.artists])
        maps = [panel.ax for panel in self.panels if isinstance(panel, SurfacePanel)]
        self.map = maps[0] if maps else None


class Explorer(Live):
    """Sliders, a start and a step over a live picture; `explore` and `race` make it.

    ``traces`` are the runs now shown, by the name of their method, and ``trace`` is the first.
    """

    def __init__(
        self,
        methods: Mapping[str, Step],
        losses: Sequence[Symbolic],
        start: ArrayLike,
        n_steps: int,
        panels: Sequence[str | PanelMaker],
        goal: Goal | None,
        until: Criterion | None,
    ) -> None:
        self.methods, self.n_steps, self.until = (
            dict(methods),
            check_count("n_steps", n_steps),
            until,
        )
        self.goal = check_goal(goal)
        self.first_start = check_start(losses[0], start, "start")
        if self.first_start.ndim != 1:
            raise ValueError(
                f"start has shape {self.first_start.shape}; an explorer shows one start"
            )
        self.chosen_start = self.first_start
        self.losses = [_drawable(f, self.first_start) for f in losses]
        self.makers = [_maker(panel, len(self.methods)) for panel in _several(panels)]
        self.colors = {
            name: COLORS[color] for name, color in zip(self.methods, RACERS, strict=False)
        }
        self.settings = [
            Setting(name, key, Control(self._label(name, key), spec, self.rerun))
            for name, step in self.methods.items()
            if isinstance(step, partial)
            for key, spec in step.keywords.items()
            if isinstance(spec, Slider)
        ]
        self.controls = {self._label(s.method, s.key): s.control for s in self.settings}
        self.f, self.views = self.losses[0], dict[str, View]()
        self.settling = self.failed = False
        clocks = ("steps", "evaluations") if len(self.methods) > 1 else ()
        self.choice = LossChoice(self.losses, self.choose)
        self.start = StartPoint(self.f, self.first_start, self._move_start)
        self.walk = Walk(self.n_steps, self._go, clocks, self.rerun)
        self.build([self.choice], [self.walk, self.start])
        self.stage.observe(lambda change: self._point(change["new"]), names="pointed")
        self._run()
        self.show()

    @property
    def trace(self) -> Trace:
        """The run now shown, or the first of several."""
        return next(iter(self.traces.values()))

    def rerun(self) -> None:
        """Run with the settings now chosen and show what happened."""
        if not self.settling:
            self.attempt(self._run, self.show)

    def choose(self) -> None:
        """Take the loss that is chosen, with the start as near as its window allows."""
        if not self.settling and (f := self.choice.chosen()) is not None:
            self.attempt(partial(self._take_loss, f), self._run, self.show)

    def reset(self) -> None:
        """Put sliders, start and loss back to where they started, and show the whole run."""
        with settling(self):
            super().reset()
            self.choice.reset()
            self.f, self.chosen_start = self.losses[0], self.first_start
            self.start.take(self.f, self.first_start)
            self.walk.reset()
        self.attempt(self._run, self.show)

    def show(self) -> None:
        """Show the runs up to where the step slider stands."""
        self.shown = {
            name: trace.upto(int(np.searchsorted(self._clock(trace), self.walk.now, "right")) - 1)
            for name, trace in self.traces.items()
        }
        view = self._view()
        with np.errstate(all="ignore"):
            for panel in view.panels:
                panel.move(self.shown)
        self.stage.area = view.picture.area(view.map) if view.map else []
        self.put(
            view.picture,
            "<br>".join(self._line(name, html=True) for name in self.shown),
            self.trace if len(self.traces) == 1 else self.traces,
            counts=self.goal is not None and (self.goal.any_start or self._is_first()),
        )

    def describe(self) -> str:
        """Say in plain text what the picture shows."""
        methods = " and ".join(self.methods)
        place = ", ".join(f"{x:.4g}" for x in self.start.point)
        values = "".join(f", {name} = {value:.4g}" for name, value in self.values().items())
        lines = " ".join(self._line(name, html=False) for name in self.shown)
        return f"{methods} on {self.f.name} from ({place}){values}: {lines}"

    def _run(self) -> None:
        self.failed = True
        steps = dict(self.methods)
        for name, key, control in self.settings:
            steps[name] = partial(steps[name], **{key: control.value})
        compared = compare(steps, self.f, self.start.point, self.n_steps, until=self.until)
        self.traces = compared.traces
        self.walk.set_length(max(1, *(int(self._clock(t)[-1]) for t in self.traces.values())))
        self.failed = False

    def _clock(self, trace: Trace) -> Array:
        by_cost = self.walk.clock.value == "evaluations"
        return cost(trace) if by_cost else np.arange(0.0, trace.steps + 1)

    def _go(self) -> None:
        if not self.failed:  # after a run that failed there are no steps to show
            self.attempt(self.show)

    def _take_loss(self, f: Symbolic) -> None:
        low, high = np.array(f.window).T
        self.start.take(f, np.clip(self.chosen_start, low, high))
        self.f = f

    def _move_start(self) -> None:
        self.chosen_start = self.start.point
        self.rerun()

    def _point(self, place: Sequence[float]) -> None:
        def set_start() -> None:
            view = self._view()
            if place and view.map:
                self.start.set(view.picture.locate(view.map, *place[:2]))

        self.attempt(set_start)

    def _view(self) -> View:
        key = self.f.name if self.f in self.losses else ""
        if key not in self.views or self.views[key].f is not self.f:
            self.views[key] = View(self.makers, Scene(self.f, self.colors, self.n_steps))
        return self.views[key]

    def _is_first(self) -> bool:
        return self.f is self.losses[0] and np.array_equal(self.start.point, self.first_start)

    def _label(self, method: str, key: str) -> str:
        return key if len(self.methods) == 1 else f"{method}: {key}"

    def _line(self, name: str, *, html: bool) -> str:
        trace, whole = self.shown[name], self.traces[name]
        said = readout(trace) if trace is whole else progress(trace, whole.steps)
        words = f"{said} It took {evaluated(trace)}."
        if html:
            words = escape(words)
        if len(self.methods) == 1:
            return words
        if html:
            return f"<b style='color:{self.colors[name]}'>{escape(name)}</b>: {words}"
        return f"{name}: {words}"


def explore(
    step: Step,
    f: Symbolic | str | Sequence[Symbolic | str],
    start: ArrayLike,
    n_steps: int = 50,
    *,
    panels: Sequence[str | PanelMaker] = ("surface", "loss"),
    goal: Goal | None = None,
    until: Criterion | None = None,
    **settings: Any,
) -> Explorer:
    """Show the runs of ``step`` on ``f``, live, with sliders for its hyper-parameters.

    ``step`` is any step function, the reader's own included. ``f`` has one or two variables; it may
    be a text, and a list of several lets the reader choose, or type a formula. Each hyper-parameter
    in ``settings`` is a fixed value or a slider: ``lr=logarithmic(0.001, 1, 0.1)``. ``start`` has
    shape ``(d,)``; the reader can move it. ``panels`` are names of `PANELS` (surface, loss, cost,
    length, search), or functions that make one. Raises ``ValueError`` or ``TypeError`` with one
    sentence for bad input.

    >>> from course_lib import functions, gd, logarithmic
    >>> explorer = explore(gd, functions.booth(), (0, 0), lr=logarithmic(0.01, 0.2, 0.1))
    >>> explorer.controls["lr"].set(0.05)
    >>> explorer
    gd on Booth from (0, 0), lr = 0.05: 50 steps: J = 5.31e-05. It took 50 gradients.
    """
    signature(step)
    methods = named([partial(step, **settings)])
    return Explorer(methods, _losses(f), start, n_steps, panels, goal, until)


def race(
    methods: Sequence[Step] | Mapping[str, Step],
    f: Symbolic | str | Sequence[Symbolic | str],
    start: ArrayLike,
    n_steps: int = 50,
    *,
    panels: Sequence[str | PanelMaker] = ("surface", "loss", "cost"),
    goal: Goal | None = None,
    until: Criterion | None = None,
) -> Explorer:
    """Show the runs of several methods at once, live: a `compare` to look at.

    The clock of the race counts steps, or evaluations of J, ∇J and H: what a method pays. Each
    method brings its settings along, sliders too: ``partial(gd, lr=logarithmic(0.01, 1, 0.1))``.
    The other arguments are those of `explore`.

    >>> from functools import partial
    >>> from course_lib import functions, gd, newton
    >>> race([partial(gd, lr=0.1), newton], functions.booth(), (0, 0), 2).describe()[:65]
    'gd and newton on Booth from (0, 0): gd: 2 steps: J = 30.3. It too'
    """
    steps = named(methods)
    if len(steps) > len(RACERS):
        raise ValueError(f"methods has {len(steps)}; a race has room for {len(RACERS)}")
    return Explorer(steps, _losses(f), start, n_steps, panels, goal, until)


def _losses(f: Symbolic | str | Sequence[Symbolic | str]) -> list[Symbolic]:
    several = [f] if isinstance(f, str) or not isinstance(f, Sequence) else f
    losses = [Symbolic(one) if isinstance(one, str) else one for one in several]
    for one in losses:
        if not isinstance(one, Symbolic) or one.dim > 2:
            raise ValueError(f"f={one!r} cannot be drawn: it must have one or two variables")
    if len({one.dim for one in losses}) != 1:
        raise ValueError(f"f={losses} must be losses with the same number of variables")
    return losses


def _drawable(f: Symbolic, start: Array) -> Symbolic:
    if f.window is not None:
        return f
    reach = max(USUAL, 1.25 * float(np.abs(start).max()))
    window = [(-reach, reach)] * f.dim
    return Symbolic(f.expr, f.symbols, name=f.name, minima=f.minima, window=window)


def _several(panels: Any) -> Sequence[str | PanelMaker]:
    if isinstance(panels, str) or not isinstance(panels, Sequence):
        raise TypeError(f"panels={panels!r} must be a list, such as ['surface', 'loss']")
    if not panels:
        raise ValueError("panels is empty; there is nothing to draw")
    return panels


def _maker(panel: str | PanelMaker, n_methods: int) -> PanelMaker:
    if callable(panel):
        return panel
    if panel not in PANELS:
        raise ValueError(f"panels={panel!r} is no panel; there are: {', '.join(PANELS)}")
    if panel == "search" and n_methods > 1:
        raise ValueError("panels='search' shows the line search of one method; race has several")
    return PANELS[panel]
