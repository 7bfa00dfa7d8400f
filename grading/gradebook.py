"""nbgrader's gradebook: what is written there, and the pages and tables that come out of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps import NbGrader
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from .judge import Marks

__all__ = ["configuration", "export", "feedback", "opened", "store", "told"]


def configuration(root: Path) -> Config:
    """Return nbgrader's settings for the course at ``root``."""
    # nbgrader runs alembic, which is installed beside this Python and need not be on the PATH.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    config: Config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    config.CourseDirectory.root = str(root)
    config.NbGrader.log_level = "WARN"
    return config


@contextmanager
def opened(root: Path) -> Iterator[Gradebook]:
    """Open the gradebook of the course at ``root``."""
    config = configuration(root)
    with Gradebook(CourseDirectory(config=config).db_url) as gradebook:
        yield gradebook


def store(
    gradebook: Gradebook, name: str, student: str, marks: Marks, points: dict[str, float],
    answered: dict[str, bool], when: datetime,
) -> None:  # fmt: skip
    """Write the marks of one student; what a person has entered is left alone.

    ``points`` are those of every graded cell, ``answered`` says which answers in words were
    changed. All of it is one transaction. Raises ``nbgrader.api.MissingEntry`` unless the exercise
    ``name`` is in the gradebook.
    """
    with gradebook.db.no_autoflush:
        gradebook.update_or_create_student(student)
        gradebook.update_or_create_submission(name, student, timestamp=when.isoformat())
    for cell, most in points.items():
        grade = gradebook.find_grade(cell, name, name, student)
        if cell in marks.parts:
            grade.auto_score = most if marks.parts[cell].is_right else 0.0
        else:
            grade.auto_score = None if answered[cell] else 0.0
            comment = gradebook.find_comment(cell, name, name, student)
            comment.auto_comment = None if answered[cell] else "No response."
        grade.needs_manual_grade = grade.auto_score is None and grade.manual_score is None
    gradebook.db.commit()


def told(gradebook: Gradebook, name: str, student: str) -> list[list[object]]:
    """Return all that a page tells of one student: scores and comments, cell by cell."""
    submission = gradebook.find_submission(name, student)
    return [
        [one.name, one.score if hasattr(one, "score") else one.comment]
        for notebook in submission.notebooks
        for one in sorted(
            [*notebook.grades, *notebook.comments], key=lambda one: (one.name, one.id)
        )
    ]


def feedback(root: Path, name: str, student: str) -> None:
    """Write the page that ``student`` gets back, ``feedback/STUDENT/NAME/NAME.html``."""
    config = configuration(root)
    config.CourseDirectory.assignment_id = name
    config.CourseDirectory.student_id = student
    app = NbGrader(config=config)
    converter = GenerateFeedback(coursedir=CourseDirectory(parent=app), parent=app)
    converter.force = True
    converter.start()


def export(gradebook: Gradebook, target: Path) -> None:
    """Write the scores of all students in all exercises as a table, ``grades.csv``."""
    plugin = CsvExportPlugin()
    plugin.to = str(target)
    plugin.export(gradebook)
