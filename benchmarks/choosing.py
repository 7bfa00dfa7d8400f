"""What a step of every method costs on the five problems of lesson 14.

The problems are the lesson's own: its cells tagged ``problems`` are executed here.
"""

from __future__ import annotations

import sys
from functools import cache, partial
from pathlib import Path
from typing import Any

import jupytext
import numpy as np

from course_lib import batches, gd_armijo, newton, run

from .timing import medians

LESSON = Path(__file__).parents[1] / "sources" / "lessons" / "14_choosing.md"
ALL = ", all"  # after a method's name: it sees all examples in every step
LENGTHS = {"newton": 5, "gd_armijo": 50}  # steps of a run, where they are dear
LENGTH = 200


@cache
def lesson() -> dict[str, Any]:
    """Return the names that the lesson's cells tagged ``problems`` define."""
    names: dict[str, Any] = {"__name__": __name__}
    for cell in jupytext.read(LESSON).cells:
        if "problems" in cell.metadata.get("tags", []):
            exec(compile(cell.source, LESSON.name, "exec"), names)
    return names


def steps(problem: str, rounds: int = 15) -> dict[str, float]:
    """Time a step of each method on a problem of the lesson, as the mean over a run.

    The nine methods with a learning rate see the lesson's batches, Armijo and Newton all examples.
    On the words, some methods run with batches of other sizes, too.
    """
    given = lesson()
    posed = given["problems"][problem]
    runs = {
        name: (method, given["middle"][name] / 100, posed.batch_size)
        for name, method in given["methods"].items()
    }
    runs["gd_armijo"] = gd_armijo, None, None
    if hasattr(posed.f, "hess"):
        runs["newton"] = newton, None, None
    if problem == "words":
        for name in ("nesterov", "adagrad"):
            runs[name + ALL] = *runs[name][:2], None
        runs["adagrad, B = 4"] = *runs["adagrad"][:2], 4
    contenders = {
        name: partial(_go, posed, *settings, LENGTHS.get(name, LENGTH))
        for name, settings in runs.items()
    }
    return {
        name: ms / LENGTHS.get(name, LENGTH) for name, ms in medians(contenders, rounds).items()
    }


def _go(posed: Any, method: Any, rate: float | None, size: int | None, n_steps: int) -> None:
    deal = batches(posed.f.n, size, np.random.default_rng(0)) if size else None
    settings = {} if rate is None else {"lr": rate}
    trace = run(method, posed.f, posed.start, n_steps, batches=deal, record=[], **settings)
    if trace.at[-1] != n_steps:
        sys.exit(f"{method.__name__} has made {trace.at[-1]} of {n_steps} steps")
