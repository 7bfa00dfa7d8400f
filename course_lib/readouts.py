"""Runs in words: how one ended, what a step did, and what it has cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from .runner import Trace

__all__ = ["evaluated", "progress", "readout", "trained"]

NOUNS = {"f": "value", "grad": "gradient", "hess": "Hessian"}


def readout(trace: Trace) -> str:
    """Say how a lone run ended.

    >>> from course_lib import functions, gd, run
    >>> readout(run(gd, functions.quadratic(4), (1.0, 1.0), 10, lr=1.0))
    'Diverging: after 10 steps J has grown from 2.5 to 6.97e+09.'
    """
    steps = _count(trace.steps, "step")
    if trace.outcome == "diverged":
        return f"Diverged: after {steps} J is no longer a finite number."
    first, last = np.asarray(trace.loss)[[0, -1]]
    if last > 100 * abs(first):
        return f"Diverging: after {steps} J has grown from {first:.3g} to {last:.3g}."
    ending = {"converged": "Converged after ", "stalled": "No acceptable step at the end of "}
    return f"{ending.get(trace.outcome, '')}{steps}: J = {last:.3g}."


def progress(trace: Trace, total: int) -> str:
    """Say where a lone run is after the steps of ``trace``, of ``total`` in all.

    >>> from course_lib import functions, gd_armijo, run
    >>> trace = run(gd_armijo, functions.quadratic(4), (1.0, 1.0), 10)
    >>> progress(trace.upto(1), 10)
    'Step 1 of 10: J = 2.12, length of the gradient 4.03. Its α = 0.5 took 2 trials.'
    """
    loss, slope = (np.asarray(kept)[-1] for kept in (trace.loss, trace.grad_norm))
    words = f"Step {trace.steps} of {total}: J = {loss:.3g}, length of the gradient {slope:.3g}."
    if {"alpha", "trials"} <= trace.inner.keys() and trace.steps:
        alpha, trials = (trace.inner[name][-1] for name in ("alpha", "trials"))
        words += f" Its α = {alpha:.3g} took {_count(int(trials), 'trial')}."
    return words


def trained(trace: Trace, whole: Trace, f: Any) -> str:
    """Say where runs over several seeds are on the mean ``f`` after the steps of ``trace``.

    >>> from course_lib import LeastSquares, batches, gd, run
    >>> line = LeastSquares([[1.0], [2.0], [3.0]], [1.0, 3.0, 2.0])
    >>> deals = batches(3, 1, [np.random.default_rng(0), np.random.default_rng(1)])
    >>> trace = run(gd, line, np.zeros((2, 1)), 6, batches=deals, lr=0.1)
    >>> trained(trace, trace, line)
    'After 6 steps, 2.0 epochs: J = 0.34, between 0.34 and 0.341 for 2 seeds.'
    """
    steps, epochs = int(trace.at[-1]), trace.evaluations["grad"][-1] / f.n
    after = f"{_count(steps, 'step')}, {epochs:.1f} epochs"
    if trace is not whole:
        after = f"{steps} of {_count(int(whole.at[-1]), 'step')}, {epochs:.1f} epochs"
    losses = np.asarray(trace.loss)[-1]
    if not np.isfinite(losses).all():
        return f"After {after}: {(~np.isfinite(losses)).sum()} of {losses.size} seeds diverged."
    words = f"After {after}: J = {np.median(losses):.3g}"
    if losses.size > 1:
        words += f", between {losses.min():.3g} and {losses.max():.3g} for {losses.size} seeds"
    if hasattr(f, "accuracy"):
        words += f"; {f.accuracy(trace.end).mean():.1%} of the examples are right"
    return words + "."


def evaluated(trace: Trace) -> str:
    """Say what the steps of a lone run asked for.

    >>> from course_lib import functions, newton, run
    >>> evaluated(run(newton, functions.booth(), (0.0, 0.0), 1))
    '2 values, 1 gradient, 1 Hessian'
    """
    counts = {NOUNS[name]: int(count[-1]) for name, count in trace.evaluations.items()}
    return ", ".join(_count(n, noun) for noun, n in counts.items() if n) or "no evaluation"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("s" if number != 1 else "")
