"""A student's folder: everything arrives, nothing of the student's is ever touched."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from course_lib import workspace
from course_lib.workspace import fill, in_words

LESSON = "work/lessons/02_gd.ipynb"
BESIDE = "work/lessons/02_gd_new_version.ipynb"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    publish(tmp_path, "first")
    exercise = tmp_path / "exercises" / "ex03_armijo" / "ex03_armijo.ipynb"
    exercise.parent.mkdir(parents=True)
    exercise.write_text("exercise")
    return tmp_path


def publish(root: Path, text: str) -> None:
    (root / "notebooks").mkdir(exist_ok=True)
    (root / "notebooks" / "02_gd.ipynb").write_text(text)


def files(root: Path) -> dict[str, str]:
    kept = (path for path in (root / "work").rglob("*") if path.is_file())
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for path in kept
        if path.name != workspace.RECORD
    }


def test_lessons_and_exercises_arrive_once(root):
    exercise = root / "work/exercises/ex03_armijo/ex03_armijo.ipynb"
    assert fill(root) == [root / LESSON, exercise]
    assert files(root) == {
        LESSON: "first",
        "work/exercises/ex03_armijo/ex03_armijo.ipynb": "exercise",
    }
    assert fill(root) == []


def test_a_course_without_exercises_is_no_error(tmp_path):
    publish(tmp_path, "first")
    assert fill(tmp_path) == [tmp_path / LESSON]


def test_what_the_student_wrote_stays(root):
    fill(root)
    (root / LESSON).write_text("mine")
    assert fill(root) == []
    assert (root / LESSON).read_text() == "mine"


def test_each_new_version_arrives_beside_it_exactly_once(root):
    fill(root)
    (root / LESSON).write_text("mine")
    publish(root, "second")
    assert fill(root) == [root / BESIDE]
    assert fill(root) == []
    (root / BESIDE).write_text("mine too")
    publish(root, "third")
    assert fill(root) == [root / "work/lessons/02_gd_new_version_2.ipynb"]
    publish(root, "second")
    assert fill(root) == []
    lessons = [text for name, text in sorted(files(root).items()) if "lessons" in name]
    assert lessons == ["mine", "mine too", "third"]


def test_a_new_version_comes_beside_an_untouched_one_too(root):
    fill(root)
    publish(root, "second")
    assert fill(root) == [root / BESIDE]
    assert (root / LESSON).read_text() == "first"


def test_deleting_a_lesson_starts_it_over(root):
    fill(root)
    publish(root, "second")
    fill(root)
    (root / LESSON).unlink()
    assert fill(root) == [root / LESSON]
    assert (root / LESSON).read_text() == "second"


def test_a_new_version_that_the_student_deleted_does_not_come_back(root):
    fill(root)
    publish(root, "second")
    fill(root)
    (root / BESIDE).unlink()
    assert fill(root) == []


@pytest.mark.parametrize("record", [None, "", "{", "[]", "null", '{"lessons/02_gd.ipynb": 1}'])
def test_a_lost_record_is_made_up_for_by_comparing(root, record):
    fill(root)
    (root / LESSON).write_text("mine")
    publish(root, "second")
    fill(root)
    path = root / "work" / workspace.RECORD
    path.unlink() if record is None else path.write_text(record)
    assert fill(root) == []
    assert (root / LESSON).read_text() == "mine"
    assert json.loads(path.read_text())


def test_nothing_is_written_when_nothing_is_new(root, monkeypatch):
    fill(root)
    monkeypatch.setattr(workspace, "write", lambda *_: pytest.fail("wrote a file"))
    assert fill(root) == []


def test_a_full_disk_leaves_nothing_half_written(root, monkeypatch):
    fill(root)
    publish(root, "second")
    before = files(root)

    def full(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[:3])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match=r"_new_version\.ipynb could not be written"):
        fill(root)
    assert files(root) == before
    monkeypatch.undo()
    assert fill(root) == [root / BESIDE]


def test_a_folder_that_cannot_be_made_is_one_sentence(root):
    (root / "work").write_text("in the way")
    with pytest.raises(OSError, match="could not be written") as error:
        fill(root)
    assert "\n" not in str(error.value)


def test_news_is_told_in_words():
    work = Path("work")
    assert in_words([], work) == ""
    assert in_words([Path(LESSON)], work) == "New in work: lessons/02_gd.ipynb"
    assert "yours is unchanged" in in_words([Path(BESIDE)], work)
