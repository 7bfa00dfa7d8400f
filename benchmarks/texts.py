"""What a step costs on the texts of lesson 14: two classes, 60 words, rare and frequent."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from course_lib import Softmax, adagrad, batches, gd_armijo, nesterov, newton, run

from .timing import medians


def texts(n: int = 2000, p: int = 60, seed: int = 8) -> tuple[Any, Any]:
    """Return the texts and their classes, as the lesson makes them."""
    rng = np.random.default_rng(seed)
    frequency = 1 / np.arange(1, p + 1)
    X = (rng.random((n, p)) < frequency).astype(float)
    speaks = 3 * rng.choice([-1, 1], p)
    z = X @ speaks - frequency @ speaks
    return X, (rng.random(n) < 1 / (1 + np.exp(-z))).astype(int)


WORDS = Softmax(*texts(), classes=2, l2=1e-4)
CONTEST: dict[str, tuple[Any, float | None, int | None, int]] = {
    "newton": (newton, None, None, 8),
    "gd_armijo": (gd_armijo, None, None, 100),
    "nesterov": (nesterov, 2.2, None, 100),
    "adagrad": (adagrad, 1.3, None, 100),
    "adagrad, B = 32": (adagrad, 0.8, 32, 400),
    "adagrad, B = 4": (adagrad, 0.8, 4, 400),
}


def step() -> dict[str, float]:
    """Time one step of each contender of the lesson, as the mean over a run."""
    contenders = {name: partial(_go, *settings) for name, settings in CONTEST.items()}
    whole = medians(contenders, rounds=9)
    return {name: ms / CONTEST[name][-1] for name, ms in whole.items()}


def _go(method: Any, rate: float | None, size: int | None, n_steps: int) -> Any:
    deal = batches(WORDS.n, size, np.random.default_rng(0)) if size else None
    settings = {} if rate is None else {"lr": rate}
    return run(method, WORDS, np.zeros(WORDS.dim), n_steps, batches=deal, record=[], **settings)
