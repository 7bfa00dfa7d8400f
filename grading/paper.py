"""The paper that comes back: the released notebook with the student's answers and what was said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from .judge import Marks
from .submission import Handed, Unreadable, read

__all__ = ["identity", "paper", "points", "unanswered"]

LONGEST = 50_000


def identity(cell: NotebookNode) -> str:
    """Return the ``grade_id`` of a cell of ours, "" without one."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def points(released: NotebookNode) -> dict[str, float]:
    """Return the points of every graded cell, as they were released."""
    return {
        identity(cell): float(cell.metadata.nbgrader.points)
        for cell in released.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }


def unanswered(released: NotebookNode, paper: NotebookNode) -> frozenset[str]:
    """Return which answers of a paper are empty, or as they were released."""
    blank = {identity(cell): cell.source.strip() for cell in released.cells}
    return frozenset(
        identity(cell)
        for cell in paper.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
        and cell.source.strip() in ("", blank[identity(cell)])
    )


def paper(released: Path, submitted: Path, marks: Marks) -> NotebookNode:
    """Return the notebook to keep of a submission, in the form that nbgrader expects.

    Everything is the released notebook's but the answers and the cells that the student has added.
    What these had printed is left out: it could have been typed by hand, or run in a reader's page.
    Each check shows the words of its verdict, and the first cell the remarks of the judge.
    """
    notebook: NotebookNode = nbformat.read(released, as_version=4)
    answers, own = _sorted_out(notebook, submitted)
    cells = [_remarks(marks.notes)] if marks.notes else []
    cells += own[""]
    for cell in notebook.cells:
        name = identity(cell)
        if cell.metadata.get("nbgrader", {}).get("solution") and name:
            cell.source = answers.get(name, "")
        if name in marks.parts:
            told = marks.parts[name]
            stream = "stdout" if told.is_right else "stderr"
            cell.outputs = [new_output("stream", name=stream, text=_sound(told.words) + "\n")]
        cells += [cell, *own[name]] if name else [cell]
    for place, cell in enumerate(cells):
        cell.id = f"cell-{place}"
    notebook.cells = cells
    return notebook


def _sorted_out(
    notebook: NotebookNode, submitted: Path
) -> tuple[Mapping[str, str], Mapping[str, list[NotebookNode]]]:
    """Return the student's answers by ``grade_id``, and other cells by what they stand behind."""
    try:
        handed = read(submitted)
    except Unreadable:
        handed = []
    known = {identity(cell) for cell in notebook.cells} - {""}
    texts = {cell.source.strip() for cell in notebook.cells}
    answers: dict[str, str] = {}
    own: dict[str, list[NotebookNode]] = defaultdict(list)
    anchor = ""
    for cell in handed:
        if cell.identity in known and cell.identity not in answers:
            answers[cell.identity] = _sound(cell.source)
            anchor = cell.identity
        elif cell.source.strip() and cell.source.strip() not in texts:
            own[anchor].append(_added(cell))
    return answers, own


def _added(cell: Handed) -> NotebookNode:
    source = _sound(cell.source)
    added: NotebookNode = new_code_cell(source) if cell.is_code else new_markdown_cell(source)
    return added


def _sound(text: str) -> str:
    """Return a text that a file and a page can hold.

    >>> _sound("half a \\ud83d sign")
    'half a ? sign'
    """
    shown = text.encode("utf-8", "replace").decode("utf-8")
    rest = len(shown) - LONGEST
    return shown if rest <= 0 else f"{shown[:LONGEST]}\n# … and {rest} characters more"


def _remarks(notes: Sequence[str]) -> NotebookNode:
    told = new_output("stream", name="stderr", text=_sound("\n".join(notes)) + "\n")
    cell: NotebookNode = new_code_cell("# Remarks of the grader", outputs=[told])
    return cell
