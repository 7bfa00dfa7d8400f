"""nbgrader's gradebook: what is written, what a person has entered, and the table."""

from __future__ import annotations

import csv
import datetime
import os
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("nbgrader", reason="pip install -e '.[teach]'")

from grading.gradebook import Scores, configuration, export, opened, scores, shown, store
from tests.test_grade import course

NAME = "ex10_adam"
CELLS = ("10a", "10b", "10e-words")
HALF = Scores({"10a": 3.0, "10b": 0.0, "10e-words": None}, frozenset({"10b-answer"}), None)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Return a course whose gradebook knows an exercise, and no student."""
    root = course(tmp_path_factory.mktemp("a course"))
    with opened(root) as book:
        book.add_assignment(NAME)
        book.add_notebook(NAME, NAME)
        for cell in CELLS:
            book.add_grade_cell(cell, NAME, NAME, max_score=3, cell_type="code")
        for cell in ("10b-answer", "10e-words"):
            book.add_solution_cell(cell, NAME, NAME)
    return root


@pytest.fixture
def book(prepared, tmp_path):
    shutil.copytree(prepared, tmp_path, symlinks=True, dirs_exist_ok=True)
    with opened(tmp_path) as book:
        yield book


def flags(book):
    notebook = book.find_submission_notebook(NAME, NAME, "ada")
    return {grade.name for grade in notebook.grades if grade.needs_manual_grade}


def enter(book, cell, score, words=None):
    grade = book.find_grade(cell, NAME, NAME, "ada")
    grade.manual_score, grade.needs_manual_grade = score, False
    if words:
        book.find_comment(cell, NAME, NAME, "ada").manual_comment = words
    book.db.commit()


def test_scores_are_kept_and_words_wait_for_a_person(book, tmp_path):
    assert scores(book, NAME, "ada") == {}
    store(book, tmp_path, NAME, "ada", HALF, is_new=True)
    assert scores(book, NAME, "ada") == HALF.auto
    assert flags(book) == {"10e-words"}
    _, said, penalty = shown(book, NAME, "ada")
    assert said == [("10b-answer", "No response."), ("10e-words", None)]
    assert penalty is None


def test_what_a_person_entered_stays_and_is_read_again_only_when_it_is_new(book, tmp_path):
    store(book, tmp_path, NAME, "ada", HALF, is_new=True)
    enter(book, "10e-words", 2.0, "Well said.")
    enter(book, "10b", 1.0)
    for is_new, waiting in ((False, set()), (True, {"10b", "10e-words"})):
        better = HALF._replace(auto={**HALF.auto, "10b": 3.0})
        store(book, tmp_path, NAME, "ada", better, is_new=is_new)
        graded, said, _ = shown(book, NAME, "ada")
        assert graded == [("10a", 3.0, 3.0), ("10b", 1.0, 3.0), ("10e-words", 2.0, 3.0)]
        assert ("10e-words", "Well said.") in said
        assert flags(book) == waiting


def test_who_is_late_is_late_and_loses_what_the_settings_say(book, tmp_path):
    config = tmp_path / "nbgrader_config.py"
    due = datetime.datetime(2030, 1, 1)
    book.find_assignment(NAME).duedate = due
    book.db.commit()
    late = HALF._replace(when="2030-01-02 12:00:00 UTC")
    store(book, tmp_path, NAME, "ada", late, is_new=True)
    assert book.find_submission(NAME, "ada").total_seconds_late == 36 * 3600
    assert shown(book, NAME, "ada")[2] is None
    with config.open("a") as file:
        file.write('c.LateSubmissionPlugin.penalty_method = "zero"\n')
    store(book, tmp_path, NAME, "ada", late, is_new=False)
    assert shown(book, NAME, "ada")[2] == 3.0
    export(book, tmp_path / "grades.csv")
    (row,) = csv.DictReader((tmp_path / "grades.csv").read_text().splitlines())
    assert (row["raw_score"], row["late_submission_penalty"], row["score"]) == ("3.0", "3.0", "0.0")
    store(book, tmp_path, NAME, "ada", late._replace(when="2029-12-31 12:00:00"), is_new=True)
    assert shown(book, NAME, "ada")[2] is None


def test_nbgrader_exports_the_same_table_with_every_name_whole(book, tmp_path):
    names = ["ada, b", '"eve"', "a\nb", "-x ü"]
    for name in names:
        store(book, tmp_path, NAME, name, HALF, is_new=True)
    export(book, tmp_path / "ours.csv")
    with open(tmp_path / "ours.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["student_id"] for row in rows] == sorted(names)
    assert {row["score"] for row in rows} == {"3.0"}
    command = [sys.executable, "-m", "nbgrader", "export", "--to", "theirs.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "theirs.csv").read_bytes() == (tmp_path / "ours.csv").read_bytes()


def test_reading_the_settings_twice_adds_nothing_to_the_environment(tmp_path, monkeypatch):
    root = course(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    configuration(root)
    before = dict(os.environ)
    configuration(root)
    assert dict(os.environ) == before
