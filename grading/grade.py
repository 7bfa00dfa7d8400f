"""Grade what was handed in: ``python -m grading.grade ex10 [--student ada]``.

Submissions are read from ``submitted/STUDENT/EXERCISE/``. Marks go into nbgrader's gradebook, the
papers into ``autograded/``, the pages for students into ``feedback/``, all scores into
``grades.csv``. A student whose mark is finished is left alone until another file is handed in.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import secrets
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import nbformat
from joblib import Parallel, delayed
from nbgrader.api import Gradebook
from tqdm.auto import tqdm

from course_lib.workspace import write

from . import gradebook, judge, sandbox
from .build import release
from .exercise import Exercise, load
from .paper import identity, paper, points

__all__ = ["Sheet", "grade", "sheets"]

OWN = ".grading"


class Sheet(NamedTuple):
    """What one student handed in: the file, and what its mark depends on."""

    student: str
    path: Path
    depends_on: str


def sheets(root: Path, exercise: Exercise) -> list[Sheet]:
    """Return what was handed in for an exercise, in the order of the students' names.

    A notebook of another name is taken when it is the only one.
    """
    rules = _digest(root, exercise)
    found = []
    for folder in sorted((root / "submitted").glob(f"*/{exercise.name}")):
        path = folder / f"{exercise.name}.ipynb"
        others = sorted(folder.glob("*.ipynb"))
        if not path.exists() and len(others) == 1:
            (path,) = others
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        depends_on = hashlib.sha256(rules + content).hexdigest()
        found.append(Sheet(folder.parent.name, path, depends_on))
    return found


def _digest(root: Path, exercise: Exercise) -> bytes:
    """Return a hash of what decides a mark, apart from the submission."""
    digest = hashlib.sha256()
    paths = [_released(root, exercise), exercise.text, exercise.folder / "catalogue.py"]
    for path in [*paths, *sorted(Path(__file__).parent.glob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.digest()


def _released(root: Path, exercise: Exercise) -> Path:
    return root / "exercises" / exercise.name / f"{exercise.name}.ipynb"


def grade(root: Path, name: str, *, student: str | None = None) -> int:
    """Grade the exercise ``name`` of the course at ``root``, and return how many were graded.

    With ``student`` that one is graded, finished or not. Raises ``ValueError`` with one sentence
    for a name that is not there.
    """
    exercise = load(name, root)
    handed = sheets(root, exercise)
    if student is not None:
        handed = [sheet for sheet in handed if sheet.student == student]
        if not handed:
            raise ValueError(f"STUDENT={student!r} has handed in no {exercise.name}")
    todo = [one for one in handed if student is not None or not _finished(root, exercise, one)]
    if sandbox.warning():
        print(f"warning: {sandbox.warning()}", file=sys.stderr)
    secret = _secret(root)
    _register(root, exercise)
    with gradebook.opened(root) as book:
        work = Parallel(n_jobs=-1, prefer="threads", return_as="generator_unordered")(
            delayed(_mark)(exercise, sheet, _seed(secret, sheet)) for sheet in todo
        )
        for sheet, marks in tqdm(work, total=len(todo), desc=exercise.name, unit="student"):
            if isinstance(marks, sandbox.Unstartable):
                raise ValueError(f"nothing is decided for {sheet.student}: {marks}")
            _keep(root, exercise, book, sheet, marks)
        for sheet in handed:
            _renew_page(root, exercise, book, sheet)
        gradebook.export(book, root / "grades.csv")
    return len(todo)


def _mark(
    exercise: Exercise, sheet: Sheet, seed: int
) -> tuple[Sheet, judge.Marks | sandbox.Unstartable]:
    try:
        return sheet, judge.mark(exercise, _released(exercise.root, exercise), sheet.path, seed)
    except sandbox.Unstartable as reason:
        return sheet, reason


def _keep(
    root: Path, exercise: Exercise, book: Gradebook, sheet: Sheet, marks: judge.Marks
) -> None:
    released = _released(root, exercise)
    notebook = paper(released, sheet.path, marks)
    target = root / "autograded" / sheet.student / exercise.name / f"{exercise.name}.ipynb"
    write(target, nbformat.writes(notebook).encode())
    blank = {identity(cell): cell.source for cell in nbformat.read(released, 4).cells}
    answered = {
        identity(cell): cell.source.strip() not in ("", blank[identity(cell)].strip())
        for cell in notebook.cells
        if identity(cell)
    }
    when = datetime.fromtimestamp(sheet.path.stat().st_mtime if sheet.path.exists() else 0, UTC)
    most = points(nbformat.read(released, 4))
    gradebook.store(book, exercise.name, sheet.student, marks, most, answered, when)
    gradebook.feedback(root, exercise.name, sheet.student)
    record = {
        "depends_on": sheet.depends_on,
        "told": gradebook.told(book, exercise.name, sheet.student),
        "right": {name: told.is_right for name, told in marks.parts.items()},
        "notes": marks.notes,
    }
    write(_record(root, exercise, sheet), json.dumps(record, indent=1).encode())


def _renew_page(root: Path, exercise: Exercise, book: Gradebook, sheet: Sheet) -> None:
    """Write the page of a student anew when a person has marked or commented since."""
    path = _record(root, exercise, sheet)
    record = json.loads(path.read_bytes())
    now = gradebook.told(book, exercise.name, sheet.student)
    if record["told"] != now:
        gradebook.feedback(root, exercise.name, sheet.student)
        write(path, json.dumps({**record, "told": now}, indent=1).encode())


def _record(root: Path, exercise: Exercise, sheet: Sheet) -> Path:
    return root / OWN / exercise.name / f"{sheet.student}.json"


def _finished(root: Path, exercise: Exercise, sheet: Sheet) -> bool:
    try:
        record = json.loads(_record(root, exercise, sheet).read_bytes())
    except (OSError, ValueError):
        return False
    return bool(record["depends_on"] == sheet.depends_on)


def _secret(root: Path) -> bytes:
    path = root / OWN / "secret"
    if not path.exists():
        write(path, secrets.token_hex(32).encode())
        path.chmod(0o600)
    return path.read_bytes()


def _seed(secret: bytes, sheet: Sheet) -> int:
    message = f"{sheet.student}\0{sheet.depends_on}".encode()
    return int.from_bytes(hmac.digest(secret, message, "sha256")[:8])


def _register(root: Path, exercise: Exercise) -> None:
    """Tell the gradebook which cells an exercise has, as nbgrader does when it releases one."""
    with tempfile.TemporaryDirectory() as scratch:
        release(root, exercise.name, Path(scratch), register=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the course is the current folder."""
    parser = argparse.ArgumentParser(prog="python -m grading.grade", description=__doc__)
    parser.add_argument("exercise", help="such as ex10")
    parser.add_argument("--student", help="grade this one again, whatever is finished")
    given = parser.parse_args(arguments)
    try:
        count = grade(Path.cwd(), given.exercise, student=given.student)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted: what is finished is kept; the next call does the rest", file=sys.stderr)
        return 130
    print(f"graded: {count}; marks in gradebook.db, pages in feedback/, scores in grades.csv")
    return 0


if __name__ == "__main__":
    sys.exit(main())
