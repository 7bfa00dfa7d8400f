"""The runs of one submission: its cells in a worker, and a fresh worker whenever it breaks one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .replies import clean
from .sandbox import Breach, Worker
from .submission import Cell

__all__ = ["Over", "Run", "named"]

SECONDS_FOR_A_CELL = 20.0
SECONDS_FOR_OWN_CELLS = 30.0
MOST_STARTS = 12


class Over(Breach):
    """A breach that ends the whole submission."""


@dataclass
class Run:
    """The runs of one submission: a worker that is replaced whenever the submission breaks it."""

    lends: tuple[str, ...]
    cells: list[Cell]
    total: float
    notes: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._worker: Worker | None = None
        self._left_out: set[int] = set()
        self._own_seconds = SECONDS_FOR_OWN_CELLS
        self._until = time.monotonic() + self.total
        self._starts = 0

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()

    def ask(
        self,
        message: dict[str, Any],
        seconds: float,
        referee: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """Send a question to the submission; raises `Breach` when it does not answer properly."""
        worker = self._ready()
        try:
            return worker.request(message, self._limit(seconds), referee)
        except Breach:
            self._drop()
            raise

    def _ready(self) -> Worker:
        while self._worker is None:
            if self._starts == MOST_STARTS:
                raise Over(f"broke off {MOST_STARTS} times, so the rest was not asked")
            self._limit(1)
            self._starts += 1
            self._worker = Worker(self.lends)
            self._execute(self._worker)
        return self._worker

    def _execute(self, worker: Worker) -> None:
        """Execute the cells; one that breaks the worker is left out of the next run."""
        for place, cell in enumerate(self.cells):
            if place in self._left_out:
                continue
            limit, began = self._limit(self._seconds(cell)), time.monotonic()
            try:
                told = worker.request({"cell": cell.code, "name": cell.name}, limit)
            except Breach as breach:
                self._left_out.add(place)
                self._note(cell, f"{breach}; it was left out")
                self._drop()
                return
            finally:
                if cell.is_own:
                    self._own_seconds -= time.monotonic() - began
            if "error" in told:
                self._note(cell, f"raised {clean(str(told['error']))}")
            if self._own_seconds <= 0:
                self._stop_own_cells()

    def _seconds(self, cell: Cell) -> float:
        return min(SECONDS_FOR_A_CELL, self._own_seconds) if cell.is_own else SECONDS_FOR_A_CELL

    def _stop_own_cells(self) -> None:
        own = {place for place, cell in enumerate(self.cells) if cell.is_own}
        if not own <= self._left_out:
            self._left_out |= own
            self.notes.append(
                f"the student's own cells took more than {SECONDS_FOR_OWN_CELLS:g} s; "
                "the rest of them was left out"
            )

    def _note(self, cell: Cell, what: str) -> None:
        if cell.name not in self.failed:
            self.failed[cell.name] = what
            if not what.startswith("raised NotImplementedError"):
                self.notes.append(f"{named(cell.name)} {what}")

    def _limit(self, seconds: float) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise Over(f"took more than {self.total:g} s in all")
        return min(seconds, left)

    def _drop(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None


def named(cell: str) -> str:
    """Return what to call a cell in a sentence."""
    return cell if cell.startswith("cell ") else f"the cell {cell}"
