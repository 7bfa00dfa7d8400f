"""Learning-rate schedules: pure functions of the step t = 1, 2, …, which `run` takes for η.

Each returns a function ``t -> η_t``. The rates may be arrays that broadcast against θ: a schedule
for each run of a grid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .checks import check_count, check_number
from .stopping import EarlyStopping
from .types import Array, Inner, Number, Objective

__all__ = [
    "Plateau",
    "Schedule",
    "constant",
    "cosine",
    "exponential",
    "inverse_time",
    "one_cycle",
    "step_decay",
    "warmup",
]

Schedule = Callable[[float], Number]


def constant(lr: Number) -> Schedule:
    """Return the schedule that stays: η_t = η.

    Raises ``ValueError`` unless η > 0.

    >>> constant(0.1)(7)
    0.1
    """
    check_number("lr", lr, above=0)
    return lambda t: lr


def step_decay(lr: Number, every: int, factor: float = 0.1) -> Schedule:
    """Return the schedule that falls by a factor, again and again after as many steps.

    η_t = η · factor^⌊(t − 1)/every⌋

    Raises ``ValueError`` unless η > 0, every ≥ 1 is whole, and 0 < factor < 1.

    >>> [float(step_decay(0.8, every=2, factor=0.5)(t)) for t in (1, 2, 3, 5)]
    [0.8, 0.8, 0.4, 0.2]
    """
    check_number("lr", lr, above=0)
    check_number("factor", factor, above=0, below=1)
    every = check_count("every", every)
    return lambda t: lr * factor ** ((t - 1) // every)


def exponential(lr: Number, factor: float) -> Schedule:
    """Return the schedule that falls by the same factor in every step: η_t = η · factor^(t − 1).

    Raises ``ValueError`` unless η > 0 and 0 < factor < 1.

    >>> [float(exponential(0.8, 0.5)(t)) for t in (1, 2, 3)]
    [0.8, 0.4, 0.2]
    """
    check_number("lr", lr, above=0)
    check_number("factor", factor, above=0, below=1)
    return lambda t: lr * factor ** (t - 1)


def inverse_time(a: Number, t0: float = 0.0) -> Schedule:
    """Return the schedule of Robbins and Monro: η_t = a/(t + t₀).

    Raises ``ValueError`` unless a > 0 and t₀ ≥ 0. Source: Robbins & Monro (1951).

    >>> [inverse_time(2.0, t0=3.0)(t) for t in (1, 2, 5)]
    [0.5, 0.4, 0.25]
    """
    check_number("a", a, above=0)
    check_number("t0", t0, at_least=0)
    return lambda t: a / (t + t0)


def cosine(lr: Number, n_steps: int, final: Number = 0.0) -> Schedule:
    """Return the schedule that falls from η to ``final`` along half a cosine.

    η_t = final + (η − final)/2 · (1 + cos(π (t − 1)/n_steps)), and ``final`` after n_steps.

    The last step has t = n_steps, so it is a little above ``final``, as in torch. Raises
    ``ValueError`` unless η > 0, n_steps ≥ 1 is whole, and final ≥ 0. Source: Loshchilov & Hutter
    (2017), without restarts.

    >>> [round(float(cosine(0.8, 4)(t)), 3) for t in (1, 3, 5)]
    [0.8, 0.4, 0.0]
    """
    check_number("lr", lr, above=0)
    check_number("final", final, at_least=0)
    n_steps = check_count("n_steps", n_steps)
    return lambda t: _between(lr, final, min((t - 1) / n_steps, 1))


def warmup(schedule: Schedule, steps: int) -> Schedule:
    """Return a schedule that first rises in even steps, and then goes on with ``schedule``.

    η_t = schedule(1) · t/(steps + 1) for t ≤ steps, and schedule(t − steps) afterwards

    Raises ``TypeError`` for what is no schedule, ``ValueError`` unless steps ≥ 1 is whole. Source:
    Goyal et al. (2017).

    >>> [float(warmup(constant(0.8), 3)(t)) for t in (1, 2, 3, 4, 5)]
    [0.2, 0.4, 0.6000000000000001, 0.8, 0.8]
    """
    if not callable(schedule):
        raise TypeError(f"schedule={schedule!r} is not a schedule, such as constant(0.1)")
    steps = check_count("steps", steps)
    return lambda t: schedule(1) * t / (steps + 1) if t <= steps else schedule(t - steps)


def one_cycle(
    lr: Number, n_steps: int, share: float = 0.3, start: float = 1 / 25, final: float = 1e-4
) -> Schedule:
    """Return the schedule that rises to η and falls again, along two half cosines.

    It begins at ``start`` · η, is at η after a ``share`` of the steps, and ends at ``final`` ·
    ``start`` · η, as in torch.

    Raises ``ValueError`` unless η > 0, n_steps ≥ 2 is whole, and share, start and final lie between
    0 and 1. Source: Smith & Topin (2018).

    >>> [round(float(one_cycle(1.0, 11, share=0.5)(t)), 4) for t in (1, 5.5, 11)]
    [0.04, 1.0, 0.0]
    """
    check_number("lr", lr, above=0)
    for name, value in (("share", share), ("start", start), ("final", final)):
        check_number(name, value, above=0, below=1)
    check_number("n_steps", check_count("n_steps", n_steps), at_least=2)
    top = share * n_steps - 1

    def now(t: float) -> Number:
        if t - 1 < top:
            return _between(start * lr, lr, (t - 1) / top)
        return _between(lr, final * start * lr, min((t - 1 - top) / (n_steps - 1 - top), 1))

    return now


def _between(first: Number, last: Number, part: float) -> Number:
    now: Number = last + (first - last) / 2 * (1 + np.cos(np.pi * part))
    return now


class Plateau:
    """A rate that falls by a factor whenever a loss has not improved for a while.

    It is no function of t: it must see θ. So `run` gets it twice, ``lr=plateau`` and
    ``until=plateau.look``, and ``look`` never ends the run. ``loss`` is any function of θ, asked
    after every ``every``-th step; after ``patience`` looks without a new best η falls. Each of
    several runs has its own. Make a new one for each call of `run`. Raises ``ValueError`` unless
    η > 0, 0 < factor < 1, and patience and every are whole and at least 1.

    >>> from course_lib import functions, momentum, run
    >>> f = functions.quadratic(4)
    >>> falling = Plateau(0.4, f, factor=0.5, patience=2)
    >>> trace = run(momentum, f, (1.0, 1.0), 8, lr=falling, until=falling.look)
    >>> falling.lr
    array(0.1)
    """

    def __init__(
        self,
        lr: Number,
        loss: Callable[[Array], Any],
        *,
        factor: float = 0.1,
        patience: int = 5,
        every: int = 1,
    ) -> None:
        check_number("lr", lr, above=0)
        check_number("factor", factor, above=0, below=1)
        self.lr, self.factor = lr, factor
        self.watch = EarlyStopping(loss, patience, every)

    def __call__(self, t: float) -> Number:
        """Return η as it now is."""
        return self.lr

    def look(self, f: Objective, theta: Array, theta_next: Array, inner: Inner) -> Array:
        """Look at θ; lower the rate of the runs that have waited long enough."""
        stuck = self.watch(f, theta, theta_next, inner)
        fall = stuck[..., None] if stuck.ndim else stuck
        self.lr = np.where(fall, self.factor * self.lr, self.lr)
        self.watch.waited = np.where(stuck, 0, self.watch.waited)
        return np.zeros(stuck.shape, bool)
