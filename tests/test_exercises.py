"""The exercises: their catalogues tell right from wrong, in the check and before the judge."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from course_lib.answers import respond, verdict
from grading import judge
from grading.exercise import exercises, written
from grading.paper import identity

pytestmark = pytest.mark.timeout(900)  # exercise 13 trains networks

ROOT = Path(__file__).parents[1]
EVERY = {exercise.name: exercise for exercise in exercises(ROOT)}
PARTS = [(name, part) for name, exercise in EVERY.items() for part in exercise.parts]
SEEDS = range(100, 105)
each_exercise = pytest.mark.parametrize("exercise", EVERY.values(), ids=EVERY)
each_part = pytest.mark.parametrize(("name", "part"), PARTS, ids=[part for _, part in PARTS])


def seeds(part):
    """Return the seeds to try: fewer where each answer is a training."""
    return SEEDS if part.referee is None else SEEDS[:1]


def told(exercise, part, answer, seed):
    facts = exercise.facts(part, np.random.default_rng(seed))
    return verdict(part, facts, [respond(question, answer) for question in facts["questions"]])


@each_part
def test_what_is_right_is_right_however_it_is_written(name, part):
    exercise = EVERY[name]
    asked = exercise.parts[part]
    for seed in seeds(asked):
        for answer in (exercise.solution[asked.asks], *asked.variants):
            found = told(exercise, part, answer, seed)
            assert found.is_right, f"{getattr(answer, '__name__', answer)}: {found.words}"


@each_part
def test_each_mistake_is_wrong_and_known_by_its_name(name, part):
    exercise = EVERY[name]
    asked = exercise.parts[part]
    assert len(asked.mistakes) >= 2
    for seed in seeds(asked):
        for says, wrong in asked.mistakes.items():
            found = told(exercise, part, wrong, seed)
            assert not found.is_right, says
            assert found.mistake == says


def submitted(exercise, answers, folder):
    """Return a notebook with the solutions, but with these answers, as a student hands it in."""
    notebook = nbformat.read(ROOT / "exercises" / exercise.name / f"{exercise.name}.ipynb", 4)
    solutions = {identity(cell): cell.source for cell in exercise.cells}
    for cell in notebook.cells:
        name = identity(cell)
        if name.endswith("-answer"):
            cell.source = answers.get(name.removesuffix("-answer"), solutions[name])
    path = folder / f"{exercise.name}.ipynb"
    nbformat.write(notebook, path)
    return path


def marks(exercise, answers, folder):
    released = ROOT / "exercises" / exercise.name / f"{exercise.name}.ipynb"
    found = judge.mark(exercise, released, submitted(exercise, answers, folder), seed=5)
    return {part: one.is_right for part, one in found.parts.items()}, found


@each_exercise
def test_solutions_earn_full_marks(exercise, tmp_path):
    right, found = marks(exercise, {}, tmp_path)
    assert all(right.values()), found


@each_exercise
def test_an_untouched_exercise_earns_nothing_and_says_write_me(exercise):
    released = ROOT / "exercises" / exercise.name / f"{exercise.name}.ipynb"
    found = judge.mark(exercise, released, released, seed=5)
    for one in found.parts.values():
        assert not one.is_right
        assert "write me" in one.words


def first_mistakes(exercise, *, of_trainings):
    """Return the code of the first mistake of each part that trains, or of each other part."""
    return {
        part: written(asked.asks, next(iter(asked.mistakes.values())))
        for part, asked in exercise.parts.items()
        if (asked.referee is not None) is of_trainings
    }


@each_exercise
def test_a_mistake_costs_the_points_of_its_part_alone(exercise, tmp_path):
    """A training takes its time, so those fail here all along, at once."""
    quick = first_mistakes(exercise, of_trainings=True)
    for part, wrong in first_mistakes(exercise, of_trainings=False).items():
        right, found = marks(exercise, {**quick, part: wrong}, tmp_path)
        assert right == {other: other not in (part, *quick) for other in exercise.parts}, found


@each_exercise
def test_every_mistake_and_every_variant_meets_the_judge(exercise, tmp_path):
    """One submission holds the k-th mistake, or variant, of every part."""
    quick = first_mistakes(exercise, of_trainings=True)
    parts = {part: asked for part, asked in exercise.parts.items() if part not in quick}
    for kind in ("mistakes", "variants"):
        versions = {
            part: list(asked.mistakes.values() if kind == "mistakes" else asked.variants)
            for part, asked in parts.items()
        }
        for k in range(max(map(len, versions.values()))):
            chosen = {part: many[k] for part, many in versions.items() if k < len(many)}
            code = {part: written(parts[part].asks, one) for part, one in chosen.items()}
            right, found = marks(exercise, {**quick, **code}, tmp_path)
            expected = {part: kind == "variants" or part not in chosen for part in parts}
            assert right == expected | dict.fromkeys(quick, False), found


@each_exercise
def test_the_checks_that_students_see_are_those_of_the_catalogue(exercise):
    wanted = json.loads(json.dumps(exercise.visible()))
    for folder in ("solutions", "exercises"):
        stored = json.loads((ROOT / folder / exercise.name / "checks.json").read_text("utf-8"))
        assert stored == wanted
    for name, part in stored["parts"].items():
        answer = exercise.solution[part["asks"]]
        found = verdict(name, part, [respond(question, answer) for question in part["questions"]])
        assert found.is_right, found.words


@each_exercise
def test_points_and_parts_are_what_the_text_says(exercise):
    graded = {
        identity(cell).removesuffix("-words"): cell.metadata.nbgrader.points
        for cell in exercise.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    by_hand = {identity(c) for c in exercise.cells if identity(c).endswith("-words")}
    assert by_hand, "one part asks for an explanation"
    assert set(exercise.parts) == set(graded) - {name.removesuffix("-words") for name in by_hand}
    first = exercise.cells[0].source
    table = re.findall(r"^\| (\w+) \|.*\| (\d+) \| (\d+) \|$", first, re.MULTILINE)
    assert {part: int(points) for part, points, _ in table} == graded
    minutes, points = map(int, re.search(r"\*\*(\d+) minutes · (\d+) points", first).groups())
    assert points == sum(graded.values())
    assert minutes == sum(int(m) for _, _, m in table)
