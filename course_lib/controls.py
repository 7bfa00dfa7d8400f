"""The slider of the course: even in the value or its logarithm, or whole, with a number box."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import ipywidgets as widgets
import numpy as np

from .checks import check_number

__all__ = ["Control", "Slider", "linear", "logarithmic", "settling", "whole"]

STOPS = 201


class Slider(NamedTuple):
    """The range of a slider and where it starts; see `linear`, `logarithmic` and `whole`."""

    low: float
    high: float
    value: float
    scale: Literal["linear", "logarithmic", "whole"]

    def stops(self) -> list[float]:
        """Return the values the slider can take: short numbers, the start among them.

        >>> logarithmic(0.01, 1, 0.3).stops()[:4]
        [0.01, 0.0102, 0.0105, 0.0107]
        """
        space = np.geomspace if self.scale == "logarithmic" else np.linspace
        exact = space(self.low, self.high, STOPS)
        if self.scale == "whole":
            return sorted({round(v) for v in exact} | {self.value})
        lengths = (n for n in range(3, 17) if len({f"{v:.{n}g}" for v in exact}) > STOPS // 2)
        digits = next(lengths, 17)
        short = {float(f"{v:.{digits}g}") for v in exact}
        inside = {v for v in short if self.low <= v <= self.high}
        return sorted(inside | {self.low, self.value, self.high})

    def nearest(self, value: float) -> float:
        """Return the allowed value that is nearest to ``value``.

        >>> whole(1, 60, 8).nearest(100.0), linear(0, 1, 0.5).nearest(0.51)
        (60, 0.51)
        """
        inside = min(max(value, self.low), self.high)
        return round(inside) if self.scale == "whole" else inside


def linear(low: float, high: float, value: float) -> Slider:
    """Return a slider with even steps from ``low`` to ``high``, starting at ``value``.

    Raises ``ValueError`` unless low ≤ value ≤ high and low < high.

    >>> len(linear(0, 1, 0.9).stops())
    201
    """
    return Slider(*_checked(low, high, value), "linear")


def logarithmic(low: float, high: float, value: float) -> Slider:
    """Return a slider whose steps are even in the logarithm, for rates and tolerances.

    Raises ``ValueError`` unless 0 < low ≤ value ≤ high and low < high.

    >>> logarithmic(1e-3, 1, 0.1).stops()[-3:]
    [0.933, 0.966, 1.0]
    """
    check_number("low", low, above=0)
    return Slider(*_checked(low, high, value), "logarithmic")


def whole(low: int, high: int, value: int) -> Slider:
    """Return a slider over whole numbers, for batch sizes, counts and seeds.

    Raises ``ValueError`` unless low ≤ value ≤ high, low < high, and all three are whole.

    >>> whole(1, 5, 2).stops()
    [1, 2, 3, 4, 5]
    """
    ends = _checked(low, high, value)
    for name, number in zip(("low", "high", "value"), ends, strict=True):
        if not number.is_integer():
            raise ValueError(f"{name}={number} must be a whole number")
    lowest, highest, first = map(int, ends)
    return Slider(lowest, highest, first, "whole")


def _checked(low: float, high: float, value: float) -> tuple[float, float, float]:
    check_number("low", low)
    check_number("value", value)
    check_number("value", value, at_least=low)
    check_number("high", high, above=low, at_least=value)
    check_number("high - low", float(high) - float(low))
    return float(low), float(high), float(value)


@contextmanager
def settling(owner: Any) -> Iterator[None]:
    """While widgets are put in order, let ``owner`` know by ``owner.settling``."""
    before, owner.settling = owner.settling, True
    try:
        yield
    finally:
        owner.settling = before


class Control(widgets.HBox):  # type: ignore[misc]
    """A slider and a number box that always agree; ``changed`` is called once for each change.

    The slider moves over short numbers; the box takes any number in the range exactly. What is
    outside the range becomes the nearest end.
    """

    def __init__(
        self, name: str, spec: Slider, changed: Callable[[], None], *, width: str = "30em"
    ) -> None:
        self.spec, self.changed = spec, changed
        self.value, self.settling = spec.value, False
        self.stops = spec.stops()
        self.slider = widgets.SelectionSlider(
            options=[(f"{stop:g}", stop) for stop in self.stops],
            value=spec.value,
            description=name,
            readout=False,
            style={"description_width": "9em" if ":" in name else "7em"},
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
        if self.settling:
            return
        before, self.value = self.value, self.spec.nearest(float(check_number("value", value)))
        with settling(self):
            self.box.value = self.value
            self.slider.value = min(self.stops, key=lambda stop: abs(stop - self.value))
        if self.value != before:
            self.changed()

    def close(self) -> None:
        """Leave the page, with both parts."""
        for part in (self.slider, self.box):
            part.close()
        super().close()
