"""Bring the course's notebooks to where the student works, and never touch what is there."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["fill", "in_words", "write"]

RECORD = ".delivered.json"
BESIDE = "_new_version"


def fill(root: Path) -> list[Path]:
    """Copy the lessons and exercises of the course at ``root`` to ``root/work``; return the copies.

    A missing notebook is copied. One that exists is never changed: when the course has a new
    version of it, that arrives once, beside it, as ``NAME_new_version.ipynb``.

    Raises ``OSError`` with one sentence when ``work/`` cannot be written.
    """
    work = root / "work"
    before, delivered = _read_record(work), _read_record(work)
    copies = []
    for source, target in _pairs(root):
        data = source.read_bytes()
        version = hashlib.sha256(data).hexdigest()
        versions = delivered.setdefault(target.relative_to(work).as_posix(), [])
        known = version in versions or any(old.read_bytes() == data for old in _variants(target))
        if not (target.exists() and known):
            copies.append(_free(target))
            write(copies[-1], data)
        if version not in versions:
            versions.append(version)
    if delivered != before:
        write(work / RECORD, json.dumps(delivered, indent=1).encode())
    return copies


def in_words(copies: Iterable[Path], work: Path) -> str:
    """Tell a student what has arrived in ``work``.

    >>> print(in_words([Path("work/lessons/02_x_new_version.ipynb")], Path("work")))
    New in work: lessons/02_x_new_version.ipynb (the course's new version; yours is unchanged)
    """
    note = " (the course's new version; yours is unchanged)"
    names = (
        copy.relative_to(work).as_posix() + (note if BESIDE in copy.stem else "") for copy in copies
    )
    return "\n".join(f"New in {work.name}: {name}" for name in names)


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, with the folders it needs.

    Raises ``OSError`` with one sentence when that cannot be done.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(data)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise OSError(
            f"{path} could not be written ({error.strerror}): "
            "the course's folder must be one that you may write to, on a disk with room"
        ) from error


def _pairs(root: Path) -> Iterator[tuple[Path, Path]]:
    for source in sorted((root / "notebooks").glob("*.ipynb")):
        yield source, root / "work" / "lessons" / source.name
    for source in sorted((root / "exercises").glob("ex*/*.ipynb")):
        yield source, root / "work" / "exercises" / source.parent.name / source.name


def _read_record(work: Path) -> dict[str, list[str]]:
    try:
        record = json.loads((work / RECORD).read_bytes())
        return {str(name): [str(version) for version in record[name]] for name in record}
    except (OSError, ValueError, TypeError):
        return {}


def _variants(target: Path) -> list[Path]:
    beside = target.parent.glob(f"{target.stem}{BESIDE}*.ipynb")
    return [path for path in (target, *beside) if path.is_file()]


def _free(target: Path) -> Path:
    path, count = target, 0
    while path.exists():
        count += 1
        path = target.with_name(f"{target.stem}{BESIDE}{f'_{count}' if count > 1 else ''}.ipynb")
    return path
