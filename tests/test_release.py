"""What students get: it is whole, it runs, and it tells no solution."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grading.exercise import exercises, written
from grading.paper import identity
from grading.release import bundle, files, main

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    folder = tmp_path_factory.mktemp("students")
    with zipfile.ZipFile(io.BytesIO(bundle(ROOT))) as file:
        file.extractall(folder)
    return folder / "optimization"


def test_it_is_the_same_each_time(unpacked):
    assert bundle(ROOT) == bundle(ROOT)


def test_it_holds_what_students_need_and_nothing_of_the_instructors(unpacked):
    names = set(files(ROOT))
    for needed in ("Makefile", "pyproject.toml", "constraints.txt", "course_lib/lab.py"):
        assert needed in names
    for lesson in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"notebooks/{lesson.name}" in names
    for exercise in exercises():
        assert f"exercises/{exercise.name}/{exercise.name}.ipynb" in names
        assert f"exercises/{exercise.name}/checks.json" in names
    forbidden = r"(solutions|sources|grading|tests|work|submitted|autograded|feedback)/|gradebook"
    assert not [name for name in names if re.match(forbidden, name)]


def solution_lines():
    """Return the lines of all solutions that say more than a name."""
    for exercise in exercises():
        for cell in exercise.cells:
            regions = re.findall(
                r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.DOTALL
            )
            for region in regions:
                yield from (line.strip() for line in region.splitlines())


def test_no_byte_of_the_exercises_tells_a_solution_or_a_hidden_test(unpacked):
    telling = {line for line in solution_lines() if len(line) > 30 and not line.startswith("#")}
    assert len(telling) > 10
    everything = ""
    for path in sorted((unpacked / "exercises").rglob("*")):
        if path.is_file():
            everything += path.read_text("utf-8")
    for word in ("BEGIN SOLUTION", "HIDDEN TESTS", "grading.hidden", "import grading"):
        assert word not in everything
    plain = everything.replace('\\"', '"').replace("\\\\", "\\")
    told = sorted(line for line in telling if line in plain)
    given = "\n".join(
        cell.source
        for exercise in exercises()
        for cell in exercise.cells
        if not identity(cell).endswith("-answer")
    )
    assert [line for line in told if line not in given] == []


def test_released_notebooks_hold_no_outputs(unpacked):
    for path in (unpacked / "exercises").rglob("*.ipynb"):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            assert not cell.get("outputs")
            assert cell.get("execution_count") is None


def test_an_exercise_is_done_with_what_was_unpacked(unpacked):
    exercise = next(one for one in exercises() if one.name == "ex10_adam")
    part = exercise.parts["10c"]
    wrong = written(part.asks, next(iter(part.mistakes.values())))
    right = written(part.asks, part.variants[0])
    code = (
        "from course_lib.answers import NotYet, check\nimport numpy as np\n"
        f"{wrong}\ntry:\n    check('10c', {part.asks})\nexcept NotYet as told:\n    print(told)\n"
        f"{right}\ncheck('10c', {part.asks})\n"
    )
    env = {**os.environ, "PYTHONPATH": str(unpacked)}
    place = unpacked / "exercises" / "ex10_adam"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True)
    assert "one step too early" in done.stdout, done.stderr
    assert done.stdout.splitlines()[-1] == "10c, awake_at: right in 6 of 6 trials."


def test_the_unpacked_makefile_builds_lessons_without_the_grader(unpacked):
    asked = ["make", "--dry-run", "notebooks", "RUN=python"]
    done = subprocess.run(asked, cwd=unpacked, capture_output=True, text=True, check=True)
    assert "course_lib.notebooks" in done.stdout
    assert "grading" not in done.stdout


def test_outside_of_a_checkout_it_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert main() == 1
    assert "is no git checkout" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
