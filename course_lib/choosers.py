"""What an explorer lets its reader choose beside numbers: the loss, the start, and the step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import ipywidgets as widgets
import numpy as np

from .controls import Control, linear, settling
from .objectives import Symbolic
from .parsing import spell
from .types import Array

__all__ = ["LossChoice", "StartPoint", "Walk"]

OWN = "your own formula …"
PLAY_MS = 6000


class Walk(widgets.HBox):  # type: ignore[misc]
    """A step slider with a play button; ``changed`` is called when the reader moves it.

    It stays at the end, or as near as it can to where the reader has put it. With ``clocks``, a
    switch chooses what the slider counts; ``turned`` is called then.
    """

    def __init__(
        self,
        n_steps: int,
        changed: Callable[[], None],
        clocks: Sequence[str] = (),
        turned: Callable[[], None] = lambda: None,
    ) -> None:
        self.changed, self.turned, self.settling = changed, turned, False
        self.wanted: int | None = None
        self.slider = widgets.IntSlider(
            n_steps, max=n_steps, description="step", layout={"width": "30em"},
            style={"description_width": "7em"},
        )  # fmt: skip
        self.play = widgets.Play(
            n_steps, max=n_steps, show_repeat=False, step=max(1, n_steps // 100),
            interval=int(np.clip(PLAY_MS / n_steps, 60, 400)),
            tooltip="Play the steps one after another",
        )  # fmt: skip
        self.link = widgets.jslink((self.play, "value"), (self.slider, "value"))
        self.slider.observe(lambda _: self._tell(), names="value")
        self.clock = widgets.ToggleButtons(
            options=[(f"by {clock}", clock) for clock in clocks],
            layout={"width": "max-content"}, style={"button_width": "9em"},
        )  # fmt: skip
        self.clock.observe(lambda _: self._turn(), names="value")
        parts = [self.slider, self.play, *([self.clock] if clocks else [])]
        super().__init__(parts, layout={"flex_flow": "row wrap", "align_items": "center"})

    @property
    def now(self) -> int:
        """The step the slider stands at."""
        return int(self.slider.value)

    def set_length(self, length: int) -> None:
        """Let the slider end at ``length``."""
        with settling(self):
            self.slider.max = self.play.max = length
            self.play.step = max(1, length // 100)
            now = length if self.wanted is None else min(self.wanted, length)
            self.slider.value = self.play.value = now

    def reset(self) -> None:
        """Count steps again, and stand at the end."""
        self.wanted = None
        with settling(self):
            self.clock.index = 0 if self.clock.options else None
            self.set_length(self.slider.max)

    def _tell(self) -> None:
        if not self.settling:
            self.wanted = None if self.now == self.slider.max else self.now
            self.changed()

    def _turn(self) -> None:
        self.slider.description = str(self.clock.value).removesuffix("s")
        self.wanted = None
        if not self.settling:
            self.turned()


class StartPoint(widgets.HBox):  # type: ignore[misc]
    """A slider and a box for each coordinate of the start, as wide as the window of the loss."""

    def __init__(self, f: Symbolic, start: Array, changed: Callable[[], None]) -> None:
        self.changed, self.settling = changed, False
        self.controls: dict[str, Control] = {}
        super().__init__(layout={"flex_flow": "row wrap"})
        self.take(f, start)

    def take(self, f: Symbolic, start: Array) -> None:
        """Take the variables and the window of ``f``, and stand at ``start``."""
        self.windows = f.window or ()
        specs = {
            symbol.name: linear(min(low, float(value)), max(high, float(value)), float(value))
            for symbol, value, (low, high) in zip(f.symbols, start, self.windows, strict=True)
        }
        if {name: spec[:2] for name, spec in specs.items()} != self._ranges():
            for control in self.controls.values():
                control.close()
            self.controls = {
                name: Control(f"start {name}", spec, self._tell, width="22em")
                for name, spec in specs.items()
            }
            self.children = tuple(self.controls.values())
        with settling(self):
            for name, spec in specs.items():
                self.controls[name].set(spec.value)

    def _ranges(self) -> dict[str, tuple[float, ...]]:
        return {name: control.spec[:2] for name, control in self.controls.items()}

    @property
    def point(self) -> Array:
        """The start, shape ``(d,)``."""
        return np.array([control.value for control in self.controls.values()])

    def set(self, point: Sequence[float]) -> None:
        """Move to a point of the picture, rounded to a thousandth of the window or so."""
        before = self.point
        with settling(self):
            for x, (low, high), control in zip(
                point, self.windows, self.controls.values(), strict=False
            ):
                decimals = 2 - int(np.floor(np.log10((high - low) / 10)))
                control.set(float(np.round(x, decimals)))
        if not np.array_equal(before, self.point):
            self.changed()

    def _tell(self) -> None:
        if not self.settling:
            self.changed()


class LossChoice(widgets.HBox):  # type: ignore[misc]
    """A list of losses, the last of them a formula that the reader types.

    What is wrong with the formula stands beside it until it is mended.
    """

    def __init__(self, losses: Sequence[Symbolic], changed: Callable[[], None]) -> None:
        self.losses = losses
        names = [(f.name, place) for place, f in enumerate(losses)]
        self.list = widgets.Dropdown(
            options=[*names, (OWN, len(names))], value=0, description="loss",
            style={"description_width": "7em"}, layout={"width": "26em"},
        )  # fmt: skip
        self.formula = widgets.Text(
            value=spell(losses[0].expr), description="J =", continuous_update=False,
            style={"description_width": "3em"}, layout={"width": "30em", "display": "none"},
        )  # fmt: skip
        self.trouble = widgets.HTML()
        for widget in (self.list, self.formula):
            widget.observe(lambda _: changed(), names="value")
        shown = [self.list, self.formula, self.trouble] if len(losses) > 1 else []
        super().__init__(shown, layout={"flex_flow": "row wrap"})

    def chosen(self) -> Symbolic | None:
        """Return the loss that is chosen; None for a formula that cannot be read."""
        typed = self.list.value == len(self.losses)
        self.formula.layout.display = "flex" if typed else "none"
        self.trouble.value = ""
        if not typed:
            return self.losses[int(self.list.value)]
        first = self.losses[0]
        try:
            return Symbolic(self.formula.value, first.symbols, window=first.window)
        except ValueError as error:
            self.trouble.value = f"<span role='alert'>{escape(str(error))}</span>"
            return None

    def reset(self) -> None:
        """Choose the first loss, and put its formula back into the box."""
        self.list.value, self.formula.value = 0, spell(self.losses[0].expr)
        self.chosen()
