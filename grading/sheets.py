"""What was handed in, and the seed of its questions, which only the instructor can know."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import NamedTuple

from .exercise import Exercise
from .submission import MOST_BYTES

__all__ = ["Sheet", "secret", "seed", "sheets"]

OWN = ".grading"


class Sheet(NamedTuple):
    """What one student handed in for the exercise ``name``: the file, and hashes.

    ``content`` is a hash of the file, ``rules`` one of all else that decides the mark.
    """

    root: Path
    name: str
    student: str
    path: Path
    content: str
    rules: str

    @property
    def record(self) -> Path:
        """What the grader knows of a finished mark."""
        return self.root / OWN / self.name / self.student / "mark.json"

    @property
    def paper(self) -> Path:
        """The graded notebook, for nbgrader and for the instructor."""
        return self.root / "autograded" / self.student / self.name / f"{self.name}.ipynb"

    @property
    def page(self) -> Path:
        """The page that the student gets back."""
        return self.root / "feedback" / self.student / self.name / f"{self.name}.html"

    @property
    def when(self) -> str | None:
        """When it was handed in: what nbgrader or another collector wrote to ``timestamp.txt``."""
        path = self.path.parent / "timestamp.txt"
        if path.is_symlink() or not path.is_file():
            return None
        text = path.read_text(encoding="utf-8", errors="replace")[:100].strip()
        return text if _is_time(text) else None


def _is_time(text: str) -> bool:
    from nbgrader.utils import parse_utc

    try:
        return parse_utc(text) is not None
    except (ValueError, OverflowError):
        return False


def sheets(exercise: Exercise) -> list[Sheet]:
    """Return what was handed in for an exercise, in the order of the students' names.

    A notebook of another name is taken when it is the only one.
    """
    rules, found = _rules(exercise), []
    for folder in sorted((exercise.root / "submitted").glob(f"*/{exercise.name}")):
        student = folder.parent.name
        if not student.startswith("."):
            path = _notebook(folder, exercise.name)
            found.append(Sheet(exercise.root, exercise.name, student, path, _content(path), rules))
    return found


def _notebook(folder: Path, name: str) -> Path:
    """Return the notebook in a folder; a folder that is a link itself stands for its content."""
    if folder.is_symlink():
        return folder
    path = folder / f"{name}.ipynb"
    others = sorted(folder.glob("*.ipynb"))
    return others[0] if not path.exists() and len(others) == 1 else path


def _content(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.sha256(file.read(MOST_BYTES + 1)).hexdigest()


def _rules(exercise: Exercise) -> str:
    digest = hashlib.sha256()
    for path in (exercise.released, exercise.text, exercise.folder / "catalogue.py"):
        try:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        except FileNotFoundError:
            raise ValueError(
                f"{path.relative_to(exercise.root)} is missing: run make notebooks"
            ) from None
    return digest.hexdigest()


def secret(root: Path) -> bytes:
    """Return the secret of the course at ``root``; it is made once, for its owner's eyes only."""
    path = root / OWN / "secret"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        part = path.with_name(".secret.part")
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        part.replace(path)
    return path.read_bytes()


def seed(key: bytes, sheet: Sheet) -> int:
    """Return the seed of a sheet's questions: the same one for the same file of a student."""
    message = "\0".join((sheet.name, sheet.student, sheet.content)).encode(
        "utf-8", "surrogateescape"
    )
    return int.from_bytes(hmac.digest(key, message, "sha256")[:8])
