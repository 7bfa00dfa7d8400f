"""Grade what was handed in: ``python -m grading.grade ex10 [--student ada]``.

Submissions are read from ``submitted/STUDENT/EXERCISE/``. Marks go into nbgrader's gradebook, the
papers into ``autograded/``, the pages for students into ``feedback/``, all scores into
``grades.csv``. A student whose mark is finished is left alone until another file is handed in; a
page is made again when what it shows has changed, such as by a person's marks.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from joblib import Parallel, delayed
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from tqdm.auto import tqdm

from course_lib.workspace import write

from . import feedback, gradebook, judge, sandbox
from .build import release
from .exercise import Exercise, load
from .paper import paper, points, unanswered
from .sheets import Sheet, secret, seed, sheets

__all__ = ["grade"]


class Graded(NamedTuple):
    """A paper, as the text of its notebook, and the scores that belong to it."""

    paper: str
    scores: gradebook.Scores


def grade(root: Path, name: str, *, student: str | None = None, pages: bool = True) -> int:
    """Grade the exercise ``name`` of the course at ``root``, and return how many were graded.

    With ``student`` that one is graded, finished or not. Without ``pages`` there are only marks.
    Raises ``ValueError`` with one sentence for a name that is not there, and when nothing can be
    decided on this computer.
    """
    exercise = load(name, root)
    handed = sheets(exercise)
    if student is not None:
        handed = [sheet for sheet in handed if sheet.student == student]
        if not handed:
            raise ValueError(f"STUDENT={student!r} has handed in no {exercise.name}")
    if sandbox.warning():
        print(f"warning: {sandbox.warning()}", file=sys.stderr)
    key = secret(root)
    _register(exercise)
    with gradebook.opened(root) as book:
        todo = [one for one in handed if student is not None or not _is_finished(book, one)]
        # A submission runs in a process of its own, so that threads keep all cores busy.
        done = Parallel(n_jobs=-1, prefer="threads", return_as="generator_unordered")(
            delayed(_graded)(exercise, sheet, seed(key, sheet)) for sheet in todo
        )
        for sheet, graded in tqdm(done, total=len(todo), desc=exercise.name, unit="student"):
            if isinstance(graded, sandbox.Unstartable):
                raise ValueError(f"nothing is decided for {sheet.student}: {graded}")
            _keep(book, sheet, graded)
            if pages:
                _renew_page(book, sheet)
        if pages:
            for sheet in handed:
                _renew_page(book, sheet)
        gradebook.export(book, root / "grades.csv")
    return len(todo)


def _graded(
    exercise: Exercise, sheet: Sheet, seed: int
) -> tuple[Sheet, Graded | sandbox.Unstartable]:
    """Mark one submission; this writes nothing."""
    try:
        marks = judge.mark(exercise, exercise.released, sheet.path, seed)
    except sandbox.Unstartable as reason:
        return sheet, reason
    released = nbformat.read(exercise.released, as_version=4)
    made = paper(exercise.released, sheet.path, marks)
    blank = unanswered(released, made)
    auto: dict[str, float | None] = {}
    for cell, most in points(released).items():
        if cell in marks.parts:
            auto[cell] = most if marks.parts[cell].is_right else 0.0
        else:
            auto[cell] = 0.0 if cell in blank else None
    scores = gradebook.Scores(auto, blank, sheet.when)
    return sheet, Graded(nbformat.writes(made) + "\n", scores)


def _keep(book: Gradebook, sheet: Sheet, graded: Graded) -> None:
    """Write what belongs to one student; the record, which tells that it is all there, last."""
    before = _read(sheet.record)
    sheet.record.unlink(missing_ok=True)
    write(sheet.paper, graded.paper.encode())
    is_new = before.get("content") != sheet.content
    gradebook.store(book, sheet.root, sheet.name, sheet.student, graded.scores, is_new=is_new)
    found = {"content": sheet.content, "rules": sheet.rules, "scores": dict(graded.scores.auto)}
    write(sheet.record, json.dumps(found, indent=1).encode())


def _is_finished(book: Gradebook, sheet: Sheet) -> bool:
    record = _read(sheet.record)
    return (
        (record.get("content"), record.get("rules")) == (sheet.content, sheet.rules)
        and sheet.paper.exists()
        and record.get("scores") == gradebook.scores(book, sheet.name, sheet.student)
    )


def _renew_page(book: Gradebook, sheet: Sheet) -> None:
    """Make a student's page, unless it shows already what it is to show."""
    facts = json.dumps(gradebook.shown(book, sheet.name, sheet.student), sort_keys=True)
    made_from = hashlib.sha256(facts.encode() + sheet.paper.read_bytes()).hexdigest()
    note = sheet.record.with_name("page")
    if not (sheet.page.exists() and note.exists() and note.read_text() == made_from):
        write(sheet.page, feedback.page(sheet.root, sheet.name, sheet.student).encode())
        write(note, made_from.encode())


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_bytes()))
    except (OSError, ValueError):
        return {}


def _register(exercise: Exercise) -> None:
    """Tell the gradebook which cells an exercise has, as nbgrader does when it releases one."""
    with tempfile.TemporaryDirectory() as scratch:
        try:
            release(exercise.root, exercise.name, Path(scratch), register=True)
        except NbGraderException:
            raise ValueError(
                f"the gradebook does not take {exercise.name}, and nbgrader says why above; when "
                "cells were added or removed since it was first graded, remove it there with "
                f"'nbgrader db assignment remove {exercise.name} --force', and grade it again"
            ) from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the course is the current folder."""
    parser = argparse.ArgumentParser(prog="python -m grading.grade", description=__doc__)
    parser.add_argument("exercise", help="such as ex10")
    parser.add_argument("--student", help="grade this one again, whatever is finished")
    given = parser.parse_args(arguments)
    try:
        count = grade(Path.cwd(), given.exercise, student=given.student)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted: what is finished is kept; the next call does the rest", file=sys.stderr)
        return 130
    print(f"graded: {count}; marks in gradebook.db, pages in feedback/, scores in grades.csv")
    return 0


if __name__ == "__main__":
    sys.exit(main())
