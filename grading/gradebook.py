"""nbgrader's gradebook: what is written there, and the table that comes out of it."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import ExportPlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

__all__ = ["Scores", "Table", "configuration", "export", "opened", "scores", "shown", "store"]


class Scores(NamedTuple):
    """What is decided of one submission.

    ``auto`` holds the score of every graded cell, ``None`` where a person must read it;
    ``unanswered`` the answers that were left as they were; ``when`` it was handed in, if known.
    """

    auto: Mapping[str, float | None]
    unanswered: frozenset[str]
    when: str | None


def configuration(root: Path) -> Config:
    """Return nbgrader's settings for the course at ``root``."""
    # nbgrader runs alembic, which is installed beside this Python and need not be on the PATH.
    beside, known = str(Path(sys.executable).parent), os.environ["PATH"].split(os.pathsep)
    if beside not in known:
        os.environ["PATH"] = os.pathsep.join([beside, *known])
    config: Config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    config.CourseDirectory.root = str(root)
    config.NbGrader.log_level = "WARN"
    return config


@contextmanager
def opened(root: Path) -> Iterator[Gradebook]:
    """Open the gradebook of the course at ``root``."""
    with Gradebook(CourseDirectory(config=configuration(root)).db_url) as gradebook:
        yield gradebook


def scores(gradebook: Gradebook, name: str, student: str) -> dict[str, float | None]:
    """Return the automatic score of every graded cell; none for who is not in the gradebook."""
    try:
        notebook = gradebook.find_submission_notebook(name, name, student)
    except MissingEntry:
        return {}
    return {grade.name: grade.auto_score for grade in notebook.grades}


def shown(gradebook: Gradebook, name: str, student: str) -> list[Any]:
    """Return what a student's page shows of the gradebook: scores, comments, the penalty."""
    notebook = gradebook.find_submission_notebook(name, name, student)
    graded = sorted((grade.name, grade.score, grade.max_score) for grade in notebook.grades)
    said = sorted((comment.name, comment.comment) for comment in notebook.comments)
    return [graded, said, notebook.late_submission_penalty]


def store(
    gradebook: Gradebook, root: Path, name: str, student: str, found: Scores, *, is_new: bool
) -> None:
    """Write the scores of one student; what a person has entered is left alone.

    Where a person had given points, a submission that ``is_new`` is marked to be read again. Raises
    ``nbgrader.api.MissingEntry`` unless the exercise ``name`` is in the gradebook.
    """
    with gradebook.db.no_autoflush:
        gradebook.update_or_create_student(student)
        known = {} if found.when is None else {"timestamp": found.when}
        submission = gradebook.update_or_create_submission(name, student, **known)
    notebook = gradebook.find_submission_notebook(name, name, student)
    for grade in notebook.grades:
        grade.auto_score = found.auto[grade.name]
        if grade.manual_score is None:
            grade.needs_manual_grade = grade.auto_score is None
        elif is_new:
            grade.needs_manual_grade = True
    for comment in notebook.comments:
        comment.auto_comment = "No response." if comment.name in found.unanswered else None
    notebook.late_submission_penalty = None
    gradebook.db.commit()
    if submission.total_seconds_late > 0:
        _penalize(gradebook, root, name, student)


def _penalize(gradebook: Gradebook, root: Path, name: str, student: str) -> None:
    about = {"student": student, "assignment": name, "notebook": name}
    about["db_url"] = str(gradebook.engine.url)
    AssignLatePenalties(config=configuration(root)).preprocess(new_notebook(), {"nbgrader": about})
    gradebook.db.expire_all()


class Table(ExportPlugin):  # type: ignore[misc]
    """The table of ``nbgrader export``, with names quoted where they need it."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the scores of all students, or of those that were asked for."""
        with open(self.to or "grades.csv", "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(
                ["assignment", "duedate", "timestamp", "student_id", "last_name", "first_name",
                 "email", "raw_score", "late_submission_penalty", "score", "max_score"]
            )  # fmt: skip
            for assignment in gradebook.assignments:
                if not self.assignment or assignment.name in self.assignment:
                    for student in sorted(gradebook.students, key=lambda one: one.id):
                        if not self.student or student.id in map(str, self.student):
                            table.writerow(_row(gradebook, assignment, student))


def _row(gradebook: Gradebook, assignment: Any, student: Any) -> list[Any]:
    when, raw, penalty = None, 0.0, 0.0
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:
        pass
    else:
        when, raw = submission.timestamp, submission.score
        penalty = submission.late_submission_penalty or 0.0
    who = [student.id, student.last_name, student.first_name, student.email]
    points = [raw, penalty, max(0.0, raw - penalty), assignment.max_score]
    return [assignment.name, assignment.duedate, when, *who, *points]


def export(gradebook: Gradebook, target: Path) -> None:
    """Write the scores of all students in all exercises as a table, ``grades.csv``."""
    part = target.with_name(f".{target.name}.part")
    Table(to=str(part)).export(gradebook)
    part.replace(target)
