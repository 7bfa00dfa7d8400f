"""What was handed in: read with care, and put together with the released notebook for a run."""

from __future__ import annotations

import json
import os
import re
import stat
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from IPython.core.inputtransformer2 import TransformerManager

__all__ = ["Cell", "Handed", "Unreadable", "compose", "read"]

MOST_BYTES = 20_000_000
MOST_CELLS = 2_000
LONGEST_CELL = 200_000
MOST_MAGIC = (50, 20_000)
TIMED = re.compile(r"^([ \t]*)%(?:%(?:time|capture)\b.*\n?|time\b[ \t]*)", re.MULTILINE)
MAGIC = re.compile(r"^[ \t]*[%!?]|=[ \t]*[%!]|\?[ \t]*$", re.MULTILINE)


class Unreadable(Exception):
    """Why a file is no notebook that can be graded, in words."""


class Handed(NamedTuple):
    """A cell as it stands in a notebook: its ``grade_id`` ("" without one) and its text."""

    identity: str
    is_code: bool
    source: str


class Cell(NamedTuple):
    """A code cell to run: what to call it, its code, and whether the student added it."""

    name: str
    code: str
    is_own: bool


def read(path: Path) -> list[Handed]:
    """Return the cells of a notebook; of its metadata only ``grade_id`` is looked at.

    Raises `Unreadable` with one sentence for anything that is no notebook.
    """
    try:
        data = json.loads(_bytes(path).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("the file is not text in UTF-8") from None
    except (ValueError, RecursionError):
        raise Unreadable("the file is no notebook, or only a part of one") from None
    cells = data.get("cells") if isinstance(data, dict) else None
    if not isinstance(cells, list):
        raise Unreadable("the file is no notebook of format 4: it has no list of cells")
    if len(cells) > MOST_CELLS:
        raise Unreadable(f"the notebook has {len(cells)} cells; the limit is {MOST_CELLS}")
    return [_handed(cell) for cell in cells]


def _bytes(path: Path) -> bytes:
    try:
        if path.is_symlink():
            raise Unreadable("the file is a link, which is not followed")
        # A pipe must not block, and a link that appears only now must not be followed.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise Unreadable("it is not an ordinary file")
        with open(handle, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"the file cannot be read: {error.strerror}") from None
    if not content:
        raise Unreadable("the file is empty")
    if len(content) > MOST_BYTES:
        raise Unreadable(f"the file is larger than {MOST_BYTES // 1_000_000} MB")
    return content


def _handed(cell: object) -> Handed:
    data = cell if isinstance(cell, dict) else {}
    source = data.get("source", "")
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str))
    found: object = data
    for name in ("metadata", "nbgrader", "grade_id"):
        found = found.get(name) if isinstance(found, dict) else None
    return Handed(found if isinstance(found, str) else "", data.get("cell_type") == "code", text)


def compose(
    released: Sequence[Handed], submitted: Sequence[Handed]
) -> tuple[list[Cell], list[str]]:
    """Return the code cells to run, and remarks on what is missing or was changed.

    ``setup`` and what is given are always the released ones, in the released order. Answers are the
    submitted ones, and the student's own cells stay behind the cell that they followed. Checks,
    ``…-show`` and cells marked by hand do not run.
    """
    known = {cell.identity: cell for cell in released if cell.identity}
    found: dict[str, Handed] = {}
    own: dict[str, list[Cell]] = defaultdict(list)
    remarks, anchor = [], ""
    for place, cell in enumerate(submitted, 1):
        if cell.identity in known and cell.identity not in found:
            found[cell.identity], anchor = cell, cell.identity
            continue
        if cell.identity in known:
            remarks.append(f"cell {place} is a second {cell.identity}; it runs as a cell like any")
        if cell.is_code and cell.source.strip():
            own[anchor].append(Cell(f"cell {place}", _code(cell.source), True))
    cells = list(own[""])
    for identity, wanted in known.items():
        given = found.get(identity)
        if given is None:
            remarks.append(f"the cell {identity} is missing{_instead(identity)}")
        elif _locked(identity, wanted) and given.source.strip() != wanted.source.strip():
            remarks.append(f"the cell {identity} was changed; the released one counts")
        if _is_given(identity):
            cells.append(Cell(identity, _code(wanted.source), False))
        elif identity.endswith("-answer") and given is not None:
            cells.append(Cell(identity, _code(given.source), False))
        cells += own[identity]
    return cells, remarks


def _is_given(identity: str) -> bool:
    return identity == "setup" or identity.endswith("-given")


def _locked(identity: str, released: Handed) -> bool:
    return released.is_code and not identity.endswith("-answer")


def _instead(identity: str) -> str:
    return "" if identity.endswith(("-answer", "-words")) else "; the released one counts"


def _code(source: str) -> str:
    """Return the plain Python of a cell; what IPython alone understands does nothing."""
    if len(source) > LONGEST_CELL:
        return f"raise ValueError('the cell has {len(source)} characters, which is too long')"
    source = TIMED.sub(r"\1", source)
    count = len(MAGIC.findall(source))
    if not count or count > MOST_MAGIC[0] or len(source) > MOST_MAGIC[1]:
        return source
    try:
        return str(TransformerManager().transform_cell(source))
    except Exception:
        return source  # running it will tell what is wrong
