"""What was handed in is read with care: an accident costs words, never the run."""

from __future__ import annotations

import json
import os

import nbformat
import pytest

from grading.submission import Handed, Unreadable, compose, read
from tests.grading_fixture import notebook_with, position, write_exercise


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    return write_exercise(tmp_path_factory.mktemp("course"))[1]


def ran(released, notebook, tmp_path):
    """Return the cells that a run would execute, and the remarks."""
    path = tmp_path / "handed in.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return compose(read(released), read(path))


def codes(cells):
    return {cell.name: cell.code for cell in cells}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b'{"cells": [{"cell_type": "co', "no notebook, or only a part of one"),
        ('{"cells": []} naïve'.encode("latin-1"), "not text in UTF-8"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"[1, 2]", "no list of cells"),
        (b'{"worksheets": []}', "no list of cells"),
        (b'{"cells": {"a": 1}}', "no list of cells"),
        (b"[" * 100_000, "no notebook, or only a part of one"),
        (b'{"cells": [' + b"9" * 10_000 + b"]}", "no notebook, or only a part of one"),
        (b'{"cells": [' + b"0," * 3000 + b"0]}", "3001 cells; the limit is 2000"),
        (b" " * 20_000_001, "larger than 20 MB"),
    ],
)
def test_a_file_that_is_no_notebook_gets_a_reason(tmp_path, content, reason):
    path = tmp_path / 'it\'s a "file" with spaces.ipynb'
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=reason):
        read(path)


def test_links_pipes_and_folders_are_not_read(tmp_path, released):
    link, pipe = tmp_path / "link.ipynb", tmp_path / "pipe.ipynb"
    link.symlink_to(released)
    os.mkfifo(pipe)
    for path, reason in (
        (link, "is a link"),
        (pipe, "not an ordinary file"),
        (tmp_path, "not an ordinary file"),
        (tmp_path / "none.ipynb", "No such file"),
    ):
        with pytest.raises(Unreadable, match=reason):
            read(path)


def test_odd_cells_and_metadata_are_taken_for_what_they_can_be(tmp_path):
    cells = [
        None,
        {},
        {"cell_type": "code", "source": 5, "metadata": []},
        {"cell_type": "code", "source": ["a\n", None, "b"], "metadata": {"nbgrader": "no"}},
        {"cell_type": "code", "source": "c", "metadata": {"nbgrader": {"grade_id": ["x"]}}},
        {"cell_type": "markdown", "source": "d", "metadata": {"nbgrader": {"grade_id": "x"}}},
    ]
    path = tmp_path / "odd.ipynb"
    path.write_text("\ufeff" + json.dumps({"cells": cells, "nbformat_minor": "?"}), "utf-8")
    assert read(path) == [
        Handed("", False, ""),
        Handed("", False, ""),
        Handed("", True, ""),
        Handed("", True, "a\nb"),
        Handed("", True, "c"),
        Handed("x", False, "d"),
    ]


def test_a_run_has_the_given_cells_and_the_answers_and_no_check(released, tmp_path):
    cells, remarks = ran(released, notebook_with(released), tmp_path)
    names = [cell.name for cell in cells]
    assert names == ["setup", "99a-answer", "99b-given", "99b-answer", "99c-answer"]
    assert remarks == []


def test_given_cells_are_the_released_ones_whatever_happened_to_them(released, tmp_path):
    notebook = notebook_with(released)
    notebook.cells[position(notebook, "setup")].source = "import fake as np"
    moved = notebook.cells.pop(position(notebook, "99b-given"))
    notebook.cells.append(moved)
    del notebook.cells[position(notebook, "99a")]
    cells, remarks = ran(released, notebook, tmp_path)
    names = [cell.name for cell in cells]
    assert names == ["setup", "99a-answer", "99b-given", "99b-answer", "99c-answer"]
    assert codes(cells)["setup"].startswith("import numpy as np")
    assert remarks == [
        "the cell setup was changed; the released one counts",
        "the cell 99a is missing; the released one counts",
    ]


def test_answers_are_found_by_name_when_cells_are_moved_or_of_another_kind(released, tmp_path):
    notebook = notebook_with(released)
    notebook.cells[position(notebook, "99c-answer")].cell_type = "markdown"
    notebook.cells.reverse()
    cells, _ = ran(released, notebook, tmp_path)
    assert codes(cells)["99c-answer"] == 'prediction = "b"'
    assert [cell.name for cell in cells][-1] == "99c-answer"


def test_a_missing_answer_is_noted(released, tmp_path):
    notebook = notebook_with(released)
    del notebook.cells[position(notebook, "99b-answer")]
    cells, remarks = ran(released, notebook, tmp_path)
    assert "99b-answer" not in codes(cells)
    assert remarks == ["the cell 99b-answer is missing"]


def test_a_split_answer_runs_whole(released, tmp_path):
    notebook = notebook_with(released)
    place = position(notebook, "99c-answer")
    second = json.loads(json.dumps(notebook.cells[place]))
    notebook.cells[place].source, second["source"] = "letter = 'b'", "prediction = letter"
    notebook.cells.insert(place + 1, nbformat.from_dict(second))
    cells, remarks = ran(released, notebook, tmp_path)
    assert [cell.code for cell in cells][-2:] == ["letter = 'b'", "prediction = letter"]
    assert remarks == [f"cell {place + 2} is a second 99c-answer; it runs as a cell like any"]


def test_the_students_own_cells_stay_in_their_place(released, tmp_path):
    notebook = notebook_with(released)
    own = nbformat.v4.new_code_cell("def helper(x):\n    return x / 2")
    notebook.cells.insert(position(notebook, "99b"), own)
    cells, _ = ran(released, notebook, tmp_path)
    names = [cell.name for cell in cells]
    assert names.index("99b-answer") + 1 == [cell.is_own for cell in cells].index(True)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("%matplotlib inline\nx = 1", "\nx = 1"),
        ("%%time\nx = 1", "x = 1"),
        ("%%capture out\nx = 1", "x = 1"),
        ("%time x = 1", "x = 1"),
        ("x = 1\n!ls", "x = 1\n"),
    ],
)
def test_magics_do_nothing_and_cost_nothing(released, tmp_path, source, code):
    notebook = notebook_with(released, {"99c-answer": source})
    cells, _ = ran(released, notebook, tmp_path)
    found = codes(cells)["99c-answer"]
    assert code in found
    names = {"get_ipython": lambda: type("Shell", (), {"__getattr__": lambda *_: print})()}
    exec(found, names)
    assert names["x"] == 1


@pytest.mark.parametrize("source", ["%" * 300_000, "!ls\n" * 5000, "%magic\n(", "x = '\ud800'"])
def test_strange_code_is_handed_on_at_once(released, tmp_path, source):
    notebook = notebook_with(released, {"99c-answer": source})
    path = tmp_path / "strange.ipynb"
    path.write_text(json.dumps(notebook))
    assert len(codes(compose(read(released), read(path))[0])["99c-answer"]) < 200_000
