"""The texts become notebooks: the same ones every time, and nothing is lost on the way back."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
from jupytext.cli import jupytext as jupytext_command
from nbformat.v4 import new_output

from course_lib import notebooks
from course_lib.execution import Unbuildable, steady

ROOT = Path(__file__).parents[1]
COURSE = notebooks.pairs(ROOT)

HEADER = """\
---
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
---

"""

LESSON = """\
+++ {"slideshow": {"slide_type": "slide"}}

# A lesson

It has a formula, $J = ½x²$.

+++

## A picture

```{code-cell} ipython3
---
jupyter:
  source_hidden: true
slideshow:
  slide_type: fragment
tags: [hide-input]
---
import sys
import warnings

import ipywidgets
import matplotlib.pyplot as plt

plt.plot([1, 2])
```

```{code-cell} ipython3
print("one")
print("two", file=sys.stderr)
print("three")
warnings.warn("beware")
```

```{code-cell} ipython3
ipywidgets.FloatSlider(description="η")
```

```{code-cell} ipython3
:tags: [raises-exception]

{} | {"order": sorted({"a", "b", "c", "d"})} | set("abcdef")
```

```{code-cell} ipython3
list(set("abcdef")), object()
```
"""

EXERCISE = """\
# An exercise

```{code-cell} ipython3
---
nbgrader:
  grade: true
  grade_id: answer
  points: 2
---
6 * 7
```
"""


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def code(source: str) -> str:
    return f"```{{code-cell}} ipython3\n{source}\n```\n"


def tiny(root: Path) -> Path:
    write(root / "sources/lessons/01_tiny.md", HEADER + LESSON)
    write(root / "sources/exercises/ex01_tiny/ex01_tiny.md", HEADER + EXERCISE)
    write(root / "course_lib/method.py", "eta = 0.1\n")
    write(root / "course_lib/assets/style.css", "p {}\n")
    shutil.copy(ROOT / "jupytext.toml", root)
    return root


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.ipynb")}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that was made in the home of somebody with settings of their own."""
    root = tiny(tmp_path_factory.mktemp("course"))
    home = tmp_path_factory.mktemp("home")
    write(home / "kernels/python3/kernel.json", '{"argv": ["false"], "display_name": "mine"}')
    write(home / "profile_default/startup/mine.py", "print('hello')\nobject = 1\n")
    write(home / "matplotlibrc", "figure.dpi: 30\n")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("JUPYTER_PATH", "IPYTHONDIR", "MATPLOTLIBRC"):
            patch.setenv(name, str(home))
        patch.setenv("MPLBACKEND", "agg")
        patch.setenv("PYTHONHASHSEED", "7")
        assert notebooks.build(root) == 0
    return root


@pytest.fixture
def course(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "course"))


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Watch what would be executed, without a kernel."""
    names = []

    async def execute(notebook: Any, folder: Path, env: dict[str, str]) -> None:
        names.append(notebook.cells[0].source.lstrip("# ").splitlines()[0])

    monkeypatch.setattr(notebooks, "execute", execute)
    return names


def test_every_folder_has_its_place(built: Path) -> None:
    assert set(contents(built)) == {
        "notebooks/01_tiny.ipynb",
        "solutions/ex01_tiny/ex01_tiny.ipynb",
    }


def test_metadata_reaches_the_notebook(built: Path) -> None:
    lesson = nbformat.read(built / "notebooks/01_tiny.ipynb", 4)
    exercise = nbformat.read(built / "solutions/ex01_tiny/ex01_tiny.ipynb", 4)
    assert lesson.cells[0].metadata == {"slideshow": {"slide_type": "slide"}}
    assert lesson.cells[2].metadata == {
        "jupyter": {"source_hidden": True},
        "slideshow": {"slide_type": "fragment"},
        "tags": ["hide-input"],
    }
    assert exercise.cells[1].metadata.nbgrader.points == 2


@pytest.mark.parametrize("newer", ["notebook", "text"])
def test_synchronising_changes_no_text(course: Path, newer: str) -> None:
    for source, target in notebooks.pairs(course):
        text = source.read_bytes()
        os.utime(source, (0, 0) if newer == "notebook" else None)
        jupytext_command(["--sync", "--quiet", str(target)])
        assert source.read_bytes() == text


@contextmanager
def files_of_the_lab(course: Path) -> Iterator[Any]:
    """Yield what opens and saves files in the author's lab."""
    manager = jupytext.TextFileContentsManager(root_dir=str(course))
    try:
        yield manager
    finally:
        manager.notary.store.close()


def test_opening_and_saving_changes_no_text(course: Path) -> None:
    with files_of_the_lab(course) as manager:
        for source, target in notebooks.pairs(course):
            text = source.read_bytes()
            os.utime(source, (0, 0))
            path = target.relative_to(course).as_posix()
            manager.save(manager.get(path), path)
            assert source.read_bytes() == text


def test_an_edit_in_the_lab_reaches_the_text(course: Path) -> None:
    source, target = notebooks.pairs(course)[1]
    path = target.relative_to(course).as_posix()
    with files_of_the_lab(course) as manager:
        model = manager.get(path)
        model["content"].cells[0].source = "# An exercise, revised"
        model["content"].cells[0].metadata["editable"] = True
        model["content"].metadata.language_info["version"] = "3.99"
        manager.save(model, path)
    edited = (HEADER + EXERCISE).replace("An exercise", "An exercise, revised")
    assert source.read_text(encoding="utf-8") == edited


def test_nothing_in_a_notebook_names_a_version_a_time_or_a_place(built: Path) -> None:
    lesson = (built / "notebooks/01_tiny.ipynb").read_text(encoding="utf-8")
    for word in ("jupytext", "widget-view", "widget-state", "model_id", "iopub", "timestamp"):
        assert word not in lesson
    assert f"{sys.version_info.major}.{sys.version_info.minor}" not in lesson
    for place in (str(built), str(ROOT), sys.prefix, "ipykernel_"):
        assert place not in lesson
    assert lesson.endswith("}\n")
    assert "η" in lesson


def test_what_a_lesson_shows_is_kept(built: Path) -> None:
    cells = nbformat.read(built / "notebooks/01_tiny.ipynb", 4).cells
    drawn, printed, slider, failed, *_ = (cell.outputs for cell in cells[2:])
    assert drawn[0].data["text/plain"] == "[<matplotlib.lines.Line2D at 0x…>]"
    assert set(drawn[1].data) == {"image/png", "text/plain"}
    assert b"tEXt" not in base64.b64decode(drawn[1].data["image/png"])
    assert [output.name for output in printed] == ["stdout", "stderr"]
    assert printed[0].text == "one\nthree\n"
    assert printed[1].text.startswith("two\n<cell>:4: UserWarning: beware")
    assert slider[0].data == {"text/plain": "FloatSlider(value=0.0, description='η')"}
    assert failed[0].traceback == [f"TypeError: {failed[0].evalue}"]
    assert [cell.execution_count for cell in cells[2:]] == [1, 2, 3, 4, 5]


def test_a_second_build_executes_nothing(
    course: Path, executed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(course)
    for path in course.rglob("*"):
        os.utime(path)
    write(course / "course_lib/__pycache__/method.pyc", "not the library")
    assert notebooks.build(course) == 0
    assert executed == []
    assert contents(course) == before
    assert capsys.readouterr().out == "01_tiny: unchanged\nex01_tiny: unchanged\n"


def test_line_ends_do_not_matter(course: Path, executed: list[str]) -> None:
    for path in (*course.rglob("*.md"), *course.rglob("*.py"), *course.rglob("*.css")):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert notebooks.build(course) == 0
    assert executed == []


def test_a_changed_text_is_executed_alone(course: Path, executed: list[str]) -> None:
    source = course / "sources/lessons/01_tiny.md"
    ids = [cell.id for cell in notebooks.read_source(source).cells]
    source.write_text(HEADER + LESSON.replace("A picture", "The picture"), encoding="utf-8")
    assert notebooks.build(course) == 0
    assert executed == ["A lesson"]
    changed = [cell.id for cell in notebooks.read_source(source).cells]
    assert [old == new for old, new in zip(ids, changed, strict=True)].count(False) == 1
    assert notebooks.build(course) == 0
    assert executed == ["A lesson"]


@pytest.mark.parametrize(
    "name", ["course_lib/method.py", "course_lib/assets/style.css", "constraints.txt"]
)
def test_a_changed_library_executes_all(course: Path, executed: list[str], name: str) -> None:
    write(course / name, "eta = 0.2\n")
    assert notebooks.build(course) == 0
    assert executed == ["A lesson", "An exercise"]


@pytest.mark.parametrize("spoiled", ["", "{}", "<<<<<<<", '{"metadata": {"course": {}}}'])
def test_a_notebook_that_was_changed_itself_is_made_again(
    course: Path, executed: list[str], spoiled: str
) -> None:
    target = course / "notebooks/01_tiny.ipynb"
    whole = target.read_text(encoding="utf-8")
    target.write_text(spoiled or whole.replace("three", "four"), encoding="utf-8")
    assert notebooks.build(course) == 0
    assert executed == ["A lesson"]


def test_made_again_it_is_the_same_to_the_byte(course: Path) -> None:
    before = contents(course)
    assert notebooks.build(course, force=True, names=["01_tiny"]) == 0
    assert contents(course) == before


def test_equal_cells_have_ids_of_their_own(tmp_path: Path) -> None:
    source = write(tmp_path / "a.md", HEADER + code("1") + "\n" + code("1") + "\n" + code("2"))
    first, second, third = (cell.id for cell in notebooks.read_source(source).cells)
    assert second == f"{first}-2"
    assert third not in (first, second)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# No header\n", "names no kernelspec"),
        ("---\nkernelspec: python3\n---\n", "does not parse"),
        (HEADER.replace("python3", "julia"), "names no kernelspec python3"),
        (HEADER.replace("  language", " language"), "does not parse"),
        (HEADER + '+++ {"slideshow": \n\ntext\n', "does not parse: Markdown cell 0"),
        (HEADER + code(":tags: hide-input\n\n1"), "does not parse: 'hide-input' is not of type"),
    ],
)
def test_a_text_that_is_no_notebook_is_told(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(Unbuildable, match=sentence):
        notebooks.read_source(write(tmp_path / "a.md", text))


def test_a_failing_cell_is_told_and_the_others_are_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(ROOT / "jupytext.toml", tmp_path)
    lessons = tmp_path / "sources/lessons"
    write(lessons / "01_fails.md", HEADER + "# One\n\n## Two\n\n" + code("x = 1\nx + undefined"))
    write(lessons / "02_dies.md", HEADER + "text\n\n" + code("import os; os._exit(1)"))
    write(lessons / "03_headless.md", "# Text\n")
    write(lessons / "04_works.md", HEADER + code("6 * 7"))
    old = write(tmp_path / "notebooks/01_fails.ipynb", "{}")
    write(tmp_path / "notebooks/05_renamed.ipynb", "{}")
    assert notebooks.build(tmp_path) == 1
    assert old.read_text(encoding="utf-8") == "{}"
    assert sorted(path.name for path in (tmp_path / "notebooks").iterdir()) == [
        "01_fails.ipynb",
        "04_works.ipynb",
        "05_renamed.ipynb",
    ]
    out, err = capsys.readouterr()
    assert "[1/4] 01_fails ... failed\n" in out
    assert err.splitlines() == [
        "warning: notebooks/05_renamed.ipynb has no text that makes it",
        "sources/lessons/01_fails.md: cell 2 (In [1]) below “Two” failed",
        "    x = 1",
        "NameError: name 'undefined' is not defined",
        "sources/lessons/02_dies.md: cell 2 (In [1]) above the first heading failed",
        "    import os; os._exit(1)",
        "the kernel died",
        "sources/lessons/03_headless.md: the header names no kernelspec python3; "
        "copy the header of a lesson",
    ]


def test_a_slide_that_a_text_loses_is_told(
    course: Path, executed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    lost = '+++ {"slideshow": {"slide_type": "slide"}}\n\n'
    write(course / "sources/lessons/02_slide.md", HEADER + "text\n\n" + lost + code("1"))
    assert notebooks.build(course) == 0
    warning = "warning: sources/lessons/02_slide.md, line 10: JupyterLab would write "
    assert capsys.readouterr().err.startswith(warning)


def test_an_unknown_name_is_told(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert notebooks.build(course, names=["02_missing"]) == 1
    assert capsys.readouterr().err == "there is no text named '02_missing'\n"


def test_a_folder_that_is_no_course_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert notebooks.build(tmp_path) == 1
    assert "run this at the top" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_interrupted_it_leaves_nothing_half_done(tmp_path: Path, name: str) -> None:
    sleeper = (
        "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\ntime.sleep(60)"
    )
    write(tmp_path / "sources/lessons/01_sleeps.md", HEADER + code(sleeper))
    shutil.copy(ROOT / "jupytext.toml", tmp_path)
    old = write(tmp_path / "notebooks/01_sleeps.ipynb", "{}")
    run = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
    run += "from course_lib.notebooks import main; sys.exit(main([]))"
    builder = subprocess.Popen(
        [sys.executable, "-c", run],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    pid = tmp_path / "notebooks/pid"
    wait_for(lambda: pid.exists() and pid.read_text(encoding="utf-8"))
    builder.send_signal(getattr(signal, name))
    _, err = builder.communicate(timeout=30)
    assert builder.returncode == 130
    assert err == "interrupted: what is finished is kept, the rest is as it was\n"
    assert old.read_text(encoding="utf-8") == "{}"
    assert sorted(path.name for path in old.parent.iterdir()) == ["01_sleeps.ipynb", "pid"]
    assert {path.name for path in tmp_path.iterdir()} == {"sources", "notebooks", "jupytext.toml"}
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text(encoding="utf-8")), 0)


def wait_for(happened: Any) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_outputs_are_steady() -> None:
    live = "application/vnd.jupyter.widget-view+json"
    outputs = [
        new_output("stream", name="stdout", text="a"),
        new_output("stream", name="stderr", text="/home/me/site-packages/x/y.py:3: Warning\n"),
        new_output("stream", name="stdout", text="b\n"),
        new_output("display_data", data={live: {"model_id": "1"}}),
        new_output("display_data", data={"text/html": "/" * 10**6}),
        new_output("display_data", data={live: {"model_id": "2"}, "text/plain": "<f at 0x7f12>"}),
        new_output("stream", name="stdout", text="c" * 10**6),
        new_output("error", ename="E", evalue="in /tmp/ipykernel_1/2.py", traceback=["long"]),
    ]
    before = json.dumps(outputs)
    assert steady(outputs) == [
        new_output("stream", name="stdout", text="ab\n"),
        new_output("stream", name="stderr", text="site-packages/x/y.py:3: Warning\n"),
        new_output("display_data", data={"text/html": "/" * 10**6}),
        new_output("display_data", data={"text/plain": "<f at 0x…>"}),
        new_output("stream", name="stdout", text="c" * 10**6),
        new_output("error", ename="E", evalue="in <cell>", traceback=["E: in <cell>"]),
    ]
    assert json.dumps(outputs) == before


@pytest.mark.skipif(not COURSE, reason="the course has no text yet")
@pytest.mark.parametrize("pair", COURSE, ids=lambda pair: pair.source.stem)
def test_the_committed_notebook_is_made_from_its_text(pair: notebooks.Pair) -> None:
    made = nbformat.read(pair.target, 4)
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    assert made.cells == notebooks.read_source(pair.source).cells, "run: make notebooks"


@pytest.mark.skipif(not COURSE, reason="the course has no text yet")
@pytest.mark.parametrize("pair", COURSE, ids=lambda pair: pair.source.stem)
def test_the_text_is_what_the_lab_writes(pair: notebooks.Pair) -> None:
    text = pair.source.read_text(encoding="utf-8")
    remedy = f"run: make notebooks, then jupytext --sync {pair.source.relative_to(ROOT)}"
    assert notebooks.saved_text(notebooks.read_source(pair.source), pair.source) == text, remedy


def test_every_committed_notebook_has_its_text() -> None:
    assert notebooks.without_source(ROOT) == []
