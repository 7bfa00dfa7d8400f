"""The slider of the course: even in the value or in its logarithm, with a number box beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import ipywidgets as widgets
import numpy as np

from .checks import check_number

__all__ = ["Control", "Slider", "linear", "logarithmic"]

STOPS = 201


class Slider(NamedTuple):
    """The range of a slider and where it starts; see `linear` and `logarithmic`."""

    low: float
    high: float
    value: float
    log: bool

    def stops(self) -> list[float]:
        """Return the values the slider can take: short numbers, the start among them.

        >>> logarithmic(0.01, 1, 0.3).stops()[:4]
        [0.01, 0.0102, 0.0105, 0.0107]
        """
        space = np.geomspace if self.log else np.linspace
        exact = space(self.low, self.high, STOPS)
        digits = next(n for n in range(3, 18) if len({f"{v:.{n}g}" for v in exact}) > STOPS // 2)
        short = {float(f"{v:.{digits}g}") for v in exact}
        inside = {v for v in short if self.low <= v <= self.high}
        return sorted(inside | {self.low, self.value, self.high})


def linear(low: float, high: float, value: float) -> Slider:
    """Return a slider with even steps from ``low`` to ``high``, starting at ``value``.

    Raises ``ValueError`` unless low ≤ value ≤ high and low < high.

    >>> len(linear(0, 1, 0.9).stops())
    201
    """
    return _checked(low, high, value, log=False)


def logarithmic(low: float, high: float, value: float) -> Slider:
    """Return a slider whose steps are even in the logarithm, for rates and tolerances.

    Raises ``ValueError`` unless 0 < low ≤ value ≤ high and low < high.

    >>> logarithmic(1e-3, 1, 0.1).log
    True
    """
    check_number("low", low, above=0)
    return _checked(low, high, value, log=True)


def _checked(low: float, high: float, value: float, *, log: bool) -> Slider:
    check_number("low", low)
    check_number("value", value)
    check_number("value", value, at_least=low)
    check_number("high", high, above=low, at_least=value)
    return Slider(float(low), float(high), float(value), log)


class Control(widgets.HBox):  # type: ignore[misc]
    """A slider and a number box that always agree; ``changed`` is called once for each change.

    The slider moves over short numbers; the box takes any number in the range exactly. What is
    outside the range becomes the nearest end.
    """

    def __init__(
        self, name: str, spec: Slider, changed: Callable[[], None], *, width: str = "30em"
    ) -> None:
        self.spec, self.changed = spec, changed
        self.value, self._settling = spec.value, False
        self.stops = spec.stops()
        self.slider = widgets.SelectionSlider(
            options=[(f"{stop:g}", stop) for stop in self.stops],
            value=spec.value,
            description=name,
            readout=False,
            style={"description_width": "7em"},
            layout={"width": width},
        )
        self.box = widgets.BoundedFloatText(
            value=spec.value, min=spec.low, max=spec.high, step=None, layout={"width": "7em"}
        )
        self.box.tooltip = f"{name} as a number"
        self.slider.observe(lambda change: self.set(change["new"]), names="value")
        self.box.observe(lambda change: self.set(change["new"]), names="value")
        super().__init__([self.slider, self.box])

    def set(self, value: float) -> None:
        """Show ``value`` on the slider and in the box, and tell of it if it is new.

        Raises ``ValueError`` for what is not a finite number.
        """
        if self._settling:
            return
        value = min(max(float(check_number("value", value)), self.spec.low), self.spec.high)
        if value == self.value:
            return
        self.value = value
        self._settling = True
        try:
            self.box.value = value
            self.slider.value = min(self.stops, key=lambda stop: abs(stop - value))
        finally:
            self._settling = False
        self.changed()
