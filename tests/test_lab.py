"""The lab: it opens on the first lesson, asks nothing, and keeps to its own folders."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import nbformat
import pytest
from jupyter_core.paths import jupyter_config_path
from nbformat import v4
from nbformat.sign import NotebookNotary

from course_lib import lab
from tests.jupyterlab import NEEDS_CHROMIUM, READY, browser

COURSE = Path(__file__).parents[1]
SCRIPT = "<p id='told'></p><script>told.textContent = 'the script ran'</script>"
START = """
import sys; from pathlib import Path; from course_lib import lab
lab.ROOT = Path(sys.argv.pop(1)); lab.main()
"""


def make_course(root: Path) -> Path:
    (root / "notebooks").mkdir(parents=True)
    shutil.copy(COURSE / "jupytext.toml", root)
    cells = [
        v4.new_markdown_cell("# A lesson", id="title"),
        v4.new_code_cell(
            "1", id="one", outputs=[v4.new_output("display_data", {"text/html": SCRIPT})]
        ),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for name in ("10_later", "02_first"):
        notebook = v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(notebook, root / "notebooks" / f"{name}.ipynb")
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_course(tmp_path)


@pytest.mark.parametrize("text", ["", "abc", "0", "65536", "-1", "88.9", "²"])
def test_a_bad_port_is_one_sentence(text):
    with pytest.raises(SystemExit) as stop:
        lab.main([f"--port={text}"])
    assert stop.value.code == f"port={text!r} must be a whole number from 1 to 65535"


def test_a_folder_that_cannot_be_written_is_one_sentence(root, monkeypatch):
    (root / ".jupyter").write_text("in the way")
    monkeypatch.setattr(lab, "ROOT", root)
    with pytest.raises(SystemExit, match="could not be written"):
        lab.main([])


def test_the_lab_opens_on_the_first_lesson(root):
    student = lab.arguments(root, port=None, browser=True)
    assert f"--ServerApp.root_dir={root / 'work'}" in student
    assert "--LabApp.default_url=/lab/tree/lessons/02_first.ipynb" in student
    author = lab.arguments(root, port=None, browser=True, use="edit")
    assert f"--ServerApp.root_dir={root}" in author
    assert "--LabApp.default_url=/lab/tree/notebooks/02_first.ipynb" in author


def test_a_library_without_the_course_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(lab, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match="no lessons in"):
        lab.main([])
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_was_asked_for_is_not_swapped_for_another(root):
    asked = lab.arguments(root, port=8890, browser=False)
    assert {"--ServerApp.port=8890", "--ServerApp.port_retries=0"} < set(asked)
    anyone = lab.arguments(root, port=None, browser=False)
    assert not any(argument.startswith("--ServerApp.port") for argument in anyone)


def test_pairing_is_for_authors():
    switch = "--ServerApp.jpserver_extensions=jupyterlab_jupytext=False"
    assert switch in lab.arguments(COURSE, port=None, browser=False)
    assert switch not in lab.arguments(COURSE, port=None, browser=False, use="edit")
    folders = [Path(folder) / "jupyter_server_config.d" for folder in jupyter_config_path()]
    enabled = [path for folder in folders for path in folder.glob("jupytext.json")]
    assert any('"jupyterlab_jupytext": true' in path.read_text() for path in enabled)


def test_every_folder_of_the_lab_is_inside_the_course(root):
    for folder in lab.folders(root).values():
        assert Path(folder).is_relative_to(root / ".jupyter")


def test_only_the_notebooks_of_the_course_are_trusted(root):
    lab.prepare(root)
    notary = NotebookNotary(data_dir=lab.folders(root)["JUPYTER_DATA_DIR"])
    with closing(notary.store):
        notebook = nbformat.read(root / "notebooks" / "02_first.ipynb", as_version=4)
        assert notary.check_signature(notebook)
        notebook.cells[1].outputs[0].data["text/html"] += "<script>changed()</script>"
        assert not notary.check_signature(notebook)


def test_a_notebook_that_cannot_be_read_stops_nobody(root):
    (root / "notebooks" / "03_merge.ipynb").write_text("<<<<<<< ours")
    lab.prepare(root)


@dataclass
class Lab:
    """A running lab of a course, and the home of a user who has never run Jupyter."""

    root: Path
    home: Path
    url: str

    def wait(self) -> None:
        for _ in range(100):
            with suppress(URLError):
                self.ask("GET", "api")
                return
            time.sleep(0.05)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        base, token = self.url.split("/lab/")[0], self.url.split("token=")[1]
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{base}/{path}", data, {"Authorization": f"token {token}"})
        request.method = method
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = make_course(tmp_path_factory.mktemp("a course"))
    home = tmp_path_factory.mktemp("home")
    ours = {"HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"}
    env = {k: v for k, v in os.environ.items() if k not in ours and not k.startswith("JUPYTER")}
    env |= {"HOME": str(home), "USERPROFILE": str(home), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", START, str(root), "--no-browser"]
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        assert server.stdout is not None
        lines = []
        for line in server.stdout:
            lines.append(line)
            if url := re.search(r"http://127\S+", line):
                break
        else:
            pytest.fail("".join(lines))
        started = Lab(root, home, url[0])
        started.wait()
        yield started
        server.terminate()
        try:
            assert server.wait(timeout=20) == 0
        finally:
            server.kill()


def test_the_lab_prints_the_address_of_the_first_lesson(running):
    assert "/lab/tree/lessons/02_first.ipynb?token=" in running.url


def test_jupyterlab_has_its_answers(running):
    plugin = "@jupyterlab/apputils-extension:notification"
    schema = running.ask("GET", f"lab/api/settings/{plugin}")["schema"]["properties"]
    assert schema["fetchNews"]["default"] == "false"
    assert schema["checkForUpdates"]["default"] is False


def test_a_student_saves_a_trusted_notebook_and_no_text(running):
    path = "api/contents/lessons/10_later.ipynb"
    content = running.ask("GET", path)["content"]
    assert content["cells"][1]["metadata"]["trusted"]
    content["cells"][0]["source"] = "# Mine"
    running.ask("PUT", path, {"type": "notebook", "format": "json", "content": content})
    assert "# Mine" in (running.root / "work/lessons/10_later.ipynb").read_text()
    assert not list(running.root.rglob("*.md"))


@NEEDS_CHROMIUM
def test_the_first_page_is_the_lesson_and_nothing_else(running):
    address = running.url.split("/lab")[0]
    asked = []
    with browser() as page:
        page.on("request", lambda request: asked.append(request.url))
        page.goto(running.url)
        page.get_by_text("the script ran").wait_for()
        page.locator(READY).wait_for()
        page.wait_for_timeout(500)
        assert page.locator(".jp-Dialog, .Toastify__toast").all_inner_texts() == []
        bar = page.locator(".jp-NotebookPanel-toolbar")
        assert not [word for word in ("Notebook", "Validate") if word in bar.inner_text()]
        titles = bar.locator("[title]").evaluate_all("all => all.map(one => one.title)")
        assert "Run this cell and advance (Shift+Enter)" in titles
        assert not [title for title in titles if "Font" in title or "Slide" in title]
        assert "Nbgrader" not in page.locator("#jp-menu-panel").inner_text()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


def test_nothing_is_written_outside_the_course(running):
    assert list(running.home.rglob("*")) == []
