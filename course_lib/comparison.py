"""Run several methods on one objective and compare them, by steps and by evaluations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from .checks import signature
from .runner import Trace, run
from .types import Array, ArrayLike, Criterion, Objective, Step

__all__ = ["Comparison", "compare", "cost", "named"]

COLUMNS = ("method", "steps", "values", "gradients", "Hessians", "final J", "how it ended")


@dataclass(frozen=True)
class Comparison:
    """The runs of several methods, by name, from one start; it displays itself as a table."""

    traces: dict[str, Trace]

    def rows(self) -> list[tuple[str, ...]]:
        """Return the table: for each method its steps, what it asked for, and how it ended."""
        return [
            (
                name,
                str(trace.steps),
                *(str(counts[-1]) for counts in trace.evaluations.values()),
                f"{np.asarray(trace.loss)[-1]:.3g}",
                str(trace.outcome),
            )
            for name, trace in self.traces.items()
        ]

    def __repr__(self) -> str:
        table = [COLUMNS, *self.rows()]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = (
            "  ".join(
                cell.ljust(width) if place in (0, len(COLUMNS) - 1) else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in table
        )
        return "\n".join(line.rstrip() for line in lines)

    def _repr_markdown_(self) -> str:
        rules = (":---", *["---:"] * (len(COLUMNS) - 2), ":---")
        table = [COLUMNS, rules, *self.rows()]
        return "\n".join(f"| {' | '.join(row)} |" for row in table)


def compare(
    methods: Sequence[Step] | Mapping[str, Step],
    f: Objective,
    start: ArrayLike,
    n_steps: int,
    *,
    until: Criterion | None = None,
) -> Comparison:
    """Run each of ``methods`` on ``f`` from ``start``.

    ``methods`` are step functions, in a list or by name. Each brings its own settings as a
    ``functools.partial``: ``partial(gd, lr=0.1)``. ``start`` has shape ``(d,)``. Raises
    ``ValueError`` or ``TypeError`` with one sentence for input that cannot be run.

    >>> from functools import partial
    >>> from course_lib import functions, gd, newton
    >>> from course_lib.stopping import small_gradient
    >>> bowl, stop = functions.booth(), small_gradient(1e-6)
    >>> compare([partial(gd, lr=0.1), newton], bowl, (0, 0), 100, until=stop)
    method  steps  values  gradients  Hessians   final J  how it ended
    gd         80       0         80         0  2.31e-14  converged
    newton      1       2          1         1  3.94e-30  converged
    """
    traces = {k: run(step, f, start, n_steps, until=until) for k, step in named(methods).items()}
    for name, trace in traces.items():
        if np.ndim(trace.steps):
            raise ValueError(
                f"{name} makes {np.size(trace.steps)} runs at once, and there is room for one: "
                "give one start, and one value for each setting"
            )
    return Comparison(traces)


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
