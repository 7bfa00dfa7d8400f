"""Time contenders side by side: in turn, so that a busy machine is unfair to all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

Contenders = dict[str, Callable[[], Any]]


def medians(contenders: Contenders, rounds: int) -> dict[str, float]:
    """Return the median milliseconds of each contender over ``rounds`` turns.

    Each turn begins with a call that is not timed: the one before belonged to another contender.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            contender()
            begin = time.perf_counter()
            contender()
            times[name].append(1e3 * (time.perf_counter() - begin))
    return {name: statistics.median(values) for name, values in times.items()}
