"""Run any step function, from one start or from a grid of them, and keep what happened."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from .checks import (
    Signature,
    check_broadcasts,
    check_count,
    check_hyper,
    check_record,
    check_start,
    check_step,
    check_until,
    signature,
)
from .counting import Counted
from .types import Array, ArrayLike, Criterion, Inner, Objective, Step

__all__ = ["Trace", "run"]

CACHE_FRIENDLY = 16384
SLOW = 1.0  # seconds after which a run shows how far it is


@dataclass(frozen=True)
class Trace:
    """What a run left behind; T is the number of steps recorded and ``...`` are the runs.

    ``at`` are the numbers of the recorded steps, shape ``(T + 1,)``: 0, 1, … unless only every
    so many were recorded. ``end`` is θ after the last step, shape ``(..., d)``.

    ``theta`` has shape ``(T + 1, ..., d)``, ``loss`` and ``grad_norm`` have ``(T + 1, ...)``, and
    every array of ``inner`` has ``(T, ...)`` or ``(T, ..., d)``. What was not recorded is None.

    ``steps`` is how many steps a run took and ``outcome`` why it stopped: ``"converged"`` (the
    criterion held), ``"stalled"`` (no acceptable step; on batches the next may be acceptable, and
    the run goes on), ``"diverged"`` (a number stopped being finite) or ``"out of steps"``. For a
    grid both are arrays of shape ``(...)``, and a run that has converged or stalled repeats its
    last point.

    ``evaluations`` tells for ``"f"``, ``"grad"`` and ``"hess"`` how often the *step* has asked for
    them up to each of these steps, shape ``(T + 1,)``; what was evaluated to record the run or to
    stop it is not counted. For a mean over n examples each counts n, and on a batch its size.
    ``hyper`` are the hyper-parameters of the run.
    """

    at: NDArray[np.int64] = field(repr=False)
    end: Array
    theta: Array | None
    loss: Array | None
    grad_norm: Array | None
    inner: dict[str, Array] = field(repr=False)
    steps: Any
    outcome: Any
    evaluations: dict[str, NDArray[np.int64]] = field(repr=False)
    hyper: dict[str, Any] = field(repr=False)

    def upto(self, steps: int) -> Trace:
        """Return what was recorded of the first ``steps`` steps.

        Raises ``ValueError`` when θ was not recorded.

        >>> from course_lib import functions, gd
        >>> run(gd, functions.quadratic(4), (1.0, 1.0), 2, lr=0.25).upto(1).theta
        array([[1.  , 1.  ],
               [0.75, 0.  ]])
        """
        rows = int(np.searchsorted(self.at, steps, "right"))
        if rows == len(self.at):
            return self
        if self.theta is None:
            raise ValueError(f"steps={steps}: where the run was then was not recorded")
        loss, grad_norm = (
            None if kept is None else kept[:rows] for kept in (self.loss, self.grad_norm)
        )
        taken, outcome = int(self.at[rows - 1]), np.full(np.shape(self.steps), "out of steps")
        return Trace(
            at=self.at[:rows],
            end=self.theta[rows - 1],
            theta=self.theta[:rows],
            loss=loss,
            grad_norm=grad_norm,
            inner={name: values[: rows - 1] for name, values in self.inner.items()},
            steps=np.minimum(self.steps, taken) if np.ndim(self.steps) else taken,
            outcome=outcome if outcome.ndim else outcome.item(),
            evaluations={name: counts[:rows] for name, counts in self.evaluations.items()},
            hyper=self.hyper,
        )


def run(
    step: Step,
    f: Objective,
    theta0: ArrayLike,
    n_steps: int,
    *,
    batches: Iterator[Any] | None = None,
    until: Criterion | None = None,
    record: Collection[str] | None = None,
    every: int = 1,
    **hyper: Any,
) -> Trace:
    """Take ``n_steps`` steps of ``step`` on ``f`` from ``theta0``.

    θ_{t+1}, inner = step(f, θ_t, t, state, hyper)  for t = 1, 2, …, with the state in ``inner``.

    ``theta0`` has shape ``(..., d)``. A hyper-parameter is a number, an array that broadcasts
    against θ (200 rates for 50 starts: ``theta0`` of shape ``(50, d)``, ``lr`` of shape
    ``(200, 1, 1)``), or a schedule ``t -> value``. With ``batches`` each step sees only
    ``f.batch(index)`` for the next index, and the records are of all f. A grid of runs shares an
    index of shape ``(B,)``; of an index of shape ``(S, B)`` each of S runs has its own row.
    ``until`` ends a run early (see `stopping`). ``record`` names what to keep: ``"theta"``,
    ``"loss"``, ``"grad_norm"`` and names of ``inner``; everything by default. It is kept after
    each ``every``-th step and the last. The step must treat the runs of a grid apart from one
    another, as every formula of NumPy arrays does.

    Raises ``ValueError`` or ``TypeError`` with one sentence for input that cannot be run.

    >>> from course_lib import functions, gd
    >>> trace = run(gd, functions.quadratic(4), (1.0, 1.0), 2, lr=0.25)
    >>> trace.theta
    array([[1.    , 1.    ],
           [0.75  , 0.    ],
           [0.5625, 0.    ]])
    >>> trace.outcome
    'out of steps'
    """
    rule = signature(step)
    settings = check_hyper(rule, hyper)
    if until is not None:
        check_until(until)
    if batches is not None and not (isinstance(batches, Iterator) and hasattr(f, "batch")):
        raise TypeError(
            f"batches={batches!r} must be an iterator, such as batches(f.n, 32, rng), and f a mean "
            "over examples"
        )
    if record is not None:
        check_record(record, record)
    start, n_steps = check_start(f, theta0), check_count("n_steps", n_steps)
    every = min(check_count("every", every), n_steps)
    theta = np.broadcast_to(start, _shape(start, settings)).copy()
    with np.errstate(all="ignore"):
        if theta.size < CACHE_FRIENDLY:
            check_broadcasts(f, theta)
        kept = _Record(f, theta, 1 + -(-n_steps // every), record)
        return _run(rule, step, f, theta, n_steps, every, batches, until, kept, settings)


def _run(
    rule: Signature,
    step: Step,
    f: Objective,
    theta: Array,
    n_steps: int,
    every: int,
    batches: Iterator[Any] | None,
    until: Criterion | None,
    kept: _Record,
    settings: dict[str, Any],
) -> Trace:
    schedules = {name: value for name, value in settings.items() if callable(value)}
    first, runs = theta.copy(), theta.shape[:-1]
    state = list(rule.state.values())
    running, ended = np.ones(runs, bool), False
    outcome = np.full(runs, "out of steps", dtype=object)
    steps = np.full(runs, n_steps)
    counted = Counted(f, theta.size)
    counts, hyper = [tuple(counted.counts)], dict(settings)
    for t in _watched(n_steps, rule.name):
        for name, schedule in schedules.items():
            settings[name] = schedule(t)
        seen = counted if batches is None else counted.batch(next(batches))
        try:
            result = step(seen, theta, t, *state, **settings)
        except AttributeError as error:
            if error.name not in ("grad", "hess") or hasattr(f, error.name):
                raise
            raise TypeError(f"{rule.name} needs f.{error.name}, and f={f!r} has none") from None
        if t == 1:
            check_step(rule, result, first, theta)
            if kept.wanted is not None:
                check_record(kept.wanted, ["theta", "loss", "grad_norm", *result[1]])
        theta_next, inner = result
        state = [inner[name] for name in rule.state]
        if until is not None or "accepted" in inner:
            theta_next = np.where(running[..., None], theta_next, theta)
            stalled = running & ~np.asarray(inner.get("accepted", True), bool) & (batches is None)
            met = np.asarray(until is not None and until(f, theta, theta_next, inner), bool)
            converged = running & ~stalled & met
            outcome[stalled], outcome[converged] = "stalled", "converged"
            steps[stalled | converged] = t
            running = running & ~stalled & ~converged
            ended = not running.any()
        theta = theta_next
        if t % every == 0 or t == n_steps or ended:
            kept.add(t, theta, inner)
            counts.append(tuple(counted.counts))
        if ended:
            break
    evaluations = dict(zip(Counted.names, np.array(counts).T, strict=True))
    return kept.trace(theta, steps, outcome, evaluations, hyper)


def _watched(n_steps: int, name: str) -> Iterator[int]:
    """Count the steps; a run that takes long shows how far it is, and leaves no trace of that."""
    begin, bar = time.monotonic(), None
    try:
        for t in range(1, n_steps + 1):
            if bar is not None:
                bar.update()
            elif time.monotonic() - begin > SLOW:
                quiet = bool(os.environ.get("TQDM_DISABLE"))
                bar = tqdm(total=n_steps, initial=t, desc=name, leave=False, disable=quiet)
            yield t
    finally:
        if bar is not None:
            bar.close()


class _Record:
    """The arrays that a run fills in; what was not asked for takes no memory.

    The points are collected in ``path`` and measured in blocks: one call of f for many points of a
    small run, and one for each point of a large one, while the processor's cache still holds it.
    """

    def __init__(
        self, f: Objective, theta: Array, n_points: int, wanted: Collection[str] | None
    ) -> None:
        self.f, self.n_points = f, n_points
        self.wanted = None if wanted is None else frozenset(wanted)
        self.block = max(1, CACHE_FRIENDLY // theta.size)
        self.keeps_path = self._wants("theta")
        length = self.n_points if self.keeps_path else min(self.block, self.n_points)
        self.path = np.empty((length, *theta.shape))
        self.loss = self._room(theta) if self._wants("loss") else None
        self.grad_norm = self._room(theta) if self._wants("grad_norm") else None
        self.inner: dict[str, Array] = {}
        self.measured = self.count = 0
        self.at: list[int] = []
        self._add_point(0, theta)

    def _wants(self, name: str) -> bool:
        return self.wanted is None or name in self.wanted

    def _room(self, theta: Array) -> Array:
        return np.empty((self.n_points, *theta.shape[:-1]))

    def add(self, t: int, theta: Array, inner: Inner) -> None:
        for name in inner if self.wanted is None else self.wanted & inner.keys():
            self._keep(name, np.asarray(inner[name]))
        self._add_point(t, theta)

    def _keep(self, name: str, value: Array) -> None:
        kept = self.inner.get(name)
        if kept is None:
            empty = np.nan if value.dtype.kind == "f" else 0
            kept = np.full((self.n_points - 1, *value.shape), empty, value.dtype)
        elif kept.shape[1:] != value.shape:
            raise ValueError(
                f"inner[{name!r}] had shape {kept.shape[1:]} and now has {value.shape}"
            )
        elif kept.dtype.kind != "f" and value.dtype.kind == "f":
            kept = kept.astype(float)
        kept[self.count - 1] = value
        self.inner[name] = kept

    def _add_point(self, t: int, theta: Array) -> None:
        self.at.append(t)
        self.path[self.count if self.keeps_path else self.count - self.measured] = theta
        self.count += 1
        if self.count - self.measured == self.block:
            self._measure()

    def _measure(self) -> None:
        if self.measured == self.count:
            return
        rows = slice(self.measured, self.count)
        points = self.path[rows] if self.keeps_path else self.path[: self.count - self.measured]
        if self.loss is not None:
            self.loss[rows] = self._in_pieces(self.f, points)
        if self.grad_norm is not None:
            self.grad_norm[rows] = np.linalg.norm(self._in_pieces(self.f.grad, points), axis=-1)
        self.measured = self.count

    def _in_pieces(self, compute: Any, points: Array) -> Array:
        """Compute for a few points at a time, or of a mean one by one: that stays in the cache."""
        d = points.shape[-1]
        flat = points.reshape(-1, d)
        size = max(1, CACHE_FRIENDLY // (d * getattr(self.f, "n", 1)))
        parts = [compute(flat[first : first + size]) for first in range(0, len(flat), size)]
        found: Array = np.concatenate(parts)
        return found.reshape(*points.shape[:-1], *found.shape[1:])

    def trace(
        self,
        end: Array,
        steps: Any,
        outcome: Any,
        evaluations: dict[str, NDArray[np.int64]],
        hyper: dict[str, Any],
    ) -> Trace:
        """Close the record: a run has diverged if its end, or the loss there, is not finite."""
        self._measure()
        theta, loss, grad_norm = (
            None if kept is None else kept[: self.count]
            for kept in (self.path if self.keeps_path else None, self.loss, self.grad_norm)
        )
        finite = np.isfinite(end).all(-1) & (True if loss is None else np.isfinite(loss[-1]))
        diverged = ~finite & (outcome == "out of steps")
        outcome[diverged] = "diverged"
        if theta is not None or loss is not None:
            lost = np.zeros((self.count, int(diverged.sum())), bool)
            if loss is not None:
                lost |= ~np.isfinite(loss[:, diverged])
            if theta is not None:
                lost |= ~np.isfinite(theta[:, diverged]).all(-1)
            steps[diverged] = np.array(self.at)[lost.argmax(0)]
        rows = int(np.searchsorted(self.at, steps.max(), "right"))
        alone = outcome.ndim == 0
        return Trace(
            at=np.array(self.at[:rows]),
            end=end,
            theta=None if theta is None else theta[:rows],
            loss=None if loss is None else loss[:rows],
            grad_norm=None if grad_norm is None else grad_norm[:rows],
            inner={name: values[: rows - 1] for name, values in self.inner.items()},
            steps=int(steps) if alone else steps,
            outcome=outcome.item() if alone else outcome,
            evaluations={name: counts[:rows] for name, counts in evaluations.items()},
            hyper=hyper,
        )


def _shape(start: Array, settings: dict[str, Any]) -> tuple[int, ...]:
    shape = start.shape
    for name, value in settings.items():
        size = np.shape(value(1) if callable(value) else value)
        try:
            shape = np.broadcast_shapes(shape, size)
        except ValueError:
            shape = ()
        if shape[-1:] != start.shape[-1:]:
            raise ValueError(
                f"{name} has shape {size}, which does not broadcast against theta of shape "
                f"{start.shape}; for one run per value give it the shape "
                f"{size[:1] + (1,) * start.ndim}"
            )
    return shape
