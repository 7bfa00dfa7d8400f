"""Make the exercises from their texts: ``python -m grading.build [--force] [name …]``.

First the data of the visible checks, then the notebooks with solutions (and the lessons, with
``course_lib.notebooks``), then what students get, by nbgrader. What has not changed is left alone.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from course_lib import notebooks
from course_lib.workspace import write

from .exercise import Exercise, exercises

__all__ = ["build", "faults", "release"]


def faults(exercise: Exercise) -> list[str]:
    """Return what is wrong with the cells of an exercise, one sentence each.

    Every part of the catalogue needs a check with points and a cell for its answer, and every check
    a part.
    """
    try:
        cells, parts = _graded(exercise), exercise.parts
    except Exception as error:
        return [f"{exercise.name}: the text or the catalogue cannot be read: {error!r}"]
    told = []
    for name in parts:
        if not cells.get(name, {}).get("grade"):
            told.append(f"{exercise.name}: part {name} of the catalogue has no check in the text")
        if not cells.get(f"{name}-answer", {}).get("solution"):
            told.append(f"{exercise.name}: part {name} has no cell {name}-answer in the text")
    for name, cell in cells.items():
        if cell.get("grade") and not cell.get("points"):
            told.append(f"{exercise.name}: the cell {name} has points={cell.get('points')}")
        if cell.get("grade") and not cell.get("solution") and name not in parts:
            told.append(f"{exercise.name}: the check {name} has no part in the catalogue")
    return told


def _graded(exercise: Exercise) -> dict[str, Any]:
    metadata = [cell.metadata.get("nbgrader") for cell in exercise.cells]
    return {found["grade_id"]: found for found in metadata if found}


def release(root: Path, name: str, target: Path, *, register: bool = False) -> None:
    """Write to ``target`` what students get of the exercise ``name``, as nbgrader releases it.

    With ``register`` the gradebook learns of its cells.
    """
    from nbgrader.apps import NbGrader
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    from .gradebook import configuration

    config = configuration(root)
    config.CourseDirectory.release_directory = str(target)
    config.CourseDirectory.assignment_id = name
    config.SaveCells.enabled = register
    app = NbGrader(config=config)
    GenerateAssignment(coursedir=CourseDirectory(parent=app), parent=app).start()


def build(root: Path, *, force: bool = False, names: Sequence[str] = ()) -> int:
    """Make the notebooks of the course in ``root`` that have changed, and return the exit code.

    ``names`` restricts which, lessons and exercises alike; see ``course_lib.notebooks.build``.
    """
    wanted = [one for one in exercises(root) if not names or one.name in names]
    complaints = [told for exercise in wanted for told in faults(exercise)]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if complaints:
        return 1
    for exercise in wanted:
        data = json.dumps(exercise.visible(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        _renew(root / "solutions" / exercise.name / "checks.json", data.encode())
    failed = notebooks.build(root, force=force, names=names)
    texts = {pair.source: pair.target for pair in notebooks.pairs(root)}
    with tempfile.TemporaryDirectory() as scratch:
        for exercise in wanted:
            made_from = notebooks.fingerprint(root, exercise.text)
            if notebooks.is_current(texts[exercise.text], made_from):
                release(root, exercise.name, Path(scratch))
                for made in sorted((Path(scratch) / exercise.name).iterdir()):
                    _renew(exercise.released.with_name(made.name), made.read_bytes())
    for stray in _strays(root):
        print(f"warning: {stray.relative_to(root)} has no text that makes it", file=sys.stderr)
    return failed


def _renew(path: Path, data: bytes) -> None:
    if not path.exists() or path.read_bytes() != data:
        write(path, data)


def _strays(root: Path) -> list[Path]:
    known = {exercise.name for exercise in exercises(root)}
    return [path for path in sorted((root / "exercises").glob("*")) if path.name not in known]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the course is the current folder."""
    parser = argparse.ArgumentParser(prog="python -m grading.build", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help="such as ex10_adam (default: all)")
    parser.add_argument("--force", action="store_true", help="make also what has not changed")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        return build(Path.cwd(), force=given.force, names=given.names)
    except KeyboardInterrupt:
        print("interrupted: what is finished is kept, the rest is as it was", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
