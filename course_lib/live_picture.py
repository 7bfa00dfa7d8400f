"""Sliders over a picture that follows them: the ground of explorers and of live figures."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from html import escape
from typing import Any, NamedTuple

import ipywidgets as widgets
import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from .controls import Control, Slider
from .stage import Picture, Stage

__all__ = ["Goal", "Live", "check_goal", "live"]

REACHED, OPEN = "#00704F", "inherit"


class Goal(NamedTuple):
    """What the reader should reach: in words, and as a test of what is shown.

    An explorer tests the trace of its whole run, a race the traces by name, a live figure the
    values of its sliders by name. Explorers count it only from the start they were given, unless
    ``any_start`` is true.

    >>> goal = Goal("J below 0.001", lambda trace: trace.loss[-1] < 1e-3)
    """

    words: str
    reached: Callable[[Any], bool]
    any_start: bool = False


class Live(ABC):
    """Controls over a stage, with a readout and perhaps a goal below it.

    A subclass builds ``controls``, says what to show in `show`, and calls `build` in the end.
    """

    goal: Goal | None
    controls: dict[str, Control]
    picture: Picture
    reached = False
    trouble = ""

    def build(self, above: Iterable[widgets.Widget], below: Iterable[widgets.Widget]) -> None:
        """Put the view together, with widgets above and below the picture."""
        self.stage = Stage()
        self.words = widgets.HTML()
        self.reset_button = widgets.Button(
            description="Reset", tooltip="Put everything back to where it was", icon="undo"
        )
        self.reset_button.on_click(lambda _: self.reset())
        self.view = widgets.VBox(
            [*above, *self.controls.values(), self.stage, self.words, *below, self.reset_button]
        )

    @abstractmethod
    def show(self) -> None:
        """Show what the controls say; ends in `put`."""

    @abstractmethod
    def describe(self) -> str:
        """Say in plain text what is shown."""

    def put(self, picture: Picture, readout: str, shown: Any, *, counts: bool = True) -> None:
        """Show a picture as it is now, its readout, and whether ``shown`` reaches the goal."""
        self.picture, self.reached = picture, counts and self._reaches(shown)
        self.trouble = ""
        with self.stage.hold_sync():
            self.stage.background = picture.background
            self.stage.layer = picture.layer()
            self.stage.alt = self.describe()
        self.words.value = f"<p role='status'>{readout}{self._goal_in_words(counts)}</p>"

    def update(self) -> None:
        """Show what the controls say."""
        self.attempt(self.show)

    def attempt(self, *actions: Callable[[], None]) -> None:
        """Do one after another; where one fails, say so below the picture and stay alive."""
        try:
            for action in actions:
                action()
        except Exception as error:  # the reader's own code or formula may fail in any way
            kind, said = type(error).__name__, escape(str(error))
            self.reached, self.trouble = False, f"{kind}: {error}"
            self.stage.alt = self.trouble
            self.words.value = f"<p role='status'><b>{kind}:</b> {said}</p>"

    def values(self) -> dict[str, float]:
        """Return the values of the sliders, by name."""
        return {name: control.value for name, control in self.controls.items()}

    def reset(self) -> None:
        """Put every slider back to where it started."""
        for control in self.controls.values():
            control.set(control.spec.value)

    def goal_reached(self) -> bool:
        """Tell whether what is shown reaches the goal."""
        return self.reached

    def _reaches(self, shown: Any) -> bool:
        with np.errstate(all="ignore"):
            return self.goal is not None and bool(self.goal.reached(shown))

    def _goal_in_words(self, counts: bool) -> str:
        if self.goal is None:
            return ""
        mark, color = ("✔ Goal reached", REACHED) if self.reached else ("○ Goal", OPEN)
        limit = "" if counts else " (counts for the first loss, from the first start)"
        return f"<br><b style='color:{color}'>{mark}: {escape(self.goal.words)}</b>{limit}"

    def __repr__(self) -> str:
        return self.trouble or self.describe()

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        seen = self.view._repr_mimebundle_() or {}
        still = base64.b64encode(self.picture.still()).decode()
        described = {"image/png": {"alt": self.describe()}}
        return {**seen, "image/png": still, "text/plain": repr(self)}, described


class LiveFigure(Live):
    """A figure of the reader's own that follows sliders; `live` makes it."""

    def __init__(
        self,
        figure: Figure,
        artists: Iterable[Artist],
        move: Callable[..., str],
        goal: Goal | None,
        sliders: dict[str, Slider],
    ) -> None:
        self.move, self.goal = move, check_goal(goal)
        self.controls = {name: Control(name, spec, self.update) for name, spec in sliders.items()}
        self.readout = self._moved()
        self.build([], [])
        self.drawn = Picture(figure, artists)
        self.show()

    def show(self) -> None:
        """Move the artists to where the sliders say."""
        self.readout = self._moved()
        self.put(self.drawn, escape(self.readout), self.values())

    def _moved(self) -> str:
        said = self.move(**self.values())
        if not isinstance(said, str):
            raise TypeError(f"move returned {said!r}; it must return a sentence to read")
        return said

    def describe(self) -> str:
        """Say what the sliders are set to, and what came out."""
        settings = ", ".join(f"{name} = {value:.4g}" for name, value in self.values().items())
        return f"{settings}: {self.readout}"


def live(
    figure: Figure,
    artists: Iterable[Artist],
    move: Callable[..., str],
    *,
    goal: Goal | None = None,
    **sliders: Slider,
) -> LiveFigure:
    """Let some artists of a figure follow sliders.

    ``move`` takes the value of each slider by name, moves the ``artists``, and returns a sentence
    to read. Everything else in the figure is drawn once. Raises ``TypeError`` or ``ValueError``
    with one sentence when there is nothing to move.

    >>> from course_lib import linear
    >>> from course_lib.plots import figure
    >>> fig, ax = figure()
    >>> (dot,) = ax.plot([], [], "o")
    >>> def move(x):
    ...     dot.set_data([x], [x * x])
    ...     return f"the square of {x:g} is {x * x:g}"
    >>> live(fig, [dot], move, x=linear(0, 1, 0.5))
    x = 0.5: the square of 0.5 is 0.25
    """
    moving = list(artists) if isinstance(artists, Iterable) else [artists]
    if not isinstance(figure, Figure):
        raise TypeError(f"figure={figure!r} is no figure; write fig, ax = figure(), and give fig")
    if not all(isinstance(one, Artist) for one in moving):
        raise TypeError(f"artists={artists!r} must be a list of what moves, such as [dot]")
    if not callable(move):
        raise TypeError(f"move={move!r} is not a function of the sliders")
    if not sliders:
        raise ValueError("live needs at least one slider, such as x=linear(0, 1, 0.5)")
    for name, spec in sliders.items():
        if not isinstance(spec, Slider):
            raise TypeError(f"{name}={spec!r} is no slider; write {name}=linear(low, high, value)")
    return LiveFigure(figure, moving, move, goal, sliders)


def check_goal(goal: Any) -> Goal | None:
    """Return ``goal``; raises ``TypeError`` for what is neither a `Goal` nor None.

    >>> check_goal(3)
    Traceback (most recent call last):
    ...
    TypeError: goal=3 is no goal; write Goal("in words", lambda trace: …)
    """
    if goal is not None and not isinstance(goal, Goal):
        raise TypeError(f'goal={goal!r} is no goal; write Goal("in words", lambda trace: …)')
    return goal
