"""Run several methods on one objective and compare them: by steps, by evaluations, over seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed

from .checks import check_count, check_number, signature
from .dealing import Deal
from .runner import Trace, run
from .spread import quartiles
from .types import Array, ArrayLike, Criterion, Objective, Step

__all__ = ["Comparison", "compare", "cost", "named"]

COLUMNS = ("method", "steps", "values", "gradients", "Hessians", "final J", "how it ended")
TUNED = ("method", "η", "steps", "gradients", "median J", "quartiles", "note")
ROOM = 2**22  # parameters of all runs of one pass together


@dataclass(frozen=True)
class Comparison:
    """The runs of several methods, by name, from one start; it displays itself as a table.

    ``traces`` holds one run for each method, or one for each seed. Where learning rates were tried,
    it is the run with the best of them, ``best``; ``rates`` are all, shape ``(R,)``, and ``finals``
    the loss each ended with, ``(R, S)``, infinite where it diverged.
    """

    traces: dict[str, Trace]
    rates: dict[str, Array] = field(default_factory=dict)
    finals: dict[str, Array] = field(default_factory=dict)

    @property
    def best(self) -> dict[str, float]:
        """The learning rate of the lowest median loss at the end, for each method with a grid."""
        return {name: float(rates[_best(self.finals[name])]) for name, rates in self.rates.items()}

    @property
    def columns(self) -> tuple[str, ...]:
        """The head of the table."""
        return TUNED if self.finals else COLUMNS

    def rows(self) -> list[tuple[str, ...]]:
        """Return the table: for each method its steps, what it asked for, and how it ended."""
        row = self._tuned if self.finals else self._alone
        return [row(name, trace) for name, trace in self.traces.items()]

    def _alone(self, name: str, trace: Trace) -> tuple[str, ...]:
        counts = (str(counts[-1]) for counts in trace.evaluations.values())
        loss = f"{np.asarray(trace.loss)[-1]:.3g}"
        return (name, str(trace.steps), *counts, loss, str(trace.outcome))

    def _tuned(self, name: str, trace: Trace) -> tuple[str, ...]:
        rates, finals = self.rates.get(name), self.finals[name]
        best = _best(finals)
        low, median, high = quartiles(finals[best])
        notes = []
        if rates is not None and len(rates) > 1 and best in (0, len(rates) - 1):
            notes.append("at the edge of its grid")
        if lost := int(np.isinf(finals[best]).sum()):
            notes.append(f"{lost} of {finals.shape[1]} diverged")
        return (
            name,
            "" if rates is None else f"{rates[best]:.3g}",
            str(trace.at[-1]),
            str(trace.evaluations["grad"][-1]),
            f"{median:.3g}",
            f"{low:.3g} to {high:.3g}" if finals.shape[1] > 1 else "",
            ", ".join(notes),
        )

    def __repr__(self) -> str:
        table = [self.columns, *self.rows()]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = (
            "  ".join(
                cell.ljust(width) if place in (0, len(row) - 1) else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in table
        )
        return "\n".join(line.rstrip() for line in lines)

    def _repr_markdown_(self) -> str:
        rules = (":---", *["---:"] * (len(self.columns) - 2), ":---")
        table = [self.columns, rules, *self.rows()]
        return "\n".join(f"| {' | '.join(row)} |" for row in table)


def compare(
    methods: Sequence[Step] | Mapping[str, Step],
    f: Objective,
    start: ArrayLike,
    n_steps: int,
    *,
    until: Criterion | None = None,
    batch_size: int | None = None,
    seeds: int | None = None,
    lr: ArrayLike | Mapping[str, ArrayLike] | None = None,
    every: int = 1,
    n_jobs: int | None = None,
) -> Comparison:
    """Run each of ``methods`` on ``f`` from ``start``, each with the best of its learning rates.

    ``methods`` are step functions, in a list or by name. Each brings its own settings as a
    ``functools.partial``: ``partial(gd, lr=0.1)``. ``start`` has shape ``(d,)``.

    On a mean over examples ``batch_size`` draws batches, for each of ``seeds`` in orders of its
    own. All methods get the gradients of ``n_steps * batch_size`` examples: one that asks for two
    gradients in its first step makes half the steps. ``lr`` are rates to try, shape ``(R,)``: one
    list for all, or a dict of lists by name; a method that has no η, or brings it along, runs
    as it is. The loss is recorded after each ``every``-th step. All rates and seeds of a method are
    one pass where memory allows, and ``n_jobs`` methods run at a time, in processes of their own:
    joblib's number, None for one or what ``joblib.parallel_config`` says.

    Raises ``ValueError`` or ``TypeError`` with one sentence for input that cannot be run.

    >>> from functools import partial
    >>> from course_lib import LeastSquares, functions, gd, momentum, newton
    >>> from course_lib.stopping import small_gradient
    >>> bowl, stop = functions.booth(), small_gradient(1e-6)
    >>> compare([partial(gd, lr=0.1), newton], bowl, (0, 0), 100, until=stop)
    method  steps  values  gradients  Hessians   final J  how it ended
    gd         80       0         80         0  2.31e-14  converged
    newton      1       2          1         1  3.94e-30  converged
    >>> x = np.linspace(-1, 1, 20)
    >>> line = LeastSquares(np.column_stack([x, x**2]), np.sin(3 * x))
    >>> rates = [0.001, 0.01, 0.1, 1]
    >>> compare([gd, momentum], line, (0, 0), 100, batch_size=4, seeds=5, lr=rates, every=100)
    method       η  steps  gradients  median J         quartiles  note
    gd         0.1    100        400    0.0983  0.0983 to 0.0984
    momentum  0.01    100        400    0.0982  0.0982 to 0.0982
    """
    steps = named(methods)
    if batch_size is None and seeds is None and lr is None:
        return Comparison({k: _lone(k, run(s, f, start, n_steps, until=until, every=every))
                           for k, s in steps.items()})  # fmt: skip
    deal = Deal.of(f, start, batch_size, 1 if seeds is None else seeds)
    budget = check_count("n_steps", n_steps) * (deal.n if batch_size is None else batch_size)
    contest = _Contest(f, deal, budget, until, every)
    grids = _grids(steps, lr)
    tuned = Parallel(n_jobs)(delayed(contest.tune)(s, grids.get(k)) for k, s in steps.items())
    return Comparison(
        dict(zip(steps, (trace for trace, _ in tuned), strict=True)),
        grids,
        dict(zip(steps, (finals for _, finals in tuned), strict=True)),
    )


def _lone(name: str, trace: Trace) -> Trace:
    if np.ndim(trace.steps):
        raise ValueError(
            f"{name} makes {np.size(trace.steps)} runs at once, and there is room for one: "
            "give one start, and one value for each setting"
        )
    return trace


class _Contest(NamedTuple):
    """One start for each seed, the same batches for every method, and one budget of gradients."""

    f: Any
    deal: Deal
    budget: int
    until: Criterion | None
    every: int

    def tune(self, step: Step, rates: Array | None) -> tuple[Trace, Array]:
        """Return the run with the best of ``rates``, and all final losses, shape ``(R, S)``."""
        asked = self.go(step, 1, None if rates is None else rates[:1]).evaluations["grad"][-1]
        length = int(self.budget // max(asked, 1)) or 1
        if rates is None:
            trace = self.go(step, length, None)
            return trace, _final(trace)[None]
        parts = np.array_split(
            rates, min(rates.size, -(-rates.size * self.deal.theta.size // ROOM))
        )
        passes = [self.go(step, length, part) for part in parts]
        finals = np.concatenate([_final(trace) for trace in passes])
        best = _best(finals)
        trace, r = [(trace, r) for trace in passes for r in range(len(trace.end))][best]
        return replace(
            trace, end=trace.end[r], loss=np.asarray(trace.loss)[:, r], steps=trace.steps[r],
            outcome=trace.outcome[r], hyper={**trace.hyper, "lr": float(rates[best])},
        ), finals  # fmt: skip

    def go(self, step: Step, length: int, rates: Array | None) -> Trace:
        """Run all rates and seeds in one pass."""
        settings = {} if rates is None else {"lr": rates[:, None, None]}
        return run(
            step, self.f, self.deal.theta, length, batches=self.deal.batches(), until=self.until,
            record=["loss"], every=self.every, **settings,
        )  # fmt: skip


def _grids(steps: Mapping[str, Step], lr: Any) -> dict[str, Array]:
    free = [
        name
        for name, step in steps.items()
        if "lr" in signature(step).hyper
        and not (isinstance(step, partial) and "lr" in step.keywords)
    ]
    wanted = lr if isinstance(lr, Mapping) else {} if lr is None else dict.fromkeys(free, lr)
    for name in wanted:
        if name not in steps:
            raise ValueError(f"lr names {name!r}, and there is no such method: {', '.join(steps)}")
    grids = {
        name: check_number("lr", rates, above=0) for name, rates in wanted.items() if name in free
    }
    for rates in grids.values():
        if rates.ndim != 1 or not rates.size:
            raise ValueError(f"lr has shape {rates.shape}; it must be a list of rates to try")
    return grids


def _final(trace: Trace) -> Array:
    last = np.asarray(trace.loss)[-1]
    return np.where(np.isfinite(last), last, np.inf)


def _best(finals: Array) -> int:
    return int(np.median(finals, axis=-1).argmin())


def cost(trace: Trace) -> Array:
    """Return how many values, gradients and Hessians a run has asked for, shape ``(T + 1,)``.

    Each counts as one. In truth a gradient costs a few values, and a Hessian up to d gradients.
    """
    return np.asarray(sum(trace.evaluations.values()), dtype=float)


def named(methods: Sequence[Step] | Mapping[str, Step]) -> dict[str, Step]:
    """Return methods by name; in a list, each has the name of its function.

    Where two have the same name, their settings tell them apart.

    >>> from functools import partial
    >>> from course_lib import gd
    >>> list(named([partial(gd, lr=0.1), partial(gd, lr=0.2)]))
    ['gd(lr=0.1)', 'gd(lr=0.2)']
    """
    if isinstance(methods, Mapping):
        found = {str(name): step for name, step in methods.items()}
    elif isinstance(methods, Sequence):
        short = [signature(step).name for step in methods]
        times = Counter(short)
        full = [
            name if times[name] == 1 else f"{name}({_settings(step)})"
            for name, step in zip(short, methods, strict=True)
        ]
        if len(set(full)) < len(full):
            raise ValueError(
                f"methods holds {max(full, key=full.count)} twice; name them in a dict"
            )
        found = dict(zip(full, methods, strict=True))
    else:
        raise TypeError(f"methods={methods!r} must be a list of step functions, or a dict of them")
    if not found:
        raise ValueError("methods is empty; there is nothing to compare")
    return found


def _settings(step: Any) -> str:
    settings = step.keywords if isinstance(step, partial) else {}
    return ", ".join(f"{key}={value}" for key, value in settings.items())
