"""`explore` and `race`: the doors to live pictures of runs, on surfaces and on data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from .checks import signature
from .comparison import named
from .explorer import RACERS, Explorer
from .live_picture import Goal
from .mean_explorer import MeanExplorer
from .panels import PanelMaker
from .surface_explorer import SurfaceExplorer
from .types import ArrayLike, Criterion, Step

__all__ = ["explore", "race"]


def explore(
    step: Step,
    f: Any,
    start: ArrayLike,
    n_steps: int = 50,
    *,
    panels: Sequence[str | PanelMaker] | None = None,
    goal: Goal | None = None,
    until: Criterion | None = None,
    batch_size: int | None = None,
    seeds: int = 1,
    **settings: Any,
) -> Explorer:
    """Show the runs of ``step`` on ``f``, live, with sliders for its hyper-parameters.

    ``step`` is any step function, the reader's own included. Each hyper-parameter in ``settings``
    is a fixed value or a slider: ``lr=logarithmic(0.001, 1, 0.1)``. ``start`` has shape ``(d,)``.

    A loss ``f`` has one or two variables; it may be a text, and a list of several lets the reader
    choose, or type a formula. The reader can move the start. ``panels`` are names of `PANELS`
    (surface, loss, cost, length, search), or functions that make one.

    A mean over examples ``f`` may have any number of parameters. Its steps see batches of
    ``batch_size``, for each of ``seeds`` in another order, or all examples. ``panels`` are names of
    `MEAN_PANELS` (loss, weights, rates), or functions that make one.

    Raises ``ValueError`` or ``TypeError`` with one sentence for bad input.

    >>> from course_lib import functions, gd, logarithmic
    >>> explorer = explore(gd, functions.booth(), (0, 0), lr=logarithmic(0.01, 0.2, 0.1))
    >>> explorer.controls["lr"].set(0.05)
    >>> explorer
    gd on Booth from (0, 0), lr = 0.05: 50 steps: J = 5.31e-05. It took 50 gradients.
    """
    signature(step)
    methods = named([partial(step, **settings)])
    return _opened(methods, f, start, n_steps, panels, ("surface", "loss"), goal, until,
                   batch_size, seeds)  # fmt: skip


def race(
    methods: Sequence[Step] | Mapping[str, Step],
    f: Any,
    start: ArrayLike,
    n_steps: int = 50,
    *,
    panels: Sequence[str | PanelMaker] | None = None,
    goal: Goal | None = None,
    until: Criterion | None = None,
    batch_size: int | None = None,
    seeds: int = 1,
) -> Explorer:
    """Show the runs of several methods at once, live: a `compare` to look at.

    The clock of a race on a loss counts steps, or evaluations of J, ∇J and H: what a method pays.
    Each method brings its settings along, sliders too: ``partial(gd, lr=logarithmic(0.01, 1,
    0.1))``. The other arguments are those of `explore`.

    >>> from functools import partial
    >>> from course_lib import functions, gd, newton
    >>> race([partial(gd, lr=0.1), newton], functions.booth(), (0, 0), 2).describe()[:65]
    'gd and newton on Booth from (0, 0): gd: 2 steps: J = 30.3. It too'
    """
    steps = named(methods)
    if len(steps) > len(RACERS):
        raise ValueError(f"methods has {len(steps)}; a race has room for {len(RACERS)}")
    return _opened(steps, f, start, n_steps, panels, ("surface", "loss", "cost"), goal, until,
                   batch_size, seeds)  # fmt: skip


def _opened(
    methods: Mapping[str, Step],
    f: Any,
    start: ArrayLike,
    n_steps: int,
    panels: Sequence[str | PanelMaker] | None,
    usual: Sequence[str],
    goal: Goal | None,
    until: Criterion | None,
    batch_size: int | None,
    seeds: int,
) -> Explorer:
    if hasattr(f, "batch"):
        panels = ("loss",) if panels is None else panels
        return MeanExplorer(methods, f, start, n_steps, panels, goal, until, batch_size, seeds)
    if batch_size is not None or seeds != 1:
        raise TypeError(f"batch_size and seeds need a mean over examples, and f={f!r} is none")
    return SurfaceExplorer(methods, f, start, n_steps, usual if panels is None else panels, goal,
                           until)  # fmt: skip
