"""A tiny exercise with three parts, and what students could hand in for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

from grading.exercise import Exercise

NAME = "ex99_tiny"

CATALOGUE = '''\
"""A tiny exercise."""

import numpy as np

from course_lib.exchange import encode, made
from grading.exercise import Part

LENDS = ("models",)


def walks(rng):
    f = made("models.LeastSquares", X=rng.normal(size=(5, 2)), y=rng.normal(size=5))
    start = encode(rng.normal(size=2))
    return [
        {"how": "steps", "f": f, "theta": start, "n_steps": n, "options": {"lr": lr}}
        for n, lr in ((1, 0.5), (4, 0.1))
    ]


def uphill(f, theta, t, *, lr):
    return theta + lr * f.grad(theta) / t, {}


def constant(f, theta, t, *, lr):
    return theta - lr * f.grad(theta), {}


PARTS = {
    "99a": Part(
        asks="half",
        questions=lambda rng: [
            {"how": "call", "args": [encode(rng.normal(size=3))]} for _ in range(2)
        ],
        mistakes={"this doubles": lambda x: 2 * x},
        seconds=2.0,
    ),
    "99b": Part(
        asks="slower",
        questions=walks,
        mistakes={"this steps uphill": uphill, "lr does not shrink": constant},
        seconds=2.0,
    ),
    "99c": Part(
        asks="prediction",
        questions=lambda rng: [{"how": "value"}],
        mistakes={"that is the other one": "a"},
        seconds=2.0,
    ),
}
'''

HEADER = """\
---
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
---

# Exercise 99 · A tiny one

"""

CELL = """\
```{{code-cell}} ipython3
---
nbgrader:
  cell_type: code
  grade: {grade}
  grade_id: {identity}
  locked: {locked}
{points}  schema_version: 3
  solution: {solution}
  task: false
---
{source}
```

"""

SOURCES = {
    "setup": "import numpy as np\n\nfrom course_lib import LeastSquares, adam, explore\n"
    "from course_lib.answers import check",
    "99a-answer": "def half(x):\n    ### BEGIN SOLUTION\n    return x / 2\n    ### END SOLUTION",
    "99a": 'check("99a", half)\n### BEGIN HIDDEN TESTS\nfrom grading.hidden import judge\n'
    'judge("99a", half)\n### END HIDDEN TESTS',
    "99b-given": "def share(t):\n    return 1 / t",
    "99b-answer": "def slower(f, theta, t, *, lr):\n    ### BEGIN SOLUTION\n"
    "    return theta - lr * share(t) * f.grad(theta), {}\n    ### END SOLUTION",
    "99b": 'check("99b", slower)\n### BEGIN HIDDEN TESTS\nfrom grading.hidden import judge\n'
    'judge("99b", slower)\n### END HIDDEN TESTS',
    "99b-show": "explore(slower, LeastSquares(np.eye(2), np.ones(2)), (1, 1), 9, lr=0.1)",
    "99c-answer": 'prediction = ...\n### BEGIN SOLUTION\nprediction = "b"\n### END SOLUTION',
    "99c": 'check("99c", prediction)\n### BEGIN HIDDEN TESTS\nfrom grading.hidden import judge\n'
    'judge("99c", prediction)\n### END HIDDEN TESTS',
}

RIGHT = {
    "99a-answer": "def half(x):\n    return x / 2",
    "99b-answer": "def slower(f, theta, t, *, lr):\n"
    "    return theta - lr * share(t) * f.grad(theta), {}",
    "99c-answer": 'prediction = "b"',
}


def text_of(identity: str, source: str) -> str:
    """Return the text of one cell of an exercise."""
    is_answer = identity.endswith("-answer")
    is_check = len(identity) == 3
    return CELL.format(
        identity=identity,
        source=source,
        grade=str(is_check).lower(),
        locked=str(not is_answer).lower(),
        solution=str(is_answer).lower(),
        points="  points: 2\n" if is_check else "",
    )


def write_exercise(root: Path, catalogue: str = CATALOGUE, **more: str) -> tuple[Exercise, Path]:
    """Write the exercise into the course at ``root``; return it and its released notebook.

    Its last cells are ``more``, as ``part_99d_answer="…"`` for the cell ``99d-answer``.
    """
    exercise = Exercise(root, NAME)
    exercise.folder.mkdir(parents=True)
    added = {name.removeprefix("part_").replace("_", "-"): code for name, code in more.items()}
    cells = [text_of(name, code) for name, code in {**SOURCES, **added}.items()]
    exercise.text.write_text(HEADER + "".join(cells), encoding="utf-8")
    (exercise.folder / "catalogue.py").write_text(catalogue, encoding="utf-8")
    notebook = nbformat.v4.new_notebook(cells=[cell.copy() for cell in exercise.cells])
    for step in (ClearSolutions(), ClearHiddenTests()):
        notebook, _ = step.preprocess(notebook, {})
    released = root / "exercises" / NAME / f"{NAME}.ipynb"
    released.parent.mkdir(parents=True)
    nbformat.write(notebook, released)
    return exercise, released


def notebook_with(released: Path, answers: dict[str, str] | None = None) -> Any:
    """Return the released notebook with these answers in it; the right ones when not told."""
    notebook = nbformat.read(released, as_version=4)
    given = RIGHT if answers is None else answers
    for cell in notebook.cells:
        identity = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = given.get(identity, cell.source)
    return notebook


def position(notebook: Any, identity: str) -> int:
    """Return where the cell ``identity`` is."""
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
    return names.index(identity)
