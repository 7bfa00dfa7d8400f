"""Explorers of means over examples: the loss over epochs, and the parameters as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .dealing import Deal
from .explorer import Explorer, View, makers
from .live_picture import Goal
from .mean_panels import MEAN_PANELS, MeanScene
from .panels import PanelMaker
from .readouts import trained
from .runner import Trace, run
from .types import ArrayLike, Criterion, Step

__all__ = ["MeanExplorer"]

RECORDS = 40


class MeanExplorer(Explorer):
    """Runs on the examples of a mean, over several seeds in one pass."""

    def __init__(
        self,
        methods: Mapping[str, Step],
        f: Any,
        start: ArrayLike,
        n_steps: int,
        panels: Sequence[str | PanelMaker],
        goal: Goal | None,
        until: Criterion | None,
        batch_size: int | None,
        seeds: int,
    ) -> None:
        super().__init__(methods, n_steps, goal, until)
        self.f, self.deal = f, Deal.of(f, start, batch_size, seeds)
        epochs = self.n_steps if batch_size is None else self.n_steps / -(-f.n // batch_size)
        scene = MeanScene(f, self.colors, self.deal.theta[0], epochs)
        self.drawing = View(makers(panels, MEAN_PANELS, len(methods)), scene)
        known = {"theta", "loss"}
        self.record = known.union(*(getattr(panel, "needs", ()) for panel in self.drawing.panels))
        self.open([], [])

    def compute(self, steps: dict[str, Step]) -> dict[str, Trace]:
        """Run the methods on batches of their own for every seed."""
        every = max(1, self.n_steps // RECORDS)
        traces = {
            name: run(
                step, self.f, self.deal.theta, self.n_steps, batches=self.deal.batches(),
                until=self.until, record=self.record, every=every,
            )
            for name, step in steps.items()
        }  # fmt: skip
        for name, trace in traces.items():
            if np.ndim(trace.steps) > 1:
                raise ValueError(
                    f"{name} makes {len(trace.steps)} runs at once; give one value each"
                )
        return traces

    def look(self) -> View:
        """Return the panels."""
        return self.drawing

    def place(self) -> str:
        """Say on what the methods run."""
        size = self.deal.batch_size
        batch = "" if size is None else f" in batches of {size}"
        return f"{self.f!r}{batch}"

    def said(self, shown: Trace, whole: Trace) -> str:
        """Say how low the runs are, and after how many epochs."""
        return trained(shown, whole, self.f)
