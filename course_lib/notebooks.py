"""Make the notebooks from their text: ``python -m course_lib.notebooks [--force] [name …]``.

A notebook is executed when its text, the library or the pinned packages have changed since it
was made, or when it was changed itself; file times do not matter. Made twice, it is the same to
the byte.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import jupytext
from jupytext.config import load_jupytext_config
from nbformat import NotebookNode

from .execution import Unbuildable, environment, execute

__all__ = [
    "Pair", "build", "fingerprint", "is_current", "pairs", "read_source", "saved_text",
    "without_source",
]  # fmt: skip

FOLDERS = {"sources/lessons": "notebooks", "sources/exercises": "solutions"}
# What an exercise asks and checks when it is executed, beside what is in its folder.
ASKING = ("grading/exercise.py", "grading/hidden.py")
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}


class Pair(NamedTuple):
    """A text and the notebook that is made from it."""

    source: Path
    target: Path


def pairs(root: Path) -> list[Pair]:
    """Return every text of the course with its notebook, in the order of the course."""
    return [
        Pair(source, root / made / source.relative_to(root / written).with_suffix(".ipynb"))
        for written, made in FOLDERS.items()
        for source in _visible(root / written, "*.md")
    ]


def without_source(root: Path) -> list[Path]:
    """Return the notebooks that no text makes, such as one whose text was renamed."""
    made = {pair.target for pair in pairs(root)}
    found = [path for folder in FOLDERS.values() for path in _visible(root / folder, "*.ipynb")]
    return [path for path in found if path not in made]


def _code(folder: Path) -> list[Path]:
    return [path for path in _visible(folder, "*") if path.parent.name != "__pycache__"]


def _visible(folder: Path, pattern: str) -> list[Path]:
    found = sorted(folder.rglob(pattern))
    return [p for p in found if not any(s.startswith(".") for s in p.relative_to(folder).parts)]


def fingerprint(root: Path, source: Path) -> str:
    """Return a hash of what makes a notebook: its text, the library, the pinned packages.

    An exercise has a folder of its own; what is in it counts, too, and what puts its questions.
    """
    own = [source]
    if source.parent.name == source.stem:
        own = [*_code(source.parent), *(root / name for name in ASKING)]
    digest = hashlib.sha256()
    for path in (*own, *_code(root / "course_lib"), root / "constraints.txt"):
        if path.is_file():
            content = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


def read_source(source: Path) -> NotebookNode:
    """Return the notebook that a text describes, not yet executed, with its final cell ids.

    An id is a hash of its cell, so an edit changes no other cell's id.

    Raises ``Unbuildable`` with one sentence for a text that is no notebook of the course.
    """
    try:
        text = source.read_text(encoding="utf-8")
        notebook: NotebookNode = jupytext.reads(text, "md:myst")
    except Exception as error:
        raise Unbuildable(f"the text does not parse: {error}") from error
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        raise Unbuildable("the header names no kernelspec python3; copy the header of a lesson")
    notebook["metadata"] = METADATA
    equals = Counter[str]()
    for cell in notebook.cells:
        digest = hashlib.sha256(f"{cell.cell_type}\0{cell.source}".encode()).hexdigest()[:12]
        equals[digest] += 1
        cell.id = digest if equals[digest] == 1 else f"{digest}-{equals[digest]}"
    return notebook


def saved_text(notebook: NotebookNode, source: Path) -> str:
    """Return the text that JupyterLab writes to ``source`` when it saves ``notebook``."""
    config = load_jupytext_config(str(source))
    reopened = jupytext.reads(jupytext.writes(notebook, "ipynb"), "ipynb")
    return str(jupytext.writes(reopened, "md:myst", config=config))


def _warn_of_other_form(notebook: NotebookNode, source: Path, root: Path) -> None:
    written = source.read_text(encoding="utf-8").splitlines()
    lines = zip_longest(written, saved_text(notebook, source).splitlines())
    for number, (line, saved) in enumerate(lines, start=1):
        if line != saved:
            place = f"{source.relative_to(root)}, line {number}"
            print(f"warning: {place}: JupyterLab would write {saved!r} here", file=sys.stderr)
            return


def build(root: Path, *, force: bool = False, names: Sequence[str] = ()) -> int:
    """Make the notebooks of the course in ``root`` that have changed, and return the exit code.

    ``force`` makes them all, ``names`` (such as ``"03_armijo"``) restricts which. One that fails
    keeps its old file, is told on stderr, and does not stop the others.
    """
    every = pairs(root)
    known = {pair.source.stem for pair in every}
    complaints = [f"there is no text named {name!r}" for name in names if name not in known]
    if not every:
        complaints.append(f"there are no texts in {' or '.join(FOLDERS)}; run this at the top")
    for path in without_source(root):
        print(f"warning: {path.relative_to(root)} has no text that makes it", file=sys.stderr)
    stale = []
    for pair in every:
        if not names or pair.source.stem in names:
            made_from = fingerprint(root, pair.source)
            if force or not is_current(pair.target, made_from):
                stale.append((pair, made_from))
            else:
                print(f"{pair.source.stem}: unchanged")
    if stale:
        complaints += asyncio.run(_make_all(root, stale))
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


async def _make_all(root: Path, stale: list[tuple[Pair, str]]) -> list[str]:
    free = asyncio.Semaphore(os.cpu_count() or 1)

    async def make(number: int, pair: Pair, made_from: str) -> str | None:
        async with free:
            label = f"[{number}/{len(stale)}] {pair.source.stem} ..."
            print(label, flush=True)
            begin = time.perf_counter()
            try:
                notebook = read_source(pair.source)
                _warn_of_other_form(notebook, pair.source, root)
                pair.target.parent.mkdir(parents=True, exist_ok=True)
                await execute(notebook, pair.target.parent, env)
            except Unbuildable as error:
                print(f"{label} failed", flush=True)
                return f"{pair.source.relative_to(root)}: {error}"
            _write(_sealed(notebook, made_from), pair.target)
            print(f"{label} {time.perf_counter() - begin:.1f} s", flush=True)
            return None

    with tempfile.TemporaryDirectory() as scratch:
        env = environment(root, Path(scratch))
        told = await asyncio.gather(*(make(i, *one) for i, one in enumerate(stale, start=1)))
    return [complaint for complaint in told if complaint]


def _sealed(notebook: NotebookNode, made_from: str) -> str:
    content = json.loads(jupytext.writes(notebook, "ipynb"))
    content["metadata"]["course"] = {"built_from": made_from, "checksum": _checksum(content)}
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def is_current(target: Path, made_from: str) -> bool:
    """Whether a notebook is what was made from the text with the fingerprint ``made_from``."""
    try:
        content = json.loads(target.read_text(encoding="utf-8"))
        seal = content["metadata"].pop("course")
    except (OSError, ValueError, LookupError):
        return False
    return bool(seal == {"built_from": made_from, "checksum": _checksum(content)})


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _write(text: str, target: Path) -> None:
    """Write all or nothing: whoever looks sees the old file or the new one."""
    unfinished = target.with_name(f".{target.name}.tmp")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the course is the current folder."""
    parser = argparse.ArgumentParser(prog="python -m course_lib.notebooks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help="such as 03_armijo (default: all)")
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
