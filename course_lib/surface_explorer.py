"""Explorers of losses of one or two variables: a start to drag, and a loss to choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from .checks import check_start
from .choosers import LossChoice, StartPoint
from .comparison import compare
from .explorer import Explorer, View, makers
from .live_picture import Goal
from .objectives import Symbolic
from .panels import PANELS, PanelMaker, Scene
from .readouts import evaluated, progress, readout
from .runner import Trace
from .types import Array, ArrayLike, Criterion, Step

__all__ = ["SurfaceExplorer"]

USUAL = 5.0


class SurfaceExplorer(Explorer):
    """Runs on the level sets of a loss, or on its curve."""

    def __init__(
        self,
        methods: Mapping[str, Step],
        f: Symbolic | str | Sequence[Symbolic | str],
        start: ArrayLike,
        n_steps: int,
        panels: Sequence[str | PanelMaker],
        goal: Goal | None,
        until: Criterion | None,
    ) -> None:
        losses = _losses(f)
        super().__init__(
            methods, n_steps, goal, until, ("steps", "evaluations") if len(methods) > 1 else ()
        )
        self.first_start = check_start(losses[0], start, "start")
        if self.first_start.ndim != 1:
            raise ValueError(
                f"start has shape {self.first_start.shape}; an explorer shows one start"
            )
        self.chosen_start = self.first_start
        self.losses = [_drawable(one, self.first_start) for one in losses]
        self.makers = makers(panels, PANELS, len(self.methods))
        self.f, self.views = self.losses[0], dict[str, View]()
        self.choice = LossChoice(self.losses, self.choose)
        self.start = StartPoint(self.f, self.first_start, self._move_start)
        self.open([self.choice], [self.start])
        self.stage.observe(lambda change: self._point(change["new"]), names="pointed")

    def compute(self, steps: dict[str, Step]) -> dict[str, Trace]:
        """Run the methods from the start now chosen."""
        return compare(steps, self.f, self.start.point, self.n_steps, until=self.until).traces

    def look(self) -> View:
        """Return the panels for the loss now chosen."""
        key = self.f.name if self.f in self.losses else ""
        if key not in self.views or self.views[key].f is not self.f:
            self.views[key] = View(self.makers, Scene(self.f, self.colors, self.n_steps))
        return self.views[key]

    def place(self) -> str:
        """Say on which loss, and from where, the methods run."""
        return f"{self.f.name} from ({', '.join(f'{x:.4g}' for x in self.start.point)})"

    def said(self, shown: Trace, whole: Trace) -> str:
        """Say how the run ended, or what its last step did, and what it has cost."""
        words = readout(shown) if shown is whole else progress(shown, whole.steps)
        return f"{words} It took {evaluated(shown)}."

    def counts(self) -> bool:
        """A goal counts for the first loss and start, unless it is for any start."""
        first = self.f is self.losses[0] and np.array_equal(self.start.point, self.first_start)
        return first or (self.goal is not None and self.goal.any_start)

    def choose(self) -> None:
        """Take the loss that is chosen, with the start as near as its window allows."""
        if not self.settling and (f := self.choice.chosen()) is not None:
            self.attempt(partial(self._take_loss, f), self._run, self.show)

    def restore(self) -> None:
        """Put loss and start back."""
        self.choice.reset()
        self.f, self.chosen_start = self.losses[0], self.first_start
        self.start.take(self.f, self.first_start)

    def _take_loss(self, f: Symbolic) -> None:
        low, high = np.array(f.window).T
        self.start.take(f, np.clip(self.chosen_start, low, high))
        self.f = f

    def _move_start(self) -> None:
        self.chosen_start = self.start.point
        self.rerun()

    def _point(self, place: Sequence[float]) -> None:
        def set_start() -> None:
            view = self.look()
            if place and view.map:
                self.start.set(view.picture.locate(view.map, *place[:2]))

        self.attempt(set_start)


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
