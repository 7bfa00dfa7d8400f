"""What all explorers have: methods with sliders, a picture in panels, and a step to stand at."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from html import escape
from typing import Any, NamedTuple

import ipywidgets as widgets
import numpy as np

from .checks import check_count
from .choosers import Walk
from .comparison import cost
from .controls import Control, Slider, settling
from .live_picture import Goal, Live, check_goal
from .panels import Panel, PanelMaker, SurfacePanel
from .plots import COLORS, figure
from .runner import Trace
from .stage import Picture
from .types import Array, Criterion, Step

__all__ = ["RACERS", "Explorer", "View", "makers"]

RACERS = ("orange", "blue", "green", "pink", "black", "yellow", "sky")


class Setting(NamedTuple):
    """A slider for one hyper-parameter of one method."""

    method: str
    key: str
    control: Control


class View:
    """The panels for one loss, on a figure whose background is drawn once."""

    def __init__(self, makers: Sequence[PanelMaker], scene: Any) -> None:
        self.f = scene.f
        fig, axes = figure(len(makers), width=max(10.0, 3.8 * len(makers)), height=4.2)
        self.panels: list[Panel] = [
            maker(ax, scene) for maker, ax in zip(makers, np.atleast_1d(axes), strict=True)
        ]
        self.picture = Picture(fig, [a for panel in self.panels for a in panel.artists])
        maps = [panel.ax for panel in self.panels if isinstance(panel, SurfacePanel)]
        self.map = maps[0] if maps else None


class Explorer(Live):
    """Sliders and a step over a live picture of runs; `explore` and `race` make it.

    ``traces`` are the runs now shown, by the name of their method, and ``trace`` is the first.
    """

    traces: dict[str, Trace]

    def __init__(
        self,
        methods: Mapping[str, Step],
        n_steps: int,
        goal: Goal | None,
        until: Criterion | None,
        clocks: Sequence[str] = (),
    ) -> None:
        self.methods, self.until = dict(methods), until
        self.n_steps, self.goal = check_count("n_steps", n_steps), check_goal(goal)
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
        self.settling = self.failed = False
        self.walk = Walk(self.n_steps, self._go, clocks, self.rerun)

    def open(self, above: Iterable[widgets.Widget], below: Iterable[widgets.Widget]) -> None:
        """Put the view together and show the first runs."""
        self.build(above, [self.walk, *below])
        self._run()
        self.show()

    @abstractmethod
    def compute(self, steps: dict[str, Step]) -> dict[str, Trace]:
        """Run ``steps``: the methods, with the settings now chosen."""

    @abstractmethod
    def look(self) -> View:
        """Return the panels to draw on."""

    @abstractmethod
    def place(self) -> str:
        """Say on what, and from where, the methods run."""

    @abstractmethod
    def said(self, shown: Trace, whole: Trace) -> str:
        """Say in words what is shown of a run."""

    def counts(self) -> bool:
        """Tell whether the goal counts for what is shown."""
        return True

    @property
    def trace(self) -> Trace:
        """The run now shown, or the first of several."""
        return next(iter(self.traces.values()))

    def rerun(self) -> None:
        """Run with the settings now chosen and show what happened."""
        if not self.settling:
            self.attempt(self._run, self.show)

    def reset(self) -> None:
        """Put everything back to where it started, and show the whole run."""
        with settling(self):
            super().reset()
            self.restore()
            self.walk.reset()
        self.attempt(self._run, self.show)

    def restore(self) -> None:
        """Put back what is not a slider."""

    def show(self) -> None:
        """Show the runs up to where the step slider stands."""
        self.shown = {
            name: trace.upto(
                trace.at[np.searchsorted(self._clock(trace), self.walk.now, "right") - 1]
            )
            for name, trace in self.traces.items()
        }
        view = self.look()
        with np.errstate(all="ignore"):
            for panel in view.panels:
                panel.move(self.shown)
        self.stage.area = view.picture.area(view.map) if view.map else []
        self.put(
            view.picture,
            "<br>".join(self._line(name, html=True) for name in self.shown),
            self.trace if len(self.traces) == 1 else self.traces,
            counts=self.goal is not None and self.counts(),
        )

    def describe(self) -> str:
        """Say in plain text what the picture shows."""
        values = "".join(f", {name} = {value:.4g}" for name, value in self.values().items())
        lines = " ".join(self._line(name, html=False) for name in self.shown)
        return f"{' and '.join(self.methods)} on {self.place()}{values}: {lines}"

    def _run(self) -> None:
        self.failed = True
        steps = dict(self.methods)
        for name, key, control in self.settings:
            steps[name] = partial(steps[name], **{key: control.value})
        self.traces = self.compute(steps)
        self.walk.set_length(max(1, *(int(self._clock(t)[-1]) for t in self.traces.values())))
        self.failed = False

    def _clock(self, trace: Trace) -> Array:
        by_cost = self.walk.clock.value == "evaluations"
        return cost(trace) if by_cost else trace.at.astype(float)

    def _go(self) -> None:
        if not self.failed:  # after a run that failed there are no steps to show
            self.attempt(self.show)

    def _label(self, method: str, key: str) -> str:
        return key if len(self.methods) == 1 else f"{method}: {key}"

    def _line(self, name: str, *, html: bool) -> str:
        words = self.said(self.shown[name], self.traces[name])
        if html:
            words = escape(words)
        if len(self.methods) == 1:
            return words
        if html:
            return f"<b style='color:{self.colors[name]}'>{escape(name)}</b>: {words}"
        return f"{name}: {words}"


def makers(panels: Any, known: Mapping[str, PanelMaker], n_methods: int) -> list[PanelMaker]:
    """Return what makes each of ``panels``: functions, or names in ``known``.

    Raises ``TypeError`` or ``ValueError`` with one sentence for what is no panel, and for a panel
    of one method where there are several.
    """
    if isinstance(panels, str) or not isinstance(panels, Sequence):
        raise TypeError(
            f"panels={panels!r} must be a list, such as [{', '.join(map(repr, known))}]"
        )
    if not panels:
        raise ValueError("panels is empty; there is nothing to draw")
    return [_maker(panel, known, n_methods) for panel in panels]


def _maker(panel: Any, known: Mapping[str, PanelMaker], n_methods: int) -> PanelMaker:
    maker = panel if callable(panel) else known.get(panel)
    if maker is None:
        raise ValueError(f"panels={panel!r} is no panel; there are: {', '.join(known)}")
    if n_methods > 1 and getattr(maker, "alone", False):
        raise ValueError(f"panels={panel!r} shows one method; race has several")
    return maker
