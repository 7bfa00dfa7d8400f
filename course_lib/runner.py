"""Run any step function, from one start or from a grid of them, and keep what happened."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .checks import Signature, check_hyper, check_start, check_step, signature
from .types import Array, ArrayLike, Criterion, Inner, Objective, Step

__all__ = ["Trace", "run"]

CACHE_FRIENDLY = 8192


@dataclass(frozen=True)
class Trace:
    """What a run left behind; T is the number of steps recorded and ``...`` are the runs.

    ``theta`` has shape ``(T + 1, ..., d)``, ``loss`` and ``grad_norm`` have ``(T + 1, ...)``, and
    every array of ``inner`` has ``(T, ...)`` or ``(T, ..., d)``. What was not recorded is None.

    ``steps`` is how many steps a run took and ``outcome`` why it stopped: ``"converged"`` (the
    criterion held), ``"stalled"`` (no acceptable step), ``"diverged"`` (a number stopped being
    finite) or ``"out of steps"``. For a grid both are arrays of shape ``(...)``, and a run that has
    stopped repeats its last point.
    """

    theta: Array | None
    loss: Array | None
    grad_norm: Array | None
    inner: dict[str, Array] = field(repr=False)
    steps: Any
    outcome: Any


def run(
    step: Step,
    f: Objective,
    theta0: ArrayLike,
    n_steps: int,
    *,
    until: Criterion | None = None,
    record: Collection[str] | None = None,
    **hyper: Any,
) -> Trace:
    """Take ``n_steps`` steps of ``step`` on ``f`` from ``theta0``.

    θ_{t+1}, inner = step(f, θ_t, t, state, hyper)  for t = 1, 2, …, with the state in ``inner``.

    ``theta0`` has shape ``(..., d)``. A hyper-parameter is a number, an array that broadcasts
    against θ (200 rates for 50 starts: ``theta0`` of shape ``(50, d)``, ``lr`` of shape
    ``(200, 1, 1)``), or a schedule ``t -> value``. ``until`` ends a run early (see `stopping`).
    ``record`` names what to keep: ``"theta"``, ``"loss"``, ``"grad_norm"`` and names of ``inner``;
    everything by default. The step must treat the runs of a grid apart from one another, as
    every formula of NumPy arrays does.

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
    start = check_start(f, theta0)
    if isinstance(n_steps, bool) or not isinstance(n_steps, int | np.integer) or n_steps < 1:
        raise ValueError(f"n_steps={n_steps!r} must be a whole number of at least 1")
    theta = np.broadcast_to(start, _shape(start, settings)).copy()
    with np.errstate(all="ignore"):
        return _run(rule, step, f, theta, int(n_steps), until, record, settings)


def _run(
    rule: Signature,
    step: Step,
    f: Objective,
    theta: Array,
    n_steps: int,
    until: Criterion | None,
    record: Collection[str] | None,
    settings: dict[str, Any],
) -> Trace:
    schedules = {name: value for name, value in settings.items() if callable(value)}
    runs = theta.shape[:-1]
    state = list(rule.state.values())
    running = np.ones(runs, bool)
    outcome = np.full(runs, "out of steps", dtype=object)
    steps = np.full(runs, n_steps)
    kept = _Record(f, theta, n_steps, record)
    for t in range(1, n_steps + 1):
        for name, schedule in schedules.items():
            settings[name] = schedule(t)
        result = step(f, theta, t, *state, **settings)
        if t == 1:
            check_step(rule, result, theta.shape)
        theta_next, inner = result
        state = [inner[name] for name in rule.state]
        if until is not None or "accepted" in inner:
            theta_next = np.where(running[..., None], theta_next, theta)
            stalled = running & ~np.asarray(inner.get("accepted", True))
            met = until(f, theta, theta_next, inner) if until is not None else False
            converged = running & ~stalled & met
            outcome[stalled], outcome[converged] = "stalled", "converged"
            steps[stalled | converged] = t
            running = running & ~stalled & ~converged
        theta = theta_next
        kept.add(t, theta, inner)
        if not running.any():
            break
    return kept.trace(t, steps, outcome)


class _Record:
    """The arrays that a run fills in; what was not asked for takes no memory."""

    def __init__(
        self, f: Objective, theta: Array, n_steps: int, wanted: Collection[str] | None
    ) -> None:
        self.f, self.n_steps, self.wanted = f, n_steps, wanted
        self.inner: dict[str, Array] = {}
        self.theta = self._room(theta) if self._wants("theta") else None
        self.loss = self._room(theta[..., 0]) if self._wants("loss") else None
        self.grad_norm = self._room(theta[..., 0]) if self._wants("grad_norm") else None
        self._points(0, theta)

    def _wants(self, name: str) -> bool:
        return self.wanted is None or name in self.wanted

    def _room(self, like: Array) -> Array:
        return np.empty((self.n_steps + 1, *np.shape(like)))

    def _points(self, t: int, theta: Array) -> None:
        if self.theta is not None:
            self.theta[t] = theta
            return
        if self.loss is not None:
            self.loss[t] = self.f(theta)
        if self.grad_norm is not None:
            self.grad_norm[t] = np.linalg.norm(self.f.grad(theta), axis=-1)

    def add(self, t: int, theta: Array, inner: Inner) -> None:
        self._points(t, theta)
        for name, value in inner.items():
            if self._wants(name):
                if t == 1:
                    shape, kind = np.shape(value), np.asarray(value).dtype
                    self.inner[name] = np.empty((self.n_steps, *shape), dtype=kind)
                self.inner[name][t - 1] = value

    def trace(self, t: int, steps: Any, outcome: Any) -> Trace:
        theta, loss, grad_norm = (
            None if kept is None else kept[: t + 1]
            for kept in (self.theta, self.loss, self.grad_norm)
        )
        rows = max(1, CACHE_FRIENDLY // max(1, outcome.size))
        for block in (slice(k, k + rows) for k in range(0, t + 1, rows)):
            if theta is not None:
                if loss is not None:
                    loss[block] = self.f(theta[block])
                if grad_norm is not None:
                    grad_norm[block] = np.linalg.norm(self.f.grad(theta[block]), axis=-1)
        finite = np.ones((t + 1, *outcome.shape), bool) if loss is None else np.isfinite(loss)
        if theta is not None:
            lost = ~np.isfinite(theta[-1]).all(-1)
            finite[:, lost] &= np.isfinite(theta[:, lost]).all(-1)
        diverged = ~finite.all(0)
        outcome[diverged] = "diverged"
        steps = np.where(diverged, finite.argmin(0), steps)
        last = int(steps.max())
        alone = outcome.ndim == 0
        return Trace(
            theta=None if theta is None else theta[: last + 1],
            loss=None if loss is None else loss[: last + 1],
            grad_norm=None if grad_norm is None else grad_norm[: last + 1],
            inner={name: values[:last] for name, values in self.inner.items()},
            steps=last if alone else steps,
            outcome=outcome.item() if alone else outcome,
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
