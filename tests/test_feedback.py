"""Pages: what a student wrote is shown, and nothing in it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("nbgrader", reason="pip install -e '.[teach]'")

from nbformat.v4 import new_output

from grading.feedback import Harmless, clean, markdown, page
from grading.grade import grade
from tests.test_grade import NAME, course, hand_in

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&#58;alert(1))",
    "<a href='java\nscript:alert(1)'>x</a>",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](javascript:alert(1))",
    "![x](https://example.org/seen.png)",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<div style='background:url(javascript:alert(1))'>x</div>",
    "<form action='javascript:alert(1)'><button>x</button></form>",
    "<details open ontoggle=alert(1)>",
    "<base href='https://example.org'><meta http-equiv=refresh content='0;url=javascript:a'>",
    "[y]: javascript:alert(1)\n\n[y]",
    "`</code><script>alert(1)</script>`",
    "$</script><script>alert(1)</script>$",
    "```html\n</pre><script>alert(1)</script>\n```",
    '<!--<img src="--><img src=x onerror=alert(1)//">',
    "<math><mtext></p><style><img src=x onerror=alert(1)></style>",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_what_could_run_or_load_is_gone(text):
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(markdown({}, text), "html.parser")
    bad = {"script", "svg", "iframe", "form", "button", "style", "base", "meta", "math", "details"}
    assert not soup.find_all(bad)
    for tag in soup.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on") or name == "style"]
        assert ":" not in tag.get("href", "") or tag["href"].startswith(("http", "mailto:"))
        assert tag.get("src", "data:image/png").startswith("data:image/png")


def test_honest_text_stays_what_it_is():
    shown = markdown(
        {}, "If $a<b$ then **yes**:\n\n| x | y |\n|---|---|\n| 1 | `a<b` |\n\n1. [n](https://a.org)"
    )
    for part in (
        "$a&lt;b$",
        "<strong>yes</strong>",
        "<td>1</td>",
        "a&lt;b",
        'href="https://a.org"',
    ):
        assert part in shown


def test_a_picture_that_was_pasted_is_shown():
    pasted = {"cell": {"attachments": {"a.png": {"image/png": "iVBORw0KGgo="}}}}
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in markdown(
        pasted, "![my graph](attachment:a.png)"
    )
    forged = {"cell": {"attachments": {"a.png": {"image/svg+xml": "PHN2Zz4="}}}}
    assert "src=" not in markdown(forged, "![my graph](attachment:a.png)")


@pytest.mark.parametrize("text", ["[" * 30_000, "![x](attachment:none.png)"])
def test_a_text_that_breaks_the_renderer_is_shown_as_it_is(text):
    assert "<pre>" in markdown({}, text)


def test_outputs_keep_what_a_page_shows_and_lose_what_it_runs():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    data = {"text/html": "<b>x</b>", "application/javascript": "alert(1)", "text/plain": "x"}
    notebook.cells[0].outputs = [
        new_output("display_data", data, metadata={"image/png": {"width": "1 onerror=alert(1)"}})
    ]
    notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {}}
    made, _ = Harmless().preprocess(notebook, {})
    assert made.cells[0].outputs[0].data == {"text/plain": "x"}
    assert made.cells[0].outputs[0].metadata == {}
    assert set(made.metadata) == {"language_info"}
    assert clean("<b>x</b>") == "<b>x</b>"


PRINTED = """
from IPython.display import HTML, Javascript, Image, display
display(HTML("<img src=x onerror=alert(11)>"))
display(Javascript("alert(12)"))
display({"image/svg+xml": "<svg onload=alert(13)></svg>"}, raw=True)
display({"image/png": "x"}, raw=True, metadata={"image/png": {"width": "1 onerror=alert(14)"}})
def keras_adam(): ...
"""


def test_the_pages_of_plain_nbgrader_run_nothing_either(tmp_path):
    root = course(tmp_path)
    hand_in(root, "eve", {"10a-answer": PRINTED, "10e-words": "\n\n".join(ATTACKS)})
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for command in ("generate_assignment", "autograde", "generate_feedback"):
        nbgrader = [sys.executable, "-m", "nbgrader", command, NAME, "--force"]
        done = subprocess.run(nbgrader, cwd=root, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    kept = (root / "autograded" / "eve" / NAME / f"{NAME}.ipynb").read_text("utf-8")
    assert "onerror=alert(11)" in kept
    _runs_nothing((root / "feedback" / "eve" / NAME / f"{NAME}.html").read_text("utf-8"))


def test_our_pages_run_nothing(tmp_path):
    root = course(tmp_path)
    hand_in(root, "eve", {"10a-answer": PRINTED, "10e-words": "\n\n".join(ATTACKS)})
    grade(root, "ex10")
    _runs_nothing(page(root, NAME, "eve"))


def _runs_nothing(text):
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(text, "html.parser")
    for script in soup.find_all("script"):
        assert "alert" not in script.text
    for tag in soup.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on")]
        assert "script:" not in "".join(tag.get("href", "").lower().split())
    assert not soup.find_all(["svg", "iframe", "form"])
