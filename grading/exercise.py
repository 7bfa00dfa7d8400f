"""An exercise: its text, its parts, and the catalogue of what students get wrong in them.

Cells are known by their ``grade_id``: ``10b`` is the check of part 10b and holds its points,
``10b-answer`` is where the student answers it, ``10d-words`` an answer in words that a person
marks, ``setup`` and ``…-given`` are code that everything after needs, and ``…-show`` is code for
the reader's eyes, which grading leaves out.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from course_lib.answers import respond
from course_lib.exchange import sealed
from course_lib.notebooks import read_source

__all__ = ["Exercise", "Part", "exercises", "load", "written"]

ROOT = Path(__file__).resolve().parent.parent
SOURCES = "sources/exercises"
VISIBLE_SEED = 1


@dataclass(frozen=True)
class Part:
    """One graded part: what it asks for, the questions put to it, and the mistakes it knows.

    ``asks`` is the name that the student defines. ``questions(rng)`` returns the questions in plain
    form (see ``course_lib.exchange``): once with a fixed generator for the check that students see,
    and with a fresh one whenever a mark is decided. ``mistakes`` maps what is said to a student to
    a wrong function (or value); ``variants`` are right ones, written differently. Results agree
    within ``atol + rtol · |expected|``, and an answer has ``seconds`` for each question.

    A question with ``how`` = ``train`` needs a ``referee(question, rng)``, which stays with the
    judge: its ``reply(request)`` returns a value or a gradient in plain form, or ``{"error": …}``;
    ``left`` is what is left of the budget; ``result(theta)`` turns the plain θ in the end into what
    is compared.
    """

    asks: str
    questions: Callable[[np.random.Generator], list[dict[str, Any]]]
    mistakes: Mapping[str, Any]
    variants: Sequence[Any] = ()
    rtol: float = 1e-6
    atol: float = 1e-9
    seconds: float = 10.0
    expected: Mapping[str, Any] | None = field(default=None)
    referee: Callable[[dict[str, Any], np.random.Generator], Any] | None = None

    def facts(self, answer: Any, rng: np.random.Generator) -> dict[str, Any]:
        """Return the questions with the responses of the right ``answer`` and of each mistake.

        Those of the mistakes are computed when somebody asks: a right answer needs none of them.
        """
        questions = self.questions(rng)
        return {
            "asks": self.asks,
            "rtol": self.rtol,
            "atol": self.atol,
            "questions": questions,
            "expected": [self._right(question, answer) for question in questions],
            "mistakes": _Mistaken(self.mistakes, questions),
        }

    def _right(self, question: dict[str, Any], answer: Any) -> dict[str, Any]:
        if self.expected is not None:
            return {"result": dict(self.expected)}
        return _kept(respond(question, answer))


@dataclass(frozen=True)
class _Mistaken:
    mistakes: Mapping[str, Any]
    questions: list[dict[str, Any]]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for says, wrong in self.mistakes.items():
            with np.errstate(all="ignore"):
                responses = [_kept(respond(question, wrong)) for question in self.questions]
            yield {"says": says, "responses": responses}


def _kept(response: dict[str, Any]) -> dict[str, Any]:
    """Seal a choice, so that a student who opens the file does not read it by accident."""
    result = response.get("result")
    return {"result": sealed(result)} if isinstance(result, str) else response


@dataclass(frozen=True)
class Exercise:
    """An exercise by its name, such as ``ex10_adam``, in the course at ``root``."""

    root: Path
    name: str

    @property
    def folder(self) -> Path:
        """Where its text and its catalogue are."""
        return self.root / SOURCES / self.name

    @property
    def text(self) -> Path:
        """The text that its notebook is made from."""
        return self.folder / f"{self.name}.md"

    @property
    def released(self) -> Path:
        """The notebook that students get."""
        return self.root / "exercises" / self.name / f"{self.name}.ipynb"

    @cached_property
    def catalogue(self) -> ModuleType:
        """The module ``catalogue.py`` beside the text: ``PARTS``, and ``LENDS``, see `lends`."""
        path = self.folder / "catalogue.py"
        spec = importlib.util.spec_from_file_location(f"catalogue_{self.name}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    @property
    def parts(self) -> dict[str, Part]:
        """The graded parts by name, such as ``10b``."""
        return dict(self.catalogue.PARTS)

    @property
    def lends(self) -> tuple[str, ...]:
        """The modules of ``course_lib`` that an answer may use while it is being graded."""
        return tuple(self.catalogue.LENDS)

    @cached_property
    def cells(self) -> list[Any]:
        """The cells of its notebook with solutions, not executed."""
        return list(read_source(self.text).cells)

    @cached_property
    def solution(self) -> dict[str, Any]:
        """What setup, given cells and solutions define, executed in order."""
        names: dict[str, Any] = {"__name__": self.name}
        for cell in self.cells:
            identity = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if identity == "setup" or identity.endswith(("-given", "-answer")):
                exec(compile(cell.source, f"{self.name}, {identity}", "exec"), names)
        return names

    def facts(self, name: str, rng: np.random.Generator) -> dict[str, Any]:
        """Return what judging the part ``name`` needs, with questions drawn from ``rng``."""
        part = self.parts[name]
        return part.facts(self.solution.get(part.asks), rng)

    def visible(self) -> dict[str, Any]:
        """Return what the checks that students see know: data, and no code."""
        facts = {name: self.facts(name, np.random.default_rng(VISIBLE_SEED)) for name in self.parts}
        parts = {name: {**one, "mistakes": list(one["mistakes"])} for name, one in facts.items()}
        return {"parts": _rounded(parts)}


def _rounded(data: Any) -> Any:
    """Return plain data in twelve digits, which are the same on every processor."""
    if isinstance(data, float):
        return float(f"{data:.12g}")
    if isinstance(data, dict):
        return {name: _rounded(one) for name, one in data.items()}
    return [_rounded(one) for one in data] if isinstance(data, list | tuple) else data


def exercises(root: Path = ROOT) -> list[Exercise]:
    """Return the exercises of the course, in order."""
    texts = sorted((root / SOURCES).glob("ex*/ex*.md"))
    return [Exercise(root, text.stem) for text in texts if text.stem == text.parent.name]


def load(name: str, root: Path = ROOT) -> Exercise:
    """Return the exercise ``name``, given whole or by its beginning, such as ``ex10``.

    Raises ``ValueError`` with one sentence that names what there is.
    """
    every = exercises(root)
    found = [one for one in every if one.name == name or one.name.startswith(f"{name}_")]
    if len(found) != 1:
        known = ", ".join(one.name for one in every)
        raise ValueError(f"ASSIGNMENT={name!r} is no exercise; there are: {known}")
    return found[0]


def written(asks: str, answer: Any) -> str:
    """Return the code of an answer from a catalogue, as a student's cell would hold it.

    >>> print(written("rate", 0.5))
    rate = 0.5
    """
    if not inspect.isfunction(answer):
        return f"{asks} = {answer!r}"
    code = textwrap.dedent(inspect.getsource(answer))
    (tree,) = ast.parse(code).body
    assert isinstance(tree, ast.FunctionDef)
    return f"{code.rstrip()}\n\n\n{asks} = {tree.name}" if tree.name != asks else code.rstrip()
