"""A reader runs a whole lesson and then goes back to play: every cell must still tell the same."""

import asyncio
import copy

import nbformat
import pytest

from course_lib.execution import environment, execute
from tests.jupyterlab import ROOT

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def texts(cell):
    """Return what a cell has printed or shown in letters, or its error."""
    return [
        output.get("text") or output.get("evalue") or output.get("data", {}).get("text/plain")
        for output in cell.outputs
    ]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_each_cell_tells_the_same_after_all_the_others(path, tmp_path):
    lesson = nbformat.read(path, as_version=4)
    cells = [cell for cell in lesson.cells if cell.cell_type == "code"]
    again = copy.deepcopy(cells)
    for cell in again:
        cell.metadata.tags = ["raises-exception"]
    lesson.cells = cells + again[::-1]
    asyncio.run(execute(lesson, path.parent, environment(ROOT, tmp_path)))
    changed = [
        f"{cell.source.splitlines()[0]}\n  first: {texts(cell)}\n  later: {texts(later)}"
        for cell, later in zip(cells, again, strict=True)
        if texts(cell) != texts(later)
    ]
    assert not changed, "\n".join(changed)
