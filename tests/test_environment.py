"""What the course says of a Python that lacks something."""

import importlib.metadata

import pytest

from course_lib import check_environment, environment


@pytest.fixture
def course_that_states(tmp_path, monkeypatch):
    """Return a function that puts other needs of the course before the real ones."""

    def state(*lines):
        folder = tmp_path / "course_lib-0.dist-info"
        folder.mkdir()
        text = "\n".join(["Metadata-Version: 2.1", "Name: course-lib", "Version: 0", *lines])
        (folder / "METADATA").write_text(text + "\n")
        monkeypatch.syspath_prepend(tmp_path)

    return state


def test_here_all_is_well():
    assert check_environment() == []


def test_every_gap_has_its_sentence(course_that_states):
    course_that_states(
        "Requires-Python: >=99",
        "Requires-Dist: no-such-package>=1.5",
        "Requires-Dist: no-bounds-either",
        "Requires-Dist: numpy>=99",
        "Requires-Dist: sympy>=1.0",
        "Requires-Dist: not-for-students; extra == 'test'",
    )
    python, missing, unbound, old = check_environment()
    assert python.startswith("This is Python 3.")
    assert python.endswith("; the course needs Python >=99.")
    assert missing == "no-such-package is missing; the course needs no-such-package >=1.5."
    assert unbound == "no-bounds-either is missing; the course needs no-bounds-either."
    assert old.startswith("numpy has version ")
    assert old.endswith("; the course needs >=99.")


def test_a_lab_without_widgets_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "jupyter_path", lambda *_: [str(tmp_path)])
    packages = [sentence.split()[-3] for sentence in check_environment()]
    assert packages == ["jupyterlab_widgets", "anywidget"]


def test_a_python_without_the_course_is_told(monkeypatch):
    def unknown(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(environment, "metadata", unknown)
    (sentence,) = check_environment()
    assert "make lab" in sentence
