"""An exercise is made: its data, its notebook with solutions, and what students get of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="pip install -e '.[teach]'")

from course_lib import notebooks
from grading.build import build, faults, main
from tests.grading_fixture import CATALOGUE, NAME, write_exercise

ROOT = Path(__file__).parents[1]
RIGHT = "return x / 2"


def contents(root):
    """Return every file that a build makes, by its place."""
    made = [path for folder in ("solutions", "exercises") for path in (root / folder).rglob("*")]
    return {str(path.relative_to(root)): path.read_bytes() for path in made if path.is_file()}


def write(root, catalogue=CATALOGUE):
    exercise, _ = write_exercise(root, catalogue)
    shutil.rmtree(root / "exercises")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    for folder in ("course_lib", "grading"):
        (root / folder).symlink_to(ROOT / folder)
    # The visible check alone: the hidden one looks for the exercises of this course.
    text = exercise.text.read_text("utf-8")
    for part in exercise.parts:
        asked = f'judge("{part}", {exercise.parts[part].asks})\n'
        assert asked in text
        text = text.replace(asked, "assert judge\n")
    exercise.text.write_text(text, "utf-8")
    return exercise


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = tmp_path_factory.mktemp("a course")
    write(root)
    assert build(root) == 0
    return root


def test_students_get_everything_but_solutions_hidden_tests_and_outputs(built):
    made = contents(built)
    assert set(made) == {
        f"{folder}/{NAME}/{file}"
        for folder in ("solutions", "exercises")
        for file in ("checks.json", f"{NAME}.ipynb")
    }
    assert RIGHT in made[f"solutions/{NAME}/{NAME}.ipynb"].decode()
    released = made[f"exercises/{NAME}/{NAME}.ipynb"].decode()
    for secret in (RIGHT, "SOLUTION", "HIDDEN", "grading", "built_from", "in 2 trials"):
        assert secret not in released
    assert released.count("write me") == 3
    assert made[f"solutions/{NAME}/checks.json"] == made[f"exercises/{NAME}/checks.json"]


def test_the_solution_passes_its_checks_in_view(built):
    notebook = json.loads((built / "solutions" / NAME / f"{NAME}.ipynb").read_text("utf-8"))
    printed = "".join(
        "".join(output.get("text", ())) for cell in notebook["cells"]
        for output in cell.get("outputs", ())
    )  # fmt: skip
    assert "99a, half: right in 2 of 2 trials." in printed


def test_made_again_or_by_force_it_is_the_same_to_the_byte(built, capsys):
    before = contents(built)
    assert build(built) == 0
    assert f"{NAME}: unchanged" in capsys.readouterr().out
    assert build(built, force=True) == 0
    assert contents(built) == before


def test_a_solution_that_fails_leaves_what_students_have(built, tmp_path, capsys):
    root = tmp_path / "copy"
    shutil.copytree(built, root, symlinks=True)
    exercise = root / "sources/exercises" / NAME
    before = contents(root)
    text = (exercise / f"{NAME}.md").read_text("utf-8")
    (exercise / f"{NAME}.md").write_text(
        text.replace('check("99a"', 'raise ValueError("torn")\ncheck("99a"'), "utf-8"
    )
    assert build(root) == 1
    assert "ValueError: torn" in capsys.readouterr().err
    after = contents(root)
    assert after[f"exercises/{NAME}/checks.json"] == before[f"exercises/{NAME}/checks.json"]
    assert after[f"exercises/{NAME}/{NAME}.ipynb"] == before[f"exercises/{NAME}/{NAME}.ipynb"]


@pytest.mark.parametrize("changed", ["catalogue", "text", "what asks"])
def test_what_makes_an_exercise_counts(tmp_path, changed):
    exercise = write(tmp_path)
    before = notebooks.fingerprint(tmp_path, exercise.text)
    if changed == "what asks":
        (tmp_path / "grading").unlink()
        (tmp_path / "grading").mkdir()
    else:
        path = exercise.text if changed == "text" else exercise.folder / "catalogue.py"
        path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    assert notebooks.fingerprint(tmp_path, exercise.text) != before


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("grade_id: 99b\n", "grade_id: 99x\n", [
            "part 99b of the catalogue has no check in the text",
            "the check 99x has no part in the catalogue"]),
        ("grade_id: 99b-answer", "grade_id: 99b-anwser", [
            "part 99b has no cell 99b-answer in the text"]),
        ("points: 2\n", "points: 0\n", [f"the cell 99{part} has points=0" for part in "abc"]),
        ("name: python3", "name: other", ["the text or the catalogue cannot be read: "
            "Unbuildable('the header names no kernelspec python3; copy the header of a lesson')"]),
    ],
)  # fmt: skip
def test_a_text_that_does_not_fit_is_told_in_a_sentence_each(tmp_path, capsys, old, new, told):
    exercise = write(tmp_path)
    text = exercise.text.read_text("utf-8")
    exercise.text.write_text(text.replace(old, new), "utf-8")
    assert build(tmp_path) == 1
    assert capsys.readouterr().err.splitlines() == [f"{NAME}: {one}" for one in told]
    assert contents(tmp_path) == {}


def test_a_catalogue_that_does_not_run_is_told(tmp_path):
    exercise = write(tmp_path)
    (exercise.folder / "catalogue.py").write_text("PARTS = {", "utf-8")
    (told,) = faults(type(exercise)(tmp_path, NAME))
    assert "'{' was never closed" in told


def test_a_name_that_is_no_exercise_is_told(built, capsys, monkeypatch):
    monkeypatch.chdir(built)
    assert main(["ex98_other"]) == 1
    assert "there is no text named 'ex98_other'" in capsys.readouterr().err
