"""A class is graded: marks, pages, what a person has entered, and what a kill leaves."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("nbgrader", reason="pip install -e '.[teach]'")

from nbgrader.api import Gradebook

from grading.build import faults
from grading.exercise import load, written
from grading.grade import grade
from grading.paper import identity
from grading.sheets import secret, seed, sheets
from tests.jupyterlab import NEEDS_CHROMIUM, browser, served

ROOT = Path(__file__).parents[1]
NAME = "ex10_adam"
EVIL = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> [x](javascript:alert(3)) "
    "<svg onload=alert(4)> <https://example.org>\n\n<div onmouseover=alert(5)>hi</div>\n\n"
    "[y]: javascript:alert(6)\n\n[y] ![z](x)"
)
ODD = '"o\'neil", [x] <b>'


def course(root):
    """Put what grading of one exercise needs below ``root``."""
    for folder in ("sources/exercises", "solutions", "exercises"):
        shutil.copytree(ROOT / folder / NAME, root / folder / NAME)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    (root / "grading").symlink_to(ROOT / "grading")
    return root


def hand_in(root, student, answers=None, *, blank=False):
    """Hand in the solutions of the exercise, but with ``answers``, or the untouched exercise."""
    exercise = load(NAME, root)
    solutions = {identity(cell): cell.source for cell in exercise.cells}
    notebook = nbformat.read(root / "exercises" / NAME / f"{NAME}.ipynb", 4)
    for cell in notebook.cells:
        name = identity(cell)
        if name.endswith(("-answer", "-words")) and not blank:
            cell.source = (answers or {}).get(name, solutions[name])
    path = root / "submitted" / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def scores(root):
    """Return the score of every graded cell by student, and what a person still has to read."""
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        return {
            one.student.id: {
                g.name: (g.score, g.needs_manual_grade) for g in one.notebooks[0].grades
            }
            for one in book.assignment_submissions(NAME)
        }


def honest(root, odd=ODD):
    """Hand in three honest papers: one right, one with a mistake, one untouched."""
    part = load(NAME, root).parts["10a"]
    wrong = written(part.asks, next(iter(part.mistakes.values())))
    hand_in(root, "ada")
    hand_in(root, odd, {"10a-answer": wrong})
    hand_in(root, "blank", blank=True)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    root = course(tmp_path_factory.mktemp("a course"))
    honest(root)
    shout = f"def awake_at(beta, share):\n    raise ValueError({EVIL!r})"
    hand_in(root, "eve", {"10c-answer": shout, "10e-words": EVIL})
    torn = hand_in(root, "torn")
    torn.write_bytes(torn.read_bytes()[:900])
    assert grade(root, "ex10") == 5
    return root


RIGHT = {"10a": (3, False), "10b": (3, False), "10c": (2, False), "10d": (1, False)}
NOTHING = dict.fromkeys(RIGHT, (0, False)) | {"10e-words": (0, False)}


def test_every_student_gets_the_marks_that_were_earned(graded):
    words = {"10e-words": (0, True)}
    found = scores(graded)
    assert found["ada"] == RIGHT | words
    assert found[ODD] == RIGHT | {"10a": (0, False)} | words
    assert found["eve"] == RIGHT | {"10c": (0, False)} | words
    assert found["blank"] == NOTHING
    assert found["torn"] == NOTHING


def test_the_table_has_every_student(graded):
    rows = list(csv.DictReader((graded / "grades.csv").read_text("utf-8").splitlines()))
    assert {row["student_id"]: float(row["score"]) for row in rows} == {
        "ada": 9, "eve": 7, "blank": 0, "torn": 0, ODD: 6,
    }  # fmt: skip


def test_the_paper_says_why(graded):
    def printed(student):
        path = graded / "autograded" / student / NAME / f"{NAME}.ipynb"
        notebook = nbformat.read(path, 4)
        nbformat.validate(notebook)
        return {identity(c): c.outputs[0].text for c in notebook.cells if c.get("outputs")}

    assert "it looks like this: this is the lecture's Adam" in printed(ODD)["10a"]
    assert "write me" in printed("blank")["10b"]
    assert "only a part of one" in printed("torn")["10c"]
    assert printed("ada")["10d"].startswith("10d, prediction: right")


@NEEDS_CHROMIUM
def test_no_page_runs_what_a_student_wrote(graded):
    with browser() as page:
        dialogs = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.goto((graded / "feedback" / "eve" / NAME / f"{NAME}.html").as_uri())
        page.wait_for_timeout(300)
        assert "Score: 7.0 / 12.0" in page.content()
        assert page.get_by_text("onerror=alert(2)").count()
        links = page.locator("a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
        assert not [link for link in links if link and "script:" in link]
        assert page.locator("div[onmouseover], svg[onload], img[onerror]").count() == 0
        assert dialogs == []


def test_what_is_finished_is_left_alone_and_what_is_new_is_graded(graded):
    before = scores(graded)
    assert grade(graded, "ex10") == 0
    path = hand_in(graded, "blank", {"10b-answer": "careful_amsgrad = None"})
    assert grade(graded, "ex10") == 1
    assert scores(graded)["blank"]["10a"] == (3, False)
    hand_in(graded, "blank", blank=True)
    assert grade(graded, "ex10", student="blank") == 1
    assert scores(graded) == before
    assert path.exists()
    for student in ("nobody", "../ada"):
        with pytest.raises(ValueError, match=r"STUDENT=.* has handed in no ex10_adam"):
            grade(graded, "ex10", student=student)
    with pytest.raises(ValueError, match="ASSIGNMENT='ex77' is no exercise; there are: ex10_adam"):
        grade(graded, "ex77")


def test_the_same_file_gets_the_same_questions(graded):
    exercise = load(NAME, graded)
    first, *others = (seed(secret(graded), sheet) for sheet in sheets(exercise))
    assert first == seed(secret(graded), sheets(exercise)[0])
    assert first not in others
    assert (graded / ".grading" / "secret").stat().st_mode & 0o077 == 0


def test_what_a_person_entered_stays(graded):
    with Gradebook(f"sqlite:///{graded}/gradebook.db") as book:
        mark = book.find_grade("10e-words", NAME, NAME, "ada")
        mark.manual_score, mark.needs_manual_grade = 2.5, False
        book.find_grade("10a", NAME, NAME, "ada").manual_score = 1.0
        book.find_comment("10e-words", NAME, NAME, "ada").manual_comment = "Well said."
        book.db.commit()
    assert grade(graded, "ex10") == 0
    page = graded / "feedback" / "ada" / NAME / f"{NAME}.html"
    assert "Well said." in page.read_text("utf-8")
    assert grade(graded, "ex10", student="ada") == 1
    assert scores(graded)["ada"]["10e-words"] == (2.5, False)
    assert scores(graded)["ada"]["10a"][0] == 1
    assert "Well said." in page.read_text("utf-8")


def test_the_notebook_under_another_name_is_found(graded):
    path = hand_in(graded, "renamed")
    path.rename(path.with_name("ex10_adam (2).ipynb"))
    assert grade(graded, "ex10", student="renamed") == 1
    assert scores(graded)["renamed"]["10a"] == (3, False)


def test_a_page_follows_what_a_person_has_entered(graded):
    place = graded / "feedback" / ODD / NAME / f"{NAME}.html"
    with Gradebook(f"sqlite:///{graded}/gradebook.db") as book:
        book.find_comment("10e-words", NAME, NAME, ODD).manual_comment = "Try **again**."
        book.db.commit()
    others = {path: path.stat().st_mtime_ns for path in (graded / "feedback").rglob("*.html")}
    del others[place]
    assert grade(graded, "ex10") == 0
    assert "Try <strong>again</strong>." in place.read_text("utf-8")
    assert others == {path: path.stat().st_mtime_ns for path in others}


def test_marks_that_are_not_ours_or_are_lost_are_made_again(graded):
    before = scores(graded)
    with Gradebook(f"sqlite:///{graded}/gradebook.db") as book:
        book.find_grade("10b", NAME, NAME, "torn").auto_score = 3.0
        book.db.commit()
    (graded / "autograded" / "blank" / NAME / f"{NAME}.ipynb").unlink()
    assert grade(graded, "ex10") == 2
    assert scores(graded) == before


def test_files_that_no_student_should_hand_in_stop_nobody(tmp_path):
    root = course(tmp_path)
    hand_in(root, "ada")
    half = hand_in(root, "half", {"10e-words": "half a sign: HERE"})
    half.write_bytes(half.read_bytes().replace(b"HERE", b"\\ud83d"))
    (root / "submitted" / "link").mkdir()
    (root / "submitted" / "link" / NAME).symlink_to(root / "submitted" / "ada" / NAME)
    (root / "submitted" / "none" / NAME).mkdir(parents=True)
    assert grade(root, "ex10") == 4
    found = scores(root)
    assert found["ada"] == found["half"] | {"10e-words": (0, True)}
    assert found["link"] == found["none"]
    assert found["none"]["10a"] == (0, False)


def test_killed_in_the_middle_it_goes_on_and_changes_no_mark(tmp_path):
    root = course(tmp_path)
    for number in range(6):
        hand_in(root, f"student {number}", blank=number % 2 == 1)
    command = [sys.executable, "-m", "grading.grade", "ex10"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.Popen(command, cwd=root, env=env, stderr=subprocess.DEVNULL)
    records = root / ".grading" / NAME
    while run.poll() is None and len(list(records.glob("*/mark.json"))) < 2:
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    finished = {path: path.stat().st_mtime_ns for path in records.glob("*/mark.json")}
    assert 2 <= len(finished) < 6
    assert grade(root, "ex10") == 6 - len(finished)
    assert finished == {path: path.stat().st_mtime_ns for path in finished}
    found = scores(root)
    for number in range(6):
        assert found[f"student {number}"]["10b"] == ((0 if number % 2 else 3), False)


def test_plain_nbgrader_agrees_on_honest_work(tmp_path):
    ours = course(tmp_path / "ours")
    name = 'o\'neil "x" <b>'  # a name with brackets is one that nbgrader leaves out
    honest(ours, name)
    grade(ours, "ex10")
    plain = course(tmp_path / "plain")
    honest(plain, name)
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
           "PYTHONPATH": str(ROOT)}  # fmt: skip
    for command in (["generate_assignment", NAME, "--force"], ["autograde", NAME]):
        nbgrader = [sys.executable, "-m", "nbgrader", *command]
        done = subprocess.run(nbgrader, cwd=plain, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert scores(plain) == scores(ours)


@NEEDS_CHROMIUM
def test_formgrader_shows_the_class_and_takes_a_mark_by_hand(graded):
    (graded / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / "00_start_here.ipynb", graded / "notebooks")
    with served(graded, use="grade") as address, browser() as page:
        base, token = address.split("?")
        page.goto(f"{base}formgrader?{token}")
        page.get_by_text(NAME).first.wait_for(timeout=30_000)
        page.goto(f"{base}formgrader/gradebook/{NAME}/{NAME}?{token}")
        page.get_by_text("Submission #1").first.click(timeout=30_000)
        page.wait_for_url("**/formgrader/submissions/**")
        score = page.locator("input.score").last
        score.wait_for(timeout=30_000)
        page.wait_for_load_state("networkidle")
        score.fill("2")
        score.press("Tab")
        student = None
        for _ in range(100):
            marked = [n for n, found in scores(graded).items() if found["10e-words"] == (2, False)]
            if marked:
                (student,) = marked
                break
            page.wait_for_timeout(200)
        assert student
    assert grade(graded, "ex10", student=student) == 1
    assert [found["10e-words"] for found in scores(graded).values()].count((2, False)) == 1


def test_a_text_and_a_catalogue_that_do_not_fit_are_told(tmp_path):
    root = course(tmp_path)
    text = root / "sources/exercises" / NAME / f"{NAME}.md"
    text.write_text(text.read_text("utf-8").replace("grade_id: 10b\n", "grade_id: 10x\n"), "utf-8")
    assert faults(load(NAME, root)) == [
        "ex10_adam: part 10b of the catalogue has no check in the text",
        "ex10_adam: the check 10x has no part in the catalogue",
    ]
    assert faults(load(NAME)) == []
